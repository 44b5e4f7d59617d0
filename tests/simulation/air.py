"""A broker in memory with everything that goes wrong between two ends: delay, repeats, cuts.

Order is kept from each sender to each receiver, as MQTT keeps it; messages of a connection that
ended are lost; a cut connection leaves its will.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from devices.ports import Hail, Party

BACK_S = (0.05, 2.0)  # how long somebody stays away after a lost connection


@dataclass(slots=True)
class Weather:
    """How bad the network is now."""

    delay_s: tuple[float, float] = (0.001, 0.05)
    repeat: float = 0.05


@dataclass(slots=True)
class _Link:
    hail: Hail
    party: Party
    alive: bool = True
    arrives_s: float = 0.0
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Air:
    """The broker; ``stay`` keeps a party on it until cancelled."""

    def __init__(self, luck: Random) -> None:
        self.luck = luck
        self.weather = Weather()
        self.links: dict[str, _Link] = {}
        self.retained: dict[str, bytes] = {}
        self.unreachable: set[str] = set()
        self.down = False
        self.spy: Callable[[str, str, bytes], None] = lambda _who, _topic, _raw: None

    # ----------------------------------------------------------------- connections

    async def stay(self, party: Party, name: str) -> None:
        """As `devices.runner.stay_connected`, on this broker."""
        while True:
            if not self.down and name not in self.unreachable:
                link = _Link(party.hail(), party)
                self.connect(name, link)
                try:
                    await link.ended.wait()
                finally:
                    link.alive = False
                    if self.links.get(name) is link:
                        del self.links[name]
                    party.disconnected()
            await asyncio.sleep(self.luck.uniform(*BACK_S))

    def connect(self, name: str, link: _Link) -> None:
        old = self.links.pop(name, None)
        if old is not None:
            self._end(old, will=True)
        self.links[name] = link
        for topic, payload in list(self.retained.items()):
            if _wanted(link.hail, topic):
                self._send(link, topic, payload)
        link.party.connected(_Line(self, name, link))

    def cut(self, name: str) -> None:
        """The connection breaks; the other side learns it by the will."""
        link = self.links.pop(name, None)
        if link is not None:
            self._end(link, will=True)

    def crash(self, *, keep_retained: bool) -> None:
        """The broker dies: every connection ends, without any will."""
        self.down = True
        for link in self.links.values():
            self._end(link, will=False)
        self.links.clear()
        if not keep_retained:
            self.retained.clear()

    def _end(self, link: _Link, *, will: bool) -> None:
        link.alive = False
        link.ended.set()
        if will:
            self.publish("", link.hail.will_topic, link.hail.will_payload, retain=True)

    # ----------------------------------------------------------------- messages

    def publish(self, sender: str, topic: str, payload: bytes, *, retain: bool) -> None:
        self.spy(sender, topic, payload)
        if retain:
            self.retained[topic] = payload
        for link in list(self.links.values()):
            if _wanted(link.hail, topic):
                self._send(link, topic, payload)
                if self.luck.random() < self.weather.repeat:
                    self._send(link, topic, payload)

    def _send(self, link: _Link, topic: str, payload: bytes) -> None:
        loop = asyncio.get_running_loop()
        due = max(loop.time() + self.luck.uniform(*self.weather.delay_s), link.arrives_s)
        link.arrives_s = due
        loop.call_at(due, self._deliver, link, topic, payload)

    def _deliver(self, link: _Link, topic: str, payload: bytes) -> None:
        if link.alive:
            link.party.on_message(topic, payload)


class _Line:
    def __init__(self, air: Air, name: str, link: _Link) -> None:
        self._air, self._name, self._link = air, name, link

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        expiry_s: int | None = None,
    ) -> None:
        del qos, expiry_s
        if not self._link.alive:
            return
        loop = asyncio.get_running_loop()
        delay_s = self._air.luck.uniform(*self._air.weather.delay_s)
        due = max(loop.time() + delay_s, self._link.arrives_s)
        self._link.arrives_s = due
        loop.call_at(due, self._arrive, topic, payload, retain)

    def reread(self, topics: Iterable[str]) -> None:
        for topic in topics:
            if self._link.alive and topic in self._air.retained:
                self._air._send(self._link, topic, self._air.retained[topic])

    def _arrive(self, topic: str, payload: bytes, retain: bool) -> None:
        if self._link.alive:
            self._air.publish(self._name, topic, payload, retain=retain)


def _wanted(hail: Hail, topic: str) -> bool:
    return any(matches(pattern, topic) for pattern, _ in hail.filters)


def matches(pattern: str, topic: str) -> bool:
    """MQTT's topic filters."""
    want, have = pattern.split("/"), topic.split("/")
    for index, part in enumerate(want):
        if part == "#":
            return True
        if index >= len(have) or part not in ("+", have[index]):
            return False
    return len(want) == len(have)


async def ended(task: "asyncio.Task[None]") -> None:
    """Cancel and wait."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
