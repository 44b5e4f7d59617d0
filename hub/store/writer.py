"""The one writer: acts in savepoints, batches in one transaction, effects after the commit.

An act is ``act(tx, request, now) -> Done(value, effects)``: no I/O but ``tx``, no memory changed,
safe to run again. A ``DomainError`` rolls its savepoint back and is the reply; any other exception
is our fault: rolled back, kept in quarantine, told as ``Faulted``. If the commit surely did not
happen nothing is spoken (``StoreUnavailable``); if nobody can know, the process must end.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import JSON, Connection, Table, bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError

from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.chain import Head, Link, forge, forge_text, recorded_text
from hub.store.engine import Engines, Transaction, begin
from hub.store.prepared import Driver, Prepared, json_text

log = logging.getLogger(__name__)

BATCH_ACTS = 50  # more would make the first of them wait longer than a commit costs
BATCH_S = 0.020  # the same bound in time, measured between acts
URGENT_MAX = 1_000  # openings in flight; beyond this the hub says 503 instead of queueing
NORMAL_MAX = 4_000  # events and money; devices keep what is not acknowledged

R = TypeVar("R")
Q_contra = TypeVar("Q_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


class Lane(Enum):
    """Doors first."""

    URGENT = "urgent"
    NORMAL = "normal"


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """What an act says: its value, and what to speak once it is committed."""

    value: R
    effects: tuple[object, ...] = ()


class Act(Protocol[Q_contra, R_co]):
    """A transaction function."""

    def __call__(self, tx: Tx, request: Q_contra, now: datetime, /) -> Done[Any]:
        """Do it."""


class StoreUnavailable(Exception):
    """The commit did not happen; nothing was spoken; try again later."""


class InboxFull(Exception):
    """Too much is waiting; the caller keeps its request and comes again."""


class Faulted(Exception):
    """Our fault in one act; it was rolled back and stands in quarantine under this id."""

    def __init__(self, quarantine_id: str) -> None:
        super().__init__(quarantine_id)
        self.quarantine_id = quarantine_id


class Fenced(Exception):
    """Another hub is the judge of this site now."""


class Tx:
    """What an act may do: statements, recorded facts, durable effects."""

    def __init__(
        self, connection: Connection, driver: Driver, head: Head, now_s: float, epoch: int
    ) -> None:
        self.head = head
        self.now_s = now_s
        self.epoch = epoch
        self.links: list[Link] = []
        self.execute = connection.execute
        self.read, self.write = driver.read, driver.write

    def journal(self, kind: str, body: Mapping[str, Any]) -> int:
        """Append a fact to the chain; returns its number."""
        return self._link(forge(self.head, self.now_s, kind, body))

    def _link(self, link: Link) -> int:
        self.head = Head(link.n, link.hash)
        self.links.append(link)
        return link.n

    def record(self, table: Table, row: Mapping[str, Any]) -> int:
        """Insert a row of a recorded table and chain it; ``n`` and defaults are filled here."""
        full = {column.name: row.get(column.name) for column in table.columns}
        full["n"] = self.head.n + 1
        text = recorded_text(table, full)
        n = self._link(forge_text(self.head, self.now_s, table.name, text))
        insertion, documents = _inserting(table)
        self.write(insertion, full | {name: json_text(full[name]) for name in documents})
        return n

    def durable(self, key: str, kind: str, body: Mapping[str, Any], delay_s: float = 0.0) -> None:
        """Queue an effect that survives a crash; the same key is queued once."""
        held = self.execute(select(t.effects.c.id).where(t.effects.c.id == key)).first()
        if held is None:
            self.execute(
                insert(t.effects).values(
                    id=key, kind=kind, body=dict(body), due_at=self.now_s + delay_s, tries=0
                )
            )


@lru_cache(maxsize=64)  # the recorded tables
def _inserting(table: Table) -> tuple[Prepared, tuple[str, ...]]:
    """The insert of a recorded table, and which of its columns hold JSON."""
    documents = tuple(c.name for c in table.columns if isinstance(c.type, JSON))
    return Prepared(insert(table)), documents


_LINKED = Prepared(insert(t.chain))
_HEAD_MOVED = Prepared(update(t.site).values(chain_n=bindparam("n"), chain_hash=bindparam("head")))


@dataclass(slots=True)
class _Waiting:
    act: Callable[[Tx, Any, datetime], Done[Any]]
    request: Any
    future: asyncio.Future[Any]
    urgent: bool = False
    result: Any = None
    fault: BaseException | None = None
    effects: tuple[object, ...] = ()


@dataclass(slots=True)
class _Batch:
    """A transaction under way; while nothing is in it, it is the savepoint of its first act."""

    connection: Connection
    driver: Driver
    transaction: Transaction
    head: Head = field(default_factory=lambda: Head(0, ""))
    links: list[Link] = field(default_factory=list)
    empty: bool = True


class Batcher:
    """Runs batches on one connection; knows nothing of threads or loops."""

    def __init__(self, engines: Engines, epoch: int, holder: str) -> None:
        self._engines = engines
        self._connection: Connection | None = None
        self._epoch = epoch
        self._holder = holder
        self._head: Head | None = None

    def close(self) -> None:
        """Give the connection back."""
        held, self._connection = self._connection, None
        if held is not None:
            held.close()

    def run(
        self,
        next_item: Callable[[], _Waiting | None],
        now: datetime,
        before_commit: Callable[[list[_Waiting]], None] = lambda _taken: None,
    ) -> list[_Waiting]:
        """Take items until the bounds are met, commit once, and return them with their results."""
        taken: list[_Waiting] = []
        try:
            connection = self._connection or self._engines.write.connect()
            self._connection = connection
            driver = Driver(connection)
            batch = _Batch(connection, driver, begin(connection, driver))
        except SQLAlchemyError as fault:
            return self._failed([item for item in (next_item(),) if item], fault)
        try:
            batch.head = self._lock_site(connection)
            end = time.monotonic() + BATCH_S
            while len(taken) < BATCH_ACTS and (not taken or time.monotonic() < end):
                item = next_item()
                if item is None:
                    break
                taken.append(item)
                self._take(batch, item, now)
            self._close_chain(driver, batch.head, batch.links)
        except (OperationalError, DBAPIError) as fault:
            self._roll_back(batch.transaction)
            return self._failed(taken, fault)
        except BaseException:
            self._roll_back(batch.transaction)
            raise
        before_commit(taken)
        return self._commit(batch, taken)

    def _take(self, batch: _Batch, item: _Waiting, now: datetime) -> None:
        """One act; where it fails, as if it had not been."""
        bare = batch.empty
        if not bare:
            batch.driver.run("savepoint act")
        tx = Tx(batch.connection, batch.driver, batch.head, now.timestamp(), self._epoch)
        fault = _try(item, tx, now)
        if fault is None:
            if not bare:
                batch.driver.run("release savepoint act")
            batch.empty, batch.head = False, tx.head
            batch.links += tx.links
            return
        if bare:
            batch.transaction.rollback()
            batch.transaction = begin(batch.connection, batch.driver)
            self._lock_site(batch.connection)
        else:
            batch.driver.run("rollback to savepoint act")
            batch.driver.run("release savepoint act")
        if not isinstance(fault, DomainError):
            batch.empty = False
            item.fault = Faulted(self._quarantine(batch.connection, item, fault, now))

    def _lock_site(self, connection: Connection) -> Head:
        if self._engines.sqlite:
            if self._head is not None:  # one process holds the file's lease (hub.lock)
                return self._head
            row = connection.execute(select(t.site)).one()
        else:
            found = connection.execute(
                select(t.site)
                .where(t.site.c.epoch == self._epoch, t.site.c.holder == self._holder)
                .with_for_update()
            ).one_or_none()
            if found is None:
                raise Fenced("this site has another judge now")
            row = found
        return Head(row.chain_n, row.chain_hash)

    def _quarantine(
        self, connection: Connection, item: _Waiting, fault: Exception, now: datetime
    ) -> str:
        name = secrets.token_hex(8)
        orig = fault.orig if isinstance(fault, IntegrityError) else fault
        connection.execute(
            insert(t.quarantine).values(
                id=name,
                at=now.timestamp(),
                source=_name(item.act),
                content=_kept(item.request),
                fault=f"{type(fault).__name__}: {orig}"[:1000],
            )
        )
        return name

    def _close_chain(self, driver: Driver, head: Head, links: list[Link]) -> None:
        if links:
            if len(links) == 1:
                driver.write(_LINKED, links[0].row())
            else:
                driver.write_all(_LINKED, [link.row() for link in links])
            driver.write(_HEAD_MOVED, {"n": head.n, "head": head.hash})

    def _commit(self, batch: _Batch, taken: list[_Waiting]) -> list[_Waiting]:
        try:
            batch.transaction.commit()
        except SQLAlchemyError as fault:
            if self._surely_rolled_back(batch.connection, fault):
                return self._failed(taken, fault)
            raise CommitUnknown("nobody can know whether the commit happened") from fault
        self._head = batch.head
        return taken

    def _surely_rolled_back(self, connection: Connection, fault: SQLAlchemyError) -> bool:
        """SQLite tells whether the transaction is still open; elsewhere we cannot know.

        A full disk is no doubt either: the commit's last page was not written, and SQLite itself
        ended the transaction. Any other fault of the file may have come after that page.
        """
        raw = connection.connection.dbapi_connection
        if not self._engines.sqlite or raw is None:
            return False
        try:
            if still_open := bool(raw.in_transaction):
                raw.rollback()
        except Exception:  # noqa: BLE001 - whatever it is, we do not know
            return False
        code = getattr(getattr(fault, "orig", None), "sqlite_errorcode", None)
        return still_open or code == sqlite3.SQLITE_FULL

    def _roll_back(self, transaction: Any) -> None:
        try:
            transaction.rollback()
        except SQLAlchemyError:
            log.exception("roll-back failed; the connection is thrown away")
        self._head = None

    def _failed(self, taken: list[_Waiting], fault: Exception) -> list[_Waiting]:
        log.error("the store cannot write: %s", type(fault).__name__)
        self._head = None
        self.close()
        for item in taken:
            item.effects, item.result = (), None
            item.fault = StoreUnavailable(type(fault).__name__)
        return taken


def _try(item: _Waiting, tx: Tx, now: datetime) -> Exception | None:
    """Run one act; its fault, when it has to be undone."""
    try:
        done = item.act(tx, item.request, now)
    except DomainError as refusal:
        item.fault = refusal
        return refusal
    except OperationalError:
        raise  # disk or connection: the whole batch is in doubt, not this act
    except Exception as fault:
        log.exception("an act failed and is rolled back: %s", _name(item.act))
        return fault
    item.result, item.effects = done.value, done.effects
    return None


class CommitUnknown(BaseException):
    """The process must end: its memory and the database may disagree."""


def _kept(request: object) -> str:
    """What may be kept of a request that we failed: its own safe text, else only its shape."""
    safe = getattr(request, "for_quarantine", None)
    return str(safe())[:4000] if callable(safe) else type(request).__name__


def _name(act: object) -> str:
    return str(getattr(act, "__qualname__", act))


Speak = Callable[[Iterable[object]], None]


class Writer:
    """Two bounded lanes before a ``Batcher``, in a thread of its own or on the loop (``inline``).

    ``speak`` receives the effects of each committed act, on the loop, in order, before its reply.
    ``prepare`` hears urgent ones while the disk still works: it may get words ready, not speak.
    ``on_fatal`` ends the process.
    """

    def __init__(
        self,
        batcher: Batcher,
        clock: Callable[[], datetime],
        on_fatal: Callable[[BaseException], None],
        *,
        inline: bool = False,
    ) -> None:
        self._batcher = batcher
        self._clock = clock
        self.speak: Speak = lambda _effects: None
        self.prepare: Speak = lambda _effects: None
        self._on_fatal = on_fatal
        self._inline = inline
        self._urgent: deque[_Waiting] = deque(maxlen=URGENT_MAX)
        self._normal: deque[_Waiting] = deque(maxlen=NORMAL_MAX)
        self._loop = asyncio.get_running_loop()
        self._bell = threading.Lock()  # taken: nothing new; an Event costs ten times its wake-up
        self._bell.acquire()
        self._stopping = False
        self._scheduled = False
        self._between: deque[Callable[[], None]] = deque(maxlen=16)
        self.batches = 0
        self._thread: threading.Thread | None = None
        if not inline:
            self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
            self._thread.start()

    def submit(
        self,
        act: Callable[[Tx, Any, datetime], Done[R]],
        request: object,
        lane: Lane = Lane.NORMAL,
    ) -> asyncio.Future[R]:
        """Queue an act; the future ends after the commit, with the value or the refusal."""
        queue = self._urgent if lane is Lane.URGENT else self._normal
        if self._stopping or len(queue) >= (queue.maxlen or 0):
            raise InboxFull(lane.value)
        future: asyncio.Future[R] = self._loop.create_future()
        queue.append(_Waiting(act, request, future, lane is Lane.URGENT))
        if self._inline:
            if not self._scheduled:
                self._scheduled = True
                self._loop.call_soon(self._run_inline)
        else:
            self._ring()
        return future

    def _ring(self) -> None:
        with contextlib.suppress(RuntimeError):  # it rings already
            self._bell.release()

    @property
    def waiting(self) -> int:
        """How many acts wait in both lanes."""
        return len(self._urgent) + len(self._normal)

    def between(self, work: Callable[[], None]) -> None:
        """Run maintenance (checkpoint, back-up) on the writer's thread, between batches."""
        self._between.append(work)
        self._ring()

    def _next(self) -> _Waiting | None:
        for queue in (self._urgent, self._normal):
            if queue:  # nobody else takes from it
                return queue.popleft()
        return None

    def _run_inline(self) -> None:
        self._scheduled = False
        if self._stopping:
            return
        try:
            done = self._batcher.run(self._next, self._clock())
        except (CommitUnknown, Fenced) as end:
            self._on_fatal(end)
            return
        self.batches += 1
        self._deliver(done)
        if self.waiting and not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._run_inline)

    def _work(self) -> None:
        while True:
            self._bell.acquire()  # whoever rings gives it back
            while self.waiting or self._between:
                if self._between:
                    self._between.popleft()()
                try:
                    done = self._batch() if self.waiting else []
                except BaseException as end:  # noqa: BLE001 - nothing may end this thread silently
                    self._loop.call_soon_threadsafe(self._on_fatal, end)
                    return
                self.batches += 1
                self._loop.call_soon_threadsafe(self._deliver, done)
            if self._stopping:
                self._batcher.close()
                return

    def _batch(self) -> list[_Waiting]:
        return self._batcher.run(self._next, self._clock(), self._foretell)

    def _foretell(self, taken: list[_Waiting]) -> None:
        effects = [effect for item in taken if item.urgent for effect in item.effects]
        if effects:
            self._loop.call_soon_threadsafe(self.prepare, effects)

    def _deliver(self, done: list[_Waiting]) -> None:
        for item in done:
            if item.effects:
                self._speak(item.effects)
            if item.future.done():
                continue
            if item.fault is not None:
                item.future.set_exception(item.fault)
                item.future.exception()  # a caller that went away must not make noise
            else:
                item.future.set_result(item.result)

    def _speak(self, effects: tuple[object, ...]) -> None:
        """What cannot be spoken is our fault; the others of its batch still get their replies."""
        try:
            self.speak(effects)
        except Exception:
            log.exception("a committed effect could not be spoken")

    async def close(self) -> None:
        """Finish what waits, then stop."""
        self._stopping = True
        if self._thread is not None:
            self._ring()
            await asyncio.to_thread(self._thread.join)
        else:
            self._batcher.close()
