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
from drivers.escpos_printer import EscposPrinter
from drivers.framing import Deframer
from drivers.kinds import OnState, StrikeFault
from drivers.lcus import LcusRelay
from drivers.link import Link
from drivers.meter_bus import MeterBus
from drivers.modbus_relay import ModbusRelay
from drivers.number_reader import NumberReader
from drivers.osdp_bus import OsdpBus
from drivers.pn532 import Pn532Reader
from drivers.qr_scanner import QrScanner
from drivers.rdm6300 import Rdm6300Deframer
from drivers.readings import MeterFault, Question, Reading
from drivers.wiegand import WiegandDeframer
from simulators.ends.cards import ClonedUidCard
from simulators.ends.lcus_end import LcusEnd
from simulators.ends.meters import Cjt188Meter, Dlt645Meter, MeterLineEnd
from simulators.ends.number_ends import Rdm6300End, WiegandEnd
from simulators.ends.osdp_end import OsdpEnd
from simulators.ends.osdp_pd import OsdpPd
from simulators.ends.paper_end import PaperEnd
from simulators.ends.pn532_end import Pn532End
from simulators.ends.qr_end import QrScannerEnd
from simulators.ends.relay_end import RelayBoardEnd
from simulators.ends.wires import LineEnd, Noise

PULSE_MS: Final = 20
USE_S: Final = 1.0  # how long one use of a device waits for what happened there
PRESENCE_S: Final = 0.02  # a quick hand wants a quick look
THINK_S: Final = 0.1  # simulated meters answer within 20 ms
SEEN_MOST: Final = 100  # events nobody looked for yet
OSDP_KEY: Final = bytes(range(16))  # both ends are of this program
OSDP_BAUD: Final = 115_200
OSDP_POLL_MS: Final = 10
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
    host: Callable[[], LineEnd]
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


class _Numbers(_Seen):
    """A reader of bare numbers; a card is tapped as so many bytes."""

    def __init__(
        self, path: str, on_state: OnState, make: Callable[[], Deframer[Any]], size: int
    ) -> None:
        reader = NumberReader(
            lambda: Link.open(path, baudrate=9_600),
            make,
            on_state=on_state,
            presence_s=PRESENCE_S,
        )
        super().__init__(reader, reader.cards, lambda card: str(card.uid.hex()))
        self._numbers = count(0x010203)
        self._size = size

    async def use(self, end: Rdm6300End | WiegandEnd, hand: Hand) -> bool:
        number = next(self._numbers).to_bytes(self._size, "big")
        await hand(lambda: end.tap(number))
        told = await self.saw(number[-4:].rjust(4, b"\0").hex())
        if isinstance(end, Rdm6300End):
            await hand(end.lift)
        return told


class _Osdp(_Seen):
    """A reader with a secure channel, alone on its bus."""

    def __init__(self, path: str, on_state: OnState) -> None:
        self._bus = OsdpBus(lambda: Link.open(path, baudrate=OSDP_BAUD), OSDP_BAUD)
        reader = self._bus.add(1, OSDP_KEY, "reader", poll_ms=OSDP_POLL_MS)
        reader.on_state = on_state
        super().__init__(reader, reader.cards, lambda card: str(card.uid.hex()))
        self._numbers = count(0x00_00_00_01)

    async def use(self, end: OsdpEnd, hand: Hand) -> bool:
        number = next(self._numbers).to_bytes(4, "big")
        await hand(lambda: end.readers[0].tap(number, 34))
        return await self.saw(number.hex())

    async def close(self) -> None:
        await self._bus.close()
        await super().close()


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


class _Mute:
    """A board that never answers: whether it moved is seen at the board."""

    def __init__(self, path: str, on_state: OnState) -> None:
        self._relay = LcusRelay(lambda: Link.open(path, baudrate=9_600), on_state=on_state)
        self._relay.start()

    async def use(self, end: LcusEnd, hand: Hand) -> bool:
        del hand  # nothing happens there but what it is told
        moved = len(end.coil_log)
        try:
            await self._relay.pulse(0, PULSE_MS)
        except StrikeFault:
            await asyncio.sleep(0.01)  # as a board that answers
            return False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(USE_S):
                while len(end.coil_log) < moved + 2:  # noqa: ASYNC110 - it may be of another loop
                    await asyncio.sleep(0.001)
                return True
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


class _Printer:
    """A slip printer; somebody opens its cover and shuts it."""

    def __init__(self, path: str, on_state: OnState) -> None:
        self._printer = EscposPrinter(lambda: Link.open(path), columns=32, on_state=on_state)
        self._news = asyncio.Event()
        self._printer.on_status = self._news.set
        self._printer.start()

    async def use(self, end: PaperEnd, hand: Hand) -> bool:
        await hand(end.open_cover)
        is_opened = await self._saw(is_open=True)
        await hand(end.close_cover)
        return await self._saw(is_open=False) and is_opened

    async def _saw(self, *, is_open: bool) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(USE_S):
                while self._printer.status.cover_open is not is_open:
                    self._news.clear()
                    await self._news.wait()
                return True
        return False

    async def close(self) -> None:
        await self._printer.close()


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
    Wire("osdp", lambda: OsdpEnd([OsdpPd(1, OSDP_KEY)]), _Osdp, b"\x53\x81"),
    Wire("qr", QrScannerEnd, _Scanning, b"A"),
    Wire("modbus-relay", RelayBoardEnd, _Board, b"\x01\x02\xfa"),
    Wire(
        "rdm6300",
        Rdm6300End,
        lambda path, on_state: _Numbers(path, on_state, Rdm6300Deframer, 5),
        b"\x02",
    ),
    Wire(
        "wiegand",
        WiegandEnd,
        lambda path, on_state: _Numbers(path, on_state, WiegandDeframer, 3),
        b"0",
    ),
    Wire("escpos", PaperEnd, _Printer, b"\x10\x00"),
    Wire("lcus", LcusEnd, _Mute, b"\xa0"),
    _meter(Dlt645Meter, dlt645.ask_register("000102030425")),
    _meter(Cjt188Meter, cjt188.ask_total("00000000123456")),
)


def noise_of(odds: float, seed: int) -> Noise:
    """A line on which each chunk loses, gains and changes a byte with these odds."""
    return Noise(random.Random(seed), flip=odds, drop=odds, insert=odds)


async def flood(wire: Wire, end: LineEnd, hand: Hand, seed: int) -> None:
    """A far end gone mad: 200 kB of noise and of heads, as fast as a line takes it."""
    luck = random.Random(seed)
    heads = (wire.head * FLOOD_CHUNK_BYTES)[:FLOOD_CHUNK_BYTES]
    for turn in range(FLOOD_CHUNKS):
        chunk = heads if turn % 2 else luck.randbytes(FLOOD_CHUNK_BYTES)
        await hand(lambda chunk=chunk: end.line.write(chunk))  # type: ignore[misc]
        await asyncio.sleep(0.001)
