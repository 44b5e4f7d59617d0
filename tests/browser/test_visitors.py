"""Visitors on the phone, the visitor's own page, and the bell."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from playwright.sync_api import expect

from devices.passes import Pass, verify
from tests.browser.conftest import ROOT, Opener, Visit
from tests.browser.stub_visitors import SIGNER, a_visit, ring
from tests.browser.stubs import StubHub
from tests.browser.test_phone_looks import ELDER, LANGUAGES, SMALL, looks

Enrolled = Callable[..., Visit]
JSQR = ROOT / "node_modules" / "jsqr" / "dist" / "jsQR.js"
PEOPLE = ".foot .button[aria-haspopup=dialog]"
NO_SHARE = "delete Navigator.prototype.share"
SHARES = """
  Object.defineProperty(Navigator.prototype, "share", {configurable: true, value(what) {
    globalThis.shared = what; return Promise.resolve();
  }});"""


def key_of(kid: str) -> Ed25519PublicKey:
    assert kid == "pass-1"
    return SIGNER.key.public_key()


def read(text: str) -> Pass:
    visit = verify(text, "liuxi", key_of)
    assert isinstance(visit, Pass)
    return visit


def open_visitors(one: Visit) -> None:
    one.page.click(PEOPLE)
    one.see("dialog[open]")


def begin(one: Visit) -> None:
    open_visitors(one)
    one.page.locator("dialog .button[data-look=main]").click()
    one.see(".invite")


def make(one: Visit) -> None:
    one.page.click(".invite button[type=submit]")
    one.see(".visit .qr[aria-busy=false]")


def shared_address(one: Visit) -> str:
    one.page.locator(".visit .button[data-look=main]").click()
    shared: dict[str, str] = one.page.evaluate("() => globalThis.shared")
    return shared["url"]


def test_three_answers_are_there_already(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled(before=SHARES)
    begin(one)
    make(one)
    (made,) = hub.visits
    assert made["label"] == "亲友"
    assert [door["id"] for door in made["doors"]] == ["gate-south", "b1-u2"]
    ends = datetime.fromisoformat(made["ends"]) - datetime.now(UTC)
    assert timedelta(minutes=118) < ends <= timedelta(minutes=121)
    address = shared_address(one)
    assert address.startswith(one.address + "/visit/#")
    assert read(address).id == read(made["text"]).id


def test_another_time_and_name_of_ones_own(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled(before=SHARES, timezone_id="Europe/London")
    begin(one)
    one.page.get_by_role("radio", name="别的").check()
    one.page.fill("input[name=nickname]", "王师傅")
    one.page.get_by_role("radio", name="另选时间").check()
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date()
    one.page.fill("input[name=day]", tomorrow.isoformat())
    one.page.fill("input[name=from]", "22:00")
    one.page.fill("input[name=to]", "01:30")
    one.page.get_by_role("checkbox", name="南大门").uncheck()
    make(one)
    (made,) = hub.visits
    assert made["label"] == "王师傅"
    assert [door["id"] for door in made["doors"]] == ["b1-u2"]
    begins, ends = (datetime.fromisoformat(made[name]) for name in ("begins", "ends"))
    assert begins == datetime(tomorrow.year, tomorrow.month, tomorrow.day, 14, tzinfo=UTC)
    assert ends - begins == timedelta(hours=3, minutes=30)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda page: page.get_by_role("radio", name="别的").check(), "请写一个称呼"),
        (
            lambda page: [page.get_by_role("checkbox", name=name).uncheck()
                          for name in ("南大门", "1幢2单元")],
            "请选一扇门",
        ),
        (
            lambda page: [page.get_by_role("radio", name="另选时间").check(),
                          page.fill("input[name=day]", "2020-01-01")],
            "请看看时间",
        ),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(
    hub: StubHub, enrolled: Enrolled, spoil: Callable[[Any], Any], said: str
) -> None:
    one = enrolled()
    begin(one)
    spoil(one.page)
    one.page.click(".invite button[type=submit]")
    expect(one.see(".invite .notice")).to_contain_text(said)
    assert hub.visits == []


def test_no_more_than_four_doors(hub: StubHub, enrolled: Enrolled) -> None:
    hub.door_ids = ["gate-south", "gate-north", "b1-u1", "b1-u2", "b2-u1", "hall"]
    one = enrolled()
    begin(one)
    boxes = one.page.locator("input[name=door]")
    expect(boxes).to_have_count(6)
    expect(one.page.locator("input[name=door]:checked")).to_have_count(3)  # gates and entrance
    boxes.nth(4).check()
    expect(one.page.locator("input[name=door]:disabled")).to_have_count(2)


def test_only_doors_with_a_scanner_are_offered(hub: StubHub, enrolled: Enrolled) -> None:
    hub.scannerless = ("gate-south",)
    one = enrolled()
    begin(one)
    offered = [box.get_attribute("value") for box in one.page.locator("input[name=door]").all()]
    assert "gate-south" not in offered
    assert set(offered) == set(hub.door_ids) - {"gate-south"}
    make(one)
    assert "gate-south" not in {door["id"] for door in hub.visits[0]["doors"]}


def test_where_no_door_reads_a_pass_the_bell_is_named(hub: StubHub, enrolled: Enrolled) -> None:
    hub.scannerless = tuple(hub.door_ids)
    one = enrolled()
    open_visitors(one)
    expect(one.see("dialog[open]")).to_contain_text("您家的门不收访客码")
    assert one.page.get_by_role("button", name="做一个访客码").count() == 0


def test_too_many_passes_is_told_in_words(hub: StubHub, enrolled: Enrolled) -> None:
    hub.refuse_visits = "passes_many"
    one = enrolled()
    begin(one)
    one.page.click(".invite button[type=submit]")
    expect(one.see(".invite .notice")).to_contain_text("邀请已经够多了")


def test_without_a_share_sheet_the_link_is_copied(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled(before=NO_SHARE, permissions=["clipboard-read", "clipboard-write"])
    begin(one)
    make(one)
    one.page.locator(".visit .button[data-look=main]").click()
    expect(one.see(".visit .notice")).to_contain_text("已复制")
    copied = one.page.evaluate("() => navigator.clipboard.readText()")
    assert read(copied).host == "p-shen"


def test_who_came_and_who_did_not(hub: StubHub, enrolled: Enrolled) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    hence = yesterday + timedelta(hours=2)
    came = [{"door": "b1-u2", "at": f"{datetime.now(UTC):%Y-%m-%dT}06:03:00.000Z"}]
    hub.visits = [
        a_visit(hub, "快递", ["b1-u2"], came=came, state="came"),
        a_visit(hub, "表弟", ["b1-u2"]),
        a_visit(hub, "水工", ["b1-u2"], begins=yesterday, ends=hence, state="over", text=None),
        a_visit(hub, "老李", ["b1-u2"], state="revoked", text=None),
    ]
    one = enrolled()
    open_visitors(one)
    one.see(".visits")
    said = ["14:03 来了", "还没来", "过期了，没有来", "已取消"]
    expect(one.page.locator(".visits li")).to_contain_text(said)
    one.page.locator(".visits button").first.click()
    expect(one.see(".visit .facts")).to_contain_text("14:03 1幢2单元")


def test_a_pass_is_taken_back(hub: StubHub, enrolled: Enrolled) -> None:
    hub.visits = [a_visit(hub, "快递", ["b1-u2"])]
    one = enrolled()
    open_visitors(one)
    one.page.locator(".visits button").click()
    one.page.get_by_role("button", name="取消这个访客码").click()
    assert hub.visits[0]["state"] == "expected"
    one.page.get_by_role("button", name="取消它").click()
    expect(one.see(".visits li")).to_contain_text("已取消")
    one.page.locator(".visits button").click()
    expect(one.page.locator(".visit .qr")).to_have_count(0)


def test_a_list_that_cannot_be_read_says_so_and_tries_again(
    hub: StubHub, enrolled: Enrolled
) -> None:
    one = enrolled()
    hub.failing.add("/api/v1/me/visits")
    open_visitors(one)
    one.see("dialog .blank[role=alert]")
    hub.failing.clear()
    one.page.get_by_role("button", name="再试一次").click()
    expect(one.see("dialog .blank")).to_contain_text("还没有访客码")


# --- the visitor's own page


def link(hub: StubHub, **changes: Any) -> str:
    """The address that a host's phone would send."""
    made = a_visit(hub, "x", ["gate-south", "b1-u2"], **changes)
    shown = {
        "site": hub.site()["name"],
        "doors": [door["name"] for door in made["doors"]],
        "zone": "Asia/Shanghai",
    }
    told = base64.urlsafe_b64encode(json.dumps(shown).encode()).rstrip(b"=").decode()
    return f"/visit/#{made['text']}.{told}"


