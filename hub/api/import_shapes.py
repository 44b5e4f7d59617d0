"""What the import and letter endpoints answer, as shapes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hub.api.shapes import Problem, Shaped, Words

State = Literal["staging", "applying", "applied", "undoing", "undone", "failed", "settled"]


class RowCounts(Shaped):
    """Rows of a sheet by what becomes of them."""

    new: int
    changed: int
    same: int
    error: int


class TableRead(Shaped):
    """A sheet in which a header was found."""

    sheet: str
    header_line: int
    columns: list[Words] = Field(description="The columns that were understood.")
    left: list[str] = Field(description="Headings that nobody asked for.")


class PersonRead(Shaped):
    """A person as a row names them."""

    name: str
    relation: str
    card: bool


class RowProblem(Shaped):
    """Why a row is not taken."""

    code: str
    column: Words | None
    words: Words


class RowRead(Shaped):
    """A row as it was understood."""

    sheet: str
    line: int
    status: Literal["new", "changed", "same", "error"]
    house: str
    people: list[PersonRead]
    door: str
    opens: Words | None = Field(description="Whom a new door opens for at first.")
    problems: list[RowProblem]


class CardDoors(Shaped):
    """Kinds of new cards that anybody can copy, and which doors take such."""

    kinds: list[str]
    doors: list[Words]
    all: int = Field(description="How many doors there are.")


class LookShown(Shaped):
    """What a file would change; nothing is written."""

    id: str
    file: str
    counts: RowCounts
    changes: int
    tables: list[TableRead]
    without: list[str] = Field(description="Sheets without a header.")
    rows: list[RowRead]
    problems: list[RowRead]
    card_doors: CardDoors | None


class ImportShown(Shaped):
    """An import and how far it has come."""

    id: str
    file: str
    by: str
    at: str
    state: State
    changes: int
    done: int
    counts: RowCounts


class ImportsShown(Shaped):
    """The newest imports."""

    imports: list[ImportShown]


class UndoBegun(Shaped):
    """The job has begun; its progress stands in the list of imports."""

    state: State
    changes: int


class LaterShown(Shaped):
    """A row that changed after the import."""

    table: str
    what: str
    column: str = Field(description="Empty when other rows point at it.")


class ImportLater(Problem):
    """Undoing would overwrite these."""

    later: list[LaterShown] | None = None
