"""After a restore: ask each device for what it holds, believe it, and only then publish.

Devices are asked in every signed answer about the time and answer once, with events; a restored
hub that is killed in the middle finds the question in its own tables and the answers there too.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from devices.messages import Recall, Revision
from devices.recall import KIND, Testimony, read_endings, read_testimony
from hub.acts.restoring import (
    KNOWN_KEY,
    MARK_KEY,
    SINCE_KEY,
    WAITING,
    Testified,
    end_again,
    in_parts,
    settle,
)
from hub.core.restraint import additions
from hub.endings import unseal_each
from hub.keys import HubKeys
from hub.policies import Policies
from hub.store import tables as t
from hub.store.engine import Engines
from hub.store.memory import DeviceEntry, Memory
from hub.store.writer import Faulted, InboxFull, StoreUnavailable, Writer

log = logging.getLogger(__name__)

RETRY_S = 5.0  # a full inbox or a database that is away
_TROUBLE = (InboxFull, StoreUnavailable, Faulted, SQLAlchemyError)


class DiskOlder(Exception):
    """Devices know more than this disk: the next life of the hub asks them all."""


class Recalls:
    """Which devices still have to tell; ``held`` says whose policy must not be published."""

    def __init__(
        self,
        engines: Engines,
        writer: Writer,
        memory: Memory,
        policies: Policies,
        keys: HubKeys,
    ) -> None:
        self._engines = engines
        self._writer = writer
        self._memory = memory
        self._policies = policies
        self._keys = keys
        self.on_told: Callable[[], None] = lambda: None
        self._wake = asyncio.Event()
        self.mark = ""
        self._since_epoch = 0  # of the copy
        # until most devices have told: who was ended since the copy is not known
        self.blind = False
        self.waiting: frozenset[str] = frozenset()
        self.restrained: frozenset[str] = frozenset()
        self._known: dict[str, Revision] = {}  # bounded by the devices of the site
        self.load()

    def load(self) -> None:
        """Read from the database who is waited for."""
        with self._engines.read.connect() as connection:
            keys = select(t.settings.c.key, t.settings.c.value)
            said = {row.key: row.value for row in connection.execute(keys)}
            rows = connection.execute(select(t.recalls)).all()
            self.mark = said.get(MARK_KEY, "")
            self._since_epoch = int(said.get(SINCE_KEY, "0"))
            self.waiting = frozenset(row.device_id for row in rows if row.state == WAITING)
            self._known = {
                row.device_id: Revision(row.known_epoch, row.known_number) for row in rows
            }
            most = 2 * len(self.waiting) > len(rows)
            self.blind = bool(self.mark) and KNOWN_KEY not in said and most
            held_back = connection.execute(select(t.restraints.c.device_id).distinct()).scalars()
            self.restrained = frozenset(held_back)
        for device in self._memory.devices.values():
            device.recalled = device.id in self.waiting

    def held(self, device: str) -> bool:
        """Whether nothing may be published for a device yet."""
        return device in self.waiting

    def careful(self, device: str) -> bool:
        """Whether a device's policy leaves somebody out: no card reaches it but by a whole one."""
        return device in self.waiting or device in self.restrained

    def question(self, device: DeviceEntry) -> Recall | None:
        """What goes with the time; a device answers each mark once."""
        if not self.mark:
            return None
        return Recall(self.mark, self._known.get(device.id, device.want))

    def wake(self) -> None:
        """A part of an answer was recorded, or staff released a device."""
        self._wake.set()

    async def run(self) -> None:
        """Settle what is told, until cancelled."""
        self._wake.set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                self.load()
                for device in sorted(self.waiting):
                    await self._look(device)
                self.load()
                self._policies.wake()
                self.on_told()
            except _TROUBLE as trouble:
                log.warning("recalls wait: %s", type(trouble).__name__)
                asyncio.get_running_loop().call_later(RETRY_S, self._wake.set)

    async def _look(self, device_id: str) -> None:
        testimony, kept = self._told_by(device_id)
        device = self._memory.devices.get(device_id)
        if testimony is None or kept is None or device is None:
            return
        # a device is believed of its own doors; of anything else, only what we sealed ourselves
        for ended in unseal_each(self._keys, self._memory.site, kept, self._since_epoch):
            for part in in_parts(ended):
                await self._writer.submit(end_again, part)
        held: tuple[str, ...] = ()
        if not testimony.same and device.kind == "door":
            held = await self._additions(device, testimony)
        await self._writer.submit(settle, Testified(device_id, self.mark, held))
        log.info("device %s told what it holds; %s held back", device_id, len(held))

    async def _additions(self, device: DeviceEntry, told: Testimony) -> tuple[str, ...]:
        """Whom our rules would let in and the door does not."""
        return additions((await self._policies.gather(device)).compiled.policy, told)

    def _told_by(self, device_id: str) -> tuple[Testimony | None, bytes | None]:
        with self._engines.read.connect() as connection:
            bodies = connection.execute(
                select(t.events.c.body)
                .where(t.events.c.device_id == device_id, t.events.c.kind == KIND)
                .order_by(t.events.c.n)
            ).scalars()
            contents = [_content(body) for body in bodies]
        return read_testimony(contents, self.mark), read_endings(contents, self.mark)


def _content(body: str) -> dict[str, Any]:
    content = json.loads(body).get("x", {})
    return content if isinstance(content, dict) else {}
