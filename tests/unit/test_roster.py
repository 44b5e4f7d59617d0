"""A roster says what fits or is refused whole, with the member's name; nothing of it is kept."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from devices.cli import main
from hub.acts import billing, roster
from hub.acts.roster import RosterPart, load_part
from hub.core.errors import DomainError
from hub.core.roster import ROWS, is_day, missing_member, wrong_member
from hub.core.words import in_every_language, is_text
from hub.store import tables as t
from hub.verbs import LOAD_ORDER
from simulators.roster import make_roster
from tests.unit.hub_bench import ROSTER, hub_bench

DAY: list[list[int]] = [[0, 720], [780, 1440]]
DOOR = {"id": "d-3", "device_id": "gate", "number": 3, "name": "Back", "kind": "building"}
ROOM = {**DOOR, "id": "d-6", "number": 6, "kind": "room"}
RULE = {"id": "r-3", "door_id": "d-1", "subject_kind": "person", "subject": "p-1"}
BILL = {"id": "b-3", "household_id": "h-1", "kind": "water", "period": "2026-11", "amount_fen": 5,
        "due_on": "2026-12-31", "lines": [{"text": "m³", "amount_fen": 5}]}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "row", "change"),
    [
        ("households", {"id": "h", "house": "1", "building": "1"}, {"house": ""}),
        ("households", {"id": "h", "house": "1", "building": "1"}, {"area_centi_m2": 1.5}),
        ("people", {"id": "p", "name": "沈"}, {"name": "a\x00b"}),
        ("people", {"id": "p", "name": "沈"}, {"name": "a\ud800"}),
        ("people", {"id": "p", "name": "沈"}, {"elder": 1}),
        ("people", {"id": "p", "name": "沈"}, {"phone_last4": "12a4"}),
        ("doors", DOOR, {"mode": "locked"}),
        ("doors", DOOR, {"kind": "garage"}),
        ("doors", DOOR, {"number": True}),
        ("doors", DOOR, {"number": 0}),
        ("doors", DOOR, {"asks": 4}),
        ("doors", DOOR, {"asks": True}),
        ("doors", DOOR, {"name": {}}),
        ("doors", DOOR, {"name": {"fr": "Porte"}}),
        ("doors", DOOR, {"hold_ms": 10**7}),
        ("schedules", {"id": "s", "days": [DAY] * 8}, {"days": [DAY] * 7}),
        ("schedules", {"id": "s", "days": [DAY] * 8}, {"days": [[[720, 0]]] * 8}),
        ("schedules", {"id": "s", "days": [DAY] * 8}, {"days": [[[0, 1441]]] * 8}),
        ("schedules", {"id": "s", "days": [DAY] * 8}, {"days": [[[0, 60], [30, 90]]] * 8}),
        ("schedules", {"id": "s", "days": [DAY] * 8}, {"days": [[]] * 8}),
        ("calendars", {"id": "c", "days": ["2026-10-01"]}, {"days": ["2026-02-30"]}),
        ("doors", DOOR, {"asks_by": [{"schedule": "s", "asks": 4}]}),
        ("doors", DOOR, {"asks_by": [{"asks": 3}]}),
        ("doors", DOOR, {"modes": [{"schedule": "s", "mode": "unlocked"}]}),
        ("doors", DOOR, {"modes": [{"schedule": "s", "mode": "Unlocked", "x": 1}]}),
        ("doors", DOOR, {"passback": "loose"}),
        ("doors", DOOR, {"area_to": "-"}),
        ("doors", DOOR, {"interlock": [0]}),
        ("doors", DOOR, {"held_s": 0}),
        ("groups", {"id": "g", "name": "x", "members": []}, {"members": ["a", "a"]}),
        ("groups", {"id": "g", "name": "x", "members": []}, {"members": None}),
        ("rules", RULE, {"subject_kind": "persons"}),
        ("rules", RULE, {"valid_to": float("nan")}),
        ("rules", RULE, {"valid_to": 1.8e12}),
        ("rules", RULE, {"deny": None}),
        ("bills", BILL, {"due_on": "2026-13-01"}),
        ("bills", BILL, {"kind": "gas"}),
        ("bills", BILL, {"lines": []}),
        ("bills", BILL, {"lines": [{"text": "x"}]}),
        ("bills", BILL, {"lines": [{"text": "", "amount_fen": 5}]}),
    ],
)
def test_a_member_that_does_not_fit_is_named(
    kind: str, row: dict[str, Any], change: dict[str, Any]
) -> None:
    assert wrong_member(kind, row) is None
    assert missing_member(kind, row) is None
    (name,) = change
    wrong = wrong_member(kind, {**row, **change})
    assert wrong is not None
    assert wrong[0] == name


def test_the_rosters_we_have_fit() -> None:
    for kind, rows in [*ROSTER.items(), *make_roster().parts()]:
        for row in rows:
            assert wrong_member(kind, row) is None, row
            assert missing_member(kind, row) is None, row


def test_the_example_in_the_documents_fits() -> None:
    text = (Path(__file__).parents[2] / "docs" / "doors.md").read_text(encoding="utf-8")
    example = json.loads(text.split("```json")[1].split("```")[0])
    assert example.keys() == set(LOAD_ORDER) - {"alert_policies", "responders"}
    for kind, rows in example.items():
        for row in rows:
            assert wrong_member(kind, row) is None, row
            assert missing_member(kind, row) is None, row


def test_a_file_is_loaded_with_every_kind_it_may_hold() -> None:
    assert sorted(LOAD_ORDER) == sorted(ROWS)
    names = [("people", "households"), ("rules", "doors"), ("bells", "doors"),
             ("bells", "households"), ("bills", "households")]  # fmt: skip
    assert all(LOAD_ORDER.index(later) > LOAD_ORDER.index(first) for later, first in names)


@pytest.mark.parametrize("body", [{"bell": []}, [], {"doors": [], "house": []}])
def test_a_list_that_nobody_knows_is_told(
    tmp_path: Path, body: object, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "roster.json").write_text(json.dumps(body))
    assert main(["load", "--data", str(tmp_path), str(tmp_path / "roster.json")]) == 2
    assert "lists called households, people" in capsys.readouterr().err


def test_the_law_knows_every_column() -> None:
    known = {kind: set(names) for kind, (_, names) in roster._COLUMNS.items()}
    known["people"] |= {"phone_last4"}
    known["bills"] = set(billing._FIELDS)
    known["responders"] = {"id", "staff", "valid_from", "valid_to"}
    assert {kind: set(members) for kind, members in ROWS.items()} == known


@given(st.sampled_from(sorted(ROWS)), st.data())
def test_no_value_is_too_strange_to_be_judged(kind: str, data: st.DataObject) -> None:
    values = st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
        lambda inner: st.one_of(st.lists(inner, max_size=8), st.dictionaries(st.text(), inner)),
        max_leaves=12,
    )
    name = data.draw(st.sampled_from(sorted(ROWS[kind])))
    wrong = wrong_member(kind, {name: data.draw(values)})
    assert wrong is None or wrong[0] == name


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("doors", [DOOR, {**DOOR, "id": "d-4"}]),  # one number twice
        ("doors", [DOOR, {"id": "d-4", "number": 4}]),
        ("rules", [RULE, {**RULE, "id": "r-4", "door_id": "d-99"}]),
        ("rules", [RULE, {**RULE, "id": "r-4", "schedule_id": "never"}]),
        ("schedules", [{"id": "s-4", "days": [[[480, 1020]]] * 8, "calendar_id": "gone"}]),
        ("schedules", [{"id": "s-4", "days": [[[1020, 480]]] * 8}]),
        ("groups", [{"id": "g-4", "name": "x", "members": ["p-gone"]}]),
        ("rules", [RULE, {**RULE, "id": "r-4", "door_id": None}]),
        ("rules", [RULE, {**RULE, "id": "r-4", "door_group_id": "g-99"}]),
        ("rules", [RULE, {**RULE, "id": "r-4", "subject": "p-gone"}]),
        ("rules", [RULE, {**RULE, "id": "r-4", "subject_kind": "group", "subject": "g"}]),
        ("rules", [RULE, {**RULE, "id": "r-4", "subject_kind": "building", "subject": "9"}]),
        ("rules", [RULE, {**RULE, "id": "r-4", "valid_from": 9.0, "valid_to": 9.0}]),
        ("doors", [DOOR, {**ROOM, "id": "d-5", "number": 5, "area_to": "nowhere"}]),
        ("doors", [DOOR, {**ROOM, "id": "d-5", "number": 5, "passback": "hard"}]),
        ("doors", [DOOR, {**ROOM, "id": "d-5", "number": 5, "interlock": [9]}]),
        ("doors", [DOOR, {**ROOM, "id": "d-5", "number": 5, "interlock": [5]}]),
        ("doors", [DOOR, {**ROOM, "id": "d-5", "number": 5, "hold_ms": 20_000}]),
        ("doors", [{**DOOR, "two_person": True}]),
        ("doors", [{**DOOR, "passback": "soft"}]),
        ("doors", [{**ROOM, "modes": [{"schedule": "gone", "mode": "Unlocked"}]}]),
        ("doors", [{**ROOM, "asks_by": [{"schedule": "gone", "asks": 3}]}]),
        ("people", [{"id": "staff:x", "name": "x"}]),
        ("people", [{"id": "p-7", "name": "x"}, {"id": "p-7", "name": "y"}]),
        ("people", [{"id": "p-7", "name": "x", "household_id": "h-99"}]),
        ("bills", [BILL, {**BILL, "id": "b-4"}]),  # the same month twice
    ],
)
async def test_what_contradicts_is_refused_whole(
    tmp_path: Path, kind: str, rows: list[dict[str, Any]]
) -> None:
    async with hub_bench(tmp_path) as bench:
        token = {"Authorization": f"Bearer {bench.gate.operator_token}"}
        body = {"kind": kind, "rows": rows}
        answer = await bench.http.post("/api/v1/operator/roster", json=body, headers=token)
        assert (answer.status_code, answer.json()["field"]) == (422, kind), answer.text
        with bench.hub.engines.read.connect() as connection:
            table = t.metadata.tables[kind]
            ids = set(connection.execute(select(table.c.id)).scalars())
        assert ids == {row["id"] for row in ROSTER.get(kind, ())}


@pytest.mark.parametrize(
    ("kind", "row", "says"),
    [
        ("rules", {**RULE, "id": "r-4", "schedule_id": "never"}, "r-4: no schedule 'never'"),
        ("rules", {**RULE, "id": "r-4", "door_id": "d-99"}, "r-4: no door 'd-99'"),
        ("rules", {**RULE, "id": "r-4", "subject_kind": "person", "subject": "p-gone"},
         "r-4: no person 'p-gone'"),
        ("people", {"id": "p-7", "name": "x", "household_id": "h-99"}, "p-7: no household 'h-99'"),
        ("schedules", {"id": "s-4", "days": [[[480, 1020]]] * 8, "calendar_id": "gone"},
         "s-4: no calendar 'gone'"),
        ("schedules", {"id": "s-4", "days": [[]] * 8}, "days is eight days"),
        ("doors", {**ROOM, "id": "d-5", "number": 5, "area_to": "nowhere"}, "no area 'nowhere'"),
        ("groups", {"id": "g-4", "name": "x", "members": ["p-gone"]}, "no people 'p-gone'"),
    ],
)  # fmt: skip
async def test_what_is_not_there_is_named(
    tmp_path: Path, kind: str, row: dict[str, Any], says: str
) -> None:
    async with hub_bench(tmp_path) as bench:
        with pytest.raises(DomainError) as refused:
            await bench.hub.writer.submit(load_part, RosterPart(kind, [row], bench.hub.keys.mark))
        assert says in refused.value.detail


async def test_a_card_for_nobody_is_refused(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        token = {"Authorization": f"Bearer {bench.gate.operator_token}"}
        body = {"uid": "04aabbccddeeff", "person": "p-99"}
        answer = await bench.http.post("/api/v1/operator/cards", json=body, headers=token)
        assert (answer.status_code, answer.json()["field"]) == (422, "person")


@given(st.dates())
def test_days_are_written_in_one_way(day: date) -> None:
    assert is_day(day.isoformat())
    assert not is_day(day.isoformat().replace("-", ""))


def test_texts_are_what_can_be_shown() -> None:
    assert is_text("3A01 　陈", 1, 8)
    for wrong in ("", "a" * 9, "a\nb", "\x7f", "\udfff", None, 3):
        assert not is_text(wrong, 1, 8), wrong


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ({"zh-Hans": "门", "zh-Hant": "門", "en": "Door"}, ["门", "門", "Door"]),
        ({"zh-Hans": "门"}, ["门", "门", "门"]),
        ({"en": "Door", "fr": "Porte"}, ["Door", "Door", "Door"]),
        ({"zh-Hans": "门", "en": ""}, ["门", "门", "门"]),
        ("Door", ["Door", "Door", "Door"]),
        (None, ["", "", ""]),
    ],
)
def test_a_text_is_shown_in_every_language(text: object, shown: list[str]) -> None:
    assert list(in_every_language(text).values()) == shown
