"""What OSDP frames say: commands of a panel, replies of a reader. Pure; nothing here raises."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final


class Command(IntEnum):
    """What a panel asks or orders."""

    POLL = 0x60
    ID = 0x61
    CAP = 0x62
    LSTAT = 0x64
    ISTAT = 0x65
    OSTAT = 0x66
    OUT = 0x68
    LED = 0x69
    BUZ = 0x6A
    TEXT = 0x6B
    COMSET = 0x6E
    KEYSET = 0x75
    CHLNG = 0x76
    SCRYPT = 0x77


class Reply(IntEnum):
    """What a reader tells or answers."""

    ACK = 0x40
    NAK = 0x41
    PDID = 0x45
    PDCAP = 0x46
    LSTATR = 0x48
    ISTATR = 0x49
    OSTATR = 0x4A
    RSTATR = 0x4B
    RAW = 0x50
    FMT = 0x51
    KEYPAD = 0x53
    COM = 0x54
    CCRYPT = 0x76
    RMAC_I = 0x78
    BUSY = 0x79


class Capability(IntEnum):
    """Functions that a reader may announce."""

    CONTACTS = 1
    OUTPUTS = 2
    CARD_FORMAT = 3
    LIGHTS = 4
    SOUNDS = 5
    TEXTS = 6
    CHECK = 8
    SECURITY = 9


class Color(IntEnum):
    """Colours of a reader's light."""

    OFF = 0
    RED = 1
    GREEN = 2
    AMBER = 3
    BLUE = 4


STEP_MS: Final = 100  # the unit of all times in commands
TIMER_MOST_MS: Final = 0xFFFF * STEP_MS
TEXT_MOST_CHARS: Final = 32
BAUDS: Final = (9_600, 19_200, 38_400, 57_600, 115_200, 230_400)

NAKS: Final[Mapping[int, str]] = {
    1: "received it garbled",
    2: "finds its length wrong",
    3: "does not know this command",
    4: "expected another sequence number",
    5: "does not accept this kind of security",
    6: "wants a secure channel",
    7: "does not know this kind of biometry",
    8: "does not know this format of biometry",
    9: "cannot do that",
}


@dataclass(frozen=True, slots=True)
class Ack:
    """Done, or nothing to tell."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Ask again later."""


@dataclass(frozen=True, slots=True)
class Nak:
    """Refused, and why."""

    code: int

    @property
    def why(self) -> str:
        """The reason in words."""
        return NAKS.get(self.code, f"refuses with code {self.code}")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the reader is."""

    vendor: str
    model: int
    version: int
    serial: int
    firmware: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the reader can do: function to (level, count)."""

    found: Mapping[int, tuple[int, int]]

    def count(self, function: Capability) -> int:
        """How many of it there are, 0 for none."""
        return self.found.get(function, (0, 0))[1]


@dataclass(frozen=True, slots=True)
class LocalStatus:
    """The case and the power supply."""

    is_tampered: bool
    is_power_bad: bool


@dataclass(frozen=True, slots=True)
class Inputs:
    """The contacts, from number 0."""

    active: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Outputs:
    """The outputs, from number 0."""

    active: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class ReaderStatus:
    """Readers of the device: 0 normal, 1 not connected, 2 tampered."""

    states: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CardBits:
    """A card as a row of bits."""

    reader: int
    bits: int
    row: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CardText:
    """A card as characters, already in reading order."""

    reader: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeysPressed:
    """Keys ``0`` to ``9``, ``*`` and ``#``."""

    reader: int
    keys: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Com:
    """Address and speed from now on."""

    address: int
    baud: int


@dataclass(frozen=True, slots=True)
class Strange:
    """A reply that we do not know, or whose contents do not fit it."""

    code: int


Said = (
    Ack | Busy | Nak | Identity | Capabilities | LocalStatus | Inputs | Outputs | ReaderStatus
    | CardBits | CardText | KeysPressed | Com | Strange
)  # fmt: skip


def said(code: int, body: bytes) -> Said:
    """What a reply says."""
    reading = _READINGS.get(code)
    found = reading(body) if reading is not None else None
    return found if found is not None else Strange(code)


