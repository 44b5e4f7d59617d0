"""The stub's cards: stopped by a tap; a test lets the doors forget them one by one."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.browser.stub_routes import _signed_in, at
from tests.browser.stubs import DOORS, Json, Refusal, StubHub, now, stamp

ISSUED = "2026-01-05T02:00:00.000Z"


def a_card(name: str, person: str, person_name: str, **members: Any) -> Json:
    usual = {"id": name, "person": person, "person_name": person_name, "house": "1幢2单元302",
             "issued_at": ISSUED, "blocked_at": None, "revocation": None}  # fmt: skip
    return {**usual, **members}


def lost(hub: StubHub, card: Json, by: str) -> None:
    """The card is stopped; no door has forgotten it yet."""
    doors = [
        {"id": each["id"], "name": each["name"], "device": f"door-{at}", "online": True,
         "gone_after_s": None, "offline_since": None, "refused": None}
        for at, each in enumerate(DOORS)
    ]  # fmt: skip
    card["blocked_at"] = stamp(now())
    card["revocation"] = {
        "id": "r-1", "by": by, "asked_at": stamp(now()), "told": True, "doors": doors,
    }  # fmt: skip
    hub.say("card", {"card": card["id"]})


def forget(hub: StubHub, card: Json, *doors: str, after_s: float = 0.4) -> None:
    """These doors' receipts arrive."""
    for door in card["revocation"]["doors"]:
        if not doors or door["id"] in doors:
            door["gone_after_s"] = after_s
    hub.say("card", {"card": card["id"]})


def _named(hub: StubHub, request: Request) -> Json:
    for card in hub.cards:
        if card["id"] == request.path_params["id"]:
            return card
    raise Refusal("not_found")


@at("GET", "/api/v1/cards")
async def _cards(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    query = request.query_params.get("query", "")
    found = [each for each in hub.cards if query in each["person_name"] and (
        query or each["blocked_at"])]  # fmt: skip
    phones = [each for each in hub.ended_phones if query in each["person_name"]]
    return JSONResponse({"cards": found, "phones": phones})


@at("GET", "/api/v1/cards/{id}")
async def _card(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    return JSONResponse(_named(hub, request))


@at("POST", "/api/v1/cards/{id}/block")
async def _block(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    hub.had.append(json.loads(body)["had"])
    lost(hub, _named(hub, request), "staff")
    return JSONResponse(_named(hub, request))


@at("POST", "/api/v1/cards/{id}/unblock")
async def _unblock(hub: StubHub, request: Request, body: bytes) -> Response:
    _signed_in(hub, request)
    assert len(json.loads(body)["reason"]) >= 3
    card = _named(hub, request)
    card["blocked_at"] = card["revocation"] = None
    return JSONResponse(card)


def _own(card: Json) -> Json:
    doors = card["revocation"]["doors"] if card["revocation"] else []
    gone = [each for each in doors if each["gone_after_s"] is not None]
    return {
        "id": card["id"], "holder": card["person_name"], "mine": card["person"] == "p-shen",
        "issued_at": card["issued_at"], "blocked_at": card["blocked_at"],
        "told": card["revocation"] is not None, "doors_total": len(doors), "doors_gone": len(gone),
        "still_known": [each["name"] for each in doors if each not in gone],
    }  # fmt: skip


@at("GET", "/api/v1/me/cards")
async def _mine(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    headers = {"Linli-Nonce": hub.new_nonce()}
    return JSONResponse({"cards": [_own(each) for each in hub.cards]}, 200, headers)


@at("POST", "/api/v1/me/cards/{id}/block")
async def _mine_block(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    hub.had.append(json.loads(body)["had"])
    lost(hub, _named(hub, request), "phone")
    return JSONResponse(_own(_named(hub, request)), 200, {"Linli-Nonce": hub.new_nonce()})
