"""A stand-in for the kiosk's own agent (kiosk/web/src/local.ts), and what every page test needs."""

from __future__ import annotations

import fcntl
import json
import mimetypes
import os
import queue
import shutil
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import pytest
import segno

from kiosk.cards import CardSign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parents[2]
CSP = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
AXE = ROOT / "node_modules/axe-core/axe.min.js"
# What passes is described at great length and would cost more on its way out than axe itself.
VIOLATIONS = "() => axe.run(document, {resultTypes: ['violations']}).then((all) => all.violations)"
LANGUAGES = ("zh-Hans", "zh-Hant", "en")
REFUSALS = tuple(each.value for each in CardSign if each not in (CardSign.READING, CardSign.KNOWN))

Json: TypeAlias = dict[str, Any]
Answer: TypeAlias = tuple[int, Json | None]


@cache
def axe_source() -> str:
    """axe-core's script: half a million letters, read once and given once to each page."""
    if not AXE.exists():
        pytest.skip("needs axe-core: run make setup")
    return AXE.read_text()


def built(workspace: Path, static: Path) -> Path:
    """The built page of a workspace, made first where it is missing or older than its sources.

    Several processes test: one builds, the others wait for it.
    """
    lock = Path(tempfile.gettempdir()) / f"linli-building-{static.parent.name}-{os.getuid()}.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        _build(workspace, static / "index.html")
    return static


def _build(workspace: Path, index: Path) -> None:
    newest = max(
        path.stat().st_mtime
        for source in (ROOT / "devices/web", workspace)
        for path in source.rglob("*")
        if path.is_file() and "node_modules" not in path.parts
    )
    if not index.exists() or index.stat().st_mtime < newest:
        npx = shutil.which("npx")
        if npx is None or not (ROOT / "node_modules/vite").exists():
            pytest.skip("needs node and its packages: run make setup")
        subprocess.run([npx, "vite", "build"], cwd=workspace, check=True, capture_output=True)
        os.utime(index)


class Stub:
    """A page's own server: its files under the strict CSP, an SSE stream, POST verbs by path."""

    first: Callable[[], list[tuple[str, Any]]]

    def __init__(self, static: Path, live: str) -> None:
        self.static = static
        self.live = live
        self.asked: list[tuple[str, Json]] = []
        self.verbs: dict[str, Callable[[Json], Answer]] = {}
        self.pictures: dict[str, str] = {}
        self.reads: dict[str, Callable[[], Json]] = {}
        self.uploads: dict[str, Callable[[bytes, Mapping[str, str]], Answer]] = {}
        self.silent = False
        self.opened = 0
        self._streams: list[queue.SimpleQueue[bytes | None]] = []
        self._lock = threading.Lock()
        stub = self

        class Handler(_Handler):
            owner = stub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def send(self, event: str, data: Any) -> None:
        """Tell every open stream."""
        frame = f"event: {event}\ndata: {json.dumps(data)}\n\n".encode()
        with self._lock:
            for stream in self._streams:
                stream.put(frame)

    def hang_up(self, *, silent: bool) -> None:
        """End every stream; a silent server takes no new one until it is told to."""
        self.silent = silent
        with self._lock:
            for stream in self._streams:
                stream.put(None)

    @contextmanager
    def listened_to_anew(self, page: Page) -> Iterator[None]:
        """What is done inside loads the page; left when the page hears what is told from now on."""
        before = self.opened
        yield
        while self.opened == before:
            page.wait_for_timeout(20)

    def show(self, page: Page) -> None:
        """Load the page, until it listens."""
        with self.listened_to_anew(page):
            page.goto(self.url)

    def posted(self, path: str) -> list[Json]:
        """The bodies that a verb was asked with, in order."""
        return [body for asked, body in self.asked if asked == path]

    def close(self) -> None:
        """End streams and server."""
        self.hang_up(silent=True)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _open(self) -> queue.SimpleQueue[bytes | None]:
        stream: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        with self._lock:
            self._streams.append(stream)
            self.opened += 1
        for event, data in self.first():
            stream.put(f"event: {event}\ndata: {json.dumps(data)}\n\n".encode())
        return stream

    def _leave(self, stream: queue.SimpleQueue[bytes | None]) -> None:
        with self._lock:
            self._streams.remove(stream)


