"""What a slip printer makes of the bytes it gets: its commands, and the paper they leave behind.

Pure. Bytes of any chunking give the same paper; what no printer knows is counted and dropped.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from drivers.framing import Deframer

COMMAND_MOST_BYTES: Final = 70_000  # the longest picture in one command that is believed
BUFFER_MOST_BYTES: Final = 4_096  # what waits for paper; a printer throws away what comes after
SLIPS_MOST: Final = 50  # slips that lie in the tray
LINES_MOST: Final = 2_000  # printed things of one slip, some ten metres
LEVELS: Final = "LMQH"
CODE_MOST_BYTES: Final = {"L": 2953, "M": 2331, "Q": 1663, "H": 1273}  # of version 40, ISO 18004

# How many bytes follow a command whose length never changes.
_ESC: Final = {
    0x20: 1, 0x21: 1, 0x24: 2, 0x2D: 1, 0x32: 0, 0x33: 1, 0x3D: 1, 0x40: 0, 0x45: 1, 0x47: 1,
    0x4A: 1, 0x4D: 1, 0x52: 1, 0x56: 1, 0x5C: 2, 0x61: 1, 0x63: 2, 0x64: 1, 0x69: 0, 0x6D: 0,
    0x70: 3, 0x72: 1, 0x74: 1, 0x7B: 1,
}  # fmt: skip
_GS: Final = {
    0x21: 1, 0x42: 1, 0x48: 1, 0x49: 1, 0x4C: 2, 0x50: 2, 0x57: 2, 0x61: 1, 0x62: 1, 0x66: 1,
    0x68: 1, 0x72: 1, 0x77: 1,
}  # fmt: skip
_FS: Final = {0x21: 1, 0x26: 0, 0x2D: 1, 0x2E: 0, 0x43: 1, 0x53: 2, 0x57: 1}
_AT_ONCE: Final = {0x04: 1, 0x05: 1}
_ALONE: Final = frozenset((0x09, 0x0A, 0x0C, 0x0D, 0x18))


@dataclass(frozen=True, slots=True)
class Order:
    """One command: its name (two bytes, or one sign, or "text") and what follows it."""

    name: bytes
    body: bytes = b""

    @property
    def size_bytes(self) -> int:
        """How much room it takes while it waits."""
        return len(self.name) + len(self.body)


class PaperDeframer(Deframer[Order]):
    """The commands of a stream; letters come one by one, each with all of its bytes."""

    most_bytes = COMMAND_MOST_BYTES

    def __init__(self) -> None:
        super().__init__()
        self._chinese = True

    def take(self, held: bytearray) -> tuple[int, Order | None]:
        """Judge the head of the stream, see Deframer."""
        first = held[0]
        if first in _ALONE:
            return 1, Order(bytes((first,)))
        if first >= 0x20:
            return self._letter(held)
        if first not in (0x10, 0x1B, 0x1C, 0x1D):
            return 1, None
        if len(held) < 2:
            return 0, None
        size = self._follows(held)
        if size is None:
            return 1, None
        if size < 0 or len(held) < 2 + size:
            return 0, None
        order = Order(bytes(held[:2]), bytes(held[2 : 2 + size]))
        if order.name in (b"\x1b@", b"\x1c&"):
            self._chinese = True
        elif order.name == b"\x1c.":
            self._chinese = False
        return 2 + size, order

    def _letter(self, held: bytearray) -> tuple[int, Order | None]:
        size = 1
        if held[0] >= 0x81 and self._chinese:
            if len(held) < 2:
                return 0, None
            size = 4 if 0x30 <= held[1] <= 0x39 else 2
        return (0, None) if len(held) < size else (size, Order(b"text", bytes(held[:size])))

    def _follows(self, held: bytearray) -> int | None:
        """Bytes behind the two of the name; negative while unknown, None when there is no such."""
        lead, second = held[0], held[1]
        if lead == 0x1B:
            return self._picture_lines(held) if second == 0x2A else _ESC.get(second)
        if lead == 0x1C:
            return _FS.get(second)
        if lead == 0x10:
            return self._at_once(held) if second == 0x14 else _AT_ONCE.get(second)
        return self._of_gs(held)

    def _of_gs(self, held: bytearray) -> int | None:
        match held[1]:
            case 0x28:  # a function with its length
                return 3 + held[3] + held[4] * 256 if len(held) >= 5 else -1
            case 0x56:  # cut, some with a feed before
                return (2 if held[2] >= 0x41 else 1) if len(held) >= 3 else -1
            case 0x76:  # raster
                if len(held) < 8:
                    return -1
                return 6 + (held[4] + held[5] * 256) * (held[6] + held[7] * 256)
            case 0x6B:  # bars: an end sign, or a length
                if len(held) < 4:
                    return -1
                if held[2] >= 0x41:
                    return 2 + held[3]
                end = held.find(b"\x00", 3)
                return end - 1 if end > 0 else -1
            case other:
                return _GS.get(other)

    def _picture_lines(self, held: bytearray) -> int:
        if len(held) < 5:
            return -1
        return 3 + (held[3] + held[4] * 256) * (3 if held[2] >= 32 else 1)

    def _at_once(self, held: bytearray) -> int | None:
        if len(held) < 3:
            return -1
        return {1: 3, 2: 3, 3: 6, 7: 2, 8: 8}.get(held[2])


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line; ``across`` and ``down`` are its scale."""

    text: str
    align: int = 0
    bold: bool = False
    across: int = 1
    down: int = 1


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code that the printer drew."""

    text: str
    module_dots: int
    level: str
    align: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows of dots, a bit each, first bit left; black is 1."""

    row_bytes: int
    dots: bytes
    align: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """Empty lines."""

    lines: int


