"""One SQLite file of a device or a kiosk: opened alike, written whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_synced(path: Path | str, schema: str, *, synced: bool = True) -> sqlite3.Connection:
    """The file with its tables, made where they are absent; raises sqlite3.Error.

    Each commit waits for the disk; `synced` false leaves that to the kernel. May be used by several
    threads, one after the other.
    """
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("pragma journal_mode=wal")
    db.execute(f"pragma synchronous={'full' if synced else 'off'}")
    db.executescript(schema)
    return db


@contextmanager
def whole(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One transaction: committed at the end, rolled back by whatever is raised inside."""
    if db.in_transaction:  # a rollback that the disk's trouble swallowed
        db.execute("rollback")
    db.execute("begin immediate")
    try:
        yield db
        db.execute("commit")
    except BaseException:
        if db.in_transaction:  # SQLite ends some failed transactions by itself
            db.execute("rollback")
        raise
