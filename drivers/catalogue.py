"""From a URL to a driver: `protocol+transport`, the right part being a pyserial port."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from drivers import cjt188, dlt645
from drivers.kinds import (
    Card,
    CardLost,
    CardReader,
    NotIsoDep,
    OnState,
    Secrets,
    Strike,
    StrikeFault,
    TextReader,
)
from drivers.link import Direction, Link, LinkLost, OnWire, Parity
from drivers.meter_bus import MeterBus
from drivers.modbus_relay import ModbusRelay
from drivers.mqtt_terms import BrokerAddress
from drivers.pn532 import Pn532Reader
from drivers.qr_scanner import QrScanner
from drivers.readings import Question, Reading
from drivers.relay_mqtt import MqttRelay
from drivers.relay_urls import DIALECTS, RelayUrlError, make_dialect
from drivers.relay_urls import parse as parse_relay
from drivers.spy import spy_on

__all__ = [
    "Address",
    "Card",
    "CardLost",
    "CardReader",
    "CatalogueError",
    "MeterAt",
    "MeterLines",
    "NotIsoDep",
    "OnState",
    "Secrets",
    "Strike",
    "StrikeFault",
    "TextReader",
    "check_port",
    "line_of",
    "meter_question",
    "open_link",
    "open_meters",
    "open_reader",
    "open_scanner",
    "open_strike",
    "parse",
]

READERS: Final = ("pn532",)
STRIKES: Final = ("modbus-relay",)
SCANNERS: Final = ("qr",)
METERS: Final = ("dlt645", "cjt188")
NUMBERS: Final[Mapping[str, tuple[int, int]]] = {  # setting: least and most
    "baud": (300, 3_000_000),
    "unit": (1, 247),
    "outputs": (1, 64),
    "inputs": (0, 64),
    "echo": (0, 1),
    "presence_ms": (20, 5_000),
    "meter": (0, 10**14 - 1),  # the digits of its plate
    "type": (10, 39),  # of a CJ/T 188 meter: 10 cold water, 20 heat, 30 gas, in its own digits
}
COMMON: Final = {"baud", "parity"}
SETTINGS: Final[Mapping[str, set[str]]] = {
    "pn532": COMMON | {"presence_ms"},
    "modbus-relay": COMMON | {"unit", "outputs", "inputs", "echo"},
    "qr": COMMON,
    "dlt645": COMMON | {"meter"},
    "cjt188": COMMON | {"meter", "type"},
}
PARITIES: Final[Mapping[str, Parity]] = {"N": "N", "E": "E", "O": "O"}
BAUD: Final[Mapping[str, int]] = {
    "pn532": 115_200,
    "modbus-relay": 9_600,
    "qr": 9_600,
    "dlt645": 2_400,
    "cjt188": 2_400,
}
PARITY: Final[Mapping[str, Parity]] = {"dlt645": "E", "cjt188": "E"}  # all others: none


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
    spied: str | None = None  # where what passes is written down; empty: standard error


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
    spied = settings.pop("log", "") if scheme == "spy" else None
    for setting in settings:
        if setting not in SETTINGS[protocol]:
            known = ", ".join(sorted(SETTINGS[protocol]))
            raise CatalogueError(f"{shown}: {protocol} has no setting {setting!r}; known: {known}")
    told = settings.pop("parity", PARITY.get(protocol, "N"))
    parity = PARITIES.get(told)
    if parity is None:
        raise CatalogueError(f"{shown}: parity is N, E or O, not {told!r}")
    numbers = {setting: _number(shown, setting, value) for setting, value in settings.items()}
    port = name if scheme in ("serial", "spy") else place
    return Address(protocol, port, numbers.pop("baud", BAUD[protocol]), parity, numbers, spied)


def open_reader(
    url: str,
    secrets: Secrets,
    *,
    on_state: OnState | None = None,
    on_wire: OnWire | None = None,
) -> CardReader:
    """A card reader that opens its line once cards() is awaited; raises CatalogueError."""
    del secrets  # no reader of this release has a secret; OSDP readers will
    address = _of_kind(url, READERS, "a card reader")
    presence_s = address.numbers.get("presence_ms", 100) / 1000
    return Pn532Reader(_opener(address, on_wire), on_state=on_state, presence_s=presence_s)


def open_strike(
    url: str,
    secrets: Secrets,
    *,
    on_state: OnState | None = None,
    on_wire: OnWire | None = None,
) -> Strike:
    """A strike that opens its line now, on the running loop; raises CatalogueError."""
    if url.partition("+")[0] in DIALECTS:
        return _open_relay(url, secrets, on_state)
    address = _of_kind(url, STRIKES, "a strike")
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


def open_scanner(
    url: str,
    secrets: Secrets,
    *,
    on_state: OnState | None = None,
    on_wire: OnWire | None = None,
) -> TextReader:
    """A scanner of codes that opens its line once texts() is awaited; raises CatalogueError."""
    del secrets  # as in open_reader
    address = _of_kind(url, SCANNERS, "a scanner")
    return QrScanner(_opener(address, on_wire), on_state=on_state)


def open_meters(
    url: str, *, on_state: OnState | None = None, on_wire: OnWire | None = None
) -> MeterBus:
    """A line of meters that opens now, on the running loop; raises CatalogueError."""
    address = _of_kind(url, METERS, "a meter")
    bus = MeterBus(_opener(address, on_wire), baud=address.baud, on_state=on_state)
    bus.start()
    return bus


def meter_question(url: str) -> Question[Reading]:
    """What to ask the line of this meter for its total; raises CatalogueError."""
    address = _of_kind(url, METERS, "a meter")
    meter, numbers = address.numbers.get("meter"), address.numbers
    if meter is None:
        raise CatalogueError(f"{address.protocol}: write meter=DIGITS, as on the meter's plate")
    if address.protocol == "dlt645":
        if meter >= 10**dlt645.ADDRESS_DIGITS:
            raise CatalogueError(f"dlt645: a meter has {dlt645.ADDRESS_DIGITS} digits, not {meter}")
        return dlt645.ask_register(f"{meter:0{dlt645.ADDRESS_DIGITS}}")
    kind = int(str(numbers.get("type", 10)), 16)
    return cjt188.ask_total(f"{meter:0{cjt188.ADDRESS_DIGITS}}", kind)


def line_of(url: str) -> tuple[str, int, Parity]:
    """The line a device hangs on: port, speed and parity; several meters may share one."""
    address = parse(url)
    return address.port, address.baud, address.parity


class MeterLines:
    """The lines of some meters, each opened once however many meters hang on it."""

    def __init__(self, on_state: Callable[[str], OnState]) -> None:
        self._on_state = on_state
        self._lines: dict[tuple[str, int, Parity], MeterBus] = {}  # bounded by device.toml

    def meter(self, url: str) -> "MeterAt":
        """The meter of this URL; its line opens now; raises CatalogueError."""
        question, line = meter_question(url), line_of(url)
        if line not in self._lines:
            self._lines[line] = open_meters(url, on_state=self._on_state(line[0]))
        return MeterAt(self._lines[line], question)

    async def close(self) -> None:
        """Let go of all lines."""
        for line in self._lines.values():
            await line.close()


@dataclass(frozen=True, slots=True)
class MeterAt:
    """One meter on its line."""

    line: MeterBus
    question: Question[Reading]

    async def read(self) -> Reading:
        """Ask it now; raises MeterFault."""
        return await self.line.ask(self.question)


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
    (await open_link(url)).close()


async def open_link(url: str, on_wire: OnWire | None = None) -> Link:
    """The bare line of a device, on which nothing was sent yet; raises CatalogueError."""
    try:
        return await _opener(parse(url), on_wire)()
    except LinkLost as lost:
        raise CatalogueError(str(lost)) from lost


def _opener(address: Address, on_wire: OnWire | None) -> Callable[[], Awaitable[Link]]:
    listener = on_wire
    if address.spied is not None:
        try:
            spy = spy_on(address.protocol, address.port, address.spied)
        except OSError as error:
            raise CatalogueError(f"log={address.spied}: {error.strerror}") from error
        listener = spy if on_wire is None else _both(spy, on_wire)
    return lambda: Link.open(
        address.port, baudrate=address.baud, parity=address.parity, on_wire=listener
    )


def _both(first: OnWire, second: OnWire) -> OnWire:
    def hear(direction: Direction, at_ns: int, chunk: bytes) -> None:
        first(direction, at_ns, chunk)
        second(direction, at_ns, chunk)

    return hear


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
