"""What a controller does with a command, in the contract's order, and what it never does."""

import asyncio
import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices import wire
from devices.door import DoorHardware
from devices.identity import Identity
from devices.messages import (
    Ack,
    Assurance,
    Have,
    Life,
    Manifest,
    Outcome,
    Presentation,
    Revision,
    StateNote,
)
from devices.policy import Compiled, encode, seal
from tests.unit.door_bench import HUB, NAME, NOW_S, SITE, TOPICS, Bench, Hub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


async def made(folder: Path, **hardware: Any) -> Bench:
    bench = Bench(folder, **hardware)
    await bench.ready()
    return bench


async def test_a_good_command_opens_once_and_is_told(folder: Path) -> None:
    bench = await made(folder)
    await bench.send(bench.command())
    (answer,) = bench.answers()
    assert (answer.outcome, answer.reason) == (Outcome.GRANTED, "granted")
    assert bench.strike.pulses == [(0, 3_000)]
    (event,) = bench.events()
    assert (event.kind, event.outcome, event.command, event.person) == (
        "access", Outcome.GRANTED, "o-1", "p1",
    )  # fmt: skip
    await bench.close()


ENVELOPE: list[tuple[str, dict[str, Any]]] = [
    ("epoch_old", {"epoch": 6}),
    ("connection_old", {"connection": "another"}),
    ("window_long", {"expires_at_s": NOW_S + 10.5}),
    ("expired", {"issued_at_s": NOW_S - 9, "expires_at_s": NOW_S}),
    ("too_early", {"issued_at_s": NOW_S + 3, "expires_at_s": NOW_S + 8}),
    ("unsupported", {"op": "explode"}),
    ("unsupported", {"presentation": None}),
    ("hold_long", {"hold_ms": 10_001}),
    ("hold_long", {"hold_ms": 0}),
    ("door_unknown", {"door": 9}),
    (
        "person_unknown",
        {"presentation": Presentation("p9", Assurance.MUTUAL, Revision(7, 1), "phone")},
    ),
    (
        "policy_behind",
        {"presentation": Presentation("p1", Assurance.MUTUAL, Revision(7, 2), "phone")},
    ),
]


@pytest.mark.parametrize(("why", "changes"), ENVELOPE)
async def test_each_wrong_command_has_its_reason(
    folder: Path, why: str, changes: dict[str, Any]
) -> None:
    bench = await made(folder)
    await bench.send(bench.command(**changes))
    (answer,) = bench.answers()
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, why)
    assert bench.strike.pulses == []
    assert bench.events()[-1].reason == why
    await bench.close()


async def test_what_nobody_signed_is_dropped_and_noted(folder: Path) -> None:
    bench = await made(folder)
    raw = wire.sign_command(bench.command(), TOPICS, bench.hub.signer("command"))
    head, _, mark = raw.split(b".")
    other = wire.sign_command(bench.command(id="o-2"), TOPICS, bench.hub.signer("command"))
    forged = head + b"." + other.split(b".")[1] + b"." + mark
    bench.hear(wire.COMMAND, forged)
    bench.hear(wire.COMMAND, raw[:-4])
    bench.hear(wire.COMMAND, b"open sesame")
    bench.hear(wire.COMMAND, b"x" * 20_000)
    await bench.send(bench.command(), use="policy")  # a true key, for another purpose
    await bench.send(bench.command(), wire.Topics(SITE, "other-gate"))  # re-targeted
    await bench.send(bench.command(), wire.Topics("elsewhere", NAME))
    assert bench.strike.pulses == []
    assert bench.answers() == []
    seen = bench.device.counters
    assert seen["signature"] >= 1
    assert seen["form"] >= 1
    assert seen["oversize"] == 1
    assert seen["key_unknown"] == 1
    assert seen["audience"] == 2
    assert {event.reason for event in bench.events()} == {"signature", "audience"}
    await bench.close()


