"""Who stands before a door by which way, and what the decision says: the words of ``access``."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from devices.faces import FaceWord
from devices.facts import Fact
from devices.guests import Visit
from devices.messages import NO_REVISION, Assurance, Revision


class Way(StrEnum):
    """How somebody stands before a door; PIN is a typed number with its PIN, FACE a face alone."""

    CARD = "card"
    PIN = "pin"
    PASS = "pass"  # noqa: S105 - a visitor's, no secret
    REMOTE = "remote"
    EXIT = "exit"
    FACE = "face"


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody before a door: who (already proven how strongly) and by which way.

    ``clock_known``: the time is the hub's or a clock chip's; ``fresh``: it is the hub's since this
    start, and a manifest came within a week; ``online``: the hub vouches for this very request;
    ``since_s``: what this controller remembers of passes begins then. A pass is shown as ``visit``
    or typed as ``code``. ``face`` is the hub's word for the question ``face_ask`` of this claim.
    """

    door: int
    way: Way
    person: str | None = None
    card: str | None = None
    assurance: Assurance = Assurance.IDENTIFIER
    forged: bool = False
    revision: Revision = NO_REVISION
    clock_known: bool = True
    fresh: bool = True
    claim: str | None = field(default=None, repr=False)
    pin: str | None = field(default=None, repr=False)
    visit: Visit | None = None
    code: str | None = field(default=None, repr=False)
    online: bool = False
    since_s: float = 0.0
    face: FaceWord | None = None
    face_ask: str = ""


@dataclass(frozen=True, slots=True)
class Granted:
    """The door opens for the stated time.

    ``facts`` hold from the decision on, even when the strike should fail; ``flag`` is what staff
    should know; ``companion`` is the first of two people; ``area`` is where the door leads.
    """

    reason: str
    hold_ms: int
    person: str | None = None
    credential: str | None = None
    facts: tuple[Fact, ...] = ()
    flag: str | None = None
    duress: bool = False
    companion: str | None = None
    area: str | None = None
    visit: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The door stays as it is; ``duress`` when the PIN asked for help all the same."""

    reason: str
    person: str | None = None
    credential: str | None = None
    facts: tuple[Fact, ...] = ()
    duress: bool = False


Decision = Granted | Refused
