"""The community's rows that policies are made of, read in one place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, or_, select

from devices.access import DoorMode, Schedule
from devices.messages import NO_REVISION, Revision
from devices.policy import Compiled
from drivers.ntag424 import diversify
from hub.core.compile import (
    SITE_CALENDAR,
    CardRow,
    CodeRow,
    DoorRow,
    Home,
    PersonRow,
    PinRow,
    Rows,
    RuleRow,
    compile_policy,
)
from hub.core.may import Grant, may_ever
from hub.gateways.cards import CARD_AID
from hub.keys import HubKeys
from hub.store import tables as t

DOOR_SLOTS = (3, 4)
DOOR_KEYS_CACHED = 65_536  # two keys each of an estate's cards, about 10 MB


@dataclass(frozen=True, slots=True)
class Ground:
    """The rows for some devices or all, of some people or everybody."""

    doors: Mapping[str, list[DoorRow]]
    rules: Mapping[str, list[RuleRow]]
    people: list[PersonRow]
    cards: list[CardRow]
    schedules: Mapping[str, Schedule]
    calendars: Mapping[str, frozenset[date]]
    staff: tuple[str, ...]
    asked: Mapping[str, float]  # for which devices a compilation was asked for by then
    pins: Mapping[str, PinRow] = field(default_factory=dict, repr=False)
    passes_revoked: tuple[tuple[str, float, frozenset[str]], ...] = ()
    codes: tuple[CodeRow, ...] = field(default=(), repr=False)

    def compile(self, device: str, zone: str, revision: Revision) -> Compiled:
        """The policy of one device, of the people that were read."""
        own = self.doors.get(device, [])
        rows = Rows(
            own,
            [rule for door in own for rule in self.rules.get(door.id, ())],
            self.people,
            self.cards,
            self.schedules,
            self.calendars,
            self.staff,
            self.pins,
            self._passes_revoked(own),
            self.asked.get(device, 0.0),
            self.codes,
        )
        return compile_policy(revision, zone, rows)

    def _passes_revoked(self, own: list[DoorRow]) -> dict[str, float]:
        """The passes of these doors alone: a controller need not learn who else has guests."""
        here = {door.id for door in own}
        return {name: to_s for name, to_s, doors in self.passes_revoked if here & doors}


def read_ground(
    connection: Connection,
    keys: HubKeys,
    *,
    device: str | None = None,
    people: Collection[str] | None = None,
) -> Ground:
    """Read the rows for one device or all, of some people or everybody."""
    asked = {
        row.device_id: row.asked_at for row in connection.execute(select(t.policy_changes))
    }  # first: whatever is asked for later than these rows must not count as answered by them
    cards_query = select(t.cards)
    if people is not None:
        cards_query = cards_query.where(t.cards.c.person_id.in_(people))
    doors = _doors(connection, keys, device)
    # a change of some people's cards says nothing of PINs
    wanted = any(door.pin_key for own in doors.values() for door in own)
    coded = people is None and any(door.code_key for own in doors.values() for door in own)
    return Ground(
        doors,
        _rules(connection, device),
        _people(connection, people),
        [_card(card, keys) for card in connection.execute(cards_query)],
        {
            row.id: Schedule(
                tuple(tuple((int(a), int(b)) for a, b in day) for day in row.days),
                "" if row.calendar_id == SITE_CALENDAR else row.calendar_id,
            )
            for row in connection.execute(select(t.schedules))
        },
        {
            row.id: frozenset(map(date.fromisoformat, row.days))
            for row in connection.execute(select(t.calendars))
        },
        _staff(connection),
        asked,
        _pins(connection, keys) if wanted and people is None else {},
        _passes_revoked(connection, max(asked.values(), default=0.0)),
        _codes(connection, keys, max(asked.values(), default=0.0)) if coded else (),
    )


# --------------------------------------------------------------------------- doors


def _doors(connection: Connection, keys: HubKeys, device: str | None) -> dict[str, list[DoorRow]]:
    query = select(t.doors)
    if device is not None:
        query = query.where(t.doors.c.device_id == device)
    shut = set(
        connection.execute(
            select(t.lockdowns.c.building).where(t.lockdowns.c.ended_at.is_(None))
        ).scalars()
    )
    leads = _leads(connection)
    faces = {
        row.door_id: row.mode
        for row in connection.execute(select(t.face_doors.c.door_id, t.face_doors.c.mode))
    }
    doors: dict[str, list[DoorRow]] = {}
    for row in connection.execute(query.order_by(t.doors.c.id)):
        locked_down = bool(shut & {"", row.building})
        made = _door(row, keys, leads, locked_down=locked_down)
        own = replace(made, face=faces.get(row.id, "off"))
        doors.setdefault(row.device_id, []).append(own)
    return doors


def _leads(connection: Connection) -> dict[str, set[str]]:
    """For each area, the devices whose doors lead to or from it."""
    d = t.doors.c
    leads: dict[str, set[str]] = {}
    query = select(d.device_id, d.area_from, d.area_to).where(
        or_(d.area_from != "", d.area_to != "")
    )
    for row in connection.execute(query):
        for area in {row.area_from, row.area_to} - {""}:
            leads.setdefault(area, set()).add(row.device_id)
    return leads


def _door(row: Any, keys: HubKeys, leads: Mapping[str, set[str]], *, locked_down: bool) -> DoorRow:
    typed = row.pin or row.typed or any(ask.get("pin") for ask in row.asks_by)
    areas = {row.area_from, row.area_to} - {""}
    return DoorRow(
        row.id,
        row.number,
        row.kind,
        DoorMode.LOCKED_DOWN.value if locked_down else row.mode,
        row.asks,
        row.remote,
        row.hold_ms,
        row.hold_max_ms,
        row.fail_safe,
        pin=row.pin,
        typed=row.typed,
        passes=row.passes,
        staff_open=row.staff_open,
        asks_by=tuple(row.asks_by),
        modes=tuple(row.modes),
        two_person=row.two_person,
        passback=row.passback,
        passback_within_s=row.passback_within_s,
        area_from=row.area_from,
        area_to=row.area_to,
        interlock=tuple(row.interlock),
        longer_ms=row.longer_ms,
        held_s=row.held_s,
        enter_s=row.enter_s,
        building=row.building,
        unit=row.unit,
        across=any(leads[area] - {row.device_id} for area in areas),
        pin_key=keys.door_key(row.id) if typed else b"",
        ha=row.ha,
        code_key=keys.door_key(row.id) if row.codes else b"",
    )


def _codes(connection: Connection, keys: HubKeys, since_s: float) -> tuple[CodeRow, ...]:
    """Couriers' codes that may still be typed."""
    visits = t.passes.c
    found = connection.execute(
        select(t.passes)
        .where(visits.code_sealed.is_not(None), visits.revoked_at.is_(None), visits.to_at > since_s)
        .order_by(visits.id)
    )
    return tuple(
        CodeRow(
            row.id, row.doors[0], row.host_id, row.from_at, row.to_at, row.uses,
            keys.open_envelope(row.code_sealed, f"visit-code:{row.id}").decode(),
        )
        for row in found
    )  # fmt: skip


