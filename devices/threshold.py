"""Whoever stands before a door: card, typed number, phone, visitor pass; each becomes a request.

The threshold proves what can be proven and hands the request to its controller, which decides.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from devices.access import Decision, Refused, Request, Visit, Way, asked_at
from devices.cards import prove
from devices.faces import AWAY, CLAIM_MOST
from devices.facing import SHOWS, Facing, claimed, proof_of, word_of
from devices.freshness import Freshness
from devices.keypad import CLAIM_WAIT_S, CodeTyped, Typing, pressed
from devices.messages import Assurance, Command, Event
from devices.ports import Card, CardReader, Keypad, Light, Show
from devices.reasons import REASONS
from devices.shelf import PolicyShelf
from devices.vouching import Asker, Vouching

if TYPE_CHECKING:
    from devices.door import DoorHardware

log = logging.getLogger(__name__)

SHOWN_MS = 2_000  # a refusal; long enough for old eyes
ASKED_MS = 6_000  # a turn of the head: an old neck takes its time
PHONE = "phone"
SHUT_REASONS = ("fire", "locked_down", "door_blocked")  # said before anything was asked


class Judge(Asker, Protocol):
    """What a threshold needs of its controller."""

    shelf: PolicyShelf
    freshness: Freshness


@dataclass(slots=True)
class _Waiting:
    """A claim that waits for its PIN or its face; ``told`` when it was refused already.

    ``ask`` names the question that the hub was asked about it, empty where none was.
    """

    request: Request
    draft: Event
    timer: asyncio.Task[None]
    told: bool = False
    ask: str = ""


class Threshold:
    """The readers and keypads of one controller."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._typing: dict[int, Typing] = {}  # one entry for each door
        self._waiting: dict[int, _Waiting] = {}  # the same
        self._phoned: dict[int, _Waiting] = {}  # the same: claims of phones, which are anywhere
        self.vouching = Vouching(judge)
        self.vouching.on_refused = lambda number: self.show(number, Show.REFUSED)
        self.facing = Facing(judge)
        self._keypads: set[int] = set()  # doors that have one
        self._lights: dict[int, Light] = {}  # one for each door at most

    def hung(self, doors: Iterable[DoorHardware]) -> None:
        """What hangs outside of each door."""
        for door in doors:
            if door.keypad is not None:
                self._keypads.add(door.number)
            if door.light is not None:
                self._lights[door.number] = door.light

    def show(self, number: int, what: Show, lasting_ms: int = SHOWN_MS) -> None:
        """Let whoever stands there know; a light's trouble is no door's trouble."""
        light = self._lights.get(number)
        if light is None:
            return
        try:
            light.show(what, lasting_ms)
        except Exception as fault:  # noqa: BLE001 - an opening must not fail for a lamp
            self._judge.device.drop("light", str(fault))

    async def serve_reader(self, number: int, reader: CardReader) -> None:
        """Cards as they come, until cancelled; one strange card must not blind the reader."""
        async for card in reader.cards():
            await self._guarded(number, "card", self.on_card(number, card))

    async def serve_keypad(self, number: int, keypad: Keypad) -> None:
        """Keys as they are pressed, until cancelled."""
        async for key in keypad.keys():
            try:
                self.on_key(number, key)
            except Exception:
                self._judge.device.counters["keypad"] += 1
                log.exception("door %s: a key could not be served", number)

    async def _guarded(self, number: int, what: str, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except Exception:
            self._judge.device.counters[what] += 1
            log.exception("door %s: a %s could not be served", number, what)

    def _request(self, number: int, way: Way) -> Request:
        clock_known, fresh = self._judge.clock_facts()
        return Request(
            door=number,
            way=way,
            clock_known=clock_known,
            fresh=fresh,
            since_s=self._judge.freshness.since_s,
        )

    # ----------------------------------------------------------------- cards

    async def on_card(self, number: int, card: Card) -> None:
        """A card lies on a door's reader: prove it, decide, open or refuse; no network needed."""
        device = self._judge.device
        read_ms = (time.perf_counter_ns() - card.first_byte_at_ns) / 1e6
        uid = card.uid.hex()
        before = time.perf_counter()
        compiled = self._judge.shelf.compiled
        door = compiled.policy.doors.get(number) if compiled else None
        keys = compiled.keys.get(uid) if compiled else None
        proof = None
        if card.provable and door is not None and keys is not None and door.slot in keys.slots:
            proof = await prove(card, door.slot, keys.slots[door.slot], device.luck)
            if proof.torn:
                device.drop("card_torn")
                return
        request = replace(
            self._request(number, Way.CARD),
            card=uid,
            assurance=Assurance.MUTUAL if proof and proof.proven else Assurance.IDENTIFIER,
            forged=proof is not None and not proof.proven,
        )
        auth_ms = (time.perf_counter() - before) * 1e3
        draft = replace(
            device.draft("access"),
            door=number,
            credential=self._stranger(uid),
            via="card",
            ms={"read": read_ms, "auth": auth_ms},
        )
        self._forget_card(number)
        decision = self._judge.present(
            request, draft, hold=lambda said: self._asks_pin(number, said)
        )
        shut = self._is_shut(number, decision)
        if shut or self._asks_pin(number, decision):
            draft = replace(
                draft, person=decision.person, credential=decision.credential or draft.credential
            )
            people = () if shut else (decision.person or "",)
            self._await(number, request, draft, people, told=shut)
            self._typing.pop(number, None)
            if not shut:  # a refusal stands on the light already
                self.show(number, Show.PIN, int(CLAIM_WAIT_S * 1e3))

    def _await(
        self, number: int, request: Request, draft: Event, people: Sequence[str], *, told: bool
    ) -> None:
        """Wait for the second factor of a claim, and ask the hub to look where the door lets it."""
        if people:
            self._forget_phone(number)  # whoever stands here goes first
        ask = self.facing.ask(draft, people)
        if ask is None and people and self.facing.offered(number):  # the other way stays
            draft = replace(draft, content={**draft.content, "face": AWAY})
        timer = asyncio.ensure_future(self._give_up_pin(number))
        self._waiting[number] = _Waiting(request, draft, timer, told, ask or "")

    def _asks_pin(self, number: int, said: Decision) -> bool:
        asked = isinstance(said, Refused) and said.reason == "pin_needed"
        return asked and (number in self._keypads or self.facing.here(number))

    def _is_shut(self, number: int, said: Decision) -> bool:
        """Where nobody comes in, whoever is forced may still type a PIN after a card."""
        refused = isinstance(said, Refused) and said.reason in SHUT_REASONS
        policy = self._judge.shelf.policy
        door = policy.doors.get(number) if policy else None
        if policy is None or door is None or not refused or number not in self._keypads:
            return False
        clock_known, _ = self._judge.clock_facts()
        # elsewhere what is typed next is a flat's number, and its PIN must be heard
        return asked_at(policy, door, self._judge.device.clock.now(), clock=clock_known)[1]

    def _stranger(self, uid: str) -> str:
        """A pseudonym of an unknown card: the same card is the same, its number is not told."""
        salt = self._judge.device.identity.signing.private_bytes_raw()
        return "x-" + hashlib.blake2b(uid.encode(), key=salt, digest_size=8).hexdigest()

    # ----------------------------------------------------------------- keypads

    def on_key(self, number: int, key: str) -> None:
        """A key was pressed; a whole PIN is brought before the door."""
        loop_s = asyncio.get_running_loop().time()
        waiting = self._waiting.get(number)
        if waiting is not None and key == "*" and waiting.request.way is Way.PIN:
            self._forget_card(number)  # another number may follow
            waiting = None
        typing, typed = pressed(
            self._typing.get(number, Typing()), key, loop_s, card=waiting is not None
        )
        self._typing[number] = typing
        if typed is None:
            if waiting is None and typing.claim is not None and not typing.digits:
                self._claimed(number, typing.claim)
            return
        if isinstance(typed, CodeTyped):
            self._guest(replace(self._request(number, Way.PASS), code=typed.digits), "code")
            return
        if waiting is not None:
            self._forget_card(number)
            clock_known, fresh = self._judge.clock_facts()
            request = replace(waiting.request, pin=typed.pin, clock_known=clock_known, fresh=fresh)
            self._judge.present(request, self._again(waiting))
            return
        request = replace(self._request(number, Way.PIN), claim=typed.claim, pin=typed.pin)
        draft = replace(self._judge.device.draft("access"), door=number, via="pin")
        self._judge.present(request, draft)

    def _claimed(self, number: int, claim: str) -> None:
        """A flat's number was typed: the hub may look whether it is one of its people."""
        people = claimed(self._judge.shelf.policy, number, claim)
        if not 0 < len(people) <= CLAIM_MOST or not self.facing.here(number):
            return  # as at any other door: nobody learns which numbers are known
        request = replace(self._request(number, Way.PIN), claim=claim)
        draft = replace(self._judge.device.draft("access"), door=number, via="pin")
        self._typing.pop(number, None)
        self._await(number, request, draft, people, told=True)  # who goes away tells nothing

    def _again(self, waiting: _Waiting) -> Event:
        """The draft of a claim whose second factor came: it happened now."""
        draft = replace(
            self._judge.device.draft("access"), door=waiting.request.door, via=waiting.draft.via
        )
        return replace(
            draft, credential=waiting.draft.credential, ms=waiting.draft.ms,
            content=waiting.draft.content,
        )  # fmt: skip

    # ----------------------------------------------------------------- faces

    def on_face(self, command: Command, raw: bytes) -> None:
        """The hub's word of a face; its envelope was checked."""
        number = command.door
        draft = replace(
            self._judge.device.draft("access"), door=number, via="face", command=command.id
        )
        word = word_of(command)
        if command.about is None and word is None:
            self._judge.refuse(replace(draft, reason="form"), raw)
            return
        if command.about is None:
            request = replace(self._request(number, Way.FACE), face=word, **proof_of(command))
            self._judge.present(request, draft, raw=raw)
            return
        waiting = self._asked_of(number, command.about)
        if waiting is None:
            self._judge.refuse(replace(draft, reason="face_word_other"), raw)
            return
        draft = self._again(waiting)
        draft = replace(draft, command=command.id, content={**draft.content, "ask": waiting.ask})
        if word is None:  # whoever stands there may still type
            waiting.ask, waiting.told = "", True
            why = command.reason if command.reason in REASONS else AWAY
            draft = replace(draft, person=waiting.draft.person, reason=why)
            self._judge.refuse(draft, raw)
            if waiting.draft.via == PHONE or number not in self._keypads:
                self._forget(number, waiting)
                self.show(number, Show.REFUSED)
            return
        clock_known, fresh = self._judge.clock_facts()
        request = replace(
            waiting.request, face=word, face_ask=waiting.ask, clock_known=clock_known, fresh=fresh
        )
        self._forget(number, waiting)
        self._judge.present(request, draft, raw=raw)

    def on_indicate(self, command: Command, refusal: str | None) -> None:
        """The hub asks somebody it looks at to turn: shown, never answered; nothing moves by it.

        ``refusal`` is what is wrong with the envelope: an arrow that comes late is no arrow.
        """
        number, what = command.door, SHOWS.get(command.reason or "")
        if command.about is None:
            looked = self.facing.alone(number) and number not in self._waiting
        else:
            looked = self._asked_of(number, command.about) is not None
        if refusal is not None or what is None or not looked:
            self._judge.device.drop("indicate", refusal or "")
            return
        self.show(number, what, ASKED_MS)

    def on_phone(self, request: Request, opening: str) -> str:
        """A phone asks for a door that wants a PIN with it: the reason that its holder is told.

        Where a face may stand for the PIN, the hub looks for that of the phone's holder and of
        nobody else. Whoever stands at reader or keypad is not kept waiting by it. What becomes of
        it names the ``opening``, so that the phone can say it.
        """
        number, person = request.door, request.person or ""
        held = self._phoned.get(number)
        if not self.facing.here(number):
            return "pin_needed"
        if number in self._waiting or (held is not None and held.request.person != person):
            return "face_busy"
        device = self._judge.device
        draft = replace(
            device.draft("access"), door=number, via=PHONE, person=person,
            content={"opening": opening},
        )  # fmt: skip
        ask = self.facing.ask(draft, (person,))
        if ask is None:
            return "pin_needed"
        self._forget_phone(number)
        timer = asyncio.ensure_future(self._give_up_phone(number))
        self._phoned[number] = _Waiting(request, draft, timer, True, ask)
        return "face_awaited"

    def _asked_of(self, number: int, ask: str | None) -> _Waiting | None:
        """Who waits for the answer to a question."""
        held = (self._waiting.get(number), self._phoned.get(number))
        return next((one for one in held if one is not None and ask and one.ask == ask), None)

    def _forget(self, number: int, waiting: _Waiting) -> None:
        for held in (self._waiting, self._phoned):
            if held.get(number) is waiting:
                del held[number]
        waiting.timer.cancel()

    def _forget_phone(self, number: int) -> None:
        waiting = self._phoned.pop(number, None)
        if waiting is not None:
            waiting.timer.cancel()

    async def _give_up_phone(self, number: int) -> None:
        await asyncio.sleep(CLAIM_WAIT_S)
        self._phoned.pop(number, None)  # its holder was told already

    def _forget_card(self, number: int) -> None:
        waiting = self._waiting.pop(number, None)
        if waiting is not None:
            waiting.timer.cancel()

    async def _give_up_pin(self, number: int) -> None:
        await asyncio.sleep(CLAIM_WAIT_S)
        self._time_is_up(number)

    def _time_is_up(self, number: int) -> None:
        waiting = self._waiting.pop(number, None)
        if waiting is not None and not waiting.told:
            draft = waiting.draft
            if waiting.ask:  # asked, and nobody answered
                draft = replace(draft, content={**draft.content, "face": AWAY})
            self._judge.present(waiting.request, draft)

    def close(self) -> None:
        """Whoever did not type in time is forgotten, and so is whoever waits for the hub."""
        self.vouching.close()
        for number in list(self._waiting):
            self._forget_card(number)
        for number in list(self._phoned):
            self._forget_phone(number)

    # ----------------------------------------------------------------- passes

    def on_pass(self, number: int, visit: Visit) -> Decision:
        """A pass whose signature was verified is shown at a door."""
        return self._guest(replace(self._request(number, Way.PASS), visit=visit), "pass")

    def _guest(self, request: Request, via: str) -> Decision:
        """Decide alone where that is allowed, else ask the hub and wait a little for its word."""
        number = request.door
        draft = replace(self._judge.device.draft("access"), door=number, via=via)
        decision = self._judge.present(
            request, draft, hold=lambda said: self.vouching.takes(number, said)
        )
        if self.vouching.takes(number, decision):
            self.vouching.ask(request, draft, decision.credential or "")
        return decision
