"""What on a broker might be a relay: Home Assistant's discovery, Tasmota's and Shelly's words.

Candidates only: nothing is moved, nothing is adopted; an administrator assigns a relay to a door.
Sources: home-assistant.io MQTT discovery and its abbreviations; tasmota.github.io; shelly-api-docs.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

PAYLOAD_MOST_BYTES: Final = 65_536  # a device's whole discovery; ESPHome's largest has 6,000
COMPONENTS_MOST: Final = 64  # of one device
NAME_CHARS_MOST: Final = 64
FILTERS: Final = (
    "homeassistant/+/+/config",
    "homeassistant/+/+/+/config",
    "tasmota/discovery/+/config",
    "shellies/announce",
)
ASK: Final = ("shellies/command", b"announce")  # Shelly answers to this; it moves nothing
_ABBREVIATED: Final[Mapping[str, str]] = {
    "cmd_t": "command_topic",
    "stat_t": "state_topic",
    "dev": "device",
    "mf": "manufacturer",
    "mdl": "model",
    "cmps": "components",
    "p": "platform",
    "uniq_id": "unique_id",
}
_ESPHOME: Final = re.compile(r"([A-Za-z0-9_.-]+)/((?:switch|lock)/[a-z0-9_-]+)/command")
_ESPRFID: Final = re.compile(r"([A-Za-z0-9_./-]+)/cmd")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that could be a relay; ``needs`` are settings that its owner must know."""

    dialect: str
    topic: str
    name: str
    settings: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()


def read_candidates(topic: str, payload: bytes) -> tuple[Candidate, ...]:
    """The candidates that a message speaks of; never raises."""
    if len(payload) > PAYLOAD_MOST_BYTES:
        return ()
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(body, dict):
        return ()
    levels = topic.split("/")
    if topic == "shellies/announce":
        found = _shelly(body)
    elif len(levels) == 4 and levels[:2] == ["tasmota", "discovery"] and levels[3] == "config":
        found = _tasmota(body)
    elif levels[0] == "homeassistant" and levels[-1] == "config" and len(levels) in (4, 5):
        return _discovered(levels[1], _long(body))
    else:
        found = None
    return (found,) if found is not None else ()


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    plain = isinstance(value, str) and value.isprintable()
    return str(value)[:NAME_CHARS_MOST] if plain else ""


def _shelly(body: Mapping[str, Any]) -> Candidate | None:
    name = _text(body, "id")
    if not name:
        return None
    generation = body.get("gen", 1)
    if isinstance(generation, int) and generation >= 2:
        return Candidate("shelly2", name, _text(body, "model") or name)
    return Candidate("shelly1", name, _text(body, "model") or name, needs=("pulse_ms",))


def _tasmota(body: Mapping[str, Any]) -> Candidate | None:
    topic, relays = _text(body, "t"), body.get("rl")
    own = body.get("ft"), body.get("tp")
    usual = own in (("%prefix%/%topic%/", ["cmnd", "stat", "tele"]), (None, None))
    count = sum(1 for relay in relays if relay == 1) if isinstance(relays, list) else 0
    if not topic or not count or not usual:  # another order of topics is not spoken here
        return None
    outputs = (("outputs", str(min(count, 8))),) if count > 1 else ()
    return Candidate("tasmota", topic, _text(body, "dn") or topic, outputs)


def _long(body: Mapping[str, Any]) -> dict[str, Any]:
    """The long names of a discovery; ``~`` stands for its base topic."""
    full = {_ABBREVIATED.get(name, name): value for name, value in body.items()}
    root = full.get("~")
    if isinstance(root, str):
        for name, value in full.items():
            if name.endswith("_topic") and isinstance(value, str):
                if value.startswith("~"):
                    full[name] = root + value[1:]
                elif value.endswith("~"):
                    full[name] = value[:-1] + root
    return full


def _discovered(kind: str, body: Mapping[str, Any]) -> tuple[Candidate, ...]:
    parts: list[tuple[str, Mapping[str, Any]]] = [(kind, body)]
    if kind == "device":
        components = body.get("components")
        rows = list(components.values())[:COMPONENTS_MOST] if isinstance(components, dict) else []
        long = [_long(row) for row in rows if isinstance(row, dict)]
        parts = [(_text(row, "platform"), row) for row in long]
    device = body.get("device")
    owner = _long(device) if isinstance(device, dict) else {}
    found = (_component(platform, row, owner) for platform, row in parts)
    return tuple(candidate for candidate in found if candidate is not None)


def _component(platform: str, row: Mapping[str, Any], owner: Mapping[str, Any]) -> Candidate | None:
    """Of an open vocabulary only what a dialect of ours speaks."""
    if platform not in ("switch", "lock"):
        return None
    command = _text(row, "command_topic")
    name = _text(row, "name") or _text(owner, "name") or command
    esphome = _ESPHOME.fullmatch(command)
    if esphome is not None:
        entity = (("entity", esphome[2]),)
        return Candidate("esphome", esphome[1], name, entity, needs=("pulse_ms",))
    esprfid = _ESPRFID.fullmatch(command)
    if esprfid is not None and _text(owner, "manufacturer") == "esp-rfid":
        host = (("host", _text(owner, "name")),)
        return Candidate("esprfid", esprfid[1], name, host, needs=("doorip", "pulse_ms"))
    return None


__all__ = ["ASK", "FILTERS", "Candidate", "read_candidates"]
