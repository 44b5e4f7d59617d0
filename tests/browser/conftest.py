"""The hub's built pages in a real browser, against the stub of its API."""

import fcntl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests import services
from tests.browser import stub_alerts  # noqa: F401 - its routes join the stand-in's
from tests.browser import stub_desks as _desks  # noqa: F401 - adds its routes
from tests.browser import stub_faces as _faces  # noqa: F401 - the same
from tests.browser import stub_incidents as _incidents  # noqa: F401 - adds its routes
from tests.browser import stub_onboarding as _onboarding  # noqa: F401 - adds its routes
from tests.browser.kiosk_stub import VIOLATIONS, axe_source
from tests.browser.stub_routes import STATIC, serving
from tests.browser.stubs import StubHub

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("devices/web", "hub/web")
LOCALES = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "en": "en-GB"}
expect.set_options(timeout=15_000)  # as a page's own waits; a machine may be busy
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}


def _newest(folder: Path) -> float:
    return max((file.stat().st_mtime for file in folder.rglob("*") if file.is_file()), default=0.0)


def _build() -> None:
    """Build the pages that are missing or older than their sources."""
    changed_at = max(_newest(ROOT / source) for source in SOURCES)
    for page in ("phone", "console", "visit"):
        built = STATIC / page / "index.html"
        if built.is_file() and built.stat().st_mtime > changed_at:
            continue
        vite = ROOT / "node_modules" / ".bin" / "vite"
        if not vite.exists():
            pytest.skip("needs the pages' tools: npm ci")
        words = [str(vite), "build", "--logLevel", "warn", "--config", f"{page}/vite.config.ts"]
        subprocess.run(words, cwd=ROOT / "hub" / "web", check=True)


@pytest.fixture(scope="session")
def built_pages(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Pages as their sources say, built once even when several processes test."""
    lock = tmp_path_factory.getbasetemp().parent / "linli-pages.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        _build()


@pytest.fixture(scope="session")
def chromium(chromium_path: Path) -> Iterator[Browser]:
    """One browser for the run."""
    with services.browser(chromium_path) as browser:
        yield browser


@pytest.fixture(scope="session")
def whole_chromium(
    chromium: Browser, chromium_path: Path, whole_chromium_path: Path
) -> Iterator[Browser]:
    """Chromium itself: it lets a page feel sensors unasked, where its headless shell asks."""
    if whole_chromium_path == chromium_path:
        yield chromium
        return
    with services.browser(whole_chromium_path) as browser:
        yield browser


@pytest.fixture(scope="session")
def browser(chromium: Browser) -> Browser:
    """The same one for the pages that have stubs of their own; each test opens a context."""
    return chromium


@pytest.fixture
def hub() -> StubHub:
    """A stub hub with everything in order."""
    return StubHub()


@pytest.fixture
def address(hub: StubHub, built_pages: None) -> Iterator[str]:
    """Where the stub and the built pages are served."""
    with serving(hub) as url:
        yield url


class Sensors:
    """The phone in a hand: Chromium makes trusted devicemotion events of these readings."""

    # all three must be there before the page loads, or the event has no acceleration
    KINDS = ("accelerometer", "linear-acceleration", "gyroscope")
    MOVED = KINDS[:2]

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session = page.context.new_cdp_session(page)
        for kind in self.KINDS:
            wanted = {"enabled": True, "type": kind, "metadata": {"available": True}}
            self.session.send("Emulation.setSensorOverrideEnabled", wanted)
            self.read(kind, 0.0)

    def read(self, kind: str, x: float) -> None:
        reading = {"xyz": {"x": x, "y": 0.0, "z": 0.0}}
        self.session.send("Emulation.setSensorOverrideReadings", {"type": kind, "reading": reading})

    def wave(self, strength_ms2: float) -> None:
        """Move to and fro for most of a second, this hard."""
        for turn in range(10):
            for kind in self.MOVED:
                self.read(kind, strength_ms2 if turn % 2 else -strength_ms2)
            self.page.wait_for_timeout(70)


@dataclass
class Visit:
    """A page with what it must never do: break its policy or throw."""

    page: Page
    context: BrowserContext
    address: str
    sensors: Sensors | None = None
    wrongs: list[str] = field(default_factory=list)

    def see(self, selector: str) -> Locator:
        """The one visible element of a selector, waited for."""
        found = self.page.locator(selector)
        found.wait_for()
        return found

    def wave(self, strength_ms2: float) -> None:
        """Shake the phone."""
        assert self.sensors is not None
        self.sensors.wave(strength_ms2)

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it stands, once its motion has ended."""
        still = "() => Promise.all(document.getAnimations().filter(a => a.effect.getTiming()"
        self.page.evaluate(still + ".iterations !== Infinity).map(a => a.finished.catch(() => 0)))")
        if not self.page.evaluate("'axe' in globalThis"):
            self.page.evaluate(axe_source())
        found = self.page.evaluate(VIOLATIONS)
        return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


def _watch(page: Page, wrongs: list[str]) -> None:
    page.on("pageerror", lambda error: wrongs.append(f"threw: {error}"))

    def on_console(message: Any) -> None:
        if "Content Security Policy" in message.text:
            wrongs.append(message.text)

    page.on("console", on_console)


Opener = Callable[..., Visit]


@pytest.fixture
def visit(request: pytest.FixtureRequest, chromium: Browser, address: str) -> Iterator[Opener]:
    """Open a page; afterwards none may have broken its content policy or thrown."""
    visits: list[Visit] = []

    def start(
        path: str,
        *,
        language: str = "zh-Hans",
        view: dict[str, int] = PHONE,
        sensors: bool = False,
        before: str = "",
        **options: Any,
    ) -> Visit:
        shown_in = request.getfixturevalue("whole_chromium") if sensors else chromium
        context = shown_in.new_context(
            viewport={"width": view["width"], "height": view["height"]},
            locale=LOCALES[language],
            has_touch=view is PHONE,
            reduced_motion="reduce",
            **{"timezone_id": "Asia/Shanghai", **options},
        )
        if before:
            context.add_init_script(before)
        page = context.new_page()
        page.set_default_timeout(15_000)
        one = Visit(page, context, address)
        _watch(page, one.wrongs)
        if sensors:
            one.sensors = Sensors(page)
        visits.append(one)
        one.go(path)
        return one

    yield start
    for one in visits:
        one.context.close()
    assert [wrong for one in visits for wrong in one.wrongs] == []


@pytest.fixture
def enrolled(visit: Opener) -> Callable[..., Visit]:
    """The phone page of a phone that was introduced with the code 123456."""

    def start(path: str = "/phone/", **options: Any) -> Visit:
        one = visit(path, **options)
        one.see("input[name=code]").fill("123456")
        one.page.click("button[type=submit]")
        one.see(".gate")
        return one

    return start


@pytest.fixture
def desk(visit: Opener, staffed: StubHub, address: str) -> Callable[..., Visit]:
    """The console's page of cards, signed in (``staffed`` is the module's), its stream open."""

    def start(**options: Any) -> Visit:
        one = visit("/console/", **{"view": DESK, **options})
        one.context.add_cookies([{"name": "linli_session", "value": "s", "url": address}])
        one.go("/console/#/cards")
        one.page.reload()
        one.see("[data-section=cards] h1")
        while staffed.streams() == 0:
            one.page.wait_for_timeout(20)
        return one

    return start