def _passes_revoked(
    connection: Connection, since_s: float
) -> tuple[tuple[str, float, frozenset[str]], ...]:
    """Revoked passes that might still be shown: each with its end and the doors it names."""
    visits = t.passes.c
    found = connection.execute(
        select(visits.id, visits.to_at, visits.doors)
        .where(visits.revoked_at.is_not(None), visits.to_at > since_s)
        .order_by(visits.id)
    )
    return tuple((row.id, row.to_at, frozenset(row.doors)) for row in found)


# --------------------------------------------------------------------------- rules and people


def _rules(connection: Connection, device: str | None) -> dict[str, list[RuleRow]]:
    """The rules by door; a rule for a group of doors stands at each of them."""
    rules: dict[str, list[RuleRow]] = {}
    member = t.door_group_doors.c
    grouped = select(t.rules, member.door_id.label("at")).join(
        t.door_group_doors, member.door_group_id == t.rules.c.door_group_id
    )
    single = select(t.rules, t.rules.c.door_id.label("at")).where(t.rules.c.door_id.is_not(None))

    def here(query: Select[Any], door: Any) -> Select[Any]:
        if device is None:
            return query
        return query.join(t.doors, t.doors.c.id == door).where(t.doors.c.device_id == device)

    queries = (here(single, t.rules.c.door_id), here(grouped, member.door_id))
    for query in queries:
        for row in connection.execute(query):
            rule = RuleRow(
                row.id, row.at, row.subject_kind, row.subject, row.schedule_id, row.valid_from,
                row.valid_to, row.deny,
            )  # fmt: skip
            rules.setdefault(row.at, []).append(rule)
    return rules


