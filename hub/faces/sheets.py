"""A sheet, a screen or a frame round a face: four straight edges that close below it: pure.

Whoever stands before a picture, a window or a door crosses its lower edge with neck and body; a
portrait on paper or on a screen does not. So one material must run along the lowest edge, just
within or just without, from corner to corner below the face. A counter before somebody is unbroken
as well, but goes on where the upright edges end; so the edges must end at the corners. What looks
the same and is not: somebody within a closed frame, as at a hatch.

Lines are found by their slope and their offset at the face's middle, in a window about the face of
a few hundred pixels. Coordinates: ``along`` the line and ``across`` it, so that upright lines are
level ones of the picture turned over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.faces.geometry import Box

Picture = NDArray[np.uint8]
Reals = NDArray[np.float32]
Flags = NDArray[np.bool_]

_WORK_PX: Final = 380  # the window's longer side: a sheet's edge is a line at any size
_REACH: Final = 4.5  # the window about the face, in widths of the face each way
_EDGE_LEAST: Final = 3.0  # grey levels a pixel: below is noise
_SLOPE_MOST: Final = 0.56  # 29 degrees
_SLOPE_STEP: Final = 0.03
_SLOPE_NEAR: Final = 0.22  # an edge's own slope lies so near to its line's
_EDGES_LEAST: Final = 8  # of a line
_LINES: Final = 34  # of each side that are looked at
_BLACK: Final = 28  # the bars beside a film's picture are no brighter

# Where the edges may be, in heights of the face below and above it and widths beside it. Further
# down a living person has feet, and a threshold before them.
_BELOW: Final = (0.04, 2.5)
_ABOVE: Final = (0.08, 4.0)
_BESIDE: Final = 0.1
_WIDE_LEAST: Final = 1.3  # in widths of the face
_ASKEW_MOST: Final = 0.36  # perspective

# How much of an edge is seen.
_UNDER: Final = 0.65  # widths to each side of the face's middle: neck and shoulders cross here
_UNDER_LEAST: Final = 0.5
_LOWEST_LEAST: Final = 0.65
_SIDE_LEAST: Final = 0.7  # fingers
_CUT_LEAST: Final = 0.85  # where the picture ends below the sheet's upper edge
_CORNER: Final = 0.07  # of an edge at each end is let off: round corners

# Whether an edge ends at a corner: what is seen of it in a piece beyond, a little to its sides.
_BEYOND_PX: Final = (3.0, 17.0)
_BESIDE_PX: Final = 4
_ON_MOST: Final = 0.5
_AS_STEEP: Final = 0.35  # of the edge itself: what is fainter is something else
_ROOM_PX: Final = 6  # from the window's border, else nothing is seen of what is beyond

# One colour runs along the lowest edge, on one side of it at least.
_STRIPS_PX: Final = (-4, -2, 2, 4)
_STUFF_LEVELS: Final = 22
_STUFF_LEAST: Final = 0.85
_STUFF_ENDS: Final = 0.5
_STUFF_OFF: Final = 0.03
_TRIES: Final = 6


@dataclass(frozen=True, slots=True)
class Lines:
    """Straight lines: across = offset + slope * along; ``held``: edges seen up to each along."""

    slope: NDArray[np.float64]
    offset: NDArray[np.float64]
    held: NDArray[np.int32]  # lines x (length + 1)
    beside: NDArray[np.int32]  # the same for edges a few pixels beside

    def share(self, start: Any, end: Any, beside: bool = False) -> Any:
        """The part of each line's piece that has edges; pieces outside the window count as none."""
        held = self.beside if beside else self.held
        length = held.shape[1] - 1
        one = np.clip(np.rint(start), 0, length).astype(int)
        two = np.clip(np.rint(end), 0, length).astype(int)
        which = np.arange(len(self.slope)).reshape((-1,) + (1,) * (one.ndim - 1))
        seen = held[which, two] - held[which, one]
        return seen / np.maximum(1.0, np.asarray(end) - np.asarray(start))


@dataclass(frozen=True, slots=True)
class Edges:
    """Where edges are that run along, and their slopes: across x along."""

    here: Flags
    slope: Reals
    steep: Reals


