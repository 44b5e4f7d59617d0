"""The issuing desk's papers: stock, hand-out list, and doors that still take old cards."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select

from hub.acts.cards import BlockCard, block_card
from hub.acts.issuing import NewCard, Stocked, issue_card, stock_card
from hub.acts.reading import Reading, note_reading
from hub.api.card_shapes import (
    CardAsked,
    CardGiven,
    CardKnown,
    HandoutsAsked,
    HandoutsSigned,
    NumberAsked,
    StockAsked,
    WeakDoors,
)
from hub.api.documents import BODY, CHANGE, told
from hub.api.gate import Gate
from hub.api.problems import reply
from hub.core import handouts
from hub.core.card_kinds import assurance_of
from hub.live import instant
from hub.parts import Hub
from hub.store import tables as t
from hub.store.writer import Lane
from hub.weak_doors import weak_doors

DESK_REFUSES = ("card_taken", "card_kept_out", "card_scrapped")


def routes(gate: Gate) -> APIRouter:
    """The router of the operator's and the staff's lists of cards."""
    router = APIRouter(prefix="/api/v1")
    _operated(router, gate)
    _read_by_operator(router, gate)
    _read_by_staff(router, gate)
    return router


def _operated(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub
    gives = told("issueCard", CardGiven, *DESK_REFUSES, *BODY, *CHANGE, by="operator")

    @router.post("/operator/cards", tags=["operator"], **gives)
    async def give(asked: CardAsked, request: Request) -> Response:
        gate.operator(request)
        given = await give_card(hub, asked, "operator")
        return reply(given, request)

    notes = told("stockCard", None, "card_taken", *BODY, *CHANGE, by="operator")

    @router.post("/operator/cards/stock", status_code=204, tags=["operator"], **notes)
    async def stock(asked: StockAsked, request: Request) -> None:
        gate.operator(request)
        await hub.writer.submit(stock_card, Stocked(asked.uid, "operator", asked.scrap))

    blocks = told("blockCardByOperator", None, "not_found", "field_wrong", *CHANGE, by="operator")

    @router.post("/operator/cards/{card}/block", status_code=204, tags=["operator"], **blocks)
    async def block(card: str, request: Request) -> None:
        gate.operator(request)
        await hub.writer.submit(block_card, BlockCard(card, "operator"), Lane.URGENT)


def _read_by_operator(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub
    finds = told("findCardByNumber", CardKnown, *BODY, by="operator")

    @router.post("/operator/cards/found", tags=["operator"], **finds)
    def found(asked: NumberAsked, request: Request) -> Response:
        gate.operator(request)
        return reply(known_card(hub, asked.uid), request)

    lists = told("listHandoutsByOperator", HandoutsSigned, *BODY, by="operator")

    @router.post("/operator/cards/handouts", tags=["operator"], **lists)
    def handed_out(asked: HandoutsAsked, request: Request) -> Response:
        gate.operator(request)
        return reply(signed_handouts(gate, asked), request)

    reports = told("reportWeakDoorsByOperator", WeakDoors, by="operator")

    @router.post("/operator/cards/report", tags=["operator"], **reports)
    async def report(request: Request) -> Response:
        gate.operator(request)
        return reply(await asyncio.to_thread(_weak, hub), request)


def _read_by_staff(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub
    reports = told("reportWeakDoors", WeakDoors, by="staff")

    @router.get("/card-report", tags=["staff"], **reports)
    async def report(request: Request) -> Response:
        gate.member(request, "read", "card")
        return reply(await asyncio.to_thread(_weak, hub), request)

    lists = told("listHandouts", HandoutsSigned, "field_wrong", by="staff")

    @router.get("/card-handouts", tags=["staff"], **lists)
    async def handed_out(
        request: Request, form: Annotated[str, Query(pattern="^(csv|json)$")] = "csv"
    ) -> Response:
        member = gate.member(request, "issue", "card")
        await hub.writer.submit(note_reading, Reading(f"staff:{member.id}", "handouts"))
        asked = HandoutsAsked.model_validate({"form": form})
        return reply(signed_handouts(gate, asked), request)


def _weak(hub: Hub) -> dict[str, Any]:
    return weak_doors(hub.engines, hub.keys, hub.memory.zone)


# --------------------------------------------------------------------------- for the desk as well


async def give_card(hub: Hub, asked: CardAsked, by: str) -> dict[str, Any]:
    """Give a card (``CardGiven``); raises DomainError."""
    name = f"c-{secrets.token_hex(6)}"
    wish = NewCard(name, asked.uid, asked.person, by, asked.kind, asked.replaces)
    lane = Lane.URGENT if asked.replaces else Lane.NORMAL
    given = await hub.writer.submit(issue_card, wish, lane)
    return {"given": given.card, "fresh": given.fresh}


def known_card(hub: Hub, uid: str) -> dict[str, Any]:
    """What the hub knows of a card by its number (``CardKnown``), without the number."""
    with hub.engines.read.connect() as connection:
        row = connection.execute(_people_of(select(t.cards)).where(t.cards.c.uid == uid)).first()
        stock = connection.execute(select(t.card_stock).where(t.card_stock.c.uid == uid)).first()
    if row is not None:
        return {
            "state": "given" if row.blocked_at is None else "stopped",
            "card": row.id,
            "kind": row.kind,
            "assurance": assurance_of(row.kind).name.lower(),
            "person": row.person_id,
            "person_name": row.name,
            "house": row.house or "",
            "issued_at": instant(row.issued_at),
        }
    state = "unknown"
    if stock is not None:
        state = "scrap" if stock.scrapped_at is not None else "ready"
    nothing = ("card", "kind", "assurance", "person", "person_name", "house", "issued_at")
    return {"state": state} | dict.fromkeys(nothing)


def _people_of(query: Any) -> Any:
    return (
        query.add_columns(t.people.c.name, t.households.c.house)
        .join(t.people, t.people.c.id == t.cards.c.person_id)
        .outerjoin(t.households, t.households.c.id == t.people.c.household_id)
    )


def signed_handouts(gate: Gate, asked: HandoutsAsked) -> dict[str, Any]:
    """The hand-out list with its signature (``HandoutsSigned``)."""
    hub = gate.hub
    rows = _handed_out(hub)
    file = handouts.as_bytes(rows, asked.form)
    signer = hub.keys.signers["audit"]
    signature = handouts.sign(file, len(rows), hub.memory.site, gate.now_s(), signer)
    return {
        "file": file.decode(),
        "signature": signature.decode(),
        "keyset": hub.keys.keyset.decode(),
        "rows": len(rows),
    }


def _handed_out(hub: Hub) -> Sequence[dict[str, Any]]:
    h = t.handouts.c
    query = (
        select(t.handouts, t.people.c.name, t.households.c.house, t.cards.c.blocked_at)
        .outerjoin(t.people, t.people.c.id == h.person_id)
        .outerjoin(t.households, t.households.c.id == t.people.c.household_id)
        .outerjoin(t.cards, t.cards.c.id == h.card_id)
        .order_by(h.at, h.card_id)
    )
    with hub.engines.read.connect() as connection:
        rows = connection.execute(query).all()
    return [
        {
            "card": row.card_id,
            "kind": row.kind,
            "assurance": assurance_of(row.kind).name.lower(),
            "person": row.person_id,
            "name": row.name,
            "house": row.house,
            "given_at": instant(row.at),
            "given_by": row.by,
            "replaces": row.replaces,
            "stopped_at": None if row.blocked_at is None else instant(row.blocked_at),
        }
        for row in rows
    ]
