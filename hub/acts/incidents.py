"""Incidents in the store: noticed, reviewed, confirmed, ended. What leaves is queued with its step.

Every step is judged by ``hub.core.policelink`` and is a line of ``incident_log``, which stands in
the chain. Of a duress incident nothing is announced: only named responders know of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import func, insert, select, update

from hub.acts.alerts import Alarm, alarm
from hub.acts.reading import Reading, note_reading
from hub.core import policelink as law
from hub.core.alert_kinds import WITHHELD
from hub.core.alerts import State as AlertState
from hub.core.effects import Announce, WorkWaiting
from hub.core.errors import DomainError
from hub.core.evidence import Sealed
from hub.core.policelink import (
    Authority,
    Incident,
    Kind,
    Link,
    Move,
    Moved,
    Party,
    Picture,
    Record,
    Refused,
    Role,
    State,
    What,
)
from hub.store import tables as t
from hub.store.writer import Done, Tx

DETAIL_CHARS_MAX = 500
STATION_EFFECT = "station:"  # durable effects of this kind are one station's queue
HUB = "hub"  # the link's name in the log
RESTRICTED: Final = frozenset(kind for kind in Kind if kind.value in WITHHELD)
FROM_ALERTS: Final = {
    "duress": Kind.DURESS,
    "forced": Kind.FORCED,
    "fire": Kind.FIRE,
    "tamper": Kind.TAMPER,
}
WAITING_MAX: Final = 500  # nobody looks at more; a camera gone mad must not fill the disk
BY_HAND: Final = (Kind.FORCED, Kind.REPEATED, Kind.TAILGATE, Kind.FIRE, Kind.TAMPER)
CLOSED: Final = frozenset({State.HANDLED, State.FALSE_ALARM})
_WAITING: Final = "incident_waiting"


@dataclass(frozen=True, slots=True)
class Detected:
    """Something was noticed; the same id twice is one incident.

    ``source`` is ``rule:ID``, ``staff:ID`` or ``alert:ID``; ``way`` the station that takes it.
    """

    id: str
    kind: Kind
    door: str
    rule: str
    source: str
    at: datetime
    way: str = ""
    pictures: tuple[Sealed, ...] = ()
    authority: Authority | None = None
    calls: bool = True  # whether somebody must be called to look at it
    by: str = ""  # who entered it, where a person did
    note: str = field(default="", repr=False)

    def for_quarantine(self) -> str:
        """Which one; the note may name people."""
        return f"{self.id} {self.kind} {self.door}"


def detect(tx: Tx, wish: Detected, now: datetime) -> Done[str]:
    """Keep an incident; the value is its state. Refuses what the law does not let begin."""
    del now
    known = find(tx, wish.id)
    if known is not None:
        return Done(known.state.value)
    _needs_door(tx, wish.door)
    _needs_room(tx, wish)
    shown = tuple(one.picture for one in wish.pictures)
    tag = door_tag(wish.door)
    made = law.detect(wish.id, wish.kind, tag, wish.rule, wish.at, shown, wish.authority)
    if isinstance(made, Refused):
        raise DomainError(made.reason)
    tx.execute(insert(t.incidents).values(**_first_row(made, wish)))
    for n, one in enumerate(wish.pictures):
        tx.execute(
            insert(t.incident_pictures).values(
                incident_id=wish.id,
                n=n,
                sha256=one.picture.sha256,
                role=one.picture.role.value,
                taken_at=one.picture.taken_at.timestamp(),
                media_type=one.media_type,
                sealed=one.sealed,
            )
        )
    party = Party.REVIEWER.value if wish.by else "detector"
    _log(tx, made, "detected", "", made.state.value, party, wish.by or wish.source, wish.note)
    effects: tuple[object, ...] = ()
    if made.state is State.CONFIRMED:
        effects = queue(tx, made, wish.way)
    elif wish.calls:
        at_s = wish.at.timestamp()
        effects = alarm(tx, Alarm(_WAITING, f"door:{wish.door}", at_s), wish.at).effects
    return Done(made.state.value, (*effects, *shown_to_all(made)))


@dataclass(frozen=True, slots=True)
class Raised:
    """Staff makes an open alert an incident; ``visible`` says which alerts they may know of."""

    alert: str
    by: str
    way: str
    visible: Callable[[str], bool]

    def for_quarantine(self) -> str:
        """Which alert."""
        return self.alert


def raise_alert(tx: Tx, wish: Raised, now: datetime) -> Done[str]:
    """The value is the incident's id; raising an alert twice gives the same one."""
    row = tx.execute(select(t.alerts).where(t.alerts.c.id == wish.alert)).first()
    if row is None or not wish.visible(row.kind):
        raise DomainError("not_found")
    kind = FROM_ALERTS.get(row.kind)
    what, _, door = row.subject.partition(":")
    if kind is None or what != "door":
        raise DomainError("incident_step", "alerts of this kind do not become incidents")
    name = f"alert-{row.id}-{row.round}"
    if row.state == AlertState.CLOSED.value and find(tx, name) is None:
        raise DomainError("alert_closed")
    at = datetime.fromtimestamp(row.opened_at, UTC)
    noticed = Detected(
        name, kind, door, f"alert-{row.kind}", f"alert:{row.id}", at, wish.way,
        calls=False, by=wish.by,
    )  # fmt: skip
    return Done(name, detect(tx, noticed, now).effects)


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step of a member of staff; ``visible`` says which kinds they may know of.

    ``seen``: hashes of the pictures that were on the screen. ``way``: the stations that take each
    kind now. ``note``: for those who come after; it never leaves.
    """

    incident: str
    what: What
    by: str
    visible: Callable[[Kind], bool]
    seen: frozenset[str] = frozenset()
    way: Callable[[Kind], str] = lambda _kind: ""
    note: str = field(default="", repr=False)

    def for_quarantine(self) -> str:
        """Which step; the note may name people."""
        return f"{self.incident} {self.what}"


def step(tx: Tx, wish: Stepped, now: datetime) -> Done[str]:
    """Move an incident; the value is its state now. Refuses with the law's reason."""
    incident = known(tx, wish.incident, wish.visible)
    seen = wish.seen
    if wish.what is What.CONFIRMED:  # what a page says it showed, it must have been given
        seen &= _given(tx, wish.incident, wish.by)
    reviewer = wish.by.partition(":")[2]
    asked = Move(wish.what, Party.REVIEWER, reviewer, now, seen)
    after = keep(tx, incident, asked, wish.note)
    effects: tuple[object, ...] = ()
    if after.state is State.CONFIRMED:
        effects = queue(tx, after, wish.way(after.kind))
    elif after.owes_withdrawal:
        effects = _post(tx, after, after.station, back=True)
    if after.state in CLOSED:
        tx.execute(
            update(t.incidents)
            .where(t.incidents.c.id == after.id)
            .values(closed_at=tx.now_s, trouble="")
        )
    if after.state is State.FALSE_ALARM:
        forget_pictures(tx, after.id)
    return Done(after.state.value, (*effects, *_looked_at(tx, incident), *shown_to_all(after)))


