"""Wiegand 26 and 34 by a serial adapter that passes every bit: a line of zeros and ones a card.

The parity bits are all the protection there is: two of them, so that one in four random messages
passes. Exchanged data wires turn every bit around; both parities are then wrong at once, which is
how they are told from a bad cable. A number is never guessed from such bits.
"""

from typing import Final

from drivers.card_bits import Unreadable, number_of, with_parity
from drivers.framing import LineDeframer
from drivers.number_reader import Number, Reading, Trouble

BITS_KNOWN: Final = (26, 34)  # each with an even parity bit before and an odd one behind
LINE_MOST_BYTES: Final = 64  # a line of 34 bits, and room to tell what is too long
KEY_BITS: Final = (4, 8)  # a keypad's bursts; nobody types at these readers
STRIPPED: Final = (6, 8, 10)  # characters of adapters that keep the parity bits to themselves

SWAPPED: Final = Trouble("D0 and D1 are swapped; exchange the two data wires")
PARITY: Final = Trouble("parity is wrong; check cable, shield and common ground")
COUNT: Final = Trouble("neither 26 nor 34 bits; check the reader's format and the cable")
NO_PARITY: Final = Trouble("the adapter keeps the parity bits; set it to pass all bits, 0 and 1")

_HEX: Final = frozenset("0123456789ABCDEFabcdef")


def encode(number: bytes) -> str:
    """The bits of three bytes (Wiegand 26) or four (34), with their parities."""
    if len(number) not in (3, 4):
        raise ValueError("Wiegand 26 carries three bytes, 34 carries four")
    bits = len(number) * 8 + 2
    return f"{int.from_bytes(with_parity(bits, number), 'big') >> -bits % 8:0{bits}b}"


def swap(bits: str) -> str:
    """What arrives when D0 and D1 are exchanged."""
    return bits.translate({0x30: "1", 0x31: "0"})


def judge(bits: str, *, is_reversed: bool = False) -> Reading:
    """What a message of zeros and ones says; only one whose parities are right is a number.

    ``is_reversed`` turns the bytes around, for readers that send the last byte first.
    """
    if len(bits) not in BITS_KNOWN:
        return COUNT
    row = (int(bits, 2) << -len(bits) % 8).to_bytes((len(bits) + 7) // 8, "big")
    found = number_of(len(bits), row)
    if isinstance(found, Unreadable):
        return SWAPPED if found.is_swapped else PARITY
    if is_reversed:
        found = found[-(len(bits) // 8) :][::-1].rjust(4, b"\x00")
    return Number(found)


class WiegandDeframer(LineDeframer[Reading]):
    """Lines of zeros and ones; adapters without line ends end them by silence."""

    most_bytes = LINE_MOST_BYTES + 1

    def __init__(self, *, is_reversed: bool = False) -> None:
        super().__init__()
        self._is_reversed = is_reversed

    def line(self, raw: bytes) -> Reading | None:
        """A number or what is wrong with it, None for a keypad's bursts and noise."""
        text = raw.decode("latin-1")
        if text and set(text) <= {"0", "1"}:
            return None if len(text) in KEY_BITS else judge(text, is_reversed=self._is_reversed)
        return NO_PARITY if len(text) in STRIPPED and set(text) <= _HEX else None
