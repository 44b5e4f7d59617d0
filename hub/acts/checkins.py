"""Taps at activity points: SUN messages, unique by (card, counter), into the elder's archive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update

from devices.messages import Event
from hub.core.effects import SendIndicate
from hub.store import tables as t
from hub.store.writer import Done, Tx

AGAIN_S = 3_600.0  # a second tap at the same place within the hour is the same visit


@dataclass(frozen=True, slots=True)
class Sun:
    """What the hub read from a card's message: the card, its counter, or why it is refused."""

    uid: str | None
    counter: int
    refused: str | None
    place: str


def check_in(tx: Tx, sun: Sun, device: str, event: Event, event_n: int, now: datetime) -> Done[str]:
    """Archive a tap; a copied message changes nothing, an out-of-order one waits for review."""
    del now
    about = f"{event.boot}.{event.seq}"

    def say(reason: str) -> Done[str]:
        return Done(reason, (SendIndicate(device, about, reason),))

    if sun.refused is not None:
        return say(sun.refused)
    card = tx.execute(select(t.cards).where(t.cards.c.uid == sun.uid)).first()
    if card is None:
        return say("credential_unknown")
    if card.blocked_at is not None:
        return say("credential_blocked")
    used = tx.execute(
        select(t.sun_taps.c.at).where(
            t.sun_taps.c.card_id == card.id, t.sun_taps.c.counter == sun.counter
        )
    ).first()
    if used is not None:
        return say("sun_repeat")
    tx.execute(
        insert(t.sun_taps).values(
            card_id=card.id, counter=sun.counter, at=event.at_s, device_id=device
        )
    )
    highest = card.sun_counter
    review = sun.counter < highest and not _in_time_order(tx, card.id, sun.counter, event.at_s)
    if sun.counter > highest:
        tx.execute(update(t.cards).where(t.cards.c.id == card.id).values(sun_counter=sun.counter))
    elif not event.late:
        review = True  # a live tap can never be older than one we know
    last = tx.execute(
        select(func.max(t.archive.c.at)).where(
            t.archive.c.person_id == card.person_id, t.archive.c.place == sun.place
        )
    ).scalar()
    again = last is not None and abs(event.at_s - last) < AGAIN_S
    if not again or review:
        tx.record(
            t.archive,
            {
                "person_id": card.person_id,
                "kind": "activity",
                "at": event.at_s,
                "place": sun.place,
                "device_id": device,
                "event_n": event_n,
                "review": review,
            },
        )
    if review:
        return say("sun_review")
    return say("checked_in_again" if again else "checked_in")


def _in_time_order(tx: Tx, card: str, counter: int, at_s: float) -> bool:
    """A late honest tap lies between its neighbours in time as it does in number."""
    before = tx.execute(
        select(func.max(t.sun_taps.c.at)).where(
            t.sun_taps.c.card_id == card, t.sun_taps.c.counter < counter
        )
    ).scalar()
    after = tx.execute(
        select(func.min(t.sun_taps.c.at)).where(
            t.sun_taps.c.card_id == card, t.sun_taps.c.counter > counter
        )
    ).scalar()
    return (before is None or before <= at_s) and (after is None or at_s <= after)
