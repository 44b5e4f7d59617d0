"""Whose card was shown at a kiosk a moment ago, as long as it is not blocked."""

from __future__ import annotations

from sqlalchemy import select

from hub.api.gate import Gate
from hub.api.kiosk_sessions import Lookup
from hub.core.errors import DomainError
from hub.store import tables as t


def holder(gate: Gate, token: str, kiosk: str) -> tuple[Lookup, str, str]:
    """(visit, person, card) of a card session; a card blocked since then is none any more."""
    seen = gate.card_sessions.resolve(token, kiosk, gate.now_s())
    if seen.person_id is None or seen.card_id is None:
        raise DomainError("lookup_expired")
    with gate.hub.engines.read.connect() as connection:
        good = connection.execute(
            select(t.cards.c.id).where(t.cards.c.id == seen.card_id, t.cards.c.blocked_at.is_(None))
        ).first()
    if good is None:
        raise DomainError("lookup_expired")
    return seen, seen.person_id, seen.card_id
