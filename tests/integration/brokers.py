"""Brokers for tests: the hub's own, of each kind, started and gone within a test."""

import asyncio
import contextlib
import importlib.util
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import pytest

from drivers import mqtt
from drivers.mqtt import Connection, Message, Will
from hub.gateways.broker import Kind, ManagedBroker
from tests import services

SITE: Final = "anju"
HUB: Final = "hub-1"
KINDS: Final[tuple[Kind, ...]] = ("mosquitto", "amqtt")
WAIT_S: Final = 20.0  # for what must come; a loaded machine, not an expectation


def need(kind: Kind) -> None:
    """Leave the test out, and say why, where the machine has no such broker."""
    if kind == "amqtt":
        if importlib.util.find_spec("amqtt") is None:
            pytest.skip("needs amqtt: pip install linli[demo]")
        return
    try:
        services.mosquitto()
    except services.Absent as absent:
        pytest.skip(str(absent))


@contextlib.asynccontextmanager
async def running(folder: Path, kind: Kind, **more: Any) -> AsyncIterator[ManagedBroker]:
    """The hub's broker, ready."""
    need(kind)
    port = more.pop("port", None) or services.free_port()
    broker = ManagedBroker(folder, port, site=SITE, hub=HUB, kind=kind, **more)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


class Client:
    """Somebody connected to a broker, with all that he was sent and was refused."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.refused: list[tuple[str, str]] = []
        self.connection: Connection
        self._came = asyncio.Event()

    def on_message(self, message: Message) -> None:
        self.got.append(message)
        self._came.set()

    async def until(self, fits: Callable[[Message], bool]) -> Message:
        """The first message that fits, come already or yet to come."""
        async with asyncio.timeout(WAIT_S):
            while True:
                for message in self.got:
                    if fits(message):
                        return message
                self._came.clear()
                await self._came.wait()

    async def until_is(self, topic: str, payload: bytes) -> Message:
        return await self.until(lambda m: (m.topic, m.payload) == (topic, payload))

    async def until_payload(self, payload: bytes) -> Message:
        return await self.until(lambda message: message.payload == payload)


@contextlib.asynccontextmanager
async def client(
    broker: ManagedBroker,
    user: str,
    secret: str,
    *filters: str,
    will: Will | None = None,
    client_id: str | None = None,
) -> AsyncIterator[Client]:
    """A connected user who reads these filters."""
    somebody = Client()
    somebody.connection = await mqtt.connect(
        broker.address(user, secret),
        client_id=client_id or user,
        will=will,
        on_message=somebody.on_message,
        on_refused=lambda topic, why: somebody.refused.append((topic, why)),
    )
    try:
        if filters:
            await somebody.connection.subscribe([(f, 1) for f in filters])
        yield somebody
    finally:
        await somebody.connection.close()
