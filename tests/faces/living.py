"""Living people in places that are full of straight edges, and none of them is a reproduction."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from hub.faces.geometry import Box
from simulators.drawn import Colour, Pose, portrait
from tests.faces.copies import SIZES, Scene, photographed, room

Cutout = tuple[Image.Image, Box]
_GROUNDS: Final[tuple[Colour, Colour]] = ((0, 0, 0), (255, 255, 255))


def cut_out(seed: int, face_px: int) -> Cutout:
    """Somebody drawn, without what is behind: two grounds tell how much of a pixel is theirs."""
    dark, bright = (portrait(seed, Pose(face_px), one) for one in _GROUNDS)
    between = np.asarray(bright, np.float32) - np.asarray(dark, np.float32)
    alpha = np.clip(1 - between.max(2) / max(1.0, float(between.max())), 0, 1)
    colour = np.asarray(dark, np.float32) / np.maximum(alpha, 0.05)[..., None]
    whole = np.dstack([np.clip(colour, 0, 255), 255 * alpha]).astype(np.uint8)
    image = Image.fromarray(whole, "RGBA")
    across, down = image.width / 2, image.height / 2
    return image, Box(round(across - 0.5 * face_px), round(down - 0.42 * face_px),
                      round(across + 0.5 * face_px), round(down + 0.58 * face_px))  # fmt: skip


def _colour(luck: random.Random) -> Colour:
    return luck.randint(20, 235), luck.randint(20, 235), luck.randint(20, 235)


def _behind(pen: ImageDraw.ImageDraw, at: tuple[float, float, float, float],
            luck: random.Random) -> None:  # fmt: skip
    """A frame: something within, a moulding round it."""
    pen.rectangle(at, fill=_colour(luck), outline=_colour(luck), width=luck.randint(4, 14))


def picture_behind(image: Image.Image, box: Box, luck: random.Random) -> None:
    """A framed picture, a screen or a notice board on the wall right behind the head."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    left, right = (luck.uniform(0.75, 2.5) * box.width for _ in range(2))
    up, below = luck.uniform(0.9, 2) * box.height, luck.uniform(0.55, 1.4) * box.height
    _behind(ImageDraw.Draw(image), (x - left, y - up, x + right, y + below), luck)


def doorway(image: Image.Image, box: Box, luck: random.Random) -> None:
    """A door's frame round the person, down to the floor."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    half, up = luck.uniform(1.1, 2.2) * box.width, luck.uniform(0.9, 2) * box.height
    pen = ImageDraw.Draw(image)
    _behind(pen, (x - half, y - up, x + half, image.height + 30), luck)
    if luck.random() < 0.5:  # panels
        _behind(pen, (x - half * 0.8, y - up * 0.8, x + half * 0.8, y + 1.2 * box.height), luck)


def window(image: Image.Image, box: Box, luck: random.Random) -> None:
    """A bright window with bars and a sill."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    half, up = luck.uniform(1, 2.5) * box.width, luck.uniform(0.8, 2) * box.height
    low = y + luck.uniform(0.6, 1.5) * box.height
    pen = ImageDraw.Draw(image)
    pen.rectangle((x - half, y - up, x + half, low), fill=(235, 240, 245), outline=(90, 80, 70),
                  width=8)  # fmt: skip
    for part in (luck.uniform(0.2, 0.4), luck.uniform(0.6, 0.8)):
        pen.line((x - half + 2 * half * part, y - up, x - half + 2 * half * part, low),
                 fill=(110, 100, 90), width=7)  # fmt: skip
    pen.rectangle((x - 1.15 * half, low, x + 1.15 * half, low + 10), fill=(210, 205, 200))


