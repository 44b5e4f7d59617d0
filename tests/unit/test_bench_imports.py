"""What `linli bench import` brings and notes: an estate's workbook, and how far an import was."""

import os
import random
import subprocess
import sys
from collections import Counter

import pytest

from hub.core.cells import checked
from hub.core.sheets import Said, read_sheets
from hub.gateways import spreadsheet
from simulators.bench import imports, start
from simulators.bench.estate_sheet import EstateSheet, id_number, workbook
from simulators.bench.imports import Notes
from simulators.bench.machine import ended_children_cpu_s, peak_rss_mb, rss_mb
from simulators.bench.start import Plan
from simulators.demo.processes import ChildFailed

SMALL = Plan(people=301, doors=16, gates=4, rounds=0)  # the last flat has one person


def read(plan: Plan, wrong: int) -> tuple[list[Said], list[Said]]:
    """People and doors as the product reads them."""
    buildings = (plan.doors - plan.gates) // start.UNITS
    sheet = EstateSheet(plan.people, buildings, wrong, random.Random(1))
    raw = workbook(sheet, start.doors(plan))
    tables, without, said = read_sheets(spreadsheet.parse(raw))
    assert [table.left for table in tables] == [(), ()]
    assert without == []
    return [one for one in said if one.door is None], [one for one in said if one.door]


def test_the_workbook_holds_an_estate() -> None:
    rows, doors = read(SMALL, wrong=7)
    good = [row for row in rows if not row.problems]
    assert len(good) == SMALL.people
    people = [person for row in good for person in row.people]
    for numbers in ([one.id_number for one in people], [one.phone for one in people]):
        assert len(set(numbers)) == SMALL.people
    homes = Counter(row.house for row in good)
    assert Counter(homes.values()) == {3: 100, 1: 1}
    assert {home.building for home in homes if home} == {"1", "2", "3"}
    assert all(row.area and row.people[0].since for row in good)  # of the merged cells, too
    assert sum(bool(one.card) for one in people) == 201
    assert [len({one.house for one in good}), len(doors)] == [101, SMALL.doors]
    assert {(one.door.kind, one.door.building) for one in doors if one.door} == {
        ("perimeter", ""), ("building", "1"), ("building", "2"), ("building", "3"),
    }  # fmt: skip
    assert len({(d.door.device, d.door.number) for d in doors if d.door}) == SMALL.doors


def test_its_wrong_rows_are_of_every_kind() -> None:
    rows, _ = read(SMALL, wrong=7)
    found = [tuple(each.code for each in row.problems) for row in rows if row.problems]
    assert len(found) == 7
    assert {code for codes in found for code in codes} == {
        "id_digits_lost", "formula", "house_form",
    }  # fmt: skip
    assert not [row for row in read(SMALL, wrong=0)[0] if row.problems]


def test_its_identity_numbers_add_up_and_name_no_province() -> None:
    numbers = [id_number(n) for n in range(15_000)]
    assert len(set(numbers)) == len(numbers)
    assert all(checked(number) and number.startswith("99") for number in numbers)
    assert not [number for number in numbers if number.endswith("000")]  # would count as lost


def test_the_full_sheet_speaks_of_the_people_that_the_target_names() -> None:
    assert imports.sheet_of(start.FULL).people == 15_000
    assert imports.sheet_of(start.FULL).wrong > imports.sheet_of(start.QUICK).wrong > 0
    assert imports.sheet_of(start.QUICK).people == 1_500
    assert [(target.name, target.most) for target in imports.TARGETS] == [("import_s", 30.0)]


def test_a_note_is_what_was_not_said_before() -> None:
    notes = Notes(10.0)
    assert notes.silent_s(10.5) == 0.5
    for note, at_s in ((("applying", 0), 11.0), (("applying", 0), 12.0), (("applying", 9), 14.0)):
        notes.hear(note, at_s)
    assert notes.silent_s(14.25) == 0.25
    assert notes.told() == {"notes": 2, "longest_silence_s": 3.0}
    late = Notes(1.0)
    late.hear(("applied", 9), 6.0)  # the time before the first note is a silence, too
    assert late.told() == {"notes": 1, "longest_silence_s": 5.0}
    assert Notes(1.0).told() == {"notes": 0, "longest_silence_s": 0.0}


def test_a_preview_that_counts_otherwise_is_no_measurement() -> None:
    counts = {"new": 1_532, "changed": 0, "same": 0, "error": 3}
    imports._judge_preview(counts, start.QUICK)
    with pytest.raises(ChildFailed, match="the preview counts"):
        imports._judge_preview(counts | {"new": 1_531}, start.QUICK)


def test_children_that_ended_have_spent_and_a_peak_stays() -> None:
    before = ended_children_cpu_s(os.getpid())
    burn = "import time\nwhile time.process_time() < 0.05: pass"
    subprocess.run([sys.executable, "-c", burn], check=True)
    assert ended_children_cpu_s(os.getpid()) > before
    held = bytearray(os.urandom(1 << 20)) * 64
    most = rss_mb(os.getpid())
    assert most > len(held) >> 20
    del held
    near = most - 32  # the kernel counts in pieces
    assert rss_mb(os.getpid()) < near < peak_rss_mb(os.getpid())
