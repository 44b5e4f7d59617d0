"""Calls at a door: a button rings a household's phones or the duty desk; the first answer wins.

Only signalling: whoever answers "open" then opens by the ordinary way, which the door decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from devices.messages import ClockQuality, Event
from hub.acts.askers import still_good
from hub.core.effects import Announce
from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.homes import home_of, living_in
from hub.store.writer import Done, Tx

RING_S = 45.0  # somebody waits in the rain; after this they press again or go away
BUTTON_MAX = 16  # of one door's panel; the roster holds it too


def ring(tx: Tx, event: Event, door: str, id_: str) -> tuple[object, ...]:
    """A call button was pressed: who hears it. Part of hearing the event.

    A call that comes late rings nobody; pressing again while it rings, or right after a "not now",
    is the same call.
    """
    known_time = event.clock is ClockQuality.SIGNED
    if event.late or (known_time and tx.now_s - event.at_s >= RING_S):
        return ()
    pressed = event.content.get("button")
    button = pressed if isinstance(pressed, int) and pressed <= BUTTON_MAX else 0
    bell = tx.execute(
        select(t.bells).where(t.bells.c.door_id == door, t.bells.c.button == button)
    ).first()
    household = bell.household_id if bell is not None else None
    lately = tx.execute(
        select(t.calls.c.answer)
        .where(
            t.calls.c.door_id == door,
            t.calls.c.household_id.is_not_distinct_from(household),
            t.calls.c.rang_at > tx.now_s - RING_S,
        )
        .order_by(t.calls.c.rang_at.desc())
        .limit(1)
    ).first()
    if lately is not None and lately.answer != "open":
        return ()
    row = {
        "id": id_,
        "door_id": door,
        "household_id": household,
        "desk": household is None or not _has_phones(tx, household),
        "kiosk_id": bell.kiosk_id if bell is not None else None,
        "rang_at": tx.now_s,
        "answer": None,
    }
    tx.execute(insert(t.calls).values(**row))
    return (Announce("call", row | {"house": _house(tx, household)}),)


def _house(tx: Tx, household: str | None) -> str | None:
    return tx.execute(select(t.households.c.house).where(t.households.c.id == household)).scalar()


def _has_phones(tx: Tx, household: str) -> bool:
    phone = (
        select(t.phones.c.id)
        .where(
            t.phones.c.person_id.in_(living_in(tx, household, tx.now_s)),
            t.phones.c.revoked_at.is_(None),
            t.phones.c.suspended_at.is_(None),
        )
        .limit(1)
    )
    return tx.execute(phone).first() is not None


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """Somebody takes a call: a person of the household that it rings, or the desk (None).

    ``kiosk``: the kiosk before which that person stands; it must be the one that rings.
    """

    call: str
    answer: str
    by: str
    person: str | None
    kiosk: str | None = None


def answer_call(tx: Tx, wish: CallAnswer, now: datetime) -> Done[str]:
    """The first answer wins; the value is the door's id. Later ones refuse with call_over."""
    del now
    row = tx.execute(select(t.calls).where(t.calls.c.id == wish.call)).first()
    if row is None or not _rings_for(tx, row, wish.person):
        raise DomainError("not_found", "no such call")
    if wish.kiosk is not None and row.kiosk_id != wish.kiosk:
        raise DomainError("not_found", "no such call")
    if row.answer is not None and (row.answer, row.answered_by) == (wish.answer, wish.by):
        return Done(str(row.door_id))  # the answer to this answer was lost
    if row.answer is not None or tx.now_s >= row.rang_at + RING_S:
        raise DomainError("call_over")
    still_good(tx, wish.by)
    tx.execute(
        update(t.calls)
        .where(t.calls.c.id == wish.call)
        .values(answer=wish.answer, answered_by=wish.by, answered_at=tx.now_s)
    )
    tx.journal(
        "call_answered",
        {"call": row.id, "door": row.door_id, "answer": wish.answer, "by": wish.by},
    )
    told = {**row._asdict(), "answer": wish.answer, "house": _house(tx, row.household_id)}
    return Done(str(row.door_id), (Announce("call", told),))


def _rings_for(tx: Tx, row: Row[Any], person: str | None) -> bool:
    if person is None:
        return bool(row.desk)
    household = home_of(tx, person, tx.now_s)
    return household is not None and household == row.household_id
