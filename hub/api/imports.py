"""Spreadsheets of the console: looked at, applied, undone, and the rows that need another look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection, select

from devices.messages import Assurance
from hub.acts.imports import FILE_CHARS_MAX, LaterChange
from hub.api.documents import CHANGE, told
from hub.api.gate import Gate, Member
from hub.api.import_shapes import ImportLater, ImportsShown, LookShown, UndoBegun
from hub.api.problems import problem, reply
from hub.core.imports import first_rule
from hub.core.sheet_words import COLUMN_WORDS, column_words, opens_words, problem_words
from hub.core.sheets import Said
from hub.core.words import LANGUAGES, PLAIN
from hub.gateways import spreadsheet
from hub.importing import Look
from hub.live import instant
from hub.store import tables as t

UPLOAD_PATH = "/api/v1/imports"
UPLOAD_BYTES_MAX = spreadsheet.FILE_BYTES_MAX
ROWS_SHOWN = 50  # of a preview: enough to see whether the columns were understood
PROBLEMS_SHOWN = 200  # the workbook of problems holds all of them
IMPORTS_SHOWN = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Language = Literal["zh-Hans", "zh-Hant", "en"]
_UNREADABLE = (
    "sheet_unknown", "sheet_old", "sheet_broken", "sheet_macros", "sheet_too_large",
    "sheet_no_header",
)  # fmt: skip
_WORDS = {
    "reason": ("原因", "原因", "Reason"),
    "sheet": ("工作表", "工作表", "Sheet"),
    "line": ("行", "列", "Line"),
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def routes(gate: Gate) -> APIRouter:
    """The router of the import endpoints; whoever may not import is refused before the body."""
    router = APIRouter(prefix="/api/v1", tags=["imports"])
    imports = gate.hub.imports

    def member(request: Request) -> Member:
        return gate.member(request, "import", "roster")

    looks = told(
        "lookAtSheet", LookShown, *_UNREADABLE, "oversize", "field_wrong", by="staff", status=201
    )
    looks["openapi_extra"] |= _BODY

    @router.post("/imports", status_code=201, **looks)
    async def look(
        request: Request,
        file: Annotated[str, Query(max_length=FILE_CHARS_MAX, pattern=PLAIN)] = "",
    ) -> Response:
        member(request)
        found = await imports.look(file, await request.body())
        return reply(show_look(gate, found), request, 201)

    @router.get("/imports", **told("listImports", ImportsShown, by="staff"))
    def listed(request: Request) -> Response:
        member(request)
        return reply({"imports": _imports(gate)}, request)

    applies = ("import_forgotten", "import_running", *CHANGE)

    @router.post(
        "/imports/{sheet}/apply",
        status_code=202,
        **told("applySheet", UndoBegun, *applies, "field_wrong", by="staff", status=202),
    )
    async def apply(sheet: str, request: Request) -> Response:
        by = member(request)
        progress = await imports.apply(sheet, f"staff:{by.id}")
        return reply({"state": progress.state, "changes": progress.changes}, request, 202)

    undoes = told(
        "undoImport", UndoBegun, "import_overtaken", "import_running", "import_undone",
        "not_found", "field_wrong", *CHANGE, by="staff", status=202, problem=ImportLater,
    )  # fmt: skip

    @router.post("/imports/{sheet}/undo", status_code=202, **undoes)
    async def undo(sheet: str, request: Request) -> Response:
        by = member(request)
        found = await imports.undo(sheet, f"staff:{by.id}")
        if isinstance(found, list):
            later = _later(gate, found)
            return problem("import_overtaken", f"{len(found)} rows", None, later=later)
        return reply({"state": found.state, "changes": found.changes}, request, 202)

    _problems(router, gate)
    return router


def _problems(router: APIRouter, gate: Gate) -> None:
    imports = gate.hub.imports

    @router.get("/imports/{sheet}/problems.xlsx", include_in_schema=False)
    async def problems(
        sheet: str, request: Request, language: Annotated[Language, Query()] = "zh-Hans"
    ) -> Response:
        gate.member(request, "import", "roster")
        raw = problem_workbook(imports.looked_at(sheet), language)
        headers = {"Content-Disposition": 'attachment; filename="linli-problems.xlsx"'}
        return Response(raw, 200, headers, XLSX)


# --------------------------------------------------------------------------- the preview


def show_look(gate: Gate, look: Look) -> dict[str, Any]:
    """A preview: counts, what was understood, the first rows, and every kind of problem."""
    pairs = list(zip(look.said, look.plan.statuses, strict=True))
    wrong = [(said, status) for said, status in pairs if status == "error"]
    return {
        "id": look.id,
        "file": look.file,
        "counts": look.counts(),
        "changes": len(look.plan.changes),
        "tables": [
            {
                "sheet": table.name,
                "header_line": table.header_line,
                "columns": [column_words(column) for column in table.columns],
                "left": list(table.left[: spreadsheet.COLUMNS_MAX]),
            }
            for table in look.tables
        ],
        "without": look.without,
        "rows": [_row(said, status) for said, status in pairs[:ROWS_SHOWN]],
        "problems": [_row(said, status) for said, status in wrong[:PROBLEMS_SHOWN]],
        "card_doors": _card_doors(gate, look),
    }


def _row(said: Said, status: str) -> dict[str, Any]:
    house = said.house.key if said.house else ""
    door = f"{said.door.device} {said.door.number} {said.door.name}" if said.door else ""
    return {
        "sheet": said.sheet,
        "line": said.line,
        "status": status,
        "house": house,
        "people": [
            {"name": person.name, "relation": person.relation, "card": bool(person.card)}
            for person in said.people
        ],
        "door": door,
        "opens": _opens(said, status),
        "problems": [
            {
                "code": each.code,
                "column": column_words(each.column) if each.column else None,
                "words": problem_words(each.code),
            }
            for each in said.problems
        ],
    }


def _opens(said: Said, status: str) -> dict[str, str] | None:
    """Whom a new door opens for by the rule that comes with it."""
    if said.door is None or status != "new":
        return None
    kind, building = first_rule(said.door) or ("nobody", "")
    return opens_words(kind, building)


def _card_doors(gate: Gate, look: Look) -> dict[str, Any] | None:
    """Which doors take the weakest of the sheet's new cards: numbers that anybody can copy."""
    kinds = {
        str(change.after["kind"])
        for change in look.plan.changes
        if change.table == "cards" and "kind" in change.after
    }
    if not kinds:
        return None
    weak = sorted(kinds - {"ntag424"})
    with gate.hub.engines.read.connect() as connection:
        rows = connection.execute(select(t.doors.c.id, t.doors.c.asks)).all()
        asks = {row.id: row.asks for row in rows}
    doors = gate.hub.memory.doors.values()
    taking = [door.name for door in doors if asks.get(door.id, 3) <= Assurance.IDENTIFIER]
    return {"kinds": weak, "doors": taking if weak else [], "all": len(asks)}


