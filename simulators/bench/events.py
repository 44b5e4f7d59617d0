"""`linli bench events`: events while hub, broker and controllers are killed (-9) at random.

Every event is numbered on its controller's disk; the hub's own record must hold each number once,
in each device's order, whatever was killed in which moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simulators.bench.crowds import Estate
from simulators.bench.figures import Target
from simulators.bench.machine import load_1_min
from simulators.bench.village import say
from simulators.demo.processes import ChildFailed

SEED: Final = 20_261_126
PAUSE_S: Final = (0.3, 1.5)  # between two blows
DOWN_S: Final = (0.0, 1.0)  # a killed process stays away so long
TARGETS: Final = (
    Target("lost", "events", 0.0),
    Target("doubled", "events", 0.0),
    Target("disordered", "events", 0.0),
)
METHOD: Final = {
    "lost": "events on the controllers' disks (their outboxes, at the end) that the hub's record "
    "lacks",
    "doubled": "rows of the hub's record beyond one for each (device, boot, number)",
    "disordered": "events that the hub recorded before an earlier one of the same device and boot",
    "blows": "kill -9, one after the other, of hub, broker and controllers, seeded; each comes "
    "back on the same disk. Controllers share a process: it dies with all of them",
    "durability": "a kill does not lose what the kernel has; no power cut is simulated",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How many events, and how many blows while they happen."""

    controllers: int
    events: int
    blows: int
    processes: int


QUICK: Final = Plan(controllers=10, events=1_000, blows=6, processes=2)
FULL: Final = Plan(controllers=20, events=10_000, blows=40, processes=2)


def run(quick: bool) -> dict[str, Any]:
    """Measure; results against targets, and everything behind them."""
    return asyncio.run(_run(QUICK if quick else FULL, quick=quick))


async def _run(plan: Plan, *, quick: bool) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="linli-bench-"))
    estate = Estate(folder, plan.controllers, 3, plan.processes)
    load = [load_1_min()]
    try:
        await estate.build()
        await estate.start()
        before = time.perf_counter()
        told = await _storm(estate, plan)
        storm_s = time.perf_counter() - before
        say("waiting until every outbox is empty")
        await estate.until("the estate", estate.settled)
        await estate.until("the outboxes", estate.emptied)
        found = estate.judged()
    finally:
        await estate.stop()
        shutil.rmtree(folder, ignore_errors=True)
    load.append(load_1_min())
    size = "quick: fewer events than the target speaks of" if quick else "full"
    detail = {
        "scale": {"size": size, "controllers": plan.controllers, "blows": plan.blows,
                  "processes": plan.processes, "happened": found["happened"]},
        "method": METHOD,
        "seed": SEED,
        "load_1_min": load,
        "storm_s": round(storm_s, 1),
        "killed": told,
        "most_recorded_late_s": found["latest_s"],
    }  # fmt: skip
    return {"results": [target.result(float(found[target.name])) for target in TARGETS],
            "detail": detail}  # fmt: skip


async def _storm(estate: Estate, plan: Plan) -> dict[str, int]:
    """Blows and events side by side until all events have happened and all blows were struck."""
    luck = random.Random(SEED)
    killed = {"hub": 0, "broker": 0, "controllers": 0}
    each = -(-plan.events // (plan.controllers * (plan.blows + 1)))
    for number in range(plan.blows):
        for one in estate.crowds:
            await one.order(f"event {each}")
        await asyncio.sleep(luck.uniform(*PAUSE_S))
        what = luck.choice(("hub", "broker", "controllers"))
        killed[what] += 1
        await _strike(estate, what, luck)
        if (number + 1) % 10 == 0:
            say(f"{number + 1}/{plan.blows} blows")
    # what was ordered from a process that died before it came to it has not happened
    while (missing := plan.events - estate.happened()) > 0:
        await estate.until("the controllers", estate.all_up, quiet=True)
        more = -(-missing // plan.controllers)
        wanted = estate.happened() + more * plan.controllers
        for one in estate.crowds:
            await one.order(f"event {more}")

        async def come(wanted: int = wanted) -> bool:
            return estate.happened() >= wanted

        await estate.until("the last events", come, quiet=True)
    return killed


async def _strike(estate: Estate, what: str, luck: random.Random) -> None:
    village = estate.village
    if what == "controllers":
        one = luck.choice(estate.crowds)
        await one.stop(kill=True)
        await asyncio.sleep(luck.uniform(*DOWN_S))
        await one.start()
    elif what == "broker":
        with contextlib.suppress(ChildFailed, ProcessLookupError, OSError):
            os.kill(village.broker_pid, signal.SIGKILL)  # the hub starts it again
    else:
        assert village.hub is not None
        village.hub.kill()
        await village.hub.stop()
        await asyncio.sleep(luck.uniform(*DOWN_S))
        await village.start_hub()
