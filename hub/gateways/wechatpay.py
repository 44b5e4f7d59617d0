"""WeChat Pay as the hub uses it: native orders out, proven words in.

An answer that is not proven by a pinned key is no answer: it teaches nothing, as silence does.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from drivers import wechatpay as wire
from drivers import wechatpay_bodies as bodies
from hub.core.payments import PaidNotice, ProviderState, Refund, RefundSeen, Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

CONNECT_TIMEOUT_S: Final = 3.0
"""A kiosk waits for this; the next one of the provider's machines is the next attempt's."""
ANSWER_TIMEOUT_S: Final = 8.0
"""The provider's own advice is 5 s and more; beyond that the person at the kiosk must know."""
NOT_FOUND_CODES: Final = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST"})
"""The present and the former spelling."""

_TIMEOUTS_S: Final = (CONNECT_TIMEOUT_S, ANSWER_TIMEOUT_S, ANSWER_TIMEOUT_S, CONNECT_TIMEOUT_S)
"""Connect, read, write, and a place in the pool."""

_SEEN: Final = {
    bodies.TradeState.SUCCESS: Seen.PAID,
    bodies.TradeState.REFUND: Seen.REFUNDED,
    bodies.TradeState.NOTPAY: Seen.UNPAID,
    bodies.TradeState.USERPAYING: Seen.UNPAID,
    bodies.TradeState.CLOSED: Seen.CLOSED,
    bodies.TradeState.REVOKED: Seen.ODD,
    bodies.TradeState.PAYERROR: Seen.ODD,
}


_REFUND_SEEN: Final = {
    bodies.RefundStatus.SUCCESS: RefundSeen.DONE,
    bodies.RefundStatus.PROCESSING: RefundSeen.UNDER_WAY,
    bodies.RefundStatus.CLOSED: RefundSeen.STUCK,
    bodies.RefundStatus.ABNORMAL: RefundSeen.STUCK,
}


class ProviderSilent(Exception):
    """No proven answer came; what happened at the provider is unknown."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ProviderRefused(Exception):
    """The provider answered with proof that it will not; `code` is its own word."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"{code} {message}".strip())
        self.code = code