def send_again(tx: Tx, wish: Stepped, now: datetime) -> Done[str]:
    """Queue what came back, or found no station, once more: the same message, the same number."""
    del now
    incident = known(tx, wish.incident, wish.visible)
    back = incident.owes_withdrawal
    if not (back or incident.state in law.LEAVING) or waiting_posts(tx, incident.id):
        raise DomainError("incident_step")
    _log(tx, incident, "asked", incident.state, incident.state, Party.REVIEWER.value, wish.by)
    if back:
        effects = _post(tx, incident, incident.station, back=True)
    else:
        effects = queue(tx, incident, incident.station or wish.way(incident.kind))
    return Done(incident.state.value, (*effects, *shown_to_all(incident)))


def note_taken_away(tx: Tx, wish: Stepped, now: datetime) -> Done[None]:
    """Somebody takes the evidence with them: that stands in the incident's log, too."""
    del now
    incident = known(tx, wish.incident, wish.visible)
    state = incident.state
    _log(tx, incident, "exported", state, state, Party.REVIEWER.value, wish.by, wish.note)
    return Done(None, shown_to_all(incident))


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody is about to see an incident, or its picture ``n``."""

    incident: str
    by: str
    n: int | None = None


def note_look(tx: Tx, look: Look, now: datetime) -> Done[None]:
    """Written down before it is shown: of duress in its own log, which only few may read."""
    incident = find(tx, look.incident)
    if incident is not None and incident.kind in RESTRICTED:
        state = incident.state
        _log(tx, incident, "read", state, state, Party.REVIEWER.value, look.by)
        return Done(None)
    bare = f"incident:{look.incident}"
    name = bare if look.n is None else picture_object(look.incident, look.n)
    return note_reading(tx, Reading(look.by, name), now)


# ----------------------------------------------------------------- for the acts of stations


def keep(tx: Tx, incident: Incident, asked: Move, note: str = "") -> Incident:
    """Move by the law, write row and log; raises DomainError with the law's reason."""
    moved = law.move(incident, asked)
    if isinstance(moved, Refused):
        raise DomainError(moved.reason)
    return write(tx, moved, note)


