"""What other users and other processes of the same machine meet: closed files, one judge, words."""

import asyncio
import os
import socket
import sqlite3
import stat
from pathlib import Path

import pytest

from devices import cli
from devices.mistake import Mistake
from devices.outbox import Journal
from hub.store.lease import FileLock
from hub.store.prepared import Driver
from hub.verbs import listen
from tests.unit.hub_bench import hub_bench
from tests.unit.test_api import door_answers


def open_to_others(folder: Path) -> list[str]:
    """Files below a folder that somebody else of this machine may read."""
    return sorted(
        path.name
        for path in folder.rglob("*")
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077
    )


@pytest.fixture
def usual_umask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
def test_no_file_of_a_site_is_for_others(tmp_path: Path) -> None:
    """The folder may stand open (somebody made it before us); names and card keys may not."""
    site, door = tmp_path / "site", tmp_path / "door"
    site.mkdir(mode=0o755)
    door.mkdir(mode=0o755)
    assert cli.main(["init", "--data", str(site), "--site", "liuxi"]) == 0
    assert cli.main(["device", "identity", "--data", str(door), "--id", "a", "--kind", "door"]) == 0
    journal = Journal(door / "journal.db", synced=False)
    journal.begin_boot(bytes)
    found = open_to_others(tmp_path)
    journal.close()
    assert found == []


def test_a_second_hub_is_told_in_words(tmp_path: Path) -> None:
    """Whoever fails to get the lock may clean up after himself, twice, and harm nobody's file."""
    first, second = FileLock(tmp_path), FileLock(tmp_path)
    first.take()
    with pytest.raises(Mistake, match="already runs"):
        second.take()
    stranger = os.open(os.devnull, os.O_RDONLY)  # takes the number that the lock gave back
    second.free()
    os.fstat(stranger)
    os.close(stranger)
    first.free()
    second.take()
    second.free()


def test_a_taken_port_is_a_mistake_before_anything_starts() -> None:
    """One line with the cure; no lease is taken and no broker started for a hub nobody reaches."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Mistake, match=f"port {port} is taken"):
            listen("127.0.0.1", port)
    listen("127.0.0.1", port).close()


async def test_a_truly_full_disk_and_then_room(tmp_path: Path) -> None:
    """SQLite's own full disk, at every statement: no number is lost, no transaction stays open."""
    journal = Journal(tmp_path / "journal.db", synced=False)
    journal.begin_boot(bytes)
    from devices.messages import ClockQuality, Event  # noqa: PLC0415

    def fire() -> int:
        content = {"note": "x" * 400}
        return journal.record(Event("", 0, 1.0, ClockQuality.FREE, "fire", content=content)).seq

    assert fire() == 1
    (pages,) = journal._db.execute("pragma page_count").fetchone()
    journal._db.execute(f"pragma max_page_count={pages + 2}")
    written = fire()
    while True:
        try:
            written = fire()
        except sqlite3.OperationalError:
            break
    journal._db.execute("pragma max_page_count=1000000")
    assert fire() == written + 1
    assert [event.seq for event in journal.unacked(200)] == list(range(1, written + 2))
    journal.close()
    await asyncio.sleep(0)


async def test_a_commit_that_found_the_disk_full_is_surely_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite ends that transaction by itself; the hub says 503 and lives on, nothing has moved."""
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        commands = door_answers(bench)
        run = Driver.run

        def full(driver: Driver, sql: str) -> None:
            if sql != "commit":
                return run(driver, sql)
            run(driver, "rollback")
            fault = sqlite3.OperationalError("database or disk is full")
            fault.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise driver._told(sql, fault)

        monkeypatch.setattr(Driver, "run", full)
        async with asyncio.timeout(60):  # a hub that ends itself answers nobody
            replies = [(await phone.open("d-1")).body["code"] for _ in range(3)]
        assert replies == ["store_unavailable"] * 3
        monkeypatch.setattr(Driver, "run", run)
        assert (await phone.open("d-1")).status == 200
        assert len(commands) == 1
