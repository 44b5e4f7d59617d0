"""Beside bills at the kiosk: a lost card, a visitor, a bell; by whoever has no phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from kiosk.paper import PASS_ON_GLASS
from tests.browser.kiosk_stub import LANGUAGES, Sight, sight
from tests.browser.stub_errands import CODE, GARDEN, ErrandAgent
from tests.browser.test_kiosk import PORTRAIT, heading, key, left_behind, text, type_in
from tests.browser.test_kiosk_looks import SHAPES, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

PRINT = re.compile("^(打印出来|再打一张|列印出來|再印一張|Print)")
LOST, GUEST = re.compile("^卡丢了"), re.compile("^请人进门")


@pytest.fixture
def agent() -> Iterator[ErrandAgent]:
    agent = ErrandAgent()
    agent.state["idle_s"] = 600  # a busy machine is slower than a visitor's patience
    yield agent
    agent.close()


@pytest.fixture
def kiosk(browser: Browser, agent: ErrandAgent) -> Iterator[Sight]:
    with sight(browser, PORTRAIT, reduced_motion="reduce") as seen:
        agent.show(seen.page)
        expect(heading(seen.page, "刷卡，查账单")).to_be_visible()
        yield seen
        assert [each for each in seen.complaints if "Failed to load resource" not in each] == []


def leave(page: Page, button: Locator) -> None:
    """End the visit, at the agent too: the glass is wiped first, and the next ends with it."""
    with page.expect_response("**/local/end"):
        button.click()


def test_a_lost_card_is_stopped_without_it_and_every_door_is_named(
    kiosk: Sight, agent: ErrandAgent
) -> None:
    page = kiosk.page
    key(page, "卡丢了？马上停用").click()
    for part in ("1", "2", "302"):
        type_in(page, part)
        key(page, "下一步").click()
    type_in(page, "0302")
    expect(key(page, "查账单")).to_have_count(0)  # who lost a card is not after bills
    key(page, "下一步").click()
    expect(heading(page, "哪张卡丢了？")).to_be_visible()
    expect(page.locator(".lost-card").first).to_contain_text("3月2日 发的")  # the site's day
    page.locator(".lost-card", has_text="沈**").get_by_role("button").click()
    expect(heading(page, "停用沈**的卡？")).to_be_visible()
    assert agent.posted("/local/block") == []
    key(page, "先不停用").click()
    page.locator(".lost-card", has_text="沈**").get_by_role("button").click()
    expect(page.get_by_role("button", pressed=True)).to_have_text(["简体", "不记得了"])
    key(page, "昨天").click()
    key(page, "停用这张卡").click()
    expect(text(page, "正在告诉每扇门")).to_be_visible()
    agent.doors_say(5, GARDEN)
    expect(text(page, "6 扇门里，5 扇已经确认开不了")).to_be_visible()
    expect(text(page, "还没确认：花园门")).to_be_visible()
    agent.doors_say(6)
    expect(text(page, "6 扇门都确认了，这张卡开不了门了。")).to_be_visible()
    expect(page.locator(".lost-card", has_text="郑**").get_by_role("button")).to_be_enabled()
    assert agent.posted("/local/block") == [{"card": "c-1", "had": "yesterday"}]
    key(page, "退出").click()
    expect(heading(page, "刷卡，查账单")).to_be_visible()
    assert left_behind(page) == []


def test_who_looked_for_a_lost_card_and_left_is_not_met_by_the_next(
    kiosk: Sight, agent: ErrandAgent
) -> None:
    page = kiosk.page
    key(page, "卡丢了？马上停用").click()
    expect(heading(page, "您家的门牌号")).to_be_visible()
    leave(page, key(page, "退出"))
    expect(heading(page, "刷卡，查账单")).to_be_visible()
    agent.tell("session", agent.session())
    expect(heading(page, "您的账单")).to_be_visible()


def test_a_courier_gets_nine_digits_and_a_guest_a_picture(kiosk: Sight, agent: ErrandAgent) -> None:
    page = kiosk.page
    agent.tell("session", agent.session())
    key(page, "办别的事").click()
    key(page, GUEST).click()
    key(page, re.compile("送货的人")).click()
    key(page, "十二小时内").click()
    key(page, "北门").click()
    key(page, "做好这个码").click()
    expect(heading(page, "告诉他这九个数字")).to_be_visible()
    expect(page.locator(".six")).to_have_text(CODE)
    expect(text(page, "门正在收这个码，一两分钟后才能用。")).to_be_visible()
    wish = {"label": "访客", "doors": ["d-1"], "hours": 12, "typed": True}
    assert agent.posted("/local/invite") == [wish]
    key(page, "回到账单").click()
    key(page, "办别的事").click()
    key(page, GUEST).click()
    key(page, re.compile("客人")).click()
    key(page, "做好这个码").click()
    expect(page.get_by_role("img", name="访客码")).to_be_visible()
    assert agent.posted("/local/invite")[-1]["doors"] == ["d-2", "d-1", "d-3"]
    key(page, "退出").click()
    expect(heading(page, "刷卡，查账单")).to_be_visible()
    assert CODE not in page.content()


def to_a_made_pass(page: Page) -> None:
    key(page, "办别的事").click()
    key(page, GUEST).click()
    key(page, re.compile("客人")).click()
    key(page, "做好这个码").click()
    expect(page.get_by_role("img", name="访客码")).to_be_visible()


def test_a_pass_is_printed_only_for_who_wants_it_on_paper(kiosk: Sight, agent: ErrandAgent) -> None:
    page = kiosk.page
    agent.tell("session", agent.session())
    to_a_made_pass(page)
    assert agent.posted("/local/print-pass") == []
    key(page, "打印出来").click()
    expect(page.get_by_role("status").filter(has_text="请取走下面的小票")).to_be_visible()
    expect(key(page, "再打一张")).to_be_enabled()
    assert agent.posted("/local/print-pass") == [{"language": "zh-Hans"}]
    agent.prints = (200, {"printed": False})
    key(page, "再打一张").click()
    expect(page.get_by_role("alert")).to_contain_text("请拍下屏幕")
    agent.tell("paper", "stuck")
    expect(key(page, "打印出来")).to_be_disabled()
    expect(page.get_by_role("img", name="访客码")).to_be_visible()


def test_a_kiosk_without_a_printer_offers_no_paper(kiosk: Sight, agent: ErrandAgent) -> None:
    page = kiosk.page
    agent.tell("paper", "none")
    agent.tell("session", agent.session())
    to_a_made_pass(page)
    expect(key(page, "打印出来")).to_have_count(0)


def test_a_printer_that_refuses_says_what_to_do(kiosk: Sight, agent: ErrandAgent) -> None:
    page = kiosk.page
    agent.prints = (409, {"code": "paper_out", "say": PASS_ON_GLASS.as_dict()})
    agent.tell("session", agent.session())
    to_a_made_pass(page)
    key(page, "打印出来").click()
    expect(page.get_by_role("alert")).to_contain_text("请拍下屏幕，或把号码记下来。")
    expect(page.get_by_text("正在打印")).to_have_count(0)


def test_where_no_code_is_typed_none_is_offered(kiosk: Sight, agent: ErrandAgent) -> None:
    agent.code_doors = []
    page = kiosk.page
    agent.tell("session", agent.session())
    key(page, "办别的事").click()
    key(page, GUEST).click()
    expect(heading(page, "客人")).to_be_visible()
    expect(key(page, "做好这个码")).to_be_enabled()


def test_without_a_card_nobody_is_let_in(kiosk: Sight, agent: ErrandAgent) -> None:
    page = kiosk.page
    agent.tell("session", agent.session(by="house"))
    key(page, "办别的事").click()
    expect(key(page, GUEST)).to_be_disabled()
    expect(key(page, LOST)).to_be_enabled()
    agent.tell("call", agent.call())
    agent.tell("paper", "low")  # what came before it is on the glass when this is
    expect(text(page, "打印纸快用完了。")).to_be_visible()
    expect(heading(page, "您要办什么？")).to_be_visible()


def test_a_bell_is_answered_by_the_card_of_the_flat(kiosk: Sight, agent: ErrandAgent) -> None:
    page = kiosk.page
    agent.tell("call", agent.call())
    expect(heading(page, "1-2-302 有人按门铃")).to_be_visible()
    expect(text(page, "您家的？刷卡，就能开门。")).to_be_visible()
    agent.tell("session", agent.session())
    key(page, "开门").click()
    expect(heading(page, "门开了")).to_be_visible()
    assert agent.posted("/local/answer") == [{"call": "call-1", "open": True}]
    key(page, "好了，退出").click()
    expect(heading(page, "刷卡，查账单")).to_be_visible()


def test_not_now_opens_nothing_and_says_so(kiosk: Sight, agent: ErrandAgent) -> None:
    page = kiosk.page
    agent.tell("session", agent.session())
    agent.tell("call", agent.call())
    key(page, "先不开").click()
    expect(heading(page, "没有开门")).to_be_visible()
    assert agent.posted("/local/answer") == [{"call": "call-1", "open": False}]


def test_a_door_that_does_not_answer_is_told_in_words(kiosk: Sight, agent: ErrandAgent) -> None:
    agent.opens = 503, {"code": "door_offline", "title": "away"}
    page = kiosk.page
    agent.tell("session", agent.session())
    agent.tell("call", agent.call())
    key(page, "开门").click()
    expect(page.get_by_role("alert")).to_contain_text("这扇门现在连不上")
    expect(heading(page, "门开了")).to_have_count(0)


def test_another_flats_bell_disturbs_nobody(kiosk: Sight, agent: ErrandAgent) -> None:
    page = kiosk.page
    agent.tell("session", agent.session())
    agent.tell("call", agent.call("9-9-999"))
    agent.tell("paper", "low")  # what came before it is on the glass when this is
    expect(text(page, "打印纸快用完了。")).to_be_visible()
    expect(heading(page, "您的账单")).to_be_visible()
    assert "9-9-999" not in page.content()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen(browser: Browser, agent: ErrandAgent, language: str, shape: str) -> None:
    agent.state |= {"language": language, "idle_s": 600}
    wrong: list[str] = []
    with sight(browser, SHAPES[shape], reduced_motion="reduce") as seen:
        page = seen.page
        agent.show(page)
        expect(page.locator(".card-place")).to_be_visible()

        def shown(name: str, press: str = "") -> None:
            if press:
                page.locator(press).click()
            expect(page.locator(f'[data-screen="{name}"]')).to_be_visible()
            check(seen, name, wrong)

        agent.tell("call", agent.call())
        expect(page.locator(".rings")).to_be_visible()
        check(seen, "rings", wrong)
        agent.tell("session", agent.session())  # an elder's: in large text
        shown("ring")
        shown("rung", ".answers .button >> nth=0")
        leave(page, page.locator(".keys .button").last)
        expect(page.locator(".card-place")).to_be_visible()
        agent.tell("session", agent.session())
        expect(page.locator('[data-screen="bills"]')).to_be_visible()
        shown("services", ".keys .button >> nth=-1")
        page.locator(".tile").first.click()
        expect(page.locator(".lost-card")).to_have_count(2)
        shown("lost")
        shown("lost-ask", ".lost-card .button >> nth=0")
        page.locator(".keys .button").last.click()
        expect(page.locator(".stopped")).to_be_visible()
        check(seen, "stopped", wrong)
        page.locator(".keys .button").last.click()
        shown("services", ".keys .button >> nth=-1")
        page.locator(".tile").nth(1).click()
        expect(page.locator('[data-screen="guest"] .tile')).to_have_count(2)
        shown("guest")
        shown("guest-when", ".tile >> nth=1")
        shown("made", ".keys .button >> nth=-1")
        key(page, PRINT).click()
        expect(page.locator(".take")).to_be_visible()
        shown("made")
        agent.prints = (200, {"printed": False})
        key(page, PRINT).click()
        expect(page.get_by_role("alert")).to_be_visible()
        shown("made")
        assert [each for each in seen.complaints if "404" not in each] == []
    assert wrong == []
