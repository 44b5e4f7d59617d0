"""What a spreadsheet would change: pure comparison of what it says with what is known.

Natural keys find the rows: a flat by its number, a person by identity number or by flat and name,
a card by its number, a door by controller and number. The same sheet twice changes nothing the
second time, empty cells say nothing, and whoever is not in the sheet stays as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hub.core.cells import Odd, house_of
from hub.core.sheets import DoorSaid, PersonSaid, Problem, Said

TABLES = ("households", "people", "tenancies", "cards", "doors", "rules")
Status = Literal["new", "changed", "same", "error"]
Mark = Callable[[str, str], str]
# What a new row is where no row of the sheet says it.
_UNSAID: dict[str, dict[str, Any]] = {
    "tenancies": {"kind": "other"},
    "cards": {"kind": "mifare"},  # most cards that are about are numbers anybody can copy
}


@dataclass(slots=True)
class Known:
    """What the community's tables hold now, each row by its id."""

    rows: dict[str, dict[str, dict[str, Any]]]
    devices: frozenset[str]


@dataclass(frozen=True, slots=True)
class Change:
    """A row that comes, or columns of a row that change."""

    table: str
    row_id: str
    fresh: bool
    after: Mapping[str, Any]


@dataclass(slots=True)
class Plan:
    """All changes in the order in which they must be made, and what became of each row."""

    changes: list[Change]
    statuses: list[Status]

    def count(self, status: Status) -> int:
        """How many rows have this status."""
        return self.statuses.count(status)


@dataclass(slots=True)
class _Wish:
    table: str
    row_id: str
    values: dict[str, Any]


@dataclass(slots=True)
class _Named:
    """A person of a flat as this sheet speaks of them."""

    person: str
    id_mark: str
    phone_mark: str


@dataclass(slots=True)
class _Sheet:
    """What earlier rows of the sheet have said."""

    told: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    named: dict[tuple[str, str], list[_Named]] = field(default_factory=dict)
    names_by_id: dict[str, str] = field(default_factory=dict)


