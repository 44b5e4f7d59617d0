"""A camera with a snapshot address, as many have: whoever knows it gets the newest picture.

The address is a secret, as a password in it would be: whoever guesses another one sees nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

STOP_S = 1  # open connections get so long to end

Shoot = Callable[[], bytes]  # the picture now, as JPEG


class CameraEnd:
    """Serves on loopback; ``shoot`` is called in a thread for each picture that is asked for."""

    def __init__(self) -> None:
        self.shoot: Shoot = lambda: b""
        self.is_plugged = True
        self.url = ""
        self._path = f"/{secrets.token_urlsafe(16)}.jpg"
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen on a free port; ``url`` is known when this returns."""
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        self.url = f"http://127.0.0.1:{sock.getsockname()[1]}{self._path}"
        app = Starlette(routes=[Route(self._path, self._picture)])
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, lifespan="off", ws="none",
            timeout_graceful_shutdown=STOP_S,
        )  # fmt: skip
        self._server = _Server(config)
        self._task = asyncio.ensure_future(self._server.serve(sockets=[sock]))

    async def stop(self) -> None:
        """Serve nothing more."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await asyncio.gather(self._task, return_exceptions=True)

    def plug(self) -> None:
        """Put its cable back."""
        self.is_plugged = True

    def unplug(self) -> None:
        """Pull its cable."""
        self.is_plugged = False

    async def _picture(self, request: Request) -> Response:
        del request
        if not self.is_plugged or not (content := await asyncio.to_thread(self.shoot)):
            return Response(status_code=503)
        return Response(content, 200, {"Cache-Control": "no-store"}, "image/jpeg")


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signals to the process: this server is a guest in it."""
        yield
