"""The issuing desk on the console: what lies there, tap and choose, replace, old cards, states."""

from typing import Any

import pytest
from playwright.sync_api import APIResponse, Route, expect

from tests.browser.conftest import DESK, PHONE, Visit
from tests.browser.stub_cards import a_card
from tests.browser.stub_desks import OTP, WEAK, a_desk, laid, lay, lift
from tests.browser.stubs import StubHub

LANGUAGES = ("zh-Hans", "zh-Hant", "en")


@pytest.fixture
def staffed(hub: StubHub) -> StubHub:
    hub.staff["老王"] = "correct horse battery"
    hub.sessions.add("s")
    hub.desks = [a_desk()]
    return hub


def choose(one: Visit, name: str = "沈桂芳") -> None:
    """Search for somebody and ask to give them the card that lies there."""
    one.see("input[name=person]").fill(name)
    one.page.keyboard.press("Enter")
    one.see("[data-laid]").get_by_role("button", name=f"发给 {name}").click()
    one.see("dialog")


def test_a_card_is_laid_down_and_given_after_the_one_time_code(desk: Any, staffed: StubHub) -> None:
    one = desk()
    one.page.get_by_text("把卡放到读卡器上").wait_for()
    assert one.violations() == []
    lay(staffed, laid("blank"))
    shown = one.see("[data-laid=blank]")
    assert "空白卡" in shown.inner_text()
    one.see("input[name=otp]").fill("000000")
    one.page.keyboard.press("Enter")
    one.see("[data-desk] .notice")
    one.see("input[name=otp]").fill(OTP)
    one.page.keyboard.press("Enter")
    choose(one)
    assert one.violations() == []
    one.page.locator("dialog").get_by_role("button", name="发卡").click()
    one.page.get_by_text("已经发给 沈桂芳").wait_for()
    assert [each["kind"] for each in staffed.given] == ["ntag424"]
    assert staffed.given[0]["replaces"] is None
    one.page.get_by_text("真卡，钥匙验过").wait_for()
    assert one.page.locator("input[name=person]").count() == 0  # it is somebody's now
    lift(staffed)
    one.page.get_by_text("把卡放到读卡器上").wait_for()
    assert one.violations() == []


def test_a_new_card_stops_the_old_one_unless_both_are_wanted(desk: Any, staffed: StubHub) -> None:
    staffed.cards += [a_card("c-1", "p-shen", "沈桂芳")]
    staffed.desks = [a_desk(open_until="2026-11-26T12:00:00.000Z")]
    one = desk()
    lay(staffed, laid("ours", state="ready"))
    choose(one)
    assert "同时挂失" in one.see("dialog").inner_text()
    one.page.locator("dialog").get_by_role("button", name="发卡").click()
    one.see("[data-card='c-1'][data-lost]")
    assert staffed.given[0]["replaces"] == "c-1"
    lift(staffed)
    lay(staffed, laid("ours", state="ready"), "b2")
    choose(one)
    one.page.get_by_role("radio", name="旧卡留着，另加一张").check()
    one.page.locator("dialog").get_by_role("button", name="发卡").click()
    one.page.get_by_text("已经发给 沈桂芳").wait_for()
    assert staffed.given[1]["replaces"] is None


def test_a_card_torn_away_is_asked_for_again(desk: Any, staffed: StubHub) -> None:
    staffed.desks = [a_desk(open_until="2026-11-26T12:00:00.000Z")]
    staffed.torn = True
    one = desk()
    lay(staffed, laid("torn"))
    assert "写了一半" in one.see("[data-laid=torn]").inner_text()
    choose(one)
    one.page.locator("dialog").get_by_role("button", name="发卡").click()
    one.page.get_by_text("卡拿开得太早了").wait_for()
    assert staffed.given == []
    choose(one)
    one.page.locator("dialog").get_by_role("button", name="发卡").click()
    one.page.get_by_text("已经发给 沈桂芳").wait_for()


