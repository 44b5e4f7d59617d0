"""Introducing a phone, losing its key, and where the page is open."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

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
    expect(field).to_have_attribute("inputmode", "numeric")
    expect(field).to_have_attribute("autocomplete", "one-time-code")
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
    expect(field).to_have_value("123456")


def test_a_linked_code_is_filled_in_and_leaves_the_address(hub: StubHub, visit: Opener) -> None:
    one = visit("/phone/#code=123456")
    expect(one.see("input[name=code]")).to_have_value("123456")
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
    expect(one.see(".wrong")).to_have_text(said)
    expect(one.see("input[name=code]")).to_have_value(typed)
    assert one.violations() == []


def test_a_used_code_is_explained(hub: StubHub, enrolled: Enrolled, visit: Opener) -> None:
    enrolled()
    other = visit("/phone/")
    other.see("input[name=code]").fill("123456")
    other.page.click("button[type=submit]")
    expect(other.see(".wrong")).to_contain_text("请向服务台要一个新的")


def test_a_code_survives_a_dead_network(hub: StubHub, visit: Opener) -> None:
    one = visit("/phone/")
    one.see("input[name=code]").fill("123456")
    hub.failing.add("/api/v1/phones")
    one.page.click("button[type=submit]")
    expect(one.see(".wrong")).to_contain_text("请看看网络")
    hub.failing.clear()
    one.page.click("button[type=submit]")
    one.see(".gate")


def test_a_lost_key_asks_for_one_new_code(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    one.page.evaluate(LOSE_KEY)
    hub.codes["654321"] = "p-shen"
    one.page.reload()
    expect(one.see("h1")).to_have_text("这部手机要重新认识一下")
    expect(one.see(".where-from")).to_contain_text("自助机")
    assert one.violations() == []
    one.page.fill("input[name=code]", "654321")
    one.page.click("button[type=submit]")
    one.see(".gate")


def test_a_stopped_phone_is_told_at_once(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    hub.revoked.update(hub.phones)
    # the bell's or an alert's own question may have been told first, and then the button is gone
    one.page.evaluate("() => document.querySelector('.gate')?.click()")
    one.page.get_by_role("heading", name="这部手机要重新认识一下").wait_for()
    expect(one.see(".lead")).to_contain_text("停用")
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
    expect(one.see("h1")).to_have_text("让大门认识这部手机")


def test_wechat_is_shown_the_way_out_and_still_works(hub: StubHub, visit: Opener) -> None:
    one = visit("/phone/#code=123456", user_agent=WECHAT)
    expect(one.see(".your-code")).to_contain_text("123 456")
    expect(one.see("h1")).to_have_text("先换到手机浏览器里打开")
    assert one.violations() == []
    one.page.get_by_role("button", name="就在这里登记").click()
    one.page.click("button[type=submit]")
    one.see(".gate").click()
    expect(one.see(".told h1")).to_have_text("门开了，请进")
    assert len(hub.moved) == 1
    one.page.get_by_role("button", name="好", exact=True).click()
    expect(one.see(".notice")).to_contain_text("在浏览器里打开")


def test_an_iphone_tab_is_asked_to_go_home_first(visit: Opener) -> None:
    one = visit("/phone/#code=123456", user_agent=IPHONE)
    expect(one.see("h1")).to_have_text("先把邻里放到桌面")
    expect(one.page.locator(".steps li")).to_have_count(3)
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
    expect(one.see(".door-name strong")).to_have_text("南大门")
    expect(one.see(".strip")).to_have_text("现在没有网络")
    expect(one.see(".old")).to_contain_text("上次")
    assert one.violations() == []
