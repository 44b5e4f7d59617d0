"""The hub's outlets, made from ``hub.toml``: one door out for every kind of receiver."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from devices.outlets import NotTaken, WebOutlet, resolve_secret
from drivers.webhook import Words
from hub.core.alert_words import Message
from hub.core.outlets import WEB_KINDS, OutletWire
from hub.gateways.outlets_mail import MailOutlet
from hub.gateways.outlets_sms import JsonGateway, short

if TYPE_CHECKING:
    import httpx


class Outlets:
    """Every configured outlet; secrets are read once, at the start, and never shown."""

    def __init__(
        self,
        wires: Mapping[str, OutletWire],
        folder: Path,
        now_s: Callable[[], float],
        http: Callable[[], httpx.AsyncClient] | None = None,
    ) -> None:
        self._wires = dict(wires)
        self._now_s = now_s
        self._make_http = http or _client
        self._http: httpx.AsyncClient | None = None
        self._made = {name: self._make(name, wire, folder) for name, wire in wires.items()}

    def _make(
        self, name: str, wire: OutletWire, folder: Path
    ) -> WebOutlet | MailOutlet | JsonGateway:
        where = f"[outlets.{name}]"
        url = resolve_secret(folder, wire.url, where)
        secret = resolve_secret(folder, wire.secret, where)
        if wire.kind in WEB_KINDS:
            return WebOutlet(wire.kind, url, secret)
        if wire.kind == "sms":
            return JsonGateway(url, secret)
        return MailOutlet(url, wire.user, secret, wire.sender, wire.to)

    @property
    def names(self) -> tuple[str, ...]:
        """Every outlet by name."""
        return tuple(self._wires)

    def kind(self, outlet: str) -> str:
        """What an outlet is; empty for one that is not configured."""
        wire = self._wires.get(outlet)
        return wire.kind if wire is not None else ""

    def language(self, outlet: str, usual: str) -> str:
        """The language of an outlet."""
        wire = self._wires.get(outlet)
        return (wire.language if wire is not None else "") or usual

    async def say(self, outlet: str, message: Message) -> None:
        """Deliver once; raises NotTaken with the far end's word."""
        made = self._made.get(outlet)
        if made is None:
            raise NotTaken("not configured", again=False)
        if isinstance(made, MailOutlet):
            await asyncio.to_thread(made.say, message)
            return
        if self._http is None:
            self._http = self._make_http()
        if isinstance(made, WebOutlet):
            words = Words(message.key, message.title, message.text)
            await made.say(self._http, words, self._now_s())
        else:
            to = self._wires[outlet].to
            await made.send(self._http, message.key, to, short(message), self._now_s())

    async def close(self) -> None:
        """Give the connections back."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None


def _client() -> httpx.AsyncClient:
    """Outlets live in the internet: the machine's own proxy, if it has one, is the way there."""
    import httpx  # noqa: PLC0415 - a quarter second that a hub without outlets saves

    return httpx.AsyncClient(follow_redirects=False)
