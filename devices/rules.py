"""What a policy says: who may pass which door when, and what a door asks for.

Everything here is plain data with the arithmetic of local time; ``devices.access`` decides by it.
People are random ids; there are no names, no flats, and no bill, arrears or complaint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from devices.messages import Assurance, Revision

HOLIDAY = 7  # index of a holiday in a weekly schedule, after Monday = 0 ... Sunday = 6
DAY_MINUTES = 24 * 60
OUTSIDE = ""  # the area of whoever has left; nothing hinders the way there
STAFF_RULE = "staff_open"  # the rule by which staff are admitted when they open remotely
_DAYS_BACK_MAX = 8  # an interval over midnight is followed so far; longer is always open


class DoorMode(StrEnum):
    """ONVIF's words for what a door is told to be; Unknown is never commanded."""

    LOCKED = "Locked"
    UNLOCKED = "Unlocked"
    BLOCKED = "Blocked"
    LOCKED_DOWN = "LockedDown"
    LOCKED_OPEN = "LockedOpen"


OPEN_MODES = (DoorMode.UNLOCKED, DoorMode.LOCKED_OPEN)
SHUT_MODES = (DoorMode.LOCKED_DOWN, DoorMode.BLOCKED)


class Passback(StrEnum):
    """What becomes of somebody who is already where the door leads: nothing, a flag, a refusal."""

    OFF = "off"
    SOFT = "soft"
    HARD = "hard"


class FaceMode(StrEnum):
    """What a face may do at a door: nothing, stand for the PIN of a claim, or also open alone."""

    OFF = "off"
    CLAIM = "claim"
    ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Schedule:
    """For each day of the week and for holidays: intervals of minutes after local midnight."""

    days: tuple[tuple[tuple[int, int], ...], ...]
    calendar: str = ""

    def covers(self, day: int, minute: int) -> bool:
        """Whether a minute of a kind of day lies inside; intervals are [from, to)."""
        return any(start <= minute < end for start, end in self.days[day])


@dataclass(frozen=True, slots=True)
class Rule:
    """When a group of people may (or may never) use a door; with an end it is temporary.

    ``lasting``: the end is that of a home. It comes by itself, but whoever lives here is not locked
    out sooner because the hub is lost or the clock stood still: a clock that only says how late it
    is at least will do.
    """

    schedule: str | None = None
    valid_from_s: float | None = None
    valid_to_s: float | None = None
    deny: bool = False
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Credential:
    """A card as a door knows it: a pseudonym, its holder, whether it is blocked."""

    id: str
    person: str
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """How strong a credential a door wants within a schedule, and whether a PIN with it."""

    schedule: str
    asks: Assurance
    pin: bool = False


