"""Codes to type, passes for once in all and for days: on the phone and at the desk."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opener, Visit
from tests.browser.stub_visitors import a_visit
from tests.browser.stubs import StubHub
from tests.browser.test_desk_visitors import at_the_desk
from tests.browser.test_phone_looks import ELDER, LANGUAGES, SMALL, looks
from tests.browser.test_visitors import Enrolled, begin, make, open_visitors

DIGITS = "482 119 305"


def typed_at(one: Visit, door: str) -> None:
    one.page.get_by_role("radio", name="快递").check()
    one.page.get_by_role("radio", name="按九个数字").check()
    one.page.get_by_role("radio", name=door).check()
    one.page.click(".invite button[type=submit]")
    one.see(".visit .digits")


def test_a_courier_gets_digits_at_one_door(hub: StubHub, enrolled: Enrolled) -> None:
    hub.keypads = ("gate-south", "b1-u2")
    one = enrolled(before="delete Navigator.prototype.share")
    begin(one)
    typed_at(one, "南大门")
    (made,) = hub.visits
    assert [door["id"] for door in made["doors"]] == ["gate-south"]
    expect(one.see(".visit .digits")).to_have_text(DIGITS)
    expect(one.see(".visit")).to_contain_text("门正在收这个码")
    one.page.locator(".visit .button[data-look=main]").click()
    one.see(".visit .notice[data-tone=good], .visit input[readonly]")
    one.page.get_by_role("button", name="取消这个访客码").click()
    one.page.get_by_role("button", name="取消它").click()
    one.see(".visits")
    assert made["state"] == "revoked"


def test_today_ends_before_a_code_must(hub: StubHub, enrolled: Enrolled) -> None:
    hub.keypads = ("b1-u2",)
    one = enrolled()
    begin(one)
    one.page.get_by_role("radio", name="按九个数字").check()
    expect(one.page.get_by_role("radio", name="七天内")).to_have_count(0)
    one.page.get_by_role("radio", name="今天").check()
    one.page.click(".invite button[type=submit]")
    one.see(".visit .digits")
    ends = datetime.fromisoformat(hub.visits[0]["ends"]) - datetime.now(UTC)
    assert ends < timedelta(hours=12)


def test_without_a_keypad_nobody_is_asked_how(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    begin(one)
    make(one)
    expect(one.page.get_by_role("radio", name="按九个数字")).to_have_count(0)
    assert hub.visits[0]["code"] is None


def test_once_in_all_says_that_it_needs_the_network(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    begin(one)
    one.page.get_by_role("radio", name="总共一次").check()
    expect(one.see(".invite")).to_contain_text("联网核对")
    make(one)
    assert (hub.visits[0]["strict"], hub.visits[0]["uses"]) == (True, 1)
    expect(one.see(".visit")).to_contain_text("联网核对")


def test_who_comes_for_a_week_comes_twice_a_day(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    begin(one)
    expect(one.page.get_by_role("radio", name="每天两次")).to_have_count(0)
    one.page.get_by_role("radio", name="七天内").check()
    one.page.get_by_role("radio", name="每天两次").check()
    make(one)
    assert (hub.visits[0]["strict"], hub.visits[0]["uses"]) == (False, 14)
    days = datetime.fromisoformat(hub.visits[0]["ends"]) - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < days <= timedelta(days=7)


def test_how_often_somebody_came_is_counted(hub: StubHub, enrolled: Enrolled) -> None:
    came = [{"door": "b1-u2", "at": "2026-11-23T01:00:00Z", "times": 3}]
    hub.visits = [a_visit(hub, "家政", ["b1-u2"], came=came, state="came", uses=14, online=True)]
    one = enrolled()
    open_visitors(one)
    one.page.get_by_text("家政").click()
    one.see(".visit .qr[aria-busy=false]")
    expect(one.see(".visit .facts")).to_contain_text("3 次")


@pytest.mark.parametrize("elder", [False, True], ids=["usual", "elder"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_fits_on_a_phone(
    hub: StubHub, enrolled: Enrolled, language: str, *, elder: bool
) -> None:
    hub.keypads = ("gate-south", "b1-u2")
    least = (60, 20, 1.29) if elder else (44, 15, 1.29)
    one = enrolled(view=SMALL, language=language, before=ELDER if elder else "")
    begin(one)
    one.page.locator("input[value=once]").check()
    assert looks(one, *least) == []
    one.page.locator("input[value=digits]").check()
    assert looks(one, *least) == []
    one.page.click(".invite button[type=submit]")
    one.see(".visit .digits")
    assert looks(one, *least) == []


def test_the_desk_makes_a_slip_with_digits(hub: StubHub, visit: Opener) -> None:
    hub.keypads = ("b1-u2",)
    one = at_the_desk(hub, visit, "/console/#/people")
    one.page.fill("input[name=query]", "沈")
    one.page.click("form.search button[type=submit]")
    one.page.get_by_role("button", name="访客码").click()
    one.see("dialog .call-form")
    one.page.fill("input[name=label]", "送水")
    one.page.get_by_role("radio", name="按九个数字").check()
    one.page.click("dialog button[type=submit]")
    expect(one.see("dialog .slip-digits")).to_have_text(DIGITS)
    assert [door["id"] for door in hub.visits[0]["doors"]] == ["b1-u2"]
    assert one.violations() == []
