"""Keeping a party on a real broker: connect, subscribe, serve, reconnect for ever."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from devices import wire
from devices.ports import Party
from drivers import mqtt
from drivers.reconnect import Backoff, keep

log = logging.getLogger(__name__)


class _Line:
    """A bus over one connection; a full line is cut, since the outbox repeats what matters."""

    def __init__(self, connection: mqtt.Connection) -> None:
        self._connection = connection
        self._tasks: set[asyncio.Task[None]] = set()

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        expiry_s: int | None = None,
    ) -> None:
        """Hand over, or end the connection: half a conversation is worse than none."""
        try:
            self._connection.publish(topic, payload, qos=qos, retain=retain, expiry_s=expiry_s)
        except mqtt.ConnectionLost:
            return
        except mqtt.Overrun:
            log.warning("the broker takes nothing any more; connecting again")
            self._connection.abort()

    def reread(self, topics: Iterable[str]) -> None:
        """Subscribe to these once more: a broker then tells what it retains."""
        filters = [_wish(topic, 1) for topic in topics]
        task = asyncio.ensure_future(self._reread(filters))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reread(self, filters: list[mqtt.Subscription]) -> None:
        try:
            await self._connection.subscribe(filters)
        except mqtt.MqttError as fault:  # the line is told of by whoever serves it
            log.debug("nothing was read again: %s", fault)


async def stay_connected(
    party: Party, address: mqtt.BrokerAddress, on_state: Callable[[bool, str], None]
) -> None:
    """Serve a party until cancelled; each lost connection is told once with its reason."""

    async def once() -> None:
        hail = party.hail()
        will = mqtt.Will(hail.will_topic, hail.will_payload)
        connection = await mqtt.connect(
            address,
            client_id=hail.client_id,
            will=will,
            on_message=lambda message: _hand_over(party, message),
        )
        try:
            await connection.subscribe([_wish(topic, qos) for topic, qos in hail.filters])
            on_state(True, "connected")
            party.connected(_Line(connection))
            why = await connection.closed()
            on_state(False, why)
        finally:
            party.disconnected()
            await connection.close()

    async def serve(_: None) -> None:
        await once()

    async def nothing() -> None:
        return None

    await keep(
        nothing,
        serve,
        Backoff(),
        expected=(mqtt.MqttError, OSError),
        on_fault=lambda fault: on_state(False, str(fault)),
    )


_SET = "/set"  # a foreign party's wish: it is unsigned, so that here the flag must do


def _hand_over(party: Party, message: mqtt.Message) -> None:
    """A wish that somebody left at the broker would come again with each connection."""
    if message.retain and message.topic.endswith(_SET):
        log.warning("a stored wish was dropped: %s", message.topic)
        return
    party.on_message(message.topic, message.payload)


def _wish(topic: str, qos: int) -> mqtt.Subscription:
    """Commands are wanted live only: nothing that was stored for us may move anything."""
    live_only = topic.endswith((f"/{wire.COMMAND}", _SET))
    return mqtt.Subscription(topic, qos, live_only=live_only)
