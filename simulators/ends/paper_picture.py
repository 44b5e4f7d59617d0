"""A printed slip as a picture: an SVG document whose units are the printer's dots."""

from typing import Final
from xml.sax.saxutils import escape

import segno

from drivers.escpos import DOTS_A_COLUMN, width
from simulators.ends.paper import Code, Gap, Line, Picture, Printed

LINE_DOTS: Final = 30  # the pace of a line at the usual spacing
LETTER_DOTS: Final = 24
EDGE_DOTS: Final = 24  # bare paper around what is printed


def draw(things: list[Printed], columns: int) -> str:
    """The slip as an SVG document of its own; ``columns`` is how wide the printer's head is."""
    inner = columns * DOTS_A_COLUMN
    parts, y = [], EDGE_DOTS
    for thing in things:
        part, height = _drawn(thing, inner, y)
        parts.append(part)
        y += height
    wide, high = inner + 2 * EDGE_DOTS, y + EDGE_DOTS
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" '
        f'width="{wide}" height="{high}">'
        f'<rect width="{wide}" height="{high}" fill="#fffdf7"/>'
        f'<g font-family="monospace" fill="#211e19">{"".join(parts)}</g></svg>'
    )


def _drawn(thing: Printed, inner: int, y: int) -> tuple[str, int]:
    match thing:
        case Line():
            return _line(thing, inner, y)
        case Code():
            return _code(thing, inner, y)
        case Picture():
            return _picture(thing, inner, y)
        case Gap(lines):
            return "", lines * LINE_DOTS


def _left(align: int, inner: int, taken: int) -> int:
    return EDGE_DOTS + (0, max(0, inner - taken) // 2, max(0, inner - taken))[align]


def _line(line: Line, inner: int, y: int) -> tuple[str, int]:
    """Each letter in the place the printer gives it, so that columns stand under each other."""
    step = DOTS_A_COLUMN * line.across
    x = _left(line.align, inner, width(line.text) * step)
    places, signs = [], []
    for sign in line.text:
        if sign != " ":
            places.append(str(x // line.across))
            signs.append(sign)
        x += width(sign) * step
    height = max(LINE_DOTS, LINE_DOTS * line.down)
    if not signs:
        return "", height
    scale = (
        f' transform="scale({line.across} {line.down})"'
        if (line.across, line.down) != (1, 1)
        else ""
    )
    bold = ' font-weight="bold"' if line.bold else ""
    base = (y + LETTER_DOTS * line.down) // line.down
    told = escape("".join(signs))
    at = f'x="{" ".join(places)}" y="{base}" font-size="{LETTER_DOTS - 2}"'
    return f"<text {at}{bold}{scale}>{told}</text>", height


def _code(code: Code, inner: int, y: int) -> tuple[str, int]:
    matrix = segno.make(code.text, error=code.level, micro=False, boost_error=False).matrix
    rows = [bytes(row) for row in matrix]
    size = len(rows) * code.module_dots
    return _dots(rows, _left(code.align, inner, size), y, code.module_dots), size


def _picture(picture: Picture, inner: int, y: int) -> tuple[str, int]:
    size = picture.row_bytes
    raw = [picture.dots[at : at + size] for at in range(0, len(picture.dots), size or 1)]
    rows = [bytes(byte >> (7 - bit) & 1 for byte in row for bit in range(8)) for row in raw]
    return _dots(rows, _left(picture.align, inner, size * 8), y, 1), len(rows)


def _dots(rows: list[bytes], left: int, top: int, dot: int) -> str:
    """Black dots as one path, a run of a row at a time."""
    runs = []
    for number, row in enumerate(rows):
        at = 0
        while at < len(row):
            if not row[at]:
                at += 1
                continue
            end = at
            while end < len(row) and row[end]:
                end += 1
            wide = (end - at) * dot
            runs.append(f"M{left + at * dot} {top + number * dot}h{wide}v{dot}h-{wide}z")
            at = end
    return f'<path d="{"".join(runs)}"/>' if runs else ""
