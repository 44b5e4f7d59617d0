"""The stand-in's alerts: a board that a test fills, answered and ended as the hub does it."""

import json
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.core.alert_kinds import KINDS
from tests.browser.stub_routes import _signed_in, at
from tests.browser.stubs import DOORS, Json, Refusal, StubHub, now, stamp

OPEN = ("raised", "escalating", "acknowledged")


def an_alert(kind: str = "forced", minutes: float = 12, **more: Any) -> Json:
    """An alert of the south gate, called out once."""
    severity = KINDS[kind].severity.value
    begun = stamp(now() - timedelta(minutes=minutes))
    usual: Json = {
        "id": f"{abs(hash((kind, str(more)))) % 10**6:x}", "kind": kind, "severity": severity,
        "words": KINDS[kind].words.as_dict(), "cure": KINDS[kind].cure.as_dict(),
        "state": "escalating", "subject": "door:gate-south", "name": DOORS[0]["name"],
        "opened_at": begun, "last_at": begun, "times": 1, "acked_by": [], "waiting_for": [],
        "step": 1, "steps": 3, "called": ["console", "desk"],
        "next_step_at": stamp(now() + timedelta(minutes=2)), "next_called": ["night-phone"],
        "closed_at": None, "restricted": False,
    }  # fmt: skip
    return {**usual, **more}


def _find(hub: StubHub, request: Request) -> Json:
    for alert in hub.alerts:
        if alert["id"] == request.path_params["id"]:
            return alert
    raise Refusal("not_found")


@at("GET", "/api/v1/alerts")
async def _alerts(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    closed = request.query_params.get("state") == "closed"
    shown = [one for one in hub.alerts if (one["state"] == "closed") == closed]
    checked = stamp(now() - timedelta(minutes=2, seconds=5))
    well = len(DOORS) - (1 if shown and not closed else 0)
    doors = {"all": len(DOORS), "well": well, "checked_at": checked}
    page = {"alerts": shown, "next": None, "doors": doors, "failing": hub.outlets_failing}
    return JSONResponse({**page, "named": False})


@at("GET", "/api/v1/alerts/{id}")
async def _alert(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    alert = _find(hub, request)
    log = [
        {"at": alert["opened_at"], "what": "raised", "name": "", "detail": "event gate 1-b 7"},
        {"at": alert["opened_at"], "what": "step", "name": "", "detail": "1: console, desk"},
        {"at": alert["opened_at"], "what": "sent", "name": "", "detail": "desk"},
        {"at": stamp(now()), "what": "acknowledged", "name": "周敏", "detail": ""},
    ]
    return JSONResponse({"alert": alert, "log": log})


@at("POST", "/api/v1/alerts/{id}/acknowledge")
async def _acknowledge(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    alert = _find(hub, request)
    if alert["state"] not in OPEN:
        raise Refusal("alert_closed")
    who = {"by": "staff:1", "name": "周敏", "at": stamp(now())}
    alert |= {"state": "acknowledged", "acked_by": [who], "next_step_at": None, "next_called": []}
    hub.say("alert", {"id": alert["id"], "state": "acknowledged"})
    return JSONResponse({"state": "acknowledged"})


@at("POST", "/api/v1/alerts/{id}/close")
async def _close(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    alert = _find(hub, request)
    assert json.loads(body)["note"]
    alert |= {"state": "closed", "closed_at": stamp(now()), "next_step_at": None}
    return JSONResponse({"state": "closed"})


@at("GET", "/api/v1/me/alerts")
async def _own_alerts(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    open_ = [one for one in hub.alerts if one["state"] != "closed"]
    answer = {"alerts": open_, "responsible": bool(hub.alerts)}
    return JSONResponse(answer, 200, {"Linli-Nonce": hub.new_nonce()})


@at("POST", "/api/v1/me/alerts/{id}/acknowledge")
async def _own_acknowledge(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    who = {"by": "person:p-shen", "name": "沈桂芳", "at": stamp(now())}
    _find(hub, request).update({"state": "acknowledged", "acked_by": [who], "next_step_at": None})
    return JSONResponse({"state": "acknowledged"}, 200, {"Linli-Nonce": hub.new_nonce()})
