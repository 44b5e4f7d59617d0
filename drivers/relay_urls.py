"""Device URLs of MQTT relays, such as `tasmota+mqtts://USER@HOST:PORT/TOPIC?secret=NAME`."""

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from drivers.relay_dialects import (
    OUTPUTS_MOST,
    PULSE_MOST_MS,
    Dialect,
    EspHome,
    EspRfid,
    ShellyGen1,
    ShellyGen2,
    Tasmota,
)

TRANSPORTS: Final = ("mqtt", "mqtts")
_TOPIC: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}(/[A-Za-z0-9_.:-]{1,64}){0,3}")
_ENTITY: Final = re.compile(r"(switch|lock)/[a-z0-9_-]{1,64}")
_RESERVED: Final = ("linli", "homeassistant", "$")
_FIXED: Final = (
    "{0} takes no time with its command: set the device's own timer, and write it as pulse_ms"
)


class RelayUrlError(ValueError):
    """A relay's URL is wrong: one line that says which part and what to write."""


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """A relay's URL taken apart; the secret stands beside it, by name."""

    protocol: str
    host: str
    port: int
    user: str
    secret: str
    tls_ca: str | None
    topic: str
    settings: Mapping[str, str]


def parse(url: str) -> RelayAddress:
    """Take a relay's URL apart; raises RelayUrlError."""
    protocol, _, rest = url.partition("+")
    shown = f"{protocol}+{rest.partition('://')[0]}://…"
    try:
        parts = urlsplit(rest)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise RelayUrlError(f"{shown}: host and port cannot be read") from None
    if protocol not in DIALECTS:
        known = ", ".join(sorted(DIALECTS))
        raise RelayUrlError(f"{shown}: unknown relay {protocol!r} left of +; known: {known}")
    if parts.password is not None:
        raise RelayUrlError(f"{shown}: no passwords in a URL; write secret=NAME")
    if not host or not parts.username:
        raise RelayUrlError(f"{shown}: write {protocol}+mqtts://USER@HOST:PORT/TOPIC")
    if parts.scheme not in TRANSPORTS:
        raise RelayUrlError(f"{shown}: after + stands mqtt or mqtts")
    if parts.scheme == "mqtt" and not _is_loopback(host):
        raise RelayUrlError(f"{shown}: mqtt:// to another machine is open to all; write mqtts://")
    settings = dict(parse_qsl(parts.query, keep_blank_values=True))
    secret = settings.pop("secret", "")
    system_ca = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    ca = settings.pop("ca", system_ca)
    settings_known = _SETTINGS[protocol]
    told = ", ".join(sorted(settings_known))
    for name in settings:
        if name not in settings_known:
            raise RelayUrlError(f"{shown}: {protocol} has no setting {name!r}; known: {told}")
    tls = parts.scheme == "mqtts"
    return RelayAddress(protocol, host, port or (8883 if tls else 1883), parts.username, secret,
                        ca if tls else None, parts.path.strip("/"), settings)  # fmt: skip


def make_dialect(protocol: str, topic: str, source: str, settings: Mapping[str, str]) -> Dialect:
    """The core of one relay; ``source`` is who asks there. Raises RelayUrlError."""
    if not _TOPIC.fullmatch(topic) or topic.startswith(_RESERVED):
        raise RelayUrlError(f"{protocol}: {topic!a} is no topic for a relay")
    return DIALECTS[protocol](topic, source, settings)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _number(settings: Mapping[str, str], name: str, least: int, most: int, default: int) -> int:
    text = settings.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdecimal() or not least <= int(text[:9]) <= most:
        raise RelayUrlError(f"{name} is a number from {least} to {most}, not {text!r}")
    return int(text)


def _outputs(settings: Mapping[str, str]) -> int:
    return _number(settings, "outputs", 1, OUTPUTS_MOST, 1)


def _pulse_ms(protocol: str, settings: Mapping[str, str]) -> int:
    """The device's own time; without one such a device would stay open: refused."""
    if "pulse_ms" not in settings:
        raise RelayUrlError(_FIXED.format(protocol))
    return _number(settings, "pulse_ms", 100, PULSE_MOST_MS, 0)


def _esphome(topic: str, source: str, settings: Mapping[str, str]) -> Dialect:
    del source
    entity = settings.get("entity", "")
    if not _ENTITY.fullmatch(entity):
        raise RelayUrlError("esphome: write entity=switch/ID or entity=lock/ID")
    return EspHome(topic, entity, _pulse_ms("esphome", settings))


def _esprfid(topic: str, source: str, settings: Mapping[str, str]) -> Dialect:
    del source
    try:
        door_ip = str(ip_address(settings.get("doorip", "")))
    except ValueError:
        raise RelayUrlError("esprfid: write doorip=ADDRESS, the board's own") from None
    host = settings.get("host", "")
    if not host:
        raise RelayUrlError("esprfid: write host=NAME, the board's own, or another's would answer")
    return EspRfid(topic, door_ip, host, _pulse_ms("esprfid", settings))


def _shelly1(topic: str, source: str, settings: Mapping[str, str]) -> Dialect:
    del source
    return ShellyGen1(topic, _pulse_ms("shelly1", settings), _outputs(settings))


DIALECTS: Final[Mapping[str, Callable[[str, str, Mapping[str, str]], Dialect]]] = {
    "esphome": _esphome,
    "esprfid": _esprfid,
    "shelly1": _shelly1,
    "shelly2": lambda topic, source, settings: ShellyGen2(topic, source, _outputs(settings)),
    "tasmota": lambda topic, _source, settings: Tasmota(topic, _outputs(settings)),
}
_SETTINGS: Final[Mapping[str, frozenset[str]]] = {
    "esphome": frozenset({"entity", "pulse_ms"}),
    "esprfid": frozenset({"doorip", "host", "pulse_ms"}),
    "shelly1": frozenset({"outputs", "pulse_ms"}),
    "shelly2": frozenset({"outputs"}),
    "tasmota": frozenset({"outputs"}),
}
