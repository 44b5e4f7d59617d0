"""The stub's issuing desk: a test lays cards down; nothing is written in earnest."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.browser.stub_cards import a_card, lost
from tests.browser.stub_routes import _signed_in, at
from tests.browser.stubs import PEOPLE, Json, Refusal, StubHub, words

OTP = "123456"


def a_desk(**members: Any) -> Json:
    return {"id": "desk-1", "online": True, "reader": True, "card": None, "open_until": None,
            **members}  # fmt: skip


def laid(lies: str, **members: Any) -> Json:
    nothing = dict.fromkeys(
        ("card", "kind", "assurance", "person", "person_name", "house", "issued_at")
    )
    return {"state": "unknown", "lies": lies, "proven": lies == "ours", "copy_of": False,
            "tail": "c040", **nothing, **members}  # fmt: skip


def lay(hub: StubHub, card: Json, presence: str = "a1") -> None:
    """A card lies on the reader now."""
    hub.desks[0]["card"], hub.laid = presence, card
    hub.say("desk", {"id": "desk-1"})


def lift(hub: StubHub) -> None:
    hub.desks[0]["card"], hub.laid = None, None
    hub.say("desk", {"id": "desk-1"})


def _asked(hub: StubHub, request: Request, body: bytes) -> Json:
    _signed_in(hub, request)
    asked: Json = json.loads(body)
    if hub.laid is None:
        raise Refusal("desk_empty")
    if asked["card"] != hub.desks[0]["card"]:
        raise Refusal("desk_changed")
    return asked


@at("GET", "/api/v1/desks")
async def _desks(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    return JSONResponse({"desks": hub.desks})


@at("POST", "/api/v1/desks/{id}/open")
async def _open(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    if json.loads(body)["otp"] != OTP:
        raise Refusal("factor_wrong")
    hub.desks[0]["open_until"] = "2026-11-26T12:00:00.000Z"
    return JSONResponse({"desks": hub.desks})


@at("POST", "/api/v1/desks/{id}/look")
async def _look(hub: StubHub, request: Request, body: bytes) -> Response:
    _asked(hub, request, body)
    return JSONResponse(hub.laid)


@at("POST", "/api/v1/desks/{id}/ready")
async def _ready(hub: StubHub, request: Request, body: bytes) -> Response:
    _asked(hub, request, body)
    if hub.torn:
        hub.torn = False
        raise Refusal("card_torn")
    hub.laid = laid("ours", state="ready")
    return JSONResponse(hub.laid)


@at("POST", "/api/v1/desks/{id}/give")
async def _give(hub: StubHub, request: Request, body: bytes) -> Response:
    asked = _asked(hub, request, body)
    if hub.torn:
        hub.torn = False
        raise Refusal("card_torn")
    who = next(each for each in PEOPLE if each["id"] == asked["person"])
    hub.given.append(asked)
    for card in hub.cards:
        if card["id"] == asked["replaces"]:
            lost(hub, card, "staff")
    hub.cards.append(a_card(f"c-{len(hub.cards) + 1}", who["id"], who["name"]))
    members = {
        "state": "given", "card": hub.cards[-1]["id"], "kind": asked["kind"],
        "assurance": "mutual" if asked["kind"] == "ntag424" else "identifier",
        "person": who["id"], "person_name": who["name"], "house": who["house"],
        "issued_at": "2026-11-26T02:00:00.000Z",
    }  # fmt: skip
    hub.laid = laid("ours" if asked["kind"] == "ntag424" else "number", **members)
    return JSONResponse(hub.laid)


WEAK = {
    "doors": [
        {"id": "hall", "name": words("活动室", "活動室", "Hall"), "kind": "room", "device": "door-2",
         "pin": True, "sometimes": True, "cards": 12},
    ],
    "cards": {"ntag424": 40, "mifare": 12}, "ready": 8, "scrap": 1,
}  # fmt: skip


@at("GET", "/api/v1/card-report")
async def _report(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    return JSONResponse(hub.weak or {"doors": [], "cards": {}, "ready": 0, "scrap": 0})


@at("GET", "/api/v1/card-handouts")
async def _handouts(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    return JSONResponse({"file": "card\r\n", "signature": "s", "keyset": "k", "rows": 0})
