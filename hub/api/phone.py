"""The phone's endpoints: nonce, enrolment, the phone's own page, openings."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, WithJsonSchema
from sqlalchemy import func, select
from starlette.background import BackgroundTask
from starlette.types import ASGIApp, Receive, Scope, Send

from devices.jws import parse_json
from devices.messages import Answer, Outcome
from devices.reasons import reason
from hub.acts.openings import Opening, Present, present
from hub.acts.phones import LABEL_CHARS_MAX, Enrolment, Revocation, enrol, revoke
from hub.api.documents import ANY, CHANGE, told
from hub.api.gate import Gate, address_of
from hub.api.problems import EXPECTED, body_of, next_nonce, on_fault, problem, reply
from hub.api.shapes import Me, OpeningProblem, OpeningTold
from hub.core import proofs
from hub.core.errors import DomainError
from hub.core.letters import ALPHABET, CODE_CHARS
from hub.core.words import PLAIN
from hub.ingest import ANSWER_WAIT_S
from hub.letters import MARK
from hub.live import instant
from hub.store import tables as t
from hub.store.homes import homes_of
from hub.store.memory import DoorEntry, PhoneEntry
from hub.store.writer import Lane

_OUTCOMES = {Outcome.GRANTED: "opened", Outcome.REFUSED: "refused", Outcome.UNKNOWN: "unknown"}
_TEXT = {"type": "string"}
_JWK = {
    "type": "object",
    "properties": {"kty": {"const": "EC"}, "crv": {"const": "P-256"}, "x": _TEXT, "y": _TEXT},
    "required": ["kty", "crv", "x", "y"],
}
_NOT_HEARD = ("connection_old",)  # the door refused a stale copy: nobody knows of the wish itself


class NonceShown(BaseModel):
    """A single-use nonce for signing."""

    nonce: str
    expires_at: str


class EnrolmentAsked(BaseModel):
    """A phone introduces itself with a one-time code."""

    code: str = Field(pattern=rf"^([0-9]{{6}}|[{ALPHABET}]{{{CODE_CHARS}}})$")
    jwk: Annotated[dict[str, Any], WithJsonSchema(_JWK)]
    label: str = Field(min_length=1, max_length=LABEL_CHARS_MAX, pattern=PLAIN)


class OpeningAsked(BaseModel):
    """Which door shall open."""

    door: str = Field(min_length=1, max_length=32)


def routes(gate: Gate) -> APIRouter:
    """The router of the phone's endpoints."""
    router = APIRouter(prefix="/api/v1", tags=["phone"])
    hub = gate.hub

    @router.get("/nonce", **told("readNonce", None, "field_wrong", "too_many"))
    async def nonce(
        request: Request, kid: Annotated[str, Query(min_length=1, max_length=64)]
    ) -> NonceShown:
        gate.guard(gate.nonces, address_of(request))
        fresh, expires_s = gate.nonce(kid)
        return NonceShown(nonce=fresh, expires_at=instant(expires_s))

    enrols = told(
        "enrolPhone", Me, "code_wrong", "moved_out", "too_many", *CHANGE,
        by="newcomer", takes=EnrolmentAsked, status=201,
    )  # fmt: skip

    @router.post("/phones", status_code=201, **enrols)
    async def phones(request: Request) -> Response:
        return await _enrol(gate, request)

    @router.get("/me", **told("readMe", Me, by="phone"))
    async def me(request: Request) -> Response:
        phone, _ = await gate.phone(request, "read", "self")
        return reply(_mine(gate, phone), request)

    @router.delete("/me/phone", status_code=204, **told("leavePhone", None, *CHANGE, by="phone"))
    async def leave(request: Request) -> Response:
        phone, _ = await gate.phone(request, "end", "phone")
        await hub.writer.submit(revoke, Revocation(phone.id, f"phone:{phone.id}"))
        return Response(status_code=204)

    refuses = ("door_unknown", "door_offline", "outcome_unknown", "request_spent", "too_many")
    opens = told(
        "openDoor", OpeningTold, *refuses, *CHANGE, ANY,
        by="phone", takes=OpeningAsked, problem=OpeningProblem,
    )  # fmt: skip

    @router.post("/openings", **opens)
    async def openings(request: Request) -> Response:
        return await _open(gate, request)

    return router


