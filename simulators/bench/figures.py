"""Numbers of a benchmark: percentiles, results against targets, and how rounds are joined."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "<=": lambda value, target: value <= target,
    ">=": lambda value, target: value >= target,
}


@dataclass(frozen=True, slots=True)
class Target:
    """What a result must be, so that it is fine."""

    name: str
    unit: str
    most: float
    op: str = "<="

    def result(self, value: float) -> dict[str, Any]:
        """The value with its verdict, as every benchmark prints it."""
        return {
            "name": self.name,
            "value": round(value, 3),
            "unit": self.unit,
            "target": self.most,
            "op": self.op,
            "ok": _COMPARED[self.op](value, self.most),
        }


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed (nearest rank)."""
    if not values:
        raise ValueError("no values were measured")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(values: Sequence[float]) -> dict[str, float]:
    """A sample in short: how many, median, 95th and 99th percentile, largest."""
    return {
        "n": len(values),
        "p50": round(median(values), 3),
        "p95": round(percentile(values, 0.95), 3),
        "p99": round(percentile(values, 0.99), 3),
        "max": round(max(values), 3),
    }


@dataclass(frozen=True, slots=True)
class Against:
    """One round: ours and the limit's four parts, taken in turn so that noise meets both."""

    ours_ms: Sequence[float]
    limit_ms: Mapping[str, Sequence[float]]

    @property
    def chain_ms(self) -> list[float]:
        """The limit's iterations as wholes: their parts ran one after the other."""
        return [sum(parts) for parts in zip(*self.limit_ms.values(), strict=True)]

    @property
    def p50_ratio(self) -> float:
        """Our median over the sum of the parts' medians."""
        return median(self.ours_ms) / sum(median(part) for part in self.limit_ms.values())

    @property
    def p99_ratio(self) -> float:
        """Our 99th percentile over that of the limit's whole iterations."""
        return percentile(self.ours_ms, 0.99) / percentile(self.chain_ms, 0.99)

    def told(self) -> dict[str, Any]:
        """The round for the report."""
        return {
            "p50_ratio": round(self.p50_ratio, 3),
            "p99_ratio": round(self.p99_ratio, 3),
            "ours_ms": spread(self.ours_ms),
            "limit_ms": spread(self.chain_ms),
            "limit_parts_p50_ms": {
                name: round(median(part), 3) for name, part in self.limit_ms.items()
            },
        }
