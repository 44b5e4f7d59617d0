"""Around every request: whose page asks, how much it may send, and the headers of every answer.

The panel drives the town without a sign-in, so a foreign page in the same browser must not reach
it: names are checked against DNS rebinding, changes need a header that no form can send.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from devices.reasons import REASONS

BODY_BYTES_MAX = 16 * 1024  # the largest honest request of the page is below 200 bytes
FRAME_PATH = "/api/face/frame"  # but for pictures of a page's own camera
FRAME_BYTES_MAX = 400_000  # 640 x 480 as JPEG is a tenth of it
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
CLIENT = b"panel"
OWN_CODES = {
    "bell_declined": (409, "Somebody has just answered: not now."),
    "bell_rings": (409, "The bell is ringing already."),
    "bell_unheard": (504, "The bell was pressed, and nobody heard it."),
    "no_bell": (409, "This door has no bell."),
    "no_keypad": (409, "This door has no keypad."),
    "no_scanner": (409, "This door has no scanner."),
    "nobody_rings": (409, "Nobody rings now."),
    "no_code": (409, "There is no code on the kiosk to scan."),
    "not_now": (409, "That cannot be done to it as it is now."),
    "nothing_to_copy": (409, "Nobody has shaken a phone yet."),
    "story_running": (409, "The story is playing; stop it first."),
    "unplugged": (409, "Its plug is pulled; put it back first."),
    "town_starting": (503, "The town is still waking up."),
}
_CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'none'"
)
_HEADERS = [
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
]


class Refused(Exception):
    """The caller's mistake, or not now; ``code`` is the registry's or one of OWN_CODES."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def problem(code: str, detail: str = "", **more: Any) -> Response:
    """A problem+json answer."""
    if code in OWN_CODES:
        status, title = OWN_CODES[code]
    else:
        entry = REASONS[code]
        status, title = entry.http_status, entry.words.en
    body = {
        "type": f"urn:linli:reason:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        **more,
    }
    raw = json.dumps(body, ensure_ascii=False).encode()
    headers = {"Retry-After": "2"} if status == 503 else {}
    return Response(raw, status, headers, "application/problem+json")


class Shell:
    """Pure ASGI around the panel; ``hosts`` are the names it answers to, without ports."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts) | LOOPBACK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        seen, room = 0, FRAME_BYTES_MAX if scope["path"] == FRAME_PATH else BODY_BYTES_MAX

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > room:
                raise Refused("oversize", f"at most {room} bytes")
            return message

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(b"cache-control", b"no-store")] if scope["path"].startswith("/api/") else []
                names = {name for name, _ in message["headers"]}
                extra = [pair for pair in [*_HEADERS, *own] if pair[0] not in names]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        try:
            self._check(scope)
            await self._app(scope, bounded, marked)
        except Refused as refused:
            await problem(refused.code, refused.detail)(scope, receive, marked)

    def _check(self, scope: Scope) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if host_of(host) not in self._hosts:
            raise Refused("not_allowed", "open the panel by the address that it told")
        if scope["method"] in ("GET", "HEAD"):
            return
        if headers.get(b"linli-client") != CLIENT:
            raise Refused("client_header")
        origin = headers.get(b"origin")
        if origin is not None and origin.decode("latin-1").partition("://")[2] != host:
            raise Refused("not_allowed", "another page asked")


def host_of(authority: str) -> str:
    """The name in a Host header, without its port, in small letters."""
    if authority.startswith("["):
        return authority.partition("]")[0].lower() + "]"
    return authority.partition(":")[0].lower()
