"""The door controller: hears commands and cards, decides alone, and tells what happened.

Order of a command (contract.md): form, signature, audience; id; epoch; connection; time window;
the id is persisted; the decision; the strike; the answer; the event. Intent and id are on disk
before the strike, so a repeated command can never open twice, whatever is killed when.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from devices import wire
from devices.access import (
    Decision,
    Granted,
    Refused,
    Request,
    State,
    Visit,
    Way,
    decide,
    fold,
)
from devices.device import Device
from devices.envelope import envelope
from devices.faces import OP as FACE
from devices.facing import INDICATE
from devices.facts import kept, recalled
from devices.freshness import Freshness
from devices.guests import OP
from devices.inputs import Inputs, has_inputs
from devices.leaves import Leaves, duress_event, told_of
from devices.messages import (
    Answer,
    Command,
    Event,
    Outcome,
    Refusal,
)
from devices.modes import STRIKE_WAIT_S, Modes
from devices.ports import Card, CardReader, Keypad, Light, Show, Strike
from devices.recall import testify
from devices.shelf import PolicyShelf
from devices.threshold import PHONE, Threshold

log = logging.getLogger(__name__)

NOTHING: Mapping[str, str | None] = {}
OPS = ("access", OP)


@dataclass(frozen=True, slots=True)
class DoorHardware:
    """One door's hardware: its strike with an output, an optional reader, and its inputs."""

    number: int
    strike: Strike
    output: int
    reader: CardReader | None = None
    contact_input: int | None = None
    exit_input: int | None = None
    fire_input: int | None = None
    tamper_input: int | None = None
    keypad: Keypad | None = None
    call_inputs: tuple[int, ...] = ()
    light: Light | None = None


