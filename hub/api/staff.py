"""Staff endpoints: claim, sign-in with two factors, the wall, events, people, live stream."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from typing import Annotated, Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Row, select
from starlette.types import Receive, Scope, Send

from hub.acts.events import announced
from hub.acts.phones import NewCode, Revocation, issue_code, revoke
from hub.acts.staff import (
    NAME_CHARS_MAX,
    SESSION_S,
    Claim,
    SignIn,
    SignOut,
    claim,
    sign_in,
    sign_out,
)
from hub.acts.suspending import Confirmed, confirm
from hub.api.documents import BODY, CHANGE, told
from hub.api.gate import COOKIE, Gate, Member, address_of
from hub.api.problems import reply
from hub.api.shapes import ConsoleShown, EventsPage, PeopleShown
from hub.core.alert_kinds import WITHHELD
from hub.core.errors import DomainError
from hub.core.event_kinds import QUIET
from hub.core.otp import key_uri, matching_step
from hub.core.words import PLAIN
from hub.live import instant, show_device, show_door, show_event
from hub.store import tables as t
from hub.store.writer import Lane

PASSWORD_CHARS_MIN = 12
PASSWORD_CHARS_MAX = 256  # argon2 over a novel would be a way to keep the hub busy
EVENTS_PAGE_MAX = 200
EVENT_MAX = 2**53 - 1  # numbers of events are counted in browsers too
PEOPLE_PAGE = 50
HEARTBEAT_S = 15.0  # proxies end silent streams
CODES_DRAWN_MAX = 16  # a day's codes are a thousandth of all; sixteen in a row are a fault
# a duress opening is told to named responders only
_ORDINARY = t.events.c.kind.not_in((*WITHHELD, *QUIET))
# what of the live stream is told only to members who may read it elsewhere
_HEARD_BY = {
    "event": ("read", "events"),
    "alert": ("read", "alert"),
    "call": ("answer", "call"),
    "phone": ("read", "people"),
    "card": ("read", "card"),
    "face": ("read", "faces"),
    "incident": ("read", "incident"),
    "desk": ("read", "card"),
}
_HASHES_AT_ONCE = 2  # argon2 takes 64 MiB and a core each
PASSWORDS = PasswordHasher()  # the library's own strength: RFC 9106's for little memory


class ClaimAsked(BaseModel):
    """The first sign-in of a staff member."""

    code: str = Field(min_length=8, max_length=64)
    name: str = Field(min_length=1, max_length=NAME_CHARS_MAX, pattern=PLAIN)
    password: str = Field(max_length=PASSWORD_CHARS_MAX)


class Claimed(BaseModel):
    """The second factor to put into an authenticator app."""

    totp_uri: str
    totp_secret: str


class SignInAsked(BaseModel):
    """Both factors."""

    name: str = Field(min_length=1, max_length=NAME_CHARS_MAX, pattern=PLAIN)
    password: str = Field(min_length=1, max_length=PASSWORD_CHARS_MAX)
    otp: str = Field(pattern=r"^[0-9]{6}$")


class WhoAmI(BaseModel):
    """A staff member in a session."""

    name: str
    role: str


class PhoneCode(BaseModel):
    """A one-time code for a phone; shown once, kept only as a mark."""

    code: str
    expires_at: str


class _Words:
    """Hashes passwords, few at a time, beside the loop."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher
        self._slots = asyncio.Semaphore(_HASHES_AT_ONCE)
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    async def hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, known: str | None, password: str) -> bool:
        """The same work for a name that does not exist, so that names cannot be guessed."""
        async with self._slots:
            try:
                await asyncio.to_thread(self._hasher.verify, known or self._nobody, password)
            except VerificationError:
                return False
        return known is not None


def routes(gate: Gate, passwords: PasswordHasher) -> APIRouter:
    """The router of the staff endpoints; `passwords` says how strongly new ones are hashed."""
    router = APIRouter(prefix="/api/v1", tags=["staff"])
    words = _Words(passwords)
    _signing(router, gate, words)
    _looking(router, gate)
    _phones(router, gate)
    return router


