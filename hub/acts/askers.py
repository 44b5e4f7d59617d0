"""Whoever asks may have been ended while the wish waited its turn: looked at again in its act.

A card that is blocked and a phone that is revoked overtake what they asked for before, so what the
gate saw is not enough; nothing that lasts may come of a wish that arrives behind its own end.
"""

from __future__ import annotations

from sqlalchemy import select

from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.writer import Tx


def still_good(tx: Tx, by: str) -> None:
    """Refuse a card (lookup_expired) or phone (phone_revoked, phone_paused) ended meanwhile.

    ``by`` is ``card:ID`` or ``phone:ID``; anybody else is the gate's to judge.
    """
    kind, _, name = by.partition(":")
    if kind == "card":
        card = select(t.cards.c.id).where(t.cards.c.id == name, t.cards.c.blocked_at.is_(None))
        if tx.execute(card).first() is None:
            raise DomainError("lookup_expired", "this card was blocked")
    if kind == "phone":
        phone = select(t.phones.c.id, t.phones.c.suspended_at)
        good = phone.where(t.phones.c.id == name, t.phones.c.revoked_at.is_(None))
        found = tx.execute(good).first()
        if found is None:
            raise DomainError("phone_revoked")
        if found.suspended_at is not None:
            raise DomainError("phone_paused")
