"""What devices and kiosks write is on the disk whole, or not there at all."""

import sqlite3
from pathlib import Path

import pytest

from devices.synced import open_synced, whole

SCHEMA = "create table if not exists kept (word text not null)"
FULL, OFF = 2, 0  # of SQLite's synchronous


def words(db: sqlite3.Connection) -> list[str]:
    return [word for (word,) in db.execute("select word from kept order by word")]


def keep(db: sqlite3.Connection, word: str) -> None:
    db.execute("insert into kept values (?)", (word,))


def test_what_ends_well_stays(tmp_path: Path) -> None:
    db = open_synced(tmp_path / "file", SCHEMA)
    with whole(db) as inside:
        keep(inside, "a")
        keep(inside, "b")
    db.close()
    again = open_synced(tmp_path / "file", SCHEMA)
    assert words(again) == ["a", "b"]
    again.close()


@pytest.mark.parametrize("trouble", [ValueError, KeyboardInterrupt])
def test_what_is_broken_off_leaves_nothing(tmp_path: Path, trouble: type[BaseException]) -> None:
    db = open_synced(tmp_path / "file", SCHEMA)

    def broken_off() -> None:
        with whole(db):
            keep(db, "half")
            raise trouble

    with pytest.raises(trouble):
        broken_off()
    assert not db.in_transaction
    assert words(db) == []
    db.close()


def test_what_an_earlier_trouble_left_open_is_not_taken_along(tmp_path: Path) -> None:
    db = open_synced(tmp_path / "file", SCHEMA)
    db.execute("begin immediate")
    keep(db, "stale")
    with whole(db):
        keep(db, "fresh")
    assert words(db) == ["fresh"]
    db.close()


@pytest.mark.parametrize(("synced", "kept"), [(True, FULL), (False, OFF)])
def test_each_commit_waits_for_the_disk_unless_told_not_to(
    tmp_path: Path, synced: bool, kept: int
) -> None:
    db = open_synced(tmp_path / "file", SCHEMA, synced=synced)
    assert db.execute("pragma synchronous").fetchone() == (kept,)
    assert db.execute("pragma journal_mode").fetchone() == ("wal",)
    db.close()