def express(gate: Gate) -> Mapping[tuple[str, str], ASGIApp]:
    """Where somebody waits before a door: the same endpoint without the router around it."""

    async def openings(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        try:
            response = await _open(gate, request)
        except Exception as fault:
            handler = next((EXPECTED[kind] for kind in type(fault).mro() if kind in EXPECTED), None)
            if handler is None:  # ours: the caller hears of it, and so does the log
                await (await on_fault(request, fault))(scope, receive, send)
                raise
            response = await handler(request, fault)
        await response(scope, receive, send)

    return {("POST", "/api/v1/openings"): openings}


def read_body(raw: bytes) -> dict[str, Any]:
    """A signed body as a JSON object, else field_wrong."""
    body = parse_json(raw)
    if body is None:
        raise DomainError("field_wrong", "the body is not a JSON object of whole texts", "body")
    return body


# --------------------------------------------------------------------------- enrolment


async def _enrol(gate: Gate, request: Request) -> Response:
    body = EnrolmentAsked.model_validate(read_body(await request.body()))
    kid, key = proofs.phone_key(body.jwk)
    proof = proofs.parse(request.headers.get("linli-proof"))
    if proof.kid != kid:
        raise DomainError("proof_form", "kid must be the key's RFC 7638 thumbprint")
    await gate.signed(request, key)
    address = address_of(request)
    gate.guard(gate.codes, address)
    gate.guard(gate.codes_all, "all")
    purpose = "phone-code" if body.code.isdecimal() and len(body.code) == 6 else MARK
    mark = gate.hub.keys.mark(purpose, body.code)
    jwk = {name: body.jwk[name] for name in ("kty", "crv", "x", "y")}
    wish = Enrolment(mark, kid, jwk, body.label)
    await gate.hub.writer.submit(enrol, wish, Lane.URGENT)
    gate.codes.forgive(address)
    gate.codes_all.forgive("all")
    return reply(_mine(gate, gate.hub.memory.phone(kid)), request, 201)


def _mine(gate: Gate, phone: PhoneEntry) -> dict[str, Any]:
    """Who this phone belongs to and which doors it may ask for."""
    with gate.hub.engines.read.connect() as connection:
        name = connection.execute(
            select(t.people.c.name).where(t.people.c.id == phone.person)
        ).scalar_one()
    return {
        "person": {"name": name},
        "phone": {
            "id": phone.id,
            "label": phone.label,
            "enrolled_at": instant(phone.enrolled_at),
        },
        "doors": [show_own_door(door) for door in own_doors(gate, phone.person)],
    }


def own_doors(gate: Gate, subject: str) -> list[DoorEntry]:
    """The doors that some rule opens for a person today, the nearest to home first."""
    hub, now_s = gate.hub, gate.now_s()
    with hub.engines.read.connect() as connection:
        homes = homes_of(connection, subject, now_s)
        own_homes = connection.execute(
            select(t.households.c.id, t.households.c.building, t.households.c.unit).where(
                t.households.c.id.in_(homes)
            )
        ).all()
        stays = select(t.tenancies.c.id).where(t.tenancies.c.person_id == subject).limit(1)
        gone = not homes and connection.execute(stays).first() is not None
        rules = connection.execute(
            select(
                func.coalesce(t.rules.c.door_id, t.door_group_doors.c.door_id).label("door_id"),
                t.rules.c.subject_kind,
                t.rules.c.subject,
            )
            .outerjoin(
                t.door_group_doors,
                t.door_group_doors.c.door_group_id == t.rules.c.door_group_id,
            )
            .where(
                t.rules.c.deny.is_(False),
                t.rules.c.valid_to.is_(None) | (t.rules.c.valid_to > now_s),
            )
        ).all()
        groups = connection.execute(
            select(t.group_members.c.group_id).where(t.group_members.c.person_id == subject)
        ).scalars()
        in_groups = set(groups)
    mine = {
        "building": {home.building for home in own_homes if home.building},
        "household": set(homes),
        "person": {subject},
        "group": in_groups,
    }
    own = {
        rule.door_id
        for rule in rules
        if rule.subject in mine.get(rule.subject_kind, ())
        or (rule.subject_kind == "everyone" and not gone)
    }
    units = {(home.building, home.unit) for home in own_homes}

    def nearness(door: DoorEntry) -> tuple[bool, bool, str]:
        """An own unit's door first, then an own building's, then the gates."""
        at_home = door.building in mine["building"]
        return not (at_home and (door.building, door.unit) in units), not at_home, door.id

    return sorted((d for d in hub.memory.doors.values() if d.id in own), key=nearness)


def show_own_door(door: DoorEntry) -> dict[str, Any]:
    """A door as its resident sees it."""
    return {"id": door.id, "name": door.name, "building": door.building, "kind": door.kind}


# --------------------------------------------------------------------------- openings


async def _open(gate: Gate, request: Request) -> Response:
    hub = gate.hub
    phone, signed = await gate.phone(request, "open", "door")
    gate.guard(gate.proofs, phone.id)
    wanted = read_body(signed.body).get("door")
    if not isinstance(wanted, str) or not 0 < len(wanted) <= 32:
        raise DomainError("field_wrong", "door is the id of a door", "door")
    door = hub.memory.doors.get(wanted)
    if door is None:
        raise DomainError("door_unknown", "", "door")
    device = hub.memory.devices.get(door.device)
    if device is None:
        raise DomainError("door_offline")
    if device.policy is None:
        device.policy = (await hub.policies.gather(device)).compiled.policy_at(device.want)
    opening = "o-" + hashlib.sha256(f"{phone.kid}.{signed.proof.nonce}".encode()).hexdigest()[:30]
    wish = Present(
        opening=opening,
        phone=phone.id,
        person=phone.person,
        digest=signed.digest,
        door=door.id,
        device=door.device,
        number=door.number,
        hub=hub.settings.hub,
        policy=device.policy,
        looks=hub.face_doors.looks(door.id),
    )
    return await ask_door(
        gate, request, opening, door, lambda: hub.writer.submit(present, wish, Lane.URGENT)
    )


async def ask_door(
    gate: Gate,
    request: Request,
    opening: str,
    door: DoorEntry,
    present_it: Callable[[], Awaitable[Opening]],
) -> Response:
    """Bring somebody before a door and tell what it answered; of a silent door nobody knows."""
    hub = gate.hub
    waiting = hub.ingest.expect(opening)
    answer: Answer | None = None
    began = time.perf_counter()
    try:
        known = await present_it()
        if known.outcome is None:
            ready = next_nonce(request)  # while the door works, not when its answer is here
            request.state.next_nonce = lambda: ready
            committed = time.perf_counter()
            answer = await _await_door(waiting)
            if answer is not None and answer.outcome is Outcome.GRANTED:
                back = time.perf_counter()
                door.times.note_hub((committed - began) * 1e3, (back - committed) * 1e3)
            known = _as_answered(known, answer)
    finally:
        hub.ingest.give_up(opening, waiting)
    response = _told(known, request)
    if answer is not None:
        # somebody stands before the door: they hear first, then it is written down
        response.background = BackgroundTask(hub.ingest.note, answer, door.device)
    return response


async def _await_door(waiting: asyncio.Future[Answer]) -> Answer | None:
    """The door's word, or None when it stays silent."""
    try:
        async with asyncio.timeout(ANSWER_WAIT_S):
            return await waiting
    except TimeoutError:
        return None


def _as_answered(known: Opening, answer: Answer | None) -> Opening:
    """What the phone is told; of a silent door nobody knows."""
    if answer is None:
        return Opening(known.id, "unknown", "outcome_unknown", {}, known.repeat)
    if answer.reason in _NOT_HEARD:
        return Opening(known.id, "unknown", "outcome_unknown", answer.ms, known.repeat)
    return Opening(known.id, answer.outcome.value, answer.reason, answer.ms, known.repeat)


def _told(known: Opening, request: Request) -> Response:
    outcome = _OUTCOMES.get(Outcome(known.outcome or "unknown"), "unknown")
    code = known.reason or "outcome_unknown"
    body = {
        "opening": known.id,
        "outcome": outcome,
        "reason": code,
        "ms": {name: round(value, 3) for name, value in known.ms.items()},
        "repeat": known.repeat,
    }
    if outcome == "opened":
        return reply(body, request)
    more = {name: value for name, value in body.items() if name != "reason"}
    headers = next_nonce(request)
    return problem(code, reason(code).cure, None, headers, reason=code, **more)


__all__ = ["ask_door", "body_of", "own_doors", "read_body", "routes", "show_own_door"]
