"""The police link: an incident on its way from a suspicion to somebody who has dealt with it.

Pure. A machine may only detect; a person confirms, having seen every picture; nothing leaves
before that. Whoever is forced at a door, or presses a panic button, has confirmed it by doing so.
What leaves is a ``Pack``: hashes of pictures, times, door, rule and authority as ids, and no field
in which a name could stand. A link is ``simulated`` until a station has accepted it, and says so.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

PICTURES_MAX: Final = 8  # of one incident; the best frames, not a film
PACK_VERSION: Final = 1
ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class Kind(StrEnum):
    """What was noticed."""

    WATCH_LIST = "watch_list"  # a face like one on an authority's list
    REPEATED = "repeated"  # somebody tries again and again
    TAILGATE = "tailgate"
    FORCED = "forced"
    DURESS = "duress"
    PANIC = "panic"
    FIRE = "fire"
    TAMPER = "tamper"


SELF_CONFIRMED: Final = frozenset({Kind.DURESS, Kind.PANIC})
ORDERED: Final = frozenset({Kind.WATCH_LIST})  # needs an authority's order in force, to the end


class State(StrEnum):
    """Where an incident stands."""

    DETECTED = "detected"
    REVIEWING = "reviewing"
    CONFIRMED = "confirmed"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    HANDLED = "handled"
    FALSE_ALARM = "false_alarm"


class What(StrEnum):
    """What may happen to an incident."""

    TAKEN_UP = "taken_up"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    SENT = "sent"
    RETURNED = "returned"  # the station would not have it
    ACKNOWLEDGED = "acknowledged"
    HANDLED = "handled"
    OTHERWISE = "otherwise"  # dealt with on another way, such as by telephone
    WITHDRAWN = "withdrawn"  # the station has heard that it was a false alarm


class Party(StrEnum):
    """Who may move an incident; a machine that detects is not among them."""

    REVIEWER = "reviewer"
    LINK = "link"
    STATION = "station"


# The law: what may happen in which state, and where it leads. What is not here is refused.
LAW: Final[Mapping[tuple[State, What], State]] = {
    (State.DETECTED, What.TAKEN_UP): State.REVIEWING,
    (State.REVIEWING, What.TAKEN_UP): State.REVIEWING,
    (State.REVIEWING, What.CONFIRMED): State.CONFIRMED,
    (State.REVIEWING, What.DISMISSED): State.FALSE_ALARM,
    (State.CONFIRMED, What.SENT): State.SENT,
    (State.CONFIRMED, What.DISMISSED): State.FALSE_ALARM,
    (State.CONFIRMED, What.OTHERWISE): State.HANDLED,
    (State.SENT, What.SENT): State.SENT,
    (State.SENT, What.RETURNED): State.CONFIRMED,
    (State.SENT, What.ACKNOWLEDGED): State.ACKNOWLEDGED,
    (State.SENT, What.DISMISSED): State.FALSE_ALARM,
    (State.SENT, What.OTHERWISE): State.HANDLED,
    (State.ACKNOWLEDGED, What.HANDLED): State.HANDLED,
    (State.ACKNOWLEDGED, What.DISMISSED): State.FALSE_ALARM,
    (State.FALSE_ALARM, What.WITHDRAWN): State.FALSE_ALARM,
}
WHO: Final[Mapping[What, frozenset[Party]]] = {
    What.TAKEN_UP: frozenset({Party.REVIEWER}),
    What.CONFIRMED: frozenset({Party.REVIEWER}),
    What.DISMISSED: frozenset({Party.REVIEWER, Party.STATION}),
    What.SENT: frozenset({Party.LINK}),
    What.RETURNED: frozenset({Party.STATION}),
    What.ACKNOWLEDGED: frozenset({Party.STATION}),
    What.HANDLED: frozenset({Party.REVIEWER, Party.STATION}),
    What.OTHERWISE: frozenset({Party.REVIEWER}),
    What.WITHDRAWN: frozenset({Party.LINK}),
}
LEAVING: Final = frozenset({State.CONFIRMED, State.SENT})
"""Where a pack may be made: what is acknowledged has left already."""


class Role(StrEnum):
    """What a picture shows."""

    SCENE = "scene"
    LISTED = "listed"  # the authority's own picture


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by its hash; the picture itself stays where it is kept."""

    sha256: str
    role: Role
    taken_at: datetime

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.sha256):
            raise ValueError("a picture is named by its SHA-256 in small hex digits")
        _aware(self.taken_at)


@dataclass(frozen=True, slots=True)
class Authority:
    """Who ordered a watch list, on which legal basis, and how long."""

    id: str
    basis: str
    from_at: datetime
    to_at: datetime

    def __post_init__(self) -> None:
        _ids(self.id, self.basis)
        _aware(self.from_at, self.to_at)
        if self.from_at >= self.to_at:
            raise ValueError("an order ends after it begins")

    def in_force(self, now: datetime) -> bool:
        """Whether it holds at this instant; its end is no longer in it."""
        return self.from_at <= now < self.to_at


