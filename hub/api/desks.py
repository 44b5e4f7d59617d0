"""The issuing desk from the console: what lies on its reader, make ready, give, replace.

Whoever writes card keys has proven a second factor at this desk, once in four hours; looking and
blocking need none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Request, Response

from drivers.kinds import CardLost
from drivers.ntag424 import CardFault
from hub.acts.issuing import DeskOpening, Stocked, open_desk, stock_card
from hub.api.card_lists import DESK_REFUSES, give_card, known_card
from hub.api.card_shapes import CardAsked, DeskCard, DeskGive, DeskLook, DeskOpened, DesksShown
from hub.api.documents import BODY, CHANGE, told
from hub.api.gate import Gate, Member
from hub.api.operating import fresh_factor
from hub.api.problems import reply
from hub.core.card_kinds import SENIOR
from hub.core.errors import DomainError
from hub.desks import OPEN_S, LaidCard
from hub.gateways.desk_cards import WHY_NOT, Lies
from hub.live import instant

_AT_DESK = (
    "not_found", "desk_away", "desk_empty", "desk_changed", "desk_busy", "card_torn", *BODY,
    *CHANGE,
)  # fmt: skip
_WRITES = ("desk_shut", "card_scrapped", *(WHY_NOT[lies] for lies in WHY_NOT))


def routes(gate: Gate) -> APIRouter:
    """The router of the issuing desks."""
    router = APIRouter(prefix="/api/v1", tags=["staff"])
    _looking(router, gate)
    _writing(router, gate)
    return router


def _looking(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    @router.get("/desks", **told("readDesks", DesksShown, by="staff"))
    async def desks(request: Request) -> Response:
        member = gate.member(request, "read", "card")
        return reply(_shown(gate, member), request)

    looks = told("lookAtCard", DeskCard, *_AT_DESK, by="staff")

    @router.post("/desks/{desk}/look", **looks)
    async def look(desk: str, asked: DeskLook, request: Request) -> Response:
        gate.member(request, "read", "card")
        async with _laid(gate, desk, asked.card) as card:
            lies = await hub.desks.writer.look(card.transceive, card.uid)
            return reply(_card(gate, card, lies), request)

    opens = told("openDesk", DesksShown, "not_found", "factor_wrong", "too_many", *BODY, *CHANGE,
                 by="staff")  # fmt: skip

    @router.post("/desks/{desk}/open", **opens)
    async def begin(desk: str, asked: DeskOpened, request: Request) -> Response:
        member = gate.member(request, "issue", "card")
        _, held = hub.desks.one(desk)
        factor = await fresh_factor(gate, member, asked.otp)
        await hub.writer.submit(open_desk, DeskOpening(factor, desk))
        held.opened[member.id] = gate.now_s() + OPEN_S
        return reply(_shown(gate, member), request)


def _writing(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub
    readies = told("makeCardReady", DeskCard, *_AT_DESK, *_WRITES, "card_taken", by="staff")

    @router.post("/desks/{desk}/ready", **readies)
    async def ready(desk: str, asked: DeskLook, request: Request) -> Response:
        member = _clerk(gate, request, desk)
        async with _laid(gate, desk, asked.card) as card:
            await _make_ready(gate, card, member)
            return reply(_card(gate, card, Lies.OURS), request)

    gives = told("giveCard", DeskCard, *_AT_DESK, *_WRITES, *DESK_REFUSES, by="staff")

    @router.post("/desks/{desk}/give", **gives)
    async def give(desk: str, asked: DeskGive, request: Request) -> Response:
        member = _clerk(gate, request, desk)
        async with _laid(gate, desk, asked.card) as card:
            lies = Lies.OURS
            if asked.kind == SENIOR:
                await _make_ready(gate, card, member)
            else:
                lies = await hub.desks.writer.look(card.transceive, card.uid)
                if lies in (Lies.OURS, Lies.BLANK, Lies.TORN):
                    raise DomainError("field_wrong", "this card takes keys", "kind")
            wish = CardAsked(
                uid=card.uid.hex(), person=asked.person, kind=asked.kind, replaces=asked.replaces
            )
            await give_card(hub, wish, f"staff:{member.id}")
            return reply(_card(gate, card, lies), request)


def _clerk(gate: Gate, request: Request, desk: str) -> Member:
    member = gate.member(request, "issue", "card")
    _, held = gate.hub.desks.one(desk)
    if held.opened.get(member.id, 0.0) <= gate.now_s():
        raise DomainError("desk_shut")
    return member


@asynccontextmanager
async def _laid(gate: Gate, desk: str, presence: str) -> AsyncIterator[LaidCard]:
    """The card that lies there; torn away, or refusing, it is asked for again."""
    async with gate.hub.desks.card(desk, presence) as card:
        try:
            yield card
        except (CardLost, CardFault) as fault:
            raise DomainError("card_torn", str(fault)) from fault


async def _make_ready(gate: Gate, card: LaidCard, member: Member) -> None:
    """The card bears our keys and is noted so; raises DomainError where it never will."""
    hub, by, uid = gate.hub, f"staff:{member.id}", card.uid.hex()
    state = known_card(hub, uid)["state"]
    if state == "scrap":
        raise DomainError("card_scrapped")
    spent = state != "unknown"
    lies, _ = await hub.desks.writer.make_ready(card.transceive, card.uid, spent=spent)
    if spent and lies in (Lies.BLANK, Lies.TORN):
        raise DomainError("card_taken", "a card of this number has its keys already")
    if lies is Lies.OTHERS:
        await hub.writer.submit(stock_card, Stocked(uid, by, WHY_NOT[lies]))
    if lies is not Lies.OURS:
        raise DomainError(WHY_NOT[lies])
    await hub.writer.submit(stock_card, Stocked(uid, by))


def _card(gate: Gate, card: LaidCard, lies: Lies) -> dict[str, Any]:
    known = known_card(gate.hub, card.uid.hex())
    proven = lies is Lies.OURS
    return known | {
        "lies": lies.value,
        "proven": proven,
        "copy_of": known["kind"] == SENIOR and not proven,
        "tail": card.uid.hex()[-4:],
    }


def _shown(gate: Gate, member: Member) -> dict[str, Any]:
    now_s = gate.now_s()
    shown = []
    for device, desk in gate.hub.desks.all():
        until_s = desk.opened.get(member.id, 0.0)
        online = device.ready and gate.hub.ingest.online
        shown.append(
            {
                "id": device.id,
                "online": online,
                "reader": online and desk.reader,
                "card": desk.card if online and desk.reader else None,
                "open_until": instant(until_s) if until_s > now_s else None,
            }
        )
    return {"desks": shown}
