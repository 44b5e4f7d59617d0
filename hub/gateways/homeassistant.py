"""Home Assistant's vocabulary: what it discovers, what it reads and what it may write; pure.

Its traps, each measured against the real program: `qos` is not inherited from the device's level,
so every component says its own; a retained tag fires again at every restart, so none is; the lock
platform forbids `changed_by`, so who and why go into an event entity; every tag it never saw is
stored, so people are pseudonyms of this site; it cannot let a message expire, so the template
stamps `iat` and what is older than ten seconds is dropped. Of duress it never hears.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from devices import wire
from devices.access import DoorMode
from devices.jws import canonical
from devices.messages import DoorCondition, Life, Refusal

NAME: Final = "ha"  # broker user, level of its topics, and the person it is before a door
STATUS: Final = "homeassistant/status"
ONLINE: Final = b"online"
WISH_BYTES_MAX: Final = 1_024  # an honest wish has 120
WISH_LIFE_S: Final = 10.0  # contract.md: what is older was waiting somewhere
AHEAD_MAX_S: Final = 5.0  # how far its clock may be before ours
CODE_CHARS_MAX: Final = 32
NUMBER_CHARS_MAX: Final = 4  # of a door in a topic
OPENS: Final = ("UNLOCK", "OPEN")
LOCK: Final = "LOCK"
SET_MODE: Final = "SetDoorMode"
MODES: Final = tuple(mode.value for mode in DoorMode)

# What an event entity may say. A kind that is not named here is not told, duress above all.
_KINDS: Final[Mapping[str, str]] = {
    "forced": "forced",
    "held": "held",
    "held_over": "held_over",
    "not_entered": "not_entered",
    "entered": "entered",
    "tamper": "tamper",
    "fire": "fire",
    "fire_reset": "fire_reset",
}
_OUTCOMES: Final[Mapping[str, str]] = {
    "granted": "granted",
    "refused": "refused",
    "unknown": "unknown",
}
DROPPED: Final = "dropped"  # a wish of Home Assistant's own that came to nothing
EVENT_TYPES: Final = (*_OUTCOMES.values(), *_KINDS.values(), DROPPED)
_ALARM_ON: Final = frozenset({"forced", "held", "tamper", "fire"})
_ALARM_OVER: Final[Mapping[str, frozenset[str]]] = {
    "held_over": frozenset({"held"}),
    "fire_reset": frozenset({"fire"}),
    "entered": frozenset(),
}
_CLOSING_ENDS: Final = frozenset({"forced", "held"})  # what is over when the door is closed again

_LOCKS: Final[Mapping[str, str]] = {"locked": "LOCKED", "unlocked": "UNLOCKED"}
_CONTACTS: Final[Mapping[str, str]] = {"open": "ON", "closed": "OFF"}
NOT_KNOWN: Final = "None"  # Home Assistant's word for it, in every platform

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "contact": {"zh-Hans": "门磁", "zh-Hant": "門磁", "en": "contact"},
    "alarm": {"zh-Hans": "告警", "zh-Hant": "告警", "en": "alarm"},
    "event": {"zh-Hans": "通行", "zh-Hant": "通行", "en": "passage"},
    "mode": {"zh-Hans": "门模式", "zh-Hant": "門模式", "en": "mode"},
    "unlocked": {"zh-Hans": "门锁", "zh-Hant": "門鎖", "en": "lock"},
}


# --------------------------------------------------------------------------- topics


@dataclass(frozen=True, slots=True)
class DoorTopics:
    """Everything about one door that Home Assistant reads or writes."""

    site: str
    device: str
    number: int

    def of(self, leaf: str) -> str:
        """Such as ``linli/1/liuxi/ha/gate/door/1/state``."""
        return f"{wire.ROOT}/{self.site}/{NAME}/{self.device}/door/{self.number}/{leaf}"


def wish_filter(site: str) -> str:
    """What the hub subscribes to."""
    return f"{wire.ROOT}/{site}/{NAME}/+/door/+/set"


def door_of(site: str, topic: str) -> tuple[str, int] | None:
    """(device, number) of a wish's topic, None when it is none."""
    parts = topic.split("/")
    if len(parts) != 8 or f"{parts[0]}/{parts[1]}" != wire.ROOT or parts[2] != site:
        return None
    device, number = parts[4], parts[6]
    if parts[3] != NAME or parts[5] != "door" or parts[7] != "set" or not wire.is_id(device):
        return None
    if not number.isascii() or not number.isdecimal() or len(number) > NUMBER_CHARS_MAX:
        return None
    return (device, int(number)) if str(int(number)) == number else None


