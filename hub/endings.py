"""What was ended for good, told to every device and kept beside the database, never in a back-up.

A back-up does not know what was taken back after it was made. So the hub seals the list of ended
phones, members and cards to itself, signs it, and leaves it where a restore will find it: on every
device's disk, and in a file of the data folder that no back-up holds. The list is made of the
tables as they stand, so that no act can forget to add to it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from devices.identity import write_private
from devices.kept_endings import BETWEEN
from devices.messages import Refusal, Revision
from devices.mistake import Mistake
from devices.wire_endings import (
    ENDINGS,
    SEALED_BYTES_MAX,
    Endings,
    open_endings,
    sign_endings,
)
from hub.acts.restoring import Ended
from hub.ingest import Ingest
from hub.keys import HubKeys
from hub.store import tables as t
from hub.store.engine import Engines

log = logging.getLogger(__name__)

FILE = "endings.sealed"
ENDED_MAX = 800  # of all kinds, the newest: about what one signed message holds
RETRY_S = 5.0
PAUSE_S = 3.0  # every device writes it down: first come the policies that took the card back
_ABOUT = "endings"


def ended_now(connection: Connection) -> Ended:
    """The newest phones, members and cards that are ended as the tables stand."""

    def newest(table: Any, at: Any, most: int) -> tuple[str, ...]:
        query = select(table.c.id).where(at.is_not(None)).order_by(at.desc(), table.c.id)
        return tuple(connection.execute(query.limit(most)).scalars())

    staff = newest(t.staff, t.staff.c.ended_at, 100)
    # a paused one as well: after a restore nobody would know that it was
    phones = newest(t.phones, func.coalesce(t.phones.c.revoked_at, t.phones.c.suspended_at), 400)
    cards = newest(t.cards, t.cards.c.blocked_at, ENDED_MAX - len(staff) - len(phones))
    return Ended(phones, staff, cards)


def seal(keys: HubKeys, ended: Ended) -> bytes:
    """The list, readable by the hub alone; where it is too long the oldest are left out."""
    while True:
        kinds = {"p": ended.phones, "s": ended.staff, "c": ended.cards}
        body = {kind: "\n".join(ids) for kind, ids in kinds.items()}  # ids have no line ends
        packed = zlib.compress(json.dumps(body, separators=(",", ":")).encode(), 9)
        sealed = bytes.fromhex(keys.close_envelope(packed, _ABOUT))
        if len(sealed) <= SEALED_BYTES_MAX:
            return sealed
        ended = Ended(*(ids[: len(ids) * 9 // 10] for ids in (ended.phones, ended.staff,
                                                              ended.cards)))  # fmt: skip


def unseal(keys: HubKeys, site: str, raw: bytes, since_epoch: int = 0) -> Ended | None:
    """The list in signed endings; None when the hub of these keys did not make them.

    None, too, when they were made before ``since_epoch``, that of a copy: such a list knows nothing
    that the copy has not, and would block again what was found again since.
    """
    audit = {keys.signers["audit"].kid: keys.audit_public()}
    told = open_endings(raw, site, audit.get)
    if isinstance(told, Refusal) or told.serial.epoch < since_epoch:
        return None
    try:
        body = json.loads(zlib.decompress(keys.open_envelope(told.sealed.hex(), _ABOUT)))
        return Ended(*(tuple(body[kind].splitlines()) for kind in "psc"))
    except (Mistake, ValueError, KeyError, TypeError, AttributeError, zlib.error):
        return None


def unseal_each(keys: HubKeys, site: str, raw: bytes, since_epoch: int = 0) -> list[Ended]:
    """The lists that a device keeps of several lives of the hub, those that ``unseal`` reads."""
    each = (unseal(keys, site, one, since_epoch) for one in raw.split(BETWEEN.encode()))
    return [ended for ended in each if ended is not None]


class Tell:
    """Keeps the devices' and the file's endings as the tables stand."""

    def __init__(self, engines: Engines, ingest: Ingest, keys: HubKeys, folder: Path) -> None:
        self._engines = engines
        self._ingest = ingest
        self._keys = keys
        self._file = folder / FILE
        self._wake = asyncio.Event()
        self._news = asyncio.Event()
        self._told: Ended | None = None
        self._raw = b""
        self._number = 0
        self._connection = ""
        # while a restored hub knows less than its devices it must not replace what they keep
        self.silent: Callable[[], bool] = lambda: False

    def wake(self) -> None:
        """Something was ended, or the bus came back."""
        self._wake.set()

    async def run(self) -> None:
        """Keep what is new at once and tell it soon, until cancelled."""
        self._wake.set()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._whenever(self._wake, 0.0, self.keep))
            group.create_task(self._whenever(self._news, PAUSE_S, self.publish))

    async def _whenever(
        self, bell: asyncio.Event, pause_s: float, work: Callable[[], None]
    ) -> None:
        while True:
            await bell.wait()
            bell.clear()
            await asyncio.sleep(pause_s)
            try:
                work()
            except (SQLAlchemyError, OSError) as trouble:
                log.warning("endings wait: %s", type(trouble).__name__)
                asyncio.get_running_loop().call_later(RETRY_S, bell.set)

    def keep(self) -> None:
        """Write what changed, on this disk first; the devices are told after a pause."""
        if self.silent():
            return
        with self._engines.read.connect() as connection:
            ended = ended_now(connection)
        if ended != self._told:
            serial = Revision(self._ingest.epoch, self._number + 1)
            told = Endings(self._ingest.memory.site, serial, seal(self._keys, ended))
            raw = sign_endings(told, self._keys.signers["audit"])
            write_private(self._file, raw.decode())
            self._told, self._raw, self._number = ended, raw, serial.number
            self._connection = ""
        self._news.set()

    def publish(self) -> None:
        """Tell the devices, once for each list and each connection."""
        hub = self._ingest
        if self.silent() or not hub.online or self._connection == hub.connection:
            return
        self._connection = hub.connection
        hub.publish_for(hub.hub, ENDINGS, self._raw, retain=True)
