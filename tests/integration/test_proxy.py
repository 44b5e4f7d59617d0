"""The wire that can be cut: forwarding, cutting, looking, and a door that comes back through it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from drivers import mqtt
from drivers.mqtt import BrokerAddress, Connection, Will
from drivers.reconnect import Backoff, keep
from simulators.proxy import SHOWN_MOST_BYTES, CuttableProxy, Seen
from tests.integration.brokers import HUB, SITE, WAIT_S, client, running

EVT = f"linli/1/{SITE}/door-1/evt"
CMD = f"linli/1/{SITE}/door-1/cmd"
STATE = f"linli/1/{SITE}/door-1/$state"

Meet = Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]


@contextlib.asynccontextmanager
async def proxied(
    meet: Meet, tap: Callable[[Seen], None] | None = None
) -> AsyncIterator[CuttableProxy]:
    """A server behind a proxy."""

    serving: set[asyncio.Task[None] | None] = set()

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError):
            await meet(reader, writer)  # type: ignore[misc]
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(met, "127.0.0.1", 0)
    proxy = CuttableProxy(0, *server.sockets[0].getsockname(), tap=tap)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
        server.close()
        await asyncio.gather(*filter(None, serving))  # they see the end and leave


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def says_good_bye(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.read(100) + b", good-bye")
    await writer.drain()


async def exchange(proxy: CuttableProxy, data: bytes) -> bytes:
    """What comes back for it; b"" when the wire is cut."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    except ConnectionError:
        return b""
    try:
        writer.write(data)
        async with asyncio.timeout(WAIT_S):
            return await reader.readexactly(len(data))
    except (ConnectionError, asyncio.IncompleteReadError):
        return b""
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_bytes_go_both_ways_unchanged() -> None:
    data = bytes(range(256)) * 20_000
    async with proxied(echo) as proxy:
        sent = await asyncio.gather(*(exchange(proxy, data[at:]) for at in range(8)))
        assert [len(back) for back in sent] == [len(data) - at for at in range(8)]
        assert sent[3] == data[3:]


async def test_last_words_arrive_before_the_end() -> None:
    async with proxied(says_good_bye) as proxy:
        for delay_ms in (0.0, 5.0):
            proxy.delay_ms = delay_ms
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"hello")
            assert await reader.read() == b"hello, good-bye"
            writer.close()
            await writer.wait_closed()


async def test_delayed_bytes_keep_their_order() -> None:
    async with proxied(echo) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        words = [b"%04d" % number for number in range(200)]
        for number, word in enumerate(words):
            proxy.delay_ms = (number * 7) % 11
            writer.write(word)
            await asyncio.sleep(0)
        assert await reader.readexactly(800) == b"".join(words)
        writer.close()
        await writer.wait_closed()


async def test_a_cut_ends_everybody_and_lets_nobody_in_until_it_heals() -> None:
    async with proxied(echo) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"before")
        assert await reader.readexactly(6) == b"before"
        assert proxy.connections == 1
        proxy.cut()
        assert proxy.is_cut
        with pytest.raises(ConnectionError):
            await reader.readexactly(1)
        writer.close()
        assert await exchange(proxy, b"during") == b""
        assert proxy.connections == 0
        proxy.heal()
        assert await exchange(proxy, b"after") == b"after"


def hail(client: str) -> bytes:
    """A CONNECT of MQTT 5 without anything but its client's name."""
    rest = b"\0\4MQTT\5\2\0\x3c\0" + len(client).to_bytes(2) + client.encode()
    return bytes((0x10, len(rest))) + rest


@pytest.mark.parametrize("tap", [None, lambda _seen: None])
async def test_a_pulled_cable_takes_one_client_away_and_no_other(
    tap: Callable[[Seen], None] | None,
) -> None:
    async with proxied(echo, tap) as proxy:
        lines = {}
        for name in ("gate", "hall"):
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(hail(name))
            assert await reader.readexactly(len(hail(name))) == hail(name)
            lines[name] = (reader, writer)
        proxy.pull("gate")
        assert (proxy.away("gate"), proxy.away("hall"), proxy.is_cut) == (True, False, False)
        with pytest.raises(ConnectionError):
            await lines["gate"][0].readexactly(1)
        assert await exchange(proxy, hail("gate")) == b""
        reader, writer = lines["hall"]
        writer.write(b"still here")
        assert await reader.readexactly(10) == b"still here"
        proxy.push("gate")
        assert await exchange(proxy, hail("gate")) == hail("gate")
        for _, writer in lines.values():
            writer.close()


async def test_a_cut_while_the_target_is_called_holds() -> None:
    async with proxied(echo) as proxy:
        connecting = asyncio.create_task(exchange(proxy, b"x"))
        for _ in range(100):
            await asyncio.sleep(0)
            if proxy.connections:
                break
        proxy.cut()
        assert await connecting == b""


