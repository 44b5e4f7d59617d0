"""Imports of spreadsheets: kept whole first, applied part by part, undone the same way back.

Each part is an act of its own that moves the import's cursor, so that a restart goes on where the
last commit stood. What a row was before is kept beside what it became; undoing touches only rows
that are still as the import left them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from hub.acts.policies import ask_for
from hub.core.effects import Forget, WorkWaiting
from hub.core.errors import DomainError
from hub.core.imports import TABLES, Change
from hub.store import tables as t
from hub.store.writer import Done, Tx

PART_CHANGES = 100  # of one act: some seven milliseconds on a small machine
UNDONE_CHANGES = 50  # of one act: each row is asked who points at it, some ten milliseconds
LOOKED_CHANGES = 500  # of one look for later changes: no act, nobody waits behind it
DROPPED_CHANGES = 500  # of one act that only takes them away
FILE_CHARS_MAX = 120
RUNNING = ("staging", "applying", "undoing")
UNDOABLE = ("applied", "failed")

_OF: dict[str, Table] = {name: t.metadata.tables[name] for name in TABLES}


@dataclass(frozen=True, slots=True)
class NewImport:
    """A spreadsheet that somebody has looked at and wants applied."""

    id: str
    file: str
    by: str
    changes: int
    counts: Mapping[str, int]


def begin(tx: Tx, wish: NewImport, now: datetime) -> Done[None]:
    """Open an import; one at a time, or two sheets would be compared with what neither left."""
    del now
    if tx.execute(select(t.imports.c.id).where(t.imports.c.state.in_(RUNNING))).first():
        raise DomainError("import_running")
    tx.execute(
        insert(t.imports).values(
            id=wish.id,
            file=wish.file[:FILE_CHARS_MAX],
            begun_by=wish.by,
            begun_at=tx.now_s,
            state="staging",
            changes=wish.changes,
            cursor=0,
            counts=dict(wish.counts),
        )
    )
    tx.journal("import_begun", {"import": wish.id, "by": wish.by, "changes": wish.changes})
    return Done(None)


@dataclass(frozen=True, slots=True)
class Staged:
    """Some of an import's changes, from number ``first`` on; ``last`` closes the list."""

    id: str
    first: int
    changes: Sequence[Change]
    last: bool


def stage(tx: Tx, part: Staged, now: datetime) -> Done[None]:
    """Keep changes to be made; with the last of them the import may begin."""
    del now
    rows = [
        {
            "import_id": part.id,
            "n": part.first + index,
            "table": change.table,
            "row_id": change.row_id,
            "fresh": change.fresh,
            "before": None,
            "after": dict(change.after),
        }
        for index, change in enumerate(part.changes)
    ]
    if rows:
        tx.execute(insert(t.import_changes), rows)
    if not part.last:
        return Done(None)
    tx.execute(update(t.imports).where(t.imports.c.id == part.id).values(state="applying"))
    return Done(None, (WorkWaiting("import"),))


@dataclass(frozen=True, slots=True)
class Which:
    """One import."""

    id: str
    by: str = ""


def drop(tx: Tx, which: Which, now: datetime) -> Done[bool]:
    """Forget some of an import whose list was never completed; nothing of it was applied.

    True while there is more of it.
    """
    del now
    mine = t.import_changes.c.import_id == which.id
    newest = tx.execute(select(func.max(t.import_changes.c.n)).where(mine)).scalar()
    if newest is not None and newest >= DROPPED_CHANGES:
        first = newest - DROPPED_CHANGES
        tx.execute(delete(t.import_changes).where(mine, t.import_changes.c.n > first))
        return Done(True)
    tx.execute(delete(t.import_changes).where(mine))
    tx.execute(delete(t.imports).where(t.imports.c.id == which.id, t.imports.c.state == "staging"))
    return Done(False)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import has come."""

    state: str
    cursor: int
    changes: int


# --------------------------------------------------------------------------- applying


def apply_part(tx: Tx, which: Which, now: datetime) -> Done[Progress]:
    """Make the next changes and move the cursor; the last part asks for the doors' policies."""
    del now
    held = _held(tx, which.id, "applying")
    if held is None:
        return Done(_progress(tx, which.id))
    part = _part(tx, which.id, range(held.cursor, held.cursor + PART_CHANGES))
    for name in TABLES:
        _make(tx, which.id, _OF[name], [each for each in part if each.table == name])
    return _move(tx, held, held.cursor + len(part), "applied" if not part else "applying")


def _held(tx: Tx, import_id: str, state: str) -> Row[Any] | None:
    return tx.execute(
        select(t.imports).where(t.imports.c.id == import_id, t.imports.c.state == state)
    ).first()


def _progress(tx: Tx, import_id: str) -> Progress:
    row = tx.execute(select(t.imports).where(t.imports.c.id == import_id)).first()
    if row is None:
        raise DomainError("not_found", "no such import", "import")
    return Progress(row.state, row.cursor, row.changes)


