"""What hub and devices say to each other, as frozen facts without bytes (``wire`` spells them)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Assurance(IntEnum):
    """How strongly a credential was proven: anybody can copy < signed once < challenged now."""

    IDENTIFIER = 1
    SIGNED = 2
    MUTUAL = 3


class Outcome(StrEnum):
    """What became of a wish at a door; unknown is a state, never a guess."""

    GRANTED = "granted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class ClockQuality(StrEnum):
    """Where a device's time comes from: the hub's signature, its own clock chip, or nowhere."""

    SIGNED = "signed"
    RTC = "rtc"
    FREE = "free"


class Life(StrEnum):
    """The life-cycle words of ``$state``."""

    INIT = "init"
    READY = "ready"
    SLEEPING = "sleeping"
    DISCONNECTED = "disconnected"
    LOST = "lost"


@dataclass(frozen=True, slots=True, order=True)
class Revision:
    """A policy's place in time: the judge's epoch, then a number that grows within a device."""

    epoch: int
    number: int


NO_REVISION = Revision(0, 0)


@dataclass(frozen=True, slots=True)
class StateNote:
    """``$state``: boot ``b`` and connection ``c`` tell a late ``lost`` from a true one.

    ``trouble``: what the device knows to be wrong with itself, as reason codes.
    """

    life: Life
    boot: str
    connection: str
    at_s: float
    trouble: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """``$desc``: what a device is and what it understands."""

    kind: str
    firmware: str
    schema: int
    features: tuple[str, ...]
    doors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Presentation:
    """A person brought before a door by the hub: pseudonym, assurance, least policy revision."""

    person: str
    assurance: Assurance
    revision: Revision
    via: str


@dataclass(frozen=True, slots=True)
class Command:
    """One signed wish of the hub: ``access`` carries a presentation, ``indicate`` a reason."""

    id: str
    op: str
    door: int
    connection: str
    epoch: int
    issued_at_s: float
    expires_at_s: float
    presentation: Presentation | None = None
    hold_ms: int | None = None
    about: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """``rsp``: granted or refused with a reason, and how long each stage took on one clock."""

    id: str
    outcome: Outcome
    reason: str
    ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """``evt``: one fact that happened at a device; (device, boot, seq) names it for ever."""

    boot: str
    seq: int
    at_s: float
    clock: ClockQuality
    kind: str
    door: int | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    person: str | None = None
    credential: str | None = None
    via: str | None = None
    command: str | None = None
    late: bool = False
    ms: Mapping[str, float] = field(default_factory=dict)
    content: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ack:
    """``evt/ack``: every event of this boot up to here is committed, without a gap.

    ``epoch`` is the hub's: a lower mark of a later one is a hub that forgot, of the same one late.
    """

    boot: str
    upto: int
    epoch: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Recall:
    """A restored hub asks once for all that a device still holds; ``revision`` is what it knows."""

    mark: str
    revision: Revision


@dataclass(frozen=True, slots=True)
class TimeTold:
    """``time/ok``: the hub's time for the nonce that the device chose."""

    nonce: str
    now_s: float
    epoch: int
    recall: Recall | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """``policy/want``: which policy the device shall have, and how its sealed bytes hash.

    ``sha256``, size and chunks speak of the snapshot ``base``; deltas lead from there, or from
    what the device holds, to ``revision``, and ``head`` is the hash of that chain.
    """

    revision: Revision
    sha256: str
    size_bytes: int
    chunks: int
    count: int
    features: tuple[str, ...]
    epoch: int
    issued_at_s: float
    expires_at_s: float
    head: str
    base: Revision
    base_head: str


@dataclass(frozen=True, slots=True)
class Delta:
    """``policy/delta``: one step from a revision to the next one, sealed to the device."""

    after: Revision
    revision: Revision
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Have:
    """``policy/have``: in force and on disk: the revocation receipt."""

    revision: Revision
    sha256: str
    count: int
    at_s: float
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class DoorCondition:
    """``door/{n}/state``: one atomic document; unknown is never shown as open or closed."""

    lock: str
    contact: str
    mode: str
    revision: Revision
    seq: int


@dataclass(frozen=True, slots=True)
class HubKey:
    """One public key of the hub with its purpose and the time in which it may sign."""

    kid: str
    purpose: str
    public: bytes
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class KeySet:
    """The hub's public keys as the site root signed them; a higher serial replaces a lower one."""

    site: str
    serial: int
    keys: tuple[HubKey, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal is a value: a code of ``reasons`` and, for staff, what did not fit."""

    reason: str
    detail: str = ""
