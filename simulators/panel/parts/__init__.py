"""Every plug of the town in one hand; a kind of thing is one module here.

A module has ``make(town, hear)``, which taps the lines of its things and returns them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from simulators.demo.town import Town
from simulators.panel.parts import boards, cables, keypads, meters, printers, readers, scanners
from simulators.panel.parts.part import Json, Part
from simulators.panel.shell import Refused
from simulators.panel.wirefeed import Pulsed, WireFeed


@dataclass(frozen=True, slots=True)
class Hearing:
    """Where a kind tells what passes its lines, and that a thing looks different now."""

    feed: WireFeed
    pulsed: Pulsed
    changed: Callable[[str], None]


KINDS: Final[tuple[Callable[[Town, Hearing], list[Part]], ...]] = (
    readers.make,
    keypads.make,
    scanners.make,
    boards.make,
    cables.make,
    printers.make,
    meters.make,
)


class Parts:
    """The things of one town; ``tell`` hears of each that has changed."""

    def __init__(
        self, town: Town, feed: WireFeed, pulsed: Pulsed, tell: Callable[[Json], None]
    ) -> None:
        self._tell = tell
        hearing = Hearing(feed, pulsed, self._changed)
        made = [part for make in KINDS for part in make(town, hearing)]
        self._parts = {part.id: part for part in made}

    def now(self) -> list[Json]:
        """All of them, as pages have them."""
        return [part.told() for part in self._parts.values()]

    def is_plugged(self, part: str) -> bool:
        """Whether a thing's plug is in; what nobody knows has none that could be out."""
        found = self._parts.get(part)
        return found is None or found.cable.is_plugged

    def hand(self, part: str, verb: str) -> Json:
        """Do something to a thing; raises Refused."""
        found = self._parts.get(part)
        if found is None:
            raise Refused("not_found", "there is no such thing")
        hands = {"plug": found.cable.plug, "unplug": found.cable.unplug, **found.hands()}
        if verb not in hands:
            raise Refused("not_now", f"{part} knows no {verb} now")
        hands[verb]()
        told = found.told()
        self._tell(told)
        return told

    def mend(self) -> None:
        """Plugs in, cases shut, paper in the printer: as on the first morning."""
        for part in self._parts.values():
            if part.told()["ails"]:
                part.cable.plug()
                part.mend()
                self._tell(part.told())

    def _changed(self, part: str) -> None:
        self._tell(self._parts[part].told())


__all__ = ["Hearing", "Part", "Parts"]
