"""What a meter is to its user: questions that only read, and readings with their raw frame."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar

from drivers.framing import Deframer

AnswerT = TypeVar("AnswerT")

START: Final = 0x68
END: Final = 0x16
PREAMBLE: Final = 0xFE
ANSWER: Final = 0x80  # direction bit of the control byte
REFUSED: Final = 0x40
WAKE: Final = b"\xfe" * 4  # receivers of old meters lose the first bytes while they wake


class MeterFault(Exception):
    """A meter refused, kept silent or spoke nonsense; the text says which and what to check."""


class MeterSilent(MeterFault):
    """Nothing came back, not even noise."""


class MeterGarbled(MeterFault):
    """Bytes came back that hold no answer: noise, a wrong speed, or several meters at once."""


class MeterElsewhere(MeterFault):
    """Only meters answered that were not asked."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a meter's register shows; ``raw`` is the frame that said so, for whoever doubts it."""

    meter: str  # its address, the digits of its plate
    quantity: str  # energy, water, heat, gas, ...
    value: Decimal
    unit: str  # kWh, m3, ...; empty when the meter names none that is known
    raw: bytes


class MeterDeframer(Deframer[AnswerT]):
    """Frames from a start byte to a sum and an end byte, as China's meter wires have them."""

    @abstractmethod
    def size_of(self, held: bytearray) -> int | None:
        """Bytes of the frame that begins here, 0 while unknown, None when none can."""

    @abstractmethod
    def frame_of(self, raw: bytes) -> AnswerT:
        """A frame whose length, sum and end are right."""

    def weigh(self, noise: bytes) -> int:
        """Preambles are no noise."""
        return len(noise) - noise.count(PREAMBLE)

    def take(self, held: bytearray) -> tuple[int, AnswerT | None]:
        """Judge the head of the stream, see Deframer."""
        start = held.find(START)
        if start:
            return (start if start > 0 else len(held)), None
        size = self.size_of(held)
        if size is None:
            return 1, None
        if size == 0 or len(held) < size:
            return 0, None
        if held[size - 1] != END or sum(held[: size - 2]) & 0xFF != held[size - 2]:
            return 1, None
        return size, self.frame_of(bytes(held[:size]))


def ended(body: bytes) -> bytes:
    """A frame of these bytes, with its sum and its end."""
    return body + bytes((sum(body) & 0xFF, END))


@dataclass(frozen=True, slots=True)
class Question(Generic[AnswerT]):
    """One reading request: its spellings, tried in turn, and how to know the answer.

    ``judge`` gives None for frames that answer something else; it raises MeterFault when the
    meter refuses or its answer makes no sense.
    """

    asks: str  # whom and what, for the words of a fault
    requests: tuple[bytes, ...]
    deframer: Callable[[], Deframer[Any]]
    judge: Callable[[Any], AnswerT | None]
    speaker: Callable[[Any], str]  # which meter a frame is from, for the words of a fault


def digits(bcd: bytes) -> str | None:
    """The decimal digits of BCD bytes sent low byte first, None when there are others."""
    text = bcd[::-1].hex()
    return text if text.isdecimal() else None


def bcd(text: str) -> bytes:
    """Decimal digits (and wildcards ``aa``) as BCD bytes, low byte first; the other way round."""
    return bytes.fromhex(text)[::-1]


def fixed(bcd_bytes: bytes, decimals: int) -> Decimal | None:
    """A BCD register as an exact number, None when it holds anything but digits."""
    shown = digits(bcd_bytes)
    return None if shown is None else Decimal(int(shown)).scaleb(-decimals)
