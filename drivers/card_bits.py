"""Card numbers that arrive as a row of bits: parity checked, swapped wires told, never guessed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# bits of a format: how many of the first are under even, of the last under odd parity
_PARITY: Final[Mapping[int, tuple[int, int]]] = {
    26: (13, 13),
    34: (17, 17),
    37: (19, 19),  # the middle bit counts for both
}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """No number: its parity is wrong, or both data wires are swapped and every bit is turned."""

    bits: int
    is_swapped: bool


def number_of(bits: int, row: bytes) -> bytes | Unreadable:
    """The number in ``bits`` bits, the first one highest in ``row``.

    Rows of 26, 34 and 37 bits have parity, which is taken off; the number has four bytes at
    least, as cards print it and rosters know it. Whole bytes are the number as it is. Any other
    length stands before its bits, so that a longer and a shorter card stay two.
    """
    value = int.from_bytes(row, "big") >> len(row) * 8 - bits
    if bits in _PARITY:
        return _checked(bits, value)
    if bits % 8 == 0:
        return value.to_bytes(bits // 8, "big")
    return bytes((bits,)) + value.to_bytes((bits + 7) // 8, "big")


def _checked(bits: int, value: int) -> bytes | Unreadable:
    if not _is_right(bits, value):
        turned = value ^ (1 << bits) - 1
        return Unreadable(bits, is_swapped=_is_right(bits, turned))
    inner = value >> 1 & (1 << bits - 2) - 1
    return inner.to_bytes(max(4, (bits + 5) // 8), "big")


def _is_right(bits: int, value: int) -> bool:
    first, last = _PARITY[bits]
    evens, odds = value >> bits - first, value & (1 << last) - 1
    return evens.bit_count() % 2 == 0 and odds.bit_count() % 2 == 1


def with_parity(bits: int, number: bytes) -> bytes:
    """The row of a number as a reader sends it, left-aligned; raises ValueError if too large."""
    inner = int.from_bytes(number, "big")
    if inner >> bits - 2:
        raise ValueError(f"{number.hex()} does not fit into {bits} bits with parity")
    first, last = _PARITY[bits]
    value = inner << 1
    value |= (value & (1 << last) - 1).bit_count() % 2 ^ 1
    value |= ((value >> bits - first).bit_count() % 2) << bits - 1
    return (value << -bits % 8).to_bytes((bits + 7) // 8, "big")
