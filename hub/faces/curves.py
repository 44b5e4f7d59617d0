"""Error rates of comparisons: shares above and below thresholds, and plots' points. Pure.

FMR: share of comparisons of two people at or below a threshold. FNMR: share of comparisons of one
person with himself above it, every person weighing the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Scores of one person with himself, with weights that add up to 1, and of two people."""

    genuine: Doubles
    weights: Doubles
    impostor: Doubles  # ascending
    impostor_total: int  # how many ``impostor`` stands for: it may hold the lowest only

    def fmr(self, threshold: float) -> float:
        """Share of impostors at or below the threshold."""
        held = float(np.searchsorted(self.impostor, threshold, side="right"))
        return held / self.impostor_total if self.impostor_total else 0.0

    def beyond(self, threshold: float) -> bool:
        """Whether only the lowest impostors are held, and this threshold lies above them."""
        cut = len(self.impostor) < self.impostor_total
        return cut and threshold > float(self.impostor[-1])

    def fnmr(self, threshold: float) -> float:
        """Weighted share of genuine comparisons above the threshold."""
        return float(self.weights[self.genuine > threshold].sum())

    def threshold_at(self, fmr: float) -> float | None:
        """The largest threshold whose FMR is at most this; None where too few can tell."""
        allowed = int(fmr * self.impostor_total)
        if allowed < 1 or allowed >= len(self.impostor):
            return None
        return float(np.nextafter(self.impostor[allowed], -np.inf))

    def equal_error(self) -> float:
        """The rate at which FMR and FNMR are equal, between the nearest thresholds."""
        if not len(self.genuine) or not len(self.impostor):
            return 0.0
        candidates = np.unique(np.concatenate([self.genuine, self.impostor]))
        low, high = 0, len(candidates) - 1
        while low < high:  # FMR rises and FNMR falls
            middle = (low + high) // 2
            at = float(candidates[middle])
            low, high = (middle + 1, high) if self.fmr(at) < self.fnmr(at) else (low, middle)
        at = float(candidates[low])
        return (self.fmr(at) + self.fnmr(at)) / 2


def compare(genuine: list[tuple[float, str]], impostor: Doubles, total: int | None = None,
            ) -> Comparisons:  # fmt: skip
    """Comparisons from genuine scores with their person, each person weighing the same."""
    scores = np.array([score for score, _ in genuine], np.float64)
    counts: dict[str, int] = {}
    for _, person in genuine:
        counts[person] = counts.get(person, 0) + 1
    weights = np.array([1 / counts[person] / len(counts) for _, person in genuine], np.float64)
    ordered = np.sort(impostor.astype(np.float64))
    return Comparisons(scores, weights, ordered, len(ordered) if total is None else total)


def rates_at(comparisons: Comparisons, thresholds: list[float]) -> list[dict[str, Any]]:
    """FMR and FNMR at thresholds."""
    return [
        {
            "threshold": round(one, 4),
            "fmr": None if comparisons.beyond(one) else float(f"{comparisons.fmr(one):.3g}"),
            "fnmr": float(f"{comparisons.fnmr(one):.4g}"),
        }
        for one in thresholds
    ]


def thresholds_for(comparisons: Comparisons, wanted: list[float]) -> list[dict[str, Any]]:
    """Threshold and FNMR for each wanted FMR; None where the set is too small to tell."""
    rows: list[dict[str, Any]] = []
    for fmr in wanted:
        at = comparisons.threshold_at(fmr)
        rows.append(
            {
                "fmr": fmr,
                "threshold": None if at is None else round(at, 4),
                "fnmr": None if at is None else float(f"{comparisons.fnmr(at):.4g}"),
            }
        )
    return rows


def trade_off(comparisons: Comparisons, points: int = 200) -> list[tuple[float, float]]:
    """FMR and FNMR from strict to lax, for a plot."""
    held = comparisons.impostor
    if not len(held):
        return []
    places = np.unique(np.geomspace(1, len(held), points).astype(int)) - 1
    return [
        (comparisons.fmr(at), comparisons.fnmr(at)) for at in (float(held[one]) for one in places)
    ]
