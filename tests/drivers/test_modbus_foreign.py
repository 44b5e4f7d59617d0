"""Our relay master before a board we did not write, and our board before such a master."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from pymodbus import FramerType
from pymodbus.client import AsyncModbusSerialClient
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from drivers import modbus_relay
from drivers.kinds import StrikeFault
from drivers.link import Link
from drivers.modbus_relay import ModbusRelay
from simulators.ends import RelayBoardEnd
from tests.drivers.waiting import until

UNIT = 1


@asynccontextmanager
async def cable() -> AsyncIterator[tuple[str, str]]:
    """Two pseudo-terminals joined back to back: both ends are opened like serial ports."""
    loop = asyncio.get_running_loop()
    masters, slaves = zip(*(os.openpty() for _ in range(2)), strict=True)

    def carry(source: int, sink: int) -> Callable[[], None]:
        return lambda: void(os.write(sink, os.read(source, 4096)))

    for slave in slaves:
        tty.setraw(slave)
    loop.add_reader(masters[0], carry(masters[0], masters[1]))
    loop.add_reader(masters[1], carry(masters[1], masters[0]))
    try:
        yield os.ttyname(slaves[0]), os.ttyname(slaves[1])
    finally:
        for fd in (*masters, *slaves):
            loop.remove_reader(fd)
            os.close(fd)


def void(_: object) -> None:
    """Nothing, where a value would mislead."""


@asynccontextmanager
async def foreign_board(coils: int = 8) -> AsyncIterator[tuple[str, list[list[bool]]]]:
    """pymodbus's server as a board; gives our port and the coils it was told to set."""
    told: list[list[bool]] = []

    async def note(
        function: int,
        _start: int,
        _address: int,
        _count: int,
        _now: list[int],
        values: list[int] | list[bool] | None,
    ) -> None:
        if function in (modbus_relay.WRITE_COIL, modbus_relay.WRITE_COILS) and values:
            told.append([bool(value) for value in values])

    device = SimDevice(
        UNIT,
        (
            [SimData(0, count=coils, values=True, datatype=DataType.BITS)],
            [SimData(0, values=[True, False, True, False], datatype=DataType.BITS)],
            [SimData(0)],
            [SimData(0)],
        ),
        action=note,
    )
    async with cable() as (ours, theirs):
        server = ModbusSerialServer(
            device,
            framer=FramerType.RTU,
            port=theirs,
            baudrate=9600,
        )
        serving = asyncio.create_task(server.serve_forever())
        await asyncio.sleep(0)
        try:
            yield ours, told
        finally:
            await server.shutdown()  # type: ignore[no-untyped-call]
            await asyncio.wait([serving])


@asynccontextmanager
async def relay_at(
    port: str, *, unit: int = UNIT, inputs: int = 8
) -> AsyncIterator[tuple[ModbusRelay, list[str]]]:
    told: list[str] = []
    relay = ModbusRelay(
        lambda: Link.open(port, baudrate=9600),
        unit=unit,
        inputs=inputs,
        on_state=lambda _, why: told.append(why),
    )
    relay.start()
    try:
        await until(lambda: bool(told))
        yield relay, told
    finally:
        await relay.close()


async def test_foreign_board_is_opened_with_its_outputs_off() -> None:
    async with foreign_board() as (port, coils), relay_at(port, inputs=4) as (relay, told):
        assert "outputs off" in told[-1]
        assert coils == [[False] * 8]
        assert await relay.coils() == (False,) * 8
        assert await relay.inputs() == (True, False, True, False)


async def test_exception_of_a_foreign_board_is_told() -> None:
    async with foreign_board() as (port, _), relay_at(port, inputs=40) as (relay, _):
        with pytest.raises(StrikeFault, match="has no such output or input"):
            await relay.inputs()


async def test_board_that_fails_keeps_the_driver_offline_and_is_told() -> None:
    """pymodbus 3.16 answers an unknown unit with exception 4, where boards stay silent."""
    async with foreign_board() as (port, coils), relay_at(port, unit=7) as (relay, told):
        assert "the board has failed" in told[-1]
        with pytest.raises(StrikeFault, match="has failed"):
            await relay.pulse(0, 100)
        assert coils == []


async def test_board_that_cannot_time_a_pulse_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A plain Modbus server has no flash command: no lock may hang on it."""
    monkeypatch.setattr(modbus_relay, "REPLY_S", 0.05)
    has_flash_address = modbus_relay.FLASH_ON + 8
    async with foreign_board(has_flash_address) as (port, _), relay_at(port) as (relay, told):
        with pytest.raises(StrikeFault, match="silent"):
            await relay.pulse(0, 300)
        await until(lambda: "silent" in told[-1])
    async with foreign_board() as (port, _), relay_at(port) as (relay, _):
        with pytest.raises(StrikeFault, match="has no such output"):
            await relay.pulse(0, 300)


async def test_our_board_serves_a_foreign_master() -> None:
    board = RelayBoardEnd()
    board.set_input(2, True)
    client = AsyncModbusSerialClient(board.path, framer=FramerType.RTU, baudrate=9600, timeout=1)
    try:
        assert await client.connect()
        assert not (await client.write_coil(3, True, device_id=UNIT)).isError()
        assert board.coils == [False, False, False, True] + [False] * 4
        assert (await client.read_coils(0, count=8, device_id=UNIT)).bits == board.coils
        assert (await client.read_discrete_inputs(0, count=8, device_id=UNIT)).bits == board.inputs
        assert not (await client.write_coils(0, [True] * 3 + [False] * 5, device_id=UNIT)).isError()
        assert board.coils == [True] * 3 + [False] * 5
        assert (await client.write_coil(8, True, device_id=UNIT)).exception_code == 2
        assert (await client.read_holding_registers(0, device_id=UNIT)).exception_code == 1
    finally:
        client.close()
        board.close()
