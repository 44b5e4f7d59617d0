"""Photos, gates, enrolment and the head-turn challenge: what is refused and in which words."""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from devices.reasons import REASONS
from hub.faces import enrol, liveness, photo, quality
from hub.faces.decide import Refused
from hub.faces.engine import Engine
from hub.faces.geometry import Box, Points
from hub.faces.liveness import Challenge, Phase, Side
from simulators.drawn import Pose, portrait

AsFile = Callable[..., bytes]


# --- photos ----------------------------------------------------------------------------------


def test_a_portrait_becomes_an_embedding(eyes: Engine, as_file: AsFile) -> None:
    for kind in photo.FORMATS:
        made = enrol.portrait(as_file(portrait(1), kind), eyes)
        assert isinstance(made, enrol.Portrait)
        assert made.model_id == eyes.encoder.model_id
        assert made.embedding.shape == (128,)
    one, same, other = (
        enrol.portrait(as_file(portrait(seed, Pose(150, shot=shot))), eyes)
        for seed, shot in ((1, 0), (1, 1), (9, 0))
    )
    assert isinstance(one, enrol.Portrait)
    assert isinstance(same, enrol.Portrait)
    assert isinstance(other, enrol.Portrait)
    near = np.linalg.norm(one.embedding - same.embedding)
    assert near < np.linalg.norm(one.embedding - other.embedding)


def two() -> Image.Image:
    both = Image.new("RGB", (520, 270))
    both.paste(portrait(1), (0, 0))
    both.paste(portrait(2), (260, 0))
    return both


