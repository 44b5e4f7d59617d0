"""Our reader of electricity meters before a meter that nobody here wrote."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from drivers import dlt645
from drivers.link import Link
from drivers.meter_bus import MeterBus, scan_dlt645
from drivers.readings import MeterFault
from tests.drivers.test_modbus_foreign import cable

METER = "000102030425"
WIRE_ORDER = METER[10:] + METER[8:10] + METER[6:8] + METER[4:6] + METER[2:4] + METER[:2]

foreign = pytest.importorskip("dlt645", reason="the foreign meter (dlt645) is not installed")


@asynccontextmanager
async def meter_at(port: str) -> AsyncIterator[Any]:
    """The foreign server as the meter of one line; it reads in a thread of its own."""
    server = foreign.MeterServerService.new_rtu_server(port, 8, 1, 2400, "E", 0.05)
    server.set_address(WIRE_ORDER)
    server.set_00(0x00010000, 1206.42)
    assert await asyncio.to_thread(server.server.start)
    try:
        yield server
    finally:
        # its own stop() closes the port under its reading thread, and then waits for that in vain
        server.server._stop_event.set()
        await asyncio.to_thread(server.server._server_thread.join, 10)


@asynccontextmanager
async def read_line() -> AsyncIterator[tuple[MeterBus, Any]]:
    async with cable() as (ours, theirs), meter_at(theirs) as server:
        bus = MeterBus(lambda: Link.open(ours, baudrate=2_400, parity="E"))
        bus.start()
        try:
            yield bus, server
        finally:
            await bus.close()


async def test_foreign_meter_is_found_and_read() -> None:
    async with read_line() as (bus, server):
        assert await scan_dlt645(bus) == ([METER], True)
        reading = await bus.ask(dlt645.ask_register(METER))
        assert (reading.value, reading.unit) == (Decimal("1206.42"), "kWh")
        server.set_00(0x00010000, 1300.07)
        assert (await bus.ask(dlt645.ask_register(METER))).value == Decimal("1300.07")


async def test_foreign_meter_answers_for_others_and_that_is_no_reading() -> None:
    async with read_line() as (bus, _):
        with pytest.raises(MeterFault, match="000000000161"):
            await bus.ask(dlt645.ask_register("000000000161"), tries=1)
