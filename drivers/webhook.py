"""Telling somebody by HTTP: what a message out looks like, what an answer means, our own signing.

Sans I/O. Group robots have a module each (dingtalk, feishu, wecom); this is what they share, and
the plain signed webhook for receivers that have no vocabulary of their own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Final

SIGNATURE_HEADER: Final = "Linli-Signature"
_AGAIN: Final = frozenset({408, 425, 429})  # the far end asks to come again


@dataclass(frozen=True, slots=True)
class Post:
    """One request; its address may hold a key and is never shown."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it was taken; if not, the far end's own word and whether trying again can help."""

    taken: bool
    code: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What is told: ``key`` is the same however often it is sent, receivers tell copies by it."""

    key: str
    title: str
    text: str


def status_verdict(status: int) -> Verdict | None:
    """What an HTTP status says by itself; None when the body must speak."""
    if 200 <= status < 300:
        return None
    return Verdict(False, f"http {status}", again=status >= 500 or status in _AGAIN)


def answer_code(raw: bytes, *names: str) -> int | None:
    """The whole number under the first of these names in a JSON answer; None when there is none."""
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    found = next((body[name] for name in names if name in body), None)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def robot_verdict(status: int, raw: bytes, again: frozenset[int], *names: str) -> Verdict:
    """A group robot's answer: HTTP 200 whatever happened, and a code of which 0 is good."""
    said = status_verdict(status)
    if said is not None:
        return said
    code = answer_code(raw, *names)
    if code is None:  # a proxy speaks, not the robot
        return Verdict(False, "garbled", again=True)
    return Verdict(True) if code == 0 else Verdict(False, f"code {code}", again=code in again)


def json_bytes(body: object) -> bytes:
    """A body as it travels."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def cut(text: str, bytes_max: int) -> str:
    """As much of a text as fits, whole characters, with a mark where it was cut."""
    raw = text.encode()
    if len(raw) <= bytes_max:
        return text
    return raw[: bytes_max - 3].decode(errors="ignore") + "…"


def signature(secret: str, at_s: int, body: bytes) -> str:
    """``t=..,v1=..``: HMAC-SHA256 over time and body: neither can be changed nor replayed."""
    mark = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={mark}"


def post(url: str, secret: str, words: Words, now_s: float) -> Post:
    """The plain webhook: id, title, text, time."""
    at_s = int(now_s)
    body = json_bytes({"id": words.key, "title": words.title, "text": words.text, "at": at_s})
    signed = ((SIGNATURE_HEADER, signature(secret, at_s, body)),) if secret else ()
    return Post(url, body, signed)


def judge(status: int, raw: bytes) -> Verdict:
    """Any 2xx is a yes."""
    del raw
    return status_verdict(status) or Verdict(True)
