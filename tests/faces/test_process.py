"""The face process: what stalls, breaks, floods or dies harms nobody else."""

import asyncio
import io
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hub.faces import camera, pipe, sources
from hub.faces.camera import Event, Gone, Ready, Seen
from hub.faces.decide import Probe, Refused
from hub.faces.engine import Engine
from hub.faces.enrol import Portrait
from hub.faces.geometry import Box, Points
from hub.faces.process import CameraEnded, CameraHere, FaceProcess, Source
from hub.faces.worker import Desk, Worker, read_message
from simulators.drawn import portrait
from tests.faces.films import as_jpeg, passage, picture, write_film

# --- the pipe --------------------------------------------------------------------------------

EVENTS: list[Event] = [
    Seen(3, Box(1, 2, 30, 40), 2, "face_dark", None),
    Seen(3, Box(1, 2, 30, 40), 2, None, Points((1.0, 2.0), (3.0, 4.5), (5.0, 6.0))),
    Gone(4, False, "face_small"),
]


@pytest.mark.parametrize("event", EVENTS)
def test_events_travel(event: Event) -> None:
    head, body = pipe.from_event("gate", event)
    ((told, content),) = messages(pipe.encode(head, body))
    assert told["camera"] == "gate"
    assert pipe.to_event(told, content) == event


def test_an_embedding_travels_exactly() -> None:
    face = np.random.default_rng(1).normal(size=128).astype(np.float32)
    head, body = pipe.from_event("gate", Ready(7, Probe(face, 4, "m"), 0.125))
    ((told, content),) = messages(pipe.encode(head, body))
    back = pipe.to_event(told, content)
    assert isinstance(back, Ready)
    assert np.array_equal(back.probe.embedding, face)
    assert (back.track, back.probe.frames, back.probe.model_id, back.gap) == (7, 4, "m", 0.125)
    assert "embedding" not in told


def messages(content: bytes) -> list[pipe.Message]:
    file = io.BytesIO(content)
    return list(iter(lambda: read_message(file), None))


@given(st.binary(max_size=200))
def test_rubbish_in_the_pipe_is_told(content: bytes) -> None:
    try:
        for head, body in messages(content):
            pipe.to_event(head, body)
    except pipe.PipeBroken:
        pass


def test_a_message_has_a_largest_size() -> None:
    with pytest.raises(pipe.PipeBroken, match="large"):
        pipe.lengths(pipe.LENGTHS.pack(10, pipe.BODY_BYTES_MOST + 1))
    with pytest.raises(ValueError, match="larger"):
        pipe.encode({}, bytes(pipe.BODY_BYTES_MOST + 1))
    with pytest.raises(pipe.PipeBroken, match="object"):
        pipe.decode_head(b"[1]")


# --- the worker, in this process -------------------------------------------------------------


def frame_at(at_s: float) -> camera.Frame:
    told = sources.jpeg_frame(as_jpeg(picture(None)), at_s)
    assert isinstance(told, camera.Frame)
    return told


def test_of_a_flood_only_the_newest_waits_and_cameras_take_turns() -> None:
    desk = Desk()
    for step in range(50):
        desk.put_frame("b", frame_at(float(step)))
    desk.put_frame("a", frame_at(1.0))
    desk.put_frame("c", frame_at(1.0))
    assert desk.replaced == 49
    order = []
    for _ in range(4):
        taken = desk.take()
        assert taken is not None
        assert isinstance(taken[1], camera.Frame)
        order.append((taken[0], taken[1].at_s))
        desk.put_frame("b", frame_at(99.0))
    assert order == [("a", 1.0), ("b", 99.0), ("c", 1.0), ("b", 99.0)]
    flood = Desk()
    for step in range(50):
        flood.put_frame("b", frame_at(float(step)))
    last = flood.take()
    assert last is not None
    assert isinstance(last[1], camera.Frame)
    assert last[1].at_s == 49.0


def test_portraits_go_first_and_are_bounded() -> None:
    desk = Desk()
    desk.put_frame("a", frame_at(0.0))
    assert [desk.put_portrait(call, b"") for call in range(5)] == [True] * 4 + [False]
    assert desk.take() == (0, b"")
    desk.close()
    assert desk.take() is None


