"""The hub's side of the face process: starts it, feeds it, hears it, and starts it again.

Nothing here computes. A pushed camera has one picture under way and one waiting, the newest; a
process that does not answer is ended and started again, and its cameras with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hub.faces import photo, pipe
from hub.faces.camera import Event
from hub.faces.decide import Refused
from hub.faces.enrol import Portrait

START_WAIT_S: Final = 120.0  # the first start converts the network, perhaps on a slow card
ANSWER_WAIT_S: Final = 30.0
PING_S: Final = 10.0
AGAIN_S: Final = (0.5, 2.0, 5.0, 15.0, 60.0)
CALLS_MOST: Final = 8
CAMERAS_MOST: Final = 64

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CameraEnded:
    """A camera stopped giving pictures; ``reason`` is None for a film that came to its end."""

    reason: str | None


@dataclass(frozen=True, slots=True)
class CameraHere:
    """A camera's first picture came, or the first after it was silent."""


Heard = Callable[[str, Event | CameraEnded | CameraHere], None]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a camera's pictures come from: ``pushed``, ``film`` (also RTSP) or ``snapshots``."""

    kind: str
    address: str = ""


class FaceProcess:
    """One face process for one hub. ``heard(camera, event)`` is called on the loop."""

    def __init__(
        self,
        data: Path,
        heard: Heard,
        detector: Path | None = None,
        weights: Path | None = None,
    ) -> None:
        self._words = ["--data", str(data)]
        self._words += ["--detector", str(detector)] if detector else []
        self._words += ["--weights", str(weights)] if weights else []
        self._heard = heard
        self._child: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._here = asyncio.Event()
        self._cameras: dict[str, Source] = {}  # bounded by CAMERAS_MOST
        self._under_way: set[str] = set()
        self._waiting: dict[str, tuple[float, bytes]] = {}  # bounded by CAMERAS_MOST
        self._calls: dict[int, asyncio.Future[pipe.Message]] = {}  # bounded by CALLS_MOST
        self._number = 0
        self.starts = 0
        self.models: tuple[str, str] | None = None

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Begin; the process is there when ``ready`` returns."""
        self._keeper = asyncio.create_task(self._keep())

    async def ready(self) -> None:
        """Wait until the process has loaded its models; raises TimeoutError."""
        await asyncio.wait_for(self._here.wait(), START_WAIT_S)

    async def stop(self) -> None:
        """End the process and wait for its end."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None

    # --- what the hub asks

    def add(self, camera: str, source: Source) -> bool:
        """Look at a camera from now on; whether there was room."""
        if camera not in self._cameras and len(self._cameras) >= CAMERAS_MOST:
            return False
        self._cameras[camera] = source
        if self._here.is_set():
            self._add(camera, source)
        return True

    def forget(self, camera: str) -> None:
        """Look at a camera no longer."""
        self._cameras.pop(camera, None)
        self._waiting.pop(camera, None)
        self._under_way.discard(camera)
        if self._here.is_set():
            self._send({"do": "forget", "camera": camera})

    def push(self, camera: str, content: bytes, at_s: float) -> str | None:
        """A picture of a pushed camera; the newest waits. A reason code where it is not taken."""
        if len(content) > photo.BYTES_MOST:
            return "photo_large"
        source = self._cameras.get(camera)
        if source is None or source.kind != "pushed":
            return "not_found"
        if not self._here.is_set():
            return "hub_busy"
        self._waiting[camera] = (at_s, content)
        self._next(camera)
        return None

    def again(self, camera: str, track: int) -> None:
        """Decide a track once more, by looks from now on."""
        if self._here.is_set():
            self._send({"do": "again", "camera": camera, "track": track})

    def look(self, camera: str, for_s: float) -> None:
        """Look for so long, also where nothing moves."""
        if self._here.is_set():
            self._send({"do": "look", "camera": camera, "for_s": for_s})

    async def scene(self, camera: str) -> bytes | None:
        """The camera's last picture as JPEG, or None where there is none."""
        answer = await self._ask({"do": "scene", "camera": camera})
        return answer[1] or None if answer is not None else None

    async def portrait(self, content: bytes) -> Portrait | Refused:
        """The embedding of a portrait, or why not."""
        if len(content) > photo.BYTES_MOST:
            return Refused("photo_large")
        answer = await self._ask({"do": "portrait"}, content)
        if answer is None:
            return Refused("hub_busy")
        head, body = answer
        if head["reason"] is not None:
            return Refused(str(head["reason"]))
        gap, copied = float(head["gap"]), bool(head["copied"])
        return Portrait(pipe.to_floats(body), str(head["model"]), gap, copied)

    async def _ask(self, head: dict[str, Any], body: bytes = b"") -> pipe.Message | None:
        if not self._here.is_set() or len(self._calls) >= CALLS_MOST:
            return None
        self._number += 1
        number = self._number
        future = self._calls[number] = asyncio.get_running_loop().create_future()
        try:
            self._send({**head, "call": number}, body)
            return await asyncio.wait_for(future, ANSWER_WAIT_S)
        except (TimeoutError, ConnectionError):
            return None
        finally:
            self._calls.pop(number, None)

    def _send(self, head: dict[str, Any], body: bytes = b"") -> None:
        """Into the pipe; what stands there unread is bounded by calls and cameras."""
        if self._child is not None and self._child.stdin is not None:
            with contextlib.suppress(RuntimeError):  # it has just died (libuv's loop tells at once)
                self._child.stdin.write(pipe.encode(head, body))

    def _add(self, camera: str, source: Source) -> None:
        told = {"do": "camera", "camera": camera, "kind": source.kind, "address": source.address}
        self._send(told)

    def _next(self, camera: str) -> None:
        if camera in self._under_way or camera not in self._waiting:
            return
        at_s, content = self._waiting.pop(camera)
        self._under_way.add(camera)
        self._send({"do": "frame", "camera": camera, "at_s": at_s}, content)

    # --- keeping it alive

    async def _keep(self) -> None:
        failed = 0
        while True:
            try:
                await self._one_life()
            finally:
                was_here = self._here.is_set()
                await self._bury()
            failed = 0 if was_here else failed + 1
            wait_s = AGAIN_S[min(failed, len(AGAIN_S) - 1)]
            _log.warning("the face process ended; it starts again in %s s", wait_s)
            await asyncio.sleep(wait_s)

    async def _one_life(self) -> None:
        self.starts += 1
        self._child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hub.faces.worker", *self._words,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
        assert self._child.stdout is not None
        hearing = asyncio.create_task(self._hear(self._child.stdout))
        watching = asyncio.create_task(self._watch())
        try:
            await asyncio.wait({hearing, watching}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (hearing, watching):
                task.cancel()
            await asyncio.gather(hearing, watching, return_exceptions=True)

    async def _bury(self) -> None:
        self._here.clear()
        child, self._child = self._child, None
        self._under_way.clear()
        self._waiting.clear()
        for future in self._calls.values():
            if not future.done():
                future.set_exception(ConnectionError("the face process ended"))
        if child is not None:
            if child.stdin is not None:
                child.stdin.close()
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()

    async def _watch(self) -> None:
        """Returns when the process does not answer any more."""
        await self.ready()
        while True:
            full = len(self._calls) >= CALLS_MOST  # then the calls' own answers tell
            if not full and await self._ask({"do": "ping"}) is None:
                return
            await asyncio.sleep(PING_S)

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                sizes = pipe.lengths(await reader.readexactly(pipe.LENGTHS.size))
                head = pipe.decode_head(await reader.readexactly(sizes[0]))
                self._take(head, await reader.readexactly(sizes[1]))
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        except pipe.PipeBroken as fault:
            _log.warning("the face process is not understood: %s", fault)

    def _take(self, head: dict[str, Any], body: bytes) -> None:
        match head.get("say"):
            case "here":
                self.models = (str(head["detector"]), str(head["encoder"]))
                self._here.set()
                for camera, source in self._cameras.items():
                    self._add(camera, source)
            case "pong" | "portrait" | "scene":
                future = self._calls.get(head["call"])
                if future is not None and not future.done():
                    future.set_result((head, body))
            case "done":
                self._under_way.discard(head["camera"])
                self._next(head["camera"])
            case "opened":
                self._tell(head["camera"], CameraHere())
            case "ended":
                self._tell(head["camera"], CameraEnded(head["reason"]))
            case "fault":
                _log.warning("a camera's picture could not be looked at")
            case _:
                self._tell(head["camera"], pipe.to_event(head, body))

    def _tell(self, camera: str, event: Event | CameraEnded | CameraHere) -> None:
        if camera not in self._cameras:
            return
        try:
            self._heard(camera, event)
        except Exception:  # noqa: BLE001 (a fault of ours beyond must not take the cameras down)
            _log.exception("an event of a camera could not be used")
