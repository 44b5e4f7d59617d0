"""drivers.mqtt against a real Mosquitto."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import mqtt
from drivers.mqtt import BrokerAddress, Connection, Message, Subscription, Will
from tests.drivers import mqtt_peers
from tests.drivers.mqtt_peers import Inbox, connect


@pytest.fixture(scope="module")
def broker(mosquitto_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("mosquitto")
    with mqtt_peers.mosquitto(mosquitto_path, folder, "max_inflight_messages 1000") as port:
        yield port


async def test_messages_go_there_and_back(broker: int) -> None:
    inbox = Inbox()
    one, other = await connect(broker, "one"), await connect(broker, "other", inbox)
    await other.subscribe([("round/+", 1)])
    one.publish("round/1", "門".encode(), expiry_s=60)
    one.publish("round/0", b"", qos=0)
    assert (one.version, other.version) == (5, 5)
    first, second = await inbox.next(), await inbox.next()
    assert (first.topic, first.payload, first.retain) == ("round/1", "門".encode(), False)
    assert first.expiry_s is not None
    assert 0 < first.expiry_s <= 60
    assert second == Message("round/0", b"", retain=False, expiry_s=None)
    await one.close()
    await other.close()


async def test_many_messages_arrive_once_each_and_in_order(broker: int) -> None:
    """Three times the window: what waits for its turn is neither lost nor doubled."""
    inbox = Inbox()
    one, other = await connect(broker, "one"), await connect(broker, "other", inbox)
    await other.subscribe([("many", 1)])
    count = 3 * mqtt.WINDOW_MOST_MESSAGES
    for number in range(count):
        one.publish("many", b"%d" % number)
    await one.flushed()
    assert [int((await inbox.next()).payload) for _ in range(count)] == list(range(count))
    await one.close()
    await other.close()
    assert inbox.is_empty


async def test_the_will_is_spoken_for_who_vanishes_and_not_for_who_leaves(broker: int) -> None:
    inbox = Inbox()
    watcher = await connect(broker, "watcher", inbox)
    await watcher.subscribe([("will/#", 1)])
    leaver = await connect(broker, "leaver", will=Will("will/leaver", b"lost"))
    await leaver.close()
    vanisher = await connect(broker, "vanisher", will=Will("will/vanisher", b"lost"))
    vanisher.abort()
    assert (await inbox.next()).topic == "will/vanisher"
    assert await leaver.closed() == "closed by us"
    assert await vanisher.closed() == "aborted by us"
    late = await connect(broker, "late", inbox)
    await late.subscribe([("will/vanisher", 1)])
    assert await inbox.next() == Message("will/vanisher", b"lost", retain=True, expiry_s=None)
    late.publish("will/vanisher", b"", retain=True)
    await late.flushed()
    await watcher.close()
    await late.close()
    assert inbox.is_empty or (await inbox.next()).payload == b""


async def test_a_subscription_for_commands_gets_nothing_stored(broker: int) -> None:
    commands, states = Inbox(), Inbox()
    hub = await connect(broker, "hub")
    hub.publish("dev/cmd", b"old", retain=True)
    await hub.flushed()
    for_commands = await connect(broker, "dev", commands)
    for_states = await connect(broker, "dev2", states)
    await for_commands.subscribe([Subscription("dev/cmd", live_only=True)])
    await for_states.subscribe([Subscription("dev/cmd")])
    assert await states.next() == Message("dev/cmd", b"old", retain=True, expiry_s=None)
    hub.publish("dev/cmd", b"new", retain=True)
    live, flagless = await commands.next(), await states.next()
    assert (live.payload, live.retain) == (b"new", True)  # as it was published
    assert (flagless.payload, flagless.retain) == (b"new", False)
    hub.publish("dev/cmd", b"", retain=True)
    for connection in (hub, for_commands, for_states):
        await connection.flushed()
        await connection.close()


async def test_the_same_id_again_takes_over_and_the_old_one_is_told(broker: int) -> None:
    first = await connect(broker, "twin")
    second = await connect(broker, "twin")
    assert "closed" in await first.closed()  # Mosquitto 2.0 hangs up without a reason
    second.publish("still/here", b"")
    await second.flushed()
    await second.close()


async def test_nagle_is_off(broker: int) -> None:
    connection = await connect(broker, "nodelay")
    assert connection._wire.transport is not None
    sock = connection._wire.transport.get_extra_info("socket")
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    await connection.close()


async def test_a_name_is_looked_up_off_the_loop(
    broker: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blocks(*_: object, **__: object) -> None:
        raise AssertionError("this would block the loop")

    loop = asyncio.get_running_loop()
    asked: list[str] = []
    look_up = loop.getaddrinfo

    async def noted(host: str, *rest: object, **more: object) -> object:
        asked.append(host)
        return await look_up("127.0.0.1", *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "create_connection", blocks)
    monkeypatch.setattr(loop, "getaddrinfo", noted)
    address = BrokerAddress("broker.example", broker)
    connection = await mqtt.connect(address, client_id="x", will=None, on_message=print)
    await connection.close()
    assert asked == ["broker.example"]


async def test_flushed_waits_for_what_was_said_before_it_only(broker: int) -> None:
    connection = await connect(broker, "flusher")
    connection.publish("flush", b"1")
    waiting = asyncio.create_task(connection.flushed())
    await asyncio.sleep(0)
    for _ in range(100):
        connection.publish("flush", b"2")
    await waiting
    await connection.flushed()
    assert connection._oldest_unacked() > connection._number
    await connection.close()


async def test_a_receiver_that_fails_ends_the_connection_and_says_so(
    broker: int, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: Message) -> None:
        raise ZeroDivisionError("ours")

    connection = await connect(broker, "buggy", fails)
    await connection.subscribe([("bug", 1)])
    connection.publish("bug", b"")
    assert await connection.closed() == "on_message failed at bug: ZeroDivisionError('ours')"
    assert "on_message failed at bug" in caplog.text
    with pytest.raises(mqtt.ConnectionLost):
        connection.publish("bug", b"")
    await connection.close()


async def test_a_receiver_may_answer_from_within(broker: int) -> None:
    inbox = Inbox()
    holder: list[Connection] = []
    echo = await connect(broker, "echo", lambda m: holder[0].publish("answer", m.payload))
    holder.append(echo)
    await echo.subscribe([("question", 1)])
    asker = await connect(broker, "asker", inbox)
    await asker.subscribe([("answer", 1)])
    asker.publish("question", b"?")
    assert (await inbox.next()).payload == b"?"
    await asker.close()
    await echo.close()
