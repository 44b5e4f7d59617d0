"""Home Assistant over a real broker: by its credential alone, and the program itself where it is.

`LINLI_HOMEASSISTANT=/path/to/python` names a Python in which Home Assistant is installed (2024.11
or newer; it is far too large for everybody's setup). Without it its own test is not there.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from devices import wire
from devices.identity import Identity
from devices.messages import (
    ClockQuality,
    Command,
    DoorCondition,
    Event,
    Life,
    Outcome,
    Revision,
    StateNote,
)
from devices.runner import stay_connected
from hub.acts.roster import RosterPart, load_part
from hub.gateways.broker import Kind, ManagedBroker
from hub.homeassistant import Bridge
from hub.store import tables as t
from tests import services
from tests.integration.brokers import HUB, KINDS, Client, client, need
from tests.unit.hub_bench import SITE, HubBench, hub_bench

PEER = Path(__file__).with_name("homeassistant_peer.py")
GATE = wire.Topics(SITE, "gate")
DOOR = f"linli/1/{SITE}/ha/gate/door/1"
WAIT_S = 90.0  # Home Assistant begins in two seconds; a loaded machine takes its time


class Estate:
    """A hub on a real broker, and its gate, which says what it is told to say."""

    def __init__(self, bench: HubBench, broker: ManagedBroker, gate: Client, secret: str) -> None:
        self.bench, self.broker, self.gate, self.secret = bench, broker, gate, secret

    def say(self, leaf: str, raw: bytes, *, retain: bool = True) -> None:
        self.gate.connection.publish(GATE.of(leaf), raw, retain=retain)

    def be(self, lock: str = "locked", contact: str = "closed", life: Life = Life.READY) -> None:
        self.say(wire.STATE, wire.encode_state(StateNote(life, "b", "c", 0.0)))
        condition = DoorCondition(lock, contact, "Locked", Revision(1, 1), 1)
        self.say("door/1/state", wire.encode_condition(condition))

    def tell(self, seq: int, **more: Any) -> None:
        event = Event("b", seq, 1.0, ClockQuality.SIGNED, door=1, **({"kind": "access"} | more))
        signer = Identity.load(self.bench.folder / "gate").signer
        self.say(wire.EVENT, wire.sign_event(event, GATE, signer), retain=False)

    def now(self) -> float:
        self.bench.now = datetime.now(UTC)
        return self.bench.now.timestamp()

    def mode(self) -> str:
        """The mode that is wanted of the door."""
        with self.bench.hub.engines.read.connect() as connection:
            query = select(t.doors.c.mode).where(t.doors.c.id == "d-1")
            return str(connection.execute(query).scalar_one())

    async def command(self) -> Command:
        message = await self.gate.until(lambda m: m.topic == GATE.of(wire.COMMAND))
        key = self.bench.hub.keys.signers["command"].key.public_key()
        command = wire.open_command(message.payload, GATE, lambda _kid: key)
        assert isinstance(command, Command)
        return command


@asynccontextmanager
async def estate(folder: Path, kind: Kind, code: str = "") -> AsyncIterator[Estate]:
    need(kind)
    broker = ManagedBroker(folder / "b", services.free_port(), site=SITE, hub=HUB, kind=kind)
    await broker.start()
    (folder / "hub").mkdir()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(broker.stop)
        bench = await stack.enter_async_context(hub_bench(folder / "hub"))
        bench.hub.broker = broker
        marks = RosterPart("doors", [{"id": "d-1", "ha": True}], bench.hub.keys.mark)
        await bench.hub.writer.submit(load_part, marks)
        bridge = Bridge(bench.hub)
        stack.push_async_callback(bridge.close)
        address = broker.address(HUB, await broker.add_credential(HUB))
        there = asyncio.Event()
        serving = asyncio.create_task(stay_connected(bridge, address, lambda _o, _w: there.set()))
        stack.callback(serving.cancel)
        async with asyncio.timeout(WAIT_S):
            await there.wait()
        token = {"Authorization": f"Bearer {bench.gate.operator_token}"}
        answer = await bench.http.post(
            "/api/v1/operator/home-assistant",
            json={"enabled": True, "code": code, "language": "en"},
            headers=token,
        )
        secret = await broker.add_credential("gate")
        gate = await stack.enter_async_context(
            client(broker, "gate", secret, GATE.of(wire.COMMAND))
        )
        home = Estate(bench, broker, gate, answer.json()["login"]["secret"])
        home.be()
        yield home
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@pytest.mark.parametrize("kind", KINDS)
async def test_its_credential_opens_a_marked_door_and_nothing_else(
    kind: Kind, tmp_path: Path
) -> None:
    async with (
        estate(tmp_path, kind) as home,
        client(home.broker, "ha", home.secret, f"linli/1/{SITE}/ha/#", "homeassistant/#") as ha,
    ):
        config = await ha.until(lambda m: m.topic.endswith("/config"))
        assert "d1_lock" in json.loads(config.payload)["cmps"]
        await ha.until(lambda m: m.topic == f"{DOOR}/state" and b'"LOCKED"' in m.payload)
        wish = {"op": "UNLOCK", "iat": home.now() - 20, "via": "ha"}
        ha.connection.publish(f"{DOOR}/set", json.dumps(wish).encode())
        await ha.until(lambda m: m.topic == f"{DOOR}/event" and b"expired" in m.payload)
        forged = b"not for it to write"
        ha.connection.publish(GATE.of(wire.COMMAND), forged)
        ha.connection.publish(f"{DOOR}/set", json.dumps(wish | {"iat": home.now()}).encode())
        command = await home.command()
        assert command.presentation is not None
        assert (command.presentation.person, command.presentation.via) == ("ha", "ha")
        assert all(message.payload != forged for message in home.gate.got)


async def test_a_wish_left_at_the_broker_is_not_served(tmp_path: Path) -> None:
    """Retained, fresh and well formed: it would come again with each connection of the hub."""
    async with (
        estate(tmp_path, "mosquitto") as home,
        client(home.broker, "ha", home.secret, f"{DOOR}/#") as ha,
    ):
        await ha.until(lambda m: m.topic == f"{DOOR}/state" and b'"LOCKED"' in m.payload)
        stored = json.dumps({"op": "UNLOCK", "iat": home.now(), "via": "ha"}).encode()
        ha.connection.publish(f"{DOOR}/set", stored, retain=True)
        late = json.dumps({"op": "UNLOCK", "iat": home.now() - 60, "via": "ha"}).encode()
        ha.connection.publish(f"{DOOR}/set", late)  # what came before it has been dealt with
        await ha.until(lambda m: b"expired" in m.payload)
        assert home.gate.got == []


class Program:
    """Home Assistant itself, in its own process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.said: list[dict[str, Any]] = []

    async def until(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        assert self._process.stdout is not None
        async with asyncio.timeout(WAIT_S):
            while True:
                for each in self.said:
                    if fits(each):
                        return each
                line = await self._process.stdout.readline()
                assert line, f"it ended; it said {self.said[-5:]}"
                self.said.append(json.loads(line))

    async def entity(self, kind: str, state: str) -> dict[str, Any]:
        def fits(each: dict[str, Any]) -> bool:
            return str(each.get("entity", "")).startswith(kind) and each["state"] == state

        return await self.until(fits)

    async def call(self, *asked: Any) -> None:
        assert self._process.stdin is not None
        self.said.clear()
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        await self._process.stdin.drain()


@asynccontextmanager
async def program(python: str, home: Estate) -> AsyncIterator[Program]:
    words = (python, str(PEER), home.broker.host, str(home.broker.port), "ha")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe)
    try:
        assert process.stdin is not None
        process.stdin.write(home.secret.encode() + b"\n")
        yield Program(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


if python := os.environ.get("LINLI_HOMEASSISTANT"):

    @pytest.mark.timeout(300)
    async def test_home_assistant_itself_sees_and_operates_the_door(tmp_path: Path) -> None:
        assert python is not None
        async with estate(tmp_path, "mosquitto", code="2580") as home, program(python, home) as it:
            ready = await it.until(lambda each: "entry" in each)
            assert ready["entry"] == "loaded", ready
            sys.stdout.write(f"Home Assistant {ready['version']}\n")
            lock = await it.entity("lock.", "locked")
            assert lock["attributes"]["code_format"] == r"^\d{4,8}$"
            mode = await it.entity("select.", "Locked")
            contacts = await it.entity("binary_sensor.", "off")
            assert contacts["attributes"]["device_class"] in {"door", "problem", "lock"}
            home.now()
            call = {"entity_id": lock["entity"], "code": "2580"}
            await it.call("lock", "unlock", call)
            command = await home.command()
            assert command.presentation is not None
            assert command.presentation.via == "ha"
            home.be(lock="unlocked", contact="open")
            await it.entity("lock.", "unlocked")
            await it.entity("binary_sensor.", "on")
            home.be()
            opened = {"outcome": Outcome.GRANTED, "reason": "granted", "via": "card"}
            home.tell(1, person="p-1", **opened)
            tag = await it.until(lambda each: "tag" in each)
            passage = await it.until(lambda e: "event_type" in e.get("attributes", {}))
            assert passage["attributes"]["event_type"] == "granted"
            assert tag["tag"] == f"linli-{passage['attributes']['who']}"
            home.now()
            wish = {"entity_id": mode["entity"], "option": "Blocked"}
            asked = asyncio.Event()
            home.bench.hub.ingest.on_work = lambda _kind: asked.set()
            await it.call("select", "select_option", wish)
            await it.until(lambda each: "called" in each)
            async with asyncio.timeout(WAIT_S):
                await asked.wait()
            assert home.mode() == "Blocked"
            home.be(life=Life.LOST)  # with the controller gone it publishes nothing
            await it.entity("lock.", "unavailable")
