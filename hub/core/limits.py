"""Rate limits where guessing pays: token buckets by key, bounded in number; time comes in."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

KEYS_MAX = 20_000  # addresses and names remembered; the longest unseen are forgotten first


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries at once, refilled evenly over a time."""

    tries: int
    refill_s: float


class Limiter:
    """One limit over many keys."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, now_s: float, cost: int = 1) -> bool:
        """Whether another try is allowed now; an allowed one is counted, as so many."""
        level, at_s = self._levels.pop(key, (float(self._limit.tries), now_s))
        rate = self._limit.tries / self._limit.refill_s
        level = min(self._limit.tries, level + max(0.0, now_s - at_s) * rate)
        allowed = level >= cost
        self._levels[key] = (level - cost if allowed else level, now_s)
        if len(self._levels) > KEYS_MAX:
            self._levels.popitem(last=False)
        return allowed

    def forgive(self, key: str) -> None:
        """A success costs nothing; the failures before it still count, or it would pay for them."""
        held = self._levels.get(key)
        if held is not None:
            self._levels[key] = (min(self._limit.tries, held[0] + 1.0), held[1])
