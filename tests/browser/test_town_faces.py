"""The real town's door with faces: real engine, real hub, real door, a camera made of a film."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from devices.reasons import REASONS
from tests import services
from tests.browser.kiosk_stub import ROOT, Sight, built, sight
from tests.browser.panel_faces import before_a_camera, camera_of, write_film
from tests.integration.demo_town import DemoProcess, demo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.timeout(900)

DESK = (1440, 900)
WAKE_MS = 180_000
STARTED_MS = 120_000  # the network is converted once, on a machine with much else to do
MEASURED_MS = 60_000
ANSWER_MS = 40_000  # a claim is looked at for fourteen seconds
TRIES = 6  # a busy machine shows its pictures too late for a challenge; a person tries again
TURNS = [code for code in REASONS if code.startswith("face_turn_")]


@pytest.fixture(scope="module")
def process() -> Iterator[DemoProcess]:
    """One town, with the page as its sources say."""
    built(ROOT / "simulators/panel/web", ROOT / "simulators/static/panel")
    with demo() as running:
        yield running
        assert running.interrupt() == 0, running.told


@pytest.fixture
def filmed(
    whole_chromium_path: Path, tmp_path: Path, shared_file: Callable[[str], Path]
) -> Iterator[Browser]:
    """A browser before whose camera a portrait is held: it lives nowhere but in this test."""
    with Image.open(shared_file("faces/obama.jpg")) as portrait:
        film = write_film(tmp_path / "own.mjpeg", before_a_camera(portrait.convert("RGB")))
    with services.browser(whole_chromium_path, *camera_of(film)) as browser:
        yield browser


def key(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def choose(page: Page, name: str) -> None:
    radio = page.get_by_role("radio", name=name, exact=True)
    radio.click()
    expect(radio).to_be_checked(timeout=ANSWER_MS)


def at_the_door(seen: Sight, process: DemoProcess) -> Page:
    """The drawer of the door with faces, assessed once."""
    page = seen.page
    page.goto(process.url())
    expect(key(page, "看三分钟的故事")).to_be_enabled(timeout=WAKE_MS)
    page.locator(".faces-key").click()
    expect(page.locator(".face-state")).to_be_visible()
    if page.locator('[data-state="off"]').count():
        key(page, "写好评估，给这扇门开人脸").click()
    expect(page.locator('[data-state="ready"]')).to_be_visible(timeout=STARTED_MS)
    return page


def register(page: Page, home: str) -> None:
    """Notice, consent, three photos of whoever stands before the camera."""
    choose(page, home)
    key(page, "看说明").click()
    expect(page.locator("dialog .face-notice")).to_contain_text("不同意", timeout=ANSWER_MS)
    key(page, "读过了，同意").click()
    for count in range(1, 4):
        photographed(page, count)
    expect(page.locator('.face-desk[data-measured="true"]')).to_be_visible(timeout=MEASURED_MS)


def photographed(page: Page, count: int) -> None:
    """One more photo; one that is not good enough is told so, and taken again, as a clerk would."""
    taken = page.locator(f'.face-desk[data-photos="{count}"]')
    said = page.locator(".faces").get_by_role("alert")
    for _ in range(TRIES):
        key(page, "给镜头前的人拍一张").click()
        expect(taken.or_(said).first).to_be_visible(timeout=ANSWER_MS)
        if taken.count():
            return
    raise AssertionError(said.inner_text())


def claimed(page: Page, flat: str) -> str:
    """Type a flat's number; what the door said."""
    press = key(page, f"按 {flat} #")
    press.click()
    expect(page.locator("[data-answered]")).to_have_count(0)
    expect(page.locator("[data-answered]")).to_be_visible(timeout=ANSWER_MS)
    expect(press).to_be_enabled()
    return page.locator("[data-answered]").inner_text()


def reasons(*codes: str) -> tuple[str, ...]:
    return tuple(REASONS[code].words.zh_hans for code in codes)


def until_looked(page: Page, flat: str, *wanted: str) -> str:
    """Claim until the answer is about the face itself, as somebody would who was asked again."""
    said = ""
    for _ in range(TRIES):
        said = claimed(page, flat)
        if any(words in said for words in wanted):
            return said
    return said


@pytest.mark.whole  # tests/faces/test_door_runs.py
def test_a_living_face_opens_a_photo_of_it_does_not_and_a_stranger_is_nobody(
    browser: Browser, process: DemoProcess
) -> None:
    with sight(browser, DESK, reduced_motion="reduce", locale="zh-CN") as seen:
        page = at_the_door(seen, process)
        choose(page, "画的郑海燕")
        expect(page.locator(".mark")).to_have_count(1, timeout=ANSWER_MS)
        register(page, "郑海燕，201 室")
        opened = until_looked(page, "201", "门开了")
        assert "门开了" in opened
        assert "主机认出了郑海燕" in opened
        choose(page, "举着照片")
        expect(page.locator(".mark")).to_have_count(1, timeout=ANSWER_MS)
        held = until_looked(page, "201", *reasons(*TURNS))
        assert any(words in held for words in reasons(*TURNS)), held
        choose(page, "画的陌生人")
        expect(page.locator(".mark")).to_have_count(1, timeout=ANSWER_MS)
        other = until_looked(page, "201", *reasons("face_not_matched"))
        assert reasons("face_not_matched")[0] in other
        assert seen.complaints == []


@pytest.mark.whole  # without the portrait a town would be stopped while it starts
def test_one_s_own_camera_registers_and_a_film_of_a_portrait_opens_nothing(
    filmed: Browser, process: DemoProcess
) -> None:
    how: dict[str, Any] = {"locale": "zh-CN", "permissions": ["camera"]}
    with sight(filmed, DESK, reduced_motion="reduce", **how) as seen:
        page = at_the_door(seen, process)
        choose(page, "我的摄像头")
        choose(page, "真人")  # a page that came before may have held up a photo
        expect(page.locator(".glass-eye canvas")).to_be_visible()
        expect(page.locator(".mark")).to_have_count(1, timeout=ANSWER_MS)
        register(page, "沈桂芳，302 室")
        still = until_looked(page, "302", *reasons(*TURNS))
        assert any(words in still for words in reasons(*TURNS)), still  # known, and does not turn
        choose(page, "画的陌生人")
        expect(page.locator(".mark")).to_have_count(1, timeout=ANSWER_MS)
        other = until_looked(page, "302", *reasons("face_not_matched"))
        assert reasons("face_not_matched")[0] in other
        expect(page.locator('[data-reader="b1-u2"]')).to_have_attribute("data-open", "false")
        key(page, "撤回并删除").click()
        expect(page.locator(".done")).to_contain_text("已删除", timeout=ANSWER_MS)
        assert seen.complaints == []
