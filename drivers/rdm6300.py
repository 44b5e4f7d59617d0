"""RDM6300 and kin: EM4100 cards at 125 kHz, told as text again and again while they lie there."""

from typing import Final

from drivers.framing import Deframer, xor_of
from drivers.number_reader import Number, Reading

START: Final = 0x02
END: Final = 0x03
FRAME_BYTES: Final = 14  # start, ten digits of the card, two of the sum, end
CARD_BYTES: Final = 5  # a version byte of the maker, then the number that is printed on the card
REPEAT_S: Final = 0.1  # about how often the module tells a card that keeps lying there
_DIGITS: Final = frozenset(b"0123456789ABCDEF")


def encode(card: bytes) -> bytes:
    """The module's message for a card's five bytes."""
    if len(card) != CARD_BYTES:
        raise ValueError("an EM4100 card has five bytes")
    return b"\x02" + (card + bytes((xor_of(card),))).hex().upper().encode() + b"\x03"


class Rdm6300Deframer(Deframer[Reading]):
    """Messages of one card each, told apart by their fixed form and the sum of the card's bytes.

    The version byte is checked with the sum and then left out: it is neither printed on cards
    nor written in sheets, and Wiegand readers do not send it.
    """

    most_bytes = FRAME_BYTES

    def take(self, held: bytearray) -> tuple[int, Reading | None]:
        """Judge the head of the stream, see Deframer."""
        if held[0] != START or any(byte not in _DIGITS for byte in held[1 : FRAME_BYTES - 1]):
            return 1, None
        if len(held) < FRAME_BYTES:
            return 0, None
        card = bytes.fromhex(held[1 : FRAME_BYTES - 1].decode())
        if held[FRAME_BYTES - 1] != END or xor_of(card) != 0:
            return 1, None
        return FRAME_BYTES, Number(card[1:CARD_BYTES])
