"""The stand-in's HTTP API and the built pages, served on loopback under a strict content policy."""

import asyncio
import contextlib
import json
import secrets
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from devices.reasons import reason
from tests.browser.stubs import NONCE_LIFE, PEOPLE, Json, Refusal, StubHub, now, stamp

STATIC = Path(__file__).resolve().parents[2] / "hub" / "static"
CSP = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)
TYPES = {".webmanifest": "application/manifest+json", ".js": "text/javascript"}
CODE_LIFE = timedelta(minutes=10)


def problem(code: str, members: Json) -> JSONResponse:
    entry = reason(code)
    body = {
        "type": f"urn:linli:reason:{code}", "title": entry.words.en, "status": entry.http_status,
        "detail": entry.words.en, "code": code, **members,
    }  # fmt: skip
    return JSONResponse(body, entry.http_status, media_type="application/problem+json")


Handler = Callable[[StubHub, Request, bytes], Awaitable[Response]]
ROUTES: list[tuple[str, str, Handler]] = []


def at(method: str, path: str) -> Callable[[Handler], Handler]:
    def keep(handler: Handler) -> Handler:
        ROUTES.append((method, path, handler))
        return handler

    return keep


@at("GET", "/api/v1/site")
async def _site(hub: StubHub, request: Request, body: bytes) -> Response:
    return JSONResponse(hub.site())


@at("GET", "/api/v1/nonce")
async def _nonce(hub: StubHub, request: Request, body: bytes) -> Response:
    return JSONResponse({"nonce": hub.new_nonce(), "expires_at": stamp(now() + NONCE_LIFE)})


@at("POST", "/api/v1/phones")
async def _enrol(hub: StubHub, request: Request, body: bytes) -> Response:
    said = json.loads(body)
    kid, _ = hub.proven(request, body, said["jwk"])
    person = hub.codes.pop(said["code"], None)
    if person is None:
        raise Refusal("code_wrong")
    phone = {"id": f"ph-{len(hub.phones) + 1}", "label": said["label"], "enrolled_at": stamp(now())}
    hub.phones[kid] = {**phone, "person": person, "jwk": said["jwk"]}
    return JSONResponse(hub.me(kid), 201, {"Linli-Nonce": hub.new_nonce()})


@at("GET", "/api/v1/me")
async def _me(hub: StubHub, request: Request, body: bytes) -> Response:
    kid, _ = hub.proven(request, body)
    return JSONResponse(hub.me(kid), 200, {"Linli-Nonce": hub.new_nonce()})


@at("GET", "/api/v1/me/history")
async def _own_history(hub: StubHub, request: Request, body: bytes) -> Response:
    kid, _ = hub.proven(request, body)
    person = hub.phones[kid]["person"]
    mine = [each for each in reversed(hub.events) if each["person"] == person]
    shown = [
        {
            "n": each["n"], "at": each["at"], "door_name": each["door_name"],
            "outcome": "opened" if each["outcome"] == "granted" else each["outcome"],
            "reason": each["reason"], "words": reason(each["reason"]).words.as_dict(),
            "via": each["via"], "opening": each.get("opening"),
        }
        for each in mine
    ]  # fmt: skip
    return JSONResponse({"events": shown}, 200, {"Linli-Nonce": hub.new_nonce()})


@at("GET", "/api/v1/doors/{door}/timeline")
async def _door_timeline(hub: StubHub, request: Request, body: bytes) -> Response:
    return _timeline(hub, request, "door", request.path_params["door"])


@at("GET", "/api/v1/people/{person}/timeline")
async def _person_timeline(hub: StubHub, request: Request, body: bytes) -> Response:
    return _timeline(hub, request, "person", request.path_params["person"])


def _timeline(hub: StubHub, request: Request, by: str, thing: str) -> Response:
    before = int(request.query_params.get("before", len(hub.events) + 1))
    limit = int(request.query_params["limit"])
    fit = [each for each in reversed(hub.events) if each[by] == thing and each["n"] < before]
    following = fit[limit - 1]["n"] if len(fit) > limit else None
    return JSONResponse({"events": fit[:limit], "next": following})


@at("GET", "/api/v1/events/{n:int}/why")
async def _why(hub: StubHub, request: Request, body: bytes) -> Response:
    event = hub.events[request.path_params["n"] - 1]
    entry = reason(event["reason"])
    rule = {
        "id": "r-hall", "subject_kind": "everyone", "subject": "", "schedule": "day",
        "valid_from": None, "valid_to": None, "deny": False,
    }  # fmt: skip
    return JSONResponse({
        "event": event, "code": event["reason"], "words": entry.words.as_dict(),
        "cure": entry.cure, "policy": "7.3", "rules": [rule], "now": "granted",
    })  # fmt: skip


@at("DELETE", "/api/v1/me/phone")
async def _forget(hub: StubHub, request: Request, body: bytes) -> Response:
    kid, _ = hub.proven(request, body)
    del hub.phones[kid]
    return Response(status_code=204)


