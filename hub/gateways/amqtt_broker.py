"""The broker of last resort: amqtt in a process of its own, on loopback, with our files and rules.

`python -m hub.gateways.amqtt_broker --config FILE`, started by `hub.gateways.broker` alone. It is
good enough for a demonstration. What we mend here: who a client is comes from its credential and is
known before anything of an older connection is touched; rules hold for retained messages and wills;
a will is published when the keep-alive runs out; nobody is handed what he did not subscribe to.
What stays: MQTT 3.1.1 only, so no expiry, no reason codes and no live-only subscription; a message
is acknowledged before it is routed; a delivery is given up after 5 s without PUBACK; QoS 0 is given
to readers at their QoS; packets and queues have no bound; three times mosquitto's round trip.
"""

import argparse
import asyncio
import json
import logging
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import amqtt.broker
from amqtt.adapters import BufferReader
from amqtt.broker import Broker
from amqtt.contexts import Action, BaseContext
from amqtt.errors import MQTTError
from amqtt.mqtt.connack import (
    NOT_AUTHORIZED,
    UNACCEPTABLE_PROTOCOL_VERSION,
    ConnackPacket,
)
from amqtt.mqtt.disconnect import DisconnectPacket
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from hub.gateways import broker_rules

CONNECT_MOST_S: Final = 5.0  # a client that opens a socket and says nothing
CONNECT_MOST_BYTES: Final = 1 << 16  # an id, a credential and a will of ours are 500
_MQTT: Final = b"\x00\x04MQTT"
_LEVEL_311: Final = b"\x04"


@dataclass(slots=True)
class Gate:
    """Who is let in and what he may do; the passwords are read again on SIGHUP."""

    passwords: Path
    relays: Path
    site: str
    hubs: list[str]
    rules: broker_rules.Rules
    hashes: dict[str, str]

    def read_again(self) -> None:
        """Take the files as they are now."""
        self.hashes = broker_rules.read_passwords(self.passwords.read_text("utf-8"))
        text = self.relays.read_text("utf-8") if self.relays.exists() else ""
        relays = broker_rules.read_relays(text)
        self.rules = broker_rules.rules_of(self.site, self.hubs, relays)

    def lets_in(self, session: Session) -> bool:
        """Whether this client is whom it says, and may leave the will it brings."""
        user, secret = session.username, session.password
        known = self.hashes.get(user or "")
        if known is None or secret is None or not broker_rules.fits(known, secret):
            return False
        will = session.will_topic if session.will_flag else None
        return session.client_id == user and (
            will is None or self.rules.may_write(user or "", will)
        )


gate: Gate  # one to a process; amqtt makes its plug-ins by name and hands them nothing


class OurAuth(BaseAuthPlugin):  # type: ignore[misc]  # amqtt ships no types
    """Only what amqtt asks for: `OurHandler` has already looked."""

    async def authenticate(self, *, session: Session) -> bool:
        """Whether this session may be opened."""
        return gate.lets_in(session)


class OurTopics(BaseTopicPlugin):  # type: ignore[misc]  # amqtt ships no types
    """The access rules. Subscribing is free, as in mosquitto: what may not be read never comes."""

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)

    async def topic_filtering(
        self,
        *,
        session: Session | None = None,
        topic: str | None = None,
        action: Action | None = None,
    ) -> bool:
        """Whether this session may do this with the topic."""
        user = session.username if session is not None else None
        if user is None or topic is None:
            return False
        if action == Action.SUBSCRIBE:
            return True
        if action == Action.PUBLISH:
            return gate.rules.may_write(user, topic)
        return gate.rules.may_read(user, topic)


