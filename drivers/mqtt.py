"""One MQTT connection on the running asyncio loop, used once.

paho-mqtt speaks the protocol; asyncio owns the socket. Paho is handed a socket that is only two
heaps of bytes, so name look-up, connecting, TLS and a full send buffer never block the loop, and
packets that leave in one turn of the loop leave in one system call. Connecting again is
`drivers.reconnect`'s work.
"""

import asyncio
import contextlib
import logging
import ssl
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from drivers.mqtt_packets import PACKET_MOST_BYTES
from drivers.mqtt_terms import (
    BrokerAddress,
    BrokerRefused,
    BrokerUnreachable,
    ConnectionLost,
    Message,
    MqttError,
    Overrun,
    PayloadTooLarge,
    Subscription,
    SubscriptionRefused,
    Will,
)
from drivers.mqtt_wire import PahoOnWire, Wire

__all__ = [
    "BrokerAddress",
    "BrokerRefused",
    "BrokerUnreachable",
    "Connection",
    "ConnectionLost",
    "Message",
    "MqttError",
    "Overrun",
    "PayloadTooLarge",
    "Subscription",
    "SubscriptionRefused",
    "Will",
    "connect",
]

CONNECT_MOST_S: Final = 5.0  # name, TCP, TLS and CONNACK together; a broker on a LAN needs 5 ms
SUBACK_MOST_S: Final = 5.0  # a broker that holds a SUBACK longer is not working
CLOSE_MOST_S: Final = 1.0  # the broker hangs up after our DISCONNECT; else we do
PAYLOAD_MOST_BYTES: Final = PACKET_MOST_BYTES - 66_000  # a topic (64 KiB at most) fits beside it
OUTGOING_MOST_MESSAGES: Final = 10_000  # about 2 s of a hub at full speed; more is a dead broker
OUTGOING_MOST_BYTES: Final = 8 << 20  # eight of the largest packets; a village box has 1 GiB
ACKS_HELD_MOST: Final = (
    8  # in a flood they leave at once: a broker drops what its queue cannot hold
)
ACK_WAIT_S: Final = 0.002  # acknowledgements go with the next message, or alone after this
IDLE_TICK_S: Final = 60.0  # how often to look at a connection that has no keep-alive
WINDOW_MOST_MESSAGES: Final = 1_000  # QoS 1 on the wire at once where the broker names no number

_log = logging.getLogger(__name__)
_V5: Final = MQTTProtocolVersion.MQTTv5
_V311: Final = MQTTProtocolVersion.MQTTv311
VERSIONS: Final = (_V5, _V311)  # in the order they are tried


class _VersionRefused(BrokerRefused):
    """The broker may speak an older MQTT; worth a second try."""


@dataclass(frozen=True, slots=True)
class _Outgoing:
    number: int
    topic: str
    payload: bytes
    retain: bool
    expiry_s: int | None
    bytes: int


