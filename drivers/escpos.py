"""ESC/POS, the language of slip printers: what slips are made of, and what printers say back.

Text goes out in GB 18030, which printers made for China hold a font for. A text can only print:
whatever would be a command in it becomes a question mark, so that nobody's name opens a drawer.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Final

from drivers.framing import Deframer

INIT: Final = b"\x1b@"
CHINESE: Final = b"\x1c&"  # double-byte characters; most printers made for China start with it
NEW_LINE: Final = b"\n"
CUT: Final = b"\x1dVB\x00"  # feed to the blade, then cut
DRAWER: Final = b"\x1bp\x00\x19\xfa"  # pin 2: 50 ms on, 500 ms off
AUTOMATIC: Final = b"\x1da\x0e"  # say by yourself: offline, error, paper
FENCE: Final = b"\x1dr\x01"  # answered in its turn, so that all before it has been printed
CLEAR: Final = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"  # at once: forget what is not printed
QUESTIONS: Final = (1, 2, 3, 4)  # DLE EOT n: printer, why offline, errors, roll

COLUMNS_80_MM: Final = 48
COLUMNS_58_MM: Final = 32
DOTS_A_COLUMN: Final = 12  # font A; a Chinese character takes two columns
COMMAND_MOST_BYTES: Final = 1024  # so that a slip can be sent in pieces a printer's buffer holds
SLIP_MOST_BYTES: Final = 65_536  # some metres of text, or 90 cm of raster
QR_MOST_BYTES: Final = 660  # 97 modules: three dots each at 58 mm, with quiet ground
RASTER_MOST_BYTES_A_ROW: Final = 72  # 576 dots, the width of an 80 mm head

_YUAN: Final = {0x00A5: "￥"}  # the narrow sign takes four bytes that many fonts do not have


class Align(IntEnum):
    """Where a line stands."""

    LEFT = 0
    CENTRE = 1
    RIGHT = 2


class SlipTooLong(ValueError):
    """More than a printer should be asked for; the text says which bound."""


def printable(text: str) -> str:
    """The text with everything that is no character to be seen replaced by a question mark."""
    shown = text.translate(_YUAN)
    return "".join("?" if unicodedata.category(sign)[0] == "C" else sign for sign in shown)


def width(text: str) -> int:
    """How many columns a text takes."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def fold(text: str, columns: int) -> list[str]:
    """The text in lines that fit, at least one; words stay whole where they can."""
    lines, line = [], ""
    for word in _words(text):
        if width(line + word.rstrip()) <= columns:
            line += word
            continue
        if line:
            lines.append(line.rstrip())
        line = word.lstrip()
        while width(line.rstrip()) > columns:
            head = _head(line, columns)
            lines.append(head)
            line = line[len(head) :]
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _words(text: str) -> Iterator[str]:
    """Pieces between which a line may end: behind spaces and between wide characters."""
    piece = ""
    for sign in text:
        is_wide = width(sign) == 2
        if piece and (is_wide or piece[-1] == " " or width(piece[-1]) == 2) and sign != " ":
            yield piece
            piece = ""
        piece += sign
    if piece:
        yield piece


def _head(word: str, columns: int) -> str:
    """As much of a word as fits, at least one sign."""
    size = 1
    while size < len(word) and width(word[: size + 1]) <= columns:
        size += 1
    return word[:size]