class _Handler(BaseHTTPRequestHandler):
    owner: ClassVar[Stub]
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Tests are quiet."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if self.owner.silent:
            self._answer(503, b"", "text/plain")
        elif path == self.owner.live:
            self._stream()
        elif path in self.owner.reads:
            self._json(200, self.owner.reads[path]())
        elif path in self.owner.pictures:
            self._answer(200, self.owner.pictures[path].encode(), "image/svg+xml")
        else:
            self._file(path)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        verb = self.owner.verbs.get(self.path)
        known = verb is not None or self.path in self.owner.uploads
        if self.owner.silent or not known:
            self._answer(503, b"", "text/plain")
            return
        if not self.headers.get("Linli-Client"):
            self._json(403, {"code": "client_header", "title": "header missing"})
            return
        if self.path in self.owner.uploads:
            self._json(*self.owner.uploads[self.path](raw, dict(self.headers.items())))
            return
        body: Json = json.loads(raw or b"{}")
        self.owner.asked.append((self.path, body))
        assert verb is not None
        self._json(*verb(body))

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.close_connection = True
        stream = self.owner._open()
        try:
            while (frame := stream.get()) is not None:
                self.wfile.write(frame)
        except OSError:
            pass  # the page has gone
        finally:
            self.owner._leave(stream)

    def _file(self, path: str) -> None:
        file = (self.owner.static / (path.lstrip("/") or "index.html")).resolve()
        if not file.is_file() or self.owner.static not in file.parents:
            self._answer(404, b"", "text/plain")
            return
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        self._answer(200, file.read_bytes(), kind)

    def _json(self, status: int, body: Json | None) -> None:
        if body is None:
            self._answer(204, b"", "application/json")
        else:
            kind = "application/json" if status < 400 else "application/problem+json"
            self._answer(status, json.dumps(body).encode(), kind)

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", CSP)
        self.end_headers()
        self.wfile.write(body)


# ---------------------------------------------------------------- the browser


@dataclass
class Sight:
    """A page with what it complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def axe(self) -> list[str]:
        """What axe-core finds on the page now; evaluated from outside, so the CSP stays strict."""
        if not self.page.evaluate("'axe' in globalThis"):
            self.page.evaluate(axe_source())
        # a colour in the middle of a transition is nobody's contrast
        self.page.evaluate(
            "document.getAnimations().forEach((a) => { try { a.finish() } catch {} })"
        )
        found = self.page.evaluate(VIOLATIONS)
        return [
            f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:240]}"
            for each in found
            for node in each["nodes"]
        ]

    def small_targets(self, least_px: float) -> list[str]:
        """Everything to be pressed that is smaller than asked, in its language."""
        return list(
            self.page.evaluate(
                """(least) => [...document.querySelectorAll("button, a[href], input, summary")]
                  .filter((each) => each.checkVisibility() && !each.closest("[inert]"))
                  .map((each) => [each, each.getBoundingClientRect()])
                  .filter(([, {width, height}]) => width && Math.min(width, height) < least - 0.5)
                  .map(([each, {width, height}]) =>
                    `${each.textContent || each.ariaLabel} ${width} x ${height}`)""",
                least_px,
            ),
        )

    def overflowing(self) -> list[str]:
        """Texts that are cut off or leave the screen sideways."""
        return list(
            self.page.evaluate(
                """() => [...document.querySelectorAll("button, h1, h2, p, dt, dd, li, b, span")]
                  .filter((each) => each.checkVisibility()
                    && !each.closest(".unseen, .fan, [data-scrolls]")
                    && getComputedStyle(each).clipPath === "none")
                  .filter((each) => {
                    const box = each.getBoundingClientRect();
                    return each.scrollWidth > each.clientWidth + 2 && each.clientWidth > 0
                      || box.right > innerWidth + 1 || box.left < -1;
                  })
                  .map((each) => `${each.tagName} ${each.textContent.slice(0, 60)}`)""",
            ),
        )


@contextmanager
def sight(browser: Browser, size: tuple[int, int], **options: Any) -> Iterator[Sight]:
    """A fresh page of a size; every console error and CSP violation becomes a complaint."""
    width, height = size
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": height}, **options
    )
    page = context.new_page()
    seen = Sight(page)
    page.on(
        "console",
        lambda message: seen.complaints.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.add_init_script(
        "addEventListener('securitypolicyviolation',"
        " (e) => console.error(`CSP ${e.violatedDirective} ${e.blockedURI}`))"
    )
    try:
        yield seen
    finally:
        context.close()


# ---------------------------------------------------------------- the agent


def words(hans: str, hant: str, en: str) -> dict[str, str]:
    """A text in the three languages."""
    return {"zh-Hans": hans, "zh-Hant": hant, "en": en}


def bill(kind: str, fen: int, period: str, lines: list[Json], state: str = "open") -> Json:
    """A bill as the hub gives it."""
    return {
        "id": f"bill-{kind}",
        "kind": kind,
        "period": period,
        "amount_fen": fen,
        "due_on": "2026-12-31",
        "lines": lines,
        "state": state,
    }


def plain(text: str, fen: int) -> Json:
    """A line that reads alike in every language."""
    return {"text": words(text, text, text), "amount_fen": fen}


def bills() -> list[Json]:
    """What 沈桂芳's household owes in the story."""
    return [
        bill("property", 10680, "2026-Q4", [plain("89 m² × ¥1.20", 10680)]),
        bill("water", 4060, "2026-10", [plain("14 m³ × ¥2.90", 4060)]),
        bill("power", 10007, "2026-10", [plain("186 kWh × ¥0.538", 10007)]),
    ]


