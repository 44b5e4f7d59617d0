"""Uvicorn's line to a client: an answer leaves in one packet, and a question must arrive in time.

Uvicorn hands the kernel head and body apart; with TCP_NODELAY the caller is woken twice, and on a
small machine pays for both before the answer is read.

It waits for ever for the rest of a head or a body; whoever sends a letter now and then would keep
a connection, and a few thousand of them all that the hub has (slowloris).
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_MOST_S = 10.0  # from the connection, or the first byte of a further request, to the whole head
BODY_MOST_S = 20.0  # from then to the whole body, and longer only by what arrives meanwhile
BODY_LEAST_BYTES_S = 16_384  # a phone at the edge of reception sends a spreadsheet faster
HELD_MOST_BYTES = 65_536  # of one turn of the loop; a longer answer leaves in pieces of this size


_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class OneWrite:
    """A transport that sends what was written in one turn of the loop together."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held: list[bytes] = []
        self._held_bytes = 0

    def write(self, raw: bytes) -> None:
        """Keep it until the answer is whole, or this turn of the loop is over."""
        if not raw:
            return
        if not self._held:
            asyncio.get_running_loop().call_soon(self.flush)
        self._held.append(raw)
        self._held_bytes += len(raw)
        if self._held_bytes >= HELD_MOST_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand over what is held."""
        if self._held:
            raw = b"".join(self._held)
            self._held.clear()
            self._held_bytes = 0
            if not self._transport.is_closing():  # the client left: nobody reads it
                self._transport.write(raw)

    def close(self) -> None:
        """Close after what is held."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Line(H11Protocol):
    """One client's connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Asyncio: a client is here."""
        self._one_write = OneWrite(transport)
        self._due: asyncio.TimerHandle | None = None
        self._waits_for = ""
        super().connection_made(self._one_write)  # type: ignore[arg-type]
        self._wait_for("head", HEAD_MOST_S)

    def data_received(self, data: bytes) -> None:
        """Asyncio: a piece of a request has come."""
        super().data_received(data)
        self._mind(len(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio: the client is gone."""
        self._wait_for("", 0.0)
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Uvicorn: the answer is whole."""
        self._one_write.flush()
        super().on_response_complete()
        self._mind(0)

    def _mind(self, came_bytes: int) -> None:
        """Which part of a request is still to come, and until when."""
        state = self.conn.their_state
        if state is h11.SEND_BODY:
            allowed_s = came_bytes / BODY_LEAST_BYTES_S
            if self._waits_for == "body" and self._due is not None:
                allowed_s += self._due.when() - self.loop.time()
            else:
                allowed_s += BODY_MOST_S
            self._wait_for("body", allowed_s)
        elif state is not h11.IDLE or not self.conn.trailing_data[0]:
            self._wait_for("", 0.0)  # a whole request, or a kept line without one (uvicorn's own)
        elif self._waits_for != "head":
            self._wait_for("head", HEAD_MOST_S)

    def _wait_for(self, part: str, at_most_s: float) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        self._waits_for = part
        if part:
            self._due = self.loop.call_later(max(0.0, at_most_s), self._too_slow)

    def _too_slow(self) -> None:
        """Let go of a client that does not come to the end of its request."""
        self._due = None
        if self.conn.our_state is h11.IDLE:
            self._one_write.write(_TOO_SLOW)
        self._one_write.close()