def _signing(router: APIRouter, gate: Gate, words: _Words) -> None:
    hub = gate.hub

    claims = told("claimStaff", None, "code_wrong", "password_weak", "too_many", *BODY, *CHANGE)

    @router.post("/staff/claim", **claims)
    async def staff_claim(asked: ClaimAsked, request: Request) -> Claimed:
        gate.guard(gate.codes, address_of(request))
        if len(asked.password) < PASSWORD_CHARS_MIN:
            raise DomainError("password_weak", "at least twelve characters", "password")
        secret = secrets.token_bytes(20)
        code = asked.code.strip().upper().replace("-", "")
        wish = Claim(
            hub.keys.mark("staff-code", code),
            asked.name,
            await words.hash(asked.password),
            hub.keys.close_envelope(secret, f"totp:{asked.name}"),
            hub.memory.site,
        )
        await hub.writer.submit(claim, wish)
        uri = key_uri(secret, asked.name, hub.memory.site)
        return Claimed(totp_uri=uri, totp_secret=base64.b32encode(secret).decode().rstrip("="))

    signs_in = told("signIn", None, "sign_in_refused", "too_many", *BODY, *CHANGE)

    @router.post("/staff/sign-in", **signs_in)
    async def staff_sign_in(asked: SignInAsked, request: Request, response: Response) -> WhoAmI:
        gate.guard(gate.sign_ins, f"name:{asked.name}")
        gate.guard(gate.sign_ins, f"from:{address_of(request)}")
        gate.sighted()
        row = _staff_named(gate, asked.name)
        fits = await words.fits(row.password_hash if row else None, asked.password)
        if row is None or not fits:
            raise DomainError("sign_in_refused")
        secret = hub.keys.open_envelope(row.totp_sealed, f"totp:{row.name}")
        step = matching_step(secret, asked.otp, gate.now_s(), row.totp_step)
        if step is None:
            raise DomainError("sign_in_refused")
        token = secrets.token_urlsafe(32)
        await hub.writer.submit(sign_in, SignIn(row.id, step, hub.keys.mark("session", token)))
        gate.sign_ins.forgive(f"name:{asked.name}")
        gate.sign_ins.forgive(f"from:{address_of(request)}")
        response.set_cookie(
            COOKIE,
            token,
            max_age=int(SESSION_S),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
            path="/",
        )
        return WhoAmI(name=row.name, role=_role(gate, row.id))

    _sessions(router, gate)


