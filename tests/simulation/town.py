"""A small town in virtual time: real hub, controllers and cards; only the wires are made up."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from devices.clock import DeviceClock
from devices.device import Device
from devices.door import DoorController, DoorHardware
from devices.identity import Adoption, Identity
from devices.messages import Description
from devices.outbox import Journal
from drivers.ntag424_desk import personalise
from hub import config, keys
from hub.acts.issuing import NewCard, issue_card
from hub.acts.phones import NewCode, issue_code
from hub.acts.policies import Adoptee, adopt
from hub.acts.roster import RosterPart, load_part
from hub.api.server import make_app
from hub.gateways.cards import SUN_URL, keys_for
from hub.parts import Hub, assemble
from hub.recalls import DiskOlder
from hub.store import tables as t
from hub.store.engine import Engines, create, open_engines
from hub.store.lease import take_lease
from simulators.ends import Ntag424Card
from simulators.phone import Phone
from tests.simulation.air import Air, ended
from tests.unit.hub_bench import lazy_routes

SITE = "liuxi"
START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
DOORS = ("a1", "a2", "b1")  # device a has two doors, device b one
DEVICES = {"a": (1, 2), "b": (1,)}
PEOPLE = ("p-1", "p-2", "p-3")


class Broken(Exception):
    """The relay board refused."""


class SimStrike:
    """A board that sometimes is slow, refuses, or hangs; every pulse it made is on its list."""

    def __init__(self, luck: Random) -> None:
        self.luck = luck
        self.trouble = 0.0
        self.pulses: list[tuple[int, float]] = []

    async def pulse(self, output: int, duration_ms: int) -> None:
        assert 0 < duration_ms <= 10_000
        await asyncio.sleep(self.luck.uniform(0.001, 0.2))
        dice = self.luck.random()
        if dice < self.trouble / 2:
            raise Broken("no answer from the board")
        self.pulses.append((output, asyncio.get_running_loop().time()))
        if dice < self.trouble:
            await asyncio.sleep(5.0)  # it pulsed, but its answer never came

    async def inputs(self) -> tuple[bool, ...]:
        return ()

    async def close(self) -> None:
        return None


class SimReader:
    """People hold cards to it."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[SimCard] = asyncio.Queue(maxsize=16)

    async def cards(self) -> AsyncIterator["SimCard"]:
        while True:
            yield await self.queue.get()

    async def close(self) -> None:
        return None


@dataclass(slots=True)
class SimCard:
    """A card in the field."""

    card: Any
    first_byte_at_ns: int = field(default_factory=time.perf_counter_ns)
    provable: bool = True

    @property
    def uid(self) -> bytes:
        return bytes(self.card.uid)

    async def transceive(self, apdu: bytes, timeout_s: float = 1.0) -> bytes:
        del timeout_s
        await asyncio.sleep(0.004)
        answer = self.card.exchange(apdu)
        if answer is None:
            raise ConnectionError("the card is silent")
        return bytes(answer)


