"""The town's built panel, with a stand-in for its server: free play, story, bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.kiosk_stub import Sight, sight
from tests.browser.panel_stub import Town, some_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

DESK, PHONE = (1440, 900), (390, 844)
ASKS_MOST = 600  # looks at what the page has asked for: half a minute
LETTER_MS, LEAST_OPEN_MS, STEP_MS = 1_800, 1_600, 26_000
PROTOCOL = re.compile(
    r"MQTT|PN532|Modbus|PUBLISH|QoS|HTTP|JWS|SSE|JSON|TCP|broker|serial|hex|byte|relay|coil|字节码|串口",
    re.IGNORECASE,
)


@pytest.fixture
def town() -> Iterator[Town]:
    town = Town()
    yield town
    town.close()


@pytest.fixture
def panel(browser: Browser, town: Town) -> Iterator[Sight]:
    """The page on a desk; a test that leaves a complaint behind fails."""
    with sight(browser, DESK, reduced_motion="reduce", locale="zh-CN") as seen:
        seen.page.clock.install()
        town.show(seen.page)
        expect(seen.page.locator(".picture")).to_be_visible()
        yield seen
        # the browser itself reports every answer above 399
        assert [each for each in seen.complaints if "Failed to load resource" not in each] == []


def key(page: Page, name: str | re.Pattern[str]) -> Any:
    return page.get_by_role("button", name=name)


def plate(page: Page, place: str) -> Any:
    return page.locator(f'[data-reader="{place}"]')


def card(page: Page, name: str) -> Any:
    return page.locator('.token[data-kind="card"]').filter(has_text=name)


def phone(page: Page, name: str) -> Any:
    return page.locator('.token[data-kind="phone"]').filter(has_text=name).first


def asked(page: Page, town: Town, step: int) -> None:
    """Wait until the page has asked for a step: what is told of it before that is overtaken."""
    for _ in range(ASKS_MOST):
        if {"action": "play", "step": step} in town.posted("/api/story"):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"step {step} was not asked for")


def test_a_card_pressed_to_a_plate_opens_its_door(panel: Sight, town: Town) -> None:
    page = panel.page
    card(page, "沈桂芳").click()
    expect(page.locator(".hint")).to_contain_text("沈桂芳的卡")
    plate(page, "b1-u2").click()
    expect(page.locator(".bubble")).to_have_text("门开了，请进")
    assert town.posted("/api/tap") == [{"card": "c-p-shen", "reader": "r-b1-u2"}]
    expect(plate(page, "b1-u2")).to_have_attribute("data-open", "true")
    expect(plate(page, "b1-u2")).to_contain_text("开了")
    expect(page.locator('.door[data-place="b1-u2"]')).to_have_attribute("data-open", "true")
    expect(plate(page, "b1-u1")).to_have_attribute("data-open", "false")

    town.coil("b1-u2", on=False)
    page.clock.run_for(LEAST_OPEN_MS)
    expect(plate(page, "b1-u2")).to_have_attribute("data-open", "false")
    town.send("journal", town.entry(1, "b1-u2"))
    expect(page.locator(".journal li")).to_have_count(1)
    expect(page.locator(".hub-sign")).to_contain_text("记录本 1")


def test_what_the_police_desk_has_taken(panel: Sight, town: Town) -> None:
    page = panel.page
    expect(page.locator(".station")).to_have_count(0)
    for number in (1, 1, 2):  # a copy is no second alarm
        town.send("station", town.alarm(number, "RX" if number == 1 else "FA"))
    lines = page.locator(".station li")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("消防报警")
    expect(lines.last).to_contain_text("测试，没有人会出警")
    expect(lines.last).to_contain_text("SIMULATED BA")


def test_a_card_dragged_onto_a_plate(panel: Sight, town: Town) -> None:
    page = panel.page
    card(page, "郑海燕").hover()
    token, goal = card(page, "郑海燕").bounding_box(), plate(page, "gate-east").bounding_box()
    page.mouse.down()
    page.mouse.move(token["x"] + 60, token["y"] - 60, steps=4)
    expect(page.locator(".ghost")).to_be_visible()
    page.mouse.move(goal["x"] + 20, goal["y"] + 20, steps=6)
    page.mouse.up()
    expect(page.locator(".ghost")).to_have_count(0)
    expect(page.locator(".bubble")).to_be_visible()
    assert town.posted("/api/tap") == [{"card": "c-p-zheng", "reader": "r-gate-east"}]
    expect(card(page, "郑海燕")).to_have_attribute("aria-pressed", "false")


def test_a_drag_that_ends_nowhere_does_nothing(panel: Sight, town: Town) -> None:
    page = panel.page
    card(page, "沈桂芳").hover()
    token = card(page, "沈桂芳").bounding_box()
    page.mouse.down()
    page.mouse.move(token["x"] + 300, token["y"] + 20, steps=4)
    page.mouse.up()
    expect(page.locator(".ghost")).to_have_count(0)
    expect(page.locator(".hint")).to_contain_text("把卡放到读卡器上")
    assert town.posted("/api/tap") == []


def test_by_keyboard_alone(panel: Sight, town: Town) -> None:
    page = panel.page
    card(page, "沈桂芳").focus()
    page.keyboard.press("Enter")
    plate(page, "hall").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".bubble")).to_be_visible()
    assert town.posted("/api/tap") == [{"card": "c-p-shen", "reader": "r-hall"}]
    phone(page, "陈静").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(phone(page, "陈静")).to_have_attribute("aria-pressed", "false")


def test_an_empty_hand_is_told_what_to_do(panel: Sight, town: Town) -> None:
    plate(panel.page, "gate-west").click()
    expect(panel.page.get_by_role("alert")).to_have_text("先拿一张卡，或者叫上一个人。")
    assert town.asked == []


def test_a_shake_and_its_copy(panel: Sight, town: Town) -> None:
    page = panel.page
    copy = key(page, "把刚才的请求抄一遍再发")
    expect(copy).to_be_disabled()
    phone(page, "陈静").click()
    plate(page, "gate-east").click()
    expect(page.locator(".bubble")).to_have_text("门开了，请进")
    assert town.posted("/api/shake") == [{"person": "p-chen", "door": "r-gate-east"}]

    refusal = {"code": "request_spent", "title": "spent", "outcome": "refused"}
    town.refusals["copy"] = (401, refusal)
    copy.click()
    town.say("gate-east", "refused", "request_spent", via="copy", ms=None)
    expect(page.locator('.bubble[data-tone="mind"]')).to_have_text(
        "这次请求不是新的，门没有动。请再开一次。"
    )
    assert town.posted("/api/copy") == [{}]
    expect(page.get_by_role("alert")).to_have_count(0)  # the door has said it already


def test_cut_the_wire_and_the_letter_waits(panel: Sight, town: Town) -> None:
    page = panel.page
    switch = page.locator(".wire-switch")
    expect(switch).to_have_text("网络通着剪断网线")
    expect(page.locator(".fallen")).to_have_count(0)
    switch.click()
    expect(switch).to_have_text("网络断了接上网线")
    expect(page.locator(".fallen")).to_have_count(1)
    assert town.posted("/api/net") == [{"cut": True}]

    card(page, "沈桂芳").click()
    plate(page, "b1-u2").click()
    expect(plate(page, "b1-u2").locator(".letters")).to_contain_text("1 件事等着网络")
    expect(page.locator(".journal li")).to_have_count(0)

    switch.click()
    expect(switch).to_have_text("网络通着剪断网线")
    town.send("journal", town.entry(7, "b1-u2", late=True))
    town.send("journal", town.entry(7, "b1-u2", late=True))  # told twice, noted once
    expect(plate(page, "b1-u2").locator(".letters")).to_have_count(0)
    expect(page.locator(".letter")).to_have_count(1)
    page.clock.run_for(LETTER_MS)
    expect(page.locator(".letter")).to_have_count(0)
    expect(page.locator(".hub-sign")).to_have_attribute("data-awake", "true")
    expect(page.locator(".journal li")).to_have_count(1)
    expect(page.locator(".journal li")).to_contain_text("断网时发生，后来补记")


def test_pay_at_the_kiosk(panel: Sight, town: Town) -> None:
    page = panel.page
    phone(page, "陈静").click()
    town.refusals["pay"] = (409, {"code": "no_code", "title": "no code"})
    plate(page, "kiosk").click()
    expect(page.get_by_role("alert")).to_contain_text("缴费机上还没有付款码")
    del town.refusals["pay"]
    town.send("kiosk", town.kiosk("code"))
    with page.expect_response("**/api/pay"):
        key(page, "拿手机扫码付款").click()
    assert town.posted("/api/pay") == [{"person": "p-chen"}, {"person": "p-shen"}]
    town.send("kiosk", town.kiosk("paid", 3, 1))
    expect(page.locator(".counts")).to_have_text("通知 3 次 · 收据 1 张")
    expect(plate(page, "kiosk")).to_contain_text("付好了")


def test_a_phone_is_no_card(panel: Sight, town: Town) -> None:
    phone(panel.page, "陈静").click()
    plate(panel.page, "hall").click()
    expect(panel.page.get_by_role("alert")).to_have_text("手机只能用在门上。")
    assert town.asked == []


def test_a_guest_s_pass_is_for_a_scanner(panel: Sight, town: Town) -> None:
    page = panel.page
    card(page, "访客码").click()
    expect(page.locator(".where .button")).to_have_text(["东门", "1幢2单元", "放下"])
    plate(page, "gate-west").click()
    expect(page.get_by_role("alert")).to_contain_text("这里没有扫码口")
    assert town.asked == []
    card(page, "访客码").click()
    plate(page, "gate-east").click()
    expect(page.locator(".bubble")).to_be_visible()
    assert town.posted("/api/tap") == [{"card": "c-guest", "reader": "r-gate-east"}]
    key(page, "再请一位客人").click()
    expect(key(page, "再请一位客人")).to_be_enabled()
    assert town.posted("/api/invite") == [{}]


def test_a_bell_is_answered_by_whom_it_rings(panel: Sight, town: Town) -> None:
    page = panel.page
    calling = page.locator(".calling")
    expect(calling).to_have_count(0)
    expect(page.locator(".bell")).to_have_count(2)
    key(page, "按1幢2单元的门铃").click()
    expect(calling).to_contain_text("1幢2单元有人按铃，沈桂芳的手机响了。")
    expect(page.locator('[data-bell="b1-u2"]')).to_be_disabled()
    key(page, "应门，开门").click()
    expect(calling).to_contain_text("1幢2单元的铃有人应了：请进。")
    expect(plate(page, "b1-u2")).to_have_attribute("data-open", "true")
    key(page, "按东门的门铃").click()
    expect(calling).to_contain_text("值班台响了")
    key(page, "现在不方便").click()
    expect(calling).to_contain_text("东门的铃有人应了：现在不方便。")
    assert town.posted("/api/ring") == [{"door": "r-b1-u2"}, {"door": "r-gate-east"}]
    assert town.posted("/api/answer") == [{"answer": "open"}, {"answer": "not_now"}]
    town.call("gate-east", None, "over")
    expect(calling).to_contain_text("没有人应")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("bell_unheard", "没有人听见"),
        ("bell_declined", "刚才已经有人应了"),
        ("bell_rings", "铃正在响"),
    ],
)
def test_a_bell_that_came_to_nothing_says_why(
    panel: Sight, town: Town, code: str, words: str
) -> None:
    town.refusals["ring"] = (409, {"code": code})
    key(panel.page, "按东门的门铃").click()
    expect(panel.page.get_by_role("alert")).to_contain_text(words)


def test_everything_fits_on_a_phone(browser: Browser, town: Town) -> None:
    town.call("b1-u2", "p-shen")
    with sight(browser, PHONE, reduced_motion="reduce", locale="en-GB") as seen:
        town.show(seen.page)
        expect(seen.page.locator(".calling")).to_be_visible()
        wide = seen.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE[0]
        assert seen.axe() == []


def test_the_story_goes_on_by_itself(panel: Sight, town: Town) -> None:
    page = panel.page
    story = page.locator(".story")
    key(page, "看三分钟的故事").click()
    expect(story).to_contain_text("沈桂芳今年 76 岁，住 1-2-302")
    asked(page, town, 1)
    assert town.posted("/api/story") == [{"action": "play", "step": 1}]
    town.beat(1, "tap")
    expect(plate(page, "b1-u2")).to_have_attribute("data-focus", "true")
    expect(page.locator(".visitor")).to_be_visible()
    town.beat(1, "opened", ms=37.6)
    expect(story).to_contain_text("38 毫秒")
    town.beat(1, "opened", "done", ms=37.6)
    expect(page.locator(".turning i")).to_be_visible()
    page.clock.run_for(STEP_MS)
    expect(story.get_by_role("heading")).to_have_text("断了网，门照样开")

    asked(page, town, 2)
    town.beat(2, "cut")
    expect(page.locator(".wire-switch")).to_have_attribute("data-focus", "true")
    town.beat(2, "arrived", "done", ms=36.0, entries=1)
    expect(page.locator(".hub-sign")).to_have_attribute("data-focus", "true")
    expect(story).to_contain_text("记录本里多了 1 条")
    page.clock.run_for(STEP_MS)
    expect(story).to_contain_text("陈静在东门前摇一摇手机")
    asked(page, town, 3)
    town.beat(3, "refused", "done", ms=51.0)
    expect(story).to_contain_text("51 毫秒")
    page.clock.run_for(STEP_MS)
    expect(story).to_contain_text("¥106.80")
    asked(page, town, 4)
    town.beat(4, "receipt", "done", callbacks=3, receipts=1, amount_fen=10680)
    expect(story).to_contain_text("通知 3 次，收据 1 张")
    page.clock.run_for(STEP_MS)
    expect(story).to_contain_text("郑海燕照护两幢楼的老人")
    asked(page, town, 5)
    town.beat(5, "gone", gone=2, doors=6, seconds=0.1)
    expect(story).to_contain_text("6 扇门里，2 扇已经不认它了，最慢的用了 0.10 秒")
    expect(page.locator(".hub-sign")).to_have_attribute("data-focus", "true")
    town.beat(5, "found", gone=6, doors=6, seconds=0.16)
    expect(plate(page, "gate-east")).to_have_attribute("data-focus", "true")
    expect(story).not_to_contain_text("没有打开东门")
    town.beat(5, "kept_out", "done", gone=6, doors=6, seconds=0.16)
    expect(story).to_contain_text("6 扇门里，6 扇已经不认它了，最慢的用了 0.16 秒")
    expect(story).to_contain_text("没有打开东门")
    page.clock.run_for(STEP_MS)
    expect(story).to_contain_text("故事讲完了")
    assert [each["step"] for each in town.posted("/api/story")] == [1, 2, 3, 4, 5]


def test_the_story_waits_when_paused(panel: Sight, town: Town) -> None:
    page = panel.page
    key(page, "看三分钟的故事").click()
    asked(page, town, 1)
    town.beat(1, "opened", "done", ms=40.0)
    expect(page.locator(".turning i")).to_be_visible()
    key(page, "暂停").click()
    expect(page.locator(".turning i")).to_have_count(0)
    page.clock.run_for(10 * STEP_MS)
    expect(page.locator(".story").get_by_role("heading")).to_have_text("一刷就开")
    key(page, "接着看").click()
    expect(page.locator(".story").get_by_role("heading")).to_have_text("断了网，门照样开")
    key(page, "下一步").click()
    expect(page.locator(".story").get_by_role("heading")).to_have_text("摇一摇就开，抄走也没用")
    key(page, "回到开头").click()
    expect(key(page, "看三分钟的故事")).to_be_visible()
    assert town.posted("/api/story")[-1] == {"action": "stop", "step": 0}


def test_a_step_that_fails_can_be_played_again(panel: Sight, town: Town) -> None:
    page = panel.page
    key(page, "看三分钟的故事").click()
    asked(page, town, 1)
    town.beat(1, "tap", "failed")
    expect(page.locator(".story")).to_contain_text("这一步没有走完")
    key(page, "再来一次").click()
    expect(page.locator(".story")).not_to_contain_text("这一步没有走完")
    assert town.posted("/api/story") == [{"action": "play", "step": 1}] * 2


def test_the_bytes_are_one_press_away(panel: Sight, town: Town) -> None:
    page = panel.page
    for line in some_lines():
        town.send("wire", line)
    bytes_key = key(page, "看字节")
    bytes_key.click()
    drawer = page.get_by_role("region", name="线上的字节")
    expect(drawer.locator("li")).to_have_count(4)
    first = drawer.locator("li").first
    expect(first).to_contain_text("读卡器说：来了一张卡")
    expect(first.locator("code")).to_contain_text("00 00 ff 0f f1 d5 4b 01")
    expect(plate(page, "b1-u2")).to_be_visible()  # the town goes on beside it

    key(page, "手机和缴费机").click()
    expect(drawer.locator("li")).to_have_count(1)
    expect(drawer.locator("pre")).to_contain_text('{"door":"gate-east"}')
    key(page, re.compile("十六进制")).click()
    expect(drawer.locator("code")).to_have_text("50 4f 53 54")
    key(page, "全部").click()
    key(page, "停住").click()
    town.send("wire", some_lines()[0] | {"n": 5})
    town.send("journal", town.entry(1, "b1-u2"))
    expect(page.locator(".hub-sign")).to_contain_text("1")
    expect(drawer.locator("li")).to_have_count(4)
    key(page, "继续").click()
    expect(drawer.locator("li")).to_have_count(5)
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)


def test_only_so_many_lines_are_kept(panel: Sight, town: Town) -> None:
    page = panel.page
    key(page, "看字节").click()
    for n in range(1, 451):
        town.send("wire", some_lines()[1] | {"n": n, "hex": f"{n:08x}"})
    drawer = page.get_by_role("region", name="线上的字节")
    expect(drawer.locator("li").last.locator("code")).to_have_text("00 00 01 c2")
    expect(drawer.locator("li")).to_have_count(400)


@pytest.mark.parametrize("tongue", ["简体", "繁體", "English"])
def test_protocol_words_stay_in_the_drawer(panel: Sight, town: Town, tongue: str) -> None:
    page = panel.page
    key(page, tongue).click()
    for line in some_lines():
        town.send("wire", line)
    town.send("journal", town.entry(1, "b1-u2", late=True))
    expect(page.locator(".journal li")).to_have_count(1)
    page.locator(".story .button").click()
    town.call("b1-u2", "p-shen")
    for step in (1, 2, 3, 4, 5):
        facts = {"ms": 40.0, "entries": 1, "callbacks": 3, "receipts": 1}
        town.beat(step, None, "done", **facts, gone=6, doors=6, seconds=0.2)
        page.locator(".dot").nth(step - 1).click()
        seen = page.locator("body").inner_text().replace("Show the bytes", "")
        assert PROTOCOL.findall(seen) == []


def test_back_to_morning(panel: Sight, town: Town) -> None:
    page = panel.page
    key(page, "看三分钟的故事").click()
    town.send("journal", town.entry(1, "b1-u2"))
    page.locator(".wire-switch").click()
    expect(page.locator(".journal li")).to_have_count(1)
    key(page, "回到早上").click()
    expect(page.locator(".journal li")).to_have_count(0)
    expect(page.locator(".wire-switch")).to_have_attribute("data-cut", "false")
    expect(key(page, "看三分钟的故事")).to_be_visible()
    assert town.posted("/api/reset") == [{}]


def test_a_town_that_is_lost_and_found(panel: Sight, town: Town) -> None:
    page = panel.page
    town.hang_up(silent=True)
    expect(page.get_by_text("和小镇断开了，正在重新连接。")).to_be_visible()
    town.silent = False
    town.town["net"] = {"cut": True}
    page.clock.run_for(30_000)
    expect(page.get_by_text("和小镇断开了，正在重新连接。")).to_have_count(0)
    expect(page.locator(".wire-switch")).to_have_attribute("data-cut", "true")


def test_a_verb_without_an_answer_says_so(panel: Sight, town: Town) -> None:
    page = panel.page
    town.verbs.pop("/api/tap")
    card(page, "沈桂芳").click()
    plate(page, "b1-u2").click()
    expect(page.get_by_role("alert")).to_have_text("小镇没有回答，请再试一次。")


def test_a_waking_town_names_what_is_missing(browser: Browser, town: Town) -> None:
    town.town["ready"] = False
    town.town["starting"] = [town.town["readers"][0]["name"]]
    with sight(browser, DESK, locale="en-GB") as seen:
        town.show(seen.page)
        expect(seen.page.locator(".strip")).to_contain_text("The town is waking up")
        expect(seen.page.locator(".strip")).to_contain_text("East gate")


def test_names_are_never_converted(panel: Sight, town: Town) -> None:
    page = panel.page
    key(page, "English").click()
    expect(card(page, "沈桂芳")).to_be_visible()
    expect(plate(page, "b1-u2")).to_contain_text("Building\u00a01, unit\u00a02")
    key(page, "繁體").click()
    expect(phone(page, "郑海燕")).to_be_visible()
    expect(plate(page, "b1-u2")).to_contain_text("1幢2單元")


def test_motion_only_for_those_who_want_it(browser: Browser, town: Town) -> None:
    moving = "() => document.getAnimations().filter((a) => a.playState === 'running').length"
    town.town["net"] = {"cut": True}
    with sight(browser, DESK) as seen:
        town.show(seen.page)
        expect(seen.page.locator(".fallen")).to_be_visible()
        assert seen.page.evaluate(moving) > 0
    with sight(browser, DESK, reduced_motion="reduce") as seen:
        town.show(seen.page)
        expect(seen.page.locator(".fallen")).to_be_visible()
        expect(seen.page.locator(".crown").first).to_have_css("animation-iteration-count", "1")
        for _ in range(50):
            if seen.page.evaluate(moving) == 0:
                break
            seen.page.wait_for_timeout(100)
        assert seen.page.evaluate(moving) == 0


def test_the_ways_into_the_other_pages(panel: Sight, town: Town) -> None:
    page = panel.page
    link = page.get_by_role("link", name="缴费机的屏幕")
    expect(link).to_have_attribute("href", "http://127.0.0.1:8733/")
    expect(page.locator(".pages")).to_contain_text("willow-brook-2026")
    key(page, re.compile("复制.*密码")).click()
    expect(page.locator(".pages")).to_contain_text("已复制")
