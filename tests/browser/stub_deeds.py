"""The stub's doors and lockdowns as staff move them: a code that is right, outcomes a test sets."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devices.rules import DoorMode
from tests.browser.stub_routes import _signed_in, at, problem
from tests.browser.stubs import Json, Refusal, StubHub, now, stamp

RIGHT_OTP = "424242"
MAY = ("administrator", "property_staff")


def a_lockdown(building: str = "", reason: str = "有人持刀") -> Json:
    return {
        "id": f"l-{building or 'site'}", "building": building, "reason": reason,
        "begun_by": "staff:1", "begun_at": stamp(now()),
    }  # fmt: skip


def tell(hub: StubHub, building: str = "") -> None:
    """The stream says that something changed, and no more."""
    active = any(each["building"] == building for each in hub.lockdowns)
    hub.say("lockdown", {"building": building, "active": active})


def _asked(hub: StubHub, request: Request, body: bytes) -> Json:
    """What a member asked for, with both factors and a reason."""
    _signed_in(hub, request)
    if hub.role not in MAY:
        raise Refusal("not_allowed")
    said: dict[str, Any] = json.loads(body)
    assert said["reason"] == said["reason"].strip() != ""
    if said["otp"] != RIGHT_OTP:
        raise Refusal("factor_wrong", field="otp")
    hub.deeds.append({"path": request.url.path, **said})
    return said


@at("POST", "/api/v1/doors/{door}/open")
async def _open(hub: StubHub, request: Request, body: bytes) -> Response:
    _asked(hub, request, body)
    door = request.path_params["door"]
    if hub.door_views.get(door, {}).get("online", True) is not True:
        raise Refusal("door_offline")
    said = hub.open(door, body)
    return JSONResponse(said) if said["outcome"] == "opened" else problem(said["reason"], said)


@at("PUT", "/api/v1/doors/{door}/mode")
async def _mode(hub: StubHub, request: Request, body: bytes) -> Response:
    said = _asked(hub, request, body)
    door = request.path_params["door"]
    view = {**hub.door_views.get(door, {}), "mode": DoorMode(said["mode"]).value}
    hub.door_views[door] = view
    hub.say("door", next(each for each in hub.console_doors() if each["id"] == door))
    return Response(status_code=204)


@at("POST", "/api/v1/lockdown")
async def _lock_down(hub: StubHub, request: Request, body: bytes) -> Response:
    said = _asked(hub, request, body)
    hub.lockdowns.append(a_lockdown(said["building"], said["reason"]))
    tell(hub, said["building"])
    return JSONResponse({"id": hub.lockdowns[-1]["id"]})


@at("POST", "/api/v1/lockdown/release")
async def _release(hub: StubHub, request: Request, body: bytes) -> Response:
    said = _asked(hub, request, body)
    left = [each for each in hub.lockdowns if each["building"] != said["building"]]
    if len(left) == len(hub.lockdowns):
        raise Refusal("not_found")
    hub.lockdowns = left
    tell(hub, said["building"])
    return Response(status_code=204)


@at("GET", "/api/v1/lockdown")
async def _lockdowns(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    return JSONResponse({"lockdowns": hub.lockdowns})
