"""The town's built panel: a door with faces, tried by people drawn, a photo, one's own camera."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from devices.reasons import REASONS
from simulators.drawn import Pose, portrait
from tests import services
from tests.browser.kiosk_stub import LANGUAGES, Sight, sight
from tests.browser.panel_faces import FaceDoor, before_a_camera, camera_of, track, write_film
from tests.browser.panel_stub import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

DESK, PHONE = (1440, 900), (390, 844)
LOCALES = {"zh-Hans": "zh-CN", "zh-Hant": "zh-HK", "en": "en-GB"}
LEAST_TARGET_PX = 44
JPEG = b"\xff\xd8\xff"


@pytest.fixture
def filmed(whole_chromium_path: Path, tmp_path: Path) -> Iterator[Browser]:
    """A Chromium whose camera shows somebody drawn."""
    somebody = portrait(3, Pose(200)).resize((640, 704))
    film = write_film(tmp_path / "own.mjpeg", before_a_camera(somebody, frames=6))
    with services.browser(whole_chromium_path, *camera_of(film)) as browser:
        yield browser


@pytest.fixture
def town() -> Iterator[Town]:
    town = Town()
    yield town
    town.close()


def opened(seen: Sight, town: Town) -> Page:
    town.show(seen.page)
    seen.page.locator(".faces-key").click()
    expect(seen.page.locator(".face-state")).to_be_visible()
    return seen.page


def blameless(browser: Browser) -> Iterator[Page]:
    how: dict[str, Any] = {"locale": "zh-CN", "permissions": ["camera"]}
    with sight(browser, DESK, reduced_motion="reduce", **how) as seen:
        yield seen.page
        assert [each for each in seen.complaints if "Failed to load resource" not in each] == []


@pytest.fixture
def page(browser: Browser, town: Town) -> Iterator[Page]:
    yield from blameless(browser)


@pytest.fixture
def filmed_page(filmed: Browser, town: Town) -> Iterator[Page]:
    """A page that may have the camera there is."""
    yield from blameless(filmed)


def shown(page: Page, town: Town) -> Page:
    town.show(page)
    page.locator(".faces-key").click()
    expect(page.locator(".face-state")).to_be_visible()
    return page


def choose(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).click()


def key(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def test_where_the_extra_is_missing_it_says_how_to_get_it(page: Page, town: Town) -> None:
    shown(page, town)
    expect(page.locator('[data-state="absent"]')).to_contain_text("make faces")
    expect(page.locator('[data-state="absent"]')).to_contain_text("onnxruntime")
    assert page.get_by_role("radio").count() == 0


def test_nothing_starts_before_somebody_has_assessed(page: Page, town: Town) -> None:
    door = FaceDoor(town, "off")
    shown(page, town)
    assert door.now["state"] == "off"
    key(page, "写好评估，给这扇门开人脸").click()
    expect(page.locator('[data-state="starting"]')).to_be_visible()
    door.tell(state="ready")
    expect(page.locator('[data-state="ready"]')).to_be_visible()


def test_somebody_drawn_steps_up_and_the_hub_s_boxes_are_drawn_over(page: Page, town: Town) -> None:
    door = FaceDoor(town)
    shown(page, town)
    expect(page.locator(".seen")).to_have_text("没有看到脸")
    choose(page, "画的沈桂芳")
    expect(page.locator('.sight[data-standing="drawn"] img')).to_be_visible()
    assert town.posted("/api/face/stand") == [{"kind": "drawn", "who": "elder", "still": False}]
    door.see(track(reason="face_dark", shots=0))
    expect(page.locator(".seen")).to_have_text(REASONS["face_dark"].words.zh_hans)
    expect(page.locator('.mark[data-tone="mind"] rect')).to_have_attribute("width", "180")
    expect(page.locator(".mark circle")).to_have_count(3)
    door.see(track(shots=3))
    expect(page.locator(".seen")).to_have_text("看清楚了")
    choose(page, "举着照片")
    expect(page.get_by_text("照片里的脸不会转")).to_be_visible()
    assert town.posted("/api/face/stand")[-1] == {"kind": "drawn", "who": "elder", "still": True}


def test_who_is_chosen_while_another_steps_up_comes_next(page: Page, town: Town) -> None:
    FaceDoor(town)
    shown(page, town)
    stands, go = town.verbs["/api/face/stand"], threading.Event()

    def slowly(body: Any) -> Any:
        assert go.wait(30)
        return stands(body)

    town.verbs["/api/face/stand"] = slowly
    choose(page, "画的沈桂芳")
    expect(page.get_by_role("radio", name="画的沈桂芳", exact=True)).to_be_checked()
    choose(page, "画的郑海燕")
    choose(page, "举着照片")
    go.set()
    expect(page.get_by_text("照片里的脸不会转")).to_be_visible()
    for _ in range(100):
        if len(town.posted("/api/face/stand")) == 2:
            break
        page.wait_for_timeout(50)
    assert town.posted("/api/face/stand") == [
        {"kind": "drawn", "who": "elder", "still": False},
        {"kind": "drawn", "who": "carer", "still": True},
    ]


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_arrow_points_to_the_side_of_the_picture(page: Page, town: Town, side: str) -> None:
    door = FaceDoor(town)
    shown(page, town)
    choose(page, "画的沈桂芳")
    door.tell(asked=side)
    arrow = page.locator(f'.arrow[data-side="{side}"]')
    expect(arrow).to_be_visible()
    expect(page.locator(".seen")).to_have_text("请朝箭头慢慢转头")
    box, picture = arrow.bounding_box(), page.locator(".glass-eye").bounding_box()
    assert box is not None
    assert picture is not None
    middle = picture["x"] + picture["width"] / 2
    assert (box["x"] + box["width"] < middle) == (side == "left")
    assert (box["x"] > middle) == (side == "right")
    door.tell(asked=None)
    expect(arrow).to_have_count(0)


def test_door_and_hub_say_what_came_of_it(page: Page, town: Town) -> None:
    door = FaceDoor(town)
    shown(page, town)
    key(page, "按 302 #").click()
    expect(page.locator('[data-answered="mind"]')).to_contain_text(
        REASONS["face_turn_late"].words.zh_hans
    )
    assert town.posted("/api/face/claim") == [{"person": "p-shen"}]
    door.said = town.said("b1-u2", "opened", "granted")
    key(page, "按 302 #").click()
    door.tell(told={"person": "沈桂芳", "reason": None})
    expect(page.locator('[data-answered="good"]')).to_contain_text("门开了，请进。")
    expect(page.locator(".answer")).to_contain_text("主机认出了沈桂芳")


def test_the_notice_first_then_photos_of_whoever_stands_there_then_the_end(
    page: Page, town: Town
) -> None:
    door = FaceDoor(town)
    shown(page, town)
    choose(page, "画的沈桂芳")
    assert key(page, "给镜头前的人拍一张").count() == 0  # no photo before a consent
    key(page, "看说明").click()
    expect(page.locator("dialog")).to_contain_text("不同意也一样进门。")
    assert town.posted("/api/face/consent") == []
    key(page, "读过了，同意").click()
    expect(page.locator("dialog")).to_have_count(0)
    agreed = {"person": "p-shen", "notice": "1", "language": "zh-Hans"}
    assert town.posted("/api/face/consent") == [agreed]
    door.refused = "face_blurred"
    key(page, "给镜头前的人拍一张").click()
    expect(page.get_by_role("alert")).to_contain_text(REASONS["face_blurred"].words.zh_hans)
    door.refused = None
    for count in range(1, 4):
        key(page, "给镜头前的人拍一张").click()
        expect(page.locator(f'.face-desk[data-photos="{count}"]')).to_be_visible()
        expect(page.locator(".done")).to_contain_text("照片已经丢掉")
    expect(page.locator(".face-desk")).to_contain_text("主机正在自己量一遍")
    door.now["people"][0]["measured"] = True
    door.tell()
    expect(page.locator(".face-desk")).to_contain_text("登记好了。")
    key(page, "撤回并删除").click()
    expect(page.locator(".done")).to_contain_text("已删除，谁也恢复不了。")
    expect(page.locator('.face-desk[data-photos="0"]')).to_be_visible()


# --- a camera of one's own


def sent(page: Page, door: FaceDoor, more: int) -> bytes:
    """Wait for so many further frames; the newest."""
    wanted = len(door.frames) + more
    while len(door.frames) < wanted:
        page.wait_for_timeout(20)
    return door.frames[-1]


def test_one_s_own_camera_is_sent_as_it_is_shown_and_ends_with_the_drawer(
    filmed_page: Page, town: Town
) -> None:
    page = filmed_page
    door = FaceDoor(town)
    page.add_init_script(
        "const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
        "navigator.mediaDevices.getUserMedia = async (how) => (window.lent = await ask(how));"
    )
    shown(page, town)
    choose(page, "我的摄像头")
    expect(page.locator('.glass-eye[data-mirrored="true"] canvas')).to_be_visible()
    raw = sent(page, door, 3)
    assert raw.startswith(JPEG)
    assert Image.open(io.BytesIO(raw)).size == (640, 480)
    assert set(door.keys) == {"key-1"}
    choose(page, "举着照片")
    expect(page.locator('.glass-eye[data-mirrored="false"] canvas')).to_be_visible()
    page.locator(".drawer").get_by_role("button", name="关上").click()
    ended = "() => window.lent.getTracks().every((each) => each.readyState === 'ended')"
    while not page.evaluate(ended):  # a predicate of the page's own would need eval
        page.wait_for_timeout(20)
    count = len(door.frames)
    page.wait_for_timeout(600)
    assert len(door.frames) <= count + 1  # one may have been on its way
    assert town.posted("/api/face/stand")[-1]["kind"] == "nobody"


def test_who_has_stepped_aside_sends_no_more(filmed_page: Page, town: Town) -> None:
    page = filmed_page
    door = FaceDoor(town)
    shown(page, town)
    choose(page, "我的摄像头")
    sent(page, door, 1)
    door.refused = "frame"
    door.tell(standing={"kind": "own", "who": "", "still": False})
    expect(page.get_by_text("画面只在那个人那里")).to_be_visible()


def test_a_browser_without_a_camera_says_so(browser: Browser, town: Town) -> None:
    FaceDoor(town)
    with sight(browser, DESK, reduced_motion="reduce", locale="zh-CN") as seen:
        seen.page.add_init_script(
            "navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('no'))"
        )
        opened(seen, town)
        choose(seen.page, "我的摄像头")
        expect(seen.page.get_by_role("alert")).to_contain_text("摄像头打不开")
        assert town.posted("/api/face/stand") == []


def test_a_photo_is_held_before_the_camera_and_a_text_is_none(page: Page, town: Town) -> None:
    door = FaceDoor(town)
    shown(page, town)
    text: Any = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    page.set_input_files("input[type=file]", text)
    expect(page.get_by_role("alert")).to_contain_text("这个文件不是图片")
    out = io.BytesIO()
    portrait(5, Pose(120)).save(out, "PNG")
    photo: Any = {"name": "a.png", "mimeType": "image/png", "buffer": out.getvalue()}
    page.set_input_files("input[type=file]", photo)
    expect(page.locator(".glass-eye canvas")).to_be_visible()
    assert sent(page, door, 2).startswith(JPEG)
    assert town.posted("/api/face/stand")[-1] == {"kind": "own", "who": "", "still": True}


# --- looks


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state(browser: Browser, town: Town, language: str, size: tuple[int, int]) -> None:
    wrong: list[str] = []
    door = FaceDoor(town, "absent")
    with sight(browser, size, reduced_motion="reduce", locale=LOCALES[language]) as seen:
        page = opened(seen, town)

        def look(name: str) -> None:
            wrong.extend(f"{name}: axe: {each}" for each in seen.axe())
            wrong.extend(f"{name}: small: {each}" for each in seen.small_targets(LEAST_TARGET_PX))
            wrong.extend(f"{name}: cut: {each}" for each in seen.overflowing())

        for state in ("absent", "off", "starting", "keys_elsewhere"):
            door.tell(state=state)
            look(state)
        door.tell(state="ready", standing={"kind": "drawn", "who": "elder", "still": True})
        door.see(track(reason="face_blurred"))
        expect(page.locator(".mark")).to_have_count(1)
        page.locator(".claim .button").first.click()
        expect(page.locator("[data-answered]")).to_be_visible()
        look("ready")
        door.tell(asked="left")
        page.locator(".face-desk .button").first.click()
        expect(page.locator("dialog")).to_be_visible()
        look("notice")
        page.keyboard.press("Escape")
        door.now["people"][0] |= {"consent": True, "photos": 3}
        door.tell(standing={"kind": "own", "who": "", "still": False})
        expect(page.locator(".elsewhere")).to_be_visible()
        look("another's camera")
        assert [each for each in seen.complaints if "Failed to load resource" not in each] == []
    assert wrong == []
