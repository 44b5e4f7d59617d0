"""The real town in a browser: the story told from its first leaf to its last, and free play."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from devices.reasons import REASONS
from tests.browser.kiosk_stub import ROOT, Sight, built, sight
from tests.integration.demo_town import DemoProcess, demo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.timeout(600)

DESK, PHONE = (1440, 900), (390, 844)
STEP_WAIT_MS = 90_000  # doors come back to a joined network with growing pauses
ACT_WAIT_MS = 30_000
DESK_WAIT_MS = 60_000  # a six-digit code counts once: the desk may have to wait for the next
BACK_TO_MORNING = 180_000


@pytest.fixture(scope="module")
def process(chromium_path: Path) -> Iterator[DemoProcess]:
    """One town, with the page as its sources say."""
    built(ROOT / "simulators/panel/web", ROOT / "simulators/static/panel")
    with demo() as running:
        yield running
        assert running.interrupt() == 0, running.told


@pytest.fixture
def desk(browser: Browser, process: DemoProcess) -> Iterator[Sight]:
    with sight(browser, DESK, reduced_motion="reduce", locale="zh-CN") as seen:
        seen.page.goto(process.url())
        expect(key(seen.page, "看三分钟的故事")).to_be_enabled(timeout=BACK_TO_MORNING)
        yield seen
        assert seen.complaints == []


def key(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name)


def plate(page: Page, place: str) -> Any:
    return page.locator(f'[data-reader="{place}"]')


def result(page: Page, words: str) -> None:
    """A sentence with what was measured."""
    expect(page.locator(".results")).to_contain_text(re.compile(words), timeout=STEP_WAIT_MS)


def test_the_page_shows_the_town_wake_up(browser: Browser, process: DemoProcess) -> None:
    """Asked for from the first moment, it is usable without being asked for again."""
    with sight(browser, PHONE, reduced_motion="reduce", locale="en-GB") as seen:
        seen.page.goto(process.url())
        watch = key(seen.page, "Watch the story")
        expect(watch).to_be_enabled(timeout=BACK_TO_MORNING)
        assert seen.complaints == []


@pytest.mark.whole  # test_the_story_is_told_by_facts, and the page with a stand-in
def test_the_story_is_told_to_its_end(desk: Sight) -> None:
    page = desk.page
    expect(key(page, "看三分钟的故事")).to_be_enabled(timeout=BACK_TO_MORNING)
    key(page, "看三分钟的故事").click()
    expect(plate(page, "b1-u2")).to_have_attribute("data-open", "true", timeout=STEP_WAIT_MS)
    result(page, r"从碰到卡到锁动，\d+ 毫秒。")
    expect(page.locator(".journal li").first).to_contain_text("沈桂芳")

    key(page, "下一步").click()
    expect(page.locator(".wire-switch")).to_have_attribute("data-cut", "true", timeout=STEP_WAIT_MS)
    result(page, r"没有网络，\d+ 毫秒开门。")
    result(page, "接上以后，记录本里多了 1 条。")
    expect(page.locator(".wire-switch")).to_have_attribute("data-cut", "false")
    expect(page.locator(".journal li").first).to_contain_text("断网时发生，后来补记")

    key(page, "下一步").click()
    result(page, r"摇一摇到锁动，\d+ 毫秒。")
    said = page.locator(".bubble").filter(has_text="这次请求已经用过了")
    expect(said).to_be_visible(timeout=STEP_WAIT_MS)
    expect(plate(page, "gate-west")).to_have_attribute("data-open", "false")

    key(page, "下一步").click()
    expect(page.get_by_text("¥106.80")).to_be_visible()
    result(page, "通知 3 次，收据 1 张。")
    key(page, "下一步").click()
    result(page, r"6 扇门里，6 扇已经不认它了，最慢的用了 \d+\.\d\d 秒。")
    result(page, "捡到卡的人，没有打开东门。")
    expect(plate(page, "gate-east")).to_have_attribute("data-open", "false")
    key(page, "下一步").click()
    expect(page.get_by_text("故事讲完了")).to_be_visible()


def test_a_stranger_s_card_hears_the_resident_s_words(desk: Sight) -> None:
    page = desk.page
    page.locator('.token[data-kind="card"]').filter(has_text="陌生的卡").click()
    plate(page, "gate-east").click()
    words = REASONS["credential_unknown"].words.zh_hans.replace(",", "，")
    expect(page.locator(".bubble")).to_have_text(words, timeout=ACT_WAIT_MS)
    expect(plate(page, "gate-east")).to_have_attribute("data-open", "false")


def test_a_guest_s_pass_opens_once(desk: Sight) -> None:
    page = desk.page
    key(page, "再请一位客人").click()
    guest = page.locator('.token[data-kind="card"]').filter(has_text="访客码")
    expect(key(page, "再请一位客人")).to_be_enabled(timeout=ACT_WAIT_MS)
    guest.click()
    plate(page, "b1-u2").click()
    expect(plate(page, "b1-u2")).to_have_attribute("data-open", "true", timeout=ACT_WAIT_MS)
    expect(page.locator(".journal li").first).to_contain_text("访客码", timeout=ACT_WAIT_MS)
    expect(key(page, "再请一位客人")).to_be_enabled(timeout=ACT_WAIT_MS)
    guest.click()
    plate(page, "b1-u2").click()
    words = REASONS["pass_used"].words.zh_hans
    expect(page.locator(".bubble").filter(has_text=words)).to_be_visible(timeout=ACT_WAIT_MS)
    page.locator('.token[data-kind="card"]').filter(has_text="改过的码").click()
    plate(page, "gate-east").click()
    words = REASONS["pass_forged"].words.zh_hans
    expect(page.locator(".bubble").filter(has_text=words)).to_be_visible(timeout=ACT_WAIT_MS)
    expect(plate(page, "gate-east")).to_have_attribute("data-open", "false")


def test_a_bell_rings_a_phone_or_the_desk_and_whoever_answers_opens(desk: Sight) -> None:
    page = desk.page
    key(page, "按1幢2单元的门铃").click()
    ringing = page.locator(".calling")
    expect(ringing).to_contain_text("沈桂芳的手机响了", timeout=ACT_WAIT_MS)
    expect(plate(page, "b1-u2")).to_have_attribute("data-open", "false")
    key(page, "应门，开门").click()
    expect(plate(page, "b1-u2")).to_have_attribute("data-open", "true", timeout=ACT_WAIT_MS)
    expect(ringing).to_contain_text("请进")
    key(page, "按东门的门铃").click()
    expect(ringing).to_contain_text("值班台响了", timeout=ACT_WAIT_MS)
    key(page, "应门，开门").click()
    expect(plate(page, "gate-east")).to_have_attribute("data-open", "true", timeout=DESK_WAIT_MS)
    expect(page.locator(".journal li").first).to_contain_text("值班台", timeout=ACT_WAIT_MS)


def test_the_bytes_beside_the_picture_are_the_wires_own(desk: Sight) -> None:
    page = desk.page
    key(page, "看字节").click()
    page.locator('.token[data-kind="card"]').filter(has_text="沈桂芳").click()
    plate(page, "b1-u1").click()
    expect(plate(page, "b1-u1")).to_have_attribute("data-open", "true", timeout=ACT_WAIT_MS)
    expect(page.locator(".lines")).to_contain_text("Modbus RTU 05 Write Single Coil, flash on")
    expect(page.locator(".lines")).to_contain_text("01 05 02 00 00 1e")


@pytest.mark.whole  # test_a_reset_brings_the_morning_back, and the page with a stand-in
def test_back_to_morning_wakes_a_fresh_town(desk: Sight) -> None:
    page = desk.page
    page.locator('.token[data-kind="card"]').filter(has_text="胡文静").click()
    plate(page, "b1-u1").click()  # something that the morning does not know
    expect(page.locator(".journal li").first).to_be_visible(timeout=ACT_WAIT_MS)
    key(page, "回到早上").click()
    expect(page.locator(".journal li")).to_have_count(0, timeout=ACT_WAIT_MS)
    expect(key(page, "看三分钟的故事")).to_be_enabled(timeout=BACK_TO_MORNING)
    page.locator('.token[data-kind="card"]').filter(has_text="沈桂芳").click()
    plate(page, "b1-u2").click()
    expect(plate(page, "b1-u2")).to_have_attribute("data-open", "true", timeout=ACT_WAIT_MS)
