"""The short way of an opening: statements of the driver, words made ready while the disk works."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from devices import wire
from devices.messages import Assurance, Life, Presentation, Refusal, Revision, StateNote
from hub.core.effects import SendAccess
from hub.store import tables as t
from hub.store.engine import Engines, create, open_engines
from hub.store.lease import take_lease
from hub.store.prepared import Driver, Prepared, json_text
from hub.store.writer import Batcher, Done, Lane, StoreUnavailable, Tx, Writer
from tests.unit.door_bench import Bus
from tests.unit.hub_bench import SITE, HubBench, hub_bench

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PUT = Prepared(insert(t.effects))
BY_KIND = Prepared(
    select(t.effects.c.id, t.effects.c.body)
    .where(t.effects.c.kind == bindparam("of_kind"))
    .order_by(t.effects.c.id)
    .limit(2)
)


def effect(key: str, body: object = None) -> dict[str, Any]:
    """A row with a column of every sort: text, JSON, numbers, nothing."""
    return {
        "id": key, "kind": "k", "body": json_text(body or {}), "due_at": 1.5, "tries": 0,
        "done_at": None,
    }  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engines]:
    """The same tests on both databases."""
    address = f"sqlite:///{tmp_path / 'hub.db'}"
    if request.param == "postgresql":
        address = str(request.getfixturevalue("postgres_url"))
    opened = open_engines(address)
    create(opened, "s", {"en": "S"}, "UTC", demo=True)
    yield opened
    opened.close()


def test_the_driver_shares_the_transaction_and_its_types(engines: Engines) -> None:
    with engines.write.begin() as connection:
        driver = Driver(connection)
        driver.write(PUT, effect("1", {"门": [1, 2.5]}))
        driver.write_all(PUT, [effect("3"), effect("2")])
        assert [row[0] for row in driver.read(BY_KIND, {"of_kind": "k"})] == ["1", "2"]
        kept = connection.execute(select(t.effects).where(t.effects.c.id == "1")).one()
        assert (kept.body, kept.due_at, kept.tries, kept.done_at) == (
            {"门": [1, 2.5]},
            1.5,
            0,
            None,
        )
        driver.run("savepoint act")
        driver.write(PUT, effect("4"))
        driver.run("rollback to savepoint act")
        assert len(connection.execute(select(t.effects.c.id)).all()) == 3
    with engines.read.connect() as connection:
        assert Driver(connection).read(BY_KIND, {"of_kind": "nothing"}) == []


def test_the_drivers_faults_are_sqlalchemys(engines: Engines) -> None:
    """The writer tells a broken act from a broken disk by their class."""
    with engines.write.connect() as connection, connection.begin():
        driver = Driver(connection)
        driver.run("savepoint act")
        driver.write(PUT, effect("1"))
        with pytest.raises(IntegrityError):
            driver.write(PUT, effect("1"))
        driver.run("rollback to savepoint act")
        with pytest.raises((OperationalError, ProgrammingError)):  # as each database calls it
            driver.run("select nonsense")
        driver.run("rollback to savepoint act")
        with pytest.raises((KeyError, ProgrammingError)):
            driver.read(BY_KIND, {})


# --------------------------------------------------------------------------- while the disk works


class Words:
    """What a writer prepares and speaks, in order."""

    def __init__(self, engines: Engines) -> None:
        take_lease(engines, "me")
        self.batcher = Batcher(engines, 1, "me")
        self.told: list[tuple[str, object]] = []
        self.writer = Writer(self.batcher, lambda: NOW, lambda _end: None)
        self.writer.prepare = lambda effects: self.told.extend(("ready", e) for e in effects)
        self.writer.speak = lambda effects: self.told.extend(("spoken", e) for e in effects)


def say(tx: Tx, word: str, now: datetime) -> Done[str]:
    del now
    tx.journal("test", {"word": word})
    return Done(word, (word,))


async def test_only_urgent_words_are_made_ready_and_before_they_are_spoken(
    tmp_path: Path,
) -> None:
    engines = open_engines(f"sqlite:///{tmp_path / 'hub.db'}")
    create(engines, "s", {"en": "S"}, "UTC", demo=True)
    words = Words(engines)
    await words.writer.submit(say, "event")
    await words.writer.submit(say, "door", Lane.URGENT)
    assert words.told == [("spoken", "event"), ("ready", "door"), ("spoken", "door")]
    await words.writer.close()
    engines.close()


async def test_what_was_made_ready_is_never_spoken_without_its_commit(
    tmp_path: Path, monkeypatch: Any
) -> None:
    engines = open_engines(f"sqlite:///{tmp_path / 'hub.db'}")
    create(engines, "s", {"en": "S"}, "UTC", demo=True)
    words = Words(engines)

    def broken(batch: Any, taken: Any) -> Any:
        batch.transaction.rollback()
        return words.batcher._failed(taken, OperationalError("commit", {}, OSError("disk full")))

    monkeypatch.setattr(words.batcher, "_commit", broken)
    with pytest.raises(StoreUnavailable):
        await words.writer.submit(say, "door", Lane.URGENT)
    assert words.told == [("ready", "door")]
    await words.writer.close()
    engines.close()


async def access(bench: HubBench, connection: str) -> tuple[SendAccess, Bus]:
    """A granted opening at the gate, which is there under this connection."""
    bench.hub.memory.devices["gate"].note = StateNote(Life.READY, "b", connection, 0.0)
    bus = Bus()
    bench.hub.ingest.connected(bus)
    bus.said.clear()
    shown = Presentation("p-1", Assurance.MUTUAL, Revision(1, 1), "phone")
    return SendAccess("o-1", "gate", 1, shown), bus


def commands(bench: HubBench, bus: Bus) -> list[tuple[bytes, str]]:
    """What the gate was sent, with the connection it is for."""
    topics = wire.Topics(SITE, "gate")
    public = bench.hub.keys.signers["command"].key.public_key()
    found = []
    for topic, raw, _ in bus.said:
        if topic == topics.of(wire.COMMAND):
            command = wire.open_command(raw, topics, lambda _kid: public)
            assert not isinstance(command, Refusal)
            found.append((raw, command.connection))
    return found


async def test_a_command_that_is_ready_leaves_as_it_is_and_once(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        wish, bus = await access(bench, "c-1")
        bench.hub.ingest.prepare([wish])
        assert commands(bench, bus) == []
        (_, signed), *_ = bench.hub.ingest._signed.values()
        bench.hub.ingest.speak([wish])
        assert commands(bench, bus) == [(signed, "c-1")]
        assert bench.hub.ingest._signed == {}
        await asyncio.sleep(0)


async def test_a_device_that_came_anew_gets_a_command_of_its_new_connection(
    tmp_path: Path,
) -> None:
    async with hub_bench(tmp_path) as bench:
        wish, bus = await access(bench, "c-1")
        bench.hub.ingest.prepare([wish])
        bench.hub.memory.devices["gate"].note = StateNote(Life.READY, "b", "c-2", 1.0)
        bench.hub.ingest.speak([wish])
        assert [connection for _, connection in commands(bench, bus)] == ["c-2"]
        await asyncio.sleep(0)