@dataclass(frozen=True, slots=True)
class Link:
    """A way to a station; ``accepted_at`` is when the station took it into service."""

    station: str
    accepted_at: datetime | None = None

    def __post_init__(self) -> None:
        _ids(self.station)
        if self.accepted_at is not None:
            _aware(self.accepted_at)

    def simulated(self, now: datetime) -> bool:
        """Whether what goes this way is only played."""
        return self.accepted_at is None or now < self.accepted_at


@dataclass(frozen=True, slots=True)
class Incident:
    """One suspicion and what became of it."""

    id: str
    kind: Kind
    door: str
    rule: str
    detected_at: datetime
    pictures: tuple[Picture, ...] = ()
    authority: Authority | None = None
    state: State = State.DETECTED
    reviewer: str = ""
    confirmed_at: datetime | None = None
    sent_at: datetime | None = None  # the first time
    number: int = 0  # of its message: the same in every copy
    station: str = ""
    simulated: bool = False  # every way it went so far was played
    withdrawn: bool = False

    def __post_init__(self) -> None:
        _ids(self.id, self.door, self.rule)
        _aware(self.detected_at)
        if len(self.pictures) > PICTURES_MAX:
            raise ValueError(f"an incident keeps at most {PICTURES_MAX} pictures")

    @property
    def owes_withdrawal(self) -> bool:
        """Whether a station still believes in a false alarm."""
        gone = self.state is State.FALSE_ALARM and self.sent_at is not None
        return gone and not self.withdrawn


@dataclass(frozen=True, slots=True)
class Move:
    """A wish to move an incident; ``by`` is an id: a person's, or the station's."""

    what: What
    party: Party
    by: str
    at: datetime
    seen: frozenset[str] = frozenset()  # hashes of the pictures that were on the screen
    number: int = 0  # of the message, with SENT
    link: Link | None = None  # the way, with SENT and WITHDRAWN

    def __post_init__(self) -> None:
        _ids(self.by)
        _aware(self.at)


@dataclass(frozen=True, slots=True)
class Record:
    """A line of the journal: who moved what, from where to where, and whether it was played."""

    incident: str
    what: What
    old: State
    new: State
    party: Party
    by: str
    at: datetime
    number: int
    simulated: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """The incident afterwards, and what must be recorded with it."""

    incident: Incident
    record: Record


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing has happened; the code is one of ``devices.reasons``."""

    reason: str


def detect(
    id_: str,
    kind: Kind,
    door: str,
    rule: str,
    at: datetime,
    pictures: tuple[Picture, ...] = (),
    authority: Authority | None = None,
) -> Incident | Refused:
    """A new incident; without an order in force a watch list detects nothing."""
    if kind in ORDERED and (authority is None or not authority.in_force(at)):
        return Refused("authority_missing")
    made = Incident(id_, kind, door, rule, at, pictures, authority)
    if kind in SELF_CONFIRMED:
        return replace(made, state=State.CONFIRMED, confirmed_at=at)
    return made


def move(incident: Incident, wish: Move) -> Moved | Refused:
    """The incident after a move; deny by default. Raises nothing."""
    new = LAW.get((incident.state, wish.what))
    if new is None:
        return Refused("incident_step")
    if wish.party not in WHO[wish.what]:
        return Refused("not_allowed")
    refusal = _refusal(incident, wish)
    if refusal:
        return Refused(refusal)
    after = replace(_changed(incident, wish), state=new)
    record = Record(
        incident.id,
        wish.what,
        incident.state,
        new,
        wish.party,
        wish.by,
        wish.at,
        after.number,
        after.simulated,
    )
    return Moved(after, record)


def _refusal(incident: Incident, wish: Move) -> str:
    """Why this party may not do this to this incident; empty where it may."""
    if wish.party is Party.STATION and (not incident.station or wish.by != incident.station):
        return "not_allowed"
    reviewed = incident.state is State.REVIEWING and wish.what is not What.TAKEN_UP
    if reviewed and wish.party is Party.REVIEWER and wish.by != incident.reviewer:
        return "incident_elsewhere"
    match wish.what:
        case What.CONFIRMED:
            if not _in_order(incident, wish.at):
                return "authority_missing"
            return "" if _all_seen(incident, wish.seen) else "incident_unseen"
        case What.SENT:
            if not _in_order(incident, wish.at):
                return "authority_missing"
            return "" if _same_message(incident, wish) else "incident_step"
        case What.WITHDRAWN:
            fits = wish.link is not None and wish.link.station == incident.station
            return "" if fits and incident.owes_withdrawal else "incident_step"
        case _:
            return ""


def _in_order(incident: Incident, now: datetime) -> bool:
    if incident.kind not in ORDERED:
        return True
    return incident.authority is not None and incident.authority.in_force(now)


def _all_seen(incident: Incident, seen: frozenset[str]) -> bool:
    shown = {one.sha256 for one in incident.pictures} <= seen
    if incident.kind not in ORDERED:
        return shown
    return shown and {one.role for one in incident.pictures} == set(Role)


def _same_message(incident: Incident, wish: Move) -> bool:
    """A copy goes to the same station under the same number, or it would be a second alarm."""
    if wish.link is None or wish.number <= 0:
        return False
    again = incident.sent_at is not None
    return not again or (wish.link.station, wish.number) == (incident.station, incident.number)


def _changed(incident: Incident, wish: Move) -> Incident:
    match wish.what:
        case What.TAKEN_UP:
            return replace(incident, reviewer=wish.by)
        case What.CONFIRMED:
            return replace(incident, confirmed_at=wish.at)
        case What.SENT:
            assert wish.link is not None
            played = wish.link.simulated(wish.at)
            return replace(
                incident,
                sent_at=incident.sent_at or wish.at,
                number=wish.number,
                station=wish.link.station,
                simulated=played and (incident.simulated or incident.sent_at is None),
            )
        case What.WITHDRAWN:
            return replace(incident, withdrawn=True)
        case _:
            return incident


# --- what leaves -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pack:
    """The evidence as it leaves: ids, hashes and instants, in no field a text of somebody's."""

    incident: str
    kind: Kind
    door: str
    rule: str
    detected_at: datetime
    confirmed_at: datetime
    confirmed_by: str  # an id; empty: whoever was forced, or pressed the button
    authority: str
    basis: str
    pictures: tuple[Picture, ...]
    station: str
    simulated: bool
    version: int = field(default=PACK_VERSION)

    def body(self) -> dict[str, object]:
        """The pack as JSON values."""
        return {
            "v": self.version,
            "incident": self.incident,
            "kind": self.kind.value,
            "door": self.door,
            "rule": self.rule,
            "detected_at": _told(self.detected_at),
            "confirmed_at": _told(self.confirmed_at),
            "confirmed_by": self.confirmed_by,
            "authority": self.authority,
            "basis": self.basis,
            "pictures": [
                {"sha256": one.sha256, "role": one.role.value, "taken_at": _told(one.taken_at)}
                for one in self.pictures
            ],
            "station": self.station,
            "simulated": self.simulated,
        }

    def raw(self) -> bytes:
        """Its one spelling: sorted, without spaces; the same facts give the same bytes."""
        return json.dumps(self.body(), sort_keys=True, separators=(",", ":")).encode("ascii")

    @property
    def sha256(self) -> str:
        """What a station can compare by telephone."""
        return hashlib.sha256(self.raw()).hexdigest()


