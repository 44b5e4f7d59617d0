"""The face process: ``python -m hub.faces.worker``. Commands come in, events and embeddings go out.

One thread reads commands, one per camera fetches and decodes, the main one finds and encodes.
Between them stands one frame per camera, the newest; cameras take turns. What a camera sends
wrongly ends its own thread only; what kills the process is the hub's to notice and to start again.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from PIL import Image

from hub.faces import enrol, pipe, sources
from hub.faces.camera import Camera, Frame
from hub.faces.decide import Refused
from hub.faces.engine import Engine
from hub.faces.geometry import Box

PORTRAITS_MOST: Final = 4
CAMERAS_MOST: Final = 64
REOPEN_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)

Opens = Callable[[str, str], Iterator[Frame]]
_log = logging.getLogger(__name__)


class Desk:
    """What waits to be worked on: portraits in order, and the newest frame of each camera."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frames: dict[str, Frame] = {}  # bounded by CAMERAS_MOST, one frame each
        self._portraits: list[tuple[int, bytes]] = []  # bounded by PORTRAITS_MOST
        self._last = ""
        self._closed = False
        self.replaced = 0

    def put_frame(self, camera: str, frame: Frame) -> None:
        """The camera's newest frame; one that nobody has looked at goes."""
        with self._changed:
            self.replaced += camera in self._frames
            self._frames[camera] = frame
            self._changed.notify()

    def put_portrait(self, call: int, content: bytes) -> bool:
        """Whether there was room."""
        with self._changed:
            if len(self._portraits) >= PORTRAITS_MOST:
                return False
            self._portraits.append((call, content))
            self._changed.notify()
            return True

    def forget(self, camera: str) -> None:
        """Drop the camera's frame."""
        with self._changed:
            self._frames.pop(camera, None)

    def close(self) -> None:
        """Nothing further is taken."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def take(self) -> tuple[str, Frame] | tuple[int, bytes] | None:
        """The next work: a portrait, else the camera after the last one; None at the end."""
        with self._changed:
            while not (self._closed or self._portraits or self._frames):
                self._changed.wait()
            if self._closed:
                return None
            if self._portraits:
                return self._portraits.pop(0)
            waiting = sorted(self._frames)
            after = [camera for camera in waiting if camera > self._last]
            self._last = (after or waiting)[0]
            return self._last, self._frames.pop(self._last)


class Worker:
    """The process's state; ``commands`` and ``answers`` are its two pipes."""

    def __init__(
        self,
        engine: Engine,
        commands: BinaryIO,
        answers: BinaryIO,
        opens: Opens = sources.open_source,
    ) -> None:
        self._engine = engine
        self._commands = commands
        self._answers = answers
        self._opens = opens
        self._desk = Desk()
        self._speaking = threading.Lock()
        self._cameras: dict[str, Camera] = {}  # bounded by CAMERAS_MOST
        self._ends: dict[str, threading.Event] = {}
        self._seen: dict[str, Frame | None] = {}  # at the last ping; bounded as above

    def run(self) -> None:
        """Work until the commands end."""
        self._say({"say": "here", "detector": self._engine.detector.model_id,
                   "encoder": self._engine.encoder.model_id})  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()
        while (work := self._desk.take()) is not None:
            name, content = work
            if isinstance(content, Frame):
                self._look(str(name), content)
            else:
                self._portrait(int(name), content)

    def _say(self, head: dict[str, Any], body: bytes = b"") -> None:
        with self._speaking:
            self._answers.write(pipe.encode(head, body))
            self._answers.flush()

    def _listen(self) -> None:
        try:
            while (message := read_message(self._commands)) is not None:
                self._obey(*message)
        except (pipe.PipeBroken, OSError) as fault:
            _log.warning("the hub's commands ended: %s", type(fault).__name__)
        finally:
            for end in self._ends.values():
                end.set()
            self._desk.close()

    def _obey(self, head: dict[str, Any], body: bytes) -> None:
        match head.get("do"):
            case "portrait":
                if not self._desk.put_portrait(head["call"], body):
                    self._say({"say": "portrait", "call": head["call"], "reason": "hub_busy"})
            case "frame":
                frame = sources.jpeg_frame(body, head["at_s"])
                if isinstance(frame, Frame) and head["camera"] in self._cameras:
                    self._desk.put_frame(head["camera"], frame)
                else:
                    self._say({"say": "done", "camera": head["camera"]})
            case "camera":
                self._begin(head["camera"], head["kind"], head["address"])
            case "forget":
                self._forget(head["camera"])
            case "again" | "look" | "scene":
                self._of_camera(head, self._cameras.get(head["camera"]))
            case "ping":
                self._forget_still()
                self._say({"say": "pong", "call": head["call"]})
            case _:
                raise pipe.PipeBroken("nobody asks that")

    def _of_camera(self, head: dict[str, Any], camera: Camera | None) -> None:
        """What is asked of a camera that may be gone."""
        match head["do"]:
            case "again" if camera is not None:
                camera.again(head["track"])
            case "look" if camera is not None:
                camera.look(head["for_s"])
            case "scene":
                body = scene_of(camera.last) if camera is not None and camera.last else b""
                self._say({"say": "scene", "call": head["call"]}, body)
            case _:
                pass  # it was forgotten meanwhile

    def _begin(self, name: str, kind: str, address: str) -> None:
        self._forget(name)
        if len(self._cameras) >= CAMERAS_MOST:
            self._say({"say": "ended", "camera": name, "reason": "hub_busy"})
            return
        self._cameras[name] = Camera(self._engine)
        if kind == "pushed":
            return
        end = self._ends[name] = threading.Event()
        told = (name, kind, address, end)
        threading.Thread(target=self._fetch, args=told, daemon=True).start()

    def _forget(self, name: str) -> None:
        self._cameras.pop(name, None)
        self._seen.pop(name, None)
        if end := self._ends.pop(name, None):
            end.set()
        self._desk.forget(name)

    def _forget_still(self) -> None:
        """A camera that sent nothing since the last ping keeps nobody's face."""
        for name, camera in list(self._cameras.items()):
            still = camera.last is not None and camera.last is self._seen.get(name)
            if still:
                self._cameras[name] = Camera(self._engine)
            self._seen[name] = None if still else camera.last

    def _fetch(self, name: str, kind: str, address: str, end: threading.Event) -> None:
        """Frames of one camera until it is forgotten; one that ends is opened again, ever later."""
        failed = 0
        while not end.is_set():
            reason: str | None = "camera_broken"
            here = False
            try:
                for frame in self._opens(kind, address):
                    if end.is_set():
                        return
                    failed = 0
                    self._desk.put_frame(name, frame)
                    if not here:
                        here = True
                        self._say({"say": "opened", "camera": name})
            except sources.SourceEnded as ended:
                reason = ended.reason
            except Exception as fault:  # noqa: BLE001 (one decoder must not end the others)
                # Never its text: libraries put the address there, and addresses hold passwords.
                _log.error("a camera's source failed: %s", type(fault).__name__)
            with contextlib.suppress(OSError, ValueError):
                self._say({"say": "ended", "camera": name, "reason": reason})
            if reason is None:
                return
            end.wait(REOPEN_S[min(failed, len(REOPEN_S) - 1)])
            failed += 1

    def _look(self, name: str, frame: Frame) -> None:
        camera = self._cameras.get(name)
        if camera is None:
            return
        try:
            found = camera.frame(frame)
        except Exception as fault:  # noqa: BLE001 (what it cannot bear is this camera's own)
            _log.error("a frame could not be looked at: %s", type(fault).__name__)
            self._cameras[name] = Camera(self._engine)
            self._say({"say": "fault", "camera": name})
            found = []
        for event in found:
            self._say(*pipe.from_event(name, event))
        self._say({"say": "done", "camera": name})

    def _portrait(self, call: int, content: bytes) -> None:
        try:
            found = enrol.portrait(content, self._engine)
        except Exception as fault:  # noqa: BLE001 (as in _look)
            _log.error("a portrait could not be looked at: %s", type(fault).__name__)
            found = Refused("photo_broken")
        if isinstance(found, Refused):
            self._say({"say": "portrait", "call": call, "reason": found.reason})
        else:
            told = {"say": "portrait", "call": call, "reason": None, "model": found.model_id,
                    "gap": found.gap, "copied": found.copied}  # fmt: skip
            self._say(told, pipe.to_bytes(found.embedding))


