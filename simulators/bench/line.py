"""The benchmarks' HTTP client: one kept-alive connection, no more work than the bytes need."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

HEAD_MOST_BYTES = 16_384  # our answers' heads are below 1 kB


class LineBroken(Exception):
    """The connection ended, or the answer was none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers by small name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class HttpLine(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._transport: asyncio.Transport | None = None
        self._held = bytearray()
        self._waiting: asyncio.Future[Answer] | None = None
        self._body_at = 0
        self._end = 0

    @classmethod
    async def open(cls, host: str, port: int) -> HttpLine:
        """Connect."""
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(lambda: cls(f"{host}:{port}"), host, port)
        return line

    async def request(self, method: str, path: str, headers: str, body: bytes) -> Answer:
        """Send and wait; ``headers`` are ready lines, each ending with CR LF."""
        if self._transport is None or self._waiting is not None:
            raise LineBroken("the line is closed, or busy")
        self._waiting = asyncio.get_running_loop().create_future()
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\n{headers}"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode("ascii") + body)
        try:
            return await self._waiting
        finally:
            self._waiting = None

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    # ----------------------------------------------------------------- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio: the connection is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio: the connection is gone."""
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(LineBroken(str(exc or "the hub hung up")))

    def data_received(self, data: bytes) -> None:
        """Asyncio: bytes came."""
        self._held += data
        if self._end == 0:
            at = self._held.find(b"\r\n\r\n")
            if at < 0:
                if len(self._held) > HEAD_MOST_BYTES:
                    self._break("an answer without end")
                return
            self._body_at = at + 4
            self._end = self._body_at + int(_header(bytes(self._held[:at]), b"content-length"))
        if len(self._held) >= self._end:
            self._tell()

    def _tell(self) -> None:
        head = bytes(self._held[: self._body_at - 4]).decode("latin-1").split("\r\n")
        body = bytes(self._held[self._body_at : self._end])
        del self._held[: self._end]
        self._end = 0
        pairs = (line.split(": ", 1) for line in head[1:] if ": " in line)
        answer = Answer(int(head[0].split()[1]), {n.lower(): v for n, v in pairs}, body)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)

    def _break(self, why: str) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(LineBroken(why))
        self.close()


def _header(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n"):
        given, _, value = line.partition(b":")
        if given.strip().lower() == name:
            return value.strip()
    return b"0"
