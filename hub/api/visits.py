"""Visitors' passes: made by a resident's phone or at the desk, listed, and revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Row, select

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
_REFUSED = ("field_wrong", "not_found", "not_allowed", "passes_many", *CHANGE)


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
        return reply(_listed(gate, phone.person, labels=True), request)

    invites = told("inviteVisitor", VisitShown, *_REFUSED, by="phone", takes=VisitAsked, status=201)

    @router.post("/me/visits", status_code=201, **invites)
    async def invited(request: Request) -> Response:
        phone, signed = await gate.phone(request, "invite", "visitor")
        asked = VisitAsked.model_validate(read_body(signed.body))
        # named after the signed request: a copy of it can only be the same pass
        named = hashlib.sha256(f"visit.{phone.kid}.{signed.proof.nonce}".encode()).digest()
        fresh = await _invite(gate, phone.person, asked, visit_id(named), f"phone:{phone.id}")
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
        return reply(_listed(gate, person, labels=False), request)

    issues = told("issueVisit", VisitShown, *_REFUSED, "oversize", by="staff", status=201)

    @router.post("/people/{person}/visits", status_code=201, **issues)
    async def issued(person: str, asked: VisitAsked, request: Request) -> Response:
        member = gate.member(request, "issue", "pass")
        name = visit_id(secrets.token_bytes(ID_BYTES))
        fresh = await _invite(gate, person, asked, name, f"staff:{member.id}")
        return reply(fresh, request, 201)

    revokes = told("revokeVisit", None, "not_found", "field_wrong", *CHANGE, by="staff")

    @router.post("/visits/{visit}/revoke", status_code=204, **revokes)
    async def revoked(visit: str, request: Request) -> None:
        member = gate.member(request, "revoke", "pass")
        await hub.writer.submit(end_pass, PassEnd(visit, f"staff:{member.id}"), Lane.URGENT)


# --------------------------------------------------------------------------- making one


async def _invite(gate: Gate, person: str, asked: VisitAsked, name: str, by: str) -> dict[str, Any]:
    """Write the pass down, then sign it: nothing is signed that is not written."""
    hub = gate.hub
    own = {door.id for door in _visitors_doors(gate, person)}
    if not own.issuperset(asked.doors):
        raise DomainError("field_wrong", "a door that the host may open", "doors")
    from_s, to_s = _times(asked, hub.clock())
    sealed = hub.keys.close_envelope(asked.label.encode(), f"visit:{name}")
    wish = Invitation(name, person, asked.doors, from_s, to_s, sealed, by)
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


def _listed(gate: Gate, person: str, *, labels: bool) -> dict[str, Any]:
    now_s = gate.now_s()
    rows = _rows(gate, t.passes.c.host_id == person, t.passes.c.to_at > now_s - LISTED_S)
    uses = _uses(gate, [row.id for row in rows])
    return {
        "visits": [_shown(gate, row, uses, labels=labels) for row in rows],
        "doors": [show_own_door(door) for door in _visitors_doors(gate, person)],
    }


def _visitors_doors(gate: Gate, person: str) -> list[DoorEntry]:
    """A host's own doors that take passes at all."""
    with gate.hub.engines.read.connect() as connection:
        taking = select(t.doors.c.id).where(t.doors.c.passes.is_(True))
        open_to_guests = set(connection.execute(taking).scalars())
    return [door for door in own_doors(gate, person) if door.id in open_to_guests]


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
    own = labels or row.issued_by.startswith("staff:")  # a resident's guests are not the desk's
    label = hub.keys.open_envelope(row.label_sealed, f"visit:{row.id}").decode() if own else ""
    text = None
    if open_still and doors and own:
        named = tuple(PassDoor(door.device, door.number) for door in doors)
        visit = Pass(row.id, named, int(row.from_at), int(row.to_at), row.host_id)
        text = sign(visit, hub.memory.site, hub.keys.signers["pass"])
    return {
        "id": row.id,
        "label": label,
        "doors": [show_own_door(door) for door in doors],
        "begins": instant(row.from_at),
        "ends": instant(row.to_at),
        "came": [{"door": use.door_id, "at": instant(use.at)} for use in came],
        "state": state,
        "text": text,
    }
