"""Staff at the doors: open, mode, lockdown, release; reason, fresh factor, outcome in words."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, Visit
from tests.browser.stub_deeds import RIGHT_OTP, a_lockdown, tell
from tests.browser.stubs import StubHub
from tests.browser.test_console import staffed, wall

__all__ = ["staffed", "wall"]
SmallVisit = Callable[..., Visit]
NARROW = {"width": 390, "height": 844}
OPEN = "/api/v1/doors/hall/open"


def fill(one: Visit, reason: str = "住户忘带钥匙", otp: str = RIGHT_OTP) -> None:
    """Fill the form of the dialog and send it by keyboard."""
    one.see(".dialog input[name=reason]").fill(reason)
    one.page.fill(".dialog input[name=otp]", otp)
    one.page.keyboard.press("Enter")


def at_door(wall: SmallVisit, deed: str, **options: Any) -> Visit:
    one = wall("/console/#/doors/hall", **options)
    one.see(".thing .deeds").get_by_role("button", name=deed).click()
    return one


# --- opening


def test_a_door_opens_with_reason_and_factor(wall: SmallVisit, staffed: StubHub) -> None:
    one = at_door(wall, "开门")
    expect(one.see(".dialog h2")).to_contain_text("邻里中心")
    assert one.violations() == []
    fill(one, reason="  住户忘带钥匙  ")
    expect(one.see(".told[data-tone=good]")).to_contain_text("门开了")
    expect(one.see(".told")).to_be_focused()
    assert one.violations() == []
    assert staffed.deeds == [{"path": OPEN, "reason": "住户忘带钥匙", "otp": RIGHT_OTP}]
    assert staffed.moved == ["hall"]
    one.page.get_by_role("button", name="知道了").click()
    expect(one.page.locator("dialog")).to_have_count(0)


def test_a_tile_opens_its_own_door(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall()
    one.see(".tile[data-door=b1-u2]").get_by_role("button").click()
    expect(one.see(".dialog h2")).to_contain_text("1幢2单元")
    fill(one)
    one.see(".told[data-tone=good]")
    assert staffed.moved == ["b1-u2"]
    assert one.page.url.endswith("/console/")  # the tile's link was not followed


OUTCOMES = [
    ("person_unknown", "门没有开", "没有"),
    ("locked_down", "门没有开", "请先解除封锁"),
    ("outcome_unknown", "不知道门开没开", "可能已经开了"),
]


@pytest.mark.parametrize(("verdict", "title", "line"), OUTCOMES)
def test_what_the_door_answered_is_said(
    wall: SmallVisit, staffed: StubHub, verdict: str, title: str, line: str
) -> None:
    staffed.verdicts.append(verdict)
    one = at_door(wall, "开门")
    fill(one)
    told = one.see(".told[data-tone=mind]")
    expect(told).to_contain_text(title)
    expect(told).to_contain_text(line)
    assert one.violations() == []


def test_a_door_out_of_reach(wall: SmallVisit, staffed: StubHub) -> None:
    staffed.door_views["hall"] = {"online": False}
    one = at_door(wall, "开门")
    fill(one)
    expect(one.see(".told[data-tone=mind]")).to_contain_text("指令没有送到")
    assert staffed.moved == []


def test_an_answer_that_is_lost_is_no_failure(wall: SmallVisit, staffed: StubHub) -> None:
    staffed.failing.add(OPEN)
    one = at_door(wall, "开门")
    fill(one)
    expect(one.see(".told[data-tone=mind]")).to_contain_text("不知道门开没开")
    assert staffed.asked.count(f"POST {OPEN}") == 1  # nobody sends it twice behind their back


def test_a_wrong_factor_asks_for_another(wall: SmallVisit, staffed: StubHub) -> None:
    one = at_door(wall, "开门")
    fill(one, otp="111111")
    expect(one.see(".deed .notice")).to_contain_text("动态码不对")
    code = one.see("input[name=otp]")
    expect(code).to_have_value("")
    one.page.wait_for_function("() => document.activeElement.name === 'otp'")
    expect(one.see("input[name=reason]")).to_have_value("住户忘带钥匙")
    assert one.violations() == []
    assert staffed.moved == []
    code.fill(RIGHT_OTP)
    one.page.keyboard.press("Enter")
    one.see(".told[data-tone=good]")


@pytest.mark.parametrize(("reason", "otp"), [("   ", RIGHT_OTP), ("看看", "42424"), ("", "")])
def test_without_reason_or_code_nothing_is_sent(
    wall: SmallVisit, staffed: StubHub, reason: str, otp: str
) -> None:
    one = at_door(wall, "开门")
    fill(one, reason=reason, otp=otp)
    said = {"请写下原因。": not reason.strip(), "请输入六位数字。": otp != RIGHT_OTP}
    wrongs = [words for words, wrong in said.items() if wrong]
    expect(one.page.locator(".dialog .wrong")).to_have_text(wrongs)
    assert f"POST {OPEN}" not in staffed.asked
    assert one.violations() == []


def test_a_dialog_put_away_keeps_nothing(wall: SmallVisit, staffed: StubHub) -> None:
    one = at_door(wall, "开门")
    one.see("input[name=reason]").fill("看看")
    one.page.keyboard.press("Escape")
    one.page.locator("dialog").wait_for(state="detached")
    one.see(".thing .deeds").get_by_role("button", name="开门").click()
    expect(one.see("input[name=reason]")).to_have_value("")
    assert staffed.deeds == []


# --- modes


@pytest.mark.parametrize(
    ("word", "mode"),
    [("停用", "Blocked"), ("常开", "Unlocked"), ("锁定常开", "LockedOpen"), ("平常", "Locked")],
)
def test_a_mode_in_plain_language(wall: SmallVisit, staffed: StubHub, word: str, mode: str) -> None:
    staffed.door_views["hall"] = {"mode": "Blocked" if mode == "Locked" else "Locked"}
    one = at_door(wall, "门的模式")
    so = staffed.door_views["hall"]["mode"]  # it begins with what is so
    expect(one.page.locator(".meant input:checked")).to_have_value(so)
    one.page.locator(".meant label", has=one.page.locator("strong", has_text=word)).first.wait_for()
    one.page.locator(f".meant input[value={mode}]").check()
    expect(one.page.locator(".meant label:has(input:checked) strong")).to_have_text(word)
    assert one.violations() == []
    fill(one, reason="门禁检修")
    expect(one.see(".told[data-tone=good]")).to_contain_text(f"“{word}”")
    assert [(each["mode"], each["reason"]) for each in staffed.deeds] == [(mode, "门禁检修")]


def test_a_mode_for_a_door_out_of_reach_waits(wall: SmallVisit, staffed: StubHub) -> None:
    staffed.door_views["hall"] = {"online": False}
    one = at_door(wall, "门的模式")
    one.page.locator(".meant input[value=Blocked]").check()
    fill(one)
    expect(one.see(".told")).to_contain_text("重新连上以后")


# --- lockdown


def test_a_lockdown_and_its_release(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall()
    one.see(".overview").get_by_role("button", name="封锁").click()
    expect(one.see(".dialog")).to_contain_text("消防照常")
    assert one.violations() == []
    fill(one, reason="有人持刀")
    one.see(".told[data-tone=good]")
    one.page.get_by_role("button", name="知道了").click()
    banner = one.see("[data-lockdown=site]")
    expect(banner).to_contain_text("整个小区")
    expect(banner).to_contain_text("有人持刀")
    expect(banner).to_contain_text("0 / 6")
    expect(one.page.locator(".overview").get_by_role("button")).to_have_count(0)
    view = {"mode": "LockedDown"}
    for door in staffed.console_doors():
        staffed.door_views[door["id"]] = {**view, "online": door["id"] != "hall"}
    for door in staffed.console_doors():
        staffed.say("door", door)
    one.page.get_by_text("5 / 6 扇门已封锁").wait_for()  # a door out of reach tells nothing
    assert one.violations() == []
    banner.get_by_role("button").click()
    fill(one, reason="警察已到")
    expect(one.see(".told[data-tone=good]")).to_contain_text("已经解除")
    one.page.locator("[data-lockdown]").wait_for(state="detached")
    assert [(each["path"], each["building"]) for each in staffed.deeds] == [
        ("/api/v1/lockdown", ""),
        ("/api/v1/lockdown/release", ""),
    ]


def test_one_building_is_locked_down(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall()
    one.see(".overview").get_by_role("button", name="封锁").click()
    one.see(".dialog select").select_option("1")
    fill(one)
    one.see(".told[data-tone=good]")
    one.page.get_by_role("button", name="知道了").click()
    expect(one.see("[data-lockdown='1']")).to_contain_text("0 / 2")
    one.see(".overview").get_by_role("button", name="封锁").click()
    expect(one.page.locator(".dialog option")).to_have_text(["整个小区", "2 幢"])


def test_the_banner_stands_over_every_page(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall()
    expect(one.page.locator("[data-lockdown]")).to_have_count(0)
    staffed.lockdowns = [a_lockdown()]
    tell(staffed)  # somebody else locked down
    one.see("[data-lockdown=site]")
    for section in ("alerts", "devices", "people", "cards", "desk", "import"):
        one.page.click(f"nav a[href='#/{section}']")
        one.see(f"main[data-section={section}]")
        expect(one.page.locator("[data-lockdown=site]")).to_be_visible()
    staffed.lockdowns = []
    tell(staffed)
    one.page.locator("[data-lockdown]").wait_for(state="detached")


def test_a_lockdown_is_known_after_a_cut(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall()
    staffed.failing.add("/api/v1/live")
    staffed.hang_up()
    one.see(".strip")
    staffed.lockdowns = [a_lockdown()]  # nobody hears of it
    staffed.failing.clear()
    one.see("[data-lockdown=site]")


def test_a_banner_outlives_a_failed_reading(wall: SmallVisit, staffed: StubHub) -> None:
    staffed.lockdowns = [a_lockdown()]
    one = wall()
    one.see("[data-lockdown=site]")
    staffed.failing.add("/api/v1/lockdown")
    asked = staffed.asked.count("GET /api/v1/lockdown")
    tell(staffed)
    while staffed.asked.count("GET /api/v1/lockdown") == asked:
        one.page.wait_for_timeout(50)
    one.page.wait_for_timeout(300)
    expect(one.page.locator("[data-lockdown=site]")).to_be_visible()
    staffed.lockdowns = []
    staffed.failing.clear()  # it asks again by itself
    one.page.locator("[data-lockdown]").wait_for(state="detached")


def test_a_lockdown_that_is_over_already(wall: SmallVisit, staffed: StubHub) -> None:
    staffed.lockdowns = [a_lockdown()]
    one = wall()
    one.see("[data-lockdown=site]").get_by_role("button").click()
    staffed.lockdowns = []  # somebody was faster, and the stream has not said so yet
    fill(one)
    expect(one.see(".told[data-tone=mind]")).to_contain_text("可能已经有人解除了")
    one.page.locator("[data-lockdown]").wait_for(state="detached")


# --- who may


@pytest.mark.parametrize(
    ("role", "may"), [("administrator", True), ("property_staff", True), ("officer", False)]
)
def test_deeds_are_shown_to_those_who_may(
    wall: SmallVisit, staffed: StubHub, role: str, may: bool
) -> None:
    staffed.role = role
    staffed.lockdowns = [a_lockdown("1")]
    one = wall()
    one.see(".tile[data-door=hall]")
    banner = one.see("[data-lockdown='1']")
    shown = [banner, one.page.locator(".tile[data-door=hall]"), one.page.locator(".overview")]
    for each in shown:
        expect(each.get_by_role("button")).to_have_count(int(may))
    one.page.goto(f"{one.address}/console/#/doors/hall")
    one.see(".thing h1")
    expect(one.page.locator(".thing .deeds")).to_have_count(int(may))


def test_a_role_that_was_taken_away_is_told(wall: SmallVisit, staffed: StubHub) -> None:
    one = at_door(wall, "开门")
    staffed.role = "officer"
    fill(one)
    expect(one.see(".told[data-tone=mind]")).to_contain_text("不允许")
    assert staffed.moved == []


# --- looks


@pytest.mark.parametrize("view", [DESK, NARROW])
@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_deeds_in_every_language_and_width(
    wall: SmallVisit, staffed: StubHub, language: str, view: dict[str, int]
) -> None:
    staffed.lockdowns = [a_lockdown("1", "a very long reason " * 10)]
    one = wall("/console/#/doors/hall", language=language, view=view)
    one.see("[data-lockdown='1']")
    wrong: list[str] = []

    def look(what: str) -> None:
        wrong.extend(f"{what}: {each}" for each in one.violations())
        if one.page.evaluate("() => document.scrollingElement.scrollWidth > innerWidth"):
            wrong.append(f"{what} scrolls sideways")
        sizes = one.page.evaluate(
            "() => [...document.querySelectorAll('.deeds .button, .lockdowns .button,"
            " .dialog .button, .dialog .meant label, .dialog .input')]"
            ".map(e => [e.textContent, e.getBoundingClientRect().height])"
        )
        wrong.extend(f"{what}: {text} is {height} high" for text, height in sizes if height < 44)

    look("door")
    for at in range(2):
        one.page.locator(".thing .deeds button").nth(at).click()
        one.see(".dialog")
        look(f"dialog {at}")
        one.page.keyboard.press("Escape")
        one.page.locator("dialog").wait_for(state="detached")
    one.page.goto(f"{one.address}/console/#/doors")
    one.see(".overview button").click()
    one.see(".dialog select")
    look("lockdown")
    assert wrong == []