def scanned(one: Visit) -> str:
    """What a camera reads from the picture of the code as it stands on the page."""
    picture = base64.b64encode(one.page.locator(".plate .qr").screenshot()).decode()
    one.page.evaluate(JSQR.read_text(encoding="utf-8"))
    found: str = one.page.evaluate(
        """async (picture) => {
          const bytes = Uint8Array.from(atob(picture), (each) => each.charCodeAt(0));
          const bitmap = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
          const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
          const context = canvas.getContext("2d");
          context.drawImage(bitmap, 0, 0);
          const {data, width, height} = context.getImageData(0, 0, bitmap.width, bitmap.height);
          return jsQR(data, width, height)?.data ?? "";
        }""",
        picture,
    )
    return found


def test_the_code_is_large_and_says_which_doors_and_when(hub: StubHub, visit: Opener) -> None:
    path = link(hub)
    one = visit(path)
    one.see(".plate .qr[aria-busy=false]")
    for said in ("南大门", "1幢2单元", "今天"):
        expect(one.see(".facts")).to_contain_text(said)
    side = one.page.locator(".plate .qr").bounding_box()
    assert side is not None
    assert min(side["width"], side["height"]) >= 280
    assert scanned(one) == path.partition("#")[2].partition(".")[0]


def test_nothing_of_the_pass_goes_to_the_server(hub: StubHub, visit: Opener) -> None:
    path = link(hub)
    sent: list[str] = []
    one = visit("/visit/")
    one.page.on("request", lambda request: sent.append(f"{request.url} {request.headers}"))
    one.go(path)
    one.page.reload()
    one.see(".plate .qr[aria-busy=false]")
    text = path.partition("#")[2].partition(".")[0]
    assert sent != []
    # a browser tells its tools the fragment too; what leaves it is what the server was asked
    assert not any(text in asked for asked in hub.asked)
    assert all("/api/" not in asked for asked in hub.asked)


