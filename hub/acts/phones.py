"""Phones: introduced by a one-time code, known by a key that cannot leave them, revocable."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from hub.acts.askers import still_good
from hub.acts.cards import note_revocation
from hub.acts.letters import PURPOSE as LETTER
from hub.acts.letters import check_letter
from hub.acts.visits import end_passes_by
from hub.core.effects import Announce, Forget
from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.homes import home_of
from hub.store.writer import Done, Tx

CODE_LIFE_S = 600.0  # ten minutes (keys.md)
CODE_TRIES = 5
PURPOSES = ("phone", LETTER)  # six digits from the desk, twelve characters on paper
PHONES_MAX = 8  # per person; more is a sign of a shared or stolen code
LABEL_CHARS_MAX = 40


@dataclass(frozen=True, slots=True)
class NewCode:
    """Somebody with the right to do so asks for a code; ``mark`` is the code's keyed hash.

    ``card``: the card that was shown for it at a kiosk.
    """

    person: str
    mark: str
    by: str
    card: str | None = None


def issue_code(tx: Tx, wish: NewCode, now: datetime) -> Done[float | None]:
    """Keep a fresh code for a person and end the older ones; the value is its expiry.

    None when these digits are known already: two people must never hold one code.
    """
    del now
    if wish.card is not None:
        still_good(tx, f"card:{wish.card}")
    known = tx.execute(
        select(t.codes.c.id).where(t.codes.c.mark == wish.mark, t.codes.c.purpose == "phone")
    ).first()
    if known is not None:
        return Done(None)
    person = tx.execute(select(t.people.c.id).where(t.people.c.id == wish.person)).first()
    if person is None:
        raise DomainError("not_found", "no such person", "person")
    tx.execute(
        update(t.codes)
        .where(t.codes.c.subject == wish.person, t.codes.c.purpose == "phone")
        .values(tries_left=0)
    )
    expires = tx.now_s + CODE_LIFE_S
    tx.execute(
        insert(t.codes).values(
            id=secrets.token_hex(8),
            purpose="phone",
            subject=wish.person,
            mark=wish.mark,
            expires_at=expires,
            tries_left=CODE_TRIES,
            card_id=wish.card,
        )
    )
    tx.journal("code_issued", {"person": wish.person, "by": wish.by})
    return Done(expires)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A phone shows its key (already proven) and a code."""

    mark: str
    kid: str
    jwk: Mapping[str, Any]
    label: str


@dataclass(frozen=True, slots=True)
class EnrolledPhone:
    """A phone as it was taken in."""

    id: str
    person: str
    label: str
    enrolled_at: float


def enrol(tx: Tx, wish: Enrolment, now: datetime) -> Done[EnrolledPhone]:
    """Take a phone in; the code is used up. The same key with its own code is not doubled."""
    del now
    code = tx.execute(
        select(t.codes).where(t.codes.c.mark == wish.mark, t.codes.c.purpose.in_(PURPOSES))
    ).first()
    known = tx.execute(select(t.phones).where(t.phones.c.kid == wish.kid)).first()
    if code is None or not hmac.compare_digest(code.mark, wish.mark):
        raise DomainError("code_wrong")
    if known is not None and code.used_at is not None and known.revoked_at is None:
        if known.person_id == code.subject:  # the answer was lost; the same phone asks again
            return Done(EnrolledPhone(known.id, known.person_id, known.label, known.enrolled_at))
        raise DomainError("code_wrong")
    if code.used_at is not None or code.tries_left <= 0 or tx.now_s >= code.expires_at:
        raise DomainError("code_wrong")
    if known is not None:
        raise DomainError("code_wrong", "this key was enrolled before; make a new one")
    if code.purpose == LETTER:
        check_letter(tx, code.id, code.subject)
    held = tx.execute(
        select(t.phones.c.id)
        .where(t.phones.c.person_id == code.subject, t.phones.c.revoked_at.is_(None))
        .order_by(t.phones.c.enrolled_at)
    ).all()
    if len(held) >= PHONES_MAX:
        raise DomainError("too_many", "this person has too many phones; revoke one")
    phone = EnrolledPhone(secrets.token_hex(8), code.subject, wish.label, tx.now_s)
    tx.execute(
        insert(t.phones).values(
            id=phone.id,
            person_id=phone.person,
            kid=wish.kid,
            jwk=dict(wish.jwk),
            label=wish.label,
            enrolled_at=tx.now_s,
            card_id=code.card_id,
        )
    )
    tx.execute(update(t.codes).where(t.codes.c.id == code.id).values(used_at=tx.now_s))
    tx.journal("phone_enrolled", {"phone": phone.id, "person": phone.person})
    arrived = {"id": phone.id, "person": phone.person, "label": phone.label}
    return Done(phone, (Forget("phone", wish.kid), Announce("phone", arrived)))


@dataclass(frozen=True, slots=True)
class Revocation:
    """A phone shall open nothing any more; ``by`` is staff, or the phone itself."""

    phone: str
    by: str


def revoke(tx: Tx, wish: Revocation, now: datetime) -> Done[None]:
    """Revoke a phone at once; doing it twice is no error."""
    del now
    row = tx.execute(select(t.phones).where(t.phones.c.id == wish.phone)).first()
    if row is None:
        raise DomainError("not_found", "no such phone", "phone")
    ended: tuple[object, ...] = ()
    if row.revoked_at is None:
        ended = end_passes_by(tx, f"phone:{wish.phone}", wish.by)
        tx.execute(update(t.phones).where(t.phones.c.id == wish.phone).values(revoked_at=tx.now_s))
        note_revocation(tx, "phone", wish.phone, row.person_id, wish.by, at_once=True)
        tx.journal("phone_revoked", {"phone": wish.phone, "by": wish.by})
    return Done(None, (Forget("phone", row.kid), *ended))


def revoke_newer(tx: Tx, wish: tuple[str, Revocation], now: datetime) -> Done[None]:
    """Revoke a phone of the own household that came later; an intruder cannot end the others."""
    own_id, revocation = wish
    still_good(tx, f"phone:{own_id}")
    both = (
        select(t.phones.c.id, t.phones.c.enrolled_at, t.phones.c.person_id)
        .where(t.phones.c.id.in_((own_id, revocation.phone)))
    )  # fmt: skip
    found = {row.id: row for row in tx.execute(both)}
    own, other = found.get(own_id), found.get(revocation.phone)
    if own is None or other is None or own.enrolled_at >= other.enrolled_at:
        raise DomainError("not_found", "no newer phone of your household", "phone")
    homes = [home_of(tx, one.person_id, tx.now_s) for one in (own, other)]
    at_home = homes[0] is not None and homes[0] == homes[1]
    if not at_home and own.person_id != other.person_id:
        raise DomainError("not_found", "no newer phone of your household", "phone")
    return revoke(tx, revocation, now)
