"""The far ends of drivers.mqtt: a real Mosquitto, and brokers that misbehave by script."""

import asyncio
import contextlib
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

from drivers import mqtt
from drivers.mqtt import BrokerAddress, Connection, Message, Will
from drivers.mqtt_packets import PacketHead, PacketSplitter, head_of
from tests import services

CONNACK_5 = bytes((0x20, 3, 0, 0, 0))
CONNACK_311 = bytes((0x20, 2, 0, 0))


@contextlib.contextmanager
def mosquitto(program: Path, folder: Path, *lines: str) -> Iterator[int]:
    """A Mosquitto that lets everybody in; gives its port."""
    port = services.free_port()
    config = folder / "mosquitto.conf"
    text = [f"listener {port} 127.0.0.1", "allow_anonymous true", "set_tcp_nodelay true", *lines]
    config.write_text("\n".join(text) + "\n", "utf-8")
    config.chmod(0o644)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-c", config], stdout=log, stderr=log)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + services.START_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"mosquitto did not start: {process.returncode}")
        time.sleep(0.01)


class Peer:
    """One client as a scripted broker sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._splitter = PacketSplitter()
        self._packets: list[bytes] = []

    async def packet(self) -> bytes:
        """The next packet; EOFError when the client is gone."""
        while not self._packets:
            data = await self._reader.read(65536)
            if not data:
                raise EOFError
            self._packets = self._splitter.feed(data)
        return self._packets.pop(0)

    @property
    def has_more(self) -> bool:
        """Whether packets are here that nobody has taken."""
        return bool(self._packets)

    async def head(self) -> PacketHead:
        """What the next packet is."""
        return head_of(await self.packet())

    def send(self, *packets: bytes) -> None:
        """Answer."""
        self._writer.write(b"".join(packets))

    def hang_up(self) -> None:
        """Close without a word."""
        self._writer.close()

    async def gone(self) -> None:
        """Read until the client has left or says that it does."""
        with contextlib.suppress(EOFError, ConnectionError):
            while (await self.head()).kind != "DISCONNECT":
                pass

    async def welcome(self, connack: bytes = CONNACK_5) -> None:
        """Take CONNECT and let the client in."""
        assert (await self.head()).kind == "CONNECT"
        self.send(connack)


@contextlib.asynccontextmanager
async def scripted(*scripts: Callable[[Peer], Awaitable[None]]) -> AsyncIterator[int]:
    """A broker that plays one script to each connection in turn, the last to all that follow."""
    turn = iter(scripts)
    script = next(turn)
    errors: list[BaseException] = []
    running: set[asyncio.Task[None]] = set()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal script
        mine, script = script, next(turn, script)
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await mine(Peer(reader, writer))
        except (EOFError, ConnectionError, asyncio.CancelledError):
            pass
        except BaseException as fault:  # noqa: BLE001 (told to the test below)
            errors.append(fault)
        finally:
            running.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    if errors:
        raise errors[0]


class Inbox:
    """What arrived, in order, and a way to wait for it."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Message] = asyncio.Queue()

    def __call__(self, message: Message) -> None:
        self._queue.put_nowait(message)

    async def next(self) -> Message:
        async with asyncio.timeout(10):
            return await self._queue.get()

    @property
    def is_empty(self) -> bool:
        return self._queue.empty()


async def connect(
    port: int,
    name: str,
    inbox: Callable[[Message], None] = lambda _: None,
    will: Will | None = None,
    keepalive_s: int = 15,
    on_refused: Callable[[str, str], None] | None = None,
) -> Connection:
    return await mqtt.connect(
        BrokerAddress("127.0.0.1", port),
        client_id=name,
        will=will,
        on_message=inbox,
        keepalive_s=keepalive_s,
        on_refused=on_refused,
    )


def puback(packet_id: int, reason: int = 0) -> bytes:
    """PUBACK in the words of MQTT 5."""
    return bytes((0x40, 4)) + packet_id.to_bytes(2, "big") + bytes((reason, 0))


def suback(packet: bytes, *codes: int) -> bytes:
    """The answer to a SUBSCRIBE, MQTT 5."""
    return bytes((0x90, 3 + len(codes))) + packet[2:4] + bytes((0, *codes))


def publish(topic: bytes, payload: bytes, *, first: int = 0x30) -> bytes:
    """A PUBLISH at QoS 0, MQTT 5, shorter than 128 bytes."""
    body = len(topic).to_bytes(2, "big") + topic + b"\0" + payload
    return bytes((first, len(body))) + body
