"""The stand-in's incidents: a page that a test fills, decided on as the hub does it."""

import base64
import json
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.browser.stub_routes import _signed_in, at
from tests.browser.stubs import DOORS, Json, Refusal, StubHub, now, stamp

DETECTED = "detected"
CLOSED = ("handled", "false_alarm")
# one pixel each: what they show is nobody's business here
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)


def a_picture(n: int, role: str, **more: Any) -> Json:
    taken = stamp(now() - timedelta(minutes=12 if role == "scene" else 60_000))
    return {"n": n, "role": role, "taken_at": taken, "sha256": f"{n:064x}", "gone": False, **more}


def an_incident(kind: str = "watch_list", minutes: float = 12, **more: Any) -> Json:
    """An incident at the south gate that nobody has looked at yet."""
    listed = kind == "watch_list"
    usual: Json = {
        "id": f"hit-{kind.replace('_', '-')}", "kind": kind, "state": DETECTED,
        "door": "gate-south", "name": DOORS[0]["name"], "source": "rule", "restricted": False,
        "detected_at": stamp(now() - timedelta(minutes=minutes)),
        "order": {"authority": "ps-riverside", "basis": "order-2026-118",
                  "ends_at": stamp(now() + timedelta(days=20))} if listed else None,
        "reviewer": "", "mine": False, "confirmed_at": None, "sent_at": None,
        "station": "ps-riverside", "message": "", "simulated": True, "trouble": "",
        "queued": False, "owes_withdrawal": False, "withdrawn": False, "closed_at": None,
        "pictures": [a_picture(0, "scene"), a_picture(1, "listed")] if listed else [],
    }  # fmt: skip
    return {**usual, **more}


def a_station(**more: Any) -> Json:
    usual: Json = {
        "id": "ps-riverside", "kind": "dc09", "accepted_at": None, "accepted_by": "",
        "basis": "", "failing_since": None, "trouble": "",
    }  # fmt: skip
    return {**usual, **more}


def _find(hub: StubHub, request: Request) -> Json:
    for incident in hub.incidents:
        if incident["id"] == request.path_params["id"]:
            return incident
    raise Refusal("not_found")


def _line(what: str, new: str, party: str = "reviewer", **more: Any) -> Json:
    usual: Json = {
        "at": stamp(now()), "what": what, "new": new, "party": party, "name": "周敏",
        "number": 0, "simulated": False, "detail": "",
    }  # fmt: skip
    return {**usual, **more}


def _barred(hub: StubHub) -> None:
    if hub.role == "officer":
        raise Refusal("not_allowed")


@at("GET", "/api/v1/incidents")
async def _incidents(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    _barred(hub)
    closed = request.query_params.get("state") == "closed"
    shown = [one for one in hub.incidents if (one["state"] in CLOSED) == closed]
    administrator = hub.role == "administrator"
    may = {"review": True, "export": administrator, "accept": administrator}
    page = {"incidents": shown, "next": None, "stations": hub.stations, "may": may}
    return JSONResponse(page)


@at("POST", "/api/v1/incidents")
async def _enter(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    asked = json.loads(body)
    name = f"hand-{asked['key']}"
    made = an_incident(asked["kind"], 0, id=name, source="staff", door=asked["door"])
    hub.incidents.append(made | {"entered_note": asked["note"]})
    return JSONResponse({"id": name, "state": DETECTED}, 201)


@at("GET", "/api/v1/incidents/{id}")
async def _incident(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    incident = _find(hub, request)
    log = [_line(DETECTED, DETECTED, "detector", name="rule:watch-1")]
    log += [_line("taken_up", "reviewing")] if incident["reviewer"] else []
    if incident["message"]:
        number = {"number": 41, "simulated": incident["simulated"]}
        log.append(_line("confirmed", "confirmed"))
        log.append(_line("sent", "sent", "link", name="hub", **number))
        if incident["trouble"]:
            said = {"name": "ps-riverside", "detail": incident["trouble"]}
            log.append(_line("returned", "confirmed", "station", **said, **number))
    pack = "ab" * 32 if incident["state"] in ("sent", "acknowledged", "handled") else None
    return JSONResponse({"incident": incident, "log": log, "pack_sha256": pack})


@at("GET", "/api/v1/incidents/{id}/pictures/{n}")
async def _picture(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    _find(hub, request)
    if int(request.path_params["n"]) in hub.pictures_failing:
        raise Refusal("store_unavailable")
    return Response(PIXEL, media_type="image/png")


def _stepped(hub: StubHub, incident: Json, **more: Any) -> Response:
    incident |= more
    if incident["state"] in CLOSED:
        incident["closed_at"] = stamp(now())
    hub.say("incident", {"id": incident["id"], "state": incident["state"]})
    return JSONResponse({"id": incident["id"], "state": incident["state"]})


@at("POST", "/api/v1/incidents/{id}/take-up")
async def _take_up(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    incident = _find(hub, request)
    if incident["state"] not in (DETECTED, "reviewing"):
        raise Refusal("incident_step")
    return _stepped(hub, incident, state="reviewing", reviewer="周敏", mine=True)


@at("POST", "/api/v1/incidents/{id}/confirm")
async def _confirm(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    incident = _find(hub, request)
    hub.seen = json.loads(body)["seen"]
    if set(hub.seen) != {each["sha256"] for each in incident["pictures"]}:
        raise Refusal("incident_unseen")
    if incident["state"] != "reviewing":
        raise Refusal("incident_step")
    return _stepped(hub, incident, state="confirmed", confirmed_at=stamp(now()), queued=True)


@at("POST", "/api/v1/incidents/{id}/dismiss")
async def _dismiss(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    incident = _find(hub, request)
    incident["note"] = json.loads(body)["note"]
    gone = [each | {"gone": True} for each in incident["pictures"]]
    return _stepped(hub, incident, state="false_alarm", pictures=gone)


@at("POST", "/api/v1/incidents/{id}/handle")
async def _handle(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    incident = _find(hub, request)
    incident["note"] = json.loads(body)["note"]
    return _stepped(hub, incident, state="handled")


@at("POST", "/api/v1/incidents/{id}/send")
async def _send(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    return _stepped(hub, _find(hub, request), queued=True, trouble="")


@at("POST", "/api/v1/incidents/{id}/pack")
async def _pack(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    _find(hub, request)
    return Response(b"PK\x05\x06" + bytes(18), media_type="application/zip")


@at("POST", "/api/v1/alerts/{id}/incident")
async def _raise(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    alert = next(one for one in hub.alerts if one["id"] == request.path_params["id"])
    made = an_incident(alert["kind"], source="alert", id=f"alert-{alert['id']}-1")
    hub.incidents.append(made)
    return JSONResponse({"id": made["id"], "state": made["state"]}, 201)


@at("POST", "/api/v1/stations/{id}/accept")
async def _accept(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    basis = json.loads(body)["basis"]
    hub.stations[0] |= {"accepted_at": stamp(now()), "accepted_by": "周敏", "basis": basis}
    return JSONResponse({"accepted": True})


@at("POST", "/api/v1/stations/{id}/end")
async def _end(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    hub.stations[0] |= {"accepted_at": None, "accepted_by": "", "basis": ""}
    return JSONResponse({"accepted": False})
