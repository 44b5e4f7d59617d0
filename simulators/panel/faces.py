"""The town's door with faces, to be tried: somebody before its camera, and what the hub sees.

Enrolling goes through the hub's own API as the desk does it; boxes, reasons and decisions are the
hub's preview; the claim is typed on the door's own keypad, and the door itself opens or does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from simulators.demo.credentials import set_pin
from simulators.demo.faces import DOOR, FaceDesk, missing
from simulators.demo.staff import Staff
from simulators.demo.town import Town
from simulators.panel import cast, porch
from simulators.panel.hands import Hands, reason_of
from simulators.panel.shell import Refused
from simulators.panel.stand import JPEG, NOBODY, TURNS, Stand, Standing
from simulators.roster import CARER, ELDER

CLAIM_S: Final = 24.0  # a claim is looked at for fourteen seconds, and told within a moment
LOOK_S: Final = 1.0  # how often the hub is asked while it starts, or measures
SELDOM_S: Final = 10.0  # and otherwise: somebody may use the console beside the town
REST_S: Final = 0.2
AGAIN_S: Final = 2.0  # before a preview that was refused is asked for again
FLATS: Final = {ELDER: "302", CARER: "201"}  # homes behind the door whose people have a PIN
FACES: Final = {ELDER: "elder", CARER: "carer"}  # who is drawn for whom
LANGUAGES: Final = ("zh-Hans", "zh-Hant", "en")

Json = dict[str, Any]
Tell = Callable[[str, Json], None]


class Faces:
    """One door, one camera, one person before it at a time."""

    def __init__(self, town: Town, staff: Staff, hands: Hands, tell: Tell) -> None:
        self._town, self._hands, self._tell = town, hands, tell
        self._desk = FaceDesk(staff)
        self._missing = [] if town.camera is not None else missing() or ["camera"]
        self._state = "absent" if town.camera is None else "off"
        self._people: dict[str, Json] = {}  # what is kept of whom
        self._counts: tuple[int, int] | None = None  # consents and enrolled, as they were read last
        self._added_at: dict[str, datetime] = {}  # newest photos that no audit has seen yet
        self._tracks: dict[int, Json] = {}
        self._stirred = asyncio.Event()
        self._told: Json | None = None
        self.stand = Stand(time.monotonic)
        if town.camera is not None:
            town.camera.shoot = self.stand.picture

    # ----------------------------------------------------------------- what pages get

    def now(self) -> Json:
        """The whole of it, as pages have it."""
        standing = self.stand.now
        return {
            "state": self._state,
            "missing": self._missing,
            "door": DOOR,
            "size": list(porch.SIZE),
            "standing": {"kind": standing.kind, "who": standing.who, "still": standing.still},
            "people": [self._person(person) for person in FLATS],
            "asked": self.stand.asked,
            "told": self._told,
        }

    def _person(self, person: str) -> Json:
        kept = self._people.get(person)
        return {
            "id": person,
            "flat": FLATS[person],
            "drawn": FACES[person],
            "consent": kept is not None and kept["consent"] is not None,
            "photos": len(kept["photos"]) if kept is not None else 0,
            "measured": person not in self._added_at,
        }

    def _renew(self) -> None:
        self._tell("faces", self.now())

    # ----------------------------------------------------------------- following the hub

    async def follow(self) -> None:
        """Until cancelled, through the hub's restarts."""
        if self._state == "absent":
            return
        await asyncio.gather(self._keep_state(), self._keep_preview(), self._keep_standing())

    async def _keep_state(self) -> None:
        """How faces stand; asked again while something is on its way."""
        while True:
            with contextlib.suppress(httpx.HTTPError):  # the hub starts again
                overview = await self._desk.overview()
                self._take(overview)
                counts = (overview["consents"], overview["enrolled"])
                if self._state == "ready" and counts != self._counts:
                    self._people = {each: await self._desk.face(each) for each in FLATS}
                    self._counts = counts
                    self._renew()
            if self._state in ("off", "ready") and not self._added_at:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SELDOM_S):
                        await self._stirred.wait()
                self._stirred.clear()
            await asyncio.sleep(LOOK_S)

    def _take(self, overview: Json) -> None:
        before = (self._state, dict(self._added_at))
        self._state = str(overview["state"])
        audit = overview["audit"]
        # one that began before a photo may end after it, and does not know whoever is new
        if audit is not None and audit["people"] >= overview["enrolled"]:
            made_at = datetime.fromisoformat(audit["made_at"])
            late = {who: at for who, at in self._added_at.items() if at >= made_at}
            self._added_at = late
        if (self._state, self._added_at) != before:
            self._renew()

    async def _keep_preview(self) -> None:
        """While somebody stands there, what the hub sees; else nobody looks on."""
        while True:
            if self._state == "ready" and self.stand.now != NOBODY:
                try:
                    await self._look_on()
                except httpx.HTTPError:  # refused, or the hub starts again
                    await asyncio.sleep(AGAIN_S)
                self._blind()
            await asyncio.sleep(REST_S)

    async def _look_on(self) -> None:
        """Until nobody stands there any more, or the hub ends it."""
        async with contextlib.aclosing(self._desk.preview()) as events:
            async for kind, raw in events:
                self._see(kind, json.loads(raw or "{}"))
                if self.stand.now == NOBODY and not self._tracks:
                    return

    def _blind(self) -> None:
        self._tracks.clear()
        self._tell("seen", {"tracks": []})
        self._ask(None)

    def _see(self, kind: str, body: Json) -> None:
        if kind == "asked":
            self._ask(body["side"])
        elif kind == "told":
            person = body["person"]
            name = cast.name_of(person) if person in FLATS else person
            self._told = {"person": name, "reason": body["reason"]}
            self._renew()
        elif kind in ("seen", "gone"):
            if kind == "gone":
                self._tracks.pop(body["track"], None)
            else:
                self._tracks[body["track"]] = body
                self.stand.looked()
            self._tell("seen", {"tracks": list(self._tracks.values())})

    def _ask(self, side: str | None) -> None:
        if side != self.stand.asked:
            self.stand.asked = side
            self._renew()

    async def _keep_standing(self) -> None:
        """Whoever's page was closed has gone."""
        before = self.stand.now
        while True:
            await asyncio.sleep(LOOK_S)
            if self.stand.now != before:
                before = self.stand.now
                self._renew()

    # ----------------------------------------------------------------- before the camera

    async def put(self, kind: str, who: str, *, still: bool) -> Json:
        """Let somebody step before the camera; raises Refused."""
        self._here()
        if kind not in ("nobody", "drawn", "own") or (kind == "drawn") != (who in porch.PEOPLE):
            raise Refused("field_wrong", "kind is nobody, own, or drawn with somebody")
        if kind == "drawn":
            await asyncio.to_thread(porch.prepare, who, TURNS)
        key = self.stand.put(Standing(kind, who, still and kind != "nobody"))
        self._told = None
        self._renew()
        return {"key": key}

    def frame(self, key: str, content: bytes) -> None:
        """A frame of a page's own camera, or of the photo it holds up; raises Refused."""
        self._here()
        if not content.startswith(JPEG):
            raise Refused("photo_broken")
        if not self.stand.take(key, content):
            raise Refused("not_now", "somebody else stands there")

    def view(self) -> bytes | None:
        """What the camera sees of people who are drawn; a page's own frames are its own.

        Whoever asks while another steps up sees an empty porch, not an error.
        """
        if self._state == "absent":
            return None
        return porch.empty() if self.stand.now.kind == "own" else self.stand.picture()

    def _here(self) -> None:
        if self._state == "absent":
            raise Refused("faces_absent")

    # ----------------------------------------------------------------- the desk

    async def open(self) -> Json:
        """The site assesses, and its door takes faces from now on; raises Refused."""
        self._here()
        async with self._asking():
            await self._desk.open()
            await set_pin(self._hands.phone(CARER))
        self._state = "starting"
        self._stirred.set()
        self._renew()
        return self.now()

    async def notice(self, language: str) -> Json:
        """What is to be read first."""
        if language not in LANGUAGES:
            raise Refused("field_wrong", "no such language")
        async with self._asking():
            return await self._desk.notice(language)

    async def consent(self, person: str, notice: str, language: str) -> Json:
        """Somebody has read it and agrees."""
        self._known(person)
        async with self._asking():
            return self._kept(person, await self._desk.consent(person, notice, language))

    async def photo(self, person: str) -> Json:
        """The desk takes a photo of whoever stands before the camera."""
        self._known(person)
        content = await asyncio.to_thread(self.stand.portrait)
        if content is None:
            raise Refused("face_none")
        async with self._asking():
            kept = await self._desk.photo(person, content)
        self._added_at[person] = datetime.now(UTC)
        self._stirred.set()
        return self._kept(person, kept)

    async def forget(self, person: str) -> Json:
        """Somebody withdraws; nobody can read their template any more."""
        self._known(person)
        async with self._asking():
            kept = await self._desk.forget(person)
        self._added_at.pop(person, None)
        return self._kept(person, kept)

    def _kept(self, person: str, kept: Json) -> Json:
        self._people[person] = kept
        self._renew()
        return self._person(person)

    def _known(self, person: str) -> None:
        self._here()
        if person not in FLATS:
            raise Refused("not_found", "nobody behind this door")

    @contextlib.asynccontextmanager
    async def _asking(self) -> Any:
        """The hub's refusals are the page's."""
        try:
            yield
        except httpx.HTTPStatusError as refused:
            raise Refused(reason_of(refused.response)) from refused
        except httpx.HTTPError as lost:
            raise Refused("hub_busy") from lost

    # ----------------------------------------------------------------- the door

    async def claim(self, person: str) -> Json:
        """Type a flat's number at the door; the hub looks, the door decides."""
        self._known(person)
        self._told = None
        self._renew()
        return await self._hands.claim(DOOR, FLATS[person], CLAIM_S)
