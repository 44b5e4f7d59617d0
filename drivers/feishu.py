r"""Feishu's (Lark's) custom group robot: seconds and signature travel in the body.

Their HMAC is the other way round: ``"{seconds}\n{secret}"`` is the *key*, the message is empty;
base64. The time may differ by an hour. Errors come with HTTP 200 (19021: signature or time, 11232:
too fast). Read in the vendor's pages; never met live.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

from drivers.webhook import Post, Verdict, Words, cut, json_bytes, robot_verdict

TEXT_BYTES_MAX: Final = 15_000  # the vendor takes 20 kB for the whole body
_AGAIN: Final = frozenset({9_499, 11_232})  # too many requests, too fast


def signature(secret: str, at_s: int) -> str:
    """The signature of an instant."""
    key = f"{at_s}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


def post(url: str, secret: str, words: Words, now_s: float) -> Post:
    """A text message."""
    at_s = int(now_s)
    text = cut(f"{words.title}\n{words.text}", TEXT_BYTES_MAX)
    body: dict[str, object] = {"msg_type": "text", "content": {"text": text}}
    if secret:
        body |= {"timestamp": str(at_s), "sign": signature(secret, at_s)}
    return Post(url, json_bytes(body))


def judge(status: int, raw: bytes) -> Verdict:
    """What Feishu says; older robots say StatusCode."""
    return robot_verdict(status, raw, _AGAIN, "code", "StatusCode")
