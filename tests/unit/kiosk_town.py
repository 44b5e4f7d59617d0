"""A hub as a kiosk sees it, in memory and virtual time: the same law, and every way to fail."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from drivers.kinds import CardLost
from drivers.ntag424_desk import personalise
from hub.core.errors import DomainError
from hub.gateways.card_exchanges import Exchanges
from hub.gateways.cards import keys_for
from kiosk.hub import HubRefused, HubSilent
from simulators.ends import Ntag424Card

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
CODE_S = 120.0
GRACE_S = 30.0
HOUSE, DIGITS = "1-2-302", "7302"
MASTERS = {slot: bytes([slot + 1] * 16) for slot in range(5)}
SYSTEM_ID = b"linli!"
SUN_URL = "https://linli.invalid/t?p={picc}&m={mac}"
WORDS = {"zh-Hans": "柳溪新村", "zh-Hant": "柳溪新村", "en": "Willow Brook"}


def instant(at_s: float) -> str:
    return (START + timedelta(seconds=at_s)).isoformat().replace("+00:00", "Z")


def make_bill(name: str, amount_fen: int = 10680) -> dict[str, Any]:
    return {
        "id": name,
        "kind": "property",
        "period": "2026-10",
        "amount_fen": amount_fen,
        "due_on": "2026-12-15",
        "lines": [{"text": WORDS, "amount_fen": amount_fen}],
        "state": "open",
    }


def lost_card(name: str) -> dict[str, Any]:
    return {
        "id": name, "holder": "沈**", "mine": False, "issued_at": instant(0.0),
        "blocked_at": None, "told": False, "doors_total": 0, "doors_gone": 0, "still_known": [],
    }  # fmt: skip


@dataclass
class InHand:
    """A card at a reader, until it is taken away."""

    card: Any
    apdus_left: int = 1_000
    first_byte_at_ns: int = 0
    provable: bool = True

    @property
    def uid(self) -> bytes:
        return bytes(self.card.uid)

    async def transceive(self, apdu: bytes, timeout_s: float = 1.0) -> bytes:
        await asyncio.sleep(0.01)
        answer = self.card.exchange(apdu) if self.apdus_left > 0 else None
        self.apdus_left -= 1
        if answer is None:
            raise CardLost("gone")
        return bytes(answer)


class Reader:
    """People hold cards to it."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[InHand] = asyncio.Queue(maxsize=8)

    async def cards(self) -> AsyncIterator[InHand]:
        while True:
            yield await self.queue.get()

    async def close(self) -> None:
        return None


@dataclass
class Intent:
    id: str
    bill: str
    expires_s: float
    state: str = "created"
    receipt: dict[str, Any] | None = None


