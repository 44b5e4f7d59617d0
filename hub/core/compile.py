"""From the community's rules to what one controller needs to know: pure, without names or flats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from devices.access import Credential, DoorMode, DoorPolicy, Policy, Rule, Schedule
from devices.messages import Assurance, Revision
from devices.policy import CardKeys, Compiled


@dataclass(frozen=True, slots=True)
class DoorRow:
    """A door of the device as the community wrote it down."""

    id: str
    number: int
    kind: str
    mode: str
    asks: int
    remote: bool
    hold_ms: int
    hold_max_ms: int
    fail_safe: bool
    ha: bool = False


@dataclass(frozen=True, slots=True)
class RuleRow:
    """Who may pass which door when; a subject is everyone, a building, a household, a person."""

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
    """A person with what rules may speak of."""

    id: str
    household: str
    building: str


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card; ``keys`` are its diversified door keys by slot, empty for a card without any."""

    id: str
    uid: str
    person: str
    blocked: bool
    keys: Mapping[int, bytes] = field(default_factory=dict)


def slot_of(kind: str) -> int:
    """Perimeter doors challenge slot 3, a building's own doors slot 4 (keys.md)."""
    return 3 if kind == "perimeter" else 4


def compile_policy(
    revision: Revision,
    zone: str,
    doors: Iterable[DoorRow],
    rules: Iterable[RuleRow],
    people: Iterable[PersonRow],
    cards: Iterable[CardRow],
    schedules: Mapping[str, Schedule],
    holidays: Iterable[date],
) -> Compiled:
    """The policy of one device: its own doors, only the people its rules name, only their cards."""
    everybody = list(people)
    by_door: dict[str, list[RuleRow]] = {}
    for rule in sorted(rules, key=lambda row: row.id):
        by_door.setdefault(rule.door_id, []).append(rule)
    compiled: dict[int, DoorPolicy] = {}
    known: dict[str, set[int]] = {}
    used: set[str] = set()
    for door in doors:
        own = by_door.get(door.id, [])
        used |= {rule.schedule_id for rule in own if rule.schedule_id}
        compiled[door.number] = _door(door, own, everybody)
        for person in compiled[door.number].people:
            known.setdefault(person, set()).add(slot_of(door.kind))
    held = [card for card in cards if card.person in known]
    policy = Policy(
        revision=revision,
        zone=ZoneInfo(zone),
        schedules={name: schedules[name] for name in sorted(used) if name in schedules},
        holidays=frozenset(holidays),
        doors=compiled,
        cards={card.uid: Credential(card.id, card.person, card.blocked) for card in held},
    )
    keys = {
        card.uid: CardKeys(
            {slot: key for slot, key in card.keys.items() if slot in known[card.person]}
        )
        for card in held
        if card.keys and not card.blocked
    }
    return Compiled(policy, keys)


def _door(door: DoorRow, rules: list[RuleRow], people: list[PersonRow]) -> DoorPolicy:
    names = {rule.id: f"r{index}" for index, rule in enumerate(rules)}
    own: dict[str, tuple[str, ...]] = {}
    for person in people:
        mine = tuple(names[rule.id] for rule in rules if _speaks_of(rule, person))
        if mine:
            own[person.id] = mine
    ha_rule = _admit_ha(door, rules, names, own)
    return DoorPolicy(
        number=door.number,
        mode=DoorMode(door.mode),
        asks=Assurance(door.asks),
        remote=door.remote,
        slot=slot_of(door.kind),
        hold_ms=door.hold_ms,
        hold_max_ms=door.hold_max_ms,
        fail_safe=door.fail_safe,
        rules={
            names[rule.id]: Rule(rule.schedule_id, rule.valid_from_s, rule.valid_to_s, rule.deny)
            for rule in rules
        }
        | ha_rule,
        people=own,
    )


# --- Home Assistant as a person of this door (ha)


def _admit_ha(
    door: DoorRow, rules: list[RuleRow], names: dict[str, str], own: dict[str, tuple[str, ...]]
) -> dict[str, Rule]:
    """Add the person ``ha`` to a marked door: by rules of its own, else always; denials hold."""
    own.pop("ha", None)
    if not door.ha:
        return {}
    denied = [r for r in rules if r.deny and r.subject_kind == "everyone"]
    spoken = [r for r in rules if r.subject_kind == "person" and r.subject == "ha"]
    allowed = any(not rule.deny for rule in spoken)
    always = () if allowed else ("ha",)
    own["ha"] = (*always, *(names[rule.id] for rule in (*spoken, *denied)))
    return {} if allowed else {"ha": Rule()}


# --- end of Home Assistant


def _speaks_of(rule: RuleRow, person: PersonRow) -> bool:
    match rule.subject_kind:
        case "everyone":
            return True
        case "building":
            return rule.subject == person.building
        case "household":
            return rule.subject == person.household
        case "person":
            return rule.subject == person.id
        case _:
            return False
