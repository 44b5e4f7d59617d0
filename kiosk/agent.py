"""The kiosk's agent: the one truth behind the page. It hears the card, asks the hub, and forgets.

Everything a visit knows is in its ``Session``; the page gets documents, never tokens. The agent
believes nobody but the hub about money, and says "paid" only in the hub's words.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from devices.ports import CardReader, Luck, Monotonic
from devices.reasons import REASONS, Words
from kiosk.bell import Bell
from kiosk.cards import CardSign, Known, prove, sign_of
from kiosk.disk import Disk, DiskFull, Order
from kiosk.errands import Errands
from kiosk.errors import Refused
from kiosk.hub import ANSWER_S, Hub, HubRefused, HubSilent
from kiosk.paper import WHY_NOT, Paper
from kiosk.payments import News, Payments
from kiosk.read import read_bills, read_notices, read_site
from kiosk.session import (
    OPEN,
    Code,
    Happening,
    Payment,
    Receipt,
    Session,
    Stage,
    Visit,
)
from kiosk.shown import draw, show_payment, show_visit
from kiosk.slips import Slips

log = logging.getLogger(__name__)

LISTENERS_MAX = 8  # one screen has one page; a few more for whoever repairs it
BACKLOG_MAX = 64  # messages a page may lag behind before it must come again
LOOK_S: Final = 5.0  # how often a quiet kiosk asks whether the hub is there
NOTICES_S: Final = 60.0  # how often it asks for the public notices
CODE_VALID_MOST_S: Final = 600  # a phone code lives ten minutes (keys.md)

Message = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Wall:
    """What hangs beside the screen: the language of an untouched screen, the site's own id."""

    language: str
    site: str


