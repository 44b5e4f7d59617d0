"""Every payment of this kiosk until the hub says how it ended; the kiosk itself never says "paid".

The id is made here and is on disk before anything is sent. A lost answer is asked for again with
the same id and the same content. What was open when the kiosk stopped is asked for when it starts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from devices.ports import Luck, Monotonic
from kiosk.disk import Disk, DiskFull, Order
from kiosk.hub import HubRefused, HubSide, HubSilent
from kiosk.session import Bill, Happening, Receipt

log = logging.getLogger(__name__)

CREATE_S: Final = 8.0  # the page waits 12 s for an answer; a code takes well under one
CREATE_AGAIN_S: Final = 0.5  # between two sendings of the same payment
GLASS_PACE_S: Final = (1.0,) * 20 + (2.0,) * 20 + (3.0,)  # while a code is on the glass
BEHIND_PACE_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)  # nobody waits for it any more
MISSES_TOLD: Final = 2  # unanswered questions in a row until the person is told that nobody knows
UNKNOWN_SURE: Final = 2  # the hub never heard of it, asked twice: no request is still on its way
ANSWER_LEAST_S: Final = 0.5  # the last try of a payment gets at least so long

_WORDS: Final[Mapping[str, Happening]] = {
    "paid": Happening.PAID,
    "closed": Happening.CLOSED,
    "suspense": Happening.STRAY,
}


@dataclass(frozen=True, slots=True)
class News:
    """What the hub, or its silence, taught about a payment."""

    payment: str
    what: Happening
    amount_fen: int | None = None
    code_url: str | None = None
    left_s: float = 0.0
    receipt: Receipt | None = None


@dataclass(slots=True)
class _Open:
    """A payment without an end; its lookup lives only while its person stands there."""

    order: Order
    lookup: str | None = field(repr=False)
    due_s: float
    on_glass: bool
    close_asked: bool
    code_seen: bool
    close_told: bool = False
    asked: int = 0
    misses: int = 0
    unknown: int = 0
    making: bool = False


class Payments:
    """Follows every open payment; ``on_news`` hears what is learned, in order."""

    def __init__(
        self,
        disk: Disk,
        hub: HubSide,
        monotonic: Monotonic,
        wall_s: Callable[[], float],
        luck: Luck,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._disk = disk
        self._hub = hub
        self._monotonic = monotonic
        self._wall_s = wall_s
        self._luck = luck
        self._sleep = sleep
        self._open: dict[str, _Open] = {}  # bounded by kiosk.disk.UNFINISHED_MAX
        self._wake = asyncio.Event()
        self.on_news: Callable[[News], None] = lambda _news: None
        self.on_settled: Callable[[Order, str, Receipt | None], None] = lambda *_: None
        for order in disk.unfinished():  # nobody stands there any more: ask to close, and learn
            self._disk.ask_close(order.id)
            self._open[order.id] = _Open(
                order, None, monotonic(), False, close_asked=True, code_seen=order.code_seen
            )

    @property
    def open(self) -> list[str]:
        """The ids of the payments whose end is not known."""
        return list(self._open)

    # ----------------------------------------------------------------- verbs

    def begin(self, bill: Bill, lookup: str) -> str:
        """A new payment's id, on disk before anybody hears of it; raises DiskFull."""
        order = Order(
            self._luck(16).hex(), bill.id, bill.kind, bill.period, bill.amount_fen, self._wall_s()
        )
        self._disk.begin(order)
        self._open[order.id] = _Open(
            order, lookup, self._monotonic(), True, False, False, making=True
        )
        return order.id

    async def create(self, payment: str) -> None:
        """Send it until the hub has a code for it; raises HubRefused with the hub's reason.

        Without an answer in time the payment is news of its own (UNSURE) and is followed on.
        """
        held = self._open[payment]
        end_s = self._monotonic() + CREATE_S
        lost = False  # an answer was lost: from then on a refusal proves nothing
        told: dict[str, Any] | None = None
        try:
            while held.lookup is not None:
                told = await self._send(held, end_s)
                lost = lost or told is None
                if told is not None and self._take(held, told):
                    return
                if self._monotonic() >= end_s:
                    break
                await self._sleep(CREATE_AGAIN_S)
        except HubRefused as refused:
            self._refused(held, sure=not lost and refused.status < 500)
            raise
        finally:
            held.making = False
            held.due_s = self._monotonic()
            self._wake.set()
        if told is not None and not held.close_asked:  # the hub has it, the provider gives no code
            self.give_up(payment)
            raise HubRefused(503, "provider_silent", {})
        self._say(held, Happening.UNSURE)

    async def _send(self, held: _Open, end_s: float) -> dict[str, Any] | None:
        body = {"id": held.order.id, "bill": held.order.bill, "lookup": held.lookup}
        answer_s = max(ANSWER_LEAST_S, end_s - self._monotonic())
        try:
            return await self._hub.post("/api/v1/payments", body, answer_s=answer_s)
        except HubSilent:
            return None

    def _refused(self, held: _Open, *, sure: bool) -> None:
        """A first answer that says no is an end; any other leaves the end open."""
        if sure:
            self._settle(held, "refused", None)
        else:
            self.give_up(held.order.id)

    def give_up(self, payment: str, *, on_glass: bool = False) -> None:
        """It shall not be paid any more: ask the hub to close it, and follow it to its end.

        ``on_glass``: somebody still stands there and wants to see how it ends.
        """
        held = self._open.get(payment)
        if held is None:
            return
        held.lookup = None
        held.on_glass = on_glass
        if not held.close_asked:
            self._disk.ask_close(payment)
            held.close_asked = True
        held.asked = 0
        held.due_s = self._monotonic()
        self._wake.set()

    # ----------------------------------------------------------------- following

    async def run(self) -> None:
        """Ask for every open payment at its pace until cancelled."""
        while True:
            due = [held for held in self._open.values() if not held.making]
            wait_s = min((held.due_s for held in due), default=float("inf")) - self._monotonic()
            if wait_s > 0:
                self._wake.clear()
                await self._rest(wait_s)
                continue
            # what is on the glass first: a person looks at it
            for held in sorted(due, key=lambda held: (not held.on_glass, held.due_s)):
                if held.due_s <= self._monotonic() and held.order.id in self._open:
                    await self.ask(held.order.id)

    async def _rest(self, wait_s: float) -> None:
        limit = None if wait_s == float("inf") else wait_s
        try:
            async with asyncio.timeout(limit):
                await self._wake.wait()
        except TimeoutError:
            return

    async def ask(self, payment: str) -> None:
        """Ask the hub once what became of a payment, and say it."""
        held = self._open[payment]
        pace = GLASS_PACE_S if held.on_glass else BEHIND_PACE_S
        held.due_s = self._monotonic() + pace[min(held.asked, len(pace) - 1)]
        held.asked += 1
        path = f"/api/v1/payments/{payment}"
        try:
            if held.close_asked and not held.close_told:
                told = await self._hub.post(f"{path}/close", {})
                held.close_told = True
            else:
                told = await self._hub.get(path)
        except HubSilent:
            self._miss(held)
        except HubRefused as refused:
            self._on_refusal(held, refused)
        else:
            held.misses = held.unknown = 0
            self._take(held, told)

    def _miss(self, held: _Open) -> None:
        held.misses += 1
        if held.misses >= MISSES_TOLD:
            self._say(held, Happening.UNSURE)

    def _on_refusal(self, held: _Open, refused: HubRefused) -> None:
        if refused.code != "payment_unknown" or held.code_seen:
            log.warning("payment %s: %s", held.order.id, refused.code)
            self._miss(held)
            return
        held.unknown += 1  # no code was ever shown, so nobody can have paid it
        if held.unknown >= UNKNOWN_SURE:
            self._settle(held, "closed", None)
            self._say(held, Happening.CLOSED)

    def _take(self, held: _Open, told: Mapping[str, Any]) -> bool:
        """Learn from the hub's document; False while there is nothing to show yet."""
        if self._open.get(held.order.id) is not held:
            return True  # two answers crossed, and the other one was the last word
        state, amount_fen = told.get("state"), told.get("amount_fen")
        amount_fen = amount_fen if isinstance(amount_fen, int) else None
        if state == "pending":
            return self._on_code(held, told, amount_fen)
        what = _WORDS.get(str(state))
        receipt = read_receipt(told.get("receipt")) if what is Happening.PAID else None
        if what is None or (what is Happening.PAID and receipt is None):
            return False  # created, or paid with the receipt still to come
        self._settle(held, str(state), receipt)
        self._say(held, what, amount_fen=amount_fen, receipt=receipt)
        return True

    def _on_code(self, held: _Open, told: Mapping[str, Any], amount_fen: int | None) -> bool:
        code_url = told.get("code_url")
        left_s = self._hub.left_s(str(told.get("expires_at", "")))
        if not isinstance(code_url, str):
            return False
        if held.close_asked or left_s <= 0:
            self._say(held, Happening.UNSURE)
            return True
        if not held.code_seen:
            self._disk.saw_code(held.order.id)
            held.code_seen = True
        self._say(held, Happening.CODE, amount_fen=amount_fen, code_url=code_url, left_s=left_s)
        return True

    def _settle(self, held: _Open, outcome: str, receipt: Receipt | None) -> None:
        del self._open[held.order.id]
        self._disk.settle(held.order.id, outcome, receipt, self._wall_s())
        self.on_settled(held.order, outcome, receipt)

    def _say(self, held: _Open, what: Happening, **facts: Any) -> None:
        self.on_news(News(held.order.id, what, **facts))


def read_receipt(told: object) -> Receipt | None:
    """The hub's receipt, None when it is none."""
    if not isinstance(told, Mapping):
        return None
    texts = [told.get(name) for name in ("number", "paid_at", "house", "provider_ref")]
    amount_fen = told.get("amount_fen")
    if not isinstance(amount_fen, int) or not all(isinstance(text, str) for text in texts):
        return None
    number, paid_at, house, provider_ref = (str(text) for text in texts)
    return Receipt(number, paid_at, amount_fen, house, provider_ref)


__all__ = ["DiskFull", "News", "Payments", "read_receipt"]
