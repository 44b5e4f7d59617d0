"""Visitors at a kiosk, for whoever has no phone: a pass or a code by card, and calls answered.

Everything here needs a card that proved its key at this kiosk within minutes; house and telephone
digits open no door.
"""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select

from devices.passes import ID_BYTES, visit_id
from hub.acts.calls import CallAnswer, answer_call
from hub.acts.kiosk_calls import LetIn, let_in
from hub.api.calls import WAIT_MAX_S, calls_of, mark_of
from hub.api.documents import ANY, CHANGE, told
from hub.api.gate import Gate
from hub.api.kiosk_holder import holder
from hub.api.phone import ask_door, read_body
from hub.api.problems import reply
from hub.api.shapes import OpeningProblem, OpeningTold
from hub.api.visit_shapes import (
    CallsShown,
    CallTaken,
    GuestsAsked,
    GuestsShown,
    KioskCallAnswered,
    KioskVisitAsked,
    VisitShown,
)
from hub.api.visits import REFUSED, guest_doors, invited_by
from hub.core.errors import DomainError
from hub.core.limits import Limit, Limiter
from hub.live import waiter_of
from hub.store import tables as t
from hub.store.writer import Lane

_PASSES = Limit(6, 600.0)  # of one card: whoever makes more has no visitors but a business
_ANSWERED = ("lookup_expired", "not_found", "call_over", "field_wrong", *CHANGE)


def routes(gate: Gate) -> APIRouter:
    """The router of a kiosk's endpoints about guests."""
    router = APIRouter(prefix="/api/v1", tags=["kiosk"])
    _passes(router, gate)
    _calls(router, gate)
    return router


def _passes(router: APIRouter, gate: Gate) -> None:
    made = Limiter(_PASSES)
    reads = told("readKioskGuests", GuestsShown, "lookup_expired", by="kiosk", takes=GuestsAsked)

    @router.post("/kiosk/guests", **reads)
    async def guests(request: Request) -> Response:
        """Which doors a pass made here may name, and where a code can be typed."""
        kiosk, signed = await gate.device(request, "kiosk")
        asked = GuestsAsked.model_validate(read_body(signed.body))
        _, person, _ = holder(gate, asked.card_session, kiosk.id)
        return reply(guest_doors(gate, person), request)

    refuses = ("lookup_expired", "too_many", *REFUSED)
    makes = told(
        "issueKioskVisit", VisitShown, *refuses, by="kiosk", takes=KioskVisitAsked, status=201
    )

    @router.post("/kiosk/visits", status_code=201, **makes)
    async def issued(request: Request) -> Response:
        kiosk, signed = await gate.device(request, "kiosk")
        asked = KioskVisitAsked.model_validate(read_body(signed.body))
        _, person, card = holder(gate, asked.card_session, kiosk.id)
        gate.guard(made, card)
        name = visit_id(secrets.token_bytes(ID_BYTES))
        fresh = await invited_by(gate, person, asked, name, f"card:{card}")
        return reply(fresh, request, 201)


def _calls(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    @router.get("/kiosk/calls", **told("listKioskCalls", CallsShown, "field_wrong", by="kiosk"))
    async def ringing(
        request: Request,
        known: Annotated[str, Query(max_length=400)] = "",
        wait_s: Annotated[int, Query(ge=0, le=WAIT_MAX_S)] = 0,
    ) -> Response:
        """The calls that ring at this kiosk; with ``wait_s`` not before something is new."""
        kiosk, _ = await gate.device(request, "kiosk")
        here = t.calls.c.kiosk_id == kiosk.id
        found = calls_of(gate, here)
        if wait_s and mark_of(found) == known:
            await hub.live.wait_for_call(waiter_of(kiosk.id), wait_s)
            found = calls_of(gate, here)
        return reply({"calls": found}, request)

    refuses = told("declineKioskCall", CallTaken, *_ANSWERED, by="kiosk", takes=KioskCallAnswered)

    @router.post("/kiosk/calls/{call}/decline", **refuses)
    async def declined(call: str, request: Request) -> Response:
        """Not now; the caller may press again."""
        wish, _ = await _answer(gate, request, call, "not_now")
        door = await hub.writer.submit(answer_call, wish, Lane.URGENT)
        return reply({"door": door}, request)

    opens = told(
        "openKioskCall", OpeningTold, "door_offline", "outcome_unknown", *_ANSWERED, ANY,
        by="kiosk", takes=KioskCallAnswered, problem=OpeningProblem,
    )  # fmt: skip

    @router.post("/kiosk/calls/{call}/open", **opens)
    async def opened(call: str, request: Request) -> Response:
        """Take the call and open its door; the door has the last word."""
        wish, person = await _answer(gate, request, call, "open")
        with hub.engines.read.connect() as connection:
            named = connection.execute(select(t.calls.c.door_id).where(t.calls.c.id == call))
            entry = hub.memory.doors.get(named.scalar() or "")
        if entry is None:
            raise DomainError("not_found", "no such call")
        device = hub.memory.devices.get(entry.device)
        if device is None:
            raise DomainError("door_offline")
        if device.policy is None:
            device.policy = (await hub.policies.gather(device)).compiled.policy_at(device.want)
        opening = f"k-{call}"
        let = LetIn(wish, opening, person, entry.device, entry.number, device.policy)
        return await ask_door(
            gate, request, opening, entry, lambda: hub.writer.submit(let_in, let, Lane.URGENT)
        )


async def _answer(gate: Gate, request: Request, call: str, said: str) -> tuple[CallAnswer, str]:
    """Who answers a call here: the holder of a card that was shown a moment ago."""
    kiosk, signed = await gate.device(request, "kiosk")
    asked = KioskCallAnswered.model_validate(read_body(signed.body))
    _, person, card = holder(gate, asked.card_session, kiosk.id)
    if not 0 < len(call) <= 64:
        raise DomainError("not_found", "no such call")
    return CallAnswer(call, said, f"card:{card}", person, kiosk.id), person
