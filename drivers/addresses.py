"""A device URL taken apart: `protocol+transport`, the right part being a pyserial port."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from drivers.link import Direction, Link, LinkLost, OnWire, Parity
from drivers.osdp_wire import ADDRESS_MOST
from drivers.simulated import SCHEME, line_of_far_end
from drivers.spy import spy_on

NUMBERS: Final[Mapping[str, tuple[int, int]]] = {  # setting: least and most
    "baud": (300, 3_000_000),
    "unit": (1, 247),
    "outputs": (1, 64),
    "inputs": (0, 64),
    "echo": (0, 1),
    "presence_ms": (20, 5_000),
    "address": (0, ADDRESS_MOST),
    "poll_ms": (10, 200),
    "meter": (0, 10**14 - 1),  # the digits of its plate
    "type": (10, 39),  # of a CJ/T 188 meter: 10 cold water, 20 heat, 30 gas, in its own digits
    "reversed": (0, 1),
    "columns": (24, 64),
    "fence": (0, 1),
}
COMMON: Final = {"baud", "parity"}
SETTINGS: Final[Mapping[str, set[str]]] = {
    "cjt188": COMMON | {"meter", "type"},
    "dlt645": COMMON | {"meter"},
    "escpos": COMMON | {"columns", "fence"},
    "lcus": COMMON | {"outputs"},
    "modbus-relay": COMMON | {"unit", "outputs", "inputs", "echo"},
    "osdp": {"baud", "address", "key", "poll_ms"},
    "pn532": COMMON | {"presence_ms"},
    "qr": COMMON,
    "rdm6300": COMMON | {"presence_ms"},
    "wiegand": COMMON | {"presence_ms", "reversed"},
}
PARITIES: Final[Mapping[str, Parity]] = {"N": "N", "E": "E", "O": "O"}
PARITY: Final[Mapping[str, Parity]] = {"dlt645": "E", "cjt188": "E"}  # all others: none
BAUD: Final[Mapping[str, int]] = {"pn532": 115_200, "dlt645": 2_400, "cjt188": 2_400}
BAUD_USUAL: Final = 9_600  # of all others


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
    reference, _, key = settings.pop("key", "secret:").partition(":")
    if reference != "secret":
        raise CatalogueError(f"{shown}: write key=secret:NAME; a key never stands in a URL")
    numbers = {setting: _number(shown, setting, value) for setting, value in settings.items()}
    port = name if scheme in ("serial", "spy") else place
    baud = numbers.pop("baud", BAUD.get(protocol, BAUD_USUAL))
    return Address(protocol, port, baud, parity, numbers, key, spied)


def line_of(url: str) -> tuple[str, int, Parity]:
    """The line a device hangs on: port, speed and parity; several meters may share one."""
    address = parse(url)
    return address.port, address.baud, address.parity


async def check_port(url: str) -> None:
    """Open and close the port without a byte on the wire; raises CatalogueError with the cure."""
    (await open_link(url)).close()


async def open_link(url: str, on_wire: OnWire | None = None) -> Link:
    """The bare line of a device, on which nothing was sent yet; raises CatalogueError."""
    try:
        return await opener(parse(url), on_wire)()
    except LinkLost as lost:
        raise CatalogueError(str(lost)) from lost


def opener(address: Address, on_wire: OnWire | None) -> Callable[[], Awaitable[Link]]:
    """What opens the line of an address; raises CatalogueError where it cannot be spied on."""
    listener = on_wire
    if address.spied is not None:
        try:
            spy = spy_on(address.protocol, address.port, address.spied)
        except OSError as error:
            raise CatalogueError(f"log={address.spied}: {error.strerror}") from error
        listener = spy if on_wire is None else _both(spy, on_wire)

    async def open_it() -> Link:
        port = address.port
        if port.startswith(SCHEME):
            port = line_of_far_end(address.protocol, port)
        return await Link.open(port, baudrate=address.baud, parity=address.parity, on_wire=listener)

    return open_it


def _both(first: OnWire, second: OnWire) -> OnWire:
    def hear(direction: Direction, at_ns: int, chunk: bytes) -> None:
        first(direction, at_ns, chunk)
        second(direction, at_ns, chunk)

    return hear


def of_kind(url: str, protocols: tuple[str, ...], kind: str) -> Address:
    """The address of a device that must be of one of these; raises CatalogueError."""
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
