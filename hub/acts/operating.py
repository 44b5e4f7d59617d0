"""What staff do to doors from afar: open one, change a mode, lock a site down; with a reason.

Every act spends a fresh step of the member's second factor and stands in the chain.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from devices.access import DoorMode, Policy, Request, Way
from devices.messages import NO_REVISION, Assurance, Presentation
from hub.acts.events import announced
from hub.acts.homeassistant import disown
from hub.acts.openings import Opening
from hub.acts.policies import ask_for, ask_where_typed
from hub.core.early import early_refusal
from hub.core.effects import Announce, SendAccess
from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.homes import moved_out
from hub.store.writer import Done, Tx

REASON_CHARS_MAX = 200


@dataclass(frozen=True, slots=True)
class Factor:
    """A member's second factor, verified; its step is spent by the act that it allows."""

    staff: str
    step: int

    @property
    def subject(self) -> str:
        """The member as grants, journal and doors name them."""
        return f"staff:{self.staff}"


def spend(tx: Tx, factor: Factor) -> None:
    """The same one-time code never allows two things."""
    spent = tx.execute(
        update(t.staff)
        .where(
            t.staff.c.id == factor.staff,
            t.staff.c.totp_step < factor.step,
            t.staff.c.ended_at.is_(None),
        )
        .values(totp_step=factor.step)
    ).rowcount
    if spent != 1:
        raise DomainError("factor_wrong", "", "otp")


# --------------------------------------------------------------------------- opening


@dataclass(frozen=True, slots=True)
class StaffOpening:
    """A member brings themselves before a door, with a written reason."""

    opening: str
    factor: Factor
    reason: str
    door: str
    device: str
    number: int
    hub: str
    policy: Policy | None


def open_by_staff(tx: Tx, wish: StaffOpening, now: datetime) -> Done[Opening]:
    """Spend the factor, decide early, journal with the reason; the door has the last word."""
    spend(tx, wish.factor)
    person = wish.factor.subject
    revision = wish.policy.revision if wish.policy else NO_REVISION
    request = Request(
        door=wish.number,
        way=Way.REMOTE,
        person=person,
        assurance=Assurance.MUTUAL,  # password and one-time code
        revision=revision,
    )
    refused = early_refusal(wish.policy, request, now)
    tx.execute(
        insert(t.openings).values(
            id=wish.opening,
            phone_id="staff",
            person_id=person,
            door_id=wish.door,
            presented_at=tx.now_s,
            outcome=None if refused is None else "refused",
            reason=refused,
            ms={},
        )
    )
    tx.journal(
        "staff_opening",
        {
            "opening": wish.opening,
            "by": person,
            "door": wish.door,
            "reason": wish.reason,
            "refused": refused,
        },
    )
    if refused is not None:
        row = _refused_row(wish, refused, tx.now_s)
        announce = Announce("event", announced(tx.record(t.events, row), row))
        return Done(Opening(wish.opening, "refused", refused, {}, repeat=False), (announce,))
    shown = Presentation(person, Assurance.MUTUAL, revision, "staff")
    return Done(
        Opening(wish.opening, None, None, {}, repeat=False),
        (SendAccess(wish.opening, wish.device, wish.number, shown),),
    )


def _refused_row(wish: StaffOpening, reason: str, now_s: float) -> dict[str, Any]:
    return {
        "device_id": wish.hub,
        "boot": wish.opening,
        "seq": 0,
        "at": now_s,
        "recorded_at": now_s,
        "kind": "access",
        "door_id": wish.door,
        "outcome": "refused",
        "reason": reason,
        "person_id": wish.factor.subject,
        "via": "staff",
        "late": False,
        "ms": {},
        "body": "{}",
    }


# --------------------------------------------------------------------------- modes


@dataclass(frozen=True, slots=True)
class ModeChange:
    """A door shall be in another mode until somebody says otherwise."""

    factor: Factor
    reason: str
    door: str
    mode: DoorMode


def change_mode(tx: Tx, wish: ModeChange, now: datetime) -> Done[None]:
    """Keep the wanted mode; the door has it with its next policy."""
    del now
    spend(tx, wish.factor)
    row = tx.execute(select(t.doors.c.device_id, t.doors.c.mode).where(t.doors.c.id == wish.door))
    door = row.first()
    if door is None:
        raise DomainError("door_unknown", "", "door")
    tx.execute(update(t.doors).where(t.doors.c.id == wish.door).values(mode=wish.mode.value))
    # also where the mode stays the same: from now on it is staff's, not Home Assistant's
    disown(tx, [wish.door])
    tx.journal(
        "door_mode",
        {
            "door": wish.door,
            "from": door.mode,
            "to": wish.mode.value,
            "by": wish.factor.subject,
            "reason": wish.reason,
        },
    )
    return Done(None, (ask_for(tx, [door.device_id]), Announce("door", {"id": wish.door})))


