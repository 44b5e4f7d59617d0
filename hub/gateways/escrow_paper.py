"""The sheets of an escrow as PDF: one A4 for each keeper, made in memory and nowhere kept."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final

from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos

from hub.core.escrow import NEEDED, SHEETS, Sheet
from hub.core.words import LANGUAGES
from hub.gateways.paper import MARGIN_MM, Font, draw_qr

QR_MM: Final = 68.0
COLUMNS: Final = 3
BLANK_MM: Final = 16.0  # between two lines to write on
BLANKS: Final = ("keeper", "place", "since", "signed")
GROUP: Final = 8  # signs of the sealed part that the eye keeps

WORDS: Final = {
    "title": ("卡总钥匙和小区根钥匙 托管单", "卡片總金鑰與社區根金鑰 託管單",
              "Card masters and site root in escrow"),
    "which": (
        "第 {n} 张，共 {all} 张；任何 {needed} 张合起来才能恢复",
        "第 {n} 張，共 {all} 張；任何 {needed} 張合起來才能還原",
        "Sheet {n} of {all}; any {needed} together bring the masters back",
    ),
    "of": ("小区 {site}，第 {set} 套，{day}", "社區 {site}，第 {set} 套，{day}",
           "Site {site}, set {set}, {day}"),
    "keep": (
        "三张交给三个人，分开锁好。不要拍照，不要复印，不要放在一起。单独一张没有用处。",
        "三張交給三個人，分開鎖好。不要拍照，不要影印，不要放在一起。單獨一張沒有用處。",
        "Three keepers, three locked places. Never copied, never two together. "  # noqa: ISC004
        "One sheet alone is of no use.",
    ),
    "how": (
        "恢复：linli card escrow restore，扫两张单子上的方码，或照下面打字。",
        "還原：linli card escrow restore，掃兩張單子上的方碼，或照下面打字。",
        "To restore: linli card escrow restore, then scan two squares, or type what stands below.",
    ),
    "typed": (
        "打字：LINLI-ESCROW-1:{site}:{n}:密封:单词",
        "打字：LINLI-ESCROW-1:{site}:{n}:密封:單詞",
        "Typed: LINLI-ESCROW-1:{site}:{n}:SEALED:WORDS",
    ),
    "sealed": ("密封", "密封", "SEALED"),
    "words": ("单词", "單詞", "WORDS"),
    "keeper": ("保管人", "保管人", "Keeper"),
    "place": ("放在何处", "放在何處", "Kept where"),
    "since": ("交接日期", "交接日期", "Handed over on"),
    "signed": ("签字", "簽字", "Signature"),
}  # fmt: skip


def print_sheets(sheets: Sequence[Sheet], day: str, language: str, font: Font) -> bytes:
    """All sheets, one page each."""
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.add_font("letter", "", font.path, collection_font_number=font.face)
    for sheet in sheets:
        _page(pdf, sheet, day, language)
    return bytes(pdf.output())


def _page(pdf: FPDF, sheet: Sheet, day: str, language: str) -> None:
    def say(name: str, **put: object) -> str:
        return WORDS[name][LANGUAGES.index(language)].format(**put)

    pdf.add_page()
    pdf.set_y(18)
    _lines(pdf, 20, say("title"), language)
    _lines(pdf, 14, say("which", n=sheet.number, all=SHEETS, needed=NEEDED), language)
    _lines(pdf, 11, say("of", site=sheet.site, set=sheet.set_name, day=day), language)
    top = pdf.get_y() + 2
    draw_qr(pdf, MARGIN_MM - 2, top, sheet.text, QR_MM)
    _blanks(pdf, top, [say(name) for name in BLANKS])
    pdf.set_y(top + QR_MM + 8)
    for name in ("keep", "how"):
        _lines(pdf, 11, say(name), language)
    _lines(pdf, 9, say("typed", site=sheet.site, n=sheet.number), language)
    sealed = base64.b32encode(sheet.sealed).decode().rstrip("=")
    groups = [sealed[at : at + GROUP] for at in range(0, len(sealed), GROUP)]
    _lines(pdf, 9, f"{say('sealed')}  " + " ".join(groups), "en")
    _lines(pdf, 9, say("words"), language)
    _words(pdf, sheet.words.split())


def _blanks(pdf: FPDF, top: float, labels: Sequence[str]) -> None:
    """Lines beside the square on which the keeper signs for the sheet."""
    left, right = MARGIN_MM + QR_MM + 12, 210 - MARGIN_MM
    pdf.set_font("letter", size=11)
    pdf.set_draw_color(120)
    for number, label in enumerate(labels):
        line = top + 14 + number * BLANK_MM
        pdf.line(left, line, right, line)
        pdf.text(left, line + 5, label)


def _words(pdf: FPDF, words: Sequence[str]) -> None:
    """The words by number, down the columns."""
    top, rows = pdf.get_y() + 1, -(-len(words) // COLUMNS)
    pdf.set_font("letter", size=11)
    for at, word in enumerate(words):
        column, row = divmod(at, rows)
        pdf.set_xy(MARGIN_MM + column * 58, top + row * 5.6)
        pdf.cell(56, 5.6, f"{at + 1}  {word}")


def _lines(pdf: FPDF, size: int, text: str, language: str) -> None:
    pdf.set_x(MARGIN_MM)
    pdf.set_font("letter", size=size)
    pdf.multi_cell(
        210 - 2 * MARGIN_MM,
        size * 0.5,
        text,
        align="L",
        new_x=XPos.LMARGIN,
        new_y=YPos.NEXT,
        wrapmode=WrapMode.WORD if language == "en" else WrapMode.CHAR,
    )
    pdf.set_y(pdf.get_y() + 2)
