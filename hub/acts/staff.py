"""Staff: the first administrator claims a one-time code; everybody signs in with two factors."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from hub.acts.policies import ask_for
from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.writer import Done, Tx

CLAIM_LIFE_S = 7 * 86_400.0  # the first sign-in may wait for the installer's return
CLAIM_TRIES = 5
SESSION_S = 12 * 3_600.0  # one shift
NAME_CHARS_MAX = 40


@dataclass(frozen=True, slots=True)
class NewClaim:
    """A one-time code for a staff member yet to come; ``mark`` is its keyed hash."""

    mark: str
    role: str


def offer_claim(tx: Tx, wish: NewClaim, now: datetime) -> Done[float]:
    """Keep a staff code; the value is its expiry."""
    del now
    expires = tx.now_s + CLAIM_LIFE_S
    tx.execute(
        insert(t.codes).values(
            id=secrets.token_hex(8),
            purpose="staff",
            subject=wish.role,
            mark=wish.mark,
            expires_at=expires,
            tries_left=CLAIM_TRIES,
        )
    )
    tx.journal("claim_offered", {"role": wish.role})
    return Done(expires)


@dataclass(frozen=True, slots=True)
class Claim:
    """A new staff member with a code, a hashed password and a sealed second factor."""

    mark: str
    name: str
    password_hash: str
    totp_sealed: str
    scope: str


def claim(tx: Tx, wish: Claim, now: datetime) -> Done[str]:
    """Make the staff member and use the code up; the value is the new id."""
    del now
    code = tx.execute(
        select(t.codes).where(t.codes.c.mark == wish.mark, t.codes.c.purpose == "staff")
    ).first()
    usable = code is not None and code.used_at is None and code.tries_left > 0
    if code is None or not usable or tx.now_s >= code.expires_at:
        raise DomainError("code_wrong")
    taken = tx.execute(select(t.staff.c.id).where(t.staff.c.name == wish.name)).first()
    if taken is not None:
        raise DomainError("field_wrong", "this name is taken", "name")
    member = secrets.token_hex(8)
    tx.execute(
        insert(t.staff).values(
            id=member,
            name=wish.name,
            password_hash=wish.password_hash,
            totp_sealed=wish.totp_sealed,
            totp_step=0,
            created_at=tx.now_s,
        )
    )
    tx.execute(
        insert(t.grants).values(
            id=secrets.token_hex(8), subject=f"staff:{member}", role=code.subject, scope=wish.scope
        )
    )
    tx.execute(update(t.codes).where(t.codes.c.id == code.id).values(used_at=tx.now_s))
    tx.journal("staff_claimed", {"staff": member, "role": code.subject})
    afar = select(t.doors.c.device_id).where(t.doors.c.staff_open).distinct()
    devices = tx.execute(afar).scalars().all()
    return Done(member, (ask_for(tx, devices),))  # doors admit staff who open from afar by id


@dataclass(frozen=True, slots=True)
class SignIn:
    """Password and second factor were right; the step of the code is spent here."""

    staff: str
    step: int
    mark: str


def sign_in(tx: Tx, wish: SignIn, now: datetime) -> Done[float]:
    """Open a session; the same one-time code never opens two. The value is the expiry."""
    del now
    spent = tx.execute(
        update(t.staff)
        .where(
            t.staff.c.id == wish.staff,
            t.staff.c.totp_step < wish.step,
            t.staff.c.ended_at.is_(None),
        )
        .values(totp_step=wish.step)
    ).rowcount
    if spent != 1:
        raise DomainError("sign_in_refused")
    tx.execute(delete(t.sessions).where(t.sessions.c.expires_at < tx.now_s))
    expires = tx.now_s + SESSION_S
    tx.execute(insert(t.sessions).values(mark=wish.mark, staff_id=wish.staff, expires_at=expires))
    tx.journal("staff_signed_in", {"staff": wish.staff})
    return Done(expires)


@dataclass(frozen=True, slots=True)
class SignOut:
    """A session ends."""

    mark: str


def sign_out(tx: Tx, wish: SignOut, now: datetime) -> Done[None]:
    """End a session; ending it twice is no error."""
    del now
    tx.execute(delete(t.sessions).where(t.sessions.c.mark == wish.mark))
    return Done(None)


@dataclass(frozen=True, slots=True)
class EndMember:
    """A member leaves; ``by`` is who says so."""

    name: str
    by: str


def end_member(tx: Tx, wish: EndMember, now: datetime) -> Done[None]:
    """End a member and every session at once; doors learn it with their policies."""
    del now
    row = tx.execute(select(t.staff).where(t.staff.c.name == wish.name)).first()
    if row is None:
        raise DomainError("not_found", "no such member of staff", "name")
    tx.execute(delete(t.sessions).where(t.sessions.c.staff_id == row.id))
    if row.ended_at is None:
        tx.execute(update(t.staff).where(t.staff.c.id == row.id).values(ended_at=tx.now_s))
        tx.journal("staff_ended", {"staff": row.id, "by": wish.by})
    devices = tx.execute(select(t.doors.c.device_id).distinct()).scalars().all()
    return Done(None, (ask_for(tx, devices),))
