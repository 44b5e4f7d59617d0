"""The porch before the town's camera, drawn: empty, with somebody, or with a photo held up.

People are those of ``simulators.drawn``: nobody's faces. Pure: who, how and when come in.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

from simulators.drawn import Colour, Pose, portrait

SIZE: Final = (640, 480)
FACE_PX: Final = 140  # about what a camera beside a door sees of somebody at its reader
PHOTO_FACE_PX: Final = 112
DESK_FACE_PX: Final = 180  # at the desk people sit nearer
SHOTS: Final = 4  # looks of one person that differ a little, so that no two frames are the same
WALL: Final[Colour] = (178, 172, 160)
_WOOD: Final[Colour] = (121, 84, 52)
_SKIN: Final[Colour] = (214, 176, 148)
_QUALITY: Final = 88
_BORDER_PX: Final = 12


@dataclass(frozen=True, slots=True)
class Drawn:
    """Somebody of ``simulators.drawn``, and what tells them apart from the others."""

    seed: int
    looks: frozenset[str]
    tall: float  # a long face, or a round one


PEOPLE: Final = {  # the engine tells these three apart by far; of most drawn people it does not
    "elder": Drawn(7, frozenset({"long"}), 1.16),
    "carer": Drawn(14, frozenset(), 1.16),
    "stranger": Drawn(19, frozenset({"beard", "glasses"}), 0.9),
}


@lru_cache(maxsize=1)
def _empty() -> Image.Image:
    image = Image.new("RGB", SIZE, WALL)
    pen = ImageDraw.Draw(image)
    for row in range(SIZE[1]):  # light falls from above
        shade = round(16 * (1 - row / SIZE[1])) - 8
        red, green, blue = (part + shade for part in WALL)
        pen.line((0, row, SIZE[0], row), fill=(red, green, blue))
    pen.rectangle((0, 40, 118, SIZE[1]), fill=_WOOD)
    pen.rectangle((14, 58, 104, 250), outline=(96, 64, 38), width=4)
    pen.rectangle((14, 270, 104, 460), outline=(96, 64, 38), width=4)
    pen.ellipse((94, 250, 110, 266), fill=(206, 182, 118))
    pen.rectangle((540, 300, 604, 420), fill=(70, 78, 84))  # a letter box
    pen.line((552, 322, 592, 322), fill=(38, 42, 46), width=5)
    return image


@lru_cache(maxsize=64)
def _drawn(who: str, face_px: int, tenths: int, shot: int) -> Image.Image:
    drawn = PEOPLE[who]
    pose = Pose(face_px, turn=tenths / 10, shot=shot, looks=drawn.looks)
    person = portrait(drawn.seed, pose, WALL)
    return person.resize((person.width, round(person.height * drawn.tall)))


@lru_cache(maxsize=4)
def _soft_edge(size: tuple[int, int]) -> Image.Image:
    """Somebody's wall runs into the porch's own."""
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rectangle((26, 26, size[0] - 26, size[1]), fill=255)
    return mask.filter(ImageFilter.GaussianBlur(13))


def empty() -> bytes:
    """Nobody is there."""
    return as_jpeg(_empty())


def somebody(who: str, turn: float, at_s: float) -> bytes:
    """A living person: never quite still. ``turn`` -1..1, negative to the picture's left."""
    image = _empty().copy()
    shot = int(at_s * 4) % SHOTS if not turn else 0
    person = _drawn(who, FACE_PX, round(turn * 10), shot)
    left = (SIZE[0] - person.width) // 2 + round(4 * math.sin(at_s * 2.1))
    top = SIZE[1] - person.height + 6 + round(3 * math.sin(at_s * 1.3))
    image.paste(person, (left, top), _soft_edge(person.size))
    return as_jpeg(image)


def prepare(who: str, turns: Sequence[float]) -> None:
    """Draw somebody ahead: a pose takes a tenth of a second, and a camera would stand still."""
    for turn in turns:
        somebody(who, turn, 0.0)
    for shot in range(SHOTS):
        somebody(who, 0.0, shot / 4)


def photo_of(who: str, at_s: float) -> bytes:
    """A print in somebody's hand, waved and tilted as one does: its face always looks ahead."""
    print_of = _drawn(who, PHOTO_FACE_PX, 0, 0)
    sheet = Image.new("RGB", (print_of.width + 2 * _BORDER_PX, print_of.height + 2 * _BORDER_PX),
                      (246, 244, 238))  # fmt: skip
    sheet.paste(print_of, (_BORDER_PX, _BORDER_PX))
    whole = sheet.convert("RGBA").rotate(
        4 * math.sin(at_s * 1.7), Image.Resampling.BICUBIC, expand=True
    )
    image = _empty().copy()
    left = (SIZE[0] - whole.width) // 2 + round(9 * math.sin(at_s * 1.1))
    top = 70 + round(6 * math.sin(at_s * 1.9))
    _sleeve(image, left + whole.width // 2, top + whole.height)
    image.paste(whole, (left, top), whole)
    _thumb(image, left + whole.width // 2, top + whole.height)
    return as_jpeg(image)


def _sleeve(image: Image.Image, across: int, down: int) -> None:
    pen = ImageDraw.Draw(image)
    edge = SIZE[1]
    pen.polygon(
        [(across - 26, down - 24), (across + 26, down - 24), (across + 74, edge), (across, edge)],
        fill=(62, 84, 108),
    )
    pen.ellipse((across - 34, down - 40, across + 38, down + 26), fill=_SKIN)


def _thumb(image: Image.Image, across: int, down: int) -> None:
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((across - 13, down - 38, across + 13, down + 14), 13, fill=_SKIN)
    pen.rounded_rectangle((across - 8, down - 34, across + 8, down - 20), 7, fill=(232, 204, 184))


def at_desk(who: str, shot: int) -> bytes:
    """A photo that the desk takes of somebody drawn; another ``shot``, another look."""
    return as_jpeg(_drawn(who, DESK_FACE_PX, 0, shot))


def as_jpeg(image: Image.Image) -> bytes:
    """The picture as a camera sends it."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
