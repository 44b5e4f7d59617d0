"""Live events for staff pages: encoded once, sent to all (SSE), with ids that survive restarts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from devices.messages import Revision
from hub.acts.calls import RING_S
from hub.acts.events import announced
from hub.core.alert_kinds import WITHHELD
from hub.store import tables as t
from hub.store.engine import Engines
from hub.store.memory import DeviceEntry, DoorEntry, Memory

EVENTS_RECOLLECTED = 5_000  # at a start: an estate's last hours, read in a tenth of a second
LISTENERS_MAX = 500  # staff and walls of a county's site; each costs about 20 kB
WAITERS_MAX = 4_000  # phones whose page is open now and waits for a call; each costs a request
BACKLOG_MAX = 256  # messages a slow page may lag behind before it must reconnect


class Live:
    """Who listens, and what they are told."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        # each listens to all but some kinds; bounded by LISTENERS_MAX
        self._listeners: dict[asyncio.Queue[bytes | None], frozenset[str]] = {}
        self._last = 0
        self._waiters: dict[str, set[asyncio.Event]] = {}  # by household; bounded by WAITERS_MAX
        self._waiting = 0

    def announce(self, kind: str, body: dict[str, Any]) -> None:
        """Tell every page; doors and devices are shown whole, as they are now."""
        if kind == "event":
            self._note_last(body)
        if kind == "call":
            self._wake(body["household_id"])
            if body["kiosk_id"] is not None:
                self._wake(waiter_of(body["kiosk_id"]))
        if not self._listeners:
            return
        shown = self._shown(kind, body)
        if shown is None:
            return
        raw = _message(kind, body.get("n"), shown)
        # a door's tile names who came last: that is an event, too
        bare = _message(kind, None, shown | {"last": None}) if kind == "door" else raw
        for queue, deaf in list(self._listeners.items()):
            if kind in deaf:
                continue
            if queue.full():  # it cannot follow: end it, the browser comes back and resumes
                self._listeners.pop(queue, None)
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(None)
            else:
                queue.put_nowait(bare if "event" in deaf else raw)

    def _note_last(self, body: Mapping[str, Any]) -> None:
        door = self._memory.doors.get(str(body.get("door")))
        if door is not None:
            door.last = dict(body)

    def _wake(self, household: str | None) -> None:
        for waiter in self._waiters.get(household or "", ()):
            waiter.set()

    async def wait_for_call(self, household: str, at_most_s: float) -> None:
        """Return when a call of this household begins or ends, or when the time is over.

        When too many wait already it returns at once: a page that polls faster than it should is
        better than one that is refused.
        """
        if self._waiting >= WAITERS_MAX:
            return
        self._waiting += 1
        waiter = asyncio.Event()
        self._waiters.setdefault(household, set()).add(waiter)
        try:
            async with asyncio.timeout(at_most_s):
                await waiter.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting -= 1
            self._waiters[household].discard(waiter)
            if not self._waiters[household]:
                del self._waiters[household]

    def _shown(self, kind: str, body: dict[str, Any]) -> dict[str, Any] | None:
        if kind == "door":
            door = self._memory.doors.get(body["id"])
            return show_door(door, self._memory) if door else None
        if kind == "device":
            device = self._memory.devices.get(body["id"])
            return show_device(device) if device else None
        if kind == "call":
            return show_call(body, self._memory) if body["desk"] else None
        if kind in (
            "card",
            "desk",
            "face",
            "lockdown",
        ):  # the page asks again: the gate says who may see what
            return body
        if kind in ("alert", "incident"):
            return dict(body)
        if kind == "phone":  # by pseudonym: who may know the name can ask for it
            return body
        return show_event(body, self._memory)

    def listen(self, deaf: frozenset[str] = frozenset()) -> asyncio.Queue[bytes | None] | None:
        """A queue of messages, but none of the ``deaf`` kinds, ending with None.

        None when too many listen.
        """
        if len(self._listeners) >= LISTENERS_MAX:
            return None
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=BACKLOG_MAX + 1)
        self._listeners[queue] = deaf
        return queue

    def leave(self, queue: asyncio.Queue[bytes | None]) -> None:
        """A page went away."""
        self._listeners.pop(queue, None)

    def close(self) -> None:
        """End all streams, so that the server can stop."""
        for queue in self._listeners:
            while queue.full():
                queue.get_nowait()
            queue.put_nowait(None)
        self._listeners.clear()
        for waiting in self._waiters.values():
            for waiter in waiting:
                waiter.set()


