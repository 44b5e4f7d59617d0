"""CJ/T 188, the wire of China's water, gas and heat meters, read-only: the total and addresses.

Nothing else can be encoded; valves (write control 04) are not ours to move.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from drivers.readings import (
    ANSWER,
    REFUSED,
    START,
    WAKE,
    MeterDeframer,
    MeterFault,
    Question,
    Reading,
    bcd,
    digits,
    ended,
    fixed,
)

DATA_MOST_BYTES: Final = 100  # of an answer to a read
ADDRESS_DIGITS: Final = 14
WILD: Final = 0xAA  # in every byte of type or address: whoever is there

READ: Final = 0x01
READ_ADDRESS: Final = 0x03
# The standard sends an identifier low byte first; meters are found that want it the other way.
TOTAL: Final = (bytes.fromhex("1f90"), bytes.fromhex("901f"))
ADDRESS: Final = (bytes.fromhex("810a"), bytes.fromhex("0a81"))

KINDS: Final[Mapping[int, str]] = {  # by the high half of the type byte
    0x10: "water",
    0x20: "heat",
    0x30: "gas",
}
UNITS: Final[Mapping[int, tuple[str, int]]] = {  # code: unit, power of ten
    0x01: ("J", 0),
    0x02: ("Wh", 0),
    0x05: ("kWh", 0),
    0x08: ("MWh", 0),
    0x0A: ("MWh", 2),
    0x0B: ("kJ", 0),
    0x0E: ("MJ", 0),
    0x11: ("GJ", 0),
    0x13: ("GJ", 2),
    0x29: ("L", 0),
    0x2C: ("m3", 0),
}
DECIMALS: Final = 2  # of every total
TOTAL_AT: Final[Mapping[str, int]] = {  # behind identifier and serial; heat: the last bill's first
    "water": 3,
    "heat": 8,
    "gas": 3,
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame whose sum holds; ``raw`` is as it stood on the wire."""

    type: int
    address: bytes  # seven BCD bytes, low byte first
    control: int
    data: bytes
    raw: bytes


class Cjt188Deframer(MeterDeframer[Frame]):
    """Frames of both directions; the control byte tells them apart."""

    most_bytes = DATA_MOST_BYTES + 13

    def size_of(self, held: bytearray) -> int | None:
        """See MeterDeframer."""
        if len(held) < 11:
            return 0
        return 13 + held[10] if held[10] <= DATA_MOST_BYTES else None

    def frame_of(self, raw: bytes) -> Frame:
        """See MeterDeframer."""
        return Frame(raw[1], raw[2:9], raw[9], raw[11:-2], raw)


def encode(kind: int, address: bytes, control: int, data: bytes) -> bytes:
    """One frame without its preamble."""
    return ended(bytes((START, kind, *address, control, len(data))) + data)


def ask_total(meter: str, kind: int = 0x10) -> Question[Reading]:
    """Read the total of the meter with these fourteen digits; ``kind`` is its type byte."""
    address = bcd(meter)

    def judge(frame: Frame) -> Reading | None:
        if frame.address != address or not _answers(frame, READ):
            return None
        return read_total(frame, kind) if frame.data[:2] in TOTAL else None

    requests = tuple(WAKE + encode(kind, address, READ, name + b"\x00") for name in TOTAL)
    return Question(f"meter {meter}", requests, Cjt188Deframer, judge, _speaker)


def ask_address(kind: int = WILD) -> Question[str]:
    """Ask who is the one meter of this line; several answer at once, which is noise."""

    def judge(frame: Frame) -> str | None:
        found = digits(frame.address)
        return found if found is not None and _answers(frame, READ_ADDRESS) else None

    wild = bytes((WILD,)) * (ADDRESS_DIGITS // 2)
    requests = tuple(WAKE + encode(kind, wild, READ_ADDRESS, name + b"\x00") for name in ADDRESS)
    return Question("any meter", requests, Cjt188Deframer, judge, _speaker)


def read_total(frame: Frame, kind: int) -> Reading:
    """The total of an answer to a read; raises MeterFault when it makes no sense.

    ``kind`` is the type that was asked for, should the answer repeat the wildcard. The serial
    number of the question is not looked at: meters are found that do not repeat it, and a late
    answer to the same question is an answer.
    """
    quantity = KINDS.get((kind if frame.type == WILD else frame.type) & 0xF0)
    if quantity is None:
        raise MeterFault(f"meter {_speaker(frame)} is of type {frame.type:02X}, which is unknown")
    at = TOTAL_AT[quantity]
    register, unit = frame.data[at : at + 4], frame.data[at + 4 : at + 5]
    value = fixed(register, DECIMALS)
    if len(register) < 4 or not unit or value is None:
        raise MeterFault(f"meter {_speaker(frame)} shows no number: {frame.raw.hex(' ')}")
    # gas meters are found that name no unit: the register is told, the unit stays open
    name, power = UNITS.get(unit[0], ("", 0))
    return Reading(_speaker(frame), quantity, value.scaleb(power), name, frame.raw)


def _answers(frame: Frame, control: int) -> bool:
    """Whether this is the answer to that control byte; raises MeterFault when it is a refusal."""
    if frame.control & ~REFUSED != control | ANSWER:
        return False
    if frame.control & REFUSED:
        raise MeterFault(f"meter {_speaker(frame)} refuses to be read; check its model")
    return True


def _speaker(frame: Frame) -> str:
    return digits(frame.address) or frame.address[::-1].hex()
