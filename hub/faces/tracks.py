"""Faces followed from frame to frame, and the few best looks of each: pure.

A track is one passage of one person. It keeps at most ``BEST_MOST`` chips and no picture, is
decided once, and is gone ``GONE_S`` after its face was last seen: what is not matched
lives no longer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.faces.geometry import Box, Found, Points
from hub.faces.quality import Looks

OVERLAP_LEAST: Final = 0.3
GONE_S: Final = 1.5
LIFE_MOST_S: Final = 30.0  # somebody who stays becomes a new track; nothing unmatched is older
BEST_MOST: Final = 5
TRACKS_MOST: Final = 16  # a crowd; who is further away waits


@dataclass(frozen=True, slots=True)
class Shot:
    """One good look: the face cut out, and how good it is."""

    chip: NDArray[np.uint8]
    looks: Looks


@dataclass(slots=True)
class Track:
    """One face over time. ``reason`` is why its last look was not good enough."""

    number: int
    box: Box
    began_s: float
    seen_s: float
    points: Points | None = None
    best: list[Shot] = field(default_factory=list)
    reason: str | None = None
    decided: bool = False
    again_s: float | None = None  # asked for a second decision then

    def keep(self, shot: Shot) -> None:
        """Add a look; of too many the worst goes."""
        self.best = sorted([*self.best, shot], key=lambda one: -one.looks.worth)[:BEST_MOST]
        self.reason = None


@dataclass(slots=True)
class Tracks:
    """All tracks of one camera."""

    alive: list[Track] = field(default_factory=list)
    begun: int = 0

    def follow(self, found: list[Found], now_s: float) -> list[tuple[Track, Found]]:
        """Give each face its track, old or new; nearest pairs first, one face to one track."""
        pairs = sorted(
            (
                (track.box.overlap(one.box), index, place)
                for index, track in enumerate(self.alive)
                for place, one in enumerate(found)
            ),
            key=lambda pair: -pair[0],
        )
        taken: dict[int, int] = {}
        for overlap, index, place in pairs:
            if overlap >= OVERLAP_LEAST and place not in taken and index not in taken.values():
                taken[place] = index
        held = list(self.alive)
        matched: list[tuple[Track, Found]] = []
        for place, one in enumerate(found):
            if place in taken:
                track = held[taken[place]]
            elif len(self.alive) < TRACKS_MOST:
                self.begun += 1
                track = Track(self.begun, one.box, now_s, now_s)
                self.alive.append(track)
            else:
                continue
            track.box, track.seen_s = one.box, now_s
            matched.append((track, one))
        return matched

    def drop(self, now_s: float) -> list[Track]:
        """Take out the tracks that are over and give them back."""
        over = [
            track
            for track in self.alive
            if now_s - track.seen_s > GONE_S or now_s - track.began_s > LIFE_MOST_S
        ]
        gone = {track.number for track in over}
        self.alive = [track for track in self.alive if track.number not in gone]
        return over
