"""Asking the provider: codes for new payments, the truth of open ones, refunds; safe to repeat."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import Row, select
from sqlalchemy.exc import SQLAlchemyError

from devices.mistake import Mistake
from drivers.wechatpay import SigningKey, load_private_key
from hub.acts.payments import (
    CodeMade,
    Payment,
    Queried,
    Refunded,
    intent_of,
    note_close_asked,
    note_code,
    note_query,
    note_refund,
    shown,
)
from hub.core import payments as law
from hub.core.payments import Intent, IntentState
from hub.gateways.wechatpay import ProviderRefused, ProviderSilent, Settings, WechatPay
from hub.parts import Hub
from hub.store import tables as t
from hub.store.writer import Faulted, InboxFull, StoreUnavailable

log = logging.getLogger(__name__)

LOOK_S = 1.0  # how often open payments are looked at; each is asked for by its own schedule
AT_ONCE = 20  # payments looked at in one round; a site has one or two at a time
DESCRIPTION = "Linli"
_TROUBLE = (InboxFull, StoreUnavailable, Faulted, SQLAlchemyError)


class Payments:
    """Carries intents through their life; the database is its only memory that matters."""

    def __init__(self, hub: Hub, gateway: WechatPay) -> None:
        self._hub = hub
        self.gateway = gateway
        self._asked: dict[str, tuple[int, float]] = {}
        self._soon: set[str] = set()
        self._making: dict[str, asyncio.Task[Payment]] = {}
        hub.durable.handlers["refund"] = self._refund

    async def code_for(self, payment: Payment) -> Payment:
        """The payment with its code; two callers share one question to the provider."""
        if payment.state != IntentState.CREATED.value:
            return payment
        task = self._making.get(payment.id)
        if task is None:
            task = asyncio.ensure_future(self._make(payment))
            self._making[payment.id] = task
            task.add_done_callback(lambda _done: self._making.pop(payment.id, None))
        return await asyncio.shield(task)

    async def _make(self, payment: Payment) -> Payment:
        code_url = await self.gateway.create(
            payment.id, payment.amount_fen, DESCRIPTION, payment.expires_at
        )
        return await self._hub.writer.submit(note_code, CodeMade(payment.id, code_url))

    def find(self, payment: str) -> Payment | None:
        """A payment as it stands."""
        with self._hub.engines.read.connect() as connection:
            row = connection.execute(select(t.intents).where(t.intents.c.id == payment)).first()
        return shown(row) if row is not None else None

    async def run(self) -> None:
        """Look after every open payment until cancelled; survives provider and store trouble."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self._ask_strange()
            for row in self._open_intents():
                try:
                    await self._look(intent_of(row), row.created_at)
                except (ProviderSilent, ProviderRefused) as silent:
                    log.info("provider: %s", silent)
                except _TROUBLE as trouble:
                    log.warning("payments wait: %s", type(trouble).__name__)

    def _open_intents(self) -> Sequence[Row[Any]]:
        open_states = [state.value for state in law.OPEN_STATES]
        try:
            with self._hub.engines.read.connect() as connection:
                return connection.execute(
                    select(t.intents)
                    .where(t.intents.c.state.in_(open_states))
                    .order_by(t.intents.c.created_at)
                    .limit(AT_ONCE)
                ).all()
        except SQLAlchemyError as trouble:
            log.warning("payments wait: %s", type(trouble).__name__)
            return ()

    async def _ask_strange(self) -> None:
        """Payments of which a notice said something odd, whatever their state."""
        while self._soon:
            intent = self._soon.pop()
            try:
                await self.ask(intent)
            except (ProviderSilent, ProviderRefused) as silent:
                log.info("provider: %s", silent)
            except _TROUBLE as trouble:
                log.warning("payments wait: %s", trouble)

    async def _look(self, intent: Intent, created_s: float) -> None:
        now = self._hub.clock()
        match law.on_expiry(intent, now):
            case law.Ask.CLOSE:
                await self._close(intent)
                await self.ask(intent.id)
            case law.Ask.QUERY:
                if self._due(intent.id, now, created_s):
                    await self.ask(intent.id)
            case law.Ask.NOTHING:
                if intent.code_url is not None and self._due(intent.id, now, created_s):
                    await self.ask(intent.id)

    def _due(self, intent: str, now: datetime, created_s: float) -> bool:
        """The schedule of questions while a code is on the screen: 3, 6, 12, 24, 24 … s."""
        times, last_s = self._asked.get(intent, (0, created_s))
        wait_s = law.POLL_AFTER_S[min(times, len(law.POLL_AFTER_S) - 1)]
        if now.timestamp() - last_s < wait_s:
            return False
        self._asked[intent] = (times + 1, now.timestamp())
        if len(self._asked) > 10 * AT_ONCE:
            self._asked.pop(next(iter(self._asked)))
        return True

    async def ask(self, intent: str) -> None:
        """Ask the provider what became of an order, and believe the proven answer."""
        asked_at = self._hub.clock()
        answer = await self.gateway.query(intent)
        told = await self._hub.writer.submit(note_query, Queried(intent, answer, asked_at))
        if told.ask is law.Ask.CLOSE:
            await self._hub.writer.submit(note_close_asked, intent)
            await self.gateway.close(intent)

    def ask_soon(self, intent: str) -> None:
        """Let the next round ask, whatever its schedule."""
        self._soon.add(intent)

    async def _close(self, intent: Intent) -> None:
        await self._hub.writer.submit(note_close_asked, intent.id)
        try:
            await self.gateway.close(intent.id)
        except ProviderRefused as refused:
            log.info("close: %s", refused.code)  # already paid or never there: the query tells

    async def _refund(self, body: dict[str, object]) -> None:
        """A durable effect: asked until the provider proves that it is done."""
        refund = str(body["refund"])
        with self._hub.engines.read.connect() as connection:
            row = connection.execute(select(t.refunds).where(t.refunds.c.id == refund)).one()
        if row.done_at is not None:
            return
        asked = law.Refund(row.id, row.intent_id, row.transaction_id, row.amount_fen)
        seen = await self.gateway.refund(asked)
        if not await self._hub.writer.submit(note_refund, Refunded(refund, seen)):
            raise ProviderSilent("the refund is not done yet")


