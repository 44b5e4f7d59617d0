"""The low tail of a sample of distances: shares at or below a value, also beyond the sample.

Below a part of the sample (the *shoulder*) the shares come from a generalised Pareto tail fitted by
probability-weighted moments; its shape is held between that of a bounded and of an exponential
tail, because distances cannot fall below zero and an exponential one errs to the safe side. Pure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

SHOULDER_SHARE: Final = 0.10
SHOULDER_LEAST: Final = 30  # fewer values below the shoulder say nothing about a shape
SHOULDER_MOST: Final = 250  # where the sample itself can tell, no fitted shape is asked
SHOULDER_SHARE_MOST: Final = 0.5
_SHAPE_LEAST: Final = -0.5


@dataclass(frozen=True, slots=True)
class LowTail:
    """Shares at or below a value; ``share`` and ``value_at`` are each other's inverse."""

    ordered: Doubles
    total: int  # how many the sample stands for: ordered may hold its low part only
    shoulder: float
    below: float  # share of the whole at or below the shoulder
    scale: float
    shape: float

    def share(self, value: float) -> float:
        """The share at or below ``value``."""
        if value >= self.shoulder:
            held = float(np.searchsorted(self.ordered, value, side="right"))
            return max(self.below, held / self.total)
        excess = self.shoulder - value
        if self.shape == 0.0:
            return self.below * math.exp(-excess / self.scale)
        rest = 1 + self.shape * excess / self.scale
        return 0.0 if rest <= 0 else self.below * math.pow(rest, -1 / self.shape)

    def value_at(self, share: float) -> float:
        """The value at or below which this share lies (0 < share)."""
        if share >= self.below:
            place = min(len(self.ordered), max(1, math.floor(share * self.total)))
            return max(self.shoulder, float(self.ordered[place - 1]))
        ratio = share / self.below
        if self.shape == 0.0:
            return self.shoulder + self.scale * math.log(ratio)
        return self.shoulder - self.scale * (math.pow(ratio, -self.shape) - 1) / self.shape


def fit(low_values: Doubles, total: int) -> LowTail | None:
    """The tail of a sample of ``total`` values of which the lowest are given, in any order.

    None where there are too few for any shape.
    """
    ordered = np.sort(low_values.astype(np.float64))
    wanted = min(SHOULDER_MOST, max(SHOULDER_LEAST, math.ceil(SHOULDER_SHARE * total)))
    count = min(wanted, len(ordered) - 1)
    if count < SHOULDER_LEAST or count > SHOULDER_SHARE_MOST * total:
        return None
    shoulder = float(ordered[count])
    excess = np.sort(shoulder - ordered[:count])
    scale, shape = _moments(excess)
    if scale <= 0:
        return None
    return LowTail(ordered, total, shoulder, (count + 1) / total, scale, shape)


def _moments(excess: Doubles) -> tuple[float, float]:
    """Scale and shape by the first two probability-weighted moments (Hosking and Wallis)."""
    count = len(excess)
    mean = float(excess.mean())
    weights = (count - 1 - np.arange(count)) / (count - 1)
    weighted = float((excess * weights).mean())
    if mean <= 2 * weighted:
        return mean, 0.0
    shape = 2 - mean / (mean - 2 * weighted)
    if not _SHAPE_LEAST <= shape <= 0:
        shape = min(0.0, max(_SHAPE_LEAST, shape))
    return mean * (1 - shape), shape