def config_topic(site: str, device: str) -> str:
    """Where one device's discovery stands, retained."""
    return f"homeassistant/device/{object_id(site, device)}/config"


def object_id(site: str, device: str) -> str:
    """One device's name in Home Assistant."""
    return f"linli_{site}_{device}"


# --------------------------------------------------------------------------- wishes


@dataclass(frozen=True, slots=True)
class Wish:
    """What Home Assistant wants of a door; ``mode`` only with SetDoorMode."""

    op: str
    issued_at_s: float
    code: str = ""
    mode: str = ""


def read_wish(raw: bytes, now_s: float) -> Wish | Refusal:
    """A wish from bytes, if its form and its age are right; never raises."""
    if len(raw) > WISH_BYTES_MAX:
        return Refusal("oversize", "wish")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return Refusal("form", "wish")
    if not isinstance(body, dict) or body.get("via") != NAME:
        return Refusal("form", "via")
    op, issued, code, mode = (body.get(name) for name in ("op", "iat", "code", "mode"))
    if op not in (*OPENS, LOCK, SET_MODE):
        return Refusal("unsupported", "op")
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        return Refusal("form", "iat")
    code = "" if code is None else code
    if not isinstance(code, str) or len(code) > CODE_CHARS_MAX:
        return Refusal("form", "code")
    if (op == SET_MODE) != (mode in MODES):
        return Refusal("form", "mode")
    if not -AHEAD_MAX_S <= now_s - issued <= WISH_LIFE_S:  # also false for NaN
        return Refusal("expired" if issued < now_s else "too_early", "iat")
    return Wish(op, float(issued), code, mode or "")


# --------------------------------------------------------------------------- what it reads


def state_of(condition: DoorCondition | None, alarms: Iterable[str]) -> bytes:
    """A door as Home Assistant reads it; what is not known is said to be unknown."""
    if condition is None:
        lock = contact = mode = NOT_KNOWN
    else:
        lock = _LOCKS.get(condition.lock, NOT_KNOWN)
        contact = _CONTACTS.get(condition.contact, NOT_KNOWN)
        mode = condition.mode if condition.mode in MODES else NOT_KNOWN
    alarm = NOT_KNOWN if condition is None else "ON" if tuple(alarms) else "OFF"
    return canonical({"lock": lock, "contact": contact, "mode": mode, "alarm": alarm})


def event_type(body: Mapping[str, Any]) -> str | None:
    """The event entity's word for an event of ours, None when it is not told."""
    kind, outcome = str(body.get("kind")), str(body.get("outcome"))
    if kind == "access":
        return _OUTCOMES.get(outcome)
    return _KINDS.get(kind)


def event_of(body: Mapping[str, Any], who: str | None) -> bytes | None:
    """An event for the event entity, with a pseudonym at most; None when it is not told."""
    told = event_type(body)
    if told is None:
        return None
    reason = str(body.get("reason") or "")
    if "duress" in reason:  # to everybody here an ordinary opening
        reason = "granted"
    said = {"event_type": told, "reason": reason, "via": body.get("via"), "who": who}
    said["late"] = bool(body.get("late"))
    return canonical({name: value for name, value in said.items() if value is not None})


def dropped(why: str) -> bytes:
    """A wish that came to nothing, told where people look."""
    return canonical({"event_type": DROPPED, "reason": why, "via": NAME})


def tag_of(who: str) -> bytes:
    """A card at a door: the pseudonym of its holder; published live, never retained."""
    return canonical({"tag": f"linli-{who}"})


def alarms_after(alarms: frozenset[str], told: str) -> frozenset[str]:
    """Which alarms stand after an event of this type."""
    if told in _ALARM_ON:
        return alarms | {told}
    return alarms - _ALARM_OVER.get(told, frozenset())


def alarms_when_closed(alarms: frozenset[str]) -> frozenset[str]:
    """Which alarms still stand when the door is closed."""
    return alarms - _CLOSING_ENDS


