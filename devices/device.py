"""What every adopted device does on the bus: life, time, keys, and an outbox that forgets nothing.

Door, card point and kiosk are built on this; they add what their hardware does. It speaks only
through the ``Bus`` it is given and runs on whatever clock its loop has, so that a whole town of
devices can live a day in a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from devices import wire
from devices.clock import RENEW_S, DeviceClock
from devices.identity import Adoption, Identity
from devices.kept_endings import keep
from devices.messages import (
    ASKING_SEQ,
    NO_REVISION,
    Ack,
    ClockQuality,
    Description,
    Event,
    KeySet,
    Life,
    Recall,
    Refusal,
    Revision,
    StateNote,
)
from devices.outbox import ACKED_KEPT_S, Journal
from devices.ports import Bus, Hail, Luck
from devices.reasons import Severity, reason
from devices.recall import FORGOT, KIND, testify, with_endings
from devices.wire_endings import ENDINGS, open_endings

log = logging.getLogger(__name__)

CRIES_MAX = 16  # alarms that no disk would take, until the hub has them; people, not machines
WINDOW = 64  # events on the wire without an answer; more would only fill the broker's queue
RESEND_FIRST_S = 5.0  # an honest hub commits within milliseconds (contract.md)
RESEND_MOST_S = 60.0
DOUBT_S = 60.0  # how long a hub that begins has to learn from us that it forgot
TIME_RETRY_MOST_S = 60.0
TIME_RETRY_S = 2.0  # ask again when a question stayed unanswered
READY_WAIT_S = 2.0  # after this the device is ready with the clock it has


class Device:
    """One adopted device; a subclass or owner registers handlers for its own leaves."""

    def __init__(
        self,
        identity: Identity,
        adoption: Adoption,
        journal: Journal,
        clock: DeviceClock,
        luck: Luck,
        description: Description,
    ) -> None:
        self.identity = identity
        self.adoption = adoption
        self.journal = journal
        self.clock = clock
        self.luck = luck
        self.description = description
        self.topics = wire.Topics(adoption.site, identity.device)
        self.hub_topics = wire.Topics(adoption.site, adoption.hub)
        self.counters: Counter[str] = Counter()
        self.handlers: dict[str, Callable[[bytes], None]] = {
            wire.EVENT_ACK: self._on_ack,
            wire.TIME_TOLD: self._on_time,
            wire.STATE: self._on_own_state,
        }
        self.on_connected: Callable[[], None] = lambda: None
        self.on_keys: Callable[[], None] = lambda: None
        self.on_timed: Callable[[], None] = lambda: None
        # a door puts its policy's denials here; others have none
        self.testify: Callable[[Recall], list[dict[str, str | int]]] = lambda asked: testify(
            None, NO_REVISION, asked
        )
        self.boot = journal.begin_boot(luck)
        self.connection = ""
        self.ready = False
        self.hub_here = False  # as its own state says, on a line that stands
        self._hub_boot = ""
        self._acked_in: dict[str, int] = {}  # by boot that is kept: the newest epoch that did so
        self._forgetful = 0  # the epoch of which was told that the hub forgot
        self._word = journal.waiting(FORGOT)  # that it forgot, until it knows
        self._questions: dict[str, Event] = {}  # by boot, QUESTIONS_MOST of them
        self._bus: Bus | None = None
        self._keyset: KeySet | None = None
        self._keys: dict[str, tuple[str, float, float, Ed25519PublicKey]] = {}
        self._sent_upto: dict[str, int] = {}
        self._cries: dict[str, Event] = {}  # bounded by CRIES_MAX
        self._heard_in = 0  # the epoch of the hub whose endings replace those before it
        self._timers: set[asyncio.Task[None]] = set()
        self._timed = asyncio.Event()
        self._asked = asyncio.Event()
        self._retry_s = TIME_RETRY_S  # doubled for each question that stays unanswered
        self._resend_s = RESEND_FIRST_S
        self._troubles: set[str] = set()  # bounded by the codes that the code itself names
        self._take_keyset((journal.text("keyset") or adoption.keyset.decode()).encode())

    # ----------------------------------------------------------------- the runner's side

    def hail(self) -> Hail:
        """A new connection: its random name goes into the will and into every ready."""
        self.connection = self.luck(8).hex()
        leaves = sorted({*self.handlers, *self.extra_filters()})
        filters = [(self.topics.of(leaf), 1) for leaf in leaves]
        filters += [(self.hub_topics.of(leaf), 1) for leaf in (wire.STATE, wire.KEYSET, ENDINGS)]
        will = self._state(Life.LOST)
        return Hail(self.identity.device, self.topics.of(wire.STATE), will, tuple(filters))

    def extra_filters(self) -> tuple[str, ...]:
        """Leaves with a wildcard that have no handler of their own name."""
        return ()

    def connected(self, bus: Bus) -> None:
        """Say what we are, ask for the time, then be ready and empty the outbox."""
        self._bus = bus
        self.ready = False
        self._sent_upto.clear()
        self._resend_s = RESEND_FIRST_S
        self.publish(wire.STATE, self._state(Life.INIT), retain=True)
        self.publish(wire.DESCRIPTION, wire.encode_description(self.description), retain=True)
        self._ask_time()
        self.spawn(self._become_ready())
        self.spawn(self._keep_time())
        self.spawn(self._keep_sending())

    def disconnected(self) -> None:
        """Stop speaking; the outbox keeps what was not acknowledged."""
        self._bus = None
        self.ready = False
        self.hub_here = False
        for timer in list(self._timers):
            timer.cancel()

    def close(self) -> None:
        """End for good: say so while there is somebody to hear it."""
        if self._bus is not None:
            self.publish(wire.STATE, self._state(Life.DISCONNECTED), retain=True)
        self.disconnected()

    def on_message(self, topic: str, payload: bytes) -> None:
        """Hand a message to its handler; what nobody knows is counted and dropped."""
        parts = wire.split_topic(topic)
        if parts is None or parts[0] != self.topics.site:
            return self.drop("topic")
        _, sender, leaf = parts
        try:
            return self._serve(sender, leaf, payload)
        except sqlite3.Error as fault:  # the disk's trouble must not become the line's
            return self.drop("storage_fault", f"{leaf}: {fault}")
        except Exception:
            self.counters["fault"] += 1
            if self.counters["fault"] == 1:
                log.exception("a message could not be served: %s", leaf)
            return None

    def _serve(self, sender: str, leaf: str, payload: bytes) -> None:
        if sender == self.hub_topics.device:
            if leaf in (wire.KEYSET, ENDINGS):
                return (self._on_keyset if leaf == wire.KEYSET else self._on_endings)(payload)
            return self._on_hub_state(payload) if leaf == wire.STATE else self.drop("topic")
        if sender != self.topics.device:
            return self.drop("topic")
        handler = self.handlers.get(leaf)
        return handler(payload) if handler else self.on_other(leaf, payload)

    def on_other(self, leaf: str, payload: bytes) -> None:
        """A leaf without a handler of its own name."""
        del leaf, payload
        self.drop("topic")

    # ----------------------------------------------------------------- speaking

    def publish(
        self, leaf: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None
    ) -> None:
        """Say something on one of our own topics, if anybody is there."""
        if self._bus is not None:
            self._bus.publish(
                self.topics.of(leaf), payload, qos=1, retain=retain, expiry_s=expiry_s
            )

    def drop(self, what: str, detail: str = "") -> None:
        """Count what the far end did wrong; say it once, not a thousand times."""
        self.counters[what] += 1
        if self.counters[what] == 1:
            log.warning("dropped a message: %s %s", what, detail)
        if what == "storage_fault":
            self.trouble("storage_fault", True)

    def draft(self, kind: str) -> Event:
        """An event of now, without a number yet; late when nobody can hear it now."""
        return Event("", 0, self.clock.now_s(), self.clock.quality, kind, late=not self.ready)

    def send(self, event: Event) -> None:
        """Put a numbered event on the wire; the outbox repeats it until it is acknowledged."""
        if not self.ready:
            return
        before = self._sent_upto.get(event.boot, event.seq - 1)
        alarm = event.reason is not None and reason(event.reason).severity is Severity.ALARM
        in_order = event.seq == before + 1
        if not (in_order or alarm):  # older ones first: they go out with the next round
            return
        raw = wire.sign_event(event, self.topics, self.identity.signer)
        if alarm:  # it waits behind no backlog
            self.publish(wire.ALARM, raw)
        if not in_order:
            return
        self._sent_upto[event.boot] = event.seq
        self.publish(wire.EVENT, raw)

    def cry(self, alarm: Event) -> None:
        """Tell an alarm that the disk would not take, from memory, until the hub has it.

        It carries a boot name of its own and is number one of it, so that the gapless numbers of
        the outbox never miss it; a restart before the hub heard it loses it.
        """
        if len(self._cries) < CRIES_MAX:
            named = replace(alarm, boot=f"0-{self.luck(8).hex()}", seq=1)
            self._cries[named.boot] = named
            self._say_cries()

    def _ask_what_is_known(self) -> None:
        """Ask a new life of the hub about each boot of which an earlier one has had something.

        It answers how far it is: less, where its disk was put back. The newest event asks, but not
        by its own number: the one that lacks nothing else would take it, and never say so.
        """
        since_s = self.clock.now_s() - ACKED_KEPT_S
        try:
            known = self.journal.newest_acked(since_s)
            self._questions = {
                one.boot: replace(one, seq=ASKING_SEQ, late=True, ms={}) for one in known
            }
        except sqlite3.Error as fault:
            self.drop("storage_fault", str(fault))

    def _say_questions(self) -> None:
        for event in list(self._questions.values())[:WINDOW] if self.ready else ():
            self.publish(wire.EVENT, wire.sign_event(event, self.topics, self.identity.signer))
        if self._word is not None and self.ready:  # before days of events that it lacks as well
            self.publish(wire.ALARM, wire.sign_event(self._word, self.topics, self.identity.signer))

    def _say_cries(self) -> None:
        for alarm in self._cries.values() if self.ready else ():
            self.publish(wire.ALARM, wire.sign_event(alarm, self.topics, self.identity.signer))

    def _state(self, life: Life) -> bytes:
        trouble = tuple(sorted(self._troubles)) if life is Life.READY else ()
        note = StateNote(life, self.boot, self.connection, self.clock.now_s(), trouble)
        return wire.encode_state(note)

    def trouble(self, code: str, on: bool) -> None:
        """Name, or end, something that is wrong with this device; the hub sees it at once."""
        if on != (code in self._troubles):
            (self._troubles.add if on else self._troubles.discard)(code)
            if self.ready:
                self.publish(wire.STATE, self._state(Life.READY), retain=True)

    # ----------------------------------------------------------------- tasks of one connection

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run something that ends with this connection at the latest."""
        task = asyncio.ensure_future(work)
        self._timers.add(task)
        task.add_done_callback(self._timers.discard)

    async def _become_ready(self) -> None:
        if self.clock.quality is not ClockQuality.SIGNED:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(READY_WAIT_S):
                    await self._timed.wait()
        self._say_ready()

    def _say_ready(self) -> None:
        self.trouble("clock_unsigned", self.clock.quality is not ClockQuality.SIGNED)
        self.ready = True
        self.publish(wire.STATE, self._state(Life.READY), retain=True)
        self.on_connected()
        self._say_questions()
        self._send_waiting()

    async def _keep_time(self) -> None:
        """Ask again every ten minutes, soon where the answer was lost: it may ask what we keep."""
        while True:
            asking = self.clock.asking
            wait_s = self._retry_s if asking else RENEW_S
            if self.clock.quality is not ClockQuality.SIGNED:
                asking, wait_s = True, TIME_RETRY_S
            self._asked.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._asked.wait()
                    continue  # somebody asked meanwhile: now wait for that answer
            if asking and not self.clock.asking and self.clock.quality is ClockQuality.SIGNED:
                continue  # it came
            self._retry_s = min(2 * self._retry_s, TIME_RETRY_MOST_S)
            self._ask_time()

    def _ask_time(self) -> None:
        nonce = self.luck(16).hex()
        self.clock.ask(nonce)
        self._asked.set()
        self.publish(wire.TIME_WANT, wire.encode_time_want(nonce), expiry_s=2)

    async def _keep_sending(self) -> None:
        while True:
            await asyncio.sleep(self._resend_s)
            if self.ready and (self._cries or self._questions or self.journal.held()):
                self._resend_s = min(self._resend_s * 2, RESEND_MOST_S)
                self._sent_upto.clear()
                self._say_questions()
                self._send_waiting()

    def _send_waiting(self) -> None:
        self._say_cries()
        for event in self.journal.unacked(WINDOW):
            if self._sent_upto.get(event.boot, event.seq - 1) < event.seq:
                self._sent_upto.setdefault(event.boot, event.seq - 1)
                self.send(event)

    # ----------------------------------------------------------------- hearing

    def _on_ack(self, raw: bytes) -> None:
        ack = wire.decode_ack(raw)
        if isinstance(ack, Refusal):
            return self.drop(ack.reason, "ack")
        self._cries.pop(ack.boot, None)
        self._questions.pop(ack.boot, None)
        if self._word and ack.boot == self._word.boot and ack.upto >= self._word.seq:
            self._word = None
        heard_in = self._acked_in.get(ack.boot, 0)  # a lower mark of that life is a late one
        forgot = ack.epoch > heard_in and self._forgotten(ack)
        if forgot:
            self._sent_upto.pop(ack.boot, None)
        if settled := self.journal.acked(ack.boot, ack.upto, self.clock.now_s()):
            self._resend_s = RESEND_FIRST_S
        if forgot or settled:
            self._acked_in[ack.boot] = max(heard_in, ack.epoch)
        if self.journal.held():
            self._send_waiting()
        return None

    def _forgotten(self, ack: Ack) -> bool:
        """Whether a later life of the hub knows less than an earlier one did."""
        tell = self._forgetful != ack.epoch
        told = self.journal.forgotten(ack.boot, ack.upto, self.draft(FORGOT), tell=tell)
        if told is None:
            return False
        if tell:
            self._forgetful, self._word = ack.epoch, told
            self._say_questions()
        self.counters["hub_forgot"] += 1
        log.warning("the hub knows less than it did: it is told again from its last event on")
        return True

    def _on_time(self, raw: bytes) -> None:
        told = wire.open_time(raw, self.topics, self.keys_for("time"))
        if isinstance(told, Refusal):
            return self.drop(told.reason, "time")
        if told.epoch < self.journal.number("epoch"):
            return self.drop("epoch_old", "time")
        if self.clock.told(told.nonce, told.now_s):
            self._timed.set()
            self._retry_s = TIME_RETRY_S
            self.on_timed()
            self.trouble("clock_unsigned", False)
            self.journal.raise_to("time", told.now_s)
            self.journal.raise_to("epoch", told.epoch)
            self.trouble("storage_fault", False)  # it could just be written
            if told.recall is not None:
                self._recall(told.recall)
            if told.epoch > self._heard_in:
                self.spawn(self._believe(told.epoch))
        return None

    async def _believe(self, epoch: int) -> None:
        """A hub that does not ask may be one that does not know that its disk is old.

        Our receipt and our newest events tell it; then its next life asks. One of which we know
        that it forgot is not believed.
        """
        await asyncio.sleep(DOUBT_S)
        if self._forgetful >= epoch or self._word is not None:
            return
        self._heard_in = max(self._heard_in, epoch)
        try:
            self._keep_endings()
        except sqlite3.Error as fault:  # the longer text stays, and does no harm
            self.drop("storage_fault", str(fault))

    def _on_endings(self, raw: bytes) -> None:
        """Keep what the hub took back, unread: a restored one will ask for it.

        Its own list, which may be the shorter one, replaces nothing before it could ask: somebody
        who was ended would come back with the last device to be heard.
        """
        told = open_endings(raw, self.topics.site, self.keys_for("audit"))
        if isinstance(told, Refusal):
            return self.drop(told.reason, "endings")
        self._keep_endings(raw.decode("ascii", "replace"))
        return None

    def _keep_endings(self, fresh: str = "") -> None:
        def serial(text: str) -> Revision | None:
            read = open_endings(text.encode(), self.topics.site, self.keys_for("audit"))
            return None if isinstance(read, Refusal) else read.serial

        held = self.journal.text("endings")
        kept = keep(held, fresh, self._heard_in, serial)
        if kept and kept != held:  # one that cannot be read just now is no reason to give it up
            self.journal.keep_text("endings", kept)

    def _recall(self, asked: Recall) -> None:
        """A restored hub asks: tell again what is kept, and what our policy denies."""
        parts = with_endings(self.testify(asked), self.journal.text("endings"))
        drafts = [replace(self.draft(KIND), content=part) for part in parts]
        if self.journal.recall(asked.mark, drafts):
            self._word = None
            self._sent_upto.clear()
            if self.ready:
                self._send_waiting()

    def _on_own_state(self, raw: bytes) -> None:
        note = wire.decode_state(raw)
        if isinstance(note, Refusal):
            return self.drop(note.reason, "own state")
        if note.life is Life.LOST and self.ready:  # a will of an old connection came late
            self.publish(wire.STATE, self._state(Life.READY), retain=True)
        return None

    def _on_hub_state(self, raw: bytes) -> None:
        note = wire.decode_state(raw)
        if isinstance(note, Refusal):
            return self.drop(note.reason, "hub state")
        self.hub_here = note.life is Life.READY
        if note.life is Life.READY:
            if note.boot != self._hub_boot:  # another life: does it know what it acknowledged?
                self._hub_boot = note.boot
                self._ask_what_is_known()
                self._say_questions()
            self._ask_time()
            self._sent_upto.clear()
            if self.ready:
                self._send_waiting()
        return None

    def _on_keyset(self, raw: bytes) -> None:
        if self._take_keyset(raw):
            self.journal.keep_text("keyset", raw.decode("ascii", "replace"))
            self.on_keys()

    def _take_keyset(self, raw: bytes) -> bool:
        keyset = wire.open_keyset(raw, lambda kid: self.adoption.root if kid == "root" else None)
        if isinstance(keyset, Refusal):
            self.drop(keyset.reason, "key set")
            return False
        newest = self._keyset.serial if self._keyset else -1
        if keyset.site != self.topics.site or keyset.serial < newest:
            self.drop("key_unknown", "an older key set")
            return False
        self._keyset = keyset
        self._keys = {
            key.kid: (
                key.purpose,
                key.from_s,
                key.to_s,
                Ed25519PublicKey.from_public_bytes(key.public),
            )
            for key in keyset.keys
        }
        return True

    def keys_for(self, purpose: str) -> Callable[[str], Ed25519PublicKey | None]:
        """A finder of the hub's keys for one purpose, as of now."""

        def find(kid: str) -> Ed25519PublicKey | None:
            entry = self._keys.get(kid)
            if entry is None or entry[0] != purpose:
                return None
            if self.clock.quality is ClockQuality.SIGNED:
                now_s = self.clock.now_s()
                if not entry[1] <= now_s < entry[2]:
                    return None
            return entry[3]

        return find
