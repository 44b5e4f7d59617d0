"""From the community's rules to what one controller needs to know: pure, without names or flats."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from devices.messages import Assurance, Revision
from devices.pins import CLAIM_DIGITS_MAX, MARK_BYTES, claim_mark, code_mark, pin_mark
from devices.policy import CardKeys, Compiled
from devices.rules import (
    STAFF_RULE,
    Ask,
    Code,
    Codes,
    Credential,
    DoorMode,
    DoorPolicy,
    FaceMode,
    ModePlan,
    Passage,
    Passback,
    Pins,
    Policy,
    Rule,
    Schedule,
)

SITE_CALENDAR = "site"
_EVERYONE = ("everyone", "")
_NO_DURESS = bytes(MARK_BYTES)


HA = "ha"  # Home Assistant's name as a person, and of the rule that admits it


@dataclass(frozen=True, slots=True)
class DoorRow:
    """A door of the device as the community wrote it down.

    ``across``: a door of another controller leads to or from the same areas. ``pin_key`` is the
    door's own key, empty where no PIN may be typed, ``code_key`` the same for couriers' codes.
    """

    id: str
    number: int
    kind: str
    mode: str
    asks: int
    remote: bool
    hold_ms: int
    hold_max_ms: int
    fail_safe: bool
    pin: bool = False
    typed: bool = False
    passes: bool = True
    staff_open: bool = False
    asks_by: tuple[Mapping[str, Any], ...] = ()
    modes: tuple[Mapping[str, Any], ...] = ()
    two_person: bool = False
    passback: str = "off"
    passback_within_s: int | None = None
    area_from: str = ""
    area_to: str = ""
    interlock: tuple[int, ...] = ()
    longer_ms: int = 0
    held_s: int = 30
    enter_s: int = 10
    building: str = ""
    unit: str = ""
    across: bool = False
    pin_key: bytes = field(default=b"", repr=False)
    ha: bool = False
    code_key: bytes = field(default=b"", repr=False)
    face: str = "off"


@dataclass(frozen=True, slots=True, repr=False)
class CodeRow:
    """A courier's living code, opened to be marked for its door."""

    visit: str
    door_id: str
    host: str
    from_s: float
    to_s: float
    uses: int
    digits: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    """Who may pass which door when: everyone, a building, a household, a group or a person."""

    id: str
    door_id: str
    subject_kind: str
    subject: str
    schedule_id: str | None = None
    valid_from_s: float | None = None
    valid_to_s: float | None = None
    deny: bool = False


@dataclass(frozen=True, slots=True)
class Home:
    """A household to which a person belongs from one day to another, both included.

    ``house`` is as it is written on the door of the flat; None is no limit.
    """

    household: str
    building: str
    house: str = ""
    unit: str = ""
    from_on: date | None = None
    to_on: date | None = None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person with what rules may speak of.

    ``household``, ``building``, ``house`` and ``unit`` are where the person lives without any
    limit, unless ``homes`` (tenancies) speaks of that household: then it says from when to when.
    """

    id: str
    household: str
    building: str
    groups: tuple[str, ...] = ()
    longer: bool = False
    house: str = ""
    unit: str = ""
    homes: tuple[Home, ...] = ()

    @property
    def lives(self) -> tuple[Home, ...]:
        """Every home, the own one first; whoever has none at all has one without a name."""
        homeless = bool(self.homes) and not self.household
        if homeless or any(home.household == self.household for home in self.homes):
            return self.homes
        return (Home(self.household, self.building, self.house, self.unit), *self.homes)


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card; ``keys`` are its diversified door keys by slot, empty for a card without any."""

    id: str
    uid: str
    person: str
    blocked: bool
    keys: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class PinRow:
    """A person's PIN and duress PIN, opened to be marked for a door."""

    pin: str
    duress: str | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """What a device's policy is made of."""

    doors: Iterable[DoorRow]
    rules: Iterable[RuleRow]
    people: Iterable[PersonRow]
    cards: Iterable[CardRow]
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    calendars: Mapping[str, frozenset[date]] = field(default_factory=dict)
    staff: tuple[str, ...] = ()
    pins: Mapping[str, PinRow] = field(default_factory=dict)
    passes_revoked: Mapping[str, float] = field(default_factory=dict)
    now_s: float = 0.0  # or some time before: homes that were over by then are nobody's
    codes: Iterable[CodeRow] = ()


def slot_of(kind: str) -> int:
    """Perimeter doors challenge slot 3, a building's own doors slot 4 (keys.md)."""
    return 3 if kind == "perimeter" else 4


def rule_name(rule: str) -> str:
    """The name of a rule inside a policy: stable, short, and without what its author wrote."""
    digest = hashlib.blake2b(rule.encode(), digest_size=6).digest()
    return base64.urlsafe_b64encode(digest).decode()