def test_blanks_are_made_ready_ahead(desk: Any, staffed: StubHub) -> None:
    staffed.desks = [a_desk(open_until="2026-11-26T12:00:00.000Z")]
    one = desk()
    lay(staffed, laid("blank"))
    lift(staffed)
    lay(staffed, laid("ours"), "a0")
    one.page.get_by_text("没有记录").wait_for()
    lift(staffed)
    lay(staffed, laid("blank"))
    one.page.get_by_role("button", name="只写好，先不发").click()
    one.page.get_by_text("写好了，可以换下一张").wait_for()
    assert staffed.given == []


def test_a_box_of_blanks_is_made_ready_without_a_button_for_each(
    desk: Any, staffed: StubHub
) -> None:
    staffed.desks = [a_desk(open_until="2026-11-26T12:00:00.000Z")]
    one = desk()
    one.page.get_by_role("radio", name="成批写空白卡").check()
    made = one.page.locator("[data-made]")
    for number in range(1, 4):
        lay(staffed, laid("blank" if number != 2 else "torn"), f"b{number}")
        expect(made).to_contain_text(f"这次写好 {number} 张")
        expect(one.page.locator("[data-laid=ours]")).to_be_visible()
        expect(one.page.locator("input[name=person]")).to_have_count(0)
        lift(staffed)
        expect(one.page.get_by_text("把卡放到读卡器上")).to_be_visible()
    assert one.violations() == []
    lay(staffed, laid("ours", state="ready"), "b9")  # the clerk laid down one that is done
    expect(one.page.get_by_text("写好了，还没有发出去")).to_be_visible()
    expect(made).to_contain_text("这次写好 3 张")
    lift(staffed)
    lay(staffed, laid("blank", state="scrap"), "c1")
    expect(one.page.get_by_text("作废的卡")).to_be_visible()
    expect(made).to_contain_text("这次写好 3 张")
    assert staffed.given == []
    one.page.get_by_role("radio", name="发卡给人").check()
    lift(staffed)
    lay(staffed, laid("blank"), "c2")
    expect(one.page.get_by_role("button", name="只写好，先不发")).to_be_visible()
    expect(made).to_have_count(0)


def test_an_answer_that_was_overtaken_by_a_newer_one_is_not_believed(
    desk: Any, staffed: StubHub
) -> None:
    lay(staffed, laid("blank"))
    one = desk()
    one.see("[data-laid=blank]")
    overtaken: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        if overtaken:
            route.continue_()
        else:
            overtaken.append((route, route.fetch()))

    one.page.route("**/api/v1/desks", hold_the_first)
    staffed.say("desk", {"id": "desk-1"})
    while not overtaken:
        one.page.wait_for_timeout(20)
    lift(staffed)
    expect(one.page.get_by_text("把卡放到读卡器上")).to_be_visible()
    route, answer = overtaken[0]
    with one.page.expect_response("**/api/v1/desks") as arrived:
        route.fulfill(response=answer)
    arrived.value.finished()
    one.page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => setTimeout(drawn)))")
    expect(one.page.get_by_text("把卡放到读卡器上")).to_be_visible()
    expect(one.page.locator("[data-laid]")).to_have_count(0)


def test_a_blank_that_was_torn_away_in_a_batch_is_asked_for_again(
    desk: Any, staffed: StubHub
) -> None:
    staffed.desks = [a_desk(open_until="2026-11-26T12:00:00.000Z")]
    staffed.torn = True
    one = desk()
    one.page.get_by_role("radio", name="成批写空白卡").check()
    lay(staffed, laid("blank"), "d1")
    expect(one.page.get_by_text("卡拿开得太早了")).to_be_visible()
    expect(one.page.locator("[data-made]")).to_contain_text("这次写好 0 张")
    assert one.violations() == []
    lift(staffed)
    lay(staffed, laid("torn"), "d2")
    expect(one.page.locator("[data-made]")).to_contain_text("这次写好 1 张")


def test_an_old_card_is_enrolled_as_the_number_it_is(desk: Any, staffed: StubHub) -> None:
    staffed.desks = [a_desk(open_until="2026-11-26T12:00:00.000Z")]
    one = desk()
    lay(staffed, laid("number"))
    assert "谁都能复制" in one.see("[data-laid=number]").inner_text()
    one.page.get_by_role("radio", name="CPU 卡").check()
    choose(one)
    one.page.locator("dialog").get_by_role("button", name="发卡").click()
    one.page.get_by_text("已经发给 沈桂芳").wait_for()
    assert staffed.given[0]["kind"] == "cpu"


