"""What a phone sees of its household's other phones, and ends when nobody at home knows it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from hub.acts.phones import Revocation, revoke_newer
from hub.acts.suspending import Confirmed, confirm
from hub.api.documents import CHANGE, told
from hub.api.gate import Gate
from hub.api.household_shapes import HouseholdPhones
from hub.api.problems import next_nonce, reply
from hub.live import instant
from hub.store import tables as t
from hub.store.homes import home_of, living_in
from hub.store.memory import PhoneEntry
from hub.store.writer import Lane

NEWS_S = 30 * 86_400.0  # a month: as long as a letter's code lives
PHONES_SHOWN = 20


def routes(gate: Gate) -> APIRouter:
    """The router of the household's phones."""
    router = APIRouter(prefix="/api/v1", tags=["phone"])

    @router.get("/me/household/phones", **told("readHouseholdPhones", HouseholdPhones, by="phone"))
    async def phones(request: Request) -> Response:
        phone, _ = await gate.phone(request, "read", "household")
        return reply({"phones": _newer(gate, phone)}, request)

    ends = told("endHouseholdPhone", None, "not_found", "field_wrong", *CHANGE, by="phone")

    @router.post("/me/household/phones/{phone}/end", status_code=204, **ends)
    async def end(phone: str, request: Request) -> Response:
        own, _ = await gate.phone(request, "end", "household_phone")
        wish = Revocation(phone, f"phone:{own.id}")
        await gate.hub.writer.submit(revoke_newer, (own.id, wish), Lane.URGENT)
        return Response(status_code=204, headers=next_nonce(request))

    confirms = told("confirmHouseholdPhone", None, "not_found", "field_wrong", *CHANGE, by="phone")

    @router.post("/me/household/phones/{phone}/confirm", status_code=204, **confirms)
    async def confirmed(phone: str, request: Request) -> Response:
        """A phone that was paused with a lost card is known at home."""
        own, _ = await gate.phone(request, "confirm", "household_phone")
        wish = Confirmed(phone, f"phone:{own.id}", own.id)
        await gate.hub.writer.submit(confirm, wish, Lane.URGENT)
        return Response(status_code=204, headers=next_nonce(request))

    return router


def _newer(gate: Gate, phone: PhoneEntry) -> list[dict[str, Any]]:
    """Phones that came to the household after this one, of the last month, newest first."""
    now_s = gate.now_s()
    with gate.hub.engines.read.connect() as connection:
        home = home_of(connection, phone.person, now_s)
        there = living_in(connection, home, now_s) if home else set()
        rows = connection.execute(
            select(
                t.phones.c.id,
                t.phones.c.label,
                t.phones.c.enrolled_at,
                t.phones.c.suspended_at,
                t.people.c.name,
            )
            .join(t.people, t.people.c.id == t.phones.c.person_id)
            .where(
                t.people.c.id.in_(there | {phone.person}),
                t.phones.c.id != phone.id,
                t.phones.c.revoked_at.is_(None),
                t.phones.c.enrolled_at > phone.enrolled_at,
                t.phones.c.enrolled_at > now_s - NEWS_S,
            )
            .order_by(t.phones.c.enrolled_at.desc())
            .limit(PHONES_SHOWN)
        ).all()
    return [
        {
            "id": row.id,
            "label": row.label,
            "enrolled_at": instant(row.enrolled_at),
            "person": {"name": row.name},
            "paused_at": instant(row.suspended_at) if row.suspended_at is not None else None,
        }
        for row in rows
    ]
