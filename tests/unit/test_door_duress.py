"""A PIN under duress: opens or refuses like any, and is told to its responders alone."""

import asyncio
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devices import wire
from devices.access import DoorMode, Rule
from devices.messages import Ack, Event
from tests.unit.door_bench import NOW_S, TOPICS, Bench
from tests.unit.test_door_rules import PINS, Keys, kinds, made, press, tap


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


async def test_duress_opens_like_any_and_is_told_at_once_to_the_alarm_topic(folder: Path) -> None:
    bench = await made(folder, keypad=Keys())
    bench.put_policy(typed=True, pins=PINS)
    press(bench, "302#2580#")
    await bench.turns()
    ordinary = bench.strike.pulses[:], bench.bus.said[-1]
    press(bench, "302#1470#")
    await bench.turns()
    assert bench.strike.pulses == ordinary[0] * 2
    assert kinds(bench) == ["access", "duress", "access"]
    first, alarm, second = bench.events()
    assert (alarm.person, alarm.reason) == ("p1", "duress")
    assert replace(second, boot=first.boot, seq=first.seq, at_s=first.at_s, ms=first.ms) == first
    (raw,) = bench.bus.heard(wire.ALARM)
    heard = wire.open_event(raw, TOPICS, lambda _kid: bench.identity.signing.public_key())
    assert isinstance(heard, Event)
    assert heard.kind == "duress"
    for leaf in ("door/1/state", wire.STATE, wire.ANSWER):
        assert b"duress" not in b"".join(bench.bus.heard(leaf))
    await bench.close()


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"rules": {"r": Rule(valid_to_s=NOW_S - 1)}}, "validity_over"),
        ({"interlock": (2,)}, "interlock"),
        ({"mode": DoorMode.UNLOCKED, "rules": {"r": Rule(valid_to_s=NOW_S - 1)}}, "unlocked"),
    ],
)
async def test_duress_is_heard_also_where_the_door_would_not_have_asked(
    folder: Path, policy: dict[str, Any], reason: str
) -> None:
    """Whoever is forced at a door that stays shut, or stands open, asks for help all the same."""
    bench = await made(folder, keypad=Keys())
    bench.put_policy(typed=True, pins=PINS, **policy)
    press(bench, "302#2580#")
    press(bench, "302#1470#")
    await bench.turns()
    said = [event for event in bench.events() if event.kind == "access"]
    assert [event.reason for event in said] == [reason] * 2
    (alarm,) = [event for event in bench.events() if event.kind == "duress"]
    assert (alarm.person, alarm.door) == ("p1", 1)
    assert len(bench.bus.heard(wire.ALARM)) == 1
    await bench.close()


def put_shut(bench: Bench, by: str) -> None:
    """A door where nobody comes in, that would ask for card and PIN, or flat and PIN."""
    mode = DoorMode.LOCKED if by == "fire" else DoorMode.LOCKED_DOWN
    bench.put_policy(typed=True, pin=True, pins=PINS, asks=1, mode=mode)
    if by == "fire":
        bench.door.inputs._fire(1, True)


@pytest.mark.parametrize("by", ["fire", "locked_down"])
@pytest.mark.parametrize("card", [False, True])
async def test_duress_is_heard_where_nobody_comes_in_and_looks_like_any_pin(
    folder: Path, by: str, card: bool
) -> None:
    bench = await made(folder, keypad=Keys(), fire_input=2)
    put_shut(bench, by)

    async def stand(pin: str) -> list[Event]:
        before = len(bench.events())
        if card:
            await tap(bench)
        press(bench, f"{pin}#" if card else f"302#{pin}#")
        await bench.turns()
        return bench.events()[before:]

    ordinary, forced = await stand("2580"), await stand("1470")
    assert bench.strike.pulses == []
    alarms = [event for event in forced if event.kind == "duress"]
    assert [(alarm.person, alarm.door) for alarm in alarms] == [("p1", 1)]
    seen = [event for event in forced if event.kind != "duress"]
    assert [event.reason for event in ordinary] == [by] * (2 if card else 1)
    for one, other in zip(ordinary, seen, strict=True):
        assert replace(other, seq=one.seq, at_s=one.at_s, ms=one.ms) == one
    key = bench.identity.signing.public_key()
    cries = [wire.open_event(raw, TOPICS, lambda _kid: key) for raw in bench.bus.heard(wire.ALARM)]
    assert [one.kind for one in cries if isinstance(one, Event)].count("duress") == 1
    bench.door.threshold.close()
    await bench.close()


