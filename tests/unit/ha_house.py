"""A hub with its bridge to Home Assistant on a bench, and the gate that it speaks of."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from devices import wire
from devices.identity import Identity
from devices.messages import (
    ClockQuality,
    Command,
    DoorCondition,
    Event,
    Life,
    Revision,
    StateNote,
)
from hub.acts.roster import RosterPart, load_part
from hub.gateways import homeassistant as ha
from hub.homeassistant import Bridge
from tests.unit.door_bench import Bus
from tests.unit.hub_bench import SITE, HubBench, hub_bench

GATE, HOME = ha.DoorTopics(SITE, "gate", 1), ha.DoorTopics(SITE, "gate", 2)
STANDING = (GATE.of("state"), HOME.of("state"), ha.config_topic(SITE, "gate"))


class FakeBroker:
    """Hands out credentials and takes them back."""

    host, port = "127.0.0.1", 8461

    def __init__(self) -> None:
        self.users: set[str] = set()

    async def add_credential(self, user: str) -> str:
        self.users.add(user)
        return "a-secret"

    async def remove_credential(self, user: str) -> None:
        self.users.discard(user)


class House:
    """A hub whose doors 1 and 2 hang on the controller `gate`; door 1 is marked."""

    def __init__(self, bench: HubBench) -> None:
        self.bench = bench
        self.hub = bench.hub
        self.broker = FakeBroker()
        self.hub.broker = self.broker  # type: ignore[assignment]
        self.bridge = Bridge(self.hub)
        self.bus = Bus()
        self.seq = 0

    async def begin(self, **served: Any) -> None:
        await self.roster([{"id": "d-1", "ha": True}])
        if served.pop("enabled", True):
            await self.serve(**served)
        self.bridge.hail()
        self.bridge.connected(self.bus)
        self.live()

    async def roster(self, doors: list[dict[str, Any]]) -> None:
        await self.hub.writer.submit(load_part, RosterPart("doors", doors, self.hub.keys.mark))

    async def serve(self, **body: Any) -> dict[str, Any]:
        token = {"Authorization": f"Bearer {self.bench.gate.operator_token}"}
        url = "/api/v1/operator/home-assistant"
        answer = await self.bench.http.post(url, json={"enabled": True} | body, headers=token)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def live(self, contact: str = "closed", lock: str = "locked", mode: str = "Locked") -> None:
        """The controller is ready and its doors are as told."""
        topics = wire.Topics(SITE, "gate")
        note = StateNote(Life.READY, "b", "c", 0.0)
        self.bridge.on_message(topics.of(wire.STATE), wire.encode_state(note))
        condition = DoorCondition(lock, contact, mode, Revision(1, 1), 1)
        for number in (1, 2):
            leaf = topics.of(f"door/{number}/state")
            self.bridge.on_message(leaf, wire.encode_condition(condition))

    async def wish(self, topics: ha.DoorTopics = GATE, **body: Any) -> None:
        told = {"op": "UNLOCK", "iat": self.bench.now.timestamp(), "via": "ha"} | body
        self.bridge.on_message(topics.of("set"), json.dumps(told).encode())
        await self.turns()

    async def turns(self) -> None:
        for _ in range(80):
            await asyncio.sleep(0)

    async def event(self, **more: Any) -> None:
        """Something that the controller tells, signed as it signs."""
        self.seq += 1
        gate = Identity.load(self.bench.folder / "gate")
        topics = wire.Topics(SITE, "gate")
        told: dict[str, Any] = {"kind": "access", "door": 1} | more
        event = Event("b", self.seq, 1.0, ClockQuality.SIGNED, **told)
        raw = wire.sign_event(event, topics, gate.signer)
        self.bridge.on_message(topics.of(wire.EVENT), raw)
        await self.turns()

    def commands(self) -> list[Command]:
        topics = wire.Topics(SITE, "gate")
        key = self.hub.keys.signers["command"].key.public_key()
        raws = [raw for topic, raw, _ in self.bus.said if topic == topics.of(wire.COMMAND)]
        found = [wire.open_command(raw, topics, lambda _kid: key) for raw in raws]
        return [command for command in found if isinstance(command, Command)]

    def said(self, topic: str) -> list[Any]:
        return [json.loads(raw or b"null") for name, raw, _ in self.bus.said if name == topic]

    def rows(self, table: Any) -> list[Any]:
        with self.hub.engines.read.connect() as connection:
            return list(connection.execute(select(table)).all())


@asynccontextmanager
async def house(folder: Path, database: str = "", **served: Any) -> AsyncIterator[House]:
    async with hub_bench(folder, database) as bench:
        home = House(bench)
        await home.begin(**served)
        try:
            yield home
        finally:
            await home.bridge.close()
