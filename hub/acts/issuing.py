"""The issuing desk: cards made ready ahead, given to people once each, replaced in one act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from hub.acts.cards import BlockCard, block_card
from hub.acts.memberships import check_cards
from hub.acts.operating import Factor, spend
from hub.acts.policies import ask_for_cards
from hub.core.card_kinds import ALL, SENIOR
from hub.core.effects import Announce
from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.writer import Done, Tx


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card for a person; ``replaces`` is a card of the same person that ends with this act."""

    id: str
    uid: str
    person: str
    by: str = "operator"
    kind: str = SENIOR
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """The card that the person now has; not fresh where it was theirs before."""

    card: str
    fresh: bool


def issue_card(tx: Tx, wish: NewCard, now: datetime) -> Done[Given]:
    """Give a card to a person; the same card for the same person is no error.

    Two people never have one card: its number is unique, and whoever has it is asked first.
    """
    if wish.kind not in ALL:
        raise DomainError("field_wrong", f"kind is one of {', '.join(ALL)}", "kind")
    known = tx.execute(select(t.cards).where(t.cards.c.uid == wish.uid)).first()
    stock = tx.execute(select(t.card_stock).where(t.card_stock.c.uid == wish.uid)).first()
    holder = tx.execute(select(t.people.c.id).where(t.people.c.id == wish.person)).first()
    if holder is None:
        raise DomainError("field_wrong", "no such person", "person")
    if stock is not None and stock.scrapped_at is not None:
        raise DomainError("card_scrapped", "", "uid")
    if known is not None and known.person_id != wish.person:
        raise DomainError("card_taken", "", "uid")
    if known is not None and known.blocked_at is not None:
        raise DomainError("card_kept_out", "", "uid")
    ended: tuple[object, ...] = ()
    if wish.replaces is not None:
        ended = _replaced(tx, wish, now, None if known is None else known.id)
    if known is not None:
        return Done(Given(known.id, fresh=False), ended)
    check_cards(tx)
    tx.execute(
        insert(t.cards).values(
            id=wish.id,
            uid=wish.uid,
            person_id=wish.person,
            kind=wish.kind,
            issued_at=tx.now_s,
            sun_counter=-1,
        )
    )
    told = {"person_id": wish.person, "by": wish.by, "replaces": wish.replaces}
    tx.execute(insert(t.handouts).values(card_id=wish.id, kind=wish.kind, at=tx.now_s, **told))
    tx.journal("card_issued", {"card": wish.id, "person": wish.person, "by": wish.by})
    effects = (ask_for_cards(tx, [wish.person]), Announce("card", {"card": wish.id}), *ended)
    return Done(Given(wish.id, fresh=True), effects)


def _replaced(tx: Tx, wish: NewCard, now: datetime, known: str | None) -> tuple[object, ...]:
    """The old card ends with the act that gives the new one, or neither happens."""
    old = tx.execute(select(t.cards).where(t.cards.c.id == wish.replaces)).first()
    if old is None or old.person_id != wish.person or old.id == known:
        raise DomainError("field_wrong", "no other card of this person", "replaces")
    return tuple(block_card(tx, BlockCard(old.id, wish.by), now).effects)


@dataclass(frozen=True, slots=True)
class Stocked:
    """A card was made ready at the desk, or is scrap for a reason."""

    uid: str
    by: str
    scrap: str = ""


def stock_card(tx: Tx, wish: Stocked, now: datetime) -> Done[None]:
    """Note what the desk found or made; a card that somebody has is never noted as scrap."""
    del now
    taken = tx.execute(select(t.cards.c.id).where(t.cards.c.uid == wish.uid)).first()
    if wish.scrap and taken is not None:
        raise DomainError("card_taken", "", "uid")
    values = {
        "by": wish.by,
        "ready_at": None if wish.scrap else tx.now_s,
        "scrapped_at": tx.now_s if wish.scrap else None,
        "why": wish.scrap or None,
    }
    held = tx.execute(select(t.card_stock).where(t.card_stock.c.uid == wish.uid)).first()
    if held is None:
        tx.execute(insert(t.card_stock).values(uid=wish.uid, **values))
    elif (held.why or "") == wish.scrap:
        return Done(None)  # told twice
    else:
        tx.execute(update(t.card_stock).where(t.card_stock.c.uid == wish.uid).values(**values))
    return Done(None, (Announce("card", {"card": ""}),))


@dataclass(frozen=True, slots=True)
class DeskOpening:
    """A member may write card keys at a desk for some hours."""

    factor: Factor
    desk: str


def open_desk(tx: Tx, wish: DeskOpening, now: datetime) -> Done[None]:
    """Spend the factor; the hub remembers the hours, a restart forgets them."""
    del now
    spend(tx, wish.factor)
    tx.journal("desk_opened", {"desk": wish.desk, "by": wish.factor.subject})
    return Done(None)
