"""The log as CSV or JSON Lines, row by row: a year of an estate does not fit into memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, select

from devices.mistake import Mistake
from hub.core.alert_kinds import WITHHELD
from hub.core.handouts import FORMULAS
from hub.live import instant
from hub.store import tables as t

ROWS_AT_ONCE = 1_000
FORMATS = ("csv", "jsonl")
_COLUMNS = {
    "log": ("n", "at", "kind", "body", "commitment", "hash"),
    "access": ("n", "at", "subject", "verb", "object"),
}


def moment(text: str, zone: str) -> float:
    """A day or an instant in ISO 8601; without an offset it is the site's own time."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as fault:
        raise Mistake(f"{text!r} is no date: write 2026-11-23 or 2026-11-23T08:00") from fault
    return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))).timestamp()


def export(
    connection: Connection,
    out: TextIO,
    what: str,
    form: str,
    from_s: float | None,
    to_s: float | None,
    *,
    duress: bool = False,
) -> int:
    """Write rows of [from, to); returns how many. A forgotten row has an empty body.

    So has, unless ``duress`` asks for it, what only named responders may know of.
    """
    columns = _COLUMNS[what]
    rows = _rows(connection, t.chain if what == "log" else t.access_log, columns, from_s, to_s)
    if what == "log" and not duress:
        rows = _without_duress(rows, _hidden(connection))
    count = 0
    if form == "csv":
        table = csv.writer(out, lineterminator="\r\n")
        table.writerow(columns)
        for row in rows:
            table.writerow([_cell(row[name]) for name in columns])
            count += 1
        return count
    for row in rows:
        if what == "log":
            row["body"] = json.loads(row["body"]) if row["body"] is not None else None
        out.write(json.dumps(row, ensure_ascii=False) + "\n")
        count += 1
    return count


def _hidden(connection: Connection) -> frozenset[str]:
    """The alerts and incidents that only named responders may know of."""
    found = select(t.alerts.c.id).where(t.alerts.c.kind.in_(WITHHELD))
    incidents = select(t.incidents.c.id).where(t.incidents.c.kind.in_(WITHHELD))
    return frozenset(connection.execute(found.union_all(incidents)).scalars())


def _without_duress(
    rows: Iterable[dict[str, Any]], hidden: frozenset[str]
) -> Iterator[dict[str, Any]]:
    for row in rows:
        body = json.loads(row["body"]) if row["body"] is not None else {}
        event = row["kind"] == t.events.name and body.get("kind") in WITHHELD
        alert = row["kind"] == t.alert_log.name and body.get("alert_id") in hidden
        incident = row["kind"] == t.incident_log.name and body.get("incident_id") in hidden
        if event or alert or incident:
            row["body"] = None
        yield row


def _rows(
    connection: Connection,
    table: Any,
    columns: tuple[str, ...],
    from_s: float | None,
    to_s: float | None,
) -> Iterator[dict[str, Any]]:
    query: Select[Any] = select(*(table.c[name] for name in columns)).order_by(table.c.n)
    if from_s is not None:
        query = query.where(table.c.at >= from_s)
    if to_s is not None:
        query = query.where(table.c.at < to_s)
    found = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(query)
    for row in found:
        read: Mapping[str, Any] = row._asdict()
        yield {**read, "at": instant(read["at"])}


def _cell(value: Any) -> Any:
    text = "" if value is None else value
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULAS) else text
