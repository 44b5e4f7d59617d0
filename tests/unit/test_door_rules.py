"""A controller lives by the rules: keypad, duress, passes, modes, alarms; some survive a kill."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devices import wire
from devices.access import (
    DoorMode,
    ModePlan,
    Passage,
    Passback,
    Pins,
    Rule,
    Schedule,
    Visit,
)
from devices.device import Device
from devices.door import DoorHardware
from devices.keypad import CLAIM_WAIT_S
from devices.leaves import SILENT_AFTER_S
from devices.messages import Manifest, Outcome, Refusal, Revision
from devices.pins import claim_mark, pin_mark
from devices.reasons import REASONS, Severity
from tests.unit.door_bench import NOW_S, TOPICS, Bench

KEY = b"k" * 32
PINS = Pins(
    KEY,
    {claim_mark(KEY, "302"): ("p1",)},
    {"p1": (pin_mark(KEY, "p1", "2580"), pin_mark(KEY, "p1", "1470"))},
)
VISIT = Visit("v1", (1, 2), NOW_S, NOW_S + 3600, "p1")
SHUT, OPEN = (False, False, False), (True, False, False)


class Card:
    """A card with a number and no keys."""

    first_byte_at_ns = 0
    provable = True

    def __init__(self, uid: str) -> None:
        self.uid = bytes.fromhex(uid)

    async def transceive(self, apdu: bytes) -> bytes:
        raise AssertionError(apdu)


class Keys:
    """A keypad that nobody touches; tests press keys themselves."""

    async def close(self) -> None:
        return None

    def keys(self) -> Any:
        raise NotImplementedError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


async def made(folder: Path, *, fresh: bool = True, **hardware: Any) -> Bench:
    bench = Bench(folder, **hardware)
    await bench.ready()
    if fresh:
        trust(bench)
    return bench


def trust(bench: Bench, until_s: float = NOW_S + 86_400) -> None:
    """The hub says that this policy is still the wanted one."""
    head = "0" * 64
    manifest = Manifest(
        Revision(7, 1), head, 1, 1, 1, (), 7, NOW_S, until_s, head, Revision(7, 1), head
    )
    bench.hear(wire.POLICY_WANT, wire.sign_manifest(manifest, TOPICS, bench.hub.signer("policy")))


def kinds(bench: Bench) -> list[str]:
    return [event.kind for event in bench.events()]


def press(bench: Bench, keys: str) -> None:
    for key in keys:
        bench.door.threshold.on_key(1, key)


async def tap(bench: Bench, uid: str = "04aabbccddeeff") -> None:
    compiled = bench.door.shelf.compiled
    assert compiled is not None
    bench.door.shelf.compiled = replace(compiled, keys={})
    await bench.door.on_card(1, Card(uid))
    await bench.turns()


# --------------------------------------------------------------------------- keypad


async def test_a_flat_and_a_pin_open_and_a_pin_alone_does_not(folder: Path) -> None:
    bench = await made(folder, keypad=Keys())
    bench.put_policy(typed=True, pins=PINS)
    press(bench, "2580#")
    press(bench, "*302#2580#")
    await bench.turns()
    assert bench.strike.pulses == [(0, 3_000)]
    (event,) = bench.events()
    assert (event.via, event.person, event.reason) == ("pin", "p1", "granted")
    press(bench, "302#9999#")
    assert bench.events()[-1].reason == "pin_wrong"
    assert "9999" not in str(bench.events()) + str(bench.bus.said)
    await bench.close()


async def test_a_card_waits_for_its_pin_and_then_is_refused(folder: Path) -> None:
    bench = await made(folder, keypad=Keys())
    bench.put_policy(pin=True, pins=PINS, asks=1)
    await tap(bench)
    assert bench.events() == []
    press(bench, "2580#")
    await bench.turns()
    assert bench.strike.pulses == [(0, 3_000)]
    assert [event.via for event in bench.events()] == ["card"]
    await tap(bench)
    bench.door.threshold._waiting[1].timer.cancel()
    await asyncio.sleep(0)
    bench.door.threshold._time_is_up(1)
    assert bench.events()[-1].reason == "pin_needed"
    press(bench, "2580#")  # nothing waits any more: this is a number without a claim
    await bench.turns()
    assert len(bench.strike.pulses) == 1
    assert CLAIM_WAIT_S > 0
    await bench.close()


async def test_the_wrong_pins_of_an_earlier_life_still_count(folder: Path) -> None:
    bench = await made(folder, keypad=Keys())
    bench.put_policy(typed=True, pins=PINS)
    for _ in range(5):
        press(bench, "302#9999#")
    bench.device.journal.close()
    bench.device.disconnected()
    bench.device, bench.door = bench.boot()
    await bench.ready()
    bench.put_policy(typed=True, pins=PINS)
    press(bench, "302#2580#")
    await bench.turns()
    assert bench.events()[-1].reason == "pin_locked"
    assert bench.strike.pulses == []
    await bench.close()


async def test_an_alarm_waits_behind_no_backlog(folder: Path) -> None:
    bench = await made(folder)
    device: Device = bench.device
    device._sent_upto[device.boot] = 0
    for _ in range(3):
        device.journal.record(replace(device.draft("contact"), door=1))
    tamper = replace(device.draft("tamper"), door=1, reason="tamper")
    device.send(device.journal.record(tamper))
    assert len(bench.bus.heard(wire.ALARM)) == 1
    assert bench.bus.heard(wire.EVENT) == []
    await bench.close()


# --------------------------------------------------------------------------- passes


async def test_a_pass_is_spent_on_disk_before_the_strike_and_survives_a_kill(folder: Path) -> None:
    bench = await made(folder)
    seen: list[str] = []

    async def look(output: int, duration_ms: int) -> None:
        with closing(sqlite3.connect(folder / "journal.db")) as other:
            seen.extend(row[0] for row in other.execute("select key from memory"))

    bench.strike.pulse = look  # type: ignore[method-assign]
    bench.door.on_pass(1, VISIT)
    await bench.turns()
    assert seen == ["visit/1/v1"]
    bench.device.journal.close()
    bench.device.disconnected()
    bench.device, bench.door = bench.boot()
    await bench.ready()
    trust(bench)
    assert bench.door.on_pass(1, VISIT).reason == "pass_used"
    assert bench.door.on_pass(2, VISIT).reason == "granted"
    await bench.turns()
    events = bench.events()
    assert {(event.via, event.credential) for event in events} == {("pass", "v1")}
    await bench.close()


async def test_a_pass_that_did_not_open_the_door_may_be_shown_again(folder: Path) -> None:
    bench = await made(folder, contact_input=0)
    bench.door.inputs.on_inputs(bench.door.hardware[1], SHUT)
    bench.strike.trouble = OSError("cut")
    assert bench.door.on_pass(1, VISIT).reason == "granted"
    await bench.turns()
    bench.strike.trouble = None
    bench.time_s = 9.0
    assert bench.door.on_pass(1, VISIT).reason == "granted"
    await bench.turns()
    bench.door.inputs.on_inputs(bench.door.hardware[1], OPEN)
    assert kinds(bench)[-1] == "entered"
    bench.door.inputs.on_inputs(bench.door.hardware[1], SHUT)
    assert bench.door.on_pass(1, VISIT).reason == "pass_used"
    await bench.close()


async def test_passes_and_temporary_grants_stop_without_word_of_the_hub(folder: Path) -> None:
    bench = await made(folder, fresh=False)
    assert bench.door.on_pass(1, VISIT).reason == "policy_stale"
    trust(bench, NOW_S + 100)
    assert bench.door.on_pass(1, VISIT).reason == "granted"
    bench.time_s = 101.0
    assert bench.door.on_pass(2, VISIT).reason == "policy_stale"
    bench.put_policy(rules={"r": Rule(None, None, NOW_S + 1e6)})
    await bench.send(bench.command())
    assert bench.answers()[-1].reason == "policy_stale"
    trust(bench, NOW_S + 1e6)
    await bench.send(bench.command(id="o-2"))
    assert bench.answers()[-1].reason == "granted"
    await bench.close()


async def test_a_restart_without_signed_time_takes_no_passes(folder: Path) -> None:
    bench = await made(folder)
    bench.device.journal.close()
    bench.device.disconnected()
    bench.device, bench.door = bench.boot(chip=lambda: NOW_S + 5)
    assert bench.door.on_pass(1, VISIT).reason == "policy_stale"
    await bench.close()


async def test_without_a_disk_no_pass_opens(folder: Path) -> None:
    bench = await made(folder)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    bench.device.journal.intend = full  # type: ignore[assignment]
    bench.door.on_pass(1, VISIT)
    await bench.turns()
    assert bench.strike.pulses == []
    assert not bench.door.state.of(1).visits
    await bench.close()


# --------------------------------------------------------------------------- the leaf


async def test_forced_held_and_tampered_doors_are_told(folder: Path) -> None:
    bench = await made(folder, contact_input=0, tamper_input=1)
    bench.put_policy(held_s=0)
    hardware = bench.door.hardware[1]
    bench.door.inputs.on_inputs(hardware, SHUT)
    bench.door.inputs.on_inputs(hardware, OPEN)
    bench.door.inputs.on_inputs(hardware, SHUT)
    bench.door.inputs.on_inputs(hardware, (False, True, False))
    bench.door.inputs.on_inputs(hardware, (False, True, False))
    assert kinds(bench) == ["forced", "held", "held_over", "tamper"]
    alarms = [wire.open_event(raw, TOPICS, lambda _k: bench.identity.signing.public_key())
              for raw in bench.bus.heard(wire.ALARM)]  # fmt: skip
    assert [one.kind for one in alarms if not isinstance(one, Refusal)] == ["forced", "tamper"]
    for kind in ("forced", "tamper", "duress"):
        assert REASONS[kind].severity is Severity.ALARM
    await bench.close()


async def test_who_came_in_is_told_and_moves_areas_only_then(folder: Path) -> None:
    bench = await made(folder, contact_input=0)
    bench.put_policy(passage=Passage("", "lab", Passback.HARD))
    hardware = bench.door.hardware[1]
    bench.door.inputs.on_inputs(hardware, SHUT)
    await bench.send(bench.command())
    assert not bench.door.state.places
    bench.door.inputs.on_inputs(hardware, OPEN)
    granted, entered = bench.events()
    assert dict(granted.content) == {"flag": "area_unknown"}
    assert (entered.kind, entered.person, entered.via) == ("entered", "p1", "phone")
    assert dict(entered.content) == {"area": "lab"}
    bench.door.inputs.on_inputs(hardware, SHUT)
    await bench.send(bench.command(id="o-2"))
    assert bench.answers()[-1].reason == "passback"
    bench.device.journal.close()
    bench.device.disconnected()
    bench.device, bench.door = bench.boot()
    assert bench.door.state.places["p1"].area == "lab"
    bench.device.journal.close()


async def test_leaving_is_neither_forced_nor_told_as_coming_in(folder: Path) -> None:
    bench = await made(folder, contact_input=0, exit_input=1)
    hardware = bench.door.hardware[1]
    bench.door.inputs.on_inputs(hardware, SHUT)
    bench.door.inputs.on_inputs(hardware, (False, True, False))
    await bench.turns()
    bench.door.inputs.on_inputs(hardware, (True, False, False))
    assert kinds(bench) == ["access"]
    await bench.close()


async def test_a_strike_that_failed_lets_nobody_in(folder: Path) -> None:
    bench = await made(folder, contact_input=0)
    hardware = bench.door.hardware[1]
    bench.door.inputs.on_inputs(hardware, SHUT)
    bench.strike.trouble = OSError("cut")
    await bench.send(bench.command())
    bench.door.inputs.on_inputs(hardware, OPEN)
    assert kinds(bench) == ["access", "forced"]
    await bench.close()


async def test_a_silent_reader_is_told_once_and_its_return_too(folder: Path) -> None:
    bench = await made(folder)
    bench.door.on_reader(1, online=False)
    bench.door.on_reader(1, online=True)  # only started again
    assert kinds(bench) == []
    bench.door.on_reader(1, online=False)
    bench.door.leaves._timers[1, "reader"].cancel()
    bench.door.leaves._now_silent(1, "reader")
    bench.door.on_reader(1, online=False)
    bench.door.on_reader(1, online=True)
    bench.door.on_reader(1, online=True)
    assert kinds(bench) == ["reader_silent", "reader_back"]
    assert SILENT_AFTER_S > 0
    bench.door.close()
    await bench.close()


# --------------------------------------------------------------------------- modes


async def test_an_unlocked_door_is_held_by_pulses_and_shown(folder: Path) -> None:
    bench = await made(folder)
    always = Schedule((((0, 1440),),) * 8)
    bench.put_policy(modes=(ModePlan("s", DoorMode.UNLOCKED, first_card=True),))
    compiled = bench.door.shelf.compiled
    assert compiled is not None
    policy = replace(compiled.policy, schedules={"s": always})
    bench.door.shelf.compiled = replace(compiled, policy=policy)
    keeper = asyncio.ensure_future(bench.door.modes.keep(bench.door.hardware[1]))
    await bench.turns()
    assert bench.strike.pulses == []
    bench.put_policy(mode=DoorMode.UNLOCKED)
    bench.door._on_policy()
    await bench.turns()
    assert bench.strike.pulses == [(0, 5_000)]
    shown = wire.decode_condition(bench.bus.heard("door/1/state")[-1])
    assert not isinstance(shown, Refusal)
    assert (shown.lock, shown.mode) == ("unlocked", "Unlocked")
    bench.put_policy(mode=DoorMode.LOCKED_DOWN)
    bench.door._on_policy()
    await bench.turns()
    assert len(bench.strike.pulses) == 1
    shown = wire.decode_condition(bench.bus.heard("door/1/state")[-1])
    assert not isinstance(shown, Refusal)
    assert (shown.lock, shown.mode) == ("locked", "LockedDown")
    modes = [event.content["mode"] for event in bench.events() if event.kind == "mode"]
    assert modes == ["Unlocked", "LockedDown"]
    keeper.cancel()
    await bench.turns()
    await bench.close()


async def test_a_lockdown_forgets_who_was_first_and_a_restart_does_not_remember(
    folder: Path,
) -> None:
    bench = await made(folder)
    always = Schedule((((0, 1440),),) * 8)
    plan = (ModePlan("s", DoorMode.UNLOCKED, first_card=True),)

    def put(**door: Any) -> None:
        bench.put_policy(modes=plan, asks=1, **door)
        compiled = bench.door.shelf.compiled
        assert compiled is not None
        policy = replace(compiled.policy, schedules={"s": always})
        bench.door.shelf.compiled = replace(compiled, policy=policy)

    async def opened() -> DoorMode | None:
        await tap(bench)
        return bench.door.modes.mode(1)

    put()
    assert await opened() is DoorMode.UNLOCKED
    put(mode=DoorMode.LOCKED_DOWN)
    bench.door._on_policy()
    put()
    bench.door._on_policy()
    assert bench.door.modes.mode(1) is DoorMode.LOCKED
    await bench.close()
    bench.device, bench.door = bench.boot()
    await bench.ready()
    put()
    assert bench.door.modes.mode(1) is DoorMode.LOCKED
    assert await opened() is DoorMode.UNLOCKED
    await bench.close()


async def test_a_card_that_was_let_in_as_the_lockdown_came_is_not_the_first(folder: Path) -> None:
    bench = await made(folder)
    bench.put_policy(asks=1)
    strike = bench.strike.pulse

    async def slow(output: int, duration_ms: int) -> None:
        bench.put_policy(mode=DoorMode.LOCKED_DOWN)
        bench.door._on_policy()
        await strike(output, duration_ms)

    bench.strike.pulse = slow  # type: ignore[method-assign]
    await tap(bench)
    assert len(bench.strike.pulses) == 1
    assert bench.door.state.of(1).first_card_s is None
    await bench.close()


async def test_a_fire_locks_nothing_that_stands_open(folder: Path) -> None:
    bench = await made(folder, fire_input=2)
    bench.put_policy(mode=DoorMode.UNLOCKED)
    keeper = asyncio.ensure_future(bench.door.modes.keep(bench.door.hardware[1]))
    await bench.turns()
    bench.door.inputs.on_inputs(bench.door.hardware[1], (False, False, True))
    bench.put_policy(mode=DoorMode.LOCKED)
    bench.door._on_policy()
    await bench.turns()
    assert len(bench.strike.pulses) >= 2
    bench.door.inputs.on_inputs(bench.door.hardware[1], (False, False, False))
    await bench.turns()
    shown = wire.decode_condition(bench.bus.heard("door/1/state")[-1])
    assert not isinstance(shown, Refusal)
    assert shown.lock == "locked"
    keeper.cancel()
    await bench.turns()
    await bench.close()


async def test_two_people_open_together_whoever_comes_by_phone(folder: Path) -> None:
    bench = await made(folder)
    bench.put_policy(two_person=True, people={"p1": ("r",), "p2": ("r",)})
    await bench.send(bench.command())
    assert bench.answers()[-1].reason == "second_awaited"
    shown = bench.command().presentation
    assert shown is not None
    await bench.send(bench.command(id="o-2", presentation=replace(shown, person="p2")))
    assert bench.answers()[-1].outcome is Outcome.GRANTED
    assert dict(bench.events()[-1].content) == {"with": "p1"}
    await bench.close()


def test_hardware_names_its_inputs() -> None:
    assert DoorHardware(1, None, 0).tamper_input is None  # type: ignore[arg-type]