async def test_a_repeat_gets_the_stored_answer_and_moves_nothing(folder: Path) -> None:
    bench = await made(folder)
    raw = await bench.send(bench.command())
    for _ in range(3):
        bench.hear(wire.COMMAND, raw)
    await bench.turns()
    assert len(bench.strike.pulses) == 1
    answers = bench.bus.heard(wire.ANSWER)
    assert len(answers) == 4
    assert len(set(answers)) == 1
    assert len(bench.events()) == 1
    await bench.close()


async def test_the_same_id_with_other_bytes_is_refused(folder: Path) -> None:
    bench = await made(folder)
    await bench.send(bench.command())
    await bench.send(bench.command(door=2))
    assert [answer.reason for answer in bench.answers()] == ["granted", "id_conflict"]
    assert len(bench.strike.pulses) == 1
    await bench.close()


async def test_a_repeat_after_a_crash_moves_nothing(folder: Path) -> None:
    bench = await made(folder)
    raw = await bench.send(bench.command())
    bench.device.journal.close()
    bench.device.disconnected()
    bench.device, bench.door = bench.boot()
    await bench.ready()
    bench.hear(wire.COMMAND, raw)
    await bench.turns()
    assert len(bench.strike.pulses) == 1
    assert bench.answers()[-1].reason == "granted"  # what it answered before the crash
    await bench.close()


async def test_a_crash_between_promise_and_event_is_told_as_unknown(folder: Path) -> None:
    bench = await made(folder)
    never = asyncio.Event()

    async def hang(output: int, duration_ms: int) -> None:
        bench.strike.pulses.append((output, duration_ms))
        await never.wait()

    bench.strike.pulse = hang  # type: ignore[method-assign]
    raw = await bench.send(bench.command())
    for task in list(bench.door._tasks):
        task.cancel()
    bench.device.disconnected()
    await bench.turns()
    bench.device.journal.close()
    bench.device, bench.door = bench.boot()
    (event,) = bench.events()
    assert (event.outcome, event.reason, event.command) == (
        Outcome.UNKNOWN, "outcome_unknown", "o-1",
    )  # fmt: skip
    await bench.ready()
    bench.hear(wire.COMMAND, raw)
    await bench.turns()
    assert len(bench.strike.pulses) == 1
    assert bench.answers()[-1].outcome is Outcome.UNKNOWN
    await bench.close()


async def test_the_id_is_on_disk_before_the_strike(folder: Path) -> None:
    bench = await made(folder)
    seen: list[object] = []

    async def look(output: int, duration_ms: int) -> None:
        with closing(sqlite3.connect(folder / "journal.db")) as other:
            seen.extend(other.execute("select id, intent is not null from answers"))

    bench.strike.pulse = look  # type: ignore[method-assign]
    await bench.send(bench.command())
    assert seen == [("o-1", 1)]
    assert bench.device.journal.orphans() == []
    await bench.close()


async def test_without_signed_time_no_command_opens(folder: Path) -> None:
    bench = Bench(folder)
    bench.device.hail()
    bench.device.connected(bench.bus)
    bench.put_policy()
    bench.device._say_ready()
    await bench.send(bench.command())
    assert bench.answers()[0].reason == "clock_unsigned"
    assert bench.strike.pulses == []
    await bench.close()


async def test_a_late_answer_about_the_time_is_not_believed(folder: Path) -> None:
    bench = Bench(folder)
    bench.device.hail()
    bench.device.connected(bench.bus)
    bench.time_s += 2.5
    bench.tell_time()
    assert bench.device.clock.quality.value == "free"
    await bench.close()


async def test_a_strike_that_fails_is_told(folder: Path) -> None:
    bench = await made(folder)
    bench.strike.trouble = OSError("unplugged")
    await bench.send(bench.command())
    assert bench.answers()[0].reason == "strike_fault"
    assert bench.events()[0].reason == "strike_fault"
    await bench.close()


async def test_a_full_disk_refuses_entry_and_lets_people_out(folder: Path) -> None:
    bench = await made(folder, exit_input=1)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    bench.device.journal.intend = full  # type: ignore[assignment]
    await bench.send(bench.command())
    assert bench.answers()[0].reason == "storage_fault"
    assert bench.strike.pulses == []
    hardware = bench.door.hardware[1]
    bench.door.inputs.on_inputs(hardware, (False, False, False))
    bench.door.inputs.on_inputs(hardware, (False, True, False))
    await bench.turns()
    assert bench.strike.pulses == [(0, 3_000)]
    await bench.close()


