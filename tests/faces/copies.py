"""Reproductions of a portrait as a camera would see them, and living people in awkward places.

Both made by lot, the same seed the same scene: no photograph of a person is needed. A scene is a
picture and where the face is in it.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from hub.faces.geometry import Box
from simulators.drawn import Pose, portrait

Scene = tuple[Image.Image, Box]
Corners = list[tuple[float, float]]
Colour = tuple[int, int, int]

SIZES: Final = ((640, 480), (480, 640), (960, 720), (720, 960))


@dataclass(frozen=True, slots=True)
class Face:
    """A portrait and where the detector sees its face."""

    image: Image.Image
    box: Box


def drawn(seed: int, face_px: int = 150) -> Face:
    """Somebody drawn, ears to ears and brow to chin as dlib boxes them."""
    image = portrait(seed, Pose(face_px))
    across, down = image.width / 2, image.height / 2
    box = Box(round(across - 0.5 * face_px), round(down - 0.42 * face_px),
              round(across + 0.5 * face_px), round(down + 0.58 * face_px))  # fmt: skip
    return Face(image, box)


def cropped(face: Face, luck: random.Random) -> Face:
    """Head and shoulders, as a portrait is cut."""
    box, image = face.box, face.image
    side, up, below = (luck.uniform(*one) for one in ((0.35, 0.8), (0.45, 0.8), (0.3, 1.0)))
    cut = Box(
        round(box.left - side * box.width), round(box.top - up * box.height),
        round(box.right + side * box.width), round(box.bottom + below * box.height),
    ).within(image.width, image.height)  # fmt: skip
    small = image.crop((cut.left, cut.top, cut.right + 1, cut.bottom + 1))
    return Face(small, box.moved(-cut.left, -cut.top))


# --- rooms -----------------------------------------------------------------------------------


def room(size: tuple[int, int], luck: random.Random) -> Image.Image:
    """A wall with light from one side, or a cluttered desk, or a grainy table."""
    wide, high = size
    tone = np.array([luck.randint(60, 210) for _ in range(3)], np.float32)
    tone = tone * 0.3 + tone.mean() * 0.7
    across, down = np.meshgrid(np.linspace(-1, 1, wide), np.linspace(-1, 1, high))
    light = 1 + luck.uniform(-0.15, 0.15) * across + luck.uniform(-0.15, 0.15) * down
    picture = tone * light[..., None]
    kind = luck.choice(("wall", "clutter", "table"))
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    if kind == "clutter":
        pen = ImageDraw.Draw(image)
        for _ in range(22):
            left, top = luck.randrange(wide), luck.randrange(high)
            shade = tuple(luck.randint(40, 220) for _ in range(3))
            reach = (left + luck.randint(20, wide // 3), top + luck.randint(20, high // 3))
            pen.rectangle(((left, top), reach), fill=shade)
        image = image.filter(ImageFilter.GaussianBlur(luck.uniform(0.5, 3)))
    if kind == "table":
        grain = np.random.default_rng(luck.randrange(2**32)).normal(0, 14, (high, 1, 1))
        picture = np.asarray(image, np.float32) + np.repeat(grain, wide, 1)
        image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
        image = image.rotate(luck.uniform(-40, 40), Image.Resampling.BICUBIC).resize(size)
        image = image.crop((wide // 5, high // 5, wide * 4 // 5, high * 4 // 5)).resize(size)
    return image


def photographed(image: Image.Image, luck: random.Random) -> Image.Image:
    """The lens's blur, the sensor's noise, and JPEG."""
    image = image.filter(ImageFilter.GaussianBlur(luck.uniform(0.4, 1.1)))
    noise = np.random.default_rng(luck.randrange(2**32))
    grain = noise.normal(0, luck.uniform(1, 5), (image.height, image.width, 3))
    picture = np.clip(np.asarray(image, np.float32) + grain, 0, 255).astype(np.uint8)
    return as_jpeg(Image.fromarray(picture), luck.randint(75, 95))


def as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    """The picture after it was a JPEG."""
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


# --- a card held before the camera -----------------------------------------------------------


def held(size: tuple[int, int], card: Face, luck: random.Random, share: float) -> Corners:
    """Where the card's corners lie in a picture: turned, tilted, ``share`` of its height."""
    wide, high = size
    scale = min(share * high / card.image.height, 0.92 * wide / card.image.width)
    turn = math.radians(luck.gauss(0, 6))
    tilt, lean = luck.gauss(0, 0.10), luck.gauss(0, 0.08)
    middle = (wide / 2 + luck.uniform(-0.06, 0.06) * wide,
              high / 2 + luck.uniform(-0.06, 0.02) * high)  # fmt: skip
    corners: Corners = []
    for across, down in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        x = across * card.image.width * scale / 2
        y = down * card.image.height * scale / 2
        near = 1 + tilt * across / 2 + lean * down / 2
        corners.append((middle[0] + near * (x * math.cos(turn) - y * math.sin(turn)),
                        middle[1] + near * (x * math.sin(turn) + y * math.cos(turn))))  # fmt: skip
    return corners