def _people(connection: Connection, people: Collection[str] | None) -> list[PersonRow]:
    query = select(
        t.people.c.id,
        t.people.c.household_id,
        t.people.c.longer,
        t.households.c.building,
        t.households.c.house,
        t.households.c.unit,
    ).outerjoin(t.households, t.people.c.household_id == t.households.c.id)
    member = select(t.group_members)
    if people is not None:
        query = query.where(t.people.c.id.in_(people))
        member = member.where(t.group_members.c.person_id.in_(people))
    groups: dict[str, list[str]] = {}
    for row in connection.execute(member):
        groups.setdefault(row.person_id, []).append(row.group_id)
    homes = _homes(connection, people)
    return [
        PersonRow(
            row.id, row.household_id or "", row.building or "", tuple(groups.get(row.id, ())),
            row.longer, row.house or "", row.unit or "", tuple(homes.get(row.id, ())),
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def _homes(connection: Connection, people: Collection[str] | None) -> dict[str, list[Home]]:
    """Who lives where from when to when, as far as tenancies say so."""
    tenancy, household = t.tenancies.c, t.households.c
    query = select(
        tenancy.person_id, tenancy.household_id, tenancy.valid_from, tenancy.valid_to,
        household.building, household.house, household.unit,
    ).join(t.households, household.id == tenancy.household_id)  # fmt: skip
    if people is not None:
        query = query.where(tenancy.person_id.in_(people))
    homes: dict[str, list[Home]] = {}
    for row in connection.execute(query.order_by(tenancy.id)):
        homes.setdefault(row.person_id, []).append(
            Home(row.household_id, row.building, row.house, row.unit, _day(row.valid_from),
                 _day(row.valid_to))
        )  # fmt: skip
    return homes


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _staff(connection: Connection) -> tuple[str, ...]:
    """Staff who may open doors from afar, as a door knows them."""
    query = select(t.grants, t.staff.c.id.label("member")).join(
        t.staff, t.grants.c.subject == "staff:" + t.staff.c.id
    )
    found = {
        row.subject
        for row in connection.execute(query.where(t.staff.c.ended_at.is_(None)))
        if may_ever(Grant(row.subject, row.role, row.scope), "operate", "door")
    }
    return tuple(sorted(found))


def people_of(connection: Connection, keys: HubKeys, zone: str, door: Any) -> frozenset[str]:
    """Whom a door's controller knows; ``door``: its ``device_id`` and ``number``."""
    ground = read_ground(connection, keys, device=door.device_id)
    own = ground.compile(door.device_id, zone, NO_REVISION).policy.doors.get(door.number)
    return frozenset(own.people) if own is not None else frozenset()


def _card(row: Any, keys: HubKeys) -> CardRow:
    own = {}
    if row.kind == "ntag424" and row.blocked_at is None:
        own = {slot: _door_key(keys.masters[slot], row.uid, keys.system_id) for slot in DOOR_SLOTS}
    return CardRow(row.id, row.uid, row.person_id, row.blocked_at is not None, own)


@lru_cache(maxsize=DOOR_KEYS_CACHED)
def _door_key(master: bytes, uid: str, system_id: bytes) -> bytes:
    return diversify(master, bytes.fromhex(uid), CARD_AID, system_id)


def _pins(connection: Connection, keys: HubKeys) -> dict[str, PinRow]:
    opened: dict[str, dict[str, str]] = {}
    for row in connection.execute(select(t.pins)):
        pin = keys.open_envelope(row.sealed, f"pin:{row.person_id}:{row.kind}")
        opened.setdefault(row.person_id, {})[row.kind] = pin.decode()
    return {
        person: PinRow(both["pin"], both.get("duress"))
        for person, both in opened.items()
        if "pin" in both
    }
