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
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any

from devices import wire
from devices.access import (
    ContactChanged,
    DoorState,
    FireChanged,
    Granted,
    Opened,
    Refused,
    Request,
    Way,
    apply,
    decide,
)
from devices.cards import prove
from devices.device import Device
from devices.messages import (
    Answer,
    Assurance,
    ClockQuality,
    Command,
    DoorCondition,
    Event,
    Outcome,
    Refusal,
)
from devices.ports import Card, CardReader, Strike
from devices.recall import testify
from devices.shelf import PolicyShelf

log = logging.getLogger(__name__)

SKEW_S = 2.0  # the round trip of signed time bounds how far two clocks may differ
INPUT_POLL_S = 0.2  # contact and fire inputs; a person needs longer to pass a door
STRIKE_WAIT_S = 2.0  # a board that is silent so long did not take the pulse
OPS = ("access",)


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


class DoorController:
    """A device with doors. ``run`` serves the hardware; the bus comes and goes beside it."""

    def __init__(self, device: Device, hardware: Mapping[int, DoorHardware]) -> None:
        self.device = device
        self.hardware = dict(hardware)
        self.shelf = PolicyShelf(device)
        self.states = {number: DoorState() for number in hardware}
        self._inputs: dict[int, tuple[bool, ...]] = {}
        self._under_way: set[str] = set()
        self._unlocked_until: dict[int, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        device.handlers[wire.COMMAND] = self.on_command
        device.on_connected = self._on_connected
        self.shelf.on_change = self._publish_conditions
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
        self._publish_conditions()

    async def run(self) -> None:
        """Serve readers and inputs until cancelled; one door's fault never stops another's."""
        async with asyncio.TaskGroup() as group:
            for hardware in self.hardware.values():
                if hardware.reader is not None:
                    group.create_task(self._serve_reader(hardware.number, hardware.reader))
                if _has_inputs(hardware):
                    group.create_task(self._serve_inputs(hardware))

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
        refusal = self._envelope(command)
        if refusal is not None:
            return self._refuse(command, raw, refusal)
        shown = command.presentation
        if command.op not in OPS or shown is None:
            return self._refuse(command, raw, "unsupported")
        request = Request(
            door=command.door,
            way=Way.REMOTE,
            person=shown.person,
            assurance=shown.assurance,
            revision=shown.revision,
        )
        hardware = self.hardware.get(command.door)
        state = self.states.get(command.door, DoorState())
        decision, state = decide(self.shelf.policy, state, request, device.clock.now())
        if isinstance(decision, Refused) or hardware is None:
            return self._refuse(command, raw, getattr(decision, "reason", "door_unknown"))
        hold_ms = self._hold_ms(command)
        if hold_ms is None:
            return self._refuse(command, raw, "hold_long")
        self.states[command.door] = state
        draft = replace(
            device.draft("access"),
            door=command.door,
            person=shown.person,
            via=shown.via,
            command=command.id,
            ms={"check": (time.perf_counter() - began) * 1e3},
        )
        self._start(hardware, draft, hold_ms, decision, raw)
        return None

    def _hold_ms(self, command: Command) -> int | None:
        policy = self.shelf.policy
        if policy is None:
            return None
        door = policy.doors[command.door]
        wanted = command.hold_ms if command.hold_ms is not None else door.hold_ms
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

    def _envelope(self, command: Command) -> str | None:
        """Epoch, connection and time window, in the contract's order."""
        device = self.device
        if command.epoch < device.journal.number("epoch"):
            return "epoch_old"
        if command.connection != device.connection:
            return "connection_old"
        if command.expires_at_s - command.issued_at_s > wire.COMMAND_LIFE_MAX_S:
            return "window_long"
        if device.clock.quality is not ClockQuality.SIGNED:
            return "clock_unsigned"
        now_s = device.clock.now_s()
        if now_s >= command.expires_at_s:
            return "expired"
        return "too_early" if now_s < command.issued_at_s - SKEW_S else None

    def _refuse_unread(self, refusal: Refusal) -> None:
        """Nobody can be answered: the message is not ours or not signed."""
        device = self.device
        device.drop(refusal.reason, "command")
        if refusal.reason in ("signature", "audience") and device.counters[refusal.reason] <= 10:
            event = replace(
                device.draft("envelope"), outcome=Outcome.REFUSED, reason=refusal.reason
            )
            device.send(device.journal.record(event))

    def _note_refusal(self, why: str, command: Command) -> None:
        event = replace(
            self.device.draft("access"),
            door=command.door,
            outcome=Outcome.REFUSED,
            reason=why,
            person=command.presentation.person if command.presentation else None,
            via=command.presentation.via if command.presentation else None,
            command=command.id,
        )
        self.device.send(self.device.journal.record(event))

    def _refuse(self, command: Command, raw: bytes, why: str) -> None:
        """Answer first (somebody waits at the door), and keep both answer and event."""
        device = self.device
        answer = self._answer(command.id, Outcome.REFUSED, why, {})
        event = replace(
            device.draft("access"),
            door=command.door,
            outcome=Outcome.REFUSED,
            reason=why,
            person=command.presentation.person if command.presentation else None,
            via=command.presentation.via if command.presentation else None,
            command=command.id,
        )
        try:
            numbered = device.journal.record(event, command.id, raw, answer)
        except sqlite3.Error as fault:
            device.drop("storage_fault", str(fault))
            self._say(self._answer(command.id, Outcome.REFUSED, "storage_fault", {}))
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

    def _start(
        self, hardware: DoorHardware, draft: Event, hold_ms: int, granted: Granted, raw: bytes
    ) -> None:
        """Spend the id and write the intent, then let the strike work beside the loop."""
        intent = draft.command or self.device.luck(8).hex()
        before = time.perf_counter()
        promise = replace(draft, boot=self.device.boot)  # readable after a crash
        try:
            self.device.journal.intend(
                intent, wire.event_body(promise), draft.command, raw, draft.at_s
            )
        except sqlite3.Error:
            self._without_disk(hardware, draft, hold_ms, granted)
            return
        persist_ms = (time.perf_counter() - before) * 1e3
        draft = replace(draft, reason=granted.reason, ms={**draft.ms, "persist": persist_ms})
        self._under_way.add(intent)
        self._keep(self._open(hardware, intent, draft, hold_ms))

    def _without_disk(
        self, hardware: DoorHardware, draft: Event, hold_ms: int, granted: Granted
    ) -> None:
        """Nothing can be promised any more: leaving still works, entering is refused aloud."""
        log.error("door %s: the journal cannot be written", hardware.number)
        self.device.counters["storage_fault"] += 1
        self.device.trouble("storage_fault", True)
        if granted.reason == "exit":
            self._keep(hardware.strike.pulse(hardware.output, hold_ms))
        elif draft.command is not None:
            self._say(self._answer(draft.command, Outcome.REFUSED, "storage_fault", draft.ms))

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self, hardware: DoorHardware, intent: str, draft: Event, hold_ms: int) -> None:
        device = self.device
        before = time.perf_counter()
        try:
            async with asyncio.timeout(STRIKE_WAIT_S):
                await hardware.strike.pulse(hardware.output, hold_ms)
            outcome, why = Outcome.GRANTED, draft.reason or "granted"
        except TimeoutError:
            outcome, why = Outcome.UNKNOWN, "outcome_unknown"
        except Exception as fault:  # noqa: BLE001 - whatever the board did, the door must answer
            log.warning("door %s: strike: %s", hardware.number, fault)
            outcome, why = Outcome.REFUSED, "strike_fault"
        strike_ms = (time.perf_counter() - before) * 1e3
        event = replace(draft, outcome=outcome, reason=why, ms={**draft.ms, "strike": strike_ms})
        answer = None
        if draft.command is not None:
            answer = self._answer(draft.command, outcome, why, event.ms)
            self._say(answer)
            await asyncio.sleep(0)  # out of the door, before the disk makes the loop wait
        if outcome is Outcome.GRANTED:
            state = self.states[hardware.number]
            self.states[hardware.number] = apply(state, Opened(device.clock.now_s()))
            self._show_unlocked(hardware.number, hold_ms)
        self._under_way.discard(intent)
        device.send(device.journal.settle(intent, event, draft.command, answer))

    # ----------------------------------------------------------------- cards

    async def _serve_reader(self, number: int, reader: CardReader) -> None:
        async for card in reader.cards():
            try:
                await self.on_card(number, card)
            except Exception:  # one strange card must not blind the reader
                self.device.counters["card"] += 1
                log.exception("door %s: a card could not be served", number)

    async def on_card(self, number: int, card: Card) -> None:
        """A card lies on a door's reader: prove it, decide, open or refuse; no network needed."""
        device = self.device
        read_ms = (time.perf_counter_ns() - card.first_byte_at_ns) / 1e6
        uid = card.uid.hex()
        before = time.perf_counter()
        compiled = self.shelf.compiled
        door = compiled.policy.doors.get(number) if compiled else None
        keys = compiled.keys.get(uid) if compiled else None
        proof = None
        if door is not None and keys is not None and door.slot in keys.slots:
            proof = await prove(card, door.slot, keys.slots[door.slot], device.luck)
            if proof.torn:
                device.drop("card_torn")
                return
        request = Request(
            door=number,
            way=Way.CARD,
            card=uid,
            assurance=Assurance.MUTUAL if proof and proof.proven else Assurance.IDENTIFIER,
            forged=proof is not None and not proof.proven,
            clock_known=device.clock.quality is not ClockQuality.FREE,
        )
        auth_ms = (time.perf_counter() - before) * 1e3
        state = self.states[number]
        decision, self.states[number] = decide(
            self.shelf.policy, state, request, device.clock.now()
        )
        draft = replace(
            device.draft("access"),
            door=number,
            person=decision.person,
            credential=decision.credential or self._stranger(uid),
            via="card",
            ms={"read": read_ms, "auth": auth_ms},
        )
        if isinstance(decision, Granted):
            self._start(self.hardware[number], draft, decision.hold_ms, decision, b"")
        else:
            event = replace(draft, outcome=Outcome.REFUSED, reason=decision.reason)
            device.send(device.journal.record(event))

    def _stranger(self, uid: str) -> str:
        """A pseudonym of an unknown card: the same card is the same, its number is not told."""
        salt = self.device.identity.signing.private_bytes_raw()
        return "x-" + hashlib.blake2b(uid.encode(), key=salt, digest_size=8).hexdigest()

    # ----------------------------------------------------------------- inputs

    async def _serve_inputs(self, hardware: DoorHardware) -> None:
        while True:
            try:
                self._on_inputs(hardware, await hardware.strike.inputs())
            except Exception as fault:  # noqa: BLE001 - a silent board makes its inputs unknown
                self._inputs.pop(hardware.number, None)
                self._fold(hardware.number, ContactChanged(None))
                self.device.drop("inputs", str(fault))
            await asyncio.sleep(INPUT_POLL_S)

    def _on_inputs(self, hardware: DoorHardware, inputs: tuple[bool, ...]) -> None:
        before = self._inputs.get(hardware.number)
        self._inputs[hardware.number] = inputs

        def rose(index: int | None) -> bool:
            # the first reading after a start is no edge: a boot must not open a door
            return index is not None and before is not None and inputs[index] and not before[index]

        if hardware.fire_input is not None:
            self._fire(hardware.number, inputs[hardware.fire_input])
        if rose(hardware.exit_input):
            self._leave(hardware)
        if hardware.contact_input is not None:
            self._fold(hardware.number, ContactChanged(inputs[hardware.contact_input]))

    def _leave(self, hardware: DoorHardware) -> None:
        request = Request(door=hardware.number, way=Way.EXIT)
        state = self.states[hardware.number]
        decision, self.states[hardware.number] = decide(
            self.shelf.policy, state, request, self.device.clock.now()
        )
        if isinstance(decision, Granted):
            draft = replace(self.device.draft("access"), door=hardware.number, via="exit")
            self._start(hardware, draft, decision.hold_ms, decision, b"")

    def _fire(self, number: int, active: bool) -> None:
        if self.states[number].fire != active:
            self.states[number] = apply(self.states[number], FireChanged(active))
            kind = "fire" if active else "fire_reset"
            event = replace(self.device.draft(kind), door=number, reason="fire")
            self.device.send(self.device.journal.record(event))

    def _fold(self, number: int, fact: ContactChanged) -> None:
        if self.states[number].contact_open != fact.open:
            self.states[number] = apply(self.states[number], fact)
            self._publish_condition(number)

    # ----------------------------------------------------------------- what the door is

    def _publish_conditions(self) -> None:
        for number in self.hardware:
            self._publish_condition(number)

    def _show_unlocked(self, number: int, hold_ms: int) -> None:
        """The board ends the pulse itself; we only say so, then and when it is over."""
        loop = asyncio.get_running_loop()
        self._unlocked_until[number] = loop.time() + hold_ms / 1000
        self._publish_condition(number)
        self.device.spawn(self._show_locked(number, hold_ms / 1000))

    async def _show_locked(self, number: int, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self._publish_condition(number)

    def _lock(self, number: int) -> str:
        until = self._unlocked_until.get(number, 0.0)
        return "unlocked" if asyncio.get_running_loop().time() < until else "locked"

    def _publish_condition(self, number: int) -> None:
        policy = self.shelf.policy
        door = policy.doors.get(number) if policy else None
        contact = self.states[number].contact_open
        words = {None: "unknown", True: "open", False: "closed"}
        condition = DoorCondition(
            lock=self._lock(number) if door is not None else "unknown",
            contact=words[contact],
            mode=door.mode.value if door else "Unknown",
            revision=self.shelf.revision,
            seq=self.device.journal.last_seq,
        )
        self.device.publish(f"door/{number}/state", wire.encode_condition(condition), retain=True)

    def _draft(self, body: Mapping[str, Any]) -> Event:
        event = wire.read_event(dict(body))
        if not isinstance(event, Event):  # our own journal: our fault
            raise RuntimeError(f"an intent is no event: {event}")
        return event


def _has_inputs(hardware: DoorHardware) -> bool:
    inputs = (hardware.contact_input, hardware.exit_input, hardware.fire_input)
    return any(index is not None for index in inputs)
