"""The kiosk's built page, with a stand-in for its agent: whole visits, as people make them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.kiosk_stub import (
    LANGUAGES,
    REFUSALS,
    Agent,
    Sight,
    bills,
    plain,
    sight,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

PORTRAIT = (1080, 1920)
IDLE_MS, WARN_MS, RECEIPT_MS = 45_000, 20_000, 15_000
FRAME_MS = 50
PERSONAL = ("沈", "1-2-302", "106.80", "247.47", "LX20261123", "0302", "482913")
PHONE, PHONE_FIRST = re.compile("登记新手机"), re.compile("登记新手机.*先刷卡")
PAY_PROPERTY = re.compile("缴这一笔.*物业费")


@pytest.fixture
def agent() -> Iterator[Agent]:
    agent = Agent()
    yield agent
    agent.close()


@pytest.fixture
def kiosk(browser: Browser, agent: Agent) -> Iterator[Sight]:
    """The page on an upright glass; a test that leaves a complaint behind fails."""
    with sight(browser, PORTRAIT, reduced_motion="reduce") as seen:
        seen.page.clock.install()
        agent.show(seen.page)
        expect(seen.page.get_by_role("heading", name="刷卡，查账单")).to_be_visible()
        yield seen
        # the browser itself reports every answer above 399
        assert [each for each in seen.complaints if "Failed to load resource" not in each] == []


def key(page: Page, name: str | re.Pattern[str]) -> Any:
    return page.get_by_role("button", name=name, exact=isinstance(name, str))


def heading(page: Page, text: str) -> Any:
    return page.get_by_role("heading", name=text, exact=True)


def text(page: Page, words: str) -> Any:
    """Words on the glass, not those for screen readers."""
    return page.locator(".kiosk").get_by_text(words)


def type_in(page: Page, text: str) -> None:
    for each in text:
        key(page, each).click()


def left_behind(page: Page) -> list[str]:
    """What of a person can still be found in the page."""
    kept = page.evaluate(
        """() => [document.documentElement.outerHTML, document.title, location.href,
             document.cookie,
             ...[localStorage, sessionStorage].map((each) => JSON.stringify({...each})),
             JSON.stringify(history.state)].join("\\n")"""
    )
    return [each for each in PERSONAL if each in kept]


def arrive(agent: Agent, page: Page, **how: Any) -> None:
    agent.tell("card", {"state": "known"})
    agent.tell("session", agent.session(**how))
    expect(heading(page, "您的账单")).to_be_visible()


def told(agent: Agent, page: Page, path: str, times: int) -> None:
    """The page asked for this so often; asking takes a moment on a busy machine."""
    for _ in range(100):
        if len(agent.posted(path)) >= times:
            break
        page.wait_for_timeout(50)
    assert len(agent.posted(path)) == times


def test_a_card_a_bill_a_code_and_a_receipt(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    agent.tell("card", {"state": "reading"})
    expect(heading(page, "正在读卡，请先别拿开")).to_be_visible()
    arrive(agent, page)
    expect(text(page, "沈**")).to_be_visible()
    expect(text(page, "89 m² × ¥1.20")).to_be_visible()
    expect(page.locator(".total")).to_contain_text("¥247.47")

    key(page, PAY_PROPERTY).click()
    expect(page.get_by_role("heading", name="正在准备付款码，请稍等")).to_be_attached()
    agent.tell("payment", agent.payment("waiting"))
    expect(page.get_by_role("img", name="付款码")).to_be_visible()
    expect(page.locator(".huge")).to_have_text("¥106.80")
    expect(text(page, "正在等您付款")).to_be_visible()
    expect(page.get_by_role("timer")).to_have_text(re.compile("[12]分[0-5][0-9]秒"))

    agent.tell("payment", agent.payment("paid"))
    expect(heading(page, "付好了，谢谢您")).to_be_visible()
    expect(page.locator(".number")).to_contain_text("LX20261123-0007")
    expect(page.get_by_role("figure", name="缴费收据")).to_contain_text("4200002611230001")
    expect(text(page, "请取走小票")).to_be_visible()

    page.clock.run_for(RECEIPT_MS + 1_000)
    expect(heading(page, "刷卡，查账单")).to_be_visible()
    told(agent, page, "/local/end", 1)
    assert agent.posted("/local/end") == [{"session": "visit-0-card"}]
    assert left_behind(page) == []


def test_a_house_number_on_the_keypad(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    key(page, "没有卡？按门牌号查").click()
    for part in ("1", "2", "302"):
        type_in(page, part)
        key(page, "下一步").click()
    expect(heading(page, "户主手机的最后四位")).to_be_visible()
    type_in(page, "0303")
    key(page, "查账单").click()
    expect(page.get_by_role("alert")).to_contain_text("房号和手机尾号对不上")
    key(page, "删除").click()
    type_in(page, "2")
    key(page, "查账单").click()
    expect(heading(page, "您的账单")).to_be_visible()
    assert agent.posted("/local/find")[-1] == {"house": "1-2-302", "phone_last4": "0302"}
    key(page, "办别的事").click()
    expect(key(page, PHONE_FIRST)).to_be_disabled()  # a code is for card holders
    key(page, "回到账单").click()
    expect(page.locator("html")).to_have_attribute("data-size", "usual")


def test_a_floor_called_3a_by_keyboard(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    key(page, "没有卡？按门牌号查").click()
    page.keyboard.type("1A")  # a building has no letter
    expect(page.locator('[data-place="building"]')).to_have_text("1")
    page.keyboard.press("Enter")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    page.keyboard.type("a3a02")  # the letter never comes first
    expect(page.locator('[data-place="room"]')).to_have_text("3A02")
    page.keyboard.press("Enter")
    page.keyboard.type("1234")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert agent.posted("/local/find") == [{"house": "1-2-3A02", "phone_last4": "1234"}]


def test_nobody_there_is_asked_and_then_forgotten(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    arrive(agent, page)
    key(page, "English").click()
    page.clock.run_for(IDLE_MS + FRAME_MS)
    expect(page.get_by_role("dialog", name="Are you still there?")).to_be_visible()
    key(page, "I am here").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(text(page, "沈**")).to_be_visible()

    page.clock.run_for(IDLE_MS + FRAME_MS)
    expect(page.get_by_role("dialog")).to_be_visible()
    assert agent.posted("/local/end") == []
    page.clock.run_for(WARN_MS + 1_000)
    expect(heading(page, "刷卡，查账单")).to_be_visible()  # and in the kiosk's own language again
    expect(page.locator("html")).to_have_attribute("data-size", "usual")
    assert agent.posted("/local/end") == [{"session": "visit-0-card"}]
    assert left_behind(page) == []


def test_half_a_house_number_is_forgotten_too(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    key(page, "没有卡？按门牌号查").click()
    type_in(page, "1")
    page.clock.run_for(IDLE_MS + WARN_MS + 1_000)
    expect(heading(page, "刷卡，查账单")).to_be_visible()
    key(page, "没有卡？按门牌号查").click()
    expect(page.locator('[data-place="building"]')).to_have_text("")


def test_an_untouched_screen_asks_nobody(kiosk: Sight, agent: Agent) -> None:
    kiosk.page.clock.run_for(10 * IDLE_MS)
    expect(kiosk.page.get_by_role("dialog")).to_have_count(0)
    assert agent.posted("/local/end") == []


def test_while_the_code_is_on_the_glass_nobody_is_hurried(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    arrive(agent, page)
    agent.tell("payment", agent.payment("waiting"))
    expect(page.get_by_role("img", name="付款码")).to_be_visible()
    page.clock.run_for(IDLE_MS + WARN_MS)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("timer")).to_have_text(re.compile("0分5[0-9]秒"))
    agent.tell("payment", agent.payment("closed"))
    expect(heading(page, "没有付款")).to_be_visible()
    page.clock.run_for(IDLE_MS + FRAME_MS)
    expect(page.get_by_role("dialog")).to_be_visible()


def test_not_knowing_says_do_not_pay_again(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    arrive(agent, page)
    agent.tell("payment", agent.payment("waiting"))
    key(page, "先不付了").click()
    agent.tell("payment", agent.payment("checking"))
    expect(heading(page, "正在核对，请不要再付一次。")).to_be_visible()
    expect(text(page, "LX-1123-0007")).to_be_visible()
    expect(key(page, re.compile("缴这一笔"))).to_have_count(0)
    assert agent.posted("/local/close") == [{}]

    key(page, "我先走了").click()
    expect(heading(page, "刷卡，查账单")).to_be_visible()
    agent.send(
        "payment", agent.payment("paid")
    )  # a careless agent: the next person must not see it
    agent.send("paper", "low")
    expect(text(page, "打印纸快用完了。")).to_be_visible()
    expect(heading(page, "刷卡，查账单")).to_be_visible()
    assert left_behind(page) == []


def test_a_pending_bill_cannot_be_paid_twice(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    owed = bills()
    owed[0]["state"], owed[1]["state"] = "pending", "paid"
    arrive(agent, page, owed=owed)
    expect(key(page, PAY_PROPERTY)).to_have_count(0)
    expect(text(page, "正在核对，请不要再付一次。")).to_be_visible()
    expect(text(page, "已付清")).to_be_visible()
    expect(page.locator(".total")).to_contain_text("¥100.07")


def test_two_presses_are_one_payment(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    arrive(agent, page)
    key(page, PAY_PROPERTY).evaluate("(button) => { button.click(); button.click(); }")
    expect(page.locator('[data-screen="code"]')).to_be_visible()
    assert len(agent.posted("/local/pay")) == 1


def test_without_network_the_bills_can_be_read_and_not_paid(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    arrive(agent, page)
    agent.tell("online", False)
    expect(text(page, "暂时不能缴费")).to_be_visible()
    expect(text(page, "账单是 09:32 的")).to_be_visible()
    expect(text(page, "89 m² × ¥1.20")).to_be_visible()
    wait = key(page, re.compile("网络恢复后再缴.*物业费"))
    expect(wait).to_be_disabled()
    agent.tell("online", True)
    expect(key(page, PAY_PROPERTY)).to_be_enabled()
    expect(text(page, "暂时不能缴费")).to_have_count(0)


def test_a_silent_agent_stops_everything_and_comes_back(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    arrive(agent, page)
    agent.hang_up(silent=True)
    expect(text(page, "正在恢复，请稍等。")).to_be_visible()
    expect(key(page, re.compile("物业费"))).to_be_disabled()
    agent.silent = False
    agent.state["session"] = None  # the agent has started anew and knows nobody
    page.clock.run_for(30_000)
    expect(heading(page, "刷卡，查账单")).to_be_visible()
    assert left_behind(page) == []


def test_the_next_card_never_sees_the_visit_before(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    arrive(agent, page)
    key(page, "办别的事").click()
    key(page, PHONE).click()
    expect(text(page, "482")).to_be_visible()
    following = agent.session(elder=False) | {
        "id": "visit-next",
        "holder": "陈*",
        "house": "2-1-3A01",
    }
    agent.tell("session", following)
    expect(heading(page, "您的账单")).to_be_visible()
    expect(text(page, "陈*")).to_be_visible()
    assert left_behind(page) == [
        "106.80",
        "247.47",
    ]  # the bills of the new session, which are the same
    expect(page.locator("html")).to_have_attribute("data-size", "usual")


def test_a_phone_code_for_a_card_holder(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    arrive(agent, page)
    key(page, "办别的事").click()
    key(page, PHONE).click()
    expect(page.locator(".six")).to_have_text("482913")
    expect(text(page, "10 分钟内有效，只能用一次。")).to_be_visible()
    key(page, "回到账单").click()
    expect(heading(page, "您的账单")).to_be_visible()
    assert "482913" not in page.content()


def test_everything_paid(kiosk: Sight, agent: Agent) -> None:
    owed = [each | {"state": "paid"} for each in bills()]
    arrive(agent, kiosk.page, owed=owed)
    expect(text(kiosk.page, "都付清了，没有要缴的。")).to_be_visible()


def test_the_next_bill_after_a_receipt(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    arrive(agent, page)
    agent.tell("payment", agent.payment("paid"))
    key(page, "再打一张").click()
    key(page, "还有账单，接着缴").click()
    expect(heading(page, "您的账单")).to_be_visible()
    told(agent, page, "/local/print", 1)
    key(page, PAY_PROPERTY).click()
    expect(page.get_by_role("heading", name="正在准备付款码，请稍等")).to_be_attached()
    agent.tell("payment", agent.payment("waiting") | {"id": "pay-2"})
    expect(page.get_by_role("img", name="付款码")).to_be_visible()


@pytest.mark.parametrize("trouble", ["slip", "out", "stuck"])
def test_a_receipt_without_paper_gives_its_number(kiosk: Sight, agent: Agent, trouble: str) -> None:
    page = kiosk.page
    arrive(agent, page)
    paid = agent.payment("paid")
    if trouble == "slip":
        paid["receipt"] = agent.receipt("failed")
    else:
        agent.tell("paper", trouble)
    agent.tell("payment", paid)
    expect(page.get_by_role("alert")).to_contain_text("请记下收据号")
    expect(page.locator(".number")).to_contain_text("LX20261123-0007")


@pytest.mark.parametrize(
    ("tongue", "words"),
    [
        ("zh-Hans", "打印机暂时用不了。缴费照常，收据可到服务台补打。"),
        ("zh-Hant", "列印機暫時不能使用。繳費照常，收據可到服務台補印。"),
        ("en", "The printer does not work now. You can still pay; the desk prints your receipt."),
    ],
)
def test_a_printer_that_needs_a_hand_is_said_in_words(
    kiosk: Sight, agent: Agent, tongue: str, words: str
) -> None:
    page = kiosk.page
    page.locator(f'.languages button[lang="{tongue}"]').click()
    agent.tell("paper", "stuck")
    expect(page.locator(".strip")).to_have_text(words)
    agent.tell("paper", "ok")
    expect(page.locator(".strip")).to_have_count(0)


def test_a_kiosk_without_a_printer_shows_the_receipt(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    agent.tell("paper", "none")
    arrive(agent, page)
    agent.tell("payment", agent.payment("checking"))
    expect(text(page, "请记下查询号")).to_be_visible()
    agent.tell("payment", agent.payment("paid") | {"receipt": agent.receipt("failed")})
    expect(text(page, "请记下收据号，服务台可以查到。")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".strip")).to_have_count(0)
    expect(key(page, "再打一张")).to_have_count(0)


def test_a_refused_card_is_helped_and_then_calm_again(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    agent.tell("card", {"state": "stopped"})
    expect(heading(page, "这张卡已经停用")).to_be_visible()
    page.clock.run_for(16_000)
    expect(heading(page, "刷卡，查账单")).to_be_visible()
    agent.tell("card", {"state": "lost"})
    expect(heading(page, "卡拿开得早了一点")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_refusal_of_a_card_has_its_own_words_with_what_to_do(
    kiosk: Sight, agent: Agent, language: str
) -> None:
    page = kiosk.page
    agent.state["language"] = language
    with agent.listened_to_anew(page):
        page.reload()
    place = page.locator(".card-place")
    said: dict[str, str] = {}
    for state in REFUSALS:
        agent.tell("card", {"state": state})
        expect(place).to_have_attribute("data-state", state)
        title, line = place.locator("h1").inner_text(), place.locator("p").inner_text()
        assert line[-1] in "。.", line
        said[state] = f"{title} {line}"
        expect(page.locator("p.unseen[role=status]")).to_have_text(said[state])
    assert len(set(said.values())) == len(REFUSALS)


def test_a_refused_card_is_explained_beside_what_another_is_doing(
    kiosk: Sight, agent: Agent
) -> None:
    page = kiosk.page
    arrive(agent, page)
    agent.tell("card", {"state": "taken"})
    strip = page.locator(".strip")
    expect(strip).to_contain_text("前面的人正在缴费")
    expect(heading(page, "您的账单")).to_be_visible()
    page.clock.run_for(16_000)
    expect(strip).to_have_count(0)


def test_only_the_squares_of_a_code_reach_the_page(kiosk: Sight, agent: Agent) -> None:
    page = kiosk.page
    arrive(agent, page)
    bad = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
        '<script>document.title="bad"</script>'
        '<image href="http://198.51.100.1/x.png"/><path d="M4 4h1" stroke="#000"/></svg>'
    )
    agent.tell("payment", agent.payment("waiting") | {"code_svg": bad})
    code = page.get_by_role("img", name="付款码")
    expect(code.locator("path")).to_have_count(1)
    expect(code.locator("script, image")).to_have_count(0)
    expect(page).to_have_title("邻里")


def test_the_voice_is_asked_for_and_silent_after_the_visit(browser: Browser, agent: Agent) -> None:
    with sight(browser, PORTRAIT) as seen:
        page = seen.page
        page.add_init_script(
            """window.spoken = [];
            Object.defineProperty(window, "speechSynthesis", {value: {
              cancel() {}, speak(words) { spoken.push(`${words.lang} ${words.text}`) }}});"""
        )
        agent.show(page)
        arrive(agent, page)
        assert page.evaluate("spoken") == []
        key(page, "读出来").click()
        assert page.evaluate("spoken") == ["zh-CN 还要缴 ¥247.47 选一笔来缴"]
        agent.tell("payment", agent.payment("checking"))
        expect(heading(page, "正在核对，请不要再付一次。")).to_be_visible()
        expect(page.locator(".unseen[role=status]")).to_contain_text("请不要再付一次")
        assert "请不要再付一次" in page.evaluate("spoken.at(-1)")
        key(page, "我先走了").click()
        expect(key(page, "读出来")).to_have_attribute("aria-pressed", "false")
        assert left_behind(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_and_addresses_are_never_converted(kiosk: Sight, agent: Agent, language: str) -> None:
    page = kiosk.page
    tongue = {"zh-Hans": "简体", "zh-Hant": "繁體", "en": "English"}[language]
    fee = {"zh-Hans": "物业费", "zh-Hant": "管理費", "en": "Property fee"}[language]
    arrive(agent, page, owed=[bills()[0] | {"lines": [plain("89 m² × ¥1.20", 10680)]}])
    key(page, tongue).click()
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("heading", name=fee)).to_be_visible()
    expect(text(page, "沈**")).to_be_visible()
    expect(text(page, "1-2-302")).to_be_visible()
    expect(text(page, "柳溪新村")).to_be_visible()
