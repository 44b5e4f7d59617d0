"""The stand-in's visitors and calls: honest passes under its own key, calls that a test rings."""

import asyncio
import json
import secrets
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devices.jws import Signer
from devices.passes import Pass, PassDoor, sign, visit_id
from tests.browser.stub_routes import _signed_in, at
from tests.browser.stubs import DOORS, Json, Refusal, StubHub, now, stamp

SIGNER = Signer("pass-1", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
RING = timedelta(seconds=45)
LOOK_S = 0.05  # how often a waiting request looks whether a test has rung


def a_pass(doors: list[str], begins: datetime, ends: datetime) -> str:
    named = tuple(PassDoor(door, 1) for door in doors)
    minutes = -(-int((ends - begins).total_seconds()) // 60)
    from_s = int(begins.timestamp())
    visit = Pass(visit_id(secrets.token_bytes(8)), named, from_s, from_s + 60 * minutes, "p-shen")
    return sign(visit, "liuxi", SIGNER)


def a_visit(hub: StubHub, label: str, doors: list[str], **changes: object) -> Json:
    """A pass as the hub shows it; ``begins``, ``ends``, ``came`` and ``state`` may be given."""
    begins, ends = changes.pop("begins", None) or now(), changes.pop("ends", None)
    assert isinstance(begins, datetime)
    ends = ends or now() + timedelta(hours=2)
    assert isinstance(ends, datetime)
    shown = [door for door in hub.doors_of_phone() if door["id"] in doors]
    usual: Json = {
        "id": f"v-{secrets.token_hex(8)}", "label": label, "doors": shown,
        "begins": stamp(begins), "ends": stamp(ends), "came": [], "state": "expected",
        "text": a_pass(doors, begins, ends), "strict": False, "uses": 1, "online": False,
        "code": None, "reached": None,
    }  # fmt: skip
    return {**usual, **changes}


def visits_of(hub: StubHub) -> Json:
    """What a list answers; a test that has keypads says which doors."""
    own = [door for door in hub.doors_of_phone() if door["id"] not in hub.scannerless]
    typed = [door for door in own if door["id"] in hub.keypads]
    return {"visits": hub.visits, "doors": own, "code_doors": typed}


def made_of(hub: StubHub, said: Json, **times: datetime) -> Json:
    """The pass or the code that was asked for."""
    changes: Json = {"strict": said.get("strict", False), "uses": said.get("uses", 1)}
    changes["online"] = changes["strict"] or changes["uses"] > 1
    if said.get("typed"):
        changes |= {"text": None, "code": "482119305", "reached": False}
    return a_visit(hub, said["label"], said["doors"], **times, **changes)


def ring(hub: StubHub, door: str = "b1-u2", seconds: float = 45.0) -> Json:
    """Somebody presses the household's bell."""
    name = next(each["name"] for each in DOORS if each["id"] == door)
    until = now() + timedelta(seconds=seconds)
    call: Json = {
        "id": f"c-{secrets.token_hex(4)}", "door": door, "door_name": name, "house": "1幢2单元302",
        "rang_at": stamp(until - RING), "until": stamp(until), "answer": None,
    }  # fmt: skip
    hub.calls.insert(0, call)
    return call


def _signed(hub: StubHub, body: object, status: int = 200) -> Response:
    return JSONResponse(body, status, {"Linli-Nonce": hub.new_nonce()})


@at("GET", "/api/v1/me/visits")
async def _visits(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    return _signed(hub, visits_of(hub))


@at("POST", "/api/v1/me/visits")
async def _invite(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    said = json.loads(body)
    if hub.refuse_visits:
        raise Refusal(hub.refuse_visits)
    times = {
        name: datetime.fromisoformat(said[name]) for name in ("begins", "ends") if name in said
    }
    made = made_of(hub, said, **times)
    hub.visits.insert(0, made)
    return _signed(hub, made, 201)


@at("DELETE", "/api/v1/me/visits/{id}")
async def _end(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    for visit in hub.visits:
        if visit["id"] == request.path_params["id"]:
            visit |= {"state": "revoked", "text": None}
    return Response(status_code=204, headers={"Linli-Nonce": hub.new_nonce()})


def _mark(calls: list[Json]) -> str:
    return ",".join(f"{call['id']}.{call['answer'] or ''}" for call in calls) or "none"


@at("GET", "/api/v1/me/calls")
async def _calls(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    for _ in range(int(float(request.query_params.get("wait_s", "0")) / LOOK_S)):
        gone = await request.is_disconnected()
        if gone or hub.stopping or _mark(hub.calls) != request.query_params.get("known"):
            break
        await asyncio.sleep(LOOK_S)
    return _signed(hub, {"calls": hub.calls})


@at("POST", "/api/v1/me/calls/{id}/answer")
async def _answer(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    call = next(each for each in hub.calls if each["id"] == request.path_params["id"])
    if call["answer"] is not None or datetime.fromisoformat(call["until"]) <= now():
        raise Refusal("call_over")
    call["answer"] = json.loads(body)["answer"]
    return _signed(hub, {"door": call["door"]})


# --- at the desk


@at("GET", "/api/v1/calls")
async def _desk_calls(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    return JSONResponse({"calls": hub.calls})


@at("POST", "/api/v1/calls/{id}/answer")
async def _desk_answer(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    call = next(each for each in hub.calls if each["id"] == request.path_params["id"])
    if call["answer"] is not None:
        raise Refusal("call_over")
    call["answer"] = json.loads(body)["answer"]
    hub.say("call", call)
    return JSONResponse({"door": call["door"]})


@at("GET", "/api/v1/people/{person}/visits")
async def _desk_visits(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    return JSONResponse(visits_of(hub))


@at("POST", "/api/v1/people/{person}/visits")
async def _desk_invite(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    said = json.loads(body)
    ends = datetime.fromisoformat(said["ends"])
    made = made_of(hub, said, ends=ends)
    hub.visits.insert(0, made)
    return JSONResponse(made, 201)


@at("POST", "/api/v1/visits/{id}/revoke")
async def _desk_revoke(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    for visit in hub.visits:
        if visit["id"] == request.path_params["id"]:
            visit |= {"state": "revoked", "text": None}
    return Response(status_code=204)
