"""A desk reader behind PC/SC (ACR122U and its kind), as on a clerk's Windows computer.

The system's smart-card service does the radio; it is asked in threads, since it blocks. pyscard is
an extra (`pcsc`): it is built against the system's library, and nothing else needs it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from drivers.kinds import TRANSCEIVE_S, Card, CardLost, NotIsoDep, OnState
from drivers.reconnect import Backoff

WAIT_MS: Final = 500  # one question to the service; so long a closing reader may linger
APDU_MOST_BYTES: Final = 261
ASK_UID: Final = bytes.fromhex("ffca000000")  # PC/SC part 3: the service's own word for the number
# PC/SC part 3: so a card without ISO 14443-4 is described, whatever it is
STORAGE_CARD: Final = bytes.fromhex("804f0ca000000306")


class PcscFault(Exception):
    """The service is silent or the reader is gone; the text says which and what to check."""


@dataclass(frozen=True, slots=True)
class Present:
    """A card in a reader: the service's name for the connection, and its answer to reset."""

    handle: Any
    atr: bytes


class Pcsc(Protocol):
    """What we ask of the system; every call blocks. Raises PcscFault, or CardLost for a card."""

    def readers(self) -> list[str]:
        """The readers' names."""

    def is_present(self, reader: str, was: bool | None, wait_ms: int) -> bool:
        """Whether a card lies there; waits so long for that to change."""

    def connect(self, reader: str) -> Present:
        """Speak with the card that lies there."""

    def transmit(self, card: Present, apdu: bytes) -> bytes:
        """One APDU and its answer with the status word."""

    def disconnect(self, card: Present) -> None:
        """Let go of it; it forgets its sessions."""


class PcscCard:
    """One presence of a card; usable until the next card is asked for."""

    def __init__(self, service: Pcsc, held: Present, uid: bytes, at_ns: int) -> None:
        self._service = service
        self._held = held
        self.uid = uid
        self.first_byte_at_ns = at_ns
        self.iso_dep = STORAGE_CARD not in held.atr

    @property
    def provable(self) -> bool:
        """A card at this reader can be challenged."""
        return True

    async def transceive(self, apdu: bytes, timeout_s: float = TRANSCEIVE_S) -> bytes:
        """One APDU and its answer; raises CardLost. The service has time limits of its own."""
        del timeout_s
        if not self.iso_dep:
            raise NotIsoDep(f"card {self.uid.hex()} takes no commands")
        if len(apdu) > APDU_MOST_BYTES:
            raise ValueError(f"an APDU has at most {APDU_MOST_BYTES} bytes here, not {len(apdu)}")
        try:
            answer = await asyncio.to_thread(self._service.transmit, self._held, apdu)
        except PcscFault as fault:
            raise CardLost(f"card {self.uid.hex()}: {fault}") from fault
        if len(answer) < 2:
            raise CardLost(f"card {self.uid.hex()}: an answer without status")
        return answer


class PcscReader:
    """The first reader whose name has these words; comes back by itself; see kinds.CardReader."""

    def __init__(
        self,
        words: str,
        service: Callable[[], Pcsc],
        *,
        on_state: OnState | None = None,
        luck: Callable[[], float] = random.random,
    ) -> None:
        self._words = words.casefold()
        self._make = service
        self._backoff = Backoff(luck=luck)
        self._told: tuple[bool, str] | None = None
        self._closing = asyncio.Event()
        self.on_state = on_state

    async def cards(self) -> AsyncIterator[Card]:
        """Each new presence of a card, through unplugging and return, until close()."""
        while not self._closing.is_set():
            try:
                service = await asyncio.to_thread(self._make)
                name = self._named(await asyncio.to_thread(service.readers))
                self._report(True, name)
                self._backoff.reset()
                async for card in self._presences(service, name):
                    yield card
            except PcscFault as fault:
                if not self._closing.is_set():
                    self._report(False, str(fault))
                    await self._pause(self._backoff.next_s())

    def look(self) -> tuple[str, bool]:
        """Its whole name, and whether a card lies there; blocks; raises PcscFault."""
        service = self._make()
        name = self._named(service.readers())
        return name, service.is_present(name, None, WAIT_MS)

    async def close(self) -> None:
        """Let go; cards() ends after the question that is under way."""
        self._closing.set()

    def _named(self, readers: list[str]) -> str:
        for name in readers:
            if self._words in name.casefold():
                return name
        known = ", ".join(readers) or "none"
        raise PcscFault(f"no reader is called {self._words or 'anything'}; there are: {known}")

    async def _presences(self, service: Pcsc, name: str) -> AsyncIterator[Card]:
        was: bool | None = None
        while not self._closing.is_set():
            there = await asyncio.to_thread(service.is_present, name, was, WAIT_MS)
            is_new, was = there and not was, there
            if not is_new:
                continue
            at_ns = time.perf_counter_ns()
            try:
                held = await asyncio.to_thread(service.connect, name)
            except CardLost:
                was = False  # gone before we could speak with it
                continue
            try:
                card = await self._card(service, held, at_ns)
                if card is not None:
                    yield card
            finally:
                await asyncio.to_thread(service.disconnect, held)

    @staticmethod
    async def _card(service: Pcsc, held: Present, at_ns: int) -> PcscCard | None:
        try:
            told = await asyncio.to_thread(service.transmit, held, ASK_UID)
        except CardLost:
            return None
        if told[-2:] != b"\x90\x00" or not 4 <= len(told) - 2 <= 10:
            return None  # a contact card, or a reader that tells no numbers
        return PcscCard(service, held, told[:-2], at_ns)

    async def _pause(self, delay_s: float) -> None:
        try:
            async with asyncio.timeout(delay_s):
                await self._closing.wait()
        except TimeoutError:
            return

    def _report(self, online: bool, why: str) -> None:
        if self._told != (online, why):
            self._told = (online, why)
            if self.on_state is not None:
                self.on_state(online, why)


