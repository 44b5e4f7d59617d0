"""From a URL to a driver: `protocol+transport`, the right part being a pyserial port."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from drivers.escpos import COLUMNS_58_MM
from drivers.escpos_printer import EscposPrinter, PrinterFault
from drivers.framing import Deframer
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
from drivers.lcus import OUTPUTS_MOST as LCUS_OUTPUTS_MOST
from drivers.lcus import LcusRelay
from drivers.link import Link, LinkLost, OnWire, Parity
from drivers.modbus_relay import ModbusRelay
from drivers.mqtt_terms import BrokerAddress
from drivers.number_reader import PRESENCE_S, NumberReader, Reading
from drivers.pn532 import Pn532Reader
from drivers.qr_scanner import QrScanner
from drivers.rdm6300 import Rdm6300Deframer
from drivers.relay_mqtt import MqttRelay
from drivers.relay_urls import DIALECTS, RelayUrlError, make_dialect
from drivers.relay_urls import parse as parse_relay
from drivers.wiegand import WiegandDeframer

__all__ = [
    "Address",
    "Card",
    "CardLost",
    "CardReader",
    "CatalogueError",
    "EscposPrinter",
    "NotIsoDep",
    "OnState",
    "PrinterFault",
    "Secrets",
    "Strike",
    "StrikeFault",
    "TextReader",
    "check_port",
    "open_printer",
    "open_reader",
    "open_scanner",
    "open_strike",
    "parse",
]

READERS: Final = ("pn532", "rdm6300", "wiegand")
STRIKES: Final = ("lcus", "modbus-relay")
SCANNERS: Final = ("qr",)
PRINTERS: Final = ("escpos",)
NUMBERS: Final[Mapping[str, tuple[int, int]]] = {  # setting: least and most
    "baud": (300, 3_000_000),
    "unit": (1, 247),
    "outputs": (1, 64),
    "inputs": (0, 64),
    "echo": (0, 1),
    "presence_ms": (20, 5_000),
    "reversed": (0, 1),
    "columns": (24, 64),
    "fence": (0, 1),
}
COMMON: Final = {"baud", "parity"}
SETTINGS: Final[Mapping[str, set[str]]] = {
    "pn532": COMMON | {"presence_ms"},
    "modbus-relay": COMMON | {"unit", "outputs", "inputs", "echo"},
    "escpos": COMMON | {"columns", "fence"},
    "lcus": COMMON | {"outputs"},
    "qr": COMMON,
    "rdm6300": COMMON | {"presence_ms"},
    "wiegand": COMMON | {"presence_ms", "reversed"},
}
PARITIES: Final[Mapping[str, Parity]] = {"N": "N", "E": "E", "O": "O"}
BAUD: Final[Mapping[str, int]] = {
    "pn532": 115_200,
    "modbus-relay": 9_600,
    "escpos": 9_600,
    "lcus": 9_600,
    "qr": 9_600,
    "rdm6300": 9_600,
    "wiegand": 9_600,
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
    numbers = {setting: _number(shown, setting, value) for setting, value in settings.items()}
    port = name if scheme == "serial" else place
    return Address(protocol, port, numbers.pop("baud", BAUD[protocol]), parity, numbers)


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
    if address.protocol != "pn532":
        return _number_reader(address, on_state, on_wire)
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
    if address.protocol == "lcus":
        return _lcus(address, on_state, on_wire)
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


def open_printer(
    url: str,
    secrets: Secrets,
    *,
    on_state: OnState | None = None,
    on_wire: OnWire | None = None,
) -> EscposPrinter:
    """A slip printer that opens its line now, on the running loop; raises CatalogueError."""
    del secrets  # as in open_reader
    address = _of_kind(url, PRINTERS, "a printer")
    printer = EscposPrinter(
        _opener(address, on_wire),
        columns=address.numbers.get("columns", COLUMNS_58_MM),
        fenced=bool(address.numbers.get("fence", 1)),
        on_state=on_state,
    )
    printer.start()
    return printer


def _number_reader(
    address: Address, on_state: OnState | None, on_wire: OnWire | None
) -> NumberReader:
    """A reader of cards that are only a number."""
    is_reversed = bool(address.numbers.get("reversed", 0))
    presence_s = address.numbers.get("presence_ms", PRESENCE_S * 1000) / 1000

    def deframer() -> Deframer[Reading]:
        if address.protocol == "wiegand":
            return WiegandDeframer(is_reversed=is_reversed)
        return Rdm6300Deframer()

    return NumberReader(
        _opener(address, on_wire), deframer, on_state=on_state, presence_s=presence_s
    )


def _lcus(address: Address, on_state: OnState | None, on_wire: OnWire | None) -> LcusRelay:
    """A strike on a board without a timer, opening its line now."""
    outputs = address.numbers.get("outputs", 1)
    if outputs > LCUS_OUTPUTS_MOST:
        raise CatalogueError(
            f"{address.port}: such a board has at most {LCUS_OUTPUTS_MOST} outputs"
        )
    board = LcusRelay(_opener(address, on_wire), outputs=outputs, on_state=on_state)
    board.start()
    return board


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
