"""Statements of the hot acts: made once, compiled once for each database, run by its driver.

Building and running a statement costs SQLAlchemy 100 µs, running one that is built 20, the driver
itself 3; an opening needs twenty of them. Rows are plain tuples, a JSON column takes its text, and
the driver's faults come as SQLAlchemy's own, so that the writer treats them alike.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement in one database's words; ``names`` where its parameters go by position."""

    sql: str
    names: tuple[str, ...] | None
    fixed: Mapping[str, Any]

    def given(self, values: Mapping[str, Any]) -> Any:
        """The parameters as the driver takes them."""
        full = {**self.fixed, **values} if self.fixed else values
        return full if self.names is None else [full[name] for name in self.names]


class Prepared:
    """One statement; its values are bound by name at each use."""

    def __init__(self, statement: Select[Any] | Insert | Update | Delete) -> None:
        self._statement = statement
        self._texts: dict[str, _Text] = {}  # bounded by the databases we speak: two

    def text(self, dialect: Dialect) -> _Text:
        """The statement for a database."""
        found = self._texts.get(dialect.name)
        if found is None:
            compiled = self._statement.compile(dialect=dialect)
            names = tuple(compiled.positiontup or ()) if compiled.positional else None
            fixed = {name: value for name, value in compiled.params.items() if value is not None}
            found = self._texts[dialect.name] = _Text(compiled.string, names, fixed)
        return found


class Driver:
    """The driver's own connection under one of SQLAlchemy's, in the same transaction."""

    def __init__(self, connection: Connection) -> None:
        self._raw: Any = connection.connection.dbapi_connection
        self._dialect = connection.dialect

    def run(self, sql: str) -> None:
        """A statement without parameters or rows."""
        try:
            self._raw.execute(sql)
        except self._fault as fault:
            raise self._told(sql, fault) from fault

    @property
    def in_transaction(self) -> bool:
        """Whether the file's transaction is still open (SQLite only)."""
        return bool(self._raw.in_transaction)

    def read(self, prepared: Prepared, values: Mapping[str, Any]) -> list[Row]:
        """The rows of a select."""
        text = prepared.text(self._dialect)
        try:
            rows: list[Row] = self._raw.execute(text.sql, text.given(values)).fetchall()
        except self._fault as fault:
            raise self._told(text.sql, fault) from fault
        return rows

    def write(self, prepared: Prepared, values: Mapping[str, Any]) -> None:
        """One insert or update."""
        text = prepared.text(self._dialect)
        try:
            self._raw.execute(text.sql, text.given(values))
        except self._fault as fault:
            raise self._told(text.sql, fault) from fault

    def write_all(self, prepared: Prepared, rows: Sequence[Mapping[str, Any]]) -> None:
        """The same for several rows."""
        text = prepared.text(self._dialect)
        try:
            self._raw.cursor().executemany(text.sql, [text.given(row) for row in rows])
        except self._fault as fault:
            raise self._told(text.sql, fault) from fault

    @property
    def _fault(self) -> type[Exception]:
        found: type[Exception] = self._dialect.loaded_dbapi.Error
        return found

    def _told(self, sql: str, fault: Exception) -> BaseException:
        return DBAPIError.instance(
            sql, None, fault, self._fault, hide_parameters=True, dialect=self._dialect
        )


def json_value(kept: Any) -> Any:
    """What a JSON column of a prepared select holds; some drivers read it themselves."""
    return json.loads(kept) if isinstance(kept, str) else kept


def json_text(value: object) -> str:
    """A value as a JSON column keeps it."""
    return json.dumps(value)
