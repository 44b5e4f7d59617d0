"""Retention: what is too old goes, nothing else; the log still names what somebody else took."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from devices.mistake import Mistake
from hub.acts.imports import Which, begin_undo
from hub.acts.keeping import Forget, Keep, forget, keep
from hub.core.errors import DomainError
from hub.core.retention import DAY_S, FLOORS_DAYS, LINKS_AT_ONCE, check_days, read_scope, spans
from hub.exporting import export, moment
from hub.keeping import Keeping
from hub.store import chain
from hub.store import tables as t
from hub.store.writer import Done, StoreUnavailable, Tx
from tests.unit.test_chain import INTRUDER, event
from tests.unit.test_writer import NOW, Bench, address, put

__all__ = ["address"]

OLD_S = NOW.timestamp() - 40 * DAY_S


class Log(Bench):
    """A store with events of forty days ago and of today, all acknowledged."""

    async def fill(self, old: int, new: int, *, acked: int = 10_000, kind: str = "access") -> None:
        await self.writer.submit(put, "a")
        for seq in range(1, old + new + 1):
            at_s = OLD_S if seq <= old else NOW.timestamp()
            row = event(seq) | {"recorded_at": at_s, "kind": kind}
            await self.writer.submit(record, row)
        with self.engines.write.begin() as connection:
            connection.execute(insert(t.acks).values(device_id="gate", boot="1-aa", upto=acked))

    @property
    def keeping(self) -> Keeping:
        return Keeping(self.engines, self.writer, lambda: NOW)

    def events(self) -> list[int]:
        with self.engines.read.connect() as connection:
            return list(connection.execute(select(t.events.c.seq).order_by(t.events.c.n)).scalars())


def record(tx: Tx, row: dict[str, Any], now: datetime) -> Done[int]:
    del now
    return Done(tx.record(t.events, row))


async def test_what_is_too_old_goes_and_the_chain_verifies(address: str) -> None:
    log = Log(address)
    await log.fill(old=5, new=3)
    await log.writer.submit(keep, Keep("events", 30, "test"))
    assert await log.keeping.run_once() == 5
    assert log.events() == [6, 7, 8]
    assert log.verdict().fine
    assert await log.keeping.run_once() == 0
    with log.engines.read.connect() as connection:
        bodies = connection.execute(select(t.chain.c.body, t.chain.c.salt).where(t.chain.c.n == 3))
        assert bodies.one() == (None, None)
        rule = connection.execute(select(t.retention)).one()
    assert (rule.forgotten, rule.at_n) == (5, 6)
    await log.close()


TAMPERING = [
    ("update chain set body = replace(body, 'granted', 'refused') where n = 7", "chain", 7),
    ("update chain set commitment = hash where n = 3", "chain", 3),
    ("update chain set at = at + 1 where n = 3", "chain", 3),
    ("delete from chain where n = 3", "chain", 3),
    ("update events set reason = 'exit' where n = 8", "events", 8),
    ("delete from events where n = 8", "events", 8),
    ("delete from events where n = 9", "events", 9),
    (INTRUDER.format(n=3).replace("n = 2", "n = 8"), "events", 3),
    # the way retention does it, but without its word in the log
    (
        "delete from events where n = 8;update chain set body = null, salt = null where n = 8",
        "events",
        8,
    ),
    ("update chain set body = null, salt = null where n = 1", "chain", 1),
    ("update chain set body = null, salt = null where kind = 'forgotten'", "events", 2),
]


@pytest.mark.parametrize(("deed", "table", "n"), TAMPERING)
async def test_one_wrong_row_is_named_after_retention_ran(
    tmp_path: Path, deed: str, table: str, n: int
) -> None:
    log = Log(f"sqlite:///{tmp_path / 'hub.db'}")
    await log.fill(old=5, new=3)
    await log.writer.submit(keep, Keep("events", 30, "test"))
    await log.keeping.run_once()
    assert log.verdict().fine
    with log.engines.write.begin() as connection:
        for one in deed.split(";"):
            connection.execute(text(one))
    verdict = log.verdict()
    assert (verdict.fine, verdict.table, verdict.n) == (False, table, n), verdict
    await log.close()


async def test_a_wrong_row_is_named_on_postgresql_too(postgres_url: str) -> None:
    log = Log(postgres_url)
    await log.fill(old=2, new=2)
    await log.writer.submit(keep, Keep("events", 30, "test"))
    await log.keeping.run_once()
    with log.engines.write.begin() as connection:
        connection.execute(text("delete from events where n = 5"))
        connection.execute(text("update chain set body = null, salt = null where n = 5"))
    assert (log.verdict().table, log.verdict().n) == ("events", 5)
    await log.close()


async def test_an_event_that_may_come_again_is_not_forgotten(address: str) -> None:
    """Before the acknowledgement a device sends it again; forgotten, it would be a second fact."""
    log = Log(address)
    await log.fill(old=5, new=0, acked=2)
    await log.writer.submit(keep, Keep("events", 30, "test"))
    await log.keeping.run_once()
    assert log.events() == [3, 4, 5]
    await log.close()


async def test_a_kind_with_its_own_rule_is_left_to_it(address: str) -> None:
    log = Log(address)
    await log.fill(old=3, new=0, kind="contact")
    await log.writer.submit(keep, Keep("events", 30, "test"))
    await log.writer.submit(keep, Keep("events/contact", 60, "test"))
    assert await log.keeping.run_once() == 0
    await log.writer.submit(keep, Keep("events/contact", 35, "test"))
    assert await log.keeping.run_once() == 3
    await log.close()


async def test_small_acts_and_on_from_where_it_was_killed(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(address)
    many = LINKS_AT_ONCE * 2 + 10
    await log.fill(old=many, new=1)
    await log.writer.submit(keep, Keep("events", 30, "test"))
    taken: list[int] = []
    submit = log.writer.submit

    def counted(act: Any, request: Any, *more: Any) -> Any:
        if len(taken) == 1:  # power off after the first act
            taken.append(0)
            raise StoreUnavailable
        taken.append(len(request.numbers))
        return submit(act, request, *more)

    monkeypatch.setattr(log.writer, "submit", counted)
    assert await log.keeping.run_once() == 0  # it never came to its end
    assert len(log.events()) == many + 1 - LINKS_AT_ONCE
    assert await log.keeping.run_once() == many - LINKS_AT_ONCE
    assert max(taken) == LINKS_AT_ONCE
    assert log.events() == [many + 1]
    assert log.verdict().fine
    await log.close()


async def test_journal_access_log_and_openings_have_rules_too(address: str) -> None:
    log = Log(address)
    await log.fill(old=1, new=0)
    long_ago = NOW.timestamp() - 500 * DAY_S
    with log.engines.write.begin() as connection:
        for n, at_s in ((1, long_ago), (2, NOW.timestamp())):
            row = {"n": n, "at": at_s, "subject": "staff:s", "verb": "read", "object": "person:p"}
            connection.execute(insert(t.access_log).values(**row))
            opening = {"id": f"o-{n}", "phone_id": "f", "person_id": "p", "door_id": "d", "ms": {}}
            connection.execute(insert(t.openings).values(presented_at=at_s, **opening))
    for scope, days in (("access_log", 200), ("openings", 7), ("journal", 90)):
        await log.writer.submit(keep, Keep(scope, days, "test"))
    assert await log.keeping.run_once() == 2  # the journal is of today
    later = Keeping(log.engines, log.writer, lambda: NOW + timedelta(days=100))
    assert await later.run_once() > 0
    assert log.verdict().fine
    with log.engines.read.connect() as connection:
        kept = connection.execute(
            select(t.chain.c.kind).where(t.chain.c.body.is_not(None)).order_by(t.chain.c.n)
        ).scalars().all()  # fmt: skip
    assert "put" not in kept
    assert "forgotten" in kept
    await log.close()


@pytest.mark.parametrize(
    "scope",
    ["transfers", "people", "", "events/", "events/x y", "openings/x", "journal/forgotten", "/"],
)
def test_what_cannot_be_forgotten_is_refused(scope: str) -> None:
    with pytest.raises(DomainError):
        read_scope(scope)


@pytest.mark.parametrize("table", sorted(FLOORS_DAYS))
def test_a_rule_below_the_floor_is_refused(table: str) -> None:
    scope = read_scope(table)
    check_days(scope, FLOORS_DAYS[table])
    for days in (FLOORS_DAYS[table] - 1, 0, -5, 40_000):
        with pytest.raises(DomainError):
            check_days(scope, days)


@given(st.sets(st.integers(1, 60)))
def test_spans_say_exactly_which(numbers: set[int]) -> None:
    found = spans(sorted(numbers))
    assert {n for first, last in found for n in range(first, last + 1)} == numbers
    assert all(a[1] + 1 < b[0] for a, b in pairwise(found))


@given(st.sets(st.integers(1, 40)), st.lists(st.sets(st.integers(1, 40), max_size=9), max_size=6))
def test_a_hole_is_explained_or_named(gone: set[int], told: list[set[int]]) -> None:
    holes = chain._Holes()
    for n in sorted(gone):
        holes.note(chain.Link(n, 1.0, "events", None, None, "", ""))
    for n, part in enumerate(told, 100):
        body = json.dumps({"spans": spans(sorted(part))})
        holes.note(chain.Link(n, 1.0, "forgotten", "s", body, "", ""))
    unexplained = gone - set().union(*told)
    assert holes.unexplained() == ((min(unexplained), "events") if unexplained else None)


# --------------------------------------------------------------------------- export


async def exported(log: Log, form: str, **limits: Any) -> str:
    out = io.StringIO(newline="")
    with log.engines.read.connect() as connection:
        count = export(connection, out, "log", form, limits.get("from_s"), limits.get("to_s"))
    rows = out.getvalue().count("\n") - (form == "csv")
    assert count == rows
    return out.getvalue()


async def test_the_log_comes_out_row_by_row(address: str) -> None:
    log = Log(address)
    await log.fill(old=2, new=1)
    await log.writer.submit(keep, Keep("events", 30, "test"))
    await log.keeping.run_once()
    lines = [json.loads(line) for line in (await exported(log, "jsonl")).splitlines()]
    assert [line["n"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert lines[1]["body"] is None
    assert lines[3]["body"]["outcome"] == "granted"
    assert lines[0]["at"].endswith("Z")
    table = list(csv.DictReader(io.StringIO(await exported(log, "csv"))))
    assert [int(row["n"]) for row in table] == [1, 2, 3, 4, 5, 6]
    assert json.loads(table[3]["body"])["person_id"] == "p"
    assert [row["hash"] for row in table] == [line["hash"] for line in lines]
    await log.close()


async def test_a_cell_that_a_spreadsheet_would_run_is_quoted(tmp_path: Path) -> None:
    log = Log(f"sqlite:///{tmp_path / 'hub.db'}")
    row = {"n": 1, "at": 1.0, "subject": "=1+1", "verb": "read", "object": "@x"}
    with log.engines.write.begin() as connection:
        connection.execute(insert(t.access_log).values(**row))
    out = io.StringIO()
    with log.engines.read.connect() as connection:
        export(connection, out, "access", "csv", None, None)
    assert "'=1+1,read,'@x" in out.getvalue()
    await log.close()


def test_a_day_is_the_sites_day() -> None:
    zone = "Asia/Shanghai"
    assert moment("2026-11-23", zone) == datetime(2026, 11, 22, 16, tzinfo=UTC).timestamp()
    assert moment("2026-11-23T00:00:00Z", zone) == datetime(2026, 11, 23, tzinfo=UTC).timestamp()
    with pytest.raises(Mistake, match="no date"):
        moment("yesterday", zone)


def old_rows(folder_s: float) -> list[tuple[Any, dict[str, Any]]]:
    """A household's month: an import, a pass with its use, a call, a letter; all at one time."""
    at_s = folder_s
    return [
        (t.households, {"id": "h", "house": "1-1-101", "building": "1"}),
        (t.people, {"id": "p", "household_id": "h", "name": "n"}),
        (t.imports, {"id": "i", "file": "f", "begun_by": "b", "begun_at": at_s, "ended_at": at_s,
                     "state": "applied", "changes": 3, "cursor": 3, "counts": {}}),
        *[(t.import_changes, {"import_id": "i", "n": n, "table": "people", "row_id": f"p{n}",
                              "fresh": True, "after": {"name": "n"}}) for n in range(450)],
        (t.passes, {"id": "v", "host_id": "p", "household_id": "h", "doors": [],
                    "label_sealed": "-", "from_at": at_s, "to_at": at_s, "issued_at": at_s,
                    "issued_by": "phone:1"}),
        (t.pass_uses, {"pass_id": "v", "door_id": "d", "at": at_s, "last_at": at_s}),
        (t.calls, {"id": "c", "door_id": "d", "desk": True, "rang_at": at_s}),
        (t.letters, {"id": "l", "household_id": "h", "issued_by": "b", "issued_at": at_s,
                     "expires_at": at_s}),
    ]  # fmt: skip