class Connection:
    """An open connection to a broker; made by `connect`, ends once, never comes back."""

    def __init__(
        self,
        on_message: Callable[[Message], None],
        on_refused: Callable[[str, str], None] | None,
    ) -> None:
        self.version = 0
        self._on_message, self._on_refused = on_message, on_refused
        self._loop = asyncio.get_running_loop()
        self._wire = Wire(self._received, self._end)
        self._paho: PahoOnWire | None = None
        self._reason: str | None = None
        self._closed: asyncio.Future[str] = self._loop.create_future()
        self._connack: asyncio.Future[ReasonCode] = self._loop.create_future()
        self._subacks: dict[int, asyncio.Future[list[ReasonCode]]] = {}
        self._flushes: list[tuple[int, asyncio.Future[None]]] = []
        self._number = 0  # of the newest message handed to us
        self._window = WINDOW_MOST_MESSAGES
        self._unacked: dict[int, _Outgoing] = {}  # by packet id, oldest first
        self._waiting: deque[_Outgoing] = deque()  # bounded by OUTGOING_MOST_MESSAGES
        self._unacked_bytes = 0  # of QoS 1, also of what waits for its turn
        self._burst_bytes = 0  # handed to paho in this turn of the loop
        self._reading = self._flush_due = False
        self._acks_due: asyncio.TimerHandle | None = None
        self._acks_held = 0  # at most so many acknowledgements wait
        self._tick_s = IDLE_TICK_S
        self._timer: asyncio.TimerHandle | None = None

    # what callers do
    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        expiry_s: int | None = None,
    ) -> None:
        """Hand over a message (QoS 0 or 1); raises Overrun, ConnectionLost or PayloadTooLarge."""
        if self._reason is not None:
            raise ConnectionLost(self._reason)
        if len(payload) > PAYLOAD_MOST_BYTES:
            raise PayloadTooLarge(f"{topic}: {len(payload)} bytes, {PAYLOAD_MOST_BYTES} at most")
        size = len(topic) + len(payload)
        messages = len(self._unacked) + len(self._waiting)
        unsent_bytes = self._burst_bytes + self._wire.unsent_bytes()
        waiting_bytes = max(self._unacked_bytes, unsent_bytes) + size
        if messages >= OUTGOING_MOST_MESSAGES or waiting_bytes > OUTGOING_MOST_BYTES:
            raise Overrun(f"{messages} messages are waiting for the broker")
        message = _Outgoing(self._number + 1, topic, payload, retain, expiry_s, size)
        if qos == 0:
            self._send(message, 0)
        elif self._waiting or len(self._unacked) >= self._window:
            self._waiting.append(message)
        elif not self._send(message, 1):
            raise Overrun("65,535 messages are waiting for the broker")
        self._number += 1
        self._burst_bytes += size
        if qos:
            self._unacked_bytes += size

    async def subscribe(self, filters: Iterable[tuple[str, int] | Subscription]) -> None:
        """Read these filters; returns when the broker has agreed to each of them."""
        if self._reason is not None or self._paho is None:
            raise ConnectionLost(self._reason or "not connected")
        wanted = [f if isinstance(f, Subscription) else Subscription(*f) for f in filters]
        topics: Any = [(s.topic_filter, self._options(s)) for s in wanted]
        result, mid = self._paho.subscribe(topics)
        if result != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            raise ConnectionLost(f"SUBSCRIBE could not be sent: {result}")
        suback = self._subacks[mid] = self._loop.create_future()
        try:
            async with asyncio.timeout(SUBACK_MOST_S):
                codes = await suback
        except TimeoutError:
            self._end(f"the broker did not answer SUBSCRIBE within {SUBACK_MOST_S:g} s")
            raise ConnectionLost(self._reason) from None
        finally:
            self._subacks.pop(mid, None)
        for subscription, code in zip(wanted, codes, strict=False):
            if code.is_failure:
                raise SubscriptionRefused(f"{subscription.topic_filter}: {code}")
        if len(codes) != len(wanted):
            raise SubscriptionRefused(f"{len(codes)} answers to {len(wanted)} filters")

    async def flushed(self) -> None:
        """Wait until all that was published so far is acknowledged (QoS 0: with the kernel)."""
        if self._reason is not None:
            raise ConnectionLost(self._reason)
        if self._oldest_unacked() <= self._number:
            done: asyncio.Future[None] = self._loop.create_future()
            entry = (self._number, done)
            self._flushes.append(entry)
            try:
                await done
            finally:
                if entry in self._flushes:
                    self._flushes.remove(entry)
        self._flush()
        await self._wire.writable.wait()
        if self._reason is not None:
            raise ConnectionLost(self._reason)

    async def closed(self) -> str:
        """Wait for the end; returns why, in words for a log."""
        return await asyncio.shield(self._closed)

    async def close(self) -> None:
        """Say good-bye (the will is not published) and wait until the socket is gone."""
        try:
            if self._reason is None and self._paho is not None:
                self._wire.leaving = True
                self._paho.disconnect()
                self._end("closed by us")
                self._flush()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(CLOSE_MOST_S):
                        await asyncio.shield(self._wire.gone)
        finally:
            self.abort()
        if self._wire.transport is not None:
            await asyncio.shield(self._wire.gone)

    def abort(self) -> None:
        """Drop the socket without a word: the broker publishes the will."""
        self._end("aborted by us")
        self._wire.abort()

    # paho's callbacks
    def _on_connect(
        self,
        _client: object,
        _user: object,
        _flags: object,
        code: ReasonCode,
        props: Properties | None,
    ) -> None:
        if self._connack.done() or self._paho is None:
            return
        # The broker's own keep-alive, if it named one; a ping leaves before 1.5 of it are over.
        self._tick_s = self._paho.keepalive / 4 or IDLE_TICK_S
        window = getattr(props, "ReceiveMaximum", WINDOW_MOST_MESSAGES)
        self._window = min(window, WINDOW_MOST_MESSAGES)
        self._connack.set_result(code)

    def _on_disconnect(
        self, _client: object, _user: object, _flags: object, code: ReasonCode, _props: object
    ) -> None:
        self._end(f"{code}".lower())

    def _on_paho_message(self, _client: object, _user: object, m: paho.MQTTMessage) -> None:
        if self._reason is not None:
            return
        try:
            topic = m.topic
        except UnicodeDecodeError:
            _log.warning("a message with a topic that is no text was dropped")
            return
        expiry_s = getattr(m.properties, "MessageExpiryInterval", None)
        try:
            self._on_message(Message(topic, bytes(m.payload), bool(m.retain), expiry_s))
        except Exception as bug:  # noqa: BLE001 (the caller's; `closed` tells it)
            _log.exception("on_message failed at %s", topic)
            self._end(f"on_message failed at {topic}: {bug!r}")

    def _on_publish(
        self, _client: object, _user: object, mid: int, code: ReasonCode, _props: object
    ) -> None:
        message = self._unacked.pop(mid, None)
        if message is None:
            return
        self._unacked_bytes -= message.bytes
        if code.is_failure:
            _log.warning("the broker refused a message to %s: %s", message.topic, code)
            if self._on_refused is not None:
                self._on_refused(message.topic, f"{code}")
        while self._waiting and len(self._unacked) < self._window:
            if not self._send(self._waiting[0], 1):
                break
            self._burst_bytes += self._waiting.popleft().bytes
        if self._flushes:
            self._settle_flushes()

    def _on_subscribe(
        self, _client: object, _user: object, mid: int, codes: list[ReasonCode], _props: object
    ) -> None:
        suback = self._subacks.get(mid)
        if suback is not None and not suback.done():
            suback.set_result(codes)

    # bytes
    def _received(self, packets: list[bytes]) -> None:
        if self._paho is None:
            return
        self._reading = True
        try:
            for packet in packets:
                self._wire.present(packet)
                self._paho.loop_read()
                if self._reason is not None:
                    break
        except Exception as fault:  # noqa: BLE001 (paho gave up on bytes from outside)
            self._end(f"the broker sent something unreadable: {fault!r}")
        finally:
            self._reading = False
        self._acks_held += len(packets)
        if self._flush_due and (self._burst_bytes or self._acks_held > ACKS_HELD_MOST):
            self._flush()
        elif self._flush_due:  # acknowledgements alone: what the messages have set going goes first
            self._flush_due = False
            self._paho.loop_write()  # paho asks for a flush again only when it has nothing left
            if self._acks_due is None and self._reason is None:
                self._acks_due = self._loop.call_later(ACK_WAIT_S, self._flush)

    def _want_write(self, *_: object) -> None:
        if self._flush_due:
            return
        self._flush_due = True
        if not self._reading:
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_due = False
        if self._acks_due is not None:
            self._acks_due.cancel()
            self._acks_due = None
        self._burst_bytes = self._acks_held = 0
        if self._paho is not None:
            self._paho.loop_write()
        self._wire.flush()

    def _send(self, message: _Outgoing, qos: int) -> bool:
        assert self._paho is not None
        properties = None
        if message.expiry_s is not None and self.version == 5:
            properties = _expiring(message.expiry_s)
        info = self._paho.publish(message.topic, message.payload, qos, message.retain, properties)
        if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            return False
        if qos:
            self._unacked[info.mid] = message
        return True

    # states
    def _options(self, subscription: Subscription) -> SubscribeOptions | int:
        if self.version != 5:
            return subscription.qos
        return SubscribeOptions(
            qos=subscription.qos,
            retainAsPublished=subscription.live_only,
            retainHandling=2 if subscription.live_only else 0,
        )

    def _oldest_unacked(self) -> int:
        if self._unacked:
            return next(iter(self._unacked.values())).number
        return self._waiting[0].number if self._waiting else self._number + 1

    def _settle_flushes(self) -> None:
        oldest = self._oldest_unacked()
        for number, done in self._flushes:
            if number < oldest and not done.done():
                done.set_result(None)

    def _tick(self) -> None:
        self._timer = None
        if self._paho is not None and self._reason is None:
            self._paho.loop_misc()
        if self._reason is None:
            self._timer = self._loop.call_later(self._tick_s, self._tick)

    def _end(self, reason: str) -> None:
        if self._reason is not None:
            return
        self._reason = reason
        for timer in (self._timer, self._acks_due):
            if timer is not None:
                timer.cancel()
        lost = ConnectionLost(reason)
        waiting: list[asyncio.Future[Any]] = [*self._subacks.values(), self._connack]
        waiting += [done for _, done in self._flushes]
        for future in waiting:
            if not future.done():
                future.set_exception(lost)
                future.exception()  # nobody need be waiting
        self._closed.set_result(reason)
        self._unacked.clear()
        self._waiting.clear()
        if not self._wire.leaving:
            self._wire.abort()

    async def _open(
        self,
        address: BrokerAddress,
        client_id: str,
        will: Will | None,
        keepalive_s: int,
        protocol: MQTTProtocolVersion,
    ) -> None:
        """Socket, TLS, CONNECT and CONNACK."""
        tls = None
        if address.tls_ca is not None:
            # Off the loop: a system's bundle of authorities takes 20 ms to read.
            tls = await asyncio.to_thread(ssl.create_default_context, cafile=address.tls_ca)
        await self._loop.create_connection(lambda: self._wire, address.host, address.port, ssl=tls)
        self.version = int(protocol)
        client = self._paho = PahoOnWire(self._wire, client_id, protocol)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_paho_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_socket_register_write = self._want_write
        if address.username is not None:
            client.username_pw_set(address.username, address.password)
        if will is not None:
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        properties = None
        clean: bool | Literal[3] = 3  # "first only": the one value that paho takes on 3.1.1
        if protocol == _V5:
            clean = True
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.MaximumPacketSize = PACKET_MOST_BYTES
        client.connect(
            address.host, address.port, keepalive_s, clean_start=clean, properties=properties
        )
        code = await self._connack
        self._tick()
        if code.is_failure:
            text = f"{code}".lower()
            raise (_VersionRefused if code.value == 132 else BrokerRefused)(text)