class OurHandler(BrokerProtocolHandler):  # type: ignore[misc]  # amqtt ships no types
    """One client's connection."""

    @classmethod
    async def init_from_connect(
        cls, reader: Any, writer: Any, plugins_manager: Any, loop: Any = None
    ) -> tuple[BrokerProtocolHandler, Session]:
        """Read CONNECT and refuse strangers before amqtt drops the session of their client id."""
        try:
            async with asyncio.timeout(CONNECT_MOST_S):
                head, body = await _first_packet(reader)
            # Amqtt reads an MQTT 5 CONNECT as a 3.1.1 one and waits for bytes that never come.
            if body.startswith(_MQTT) and body[len(_MQTT) : len(_MQTT) + 1] != _LEVEL_311:
                await _refuse(writer, UNACCEPTABLE_PROTOCOL_VERSION)
            whole = BufferReader(head + body)
            handler, session = await super().init_from_connect(whole, writer, plugins_manager, loop)
            if not gate.lets_in(session):
                await _refuse(writer, NOT_AUTHORIZED)
        except (OSError, EOFError, TimeoutError) as gone:  # who is refused may hang up first
            raise MQTTError(f"{gone!r}") from gone
        session.keep_alive = session.keep_alive * 3 // 2  # MQTT 3.1.1, 3.1.2.10
        return handler, session

    def handle_read_timeout(self) -> None:
        """Keep-alive is over: end as by a broken connection, so that the will is published."""
        waiter = self._disconnect_waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


class OurBroker(Broker):  # type: ignore[misc]  # amqtt ships no types
    """Amqtt, mended where a town would stumble."""

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        topic_filter, qos = subscription
        mine = [s for s, _qos in self.subscriptions.get(topic_filter, []) if s is session]
        if not mine:  # amqtt offers every new session the filters of all the others
            return
        handler = self._get_handler(session)
        for topic, retained in list(self.retained_messages.items()):
            readable = gate.rules.may_read(session.username or "", topic)
            if handler is not None and readable and self._matches(topic, topic_filter):
                at = min(qos, retained.qos or 0)
                await handler.mqtt_publish(topic, retained.data, at, retain=True)

    async def read_again(self) -> None:
        """Take new credentials and end the connections of those who are out."""
        gate.read_again()
        for session, handler in list(self.sessions.values()):
            if not gate.lets_in(session):
                await handler.handle_disconnect(DisconnectPacket())  # no will: we ended it


async def _first_packet(reader: Any) -> tuple[bytes, bytes]:
    """Read a whole packet: its first bytes (kind and length), and the rest."""
    head: bytes = await reader.read(2)
    while head[-1] & 0x80 and len(head) < 5:
        head += await reader.read(1)
    length = sum((byte & 0x7F) << 7 * at for at, byte in enumerate(head[1:]))
    if length > CONNECT_MOST_BYTES:
        raise MQTTError(f"a first packet of {length} bytes")
    return head, await reader.read(length)


async def _refuse(writer: Any, code: int) -> NoReturn:
    await ConnackPacket.build(0, code).to_stream(writer)
    await writer.close()
    raise MQTTError(f"refused with code {code}")


async def serve(config: dict[str, Any], folder: Path) -> None:
    """Run until SIGTERM."""
    global gate  # noqa: PLW0603 (see there)
    site, hubs = config["site"], config["hubs"]
    rules = broker_rules.rules_of(site, hubs)
    gate = Gate(folder / config["passwords"], folder / "relays", site, hubs, rules, {})
    gate.read_again()
    amqtt.broker.BrokerProtocolHandler = OurHandler
    broker = OurBroker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{config['host']}:{config['port']}"}},
            "plugins": {f"{__name__}.OurAuth": {}, f"{__name__}.OurTopics": {}},
        }
    )
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    reading: set[asyncio.Task[None]] = set()

    def read_again() -> None:
        task = loop.create_task(broker.read_again())
        reading.add(task)
        task.add_done_callback(reading.discard)

    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_signal_handler(signal.SIGHUP, read_again)
    await broker.start()
    await over.wait()
    await broker.shutdown()


def main() -> None:
    """Read the configuration that `hub.gateways.broker` wrote, and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    path = parser.parse_args().config
    logging.basicConfig(level=logging.ERROR, format="%(asctime)s %(name)s %(message)s")
    asyncio.run(serve(json.loads(path.read_text("utf-8")), path.parent))


if __name__ == "__main__":
    main()
