"""What every open page hears: server-sent events from bounded queues, the whole town first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

LISTENERS_MAX = 32  # tabs that show the town; each costs a queue and a connection
BACKLOG_MAX = 500  # messages a slow tab may lag behind; then it comes back and reads all afresh
BEAT_S = 15.0  # a page takes a stream that was silent for 40 s for dead

Document = Callable[[], dict[str, Any]]


def encode(kind: str, body: object) -> bytes:
    """One message as it travels."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return f"event: {kind}\ndata: {text}\n\n".encode()


class Streams:
    """The open pages. ``close`` ends every stream, so that a server can stop."""

    def __init__(self) -> None:
        self._open: dict[asyncio.Queue[bytes | None], Document] = {}
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._open)

    def announce(self, kind: str, body: object) -> None:
        """Tell every page; it is encoded once."""
        if self._open:
            raw = encode(kind, body)
            for queue in list(self._open):
                self._put(queue, raw)

    def refresh(self) -> None:
        """Give every page its whole town anew."""
        for queue, document in list(self._open.items()):
            self._put(queue, encode("town", document()))

    def listen(self, document: Document) -> asyncio.Queue[bytes | None] | None:
        """A queue that begins with the town and ends with None; None when too many listen."""
        if self._is_closed or len(self._open) >= LISTENERS_MAX:
            return None
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=BACKLOG_MAX + 1)
        queue.put_nowait(encode("town", document()))
        self._open[queue] = document
        return queue

    def leave(self, queue: asyncio.Queue[bytes | None]) -> None:
        """A page went away."""
        self._open.pop(queue, None)

    def close(self) -> None:
        """End all streams; no new one begins."""
        self._is_closed = True
        for queue in list(self._open):
            self._end(queue)

    def _put(self, queue: asyncio.Queue[bytes | None], raw: bytes) -> None:
        if queue.qsize() >= BACKLOG_MAX:
            self._end(queue)
        else:
            queue.put_nowait(raw)

    def _end(self, queue: asyncio.Queue[bytes | None]) -> None:
        self._open.pop(queue, None)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)


class LiveStream(Response):
    """One page's stream, pure ASGI; it ends when the page, the server or its patience does."""

    def __init__(self, streams: Streams, document: Document) -> None:
        super().__init__()
        self._streams = streams
        self._document = document

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the end."""
        del scope
        queue = self._streams.listen(self._document)
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        status = 200 if queue is not None else 503
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if queue is None:
            await send({"type": "http.response.body", "body": b""})
            return
        gone = asyncio.ensure_future(_gone(receive, queue))
        try:
            await send(_part(b"retry: 1000\n\n" + encode("beat", {})))
            while (raw := await _next(queue)) is not None:
                await send(_part(raw))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            self._streams.leave(queue)


async def _next(queue: asyncio.Queue[bytes | None]) -> bytes | None:
    try:
        async with asyncio.timeout(BEAT_S):
            return await queue.get()
    except TimeoutError:
        return encode("beat", {})


async def _gone(receive: Receive, queue: asyncio.Queue[bytes | None]) -> None:
    """Wake the sender when the page has closed its end."""
    while (await receive())["type"] != "http.disconnect":
        pass
    while queue.full():
        queue.get_nowait()
    queue.put_nowait(None)


def _part(raw: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": raw, "more_body": True}