def compile_policy(revision: Revision, zone: str, rows: Rows) -> Compiled:
    """The policy of one device: its own doors, only the people its rules name, only their cards."""
    by_door: dict[str, list[RuleRow]] = {}
    for rule in sorted(rows.rules, key=lambda row: row.id):
        by_door.setdefault(rule.door_id, []).append(rule)
    crowd = _Crowd(rows.people, ZoneInfo(zone), rows.now_s)
    doors = _interlocked(rows.doors)
    compiled: dict[int, DoorPolicy] = {}
    known: dict[str, set[int]] = {}
    used: set[str] = set()
    for door in doors:
        own = by_door.get(door.id, [])
        made = _door(door, own, crowd, rows)
        compiled[door.number] = made
        used |= {rule.schedule for rule in made.rules.values() if rule.schedule}
        used |= {ask.schedule for ask in made.asks_by} | {plan.schedule for plan in made.modes}
        for person in made.people:
            known.setdefault(person, set()).add(made.slot)
    held = [card for card in rows.cards if card.person in known]
    schedules = {name: rows.schedules[name] for name in sorted(used) if name in rows.schedules}
    named = {schedule.calendar for schedule in schedules.values()}
    policy = Policy(
        revision=revision,
        zone=ZoneInfo(zone),
        schedules=schedules,
        holidays=rows.calendars.get(SITE_CALENDAR, frozenset()),
        doors=compiled,
        cards={card.uid: Credential(card.id, card.person, card.blocked) for card in held},
        calendars={n: rows.calendars[n] for n in sorted(named) if n and n in rows.calendars},
        longer=frozenset(crowd.longer & known.keys()),
        passes_revoked=rows.passes_revoked,
    )
    keys = {
        card.uid: CardKeys(
            {slot: key for slot, key in card.keys.items() if slot in known[card.person]}
        )
        for card in held
        if card.keys and not card.blocked
    }
    return Compiled(policy, keys)


def _interlocked(doors: Iterable[DoorRow]) -> list[DoorRow]:
    """An interlock holds both ways, whichever of the doors it was written at."""
    rows = list(doors)
    pairs = {(door.number, other) for door in rows for other in door.interlock}
    both = pairs | {(other, number) for number, other in pairs}
    return [
        replace(door, interlock=tuple(sorted(other for one, other in both if one == door.number)))
        for door in rows
    ]


Window = tuple[float | None, float | None]  # [from, to) in seconds since 1970
_ALWAYS: Window = (None, None)


def _window(home: Home, zone: ZoneInfo, now_s: float) -> Window | None:
    """When a home is one; None when it was over already, no beginning when it has begun.

    Few distinct windows are few rules: most people have lived here for years.
    """
    from_s = _midnight_s(home.from_on, zone) if home.from_on else None
    to_s = _midnight_s(home.to_on + timedelta(days=1), zone) if home.to_on else None
    if to_s is not None and to_s <= now_s:
        return None
    return (from_s if from_s is not None and from_s > now_s else None), to_s


def _midnight_s(day: date, zone: ZoneInfo) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


class _Crowd:
    """Everybody, found by what rules speak of, with when it is true of them."""

    def __init__(self, people: Iterable[PersonRow], zone: ZoneInfo, now_s: float) -> None:
        self.people = {person.id: person for person in people}
        self.longer = {person.id for person in self.people.values() if person.longer}
        self._found: dict[tuple[str, str], dict[str, set[Window]]] = {}
        for person in self.people.values():
            self._put("person", person.id, person.id, _ALWAYS)
            for group in person.groups:
                self._put("group", group, person.id, _ALWAYS)
            for home in person.lives:
                window = _window(home, zone, now_s)
                if window is not None:
                    self._found.setdefault(_EVERYONE, {}).setdefault(person.id, set()).add(window)
                    self._put("household", home.household, person.id, window)
                    self._put("building", home.building, person.id, window)

    def _put(self, kind: str, subject: str, person: str, window: Window) -> None:
        if subject:
            found = self._found.setdefault((kind, subject), {})
            found.setdefault(person, set()).add(window)

    def of(self, rule: RuleRow) -> Iterator[tuple[str, Window]]:
        """The people that a rule speaks of, and when it does; more than once for two homes."""
        subject = "" if rule.subject_kind == "everyone" else rule.subject
        for person, windows in self._found.get((rule.subject_kind, subject), {}).items():
            if _ALWAYS in windows:
                yield person, _ALWAYS
            else:
                yield from ((person, window) for window in sorted(windows, key=str))


def _within(rule: RuleRow, window: Window) -> tuple[str, Rule] | None:
    """A rule's name and what it says within a window; None when it says nothing there."""
    from_s = max((one for one in (rule.valid_from_s, window[0]) if one is not None), default=None)
    to_s = min((one for one in (rule.valid_to_s, window[1]) if one is not None), default=None)
    if window == _ALWAYS:
        return rule_name(rule.id), Rule(rule.schedule_id, from_s, to_s, rule.deny)
    if from_s is not None and to_s is not None and from_s >= to_s:
        return None
    lasting = rule.valid_from_s is None and rule.valid_to_s is None
    name = rule_name(f"{rule.id}|{window[0]}|{window[1]}")
    return name, Rule(rule.schedule_id, from_s, to_s, rule.deny, lasting)


