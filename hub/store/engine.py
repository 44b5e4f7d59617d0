"""Opening the database: one connection that writes, a read-only engine beside it, the schema.

SQLite: WAL, synchronous FULL, and the driver's own transaction handling off (with the default a
row of a released savepoint survived the outer rollback). PostgreSQL: as it comes, UTC.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from devices.mistake import Mistake
from hub.store import tables as t
from hub.store.chain import GENESIS
from hub.store.prepared import Driver

_BUSY_MS = 5_000  # another process (back-up, audit) may hold the file for a moment


@dataclass(frozen=True, slots=True)
class Engines:
    """``write`` is used by the writer thread alone; ``read`` by everybody, read-only."""

    write: Engine
    read: Engine

    @property
    def sqlite(self) -> bool:
        """Whether this is the one-file database."""
        return self.write.dialect.name == "sqlite"

    def close(self) -> None:
        """Give all connections back."""
        self.write.dispose()
        self.read.dispose()


def open_engines(address: str, *, synced: bool = True) -> Engines:
    """Both engines for a database URL; a mistake in it is told in one line."""
    try:
        url = make_url(address)
    except SQLAlchemyError as fault:
        raise Mistake(
            f"the database address {address!r} is not understood: write "
            "sqlite:////path/hub.db or postgresql+psycopg://user@host/name"
        ) from fault
    if url.get_backend_name() == "sqlite":
        return Engines(_sqlite(url, synced=synced), _sqlite(url, synced=synced, read_only=True))
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
        options: Mapping[str, Any] = {
            "pool_pre_ping": True,
            "pool_size": 4,
            "max_overflow": 4,
            "hide_parameters": True,  # its complaints go into logs; people's names do not
        }
        read = create_engine(
            url,
            execution_options={"postgresql_readonly": True},
            **options,
        )
        return Engines(create_engine(url, **options), read)
    raise Mistake(f"{url.get_backend_name()} is no database we know: use sqlite or postgresql")


def _sqlite(url: URL, *, synced: bool, read_only: bool = False) -> Engine:
    if not url.database:
        raise Mistake("an SQLite address needs a file: sqlite:////path/hub.db")
    options = {"isolation_level": None, "check_same_thread": False}
    engine = create_engine(url, connect_args=options, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"pragma busy_timeout={_BUSY_MS}")
        cursor.execute("pragma foreign_keys=on")
        cursor.execute("pragma cache_size=-16000")
        if read_only:
            cursor.execute("pragma query_only=on")
        else:
            cursor.execute("pragma journal_mode=wal")
            cursor.execute(f"pragma synchronous={'full' if synced else 'off'}")
        cursor.close()

    words = "begin" if read_only else "begin immediate"

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        raw = connection.connection.dbapi_connection
        if raw.in_transaction:  # a batch of the writer: it began in the driver's words
            return
        try:
            raw.execute(words)
        except sqlite3.Error as fault:
            raise OperationalError(words, None, fault) from fault

    return engine


class Transaction(Protocol):
    """What has begun and must end."""

    def commit(self) -> None:
        """Make it last; raises SQLAlchemy's faults."""

    def rollback(self) -> None:
        """Undo it; raises SQLAlchemy's faults."""


class _InFile:
    """A transaction of an SQLite connection, in the driver's own words.

    SQLAlchemy's way through its events costs as much as an act, each time somebody waits at a door;
    what is executed through it meanwhile finds the transaction open and joins it.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        driver.run("begin immediate")

    def commit(self) -> None:
        """Make it last."""
        self._driver.run("commit")

    def rollback(self) -> None:
        """Undo it; SQLite has ended some failed ones by itself."""
        if self._driver.in_transaction:
            self._driver.run("rollback")


def begin(connection: Connection, driver: Driver) -> Transaction:
    """Begin the transaction of a batch."""
    return _InFile(driver) if connection.dialect.name == "sqlite" else connection.begin()


def create(engines: Engines, site: str, name: Mapping[str, str], zone: str, *, demo: bool) -> None:
    """Make the schema and the site's row; refuses a database that already has one."""
    with engines.write.begin() as connection:
        if inspect(connection).has_table("site"):
            raise Mistake("this database already holds a site")
        t.metadata.create_all(connection)
        connection.execute(
            t.site.insert().values(
                id=site,
                name=dict(name),
                time_zone=zone,
                demo=demo,
                chain_hash=GENESIS,
                schema_version=t.SCHEMA_VERSION,
            )
        )


def check_schema(engines: Engines) -> None:
    """Refuse a database without our schema, or made by a newer release."""
    try:
        with engines.read.connect() as connection:
            version = connection.execute(select(t.site.c.schema_version)).scalar_one_or_none()
    except SQLAlchemyError as fault:
        raise Mistake("the database cannot be read: run `linli init` first") from fault
    if version is None:
        raise Mistake("the database holds no site: run `linli init` first")
    if version > t.SCHEMA_VERSION:
        raise Mistake(
            f"the database is of schema {version}, this release knows {t.SCHEMA_VERSION}: "
            "install the release that made it"
        )
