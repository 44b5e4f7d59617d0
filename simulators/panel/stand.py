"""Who stands before the town's camera now: nobody, somebody drawn, or what a page holds up.

A page sends frames of its own camera or of a photo; one is kept, in memory, for as long as frames
come. Nothing of it is written anywhere, and no page gets another's frames.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from simulators.panel import porch

QUIET_S: Final = 3.0  # a page that sends no frame for so long is closed, or its camera is
AWAY_S: Final = 2.5  # between two people the porch is empty: faces that were exchanged in a
# picture's time are one track to the hub, with the first one's looks
TURN_MOST: Final = 0.9  # how far somebody drawn turns the head when asked
TURN_STEP: Final = TURN_MOST / 2  # at most between two looks of the hub, however late
# every pose but that ahead
TURNS: Final = (-TURN_MOST, -TURN_STEP, TURN_STEP, TURN_MOST)
JPEG: Final = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Standing:
    """``kind``: "nobody", "drawn" (``who`` of porch.PEOPLE) or "own"; ``still``: held up."""

    kind: str = "nobody"
    who: str = ""
    still: bool = False


NOBODY: Final = Standing()


class Stand:
    """The camera asks in threads of its own, everybody else on the loop."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._held = threading.Lock()
        self._now = NOBODY
        self._frame = b""
        self._framed_s = 0.0
        self._empty_until_s = 0.0
        self._key = ""
        self._turn = 0.0
        self._looked = False
        self._shot = 0
        self.asked: str | None = None  # to which side the hub asks to turn

    @property
    def now(self) -> Standing:
        """Who is there; whose frames no longer come has gone."""
        with self._held:
            return self._present()

    def _present(self) -> Standing:
        if self._now.kind == "own" and self._clock_s() - self._framed_s > QUIET_S:
            self._now, self._frame, self._key = NOBODY, b"", ""
        return self._now

    def put(self, standing: Standing) -> str:
        """Let somebody step up; the value is the key by which a page sends its own frames."""
        with self._held:
            if self._present() not in (NOBODY, standing):
                self._empty_until_s = self._clock_s() + AWAY_S
            self._now, self._frame = standing, b""
            self._framed_s = self._clock_s()
            self._turn = 0.0
            self._key = secrets.token_urlsafe(12) if standing.kind == "own" else ""
            return self._key

    def take(self, key: str, frame: bytes) -> bool:
        """A frame of whoever stands there; whether it was theirs to send."""
        with self._held:
            if self._present().kind != "own" or not secrets.compare_digest(key, self._key):
                return False
            self._frame, self._framed_s = frame, self._clock_s()
            return True

    def picture(self) -> bytes:
        """What the camera sees."""
        at_s = self._clock_s()
        with self._held:
            now, frame = self._present(), self._frame
            is_empty = at_s < self._empty_until_s
            turn = self._turned()
        if is_empty:
            return porch.empty()
        if now.kind == "own" and frame:
            return frame
        if now.kind != "drawn":
            return porch.empty()
        if now.still:
            return porch.photo_of(now.who, at_s)
        return porch.somebody(now.who, turn, at_s)

    def portrait(self) -> bytes | None:
        """A photo of whoever is there, as a desk takes one; None where nobody is."""
        with self._held:
            now, frame = self._present(), self._frame
            self._shot = (self._shot + 1) % porch.SHOTS
            shot = self._shot
        if now.kind == "own":
            return frame or None
        return porch.at_desk(now.who, shot) if now.kind == "drawn" else None

    def _turned(self) -> float:
        """How far the head is turned now."""
        wanted = {"left": -TURN_MOST, "right": TURN_MOST}.get(self.asked or "", 0.0)
        if self._looked:
            self._looked = False
            self._turn += max(-TURN_STEP, min(TURN_STEP, wanted - self._turn))
        return self._turn

    def looked(self) -> None:
        """The hub has looked at them: a head goes on turning, so that no look sees it jump."""
        with self._held:
            self._looked = True
