"""The log that anyone can verify: every kind of tampering is named, forgetting is allowed."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from hub.acts.keeping import Forget, forget
from hub.core.retention import Scope
from hub.store import chain
from hub.store import tables as t
from hub.store.writer import Done, Tx
from tests.unit.test_writer import NOW, Bench, address, put

__all__ = ["address"]


def event(seq: int) -> dict[str, Any]:
    return {
        "device_id": "gate", "boot": "1-aa", "seq": seq, "at": 1.5, "recorded_at": 2.25,
        "kind": "access", "door_id": "d", "outcome": "granted", "reason": "granted",
        "person_id": "p", "via": "card", "late": False, "ms": {"auth": 0.1}, "body": "{}",
    }  # fmt: skip


def record(tx: Tx, seq: int, now: object) -> Done[int]:
    return Done(tx.record(t.events, event(seq)))


async def six(bench: Bench) -> None:
    """Six links: 1 put, 2-4 events, 5 put, 6 event."""
    await bench.writer.submit(put, "a")
    for seq in (1, 2, 3):
        await bench.writer.submit(record, seq)
    await bench.writer.submit(put, "b")
    await bench.writer.submit(record, 4)


INTRUDER = (
    "insert into events select {n}, device_id, boot, 99, at, recorded_at, kind, door_id, outcome, "
    "reason, person_id, via, late, ms, body from events where n = 2"
)
TAMPERING = [
    ("update chain set body = replace(body, 'granted', 'refused') where n = 3", "chain", 3),
    ("update chain set kind = 'other' where n = 2", "chain", 2),
    ("update chain set at = at + 1 where n = 4", "chain", 4),
    ("update chain set salt = 'ab' where n = 2", "chain", 2),
    ("update chain set body = null where n = 2", "chain", 2),
    ("delete from chain where n = 3", "chain", 3),
    ("delete from chain where n = 6", "chain", 6),
    ("delete from chain where n = 1", "chain", 1),
    (
        "insert into chain select 7, at, kind, salt, body, commitment, hash from chain where n = 6",
        "chain",
        7,
    ),
    ("update events set reason = 'exit' where n = 3", "events", 3),
    ("update events set at = 99 where n = 2", "events", 2),
    ("update events set late = not late where n = 6", "events", 6),
    ("delete from events where n = 3", "events", 3),
    ("delete from events where n = 6", "events", 6),
    (
        INTRUDER.format(n=5),
        "events",
        5,
    ),
    (
        INTRUDER.format(n=77),
        "events",
        77,
    ),
]


@pytest.mark.parametrize(("deed", "table", "n"), TAMPERING)
async def test_tampering_is_named(tmp_path: Path, deed: str, table: str, n: int) -> None:
    bench = Bench(f"sqlite:///{tmp_path / 'hub.db'}")
    await six(bench)
    assert bench.verdict() == chain.Verdict(True, 6)
    with bench.engines.write.begin() as connection:
        connection.execute(text(deed))
    verdict = bench.verdict()
    assert (verdict.fine, verdict.table, verdict.n) == (False, table, n), verdict
    await bench.close()


async def test_both_databases_verify(address: str) -> None:
    bench = Bench(address)
    await six(bench)
    assert bench.verdict() == chain.Verdict(True, 6)
    with bench.engines.write.begin() as connection:
        connection.execute(update(t.events).where(t.events.c.n == 4).values(ms={"auth": 0.2}))
    verdict = bench.verdict()
    assert (verdict.table, verdict.n, verdict.fault) == ("events", 4, "altered")
    await bench.close()


async def test_a_forgotten_person_leaves_a_chain_that_verifies(tmp_path: Path) -> None:
    bench = Bench(f"sqlite:///{tmp_path / 'hub.db'}")
    await six(bench)
    await bench.writer.submit(forget, Forget(Scope("events"), (3,)))
    assert bench.verdict() == chain.Verdict(True, 7)
    with bench.engines.write.begin() as connection:  # body gone, and the log says nothing of it
        connection.execute(update(t.chain).where(t.chain.c.n == 2).values(salt=None, body=None))
    assert bench.verdict() == chain.Verdict(False, 7, "removed", "events", 2)
    await bench.close()


def test_a_commitment_hides_its_body() -> None:
    one = chain.forge(chain.Head(0, chain.GENESIS), 1.0, "k", {"name": "沈桂芳"})
    two = chain.forge(chain.Head(0, chain.GENESIS), 1.0, "k", {"name": "沈桂芳"})
    assert one.commitment != two.commitment
    assert NOW is not None
