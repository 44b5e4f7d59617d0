"""The hub's parts, put together on a loop: what API, payments and tests stand on."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devices.recall import KIND as RECALLED
from hub.acts.events import Heard
from hub.acts.put_back import OLDER
from hub.alerting import Alerting, Surroundings
from hub.config import HubSettings
from hub.core.effects import Forget
from hub.desks import Desks
from hub.endings import Tell
from hub.face_doors import FaceDoors
from hub.face_preview import FacePreview
from hub.gateways.broker import ManagedBroker
from hub.importing import Imports
from hub.incidents import Incidents
from hub.ingest import Ingest
from hub.jobs import DurableEffects
from hub.keeping import Keeping
from hub.keys import HubKeys
from hub.live import Live, recollect
from hub.policies import Policies
from hub.recalls import DiskOlder, Recalls
from hub.recognising import Recognising
from hub.store.engine import Engines
from hub.store.memory import Memory
from hub.store.writer import Batcher, Writer
from hub.watching import Watching
from hub.zones import Zones


@dataclass(slots=True)
class Hub:
    """A running hub's parts, as API and tests see them."""

    settings: HubSettings
    engines: Engines
    keys: HubKeys
    memory: Memory
    writer: Writer
    ingest: Ingest
    policies: Policies
    durable: DurableEffects
    recalls: Recalls
    keeping: Keeping
    imports: Imports
    live: Live
    zones: Zones
    endings: Tell
    clock: Callable[[], datetime]
    epoch: int
    alerting: Alerting
    desks: Desks
    incidents: Incidents
    recognising: Recognising
    watching: Watching
    face_doors: FaceDoors
    face_preview: FacePreview
    payments: Any = None
    broker: ManagedBroker | None = None
    ready: bool = False


def assemble(
    settings: HubSettings,
    engines: Engines,
    keys: HubKeys,
    epoch: int,
    holder: str,
    clock: Callable[[], datetime],
    on_fatal: Callable[[BaseException], None],
    *,
    inline: bool = False,
    luck: Callable[[int], bytes] = secrets.token_bytes,
) -> Hub:
    """Put the parts together on the running loop; ``inline`` keeps everything on it (tests)."""
    memory = Memory(engines)
    memory.reload()
    recollect(engines, memory)
    live = Live(memory)
    writer = Writer(Batcher(engines, epoch, holder), clock, on_fatal, inline=inline)
    ingest = Ingest(settings.hub, memory, keys, writer, clock, luck, epoch, live.announce)
    writer.speak, writer.prepare = ingest.speak, ingest.prepare
    policies = Policies(engines, ingest, writer, keys, clock, threaded=not inline)
    durable = DurableEffects(engines, writer, clock)
    imports = Imports(engines, writer, keys.mark, clock, threaded=not inline)
    recalls = Recalls(engines, writer, memory, policies, keys)
    policies.held, policies.careful = recalls.held, recalls.careful
    ingest.question = recalls.question
    endings = Tell(engines, ingest, keys, settings.data)
    endings.silent, recalls.on_told = lambda: recalls.blind, endings.wake
    zones = Zones(engines, ingest, keys, clock)
    desks = Desks(ingest, memory, keys, clock, luck)
    around = Surroundings(settings.data, settings.alerts, settings.http.origin)
    alerting = Alerting(engines, memory, writer, clock, lambda: ingest.online, around)
    incidents = Incidents(engines, writer, keys, settings.stations, clock, luck)
    recognising = Recognising(
        engines, writer, keys, clock, settings.data, settings.faces, secrets.token_bytes
    )
    watching = Watching(engines, writer, recognising, clock, secrets.token_bytes, incidents.detect)
    face_doors = _face_doors(settings, engines, writer, memory, recognising, watching, clock)
    face_doors.speak = ingest.speak
    wakes = {
        "policy": policies.wake,
        "recall": recalls.wake,
        OLDER: lambda: on_fatal(DiskOlder("put back without `restore`: begin again, and ask")),
        "zone": zones.wake,
        "alerts": alerting.wake,
        "incidents": incidents.wake,
        "import": imports.wake,
        "faces": _both(recognising.wake, face_doors.wake),
    }

    ingest.on_fresh = _fresh(recalls, face_doors)
    _listen(ingest, wakes, durable.wake, endings, recognising)
    keeping = Keeping(engines, writer, clock)
    return Hub(
        settings, engines, keys, memory, writer, ingest, policies, durable, recalls, keeping,
        imports, live, zones, endings, clock, epoch, alerting, desks, incidents, recognising,
        watching, face_doors, FacePreview(face_doors),
    )  # fmt: skip


def _face_doors(
    settings: HubSettings, engines: Engines, writer: Writer, memory: Memory, faces: Recognising,
    watching: Watching, clock: Callable[[], datetime],
) -> FaceDoors:  # fmt: skip
    """Whoever looks where a door asks."""
    return FaceDoors(
        engines, writer, memory, faces, settings.cameras, lambda: clock().timestamp(),
        watching.watch, lambda: faces.roll is not None and faces.roll.listed > 0,
    )  # fmt: skip


def _both(one: Callable[[], None], other: Callable[[], None]) -> Callable[[], None]:
    def wake() -> None:
        one()
        other()

    return wake


def _fresh(recalls: Recalls, face_doors: FaceDoors) -> Callable[[Heard], None]:
    """Who hears of facts that were not known before."""

    def hear(heard: Heard) -> None:
        if heard.event.kind == RECALLED:
            recalls.wake()
        face_doors.told(heard)

    return hear


def _listen(
    ingest: Ingest,
    wakes: Mapping[str, Callable[[], None]],
    otherwise: Callable[[], None],
    endings: Tell,
    recognising: Recognising,
) -> None:
    """Who hears of work that waits, and of rows that changed."""

    def on_work(kind: str) -> None:
        wakes.get(kind, otherwise)()
        if kind == "policy":  # whatever ends cards or members asks for policies too
            endings.wake()

    def on_forget(what: Forget) -> None:
        endings.wake()
        if what.what == "phone":
            ingest.memory.forget_phone(what.key)
        else:
            ingest.memory.reload()
            recognising.look()  # somebody may have moved out

    ingest.on_work = on_work
    ingest.on_forget = on_forget
