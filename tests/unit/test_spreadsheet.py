"""Spreadsheets as property offices make them, and as nobody should: read, bounded, or refused."""

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from hub.core.cells import Formula, House
from hub.core.sheets import Said, read_sheets
from hub.gateways import spreadsheet
from hub.gateways.spreadsheet import Unreadable, parse

HEADER = [
    "楼栋",
    "单元",
    "房号",
    "姓 名",
    "联系电话",
    "身份证号",
    "与户主关系",
    "建筑面积(㎡)",
    "备注",
]
ID = "320501195001011000"


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sheet_of(*rows: Any) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def rewritten(raw: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The same workbook with its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for part in old.infolist():
            new.writestr(part.filename, change(part.filename, old.read(part)))
    return out.getvalue()


def said(raw: bytes) -> list[Said]:
    return read_sheets(parse(raw))[2]


def codes(one: Said) -> list[str]:
    return [each.code for each in one.problems]


def refused(raw: bytes) -> str:
    with pytest.raises(Unreadable) as told:
        parse(raw)
    return told.value.code


def nightmare() -> bytes:
    """Titles, merged areas, numbers that lost their ends, formulas, a repeated header, a note."""
    book = Workbook()
    page = book.active
    page.title = "一期"
    page["A1"] = "柳溪新村住户登记表"
    page.merge_cells("A1:I2")
    page["A3"] = "填表人：周敏　　日期：2026/11/26"
    for column, heading in enumerate(HEADER, 1):
        page.cell(5, column, heading)
    rows: list[list[Any]] = [
        ["１幢", "2单元", 302, "沈 桂芳", 13800138000, None, "业主", 89],
        [None, None, None, "郑海燕\u200b", "１３９-００１３-９０００", None, "保姆", None],
        [None, None, "3A01", "陈静", "", 320501195001011234, "租户", "102.5㎡"],
        HEADER[:8],
        ["2幢", "1单元", "201", "陈静", "0512-66668888", "3.20501E+17", "", "=89*2"],
        ["2幢", "1单元", "202", "王建国", "", ID[:-3] + "000", "", ""],
    ]
    for line, row in enumerate(rows, 6):
        for column, value in enumerate(row, 1):
            page.cell(line, column, value)
    for area in ("A6:A8", "B6:B8", "C6:C7"):
        page.merge_cells(area)
    page["A60000"] = "制表：物业服务中心"
    note = book.create_sheet("说明")
    note["A1"] = "请勿修改格式"
    return saved(book)


def test_the_nightmare_is_read_as_it_was_meant() -> None:
    tables, without, rows = read_sheets(parse(nightmare()))
    assert [(table.name, table.header_line) for table in tables] == [("一期", 5)]
    assert tables[0].left == ("备注",)
    assert without == ["说明"]
    shen, zheng, tenant, lost, cut, foot = rows
    assert [one.line for one in rows] == [6, 7, 8, 10, 11, 60000]
    assert shen.house == zheng.house == House("1", "2", "302")
    assert (shen.area, zheng.area) == (8900, None)
    assert shen.people[0].name == "沈桂芳"
    assert (shen.people[0].phone, zheng.people[0].phone) == ("13800138000", "13900139000")
    assert [one.people[0].relation for one in (shen, zheng)] == ["owner", "carer"]
    assert not shen.problems
    assert tenant.house == House("1", "2", "3A01")
    assert codes(tenant) == ["id_digits_lost"]
    assert set(codes(lost)) == {"id_digits_lost", "formula"}
    assert codes(cut) == ["id_digits_lost"]
    assert codes(foot) == ["house_missing"] or codes(foot) == ["house_form"]


def test_a_header_may_speak_any_of_our_languages() -> None:
    for header in (
        ["House", "Name", "Mobile", "Move in"],
        ["房號", "姓名", "聯絡電話", "入住日期"],
    ):
        day = datetime(2020, 1, 5, tzinfo=UTC).replace(tzinfo=None)
        row = ["1-2-302", "沈桂芳", "13800138000", day]
        (one,) = said(sheet_of(["title"], header, row))
        assert (one.house, one.people[0].since) == (House("1", "2", "302"), "2020-01-05")


def test_owner_and_tenant_may_each_have_a_column() -> None:
    one, other = said(
        sheet_of(["房号", "业主", "租户"], ["1-1-101", "沈桂芳", "陈静"], ["1-1-102", "王伟", "否"])
    )
    assert [(p.name, p.relation) for p in one.people] == [("沈桂芳", "owner"), ("陈静", "tenant")]
    assert [(p.name, p.relation) for p in other.people] == [("王伟", "owner")]
    (flagged,) = said(sheet_of(["房号", "姓名", "租户"], ["1-1-101", "陈静", "是"]))
    assert [(p.name, p.relation) for p in flagged.people] == [("陈静", "tenant")]


def test_doors_have_a_sheet_of_their_own() -> None:
    header = ["控制器", "门序号", "门名称", "门类型", "楼栋", "单元"]
    one, wrong = said(
        sheet_of(header, ["building-1", 1, "1幢1单元", "单元门", "1幢", "1单元"],
                 ["building-1", 99, "", "窗", "", ""])
    )  # fmt: skip
    assert one.door is not None
    assert (one.door.device, one.door.number, one.door.kind) == ("building-1", 1, "building")
    assert (one.door.building, one.door.unit) == ("1", "1")
    assert codes(wrong) == ["door_number", "door_name", "door_kind"]


CSV = "房号,姓名,身份证号\n1-2-302,沈桂芳,\n1-2-501,鄭海燕,E12345678\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"]
)  # what offices' programs write
def test_csv_in_the_usual_encodings(encoding: str) -> None:
    rows = said(CSV.encode(encoding))
    assert [one.people[0].name for one in rows] == ["沈桂芳", "鄭海燕"]
    assert rows[1].people[0].id_number == "E12345678"
    assert said(CSV.replace(",", "\t").replace("\n", "\r\n").encode(encoding)) == rows
    assert said(CSV.replace(",", ";").encode(encoding)) == rows


