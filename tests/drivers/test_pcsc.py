"""A desk reader behind the system's service: presences, torn cards, unplugging, names."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from drivers.catalogue import open_reader
from drivers.kinds import Card, CardLost, NotIsoDep
from drivers.ntag424_desk import Lies, look, personalise
from drivers.pcsc import ASK_UID, PcscFault, PcscReader, Present
from simulators.ends import Ntag424Card
from tests.drivers.fields import UID, URL, keys
from tests.drivers.waiting import until

ISO_ATR = bytes.fromhex("3b8180018080")
STORAGE_ATR = bytes.fromhex("3b8f8001804f0ca000000306030001000000006a")
NAME = "ACS ACR122U PICC Interface 00 00"


class Table:
    """A service with one reader, on which a test lays cards; asked from threads."""

    def __init__(self) -> None:
        self.names = [NAME]
        self.card: Ntag424Card | None = None
        self.number = b""  # a card that is only a number
        self.vanishes = False  # gone before anybody could speak with it
        self.held = 0
        self._moved = threading.Condition()

    def put(self, card: Ntag424Card | None, number: bytes = b"") -> None:
        with self._moved:
            self.card, self.number = card, number
            if card is not None:
                card.wake()
            self._moved.notify_all()

    def _there(self) -> bool:
        return self.card is not None or bool(self.number)

    def readers(self) -> list[str]:
        return self.names

    def is_present(self, reader: str, was: bool | None, wait_ms: int) -> bool:
        del wait_ms
        if reader not in self.names:
            raise PcscFault("the reader was unplugged")
        with self._moved:
            self._moved.wait_for(lambda: self._there() != was, 0.01)
            return self._there()

    def connect(self, reader: str) -> Present:
        del reader
        if self.vanishes:
            self.vanishes = False
            raise CardLost("gone")
        self.held += 1
        return Present(self.card, STORAGE_ATR if self.number else ISO_ATR)

    def transmit(self, card: Present, apdu: bytes) -> bytes:
        if apdu == ASK_UID:
            return (self.number or card.handle.uid) + b"\x90\x00"
        held = card.handle
        if held is not self.card or held is None:
            raise CardLost("removed")
        return held.exchange(apdu)

    def disconnect(self, card: Present) -> None:
        del card
        self.held -= 1


class Taken:
    """The cards that a reader gave, and what it said of itself."""

    def __init__(self, table: Table, words: str = "acr122") -> None:
        self.told: list[tuple[bool, str]] = []
        self.reader = PcscReader(
            words,
            lambda: table,
            on_state=lambda online, why: self.told.append((online, why)),
            luck=lambda: 0.0,
        )
        self._cards = self.reader.cards()

    async def next(self) -> Card:
        return await anext(self._cards)


@asynccontextmanager
async def before(table: Table, words: str = "acr122") -> AsyncIterator[Taken]:
    taken = Taken(table, words)
    yield taken
    await taken.reader.close()
    with pytest.raises(StopAsyncIteration):
        await taken.next()


async def test_a_blank_is_personalised_and_known_when_it_comes_again() -> None:
    table = Table()
    async with before(table) as desk:
        table.put(Ntag424Card(UID))
        card = await desk.next()
        assert (card.uid, card.iso_dep, card.provable) == (UID, True, True)
        await personalise(card.transceive, UID, keys(), URL)
        held, again = table.card, asyncio.ensure_future(desk.next())
        table.put(None)
        await until(lambda: table.held == 0)
        await asyncio.sleep(0.05)
        table.put(held)
        card = await again
        assert await look(card.transceive, UID, keys(), URL) is Lies.OURS
        assert desk.told == [(True, NAME)]


async def test_a_card_that_stays_is_one_presence_and_one_that_vanishes_is_none() -> None:
    table = Table()
    async with before(table) as desk:
        table.vanishes = True
        table.put(Ntag424Card(UID))
        card = await desk.next()  # the second try finds it
        again = asyncio.ensure_future(desk.next())
        await asyncio.sleep(0.1)
        assert not again.done()
        table.put(None)
        with pytest.raises(CardLost):
            await card.transceive(b"\x00\xa4\x04\x0c")
        table.put(Ntag424Card(bytes.fromhex("04000000000002")))
        await again


async def test_a_card_that_is_only_a_number_takes_no_commands() -> None:
    table = Table()
    async with before(table) as desk:
        table.put(None, b"\x01\x02\x03\x04")
        card = await desk.next()
        assert (card.uid, card.iso_dep) == (b"\x01\x02\x03\x04", False)
        with pytest.raises(NotIsoDep):
            await card.transceive(b"\x00\xa4\x04\x0c")


async def test_a_reader_that_is_not_there_is_named_and_comes_back() -> None:
    table = Table()
    table.names = ["Broadcom Keyboard"]
    async with before(table) as desk:
        again = asyncio.ensure_future(desk.next())
        await until(lambda: bool(desk.told))
        assert desk.told[0] == (False, "no reader is called acr122; there are: Broadcom Keyboard")
        table.names = [NAME]
        table.put(Ntag424Card(UID))
        await again
        assert desk.told[-1] == (True, NAME)


async def test_without_the_extra_it_says_what_to_install() -> None:
    told: list[tuple[bool, str]] = []
    reader = open_reader("pcsc://ACR", lambda _: b"", on_state=lambda *said: told.append(said))
    work = asyncio.ensure_future(anext(reader.cards()))
    await until(lambda: bool(told))
    assert told[0][0] is False
    assert "linli[pcsc]" in told[0][1] or "smart-card service" in told[0][1]
    await reader.close()
    with pytest.raises(StopAsyncIteration):
        await work
