"""Pictures of pictures: how many are seen, and that nobody who stands there is refused."""

import math
import random
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from hub.faces import engine, enrol, gratings, sheets
from hub.faces.engine import Engine
from hub.faces.geometry import Box
from simulators.drawn import Pose, portrait
from tests.faces import copies, living
from tests.faces.conftest import portraits
from tests.luck import share

AsFile = Callable[..., bytes]

SEEDS = 10
# Of SEEDS reproductions each, how many are seen at least.
FLOORS = {"print": 6, "phone": 5, "laptop": 6, "document": 8, "framed": 8}
FACE = Box(130, 110, 189, 169)
Point = tuple[float, float]


def seen(scene: copies.Scene) -> bool:
    picture, box = np.asarray(scene[0]), scene[1]
    return sheets.around(picture, box) or gratings.on(picture, box)


# --- reproductions and living people, by lot -------------------------------------------------


@pytest.mark.parametrize("kind", copies.SHEETS)
def test_most_sheets_screens_and_frames_are_seen(kind: str) -> None:
    found = [
        seen(copies.SHEETS[kind](copies.drawn(seed), random.Random(f"{kind} {seed}")))
        for seed in range(SEEDS)
    ]
    assert sum(found) >= FLOORS[kind], found


def refused(place: str, seeds: int) -> list[tuple[str, bool, int]]:
    found = []
    for counter, seed in product((False, True), range(seeds)):
        luck = random.Random(f"{place} {int(counter)} {seed}")
        if seen(living.stand(seed, living.PLACES[place], luck, counter)):
            found.append((place, counter, seed))
    return found


def test_before_a_wall_nobody_is_refused() -> None:
    """What the refusal tells people to do must work, whatever they wear."""
    assert refused("plain", share(4, 10)) == []


def test_hardly_anybody_is_refused_in_the_most_awkward_places() -> None:
    """Striped shirts as wide as a narrow window behind them, the stripe at its lower edge."""
    found = [
        one for place in living.PLACES if place != "plain" for one in refused(place, share(2, 6))
    ]
    assert len(found) <= 1, found


def test_no_drawn_portrait_is_refused(eyes: Engine, as_file: AsFile) -> None:
    for seed in range(4):
        made = enrol.portrait(as_file(portrait(seed, Pose(180, light=0.9 + seed / 20))), eyes)
        assert isinstance(made, enrol.Portrait)
        assert not made.copied


def test_no_photograph_is_refused_however_it_was_sent(eyes: Engine) -> None:
    luck = random.Random(4)
    for picture in portraits():
        box = max(eyes.detector.find(picture), key=lambda one: one.box.area).box
        for _ in range(3):
            scale = luck.uniform(0.4, 1.3)
            image = Image.fromarray(picture)
            image = image.resize((round(image.width * scale), round(image.height * scale)))
            at = [round(one * scale) for one in (box.left, box.top, box.right, box.bottom)]
            assert not seen((copies.as_jpeg(image, luck.choice((60, 80, 95))), Box(*at)))


def test_photographs_are_taken_in_awkward_places_and_refused_on_sheets(eyes: Engine) -> None:
    found = []
    for number, picture in enumerate(portraits()):
        box = max(eyes.detector.find(picture), key=lambda one: one.box.area).box
        face = copies.Face(Image.fromarray(picture), box)
        for kind in copies.SHEETS:
            luck = random.Random(f"{kind} {number}")
            found.append(seen(copies.SHEETS[kind](face, luck)))
        for place in living.PLACES:
            luck = random.Random(f"{place} {number}")
            person = living.cut_roughly(face.image, box)
            assert not seen(living.put(person, living.PLACES[place], luck, bool(number % 2))), place
    assert sum(found) >= 0.5 * len(found), found


# --- four edges ------------------------------------------------------------------------------