class Agent:
    """Verbs of the page, a stream for it, and everything that goes on by itself."""

    def __init__(
        self,
        hub: Hub,
        disk: Disk,
        payments: Payments,
        reader: CardReader,
        paper: Paper,
        session: Session,
        wall: Wall,
        monotonic: Monotonic,
        luck: Luck,
        tell: Callable[[dict[str, Any]], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.session = session
        self.online = False
        self._hub = hub
        self._disk = disk
        self._payments = payments
        self._reader = reader
        self._slips = Slips(paper, session, self._say_payment, sleep)
        self._wall = wall
        self._monotonic = monotonic
        self._luck = luck
        self._tell = tell
        self._sleep = sleep
        self._listeners: set[asyncio.Queue[Message | None]] = set()
        self._belt = asyncio.Event()
        self._doubt = asyncio.Event()
        self._notices_at_s = float("-inf")
        self._bell = Bell(hub, monotonic, sleep)
        self._bell.on_call = lambda: self._publish("call", self._bell.shown())
        self.errands = Errands(session, hub, self._bell, self._slips, self._ask)
        hub.on_silence = self._doubt.set
        payments.on_news = self._on_news
        payments.on_settled = self._on_settled
        paper.on_state = lambda: self._publish("paper", paper.state.value)

    async def run(self) -> None:
        """Serve until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read_cards())
                group.create_task(self._payments.run())
                group.create_task(self._watch_hub())
                group.create_task(self._keep_belt())
                group.create_task(self._bell.run())
        finally:
            self._slips.close()

    # ----------------------------------------------------------------- what the page sees

    def state(self) -> dict[str, Any]:
        """The whole truth, as one document."""
        belts = self.session.belts
        site = self._disk.kept("site") or {}
        return {
            "online": self.online,
            "language": self._wall.language,
            "idle_s": belts.idle_s,
            "warn_s": belts.warn_s,
            "receipt_s": belts.receipt_s,
            "time_zone": site.get("time_zone", "UTC"),
            "site": site.get("name") or Words(*(self._wall.site,) * 3).as_dict(),
            "paper": self._slips.paper.state.value,
            "notices": self._disk.kept("notices") or [],
            "session": show_visit(self.session.visit),
            "payment": self._payment(),
            "call": self._bell.shown(),
        }

    def listen(self) -> asyncio.Queue[Message | None] | None:
        """Messages as they happen, the whole state first, ending with None; None when too many."""
        if len(self._listeners) >= LISTENERS_MAX:
            return None
        queue: asyncio.Queue[Message | None] = asyncio.Queue(maxsize=BACKLOG_MAX)
        queue.put_nowait(("state", self.state()))
        self._listeners.add(queue)
        return queue

    def unlisten(self, queue: asyncio.Queue[Message | None]) -> None:
        """A page went away."""
        self._listeners.discard(queue)

    def hang_up(self) -> None:
        """End every stream."""
        for queue in list(self._listeners):
            self._cut(queue)

    def _cut(self, queue: asyncio.Queue[Message | None]) -> None:
        self._listeners.discard(queue)
        while not queue.empty():  # what it holds of a visit must not wait for a page that is gone
            queue.get_nowait()
        queue.put_nowait(None)

    def _publish(self, event: str, body: Any) -> None:
        for queue in list(self._listeners):
            if queue.full():
                self._cut(queue)
            else:
                queue.put_nowait((event, body))

    def _payment(self) -> dict[str, Any] | None:
        return show_payment(self.session, self._monotonic())

    def _say_session(self) -> None:
        if self.session.visit is None:
            self._wipe_streams()
        self._publish("session", show_visit(self.session.visit))
        self._belt.set()

    def _wipe_streams(self) -> None:
        """What waits for a slow page may be of a visit that is over: it gets the state instead."""
        for queue in self._listeners:
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait(("state", self.state()))

    def _say_payment(self) -> None:
        self._publish("payment", self._payment())

    # ----------------------------------------------------------------- the page's verbs

    async def find(self, house: str, phone_last4: str) -> dict[str, Any]:
        """The visit of a household that both texts name."""
        before = self.session.visit
        told = await self._ask("/api/v1/kiosk/bills", {"house": house, "phone_last4": phone_last4})
        if self.session.visit is not before:  # a card came first
            raise Refused("request_stale")
        visit = self._visit(told, "house", elder=False)
        self._arrive(visit)
        return show_visit(visit) or {}

    async def pay(self, bill: str) -> dict[str, Any]:
        """Begin one payment and answer when it has a code, or when nobody knows."""
        session = self.session
        visit = session.visit
        chosen = visit.bill(bill) if visit else None
        if visit is None or chosen is None:
            raise Refused("bill_unknown")
        if session.payment is not None and session.stage in OPEN:
            if session.payment.bill == bill:
                return self._payment() or {}
            raise Refused("bill_pending")
        if chosen.state != "open":
            raise Refused("bill_paid" if chosen.state == "paid" else "bill_pending")
        if not self.online:
            raise Refused("hub_busy")
        try:
            payment = self._payments.begin(chosen, visit.lookup)
        except DiskFull as full:
            raise Refused("hub_busy") from full
        begun = Payment(payment, bill, chosen.kind, chosen.period, chosen.amount_fen)
        session.pay(begun, self._monotonic())
        self._say_session()
        self._say_payment()
        try:
            await self._payments.create(payment)
        except HubRefused as refused:
            self._on_refused(payment, refused)
            raise _passed_on(refused) from refused
        return self._payment() or {}

    def _on_refused(self, payment: str, refused: HubRefused) -> None:
        known = {"bill_paid": "paid", "bill_pending": "pending", "provider_silent": "pending"}
        bill_state = known.get(refused.code, "open" if refused.status < 500 else "pending")
        self.session.refused(payment, bill_state, self._monotonic())
        self._say_payment()
        self._say_session()

    def close(self) -> None:
        """Put the code away ("not now") and ask the hub to close."""
        payment = self.session.payment
        if payment is None or self.session.stage not in OPEN:
            return
        self._payments.give_up(payment.id, on_glass=True)
        self._on_news(News(payment.id, Happening.UNSURE))

    def end(self, visit: str | None = None) -> None:
        """The person leaves or is gone.

        ``visit`` is the one that the page saw end: whoever came meanwhile stays.
        """
        if visit is not None and visit != self._visit_id():
            return
        was_here = self.session.visit is not None
        self._let_go(self.session.leave())
        if was_here:
            self._say_payment()
            self._say_session()

    async def print(self) -> None:
        """The slip of the current receipt once more."""
        payment = self.session.payment
        if payment is None or payment.receipt is None:
            raise Refused("not_found")
        paper = self._slips.paper.state
        if not paper.prints:
            raise Refused("paper_out", 409, WHY_NOT[paper])
        await self._slips.paid(payment)

    async def phone_code(self) -> dict[str, Any]:
        """A one-time code for a card holder's new phone."""
        visit = self.session.visit
        if visit is None or visit.card_session is None:
            raise Refused("not_allowed")
        told = await self._ask("/api/v1/kiosk/phone-codes", {"card_session": visit.card_session})
        if self._visit_id() != visit.id:
            raise Refused("request_stale")
        left_s = int(self._hub.left_s(str(told.get("expires_at", ""))))
        return {"code": str(told.get("code", "")), "valid_s": min(left_s, CODE_VALID_MOST_S)}

    def here(self) -> None:
        """Somebody touched the glass."""
        self.session.touch(self._monotonic())
        self._belt.set()

    async def _ask(
        self, path: str, body: Mapping[str, Any], *, answer_s: float = ANSWER_S
    ) -> dict[str, Any]:
        try:
            return await self._hub.post(path, body, answer_s=answer_s)
        except HubRefused as refused:
            raise _passed_on(refused) from refused
        except HubSilent as silent:
            raise Refused("hub_busy") from silent

    # ----------------------------------------------------------------- visits

    def _visit(
        self, told: Mapping[str, Any], by: str, *, elder: bool, known: Known | None = None
    ) -> Visit:
        now_s = self._hub.now_s()
        at = datetime.fromtimestamp(now_s, UTC) if now_s else datetime.now(UTC)
        return Visit(
            id=self._luck(16).hex(),
            by=by,
            holder=str(told.get("holder", "")),
            house=str(told.get("house", "")),
            elder=elder,
            bills=read_bills(told.get("bills")),
            bills_at=at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            lookup=str(told.get("lookup", "")),
            card_session=known.card_session if known else None,
            card=known.uid if known else b"",
        )

    def _arrive(self, visit: Visit) -> None:
        had_payment = self.session.payment is not None
        self._let_go(self.session.arrive(visit, self._monotonic()))
        self._say_session()
        if had_payment:
            self._say_payment()

    def _visit_id(self) -> str:
        return self.session.visit.id if self.session.visit else ""

    def _let_go(self, payment: str | None) -> None:
        if payment is not None:
            self._payments.give_up(payment)

    # ----------------------------------------------------------------- the card

    async def _read_cards(self) -> None:
        async for card in self._reader.cards():
            try:
                await self._on_card(card)
            except Exception:  # one strange card must not blind the reader
                log.exception("a card could not be served")
                self._sign(CardSign.FAULT)

    def _sign(self, sign: CardSign) -> None:
        self._publish("card", {"state": sign.value})

    async def _on_card(self, card: Any) -> None:
        visit = self.session.visit
        if visit is not None and visit.card == card.uid and self.session.stage in OPEN:
            self.here()  # a nervous second tap must not end a payment
            self._sign(CardSign.KNOWN)
            return
        self._sign(CardSign.READING)
        before = self._visit_id()
        known = await prove(card, self._hub)
        if isinstance(known, CardSign):
            self._sign(known)
            return
        try:
            told = await self._hub.post("/api/v1/kiosk/bills", {"card_session": known.card_session})
        except (HubRefused, HubSilent) as fault:
            log.warning("bills: %s", fault)
            self._sign(sign_of(fault))
            return
        if self._visit_id() != before and self.session.stage in OPEN:
            self._sign(CardSign.TAKEN)
            return
        self._sign(CardSign.KNOWN)
        self._arrive(self._visit(told, "card", elder=known.elder, known=known))

    # ----------------------------------------------------------------- money

    def _on_news(self, news: News) -> None:
        now_s = self._monotonic()
        changed = self.session.learn(
            news.payment,
            news.what,
            now_s,
            amount_fen=news.amount_fen,
            code=self._code(news, now_s),
            receipt=news.receipt,
            slip=self._slips.first,
        )
        if not changed:
            return
        self._say_payment()
        self._say_session()
        self._slips.follow()

    def _code(self, news: News, now_s: float) -> Code | None:
        held = self.session.payment
        if news.code_url is None or held is None or held.id != news.payment:
            return None
        if held.code is not None and held.code.url == news.code_url:
            return held.code
        return Code(news.code_url, draw(news.code_url), now_s + news.left_s)

    def _on_settled(self, order: Order, outcome: str, receipt: Receipt | None) -> None:
        number = receipt.number if receipt else None
        self._tell({"payment": order.id, "outcome": outcome, "receipt": number})

    # ----------------------------------------------------------------- what goes on by itself

    async def _keep_belt(self) -> None:
        while True:
            due_s = self.session.due_s
            wait_s = None if due_s is None else max(0.0, due_s - self._monotonic())
            self._belt.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._belt.wait()
            except TimeoutError:
                self._on_belt()

    def _on_belt(self) -> None:
        before = self.session.stage
        payment = self.session.time(self._monotonic())
        if self.session.stage is before:
            return
        if payment is not None:
            on_glass = self.session.stage is not Stage.EMPTY
            self._payments.give_up(payment, on_glass=on_glass)
        self._say_payment()
        self._say_session()
        self._slips.follow()

    async def _watch_hub(self) -> None:
        while True:
            self._doubt.clear()
            self._be_online(await self._look())
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._doubt.wait()
            except TimeoutError:
                continue
            await self._sleep(1.0)  # a hub that is away refuses at once; ask it calmly

    def _be_online(self, online: bool) -> None:
        if online != self.online:
            self.online = online
            log.info("hub: %s", "here" if online else "away")
            self._publish("online", online)

    async def _look(self) -> bool:
        """Whether the hub answers; what it says in public is kept for the time without it."""
        try:
            site = await self._hub.look("/api/v1/site")
            self._hub.told_time(str(site.get("now", "")))
            changed = self._keep("site", read_site(site))
            if self._monotonic() - self._notices_at_s >= NOTICES_S:
                told = await self._hub.look("/api/v1/notices")
                self._notices_at_s = self._monotonic()
                changed = self._keep("notices", read_notices(told)) or changed
        except HubSilent:
            return False
        except HubRefused as refused:
            log.warning("the hub's public word: %s", refused.code)
            return True
        if changed:
            self._publish("state", self.state())
        return True

    def _keep(self, key: str, told: Any) -> bool:
        if told is None or told == self._disk.kept(key):
            return False
        self._disk.keep(key, told)
        return True


def _passed_on(refused: HubRefused) -> Refused:
    """The hub's reason as the page shall hear it."""
    if refused.code in REASONS:
        return Refused(refused.code, refused.status)
    words = refused.body.get("words")
    try:
        say = Words(*(str(words[tag]) for tag in ("zh-Hans", "zh-Hant", "en"))) if words else None
    except (KeyError, TypeError):
        say = None
    return Refused(refused.code, refused.status, say)
