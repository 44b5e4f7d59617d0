"""DL/T 645-2007, the wire of China's electricity meters, read-only: registers and addresses.

Nothing else can be encoded: clearing, writing and the relay (control 1C) take passwords that no
hub should hold.
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

SHIFT: Final = 0x33  # is added to every data byte, so that a line at rest is no data
DATA_MOST_BYTES: Final = 200  # of an answer to a read
ADDRESS_DIGITS: Final = 12
WILD: Final = "aa"  # in place of the high digits: every meter whose low digits fit

READ: Final = 0x11
READ_ADDRESS: Final = 0x13

ERRORS: Final = (  # bits of the error byte, lowest first
    "another fault",
    "it has no such register",
    "it wants a password",
    "it cannot change its speed",
    "too many zones of the year",
    "too many times of the day",
    "too many tariffs",
)


@dataclass(frozen=True, slots=True)
class Register:
    """Where a quantity stands: identifier as four wire bytes, size in bytes, decimals, unit."""

    identifier: bytes
    size: int
    decimals: int
    unit: str


REGISTERS: Final[Mapping[str, Register]] = {
    "energy": Register(bytes.fromhex("00000100"), 4, 2, "kWh"),  # drawn from the grid, total
    "energy_back": Register(bytes.fromhex("00000200"), 4, 2, "kWh"),  # fed into the grid, total
    "voltage_a": Register(bytes.fromhex("00010102"), 2, 1, "V"),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame whose sum holds; ``data`` without its shift, ``raw`` as it stood on the wire."""

    address: bytes  # six BCD bytes, low byte first
    control: int
    data: bytes
    raw: bytes


class Dlt645Deframer(MeterDeframer[Frame]):
    """Frames of both directions; the control byte tells them apart."""

    most_bytes = DATA_MOST_BYTES + 12

    def size_of(self, held: bytearray) -> int | None:
        """See MeterDeframer; a second start byte behind the address belongs to the head."""
        if len(held) > 7 and held[7] != START:
            return None
        if len(held) < 10:
            return 0
        return 12 + held[9] if held[9] <= DATA_MOST_BYTES else None

    def frame_of(self, raw: bytes) -> Frame:
        """See MeterDeframer."""
        data = bytes(byte - SHIFT & 0xFF for byte in raw[10:-2])
        return Frame(raw[1:7], raw[8], data, raw)


def encode(address: bytes, control: int, data: bytes = b"") -> bytes:
    """One frame without its preamble."""
    body = bytes((START, *address, START, control, len(data)))
    return ended(body + bytes(byte + SHIFT & 0xFF for byte in data))


def ask_register(meter: str, quantity: str = "energy") -> Question[Reading]:
    """Read one register of the meter with these twelve digits."""
    register, address = REGISTERS[quantity], bcd(meter)

    def judge(frame: Frame) -> Reading | None:
        if frame.address != address or not _answers(frame, READ):
            return None
        if frame.data[:4] != register.identifier:
            return None
        value = fixed(frame.data[4:], register.decimals)
        if len(frame.data) != 4 + register.size or value is None:
            raise MeterFault(f"meter {meter} shows no number: {frame.raw.hex(' ')}")
        return Reading(meter, quantity, value, register.unit, frame.raw)

    request = WAKE + encode(address, READ, register.identifier)
    return Question(f"meter {meter}", (request,), Dlt645Deframer, judge, _speaker)


def ask_address(known: str = "") -> Question[str]:
    """Ask whose address ends with these digits (an even number of them).

    Without any it is the question for the one meter of a line; several meters answer at once.
    """
    address = bcd(WILD * ((ADDRESS_DIGITS - len(known)) // 2) + known)
    # with some digits known only a read of a register is defined
    control = READ if known else READ_ADDRESS
    data = REGISTERS["energy"].identifier if known else b""

    def judge(frame: Frame) -> str | None:
        found = digits(frame.address)
        if found is None or not found.endswith(known) or not _is_answer(frame, control):
            return None
        return found

    told = f"a meter ending in {known}" if known else "any meter"
    request = WAKE + encode(address, control, data)
    return Question(told, (request,), Dlt645Deframer, judge, _speaker)


def _is_answer(frame: Frame, control: int) -> bool:
    return frame.control & ~REFUSED == control | ANSWER


def _answers(frame: Frame, control: int) -> bool:
    """Whether this is the answer to that control byte; raises MeterFault when it is a refusal."""
    if not _is_answer(frame, control):
        return False
    if frame.control & REFUSED:
        code = frame.data[0] if frame.data else 0
        told = [why for bit, why in enumerate(ERRORS) if code >> bit & 1] or ["it says no more"]
        raise MeterFault(f"meter {_speaker(frame)} refuses: {', '.join(told)}; check its model")
    return True


def _speaker(frame: Frame) -> str:
    return digits(frame.address) or frame.address[::-1].hex()
