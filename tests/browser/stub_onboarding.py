"""The stand-in's endpoints for imports, letters, the desk and the household's new phones."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.browser.stub_routes import _signed_in as signed_in
from tests.browser.stub_routes import at
from tests.browser.stubs import Refusal, StubHub, now, stamp, words

COUNTS = {"new": 412, "changed": 3, "same": 80, "error": 2}
BAD_ROWS = [
    {
        "sheet": "一期", "line": 7, "status": "error", "house": "1-2-302", "door": "",
        "people": [{"name": "王建国", "relation": "owner", "card": False}],
        "problems": [
            {
                "code": "id_digits_lost", "column": words("身份证号", "身份證號", "ID number"),
                "words": words("末几位被表格软件丢掉了", "末幾位被試算表丟掉了", "Digits were lost"),
            }
        ],
    }
]  # fmt: skip
LOOK = {
    "id": "i-1", "file": "一期住户.xlsx", "counts": COUNTS, "changes": 1204,
    "tables": [
        {
            "sheet": "一期", "header_line": 3, "left": ["备注"],
            "columns": [words("房号", "房號", "House"), words("姓名", "姓名", "Name")],
        }
    ],
    "without": ["说明"],
    "rows": [
        {
            "sheet": "一期", "line": 4, "status": "new", "house": "1-2-301", "door": "",
            "people": [{"name": "沈桂芳", "relation": "owner", "card": True}], "problems": [],
        },
        *BAD_ROWS,
    ],
    "problems": BAD_ROWS,
    "card_doors": {"kinds": ["mifare"], "doors": [words("南大门", "南大門", "South gate")], "all": 6},
}  # fmt: skip


def an_import(**more: object) -> dict[str, object]:
    usual = {
        "id": "i-1", "file": "一期住户.xlsx", "by": "周敏", "at": stamp(now()), "state": "applied",
        "changes": 1204, "done": 1204, "counts": COUNTS,
    }  # fmt: skip
    return {**usual, **more}


@at("POST", "/api/v1/imports")
async def _look(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    if isinstance(hub.look, str):
        raise Refusal(hub.look)
    return JSONResponse({**hub.look, "file": request.query_params.get("file", "")}, 201)


@at("GET", "/api/v1/imports")
async def _imports(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    shown = [dict(each) for each in hub.imports]
    for each in hub.imports:  # each question finds a running one further on
        if each["state"] in ("applying", "undoing"):
            each["done"] = min(each["changes"], each["done"] + 700)
            if each["done"] == each["changes"]:
                each["state"] = {"applying": "applied", "undoing": "undone"}[each["state"]]
    return JSONResponse({"imports": shown})


@at("POST", "/api/v1/imports/{id}/apply")
async def _apply(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    hub.imports.insert(0, an_import(state="applying", done=0))
    return JSONResponse({"state": "applying", "changes": 1204}, 202)


@at("POST", "/api/v1/imports/{id}/undo")
async def _undo(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    if hub.later:
        raise Refusal("import_overtaken", later=hub.later)
    hub.imports[0] |= {"state": "undoing", "done": 0}
    return JSONResponse({"state": "undoing", "changes": 1204}, 202)


@at("GET", "/api/v1/imports/{id}/problems.xlsx")
async def _problems(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    return Response(b"PK", headers={"Content-Disposition": 'attachment; filename="p.xlsx"'})


@at("POST", "/api/v1/letters")
async def _letters(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    return Response(b"%PDF-", media_type="application/pdf")


@at("GET", "/api/v1/me/household/phones")
async def _newcomers(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    return JSONResponse({"phones": hub.newcomers}, 200, {"Linli-Nonce": hub.new_nonce()})


@at("POST", "/api/v1/me/household/phones/{id}/confirm")
async def _confirm(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    known = request.path_params["id"]
    hub.newcomers = [
        each | {"paused_at": None} if each["id"] == known else each for each in hub.newcomers
    ]
    return Response(status_code=204)


@at("POST", "/api/v1/me/household/phones/{id}/end")
async def _end(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    hub.newcomers = [each for each in hub.newcomers if each["id"] != request.path_params["id"]]
    return Response(status_code=204)
