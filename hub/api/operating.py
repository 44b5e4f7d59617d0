"""Staff at the doors: open one, change a mode, lock down and release; PINs. Each with a reason."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from pydantic.functional_validators import AfterValidator
from sqlalchemy import select

from devices.access import DoorMode
from devices.pins import is_pin
from hub.acts.operating import (
    REASON_CHARS_MAX,
    Factor,
    Lockdown,
    ModeChange,
    NewPin,
    StaffOpening,
    begin_lockdown,
    change_mode,
    end_lockdown,
    open_by_staff,
    set_pin,
)
from hub.api.documents import ANY, BODY, CHANGE, told
from hub.api.gate import Gate, Member
from hub.api.phone import ask_door, read_body
from hub.api.problems import reply
from hub.api.shapes import LockdownsShown, OpeningProblem, OpeningTold
from hub.core.errors import DomainError
from hub.core.otp import matching_step
from hub.core.words import PLAIN
from hub.live import instant
from hub.store import tables as t
from hub.store.homes import home_of
from hub.store.memory import DoorEntry
from hub.store.writer import Lane


def _written(text: str) -> str:
    """Spaces are no reason."""
    if not text.strip():
        raise ValueError("a written reason")
    return text.strip()


Reason = Annotated[
    str,
    Field(min_length=1, max_length=REASON_CHARS_MAX, pattern=PLAIN),
    AfterValidator(_written),
]
Otp = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
Pin = Annotated[str, Field(pattern=r"^[0-9]{6,8}$")]


class OpenAsked(BaseModel):
    """Open a door from afar."""

    reason: Reason
    otp: Otp


class ModeAsked(BaseModel):
    """A door's wanted mode, in ONVIF's words."""

    mode: DoorMode
    reason: Reason
    otp: Otp


class LockdownAsked(BaseModel):
    """Lock down the site, or one building; or release it."""

    reason: Reason
    otp: Otp
    building: str = Field(default="", max_length=32, pattern=PLAIN)


class LockdownBegun(BaseModel):
    """A lockdown in force."""

    id: str


class PinAsked(BaseModel):
    """A PIN of six to eight digits, and perhaps one to type under duress."""

    pin: Pin = Field(repr=False)
    duress: Pin | None = Field(default=None, repr=False)


def routes(gate: Gate) -> APIRouter:
    """The router of what staff do to doors."""
    router = APIRouter(prefix="/api/v1", tags=["staff"])
    _doors(router, gate)
    _lockdowns(router, gate)
    _pins(router, gate)
    return router


async def fresh_factor(gate: Gate, member: Member, otp: str) -> Factor:
    """The member's second factor, fresh: a session alone opens no door."""
    gate.guard(gate.factors, member.id)
    with gate.hub.engines.read.connect() as connection:
        row = connection.execute(select(t.staff).where(t.staff.c.id == member.id)).one()
    secret = gate.hub.keys.open_envelope(row.totp_sealed, f"totp:{row.name}")
    step = matching_step(secret, otp, gate.now_s(), row.totp_step)
    if step is None:
        raise DomainError("factor_wrong", "", "otp")
    gate.factors.forgive(member.id)
    return Factor(member.id, step)


def _door_of(gate: Gate, door: str) -> DoorEntry:
    entry = gate.hub.memory.doors.get(door)
    if entry is None:
        raise DomainError("door_unknown", "", "door")
    return entry


