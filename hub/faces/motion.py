"""Where something moves: a coarse grey picture against the last one. Pure and cheap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.faces.geometry import Box

Grey = NDArray[np.uint8]

STEP_LEAST: Final = 18  # grey levels; a cheap camera's noise at night stays below
CELLS_LEAST: Final = 4  # fewer cells are leaves and insects
CELL_PX: Final = 8  # of the coarse picture
FLASH_SHARE: Final = 0.8  # of the picture at once: a lamp, or a new exposure, moves nobody


@dataclass(frozen=True, slots=True)
class Motion:
    """The last coarse picture; None before the first."""

    last: Grey | None = None


def step(state: Motion, coarse: Grey) -> tuple[Motion, Box | None]:
    """The box (pixels of the coarse picture) in which cells changed, or None where none did.

    The first picture counts as moving throughout: somebody may already stand there.
    """
    height, width = coarse.shape
    whole = Box(0, 0, width - 1, height - 1)
    if state.last is None or state.last.shape != coarse.shape:
        return replace(state, last=coarse), whole
    before, now = _cells(state.last), _cells(coarse)
    moved = np.abs(now - before) >= STEP_LEAST
    count = int(moved.sum())
    after = replace(state, last=coarse)
    if count < CELLS_LEAST:
        return after, None
    if count >= FLASH_SHARE * moved.size:
        return after, whole
    rows, columns = np.flatnonzero(moved.any(axis=1)), np.flatnonzero(moved.any(axis=0))
    box = Box(
        int(columns[0]) * CELL_PX,
        int(rows[0]) * CELL_PX,
        int(columns[-1] + 1) * CELL_PX - 1,
        int(rows[-1] + 1) * CELL_PX - 1,
    )
    return after, box.within(width, height)


def _cells(coarse: Grey) -> NDArray[np.int16]:
    """Mean of each cell; what is left over at the edges belongs to the last cells' frame."""
    rows, columns = coarse.shape[0] // CELL_PX, coarse.shape[1] // CELL_PX
    cut = coarse[: rows * CELL_PX, : columns * CELL_PX].astype(np.float32)
    means = cut.reshape(rows, CELL_PX, columns, CELL_PX).mean(axis=(1, 3))
    return np.asarray(means, np.int16)
