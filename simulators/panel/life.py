"""The town's life behind its page: brought up stage by stage, and begun anew on a fresh folder."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import tempfile
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from simulators.demo.processes import ChildFailed
from simulators.demo.staff import Staff
from simulators.demo.town import STAGES, Town
from simulators.ends.words import said
from simulators.panel import cast
from simulators.panel.glass import QUIET
from simulators.panel.scene import Scene
from simulators.panel.shell import Refused
from simulators.panel.story import IDLE, Story
from simulators.panel.streams import Streams
from simulators.panel.wirefeed import WireFeed
from simulators.receivers.station import Alarm
from simulators.roster import NAMES, ZONE

STAGE_WORDS = {
    "wires": said("铺线：读卡器、门锁、支付平台", "鋪線：讀卡器、門鎖、支付平台", "Wires: readers, locks, payment service"),
    "site": said("小区和它的钥匙", "社區和它的金鑰", "The site and its keys"),
    "hub": said("邻里主机", "鄰里主機", "The Linli hub"),
    "people": said("86 位住户搬进 32 个家", "86 位住戶搬進 32 個家", "86 people move into 32 homes"),
    "devices": said(
        "门、刷卡点和缴费机：核对指纹",
        "門、感應點和繳費機：核對指紋",
        "Doors, card point, kiosk: fingerprints compared",
    ),
    "cards": said("发卡", "發卡", "Cards are issued"),
    "ready": said("门、刷卡点和缴费机上线", "門、感應點和繳費機上線", "Doors, card point and kiosk go online"),
    "phones": said("发手机，开始记事", "發手機，開始記事", "Phones are handed out"),
}  # fmt: skip
if set(STAGE_WORDS) - {"phones"} != set(STAGES):
    raise RuntimeError("a stage of the town has no words")

ALARMS_MAX = 20  # of the station, as a page gets them at once
_SIA = re.compile(r"/([A-Z]{2})(\d+)")  # code and zone, as the station reads them
NOTHING: dict[str, Any] = {"doors": {}, "devices": {}}

Json = dict[str, Any]


class Life:
    """One town at a time. ``town`` and ``scene`` are the present ones."""

    def __init__(self, town: Town, streams: Streams) -> None:
        self.town = town
        self.streams = streams
        self.feed = WireFeed(lambda line: streams.announce("wire", line))
        self.secret = ""
        self.fault: Exception | None = None
        self._stage = 0
        self.is_ready = False
        self._work: asyncio.Task[None] | None = None
        self._folders: list[Path] = []
        self._alarms: deque[Json] = deque(maxlen=ALARMS_MAX)
        self._set_scene(town)

    def _set_scene(self, town: Town) -> None:
        self.town = town
        self.scene = Scene(town, self.feed, self.streams.announce, self.streams.refresh)
        self.story = Story(self.scene, lambda now: self.streams.announce("story", now))
        town.on_stage = self._reached
        town.on_alarm = self._at_station
        self._alarms.clear()

    def _at_station(self, alarm: Alarm) -> None:
        """What the made-up police desk has just taken, in its own words."""
        found = _SIA.search(alarm.words)
        entry = {
            "number": alarm.sequence,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "words": alarm.words,
            "code": found[1] if found else "",
            "zone": int(found[2]) if found else 0,
        }
        self._alarms.append(entry)
        self.streams.announce("station", entry)

    # ----------------------------------------------------------------- up and down

    async def begin(self) -> None:
        """Bring the town up; raises ChildFailed."""
        await self.town.start()
        staff = Staff(self.town.base_url, self.town.new_http())
        try:
            await staff.claim(self.town.administrator_code)
        finally:
            await staff.close()
        await self.join(staff.secret)

    async def join(self, secret: str) -> None:
        """Take over a town that is up and whose administrator has this second factor."""
        self.secret = secret
        self._reached("phones")
        await self.scene.open(secret)
        self.is_ready = True
        self.streams.refresh()

    def again(self) -> None:
        """Begin anew in the background; the pages see its progress."""
        if self._work is None or self._work.done():
            self.is_ready = False
            self._stage = 0
            self.streams.refresh()
            self._work = asyncio.ensure_future(self._renew())

    async def _renew(self) -> None:
        old = self.town
        await self._close_scene()
        await old.stop()
        self.feed.flush()
        self.feed.clear()
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="linli-"))
        self._folders.append(folder)
        self._set_scene(Town(replace(old.settings, folder=folder), old.say))
        self.streams.refresh()
        try:
            await self.begin()
        except (ChildFailed, httpx.HTTPError, OSError) as fault:
            self.fault = fault  # who runs the panel hears of it by `check`

    def check(self) -> None:
        """Raise what went wrong when a part of the town has ended by itself."""
        if self.fault is not None:
            raise self.fault
        if self.is_ready:
            self.scene.check()
            for child in self.town.children.values():
                child.check()

    async def end(self) -> None:
        """Stop everything that was begun here or handed over."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        await self._close_scene()
        self.feed.close()
        await self.town.stop()
        for folder in self._folders:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _close_scene(self) -> None:
        with contextlib.suppress(AssertionError):
            await self.story.stop()
        await self.scene.close()

    def _reached(self, stage: str) -> None:
        self._stage = list(STAGE_WORDS).index(stage)
        self.streams.refresh()

    # ----------------------------------------------------------------- what pages get

    def ready(self) -> Scene:
        """The scene, once it can be driven; raises Refused."""
        if not self.is_ready:
            raise Refused("town_starting")
        return self.scene

    def free(self) -> Scene:
        """The scene, while no story plays; raises Refused."""
        scene = self.ready()
        if self.story.is_playing:
            raise Refused("story_running")
        return scene

    def document(self, host: str) -> Json:
        """The whole town, as `GET /api/town` and the first event of a stream have it."""
        scene, is_ready = self.scene, self.is_ready
        left = list(STAGE_WORDS.values())[self._stage :]
        return {
            "name": NAMES,
            "time_zone": ZONE,
            "ready": is_ready,
            "starting": [] if is_ready else [dict(words) for words in left],
            "readers": cast.readers(scene.doors.coils()),
            "people": cast.people(scene.hands.phone_doors if is_ready else {}),
            "cards": cast.cards(),
            "net": scene.net(),
            "cast": scene.cast,
            "story": self.story.now if is_ready else dict(IDLE),
            "kiosk": scene.glass.now if is_ready else dict(QUIET),
            "call": scene.guests.now if is_ready else None,
            "faces": scene.faces.now() if is_ready else None,
            "parts": scene.parts.now() if is_ready else [],
            "wall": scene.wall.now if is_ready else dict(NOTHING),
            "pages": scene.pages(host) if is_ready else [],
            "wire": list(self.feed.lines),
            "journal": list(scene.journal.entries) if is_ready else [],
            "station": list(self._alarms),
        }