def moved(image: Image.Image, px: int) -> Image.Image:
    wide = np.asarray(image, np.float32)
    total = np.sum([np.roll(wide, step - px // 2, axis=1) for step in range(px)], axis=0)
    return Image.fromarray((total / px).astype(np.uint8))


BAD: dict[str, tuple[Callable[[], Image.Image], str]] = {
    "nobody": (lambda: Image.effect_noise((300, 300), 40).convert("RGB"), "face_none"),
    "two": (two, "face_several"),
    "far": (lambda: portrait(1, Pose(44)), "face_small"),
    "tiny": (lambda: portrait(1).resize((60, 66)), "face_small"),
    "dark": (lambda: portrait(1, Pose(light=0.2)), "face_dark"),
    "bright": (lambda: portrait(1, Pose(light=1.6)), "face_bright"),
    "turned": (lambda: portrait(3, Pose(turn=1.0)), "face_turned"),
    "blurred": (lambda: portrait(1).filter(ImageFilter.GaussianBlur(4)), "face_blurred"),
    "moved": (lambda: moved(portrait(1), 15), "face_blurred"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_photo_is_refused_for_its_reason(eyes: Engine, as_file: AsFile, name: str) -> None:
    draw, reason = BAD[name]
    assert enrol.portrait(as_file(draw()), eyes) == Refused(reason)
    assert reason in REASONS


def test_a_passer_by_behind_does_not_matter(eyes: Engine, as_file: AsFile) -> None:
    both = Image.new("RGB", (700, 500), (90, 90, 90))
    both.paste(portrait(1, Pose(200)), (0, 60))
    both.paste(portrait(2, Pose(70)), (500, 0))
    assert len(eyes.detector.find(np.asarray(both))) == 2
    made = enrol.portrait(as_file(both), eyes)
    assert isinstance(made, enrol.Portrait)
    assert not made.copied


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "photo_broken"),
        (b"\xff\xd8\xff\xe0 not a picture", "photo_broken"),
        (b"GIF89a" + bytes(40), "photo_broken"),
        (bytes(photo.BYTES_MOST + 1), "photo_large"),
    ],
)
def test_what_is_no_photo_is_refused(content: bytes, reason: str) -> None:
    assert photo.read(content) == Refused(reason)


def test_a_hundred_megapixels_are_refused_before_they_are_decoded(
    as_file: AsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = as_file(Image.new("L", (10_000, 10_000)), "PNG")
    assert len(huge) < photo.BYTES_MOST
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("decoded"))
    assert photo.read(huge) == Refused("photo_large")


def test_a_huge_header_on_a_small_file_is_refused(as_file: AsFile) -> None:
    """Pillow's own bomb error and ours say the same."""
    content = bytearray(as_file(Image.new("L", (64, 64)), "PNG"))
    content[16:24] = (60_000).to_bytes(4, "big") * 2
    told = photo.read(bytes(content))
    assert told in (Refused("photo_large"), Refused("photo_broken"))


@pytest.mark.parametrize("kind", photo.FORMATS)
def test_a_cut_file_is_refused(as_file: AsFile, kind: str) -> None:
    whole = as_file(portrait(1), kind)
    for part in (10, len(whole) // 3, len(whole) * 2 // 3):
        assert photo.read(whole[:part]) == Refused("photo_broken")


def test_a_photo_is_turned_upright(eyes: Engine, as_file: AsFile) -> None:
    from io import BytesIO  # noqa: PLC0415

    sideways = portrait(1).transpose(Image.Transpose.ROTATE_90)
    out = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter to the right
    sideways.save(out, "JPEG", exif=exif)
    assert isinstance(enrol.portrait(out.getvalue(), eyes), enrol.Portrait)
    assert not isinstance(enrol.portrait(as_file(sideways), eyes), enrol.Portrait)


@given(st.binary(max_size=300), st.integers(0, 5_000))
def test_damaged_photos_never_raise(noise: bytes, at: int) -> None:
    content = bytearray(DAMAGED)
    content[at : at + len(noise)] = noise
    told = photo.read(bytes(content))
    assert isinstance(told, np.ndarray) or told.reason in ("photo_broken", "photo_large",
                                                           "face_small")  # fmt: skip


def _file() -> bytes:
    from io import BytesIO  # noqa: PLC0415

    out = BytesIO()
    portrait(1).save(out, "JPEG")
    return out.getvalue()


DAMAGED = _file()


def test_reasons_of_gates_come_in_the_order_in_which_people_can_mend_them() -> None:
    fine = quality.Looks(100, 9.0, 120.0, 0.0)
    assert quality.judge(fine, quality.ENROL) is None
    for looks, reason in (
        (quality.Looks(39, 9.0, 10.0, 0.9), "face_small"),
        (quality.Looks(100, 0.0, 10.0, 0.9), "face_dark"),
        (quality.Looks(100, 0.0, 250.0, 0.9), "face_bright"),
        (quality.Looks(100, 0.0, 120.0, -0.9), "face_turned"),
        (quality.Looks(100, 0.0, 120.0, math.nan), "face_turned"),
        (quality.Looks(100, 0.0, 120.0, 0.0), "face_blurred"),
    ):
        assert quality.judge(looks, quality.FRAME) == reason
    assert quality.judge_gap(quality.FRAME.gap_most + 0.01, quality.FRAME) == "face_unclear"
    assert quality.judge_gap(0.1, quality.ENROL) is None


# --- the head-turn challenge -----------------------------------------------------------------


def straight(offset: float) -> Points:
    return Points((100.0, 100.0), (160.0, 100.0), (130 + 60 * offset, 130.0))


def run(state: Challenge, offsets: Iterator[float | None], every_s: float = 0.1) -> Challenge:
    now_s = state.since_s
    for offset in offsets:
        now_s += every_s
        state = liveness.look(state, None if offset is None else straight(offset), now_s)
    return state


def sweep(*stops: float) -> list[float]:
    """A head that moves evenly from stop to stop and rests there."""
    path: list[float] = []
    for start, end in pairwise(stops):
        path += [*np.linspace(start, end, 6).tolist(), end, end]
    return path


@pytest.mark.parametrize("coin", [True, False])
def test_both_sides_in_the_drawn_order_pass(coin: bool) -> None:
    sign = -1 if coin else 1
    path = sweep(0, 0, sign * 0.4, 0, -sign * 0.4)
    done = run(liveness.begin(coin, 100.0), iter(path))
    assert (done.phase, done.reason) == (Phase.PASSED, None)
    again = run(liveness.begin(not coin, 100.0), iter(path))
    assert (again.phase, again.reason) == (Phase.FAILED, "face_turn_other")


def test_the_first_side_is_asked_only_after_looking_ahead() -> None:
    state = liveness.begin(True, 0.0)
    assert state.asked is None
    state = run(state, iter([0.0, 0.0]))
    assert (state.phase, state.asked) == (Phase.FIRST, Side.LEFT)
    one_side = run(state, iter(sweep(0, -0.4, -0.4, -0.4)))
    assert one_side.phase is Phase.BETWEEN  # the other side is never given for nothing
    assert run(state, iter([-0.2, -0.4, -0.2])).phase is Phase.FIRST  # one look is no turn


@given(st.lists(st.floats(-0.25, 0.25), max_size=60), st.booleans())
def test_a_waved_picture_never_passes(offsets: list[float], coin: bool) -> None:
    """Prints waved by forty degrees moved the nose by 0.234 at most."""
    assert run(liveness.begin(coin, 0.0), iter(offsets)).phase is not Phase.PASSED


@given(st.lists(st.one_of(st.none(), st.floats(-1, 1)), max_size=80), st.booleans())
def test_a_challenge_ends_once_and_with_a_known_reason(
    offsets: list[float | None], coin: bool
) -> None:
    done = run(liveness.begin(coin, 0.0), iter(offsets))
    assert (done.reason is not None) == (done.phase is Phase.FAILED)
    assert done.reason is None or done.reason in REASONS
    if done.over:
        assert run(done, iter([0.4, -0.4])) == done


def test_time_gaps_and_exchanged_faces_fail() -> None:
    ahead = run(liveness.begin(True, 0.0), iter([0.0, 0.0]))
    late = liveness.look(ahead, straight(0.0), ahead.since_s + liveness.STEPS_MOST_S + 0.1)
    assert late.reason == "face_turn_late"
    assert run(ahead, iter([None] * 12)).reason == "face_turn_lost"
    assert run(ahead, iter([None] * 5)).phase is Phase.FIRST
    assert liveness.look(ahead, straight(0.0), 1.5).reason == "face_turn_lost"
    assert run(ahead, iter([0.0, -0.5])).reason == "face_turn_jumped"


def test_the_noses_offset_knows_tilted_heads_and_no_eyes() -> None:
    assert liveness.nose_offset(straight(0.25)) == pytest.approx(0.25)
    tilted = Points((0.0, 0.0), (0.0, 60.0), (-30.0, 30.0 + 15.0))
    assert liveness.nose_offset(tilted) == pytest.approx(0.25)
    assert math.isnan(liveness.nose_offset(Points((5.0, 5.0), (5.0, 5.0), (5.0, 9.0))))


def test_drawn_heads_pass_and_a_drawn_still_does_not(eyes: Engine) -> None:
    """The five points of a turned head go as far as the challenge asks."""

    def seen(turn: float) -> float:
        picture = np.asarray(portrait(3, Pose(120, turn)))
        found = eyes.detector.find(picture)
        return liveness.nose_offset(eyes.aligner.points(picture, found[0].box)[0])

    assert seen(1.0) > liveness.REACH
    assert seen(-1.0) < -liveness.REACH
    assert abs(seen(0.0)) < liveness.REST


# --- boxes -----------------------------------------------------------------------------------


def test_boxes_overlap_as_areas_do() -> None:
    one = Box(0, 0, 9, 9)
    assert one.overlap(one) == 1.0
    assert one.overlap(Box(5, 0, 14, 9)) == pytest.approx(50 / 150)
    assert one.overlap(Box(10, 0, 19, 9)) == 0.0
    assert one.grown(0.5) == Box(-2, -2, 11, 11)
    assert Box(-5, 3, 30, 8).within(20, 6) == Box(0, 3, 19, 5)
    assert Box(3, 3, 1, 1).area == 0
