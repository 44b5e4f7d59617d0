"""Opening a door with the phone: one gesture, one opening, plain words."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.conftest import Opener, Visit
from tests.browser.stubs import StubHub

Enrolled = Callable[..., Visit]

OPENINGS = "**/api/v1/openings"


def told(one: Visit) -> Locator:
    return one.see(".told h1")


def back(one: Visit) -> None:
    one.page.get_by_role("button", name="好", exact=True).click()
    one.see(".gate")
    one.page.wait_for_timeout(1_600)  # a tap before this counts as the same gesture


def test_the_button_opens(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    one.page.click(".gate")
    expect(told(one)).to_have_text("门开了，请进")
    assert hub.moved == ["gate-south"]
    assert one.violations() == []


def test_a_shake_opens_once(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled(sensors=True)
    expect(one.see(".shake-line")).to_contain_text("摇一摇")
    one.wave(20.0)
    expect(told(one)).to_have_text("门开了，请进")
    assert hub.moved == ["gate-south"]


def test_walking_does_not_open(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled(sensors=True)
    one.wave(6.0)
    one.page.click(".gate")
    told(one)
    assert hub.moved == ["gate-south"]  # the button's alone


NO_PLAIN_ACCELERATION = """
const real = Object.getOwnPropertyDescriptor(DeviceMotionEvent.prototype, "acceleration");
Object.defineProperty(DeviceMotionEvent.prototype, "acceleration", { ...real, get: () => null });
"""


def test_a_phone_without_linear_acceleration_can_be_shaken(
    hub: StubHub, enrolled: Enrolled
) -> None:
    one = enrolled(sensors=True, before=NO_PLAIN_ACCELERATION)
    one.wave(30.0)
    expect(told(one)).to_have_text("门开了，请进")
    assert hub.moved == ["gate-south"]


IOS_ASKS = """
let touched = false;
addEventListener("click", () => { touched = true; }, true);
DeviceMotionEvent.requestPermission = () =>
  touched ? Promise.resolve("granted") : Promise.reject(new DOMException("", "NotAllowedError"));
"""


def test_shaking_is_allowed_by_one_large_button(enrolled: Enrolled, visit: Opener) -> None:
    one = enrolled(before=IOS_ASKS)
    allow = one.page.get_by_role("button", name="允许摇一摇")
    allow.wait_for()
    assert one.violations() == []
    allow.click()
    allow.wait_for(state="detached")


@pytest.mark.parametrize(
    ("reason", "said", "next_step"),
    [
        ("person_unknown", "这部手机现在开不了这扇门", "请按呼叫键，我们来帮您。"),
        ("schedule_closed", "现在不在开放时间", "请按呼叫键，我们来帮您。"),
        ("door_offline", "这扇门现在连不上", "请用卡开门。"),
    ],
)
def test_a_refusal_says_why(
    hub: StubHub, enrolled: Enrolled, reason: str, said: str, next_step: str
) -> None:
    one = enrolled()
    hub.verdicts.append(reason)
    one.page.click(".gate")
    expect(told(one)).to_have_text(said)
    expect(one.see(".told .lead")).to_have_text(next_step)
    expect(one.see(".told")).to_have_attribute("data-result", "refused")
    assert one.violations() == []


def awaited(hub: StubHub, one: Visit) -> str:
    """The door wants the face of the phone's holder: the name of that opening."""
    hub.verdicts.append("face_awaited")
    with one.page.expect_response(OPENINGS) as said:
        one.page.click(".gate")
    expect(one.see(".told")).to_have_attribute("data-result", "looking")
    name: str = said.value.json()["opening"]
    return name


def of_the_holder(hub: StubHub, opening: str, outcome: str, reason: str) -> None:
    (phone,) = hub.phones.values()
    hub.happen(
        person=phone["person"], outcome=outcome, reason=reason, via="phone", opening=opening
    )  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "reason", "result", "title"),
    [
        ("granted", "granted", "opened", "门开了，请进"),
        ("refused", "face_not_matched", "refused", "没有认出来"),
        ("unknown", "outcome_unknown", "unknown", "没有等到门的回答"),
    ],
)
def test_a_phone_says_what_came_of_looking_at_a_face(
    hub: StubHub, enrolled: Enrolled, outcome: str, reason: str, result: str, title: str
) -> None:
    one = enrolled()
    opening = awaited(hub, one)
    expect(told(one)).to_have_text("还差一步")
    assert one.violations() == []
    of_the_holder(hub, opening, "refused", "face_awaited")  # what the phone knows already
    of_the_holder(hub, "another", "granted", "granted")  # by another way, at the same moment
    with one.page.expect_response("**/me/history"):
        pass
    expect(one.see(".told")).to_have_attribute("data-result", "looking")
    of_the_holder(hub, opening, outcome, reason)
    expect(one.see(".told")).to_have_attribute("data-result", result)
    expect(told(one)).to_have_text(title)
    if outcome == "granted":
        one.page.get_by_role("button", name="好", exact=True).click()
        expect(one.see(".last-line")).to_contain_text("开了")


