"""Another path to people: a message by HTTP to a group robot or a webhook.

The hub calls its outlets by it, and a device uses it directly when the hub is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from devices.mistake import Mistake
from drivers import dingtalk, feishu, webhook, wecom
from drivers.webhook import Post, Verdict, Words

if TYPE_CHECKING:
    import httpx

ANSWER_S = 8.0  # robots answer within one; then somebody else must be called
ANSWER_BYTES_MAX = 64 * 1024  # an honest answer is below a hundred
SECRET_PREFIX = "secret:"  # noqa: S105 - the word before a secret's name, not a secret


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How one kind of receiver is spoken to and understood."""

    post: Callable[[str, str, Words, float], Post]
    judge: Callable[[int, bytes], Verdict]


VOCABULARIES = {
    "webhook": Vocabulary(webhook.post, webhook.judge),
    "dingtalk": Vocabulary(dingtalk.post, dingtalk.judge),
    "feishu": Vocabulary(feishu.post, feishu.judge),
    "wecom": Vocabulary(wecom.post, wecom.judge),
}


class NotTaken(Exception):
    """The message did not get through: the far end's word, and whether trying again can help."""

    def __init__(self, fault: str, again: bool) -> None:
        super().__init__(fault)
        self.fault = fault
        self.again = again


@dataclass(frozen=True, slots=True)
class WebOutlet:
    """A receiver by HTTP; address and secret are never shown."""

    kind: str
    url: str = field(repr=False)
    secret: str = field(repr=False, default="")

    async def say(self, http: httpx.AsyncClient, words: Words, now_s: float) -> None:
        """Deliver once; raises NotTaken, whose text names no address."""
        vocabulary = VOCABULARIES[self.kind]
        post = vocabulary.post(self.url, self.secret, words, now_s)
        verdict = vocabulary.judge(*await deliver(http, post))
        if not verdict.taken:
            raise NotTaken(verdict.code, verdict.again)


async def deliver(http: httpx.AsyncClient, post: Post) -> tuple[int, bytes]:
    """Status and body of a request; raises NotTaken when nothing sensible came back in time."""
    import httpx as library  # noqa: PLC0415 - a quarter second that a door without outlets saves

    headers = {"Content-Type": "application/json; charset=utf-8", **dict(post.headers)}
    try:
        async with asyncio.timeout(ANSWER_S):
            answer = await http.post(post.url, content=post.body, headers=headers)
    except TimeoutError:
        raise NotTaken("timeout", again=True) from None
    except library.InvalidURL:
        raise NotTaken("address", again=False) from None
    except library.UnsupportedProtocol:
        raise NotTaken("address", again=False) from None
    except library.HTTPError as fault:  # its text may hold the address, and that a key
        raise NotTaken(type(fault).__name__, again=True) from None
    return answer.status_code, answer.content[:ANSWER_BYTES_MAX]


def resolve_secret(folder: Path, text: str, where: str) -> str:
    """A setting, or what the file of ``secret:NAME`` in the folder's secrets holds."""
    if not text.startswith(SECRET_PREFIX):
        return text
    name = text.removeprefix(SECRET_PREFIX)
    path = folder / "secrets" / name
    if not name or Path(name).name != name:
        raise Mistake(f"{where}: {text} names no file; write secret:NAME")
    if not path.is_file():
        raise Mistake(f"{where}: the secret is missing: write it to {path}")
    if path.stat().st_mode & 0o077:
        raise Mistake(f"{path} can be read by others: run `chmod 600 {path}`")
    return path.read_text(encoding="utf-8").strip()
