"""Another path when the hub is gone: the device itself tells people, once, and once at its return.

Nobody would hear of a dead hub by the hub. ``[alert]`` of ``device.toml`` names a group robot or a
webhook; what was told is on the disk, so that a device which restarts meanwhile is not a parrot.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from devices.device import Device
from devices.mistake import Mistake
from devices.outlets import VOCABULARIES, NotTaken, WebOutlet, resolve_secret
from devices.reasons import Words
from drivers.webhook import Words as Message

if TYPE_CHECKING:
    from devices.setup import Wires

log = logging.getLogger(__name__)

LOST_S = 300.0  # a hub that restarts or is updated is back within two minutes
LOOK_S = 5.0
RETRY_FIRST_S = 10.0
RETRY_MOST_S = 600.0
TRIES_MAX = 20  # three hours; then somebody has noticed otherwise
LANGUAGES = ("zh-Hans", "zh-Hant", "en")
_KEPT = "lifeline"  # what the journal remembers: the outage that was told, empty when none

_LOST_TITLE = Words(
    "【邻里】{name} 联系不上服务器",
    "【鄰里】{name} 聯繫不上伺服器",
    "[Linli] {name} has lost the hub",
)
_LOST_TEXT = Words(
    "已经 {minutes} 分钟。它自己照常工作；停卡、远程开门和缴费现在到不了这里。请看服务器和网络。",
    "已經 {minutes} 分鐘。它自己照常運作；停卡、遠端開門和繳費現在到不了這裡。請看伺服器和網路。",
    "For {minutes} minutes. It goes on working by itself; lost cards, remote opening and payments "
    "do not reach it now. Look at the server and the network.",
)
_BACK_TITLE = Words(
    "【邻里】{name} 和服务器又连上了",
    "【鄰里】{name} 和伺服器又連上了",
    "[Linli] {name} has the hub back",
)
_BACK_TEXT = Words("不用再管。", "不用再管。", "Nothing more to do.")


class Tell(StrEnum):
    """What people must hear now."""

    LOST = "lost"
    BACK = "back"


@dataclass(slots=True)
class Outage:
    """One device's view of its hub; ``told`` is the outage that people know of."""

    told: str
    away_since_s: float | None = None

    def look(self, here: bool, now_s: float) -> Tell | None:
        """What to tell now, until it was told."""
        if here:
            self.away_since_s = None
            return Tell.BACK if self.told else None
        if self.away_since_s is None:
            self.away_since_s = now_s
        overdue = now_s - self.away_since_s >= LOST_S
        return Tell.LOST if overdue and not self.told else None

    def away_minutes(self, now_s: float) -> int:
        """For how long, in whole minutes."""
        return int((now_s - (self.away_since_s or now_s)) // 60)


@dataclass(frozen=True, slots=True)
class OtherPath:
    """Where and how the device speaks by itself."""

    outlet: WebOutlet
    name: str
    language: str


def read_path(wires: Wires, folder: Path, device: str) -> OtherPath | None:
    """The section [alert]; None where there is none."""
    section = wires.body.get("alert")
    if section is None:
        return None
    if not isinstance(section, dict):
        raise Mistake(f"{wires.path}: [alert] is a section")
    kind = wires.text(section, "kind", "webhook")
    if kind not in VOCABULARIES:
        raise Mistake(f"{wires.path}: kind in [alert] is one of {', '.join(VOCABULARIES)}")
    language = wires.text(section, "language", LANGUAGES[0])
    if language not in LANGUAGES:
        raise Mistake(f"{wires.path}: language in [alert] is one of {', '.join(LANGUAGES)}")
    where = f"{wires.path}: [alert]"
    url = resolve_secret(folder, wires.text(section, "url"), where)
    if not url.startswith(("https://", "http://")):
        raise Mistake(f"{where}: url begins with https:// or is secret:NAME of such an address")
    secret = resolve_secret(folder, wires.text(section, "secret", ""), where)
    return OtherPath(WebOutlet(kind, url, secret), wires.text(section, "name", device), language)


Deliver = Callable[[WebOutlet, Message], Awaitable[None]]


class Lifeline:
    """Watches whether the hub is there and tells when it is not; ``run`` until cancelled."""

    def __init__(self, device: Device, path: OtherPath, deliver: Deliver) -> None:
        self._device = device
        self._path = path
        self._deliver = deliver
        self._outage = Outage(device.journal.text(_KEPT))
        self._tries = 0
        self._again_at_s = 0.0
        self._wanted: Tell | None = None

    async def run(self) -> None:
        """Look every few seconds."""
        loop = asyncio.get_running_loop()
        while True:
            await self.look(loop.time())
            await asyncio.sleep(LOOK_S)

    async def look(self, now_s: float) -> None:
        """Tell what must be told, if it is time to try."""
        tell = self._outage.look(self._device.hub_here, now_s)
        if tell is not self._wanted:
            self._wanted, self._tries, self._again_at_s = tell, 0, now_s
        if tell is None or self._tries >= TRIES_MAX or now_s < self._again_at_s:
            return
        try:
            await self._deliver(self._path.outlet, self._message(tell, now_s))
        except NotTaken as refused:
            log.warning("the other path took nothing: %s", refused.fault)
            self._again_at_s = now_s + min(RETRY_FIRST_S * 2.0**self._tries, RETRY_MOST_S)
            self._tries = self._tries + 1 if refused.again else TRIES_MAX
            return
        self._outage.told = self._device.boot if tell is Tell.LOST else ""
        self._device.journal.keep_text(_KEPT, self._outage.told)

    def _message(self, tell: Tell, now_s: float) -> Message:
        """The same words under the same key, however often it is tried."""
        title, text = (_LOST_TITLE, _LOST_TEXT) if tell is Tell.LOST else (_BACK_TITLE, _BACK_TEXT)
        minutes = self._outage.away_minutes(now_s)
        outage = self._outage.told or self._device.boot
        key = f"{self._device.identity.device}-{outage}-{tell.value}"
        language = self._path.language
        return Message(
            key,
            title.as_dict()[language].format(name=self._path.name),
            text.as_dict()[language].format(minutes=minutes),
        )


async def keep_lifeline(device: Device, wires: Wires, folder: Path) -> None:
    """Run the lifeline of a device where ``device.toml`` has one; else there is nothing to do."""
    path = read_path(wires, folder, device.identity.device)
    if path is None:
        return
    import httpx  # noqa: PLC0415 - a quarter second that a door without another path saves

    async with httpx.AsyncClient(follow_redirects=False) as http:

        async def deliver(outlet: WebOutlet, message: Message) -> None:
            await outlet.say(http, message, time.time())

        await Lifeline(device, path, deliver).run()
