"""How long each driver holds the event loop at most, in CPU time of its thread."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from simulators.bench.callbacks import longest_callbacks
from simulators.bench.figures import Target
from simulators.bench.village import say
from simulators.ends.drives import WIRES

LOOP_MOST_MS: Final = 5.0
TARGETS: Final = tuple(
    Target(f"loop_{wire.protocol}_most_ms", "ms of CPU", LOOP_MOST_MS) for wire in WIRES
)
_METHOD: Final = {
    "most_ms": "the longest single callback of the driver's loop while its cable is pulled and put "
    "back, while one chunk in twenty is spoiled, and while 200 kB of noise come at once; CPU time "
    "of that thread, its far end lives in another",
}


async def measure(*, quick: bool) -> tuple[dict[str, float], dict[str, Any]]:
    """Values of TARGETS by name, and what is behind them."""
    found = await asyncio.to_thread(longest_callbacks, quick=quick)
    values = {f"loop_{name}_most_ms": max(trials.values()) for name, trials in found.items()}
    say(", ".join(f"{name} {took_ms:.2f}" for name, took_ms in values.items()))
    told = {
        name: {trial: round(took_ms, 3) for trial, took_ms in trials.items()}
        for name, trials in found.items()
    }
    return values, {"method": _METHOD, "by_trial_ms": told}