def start_payments(hub: Hub) -> tuple[Payments, Coroutine[Any, Any, None]]:
    """The payments of a hub whose settings name a provider, and their work."""
    pay = hub.settings.pay
    if pay.folder is None:
        raise Mistake('[pay] needs folder = "..." with the merchant\'s papers')
    names, merchant, provider, apiv3 = read_papers(pay.folder)
    http = hub.settings.http
    host = "127.0.0.1" if http.host == "0.0.0.0" else http.host  # noqa: S104 (comparing)
    origin = f"http://{host}:{http.port}"
    notify = (http.origin or origin) + "/api/v1/callbacks/wechatpay"
    settings = Settings(
        base_url=pay.base_url,
        appid=names["appid"],
        mchid=names["mchid"],
        merchant=SigningKey(names["merchant_serial"], merchant),
        apiv3_key=apiv3,
        provider_keys={names["provider_serial"]: provider},
        notify_url=notify,
    )
    client = httpx.AsyncClient(trust_env=False)
    payments = Payments(hub, WechatPay(settings, client, now=hub.clock))

    async def work() -> None:
        async with client:
            await payments.run()

    return payments, work()


def read_papers(folder: Path) -> tuple[dict[str, str], Any, RSAPublicKey, bytes]:
    """The merchant's papers: names, own key, the provider's pinned key, the APIv3 key."""
    try:
        names = json.loads((folder / "papers.json").read_text(encoding="utf-8"))
        merchant = load_private_key((folder / "merchant.pem").read_bytes())
        provider = load_pem_public_key((folder / "provider.pub.pem").read_bytes())
        apiv3 = (folder / "apiv3.key").read_bytes().strip()
    except (OSError, ValueError) as fault:
        raise Mistake(f"{folder}: the merchant's papers cannot be read: {fault}") from fault
    if not isinstance(provider, RSAPublicKey) or len(apiv3) != 32:
        raise Mistake(f"{folder}: the provider's key is RSA, and apiv3.key has 32 bytes")
    return names, merchant, provider, apiv3
