"""What a driver is to its user: card readers, cards and strikes, whatever the wire."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

OnState = Callable[[bool, str], None]  # online or not, and why in one line
Secrets = Callable[[str], bytes]  # the name behind "secret:NAME" to its bytes

TRANSCEIVE_S = 1.0  # one APDU; a card answers in < 100 ms, a slow key change in < 400 ms


class CardLost(Exception):
    """The card does not answer any more: taken away, torn out of the field, or the reader died."""


class NotIsoDep(CardLost):
    """The card has a number and nothing else: it speaks no ISO 14443-4."""


class StrikeFault(Exception):
    """The relay board refused or kept silent; the text says which and what to check."""


class Card(Protocol):
    """One presence of one card at one reader."""

    @property
    def uid(self) -> bytes:
        """The card's number as the reader reports it; anybody can copy it."""

    @property
    def iso_dep(self) -> bool:
        """True when the card takes APDUs."""

    @property
    def provable(self) -> bool:
        """False where the reader passes on numbers only: no card can prove itself through it."""

    @property
    def first_byte_at_ns(self) -> int:
        """time.perf_counter_ns() of the first byte of the report of this card."""

    async def transceive(self, apdu: bytes, timeout_s: float = TRANSCEIVE_S) -> bytes:
        """Send one APDU, return the answer with its status word; raises CardLost."""


class CardReader(Protocol):
    """A reader that comes back by itself when it was unplugged."""

    on_state: OnState | None

    def cards(self) -> AsyncIterator[Card]:
        """One item for each new presence; a card that stays is one presence."""

    async def close(self) -> None:
        """Let go of the line; cards() ends."""


class TextReader(Protocol):
    """A scanner of printed or shown codes that comes back by itself when it was unplugged."""

    on_state: OnState | None

    def texts(self) -> AsyncIterator[str]:
        """One item for each code that is read: printable ASCII, of bounded length."""

    async def close(self) -> None:
        """Let go of the line; texts() ends."""


class Keypad(Protocol):
    """A keypad that comes back by itself when it was unplugged."""

    on_state: OnState | None

    def keys(self) -> AsyncIterator[str]:
        """One item for each key, ``0`` to ``9``, ``*`` and ``#``."""

    async def close(self) -> None:
        """Let go of the line; keys() ends."""


class Strike(Protocol):
    """Outputs that release locks for a moment which the device itself ends."""

    on_state: OnState | None

    def pulse(self, output: int, duration_ms: int) -> Awaitable[None]:
        """Release one output for a while; awaiting it raises StrikeFault when refused or silent.

        The request may leave at once; what is returned has to be awaited.
        """

    async def inputs(self) -> tuple[bool, ...]:
        """Read the contacts and buttons; raises StrikeFault when refused or silent."""

    async def close(self) -> None:
        """Let go of the line; outputs end by the device's own timers."""
