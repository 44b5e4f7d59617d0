"""Starting `linli` as children: they die with us, their words are kept, their end is noticed."""

from __future__ import annotations

import asyncio
import ctypes
import json
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

STOP_WAIT_S = 8.0  # a polite end takes well under a second; then it is no longer asked
_PR_SET_PDEATHSIG = 1
_OWN_GROUP = 0  # Ctrl-C on the terminal reaches us alone; we tell the children in order
PORTS_TRIED_MAX = 20  # ports above a taken one that are tried before any free one will do
SAID_MAX = 65_536  # bytes of one line that a child may say


class ChildFailed(Exception):
    """A child ended that should not have; the text holds its last words."""


def linli() -> list[str]:
    """The command that starts this very installation."""
    return [sys.executable, "-m", "devices.cli"]


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody uses now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def listen_near(host: str, wanted: int) -> socket.socket:
    """A listening socket on the wanted port, one just above it, or any; raises OSError."""
    for port in [*range(wanted, min(wanted + PORTS_TRIED_MAX, 65_536)), 0]:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
            sock.listen()
        except OSError:
            sock.close()
        else:
            return sock
    raise OSError(f"no port of {host} is free")


def claim_near(host: str, wanted: int) -> socket.socket:
    """A claim on the port that `listen_near` would take, for who listens there later.

    It is a datagram socket of the same number, so it keeps no stream away and lingers nowhere: it
    is seen by whoever else claims, and ends with this process. Raises OSError.
    """
    for first in (*range(wanted, wanted + PORTS_TRIED_MAX), 0):
        with listen_near(host, first) as sock:
            port = int(sock.getsockname()[1])
        claim = socket.socket(type=socket.SOCK_DGRAM)
        try:
            claim.bind((host, port))
        except OSError:
            claim.close()
        else:
            return claim
    raise OSError(f"no port of {host} is free")


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


async def run(folder: Path, *words: str, wait_s: float = 150.0) -> dict[str, Any]:
    """Run a verb to its end and return the JSON of its last line; raises ChildFailed."""
    process = await asyncio.create_subprocess_exec(
        *linli(),
        *words,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=_die_with_parent,
        process_group=_OWN_GROUP,
    )
    try:
        async with asyncio.timeout(wait_s):
            said, told = await process.communicate()
    except TimeoutError as late:
        raise ChildFailed(f"linli {words[0]} did not end within {wait_s:.0f} s") from late
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise ChildFailed(f"linli {' '.join(words[:2])}: {told.decode().strip()[-500:]}")
    lines = said.decode().strip().splitlines()
    return dict(json.loads(lines[-1])) if lines else {}


class Child:
    """A running verb. ``on_line`` hears what it says on standard output."""

    def __init__(self, name: str, folder: Path, log: Path, words: list[str]) -> None:
        self.name = name
        self._folder = folder
        self._log = log
        self._words = words
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self.on_line: Callable[[str], None] = lambda _line: None

    @property
    def pid(self) -> int | None:
        """Its process, None when it does not run."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process else None

    async def start(self) -> None:
        """Start it; its errors go to its log file."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *linli(),
                *self._words,
                cwd=self._folder,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=SAID_MAX,
                preexec_fn=_die_with_parent,
                process_group=_OWN_GROUP,
            )
        self._reader = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.on_line(line.decode("utf-8", "replace").rstrip())

    def check(self) -> None:
        """Raise ChildFailed when it is gone."""
        if self._process is not None and self._process.returncode is not None:
            raise ChildFailed(f"{self.name} ended: {self.last_words()}")

    def last_words(self) -> str:
        """The end of its log."""
        text = self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""
        return " | ".join(text.strip().splitlines()[-3:])

    def kill(self) -> None:
        """End it at once; ``stop`` then has nothing to wait for."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def stop(self, *, politely: bool = True) -> None:
        """Ask it to end and wait; or kill it at once."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            process.send_signal(signal.SIGTERM if politely else signal.SIGKILL)
            try:
                async with asyncio.timeout(STOP_WAIT_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        self._process = None
