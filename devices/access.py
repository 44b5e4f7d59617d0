"""The decision at a door: one pure function that hub and door share.

``decide(policy, state, request, now)`` reads only its arguments. Precedence:
fire > leaving > lockdown > blocked > deny rule > grant. No bill, arrears or complaint is an input.
``apply(state, fact)`` folds what happened; hub and door fold the same facts alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from enum import StrEnum

from devices.messages import NO_REVISION, Assurance, Revision

HOLIDAY = 7  # index of a holiday in a weekly schedule, after Monday = 0 ... Sunday = 6


class DoorMode(StrEnum):
    """ONVIF's words for what a door is told to be; Unknown is never commanded."""

    LOCKED = "Locked"
    UNLOCKED = "Unlocked"
    BLOCKED = "Blocked"
    LOCKED_DOWN = "LockedDown"
    LOCKED_OPEN = "LockedOpen"


class Way(StrEnum):
    """How somebody stands before a door."""

    CARD = "card"
    REMOTE = "remote"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Schedule:
    """For each day of the week and for holidays: intervals of minutes after local midnight."""

    days: tuple[tuple[tuple[int, int], ...], ...]

    def covers(self, day: int, minute: int) -> bool:
        """Whether a minute of a kind of day lies inside; intervals are [from, to)."""
        return any(start <= minute < end for start, end in self.days[day])


@dataclass(frozen=True, slots=True)
class Rule:
    """When a group of people may (or may never) use a door."""

    schedule: str | None = None
    valid_from_s: float | None = None
    valid_to_s: float | None = None
    deny: bool = False


@dataclass(frozen=True, slots=True)
class Credential:
    """A card as a door knows it: a pseudonym, its holder, whether it is blocked."""

    id: str
    person: str
    blocked: bool = False


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


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a controller needs to decide alone; people are random ids, never names."""

    revision: Revision
    zone: tzinfo
    schedules: Mapping[str, Schedule]
    holidays: frozenset[date]
    doors: Mapping[int, DoorPolicy]
    cards: Mapping[str, Credential] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DoorState:
    """What a door remembers between decisions."""

    fire: bool = False
    contact_open: bool | None = None
    granted_last_s: float | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody before a door: who (already proven how strongly) and by which way."""

    door: int
    way: Way
    person: str | None = None
    card: str | None = None
    assurance: Assurance = Assurance.IDENTIFIER
    forged: bool = False
    revision: Revision = NO_REVISION
    clock_known: bool = True


@dataclass(frozen=True, slots=True)
class Granted:
    """The door opens for the stated time; ``exit`` when somebody leaves."""

    reason: str
    hold_ms: int
    person: str | None = None
    credential: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The door stays as it is."""

    reason: str
    person: str | None = None
    credential: str | None = None


Decision = Granted | Refused


@dataclass(frozen=True, slots=True)
class FireChanged:
    """The fire contact closed or was reset by hand on site."""

    active: bool


@dataclass(frozen=True, slots=True)
class ContactChanged:
    """The door leaf moved; None when the contact cannot be read."""

    open: bool | None


@dataclass(frozen=True, slots=True)
class Opened:
    """The strike was released for somebody."""

    at_s: float


Fact = FireChanged | ContactChanged | Opened


def apply(state: DoorState, fact: Fact) -> DoorState:
    """The state after a fact."""
    match fact:
        case FireChanged(active):
            return replace(state, fire=active)
        case ContactChanged(is_open):
            return replace(state, contact_open=is_open)
        case Opened(at_s):
            return replace(state, granted_last_s=at_s)


def decide(
    policy: Policy | None, state: DoorState, request: Request, now: datetime
) -> tuple[Decision, DoorState]:
    """Whether the door opens for this request, and the door's state after the decision.

    ``now`` is aware UTC. A granted decision counts as opened only after the strike answered, so
    the returned state carries nothing that a failed strike would have to undo.
    """
    door = policy.doors.get(request.door) if policy else None
    if request.way is Way.EXIT:
        return Granted("exit", door.hold_ms if door else DoorPolicy(0).hold_ms), state
    if state.fire:
        return Refused("fire"), state
    if policy is None:
        return Refused("policy_missing"), state
    if door is None:
        return Refused("door_unknown"), state
    return _enter(policy, door, request, now), state


def _enter(policy: Policy, door: DoorPolicy, request: Request, now: datetime) -> Decision:
    credential = policy.cards.get(request.card) if request.card is not None else None
    person = credential.person if credential else request.person
    card_id = credential.id if credential else None
    if door.mode is DoorMode.LOCKED_DOWN:
        return Refused("locked_down", person, card_id)
    if door.mode is DoorMode.BLOCKED:
        return Refused("door_blocked", person, card_id)
    if request.way is Way.CARD:
        if request.card is None or credential is None:
            return Refused("credential_unknown")
        if credential.blocked:
            return Refused("credential_blocked", person, card_id)
        if request.forged:
            return Refused("credential_forged", person, card_id)
    elif not door.remote:
        return Refused("remote_refused", person)
    elif request.revision > policy.revision:
        return Refused("policy_behind", person)
    if request.assurance < door.asks:
        return Refused("assurance_low", person, card_id)
    reason = _rule_reason(policy, door, person, request.clock_known, now)
    if reason is not None:
        return Refused(reason, person, card_id)
    return Granted("granted", door.hold_ms, person, card_id)


def _rule_reason(
    policy: Policy, door: DoorPolicy, person: str | None, clock_known: bool, now: datetime
) -> str | None:
    """None when a rule lets the person in, else the reason nearest to a yes."""
    names = door.people.get(person) if person is not None else None
    if not names:
        return "person_unknown"
    rules = [door.rules[name] for name in names if name in door.rules]
    if any(rule.deny and _valid(rule, now) for rule in rules):
        return "person_denied"
    nearest = "person_unknown"
    for rule in rules:
        if rule.deny:
            continue
        timed = rule.schedule is not None or rule.valid_from_s or rule.valid_to_s
        if timed and not clock_known:
            nearest = "clock_unsigned"
        elif not _valid(rule, now):
            nearest = "validity_over" if nearest == "person_unknown" else nearest
        elif not _scheduled(policy, rule, now):
            nearest = "schedule_closed"
        else:
            return None
    return nearest


def _valid(rule: Rule, now: datetime) -> bool:
    at_s = now.timestamp()
    after = rule.valid_from_s is None or at_s >= rule.valid_from_s
    return after and (rule.valid_to_s is None or at_s < rule.valid_to_s)


def _scheduled(policy: Policy, rule: Rule, now: datetime) -> bool:
    if rule.schedule is None:
        return True
    schedule = policy.schedules.get(rule.schedule)
    if schedule is None:  # a rule whose schedule is missing opens nothing
        return False
    local = now.astimezone(policy.zone)
    day = HOLIDAY if local.date() in policy.holidays else local.weekday()
    return schedule.covers(day, local.hour * 60 + local.minute)
