"""The desk: a call that rings, a door opened with a reason and a code, a pass on paper."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, Opener, Visit
from tests.browser.stub_deeds import RIGHT_OTP
from tests.browser.stub_visitors import a_visit, ring
from tests.browser.stubs import Json, StubHub, now
from tests.browser.test_console import PASSWORD, sign_in
from tests.browser.test_phone_looks import LANGUAGES


def at_the_desk(hub: StubHub, visit: Opener, path: str = "/console/", **options: Any) -> Visit:
    hub.staff["周敏"] = PASSWORD
    one = visit(path, **{"view": DESK, **options})
    sign_in(one)
    one.see(".bar .status[data-tone=good]")
    return one


def calls_out(hub: StubHub, **changes: Any) -> Json:
    call = ring(hub) | changes
    hub.calls[0] = call
    hub.say("call", call)
    return call


def test_a_call_is_answered_and_the_door_opened_with_a_code(hub: StubHub, visit: Opener) -> None:
    one = at_the_desk(hub, visit)
    call = calls_out(hub, house=None)
    expect(one.see(".call")).to_contain_text("1幢2单元有人呼叫")
    one.page.locator(".call .button").first.click()
    one.see("dialog[open]")
    assert call["answer"] == "open"
    expect(one.page.locator(".call")).to_have_count(0)
    one.page.fill("input[name=otp]", "111111")
    one.page.click("dialog button[type=submit]")
    expect(one.see("dialog .wrong")).to_contain_text("动态码不对")
    assert hub.moved == []
    one.page.fill("input[name=otp]", RIGHT_OTP)
    one.page.click("dialog button[type=submit]")
    expect(one.see("dialog .notice")).to_contain_text("门开了")
    assert hub.moved == ["b1-u2"]


def test_a_call_can_be_declined_and_is_gone_when_another_took_it(
    hub: StubHub, visit: Opener
) -> None:
    one = at_the_desk(hub, visit)
    call = calls_out(hub)
    expect(one.see(".call")).to_contain_text("1幢2单元302")
    one.page.locator(".call .button").last.click()
    one.page.wait_for_function("() => !document.querySelector('.call')")
    assert call["answer"] == "not_now"
    other = calls_out(hub)
    one.see(".call")
    other["answer"] = "open"
    hub.say("call", other)
    one.page.wait_for_function("() => !document.querySelector('.call')")
    assert hub.moved == []


def test_a_call_that_rang_before_the_page_is_there_too(hub: StubHub, visit: Opener) -> None:
    ring(hub)
    one = at_the_desk(hub, visit)
    one.see(".call")


def test_a_pass_is_made_for_whoever_has_no_phone(hub: StubHub, visit: Opener) -> None:
    hub.visits = [a_visit(hub, "", ["b1-u2"], text=None)]
    one = at_the_desk(hub, visit, "/console/#/people")
    one.page.fill("input[name=query]", "沈")
    one.page.click("form.search button[type=submit]")
    one.page.get_by_role("button", name="访客码").click()
    expect(one.see("dialog .phones")).to_contain_text("住户自己发的")
    one.page.fill("input[name=label]", "送水")
    one.page.click("dialog button[type=submit]")
    one.see("dialog .qr[aria-busy=false]")
    assert (hub.visits[0]["label"], len(hub.visits[0]["doors"])) == ("送水", 3)
    one.page.keyboard.press("Escape")
    one.page.get_by_role("button", name="访客码").click()
    one.see("dialog .phones")
    one.page.locator("dialog .phones .button").first.click()
    one.page.wait_for_function("() => document.querySelectorAll('dialog .phones li').length === 1")
    assert hub.visits[0]["state"] == "revoked"


SHANGHAI = ZoneInfo("Asia/Shanghai")


def the_form(hub: StubHub, visit: Opener, **options: Any) -> Visit:
    one = at_the_desk(hub, visit, "/console/#/people", **options)
    one.page.fill("input[name=query]", "沈")
    one.page.click("form.search button[type=submit]")
    one.page.locator(".results header .button").last.click()
    one.see("dialog .call-form")
    one.page.fill("input[name=label]", "护工")
    return one


def choose(one: Visit, words: str) -> None:
    one.page.locator("dialog .choice label", has_text=words).click()


def made(hub: StubHub, one: Visit) -> Json:
    one.page.click("dialog button[type=submit]")
    one.see("dialog .qr[aria-busy=false]")
    return hub.visits[0]


def lives(one: Json) -> timedelta:
    begins, ends = (datetime.fromisoformat(one[name]) for name in ("begins", "ends"))
    return ends - begins


def test_a_pass_for_a_week_opens_twice_a_day_and_says_that_it_asks(
    hub: StubHub, visit: Opener
) -> None:
    one = the_form(hub, visit)
    assert one.page.get_by_text("每天两次").count() == 0, "only what lasts may open daily"
    choose(one, "七天内")
    choose(one, "每天两次")
    assert "联网核对" in one.page.locator("dialog").inner_text()
    fresh = made(hub, one)
    assert (fresh["uses"], fresh["strict"]) == (14, False)
    assert timedelta(days=6.9) < lives(fresh) <= timedelta(days=7, minutes=1)
    said = one.page.locator("dialog").inner_text()
    assert "每扇门最多开 14 次" in said
    assert "联网核对" in said


def test_a_pass_counts_once_in_all_when_the_desk_says_so(hub: StubHub, visit: Opener) -> None:
    one = the_form(hub, visit)
    choose(one, "总共一次")
    fresh = made(hub, one)
    assert (fresh["strict"], fresh["uses"]) == (True, 1)
    assert "只能开一次门" in one.page.locator("dialog").inner_text()


def test_the_last_day_is_within_a_month_of_days(hub: StubHub, visit: Opener) -> None:
    one = the_form(hub, visit)
    choose(one, "到某一天")
    field, submit = one.page.locator("input[name=day]"), one.page.locator("dialog [type=submit]")
    today = now().astimezone(SHANGHAI).date()
    for wrong in (today + timedelta(days=31), today - timedelta(days=1)):
        field.fill(wrong.isoformat())
        assert "31 天以内" in one.see("dialog .wrong").inner_text()
        assert submit.is_disabled()
    field.fill((today + timedelta(days=30)).isoformat())
    choose(one, "每天两次")
    fresh = made(hub, one)
    assert fresh["uses"] == 62, "the most that the hub takes"
    ends = datetime.fromisoformat(fresh["ends"]).astimezone(SHANGHAI)
    assert (ends.date(), ends.hour) == (today + timedelta(days=30), 23)
    assert lives(fresh) <= timedelta(days=31)


def test_digits_stay_short_and_single(hub: StubHub, visit: Opener) -> None:
    hub.keypads = ("b1-u2",)
    one = the_form(hub, visit)
    choose(one, "七天内")
    choose(one, "每天两次")
    choose(one, "按九个数字")
    for words in ("七天内", "到某一天", "每天两次", "总共一次"):
        assert one.page.locator("dialog .choice label", has_text=words).count() == 0
    assert "最长十二小时" in one.page.locator("dialog").inner_text()
    one.page.click("dialog button[type=submit]")
    one.see("dialog .slip-digits")
    fresh = hub.visits[0]
    assert (fresh["uses"], fresh["strict"]) == (1, False)
    assert lives(fresh) <= timedelta(hours=12)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_of_it_offends_axe(hub: StubHub, visit: Opener, language: str) -> None:
    one = at_the_desk(hub, visit, "/console/#/people", language=language)
    calls_out(hub)
    one.see(".call")
    assert one.violations() == []
    one.page.locator(".call .button").first.click()
    one.see("dialog[open]")
    assert one.violations() == []
    one.page.keyboard.press("Escape")
    one.page.fill("input[name=query]", "沈")
    one.page.click("form.search button[type=submit]")
    one.page.locator(".results header .button").last.click()
    one.see("dialog .call-form")
    one.page.locator("dialog input[name=day]").wait_for(state="detached")
    one.page.locator("dialog .choice label").nth(3).click()
    one.page.fill("dialog input[name=day]", "2000-01-01")
    one.see("dialog .wrong")
    assert one.violations() == []
    one.page.locator("dialog .choice label").nth(0).click()
    one.page.fill("input[name=label]", "x")
    one.page.click("dialog button[type=submit]")
    one.see("dialog .qr[aria-busy=false]")
    assert one.violations() == []
