"""A device's own disk: intents before the strike, events until the hub has them, and its policy.

SQLite with a synced commit for each step. Events are deleted only long after the hub's gapless
acknowledgement; a full box drops the oldest events of low priority and says so with ``gap``.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from devices.messages import ClockQuality, Event, Revision
from devices.ports import Luck
from devices.synced import open_synced, whole
from devices.wire import event_body, read_event

EVENTS_MAX = 100_000  # unsent events of about a year of one door without any hub
DROPPED_AT_ONCE = 1_000  # a full box makes room rarely and thoroughly
ACKED_KEPT_S = 7 * 86_400.0  # a restored hub re-reads what the doors still hold (keys.md)
QUESTIONS_MOST = 100  # boots of which a new life of the hub is asked; a week has a handful
SPENT_MOST = 50_000  # command ids in memory; an hour of a busy device has a thousand
ANSWERS_KEPT_S = 3_600.0  # a command lives ten seconds; an hour outlives every honest repeat
_LOW = (
    "condition",
    "contact",
    "mode",
    "held_over",
    "pass_asked",
    "face_asked",
)  # kinds that may be dropped when the box is full

_WAITING = "select boot_n, seq, boot, body, gap from outbox where acked_at is null "
_NEWEST_ACKED = (
    "select body, max(seq) from outbox where acked_at >= ? and gap = 0 "
    "group by boot_n order by boot_n desc limit ?"
)
_OLDEST_LOW = _WAITING + "and gap = 0 order by low desc, boot_n, seq limit ?"
_OLDEST = _WAITING + "order by boot_n, seq limit ?"

_SCHEMA = """
create table if not exists meta (key text primary key, value text not null) without rowid;
create table if not exists outbox (
  boot_n integer not null, seq integer not null, boot text not null, low integer not null,
  body text not null, acked_at real, gap integer not null default 0,
  primary key (boot_n, seq)) without rowid;
create index if not exists outbox_unacked on outbox (boot_n, seq) where acked_at is null;
create table if not exists intents (id text primary key, body text not null) without rowid;
create table if not exists answers (
  id text primary key, digest text not null, answer blob, at real not null, intent text)
  without rowid;
create table if not exists memory (key text primary key, value text not null) without rowid;
create table if not exists policy (
  one integer primary key check (one = 1), epoch integer, number integer, sha256 text, plain blob);
create table if not exists patches (
  n integer primary key, epoch integer, number integer, head text, patch blob);
