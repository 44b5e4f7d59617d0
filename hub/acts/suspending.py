"""Phones that a lost card brought in: paused when it is reported, until the household knows them.

A card shown at a kiosk draws a code for a phone. Whoever found the card then has a phone in the
holder's name, which outlives the card. So a report pauses what came in by it since the card was
last surely in good hands, with all that such a phone began; one older phone at home, or the desk,
lets it go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from hub.acts.policies import ask_where_typed
from hub.acts.visits import end_passes_by
from hub.core.effects import Announce, Forget
from hub.core.errors import DomainError
from hub.core.last_had import MONTH_S
from hub.store import tables as t
from hub.store.homes import home_of
from hub.store.writer import Done, Tx

LAST_HAD_S = 86_400.0  # where nobody says when the card was last had


def pause_phones(tx: Tx, card: str, by: str, had_s: float | None) -> tuple[object, ...]:
    """Pause the phones that came in by a card since ``had_s``; part of the act that blocks it.

    The phone that reports (``by``) goes on: it is in the hands of whoever reports. Passes that a
    paused phone made are ended, PINs that it set are taken out.
    """
    since_s = tx.now_s - LAST_HAD_S if had_s is None else had_s
    since_s = max(since_s, tx.now_s - MONTH_S)
    p = t.phones.c
    rows = tx.execute(
        select(t.phones).where(
            p.card_id == card,
            p.enrolled_at >= since_s,
            p.revoked_at.is_(None),
            p.suspended_at.is_(None),
        )
    ).all()
    effects: list[object] = []
    for row in rows:
        if by == f"phone:{row.id}":
            continue
        tx.execute(update(t.phones).where(p.id == row.id).values(suspended_at=tx.now_s))
        tx.journal("phone_paused", {"phone": row.id, "card": card, "by": by})
        told = {"id": row.id, "person": row.person_id, "label": row.label, "paused": True}
        effects += [Forget("phone", row.kid), Announce("phone", told)]
        effects += end_passes_by(tx, f"phone:{row.id}", by)
        effects += _without_pins(tx, row, by)
    return tuple(effects)


def _without_pins(tx: Tx, phone: Any, by: str) -> tuple[object, ...]:
    """Whoever set a PIN with this phone knows it."""
    own = (t.pins.c.person_id == phone.person_id, t.pins.c.set_by == f"phone:{phone.id}")
    if not tx.execute(delete(t.pins).where(*own)).rowcount:
        return ()
    tx.journal("pin_removed", {"person": phone.person_id, "by": by})
    return (ask_where_typed(tx),)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Somebody knows a paused phone; ``own`` is the phone that says so, None at the desk."""

    phone: str
    by: str
    own: str | None = None


def confirm(tx: Tx, wish: Confirmed, now: datetime) -> Done[None]:
    """Let a paused phone go on; one that is not paused is no error.

    A phone may confirm only one of its own household that came after it: a thief's second phone
    does not speak for the first.
    """
    del now
    other = _phone(tx, wish.phone)
    own = _phone(tx, wish.own) if wish.own is not None else None
    if other is None or other.revoked_at is not None:
        raise DomainError("not_found", "no such phone", "phone")
    if wish.own is not None and not _speaks_for(tx, own, other):
        raise DomainError("not_found", "no newer phone of your household", "phone")
    if other.suspended_at is None:
        return Done(None)
    tx.execute(update(t.phones).where(t.phones.c.id == wish.phone).values(suspended_at=None))
    tx.journal("phone_confirmed", {"phone": wish.phone, "by": wish.by})
    told = {"id": other.id, "person": other.person_id, "label": other.label, "paused": False}
    return Done(None, (Forget("phone", other.kid), Announce("phone", told)))


def _phone(tx: Tx, name: str) -> Any:
    return tx.execute(select(t.phones).where(t.phones.c.id == name)).first()


def _speaks_for(tx: Tx, own: Any, other: Any) -> bool:
    if own is None or own.revoked_at is not None or own.suspended_at is not None:
        return False
    homes = [home_of(tx, one.person_id, tx.now_s) for one in (own, other)]
    at_home = homes[0] is not None and homes[0] == homes[1]
    return bool(
        own.enrolled_at < other.enrolled_at and (at_home or own.person_id == other.person_id)
    )
