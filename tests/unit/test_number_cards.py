"""Cards that are only a number, read by old readers at a real door: let in where that is enough."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from devices.access import Credential, DoorPolicy, Policy, Rule
from devices.messages import Assurance, Event, Outcome, Revision
from devices.policy import CardKeys, Compiled, encode
from drivers import rdm6300, wiegand
from drivers.catalogue import open_reader
from drivers.number_reader import Number
from drivers.rdm6300 import Rdm6300Deframer
from drivers.wiegand import judge
from hub.core.cells import card_of
from simulators.ends import Rdm6300End, WiegandEnd
from tests.drivers.waiting import until
from tests.unit.door_bench import Bench

CARDS = {"001293d8": Credential("fob", "p1"), "00d41b81": Credential("old", "p1")}


def rules(asks: Assurance, keys: dict[str, CardKeys] | None = None) -> Compiled:
    door = DoorPolicy(1, asks=asks, rules={"r": Rule()}, people={"p1": ("r",)}, hold_ms=3_000)
    zone = ZoneInfo("Asia/Shanghai")
    doors = {1: door, 2: replace(door, number=2)}
    return Compiled(Policy(Revision(7, 2), zone, {}, frozenset(), doors, CARDS), keys or {})


@asynccontextmanager
async def at_door(
    folder: Path, end: Rdm6300End | WiegandEnd, compiled: Compiled
) -> AsyncIterator[Bench]:
    bench = Bench(folder)
    await bench.ready()
    bench.device.journal.keep_policy(Revision(7, 2), "x", encode(compiled))
    bench.door.shelf._load()
    protocol = "wiegand" if isinstance(end, WiegandEnd) else "rdm6300"
    here: list[bool] = []
    reader = open_reader(
        f"{protocol}+serial://{end.path}", lambda _: b"", on_state=lambda on, _: here.append(on)
    )
    serving = asyncio.ensure_future(bench.door.threshold.serve_reader(1, reader))
    try:
        await until(lambda: bool(here))
        yield bench
    finally:
        await reader.close()
        await serving
        end.close()
        await bench.close()


async def told(bench: Bench) -> Event:
    await until(lambda: any(event.kind == "access" for event in bench.events()))
    (event,) = [event for event in bench.events() if event.kind == "access"]
    return event


@pytest.mark.parametrize("kind", ["rdm6300", "wiegand"])
async def test_a_number_opens_where_a_number_is_enough(tmp_path: Path, kind: str) -> None:
    end = Rdm6300End() if kind == "rdm6300" else WiegandEnd()
    async with at_door(tmp_path, end, rules(Assurance.IDENTIFIER)) as bench:
        end.tap(bytes.fromhex("01001293d8" if kind == "rdm6300" else "d41b81"))
        event = await told(bench)
        assert (event.outcome, event.via, event.person) == (Outcome.GRANTED, "card", "p1")
        assert event.credential == ("fob" if kind == "rdm6300" else "old")
        assert bench.strike.pulses == [(0, 3_000)]


@pytest.mark.parametrize("cell", ["0001217496", 1217496, "001293D8"])
def test_a_sheet_and_a_reader_write_one_fob_the_same_way(cell: str | int) -> None:
    (reading,) = Rdm6300Deframer().feed(rdm6300.encode(bytes.fromhex("01001293d8")))
    assert isinstance(reading, Number)
    assert card_of(cell) == reading.uid.hex()
    assert judge(wiegand.encode(bytes.fromhex("1293d8"))) == reading


async def test_a_number_is_refused_where_a_proof_is_asked(tmp_path: Path) -> None:
    end = WiegandEnd()
    async with at_door(tmp_path, end, rules(Assurance.MUTUAL)) as bench:
        end.tap(bytes.fromhex("d41b81"))
        event = await told(bench)
        assert (event.outcome, event.reason) == (Outcome.REFUSED, "assurance_low")
        assert bench.strike.pulses == []


async def test_the_number_of_a_card_with_keys_is_a_copy_of_it(tmp_path: Path) -> None:
    """Whoever writes a senior card's number onto a fob must not come in with it anywhere."""
    end = Rdm6300End()
    keys = {"001293d8": CardKeys({4: bytes(16)})}
    async with at_door(tmp_path, end, rules(Assurance.IDENTIFIER, keys)) as bench:
        end.tap(bytes.fromhex("01001293d8"))
        event = await told(bench)
        assert (event.outcome, event.reason) == (Outcome.REFUSED, "credential_forged")
        assert bench.strike.pulses == []


async def test_exchanged_wires_open_nothing_and_tell_nobodys_number(tmp_path: Path) -> None:
    end = WiegandEnd()
    async with at_door(tmp_path, end, rules(Assurance.IDENTIFIER)) as bench:
        end.swapped = True
        end.tap(bytes.fromhex("d41b81"))
        end.swapped = False
        end.tap(bytes.fromhex("001b81"))
        event = await told(bench)  # of the stranger's card behind it, and of no other
        assert event.outcome is Outcome.REFUSED
        assert event.reason == "credential_unknown"
        assert bench.strike.pulses == []
