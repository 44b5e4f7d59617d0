"""What is known of a model before a site has measured it on its own residents: pure.

A calibration is a measurement, never a setting: how often two different people came closer than a
distance. A threshold is always computed, from a wanted rate and the best evidence there is; a site
with enough residents of its own never looks here (``hub/faces/audit.py``).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from devices.mistake import Mistake

FUSED_LEAST: Final = 3  # photos in a template, frames in a track: below this they count as single


@dataclass(frozen=True, slots=True)
class Tail:
    """Share of impostor comparisons at or below a distance, for the worst group measured."""

    points: tuple[tuple[float, float], ...]  # distance ascending, share ascending

    def threshold(self, wanted: float) -> float | None:
        """The distance for a wanted share, between the points (log share); None beyond them."""
        if not self.points or wanted < self.points[0][1]:
            return None
        for (low_d, low), (high_d, high) in pairwise(self.points):
            if low <= wanted <= high:
                part = math.log(wanted / low) / math.log(high / low)
                return low_d + part * (high_d - low_d)
        return self.points[-1][0]


@dataclass(frozen=True, slots=True)
class Calibration:
    """The tails of one model: one photo against one, and mean of three against mean of three."""

    model_id: str
    source: str
    single: Tail
    fused: Tail

    def threshold(self, wanted: float, photos: int, frames: int) -> float | None:
        """The distance for a wanted share of false matches, or None where nothing is known."""
        tail = self.fused if min(photos, frames) >= FUSED_LEAST else self.single
        return tail.threshold(wanted)


# Measured on 259 East Asian people (630 photos of different days, picked and checked by eye) of
# Labeled Faces in the Wild: the group of which this model confuses most. Everybody else is safer.
DLIB_RESNET: Final = Calibration(
    "dlib-resnet-v1",
    "259 East Asian people of LFW deep-funneled, plain distance, worst group",
    Tail(((0.355, 1e-5), (0.369, 1e-4), (0.397, 1e-3), (0.446, 1e-2))),
    Tail(((0.313, 1e-4), (0.337, 1e-3), (0.383, 1e-2))),
)


def none_yet(model_id: str) -> Calibration:
    """The calibration of a model that nobody measured: it allows nothing."""
    return Calibration(model_id, "not measured", Tail(()), Tail(()))


def parse(told: Mapping[str, Any]) -> Calibration:
    """A calibration as `linli face evaluate` prints it; raises Mistake."""
    try:
        tails = [
            Tail(tuple((float(d), float(share)) for d, share in told[name]))
            for name in ("single", "fused")
        ]
        read = Calibration(str(told["model"]), str(told["source"]), tails[0], tails[1])
    except (KeyError, TypeError, ValueError) as fault:
        raise Mistake("this is no calibration as `linli face evaluate` prints it") from fault
    for tail in tails:
        rising = all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(tail.points))
        if not rising or not all(d > 0 and 0 < share < 1 for d, share in tail.points):
            raise Mistake("a calibration's distances and shares rise together, between 0 and 1")
    return read


def of_file(path: Path) -> Calibration:
    """The calibration in a file of the operator's; raises Mistake."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise Mistake(f"{path} cannot be read as a calibration") from fault
    return parse(told if isinstance(told, dict) else {})


def shown(calibration: Calibration) -> dict[str, Any]:
    """The calibration as it is printed and read."""
    return {
        "model": calibration.model_id,
        "source": calibration.source,
        "single": [list(point) for point in calibration.single.points],
        "fused": [list(point) for point in calibration.fused.points],
    }
