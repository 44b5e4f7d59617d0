"""Relays on MQTT: given to a door by an administrator, which makes the door remote-only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from hub.acts.faces import check_ways
from hub.acts.policies import ask_for
from hub.core.effects import Forget
from hub.core.errors import DomainError
from hub.core.remote_only import why_not
from hub.store import tables as t
from hub.store.writer import Done, Tx

_CHUNK = 500  # the bound on parameters of small databases


@dataclass(frozen=True, slots=True)
class Assigned:
    """A relay for a door."""

    relay: str
    door: str
    dialect: str


def assign(tx: Tx, given: Assigned, now: datetime) -> Done[str]:
    """Make the door remote-only and keep who gave it which relay; the value is its controller."""
    del now
    known = select(t.doors.c.device_id).where(t.doors.c.id == given.door)
    device = tx.execute(known).scalar()
    if device is None:
        raise DomainError("door_unknown", "", "door")
    tx.execute(update(t.doors).where(t.doors.c.id == given.door).values(remote_only=True))
    check_remote_only(tx, [given.door])
    check_ways(tx, [given.door])
    told = {"relay": given.relay, "door": given.door, "dialect": given.dialect}
    tx.journal("relay_assigned", told)
    return Done(str(device), (ask_for(tx, [device]), Forget("roster")))


def take_back(tx: Tx, relay: str, now: datetime) -> Done[None]:
    """Keep that a relay was shut out; its door is remote-only until the roster says otherwise."""
    del now
    tx.journal("relay_taken_back", {"relay": relay})
    return Done(None)


def check_remote_only(tx: Tx, doors: Sequence[str]) -> None:
    """Refuse what a remote-only door may not be; called by every act that changes doors."""
    for start in range(0, len(doors), _CHUNK):
        chunk = doors[start : start + _CHUNK]
        rows = tx.execute(
            select(t.doors).where(t.doors.c.id.in_(chunk), t.doors.c.remote_only.is_(True))
        ).mappings()
        for row in rows:
            why = why_not(dict(row))
            if why is not None:
                raise DomainError("remote_only", f"{row['id']}: {why}", "doors")
