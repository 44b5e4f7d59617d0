"""`linli bench reconnect`: the broker dies under an estate, and everybody comes back.

The broker is killed (-9) and started again by the hub that owns it. Measured is the time until
every controller is ready again, by its own word and by the hub's; afterwards no device may stand
as lost, and every event that happened meanwhile must be on the hub.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simulators.bench.crowds import Estate
from simulators.bench.figures import Target
from simulators.bench.machine import load_1_min
from simulators.bench.village import say

LOOK_S: Final = 0.05
EVENTS_EACH: Final = 2  # at every door while the broker is away
TARGETS: Final = (
    Target("ready_s", "s", 10.0),
    Target("lost_left", "devices", 0.0),
    Target("lost", "events", 0.0),
)
METHOD: Final = {
    "ready_s": "from the kill of the broker until every controller says that it is ready and the "
    "hub shows each of them so; the worst of the rounds",
    "lost_left": "devices that the hub shows as not ready after that, when nothing moves any more",
    "lost": "events recorded on the controllers' disks that the hub does not have at the end",
    "controllers": "real devices and MQTT connections in few processes, without hardware; their "
    "journals share the machine's disk without a sync of their own",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How large an estate, and how often its broker dies."""

    controllers: int
    rounds: int
    processes: int


QUICK: Final = Plan(controllers=60, rounds=1, processes=1)
FULL: Final = Plan(controllers=1_000, rounds=3, processes=2)


def run(quick: bool) -> dict[str, Any]:
    """Measure; results against targets, and everything behind them."""
    return asyncio.run(_run(QUICK if quick else FULL, quick=quick))


async def _run(plan: Plan, *, quick: bool) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="linli-bench-"))
    estate = Estate(folder, plan.controllers, 3, plan.processes)
    load = [load_1_min()]
    rounds: list[dict[str, Any]] = []
    try:
        await estate.build()
        await estate.start()
        for number in range(plan.rounds):
            rounds.append(await _round(estate))
            say(f"round {number + 1}/{plan.rounds}: all ready after {rounds[-1]['ready_s']:.1f} s")
        happened = plan.controllers * EVENTS_EACH * plan.rounds
        known = await estate.events_known()
    finally:
        await estate.stop()
        shutil.rmtree(folder, ignore_errors=True)
    load.append(load_1_min())
    values = {
        "ready_s": max(one["ready_s"] for one in rounds),
        "lost_left": float(max(one["lost_left"] for one in rounds)),
        "lost": float(happened - known),
    }
    size = "quick: fewer controllers than the target speaks of" if quick else "full"
    detail = {
        "scale": {"size": size, "controllers": plan.controllers, "rounds": plan.rounds,
                  "processes": plan.processes, "events": happened},
        "method": METHOD,
        "load_1_min": load,
        "rounds": rounds,
    }  # fmt: skip
    return {"results": [target.result(values[target.name]) for target in TARGETS], "detail": detail}


async def _round(estate: Estate) -> dict[str, Any]:
    before = time.perf_counter()
    os.kill(estate.village.broker_pid, signal.SIGKILL)
    for one in estate.crowds:
        await one.order(f"event {EVENTS_EACH}")
    await estate.until("the fall", _fallen(estate), pause_s=LOOK_S, quiet=True)
    fallen_s = time.perf_counter() - before
    await estate.until("everybody", estate.settled, pause_s=LOOK_S, quiet=True)
    ready_s = time.perf_counter() - before
    await estate.until("the outboxes", estate.emptied)
    numbers = await estate.metrics()
    ready = sum(numbers.get(f'linli_device_ready{{device="{n}"}}') == 1 for n in estate.names)
    return {
        "noticed_s": round(fallen_s, 2),
        "ready_s": round(ready_s, 2),
        "emptied_s": round(time.perf_counter() - before, 2),
        "lost_left": len(estate.names) - ready,
    }


def _fallen(estate: Estate) -> Callable[[], Any]:
    """Whether the controllers have noticed; else those of before would count as ready."""

    async def fallen() -> bool:
        return any(one.ready < len(one.names) for one in estate.crowds)

    return fallen
