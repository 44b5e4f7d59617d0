"""Whole copies of the database, taken while a hub writes: always one SQLite file.

SQLite's own back-up reads one snapshot beside the writer (WAL); PostgreSQL is read in one
repeatable-read transaction. One form for both means that any copy can be opened, verified and
brought back anywhere, without the database it came from and without its tools.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, create_engine, func, insert, inspect, select
from sqlalchemy.engine import make_url

from devices.mistake import Mistake
from hub.store import tables as t
from hub.store.engine import Engines, open_engines

ROWS_AT_ONCE = 1_000  # what is held in memory while copying from or to PostgreSQL


def copy_out(engines: Engines, target: Path) -> None:
    """Write a consistent copy of a live database to a new file."""
    if engines.sqlite:
        source_path = engines.read.url.database or ""
        with closing(sqlite3.connect(source_path)) as source:
            source.execute("pragma query_only=on")
            with closing(sqlite3.connect(target)) as copy:
                source.backup(copy)
                copy.execute("pragma journal_mode=delete")
        return
    with closing(sqlite3.connect(target)):
        pass
    writer = create_engine(f"sqlite:///{target}")
    try:
        with engines.read.connect() as plain, writer.begin() as copy_to:
            snapshot = plain.execution_options(isolation_level="REPEATABLE READ")
            t.metadata.create_all(copy_to)
            copy_rows(snapshot, copy_to)
    finally:
        writer.dispose()


def copy_in(source: Path, address: str) -> None:
    """Bring a copy into an empty database of another kind."""
    engines, kept = open_engines(address), open_engines(f"sqlite:///{source}")
    try:
        with kept.read.connect() as rows, engines.write.begin() as target:
            if inspect(target).has_table("site"):
                raise Mistake(f"{make_url(address).render_as_string()} already holds a site")
            t.metadata.create_all(target)
            copy_rows(rows, target)
    finally:
        kept.close()
        engines.close()


def copy_rows(source: Connection, target: Connection) -> None:
    """Every row of every table, parents first."""
    for table in t.metadata.sorted_tables:
        found = source.execution_options(yield_per=ROWS_AT_ONCE).execute(select(table))
        for rows in found.partitions(ROWS_AT_ONCE):
            target.execute(insert(table), [row._asdict() for row in rows])


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in t.metadata.sorted_tables
    }


def sound(path: Path) -> bool:
    """SQLite's own look at every page and index of a file."""
    with closing(sqlite3.connect(path)) as file:
        told = file.execute("pragma integrity_check").fetchall()
    return told == [("ok",)]
