"""The one writer: savepoints, quarantine, write then speak, lanes, and a commit that fails."""

import asyncio
import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError

from hub.core.errors import DomainError
from hub.store import chain
from hub.store import tables as t
from hub.store.engine import Engines, create, open_engines
from hub.store.lease import take_lease
from hub.store.writer import (
    Batcher,
    CommitUnknown,
    Done,
    Faulted,
    Fenced,
    InboxFull,
    Lane,
    StoreUnavailable,
    Tx,
    Writer,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same tests on both databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hub.db'}"
    return str(request.getfixturevalue("postgres_url"))


def put(tx: Tx, key: str, now: datetime) -> Done[str]:
    tx.execute(insert(t.settings).values(key=key, value="x"))
    tx.journal("test", {"key": key})
    return Done(key, (f"spoken {key}",))


def refuse(tx: Tx, key: str, now: datetime) -> Done[str]:
    put(tx, key, now)
    raise DomainError("not_found")


def bug(tx: Tx, key: str, now: datetime) -> Done[str]:
    put(tx, key, now)
    raise ZeroDivisionError("a bug")


class Bench:
    """A writer with everything it says."""

    def __init__(self, address: str, *, inline: bool = True, holder: str = "me") -> None:
        self.engines: Engines = open_engines(address)
        create(self.engines, "s", {"en": "S"}, "UTC", demo=True)
        self.epoch = take_lease(self.engines, holder)
        self.batcher = Batcher(self.engines, self.epoch, holder)
        self.fatal: list[BaseException] = []
        self.spoken: list[object] = []
        self.writer = Writer(self.batcher, lambda: NOW, self.fatal.append, inline=inline)
        self.writer.speak = self.spoken.extend

    def keys(self) -> set[str]:
        with self.engines.read.connect() as connection:
            return set(connection.execute(select(t.settings.c.key)).scalars())

    def verdict(self) -> chain.Verdict:
        with self.engines.read.connect() as connection:
            return chain.verify(connection)

    def quarantined(self) -> list[Any]:
        with self.engines.read.connect() as connection:
            return list(connection.execute(select(t.quarantine)).all())

    async def all(self, *work: tuple[Callable[..., Done[str]], str]) -> list[Any]:
        futures = [self.writer.submit(act, key) for act, key in work]
        return await asyncio.gather(*futures, return_exceptions=True)

    async def close(self) -> None:
        await self.writer.close()
        self.engines.close()


async def test_the_second_of_three_fails_and_the_others_persist(address: str) -> None:
    bench = Bench(address)
    one, two, three = await bench.all((put, "1"), (refuse, "2"), (put, "3"))
    assert (one, three) == ("1", "3")
    assert isinstance(two, DomainError)
    assert two.code == "not_found"
    assert bench.keys() == {"1", "3"}
    assert bench.spoken == ["spoken 1", "spoken 3"]
    assert bench.verdict() == chain.Verdict(True, 2)
    await bench.close()


async def test_a_bug_is_quarantined_and_life_goes_on(address: str) -> None:
    bench = Bench(address)
    one, two, three = await bench.all((put, "1"), (bug, "2"), (put, "3"))
    assert (one, three) == ("1", "3")
    assert isinstance(two, Faulted)
    (kept,) = bench.quarantined()
    assert kept.id == two.quarantine_id
    assert "ZeroDivisionError" in kept.fault
    assert kept.content == "str"  # its shape: what it held may be personal
    assert bench.keys() == {"1", "3"}
    assert bench.verdict().fine
    await bench.close()


async def test_whatever_the_order_only_what_succeeded_is_there(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first act of a batch has the whole transaction for savepoint, the others their own."""
    monkeypatch.setattr("hub.store.writer.BATCH_S", 600.0)  # three are always one batch
    bench, kept = Bench(address), set[str]()
    for number, acts in enumerate(itertools.product((put, refuse, bug), repeat=3)):
        work = [(act, f"{number}-{at}") for at, act in enumerate(acts)]
        before, batches = len(bench.quarantined()), bench.writer.batches
        told = await bench.all(*work)
        assert bench.writer.batches == batches + 1
        for (act, key), said in zip(work, told, strict=True):
            wanted = {put: str, refuse: DomainError, bug: Faulted}[act]
            assert isinstance(said, wanted), (acts, key)
        kept |= {key for act, key in work if act is put}
        assert bench.keys() == kept
        assert len(bench.quarantined()) == before + acts.count(bug)
    assert bench.verdict() == chain.Verdict(True, len(kept))
    assert bench.spoken == [f"spoken {key}" for key in sorted(kept, key=_turn)]
    await bench.close()


def _turn(key: str) -> tuple[int, ...]:
    return tuple(int(part) for part in key.split("-"))


async def test_a_broken_constraint_is_our_fault_too(address: str) -> None:
    bench = Bench(address)
    _, again, after = await bench.all((put, "1"), (put, "1"), (put, "2"))
    assert isinstance(again, Faulted)
    assert after == "2"
    assert bench.keys() == {"1", "2"}
    await bench.close()


async def test_a_failing_commit_speaks_nothing(address: str, monkeypatch: Any) -> None:
    bench = Bench(address)

    def broken(batch: Any, taken: Any) -> Any:
        batch.transaction.rollback()
        return bench.batcher._failed(taken, OperationalError("commit", {}, OSError("disk full")))

    monkeypatch.setattr(bench.batcher, "_commit", broken)
    one, two = await bench.all((put, "1"), (put, "2"))
    assert isinstance(one, StoreUnavailable)
    assert isinstance(two, StoreUnavailable)
    assert bench.spoken == []
    assert bench.keys() == set()
    monkeypatch.undo()
    assert await bench.writer.submit(put, "3") == "3"  # and it lives on
    assert bench.verdict() == chain.Verdict(True, 1)
    await bench.close()


async def test_a_full_disk_is_told_and_survived(tmp_path: Path) -> None:
    bench = Bench(f"sqlite:///{tmp_path / 'hub.db'}")
    await bench.writer.submit(put, "0")
    raw: Any = bench.batcher._connection.connection.dbapi_connection  # type: ignore[union-attr]
    (pages,) = raw.execute("pragma page_count").fetchone()
    raw.execute(f"pragma max_page_count={pages}")

    def large(tx: Tx, size: int, now: datetime) -> Done[str]:
        tx.execute(insert(t.settings).values(key="large", value="x" * size))
        return Done("large", ("spoken large",))

    (told,) = await asyncio.gather(bench.writer.submit(large, 1_000_000), return_exceptions=True)
    assert isinstance(told, StoreUnavailable)
    assert bench.spoken == ["spoken 0"]
    raw = None
    assert await bench.writer.submit(put, "1") == "1"  # a new connection has room again
    assert bench.keys() == {"0", "1"}
    await bench.close()


async def test_a_commit_whose_end_nobody_knows_ends_the_process(
    address: str, monkeypatch: Any
) -> None:
    bench = Bench(address)

    def unknown(*_: Any) -> Any:
        raise CommitUnknown("lost")

    monkeypatch.setattr(bench.batcher, "_commit", unknown)
    future = bench.writer.submit(put, "1")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert isinstance(bench.fatal[0], CommitUnknown)
    assert bench.spoken == []
    future.cancel()
    bench.batcher.close()
    bench.engines.close()


async def test_another_judge_fences_this_one_off(postgres_url: str) -> None:
    bench = Bench(postgres_url)
    assert await bench.writer.submit(put, "1") == "1"
    take_lease(bench.engines, "somebody else")
    future = bench.writer.submit(put, "2")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert isinstance(bench.fatal[0], Fenced)
    assert bench.keys() == {"1"}
    future.cancel()
    bench.batcher.close()
    bench.engines.close()


async def test_doors_go_first(address: str) -> None:
    bench = Bench(address)
    order: list[str] = []

    def note(tx: Tx, name: str, now: datetime) -> Done[None]:
        order.append(name)
        return Done(None)

    slow = [bench.writer.submit(note, f"event {i}") for i in range(3)]
    door = bench.writer.submit(note, "door", Lane.URGENT)
    await asyncio.gather(*slow, door)
    assert order[0] == "door"
    await bench.close()


async def test_a_full_inbox_is_told_at_once(address: str) -> None:
    bench = Bench(address)
    waiting = [bench.writer.submit(put, f"k{i}", Lane.URGENT) for i in range(1_000)]
    with pytest.raises(InboxFull):
        bench.writer.submit(put, "one more", Lane.URGENT)
    await asyncio.gather(*waiting)
    assert bench.writer.batches >= 1_000 // 50  # no batch grows beyond its bound
    await bench.close()


async def test_the_thread_writes_as_the_loop_does(address: str) -> None:
    bench = Bench(address, inline=False)
    results = await bench.all(*[(put, f"k{i}") for i in range(120)], (bug, "bad"))
    assert results[:120] == [f"k{i}" for i in range(120)]
    assert isinstance(results[120], Faulted)
    assert len(bench.keys()) == 120
    assert bench.spoken == [f"spoken k{i}" for i in range(120)]
    assert bench.verdict() == chain.Verdict(True, 120)
    await bench.close()
    assert bench.fatal == []


async def test_durable_effects_live_with_their_act(address: str) -> None:
    bench = Bench(address)

    def refund(tx: Tx, fail: bool, now: datetime) -> Done[None]:
        tx.durable("refund-1", "refund", {"fen": 1})
        if fail:
            raise DomainError("not_found")
        return Done(None)

    await asyncio.gather(bench.writer.submit(refund, True), return_exceptions=True)
    with bench.engines.read.connect() as connection:
        assert connection.execute(select(t.effects)).all() == []
    await bench.writer.submit(refund, False)
    await bench.writer.submit(refund, False)
    with bench.engines.read.connect() as connection:
        assert len(connection.execute(select(t.effects)).all()) == 1
    await bench.close()


async def test_an_opening_waits_for_one_batch_of_a_long_job_at_most(address: str) -> None:
    """A job in many acts never stands between a person and a door."""
    bench = Bench(address)
    done: list[str] = []

    def step(tx: Tx, name: str, now: datetime) -> Done[None]:
        done.append(name)
        return Done(None)

    job = [bench.writer.submit(step, f"job {n}") for n in range(500)]
    await job[0]
    assert len(done) <= 50
    before = len(done)
    await bench.writer.submit(step, "door", Lane.URGENT)
    assert done.index("door") <= before + 50
    assert len(done) < 500
    await asyncio.gather(*job)
    await bench.close()