def way(incident: Incident, link: Link, now: datetime) -> Link:
    """The way as this incident goes it: what began as played stays so, and the other way round.

    A copy must say what the first message said, or the station takes neither for what it is.
    """
    if incident.sent_at is None or link.simulated(now) == incident.simulated:
        return link
    return replace(link, accepted_at=None if incident.simulated else incident.sent_at)


def pack(incident: Incident, link: Link, now: datetime) -> Pack | Refused:
    """What may leave for this station now; refused before a person has confirmed, and after."""
    if incident.state not in LEAVING or incident.confirmed_at is None:
        return Refused("incident_step")
    if incident.station and incident.station != link.station:
        return Refused("incident_step")
    if not _in_order(incident, now):
        return Refused("authority_missing")
    return _packed(incident, link, now)


def withdrawal(incident: Incident, link: Link, now: datetime) -> Pack | Refused:
    """What a station is told to forget: the pack of a false alarm that has left."""
    if not incident.owes_withdrawal or incident.station != link.station:
        return Refused("incident_step")
    return _packed(incident, link, now)


def kept_pack(incident: Incident, link: Link, now: datetime) -> Pack | Refused:
    """The evidence for a file, to be handed over by people; refused before it is confirmed."""
    if incident.confirmed_at is None or incident.state is State.FALSE_ALARM:
        return Refused("incident_step")
    return _packed(incident, link, now)


def _packed(incident: Incident, link: Link, now: datetime) -> Pack:
    authority = incident.authority
    assert incident.confirmed_at is not None
    return Pack(
        incident=incident.id,
        kind=incident.kind,
        door=incident.door,
        rule=incident.rule,
        detected_at=incident.detected_at,
        confirmed_at=incident.confirmed_at,
        confirmed_by=incident.reviewer,
        authority=authority.id if authority else "",
        basis=authority.basis if authority else "",
        pictures=incident.pictures,
        station=link.station,
        simulated=link.simulated(now),
    )


def as_mermaid() -> str:
    """The law as a picture, for the docs."""
    lines = [f"  {old} --> {new}: {what}" for (old, what), new in LAW.items() if old is not new]
    start = [f"  [*] --> {State.DETECTED}", f"  [*] --> {State.CONFIRMED}: duress, panic"]
    return "\n".join(["stateDiagram-v2", *start, *lines]) + "\n"


def _told(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ids(*ids: str) -> None:
    if not all(ID.fullmatch(one) for one in ids):
        raise ValueError("an id is small letters, digits and -, at most 63")


def _aware(*instants: datetime) -> None:
    if any(one.tzinfo is None for one in instants):
        raise ValueError("an instant knows its zone")
