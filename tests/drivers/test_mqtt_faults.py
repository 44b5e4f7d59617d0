"""drivers.mqtt against brokers that are old, deaf, rude or wrong, by script."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

import pytest

from drivers import mqtt
from drivers.mqtt import BrokerAddress, Connection, Subscription
from tests.drivers import mqtt_peers
from tests.drivers.mqtt_peers import Inbox, Peer, connect, puback, publish, scripted, suback


async def refuses_version_5(peer: Peer) -> None:
    await peer.packet()
    peer.send(bytes((0x20, 2, 0, 1)))


async def hangs_up(peer: Peer) -> None:
    await peer.packet()


async def says_nothing(peer: Peer) -> None:
    await peer.gone()


async def speaks_311(peer: Peer) -> None:
    connect_packet = await peer.packet()
    assert connect_packet[8] == 4  # the protocol level
    peer.send(mqtt_peers.CONNACK_311)
    subscribe = await peer.packet()
    assert subscribe[-1] == 1  # plain QoS where MQTT 5 has options
    peer.send(bytes((0x90, 3)) + subscribe[2:4] + b"\x01")
    await peer.gone()


@pytest.mark.parametrize(
    ("first", "connect_most_s"), [(refuses_version_5, 5), (hangs_up, 5), (says_nothing, 0.3)]
)
async def test_an_older_broker_is_spoken_to_in_its_version(
    first: Callable[[Peer], Awaitable[None]],
    connect_most_s: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mqtt, "CONNECT_MOST_S", connect_most_s)
    async with scripted(first, speaks_311) as port:
        connection = await connect(port, "older")
        assert connection.version == 4
        await connection.subscribe([Subscription("x", live_only=True)])
        await connection.close()


async def test_a_refused_credential_is_told_as_such() -> None:
    async def not_authorized(peer: Peer) -> None:
        await peer.packet()
        peer.send(bytes((0x20, 3, 0, 0x87, 0)))

    async with scripted(not_authorized) as port:
        with pytest.raises(mqtt.BrokerRefused, match="not authorized"):
            await connect(port, "stranger")


async def test_nobody_there_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(mqtt.BrokerUnreachable, match="Connect call failed"):
            await connect(taken.getsockname()[1], "x")
    monkeypatch.setattr(mqtt, "CONNECT_MOST_S", 0.2)
    async with scripted(says_nothing) as port:
        with pytest.raises(mqtt.BrokerUnreachable, match="did not answer"):
            await connect(port, "x")


async def test_a_cancelled_connect_leaves_nothing() -> None:
    async with scripted(says_nothing) as port:
        connecting = asyncio.create_task(connect(port, "x"))
        await asyncio.sleep(0.05)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting


async def test_a_cancelled_close_leaves_nothing() -> None:
    async def never_hangs_up(peer: Peer) -> None:
        await peer.welcome()
        await peer.gone()
        await asyncio.Event().wait()

    async with scripted(never_hangs_up) as port:
        connection = await connect(port, "x")
        closing = asyncio.create_task(connection.close())
        await asyncio.sleep(0.05)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert connection._wire.transport is not None
        assert connection._wire.transport.is_closing()


async def test_a_broker_that_never_hangs_up_does_not_hold_us(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mqtt, "CLOSE_MOST_S", 0.1)

    async def stays(peer: Peer) -> None:
        await peer.welcome()
        while (await peer.head()).kind != "DISCONNECT":
            pass
        await peer.gone()

    async with scripted(stays) as port:
        connection = await connect(port, "x")
        await connection.close()
        assert await connection.closed() == "closed by us"


async def test_a_refused_subscription_raises() -> None:
    async def refuses(peer: Peer) -> None:
        await peer.welcome()
        peer.send(suback(await peer.packet(), 1, 0x87))
        await peer.gone()

    async with scripted(refuses) as port:
        connection = await connect(port, "x")
        with pytest.raises(mqtt.SubscriptionRefused, match="secret: Not authorized"):
            await connection.subscribe([("open", 1), ("secret", 1)])
        await connection.close()


async def test_an_unanswered_subscription_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mqtt, "SUBACK_MOST_S", 0.1)

    async def deaf(peer: Peer) -> None:
        await peer.welcome()
        await peer.gone()

    async with scripted(deaf) as port:
        connection = await connect(port, "x")
        with pytest.raises(mqtt.ConnectionLost, match="SUBSCRIBE"):
            await connection.subscribe([("x", 1)])
        assert "SUBSCRIBE" in await connection.closed()
        await connection.close()


async def test_the_brokers_window_is_kept() -> None:
    """A broker that takes two at a time is never sent a third before it acknowledged one."""
    held: list[int] = []

    async def narrow(peer: Peer) -> None:
        await peer.welcome(bytes((0x20, 6, 0, 0, 3, 0x21, 0, 2)))  # Receive Maximum 2
        for _ in range(7):
            head = await peer.head()
            assert head.packet_id is not None
            held.append(head.packet_id)
            if len(held) == 2:
                assert not peer.has_more  # they leave together: a third would be here
                peer.send(puback(held.pop(0)))
        peer.send(*(puback(packet_id) for packet_id in held))
        await peer.gone()

    async with scripted(narrow) as port:
        connection = await connect(port, "x")
        for number in range(7):
            connection.publish("x", b"%d" % number)
        await connection.flushed()
        await connection.close()


async def deaf_after_connack(peer: Peer) -> None:
    await peer.welcome()
    await asyncio.Event().wait()


async def test_what_waits_is_bounded_in_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "OUTGOING_MOST_MESSAGES", 5)
    async with scripted(deaf_after_connack) as port:
        connection = await connect(port, "x")
        for _ in range(5):
            connection.publish("x", b"")
        with pytest.raises(mqtt.Overrun, match="5 messages"):
            connection.publish("x", b"")
        connection.abort()


async def fill(connection: Connection, qos: int, *, turns: bool) -> int:
    """Publish until it is too much, 64 MiB at most; returns the bytes that were taken."""
    payload, sent = bytes(256 << 10), 0
    with contextlib.suppress(mqtt.Overrun):
        while sent < 64 << 20:
            connection.publish("x", payload, qos=qos)
            sent += len(payload)
            if turns:
                await asyncio.sleep(0)
    return sent


@pytest.mark.parametrize("qos", [0, 1])
async def test_what_waits_is_bounded_in_bytes(qos: int) -> None:
    """The peer does not read: first the kernel's buffers fill, then ours, then we say so."""
    async with scripted(deaf_after_connack) as port:
        connection = await connect(port, "x")
        sent = await fill(connection, qos, turns=True)
        assert 7 << 20 <= sent < 64 << 20
        assert connection._wire.unsent_bytes() <= mqtt.OUTGOING_MOST_BYTES
        connection.abort()


