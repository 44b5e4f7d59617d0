"""The alert board: seen from three metres, taken with one tap, true when the hub is not there."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Opener, Visit
from tests.browser.stub_alerts import an_alert
from tests.browser.stubs import StubHub, now, stamp
from tests.browser.test_console import PASSWORD, TABLET, sign_in

Board = Callable[..., Visit]
WHO = {"by": "staff:1", "name": "周敏", "at": stamp(now())}
EVERY: list[dict[str, Any]] = [
    an_alert("fire", 1),
    an_alert("forced", 12, times=3),
    an_alert("held", 47, called=["console"], state="raised", step=0),
    an_alert("device_silent", 130, name=dict.fromkeys(("zh-Hans", "zh-Hant", "en"), "door-3"),
             state="acknowledged", acked_by=[WHO], next_step_at=None, next_called=[]),
    an_alert("not_entered", 3, waiting_for=[WHO]),
]  # fmt: skip


@pytest.fixture
def board(hub: StubHub, visit: Opener) -> Board:
    """The board of somebody who is signed in."""
    hub.staff["周敏"] = PASSWORD

    def start(**options: Any) -> Visit:
        one = visit("/console/#/alerts", **{"view": DESK, **options})
        sign_in(one)
        one.see("main[data-section=alerts] h1")
        return one

    return start


def test_when_all_is_well_it_says_so_and_when_that_was_seen(board: Board) -> None:
    one = board()
    expect(one.see(".wellness")).to_have_text("6 扇门都好 · 2 分钟前检查过")
    expect(one.see(".blank")).to_contain_text("没有警报")
    expect(one.page.locator(".badge")).to_have_count(0)
    assert one.violations() == []


def test_each_severity_has_a_border_and_a_symbol_of_its_own(board: Board, hub: StubHub) -> None:
    hub.alerts = [dict(one) for one in EVERY]
    one = board()
    one.see(".alert >> nth=4")
    shapes = [
        (card.evaluate("(e) => getComputedStyle(e).borderStyle + e.clientLeft"),
         card.locator(".mark path").get_attribute("d"),
         card.locator(".head strong").inner_text())
        for card in one.page.locator(".alert:not([data-state=acknowledged])").all()
    ]  # fmt: skip
    assert len({border for border, _, _ in shapes}) == 4
    assert len({symbol for _, symbol, _ in shapes}) == 4
    assert [said for _, _, said in shapes] == ["极重", "严重", "一般", "轻微"]
    expect(one.page.locator(".badge")).to_have_text("4")


def test_one_tap_takes_it_and_everybody_sees_who(board: Board, hub: StubHub) -> None:
    hub.alerts = [an_alert("forced", 12)]
    one = board()
    card = one.see(".alert")
    expect(card).to_contain_text("南大门 · 门被强行打开")
    expect(card).to_contain_text("12 分钟前")
    expect(card).to_contain_text("还没有人接手")
    expect(card).to_contain_text("已通知：值班台、desk")
    expect(card).to_contain_text("再通知：night-phone")
    expect(card).to_contain_text("怎么办")
    one.page.get_by_role("button", name="我来处理").click()
    one.see(".alert[data-state=acknowledged]")
    expect(one.see(".alert .taken")).to_contain_text("周敏")
    expect(one.page.get_by_role("button", name="我来处理")).to_have_count(0)
    assert one.violations() == []


def test_an_alert_arrives_by_itself(board: Board, hub: StubHub) -> None:
    one = board()
    one.see(".bar .status[data-tone=good]")
    hub.alerts = [an_alert("fire", 0)]
    hub.say("alert", {"id": hub.alerts[0]["id"], "state": "raised"})
    expect(one.see(".alert")).to_contain_text("消防报警")
    one.page.click("nav a[href='#/doors']")
    expect(one.see(".badge")).to_have_attribute("aria-label", "1 条等人处理")


def test_ending_wants_a_sentence(board: Board, hub: StubHub) -> None:
    hub.alerts = [an_alert("held", 47)]
    one = board()
    one.see(".alert")
    one.page.get_by_role("button", name="结束: 南大门").click()
    yes = one.page.get_by_role("button", name="写好，结束")
    expect(yes).to_be_disabled()
    one.page.fill("input[name=note]", "搬家具，已关好")
    assert one.violations() == []
    yes.click()
    one.see(".blank")
    assert hub.alerts[0]["state"] == "closed"
    one.page.get_by_role("radio", name="已结束").check()
    expect(one.see(".alert[data-state=closed]")).to_contain_text("门一直开着")
    assert one.violations() == []


def test_the_story_of_an_alert(board: Board, hub: StubHub) -> None:
    hub.alerts = [an_alert("forced")]
    one = board()
    one.see(".alert")
    one.page.get_by_role("button", name="经过: 南大门").click()
    one.see(".story li >> nth=3")
    lines = one.page.locator(".story li")
    expect(lines).to_have_count(4)
    expect(lines.nth(3)).to_contain_text("周敏")
    expect(lines.nth(1)).to_contain_text("第 1 步：值班台、desk")
    assert one.violations() == []


def test_somebody_else_was_faster(board: Board, hub: StubHub) -> None:
    hub.alerts = [an_alert("forced")]
    one = board()
    one.see(".alert")
    hub.alerts[0] |= {"state": "closed", "closed_at": stamp(now())}
    one.page.get_by_role("button", name="我来处理").click()
    expect(one.see(".notice")).to_have_text("这条警报已经结束了。")
    one.see(".blank")


def test_a_hub_that_fails_can_be_asked_again_and_what_was_seen_stays(
    board: Board, hub: StubHub
) -> None:
    hub.failing.add("/api/v1/alerts")
    one = board()
    again = one.page.get_by_role("button", name="再试一次")
    again.wait_for()
    assert one.violations() == []
    hub.failing.clear()
    hub.alerts = [an_alert("forced")]
    again.click()
    one.see(".alert")
    one.see(".bar .status[data-tone=good]")
    hub.failing |= {"/api/v1/alerts", "/api/v1/live", "/api/v1/console", "/api/v1/events"}
    hub.hang_up()
    one.see("main[data-stale]")
    expect(one.page.locator(".alert")).to_have_count(1)


def test_an_outlet_that_fails_is_told(board: Board, hub: StubHub) -> None:
    since = stamp(now())
    hub.outlets_failing = [
        {"id": "desk", "kind": "dingtalk", "failing_since": since, "fault": "code 310000"}
    ]
    one = board()
    expect(one.see(".notice")).to_contain_text("“desk”从")


@pytest.mark.parametrize("view", [DESK, TABLET, PHONE])
@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_the_board_in_every_language_and_width(
    board: Board, hub: StubHub, language: str, view: dict[str, int], request: Any
) -> None:
    hub.alerts = [dict(one) for one in EVERY]
    hub.outlets_failing = [
        {"id": "desk", "kind": "dingtalk", "failing_since": stamp(now()), "fault": "http 503"}
    ]
    one = board(language=language, view=view)
    one.see(".alert >> nth=4")
    assert one.violations() == []
    assert not one.page.evaluate("() => document.scrollingElement.scrollWidth > innerWidth")


# --- on a steward's phone


def test_a_steward_takes_an_alert_on_the_phone(hub: StubHub, enrolled: Board) -> None:
    hub.alerts = [an_alert("held", 47)]
    one = enrolled()
    one.see(".last-line[data-alerts]").click()
    expect(one.see(".own-alert")).to_contain_text("南大门 · 门一直开着")
    assert one.violations() == []
    one.page.get_by_role("button", name="我来处理").click()
    one.page.get_by_text("沈桂芳 在处理").wait_for()
    assert hub.alerts[0]["state"] == "acknowledged"
    expect(one.page.get_by_role("button", name="我来处理")).to_have_count(0)


def test_a_resident_whom_nobody_names_is_asked_once(hub: StubHub, enrolled: Board) -> None:
    one = enrolled()
    while "GET /api/v1/me/alerts" not in hub.asked:
        one.page.wait_for_timeout(100)
    one.page.reload()
    one.see(".gate")
    one.page.wait_for_timeout(6_000)
    assert hub.asked.count("GET /api/v1/me/alerts") == 1
    expect(one.page.locator("[data-alerts]")).to_have_count(0)