def system_readers() -> list[str]:
    """The names of the system's readers; none where it has no such service, or no pyscard."""
    try:
        return SystemPcsc().readers()
    except PcscFault:
        return []


class SystemPcsc:
    """The system's own service, by pyscard; raises PcscFault where it is not installed."""

    def __init__(self) -> None:
        try:
            from smartcard import scard  # noqa: PLC0415 - an extra
        except ImportError as missing:
            raise PcscFault("pcsc:// needs pyscard: pip install 'linli[pcsc]'") from missing
        self._scard: Any = scard
        self._state = 0
        self._context = self._good(
            scard.SCardEstablishContext(scard.SCARD_SCOPE_USER),
            "the smart-card service does not answer; is it running",
        )

    def readers(self) -> list[str]:
        """See Pcsc."""
        code, names = self._scard.SCardListReaders(self._context, [])
        if code == self._scard.SCARD_E_NO_READERS_AVAILABLE:
            return []
        return list(self._good((code, names), "the readers cannot be listed"))

    def is_present(self, reader: str, was: bool | None, wait_ms: int) -> bool:
        """See Pcsc."""
        scard = self._scard
        # the whole state as it was told: our own use of the card is a part of it
        known = scard.SCARD_STATE_UNAWARE if was is None else self._state
        code, states = scard.SCardGetStatusChange(self._context, wait_ms, [(reader, known)])
        if code == scard.SCARD_E_TIMEOUT:
            return bool(was)
        ((_, state, _),) = self._good((code, states), "the reader was unplugged")
        self._state = state & ~scard.SCARD_STATE_CHANGED
        if state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
            raise PcscFault("the reader was unplugged")
        return bool(state & scard.SCARD_STATE_PRESENT) and not state & scard.SCARD_STATE_MUTE

    def connect(self, reader: str) -> Present:
        """See Pcsc."""
        scard = self._scard
        code, handle, protocol = scard.SCardConnect(
            self._context,
            reader,
            scard.SCARD_SHARE_SHARED,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
        )
        self._card_good(code)
        code, _, _, _, atr = scard.SCardStatus(handle)
        self._card_good(code)
        return Present((handle, protocol), bytes(atr))

    def transmit(self, card: Present, apdu: bytes) -> bytes:
        """See Pcsc."""
        handle, protocol = card.handle
        code, answer = self._scard.SCardTransmit(handle, protocol, list(apdu))
        self._card_good(code)
        return bytes(byte & 0xFF for byte in answer)

    def disconnect(self, card: Present) -> None:
        """See Pcsc."""
        self._scard.SCardDisconnect(card.handle[0], self._scard.SCARD_UNPOWER_CARD)

    def _card_good(self, code: int) -> None:
        if code != self._scard.SCARD_S_SUCCESS:
            raise CardLost(str(self._scard.SCardGetErrorMessage(code)))

    def _good(self, told: tuple[int, Any], why: str) -> Any:
        code, value = told
        if code != self._scard.SCARD_S_SUCCESS:
            raise PcscFault(f"{why}? ({self._scard.SCardGetErrorMessage(code)})")
        return value