def test_a_face_that_nobody_saw_ends_the_waiting(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    one.page.clock.install()
    awaited(hub, one)
    for _ in range(40):
        one.page.clock.run_for(1_200)
        if one.see(".told").get_attribute("data-result") != "looking":
            break
        one.page.wait_for_timeout(50)
    expect(told(one)).to_have_text("时间到了，请再来一次，或者刷卡")
    expect(one.page.get_by_role("button", name="再试一次")).to_be_visible()


def test_whoever_went_on_is_not_called_back(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    opening = awaited(hub, one)
    one.page.get_by_role("button", name="好", exact=True).click()
    one.see(".gate")
    of_the_holder(hub, opening, "granted", "granted")
    one.page.wait_for_timeout(2_500)
    assert one.see(".gate").is_visible()


def test_silence_of_the_door_is_said_as_such(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    hub.verdicts.append("outcome_unknown")
    one.page.click(".gate")
    expect(told(one)).to_have_text("没有等到门的回答")
    expect(one.see(".told")).to_have_attribute("data-result", "unknown")
    assert one.violations() == []


def test_without_a_network_it_says_so_and_sends_nothing(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    one.context.set_offline(True)
    one.page.click(".gate")
    expect(told(one)).to_have_text("手机现在没有网络")
    assert one.violations() == []
    one.context.set_offline(False)
    back(one)
    one.page.click(".gate")
    expect(told(one)).to_have_text("门开了，请进")
    assert hub.moved == ["gate-south"]


def test_a_lost_answer_sends_the_same_bytes_and_opens_once(
    hub: StubHub, enrolled: Enrolled
) -> None:
    one = enrolled()

    def lose_the_first_answer(route: Route) -> None:
        if len(hub.proofs) == 0:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    one.page.route(OPENINGS, lose_the_first_answer)
    one.page.click(".gate")
    expect(told(one)).to_have_text("门开了，请进")
    assert hub.moved == ["gate-south"]
    assert len(hub.proofs) == 2
    assert len(set(hub.proofs)) == 1


def test_trying_again_by_hand_sends_the_same_bytes(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.request.headers["linli-proof"])
        route.fetch()
        route.abort()

    one.page.route(OPENINGS, lose)
    one.page.click(".gate")
    expect(told(one)).to_have_text("没有连上小区")
    assert one.violations() == []
    one.page.unroute(OPENINGS)
    one.page.wait_for_timeout(1_600)
    one.page.get_by_role("button", name="再试一次").click()
    one.see(".told[data-result=opened]")
    assert hub.moved == ["gate-south"]
    assert set(hub.proofs) == set(lost)


def test_after_a_minute_it_is_a_new_request(
    hub: StubHub, enrolled: Enrolled, visit: Opener
) -> None:
    one = enrolled()
    one.page.clock.install()
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.request.headers["linli-proof"])
        route.abort()

    one.page.route(OPENINGS, lose)
    one.page.click(".gate")
    one.page.clock.run_for(1_000)
    expect(told(one)).to_have_text("没有连上小区")
    one.page.unroute(OPENINGS)
    one.page.clock.run_for(61_000)
    one.page.get_by_role("button", name="再试一次").click()
    one.see(".told[data-result=opened]")
    assert hub.moved == ["gate-south"]
    assert len(hub.proofs) == 1
    assert hub.proofs[0] not in lost


def test_a_trembling_finger_is_one_gesture(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    hub.verdicts.append("person_unknown")
    one.page.evaluate(
        "() => { for (let i = 0; i < 3; i++) document.querySelector('.gate').click(); }"
    )
    told(one)
    one.page.get_by_role("button", name="再试一次").click()  # still the same trembling
    one.page.get_by_role("button", name="好", exact=True).click()
    one.see(".gate")
    assert len(hub.proofs) == 1


def test_a_stale_nonce_is_renewed_without_a_word(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    hub.forget_nonces()
    one.page.click(".gate")
    expect(told(one)).to_have_text("门开了，请进")
    assert hub.moved == ["gate-south"]


def test_twelve_openings_are_twelve_requests(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    one.see(".gate")
    hub.asked.clear()
    for _ in range(3):
        one.page.click(".gate")
        told(one)
        back(one)
    # what the page asks by itself (bell, alerts, newcomers) takes nonces of its own
    wishes = [asked for asked in hub.asked if not asked.startswith("GET ")]
    assert wishes == ["POST /api/v1/openings"] * 3


def test_the_door_is_chosen_linked_and_remembered(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled("/phone/?door=hall")
    expect(one.see(".door-name strong")).to_have_text("邻里中心")
    one.page.click("button.door-line")
    one.see("dialog[open]")
    assert one.violations() == []
    one.page.get_by_role("button", name="1幢2单元").click()
    one.go("/phone/")
    expect(one.see(".door-name strong")).to_have_text("1幢2单元")
    one.page.click(".gate")
    told(one)
    assert hub.moved == ["b1-u2"]


def test_openings_are_kept_on_the_phone(hub: StubHub, enrolled: Enrolled) -> None:
    hub.failing.add("/api/v1/me/history")  # without the hub there is what the phone remembers
    one = enrolled()
    hub.verdicts.extend(["person_unknown", "granted"])
    for _ in range(2):
        one.page.click(".gate")
        told(one)
        back(one)
    one.page.click(".last-line")
    one.see("dialog[open]")
    past = one.page.locator(".past")
    expect(past).to_have_count(2)
    for at, outcome in enumerate(["opened", "refused"]):
        expect(past.nth(at)).to_have_attribute("data-outcome", outcome)
    assert one.violations() == []
