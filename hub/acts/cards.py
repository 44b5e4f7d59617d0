"""Cards: lost ones are blocked at once by whoever may, and found again only by staff."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from hub.acts.policies import ask_for_cards
from hub.acts.suspending import pause_phones
from hub.acts.visits import end_passes_by
from hub.core.effects import Announce
from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.homes import home_of
from hub.store.writer import Done, Tx

REASON_CHARS_MAX = 120


@dataclass(frozen=True, slots=True)
class BlockCard:
    """A card is lost; ``home`` narrows this to cards of one household (phone and kiosk).

    ``had_s``: when it was last surely in good hands; phones that it brought in since are paused.
    """

    card: str
    by: str
    home: str | None = None
    had_s: float | None = None


@dataclass(frozen=True, slots=True)
class Blocked:
    """The card, and the revocation that takes it from the doors."""

    card: str
    revocation: str
    fresh: bool


def block_card(tx: Tx, wish: BlockCard, now: datetime) -> Done[Blocked]:
    """Block a card; a card that is blocked already is no error and starts nothing anew."""
    del now
    card = _card(tx, wish.card)
    if card is None:
        raise DomainError("not_found", "no such card", "card")
    if wish.home is not None and home_of(tx, card.person_id, tx.now_s) != wish.home:
        raise DomainError("not_found", "no such card", "card")
    paused = pause_phones(tx, wish.card, wish.by, wish.had_s)  # also of one that is blocked
    if card.blocked_at is not None:
        running = tx.execute(
            select(t.revocations.c.id)
            .where(t.revocations.c.kind == "card", t.revocations.c.subject == wish.card)
            .order_by(t.revocations.c.asked_at.desc())
        ).first()
        if running is not None:
            return Done(Blocked(wish.card, running.id, fresh=False), paused)
    tx.execute(update(t.cards).where(t.cards.c.id == wish.card).values(blocked_at=tx.now_s))
    revocation = note_revocation(tx, "card", wish.card, card.person_id, wish.by)
    tx.journal("card_blocked", {"card": wish.card, "by": wish.by})
    # whoever held the card may have let himself in for tomorrow, at a kiosk
    ended = end_passes_by(tx, f"card:{wish.card}", wish.by)
    # and so may have drawn a code for a phone of his own: the desk gives the holder another
    tx.execute(
        update(t.codes)
        .where(
            t.codes.c.subject == card.person_id,
            t.codes.c.purpose == "phone",
            t.codes.c.used_at.is_(None),
        )
        .values(tries_left=0)
    )
    effects = (ask_for_cards(tx, [card.person_id]), Announce("card", {"card": wish.card}))
    return Done(Blocked(wish.card, revocation, fresh=True), (*effects, *ended, *paused))


def note_revocation(
    tx: Tx, kind: str, subject: str, person: str, by: str, *, at_once: bool = False
) -> str:
    """Begin a revocation; ``at_once`` where no door ever knew the credential (a phone's key)."""
    key = secrets.token_hex(8)
    tx.execute(
        insert(t.revocations).values(
            id=key,
            kind=kind,
            subject=subject,
            person_id=person,
            by=by,
            asked_at=tx.now_s,
            spread_at=tx.now_s if at_once else None,
        )
    )
    return key


@dataclass(frozen=True, slots=True)
class UnblockCard:
    """A card was found again; staff say why it may be trusted."""

    card: str
    by: str
    reason: str


def unblock_card(tx: Tx, wish: UnblockCard, now: datetime) -> Done[None]:
    """Let a card open again; one that is not blocked is no error."""
    del now
    card = _card(tx, wish.card)
    if card is None:
        raise DomainError("not_found", "no such card", "card")
    if card.blocked_at is None:
        return Done(None)
    tx.execute(update(t.cards).where(t.cards.c.id == wish.card).values(blocked_at=None))
    tx.execute(
        update(t.revocations)
        .where(
            t.revocations.c.kind == "card",
            t.revocations.c.subject == wish.card,
            t.revocations.c.ended_at.is_(None),
        )
        .values(ended_at=tx.now_s)
    )
    tx.journal("card_unblocked", {"card": wish.card, "by": wish.by, "reason": wish.reason})
    return Done(None, (ask_for_cards(tx, [card.person_id]), Announce("card", {"card": wish.card})))


def _card(tx: Tx, card: str) -> Any:
    return tx.execute(
        select(t.cards.c.person_id, t.cards.c.blocked_at).where(t.cards.c.id == card)
    ).first()