def _sessions(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    @router.get("/staff/me", **told("readMember", None, by="staff"))
    def staff_me(request: Request) -> WhoAmI:
        member = gate.session(request)
        return WhoAmI(name=member.name, role=member.grants[0].role if member.grants else "")

    @router.post("/staff/sign-out", status_code=204, **told("signOut", None, *CHANGE, by="staff"))
    async def staff_sign_out(request: Request, response: Response) -> None:
        member = gate.session(request)
        await hub.writer.submit(sign_out, SignOut(member.mark))
        response.delete_cookie(COOKIE, path="/")


def _staff_named(gate: Gate, name: str) -> Row[Any] | None:
    with gate.hub.engines.read.connect() as connection:
        return connection.execute(
            select(t.staff).where(t.staff.c.name == name, t.staff.c.ended_at.is_(None))
        ).first()


def _role(gate: Gate, staff: str) -> str:
    with gate.hub.engines.read.connect() as connection:
        role = connection.execute(
            select(t.grants.c.role).where(t.grants.c.subject == f"staff:{staff}")
        ).scalar()
    return str(role or "")


def _looking(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    @router.get("/console", **told("readConsole", ConsoleShown, by="staff"))
    def console(request: Request) -> Response:
        member = gate.member(request, "read", "console")
        memory = hub.memory
        unread = {} if gate.lets(member, "read", "events") else {"last": None}
        shown = {
            "site": {"site": memory.site, "name": memory.site_name, "time_zone": memory.zone},
            "doors": [show_door(door, memory) | unread for door in memory.doors.values()],
            "devices": [show_device(device) for device in memory.devices.values()],
            "broker": hub.ingest.online,
        }
        return reply(shown, request)

    @router.get("/events", **told("listEvents", EventsPage, "field_wrong", by="staff"))
    def events(
        request: Request,
        before: Annotated[int | None, Query(ge=1, le=EVENT_MAX)] = None,
        limit: Annotated[int, Query(ge=1, le=EVENTS_PAGE_MAX)] = 50,
    ) -> Response:
        member = gate.member(request, "read", "events")
        return reply(_events(gate, member, before, limit), request)

    @router.get("/live", include_in_schema=False)
    def live(request: Request) -> Response:
        _deaf(gate, request)
        after = request.headers.get("last-event-id", "")
        fits = after.isdecimal() and len(after) <= len(str(EVENT_MAX))
        return LiveStream(gate, request, int(after) if fits else None)


def _deaf(gate: Gate, request: Request) -> frozenset[str]:
    """The kinds that this member is not told live; refuses whoever may not look at all."""
    member = gate.member(request, "read", "console")
    return frozenset(kind for kind, right in _HEARD_BY.items() if not gate.lets(member, *right))


def _events(gate: Gate, member: Member, before: int | None, limit: int) -> dict[str, Any]:
    del member  # events show pseudonyms' names only to who may read people
    query = select(t.events).where(_ORDINARY).order_by(t.events.c.n.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(t.events.c.n < before)
    with gate.hub.engines.read.connect() as connection:
        rows = connection.execute(query).all()
        names = _names(connection, [row.person_id for row in rows if row.person_id])
    memory = gate.hub.memory
    shown = [
        {
            **show_event(announced(row.n, row._asdict()), memory),
            "person_name": names.get(row.person_id),
        }
        for row in rows[:limit]
    ]
    return {"events": shown, "next": rows[limit - 1].n if len(rows) > limit else None}


def _names(connection: Any, people: list[str]) -> dict[str, str]:
    rows = connection.execute(
        select(t.people.c.id, t.people.c.name).where(t.people.c.id.in_(set(people)))
    )
    return {row.id: row.name for row in rows}


class LiveStream(Response):
    """Server-sent events, pure ASGI: what was missed since the last id, then all that comes."""

    def __init__(self, gate: Gate, request: Request, after: int | None) -> None:
        super().__init__()
        self._gate = gate
        self._request = request
        self._deaf = _deaf(gate, request)
        self._after = after
        self._asked_s = -HEARTBEAT_S  # of the loop's clock: when the session was looked at last

    def _may_stay(self) -> bool:
        """Whether the session still says what it said; looked at no more often than it beats."""
        at_s = asyncio.get_running_loop().time()
        if at_s - self._asked_s < HEARTBEAT_S:
            return True
        self._asked_s = at_s
        try:
            return _deaf(self._gate, self._request) == self._deaf
        except DomainError:
            return False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the page, or the hub, goes away."""
        del scope
        live = self._gate.hub.live
        queue = live.listen(self._deaf)
        status = 200 if queue is not None else 503
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if queue is None:
            await send({"type": "http.response.body", "body": b""})
            return
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await send(_part(b"retry: 2000\n\n" + self._missed()))
            while not gone.done():
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        raw = await queue.get()
                except TimeoutError:
                    raw = b"event: beat\ndata: {}\n\n"
                if raw is None or not self._may_stay():
                    break
                await send(_part(raw))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            live.leave(queue)

    def _missed(self) -> bytes:
        if self._after is None or "event" in self._deaf:
            return b""
        with self._gate.hub.engines.read.connect() as connection:
            rows = connection.execute(
                select(t.events)
                .where(t.events.c.n > self._after, _ORDINARY)
                .order_by(t.events.c.n)
                .limit(200)
            ).all()
        parts = []
        for row in rows:
            shown = show_event(announced(row.n, row._asdict()), self._gate.hub.memory)
            text = json.dumps(shown, ensure_ascii=False)
            parts.append(f"id: {row.n}\nevent: event\ndata: {text}\n\n")
        return "".join(parts).encode()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _part(raw: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": raw, "more_body": True}


def _phones(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    @router.get("/people", **told("findPeople", PeopleShown, "field_wrong", by="staff"))
    def people(request: Request, query: Annotated[str, Query(max_length=40)] = "") -> Response:
        gate.member(request, "read", "people")
        return reply({"people": _people(gate, query.strip())}, request)

    codes = told("issuePhoneCode", None, "not_found", "field_wrong", *CHANGE, by="staff")

    @router.post("/people/{person}/phone-codes", **codes)
    async def phone_codes(person: str, request: Request) -> PhoneCode:
        member = gate.member(request, "issue", "code")
        return await new_phone_code(gate, person, f"staff:{member.id}")

    revokes = told("revokePhone", None, "not_found", "field_wrong", *CHANGE, by="staff")

    @router.post("/phones/{phone}/revoke", status_code=204, **revokes)
    async def phone_revoke(phone: str, request: Request) -> None:
        member = gate.member(request, "revoke", "phone")
        await hub.writer.submit(revoke, Revocation(phone, f"staff:{member.id}"), Lane.URGENT)

    confirms = told("confirmPhone", None, "not_found", "field_wrong", *CHANGE, by="staff")

    @router.post("/phones/{phone}/confirm", status_code=204, **confirms)
    async def phone_confirm(phone: str, request: Request) -> None:
        member = gate.member(request, "confirm", "phone")
        wish = Confirmed(phone, f"staff:{member.id}")
        await hub.writer.submit(confirm, wish, Lane.URGENT)


async def new_phone_code(gate: Gate, person: str, by: str, card: str | None = None) -> PhoneCode:
    """A fresh six-digit code; only its keyed hash is kept."""
    for _ in range(CODES_DRAWN_MAX):
        code = f"{secrets.randbelow(1_000_000):06d}"
        mark = gate.hub.keys.mark("phone-code", code)
        expires_s = await gate.hub.writer.submit(issue_code, NewCode(person, mark, by, card))
        if expires_s is not None:
            return PhoneCode(code=code, expires_at=instant(expires_s))
    raise DomainError("hub_busy")


def _people(gate: Gate, query: str) -> list[dict[str, Any]]:
    found = (
        select(t.people.c.id, t.people.c.name, t.households.c.house)
        .outerjoin(t.households, t.households.c.id == t.people.c.household_id)
        .order_by(t.households.c.house, t.people.c.id)
        .limit(PEOPLE_PAGE)
    )
    if query:
        text = f"%{query.replace('%', '').replace('_', '')}%"
        found = found.where(t.people.c.name.like(text) | t.households.c.house.like(text))
    with gate.hub.engines.read.connect() as connection:
        rows = connection.execute(found).all()
        ids = [row.id for row in rows]
        phones = connection.execute(
            select(t.phones).where(t.phones.c.person_id.in_(ids), t.phones.c.revoked_at.is_(None))
        ).all()
        cards = connection.execute(
            select(t.cards.c.person_id).where(t.cards.c.person_id.in_(ids))
        ).scalars().all()  # fmt: skip
    return [
        {
            "id": row.id,
            "name": row.name,
            "house": row.house or "",
            "phones": [
                {
                    "id": p.id,
                    "label": p.label,
                    "enrolled_at": instant(p.enrolled_at),
                    "paused": p.suspended_at is not None,
                }
                for p in phones
                if p.person_id == row.id
            ],
            "cards": sum(1 for card in cards if card == row.id),
        }
        for row in rows
    ]
