"""From the rows of a spreadsheet to what they say: pure, without knowing what is already known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hub.core import cells
from hub.core.cells import Cell, House, Odd
from hub.core.sheet_words import DOOR_KINDS, Column, column_of

HEADER_LINES_MAX = 30  # titles, notes and legends above a table
HEADER_LEAST = 2  # recognised headings that make a row the header
NUMBER_MAX = 64  # doors of one controller

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a sheet as it was read."""

    line: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's rows that are not empty."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class PersonSaid:
    """A person as one row speaks of them."""

    name: str
    relation: str = ""
    phone: str = ""
    id_number: str = ""
    elder: bool | None = None
    since: str | None = None
    until: str | None = None
    card: str = ""
    card_kind: str = ""


@dataclass(frozen=True, slots=True)
class DoorSaid:
    """A door as one row speaks of it."""

    device: str
    number: int
    name: str
    kind: str
    building: str
    unit: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be taken, and in which column."""

    code: str
    column: Column | None = None


@dataclass(slots=True)
class Said:
    """What one row says; with problems it is not taken."""

    sheet: str
    line: int
    house: House | None = None
    area: int | None = None
    people: tuple[PersonSaid, ...] = ()
    door: DoorSaid | None = None
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet in which a header was found."""

    name: str
    header_line: int
    columns: Mapping[Column, int]
    left: tuple[str, ...]
    rows: tuple[Row, ...]


def find_table(sheet: Sheet) -> Table | None:
    """The header below whatever titles, and the rows under it; None when there is no table."""
    best: tuple[int, int] | None = None
    for index, row in enumerate(sheet.rows[:HEADER_LINES_MAX]):
        known = len(_columns(row.cells)[0])
        if known >= HEADER_LEAST and (best is None or known > best[0]):
            best = known, index
    if best is None:
        return None
    header = sheet.rows[best[1]]
    columns, left = _columns(header.cells)
    rows = tuple(
        row
        for row in sheet.rows[best[1] + 1 :]
        if _holds(row) and not _repeats(row, header, columns)
    )
    return Table(sheet.name, header.line, columns, tuple(left), rows)


def _repeats(row: Row, header: Row, columns: Mapping[Column, int]) -> bool:
    """Whether it is the header once more, as printed sheets have it on each page."""
    same = (at < len(row.cells) and row.cells[at] == header.cells[at] for at in columns.values())
    return sum(same) >= HEADER_LEAST


def _holds(row: Row) -> bool:
    return any(cell not in (None, "") for cell in row.cells)


def _columns(row: Sequence[Cell]) -> tuple[dict[Column, int], list[str]]:
    """Where each known column stands (the first of two), and the headings that are left."""
    found: dict[Column, int] = {}
    left: list[str] = []
    for index, cell in enumerate(row):
        if not isinstance(cell, str) or not cell.strip():
            continue
        column = column_of(cell)
        if column is None or column in found:
            left.append(cell.strip()[: cells.CELL_CHARS_MAX])
        else:
            found[column] = index
    return found, left


def read_table(table: Table) -> Iterator[Said]:
    """What each row of a table says."""
    reads = _door if "device" in table.columns else _residents
    for row in table.rows:
        reader = _Reader(table.columns, row)
        said = Said(table.name, row.line)
        reads(reader, said)
        said.problems = reader.problems
        yield said


class _Reader:
    """Reads the cells of one row; what is odd becomes a problem, the rest is read all the same."""

    def __init__(self, columns: Mapping[Column, int], row: Row) -> None:
        self._columns = columns
        self._row = row
        self.problems: list[Problem] = []

    def cell(self, column: Column) -> Cell:
        at = self._columns.get(column)
        return self._row.cells[at] if at is not None and at < len(self._row.cells) else None

    def read(self, column: Column, meaning: Callable[[Cell], T], otherwise: T) -> T:
        try:
            return meaning(self.cell(column))
        except Odd as odd:
            self.problem(odd.code, column)
            return otherwise

    def problem(self, code: str, column: Column | None = None) -> None:
        fresh = Problem(code, column)
        if fresh not in self.problems:
            self.problems.append(fresh)


def _residents(reader: _Reader, said: Said) -> None:
    whole: Column = "house" if reader.cell("house") not in (None, "") else "room"
    said.house = reader.read(
        whole,
        lambda cell: cells.house_of(cell, reader.cell("building"), reader.cell("unit")),
        None,
    )
    said.area = reader.read("area", cells.area_of, None)
    if said.house is None and not any(each.code == "house_form" for each in reader.problems):
        reader.problem("house_missing", whole)
    said.people = tuple(_people(reader))


def _people(reader: _Reader) -> Iterator[PersonSaid]:
    """The named person, or owner and tenant who each have a column of their own.

    Telephone, number and card of a row belong to its first person.
    """
    relation = reader.read("relation", cells.relation_of, "")
    name = reader.read("name", cells.name_of, "")
    owner = reader.read("owner", cells.name_of, "") if not name else ""
    tenant, is_tenant = _tenant(reader)
    first = name or owner or tenant
    kind = relation or ("owner" if first == owner else "tenant" if is_tenant else "")
    said = PersonSaid(
        first,
        kind or ("tenant" if first == tenant else ""),
        reader.read("phone", cells.phone_of, ""),
        reader.read("id_number", cells.id_number_of, ""),
        reader.read("elder", cells.flag_of, None),
        reader.read("since", cells.date_of, None),
        reader.read("until", cells.date_of, None),
        reader.read("card", cells.card_of, ""),
        reader.read("card_kind", cells.card_kind_of, ""),
    )
    if said.since and said.until and said.until < said.since:
        reader.problem("dates_order", "until")
    if first:
        yield said
    elif said.card or said.id_number:
        reader.problem("name_missing", "name")
    if tenant and tenant != first:
        yield PersonSaid(tenant, "tenant")


def _tenant(reader: _Reader) -> tuple[str, bool]:
    """The tenant's name, and whether the column only says yes."""
    try:
        flag = cells.flag_of(reader.cell("tenant"))
    except Odd:
        return reader.read("tenant", cells.name_of, ""), False
    return "", bool(flag)


def _door(reader: _Reader, said: Said) -> None:
    device = reader.read("device", lambda cell: cells.plain_of(cell).lower(), "")
    number = reader.read("door_number", cells.plain_of, "")
    name = reader.read("door_name", cells.text_of, "")
    kind = DOOR_KINDS.get(reader.read("door_kind", cells.plain_of, ""))
    building = reader.read("building", cells.building_of, "")
    unit = reader.read("unit", cells.unit_of, "")
    fits = number.isascii() and number.isdecimal() and 1 <= int(number[:4]) <= NUMBER_MAX
    if not fits:
        reader.problem("door_number", "door_number")
    if not name:
        reader.problem("door_name", "door_name")
    if kind is None:
        reader.problem("door_kind", "door_kind")
    if fits and name and kind is not None:
        said.door = DoorSaid(device, int(number), name, kind, building, unit)


def read_sheets(sheets: Iterable[Sheet]) -> tuple[list[Table], list[str], list[Said]]:
    """The tables that were found, the names of sheets without one, and what all rows say."""
    tables: list[Table] = []
    without: list[str] = []
    said: list[Said] = []
    for sheet in sheets:
        table = find_table(sheet)
        if table is None:
            if sheet.rows:
                without.append(sheet.name)
        else:
            tables.append(table)
            said += read_table(table)
    return tables, without, said