def run_worker(
    engine: Engine, commands: list[bytes], opens: Any = sources.open_source, linger_s: float = 0.0
) -> list[pipe.Message]:
    """What a worker says to these commands; the pipe stays open for a while."""
    reader, writer = os.pipe()
    out = io.BytesIO()
    with os.fdopen(reader, "rb") as file, os.fdopen(writer, "wb") as pen:
        worker = Worker(engine, file, out, opens)
        thread = threading.Thread(target=worker.run)
        thread.start()
        done = 0
        for one in commands:
            pen.write(one)
            pen.flush()
            done += b'"do": "frame"' in one  # the hub sends the next picture after this word
            wait_for(partial(has_said, out, done))
        if linger_s:
            wait_for(lambda: b"ended" in out.getvalue())
        time.sleep(0.3)  # what is still being worked on
        pen.close()
        thread.join(60)
        assert not thread.is_alive()
    return messages(out.getvalue())


def has_said(out: io.BytesIO, done: int) -> bool:
    return out.getvalue().count(b'"done"') >= done


def wait_for(what: Callable[[], bool]) -> None:
    for _ in range(3_000):
        if what():
            return
        time.sleep(0.02)
    pytest.fail("it never came")


def held_up() -> Image.Image:
    """A portrait of somebody on a sheet."""
    image = Image.new("RGB", (500, 520), (60, 70, 80))
    image.paste(portrait(4), (130, 120))
    return image


def test_the_worker_answers_portraits_and_pushed_frames(eyes: Engine) -> None:
    frames = [as_jpeg(one) for one in passage(3, 5)]
    told = run_worker(
        eyes,
        [
            pipe.encode({"do": "ping", "call": 1}),
            pipe.encode({"do": "portrait", "call": 2}, as_jpeg(portrait(4))),
            pipe.encode({"do": "portrait", "call": 3}, b"rubbish"),
            pipe.encode({"do": "portrait", "call": 4}, as_jpeg(held_up())),
            pipe.encode({"do": "frame", "camera": "gate", "at_s": 0.0}, frames[0]),
            pipe.encode({"do": "camera", "camera": "gate", "kind": "pushed", "address": ""}),
            *(pipe.encode({"do": "frame", "camera": "gate", "at_s": step / 5}, one)
              for step, one in enumerate(frames)),
            pipe.encode({"do": "frame", "camera": "gate", "at_s": 9.0}, frames[0][:900]),
        ],
    )  # fmt: skip
    heads = [head for head, _ in told]
    assert heads[0] == {"say": "here", "detector": "dlib-hog", "encoder": "dlib-resnet-v1"}
    assert {"say": "pong", "call": 1} in heads
    by_call = {head["call"]: (head, body) for head, body in told if head["say"] == "portrait"}
    assert by_call[2][0]["reason"] is None
    assert len(by_call[2][1]) == 4 * 128
    assert by_call[3][0]["reason"] == "photo_broken"
    assert [by_call[call][0]["copied"] for call in (2, 4)] == [False, True]
    assert [head["say"] for head in heads].count("ready") == 1
    assert [head["say"] for head in heads].count("done") == 2 + len(frames)


