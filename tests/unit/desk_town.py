"""A hub on a bench and a real issuing desk, with a broker between them that keeps its rules."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from devices import desk as desk_module
from devices import wire
from devices.clock import DeviceClock
from devices.desk import IssuingDesk
from devices.device import Device
from devices.identity import Adoption, Identity
from devices.messages import Description
from devices.outbox import Journal
from drivers.kinds import Card, OnState
from hub.acts.policies import Adoptee, adopt
from hub.gateways.broker_rules import rules_of
from simulators.ends import VirtualCard
from tests.drivers.waiting import until
from tests.unit.desk_bench import Laid
from tests.unit.hub_bench import CLIENT, SITE, HubBench, hub_bench

NAME = "desk-1"


class Hand:
    """A reader before which somebody lays cards down and lifts them."""

    def __init__(self) -> None:
        self.on_state: OnState | None = None
        self._laid: asyncio.Queue[Card] = asyncio.Queue(maxsize=10)

    async def cards(self) -> AsyncIterator[Card]:
        assert self.on_state is not None
        self.on_state(True, "here")
        while True:
            yield await self._laid.get()

    def lay(self, card: Card) -> None:
        self._laid.put_nowait(card)

    async def close(self) -> None:
        """It has no line."""


class Lifted(Laid):
    """A card that can be lifted at any time."""

    def lift(self) -> None:
        self.left = self.exchanges


class Line:
    """Carries what the broker's rules let through; spies see every payload."""

    def __init__(self) -> None:
        self.rules = rules_of(SITE, ["hub-1"])
        self.parties: dict[str, tuple[Callable[[str, bytes], None], tuple[str, ...]]] = {}
        self.seen: list[tuple[str, bytes]] = []
        self.stopped: set[str] = set()  # leaves that are lost on the way
        self.twice = False

    def bus(self, who: str) -> Any:
        line = self

        class Bus:
            def publish(self, topic: str, payload: bytes, **_options: Any) -> None:
                assert line.rules.may_write(who, topic), (who, topic)
                line.carry(who, topic, payload)

            def reread(self, topics: Any) -> None:
                """Nothing was lost."""

        return Bus()

    def carry(self, who: str, topic: str, payload: bytes) -> None:
        parts = wire.split_topic(topic)
        assert parts is not None
        self.seen.append((topic, payload))
        if parts[2] in self.stopped:
            return
        loop = asyncio.get_running_loop()
        for name, (hear, filters) in self.parties.items():
            if name == who or not any(_fits(each, topic) for each in filters):
                continue
            assert self.rules.may_read(name, topic), (name, topic)
            for _ in range(1 + self.twice):
                loop.call_soon(hear, topic, payload)


def _fits(wanted: str, topic: str) -> bool:
    one, other = wanted.split("/"), topic.split("/")
    return len(one) == len(other) and all(a in ("+", b) for a, b in zip(one, other, strict=True))


class DeskTown:
    """The hub, the desk, its reader and the line between them."""

    def __init__(self, bench: HubBench, line: Line, desk: IssuingDesk, hand: Hand) -> None:
        self.bench, self.line, self.desk, self.hand = bench, line, desk, hand

    async def lay(self, card: VirtualCard, tear_after: int | None = None) -> Lifted:
        """Lay a card down; returns when the hub knows of it."""
        held = self.bench.hub.desks.one(NAME)[1]
        before = held.card
        laid = Lifted(card, tear_after)
        self.hand.lay(laid)
        await until(lambda: held.card not in (None, before))
        return laid

    async def lift(self, laid: Lifted) -> None:
        laid.lift()
        await until(lambda: self.bench.hub.desks.one(NAME)[1].card is None)

    @property
    def presence(self) -> str | None:
        return self.bench.hub.desks.one(NAME)[1].card

    async def ask(self, what: str, **body: Any) -> tuple[int, dict[str, Any]]:
        """POST to this desk, for the card that lies there unless another is named."""
        body = {"card": self.presence or "none"} | body
        answer = await self.bench.http.post(
            f"/api/v1/desks/{NAME}/{what}", json=body, headers=CLIENT
        )
        return answer.status_code, dict(answer.json())

    async def open(self, secret: str) -> None:
        self.bench.pass_s(31)
        body = {"otp": self.bench.otp(secret)}
        url = f"/api/v1/desks/{NAME}/open"
        answer = await self.bench.http.post(url, json=body, headers=CLIENT)
        assert answer.status_code == 200, answer.text


@asynccontextmanager
async def desk_town(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DeskTown]:
    monkeypatch.setattr(desk_module, "LOOK_S", 0.005)
    async with hub_bench(folder) as bench:
        hub, identity = bench.hub, Identity.make(NAME, "desk")
        public = identity.public
        await hub.writer.submit(adopt, Adoptee(NAME, "desk", public.ed25519, public.x25519))
        hub.memory.reload()
        root = Ed25519PublicKey.from_public_bytes(hub.keys.root_public)
        adoption = Adoption(SITE, "hub-1", root, hub.keys.keyset, "-", 1, None, "-")
        journal = Journal(folder / "desk.db", synced=False)
        clock = DeviceClock(lambda: bench.now.timestamp(), None, 0.0)  # noqa: PLW0108
        device = Device(identity, adoption, journal, clock, _luck(), _DESCRIPTION)
        hand, line = Hand(), Line()
        desk = IssuingDesk(device, hand)
        line.parties["hub-1"] = (hub.ingest.on_message, _topics(hub.ingest))
        hub.ingest.connected(line.bus("hub-1"))
        line.parties[NAME] = (device.on_message, _topics(device))
        device.connected(line.bus(NAME))
        work = asyncio.ensure_future(desk.run())
        here = DeskTown(bench, line, desk, hand)
        await until(lambda: device.ready and hub.desks.one(NAME)[1].reader)
        try:
            yield here
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
            device.disconnected()
            hub.ingest.disconnected()
            journal.close()


def _topics(party: Any) -> tuple[str, ...]:
    return tuple(name for name, _ in party.hail().filters)


def _luck() -> Callable[[int], bytes]:
    count = iter(range(1, 1_000_000))
    return lambda size: next(count).to_bytes(size, "big")


_DESCRIPTION = Description("desk", "t", 1, ())
