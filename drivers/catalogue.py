"""From a URL to a driver: `protocol+transport`, the right part being a pyserial port."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from drivers.kinds import (
    Card,
    CardLost,
    CardReader,
    Keypad,
    NotIsoDep,
    OnState,
    Secrets,
    Strike,
    StrikeFault,
    TextReader,
)
from drivers.link import Link, LinkLost, OnWire, Parity
from drivers.modbus_relay import ModbusRelay
from drivers.mqtt_terms import BrokerAddress
from drivers.osdp_bus import POLL_MS, OsdpBus, OsdpLines, OsdpReader
from drivers.osdp_secure import INSTALL_KEY, KEY_BYTES
from drivers.osdp_wire import ADDRESS_MOST
from drivers.osdp_words import BAUDS as OSDP_BAUDS
from drivers.osdp_words import Color, LocalStatus
from drivers.pn532 import Pn532Reader
from drivers.qr_scanner import QrScanner
from drivers.relay_mqtt import MqttRelay
from drivers.relay_urls import DIALECTS, RelayUrlError, make_dialect
from drivers.relay_urls import parse as parse_relay

__all__ = [
    "OSDP_BAUDS",
    "Address",
    "Card",
    "CardLost",
    "CardReader",
    "CatalogueError",
    "Color",
    "Keypad",
    "LocalStatus",
    "NotIsoDep",
    "OnState",
    "OsdpLines",
    "OsdpReader",
    "Secrets",
    "Strike",
    "StrikeFault",
    "TextReader",
    "check_port",
    "open_keypad",
    "open_osdp_alone",
    "open_reader",
    "open_scanner",
    "open_strike",
    "osdp_key",
    "parse",
]

READERS: Final = ("pn532", "osdp")
STRIKES: Final = ("modbus-relay", "osdp")
KEYPADS: Final = ("osdp",)
SCANNERS: Final = ("qr",)
NUMBERS: Final[Mapping[str, tuple[int, int]]] = {  # setting: least and most
    "baud": (300, 3_000_000),
    "unit": (1, 247),
    "outputs": (1, 64),
    "inputs": (0, 64),
    "echo": (0, 1),
    "presence_ms": (20, 5_000),
    "address": (0, ADDRESS_MOST),
    "poll_ms": (10, 200),
}
COMMON: Final = {"baud", "parity"}
SETTINGS: Final[Mapping[str, set[str]]] = {
    "pn532": COMMON | {"presence_ms"},
    "modbus-relay": COMMON | {"unit", "outputs", "inputs", "echo"},
    "osdp": {"baud", "address", "key", "poll_ms"},
    "qr": COMMON,
}
PARITIES: Final[Mapping[str, Parity]] = {"N": "N", "E": "E", "O": "O"}
BAUD: Final[Mapping[str, int]] = {
    "pn532": 115_200,
    "modbus-relay": 9_600,
    "osdp": 9_600,
    "qr": 9_600,
}


class CatalogueError(ValueError):
    """A device URL is wrong: one line that says which part and what to check."""


@dataclass(frozen=True, slots=True)
class Address:
    """A device URL taken apart."""

    protocol: str
    port: str  # a path, or a URL of pyserial
    baud: int
    parity: Parity
    numbers: Mapping[str, int]
    key: str = ""  # the name of a secret


def parse(url: str) -> Address:
    """Take a device URL apart; raises CatalogueError."""
    protocol, plus, transport = url.partition("+")
    place, _, query = transport.partition("?")
    scheme, colon, name = place.partition("://")
    if not plus or not colon:
        raise CatalogueError("a device is written protocol+transport://place")
    shown = f"{protocol}+{scheme}://{name.rpartition('@')[2]}"  # what may be told of it
    if protocol not in SETTINGS:
        known = ", ".join(sorted(SETTINGS))
        raise CatalogueError(f"{shown}: unknown protocol {protocol!r} left of +; known: {known}")
    if not name:
        raise CatalogueError(f"{shown}: the port is missing after ://")
    if "@" in name and not name.startswith("/"):
        raise CatalogueError(f"{shown}: no passwords in a URL; write a reference to a secret")
    settings = dict(parse_qsl(query, keep_blank_values=True))
    for setting in settings:
        if setting not in SETTINGS[protocol]:
            known = ", ".join(sorted(SETTINGS[protocol]))
            raise CatalogueError(f"{shown}: {protocol} has no setting {setting!r}; known: {known}")
    told = settings.pop("parity", "N")
    parity = PARITIES.get(told)
    if parity is None:
        raise CatalogueError(f"{shown}: parity is N, E or O, not {told!r}")
    reference, _, key = settings.pop("key", "secret:").partition(":")
    if reference != "secret":
        raise CatalogueError(f"{shown}: write key=secret:NAME; a key never stands in a URL")
    numbers = {setting: _number(shown, setting, value) for setting, value in settings.items()}
    port = name if scheme == "serial" else place
    return Address(protocol, port, numbers.pop("baud", BAUD[protocol]), parity, numbers, key)


def open_reader(
    url: str,
    secrets: Secrets,
    *,
    on_state: OnState | None = None,
    on_wire: OnWire | None = None,
    lines: OsdpLines | None = None,
) -> CardReader:
    """A card reader that opens its line once cards() is awaited; raises CatalogueError.

    Readers that pass on numbers only are opened where ``lines`` are given: at doors.
    """
    address = _of_kind(url, READERS, "a card reader")
    if address.protocol == "osdp":
        return _open_osdp(address, secrets, lines, on_state, on_wire)
    presence_s = address.numbers.get("presence_ms", 100) / 1000
    return Pn532Reader(_opener(address, on_wire), on_state=on_state, presence_s=presence_s)


def open_strike(
    url: str,
    secrets: Secrets,
    *,
    on_state: OnState | None = None,
    on_wire: OnWire | None = None,
    lines: OsdpLines | None = None,
) -> Strike:
    """A strike that opens its line now, on the running loop; raises CatalogueError."""
    if url.partition("+")[0] in DIALECTS:
        return _open_relay(url, secrets, on_state)
    address = _of_kind(url, STRIKES, "a strike")
    if address.protocol == "osdp":
        reader = _open_osdp(address, secrets, lines, on_state, on_wire)
        reader.is_strike = True
        return reader
    numbers = address.numbers
    strike = ModbusRelay(
        _opener(address, on_wire),
        unit=numbers.get("unit", 1),
        outputs=numbers.get("outputs", 8),
        inputs=numbers.get("inputs", 8),
        echo=bool(numbers.get("echo", 0)),
        on_state=on_state,
    )
    strike.start()
    return strike


def open_keypad(
    url: str,
    secrets: Secrets,
    *,
    lines: OsdpLines,
    on_state: OnState | None = None,
    on_wire: OnWire | None = None,
) -> Keypad:
    """A keypad; where a reader or strike has the same URL it is the same device."""
    address = _of_kind(url, KEYPADS, "a keypad")
    return _open_osdp(address, secrets, lines, on_state, on_wire)


def open_scanner(
    url: str,
    secrets: Secrets,
    *,
    on_state: OnState | None = None,
    on_wire: OnWire | None = None,
) -> TextReader:
    """A scanner of codes that opens its line once texts() is awaited; raises CatalogueError."""
    del secrets  # no scanner has one
    address = _of_kind(url, SCANNERS, "a scanner")
    return QrScanner(_opener(address, on_wire), on_state=on_state)


def _open_osdp(
    address: Address,
    secrets: Secrets,
    lines: OsdpLines | None,
    on_state: OnState | None,
    on_wire: OnWire | None,
) -> OsdpReader:
    """The reader of a port and address, the same one for each of its parts."""
    shown = f"osdp+{address.port}"
    if lines is None:
        raise CatalogueError(f"{shown}: it passes on numbers only, so it belongs to a door")
    if "address" not in address.numbers or not address.key:
        raise CatalogueError(f"{shown}: write ?address=N&key=secret:NAME; pair the reader first")
    if address.baud not in OSDP_BAUDS:
        known = ", ".join(str(baud) for baud in OSDP_BAUDS)
        raise CatalogueError(f"{shown}: OSDP knows no baud={address.baud}, only {known}")
    key = osdp_key(address.key, secrets(address.key))
    try:
        reader = lines.reader(
            address.port,
            address.baud,
            address.numbers["address"],
            key,
            _opener(address, on_wire),
            poll_ms=address.numbers.get("poll_ms", POLL_MS),
        )
    except ValueError as wrong:
        raise CatalogueError(str(wrong)) from wrong
    if on_state is not None:
        reader.listeners.append(on_state)
    return reader


def open_osdp_alone(url: str, key: bytes | None) -> tuple[OsdpBus, OsdpReader]:
    """A bus with this one reader, for an installer's acts; without a key: in install mode."""
    address = parse(url)
    if address.protocol != "osdp" or "address" not in address.numbers or not address.key:
        raise CatalogueError("write osdp+serial://PORT?address=N&key=secret:NAME")
    bus = OsdpBus(_opener(address, None), address.baud)
    number = address.numbers["address"]
    name = f"address {number} at {address.port}"
    return bus, bus.add(number, key or INSTALL_KEY, name, installing=key is None)


