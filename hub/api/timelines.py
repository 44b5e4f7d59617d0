"""Timelines of a door and of a person, why a door refused, and a resident's own history."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection, Row, Select, select

from devices.access import Granted, State, Way, decide
from devices.access import Request as Presented
from devices.messages import Assurance
from devices.reasons import reason
from hub.acts.events import announced
from hub.acts.reading import Reading, note_reading
from hub.api.documents import CHANGE, told
from hub.api.gate import Gate
from hub.api.problems import reply
from hub.api.shapes import EventsPage, OwnHistory, Why
from hub.api.staff import EVENT_MAX, EVENTS_PAGE_MAX
from hub.core.alert_kinds import WITHHELD
from hub.core.errors import DomainError
from hub.core.whys import speaking
from hub.live import instant, show_event
from hub.store import tables as t
from hub.store.memory import DeviceEntry

_ORDINARY = t.events.c.kind.not_in(WITHHELD)  # duress is told to named responders only
OWN_EVENTS = 50  # what a resident scrolls through; older ones are staff's to find

Before = Annotated[int | None, Query(ge=1, le=EVENT_MAX)]
Limit = Annotated[int, Query(ge=1, le=EVENTS_PAGE_MAX)]


def routes(gate: Gate) -> APIRouter:
    """The router of the timelines."""
    router = APIRouter(prefix="/api/v1", tags=["timelines"])
    hub = gate.hub
    refuses = ("not_found", "field_wrong", *CHANGE)

    doors = told("readDoorTimeline", EventsPage, *refuses, by="staff")

    @router.get("/doors/{door}/timeline", **doors)
    async def of_door(
        door: str, request: Request, before: Before = None, limit: Limit = 50
    ) -> Response:
        member = gate.member(request, "read", "events")
        if door not in hub.memory.doors:
            raise DomainError("not_found", "no such door", "door")
        await hub.writer.submit(note_reading, Reading(f"staff:{member.id}", f"door:{door}"))
        return reply(_page(gate, t.events.c.door_id == door, before, limit), request)

    people = told("readPersonTimeline", EventsPage, *refuses, by="staff")

    @router.get("/people/{person}/timeline", **people)
    async def of_person(
        person: str, request: Request, before: Before = None, limit: Limit = 50
    ) -> Response:
        member = gate.member(request, "read", "people")
        with hub.engines.read.connect() as connection:
            if _person(connection, person) is None:
                raise DomainError("not_found", "no such person", "person")
        await hub.writer.submit(note_reading, Reading(f"staff:{member.id}", f"person:{person}"))
        return reply(_page(gate, t.events.c.person_id == person, before, limit), request)

    whys = told("explainEvent", Why, *refuses, by="staff")

    @router.get("/events/{n}/why", **whys)
    async def why(n: int, request: Request) -> Response:
        member = gate.member(request, "read", "events")
        if not 1 <= n <= EVENT_MAX:
            raise DomainError("not_found")
        with hub.engines.read.connect() as connection:
            event = connection.execute(select(t.events).where(t.events.c.n == n, _ORDINARY)).first()
        if event is None:
            raise DomainError("not_found")
        if event.person_id:
            about = Reading(f"staff:{member.id}", f"person:{event.person_id}")
            await hub.writer.submit(note_reading, about)
        return reply(await _why(gate, event), request)

    @router.get("/me/history", **told("readOwnHistory", OwnHistory, by="phone"))
    async def own(request: Request) -> Response:
        phone, _ = await gate.phone(request, "read", "self")
        return reply({"events": _own(gate, phone.person)}, request)

    return router


def _page(gate: Gate, where: Any, before: int | None, limit: int) -> dict[str, Any]:
    query: Select[Any] = select(t.events).where(where, _ORDINARY).order_by(t.events.c.n.desc())
    if before is not None:
        query = query.where(t.events.c.n < before)
    with gate.hub.engines.read.connect() as connection:
        rows = connection.execute(query.limit(limit + 1)).all()
        people = {row.person_id for row in rows if row.person_id}
        named = connection.execute(
            select(t.people.c.id, t.people.c.name).where(t.people.c.id.in_(people))
        )
        names = {row.id: row.name for row in named}
    shown = [
        {
            **show_event(announced(row.n, row._asdict()), gate.hub.memory),
            "person_name": names.get(row.person_id),
        }
        for row in rows[:limit]
    ]
    return {"events": shown, "next": rows[limit - 1].n if len(rows) > limit else None}


def _person(connection: Connection, person: str) -> Any:
    """Name, household and building of a person, or None."""
    return connection.execute(
        select(t.people.c.id, t.people.c.name, t.people.c.household_id, t.households.c.building)
        .outerjoin(t.households, t.households.c.id == t.people.c.household_id)
        .where(t.people.c.id == person)
    ).first()


# --------------------------------------------------------------------------- why


async def _why(gate: Gate, event: Row[Any]) -> dict[str, Any]:
    memory = gate.hub.memory
    code = event.reason or "internal"
    entry = reason(code)
    door = memory.doors.get(event.door_id or "")
    device = memory.devices.get(event.device_id)
    rules: list[dict[str, Any]] = []
    with gate.hub.engines.read.connect() as connection:
        person = _person(connection, event.person_id) if event.person_id else None
        if door is not None and person is not None:
            rules = _rules(connection, door.id, person)
        policy = _policy_then(connection, event)
    now = None
    if door is not None and device is not None and person is not None:
        now = await _now(gate, device, event, door.number)
    return {
        "event": show_event(announced(event.n, event._asdict()), memory)
        | {"person_name": person.name if person else None},
        "code": code,
        "words": entry.words.as_dict(),
        "cure": entry.cure,
        "policy": policy,
        "rules": rules,
        "now": now,
    }


def _rules(connection: Connection, door: str, person: Any) -> list[dict[str, Any]]:
    rows = connection.execute(
        select(t.rules).where(t.rules.c.door_id == door).order_by(t.rules.c.id)
    ).all()
    fitting = speaking(
        [row._asdict() for row in rows], person.id, person.household_id or "", person.building or ""
    )
    return [
        {
            "id": rule["id"],
            "subject_kind": rule["subject_kind"],
            "subject": rule["subject"],
            "schedule": rule["schedule_id"],
            "valid_from": _instant(rule["valid_from"]),
            "valid_to": _instant(rule["valid_to"]),
            "deny": rule["deny"],
        }
        for rule in fitting
    ]


def _instant(seconds: float | None) -> str | None:
    return instant(seconds) if seconds is not None else None


def _policy_then(connection: Connection, event: Row[Any]) -> str | None:
    """The revision that was in force, as far as the receipts say; None: retention took them."""
    rows = connection.execute(
        select(t.chain.c.body)
        .where(
            t.chain.c.kind == "policy_in_force",
            t.chain.c.at <= event.at,
            t.chain.c.body.contains(json.dumps(event.device_id)),
        )
        .order_by(t.chain.c.n.desc())
        .limit(1)
    ).scalars()
    for body in rows:
        epoch, number = json.loads(body)["devices"][event.device_id]
        return f"{epoch}.{number}"
    return None


async def _now(gate: Gate, device: DeviceEntry, event: Row[Any], number: int) -> str:
    """What the same person would hear now, with a credential as strong as the door asks for."""
    if device.policy is None:
        compiled = (await gate.hub.policies.gather(device)).compiled
        device.policy = compiled.policy_at(device.want)
    policy = device.policy
    credential = json.loads(event.body).get("cred")
    card = next((uid for uid, card in policy.cards.items() if card.id == credential), None)
    if event.via == "card" and card is None:
        return "credential_unknown"
    asked = Presented(
        door=number,
        way=Way.CARD if event.via == "card" else Way.REMOTE,
        person=event.person_id,
        card=card if event.via == "card" else None,
        assurance=Assurance.MUTUAL,
    )
    decision, _ = decide(policy, State(), asked, gate.hub.clock())
    return "granted" if isinstance(decision, Granted) else decision.reason


# --------------------------------------------------------------------------- a resident's own


def _own(gate: Gate, person: str) -> list[dict[str, Any]]:
    memory = gate.hub.memory
    with gate.hub.engines.read.connect() as connection:
        rows = connection.execute(
            select(t.events)
            .where(
                t.events.c.person_id == person,
                t.events.c.kind == "access",
                t.events.c.outcome.is_not(None),
            )
            .order_by(t.events.c.n.desc())
            .limit(OWN_EVENTS)
        ).all()
    doors = ((row, memory.doors.get(row.door_id or "")) for row in rows)
    return [
        {
            "n": row.n,
            "at": instant(row.at),
            "door_name": door.name if door else None,
            "outcome": "opened" if row.outcome == "granted" else row.outcome,
            "reason": row.reason,
            "words": reason(row.reason or "internal").words.as_dict(),
            "via": row.via,
            "opening": _opening(row.body) if row.via == "phone" else None,
        }
        for row, door in doors
    ]


def _opening(body: str) -> str | None:
    """The phone's opening that an event is of: its answer, or what came of looking at a face."""
    told = json.loads(body)
    named = told.get("x", {}).get("opening") or told.get("cmd")
    return named if isinstance(named, str) else None
