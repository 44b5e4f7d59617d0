"""Boxes and points of a face in a picture: pixels, origin at the top left, left as one sees it."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; right and bottom are the last ones inside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left + 1

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top + 1

    @property
    def area(self) -> int:
        """Pixels inside; 0 for a box turned inside out."""
        return max(0, self.width) * max(0, self.height)

    def moved(self, right: int, down: int) -> Box:
        """The box in a picture of which this one was a window."""
        return Box(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def grown(self, share: float) -> Box:
        """The box wider and taller by this share of itself, about its middle."""
        across, down = round(self.width * share / 2), round(self.height * share / 2)
        return Box(self.left - across, self.top - down, self.right + across, self.bottom + down)

    def within(self, width: int, height: int) -> Box:
        """The part inside a picture of this size."""
        return Box(
            max(0, self.left),
            max(0, self.top),
            min(width - 1, self.right),
            min(height - 1, self.bottom),
        )

    def around(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def overlap(self, other: Box) -> float:
        """Intersection over union."""
        both = Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )
        if both.width <= 0 or both.height <= 0:
            return 0.0
        return both.area / (self.area + other.area - both.area)


@dataclass(frozen=True, slots=True)
class Points:
    """Middle of both eyes and the nose's foot."""

    left_eye: Point
    right_eye: Point
    nose: Point


@dataclass(frozen=True, slots=True)
class Found:
    """A face a detector found; ``score`` is the detector's own and compares only with itself."""

    box: Box
    score: float
