"""The meter reader: by its schedule, frame and all, nothing lost, silence told once."""

import asyncio
import json
import sqlite3
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from devices.identity import KINDS, Identity, adoption_json
from devices.messages import Event
from devices.meter import RETRY_S, MeterReader, Plan, plans_of
from devices.wire import read_event
from drivers.readings import MeterFault, Reading
from hub.acts.policies import Adoptee
from hub.acts.policies import adopt as take_in
from hub.core.errors import DomainError
from hub.store import tables as t
from simulators.ends import Cjt188Meter, Dlt645Meter, MeterLineEnd
from tests.drivers.waiting import until
from tests.simulation import virtual
from tests.unit.door_bench import HUB, SITE, Bench, Hub
from tests.unit.hub_bench import hub_bench
from tests.unit.test_ingest import Ear

RAW = bytes.fromhex("682504030201006891083333343375394533" + "8b16")
READING = Reading("000102030425", "energy", Decimal("1206.42"), "kWh", RAW)
CONTENT = {"meter": "power-1", "number": "000102030425", "what": "energy", "value": "1206.42",
           "unit": "kWh", "raw": RAW.hex()}  # fmt: skip


class Line:
    """A line that notes when it was asked; ``trouble`` is raised instead."""

    def __init__(self, reading: Reading = READING, takes_s: float = 1.0) -> None:
        self.asked_s: list[float] = []
        self.reading = reading
        self.takes_s = takes_s
        self.trouble: Exception | None = None

    async def read(self) -> Reading:
        loop = asyncio.get_running_loop()
        self.asked_s.append(loop.time())
        await asyncio.sleep(self.takes_s)
        if self.trouble is not None:
            raise self.trouble
        return self.reading


async def watched(reader: MeterReader, *until_s: float) -> Any:
    """Run a reader and stop at each of these times of its loop."""
    loop = asyncio.get_running_loop()
    running = asyncio.ensure_future(reader.run())
    for at_s in until_s:
        await asyncio.sleep(at_s - loop.time())
        yield
    running.cancel()
    await asyncio.wait([running])


def test_a_meter_is_read_at_the_start_and_then_by_its_schedule(tmp_path: Path) -> None:
    async def day() -> None:
        bench, line, slow = Bench(tmp_path), Line(), Line(takes_s=5_000.0)
        plans = [Plan("power-1", line, 3_600.0), Plan("power-2", slow, 3_600.0)]
        async for _ in watched(MeterReader(bench.device, plans, MeterFault), 4 * 3_600.0 + 10):
            assert line.asked_s == [0.0, 3_600.0, 7_200.0, 10_800.0, 14_400.0]
            assert slow.asked_s == [0.0, 7_200.0, 14_400.0]  # turns it missed are not made up
        mine = [event for event in bench.events() if event.content["meter"] == "power-1"]
        assert [event.kind for event in mine] == ["meter"] * 5
        assert mine[0].content == CONTENT
        await bench.close()

    virtual.run(day())


def test_silence_is_told_once_and_asked_again_until_it_ends(tmp_path: Path) -> None:
    async def day() -> None:
        bench, line = Bench(tmp_path), Line()
        line.trouble = MeterFault("port: meter is silent; check its wires")
        reader = MeterReader(bench.device, [Plan("power-1", line, 3_600.0)], MeterFault)
        stops = watched(reader, 2 * RETRY_S, 3 * RETRY_S, 2 * 3_600.0)
        await anext(stops)
        assert line.asked_s == [0.0, RETRY_S + 1.0]
        assert bench.device._troubles == {"meter_silent"}
        line.trouble = None
        await anext(stops)
        assert bench.device._troubles == set()
        await anext(stops)
        assert line.asked_s[-1] == 3_600.0  # back in its own time
        assert [event.kind for event in bench.events()] == ["meter_silent", "meter", "meter"]
        assert bench.events()[0].content == {
            "meter": "power-1", "why": "port: meter is silent; check its wires",
        }  # fmt: skip
        await stops.aclose()
        await bench.close()

    virtual.run(day())


def test_trouble_lasts_while_any_meter_is_silent(tmp_path: Path) -> None:
    async def day() -> None:
        bench, one, two = Bench(tmp_path), Line(), Line()
        reader = MeterReader(bench.device, [], MeterFault)
        plans = [Plan("a", one, 60.0), Plan("b", two, 60.0)]
        one.trouble = two.trouble = MeterFault("silent")
        for plan in plans:
            assert not await reader.read(plan)
        one.trouble = None
        assert await reader.read(plans[0])
        assert bench.device._troubles == {"meter_silent"}
        two.trouble = None
        assert await reader.read(plans[1])
        assert bench.device._troubles == set()
        await bench.close()

    virtual.run(day())