def around(picture: Picture, box: Box) -> bool:
    """Whether four straight edges close about the face of an RGB picture."""
    window, face, whole = _window(picture, box)
    if min(window.shape[:2]) < 24 or face.width < 8:
        return False
    level, upright = _edges(window)
    x, y = (face.left + face.right) / 2, (face.top + face.bottom) / 2
    high, wide = face.height, face.width
    lowest = _lines(level, x, face.bottom + _BELOW[0] * high, face.bottom + _BELOW[1] * high)
    neck = lowest.share(
        np.full(len(lowest.slope), x - _UNDER * wide), np.full(len(lowest.slope), x + _UNDER * wide)
    )
    lowest = _only(lowest, neck >= _UNDER_LEAST)
    if not len(lowest.slope):
        return False
    left = _lines(upright, y, 0, face.left - _BESIDE * wide)
    right = _lines(upright, y, face.right + _BESIDE * wide, window.shape[1])
    feet = [
        (bottom, lefts, rights)
        for bottom in (_only(lowest, slice(at, at + 1)) for at in range(len(lowest.slope)))
        if len((lefts := _only(left, _ends_at(bottom, left, -1))).slope)
        and len((rights := _only(right, _ends_at(bottom, right, 1))).slope)
    ]
    if not feet:
        return False
    top = _lines(level, x, face.top - _ABOVE[1] * high, face.top - _ABOVE[0] * high)
    border = _border(window.shape[1])
    return any(
        _closes(window, foot, top, wide, False)
        or (whole and _closes(window, foot, border, wide, True))
        for foot in feet
    )


