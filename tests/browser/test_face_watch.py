"""The watch list in the console: opened on purpose, measured first, approved by another person."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Opener, Visit
from tests.browser.stub_watch import AT, OTP, Watch, a_face, an_order, of
from tests.browser.stubs import StubHub

LANGUAGES = ("zh-Hans", "zh-Hant", "en")
PICTURE: Any = {"name": "from-them.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8picture"}


@pytest.fixture
def watch(hub: StubHub) -> Watch:
    hub.staff["老王"] = "correct horse battery"
    hub.sessions.add("s")
    return of(hub)


@pytest.fixture
def desk(visit: Opener, watch: Watch, address: str) -> Callable[..., Visit]:
    """The page Faces, signed in."""

    def start(**options: Any) -> Visit:
        one = visit("/console/", **{"view": DESK, **options})
        one.context.add_cookies([{"name": "linli_session", "value": "s", "url": address}])
        one.go("/console/#/faces")
        one.page.reload()
        one.see("[data-watch-list]")
        return one

    return start


def opened(one: Visit) -> None:
    one.see("[data-watch-list]").locator("button").first.click()
    expect(one.page.locator("[data-watch-list] ul.face-doors")).to_have_count(1)


def test_nobody_looks_at_the_list_by_opening_the_page(desk: Any, watch: Watch) -> None:
    one = desk()
    one.see("[data-face-doors]")
    assert watch.looks == 0
    opened(one)
    expect(one.page.locator("[data-watch-list]")).to_contain_text("没有布控")
    assert watch.looks == 1
    assert one.violations() == []


def test_an_order_is_measured_before_it_is_entered(desk: Any, watch: Watch) -> None:
    one = desk()
    opened(one)
    card = one.see("[data-watch-list]")
    card.get_by_role("button", name="填一份").click()
    form = one.see("[data-entering]")
    for name, value in (("authority", "county-psb"), ("basis", "case-9"), ("days", "7"),
                        ("passers_a_day", "400"), ("alarms_a_day", "2")):  # fmt: skip
        form.locator(f"input[name={name}]").fill(value)
    expect(form.locator("input[name=otp]")).to_have_count(0)  # no code before the cost is told
    form.get_by_role("button", name="先量误报").click()
    expect(form).to_contain_text("每天约误报 1.8 次")
    assert one.violations() == []
    form.locator("input[name=alarms_a_day]").fill("3")  # another wish is measured anew
    expect(form.locator("input[name=otp]")).to_have_count(0)
    form.get_by_role("button", name="先量误报").click()
    expect(form).to_contain_text("每天约误报 2.8 次")
    form.locator("input[name=otp]").fill("654321")
    form.get_by_role("button", name="填入，等另一个人批").click()
    expect(form.locator(".notice[role=status]").last).to_contain_text("动态码不对")
    assert watch.asked == []
    form.locator("input[name=otp]").fill(OTP)
    form.get_by_role("button", name="填入，等另一个人批").click()
    order = one.see("[data-order-state=waiting]")
    expect(order).to_contain_text("要由别人批准")
    assert watch.asked == [
        {"authority": "county-psb", "basis": "case-9", "days": 7, "passers_a_day": 400,
         "alarms_a_day": 3, "otp": OTP}
    ]  # fmt: skip
    expect(order.get_by_role("button", name="批准")).to_have_count(0)
    one.page.set_input_files("[data-order] input[type=file]", PICTURE)
    expect(order.locator("[data-listed]")).to_have_count(1)
    assert one.violations() == []


def test_a_second_person_approves_and_anybody_of_them_ends_it(desk: Any, watch: Watch) -> None:
    watch.orders = [an_order()]
    one = desk()
    opened(one)
    order = one.see("[data-order-state=waiting]")
    order.get_by_role("button", name="批准").click()
    dialog = one.see("dialog[open]")
    expect(dialog).to_contain_text("1 张脸，名单满时每天约误报 1.8 次")
    assert one.violations() == []
    dialog.locator("input[name=otp]").fill(OTP)
    dialog.get_by_role("button", name="批准").click()
    order = one.see("[data-order-state=in_force]")
    expect(order).to_contain_text("陈书记 填写，老王 批准")
    expect(order.locator("input[type=file]")).to_have_count(0)  # nothing is added to it any more
    order.get_by_role("button", name="结束并销毁").click()
    order = one.see("[data-order-state=ended]")
    expect(order.locator("[data-listed]")).to_have_count(0)
    expect(order.get_by_role("button")).to_have_count(0)


def test_a_refusal_is_told_and_nothing_is_lost(desk: Any, watch: Watch) -> None:
    watch.orders = [an_order()]
    one = desk()
    opened(one)
    watch.refuses = "face_blurred"
    one.page.set_input_files("[data-order] input[type=file]", PICTURE)
    expect(one.page.locator("[data-watch-list]")).to_contain_text("有点模糊，请站稳一下。")
    expect(one.page.locator("[data-listed]")).to_have_count(1)
    watch.refuses = None
    one.page.set_input_files("[data-order] input[type=file]", PICTURE)
    expect(one.page.locator("[data-listed]")).to_have_count(2)
    expect(one.page.locator("[data-watch-list]")).not_to_contain_text("有点模糊，请站稳一下。")


def test_without_a_network_it_can_be_opened_again(desk: Any, hub: StubHub, watch: Watch) -> None:
    hub.failing.add("/api/v1/faces/watch")
    one = desk()
    card = one.see("[data-watch-list]")
    card.get_by_role("button", name="打开名单").click()
    one.see("[data-watch-list] .notice[data-tone=mind]")
    hub.failing.clear()
    card.get_by_role("button", name="打开名单").click()
    expect(card).to_contain_text("没有布控")


def test_where_too_few_live_no_order_can_be_entered(desk: Any, watch: Watch) -> None:
    watch.refused = "face_audit_few"
    one = desk()
    opened(one)
    card = one.see("[data-watch-list]")
    expect(card).to_contain_text("登记的人太少")
    expect(card.get_by_role("button", name="填一份")).to_have_count(0)


def test_who_is_no_administrator_sees_nothing_of_it(
    visit: Opener, hub: StubHub, watch: Watch, address: str
) -> None:
    hub.role = "property_staff"
    one = visit("/console/", view=DESK)
    one.context.add_cookies([{"name": "linli_session", "value": "s", "url": address}])
    one.go("/console/#/faces")
    one.page.reload()
    one.see("[data-face-doors]")
    expect(one.page.locator("[data-watch-list]")).to_have_count(0)


@pytest.mark.parametrize("view", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_in_every_language_and_width(
    desk: Any, watch: Watch, language: str, view: dict[str, int]
) -> None:
    other = [a_face(other_model=True)]
    watch.orders = [
        an_order(), an_order(id="2" * 32, state="resting", approved_by="老王", faces=other),
        an_order(id="3" * 32, state="ended", ended_at=AT, hits=3, false_alarms=2),
    ]  # fmt: skip
    one = desk(language=language, view=view)
    opened(one)
    expect(one.page.locator("[data-order]")).to_have_count(3)
    expect(one.page.locator("[data-order-state=ended]")).to_contain_text(re.compile(r"3.*2"))
    wide = one.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    assert one.violations() == []