def tiles(image: Image.Image, box: Box, luck: random.Random) -> None:
    """A tiled wall, square or like bricks, or shelves full of books, or blinds."""
    pen, unit = ImageDraw.Draw(image), round(luck.uniform(0.3, 1.2) * box.width)
    kind, line = luck.choice(("tiles", "bricks", "books", "blinds")), _colour(luck)
    for row, y in enumerate(range(luck.randrange(unit), image.height, unit)):
        pen.line((0, y, image.width, y), fill=line, width=4)
        if kind == "blinds":
            pen.line((0, y + unit // 2, image.width, y + unit // 2), fill=line, width=6)
            continue
        shift = unit // 2 * (row % 2) if kind == "bricks" else 0
        x = shift
        while x < image.width:
            step = unit if kind != "books" else luck.randint(unit // 8, unit // 3)
            if kind == "books":
                pen.rectangle((x, y + 6, x + step, y + unit), fill=_colour(luck))
            pen.line((x, y, x, y + unit), fill=line, width=3)
            x += step
    assert kind


def plain(image: Image.Image, box: Box, luck: random.Random) -> None:
    """The wall alone."""
    del image, box, luck


def _torso(image: Image.Image, box: Box, luck: random.Random) -> None:
    """Down to the picture's lower edge: plain, striped, chequered, a jacket with a shirt."""
    unit, x = box.width, (box.left + box.right) / 2
    top, low = box.bottom + luck.uniform(0.1, 0.25) * unit, image.height + 5
    half = luck.uniform(0.95, 1.3) * unit
    mask = Image.new("L", image.size, 0)
    pen = ImageDraw.Draw(mask)
    drop = luck.uniform(0.2, 0.45) * unit  # shoulders slope
    pen.polygon(((x - 0.26 * unit, top), (x - 0.8 * half, top + drop), (x - half, top + 2 * drop),
                 (x - half, low), (x + half, low), (x + half, top + 2 * drop),
                 (x + 0.8 * half, top + drop), (x + 0.26 * unit, top)), fill=255)  # fmt: skip
    cloth = Image.new("RGB", image.size, _colour(luck))
    on, step = ImageDraw.Draw(cloth), max(8, round(luck.uniform(0.1, 0.35) * unit))
    other, kind = _colour(luck), luck.choice(("plain", "stripes", "checks", "jacket", "upright"))
    if kind in ("stripes", "checks"):
        for y in range(round(top), image.height, step):
            on.rectangle((0, y, image.width, y + step // 2), fill=other)
    if kind in ("upright", "checks"):
        for at in range(0, image.width, step):
            on.rectangle((at, 0, at + step // 3, image.height), fill=other)
    if kind == "jacket":
        on.polygon((x - 0.3 * unit, top, x + 0.3 * unit, top, x, top + unit), fill=(240, 240, 240))
    image.paste(cloth, (0, 0), mask)
    if luck.random() < 0.3:  # a necklace, or a boat-neck collar
        chain = (x - 0.4 * unit, top - 0.5 * unit, x + 0.4 * unit, top + 0.2 * unit)
        ImageDraw.Draw(image).arc(chain, 10, 170, fill=other, width=5)


def _counter(image: Image.Image, box: Box, luck: random.Random) -> None:
    """The desk's edge before the person, from one side of the picture to the other."""
    y = box.bottom + luck.uniform(0.6, 1.6) * box.height
    lift = luck.uniform(-0.04, 0.04) * image.width
    pen = ImageDraw.Draw(image)
    pen.polygon((0, y - lift, image.width, y + lift, image.width, image.height + 90, 0,
                 image.height + 90), fill=_colour(luck))  # fmt: skip
    pen.line((0, y - lift + 14, image.width, y + lift + 14), fill=_colour(luck), width=6)


def _leant(image: Image.Image, luck: random.Random) -> Image.Image:
    """What is behind, a little askew, as a camera is held."""
    wide, high = image.size
    leant = image.rotate(luck.gauss(0, 1.5), Image.Resampling.BICUBIC)
    return leant.crop((wide // 20, high // 20, wide - wide // 20, high - high // 20)).resize(
        (wide, high)
    )


def cut_roughly(picture: Image.Image, box: Box) -> Cutout:
    """Somebody photographed, about the head and down the shoulders: a rim of what was behind."""
    mask = Image.new("L", picture.size, 0)
    pen, unit, x = ImageDraw.Draw(mask), box.width, (box.left + box.right) / 2
    pen.ellipse((x - 0.62 * unit, box.top - 0.42 * unit, x + 0.62 * unit, box.bottom + 0.2 * unit),
                fill=255)  # fmt: skip
    low = picture.height + 9
    half, wide, drop = 0.35 * unit, 1.2 * unit, box.bottom + 0.7 * unit
    body = [(x - half, box.bottom), (x + half, box.bottom), (x + wide, drop),
            (x + 1.3 * unit, low), (x - 1.3 * unit, low), (x - wide, drop)]  # fmt: skip
    pen.polygon(body, fill=255)
    whole = picture.convert("RGB")
    whole.putalpha(mask.filter(ImageFilter.GaussianBlur(0.01 * unit)))
    return whole, box


def stand(seed: int, place: Place, luck: random.Random, counter: bool = False) -> Scene:
    """Somebody drawn in such a place, dressed by lot."""
    size = luck.choice(SIZES)
    face_px = round(min(size) * luck.uniform(0.2, 0.4))
    person, box = cut_out(seed, face_px)
    left = round((size[0] - person.width) * luck.uniform(0.35, 0.65))
    most = size[1] - person.height
    top = round(most * luck.uniform(0.3, 1)) if most > 0 else most
    image = _at(place, size, box.moved(left, top), luck)
    _torso(image, box.moved(left, top), luck)
    # The neck and head over the clothes, not the cartoon's own shoulders.
    head = person.crop((0, 0, person.width, round(person.height / 2 + 0.8 * face_px)))
    image.paste(head, (left, top), head)
    if counter:
        _counter(image, box.moved(left, top), luck)
    return photographed(image, luck), box.moved(left, top)


def put(somebody: Cutout, place: Place, luck: random.Random, counter: bool = False) -> Scene:
    """Somebody photographed in such a place; they reach to the picture's lower edge."""
    size = luck.choice(SIZES)
    person, box = somebody
    scale = size[1] * luck.uniform(0.2, 0.35) / box.height
    person = person.resize((round(person.width * scale), round(person.height * scale)))
    box = Box(*(round(one * scale) for one in (box.left, box.top, box.right, box.bottom)))
    left = round(size[0] * luck.uniform(0.4, 0.6) - (box.left + box.right) / 2)
    top = round(size[1] * luck.uniform(0.25, 0.4)) - box.top
    top = max(top, size[1] - person.height)
    image = _at(place, size, box.moved(left, top), luck)
    image.paste(person, (left, top), person)
    if counter:
        _counter(image, box.moved(left, top), luck)
    return photographed(image, luck), box.moved(left, top)


def _at(place: Place, size: tuple[int, int], box: Box, luck: random.Random) -> Image.Image:
    image = room(size, luck)
    place(image, box, luck)
    image = _leant(image, luck)
    if luck.random() < 0.6:  # what is behind is out of focus
        image = image.filter(ImageFilter.GaussianBlur(luck.uniform(0.5, 2)))
    return image


Place = Callable[[Image.Image, Box, random.Random], None]
PLACES: Final[dict[str, Place]] = {
    "plain": plain, "picture": picture_behind, "doorway": doorway, "window": window,
    "tiles": tiles,
}  # fmt: skip