def _door(door: DoorRow, rules: list[RuleRow], crowd: _Crowd, rows: Rows) -> DoorPolicy:
    own: dict[str, list[str]] = {}
    made: dict[str, Rule] = {}
    for rule in rules:
        said: dict[Window, tuple[str, Rule] | None] = {_ALWAYS: _within(rule, _ALWAYS)}
        for person, window in crowd.of(rule):
            if window not in said:
                said[window] = _within(rule, window)
            if (known := said[window]) is not None:
                own.setdefault(person, []).append(known[0])
        made |= dict(one for one in said.values() if one is not None)
    people = {person: tuple(names) for person, names in own.items()}
    if door.staff_open and rows.staff:
        made[STAFF_RULE] = Rule()
        people |= dict.fromkeys(rows.staff, (STAFF_RULE,))
    _admit_ha(door, rules, made, people)
    return DoorPolicy(
        number=door.number,
        mode=DoorMode(door.mode),
        asks=Assurance(door.asks),
        remote=door.remote,
        slot=slot_of(door.kind),
        hold_ms=door.hold_ms,
        hold_max_ms=door.hold_max_ms,
        fail_safe=door.fail_safe,
        rules=made,
        people=people,
        pin=door.pin,
        typed=door.typed,
        passes=door.passes,
        asks_by=tuple(
            Ask(ask["schedule"], Assurance(ask["asks"]), bool(ask.get("pin", False)))
            for ask in door.asks_by
        ),
        modes=tuple(
            ModePlan(plan["schedule"], DoorMode(plan["mode"]), bool(plan.get("first_card", False)))
            for plan in door.modes
        ),
        two_person=door.two_person,
        passage=_passage(door),
        interlock=door.interlock,
        longer_ms=door.longer_ms,
        held_s=door.held_s,
        enter_s=door.enter_s,
        pins=_pins(door, people, crowd, rows.pins),
        codes=_codes(door, rows.codes),
        face=FaceMode(door.face),
    )


def _codes(door: DoorRow, codes: Iterable[CodeRow]) -> Codes | None:
    """The marks of a door's codes; None where none is typed."""
    if not door.code_key:
        return None
    return Codes(
        door.code_key,
        {
            code_mark(door.code_key, code.digits): Code(
                code.visit, code.host, code.from_s, code.to_s, code.uses
            )
            for code in codes
            if code.door_id == door.id
        },
    )


def _admit_ha(
    door: DoorRow,
    rules: list[RuleRow],
    made: dict[str, Rule],
    people: dict[str, tuple[str, ...]],
) -> None:
    """Add the person ``ha`` to a marked door: by rules of its own, else always; denials hold."""
    people.pop(HA, None)
    if not door.ha:
        return
    denied = [rule for rule in rules if rule.deny and rule.subject_kind == "everyone"]
    spoken = [rule for rule in rules if rule.subject_kind == "person" and rule.subject == HA]
    if all(rule.deny for rule in spoken):
        made[HA] = Rule()
    always = (HA,) if HA in made else ()
    people[HA] = (*always, *(rule_name(rule.id) for rule in (*spoken, *denied)))


def _passage(door: DoorRow) -> Passage | None:
    if door.area_from == door.area_to:
        return None
    return Passage(
        door.area_from,
        door.area_to,
        Passback(door.passback),
        door.passback_within_s,
        door.across,
    )


def _pins(
    door: DoorRow, people: Mapping[str, Any], crowd: _Crowd, pins: Mapping[str, PinRow]
) -> Pins | None:
    """The verifiers of a door where PINs are typed; a flat is a mark, not a number."""
    if not door.pin_key:
        return None
    verifiers: dict[str, tuple[bytes, bytes]] = {}
    claims: dict[str, list[str]] = {}
    for person in people:
        pin = pins.get(person)
        row = crowd.people.get(person)
        if pin is None or row is None:
            continue
        duress = pin_mark(door.pin_key, person, pin.duress) if pin.duress else _NO_DURESS
        verifiers[person] = pin_mark(door.pin_key, person, pin.pin), duress
        for digits in _claims(door, row) if door.typed else ():
            claims.setdefault(claim_mark(door.pin_key, digits), []).append(person)
    return Pins(door.pin_key, {mark: tuple(found) for mark, found in claims.items()}, verifiers)


def _claims(door: DoorRow, person: PersonRow) -> set[str]:
    return {claim_digits(door.building, door.unit, home.house) for home in person.lives} - {""}


def claim_digits(building: str, unit: str, house: str) -> str:
    """What is typed for a flat: its room at its own entrance, else all digits of the house.

    Letters of floors such as 3A are left out; two flats that become alike are told apart by PIN.
    """
    parts = house.split("-")
    if building and len(parts) > 1 and parts[0] == building:
        parts = parts[1:]
        if unit and len(parts) > 1 and parts[0] == unit:
            parts = parts[1:]
    digits = "".join(one for part in parts for one in part if one.isascii() and one.isdecimal())
    return digits if len(digits) <= CLAIM_DIGITS_MAX else ""