class CallbackRefused(Exception):
    """A callback that is not believed, or not about us.

    `reason`: timestamp, serial, signature, cipher, form, appid, mchid, currency, event.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Settings:
    """Who we are to the provider, and by which keys we know it."""

    base_url: str
    appid: str
    mchid: str
    merchant: wire.SigningKey
    apiv3_key: bytes = field(repr=False)
    provider_keys: Mapping[str, RSAPublicKey]
    notify_url: str


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes


class WechatPay:
    """One merchant's account at the provider; holds no state but its settings."""

    def __init__(
        self,
        settings: Settings,
        http: httpx.AsyncClient,
        *,
        now: Callable[[], datetime],
        nonce: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._settings = settings
        self._http = http
        self._now = now
        self._nonce = nonce

    async def create(
        self, payment_id: str, amount_fen: int, description: str, expires_at: datetime
    ) -> str:
        """Return the code_url of a native order; the same four arguments give the same order."""
        settings = self._settings
        body = bodies.write_order(
            bodies.Order(
                settings.appid,
                settings.mchid,
                payment_id,
                description,
                amount_fen,
                settings.notify_url,
                expires_at,
            )
        )
        call = wire.Call("POST", bodies.NATIVE_PATH, body)
        try:
            answer = await self._send(call)
        except ProviderSilent:
            # Once more, the very same bytes: the provider tells orders apart by number and
            # content, so this one and the lost one are the same order.
            answer = await self._send(call)
        code_url = bodies.read_code_url(answer.body)
        if isinstance(code_url, bodies.Refused):
            raise ProviderSilent(code_url.detail)
        return code_url

    async def query(self, payment_id: str) -> ProviderState:
        """Return what the provider says of an order; not found is an answer, not an error."""
        target = bodies.query_target(payment_id, self._settings.mchid)
        try:
            answer = await self._send(wire.Call("GET", target))
        except ProviderRefused as refused:
            if refused.code in NOT_FOUND_CODES:
                return ProviderState(Seen.NOT_FOUND)
            raise
        found = bodies.read_transaction(answer.body)
        if isinstance(found, bodies.Refused):
            raise ProviderSilent(found.detail)
        if found.out_trade_no != payment_id or self._stranger(found) is not None:
            raise ProviderSilent("the answer is about another order")
        seen = _SEEN[found.trade_state]
        return ProviderState(seen, _paid(found) if seen is Seen.PAID else None)

    async def close(self, payment_id: str) -> None:
        """Ask the provider to let an order be paid no more; only a query tells what became."""
        body = bodies.write_close(self._settings.mchid)
        await self._send(wire.Call("POST", bodies.close_target(payment_id), body))

    async def refund(self, refund: Refund) -> RefundSeen:
        """Ask for a refund, or what became of it: the same id again is the same refund."""
        order = bodies.RefundOrder(refund.transaction_id, refund.id, refund.amount_fen)
        call = wire.Call("POST", bodies.REFUND_PATH, bodies.write_refund(order))
        found = bodies.read_refund_answer((await self._send(call)).body)
        if isinstance(found, bodies.Refused):
            raise ProviderSilent(found.detail)
        if found.order != order:
            raise ProviderSilent("the answer is about another refund")
        return _REFUND_SEEN[found.status]

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> PaidNotice:
        """Return what a callback proves; raises CallbackRefused for anything less than proof."""
        settings = self._settings
        found = wire.read_notice(
            headers, body, settings.provider_keys, settings.apiv3_key, int(now.timestamp())
        )
        if isinstance(found, bodies.Refused):
            raise CallbackRefused(found.code.value, found.detail)
        stranger = self._stranger(found.transaction)
        if stranger is not None:
            raise CallbackRefused(stranger, found.id)
        if found.event != wire.PAID_EVENT:
            raise CallbackRefused("event", found.event)
        return _paid(found.transaction)

    def _stranger(self, found: bodies.Transaction) -> str | None:
        ours = (
            ("appid", found.appid, self._settings.appid),
            ("mchid", found.mchid, self._settings.mchid),
            ("currency", found.currency, bodies.CURRENCY),
        )
        return next((name for name, theirs, own in ours if theirs != own), None)

    async def _send(self, call: wire.Call) -> _Answer:
        import httpx  # noqa: PLC0415 - a quarter second that a hub without payments saves

        settings = self._settings
        headers = {
            "Accept": "application/json",
            "Authorization": wire.authorization(
                settings.merchant,
                settings.mchid,
                call,
                at_s=int(self._now().timestamp()),
                nonce=self._nonce(),
            ),
        }
        if call.body:
            headers["Content-Type"] = "application/json"
        try:
            # The deadline stands around the whole exchange: httpx counts each read anew.
            async with asyncio.timeout(CONNECT_TIMEOUT_S + ANSWER_TIMEOUT_S):
                response = await self._http.request(
                    call.method,
                    settings.base_url + call.target,
                    content=call.body,
                    headers=headers,
                    timeout=_TIMEOUTS_S,
                    follow_redirects=False,
                )
        except (httpx.HTTPError, TimeoutError) as error:
            raise ProviderSilent(type(error).__name__) from error
        return self._proven(response)

    def _proven(self, response: httpx.Response) -> _Answer:
        status, body = response.status_code, response.content
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ProviderSilent(f"HTTP {status}")
        now_s = int(self._now().timestamp())
        wrong = wire.verify(response.headers, body, self._settings.provider_keys, now_s)
        if wrong is not None:
            # Unsigned it comes when our own signature was not accepted. Still no proof.
            raise ProviderSilent(f"HTTP {status}, {wrong.code}: {wrong.detail}")
        if status < HTTPStatus.MULTIPLE_CHOICES:
            return _Answer(status, body)
        fault = bodies.read_fault(body)
        if isinstance(fault, bodies.Refused):
            raise ProviderSilent(f"HTTP {status}: {fault.detail}")
        raise ProviderRefused(fault.code, fault.message)


def _paid(found: bodies.Transaction) -> PaidNotice:
    # The parser lets no paid order through without these three.
    assert found.transaction_id is not None
    assert found.amount_fen is not None
    assert found.success_at is not None
    return PaidNotice(found.out_trade_no, found.transaction_id, found.amount_fen, found.success_at)
