"""Head-turn challenge: a person turns to one side and then to the other, in an order drawn by lot.

A print or a still on a screen, waved and tilted as one likes, moves the nose between the eyes by
less than a fifth of their distance; a turning head by a third and more. It does not stop a film of
a cooperating person, nor a mask. Pure: luck, time and the nose's offset come in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from hub.faces.geometry import Points

REACH: Final = 0.30  # of the distance between the eyes; waved prints reached 0.234 at most
REST: Final = 0.12  # within this the face looks ahead
STEPS_MOST_S: Final = 6.0  # an elderly neck takes its time, and nobody waits for ever
JUMP_MOST: Final = 0.45  # between two looks; more is another face, or a picture exchanged
GAP_MOST_S: Final = 1.0  # a face out of sight for longer may have become another
HOLD_LOOKS: Final = 2  # one look may be a slip of the five points


class Side(StrEnum):
    """Where the picture shows the nose relative to the eyes."""

    LEFT = "left"
    RIGHT = "right"


class Phase(StrEnum):
    """What the person is asked to do, or how it ended."""

    AHEAD = "ahead"
    FIRST = "first"
    BETWEEN = "between"
    SECOND = "second"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Challenge:
    """The state of one challenge. ``reason`` is set where it failed."""

    first: Side
    phase: Phase = Phase.AHEAD
    since_s: float = 0.0
    seen_s: float | None = None
    last: float = 0.0
    looks: int = 0
    reason: str | None = None

    @property
    def over(self) -> bool:
        """Whether nothing further changes it."""
        return self.phase in (Phase.PASSED, Phase.FAILED)

    @property
    def words(self) -> str | None:
        """The reason code that tells the person what to do now; None when it is over.

        A camera is no mirror: whoever turns to their own right moves the nose to the picture's
        left. A screen at the door faces them, so that an arrow to its right is their right.
        """
        return None if self.over else _WORDS[self.asked]

    @property
    def asked(self) -> Side | None:
        """To which side the person is asked to turn now; None: look ahead, or over."""
        if self.phase is Phase.FIRST:
            return self.first
        if self.phase is Phase.SECOND:
            return other(self.first)
        return None


AHEAD: Final = "face_ask_ahead"
_WORDS: Final = {
    None: AHEAD,
    Side.LEFT: "face_ask_right",
    Side.RIGHT: "face_ask_left",
}


def other(side: Side) -> Side:
    """The opposite side."""
    return Side.LEFT if side is Side.RIGHT else Side.RIGHT


def begin(coin: bool, now_s: float) -> Challenge:
    """A new challenge; ``coin`` is one bit that nobody can foresee (``secrets``)."""
    return Challenge(Side.LEFT if coin else Side.RIGHT, since_s=now_s)


def look(state: Challenge, points: Points | None, now_s: float) -> Challenge:
    """The challenge after one look at the tracked face, or after a look that saw none."""
    if state.over:
        return state
    if now_s - state.since_s > STEPS_MOST_S:
        return _failed(state, "face_turn_late")
    if points is None:
        gone = state.seen_s is not None and now_s - state.seen_s > GAP_MOST_S
        return _failed(state, "face_turn_lost") if gone else state
    offset = nose_offset(points)
    if not math.isfinite(offset):
        return state
    if state.seen_s is not None:
        if now_s - state.seen_s > GAP_MOST_S:
            return _failed(state, "face_turn_lost")
        if abs(offset - state.last) > JUMP_MOST:
            return _failed(state, "face_turn_jumped")
    seen = replace(state, seen_s=now_s, last=offset)
    turned = _turned(offset)
    if _wrong_way(state, turned):
        return _failed(seen, "face_turn_other")
    reached = turned == state.asked and (state.asked is not None or abs(offset) <= REST)
    looks = state.looks + 1 if reached else 0
    if looks < HOLD_LOOKS:
        return replace(seen, looks=looks)
    return replace(seen, phase=_NEXT[state.phase], since_s=now_s, looks=0)


_NEXT: Final = {
    Phase.AHEAD: Phase.FIRST,
    Phase.FIRST: Phase.BETWEEN,
    Phase.BETWEEN: Phase.SECOND,
    Phase.SECOND: Phase.PASSED,
}


def nose_offset(points: Points) -> float:
    """The nose's offset from between the eyes, along their line, in distances of the eyes.

    Negative: towards the picture's left. Not a number where the eyes fall together.
    """
    (left_x, left_y), (right_x, right_y) = points.left_eye, points.right_eye
    across_x, across_y = right_x - left_x, right_y - left_y
    length = math.hypot(across_x, across_y)
    if length == 0:
        return math.nan
    from_x = points.nose[0] - (left_x + right_x) / 2
    from_y = points.nose[1] - (left_y + right_y) / 2
    return (from_x * across_x + from_y * across_y) / length**2


def _turned(offset: float) -> Side | None:
    if abs(offset) < REACH:
        return None
    return Side.RIGHT if offset > 0 else Side.LEFT


def _wrong_way(state: Challenge, turned: Side | None) -> bool:
    """A turn to the side that was not asked for: a recording does not know the lot."""
    return state.phase is Phase.FIRST and turned == other(state.first)


def _failed(state: Challenge, reason: str) -> Challenge:
    return replace(state, phase=Phase.FAILED, reason=reason)
