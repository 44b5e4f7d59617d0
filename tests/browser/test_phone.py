"""Introducing a phone, losing its key, and where the page is open."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import Opener, Visit
from tests.browser.stubs import StubHub

Enrolled = Callable[..., Visit]

WECHAT = (
    "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.50 WeChat/arm64"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
)
LOSE_KEY = "() => new Promise(done => { indexedDB.deleteDatabase('linli').onsuccess = done; })"


def test_a_code_introduces_the_phone(hub: StubHub, visit: Opener) -> None:
    one = visit("/phone/")
    field = one.see("input[name=code]")
    assert field.get_attribute("inputmode") == "numeric"
    assert field.get_attribute("autocomplete") == "one-time-code"
    field.fill("123456")
    one.page.click("button[type=submit]")
    one.see(".gate")
    assert [phone["label"] for phone in hub.phones.values()] == ["我的手机"]


def test_the_key_stays_and_cannot_be_read_out(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    read_out = """() => new Promise(done => {
      const asked = indexedDB.open("linli");
      asked.onsuccess = () => {
        const kept = asked.result.transaction("keys").objectStore("keys").get("phone");
        kept.onsuccess = () => crypto.subtle.exportKey("pkcs8", kept.result.pair.privateKey)
          .then(() => done("read out"), (error) => done(error.name));
      };
    })"""
    assert one.page.evaluate(read_out) == "InvalidAccessError"
    one.page.reload()
    one.see(".gate")
    assert len(hub.phones) == 1


def test_a_pasted_code_keeps_only_its_digits(enrolled: Enrolled, visit: Opener) -> None:
    one = visit("/phone/")
    field = one.see("input[name=code]")
    field.focus()
    one.page.keyboard.insert_text("号码：１２３ 4-5 6。")
    assert field.input_value() == "123456"


def test_a_linked_code_is_filled_in_and_leaves_the_address(hub: StubHub, visit: Opener) -> None:
    one = visit("/phone/#code=123456")
    assert one.see("input[name=code]").input_value() == "123456"
    assert "123456" not in one.page.url
    one.page.click("button[type=submit]")
    one.see(".gate")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("12345", "号码是六个数字，请再看一下。"),
        ("999999", "这个号码不对或已经过期。请向服务台要一个新的。"),
    ],
)
def test_a_wrong_code_is_explained(visit: Opener, typed: str, said: str) -> None:
    one = visit("/phone/")
    one.see("input[name=code]").fill(typed)
    one.page.click("button[type=submit]")
    assert one.see(".wrong").inner_text() == said
    assert one.see("input[name=code]").input_value() == typed
    assert one.violations() == []


def test_a_used_code_is_explained(hub: StubHub, enrolled: Enrolled, visit: Opener) -> None:
    enrolled()
    other = visit("/phone/")
    other.see("input[name=code]").fill("123456")
    other.page.click("button[type=submit]")
    assert "请向服务台要一个新的" in other.see(".wrong").inner_text()


def test_a_code_survives_a_dead_network(hub: StubHub, visit: Opener) -> None:
    one = visit("/phone/")
    one.see("input[name=code]").fill("123456")
    hub.failing.add("/api/v1/phones")
    one.page.click("button[type=submit]")
    assert "请看看网络" in one.see(".wrong").inner_text()
    hub.failing.clear()
    one.page.click("button[type=submit]")
    one.see(".gate")


def test_a_lost_key_asks_for_one_new_code(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    one.page.evaluate(LOSE_KEY)
    hub.codes["654321"] = "p-shen"
    one.page.reload()
    assert one.see("h1").inner_text() == "这部手机要重新认识一下"
    assert "自助机" in one.see(".where-from").inner_text()
    assert one.violations() == []
    one.page.fill("input[name=code]", "654321")
    one.page.click("button[type=submit]")
    one.see(".gate")


def test_a_stopped_phone_is_told_at_once(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    hub.revoked.update(hub.phones)
    one.page.click(".gate")
    one.page.get_by_role("heading", name="这部手机要重新认识一下").wait_for()
    assert "停用" in one.see(".lead").inner_text()
    assert hub.moved == []


def test_forgetting_takes_the_key_from_both_ends(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    one.page.click(".top .button")
    one.page.get_by_role("button", name="不再用这部手机开门").click()
    assert one.violations() == []
    one.page.get_by_role("button", name="删掉钥匙").click()
    one.see("input[name=code]")
    assert hub.phones == {}
    one.page.reload()
    assert one.see("h1").inner_text() == "让大门认识这部手机"


def test_wechat_is_shown_the_way_out_and_still_works(hub: StubHub, visit: Opener) -> None:
    one = visit("/phone/#code=123456", user_agent=WECHAT)
    assert "123 456" in one.see(".your-code").inner_text()
    assert one.see("h1").inner_text() == "先换到手机浏览器里打开"
    assert one.violations() == []
    one.page.get_by_role("button", name="就在这里登记").click()
    one.page.click("button[type=submit]")
    one.see(".gate").click()
    assert one.see(".told h1").inner_text() == "门开了，请进"
    assert len(hub.moved) == 1
    one.page.get_by_role("button", name="好", exact=True).click()
    assert "在浏览器里打开" in one.see(".notice").inner_text()


def test_an_iphone_tab_is_asked_to_go_home_first(visit: Opener) -> None:
    one = visit("/phone/#code=123456", user_agent=IPHONE)
    assert one.see("h1").inner_text() == "先把邻里放到桌面"
    assert one.page.locator(".steps li").count() == 3
    assert one.violations() == []


def test_it_can_be_installed_and_starts_without_a_network(
    hub: StubHub, enrolled: Enrolled, address: str
) -> None:
    one = enrolled()
    manifest = one.context.request.get(f"{address}/phone/manifest.webmanifest").json()
    for icon in manifest["icons"]:
        assert one.context.request.get(address + icon["src"]).ok
    one.page.evaluate("() => navigator.serviceWorker.ready.then(() => 0)")
    one.context.set_offline(True)
    one.page.reload()
    assert one.see(".door-name strong").inner_text() == "南大门"
    assert one.see(".strip").inner_text() == "现在没有网络"
    assert "上次" in one.see(".old").inner_text()
    assert one.violations() == []