@at("POST", "/api/v1/openings")
async def _open(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proofs.append(request.headers["linli-proof"])
    _, key = hub.proven(request, body)
    said = hub.open(json.loads(body)["door"], key)
    answer: Response = JSONResponse(said)
    if said["outcome"] != "opened":
        answer = problem(said["reason"], said)
    answer.headers["Linli-Nonce"] = hub.new_nonce()
    return answer


def _signed_in(hub: StubHub, request: Request) -> str:
    session = request.cookies.get("linli_session", "")
    if session not in hub.sessions:
        raise Refusal("signed_out")
    if request.method != "GET" and request.headers.get("linli-client") != "console":
        raise Refusal("client_header")
    return session


@at("POST", "/api/v1/staff/claim")
async def _claim(hub: StubHub, request: Request, body: bytes) -> Response:
    said = json.loads(body)
    if said["code"] != hub.claim_code:
        raise Refusal("code_wrong")
    if len(said["password"]) < 12:
        raise Refusal("password_weak", field="password")
    hub.staff[said["name"]] = said["password"]
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    uri = f"otpauth://totp/Linli:{said['name']}?secret={secret}&issuer=Linli"
    return JSONResponse({"totp_uri": uri, "totp_secret": secret})


@at("POST", "/api/v1/staff/sign-in")
async def _sign_in(hub: StubHub, request: Request, body: bytes) -> Response:
    said = json.loads(body)
    if hub.staff.get(said["name"]) != said["password"] or said["otp"] != "000000":
        raise Refusal("sign_in_refused")
    session = secrets.token_urlsafe(16)
    hub.sessions.add(session)
    answer = JSONResponse({"name": said["name"], "role": hub.role})
    answer.set_cookie("linli_session", session, httponly=True, samesite="strict")
    return answer


@at("GET", "/api/v1/staff/me")
async def _staff_me(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    return JSONResponse({"name": next(iter(hub.staff)), "role": hub.role})


@at("POST", "/api/v1/staff/sign-out")
async def _sign_out(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.sessions.discard(_signed_in(hub, request))
    return Response(status_code=204)


@at("GET", "/api/v1/console")
async def _console(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    site = {name: hub.site()[name] for name in ("site", "name", "time_zone")}
    shown = {"doors": hub.console_doors(), "devices": hub.devices, "broker": hub.broker}
    return JSONResponse({"site": site, **shown})


@at("GET", "/api/v1/events")
async def _events(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    if hub.role == "officer":
        raise Refusal("not_allowed")
    before = int(request.query_params.get("before") or len(hub.events) + 1)
    limit = int(request.query_params.get("limit") or 50)
    older = [each for each in hub.events if each["n"] < before]
    shown = sorted(older, key=lambda each: -each["n"])[:limit]
    following = shown[-1]["n"] if len(older) > limit else None
    return JSONResponse({"events": shown, "next": following})


@at("POST", "/api/v1/phones/{id}/confirm")
async def _confirm(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    for phone in hub.phones.values():
        if phone["id"] == request.path_params["id"]:
            phone["paused"] = False
    return Response(status_code=204)


@at("GET", "/api/v1/live")
async def _live(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    return StreamingResponse(hub.stream(), media_type="text/event-stream")


def _person_row(hub: StubHub, person: Json) -> Json:
    phones = [
        {name: phone[name] for name in ("id", "label", "enrolled_at")}
        | {"paused": phone.get("paused", False)}
        for phone in hub.phones.values()
        if phone["person"] == person["id"]
    ]
    return {**person, "phones": phones}


@at("GET", "/api/v1/people")
async def _people(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    query = request.query_params.get("query", "")
    found = [each for each in PEOPLE if query in each["name"] or query in each["house"]]
    return JSONResponse({"people": [_person_row(hub, each) for each in found]})


@at("POST", "/api/v1/people/{id}/phone-codes")
async def _code(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    code = f"{secrets.randbelow(1_000_000):06d}"
    hub.codes[code] = request.path_params["id"]
    return JSONResponse({"code": code, "expires_at": stamp(now() + CODE_LIFE)})


@at("POST", "/api/v1/phones/{id}/revoke")
async def _revoke(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    for kid, phone in list(hub.phones.items()):
        if phone["id"] == request.path_params["id"]:
            hub.revoked.add(kid)
            del hub.phones[kid]
    return Response(status_code=204)


# --- serving


def _route(hub: StubHub, method: str, path: str, handler: Handler) -> Route:
    async def answer(request: Request) -> Response:
        hub.asked.append(f"{method} {request.url.path}")
        if hub.delay_s:
            await asyncio.sleep(hub.delay_s)
        if request.url.path in hub.failing:
            return Response("bad gateway", 502)
        try:
            return await handler(hub, request, await request.body())
        except Refusal as refusal:
            return problem(refusal.code, refusal.members)

    return Route(path, answer, methods=[method])


async def _page(request: Request) -> Response:
    name, _, rest = request.url.path.lstrip("/").partition("/")
    file = (STATIC / name / (rest or "index.html")).resolve()
    if not file.is_relative_to(STATIC) or not file.is_file():
        return Response(status_code=404)
    headers = {"Content-Security-Policy": CSP, "Cache-Control": "no-cache"}
    return FileResponse(file, headers=headers, media_type=TYPES.get(file.suffix))


def application(hub: StubHub) -> Starlette:
    from tests.browser import (  # noqa: PLC0415 - they add their routes to ours
        stub_deeds,  # noqa: F401
        stub_visitors,  # noqa: F401
    )

    api = [_route(hub, *route) for route in ROUTES]
    pages = [Route(f"/{page}/{{rest:path}}", _page) for page in ("phone", "console", "visit")]
    return Starlette(routes=[*api, *pages])


@contextlib.contextmanager
def serving(hub: StubHub) -> Iterator[str]:
    """Serve the stub and the built pages on loopback; the address, without a slash at the end."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        application(hub), log_level="warning", ws="none", lifespan="off", date_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        hub.stop()
        server.should_exit = server.force_exit = True
        thread.join()
        listener.close()