@dataclass(frozen=True, slots=True)
class ModePlan:
    """A mode by schedule; with ``first_card`` it begins only after a first granted card."""

    schedule: str
    mode: DoorMode
    first_card: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """A door that leads from one area to another, perhaps with anti-passback.

    ``within_s`` limits it in time; ``across`` says that other controllers lead there too, so that
    hardness depends on fresh zone information.
    """

    area_from: str
    area_to: str
    passback: Passback
    within_s: int | None = None
    across: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Pins:
    """PIN verifiers of one door under its own key; a PIN counts only after a claim.

    ``claims`` maps the mark of a typed number (a flat) to the people it may stand for,
    ``verifiers`` a person to the marks of PIN and duress PIN (empty when there is none).
    """

    key: bytes
    claims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    verifiers: Mapping[str, tuple[bytes, bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Code:
    """A courier's code as a door knows it: its pass, its host, its time and how often it opens."""

    visit: str
    host: str
    from_s: float
    to_s: float
    uses: int


@dataclass(frozen=True, slots=True, repr=False)
class Codes:
    """Couriers' codes of one door: their marks under the door's own key."""

    key: bytes
    marks: Mapping[str, Code] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DoorPolicy:
    """One door: its mode, how strong a credential it asks for, and its own people's rules."""

    number: int
    mode: DoorMode = DoorMode.LOCKED
    asks: Assurance = Assurance.MUTUAL
    remote: bool = True
    slot: int = 4
    hold_ms: int = 3_000
    hold_max_ms: int = 10_000
    fail_safe: bool = True
    rules: Mapping[str, Rule] = field(default_factory=dict)
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pin: bool = False
    typed: bool = False
    passes: bool = True
    asks_by: tuple[Ask, ...] = ()
    modes: tuple[ModePlan, ...] = ()
    two_person: bool = False
    passage: Passage | None = None
    interlock: tuple[int, ...] = ()
    longer_ms: int = 0
    held_s: int = 30
    enter_s: int = 10
    pins: Pins | None = None
    codes: Codes | None = None
    face: FaceMode = FaceMode.OFF


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a controller needs to decide alone; people are random ids, never names.

    ``holidays`` is the site's own calendar, ``calendars`` are further ones by name, ``longer`` are
    the people who need more time, ``passes_revoked`` visitor passes with the end of their lives.
    """

    revision: Revision
    zone: tzinfo
    schedules: Mapping[str, Schedule]
    holidays: frozenset[date]
    doors: Mapping[int, DoorPolicy]
    cards: Mapping[str, Credential] = field(default_factory=dict)
    calendars: Mapping[str, frozenset[date]] = field(default_factory=dict)
    longer: frozenset[str] = frozenset()
    passes_revoked: Mapping[str, float] = field(default_factory=dict)


def in_schedule(policy: Policy, name: str, now: datetime) -> bool | None:
    """Whether a moment lies in a schedule; None when the policy has none of this name."""
    schedule = policy.schedules.get(name)
    if schedule is None:
        return None
    local = now.astimezone(policy.zone)
    return schedule.covers(
        _kind_of_day(policy, schedule, local.date()), local.hour * 60 + local.minute
    )


def _kind_of_day(policy: Policy, schedule: Schedule, day: date) -> int:
    holidays = policy.calendars.get(schedule.calendar, frozenset())
    if not schedule.calendar:
        holidays = policy.holidays
    return HOLIDAY if day in holidays else day.weekday()


def interval_began_s(policy: Policy, name: str, now: datetime) -> float | None:
    """When the interval around a moment began, followed back over midnight; None outside."""
    schedule = policy.schedules.get(name)
    if schedule is None:
        return None
    local = now.astimezone(policy.zone)
    day, minute = local.date(), local.hour * 60 + local.minute
    began: datetime | None = None
    for _ in range(_DAYS_BACK_MAX):
        intervals = schedule.days[_kind_of_day(policy, schedule, day)]
        start = next((start for start, end in intervals if start <= minute < end), None)
        if start is None:
            break
        while joined := [first for first, end in intervals if end == start]:
            start = joined[0]
        midnight = datetime(day.year, day.month, day.day, tzinfo=policy.zone)
        began = midnight.replace(hour=start // 60, minute=start % 60)
        if start > 0:
            break
        day, minute = day - timedelta(days=1), DAY_MINUTES - 1
    return began.timestamp() if began else None


def mode_at(
    policy: Policy, door: DoorPolicy, first_card_s: float | None, now: datetime, *, clock: bool
) -> DoorMode:
    """The mode in force: what was commanded, and where that is Locked, what the hour says.

    Without a known clock no schedule moves a door.
    """
    if door.mode is not DoorMode.LOCKED or not door.modes or not clock:
        return door.mode
    for plan in door.modes:
        if not in_schedule(policy, plan.schedule, now):
            continue
        if plan.first_card:
            began_s = interval_began_s(policy, plan.schedule, now)
            if first_card_s is None or began_s is None or first_card_s < began_s:
                continue
        return plan.mode
    return door.mode


def asked_at(
    policy: Policy, door: DoorPolicy, now: datetime, *, clock: bool
) -> tuple[Assurance, bool]:
    """What the door asks for now: assurance and whether a PIN; without a clock the most of all."""
    if not door.asks_by:
        return door.asks, door.pin
    if not clock:
        return (
            max(door.asks, *(ask.asks for ask in door.asks_by)),
            door.pin or any(ask.pin for ask in door.asks_by),
        )
    for ask in door.asks_by:
        if in_schedule(policy, ask.schedule, now):
            return ask.asks, ask.pin
    return door.asks, door.pin
