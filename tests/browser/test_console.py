"""The staff console: coming in, the live wall, devices, phone codes."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, Opener, Visit
from tests.browser.stubs import StubHub, now, stamp

PASSWORD = "一个很长很长的密码是好密码"
TABLET = {"width": 820, "height": 1180}
LAPTOP = {"width": 1280, "height": 720}
SmallVisit = Callable[..., Visit]


def a_device(name: str, **more: Any) -> dict[str, Any]:
    usual = {
        "id": name, "kind": "door", "state": "ready", "since": stamp(now()), "firmware": "0.1.0",
        "policy_want": "1.14", "policy_have": "1.14", "p50_ms": 31.2, "p95_ms": 78.4,
    }  # fmt: skip
    return {**usual, **more}


def sign_in(one: Visit, otp: str = "000000") -> None:
    one.see("input[name=name]").fill("周敏")
    one.page.fill("input[name=password]", PASSWORD)
    one.page.fill("input[name=otp]", otp)
    one.page.click("button[type=submit]")


@pytest.fixture
def staffed(hub: StubHub) -> StubHub:
    hub.staff["周敏"] = PASSWORD
    hub.devices = [a_device("door-1"), a_device("door-2"), a_device("door-3", state="lost")]
    return hub


@pytest.fixture
def wall(staffed: StubHub, visit: Opener) -> SmallVisit:
    """The console of somebody who is signed in, with its stream open."""

    def start(path: str = "/console/", **options: Any) -> Visit:
        one = visit(path, **{"view": DESK, **options})
        sign_in(one)
        one.see(".bar .status[data-tone=good]")
        return one

    return start


# --- coming in


def test_the_first_administrator(hub: StubHub, visit: Opener) -> None:
    one = visit("/console/", view=DESK)
    one.page.get_by_role("button", name="设立管理员").click()
    one.see("input[name=code]").fill(hub.claim_code)
    one.page.fill("input[name=name]", "周敏")
    one.page.fill("input[name=password]", "太短了")
    one.page.click("button[type=submit]")
    expect(one.see(".notice")).to_contain_text("十二个字符")
    assert one.violations() == []
    one.page.fill("input[name=password]", PASSWORD)
    one.page.click("button[type=submit]")
    one.see(".qr path")
    expect(one.see(".secret code")).to_contain_text("JBSW Y3DP")
    assert one.violations() == []
    one.page.fill("input[name=otp]", "000000")
    one.page.click("button[type=submit]")
    expect(one.see(".bar .state .button")).to_have_text("周敏")


def test_a_wrong_factor_is_explained(staffed: StubHub, visit: Opener) -> None:
    one = visit("/console/", view=DESK)
    sign_in(one, otp="111111")
    expect(one.see(".notice")).to_have_text("姓名、密码或动态码不对。")
    expect(one.see("input[name=name]")).to_have_value("周敏")
    assert one.violations() == []


def test_by_keyboard_alone(staffed: StubHub, visit: Opener) -> None:
    staffed.happen(door="hall")
    one = visit("/console/", view=DESK)
    one.see("input[name=name]").focus()
    keys = one.page.keyboard
    for text in ("周敏", PASSWORD, "000000"):
        keys.insert_text(text)
        keys.press("Tab")
    keys.press("Enter")
    one.see(".tile[data-door=hall]")
    one.page.locator(".event > button").first.focus()
    keys.press("Enter")
    one.see(".detail")
    one.page.locator('nav a[href="#/people"]').focus()
    keys.press("Enter")
    one.see("input[name=query]")


def test_signing_out_ends_it(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall()
    one.page.click(".bar .state .button")
    one.page.get_by_role("button", name="退出登录").click()
    one.see("input[name=otp]")
    assert staffed.sessions == set()
    one.page.reload()
    one.see("input[name=otp]")
    expect(one.page.locator(".notice")).to_have_count(0)


def test_a_session_that_ends_by_itself_is_told(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall()
    # read once at the start and once when the stream stands; after that only the stream can tell
    while staffed.asked.count("GET /api/v1/site") < 2:
        one.page.wait_for_timeout(50)
    one.page.wait_for_timeout(500)
    staffed.sessions.clear()
    staffed.hang_up()
    expect(one.see(".notice")).to_have_text("登录已经结束，请重新登录。")


def test_a_dead_server_can_be_tried_again(staffed: StubHub, visit: Opener) -> None:
    staffed.failing.add("/api/v1/staff/me")
    one = visit("/console/", view=DESK)
    again = one.page.get_by_role("button", name="再试一次")
    again.wait_for()
    assert one.violations() == []
    staffed.failing.clear()
    again.click()
    one.see("input[name=otp]")


# --- the wall


MOODS: list[tuple[dict[str, Any], str, list[str]]] = [
    ({}, "calm", ["已锁", "门关着"]),
    ({"contact": "open", "lock": "unlocked"}, "open", ["未锁", "门开着"]),
    ({"mode": "LockedDown"}, "mind", ["封锁", "已锁", "门关着"]),
    ({"lock": "unknown"}, "mind", ["锁：不知道", "门关着"]),
    ({"online": False, "lock": "locked", "contact": "closed"}, "gone", ["连不上"]),
    ({"online": None, "lock": "unknown", "contact": "unknown"}, "gone", ["还没连过"]),
]


@pytest.mark.parametrize(("view", "mood", "said"), MOODS)
def test_a_tile_says_its_state_in_words_and_shape(
    wall: SmallVisit, staffed: StubHub, view: dict[str, Any], mood: str, said: list[str]
) -> None:
    staffed.door_views["hall"] = view
    one = wall()
    tile = one.see(".tile[data-door=hall]")
    expect(tile).to_have_attribute("data-mood", mood)
    expect(tile.locator(".is")).to_have_text(re.compile(r"\s*".join(said)))


def test_every_mood_has_its_own_border_and_symbol(wall: SmallVisit, staffed: StubHub) -> None:
    shown = {"gate-south": MOODS[0], "b1-u1": MOODS[1], "b1-u2": MOODS[2], "hall": MOODS[4]}
    for door, (view, _, _) in shown.items():
        staffed.door_views[door] = view
    one = wall()
    shapes = set()
    for door in shown:
        tile = one.see(f".tile[data-door={door}]")
        expect(tile).to_have_attribute("data-mood", shown[door][1])
        border = tile.evaluate("(e) => getComputedStyle(e).borderStyle + e.clientLeft")
        symbol = tile.locator(".mark path").get_attribute("d")
        shapes.add((border, symbol))
    assert len({border for border, _ in shapes}) == 4
    assert len({symbol for _, symbol in shapes}) == 4


def test_events_and_states_arrive_live(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall()
    expect(one.page.locator(".event")).to_have_count(0)
    staffed.happen(
        door="hall", outcome="refused", reason="credential_forged", person=None, via="card"
    )
    row = one.see(".event")
    expect(row).to_have_attribute("data-tone", "grave")
    expect(row).to_contain_text("邻里中心")
    expect(row).to_contain_text("没有认出是谁")
    expect(row).to_contain_text("这张卡答不出自己的钥匙")
    expect(row.locator("code")).to_have_count(0)  # its code is for the detail
    expect(one.see(".tile[data-door=hall] .last")).to_contain_text("没有开")
    staffed.happen(kind="mode", door="hall", outcome=None, reason="mode_changed", via=None)
    told = one.page.locator(".event", has_text="门的状态已更改。")
    expect(told).to_be_visible()
    expect(told.locator("code")).to_have_count(0)  # it was said already
    view = next(each for each in staffed.console_doors() if each["id"] == "hall")
    staffed.say("door", {**view, "contact": "open", "lock": "unlocked"})
    one.see(".tile[data-door=hall][data-mood=open]")
    staffed.say("device", a_device("door-3", p50_ms=31.0, p95_ms=62.0))  # its neighbours' too
    times = {"p50_ms": 12.0, "p95_ms": 24.0, "p99_ms": 30.0, "count": 2, "stages": {}}
    staffed.say("door", {**view, "latency": times})
    one.page.get_by_text("开门用时 12 毫秒").first.wait_for()
    expect(one.page.get_by_text("开门用时")).to_have_count(1)


def test_names_come_after_the_event(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall()
    staffed.happen(door="hall", person="p-zheng")
    one.see(".event .who bdi")
    expect(one.see(".event .who bdi")).to_have_text("郑海燕")
    expect(one.see(".tile[data-door=hall] .last bdi")).to_have_text("郑海燕")


def test_a_late_event_says_how_late(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall()
    staffed.happen(at=stamp(now() - timedelta(minutes=22)), recorded_at=stamp(now()), late=True)
    expect(one.see(".event em")).to_have_text("补传，晚了 22 分钟")


def test_an_event_unfolds_its_stages(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall()
    staffed.happen(ms={"read": 41.2, "decide": 0.34, "strike": 12.5})
    one.page.locator(".event > button").click()
    one.see(".stages tr >> nth=2")
    rows = [row.inner_text().split("\t")[:2] for row in one.page.locator(".stages tr").all()]
    assert rows == [["读卡", "41 毫秒"], ["判断", "0.3 毫秒"], ["开锁", "13 毫秒"]]
    expect(one.see(".detail dl")).to_contain_text("granted")
    assert one.violations() == []


def test_older_events_are_a_button_away(wall: SmallVisit, staffed: StubHub) -> None:
    for _ in range(70):
        staffed.happen()
    one = wall()
    one.see(".event >> nth=59")
    expect(one.page.locator(".event")).to_have_count(60)
    one.page.get_by_role("button", name="更早的").click()
    one.see(".event >> nth=69")
    expect(one.page.get_by_role("button", name="更早的")).to_have_count(0)


def test_a_cut_is_shown_and_healed_without_a_gap(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall()
    staffed.failing.add("/api/v1/live")
    staffed.hang_up()
    expect(one.see(".strip")).to_contain_text("正在重新连接")
    assert one.violations() == []
    staffed.happen(door="hall")  # nobody is listening
    staffed.failing.clear()
    one.see(".bar .status[data-tone=good]")
    expect(one.see(".event")).to_contain_text("邻里中心")
    expect(one.page.locator(".strip")).to_have_count(0)


def test_without_a_network_the_picture_is_marked(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall()
    one.context.set_offline(True)
    one.see(".strip")
    one.see("main[data-stale]")
    one.context.set_offline(False)
    one.see("main:not([data-stale])")


def test_a_hub_that_lost_its_broker_says_so(wall: SmallVisit, staffed: StubHub) -> None:
    staffed.broker = False
    one = wall()
    expect(one.see(".strip")).to_contain_text("门自己照常工作")


def test_tabs_share_one_stream(wall: SmallVisit, staffed: StubHub, address: str) -> None:
    one = wall()
    other = one.context.new_page()
    other.goto(f"{address}/console/")
    other.locator(".bar .status[data-tone=good]").wait_for()
    assert staffed.streams() == 1
    staffed.happen(door="hall")
    other.locator(".event").wait_for()
    one.see(".event")
    one.page.close()  # the one that listened
    staffed.happen(door="b1-u1")
    other.locator(".event >> nth=1").wait_for()
    assert staffed.streams() == 1


# --- devices and residents


def test_devices_with_their_policies(wall: SmallVisit, staffed: StubHub) -> None:
    staffed.devices = [
        a_device("door-1"),
        a_device("door-2", state="lost", policy_have="1.13"),
        a_device("kiosk-1", kind="kiosk", policy_want=None, policy_have=None, p50_ms=None),
    ]
    one = wall("/console/#/devices")
    one.see("tbody tr >> nth=2")
    rows = one.page.locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("1.14，最新")
    expect(rows.nth(1)).to_contain_text("失去联系")
    expect(rows.nth(1)).to_contain_text("1.13，等 1.14")
    expect(rows.nth(2)).to_contain_text("自助机")
    assert one.violations() == []


def test_a_phone_code_is_issued_large_and_runs_out(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall("/console/#/people")
    one.see("input[name=query]").fill("沈")
    one.page.keyboard.press("Enter")
    card = one.see("[data-person=p-shen]")
    expect(card).to_contain_text("1幢2单元302")
    one.page.clock.install()
    one.page.get_by_role("button", name="发登记码").click()
    shown = one.see(".dialog .code").inner_text()
    assert staffed.codes[shown.replace(" ", "")] == "p-shen"
    one.see(".qr path")
    assert one.violations() == []
    one.page.clock.run_for(11 * 60 * 1000)
    expect(one.see(".dialog .notice")).to_contain_text("已经过期")
    expect(one.page.locator(".dialog .code")).to_have_count(0)


def test_the_code_on_paper(wall: SmallVisit, staffed: StubHub) -> None:
    one = wall("/console/#/people")
    one.see("input[name=query]").fill("沈")
    one.page.keyboard.press("Enter")
    one.page.get_by_role("button", name="发登记码").click()
    one.see(".qr path")
    one.page.emulate_media(media="print")
    one.see(".paper-only")
    expect(one.page.locator(".dialog .button").first).to_be_hidden()
    expect(one.page.locator(".bar")).to_be_hidden()
    expect(one.page.locator(".dialog .code")).to_be_visible()


def test_a_phone_that_is_paused_goes_on_at_the_desk(wall: SmallVisit, staffed: StubHub) -> None:
    staffed.phones["kid"] = {
        "id": "ph-9", "label": "苹果手机", "enrolled_at": stamp(now()), "person": "p-shen",
        "jwk": {}, "paused": True,
    }  # fmt: skip
    one = wall("/console/#/people")
    one.see("input[name=query]").fill("沈")
    one.page.keyboard.press("Enter")
    one.page.get_by_text("登记用的卡报失了").wait_for()
    assert one.violations() == []
    one.page.get_by_role("button", name="认得，接着用: 苹果手机").click()
    one.page.get_by_text("登记用的卡报失了").wait_for(state="detached")
    assert not staffed.phones["kid"]["paused"]


def test_a_lost_phone_is_stopped(wall: SmallVisit, staffed: StubHub) -> None:
    enrolled_at = stamp(now())
    staffed.phones["kid"] = {
        "id": "ph-9", "label": "苹果手机", "enrolled_at": enrolled_at, "person": "p-shen", "jwk": {},
    }  # fmt: skip
    one = wall("/console/#/people")
    one.see("input[name=query]").fill("沈")
    one.page.keyboard.press("Enter")
    one.page.get_by_role("button", name="停用: 苹果手机").click()
    expect(one.see(".dialog p")).to_contain_text("沈桂芳")
    assert one.violations() == []
    one.page.locator(".dialog .choices button").last.click()
    one.page.get_by_text("没有登记手机").wait_for()
    assert staffed.revoked == {"kid"}


@pytest.mark.parametrize("view", [DESK, LAPTOP, TABLET, {"width": 390, "height": 844}])
@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_every_page_in_every_language_and_width(
    wall: SmallVisit, staffed: StubHub, language: str, view: dict[str, int]
) -> None:
    for door, (mood, _, _) in zip(("gate-south", "b1-u1", "b1-u2", "hall"), MOODS, strict=False):
        staffed.door_views[door] = mood
    staffed.happen(outcome="refused", reason="person_unknown", late=True)
    staffed.happen(kind="sun", door=None, device="point-hall", reason="checked_in")
    one = wall(language=language, view=view)
    assert one.page.get_attribute("html", "lang") == language
    wrong = []
    for section in ("doors", "alerts", "devices", "people", "cards", "desk", "import"):
        one.page.click(f"nav a[href='#/{section}']")
        one.see(f"main[data-section={section}]")
        wrong += [f"{section}: {each}" for each in one.violations()]
        if one.page.evaluate("() => document.scrollingElement.scrollWidth > innerWidth"):
            wrong.append(f"{section} scrolls sideways")
    assert wrong == []