def _part(tx: Tx, import_id: str, numbers: range) -> Sequence[Row[Any]]:
    return tx.execute(
        select(t.import_changes)
        .where(
            t.import_changes.c.import_id == import_id,
            t.import_changes.c.n >= numbers.start,
            t.import_changes.c.n < numbers.stop,
        )
        .order_by(t.import_changes.c.n)
    ).all()


def _move(tx: Tx, held: Row[Any], cursor: int, state: str) -> Done[Progress]:
    done = state in ("applied", "undone")
    values: dict[str, Any] = {"cursor": cursor, "state": state}
    if done:
        values["ended_at"] = tx.now_s
    tx.execute(update(t.imports).where(t.imports.c.id == held.id).values(**values))
    told = Progress(state, cursor, held.changes)
    if not done:
        return Done(told)
    tx.journal(f"import_{state}", {"import": held.id, "changes": held.changes})
    devices = tx.execute(select(t.doors.c.device_id).distinct()).scalars().all()
    return Done(told, (ask_for(tx, devices), Forget("roster")))


def _make(tx: Tx, import_id: str, table: Table, part: Sequence[Row[Any]]) -> None:
    """Insert what is new and change the rest; a row that came meanwhile is changed, not doubled."""
    if not part:
        return
    known = _rows(tx.execute, table, [each.row_id for each in part])
    fresh: dict[frozenset[str], list[dict[str, Any]]] = {}
    changed: dict[frozenset[str], list[dict[str, Any]]] = {}
    kept: list[dict[str, Any]] = []
    for each in part:
        now_held = known.get(each.row_id)
        if now_held is None:
            if each.fresh:  # else somebody took the row away since the sheet was looked at
                values: dict[str, Any] = {"id": each.row_id, **each.after}
                fresh.setdefault(frozenset(values), []).append(values)
            continue
        before = {name: now_held[name] for name in each.after}
        kept.append({"of": import_id, "at": each.n, "fresh": False, "before": before})
        renewed = {f"new_{name}": value for name, value in each.after.items()}
        changed.setdefault(frozenset(each.after), []).append({"which": each.row_id, **renewed})
    for rows in fresh.values():
        tx.execute(insert(table), rows)
    _set(tx, table, changed)
    if kept:
        tx.execute(
            update(t.import_changes)
            .where(
                t.import_changes.c.import_id == bindparam("of"),
                t.import_changes.c.n == bindparam("at"),
            )
            .values(fresh=bindparam("fresh"), before=bindparam("before")),
            kept,
        )


def _set(tx: Tx, table: Table, rows: Mapping[frozenset[str], list[dict[str, Any]]]) -> None:
    """Set columns (``new_NAME``) of rows by id (``which``), each shape in one statement."""
    for names, of_shape in rows.items():
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in sorted(names)}
        tx.execute(update(table).where(table.c.id == bindparam("which")).values(**values), of_shape)


