"""From a URL to a driver."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from drivers import cjt188, dlt645
from drivers.addresses import (
    Address,
    CatalogueError,
    check_port,
    line_of,
    of_kind,
    open_link,
    opener,
    parse,
)
from drivers.escpos import COLUMNS_58_MM
from drivers.escpos_printer import EscposPrinter, PrinterFault
from drivers.framing import Deframer
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
from drivers.lcus import OUTPUTS_MOST as LCUS_OUTPUTS_MOST
from drivers.lcus import LcusRelay
from drivers.link import OnWire, Parity
from drivers.meter_bus import MeterBus
from drivers.modbus_relay import ModbusRelay
from drivers.mqtt_terms import BrokerAddress
from drivers.number_reader import PRESENCE_S, NumberReader
from drivers.number_reader import Reading as NumberReading
from drivers.osdp_bus import POLL_MS, OsdpBus, OsdpLines, OsdpReader
from drivers.osdp_secure import INSTALL_KEY, KEY_BYTES
from drivers.osdp_words import BAUDS as OSDP_BAUDS
from drivers.osdp_words import Color, LocalStatus
from drivers.pcsc import PcscReader, SystemPcsc
from drivers.pn532 import Pn532Reader
from drivers.qr_scanner import QrScanner
from drivers.rdm6300 import Rdm6300Deframer
from drivers.readings import Question, Reading
from drivers.relay_dialects import Dialect
from drivers.relay_mqtt import MqttRelay
from drivers.relay_urls import DIALECTS, RelayUrlError, make_dialect
from drivers.relay_urls import parse as parse_relay
from drivers.wiegand import WiegandDeframer

__all__ = [
    "OSDP_BAUDS",
    "Address",
    "Card",
    "CardLost",
    "CardReader",
    "CatalogueError",
    "Color",
    "EscposPrinter",
    "Keypad",
    "LocalStatus",
    "MeterAt",
    "MeterLines",
    "MqttRelayAt",
    "NotIsoDep",
    "OnState",
    "OsdpLines",
    "OsdpReader",
    "PcscReader",
    "PrinterFault",
    "Secrets",
    "Strike",
    "StrikeFault",
    "TextReader",
    "check_port",
    "is_mqtt_relay",
    "line_of",
    "meter_question",
    "mqtt_relay_at",
    "open_keypad",
    "open_link",
    "open_meters",
    "open_osdp_alone",
    "open_pcsc",
    "open_printer",
    "open_reader",
    "open_scanner",
    "open_strike",
    "osdp_key",
    "parse",
]

PCSC: Final = "pcsc://"  # then some words of the reader's name; none where there is one reader
READERS: Final = ("pn532", "osdp", "rdm6300", "wiegand")
STRIKES: Final = ("modbus-relay", "lcus", "osdp")
KEYPADS: Final = ("osdp",)
SCANNERS: Final = ("qr",)
METERS: Final = ("dlt645", "cjt188")
PRINTERS: Final = ("escpos",)


def open_reader(
    url: str,
    secrets: Secrets,
    *,
    on_state: OnState | None = None,
    on_wire: OnWire | None = None,
    lines: OsdpLines | None = None,
) -> CardReader:
    """A card reader that opens its line once cards() is awaited; raises CatalogueError.

    Readers on a shared bus are opened where ``lines`` are given: at doors.
    """
    if url.startswith(PCSC):
        return open_pcsc(url, on_state=on_state)
    address = of_kind(url, READERS, "a card reader")
    if address.protocol == "osdp":
        return _open_osdp(address, secrets, lines, on_state, on_wire)
    if address.protocol != "pn532":
        return _number_reader(address, on_state, on_wire)
    presence_s = address.numbers.get("presence_ms", 100) / 1000
    return Pn532Reader(opener(address, on_wire), on_state=on_state, presence_s=presence_s)


def open_pcsc(url: str, *, on_state: OnState | None = None) -> PcscReader:
    """The desk reader of the system that is called so; nothing is asked yet."""
    return PcscReader(unquote(url[len(PCSC) :]), SystemPcsc, on_state=on_state)


def open_strike(
    url: str,
    secrets: Secrets,
    *,
    on_state: OnState | None = None,
    on_wire: OnWire | None = None,
    lines: OsdpLines | None = None,
) -> Strike:
    """A strike that opens its line now, on the running loop; raises CatalogueError."""
    if is_mqtt_relay(url):
        return _open_relay(url, secrets, on_state)
    address = of_kind(url, STRIKES, "a strike")
    if address.protocol == "osdp":
        reader = _open_osdp(address, secrets, lines, on_state, on_wire)
        reader.is_strike = True
        return reader
    numbers = address.numbers
    if address.protocol == "lcus":
        return _lcus(address, on_state, on_wire)
    strike = ModbusRelay(
        opener(address, on_wire),
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
    address = of_kind(url, KEYPADS, "a keypad")
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
    address = of_kind(url, SCANNERS, "a scanner")
    return QrScanner(opener(address, on_wire), on_state=on_state)


def open_meters(
    url: str, *, on_state: OnState | None = None, on_wire: OnWire | None = None
) -> MeterBus:
    """A line of meters that opens now, on the running loop; raises CatalogueError."""
    address = of_kind(url, METERS, "a meter")
    bus = MeterBus(opener(address, on_wire), baud=address.baud, on_state=on_state)
    bus.start()
    return bus


def meter_question(url: str) -> Question[Reading]:
    """What to ask the line of this meter for its total; raises CatalogueError."""
    address = of_kind(url, METERS, "a meter")
    meter, numbers = address.numbers.get("meter"), address.numbers
    if meter is None:
        raise CatalogueError(f"{address.protocol}: write meter=DIGITS, as on the meter's plate")
    if address.protocol == "dlt645":
        if meter >= 10**dlt645.ADDRESS_DIGITS:
            raise CatalogueError(f"dlt645: a meter has {dlt645.ADDRESS_DIGITS} digits, not {meter}")
        return dlt645.ask_register(f"{meter:0{dlt645.ADDRESS_DIGITS}}")
    kind = int(str(numbers.get("type", 10)), 16)
    return cjt188.ask_total(f"{meter:0{cjt188.ADDRESS_DIGITS}}", kind)


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


def open_printer(
    url: str,
    secrets: Secrets,
    *,
    on_state: OnState | None = None,
    on_wire: OnWire | None = None,
) -> EscposPrinter:
    """A slip printer that opens its line now, on the running loop; raises CatalogueError."""
    del secrets  # no printer has one
    address = of_kind(url, PRINTERS, "a printer")
    printer = EscposPrinter(
        opener(address, on_wire),
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

    def deframer() -> Deframer[NumberReading]:
        if address.protocol == "wiegand":
            return WiegandDeframer(is_reversed=is_reversed)
        return Rdm6300Deframer()

    return NumberReader(
        opener(address, on_wire), deframer, on_state=on_state, presence_s=presence_s
    )


def _lcus(address: Address, on_state: OnState | None, on_wire: OnWire | None) -> LcusRelay:
    """A strike on a board without a timer, opening its line now."""
    outputs = address.numbers.get("outputs", 1)
    if outputs > LCUS_OUTPUTS_MOST:
        raise CatalogueError(
            f"{address.port}: such a board has at most {LCUS_OUTPUTS_MOST} outputs"
        )
    board = LcusRelay(opener(address, on_wire), outputs=outputs, on_state=on_state)
    board.start()
    return board


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
            opener(address, on_wire),
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
    bus = OsdpBus(opener(address, None), address.baud)
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


def is_mqtt_relay(url: str) -> bool:
    """Whether it hangs on a broker and not on a port."""
    return url.partition("+")[0] in DIALECTS


@dataclass(frozen=True, slots=True)
class MqttRelayAt:
    """A relay on MQTT: its words, and the broker where it is."""

    dialect: Dialect
    broker: BrokerAddress
    user: str


def mqtt_relay_at(url: str, secrets: Secrets) -> MqttRelayAt:
    """Take such a URL apart; raises CatalogueError."""
    try:
        at = parse_relay(url)
        dialect = make_dialect(at.protocol, at.topic, at.user, at.settings)
    except RelayUrlError as wrong:
        raise CatalogueError(str(wrong)) from wrong
    if not at.secret:
        raise CatalogueError(f"{at.protocol}: write secret=NAME, the file of the broker's secret")
    secret = secrets(at.secret).decode().strip()
    broker = BrokerAddress(at.host, at.port, at.user, secret, at.tls_ca)
    return MqttRelayAt(dialect, broker, at.user)


def _open_relay(url: str, secrets: Secrets, on_state: OnState | None) -> MqttRelay:
    """A strike on an MQTT relay, connecting now."""
    at = mqtt_relay_at(url, secrets)
    relay = MqttRelay(at.dialect, at.broker, at.user, on_state=on_state)
    relay.start()
    return relay
