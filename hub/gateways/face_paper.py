"""Paper about faces: signs for doors and the impact assessment, as PDF with a CJK font."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos

from hub.gateways.paper import Font

MARGIN_MM: Final = 20.0
_WIDE_MM: Final = 210.0 - 2 * MARGIN_MM
_RADIUS_MM: Final = 34.0


@dataclass(frozen=True, slots=True)
class DoorSign:
    """A sheet to hang beside a camera: the door's name and what is to be known."""

    door: str
    title: str
    lines: Sequence[str]


def print_signs(signs: Sequence[DoorSign], font: Font, language: str) -> bytes:
    """One A4 for each door, readable from two metres."""
    pdf = _paper(font)
    for sign in signs:
        pdf.add_page()
        _face(pdf)
        pdf.set_y(118.0)
        _text(pdf, sign.title, 34, language, centred=True)
        _text(pdf, sign.door, 20, language, centred=True)
        pdf.ln(6.0)
        for line in sign.lines:
            _text(pdf, line, 17, language)
            pdf.ln(2.5)
    return bytes(pdf.output())


def print_report(title: str, parts: Sequence[tuple[str, str]], font: Font, language: str) -> bytes:
    """A document of headings and texts, as many pages as it needs."""
    pdf = _paper(font)
    pdf.set_auto_page_break(True, MARGIN_MM)
    pdf.add_page()
    pdf.set_title(title)
    _text(pdf, title, 20, language)
    for heading, text in parts:
        pdf.ln(4.0)
        if heading:
            _text(pdf, heading, 13, language)
        _text(pdf, text, 11, language)
    return bytes(pdf.output())


def _paper(font: Font) -> FPDF:
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells every table it drops
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.add_font("words", "", font.path, collection_font_number=font.face)
    pdf.set_margins(MARGIN_MM, MARGIN_MM)
    return pdf


def _text(pdf: FPDF, text: str, size: int, language: str, *, centred: bool = False) -> None:
    pdf.set_font("words", size=size)
    pdf.set_x(MARGIN_MM)
    pdf.multi_cell(
        _WIDE_MM, size * 0.53, text, align="C" if centred else "L", new_x=XPos.LMARGIN,
        new_y=YPos.NEXT, wrapmode=WrapMode.WORD if language == "en" else WrapMode.CHAR,
    )  # fmt: skip


def _face(pdf: FPDF) -> None:
    """A head in a frame: what a camera sees, drawn with a thick line."""
    pdf.set_draw_color(20)
    pdf.set_line_width(2.2)
    middle, top = 105.0, 32.0
    side = 2 * _RADIUS_MM + 10.0
    left, length = middle - side / 2, 16.0
    for x, across in ((left, length), (left + side, -length)):
        for y, down in ((top, length), (top + side, -length)):
            pdf.line(x, y, x + across, y)
            pdf.line(x, y, x, y + down)
    centre = top + side / 2
    pdf.ellipse(middle - 21.0, centre - 27.0, 42.0, 54.0)
    for x in (middle - 8.5, middle + 8.5):
        pdf.line(x, centre - 6.0, x, centre - 5.0)
    pdf.line(middle - 8.0, centre + 13.0, middle + 8.0, centre + 13.0)
