"""Plots as PNG: lines over logarithmic axes, and two distributions. Drawn with Pillow alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hub.faces.curves import Comparisons

SIZE: Final = (960, 640)
_FRAME: Final = (90, 50, 700, 570)
# Told apart by people who see no red or green as well.
_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_INK: Final = "#222222"
_PALE: Final = "#dddddd"
_LOWEST: Final = 1e-6


def trade_off(
    title: str, axes: tuple[str, str], lines: Mapping[str, Sequence[tuple[float, float]]]
) -> bytes:
    """Two error rates against each other, both axes logarithmic; as PNG."""
    image, pen = _sheet(title, axes)
    left, top, right, bottom = _FRAME
    for power in range(-6, 1):
        x = left + (power + 6) / 6 * (right - left)
        y = bottom - (power + 6) / 6 * (bottom - top)
        pen.line([(x, top), (x, bottom)], fill=_PALE)
        pen.line([(left, y), (right, y)], fill=_PALE)
        pen.text((x - 12, bottom + 6), f"1e{power}", fill=_INK, font=_font(13))
        pen.text((left - 42, y - 8), f"1e{power}", fill=_INK, font=_font(13))

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x, y = (math.log10(min(1.0, max(_LOWEST, one))) / 6 + 1 for one in point)
        return left + x * (right - left), bottom - y * (bottom - top)

    for number, (name, points) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        if len(points) > 1:
            pen.line([place(one) for one in points], fill=colour, width=2, joint="curve")
        _legend(pen, number, name, colour)
    return _png(image)


def distributions(title: str, comparisons: Comparisons) -> bytes:
    """How far one's own pictures and those of two people lie apart; as PNG."""
    image, pen = _sheet(title, ("distance", "share"))
    left, top, right, bottom = _FRAME
    widest = 1.2
    edges = np.linspace(0, widest, 61)
    genuine, _ = np.histogram(comparisons.genuine, edges, weights=comparisons.weights)
    impostor, _ = np.histogram(comparisons.impostor, edges)
    shares = (("one person", genuine), ("two people", impostor / max(1, impostor.sum())))
    highest = max(1e-9, *(float(share.max()) for _, share in shares))
    for step in range(7):
        x = left + step / 6 * (right - left)
        pen.line([(x, top), (x, bottom)], fill=_PALE)
        pen.text((x - 10, bottom + 6), f"{widest * step / 6:.1f}", fill=_INK, font=_font(13))
    for number, (name, share) in enumerate(shares):
        colour = _COLOURS[number]
        points = [
            (left + (index + 0.5) / len(share) * (right - left),
             bottom - float(one) / highest * (bottom - top))
            for index, one in enumerate(share)
        ]  # fmt: skip
        pen.line(points, fill=colour, width=2, joint="curve")
        _legend(pen, number, name, colour)
    return _png(image)


def _sheet(title: str, axes: tuple[str, str]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", SIZE, "white")
    pen = ImageDraw.Draw(image)
    pen.text((_FRAME[0], 14), title, fill=_INK, font=_font(18))
    pen.text(((_FRAME[0] + _FRAME[2]) / 2 - 20, _FRAME[3] + 34), axes[0], fill=_INK, font=_font(15))
    pen.text((8, _FRAME[1] - 24), axes[1], fill=_INK, font=_font(15))
    pen.rectangle(_FRAME, outline=_INK)
    return image, pen


def _legend(pen: ImageDraw.ImageDraw, number: int, name: str, colour: str) -> None:
    y = _FRAME[1] + 22 * number
    pen.line([(_FRAME[2] + 14, y + 8), (_FRAME[2] + 38, y + 8)], fill=colour, width=3)
    pen.text((_FRAME[2] + 46, y), name[:26], fill=_INK, font=_font(13))


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)


def _png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
