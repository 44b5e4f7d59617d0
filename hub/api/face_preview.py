"""The preview of a door's cameras as a stream, for administrators; each opening is logged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from hub.acts.reading import Reading, note_reading
from hub.api.gate import Gate
from hub.core.errors import DomainError
from hub.face_preview import FacePreview, message

OPEN_MOST_S: Final = 600.0  # who looks on opens it again, and stands in the log again
HEARTBEAT_S: Final = 15.0  # proxies end silent streams
_BEAT: Final = message("beat", {})


def routes(gate: Gate) -> APIRouter:
    """The router of the preview."""
    hub = gate.hub
    router = APIRouter(prefix="/api/v1", tags=["faces"])

    @router.get("/faces/doors/{door}/preview", include_in_schema=False)
    async def preview(door: str, request: Request) -> Response:
        member = gate.member(request, "set", "faces")
        if door not in hub.memory.doors:
            raise DomainError("door_unknown")
        if hub.face_preview.is_full:
            raise DomainError("too_many")
        await hub.writer.submit(note_reading, Reading(f"staff:{member.id}", f"face_view:{door}"))

        def may_stay() -> bool:
            try:
                gate.member(request, "set", "faces")
            except DomainError:
                return False
            return True

        parts = stream(hub.face_preview, door, may_stay)
        return StreamingResponse(parts, media_type="text/event-stream")

    return router


async def stream(
    preview: FacePreview,
    door: str,
    may_stay: Callable[[], bool],
    open_most_s: float = OPEN_MOST_S,
) -> AsyncIterator[bytes]:
    """Messages of a door until the hub ends it, the session is over, or the time is.

    Who went away before it began was never among the viewers.
    """
    viewer = preview.watch(door)
    if viewer is None:  # the last place was taken meanwhile
        return
    loop = asyncio.get_running_loop()
    until_s = loop.time() + open_most_s
    asked_s = loop.time()
    try:
        yield b"retry: 2000\n\n"
        while loop.time() < until_s:
            raw: bytes | None = _BEAT
            try:
                async with asyncio.timeout(min(HEARTBEAT_S, until_s - loop.time())):
                    raw = await viewer.get()
            except TimeoutError:
                pass
            if loop.time() - asked_s >= HEARTBEAT_S:
                asked_s = loop.time()
                if not may_stay():
                    return
            if raw is None:
                return
            yield raw
    finally:
        preview.leave(viewer)
