"""Calls at a door: phones of the household wait for them, the desk sees them, the first wins."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select

from hub.acts.calls import RING_S, CallAnswer, answer_call
from hub.api.documents import CHANGE, told
from hub.api.gate import Gate
from hub.api.phone import read_body
from hub.api.problems import reply
from hub.api.visit_shapes import CallAnswered, CallsShown, CallTaken
from hub.live import show_call
from hub.store import tables as t
from hub.store.homes import home_of
from hub.store.writer import Lane

WAIT_MAX_S = 25  # below the half minute after which proxies end a silent request
SHOWN_S = RING_S + 15.0  # an answered call is shown a little longer, so that every phone stops
SHOWN_MAX = 20
_REFUSED = ("not_found", "call_over", "field_wrong", *CHANGE)


def routes(gate: Gate) -> APIRouter:
    """The router of the calls' endpoints."""
    router = APIRouter(prefix="/api/v1", tags=["calls"])
    hub = gate.hub

    waits = told("listMyCalls", CallsShown, "field_wrong", by="phone")

    @router.get("/me/calls", **waits)
    async def mine(
        request: Request,
        known: Annotated[str, Query(max_length=400)] = "",
        wait_s: Annotated[int, Query(ge=0, le=WAIT_MAX_S)] = 0,
    ) -> Response:
        """The calls of my household; with ``wait_s`` not before something is not ``known``."""
        phone, _ = await gate.phone(request, "answer", "call")
        household = _household(gate, phone.person)
        if household is None:  # nobody rings for who lives nowhere, the desk's calls least of all
            return reply({"calls": []}, request)
        found = calls_of(gate, t.calls.c.household_id == household)
        if wait_s and mark_of(found) == known:
            await hub.live.wait_for_call(household, wait_s)
            if _household(gate, phone.person) != household:  # a tenancy ended meanwhile
                return reply({"calls": []}, request)
            found = calls_of(gate, t.calls.c.household_id == household)
        return reply({"calls": found}, request)

    answers = told("answerMyCall", CallTaken, *_REFUSED, by="phone", takes=CallAnswered)

    @router.post("/me/calls/{call}/answer", **answers)
    async def answered(call: str, request: Request) -> Response:
        phone, signed = await gate.phone(request, "answer", "call")
        asked = CallAnswered.model_validate(read_body(signed.body))
        wish = CallAnswer(call, asked.answer, f"phone:{phone.id}", phone.person)
        door = await hub.writer.submit(answer_call, wish, Lane.URGENT)
        return reply({"door": door}, request)

    @router.get("/calls", **told("listCalls", CallsShown, by="staff"))
    def at_the_desk(request: Request) -> Response:
        gate.member(request, "answer", "call")
        return reply({"calls": calls_of(gate, t.calls.c.desk.is_(True))}, request)

    takes = told("answerCall", CallTaken, *_REFUSED, "oversize", by="staff")

    @router.post("/calls/{call}/answer", **takes)
    async def taken(call: str, asked: CallAnswered, request: Request) -> Response:
        member = gate.member(request, "answer", "call")
        wish = CallAnswer(call, asked.answer, f"staff:{member.id}", None)
        door = await hub.writer.submit(answer_call, wish, Lane.URGENT)
        return reply({"door": door}, request)

    return router


def _household(gate: Gate, person: str) -> str | None:
    with gate.hub.engines.read.connect() as connection:
        return home_of(connection, person, gate.now_s())


def calls_of(gate: Gate, which: Any) -> list[dict[str, Any]]:
    """Calls of some kind that ring now, or were answered a moment ago; the newest first."""
    query = (
        select(t.calls, t.households.c.house)
        .outerjoin(t.households, t.households.c.id == t.calls.c.household_id)
        .where(which, t.calls.c.rang_at > gate.now_s() - SHOWN_S)
        .order_by(t.calls.c.rang_at.desc())
        .limit(SHOWN_MAX)
    )
    with gate.hub.engines.read.connect() as connection:
        rows = connection.execute(query).all()
    return [show_call(row._asdict(), gate.hub.memory) for row in rows]


def mark_of(found: list[dict[str, Any]]) -> str:
    """What a page knows when it has seen these calls; who asks for the first time knows nothing."""
    return ",".join(f"{call['id']}.{call['answer'] or ''}" for call in found) or "none"