@dataclass
class TownHub:
    """What ``kiosk.hub.Hub`` is to the agent; `trouble` decides the fate of each request."""

    bills: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {name: make_bill(name) for name in ("b-1", "b-2", "b-3")}
    )
    intents: dict[str, Intent] = field(default_factory=dict)
    lookups: set[str] = field(default_factory=set)
    log: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    away: bool = False
    provider_silent: bool = False
    cards: set[str] = field(default_factory=set)
    exchanges: Exchanges = field(default_factory=lambda: Exchanges(MASTERS, SYSTEM_ID))
    notices: list[dict[str, Any]] = field(default_factory=list)
    trouble: Callable[[str], str] = lambda _path: "fine"  # or "lost" (request), "unheard" (answer)
    before: Callable[[str, Mapping[str, Any]], None] = lambda _path, _body: None
    slow_s: float = 0.01
    calls: list[dict[str, Any]] = field(default_factory=list)
    rang: asyncio.Event = field(default_factory=asyncio.Event)
    lost: dict[str, Any] = field(default_factory=lambda: lost_card("c-1"))
    opens: str = "opened"
    on_silence: Callable[[], None] = lambda: None
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    # ------------------------------------------------------------ what the agent uses

    async def post(
        self, path: str, body: Mapping[str, Any], *, answer_s: float = 4.0
    ) -> dict[str, Any]:
        return await self._serve(path, dict(body), answer_s)

    async def get(self, path: str, *, answer_s: float = 4.0) -> dict[str, Any]:
        if path.startswith("/api/v1/kiosk/calls"):
            return await self._calls(path)
        return await self._serve(path, {}, answer_s)

    async def _calls(self, path: str) -> dict[str, Any]:
        """Held, as the hub holds it, until something rings; nobody counts these questions."""
        if self.away:
            raise self._silence()
        if "wait_s" in path:
            self.rang.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(25.0):
                    await self.rang.wait()
        return {"calls": self.calls}

    def ring(self, house: str = HOUSE, call: str = "c-1", answer: str | None = None) -> None:
        """Somebody presses a bell that rings at this kiosk, or the call is answered."""
        until = instant(self._time_s() + 45.0)
        self.calls = [{"id": call, "door_name": WORDS, "house": house, "until": until,
                       "answer": answer}]  # fmt: skip
        self.rang.set()

    async def look(self, path: str) -> dict[str, Any]:
        return await self._serve(path, {}, 4.0)

    def told_time(self, instant_told: str) -> None:
        assert instant_told.endswith("Z")

    def now_s(self) -> float:
        return START.timestamp() + self._time_s()

    def left_s(self, instant_told: str) -> float:
        end_s = (datetime.fromisoformat(instant_told) - START).total_seconds()
        return max(0.0, end_s - self._time_s())

    # ------------------------------------------------------------ the hub

    def _time_s(self) -> float:
        return asyncio.get_running_loop().time()

    async def _serve(self, path: str, body: dict[str, Any], answer_s: float) -> dict[str, Any]:
        fate = "lost" if self.away else self.trouble(path)
        self.before(path, body)
        await asyncio.sleep(self.slow_s)
        if fate == "lost":
            raise self._silence()
        self.log.append((path, fate, body))
        try:
            told = self._answer(path, body)
        finally:
            if fate == "unheard":
                await asyncio.sleep(answer_s)
                raise self._silence()
        return told

    def _silence(self) -> HubSilent:
        self.on_silence()
        return HubSilent("test")

    def _answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self._expire()
        if path == "/api/v1/site":
            now = instant(self._time_s())
            return {"site": "liuxi", "name": WORDS, "time_zone": "Asia/Shanghai", "now": now}
        if path == "/api/v1/notices":
            return {"notices": self.notices}
        if path.startswith("/api/v1/kiosk/cards/"):
            return self._card(path, body)
        if path == "/api/v1/kiosk/bills":
            return self._bills(body)
        if path == "/api/v1/kiosk/phone-codes":
            return {"code": "482913", "expires_at": instant(self._time_s() + 600)}
        if path.startswith(("/api/v1/kiosk/lost", "/api/v1/kiosk/gu", "/api/v1/kiosk/vi")):
            return self._errand(path, body)
        if path.startswith("/api/v1/kiosk/calls/"):
            self.calls = []
            return {"outcome": self.opens, "door": "d-1"}
        if path == "/api/v1/payments":
            return self._begin(body)
        name, _, verb = path.removeprefix("/api/v1/payments/").partition("/")
        assert verb in ("", "close")
        if name not in self.intents:
            raise HubRefused(404, "payment_unknown", {})
        return self._show(self.intents[name])

    def _errand(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        door = {"id": "d-1", "name": WORDS, "building": "1", "kind": "building"}
        if "lost-cards" in path:
            if body["lookup"] not in self.lookups:
                raise HubRefused(401, "lookup_expired", {})
            if path.endswith("/block"):
                self.lost |= {"blocked_at": instant(self._time_s()), "doors_total": 2,
                              "doors_gone": 1, "still_known": [WORDS]}  # fmt: skip
            return {"cards": [self.lost, {"id": 7}]}
        if path.endswith("guests"):
            return {"doors": [door, {"id": "nameless"}], "code_doors": [door]}
        made = {"doors": [door], "ends": body["ends"], "text": "PASS", "code": None,
                "reached": None}  # fmt: skip
        return made | ({"text": None, "code": "123456789", "reached": False}
                       if body["typed"] else {})  # fmt: skip

    def _card(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path.endswith("challenge"):
            exchange, response = self.exchanges.begin(
                "kiosk-1",
                bytes.fromhex(body["uid"]),
                bytes.fromhex(body["challenge"]),
                issued=body["uid"] in self.cards,
                now_s=self._time_s(),
            )
            return {"exchange": exchange, "response": response.hex()}
        try:
            answer = bytes.fromhex(body["answer"])
            self.exchanges.finish("kiosk-1", body["exchange"], answer, self._time_s())
        except DomainError as refusal:
            raise HubRefused(401, refusal.code, {}) from refusal
        token = f"card-session-{next(self._numbers)}"
        return {"card_session": token, "holder": "沈**", "house": HOUSE, "elder": True}

    async def issue(self, uid: bytes) -> Ntag424Card:
        """A senior card as the desk gives it out."""
        card = Ntag424Card(uid)
        keys = keys_for(MASTERS, uid, SYSTEM_ID)
        await personalise(InHand(card).transceive, uid, keys, SUN_URL)
        self.cards.add(uid.hex())
        return card

    def _bills(self, body: dict[str, Any]) -> dict[str, Any]:
        if "card_session" not in body and body != {"house": HOUSE, "phone_last4": DIGITS}:
            raise HubRefused(404, "house_unknown", {})
        lookup = f"lookup-{next(self._numbers)}"
        self.lookups.add(lookup)
        shown = [dict(bill) for bill in self.bills.values()]
        return {"lookup": lookup, "holder": "沈**", "house": HOUSE, "bills": shown}

    def _begin(self, body: dict[str, Any]) -> dict[str, Any]:
        known = self.intents.get(body["id"])
        if known is not None:
            if known.bill != body["bill"]:
                raise HubRefused(409, "payment_conflict", {})
        else:
            if body["lookup"] not in self.lookups:
                raise HubRefused(401, "lookup_expired", {})
            bill = self.bills[body["bill"]]
            if bill["state"] != "open":
                raise HubRefused(409, f"bill_{bill['state']}", {})
            bill["state"] = "pending"
            known = Intent(body["id"], body["bill"], self._time_s() + CODE_S)
            self.intents[known.id] = known
        if known.state == "created" and not self.provider_silent:
            known.state = "pending"
        return self._show(known)

    def _show(self, intent: Intent) -> dict[str, Any]:
        return {
            "id": intent.id,
            "bill": intent.bill,
            "state": intent.state,
            "amount_fen": self.bills[intent.bill]["amount_fen"],
            "code_url": f"weixin://pay/{intent.id}" if intent.state != "created" else None,
            "expires_at": instant(intent.expires_s),
            "receipt": intent.receipt,
        }

    def _expire(self) -> None:
        for intent in self.intents.values():
            over = self._time_s() >= intent.expires_s + GRACE_S
            if over and intent.state in ("created", "pending"):
                intent.state = "closed"
                self.bills[intent.bill]["state"] = "open"

    def scan(self, payment: str) -> bool:
        """Somebody's phone pays a code; False when it is too late."""
        intent = self.intents[payment]
        if intent.state != "pending" or self._time_s() >= intent.expires_s:
            return False
        intent.state = "paid"
        self.bills[intent.bill]["state"] = "paid"
        intent.receipt = {
            "number": f"20261123-{next(self._numbers):06d}",
            "paid_at": instant(self._time_s()),
            "amount_fen": self.bills[intent.bill]["amount_fen"],
            "bill": intent.bill,
            "house": HOUSE,
            "provider_ref": f"4200{payment[:8]}",
        }
        return True

    def sent(self, path: str) -> list[dict[str, Any]]:
        return [body for asked, _, body in self.log if asked == path]