def _imports(gate: Gate) -> list[dict[str, Any]]:
    with gate.hub.engines.read.connect() as connection:
        rows = connection.execute(
            select(t.imports).order_by(t.imports.c.begun_at.desc()).limit(IMPORTS_SHOWN)
        ).all()
        ids = {row.begun_by.removeprefix("staff:") for row in rows}
        members = connection.execute(
            select(t.staff.c.id, t.staff.c.name).where(t.staff.c.id.in_(ids))
        )
        names = {member.id: member.name for member in members}
    return [
        {
            "id": row.id,
            "file": row.file,
            "by": names.get(row.begun_by.removeprefix("staff:"), ""),
            "at": instant(row.begun_at),
            "state": row.state,
            "changes": row.changes,
            "done": row.cursor,
            "counts": row.counts,
        }
        for row in rows
    ]


# --------------------------------------------------------------------------- problems on paper


def problem_workbook(look: Look, language: Language) -> bytes:
    """The rows with problems as they stood in the file, with the reasons in front."""
    at = LANGUAGES.index(language)
    head = [_WORDS[name][at] for name in ("reason", "sheet", "line")]
    tables = {table.name: table for table in look.tables}
    first = look.tables[0]
    sources = {sheet.name: {row.line: row for row in sheet.rows} for sheet in look.sheets}
    header = sources[first.name][first.header_line].cells

    def rows() -> Iterator[list[Any]]:
        for said, status in zip(look.said, look.plan.statuses, strict=True):
            if status == "error" and said.sheet in tables:
                cells = sources[said.sheet][said.line].cells
                yield [_reasons(said, at), said.sheet, said.line, *cells]

    return spreadsheet.write(head[0], [*head, *(str(cell or "") for cell in header)], rows())


def _reasons(said: Said, at: int) -> str:
    return " ".join(
        (f"{COLUMN_WORDS[each.column][at]}: " if each.column else "")
        + problem_words(each.code)[LANGUAGES[at]]
        for each in said.problems
    )


# --------------------------------------------------------------------------- what came later


def _later(gate: Gate, found: list[LaterChange]) -> list[dict[str, str]]:
    with gate.hub.engines.read.connect() as connection:
        return [
            {"table": each.table, "what": _called(connection, each), "column": each.column}
            for each in found
        ]


def _called(connection: Connection, change: LaterChange) -> str:
    """What staff call a row: a house, a name; of a card only whose it is."""
    if change.table == "households":
        query = select(t.households.c.house).where(t.households.c.id == change.row_id)
    elif change.table == "people":
        query = select(t.people.c.name).where(t.people.c.id == change.row_id)
    elif change.table in ("doors", "rules"):
        table = t.metadata.tables[change.table]
        query = select(table.c.id).where(table.c.id == change.row_id)
    else:
        table = t.metadata.tables[change.table]
        query = (
            select(t.people.c.name)
            .join(table, table.c.person_id == t.people.c.id)
            .where(table.c.id == change.row_id)
        )
    return str(connection.execute(query).scalar() or "")
