"""Faces in the console and on the phone: the notice first, one tap to end, no number to climb."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Opener, Visit
from tests.browser.stub_faces import CONSENT, Faces, a_camera, a_face, of, some_faces
from tests.browser.stubs import StubHub

LANGUAGES = ("zh-Hans", "zh-Hant", "en")
TABLET = {"width": 820, "height": 1180}
PHOTO: Any = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8photo"}


@pytest.fixture
def faces(hub: StubHub) -> Faces:
    hub.staff["老王"] = "correct horse battery"
    hub.sessions.add("s")
    of(hub).one = a_face()
    return of(hub)


@pytest.fixture
def desk(visit: Opener, faces: Faces, address: str) -> Callable[..., Visit]:
    """The page Faces, signed in."""

    def start(**options: Any) -> Visit:
        one = visit("/console/", **{"view": DESK, **options})
        one.context.add_cookies([{"name": "linli_session", "value": "s", "url": address}])
        one.go("/console/#/faces")
        one.page.reload()
        one.see("[data-section=faces] h1")
        return one

    return start


def open_person(one: Visit) -> None:
    one.see("[data-person-desk] input[name=query]").fill("沈")
    one.page.keyboard.press("Enter")
    one.page.locator("[data-person] button").first.click()
    one.see("[data-face]")


def test_the_notice_comes_first_then_photos_then_one_tap_ends_it(desk: Any, faces: Faces) -> None:
    one = desk()
    open_person(one)
    sheet = one.see("[data-face]")
    sheet.get_by_text("不同意也一样进门，随时可以撤回。").wait_for()
    assert sheet.locator("input[type=file]").count() == 0  # no photo before a consent
    assert one.violations() == []
    sheet.get_by_role("button", name="已经读过，同意").click()
    sheet.get_by_text("最好分三天拍").wait_for()
    assert faces.asked == [
        {"notice": "1", "language": "zh-Hans", "guardian": None, "turns_14_on": None}
    ]
    assert one.violations() == []
    faces.refuses = "face_dark"
    one.page.set_input_files("input[type=file]", PHOTO)
    sheet.get_by_text("太暗了，请到亮一点的地方。").wait_for()
    faces.refuses = None
    one.page.set_input_files("input[type=file]", PHOTO)
    one.see("[data-photos='1']")
    assert faces.photos == [len(PHOTO["buffer"])]
    sheet.get_by_text("收下了，照片已经丢掉。").wait_for()
    sheet.get_by_role("radio", name="去世了").check()
    sheet.get_by_role("button", name="撤回并删除").click()
    sheet.get_by_text("已删除，谁也恢复不了。").wait_for()
    assert faces.asked[-1] == {"reason": "died"}


def test_a_camera_takes_the_photo_or_says_that_there_is_none(desk: Any, faces: Faces) -> None:
    faces.one = a_face(consent=CONSENT, missing=["photos", "days"])
    one = desk()
    open_person(one)
    one.page.get_by_role("button", name="打开摄像头").click()
    one.page.get_by_text("摄像头打不开，请选一张照片。").wait_for()  # this browser has none
    one.page.evaluate(
        """() => {
          const canvas = document.createElement("canvas");
          [canvas.width, canvas.height] = [320, 240];
          const pen = canvas.getContext("2d");
          setInterval(() => pen.fillRect(0, 0, 320, 240), 50);
          const stream = canvas.captureStream(20);
          window.tracks = stream.getTracks();
          navigator.mediaDevices.getUserMedia = () => Promise.resolve(stream);
        }"""
    )
    one.page.get_by_role("button", name="打开摄像头").click()
    one.page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
    assert one.violations() == []
    one.page.get_by_role("button", name="拍一张").click()
    one.see("[data-photos='1']")
    assert faces.photos[0] > 100
    one.page.get_by_role("button", name="关摄像头").click()
    one.page.wait_for_function("() => window.tracks.every(each => each.readyState === 'ended')")


def test_a_child_needs_a_guardian_of_the_home(desk: Any, hub: StubHub, faces: Faces) -> None:
    one = desk()
    open_person(one)
    sheet = one.see("[data-face]")
    sheet.get_by_role("radio", name="未满十四岁，监护人同意").check()
    agree = sheet.get_by_role("button", name="已经读过，同意")
    one.see("input[name=turns14]").fill("2030-05-01")
    assert agree.is_disabled()
    one.see("input[name=guardian]").fill("郑海燕")
    sheet.get_by_role("button", name="查找").click()
    sheet.get_by_role("radio", name="郑海燕").check()
    agree.click()
    sheet.get_by_text("还没有照片").wait_for()
    assert faces.asked[0]["turns_14_on"] == "2030-05-01"
    assert faces.asked[0]["guardian"] == "p-zheng"


def test_what_was_measured_is_drawn_and_named(desk: Any, faces: Faces) -> None:
    one = desk()
    audit = one.see("[data-audit]")
    told = audit.inner_text()
    assert "212 人互相比过" in told
    assert "12 %" in told
    assert "0.60 %" in told
    assert "按本小区的实测，只靠人脸不够准。" in told
    assert "沈桂芳 和 沈桂兰" in one.see("[data-look-alikes]").inner_text()
    drawn = [path.get_attribute("d") or "" for path in audit.locator("figure path").all()]
    assert len(drawn) == 4
    assert all(path.startswith("M") for path in drawn)
    assert one.violations() == []


def test_a_door_is_set_and_one_without_another_way_cannot_be(desk: Any, faces: Faces) -> None:
    one = desk()
    doors = one.see("[data-face-doors]")
    first, second, bare = (each["door"] for each in faces.shown["doors"])
    assert "实测合格（40 人）" in one.see(f"[data-door='{second}']").inner_text()
    assert doors.locator(f"[data-door='{bare}'] input").count() == 0
    assert "没有别的办法，不能用人脸" in one.see(f"[data-door='{bare}']").inner_text()
    one.see(f"[data-door='{first}']").get_by_role("radio", name="只看脸也开").check()
    one.see(f"[data-door='{first}'] .status[data-tone=wait]")
    assert faces.shown["doors"][0]["mode"] == "alone"


def test_the_assessment_is_written_before_anything_else(desk: Any, faces: Faces) -> None:
    faces.shown = some_faces(state="off", assessment=None, audit=None, doors=[], consents=0)
    one = desk()
    assert one.see("[data-state=off]").is_visible()
    assert one.page.locator("[data-person-desk]").count() == 0
    assert one.violations() == []
    for name in ("controller", "contact", "purpose", "assessed_by"):
        one.page.fill(f"input[name={name}]", f"写明 {name}")
    for name in ("necessity", "measures"):
        one.page.fill(f"textarea[name={name}]", f"写明 {name}")
    one.page.get_by_role("button", name="保存").click()
    one.see("[data-assessment=true]")
    one.see("[data-person-desk]")
    assert faces.asked[0]["strangers"] == pytest.approx(0.01)
    assert faces.asked[0]["purpose"] == "写明 purpose"


@pytest.mark.parametrize(
    ("state", "more", "told"),
    [
        ("absent", {"missing": ["numpy"]}, "没有装人脸模块（缺 numpy）"),
        ("keys_elsewhere", {}, "人脸密钥不在这台主机上"),
        ("starting", {}, "正在启动"),
    ],
)
def test_what_is_missing_is_said(
    desk: Any, faces: Faces, state: str, more: dict[str, Any], told: str
) -> None:
    faces.shown = some_faces(state=state, **more)
    one = desk()
    assert told in one.see(f"[data-state={state}]").inner_text()
    assert one.page.locator("[data-person-desk]").count() == 0


def test_a_camera_that_nobody_looks_at_is_named(desk: Any, faces: Faces) -> None:
    faces.shown = some_faces(
        cameras=[
            a_camera("hall"),
            a_camera("yard", state="silent", reason="camera_broken"),
            a_camera("old", door="d-9", door_name=None, state="door_unknown"),
        ]
    )
    one = desk()
    expect(one.see("[data-camera=hall] .status")).to_have_text("画面正常")
    expect(one.see("[data-camera=yard] .status")).to_have_text("摄像头的画面读不出来。")
    lost = one.see("[data-camera=old] .status")
    expect(lost).to_contain_text("没有“d-9”这扇门")
    expect(lost).to_have_attribute("data-tone", "grave")
    faces.shown = some_faces(cameras=[])
    one.page.reload()
    expect(one.see("[data-face-cameras]")).to_contain_text("还没有摄像头")


def test_the_filing_is_warned_of(desk: Any, faces: Faces) -> None:
    near = {"people": 81_000, "state": "near", "near_from": 80_000, "due_from": 100_000,
            "working_days": 30}  # fmt: skip
    faces.shown = some_faces(filing=near)
    one = desk()
    one.page.get_by_text("已有 81000 人，快到 100000 人了。").wait_for()


def test_news_are_shown_and_a_failure_can_be_tried_again(
    desk: Any, hub: StubHub, faces: Faces
) -> None:
    hub.failing.add("/api/v1/faces")
    one = desk()
    again = one.page.get_by_role("button", name="再试一次")
    again.wait_for()
    hub.failing.clear()
    again.click()
    one.see("[data-audit]")
    while hub.streams() == 0:
        one.page.wait_for_timeout(20)
    faces.shown = some_faces(consents=231)
    hub.say("face", {})
    one.see(".face-counts").get_by_text("231").wait_for()


@pytest.mark.parametrize("view", [DESK, TABLET, PHONE])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_in_every_language_and_width(
    desk: Any, faces: Faces, language: str, view: dict[str, int]
) -> None:
    one = desk(language=language, view=view)
    one.see("[data-audit]")
    wide = one.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    assert one.violations() == []


# --- on the phone


MATCHES = [
    {"at": "2026-11-26T03:20:00.000Z", "door": {"zh-Hans": "南大门", "zh-Hant": "南大門",
     "en": "South gate"}, "way": "claim", "known": True, "reason": None},
]  # fmt: skip
KEPT = a_face(
    consent=CONSENT, photos=[{"day": "2026-11-25", "quality": "clear"}], matches=MATCHES,
    missing=["photos", "days"],
)  # fmt: skip


def test_a_resident_agrees_and_withdraws_in_one_tap(enrolled: Any, faces: Faces) -> None:
    one = enrolled()
    one.page.get_by_role("button", name="设置").click()
    mine = one.see("[data-my-face]")
    mine.get_by_role("button", name="想刷脸开门").click()
    one.see("[data-notice]").get_by_text("不同意也一样进门，随时可以撤回。").wait_for()
    assert one.violations() == []
    assert faces.asked == []  # reading is no agreeing
    mine.get_by_role("button", name="读过了，本人满十四岁，同意").click()
    mine.get_by_text("还没有照片，请到服务台拍。").wait_for()
    assert faces.asked == [{"notice": "1", "language": "zh-Hans"}]
    mine.get_by_role("button", name="撤回并删除").click()
    mine.get_by_text("已删除，谁也恢复不了。").wait_for()
    assert faces.one["consent"] is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_kept_is_shown_to_whom_it_belongs(
    enrolled: Any, faces: Faces, language: str
) -> None:
    faces.one = KEPT
    one = enrolled(language=language)
    settings = {"zh-Hans": "设置", "zh-Hant": "設定", "en": "Settings"}[language]
    one.page.get_by_role("button", name=settings).click()
    mine = one.see("[data-my-face]")
    one.see("[data-matches='1']")
    text = mine.inner_text()
    assert "2026-11-25" in text
    assert str(MATCHES[0]["door"][language]) in text  # type: ignore[index]
    assert one.violations() == []


def test_a_lost_network_withdraws_nothing_and_says_so(
    enrolled: Any, hub: StubHub, faces: Faces
) -> None:
    faces.one = KEPT
    one = enrolled()
    one.page.get_by_role("button", name="设置").click()
    mine = one.see("[data-my-face]")
    end = mine.get_by_role("button", name="撤回并删除")
    end.wait_for()
    hub.failing.add("/api/v1/me/face")
    end.click()
    one.see("[data-my-face] .notice[data-tone=mind]")
    assert faces.one["consent"] is not None
    hub.failing.clear()
    end.click()
    mine.get_by_text("已删除，谁也恢复不了。").wait_for()


def test_where_faces_are_off_nothing_is_said_of_them(enrolled: Any, hub: StubHub) -> None:
    one = enrolled()
    with one.page.expect_response(lambda answer: answer.url.endswith("/me/face")):
        one.page.get_by_role("button", name="设置").click()
    one.page.locator("[data-my-face]").wait_for(state="detached")
