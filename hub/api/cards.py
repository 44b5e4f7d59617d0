"""Lost cards: blocked from the desk, a phone or a kiosk; and which doors have forgotten them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import ColumnElement, Connection, Row, Select, select

from hub.acts.cards import REASON_CHARS_MAX, BlockCard, UnblockCard, block_card, unblock_card
from hub.api.documents import BODY, CHANGE, told
from hub.api.gate import Gate
from hub.api.kiosk_sessions import masked
from hub.api.phone import read_body
from hub.api.problems import reply
from hub.api.shapes import CardShown, CardsShown, OwnCard, OwnCards
from hub.core.errors import DomainError
from hub.core.last_had import Had, had_at
from hub.core.words import PLAIN
from hub.live import instant
from hub.store import tables as t
from hub.store.homes import home_of, living_in
from hub.store.writer import Lane

CARDS_PAGE = 50
PHONES_PAGE = 20  # ended ones beside the cards
_Id = Field(min_length=1, max_length=64, pattern=PLAIN)


class UnblockAsked(BaseModel):
    """Why a card that was lost may be trusted again."""

    reason: str = Field(min_length=3, max_length=REASON_CHARS_MAX, pattern=PLAIN)


class LostAsked(BaseModel):
    """When a lost card was last surely had: a moment, or a word for it; without both a day."""

    last_had: AwareDatetime | None = None
    had: Had | None = None

    def had_s(self, now_s: float, zone: str) -> float | None:
        """In seconds; field_wrong for a moment that is still to come, or beside a word."""
        if self.last_had is None:
            return None if self.had is None else had_at(self.had, now_s, ZoneInfo(zone))
        if self.had is not None:
            raise DomainError("field_wrong", "a moment or a word, not both", "had")
        if self.last_had.timestamp() > now_s:
            raise DomainError("field_wrong", "this moment is still to come", "last_had")
        return self.last_had.timestamp()


_DAY = LostAsked()


class LostCardsAsked(BaseModel):
    """The cards of the household that this visit may look at."""

    lookup: str = _Id


class LostCard(LostAsked):
    """One of these cards is lost."""

    lookup: str = _Id
    card: str = _Id


def routes(gate: Gate) -> APIRouter:
    """The router of the cards' endpoints."""
    router = APIRouter(prefix="/api/v1")
    _desk(router, gate)
    _phone(router, gate)
    _kiosk(router, gate)
    return router


# --------------------------------------------------------------------------- staff


