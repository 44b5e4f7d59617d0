"""What a lying device, a strange card or a full disk can do over the bus: nothing to others."""

import asyncio
import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from devices import wire
from devices.clock import DeviceClock
from devices.device import Device
from devices.identity import Adoption, Identity
from devices.messages import (
    Answer,
    ClockQuality,
    Description,
    Event,
    Life,
    Outcome,
    Refusal,
    StateNote,
)
from devices.outbox import Journal
from devices.point import CardPoint
from hub.acts.policies import Adoptee, adopt
from hub.store import tables as t
from hub.store.writer import Faulted
from kiosk.disk import Disk, Order
from tests.unit.door_bench import HUB, SITE, Bench, Bus
from tests.unit.door_bench import Hub as HubKeys
from tests.unit.hub_bench import HubBench, hub_bench

OTHER = "other"


async def another_device(bench: HubBench, name: str = OTHER) -> Identity:
    """A second adopted controller; it holds its own keys and lies."""
    identity = Identity.make(name, "door")
    public = identity.public
    await bench.hub.writer.submit(adopt, Adoptee(name, "door", public.ed25519, public.x25519))
    bench.hub.memory.reload()
    return identity


def is_ready(bench: HubBench, name: str = "gate") -> None:
    """The hub believes that this device hears commands."""
    bench.hub.memory.devices[name].note = StateNote(Life.READY, "b", "c", 0.0)


async def command_for(bench: HubBench, bus: Bus) -> str:
    """Wait for the command that an opening sends to the gate; its id."""
    topic = wire.Topics(SITE, "gate").of(wire.COMMAND)
    public = bench.hub.keys.signers["command"].key.public_key()
    while True:
        for said, raw, _ in bus.said:
            if said == topic:
                command = wire.open_command(raw, wire.Topics(SITE, "gate"), lambda _kid: public)
                assert not isinstance(command, Refusal)
                return command.id
        await asyncio.sleep(0)


async def opening_under_way(bench: HubBench) -> tuple[asyncio.Task[Any], str, Bus]:
    """A phone asks for the gate; the gate has its command and says nothing yet."""
    phone = await bench.phone()
    is_ready(bench)
    bus = Bus()
    bench.hub.ingest.connected(bus)
    asked = asyncio.ensure_future(phone.open("d-1"))
    return asked, await command_for(bench, bus), bus


def say(bench: HubBench, device: str, leaf: str, raw: bytes) -> None:
    bench.hub.ingest.on_message(wire.Topics(SITE, device).of(leaf), raw)


def outcome_of(bench: HubBench, opening: str) -> tuple[str | None, str | None]:
    with bench.hub.engines.read.connect() as connection:
        row = connection.execute(select(t.openings).where(t.openings.c.id == opening)).one()
    return row.outcome, row.reason


async def settled(bench: HubBench) -> None:
    for _ in range(50):
        await asyncio.sleep(0)


# --------------------------------------------------------------------------- other people's doors


async def test_no_device_answers_for_another(tmp_path: Path) -> None:
    """The opening waits for its own door's word, whoever else signs an answer to it."""
    async with hub_bench(tmp_path) as bench:
        liar = await another_device(bench)
        asked, opening, _ = await opening_under_way(bench)
        lie = Answer(opening, Outcome.GRANTED, "granted")
        topics = wire.Topics(SITE, OTHER)
        say(bench, OTHER, wire.ANSWER, wire.sign_answer(lie, topics, liar.signer))
        await settled(bench)
        assert not asked.done()
        assert outcome_of(bench, opening) == (None, None)
        gate = Identity.load(tmp_path / "gate")
        truth = Answer(opening, Outcome.REFUSED, "strike_fault")
        raw = wire.sign_answer(truth, wire.Topics(SITE, "gate"), gate.signer)
        say(bench, "gate", wire.ANSWER, raw)
        reply = await asked
        assert reply.body["reason"] == "strike_fault"
        assert outcome_of(bench, opening) == ("refused", "strike_fault")


async def test_no_event_settles_an_opening_at_another_door(tmp_path: Path) -> None:
    """An event names a command; it counts only at the door the command was for."""
    async with hub_bench(tmp_path) as bench:
        liar = await another_device(bench)
        asked, opening, _ = await opening_under_way(bench)
        event = Event(
            "1-aa", 1, bench.now.timestamp(), ClockQuality.SIGNED, "access", 1,
            Outcome.GRANTED, "granted", "p-1", command=opening,
        )  # fmt: skip
        say(bench, OTHER, wire.EVENT, wire.sign_event(event, wire.Topics(SITE, OTHER), liar.signer))
        gate = Identity.load(tmp_path / "gate")
        second = replace(event, door=2)  # the same controller, its other door
        say(
            bench,
            "gate",
            wire.EVENT,
            wire.sign_event(second, wire.Topics(SITE, "gate"), gate.signer),
        )
        await settled(bench)
        assert outcome_of(bench, opening) == (None, None)
        true = replace(event, seq=2)
        say(
            bench, "gate", wire.EVENT, wire.sign_event(true, wire.Topics(SITE, "gate"), gate.signer)
        )
        await settled(bench)
        assert outcome_of(bench, opening) == ("granted", "granted")
        asked.cancel()


