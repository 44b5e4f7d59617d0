"""Uvicorn's line to a client, with an answer's head and body in one packet.

Uvicorn hands the kernel head and body apart; with TCP_NODELAY the caller is woken twice, and on a
small machine pays for both before the answer is read.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HELD_MOST_BYTES = 65_536  # of one turn of the loop; a longer answer leaves in pieces of this size


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
        super().connection_made(self._one_write)  # type: ignore[arg-type]

    def on_response_complete(self) -> None:
        """Uvicorn: the answer is whole."""
        self._one_write.flush()
        super().on_response_complete()
