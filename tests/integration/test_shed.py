"""A whole shed by its own commands: Home Assistant wishes, the door decides, a Tasmota opens.

Hub and controller are processes; only Home Assistant's client and the relay's far end are ours.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from drivers.mqtt import BrokerAddress, Message
from simulators.ends.mqtt_relays import TasmotaEnd
from tests import services
from tests.drivers.test_relay_mqtt import Wall
from tests.integration.brokers import Client, need
from tests.integration.brokers import client as connected

DOOR = "linli/1/willow/ha/shed/door/1"
TURNS = 3_000  # of 20 ms: three programs begin on a loaded machine
ROSTER = {
    "doors": [{"id": "d-1", "device_id": "shed", "number": 1, "name": "Shed", "kind": "building",
               "ha": True, "hold_ms": 400}]
}  # fmt: skip


async def wait_until(fits: Callable[[], bool]) -> None:
    """Look again and again: files and far processes call nobody."""
    for _ in range(TURNS):
        if fits():
            return
        await asyncio.sleep(0.02)
    pytest.fail("it did not come")


async def linli(*words: object) -> str:
    """Run one command to its end."""
    command = [sys.executable, "-m", "devices.cli", *map(str, words)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, stdout=pipe, stderr=pipe, cwd=services.ROOT
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return out.decode()


@asynccontextmanager
async def program(log: Path, *words: object) -> AsyncIterator[asyncio.subprocess.Process]:
    """A command that goes on."""
    command = [sys.executable, "-m", "devices.cli", *map(str, words)]
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=file, stderr=file, cwd=services.ROOT
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


class Shed:
    """What the test holds in its hands."""

    def __init__(self, folder: Path, wall: Wall, ha: Client) -> None:
        self.folder, self.wall, self.ha = folder, wall, ha

    def wish(self) -> None:
        wish = {"op": "UNLOCK", "iat": time.time(), "via": "ha", "code": "2580"}
        self.ha.connection.publish(f"{DOOR}/set", json.dumps(wish).encode())

    async def told(self, count: int) -> dict[str, Any]:
        """The newest event when so many have come."""

        def events() -> list[Message]:
            return [m for m in self.ha.got if m.topic == f"{DOOR}/event"]

        await wait_until(lambda: len(events()) >= count)
        return dict(json.loads(events()[-1].payload))

    async def shows(self, lock: str) -> None:
        word = f'"lock":"{lock}"'.encode()
        await self.ha.until(lambda m: m.topic == f"{DOOR}/state" and word in m.payload)


async def install(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Adopt the controller, give its door a relay, let Home Assistant in."""
    site, shed = folder / "site", folder / "shed"
    (folder / "roster.json").write_text(json.dumps(ROSTER))
    await linli("load", "--data", site, folder / "roster.json")
    made = json.loads(await linli("device", "identity", "--data", shed, "--id", "shed",
                                  "--kind", "door"))  # fmt: skip
    await linli("device", "adopt", "--data", site, shed / "public.json", "--fingerprint",
                made["fingerprint"], "--out", shed / "adoption.json")  # fmt: skip
    relay = ("--id", "back", "--door", "d-1", "--dialect", "tasmota", "--topic", "back")
    given = json.loads(await linli("device", "relay", "--data", site, *relay, "--json"))
    (shed / "secrets").mkdir()
    (shed / "secrets" / given["strike"]["user"]).write_text(given["strike"]["secret"])
    (shed / "device.toml").write_text(f'[[doors]]\nnumber = 1\nstrike = "{given["url"]}"\n')
    served = await linli("ha", "enable", "--data", site, "--code", "2580", "--json")
    return given["relay"], json.loads(served)["login"]


class Login:
    """A broker's address by a login, as `client` wants it."""

    def __init__(self, login: dict[str, Any]) -> None:
        self._host, self._port = login["host"], login["port"]

    def address(self, user: str, secret: str) -> BrokerAddress:
        return BrokerAddress(self._host, self._port, user, secret)


@asynccontextmanager
async def shed(folder: Path, process_out: list[asyncio.subprocess.Process]) -> AsyncIterator[Shed]:
    need("mosquitto")
    site = folder / "site"
    await linli("init", "--data", site, "--site", "willow", "--port", services.free_port(),
                "--broker-port", services.free_port(), "--broker-kind", "mosquitto")  # fmt: skip
    async with contextlib.AsyncExitStack() as stack:
        log = folder / "log"
        await stack.enter_async_context(program(log, "hub", "run", "--data", site))
        await wait_until((site / "operator.json").exists)
        relay, login = await install(folder)
        end = TasmotaEnd(Login(relay).address(relay["user"], relay["secret"]), relay["user"])
        await end.start()
        stack.push_async_callback(end.close)
        door = program(log, "door", "run", "--data", folder / "shed")
        process_out.append(await stack.enter_async_context(door))
        broker: Any = Login(login)
        ha = await stack.enter_async_context(
            connected(broker, "ha", login["secret"], f"{DOOR}/+", "linli/1/willow/+/$state")
        )
        strike: Any = None
        here = Shed(folder, Wall.__new__(Wall), ha)
        here.wall.end, here.wall.strike, here.wall.moved = end, strike, asyncio.Event()
        end.on_output = lambda _output, _on: here.wall.moved.set()
        await here.shows("LOCKED")
        yield here


@pytest.mark.timeout(240)
async def test_a_wish_opens_the_shed_and_the_relay_shuts_it_without_the_controller(
    tmp_path: Path,
) -> None:
    processes: list[asyncio.subprocess.Process] = []
    async with shed(tmp_path, processes) as here:
        here.wish()
        opened = await here.told(1)
        assert (opened["event_type"], opened["via"], opened["who"]) == ("granted", "ha", "ha")
        assert here.wall.end.output_log[0][:2] == (0, True)
        await here.wall.until_off()
        await here.shows("UNLOCKED")
        here.wish()
        await here.wall.until(lambda: here.wall.end.outputs[0])
        processes[0].kill()  # kill -9 while the lock is open
        await here.wall.until_off()
        assert here.wall.levels() == [True, False, True, False]
        await here.ha.until(lambda m: m.topic.endswith("shed/$state") and b'"lost"' in m.payload)
        here.ha.got.clear()
        here.wish()  # nobody is there who could decide
        refused = await here.told(1)
        assert (refused["event_type"], refused["reason"]) == ("refused", "door_offline")
        assert here.wall.levels() == [True, False, True, False]
    verdict = json.loads(
        await linli("audit", "verify", "--database", f"sqlite:///{tmp_path}/site/hub.db")
    )
    assert verdict["ok"] is True
