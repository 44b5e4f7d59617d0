"""What a YuNet network says, as boxes: pure.

Three grids of 8, 16 and 32 pixels; each cell gives the chance of a face, of an object, and the box
relative to the cell (outputs `cls_`, `obj_`, `bbox_` plus the grid; anchor-free, width and height
as powers of e). Boxes come out square as dlib's five-point predictor was trained on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.faces.geometry import Box, Found

Floats = NDArray[np.float32]

STRIDES: Final = (8, 16, 32)
MULTIPLE_PX: Final = 32
_OVERLAP_MOST: Final = 0.45
_FACES_MOST: Final = 64  # of one picture; a poster of faces must not cost a second
_SQUARE: Final = 0.9  # side of dlib's box over the mean of width and height, as measured
_LOWER: Final = 0.05  # and its middle lies lower by this share of the height


def planes(rgb: NDArray[np.uint8]) -> Floats:
    """A picture as the network wants it: blue green red, padded to multiples of 32."""
    height, width = rgb.shape[:2]
    size = (1, 3, _multiple(height), _multiple(width))
    out = np.zeros(size, np.float32)
    out[0, :, :height, :width] = rgb[:, :, ::-1].transpose(2, 0, 1)
    return out


def _multiple(size_px: int) -> int:
    return -(-size_px // MULTIPLE_PX) * MULTIPLE_PX


def faces(outputs: Mapping[str, Floats], padded_width: int, least: float) -> list[Found]:
    """Faces of at least this score, best first, overlapping ones reduced to the best."""
    found: list[Found] = []
    for stride in STRIDES:
        chance = np.clip(outputs[f"cls_{stride}"][0, :, 0], 0, 1)
        score = np.sqrt(chance * np.clip(outputs[f"obj_{stride}"][0, :, 0], 0, 1))
        cells = np.flatnonzero(score >= least)
        best = cells[np.argsort(-score[cells])][:_FACES_MOST]
        boxes = outputs[f"bbox_{stride}"][0]
        row, column = np.divmod(best, padded_width // stride)
        for cell, r, c in zip(best.tolist(), row.tolist(), column.tolist(), strict=True):
            box = _square(boxes[cell], r, c, stride)
            if box is not None:
                found.append(Found(box, float(score[cell])))
    found.sort(key=lambda one: -one.score)
    kept: list[Found] = []
    for one in found:
        if all(one.box.overlap(other.box) < _OVERLAP_MOST for other in kept):
            kept.append(one)
    return kept[:_FACES_MOST]


def _square(told: Floats, row: int, column: int, stride: int) -> Box | None:
    if not np.isfinite(told).all() or max(told[2], told[3]) > 8:  # e^8 cells: no picture's face
        return None
    across, down = (column + float(told[0])) * stride, (row + float(told[1])) * stride
    width, height = float(np.exp(told[2])) * stride, float(np.exp(told[3])) * stride
    side = _SQUARE * (width + height) / 2
    left, top = across - side / 2, down + _LOWER * height - side / 2
    return Box(round(left), round(top), round(left + side), round(top + side))