async def test_a_flat_typed_after_a_refused_card_is_a_flat(folder: Path) -> None:
    bench = await made(folder, keypad=Keys())
    bench.put_policy(typed=True, pins=PINS, asks=1, mode=DoorMode.LOCKED_DOWN)
    await tap(bench)
    press(bench, "302#1470#")
    await bench.turns()
    assert kinds(bench) == ["access", "access", "duress"]
    await bench.close()


async def test_a_card_that_was_refused_at_once_is_not_refused_again(folder: Path) -> None:
    bench = await made(folder, keypad=Keys())
    put_shut(bench, "locked_down")
    await tap(bench)
    assert [event.reason for event in bench.events()] == ["locked_down"]
    bench.door.threshold._waiting[1].timer.cancel()
    await asyncio.sleep(0)
    bench.door.threshold._time_is_up(1)
    assert len(bench.events()) == 1
    await bench.close()


async def test_a_refusal_under_duress_leaves_no_gap_in_what_is_shown(folder: Path) -> None:
    bench = await made(folder, keypad=Keys())
    put_shut(bench, "locked_down")
    shown = [bench.device.journal.last_told]
    for pin in ("2580", "1470"):
        press(bench, f"302#{pin}#")
        await bench.turns()
        shown.append(bench.device.journal.last_told)
    assert shown[2] - shown[1] == shown[1] - shown[0] == 1
    await bench.close()


@pytest.mark.parametrize("shut", [False, True])
async def test_duress_is_heard_though_the_disk_is_full(folder: Path, shut: bool) -> None:
    """Told from memory, again on each connection, until the hub says that it has it."""
    bench = await made(folder, keypad=Keys())
    mode = DoorMode.LOCKED_DOWN if shut else DoorMode.LOCKED
    bench.put_policy(typed=True, pins=PINS, mode=mode)
    for table in ("outbox", "intents"):
        bench.device.journal._db.execute(
            f"create temp trigger full_{table} before insert on {table} "
            "begin select raise(fail, 'full'); end"
        )
    press(bench, "302#2580#")
    await bench.turns()
    assert bench.bus.heard(wire.ALARM) == []
    said = len(bench.bus.said)
    press(bench, "302#1470#")
    await bench.turns()
    assert bench.strike.pulses == []
    assert [topic for topic, _, _ in bench.bus.said[said:]] == [TOPICS.of(wire.ALARM)]

    def heard() -> list[Event]:
        key = bench.identity.signing.public_key()
        found = [wire.open_event(raw, TOPICS, lambda _kid: key) for raw in alarms()]
        assert all(isinstance(one, Event) for one in found)
        return found  # type: ignore[return-value]

    def alarms() -> list[bytes]:
        return bench.bus.heard(wire.ALARM)

    (alarm,) = heard()
    assert (alarm.kind, alarm.person, alarm.door, alarm.seq) == ("duress", "p1", 1, 1)
    assert alarm.boot != bench.device.boot
    bench.device._send_waiting()
    assert heard() == [alarm, alarm]
    bench.hear(wire.EVENT_ACK, wire.encode_ack(Ack(alarm.boot, 1)))
    bench.device._send_waiting()
    assert len(alarms()) == 2
    await bench.close()


async def test_a_door_shows_the_same_numbers_under_duress(folder: Path) -> None:
    """Home Assistant reads a door's document: a number left out would tell the household."""
    bench = await made(folder, keypad=Keys())
    bench.put_policy(typed=True, pins=PINS)
    shown: list[list[int]] = []
    for pin in ("2580", "1470", "2580"):
        before = len(bench.bus.heard("door/1/state"))
        press(bench, f"302#{pin}#")
        await bench.turns()
        numbers = [json.loads(raw)["seq"] for raw in bench.bus.heard("door/1/state")[before:]]
        shown.append([number - len(shown) for number in numbers])
    assert shown[0]
    assert shown[1:] == [shown[0]] * 2
    await bench.close()


async def test_duress_is_on_disk_before_the_strike(folder: Path) -> None:
    bench = await made(folder, keypad=Keys())
    bench.put_policy(typed=True, pins=PINS)
    seen: list[str] = []

    async def look(output: int, duration_ms: int) -> None:
        with closing(sqlite3.connect(folder / "journal.db")) as other:
            seen.extend(row[0] for row in other.execute("select body from outbox"))

    bench.strike.pulse = look  # type: ignore[method-assign]
    press(bench, "302#1470#")
    await bench.turns()
    assert len(seen) == 1
    assert "duress" in seen[0]
    await bench.close()
