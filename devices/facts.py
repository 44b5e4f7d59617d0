"""What a controller remembers between decisions, and the facts that change it.

``apply(state, fact)`` folds what happened; hub and door fold the same facts alike. ``kept`` names
the rows in which a state survives a restart, ``recalled`` reads them back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from devices.guesses import Record, Records, as_row, from_row, missed, righted
from devices.rules import SHUT_MODES, Policy

TRIES_FREE = 5  # wrong couriers' codes of a door before they are slowed
TRIES_WAIT_S = 30.0  # the first wait; each further wrong code doubles it
TRIES_WAIT_MAX_S = 900.0
VISITS_MAX = 20_000  # uses of passes remembered per door; a day of an estate is far less
PASS_AGAIN_S = 10.0  # a visitor whom the door did not let through may show the pass once more
PLACES_MAX = 50_000  # people whose area is known
_VISIT_GRACE_S = 3_600.0  # a use is forgotten only when its pass is surely over


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong codes of a door in a row, and until when no further one is looked at."""

    wrong: int = 0
    until_s: float = 0.0


NO_TRIES = Tries()


@dataclass(frozen=True, slots=True)
class Use:
    """A pass that was let in: when last, until when it lives, did the door open, how often."""

    at_s: float
    to_s: float
    opened: bool = False
    count: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """The area in which a person was last seen to arrive."""

    area: str
    at_s: float


@dataclass(frozen=True, slots=True)
class DoorState:
    """What is remembered of one door."""

    fire: bool = False
    contact_open: bool | None = None
    granted_last_s: float | None = None
    first_card_s: float | None = None
    released_until_s: float = 0.0
    waiting: tuple[str, float] | None = None
    codes: Tries = NO_TRIES
    guesses: Records = field(default_factory=dict)
    visits: Mapping[str, Use] = field(default_factory=dict)


_NO_DOOR = DoorState()


@dataclass(frozen=True, slots=True)
class State:
    """What one controller remembers: its doors, and where people are as far as it knows."""

    doors: Mapping[int, DoorState] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    zone_until_s: float = 0.0

    def of(self, door: int) -> DoorState:
        """What is remembered of a door; of a new one, nothing."""
        return self.doors.get(door, _NO_DOOR)


@dataclass(frozen=True, slots=True)
class FireChanged:
    """The fire contact closed or was reset by hand on site."""

    door: int
    active: bool


@dataclass(frozen=True, slots=True)
class ContactChanged:
    """The door leaf moved; None when the contact cannot be read."""

    door: int
    open: bool | None


@dataclass(frozen=True, slots=True)
class Opened:
    """The strike was released for somebody; ``card`` when a card or PIN at the door did it."""

    door: int
    at_s: float
    card: bool = False


@dataclass(frozen=True, slots=True)
class ShutDown:
    """The door was locked down or taken out of use: its next opening hours begin anew."""

    door: int


@dataclass(frozen=True, slots=True)
class Promised:
    """A door is about to be released until then: interlocked doors wait for it."""

    door: int
    until_s: float


@dataclass(frozen=True, slots=True)
class Awaiting:
    """The first of two people stands at the door; None when they are through."""

    door: int
    first: tuple[str, float] | None


@dataclass(frozen=True, slots=True)
class PinTried:
    """A PIN was right, or it was wrong: of a typed number, or of a shown card."""

    door: int
    claim: str
    right: bool
    at_s: float
    typed: bool = False


@dataclass(frozen=True, slots=True)
class CodeTried:
    """A courier's code was let in, which forgets the wrong ones of the door, or it was wrong."""

    door: int
    right: bool
    at_s: float


@dataclass(frozen=True, slots=True)
class PassUsed:
    """A pass was let in at a door."""

    door: int
    visit: str
    at_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class PassOpened:
    """The door opened after that: the pass is spent at it."""

    door: int
    visit: str


@dataclass(frozen=True, slots=True)
class Entered:
    """A door opened after a grant: the person is now in the area it leads to."""

    person: str
    area: str
    at_s: float


@dataclass(frozen=True, slots=True)
class ZoneTold:
    """Where people are as the hub knows from all controllers; trusted until it expires."""

    places: tuple[tuple[str, str, float], ...]
    until_s: float


Fact = (
    FireChanged
    | ContactChanged
    | Opened
    | ShutDown
    | Promised
    | Awaiting
    | PinTried
    | CodeTried
    | PassUsed
    | PassOpened
    | Entered
    | ZoneTold
)


def apply(state: State, fact: Fact) -> State:
    """The state after a fact."""
    match fact:
        case Entered(person, area, at_s):
            return replace(state, places=_moved(state.places, ((person, area, at_s),)))
        case ZoneTold(places, until_s):
            moved = _moved(state.places, places)
            return replace(state, places=moved, zone_until_s=max(state.zone_until_s, until_s))
        case _:
            door = _apply_door(state.of(fact.door), fact)
            return replace(state, doors={**state.doors, fact.door: door})


def fold(state: State, facts: Iterable[Fact]) -> State:
    """The state after several facts in their order."""
    for fact in facts:
        state = apply(state, fact)
    return state


def shut_by(policy: Policy, state: State) -> tuple[ShutDown, ...]:
    """What a policy in force forgets of a state: who was first before a lockdown opens nothing.

    Only another card after its end begins the opening hours again.
    """
    return tuple(
        ShutDown(number)
        for number, door in policy.doors.items()
        if door.mode in SHUT_MODES and state.of(number).first_card_s is not None
    )