def _rows(execute: Any, table: Table, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    found = execute(select(table).where(table.c.id.in_(ids)))
    return {row.id: row._asdict() for row in found}


def fail(tx: Tx, which: Which, now: datetime) -> Done[None]:
    """A part could not be made; what was made before stays, and can be undone."""
    del now
    tx.execute(
        update(t.imports)
        .where(t.imports.c.id == which.id, t.imports.c.state.in_(RUNNING))
        .values(state="failed", ended_at=tx.now_s)
    )
    tx.journal("import_failed", {"import": which.id})
    return Done(None)


# --------------------------------------------------------------------------- undoing


def begin_undo(tx: Tx, which: Which, now: datetime) -> Done[Progress]:
    """Start the way back; the caller has looked for later changes, each part looks again."""
    del now
    row = tx.execute(select(t.imports).where(t.imports.c.id == which.id)).first()
    if row is None:
        raise DomainError("not_found", "no such import", "import")
    if row.state not in UNDOABLE:
        raise DomainError("import_running" if row.state in RUNNING else "import_undone")
    if tx.execute(select(t.imports.c.id).where(t.imports.c.state.in_(RUNNING))).first():
        raise DomainError("import_running")
    tx.execute(update(t.imports).where(t.imports.c.id == which.id).values(state="undoing"))
    tx.journal("import_undo", {"import": which.id, "by": which.by})
    return Done(Progress("undoing", row.cursor, row.changes), (WorkWaiting("import"),))


def undo_part(tx: Tx, which: Which, now: datetime) -> Done[Progress]:
    """Take the last changes back; a row that changed since then is left as it is."""
    del now
    held = _held(tx, which.id, "undoing")
    if held is None:
        return Done(_progress(tx, which.id))
    first = max(0, held.cursor - UNDONE_CHANGES)
    part = _part(tx, which.id, range(first, held.cursor))
    for name in reversed(TABLES):
        _unmake(tx, _OF[name], [each for each in part if each.table == name])
    return _move(tx, held, first, "undone" if first == 0 else "undoing")


def _unmake(tx: Tx, table: Table, part: Sequence[Row[Any]]) -> None:
    if not part:
        return
    known = _rows(tx.execute, table, [each.row_id for each in part])
    untouched = [
        each
        for each in part
        if each.row_id in known and not changed_since(table, each, known[each.row_id])
    ]
    back: dict[frozenset[str], list[dict[str, Any]]] = {}
    for each in untouched:
        if each.before is not None:
            values = {f"new_{name}": value for name, value in each.before.items()}
            back.setdefault(frozenset(each.before), []).append({"which": each.row_id, **values})
    _set(tx, table, back)
    fresh = [each.row_id for each in untouched if each.fresh]
    gone = sorted(set(fresh) - referenced(tx.execute, table, fresh))
    if gone:
        if table is t.people:
            tx.execute(update(t.codes).where(t.codes.c.subject.in_(gone)).values(tries_left=0))
        tx.execute(delete(table).where(table.c.id.in_(gone)))


def changed_since(table: Table, change: Row[Any], row: Mapping[str, Any]) -> str | None:
    """The first column that is not as the import left it; of a new row every column counts."""
    for column in table.columns:
        if column.name in change.after:
            wanted = change.after[column.name]
        elif not change.fresh or column.name == "id":
            continue
        elif column.default is None:
            wanted = None
        elif column.default.is_scalar:
            wanted = column.default.arg  # type: ignore[attr-defined]
        else:
            continue
        if row[column.name] != wanted:
            return column.name
    return None


@cache  # asked for every part, and a fifth of its time; tables are what they were
def _children(table: Table) -> tuple[tuple[Table, Any], ...]:
    """Every column of any table that points at this one's rows."""
    return tuple(
        (child, column)
        for child in t.metadata.sorted_tables
        for column in child.columns
        if any(key.column is table.c.id for key in column.foreign_keys)
    )


def referenced(
    execute: Any,
    table: Table,
    ids: Sequence[str],
    besides: frozenset[tuple[str, str]] = frozenset(),
) -> set[str]:
    """Which rows others point at; ``besides`` are rows (table, id) that do not count."""
    found: set[str] = set()
    if not ids:
        return found
    for child, column in _children(table):
        key = next(iter(child.primary_key.columns))
        rows = execute(select(column, key).where(and_(column.in_(ids))))
        found |= {str(of) for of, name in rows if (child.name, str(name)) not in besides}
    return found


@dataclass(frozen=True, slots=True)
class LaterChange:
    """A row that undoing would overwrite, and where it changed (empty: others point at it)."""

    table: str
    row_id: str
    column: str


LATER_TOLD_MAX = 50  # enough to see what happened; the rest are as many again


def later_changes(connection: Connection, import_id: str) -> list[LaterChange]:
    """What undoing an import would overwrite, the first of them."""
    changes = t.import_changes
    of_import = changes.c.import_id == import_id
    fresh = connection.execute(
        select(changes.c.table, changes.c.row_id).where(of_import, changes.c.fresh.is_(True))
    )
    own = frozenset((row.table, row.row_id) for row in fresh)
    cursor = int(
        connection.execute(select(t.imports.c.cursor).where(t.imports.c.id == import_id)).scalar()
        or 0
    )
    found: list[LaterChange] = []
    for first in range(0, cursor, LOOKED_CHANGES):
        end = min(first + LOOKED_CHANGES, cursor)
        part = connection.execute(
            select(changes).where(of_import, changes.c.n >= first, changes.c.n < end)
        ).all()
        for name in TABLES:
            found += _later(connection, _OF[name], [e for e in part if e.table == name], own)
        if len(found) >= LATER_TOLD_MAX:
            break
    return found[:LATER_TOLD_MAX]


def _later(
    connection: Connection,
    table: Table,
    part: Sequence[Row[Any]],
    own: frozenset[tuple[str, str]],
) -> Iterable[LaterChange]:
    if not part:
        return
    known = _rows(connection.execute, table, [each.row_id for each in part])
    fresh = [each.row_id for each in part if each.fresh]
    pointed = referenced(connection.execute, table, fresh, own)
    for each in part:
        row = known.get(each.row_id)
        if row is None:
            continue  # gone already: nothing to take back
        column = changed_since(table, each, row)
        if column is not None or each.row_id in pointed:
            yield LaterChange(table.name, each.row_id, column or "")


__all__ = [
    "LaterChange",
    "NewImport",
    "Progress",
    "Staged",
    "Which",
    "apply_part",
    "begin",
    "begin_undo",
    "drop",
    "fail",
    "later_changes",
    "stage",
    "undo_part",
]
