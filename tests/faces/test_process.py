"""The face process and its sources: what stalls, breaks, floods or dies harms nobody else."""

import asyncio
import io
import itertools
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hub.faces import camera, photo, pipe, sources
from hub.faces.camera import Event, Gone, Ready, Seen
from hub.faces.decide import Probe, Refused
from hub.faces.engine import Engine
from hub.faces.enrol import Portrait
from hub.faces.geometry import Box, Points
from hub.faces.process import CameraEnded, FaceProcess, Source
from hub.faces.worker import Desk, Worker, read_message
from simulators.drawn import Pose, portrait

SCENE = (640, 360)


def picture(seed: int | None, left: int = 100, shot: int = 0) -> Image.Image:
    image = Image.new("RGB", SCENE, (110, 118, 112))
    if seed is not None:
        image.paste(portrait(seed, Pose(90, shot=shot)), (left, 60))
    return image


def as_jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def write_film(path: Path, pictures: list[Image.Image], rate: int = 10) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = *SCENE, "yuv420p"
        stream.bit_rate = 4_000_000
        for one in pictures:
            made = av.VideoFrame.from_ndarray(np.asarray(one), format="rgb24")
            container.mux(stream.encode(made))
        container.mux(stream.encode(None))
    return path


def passage(seed: int, steps: int = 8) -> list[Image.Image]:
    walked = [picture(seed, 100 + 8 * step, step) for step in range(steps)]
    return [picture(None), picture(None), *walked, picture(None)]


# --- sources ---------------------------------------------------------------------------------


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, wait_s: float) -> None:
        self.now_s += wait_s


def ended(frames: Iterator[Any]) -> tuple[list[Any], str | None]:
    found = []
    try:
        for frame in frames:
            found.append(frame)  # noqa: PERF402 (what came before the end counts)
    except sources.SourceEnded as end:
        return found, end.reason
    pytest.fail("a source ends by saying so")


def test_a_film_is_shown_at_its_own_speed(tmp_path: Path) -> None:
    clock = Clock()
    film = write_film(tmp_path / "film.mp4", passage(3))
    found, reason = ended(sources.film(str(film), clock, clock.sleep))
    assert reason is None
    assert [round(frame.at_s - 100.0, 2) for frame in found] == [n / 10 for n in range(11)]
    frame = found[4]
    assert (frame.width, frame.height, frame.coarse.shape) == (*SCENE, (90, 160))
    window = frame.open_window(Box(100, 60, 339, 259))
    assert window.shape == (200, 240, 3)
    told = np.asarray(passage(3)[4].crop((100, 60, 340, 260)), np.int16)
    assert np.abs(window.astype(np.int16) - told).mean() < 12
    wide = np.asarray(passage(3)[4].convert("L"), np.int16)[::4, ::4]
    assert (
        np.abs(frame.coarse.astype(np.int16) - wide).mean() < 25
    )  # luminance of video is narrower


@pytest.mark.parametrize("content", [b"", b"no film at all" * 500])
def test_what_is_no_film_ends(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "film.mp4").write_bytes(content)
    clock = Clock()
    assert ended(sources.film(str(tmp_path / "film.mp4"), clock, clock.sleep)) == (
        [], "camera_silent"
    )  # fmt: skip
    assert ended(sources.film(str(tmp_path / "none.mp4"), clock, clock.sleep))[1] == "camera_silent"


def test_a_damaged_film_gives_what_it_can_and_ends(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.avi", passage(3, 20))
    content = bytearray(film.read_bytes())
    random = np.random.default_rng(3)
    for at in random.integers(len(content) // 4, len(content), 400):
        content[at] = random.integers(256)
    film.write_bytes(content)
    clock = Clock()
    found, reason = ended(sources.film(str(film), clock, clock.sleep))
    assert 1 <= len(found) <= 24
    assert reason in (None, "camera_broken", "camera_silent")


def test_a_camera_too_large_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "FRAME_PIXELS_MOST", 1_000)
    film = write_film(tmp_path / "film.mp4", passage(3, 1))
    clock = Clock()
    assert ended(sources.film(str(film), clock, clock.sleep)) == ([], "camera_broken")


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """A function that serves every connection by ``answer`` and gives back the address."""
    doors: list[socket.socket] = []
    held: list[socket.socket] = []

    def begin(answer: Callable[[socket.socket], None]) -> str:
        door = socket.create_server(("127.0.0.1", 0))
        doors.append(door)

        def work() -> None:
            while True:
                try:
                    line, _ = door.accept()
                except OSError:
                    return
                held.append(line)
                try:
                    line.recv(4_096)
                    answer(line)
                except OSError:
                    pass

        threading.Thread(target=work, daemon=True).start()
        return f"http://127.0.0.1:{door.getsockname()[1]}/snapshot.jpg"

    yield begin
    for door in doors:
        door.shutdown(socket.SHUT_RDWR)
    for one in doors + held:
        one.close()


def http(body: bytes, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def test_snapshots_are_fetched_and_wrong_ones_dropped(
    serve: Callable[[Callable[[socket.socket], None]], str],
) -> None:
    answers = itertools.cycle([http(as_jpeg(picture(3))), http(b"no"), http(b"", "500 No")])

    def answer(line: socket.socket) -> None:
        line.sendall(next(answers))
        line.close()

    clock = Clock()
    frames = sources.snapshots(serve(answer), clock, clock.sleep)
    found = [next(frames) for _ in range(3)]
    assert [(frame.width, frame.height) for frame in found] == [SCENE] * 3
    assert clock.now_s >= 100.0 + 6 / sources.SNAPSHOTS_PER_S


@pytest.mark.parametrize(
    ("body", "reason"), [(http(b"no picture"), "camera_broken"), (b"rubbish", "camera_silent")]
)
def test_a_snapshot_camera_that_only_errs_ends(
    serve: Callable[[Callable[[socket.socket], None]], str], body: bytes, reason: str
) -> None:
    def answer(line: socket.socket) -> None:
        line.sendall(body)
        line.close()

    clock = Clock()
    assert ended(sources.snapshots(serve(answer), clock, clock.sleep)) == ([], reason)


def test_a_body_without_end_is_cut_off(
    serve: Callable[[Callable[[socket.socket], None]], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo, "BYTES_MOST", 100_000)

    def answer(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            line.sendall(bytes(10_000))

    clock = Clock()
    monkeypatch.setattr(sources, "BROKEN_MOST", 4)
    assert ended(sources.snapshots(serve(answer), clock, clock.sleep)) == ([], "camera_broken")


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
        order.append(taken[0])
        desk.put_frame("b", frame_at(99.0))
    assert order == ["a", "b", "c", "b"]


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


def test_the_worker_answers_portraits_and_pushed_frames(eyes: Engine) -> None:
    frames = [as_jpeg(one) for one in passage(3, 5)]
    told = run_worker(
        eyes,
        [
            pipe.encode({"do": "ping", "call": 1}),
            pipe.encode({"do": "portrait", "call": 2}, as_jpeg(portrait(4))),
            pipe.encode({"do": "portrait", "call": 3}, b"rubbish"),
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
        self.heard: list[tuple[str, Event | CameraEnded]] = []
        self._changed = asyncio.Event()

    def __call__(self, name: str, event: Event | CameraEnded) -> None:
        self.heard.append((name, event))
        self._changed.set()

    async def until(self, fits: Callable[[str, Event | CameraEnded], bool]) -> None:
        async with asyncio.timeout(90):
            while not any(fits(*one) for one in self.heard):
                self._changed.clear()
                await self._changed.wait()


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
