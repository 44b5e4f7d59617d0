"""Copies that can be brought back: under load, after a kill, on both databases, never half."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from devices.messages import Revision
from devices.mistake import Mistake
from devices.wire_endings import Endings, sign_endings
from hub import backup, config, keys, sealed
from hub.acts.phones import Revocation, revoke
from hub.acts.restoring import KNOWN_KEY, MARK_KEY, WAITING, Ended, Restored, mark_restored
from hub.backup import back_up, bring_back, drill
from hub.endings import seal
from hub.sealed import Passphrase
from hub.store import chain
from hub.store import tables as t
from hub.store.engine import open_engines
from hub.store.lease import take_lease
from hub.store.writer import Batcher, Done, Tx, Writer
from tests.unit.hub_bench import SITE, HubBench, hub_bench, settle

WORDS = Passphrase("correct horse battery")


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "_SCRYPT_N", 2**10)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """An address for hub.toml; empty is the file of the data folder."""
    if request.param == "sqlite":
        return ""
    return str(request.getfixturevalue("postgres_url"))


async def filled(bench: HubBench) -> None:
    await bench.administrator()
    await bench.phone()
    for kind in ("a", "b", "c"):
        await bench.hub.writer.submit(note, kind)


def note(tx: Tx, kind: str, now: datetime) -> Done[int]:
    del now
    return Done(tx.journal("noted", {"kind": kind}))


async def site(folder: Path, database: str = "") -> Path:
    """A data folder whose hub has stopped."""
    folder.mkdir()
    if database:
        await settle(folder, database)
        (folder / "hub.toml").write_text(f'[hub]\nid = "hub-1"\ndatabase = "{database}"\n')
    async with hub_bench(folder) as bench:
        await filled(bench)
    (folder / "secrets").mkdir()
    (folder / "secrets" / "broker-hub").write_text("s3cret")
    return folder


async def test_a_site_comes_back_as_it_was(tmp_path: Path, database: str) -> None:
    data = await site(tmp_path / "data", database)
    made = back_up(data, tmp_path / "copy", WORDS)
    assert made.left_out == ()
    found = drill(tmp_path / "copy", WORDS, tmp_path)
    assert found["ok"], found
    assert found["rows"]["people"] == 2
    assert found["rows"]["phones"] == 1
    assert found["links"] == made.chain_n
    done = bring_back(tmp_path / "copy", WORDS, tmp_path / "back")
    assert (tmp_path / "back" / "secrets" / "broker-hub").read_text() == "s3cret"
    assert "database" not in (tmp_path / "back" / "hub.toml").read_text()
    old, new = open_engines(config.load(data).database), open_engines(done.settings.database)
    for table in t.metadata.sorted_tables:
        with old.read.connect() as a, new.read.connect() as b:
            assert sorted(map(repr, a.execute(select(table)))) == sorted(
                map(repr, b.execute(select(table)))
            ), table.name
    old.close()
    new.close()
    assert (tmp_path / "back" / "keys" / "root").read_bytes() == (data / "keys/root").read_bytes()
    assert not list(tmp_path.rglob(".copying-*"))


async def test_a_copy_goes_into_another_database(tmp_path: Path, postgres_url: str) -> None:
    data = await site(tmp_path / "data")
    back_up(data, tmp_path / "copy", WORDS)
    done = bring_back(tmp_path / "copy", WORDS, tmp_path / "back", postgres_url)
    assert done.settings.database == postgres_url
    engines = open_engines(done.settings.database)
    with engines.read.connect() as connection:
        assert chain.verify(connection).fine
    engines.close()
    with pytest.raises(Mistake, match="already holds"):
        bring_back(tmp_path / "copy", WORDS, tmp_path / "again", postgres_url)
    assert not (tmp_path / "again").exists()


async def test_nothing_is_readable_in_the_file(tmp_path: Path) -> None:
    data = await site(tmp_path / "data")
    back_up(data, tmp_path / "copy", WORDS)
    raw = (tmp_path / "copy").read_bytes()
    assert "沈桂芳".encode() not in raw
    assert (data / "keys" / "root").read_bytes() not in raw
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0


async def test_a_restore_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    data = await site(tmp_path / "data")
    back_up(data, tmp_path / "copy", WORDS)
    before = sorted(path.name for path in data.iterdir())
    with pytest.raises(Mistake, match="not empty"):
        bring_back(tmp_path / "copy", WORDS, data)
    assert sorted(path.name for path in data.iterdir()) == before


DAMAGE = [
    "update chain set body = '{}' where n = 3",
    "update site set chain_n = chain_n - 1",
    "insert into accounts values ('x', 1, 1, 0, 0, 5, 0, 0)",
    "update staff set totp_sealed = '00112233445566778899aabbccddeeff00112233445566778899aabb'",
]


@pytest.mark.parametrize("deed", DAMAGE)
async def test_the_drill_names_what_is_wrong(tmp_path: Path, deed: str) -> None:
    data = await site(tmp_path / "data")
    with closing(sqlite3.connect(data / "hub.db")) as file:
        file.execute(deed)
        file.commit()
    back_up(data, tmp_path / "copy", WORDS)
    found = drill(tmp_path / "copy", WORDS, tmp_path)
    assert not found["ok"]
    assert len(found["faults"]) == 1, found
    with pytest.raises(Mistake, match="does not hold"):
        bring_back(tmp_path / "copy", WORDS, tmp_path / "back")
    assert not (tmp_path / "back").exists()


async def test_a_copy_under_load_loses_and_doubles_nothing(tmp_path: Path, database: str) -> None:
    """Whatever the moment: the copy is one state that was, with whole transactions only."""
    data = await site(tmp_path / "data", database)
    engines = open_engines(config.load(data).database)
    epoch = take_lease(engines, "load")
    writer = Writer(Batcher(engines, epoch, "load"), lambda: datetime.now(UTC), _never)
    stop = threading.Event()
    made: list[backup.Made] = []

    def copying() -> None:
        try:
            made.extend(back_up(data, tmp_path / f"copy-{n}", WORDS) for n in range(3))
        finally:
            stop.set()

    thread = threading.Thread(target=copying)
    thread.start()
    pairs = 0
    while not stop.is_set():
        await writer.submit(two, pairs)
        pairs += 1
    await asyncio.to_thread(thread.join)
    await writer.close()
    engines.close()
    assert pairs > 0
    for number, one in enumerate(made):
        found = drill(tmp_path / f"copy-{number}", WORDS, tmp_path)
        assert found["ok"], found
        assert found["links"] == one.chain_n
        back = tmp_path / f"back-{number}"
        done = bring_back(tmp_path / f"copy-{number}", WORDS, back)
        held = open_engines(done.settings.database)
        with held.read.connect() as connection:
            keys = [row.key for row in connection.execute(select(t.settings))]
        held.close()
        numbers = sorted(int(key.split("-")[1]) for key in keys if key.startswith("left"))
        assert numbers == sorted(int(k.split("-")[1]) for k in keys if k.startswith("right"))
        assert numbers == list(range(len(numbers)))
    assert made[0].chain_n < made[-1].chain_n


def two(tx: Tx, number: int, now: datetime) -> Done[None]:
    """Two rows that are only true together."""
    del now
    for side in ("left", "right"):
        tx.execute(t.settings.insert().values(key=f"{side}-{number}", value="x"))
    tx.journal("pair", {"number": number})
    return Done(None)


def _never(fault: BaseException) -> None:
    raise AssertionError(fault)


async def test_a_killed_back_up_leaves_the_old_file_and_the_next_one_cleans(tmp_path: Path) -> None:
    data = await site(tmp_path / "data")
    out = tmp_path / "copy"
    back_up(data, out, WORDS)
    before = out.read_bytes()
    code = (
        "import os, signal, pathlib, hub.backup as b, hub.sealed as s\n"
        "put = s.SealedWriter._put\n"
        "def die(self, part, *, last):\n"
        "    put(self, part, last=last); self._target.flush(); os.kill(os.getpid(), 9)\n"
        "s.SealedWriter._put = die\n"
        f"b.back_up(pathlib.Path({str(data)!r}), pathlib.Path({str(out)!r}), "
        "s.Passphrase('correct horse battery'))\n"
    )
    ended = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert out.read_bytes() == before
    (scratch,) = data.glob(".copying-*")
    os.utime(scratch, (1.0, 1.0))
    back_up(data, out, WORDS)
    assert not list(data.glob(".copying-*"))
    assert not list(tmp_path.glob("*.part"))
    assert drill(out, WORDS, tmp_path)["ok"]


async def test_a_restored_site_is_above_every_epoch_it_had(tmp_path: Path) -> None:
    data = await site(tmp_path / "data")
    back_up(data, tmp_path / "copy", WORDS)
    done = bring_back(tmp_path / "copy", WORDS, tmp_path / "back")
    engines = open_engines(done.settings.database)
    assert take_lease(engines, "by the clock", 1_795_000_000.0) == 1_795_000_000
    epoch = take_lease(engines, "new", 5.0)  # a clock that lost its battery
    assert epoch == 1_795_000_001
    writer = Writer(Batcher(engines, epoch, "new"), _now, _never, inline=True)
    await writer.submit(mark_restored, Restored("r-1", 1.0, 2))
    await writer.close()
    with engines.read.connect() as connection:
        mark = connection.execute(select(t.settings.c.value).where(t.settings.c.key == MARK_KEY))
        assert mark.scalar_one() == "r-1"
        waiting = connection.execute(select(t.recalls.c.device_id, t.recalls.c.state)).all()
        assert {tuple(row) for row in waiting} == {
            ("gate", WAITING), ("hall", WAITING), ("kiosk-1", WAITING),
        }  # fmt: skip
        assert connection.execute(select(t.sessions)).all() == []
        assert connection.execute(select(t.codes)).all() == []
        assert len(connection.execute(select(t.phones)).all()) == 1
        assert chain.verify(connection).fine
    engines.close()


def _now() -> datetime:
    return datetime.now(UTC)


async def test_the_verbs_do_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from devices.cli import main  # noqa: PLC0415

    data = await site(tmp_path / "data")
    key, copy = str(tmp_path / "k"), str(tmp_path / "copy")
    assert main(["backup", "--new-key", key]) == 0
    assert main(["backup", "--data", str(data), "--out", copy, "--to", key + ".pub"]) == 0
    capsys.readouterr()
    assert main(["restore", copy, "--check", "--key", key]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    back = ["restore", copy, "--key", key, "--data", str(tmp_path / "back")]
    assert await asyncio.to_thread(main, back) == 0
    assert main(["audit", "verify", "--data", str(tmp_path / "back")]) == 0
    assert main(["config", "check", "--data", str(tmp_path / "back")]) == 0
    assert await asyncio.to_thread(main, back) == 2
    assert "not empty" in capsys.readouterr().err
    engines = open_engines(config.load(tmp_path / "back").database)
    with engines.read.connect() as connection:
        assert connection.execute(text("select epoch from site")).scalar_one() > 1_700_000_000
    engines.close()


async def test_the_old_machines_endings_are_read_and_no_copy_holds_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from devices.cli import main  # noqa: PLC0415

    data = await site(tmp_path / "data")
    key, copy = str(tmp_path / "op.key"), str(tmp_path / "copy.sealed")
    assert main(["backup", "--new-key", key]) == 0
    made = ["backup", "--data", str(data), "--out", copy, "--to", key + ".pub"]
    assert main(made) == 0
    async with hub_bench(data) as bench:
        with bench.hub.engines.read.connect() as connection:
            phone = connection.execute(select(t.phones.c.id)).scalars().first()
        await bench.hub.writer.submit(revoke, Revocation(str(phone), "test"))
        bench.hub.endings.keep()
    kept = data / "endings.sealed"
    assert kept.stat().st_mode & 0o077 == 0
    assert str(phone).encode() not in kept.read_bytes()
    held = keys.load(data)
    empty = Endings(SITE, Revision(0, 9), seal(held, Ended()))  # older than the copy
    old = tmp_path / "old.sealed"
    old.write_bytes(sign_endings(empty, held.signers["audit"]))
    later = str(tmp_path / "later.sealed")
    assert main([*made[:4], later, *made[5:]]) == 0
    for number, (file, ended, code) in enumerate(
        [(copy, kept, 0), (later, None, 0), (copy, data / "hub.toml", 2), (copy, old, 2)]
    ):
        back = tmp_path / f"back-{number}"
        asked = ["restore", file, "--key", key, "--data", str(back)]
        asked += ["--endings", str(ended)] if ended else []
        capsys.readouterr()
        assert await asyncio.to_thread(main, asked) == code
        assert not (back / "endings.sealed").exists()
        engines = open_engines(config.load(back).database)
        with engines.read.connect() as connection:
            query = select(t.phones.c.revoked_at).where(t.phones.c.id == phone)
            gone = connection.execute(query).scalar() is not None
            known = select(t.settings.c.key).where(t.settings.c.key == KNOWN_KEY)
            assert connection.execute(select(t.sessions)).all() == []
            assert (connection.execute(known).first() is not None) == (number == 0)
        engines.close()
        assert gone == (number < 2)
    assert "was not made by the hub of this back-up" in capsys.readouterr().err