def write(tx: Tx, moved: Moved, note: str = "") -> Incident:
    """Write a move that the law allowed: the row, and its line in the log."""
    after, line = moved.incident, moved.record
    tx.execute(update(t.incidents).where(t.incidents.c.id == after.id).values(**_row(after)))
    by = f"staff:{line.by}" if line.party is Party.REVIEWER else line.by
    _log(tx, after, line.what, line.old, line.new, line.party.value, by, note, line)
    return after


def queue(tx: Tx, incident: Incident, way: str) -> tuple[object, ...]:
    """The message leaves with the commit; where no station takes it, people must telephone."""
    found = tx.execute(
        update(t.incidents)
        .where(t.incidents.c.id == incident.id)
        .values(way=way, trouble="" if way else "station_missing")
    )
    assert found.rowcount == 1
    return _post(tx, incident, way, back=False) if way else ()


def _post(tx: Tx, incident: Incident, way: str, *, back: bool) -> tuple[object, ...]:
    name = f"incident-{tx.head.n:x}"  # a step of the chain stands before each: never twice
    tx.durable(name, f"{STATION_EFFECT}{way}", {"incident": incident.id, "back": back})
    return (WorkWaiting("incidents"),)


def waiting_posts(tx: Tx, incident: str) -> bool:
    """Whether something of this incident still waits to be sent."""
    rows = tx.execute(
        select(t.effects.c.body).where(
            t.effects.c.done_at.is_(None), t.effects.c.kind.like(f"{STATION_EFFECT}%")
        )
    ).scalars()
    return any(body["incident"] == incident for body in rows)


def shown_to_all(incident: Incident) -> tuple[object, ...]:
    """What every page may hear: of duress, nothing at all."""
    if incident.kind in RESTRICTED:
        return ()
    return (Announce("incident", {"id": incident.id, "state": incident.state.value}),)


def known(tx: Tx, name: str, visible: Callable[[Kind], bool]) -> Incident:
    """An incident that the asker may know of; what they may not know of is not there."""
    found = find(tx, name)
    if found is None or not visible(found.kind):
        raise DomainError("not_found")
    return found


def find(tx: Tx, name: str) -> Incident | None:
    """An incident by its id."""
    row = tx.execute(select(t.incidents).where(t.incidents.c.id == name)).first()
    if row is None:
        return None
    held = t.incident_pictures.c
    pictures = tx.execute(
        select(held.sha256, held.role, held.taken_at)  # not what they show: that is megabytes
        .where(held.incident_id == name)
        .order_by(held.n)
    ).all()
    return read_incident(row, pictures)


def forget_pictures(tx: Tx, incident: str) -> int:
    """Delete what they show; hash, role and instant stay. The value counts them."""
    held = t.incident_pictures
    return int(
        tx.execute(
            update(held)
            .where(held.c.incident_id == incident, held.c.sealed.is_not(None))
            .values(sealed=None, gone_at=tx.now_s)
        ).rowcount
    )


def read_incident(row: Any, pictures: Any) -> Incident:
    """Rows as the law knows them."""
    return Incident(
        row.id,
        Kind(row.kind),
        door_tag(row.door_id),
        row.rule,
        _at(row.detected_at),
        tuple(Picture(one.sha256, Role(one.role), _at(one.taken_at)) for one in pictures),
        _read_authority(row.authority),
        State(row.state),
        row.reviewer,
        _at(row.confirmed_at) if row.confirmed_at is not None else None,
        _at(row.sent_at) if row.sent_at is not None else None,
        row.number,
        row.station,
        row.simulated,
        row.withdrawn,
    )


def read_link(station: str, row: Any, mark: str) -> Link:
    """The way to a station: accepted only for the wire that was accepted."""
    fits = row is not None and row.accepted_at is not None and row.accepted_mark == mark
    return Link(station, _at(row.accepted_at) if fits else None)