HELD = (t.imports, t.import_changes, t.passes, t.pass_uses, t.calls, t.letters)


@pytest.mark.parametrize("old_days", [29, 100])
async def test_visitors_calls_letters_and_imports_go_by_their_rules(
    address: str, old_days: int
) -> None:
    log = Log(address)
    with log.engines.write.begin() as connection:
        for table, row in old_rows(NOW.timestamp() - old_days * DAY_S):
            connection.execute(insert(table).values(**row))

    def held() -> list[str]:
        with log.engines.read.connect() as connection:
            return [name.name for name in HELD if connection.execute(select(name)).first()]

    assert await log.keeping.run_once() == (451 if old_days == 100 else 0)
    everything = [table.name for table in HELD]
    assert held() == (everything if old_days == 29 else everything[2:])  # an import needs no rule
    for scope in ("passes", "calls", "letters"):
        await log.writer.submit(keep, Keep(scope, 30, "test"))
    await log.keeping.run_once()
    assert held() == (everything if old_days == 29 else [])
    assert log.verdict().fine
    await log.close()


async def test_an_import_that_is_being_forgotten_is_not_undone_by_halves(address: str) -> None:
    log = Log(address)
    with log.engines.write.begin() as connection:
        for table, row in old_rows(NOW.timestamp() - 100 * DAY_S):
            connection.execute(insert(table).values(**row))
    await log.writer.submit(forget, Forget(read_scope("imports"), (0, 1), ("i",)))
    with pytest.raises(DomainError, match="import_undone"):
        await log.writer.submit(begin_undo, Which("i"))
    await log.close()


def told_alert(tx: Tx, closed_at: float | None, now: datetime) -> Done[None]:
    del now
    name = f"a-{closed_at or 0:.0f}"
    tx.execute(
        insert(t.alerts).values(
            id=name, kind="held", subject="door:1", severity="minor", policy_id="default",
            state="closed", opened_at=1.0, last_at=1.0, times=1, round=1, step=1,
            closed_at=closed_at,
        )
    )  # fmt: skip
    tx.record(t.alert_log, {"alert_id": name, "at": 1.0, "what": "raised", "by": "", "detail": ""})
    return Done(None)


async def test_closed_alerts_go_with_their_log_and_open_ones_stay(address: str) -> None:
    log = Log(address)
    old_s = NOW.timestamp() - 100 * DAY_S
    for closed_s in (old_s, NOW.timestamp(), None):
        await log.writer.submit(told_alert, closed_s)

    def left(table: Any) -> int:
        with log.engines.read.connect() as connection:
            return len(connection.execute(select(table)).all())

    await log.writer.submit(keep, Keep("alerts", 90, "test"))
    assert await log.keeping.run_once() == 0  # not before what is said of it
    await log.writer.submit(keep, Keep("alert_log", 90, "test"))
    await log.keeping.run_once()
    await log.keeping.run_once()
    assert (left(t.alert_log), left(t.alerts)) == (2, 2)
    assert log.verdict().fine
    await log.close()


async def test_who_had_a_stopped_card_goes_by_its_rule_and_who_has_one_stays(address: str) -> None:
    log = Log(address)
    old_s = NOW.timestamp() - 400 * DAY_S
    with log.engines.write.begin() as connection:
        connection.execute(insert(t.people).values(id="p", name="n"))
        for name, blocked in (("kept", None), ("lost", old_s)):
            card = {"id": name, "uid": name, "person_id": "p", "kind": "ntag424"}
            connection.execute(
                insert(t.cards).values(**card, issued_at=old_s, blocked_at=blocked, sun_counter=-1)
            )
        for name, at_s in (
            ("kept", old_s),
            ("lost", old_s),
            ("gone", old_s),
            ("new", NOW.timestamp()),
        ):
            given = {"card_id": name, "person_id": "p", "kind": "ntag424", "at": at_s, "by": "b"}
            connection.execute(insert(t.handouts).values(**given))
    await log.keeping.run_once()
    await log.writer.submit(keep, Keep("handouts", 365, "test"))
    assert await log.keeping.run_once() == 2
    with log.engines.read.connect() as connection:
        held = connection.execute(select(t.handouts.c.card_id)).scalars()
        assert sorted(held) == ["kept", "new"]
    await log.close()