"""

Memory = Mapping[str, str | None]  # rows of used-once state; None ends one
_NOTHING: Memory = {}


@dataclass(frozen=True, slots=True)
class Seen:
    """A command that came before: the digest of its bytes and the answer, if it got that far."""

    digest: str
    answer: bytes | None


class Journal:
    """The one SQLite file of a device; every public method is one synced transaction."""

    def __init__(self, path: Path | str, *, synced: bool = True) -> None:
        self._db = open_synced(path, _SCHEMA, synced=synced)
        self.boot = ""
        self._boot_n = 0
        self._seq = 0
        self._withheld = 0  # how many of this boot only some may know of
        self._numbers: dict[str, float] = {}  # as they stand on the disk: epoch and time
        # every command on the disk, and perhaps some more: of a new one nobody need ask the disk
        self._spent = self._names_on_disk()
        boots = "select boot, max(seq) from outbox where acked_at is not null group by boot"
        self._acked = dict(self._db.execute(boots).fetchall())  # by boot, of the days it is kept

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    @contextmanager
    def _commit(self) -> Iterator[sqlite3.Connection]:
        before = self._seq
        try:
            with whole(self._db) as db:
                yield db
        except BaseException:
            self._seq = before  # a number without its event would be a gap that no ack crosses
            raise

    # ----------------------------------------------------------------- start

    def begin_boot(self, luck: Luck) -> str:
        """A boot name that never repeats, even on a wiped disk: a counter and 64 random bits."""
        with self._commit() as db:
            self._boot_n = int(self._get("boot", "0")) + 1
            self._set(db, "boot", str(self._boot_n))
        self._seq = self._withheld = 0
        self.boot = f"{self._boot_n}-{luck(8).hex()}"
        return self.boot

    @property
    def first_boot(self) -> bool:
        """Whether this disk was empty when the device started."""
        return self._boot_n == 1

    def _get(self, key: str, default: str) -> str:
        row = self._db.execute("select value from meta where key = ?", (key,)).fetchone()
        return default if row is None else str(row[0])

    def _set(self, db: sqlite3.Connection, key: str, value: str) -> None:
        db.execute("insert or replace into meta values (?, ?)", (key, value))

    def number(self, key: str) -> float:
        """A stored number such as the highest epoch or time; 0 when there is none."""
        if key not in self._numbers:
            self._numbers[key] = float(self._get(key, "0"))
        return self._numbers[key]

    def raise_to(self, key: str, value: float) -> None:
        """Store a number that only ever grows."""
        if value <= self.number(key):
            return
        with self._commit() as db:
            self._set(db, key, repr(value))
        self._numbers[key] = value

    # ----------------------------------------------------------------- commands and intents

    def seen(self, command: str) -> Seen | None:
        """Whether a command id came before."""
        if command not in self._spent:
            return None
        row = self._db.execute(
            "select digest, answer from answers where id = ?", (command,)
        ).fetchone()
        return None if row is None else Seen(row[0], row[1])

    def intend(
        self,
        intent: str,
        body: Mapping[str, Any],
        command: str | None,
        raw: bytes,
        at_s: float,
        memory: Memory = _NOTHING,
        also: Event | None = None,
    ) -> Event | None:
        """Before the strike: the command's id is spent, intent and used-once state are on disk.

        ``also`` is an event that must not be lost whatever comes next, and that only some may know
        of; it returns numbered. Of a
        command all is one row where nothing else is remembered: somebody waits before the door
        while this page is synced.
        """
        promise = json.dumps(body)
        if not memory and also is None:  # one statement is a transaction of its own
            if self._db.in_transaction:  # a rollback that the disk's trouble swallowed
                self._db.execute("rollback")
            self._promise(self._db, intent, promise, command, raw, at_s)
            return None
        with self._commit() as db:
            self._promise(db, intent, promise, command, raw, at_s)
            self._keep_memory(db, memory)
            told = self._append(db, also) if also is not None else None
        self._withheld += told is not None
        return told

    def _promise(
        self,
        db: sqlite3.Connection,
        intent: str,
        promise: str,
        command: str | None,
        raw: bytes,
        at_s: float,
    ) -> None:
        if command is not None:
            self._remember(db, command, raw, None, at_s, promise)
        else:
            db.execute("insert into intents values (?, ?)", (intent, promise))

    def _names_on_disk(self) -> set[str]:
        return {name for (name,) in self._db.execute("select id from answers")}

    def _keep_memory(self, db: sqlite3.Connection, memory: Memory) -> None:
        for key, value in memory.items():
            if value is None:
                db.execute("delete from memory where key = ?", (key,))
            else:
                db.execute("insert or replace into memory values (?, ?)", (key, value))

    def remember(self, memory: Memory) -> None:
        """Used-once state that changed by itself, without an event to tell."""
        with self._commit() as db:
            self._keep_memory(db, memory)

    def memory(self) -> dict[str, str]:
        """What was remembered with intents and events, by key."""
        return dict(self._db.execute("select key, value from memory").fetchall())

    def _remember(
        self,
        db: sqlite3.Connection,
        command: str,
        raw: bytes,
        answer: bytes | None,
        at_s: float,
        promise: str | None = None,
    ) -> None:
        if len(self._spent) > SPENT_MOST:  # names that a full disk did not take
            self._spent = self._names_on_disk()
        self._spent.add(command)  # before the disk has it: a row must never be without its name
        digest = hashlib.sha256(raw).hexdigest()
        row = (command, digest, answer, at_s, promise)
        db.execute("insert into answers values (?, ?, ?, ?, ?)", row)

    def settle(
        self,
        intent: str,
        event: Event,
        command: str | None,
        answer: bytes | None,
        memory: Memory = _NOTHING,
    ) -> Event:
        """After the strike: the event takes its number, the intent ends, the answer is kept."""
        with self._commit() as db:
            numbered = self._append(db, event)
            self._keep_memory(db, memory)
            if command is not None:
                kept = (answer, command)
                db.execute("update answers set answer = ?, intent = null where id = ?", kept)
            else:
                db.execute("delete from intents where id = ?", (intent,))
        return numbered

    def record(
        self,
        event: Event,
        command: str | None = None,
        raw: bytes = b"",
        answer: bytes = b"",
        memory: Memory = _NOTHING,
    ) -> Event:
        """An event that needs no intent (a refusal, a contact), with a refused command's answer."""
        with self._commit() as db:
            numbered = self._append(db, event)
            self._keep_memory(db, memory)
            if command is not None:
                self._remember(db, command, raw, answer, event.at_s)
        return numbered

    def record_beside(self, event: Event, also: Event, memory: Memory) -> tuple[Event, Event]:
        """A refusal and, in the same commit, an event that only some may know of; numbered."""
        with self._commit() as db:
            both = self._append(db, event), self._append(db, also)
            self._keep_memory(db, memory)
        self._withheld += 1
        return both

    def orphans(self) -> list[tuple[str, dict[str, Any]]]:
        """Intents whose end nobody saw: the device died between promise and event."""
        both = "select id, body from intents union all "
        both += "select id, intent from answers where intent is not null"
        rows = self._db.execute(both).fetchall()
        return [(row[0], json.loads(row[1])) for row in rows]

    # ----------------------------------------------------------------- events

    def _append(self, db: sqlite3.Connection, event: Event) -> Event:
        self._make_room(db, event.at_s, event.clock)
        numbered = replace(event, boot=self.boot, seq=self._seq + 1)
        self._put(db, numbered, low=event.kind in _LOW)
        return numbered

    def _put(self, db: sqlite3.Connection, event: Event, *, low: bool) -> None:
        content = event_body(event)
        if not isinstance(read_event(content), Event):  # it would stand before all others for ever
            raise ValueError(f"an unreadable event of kind {event.kind}")
        body = json.dumps(content, ensure_ascii=False)
        db.execute(
            "insert into outbox values (?, ?, ?, ?, ?, null, 0)",
            (self._boot_n, event.seq, event.boot, int(low), body),
        )
        self._seq = event.seq

    def _make_room(self, db: sqlite3.Connection, at_s: float, clock: ClockQuality) -> None:
        """A full box gives up its oldest: low priority first, then whatever is oldest."""
        (held,) = db.execute("select count(*) from outbox where acked_at is null").fetchone()
        if held < EVENTS_MAX:
            return
        for wanted in (_OLDEST_LOW, _OLDEST):
            rows = db.execute(wanted, (DROPPED_AT_ONCE,)).fetchall()
            self._merge(db, rows, at_s, clock)
            (held,) = db.execute("select count(*) from outbox where acked_at is null").fetchone()
            if held < EVENTS_MAX:
                return

    def _merge(
        self, db: sqlite3.Connection, rows: list[Any], at_s: float, clock: ClockQuality
    ) -> None:
        """Put one ``gap`` in the place of each unbroken run of events."""
        runs: list[list[Any]] = []
        for boot_n, seq, boot, body, gap in sorted(rows):
            last = _event(body).content["to"] if gap else seq
            if runs and runs[-1][0] == boot_n and runs[-1][2] + 1 == seq:
                runs[-1][2] = last
            else:
                runs.append([boot_n, seq, last, boot])
        for boot_n, first, last, boot in runs:
            db.execute(
                "delete from outbox where boot_n = ? and seq between ? and ?",
                (boot_n, first, last),
            )
            content = {"from": first, "to": last}
            mark = Event(boot, first, at_s, clock, "gap", content=content)
            db.execute(
                "insert into outbox values (?, ?, ?, 0, ?, null, 1)",
                (boot_n, first, boot, json.dumps(event_body(mark))),
            )

    def unacked(self, limit: int) -> list[Event]:
        """The oldest events that the hub has not acknowledged, in order."""
        rows = self._db.execute(
            "select body from outbox where acked_at is null order by boot_n, seq limit ?", (limit,)
        ).fetchall()
        return [_event(row[0]) for row in rows]

    def held(self) -> int:
        """How many events wait for the hub."""
        (count,) = self._db.execute("select count(*) from outbox where acked_at is null").fetchone()
        return int(count)

    def acked(self, boot: str, upto: int, at_s: float) -> int:
        """The hub has every event of this boot up to here; returns how many that settled."""
        with self._commit() as db:
            done = db.execute(
                "update outbox set acked_at = ? where boot = ? and seq <= ? and acked_at is null",
                (at_s, boot, upto),
            ).rowcount
            db.execute("delete from outbox where acked_at < ?", (at_s - ACKED_KEPT_S,))
            old = (at_s - ANSWERS_KEPT_S,)
            sweep = "delete from answers where at < ? and intent is null returning id"
            gone = db.execute(sweep, old).fetchall()
        if done:  # a name that no event bears is not kept
            self._acked[boot] = max(upto, self._acked.get(boot, 0))
        self._spent.difference_update(name for (name,) in gone)
        return int(done)

    def newest_acked(self, since_s: float) -> list[Event]:
        """The newest event of each boot that the hub has acknowledged, not before ``since_s``."""
        rows = self._db.execute(_NEWEST_ACKED, (since_s, QUESTIONS_MOST)).fetchall()
        return [_event(row[0]) for row in rows]

    def forgotten(self, boot: str, upto: int, told: Event, *, tell: bool = True) -> bool:
        """The hub acknowledges less than it did: its disk is an older one. Whether it is so.

        What it lacks waits again; of what was swept away meanwhile a ``gap`` tells. ``told`` says
        so itself, once a life of the hub: ``tell``.
        """
        if upto >= self._acked.get(boot, 0):
            return False
        with self._commit() as db:
            again = "update outbox set acked_at = null where boot = ? and seq > ?"
            db.execute(again, (boot, upto))
            self._name_holes(db, boot, upto, told.at_s, told.clock)
            if tell:
                self._append(db, told)
        self._acked[boot] = upto
        return True

    def recall(self, mark: str, events: Sequence[Event]) -> bool:
        """A restored hub asks for all that is kept: wait again, then add the answer; once a mark.

        What was already swept away stands as ``gap``, or no acknowledgement could cross it.
        """
        if self._get("recalled", "") == mark:
            return False
        with self._commit() as db:
            db.execute("update outbox set acked_at = null")
            for (boot,) in db.execute("select distinct boot from outbox").fetchall():
                self._name_holes(db, boot, 0, events[0].at_s, events[0].clock)
            for event in events:
                self._append(db, event)
            self._set(db, "recalled", mark)
        self._acked.clear()
        return True

    def _name_holes(
        self, db: sqlite3.Connection, boot: str, upto: int, at_s: float, clock: ClockQuality
    ) -> None:
        """A ``gap`` for each run of numbers after ``upto`` that is not kept any more."""
        kept = "select boot_n, seq, gap, body from outbox where boot = ? and seq > ? order by seq"
        rows = db.execute(kept, (boot, upto)).fetchall()
        boot_n = rows[0][0] if rows else self._boot_n
        holes, after = [], upto + 1
        for _, seq, gap, body in rows:
            if seq > after:
                holes.append((after, seq - 1))
            after = max(after, (_last_of(body) if gap else seq) + 1)
        if boot == self.boot and after <= self._seq:  # more will follow in this life
            holes.append((after, self._seq))
        for first, last in holes:
            content = {"from": first, "to": last}
            told = json.dumps(event_body(Event(boot, first, at_s, clock, "gap", content=content)))
            row = (boot_n, first, boot, told)
            db.execute("insert into outbox values (?, ?, ?, 0, ?, null, 1)", row)

    @property
    def last_told(self) -> int:
        """How many events of this boot anybody may know of: duress must not show as a gap."""
        return self._seq - self._withheld

    # ----------------------------------------------------------------- policy and keys

    def keep_policy(self, revision: Revision, sha256: str, plain: bytes) -> None:
        """The policy in force, replaced whole."""
        with self._commit() as db:
            db.execute(
                "insert or replace into policy values (1, ?, ?, ?, ?)",
                (revision.epoch, revision.number, sha256, zlib.compress(plain, 1)),
            )
            db.execute("delete from patches")

    def keep_patches(self, steps: Sequence[tuple[Revision, str, bytes]]) -> None:
        """Steps on from the policy in force: (revision, head, patch) each, all of them or none."""
        rows = [(at.epoch, at.number, head, patch) for at, head, patch in steps]
        with self._commit() as db:
            db.executemany(
                "insert into patches (epoch, number, head, patch) values (?, ?, ?, ?)", rows
            )

    def patches(self) -> list[tuple[Revision, str, bytes]]:
        """The steps since the policy was last replaced whole, in order."""
        rows = self._db.execute("select epoch, number, head, patch from patches order by n")
        return [(Revision(row[0], row[1]), row[2], row[3]) for row in rows]

    def policy(self) -> tuple[Revision, str, bytes] | None:
        """The policy that was in force when the device last ran."""
        row = self._db.execute("select epoch, number, sha256, plain from policy").fetchone()
        return None if row is None else (Revision(row[0], row[1]), row[2], zlib.decompress(row[3]))

    def policy_bytes(self) -> int:
        """How much of the disk the policy takes, without its patches."""
        row = self._db.execute("select length(plain) from policy").fetchone()
        return 0 if row is None else int(row[0])

    def keep_text(self, key: str, value: str) -> None:
        """A named text such as the newest key set."""
        with self._commit() as db:
            self._set(db, key, value)

    def text(self, key: str) -> str:
        """That text, empty when there is none."""
        return self._get(key, "")


def _event(body: str) -> Event:
    event = read_event(json.loads(body))
    if not isinstance(event, Event):  # we wrote it ourselves: our own fault, not the far end's
        raise RuntimeError(f"outbox holds what is no event: {event}")
    return event


def _last_of(gap: str) -> int:
    """The last number that a kept ``gap`` stands for."""
    last = _event(gap).content["to"]
    return last if isinstance(last, int) else 0