def _window(picture: Picture, box: Box) -> tuple[Reals, Box, bool]:
    """The part about the face, smaller; the face there; whether it begins at the picture's top.

    A film's black bars are no part of it.
    """
    inner = _without_bars(picture, box)
    reach = round(_REACH * box.width)
    x, y = (box.left + box.right) // 2, (box.top + box.bottom) // 2
    cut = Box(
        max(inner.left, x - reach), max(inner.top, y - reach),
        min(inner.right, x + reach), min(inner.bottom, y + reach),
    )  # fmt: skip
    by = max(1, -(-max(cut.width, cut.height) // _WORK_PX))
    high, wide = max(0, cut.height // by), max(0, cut.width // by)
    part = picture[cut.top : cut.top + high * by, cut.left : cut.left + wide * by]
    small = np.zeros((high, wide, 3), np.float32)
    for row in range(by):
        for column in range(by):
            small += part[row::by, column::by]
    small /= by * by
    moved = box.moved(-cut.left, -cut.top)
    face = Box(moved.left // by, moved.top // by, moved.right // by, moved.bottom // by)
    return small, face, cut.top == inner.top


def _without_bars(picture: Picture, box: Box) -> Box:
    """The picture without black rows and columns at its borders, up to the face."""
    high, wide = picture.shape[:2]
    rows, columns = picture[::4], np.ascontiguousarray(picture[:, ::4].transpose(1, 0, 2))
    across, down = rows.max((0, 2)) > _BLACK, columns.max((0, 2)) > _BLACK
    left, top = (int(np.argmax(one)) for one in (across, down))
    right, bottom = (len(one) - 1 - int(np.argmax(one[::-1])) for one in (across, down))
    return box.within(wide, high).around(Box(left, top, right, bottom))


def _edges(window: Reals) -> tuple[Edges, Edges]:
    """Level edges, and upright ones of the window turned over; thin: the steepest of each slope."""
    wide = np.pad(window, ((1, 1), (1, 1), (0, 0)), "edge")
    flat = (wide[:-2] + 2 * wide[1:-1] + wide[2:]) / 4
    soft = (flat[:, :-2] + 2 * flat[:, 1:-1] + flat[:, 2:]) / 4
    down, across = np.gradient(soft, axis=0), np.gradient(soft, axis=1)
    strongest = (down**2 + across**2).argmax(2)[..., None]  # colours count as well as light
    steepest = [np.take_along_axis(one, strongest, 2)[..., 0] for one in (down, across)]
    return _thin(*steepest), _thin(steepest[1].T, steepest[0].T)


def _thin(over: Reals, along: Reals) -> Edges:
    steep = np.abs(over)
    here = np.zeros(over.shape, bool)
    middle = steep[1:-1]
    here[1:-1] = (middle > _EDGE_LEAST) & (middle >= steep[:-2]) & (middle > steep[2:])
    slope = np.where(here, -along / np.where(here, over, 1), 9).astype(np.float32)
    here &= np.abs(slope) <= _SLOPE_MOST + _SLOPE_NEAR
    here[:, :1] = here[:, -1:] = False
    return Edges(here, slope, steep)


def _lines(edges: Edges, middle: float, start: float, end: float) -> Lines:
    """The lines with the most edges that pass the middle between start and end."""
    across, along = np.nonzero(edges.here)
    slopes = edges.slope[across, along]
    steps = np.arange(-_SLOPE_MOST, _SLOPE_MOST + 0.001, _SLOPE_STEP)
    first = int(max(0, start))
    bins = int(min(edges.here.shape[0], end)) - first
    if bins < 3:
        return _measured(edges, np.zeros((0, 2)), middle)
    votes = np.zeros((len(steps), bins + 2))
    for row, slope in enumerate(steps):
        near = np.abs(slopes - slope) <= _SLOPE_NEAR
        cross = np.rint(across[near] - slope * (along[near] - middle)).astype(int) - first
        cross = cross[(cross >= 0) & (cross < bins)]
        votes[row, 1:-1] = np.bincount(cross, minlength=bins)
    votes[:, 1:-1] = votes[:, :-2] + votes[:, 1:-1] + votes[:, 2:]
    votes[:, [0, -1]] = 0
    found = []
    for _ in range(_LINES):
        row, at = divmod(int(votes.argmax()), votes.shape[1])
        if votes[row, at] < _EDGES_LEAST:
            break
        found.append((steps[row], first + at - 1))
        votes[max(0, row - 2) : row + 3, max(0, at - 2) : at + 3] = 0
    return _measured(edges, np.array(found).reshape(-1, 2), middle)


def _measured(edges: Edges, found: NDArray[np.float64], middle: float) -> Lines:
    """Each line laid through its own edges, and where along it there are some."""
    length = edges.here.shape[1]
    along = np.arange(length)
    slopes, offsets, held, beside = [], [], [], []
    for guess, at in found:
        slope, offset = guess, at - guess * middle
        for reach in (3, 2):
            seen, where = _along(edges, slope, offset, reach)
            if seen.sum() >= _EDGES_LEAST:
                slope, offset = _fitted(along[seen], where[seen])
        seen, where = _along(edges, slope, offset, 1)
        own = edges.steep[where[seen], along[seen]]
        least = _AS_STEEP * float(np.median(own)) if len(own) else 0.0
        slopes.append(slope)
        offsets.append(offset)
        held.append(seen)
        beside.append(_along(edges, slope, offset, _BESIDE_PX, least)[0])
    return Lines(
        np.array(slopes), np.array(offsets), _summed(held, length), _summed(beside, length)
    )


def _fitted(along: Any, across: Any) -> tuple[float, float]:
    """Slope and offset of the straight line nearest to points, by least squares."""
    middle, level = along.mean(), across.mean()
    off = along - middle
    slope = float(off @ (across - level)) / max(1.0, float(off @ off))
    return slope, level - slope * middle


def _summed(seen: list[Flags], length: int) -> NDArray[np.int32]:
    rows = np.array(seen, np.int32).reshape(len(seen), length)
    return np.concatenate([np.zeros((len(seen), 1), np.int32), rows.cumsum(1, np.int32)], 1)


def _along(
    edges: Edges, slope: float, offset: float, reach: int, least: float = 0.0
) -> tuple[Flags, NDArray[np.int64]]:
    """For each place along: whether an edge of such a slope is there, and where across."""
    high, length = edges.here.shape
    along = np.arange(length)
    ideal = offset + slope * along
    at = np.rint(ideal).astype(int)[:, None] + np.arange(-reach, reach + 1)
    inside = (at >= 0) & (at < high)
    at = np.clip(at, 0, high - 1)
    there = (at, along[:, None])
    fits = inside & edges.here[there] & (edges.steep[there] >= least)
    fits &= np.abs(edges.slope[there] - slope) <= _SLOPE_NEAR
    far = np.where(fits, np.abs(at - ideal[:, None]), 99)
    return fits.any(1), np.take_along_axis(at, far.argmin(1)[:, None], 1)[:, 0]


def _only(lines: Lines, which: Any) -> Lines:
    return Lines(lines.slope[which], lines.offset[which], lines.held[which], lines.beside[which])


def _border(length: int) -> Lines:
    """The picture's upper border in the place of an edge."""
    whole = np.arange(length + 1, dtype=np.int32)[None]
    return Lines(np.zeros(1), np.zeros(1), whole, whole)


def _meet(level: Lines, upright: Lines) -> tuple[Any, Any]:
    """Where level lines meet upright ones: x and y, level x upright."""
    slope, offset = level.slope[:, None], level.offset[:, None]
    y = (offset + slope * upright.offset) / (1 - slope * upright.slope)
    return upright.offset + upright.slope * y, y


def _ends_at(bottom: Lines, upright: Lines, side: int) -> Flags:
    """With which upright edges the lowest one makes a lower corner: both end there, squarely.

    A counter goes on beyond its corners, a door's posts go on below; a sheet ends.
    """
    x, y = _meet(bottom, upright)
    square = np.abs(upright.slope + bottom.slope) <= _ASKEW_MOST
    room = (y[0] + _ROOM_PX < upright.held.shape[1]) & (x[0] >= _ROOM_PX)
    room &= x[0] + _ROOM_PX < bottom.held.shape[1] - 1
    on = _goes_on(bottom, x, side)[0] | _goes_on(upright, y.T, 1)[:, 0]
    return np.asarray(square & room & ~on)


def _goes_on(lines: Lines, at: Any, side: int) -> Any:
    """Whether edges go on beyond a corner, as far as the window shows it; lines come first."""
    most = lines.held.shape[1] - 1
    ends = np.clip(at + side * _BEYOND_PX[0], 0, most), np.clip(at + side * _BEYOND_PX[1], 0, most)
    return lines.share(np.minimum(*ends), np.maximum(*ends), True) > _ON_MOST


def _closes(
    window: Reals, foot: tuple[Lines, Lines, Lines], top: Lines, wide: float, cut: bool
) -> bool:
    """Whether the lowest edge and two that stand on it are closed by any above.

    ``cut``: what is above is the picture's own border.
    """
    bottom, left, right = foot
    (low_x, low_y), (low_u, low_v) = _meet(bottom, left), _meet(bottom, right)
    (top_x, top_y), (top_u, top_v) = _meet(top, left), _meet(top, right)
    starts, ends = np.meshgrid(low_x[0], low_u[0], indexing="ij")
    tops, top_ends = np.broadcast_arrays(top_x[:, :, None], top_u[:, None])
    seen = np.stack(np.broadcast_arrays(  # of each edge: top x left x right
        _inner(top, tops, top_ends),
        _inner(left, top_y.T, low_y.T).T[:, :, None],
        _inner(right, top_v.T, low_v.T).T[:, None],
        _inner(bottom, starts[None], ends[None]),
    ))  # fmt: skip
    fine = (seen[:3] >= (_CUT_LEAST if cut else _SIDE_LEAST)).all(0) & (seen[3] >= _LOWEST_LEAST)
    fine &= (ends - starts >= _WIDE_LEAST * wide) & (top_ends - tops >= _WIDE_LEAST * wide)
    fine &= np.abs(left.slope[:, None] - right.slope) <= _ASKEW_MOST
    fine &= (np.abs(top.slope - bottom.slope) <= _ASKEW_MOST)[:, None, None]
    if not cut:  # above, one of the four may run into something behind
        on = _goes_on(left, top_y.T, -1).T.astype(int) + _goes_on(top, top_x, -1)
        also = _goes_on(right, top_v.T, -1).T.astype(int) + _goes_on(top, top_u, 1)
        fine &= on[:, :, None] + also[:, None] <= 1
    feet = [tuple(at) for at in np.argwhere(fine.any(0))[:_TRIES]]
    return any(_one_stuff(window, bottom, starts[at], ends[at]) for at in feet)


def _one_stuff(window: Reals, bottom: Lines, start: float, end: float) -> bool:
    """Whether one colour runs along the lowest edge, above or below it: a border, a table."""
    off = _STUFF_OFF * (end - start)
    x = np.arange(round(start + off), round(end - off))
    x = x[(x >= 0) & (x < window.shape[1])]
    for beside in _STRIPS_PX:
        y = bottom.offset + bottom.slope * x + beside
        if y.max() >= window.shape[0] or y.min() < 0 or len(x) < 18:
            continue
        strip = window[np.rint(y).astype(int), x]
        which, off_by = np.ones(len(x), bool), np.zeros(len(x))
        for _ in range(3):  # light falls off along it: a slope, from whatever lies near it
            fits = [_fitted(x[which], strip[which, colour]) for colour in range(3)]
            ideal = np.stack([slope * x + offset for slope, offset in fits], 1)
            off_by = np.abs(strip - ideal).max(1)
            which = off_by <= np.quantile(off_by, 0.8)
        same, end_px = off_by <= _STUFF_LEVELS, len(x) // 9
        if (
            same.mean() >= _STUFF_LEAST
            # Also at both ends: a broad back hides nearly all of a frame's lower edge.
            and min(same[:end_px].mean(), same[-end_px:].mean()) >= _STUFF_ENDS
        ):
            return True
    return False


def _inner(lines: Lines, start: Any, end: Any) -> Any:
    off = _CORNER * (end - start)
    return lines.share(start + off, end - off)
