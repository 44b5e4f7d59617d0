"""The page's own server: on loopback only, for our page only, under a strict CSP."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import mimetypes
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from devices.jws import parse_json
from kiosk.agent import Agent
from kiosk.errands import DOORS_MAX, HAD, HOURS, Errands
from kiosk.errors import Refused

HOST: Final = "127.0.0.1"
STATIC: Final = Path(__file__).resolve().parent / "static"
BODY_BYTES_MAX: Final = 4_096  # the largest wish of the page is a house and four digits
BEAT_S: Final = 15.0  # the page takes 40 s of silence for death
HOUSE_CHARS_MAX: Final = 32
BILL_CHARS_MAX: Final = 64
ID_CHARS_MAX: Final = 64
LANGUAGES: Final = ("zh-Hans", "zh-Hant", "en")
_CSP: Final = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HEADERS: Final = [
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]

Verb = Callable[[dict[str, Any]], Awaitable[Any]]


def make_app(agent: Agent, port: int, static: Path = STATIC) -> ASGIApp:
    """The application of one kiosk on one port."""
    files = read_files(static)

    async def state(_request: Request) -> Response:
        return _json(200, agent.state())

    async def live(_request: Request) -> Response:
        return LiveStream(agent)

    async def page(request: Request) -> Response:
        return _file(files, request)

    routes = [Route("/local/state", state), Route("/local/live", live)]
    routes += [
        Route(f"/local/{name}", _verb(verb), methods=["POST"])
        for name, verb in _verbs(agent).items()
    ]
    routes.append(Route("/{path:path}", page))
    return Guard(Starlette(routes=routes), port)


class Guard:
    """Pure ASGI around everything: our host, our page, our header, a bound on bodies."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = {f"{HOST}:{port}", f"localhost:{port}"}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        refused = self._refusal(scope)
        if refused is not None:
            await _problem(*refused)(scope, receive, marked)
        else:
            await self._app(scope, receive, marked)

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get(b"host") not in self._hosts:  # a name that was bent to our address
            return 421, "not_allowed", "this server speaks to its own screen only"
        origin = headers.get(b"origin")
        if origin is not None and origin not in self._origins:
            return 403, "not_allowed", "another page"
        if headers.get(b"sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "not_allowed", "another page"
        if scope["method"] in ("GET", "HEAD"):
            return None
        if headers.get(b"linli-client") != "kiosk":
            return 403, "client_header", "send the header Linli-Client: kiosk"
        return None


# --------------------------------------------------------------------------- verbs


def _verbs(agent: Agent) -> dict[str, Verb]:
    async def find(body: dict[str, Any]) -> Any:
        house, digits = body.get("house"), body.get("phone_last4")
        if not isinstance(house, str) or not 0 < len(house) <= HOUSE_CHARS_MAX:
            raise Refused("field_wrong")
        if not isinstance(digits, str) or len(digits) != 4:
            raise Refused("field_wrong")
        return await agent.find(house, digits)

    async def pay(body: dict[str, Any]) -> Any:
        bill = body.get("bill")
        if not isinstance(bill, str) or not 0 < len(bill) <= BILL_CHARS_MAX:
            raise Refused("field_wrong")
        return await agent.pay(bill)

    async def close(_body: dict[str, Any]) -> None:
        agent.close()

    async def end(body: dict[str, Any]) -> None:
        visit = body.get("session")
        if visit is not None and not isinstance(visit, str):
            raise Refused("field_wrong")
        agent.end(visit)

    async def again(_body: dict[str, Any]) -> None:
        await agent.print()

    async def phone_code(_body: dict[str, Any]) -> Any:
        return await agent.phone_code()

    async def here(_body: dict[str, Any]) -> None:
        agent.here()

    return {
        "find": find,
        "pay": pay,
        "close": close,
        "end": end,
        "print": again,
        "phone-code": phone_code,
        "here": here,
        **_errands(agent.errands),
    }


def _errands(errands: Errands) -> dict[str, Verb]:
    async def cards(_body: dict[str, Any]) -> Any:
        return await errands.cards()

    async def block(body: dict[str, Any]) -> Any:
        if (had := body.get("had")) not in HAD:
            raise Refused("field_wrong")
        return await errands.block(_id(body.get("card")), str(had))

    async def guests(_body: dict[str, Any]) -> Any:
        return await errands.guests()

    async def invite(body: dict[str, Any]) -> Any:
        doors, hours = body.get("doors"), body.get("hours")
        if not isinstance(doors, list) or not 0 < len(doors) <= DOORS_MAX or hours not in HOURS:
            raise Refused("field_wrong")
        label, typed = _id(body.get("label")), body.get("typed") is True
        return await errands.invite(label, [_id(door) for door in doors], hours, typed=typed)

    async def print_pass(body: dict[str, Any]) -> Any:
        if (language := body.get("language")) not in LANGUAGES:
            raise Refused("field_wrong")
        return await errands.print(str(language))

    async def answer(body: dict[str, Any]) -> Any:
        return await errands.answer(_id(body.get("call")), let_in=body.get("open") is True)

    return {
        "cards": cards,
        "block": block,
        "guests": guests,
        "invite": invite,
        "print-pass": print_pass,
        "answer": answer,
    }


def _id(told: object) -> str:
    if not isinstance(told, str) or not 0 < len(told) <= ID_CHARS_MAX:
        raise Refused("field_wrong")
    return told


def _verb(verb: Verb) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        raw = b""
        async for part in request.stream():
            raw += part
            if len(raw) > BODY_BYTES_MAX:
                return _problem(413, "oversize", f"at most {BODY_BYTES_MAX} bytes")
        body = parse_json(raw or b"{}")
        if body is None:
            return _problem(422, "field_wrong", "the body is a JSON object")
        try:
            told = await verb(body)
        except Refused as refused:
            say = {"say": refused.say.as_dict()} if refused.say else {}
            return _problem(refused.status, refused.code, refused.title, **say)
        return Response(status_code=204) if told is None else _json(200, told)

    return serve


def _json(status: int, body: Any, kind: str = "application/json") -> Response:
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(raw, status, {"Cache-Control": "no-store"}, kind)


def _problem(status: int, code: str, title: str, **more: Any) -> Response:
    body = {"type": f"urn:linli:reason:{code}", "title": title, "status": status, "code": code}
    return _json(status, {**body, **more}, "application/problem+json")


# --------------------------------------------------------------------------- the stream


class LiveStream(Response):
    """Server-sent events: the whole state first, then what happens, with a beat in silence."""

    def __init__(self, agent: Agent) -> None:
        super().__init__()
        self._agent = agent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the page, or the agent, goes away."""
        del scope
        queue = self._agent.listen()
        status = 503 if queue is None else 200
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if queue is None:
            await send({"type": "http.response.body", "body": b""})
            return
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await send(_part(b"retry: 1000\n\nevent: beat\ndata: {}\n\n"))
            while not gone.done():
                try:
                    async with asyncio.timeout(BEAT_S):
                        message = await queue.get()
                except TimeoutError:
                    message = ("beat", {})
                if message is None:
                    break
                text = json.dumps(message[1], ensure_ascii=False, separators=(",", ":"))
                await send(_part(f"event: {message[0]}\ndata: {text}\n\n".encode()))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            self._agent.unlisten(queue)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _part(raw: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": raw, "more_body": True}


# --------------------------------------------------------------------------- the page

File = tuple[bytes, bytes | None, str]


def read_files(folder: Path) -> dict[str, File]:
    """The built page by path: plain, packed when that is smaller, media type."""
    files: dict[str, File] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if not path.is_file() or path.suffix in (".gz", ".map"):
            continue
        raw = path.read_bytes()
        packed = gzip.compress(raw, 6)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        smaller = packed if len(packed) < len(raw) else None
        files[path.relative_to(folder).as_posix()] = (raw, smaller, kind)
    return files


def _file(files: dict[str, File], request: Request) -> Response:
    path = request.path_params["path"]
    found = files.get(path or "index.html")
    if found is None:
        why = "" if files else "the page is not built: run `make setup`"
        return _problem(404, "not_found", why)
    raw, packed, kind = found
    fixed = "assets/" in path  # names with a hash never change
    headers = {"Vary": "Accept-Encoding"}
    headers["Cache-Control"] = "public, max-age=31536000, immutable" if fixed else "no-cache"
    if packed is None or "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(raw, 200, headers, kind)
    return Response(packed, 200, {**headers, "Content-Encoding": "gzip"}, kind)


# --------------------------------------------------------------------------- the server


class Server(uvicorn.Server):
    """Uvicorn that ends the page's streams first; the verb owns the signals."""

    def __init__(self, config: uvicorn.Config, agent: Agent) -> None:
        super().__init__(config)
        self._agent = agent

    async def shutdown(self, sockets: Any = None) -> None:
        """End the streams, then the connections."""
        self._agent.hang_up()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signals to the verb."""
        yield


def listen(port: int) -> socket.socket:
    """The page's port, on loopback only; raises OSError when somebody has it."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
        sock.listen()
    except OSError:
        sock.close()
        raise
    return sock


async def serve(agent: Agent, sock: socket.socket) -> None:
    """Serve the page on a listening socket until cancelled."""
    config = uvicorn.Config(
        make_app(agent, sock.getsockname()[1]),
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
    )
    server = Server(config, agent)
    serving = asyncio.ensure_future(server.serve(sockets=[sock]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving
