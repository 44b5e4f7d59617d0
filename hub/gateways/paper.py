"""Letters as PDF: one folded A4 for each household, with an embedded part of a CJK font.

The sheet is folded in three: the address stays outside, codes and words lie inside. Fonts are
looked for on the machine; one that has none cannot print Chinese, and says so.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import segno
from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos

from hub.core.letters import Addressee, Letter, address_of, shown_code, words_of

ADDRESSEES_MAX: Final = 4  # on one sheet; a larger household gets a second
FOLD_MM: Final = 99.0  # a third of an A4
MARGIN_MM: Final = 18.0
QR_MM: Final = 34.0
CELL_MM: Final = (87.0, 41.0)
FOLDERS: Final = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
    Path("/Library/Fonts"),
)
# Best first: file name, and the face within it for the simplified and the traditional letter.
_FONTS: Final = (
    ("NotoSansCJK-Regular.ttc", 2, 3),
    ("SourceHanSans-Regular.ttc", 2, 3),
    ("NotoSansCJKsc-Regular.otf", 0, 0),
    ("NotoSansSC-Regular.otf", 0, 0),
    ("NotoSansSC-Regular.ttf", 0, 0),
    ("SourceHanSansSC-Regular.otf", 0, 0),
    ("wqy-microhei.ttc", 0, 0),
    ("wqy-zenhei.ttc", 0, 0),
    ("DroidSansFallbackFull.ttf", 0, 0),
    ("NotoSerifCJK-Regular.ttc", 2, 3),
)


@dataclass(frozen=True, slots=True)
class Font:
    """A font file and the face within it."""

    path: Path
    face: int


@lru_cache(maxsize=4)  # one entry for each language
def find_font(language: str, folders: Sequence[Path] = FOLDERS) -> Font | None:
    """A font of this machine that has Chinese, or None."""
    here = {path.name: path for folder in folders for path in folder.rglob("*.[ot]t[fc]")}
    for name, simplified, traditional in _FONTS:
        if name in here:
            return Font(here[name], traditional if language == "zh-Hant" else simplified)
    return None


@dataclass(frozen=True, slots=True)
class Round:
    """What all letters of a print run share."""

    site: str
    origin: str
    until: str
    language: str


def print_letters(letters: Sequence[Letter], run: Round, font: Font) -> bytes:
    """All letters in their order."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells every table it drops
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.add_font("letter", "", font.path, collection_font_number=font.face)
    pdf.set_title(words_of("title", run.language))
    for letter in letters:
        for first in range(0, len(letter.to), ADDRESSEES_MAX):
            _page(pdf, letter, letter.to[first : first + ADDRESSEES_MAX], run)
    return bytes(pdf.output())


def _page(pdf: FPDF, letter: Letter, to: Sequence[Addressee], run: Round) -> None:
    pdf.add_page()
    pdf.set_draw_color(150)
    for fold in (FOLD_MM, 2 * FOLD_MM):
        for x in (0.0, 205.0):
            pdf.line(x, fold, x + 5.0, fold)
    _line(pdf, 24, 12, run.site)
    _line(pdf, 42, 26, address_of(letter.house, run.language))
    _line(pdf, 60, 14, words_of("to", run.language))
    _line(pdf, FOLD_MM + 5, 18, words_of("title", run.language))
    for index, one in enumerate(to):
        x = MARGIN_MM + (index % 2) * CELL_MM[0]
        y = FOLD_MM + 15 + (index // 2) * CELL_MM[1]
        _cell(pdf, x, y, one, run)
    address = run.origin.partition("://")[2] + "/phone/"
    texts = [words_of("scan", run.language), words_of("type", run.language, address=address)]
    texts += [words_of("press", run.language), words_of("until", run.language, day=run.until)]
    texts += [words_of("secret", run.language), words_of("help", run.language)]
    pdf.set_xy(MARGIN_MM, 2 * FOLD_MM + 12)
    pdf.set_font("letter", size=14)  # nine lines still fit the third of a sheet
    for text in texts:
        pdf.set_x(MARGIN_MM)
        pdf.multi_cell(
            210 - 2 * MARGIN_MM,
            7.8,
            text,
            align="L",
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
            wrapmode=WrapMode.WORD if run.language == "en" else WrapMode.CHAR,
        )
        pdf.set_y(pdf.get_y() + 2)


def _line(pdf: FPDF, y: float, size: int, text: str) -> None:
    pdf.set_xy(MARGIN_MM, y)
    pdf.set_font("letter", size=size)
    pdf.cell(210 - 2 * MARGIN_MM, size * 0.45, text)


def _cell(pdf: FPDF, x: float, y: float, one: Addressee, run: Round) -> None:
    """One person: the square, the name, the code to type."""
    draw_qr(pdf, x, y, f"{run.origin}/phone/#code={one.code}")
    right = x + QR_MM + 3
    pdf.set_xy(right, y + 6)
    pdf.set_font("letter", size=16)
    pdf.cell(CELL_MM[0] - QR_MM - 4, 8, one.name)
    pdf.set_xy(right, y + 18)
    pdf.set_font("letter", size=15)
    pdf.cell(CELL_MM[0] - QR_MM - 4, 8, shown_code(one.code))


def draw_qr(pdf: FPDF, x: float, y: float, text: str, size_mm: float = QR_MM) -> None:
    """The code as rows of dark runs: sharp at every size."""
    # any mask reads alike at this size, and trying all eight takes longer than drawing the page
    matrix = segno.make(text, error="m", micro=False, mask=2).matrix
    module = size_mm / (len(matrix) + 8)  # four modules of quiet ground on each side
    pdf.set_fill_color(0)
    for row, line in enumerate(matrix, 4):
        start = None
        for column, dark in enumerate([*line, 0]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                at = (x + (start + 4) * module, y + row * module)
                pdf.rect(*at, (column - start) * module, module, style="F")
                start = None
