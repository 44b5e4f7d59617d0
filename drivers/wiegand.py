"""Wiegand 26 and 34 by a serial adapter that passes every bit: a line of zeros and ones a card.

The parity bits are all the protection there is: two of them, so that one in four random messages
passes. Exchanged data wires turn every bit around; both parities are then wrong at once, which is
how they are told from a bad cable. A number is never guessed from such bits.
"""

from typing import Final

from drivers.framing import Deframer
from drivers.number_reader import Number, Reading, Trouble

BITS_KNOWN: Final = (26, 34)  # each with an even parity bit before and an odd one behind
LINE_MOST_BYTES: Final = 64  # a line of 34 bits, and room to tell what is too long
KEY_BITS: Final = (4, 8)  # a keypad's bursts; nobody types at these readers
STRIPPED: Final = (6, 8, 10)  # characters of adapters that keep the parity bits to themselves

SWAPPED: Final = Trouble("D0 and D1 are swapped; exchange the two data wires")
PARITY: Final = Trouble("parity is wrong; check cable, shield and common ground")
COUNT: Final = Trouble("neither 26 nor 34 bits; check the reader's format and the cable")
NO_PARITY: Final = Trouble("the adapter keeps the parity bits; set it to pass all bits, 0 and 1")

_ENDS: Final = (0x0D, 0x0A)
_HEX: Final = frozenset("0123456789ABCDEFabcdef")


def encode(number: bytes) -> str:
    """The bits of three bytes (Wiegand 26) or four (34), with their parities."""
    if len(number) not in (3, 4):
        raise ValueError("Wiegand 26 carries three bytes, 34 carries four")
    inner = f"{int.from_bytes(number, 'big'):0{len(number) * 8}b}"
    half = len(inner) // 2
    even = inner[:half].count("1") % 2
    odd = 1 - inner[half:].count("1") % 2
    return f"{even}{inner}{odd}"


def swap(bits: str) -> str:
    """What arrives when D0 and D1 are exchanged."""
    return bits.translate({0x30: "1", 0x31: "0"})


def judge(bits: str, *, is_reversed: bool = False) -> Reading:
    """What a message of zeros and ones says; only one whose parities are right is a number.

    ``is_reversed`` turns the bytes around, for readers that send the last byte first.
    """
    if len(bits) not in BITS_KNOWN:
        return COUNT
    if not _is_sound(bits):
        return SWAPPED if _is_sound(swap(bits)) else PARITY
    number = int(bits[1:-1], 2).to_bytes(len(bits) // 8, "big")
    if is_reversed:
        number = number[::-1]
    return Number(number.rjust(4, b"\x00"))


def _is_sound(bits: str) -> bool:
    half = len(bits) // 2
    return bits[:half].count("1") % 2 == 0 and bits[half:].count("1") % 2 == 1


class WiegandDeframer(Deframer[Reading]):
    """Lines of zeros and ones ended by CR, LF or silence."""

    most_bytes = LINE_MOST_BYTES + 1

    def __init__(self, *, is_reversed: bool = False) -> None:
        super().__init__()
        self._is_reversed = is_reversed
        self._overlong = False

    def take(self, held: bytearray) -> tuple[int, Reading | None]:
        """Judge the head: up to the first end of line."""
        end = next((at for at, byte in enumerate(held) if byte in _ENDS), None)
        if end is None:
            if len(held) <= LINE_MOST_BYTES and not self._overlong:
                return 0, None
            self._overlong = True
            return len(held), None
        overlong, self._overlong = self._overlong or end > LINE_MOST_BYTES, False
        return end + 1, None if overlong else self._line(bytes(held[:end]))

    def weigh(self, noise: bytes) -> int:
        """The ends of lines belong to no message and are no noise."""
        return sum(byte not in _ENDS for byte in noise)

    def idle(self) -> list[Reading]:
        """The line fell quiet: what is held was a whole message of an adapter without line ends."""
        return self.feed(b"\r") if self._held or self._overlong else []

    def _line(self, raw: bytes) -> Reading | None:
        text = raw.decode("latin-1")
        if text and set(text) <= {"0", "1"}:
            return None if len(text) in KEY_BITS else judge(text, is_reversed=self._is_reversed)
        return NO_PARITY if len(text) in STRIPPED and set(text) <= _HEX else None