def sheet(
    corners: list[Point], ground: int = 70, paper: int = 190, size: tuple[int, int] = (320, 320)
) -> Image.Image:
    """A sheet on a table, and on it somebody: a head and shoulders that reach its lower edge."""
    large = Image.new("RGB", (4 * size[0], 4 * size[1]), (ground,) * 3)
    pen = ImageDraw.Draw(large)
    pen.polygon([(4 * x, 4 * y) for x, y in corners], fill=(paper,) * 3)
    pen.ellipse((480, 360, 800, 740), fill=(150, 120, 100))
    return large.resize(size, Image.Resampling.BOX)


def about(turn_deg: float, half: Point = (75, 85)) -> list[Point]:
    """The corners of a sheet turned about the face."""
    turn, (x, y) = math.radians(turn_deg), (160, 150)
    return [
        (x + a * half[0] * math.cos(turn) - b * half[1] * math.sin(turn),
         y + a * half[0] * math.sin(turn) + b * half[1] * math.cos(turn))
        for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]  # fmt: skip


def closes(image: Image.Image, box: Box = FACE) -> bool:
    return sheets.around(np.asarray(image), box)


@pytest.mark.parametrize("turn_deg", [0, 3, -11, 19, -24])
def test_a_sheet_is_seen_however_it_is_turned(turn_deg: float) -> None:
    assert closes(sheet(about(turn_deg)))
    assert closes(sheet(about(turn_deg), 190, 70))


def test_a_sheet_seen_aslant_is_a_sheet() -> None:
    assert closes(sheet([(85, 62), (240, 75), (228, 232), (97, 240)]))


def test_a_sheet_larger_than_the_picture_above_is_a_sheet() -> None:
    assert closes(sheet([(85, -40), (240, -40), (240, 240), (85, 240)]))


def test_a_faint_sheet_is_seen_and_a_fainter_one_is_not() -> None:
    assert closes(sheet(about(5), 180, 200))
    assert not closes(sheet(about(5), 180, 184))


def test_a_neck_that_crosses_the_lowest_edge_is_a_person() -> None:
    image = sheet(about(0))
    ImageDraw.Draw(image).rectangle((138, 170, 182, 320), fill=(150, 120, 100))
    assert not closes(image)


def test_a_thumb_over_a_side_hides_no_sheet() -> None:
    image = sheet(about(0))
    ImageDraw.Draw(image).ellipse((75, 140, 95, 168), fill=(205, 160, 132))
    assert closes(image)


def test_an_edge_that_goes_on_is_a_counter() -> None:
    image = sheet([(85, 65), (235, 65), (235, 235), (85, 235)])
    ImageDraw.Draw(image).rectangle((0, 235, 320, 320), fill=(30, 30, 30))
    assert not closes(image)


def test_uprights_that_go_on_are_a_door_s() -> None:
    image = sheet([(85, 65), (235, 65), (235, 330), (85, 330)])
    ImageDraw.Draw(image).line((86, 235, 234, 235), fill=(30, 30, 30), width=5)
    assert not closes(image)


@pytest.mark.parametrize("lacking", range(4))
def test_three_edges_are_none(lacking: int) -> None:
    """Paper that runs into a wall of its own colour on one side."""
    image = sheet([(85, 65), (235, 65), (235, 235), (85, 235)])
    over = [(60, 0, 260, 85), (215, 40, 320, 260), (60, 215, 260, 320), (0, 40, 105, 260)]
    ImageDraw.Draw(image).rectangle(over[lacking], fill=(190, 190, 190))
    assert not closes(image)


def test_an_edge_across_the_face_or_far_below_closes_nothing() -> None:
    assert not closes(sheet([(85, 65), (235, 65), (235, 150), (85, 150)]))
    small, size = Box(150, 40, 169, 59), (320, 320)
    for low, near in ((95, True), (118, False)):  # a breast; the knees of somebody so far away
        image = Image.new("RGB", size, (70, 70, 70))
        ImageDraw.Draw(image).rectangle((110, 15, 210, low), fill=(190, 190, 190))
        assert closes(image, small) is near