@dataclass(slots=True)
class Controller:
    """A door controller's process: killable, with hardware and disk that outlive it."""

    name: str
    identity: Identity
    strikes: dict[int, SimStrike]
    readers: dict[int, SimReader]
    device: Device | None = None
    door: DoorController | None = None
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class SimTown:
    """The world of one seed."""

    def __init__(self, seed: int, folder: Path, database: str = "") -> None:
        self.luck = Random(seed)
        self.folder = folder
        self.air = Air(self.luck)
        self.hub: Hub | None = None
        self.http: httpx.AsyncClient | None = None
        self.controllers: dict[str, Controller] = {}
        self.cards: dict[str, Ntag424Card] = {}
        self.phones: dict[str, Phone] = {}
        self.fatal: list[BaseException] = []
        self._database = database
        self.begun_anew = 0
        self._again: asyncio.Task[None] | None = None
        self._hub_tasks: list[asyncio.Task[None]] = []
        self._adoptions: dict[str, Adoption] = {}
        self._opened: list[Engines] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time())

    def rand(self, count: int) -> bytes:
        return self.luck.randbytes(count)

    # ----------------------------------------------------------------- building

    async def build(self) -> None:
        (self.folder / "hub.toml").write_text('[hub]\nid = "hub-1"\n', encoding="utf-8")
        keys.make(self.folder, SITE, START.timestamp())
        engines = self._engines()
        create(engines, SITE, {"en": "Town"}, "Asia/Shanghai", demo=True)
        engines.close()
        await self.start_hub()
        await self._people()
        for name, numbers in DEVICES.items():
            await self._adopt(name, numbers)
        await self._cards()
        for name in DEVICES:
            self.start_controller(name)
        await self.settle()
        for person in PEOPLE:
            await self._phone(person)

    def _engines(self) -> Engines:
        settings = config.load(self.folder)
        engines = open_engines(self._database or settings.database, synced=False)
        self._opened.append(engines)
        return engines

    async def start_hub(self) -> None:
        engines = self._engines()
        holder = self.rand(8).hex()
        epoch = take_lease(engines, holder, self.now().timestamp())
        hub = assemble(
            config.load(self.folder),
            engines,
            keys.load(self.folder),
            epoch,
            holder,
            self.now,
            self._ends,
            inline=True,
            luck=self.rand,
        )
        self.hub = hub
        with lazy_routes():
            app, _ = make_app(hub)
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub")
        for phone in self.phones.values():
            phone._http = self.http
        hub.ready = True
        self._hub_tasks = [
            asyncio.ensure_future(self.air.stay(hub.ingest, "hub-1")),
            asyncio.ensure_future(hub.policies.run()),
            asyncio.ensure_future(hub.zones.run()),
            asyncio.ensure_future(hub.recalls.run()),
            asyncio.ensure_future(hub.endings.run()),
        ]
        hub.policies.wake()

    def _ends(self, fault: BaseException) -> None:
        """The hub ends itself; the machine's services start it again."""
        if isinstance(fault, DiskOlder):
            self.begun_anew += 1
            self._again = asyncio.ensure_future(self._begin_anew())
        else:
            self.fatal.append(fault)

    async def _begin_anew(self) -> None:
        await self.kill_hub()
        await asyncio.sleep(2.0)
        await self.start_hub()

    async def kill_hub(self) -> None:
        """Power off: nothing is said, nothing is finished."""
        hub = self.hub
        if hub is None:
            return
        self.hub = None
        hub.writer._stopping = True
        self.air.cut("hub-1")
        for task in [*self._hub_tasks, *hub.ingest._tasks]:
            await ended(task)
        hub.writer._batcher.close()
        hub.engines.close()

    async def _people(self) -> None:
        hub = self._hub()
        houses = [{"id": "h-1", "house": "1-1-101", "building": "1"}]
        people = [{"id": p, "household_id": "h-1", "name": p} for p in PEOPLE]
        doors = [
            {"id": d, "device_id": d[0], "number": int(d[1]), "name": {"en": d}, "kind": "building"}
            for d in DOORS
        ]
        rules = [
            {"id": f"r-{d}", "door_id": d, "subject_kind": "everyone", "subject": ""} for d in DOORS
        ]
        parts: dict[str, list[dict[str, Any]]] = {
            "households": houses,
            "people": people,
            "doors": doors,
            "rules": rules,
        }
        for kind, rows in parts.items():
            await hub.writer.submit(load_part, RosterPart(kind, rows, hub.keys.mark))

    def _hub(self) -> Hub:
        assert self.hub is not None
        return self.hub

    async def _adopt(self, name: str, numbers: tuple[int, ...]) -> None:
        hub = self._hub()
        identity = Identity.make(name, "door")
        public = identity.public
        await hub.writer.submit(adopt, Adoptee(name, "door", public.ed25519, public.x25519))
        hub.memory.reload()
        root = Ed25519PublicKey.from_public_bytes(hub.keys.root_public)
        self._adoptions[name] = Adoption(
            SITE, "hub-1", root, hub.keys.keyset, "air", 1, None, "none"
        )
        self.controllers[name] = Controller(
            name,
            identity,
            {number: SimStrike(self.luck) for number in numbers},
            {number: SimReader() for number in numbers},
        )

    async def _cards(self) -> None:
        hub = self._hub()
        for person in PEOPLE:
            card = Ntag424Card(b"\x04" + self.rand(6), random_bytes=self.rand)
            made = keys_for(hub.keys.masters, card.uid, hub.keys.system_id)
            await personalise(SimCard(card).transceive, card.uid, made, SUN_URL)
            await hub.writer.submit(issue_card, NewCard(f"c-{person}", card.uid.hex(), person))
            self.cards[person] = card

    async def _phone(self, person: str) -> None:
        hub = self._hub()
        assert self.http is not None
        code = f"{self.luck.randrange(1_000_000):06d}"
        mark = hub.keys.mark("phone-code", code)
        await hub.writer.submit(issue_code, NewCode(person, mark, "test"))
        phone = Phone("http://hub", self.http)
        reply = await phone.enrol(code, person)
        assert reply.status == 201, reply.body
        self.phones[person] = phone

    # ----------------------------------------------------------------- controllers

    def start_controller(self, name: str) -> None:
        controller = self.controllers[name]
        journal = Journal(self.folder / f"{name}.db", synced=False)
        clock = self.clock_of(name, journal.number("time"))
        numbers = tuple(controller.strikes)
        description = Description("door", "test", 1, ("policy-1",), numbers)
        device = Device(
            controller.identity, self._adoptions[name], journal, clock, self.rand, description
        )
        hardware = {
            number: DoorHardware(number, controller.strikes[number], 0, controller.readers[number])
            for number in numbers
        }
        controller.device = device
        controller.door = DoorController(device, hardware)
        controller.tasks = [
            asyncio.ensure_future(self.air.stay(device, name)),
            asyncio.ensure_future(controller.door.run()),
        ]

    def clock_of(self, name: str, floor_s: float) -> DeviceClock:
        """A crystal that is right, and most often a chip that is right, too."""
        del name
        loop = asyncio.get_running_loop()
        began_s = self.now().timestamp() - loop.time()
        chip = (lambda: began_s + loop.time()) if self.luck.random() < 0.7 else None
        return DeviceClock(loop.time, chip, floor_s)

    async def kill_controller(self, name: str) -> None:
        """Power off in the middle of whatever it does."""
        controller = self.controllers[name]
        if controller.device is None or controller.door is None:
            return
        device, door = controller.device, controller.door
        controller.device = controller.door = None
        self.air.cut(name)
        for task in [*controller.tasks, *door._tasks, *device._timers]:
            await ended(task)
        device.journal.close()

    # ----------------------------------------------------------------- people

    async def tap(self, person: str, door: str) -> None:
        reader = self.controllers[door[0]].readers[int(door[1])]
        if not reader.queue.full():
            reader.queue.put_nowait(SimCard(self.cards[person]))

    # ----------------------------------------------------------------- the end of the day

    async def settle(self) -> None:
        """Everything heals, everybody comes back, and the outboxes empty."""
        self.air.unreachable.clear()
        self.air.down = False
        for controller in self.controllers.values():
            for strike in controller.strikes.values():
                strike.trouble = 0.0
        if self.hub is None:
            await self.start_hub()
        for name, controller in self.controllers.items():
            if controller.device is None and name in self._adoptions:
                self.start_controller(name)
        for _ in range(60):
            await asyncio.sleep(10.0)
            if all(c.device and c.device.ready and not c.device.journal.held()
                   for c in self.controllers.values()):  # fmt: skip
                break
        await asyncio.sleep(5.0)

    async def close(self) -> None:
        for name in list(self.controllers):
            await self.kill_controller(name)
        await self.kill_hub()
        if self.http is not None:
            await self.http.aclose()
        for engines in self._opened:  # requests that outlived their hub may have opened more
            engines.close()

    def rows(self, table: Any) -> list[Any]:
        with self._hub().engines.read.connect() as connection:
            return list(connection.execute(select(table)).all())

    def events(self) -> list[Any]:
        return self.rows(t.events)
