"""The page of incidents: nothing is confirmed unseen, and what is played is called so."""

from collections.abc import Callable
from typing import Any

import pytest

from devices.reasons import REASONS
from tests.browser.conftest import DESK, PHONE, Opener, Visit
from tests.browser.stub_alerts import an_alert
from tests.browser.stub_incidents import a_picture, a_station, an_incident
from tests.browser.stubs import Json, StubHub, now, stamp
from tests.browser.test_console import PASSWORD, TABLET, sign_in

Board = Callable[..., Visit]
MINE: dict[str, Any] = {"state": "reviewing", "reviewer": "周敏", "mine": True}
OUT: dict[str, Any] = {"reviewer": "周敏", "mine": True, "message": "hit-watch-list-41"}


def every() -> list[Json]:
    silent = {"state": "sent", "trouble": "station_silent", "simulated": False}
    return [
        an_incident("watch_list", 1),
        an_incident("forced", 12, **MINE),
        an_incident("tamper", 30, state="confirmed", trouble="station_missing", station=""),
        an_incident("fire", 47, **(OUT | silent)),
        an_incident("repeated", 200, **(OUT | {"state": "acknowledged"})),
        an_incident("tailgate", 300, **(OUT | {"state": "confirmed", "queued": True})),
    ]


@pytest.fixture
def board(hub: StubHub, visit: Opener) -> Board:
    """The page of somebody who is signed in."""
    hub.staff["周敏"] = PASSWORD
    hub.stations = [a_station()]

    def start(place: str = "", **options: Any) -> Visit:
        one = visit(f"/console/#/incidents{place}", **{"view": DESK, **options})
        sign_in(one)
        one.see("main[data-section=incidents] .board")
        return one

    return start


def button(one: Visit, name: str, within: str = "main") -> Any:
    return one.page.locator(within).get_by_role("button", name=name, exact=True)


def test_nothing_open_and_a_station_that_has_not_accepted(board: Board) -> None:
    one = board()
    assert "没有等人定的事件" in one.see(".blank").inner_text()
    station = one.see(".station").inner_text()
    assert "ps-riverside" in station
    assert "模拟" in station
    assert one.page.locator(".badge").count() == 0
    assert one.violations() == []


def test_a_site_without_a_station_is_told_to_telephone(board: Board, hub: StubHub) -> None:
    hub.stations = []
    assert "请打电话" in board().see(".stations").inner_text()


def test_both_pictures_stand_side_by_side_and_are_seen_before_it_is_confirmed(
    board: Board, hub: StubHub
) -> None:
    hub.incidents = [an_incident()]
    hub.pictures_failing = {1}
    one = board()
    assert one.see(".badge").get_attribute("aria-label") == "1 件等人定"
    one.see(".incident a").click()
    button(one, "我来核对").click()
    one.see(".pictures img[alt^=现场的图片]")
    yes = button(one, "属实，上报")
    yes.wait_for()
    one.page.get_by_text("图片没有读出来").wait_for()
    assert yes.is_disabled()  # the other picture is not on the screen
    assert one.violations() == []
    hub.pictures_failing = set()
    button(one, "再读一次").click()
    one.see(".pictures img[alt^=名单上的图片]")
    boxes = [figure.bounding_box() for figure in one.page.locator(".pictures figure").all()]
    (left, right) = [box for box in boxes if box]
    assert left["y"] == right["y"]
    assert left["width"] == right["width"]
    one.see("main .choices button:not([disabled]):has-text('属实')").click()
    dialog = one.see("dialog").inner_text()
    assert "ps-riverside" in dialog
    assert "没有人会来" in dialog
    assert one.violations() == []
    assert hub.incidents[0]["state"] == "reviewing"  # nothing leaves before this
    button(one, "上报", "dialog").click()
    one.see(".standing .status:has-text('已确认')")
    assert hub.seen == [f"{n:064x}" for n in (0, 1)]


def test_a_false_alarm_wants_a_sentence_and_takes_the_pictures(board: Board, hub: StubHub) -> None:
    hub.incidents = [an_incident(**MINE)]
    one = board("/hit-watch-list")
    button(one, "误报").click()
    yes = button(one, "写好，结束", "dialog")
    yes.wait_for()
    assert yes.is_disabled()
    assert "图片马上删除" in one.see("dialog").inner_text()
    one.page.fill("dialog input[name=note]", "表弟来送东西")
    assert one.violations() == []
    yes.click()
    one.see(".standing .status:has-text('误报')")
    assert one.page.locator(".blank-picture").count() == 2
    assert hub.incidents[0]["note"] == "表弟来送东西"
    assert button(one, "属实，上报").count() == 0
    one.page.click("a.back")
    one.see(".blank")
    one.page.get_by_role("radio", name="已结束").check()
    one.see(".incident[data-state=false_alarm]")
    assert one.violations() == []


