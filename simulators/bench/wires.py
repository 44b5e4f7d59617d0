"""`linli bench wires`: how fast the drivers of readers and locks are on lines of their far ends.

Each part is a module with TARGETS and ``measure``. Where time is measured far ends run in processes
of their own; where noise and CPU are, beside the driver.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from simulators.bench import wires_loop, wires_noise, wires_osdp, wires_pn532
from simulators.bench.machine import load_1_min

PARTS: Final = {
    "osdp": wires_osdp,
    "pn532": wires_pn532,
    "noise": wires_noise,
    "loop": wires_loop,
}
TARGETS: Final = tuple(target for part in PARTS.values() for target in part.TARGETS)


def run(quick: bool) -> dict[str, Any]:
    """Measure wire after wire; results against targets, and everything behind them."""
    return asyncio.run(_run(quick=quick))


async def _run(*, quick: bool) -> dict[str, Any]:
    load = [load_1_min()]
    values: dict[str, float] = {}
    detail: dict[str, Any] = {"quick": quick, "load_1_min": load}
    for name, part in PARTS.items():
        found, behind = await part.measure(quick=quick)
        values |= found
        detail[name] = behind
    load.append(load_1_min())
    return {"results": [target.result(values[target.name]) for target in TARGETS], "detail": detail}
