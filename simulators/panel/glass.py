"""The kiosk as somebody before it sees and uses it, and the payer's phone that scans its code."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

import httpx

from simulators.demo import sse
from simulators.demo.kiosk import NotSo, read_code
from simulators.demo.town import Town
from simulators.ends import VirtualCard
from simulators.panel.shell import Refused
from simulators.panel.waiting import Waiting
from simulators.panel.wirefeed import WireFeed
from simulators.panel.wirewords import GLASS, KIOSK_NAME
from simulators.provider.provider import NotPaid

NOTICES = 3  # how often the provider tells of one payment: its retries may cross
NOTICE_PAUSE_S = 0.9  # between two notices, so that an eye can count them
CARD_WAIT_S = 10.0  # read, proven by the hub over the kiosk's wire, bills fetched
CODE_WAIT_S = 12.0  # the kiosk itself gives a payment 8 s
CARD_SIGNS_MAX = 16  # newest signs of the kiosk's reader; one card gives two or three
AGAIN_S = 0.5  # before a lost stream is opened again
QUIET = {
    "state": "quiet",
    "amount_fen": None,
    "callbacks": 0,
    "receipts": 0,
    "receipt_number": None,
    "paper": "none",
}

Json = dict[str, Any]
log = logging.getLogger(__name__)


class Glass:
    """Follows the kiosk's own page stream; ``tell`` hears each change of what matters."""

    def __init__(self, town: Town, feed: WireFeed, tell: Callable[[Json], None]) -> None:
        self._town = town
        self._tell = tell
        self._changed = Waiting()
        self._turn = asyncio.Lock()
        self._http = town.new_http(headers={"Linli-Client": "kiosk"})
        self._fingers = town.new_http(
            headers={"Linli-Client": "kiosk"}, event_hooks=feed.http("http", GLASS, KIOSK_NAME)
        )
        self._cards: deque[str] = deque(maxlen=CARD_SIGNS_MAX)
        self._receipts = dict[str, set[str]]()  # by payment; a town's day has dozens
        self._paper = str(QUIET["paper"])  # what the kiosk says of its printer
        self.now: Json = dict(QUIET)
        self.session: Json | None = None
        self.payment: Json | None = None

    async def close(self) -> None:
        """Leave."""
        await self._http.aclose()
        await self._fingers.aclose()

    # ----------------------------------------------------------------- following

    async def follow(self) -> None:
        """Until cancelled, through the kiosk's restarts."""
        while self._town.kiosk_url:
            try:
                await self._listen()
            except httpx.HTTPError as fault:
                log.info("the kiosk: %s", fault)
            await asyncio.sleep(AGAIN_S)

    async def _listen(self) -> None:
        stream = sse.events(self._http, f"{self._town.kiosk_url}/local/live")
        async with contextlib.aclosing(stream) as changes:
            async for kind, raw in changes:
                if kind == "state":
                    state = json.loads(raw)
                    self.session, self.payment = state["session"], state["payment"]
                    self._paper = str(state["paper"])
                elif kind == "session":
                    self.session = json.loads(raw)
                elif kind == "payment":
                    self.payment = json.loads(raw)
                elif kind == "paper":
                    self._paper = str(json.loads(raw))
                elif kind == "card":
                    self._cards.append(json.loads(raw)["state"])
                else:
                    continue
                self._look()

    def _look(self) -> None:
        """Work out what the page shows; the last payment stays until somebody new comes."""
        before, payment = dict(self.now), self.payment
        if payment is None:
            if self.session is not None and self.now["state"] != "bills":
                self.now = dict(QUIET)
            self.now["state"] = "bills" if self.session is not None else "quiet"
            self.now["amount_fen"] = None
        else:
            states = {"waiting": "code", "paid": "paid"}
            receipt = payment["receipt"]
            known = self._receipts.setdefault(payment["id"], set())
            if receipt is not None:
                known.add(receipt["number"])
            self.now = {
                "state": states.get(payment["state"], "bills"),
                "amount_fen": payment["amount_fen"],
                "callbacks": self._notices(payment["id"]),
                "receipts": len(known),
                "receipt_number": receipt["number"] if receipt is not None else None,
            }
        self.now["paper"] = self._paper
        if self.now != before:
            self._tell(self.now)
        self._changed.wake()

    def _notices(self, payment: str) -> int:
        assert self._town.provider is not None
        return sum(1 for sent in self._town.provider.sent if sent.out_trade_no == payment)

    # ----------------------------------------------------------------- using it

    async def hold(self, card: VirtualCard) -> Json | None:
        """Hold a card to the kiosk until it has let somebody in or refused; the visit, or None."""
        end = self._town.kiosk_reader
        assert end is not None
        async with self._turn:
            before = self.session["id"] if self.session is not None else None
            self._cards.clear()

            def is_in() -> bool:  # the same card again, in the middle of a payment, stays in
                return self._is_new(before) or (self.session is not None and "known" in self._cards)

            def answered() -> bool:
                return is_in() or any(word in self._cards for word in ("refused", "lost"))

            end.tap(card)
            try:
                await self._changed.until(answered, CARD_WAIT_S)
            finally:
                end.lift()
            return self.session if is_in() else None

    def _is_new(self, before: str | None) -> bool:
        return self.session is not None and self.session["id"] != before

    async def find(self, house: str, phone_last4: str) -> Json | None:
        """Type a house and the end of a phone number; the visit, or None."""
        answer = await self._touch("find", {"house": house, "phone_last4": phone_last4})
        if answer.status_code != httpx.codes.OK:
            return None
        visit = dict(answer.json())
        found = await self._changed.until(
            lambda: self.session is not None and self.session["id"] == visit["id"], CODE_WAIT_S
        )
        return visit if found else None

    async def choose(self, bill: str) -> Json | None:
        """Touch a bill; the payment with its code on the glass, or None."""
        answer = await self._touch("pay", {"bill": bill})
        if answer.status_code != httpx.codes.OK:
            return None
        return self.payment if await self._changed.until(self._has_code, CODE_WAIT_S) else None

    async def end(self) -> None:
        """Leave the kiosk, if anybody is there."""
        if self.session is not None:
            await self._touch("end", {})
            await self._changed.until(lambda: self.session is None, CODE_WAIT_S)

    async def receipt(self, within_s: float) -> bool:
        """Wait until the kiosk shows a receipt."""
        return await self._changed.until(lambda: self.now["state"] == "paid", within_s)

    def _has_code(self) -> bool:
        payment = self.payment
        return payment is not None and payment["state"] == "waiting" and payment["code_svg"]

    async def _touch(self, verb: str, body: Json) -> httpx.Response:
        return await self._fingers.post(f"{self._town.kiosk_url}/local/{verb}", json=body)

    # ----------------------------------------------------------------- the payer's phone

    async def pay(self, told: Callable[[Json], None] = lambda _now: None) -> Json:
        """Scan and pay what is on the glass; the provider then tells the hub three times.

        ``told`` hears what is known after each notice. Raises Refused.
        """
        provider, payment = self._town.provider, self.payment
        if provider is None or payment is None or not self._has_code():
            raise Refused("no_code")
        try:
            await provider.scan(read_code(payment["code_svg"]))
            self._look()
            told(self.now)
            for _ in range(NOTICES - 1):
                await asyncio.sleep(NOTICE_PAUSE_S)
                await provider.tell(payment["id"])
                self._look()
                told(self.now)
        except (NotPaid, NotSo) as why:
            raise Refused("no_code", str(why)) from why
        return self.now