def _message(kind: str, number: Any, shown: Mapping[str, Any]) -> bytes:
    head = f"id: {number}\n" if number is not None else ""
    text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    return f"{head}event: {kind}\ndata: {text}\n\n".encode()


def waiter_of(kiosk: str) -> str:
    """Under which name a kiosk waits for calls; no household's id has a colon."""
    return f"kiosk:{kiosk}"


def recollect(engines: Engines, memory: Memory) -> None:
    """At a start: what happened last at each door, and how long its newest openings took."""
    with engines.read.connect() as connection:
        rows = connection.execute(
            select(t.events)
            .where(t.events.c.kind.not_in(WITHHELD))
            .order_by(t.events.c.n.desc())
            .limit(EVENTS_RECOLLECTED)
        ).all()
    for row in reversed(rows):
        door = memory.doors.get(row.door_id or "")
        if door is not None:
            door.last = announced(row.n, row._asdict())
            if row.outcome == "granted" and not row.late:
                door.times.note(row.ms)


def show_event(body: Mapping[str, Any], memory: Memory) -> dict[str, Any]:
    """An event as pages see it: instants as text, the door with its name."""
    door = memory.doors.get(str(body.get("door")))
    return {
        **body,
        "at": instant(body["at"]),
        "recorded_at": instant(body["recorded_at"]),
        "door_name": door.name if door else None,
    }


def show_call(body: Mapping[str, Any], memory: Memory) -> dict[str, Any]:
    """A call that rings or rang: at which door, for which house, until when, and its answer."""
    door = memory.doors.get(body["door_id"])
    return {
        "id": body["id"],
        "door": body["door_id"],
        "door_name": door.name if door else None,
        "house": body["house"],
        "rang_at": instant(body["rang_at"]),
        "until": instant(body["rang_at"] + RING_S),
        "answer": body["answer"],
    }


def show_door(door: DoorEntry, memory: Memory) -> dict[str, Any]:
    """A door's tile; what is not known is said to be unknown."""
    device = memory.devices.get(door.device)
    condition = door.condition if device is not None and device.ready else None
    return {
        "id": door.id,
        "name": door.name,
        "building": door.building,
        "unit": door.unit,
        "kind": door.kind,
        "device": door.device,
        "number": door.number,
        "lock": condition.lock if condition else "unknown",
        "contact": condition.contact if condition else "unknown",
        "mode": condition.mode if condition else "Unknown",
        "online": device.ready if device is not None and device.note is not None else None,
        "last": show_event(door.last, memory) if door.last else None,
        "latency": door.times.shown(),
    }


def show_device(device: DeviceEntry) -> dict[str, Any]:
    """A device's row."""
    p50_ms, p95_ms = device.percentiles_ms()
    return {
        "id": device.id,
        "kind": device.kind,
        "state": device.note.life.value if device.note else "unknown",
        "since": instant(device.since_s) if device.since_s is not None else None,
        "firmware": device.firmware,
        "policy_want": _revision(device.want) if device.kind == "door" else None,
        "policy_have": _revision(device.have) if device.kind == "door" else None,
        "states": device.states,
        "p50_ms": p50_ms,
        "p95_ms": p95_ms,
    }


def _revision(revision: Revision) -> str:
    return f"{revision.epoch}.{revision.number}"


def instant(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC with milliseconds."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