def test_somebody_elses_review_can_only_be_taken_over(board: Board, hub: StubHub) -> None:
    hub.incidents = [an_incident(state="reviewing", reviewer="陈静")]
    one = board("/hit-watch-list")
    assert "陈静 在核对" in one.see(".standing").inner_text()
    assert button(one, "属实，上报").count() == 0
    assert button(one, "误报").count() == 0
    button(one, "换我来核对").click()
    button(one, "属实，上报").wait_for()
    assert hub.incidents[0]["reviewer"] == "周敏"


def test_another_was_faster(board: Board, hub: StubHub) -> None:
    hub.incidents = [an_incident("forced")]
    one = board("/hit-forced")
    take = button(one, "我来核对")
    take.wait_for()
    hub.incidents[0] |= {"state": "false_alarm", "closed_at": stamp(now())}
    take.click()
    assert "现在不能这样处理" in one.see(".notice").inner_text()
    one.see(".standing .status:has-text('误报')")


@pytest.mark.parametrize("trouble", sorted(code for code in REASONS if code.startswith("station_")))
def test_each_trouble_says_what_to_do(board: Board, hub: StubHub, trouble: str) -> None:
    hub.incidents = [an_incident("forced", **(OUT | {"state": "confirmed", "trouble": trouble}))]
    one = board("/hit-forced")
    notice = one.see(".notice[data-tone=mind]").inner_text()
    assert REASONS[trouble].words.zh_hans in notice
    assert len(notice) > len(REASONS[trouble].words.zh_hans) + 4  # and the cure
    button(one, "再发一次").click()
    one.page.get_by_text("等着送出").wait_for()
    assert one.page.locator(".notice[data-tone=mind]").count() == 0


def test_what_was_sent_tells_its_number_and_is_ended_with_a_sentence(
    board: Board, hub: StubHub
) -> None:
    hub.incidents = [an_incident(**(OUT | {"state": "acknowledged"}))]
    one = board("/hit-watch-list")
    facts = one.see(".facts").inner_text()
    assert "hit-watch-list-41" in facts
    assert "ab" * 32 in facts
    lines = [line.inner_text() for line in one.page.locator(".story li").all()]
    assert "消息 41 · 模拟" in lines[-1]
    button(one, "处理完了").click()
    one.page.fill("dialog input[name=note]", "民警来过")
    button(one, "写好，结束", "dialog").click()
    one.see(".standing .status:has-text('处理完了')")
    assert hub.incidents[0]["note"] == "民警来过"


def test_the_evidence_is_taken_along_as_a_file(board: Board, hub: StubHub) -> None:
    hub.incidents = [an_incident(**(OUT | {"state": "sent"}))]
    one = board("/hit-watch-list")
    with one.page.expect_download() as waiting:
        button(one, "导出证据").click()
    assert waiting.value.suggested_filename == "hit-watch-list.zip"
    one.see(".notice[data-tone=good]")


def test_by_hand(board: Board, hub: StubHub) -> None:
    one = board()
    button(one, "填一件").click()
    one.page.select_option("dialog select[name=kind]", "tailgate")
    one.page.select_option("dialog select[name=door]", "b1-u2")
    one.page.fill("dialog input[name=note]", "穿红衣")
    assert one.violations() == []
    button(one, "填好", "dialog").click()
    button(one, "我来核对").wait_for()
    (made,) = hub.incidents
    assert (made["kind"], made["door"], made["entered_note"]) == ("tailgate", "b1-u2", "穿红衣")


@pytest.mark.parametrize("kind", ["forced", "duress"])
def test_an_alert_is_made_an_incident(hub: StubHub, visit: Opener, kind: str) -> None:
    hub.staff["周敏"] = PASSWORD
    hub.alerts = [an_alert(kind, restricted=kind == "duress"), an_alert("held")]
    one = visit("/console/#/alerts", view=DESK)
    sign_in(one)
    one.see(".alert >> nth=1")
    made = one.page.get_by_role("button", name="转为事件")
    made.wait_for()
    assert made.count() == 1
    made.click()
    said = one.see("dialog").inner_text()
    assert ("马上送到接警台" in said) == (kind == "duress")
    assert one.violations() == []
    button(one, "转为事件", "dialog").click()
    one.see("main[data-section=incidents] .standing")
    assert [each["source"] for each in hub.incidents] == ["alert"]


