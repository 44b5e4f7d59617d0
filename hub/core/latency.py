"""How long openings took: for each door and each stage a window of the newest, and running sums.

Each stage is measured on one clock; ``total`` is the sum of the door's own stages, from the card
or command to the strike. ``commit`` and ``round_trip`` are the hub's, for openings by phone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

OPENINGS_KEPT = 512  # of a door: a busy gate's last hours, a quiet door's last weeks
STAGES_MAX = 12  # names that a device may bring; more would be somebody else's invention
TOTAL = "total"
HUB_STAGES = ("commit", "round_trip")
BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)  # a blink is 0.1
QUANTILES = (0.5, 0.95, 0.99)


@dataclass(slots=True)
class Stage:
    """One stage of one door."""

    window_ms: deque[float] = field(default_factory=lambda: deque(maxlen=OPENINGS_KEPT))
    count: int = 0
    sum_ms: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    _shown: tuple[int, tuple[float, ...]] = (0, ())

    def add(self, ms: float) -> None:
        """One more."""
        self.window_ms.append(ms)
        self.count += 1
        self.sum_ms += ms
        self.buckets[bisect_left(BUCKETS_S, ms / 1e3)] += 1

    def quantiles_ms(self) -> tuple[float, ...]:
        """p50, p95 and p99 of the window, by nearest rank: times that really were."""
        if self._shown[0] != self.count:
            ranked = sorted(self.window_ms)
            picked = tuple(ranked[ceil(q * len(ranked)) - 1] for q in QUANTILES)
            self._shown = (self.count, picked)
        return self._shown[1]


class DoorTimes:
    """All stages of one door."""

    def __init__(self) -> None:
        self.stages: dict[str, Stage] = {}  # bounded by STAGES_MAX

    def note(self, ms: Mapping[str, float]) -> None:
        """A granted opening as its door measured it."""
        if ms:
            for name, value in ms.items():
                self._add(name, value)
            self._add(TOTAL, sum(ms.values()))

    def note_hub(self, commit_ms: float, round_trip_ms: float) -> None:
        """What the hub saw of an opening by phone."""
        self._add("commit", commit_ms)
        self._add("round_trip", round_trip_ms)

    def _add(self, name: str, ms: float) -> None:
        stage = self.stages.get(name)
        if stage is None:
            if len(self.stages) >= STAGES_MAX:
                return
            stage = self.stages[name] = Stage()
        stage.add(ms)

    def shown(self) -> dict[str, object] | None:
        """As pages see it; None before the first opening."""
        total = self.stages.get(TOTAL)
        if total is None:
            return None
        stages = {name: _percentiles(stage) for name, stage in self.stages.items() if name != TOTAL}
        return {"count": total.count, **_percentiles(total), "stages": stages}


def _percentiles(stage: Stage) -> dict[str, float]:
    names = ("p50_ms", "p95_ms", "p99_ms")
    return {name: round(value, 2) for name, value in zip(names, stage.quantiles_ms(), strict=True)}
