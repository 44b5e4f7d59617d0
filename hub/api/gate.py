"""Who asks: phones and devices by signed request, staff by session, the operator by token."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select
from starlette.requests import Request

from hub.api.kiosk_sessions import Lookups, Spent
from hub.core import proofs
from hub.core.errors import DomainError
from hub.core.limits import Limit, Limiter
from hub.core.may import Grant, may
from hub.parts import Hub
from hub.store import tables as t
from hub.store.memory import DeviceEntry, PhoneEntry

COOKIE = "linli_session"
CLIENT_HEADER = "linli-client"
NONCE_HEADER = "Linli-Nonce"


@dataclass(frozen=True, slots=True)
class Signed:
    """A verified signed request."""

    proof: proofs.Proof
    digest: str
    body: bytes
    nonce_expires_s: float


@dataclass(frozen=True, slots=True)
class Member:
    """A staff member in a session."""

    id: str
    name: str
    grants: tuple[Grant, ...]
    mark: str


class Gate:
    """Checks every request; the routes only say who may come in."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.codes = Limiter(Limit(5, 600.0))
        self.codes_all = Limiter(Limit(100, 600.0))
        self.sign_ins = Limiter(Limit(5, 60.0))
        self.factors = Limiter(Limit(5, 60.0))
        self.pins = Limiter(Limit(10, 86_400.0))  # of a home: a refusal tells that a PIN is taken
        self.faces = Limiter(Limit(60, 600.0))  # photos of a desk; an enrolment is three
        self.own_face = Limiter(Limit(20, 86_400.0))  # changes of one's mind
        self.pushes = Limiter(Limit(300, 10.0))  # pictures of one camera
        self.nonces = Limiter(Limit(60, 30.0))
        self.proofs = Limiter(Limit(120, 60.0))
        self.lookups = Limiter(Limit(10, 60.0))
        # four digits are few: of one house a day's wrong ones are bounded, too
        self.lookups_wrong = Limiter(Limit(20, 86_400.0))
        self.card_sessions = Lookups()
        self.lookups_store = Lookups()
        self.spent = Spent()
        self.operator_token = secrets.token_urlsafe(32)

    # ----------------------------------------------------------------- signed requests

    def now_s(self) -> float:
        """The hub's time."""
        return self.hub.clock().timestamp()

    def nonce(self, kid: str) -> tuple[str, float]:
        """A fresh nonce for a key."""
        return proofs.make_nonce(self.hub.keys.nonce, kid, self.now_s(), secrets.token_bytes(8))

    def _next_nonce(self, kid: str) -> dict[str, str]:
        return {NONCE_HEADER: self.nonce(kid)[0]}

    async def signed(self, request: Request, key: proofs.Key | None = None) -> Signed:
        """Verify a proof; with no key given it is the enrolled phone's."""
        proof = proofs.parse(request.headers.get("linli-proof"))
        body = await request.body()
        path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
        path += f"?{query}" if query else ""
        proofs.check(proof, key or self._key_of(proof.kid), request.method, path, body)
        request.state.next_nonce = partial(self._next_nonce, proof.kid)
        expires = proofs.nonce_expiry(self.hub.keys.nonce, proof.kid, proof.nonce, self.now_s())
        return Signed(proof, proof.digest(body), body, expires)

    def _key_of(self, kid: str) -> proofs.Key:
        device = self.hub.memory.devices.get(kid)
        return device.key if device is not None else self.hub.memory.phone(kid).key

    async def phone(self, request: Request, verb: str, thing: str) -> tuple[PhoneEntry, Signed]:
        """An enrolled phone's request; its person is a resident, and nothing more."""
        signed = await self.signed(request)
        phone = self.hub.memory.phone(signed.proof.kid)
        self.sighted()
        self._may([Grant(phone.person, "resident", "*")], phone.person, verb, thing)
        return phone, signed

    def sighted(self) -> None:
        """After a restore nobody is let in by a list that may be older than what was ended."""
        if self.hub.recalls.blind:
            raise DomainError("hub_busy", "restored: most doors have not told what they hold")

    def _may(self, grants: Sequence[Grant], subject: str, verb: str, thing: str) -> None:
        if not may(grants, subject, verb, thing, self.hub.memory.site, self.hub.clock()):
            raise DomainError("not_allowed")

    async def device(self, request: Request, kind: str) -> tuple[DeviceEntry, Signed]:
        """An adopted device's request; its nonce counts once."""
        kid = proofs.parse(request.headers.get("linli-proof")).kid
        device = self.hub.memory.devices.get(kid)
        if device is None:
            raise DomainError("phone_unknown", "no adopted device of this name")
        signed = await self.signed(request, device.key)
        if device.kind != kind:
            raise DomainError("not_allowed")
        self.spent.take(signed.proof.nonce, signed.nonce_expires_s, self.now_s())
        return device, signed

    # ----------------------------------------------------------------- staff

    def member(self, request: Request, verb: str, thing: str) -> Member:
        """A staff member who may do this; a change also needs our client's header."""
        if request.method != "GET" and request.headers.get(CLIENT_HEADER) != "console":
            raise DomainError("client_header")
        member = self.session(request)
        self._may(member.grants, f"staff:{member.id}", verb, thing)
        return member

    def lets(self, member: Member, verb: str, thing: str) -> bool:
        """Whether a member who is in already may do this, too."""
        who, site = f"staff:{member.id}", self.hub.memory.site
        return may(member.grants, who, verb, thing, site, self.hub.clock())

    def session(self, request: Request) -> Member:
        """Whose session this is; refuses with signed_out."""
        token = request.cookies.get(COOKIE)
        if not token or len(token) > 128:
            raise DomainError("signed_out")
        mark = self.hub.keys.mark("session", token)
        with self.hub.engines.read.connect() as connection:
            row = connection.execute(
                select(t.staff.c.id, t.staff.c.name, t.sessions.c.expires_at)
                .join(t.sessions, t.sessions.c.staff_id == t.staff.c.id)
                .where(t.sessions.c.mark == mark, t.staff.c.ended_at.is_(None))
            ).first()
            if row is None or row.expires_at <= self.now_s():
                raise DomainError("signed_out")
            grants = connection.execute(
                select(t.grants).where(t.grants.c.subject == f"staff:{row.id}")
            ).all()
        return Member(
            row.id,
            row.name,
            tuple(
                Grant(g.subject, g.role, g.scope, g.purpose, g.valid_from, g.valid_to)
                for g in grants
            ),
            mark,
        )

    def operator(self, request: Request) -> None:
        """The machine's own operator, who can read the token file of the data folder."""
        if not _same(_bearer(request), self.operator_token):
            raise DomainError("not_allowed")

    def camera(self, request: Request, name: str) -> None:
        """A camera that pushes, by its token; of one that is not there nobody learns more."""
        known = self.hub.settings.cameras.get(name)
        token = known.token if known is not None else ""
        if not token or not _same(_bearer(request), token):
            raise DomainError("not_allowed")
        self.guard(self.pushes, name)

    def guard(self, limiter: Limiter, key: str) -> None:
        """Slow guessing down."""
        if not limiter.take(key, self.now_s()):
            raise DomainError("too_many")


def _bearer(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def _same(given: str, wanted: str) -> bool:
    """Compared in a time that tells nothing."""
    digests = [hashlib.sha256(text.encode()).digest() for text in (given, wanted)]
    return hmac.compare_digest(*digests)


def address_of(request: Request) -> str:
    """The caller's address, for limits only; never kept. An IPv6 home (a /64) is one caller."""
    host = request.client.host if request.client else "-"
    if ":" not in host:
        return host
    try:
        address = ipaddress.IPv6Address(host.partition("%")[0])
    except ValueError:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return host if address.is_loopback else f"{int(address) >> 64:x}/64"