def test_copies_scrap_and_other_peoples_cards_are_named_and_not_given(
    desk: Any, staffed: StubHub
) -> None:
    staffed.desks = [a_desk(open_until="2026-11-26T12:00:00.000Z")]
    one = desk()
    owner = {"person": "p-shen", "person_name": "沈桂芳", "house": "1幢", "card": "c-1"}
    cases = [
        (laid("number", copy_of=True, state="given", kind="ntag424", **owner), "复制卡"),
        (laid("others", state="scrap"), "作废"),
        (laid("others"), "钥匙不是我们的卡"),
        (laid("ours", state="stopped", kind="ntag424", **owner), "已经挂失"),
    ]
    for at, (card, told) in enumerate(cases):
        lay(staffed, card, f"x{at}")
        one.page.locator("[data-laid]").get_by_text(told).wait_for()
        assert one.page.locator("input[name=person]").count() == 0
        assert one.violations() == []
        lift(staffed)
        one.page.get_by_text("把卡放到读卡器上").wait_for()


def test_a_card_that_lies_there_is_stopped_there(desk: Any, staffed: StubHub) -> None:
    staffed.cards += [a_card("c-1", "p-shen", "沈桂芳")]
    one = desk()
    owner = {"person": "p-shen", "person_name": "沈桂芳", "house": "1幢", "card": "c-1"}
    lay(staffed, laid("ours", state="given", kind="ntag424", **owner))
    one.see("[data-laid]").get_by_role("button", name="挂失").click()
    assert one.violations() == []
    one.page.locator("dialog").get_by_role("button", name="挂失").click()
    one.page.locator("[data-laid]").get_by_text("已经挂失").wait_for()
    assert staffed.cards[0]["blocked_at"] is not None


def test_a_reader_that_is_away_and_a_hub_that_fails_are_told(desk: Any, staffed: StubHub) -> None:
    staffed.desks = [a_desk(reader=False, online=False)]
    one = desk()
    one.page.get_by_text("读卡器连不上").wait_for()
    assert one.violations() == []
    staffed.failing |= {"/api/v1/desks", "/api/v1/card-report"}
    one.page.reload()
    agains = one.page.get_by_role("button", name="再试一次")
    agains.first.wait_for()
    staffed.failing.clear()
    staffed.desks = [a_desk()]
    agains.first.click()
    one.page.get_by_text("把卡放到读卡器上").wait_for()


def test_an_officer_sees_the_report_and_no_desk(desk: Any, staffed: StubHub) -> None:
    staffed.role = "officer"
    staffed.weak = WEAK
    one = desk()
    one.see("[data-section=weak-doors] [data-door=hall]")
    assert one.page.locator("[data-section=issuing]").count() == 0
    assert one.page.get_by_role("button", name="下载发卡清单").count() == 0


@pytest.mark.parametrize("view", [DESK, PHONE])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_desk_in_every_language_and_width(
    desk: Any, staffed: StubHub, language: str, view: dict[str, int]
) -> None:
    staffed.weak = WEAK
    staffed.desks = [a_desk(open_until="2026-11-26T12:00:00.000Z")]
    one = desk(language=language, view=view)
    lay(staffed, laid("number"))
    one.see("[data-laid=number]")
    one.see("[data-section=weak-doors] [data-door=hall]")
    assert one.violations() == []
    assert one.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_list_is_handed_over_with_its_signature(desk: Any, staffed: StubHub) -> None:
    one = desk()
    names = []
    one.page.on("download", lambda file: names.append(file.suggested_filename))
    with one.page.expect_download():
        one.page.get_by_role("button", name="下载发卡清单").click()
    while len(names) < 2:
        one.page.wait_for_timeout(20)
    assert sorted(names) == ["linli-handouts.csv", "linli-handouts.csv.sig"]