class Slip:
    """The commands of one slip, in order; each fits into COMMAND_MOST_BYTES."""

    def __init__(self, columns: int = COLUMNS_58_MM) -> None:
        self.columns = columns
        self.commands: list[bytes] = []
        self.size_bytes = 0
        self._scale = 1
        self._add(INIT + CHINESE)

    def pieces(self, most_bytes: int = COMMAND_MOST_BYTES) -> Iterator[bytes]:
        """The slip in pieces that end between two commands."""
        piece = b""
        for command in self.commands:
            if piece and len(piece) + len(command) > most_bytes:
                yield piece
                piece = b""
            piece += command
        if piece:
            yield piece

    def look(self, *, align: Align = Align.LEFT, bold: bool = False, scale: int = 1) -> None:
        """How the next lines look; ``scale`` 1 to 8 in both directions."""
        if not 1 <= scale <= 8:
            raise ValueError("a printer scales by 1 to 8")
        self._scale = scale
        size = (scale - 1) << 4 | scale - 1
        self._add(bytes((0x1B, 0x61, align, 0x1B, 0x45, bold, 0x1D, 0x21, size)))

    def line(self, text: str = "") -> None:
        """A text, in as many lines as it takes."""
        for part in fold(printable(text), self.columns // self._scale):
            self._add(part.encode("gb18030", "replace") + NEW_LINE)

    def pair(self, name: str, value: str) -> None:
        """A name at the left and its value at the right, in two lines where one is too narrow."""
        name, value = printable(name), printable(value)
        gap = self.columns // self._scale - width(name) - width(value)
        if gap >= 1:
            self.line(name + " " * gap + value)
            return
        self.line(name)
        for part in fold(value, self.columns // self._scale):
            self.line(" " * (self.columns // self._scale - width(part)) + part)

    def rule(self) -> None:
        """A line across."""
        self.line("-" * (self.columns // self._scale))

    def feed(self, lines: int) -> None:
        """Empty lines, up to 255."""
        self._add(bytes((0x1B, 0x64, lines)))

    def qr(self, text: str, *, module_dots: int = 6) -> None:
        """A QR code of the printer's own making (model 2, level M)."""
        raw = text.encode()
        if not 0 < len(raw) <= QR_MOST_BYTES:
            raise SlipTooLong(f"a code of {len(raw)} bytes; at most {QR_MOST_BYTES}")
        self._code(b"\x31\x41\x32\x00")
        self._code(bytes((0x31, 0x43, module_dots)))
        self._code(b"\x31\x45\x31")
        self._code(b"\x31\x50\x30" + raw)
        self._code(b"\x31\x51\x30")

    def raster(self, rows: list[bytes]) -> None:
        """A picture: rows of equal length, a bit a dot, first bit left; black is 1.

        It goes out in bands, which join without a seam.
        """
        size = len(rows[0]) if rows else 0
        if not 0 < size <= RASTER_MOST_BYTES_A_ROW or any(len(row) != size for row in rows):
            raise SlipTooLong(f"rows of a picture: equal, 1 to {RASTER_MOST_BYTES_A_ROW} bytes")
        most = (COMMAND_MOST_BYTES - 8) // size
        for start in range(0, len(rows), most):
            band = rows[start : start + most]
            head = b"\x1dv0\x00" + size.to_bytes(2, "little") + len(band).to_bytes(2, "little")
            self._add(head + b"".join(band))

    def cut(self) -> None:
        """The end of the slip."""
        self._add(CUT)

    def drawer(self) -> None:
        """Open the cash drawer that hangs on the printer."""
        self._add(DRAWER)

    def _code(self, body: bytes) -> None:
        self._add(b"\x1d(k" + len(body).to_bytes(2, "little") + body)

    def _add(self, command: bytes) -> None:
        if self.size_bytes + len(command) > SLIP_MOST_BYTES:
            raise SlipTooLong(f"a slip of more than {SLIP_MOST_BYTES} bytes")
        self.size_bytes += len(command)
        self.commands.append(command)


# --- what a printer says ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to one real-time question; which one only the asker knows."""

    bits: int


@dataclass(frozen=True, slots=True)
class Report:
    """The four bytes of an automatic report."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Reached:
    """The printer came to a fence: all before it has been printed."""


Word = Told | Report | Reached


class StatusDeframer(Deframer[Word]):
    """What comes back from a printer, told apart by the bits that never change."""

    most_bytes = 4

    def take(self, held: bytearray) -> tuple[int, Word | None]:
        """Judge the head of the stream, see Deframer."""
        first = held[0]
        if first & 0x93 == 0x12:
            return 1, Told(first)
        if first & 0x93 == 0x10:
            if any(byte & 0x90 for byte in held[1:4]):
                return 1, None
            return (0, None) if len(held) < 4 else (4, Report(bytes(held[:4])))
        if first in (0x00, 0x03, 0x0C, 0x0F):
            return 1, Reached()
        return 1, None

    def weigh(self, noise: bytes) -> int:
        """XON and XOFF of the line are no noise."""
        return sum(byte not in (0x11, 0x13) for byte in noise)


class Trouble(StrEnum):
    """Why nothing can be printed."""

    SILENT = "silent"
    COVER = "cover open"
    OUT = "out of paper"
    JAM = "jammed"
    FAULT = "broken"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a printer; None is unknown."""

    online: bool | None = None
    cover_open: bool | None = None
    paper_out: bool | None = None
    paper_low: bool | None = None
    jam: bool | None = None
    fault: bool | None = None

    @property
    def trouble(self) -> Trouble | None:
        """Why nothing can be printed, the cause before its effects; None when it can."""
        if self.online is None:
            return Trouble.SILENT
        if self.cover_open:
            return Trouble.COVER
        if self.jam:
            return Trouble.JAM
        if self.fault:
            return Trouble.FAULT
        if self.paper_out:
            return Trouble.OUT
        return None if self.online else Trouble.OFFLINE

    def told(self, question: int, bits: int) -> "Status":
        """With the answer to a real-time question."""
        match question:
            case 1:
                return replace(self, online=not bits & 0x08)
            case 2:
                return replace(self, cover_open=bool(bits & 0x04))
            case 3:
                return replace(self, jam=bool(bits & 0x08), fault=bool(bits & 0x20))
            case _:
                return replace(self, paper_low=bool(bits & 0x0C), paper_out=bool(bits & 0x60))

    def reported(self, raw: bytes) -> "Status":
        """With an automatic report, which tells everything at once."""
        return Status(
            online=not raw[0] & 0x08,
            cover_open=bool(raw[0] & 0x20),
            paper_out=bool(raw[2] & 0x0C),
            paper_low=bool(raw[2] & 0x03),
            jam=bool(raw[1] & 0x08),
            fault=bool(raw[1] & 0x20),
        )