def test_it_works_without_a_network_once_loaded(hub: StubHub, visit: Opener) -> None:
    one = visit(link(hub))
    one.see(".plate .qr[aria-busy=false]")
    one.page.evaluate("() => navigator.serviceWorker.ready.then(() => 0)")
    one.context.set_offline(True)
    one.page.reload()
    one.see(".plate .qr[aria-busy=false]")
    expect(one.see(".facts")).to_contain_text("南大门")


@pytest.mark.parametrize("language", LANGUAGES)
def test_early_over_and_broken_are_said_in_every_language(
    hub: StubHub, visit: Opener, language: str
) -> None:
    said = {"zh-Hans": ("还没到时间", "过期", "不完整"), "zh-Hant": ("還沒到時間", "過期", "不完整"),
            "en": ("Not yet", "ended", "not complete")}[language]  # fmt: skip
    ago, ahead = datetime.now(UTC) - timedelta(hours=3), datetime.now(UTC) + timedelta(hours=3)
    early = link(hub, begins=ahead, ends=ahead + timedelta(hours=1))
    over = link(hub, begins=ago, ends=ago + timedelta(hours=1))
    cut = link(hub)[:-40]
    for path, words in zip((early, over, cut), said, strict=True):
        one = visit(path, language=language)
        assert one.page.get_attribute("html", "lang") == language
        one.see("main .notice, main .blank")
        expect(one.page.locator("body")).to_contain_text(words)
        assert looks(one, 44, 15, 1.29) == []
    for hostile in ("#", "#AAAA.e30", "#<script>", "#" + "A" * 5_000):
        one = visit(f"/visit/{hostile}", language=language)
        expect(one.page.locator("main .blank")).to_have_count(1)