class Comparison:
    """Goes through the rows of a sheet one by one."""

    def __init__(self, known: Known, mark: Mark, now_s: float) -> None:
        self._known = known
        self._mark = mark
        self._now_s = now_s
        self._sheet = _Sheet()
        self._fresh: dict[tuple[str, str], None] = {}
        self._households: dict[str, str] = {}
        for row_id, row in known.rows["households"].items():
            self._households.setdefault(_house_key(row["house"]), row_id)
        self._by_id: dict[str, str] = {}
        self._of_house: dict[tuple[str, str], list[str]] = {}
        for row_id, row in sorted(known.rows["people"].items()):
            if row["id_mark"]:
                self._by_id.setdefault(row["id_mark"], row_id)
            if row["household_id"]:
                key = (row["household_id"], row["name"])
                self._of_house.setdefault(key, []).append(row_id)
        self._cards = {row["uid"]: row_id for row_id, row in known.rows["cards"].items()}
        self._doors = {
            (row["device_id"], row["number"]): row_id for row_id, row in known.rows["doors"].items()
        }

    def plan(self, rows: Iterable[Said]) -> Plan:
        """The whole plan; problems are added to the rows that have them."""
        statuses = [self._row(said) for said in rows]
        changed = self._changed()
        changes = [
            Change(table, row_id, (table, row_id) in self._fresh, values)
            for table in TABLES
            for (of, row_id), values in changed.items()
            if of == table and values
        ]
        return Plan(changes, statuses)

    def _changed(self) -> dict[tuple[str, str], dict[str, Any]]:
        changed: dict[tuple[str, str], dict[str, Any]] = {}
        for (table, row_id), told in self._sheet.told.items():
            before = self._known.rows[table].get(row_id, {})
            full = told if before else {**_UNSAID.get(table, {}), **told}
            changed[table, row_id] = {
                name: value
                for name, value in full.items()
                if name not in before or before[name] != value
            }
        return changed

    def _row(self, said: Said) -> Status:
        if said.problems:
            return "error"
        wishes: list[_Wish] = []
        named: list[tuple[tuple[str, str], _Named]] = []
        if said.door is not None:
            self._door(said, wishes)
        if said.house is not None:
            household = self._household(said, wishes)
            for person in said.people:
                self._person(said, household, person, wishes, named)
        self._agree(said, wishes)
        if said.problems:
            return "error"
        for key, each in named:
            self._sheet.named.setdefault(key, []).append(each)
            if each.id_mark:
                self._sheet.names_by_id[each.id_mark] = key[1]
                self._by_id[each.id_mark] = each.person
        return self._take(wishes)

    def _agree(self, said: Said, wishes: list[_Wish]) -> None:
        """No row of a sheet may say otherwise than an earlier one."""
        for wish in wishes:
            told = self._sheet.told.get((wish.table, wish.row_id), {})
            if any(name in told and told[name] != value for name, value in wish.values.items()):
                said.problems.append(Problem("said_otherwise"))
                return

    def _take(self, wishes: list[_Wish]) -> Status:
        status: Status = "same"
        for wish in wishes:
            key = (wish.table, wish.row_id)
            before = self._known.rows[wish.table].get(wish.row_id)
            told = self._sheet.told.setdefault(key, {})
            news = {name: value for name, value in wish.values.items() if name not in told}
            told |= news
            if before is None:
                if key not in self._fresh:
                    self._fresh[key] = None
                    status = "new"
                elif news and status == "same":
                    status = "changed"
            elif status == "same" and any(before.get(n) != value for n, value in news.items()):
                status = "changed"
        return status

    # ----------------------------------------------------------------- one kind each

    def _new_id(self, letter: str, key: str) -> str:
        return f"{letter}-{self._mark('import', f'{letter}|{key}')[:24]}"

    def _household(self, said: Said, wishes: list[_Wish]) -> str:
        house = said.house
        assert house is not None
        known = self._households.get(house.key)
        values: dict[str, Any] = {} if said.area is None else {"area_centi_m2": said.area}
        if known is None:
            known = self._new_id("h", house.key)
            values |= {"house": house.key, "building": house.building, "unit": house.unit}
        wishes.append(_Wish("households", known, values))
        return known

    def _person(
        self,
        said: Said,
        household: str,
        person: PersonSaid,
        wishes: list[_Wish],
        named: list[tuple[tuple[str, str], _Named]],
    ) -> None:
        id_mark = self._mark("id-number", person.id_number) if person.id_number else ""
        if self._sheet.names_by_id.get(id_mark, person.name) != person.name:
            said.problems.append(Problem("id_name_differs", "id_number"))
            return
        phone = self._mark("phone4", f"{household}|{person.phone[-4:]}") if person.phone else ""
        one, is_new_here = self._find(household, person.name, id_mark, phone)
        if is_new_here:
            named.append(((household, person.name), one))
        before = self._known.rows["people"].get(one.person, {})
        home = before.get("household_id") or self._told(one.person).get("household_id")
        values: dict[str, Any] = {"name": person.name}
        if not home:
            values["household_id"] = household
        if id_mark:
            values["id_mark"] = id_mark
        if phone and home in (None, household):  # the mark is bound to the flat
            values["phone_mark"] = phone
        if person.elder is not None:
            values["elder"] = person.elder
        wishes.append(_Wish("people", one.person, values))
        self._tenancy(household, one.person, person, wishes)
        self._card(said, one.person, person, wishes)

    def _told(self, person: str) -> dict[str, Any]:
        return self._sheet.told.get(("people", person), {})

    def _find(self, household: str, name: str, id_mark: str, phone: str) -> tuple[_Named, bool]:
        """Whom a row speaks of, and whether the sheet speaks of them here for the first time."""
        here = self._sheet.named.get((household, name), [])
        for one in here:
            if not _differ(one.id_mark, id_mark) and (
                (one.id_mark and one.id_mark == id_mark) or not _differ(one.phone_mark, phone)
            ):
                one.id_mark, one.phone_mark = one.id_mark or id_mark, one.phone_mark or phone
                return one, False
        known = self._by_id.get(id_mark) if id_mark else None
        if known is None:
            known = self._alike(household, name, id_mark, phone, {one.person for one in here})
        if known is None:
            number = len(here)
            key = id_mark or f"{household}|{name}|{number}"
            known = self._new_id("p", key)
            while known in self._known.rows["people"] or ("people", known) in self._fresh:
                number += 1
                known = self._new_id("p", f"{key}|{number}")
        return _Named(known, id_mark, phone), True

    def _alike(
        self, household: str, name: str, id_mark: str, phone: str, taken: set[str]
    ) -> str | None:
        """A known person of the flat with this name: by telephone, else the first that may be."""
        people = self._known.rows["people"]
        free = [
            each
            for each in self._of_house.get((household, name), [])
            if each not in taken and not _differ(people[each]["id_mark"] or "", id_mark)
        ]
        by_phone = [each for each in free if phone and people[each]["phone_mark"] == phone]
        return next(iter([*by_phone, *free]), None)

    def _tenancy(self, household: str, who: str, person: PersonSaid, wishes: list[_Wish]) -> None:
        row_id = self._new_id("t", f"{household}|{who}")
        values: dict[str, Any] = {"household_id": household, "person_id": who}
        if person.relation:
            values["kind"] = person.relation
        if person.since:
            values["valid_from"] = person.since
        if person.until:
            values["valid_to"] = person.until
        wishes.append(_Wish("tenancies", row_id, values))

    def _card(self, said: Said, who: str, person: PersonSaid, wishes: list[_Wish]) -> None:
        if not person.card:
            return
        known = self._cards.get(person.card)
        row_id = known or self._new_id("c", person.card)
        before = self._known.rows["cards"].get(row_id) or self._sheet.told.get(("cards", row_id))
        if before is not None and before["person_id"] != who:
            said.problems.append(Problem("card_taken", "card"))
            return
        values: dict[str, Any] = {"uid": person.card, "person_id": who}
        if person.card_kind:
            values["kind"] = person.card_kind
        if known is None:
            values["issued_at"] = self._now_s
        wishes.append(_Wish("cards", row_id, values))

    def _door(self, said: Said, wishes: list[_Wish]) -> None:
        door = said.door
        assert door is not None
        if door.device not in self._known.devices:
            said.problems.append(Problem("device_unknown", "device"))
            return
        known = self._doors.get((door.device, door.number))
        row_id = known or self._new_id("d", f"{door.device}|{door.number}")
        before = self._known.rows["doors"].get(row_id, {})
        named = before.get("name")
        name = dict(named) if isinstance(named, Mapping) else {}
        values: dict[str, Any] = {
            "device_id": door.device,
            "number": door.number,
            "name": {**name, "zh-Hans": door.name},
            "kind": door.kind,
        }
        values |= {n: v for n, v in (("building", door.building), ("unit", door.unit)) if v}
        wishes.append(_Wish("doors", row_id, values))
        subject = first_rule(door)
        if known is None and subject is not None:  # a door that is known has its rules
            key = self._new_id("r", f"{door.device}|{door.number}")
            rule = {"door_id": row_id, "subject_kind": subject[0], "subject": subject[1]}
            wishes.append(_Wish("rules", key, rule))


def first_rule(door: DoorSaid) -> tuple[str, str] | None:
    """Whom a new door opens for until somebody says otherwise: kind and subject of its rule.

    A gate opens for everyone, a building's door for its people; where no building is written,
    for nobody yet.
    """
    if door.kind == "perimeter":
        return "everyone", ""
    return ("building", door.building) if door.building else None


def _differ(one: str, other: str) -> bool:
    """Whether two marks are of two things; an empty one says nothing."""
    return bool(one and other and one != other)


def _house_key(house: str) -> str:
    """A flat's own number in the one form; a number of another kind stands for itself."""
    try:
        found = house_of(house)
    except Odd:
        return house
    return found.key if found else house
