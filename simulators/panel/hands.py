"""What people do in the town: hold cards to readers, shake phones, copy a request, cut the wire.

Each act answers with what truly came of it: a pulse on the relay's line, the hub's or the card
point's own word, or the silence of a door.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from simulators.demo.credentials import set_pin
from simulators.demo.processes import ChildFailed
from simulators.demo.town import Town
from simulators.ends import Pn532End, VirtualCard
from simulators.panel import cast
from simulators.panel.doors import Doors
from simulators.panel.journal import Journal
from simulators.panel.parts import Parts
from simulators.panel.parts.keypads import keypad_of
from simulators.panel.places import KIOSK, POINT
from simulators.panel.shell import Refused
from simulators.panel.waiting import Waiting
from simulators.panel.wirefeed import WireFeed
from simulators.panel.wirewords import HUB, LISTENER, phone_words
from simulators.phone import Phone, SentRequest
from simulators.roster import DOORS

DOOR_WAIT_S = 6.0  # a door's own limit for its lock is 2 s; a busy machine adds to it
SILENT_DOOR_S = 3.0  # with the wire cut nobody can tell of a refusal: so long nothing has moved
POINT_WAIT_S = 8.0  # read, sent, judged by the hub, told back
READER_LOOK_S, READER_LOOKS = 0.02, 150  # 3 s; within 0.3 s it notices that a card was lifted
STILL_WATCH_S = 0.5  # after a copy: a door that would move does so within 0.1 s
WORD_WAIT_S = 1.0  # between the journal's entry of a tap and the word at the point
POINT_WORDS_MAX = 32  # newest words at the card point
NOTED = ("checked_in", "checked_in_again", "sun_review")
OUTCOMES = {200: "opened", 504: "unknown"}  # by the hub's answer; anything else moved nothing

Tell = Callable[[dict[str, Any]], None]
Came = tuple[str, str, int | None]  # outcome, reason, nanoseconds until the coil moved


class Point:
    """What the card point has said, each with its moment."""

    def __init__(self) -> None:
        self._words: deque[tuple[datetime, str]] = deque(maxlen=POINT_WORDS_MAX)
        self._changed = Waiting()

    def heard(self, code: str) -> None:
        """It says something now."""
        self._words.append((datetime.now(UTC), code))
        self._changed.wake()

    async def word_since(self, at: datetime, within_s: float) -> str | None:
        """The first word since then, None when it stays silent."""
        if await self._changed.until(lambda: bool(self._since(at)), within_s):
            return self._since(at)[0]
        return None

    async def word_about(self, at: datetime) -> str:
        """What the point made of a tap that the hub recorded then."""
        return await self.word_since(at, WORD_WAIT_S) or "sun_review"

    def _since(self, at: datetime) -> list[str]:
        return [code for moment, code in self._words if moment >= at]


@dataclass(frozen=True, slots=True)
class Shaken:
    """The newest shake: whose, where, and the very bytes."""

    person: str
    door: str
    request: SentRequest


class Hands:
    """One act at a reader or a phone at a time; each is told to every page."""

    def __init__(
        self,
        town: Town,
        doors: Doors,
        journal: Journal,
        point: Point,
        parts: Parts,
        feed: WireFeed,
        tell: Tell,
    ) -> None:
        self._town = town
        self._parts = parts
        self._doors = doors
        self._journal = journal
        self._point = point
        self._feed = feed
        self._tell = tell
        self._turns: dict[str, asyncio.Lock] = {}
        self._phones: dict[str, Phone] = {}
        self._clients: list[httpx.AsyncClient] = []
        self.phone_doors: dict[str, list[str]] = {}
        self.shaken: Shaken | None = None

    async def give_phones(self) -> None:
        """Each phone owner's phone, introduced with a code; raises ChildFailed."""
        for person in cast.PHONE_OWNERS:
            name = cast.name_of(person)
            http = self._client(self._feed.http("http", phone_words(name), HUB))
            phone = await self._town.new_phone(person, f"{name}的手机", http)
            mine = await phone.send("GET", "/api/v1/me", None)
            self._phones[person] = phone
            own = {door["id"] for door in mine.body["doors"]}
            self.phone_doors[person] = [plan.id for plan in DOORS if plan.id in own]
        reply = await set_pin(self._phones[cast.PIN_OWNER])
        if reply.status != httpx.codes.NO_CONTENT:
            raise ChildFailed(f"a PIN: {reply.body.get('code')}")
        self._listener = self._client(self._feed.http("http", LISTENER, HUB))

    async def close(self) -> None:
        """Hang up all phones."""
        for client in self._clients:
            await client.aclose()

    def _client(self, hooks: Any) -> httpx.AsyncClient:
        client = self._town.new_http(event_hooks=hooks)
        self._clients.append(client)
        return client

    def turn(self, what: str) -> asyncio.Lock:
        """Whose hands are at a reader, a panel or a phone now."""
        return self._turns.setdefault(what, asyncio.Lock())

    def phone(self, person: str) -> Phone:
        """A person's phone; raises Refused."""
        phone = self._phones.get(person)
        if phone is None:
            raise Refused("not_found", "this person has no phone")
        return phone

    # ----------------------------------------------------------------- cards

    async def tap(self, card: str, reader: str) -> dict[str, Any]:
        """Hold a card to a door or to the card point until it has answered."""
        held = cast.card_of(self._town, card)
        if held is None:
            raise Refused("not_found", "there is no such card")
        end = self.reader(reader)
        self.plugged(f"{reader}-reader")
        person = card if card in self._town.cards else None
        async with self.turn(reader):
            await self._idle(end)
            if reader == POINT:
                return await self._at_point(end, held, person)
            return await self._at_door(reader, end, held, person)

    def reader(self, reader: str) -> Pn532End:
        """The reader of this name; raises Refused."""
        town = self._town
        ends = {name: door.reader for name, door in town.doors.items()}
        others: dict[str, Any] = {POINT: town.point_reader, KIOSK: town.kiosk_reader}
        ends |= others
        end = ends.get(reader)
        if end is None:
            raise Refused("not_found", "there is no such reader")
        return end

    def plugged(self, part: str) -> None:
        """Raise Refused where a thing's plug is out: nobody hears what is done to it."""
        if not self._parts.is_plugged(part):
            raise Refused("unplugged")

    async def type(self, door: str, keys: str) -> dict[str, Any]:
        """Press the keys of a door's keypad until the door has answered; raises Refused."""
        end = keypad_of(self._town, door)
        if end is None:
            raise Refused("no_keypad")
        self.plugged(f"{door}-keypad")
        pad = end.readers[0]
        async with self.turn(f"{door}-keypad"):
            came = await self.watched(door, "pin", lambda: pad.type(keys))
        return self.say(door, *came, via="pin", person=None)

    async def claim(self, door: str, flat: str, within_s: float) -> dict[str, Any]:
        """Type a flat's number alone, so that the hub looks at a face; raises Refused."""
        end = keypad_of(self._town, door)
        if end is None:
            raise Refused("no_keypad")
        self.plugged(f"{door}-keypad")
        async with self.turn(f"{door}-keypad"):
            keys = f"*{flat}#"  # a star first: whoever was here before has gone
            came = await self.watched(
                door, "pin", lambda: end.readers[0].type(keys), within_s=within_s
            )
        return self.say(door, *came, via="face", person=None)

    async def _idle(self, end: Pn532End) -> None:
        """A reader that has not yet noticed the last card's leaving would take two for one."""
        for _ in range(READER_LOOKS):
            if end.is_waiting:
                return
            await asyncio.sleep(READER_LOOK_S)

    async def _at_point(
        self, end: Pn532End, card: VirtualCard, person: str | None
    ) -> dict[str, Any]:
        began = datetime.now(UTC)
        end.tap(card)
        try:
            code = await self._point.word_since(began, POINT_WAIT_S)
        finally:
            end.lift()
        outcome = "unknown" if code is None else "noted" if code in NOTED else "refused"
        reason = code or "outcome_unknown"
        return self.say(POINT, outcome, reason, None, via="card", person=person)

    async def _at_door(
        self, door: str, end: Pn532End, card: VirtualCard, person: str | None
    ) -> dict[str, Any]:
        end.report_log.clear()

        def began_ns() -> int | None:
            return end.report_log[0][1] if end.report_log else None

        try:
            came = await self.watched(door, "card", lambda: end.tap(card), began_ns)
        finally:
            end.lift()
        if came[0] == "unknown" and end.report_log:  # the reader had it; nobody could tell of it
            came = ("refused", "credential_unknown", None)
        return self.say(door, *came, via="card", person=person)

    async def watched(
        self,
        door: str,
        via: str,
        act: Callable[[], object],
        began_ns: Callable[[], int | None] = lambda: None,
        within_s: float | None = None,
    ) -> Came:
        """Do something at a door and wait until its coil moves, or its refusal is in the journal.

        What was neither seen nor heard is unknown. ``began_ns`` is when it began, where something
        knows that better than the hand.
        """
        seen, since = self._doors.pulses[door], self._journal.last
        patience_s = within_s or self._patience_s()
        started_ns = time.perf_counter_ns()
        act()
        pulse = asyncio.ensure_future(self._doors.pulse_after(door, seen, patience_s))
        word = asyncio.ensure_future(self._refusal(door, via, since, within_s or DOOR_WAIT_S))
        try:
            await asyncio.wait([pulse, word], return_when=asyncio.FIRST_COMPLETED)
            moved_ns = pulse.result() if pulse.done() else None
            refusal = word.result() if word.done() else None
        finally:
            for task in (pulse, word):
                task.cancel()
            await asyncio.gather(pulse, word, return_exceptions=True)
        if moved_ns is not None:
            return "opened", "granted", max(0, moved_ns - (began_ns() or started_ns))
        if refusal is None:
            return "unknown", "outcome_unknown", None
        return "refused", refusal, None

    def _patience_s(self) -> float:
        assert self._town.proxy is not None
        return SILENT_DOOR_S if self._town.proxy.is_cut else DOOR_WAIT_S

    async def _refusal(self, door: str, via: str, since: int, within_s: float) -> str | None:
        """The door's own refusal, as it stands in the hub's journal."""

        def refused(event: dict[str, Any]) -> bool:
            mine = (event["door"], event["via"], event["outcome"]) == (door, via, "refused")
            return mine and event["n"] > since and not event["late"]

        event = await self._journal.wait_for(refused, within_s)
        return str(event["reason"]) if event is not None else None

    # ----------------------------------------------------------------- phones

    async def shake(self, person: str, door: str) -> dict[str, Any]:
        """A person shakes the phone before a door; the hub's answer is what they are told."""
        phone = self.phone(person)
        if door not in {plan.id for plan in DOORS}:
            raise Refused("door_unknown")
        async with self.turn(person):
            seen = self._doors.pulses[door]
            began_ns = time.perf_counter_ns()
            try:
                reply = await phone.open(door)
            except httpx.HTTPError:
                return self.say(
                    door, "unknown", "outcome_unknown", None, via="phone", person=person
                )
            assert reply.sent is not None
            self.shaken = Shaken(person, door, reply.sent)
            outcome = OUTCOMES.get(reply.status, "refused")
            took_ns = None
            if outcome == "opened":
                moved_ns = await self._doors.pulse_after(door, seen, DOOR_WAIT_S)
                took_ns = moved_ns - began_ns if moved_ns is not None else None
            code = str(reply.body.get("reason") or reply.body.get("code") or "outcome_unknown")
            return self.say(door, outcome, code, took_ns, via="phone", person=person)

    async def copy(self) -> dict[str, Any]:
        """A listener sends the very bytes of the last shake once more; the door is watched."""
        shaken = self.shaken
        if shaken is None:
            raise Refused("nothing_to_copy")
        door, request = shaken.door, shaken.request
        async with self.turn("listener"):
            seen = self._doors.pulses[door]
            try:
                answer = await self._listener.request(
                    request.method,
                    self._town.base_url + request.path,
                    content=request.body,
                    headers={"Linli-Proof": request.proof, "Content-Type": "application/json"},
                )
            except httpx.HTTPError:
                return self.say(door, "unknown", "outcome_unknown", None, via="copy", person=None)
            moved_ns = await self._doors.pulse_after(door, seen, STILL_WATCH_S)
            body = answer.json()
            if moved_ns is not None:  # then the copy has worked, and nobody shall hide it
                return self.say(door, "opened", "granted", None, via="copy", person=None)
            code = "request_repeated" if body.get("repeat") is True else str(body["code"])
            return self.say(door, "refused", code, None, via="copy", person=None)

    # ----------------------------------------------------------------- telling

    def say(
        self,
        at: str,
        outcome: str,
        reason: str,
        took_ns: int | None,
        *,
        via: str,
        person: str | None,
    ) -> dict[str, Any]:
        """Tell every page what somebody was told; the same is the act's answer."""
        said = {
            "at": at,
            "outcome": outcome,
            "reason": reason,
            "via": via,
            "person": person,
            "ms": round(took_ns / 1e6, 2) if took_ns is not None else None,
        }
        self._tell(said)
        return said


def reason_of(answer: httpx.Response) -> str:
    """The reason that a refusal of the hub names."""
    try:
        body = answer.json()
        return str(body.get("reason") or body["code"])
    except (ValueError, KeyError, AttributeError):
        return "hub_busy"
