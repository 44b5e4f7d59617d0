"""The stand-in for WeChat Pay: it takes orders, is paid by phones, and tells the merchant."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import httpx

from drivers.wechatpay_bodies import Fault, RefundStatus
from simulators.provider.callbacks import (
    ANSWER_TIMEOUT_S,
    RETRY_AFTER_S,
    Faults,
    Letter,
    Sent,
    write_letter,
    write_probe,
)
from simulators.provider.orders import OrderBook, Placed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from pathlib import Path

    from simulators.provider.papers import Papers

SENT_MOST: Final = 1_000
"""Callbacks remembered for the panel and the tests."""
UNDER_WAY_MOST: Final = 256
"""Callbacks waiting for an answer or their next try; more are dropped, as a provider would."""


class NotPaid(Exception):
    """The payer's phone shows why it could not pay."""


class Provider:
    """One provider with one merchant; `faults` and `sent` are the test's handles."""

    def __init__(
        self,
        papers: Papers,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        http: httpx.AsyncClient | None = None,
        pace: float = 1.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        path: Path | None = None,
    ) -> None:
        self.papers = papers
        self.base_url = ""
        self.listening = asyncio.Event()
        self.faults = Faults()
        self.sent: deque[Sent] = deque(maxlen=SENT_MOST)
        self.orders = OrderBook(lambda: secrets.token_urlsafe(18), path)
        self.now = now
        self.signer = papers.provider
        self.merchant_keys = {papers.merchant_serial: papers.merchant.key.public_key()}
        # No proxy of the machine may stand between a town and its own loopback.
        self._http = http or httpx.AsyncClient(trust_env=False, timeout=ANSWER_TIMEOUT_S)
        self._pace = pace
        self._sleep = sleep
        self._under_way: set[asyncio.Task[Sent | None]] = set()

    async def pay(self, out_trade_no: str, callbacks: int = 1) -> list[Sent]:
        """Pay an order as a phone would; returns the merchant's first answers to the notices.

        Raises NotPaid. Notices that were not accepted are tried again in the background.
        """
        faults = self.faults
        placed = self.orders.pay(
            out_trade_no,
            self.now(),
            charged_fen=faults.charged_fen,
            though_closed=faults.pay_after_close,
        )
        if isinstance(placed, Fault):
            raise NotPaid(placed.code)
        if faults.lost:
            return []
        if faults.late_s:
            self._start(self._late(placed, callbacks))
            return []
        return await self._tell(placed, callbacks)

    async def tell(self, out_trade_no: str, callbacks: int = 1) -> list[Sent]:
        """Send the notice of a paid order once more."""
        placed = self.orders.find(out_trade_no)
        if placed is None or placed.paid_at is None:
            raise NotPaid("ORDER_NOT_EXIST" if placed is None else "NOTPAY")
        return await self._tell(placed, callbacks)

    async def scan(self, code_url: str, callbacks: int = 1) -> list[Sent]:
        """Pay what a QR code says, as a phone that scanned it would."""
        placed = self.orders.by_token(code_url.rpartition("/")[2])
        if placed is None:
            raise NotPaid("ORDER_NOT_EXIST")
        return await self.pay(placed.order.out_trade_no, callbacks)

    async def idle(self) -> None:
        """Wait until no callback is under way, tries to come included."""
        while self._under_way:
            await asyncio.wait(tuple(self._under_way))

    def refund_status(self) -> RefundStatus:
        """Return how the next refund comes out, by the switches."""
        if self.faults.refund_stuck:
            return RefundStatus.ABNORMAL
        if self.faults.refunds_slow > 0:
            self.faults.refunds_slow -= 1
            return RefundStatus.PROCESSING
        return RefundStatus.SUCCESS

    async def pause(self, seconds: float) -> None:
        """Wait, scaled by the pace."""
        await self._sleep(seconds * self._pace)

    async def aclose(self) -> None:
        """Drop what is under way and close the connections."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._http.aclose()

    async def _late(self, placed: Placed, callbacks: int) -> Sent | None:
        await self.pause(self.faults.late_s)
        sent = await self._tell(placed, callbacks)
        return sent[0] if sent else None

    async def _tell(self, placed: Placed, callbacks: int) -> list[Sent]:
        notice_id = f"{secrets.token_hex(16)}"
        if self.faults.probe:
            await self._post(placed, notice_id, 0, write_probe(self._letter(placed, notice_id)))
        copies = callbacks + self.faults.duplicates
        sent = await asyncio.gather(
            *(
                self._post(placed, notice_id, 0, self._letter(placed, notice_id))
                for _ in range(copies)
            )
        )
        if not all(each.accepted for each in sent):
            self._start(self._again(placed, notice_id))
        return list(sent)

    async def _again(self, placed: Placed, notice_id: str) -> Sent | None:
        sent = None
        for attempt, after_s in enumerate(RETRY_AFTER_S, start=1):
            await self.pause(after_s)
            if self.faults.lost:
                continue
            letter = self._letter(placed, notice_id)
            sent = await self._post(placed, notice_id, attempt, letter)
            if sent.accepted:
                break
        return sent

    async def _post(self, placed: Placed, notice_id: str, attempt: int, letter: Letter) -> Sent:
        status: int | None = None
        at = self.now()
        try:
            url = placed.order.notify_url
            answer = await self._http.post(url, content=letter.body, headers=letter.headers)
            status = answer.status_code
        except httpx.HTTPError:
            pass  # no answer is an answer here: it is logged, and the schedule goes on
        number = placed.order.out_trade_no
        sent = Sent(number, notice_id, attempt, status, at, letter.spoilt)
        self.sent.append(sent)
        return sent

    def _letter(self, placed: Placed, notice_id: str) -> Letter:
        return write_letter(
            self.papers,
            self.signer,
            placed.transaction(),
            notice_id,
            faults=self.faults,
            now=self.now(),
            nonce=lambda chars: secrets.token_hex(chars)[:chars],
        )

    def _start(self, work: Coroutine[None, None, Sent | None]) -> None:
        if len(self._under_way) >= UNDER_WAY_MOST:
            work.close()
            return
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