Printed = Line | Code | Picture | Gap


@dataclass(slots=True)
class _Look:
    align: int = 0
    bold: bool = False
    across: int = 1
    down: int = 1


@dataclass(slots=True)
class Paper:
    """The printing half: carries out orders in their turn and remembers what stands on paper."""

    slips: deque[list[Printed]] = field(default_factory=lambda: deque(maxlen=SLIPS_MOST))
    strip: list[Printed] = field(default_factory=list)  # what hangs out uncut
    cut: int = 0  # slips so far, also those that the tray holds no more
    drawer_opened: int = 0
    on_line: Callable[[], None] = lambda: None  # a line of paper was used
    on_slip: Callable[[], None] = lambda: None  # a slip was cut off
    _look: _Look = field(default_factory=_Look)
    _text: str = ""
    _code: str = ""
    _module_dots: int = 3
    _level: str = "L"

    def do(self, order: Order) -> None:
        """Carry out one order."""
        name, body = order.name, order.body
        match name:
            case b"text":
                self._text += body.decode("gb18030", "replace")
            case b"\n":
                self._end_line()
            case b"\x1bd":
                self._end_line_if_any()
                self._put(Gap(body[0]))
            case b"\x1dv":
                row_bytes = body[2] + body[3] * 256
                self._put(Picture(row_bytes, body[6:], self._look.align))
            case b"\x1d(":
                self._function(body)
            case b"\x1dV" | b"\x1bi" | b"\x1bm":
                self._cut()
            case b"\x1bp":
                self.drawer_opened += 1
            case _:
                self._set(name, body)

    def _set(self, name: bytes, body: bytes) -> None:
        """How the next lines look; settings that change nothing to be seen here do nothing."""
        look = self._look
        match name:
            case b"\x1b@":
                self._look, self._text = _Look(), ""
            case b"\x1ba":
                look.align = body[0] % 0x30 % 3
            case b"\x1bE" | b"\x1bG":
                look.bold = bool(body[0] & 1)
            case b"\x1b!":
                look.bold = bool(body[0] & 0x08)
                look.down, look.across = 1 + body[0] // 16 % 2, 1 + body[0] // 32 % 2
            case b"\x1d!":
                look.across, look.down = 1 + body[0] // 16 % 8, 1 + body[0] % 8
            case _:
                pass

    def forget(self) -> None:
        """The half line in the print buffer is gone."""
        self._text = ""

    def _end_line(self) -> None:
        look = self._look
        self._put(Line(self._text, look.align, look.bold, look.across, look.down))
        self._text = ""

    def _end_line_if_any(self) -> None:
        if self._text:
            self._end_line()

    def _put(self, thing: Printed) -> None:
        if len(self.strip) < LINES_MOST:
            self.strip.append(thing)
        self.on_line()

    def _cut(self) -> None:
        self._end_line_if_any()
        if self.strip:
            self.slips.append(self.strip)
            self.strip = []
            self.cut += 1
            self.on_slip()

    def _function(self, body: bytes) -> None:
        """A function with a letter and a length; the codes are those of the letter k."""
        if body[:1] != b"k" or len(body) < 6 or body[3] != 0x31:
            return
        match body[4]:
            case 0x43:
                self._module_dots = body[5]
            case 0x45:
                self._level = LEVELS[body[5] % 0x30 % 4]
            case 0x50:
                self._code = body[6:].decode("utf-8", "replace")
            case 0x51 if 0 < len(self._code.encode()) <= CODE_MOST_BYTES[self._level]:
                self._put(Code(self._code, self._module_dots, self._level, self._look.align))


def text_of(things: list[Printed]) -> str:
    """A slip as plain text; a code as its letters in brackets, a picture as its size."""
    lines = []
    for thing in things:
        match thing:
            case Line(text):
                lines.append(text)
            case Code(text):
                lines.append(f"[{text}]")
            case Picture(row_bytes, dots):
                rows = len(dots) // row_bytes if row_bytes else 0
                lines.append(f"[{row_bytes * 8} x {rows}]")
            case Gap(count):
                lines += [""] * count
    return "\n".join(lines)
