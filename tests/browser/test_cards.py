"""Lost cards on the console and on the phone: two taps, calm words, doors that turn green."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.stub_cards import a_card, forget, lost
from tests.browser.stubs import StubHub

LANGUAGES = ("zh-Hans", "zh-Hant", "en")


@pytest.fixture
def staffed(hub: StubHub) -> StubHub:
    hub.staff["老王"] = "correct horse battery"
    hub.sessions.add("s")
    hub.cards += [a_card("c-1", "p-shen", "沈桂芳"), a_card("c-2", "p-zheng", "郑海燕")]
    return hub


def test_a_card_is_stopped_and_each_door_turns_green(desk: Any, staffed: StubHub) -> None:
    one = desk()
    one.page.get_by_text("没有挂失的卡").wait_for()
    assert one.violations() == []
    one.see("input[name=query]").fill("沈")
    one.page.keyboard.press("Enter")
    one.see("[data-card='c-1']").get_by_role("button", name="挂失").click()
    when = one.page.locator("dialog").get_by_role("group", name="持卡人上一次用这张卡是什么时候？")
    expect(when.get_by_role("radio", checked=True)).to_have_accessible_name("不记得了")
    when.get_by_role("radio", name="几天前").check()
    assert one.violations() == []
    one.page.locator("dialog").get_by_role("button", name="挂失").click()
    one.page.get_by_text("6 扇门，已有 0 扇不认这张卡").wait_for()
    forget(staffed, staffed.cards[0], "gate-south", "hall")
    one.page.get_by_text("6 扇门，已有 2 扇不认这张卡").wait_for()
    assert staffed.had == ["days"]
    expect(one.see("[data-door=hall]")).to_contain_text("0.4 秒后不认")
    away = staffed.cards[0]["revocation"]["doors"][1]
    away |= {"online": False, "offline_since": "2026-11-26T03:20:00.000Z"}
    forget(staffed, staffed.cards[0], "b1-u1", "b1-u2", "b2-u1", after_s=1.1)
    one.page.get_by_text("6 扇门，已有 5 扇不认这张卡").wait_for()
    expect(one.see("[data-door=gate-north]")).to_contain_text("还认这张卡")
    expect(one.see("[data-card='c-1'] .revocation")).to_contain_text("最晚 1.1 秒")
    assert one.violations() == []


def test_a_card_that_was_found_needs_a_word(desk: Any, staffed: StubHub) -> None:
    lost(staffed, staffed.cards[0], "phone")
    one = desk()
    sheet = one.see("[data-card='c-1'][data-lost]")
    expect(sheet).to_contain_text("住户用手机办理")
    sheet.get_by_role("button", name="找到了").click()
    one.page.locator("dialog button[type=submit]").click()
    assert staffed.cards[0]["blocked_at"] is not None  # nothing was said yet
    one.see("input[name=reason]").fill("在电梯里找到")
    one.page.locator("dialog button[type=submit]").click()
    one.see("[data-card='c-1']:not([data-lost])")
    assert staffed.cards[0]["blocked_at"] is None


def test_a_card_stopped_elsewhere_appears_by_itself(desk: Any, staffed: StubHub) -> None:
    one = desk()
    one.page.get_by_text("没有挂失的卡").wait_for()
    lost(staffed, staffed.cards[1], "kiosk")
    expect(one.see("[data-card='c-2']")).to_contain_text("在自助机办理")


@pytest.mark.parametrize("language", LANGUAGES)
def test_ended_phones_stand_beside_the_cards(desk: Any, staffed: StubHub, language: str) -> None:
    ended = {"house": "1幢2单元302", "ended_at": "2026-11-26T03:20:00.000Z"}
    staffed.ended_phones += [
        {"id": "f-1", "person_name": "沈桂芳", "label": "旧手机", "by": "recall", **ended},
        {"id": "f-2", "person_name": "郑海燕", "label": "手机", "by": "staff", **ended},
    ]
    one = desk(language=language)
    first = one.see("[data-phone='f-1']").inner_text()
    assert "旧手机" in first
    assert {"zh-Hans": "恢复备份后", "zh-Hant": "還原備份後", "en": "after a restore"}[
        language
    ] in first
    assert one.violations() == []
    one.see("input[name=query]").fill("郑")
    one.page.keyboard.press("Enter")
    one.page.locator("[data-phone='f-1']").wait_for(state="detached")
    one.see("[data-phone='f-2']")


def test_a_list_that_cannot_be_read_can_be_asked_again(desk: Any, staffed: StubHub) -> None:
    staffed.failing.add("/api/v1/cards")
    one = desk()
    again = one.page.get_by_role("button", name="再试一次")
    again.wait_for()
    staffed.failing.clear()
    again.click()
    one.page.get_by_text("没有挂失的卡").wait_for()


@pytest.mark.parametrize("view", [DESK, {"width": 820, "height": 1180}, PHONE])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_in_every_language_and_width(
    desk: Any, staffed: StubHub, language: str, view: dict[str, int]
) -> None:
    lost(staffed, staffed.cards[0], "staff")
    forget(staffed, staffed.cards[0], "gate-south")
    one = desk(language=language, view=view)
    one.see("[data-card='c-1'] .revocation")
    assert one.violations() == []
    assert one.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# --- the phone


def test_two_taps_stop_a_card_and_the_doors_are_counted(enrolled: Any, hub: StubHub) -> None:
    hub.cards += [a_card("c-1", "p-shen", "沈桂芳"), a_card("c-2", "p-zheng", "郑海燕")]
    one = enrolled()
    one.page.get_by_role("button", name="设置").click()
    mine = one.see("[data-card='c-1']")
    assert mine.inner_text().startswith("我的卡")
    mine.get_by_role("button", name="我的卡丢了").click()
    assert one.violations() == []
    assert hub.cards[0]["blocked_at"] is None  # the first tap only asks
    mine.get_by_role("radio", name="今天").check()
    mine.get_by_role("button", name="停用这张卡").click()
    one.page.get_by_text("已停用，6 扇门里 0 扇不认它了").wait_for()
    expect(one.see("[data-card='c-1']")).to_contain_text("南大门")
    forget(hub, hub.cards[0])
    one.page.get_by_text("已停用，6 扇门都不认它了").wait_for()
    assert hub.had == ["today"]
    expect(one.see("[data-card='c-1']").get_by_role("button")).to_have_count(0)
    assert one.violations() == []


def test_without_a_network_nothing_is_stopped_and_it_says_so(enrolled: Any, hub: StubHub) -> None:
    hub.cards += [a_card("c-1", "p-shen", "沈桂芳")]
    one = enrolled()
    one.page.get_by_role("button", name="设置").click()
    one.see("[data-card='c-1']").get_by_role("button", name="我的卡丢了").click()
    hub.failing.add("/api/v1/me/cards/c-1/block")
    one.see("[data-card='c-1']").get_by_role("button", name="停用这张卡").click()
    one.see(".cards .notice")
    assert hub.cards[0]["blocked_at"] is None
    hub.failing.clear()
    one.see("[data-card='c-1']").get_by_role("button", name="停用这张卡").click()
    one.see("[data-card='c-1'][data-lost]")
    assert hub.had == ["unknown"], "who says nothing does not know"


def test_an_officer_stops_cards_and_brings_none_back(desk: Any, staffed: StubHub) -> None:
    """Events and residents are not an officer's to read; the page of cards works all the same."""
    staffed.role = "officer"
    lost(staffed, staffed.cards[0], "staff")
    one = desk()
    sheet = one.see("[data-card='c-1']")
    expect(sheet.get_by_role("button", name="找到了")).to_have_count(0)
    one.see("input[name=query]").fill("郑")
    one.page.keyboard.press("Enter")
    one.see("[data-card='c-2']").get_by_role("button", name="挂失").click()
    one.page.locator("dialog").get_by_role("button", name="挂失").click()
    one.see("[data-card='c-2'][data-lost]")
    expect(one.page.locator(".bar .status")).to_have_attribute("data-tone", "good")
