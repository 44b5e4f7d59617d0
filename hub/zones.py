"""Where people are, across controllers: folded from their events, told to those who must know.

Only sites whose areas are shared by several controllers have anything to tell. The places are read
from the events themselves, so a restarted hub knows what the one before it knew.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from devices import wire
from devices.access import Entered, Place, State, fold
from devices.wire_zone import OUTSIDE_MARK, ZONE, ZONE_PEOPLE_MAX, Zone, sign_zone
from hub.ingest import Ingest
from hub.keys import HubKeys
from hub.store import tables as t
from hub.store.engine import Engines

log = logging.getLogger(__name__)

LIFE_S = 60.0  # how long a controller trusts it
RENEW_S = 20.0  # so that two may be lost
GAP_S = 0.2  # a crowd at the doors is told five times a second, not for each person
LOOK_BACK_EVENTS = 200_000  # of a new hub: some days of an estate
EVENTS_AT_ONCE = 2_000
HOURS_KEPT_S = 86_400.0  # whoever was last seen a day ago may have left by a window


class Zones:
    """Keeps the controllers that share areas informed."""

    def __init__(
        self, engines: Engines, ingest: Ingest, keys: HubKeys, clock: Callable[[], datetime]
    ) -> None:
        self._engines = engines
        self._ingest = ingest
        self._keys = keys
        self._clock = clock
        self._wake = asyncio.Event()
        self._state = State()
        self._read_upto: int | None = None

    def wake(self) -> None:
        """Somebody came in somewhere."""
        self._wake.set()

    async def run(self) -> None:
        """Tell what is new, and again before it is stale, until cancelled."""
        while True:
            try:
                self.publish()
            except SQLAlchemyError as trouble:  # they become stale, and anti-passback soft
                log.warning("zones wait: %s", type(trouble).__name__)
            await asyncio.sleep(GAP_S)
            try:
                async with asyncio.timeout(RENEW_S):
                    await self._wake.wait()
            except TimeoutError:
                continue
            self._wake.clear()

    def publish(self) -> None:
        """Tell every controller whose anti-passback leans on others' doors."""
        with self._engines.read.connect() as connection:
            targets = _targets(connection)
            if not targets:
                return
            self._read(connection)
        now_s = self._clock().timestamp()
        recent = [
            (person, place.area, place.at_s)
            for person, place in self._state.places.items()
            if now_s - place.at_s < HOURS_KEPT_S
        ]
        recent.sort(key=lambda one: -one[2])
        for device in targets:
            own = self._own(device, recent)
            zone = Zone(own, self._ingest.epoch, now_s, now_s + LIFE_S)
            topics = wire.Topics(self._ingest.memory.site, device)
            raw = sign_zone(zone, topics, self._keys.signers["policy"])
            self._ingest.publish_for(device, ZONE, raw, retain=True)

    def _own(
        self, device: str, recent: list[tuple[str, str, float]]
    ) -> tuple[tuple[str, str, float], ...]:
        """A controller hears only of people that its doors know."""
        entry = self._ingest.memory.devices.get(device)
        policy = entry.policy if entry is not None else None
        if policy is not None:
            known = [door.people for door in policy.doors.values()]
            recent = [one for one in recent if any(one[0] in people for people in known)]
        return tuple(recent[:ZONE_PEOPLE_MAX])

    def _read(self, connection: Connection) -> None:
        """Fold what came since; late events heal what was folded before them."""
        if self._read_upto is None:
            newest = connection.execute(select(func.max(t.events.c.n))).scalar() or 0
            self._read_upto = max(0, newest - LOOK_BACK_EVENTS)
        while True:
            rows = connection.execute(
                select(
                    t.events.c.n,
                    t.events.c.body,
                    t.events.c.person_id,
                    t.events.c.at,
                    t.events.c.recorded_at,
                    t.doors.c.area_from,
                    t.doors.c.area_to,
                )
                .join(t.doors, t.doors.c.id == t.events.c.door_id)
                .where(t.events.c.n > self._read_upto, t.events.c.kind == "entered")
                .order_by(t.events.c.n)
                .limit(EVENTS_AT_ONCE)
            ).all()
            for row in rows:
                # a clock that runs ahead would keep somebody there until its day comes
                at_s = min(row.at, row.recorded_at)
                told = entered(row.body, row.person_id, at_s)
                # a controller speaks of where its own doors lead, and of no other place
                leads = bool(row.area_from or row.area_to)
                own = [one for one in told if leads and one.area == row.area_to]
                self._state = fold(self._state, own)
                self._read_upto = row.n
            if len(rows) < EVENTS_AT_ONCE:
                return

    @property
    def places(self) -> dict[str, Place]:
        """Where everybody was last seen to arrive."""
        return dict(self._state.places)


def entered(body: str, person: str | None, at_s: float) -> tuple[Entered, ...]:
    """The facts in the body of an ``entered`` event: the person and a companion."""
    content = json.loads(body).get("x", {})
    area = content.get("area")
    if not isinstance(area, str):
        return ()
    area = "" if area == OUTSIDE_MARK else area
    people = (person, content.get("with"))
    return tuple(Entered(one, area, at_s) for one in people if isinstance(one, str))


def _targets(connection: Connection) -> list[str]:
    """The devices that refuse by areas to which other devices' doors lead too."""
    d = t.doors.c
    rows = connection.execute(select(d.device_id, d.area_from, d.area_to, d.passback)).all()
    leads: dict[str, set[str]] = {}
    for row in rows:
        for area in {row.area_from, row.area_to} - {""}:
            leads.setdefault(area, set()).add(row.device_id)
    return sorted(
        {
            row.device_id
            for row in rows
            if row.passback != "off"
            and any(len(leads[area]) > 1 for area in {row.area_from, row.area_to} - {""})
        }
    )