def test_clothes_along_the_lowest_edge_do_not_make_it_one() -> None:
    """A window's edge at both sides, and between them the hem of something: two colours each."""
    image = sheet(about(0))
    pen = ImageDraw.Draw(image)
    pen.rectangle((105, 185, 215, 235), fill=(20, 90, 20))
    pen.rectangle((105, 236, 215, 320), fill=(140, 20, 140))
    assert not closes(image)


def test_bars_beside_a_film_are_no_sheet() -> None:
    film = Image.new("RGB", (320, 320), "black")
    inner = sheet([(-9, -9), (400, -9), (400, 205), (-9, 205)], 5).crop((70, 60, 250, 260))
    film.paste(inner, (70, 60))
    assert not closes(film)


# --- a screen's grid -------------------------------------------------------------------------


@pytest.mark.parametrize("pitch", [0.8, 1.3, 2.8, 3.4])
def test_a_screen_s_grid_is_seen_without_any_edge(pitch: float) -> None:
    for seed in range(3):
        picture, box = copies.screen(copies.drawn(seed), random.Random(seed), pitch)
        assert gratings.on(np.asarray(picture), box)
        assert not gratings.on(np.asarray(copies.as_jpeg(copies.drawn(seed).image, 80)), box)


def waves(across: float, down: float, deep: float = 12) -> engine.Picture:
    """Noise on skin, with a wave of so many periods each way over 200 pixels."""
    y, x = np.mgrid[:200, :200] / 200
    noise = np.random.default_rng(1).normal(0, 5, (200, 200))
    flat = 150 + noise + deep * np.sin(2 * np.pi * (across * x + down * y))
    levels = np.dstack([flat, flat - 30, flat - 50])
    return np.asarray(np.clip(levels, 0, 255), np.uint8)


def test_slanting_waves_are_a_grid_and_level_upright_or_broad_ones_are_not() -> None:
    whole = Box(0, 0, 199, 199)
    assert gratings.on(waves(40, 17), whole)
    assert gratings.on(waves(40, -17), whole)
    assert gratings.on(waves(6, 61), whole)
    assert not gratings.on(waves(40, 17, 0), whole)
    assert not gratings.on(waves(50, 0), whole)  # blocks of a JPEG
    assert not gratings.on(waves(0, 50), whole)  # a lamp that flickers
    assert not gratings.on(waves(3, 3, 40), whole)  # the shade of a blind
    assert gratings.on(waves(70, 50), Box(0, 0, 79, 79))
    assert not gratings.on(waves(70, 50), Box(0, 0, 44, 44))  # too small to tell


def test_a_grid_of_colours_alone_counts() -> None:
    picture = waves(0, 0, 0).astype(int)
    wave = waves(37, 23).astype(int)[..., 0] - picture[..., 0]
    picture[..., 0] += wave
    picture[..., 1] -= wave * 299 // 587  # as bright as before
    assert gratings.on(np.clip(picture, 0, 255).astype(np.uint8), Box(0, 0, 199, 199))


# --- odd shapes ------------------------------------------------------------------------------


@given(
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.tuples(*[st.integers(-60, 150)] * 2, *[st.integers(1, 90)] * 2),
    st.integers(0, 2),
)
def test_no_shape_of_picture_or_box_fails(
    size: tuple[int, int], at: tuple[int, int, int, int], kind: int
) -> None:
    luck = np.random.default_rng(3)
    picture = (
        luck.integers(0, 255, (*size, 3), np.uint8) if kind else np.zeros((*size, 3), np.uint8)
    )
    left, top, wide, high = at
    box = Box(left, top, left + wide, top + high)
    assert isinstance(sheets.around(picture, box), bool)
    assert isinstance(gratings.on(picture, box), bool)