# --------------------------------------------------------------------------- discovery


@dataclass(frozen=True, slots=True)
class SeenDoor:
    """A door for discovery: its name, and whether Home Assistant may operate it."""

    number: int
    name: str
    operated: bool


@dataclass(frozen=True, slots=True)
class SeenDevice:
    """A controller for discovery."""

    site: str
    hub: str
    device: str
    firmware: str
    doors: tuple[SeenDoor, ...]


def discovery(seen: SeenDevice, language: str, code_format: str) -> bytes:
    """The retained discovery of one controller; ``code_format`` is empty where no code is asked."""
    components: dict[str, Any] = {}
    for door in seen.doors:
        topics = DoorTopics(seen.site, seen.device, door.number)
        components |= _components(seen, door, topics, language, code_format)
    body = {
        "dev": {
            "ids": [object_id(seen.site, seen.device)],
            "name": seen.device if len(seen.doors) != 1 else seen.doors[0].name,
            "mf": "Linli",
            "mdl": "door controller",
            "sw": seen.firmware or "unknown",
        },
        "o": {"name": "linli", "sw": "0.1"},
        "availability_mode": "all",
        "availability": [_alive(seen.site, seen.hub), _alive(seen.site, seen.device)],
        "cmps": components,
    }
    return canonical(body)


def _alive(site: str, party: str) -> dict[str, str]:
    """Only who is ready counts: with the hub gone nothing here does anything."""
    words = f"{{{{ 'online' if value_json.s == '{Life.READY.value}' else 'offline' }}}}"
    return {"topic": wire.Topics(site, party).of(wire.STATE), "value_template": words}


def _components(
    seen: SeenDevice, door: SeenDoor, topics: DoorTopics, language: str, code_format: str
) -> dict[str, Any]:
    key = f"d{door.number}"
    own = object_id(seen.site, seen.device)

    def part(what: str, platform: str, **more: Any) -> dict[str, Any]:
        said = _WORDS.get(what, {}).get(language, "")
        name = f"{door.name} {said}".strip()
        return {"p": platform, "name": name, "unique_id": f"{own}_{key}_{what}", "qos": 1} | more

    state = topics.of("state")
    parts = {
        "contact": part("contact", "binary_sensor", device_class="door", state_topic=state,
                        value_template="{{ value_json.contact }}"),
        "alarm": part("alarm", "binary_sensor", device_class="problem", state_topic=state,
                      value_template="{{ value_json.alarm }}"),
        "event": part("event", "event", event_types=list(EVENT_TYPES),
                      state_topic=topics.of("event")),
    }  # fmt: skip
    tag = {"p": "tag", "topic": topics.of("tag"), "value_template": "{{ value_json.tag }}",
           "qos": 1}  # fmt: skip
    if not door.operated:
        parts["unlocked"] = part(
            "unlocked", "binary_sensor", device_class="lock", state_topic=state,
            value_template="{{ {'LOCKED': 'OFF', 'UNLOCKED': 'ON'}.get(value_json.lock, 'None') }}",
        )  # fmt: skip
    else:
        wished = {"command_topic": topics.of("set"), "retain": False, "state_topic": state}
        code = {"code_format": code_format} if code_format else {}
        parts["lock"] = part(
            "lock", "lock", payload_open="OPEN", value_template="{{ value_json.lock }}",
            command_template=_TEMPLATE, **wished, **code,
        )  # fmt: skip
        parts["mode"] = part(
            "mode", "select", options=list(MODES), value_template="{{ value_json.mode }}",
            command_template=_MODE_TEMPLATE, **wished,
        )  # fmt: skip
    return {f"{key}_{what}": body for what, body in parts.items()} | {f"{key}_tag": tag}


# `to_json` writes the code as JSON does, whatever somebody types there.
_TEMPLATE: Final = (
    "{{ {'op': value, 'iat': now().timestamp(), 'via': 'ha',"
    " 'code': code if code is defined else none} | to_json }}"
)
_MODE_TEMPLATE: Final = (
    "{{ {'op': 'SetDoorMode', 'mode': value, 'iat': now().timestamp(), 'via': 'ha'} | to_json }}"
)
