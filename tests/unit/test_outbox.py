"""A device's box: numbers without holes, and a full one that says what it gave up."""

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
