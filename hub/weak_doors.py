"""Doors that still open for a number anybody can copy, and how many cards hold them there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from devices.messages import NO_REVISION, Assurance
from devices.rules import DoorPolicy
from hub.core.card_kinds import SENIOR
from hub.ground import read_ground
from hub.keys import HubKeys
from hub.store import tables as t
from hub.store.engine import Engines


def weak_doors(engines: Engines, keys: HubKeys, zone: str) -> dict[str, Any]:
    """The report (``WeakDoors``): the doors are compiled as their controllers get them.

    Reads some thousand rows; off the loop.
    """
    with engines.read.connect() as connection:
        c = t.cards.c
        counted = select(c.kind, func.count()).where(c.blocked_at.is_(None)).group_by(c.kind)
        kinds = {row[0]: row[1] for row in connection.execute(counted)}
        old = connection.execute(
            select(c.uid, c.person_id).where(c.kind != SENIOR, c.blocked_at.is_(None))
        ).all()
        s = t.card_stock.c
        ready = select(func.count()).where(s.ready_at.is_not(None), s.uid.not_in(select(c.uid)))
        scrap = select(func.count()).where(s.scrapped_at.is_not(None))
        stock = {
            "ready": connection.execute(ready).scalar_one(),
            "scrap": connection.execute(scrap).scalar_one(),
        }
        ground = read_ground(connection, keys, people={row.person_id for row in old})
        rows = {row.id: row for row in connection.execute(select(t.doors))}
    holders = [row.person_id for row in old]
    shown = []
    for device, own in sorted(ground.doors.items()):
        policy = ground.compile(device, zone, NO_REVISION).policy
        for door in own:
            made = policy.doors[door.number]
            if not _is_weak(made):
                continue
            shown.append(
                {
                    "id": door.id,
                    "name": rows[door.id].name,
                    "kind": door.kind,
                    "device": device,
                    "pin": made.pin and all(ask.pin for ask in made.asks_by),
                    "sometimes": made.asks > Assurance.IDENTIFIER,
                    "cards": sum(person in made.people for person in holders),
                }
            )
    return {"doors": shown, "cards": kinds} | stock


def _is_weak(door: DoorPolicy) -> bool:
    """Whether a bare number will do, always or in some hours."""
    asks = (door.asks, *(ask.asks for ask in door.asks_by))
    return min(asks) is Assurance.IDENTIFIER
