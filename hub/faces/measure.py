"""What faces cost on this machine, in CPU time: a 720p JPEG until its decision, and its parts."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

import dlib
import numpy as np

from devices.mistake import Mistake
from hub.faces import gallery, models, motion, photo
from hub.faces.audit import Audit, Curves, Verdict
from hub.faces.camera import Camera, Frame, Ready, Seen
from hub.faces.decide import decide_search
from hub.faces.engine import DlibEncoder, Engine, Picture, encode_both
from hub.faces.gallery import Floats, Gallery
from hub.faces.sources import jpeg_frame

TEMPLATES: Final = 15_000
TEMPLATES_LARGE: Final = 178_000
DIM: Final = 128
EMPTY: Final = "empty.jpg"


def measure(images: Path, engine: Engine, rounds: int) -> dict[str, Any]:
    """Figures in CPU milliseconds; raises Mistake where pictures are missing.

    ``images``: 720p frames with one face each, and the scene without anybody as ``empty.jpg``.
    """
    empty = images / EMPTY
    files = sorted(one for one in images.glob("*.jpg") if one.name != EMPTY)
    if not files or not empty.is_file():
        raise Mistake(f"{images} should hold {EMPTY} and pictures of the same scene with somebody")
    scenes = [one.read_bytes() for one in files]
    held = made_up(TEMPLATES)
    decided, found = _decisions(empty.read_bytes(), scenes, engine, held, rounds)
    chips = _chips(scenes, engine)
    slow, fast = DlibEncoder(), engine.encoder
    few = max(3, rounds // 4)
    dlib_ms = _cpu_ms(lambda: slow.encode(chips[:1]), few)
    onnx_ms = _cpu_ms(lambda: fast.encode(chips[:1]), rounds)
    large = made_up(TEMPLATES_LARGE)
    probe = held.templates[:1]
    idle, decoding = _idle(empty.read_bytes(), rounds)
    return {
        "detector": engine.detector.model_id,
        "encoder": engine.encoder.model_id,
        "pictures": len(scenes),
        "recall": found / len(scenes),
        "decision_cpu_ms": median(decided),
        "decision_cpu_ms_most": max(decided),
        "package_cpu_ms": _package(scenes[0], held.templates, few),
        "encode_dlib_cpu_ms": dlib_ms,
        "encode_cpu_ms": onnx_ms,
        "encode_both_cpu_ms": _cpu_ms(lambda: encode_both(fast, [chips[0]]), rounds),
        "encode_speedup": dlib_ms / onnx_ms,
        "idle_cpu_ms": idle,
        "idle_decoding_cpu_ms": decoding,
        "search_15000_ms": _cpu_ms(lambda: held.distances(probe), 10 * rounds),
        "scores_15000_ms": _cpu_ms(lambda: held.scores(probe[0]), 10 * rounds),
        "search_178000_ms": _cpu_ms(lambda: large.distances(probe), rounds),
    }


def made_up(count: int) -> Gallery:
    """A gallery of nobody, of the size asked for; how crowded it is is made up as well."""
    luck = np.random.default_rng(1)
    templates = np.asfortranarray(luck.normal(0, 0.07, (count, DIM)), np.float32)
    near = np.sort(luck.uniform(0.5, 0.7, (count, gallery.NEIGHBOURS + 1)), axis=1)
    squares = np.einsum("ij,ij->i", templates, templates)
    people = tuple(map(str, range(count)))
    rows = {person: row for row, person in enumerate(people)}
    around = near[:, : gallery.NEIGHBOURS].mean(axis=1).astype(np.float32)
    return Gallery("", people, templates, squares, near.astype(np.float32), around, rows)


def _cpu_ms(work: Callable[[], object], rounds: int) -> float:
    """Median CPU time of all threads of this process."""
    taken = []
    for _ in range(rounds + 1):
        before = time.process_time_ns()
        work()
        taken.append((time.process_time_ns() - before) / 1e6)
    return median(taken[1:])


def _frame(content: bytes, at_s: float) -> Frame:
    frame = jpeg_frame(content, at_s)
    if not isinstance(frame, Frame):
        raise Mistake(f"a picture cannot be read ({frame.reason})")
    return frame


def _decisions(
    empty: bytes, scenes: list[bytes], engine: Engine, held: Gallery, rounds: int
) -> tuple[list[float], int]:
    """CPU time of each frame in which somebody stands, until the decision; faces found."""
    scope = np.ones(len(held.people), np.bool_)
    model = engine.encoder.model_id
    named = Gallery(model, held.people, held.templates, held.squares, held.near, held.around,
                    held.rows)  # fmt: skip
    nothing = np.zeros(0, np.float64)
    fine = Verdict(None, -1.0, True, 0.0, 0.0, 0.0)
    told = Audit(model, len(held.people), 0, 0, fine, fine, (), Curves(nothing, nothing, nothing))
    taken, found = [], 0
    for number in range(max(rounds, len(scenes))):
        camera = Camera(engine, shots=1)
        camera.frame(_frame(empty, 0.0))
        before = time.process_time_ns()
        events = camera.frame(_frame(scenes[number % len(scenes)], 1.0))
        ready = [event for event in events if isinstance(event, Ready)]
        for event in ready:
            decide_search(event.probe, named, scope, told)
        spent_ms = (time.process_time_ns() - before) / 1e6
        if number < len(scenes):
            found += any(isinstance(event, Seen) for event in events)
        if ready:
            taken.append(spent_ms)
    if not taken:
        raise Mistake("no picture led to a decision")
    return taken, found


def _chips(scenes: list[bytes], engine: Engine) -> Picture:
    chips: list[Picture] = []
    for content in scenes:
        picture = photo.read(content)
        assert isinstance(picture, np.ndarray)
        chips += [
            engine.aligner.chip(picture, engine.aligner.points(picture, one.box)[1])
            for one in engine.detector.find(picture)[:1]
        ]
    if not chips:
        raise Mistake("no face was found in any picture")
    return np.stack(chips)


def _package(scene: bytes, templates: Floats, rounds: int) -> float:
    """The package as its own introduction uses it: doubled picture, dlib's encoder, distances."""
    find = dlib.get_frontal_face_detector()
    shape = dlib.shape_predictor(str(models.points_weights()))
    network = dlib.face_recognition_model_v1(str(models.encoder_weights()))
    wide = templates.astype(np.float64)

    def once() -> None:
        picture = photo.read(scene)
        for box in find(picture, 1):
            face = np.array(network.compute_face_descriptor(picture, shape(picture, box), 1))
            np.linalg.norm(wide - face, axis=1)

    return _cpu_ms(once, rounds)


def _idle(empty: bytes, rounds: int) -> tuple[float, float]:
    """A frame in which nothing moves: the gate alone, and the decoding before it."""
    coarse = _frame(empty, 0.0).coarse
    state, _ = motion.step(motion.Motion(), coarse)
    gate = _cpu_ms(lambda: motion.step(state, coarse), 10 * rounds)
    return gate, _cpu_ms(lambda: _frame(empty, 0.0), rounds)