def door_tag(door: str) -> str:
    """A door's id as it may leave: as it stands, or hashed where it has other signs."""
    if law.ID.fullmatch(door):
        return door
    return f"door-{hashlib.sha256(door.encode()).hexdigest()[:16]}"


# ----------------------------------------------------------------- rows


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _read_authority(body: Any) -> Authority | None:
    if body is None:
        return None
    return Authority(body["id"], body["basis"], _at(body["from_at"]), _at(body["to_at"]))


def _row(incident: Incident) -> dict[str, Any]:
    """The columns that a move may change."""
    confirmed, sent = incident.confirmed_at, incident.sent_at
    return {
        "state": incident.state.value,
        "reviewer": incident.reviewer,
        "confirmed_at": confirmed.timestamp() if confirmed else None,
        "sent_at": sent.timestamp() if sent else None,
        "number": incident.number,
        "station": incident.station,
        "simulated": incident.simulated,
        "withdrawn": incident.withdrawn,
    }


def _first_row(incident: Incident, wish: Detected) -> dict[str, Any]:
    order = incident.authority
    told = None
    if order is not None:
        told = asdict(order) | {
            "from_at": order.from_at.timestamp(),
            "to_at": order.to_at.timestamp(),
        }
    return _row(incident) | {
        "id": incident.id,
        "kind": incident.kind.value,
        "door_id": wish.door,
        "rule": incident.rule,
        "source": wish.source,
        "authority": told,
        "detected_at": incident.detected_at.timestamp(),
        "way": wish.way,
    }


def _log(
    tx: Tx,
    incident: Incident,
    what: str,
    old: str,
    new: str,
    party: str,
    by: str,
    note: str = "",
    line: Record | None = None,
) -> None:
    tx.record(
        t.incident_log,
        {
            "incident_id": incident.id,
            "at": tx.now_s,
            "what": str(what),
            "old": str(old),
            "new": str(new),
            "party": party,
            "by": by,
            "number": line.number if line else incident.number,
            "simulated": line.simulated if line else incident.simulated,
            "detail": note[:DETAIL_CHARS_MAX],
        },
    )


def _needs_door(tx: Tx, door: str) -> None:
    if tx.execute(select(t.doors.c.id).where(t.doors.c.id == door)).first() is None:
        raise DomainError("not_found", "no door of this name", "door")


def _needs_room(tx: Tx, wish: Detected) -> None:
    """Machines are stopped when too many wait for a look; people and calls for help never."""
    if wish.by or wish.kind in law.SELF_CONFIRMED:
        return
    waiting = tx.execute(
        select(func.count())
        .select_from(t.incidents)
        .where(t.incidents.c.state == State.DETECTED.value)
    ).scalar_one()
    if waiting >= WAITING_MAX:
        raise DomainError("too_many", f"{waiting} incidents wait for a look")


def _given(tx: Tx, incident: str, by: str) -> frozenset[str]:
    """The pictures that the hub has shown this member, by the log of who read what."""
    pictures = t.incident_pictures.c
    rows = tx.execute(
        select(pictures.n, pictures.sha256).where(
            pictures.incident_id == incident, pictures.sealed.is_not(None)
        )
    ).all()
    log = t.access_log.c
    objects = {picture_object(incident, row.n): row.sha256 for row in rows}
    read = tx.execute(
        select(log.object).where(log.subject == by, log.object.in_(objects)).distinct()
    ).scalars()
    return frozenset(objects[one] for one in read)


def picture_object(incident: str, n: int) -> str:
    """Under which name a look at a picture is written down."""
    return f"incident:{incident}:picture:{n}"


def _looked_at(tx: Tx, before: Incident) -> tuple[object, ...]:
    """When nothing at its door waits for a first look any more, nobody need be called for it."""
    if before.state is not State.DETECTED:
        return ()
    rows = t.incidents.c
    own = tx.execute(select(rows.door_id).where(rows.id == before.id)).scalar_one()
    left = tx.execute(
        select(func.count()).where(rows.door_id == own, rows.state == State.DETECTED.value)
    ).scalar_one()
    standing = tx.execute(
        select(t.alerts.c.id).where(t.alerts.c.open_key == f"{_WAITING}|door:{own}")
    ).first()
    if left or standing is None:
        return ()
    now = _at(tx.now_s)
    return alarm(tx, Alarm(_WAITING, f"door:{own}", tx.now_s, over=True), now).effects