def homography(source: Corners, target: Corners) -> list[float]:
    """The eight numbers that take a point of ``target`` to one of ``source``."""
    rows, right = [], []
    for (u, v), (x, y) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return [float(one) for one in np.linalg.solve(np.array(rows), np.array(right))]


def placed(ground: Image.Image, card: Face, corners: Corners) -> Scene:
    """The card in the scene, with soft edges and a shadow, and its face's box there."""
    over = 2
    wide, high = card.image.size
    flat: Corners = [(0, 0), (wide, 0), (wide, high), (0, high)]
    large = [(x * over, y * over) for x, y in corners]
    size = (ground.width * over, ground.height * over)
    back = homography(flat, large)
    mask = (
        card.image.getchannel("A")
        if card.image.mode == "RGBA"
        else Image.new("L", (wide, high), 255)
    )
    bent = card.image.convert("RGB").transform(
        size, Image.Transform.PERSPECTIVE, back, Image.Resampling.BICUBIC
    )
    cover = mask.transform(size, Image.Transform.PERSPECTIVE, back, Image.Resampling.BILINEAR)
    bent, cover = (one.resize(ground.size, Image.Resampling.BOX) for one in (bent, cover))
    shadow = cover.filter(ImageFilter.GaussianBlur(8)).point(lambda one: one * 0.35)
    scene = ground.copy()
    scene.paste((0, 0, 0), (6, 8), shadow)
    scene.paste(bent, (0, 0), cover)
    there = homography(corners, flat)
    box = card.box
    ends = [_through(there, (x, y)) for x in (box.left, box.right) for y in (box.top, box.bottom)]
    across, down = sorted(x for x, _ in ends), sorted(y for _, y in ends)
    near, far = (
        (across[0] + across[1], down[0] + down[1]),
        (across[2] + across[3], down[2] + down[3]),
    )
    return scene, Box(*(round(one / 2) for one in near + far))


def _through(back: list[float], point: tuple[float, float]) -> tuple[float, float]:
    a, b, c, d, e, f, g, h = back
    x, y = point
    under = g * x + h * y + 1
    return (a * x + b * y + c) / under, (d * x + e * y + f) / under


def fingers(scene: Image.Image, corners: Corners, luck: random.Random) -> None:
    """A thumb over one edge, a tenth of it wide."""
    pen = ImageDraw.Draw(scene)
    at = luck.choice((1, 2, 3))  # right, bottom, left: nobody holds a sheet by its top
    one, two = corners[at], corners[(at + 1) % 4]
    part = luck.uniform(0.15, 0.85)
    x, y = one[0] + part * (two[0] - one[0]), one[1] + part * (two[1] - one[1])
    half = 0.05 * math.dist(one, two)
    pen.ellipse((x - half, y - 1.6 * half, x + half, y + 1.6 * half), fill=(205, 160, 132))