async def test_nobody_behind_it_ends_the_call() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        proxy = CuttableProxy(0, "127.0.0.1", taken.getsockname()[1])
        await proxy.start()
        assert await exchange(proxy, b"x") == b""
        await proxy.stop()


@pytest.mark.parametrize("delay_ms", [0, 600_000])
async def test_a_full_wire_holds_the_writer_back(delay_ms: int) -> None:
    """Nothing piles up in the proxy: 64 MiB do not go into a wire that nobody empties."""

    async def deaf(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await enough.wait()

    enough, taken = asyncio.Event(), 0
    async with proxied(deaf) as proxy:
        proxy.delay_ms = delay_ms
        _, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                for _ in range(64):
                    writer.write(bytes(1 << 20))
                    await writer.drain()
                    taken += 1
        enough.set()
        writer.transport.abort()
    assert taken < 40


async def test_nagle_is_off_on_both_sides() -> None:
    async with proxied(echo) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"x")
        await reader.readexactly(1)
        (call,) = proxy._line.calls
        for end in (call.client, call.target):
            assert end._transport is not None
            sock = end._transport.get_extra_info("socket")
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.close()
        await writer.wait_closed()


async def test_a_tap_that_fails_does_not_stop_the_wire(caplog: pytest.LogCaptureFixture) -> None:
    def fails(_: Seen) -> None:
        raise ZeroDivisionError

    async with proxied(echo, fails) as proxy:
        assert await exchange(proxy, b"\xe0\x00 twice \xe0\x00") == b"\xe0\x00 twice \xe0\x00"
    assert caplog.text.count("the tap failed") == 1


async def test_what_is_no_mqtt_is_shown_as_bytes() -> None:
    seen: list[Seen] = []
    async with proxied(echo, seen.append) as proxy:
        data = b"\x30\xff\xff\xff\xff" + bytes(10_000)
        assert await exchange(proxy, data) == data
    assert {each.direction for each in seen} == {">", "<"}
    assert all(each.head is None for each in seen)
    assert all(len(each.data) <= SHOWN_MOST_BYTES for each in seen)


async def through(proxy: CuttableProxy, user: str, secret: str, **more: object) -> Connection:
    address = BrokerAddress("127.0.0.1", proxy.port, user, secret)
    kept: dict[str, object] = {"will": None, "on_message": lambda _m: None, **more}
    return await mqtt.connect(address, client_id=user, **kept)  # type: ignore[arg-type]


async def test_packets_are_told_in_words_and_secrets_are_not(tmp_path: Path) -> None:
    seen: list[Seen] = []
    async with running(tmp_path, "mosquitto") as broker:
        secret = await broker.add_credential("door-1")
        proxy = CuttableProxy(0, broker.host, broker.port, tap=seen.append)
        await proxy.start()
        door = await through(proxy, "door-1", secret, will=Will(STATE, b"the will"))
        door.publish(EVT, b"opened" * 2_000)
        await door.flushed()
        await door.close()
        await proxy.stop()
    kinds = [(each.direction, each.head.kind) for each in seen if each.head]
    assert kinds == [
        (">", "CONNECT"), ("<", "CONNACK"), (">", "PUBLISH"), ("<", "PUBACK"), (">", "DISCONNECT"),
    ]  # fmt: skip
    assert {(each.connection, each.client) for each in seen} == {(1, "door-1")}
    publish = seen[2]
    assert publish.head is not None
    assert (publish.head.topic, publish.head.qos, publish.head.retain) == (EVT, 1, False)
    assert publish.head.length_bytes > 12_000
    assert len(publish.data) == SHOWN_MOST_BYTES
    for each in seen:
        assert secret.encode() not in each.data
        assert b"the will" not in each.data


async def test_a_door_behind_a_cut_wire_comes_back_and_its_will_was_spoken(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, "mosquitto") as broker:
        hub_secret = await broker.add_credential(HUB)
        secret = await broker.add_credential("door-1")
        proxy = CuttableProxy(0, broker.host, broker.port)
        await proxy.start()

        async def open_once() -> Connection:
            return await through(proxy, "door-1", secret, will=Will(STATE, b"lost"))

        async def serve(connection: Connection) -> None:
            try:
                connection.publish(STATE, b"ready", retain=True)
                await connection.closed()
            finally:
                await connection.close()

        backoff = Backoff(0.01, 0.05)
        async with client(broker, HUB, hub_secret, STATE) as hub:
            door = asyncio.create_task(
                keep(open_once, serve, backoff, expected=(mqtt.MqttError,)), name="door"
            )
            await hub.until_payload(b"ready")
            for _ in range(3):
                hub.got.clear()
                proxy.cut()
                await hub.until_payload(b"lost")
                hub.got.clear()
                proxy.heal()
                await hub.until_payload(b"ready")
            door.cancel()
            await asyncio.gather(door, return_exceptions=True)
        await proxy.stop()
