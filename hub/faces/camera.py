"""One camera's pictures become tracks and, once each, a mean embedding to decide on.

A frame is looked at where something moves or a face was last; the rest costs a coarse comparison.
Time comes in with the frame; the engine comes in as ports, so a test can put anything in its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from typing import Final

import numpy as np

from hub.faces import motion, quality
from hub.faces.decide import Probe
from hub.faces.engine import Engine, Picture, encode_both, grey
from hub.faces.geometry import Box, Found, Points
from hub.faces.motion import Motion
from hub.faces.tracks import Shot, Track, Tracks

COARSE: Final = 4  # the motion gate sees every fourth pixel
GROWN: Final = 0.5  # how much wider than the motion or the last face the window is
WINDOW_LEAST_PX: Final = 240
HALVED_FROM_PX: Final = 640
STILL_LOOK_S: Final = 1.0  # who stands still is looked for again so often, before a track ends
WHOLE_LOOK_S: Final = 1.0  # the whole picture costs more than a window
READY_SHOTS: Final = 3
WAIT_MOST_S: Final = 2.0  # then fewer good looks have to do
FRAME_PIXELS_MOST: Final = 8_500_000  # a 4K camera; larger frames are refused, not decoded


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture and when it was taken, by the clock that all frames of a camera share.

    ``open_window`` decodes a part in full colour; ``coarse`` is every fourth pixel in grey.
    """

    at_s: float
    width: int
    height: int
    coarse: Picture
    open_window: Callable[[Box], Picture]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one track shows now, for a preview: never an embedding, never a picture."""

    track: int
    box: Box
    shots: int
    reason: str | None
    points: Points | None


@dataclass(frozen=True, slots=True)
class Ready:
    """A track that can be decided: once each."""

    track: int
    probe: Probe
    gap: float


@dataclass(frozen=True, slots=True)
class Gone:
    """A track that ended; ``decided`` is false for somebody who was never seen well enough."""

    track: int
    decided: bool
    reason: str | None


Event = Seen | Ready | Gone


@dataclass(slots=True)
class Camera:
    """The state of one camera's pipeline; ``shots``: good looks wanted before a decision."""

    engine: Engine
    shots: int = READY_SHOTS
    motion: Motion = field(default_factory=Motion)
    tracks: Tracks = field(default_factory=Tracks)
    looked_s: float | None = None
    wanted_s: float = 0.0  # from the next frame on, so long
    wanted_until_s: float = -math.inf
    whole_s: float = -math.inf  # when the whole picture was looked at last
    empty_s: float | None = None  # since when looks at what moved have found nobody
    last: Frame | None = None  # for whoever must be shown what was seen; the next one replaces it

    def again(self, track: int) -> None:
        """Decide a track once more, by looks from now on."""
        for one in self.tracks.alive:
            if one.number == track:
                one.best, one.decided, one.again_s = [], False, one.seen_s

    def look(self, for_s: float) -> None:
        """Somebody claims to stand there, or is to turn: for so long look also where nothing moves.

        Who was found is looked at in each frame then: a challenge is lost after a second unseen.
        """
        self.wanted_s = for_s

    def frame(self, frame: Frame) -> list[Event]:
        """Look at one frame; frames come in the order of their time."""
        events: list[Event] = [
            Gone(track.number, track.decided, track.reason)
            for track in self.tracks.drop(frame.at_s)
        ]
        self.last = frame
        if self.wanted_s:
            self.wanted_until_s, self.wanted_s = frame.at_s + self.wanted_s, 0.0
        self.motion, moved = motion.step(self.motion, frame.coarse)
        window = self._window(frame, moved)
        if window is None:
            return events
        self.looked_s = frame.at_s
        picture = frame.open_window(window)
        found = self._find(picture)
        self._note(frame, window, is_empty=not found)
        moved_to = [Found(one.box.moved(window.left, window.top), one.score) for one in found]
        for track, one in self.tracks.follow(moved_to, frame.at_s):
            at = one.box.moved(-window.left, -window.top)
            self._look(track, picture, at)
            events.append(_seen(track, window))
            events += self._ready(track, frame.at_s)
        return events

    def _window(self, frame: Frame, moved: Box | None) -> Box | None:
        """The part of the picture to look at, or None.

        What moves may be a sleeve: whoever was found is looked at with it, and where looks at what
        moves find nobody for a while, the whole picture is.
        """
        missed = moved is not None and self.empty_s is not None
        missed = missed and frame.at_s - (self.empty_s or 0.0) >= WHOLE_LOOK_S
        wanted = frame.at_s < self.wanted_until_s
        if missed or (wanted and frame.at_s - self.whole_s >= WHOLE_LOOK_S):
            return _whole(frame)
        alive, everybody = self.tracks.alive, wanted or moved is not None
        boxes = [one.box.grown(GROWN) for one in alive if everybody or not one.decided]
        if moved is not None:
            wide = Box(moved.left * COARSE, moved.top * COARSE,
                       (moved.right + 1) * COARSE - 1, (moved.bottom + 1) * COARSE - 1)  # fmt: skip
            boxes.append(wide.grown(GROWN))
        still = self.looked_s is None or frame.at_s - self.looked_s >= STILL_LOOK_S
        if not boxes:
            if not (still and alive):
                return None
            boxes = [one.box.grown(GROWN) for one in alive]
        joined = boxes[0]
        for box in boxes[1:]:
            joined = joined.around(box)
        return _at_least(joined, WINDOW_LEAST_PX).within(frame.width, frame.height)

    def _note(self, frame: Frame, window: Box, *, is_empty: bool) -> None:
        """What a look has found, for where the next ones go."""
        is_whole = window == _whole(frame)
        if is_whole:
            self.whole_s = frame.at_s
        if is_whole or not is_empty:
            self.empty_s = None
        elif self.empty_s is None:
            self.empty_s = frame.at_s

    def _find(self, picture: Picture) -> list[Found]:
        """Faces of a window; a wide one at half its size where the detector sees enough of it."""
        detector = self.engine.detector
        small_enough = 2 * detector.sure_px <= quality.FRAME.width_px
        if picture.shape[1] <= HALVED_FROM_PX or not small_enough:
            return detector.find(picture)
        rows, columns = picture.shape[0] // 2, picture.shape[1] // 2
        even = picture[: 2 * rows, : 2 * columns].astype(np.uint16)
        half = even.reshape(rows, 2, columns, 2, 3).sum(axis=(1, 3)) // 4
        return [
            Found(Box(*(2 * edge for edge in astuple(one.box))), one.score)
            for one in detector.find(np.asarray(half, np.uint8))
        ]

    def _look(self, track: Track, picture: Picture, box: Box) -> None:
        points, shape = self.engine.aligner.points(picture, box)
        track.points = points
        if track.decided:
            return
        chip = self.engine.aligner.chip(picture, shape)
        looks = quality.look(grey(chip), points, box.width)
        reason = quality.judge(looks, quality.FRAME)
        if reason is None:
            track.keep(Shot(chip, looks))
        else:
            track.reason = reason

    def _ready(self, track: Track, now_s: float) -> list[Event]:
        since_s = track.began_s if track.again_s is None else track.again_s
        waited = now_s - since_s >= WAIT_MOST_S
        if track.decided or len(track.best) < (1 if waited else self.shots):
            return []
        found, gaps = encode_both(self.engine.encoder, [shot.chip for shot in track.best])
        good = [row for row, gap in enumerate(gaps.tolist())
                if quality.judge_gap(gap, quality.FRAME) is None]  # fmt: skip
        if not good:
            track.best, track.reason = [], "face_unclear"
            return []
        track.decided, track.best = True, []  # the chips have served
        mean = np.asarray(found[good].mean(axis=0), np.float32)
        probe = Probe(mean, len(good), self.engine.encoder.model_id)
        return [Ready(track.number, probe, float(gaps[good].mean()))]


def _seen(track: Track, window: Box) -> Seen:
    points = track.points
    if points is not None:
        points = Points(*(
            (x + window.left, y + window.top)
            for x, y in (points.left_eye, points.right_eye, points.nose)
        ))  # fmt: skip
    return Seen(track.number, track.box, len(track.best), track.reason, points)


def _whole(frame: Frame) -> Box:
    return Box(0, 0, frame.width - 1, frame.height - 1)


def _at_least(box: Box, side_px: int) -> Box:
    """The box, no narrower or lower than this, about its middle."""
    across = max(0, side_px - box.width) // 2 + 1
    down = max(0, side_px - box.height) // 2 + 1
    return Box(box.left - across, box.top - down, box.right + across, box.bottom + down)
