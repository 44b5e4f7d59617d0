"""The hub's HTTP side: routes, pages, limits, headers, and a server that stops at once."""

from __future__ import annotations

import contextlib
import gzip
import mimetypes
import secrets
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub import metrics
from hub.api import (
    alerts,
    calls,
    card_lists,
    cards,
    desks,
    face_preview,
    face_watching,
    faces,
    foreign,
    household,
    imports,
    incidents,
    kiosk,
    kiosk_guests,
    letters,
    money,
    operating,
    operator,
    phone,
    staff,
    timelines,
    visits,
)
from hub.api.documents import Api, told
from hub.api.forwarded import Networks, is_here, real_scope
from hub.api.gate import Gate
from hub.api.line import Line
from hub.api.problems import HANDLERS, body_of, problem, reply
from hub.api.shapes import Site
from hub.live import instant
from hub.parts import Hub

BODY_BYTES_MAX = 64 * 1024  # the largest honest request of a page is below 4 kB
OPERATOR_BODY_BYTES_MAX = 4 * 1024 * 1024  # a thousand rows of a roster
PAGES = ("phone", "console", "visit")
_CSP = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_HEADERS = [
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"accelerometer=(self), gyroscope=(self), camera=(self)"),
]


class Shell:
    """Pure ASGI around everything: who asks, a request id, a bound on bodies, security headers."""

    def __init__(
        self, app: ASGIApp, express: Mapping[tuple[str, str], ASGIApp], trusted: Networks = ()
    ) -> None:
        self._app = app
        self._express = express
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = real_scope(scope, self._trusted)
        operators = scope["path"].startswith("/api/v1/operator/")
        room = OPERATOR_BODY_BYTES_MAX if operators else BODY_BYTES_MAX
        if scope["path"] == imports.UPLOAD_PATH:  # its route reads no byte of a stranger's body
            room = imports.UPLOAD_BYTES_MAX
        elif faces.PICTURE_PATH.fullmatch(scope["path"]):  # the same
            room = faces.PHOTO_BYTES_MAX
        seen = 0
        started = False

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > room:
                raise _TooLarge
            return message

        async def marked(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], *_HEADERS, *_mark(scope)]
            await send(message)

        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:  # no database keeps it
            await problem("field_wrong", "an address has no NUL")(scope, receive, marked)
            return
        try:
            served = self._express.get((scope["method"], scope["path"]), self._app)
            await served(scope, bounded, marked)
        except _TooLarge:
            if not started:
                await problem("oversize", f"at most {room} bytes")(scope, receive, marked)


class _TooLarge(HTTPException):
    """Reading stops here; a framework between us and the route must not swallow it."""

    def __init__(self) -> None:
        super().__init__(413, "the body is too large")


def _mark(scope: Scope) -> list[tuple[bytes, bytes]]:
    headers = [(b"linli-request", secrets.token_hex(8).encode())]
    if scope["path"].startswith("/api/"):
        headers.append((b"cache-control", b"no-store"))
    return headers


def make_app(hub: Hub, passwords: PasswordHasher = staff.PASSWORDS) -> tuple[FastAPI, Gate]:
    """The application and its gate; `passwords` hashes those of staff."""
    app = Api(
        title="Linli", version="1", docs_url=None, redoc_url=None, exception_handlers=HANDLERS
    )
    gate = Gate(hub)
    parts = [
        phone.routes(gate), staff.routes(gate, passwords), timelines.routes(gate),
        operator.routes(gate), operating.routes(gate), foreign.routes(gate), kiosk.routes(gate),
        kiosk_guests.routes(gate), visits.routes(gate), calls.routes(gate), cards.routes(gate),
        card_lists.routes(gate), desks.routes(gate),
        alerts.routes(gate), incidents.routes(gate), imports.routes(gate),
        letters.routes(gate), household.routes(gate), faces.routes(gate),
        face_preview.routes(gate),
        face_watching.routes(gate),
        money.routes(gate),
    ]  # fmt: skip
    for part in parts:  # one flat list: a router that is included is built again when first asked
        app.router.routes.extend(part.routes)
    _health(app, gate)
    _pages(app)
    trusted = hub.settings.http.trusted_proxies
    app.shell = partial(Shell, express=phone.express(gate), trusted=trusted)
    return app, gate


