"""Every screen of the kiosk in three languages, two shapes, two sizes: readable and whole."""

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
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

SHAPES = {"upright": (1080, 1920), "wide": (1280, 800)}
LEAST_TARGET_PX = 80
ELDER_ROOT_PX = 24


@pytest.fixture
def agent() -> Iterator[Agent]:
    agent = Agent()
    yield agent
    agent.close()


def mixed() -> list[dict[str, Any]]:
    """One bill in each state, one with steps."""
    owed = bills()
    owed[0]["state"], owed[1]["state"] = "pending", "paid"
    owed[2]["lines"] = [plain("170 kWh × ¥0.538", 9146), plain("16 kWh × ¥0.538", 861)]
    return owed


def screens(seen: Sight, agent: Agent, *, elder: bool) -> Iterator[str]:
    """Bring the page to each of its screens in turn; the name of the one that stands now."""
    page = seen.page

    def shown(name: str) -> str:
        expect(page.locator(f'[data-screen="{name}"]')).to_be_visible()
        return name

    yield "home"
    agent.tell("paper", "stuck")
    for state in ("reading", *REFUSALS):
        agent.tell("card", {"state": state})
        expect(page.locator(f'[data-state="{state}"]')).to_be_visible()
        yield state
    agent.tell("paper", "ok")
    page.locator(".find-key").click()
    yield shown("find")
    for part in ("12", "2", "3A02"):
        page.keyboard.type(part)
        page.keyboard.press("Enter")
    expect(page.locator(".digits")).to_be_visible()
    page.keyboard.type("1234")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    yield "find again"
    here = agent.session(elder=elder)
    agent.tell("session", here)
    yield shown("bills")
    agent.tell("online", False)
    expect(page.locator(".strip")).to_be_visible()
    yield "offline"
    agent.tell("online", True)
    expect(page.locator(".strip")).to_have_count(0)
    agent.tell("session", here | {"bills": mixed()})
    expect(page.locator('.bill[data-state="pending"]')).to_be_visible()
    yield "mixed bills"
    agent.tell("session", here | {"bills": [each | {"state": "paid"} for each in bills()]})
    expect(page.locator(".all-clear")).to_be_visible()
    yield "all paid"
    for state, name in (("creating", "code"), ("waiting", "code"), ("checking", "checking")):
        agent.tell("payment", agent.payment(state))
        expect(page.locator(".code")).to_have_count(int(state == "waiting"))
        yield shown(name)
    agent.tell("session", here)
    agent.tell("payment", agent.payment("paid"))
    yield shown("receipt")
    agent.tell("paper", "out")
    expect(page.get_by_role("alert")).to_be_visible()
    yield "no paper"
    agent.tell("paper", "none")
    expect(page.get_by_role("alert")).to_have_count(0)
    yield "no printer"
    agent.tell("paper", "ok")
    for state in ("suspense", "closed"):
        agent.tell("payment", agent.payment(state))
        yield shown(state)
    yield from services(page, shown)


def services(page: Page, shown: Callable[[str], str]) -> Iterator[str]:
    """From a payment's end to a code for a new phone; the rest is in test_kiosk_errands."""
    page.locator(".keys .button").last.click()
    shown("bills")
    page.locator(".keys .button").last.click()
    shown("services")
    page.locator(".tile").last.click()
    yield shown("phone")


def unhidden(seen: Sight) -> list[str]:
    """Screens that must be scrolled: on a kiosk people do not."""
    return list(
        seen.page.evaluate(
            """() => [...document.querySelectorAll("main, .kiosk, dialog")]
              .filter((each) => each.scrollHeight > each.clientHeight + 1)
              .map((each) => `${each.className} ${each.scrollHeight} > ${each.clientHeight}`)"""
        )
    )


def check(seen: Sight, name: str, wrong: list[str]) -> None:
    tests: dict[str, Callable[[], list[str]]] = {
        "axe": seen.axe,
        "small": lambda: seen.small_targets(LEAST_TARGET_PX),
        "cut": seen.overflowing,
        "scrolls": lambda: unhidden(seen),
    }
    wrong += [f"{name}: {kind}: {each}" for kind, test in tests.items() for each in test()]


