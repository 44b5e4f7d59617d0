"""The hub on the bus: hears devices, speaks what was committed, waits for answers."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from devices import wire
from devices.messages import (
    Answer,
    Command,
    Event,
    Life,
    Outcome,
    Recall,
    Refusal,
    StateNote,
    TimeTold,
)
from devices.ports import Bus, Hail, Luck
from hub.acts.checkins import Sun
from hub.acts.events import AHEAD, Heard, Poison, hear, pass_over
from hub.acts.openings import Answered, note_answer
from hub.acts.policies import RECEIPTS_AT_ONCE, Receipt
from hub.acts.put_back import hear_receipts
from hub.core.commands import LIFE_S, Wish, command_of
from hub.core.effects import (
    Announce,
    Forget,
    SendAccess,
    SendAck,
    SendFace,
    SendIndicate,
    SendWord,
    WorkWaiting,
)
from hub.core.event_kinds import may_tell
from hub.core.floods import Floods, bound_of
from hub.gateways.cards import read_sun
from hub.keys import HubKeys
from hub.overflow import Overflow
from hub.store.memory import DeviceEntry, Memory
from hub.store.writer import Faulted, InboxFull, StoreUnavailable, Writer

log = logging.getLogger(__name__)

ANSWER_WAIT_S = 3.0  # then the phone is told that nobody knows
RECEIPT_RETRY_S = 1.0
PENDING_MAX = 2_000  # openings waiting for a door's answer
NUMBER_CHARS_MAX = 4  # of a door in a topic; Python will not even read thousands of digits
FAULTS_TOLD_MAX = 10  # traces in the log; a device that trips us again and again is only counted


class Ingest:
    """One hub's party on the bus. ``policies`` sends a snapshot when a device has too little."""

    def __init__(
        self,
        hub: str,
        memory: Memory,
        keys: HubKeys,
        writer: Writer,
        clock: Callable[[], datetime],
        luck: Luck,
        epoch: int,
        announce: Callable[[str, dict[str, Any]], None],
    ) -> None:
        self.hub = hub
        self.memory = memory
        self.keys = keys
        self.writer = writer
        self.clock = clock
        self.luck = luck
        self.epoch = epoch
        self.announce = announce
        self.counters: Counter[str] = Counter()
        self.floods = Floods()
        self._overflow = Overflow(self.floods, memory, writer, self.counters, self.reread)
        self.on_work: Callable[[str], None] = lambda _kind: None
        self.on_behind: Callable[[str], None] = lambda _device: None
        self.on_forget: Callable[[Forget], None] = lambda _what: None
        self.on_fresh: Callable[[Heard], None] = lambda _heard: None
        self.question: Callable[[DeviceEntry], Recall | None] = lambda _device: None
        self.boot = f"{epoch}-{luck(8).hex()}"
        self.connection = ""
        self._bus: Bus | None = None
        self._waiting: dict[str, list[asyncio.Future[Answer]]] = {}
        self._asked: OrderedDict[str, str] = OrderedDict()  # opening -> whose answer counts
        self._answered: OrderedDict[str, Answer] = OrderedDict()
        self._signed: dict[str, tuple[str, bytes]] = {}  # of the batch that is being committed
        self._receipts: dict[str, Receipt] = {}  # bounded by the devices of the site
        self._noting = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.listeners: dict[str, Callable[[DeviceEntry, bytes], None]] = {
            wire.EVENT: self._on_event,
            wire.ALARM: lambda device, raw: self._on_event(device, raw, in_turn=False),
            wire.ANSWER: self._on_answer,
            wire.TIME_WANT: self._on_time,
            wire.STATE: self._on_state,
            wire.DESCRIPTION: self._on_description,
            wire.POLICY_HAVE: self._on_have,
        }

    # ----------------------------------------------------------------- the runner's side

    @property
    def online(self) -> bool:
        """Whether the hub is on its broker."""
        return self._bus is not None

    def hail(self) -> Hail:
        """Everything devices of this site may say."""
        self.connection = self.luck(8).hex()
        mine = self._topics(self.hub)
        leaves = (*self.listeners, "door/+/state")
        filters = tuple((f"{wire.ROOT}/{self.memory.site}/+/{leaf}", 1) for leaf in leaves)
        return Hail(self.hub, mine.of(wire.STATE), self._state(Life.LOST), filters)

    def connected(self, bus: Bus) -> None:
        """Show the key set first, then say that we are here."""
        self._bus = bus
        mine = self._topics(self.hub)
        bus.publish(mine.of(wire.KEYSET), self.keys.keyset, retain=True)
        bus.publish(mine.of(wire.STATE), self._state(Life.READY), retain=True)
        self.on_work("policy")

    def disconnected(self) -> None:
        """Nobody hears us; what devices are doing is unknown from now on."""
        self._bus = None
        for device in self.memory.devices.values():
            device.note = None
            for door in self.memory.doors.values():
                if door.device == device.id:
                    door.condition = None

    def close(self) -> None:
        """Leave politely."""
        if self._bus is not None:
            mine = self._topics(self.hub)
            self._bus.publish(mine.of(wire.STATE), self._state(Life.DISCONNECTED), retain=True)
        for task in list(self._tasks):
            task.cancel()

    def on_message(self, topic: str, payload: bytes) -> None:
        """A message of a device; a fault of ours in it must not end the line of the whole site."""
        try:
            self._hear_message(topic, payload)
        except Exception:
            self.counters["fault"] += 1
            if self.counters["fault"] <= FAULTS_TOLD_MAX:
                log.exception("a message could not be served")

    def _hear_message(self, topic: str, payload: bytes) -> None:
        """What is not ours, not signed or not known is counted."""
        parts = wire.split_topic(topic)
        if parts is None or parts[0] != self.memory.site:
            return self._drop("topic", "")
        _, sender, leaf = parts
        if sender == self.hub:
            return self._on_own_state(payload) if leaf == wire.STATE else None
        device = self.memory.devices.get(sender)
        if device is None:
            return self._drop("device_unknown", sender)
        bound = bound_of(leaf)
        now_s = self.clock().timestamp()
        if not self.floods.takes(sender, bound, len(payload), now_s):
            for work in self._overflow.dropped(sender, bound, now_s):
                self._spawn(work)
            return None
        listener = self.listeners.get(leaf)
        if listener is not None:
            listener(device, payload)
        elif leaf.startswith("door/"):
            self._on_condition(device, leaf, payload)
        else:
            self._drop("topic", leaf)
        return None

    # ----------------------------------------------------------------- hearing

    def _on_event(self, device: DeviceEntry, raw: bytes, *, in_turn: bool = True) -> None:
        if self.floods.crowded(device.id):  # before its signature costs anything
            return self._drop("crowded", f"event of {device.id}")
        event = wire.open_event(raw, self._topics(device.id), self._key_of(device))
        if isinstance(event, Refusal):
            return self._drop(event.reason, f"event of {device.id}")
        if not may_tell(device.kind, event.kind):  # unacknowledged: it is kept over there
            return self._drop("event_foreign", f"event of {device.id}")
        if event.ms and event.outcome is Outcome.GRANTED and not event.late:
            device.latencies_ms.append(sum(event.ms.values()))
            self._tell_device(device)
        if not event.late:
            device.clock = event.clock.value
        at = self.memory.by_number.get((device.id, event.door or -1))
        heard = Heard(device.id, event, at.id if at else None, self._sun(device, event), in_turn)
        self.floods.flies(device.id)
        self._spawn(self._hear(heard))
        return None

    async def _hear(self, heard: Heard) -> None:
        try:
            number = await self.writer.submit(hear, heard)
            if number == AHEAD:
                self.counters["ahead"] += 1
            elif number is not None:
                self._note_fresh(heard)
        except Faulted as fault:
            self.counters["quarantined"] += 1
            poison = Poison(heard.device, heard.event, fault.quarantine_id, heard.door)
            await self._pass_over(poison)
        except (InboxFull, StoreUnavailable):
            self.counters["unwritten"] += 1  # no acknowledgement: the device keeps it
        finally:
            self.floods.lands(heard.device)

    def _note_fresh(self, heard: Heard) -> None:
        """A fact that was not known before; a repeat takes no time at a door."""
        event = heard.event
        door = self.memory.doors.get(heard.door or "")
        if door is not None and event.outcome is Outcome.GRANTED and not event.late:
            door.times.note(event.ms)
        self.on_fresh(heard)

    async def _pass_over(self, poison: Poison) -> None:
        try:
            await self.writer.submit(pass_over, poison)
        except (InboxFull, StoreUnavailable, Faulted) as trouble:
            if isinstance(trouble, Faulted) and not poison.quiet:  # perhaps its alert failed
                return await self._pass_over(replace(poison, quiet=True))
            self.counters["unwritten"] += 1
        return None

    def _sun(self, device: DeviceEntry, event: Event) -> Sun | None:
        if event.kind != "sun":
            return None
        place = str(event.content.get("place", device.id))
        read = read_sun(str(event.content.get("url", "")), self.keys.masters, self.keys.system_id)
        if isinstance(read, str):
            return Sun(None, 0, read, place)
        return Sun(read.uid.hex(), read.counter, None, place)

    def _on_answer(self, device: DeviceEntry, raw: bytes) -> None:
        answer = wire.open_answer(raw, self._topics(device.id), self._key_of(device))
        if isinstance(answer, Refusal):
            return self._drop(answer.reason, f"answer of {device.id}")
        heard = self._asked.get(answer.id) == device.id and self._settle(answer)
        if not heard:
            self._spawn(self.note(answer, device.id))
        return None

    def _settle(self, answer: Answer) -> bool:
        """Whoever waits for this answer, now or within the next minute, gets it, and notes it."""
        waiting = self._waiting.get(answer.id)
        if waiting is None:
            return False
        for one in waiting:
            if not one.done():
                one.set_result(answer)
        self._answered[answer.id] = answer
        if len(self._answered) > PENDING_MAX:
            self._answered.popitem(last=False)
        return True

    async def note(self, answer: Answer, device: str) -> None:
        """Write an answer down; whoever waited before the door has heard it by then."""
        kept = Answered(answer.id, answer.outcome.value, answer.reason, answer.ms, device)
        try:
            await self.writer.submit(note_answer, kept)
        except (InboxFull, StoreUnavailable, Faulted):
            self.counters["unwritten"] += 1  # the door's event will settle it

    def _on_time(self, device: DeviceEntry, raw: bytes) -> None:
        nonce = wire.decode_time_want(raw)
        if isinstance(nonce, Refusal):
            return self._drop(nonce.reason, f"time of {device.id}")
        asked = self.question(device)
        told = TimeTold(nonce, self.clock().timestamp(), self.epoch, asked)
        topics = self._topics(device.id)
        self._publish(
            topics.of(wire.TIME_TOLD),
            wire.sign_time(told, topics, self.keys.signers["time"]),
            expiry_s=2,
        )
        return None

    def _on_state(self, device: DeviceEntry, raw: bytes) -> None:
        note = wire.decode_state(raw)
        if isinstance(note, Refusal):
            return self._drop(note.reason, f"state of {device.id}")
        known = device.note
        if (
            note.life is Life.LOST
            and known is not None
            and known.life is Life.READY
            and (note.boot, note.connection) != (known.boot, known.connection)
        ):
            return self._drop("late_lost", device.id)
        if note != known:  # a word that is read again is not news
            device.since_s = self.clock().timestamp()
        device.note = note
        if note.life is not Life.READY:
            for door in self.memory.doors.values():
                if door.device == device.id:
                    door.condition = None
        self._tell_device(device)
        return None

    def _on_description(self, device: DeviceEntry, raw: bytes) -> None:
        described = wire.decode_description(raw)
        if isinstance(described, Refusal):
            return self._drop(described.reason, f"description of {device.id}")
        device.firmware = described.firmware
        return None

    def _on_have(self, device: DeviceEntry, raw: bytes) -> None:
        have = wire.open_have(raw, self._topics(device.id), self._key_of(device))
        if isinstance(have, Refusal):
            return self._drop(have.reason, f"receipt of {device.id}")
        device.have, device.policy_refused = have.revision, have.refused
        self._receipts[device.id] = Receipt(device.id, have)
        if not self._noting:
            self._noting = True
            self._spawn(self._note_haves())
        self._tell_device(device)
        return None

    async def _note_haves(self) -> None:
        """Write receipts down: what came while an act was on its way shares the next one."""
        try:
            while self._receipts:
                part = list(self._receipts.values())[:RECEIPTS_AT_ONCE]
                for receipt in part:
                    del self._receipts[receipt.device]
                try:
                    behind = await self.writer.submit(hear_receipts, part)
                except (InboxFull, StoreUnavailable, Faulted):
                    self.counters["unwritten"] += 1
                    self._receipts = {one.device: one for one in part} | self._receipts
                    await asyncio.sleep(RECEIPT_RETRY_S)  # no door says it a second time
                    continue
                for device in behind:
                    self.on_behind(device)
        finally:
            self._noting = False

    def _on_condition(self, device: DeviceEntry, leaf: str, raw: bytes) -> None:
        number = leaf.removeprefix("door/").removesuffix("/state")
        known = number.isdecimal() and len(number) <= NUMBER_CHARS_MAX
        door = self.memory.by_number.get((device.id, int(number) if known else -1))
        condition = wire.decode_condition(raw)
        if door is None or isinstance(condition, Refusal):
            return self._drop("form", f"door of {device.id}")
        if device.note is None or device.note.life in (Life.READY, Life.INIT):
            door.condition = condition
            self.announce("door", {"id": door.id})
        return None

    def _on_own_state(self, raw: bytes) -> None:
        note = wire.decode_state(raw)
        if isinstance(note, StateNote) and note.life is Life.LOST and self._bus is not None:
            own = self._topics(self.hub).of(wire.STATE)
            self._publish(own, self._state(Life.READY), retain=True)

    # ----------------------------------------------------------------- speaking

    def speak(self, effects: Iterable[object]) -> None:
        """Carry out the effects of a committed act, in order."""
        for effect in effects:
            match effect:
                case SendAccess():
                    self._send_access(effect)
                case SendAck(device, ack):
                    topic = self._topics(device).of(wire.EVENT_ACK)
                    self._publish(
                        topic, wire.encode_ack(replace(ack, epoch=self.epoch)), expiry_s=60
                    )
                case SendIndicate() | SendWord() | SendFace():
                    self._send_about(effect)
                case Announce(kind, body):
                    self.announce(kind, dict(body))
                case Forget():
                    self.on_forget(effect)
                case WorkWaiting(kind):
                    self.on_work(kind)
                case _:
                    log.error("an effect nobody knows: %s", type(effect).__name__)

    def prepare(self, effects: Iterable[object]) -> None:
        """Sign commands while their commit is on its way to the disk; none leaves before it."""
        self._signed = {}
        for effect in effects:
            if isinstance(effect, SendAccess):
                device = self.memory.devices.get(effect.device)
                if device is not None and device.note is not None:
                    connection = device.note.connection
                    command = self._command(effect, connection)
                    self._signed[effect.command] = connection, self._sign(command, device.id)

    def expect(self, opening: str) -> asyncio.Future[Answer]:
        """The door's answer to an opening, for each request of it; bounded by PENDING_MAX."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if opening in self._answered:  # answered, perhaps not yet written down
            answer.set_result(self._answered[opening])
            return answer
        if opening not in self._waiting and len(self._waiting) >= PENDING_MAX:
            raise InboxFull("answers")
        self._waiting.setdefault(opening, []).append(answer)
        return answer

    def give_up(self, opening: str, answer: asyncio.Future[Answer]) -> None:
        """One waiter less."""
        waiting = self._waiting.get(opening, [])
        if answer in waiting:
            waiting.remove(answer)
        if not waiting:
            self._waiting.pop(opening, None)

    def _send_access(self, wish: SendAccess) -> None:
        device = self.memory.devices.get(wish.device)
        if device is None or not device.ready or self._bus is None or device.note is None:
            offline = Answer(wish.command, Outcome.REFUSED, "door_offline")
            self._settle(offline)
            self._spawn(self.note(offline, wish.device))
            return
        self._asked[wish.command] = wish.device
        self.floods.asked(wish.device, self.clock().timestamp())
        if len(self._asked) > PENDING_MAX:
            self._asked.popitem(last=False)
        connection, raw = self._signed.pop(wish.command, ("", b""))
        if raw and connection == device.note.connection:
            self._publish_command(raw, device.id)
        else:
            self._send_command(self._command(wish, device.note.connection), device.id)

    def _command(self, wish: Wish, connection: str) -> Command:
        now_s = self.clock().timestamp()
        return command_of(wish, connection, self.epoch, now_s, self.luck(8).hex())

    def _send_about(self, wish: SendIndicate | SendWord | SendFace) -> None:
        """Answer what a device said; nothing where it is gone meanwhile."""
        device = self.memory.devices.get(wish.device)
        if device is not None and device.note is not None and device.ready:
            self._send_command(self._command(wish, device.note.connection), device.id)

    def _send_command(self, command: Command, device: str) -> None:
        self._publish_command(self._sign(command, device), device)

    def _sign(self, command: Command, device: str) -> bytes:
        return wire.sign_command(command, self._topics(device), self.keys.signers["command"])

    def _publish_command(self, raw: bytes, device: str) -> None:
        topic = self._topics(device).of(wire.COMMAND)
        self._publish(topic, raw, expiry_s=int(LIFE_S))

    def publish_for(self, device: str, leaf: str, payload: bytes, *, retain: bool = False) -> None:
        """Say something to one device (policies)."""
        self._publish(self._topics(device).of(leaf), payload, retain=retain)

    def reread(self, device: str, leaves: Iterable[str]) -> None:
        """Ask the broker once more for what it retains of one device."""
        if self._bus is not None:
            self._bus.reread([self._topics(device).of(leaf) for leaf in leaves])

    def _publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None
    ) -> None:
        if self._bus is not None:
            self._bus.publish(topic, payload, qos=1, retain=retain, expiry_s=expiry_s)

    # ----------------------------------------------------------------- small things

    def _topics(self, device: str) -> wire.Topics:
        return wire.Topics(self.memory.site, device)

    def _key_of(self, device: DeviceEntry) -> Callable[[str], Any]:
        return lambda kid: device.key if kid == device.id else None

    def _state(self, life: Life) -> bytes:
        now_s = self.clock().timestamp()
        return wire.encode_state(StateNote(life, self.boot, self.connection, now_s))

    def _tell_device(self, device: DeviceEntry) -> None:
        self.announce("device", {"id": device.id})

    def _drop(self, what: str, detail: str) -> None:
        self.counters[what] += 1
        if self.counters[what] == 1:
            log.warning("dropped a message: %s %s", what, detail)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