def osdp_key(name: str, told: bytes) -> bytes:
    """The key in a secret's file, 32 hex digits; raises CatalogueError."""
    try:
        key = bytes.fromhex(told.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise CatalogueError(f"secret:{name} is no key of 32 hex digits; pair the reader again")
    if key == INSTALL_KEY:
        raise CatalogueError(f"secret:{name} is the key that everybody knows; pair the reader")
    return key


def _open_relay(url: str, secrets: Secrets, on_state: OnState | None) -> MqttRelay:
    """A strike on an MQTT relay, connecting now."""
    try:
        at = parse_relay(url)
        dialect = make_dialect(at.protocol, at.topic, at.user, at.settings)
    except RelayUrlError as wrong:
        raise CatalogueError(str(wrong)) from wrong
    if not at.secret:
        raise CatalogueError(f"{at.protocol}: write secret=NAME, the file of the broker's secret")
    secret = secrets(at.secret).decode().strip()
    address = BrokerAddress(at.host, at.port, at.user, secret, at.tls_ca)
    relay = MqttRelay(dialect, address, at.user, on_state=on_state)
    relay.start()
    return relay


async def check_port(url: str) -> None:
    """Open and close the port without a byte on the wire; raises CatalogueError with the cure."""
    address = parse(url)
    try:
        link = await _opener(address, None)()
    except LinkLost as lost:
        raise CatalogueError(str(lost)) from lost
    link.close()


def _opener(address: Address, on_wire: OnWire | None) -> Callable[[], Awaitable[Link]]:
    return lambda: Link.open(
        address.port, baudrate=address.baud, parity=address.parity, on_wire=on_wire
    )


def _of_kind(url: str, protocols: tuple[str, ...], kind: str) -> Address:
    address = parse(url)
    if address.protocol not in protocols:
        known = ", ".join(protocols)
        raise CatalogueError(f"{address.protocol} is not {kind}; known: {known}")
    return address


def _number(shown: str, name: str, value: str) -> int:
    least, most = NUMBERS[name]
    if not value.isascii() or not value.isdecimal() or not least <= int(value) <= most:
        raise CatalogueError(f"{shown}: {name} is a number from {least} to {most}, not {value!r}")
    return int(value)
