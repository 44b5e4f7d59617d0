"""A hub on a bench: real store, acts and API in this process; no broker, time that tests set."""

import base64
import hmac
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import compile_path

from devices.identity import Identity
from hub import config, keys
from hub.acts.phones import NewCode, issue_code
from hub.acts.policies import Adoptee, adopt
from hub.acts.roster import RosterPart, load_part
from hub.acts.staff import NewClaim, offer_claim
from hub.api.gate import Gate
from hub.api.server import make_app
from hub.parts import Hub, assemble
from hub.store.engine import Engines, create, open_engines
from hub.store.lease import take_lease
from simulators.phone import Phone

SITE = "liuxi"
CLIENT = {"Linli-Client": "console"}
START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
# What a strong hash costs is wanted from a thief, not from each test that signs somebody in.
WEAK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ROSTER: dict[str, list[dict[str, Any]]] = {
    "households": [
        {"id": "h-1", "house": "1-1-101", "building": "1"},
        {"id": "h-2", "house": "2-1-101", "building": "2"},
    ],
    "people": [
        {"id": "p-1", "household_id": "h-1", "name": "沈桂芳", "elder": True, "phone_last4": "7302"},
        {"id": "p-2", "household_id": "h-2", "name": "陈静"},
    ],
    "doors": [
        {"id": "d-1", "device_id": "gate", "number": 1, "name": {"en": "Gate"},
         "kind": "perimeter"},
        {"id": "d-2", "device_id": "gate", "number": 2, "name": {"en": "Home"}, "kind": "building",
         "building": "1"},
    ],
    "rules": [
        {"id": "r-1", "door_id": "d-1", "subject_kind": "everyone", "subject": ""},
        {"id": "r-2", "door_id": "d-2", "subject_kind": "building", "subject": "1"},
    ],
    "bills": [
        {"id": "b-1", "household_id": "h-1", "kind": "property", "period": "2026-10",
         "amount_fen": 10_680, "due_on": "2026-12-15",
         "lines": [{"text": {"en": "fee"}, "amount_fen": 10_680}]},
    ],
}  # fmt: skip


