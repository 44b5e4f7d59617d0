"""A running town made visible: every tap on its wires, and all that can be done in it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import httpx

from simulators.demo.credentials import bring_old_card
from simulators.demo.processes import ChildFailed
from simulators.demo.seen import NotSo
from simulators.demo.staff import NAME, PASSWORD, Staff
from simulators.demo.town import Town
from simulators.ends.wires import Words
from simulators.ends.words import said
from simulators.panel import cast
from simulators.panel.doors import Doors
from simulators.panel.faces import Faces
from simulators.panel.glass import Glass
from simulators.panel.guests import Guests
from simulators.panel.hands import Hands, Point
from simulators.panel.journal import Journal
from simulators.panel.parts import Parts
from simulators.panel.places import KIOSK
from simulators.panel.shell import LOOPBACK, Refused
from simulators.panel.wall import Wall
from simulators.panel.wirefeed import WireFeed

LOOK_AGAIN_S = 0.1  # how often it is asked whether all doors are back
CODE_FRESH_S = 480.0  # a phone code lives 600 s; shown it stays good for at least two minutes
CODES_LOOK_S = 4.0  # how soon a used code is replaced on the page
CODE_OWNERS = cast.PHONE_OWNERS[:2]

_NAME = said("姓名", "姓名", "Name")
_PASSWORD = said("密码", "密碼", "Password")
_TRUST = said("手机先打开", "手機先開啟", "On the phone, first open")
_OTP = said("六位动态码", "六位動態碼", "Six-digit code")

Tell = Callable[[str, dict[str, Any]], None]
Json = dict[str, Any]


def _code_label(name: str) -> Words:
    return said(f"{name}的一次性号", f"{name}的一次性號", f"One-time code of {name}")


class Scene:
    """One town from its first to its last moment; a reset makes a new one.

    ``tell(kind, body)`` is what pages hear; ``renew`` is called when their town must be read anew.
    """

    def __init__(self, town: Town, feed: WireFeed, tell: Tell, renew: Callable[[], None]) -> None:
        self.town = town
        self.feed = feed
        self.cast = cast.cast()
        self._tell = tell
        self._renew = renew
        self._point = Point()
        self._tasks: list[asyncio.Task[None]] = []
        self._codes: dict[str, tuple[str, float, int]] = {}  # code, made at, phones then
        self.doors = Doors(town, lambda door, coil: tell("door", {"door": door, "coil": coil}))
        town.on_packet = feed.packet
        town.notice_hooks = dict(feed.notices())
        town.on_said = self._point.heard

    async def open(self, secret: str) -> None:
        """Once the town is up: tap its wires, sign in as its staff, hand out phones."""
        town, feed = self.town, self.feed
        self.doors.watch()
        self.parts = Parts(town, feed, self.doors.pulsed, lambda part: self._tell("part", part))
        self.staff = Staff(town.base_url, town.new_http(), secret=secret)
        self.wall = Wall(self.staff, lambda now: self._tell("wall", now))
        self.journal = Journal(
            self.staff,
            lambda entry: self._tell("journal", entry),
            self._point.word_about,
            self.wall.stir,
        )
        self.glass = Glass(town, feed, lambda now: self._tell("kiosk", now))
        self.hands = Hands(
            town,
            self.doors,
            self.journal,
            self._point,
            self.parts,
            feed,
            lambda said: self._tell("said", said),
        )
        self.guests = Guests(
            town, self.hands, self.staff, lambda now: self._tell("call", {"now": now})
        )
        self.faces = Faces(town, self.staff, self.hands, self._tell)
        await self.staff.sign_in()
        await self.hands.give_phones()
        await self._renew_codes()
        for work in (
            self.journal.follow(),
            self.glass.follow(),
            self.wall.follow(),
            self.faces.follow(),
            self._bring_old_card(),
            self._keep_codes(),
        ):
            self._tasks.append(asyncio.ensure_future(work))

    async def close(self) -> None:
        """Hear nothing more; the town itself is ended by who started it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for part in ("guests", "hands", "glass", "staff"):
            if hasattr(self, part):
                await getattr(self, part).close()

    def check(self) -> None:
        """Raise what ended a follower: a page that hears nothing more must not look alive."""
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()

    async def _bring_old_card(self) -> None:
        """Nobody waits for a sheet: until it is taken in, the old card is a stranger's."""
        while True:
            with contextlib.suppress(httpx.HTTPError, NotSo):  # the hub starts again
                return await bring_old_card(self.staff)
            await asyncio.sleep(CODES_LOOK_S)

    # ----------------------------------------------------------------- acts beside hands

    def cut(self, is_cut: bool) -> Json:
        """Cut the wire to the hub, or join it."""
        proxy = self.town.proxy
        if proxy is not None and proxy.is_cut != is_cut:
            (proxy.cut if is_cut else proxy.heal)()
            self._tell("net", self.net())
        return self.net()

    def net(self) -> Json:
        """How the wire is."""
        return {"cut": self.town.proxy is not None and self.town.proxy.is_cut}

    async def doors_ready(self, within_s: float) -> bool:
        """Wait until every device is on the wire and has its policy."""
        end_s = time.monotonic() + within_s
        while time.monotonic() < end_s:
            with contextlib.suppress(httpx.HTTPError):  # the hub starts again
                if await self.town.all_ready():
                    return True
            await asyncio.sleep(LOOK_AGAIN_S)
        return False

    async def tap(self, card: str, reader: str) -> Json:
        """Hold a card to anything that reads cards, a guest's code before a scanner."""
        if card in cast.PASSES:
            return await self.guests.show(card, reader)
        if reader != KIOSK:
            return await self.hands.tap(card, reader)
        held = cast.card_of(self.town, card)
        if held is None:
            raise Refused("not_found", "there is no such card")
        self.hands.plugged(f"{KIOSK}-reader")
        visit = await self.glass.hold(held)
        person = card if card in self.town.cards else None
        answer = {
            "at": KIOSK,
            "outcome": "noted" if visit else "refused",
            "reason": "granted" if visit else "card_session_refused",
            "via": "card",
            "person": person,
            "ms": None,
        }
        if visit is None:  # who is let in sees the bills: the kiosk's own sign says it
            self._tell("said", answer)
        return answer

    # ----------------------------------------------------------------- what a page needs

    def pages(self, host: str) -> list[Json]:
        """The product's own pages, with what one types there; ``host`` as the browser wrote it."""
        settings, town = self.town.settings, self.town
        scheme, _, rest = town.base_url.partition("://")
        here = f"{scheme}://{host}:{rest.rpartition(':')[2]}"
        codes = [
            {"label": dict(_code_label(cast.name_of(person))), "value": code}
            for person, (code, _, _) in self._codes.items()
        ]
        if settings.trust_url:
            codes.insert(0, {"label": dict(_TRUST), "value": settings.trust_url})
        phone = {"kind": "phone", "href": f"{settings.origin or here}/phone/", "sign_in": codes}
        console = {
            "kind": "console",
            "href": f"{here}/console/",
            "sign_in": [
                {"label": dict(_NAME), "value": NAME},
                {"label": dict(_PASSWORD), "value": PASSWORD},
                {"label": dict(_OTP), "value": self.staff.code_to_show(time.time())},
            ],
        }
        kiosk = {"kind": "kiosk", "href": f"{town.kiosk_url}/", "sign_in": []}
        is_near = host in LOOPBACK and bool(town.kiosk_url)  # the kiosk serves its own machine only
        return [phone, *([kiosk] if is_near else []), console]

    async def _keep_codes(self) -> None:
        """Codes on the page are good: a used, an old, or a new half minute's one is renewed."""
        shown = ""
        while True:
            await asyncio.sleep(CODES_LOOK_S)
            try:
                changed = await self._renew_codes()
            except (httpx.HTTPError, ChildFailed):  # the hub starts again
                continue
            otp = self.staff.code_to_show(time.time())
            if changed or otp != shown:
                shown = otp
                self._renew()

    async def _renew_codes(self) -> bool:
        changed = False
        for person in CODE_OWNERS:
            phones = await self.staff.phones_of(cast.name_of(person))
            code, made_s, then = self._codes.get(person, ("", 0.0, -1))
            if not code or phones > then or time.monotonic() - made_s > CODE_FRESH_S:
                told = await self.town.operator(f"people/{person}/phone-codes", {})
                self._codes[person] = (str(told["code"]), time.monotonic(), phones)
                changed = True
        return changed
