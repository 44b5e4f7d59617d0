"""Incidents at work: whoever notices something tells it here; what is confirmed is sent from here.

The rows are the memory: whatever is killed when, the next start finds what is due. Each station
has its own queue, so that one that hangs holds up no other.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from sqlalchemy import Row, func, select
from sqlalchemy.exc import SQLAlchemyError

from hub.acts import incidents as acts
from hub.acts import stations as sending
from hub.core.errors import DomainError
from hub.core.evidence import Snapshot, seal
from hub.core.policelink import ID, Authority, Kind
from hub.core.stations import Message, StationWire, Told, station_for
from hub.keys import HubKeys
from hub.store import tables as t
from hub.store.engine import Engines
from hub.store.writer import Faulted, InboxFull, StoreUnavailable, Writer

log = logging.getLogger(__name__)

LOOK_LEAST_S: Final = 0.5
LOOK_MOST_S: Final = 30.0  # should nobody wake us, or the wall clock be set
DUE_MAX: Final = 50
BEAT_S: Final = 300.0  # a line that is cut at night is known five minutes later
ID_CHARS_MAX: Final = 40  # of the column, and of names that are made of it
POISON_MAX: Final = 100  # messages that fail by our own fault are left alone until a start
_TROUBLE = (InboxFull, StoreUnavailable, Faulted, SQLAlchemyError)


class Wires(Protocol):
    """The ways to stations, as this module needs them."""

    @property
    def supervised(self) -> tuple[str, ...]:
        """Stations that hear from us also when nothing happens."""

    async def tell(self, station: str, message: Message) -> Told:
        """Send once."""

    async def beat(self, station: str) -> Told:
        """Say that the line is well."""


class Incidents:
    """Runs until cancelled; every part survives trouble of store and world by coming again."""

    def __init__(
        self,
        engines: Engines,
        writer: Writer,
        keys: HubKeys,
        stations: Mapping[str, StationWire],
        clock: Callable[[], datetime],
        luck: Callable[[int], bytes],
    ) -> None:
        self._engines, self._writer, self._keys = engines, writer, keys
        self._stations, self._clock, self._luck = dict(stations), clock, luck
        self._wake = asyncio.Event()
        self._speaking: dict[str, asyncio.Task[None]] = {}  # bounded by the stations of hub.toml
        self._poison: set[str] = set()  # bounded by POISON_MAX
        self.wires: Wires | None = None
        self.counts: Counter[tuple[str, str]] = Counter()  # bounded by stations and their words

    # ----------------------------------------------------------------- noticing

    async def detect(
        self,
        id_: str,
        kind: Kind,
        door: str,
        rule: str,
        pictures: Sequence[Snapshot] = (),
        authority: Authority | None = None,
        at: datetime | None = None,
    ) -> str:
        """The port of whoever notices something: a camera, a rule, a button; the state it has now.

        ``id_`` (small letters, digits, -; at most 40) is the noticer's own, so that telling twice
        is one incident. A hit of the watch list brings two pictures, ``Role.SCENE`` and
        ``Role.LISTED``, and the order in force. Raises DomainError: ``authority_missing``,
        ``picture_unfit``, ``not_found`` (the door).
        """
        if not ID.fullmatch(id_) or len(id_) > ID_CHARS_MAX:
            raise ValueError(
                f"an incident's id is small letters, digits, -; at most {ID_CHARS_MAX}"
            )
        key = self._keys.incident_key(id_)
        sealed = [seal(one, key, id_, self._luck) for one in pictures]
        if None in sealed:
            raise DomainError("picture_unfit")
        kept = tuple(one for one in sealed if one is not None)
        noticed = acts.Detected(
            id_, kind, door, rule, f"rule:{rule}", at or self._clock(), self.way(kind), kept,
            authority,
        )  # fmt: skip
        return await self._writer.submit(acts.detect, noticed)

    def way(self, kind: Kind) -> str:
        """The station that takes a kind; empty where people must telephone."""
        return station_for(self._stations, kind)

    def mark(self, station: str) -> str:
        """The mark of a station's wire as it stands in hub.toml now."""
        wire = self._stations.get(station)
        return wire.mark if wire is not None else ""

    # ----------------------------------------------------------------- sending

    def wake(self) -> None:
        """Something was queued."""
        self._wake.set()

    async def run(self) -> None:
        """Send what is due and keep lines supervised, for ever."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_sending())
                group.create_task(self._keep_beating())
        finally:
            for task in self._speaking.values():
                task.cancel()

    async def _keep_sending(self) -> None:
        while True:
            self.speak()
            try:
                async with asyncio.timeout(self._until_due_s()):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    def speak(self) -> None:
        """Begin to speak to every station that has something to hear and hears nothing yet."""
        try:
            rows = self._due()
        except SQLAlchemyError as trouble:
            log.warning("stations wait: %s", type(trouble).__name__)
            return
        waiting: dict[str, list[str]] = {}
        for row in rows:
            if row.id not in self._poison:
                station = row.kind.removeprefix(acts.STATION_EFFECT)
                waiting.setdefault(station, []).append(row.id)
        for station, effects in waiting.items():
            if station not in self._speaking:
                self._speaking[station] = asyncio.ensure_future(self._speak_to(station, effects))

    def _due(self) -> Sequence[Row[Any]]:
        with self._engines.read.connect() as connection:
            return connection.execute(
                select(t.effects)
                .where(_queued(), t.effects.c.due_at <= self._now_s())
                .order_by(t.effects.c.due_at, t.effects.c.id)
                .limit(DUE_MAX)
            ).all()

    async def _speak_to(self, station: str, effects: Sequence[str]) -> None:
        try:
            for effect in effects:
                await self._send(station, effect)
        except Exception as trouble:  # noqa: BLE001 - whosever it is: the message stays queued
            log.warning("station %s waits: %s", station, type(trouble).__name__)
            await asyncio.sleep(LOOK_MOST_S)
        finally:
            self._speaking.pop(station, None)
            self._wake.set()  # what came meanwhile is next

    async def _send(self, station: str, effect: str) -> None:
        """Commit that it is sent, send it, commit what became of it."""
        mark = self.mark(station)
        if mark and self.wires is None:  # not put together yet
            await asyncio.sleep(LOOK_MOST_S)
            return
        try:
            begun = await self._writer.submit(sending.begin, sending.Begin(effect, station, mark))
            if begun is None:
                return
            assert self.wires is not None
            told = await self.wires.tell(station, begun.message)
            if begun.message.pack.kind not in acts.RESTRICTED:  # a count would tell of them
                self.counts[station, told.trouble or told.outcome.value] += 1
            await self._writer.submit(sending.note_told, sending.Ended(begun, told, mark))
        except (Faulted, DomainError):
            if len(self._poison) < POISON_MAX:
                self._poison.add(effect)
            log.warning("a message to station %s is left alone until the next start", station)

    def _until_due_s(self) -> float:
        try:
            with self._engines.read.connect() as connection:
                due = connection.execute(
                    select(func.min(t.effects.c.due_at)).where(_queued())
                ).scalar()
        except SQLAlchemyError:
            return LOOK_MOST_S
        left_s = LOOK_MOST_S if due is None else due - self._now_s()
        if due is not None and left_s <= 0 and self._speaking:
            return LOOK_MOST_S  # its station is spoken to already, and wakes us
        return min(max(left_s, LOOK_LEAST_S), LOOK_MOST_S)

    # ----------------------------------------------------------------- supervising

    async def _keep_beating(self) -> None:
        while True:
            for station in self.wires.supervised if self.wires is not None else ():
                await self.beat(station)
            await asyncio.sleep(BEAT_S)

    async def beat(self, station: str) -> None:
        """One supervision of one line."""
        assert self.wires is not None
        told = await self.wires.beat(station)
        try:
            await self._writer.submit(sending.note_beat, sending.Beaten(station, told))
        except _TROUBLE as trouble:
            log.warning("station %s: not noted: %s", station, type(trouble).__name__)

    def _now_s(self) -> float:
        return self._clock().astimezone(UTC).timestamp()


def _queued() -> Any:
    return t.effects.c.done_at.is_(None) & t.effects.c.kind.like(f"{acts.STATION_EFFECT}%")