class LazyRoute(APIRoute):
    """A route that is worked out when it is first matched or documented, and then is like any.

    A test asks two or three of a hundred and fifty; the others cost more than the test.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **words: Any) -> None:
        self.path, self.endpoint, self._words = path, endpoint, words
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.methods = {method.upper() for method in words.get("methods") or ["GET"]}

    def __getattr__(self, name: str) -> Any:
        """Asked for what a route that was worked out has."""
        if "_words" not in vars(self):
            raise AttributeError(name)
        super().__init__(self.path, self.endpoint, **vars(self).pop("_words"))
        return getattr(self, name)


@contextmanager
def lazy_routes() -> Iterator[None]:
    """What is made here has lazy routes."""
    words = APIRouter.__init__.__kwdefaults__
    assert words is not None
    kept, words["route_class"] = words["route_class"], LazyRoute
    try:
        yield
    finally:
        words["route_class"] = kept


@dataclass
class HubBench:
    """The hub, its application, a client, and the clock."""

    hub: Hub
    folder: Path
    fatal: list[BaseException]
    passwords: PasswordHasher
    now: datetime = START

    @cached_property
    def _served(self) -> tuple[FastAPI, Gate]:
        """Made when first asked for: a hundred routes cost more than most tests that need none."""
        with lazy_routes():
            return make_app(self.hub, self.passwords)

    @property
    def app(self) -> FastAPI:
        return self._served[0]

    @property
    def gate(self) -> Gate:
        return self._served[1]

    @cached_property
    def http(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://hub")

    async def close(self) -> None:
        if "http" in vars(self):
            await self.http.aclose()
        self.hub.ingest.close()
        await self.hub.writer.close()

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def code(self, person: str) -> str:
        code = f"{secrets.randbelow(1_000_000):06d}"
        mark = self.hub.keys.mark("phone-code", code)
        await self.hub.writer.submit(issue_code, NewCode(person, mark, "test"))
        return code

    async def phone(self, person: str = "p-1") -> Phone:
        phone = Phone("http://hub", self.http)
        reply = await phone.enrol(await self.code(person), "phone")
        assert reply.status == 201, reply.body
        return phone

    async def administrator(self, name: str = "admin", role: str = "administrator") -> str:
        """Claim, sign in; the cookie is in the client. Returns the second factor's secret."""
        code = secrets.token_hex(6).upper()
        mark = self.hub.keys.mark("staff-code", code)
        await self.hub.writer.submit(offer_claim, NewClaim(mark, role))
        body = {"code": code, "name": name, "password": PASSWORD}
        answer = await self.http.post("/api/v1/staff/claim", json=body, headers=CLIENT)
        assert answer.status_code == 200, answer.text
        secret = str(answer.json()["totp_secret"])
        answer = await self.sign_in(secret, name=name)
        assert answer.status_code == 200, answer.text
        return secret

    async def sign_in(
        self, secret: str, password: str = PASSWORD, name: str = "admin"
    ) -> httpx.Response:
        body = {"name": name, "password": password, "otp": self.otp(secret)}
        return await self.http.post("/api/v1/staff/sign-in", json=body, headers=CLIENT)

    def otp(self, secret: str) -> str:
        key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        digest = hmac.new(key, int(self.now.timestamp() // 30).to_bytes(8), "sha1").digest()
        at = digest[-1] & 15
        return f"{(int.from_bytes(digest[at : at + 4]) & 0x7FFFFFFF) % 1_000_000:06d}"


@asynccontextmanager
async def hub_bench(
    folder: Path,
    database: str = "",
    *,
    payments: Any = None,
    passwords: PasswordHasher = WEAK,
) -> AsyncIterator[HubBench]:
    """A hub with a small roster, one adopted gate, card point and kiosk; a second time in the same
    folder is a restart."""
    if not (folder / "hub.toml").exists():
        if database:
            await settle(folder, database)
        else:
            await _copy_of_a_settled(folder)
    settings = config.load(folder)
    engines = open_engines(database or settings.database, synced=False)
    bench = _start(folder, engines, passwords)
    if payments is not None:
        bench.hub.payments = payments(bench.hub)
    yield bench
    await bench.close()
    engines.close()
    assert bench.fatal == []


def _start(folder: Path, engines: Engines, passwords: PasswordHasher) -> HubBench:
    fatal: list[BaseException] = []
    held: list[HubBench] = []
    hub = assemble(
        config.load(folder),
        engines,
        keys.load(folder),
        take_lease(engines, "bench"),
        "bench",
        lambda: held[0].now if held else START,
        fatal.append,
        inline=True,
    )
    held.append(HubBench(hub, folder, fatal, passwords))
    hub.memory.reload()
    return held[0]


_settled: dict[Path, tuple[int, bytes]] = {}  # bounded by the few files of one site


async def _copy_of_a_settled(folder: Path) -> None:
    """A site in a file is made once in a process, and then copied, key by key and byte by byte."""
    if not _settled:
        with tempfile.TemporaryDirectory() as name:
            made = Path(name)
            await settle(made, "")
            for file in filter(Path.is_file, made.rglob("*")):
                _settled[file.relative_to(made)] = (file.stat().st_mode, file.read_bytes())
    for path, (mode, raw) in _settled.items():
        file = folder / path
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_bytes(raw)
        file.chmod(mode)


async def settle(folder: Path, database: str) -> None:
    """Make the site, its people and its devices."""
    (folder / "hub.toml").write_text('[hub]\nid = "hub-1"\n', encoding="utf-8")
    keys.make(folder, SITE, datetime(2026, 11, 23, tzinfo=UTC).timestamp())
    engines = open_engines(database or config.load(folder).database, synced=False)
    create(engines, SITE, {"en": "Village"}, "Asia/Shanghai", demo=True)
    bench = _start(folder, engines, WEAK)
    for kind, rows in ROSTER.items():
        await bench.hub.writer.submit(load_part, RosterPart(kind, rows, bench.hub.keys.mark))
    for name, kind in (("gate", "door"), ("hall", "point"), ("kiosk-1", "kiosk")):
        identity = Identity.make(name, kind)
        (folder / name).mkdir()
        identity.save(folder / name)
        public = identity.public
        await bench.hub.writer.submit(adopt, Adoptee(name, kind, public.ed25519, public.x25519))
    await bench.close()
    engines.close()
