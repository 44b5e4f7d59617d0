"""One camera's pictures: motion, tracks, one decision a passage, and nothing kept of it."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hub.faces import camera, motion, quality, sources, tracks
from hub.faces.camera import Camera, Gone, Ready, Seen
from hub.faces.decide import Refused
from hub.faces.engine import Engine, Picture
from hub.faces.geometry import Box, Found
from hub.faces.quality import Looks
from simulators.drawn import Pose, portrait

SCENE = (640, 360)


def scene(*people: tuple[Image.Image, tuple[int, int]]) -> Image.Image:
    image = Image.new("RGB", SCENE, (110, 118, 112))
    for one, at in people:
        image.paste(one, at)
    return image


def as_jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def show(looking: Camera, image: Image.Image, at_s: float) -> list[camera.Event]:
    frame = sources.jpeg_frame(as_jpeg(image), at_s)
    assert isinstance(frame, camera.Frame)
    return looking.frame(frame)


def walk(looking: Camera, seed: int, steps: int, began_s: float = 1.0) -> list[camera.Event]:
    """Somebody walks by, a few pixels a frame."""
    events: list[camera.Event] = []
    for step in range(steps):
        somebody = portrait(seed, Pose(90, shot=step))
        image = scene((somebody, (100 + 6 * step, 60)))
        events += show(looking, image, began_s + step / 10)
    return events


class CountingDetector:
    """The detector, and how much it looked at."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.model_id, self.sure_px = engine.detector.model_id, engine.detector.sure_px
        self.pixels: list[int] = []

    def find(self, picture: Picture, upsample: int = 0) -> list[Found]:
        self.pixels.append(picture.shape[0] * picture.shape[1])
        return self._engine.detector.find(picture, upsample)


@pytest.fixture
def counted(eyes: Engine) -> tuple[Engine, CountingDetector]:
    detector = CountingDetector(eyes)
    return Engine(detector, eyes.aligner, eyes.encoder), detector


def test_a_passage_is_decided_once(eyes: Engine) -> None:
    looking = Camera(eyes)
    show(looking, scene(), 0.0)
    events = walk(looking, 3, 12)
    ready = [event for event in events if isinstance(event, Ready)]
    assert len(ready) == 1
    assert ready[0].probe.frames >= camera.READY_SHOTS
    assert ready[0].probe.model_id == eyes.encoder.model_id
    seen = [event for event in events if isinstance(event, Seen)]
    assert {event.track for event in seen} == {ready[0].track}
    assert all(Box(60, 20, 420, 340).around(event.box) == Box(60, 20, 420, 340) for event in seen)
    points = seen[0].points
    assert points is not None
    assert seen[0].box.left < points.left_eye[0] < points.right_eye[0] < seen[0].box.right
    gone = show(looking, scene(), 9.0)
    assert gone == [Gone(ready[0].track, True, None)]
    assert looking.tracks.alive == []


def test_the_mean_of_a_passage_is_nearer_than_somebody_else(eyes: Engine) -> None:
    found = []
    for seed in (3, 3, 11):
        looking = Camera(eyes)
        show(looking, scene(), 0.0)
        events = walk(looking, seed, 5)
        found += [event.probe.embedding for event in events if isinstance(event, Ready)]
    again, other = (np.linalg.norm(found[0] - one) for one in found[1:])
    assert again < other


def test_where_nothing_moves_nothing_is_looked_at(counted: tuple[Engine, CountingDetector]) -> None:
    engine, detector = counted
    looking = Camera(engine)
    show(looking, scene(), 0.0)
    before = len(detector.pixels)
    for step in range(20):
        assert show(looking, scene(), 1.0 + step / 10) == []
    assert len(detector.pixels) == before == 1  # the first picture only


def test_whoever_claims_to_stand_there_is_looked_for_where_nothing_moves(eyes: Engine) -> None:
    """Somebody stood there, was lost, and has not stirred since: the card finds them."""
    looking = Camera(eyes)
    still = scene((portrait(3, Pose(90)), (100, 60)))
    show(looking, still, 0.0)
    looking.tracks.alive.clear()
    assert [show(looking, still, at_s) for at_s in (1.5, 3.0)] == [[], []]
    looking.look(5.0)
    events = [one for step in range(12) for one in show(looking, still, 10.0 + step / 4)]
    assert any(isinstance(event, Ready) for event in events)
    looking.tracks.alive.clear()
    assert show(looking, still, 16.0) == []  # and not for ever


def test_a_waving_hand_takes_no_face_out_of_sight(eyes: Engine) -> None:
    """What moves is far from the face: who was decided stays seen, who was lost is found again."""
    looking = Camera(eyes)
    person = (portrait(3, Pose(90)), (60, 40))
    hand = Image.new("RGB", (60, 60), (20, 20, 20))

    def wave(step: int) -> list[camera.Event]:
        image = scene(person, (hand, (480 + 40 * (step % 2), 280)))
        return show(looking, image, step / 4)

    events = [one for step in range(40) for one in wave(step)]
    assert [type(one) for one in events if not isinstance(one, Seen)] == [Ready]
    assert max(one.track for one in events) == 1
    assert len(events) >= 40  # in each picture, not once a second
    looking.tracks.alive.clear()
    events = [one for step in range(40, 52) for one in wave(step)]
    assert any(isinstance(one, Ready) for one in events)