# --- how all of it looks


def walk(hub: StubHub, one: Visit) -> Iterator[str]:
    """Every state of visitors and bell, named while it is in sight."""
    open_visitors(one)
    one.see("dialog .blank")
    yield "empty"
    one.page.locator("dialog .button[data-look=main]").click()
    one.page.locator("input[type=radio][value=another]").check()
    one.page.locator("input[type=radio][value=other]").check()
    one.page.click(".invite button[type=submit]")
    one.see(".invite .notice")
    yield "form"
    one.page.fill("input[name=nickname]", "Ann")
    one.page.locator("input[type=radio][value=soon]").check()
    make(one)
    yield "one"
    one.page.locator(".visit > .button").last.click()
    one.see(".visits")
    yield "list"
    one.page.keyboard.press("Escape")
    ring(hub)
    one.see(".ring")
    yield "ring"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_visitors(hub: StubHub, enrolled: Enrolled, language: str) -> None:
    one = enrolled(language=language)
    wrong = [f"{state}: {each}" for state in walk(hub, one) for each in looks(one, 44, 15, 1.29)]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_visitors_in_large_letters(
    hub: StubHub, enrolled: Enrolled, language: str
) -> None:
    one = enrolled(language=language, view=SMALL, before=ELDER)
    wrong = [f"{state}: {each}" for state in walk(hub, one) for each in looks(one, 60, 20, 1.29)]
    assert wrong == []


# --- the bell


def test_a_ring_is_answered_and_the_door_opens(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    call = ring(hub)
    expect(one.see(".ring")).to_contain_text("1幢2单元")
    one.page.locator(".ring .button").first.click()
    expect(one.see(".told h1")).to_have_text("门开了，请进")
    assert call["answer"] == "open"
    assert hub.moved == ["b1-u2"]


def test_a_ring_can_be_declined(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    call = ring(hub)
    one.see(".ring")
    one.page.locator(".ring .button").last.click()
    one.see(".gate")
    one.page.wait_for_function("() => !document.querySelector('.ring')")
    assert call["answer"] == "not_now"
    assert hub.moved == []


def test_somebody_else_at_home_was_first(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    call = ring(hub)
    one.see(".ring")
    call["answer"] = "open"
    expect(one.see(".missed")).to_contain_text("已经应答")
    one.see(".gate")
    assert hub.moved == []


def test_a_ring_that_ended_opens_nothing(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    call = ring(hub)
    one.see(".ring")
    call["until"] = call["rang_at"]  # the hub's clock is a little ahead of this phone's
    one.page.locator(".ring .button").first.click()
    expect(one.see(".missed")).to_contain_text("已经结束")
    assert hub.moved == []


def test_a_ring_ends_by_itself(hub: StubHub, enrolled: Enrolled) -> None:
    one = enrolled()
    ring(hub, seconds=3.0)
    one.see(".ring")
    one.see(".gate")


def test_waiting_for_the_bell_leaves_the_nonce_for_the_door(
    hub: StubHub, enrolled: Enrolled
) -> None:
    one = enrolled()
    one.page.reload()
    one.see(".gate")
    one.page.wait_for_timeout(500)
    before = len([asked for asked in hub.asked if asked == "GET /api/v1/nonce"])
    one.page.click(".gate")
    one.see(".told")
    assert len([asked for asked in hub.asked if asked == "GET /api/v1/nonce"]) == before