def test_a_station_is_accepted_on_a_basis(board: Board, hub: StubHub) -> None:
    one = board()
    one.page.get_by_role("button", name="登记接受: ps-riverside").click()
    yes = button(one, "登记", "dialog")
    yes.wait_for()
    assert yes.is_disabled()
    assert "真的报警" in one.see("dialog").inner_text()
    one.page.fill("dialog input[name=basis]", "公函 2026-31")
    assert one.violations() == []
    yes.click()
    one.page.get_by_text("公函 2026-31").wait_for()
    assert one.page.locator(".station .played").count() == 0
    one.page.get_by_role("button", name="取消接受: ps-riverside").click()
    one.see(".station .played")


def test_who_may_not_accept_or_export_is_not_offered_it(board: Board, hub: StubHub) -> None:
    hub.role = "property_staff"
    hub.incidents = [an_incident("forced", **(OUT | {"state": "acknowledged"}))]
    one = board()
    one.see(".station")
    assert one.page.get_by_role("button", name="登记接受: ps-riverside").count() == 0
    one.see(".incident a").click()
    button(one, "处理完了").wait_for()
    assert button(one, "导出证据").count() == 0


def test_who_may_not_know_is_told_so(board: Board, hub: StubHub) -> None:
    hub.role = "officer"
    one = board()
    assert "只给核对事件的人看" in one.see(".notice").inner_text()
    assert one.violations() == []


def test_an_incident_arrives_by_itself(board: Board, hub: StubHub) -> None:
    one = board()
    one.see(".bar .status[data-tone=good]")
    hub.incidents = [an_incident("forced")]
    hub.say("incident", {"id": "hit-forced", "state": "detected"})
    assert "门被强行打开" in one.see(".incident").inner_text()


def test_a_hub_that_fails_can_be_asked_again_and_what_was_seen_stays(
    board: Board, hub: StubHub
) -> None:
    hub.failing.add("/api/v1/incidents")
    one = board()
    again = one.page.get_by_role("button", name="再试一次")
    again.wait_for()
    assert one.violations() == []
    hub.failing.clear()
    hub.incidents = [an_incident("forced")]
    again.click()
    one.see(".incident")
    one.see(".bar .status[data-tone=good]")
    hub.failing |= {"/api/v1/incidents", "/api/v1/live", "/api/v1/console", "/api/v1/events"}
    hub.hang_up()
    one.see("main[data-stale]")
    assert one.page.locator(".incident").count() == 1


def test_an_incident_that_is_not_there(board: Board) -> None:
    one = board("/hit-none")
    one.see("main .blank[role=alert]")
    assert one.violations() == []


@pytest.mark.parametrize("view", [DESK, TABLET, PHONE])
@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_every_language_and_width(
    board: Board, hub: StubHub, language: str, view: dict[str, int]
) -> None:
    hub.incidents = [*every(), an_incident(id="hit-mine", **(MINE | {"mine": True}))]
    hub.stations = [a_station(failing_since=stamp(now()), trouble="station_tls")]
    one = board(language=language, view=view)
    one.see(".incident >> nth=6")
    assert one.violations() == []
    assert not one.page.evaluate("() => document.scrollingElement.scrollWidth > innerWidth")
    one.page.evaluate("() => { location.hash = '#/incidents/hit-mine'; }")
    one.see(".pictures figure >> nth=1")
    one.see("main .choices button:not([disabled])[data-look=main]")
    assert one.violations() == []
    assert not one.page.evaluate("() => document.scrollingElement.scrollWidth > innerWidth")


def test_pictures_that_are_gone_say_so(board: Board, hub: StubHub) -> None:
    gone = [a_picture(0, "scene", gone=True), a_picture(1, "listed", gone=True)]
    hub.incidents = [an_incident(pictures=gone, **MINE)]
    one = board("/hit-watch-list")
    one.see(".blank-picture >> nth=1")
    yes = button(one, "属实，上报")
    yes.wait_for()
    assert yes.is_disabled()