async def test_leaving_needs_no_policy_and_no_hub(folder: Path) -> None:
    bench = Bench(folder, exit_input=1, fire_input=2)
    hardware = bench.door.hardware[1]
    bench.door.inputs.on_inputs(hardware, (False, True, True))  # pressed at power-on: no edge
    await bench.turns()
    assert bench.strike.pulses == []
    bench.door.inputs.on_inputs(hardware, (False, False, True))
    bench.door.inputs.on_inputs(hardware, (False, True, True))  # and there is a fire
    await bench.turns()
    assert bench.strike.pulses == [(0, 3_000)]
    assert [event.kind for event in bench.events()] == ["fire", "access"]
    assert bench.events()[1].reason == "exit"
    await bench.close()


async def test_events_wait_for_a_gapless_acknowledgement(folder: Path) -> None:
    bench = await made(folder)
    for number in range(3):
        await bench.send(bench.command(id=f"o-{number}"))
    assert [event.seq for event in bench.events()] == [1, 2, 3]
    bench.hear(wire.EVENT_ACK, wire.encode_ack(Ack("another-boot", 3)))
    assert len(bench.events()) == 3
    bench.hear(wire.EVENT_ACK, wire.encode_ack(Ack(bench.device.boot, 2)))
    assert [event.seq for event in bench.events()] == [3]
    kept = bench.device.journal._db.execute("select count(*) from outbox").fetchone()
    assert kept == (3,)  # acknowledged ones stay a week for a restored hub
    await bench.close()


async def test_a_late_will_is_answered_with_ready(folder: Path) -> None:
    bench = await made(folder)
    before = len(bench.bus.heard(wire.STATE))
    bench.hear(wire.STATE, wire.encode_state(StateNote(Life.LOST, "old", "old", NOW_S)))
    last = wire.decode_state(bench.bus.heard(wire.STATE)[-1])
    assert len(bench.bus.heard(wire.STATE)) == before + 1
    assert isinstance(last, StateNote)
    assert last.life is Life.READY
    await bench.close()


async def test_only_the_site_root_changes_the_keys(folder: Path) -> None:
    bench = await made(folder)
    good = bench.hub.keyset(serial=5)
    bench.device.on_message(wire.Topics(SITE, HUB).of(wire.KEYSET), good)
    assert bench.device._keyset is not None
    assert bench.device._keyset.serial == 5
    bench.device.on_message(wire.Topics(SITE, HUB).of(wire.KEYSET), bench.hub.keyset(serial=4))
    stranger = Hub()
    bench.device.on_message(wire.Topics(SITE, HUB).of(wire.KEYSET), stranger.keyset(serial=9))
    assert bench.device._keyset.serial == 5
    await bench.send(bench.command())
    assert bench.answers()[0].reason == "granted"
    await bench.close()