async def connect(
    address: BrokerAddress,
    *,
    client_id: str,
    will: Will | None,
    on_message: Callable[[Message], None],
    keepalive_s: int = 15,
    on_refused: Callable[[str, str], None] | None = None,
) -> Connection:
    """Connect clean, MQTT 5 first and 3.1.1 where the broker refuses it.

    `on_refused(topic, reason)` is told of messages the broker denied (MQTT 5 only; an older broker
    drops them in silence). Raises BrokerUnreachable or BrokerRefused.
    """
    for protocol in VERSIONS:
        connection = Connection(on_message, on_refused)
        opened = False
        try:
            begin = connection._open  # noqa: SLF001 (one module, one mind)
            async with asyncio.timeout(CONNECT_MOST_S):
                await begin(address, client_id, will, keepalive_s, protocol)
            opened = True
        except TimeoutError:
            # Some brokers of 3.1.1 misread MQTT 5 and wait for more.
            if protocol == _V311 or connection.version == 0:
                where = f"{address.host}:{address.port}"
                raise BrokerUnreachable(f"{where} did not answer in {CONNECT_MOST_S:g} s") from None
        except OSError as fault:
            raise BrokerUnreachable(f"{address.host}:{address.port}: {fault}") from fault
        except (_VersionRefused, ConnectionLost) as refusal:
            # Brokers of 3.1.1 answer "unacceptable version" or just hang up.
            if protocol == _V311:
                raise BrokerRefused(f"{refusal}") from refusal
        else:
            return connection
        finally:
            if not opened:
                await _drop(connection)
    raise AssertionError("unreachable")


async def _drop(connection: Connection) -> None:
    connection.abort()
    if connection._wire.transport is not None:  # noqa: SLF001
        await asyncio.shield(connection._wire.gone)  # noqa: SLF001


class _Packed(Properties):
    """Properties that are packed once; paho packs at every publish, at a third of its cost."""

    _packed: bytes

    def __init__(self, properties: Properties) -> None:
        # Paho guards its attributes by name, and there is none for this.
        object.__setattr__(self, "_packed", properties.pack())  # type: ignore[no-untyped-call]

    def pack(self) -> bytes:
        return self._packed


@lru_cache(maxsize=256)  # a handful of expiries is in use
def _expiring(expiry_s: int) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = expiry_s
    return _Packed(properties)
