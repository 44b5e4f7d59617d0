"""Watch lists of an authority: entered by one person, approved by another, ended by time at last.

Whose faces it names belongs to what is approved: faces are added before, by whoever does not
approve, and none afterwards. Another face is another order.

An order says what it costs before it is in force: from how many passers-by a day, and how many
false alarms a day people will look at, follows the threshold that the site's own residents
measured. Where they are too few to tell, there is no order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update

from hub.acts.faces import WAKE
from hub.acts.operating import Factor, spend
from hub.core.effects import Announce
from hub.core.errors import DomainError
from hub.core.policelink import ID
from hub.store import tables as t
from hub.store.writer import Done, Tx

LENGTH_MAX_S: Final = 31 * 86_400.0  # a month; who needs longer gives a new order
FACES_MAX: Final = 20  # of all open orders: the false alarms are paid for each of them
_NEWS: Final = (WAKE, Announce("face"))


@dataclass(frozen=True, slots=True)
class Order:
    """What an authority wants, on which basis, for how long, and what it will cost.

    ``audit``, ``threshold`` and ``expected_a_day`` are the hub's own measurement
    (``hub.recognising``), never anybody's wish.
    """

    id: str
    authority: str
    basis: str
    from_s: float
    to_s: float
    passers_a_day: int
    alarms_a_day: float
    audit: str
    threshold: float
    expected_a_day: float
    by: str
    factor: Factor | None = None  # of a member of staff; the operator stands at the machine


def enter(tx: Tx, wish: Order, now: datetime) -> Done[None]:
    """Write an order down; it is in force when somebody else has approved it."""
    del now
    if wish.factor is not None:
        spend(tx, wish.factor)
    if not (ID.fullmatch(wish.authority) and ID.fullmatch(wish.basis)):
        raise DomainError("face_order", "an authority and its legal basis, by their ids")
    if not tx.now_s < wish.to_s or not 0 < wish.to_s - wish.from_s <= LENGTH_MAX_S:
        raise DomainError("face_order", "an end within 31 days of the beginning")
    if wish.passers_a_day < 1 or not 0 < wish.expected_a_day <= wish.alarms_a_day:
        raise DomainError("face_order", "a measured expectation that is not above what was agreed")
    current = tx.execute(
        select(t.face_audits.c.revision).where(t.face_audits.c.scope == "")
    ).scalar()
    if current is None or current != wish.audit:
        raise DomainError("face_order", "measured by the audit that stands")
    tx.execute(
        insert(t.face_orders).values(
            id=wish.id, authority=wish.authority, basis=wish.basis, from_at=wish.from_s,
            to_at=wish.to_s, passers_a_day=wish.passers_a_day, alarms_a_day=wish.alarms_a_day,
            audit=wish.audit, threshold=wish.threshold, expected_a_day=wish.expected_a_day,
            entered_by=wish.by, entered_at=tx.now_s,
        )
    )  # fmt: skip
    body = {"order": wish.id, "authority": wish.authority, "basis": wish.basis, "by": wish.by}
    tx.journal("face_order", {**body, "to": wish.to_s, "expected_a_day": wish.expected_a_day})
    return Done(None, _NEWS)


@dataclass(frozen=True, slots=True)
class Approval:
    """Who puts an order in force: nobody who entered it, or any of its faces."""

    order: str
    by: str
    factor: Factor | None = None


def approve(tx: Tx, wish: Approval, now: datetime) -> Done[None]:
    """Put an order with its faces in force. Twice is no error."""
    del now
    if wish.factor is not None:
        spend(tx, wish.factor)
    row = _open(tx, wish.order)
    listed = t.face_listed.c
    hands = tx.execute(select(listed.listed_by).where(listed.order_id == wish.order)).scalars()
    entered = [row.entered_by, *hands]
    if wish.by in entered:
        raise DomainError("face_order", "a second person approves")
    if len(entered) == 1:
        raise DomainError("face_order", "it lists no face yet")
    if row.approved_at is None:
        own = t.face_orders.c.id == wish.order
        tx.execute(
            update(t.face_orders).where(own).values(approved_by=wish.by, approved_at=tx.now_s)
        )
        told = {"order": wish.order, "by": wish.by, "faces": len(entered) - 1}
        tx.journal("face_order_approved", told)
    return Done(None, _NEWS)


@dataclass(frozen=True, slots=True)
class Listed:
    """A face of an order and the authority's picture, sealed under a key named after it."""

    id: str
    order: str
    sealed: bytes
    model_id: str
    picture: bytes
    picture_sha256: str
    by: str

    def for_quarantine(self) -> str:
        """What may be kept of it when we fail."""
        return f"listed face of {self.order}"


def list_face(tx: Tx, told: Listed, now: datetime) -> Done[None]:
    """Keep a face of an order that waits for its approval; without one nothing is kept."""
    del now
    row = _open(tx, told.order)
    if row.approved_at is not None:
        raise DomainError("face_order", "approved as it stands: another face is another order")
    many = tx.execute(select(func.count()).select_from(t.face_listed)).scalar_one()
    if many >= FACES_MAX:
        raise DomainError("face_order", f"at most {FACES_MAX} faces at a time")
    tx.execute(
        insert(t.face_listed).values(
            id=told.id, order_id=told.order, sealed=told.sealed, model_id=told.model_id,
            picture=told.picture, picture_sha256=told.picture_sha256, listed_at=tx.now_s,
            listed_by=told.by,
        )
    )  # fmt: skip
    body = {"order": told.order, "face": told.id, "picture": told.picture_sha256, "by": told.by}
    tx.journal("face_listed", body)
    return Done(None, _NEWS)


def end(tx: Tx, wish: tuple[str, str], now: datetime) -> Done[tuple[str, ...]]:
    """End an order; the value: the faces whose keys must be destroyed. Twice is no error."""
    del now
    name, by = wish
    if tx.execute(select(t.face_orders.c.id).where(t.face_orders.c.id == name)).first() is None:
        raise DomainError("not_found", "no such order", "order")
    listed = t.face_listed.c
    faces = tx.execute(select(listed.id).where(listed.order_id == name)).scalars().all()
    tx.execute(delete(t.face_listed).where(listed.order_id == name))
    open_still = (t.face_orders.c.id == name) & t.face_orders.c.ended_at.is_(None)
    if tx.execute(update(t.face_orders).where(open_still).values(ended_at=tx.now_s)).rowcount:
        tx.journal("face_order_ended", {"order": name, "by": by, "faces": len(faces)})
    return Done(tuple(faces), _NEWS)


def over(connection: Any, now_s: float) -> Sequence[str]:
    """Orders whose time is over and that nobody ended."""
    orders = t.face_orders.c
    query = select(orders.id).where(orders.ended_at.is_(None), orders.to_at <= now_s)
    return tuple(connection.execute(query).scalars())


def _open(tx: Tx, name: str) -> Any:
    row = tx.execute(select(t.face_orders).where(t.face_orders.c.id == name)).first()
    if row is None:
        raise DomainError("not_found", "no such order", "order")
    if row.ended_at is not None or row.to_at <= tx.now_s:
        raise DomainError("face_order", "its time is over")
    return row
