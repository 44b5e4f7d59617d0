"""Whether a face in a picture is good enough to be compared, and if not, why: pure.

What the gates hold was measured on portraits made worse step by step: sharpness is the fine detail
in the direction that has least of it (a moved face keeps the other), relative to the contrast.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.faces.geometry import Points
from hub.faces.liveness import nose_offset

Picture = NDArray[np.uint8]

_INNER: Final = (slice(30, 130), slice(30, 120))  # of a chip: the face without hair and background


@dataclass(frozen=True, slots=True)
class Gates:
    """What is asked of a face. Widths in pixels of the picture it was found in."""

    width_px: int
    sharpness: float  # thousandths of the contrast
    light: tuple[float, float]  # mean luminance, 0..255
    turned_most: float  # nose offset in distances of the eyes
    gap_most: float  # between a face and its mirror image, as embeddings


FRAME: Final = Gates(40, 2.5, (45.0, 215.0), 0.28, 0.40)
ENROL: Final = Gates(64, 3.5, (50.0, 205.0), 0.20, 0.32)


@dataclass(frozen=True, slots=True)
class Looks:
    """What one face looks like before it is encoded."""

    width_px: int
    sharpness: float
    light: float
    turned: float

    @property
    def worth(self) -> float:
        """For choosing between frames of a track: larger is better."""
        size = min(1.0, self.width_px / 120)
        return size * math.log1p(max(0.0, self.sharpness)) * (1 - min(0.9, abs(self.turned)))


def look(grey_chip: Picture, points: Points, width_px: int) -> Looks:
    """The looks of a face from its grey chip and points."""
    inner = grey_chip[_INNER].astype(np.float64)
    contrast = float(inner.var())
    across = np.diff(inner, 2, axis=1).var()
    down = np.diff(inner, 2, axis=0).var()
    sharpness = 1_000 * float(min(across, down)) / contrast if contrast > 1 else 0.0
    return Looks(width_px, sharpness, float(inner.mean()), nose_offset(points))


def judge(looks: Looks, gates: Gates) -> str | None:
    """A reason code, or None for a face that is good enough to encode."""
    if looks.width_px < gates.width_px:
        return "face_small"
    if looks.light < gates.light[0]:
        return "face_dark"
    if looks.light > gates.light[1]:
        return "face_bright"
    if not abs(looks.turned) <= gates.turned_most:  # not a number: eyes on one another
        return "face_turned"
    if looks.sharpness < gates.sharpness:
        return "face_blurred"
    return None


def judge_gap(gap: float, gates: Gates) -> str | None:
    """A reason code for a face that differs too much from its mirror image, or None."""
    return None if gap <= gates.gap_most else "face_unclear"
