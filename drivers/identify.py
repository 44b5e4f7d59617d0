"""Asking what hangs on a line, only when somebody wants to know: some boards act on any byte."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from drivers.catalogue import CatalogueError, line_of, meter_question, open_link, open_meters, parse
from drivers.link import LinkLost
from drivers.meter_bus import scan_cjt188, scan_dlt645
from drivers.modbus_relay import EXCEPTIONS, READ_COILS, REPLY_S, Pdu, RtuDeframer, encode
from drivers.pn532 import ChipFault, Pn532, Tally
from drivers.readings import MeterFault

ASKED_COILS: Final = 8  # boards have 1 to 32; one that has fewer answers that it has not so many


async def identify(url: str) -> list[str]:
    """What answers at this URL, a line for each; raises CatalogueError saying what to check."""
    protocol = parse(url).protocol
    if protocol not in IDENTIFIERS:
        raise CatalogueError(
            f"{protocol}: there is no question for it; its own program opens it and says what it is"
        )
    return await IDENTIFIERS[protocol](url)


async def _pn532(url: str) -> list[str]:
    link = await open_link(url)
    try:
        return [f"{await Pn532(link, Tally()).start()} at {link.name}"]
    except (ChipFault, LinkLost) as fault:
        raise CatalogueError(str(fault)) from fault
    finally:
        link.close()


async def _modbus_relay(url: str) -> list[str]:
    """Reads coils; the driver itself would switch them off first, which is no mere question."""
    unit = parse(url).numbers.get("unit", 1)
    link = await open_link(url)
    deframer = RtuDeframer()
    request = encode(unit, READ_COILS, bytes((0, 0, 0, ASKED_COILS)))
    try:
        link.write(request)
        frames: list[Pdu] = []
        try:
            async with asyncio.timeout(REPLY_S):
                while not (frames := _mine(deframer.feed(await link.read()), unit)):
                    pass
        except TimeoutError:
            frames = _mine(deframer.idle(), unit)
    except LinkLost as lost:
        raise CatalogueError(str(lost)) from lost
    finally:
        link.close()
    if frames:
        return [f"{link.name}: unit {unit} answers, {_coils(frames[0])}"]
    if deframer.dropped:
        raise CatalogueError(
            f"{link.name}: {deframer.dropped} bytes came that are no frame; check baud, parity and "
            "that nothing else talks on this line"
        )
    raise CatalogueError(
        f"{link.name}: unit {unit} is silent; check power, the wires A and B, unit and baud"
    )


def _mine(frames: list[Pdu], unit: int) -> list[Pdu]:
    return [one for one in frames if one.unit == unit and one.function & 0x7F == READ_COILS]


def _coils(pdu: Pdu) -> str:
    if pdu.function & 0x80:
        return f"but {EXCEPTIONS.get(pdu.body[0], 'refuses')}: it may have fewer outputs"
    on = [str(n) for n in range(ASKED_COILS) if len(pdu.body) > 1 and pdu.body[1] >> n & 1]
    return f"outputs on: {', '.join(on) or 'none'}"


async def _silent(url: str) -> list[str]:
    link = await open_link(url)
    link.close()
    return [f"{link.name} is there and free; such a device says nothing before it reads something"]


async def _meters(url: str) -> list[str]:
    """The meter that is named, or the meters of the line, which takes up to many minutes."""
    (await open_link(url)).close()  # a wrong or busy port is told as such
    bus = open_meters(url)
    try:
        if "meter" in parse(url).numbers:
            reading = await bus.ask(meter_question(url))
            return [f"meter {reading.meter}: {reading.quantity} {reading.value:f} {reading.unit}"]
        scan = scan_dlt645 if parse(url).protocol == "dlt645" else scan_cjt188
        found, complete = await scan(bus)
    except MeterFault as fault:
        raise CatalogueError(str(fault)) from fault
    finally:
        await bus.close()
    port, baud, parity = line_of(url)
    if not found and complete:
        raise CatalogueError(
            f"{port}: no meter answers; check power, the wires A and B, and baud ({baud} 8{parity}1"
            " was tried; old meters speak 1200)"
        )
    if not complete:
        found.append("several meters answer at once and cannot all be told apart: write meter=")
    return found


# What is asked, by protocol; a new one is one line here.
IDENTIFIERS: Final[Mapping[str, Callable[[str], Awaitable[list[str]]]]] = {
    "cjt188": _meters,
    "dlt645": _meters,
    "modbus-relay": _modbus_relay,
    "pn532": _pn532,
    "qr": _silent,
    "rdm6300": _silent,
    "wiegand": _silent,
}
