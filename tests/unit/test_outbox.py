"""A device's box: numbers without holes, and a full one that says what it gave up."""

import sqlite3
from pathlib import Path

import pytest

from devices import outbox
from devices.messages import ClockQuality, Event
from devices.outbox import Journal


def luck(size: int) -> bytes:
    return bytes(size)


def event(kind: str = "access") -> Event:
    return Event("", 0, 1_795_000_000.0, ClockQuality.SIGNED, kind)


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setattr(outbox, "EVENTS_MAX", 20)
    monkeypatch.setattr(outbox, "DROPPED_AT_ONCE", 8)
    journal = Journal(tmp_path / "journal.db", synced=False)
    journal.begin_boot(luck)
    return journal


def covered(box: Journal) -> list[int]:
    """Every number that the box still accounts for."""
    numbers: list[int] = []
    for held in box.unacked(1_000):
        first, last = held.seq, held.seq
        if held.kind == "gap":
            assert held.content["from"] == held.seq
            last = int(held.content["to"])
        numbers += range(first, last + 1)
    return numbers


@pytest.mark.parametrize("kinds", [["access"], ["contact"], ["access", "contact"]])
def test_a_full_box_stays_bounded_and_accounts_for_every_number(
    box: Journal, kinds: list[str]
) -> None:
    for number in range(200):
        box.record(event(kinds[number % len(kinds)]))
        assert box.held() <= 20
    assert covered(box) == list(range(1, 201))
    assert box.unacked(1_000)[-1].kind != "gap"  # the newest is never given up
    box.close()


def test_what_matters_less_goes_first(box: Journal) -> None:
    for number in range(20):
        box.record(event("contact" if number < 8 else "access"))
    box.record(event("access"))
    kinds = [held.kind for held in box.unacked(1_000)]
    assert kinds == ["gap"] + ["access"] * 13
    box.close()


def test_boots_are_kept_apart(box: Journal) -> None:
    for _ in range(5):
        box.record(event())
    first = box.boot
    box.begin_boot(luck)
    for _ in range(40):
        box.record(event())
    assert {held.boot for held in box.unacked(1_000)} == {first, box.boot}
    assert box.held() <= 20
    box.close()


def test_a_number_taken_in_vain_is_given_again(box: Journal) -> None:
    box.record(event())
    with pytest.raises(ValueError, match="unreadable"):
        box.record(event("x" * 600))
    assert box.record(event()).seq == 2
    box.close()


def test_a_hub_that_forgot_is_told_every_hole(box: Journal) -> None:
    """A clock that stood in the future kept the first ones longer than those after them."""
    for _ in range(12):
        box.record(event())
    box.acked(box.boot, 4, event().at_s + 30 * 86_400)
    box.acked(box.boot, 9, event().at_s)
    box.acked(box.boot, 10, event().at_s + 8 * 86_400)  # sweeps 5 to 9
    assert covered(box) == [11, 12]
    assert not box.forgotten(box.boot, 10, event(), tell=False)
    assert box.forgotten(box.boot, 2, event(), tell=False)
    assert covered(box) == list(range(3, 13))
    assert not box.forgotten(box.boot, 2, event(), tell=False)
    box.close()


def test_what_was_swept_to_the_last_is_a_hole_before_what_comes(box: Journal) -> None:
    for _ in range(5):
        box.record(event())
    box.acked(box.boot, 5, event().at_s)
    box.acked(box.boot, 5, event().at_s + 8 * 86_400)
    assert box.forgotten(box.boot, 1, event(), tell=False)
    box.record(event())
    assert covered(box) == [2, 3, 4, 5, 6]
    box.close()


def test_an_acknowledgement_of_what_is_not_here_leaves_nothing(box: Journal) -> None:
    box.record(event())
    box.acked(box.boot, 1, event().at_s)
    for number in range(100):
        box.acked(f"0-{number}", 1, event().at_s)
    assert box._acked == {box.boot: 1}
    box.close()


def test_asking_what_a_hub_knows_leaves_the_disk_as_it_was(box: Journal) -> None:
    for _ in range(3):
        box.record(event())
    first = box.boot
    box.acked(first, 3, 100.0)
    box.begin_boot(luck)
    for _ in range(2):
        box.record(event())
    box.acked(box.boot, 1, 200.0)
    before = box._db.execute("select * from outbox").fetchall()
    assert [(e.boot, e.seq) for e in box.newest_acked(0.0)] == [(box.boot, 1), (first, 3)]
    assert [(e.boot, e.seq) for e in box.newest_acked(150.0)] == [(box.boot, 1)]
    assert box._db.execute("select * from outbox").fetchall() == before
    box.close()


def test_names_of_commands_that_a_full_disk_did_not_take_are_bounded(
    box: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SPENT_MOST", 50)
    box.record(event(), "kept", b"x", b"y")
    box._db.execute("pragma query_only = on")
    for number in range(200):
        with pytest.raises(sqlite3.OperationalError):
            box.record(event(), f"c-{number}", b"x", b"y")
    assert len(box._spent) <= 52
    assert box.seen("kept") is not None
    box._db.execute("pragma query_only = off")
    box.close()