def test_a_formula_in_a_csv_is_told_not_run() -> None:
    one, two = said('房号,姓名\n1-2-302,"=HYPERLINK(""http://x"")"\n="1-2-303",沈桂芳\n'.encode())
    assert codes(one) == ["formula"]
    assert two.house == House("1", "2", "303")


# --- what is refused, with words


def test_macros_old_formats_and_broken_files() -> None:
    plain = sheet_of(["房号", "姓名"], ["1-1-101", "x"])
    out = io.BytesIO(plain)
    with zipfile.ZipFile(out, "a") as book:
        book.writestr("xl/vbaProject.bin", b"macro")
    assert refused(out.getvalue()) == "sheet_macros"
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600) == "sheet_old"
    assert refused(plain[: len(plain) // 2]) == "sheet_broken"
    assert refused(b"\x00\x01\x02\xff" * 100) == "sheet_unknown"
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as book:
        book.writestr("word/document.xml", "<x/>")
    assert refused(other.getvalue()) == "sheet_unknown"


def test_a_document_type_is_refused_before_it_can_grow() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'

    def laugh(name: str, raw: bytes) -> bytes:
        return bomb + raw.partition(b"?>")[2] if name.endswith("sheet1.xml") else raw

    raw = rewritten(sheet_of(["房号", "姓名"], ["1-1-101", "x"]), laugh)
    assert refused(raw) == "sheet_broken"


def test_a_zip_that_unpacks_to_too_much_is_never_unpacked() -> None:
    out = io.BytesIO(sheet_of(["房号", "姓名"], ["1-1-101", "x"]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as book:
        book.writestr("xl/media/image1.png", b"\0" * (spreadsheet.UNPACKED_BYTES_MAX + 1))
    assert len(out.getvalue()) < 1_000_000
    assert refused(out.getvalue()) == "sheet_too_large"


def test_a_million_empty_rows_are_not_walked() -> None:
    empty = b"".join(b'<row r="%d"/>' % line for line in range(3, 1_048_577))

    def fill(name: str, raw: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return raw
        return raw.replace(b"</sheetData>", empty + b"</sheetData>")

    raw = rewritten(sheet_of(["房号", "姓名"], ["1-1-101", "x"]), fill)
    (sheet,) = parse(raw)
    assert [row.line for row in sheet.rows] == [1, 2]


def test_rows_columns_and_cells_are_bounded(monkeypatch: Any) -> None:
    wide = ["房号", "姓名", *["x"] * 500]
    (sheet,) = parse(sheet_of(wide))
    assert len(sheet.rows[0].cells) == spreadsheet.COLUMNS_MAX
    (one,) = said(sheet_of(["房号", "姓名"], ["1-1-101", "名" * 30_000]))
    assert codes(one) == ["too_long"]
    monkeypatch.setattr(spreadsheet, "LINES_MAX", spreadsheet.LINES_EMPTY + 2)
    assert len(parse(sheet_of(["房号", "姓名"], ["1-1-101", "x"]))[0].rows) == 2
    assert refused(sheet_of(["房号", "姓名"], ["1-1-101", "x"], ["1-1-102", "x"])) == (
        "sheet_too_large"
    )
    monkeypatch.undo()
    monkeypatch.setattr(spreadsheet, "ROWS_MAX", 3)
    many = [["房号", "姓名"], *[["1-1-101", "x"]] * 3]
    assert refused(sheet_of(*many)) == "sheet_too_large"
    assert refused("\n".join(",".join(row) for row in many).encode()) == "sheet_too_large"


def test_huge_merged_areas_cost_nothing() -> None:
    area = b'</sheetData><mergeCells count="1"><mergeCell ref="A2:XFD1048576"/></mergeCells>'

    def merge(name: str, raw: bytes) -> bytes:
        return raw.replace(b"</sheetData>", area) if name.endswith("sheet1.xml") else raw

    (sheet,) = parse(rewritten(sheet_of(["房号", "姓名"], ["1-1-101", "沈桂芳"]), merge))
    assert len(sheet.rows) == 2


HONEST = sheet_of(["房号", "姓名"], ["1-1-101", "沈桂芳"])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_bytes_are_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(HONEST)
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    for given_raw in (bytes(raw), data.draw(st.binary(max_size=200))):
        with suppress(Unreadable):  # and nothing else
            read_sheets(parse(given_raw))


# --- the child and the way out


async def test_the_child_tells_what_was_read() -> None:
    sheets = await spreadsheet.read(nightmare())
    assert read_sheets(sheets)[2] == said(nightmare())
    assert isinstance(sheets[0].rows[7].cells[7], Formula)
    with pytest.raises(Unreadable, match="sheet_old"):
        await spreadsheet.read(b"\xd0\xcf\x11\xe0")
    with pytest.raises(Unreadable, match="oversize"):
        await spreadsheet.read(b"x" * (spreadsheet.FILE_BYTES_MAX + 1))


async def test_a_child_that_dies_is_no_matter(monkeypatch: Any) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(Unreadable, match="sheet_too_large"):
        await spreadsheet.read(b"x")


def test_nothing_that_is_written_back_is_a_formula() -> None:
    evil: list[Any] = ["=1+1", "+1", "@x", "-1", "\x07bell", 89.5, None, Formula()]
    raw = spreadsheet.write("问题", ["原因"] * 8, [evil])
    page = load_workbook(io.BytesIO(raw)).active
    assert page is not None
    cells = list(page.iter_rows())[1]
    assert [cell.data_type for cell in cells if cell.value is not None] == ["s"] * 7
    assert [cell.value for cell in cells[:5]] == ["=1+1", "+1", "@x", "-1", "bell"]
