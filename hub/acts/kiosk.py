"""The kiosk: who showed a card there, and the public notices on its untouched screen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from hub.store import tables as t
from hub.store.homes import home_of
from hub.store.writer import Done, Tx

NOTICES_KEY = "kiosk_notices"


@dataclass(frozen=True, slots=True)
class CardShown:
    """A card proved its key at a kiosk."""

    uid: str
    kiosk: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose card it is, and whose bills may be seen."""

    person: str
    name: str
    elder: bool
    household: str
    house: str
    card: str


def recognise(tx: Tx, shown: CardShown, now: datetime) -> Done[Holder | str]:
    """The holder of a proven card, or the reason why it must not be used; both are recorded.

    Whoever hears the reason holds the card itself, so it gives nothing away.
    """
    del now
    row = tx.execute(
        select(
            t.cards.c.id.label("card"),
            t.cards.c.blocked_at,
            t.people.c.id.label("person"),
            t.people.c.name,
            t.people.c.elder,
        )
        .join(t.people, t.people.c.id == t.cards.c.person_id)
        .where(t.cards.c.uid == shown.uid)
    ).first()
    if row is None:
        return Done("card_session_refused")
    seen = {"card": row.card, "person": row.person, "kiosk": shown.kiosk}
    household = home_of(tx, row.person, tx.now_s)
    if row.blocked_at is not None:
        tx.journal("kiosk_card_refused", seen)
        return Done("card_stopped")
    if household is None:
        tx.journal("kiosk_card_refused", seen)
        return Done("card_homeless")
    tx.journal("kiosk_card", seen)
    home = select(t.households.c.house).where(t.households.c.id == household)
    house = str(tx.execute(home).scalar_one())
    return Done(Holder(row.person, row.name, row.elder, household, house, row.card))


@dataclass(frozen=True, slots=True)
class Posting:
    """The public notices, whole and in order."""

    notices: Sequence[Mapping[str, Any]]


def post_notices(tx: Tx, posting: Posting, now: datetime) -> Done[None]:
    """Replace the public notices."""
    del now
    text = json.dumps(list(posting.notices), ensure_ascii=False)
    tx.execute(delete(t.settings).where(t.settings.c.key == NOTICES_KEY))
    tx.execute(insert(t.settings).values(key=NOTICES_KEY, value=text))
    tx.journal("notices_posted", {"notices": [notice["id"] for notice in posting.notices]})
    return Done(None)