def _apply_door(door: DoorState, fact: Fact) -> DoorState:
    match fact:
        case FireChanged(_, active):
            return replace(door, fire=active)
        case ContactChanged(_, is_open):
            return replace(door, contact_open=is_open)
        case Opened(_, at_s, card):
            first_s = at_s if card else door.first_card_s
            return replace(door, granted_last_s=at_s, first_card_s=first_s)
        case ShutDown():
            return replace(door, first_card_s=None)
        case Promised(_, until_s):
            return replace(door, released_until_s=max(door.released_until_s, until_s))
        case Awaiting(_, first):
            return replace(door, waiting=first)
        case PinTried(_, claim, right, at_s, typed):
            fold_pin = righted if right else missed
            return replace(door, guesses=fold_pin(door.guesses, claim, at_s, typed=typed))
        case CodeTried(_, right, at_s):
            return replace(door, codes=NO_TRIES if right else _tried(door.codes, at_s))
        case PassUsed(_, visit, at_s, to_s):
            use = door.visits.get(visit)
            count = (use.count if use else 0) + (not again(use, at_s))
            used = Use(at_s, to_s, count=count)
            return replace(door, visits={**_living(door, at_s), visit: used})
        case PassOpened(_, visit):
            use = door.visits.get(visit)
            if use is None:
                return door
            return replace(door, visits={**door.visits, visit: replace(use, opened=True)})
        case _:
            return door


def _living(door: DoorState, at_s: float) -> dict[str, Use]:
    return {name: use for name, use in door.visits.items() if use.to_s + _VISIT_GRACE_S > at_s}


def again(use: Use | None, at_s: float) -> bool:
    """Whether this is still the same coming in: the door was released and never opened."""
    return use is not None and not use.opened and at_s - use.at_s <= PASS_AGAIN_S


def remembered(door: DoorState, at_s: float) -> int:
    """How many uses of passes must still be remembered; those that are over make room."""
    held = len(door.visits)
    return held if held < VISITS_MAX else len(_living(door, at_s))


def _moved(
    places: Mapping[str, Place], news: Iterable[tuple[str, str, float]]
) -> Mapping[str, Place]:
    """The newer of two sightings counts, in whatever order they are heard."""
    moved = dict(places)
    for person, area, at_s in news:
        known = moved.get(person)
        if known is None or (at_s, area) > (known.at_s, known.area):
            moved[person] = Place(area, at_s)
    if len(moved) > PLACES_MAX:
        newest = sorted(moved.items(), key=lambda item: item[1].at_s)[-PLACES_MAX:]
        moved = dict(newest)
    return moved


def _tried(tries: Tries, at_s: float) -> Tries:
    wrong = tries.wrong + 1
    if wrong < TRIES_FREE:
        return Tries(wrong)
    wait_s = min(TRIES_WAIT_S * 2.0 ** min(wrong - TRIES_FREE, 16), TRIES_WAIT_MAX_S)
    return Tries(wrong, at_s + wait_s)


# --------------------------------------------------------------------------- on disk


def kept(before: State, after: State, facts: Iterable[Fact]) -> dict[str, str | None]:
    """The rows that these facts change, None where one ends; the rest need not survive."""
    rows: dict[str, str | None] = {}
    for fact in facts:
        match fact:
            case Opened(door, at_s, True):
                rows[f"first/{door}"] = json.dumps(at_s)
            case ShutDown(door):
                rows[f"first/{door}"] = None
            case PinTried(door):
                rows |= _guess_rows(door, before.of(door).guesses, after.of(door).guesses)
            case CodeTried(door):
                codes = after.of(door).codes
                rows[f"codes/{door}"] = json.dumps([codes.wrong, codes.until_s])
            case PassUsed(door, visit) | PassOpened(door, visit):
                use = after.of(door).visits.get(visit)
                for gone in before.of(door).visits.keys() - after.of(door).visits.keys():
                    rows[f"visit/{door}/{gone}"] = None
                if use is not None:
                    rows[f"visit/{door}/{visit}"] = json.dumps(
                        [use.at_s, use.to_s, use.opened, use.count]
                    )
            case Entered(person):
                place = after.places.get(person)
                if place is not None:
                    rows[f"place/{person}"] = json.dumps([place.area, place.at_s])
            case _:
                pass
    return rows


def _guess_rows(door: int, before: Records, after: Records) -> dict[str, str | None]:
    changed = {
        claim: json.dumps(as_row(one)) for claim, one in after.items() if before.get(claim) != one
    }
    gone = dict.fromkeys(before.keys() - after.keys())
    return {f"guess/{door}/{claim}": text for claim, text in (changed | gone).items()}


def recalled(rows: Mapping[str, str]) -> State:
    """The state as it was kept."""
    doors: dict[int, DoorState] = {}
    places: dict[str, Place] = {}
    guesses: dict[int, dict[str, Record]] = {}
    for key, text in rows.items():
        kind, _, rest = key.partition("/")
        value = json.loads(text)
        if kind == "place":
            places[rest] = Place(value[0], value[1])
            continue
        number, _, name = rest.partition("/")
        if kind == "guess":
            guesses.setdefault(int(number), {})[name] = from_row(value)
            continue
        door = doors.get(int(number), _NO_DOOR)
        if kind == "first":
            door = replace(door, first_card_s=value)
        elif kind == "codes":
            door = replace(door, codes=Tries(*value))
        elif kind == "visit":
            use = Use(value[0], value[1], value[2], value[3] if len(value) > 3 else 1)
            door = replace(door, visits={**door.visits, name: use})
        doors[int(number)] = door
    for one, records in guesses.items():
        doors[one] = replace(doors.get(one, _NO_DOOR), guesses=records)
    return State(doors, places)