def scene_of(frame: Frame) -> bytes:
    """A whole frame as JPEG, empty where it does not decode."""
    whole = Box(0, 0, frame.width - 1, frame.height - 1)
    out = io.BytesIO()
    try:
        Image.fromarray(frame.open_window(whole)).save(out, "JPEG", quality=85)
    except (OSError, ValueError):
        return b""
    return out.getvalue()


def read_message(file: BinaryIO) -> pipe.Message | None:
    """The next message, or None at the end; raises PipeBroken."""
    sizes = _exactly(file, pipe.LENGTHS.size)
    if sizes is None:
        return None
    head, body = pipe.lengths(sizes)
    told, content = _exactly(file, head), _exactly(file, body)
    if told is None or content is None:
        return None
    return pipe.decode_head(told), content


def _exactly(file: BinaryIO, count: int) -> bytes | None:
    parts = bytearray()  # bounded by what the lengths may say
    while len(parts) < count:
        part = file.read(count - len(parts))
        if not part:
            return None
        parts += part
    return bytes(parts)


def main() -> None:
    """Run as the hub starts it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--detector", type=Path)
    parser.add_argument("--weights", type=Path)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # Whatever a library prints goes to the log's side, never into the pipe.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    from hub.faces import engine  # noqa: PLC0415 (a second)

    ready = engine.make(asked.data, asked.detector, asked.weights)
    with contextlib.suppress(BrokenPipeError):
        Worker(ready, sys.stdin.buffer, answers).run()
    os._exit(0)  # a decoder that hangs in its thread must not keep the process


if __name__ == "__main__":
    main()
