"""Spreadsheets on their way into the community: looked at, applied by a job, undone by it.

Reading happens in a child process, comparing in a worker thread, writing in small acts. Looked-at
sheets wait in memory only: nothing of them is kept until somebody says so.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.exc import SQLAlchemyError

from hub.acts.imports import (
    FILE_CHARS_MAX,
    RUNNING,
    UNDOABLE,
    LaterChange,
    NewImport,
    Progress,
    Staged,
    Which,
    apply_part,
    begin,
    begin_undo,
    drop,
    fail,
    later_changes,
    stage,
    undo_part,
)
from hub.acts.memberships import check_sizes
from hub.core.errors import DomainError
from hub.core.imports import TABLES, Comparison, Known, Mark, Plan
from hub.core.sheets import Said, Sheet, Table, read_sheets
from hub.gateways import spreadsheet
from hub.store import tables as t
from hub.store.engine import Engines
from hub.store.writer import Faulted, InboxFull, StoreUnavailable, Writer

log = logging.getLogger(__name__)

LOOKS_MAX = 4  # looked-at sheets in memory; an estate's is about 40 MB
LOOK_LIFE_S = 1_800.0  # half an hour to read the preview and decide
STAGED_CHANGES = 200  # of one act that only keeps them
RETRY_S = 2.0
_PASSES = (InboxFull, StoreUnavailable, SQLAlchemyError)


@dataclass(slots=True)
class Look:
    """A sheet that somebody is looking at: what it says and what it would change."""

    id: str
    file: str
    digest: str
    at_s: float
    sheets: list[Sheet]
    tables: list[Table]
    without: list[str]
    said: list[Said]
    plan: Plan

    def counts(self) -> dict[str, int]:
        """Rows by what would become of them."""
        return {
            "new": self.plan.count("new"),
            "changed": self.plan.count("changed"),
            "same": self.plan.count("same"),
            "error": self.plan.count("error"),
        }


@dataclass(slots=True)
class Imports:
    """The looks that wait, and the one job that applies and undoes."""

    engines: Engines
    writer: Writer
    mark: Mark
    clock: Callable[[], datetime]
    threaded: bool = True
    _looks: OrderedDict[str, Look] = field(default_factory=OrderedDict)  # bounded by LOOKS_MAX
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    def wake(self) -> None:
        """An import waits to be applied or undone."""
        self._wake.set()

    # ----------------------------------------------------------------- looking

    async def look(self, file: str, raw: bytes) -> Look:
        """Read a file and compare it; nothing is written. Refuses what cannot be read."""
        async with self._reading:  # one child at a time: each may take a gigabyte
            try:
                sheets = await spreadsheet.read(raw)
            except spreadsheet.Unreadable as fault:
                raise DomainError(fault.code) from None
            look: Look = await self._beside(lambda: self._compare(file, raw, sheets))
        if not look.tables:
            raise DomainError("sheet_no_header")
        self._looks[look.id] = look
        while len(self._looks) > LOOKS_MAX or self._is_old(next(iter(self._looks.values()))):
            self._looks.popitem(last=False)
        return look

    def _is_old(self, look: Look) -> bool:
        return self.clock().timestamp() - look.at_s > LOOK_LIFE_S

    def looked_at(self, look: str) -> Look:
        """A look that is still in memory."""
        found = self._looks.get(look)
        if found is None or self._is_old(found):
            self._looks.pop(look, None)
            raise DomainError("import_forgotten")
        return found

    def forget(self, look: str) -> None:
        """Drop a look; forgetting twice is no error."""
        self._looks.pop(look, None)

    async def _beside(self, work: Callable[[], Any]) -> Any:
        return await asyncio.to_thread(work) if self.threaded else work()

    def _compare(self, file: str, raw: bytes, sheets: list[Sheet]) -> Look:
        tables, without, said = read_sheets(sheets)
        now_s = self.clock().timestamp()
        known = self._known()
        plan = Comparison(known, self.mark, now_s).plan(said)
        sizes = {name: len(known.rows[name]) for name in ("people", "cards")}
        for change in plan.changes:
            if change.fresh and change.table in sizes:
                sizes[change.table] += 1
        check_sizes(**sizes)
        digest = hashlib.sha256(raw).hexdigest()
        name = file[-FILE_CHARS_MAX:]
        key = f"i-{secrets.token_hex(8)}"
        return Look(key, name, digest, now_s, sheets, tables, without, said, plan)

    def _known(self) -> Known:
        with self.engines.read.connect() as connection:
            rows: dict[str, dict[str, dict[str, Any]]] = {}
            for name in TABLES:
                found = connection.execute(select(t.metadata.tables[name]))
                rows[name] = {row.id: row._asdict() for row in found}
            devices = connection.execute(
                select(t.devices.c.id).where(t.devices.c.removed_at.is_(None))
            ).scalars()
            return Known(rows, frozenset(devices))

    # ----------------------------------------------------------------- applying and undoing

    async def apply(self, look: str, by: str) -> Progress:
        """Keep the whole list of changes and let the job begin."""
        found = self.looked_at(look)
        self.forget(look)  # a second press finds nothing
        begun = False
        try:
            wish = NewImport(found.id, found.file, by, len(found.plan.changes), found.counts())
            await self.writer.submit(begin, wish)
            begun = True
            await self._stage(found)
        except BaseException:
            self._looks[look] = found
            if begun:
                with suppress(*_PASSES, Faulted):  # else the next start drops it
                    await self._drop(found.id)
            raise
        return Progress("applying", 0, len(found.plan.changes))

    async def _drop(self, import_id: str) -> None:
        while await self.writer.submit(drop, Which(import_id)):
            pass

    async def _stage(self, look: Look) -> None:
        changes = look.plan.changes
        for first in range(0, max(1, len(changes)), STAGED_CHANGES):
            part = changes[first : first + STAGED_CHANGES]
            last = first + STAGED_CHANGES >= len(changes)
            await self.writer.submit(stage, Staged(look.id, first, part, last))

    async def undo(self, import_id: str, by: str) -> list[LaterChange] | Progress:
        """Begin the way back, or say which later changes it would overwrite."""
        later: list[LaterChange] = await self._beside(lambda: self._later(import_id))
        if later:
            return later
        return await self.writer.submit(begin_undo, Which(import_id, by))

    def _later(self, import_id: str) -> list[LaterChange]:
        with self.engines.read.connect() as connection:
            state = connection.execute(
                select(t.imports.c.state).where(t.imports.c.id == import_id)
            ).scalar()
            return later_changes(connection, import_id) if state in UNDOABLE else []

    async def run(self) -> None:
        """Carry on with what a restart left, then with what comes, for ever."""
        await self._drop_halves()
        self._wake.set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self.work()
            except _PASSES as trouble:
                log.warning("an import waits: %s", type(trouble).__name__)
                asyncio.get_running_loop().call_later(RETRY_S, self._wake.set)

    async def work(self) -> None:
        """Apply and undo until nothing waits."""
        for row in self._waiting():
            act = undo_part if row.state == "undoing" else apply_part
            which = Which(row.id)
            try:
                while (await self.writer.submit(act, which)).state == row.state:
                    pass
            except Faulted:
                log.warning("an import failed: %s", row.id)
                await self.writer.submit(fail, which)

    def _waiting(self) -> list[Row[Any]]:
        with self.engines.read.connect() as connection:
            rows = connection.execute(
                select(t.imports).where(t.imports.c.state.in_(("applying", "undoing")))
            )
            return list(rows.all())

    async def _drop_halves(self) -> None:
        """A list that was being kept when the hub stopped is nobody's: begin again."""
        with self.engines.read.connect() as connection:
            halves = connection.execute(
                select(t.imports.c.id).where(t.imports.c.state == "staging")
            ).scalars()
            found = list(halves)
        for each in found:
            try:
                await self._drop(each)
            except _PASSES as trouble:
                log.warning("half an import stays: %s", type(trouble).__name__)


__all__ = ["RUNNING", "Imports", "Look"]
