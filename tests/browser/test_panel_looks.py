"""The panel's states in three languages and four sizes: readable, pressable, nothing cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.kiosk_stub import LANGUAGES, Sight, sight
from tests.browser.panel_stub import Town, some_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

SIZES = {"desk": (1440, 900), "small desk": (1280, 720), "phone": (390, 844), "wall": (1920, 1080)}
LOCALES = {"zh-Hans": "zh-CN", "zh-Hant": "zh-HK", "en": "en-GB"}
LEAST_TARGET_PX = 44


@pytest.fixture
def town() -> Iterator[Town]:
    town = Town()
    yield town
    town.close()


def states(seen: Sight, town: Town) -> Iterator[str]:
    """Bring the page to each of its states in turn; the name of the one that stands now."""
    page = seen.page
    yield "cover"
    page.locator(".story .button").click()
    town.beat(1, "opened", "done", ms=38.0)
    town.coil("b1-u2", on=True)
    town.say("b1-u2")
    town.send("journal", town.entry(1, "b1-u2"))
    expect(page.locator(".bubble")).to_be_visible()
    yield "opened"
    town.join(cut=True)
    page.locator(".dot").nth(1).click()
    town.beat(2, "opened_cut", ms=36.0)
    town.coil("gate-east", on=True)
    town.say("gate-west", "refused", "credential_unknown")
    expect(page.locator(".fallen")).to_be_visible()
    expect(page.locator(".letters").first).to_be_visible()
    yield "cut"
    town.join(cut=False)
    town.send("journal", town.entry(2, "gate-east", late=True))
    town.beat(2, "arrived", "failed", ms=36.0, entries=1)
    expect(page.locator(".late")).to_be_visible()
    yield "joined"
    page.locator(".dot").nth(3).click()
    town.send("kiosk", town.kiosk("code"))
    page.locator(".token").first.click()
    expect(page.locator(".pay-key")).to_be_visible()
    yield "code"
    town.send("kiosk", town.kiosk("paid", 3, 1))
    page.locator(".token").first.click()
    for line in some_lines():
        town.send("wire", line)
    page.locator(".bytes-key").click()
    expect(page.locator(".drawer li")).to_have_count(4)
    yield "bytes"
    page.locator(".things-key").click()
    town.change("b1-u2-reader", plugged=False, hands=["plug"], ails=["unplugged"])
    town.change(
        "kiosk-1-printer", ails=["paper_out", "jammed"], shown={"slips": 1, "text": "￥106.80"}
    )
    expect(page.locator('.ails[data-tone="mind"]')).to_have_count(2)
    expect(page.locator(".slip-key img")).to_be_visible()
    yield "plugs"
    page.locator(".drawer").press("Escape")
    expect(page.locator(".drawer")).to_have_count(0)
    page.locator(".slip-key").click()
    expect(page.locator(".paper img")).to_be_visible()
    yield "slip"
    page.keyboard.press("Escape")
    page.locator("[data-keypad]").click()
    expect(page.locator(".keys .button")).to_have_count(12)
    yield "keypad"
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    page.locator(".token").nth(8).click()
    town.refusals["card"] = (200, town.said("gate-west", "refused", "credential_forged"))
    page.locator('[data-reader="gate-west"]').click()
    expect(page.locator('.hint[data-tone="why"]')).to_be_visible()
    yield "why"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state(browser: Browser, town: Town, language: str, size: str) -> None:
    wrong: list[str] = []
    how = {"reduced_motion": "reduce", "locale": LOCALES[language]}
    with sight(browser, SIZES[size], **how) as seen:
        town.show(seen.page)
        expect(seen.page.locator(".picture")).to_be_visible()
        expect(seen.page.locator("html")).to_have_attribute("lang", language)
        for name in states(seen, town):
            wrong += [f"{name}: axe: {each}" for each in seen.axe()]
            wrong += [f"{name}: small: {each}" for each in seen.small_targets(LEAST_TARGET_PX)]
            wrong += [f"{name}: cut: {each}" for each in seen.overflowing()]
        assert seen.complaints == []
    assert wrong == []