async def test_policies_are_taken_whole_or_not_at_all(folder: Path) -> None:
    bench = await made(folder)
    compiled = bench.door.shelf.compiled
    assert compiled is not None
    newer = Compiled(replace(compiled.policy, revision=Revision(7, 2)), {})
    sealed = seal(encode(newer), bench.identity.sealing.public_key(), SITE, NAME, Revision(7, 2))

    def want(sealed: bytes, revision: Revision, epoch: int = 7) -> bytes:
        head = hashlib.sha256(sealed).hexdigest()
        manifest = Manifest(
            revision, head, len(sealed), 1, 1, (), epoch, NOW_S, NOW_S, head, revision, head
        )
        return wire.sign_manifest(manifest, TOPICS, bench.hub.signer("policy"))

    def haves() -> list[Revision]:
        found = [
            wire.open_have(raw, TOPICS, lambda _k: bench.identity.signing.public_key())
            for raw in bench.bus.heard(wire.POLICY_HAVE)
        ]
        return [have.revision for have in found if isinstance(have, Have)]

    bench.hear(wire.POLICY_WANT, want(sealed, Revision(7, 2), epoch=6))
    bench.hear("policy/snapshot/0", wire.encode_chunk(Revision(7, 2), 0, sealed))
    assert bench.door.shelf.revision == Revision(7, 1)  # an old judge's manifest
    bench.hear(wire.POLICY_WANT, want(sealed, Revision(7, 2)))
    bench.hear("policy/snapshot/0", wire.encode_chunk(Revision(7, 2), 0, sealed[:-1] + b"x"))
    assert bench.door.shelf.revision == Revision(7, 1)  # not what was hashed
    bench.hear("policy/snapshot/0", wire.encode_chunk(Revision(7, 2), 0, sealed))
    assert bench.door.shelf.revision == Revision(7, 2)
    assert haves()[-1] == Revision(7, 2)
    bench.hear(wire.POLICY_WANT, want(sealed, Revision(7, 1)))
    assert bench.door.shelf.revision == Revision(7, 2)  # never backwards
    stranger = Identity.make(NAME, "door").sealing.public_key()
    other = seal(encode(newer), stranger, SITE, NAME, Revision(7, 3))
    bench.hear(wire.POLICY_WANT, want(other, Revision(7, 3)))
    bench.hear("policy/snapshot/0", wire.encode_chunk(Revision(7, 3), 0, other))
    assert bench.door.shelf.revision == Revision(7, 2)  # sealed to somebody else
    await bench.close()


LEAVES = [
    wire.COMMAND,
    wire.EVENT_ACK,
    wire.TIME_TOLD,
    wire.POLICY_WANT,
    wire.STATE,
    wire.POLICY_DELTA,
    "policy/snapshot/0",
    "unheard/of",
]
KEYS = st.sampled_from(["b", "upto", "s", "c", "ts", "nonce"])
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
BODIES = st.dictionaries(KEYS, VALUES | st.lists(VALUES, max_size=2)).map(
    lambda body: json.dumps(body).encode()
)
RAWS = st.binary(max_size=300) | BODIES | st.from_regex(rb"[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*){2}")


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(leaf=st.sampled_from(LEAVES), raw=RAWS)
def test_nothing_from_outside_raises(leaf: str, raw: bytes, tmp_path_factory: Any) -> None:
    bench = _shared(tmp_path_factory)
    bench.device.on_message(TOPICS.of(leaf), raw)
    bench.device.on_message(leaf, raw)
    assert bench.strike.pulses == []


_BENCH: list[Bench] = []


def _shared(factory: Any) -> Bench:
    if not _BENCH:
        _BENCH.append(Bench(factory.mktemp("fuzz")))
    return _BENCH[0]


async def test_one_question_a_round_for_all_doors_of_a_board(folder: Path) -> None:
    """A pulse must not queue behind four polls, and one wrong wire blinds no other door."""
    bench = await made(folder)
    asked = 0

    async def inputs() -> tuple[bool, ...]:
        nonlocal asked
        asked += 1
        return (True, False)

    bench.strike.inputs = inputs  # type: ignore[method-assign]
    bench.door.hardware = {
        1: DoorHardware(1, bench.strike, 0, contact_input=7),  # the board has no such input
        2: DoorHardware(2, bench.strike, 1, contact_input=0),
    }
    serving = asyncio.ensure_future(bench.door.run())
    await bench.turns()
    assert asked == 1
    assert bench.door.state.of(1).contact_open is None
    assert bench.door.state.of(2).contact_open is True
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    await bench.close()


async def test_a_full_disk_does_not_cut_the_line_to_the_hub(folder: Path) -> None:
    """The hub's own topics as well: its keys, and whom it ended."""
    bench = await made(folder)
    device = bench.device
    device.journal.keep_text = full  # type: ignore[method-assign]
    device.on_message(device.hub_topics.of(wire.KEYSET), bench.hub.keyset(9))
    assert device.counters["storage_fault"] == 1
    await bench.close()


def full(key: str, value: str) -> None:
    raise sqlite3.OperationalError("database or disk is full")
