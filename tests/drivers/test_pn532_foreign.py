"""pn532pi before our far end: a host of that chip that nobody here wrote."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest
import serial
from pn532pi.interfaces import pn532hsu
from pn532pi.nfc.pn532 import Pn532

from drivers.ntag424 import APPLICATION, Ev2Initiator, native
from simulators.ends import ClonedUidCard, Ntag424Card, Pn532End
from tests.drivers.waiting import until

UID = bytes.fromhex("04de5f1eacc040")
KIND_A = 0  # 106 kbit/s, ISO 14443 A
ALWAYS_S = 30.0  # it takes what is not there at once for lost, however busy the machine is
T = TypeVar("T")


class ForeignHost:
    """The library's own chip on our line, worked in a thread since it blocks."""

    def __init__(self, path: str) -> None:
        self._port = serial.Serial(path, 115_200)
        line = pn532hsu.Pn532Hsu.__new__(pn532hsu.Pn532Hsu)  # its __init__ opens a Pi's own port
        line._serial, line.command, line.begin = self._port, 0, lambda: None
        self.chip = Pn532(line)

    async def do(self, work: Callable[[Any], T]) -> T:
        return await asyncio.to_thread(work, self.chip)

    def close(self) -> None:
        self._port.close()


@asynccontextmanager
async def host(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[ForeignHost, Pn532End]]:
    monkeypatch.setattr(pn532hsu, "PN532_ACK_WAIT_TIME", ALWAYS_S * 1e3)
    end = Pn532End()
    foreign = ForeignHost(end.path)
    try:
        await foreign.do(lambda chip: chip.begin())
        assert await foreign.do(lambda chip: chip.SAMConfig())
        yield foreign, end
    finally:
        foreign.close()
        end.close()


def listed(chip: Any) -> tuple[bool, bytes]:
    is_there, uid = chip.readPassiveTargetID(KIND_A, ALWAYS_S * 1e3)
    return is_there, bytes(uid)


async def test_it_knows_our_chip_and_the_cards_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with host(monkeypatch) as (foreign, end):
        assert await foreign.do(lambda chip: chip.getFirmwareVersion()) == 0x32010607
        for card in (Ntag424Card(UID), ClonedUidCard(b"\x08\x01\x02\x03")):
            end.tap(card)
            assert await foreign.do(listed) == (True, card.uid)
            end.lift()


async def test_a_card_that_comes_later_is_told_when_it_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with host(monkeypatch) as (foreign, end):
        waiting = asyncio.ensure_future(foreign.do(listed))
        await until(lambda: end.is_waiting)
        assert not waiting.done()
        end.tap(Ntag424Card(UID))
        assert await waiting == (True, UID)


async def test_it_carries_the_commands_of_an_authentication(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with host(monkeypatch) as (foreign, end):
        card = Ntag424Card(UID)
        card.keys[3] = b"\x33" * 16
        end.tap(card)
        assert await foreign.do(lambda chip: chip.inListPassiveTarget())

        async def transceive(apdu: bytes) -> bytes:
            is_told, answer = await foreign.do(lambda chip: chip.inDataExchange(bytearray(apdu)))
            assert is_told
            return bytes(answer)

        select = b"\x00\xa4\x04\x0c" + bytes((len(APPLICATION),)) + APPLICATION + b"\0"
        assert await transceive(select) == b"\x90\x00"
        ours = Ev2Initiator(b"\x33" * 16, slot=3)
        challenge = await transceive(native(0x71, b"\x03\x00"))
        answer = await transceive(native(0xAF, ours.first(challenge[:-2])))
        assert ours.finish(answer[:-2]) == card._session
        end.lift()
        is_told, _ = await foreign.do(lambda chip: chip.inDataExchange(bytearray(select)))
        assert not is_told
