"""A door's page and timelines: how fast, what happened, why not; and states in words and shape."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, Visit
from tests.browser.stubs import StubHub, now, stamp
from tests.browser.test_console import TABLET, a_device, staffed, wall

__all__ = ["staffed", "wall"]
SmallVisit = Callable[..., Visit]
NARROW = {"width": 390, "height": 844}
TIMES = {
    "p50_ms": 31.2, "p95_ms": 78.4, "p99_ms": 140.0, "count": 812,
    "stages": {
        "read": {"p50_ms": 12.0, "p95_ms": 30.0, "p99_ms": 61.0},
        "auth": {"p50_ms": 14.0, "p95_ms": 33.0, "p99_ms": 50.5},
        "persist": {"p50_ms": 0.4, "p95_ms": 1.2, "p99_ms": 4.0},
        "strike": {"p50_ms": 4.8, "p95_ms": 12.0, "p99_ms": 30.0},
        "round_trip": {"p50_ms": 20.0, "p95_ms": 61.0, "p99_ms": 190.0},
    },
}  # fmt: skip


def refuse(hub: StubHub, **more: Any) -> None:
    hub.happen(outcome="refused", reason="schedule_closed", **more)


def test_a_tile_leads_to_its_door_and_back(wall: SmallVisit, staffed: StubHub) -> None:
    staffed.door_views["hall"] = {"latency": TIMES}
    staffed.happen(door="hall")
    staffed.happen(door="b1-u1")
    one = wall()
    one.page.get_by_role("link", name="邻里中心").click()
    expect(one.see("h1")).to_have_text("邻里中心")
    one.see(".quantiles tbody tr >> nth=3")
    rows = [
        row.inner_text().split("\t")[:4] for row in one.page.locator(".quantiles tbody tr").all()
    ]
    assert rows[0] == ["门端合计", "31 毫秒", "78 毫秒", "140 毫秒"]
    assert rows[3][:2] == ["写盘", "0.4 毫秒"]
    one.see(".timeline .event")
    expect(one.page.locator(".timeline .event")).to_have_count(1)
    expect(one.see(".timeline")).to_contain_text("会记下来")
    assert one.violations() == []
    one.page.get_by_role("link", name="回到所有的门").click()
    one.see(".tile[data-door=hall]")


def test_the_timeline_is_live_and_goes_back(wall: SmallVisit, staffed: StubHub) -> None:
    for number in range(90):
        staffed.happen(door="hall" if number % 2 else "b1-u1")
    one = wall("/console/#/doors/hall")
    one.see(".timeline .event >> nth=39")
    expect(one.page.locator(".timeline .event")).to_have_count(40)
    one.page.locator(".timeline").get_by_role("button", name="更早的").click()
    one.see(".timeline .event >> nth=44")
    expect(one.page.locator(".timeline .event")).to_have_count(45)
    staffed.happen(door="b1-u1")
    staffed.happen(door="hall", person="p-zheng")
    one.see(".timeline .event >> nth=45")
    one.page.locator(".timeline .event").first.get_by_text("郑海燕").wait_for()


def test_why_a_door_refused(wall: SmallVisit, staffed: StubHub) -> None:
    refuse(staffed, door="hall")
    one = wall("/console/#/doors/hall")
    one.page.locator(".timeline .event > button").click()
    assert "GET /api/v1/events/1/why" not in staffed.asked  # only when somebody wants to know
    one.page.get_by_role("button", name="为什么？").click()
    told = one.see(".why")
    expect(one.page.locator(".detail dl").first).to_contain_text("现在不在开放时间")
    expect(told).to_contain_text("看这条规则的时间表。")
    expect(told).to_contain_text("7.3")
    expect(told).to_contain_text("r-hall · 所有人 · 准许 · day")
    expect(told).to_contain_text("会开")
    assert one.violations() == []


def test_an_opening_needs_no_why(wall: SmallVisit, staffed: StubHub) -> None:
    staffed.happen(door="hall")
    one = wall("/console/#/doors/hall")
    one.page.locator(".timeline .event > button").click()
    one.see(".detail")
    expect(one.page.get_by_role("button", name="为什么？")).to_have_count(0)


def test_why_that_fails_can_be_asked_again(wall: SmallVisit, staffed: StubHub) -> None:
    refuse(staffed, door="hall")
    one = wall("/console/#/doors/hall")
    one.page.locator(".timeline .event > button").click()
    staffed.failing.add("/api/v1/events/1/why")
    one.page.get_by_role("button", name="为什么？").click()
    one.see(".detail .notice")
    staffed.failing.clear()
    one.page.get_by_role("button", name="为什么？").click()
    one.see(".why")


def test_a_persons_timeline(wall: SmallVisit, staffed: StubHub) -> None:
    refuse(staffed, door="hall", person="p-shen")
    staffed.happen(door="b1-u2", person="p-zheng")
    one = wall("/console/#/people")
    one.see("input[name=query]").fill("沈")
    one.page.keyboard.press("Enter")
    one.see("[data-person=p-shen]")
    one.page.get_by_role("link", name="记录").click()
    expect(one.see("h1")).to_have_text("沈桂芳的记录")
    one.see(".timeline .event >> nth=0")
    expect(one.page.locator(".timeline .event")).to_have_count(1)
    assert one.violations() == []


def test_a_timeline_that_cannot_be_read_says_so(wall: SmallVisit, staffed: StubHub) -> None:
    staffed.happen(door="b1-u1")
    staffed.failing.add("/api/v1/doors/hall/timeline")
    one = wall("/console/#/doors/hall")
    again = one.page.locator(".timeline").get_by_role("button", name="再试一次")
    again.wait_for()
    assert one.violations() == []
    staffed.failing.clear()
    again.click()
    one.page.get_by_text("还没有记录").wait_for()


def test_a_door_that_is_gone(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall("/console/#/doors/none")
    one.page.get_by_text("没有这扇门").wait_for()
    assert one.violations() == []


def test_the_plan_is_building_by_unit(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall()
    one.see(".tile[data-door=b1-u1]")
    first = one.page.locator(".doors section").filter(has_text="1 幢").first
    expect(first.locator(".unit-name")).to_have_text(["1 单元", "2 单元"])


def test_states_are_said_in_words(wall: SmallVisit, staffed: StubHub) -> None:
    staffed.devices = [
        a_device("door-1", states=["storage_fault", "clock_unsigned"]),
        a_device("door-2", states=["recall_waiting"]), a_device("door-3", states=[]),
    ]  # fmt: skip
    one = wall("/console/#/devices")
    rows = one.page.locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("硬盘满了")
    expect(rows.nth(0)).to_contain_text("还没有对过时")
    expect(rows.nth(1)).to_contain_text("恢复后")
    expect(rows).to_have_count(3)
    expect(rows.nth(2).locator(".states")).to_have_count(0)
    assert one.violations() == []


@pytest.mark.parametrize("view", [DESK, TABLET, NARROW])
@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_a_doors_page_in_every_language_and_width(
    wall: SmallVisit, staffed: StubHub, language: str, view: dict[str, int]
) -> None:
    staffed.door_views["hall"] = {"latency": TIMES, "mode": "LockedDown"}
    staffed.devices = [a_device("door-3", states=["policy_behind", "clock_unsigned"])]
    refuse(staffed, door="hall", at=stamp(now() - timedelta(minutes=3)))
    staffed.happen(door="hall")
    one = wall("/console/#/doors/hall", language=language, view=view)
    one.see(".timeline .event >> nth=1")
    one.page.locator(".timeline .event > button").last.click()
    one.page.locator(".detail .button").click()
    one.see(".why")
    assert one.violations() == []
    assert not one.page.evaluate("() => document.scrollingElement.scrollWidth > innerWidth")


def test_my_history_has_cards_too_and_says_why(hub: StubHub, enrolled: SmallVisit) -> None:
    hub.happen(door="hall", person="p-shen", outcome="refused", reason="credential_blocked")
    hub.happen(door="gate-south", person="p-shen")
    hub.happen(door="gate-south", person="p-zheng")
    one = enrolled()
    one.page.click(".last-line")
    one.see(".past >> nth=1")
    rows = one.page.locator(".past")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("南大门")
    expect(rows.nth(1)).to_contain_text("这张卡现在开不了这扇门")
    expect(one.see(".dialog")).to_contain_text("只有您看得到")
    assert one.violations() == []


def test_without_the_hub_my_phone_remembers(hub: StubHub, enrolled: SmallVisit) -> None:
    one = enrolled()
    one.page.click(".gate")
    one.see(".told h1")
    one.page.get_by_role("button", name="好", exact=True).click()
    hub.failing.add("/api/v1/me/history")
    one.page.click(".last-line")
    one.see(".past")
    expect(one.see(".dialog")).to_contain_text("只留在这部手机里")
