"""People drawn by lot: portraits of nobody, which face detectors take for faces.

For the town's cameras, the benchmarks and the tests: no photograph of a person is needed. The same
seed is the same person; pose, size and light are given. They are cartoons: how well an encoder
tells people apart is not learnt from them.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

_OVER = 4  # drawn larger and shrunk: soft edges
_NOISE_SHARE = 0.03
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Pose:
    """How somebody stands before the camera: face width in pixels, head turn -1..1, light."""

    width_px: int = 120
    turn: float = 0.0
    light: float = 1.0
    shot: int = 0  # another look of the same person: noise and small shifts
    looks: frozenset[str] = frozenset()  # "beard", "glasses", "long": people grow less alike


def portrait(seed: int, pose: Pose | None = None, ground: Colour | None = None) -> Image.Image:
    """One person, head and shoulders, 2 x 2.2 face widths; behind them their own grey, or one."""
    how = pose or Pose()
    person, shot = random.Random(f"{seed}"), random.Random(f"{seed} {how.shot}")
    face_px = how.width_px * _OVER
    size = (2 * face_px, round(2.2 * face_px))
    tone = person.uniform(0.9, 1.12)
    skin = tuple(round(part * tone) for part in (205, 165, 136))
    hair = (person.randint(15, 60),) * 3
    behind = tuple(person.randint(90, 190) for _ in range(3))
    image = Image.new("RGB", size, ground or behind)
    drawer = _Drawer(ImageDraw.Draw(image), face_px, size[0] / 2, size[1] / 2, how.turn)
    if "long" in how.looks:
        drawer.oval(0, 0.12, 1.5, 1.75, hair)
    drawer.head(person, (skin[0], skin[1], skin[2]), hair)
    eyes_y = drawer.eyes(person, (skin[0], skin[1], skin[2]), hair)
    if "beard" in how.looks:
        drawer.beard(hair)
    drawer.nose_and_mouth(person, (skin[0], skin[1], skin[2]), eyes_y)
    if "glasses" in how.looks:
        drawer.glasses(eyes_y)
    image = image.filter(ImageFilter.GaussianBlur(0.012 * face_px))
    small = image.resize((size[0] // _OVER, size[1] // _OVER), Image.Resampling.LANCZOS)
    lit = ImageEnhance.Brightness(small).enhance(how.light * shot.uniform(0.95, 1.05))
    noise = Image.frombytes("RGB", lit.size, shot.randbytes(lit.width * lit.height * 3))
    return Image.blend(lit, noise, _NOISE_SHARE * min(1.0, how.light))


@dataclass(frozen=True, slots=True)
class _Drawer:
    """Draws in units of a face's width about the middle of the face."""

    on: ImageDraw.ImageDraw
    unit: int
    x: float
    y: float
    turn: float

    def oval(self, x: float, y: float, wide: float, high: float, colour: Colour) -> None:
        u = self.unit
        left, top = self.x + (x - wide / 2) * u, self.y + (y - high / 2) * u
        self.on.ellipse((left, top, left + wide * u, top + high * u), fill=colour)

    def line(self, points: list[tuple[float, float]], colour: Colour, wide: float) -> None:
        at = [(self.x + x * self.unit, self.y + y * self.unit) for x, y in points]
        self.on.line(at, fill=colour, width=max(1, round(wide * self.unit)), joint="curve")

    def head(self, person: random.Random, skin: Colour, hair: Colour) -> None:
        high = person.uniform(1.3, 1.42)
        self.oval(0, -0.12, 1.16, high * 1.12, hair)
        self.oval(0, 0.68, 0.44, 0.7, shade(skin, 0.72))
        self.oval(0, 1.25, 1.9, 0.9, (person.randint(30, 160), person.randint(30, 160), 90))
        self.oval(0, 0, 1.0, high, shade(skin, 0.96))
        self.oval(0, -0.1, 0.86, high * 0.8, shade(skin, 1.04))
        self.oval(0, -high * 0.47, 0.9, 0.3, hair)

    def eyes(self, person: random.Random, skin: Colour, hair: Colour) -> float:
        y, apart = -person.uniform(0.10, 0.14), person.uniform(0.20, 0.23)
        wide, high = person.uniform(0.17, 0.21), person.uniform(0.07, 0.095)
        brow, thick = person.uniform(0.10, 0.125), person.uniform(0.025, 0.045)
        for side in (-1, 1):
            x = 0.25 * self.turn + side * apart * (1 - 0.25 * abs(self.turn))
            self.oval(x, y, wide * 1.55, high * 2.6, shade(skin, 0.78))
            self.oval(x, y, wide, high, (235, 232, 228))
            self.oval(x, y, high * 1.02, high * 1.02, (45, 30, 22))
            self.oval(x, y, high * 0.5, high * 0.5, (8, 6, 6))
            lid = [(x - wide / 2, y - 0.01), (x, y - high * 0.6), (x + wide / 2, y - 0.01)]
            self.line(lid, (35, 25, 20), 0.014)
            bow = [(x - wide * 0.62, y - brow + 0.02), (x, y - brow - 0.02),
                   (x + wide * 0.62, y - brow + 0.015)]  # fmt: skip
            self.line(bow, hair, thick)
        return y

    def beard(self, hair: Colour) -> None:
        x = 0.1 * self.turn
        self.oval(x, 0.47, 0.8, 0.44, shade(hair, 1.8))

    def glasses(self, eyes_y: float) -> None:
        middle, wide = 0.25 * self.turn, 0.3
        for side in (-1, 1):
            x = middle + side * 0.215 * (1 - 0.25 * abs(self.turn))
            rim = [(x + wide / 2 * math.cos(step / 8), eyes_y + wide / 2 * math.sin(step / 8))
                   for step in range(52)]  # fmt: skip
            self.line(rim, (28, 26, 30), 0.028)

    def nose_and_mouth(self, person: random.Random, skin: Colour, eyes_y: float) -> None:
        turned, nose_x = 0.25 * self.turn, 0.425 * self.turn
        length, half = person.uniform(0.20, 0.24), person.uniform(0.10, 0.14)
        y = eyes_y + length
        bridge = [(nose_x - half * 0.3, eyes_y + 0.02), (nose_x - half * 0.5, y)]
        self.line([(turned, eyes_y), (nose_x, y)], shade(skin, 0.98), 0.08)
        self.line(bridge, shade(skin, 0.84), 0.02)
        for side in (-1, 1):
            self.oval(nose_x + side * half * 0.5, y + 0.01, 0.05, 0.03, shade(skin, 0.4))
        under = [(nose_x - half * 0.8, y), (nose_x, y + 0.05), (nose_x + half * 0.8, y)]
        self.line(under, shade(skin, 0.62), 0.015)
        lips_y, wide = y + person.uniform(0.17, 0.20), person.uniform(0.30, 0.38)
        x = 0.275 * self.turn
        self.oval(x, lips_y - 0.01, wide, 0.07, (165, 85, 80))
        self.oval(x, lips_y + 0.028, wide * 0.75, 0.06, (180, 98, 92))
        self.line([(x - wide / 2, lips_y), (x + wide / 2, lips_y)], (90, 35, 35), 0.014)
        self.oval(x, lips_y + 0.12, 0.2, 0.03, shade(skin, 0.82))


def shade(colour: Colour, part: float) -> Colour:
    """A colour darker or lighter."""
    red, green, blue = (max(0, min(255, round(one * part))) for one in colour)
    return red, green, blue