def test_a_source_that_fails_is_told_and_the_others_go_on(eyes: Engine, tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", passage(3))

    def opens(kind: str, address: str) -> Iterator[camera.Frame]:
        if address == "mad":
            raise RuntimeError("rtsp://user:secret@camera")
        return sources.open_source(kind, address)

    told = run_worker(
        eyes,
        [pipe.encode({"do": "camera", "camera": name, "kind": "film", "address": address})
         for name, address in (("mad", "mad"), ("fine", str(film)))],
        opens, linger_s=1,
    )  # fmt: skip
    ends = {head["camera"]: head["reason"] for head, _ in told if head["say"] == "ended"}
    assert ends["mad"] == "camera_broken"


def test_an_engine_that_fails_on_a_frame_goes_on(eyes: Engine) -> None:
    class Mad:
        model_id, sure_px = "x", 60
        calls = 0

        def find(self, picture: Any, upsample: int = 0) -> list[Any]:
            self.calls += 1
            if self.calls == 1:
                raise MemoryError
            return []

    engine = Engine(Mad(), eyes.aligner, eyes.encoder)
    content = as_jpeg(picture(3))
    told = run_worker(
        engine,
        [pipe.encode({"do": "camera", "camera": "a", "kind": "pushed", "address": ""}),
         *(pipe.encode({"do": "frame", "camera": "a", "at_s": float(n)}, content)
           for n in range(2))],
    )  # fmt: skip
    says = [head["say"] for head, _ in told]
    assert says == ["here", "fault", "done", "done"]


def test_an_unknown_command_ends_the_worker(eyes: Engine) -> None:
    told = run_worker(eyes, [pipe.encode({"do": "dance"})])
    assert [head["say"] for head, _ in told] == ["here"]


# --- the process -----------------------------------------------------------------------------


class Listener:
    """What the hub heard, and waiting for it."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Event | CameraEnded | CameraHere]] = []
        self._changed = asyncio.Event()

    def __call__(self, name: str, event: Event | CameraEnded | CameraHere) -> None:
        self.heard.append((name, event))
        self._changed.set()

    async def until(self, fits: Callable[[str, Event | CameraEnded | CameraHere], bool]) -> None:
        async with asyncio.timeout(90):
            while not any(fits(*one) for one in self.heard):
                self._changed.clear()
                await self._changed.wait()


class Pen:
    """The process's pipe, as far as the hub writes into it."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, content: bytes) -> None:
        self.written += content


async def test_of_pushed_pictures_one_is_under_way_and_the_newest_waits(tmp_path: Path) -> None:
    faces = FaceProcess(tmp_path, Listener())
    pen = Pen()
    faces.add("a", Source("pushed"))
    faces.add("b", Source("pushed"))
    faces._child = SimpleNamespace(stdin=pen)  # type: ignore[assignment]
    faces._here.set()

    def sent() -> list[tuple[str, float]]:
        heads = [head for head, _ in messages(pen.written)]
        return [(head["camera"], head["at_s"]) for head in heads if head["do"] == "frame"]

    for step in range(5):
        assert faces.push("a", b"x", float(step)) is None
    faces.push("b", b"x", 7.0)
    assert sent() == [("a", 0.0), ("b", 7.0)]
    faces._take({"say": "done", "camera": "a"}, b"")
    assert sent() == [("a", 0.0), ("b", 7.0), ("a", 4.0)]
    faces._take({"say": "done", "camera": "a"}, b"")
    faces._take({"say": "done", "camera": "b"}, b"")
    assert len(sent()) == 3
    faces.push("b", b"x", 8.0)
    assert sent()[-1] == ("b", 8.0)


async def test_cameras_portraits_and_a_process_that_dies(
    eyes: Engine, site_folder: Path, tmp_path: Path
) -> None:
    """One story, because a process takes seconds to begin."""
    del eyes  # the network is converted
    film = write_film(tmp_path / "film.mp4", passage(3) * 2)
    silent = socket.create_server(("127.0.0.1", 0))  # accepts and never says a word
    told = Listener()
    faces = FaceProcess(site_folder, told)
    faces.add("film", Source("film", str(film)))
    faces.add("stalled", Source("snapshots", f"http://127.0.0.1:{silent.getsockname()[1]}/"))
    faces.add("broken", Source("film", str(tmp_path / "none.mp4")))
    faces.add("phone", Source("pushed"))
    assert faces.push("phone", b"", 0.0) == "hub_busy"  # not there yet
    faces.start()
    try:
        await faces.ready()
        assert faces.models == ("dlib-hog", "dlib-resnet-v1")
        await told.until(lambda name, event: name == "film" and isinstance(event, Ready))
        await told.until(lambda name, event: event == CameraEnded("camera_silent"))
        one = await faces.portrait(as_jpeg(portrait(4)))
        assert isinstance(one, Portrait)
        assert one.embedding.shape == (128,)
        assert not one.copied
        sheet = await faces.portrait(as_jpeg(held_up()))
        assert isinstance(sheet, Portrait)
        assert sheet.copied
        assert await faces.portrait(b"rubbish") == Refused("photo_broken")
        assert await faces.portrait(bytes(15_000_001)) == Refused("photo_large")
        somebody = [as_jpeg(picture(5, 100 + 8 * step, step)) for step in range(8)]
        for step, content in enumerate(somebody * 30):  # a flood
            assert faces.push("phone", content, step / 10) is None
            assert len(faces._waiting) <= 1
        assert faces.push("nobody", b"", 0.0) == "not_found"
        await told.until(lambda name, event: name == "phone")
        first = faces.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        waiting = asyncio.create_task(faces.portrait(as_jpeg(portrait(4))))
        assert isinstance(await waiting, Refused | Portrait)  # answered, whatever became of it
        async with asyncio.timeout(90):
            while not (faces.starts > 1 and faces._here.is_set()):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert faces.pid not in (None, first)
        assert isinstance(await faces.portrait(as_jpeg(portrait(4))), Portrait)
        before = len(told.heard)
        await told.until(lambda name, event: len(told.heard) > before)  # its cameras are back
        faces.forget("phone")
        assert faces.push("phone", b"", 0.0) == "not_found"
    finally:
        await faces.stop()
        silent.close()
    assert faces.pid is None
