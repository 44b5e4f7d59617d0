"""What a stand-in for the hub knows: honest nonces and signatures, and answers that a test sets."""

import asyncio
import base64
import hashlib
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from starlette.requests import Request

NONCE_LIFE = timedelta(seconds=60)

Json = dict[str, Any]


class Refusal(Exception):
    """A request the stub answers with problem+json."""

    def __init__(self, code: str, **members: Any) -> None:
        super().__init__(code)
        self.code, self.members = code, members


def words(hans: str, hant: str, en: str) -> dict[str, str]:
    return {"zh-Hans": hans, "zh-Hant": hant, "en": en}


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def thumbprint(jwk: Json) -> str:
    canonical = json.dumps({k: jwk[k] for k in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> datetime:
    return datetime.now(UTC)


SITE_NAME = words("柳溪新村", "柳溪新村", "Liuxi New Village")
DOORS: list[Json] = [
    {"id": "gate-south", "name": words("南大门", "南大門", "South gate"), "kind": "perimeter"},
    {"id": "gate-north", "name": words("北门", "北門", "North gate"), "kind": "perimeter"},
    {
        "id": "b1-u1",
        "name": words("1幢1单元", "1幢1單元", "Building 1, unit 1"),
        "kind": "building",
    },
    {
        "id": "b1-u2",
        "name": words("1幢2单元", "1幢2單元", "Building 1, unit 2"),
        "kind": "building",
    },
    {
        "id": "b2-u1",
        "name": words("2幢1单元", "2幢1單元", "Building 2, unit 1"),
        "kind": "building",
    },
    {"id": "hall", "name": words("邻里中心", "鄰里中心", "Neighbour hall"), "kind": "building"},
]
BUILDINGS = {
    "gate-south": "",
    "gate-north": "",
    "b1-u1": "1",
    "b1-u2": "1",
    "b2-u1": "2",
    "hall": "",
}
PEOPLE: list[Json] = [
    {"id": "p-shen", "name": "沈桂芳", "house": "1幢2单元302", "cards": 1},
    {"id": "p-zheng", "name": "郑海燕", "house": "1幢2单元501", "cards": 1},
    {"id": "p-chen-1", "name": "陈静", "house": "2幢1单元3A01", "cards": 1},
    {"id": "p-chen-2", "name": "陈静", "house": "1幢1单元202", "cards": 0},
]


@dataclass
class StubHub:
    """What the stub knows; a test reads and sets it directly."""

    codes: dict[str, str] = field(default_factory=lambda: {"123456": "p-shen"})
    phones: dict[str, Json] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    door_ids: list[str] = field(default_factory=lambda: ["gate-south", "b1-u2", "hall"])
    verdicts: deque[str] = field(default_factory=deque)
    moved: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    proofs: list[str] = field(default_factory=list)
    staff: dict[str, str] = field(default_factory=dict)
    claim_code: str = "481-920"
    sessions: set[str] = field(default_factory=set)
    events: list[Json] = field(default_factory=list)
    devices: list[Json] = field(default_factory=list)
    door_views: dict[str, Json] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    newcomers: list[Json] = field(default_factory=list)
    imports: list[Json] = field(default_factory=list)
    later: list[Json] = field(default_factory=list)
    look: Json | str = "sheet_no_header"
    delay_s: float = 0.0
    broker: bool = True
    cards: list[Json] = field(default_factory=list)
    ended_phones: list[Json] = field(default_factory=list)
    had: list[str] = field(default_factory=list)  # what was said of lost cards
    visits: list[Json] = field(default_factory=list)
    refuse_visits: str = ""
    scannerless: tuple[str, ...] = ()  # doors that read no pass
    keypads: tuple[str, ...] = ()
    calls: list[Json] = field(default_factory=list)
    stopping: bool = False
    alerts: list[Json] = field(default_factory=list)
    incidents: list[Json] = field(default_factory=list)
    stations: list[Json] = field(default_factory=list)
    pictures_failing: set[int] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    outlets_failing: list[Json] = field(default_factory=list)
    role: str = "administrator"
    lockdowns: list[Json] = field(default_factory=list)
    deeds: list[Json] = field(default_factory=list)
    desks: list[Json] = field(default_factory=list)
    laid: Json | None = None  # what lies on the desk's reader
    torn: bool = False  # the next card is torn away while it is given
    given: list[Json] = field(default_factory=list)
    weak: Json | None = None
    _nonces: dict[str, datetime] = field(default_factory=dict)
    _answers: dict[bytes, Json] = field(default_factory=dict)
    _streams: set[asyncio.Queue[bytes | None]] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop | None = None

    # --- signed requests

    def new_nonce(self) -> str:
        nonce = secrets.token_urlsafe(18)
        self._nonces[nonce] = now() + NONCE_LIFE
        return nonce

    def forget_nonces(self) -> None:
        """As if every nonce had grown too old."""
        self._nonces.clear()

    def proven(self, request: Request, body: bytes, jwk: Json | None = None) -> tuple[str, bytes]:
        """The kid that signed this very request, and the proof's bytes; the nonce is spent."""
        proof = request.headers.get("linli-proof", "")
        try:
            head64, claims64, signature64 = proof.split(".")
            head, claims = json.loads(unpadded(head64)), json.loads(unpadded(claims64))
        except ValueError:
            raise Refusal("proof_missing") from None
        kid = str(head["kid"])
        if jwk is None and kid in self.revoked:
            raise Refusal("phone_revoked")
        public = jwk or (self.phones.get(kid) or {}).get("jwk")
        if public is None or thumbprint(public) != kid:
            raise Refusal("phone_unknown")
        _verify(public, f"{head64}.{claims64}".encode(), unpadded(signature64))
        assert head == {"alg": "ES256", "typ": "linli-proof+jwt", "kid": kid}
        query = f"?{request.url.query}" if request.url.query else ""
        if claims["htm"] != request.method or claims["htu"] != request.url.path + query:
            raise Refusal("request_altered")
        if unpadded(claims["bh"]) != hashlib.sha256(body).digest():
            raise Refusal("request_altered")
        key = hashlib.sha256(proof.encode() + body).digest()
        if request.method == "GET":  # what only looks spends nothing
            if self._nonces.get(claims["nonce"], now()) <= now():
                raise Refusal("request_stale")
        elif key not in self._answers and self._nonces.pop(claims["nonce"], now()) <= now():
            raise Refusal("request_stale")
        return kid, key

    # --- the door

    def open(self, door: str, key: bytes) -> Json:
        """Decide an opening once; the same bytes get the stored answer."""
        if key in self._answers:
            return {**self._answers[key], "repeat": True}
        verdict = self.verdicts.popleft() if self.verdicts else "granted"
        outcome = {"granted": "opened", "outcome_unknown": "unknown"}.get(verdict, "refused")
        if outcome != "refused":
            self.moved.append(door)
        said = {
            "opening": secrets.token_hex(8),
            "outcome": outcome,
            "reason": verdict,
            "ms": {"verify": 0.4, "commit": 3.1, "door": 31.0},
            "repeat": False,
        }
        self._answers[key] = said
        return said

    def doors_of_phone(self) -> list[Json]:
        chosen = [each for each in DOORS if each["id"] in self.door_ids]
        return [{**each, "building": BUILDINGS[each["id"]]} for each in chosen]

    def me(self, kid: str) -> Json:
        phone = self.phones[kid]
        person = next(each for each in PEOPLE if each["id"] == phone["person"])
        shown = {name: phone[name] for name in ("id", "label", "enrolled_at")}
        return {"person": {"name": person["name"]}, "phone": shown, "doors": self.doors_of_phone()}

    def site(self) -> Json:
        zone = "Asia/Shanghai"
        return {
            "site": "liuxi",
            "name": SITE_NAME,
            "time_zone": zone,
            "now": stamp(now()),
            "demo": True,
        }

    # --- the wall

    def console_doors(self) -> list[Json]:
        return [
            {
                "id": each["id"], "name": each["name"], "building": BUILDINGS[each["id"]],
                "unit": each["id"][-1] if "-u" in each["id"] else None,
                "device": f"door-{at // 2 + 1}", "number": at % 2 + 1, "lock": "locked",
                "contact": "closed", "mode": "Locked", "online": True, "last": None,
                **self.door_views.get(each["id"], {}),
            }
            for at, each in enumerate(DOORS)
        ]  # fmt: skip

    def say(self, kind: str, data: Json, number: int | None = None) -> None:
        """Send one message down every live stream."""
        head = "" if number is None else f"id: {number}\n"
        body = json.dumps(data, ensure_ascii=False)
        self._spread(f"{head}event: {kind}\ndata: {body}\n\n".encode())

    def happen(self, **members: Any) -> Json:
        """Add an event to the log and tell the streams."""
        event = an_event(len(self.events) + 1, **members)
        self.events.append(event)
        # one stream for everybody: it names nobody
        self.say("event", {**event, "person_name": None}, event["n"])
        return event

    def stop(self) -> None:
        """Let whoever waits go, so that the server can stop."""
        self.stopping = True
        self.hang_up()

    def hang_up(self) -> None:
        """End every live stream, as a restarting hub does."""
        self._spread(None)

    def streams(self) -> int:
        return len(self._streams)

    def _spread(self, chunk: bytes | None) -> None:
        if self._loop is not None:
            for queue in list(self._streams):
                self._loop.call_soon_threadsafe(queue.put_nowait, chunk)

    async def stream(self) -> AsyncIterator[bytes]:
        self._loop = asyncio.get_running_loop()
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=1000)
        self._streams.add(queue)
        try:
            yield b": hello\n\n"
            while (chunk := await queue.get()) is not None:
                yield chunk
        finally:
            self._streams.discard(queue)


def an_event(number: int, **members: Any) -> Json:
    at = members.pop("at", None) or stamp(now())
    door = members.pop("door", "b1-u2")
    name = next((each["name"] for each in DOORS if each["id"] == door), None)
    person = members.get("person", "p-shen")
    person_name = next((each["name"] for each in PEOPLE if each["id"] == person), None)
    usual = {
        "n": number, "at": at, "recorded_at": at, "kind": "access", "door": door,
        "door_name": name, "outcome": "granted", "reason": "granted", "person": person,
        "person_name": person_name, "via": "card", "late": False,
        "ms": {"read": 41.2, "decide": 0.3, "strike": 12.5},
    }  # fmt: skip
    return {**usual, **members}


def _verify(jwk: Json, message: bytes, raw: bytes) -> None:
    x, y = (int.from_bytes(unpadded(jwk[axis]), "big") for axis in "xy")
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise Refusal("proof_forged") from None
