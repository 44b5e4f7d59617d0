"""Foreign spreadsheets, read in a program of their own with bounded memory and time.

``read`` starts it; what comes back are plain cells. A workbook is a zip of XML that anybody may
have made: sizes are looked at before anything is unpacked, macros and document types are refused,
and whatever still goes wrong ends the child and not the hub.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Final
from xml.parsers import expat

from hub.core.cells import CELL_CHARS_MAX, Cell, Formula
from hub.core.sheets import Row, Sheet

FILE_BYTES_MAX: Final = 20 * 1024 * 1024  # an estate's workbook is about two
UNPACKED_BYTES_MAX: Final = 256 * 1024 * 1024  # what 20 MB of honest sheets unpack to
PARTS_MAX: Final = 1_000  # files in the zip
SHEETS_MAX: Final = 40
ROWS_MAX: Final = 40_000  # rows that hold something; the largest estate has 15,000 people
LINES_MAX: Final = 100_000  # lines looked at: formats alone can fill a million
LINES_EMPTY: Final = 1_000  # so many empty ones before that bound end a table for certain
COLUMNS_MAX: Final = 64
MERGES_MAX: Final = 20_000
MERGED_ROWS_MAX: Final = 2_000  # a value repeated further than this is a title, not a building
MEMORY_BYTES_MAX: Final = 1024 * 1024 * 1024
CPU_S_MAX: Final = 60
WAIT_S: Final = 90.0
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_CHUNK_BYTES: Final = 1 << 20
_MERGE: Final = re.compile(
    rb"<(?:\w{1,9}:)?mergeCell ref=\"([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})\""
)
_MERGE_BYTES: Final = 64  # the longest tag of that form

Area = tuple[int, int, int, int]  # top, left, bottom, right


class Unreadable(Exception):
    """The whole file cannot be taken; the code is a reason of ours."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def read(raw: bytes) -> list[Sheet]:
    """The sheets of a workbook or of a CSV file; raises Unreadable."""
    if len(raw) > FILE_BYTES_MAX:
        raise Unreadable("oversize")
    if not raw:
        raise Unreadable("sheet_unknown")
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hub.gateways.spreadsheet",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(WAIT_S):
            told, _ = await child.communicate(raw)
    except TimeoutError:
        raise Unreadable("sheet_too_large") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        raise Unreadable("sheet_too_large")
    answer = json.loads(told)
    if "code" in answer:
        raise Unreadable(str(answer["code"]))
    return [_sheet(*each) for each in answer["sheets"]]


def _sheet(name: str, rows: Sequence[Any]) -> Sheet:
    return Sheet(name, tuple(Row(line, tuple(map(_cell, cells))) for line, cells in rows))


def _cell(told: Any) -> Cell:
    if isinstance(told, dict):
        return date.fromisoformat(told["day"]) if "day" in told else Formula()
    cell: Cell = told
    return cell


def _told(cell: Cell) -> Any:
    match cell:
        case Formula():
            return {"formula": True}
        case date():
            return {"day": cell.isoformat()[:10]}
        case str():
            return cell[: CELL_CHARS_MAX + 1]  # one more than fits, so that it is seen to be long
        case _:
            return cell


# --------------------------------------------------------------------------- inside the child


def main() -> None:
    """Read a file from standard input, tell its cells as JSON."""
    with suppress(ValueError):  # not every system bounds memory; the sizes above still do
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    raw = sys.stdin.buffer.read(FILE_BYTES_MAX + 1)
    try:
        sheets = [
            [sheet.name, [[row.line, [*map(_told, row.cells)]] for row in sheet.rows]]
            for sheet in parse(raw)
        ]
        answer: dict[str, Any] = {"sheets": sheets}
    except Unreadable as fault:
        answer = {"code": fault.code}
    json.dump(answer, sys.stdout, ensure_ascii=True)


def parse(raw: bytes) -> list[Sheet]:
    """The sheets of a file; raises Unreadable and nothing else."""
    if raw.startswith(_ZIP):
        return _workbook(raw)
    if raw.startswith(_OLE):  # .xls, or a workbook under a password
        raise Unreadable("sheet_old")
    return [Sheet("CSV", tuple(_table(_text(raw))))]


def _text(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):  # what spreadsheets call Unicode text
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Unreadable("sheet_unknown")


def _table(text: str) -> Iterator[Row]:
    first = text[:4096].splitlines()[:HEAD_LINES]
    delimiter = max(",\t;", key=lambda sign: sum(line.count(sign) for line in first))
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    held = 0
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                held += 1
                if held > ROWS_MAX:
                    raise Unreadable("sheet_too_large")
                # a formula is a text here; it is told, because a spreadsheet would run it
                yield Row(reader.line_num, tuple(map(_from_csv, record[:COLUMNS_MAX])))
    except csv.Error:
        raise Unreadable("sheet_unknown") from None


HEAD_LINES: Final = 10


def _from_csv(text: str) -> Cell:
    """A cell of a CSV file; ="0123" is how spreadsheets are told to keep a text."""
    text = text.strip()
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        return text[2:-1]
    return Formula() if text.startswith("=") else text or None


def _workbook(raw: bytes) -> list[Sheet]:
    from openpyxl import load_workbook  # noqa: PLC0415 - a third of a second, only in the child

    try:
        merges = _look_inside(raw)
        book = load_workbook(io.BytesIO(raw), read_only=True, keep_links=False)
        return [
            _merged(Sheet(sheet.title, tuple(_rows(sheet))), merges.get(sheet.title, []))
            for sheet in book.worksheets
            if sheet.sheet_state == "visible"
        ]
    except Unreadable:
        raise
    except MemoryError:
        raise Unreadable("sheet_too_large") from None
    except Exception:  # noqa: BLE001 - zip, deflate, XML, openpyxl: each breaks in its own way
        raise Unreadable("sheet_broken") from None


