"""A screen's pixels seen through a camera's: narrow lines in a face's spectrum: pure.

Skin, hair, cloth and noise spread over many frequencies; the grid of a screen, and what it beats to
with the sensor's own, stand in a few bins far above their neighbours. What is nearly level or
nearly upright is left out: JPEG's blocks, enlarged pictures and flickering lamps make the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.faces.geometry import Box

Picture = NDArray[np.uint8]
Reals = NDArray[np.float64]

_SIDE_MOST_PX: Final = 256
_SIDE_LEAST_PX: Final = 48
_INNER: Final = 0.9  # of the face's box: skin, without hair and background
_COARSEST: Final = 9.0  # stripes across the square: fewer are a face's shapes, or a blind's shade
_AXIS_BINS: Final = 2  # so near to level or upright is no sign
_RING: Final = 5  # bins each way that are a peak's neighbours
_FAR_ABOVE: Final = 45.0  # times the median of a peak's neighbours, in power
_PLANES: Final = ((0.299, 0.587, 0.114), (0.5, -0.5, 0.0), (0.0, -0.5, 0.5))  # light, two colours


def on(picture: Picture, box: Box) -> bool:
    """Whether a screen's grid shows on the face of an RGB picture."""
    return strength(picture, box) >= _FAR_ABOVE


def strength(picture: Picture, box: Box) -> float:
    """The strongest narrow line of the face's spectra, in medians of its neighbours' power.

    0 for a face that is too small to tell.
    """
    high, wide = picture.shape[:2]
    side = min(round(_INNER * min(box.width, box.height)), _SIDE_MOST_PX, high, wide)
    if side < _SIDE_LEAST_PX:
        return 0.0
    left = min(max(0, (box.left + box.right - side) // 2), wide - side)
    top = min(max(0, (box.top + box.bottom - side) // 2), high - side)
    part = picture[top : top + side, left : left + side].astype(np.float32)
    hood = np.hanning(side)
    best = 0.0
    for plane in _PLANES:
        flat = part @ np.array(plane)
        power = np.abs(np.fft.rfft2((flat - flat.mean()) * np.outer(hood, hood))) ** 2
        best = max(best, _narrow(np.fft.fftshift(power, 0)))
    return best


def _narrow(power: Reals) -> float:
    """The highest bin over the median of those around it; rows from -side/2, columns from 0."""
    middle = power.shape[0] // 2
    down, across = np.ogrid[: power.shape[0], : power.shape[1]]
    down = np.abs(down - middle)
    asked = (np.hypot(down, across) >= _COARSEST) & (down > _AXIS_BINS) & (across > _AXIS_BINS)
    asked &= (down < middle - 1) & (across < power.shape[1] - 2)
    floor = _radial(power, np.hypot(down, across))
    over = np.where(asked, power / floor, 0)
    best = 0.0
    for at in np.argsort(over, axis=None)[-12:]:
        y, x = divmod(int(at), power.shape[1])
        around = power[max(0, y - _RING) : y + _RING + 1, max(0, x - _RING) : x + _RING + 1]
        best = max(best, float(min(over[y, x], power[y, x] / (np.median(around) + 1e-9))))
    return best


def _radial(power: Reals, radius: Reals) -> Reals:
    """The median of each ring, at every bin, and something above nothing."""
    ring = np.rint(radius).astype(int)
    order = np.argsort(ring, axis=None)
    counts = np.bincount(ring.ravel())
    ends = np.cumsum(counts)
    flat = power.ravel()[order]
    medians = np.array([np.median(flat[end - count : end]) if count else 0
                        for end, count in zip(ends, counts, strict=True)])  # fmt: skip
    return np.asarray(medians[ring] + 1e-3 * power.size**0.5)
