"""The roster: households, people, doors, rules and bills, loaded repeatably without doubles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from hub.acts.alerts import name_responder
from hub.acts.billing import issue_bill
from hub.acts.faces import check_ways
from hub.acts.homeassistant import disown
from hub.acts.memberships import MEMBERS, check_names, check_part, keep_members
from hub.acts.policies import ask_for
from hub.acts.relays import check_remote_only
from hub.core.effects import Forget
from hub.core.errors import DomainError
from hub.core.roster import missing_member, wrong_member
from hub.store import tables as t
from hub.store.writer import Done, Tx

_ODD = "a row names what is not there, or takes what another has"
ROWS_MAX = 2_000  # rows of one act: keeps an act near 20 ms, a long list is many acts


@dataclass(frozen=True, slots=True)
class RosterPart:
    """Some rows of one kind; a long list is loaded in several parts."""

    kind: str
    rows: Sequence[Mapping[str, Any]]
    mark: Callable[[str, str], str]


DOOR_RULES = (
    "pin", "typed", "passes", "codes", "staff_open", "asks_by", "modes", "two_person", "passback",
    "passback_within_s", "area_from", "area_to", "interlock", "longer_ms", "held_s", "enter_s",
)  # fmt: skip
_COLUMNS: dict[str, tuple[Table, tuple[str, ...]]] = {
    "households": (t.households, ("id", "house", "building", "unit", "area_centi_m2")),
    "people": (t.people, ("id", "household_id", "name", "elder", "longer")),
    "doors": (
        t.doors,
        ("id", "device_id", "number", "name", "building", "unit", "kind", "mode", "asks",
         "remote", "hold_ms", "hold_max_ms", "fail_safe", "ha", "remote_only", *DOOR_RULES),
    ),
    "calendars": (t.calendars, ("id", "days")),
    "areas": (t.areas, ("id", "name")),
    "groups": (t.groups, ("id", "name", "members")),
    "door_groups": (t.door_groups, ("id", "name", "members")),
    "schedules": (t.schedules, ("id", "days", "calendar_id")),
    "rules": (
        t.rules,
        ("id", "door_id", "door_group_id", "subject_kind", "subject", "schedule_id",
         "valid_from", "valid_to", "deny"),
    ),
    "bells": (t.bells, ("id", "door_id", "button", "household_id", "kiosk_id")),
    "alert_policies": (
        t.alert_policies,
        ("id", "kinds", "least", "mode", "responders", "steps", "repeat_s"),
    ),
}  # fmt: skip
KINDS = (*_COLUMNS, "bills", "responders")


def load_part(tx: Tx, part: RosterPart, now: datetime) -> Done[int]:
    """Insert or update rows by id; absence never deletes. The value counts the rows."""
    if len(part.rows) > ROWS_MAX:
        raise DomainError("field_wrong", f"at most {ROWS_MAX} rows at a time", part.kind)
    if part.kind not in KINDS:
        raise DomainError("field_wrong", f"kinds are {', '.join(KINDS)}", "kind")
    try:
        if part.kind == "bills":
            for row in part.rows:
                issue_bill(tx, row, now)
            return Done(len(part.rows))
        if part.kind == "responders":
            for row in part.rows:
                name_responder(tx, _clean(part, row, tuple(row)))
            return Done(len(part.rows))
        table, names = _COLUMNS[part.kind]
        rows = [_clean(part, row, names) for row in part.rows]
        check_names(tx, part.kind, table, rows)
        if part.kind in MEMBERS:
            members = {row["id"]: row.pop("members") for row in rows if "members" in row}
            _upsert(tx, part.kind, table, rows, members)
            keep_members(tx, part.kind, members)
        else:
            _upsert(tx, part.kind, table, rows)
        check_part(tx, part.kind, [row["id"] for row in rows])
        if part.kind == "doors":
            check_remote_only(tx, [row["id"] for row in part.rows])
            check_ways(tx, [row["id"] for row in part.rows])
            disown(tx, [row["id"] for row in part.rows if "mode" in row])
    except IntegrityError as fault:
        raise DomainError("field_wrong", _ODD, part.kind) from fault
    tx.journal("roster", {"kind": part.kind, "rows": len(part.rows)})
    devices = tx.execute(select(t.doors.c.device_id).distinct()).scalars().all()
    return Done(len(part.rows), (ask_for(tx, devices), Forget("roster")))


def _clean(part: RosterPart, row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(row.get("id"), str):
        raise DomainError("field_wrong", f"each of {part.kind} needs an id", part.kind)
    wrong = wrong_member(part.kind, row)
    if wrong is not None:
        raise DomainError("field_wrong", wrong[1], part.kind)
    clean = {name: row[name] for name in names if name in row}
    if "phone_last4" in row:
        house = str(row.get("household_id", ""))
        clean["phone_mark"] = part.mark("phone4", f"{house}|{row['phone_last4']}")
    return clean


def _upsert(
    tx: Tx,
    kind: str,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    members: Mapping[str, Any] | None = None,
) -> None:
    """Fresh rows go in together; known ones are updated with what was given."""
    ids = [row["id"] for row in rows]
    known: set[str] = set()
    for start in range(0, len(ids), 500):  # the bound on parameters of small databases
        chunk = ids[start : start + 500]
        known |= set(tx.execute(select(table.c.id).where(table.c.id.in_(chunk))).scalars())
    shapes: dict[frozenset[str], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["id"] in known:
            tx.execute(update(table).where(table.c.id == row["id"]).values(**row))
        else:
            given = {**row, "members": ()} if members and row["id"] in members else row
            missing = missing_member(kind, given)
            if missing is not None:
                raise DomainError("field_wrong", f"a new row needs {missing}", kind)
            shapes.setdefault(frozenset(row), []).append(row)
    for fresh in shapes.values():
        tx.execute(insert(table), fresh)
