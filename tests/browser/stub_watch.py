"""The stand-in's watch list: two people, pictures that are hashes, a cost that is made up."""

import hashlib
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.browser.stub_routes import _signed_in as signed_in
from tests.browser.stub_routes import at
from tests.browser.stubs import Json, Refusal, StubHub

AT = "2026-11-26T03:20:00.000Z"
OTP = "123456"


def an_order(**more: Any) -> Json:
    """An order that 陈书记 has entered with one face."""
    usual: Json = {
        "id": "0" * 32, "state": "waiting", "authority": "county-psb", "basis": "case-2026-118",
        "from_at": AT, "to_at": "2026-12-03T03:20:00.000Z", "passers_a_day": 400,
        "alarms_a_day": 2.0, "expected_a_day": 1.84, "expected_now": 1.9, "entered_by": "陈书记",
        "entered_at": AT, "approved_by": None, "approved_at": None, "ended_at": None,
        "mine": False, "faces": [a_face()], "hits": 0, "false_alarms": 0,
    }  # fmt: skip
    return {**usual, **more}


def a_face(**more: Any) -> Json:
    usual = {"listed_at": AT, "listed_by": "陈书记", "sha256": "ab" * 32, "other_model": False}
    return {**usual, **more}


class Watch:
    """What the stand-in keeps; a test changes it."""

    def __init__(self) -> None:
        self.orders: list[Json] = []
        self.refused: str | None = None
        self.refuses: str | None = None
        self.looks = 0
        self.asked: list[Json] = []

    def shown(self) -> JSONResponse:
        self.looks += 1
        told = {"refused": self.refused, "faces_most": 20, "faces_free": 19, "days_most": 31,
                "orders": self.orders}  # fmt: skip
        return JSONResponse(told)

    def check(self, said: Json) -> None:
        if self.refuses:
            raise Refusal(self.refuses)
        if said["otp"] != OTP:
            raise Refusal("factor_wrong")


def of(hub: StubHub) -> Watch:
    """The watch list of a stand-in."""
    if not hasattr(hub, "watch"):
        hub.watch = Watch()  # type: ignore[attr-defined]
    found: Watch = hub.watch  # type: ignore[attr-defined]
    return found


@at("GET", "/api/v1/faces/watch")
async def _read(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    return of(hub).shown()


@at("POST", "/api/v1/faces/watch/cost")
async def _cost(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    if of(hub).refuses:
        raise Refusal(str(of(hub).refuses))
    return JSONResponse({"expected_a_day": 0.92 * json.loads(body)["alarms_a_day"], "faces": 20})


@at("POST", "/api/v1/faces/watch")
async def _enter(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    told, said = of(hub), json.loads(body)
    told.check(said)
    told.asked.append(said)
    told.orders.insert(0, an_order(id="1" * 32, mine=True, faces=[], authority=said["authority"]))
    return told.shown()


@at("POST", "/api/v1/faces/watch/{order}/faces")
async def _face(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    if of(hub).refuses:
        raise Refusal(str(of(hub).refuses))
    order = _one(hub, request)
    order["faces"] = [*order["faces"], a_face(sha256=hashlib.sha256(body).hexdigest())]
    return of(hub).shown()


@at("POST", "/api/v1/faces/watch/{order}/approve")
async def _approve(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    of(hub).check(json.loads(body))
    _one(hub, request).update(state="in_force", approved_by="老王", approved_at=AT)
    return of(hub).shown()


@at("POST", "/api/v1/faces/watch/{order}/end")
async def _end(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    _one(hub, request).update(state="ended", ended_at=AT, faces=[], expected_now=None)
    return of(hub).shown()


def _one(hub: StubHub, request: Request) -> Json:
    (found,) = (one for one in of(hub).orders if one["id"] == request.path_params["order"])
    return found
