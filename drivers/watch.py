"""What happens at a device, told as it happens: plain maps, whatever the wire."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from drivers.catalogue import (
    PCSC,
    CatalogueError,
    LocalStatus,
    MeterAt,
    OnState,
    OsdpLines,
    OsdpReader,
    Secrets,
    check_port,
    is_mqtt_relay,
    meter_question,
    open_meters,
    open_pcsc,
    open_printer,
    open_reader,
    open_scanner,
    open_strike,
    parse,
)
from drivers.kinds import Strike, StrikeFault
from drivers.pcsc import PcscFault
from drivers.readings import MeterFault

Told = Mapping[str, str | int | bool]
Tell = Callable[[Told], None]

LOOK_EVERY_S: Final = 0.1  # a door contact is open for a second at least
READ_EVERY_S: Final = 60.0


async def watch(url: str, secrets: Secrets, tell: Tell) -> None:
    """Tell each event until cancelled; raises CatalogueError when the device cannot be opened."""

    def on_state(online: bool, why: str) -> None:
        tell({"event": "online" if online else "offline", "why": why})

    if is_mqtt_relay(url):  # it hangs on a broker, which may be away like the relay itself
        await _strike(url, secrets, tell, on_state)
        return
    if url.startswith(PCSC):
        await _check_pcsc(url)
        await _reader(url, secrets, tell, on_state)
        return
    await check_port(url)
    await WATCHERS[parse(url).protocol](url, secrets, tell, on_state)


async def _check_pcsc(url: str) -> None:
    try:
        await asyncio.to_thread(open_pcsc(url).look)
    except PcscFault as fault:
        raise CatalogueError(str(fault)) from fault


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
    try:
        await _inputs(strike, tell)
    finally:
        await strike.close()


async def _osdp(url: str, secrets: Secrets, tell: Tell, on_state: OnState) -> None:
    """Cards, case, supply and contacts; that a key was pressed, never which: it may be a PIN's."""
    lines = OsdpLines()
    reader = open_reader(url, secrets, on_state=on_state, lines=lines)
    assert isinstance(reader, OsdpReader)
    case: LocalStatus | None = None

    def on_case(status: LocalStatus) -> None:
        nonlocal case
        if status != case:
            case = status
            tell({"event": "case", "open": status.is_tampered, "power_bad": status.is_power_bad})

    async def cards() -> None:
        async for card in reader.cards():
            tell({"event": "card", "uid": card.uid.hex(), "iso_dep": card.iso_dep})

    async def keys() -> None:
        async for _ in reader.keys():
            tell({"event": "key"})

    reader.on_case = on_case
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(cards())
            group.create_task(keys())
            group.create_task(_inputs(reader, tell))
    finally:
        await lines.close()


async def _inputs(board: Strike, tell: Tell) -> None:
    """Contacts and buttons as they change."""
    known: tuple[bool, ...] = ()
    while True:
        try:
            now = await board.inputs()
        except StrikeFault:  # on_state says so, once
            known = ()
        else:
            changed = [n for n, on in enumerate(now) if known[n : n + 1] != (on,)]
            for n in changed:
                tell({"event": "input", "input": n, "active": now[n]})
            known = now
        await asyncio.sleep(LOOK_EVERY_S)


async def _printer(url: str, secrets: Secrets, tell: Tell, on_state: OnState) -> None:
    """Roll, cover and blade as they change; what an earlier program left unprinted is cleared."""
    printer = open_printer(url, secrets, on_state=on_state)

    def changed() -> None:
        trouble, low = printer.status.trouble, printer.status.paper_low
        state = "ready" if trouble is None else trouble.value
        tell({"event": "printer", "state": state, "paper_low": bool(low)})

    printer.on_status = changed
    try:
        await asyncio.Event().wait()
    finally:
        await printer.close()


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
    "escpos": _printer,
    "lcus": _strike,
    "modbus-relay": _strike,
    "osdp": _osdp,
    "pn532": _reader,
    "qr": _scanner,
    "rdm6300": _reader,
    "wiegand": _reader,
}
