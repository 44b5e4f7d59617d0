"""Policies on their way: compiled when asked for, stored, announced, and sent as far as needed.

A lost card does not wait: between two devices that are compiled whole, changed cards are spread
to every device as small deltas. What is on the disk is the work list; a crash loses none of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.exc import SQLAlchemyError

from devices import wire
from devices.messages import NO_REVISION, Delta, Manifest, Revision
from devices.policy import FEATURES, Compiled
from hub.acts.policies import (
    PATCHES_AT_ONCE,
    CardPatch,
    CompiledPolicy,
    DeltaWanted,
    SnapshotWanted,
    Unchanged,
    compile_instead,
    drop_change,
    end_card_changes,
    note_reach,
    store_card_patches,
    store_delta,
    store_policy,
    store_snapshot,
)
from hub.compiling import (
    CHAIN_MAX,
    CardsWanted,
    Knowledge,
    Question,
    gather,
    gather_cards,
)
from hub.ground import Ground, read_ground
from hub.ingest import Ingest
from hub.keys import HubKeys
from hub.store import tables as t
from hub.store.engine import Engines
from hub.store.memory import DeviceEntry
from hub.store.writer import Faulted, InboxFull, Lane, StoreUnavailable, Writer

log = logging.getLogger(__name__)

MANIFEST_LIFE_S = 7 * 86_400.0  # temporary grants stop after a week without a fresh one
SNAPSHOT_BYTES_PER_S = 16 << 20  # to all devices together: events and openings share this line
AGAIN_S = 0.5  # the same bytes to the same device; it asks when it connects and at each manifest
REFUSED_AGAIN_S = 60.0  # to a device that could not take them
TROUBLE_WAIT_S = 5.0
RECEIPTS_WAIT_S = 2.0  # what a lost card may take through an estate; then others have a turn
RECEIPTS_LOOK_S = 0.02
PEOPLE_AT_ONCE = 64  # whose cards are spread as patches; an import compiles whole instead
WARM_ENTRIES_MAX = 400_000  # people and cards of policies kept at hand, about 100 MB
# what passes: a full inbox, a database that is away; whoever met it comes again
_TROUBLE = (InboxFull, StoreUnavailable, Faulted, SQLAlchemyError)
_MANIFEST = (
    *(column for column in t.policies.c if column.name != "count"),
    t.policies.c["count"].label("entries"),
)


def _everything(engines: Engines, keys: HubKeys) -> Ground:
    with engines.read.connect() as connection:
        return read_ground(connection, keys)


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What brings a device from what it has to what is wanted."""

    row: Row[Any]
    deltas: list[Delta]
    snapshot: bytes | None


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
        self._sent: dict[str, tuple[Revision, float]] = {}  # bounded by the devices of the site
        self._warm = 0
        # after a restore (recalls.py): a device that has not told what it denies gets no policy,
        # one that denies somebody gets no cards beside what was compiled for it
        self.held: Callable[[str], bool] = lambda _device: False
        self.careful: Callable[[str], bool] = lambda _device: False
        self._ground: Ground | None = None  # the rows of the compilation under way
        self._due: dict[str, None] = {}  # devices that wait for a snapshot; bounded by the site's
        self._delivering = asyncio.Event()
        ingest.on_behind = self.send_missing

    def wake(self) -> None:
        """A rule changed, or the bus came back."""
        self._ground = None
        self._wake.set()

    async def run(self) -> None:
        """Compile, announce and deliver, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_compiled())
            group.create_task(self._deliver())

    async def _keep_compiled(self) -> None:
        """Compile what was asked for; on a new connection publish every manifest."""
        told = ""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._compile_all()
                if self._ingest.online and told != self._ingest.connection:
                    told = self._ingest.connection
                    self.publish_all()
            except _TROUBLE as trouble:
                log.warning("policies wait: %s", type(trouble).__name__)
                asyncio.get_running_loop().call_later(TROUBLE_WAIT_S, self._wake.set)

    async def beside(self, work: Callable[..., Any], *args: Any) -> Any:
        """Run long work beside the loop."""
        return await asyncio.to_thread(work, *args) if self._threaded else work(*args)

    async def _compile_all(self) -> None:
        await self._spread_cards()
        for device_id in self._asked():
            device = self._ingest.memory.devices.get(device_id)
            if device is not None and not self.held(device_id):
                await self._compile(device)
                await self._spread_cards()
        self._ground = None

    @property
    def waiting(self) -> int:
        """How many devices wait to be compiled whole."""
        return len(self._asked())

    def _asked(self) -> list[str]:
        with self._engines.read.connect() as connection:
            return list(connection.execute(select(t.policy_changes.c.device_id)).scalars())

    # ----------------------------------------------------------------- one device, whole

    async def gather(self, device: DeviceEntry, ground: Ground | None = None) -> Knowledge:
        """The device's policy as of now, compiled beside the loop."""
        memory = self._ingest.memory
        ask = Question(memory.site, memory.zone, self._ingest.epoch, device.id, device.x25519)
        known: Knowledge = await self.beside(gather, self._engines, self._keys, ask, ground)
        return known

    async def _read_ground(self) -> Ground:
        """Everybody's rows, read once for all devices that are compiled now.

        Whatever changes meanwhile asks anew, with a later time than the one these rows carry, or
        comes as a change of cards; both make the next device's rows fresh.
        """
        ground = self._ground
        if ground is None:
            ground = await self.beside(_everything, self._engines, self._keys)
            self._ground = ground
        return ground

    async def _compile(self, device: DeviceEntry) -> None:
        known = await self.gather(device, await self._read_ground())
        wanted = known.wanted
        revision = await self._store(device.id, known)
        if revision is None:
            self._wake.set()
            return
        device.want = revision
        self._keep_warm(device, known.compiled, revision)
        if isinstance(wanted, DeltaWanted):
            self._publish_delta(device.id, wanted.delta)
        if wanted is not None:
            self._publish(device)

    async def _store(self, device: str, known: Knowledge) -> Revision | None:
        """The revision that is wanted now; None when another came first."""
        submit = self._writer.submit
        match known.wanted:
            case None:
                await submit(drop_change, Unchanged(device, known.asked_at))
                return known.before
            case SnapshotWanted() as base:
                stored = await submit(store_snapshot, (base, known.asked_at))
                return known.before if stored else None
            case DeltaWanted() as step:
                return step.delta.revision if await submit(store_delta, step) else None
            case CompiledPolicy() as whole:
                return whole.base.revision if await submit(store_policy, whole) else None

    def _keep_warm(self, device: DeviceEntry, compiled: Compiled, revision: Revision) -> None:
        """Most hubs hold every door's policy ready; a large estate those that are asked for."""
        if device.policy is None:
            self._warm += compiled.count
            if self._warm > WARM_ENTRIES_MAX:
                return
        device.policy = compiled.policy_at(revision)

    # ----------------------------------------------------------------- some people's cards

    async def _spread_cards(self) -> None:
        while True:
            people = await self._changed_people()
            if not people:
                return
            self._ground = None  # those rows may be older than what is spread now
            memory = self._ingest.memory
            site = (memory.site, memory.zone, self._ingest.epoch)
            wanted: CardsWanted = await self.beside(
                gather_cards, self._engines, self._keys, *site, people
            )
            whole = [one for one in wanted.patches if self.careful(one.wanted.device)]
            patches = [one for one in wanted.patches if one not in whole]
            if whole or wanted.awaited:
                await self._writer.submit(note_reach, (whole, wanted.awaited))
            if await self._store_cards(patches):
                await self._writer.submit(end_card_changes, people, Lane.URGENT)
            await self._let_receipts_in([one.wanted.device for one in patches])

    async def _let_receipts_in(self, devices: Sequence[str]) -> None:
        """Whole policies wait for the doors' word on a lost card: they keep this machine busy."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + RECEIPTS_WAIT_S
        known = [self._ingest.memory.devices.get(device) for device in devices]
        while loop.time() < end_s and self._asked():
            if not any(one and one.ready and one.have < one.want for one in known):
                return
            await asyncio.sleep(RECEIPTS_LOOK_S)
            if await self._changed_people():  # the next lost card waits for nobody
                return

    async def _changed_people(self) -> Mapping[str, float]:
        """Whose cards shall be spread now: lost ones first, and not a whole import."""
        with self._engines.read.connect() as connection:
            c = t.card_changes.c
            asked = {
                row.person_id: row.asked_at
                for row in connection.execute(select(c.person_id, c.asked_at))
            }
            lost = set(
                connection.execute(
                    select(t.revocations.c.person_id).where(t.revocations.c.spread_at.is_(None))
                ).scalars()
            )
        order = sorted(asked, key=lambda person: (person not in lost, asked[person]))
        if len(order) > PEOPLE_AT_ONCE:
            many = {person: asked[person] for person in order if person not in lost}
            await self._writer.submit(compile_instead, many)
            order = [person for person in order if person in lost]
        return {person: asked[person] for person in order[:PEOPLE_AT_ONCE]}

    async def _store_cards(self, patches: list[CardPatch]) -> bool:
        """Store and send; False when a device's policy moved on meanwhile (compile again)."""
        complete = True
        for start in range(0, len(patches), PATCHES_AT_ONCE):
            part = patches[start : start + PATCHES_AT_ONCE]
            taken = await self._writer.submit(store_card_patches, part, Lane.URGENT)
            complete = complete and len(taken) == len(part)
            rows = self._rows([one.wanted.device for one in part])
            for one in part:
                device = self._ingest.memory.devices.get(one.wanted.device)
                if device is not None and one.wanted.device in taken:
                    self._send_patch(device, one, rows[device.id])
            await asyncio.sleep(0)  # doors first
        return complete

    def _send_patch(self, device: DeviceEntry, one: CardPatch, row: Row[Any]) -> None:
        delta = one.wanted.delta
        device.want = delta.revision
        if device.policy is not None:
            cards = {**device.policy.cards, **one.cards}
            device.policy = replace(device.policy, revision=delta.revision, cards=cards)
        self._publish_delta(device.id, delta)
        self._publish_manifest(device.id, row)

    # ----------------------------------------------------------------- telling

    def publish_all(self) -> None:
        """Publish the manifest of every device; retained, so a late one finds it."""
        for device_id, row in self._rows(list(self._ingest.memory.devices)).items():
            self._publish_manifest(device_id, row)

    def _publish(self, device: DeviceEntry) -> None:
        if device.want != NO_REVISION and self._ingest.online:
            for device_id, row in self._rows([device.id]).items():
                self._publish_manifest(device_id, row)

    def _rows(self, devices: list[str]) -> dict[str, Row[Any]]:
        """What is wanted of each, without the large bytes."""
        with self._engines.read.connect() as connection:
            rows = connection.execute(
                select(*_MANIFEST).where(t.policies.c.device_id.in_(devices))
            ).all()
        return {row.device_id: row for row in rows}

    def _publish_manifest(self, device: str, row: Row[Any]) -> None:
        if not self._ingest.online or self.held(device):
            return
        now_s = self._clock().timestamp()
        manifest = Manifest(
            Revision(row.epoch, row.number),
            row.sha256,
            row.size_bytes,
            -(-row.size_bytes // wire.CHUNK_BYTES),
            row.entries,
            FEATURES,
            self._ingest.epoch,
            now_s,
            now_s + MANIFEST_LIFE_S,
            row.head,
            Revision(row.base_epoch, row.base_number),
            row.base_head,
        )
        topics = wire.Topics(self._ingest.memory.site, device)
        raw = wire.sign_manifest(manifest, topics, self._keys.signers["policy"])
        self._ingest.publish_for(device, wire.POLICY_WANT, raw, retain=True)

    def _publish_delta(self, device: str, delta: Delta) -> None:
        self._ingest.publish_for(device, wire.POLICY_DELTA, wire.encode_delta(delta))

    # ----------------------------------------------------------------- sending what is missing

    def send_missing(self, device_id: str) -> None:
        """A device has less than it should: send the steps, or the snapshot and its steps."""
        device = self._ingest.memory.devices.get(device_id)
        if device is None or device.policy_refused == "unsupported" or self.held(device_id):
            return  # it needs newer firmware, not the same bytes again
        at_s = asyncio.get_running_loop().time()
        last = self._sent.get(device_id)
        wait_s = AGAIN_S if device.policy_refused is None else REFUSED_AGAIN_S
        if last is not None and last[0] == device.want and at_s - last[1] < wait_s:
            return
        self._sent[device_id] = (device.want, at_s)
        parcel = self._parcel(device)
        if parcel is None:
            return
        if parcel.snapshot is None:
            for delta in parcel.deltas:
                self._publish_delta(device_id, delta)
        else:
            self._due[device_id] = None
            self._delivering.set()

    async def _deliver(self) -> None:
        """One snapshot after the other, no faster than the line takes them."""
        while True:
            await self._delivering.wait()
            self._delivering.clear()
            while self._due:
                device_id = next(iter(self._due))
                self._due.pop(device_id)
                try:
                    size_bytes = self._send_snapshot(device_id)
                except SQLAlchemyError as trouble:
                    log.warning("a snapshot waits: %s", type(trouble).__name__)
                    continue  # the device asks again
                await asyncio.sleep(size_bytes / SNAPSHOT_BYTES_PER_S)

    def _send_snapshot(self, device_id: str) -> int:
        device = self._ingest.memory.devices.get(device_id)
        parcel = self._parcel(device) if device is not None else None
        if parcel is None:
            return 0
        base = Revision(parcel.row.base_epoch, parcel.row.base_number)
        for delta in parcel.deltas:
            self._publish_delta(device_id, delta)
        sealed = parcel.snapshot or b""
        for index, start in enumerate(range(0, len(sealed), wire.CHUNK_BYTES)):
            part = sealed[start : start + wire.CHUNK_BYTES]
            self._ingest.publish_for(
                device_id,
                f"{wire.POLICY_SNAPSHOT}/{index}",
                wire.encode_chunk(base, index, part),
            )
        return len(sealed)

    def _parcel(self, device: DeviceEntry) -> _Parcel | None:
        with self._engines.read.connect() as connection:
            row = connection.execute(
                select(*_MANIFEST).where(t.policies.c.device_id == device.id)
            ).first()
            if row is None:
                return None
            d = t.policy_deltas.c
            steps = connection.execute(
                select(d.after_epoch, d.after_number, d.epoch, d.number, d.sealed)
                .where(d.device_id == device.id)
                .order_by(d.epoch, d.number)
            ).all()
            deltas = [
                Delta(
                    Revision(one.after_epoch, one.after_number),
                    Revision(one.epoch, one.number),
                    bytes(one.sealed),
                )
                for one in steps
            ]
            rest = [delta for delta in deltas if delta.after >= device.have]
            near = rest and rest[0].after == device.have and len(rest) <= CHAIN_MAX
            if near and device.policy_refused is None:
                return _Parcel(row, rest, None)
            base = Revision(row.base_epoch, row.base_number)
            sealed = connection.execute(
                select(t.policy_snapshots.c.sealed).where(
                    t.policy_snapshots.c.device_id == device.id
                )
            ).scalar()
        return _Parcel(
            row, [delta for delta in deltas if delta.after >= base], bytes(sealed or b"")
        )
