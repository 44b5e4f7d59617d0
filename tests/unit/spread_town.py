"""A hub on a bench with two doors' controllers, and the broker between them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from devices import wire
from devices.clock import DeviceClock
from devices.device import Device
from devices.identity import Adoption, Identity
from devices.messages import Description
from devices.outbox import Journal
from devices.policy import Compiled, encode
from devices.shelf import PolicyShelf
from hub.acts.issuing import NewCard, issue_card
from hub.acts.policies import Adoptee, adopt
from hub.acts.roster import RosterPart, load_part
from hub.ground import read_ground
from hub.store import tables as t
from tests.unit.hub_bench import SITE, HubBench, hub_bench

UIDS = {f"c-{n}": f"04a1b2c3d4e5{n:02x}" for n in range(6)}
HOLDERS = {"c-0": "p-1", "c-1": "p-1", "c-2": "p-2", "c-3": "p-2", "c-4": "p-1", "c-5": "p-2"}


class Line:
    """The broker between one hub and its doors: retained manifests, and devices that are away."""

    def __init__(self) -> None:
        self.retained: dict[str, bytes] = {}
        self.doors: dict[str, Door] = {}
        self.hub: Any = None
        self.bytes_to: dict[str, int] = {}
        self.late_s = 0.0  # how long a word for the hub is on its way
        self.full_for = ""  # a leaf of which the hub hears nothing: its queue is full

    def reread(self, topics: Iterable[str]) -> None:
        for topic in topics:
            if topic in self.retained:
                payload = self.retained[topic]
                asyncio.get_running_loop().call_soon(self.hub.on_message, topic, payload)

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        expiry_s: int | None = None,
    ) -> None:
        del qos, expiry_s
        if retain:
            self.retained[topic] = payload
        parts = wire.split_topic(topic)
        assert parts is not None
        _, name, leaf = parts
        if leaf == self.full_for:
            return
        if leaf in (wire.POLICY_HAVE, wire.STATE, wire.TIME_WANT) and name in self.doors:
            asyncio.get_running_loop().call_later(self.late_s, self.hub.on_message, topic, payload)
        door = self.doors.get(name)
        if door is not None and door.online and leaf.startswith("policy/") and "have" not in leaf:
            self.bytes_to[name] = self.bytes_to.get(name, 0) + len(payload)
            asyncio.get_running_loop().call_soon(door.device.on_message, topic, payload)


class Door:
    """A real device with a real shelf on a real disk."""

    def __init__(self, line: Line, folder: Path, identity: Identity, adoption: Adoption) -> None:
        self.line, self.folder, self.identity, self.adoption = line, folder, identity, adoption
        self.online = False
        self.boot()

    def boot(self) -> None:
        name = self.identity.device
        journal = Journal(self.folder / f"{name}.db", synced=False)
        self.device = Device(
            self.identity,
            self.adoption,
            journal,
            DeviceClock(lambda: 0.0, None, 0.0),
            bytes,
            Description("door", "t", 1, (), (1, 2)),
        )
        self.shelf = PolicyShelf(self.device)
        self.device.on_connected = self.shelf.announce

    def connect(self) -> None:
        self.online = True
        self.device.hail()
        self.device._bus = self.line
        self.device.ready = True
        want = self.device.topics.of(wire.POLICY_WANT)
        if want in self.line.retained:
            self.device.on_message(want, self.line.retained[want])
        self.shelf.announce()

    def cut(self) -> None:
        self.online = False
        self.device.disconnected()

    def kill(self) -> None:
        self.cut()
        self.device.journal.close()
        self.boot()


async def turns(count: int = 60) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class Town:
    """A hub on a bench with two doors' controllers beside it."""

    def __init__(self, bench: HubBench, line: Line, doors: dict[str, Door]) -> None:
        self.bench, self.line, self.doors = bench, line, doors
        self.hub = bench.hub

    async def do(self, act: Callable[..., Any], request: Any) -> Any:
        done = await self.hub.writer.submit(act, request)
        await self.settle()
        return done

    async def settle(self) -> None:
        self.hub.policies.wake()
        for _ in range(8):
            await turns()
            self.bench.pass_s(1.0)

    def truth(self, device: str) -> Compiled:
        """What a fresh compilation of everything gives."""
        with self.hub.engines.read.connect() as connection:
            ground = read_ground(connection, self.hub.keys, device=device)
        want = self.hub.memory.devices[device].want
        return ground.compile(device, self.hub.memory.zone, want)

    def check(self) -> None:
        """Every door that is there holds exactly that."""
        for name, door in self.doors.items():
            if door.online:
                assert door.shelf.compiled is not None
                assert encode(door.shelf.compiled) == encode(self.truth(name))
                kept = door.device.journal.policy()
                assert kept is not None

    def revocation(self, card: str) -> tuple[Any, list[Any]]:
        with self.hub.engines.read.connect() as connection:
            row = connection.execute(
                select(t.revocations)
                .where(t.revocations.c.subject == card)
                .order_by(t.revocations.c.asked_at.desc())
            ).first()
            assert row is not None
            doors = connection.execute(
                select(t.revocation_doors)
                .where(t.revocation_doors.c.revocation_id == row.id)
                .order_by(t.revocation_doors.c.device_id)
            ).all()
        return row, list(doors)


@asynccontextmanager
async def town(folder: Path, database: str = "") -> AsyncIterator[Town]:
    async with hub_bench(folder, database) as bench:
        line = Line()
        hub = bench.hub
        line.hub = hub.ingest
        rows = [{"id": "d-3", "device_id": "home2", "number": 1, "name": {"en": "Home 2"},
                 "kind": "building", "building": "2"}]  # fmt: skip
        rules = [{"id": "r-3", "door_id": "d-3", "subject_kind": "building", "subject": "2"}]
        for kind, part in (("doors", rows), ("rules", rules)):
            await hub.writer.submit(load_part, RosterPart(kind, part, hub.keys.mark))
        home2 = Identity.make("home2", "door")
        public = home2.public
        wish = Adoptee("home2", "door", public.ed25519, public.x25519)
        await hub.writer.submit(adopt, wish)
        hub.memory.reload()
        identities = {"gate": Identity.load(folder / "gate"), "home2": home2}
        for name, identity in identities.items():
            root = Ed25519PublicKey.from_public_bytes(hub.keys.root_public)
            adoption = Adoption(SITE, "hub-1", root, hub.keys.keyset, "-", 1, None, "-")
            line.doors[name] = Door(line, folder, identity, adoption)
        hub.ingest.hail()
        hub.ingest.connected(line)
        work = asyncio.ensure_future(hub.policies.run())
        here = Town(bench, line, line.doors)
        for door in line.doors.values():
            door.connect()
        await here.settle()
        try:
            yield here
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
            for door in line.doors.values():
                door.cut()
                door.device.journal.close()


async def issue(here: Town, *cards: str) -> None:
    for card in cards:
        await here.do(issue_card, NewCard(card, UIDS[card], HOLDERS[card]))