def _health(app: FastAPI, gate: Gate) -> None:
    hub = gate.hub

    @app.get("/live", include_in_schema=False)
    def live() -> dict[str, bool]:
        return {"live": True}

    @app.get("/ready", include_in_schema=False)
    def ready() -> Response:
        if hub.ready and hub.ingest.online:
            return Response('{"ready":true}', 200, media_type="application/json")
        return problem("hub_busy", "starting, or away from the broker")

    @app.get("/api/v1/site", **told("readSite", Site))
    def site(request: Request) -> Response:
        memory = hub.memory
        shown = {
            "site": memory.site,
            "name": memory.site_name,
            "time_zone": memory.zone,
            "now": instant(hub.clock().timestamp()),
            "demo": memory.demo,
        }
        return reply(shown, request)

    @app.get("/metrics", include_in_schema=False)
    def numbers(request: Request) -> Response:
        if not is_here(request.scope):
            gate.member(request, "read", "metrics")
        return Response(metrics.expose(hub), media_type=metrics.CONTENT_TYPE)


# --------------------------------------------------------------------------- pages


def _pages(app: FastAPI) -> None:
    root = Path(__file__).resolve().parent.parent / "static"

    @app.get("/", include_in_schema=False)
    def home() -> Response:
        return RedirectResponse("/phone/")

    for page in PAGES:
        _page(app, page, root / page)


def _page(app: FastAPI, page: str, folder: Path) -> None:
    files = read_files(folder)

    @app.get(f"/{page}", include_in_schema=False)
    def bare() -> Response:
        return RedirectResponse(f"/{page}/")

    @app.get(f"/{page}/{{path:path}}", include_in_schema=False)
    def serve(path: str, request: Request) -> Response:
        found = files.get(path or "index.html")
        if found is None:
            return problem(
                "not_found", "" if files else "the pages are not built: run `make setup`"
            )
        packed = "gzip" in request.headers.get("accept-encoding", "") and found[1] is not None
        headers = {"Cache-Control": _cache(path), "Vary": "Accept-Encoding"}
        if packed:
            headers["Content-Encoding"] = "gzip"
        return Response(found[1] if packed else found[0], 200, headers, found[2])


def read_files(folder: Path) -> dict[str, tuple[bytes, bytes | None, str]]:
    """A built page's files by path: plain, packed when that is smaller, media type."""
    files: dict[str, tuple[bytes, bytes | None, str]] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if not path.is_file() or path.suffix in (".gz", ".map"):
            continue
        raw = path.read_bytes()
        packed = _packed(raw) if len(raw) > 512 else None
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if path.suffix == ".webmanifest":
            kind = "application/manifest+json"
        small = packed if packed is not None and len(packed) < len(raw) else None
        files[path.relative_to(folder).as_posix()] = (raw, small, kind)
    return files


@lru_cache(maxsize=64)  # all pages of one build: packed once, however many applications are made
def _packed(raw: bytes) -> bytes:
    return gzip.compress(raw, 6)


def _cache(path: str) -> str:
    """Names with a hash never change; everything else is asked for anew."""
    return "public, max-age=31536000, immutable" if "assets/" in path else "no-cache"


# --------------------------------------------------------------------------- the server


class Server(uvicorn.Server):
    """Uvicorn that ends open streams first, so that stopping takes no time."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    async def shutdown(self, sockets: Any = None) -> None:
        """End the streams, then the connections."""
        self._hub.live.close()
        self._hub.face_preview.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The verb owns the signals; uvicorn raises its own again, in the middle of our stop."""
        yield


def make_server(app: FastAPI, hub: Hub) -> Server:
    """The server for the hub's settings."""
    http = hub.settings.http
    config = uvicorn.Config(
        app,
        host=http.host,
        port=http.port,
        http=Line,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # hub.api.forwarded reads them, and only behind named proxies
        date_header=False,
        lifespan="off",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,
        ssl_certfile=http.certificate,
        ssl_keyfile=http.key,
    )
    return Server(config, hub)


__all__ = ["body_of", "make_app", "make_server", "read_files"]
