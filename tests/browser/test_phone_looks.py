"""What an elder sees: every language, large letters, large targets, no axe violation anywhere."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opener, Visit
from tests.browser.stubs import StubHub

Enrolled = Callable[..., Visit]

LANGUAGES = ["zh-Hans", "zh-Hant", "en"]
ELDER = "localStorage.setItem('linli.size', 'elder')"
SMALL = {"width": 360, "height": 640}

# what is shown: text with its size, and what can be touched with its sides
TEXTS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || !element.checkVisibility() || element.closest(".unseen")) continue;
    const style = getComputedStyle(element);
    const leading = parseFloat(style.lineHeight) / parseFloat(style.fontSize);
    found.push([text, parseFloat(style.fontSize), leading]);
  }
  return found;
}"""
TARGETS = """() => {
  const scope = document.querySelector("dialog[open]") ?? document.body;
  return [...scope.querySelectorAll("button, summary, label:has(input), input:not([type=radio])")]
    .filter((each) => each.checkVisibility())
    .map((each) => [each.innerText || each.name, ...["width", "height"].map(
      (side) => each.getBoundingClientRect()[side])]);
}"""


def settle(one: Visit) -> None:
    one.page.locator(".told .foot .button").last.click()
    one.see(".gate")
    one.page.wait_for_timeout(1_600)  # a tap before this counts as the same gesture


def outcome(hub: StubHub, one: Visit, verdict: str) -> None:
    hub.verdicts.append(verdict)
    one.page.click(".gate")
    one.see(".told")


def sheet(one: Visit, opener: str) -> None:
    one.page.click(opener)
    one.see("dialog[open]")


def walk(hub: StubHub, one: Visit) -> Iterator[str]:
    """Go through every state of the page, naming each while it is in sight."""
    one.see("input[name=code]")
    yield "introduce"
    one.page.fill("input[name=code]", "999999")
    one.page.click("button[type=submit]")
    one.see(".wrong")
    yield "wrong code"
    one.page.fill("input[name=code]", "123456")
    one.page.click("button[type=submit]")
    one.see(".gate")
    yield "home"
    for verdict in ("granted", "person_unknown", "outcome_unknown", "face_awaited"):
        outcome(hub, one, verdict)
        yield verdict
        settle(one)
    for opener in ("button.door-line", "button.last-line", ".top .button"):
        sheet(one, opener)
        yield opener
        one.page.keyboard.press("Escape")
    one.context.set_offline(True)
    one.see(".strip")
    yield "no network"
    one.page.click(".gate")
    one.see(".told")
    yield "no network, told"


def shown(one: Visit) -> list[tuple[str, float, float]]:
    found: Any = one.page.evaluate(TEXTS)
    assert found
    return [(text, size, leading) for text, size, leading in found]


def small_targets(one: Visit, least_px: int) -> list[Any]:
    found: Any = one.page.evaluate(TARGETS)
    assert found
    return [each for each in found if min(each[1], each[2]) < least_px]


def looks(one: Visit, least_target_px: int, least_text_px: int, least_leading: float) -> list[str]:
    """What is wrong with the state in sight."""
    wrong = [f"axe: {each}" for each in one.violations()]
    wrong += [f"small target: {each}" for each in small_targets(one, least_target_px)]
    for text, size, leading in shown(one):
        if size < least_text_px:
            wrong.append(f"small text: {text} ({size} px)")
        if leading < least_leading:
            wrong.append(f"tight lines: {text} ({leading:.2f})")
    if one.page.evaluate("() => document.scrollingElement.scrollWidth > innerWidth"):
        wrong.append("scrolls sideways")
    return wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_in_every_language(hub: StubHub, visit: Opener, language: str) -> None:
    one = visit("/phone/", language=language)
    assert one.page.get_attribute("html", "lang") == language
    wrong = [f"{state}: {each}" for state in walk(hub, one) for each in looks(one, 44, 15, 1.29)]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_in_large_letters(hub: StubHub, visit: Opener, language: str) -> None:
    one = visit("/phone/", language=language, view=SMALL, before=ELDER)
    assert one.page.evaluate("() => getComputedStyle(document.documentElement).fontSize") == "24px"
    wrong = [f"{state}: {each}" for state in walk(hub, one) for each in looks(one, 60, 20, 1.29)]
    assert wrong == []


def test_the_language_is_switched_and_kept(enrolled: Enrolled) -> None:
    one = enrolled()
    sheet(one, ".top .button")
    for language, name, said in [
        ("en", "English", "Open"),
        ("zh-Hant", "繁體", "開門"),
        ("zh-Hans", "简体", "开门"),
    ]:
        one.page.get_by_role("radio", name=name).check()
        assert one.page.get_attribute("html", "lang") == language
        expect(one.see(".gate")).to_have_text(said)
    one.page.get_by_role("radio", name="English").check()
    one.page.reload()
    expect(one.see(".gate")).to_have_text("Open")
    expect(one.see(".door-name strong")).to_have_text("South gate")


def test_a_name_is_never_converted(enrolled: Enrolled) -> None:
    one = enrolled(language="en")
    sheet(one, ".top .button")
    name = one.see(".facts bdi[lang=zh-Hans]")
    expect(name).to_have_text("沈桂芳")
    assert "Noto Sans CJK SC" in name.evaluate("(each) => getComputedStyle(each).fontFamily")


def test_large_letters_are_switched_on_and_kept(enrolled: Enrolled) -> None:
    one = enrolled()
    sheet(one, ".top .button")
    one.page.get_by_role("radio", name="大字").check()
    one.page.reload()
    one.see(".gate")
    assert one.page.get_attribute("html", "data-size") == "elder"
