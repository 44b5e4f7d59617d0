"""The headless shell stands for Chromium itself: what it shows is laid out alike."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import LOCALES, PHONE

UNNAMED = re.compile("邻里|鄰里|Linli")
LAID_OUT = """() => [...document.querySelectorAll("body *")]
  .filter((each) => each.checkVisibility())
  .map((each) => {
    const within = document.createRange();
    within.selectNodeContents(each);  // a box may be as wide as its page, what it holds is not
    const { x, y, width, height } = within.getBoundingClientRect();
    const round = (px) => Math.round(px * 100) / 100;
    return [each.localName, each.textContent, ...[x, y, width, height].map(round)];
  })"""


@contextmanager
def a_page(browser: Browser, locale: str) -> Iterator[Page]:
    size: Any = {**PHONE}
    context = browser.new_context(viewport=size, locale=locale, has_touch=True)
    try:
        yield context.new_page()
    finally:
        context.close()


@pytest.mark.parametrize("locale", LOCALES.values())
def test_a_page_is_laid_out_alike_in_both(
    chromium: Browser, whole_chromium: Browser, address: str, locale: str
) -> None:
    seen = []
    for browser in (chromium, whole_chromium):
        with a_page(browser, locale) as page:
            page.goto(f"{address}/phone/")
            expect(page.locator("input[name=code]")).to_be_visible()
            expect(page.locator("header")).not_to_contain_text(UNNAMED)  # until the site is known
            seen.append(page.evaluate(LAID_OUT))
    assert len(seen[0]) > 10
    assert seen[0] == seen[1]


def test_letters_of_no_named_font_are_as_wide_in_both(
    chromium: Browser, whole_chromium: Browser
) -> None:
    seen = []
    for browser in (chromium, whole_chromium):
        with a_page(browser, "en-GB") as page:
            page.set_content("<p>The gate said: 4f 53 54<p><button>Open the gate</button>")
            seen.append(page.evaluate(LAID_OUT))
    assert seen[0] == seen[1]