async def test_a_burst_within_one_turn_is_bounded_too() -> None:
    async with scripted(deaf_after_connack) as port:
        connection = await connect(port, "x")
        assert await fill(connection, 0, turns=False) == mqtt.OUTGOING_MOST_BYTES - (256 << 10)
        connection.abort()


async def test_a_denied_message_is_told() -> None:
    told: list[tuple[str, str]] = []

    async def denies(peer: Peer) -> None:
        await peer.welcome()
        head = await peer.head()
        assert head.packet_id is not None
        peer.send(puback(head.packet_id, 0x87))
        await peer.gone()

    async with scripted(denies) as port:
        connection = await connect(port, "x", on_refused=lambda *what: told.append(what))
        connection.publish("not/mine", b"")
        await connection.flushed()
        await connection.close()
    assert told == [("not/mine", "Not authorized")]


async def test_our_own_payload_has_a_limit() -> None:
    async with scripted(deaf_after_connack) as port:
        connection = await connect(port, "x")
        with pytest.raises(mqtt.PayloadTooLarge):
            connection.publish("x", bytes(mqtt.PAYLOAD_MOST_BYTES + 1))
        connection.abort()


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (bytes((0x30, 0xFF, 0xFF, 0xFF, 0x7F)), "a packet of 268435460 bytes"),
        (bytes((0x30, 0xFF, 0xFF, 0xFF, 0xFF)), "longer than four bytes"),
        (bytes((0x00, 0)), "protocol error"),
        (bytes((0x30, 2, 0, 9)), "protocol error"),
        (bytes((0xE0, 2, 0x8E, 0)), "session taken over"),
        (b"", "the broker closed the connection"),
    ],
    ids=["too long", "no length", "no kind", "cut short", "disconnect", "eof"],
)
async def test_a_broker_gone_wrong_ends_the_connection_in_words(sent: bytes, told: str) -> None:
    async def wrong(peer: Peer) -> None:
        await peer.welcome()
        peer.send(sent)
        if sent:
            await peer.gone()

    async with scripted(wrong) as port:
        connection = await connect(port, "x")
        assert told in await connection.closed()
        with pytest.raises(mqtt.ConnectionLost):
            await connection.flushed()
        with pytest.raises(mqtt.ConnectionLost):
            await connection.subscribe([("x", 1)])
        await connection.close()


async def test_a_topic_that_is_no_text_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    async def odd(peer: Peer) -> None:
        await peer.welcome()
        peer.send(publish(b"\xff\xfe", b"1"), publish(b"good", b"2"))
        await peer.gone()

    inbox = Inbox()
    async with scripted(odd) as port:
        connection = await connect(port, "x", inbox)
        assert (await inbox.next()).topic == "good"
        await connection.close()
    assert "no text" in caplog.text


async def test_a_silent_line_is_given_up() -> None:
    """Nothing comes back, not even a PINGRESP: keep-alive finds it."""
    async with scripted(deaf_after_connack) as port:
        connection = await connect(port, "x", keepalive_s=1)
        async with asyncio.timeout(30):
            assert "keep alive" in await connection.closed()
        await connection.close()


async def test_the_brokers_keep_alive_counts() -> None:
    pinged = asyncio.Event()

    async def wants_a_sign_each_second(peer: Peer) -> None:
        await peer.welcome(bytes((0x20, 6, 0, 0, 3, 0x13, 0, 1)))  # Server Keep Alive 1
        assert (await peer.head()).kind == "PINGREQ"
        peer.send(bytes((0xD0, 0)))
        pinged.set()
        await peer.gone()

    async with scripted(wants_a_sign_each_second) as port:
        connection = await connect(port, "x", keepalive_s=600)
        async with asyncio.timeout(30):
            await pinged.wait()
        await connection.close()


async def test_who_waits_for_a_flush_learns_of_the_end() -> None:
    async def dies(peer: Peer) -> None:
        await peer.welcome()
        await peer.packet()

    async with scripted(dies) as port:
        connection = await connect(port, "x")
        connection.publish("x", b"")
        with pytest.raises(mqtt.ConnectionLost, match="closed the connection"):
            await connection.flushed()
        await connection.close()


def test_a_password_is_not_shown() -> None:
    assert "hush" not in repr(BrokerAddress("h", 1, "user", "hush"))
