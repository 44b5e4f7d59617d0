"""A door controller on a bench: a bus that records, a strike that pulses, a hub's keys."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devices import wire
from devices.access import Credential, DoorPolicy, Policy, Rule
from devices.clock import DeviceClock
from devices.device import Device
from devices.door import DoorController, DoorHardware
from devices.identity import Adoption, Identity
from devices.jws import Signer
from devices.messages import (
    Answer,
    Assurance,
    Command,
    Description,
    Event,
    HubKey,
    KeySet,
    Presentation,
    Revision,
    TimeTold,
)
from devices.outbox import Journal
from devices.policy import CardKeys, Compiled, encode

SITE, NAME, HUB = "liuxi", "gate", "hub-1"
NOW_S = 1_795_000_000.0
TOPICS = wire.Topics(SITE, NAME)


class Bus:
    """Records what the device says."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bytes, bool]] = []

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        expiry_s: int | None = None,
    ) -> None:
        assert qos == 1
        del expiry_s
        self.said.append((topic, payload, retain))

    def reread(self, topics: Iterable[str]) -> None:
        raise AssertionError(f"a device reads nothing again: {topics}")

    def heard(self, leaf: str) -> list[bytes]:
        return [raw for topic, raw, _ in self.said if topic == TOPICS.of(leaf)]


class Strike:
    """Counts its pulses; ``trouble`` is raised instead."""

    def __init__(self) -> None:
        self.pulses: list[tuple[int, int]] = []
        self.trouble: BaseException | None = None
        self.inputs_now: tuple[bool, ...] = (False, False, False)

    async def pulse(self, output: int, duration_ms: int) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.pulses.append((output, duration_ms))

    async def inputs(self) -> tuple[bool, ...]:
        return self.inputs_now

    async def close(self) -> None:
        return None


class Hub:
    """What a hub can sign."""

    def __init__(self) -> None:
        self.root = Ed25519PrivateKey.generate()
        self.keys = {
            use: Ed25519PrivateKey.generate() for use in ("command", "policy", "pass", "time")
        }

    def keyset(self, serial: int = 1, site: str = SITE) -> bytes:
        keys = tuple(
            HubKey(f"{use}-1", use, key.public_key().public_bytes_raw(), NOW_S - 9e5, NOW_S + 9e5)
            for use, key in self.keys.items()
        )
        return wire.sign_keyset(KeySet(site, serial, keys), Signer("root", self.root))

    def signer(self, use: str) -> Signer:
        return Signer(f"{use}-1", self.keys[use])


class Bench:
    """One controller of two doors, ready, with signed time and a policy in force."""

    def __init__(self, folder: Path, **hardware: Any) -> None:
        self.folder = folder
        self.hub = Hub()
        self.identity = Identity.make(NAME, "door")
        self.strike = Strike()
        self.hardware = hardware
        self.time_s = 0.0
        self.bus = Bus()
        self.device, self.door = self.boot()

    def boot(self, *, chip: Callable[[], float] | None = None) -> tuple[Device, DoorController]:
        adoption = Adoption(
            SITE, HUB, self.hub.root.public_key(), self.hub.keyset(), "-", 1, None, "-"
        )
        journal = Journal(self.folder / "journal.db", synced=False)
        clock = DeviceClock(lambda: self.time_s, chip, journal.number("time"))
        luck = _luck()
        device = Device(
            self.identity, adoption, journal, clock, luck, Description("door", "t", 1, (), (1, 2))
        )
        hardware = {
            1: DoorHardware(1, self.strike, 0, None, **self.hardware),
            2: DoorHardware(2, self.strike, 1),
        }
        return device, DoorController(device, hardware)

    async def ready(self) -> None:
        """Connect, answer the question for the time, and put a policy in force."""
        self.bus = Bus()
        self.device.hail()
        self.device.connected(self.bus)
        self.tell_time()
        self.put_policy()
        await self.turns()
        assert self.device.ready

    def tell_time(self, epoch: int = 7) -> None:
        (question, *_) = reversed(self.bus.heard(wire.TIME_WANT))
        nonce = wire.decode_time_want(question)
        assert isinstance(nonce, str)
        told = TimeTold(nonce, NOW_S + self.time_s, epoch)
        self.hear(wire.TIME_TOLD, wire.sign_time(told, TOPICS, self.hub.signer("time")))

    def put_policy(self, **door: Any) -> None:
        rules = {"r": Rule()}
        plan = DoorPolicy(1, rules=rules, people={"p1": ("r",)}, hold_ms=3_000)
        policy = Policy(
            Revision(7, 1),
            ZoneInfo("Asia/Shanghai"),
            {},
            frozenset(),
            {1: replace(plan, **door), 2: replace(plan, number=2)},
            {"04aabbccddeeff": Credential("k1", "p1")},
        )
        keys = {"04aabbccddeeff": CardKeys({4: bytes(16)})}
        compiled = Compiled(policy, keys)
        self.device.journal.keep_policy(Revision(7, 1), "x", encode(compiled))
        self.door.shelf._load()

    async def turns(self) -> None:
        for _ in range(30):
            await asyncio.sleep(0)

    def hear(self, leaf: str, raw: bytes) -> None:
        self.device.on_message(TOPICS.of(leaf), raw)

    def command(self, **changes: Any) -> Command:
        now_s = NOW_S + self.time_s
        plain = Command(
            "o-1", "access", 1, self.device.connection, 7, now_s, now_s + 5,
            Presentation("p1", Assurance.MUTUAL, Revision(7, 1), "phone"),
        )  # fmt: skip
        return replace(plain, **changes)

    async def send(
        self, command: Command, topics: wire.Topics = TOPICS, use: str = "command"
    ) -> bytes:
        raw = wire.sign_command(command, topics, self.hub.signer(use))
        self.hear(wire.COMMAND, raw)
        await self.turns()
        return raw

    def answers(self) -> list[Answer]:
        found = [
            wire.open_answer(raw, TOPICS, lambda _kid: self.identity.signing.public_key())
            for raw in self.bus.heard(wire.ANSWER)
        ]
        assert all(isinstance(answer, Answer) for answer in found)
        return found  # type: ignore[return-value]

    def events(self) -> list[Event]:
        return self.device.journal.unacked(1_000)

    async def close(self) -> None:
        self.device.close()
        await self.turns()
        self.device.journal.close()


def _luck() -> Callable[[int], bytes]:
    count = 0

    def draw(size: int) -> bytes:
        nonlocal count
        count += 1
        return count.to_bytes(size, "big")

    return draw
