"""Many door controllers in one process: real devices, shelves, outboxes and connections.

``python -m simulators.bench.crowd FOLDER PORT NAME...``: each name is a data folder with identity
and adoption. Two things are shared, and the reports say so: the disk's sync (one for all receipts
that wait, instead of one for each box) and the memory of policy entries that are equal. It says
``up N`` when N controllers are ready, and takes ``event N`` on its input: N events at each door.
"""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from devices import wire
from devices.access import Policy
from devices.clock import DeviceClock
from devices.device import Device
from devices.identity import Adoption, Identity
from devices.messages import Description, Outcome
from devices.outbox import Journal
from devices.policy import Compiled
from devices.ports import Bus, Hail
from devices.runner import stay_connected
from devices.shelf import PolicyShelf
from drivers.mqtt import BrokerAddress

FEATURES: Final = ("policy-1",)
TELL_S: Final = 0.1  # how often it counts who is ready
START_GAP_S: Final = 0.004  # between two first connections: boxes do not boot in one millisecond


class SharedSync:
    """One synced file for a whole process: words that promise durability wait for it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._waiting: list[tuple[bytes, Callable[[], None]]] = []  # bounded by the controllers
        self._busy = False

    def after(self, record: bytes, say: Callable[[], None]) -> None:
        """Write the record, sync with whatever else waits, then say it."""
        self._waiting.append((record, say))
        if not self._busy:
            self._busy = True
            asyncio.ensure_future(self._flush())  # noqa: RUF006 - ends with the list it empties

    async def _flush(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # whoever is served in this turn of the loop comes along
            batch, self._waiting = self._waiting, []
            await asyncio.to_thread(self._write, b"".join(record for record, _ in batch))
            for _, say in batch:
                say()
        self._busy = False

    def _write(self, raw: bytes) -> None:
        os.write(self._file, raw)
        os.fdatasync(self._file)


class _HeldBus:
    """A bus on which receipts wait for the shared sync; everything else goes at once."""

    def __init__(self, bus: Bus, sync: SharedSync) -> None:
        self._bus = bus
        self._sync = sync

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        expiry_s: int | None = None,
    ) -> None:
        def say() -> None:
            self._bus.publish(topic, payload, qos=qos, retain=retain, expiry_s=expiry_s)

        if topic.endswith(wire.POLICY_HAVE):
            self._sync.after(payload + b"\n", say)
        else:
            say()

    def reread(self, topics: Iterable[str]) -> None:
        """As the bus."""
        self._bus.reread(topics)


class Shared:
    """Policy entries that are equal in several controllers are kept once in this process."""

    def __init__(self) -> None:
        self._seen: list[Mapping[str, Any]] = []  # bounded by the kinds of maps in a policy

    def fold(self, shelf: PolicyShelf) -> None:
        """Replace the large maps of a policy that just came by equal ones that are here."""
        compiled = shelf.compiled
        if compiled is None:
            return
        policy = compiled.policy
        doors = {
            number: replace(door, people=self._one(door.people))
            for number, door in policy.doors.items()
        }
        kept: Policy = replace(policy, doors=doors, cards=self._one(policy.cards))
        shelf.compiled = Compiled(kept, self._one(compiled.keys))

    def _one(self, entries: Mapping[str, Any]) -> Mapping[str, Any]:
        for seen in self._seen:
            if seen is entries or seen == entries:
                return seen
        if len(self._seen) < 8:
            self._seen.append(entries)
        return entries


class Controller:
    """One door's controller without hardware."""

    def __init__(self, folder: Path, port: int, sync: SharedSync, shared: Shared) -> None:
        identity = Identity.load(folder)
        adoption = Adoption.load(folder, identity)
        journal = Journal(folder / "journal.db", synced=False)
        clock = DeviceClock(time.monotonic, time.time, journal.number("time"))
        description = Description("door", "bench", wire.SCHEMA, FEATURES, (1,))
        self.device = Device(identity, adoption, journal, clock, secrets.token_bytes, description)
        self.shelf = PolicyShelf(self.device)
        self.device.on_connected = self.shelf.announce
        self._sync = sync
        if self.shelf.compiled is None:  # the first policy; changes after it share what they may
            self.shelf.on_change = lambda: self._first(shared)
        else:
            shared.fold(self.shelf)
        self.address = BrokerAddress(
            "127.0.0.1", port, identity.device, adoption.broker_secret, adoption.broker_ca
        )

    def _first(self, shared: Shared) -> None:
        shared.fold(self.shelf)
        self.shelf.on_change = lambda: None

    def hail(self) -> Hail:
        """As the device."""
        return self.device.hail()

    def connected(self, bus: Bus) -> None:
        """As the device, with receipts behind the shared sync."""
        self.device.connected(_HeldBus(bus, self._sync))

    def disconnected(self) -> None:
        """As the device."""
        self.device.disconnected()

    def on_message(self, topic: str, payload: bytes) -> None:
        """As the device."""
        self.device.on_message(topic, payload)

    def happen(self) -> None:
        """Somebody passes: an event with its number, on this controller's own disk."""
        event = replace(self.device.draft("access"), door=1, outcome=Outcome.GRANTED,
                        reason="granted", via="card")  # fmt: skip
        self.device.send(self.device.journal.record(event))


async def main(folder: Path, port: int, names: list[str]) -> None:
    """Run until the input ends."""
    sync = SharedSync(folder / f"sync-{names[0]}")
    shared = Shared()
    crowd = [Controller(folder / name, port, sync, shared) for name in names]
    running: list[asyncio.Task[None]] = []
    for one in crowd:
        running.append(
            asyncio.ensure_future(stay_connected(one, one.address, lambda _up, _why: None))
        )
        await asyncio.sleep(START_GAP_S)
    telling = asyncio.ensure_future(_tell(crowd))
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for line in reader:
        word, _, count = line.decode().strip().partition(" ")
        if word == "event":
            for _ in range(int(count)):
                for one in crowd:
                    one.happen()
                await asyncio.sleep(0)
            _say(f"happened {count}")
    for task in (*running, telling):
        task.cancel()
    await asyncio.gather(*running, telling, return_exceptions=True)


async def _tell(crowd: list[Controller]) -> None:
    """Say how many are ready with a policy, whenever it changes."""
    last = (-1, -1)
    while True:
        ready = sum(one.device.ready for one in crowd)
        held = sum(one.device.journal.held() for one in crowd) if ready == len(crowd) else -1
        if (ready, held) != last:
            last = (ready, held)
            _say(f"up {ready} {held}")
        await asyncio.sleep(TELL_S)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    gc.disable()  # a collection over a hundred policies stops all doors; a real box holds one
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
