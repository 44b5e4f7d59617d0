"""The alert engine at work: steps when they are due, calls by outlets, conditions, the morning.

The rows are the memory: whatever is killed when, the next start finds what is due. Acts are one
alert each; everything that waits for the world is done here, outside of them.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, select
from sqlalchemy.exc import SQLAlchemyError

from devices.messages import NO_REVISION, Life
from devices.outlets import NotTaken
from hub.acts import alerts as acts
from hub.acts.alert_rows import POLICIES, read_policy
from hub.core import alert_words as words
from hub.core.alert_kinds import KINDS
from hub.core.alert_watch import (
    OPENING_FORGOTTEN_S,
    OPENING_UNKNOWN_S,
    DeviceSeen,
    Key,
    Look,
    Watch,
    look_at,
)
from hub.core.alerts import ANY_KIND, CONSOLE, OVER, State
from hub.core.door_health import DoorHealth, DoorSeen, Standing, health
from hub.core.outlets import AlertSettings
from hub.store import tables as t
from hub.store.engine import Engines
from hub.store.memory import DeviceEntry, DoorEntry, Memory, subject_name
from hub.store.writer import Faulted, InboxFull, StoreUnavailable, Writer

log = logging.getLogger(__name__)

LOOK_LEAST_S = 0.5  # between two looks, however much is due: an outlet may be speaking still
LOOK_MOST_S = 30.0  # should nobody wake us, or the wall clock be set
WATCH_S = 15.0  # how often conditions are looked at; each has its own patience
DUE_MAX = 50  # steps taken in one look
CALLS_MAX = 500  # calls read in one look; a storm is bundled outlet by outlet
BUNDLE_MAX = 50  # alerts in one message
RETRY_FIRST_S = 5.0
RETRY_MOST_S = 600.0
POISON_MAX = 1_000  # more than that is one fault, and it stands in the log
TRIES_MAX = 10  # about forty minutes; by then other steps have called others
MORNING = "morning"
MORNING_LATE_H = 12  # a hub that starts after noon does not say good morning
DISK_LEAST_BYTES = 500_000_000  # a year of an estate's log is about as much
CERTIFICATE_SOON_S = 21 * 86_400.0
_TROUBLE = (InboxFull, StoreUnavailable, Faulted, SQLAlchemyError)


class Speaker(Protocol):
    """The outlets, as the engine needs them."""

    def language(self, outlet: str, usual: str) -> str:
        """In which language an outlet is spoken to."""

    async def say(self, outlet: str, message: words.Message) -> None:
        """Deliver once; raises NotTaken."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the engine is told of its machine: where its disk is, and where people find the page."""

    folder: Path
    settings: AlertSettings
    console: str


