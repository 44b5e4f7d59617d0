"""Faces on the hub: consents and their keys, templates in memory, the face process, the self-audit.

A hub without the extra has this part too: it says that faces are absent, and still lets anybody
withdraw. Nothing starts before the site has assessed what faces mean (``hub/acts/faces.py``).
Numpy is loaded where the extra is there and wanted, and not before.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from devices.mistake import Mistake
from hub.acts.faces import (
    AuditKept,
    Consent,
    SealedTemplate,
    Withdrawal,
    begin_anew,
    consent,
    keep_audit,
    keep_template,
    left,
    local_day,
    withdraw,
)
from hub.config import FaceSettings
from hub.core.errors import DomainError
from hub.core.face_law import is_child
from hub.faces.beside import judge_beside
from hub.faces.keystore import NAME, KeyStore
from hub.faces.verbs import absent
from hub.ground import people_of
from hub.keys import HubKeys
from hub.store import tables as t
from hub.store.engine import Engines
from hub.store.homes import everybody_at_home
from hub.store.writer import Faulted, InboxFull, StoreUnavailable, Writer

if TYPE_CHECKING:  # numpy is an extra
    from hub.faces.auditor import Report, Task
    from hub.faces.decide import Decision, Probe, Refused
    from hub.faces.enrol import Portrait
    from hub.faces.process import FaceProcess, Heard
    from hub.faces.roll import Roll

DEBOUNCE_S: Final = 3.0  # a person at the desk adds three photos in a row
LOOK_AGAIN_S: Final = 3_600.0  # who moved out, who turned fourteen
RETRY_S: Final = 5.0
_TROUBLE = (InboxFull, StoreUnavailable, Faulted, SQLAlchemyError, OSError)

Portraits = Callable[[bytes], Awaitable["Portrait | Refused"]]
Judge = Callable[["Task"], Awaitable["Report"]]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who consents for whom, to which words; see ``hub.acts.faces.Consent``."""

    person: str
    giver: str
    turns_14_on: str | None
    notice: str
    notice_sha256: str
    language: str
    by: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a face came to: a person or a reason code, and by which audit (for the log)."""

    person: str | None
    reason: str | None
    audit: str


class Recognising:
    """The hub's faces. Everything here is called on the loop."""

    def __init__(
        self,
        engines: Engines,
        writer: Writer,
        keys: HubKeys,
        clock: Callable[[], datetime],
        folder: Path,
        settings: FaceSettings,
        luck: Callable[[int], bytes],
    ) -> None:
        self._engines, self._writer, self._keys = engines, writer, keys
        self._clock, self._folder, self._settings, self._luck = clock, folder, settings, luck
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()  # of the key store
        self._one_look, self._one_audit = asyncio.Lock(), asyncio.Lock()
        self._one_photo = asyncio.Lock()  # two of one person at once would lose the first
        self._coming: set[str] = set()  # keys whose consents are not committed; bounded by requests
        self._store: KeyStore | None = None
        self._stale = True
        self._tried: tuple[Any, ...] = ()
        self.missing = tuple(absent())
        self.roll: Roll | None = None
        self.process: FaceProcess | None = None
        self.keys_here = True
        self.wanted = False  # whether an assessment stands
        self.model: str | None = None
        self.portraits: Portraits | None = None
        self.judge: Judge = judge_beside
        self.heard: Heard = lambda _camera, _event: None
        self.listed: Callable[[], Awaitable[set[str]]] = _nobody  # of a watch list
        self.due_s: Callable[[], float] = lambda: LOOK_AGAIN_S  # until its next order ends

    @property
    def state(self) -> str:
        """``absent``, ``off``, ``keys_elsewhere``, ``starting`` or ``ready``."""
        if self.missing:
            return "absent"
        if not self.wanted:
            return "off"
        if not self.keys_here:
            return "keys_elsewhere"
        return "ready" if self.portraits is not None and self.roll is not None else "starting"

    def wake(self) -> None:
        """Something about faces changed."""
        self._stale = True
        self._wake.set()

    def look(self) -> None:
        """Somebody may have left; nothing is measured again for that alone."""
        self._wake.set()

    # ----------------------------------------------------------------- consent

    async def keys_id(self) -> str:
        """The id of the key store for an assessment; the site's first makes an empty store."""
        if (site := self._site()) is not None:
            return str(site.keys)
        async with self._turn:
            store = self._open_store()
            if store.broken:
                raise DomainError("face_keys_elsewhere")
            if not store.id:
                await asyncio.to_thread(store.create, self._luck(16).hex())
            return store.id

    async def give(self, asked: Asked) -> str:
        """Record a consent with a key of its own; the value is the id of the one that holds."""
        name = self._luck(16).hex()
        async with self.new_key(name):
            told = Consent(
                name, asked.person, asked.giver, asked.turns_14_on, asked.notice,
                asked.notice_sha256, asked.language, asked.by,
            )  # fmt: skip
            held = await self._writer.submit(consent, told)
        return str(held)

    @contextlib.asynccontextmanager
    async def new_key(self, name: str) -> AsyncIterator[bytes]:
        """A wrapped key on the disk for what is committed inside; else the next look takes it."""
        roll = self.ready_roll()
        self._coming.add(name)
        try:
            async with self._turn:
                wrapped = roll.new_key(name)
                await asyncio.to_thread(self._open_store().put, name, wrapped)
            yield wrapped
        finally:
            self._coming.discard(name)
            self.wake()

    def key_of(self, name: str) -> bytes | None:
        """A wrapped key, or None where it was destroyed."""
        return self._open_store().get(name)

    async def withdraw(self, person: str, by: str, reason: str = "withdrawn") -> bool:
        """End a consent and destroy its key; when this returns nobody can read the template.

        Whether there was one. Raises OSError where the disk refuses; it is tried again.
        """
        ended = await self._writer.submit(withdraw, Withdrawal(person, by, reason))
        if self.roll is not None:
            self.roll.drop(person)
        if ended:  # else whoever asks again and again keeps everybody measured without end
            self.wake()
        await self.destroy(ended)
        return bool(ended)

    async def renew(self, by: str) -> int:
        """The keys are lost: end every consent, and begin with an empty store."""
        async with self._turn:
            store = self._open_store()
            await asyncio.to_thread(store.create, self._luck(16).hex())
        ended = await self._writer.submit(begin_anew, (by, store.id))
        self.roll = None
        self.wake()
        return int(ended)

    async def destroy(self, names: Sequence[str]) -> None:
        """Overwrite keys; raises OSError where the disk refuses, and a later look tries again."""
        async with self._turn:
            store = self._open_store()
            for name in names:
                await asyncio.to_thread(store.destroy, name)

    def _open_store(self) -> KeyStore:
        if self._store is None:
            self._store = KeyStore(self._folder / NAME)
        return self._store

    # ----------------------------------------------------------------- photos

    async def photo(self, person: str, content: bytes, by: str) -> tuple[int, ...]:
        """Add one photo; the value: the days of all. Raises DomainError. The picture goes."""
        roll = self.ready_roll()
        if self.portraits is None:
            raise DomainError("face_starting")
        if self._consent_of(person) is None:
            raise DomainError("face_no_consent")
        found: Any = await self.portraits(content)
        if (why := getattr(found, "reason", None)) is not None:
            raise DomainError(why)
        if found.copied:
            raise DomainError("face_copied")
        async with self._one_photo:
            return await self._add(roll, person, found, by)

    async def _add(self, roll: Roll, person: str, found: Any, by: str) -> tuple[int, ...]:
        row = self._consent_of(person)
        if row is None:  # withdrawn while somebody looked at the picture
            raise DomainError("face_no_consent")
        wrapped = self._open_store().get(row.id)
        if wrapped is None:
            raise DomainError("face_no_consent")
        day = int(self._clock().timestamp() // 86_400)
        source = self._calibration(found.model_id).source
        made = await asyncio.to_thread(roll.add, row.id, person, wrapped, found, day, source)
        if (why := getattr(made, "reason", None)) is not None:
            raise DomainError(why)
        sealed: Any = made
        quality = [*(row.quality or ()), sealed.quality]
        told = SealedTemplate(
            row.id, person, sealed.content, sealed.model_id, sealed.days, quality, by
        )
        await self._writer.submit(keep_template, told)
        if self._open_store().get(row.id) is not None:
            roll.take(row.id, person, sealed.content, wrapped)
        self.wake()
        return tuple(sealed.days)

    def _consent_of(self, person: str) -> Any:
        """The open consent of somebody with what is kept of their photos, or None."""
        c, kept = t.face_consents, t.face_templates
        query = (
            select(c.c.id, kept.c.days, kept.c.quality)
            .outerjoin(kept, kept.c.consent_id == c.c.id)
            .where(c.c.open_person == person)
        )
        with self._engines.read.connect() as connection:
            return connection.execute(query).first()

    def ready_roll(self) -> Roll:
        """Everybody's templates; refuses where faces are absent, off, starting, or without keys."""
        if self.missing:
            raise DomainError("faces_absent")
        if not self.wanted:
            raise DomainError("face_assessment")
        if not self.keys_here:
            raise DomainError("face_keys_elsewhere")
        if self.roll is None:
            raise DomainError("face_starting")
        return self.roll

    # ----------------------------------------------------------------- who is it

    def verify(self, claimants: Sequence[str], probe: Probe) -> Verdict:
        """Whether a face is one of the 1 to 4 people of a claim; less than a millisecond."""
        return self._told(lambda roll: roll.verify(claimants, probe))

    def search(self, door: str, probe: Probe) -> Verdict:
        """Who of a door's own people a face is; refused where that door's audit does not pass."""
        return self._told(lambda roll: roll.search(door, probe))

    def _told(self, ask: Callable[[Roll], Decision]) -> Verdict:
        try:
            roll = self.ready_roll()
        except DomainError as refusal:
            return Verdict(None, refusal.code, "")
        found = ask(roll)
        audit = roll.standing.revision if roll.standing is not None else ""
        return Verdict(getattr(found, "person", None), getattr(found, "reason", None), audit)

    # ----------------------------------------------------------------- the work beside requests

    async def run(self) -> None:
        """Look after consents, keys, the process and the audit until cancelled."""
        self._wake.set()
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.due_s()):
                        await self._wake.wait()
                self._wake.clear()
                try:
                    await self.settle()
                    self._start_process()
                    await self._await_process()
                    if self._stale and self.state == "ready":
                        await asyncio.sleep(DEBOUNCE_S)
                        await self.audit()
                except (*_TROUBLE, DomainError, Mistake) as trouble:
                    log.warning("faces wait: %s", type(trouble).__name__)
                    asyncio.get_running_loop().call_later(RETRY_S, self._wake.set)
        finally:
            if self.process is not None:
                await self.process.stop()

    async def settle(self) -> None:
        """Make keys, consents and memory agree; ends consents of those who left or came of age."""
        async with self._one_look:
            await self._settle()

    async def _settle(self) -> None:
        site = self._site()
        self.wanted = site is not None
        if site is None:
            return
        store = self._open_store()
        self.keys_here = store.id == site.keys
        if not self.keys_here:
            self.roll = None
            return
        names, coming = set(store.names()), set(self._coming)
        for name, person, reason in await asyncio.to_thread(self._over, names, site.purpose):
            if reason == "key_gone" and store.get(name) is not None:
                continue  # given since we looked which keys there are
            await self._writer.submit(withdraw, Withdrawal(person, "hub", reason))
            if self.roll is not None:
                self.roll.drop(person)
        if self.roll is None and not self.missing:
            roll = await asyncio.to_thread(self._load)
            held = self._held_consents()
            roll.keep({name for name in held if store.get(name) is not None})
            self.roll = roll  # from here on whoever withdraws is dropped from it
        held = self._held_consents() | await self.listed()
        await self.destroy([name for name in names if name not in held and name not in coming])

    def _site(self) -> Any:
        with self._engines.read.connect() as connection:
            return connection.execute(select(t.face_site)).first()

    def _held_consents(self) -> set[str]:
        query = select(t.face_consents.c.id).where(t.face_consents.c.ended_at.is_(None))
        with self._engines.read.connect() as connection:
            return set(connection.execute(query).scalars())

    def _over(self, keys: set[str], purpose: str) -> list[tuple[str, str, str]]:
        """Consents that cannot go on, whose they are, and why."""
        c, people = t.face_consents.c, t.people.c
        query = (
            select(c.id.label("consent"), c.turns_14_on, c.purpose, people.id, people.household_id)
            .join(t.people, people.id == c.person_id)
            .where(c.ended_at.is_(None))
        )
        found = []
        with self._engines.read.connect() as connection:
            today = local_day(connection, self._clock())
            for row in connection.execute(query).all():
                if row.consent not in keys and row.consent not in self._coming:
                    found.append((row.consent, row.id, "key_gone"))
                elif row.purpose != purpose:  # nobody agreed to the new one
                    found.append((row.consent, row.id, "purpose"))
                elif left(connection, row, today):
                    found.append((row.consent, row.id, "moved"))
                elif row.turns_14_on is not None and not is_child(row.turns_14_on, today):
                    found.append((row.consent, row.id, "of_age"))
        return found

    def _load(self) -> Roll:
        from hub.faces.roll import Roll  # noqa: PLC0415 - numpy is an extra

        roll = Roll(self._keys.face_key("wrap"), self._keys.face_key("turn"), self._luck)
        store = self._open_store()
        with self._engines.read.connect() as connection:
            for row in connection.execute(select(t.face_templates)):
                wrapped = store.get(row.consent_id)
                if wrapped is None or not roll.take(
                    row.consent_id, row.person_id, row.sealed, wrapped
                ):
                    log.warning("a face's template does not open and is passed over")
        return roll

    def _start_process(self) -> None:
        if self.process is not None or self.roll is None or self.portraits is not None:
            return
        from hub.faces.process import FaceProcess  # noqa: PLC0415 - numpy is an extra

        own = self._settings
        self.process = FaceProcess(self._folder, self._hear, own.detector, own.weights)
        self.process.start()

    def _hear(self, camera: str, event: Any) -> None:
        self.heard(camera, event)

    async def _await_process(self) -> None:
        if self.process is None or self.portraits is not None:
            return
        await self.process.ready()
        if self.process.models is not None:
            self.model = self.process.models[1]
        self.portraits = self.process.portrait

    # ----------------------------------------------------------------- the self-audit

    async def audit(self) -> bool:
        """Measure everybody, and each door that wants faces alone; whether anything was new."""
        async with self._one_audit:  # the newer must not stand in the way of who left meanwhile
            return await self._audit()

    async def _audit(self) -> bool:
        from hub.faces.audit import Wanted  # noqa: PLC0415 - numpy is an extra
        from hub.faces.roll import standing_of, task_of  # noqa: PLC0415 - the same

        roll, site = self.roll, self._site()
        if roll is None or site is None or self.model is None:
            return False
        self._stale = False
        wanted = Wanted(site.strangers, site.claims, site.misses)
        doors, homes = await asyncio.to_thread(self._grounds)
        calibration = self._calibration(self.model)
        held = roll.everybody()
        args = (held, self.model, wanted, calibration, doors, homes)
        people, task = await asyncio.to_thread(task_of, *args)
        revision = self._luck(8).hex()
        try:
            report = await self.judge(task)
            standing = await asyncio.to_thread(standing_of, revision, people, task, report, held)
        except BaseException:
            self._stale = True
            raise
        documents = {scope: named(told, people) for scope, told in report.documents.items()}
        await self._writer.submit(keep_audit, AuditKept(revision, self.model, documents))
        if self.roll is roll:
            roll.stand(standing)
        return True

    async def audit_now(self) -> None:
        """The same for somebody who waits for it; raises DomainError where it cannot be."""
        self.ready_roll()
        if self.model is None:
            raise DomainError("face_starting")
        await self.audit()

    def _grounds(self) -> tuple[dict[str, frozenset[str]], list[set[str]]]:
        """The people of each door that wants faces alone, and those of each household."""
        found: dict[str, frozenset[str]] = {}
        with self._engines.read.connect() as connection:
            query = (
                select(t.doors.c.id, t.doors.c.device_id, t.doors.c.number)
                .join(t.face_doors, t.face_doors.c.door_id == t.doors.c.id)
                .where(t.face_doors.c.mode == "alone")
            )
            zone = str(connection.execute(select(t.site.c.time_zone)).scalar_one())
            for row in connection.execute(query).all():
                found[row.id] = people_of(connection, self._keys, zone, row)
            homes = everybody_at_home(connection, self._clock().timestamp())
        return found, list(homes.values())

    def _calibration(self, model: str) -> Any:
        """What is known of the model before this site has measured it."""
        from hub.faces.calibration import DLIB_RESNET, none_yet, of_file  # noqa: PLC0415

        if self._settings.calibration is not None:
            return of_file(self._settings.calibration)
        return DLIB_RESNET if model == DLIB_RESNET.model_id else none_yet(model)


def named(told: Mapping[str, Any], people: Sequence[str]) -> dict[str, Any]:
    """A document with people instead of rows."""
    pairs = [[people[one], people[other]] for one, other in told["look_alikes"]]
    return {**told, "look_alikes": pairs}


async def _nobody() -> set[str]:
    return set()
