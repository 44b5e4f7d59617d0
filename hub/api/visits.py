"""Visitors' passes: made by a resident's phone or at the desk, listed, and revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Row, select

from devices.guests import CODE_DIGITS
from devices.passes import ID_BYTES, LENGTH_MAX_S, Pass, PassDoor, sign, visit_id
from hub.acts.visits import Invitation, PassEnd, end_pass, invite
from hub.api.documents import CHANGE, told
from hub.api.gate import Gate
from hub.api.phone import own_doors, read_body, show_own_door
from hub.api.problems import next_nonce, reply
from hub.api.visit_shapes import VisitAsked, VisitShown, VisitsShown
from hub.core.errors import DomainError
from hub.live import instant
from hub.store import tables as t
from hub.store.memory import DoorEntry
from hub.store.writer import Lane

LISTED_S = 7 * 86_400.0  # what is over is of interest for a week
LISTED_MAX = 60
CLOCKS_S = 60  # a pass "from now" begins a minute ago: a door's clock may be a little behind
REFUSED = ("field_wrong", "not_found", "not_allowed", "passes_many", *CHANGE)


def routes(gate: Gate) -> APIRouter:
    """The router of the visitors' endpoints."""
    router = APIRouter(prefix="/api/v1", tags=["visitors"])
    _of_residents(router, gate)
    _of_the_desk(router, gate)
    return router


