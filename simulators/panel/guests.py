"""Who comes without card or key: a guest with a pass, and whoever presses the bell.

The panel beside a door is a scanner and a button. What a page is told of a call is the hub's word,
as the home's phone or the duty desk hears it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from simulators.demo.guests import SAME_CODE_S, altered, invite, press_bell
from simulators.demo.staff import Staff
from simulators.demo.town import Town, TownDoor
from simulators.panel import cast
from simulators.panel.hands import Hands, reason_of
from simulators.panel.shell import Refused
from simulators.roster import PANELS

CALL_WAIT_S = 8.0  # pressed, told by the door, written down, heard by the phone
LOOK_S = 0.2  # how often a call that has just begun is looked for
PHONE_WAIT_S = 8  # how long the hub holds the phone's question while it rings
DESK_LOOK_S = 1.5  # how often the desk looks whether its call was answered elsewhere
DESK_REASON = "访客在门口按铃，值班员已核对"  # staff write why they open

Json = dict[str, Any]


class Guests:
    """One call at a time; ``now`` is what pages are shown of it, None while nobody rings."""

    def __init__(
        self, town: Town, hands: Hands, staff: Staff, tell: Callable[[Json | None], None]
    ) -> None:
        self._town = town
        self._hands = hands
        self._staff = staff
        self._tell = tell
        self._pass = ""
        self._shown_s: dict[str, float] = {}  # by door with a panel
        self._watching: asyncio.Task[None] | None = None
        self.now: Json | None = None

    async def close(self) -> None:
        """Hear of no call any more."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    # ----------------------------------------------------------------- passes

    async def invite(self) -> Json:
        """The host's phone makes a fresh pass for the doors with a scanner; raises Refused."""
        reply = await invite(self._hands.phone(cast.HOST), PANELS)
        if reply.status != httpx.codes.CREATED:
            raise Refused(str(reply.body["code"]))
        self._pass = str(reply.body["text"])
        return {"ends": reply.body["ends"]}

    async def show(self, card: str, door: str) -> Json:
        """Hold the guest's code, or an altered one, before a door's scanner."""
        scanner = self._panel(door, "no_scanner").scanner
        assert scanner is not None
        self._hands.plugged(f"{door}-scanner")
        if not self._pass:
            await self.invite()
        async with self._hands.turn(door):
            loop = asyncio.get_running_loop()
            await asyncio.sleep(self._shown_s.get(door, 0.0) + SAME_CODE_S - loop.time())
            text = altered(self._pass) if card == cast.ALTERED_PASS else self._pass
            outcome = await self._hands.watched(door, "pass", lambda: scanner.show(text))
            self._shown_s[door] = loop.time()
        return self._hands.say(door, *outcome, via="pass", person=None)

    # ----------------------------------------------------------------- the bell

    async def ring(self, door: str) -> Json:
        """Press the bell of a door until somebody's phone or the desk rings; raises Refused."""
        panel = self._panel(door, "no_bell")
        if self.now is not None and self.now["state"] == "ringing":
            raise Refused("bell_rings")
        before = await self._calls(door)
        await press_bell(panel)
        now = datetime.now(UTC)
        if any(
            call["answer"] == "not_now" and datetime.fromisoformat(call["until"]) > now
            for call in before
        ):  # for the hub that is the same call still
            raise Refused("bell_declined")
        known = {call["id"] for call in before}
        end_s = asyncio.get_running_loop().time() + CALL_WAIT_S
        while asyncio.get_running_loop().time() < end_s:
            fresh = [call for call in await self._calls(door) if call["id"] not in known]
            if fresh:
                return self._begin(door, fresh[0])
            await asyncio.sleep(LOOK_S)
        raise Refused("bell_unheard")

    async def answer(self, answer: str) -> Json:
        """The phone, or the desk, takes the call: "open" (then it opens, too) or "not_now"."""
        call = self.now
        if call is None or call["state"] != "ringing":
            raise Refused("nobody_rings")
        try:
            await (self._by_desk if call["rings"] is None else self._by_phone)(call, answer)
        except httpx.HTTPStatusError as refused:
            raise Refused(reason_of(refused.response)) from refused
        self._set(call | {"state": answer})
        return call

    async def _by_phone(self, call: Json, answer: str) -> None:
        phone = self._hands.phone(call["rings"])
        path = f"/api/v1/me/calls/{call['id']}/answer"
        reply = await phone.send("POST", path, {"answer": answer})
        if reply.status != httpx.codes.OK:
            raise Refused(str(reply.body["code"]))
        if answer == "open":
            await self._hands.shake(call["rings"], call["door"])

    async def _by_desk(self, call: Json, answer: str) -> None:
        await self._staff.answer_call(call["id"], answer)
        if answer == "open":
            door = call["door"]
            try:
                await self._staff.open_door(door, DESK_REASON)
            except httpx.HTTPStatusError as refused:
                why = reason_of(refused.response)
                self._hands.say(door, "refused", why, None, via="staff", person=None)
            else:
                self._hands.say(door, "opened", "granted", None, via="staff", person=None)

    def _panel(self, door: str, missing: str) -> TownDoor:
        found = self._town.doors.get(door)
        if found is None:
            raise Refused("door_unknown")
        if found.scanner is None:
            raise Refused(missing)
        return found

    # ----------------------------------------------------------------- following a call

    async def _calls(self, door: str, *, known: str = "", wait_s: int = 0) -> list[Json]:
        """What the one whom this door's bell rings is told of calls there."""
        person = cast.RUNG_BY.get(door)
        if person is None:
            calls = await self._staff.calls()
        else:
            path = f"/api/v1/me/calls?known={known}&wait_s={wait_s}"
            reply = await self._hands.phone(person).send("GET", path, None)
            calls = list(reply.body.get("calls", []))
        return [call for call in calls if call["door"] == door]

    def _begin(self, door: str, call: Json) -> Json:
        ringing = {"id": call["id"], "door": door, "rings": cast.RUNG_BY.get(door)}
        self._set(ringing | {"until": call["until"], "state": "ringing"})
        if self._watching is not None:
            self._watching.cancel()
        self._watching = asyncio.ensure_future(self._watch(door, call))
        return ringing | {"until": call["until"], "state": "ringing"}

    async def _watch(self, door: str, call: Json) -> None:
        """Until somebody answered, perhaps on a page of the product, or the time is over."""
        until = datetime.fromisoformat(call["until"])
        while datetime.now(UTC) < until and self._rings(call):
            found = None
            with contextlib.suppress(httpx.HTTPError):  # the hub starts again
                known = f"{call['id']}."
                calls = await self._calls(door, known=known, wait_s=PHONE_WAIT_S)
                found = next((each for each in calls if each["id"] == call["id"]), None)
            if found is not None and found["answer"] is not None and self._rings(call):
                self._set((self.now or {}) | {"state": found["answer"]})
                return
            await asyncio.sleep(DESK_LOOK_S)
        if self._rings(call):
            self._set((self.now or {}) | {"state": "over"})

    def _rings(self, call: Json) -> bool:
        now = self.now
        return now is not None and now["id"] == call["id"] and now["state"] == "ringing"

    def _set(self, now: Json | None) -> None:
        self.now = now
        self._tell(now)