def _identity(body: bytes) -> Said | None:
    if len(body) < 12:
        return None
    return Identity(
        body[:3].hex(),
        body[3],
        body[4],
        int.from_bytes(body[5:9], "little"),
        ".".join(str(part) for part in body[9:12]),
    )


def _capabilities(body: bytes) -> Said | None:
    if len(body) % 3:
        return None
    return Capabilities({body[at]: (body[at + 1], body[at + 2]) for at in range(0, len(body), 3)})


def _card_bits(body: bytes) -> Said | None:
    if len(body) < 5:
        return None
    bits = body[2] | body[3] << 8
    row = body[4:]
    return CardBits(body[0], bits, row) if bits and len(row) == (bits + 7) // 8 else None


def _card_text(body: bytes) -> Said | None:
    if len(body) < 4 or len(body) != 3 + body[2]:
        return None
    text = body[3:].decode("latin-1")
    if not (text.isascii() and text.isprintable()):
        return None
    return CardText(body[0], text[::-1] if body[1] == 2 else text)


_KEYS: Final[Mapping[int, str]] = {
    **{ord(key): key for key in "0123456789*#"},
    0x7F: "*",  # how the standard writes both
    0x0D: "#",
}


def _keys(body: bytes) -> Said | None:
    if len(body) < 3 or len(body) != 2 + body[1]:
        return None
    return KeysPressed(body[0], "".join(_KEYS.get(byte, "") for byte in body[2:]))


def _bools(body: bytes) -> tuple[bool, ...]:
    return tuple(byte != 0 for byte in body)


_READINGS: Final[Mapping[int, Callable[[bytes], Said | None]]] = {
    Reply.ACK: lambda _body: Ack(),
    Reply.BUSY: lambda _body: Busy(),
    Reply.NAK: lambda body: Nak(body[0]) if body else None,
    Reply.PDID: _identity,
    Reply.PDCAP: _capabilities,
    Reply.LSTATR: lambda body: LocalStatus(body[0] != 0, body[1] != 0) if len(body) == 2 else None,
    Reply.ISTATR: lambda body: Inputs(_bools(body)),
    Reply.OSTATR: lambda body: Outputs(_bools(body)),
    Reply.RSTATR: lambda body: ReaderStatus(tuple(body)),
    Reply.RAW: _card_bits,
    Reply.FMT: _card_text,
    Reply.KEYPAD: _keys,
    Reply.COM: lambda body: (
        Com(body[0], int.from_bytes(body[1:5], "little")) if len(body) == 5 else None
    ),
}


# ----------------------------------------------------------------- commands' contents


def steps(duration_ms: int) -> int:
    """A time in the protocol's unit, rounded up."""
    return -(-duration_ms // STEP_MS)


def pulse(output: int, duration_ms: int) -> bytes:
    """OUT: on now, and off again by the reader's own timer (code 5)."""
    return bytes((output, 5)) + steps(duration_ms).to_bytes(2, "little")


def light(color: Color, duration_ms: int, *, led: int = 0, blink: bool = False) -> bytes:
    """LED: a colour for a while, over whatever stands there for good."""
    off = Color.OFF if blink else color
    temporary = bytes((2, 2, 2, color, off)) + steps(duration_ms).to_bytes(2, "little")
    return bytes((0, led)) + temporary + bytes(5)


def lasting_light(color: Color, *, led: int = 0) -> bytes:
    """LED: a colour for good."""
    return bytes((0, led)) + bytes(7) + bytes((1, 1, 0, color, color))


def beep(times: int, on_ms: int = 100, off_ms: int = 100) -> bytes:
    """BUZ: the reader's own tone, so many times."""
    return bytes((0, 2, steps(on_ms), steps(off_ms), times))


def text(line: str, shown_s: int = 5) -> bytes:
    """TEXT: one line for a while; the wire has ASCII only, anything else becomes a ``?``."""
    letters = line.encode("ascii", "replace")[:TEXT_MOST_CHARS]
    return bytes((0, 3, shown_s, 1, 1, len(letters))) + letters


def key_set(key: bytes) -> bytes:
    """KEYSET: the key of the secure channel from the next session on."""
    return bytes((1, len(key))) + key


def comset(address: int, baud: int) -> bytes:
    """COMSET: another address, another speed."""
    return bytes((address,)) + baud.to_bytes(4, "little")
