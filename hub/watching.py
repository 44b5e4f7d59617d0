"""The watch list beside the faces: what an order costs, its faces, and a hit for a person.

Off until an order is entered, measured and approved with its faces by somebody else. A hit is an
incident of the police link with both pictures; nothing leaves before a person has confirmed it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from hub.acts.face_watch import (
    FACES_MAX,
    Approval,
    Listed,
    Order,
    approve,
    end,
    enter,
    list_face,
    over,
)
from hub.acts.operating import Factor
from hub.core.errors import DomainError
from hub.core.evidence import Snapshot, media_type
from hub.core.policelink import Authority, Kind, Role
from hub.recognising import LOOK_AGAIN_S, RETRY_S, Recognising
from hub.store import tables as t
from hub.store.engine import Engines
from hub.store.writer import Writer

if TYPE_CHECKING:  # numpy is an extra
    from hub.faces.decide import Probe

Notice = Callable[..., Awaitable[str]]
_ID_BYTES: Final = 16
_LEAST_S: Final = 1.0  # two clocks differ a little: an end that is just ahead is no reason to spin


@dataclass(frozen=True, slots=True)
class Wish:
    """What an authority asks for; the cost is measured by the hub."""

    authority: str
    basis: str
    from_s: float
    to_s: float
    passers_a_day: int
    alarms_a_day: float
    by: str
    factor: Factor | None = None


class Watching:
    """Orders and their faces; ``notice`` makes an incident (``hub.incidents.Incidents.detect``)."""

    def __init__(
        self,
        engines: Engines,
        writer: Writer,
        faces: Recognising,
        clock: Callable[[], datetime],
        luck: Callable[[int], bytes],
        notice: Notice,
    ) -> None:
        self._engines, self._writer, self._faces = engines, writer, faces
        self._clock, self._luck, self._notice = clock, luck, notice
        faces.listed, faces.due_s = self.settle, self.due_s

    def cost(self, passers_a_day: int, alarms_a_day: float) -> tuple[str, float, float]:
        """Audit, threshold, and false alarms a day of a full list; refuses with face_order."""
        roll = self._faces.ready_roll()
        standing = roll.standing
        share = alarms_a_day / (passers_a_day * FACES_MAX)
        threshold = standing.watch.threshold(share) if standing is not None else None
        if standing is None or threshold is None:
            raise DomainError("face_order", "too few residents to measure so few false alarms")
        caught = min(share, standing.watch.points[-1][1])  # beyond the last point none is promised
        expected = min(alarms_a_day, caught * passers_a_day * FACES_MAX)  # also of a rounding
        return standing.revision, threshold, expected

    def expected_now(self, passers_a_day: int, alarms_a_day: float) -> float | None:
        """False alarms a day of a full list by the audit that stands; None: it cannot tell."""
        try:
            return self.cost(passers_a_day, alarms_a_day)[2]
        except DomainError:
            return None

    async def enter(self, wish: Wish) -> str:
        """Write an order down with what it costs; the value is its id."""
        if wish.passers_a_day < 1 or wish.alarms_a_day <= 0:
            raise DomainError("face_order", "passers-by and alarms a day")
        audit, threshold, expected = self.cost(wish.passers_a_day, wish.alarms_a_day)
        name = self._luck(_ID_BYTES).hex()
        order = Order(
            name, wish.authority, wish.basis, wish.from_s, wish.to_s, wish.passers_a_day,
            wish.alarms_a_day, audit, threshold, expected, wish.by, wish.factor,
        )  # fmt: skip
        await self._writer.submit(enter, order)
        return name

    async def approve(self, order: str, by: str, factor: Factor | None = None) -> None:
        """A second person puts it in force, with the faces that it lists."""
        await self._writer.submit(approve, Approval(order, by, factor))

    async def end(self, order: str, by: str) -> None:
        """End it; its faces and their keys are gone when this returns."""
        faces = await self._writer.submit(end, (order, by))
        if self._faces.roll is not None:
            self._faces.roll.drop_listed(self._kept() - set(faces))
        await self._faces.destroy(faces)

    async def list_face(self, order: str, picture: bytes, by: str) -> str:
        """Take a face of a waiting order in from the authority's picture; the value is its id.

        ``picture_unfit`` where an incident could not keep the picture: its hits would be lost.
        """
        roll = self._faces.ready_roll()
        if not media_type(picture):
            raise DomainError("picture_unfit")
        if self._faces.portraits is None:
            raise DomainError("face_starting")
        found: Any = await self._faces.portraits(picture)
        if (why := getattr(found, "reason", None)) is not None:
            raise DomainError(why)
        name = self._luck(_ID_BYTES).hex()
        async with self._faces.new_key(name) as wrapped:
            made = roll.seal_listed(name, wrapped, found, picture)
            digest = hashlib.sha256(picture).hexdigest()
            told = Listed(name, order, made.template, found.model_id, made.picture, digest, by)
            await self._writer.submit(list_face, told)
        roll.take_listed(name, order, made.template, wrapped)
        return name

    async def watch(self, door: str, track: str, probe: Probe, scene: bytes) -> str | None:
        """Look at a passer-by; the incident's state for a hit, else None, and nothing is kept.

        ``track`` names this passing (small letters, digits, -): told twice it is one incident.
        """
        try:
            roll = self._faces.ready_roll()
        except DomainError:
            return None
        orders = self._in_force()
        shares = {
            name: row.alarms_a_day / (row.passers_a_day * FACES_MAX) for name, row in orders.items()
        }
        hit = roll.seek(probe, shares)
        if hit is None:
            return None
        now = self._clock()
        row, wrapped = self._listed_row(hit), self._faces.key_of(hit)
        if row is None or wrapped is None:  # its order ended while we looked
            return None
        order, shown = orders[row.order_id], _at(row.listed_at)
        pictures = (
            Snapshot(scene, Role.SCENE, now),
            Snapshot(roll.open_picture(hit, wrapped, row.picture), Role.LISTED, shown),
        )
        authority = Authority(order.authority, order.basis, _at(order.from_at), _at(order.to_at))
        return await self._notice(
            track, Kind.WATCH_LIST, door, row.order_id, pictures, authority, now
        )

    # ----------------------------------------------------------------- beside the faces

    async def settle(self) -> set[str]:
        """End what is over; open what is listed; whose keys are wanted still."""
        with self._engines.read.connect() as connection:
            ended = over(connection, self._clock().timestamp())
        for order in ended:
            await self._writer.submit(end, (order, "hub"))
        kept = self._kept()
        roll = self._faces.roll
        if roll is not None:
            roll.drop_listed(kept)
            with self._engines.read.connect() as connection:
                rows = connection.execute(select(t.face_listed)).all()
            for row in rows:
                wrapped = self._faces.key_of(row.id)
                if wrapped is not None:
                    roll.take_listed(row.id, row.order_id, row.sealed, wrapped)
        return kept

    def due_s(self) -> float:
        """In how many seconds the next order ends by itself, or somebody should look again."""
        if not (self._faces.wanted and self._faces.keys_here):
            return LOOK_AGAIN_S
        orders, now_s = t.face_orders.c, self._clock().timestamp()
        query = select(func.min(orders.to_at)).where(orders.ended_at.is_(None))
        try:
            with self._engines.read.connect() as connection:
                first = connection.execute(query).scalar()
        except SQLAlchemyError:
            return RETRY_S
        if first is None:
            return LOOK_AGAIN_S
        return min(LOOK_AGAIN_S, max(_LEAST_S, float(first) - now_s))

    def _kept(self) -> set[str]:
        with self._engines.read.connect() as connection:
            return set(connection.execute(select(t.face_listed.c.id)).scalars())

    def _in_force(self) -> Mapping[str, Any]:
        now_s, orders = self._clock().timestamp(), t.face_orders.c
        query = select(t.face_orders).where(
            orders.ended_at.is_(None), orders.approved_at.is_not(None),
            orders.from_at <= now_s, orders.to_at > now_s,
        )  # fmt: skip
        with self._engines.read.connect() as connection:
            return {row.id: row for row in connection.execute(query)}

    def _listed_row(self, name: str) -> Any:
        query = select(t.face_listed).where(t.face_listed.c.id == name)
        with self._engines.read.connect() as connection:
            return connection.execute(query).first()


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


__all__ = ["Watching", "Wish"]
