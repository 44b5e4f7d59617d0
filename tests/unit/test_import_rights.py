"""What a spreadsheet gives people at doors: a tenancy its days, a new door its first rule."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from devices.access import Request, State, Way, decide
from devices.cli import main
from devices.messages import Assurance
from devices.policy import Compiled, decode, encode
from hub.acts import memberships
from hub.acts.policies import ask_for
from hub.acts.roster import RosterPart, load_part
from hub.api.imports import show_look
from hub.core.errors import DomainError
from hub.store import tables as t
from tests.unit.hub_bench import HubBench, hub_bench
from tests.unit.test_imports import bring, held, look, take_back

TENANT: list[list[Any]] = [
    ["房号", "姓名", "关系", "入住日期", "到期日期"],
    ["3-1-101", "租客甲", "租户", "2026-11-01", "2026-11-30"],
    ["3-1-101", "业主乙", "业主", "", ""],
]
DOORS: list[list[Any]] = [
    ["控制器", "门序号", "门名称", "门类型", "楼栋"],
    ["gate", 5, "西门", "大门", ""],
    ["gate", 6, "3幢1单元", "单元门", "3"],
    ["gate", 7, "仓库", "单元门", ""],
]
IN_SHANGHAI = timedelta(hours=-8)


async def policy(bench: HubBench) -> Compiled:
    device = bench.hub.memory.devices["gate"]
    compiled = (await bench.hub.policies.gather(device)).compiled
    back = decode(encode(compiled))  # as the door has it
    assert isinstance(back, Compiled)
    return back


def reason(compiled: Compiled, door: int, person: str, now: datetime, **more: Any) -> str:
    request = Request(door, Way.REMOTE, person, assurance=Assurance.MUTUAL, **more)
    return decide(compiled.policy, State(), request, now)[0].reason


def named(bench: HubBench, name: str) -> str:
    return next(i for i, row in held(bench)["people"].items() if row["name"] == name)


def midnight(day: int, month: int = 11) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC) + IN_SHANGHAI


async def test_a_tenants_rights_end_by_themselves_at_the_door(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bring(bench, DOORS)
        await bring(bench, TENANT)
        told = await policy(bench)
        tenant, owner = named(bench, "租客甲"), named(bench, "业主乙")
        for door in (5, 6):
            last, over = midnight(1, 12) - timedelta(seconds=1), midnight(1, 12)
            assert reason(told, door, tenant, last) == "granted"
            assert reason(told, door, tenant, last, clock_known=False, fresh=False) == "granted"
            assert reason(told, door, tenant, over) == "validity_over"
            assert reason(told, door, tenant, over, clock_known=False) == "validity_over"
            assert reason(told, door, owner, over) == "granted"
        rule = {"id": "r-own", "door_id": "d-1", "subject_kind": "person", "subject": tenant}
        await bench.hub.writer.submit(load_part, RosterPart("rules", [rule], bench.hub.keys.mark))
        told = await policy(bench)  # whoever is named in person is no tenant there
        assert reason(told, 1, tenant, midnight(1, 12)) == "granted"


async def test_a_new_door_opens_for_whom_the_preview_says(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bring(bench, TENANT)
        found = await look(bench, DOORS)
        shown = [row["opens"]["en"] for row in show_look(bench.gate, found)["rows"]]
        assert shown == [
            "New door, opens for everyone at first",
            "New door, opens for people of building 3 at first",
            "New door without a building: opens for nobody yet",
        ]
        which = await bring(bench, DOORS)
        told, now = await policy(bench), midnight(20)
        owner, elsewhere = named(bench, "业主乙"), "p-1"
        assert [reason(told, door, owner, now) for door in (5, 6, 7)] == [
            "granted", "granted", "person_unknown",
        ]  # fmt: skip
        assert [reason(told, door, elsewhere, now) for door in (5, 6)] == [
            "granted", "person_unknown",
        ]  # fmt: skip
        # a rule that people changed is theirs: the same sheet again leaves it alone
        (rule,) = [i for i, row in held(bench)["rules"].items() if row["subject"] == "3"]
        change = {"id": rule, "subject_kind": "everyone", "subject": ""}
        await bench.hub.writer.submit(load_part, RosterPart("rules", [change], bench.hub.keys.mark))
        again = await look(bench, DOORS)
        assert again.counts() == {"new": 0, "changed": 0, "same": 3, "error": 0}
        assert [row["opens"] for row in show_look(bench.gate, again)["rows"]] == [None] * 3
        later = await take_back(bench, which)
        assert [(one.table, one.row_id) for one in later] == [("rules", rule)]


async def test_a_door_that_is_known_gets_no_rule(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        before = held(bench)["rules"]
        await bring(bench, [DOORS[0], ["gate", 1, "南门", "大门", ""]])
        assert held(bench)["rules"] == before


async def test_new_doors_and_their_rules_are_undone_together(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        before = held(bench)
        which = await bring(bench, DOORS)
        assert len(held(bench)["rules"]) == len(before["rules"]) + 2
        await take_back(bench, which)
        assert held(bench) == before


@pytest.mark.parametrize("count", [1, 300])
async def test_all_doors_are_asked_for_in_a_few_statements(tmp_path: Path, count: int) -> None:
    """Each act of an import stays short: the last of them asks for every door of an estate."""
    async with hub_bench(tmp_path) as bench:
        said: list[object] = []

        class Counting:
            now_s = 5.0

            def __init__(self, execute: Any) -> None:
                self._execute = execute

            def execute(self, *args: Any) -> Any:
                said.append(args)
                return self._execute(*args)

        devices = [f"dev-{n}" for n in range(count)]
        with bench.hub.engines.write.begin() as connection:
            ask_for(Counting(connection.execute), devices)  # type: ignore[arg-type]
            ask_for(Counting(connection.execute), [*devices, *devices])  # type: ignore[arg-type]
            rows = connection.execute(select(t.policy_changes)).all()
        assert {(row.device_id, row.asked_at) for row in rows} >= {(one, 5.0) for one in devices}
        assert len(said) == 4


async def test_a_sheet_too_large_for_the_doors_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hub_bench(tmp_path) as bench:
        before = held(bench)
        monkeypatch.setattr(memberships, "PEOPLE_MAX", len(before["people"]) + 1)
        with pytest.raises(DomainError, match="field_wrong"):
            await look(bench, TENANT)
        monkeypatch.setattr(memberships, "PEOPLE_MAX", len(before["people"]) + 2)
        await look(bench, TENANT)
        card = [["房号", "姓名", "卡号"], ["3-1-101", "业主乙", "04AABBCC"]]
        monkeypatch.setattr(memberships, "CARDS_MAX", len(before["cards"]))
        with pytest.raises(DomainError, match="field_wrong"):
            await look(bench, card)
        assert held(bench) == before


def test_a_site_in_no_time_zone_is_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["init", "--data", str(tmp_path / "d"), "--site", "liuxi", "--zone", "Asia/Shanghia"]
    assert main(asked) == 2
    assert "Asia/Shanghai" in capsys.readouterr().err
    assert not (tmp_path / "d").exists()