# --------------------------------------------------------------------------- lockdown


@dataclass(frozen=True, slots=True)
class Lockdown:
    """Every door of the site, or of one building, is locked down; leaving stays possible."""

    factor: Factor
    reason: str
    building: str = ""


def begin_lockdown(tx: Tx, wish: Lockdown, now: datetime) -> Done[str]:
    """Lock down in one act; the value is the lockdown's id, the running one's if there is one."""
    del now
    spend(tx, wish.factor)
    devices = _devices_of(tx, wish.building)
    if not devices:
        raise DomainError("field_wrong", "no door there", "building")
    running = _running(tx, wish.building)
    if running is not None:
        return Done(running)
    name = secrets.token_hex(8)
    tx.execute(
        insert(t.lockdowns).values(
            id=name,
            building=wish.building,
            reason=wish.reason,
            begun_by=wish.factor.subject,
            begun_at=tx.now_s,
        )
    )
    body = {"id": name, "building": wish.building, "by": wish.factor.subject}
    tx.journal("lockdown", {**body, "reason": wish.reason})
    return Done(name, (ask_for(tx, devices), Announce("lockdown", _shown(tx, wish.building))))


def end_lockdown(tx: Tx, wish: Lockdown, now: datetime) -> Done[None]:
    """Release it; every door returns to the mode it had. Without one there is nothing to end."""
    del now
    spend(tx, wish.factor)
    running = _running(tx, wish.building)
    if running is None:
        raise DomainError("not_found", "no lockdown is in force there", "building")
    tx.execute(
        update(t.lockdowns)
        .where(t.lockdowns.c.id == running)
        .values(ended_by=wish.factor.subject, ended_at=tx.now_s, ended_reason=wish.reason)
    )
    body = {"id": running, "building": wish.building, "by": wish.factor.subject}
    tx.journal("lockdown_over", {**body, "reason": wish.reason})
    devices = _devices_of(tx, wish.building)
    return Done(None, (ask_for(tx, devices), Announce("lockdown", _shown(tx, wish.building))))


def _running(tx: Tx, building: str) -> str | None:
    found = tx.execute(
        select(t.lockdowns.c.id).where(
            t.lockdowns.c.building == building, t.lockdowns.c.ended_at.is_(None)
        )
    ).scalar()
    return str(found) if found is not None else None


def _devices_of(tx: Tx, building: str) -> list[str]:
    query = select(t.doors.c.device_id).distinct()
    if building:
        query = query.where(t.doors.c.building == building)
    return list(tx.execute(query).scalars())


def _shown(tx: Tx, building: str) -> dict[str, Any]:
    return {"building": building, "active": _running(tx, building) is not None}


# --------------------------------------------------------------------------- PINs


@dataclass(frozen=True, slots=True, repr=False)
class NewPin:
    """A person's PIN and perhaps a duress PIN: sealed, and marked within the household."""

    person: str
    by: str
    sealed: dict[str, str]
    marks: dict[str, str]


def set_pin(tx: Tx, wish: NewPin, now: datetime) -> Done[None]:
    """Replace a person's PINs; one that somebody of the household has is refused, not told.

    Whoever moved out is given none (moved_out); taking one out is never refused.
    """
    del now
    known = tx.execute(select(t.people.c.id).where(t.people.c.id == wish.person)).first()
    if known is None:
        raise DomainError("not_found", "no such person", "person")
    if wish.sealed and moved_out(tx, wish.person, tx.now_s):
        raise DomainError("moved_out", "their tenancy is over", "person")
    tx.execute(delete(t.pins).where(t.pins.c.person_id == wish.person))
    # after a restore an old PIN was kept out of some doors; this one is nobody's old one
    tx.execute(
        delete(t.restraints).where(
            t.restraints.c.subject.startswith(f"pin:{wish.person}:", autoescape=True)
        )
    )
    rows = [
        {
            "person_id": wish.person,
            "kind": kind,
            "sealed": sealed,
            "mark": wish.marks[kind],
            "set_at": tx.now_s,
            "set_by": wish.by,
        }
        for kind, sealed in wish.sealed.items()
    ]
    try:
        if rows:
            tx.execute(insert(t.pins), rows)
    except IntegrityError as fault:
        raise DomainError("field_wrong", "choose another PIN", "pin") from fault
    tx.journal("pin_set" if rows else "pin_removed", {"person": wish.person, "by": wish.by})
    return Done(None, (ask_where_typed(tx),))