class DoorController:
    """A device with doors. ``run`` serves the hardware; the bus comes and goes beside it."""

    def __init__(self, device: Device, hardware: Mapping[int, DoorHardware]) -> None:
        self.device = device
        self.hardware = dict(hardware)
        self.shelf = PolicyShelf(device)
        self.state = recalled(device.journal.memory())
        self.freshness = Freshness(self)
        self.leaves = Leaves(self)
        self.modes = Modes(self)
        self.inputs = Inputs(self)
        self.threshold = Threshold(self)
        self.threshold.hung(hardware.values())
        self._under_way: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        device.handlers[wire.COMMAND] = self.on_command
        device.on_connected = self._on_connected
        self.shelf.on_change = self._on_policy
        device.testify = lambda asked: testify(self.shelf.policy, self.shelf.revision, asked)
        self._settle_orphans()

    def _settle_orphans(self) -> None:
        """Promises of an earlier life: what became of them is unknown and is said so."""
        for intent, body in self.device.journal.orphans():
            draft = replace(
                self._draft(body), outcome=Outcome.UNKNOWN, reason="outcome_unknown", late=True
            )
            command = draft.command
            answer = self._answer(command, Outcome.UNKNOWN, "outcome_unknown", {})
            self.device.journal.settle(intent, draft, command, answer)

    def _on_connected(self) -> None:
        self.shelf.announce()
        self.modes.publish_all()

    def close(self) -> None:
        """Nothing is waited for any more."""
        self.threshold.close()
        self.leaves.close()

    async def run(self) -> None:
        """Serve readers and inputs until cancelled; one door's fault never stops another's."""
        boards: dict[int, list[DoorHardware]] = {}
        try:
            async with asyncio.TaskGroup() as group:
                for hardware in self.hardware.values():
                    number = hardware.number
                    if hardware.reader is not None:
                        group.create_task(self.threshold.serve_reader(number, hardware.reader))
                    if hardware.keypad is not None:
                        group.create_task(self.threshold.serve_keypad(number, hardware.keypad))
                    if has_inputs(hardware):
                        boards.setdefault(id(hardware.strike), []).append(hardware)
                    group.create_task(self.modes.keep(hardware))
                for doors in boards.values():
                    group.create_task(self.inputs.serve(doors[0].strike, doors))
        finally:
            self.close()

    def _on_policy(self) -> None:
        self.freshness.note()
        self.modes.wake_all()
        self.modes.publish_all()

    def clock_facts(self) -> tuple[bool, bool]:
        """Whether the time is known, and whether it and the policy are fresh enough for guests."""
        return self.freshness.clock_facts()

    # ----------------------------------------------------------------- commands

    def on_command(self, raw: bytes) -> None:
        """A command as it came from the wire."""
        began = time.perf_counter()
        device = self.device
        command = wire.open_command(raw, device.topics, device.keys_for("command"))
        if isinstance(command, Refusal):
            return self._refuse_unread(command)
        if self._repeated(command, raw):
            return None
        refusal = envelope(command, device)
        if command.op == INDICATE:
            return self.threshold.on_indicate(command, refusal)
        if refusal is not None:
            return self._refuse(command, raw, refusal)
        shown = command.presentation
        if command.op == OP:
            return self.threshold.vouching.on_word(command, raw)
        if command.op == FACE:
            return self.threshold.on_face(command, raw)
        if command.op not in OPS or shown is None:
            return self._refuse(command, raw, "unsupported")
        clock_known, fresh = self.clock_facts()
        request = Request(
            door=command.door,
            way=Way.REMOTE,
            person=shown.person,
            assurance=shown.assurance,
            revision=shown.revision,
            clock_known=clock_known,
            fresh=fresh,
        )
        hardware = self.hardware.get(command.door)
        decision, after = decide(self.shelf.policy, self.state, request, device.clock.now())
        if isinstance(decision, Refused) or hardware is None:
            why = decision.reason if isinstance(decision, Refused) else "door_unknown"
            if why == "pin_needed" and shown.via == PHONE:
                why = self.threshold.on_phone(request, command.id)
            return self._refuse(command, raw, why, after)
        hold_ms = self._hold_ms(command, decision)
        if hold_ms is None:
            return self._refuse(command, raw, "hold_long")
        draft = replace(
            device.draft("access"),
            door=command.door,
            person=shown.person,
            via=shown.via,
            command=command.id,
            ms={"check": (time.perf_counter() - began) * 1e3},
        )
        self._start(hardware, draft, replace(decision, hold_ms=hold_ms), raw, after)
        return None

    def _hold_ms(self, command: Command, granted: Granted) -> int | None:
        policy = self.shelf.policy
        if policy is None:
            return None
        door = policy.doors[command.door]
        wanted = command.hold_ms if command.hold_ms is not None else granted.hold_ms
        return wanted if 0 < wanted <= door.hold_max_ms else None

    def _repeated(self, command: Command, raw: bytes) -> bool:
        seen = self.device.journal.seen(command.id)
        if seen is None:
            return False
        if seen.digest != hashlib.sha256(raw).hexdigest():
            answer = Answer(command.id, Outcome.REFUSED, "id_conflict")
            self._say(wire.sign_answer(answer, self.device.topics, self.device.identity.signer))
            self._note_refusal("id_conflict", command)
        elif seen.answer is not None:
            self._say(seen.answer)
        elif command.id not in self._under_way:
            answer = Answer(command.id, Outcome.UNKNOWN, "outcome_unknown")
            self._say(wire.sign_answer(answer, self.device.topics, self.device.identity.signer))
        return True

    def _refuse_unread(self, refusal: Refusal) -> None:
        """Nobody can be answered: the message is not ours or not signed."""
        device = self.device
        device.drop(refusal.reason, "command")
        if refusal.reason in ("signature", "audience") and device.counters[refusal.reason] <= 10:
            event = replace(
                device.draft("envelope"), outcome=Outcome.REFUSED, reason=refusal.reason
            )
            device.send(device.journal.record(event))

    def _refusal(self, why: str, command: Command) -> Event:
        return replace(
            self.device.draft("access"),
            door=command.door,
            reason=why,
            person=command.presentation.person if command.presentation else None,
            via=command.presentation.via if command.presentation else None,
            command=command.id,
        )

    def _note_refusal(self, why: str, command: Command) -> None:
        event = replace(self._refusal(why, command), outcome=Outcome.REFUSED)
        self.device.send(self.device.journal.record(event))

    def _refuse(self, command: Command, raw: bytes, why: str, after: State | None = None) -> None:
        self.state = after or self.state
        self.refuse(self._refusal(why, command), raw)

    def refuse(self, draft: Event, raw: bytes, memory: Mapping[str, str | None] = NOTHING) -> None:
        """Answer first (somebody waits at the door), and keep both answer and event."""
        device, why = self.device, draft.reason or "internal"
        answer = self._answer(draft.command, Outcome.REFUSED, why, {})
        event = replace(draft, outcome=Outcome.REFUSED)
        try:
            numbered = device.journal.record(event, draft.command, raw, answer, memory)
        except sqlite3.Error as fault:
            device.drop("storage_fault", str(fault))
            self._say(self._answer(draft.command, Outcome.REFUSED, "storage_fault", {}))
            return
        self._say(answer)
        device.send(numbered)

    def _answer(
        self, command: str | None, outcome: Outcome, why: str, ms: Mapping[str, float]
    ) -> bytes:
        answer = Answer(command or "-", outcome, why, ms)
        return wire.sign_answer(answer, self.device.topics, self.device.identity.signer)

    def _say(self, answer: bytes) -> None:
        self.device.publish(wire.ANSWER, answer, expiry_s=10)

    # ----------------------------------------------------------------- the strike

    def present(
        self,
        request: Request,
        draft: Event,
        *,
        hold: Callable[[Decision], bool] | None = None,
        raw: bytes = b"",
    ) -> Decision:
        """Somebody stands at the door itself: decide, write, and open or refuse.

        ``raw`` is the command that the draft names, where the hub was asked first.
        """
        before, number = self.state, request.door
        decision, after = decide(self.shelf.policy, before, request, self.device.clock.now())
        if hold is not None and hold(decision):
            return decision
        credential = decision.credential or draft.credential
        draft = replace(draft, person=decision.person, credential=credential)
        if isinstance(decision, Granted) and number in self.hardware:
            self._start(self.hardware[number], draft, decision, raw, after)
            return decision
        self.state = after
        self.threshold.show(number, Show.REFUSED)
        refused = decision if isinstance(decision, Refused) else Refused("door_unknown")
        memory = kept(before, after, decision.facts)
        if draft.command is not None:
            self.refuse(replace(draft, reason=refused.reason), raw, memory)
            return decision
        self.leaves.refused(draft, refused, memory)
        return decision

    def _start(
        self, hardware: DoorHardware, draft: Event, granted: Granted, raw: bytes, after: State
    ) -> None:
        """Spend the id and write the intent, then let the strike work beside the loop."""
        intent = draft.command or self.device.luck(8).hex()
        draft = replace(draft, content={**draft.content, **told_of(granted)})
        before = time.perf_counter()
        promise = replace(draft, boot=self.device.boot)  # readable after a crash
        duress = duress_event(draft, granted)
        try:
            told = self.device.journal.intend(
                intent,
                wire.event_body(promise),
                draft.command,
                raw,
                draft.at_s,
                kept(self.state, after, granted.facts),
                duress,
            )
        except sqlite3.Error:
            self._without_disk(hardware, draft, granted)
            if duress is not None:
                self.device.cry(duress)
            return
        self.state = after
        persist_ms = (time.perf_counter() - before) * 1e3
        draft = replace(draft, reason=granted.reason, ms={**draft.ms, "persist": persist_ms})
        self._under_way.add(intent)
        # the board gets its request first; it needs longer than the answer's signature
        begun = self._strike(hardware, granted.hold_ms)
        self._keep(self._open(hardware, intent, draft, granted, begun))
        if told is not None:  # after the strike was set going: the same time as for anybody
            asyncio.get_running_loop().call_soon(self.device.send, told)

    def _strike(self, hardware: DoorHardware, hold_ms: int) -> Awaitable[None]:
        """Ask the board now; whatever goes wrong is told to who awaits it: an answer is owed."""
        try:
            return asyncio.ensure_future(hardware.strike.pulse(hardware.output, hold_ms))
        except Exception as fault:  # noqa: BLE001 - as _struck() takes it
            failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            failed.set_exception(fault)
            return failed

    def _without_disk(self, hardware: DoorHardware, draft: Event, granted: Granted) -> None:
        """Nothing can be promised any more: leaving still works, entering is refused aloud."""
        log.error("door %s: the journal cannot be written", hardware.number)
        self.device.counters["storage_fault"] += 1
        self.device.trouble("storage_fault", True)
        if granted.reason == "exit":
            self._keep(hardware.strike.pulse(hardware.output, granted.hold_ms))
        elif draft.command is not None:
            self._say(self._answer(draft.command, Outcome.REFUSED, "storage_fault", draft.ms))

    def _keep(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _struck(
        self, hardware: DoorHardware, begun: Awaitable[None], hold_ms: int
    ) -> tuple[Outcome, str | None]:
        """What became of the strike, and why where it is not what was decided."""
        try:
            async with asyncio.timeout(STRIKE_WAIT_S):
                await begun
        except TimeoutError:
            return Outcome.UNKNOWN, "outcome_unknown"
        except Exception as fault:  # noqa: BLE001 - whatever the board did, the door must answer
            log.warning("door %s: strike: %s", hardware.number, fault)
            self.threshold.show(hardware.number, Show.REFUSED)
            return Outcome.REFUSED, "strike_fault"
        self.threshold.show(hardware.number, Show.GRANTED, hold_ms)
        return Outcome.GRANTED, None

    async def _open(
        self,
        hardware: DoorHardware,
        intent: str,
        draft: Event,
        granted: Granted,
        begun: Awaitable[None],
    ) -> None:
        device = self.device
        release = self.leaves.release(hardware, granted, draft.via)
        before = time.perf_counter()
        opened = draft.reason or "granted"
        answer = None
        if draft.command is not None:
            answer = self._answer(draft.command, Outcome.GRANTED, opened, draft.ms)
        outcome, why = await self._struck(hardware, begun, granted.hold_ms)
        strike_ms = (time.perf_counter() - before) * 1e3
        why = why or opened
        event = replace(draft, outcome=outcome, reason=why, ms={**draft.ms, "strike": strike_ms})
        if draft.command is not None:
            if answer is None or outcome is not Outcome.GRANTED:
                answer = self._answer(draft.command, outcome, why, event.ms)
            self._say(answer)
            await asyncio.sleep(0)  # out of the door, before the disk makes the loop wait
        memory: Mapping[str, str | None] = {}
        if outcome is Outcome.GRANTED:
            facts = self.leaves.opened(hardware, granted, draft.via)
            was, self.state = self.state, fold(self.state, facts)
            memory = kept(was, self.state, facts)
            self.modes.show_unlocked(hardware.number, granted.hold_ms)
            self.modes.wake(hardware.number)
        elif outcome is Outcome.REFUSED:
            self.leaves.withdraw(hardware.number, release)
        self._under_way.discard(intent)
        device.send(device.journal.settle(intent, event, draft.command, answer, memory))
        if outcome is Outcome.GRANTED:
            self.leaves.walk_through(hardware.number, release)

    # ----------------------------------------------------------------- who stands before a door

    async def on_card(self, number: int, card: Card) -> None:
        """A card lies on a door's reader; no network is needed."""
        await self.threshold.on_card(number, card)

    def on_pass(self, number: int, visit: Visit) -> Decision:
        """A visitor pass whose signature was verified is shown at a door; it opens or refuses."""
        return self.threshold.on_pass(number, visit)

    def on_reader(self, number: int, online: bool, part: str = "reader") -> None:
        """A door's reader, or its keypad, answers, or does so no longer."""
        self.leaves.on_reader(number, online, part)

    def on_reader_case(self, number: int, is_open: bool, part: str = "reader") -> None:
        """The case of a door's reader, or of its keypad, was opened or shut."""
        self.leaves.on_tamper(number, is_open, part)

    def stands_open(self, number: int) -> bool:
        """Whether anybody may open the leaf now: by its mode, or because of a fire."""
        return self.modes.stands_open(number)

    def _draft(self, body: Mapping[str, Any]) -> Event:
        event = wire.read_event(dict(body))
        if not isinstance(event, Event):  # our own journal: our fault
            raise RuntimeError(f"an intent is no event: {event}")
        return event
