"""Import, letters and the desk in the console; new phones and letter codes on the phone page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Opener, Visit
from tests.browser.stub_onboarding import COUNTS, LOOK, an_import
from tests.browser.stubs import StubHub, now, stamp
from tests.browser.test_console import PASSWORD, sign_in

FILE: Any = {"name": "一期住户.xlsx", "mimeType": "application/octet-stream", "buffer": b"PK"}
LANGUAGES = ("zh-Hans", "zh-Hant", "en")
Console = Callable[..., Visit]


@pytest.fixture
def console(hub: StubHub, visit: Opener) -> Console:
    """A section of the console, signed in."""
    hub.staff["周敏"] = PASSWORD

    def start(section: str, **options: Any) -> Visit:
        one = visit(f"/console/#/{section}", **{"view": DESK, **options})
        sign_in(one)
        one.see(f"main[data-section={section}] h1")
        return one

    return start


# --- import


def test_a_sheet_is_looked_at_applied_and_undone(console: Console, hub: StubHub) -> None:
    hub.look = LOOK
    one = console("import")
    one.see(".drop")
    one.page.get_by_text("还没有导入过").wait_for()
    assert one.violations() == []
    one.page.set_input_files("input[type=file]", FILE)
    shown = one.see("[data-preview]")
    counted = [str(COUNTS[name]) for name in ("new", "changed", "same", "error")]
    expect(one.page.locator(".counts dd")).to_have_text(counted)
    expect(shown).to_contain_text("末几位被表格软件丢掉了")
    expect(shown).to_contain_text("南大门")
    expect(shown).to_contain_text("备注")
    assert one.violations() == []
    assert hub.imports == []  # looking applies nothing
    one.page.get_by_role("button", name="写入 1204 处").click()
    one.see("[data-import][data-state=applying] progress")
    one.see("[data-import][data-state=applied]")
    assert one.violations() == []
    one.page.get_by_role("button", name="撤销").click()
    one.see("dialog")
    assert one.violations() == []
    one.page.locator("dialog").get_by_role("button", name="撤销").click()
    one.see("[data-import][data-state=undone]")


def test_what_came_later_is_named(console: Console, hub: StubHub) -> None:
    hub.imports = [an_import()]
    hub.later = [{"table": "people", "what": "沈桂芳", "column": "name"},
                 {"table": "people", "what": "陈静", "column": ""}]  # fmt: skip
    one = console("import")
    one.page.get_by_role("button", name="撤销").click()
    one.page.locator("dialog").get_by_role("button", name="撤销").click()
    told = one.see(".later")
    expect(told).to_contain_text("沈桂芳")
    expect(told).to_contain_text("已经有别的记录")
    one.see("[data-import][data-state=applied]")


def test_a_file_that_cannot_be_read_is_explained(
    console: Console, hub: StubHub, tmp_path: Path
) -> None:
    hub.look = "sheet_macros"
    one = console("import")
    one.page.set_input_files("input[type=file]", FILE)
    expect(one.see(".notice")).to_contain_text("带宏")
    one.see(".drop")
    large = tmp_path / "large.xlsx"
    large.write_bytes(b"x" * (20 * 1024 * 1024 + 1))
    asked = len(hub.asked)
    one.page.set_input_files("input[type=file]", large)
    one.page.get_by_text("20 MB").wait_for()
    assert "POST /api/v1/imports" not in hub.asked[asked:]  # not even sent


def test_a_list_that_does_not_come_can_be_asked_again(console: Console, hub: StubHub) -> None:
    hub.failing.add("/api/v1/imports")
    one = console("import")
    one.see(".blank[role=alert]")
    hub.failing.clear()
    one.page.locator(".blank[role=alert] button").click()
    one.page.get_by_text("还没有导入过").wait_for()


def test_letters_come_as_a_download(console: Console, hub: StubHub) -> None:
    one = console("import")
    one.see("input[name=building]").fill("1")
    with one.page.expect_download() as told:
        one.page.get_by_role("button", name="生成 PDF").click()
    assert told.value.suggested_filename == "linli-letters.pdf"
    one.page.get_by_text("打印后请删掉").wait_for()


@pytest.mark.parametrize("language", LANGUAGES)
def test_import_in_three_languages_and_on_a_phone(
    console: Console, hub: StubHub, language: str
) -> None:
    hub.look = LOOK
    hub.imports = [an_import(), an_import(id="i-2", state="failed", done=3)]
    one = console("import", language=language, view=PHONE)
    one.page.set_input_files("input[type=file]", FILE)
    one.see("[data-preview]")
    wide = "() => document.documentElement.scrollWidth <= innerWidth"
    assert one.page.evaluate(wide)
    assert one.violations() == []


# --- the desk


def test_the_desk_shows_a_code_hears_the_phone_and_goes_on(console: Console, hub: StubHub) -> None:
    one = console("desk")
    expect(one.see("input[name=find]")).to_be_focused()
    one.page.keyboard.insert_text("沈")
    one.page.keyboard.press("Enter")
    one.see("[data-person=p-shen] button").click()
    one.see("[data-waiting=p-shen] .qr path")
    (code,) = [each for each in hub.codes if each != "123456"]
    assert one.see(".code").inner_text().replace(" ", "") == code
    assert one.violations() == []
    hub.say("phone", {"id": "ph-9", "person": "p-chen-1", "label": "别人的"})
    hub.say("phone", {"id": "ph-1", "person": "p-shen", "label": "苹果手机"})
    done = one.see("[data-done=p-shen]")
    expect(done).to_contain_text("苹果手机")
    assert one.violations() == []
    one.page.get_by_role("button", name="下一位").click()
    expect(one.see("input[name=find]")).to_have_value("")


def test_nobody_found_at_the_desk(console: Console) -> None:
    one = console("desk", language="en")
    one.see("input[name=find]").fill("nobody")
    one.page.keyboard.press("Enter")
    one.page.get_by_text("No such resident").wait_for()
    assert one.violations() == []


# --- the phone


def newcomer() -> dict[str, Any]:
    return {"id": "ph-7", "label": "安卓手机", "enrolled_at": stamp(now()),
            "person": {"name": "郑海燕"}, "paused_at": None}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_phone_at_home_is_told_and_can_be_stopped(
    enrolled: Callable[..., Visit], hub: StubHub, language: str
) -> None:
    hub.newcomers = [newcomer()]
    one = enrolled(language=language)
    told = one.see(".newcomer")
    expect(told).to_contain_text("郑海燕")
    expect(told).to_contain_text("安卓手机")
    assert one.violations() == []
    one.page.locator(".newcomer button").last.click()
    assert hub.newcomers != []  # asked once more first
    one.see(".newcomer button[data-look=grave]").click()
    one.page.locator(".newcomer").wait_for(state="detached")
    assert hub.newcomers == []


def test_a_phone_that_is_ours_is_told_once(enrolled: Callable[..., Visit], hub: StubHub) -> None:
    hub.newcomers = [newcomer()]
    one = enrolled()
    one.see(".newcomer")
    one.page.get_by_role("button", name="是自己家的").click()
    one.page.locator(".newcomer").wait_for(state="detached")
    with one.page.expect_response("**/household/phones"):
        one.page.reload()
    one.see(".gate")
    expect(one.page.locator(".newcomer")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_a_phone_that_a_lost_card_paused_goes_on_with_one_tap(
    enrolled: Callable[..., Visit], hub: StubHub, language: str
) -> None:
    hub.newcomers = [newcomer() | {"paused_at": newcomer()["enrolled_at"]}]
    one = enrolled(language=language)
    told = one.see(".newcomer")
    assert {"zh-Hans": "报失", "zh-Hant": "報失", "en": "lost"}[language] in told.inner_text()
    assert one.violations() == []
    one.page.locator(".newcomer button").first.click()
    one.page.locator(".newcomer").wait_for(state="detached")
    assert [each["paused_at"] for each in hub.newcomers] == [None]


def test_a_paused_phone_that_nobody_knows_is_ended(
    enrolled: Callable[..., Visit], hub: StubHub
) -> None:
    hub.newcomers = [newcomer() | {"paused_at": newcomer()["enrolled_at"]}]
    one = enrolled()
    one.see(".newcomer")
    one.page.locator(".newcomer button").last.click()
    one.see(".newcomer button[data-look=grave]").click()
    one.page.locator(".newcomer").wait_for(state="detached")
    assert hub.newcomers == []


def test_a_letter_introduces_by_link_and_by_hand(visit: Opener, hub: StubHub) -> None:
    code = "ACDEFGHJKMNP"
    hub.codes[code] = "p-shen"
    linked = visit(f"/phone/#code={code}")
    expect(linked.see("input[name=code]")).to_have_value("ACDE-FGHJ-KMNP")
    assert linked.violations() == []
    one = visit("/phone/")
    one.see("input[name=code]")
    one.page.get_by_role("button", name="我有一封信").click()
    one.page.fill("input[name=code]", "acde fghj")
    one.page.click("button[type=submit]")
    expect(one.see(".wrong")).to_contain_text("十二位")
    one.page.fill("input[name=code]", "acde-fghj-kmnp")
    assert one.violations() == []
    one.page.click("button[type=submit]")
    one.see(".gate")
