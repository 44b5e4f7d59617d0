"""What devices and hub need from the world, as narrow ports; composition roots choose the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Protocol


class Bus(Protocol):
    """One connection to a broker; publishing never blocks and may be lost with the connection."""

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        expiry_s: int | None = None,
    ) -> None:
        """Hand a message to the broker."""

    def reread(self, topics: Iterable[str]) -> None:
        """Ask for what the broker retains of these topics, once more."""


@dataclass(frozen=True, slots=True)
class Hail:
    """How a party connects: its id, last will, and what it subscribes to."""

    client_id: str
    will_topic: str
    will_payload: bytes
    filters: tuple[tuple[str, int], ...]


class Party(Protocol):
    """Somebody on the bus: device or hub. The runner owns connecting and reconnecting."""

    def hail(self) -> Hail:
        """A fresh connection begins: what to announce and to subscribe to."""

    def connected(self, bus: Bus) -> None:
        """The subscriptions are in force."""

    def disconnected(self) -> None:
        """The connection is gone; nothing sent since can be trusted to have arrived."""

    def on_message(self, topic: str, payload: bytes) -> None:
        """A message arrived; never raises on bytes from outside."""


class Card(Protocol):
    """A card on a reader."""

    @property
    def uid(self) -> bytes:
        """What the card calls itself; proves nothing."""

    @property
    def provable(self) -> bool:
        """False where the reader passes on numbers only: no card can prove itself through it."""

    @property
    def first_byte_at_ns(self) -> int:
        """``time.perf_counter_ns`` when the reader's report began to arrive."""

    async def transceive(self, apdu: bytes) -> bytes:
        """The card's answer with its status word; raises when the card is gone."""


class CardReader(Protocol):
    """A reader: one item for each new presence of a card."""

    def cards(self) -> AsyncIterator[Card]:
        """Cards as they come; never ends while the reader is in use."""

    async def close(self) -> None:
        """Give the line back."""


class TextReader(Protocol):
    """A scanner: one item for each code somebody shows it."""

    def texts(self) -> AsyncIterator[str]:
        """Texts as they come, of bounded length; proves nothing about who shows them."""

    async def close(self) -> None:
        """Give the line back."""


class Keypad(Protocol):
    """A keypad: one item for each key, ``0`` to ``9``, ``*`` and ``#``."""

    def keys(self) -> AsyncIterator[str]:
        """Keys as they are pressed; never ends while the keypad is in use."""

    async def close(self) -> None:
        """Give the line back."""


class MeterReading(Protocol):
    """What a meter's register shows, with the frame that said so."""

    @property
    def meter(self) -> str:
        """The digits of its plate."""

    @property
    def quantity(self) -> str:
        """energy, water, heat, gas, ..."""

    @property
    def value(self) -> Decimal:
        """The register, exact."""

    @property
    def unit(self) -> str:
        """kWh, m3, ...; empty when unknown."""

    @property
    def raw(self) -> bytes:
        """The frame as it stood on the wire."""


class MeterLine(Protocol):
    """One meter behind its line."""

    async def read(self) -> MeterReading:
        """Ask the meter now; raises when it refuses or keeps silent."""


class Show(Enum):
    """What whoever stands at a door should know; who is let in under duress sees nothing else."""

    GRANTED = "granted"
    REFUSED = "refused"
    PIN = "pin"  # the card is known, now its PIN
    AHEAD = "ahead"  # somebody is looked at: look ahead, then turn the head to the side asked for
    LEFT = "left"  # their own left, which an arrow to the left says to whoever stands before it
    RIGHT = "right"


class Light(Protocol):
    """Lights and sounds at a door's outside."""

    def show(self, what: Show, lasting_ms: int) -> None:
        """Show it for so long; never waits, and is lost where nobody can see it."""


class Strike(Protocol):
    """A lock that the device itself locks again."""

    def pulse(self, output: int, duration_ms: int) -> Awaitable[None]:
        """Release for a time that the board ends by itself; awaiting it raises what went wrong.

        The request may leave at once; what is returned has to be awaited.
        """

    async def inputs(self) -> tuple[bool, ...]:
        """The board's inputs now; raises when the board is silent."""

    async def close(self) -> None:
        """Give the line back."""


Monotonic = Callable[[], float]
Luck = Callable[[int], bytes]