@pytest.mark.parametrize("elder", [False, True], ids=["usual", "elder"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen(
    browser: Browser, agent: Agent, language: str, shape: str, *, elder: bool
) -> None:
    agent.state["language"] = language
    agent.state["idle_s"] = 600  # looking at every screen takes longer than a visitor's patience
    wrong: list[str] = []
    with sight(browser, SHAPES[shape], reduced_motion="reduce") as seen:
        agent.show(seen.page)
        expect(seen.page.locator(".card-place")).to_be_visible()
        expect(seen.page.locator("html")).to_have_attribute("lang", language)
        if elder:
            seen.page.locator(".switch").first.click()
            expect(seen.page.locator("html")).to_have_attribute("data-size", "elder")
            root = seen.page.evaluate(
                "parseFloat(getComputedStyle(document.documentElement).fontSize)"
            )
            assert root >= ELDER_ROOT_PX
        for name in screens(seen, agent, elder=elder):
            check(seen, name, wrong)
        assert [each for each in seen.complaints if "404" not in each] == []
    assert wrong == []


STEPS = ("s", "m", "l", "xl", "2xl", "3xl")
SIZES = """(steps) => steps.map((step) => {
  const word = document.body.appendChild(document.createElement("p"));
  word.style.fontSize = `var(--text-${step})`;
  const size = parseFloat(getComputedStyle(word).fontSize);
  word.remove();
  return size;
})"""


@pytest.mark.parametrize("shape", SHAPES)
def test_large_type_makes_no_text_smaller(browser: Browser, agent: Agent, shape: str) -> None:
    with sight(browser, SHAPES[shape], reduced_motion="reduce") as seen:
        agent.show(seen.page)
        expect(seen.page.locator("html")).to_have_attribute("data-size", "usual")
        usual = seen.page.evaluate(SIZES, STEPS)
        seen.page.locator(".switch").first.click()
        expect(seen.page.locator("html")).to_have_attribute("data-size", "elder")
        elder = seen.page.evaluate(SIZES, STEPS)
    sizes = zip(STEPS, usual, elder, strict=True)
    assert [each for each in sizes if each[2] <= each[1]] == []


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_question_over_the_whole_screen(
    browser: Browser, agent: Agent, language: str, shape: str
) -> None:
    agent.state["language"] = language
    agent.state["idle_s"] = 0
    agent.state["session"] = agent.session()
    wrong: list[str] = []
    with sight(browser, SHAPES[shape], reduced_motion="reduce") as seen:
        agent.show(seen.page)
        question = seen.page.get_by_role("dialog")
        expect(question).to_be_visible()
        box = question.bounding_box()
        assert box is not None
        assert (box["width"], box["height"]) == SHAPES[shape]
        check(seen, "still", wrong)
        assert seen.complaints == []
    assert wrong == []


def test_more_bills_than_the_glass_holds(browser: Browser, agent: Agent) -> None:
    owed = [each | {"id": f"{each['id']}-{n}"} for n in range(3) for each in bills()]
    agent.state["session"] = agent.session(owed=owed)
    with sight(browser, SHAPES["wide"], reduced_motion="no-preference") as seen:
        agent.show(seen.page)
        last = seen.page.locator(".bill").last.get_by_role("button")
        more = seen.page.get_by_role("button", name="下面还有")
        expect(last).not_to_be_in_viewport()
        # an impatient hand: every press counts, also while the glass is still moving
        for _ in range(10):
            more.evaluate_all("(keys) => keys.forEach((key) => key.click())")
            seen.page.wait_for_timeout(5)
        expect(more).to_have_count(0)
        expect(last).to_be_in_viewport(ratio=1)


def test_notices_may_be_missing(browser: Browser, agent: Agent) -> None:
    agent.state["notices"] = []
    wrong: list[str] = []
    with sight(browser, SHAPES["upright"], reduced_motion="reduce") as seen:
        agent.show(seen.page)
        expect(seen.page.locator(".card-place")).to_be_visible()
        expect(seen.page.get_by_role("heading", name=re.compile("今天"))).to_have_count(0)
        check(seen, "home", wrong)
    assert wrong == []