def bordered(face: Face, border: float, colour: Colour) -> Face:
    """A margin of this share of the width all round."""
    px = round(border * face.image.width)
    sheet = Image.new("RGB", (face.image.width + 2 * px, face.image.height + 2 * px), colour)
    sheet.paste(face.image, (px, px))
    return Face(sheet, face.box.moved(px, px))


def _shown(face: Face, card: Face, luck: random.Random, share: tuple[float, float]) -> Scene:
    size = luck.choice(SIZES)
    corners = held(size, card, luck, luck.uniform(*share))
    scene, box = placed(room(size, luck), card, corners)
    if luck.random() < 0.4:
        fingers(scene, corners, luck)
    return photographed(scene, luck), box


def print_of(face: Face, luck: random.Random) -> Scene:
    """A paper print with a white border, in a hand."""
    border = luck.choice((0.0, 0.03, 0.06, 0.12))
    white = luck.randint(225, 252)
    return _shown(face, bordered(cropped(face, luck), border, (white, white, white - 6)),
                  luck, (0.5, 0.92))  # fmt: skip


def phone(face: Face, luck: random.Random) -> Scene:
    """A phone that shows the portrait: black round it, rounded corners."""
    inner = cropped(face, luck)
    wide = inner.image.width
    high = round(wide * luck.uniform(1.75, 2.1))
    edge = round(wide * luck.uniform(0.03, 0.06))
    body = Image.new("RGBA", (wide + 2 * edge, high + 2 * edge), (0, 0, 0, 0))
    pen = ImageDraw.Draw(body)
    pen.rounded_rectangle((0, 0, body.width - 1, body.height - 1), round(0.12 * wide),
                          fill=(18, 18, 20, 255))  # fmt: skip
    top = edge + (high - inner.image.height) // 2
    if luck.random() < 0.5:  # a gallery's white page
        pen.rectangle((edge, edge + 40, edge + wide, high - 40), fill=(240, 240, 240, 255))
    body.paste(inner.image, (edge, top))
    return _shown(face, Face(body, inner.box.moved(edge, top)), luck, (0.6, 0.95))


def laptop(face: Face, luck: random.Random) -> Scene:
    """A laptop's screen with the portrait in the middle of a dark page."""
    inner = cropped(face, luck)
    high = round(inner.image.height / luck.uniform(0.7, 1.0))
    wide = round(high * 1.6)
    edge = round(high * 0.04)
    body = Image.new("RGB", (wide + 2 * edge, high + 3 * edge), (24, 24, 26))
    shade = luck.choice((16, 40, 235))
    body.paste((shade, shade, shade), (edge, edge, edge + wide, edge + high))
    left = edge + (wide - inner.image.width) // 2
    top = edge + (high - inner.image.height) // 2
    body.paste(inner.image, (left, top))
    return _shown(face, Face(body, inner.box.moved(left, top)), luck, (0.55, 0.9))


