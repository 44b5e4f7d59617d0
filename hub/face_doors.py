"""Faces at the doors: cameras of doors, questions of doors, words to doors.

A door asks about a claim (or takes faces alone); its cameras' tracks are compared, and the act that
logs the comparison sends the word. Here is only what lasts seconds: nothing of it is written.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from devices.faces import ALONE, ASKED, AWAY, CLAIM_MOST
from devices.messages import NO_REVISION, ClockQuality, Outcome
from hub.acts.events import Heard
from hub.acts.face_doors import FaceVerdict, Suspicion, suspect, tell
from hub.core.cameras import CameraSettings
from hub.core.effects import Announce, SendIndicate
from hub.core.errors import DomainError
from hub.recognising import Verdict
from hub.store import tables as t
from hub.store.engine import Engines
from hub.store.memory import Memory
from hub.store.writer import Faulted, InboxFull, StoreUnavailable, Writer

if TYPE_CHECKING:  # numpy is an extra
    from hub.faces.decide import Probe
    from hub.faces.doorway import Claim, Doorway, Settled

TICK_S: Final = 0.5  # claims end, tracks go
ASK_LATE_S: Final = 5.0  # an older question finds nobody at the door any more
ASK_CHARS_MAX: Final = 32
TURN_LOOK_S: Final = 8.0  # a step of the challenge takes six at most
PUSHED_LATE_S: Final = 30.0  # a camera that pushes and has not for so long is silent
_TROUBLE = (InboxFull, StoreUnavailable, Faulted, SQLAlchemyError)

OVER: Final = "over"
log = logging.getLogger(__name__)


class Faces(Protocol):
    """What is needed of ``hub.recognising``."""

    heard: Callable[[str, Any], None]
    process: Any

    @property
    def state(self) -> str:
        """See ``Recognising.state``."""

    def verify(self, claimants: Any, probe: Any) -> Verdict:
        """See ``Recognising.verify``."""

    def search(self, door: str, probe: Any) -> Verdict:
        """See ``Recognising.search``."""


Watch = Callable[[str, str, "Probe", bytes], Awaitable[str | None]]


@dataclass(slots=True)
class _Door:
    """A door that takes faces, with who stands before it."""

    id: str
    device: str
    number: int
    way: Doorway
    audit: str = ""
    shown: str | None = None  # what its screen was told last


@dataclass(frozen=True, slots=True)
class CameraStanding:
    """How a camera of ``hub.toml`` stands.

    ``door_unknown``: nobody looks, its door is not there; ``unused``: its door takes no faces;
    ``starting``; ``looking``; ``silent`` with a reason code; ``over``: a film came to its end.
    """

    name: str
    door: str
    state: str
    reason: str | None = None


class FaceDoors:
    """The doors of a site that take faces. Everything here is called on the loop."""

    def __init__(
        self,
        engines: Engines,
        writer: Writer,
        memory: Memory,
        faces: Faces,
        cameras: Mapping[str, CameraSettings],
        clock: Callable[[], float],
        watch: Watch | None = None,
        watches: Callable[[], bool] = lambda: False,
        coin: Callable[[], bool] = lambda: bool(secrets.randbits(1)),
    ) -> None:
        self._engines, self._writer, self._memory = engines, writer, memory
        self._faces, self._cameras, self._clock = faces, cameras, clock
        self._watch, self._watches, self._coin = watch, watches, coin
        self._doors: dict[str, _Door] = {}  # bounded by the site's doors
        self._told: set[str] = set()  # cameras that the process knows
        self._lost: set[str] = set()  # cameras whose door is not there, as the log has it
        self._pictures: dict[str, str | None] = {}  # by camera: None while they come, or why not
        self._pushed_s: dict[str, float] = {}  # by camera
        self._tasks: set[asyncio.Task[None]] = set()
        self.speak: Callable[[Iterable[object]], None] = lambda _effects: None  # to the broker
        self.boot = secrets.token_hex(4)
        self.on_seen: Callable[[str, str, Any], None] = lambda _door, _camera, _event: None
        # (door, person or None, reason): what a door was told, after its commit
        self.on_told: Callable[[str, str | None, str | None], None] = lambda _d, _p, _why: None
        faces.heard = self.heard

    # ----------------------------------------------------------------- what changes

    def settle(self) -> None:
        """Read which doors take faces, and let the process look at their cameras."""
        self._miss_doors()
        if self._faces.state in ("absent", "off", "keys_elsewhere"):
            self._doors.clear()
            return
        from hub.faces.doorway import Doorway  # noqa: PLC0415 - numpy is an extra

        with self._engines.read.connect() as connection:
            rows = connection.execute(
                select(t.face_doors, t.doors.c.device_id, t.doors.c.number)
                .join(t.doors, t.doors.c.id == t.face_doors.c.door_id)
            ).all()  # fmt: skip
        counted = {one.door for one in self._cameras.values() if one.tailgating}
        here = {row.door_id for row in rows}
        for gone in self._doors.keys() - here:
            del self._doors[gone]
        for row in rows:
            held = self._doors.get(row.door_id)
            if held is None:
                way = Doorway(row.turn, row.mode == "alone", row.door_id in counted)
                held = _Door(row.door_id, row.device_id, row.number, way)
                self._doors[row.door_id] = held
            held.way.turn, held.way.alone = row.turn, row.mode == "alone"
        self._look_at_cameras()

    def _look(self, held: _Door, for_s: float) -> None:
        """Somebody stands at a door and may not move at all."""
        for name in self._told:
            if self._cameras[name].door == held.id:
                self._faces.process.look(name, for_s)

    def _miss_doors(self) -> None:
        """A camera of a door that is not there would look at nothing, and nobody would know."""
        known = self._memory.doors
        lost = {name for name, one in self._cameras.items() if one.door not in known}
        for name in sorted(lost - self._lost):
            log.warning("[cameras.%s] of hub.toml names a door that is not there", name)
        self._lost = lost

    def looks(self, door: str) -> bool:
        """Whether a claim at this door would be looked at now."""
        return door in self._doors and self._faces.state == "ready"

    def cameras(self) -> list[CameraStanding]:
        """How each camera of the settings stands, by name."""
        return [self._standing(name, one) for name, one in sorted(self._cameras.items())]

    def _standing(self, name: str, one: CameraSettings) -> CameraStanding:
        if one.door not in self._memory.doors:
            return CameraStanding(name, one.door, "door_unknown")
        if one.door not in self._doors:
            return CameraStanding(name, one.door, "unused")
        if name not in self._told or name not in self._pictures:
            return CameraStanding(name, one.door, "starting")
        reason = self._pictures[name]
        late = self._clock() - self._pushed_s.get(name, self._clock()) > PUSHED_LATE_S
        if reason is None and not late:
            return CameraStanding(name, one.door, "looking")
        if reason == OVER:
            return CameraStanding(name, one.door, OVER)
        return CameraStanding(name, one.door, "silent", reason or "camera_silent")

    def push(self, camera: str, content: bytes) -> str | None:
        """A picture of a camera that pushes; a reason code where nobody looks at it now."""
        process = self._faces.process
        if process is None or camera not in self._told:
            return "face_off"
        why: str | None = process.push(camera, content, asyncio.get_running_loop().time())
        if why is None:
            self._pushed_s[camera] = self._clock()
            self._note_picture(camera, None)
        return why

    def _note_picture(self, camera: str, reason: str | None) -> None:
        """Pictures come, or why not; the pages ask again where that is news."""
        known = camera in self._pictures and self._pictures[camera] == reason
        self._pictures[camera] = reason
        if not known:
            self.speak([Announce("face")])

    def _look_at_cameras(self) -> None:
        process = self._faces.process
        if process is None:
            return
        from hub.faces.process import Source  # noqa: PLC0415 - numpy is an extra

        wanted = {name for name, one in self._cameras.items() if one.door in self._doors}
        for name in self._told - wanted:
            process.forget(name)
            self._pictures.pop(name, None)
        for name in wanted - self._told:
            process.add(name, Source(self._cameras[name].kind, self._cameras[name].address))
        self._told = wanted

    # ----------------------------------------------------------------- what doors say

    def told(self, heard: Heard) -> None:
        """A fresh event of a device, after its commit."""
        event, door = heard.event, heard.door
        if door is None or event.late:
            return
        held = self._doors.get(door)
        if event.kind == ASKED:
            self._asked(heard, held)
        elif event.kind == "access" and event.outcome is Outcome.GRANTED and held is not None:
            held.way.opened(1 + ("companion" in event.content), self._clock())

    def _asked(self, heard: Heard, held: _Door | None) -> None:
        """A door's question; one that nobody can look into is answered at once."""
        from_door = heard.event
        ask, people = from_door.content.get("ask"), str(from_door.content.get("people", ""))
        names = tuple(people.split())
        old = from_door.clock is not ClockQuality.SIGNED
        old = old or self._clock() - from_door.at_s >= ASK_LATE_S
        fits = isinstance(ask, str) and 0 < len(ask) <= ASK_CHARS_MAX
        if old or not fits or from_door.door is None or heard.door is None:
            return
        if held is None or self._faces.state != "ready" or not 0 < len(names) <= CLAIM_MOST:
            why = AWAY if held is not None else "face_off"
            self._spawn(self._say(self._verdict(
                heard.door, heard.device, from_door.door, str(ask), None, why
            )))  # fmt: skip
            return
        from hub.faces.doorway import LOOK_S, Claim  # noqa: PLC0415 - numpy is an extra

        now_s = self._clock()
        held.way.ask(Claim(str(ask), names, now_s + LOOK_S), now_s)
        self._look(held, LOOK_S)
        for camera, track in held.way.unlooked(now_s):
            self._faces.process.again(camera, track)
        self._step(held)

    # ----------------------------------------------------------------- what cameras see

    def heard(self, camera: str, event: Any) -> None:
        """An event of the face process; cheap, because the hub's loop waits for it."""
        from hub.faces.camera import Ready  # noqa: PLC0415 - numpy is an extra
        from hub.faces.process import CameraEnded, CameraHere  # noqa: PLC0415

        if isinstance(event, CameraHere):
            self._note_picture(camera, None)
            return
        if isinstance(event, CameraEnded):
            self._note_picture(camera, event.reason or OVER)
        settings = self._cameras.get(camera)
        held = self._doors.get(settings.door) if settings is not None else None
        if held is None:
            return
        if isinstance(event, CameraEnded):
            for key in [key for key in held.way.passers if key[0] == camera]:
                del held.way.passers[key]
            return
        held.way.see(camera, event, self._clock())
        self.on_seen(held.id, camera, event)
        if isinstance(event, Ready) and self._watch is not None and self._watches():
            self._spawn(self._watched(held.id, camera, event.track, event.probe))
        self._step(held)

    async def _watched(self, door: str, camera: str, track: int, probe: Probe) -> None:
        scene = await self._faces.process.scene(camera)
        if scene is None or self._watch is None:
            return
        name = f"{self.boot}-{camera}-{track}"[-40:].lstrip("-")
        try:
            await self._watch(door, name, probe, scene)
        except (DomainError, *_TROUBLE) as trouble:
            log.warning("a hit of the watch list was not kept: %s", type(trouble).__name__)

    def asked_to_turn(self, door: str) -> str | None:
        """To which side of the picture somebody at the door is asked to turn, or None."""
        held = self._doors.get(door)
        side = held.way.asked if held is not None else None
        return side.value if side is not None else None

    def _step(self, held: _Door) -> None:
        from hub.faces.doorway import Again, Settled, Suspect  # noqa: PLC0415

        def compare(people: tuple[str, ...] | None, probe: Probe) -> tuple[str | None, str | None]:
            found = (
                self._faces.search(held.id, probe)
                if people is None
                else self._faces.verify(people, probe)
            )
            held.audit = found.audit
            return found.person, found.reason

        for step in held.way.steps(self._clock(), compare, self._coin):
            match step:
                case Again(camera, track):
                    self._faces.process.again(camera, track)
                case Suspect(kind):
                    self._spawn(self._tell_people(Suspicion(kind, held.id)))
                case Settled():
                    self._spawn(self._say(self._settled(held, step)))
        self._show(held)

    def _show(self, held: _Door) -> None:
        """Tell the door's own screen what somebody is asked to do, whenever that changes."""
        words, claim = held.way.words, held.way.claim
        if words != held.shown:
            held.shown = words
            ask = claim.ask if claim is not None else ALONE
            if words is not None:
                self._look(held, TURN_LOOK_S)
                self.speak([SendIndicate(held.device, ask, words, held.number)])

    def _settled(self, held: _Door, step: Settled) -> FaceVerdict:
        claim: Claim | None = step.claim
        ask = claim.ask if claim is not None else ALONE
        verdict = self._verdict(held.id, held.device, held.number, ask, step.person, step.reason)
        if step.probe is None:
            return verdict
        return FaceVerdict(
            verdict.name, held.id, held.device, held.number, ask, step.person, step.reason,
            step.probe.frames, step.probe.model_id, held.audit, verdict.revision,
        )  # fmt: skip

    def _verdict(
        self, door: str, device: str, number: int, ask: str, person: str | None, reason: str | None
    ) -> FaceVerdict:
        entry = self._memory.devices.get(device)
        policy = entry.policy if entry is not None else None
        revision = policy.revision if policy is not None else NO_REVISION
        return FaceVerdict(
            ask or secrets.token_hex(8), door, device, number, ask, person, reason, 0, "", "",
            revision,
        )  # fmt: skip

    async def _say(self, verdict: FaceVerdict) -> None:
        try:
            why = await self._writer.submit(tell, verdict)
        except _TROUBLE as trouble:  # the door's other ways stay
            log.warning("a word of a face was not given: %s", type(trouble).__name__)
            return
        self.on_told(verdict.door, verdict.person if why is None else None, why)

    async def _tell_people(self, told: Suspicion) -> None:
        try:
            await self._writer.submit(suspect, told)
        except _TROUBLE as trouble:
            log.warning("%s at a door was not told: %s", told.kind, type(trouble).__name__)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ----------------------------------------------------------------- the work beside

    async def run(self) -> None:
        """Look after claims and cameras until cancelled."""
        told: tuple[object, ...] = ()
        while True:
            now = (self._faces.state, self._faces.process)
            if now != told:
                told = now
                self._told = set()
                self._settle_or_wait()
            for held in list(self._doors.values()):
                self._step(held)
            await asyncio.sleep(TICK_S)

    def wake(self) -> None:
        """Doors may have changed what they take."""
        self._settle_or_wait()

    def _settle_or_wait(self) -> None:
        try:
            self.settle()
        except SQLAlchemyError as trouble:
            log.warning("doors of faces wait: %s", type(trouble).__name__)
