"""What happens at a device, told as it happens: plain maps, whatever the wire."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from drivers.catalogue import (
    CatalogueError,
    MeterAt,
    OnState,
    Secrets,
    check_port,
    meter_question,
    open_meters,
    open_reader,
    open_scanner,
    open_strike,
    parse,
)
from drivers.kinds import StrikeFault
from drivers.readings import MeterFault

Told = Mapping[str, str | int | bool]
Tell = Callable[[Told], None]

LOOK_EVERY_S: Final = 0.1  # a door contact is open for a second at least
READ_EVERY_S: Final = 60.0


async def watch(url: str, secrets: Secrets, tell: Tell) -> None:
    """Tell each event until cancelled; raises CatalogueError when the device cannot be opened."""
    protocol = parse(url).protocol
    if protocol not in WATCHERS:
        raise CatalogueError(f"{protocol}: such a device tells nothing by itself")
    await check_port(url)

    def on_state(online: bool, why: str) -> None:
        tell({"event": "online" if online else "offline", "why": why})

    await WATCHERS[protocol](url, secrets, tell, on_state)


async def _reader(url: str, secrets: Secrets, tell: Tell, on_state: OnState) -> None:
    reader = open_reader(url, secrets, on_state=on_state)
    try:
        async for card in reader.cards():
            tell({"event": "card", "uid": card.uid.hex(), "iso_dep": card.iso_dep})
    finally:
        await reader.close()


async def _scanner(url: str, secrets: Secrets, tell: Tell, on_state: OnState) -> None:
    scanner = open_scanner(url, secrets, on_state=on_state)
    try:
        async for text in scanner.texts():
            tell({"event": "code", "text": text})
    finally:
        await scanner.close()


async def _strike(url: str, secrets: Secrets, tell: Tell, on_state: OnState) -> None:
    """Contacts and buttons; as at every opening of such a board its outputs are switched off."""
    strike = open_strike(url, secrets, on_state=on_state)
    known: tuple[bool, ...] = ()
    try:
        while True:
            try:
                now = await strike.inputs()
            except StrikeFault:  # on_state says so, once
                known = ()
            else:
                changed = [n for n, on in enumerate(now) if known[n : n + 1] != (on,)]
                for n in changed:
                    tell({"event": "input", "input": n, "active": now[n]})
                known = now
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        await strike.close()


async def _meter(url: str, secrets: Secrets, tell: Tell, on_state: OnState) -> None:
    del secrets  # meters are read without any
    meter = MeterAt(open_meters(url, on_state=on_state), meter_question(url))
    try:
        while True:
            try:
                reading = await meter.read()
            except MeterFault as fault:
                tell({"event": "no_reading", "why": str(fault)})
            else:
                tell({"event": "reading", "meter": reading.meter, "what": reading.quantity,
                      "value": f"{reading.value:f}", "unit": reading.unit,
                      "raw": reading.raw.hex()})  # fmt: skip
            await asyncio.sleep(READ_EVERY_S)
    finally:
        await meter.line.close()


# How a protocol is watched; a new one is one line here.
WATCHERS: Final[Mapping[str, Callable[[str, Secrets, Tell, OnState], Awaitable[None]]]] = {
    "cjt188": _meter,
    "dlt645": _meter,
    "modbus-relay": _strike,
    "pn532": _reader,
    "qr": _scanner,
}