class Alerting:
    """Runs until cancelled; every part survives trouble of store and world by coming again."""

    def __init__(
        self,
        engines: Engines,
        memory: Memory,
        writer: Writer,
        clock: Callable[[], datetime],
        online: Callable[[], bool],
        around: Surroundings,
    ) -> None:
        self._engines = engines
        self._memory = memory
        self._writer = writer
        self._clock = clock
        self._online = online
        self._around = around
        self._watch = Watch()
        self._wake = asyncio.Event()
        self._speaking: dict[str, asyncio.Task[None]] = {}  # bounded by the outlets of policies
        self._unnoted: dict[str, acts.Spoken] = {}  # bounded as _speaking: said, not yet written
        self._poison: set[str] = set()  # bounded by POISON_MAX: what our own fault keeps from work
        self.monotonic: Callable[[], float] = asyncio.get_running_loop().time
        self.speaker: Speaker | None = None
        self.ends_s: Callable[[], Mapping[str, float]] = dict  # when what is signed ends
        self.checked_at_s: float | None = None

    def wake(self) -> None:
        """Something was queued."""
        self._wake.set()

    async def run(self) -> None:
        """Climb, speak, watch and say good morning, for ever."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_climbing())
                group.create_task(self._keep_watching())
        finally:
            for task in self._speaking.values():
                task.cancel()

    async def _keep_climbing(self) -> None:
        while True:
            await self._guarded(self.climb)
            await self._guarded(self.speak)
            try:
                async with asyncio.timeout(self._until_due_s()):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    def _until_due_s(self) -> float:
        """How long until the next step or call is due."""
        waiting = t.effects.c.done_at.is_(None) & t.effects.c.kind.like(f"{acts.OUTLET_EFFECT}%")
        try:
            with self._engines.read.connect() as connection:
                step = connection.execute(select(func.min(t.alerts.c.next_step_at))).scalar()
                call = connection.execute(
                    select(func.min(t.effects.c.due_at)).where(waiting)
                ).scalar()
        except SQLAlchemyError:
            return LOOK_MOST_S
        due = [at_s - self._now_s() for at_s in (step, call) if at_s is not None]
        return min(max(min(due, default=LOOK_MOST_S), LOOK_LEAST_S), LOOK_MOST_S)

    async def _keep_watching(self) -> None:
        while True:
            await self._guarded(self.watch)
            await self._guarded(self.greet)
            await asyncio.sleep(WATCH_S)

    async def _guarded(self, work: Callable[[], Any]) -> None:
        try:
            await work()
        except _TROUBLE as trouble:
            log.warning("alerts wait: %s", type(trouble).__name__)

    # ----------------------------------------------------------------- steps

    async def climb(self) -> None:
        """Take every step whose time has come."""
        with self._engines.read.connect() as connection:
            due = connection.execute(
                select(t.alerts.c.id)
                .where(t.alerts.c.next_step_at <= self._now_s())
                .order_by(t.alerts.c.next_step_at)
                .limit(DUE_MAX)
            ).scalars().all()  # fmt: skip
        for alert in due:
            if alert not in self._poison:
                await self._submit(acts.climb, acts.Due(alert), alert)

    async def _submit(self, act: Callable[..., Any], request: object, *keys: str) -> None:
        """An act that fails by our fault is not asked again: its neighbours need not wait."""
        try:
            await self._writer.submit(act, request)
        except Faulted:
            if len(self._poison) < POISON_MAX:
                self._poison.update(keys)
            log.warning("alerts: %s failed and is left alone until the next start", keys)

    # ----------------------------------------------------------------- calls

    async def speak(self) -> None:
        """Begin to speak by every outlet that has something to say and does not speak yet."""
        with self._engines.read.connect() as connection:
            rows = connection.execute(
                select(t.effects)
                .where(
                    t.effects.c.done_at.is_(None),
                    t.effects.c.due_at <= self._now_s(),
                    t.effects.c.kind.like(f"{acts.OUTLET_EFFECT}%"),
                )
                .order_by(t.effects.c.due_at, t.effects.c.id)
                .limit(CALLS_MAX)
            ).all()
        waiting: dict[str, list[Row[Any]]] = {}
        for row in rows:
            if row.id in self._poison:
                continue
            waiting.setdefault(row.kind.removeprefix(acts.OUTLET_EFFECT), []).append(row)
        for outlet, own in waiting.items():
            if outlet not in self._speaking:
                self._speaking[outlet] = asyncio.ensure_future(self._speak_by(outlet, own))

    async def _speak_by(self, outlet: str, rows: Sequence[Row[Any]]) -> None:
        try:
            if outlet in self._unnoted:  # the store was away: what was said must not be said again
                await self._note(self._unnoted[outlet])
                return
            calls = [row for row in rows if "alert" in row.body]
            for row in rows:
                if "report" in row.body:
                    await self._say(outlet, [row], self._morning(outlet, row))
            for start in range(0, len(calls), BUNDLE_MAX):
                await self._say_calls(outlet, calls[start : start + BUNDLE_MAX])
        except _TROUBLE as trouble:
            log.warning("outlet %s waits: %s", outlet, type(trouble).__name__)
        finally:
            self._speaking.pop(outlet, None)
            self._wake.set()  # what came meanwhile is next

    async def _say_calls(self, outlet: str, rows: Sequence[Row[Any]]) -> None:
        """Drop what nobody needs any more, then say the rest in one message."""
        names = [row.body["alert"] for row in rows]
        with self._engines.read.connect() as connection:
            found = connection.execute(select(t.alerts).where(t.alerts.c.id.in_(names))).all()
        standing = {row.id: row for row in found}
        needed = [row for row in rows if _is_needed(row.body, standing.get(row.body["alert"]))]
        unneeded = tuple(_handle(row) for row in rows if row not in needed)
        if unneeded:
            keys = [key for key, _, _ in unneeded]
            await self._submit(acts.drop_calls, acts.Unneeded(outlet, unneeded), *keys)
        if not needed:
            return
        voice, now = self._voice(outlet), self._clock()
        told = [self._told(row, standing[row.body["alert"]]) for row in needed]
        message = (
            words.of_alert(voice, told[0], now)
            if len(told) == 1
            else words.of_bundle(voice, told, now)
        )
        await self._say(outlet, needed, message)

    async def _say(self, outlet: str, rows: Sequence[Row[Any]], message: words.Message) -> None:
        fault, again = await self._deliver(outlet, message)
        tries = max(row.tries for row in rows)
        again_s: float | None = None
        if fault and again and tries + 1 < TRIES_MAX:
            again_s = min(RETRY_FIRST_S * 2.0**tries, RETRY_MOST_S)
        handles = tuple(_handle(row) for row in rows)
        await self._note(acts.Spoken(outlet, handles, fault, again_s))

    async def _note(self, spoken: acts.Spoken) -> None:
        """Write down what became of calls; remembered here until the store takes it."""
        self._unnoted[spoken.outlet] = spoken
        await self._submit(acts.note_spoken, spoken, *(key for key, _, _ in spoken.effects))
        del self._unnoted[spoken.outlet]

    async def _deliver(self, outlet: str, message: words.Message) -> tuple[str, bool]:
        """The far end's complaint, empty when it took the message, and whether to come again."""
        if self.speaker is None:
            return "not configured", False
        try:
            await self.speaker.say(outlet, message)
        except NotTaken as refused:
            return refused.fault or "refused", refused.again
        except Exception as fault:  # noqa: BLE001 - whosever it is: told and bounded
            log.warning("outlet %s failed: %s", outlet, type(fault).__name__)
            return type(fault).__name__, True
        return "", False

    def _told(self, effect: Row[Any], alert: Row[Any]) -> words.Told:
        step = int(effect.body["step"])
        return words.Told(
            effect.id,
            alert.id,
            alert.kind,
            alert.severity,
            subject_name(self._memory, alert.subject),
            alert.opened_at,
            alert.times,
            step + 1,
            step == OVER,
        )

    def _voice(self, outlet: str) -> words.Voice:
        usual = self._around.settings.language
        language = self.speaker.language(outlet, usual) if self.speaker is not None else usual
        memory = self._memory
        return words.Voice(memory.site_name, language, memory.zone, self._around.console)

    # ----------------------------------------------------------------- conditions

    async def watch(self) -> None:
        """Raise what has been wrong for long enough, end what is well again."""
        standing = self._standing()
        keys = [(one.kind, one.subject) for one in standing]
        verdict = self._watch.judge(self._look(), keys, self.monotonic())
        now_s = self._now_s()
        for key in verdict.ripe:
            at_s = self._since_s(key, now_s)
            await self._submit(acts.alarm, acts.Alarm(*key, at_s), str(key))
            self._watch.told(key)
        for kind, subject in verdict.over:
            if str((kind, subject)) not in self._poison:
                ended = acts.Alarm(kind, subject, now_s, over=True)
                await self._submit(acts.alarm, ended, str((kind, subject)))
        for one in standing:
            await self._fade(one, now_s)
        await self._note_quarantine()
        self.checked_at_s = now_s

    def _standing(self) -> list[Standing]:
        with self._engines.read.connect() as connection:
            rows = connection.execute(
                select(t.alerts.c.kind, t.alerts.c.subject, t.alerts.c.last_at).where(
                    t.alerts.c.open_key.is_not(None)
                )
            ).all()
        return [Standing(row.kind, row.subject, row.last_at) for row in rows]

    async def _fade(self, one: Standing, now_s: float) -> None:
        """Some troubles are over when they do not come again."""
        fades_s = KINDS[one.kind].fades_s
        if fades_s is not None and now_s - one.since_s > fades_s:
            ended = acts.Alarm(one.kind, one.subject, now_s, over=True, detail="faded")
            await self._submit(acts.alarm, ended)

    def _look(self) -> Look:
        online = self._online()
        devices = look_at(map(seen, self._memory.devices.values()), online=online)
        found = set(devices.wrong)
        if not online:
            found.add(("broker_away", "hub:broker"))
        now_s = self._now_s()
        for name, end_s in self.ends_s().items():
            if end_s - now_s < CERTIFICATE_SOON_S:
                found.add(("certificate_expiry", f"hub:{name}"))
        if shutil.disk_usage(self._around.folder).free < DISK_LEAST_BYTES:
            found.add(("disk_full", "hub:disk"))
        with self._engines.read.connect() as connection:
            doors = connection.execute(
                select(t.openings.c.door_id)
                .distinct()
                .where(
                    t.openings.c.outcome.is_(None),
                    t.openings.c.presented_at < now_s - OPENING_UNKNOWN_S,
                    t.openings.c.presented_at > now_s - OPENING_FORGOTTEN_S,
                )
            ).scalars()
            found |= {("outcome_unknown", f"door:{door}") for door in doors}
        return Look(frozenset(found), devices.unknown)

    def _since_s(self, key: Key, now_s: float) -> float:
        """When a silent device was last heard of; else now."""
        kind, subject = key
        device = self._memory.devices.get(subject.partition(":")[2])
        known = kind == "device_silent" and device is not None and device.since_s is not None
        return device.since_s or now_s if known and device is not None else now_s

    async def _note_quarantine(self) -> None:
        """What was put into quarantine since the last alert about it."""
        subject = "hub:quarantine"
        with self._engines.read.connect() as connection:
            newest = connection.execute(select(func.max(t.quarantine.c.at))).scalar()
            told = connection.execute(
                select(func.max(t.alerts.c.last_at)).where(
                    t.alerts.c.kind == "quarantine", t.alerts.c.subject == subject
                )
            ).scalar()
        if newest is not None and (told is None or newest > told):
            await self._submit(acts.alarm, acts.Alarm("quarantine", subject, newest))

    # ----------------------------------------------------------------- the morning

    async def greet(self) -> None:
        """Once a day, at the site's hour: all doors are well, or which are not."""
        local = self._clock().astimezone(ZoneInfo(self._memory.zone))
        day = local.date().isoformat()
        hour = self._around.settings.morning
        if local.time() < hour or local.hour >= max(MORNING_LATE_H, hour.hour + 1):
            return
        outlets, last = self._morning_outlets()
        if not outlets or last == day or day in self._poison:
            return
        now_s = self._now_s()
        doors = self.doors()
        body = {
            "doors": len(doors),
            "at": now_s,
            "dead": [
                {"door": one.door, "kind": one.troubles[0].kind, "since": one.troubles[0].since_s}
                for one in doors
                if not one.well
            ][: words.LINES_MAX * 4],
            "bad": sum(not one.well for one in doors),
        }
        await self._submit(acts.queue_report, acts.Report(day, outlets, body), day)

    def _morning_outlets(self) -> tuple[tuple[str, ...], str]:
        """Who hears the morning's message, and the day of the last one."""
        with self._engines.read.connect() as connection:
            rows = connection.execute(POLICIES).all()
            last = connection.execute(
                select(t.settings.c.value).where(t.settings.c.key == MORNING)
            ).scalar()
        known = [read_policy(row) for row in rows]
        named = [one for one in known if MORNING in one.kinds]
        chosen = named or [one for one in known if ANY_KIND in one.kinds]
        outlets = [outlet for one in chosen for outlet in one.steps[0].outlets]
        return tuple(dict.fromkeys(one for one in outlets if one != CONSOLE)), last or ""

    def _morning(self, outlet: str, row: Row[Any]) -> words.Message:
        report = row.body["report"]
        dead = []
        for one in report["dead"]:
            door = self._memory.doors.get(one["door"])
            name = (
                door.name
                if door is not None
                else dict.fromkeys(("zh-Hans", "zh-Hant", "en"), one["door"])
            )
            dead.append(words.Dead(name, one["kind"], one["since"]))
        return words.of_morning(
            self._voice(outlet), row.id, report["doors"], dead, report["at"], self._clock()
        )

    # ----------------------------------------------------------------- doors

    def doors(self) -> list[DoorHealth]:
        """Every door's health as of now."""
        with self._engines.read.connect() as connection:
            rows = connection.execute(
                select(t.alerts.c.kind, t.alerts.c.subject, t.alerts.c.opened_at).where(
                    t.alerts.c.open_key.is_not(None)
                )
            ).all()
        standing = [Standing(row.kind, row.subject, row.opened_at) for row in rows]
        return health((self._door(door) for door in self._memory.doors.values()), standing)

    def _door(self, door: DoorEntry) -> DoorSeen:
        device = self._memory.devices.get(door.device)
        known = device is not None and device.note is not None
        return DoorSeen(
            door.id,
            door.device,
            device.ready if device is not None and known else None,
            device.since_s if device is not None else None,
            device is not None and _policy_fine(device),
        )

    def _now_s(self) -> float:
        return self._clock().astimezone(UTC).timestamp()


def _handle(row: Row[Any]) -> tuple[str, str, int]:
    """Effect, alert and step of a call; the morning's has no alert."""
    return row.id, str(row.body.get("alert", "")), int(row.body.get("step", 0))


def _is_needed(call: Mapping[str, Any], alert: Row[Any] | None) -> bool:
    """A call is made while its alert still calls; that it is over is told in any case."""
    if alert is None:
        return False
    calling = alert.state in (State.RAISED.value, State.ESCALATING.value)
    return call["step"] == OVER or (calling and alert.round == call["round"])


def seen(device: DeviceEntry) -> DeviceSeen:
    """A device for the watch; before it was ever heard it is silent."""
    asleep = device.note is not None and device.note.life is Life.SLEEPING
    clock_fine = device.clock in ("", "signed")
    return DeviceSeen(
        device.id, device.kind, device.ready, asleep, _policy_fine(device), clock_fine
    )


def _policy_fine(device: DeviceEntry) -> bool:
    return device.kind != "door" or (device.want != NO_REVISION and device.have >= device.want)