def document(face: Face, luck: random.Random) -> Scene:
    """A page of a passport: the portrait to the left, lines of text, a pale pattern."""
    inner = cropped(face, luck)
    unit = inner.image.width
    page = Image.new("RGB", (round(3.6 * unit), round(2.5 * unit)), (226, 220, 208))
    pen = ImageDraw.Draw(page)
    for row in range(0, page.height, 9):
        pen.arc((-unit, row - unit, page.width + unit, row + unit), 20, 160, (208, 208, 214), 2)
    left, top = round(0.15 * unit), round(0.35 * unit)
    for line in range(9):
        y = top + round(line * 0.16 * unit)
        pen.line((left + round(1.2 * unit), y, left + round(luck.uniform(2, 3.2) * unit), y),
                 fill=(70, 66, 66), width=max(2, unit // 26))  # fmt: skip
    for share_down in (2.15, 2.3):
        low = round(share_down * unit)
        for x in range(left, page.width - left, max(6, unit // 14)):
            pen.rectangle((x, low, x + unit // 26, low + unit // 13), fill=(40, 40, 40))
    page.paste(inner.image, (left, top))
    share = (0.6, 1.25)  # also closer, so that the page's own edges are cut
    return _shown(face, Face(page, inner.box.moved(left, top)), luck, share)


def framed(face: Face, luck: random.Random) -> Scene:
    """A picture in a wooden frame on a wall, with a mat or without."""
    card = bordered(cropped(face, luck), luck.choice((0.0, 0.15)), (236, 232, 222))
    wood = luck.choice(((92, 60, 36), (30, 28, 26), (196, 168, 96)))
    return _shown(face, bordered(card, luck.uniform(0.05, 0.12), wood), luck, (0.5, 0.9))


SHEETS: Final[dict[str, Callable[[Face, random.Random], Scene]]] = {
    "print": print_of, "phone": phone, "laptop": laptop, "document": document, "framed": framed,
}  # fmt: skip


# --- a screen's own pixels -------------------------------------------------------------------


def screen(face: Face, luck: random.Random, pitch: float | None = None) -> Scene:
    """Part of a screen that fills the picture: stripes of red, green and blue behind a sensor's
    own mosaic. ``pitch``: pixels of the camera for one of the screen; no edge is to be seen."""
    pitch = pitch or luck.uniform(0.9, 3.2)
    size = face.image.size
    turn, lean = luck.gauss(0, 0.06), luck.gauss(0, 0.02)
    noise = np.random.default_rng(luck.randrange(2**32))
    shown = np.asarray(face.image.convert("RGB"), np.float32) / 255
    shown = shown**2.2
    light = np.zeros((size[1], size[0], 3), np.float32)
    over = 6 if pitch < 1.6 else 4
    down, across = np.mgrid[: size[1], : size[0]].astype(np.float32)
    for step in range(over * over):
        # Never on a grid of its own: that would beat with the screen's.
        y = down + (step // over + noise.random(down.shape, np.float32)) / over
        x = across + (step % over + noise.random(down.shape, np.float32)) / over
        near = 1 + lean * (x / size[0] - 0.5)
        u = (x * math.cos(turn) + y * math.sin(turn)) * near / pitch
        v = (y * math.cos(turn) - x * math.sin(turn)) * near / pitch
        stripe, row = (u % 1) * 3, v % 1
        at = shown[np.clip(y, 0, size[1] - 1).astype(int), np.clip(x, 0, size[0] - 1).astype(int)]
        for colour in range(3):
            lit = (stripe >= colour + 0.12) & (stripe < colour + 0.88) & (row > 0.1) & (row < 0.9)
            light[..., colour] += at[..., colour] * lit
    light *= 4.6 / over**2
    light = _blurred(light, luck.uniform(0.35, 0.6))
    light = _through_mosaic(light + noise.normal(0, 0.006, light.shape).astype(np.float32))
    picture = 255 * np.clip(light, 0, 1) ** (1 / 2.2)
    return as_jpeg(Image.fromarray(picture.astype(np.uint8)), luck.randint(80, 95)), face.box


def _blurred(light: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    weights = np.exp(-(np.arange(-2, 3) ** 2) / (2 * sigma**2))
    weights /= weights.sum()
    for axis in (0, 1):
        shifted = [np.roll(light, step - 2, axis) for step in range(5)]
        light = np.einsum("s...,s->...", np.stack(shifted), weights.astype(np.float32))
    return light


def _through_mosaic(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """One colour a pixel, the others from the neighbours: as nearly every sensor sees."""
    high, wide = light.shape[:2]
    down, across = np.mgrid[:high, :wide]
    red, blue = (down % 2 == 0) & (across % 2 == 0), (down % 2 == 1) & (across % 2 == 1)
    out = np.empty_like(light)
    for colour, where in enumerate((red, ~red & ~blue, blue)):
        seen = np.where(where, light[..., colour], 0)
        total, count = np.zeros_like(seen), np.zeros_like(seen)
        for y, x in ((y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)):
            weight = (2 - abs(y)) * (2 - abs(x))
            total += weight * np.roll(seen, (y, x), (0, 1))
            count += weight * np.roll(where, (y, x), (0, 1))
        out[..., colour] = np.where(where, seen, total / np.maximum(count, 1))
    return out
