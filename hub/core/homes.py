"""Where somebody lives on a day: the own household, unless a tenancy there is over or not begun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stay:
    """A tenancy: days as ISO 8601, both included; None is no limit."""

    household: str
    from_on: str | None = None
    to_on: str | None = None

    def holds(self, day: str) -> bool:
        """Whether it is one on that day."""
        begun = self.from_on is None or self.from_on <= day
        return begun and (self.to_on is None or day <= self.to_on)


def homes_on(day: str, own: str | None, stays: Sequence[Stay]) -> list[str]:
    """The households somebody lives in on a day, the own one first; doors judge alike.

    ``own`` counts without any limit unless a stay speaks of it (hub/core/compile.py).
    """
    there = [stay.household for stay in stays if stay.holds(day)]
    if own is not None and (own in there or all(stay.household != own for stay in stays)):
        return [own, *(home for home in there if home != own)]
    return there
