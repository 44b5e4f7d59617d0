"""The panel's server: the page, the whole town, its live stream, and what people can do in it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import mimetypes
import re
import socket
from collections.abc import Awaitable, Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.demo.processes import listen_near
from simulators.demo.town import Town
from simulators.panel.life import Life
from simulators.panel.parts import printers
from simulators.panel.shell import FRAME_PATH, Refused, Shell, host_of, problem
from simulators.panel.story import STEPS
from simulators.panel.streams import LiveStream, Streams

STATIC = Path(__file__).resolve().parent.parent / "static" / "panel"
KEYS = re.compile(r"\*?[0-9]{1,10}#[0-9]{1,10}#")  # a flat and its PIN
STOP_S = 2  # open connections get so long to end

Json = dict[str, Any]
_Verb = Callable[[Life, Json], Awaitable[Json]]
Files = dict[str, tuple[bytes, bytes | None, str]]


class Panel:
    """The page of a town, on loopback or on a socket that listens already.

    With a secret the town is up; else ``raise_town`` starts it.
    """

    def __init__(
        self,
        town: Town,
        port: int | socket.socket,
        staff_secret: str = "",
        *,
        names: Collection[str] = (),
    ) -> None:
        self.url = ""
        self.streams = Streams()
        self.life = Life(town, self.streams)
        self._port = port
        self._names = frozenset(names)
        self._secret = staff_secret
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def town(self) -> Town:
        """The present town; a reset makes a new one."""
        return self.life.town

    async def start(self, routes: Collection[Route] = ()) -> None:
        """Serve; on the next free port where the wanted one is taken."""
        port = self._port
        sock = listen_near("127.0.0.1", port) if isinstance(port, int) else port
        self.url = f"http://127.0.0.1:{sock.getsockname()[1]}/"
        if self._secret:
            await self.life.join(self._secret)
        config = uvicorn.Config(
            Shell(make_app(self.life, routes), self._names),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=STOP_S,
        )
        self._server = _Server(config)
        self._task = asyncio.ensure_future(self._server.serve(sockets=[sock]))

    async def raise_town(self) -> None:
        """Bring the town up while the page shows how far it is; raises ChildFailed."""
        await self.life.begin()

    async def stop(self) -> None:
        """End the streams, the server, and the town as it is now."""
        self.streams.close()
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await asyncio.gather(self._task, return_exceptions=True)
        await self.life.end()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signals to the process: this server is a guest in it."""
        yield


# --------------------------------------------------------------------------- routes