async def test_an_unknown_unit_is_not_guessed_and_a_monster_is_no_reading(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    reader = MeterReader(bench.device, [], MeterFault)
    gas = Line(Reading("23051606000102", "gas", Decimal("72.17"), "", b"\x68\x16"), 0.0)
    assert await reader.read(Plan("gas-1", gas, 60.0))
    assert "unit" not in bench.events()[0].content
    monster = Line(Reading("1", "gas", Decimal(1), "m3", bytes(251)), 0.0)
    assert not await reader.read(Plan("gas-2", monster, 60.0))
    assert bench.events()[-1].kind == "meter_silent"
    await bench.close()


async def test_a_full_disk_ends_no_reader(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    reader = MeterReader(bench.device, [], MeterFault)
    plan = Plan("power-1", Line(takes_s=0.0), 60.0)
    bench.device.journal._db.execute("pragma query_only = on")
    assert not await reader.read(plan)
    assert bench.device._troubles == {"storage_fault"}
    bench.device.journal._db.execute("pragma query_only = off")
    assert await reader.read(plan)
    await bench.close()


async def test_a_bug_is_no_silent_meter(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    line = Line(takes_s=0.0)
    line.trouble = KeyError("ours")
    with pytest.raises(KeyError):
        await MeterReader(bench.device, [], MeterFault).read(Plan("power-1", line, 60.0))
    await bench.close()


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ([("a", "u", 60), ("a", "v", 60)], "two meters are called a"),
        ([("a", "u", 0)], "a: every_min"),
        ([("A 1", "u", 60)], "'A 1' is no id"),
    ],
)
def test_wrong_plans_are_told(sections: list[tuple[str, str, int]], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        plans_of(sections, lambda _: Line())


# --- the program, and the hub -----------------------------------------------------------------

WIRES = """
[[meters]]
id = "power-1"
url = "dlt645+serial://{path}?meter=102030425"
[[meters]]
id = "water-1"
url = "cjt188+serial://{path}?meter=00000000123456&type=10"
every_min = 1
"""


def adopt(folder: Path, wires: str) -> None:
    hub, identity = Hub(), Identity.make("cellar", "meter")
    identity.save(folder)
    root = hub.root.public_key().public_bytes_raw()
    broker: dict[str, str | int | None] = {"host": "127.0.0.1", "port": 9}
    text = adoption_json(identity.public, SITE, HUB, root, hub.keyset(), broker, "secret", None)
    (folder / "adoption.json").write_text(text, encoding="utf-8")
    (folder / "device.toml").write_text(wires, encoding="utf-8")


async def run(folder: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "devices.cli", "meter", "run", "--data", str(folder),
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


def journal(folder: Path) -> dict[object, Event]:
    """The newest event of each meter in a reader's journal."""
    try:
        with closing(sqlite3.connect(f"file:{folder / 'journal.db'}?mode=ro", uri=True)) as db:
            rows = db.execute("select body from outbox order by seq").fetchall()
    except sqlite3.Error:  # not there yet
        return {}
    events = [read_event(json.loads(body)) for (body,) in rows]
    return {e.content.get("meter"): e for e in events if isinstance(e, Event)}


async def test_the_program_reads_two_wires_on_one_line_into_its_journal(tmp_path: Path) -> None:
    end = MeterLineEnd([Dlt645Meter("000102030425"), Cjt188Meter("00000000123456")])
    adopt(tmp_path, WIRES.format(path=end.path))
    process = await run(tmp_path)
    await until(lambda: len(journal(tmp_path)) == 2)
    process.terminate()
    _, said = await process.communicate()
    end.close()
    assert process.returncode == 0, said
    found = journal(tmp_path)
    assert found["power-1"].content == CONTENT
    assert found["water-1"].content["value"] == "46.30"
    assert found["water-1"].content["unit"] == "m3"


@pytest.mark.parametrize(
    ("wires", "told"),
    [
        ("", "write a [[meters]] section"),
        (WIRES.format(path="/dev/x").replace("dlt645", "dlt64"), "unknown protocol 'dlt64'"),
        (WIRES.format(path="/dev/x").replace("?meter=102030425", ""), "write meter=DIGITS"),
        (WIRES.format(path="/dev/x").replace("water-1", "power-1"), "two meters are called"),
    ],
)
async def test_wrong_wires_are_one_line(tmp_path: Path, wires: str, told: str) -> None:
    adopt(tmp_path, wires)
    process = await run(tmp_path)
    _, said = await process.communicate()
    assert process.returncode == 2
    (line,) = [line for line in said.decode().splitlines() if line.startswith("linli:")]
    assert told in line
    assert "Traceback" not in said.decode()


async def test_the_hub_takes_in_every_kind_that_can_run_and_no_other(tmp_path: Path) -> None:
    key = bytes(32)
    async with hub_bench(tmp_path) as bench:
        for kind in KINDS:
            await bench.hub.writer.submit(take_in, Adoptee(f"new-{kind}", kind, key, key))
        with pytest.raises(DomainError, match="door, point, kiosk, meter"):
            await bench.hub.writer.submit(take_in, Adoptee("new-lift", "lift", key, key))
        with bench.hub.engines.read.connect() as connection:
            rows = connection.execute(select(t.devices.c.id, t.devices.c.kind)).all()
        kept = {row.id: row.kind for row in rows if row.id.startswith("new-")}
        assert kept == {f"new-{kind}": kind for kind in KINDS}


async def test_the_hub_keeps_readings_in_its_chain_and_off_the_wall(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = await Ear.of_new(bench, "power-1", "meter")
        told: list[Any] = []
        bench.hub.ingest.announce = lambda kind, body: told.append((kind, body.get("kind")))
        plain = {"door": None, "outcome": None, "reason": None, "person": None,
                 "credential": None, "via": None}  # fmt: skip
        reading = ear.event(1, kind="meter", content=CONTENT, **plain)
        silent = ear.event(2, kind="meter_silent", content={"meter": "m", "why": "w"}, **plain)
        await ear.hear(reading, reading, silent)
        (kept, other) = ear.rows()
        assert json.loads(kept.body)["x"] == CONTENT
        assert (kept.kind, other.kind) == ("meter", "meter_silent")
        assert ear.acks()[-1].upto == 2
        assert [kind for what, kind in told if what == "event"] == ["meter_silent"]
        await bench.administrator()
        shown = (await bench.http.get("/api/v1/events")).json()
        assert [event["kind"] for event in shown["events"]] == ["meter_silent"]
        assert ear.fine()
