"""Films, cameras and snapshots: what they give, and how they end."""

import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hub.faces import photo, sources
from hub.faces.geometry import Box
from tests.faces.films import SCENE, as_jpeg, passage, picture, write_film


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


def test_a_camera_is_not_reached_by_the_machines_proxy(
    serve: Callable[[Callable[[socket.socket], None]], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would read the password that a camera's address may hold."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        closed = nobody.getsockname()[1]
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    def answer(line: socket.socket) -> None:
        line.sendall(http(as_jpeg(picture(3))))
        line.close()

    clock = Clock()
    frame = next(sources.snapshots(serve(answer), clock, clock.sleep))
    assert (frame.width, frame.height) == SCENE


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
