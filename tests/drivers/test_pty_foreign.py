"""`linli simulate pty PROTOCOL` as a program, and before it software that nobody here wrote."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pymodbus import FramerType
from pymodbus.client import AsyncModbusSerialClient

from drivers.card_bits import with_parity
from simulators.ends.verbs import ENDS
from tests.drivers.osdp_peer import KEY, foreign_panel
from tests.drivers.test_ends import simulated, type_in, until_printed
from tests.drivers.test_pn532_foreign import ForeignHost
from tests.drivers.waiting import until

ALWAYS_S = 30.0  # however busy the machine is
WHOLE_S = 2.0  # python-escpos waits it out at each answer
UID = "04958caa5c5e80"
CARD = bytes.fromhex("00d41b81")

# Who works which far end here; of the others there is no software of others that speaks them.
FOREIGN = {
    "dlt645": "dlt645",
    "escpos": "python-escpos",
    "modbus-relay": "pymodbus",
    "osdp": "libosdp",
    "pn532": "pn532pi",
}
NOBODYS = {"cjt188", "lcus", "qr", "rdm6300", "wiegand"}
TWICE = {"meters", "relay"}  # other names and mixtures of the same ends


def test_every_far_end_has_a_foreign_peer_or_none_is_known() -> None:
    assert {*FOREIGN} | NOBODYS | TWICE == set(ENDS)


async def test_a_board_before_pymodbus() -> None:
    async with simulated("modbus-relay") as (process, path):
        client = AsyncModbusSerialClient(
            path, framer=FramerType.RTU, baudrate=9600, timeout=ALWAYS_S
        )
        try:
            assert await client.connect()
            assert not (await client.write_coil(3, True, device_id=1)).isError()
            assert "coil 3 on" in await until_printed(process, "coil")
            type_in(process, "input 2 on")
            closed: Sequence[bool] = [False] * 8
            while not closed[2]:
                closed = (await client.read_discrete_inputs(0, count=8, device_id=1)).bits
            assert (await client.write_coil(8, True, device_id=1)).exception_code == 2
        finally:
            client.close()


async def test_a_meter_before_the_reader_of_dlt645() -> None:
    foreign = pytest.importorskip("dlt645", reason="the foreign reader (dlt645) is not installed")
    async with simulated("dlt645") as (process, path):
        reader = foreign.MeterClientService.new_rtu_client(path, 2400, 8, 1, "N", ALWAYS_S)

        def ask(what: str, *words: Any) -> Any:
            return getattr(reader, what)(*words)

        try:
            found = await asyncio.to_thread(ask, "read_address")
            assert str(found.value) in ("000102030425", "250403020100")
            reader.set_address("250403020100")  # it takes them as they travel
            total = await asyncio.to_thread(ask, "read_00", 0x00010000)
            assert Decimal(str(total.value)) == Decimal("1206.42")
            type_in(process, "consume 1.5")
            while Decimal(str(total.value)) != Decimal("1207.92"):
                total = await asyncio.to_thread(ask, "read_00", 0x00010000)
        finally:
            await asyncio.to_thread(reader.client.disconnect)


async def test_a_printer_before_python_escpos() -> None:
    foreign = pytest.importorskip("escpos.printer", reason="python-escpos is not installed")
    async with simulated("escpos") as (process, path):

        def story() -> tuple[bool, int]:
            printer = foreign.Serial(devfile=path, baudrate=9600, timeout=WHOLE_S, dsrdtr=False)
            try:
                printer.text("Willow 106.80\n")
                printer.cut()
                return printer.is_online(), printer.paper_status()
            finally:
                printer.close()

        assert await asyncio.to_thread(story) == (True, 2)
        type_in(process, "text")
        assert "Willow 106.80" in await until_printed(process, "Willow")


@pytest.mark.skipif(find_spec("osdp") is None, reason="libosdp is not installed")
async def test_a_reader_before_libosdps_panel(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(KEY.hex(), encoding="ascii")
    async with (
        simulated("osdp", "--key", str(key)) as (process, path),
        foreign_panel(path, KEY) as panel,
    ):
        assert panel.heard.pop(0) == {"secure": True}
        type_in(process, f"tap {CARD.hex()}")
        await until(lambda: any(one["event"] == "CardRead" for one in panel.heard))
        (card,) = [one for one in panel.heard if one["event"] == "CardRead"]
        assert (card["length"], card["data"]) == (34, with_parity(34, CARD).hex())
        panel.say("Output", output_no=1, control_code=5, timer_count=3)
        assert "output 1 on" in await until_printed(process, "output 1 on")
        assert "output 1 off" in await until_printed(process, "output 1 off")


async def test_a_chip_before_pn532pi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pn532pi.interfaces.pn532hsu.PN532_ACK_WAIT_TIME", ALWAYS_S * 1e3)
    async with simulated("pn532") as (process, path):
        foreign = ForeignHost(path)
        try:
            await foreign.do(lambda chip: chip.begin())
            assert await foreign.do(lambda chip: chip.SAMConfig())
            assert await foreign.do(lambda chip: chip.getFirmwareVersion()) == 0x32010607
            type_in(process, f"tap {UID}")
            there, uid = await foreign.do(lambda chip: chip.readPassiveTargetID(0, ALWAYS_S * 1e3))
            assert (there, bytes(uid).hex()) == (True, UID)
        finally:
            foreign.close()