def test_who_is_to_turn_is_seen_in_each_frame_though_nothing_moves(eyes: Engine) -> None:
    looking = Camera(eyes)
    still = scene((portrait(3, Pose(90)), (100, 60)))
    for step in range(8):
        show(looking, still, step / 10)  # decided
    assert looking.tracks.alive[0].decided
    assert [] in [show(looking, still, step / 10) for step in (8, 9)]
    looking.look(5.0)
    for step in range(10, 20):
        assert any(isinstance(one, Seen) for one in show(looking, still, step / 10)), step


def test_with_nobody_there_a_claim_costs_a_look_a_second(
    counted: tuple[Engine, CountingDetector],
) -> None:
    engine, detector = counted
    looking = Camera(engine)
    show(looking, scene(), 0.0)
    looking.look(3.0)
    for step in range(80):
        show(looking, scene(), 2.0 + step / 10)
    assert len(detector.pixels) == 1 + 3


def test_only_the_window_that_moved_is_looked_at(counted: tuple[Engine, CountingDetector]) -> None:
    engine, detector = counted
    looking = Camera(engine)
    show(looking, scene(), 0.0)
    somebody = portrait(3, Pose(60))
    events = show(looking, scene((somebody, (480, 200))), 1.0)
    assert any(isinstance(event, Seen) for event in events)
    assert detector.pixels[-1] < 0.5 * SCENE[0] * SCENE[1]


def test_who_stands_still_is_decided_as_well(eyes: Engine) -> None:
    looking = Camera(eyes)
    show(looking, scene(), 0.0)
    still = scene((portrait(3, Pose(90)), (200, 60)))
    events = [event for step in range(8) for event in show(looking, still, 1.0 + step / 5)]
    assert [type(event) for event in events].count(Ready) == 1


def test_a_poor_look_says_why_and_is_not_compared(eyes: Engine) -> None:
    looking = Camera(eyes)
    show(looking, scene(), 0.0)
    dark = [
        event
        for step in range(4)
        for event in show(
            looking, scene((portrait(3, Pose(90, light=0.15)), (100 + 8 * step, 60))), 1 + step
        )
    ]
    assert {event.reason for event in dark if isinstance(event, Seen)} <= {"face_dark"}
    assert not any(isinstance(event, Ready) for event in dark)


def test_two_people_are_two_decisions(eyes: Engine) -> None:
    looking = Camera(eyes)
    show(looking, scene(), 0.0)
    events: list[camera.Event] = []
    for step in range(6):
        both = scene((portrait(3, Pose(70, shot=step)), (40 + 5 * step, 60)),
                     (portrait(7, Pose(70, shot=step)), (400 - 5 * step, 60)))  # fmt: skip
        events += show(looking, both, 1.0 + step / 10)
    ready = [event for event in events if isinstance(event, Ready)]
    assert len({event.track for event in ready}) == len(ready) == 2


def test_with_few_good_looks_the_wait_ends(eyes: Engine) -> None:
    looking = Camera(eyes, shots=5)
    show(looking, scene(), 0.0)
    early = walk(looking, 3, 3)
    assert not any(isinstance(event, Ready) for event in early)
    late = walk(looking, 3, 2, began_s=1.0 + camera.WAIT_MOST_S)
    ready = [event for event in late if isinstance(event, Ready)]
    assert len(ready) == 0 or ready[0].probe.frames < 5
    assert ready or any(isinstance(event, Gone) and not event.decided for event in late)


def test_a_detector_of_small_faces_sees_wide_windows_at_half_size() -> None:
    class Sees:
        model_id, sure_px = "x", 20
        shapes: list[Any] = []  # noqa: RUF012

        def find(self, picture: Picture, upsample: int = 0) -> list[Found]:
            self.shapes.append(picture.shape)
            return [Found(Box(10, 20, 49, 59), 1.0)]

    looking = Camera(Engine(Sees(), None, None))  # type: ignore[arg-type]
    wide = looking._find(np.zeros((401, 1_001, 3), np.uint8))
    assert Sees.shapes[-1] == (200, 500, 3)
    assert wide == [Found(Box(20, 40, 98, 118), 1.0)]
    looking._find(np.zeros((300, 640, 3), np.uint8))
    assert Sees.shapes[-1] == (300, 640, 3)


# --- motion ----------------------------------------------------------------------------------


def coarse(value: int = 100) -> Picture:
    return np.full((90, 160), value, np.uint8)


