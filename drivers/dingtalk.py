r"""DingTalk's custom group robot: the address is signed with milliseconds and a secret.

The secret (``SEC...``) is the HMAC key over ``"{milliseconds}\n{secret}"``; base64, then percent
encoding; the time may differ by an hour. Errors come with HTTP 200 (310000: signature or keyword
refused, 130101: more than twenty messages a minute). Read in the vendor's pages; never met live.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final
from urllib.parse import urlencode

from drivers.webhook import Post, Verdict, Words, cut, json_bytes, robot_verdict

TEXT_BYTES_MAX: Final = 15_000  # the vendor takes 20,000 for the whole body
_AGAIN: Final = frozenset({-1, 130_101, 130_102})  # busy, too fast, too many


def signature(secret: str, at_ms: int) -> str:
    """The signature of an instant, before percent encoding."""
    message = f"{at_ms}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def post(url: str, secret: str, words: Words, now_s: float) -> Post:
    """A text message; plain, since a door's name must not become markup."""
    at_ms = int(now_s * 1_000)
    if secret:
        signed = urlencode({"timestamp": at_ms, "sign": signature(secret, at_ms)})
        url = f"{url}{'&' if '?' in url else '?'}{signed}"
    text = cut(f"{words.title}\n{words.text}", TEXT_BYTES_MAX)
    return Post(url, json_bytes({"msgtype": "text", "text": {"content": text}}))


def judge(status: int, raw: bytes) -> Verdict:
    """What DingTalk says."""
    return robot_verdict(status, raw, _AGAIN, "errcode")
