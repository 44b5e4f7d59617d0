"""The built page before its real agent: no stand-in between them, the hub in memory."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from kiosk.app import listen, serve
from kiosk.disk import Disk
from simulators.ends import ClonedUidCard
from tests import services
from tests.browser.kiosk_stub import ROOT, Sight, built, sight
from tests.unit.kiosk_town import DIGITS, InHand, TownHub
from tests.unit.test_kiosk_agent import Kiosk

PORTRAIT = (1080, 1920)
WAIT_S = 15.0
TURNS = 1_000
UID = b"\x04\x11\x22\x33\x44\x55\x66"
TAP = "刷卡，查账单"
PAY = re.compile("缴这一笔")


class Served:
    """An agent on a loop of its own, in a thread beside the browser's."""

    def __init__(self, folder: Path) -> None:
        built(ROOT / "kiosk/web", ROOT / "kiosk/static")
        self.hub = TownHub(slow_s=0.01)
        self.kiosk: Kiosk
        self.url = ""
        self._disk = Disk(folder / "kiosk.db", synced=False)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))
        self._thread.start()
        assert self._ready.wait(WAIT_S)

    async def _run(self) -> None:
        self.kiosk = Kiosk(self.hub, self._disk)
        sock = listen(0)
        self.url = f"http://127.0.0.1:{sock.getsockname()[1]}/"
        serving = asyncio.ensure_future(serve(self.kiosk.agent, sock))
        for _ in range(TURNS):
            if self.kiosk.agent.online:
                break
            await asyncio.sleep(0.01)
        self._ready.set()
        await self._stop.wait()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await self.kiosk.kill()
        self._disk.close()

    def do(self, work: Callable[[], Any]) -> Any:
        """Do something on the agent's loop."""

        async def call() -> Any:
            made = work()
            return await made if asyncio.iscoroutine(made) else made

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(WAIT_S)

    def tap(self, card: Any) -> None:
        self.do(lambda: self.kiosk.reader.queue.put_nowait(InHand(card)))

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(WAIT_S)
        self._loop.close()


@pytest.fixture(scope="module")
def browser(chromium_path: Path) -> Iterator[Browser]:
    with services.browser(chromium_path) as browser:
        yield browser


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path)
    yield made
    made.close()


@pytest.fixture
def glass(browser: Browser, served: Served) -> Iterator[Sight]:
    with sight(browser, PORTRAIT, reduced_motion="reduce") as seen:
        seen.page.goto(served.url)
        expect(heading(seen.page, TAP)).to_be_visible()
        yield seen
        assert [each for each in seen.complaints if "Failed to load resource" not in each] == []


def heading(page: Page, text: str) -> Any:
    return page.get_by_role("heading", name=text, exact=True)


def key(page: Page, name: str | re.Pattern[str]) -> Any:
    return page.get_by_role("button", name=name, exact=isinstance(name, str)).first


def test_a_card_a_code_a_receipt_and_a_clean_glass(glass: Sight, served: Served) -> None:
    page = glass.page
    card = served.do(lambda: served.hub.issue(UID))
    served.tap(card)
    expect(heading(page, "您的账单")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-size", "elder")
    key(page, PAY).click()
    expect(page.get_by_role("img", name="付款码")).to_be_visible()
    assert page.locator("svg.code path").count() > 0
    (payment,) = served.hub.intents
    served.do(lambda: served.hub.scan(payment))
    expect(heading(page, "付好了，谢谢您")).to_be_visible()
    receipt = served.hub.intents[payment].receipt
    assert receipt is not None
    expect(page.locator(".said")).to_contain_text(receipt["number"])
    key(page, "还有账单，接着缴").click()
    expect(heading(page, "您的账单")).to_be_visible()
    key(page, "退出").click()
    expect(heading(page, TAP)).to_be_visible()
    while served.kiosk.agent.state()["session"] is not None:  # the page tells it by itself
        page.wait_for_timeout(20)
    assert "沈" not in page.content()


def test_a_house_and_four_digits_find_the_bills_and_not_now_asks(
    glass: Sight, served: Served
) -> None:
    page = glass.page
    key(page, "没有卡？按门牌号查").click()
    for digit in ("1", "2", "302"):
        for each in digit:
            key(page, each).click()
        key(page, "下一步").click()
    for each in DIGITS:
        key(page, each).click()
    key(page, "查账单").click()
    expect(heading(page, "您的账单")).to_be_visible()
    key(page, PAY).click()
    expect(page.get_by_role("img", name="付款码")).to_be_visible()
    key(page, "先不付了").click()
    expect(heading(page, "正在核对，请不要再付一次。")).to_be_visible()
    key(page, "我先走了").click()
    expect(heading(page, TAP)).to_be_visible()
    assert served.kiosk.agent.state()["payment"] is None


def test_a_copied_card_is_refused_in_words_and_a_lost_hub_in_a_strip(
    glass: Sight, served: Served
) -> None:
    page = glass.page
    served.tap(ClonedUidCard(UID, iso_dep=True))
    expect(page.get_by_text("这不是本小区的卡").first).to_be_visible()
    served.hub.away = True
    expect(page.get_by_text("网络断了").first).to_be_visible(timeout=WAIT_S * 1_000)
    served.hub.away = False
    expect(page.get_by_text("网络断了")).to_have_count(0, timeout=WAIT_S * 1_000)