def _look_inside(raw: bytes) -> dict[str, list[Area]]:
    """Refuse what is too large or not a plain workbook; the merged areas of each sheet by name.

    A zip's declared size binds: its reader stops there and finds the checksum wrong.
    """
    with zipfile.ZipFile(io.BytesIO(raw)) as inside:
        parts = inside.infolist()
        names = {part.filename.lower() for part in parts}
        if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_BYTES_MAX:
            raise Unreadable("sheet_too_large")
        if any("vbaproject" in name or "macrosheets" in name for name in names):
            raise Unreadable("sheet_macros")
        if "xl/workbook.xml" not in names:
            raise Unreadable("sheet_unknown")
        return _areas(inside)


def _areas(inside: zipfile.ZipFile) -> dict[str, list[Area]]:
    sheets: list[tuple[str, str]] = []
    targets: dict[str, str] = {}

    def on_sheet(tag: str, given: dict[str, str]) -> None:
        if tag.endswith("sheet") and "name" in given:
            key = next((value for name, value in given.items() if name.endswith(":id")), "")
            sheets.append((given["name"], key))

    def on_relation(tag: str, given: dict[str, str]) -> None:
        if tag.endswith("Relationship") and "Id" in given:
            targets[given["Id"]] = given.get("Target", "")

    _scan(inside, "xl/workbook.xml", on_sheet)
    _scan(inside, "xl/_rels/workbook.xml.rels", on_relation)
    if len(sheets) > SHEETS_MAX:
        raise Unreadable("sheet_too_large")
    known = set(inside.namelist())
    found: dict[str, list[Area]] = {}
    for name, key in sheets:
        target = targets.get(key, "").lstrip("/")
        path = target if target.startswith("xl/") else f"xl/{target}"
        found[name] = list(_merges(inside, path)) if path in known else []
    return found


def _scan(inside: zipfile.ZipFile, path: str, on_start: Any) -> None:
    """Walk one small part's tags; a document type is nothing a spreadsheet writes."""
    parser = expat.ParserCreate()

    def refuse(*_: Any) -> None:
        raise Unreadable("sheet_broken")

    parser.StartElementHandler = on_start
    parser.StartDoctypeDeclHandler = refuse
    with inside.open(path) as part:
        while chunk := part.read(_CHUNK_BYTES):
            parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _merges(inside: zipfile.ZipFile, path: str) -> Iterator[Area]:
    """The merged areas of a sheet: openpyxl leaves them out where it reads in bounded memory.

    They are looked for in the bytes: walking the tags of a full sheet takes as long as reading it.
    """
    from openpyxl.utils import range_boundaries  # noqa: PLC0415

    found, rest = 0, b""
    with inside.open(path) as part:
        while chunk := part.read(_CHUNK_BYTES):
            seen = rest + chunk
            if b"<!DOCTYPE" in seen:
                raise Unreadable("sheet_broken")
            end = 0
            for match in _MERGE.finditer(seen):
                left, top, right, bottom = range_boundaries(match[1].decode())
                end = match.end()
                found += 1
                if found > MERGES_MAX:
                    raise Unreadable("sheet_too_large")
                yield top, left, bottom, right
            rest = seen[max(end, len(seen) - _MERGE_BYTES) :]


def _rows(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # what a file says of its own size is often wrong
    held = 0
    lines = sheet.iter_rows(max_row=LINES_MAX, max_col=COLUMNS_MAX)
    for line, cells in enumerate(lines, 1):
        row = tuple(map(_plain, cells))
        while row and row[-1] is None:
            row = row[:-1]
        if not row:
            continue
        held += 1
        if held > ROWS_MAX or line > LINES_MAX - LINES_EMPTY:  # nothing is ever cut silently
            raise Unreadable("sheet_too_large")
        yield Row(line, row)


def _plain(cell: Any) -> Cell:
    value = cell.value
    if value is None or value == "":
        return None
    if cell.data_type == "f":
        return Formula()
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str | int | float | date):
        return value
    return str(value)  # a duration, an error: said as it stands, and then not understood


def _merged(sheet: Sheet, areas: Iterable[Area]) -> Sheet:
    """The value of a merged area stands in each of its rows, as it is meant."""
    rows = {row.line: list(row.cells) for row in sheet.rows}
    for top, left, bottom, right in areas:
        first = rows.get(top, [])
        value = first[left - 1] if left <= len(first) else None
        if value is None or right > COLUMNS_MAX or bottom - top > MERGED_ROWS_MAX:
            continue
        if top == bottom and right > left:
            continue  # a title across columns is one title
        for line in range(top, bottom + 1):
            cells = rows.get(line)
            if cells is not None:
                cells += [None] * (left - len(cells))
                cells[left - 1] = value
    return Sheet(sheet.name, tuple(Row(line, tuple(cells)) for line, cells in rows.items()))


# --------------------------------------------------------------------------- writing


def write(sheet: str, header: Sequence[str], rows: Iterable[Sequence[Cell | str]]) -> bytes:
    """A workbook of plain texts: nothing in it is ever a formula, whoever wrote the words."""
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)

    def plain(value: Cell | str) -> Any:
        text = "" if value is None else "=…" if isinstance(value, Formula) else str(value)
        cell = WriteOnlyCell(page, "".join(sign for sign in text if sign.isprintable()))
        cell.data_type = "s"
        cell.number_format = "@"
        return cell

    page.append([*map(plain, header)])
    for row in rows:
        page.append([*map(plain, row)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


if __name__ == "__main__":
    main()
