"""WeCom's group robot: the key in the address is all there is, so the address is the secret.

Errors come with HTTP 200 (93000: no such robot, 45009: more than twenty messages a minute). Read in
the vendor's pages; never met live.
"""

from __future__ import annotations

from typing import Final

from drivers.webhook import Post, Verdict, Words, cut, json_bytes, robot_verdict

TEXT_BYTES_MAX: Final = 2_048  # of a text message, in UTF-8
_AGAIN: Final = frozenset({-1, 45_009})  # busy, too fast


def post(url: str, secret: str, words: Words, now_s: float) -> Post:
    """A text message; there is nothing to sign with."""
    del secret, now_s
    text = cut(f"{words.title}\n{words.text}", TEXT_BYTES_MAX)
    return Post(url, json_bytes({"msgtype": "text", "text": {"content": text}}))


def judge(status: int, raw: bytes) -> Verdict:
    """What WeCom says."""
    return robot_verdict(status, raw, _AGAIN, "errcode")
