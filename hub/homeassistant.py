"""Home Assistant at this hub: doors shown to it, its wishes brought before the doors.

It stands beside the hub's own ear on the same connection, and never speaks to a lock: a wish is
checked for form, age, copy, rate, code and door, then it is an opening like any other, decided by
the door and on record as ``via: ha``.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections import Counter, OrderedDict
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Any, Final

from devices.access import DoorMode
from devices.messages import Outcome, Refusal
from devices.ports import Bus, Hail
from hub.acts.homeassistant import Asked, Choice, ModeAsked, present, read_choice, set_mode
from hub.core.effects import Forget
from hub.core.errors import DomainError
from hub.core.limits import Limit, Limiter
from hub.gateways import homeassistant as ha
from hub.ingest import ANSWER_WAIT_S
from hub.parts import Hub
from hub.store.memory import DoorEntry
from hub.store.writer import Faulted, InboxFull, StoreUnavailable

log = logging.getLogger(__name__)

DOOR_WISHES: Final = Limit(10, 60.0)  # of one door: a family's, not a loop's that went wild
SITE_WISHES: Final = Limit(60, 60.0)  # of all doors together
WRONG_CODES: Final = Limit(5, 600.0)  # of the whole site: four digits last for weeks
GREETINGS: Final = Limit(6, 60.0)  # each is answered with every door of the site
RECENT_MAX: Final = 256  # wishes of the last 15 s, after which they are too old; 60 a minute come
CODE_FORMAT: Final = r"^\d{4,8}$"
WHO_CHARS: Final = 16  # 64 bits of a keyed hash: the same person is the same, and nobody more
_TROUBLE = (InboxFull, StoreUnavailable, Faulted)


class Bridge:
    """The hub's party on the bus, with Home Assistant beside its ear."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._site = hub.memory.site
        self._bus: Bus | None = None
        self.counters: Counter[str] = Counter()
        self._door_wishes = Limiter(DOOR_WISHES)
        self._site_wishes = Limiter(SITE_WISHES)
        self._wrong_codes = Limiter(WRONG_CODES)
        self._greetings = Limiter(GREETINGS)
        self._recent: OrderedDict[str, None] = OrderedDict()  # bounded by RECENT_MAX
        self._alarms: dict[str, frozenset[str]] = {}
        self._shown: dict[str, bytes] = {}  # topic -> what stands there; one for each door, device
        self._tasks: set[asyncio.Task[None]] = set()
        self.choice = Choice()
        self._listen()
        self.reload()

    def _listen(self) -> None:
        """Hear what pages hear, and what is to be read again."""
        ingest = self._hub.ingest
        announce, forget = ingest.announce, ingest.on_forget

        def announced(kind: str, body: dict[str, Any]) -> None:
            announce(kind, body)
            self.on_announce(kind, body)

        def forgotten(what: Forget) -> None:
            forget(what)
            if what.what != "phone":
                self.reload()

        ingest.announce, ingest.on_forget = announced, forgotten

    def reload(self) -> None:
        """Read the site's choice and the doors again, and show what changed."""
        with self._hub.engines.read.connect() as connection:
            self.choice = read_choice(connection)
        self.show_all()

    # ----------------------------------------------------------------- the runner's side

    def hail(self) -> Hail:
        """What the hub's ear hears, and Home Assistant's two topics."""
        hail = self._hub.ingest.hail()
        mine = ((ha.wish_filter(self._site), 1), (ha.STATUS, 1))
        return replace(hail, filters=(*hail.filters, *mine))

    def connected(self, bus: Bus) -> None:
        """Nothing stands at a broker that may have been started again."""
        self._hub.ingest.connected(bus)
        self._bus = bus
        self._shown.clear()
        self.show_all()

    def disconnected(self) -> None:
        """Nobody hears us."""
        self._bus = None
        self._hub.ingest.disconnected()

    def on_message(self, topic: str, payload: bytes) -> None:
        """A message: Home Assistant's, or one for the hub's ear."""
        if topic == ha.STATUS:
            self._on_status(payload)
            return
        place = ha.door_of(self._site, topic)
        if place is None:
            self._hub.ingest.on_message(topic, payload)
            return
        self._on_wish(place, topic, payload)

    async def close(self) -> None:
        """End what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ----------------------------------------------------------------- wishes

    def _on_wish(self, place: tuple[str, int], topic: str, payload: bytes) -> None:
        door = self._hub.memory.by_number.get(place)
        if not self.choice.enabled or door is None:
            self.counters["ha_off" if door is not None else "door_unknown"] += 1
            return
        now_s = self._hub.clock().timestamp()
        if not self._site_wishes.take("", now_s) or not self._door_wishes.take(door.id, now_s):
            self._drop(door, "too_many")
            return
        wish = ha.read_wish(payload, now_s)
        if isinstance(wish, Refusal):
            self._drop(door, wish.reason)
            return
        if wish.op == ha.LOCK:  # every opening ends by itself; show again what is true
            self._show_door(door, again=True)
            return
        asked = self._asked(door, topic, payload)
        if asked.opening in self._recent:
            self._drop(door, "request_spent")
            return
        self._remember(asked.opening)
        refused = "" if door.ha else "ha_door"
        # A select has no field for a code, and no mode that it may set opens anything.
        opens = wish.op in ha.OPENS
        if opens and not refused and not self._code_fits(wish.code, now_s):
            refused = "ha_code"
        self._spawn(self._serve(door, wish, replace(asked, refused=refused)))

    def _remember(self, wish: str) -> None:
        self._recent[wish] = None
        if len(self._recent) > RECENT_MAX:
            self._recent.popitem(last=False)

    def _asked(self, door: DoorEntry, topic: str, payload: bytes) -> Asked:
        digest = hashlib.sha256(topic.encode() + b"\0" + payload).hexdigest()
        hub = self._hub.settings.hub
        return Asked(f"a-{digest[:30]}", door.id, door.device, door.number, hub)

    def _code_fits(self, code: str, now_s: float) -> bool:
        """Whether the code is the site's; who guesses is slowed down."""
        wanted = self.choice.code_mark
        if not wanted:
            return True
        if not self._wrong_codes.take("", now_s):
            return False
        if not hmac.compare_digest(self._hub.keys.mark("ha-code", code), wanted):
            return False
        self._wrong_codes.forgive("")
        return True

    async def _serve(self, door: DoorEntry, wish: ha.Wish, asked: Asked) -> None:
        hub = self._hub
        try:
            if wish.op == ha.SET_MODE:
                why = await hub.writer.submit(set_mode, ModeAsked(asked, DoorMode(wish.mode)))
            else:
                why = await self._bring(door, await self._with_policy(asked))
        except DomainError as refusal:
            self._drop(door, refusal.code)
        except _TROUBLE:
            self._drop(door, "hub_busy")
        else:
            if why is None:
                return
            self.counters[why] += 1
        self._show_door(door, again=True)  # what was wished did not come true

    async def _bring(self, door: DoorEntry, asked: Asked) -> str | None:
        """Bring it before the door; where the door stays silent, say that nobody knows."""
        ingest = self._hub.ingest
        waiting = ingest.expect(asked.opening)
        try:
            why = await self._hub.writer.submit(present, asked)
            if why is not None:
                return why
            async with asyncio.timeout(ANSWER_WAIT_S):
                answer = await waiting
            await ingest.note(answer, asked.device)
            if answer.reason == "door_offline":  # of anything else the door's own event tells
                self._tell_answer(door, Outcome.REFUSED, answer.reason)
        except TimeoutError:
            self._tell_answer(door, Outcome.UNKNOWN, "outcome_unknown")
        finally:
            ingest.give_up(asked.opening, waiting)
        return None

    def _tell_answer(self, door: DoorEntry, outcome: Outcome, why: str) -> None:
        body = {"kind": "access", "outcome": outcome.value, "reason": why, "via": ha.NAME}
        raw = ha.event_of(body, ha.NAME)
        if raw is not None:
            self._publish(self._topics(door).of("event"), raw)

    async def _with_policy(self, asked: Asked) -> Asked:
        device = self._hub.memory.devices.get(asked.device)
        if device is None or asked.refused:
            return replace(asked, refused=asked.refused or "door_offline")
        if device.policy is None:
            known = await self._hub.policies.gather(device)
            device.policy = known.compiled.policy_at(device.want)
        return replace(asked, policy=device.policy)

    def _drop(self, door: DoorEntry, why: str) -> None:
        """Tell where people look that their wish came to nothing."""
        self.counters[why] += 1
        if self.counters[why] == 1:
            log.warning("home assistant: a wish was dropped: %s", why)
        self._publish(self._topics(door).of("event"), ha.dropped(why))

    # ----------------------------------------------------------------- showing

    def _on_status(self, payload: bytes) -> None:
        now_s = self._hub.clock().timestamp()
        if payload == ha.ONLINE and self._greetings.take("", now_s):
            self._shown.clear()
            self.show_all()

    def show_all(self) -> None:
        """Discovery of each controller, then its doors; what is no longer there is taken back."""
        if self._bus is None:
            return
        wanted: set[str] = set()
        if self.choice.enabled:
            for device in self._devices():
                topic = ha.config_topic(self._site, device.device)
                wanted.add(topic)
                code = CODE_FORMAT if self.choice.code_mark else ""
                self._keep(topic, ha.discovery(device, self.choice.language, code))
            for door in self._hub.memory.doors.values():
                wanted.add(self._topics(door).of("state"))
                self._show_door(door)
        for topic in [topic for topic in self._shown if topic not in wanted]:
            del self._shown[topic]
            self._publish(topic, b"", retain=True)

    def _devices(self) -> list[ha.SeenDevice]:
        memory = self._hub.memory
        by_device: dict[str, list[ha.SeenDoor]] = {}
        for door in memory.doors.values():
            name = door.name.get(self.choice.language, door.id)
            by_device.setdefault(door.device, []).append(ha.SeenDoor(door.number, name, door.ha))
        return [
            ha.SeenDevice(self._site, self._hub.settings.hub, name, memory.devices[name].firmware,
                          tuple(doors))
            for name, doors in by_device.items()
            if name in memory.devices
        ]  # fmt: skip

    def on_announce(self, kind: str, body: Mapping[str, Any]) -> None:
        """What pages are told of doors, devices and events, in Home Assistant's words."""
        if not self.choice.enabled or self._bus is None:
            return
        memory = self._hub.memory
        if kind == "event":
            door = memory.doors.get(str(body.get("door")))
            if door is not None:
                self._tell(door, body)
        elif kind == "door":
            door = memory.doors.get(str(body.get("id")))
            if door is not None:
                self._show_door(door)
        elif kind == "device":
            for door in memory.doors.values():
                if door.device == body.get("id"):
                    self._show_door(door)

    def _tell(self, door: DoorEntry, body: Mapping[str, Any]) -> None:
        who = self._who(body.get("person"))
        raw = ha.event_of(body, who)
        told = ha.event_type(body)
        if raw is None or told is None:
            return
        topics = self._topics(door)
        self._publish(topics.of("event"), raw)
        if who is not None and body.get("via") == "card" and not body.get("late"):
            self._publish(topics.of("tag"), ha.tag_of(who))
        if not body.get("late"):
            before = self._alarms.get(door.id, frozenset())
            self._alarms[door.id] = ha.alarms_after(before, told)
            self._show_door(door)

    def _show_door(self, door: DoorEntry, *, again: bool = False) -> None:
        device = self._hub.memory.devices.get(door.device)
        condition = door.condition if device is not None and device.ready else None
        alarms = self._alarms.get(door.id, frozenset())
        if condition is not None and condition.contact == "closed" and alarms:
            alarms = self._alarms[door.id] = ha.alarms_when_closed(alarms)
        topic = self._topics(door).of("state")
        if again:
            self._shown.pop(topic, None)
        if self.choice.enabled:
            self._keep(topic, ha.state_of(condition, alarms))

    def _who(self, person: object) -> str | None:
        """A person's name at Home Assistant: the same for ever, and of use nowhere else."""
        if not isinstance(person, str) or not person:
            return None
        if person == ha.NAME:
            return ha.NAME
        return self._hub.keys.mark("ha-who", person)[:WHO_CHARS]

    # ----------------------------------------------------------------- small things

    def _topics(self, door: DoorEntry) -> ha.DoorTopics:
        return ha.DoorTopics(self._site, door.device, door.number)

    def _keep(self, topic: str, payload: bytes) -> None:
        """Publish what stands at the broker, where it is not what stands there already."""
        if self._bus is not None and self._shown.get(topic) != payload:
            self._shown[topic] = payload
            self._publish(topic, payload, retain=True)

    def _publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        if self._bus is not None:
            self._bus.publish(topic, payload, qos=1, retain=retain)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
