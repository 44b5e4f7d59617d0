"""`linli demo` as a person starts it: a process of its own, its page, and how it ends."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import services

READY_WAIT_S = 400  # a two-core machine on which much else runs; a quiet one needs eight
WAIT_S = 60  # as long as something may take where much else runs; nothing waits for its end

Json = dict[str, Any]


def broker_kind() -> str:
    """The best broker of this machine; skips where there is none at all."""
    try:
        services.mosquitto()
    except services.Absent as absent:
        if importlib.util.find_spec("amqtt") is None:
            pytest.skip(str(absent))
        return "amqtt"
    return "mosquitto"


def family_of(pid: int) -> set[int]:
    """Every living process below one; what only waits to be buried does not live."""
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        if (state := _state(int(folder.name))) is not None:
            below.setdefault(state[1], []).append(int(folder.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        children = below.get(waiting.pop(), [])
        found.update(children)
        waiting.extend(children)
    return found


def alive(pid: int) -> bool:
    """Whether a process still does anything."""
    return _state(pid) is not None


def _state(pid: int) -> tuple[str, int] | None:
    """State and parent of a living process."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None
    return (told[0], int(told[1])) if told[0] != "Z" else None


class DemoProcess:
    """A running `linli demo`; its words by line as they come."""

    def __init__(self, *words: str, **environment: str) -> None:
        self.folder = tempfile.mkdtemp(prefix="town-test-")
        own = {"TMPDIR": self.folder, "XDG_DATA_HOME": self.folder}
        command = [sys.executable, "-m", "devices.cli", "demo", "--broker", broker_kind()]
        command += ["--kiosk-port", str(services.free_port()), *words]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **own, **environment}, cwd=services.ROOT,
        )  # fmt: skip
        self.told: list[str] = []
        self.printed: list[str] = []
        self._fresh: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stderr, self.told)),
            threading.Thread(target=self._read, args=(self._process.stdout, self.printed)),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Any, into: list[str]) -> None:
        for line in stream:
            into.append(line.rstrip("\n"))
            self._fresh.put(line)
        self._fresh.put(None)

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_for(self, word: str) -> str:
        """The first line that holds a word."""
        end = time.monotonic() + READY_WAIT_S
        while time.monotonic() < end:
            for line in [*self.told, *self.printed]:
                if word in line:
                    return line
            assert self._process.poll() is None, self.told
            with contextlib.suppress(queue.Empty):
                self._fresh.get(timeout=0.5)
        raise AssertionError(f"never said {word!r}: {self.told}")

    def url(self) -> str:
        """The town's page, known long before the town is awake."""
        return self.wait_for("the town wakes up on").rpartition(" ")[2].rstrip("/")

    def interrupt(self) -> int:
        """Ctrl-C, then wait; the exit code."""
        self._process.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self) -> int:
        """Wait for its end; the exit code."""
        code = self._process.wait(timeout=WAIT_S)
        for reader in self._readers:
            reader.join()
        return code

    def kill(self) -> None:
        """The end, whatever happened before."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for reader in self._readers:
            reader.join()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def demo(*words: str) -> Iterator[DemoProcess]:
    """A `linli demo` on free ports that does not outlive its test."""
    ports = ("--port", str(services.free_port()), "--panel-port", str(services.free_port()))
    process = DemoProcess(*ports, *words)
    try:
        yield process
    finally:
        process.kill()


@dataclass
class Page:
    """The town's page without a browser: its API, and everything that its stream told."""

    process: DemoProcess
    url: str = ""
    http: httpx.Client = field(init=False)
    heard: list[tuple[str, Json]] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.url = self.process.url()
        self.http = httpx.Client(
            base_url=self.url, trust_env=False, timeout=WAIT_S, headers={"Linli-Client": "panel"}
        )
        self._until(lambda _: True)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _until(self, fits: Callable[[Json], bool]) -> Json:
        """Ask until the town fits; one that ended, or refuses because it is ending, says why."""
        end = time.monotonic() + READY_WAIT_S
        while time.monotonic() < end:
            assert alive(self.process.pid), self.process.told
            with contextlib.suppress(httpx.TransportError):
                if fits(town := self.town()):
                    return town
            time.sleep(0.1)
        raise AssertionError(f"it stays as it is: {self.process.told}")

    def _listen(self) -> None:
        kind = ""
        with contextlib.suppress(httpx.HTTPError), self.http.stream("GET", "/api/live") as answer:
            for line in answer.iter_lines():
                if self._stopping.is_set():
                    return
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    self.heard.append((kind, json.loads(line.removeprefix("data: "))))

    def close(self) -> None:
        """Stop listening with the next beat or event."""
        self._stopping.set()
        self.http.close()

    def town(self) -> Json:
        """The whole town now."""
        return dict(self.http.get("/api/town").json())

    def ask(self, verb: str, /, **body: Any) -> httpx.Response:
        """One verb of the page."""
        return self.http.post(f"/api/{verb}", json=body)

    def do(self, verb: str, /, **body: Any) -> Json:
        """One verb that must be done."""
        answer = self.ask(verb, **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def mark(self) -> int:
        """Where the stream is now."""
        return len(self.heard)

    def since(self, mark: int, kind: str) -> list[Json]:
        """What the stream told of a kind since then."""
        return [body for told, body in self.heard[mark:] if told == kind]

    def wait(self, mark: int, kind: str, fits: Callable[[Json], bool] = lambda _: True) -> Json:
        """The first event of a kind since then that fits."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            for body in self.since(mark, kind):
                if fits(body):
                    return body
            time.sleep(0.02)
        raise AssertionError(f"no such {kind}: {self.since(mark, kind)}")

    def ready(self) -> Json:
        """Wait until the town can be driven."""
        return self._until(lambda town: bool(town["ready"]))

    def shut(self, door: str) -> None:
        """Wait until a door's lock is closed, so that its next pulse can be seen."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            if not next(each for each in self.town()["readers"] if each["id"] == door)["coil"]:
                return
            time.sleep(0.1)
        raise AssertionError(f"{door} stays open")

    def play(self, step: int) -> list[Json]:
        """Play a step to its end; the story's events of it."""
        mark = self.mark()
        self.do("story", action="play", step=step)
        self.wait(mark, "story", lambda now: now["state"] in ("done", "failed"))
        return self.since(mark, "story")