async def test_a_door_that_heard_a_stale_copy_refused_nothing(tmp_path: Path) -> None:
    """What is unknown to the person who asked stays unknown to a repeat."""
    async with hub_bench(tmp_path) as bench:
        asked, opening, _ = await opening_under_way(bench)
        gate = Identity.load(tmp_path / "gate")
        stale = Answer(opening, Outcome.REFUSED, "connection_old")
        raw = wire.sign_answer(stale, wire.Topics(SITE, "gate"), gate.signer)
        say(bench, "gate", wire.ANSWER, raw)
        assert (await asked).body["outcome"] == "unknown"
        await settled(bench)
        assert outcome_of(bench, opening) == (None, None)


# --------------------------------------------------------------------------- strange messages


STRANGE = {
    "door/" + "9" * 5_000 + "/state": b"{}",
    "door/\u0663/state": b"{}",
    wire.TIME_WANT: b'{"nonce":"\\ud800"}',
    wire.STATE: b'{"s":"ready","b":"\\ud800","c":"\\udfff","ts":1}',
    wire.DESCRIPTION: b'{"kind":"\\u0000","fw":"\xed\xa0\x80","schema":1,"features":[]}',
    wire.EVENT: b"\xff.\xff.\xff",
    wire.POLICY_HAVE: b"..",
}


@pytest.mark.parametrize("leaf", STRANGE, ids=lambda leaf: leaf[:12])
async def test_no_message_ends_the_hubs_line_to_its_broker(tmp_path: Path, leaf: str) -> None:
    """Whatever comes is counted; an exception here would cut every door of the site off."""
    async with hub_bench(tmp_path) as bench:
        before = bench.hub.memory.devices["gate"].note
        say(bench, "gate", leaf, STRANGE[leaf])
        assert sum(bench.hub.ingest.counters.values()) == 1
        assert bench.hub.memory.devices["gate"].note is before


async def test_a_fault_of_ours_in_one_message_is_counted_not_thrown(tmp_path: Path) -> None:
    """The hub and a device outlive a message that trips them."""
    async with hub_bench(tmp_path) as bench:

        def trip(*_: object) -> None:
            raise RuntimeError("ours")

        bench.hub.ingest.listeners[wire.STATE] = trip
        say(bench, "gate", wire.STATE, b"{}")
        assert bench.hub.ingest.counters["fault"] == 1


async def test_what_cannot_be_spoken_harms_no_other_answer(tmp_path: Path) -> None:
    """One act's effect fails after the commit; everybody in the batch still gets a reply."""
    async with hub_bench(tmp_path) as bench:
        first, second = await bench.phone(), await bench.phone("p-2")
        is_ready(bench)
        bench.hub.ingest.connected(Bus())

        def trip(*_: object) -> None:
            raise RuntimeError("ours")

        bench.hub.ingest._send_access = trip  # type: ignore[assignment]
        replies = [first.open("d-1"), second.open("d-2"), second.send("GET", "/api/v1/me", None)]
        told = await asyncio.gather(*replies)
        assert [reply.status for reply in told] == [504, 403, 200]


# --------------------------------------------------------------------------- poison at the device


class Tag:
    """A tag that anybody can buy, with an address record of no characters."""

    uid = bytes.fromhex("04deadbeef0102")
    first_byte_at_ns = 0
    provable = True

    def __init__(self, record: bytes) -> None:
        self.file = len(record).to_bytes(2, "big") + record

    async def transceive(self, apdu: bytes, timeout_s: float = 1.0) -> bytes:
        del timeout_s
        if apdu[1] != 0xB0:
            return b"\x90\x00"
        start = int.from_bytes(apdu[2:4], "big")
        return self.file[start : start + apdu[4]] + b"\x90\x00"


def card_point(folder: Path) -> tuple[CardPoint, list[str]]:
    keys = HubKeys()
    adoption = Adoption(SITE, HUB, keys.root.public_key(), keys.keyset(), "-", 1, None, "-")
    journal = Journal(folder / "journal.db", synced=False)
    clock = DeviceClock(lambda: 0.0, lambda: 1.8e9, 0.0)
    description = Description("point", "t", 1, ())
    identity = Identity.make("point-1", "point")
    device = Device(identity, adoption, journal, clock, bytes, description)
    shown: list[str] = []
    return CardPoint(device, None, "hall", shown.append), shown  # type: ignore[arg-type]


async def test_an_empty_tag_does_not_block_the_points_outbox(tmp_path: Path) -> None:
    """What the hub would not read never enters the outbox, where it would stand before all else."""
    point, shown = card_point(tmp_path)
    await point.on_card(Tag(b"\xd1\x01\x01U\x00"))
    assert shown == ["sun_form"]
    assert point.device.journal.unacked(8) == []
    await point.on_card(Tag(b"\xd1\x01\x09U\x04a.b/t?p=x"[:13]))
    assert len(point.device.journal.unacked(8)) == 1
    point.device.journal.close()


