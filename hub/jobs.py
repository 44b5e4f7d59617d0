"""Work beside the requests: durable effects, heads, sweeping (policies have their own module).

Nothing here is inside an act: it reads with the read engine, computes in a worker thread, and
writes in acts of a few milliseconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import Row, select, update
from sqlalchemy.exc import SQLAlchemyError

from hub.acts.upkeep import SignHead, sign_head, sweep
from hub.keys import HubKeys
from hub.policies import Policies
from hub.store import tables as t
from hub.store.engine import Engines
from hub.store.writer import Done, Faulted, InboxFull, StoreUnavailable, Tx, Writer

log = logging.getLogger(__name__)

RENEW_S = 3_600
EFFECT_RETRY_S = 5.0
# what passes: a full inbox, a database that is away; whoever met it comes again
_TROUBLE = (InboxFull, StoreUnavailable, Faulted, SQLAlchemyError)


class DurableEffects:
    """Carries out queued effects; each kind has one handler, and each is safe to do again."""

    def __init__(self, engines: Engines, writer: Writer, clock: Callable[[], datetime]) -> None:
        self._engines = engines
        self._writer = writer
        self._clock = clock
        self._wake = asyncio.Event()
        self.handlers: dict[str, Callable[[dict[str, object]], Awaitable[None]]] = {}

    def wake(self) -> None:
        """Something was queued."""
        self._wake.set()

    async def run(self) -> None:
        """Work through what is due, for ever; a failed one comes again later."""
        while True:
            try:
                async with asyncio.timeout(EFFECT_RETRY_S):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            for row in self._due():
                await self._one(row.id, row.kind, row.body, row.tries)

    def _due(self) -> Sequence[Row[Any]]:
        now_s = self._clock().timestamp()
        try:
            with self._engines.read.connect() as connection:
                return connection.execute(
                    select(t.effects)
                    .where(t.effects.c.done_at.is_(None), t.effects.c.due_at <= now_s)
                    .where(t.effects.c.kind.not_like("outlet:%"))  # hub.alerting's queues
                    .where(t.effects.c.kind.not_like("station:%"))  # hub.incidents' queues
                    .order_by(t.effects.c.due_at)
                    .limit(50)
                ).all()
        except SQLAlchemyError as trouble:
            log.warning("effects wait: %s", type(trouble).__name__)
            return ()

    async def _one(self, key: str, kind: str, body: dict[str, object], tries: int) -> None:
        handler = self.handlers.get(kind)
        try:
            if handler is None:
                raise LookupError(f"no handler for effects of kind {kind}")
            await handler(body)
            await self._writer.submit(_done, (key, None))
        except Exception as fault:  # noqa: BLE001 - whatever failed, it is tried again later
            log.warning("effect %s failed: %s", kind, type(fault).__name__)
            delay_s = min(EFFECT_RETRY_S * 2.0**tries, 3_600.0)
            try:
                await self._writer.submit(_done, (key, delay_s))
            except _TROUBLE:
                return


def _done(tx: Tx, what: tuple[str, float | None], now: datetime) -> Done[None]:
    del now
    key, delay_s = what
    if delay_s is None:
        values: dict[str, object] = {"done_at": tx.now_s}
    else:
        values = {"due_at": tx.now_s + delay_s, "tries": t.effects.c.tries + 1}
    tx.execute(update(t.effects).where(t.effects.c.id == key).values(**values))
    return Done(None)


class Upkeep:
    """The hub's clockwork, on APScheduler."""

    def __init__(
        self, writer: Writer, policies: Policies, keys: HubKeys, site: Callable[[], str]
    ) -> None:
        self._writer = writer
        self._keys = keys
        self._site = site
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        add = self._scheduler.add_job
        add(policies.publish_all, "interval", seconds=RENEW_S, jitter=60)
        add(self.sign_head, "cron", hour=0, minute=5)
        add(self._sweep, "interval", seconds=300, jitter=20)

    def nightly(self, work: Callable[[], Awaitable[object]], hour: int) -> None:
        """Long work for the quiet hours (UTC): 18 is two in the morning in Shanghai."""
        self._scheduler.add_job(work, "cron", hour=hour, minute=20)

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """End; what is due comes again at the next start."""
        self._scheduler.shutdown(wait=False)

    async def sign_head(self) -> None:
        """Sign the newest link of the chain."""

        def sign(n: int, head: str) -> str:
            signer = self._keys.signers["audit"]
            return signer.sign(
                "linli-head+jwt", {"site": self._site(), "n": n, "hash": head}
            ).decode()

        try:
            await self._writer.submit(sign_head, SignHead(sign))
        except _TROUBLE as trouble:
            log.warning("the head waits: %s", trouble)

    async def _sweep(self) -> None:
        try:
            await self._writer.submit(sweep, None)
        except _TROUBLE as trouble:
            log.warning("sweeping waits: %s", trouble)
