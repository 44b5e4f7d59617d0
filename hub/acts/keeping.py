"""Retention in small acts: bodies and salts go, commitments stay, and the log says what went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, delete, insert, select, update

from hub.acts.incidents import forget_pictures
from hub.core.retention import Scope, check_days, read_scope, spans
from hub.store import tables as t
from hub.store.writer import Done, Tx

# tables without a number of the chain: their names, and the column by which they are too old
PLAIN: dict[str, tuple[Column[Any], ColumnElement[float]]] = {
    "openings": (t.openings.c.id, t.openings.c.presented_at),
    "quarantine": (t.quarantine.c.id, t.quarantine.c.at),
    "passes": (t.passes.c.id, t.passes.c.to_at),
    "calls": (t.calls.c.id, t.calls.c.rang_at),
    "letters": (t.letters.c.id, t.letters.c.expires_at),
    "alerts": (t.alerts.c.id, t.alerts.c.closed_at),
    "incidents": (t.incidents.c.id, t.incidents.c.closed_at),
    "handouts": (t.handouts.c.card_id, t.handouts.c.at),
}


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep a scope for so many days; None: for ever."""

    scope: str
    days: int | None
    by: str


def keep(tx: Tx, wish: Keep, now: datetime) -> Done[None]:
    """Set or end a rule; in the log with who did it."""
    del now
    scope = read_scope(wish.scope)
    if wish.days is not None:
        check_days(scope, wish.days)
    tx.execute(delete(t.retention).where(t.retention.c.scope == scope.name))
    if wish.days is not None:
        tx.execute(
            insert(t.retention).values(scope=scope.name, days=wish.days, at_n=0, forgotten=0)
        )
    tx.journal("retention_rule", {"scope": scope.name, "days": wish.days, "by": wish.by})
    return Done(None)


@dataclass(frozen=True, slots=True)
class Forget:
    """Rows that were found too old; ``ids`` instead of numbers where a table has none.

    Of an import both: its own id, and the numbers of its changes.
    """

    scope: Scope
    numbers: tuple[int, ...] = ()
    ids: tuple[str, ...] = ()


def forget(tx: Tx, old: Forget, now: datetime) -> Done[int]:
    """Forget them; the value counts them. Doing it again finds nothing left."""
    del now
    table = old.scope.table
    if table == "imports":
        gone = _forget_import(tx, old.ids[0], old.numbers)
        _ran(tx, old.scope, 0, gone)
        return Done(gone)
    if table == "incident_pictures":
        gone = sum(forget_pictures(tx, incident) for incident in old.ids)
        _ran(tx, old.scope, 0, gone)
        return Done(gone)
    if table in PLAIN:
        name, _ = PLAIN[table]
        if table == "incidents":
            pictures = t.incident_pictures
            tx.execute(delete(pictures).where(pictures.c.incident_id.in_(old.ids)))
        if table == "passes":
            tx.execute(delete(t.pass_uses).where(t.pass_uses.c.pass_id.in_(old.ids)))
            tx.execute(delete(t.pass_words).where(t.pass_words.c.pass_id.in_(old.ids)))
        gone = tx.execute(delete(name.table).where(name.in_(old.ids))).rowcount
        _ran(tx, old.scope, 0, gone)
        return Done(gone)
    if table == "access_log":
        log = t.access_log
        gone = tx.execute(delete(log).where(log.c.n.in_(old.numbers))).rowcount
        _ran(tx, old.scope, max(old.numbers, default=0), gone)
        return Done(gone)
    held = tx.execute(
        select(t.chain.c.n)
        .where(t.chain.c.n.in_(old.numbers), t.chain.c.body.is_not(None))
        .order_by(t.chain.c.n)
    ).scalars()
    numbers = list(held)
    if numbers:
        if table in t.RECORDED:
            rows = t.RECORDED[table]
            tx.execute(delete(rows).where(rows.c.n.in_(numbers)))
        tx.execute(update(t.chain).where(t.chain.c.n.in_(numbers)).values(body=None, salt=None))
        tx.journal("forgotten", {"scope": old.scope.name, "spans": spans(numbers)})
    _ran(tx, old.scope, max(old.numbers, default=0), len(numbers))
    return Done(len(numbers))


def _forget_import(tx: Tx, name: str, numbers: tuple[int, ...]) -> int:
    """From the first row on it can no longer be undone; with the last it is gone itself."""
    changes = t.import_changes.c
    tx.execute(update(t.imports).where(t.imports.c.id == name).values(state="settled"))
    gone = tx.execute(
        delete(t.import_changes).where(changes.import_id == name, changes.n.in_(numbers))
    ).rowcount
    if tx.execute(select(changes.n).where(changes.import_id == name).limit(1)).first() is None:
        gone += tx.execute(delete(t.imports).where(t.imports.c.id == name)).rowcount
    return int(gone)


def _ran(tx: Tx, scope: Scope, at_n: int, gone: int) -> None:
    rule = t.retention
    tx.execute(
        update(rule)
        .where(rule.c.scope == scope.name)
        .values(at_n=at_n or rule.c.at_n, forgotten=rule.c.forgotten + gone, ran_at=tx.now_s)
    )