def _doors(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub
    refuses = ("door_unknown", "door_offline", "outcome_unknown", "factor_wrong", "too_many")
    opens = told(
        "openDoorByStaff", OpeningTold, *refuses, *BODY, *CHANGE, ANY,
        by="staff", problem=OpeningProblem,
    )  # fmt: skip

    @router.post("/doors/{door}/open", **opens)
    async def door_open(door: str, asked: OpenAsked, request: Request) -> Response:
        member = gate.member(request, "operate", "door")
        entry = _door_of(gate, door)
        device = hub.memory.devices.get(entry.device)
        if device is None:
            raise DomainError("door_offline")
        factor = await fresh_factor(gate, member, asked.otp)
        if device.policy is None:
            device.policy = (await hub.policies.gather(device)).compiled.policy_at(device.want)
        opening = "s-" + secrets.token_hex(15)
        wish = StaffOpening(
            opening, factor, asked.reason, entry.id, entry.device, entry.number,
            hub.settings.hub, device.policy,
        )  # fmt: skip
        return await ask_door(
            gate,
            request,
            opening,
            entry,
            lambda: hub.writer.submit(open_by_staff, wish, Lane.URGENT),
        )

    modes = told(
        "changeDoorMode", None, "door_unknown", "factor_wrong", "too_many", *BODY, *CHANGE,
        by="staff",
    )  # fmt: skip

    @router.put("/doors/{door}/mode", status_code=204, **modes)
    async def door_mode(door: str, asked: ModeAsked, request: Request) -> None:
        member = gate.member(request, "operate", "door")
        entry = _door_of(gate, door)
        factor = await fresh_factor(gate, member, asked.otp)
        change = ModeChange(factor, asked.reason, entry.id, asked.mode)
        await hub.writer.submit(change_mode, change, Lane.URGENT)


def _lockdowns(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub
    begins = told("beginLockdown", None, "factor_wrong", "too_many", *BODY, *CHANGE, by="staff")

    @router.post("/lockdown", **begins)
    async def lockdown(asked: LockdownAsked, request: Request) -> LockdownBegun:
        member = gate.member(request, "operate", "lockdown")
        factor = await fresh_factor(gate, member, asked.otp)
        wish = Lockdown(factor, asked.reason, asked.building)
        return LockdownBegun(id=await hub.writer.submit(begin_lockdown, wish, Lane.URGENT))

    ends = told(
        "endLockdown", None, "factor_wrong", "not_found", "too_many", *BODY, *CHANGE, by="staff"
    )

    @router.post("/lockdown/release", status_code=204, **ends)
    async def release(asked: LockdownAsked, request: Request) -> None:
        member = gate.member(request, "operate", "lockdown")
        factor = await fresh_factor(gate, member, asked.otp)
        wish = Lockdown(factor, asked.reason, asked.building)
        await hub.writer.submit(end_lockdown, wish, Lane.URGENT)

    @router.get("/lockdown", **told("readLockdowns", LockdownsShown, by="staff"))
    def lockdowns(request: Request) -> Response:
        gate.member(request, "read", "console")
        query = select(t.lockdowns).where(t.lockdowns.c.ended_at.is_(None))
        with hub.engines.read.connect() as connection:
            rows = connection.execute(query.order_by(t.lockdowns.c.begun_at)).all()
        shown = [
            {
                "id": row.id,
                "building": row.building,
                "reason": row.reason,
                "begun_by": row.begun_by,
                "begun_at": instant(row.begun_at),
            }
            for row in rows
        ]
        return reply({"lockdowns": shown}, request)


def _pins(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub
    sets = told(
        "setPin", None, "not_found", "moved_out", "too_many", *BODY, *CHANGE, by="staff"
    )  # fmt: skip

    @router.put("/people/{person}/pin", status_code=204, **sets)
    async def pin_set(person: str, asked: PinAsked, request: Request) -> None:
        member = gate.member(request, "set", "pin")
        wish = new_pin(gate, person, asked, f"staff:{member.id}")
        await hub.writer.submit(set_pin, wish, Lane.URGENT)

    ends = told("removePin", None, "not_found", "field_wrong", *CHANGE, by="staff")

    @router.delete("/people/{person}/pin", status_code=204, **ends)
    async def pin_removed(person: str, request: Request) -> None:
        member = gate.member(request, "set", "pin")
        await hub.writer.submit(set_pin, NewPin(person, f"staff:{member.id}", {}, {}), Lane.URGENT)

    own = told(
        "setOwnPin", None, "moved_out", "too_many", *CHANGE,
        by="phone", takes=PinAsked, status=204,
    )  # fmt: skip

    @router.put("/me/pin", status_code=204, **own)
    async def pin_own(request: Request) -> Response:
        phone, signed = await gate.phone(request, "set", "own_pin")
        gate.spent.take(signed.proof.nonce, signed.nonce_expires_s, gate.now_s())
        asked = PinAsked.model_validate(read_body(signed.body))
        wish = new_pin(gate, phone.person, asked, f"phone:{phone.id}")
        await hub.writer.submit(set_pin, wish, Lane.URGENT)
        return Response(status_code=204)


def new_pin(gate: Gate, person: str, asked: PinAsked, by: str) -> NewPin:
    """Seal and mark a person's PINs; the database never sees them."""
    given = {"pin": asked.pin} | ({"duress": asked.duress} if asked.duress else {})
    for kind, digits in given.items():
        if not is_pin(digits):
            raise DomainError("field_wrong", "six to eight digits, nothing easy and no date", kind)
    keys = gate.hub.keys
    with gate.hub.engines.read.connect() as connection:
        household = home_of(connection, person, gate.now_s())
        if household is None:  # of a home that is still to come, or of none
            household = connection.execute(
                select(t.people.c.household_id).where(t.people.c.id == person)
            ).scalar()
    home = household or f"alone:{person}"
    gate.guard(gate.pins, home)
    return NewPin(
        person,
        by,
        {kind: keys.close_envelope(pin.encode(), f"pin:{person}:{kind}")
         for kind, pin in given.items()},
        {kind: keys.mark("pin", f"{home}|{pin}") for kind, pin in given.items()},
    )  # fmt: skip