def notices() -> list[Json]:
    """A day in 柳溪新村."""
    return [
        {
            "id": "n1",
            "kind": "exercise",
            "title": words("八段锦", "八段錦", "Eight brocades"),
            "line": words(
                "每天 06:30，小广场", "每天 06:30，小廣場", "Every day 06:30, on the square"
            ),
        },
        {
            "id": "n2",
            "kind": "meal",
            "title": words("食堂开饭", "食堂開飯", "Canteen"),
            "line": words("每天 11:00", "每天 11:00", "Every day from 11:00"),
        },
        {
            "id": "n3",
            "kind": "health",
            "title": words("量血压", "量血壓", "Blood pressure"),
            "line": words(
                "星期三上午，活动室", "星期三上午，活動室", "Wednesday morning, activity room"
            ),
        },
        {
            "id": "n4",
            "kind": "show",
            "title": words("越剧", "越劇", "Yue opera"),
            "line": words(
                "星期五下午，活动室", "星期五下午，活動室", "Friday afternoon, activity room"
            ),
        },
    ]


def code_svg() -> str:
    """The code as the agent draws it."""
    return str(
        segno.make("weixin://wxpay/bizpayurl?pr=linli0001", error="m").svg_inline(
            omitsize=True, border=4
        )
    )


class Agent(Stub):
    """The kiosk's agent with the story's household; tests move its payments by hand."""

    def __init__(self) -> None:
        self.state: Json = {
            "online": True,
            "language": "zh-Hans",
            "idle_s": 45,
            "warn_s": 20,
            "receipt_s": 15,
            "time_zone": "Asia/Shanghai",
            "site": words("柳溪新村", "柳溪新村", "柳溪新村"),
            "paper": "ok",
            "notices": notices(),
            "session": None,
            "payment": None,
        }
        static = built(ROOT / "kiosk/web", ROOT / "kiosk/static")
        super().__init__(static, "/local/live")
        self.reads = {"/local/state": lambda: self.state}
        self.verbs = {
            "/local/find": self._find,
            "/local/pay": self._pay,
            "/local/close": lambda _: (204, None),
            "/local/end": self._end,
            "/local/print": lambda _: (204, None),
            "/local/phone-code": lambda _: (200, {"code": "482913", "valid_s": 600}),
            "/local/here": lambda _: (204, None),
        }
        self.first = lambda: [("state", self.state)]

    def session(
        self, *, by: str = "card", elder: bool = True, owed: list[Json] | None = None
    ) -> Json:
        """沈桂芳 stands at the kiosk."""
        return {
            "id": f"visit-{len(self.asked)}-{by}",
            "by": by,
            "holder": "沈**",
            "house": "1-2-302",
            "elder": elder,
            "bills": bills() if owed is None else owed,
            "bills_at": "2026-11-23T01:32:00Z",
        }

    def payment(self, state: str, **more: Any) -> Json:
        """The property fee's payment in a state."""
        waiting = state == "waiting"
        return {
            "id": "pay-1",
            "bill": "bill-property",
            "kind": "property",
            "period": "2026-Q4",
            "amount_fen": 10680,
            "state": state,
            "code_svg": code_svg() if waiting else None,
            "expires_in_s": 120 if waiting else None,
            "slip_number": "LX-1123-0007" if state == "checking" else None,
            "receipt": self.receipt() if state == "paid" else None,
        } | more

    def receipt(self, slip: str = "printed") -> Json:
        """What the hub gives for a paid bill."""
        return {
            "number": "LX20261123-0007",
            "paid_at": "2026-11-23T01:41:30Z",
            "amount_fen": 10680,
            "house": "1-2-302",
            "provider_ref": "4200002611230001",
            "slip": slip,
        }

    def tell(self, event: str, data: Any) -> None:
        """Change the state and tell the page."""
        if event in self.state:
            self.state[event] = data
        self.send(event, data)

    def _find(self, body: Json) -> Answer:
        if not self.state["online"]:
            return 503, {"code": "hub_busy", "title": "the hub is silent"}
        if body != {"house": "1-2-302", "phone_last4": "0302"}:
            return 404, {"code": "house_unknown", "title": "no such house"}
        self.tell("session", self.session(by="house", elder=False))
        return 200, self.state["session"]

    def _pay(self, body: Json) -> Answer:
        assert body == {"bill": "bill-property"}
        self.tell("payment", self.payment("creating"))
        return 200, self.state["payment"]

    def _end(self, asked: Json) -> Answer:
        here = self.state["session"]
        if asked["session"] is not None and here is not None and asked["session"] != here["id"]:
            return 204, None
        self.tell("payment", None)
        self.tell("session", None)
        return 204, None
