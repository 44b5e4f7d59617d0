"""Retention as a job: looks for what is too old outside the writer, forgets it in small acts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, true
from sqlalchemy.exc import SQLAlchemyError

from hub.acts.keeping import PLAIN, Forget, forget
from hub.core.retention import (
    DAY_S,
    DEFAULT_DAYS,
    KEPT_KINDS,
    LINKS_AT_ONCE,
    UNCONFIRMED_DAYS,
    Scope,
    read_scope,
)
from hub.store import tables as t
from hub.store.engine import Engines
from hub.store.writer import Faulted, InboxFull, StoreUnavailable, Writer

# these rows go when nothing of their log is left, or of what they tell
_OVER = {
    "alerts": t.alerts.c.id.not_in(select(t.alert_log.c.alert_id)),
    "incidents": t.incidents.c.id.not_in(select(t.incident_log.c.incident_id)),
    "handouts": t.handouts.c.card_id.not_in(
        select(t.cards.c.id).where(t.cards.c.blocked_at.is_(None))
    ),
}
log = logging.getLogger(__name__)

_TROUBLE = (InboxFull, StoreUnavailable, Faulted, SQLAlchemyError)


class Keeping:
    """Runs every rule; killed in the middle it goes on where its cursor stands."""

    def __init__(self, engines: Engines, writer: Writer, clock: Callable[[], datetime]) -> None:
        self._engines = engines
        self._writer = writer
        self._clock = clock

    async def run_once(self) -> int:
        """Forget all that is too old now; the number of rows."""
        gone = 0
        try:
            with self._engines.read.connect() as connection:
                rules = connection.execute(select(t.retention)).all()
            named = {rule.scope for rule in rules}
            for rule in rules:
                gone += await self._scope(read_scope(rule.scope), rule.days, rule.at_n, named)
            for scope in DEFAULT_DAYS.keys() - named:
                gone += await self._scope(read_scope(scope), DEFAULT_DAYS[scope], 0, named)
        except _TROUBLE as trouble:  # the next run goes on from the cursor
            log.warning("retention waits: %s", type(trouble).__name__)
        if gone:
            log.info("retention: %s rows forgotten", gone)
        return gone

    async def _scope(self, scope: Scope, days: int, at_n: int, named: set[str]) -> int:
        now_s = self._clock().timestamp()
        before_s = now_s - days * DAY_S
        others = [name.partition("/")[2] for name in named if name.startswith(f"{scope.table}/")]
        gone = 0
        while True:
            with self._engines.read.connect() as connection:
                old = _find(connection, scope, before_s, now_s, at_n, [] if scope.kind else others)
            if not old.numbers and not old.ids:
                return gone
            done = await self._writer.submit(forget, old)
            if old.ids and not done:  # nothing left that we could take: never a busy loop
                return gone
            gone += done
            if not old.ids:
                at_n = max(old.numbers, default=at_n)


def _find(
    connection: Connection,
    scope: Scope,
    before_s: float,
    now_s: float,
    at_n: int,
    others: list[str],
) -> Forget:
    """The next rows of a scope that are older; ``others`` are kinds with a rule of their own."""
    if scope.table == "imports":
        return _old_import(connection, scope, before_s)
    if scope.table == "incident_pictures":
        return _old_pictures(connection, scope, before_s, now_s)
    if scope.table in PLAIN:
        name, at = PLAIN[scope.table]
        ids = connection.execute(
            select(name).where(at < before_s, _OVER.get(scope.table, true())).limit(LINKS_AT_ONCE)
        )
        return Forget(scope, ids=tuple(ids.scalars()))
    found = _numbered(scope, before_s, others)
    numbers = found.where(found.selected_columns[0] > at_n).order_by(found.selected_columns[0])
    return Forget(scope, tuple(connection.execute(numbers.limit(LINKS_AT_ONCE)).scalars()))


def _old_pictures(connection: Connection, scope: Scope, before_s: float, now_s: float) -> Forget:
    """Incidents whose pictures have served: closed before, or confirmed by nobody for a week."""
    rows, held = t.incidents.c, t.incident_pictures.c
    unconfirmed = rows.confirmed_at.is_(None) & (
        rows.detected_at < now_s - UNCONFIRMED_DAYS * DAY_S
    )
    ids = connection.execute(
        select(rows.id)
        .distinct()
        .join(t.incident_pictures, held.incident_id == rows.id)
        .where(held.sealed.is_not(None), (rows.closed_at < before_s) | unconfirmed)
        .limit(LINKS_AT_ONCE)
    )
    return Forget(scope, ids=tuple(ids.scalars()))


def _old_import(connection: Connection, scope: Scope, before_s: float) -> Forget:
    """The oldest import that ended before, and some of its changes."""
    imports, changes = t.imports.c, t.import_changes.c
    name = connection.execute(
        select(imports.id).where(imports.ended_at < before_s).order_by(imports.ended_at).limit(1)
    ).scalar()
    if name is None:
        return Forget(scope)
    numbers = connection.execute(
        select(changes.n).where(changes.import_id == name).order_by(changes.n).limit(LINKS_AT_ONCE)
    ).scalars()
    return Forget(scope, tuple(numbers), (name,))


def _numbered(scope: Scope, before_s: float, others: list[str]) -> Select[Any]:
    if scope.table == "alert_log":
        of = t.alerts.c.id == t.alert_log.c.alert_id
        return select(t.alert_log.c.n).join(t.alerts, of).where(t.alerts.c.closed_at < before_s)
    if scope.table == "incident_log":
        of = t.incidents.c.id == t.incident_log.c.incident_id
        closed = t.incidents.c.closed_at < before_s
        return select(t.incident_log.c.n).join(t.incidents, of).where(closed)
    if scope.table == "access_log":
        return select(t.access_log.c.n).where(t.access_log.c.at < before_s)
    if scope.table == "events":
        rows = t.events
        found = (
            select(rows.c.n)
            .join(t.acks, (t.acks.c.device_id == rows.c.device_id) & (t.acks.c.boot == rows.c.boot))
            .where(rows.c.recorded_at < before_s)
            # what its device may still send must be known when it comes
            .where(rows.c.seq <= t.acks.c.upto)
        )
        kind: Any = rows.c.kind
    elif scope.table == "archive":
        found = select(t.archive.c.n).where(t.archive.c.at < before_s)
        kind = t.archive.c.kind
    elif scope.table == "face_matches":
        return select(t.face_matches.c.n).where(t.face_matches.c.at < before_s)
    else:
        kind = t.chain.c.kind
        found = select(t.chain.c.n).where(
            t.chain.c.at < before_s,
            t.chain.c.body.is_not(None),
            kind.not_in([*t.RECORDED, *KEPT_KINDS]),
        )
    if scope.kind:
        return found.where(kind == scope.kind)
    return found.where(kind.not_in(others)) if others else found