def _of_residents(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    @router.get("/me/visits", **told("listMyVisits", VisitsShown, by="phone"))
    async def listed(request: Request) -> Response:
        phone, _ = await gate.phone(request, "invite", "visitor")
        return reply(listed_for(gate, phone.person, labels=True), request)

    invites = told("inviteVisitor", VisitShown, *REFUSED, by="phone", takes=VisitAsked, status=201)

    @router.post("/me/visits", status_code=201, **invites)
    async def invited(request: Request) -> Response:
        phone, signed = await gate.phone(request, "invite", "visitor")
        asked = VisitAsked.model_validate(read_body(signed.body))
        # named after the signed request: a copy of it can only be the same pass
        named = hashlib.sha256(f"visit.{phone.kid}.{signed.proof.nonce}".encode()).digest()
        fresh = await invited_by(gate, phone.person, asked, visit_id(named), f"phone:{phone.id}")
        return reply(fresh, request, 201)

    ends = told("endMyVisit", None, "not_found", "field_wrong", *CHANGE, by="phone")

    @router.delete("/me/visits/{visit}", status_code=204, **ends)
    async def ended(visit: str, request: Request) -> Response:
        phone, _ = await gate.phone(request, "invite", "visitor")
        wish = PassEnd(visit, f"phone:{phone.id}", phone.person)
        await hub.writer.submit(end_pass, wish, Lane.URGENT)
        return Response(status_code=204, headers=next_nonce(request))


def _of_the_desk(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    lists = told("listVisits", VisitsShown, "not_found", "field_wrong", by="staff")

    @router.get("/people/{person}/visits", **lists)
    def listed(person: str, request: Request) -> Response:
        gate.member(request, "read", "passes")
        return reply(listed_for(gate, person, labels=False), request)

    issues = told("issueVisit", VisitShown, *REFUSED, "oversize", by="staff", status=201)

    @router.post("/people/{person}/visits", status_code=201, **issues)
    async def issued(person: str, asked: VisitAsked, request: Request) -> Response:
        member = gate.member(request, "issue", "pass")
        name = visit_id(secrets.token_bytes(ID_BYTES))
        fresh = await invited_by(gate, person, asked, name, f"staff:{member.id}")
        return reply(fresh, request, 201)

    revokes = told("revokeVisit", None, "not_found", "field_wrong", *CHANGE, by="staff")

    @router.post("/visits/{visit}/revoke", status_code=204, **revokes)
    async def revoked(visit: str, request: Request) -> None:
        member = gate.member(request, "revoke", "pass")
        await hub.writer.submit(end_pass, PassEnd(visit, f"staff:{member.id}"), Lane.URGENT)


# --------------------------------------------------------------------------- making one


async def invited_by(
    gate: Gate, person: str, asked: VisitAsked, name: str, by: str
) -> dict[str, Any]:
    """Write the pass down, then sign it: nothing is signed that is not written."""
    hub = gate.hub
    own = {door.id: codes for door, codes in _visitors_doors(gate, person)}
    if not own.keys() >= set(asked.doors):
        raise DomainError("field_wrong", "a door that the host may open", "doors")
    from_s, to_s = _times(asked, hub.clock())
    sealed = hub.keys.close_envelope(asked.label.encode(), f"visit:{name}")
    code = None
    if asked.typed:
        digits = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        code = hub.keys.close_envelope(digits.encode(), f"visit-code:{name}")
    wish = Invitation(
        name, person, asked.doors, from_s, to_s, sealed, by, asked.strict, asked.uses, code
    )
    await hub.writer.submit(invite, wish)
    (row,) = _rows(gate, t.passes.c.id == name)
    return _shown(gate, row, _uses(gate, [name]), labels=True)


def _times(asked: VisitAsked, now: datetime) -> tuple[int, int]:
    """Beginning and end in whole seconds; the length is rounded up to whole minutes."""
    to_s, now_s = int(asked.ends.timestamp()), int(now.timestamp())
    from_s = int(asked.begins.timestamp()) if asked.begins else now_s
    if asked.begins is None:
        from_s = min(now_s, max(now_s - CLOCKS_S, to_s - LENGTH_MAX_S))
    return from_s, from_s - (from_s - to_s) // 60 * 60


# --------------------------------------------------------------------------- showing them


def listed_for(gate: Gate, person: str, *, labels: bool) -> dict[str, Any]:
    """A person's passes of a week, and the doors that passes may name."""
    now_s = gate.now_s()
    rows = _rows(gate, t.passes.c.host_id == person, t.passes.c.to_at > now_s - LISTED_S)
    uses = _uses(gate, [row.id for row in rows])
    shown = [_shown(gate, row, uses, labels=labels) for row in rows]
    return {"visits": shown} | guest_doors(gate, person)


def guest_doors(gate: Gate, person: str) -> dict[str, Any]:
    """The doors that a host's passes may name, and those of them where codes are typed."""
    own = _visitors_doors(gate, person)
    return {
        "doors": [show_own_door(door) for door, _ in own],
        "code_doors": [show_own_door(door) for door, codes in own if codes],
    }


def _visitors_doors(gate: Gate, person: str) -> list[tuple[DoorEntry, bool]]:
    """A host's own doors that take passes at all, and whether codes are typed there."""
    with gate.hub.engines.read.connect() as connection:
        taking = select(t.doors.c.id, t.doors.c.codes).where(t.doors.c.passes.is_(True))
        guests = {row.id: bool(row.codes) for row in connection.execute(taking)}
    return [(door, guests[door.id]) for door in own_doors(gate, person) if door.id in guests]


def _rows(gate: Gate, *which: Any) -> list[Row[Any]]:
    newest = t.passes.c.issued_at.desc(), t.passes.c.id
    with gate.hub.engines.read.connect() as connection:
        query = select(t.passes).where(*which).order_by(*newest).limit(LISTED_MAX)
        return list(connection.execute(query).all())


def _uses(gate: Gate, names: Iterable[str]) -> Mapping[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    with gate.hub.engines.read.connect() as connection:
        query = select(t.pass_uses).where(t.pass_uses.c.pass_id.in_(list(names)))
        for row in connection.execute(query.order_by(t.pass_uses.c.at)).all():
            found.setdefault(row.pass_id, []).append(row)
    return found


def _shown(
    gate: Gate, row: Row[Any], uses: Mapping[str, list[Row[Any]]], *, labels: bool
) -> dict[str, Any]:
    hub = gate.hub
    came = uses.get(row.id, [])
    doors = [hub.memory.doors[name] for name in row.doors if name in hub.memory.doors]
    state = "came" if came else "expected"
    if row.revoked_at is not None:
        state = "revoked"
    elif row.to_at <= gate.now_s():
        state = "came" if came else "over"
    open_still = row.revoked_at is None and row.to_at > gate.now_s()
    # a resident's guests are not the desk's, whether a phone invited them or a card at a kiosk
    own = labels or row.issued_by.startswith("staff:")
    label = hub.keys.open_envelope(row.label_sealed, f"visit:{row.id}").decode() if own else ""
    named = tuple(PassDoor(door.device, door.number) for door in doors)
    visit = Pass(row.id, named, int(row.from_at), int(row.to_at), row.host_id, row.strict)
    text = code = None
    if open_still and doors and own and row.code_sealed is None:
        text = sign(visit, hub.memory.site, hub.keys.signers["pass"])
    elif open_still and doors and own:
        code = hub.keys.open_envelope(row.code_sealed, f"visit-code:{row.id}").decode()
    return {
        "id": row.id,
        "label": label,
        "doors": [show_own_door(door) for door in doors],
        "begins": instant(row.from_at),
        "ends": instant(row.to_at),
        "came": [{"door": use.door_id, "at": instant(use.at), "times": use.times} for use in came],
        "state": state,
        "strict": row.strict,
        "uses": row.uses,
        "online": visit.online_only,
        "text": text,
        "code": code,
        "reached": None if row.code_sealed is None else _reached(gate, doors),
    }


def _reached(gate: Gate, doors: Iterable[DoorEntry]) -> bool:
    """Whether the controller of a code's door holds everything that was asked for by now."""
    devices = {door.device for door in doors}
    p, changes = t.policies.c, t.policy_changes.c
    with gate.hub.engines.read.connect() as connection:
        waiting = connection.execute(
            select(changes.device_id).where(changes.device_id.in_(devices)).limit(1)
        ).first()
        held = connection.execute(
            select(p.epoch, p.number, p.have_epoch, p.have_number).where(p.device_id.in_(devices))
        ).all()
    same = [(one.have_epoch, one.have_number) >= (one.epoch, one.number) for one in held]
    return waiting is None and len(held) == len(devices) and all(same)
