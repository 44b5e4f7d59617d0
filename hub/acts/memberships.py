"""Who belongs to which group, and whether what a roster says fits what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Table, delete, func, insert, select

from hub.core.compile import HA
from hub.core.doors import Fault, door_fault, rule_fault
from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.writer import Tx

# A card with its keys is 150 bytes of a policy, a person 40: within the 8 MiB of a device's shelf.
CARDS_MAX = 40_000
PEOPLE_MAX = 60_000
_CHUNK = 500  # the bound on parameters of small databases

MEMBERS: dict[str, tuple[Table, str, str, Table]] = {
    "groups": (t.group_members, "group_id", "person_id", t.people),
    "door_groups": (t.door_group_doors, "door_group_id", "door_id", t.doors),
}


def keep_members(tx: Tx, kind: str, members: Mapping[str, Sequence[str]]) -> None:
    """Replace the members of these groups by those named; a stranger among them refuses all."""
    table, group_column, member_column, things = MEMBERS[kind]
    for group, ids in members.items():
        known = _known(tx, things.c.id, ids)
        strange = next((one for one in ids if one not in known), None)
        if strange is not None:
            raise DomainError("field_wrong", f"{group}: no {things.name} {strange!a}", kind)
        tx.execute(delete(table).where(table.c[group_column] == group))
        rows = [{group_column: group, member_column: one} for one in ids]
        if rows:
            tx.execute(insert(table), rows)


def _known(tx: Tx, column: ColumnElement[str], ids: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        known |= set(tx.execute(select(column).where(column.in_(chunk))).scalars())
    return known


def check_names(tx: Tx, kind: str, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse rows that name what is not there, by its name, before any of them is kept."""
    for column in table.columns:
        for key in column.foreign_keys:
            said = {row["id"]: row[column.name] for row in rows if row.get(column.name) is not None}
            known = _known(tx, key.column, sorted(set(said.values())))
            strange = next((one for one, name in said.items() if name not in known), None)
            if strange is not None:
                words = f"{strange}: no {column.name.removesuffix('_id')} {said[strange]!a}"
                raise DomainError("field_wrong", words, kind)


def check_part(tx: Tx, kind: str, ids: Sequence[str]) -> None:
    """Judge the rows as they now stand; what does not fit undoes the whole act."""
    judge = _JUDGES.get(kind)
    fault = judge(tx, ids) if judge is not None else None
    if fault is not None:
        raise DomainError(fault.code, fault.words, kind)


def _rows(tx: Tx, table: Table, ids: Sequence[str]) -> list[RowMapping]:
    found: list[RowMapping] = []
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        found += tx.execute(select(table).where(table.c.id.in_(chunk))).mappings()
    return found


def _judge_doors(tx: Tx, ids: Sequence[str]) -> Fault | None:
    schedules = set(tx.execute(select(t.schedules.c.id)).scalars())
    areas = set(tx.execute(select(t.areas.c.id)).scalars())
    numbers: dict[str, set[int]] = {}
    for row in tx.execute(select(t.doors.c.device_id, t.doors.c.number)):
        numbers.setdefault(row.device_id, set()).add(row.number)
    faults = (
        door_fault(dict(row), schedules, areas, numbers[row["device_id"]])
        for row in _rows(tx, t.doors, ids)
    )
    return next((fault for fault in faults if fault is not None), None)


def _judge_rules(tx: Tx, ids: Sequence[str]) -> Fault | None:
    rows = _rows(tx, t.rules, ids)
    columns: dict[str, ColumnElement[str]] = {
        "building": t.households.c.building,
        "household": t.households.c.id,
        "group": t.groups.c.id,
        "person": t.people.c.id,
    }
    known = {
        kind: _known(tx, column, [r["subject"] for r in rows if r["subject_kind"] == kind])
        for kind, column in columns.items()
    }
    known["person"] = {*known["person"], HA}
    faults = (rule_fault(dict(row), known) for row in rows)
    return next((fault for fault in faults if fault is not None), None)


def _judge_schedules(tx: Tx, ids: Sequence[str]) -> Fault | None:
    calendars = {"site", *tx.execute(select(t.calendars.c.id)).scalars()}
    for row in _rows(tx, t.schedules, ids):
        if row["calendar_id"] not in calendars:
            return Fault("field_wrong", f"{row['id']}: no calendar {row['calendar_id']!a}")
    return None


def _judge_people(tx: Tx, ids: Sequence[str]) -> Fault | None:
    if any(one.startswith("staff:") for one in ids):
        return Fault("field_wrong", "ids that begin with staff: are not people's")
    count = tx.execute(select(func.count()).select_from(t.people)).scalar_one()
    if count > PEOPLE_MAX:
        return Fault("field_wrong", f"{PEOPLE_MAX} people are the most that a door can hold")
    return None


def check_sizes(people: int, cards: int) -> None:
    """Refuse an import that would make policies too large for a device's shelf."""
    if people > PEOPLE_MAX:
        raise DomainError("field_wrong", f"{PEOPLE_MAX} people are the most of a site", "people")
    if cards > CARDS_MAX:
        raise DomainError("field_wrong", f"{CARDS_MAX} cards are the most of a site", "cards")


def check_cards(tx: Tx) -> None:
    """Refuse a card that would make policies too large for a device's shelf."""
    count = tx.execute(select(func.count()).select_from(t.cards)).scalar_one()
    if count >= CARDS_MAX:
        raise DomainError("field_wrong", f"{CARDS_MAX} cards are the most of a site", "uid")


_JUDGES: dict[str, Callable[[Tx, Sequence[str]], Fault | None]] = {
    "doors": _judge_doors,
    "people": _judge_people,
    "rules": _judge_rules,
    "schedules": _judge_schedules,
}