def make_app(life: Life, more: Collection[Route] = ()) -> Starlette:
    """The page and its API; ``more`` are routes of a network's phones."""
    files = read_files(STATIC)

    async def page(request: Request) -> Response:
        return _file(files, request)

    async def town(request: Request) -> Response:
        return JSONResponse(life.document(host_of(request.headers["host"])))

    async def live(request: Request) -> Response:
        return LiveStream(life.streams, partial(life.document, host_of(request.headers["host"])))

    async def slip(request: Request) -> Response:
        del request
        found = printers.picture(life.ready().town)
        return Response(found, 200, {}, "image/svg+xml") if found else problem("not_found")

    async def view(request: Request) -> Response:
        del request
        found = await asyncio.to_thread(life.ready().faces.view)
        return Response(found, 200, {}, "image/jpeg") if found else problem("not_found")

    async def frame(request: Request) -> Response:
        key = request.headers.get("linli-stand", "")
        life.ready().faces.frame(key, await request.body())
        return Response(status_code=204)

    async def reset(request: Request) -> Response:
        life.ready()
        life.again()
        return await town(request)

    verbs = [
        Route(f"/api/{name}", _posted(life, verb), methods=["POST"]) for name, verb in VERBS.items()
    ]
    return Starlette(
        routes=[
            Route("/api/town", town, methods=["GET"]),
            Route("/api/live", live, methods=["GET"]),
            Route("/api/slip", slip, methods=["GET"]),
            Route("/api/face/view", view, methods=["GET"]),
            Route(FRAME_PATH, frame, methods=["POST"]),
            Route("/api/reset", reset, methods=["POST"]),
            *verbs,
            *more,
            Route("/{path:path}", page, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _on_http, Refused: _on_refused},
    )


async def _on_refused(request: Request, refused: Exception) -> Response:
    del request
    assert isinstance(refused, Refused)
    return problem(refused.code, refused.detail)


async def _on_http(request: Request, fault: Exception) -> Response:
    del request
    assert isinstance(fault, HTTPException)
    return problem("method_wrong" if fault.status_code == 405 else "not_found")


def _posted(life: Life, verb: _Verb) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            body = json.loads(await request.body() or b"{}")
        except (ValueError, RecursionError) as fault:
            raise Refused("field_wrong", "the body is not JSON") from fault
        if not isinstance(body, dict):
            raise Refused("field_wrong", "the body is a JSON object")
        return JSONResponse(await verb(life, body))

    return answer


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 64:
        raise Refused("field_wrong", f"{name} is a text")
    return value


async def _tap(life: Life, body: Json) -> Json:
    return await life.free().tap(_text(body, "card"), _text(body, "reader"))


async def _shake(life: Life, body: Json) -> Json:
    return await life.free().hands.shake(_text(body, "person"), _text(body, "door"))


async def _copy(life: Life, body: Json) -> Json:
    del body
    return await life.free().hands.copy()


async def _invite(life: Life, body: Json) -> Json:
    del body
    return await life.free().guests.invite()


async def _ring(life: Life, body: Json) -> Json:
    return await life.free().guests.ring(_text(body, "door"))


async def _answer(life: Life, body: Json) -> Json:
    answer = _text(body, "answer")
    if answer not in ("open", "not_now"):
        raise Refused("field_wrong", "answer is open or not_now")
    return await life.free().guests.answer(answer)


async def _net(life: Life, body: Json) -> Json:
    if not isinstance(body.get("cut"), bool):
        raise Refused("field_wrong", "cut is true or false")
    return life.free().cut(body["cut"])


async def _type(life: Life, body: Json) -> Json:
    keys = _text(body, "keys")
    if not KEYS.fullmatch(keys):
        raise Refused("field_wrong", "keys are a number, #, and another with #")
    return await life.free().hands.type(_text(body, "door"), keys)


async def _hand(life: Life, body: Json) -> Json:
    return life.free().parts.hand(_text(body, "part"), _text(body, "verb"))


async def _pay(life: Life, body: Json) -> Json:
    scene = life.free()
    if _text(body, "person") not in scene.hands.phone_doors:
        raise Refused("not_found", "this person has no phone")
    return await scene.glass.pay()


async def _story(life: Life, body: Json) -> Json:
    life.ready()
    action, step = body.get("action"), body.get("step")
    if action == "stop":
        return await life.story.stop()
    if action != "play" or step not in STEPS or isinstance(step, bool):
        raise Refused("field_wrong", "action is play with a step from 1 to 5, or stop")
    return await life.story.play(int(step))


async def _stand(life: Life, body: Json) -> Json:
    who, still = body.get("who", ""), body.get("still", False)
    if not isinstance(who, str) or not isinstance(still, bool):
        raise Refused("field_wrong", "who is a text, still is true or false")
    return await life.ready().faces.put(_text(body, "kind"), who, still=still)


async def _face_open(life: Life, body: Json) -> Json:
    del body
    return await life.ready().faces.open()


async def _notice(life: Life, body: Json) -> Json:
    return await life.ready().faces.notice(_text(body, "language"))


async def _consent(life: Life, body: Json) -> Json:
    told = [_text(body, name) for name in ("person", "notice", "language")]
    return await life.ready().faces.consent(*told)


async def _photo(life: Life, body: Json) -> Json:
    return await life.ready().faces.photo(_text(body, "person"))


async def _forget(life: Life, body: Json) -> Json:
    return await life.ready().faces.forget(_text(body, "person"))


async def _claim(life: Life, body: Json) -> Json:
    return await life.free().faces.claim(_text(body, "person"))


VERBS: dict[str, _Verb] = {
    "face/stand": _stand,
    "face/open": _face_open,
    "face/notice": _notice,
    "face/consent": _consent,
    "face/photo": _photo,
    "face/forget": _forget,
    "face/claim": _claim,
    "tap": _tap,
    "type": _type,
    "hand": _hand,
    "shake": _shake,
    "copy": _copy,
    "invite": _invite,
    "ring": _ring,
    "answer": _answer,
    "net": _net,
    "pay": _pay,
    "story": _story,
}


# --------------------------------------------------------------------------- the page's files


def read_files(folder: Path) -> Files:
    """A built page's files by path: plain, packed where the build packed it, media type."""
    files: Files = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if not path.is_file() or path.suffix == ".gz":
            continue
        packed = path.with_name(f"{path.name}.gz")
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        small = packed.read_bytes() if packed.exists() else None
        files[path.relative_to(folder).as_posix()] = (path.read_bytes(), small, kind)
    return files


def _file(files: Files, request: Request) -> Response:
    path = request.path_params["path"] or "index.html"
    found = files.get(path)
    if found is None:
        detail = "" if files else "the page is not built: run `make setup`"
        return problem("not_found", detail)
    raw, packed, kind = found
    lasting = "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
    headers = {"Cache-Control": lasting, "Vary": "Accept-Encoding"}
    if packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, 200, {**headers, "Content-Encoding": "gzip"}, kind)
    return Response(raw, 200, headers, kind)
