"""The town's built panel: keys to type on, paper, plugs, and why a door did what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.kiosk_stub import Sight, sight, words
from tests.browser.panel_stub import Town

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

DESK = (1440, 900)


@pytest.fixture
def town() -> Iterator[Town]:
    town = Town()
    yield town
    town.close()


@pytest.fixture
def page(browser: Browser, town: Town) -> Iterator[Page]:
    with sight(browser, DESK, reduced_motion="reduce", locale="zh-CN") as seen:
        yield from opened(seen, town)


def opened(seen: Sight, town: Town) -> Iterator[Page]:
    town.show(seen.page)
    expect(seen.page.locator(".picture")).to_be_visible()
    yield seen.page
    # the browser itself reports every answer above 399
    assert [each for each in seen.complaints if "Failed to load resource" not in each] == []


def key(page: Page | Locator, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def thing(page: Page, name: str) -> Any:
    return page.locator(f'[data-part="{name}"]')


def tap(page: Page, card: str, place: str) -> None:
    page.locator('.token[data-kind="card"]').filter(has_text=card).first.click()
    page.locator(f'[data-reader="{place}"]').click()


# --- a keypad -------------------------------------------------------------------------------


def press(page: Page, keys: str) -> None:
    names = {"*": "* 重新按", "#": "# 确定"}
    for each in keys:
        key(page.get_by_role("dialog"), names.get(each, each)).click()


def test_a_flat_and_its_pin_are_typed_and_the_door_is_seen(page: Page, town: Town) -> None:
    expect(page.locator("[data-keypad]")).to_have_count(1)
    key(page, "1幢2单元的键盘").click()
    pad = page.get_by_role("dialog", name="1幢2单元的键盘")
    expect(pad).to_contain_text("先按房号 302 和 #，再按密码 582917 和 #。")
    expect(pad).to_contain_text("受人胁迫时按 582963")
    press(page, "99*302#58")
    expect(pad.locator(".typed")).to_have_text("房号302密码••")
    assert town.posted("/api/type") == []
    press(page, "2917#")
    expect(pad).to_have_count(0)
    expect(page.locator(".bubble")).to_have_text("门开了，请进")
    assert town.posted("/api/type") == [{"door": "r-b1-u2", "keys": "302#582917#"}]


def test_a_keypad_is_typed_on_by_keyboard_and_left_by_escape(page: Page, town: Town) -> None:
    key(page, "1幢2单元的键盘").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type("##30")  # nothing to end yet
    expect(page.locator(".typed")).to_have_text("房号30密码–")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    key(page, "1幢2单元的键盘").click()
    expect(page.locator(".typed")).to_have_text("房号–密码–")  # nobody reads what was left
    page.keyboard.type("302#582917#")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".bubble")).to_be_visible()
    assert town.posted("/api/type") == [{"door": "r-b1-u2", "keys": "302#582917#"}]


TYPED_AS_IT_OPENS = """(opener) => new Promise((typed) => {
  new MutationObserver((_, watch) => {
    if (document.querySelector(".pad") === null) return;
    watch.disconnect();
    for (const key of "302") dispatchEvent(new KeyboardEvent("keydown", { key }));
    typed();
  }).observe(document.body, { childList: true, subtree: true });
  opener.click();
})"""


def test_the_first_keys_of_a_quick_hand_are_heard(page: Page, town: Town) -> None:
    key(page, "1幢2单元的键盘").evaluate(TYPED_AS_IT_OPENS)
    expect(page.locator(".typed")).to_have_text("房号302密码–")


# --- why ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("card", "outcome", "reason", "why"),
    [
        ("复制的卡", "refused", "credential_forged", "里面没有密钥"),
        ("旧卡", "refused", "assurance_low", "旧卡只有一个号码"),
        ("旧卡", "opened", "granted", "谁也分不出来"),
        ("改过的码", "refused", "pass_forged", "签名就对不上了"),
    ],
)
def test_the_viewer_is_told_why(
    page: Page, town: Town, card: str, outcome: str, reason: str, why: str
) -> None:
    town.refusals["card"] = (200, town.said("gate-east", outcome, reason))
    tap(page, card, "gate-east")
    hint = page.locator('.hint[data-tone="why"]')
    expect(hint).to_contain_text(why)
    page.locator('.token[data-kind="card"]').first.click()
    expect(hint).to_have_count(0)  # a new thing in the hand, another story


def test_an_ordinary_opening_needs_no_reason(page: Page, town: Town) -> None:
    tap(page, "沈桂芳", "b1-u2")
    expect(page.locator(".bubble")).to_be_visible()
    assert town.posted("/api/tap") == [{"card": "c-p-shen", "reader": "r-b1-u2"}]
    expect(page.locator(".hint")).to_have_attribute("role", "status")
    expect(page.locator('.hint[data-tone="why"]')).to_have_count(0)


# --- paper ------------------------------------------------------------------------------------


def test_what_the_kiosk_printed_can_be_read(page: Page, town: Town) -> None:
    expect(page.locator(".slip-key")).to_have_count(0)
    town.change("kiosk-1-printer", shown={"slips": 2, "text": "金额 ￥106.80"})
    key(page, "看小票").click()
    slip = page.get_by_role("dialog", name="打印出来的小票")
    expect(slip).to_contain_text("第 2 张")
    picture = slip.get_by_role("img", name="金额 ￥106.80")
    expect(picture).to_have_js_property("naturalWidth", 432)
    expect(picture).to_have_attribute("src", "/api/slip?n=2")


# --- plugs ------------------------------------------------------------------------------------


def test_a_plug_is_pulled_and_put_back(page: Page, town: Town) -> None:
    key(page, "拔插头").click()
    expect(page.locator(".thing")).to_have_count(7)
    reader = thing(page, "b1-u2-reader")
    expect(reader).to_contain_text("正常")
    expect(reader).to_contain_text("主机：在线")
    key(reader, "拔掉").click()
    expect(reader).to_contain_text("插头拔掉了")
    expect(key(reader, "拔掉")).to_have_count(0)
    key(reader, "插上").click()
    expect(reader).to_contain_text("正常")
    expected = [{"part": "b1-u2-reader", "verb": verb} for verb in ("unplug", "plug")]
    assert town.posted("/api/hand") == expected
    key(thing(page, "building-1-board"), "撬开外壳").click()
    expect(thing(page, "building-1-board")).to_contain_text("外壳开着")


def test_a_pulled_plug_is_named_where_nothing_happens(page: Page, town: Town) -> None:
    town.refusals["card"] = (409, {"code": "unplugged", "title": "pulled"})
    tap(page, "沈桂芳", "b1-u2")
    expect(page.get_by_role("alert")).to_contain_text("插头拔掉了")


def test_the_drawer_says_what_the_hub_knows(page: Page, town: Town) -> None:
    key(page, "拔插头").click()
    wall = town.town["wall"]
    silent = {"kind": "reader_silent", "words": words("读卡器没有回应", "-", "-")}
    opened_case = {"kind": "tamper", "words": words("外壳被打开", "-", "-")}
    wall["doors"]["b1-u2"] = {"contact": "unknown", "troubles": [opened_case, silent]}
    wall["devices"]["meters"] = {"state": "ready", "states": ["meter_silent"]}
    wall["devices"]["kiosk-1"] = {"state": "lost", "states": ["device_silent"]}
    town.send("wall", wall)
    expect(thing(page, "b1-u2-reader")).to_contain_text("主机：读卡器没有回应")
    expect(thing(page, "b1-u2-reader")).not_to_contain_text("外壳被打开")
    expect(thing(page, "b1-u2-keypad")).to_contain_text("主机：外壳被打开 · 读卡器没有回应")
    expect(thing(page, "building-1-board")).to_contain_text("外壳被打开 · 不知道门关没关")
    expect(thing(page, "kiosk-1-printer")).to_contain_text("主机：连不上")
    expect(thing(page, "meters-line")).not_to_contain_text("主机：在线")
    town.send("kiosk", town.kiosk("quiet") | {"paper": "out"})
    expect(thing(page, "kiosk-1-printer")).to_contain_text("缴费机：打印纸用完了，还是可以缴费")


def test_meters_show_their_register_and_what_was_read(page: Page, town: Town) -> None:
    del town
    key(page, "拔插头").click()
    meters = thing(page, "meters-line").locator(".meter")
    expect(meters.nth(0)).to_contain_text("1206.42 kWh")
    expect(meters.nth(0)).to_contain_text("09:41:07 读到 1206.42")
    expect(meters.nth(1)).to_contain_text("还没有读过")


def test_one_drawer_lies_beside_the_town_at_a_time(page: Page, town: Town) -> None:
    del town
    key(page, "拔插头").click()
    expect(page.locator(".things")).to_be_visible()
    key(page, "看字节").click()
    expect(page.locator(".things")).to_have_count(0)
    expect(page.get_by_role("region", name="线上的字节")).to_be_visible()
    key(page, "拔插头").click()
    expect(page.get_by_role("region", name="线上的字节")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(".drawer")).to_have_count(0)


def test_what_nobody_did_stands_in_the_journal_by_its_reason(page: Page, town: Town) -> None:
    town.send("journal", town.entry(1, "b1-u2", reason="reader_silent", outcome="noted", via=None))
    entry = page.locator(".journal li").first
    expect(entry).to_contain_text("读卡器没有回应")
    expect(entry).not_to_contain_text("记上了")
    town.send("journal", town.entry(2, "b1-u2", via="pin"))
    expect(page.locator(".journal li").first).to_contain_text("门开了 · 密码")