def _desk(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    @router.get(
        "/cards", tags=["staff"], **told("findCards", CardsShown, "field_wrong", by="staff")
    )
    def find(request: Request, query: Annotated[str, Query(max_length=40)] = "") -> Response:
        gate.member(request, "read", "card")
        text = query.strip()
        shown = {"cards": _shown(gate, _matching(text)), "phones": _ended_phones(gate, text)}
        return reply(shown, request)

    reads = told("readCard", CardShown, "not_found", "field_wrong", by="staff")

    @router.get("/cards/{card}", tags=["staff"], **reads)
    def read(card: str, request: Request) -> Response:
        gate.member(request, "read", "card")
        return reply(_one(gate, card), request)

    blocks = told("blockCard", CardShown, "not_found", *BODY, *CHANGE, by="staff")

    @router.post("/cards/{card}/block", tags=["staff"], **blocks)
    async def block(card: str, request: Request, asked: LostAsked = _DAY) -> Response:
        member = gate.member(request, "block", "card")
        wish = BlockCard(
            card, f"staff:{member.id}", had_s=asked.had_s(gate.now_s(), hub.memory.zone)
        )
        await hub.writer.submit(block_card, wish, Lane.URGENT)
        return reply(_one(gate, card), request)

    unblocks = told("unblockCard", CardShown, "not_found", *BODY, *CHANGE, by="staff")

    @router.post("/cards/{card}/unblock", tags=["staff"], **unblocks)
    async def unblock(card: str, asked: UnblockAsked, request: Request) -> Response:
        member = gate.member(request, "unblock", "card")
        wish = UnblockCard(card, f"staff:{member.id}", asked.reason)
        await hub.writer.submit(unblock_card, wish, Lane.URGENT)
        return reply(_one(gate, card), request)


# --------------------------------------------------------------------------- the holder


def _phone(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    @router.get("/me/cards", tags=["phone"], **told("readMyCards", OwnCards, by="phone"))
    async def mine(request: Request) -> Response:
        phone, _ = await gate.phone(request, "read", "self")
        return reply({"cards": _own_cards(gate, phone.person)}, request)

    refuses = ("not_found", "field_wrong", "too_many", *CHANGE)
    blocks = told("blockMyCard", OwnCard, *refuses, by="phone", takes=LostAsked)

    @router.post("/me/cards/{card}/block", tags=["phone"], **blocks)
    async def block(card: str, request: Request) -> Response:
        phone, signed = await gate.phone(request, "block", "card")
        gate.guard(gate.proofs, phone.id)
        if card not in {own["id"] for own in _own_cards(gate, phone.person)}:
            raise DomainError("not_found", "no such card", "card")
        asked = LostAsked.model_validate(read_body(signed.body) if signed.body else {})
        wish = BlockCard(
            card, f"phone:{phone.id}", had_s=asked.had_s(gate.now_s(), hub.memory.zone)
        )
        await hub.writer.submit(block_card, wish, Lane.URGENT)
        (own,) = (own for own in _own_cards(gate, phone.person) if own["id"] == card)
        return reply(own, request)


def _kiosk(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub
    refuses = ("lookup_expired", "not_found", "too_many", *CHANGE)
    reads = told("readKioskCards", OwnCards, *refuses, by="kiosk", takes=LostCardsAsked)

    @router.post("/kiosk/lost-cards", tags=["kiosk"], **reads)
    async def lost_cards(request: Request) -> Response:
        kiosk, signed = await gate.device(request, "kiosk")
        asked = LostCardsAsked.model_validate(read_body(signed.body))
        home = gate.lookups_store.resolve(asked.lookup, kiosk.id, gate.now_s()).household_id
        return reply({"cards": _home_cards(gate, home)}, request)

    blocks = told("blockKioskCard", OwnCards, *refuses, by="kiosk", takes=LostCard)

    @router.post("/kiosk/lost-cards/block", tags=["kiosk"], **blocks)
    async def block(request: Request) -> Response:
        kiosk, signed = await gate.device(request, "kiosk")
        asked = LostCard.model_validate(read_body(signed.body))
        home = gate.lookups_store.resolve(asked.lookup, kiosk.id, gate.now_s()).household_id
        wish = BlockCard(
            asked.card, f"kiosk:{kiosk.id}", home, asked.had_s(gate.now_s(), hub.memory.zone)
        )
        await hub.writer.submit(block_card, wish, Lane.URGENT)
        return reply({"cards": _home_cards(gate, home)}, request)


def _own_cards(gate: Gate, person: str) -> list[dict[str, Any]]:
    """The cards of a person and of whoever lives there too; of somebody alone, their own."""
    with gate.hub.engines.read.connect() as connection:
        home = home_of(connection, person, gate.now_s())
        there = living_in(connection, home, gate.now_s()) if home else set()
    cards = _shown(gate, _cards().where(t.cards.c.person_id.in_(there | {person})))
    return [_own(card, person) for card in cards]


def _own(card: Mapping[str, Any], person: str) -> dict[str, Any]:
    revocation = card["revocation"]
    doors = revocation["doors"] if revocation else []
    return {
        "id": card["id"],
        "holder": card["person_name"],
        "mine": card["person"] == person,
        "issued_at": card["issued_at"],
        "blocked_at": card["blocked_at"],
        "told": revocation is not None and revocation["told"],
        "doors_total": len(doors),
        "doors_gone": sum(door["gone_after_s"] is not None for door in doors),
        "still_known": [door["name"] for door in doors if door["gone_after_s"] is None],
    }


def _home_cards(gate: Gate, home: str) -> list[dict[str, Any]]:
    """A household's cards as a screen in a hall may show them."""
    with gate.hub.engines.read.connect() as connection:
        there = living_in(connection, home, gate.now_s())
    cards = _shown(gate, _cards().where(t.cards.c.person_id.in_(there)))
    return [_own(card | {"person_name": masked(card["person_name"])}, "") for card in cards]


# --------------------------------------------------------------------------- reading


def _cards() -> Select[Any]:
    return (
        select(
            t.cards.c.id,
            t.cards.c.person_id,
            t.cards.c.issued_at,
            t.cards.c.blocked_at,
            t.people.c.name,
            t.households.c.house,
        )
        .join(t.people, t.people.c.id == t.cards.c.person_id)
        .outerjoin(t.households, t.households.c.id == t.people.c.household_id)
        .order_by(t.cards.c.blocked_at.is_(None), t.cards.c.blocked_at.desc(), t.cards.c.id)
        .limit(CARDS_PAGE)
    )


def _matching(query: str) -> Select[Any]:
    """Cards by holder or house; with nothing to look for, the lost ones."""
    if not query:
        return _cards().where(t.cards.c.blocked_at.is_not(None))
    return _cards().where(_fits(query))


def _fits(query: str) -> ColumnElement[bool]:
    text = f"%{query.replace('%', '').replace('_', '')}%"
    return t.people.c.name.like(text) | t.households.c.house.like(text)


def _ended_phones(gate: Gate, query: str) -> list[dict[str, Any]]:
    """The newest phones that were ended, with who did it."""
    by = select(t.revocations.c.subject, t.revocations.c.by).where(t.revocations.c.kind == "phone")
    found = (
        select(t.phones, t.people.c.name, t.households.c.house)
        .join(t.people, t.people.c.id == t.phones.c.person_id)
        .outerjoin(t.households, t.households.c.id == t.people.c.household_id)
        .where(t.phones.c.revoked_at.is_not(None), *([_fits(query)] if query else []))
        .order_by(t.phones.c.revoked_at.desc(), t.phones.c.id)
        .limit(PHONES_PAGE)
    )
    with gate.hub.engines.read.connect() as connection:
        rows = connection.execute(found).all()
        named = by.where(t.revocations.c.subject.in_([row.id for row in rows]))
        enders = {row.subject: row.by for row in connection.execute(named)}
    return [
        {
            "id": row.id,
            "person_name": row.name,
            "house": row.house or "",
            "label": row.label,
            "ended_at": instant(row.revoked_at),
            "by": _by(enders.get(row.id, "")),
        }
        for row in rows
    ]


def _by(who: str) -> str:
    """Who ended something, without saying which of them."""
    kind = who.partition(":")[0]
    if kind in ("phone", "kiosk", "recall"):
        return kind
    return "recall" if kind == "door" else "staff"


def _one(gate: Gate, card: str) -> dict[str, Any]:
    found = _shown(gate, _cards().where(t.cards.c.id == card))
    if not found:
        raise DomainError("not_found", "no such card", "card")
    return found[0]


def _shown(gate: Gate, query: Select[Any]) -> list[dict[str, Any]]:
    with gate.hub.engines.read.connect() as connection:
        rows = connection.execute(query).all()
        running = _revocations(connection, [row.id for row in rows if row.blocked_at is not None])
        doors = _doors(connection, [row.id for row in running.values()])
    return [
        {
            "id": row.id,
            "person": row.person_id,
            "person_name": row.name,
            "house": row.house or "",
            "issued_at": instant(row.issued_at),
            "blocked_at": instant(row.blocked_at) if row.blocked_at is not None else None,
            "revocation": _revocation(gate, running[row.id], doors) if row.id in running else None,
        }
        for row in rows
    ]


def _revocations(connection: Connection, cards: Sequence[str]) -> dict[str, Row[Any]]:
    """The newest revocation of each card."""
    r = t.revocations.c
    rows = connection.execute(
        select(t.revocations)
        .where(r.kind == "card", r.subject.in_(cards), r.ended_at.is_(None))
        .order_by(r.asked_at)
    )
    return {row.subject: row for row in rows}


def _doors(connection: Connection, revocations: Sequence[str]) -> dict[str, list[Row[Any]]]:
    rows = connection.execute(
        select(t.revocation_doors)
        .where(t.revocation_doors.c.revocation_id.in_(revocations))
        .order_by(t.revocation_doors.c.device_id)
    )
    found: dict[str, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.revocation_id, []).append(row)
    return found


def _revocation(
    gate: Gate, row: Row[Any], doors: Mapping[str, Iterable[Row[Any]]]
) -> dict[str, Any]:
    shown = [door for device in doors.get(row.id, ()) for door in _device_doors(gate, row, device)]
    return {
        "id": row.id,
        "by": _by(row.by),
        "asked_at": instant(row.asked_at),
        "told": row.spread_at is not None,
        "doors": shown,
    }


def _device_doors(gate: Gate, row: Row[Any], device: Row[Any]) -> list[dict[str, Any]]:
    """Each door of a device that knew the card: gone after so many seconds, or why not yet."""
    memory = gate.hub.memory
    entry = memory.devices.get(device.device_id)
    gone = device.gone_at is not None
    online = entry.ready if entry is not None and entry.note is not None else None
    away = entry is not None and not entry.ready and entry.since_s is not None
    doors = (memory.doors.get(door) for door in device.doors)
    return [
        {
            "id": door.id,
            "name": door.name,
            "device": device.device_id,
            "online": online,
            "gone_after_s": round(device.gone_at - row.asked_at, 3) if gone else None,
            "offline_since": instant(entry.since_s or 0.0) if entry is not None and away else None,
            "refused": entry.policy_refused if entry is not None and not gone else None,
        }
        for door in doors
        if door is not None
    ]