async def test_an_outbox_takes_only_what_can_be_read_again(tmp_path: Path) -> None:
    """An unreadable fact is our fault at the moment it is written, not for ever after."""
    journal = Journal(tmp_path / "journal.db", synced=False)
    journal.begin_boot(bytes)
    with pytest.raises(ValueError, match="unreadable"):
        journal.record(Event("", 0, 1.0, ClockQuality.FREE, "sun", content={"url": ""}))
    journal.record(Event("", 0, 1.0, ClockQuality.FREE, "sun", content={"url": "x"}))
    assert [event.seq for event in journal.unacked(8)] == [1]
    journal.close()


class FullDisk:
    """A journal's database whose every write is refused, as a full disk refuses it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.full_at = "insert"

    def execute(self, sql: str, *rest: Any) -> Any:
        if self.full_at and sql.startswith((self.full_at, "update", "delete")):
            raise sqlite3.OperationalError("database or disk is full")
        return self.db.execute(sql, *rest)

    def close(self) -> None:
        self.db.close()

    @property
    def in_transaction(self) -> bool:
        return self.db.in_transaction


async def test_a_full_disk_does_not_cut_a_door_off(tmp_path: Path) -> None:
    """A refused person gets an answer, time and acks are heard, and the line stays up."""
    bench = Bench(tmp_path)
    await bench.ready()
    journal = bench.device.journal
    disk = FullDisk(journal._db)
    journal._db = disk  # type: ignore[assignment]
    await bench.send(bench.command(door=9))
    await bench.send(bench.command(id="o-2"))
    assert [answer.reason for answer in bench.answers()] == ["storage_fault", "storage_fault"]
    assert bench.strike.pulses == []
    bench.device._ask_time()
    bench.tell_time(epoch=8)
    bench.hear(wire.EVENT_ACK, json.dumps({"b": bench.device.boot, "upto": 1}).encode())
    disk.full_at = ""
    journal._db = disk.db
    await bench.send(bench.command(id="o-3", epoch=8))
    assert len(bench.strike.pulses) == 1
    await bench.close()


async def test_a_commit_that_fails_leaves_no_open_transaction(tmp_path: Path) -> None:
    """When the disk has room again the door works again, without a restart."""
    journal = Journal(tmp_path / "journal.db", synced=False)
    journal.begin_boot(bytes)
    disk = FullDisk(journal._db)
    disk.full_at = "commit"
    journal._db = disk  # type: ignore[assignment]
    event = Event("", 0, 1.0, ClockQuality.FREE, "fire")
    with pytest.raises(sqlite3.OperationalError):
        journal.record(event)
    journal._db = disk.db
    assert journal.record(event).seq == 1
    journal.close()


async def test_a_kiosks_commit_that_fails_leaves_no_open_transaction(tmp_path: Path) -> None:
    """A payment that could not be written is not begun; the next one can be."""
    disk = Disk(tmp_path / "kiosk.db", synced=False)
    full = FullDisk(disk._db)
    full.full_at = "commit"
    disk._db = full  # type: ignore[assignment]
    order = Order("0" * 32, "b-1", "water", "2026-10", 100, 1.0)
    with pytest.raises(sqlite3.OperationalError):
        disk.begin(order)
    disk._db = full.db
    assert disk.unfinished() == []
    disk.begin(order)
    assert [held.id for held in disk.unfinished()] == ["0" * 32]
    disk.close()


# --------------------------------------------------------------------------- poison at the hub


async def test_a_start_without_end_is_no_start(tmp_path: Path) -> None:
    """A name longer than its column could neither be kept nor passed over, again and again."""
    async with hub_bench(tmp_path) as bench:
        gate = Identity.load(tmp_path / "gate")
        event = Event("1-" + "a" * 63, 1, 1.0, ClockQuality.FREE, "fire")
        raw = wire.sign_event(event, wire.Topics(SITE, "gate"), gate.signer)
        say(bench, "gate", wire.EVENT, raw)
        assert bench.hub.ingest.counters["form"] == 1


async def test_an_event_that_cannot_even_be_passed_over_is_counted(tmp_path: Path) -> None:
    """It stays with its device; the hub lives on and says so in a number, not in a lost task."""
    async with hub_bench(tmp_path) as bench:
        gate = Identity.load(tmp_path / "gate")

        async def never(*_: object) -> None:
            raise Faulted("q")

        bench.hub.ingest.writer.submit = never  # type: ignore[assignment]
        event = Event("1-a", 1, 1.0, ClockQuality.FREE, "fire")
        raw = wire.sign_event(event, wire.Topics(SITE, "gate"), gate.signer)
        say(bench, "gate", wire.EVENT, raw)
        (hearing,) = bench.hub.ingest._tasks
        await hearing
        assert bench.hub.ingest.counters["unwritten"] == 1
        del bench.hub.ingest.writer.submit
