"""From the community's rules to what one controller needs to know: pure, without names or flats."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
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
    ModePlan,
    Passage,
    Passback,
    Pins,
    Policy,
    Rule,
    Schedule,
)

SITE_CALENDAR = "site"
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
class PersonRow:
    """A person with what rules may speak of; ``house`` as it is written on the door of the flat."""

    id: str
    household: str
    building: str
    groups: tuple[str, ...] = ()
    longer: bool = False
    house: str = ""
    unit: str = ""


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
    crowd = _Crowd(rows.people)
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


class _Crowd:
    """Everybody, found by what rules speak of."""

    def __init__(self, people: Iterable[PersonRow]) -> None:
        self.people = {person.id: person for person in people}
        self.longer = {person.id for person in self.people.values() if person.longer}
        self._found: dict[tuple[str, str], list[str]] = {("everyone", ""): list(self.people)}
        for person in self.people.values():
            self._put("person", person.id, person.id)
            self._put("household", person.household, person.id)
            self._put("building", person.building, person.id)
            for group in person.groups:
                self._put("group", group, person.id)

    def _put(self, kind: str, subject: str, person: str) -> None:
        if subject:
            self._found.setdefault((kind, subject), []).append(person)

    def of(self, rule: RuleRow) -> list[str]:
        """The people that a rule speaks of."""
        subject = "" if rule.subject_kind == "everyone" else rule.subject
        return self._found.get((rule.subject_kind, subject), [])


def _door(door: DoorRow, rules: list[RuleRow], crowd: _Crowd, rows: Rows) -> DoorPolicy:
    own: dict[str, list[str]] = {}
    for rule in rules:
        for person in crowd.of(rule):
            own.setdefault(person, []).append(rule_name(rule.id))
    people = {person: tuple(names) for person, names in own.items()}
    made = {
        rule_name(rule.id): Rule(rule.schedule_id, rule.valid_from_s, rule.valid_to_s, rule.deny)
        for rule in rules
    }
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
        digits = claim_digits(door.building, door.unit, row) if door.typed else ""
        if digits:
            claims.setdefault(claim_mark(door.pin_key, digits), []).append(person)
    return Pins(door.pin_key, {mark: tuple(found) for mark, found in claims.items()}, verifiers)


def claim_digits(building: str, unit: str, person: PersonRow) -> str:
    """What is typed for a flat: its room at its own entrance, else all digits of the house.

    Letters of floors such as 3A are left out; two flats that become alike are told apart by PIN.
    """
    parts = person.house.split("-")
    if building and len(parts) > 1 and parts[0] == building:
        parts = parts[1:]
        if unit and len(parts) > 1 and parts[0] == unit:
            parts = parts[1:]
    digits = "".join(one for part in parts for one in part if one.isascii() and one.isdecimal())
    return digits if len(digits) <= CLAIM_DIGITS_MAX else ""
