"""Short messages: a port for gateways, and one for a gateway that takes our signed JSON.

Each carrier's own vocabulary would be a module beside this one; none has been written yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from devices.outlets import NotTaken, deliver
from drivers import webhook
from hub.core.alert_words import Message

if TYPE_CHECKING:
    import httpx

TEXT_CHARS_MAX = 134  # two parts of a long message in UCS-2: 2 x 67


class SmsGateway(Protocol):
    """Whoever brings a text to phone numbers; the same key is one message."""

    async def send(
        self, http: httpx.AsyncClient, key: str, to: tuple[str, ...], text: str, now_s: float
    ) -> None:
        """Hand over once; raises NotTaken."""


@dataclass(frozen=True, slots=True)
class JsonGateway:
    """A gateway (a modem's box, a carrier's bridge) that takes ``{id, to, text, at}``, signed."""

    url: str = field(repr=False)
    secret: str = field(repr=False)

    async def send(
        self, http: httpx.AsyncClient, key: str, to: tuple[str, ...], text: str, now_s: float
    ) -> None:
        """Hand over once; raises NotTaken."""
        body = webhook.json_bytes({"id": key, "to": list(to), "text": text, "at": int(now_s)})
        mark = webhook.signature(self.secret, int(now_s), body)
        signed = ((webhook.SIGNATURE_HEADER, mark),) if self.secret else ()
        verdict = webhook.judge(*await deliver(http, webhook.Post(self.url, body, signed)))
        if not verdict.taken:
            raise NotTaken(verdict.code, verdict.again)


def short(message: Message) -> str:
    """What fits two parts: the title, and as much of the text as there is room."""
    text = " ".join(f"{message.title} {message.text}".split())
    return text if len(text) <= TEXT_CHARS_MAX else text[: TEXT_CHARS_MAX - 1] + "…"
