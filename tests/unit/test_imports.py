"""Imports on both databases: nothing until it is said, twice is once, undone is as before."""

import asyncio
import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from hub.acts import imports as acts
from hub.acts.imports import Which, apply_part
from hub.acts.roster import RosterPart, load_part
from hub.core.errors import DomainError
from hub.core.imports import TABLES, Comparison, Known, Plan
from hub.core.sheets import Row, Said, Sheet, read_sheets
from hub.store import chain
from hub.store import tables as t
from hub.store.writer import StoreUnavailable
from tests.unit.hub_bench import CLIENT, HubBench, hub_bench
from tests.unit.test_cells import numbered

HEADER = ["房号", "姓名", "电话", "身份证号", "关系", "面积", "卡号", "卡类型"]
SHEET: list[list[Any]] = [
    HEADER,
    ["1-1-101", "沈桂芳", "13800007302", numbered(320501, 123), "业主", 89, "04AABBCC", "IC卡"],
    ["1-1-101", "陈静", "13900001111", "", "保姆", "", "0012345678", "ID卡"],
    ["1幢2单元3A01", "陈静", "13900002222", numbered(320502, 7), "租户", "102.5", "", ""],
    ["2-1-101", "陈静", "", "", "业主", "", "", ""],
    ["2-1-102", "王建国", "", "320501195001010000", "业主", "", "", ""],
]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def workbook(rows: Iterable[Iterable[Any]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def held(bench: HubBench) -> dict[str, dict[str, Any]]:
    """Every row that an import may touch."""
    with bench.hub.engines.read.connect() as connection:
        return {
            name: {
                row.id: row._asdict() for row in connection.execute(select(t.metadata.tables[name]))
            }
            for name in TABLES
        }


async def look(bench: HubBench, rows: Iterable[Iterable[Any]]) -> Any:
    """The same as an upload, without the child process in between."""
    sheet = Sheet("S", tuple(Row(n, tuple(row)) for n, row in enumerate(rows, 1)))
    found = bench.hub.imports._compare("s.xlsx", b"", [sheet])
    bench.hub.imports._looks[found.id] = found
    return found


async def bring(bench: HubBench, rows: Iterable[Iterable[Any]]) -> str:
    found = await look(bench, rows)
    await bench.hub.imports.apply(found.id, "test")
    await bench.hub.imports.work()
    return str(found.id)


async def take_back(bench: HubBench, which: str) -> Any:
    told = await bench.hub.imports.undo(which, "test")
    await bench.hub.imports.work()
    return told


def state(bench: HubBench, which: str) -> str:
    with bench.hub.engines.read.connect() as connection:
        return str(
            connection.execute(select(t.imports.c.state).where(t.imports.c.id == which)).scalar()
        )


async def test_an_import_says_what_it_would_do_and_then_does_it(
    tmp_path: Path, database: str
) -> None:
    async with hub_bench(tmp_path, database) as bench:
        before = held(bench)
        found = await look(bench, SHEET)
        assert found.counts() == {"new": 4, "changed": 0, "same": 0, "error": 1}
        assert [each.code for each in found.said[4].problems] == ["id_digits_lost"]
        assert held(bench) == before  # looking writes nothing
        await bench.hub.imports.apply(found.id, "test")
        await bench.hub.imports.work()
        after = held(bench)
        assert state(bench, found.id) == "applied"
        assert after["households"]["h-1"]["area_centi_m2"] == 8900
        houses = {row["house"] for row in after["households"].values()}
        assert houses == {"1-1-101", "2-1-101", "1-2-3A01"}  # the row with a problem made none
        people = [row for row in after["people"].values() if row["name"] == "陈静"]
        assert len(people) == 3  # three women of one name; the one of 2-1-101 was known
        assert len(after["people"]) == 4
        assert {row["kind"] for row in after["tenancies"].values()} == {"owner", "carer", "tenant"}
        assert {(c["uid"], c["kind"]) for c in after["cards"].values()} == {
            ("04aabbcc", "mifare"), ("00bc614e", "em4100"),
        }  # fmt: skip
        with bench.hub.engines.read.connect() as connection:
            assert chain.verify(connection).fine


async def test_no_number_of_a_person_is_kept(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bring(bench, SHEET)
        for path in tmp_path.glob("*.db*"):
            raw = path.read_bytes()
            for secret in (SHEET[1][2], SHEET[1][3], SHEET[3][2], SHEET[3][3]):
                assert str(secret).encode() not in raw


async def test_twice_is_once(tmp_path: Path, database: str) -> None:
    async with hub_bench(tmp_path, database) as bench:
        await bring(bench, SHEET)
        after = held(bench)
        again = await look(bench, SHEET)
        assert again.counts() == {"new": 0, "changed": 0, "same": 4, "error": 1}
        assert again.plan.changes == []
        await bring(bench, SHEET)
        assert held(bench) == after


async def test_undone_is_as_before(tmp_path: Path, database: str) -> None:
    async with hub_bench(tmp_path, database) as bench:
        before = held(bench)
        which = await bring(bench, SHEET)
        assert held(bench) != before
        told = await take_back(bench, which)
        assert told.state == "undoing"
        assert held(bench) == before
        assert state(bench, which) == "undone"


@pytest.mark.parametrize("looked", [3, 500])  # its list is looked through in parts
async def test_a_later_change_is_never_overwritten(
    tmp_path: Path, database: str, looked: int, monkeypatch: Any
) -> None:
    monkeypatch.setattr(acts, "LOOKED_CHANGES", looked)
    async with hub_bench(tmp_path, database) as bench:
        which = await bring(bench, SHEET)
        row = {"id": "h-1", "area_centi_m2": 9000}
        await bench.hub.writer.submit(
            load_part, RosterPart("households", [row], bench.hub.keys.mark)
        )
        (tenant,) = [
            key for key, person in held(bench)["people"].items()
            if person["name"] == "陈静" and person["id_mark"]
        ]  # fmt: skip
        await bench.phone(tenant)  # she has introduced a phone since
        after = held(bench)
        later = await take_back(bench, which)
        found = {(each.table, each.row_id, each.column) for each in later}
        assert ("households", "h-1", "area_centi_m2") in found
        assert ("people", tenant, "") in found
        assert held(bench) == after
        assert state(bench, which) == "applied"


async def test_what_changes_while_it_is_undone_stays(tmp_path: Path, database: str) -> None:
    async with hub_bench(tmp_path, database) as bench:
        before = held(bench)
        which = await bring(bench, SHEET)
        tenant = next(
            key
            for key, person in held(bench)["people"].items()
            if person["id_mark"] and person["name"] == "陈静"
        )
        await bench.hub.imports.undo(which, "test")
        row = {"id": "h-1", "area_centi_m2": 1}
        part = RosterPart("households", [row], bench.hub.keys.mark)
        await bench.hub.writer.submit(load_part, part)
        await bench.phone(tenant)
        await bench.hub.imports.work()
        assert state(bench, which) == "undone"
        assert held(bench)["households"]["h-1"]["area_centi_m2"] == 1
        assert set(held(bench)["people"]) == {*before["people"], tenant}


async def test_a_restart_goes_on_where_it_stood(
    tmp_path: Path, database: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(acts, "PART_CHANGES", 3)
    async with hub_bench(tmp_path, database) as bench:
        found = await look(bench, SHEET)
        await bench.hub.imports.apply(found.id, "test")
        told = await bench.hub.writer.submit(apply_part, Which(found.id))
        assert (told.state, told.cursor) == ("applying", 3)
        busy = await look(bench, SHEET)
        with pytest.raises(DomainError, match="import_running"):
            await bench.hub.imports.apply(busy.id, "test")
    async with hub_bench(tmp_path, database) as bench:
        running = asyncio.ensure_future(bench.hub.imports.run())
        async with asyncio.timeout(30):
            while state(bench, found.id) != "applied":  # noqa: ASYNC110 - nobody announces it
                await asyncio.sleep(0.01)
        running.cancel()
        assert (await look(bench, SHEET)).plan.changes == []


async def test_a_list_cut_short_by_a_restart_is_dropped(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.hub.writer.submit(acts.begin, acts.NewImport("i-1", "x", "test", 9, {}))
        await bench.hub.imports._drop_halves()
        assert state(bench, "i-1") == "None"
        await bring(bench, SHEET)


async def test_a_list_that_cannot_be_kept_is_dropped_and_the_look_stays(
    tmp_path: Path, monkeypatch: Any
) -> None:
    async with hub_bench(tmp_path) as bench:
        found = await look(bench, SHEET)
        with monkeypatch.context() as patch:
            patch.setattr("hub.importing.stage", full)
            with pytest.raises(StoreUnavailable):
                await bench.hub.imports.apply(found.id, "test")
        assert state(bench, found.id) == "None"
        one, other = await asyncio.gather(
            bench.hub.imports.apply(found.id, "test"),
            bench.hub.imports.apply(found.id, "test"),
            return_exceptions=True,
        )
        assert isinstance(one, acts.Progress)
        assert isinstance(other, DomainError)  # pressed twice, applied once
        assert other.code == "import_forgotten"
        with pytest.raises(DomainError, match="import_forgotten"):
            bench.hub.imports.looked_at((await look_at_once(bench)).id)


def full(tx: Any, wish: Any, now: Any) -> Any:
    raise OperationalError("insert", {}, OSError("disk full"))


async def look_at_once(bench: HubBench) -> Any:
    """A look that is an hour old."""
    found = await look(bench, SHEET)
    bench.pass_s(3_600)
    return found


async def test_a_part_that_cannot_be_made_fails_and_can_be_undone(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        before = held(bench)
        found = await look(bench, SHEET)
        await bench.hub.imports.apply(found.id, "test")
        taken = {"id": "h-other", "house": "1-2-3A01", "building": "1"}
        await bench.hub.writer.submit(
            load_part, RosterPart("households", [taken], bench.hub.keys.mark)
        )
        await bench.hub.imports.work()
        assert state(bench, found.id) == "failed"
        assert (await take_back(bench, found.id)).state == "undoing"
        assert held(bench)["people"] == before["people"]


# --- whatever a sheet says


NAMES = st.sampled_from(["陈静", "沈桂芳", "王建国", ""])
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["1-1-101", "1-2-302", "2幢1单元101", "3-101", "?"]),
        NAMES,
        st.sampled_from(["", "13800007302", "13900001111"]),
        st.sampled_from(["", numbered(320501, 123), numbered(320502, 7), "12"]),
        st.sampled_from(["", "业主", "租户"]),
        st.sampled_from(["", "89", "90"]),
        st.sampled_from(["", "04AABBCC", "04AABBCD"]),
        st.sampled_from(["", "IC卡", "CPU卡"]),
    ),
    max_size=12,
)


async def test_any_sheet_twice_is_once_and_undone_is_as_before(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        loop = asyncio.get_running_loop()
        before = held(bench)

        async def story(first: list[Any], second: list[Any]) -> None:
            one = await bring(bench, [HEADER, *first])
            middle = held(bench)
            assert (await look(bench, [HEADER, *first])).plan.changes == []
            two = await bring(bench, [HEADER, *second])
            for name in TABLES:  # whoever is not in the second sheet is still there
                assert set(middle[name]) <= set(held(bench)[name])
            assert not isinstance(await take_back(bench, two), list)
            assert held(bench) == middle
            assert not isinstance(await take_back(bench, one), list)
            assert held(bench) == before

        @settings(max_examples=40, deadline=None)
        @given(ROWS, ROWS)
        def property_holds(first: list[Any], second: list[Any]) -> None:
            asyncio.run_coroutine_threadsafe(story(first, second), loop).result()

        await asyncio.to_thread(property_holds)


def compared(rows: list[list[Any]]) -> tuple[Plan, list[Said]]:
    """A sheet compared with a community that is still empty."""
    sheet = Sheet("S", tuple(Row(n, tuple(row)) for n, row in enumerate(rows, 1)))
    known = Known({name: {} for name in TABLES}, frozenset())

    def mark(kind: str, text: str) -> str:
        return hashlib.sha256(f"{kind}|{text}".encode()).hexdigest()

    said = read_sheets([sheet])[2]
    return Comparison(known, mark, 0.0).plan(said), said


def test_one_flat_two_women_of_one_name_are_told_apart_by_their_numbers() -> None:
    rows = [
        HEADER,
        ["1-1-101", "陈静", "", numbered(320501, 123), "", "", "", ""],
        ["1-1-101", "陈静", "", numbered(320502, 7), "", "", "", ""],
        ["1-1-101", "陈静", "", numbered(320501, 123), "", "", "04AABBCC", ""],
    ]
    plan, _ = compared(rows)
    made = [change for change in plan.changes if change.table == "people"]
    assert len(made) == 2
    assert len({change.after["id_mark"] for change in made}) == 2
    assert plan.statuses == ["new", "new", "new"]


def test_a_row_that_says_otherwise_than_an_earlier_one_is_left_out() -> None:
    rows = [
        HEADER,
        ["1-1-101", "沈桂芳", "", "", "业主", "89", "", ""],
        ["1-1-101", "郑海燕", "", "", "", "90", "", ""],
        ["1-1-102", "王建国", "", numbered(320501, 123), "", "", "04AABBCC", ""],
        ["1-1-103", "王建軍", "", numbered(320501, 123), "", "", "", ""],
        ["1-1-103", "王建軍", "", "", "", "", "04AABBCC", ""],
    ]
    plan, said = compared(rows)
    assert plan.statuses == ["new", "error", "new", "error", "error"]
    assert [[each.code for each in one.problems] for one in said if one.problems] == [
        ["said_otherwise"], ["id_name_differs"], ["card_taken"],
    ]  # fmt: skip
    assert {change.after.get("name") for change in plan.changes if change.table == "people"} == {
        "沈桂芳", "王建国",
    }  # fmt: skip


# --- by HTTP


async def test_the_whole_way_by_http(tmp_path: Path, database: str) -> None:
    async with hub_bench(tmp_path, database) as bench:
        await bench.administrator()
        raw = workbook([["柳溪新村住户表"], *SHEET])
        http = bench.http
        told = await http.post("/api/v1/imports?file=住户.xlsx", content=raw, headers=CLIENT)
        assert told.status_code == 201, told.text
        shown = told.json()
        assert shown["counts"] == {"new": 4, "changed": 0, "same": 0, "error": 1}
        assert shown["problems"][0]["problems"][0]["code"] == "id_digits_lost"
        assert shown["card_doors"]["kinds"] == ["em4100", "mifare"]
        assert shown["card_doors"]["doors"] == []
        assert numbered(320501, 123) not in told.text
        sheet = f"/api/v1/imports/{shown['id']}"
        back = await http.get(f"{sheet}/problems.xlsx?language=en")
        page = load_workbook(io.BytesIO(back.content)).active
        assert page is not None
        rows = [[cell.value for cell in row] for row in page.iter_rows()]
        assert rows[0][:5] == ["Reason", "Sheet", "Line", "房号", "姓名"]
        assert str(rows[1][0]).startswith("ID number: Digits of this ID number were lost")
        assert rows[1][4] == "王建国"
        assert (await http.post(f"{sheet}/apply", headers=CLIENT)).status_code == 202
        await bench.hub.imports.work()
        (listed,) = (await http.get("/api/v1/imports")).json()["imports"]
        assert (listed["state"], listed["done"]) == ("applied", listed["changes"])
        assert (await http.post(f"{sheet}/apply", headers=CLIENT)).json()["code"] == (
            "import_forgotten"
        )
        again = await http.post("/api/v1/imports", content=raw, headers=CLIENT)
        assert again.json()["counts"]["same"] == 4
        row = {"id": "h-1", "area_centi_m2": 1}
        part = RosterPart("households", [row], bench.hub.keys.mark)
        await bench.hub.writer.submit(load_part, part)
        refused = await http.post(f"{sheet}/undo", headers=CLIENT)
        assert refused.status_code == 409
        assert refused.json()["later"] == [
            {"table": "households", "what": "1-1-101", "column": "area_centi_m2"}
        ]


class Onlooker:
    """A writer beside which somebody asks for the list of imports after every act."""

    def __init__(self, bench: HubBench) -> None:
        self.bench, self.writer = bench, bench.hub.imports.writer
        self.seen: list[tuple[str, int, int]] = []

    async def submit(self, act: Any, request: Any) -> Any:
        told = await self.writer.submit(act, request)
        (one,) = (await self.bench.http.get("/api/v1/imports")).json()["imports"]
        self.seen.append((one["state"], one["done"], one["changes"]))
        return told


async def test_an_import_of_many_parts_is_seen_to_move(tmp_path: Path, database: str) -> None:
    """Whoever looks while it runs sees it go on, and back, part by part."""
    async with hub_bench(tmp_path, database) as bench:
        await bench.administrator()
        homes = [f"{building}-1-{room}" for building in (3, 4, 5) for room in range(101, 161)]
        found = await look(bench, [["房号", "姓名"], *([home, "陈静"] for home in homes)])
        changes = 3 * len(homes)  # a flat, who lives there, and that they do
        onlooker = Onlooker(bench)
        bench.hub.imports.writer = onlooker  # type: ignore[assignment]
        await bench.hub.imports.apply(found.id, "test")
        await bench.hub.imports.work()
        assert {state for state, _, _ in onlooker.seen} == {"staging", "applying", "applied"}
        done = [done for state, done, _ in onlooker.seen if state == "applying"]
        assert done == [*range(0, changes, acts.PART_CHANGES), changes]
        assert onlooker.seen[-1] == ("applied", changes, changes)
        onlooker.seen.clear()
        await bench.hub.imports.undo(found.id, "test")
        await bench.hub.imports.work()
        done = [done for state, done, _ in onlooker.seen if state == "undoing"]
        assert done == [*range(changes, 0, -acts.UNDONE_CHANGES)]
        assert onlooker.seen[-1] == ("undone", 0, changes)


async def test_strangers_upload_nothing(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        sent = 0

        async def body() -> Any:
            nonlocal sent
            for _ in range(64):
                sent += 1
                yield b"x" * 65_536

        told = await bench.http.post("/api/v1/imports", content=body(), headers=CLIENT)
        assert told.json()["code"] == "signed_out"
        assert sent <= 1
        await bench.administrator()
        large = b"x" * (20 * 1024 * 1024 + 1)
        told = await bench.http.post("/api/v1/imports", content=large, headers=CLIENT)
        assert told.json()["code"] == "oversize"
        told = await bench.http.post("/api/v1/imports", content=b"a,b\n1,2\n", headers=CLIENT)
        assert told.json()["code"] == "sheet_no_header"
