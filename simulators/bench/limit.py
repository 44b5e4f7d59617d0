"""What this machine does at best: a POST, an MQTT echo, a committed row, a synced write.

Nothing here verifies, decides or remembers. The POST and the echo are processes of their own, as
hub and door are; row and write are single statements on the folders that hub and door write to.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import secrets
import signal
import sqlite3
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Final

from drivers import mqtt
from simulators.bench import trivial
from simulators.bench.line import HttpLine

USER: Final = "limit-asks"
PAYLOAD: Final = b"x" * 256  # our commands and answers are longer: this is the kinder limit
ROW: Final = "x" * 256
WAIT_S: Final = 20.0  # for a start or an echo; they take milliseconds
LOOK_S: Final = 0.02
_ROUNDS: Final = 101  # of PBKDF2 in a line of mosquitto's password file


class SyncedFile:
    """An SQLite file in WAL with synchronous FULL; each row is one commit."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=full")
        self._db.execute("create table if not exists rows (n integer primary key, body text)")

    def commit_row(self) -> None:
        """One row, on the disk when this returns."""
        self._db.execute("begin immediate")
        self._db.execute("insert into rows (body) values (?)", (ROW,))
        self._db.execute("commit")

    def close(self) -> None:
        """Give the file back."""
        self._db.close()


class Limit:
    """The four parts, one after the other, each timed by the same clock in the same client."""

    PARTS: Final = ("post", "echo", "row", "write")

    def __init__(self, http_port: int, broker_port: int, hub_file: Path, door_file: Path) -> None:
        self._http_port = http_port
        self._broker_port = broker_port
        self._secrets = {name: secrets.token_hex(16) for name in (USER, trivial.USER)}
        self._row, self._write = SyncedFile(hub_file), SyncedFile(door_file)
        self._processes: list[asyncio.subprocess.Process] = []
        self._line: HttpLine | None = None
        self._bus: mqtt.Connection | None = None
        self._echoed: asyncio.Future[None] | None = None

    def let_in(self, broker_folder: Path, broker_pid: int) -> None:
        """Two more users for the running broker, on topics of their own."""
        with (broker_folder / "passwords").open("a", encoding="ascii") as file:
            file.writelines(f"{user}:{_hashed(word)}\n" for user, word in self._secrets.items())
        with (broker_folder / "rules").open("a", encoding="ascii") as file:
            file.writelines(f"\nuser {user}\ntopic readwrite limit/#\n" for user in self._secrets)
        os.kill(broker_pid, signal.SIGHUP)

    async def start(self) -> None:
        """Both processes, and a connection to each."""
        await self._spawn("post", self._http_port)
        echo = await self._spawn("echo", self._broker_port)
        assert echo.stdout is not None
        async with asyncio.timeout(WAIT_S):
            await echo.stdout.readline()
            self._line = await self.open_line()
            address = mqtt.BrokerAddress("127.0.0.1", self._broker_port, USER, self._secrets[USER])
            self._bus = await mqtt.connect(
                address, client_id=USER, will=None, on_message=self._came_back
            )
            await self._bus.subscribe([(trivial.ECHO, 1)])

    async def open_line(self) -> HttpLine:
        """A connection to the trivial POST, as soon as it takes one."""
        while True:
            with contextlib.suppress(ConnectionError):
                return await HttpLine.open("127.0.0.1", self._http_port)
            await asyncio.sleep(LOOK_S)

    async def _spawn(self, what: str, port: int) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            trivial.__name__,
            what,
            str(port),
            env={**os.environ, trivial.SECRET: self._secrets[trivial.USER]},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._processes.append(process)
        return process

    async def once(self, headers: str, body: bytes) -> tuple[float, ...]:
        """All parts in order; the milliseconds of each."""
        assert self._line is not None
        marks = [time.perf_counter()]
        answer = await self._line.request("POST", "/limit", headers, body)
        marks.append(time.perf_counter())
        await self._echo_once()
        marks.append(time.perf_counter())
        self._row.commit_row()
        marks.append(time.perf_counter())
        self._write.commit_row()
        marks.append(time.perf_counter())
        if answer.status != 200:
            raise RuntimeError(f"the trivial POST answered {answer.status}")
        return tuple((after - before) * 1e3 for before, after in pairwise(marks))

    async def _echo_once(self) -> None:
        assert self._bus is not None
        self._echoed = asyncio.get_running_loop().create_future()
        self._bus.publish(trivial.ASK, PAYLOAD, qos=1)
        async with asyncio.timeout(WAIT_S):
            await self._echoed

    def _came_back(self, _message: mqtt.Message) -> None:
        if self._echoed is not None and not self._echoed.done():
            self._echoed.set_result(None)

    async def stop(self) -> None:
        """End both processes and give the files back."""
        if self._line is not None:
            self._line.close()
        if self._bus is not None:
            await self._bus.close()
        for process in self._processes:
            process.kill()
            await process.wait()
        self._row.close()
        self._write.close()


def _hashed(secret: str) -> str:
    """A line's hash in mosquitto's password file: PBKDF2 with HMAC-SHA-512."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, _ROUNDS)
    both = (base64.b64encode(raw).decode("ascii") for raw in (salt, digest))
    return f"$7${_ROUNDS}$" + "$".join(both)