def test_motion_is_where_cells_changed() -> None:
    state, box = motion.step(motion.Motion(), coarse())
    assert box == Box(0, 0, 159, 89)
    moved = coarse()
    moved[32:48, 80:112] = 160
    state, box = motion.step(state, moved)
    assert box == Box(80, 32, 111, 47)
    _, box = motion.step(state, moved)
    assert box is None


def test_noise_and_leaves_are_no_motion_and_a_lamp_is_the_whole() -> None:
    state, _ = motion.step(motion.Motion(), coarse())
    noise = np.random.default_rng(1).normal(100, 12, (90, 160)).clip(0, 255).astype(np.uint8)
    state, box = motion.step(state, noise)
    assert box is None
    leaf = noise.copy()
    leaf[0:8, 0:16] = 250
    state, box = motion.step(state, leaf)
    assert box is None
    state, box = motion.step(state, coarse(200))
    assert box == Box(0, 0, 159, 89)
    _, box = motion.step(state, np.full((45, 80), 9, np.uint8))  # another resolution begins anew
    assert box == Box(0, 0, 79, 44)


# --- tracks ----------------------------------------------------------------------------------


def at(left: int) -> Found:
    return Found(Box(left, 0, left + 99, 99), 1.0)


def shot(worth: float) -> tracks.Shot:
    return tracks.Shot(np.zeros((1, 1, 3), np.uint8), Looks(120, worth, 100.0, 0.0))


def test_faces_keep_their_tracks_when_they_cross() -> None:
    held = tracks.Tracks()
    numbers = {}
    for step in range(4):
        pairs = held.follow([at(20 * step), at(400 - 20 * step)], step / 10)
        numbers[step] = [track.number for track, _ in pairs]
    assert set(map(tuple, numbers.values())) == {(1, 2)}
    assert [one.number for one, _ in held.follow([at(5_000)], 0.5)] == [3]


def test_two_faces_never_share_a_track() -> None:
    held = tracks.Tracks()
    held.follow([at(0)], 0.0)
    pairs = held.follow([at(10), at(20)], 0.1)
    assert sorted(track.number for track, _ in pairs) == [1, 2]
    assert next(track.number for track, found in pairs if found == at(10)) == 1


def test_tracks_end_when_unseen_or_old_and_are_bounded() -> None:
    held = tracks.Tracks()
    held.follow([at(0)], 0.0)
    assert held.drop(tracks.GONE_S) == []
    assert [track.number for track in held.drop(tracks.GONE_S + 0.1)] == [1]
    held.follow([at(0)], 10.0)
    for step in range(1, 31):
        held.follow([at(0)], 10.0 + step)
    assert held.drop(10.0 + tracks.LIFE_MOST_S) == []
    assert len(held.drop(10.1 + tracks.LIFE_MOST_S)) == 1
    crowd = held.follow([at(200 * place) for place in range(40)], 99.0)
    assert len(crowd) == len(held.alive) == tracks.TRACKS_MOST


def test_the_best_looks_are_kept() -> None:
    track = tracks.Track(1, Box(0, 0, 9, 9), 0.0, 0.0, reason="face_dark")
    for worth in (3.0, 9.0, 1.0, 7.0, 5.0, 8.0, 2.0):
        track.keep(shot(worth))
    assert [one.looks.sharpness for one in track.best] == [9.0, 8.0, 7.0, 5.0, 3.0]
    assert track.reason is None
    straight, turned = Looks(90, 8.0, 100.0, 0.02), Looks(90, 8.0, 100.0, 0.25)
    assert straight.worth > turned.worth > Looks(45, 8.0, 100.0, 0.25).worth
    assert quality.judge(straight, quality.FRAME) is None


# --- frames ----------------------------------------------------------------------------------


def test_a_jpeg_is_a_coarse_picture_and_a_window() -> None:
    image = scene((portrait(3, Pose(90)), (200, 60)))
    frame = sources.jpeg_frame(as_jpeg(image), 5.0)
    assert isinstance(frame, camera.Frame)
    assert (frame.at_s, frame.width, frame.height) == (5.0, *SCENE)
    assert frame.coarse.shape == (90, 160)
    window = frame.open_window(Box(200, 60, 299, 159))
    assert window.shape == (100, 100, 3)
    told = np.asarray(image.crop((200, 60, 300, 160)), np.int16)
    assert np.abs(window.astype(np.int16) - told).mean() < 6


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "photo_broken"), (b"\xff\xd8\xff", "photo_broken"), (bytes(15_000_001), "photo_large")],
)
def test_a_wrong_frame_is_refused(content: bytes, reason: str) -> None:
    assert sources.jpeg_frame(content, 0.0) == Refused(reason)


def test_frames_larger_than_any_camera_and_cut_ones_are_refused() -> None:
    huge = as_jpeg(Image.new("RGB", (5_000, 2_000)))
    assert sources.jpeg_frame(huge, 0.0) == Refused("photo_large")
    whole = as_jpeg(scene())
    assert sources.jpeg_frame(whole[: len(whole) // 2], 0.0) == Refused("photo_broken")
