"""`linli bench start`: how long the hub of an estate needs from exec until it is ready.

The site is filled once through the public doors of the product; then the hub is started again and
again on the same folder, and asked `/ready` every few milliseconds on a raw socket.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from simulators.bench.figures import Target, spread
from simulators.bench.machine import cpu_s, load_1_min, rss_mb
from simulators.bench.village import Village, door_row, person_row, rule_row, say
from simulators.demo.processes import Child, ChildFailed

DOORS_EACH: Final = 4  # doors of one controller
UNITS: Final = 4  # of a building, each with its door
LOOK_S: Final = 0.003  # how often `/ready` is asked
SETTLE_S: Final = 1.0  # then memory is looked at
WAIT_S: Final = 60.0  # a start that takes longer is none
FILL_LOOK_S: Final = 0.2
FILL_WAIT_S: Final = 600.0  # policies of every controller, on a machine that others use too
TARGETS: Final = (Target("ready_s", "s", 2.0), Target("rss_mb", "MiB", 250.0))


@dataclass(frozen=True, slots=True)
class Plan:
    """How large the site is, and how often it is started."""

    people: int
    doors: int
    gates: int  # of the doors, those that open for everybody
    rounds: int


QUICK: Final = Plan(people=1_500, doors=32, gates=4, rounds=5)
FULL: Final = Plan(people=15_000, doors=300, gates=20, rounds=9)


@dataclass(frozen=True, slots=True)
class Start:
    """One start."""

    ready_s: float
    cpu_s: float
    rss_mb: float
    broker_rss_mb: float


def run(quick: bool) -> dict[str, Any]:
    """Measure; results against targets, and everything behind them."""
    return asyncio.run(_run(QUICK if quick else FULL, quick=quick))


async def _run(plan: Plan, *, quick: bool) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="linli-bench-"))
    village = Village(folder)
    load = [load_1_min()]
    try:
        await _fill(village, plan)
        starts = [await _start(village, n, plan.rounds) for n in range(-1, plan.rounds)][1:]
    finally:
        await village.stop()
        shutil.rmtree(folder, ignore_errors=True)
    load.append(load_1_min())
    values = {
        "ready_s": median(one.ready_s for one in starts),
        "rss_mb": median(one.rss_mb for one in starts),
    }
    size = "quick: a tenth of an estate" if quick else "full: an estate"
    sites = {"residents": plan.people, "doors": plan.doors, "controllers": plan.doors // DOORS_EACH}
    detail = {
        "scale": {"size": size, **sites, "starts": plan.rounds},
        "method": _METHOD,
        "load_1_min": load,
        "ready_s": spread([one.ready_s for one in starts]),
        "cpu_s_until_ready": round(median(one.cpu_s for one in starts), 3),
        "broker_rss_mb": round(median(one.broker_rss_mb for one in starts), 1),
    }
    return {"results": [target.result(values[target.name]) for target in TARGETS], "detail": detail}


_METHOD: Final = {
    "ready_s": "from before the process is made until GET /ready answers: interpreter, imports, "
    "SQLite, mosquitto as a child, connected and subscribed; the first start warms the cache and "
    "does not count; median",
    "rss_mb": f"resident memory of the hub's process {SETTLE_S:.0f} s after that; median",
    "site": "residents in households of three, doors on controllers of four, every policy compiled",
}


# --------------------------------------------------------------------------- the site


def households(plan: Plan) -> Iterator[dict[str, Any]]:
    """Three people to a home, homes spread evenly over the buildings."""
    buildings = max(1, (plan.doors - plan.gates) // UNITS)
    for number in range(-(-plan.people // 3)):
        building = number % buildings + 1
        yield {
            "id": f"h-{number}",
            "house": f"{building}-{number // buildings % UNITS + 1}-{number}",
            "building": str(building),
            "unit": str(number // buildings % UNITS + 1),
        }


def doors(plan: Plan) -> Iterator[dict[str, Any]]:
    """Gates first, then each building's doors on a controller of its own."""
    for number in range(plan.doors):
        controller, place = divmod(number, DOORS_EACH)
        building = "" if number < plan.gates else str((number - plan.gates) // UNITS + 1)
        yield door_row(f"door-{controller}", place + 1, building)


async def _fill(village: Village, plan: Plan) -> None:
    say(f"filling a site: {plan.people} residents, {plan.doors} doors")
    await village.init()
    await village.start_hub()
    await village.load("households", list(households(plan)))
    people = [person_row(number, f"h-{number // 3}") for number in range(plan.people)]
    await village.load("people", people)
    all_doors = list(doors(plan))
    await village.load("doors", all_doors)
    await village.load("rules", [rule_row(door) for door in all_doors])
    await introduce(village, sorted({str(door["device_id"]) for door in all_doors}))
    assert village.hub is not None
    await village.hub.stop()


async def introduce(village: Village, controllers: Sequence[str]) -> None:
    """Adopt controllers, and wait until each has a policy."""
    say(f"introducing {len(controllers)} controllers")
    for device in controllers:
        await village.adopt(device)
    say("compiling their policies")
    await until_compiled(village, len(controllers))


async def until_compiled(village: Village, controllers: int) -> None:
    """Wait until each controller has a policy that nobody wants changed; raises ChildFailed."""
    end = time.monotonic() + FILL_WAIT_S
    while _compiled(village) < controllers:
        await asyncio.sleep(FILL_LOOK_S)
        if time.monotonic() > end:
            raise ChildFailed(f"policies were not compiled within {FILL_WAIT_S:.0f} s")


def _compiled(village: Village) -> int:
    """How many controllers have a policy that nobody wants changed, read from outside."""
    database = village.hub_folder / "hub.db"
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        (count,) = connection.execute(
            "select count(*) from policies where device_id not in "
            "(select device_id from policy_changes)"
        ).fetchone()
    return int(count)


# --------------------------------------------------------------------------- starts


async def _start(village: Village, number: int, rounds: int) -> Start:
    words = ["hub", "run", "--data", str(village.hub_folder)]
    village.hub = Child("hub", village.folder, village.folder / "hub.log", words)
    before = time.perf_counter()
    await village.hub.start()
    async with asyncio.timeout(WAIT_S):
        while not await _is_ready(village.http_port):
            village.hub.check()
            await asyncio.sleep(LOOK_S)
    ready_s = time.perf_counter() - before
    spent_s = cpu_s(village.hub_pid)
    await asyncio.sleep(SETTLE_S)
    start = Start(ready_s, spent_s, rss_mb(village.hub_pid), rss_mb(village.broker_pid))
    await village.hub.stop()
    if number >= 0:
        told = f"{ready_s:.2f} s ({spent_s:.2f} s of CPU), {start.rss_mb:.0f} MiB"
        say(f"start {number + 1}/{rounds}: {told}")
    return start


async def _is_ready(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(b"GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return (await reader.readline()).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False
    finally:
        writer.close()
