"""Each serial driver at work on its far end: what a wire must live through, tried on all alike."""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any, Final, Protocol

from drivers import cjt188, dlt645
from drivers.kinds import OnState, StrikeFault
from drivers.link import Link
from drivers.meter_bus import MeterBus
from drivers.modbus_relay import ModbusRelay
from drivers.pn532 import Pn532Reader
from drivers.qr_scanner import QrScanner
from drivers.readings import MeterFault, Question, Reading
from simulators.ends.cards import ClonedUidCard
from simulators.ends.meters import Cjt188Meter, Dlt645Meter, MeterLineEnd
from simulators.ends.pn532_end import Pn532End
from simulators.ends.qr_end import QrScannerEnd
from simulators.ends.relay_end import RelayBoardEnd
from simulators.ends.verbs import End
from simulators.ends.wires import Noise

USE_S: Final = 1.0  # how long one use of a device waits for what happened there
PRESENCE_S: Final = 0.02  # a quick hand wants a quick look
THINK_S: Final = 0.1  # simulated meters answer within 20 ms
SEEN_MOST: Final = 100  # events nobody looked for yet
FLOOD_CHUNK_BYTES: Final = 1_000
FLOOD_CHUNKS: Final = 200  # 200 kB: three times what a line keeps for a driver that does not read

Hand = Callable[[Callable[[], object]], Awaitable[None]]  # works the end on the end's own loop


class Drive(Protocol):
    """A driver at work."""

    async def use(self, end: Any, hand: Hand) -> bool:
        """Let something happen at the end; whether the driver told it, and told it rightly."""

    async def close(self) -> None:
        """Let go of the line."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A protocol with its far end and its driver, both made on the running loop."""

    protocol: str
    host: Callable[[], End]
    drive: Callable[[str, OnState], Drive]  # the end's path, and who is told of its state
    head: bytes  # how a frame begins: repeated without end it is the hardest noise


class _Seen:
    """A driver that tells by itself: what it told waits here."""

    def __init__(self, driver: Any, events: Callable[[], Any], shown: Callable[[Any], str]) -> None:
        self._driver = driver
        self._seen: deque[str] = deque(maxlen=SEEN_MOST)
        self._news = asyncio.Event()
        self._task = asyncio.ensure_future(self._read(events, shown))

    async def _read(self, events: Callable[[], Any], shown: Callable[[Any], str]) -> None:
        async for event in events():
            self._seen.append(shown(event))
            self._news.set()

    async def saw(self, wanted: str) -> bool:
        """Wait for one event a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(USE_S):
                while wanted not in self._seen:
                    self._news.clear()
                    await self._news.wait()
                return True
        return False

    async def close(self) -> None:
        await self._driver.close()
        await asyncio.wait([self._task])
        self._task.result()


class _Reading(_Seen):
    """A card reader."""

    def __init__(self, path: str, on_state: OnState) -> None:
        reader = Pn532Reader(lambda: Link.open(path), on_state=on_state, presence_s=PRESENCE_S)
        super().__init__(reader, reader.cards, lambda card: str(card.uid.hex()))
        self._uids = count(0x04_00_00_01)

    async def use(self, end: Pn532End, hand: Hand) -> bool:
        uid = next(self._uids).to_bytes(4, "big")
        await hand(lambda: end.tap(ClonedUidCard(uid)))
        told = await self.saw(uid.hex())
        await hand(end.lift)
        return told


class _Scanning(_Seen):
    """A scanner of codes."""

    def __init__(self, path: str, on_state: OnState) -> None:
        scanner = QrScanner(lambda: Link.open(path, baudrate=9_600), on_state=on_state)
        super().__init__(scanner, scanner.texts, str)
        self._numbers = count(1)

    async def use(self, end: QrScannerEnd, hand: Hand) -> bool:
        text = f"code {next(self._numbers)}"
        await hand(lambda: end.show(text))
        return await self.saw(text)


class _Board:
    """A relay board."""

    def __init__(self, path: str, on_state: OnState) -> None:
        self._relay = ModbusRelay(lambda: Link.open(path, baudrate=9_600), on_state=on_state)
        self._relay.start()
        self._pressed = False

    async def use(self, end: RelayBoardEnd, hand: Hand) -> bool:
        self._pressed = not self._pressed
        await hand(lambda: end.set_input(0, on=self._pressed))
        try:
            return (await self._relay.inputs())[0] == self._pressed
        except StrikeFault:
            await asyncio.sleep(0.01)  # it is away, and says so at once
            return False

    async def close(self) -> None:
        await self._relay.close()


class _Meters:
    """A line with one meter."""

    def __init__(self, path: str, on_state: OnState, question: Question[Reading]) -> None:
        self._question = question
        self._bus = MeterBus(
            lambda: Link.open(path, baudrate=2_400, parity="E"),
            baud=115_200,
            think_s=THINK_S,
            gap_s=THINK_S,
            on_state=on_state,
        )
        self._bus.start()

    async def use(self, end: MeterLineEnd, hand: Hand) -> bool:
        meter = end.meters[0]
        await hand(lambda: meter.consume(Decimal("0.01")))
        try:
            return (await self._bus.ask(self._question)).value == meter.total
        except MeterFault:
            await asyncio.sleep(0.01)  # as a board
            return False

    async def close(self) -> None:
        await self._bus.close()


def _meter(kind: Callable[[], Dlt645Meter | Cjt188Meter], question: Question[Reading]) -> Wire:
    return Wire(
        "dlt645" if kind is Dlt645Meter else "cjt188",
        lambda: MeterLineEnd([kind()]),
        lambda path, on_state: _Meters(path, on_state, question),
        b"\x68",
    )


# Every serial driver; a new one is one line here.
WIRES: Final = (
    Wire("pn532", Pn532End, _Reading, b"\x00\x00\xff"),
    Wire("qr", QrScannerEnd, _Scanning, b"A"),
    Wire("modbus-relay", RelayBoardEnd, _Board, b"\x01\x02\xfa"),
    _meter(Dlt645Meter, dlt645.ask_register("000102030425")),
    _meter(Cjt188Meter, cjt188.ask_total("00000000123456")),
)


def noise_of(odds: float, seed: int) -> Noise:
    """A line on which each chunk loses, gains and changes a byte with these odds."""
    return Noise(random.Random(seed), flip=odds, drop=odds, insert=odds)


async def flood(wire: Wire, end: End, hand: Hand, seed: int) -> None:
    """A far end gone mad: 200 kB of noise and of heads, as fast as a line takes it."""
    luck = random.Random(seed)
    heads = (wire.head * FLOOD_CHUNK_BYTES)[:FLOOD_CHUNK_BYTES]
    for turn in range(FLOOD_CHUNKS):
        chunk = heads if turn % 2 else luck.randbytes(FLOOD_CHUNK_BYTES)
        await hand(lambda chunk=chunk: end.line.write(chunk))  # type: ignore[misc]
        await asyncio.sleep(0.001)
