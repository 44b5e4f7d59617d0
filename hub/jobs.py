"""Work beside the requests: policies to devices, durable effects, heads, sweeping.

Nothing here is inside an act: it reads with the read engine, computes in a worker thread, and
writes in acts of a few milliseconds.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import Row, select, update
from sqlalchemy.exc import SQLAlchemyError

from devices import wire
from devices.messages import Manifest, Revision
from devices.policy import FEATURES
from hub.acts.policies import CompiledPolicy, Unchanged, drop_change, store_policy
from hub.acts.upkeep import SignHead, sign_head, sweep
from hub.compiling import Knowledge, Question, gather
from hub.ingest import Ingest
from hub.keys import HubKeys
from hub.store import tables as t
from hub.store.engine import Engines
from hub.store.memory import DeviceEntry
from hub.store.writer import Done, Faulted, InboxFull, StoreUnavailable, Tx, Writer

log = logging.getLogger(__name__)

MANIFEST_LIFE_S = 7 * 86_400.0  # temporary grants stop after a week without a fresh one
RENEW_S = 3_600
SNAPSHOT_AGAIN_S = 5.0  # a device asks again when a chunk was lost; not faster than this
EFFECT_RETRY_S = 5.0
# what passes: a full inbox, a database that is away; whoever met it comes again
_TROUBLE = (InboxFull, StoreUnavailable, Faulted, SQLAlchemyError)


class Policies:
    """Keeps every device's policy compiled, stored and on its shelf."""

    def __init__(
        self,
        engines: Engines,
        ingest: Ingest,
        writer: Writer,
        keys: HubKeys,
        clock: Callable[[], datetime],
        *,
        threaded: bool = True,
    ) -> None:
        self._engines = engines
        self._ingest = ingest
        self._writer = writer
        self._keys = keys
        self._clock = clock
        self._threaded = threaded
        self._wake = asyncio.Event()
        self._sent: dict[str, tuple[Revision, float]] = {}
        ingest.on_behind = self.send_snapshot

    def wake(self) -> None:
        """A rule changed, or the bus came back."""
        self._wake.set()

    async def run(self) -> None:
        """Compile what was asked for and publish every manifest, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._compile_all()
                self.publish_all()
            except _TROUBLE as trouble:
                log.warning("policies wait: %s", type(trouble).__name__)
                asyncio.get_running_loop().call_later(EFFECT_RETRY_S, self._wake.set)

    async def _compile_all(self) -> None:
        with self._engines.read.connect() as connection:
            asked = connection.execute(select(t.policy_changes.c.device_id)).scalars().all()
        for device_id in asked:
            device = self._ingest.memory.devices.get(device_id)
            if device is not None:
                await self._compile(device)

    async def gather(self, device: DeviceEntry) -> Knowledge:
        """The device's policy as of now, compiled beside the loop."""
        memory = self._ingest.memory
        ask = Question(
            memory.site,
            memory.zone,
            self._ingest.epoch,
            device.id,
            device.x25519,
            self._keys.masters,
            self._keys.system_id,
        )
        if self._threaded:
            return await asyncio.to_thread(gather, self._engines, ask)
        return gather(self._engines, ask)

    async def _compile(self, device: DeviceEntry) -> None:
        known = await self.gather(device)
        revision = known.compiled.policy.revision
        if known.plain_mark == known.before_mark:
            await self._writer.submit(drop_change, Unchanged(device.id, known.asked_at))
            device.want = known.before
            device.policy = known.compiled.policy_at(known.before)
            return
        fresh = CompiledPolicy(
            device.id,
            known.before,
            revision,
            known.plain_mark,
            hashlib.sha256(known.sealed).hexdigest(),
            known.compiled.count,
            known.sealed,
            known.asked_at,
        )
        if await self._writer.submit(store_policy, fresh):
            device.want = revision
            device.policy = known.compiled.policy
            self._publish(device)
        else:
            self._wake.set()

    def publish_all(self) -> None:
        """Publish the manifest of every device; retained, so a late one finds it."""
        for device in self._ingest.memory.devices.values():
            self._publish(device)

    def _publish(self, device: DeviceEntry) -> None:
        if device.want == Revision(0, 0) or not self._ingest.online:
            return
        with self._engines.read.connect() as connection:
            row = connection.execute(
                select(
                    t.policies.c.epoch,
                    t.policies.c.number,
                    t.policies.c.sha256,
                    t.policies.c["count"].label("cards"),
                    t.policies.c.sealed,
                ).where(t.policies.c.device_id == device.id)
            ).first()
        if row is None:
            return
        now_s = self._clock().timestamp()
        manifest = Manifest(
            Revision(row.epoch, row.number),
            row.sha256,
            len(row.sealed),
            -(-len(row.sealed) // wire.CHUNK_BYTES),
            row.cards,
            FEATURES,
            self._ingest.epoch,
            now_s,
            now_s + MANIFEST_LIFE_S,
        )
        topics = wire.Topics(self._ingest.memory.site, device.id)
        raw = wire.sign_manifest(manifest, topics, self._keys.signers["policy"])
        self._ingest.publish_for(device.id, wire.POLICY_WANT, raw, retain=True)

    def send_snapshot(self, device_id: str) -> None:
        """Send the wanted policy in chunks to a device that has less."""
        with self._engines.read.connect() as connection:
            row = connection.execute(
                select(t.policies).where(t.policies.c.device_id == device_id)
            ).first()
        if row is None:
            return
        revision = Revision(row.epoch, row.number)
        at_s = asyncio.get_running_loop().time()
        last = self._sent.get(device_id)
        if last is not None and last[0] == revision and at_s - last[1] < SNAPSHOT_AGAIN_S / 10:
            return
        self._sent[device_id] = (revision, at_s)
        for index, start in enumerate(range(0, len(row.sealed), wire.CHUNK_BYTES)):
            part = bytes(row.sealed[start : start + wire.CHUNK_BYTES])
            self._ingest.publish_for(
                device_id,
                f"{wire.POLICY_SNAPSHOT}/{index}",
                wire.encode_chunk(revision, index, part),
            )


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
