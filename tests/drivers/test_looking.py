"""Looking at wires: listed without a byte, asked only on request, watched as it happens."""

import argparse
import asyncio
import json
import os
import random
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
import serial
from serial.tools import list_ports

from devices.wires import register_wires
from drivers.catalogue import CatalogueError
from drivers.identify import identify
from drivers.link import Link
from drivers.pcsc import system_readers
from drivers.serial_ports import SerialPort, serial_ports
from drivers.watch import watch
from simulators.ends import (
    Cjt188Meter,
    Dlt645Meter,
    MeterLineEnd,
    Noise,
    Ntag424Card,
    Pn532End,
    QrScannerEnd,
    RelayBoardEnd,
)
from simulators.ends.verbs import ENDS, Wish, _obey
from simulators.ends.wires import WireLog
from tests.drivers.fields import UID
from tests.drivers.kinds import METER_188, METER_645, PROTOCOLS, end_of, secrets
from tests.drivers.test_pcsc import NAME, Table
from tests.drivers.waiting import until

# --- list -------------------------------------------------------------------------------------


def test_ports_are_told_by_the_name_that_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ttyUSB0").touch()
    (tmp_path / "ttyS0").touch()
    by_id = tmp_path / "by-id"
    by_id.mkdir()
    (by_id / "usb-1a86_USB2.0-Serial").symlink_to(tmp_path / "ttyUSB0")
    found = [
        SimpleNamespace(device=str(tmp_path / "ttyUSB0"), vid=0x1A86, pid=0x7523,
                        product="USB2.0-Serial", description="USB2.0-Serial"),
        SimpleNamespace(device=str(tmp_path / "ttyS0"), vid=None, pid=None, product=None,
                        description="n/a"),
    ]  # fmt: skip
    monkeypatch.setattr(list_ports, "comports", lambda: found)
    monkeypatch.setattr(serial, "Serial", None)  # nobody opens a port to list it
    usb = by_id / "usb-1a86_USB2.0-Serial"
    assert serial_ports(by_id) == [
        SerialPort(str(usb), str(tmp_path / "ttyUSB0"), "USB2.0-Serial", "1A86:7523"),
        SerialPort(str(tmp_path / "ttyS0"), str(tmp_path / "ttyS0"), "", ""),
    ]
    assert serial_ports(by_id)[0].url == f"serial://{usb}"
    assert serial_ports(tmp_path / "absent")[1].path == str(tmp_path / "ttyUSB0")


def test_ports_and_desk_readers_are_listed_as_urls(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    register_wires(parser.add_subparsers())

    def listed(*words: str) -> tuple[int, list[str]]:
        asked = parser.parse_args(["list", *words])
        return asked.func(asked), capsys.readouterr().out.splitlines()

    ports: list[SerialPort] = []
    readers: list[str] = []
    monkeypatch.setattr("drivers.serial_ports.serial_ports", lambda: ports)
    monkeypatch.setattr("drivers.pcsc.system_readers", lambda: readers)
    code, told = listed()
    assert (code, told) == (1, ["no serial port; plug one in, or look whether the system knows it"])
    assert listed("--json") == (1, [])
    ports.append(SerialPort("/dev/ttyS0", "/dev/ttyS0", "", ""))
    readers.append(NAME)
    url = "pcsc://ACS%20ACR122U%20PICC%20Interface%2000%2000"
    assert listed() == (0, ["serial:///dev/ttyS0", f"{url}  {NAME}"])
    code, told = listed("--json")
    assert [json.loads(line)["url"] for line in told] == ["serial:///dev/ttyS0", url]


def test_a_machine_without_a_service_for_desk_readers_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "smartcard", None)
    assert system_readers() == []


async def test_a_desk_reader_that_was_listed_is_watched_by_that_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = Table()
    monkeypatch.setattr("drivers.catalogue.SystemPcsc", lambda: table)
    async with watched(f"pcsc://{quote(NAME)}") as told:
        table.put(Ntag424Card(UID))
        await until(lambda: len(told) == 2)
        assert told[1] == {"event": "card", "uid": UID.hex(), "iso_dep": True}
        table.put(None)
        table.names = []  # pulled out
        await until(lambda: told[-1]["event"] == "offline")
        table.names = [NAME]
        await until(lambda: told[-1]["event"] == "online")


# --- identify ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protocol", "told"),
    [
        ("cjt188", "meter 00000000123456: water"),
        ("dlt645", "meter 000102030425: energy 1206.42 kWh"),
        ("escpos", ": ready"),
        ("lcus", "never answers"),
        ("modbus-relay", "unit 1 answers, outputs on: 0, 2"),
        ("osdp", "at address 1"),
        ("pn532", "PN532 1."),
        ("qr", "is there and free"),
        ("rdm6300", "is there and free"),
        ("wiegand", "is there and free"),
    ],
)
async def test_what_hangs_on_a_line_is_told_on_request(protocol: str, told: str) -> None:
    async with end_of(protocol) as (end, url):
        if protocol == "modbus-relay":
            end.coils[0] = end.coils[2] = True
        line, *_ = await identify(url, secrets)
        assert told in line
        if protocol == "modbus-relay":
            assert end.coils[2]  # a question moves nothing
        if protocol in ("lcus", "qr", "rdm6300", "wiegand"):
            assert not end.wire_log.ring


async def test_a_line_of_meters_is_looked_through() -> None:
    for protocol, meter in (("cjt188", METER_188), ("dlt645", METER_645)):
        async with end_of(protocol) as (end, url):
            bare = url.partition("?")[0]
            assert await identify(bare, secrets) == [meter]
            end.meters[0].is_off = True
            with pytest.raises(CatalogueError, match=r"no meter answers; check power, .*2400 8E1"):
                await identify(bare, secrets)


async def test_a_printer_says_what_is_in_its_way_and_keeps_what_waits() -> None:
    async with end_of("escpos") as (end, url):
        end.paper_low()
        (line,) = await identify(url, secrets)
        assert line.endswith(": ready, the paper is nearly used up")
        end.open_cover()
        link = await Link.open(end.path)
        link.write(b"waits\n")
        await until(lambda: bool(end._queue))
        link.close()
        (line,) = await identify(url, secrets)
        assert line.endswith(": cover open, the paper is nearly used up")
        assert end._queue


async def test_a_reader_with_a_channel_says_what_it_can() -> None:
    async with end_of("osdp") as (end, url):
        told = await identify(url, secrets)
        assert "firmware" in told[1]
        assert f"{len(end.readers[0].outputs)} outputs" in told[1]


@pytest.mark.parametrize("protocol", ["dlt645", "escpos", "modbus-relay", "osdp", "pn532"])
async def test_noise_as_of_a_wrong_baud_rate_is_one_line(protocol: str) -> None:
    async with end_of(protocol) as (end, url):
        end.line.noise = Noise(random.Random(3), flip=1.0, drop=1.0)
        with pytest.raises(CatalogueError, match="baud"):
            await identify(url, secrets)


async def test_an_unfitting_board_says_so() -> None:
    board = RelayBoardEnd(coils=4)
    (line,) = await identify(f"modbus-relay+serial://{board.path}", secrets)
    assert "it may have fewer outputs" in line
    board.close()


async def test_water_meters_that_answer_at_once_are_told() -> None:
    end = MeterLineEnd([Cjt188Meter(), Cjt188Meter("00000000654321")])
    (line,) = await identify(f"cjt188+serial://{end.path}", secrets)
    assert "write meter=" in line
    end.close()


# --- watch ------------------------------------------------------------------------------------


@asynccontextmanager
async def watched(url: str) -> AsyncIterator[list[dict[str, Any]]]:
    told: list[dict[str, Any]] = []
    watching = asyncio.ensure_future(watch(url, secrets, lambda one: told.append(dict(one))))
    try:
        await until(lambda: bool(told) or watching.done())
        yield told
    finally:
        watching.cancel()
        await asyncio.wait([watching])


async def test_cards_codes_and_contacts_are_told_as_they_happen() -> None:
    reader = Pn532End()
    async with watched(f"pn532+serial://{reader.path}") as told:
        reader.tap(Ntag424Card(UID))
        await until(lambda: len(told) == 2)
    assert told[0]["event"] == "online"
    assert told[1] == {"event": "card", "uid": UID.hex(), "iso_dep": True}
    reader.close()

    scanner = QrScannerEnd()
    async with watched(f"qr+serial://{scanner.path}") as told:
        scanner.show("A1")
        await until(lambda: len(told) == 2)
    assert told[1] == {"event": "code", "text": "A1"}
    scanner.close()

    board = RelayBoardEnd(inputs=2)
    async with watched(f"modbus-relay+serial://{board.path}?inputs=2") as told:
        await until(lambda: len(told) == 3)
        board.set_input(1, on=True)
        await until(lambda: len(told) == 4)
    assert told[1:] == [
        {"event": "input", "input": 0, "active": False},
        {"event": "input", "input": 1, "active": False},
        {"event": "input", "input": 1, "active": True},
    ]
    board.close()


async def test_a_meter_is_watched_by_reading_it() -> None:
    end = MeterLineEnd([Dlt645Meter(total=Decimal("7.5"))])
    async with watched(f"dlt645+serial://{end.path}?meter=102030425") as told:
        await until(lambda: len(told) == 2)
    assert told[1].pop("raw").startswith("682504030201")
    assert told[1] == {"event": "reading", "meter": "000102030425", "what": "energy",
                       "value": "7.50", "unit": "kWh"}  # fmt: skip
    end.meters[0].is_off = True
    async with watched(f"dlt645+serial://{end.path}?meter=102030425") as told:
        await until(lambda: len(told) == 2)
    assert told[1]["event"] == "no_reading"
    end.close()


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_unplugging_and_coming_back_are_told(protocol: str) -> None:
    async with end_of(protocol) as (end, url), watched(url) as told:
        await until(lambda: any(one["event"] == "online" for one in told))
        end.unplug()
        await until(lambda: any(one["event"] == "offline" for one in told))
        end.plug()
        await until(lambda: [one["event"] for one in told].count("online") == 2)


async def test_a_fob_a_row_of_bits_and_a_printers_hands_are_told() -> None:
    for protocol, number, uid in (
        ("rdm6300", "01001293d8", "001293d8"),
        ("wiegand", "d41b81", "00d41b81"),
    ):
        async with end_of(protocol) as (end, url), watched(url) as told:
            end.tap(bytes.fromhex(number))
            await until(lambda: len(told) == 2)
            assert told[1] == {"event": "card", "uid": uid, "iso_dep": False}
    async with end_of("escpos") as (end, url), watched(url) as told:
        printer: list[Any] = []

        def states() -> list[Any]:
            printer[:] = [one["state"] for one in told if one["event"] == "printer"]
            return printer

        await until(lambda: states()[-1:] == ["ready"])
        end.paper_out()
        await until(lambda: states()[-1:] == ["out of paper"])
        end.new_roll()
        await until(lambda: states()[-1:] == ["ready"])


async def test_a_board_that_never_answers_is_watched_with_its_outputs_off() -> None:
    async with end_of("lcus") as (end, url):
        end.coils[0] = True
        async with watched(url):
            await until(lambda: not any(end.coils))


async def test_watching_prints_json_lines_until_it_is_told_to_stop() -> None:
    scanner = QrScannerEnd()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "devices.cli", "device", "watch", f"qr+serial://{scanner.path}",
        stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    online = json.loads(await process.stdout.readline())
    scanner.show("A1")
    code = json.loads(await process.stdout.readline())
    process.terminate()
    _, said = await process.communicate()
    scanner.close()
    assert (online["event"], code["event"], code["text"]) == ("online", "code", "A1")
    assert code["at"].endswith("Z")
    assert process.returncode == 0, said


async def test_a_wrong_port_ends_the_verbs_with_one_line(tmp_path: Path) -> None:
    for verb in ("watch", "identify"):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "devices.cli", "device", verb, f"qr+serial://{tmp_path}/absent",
            stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        out, said = await process.communicate()
        assert (process.returncode, out) == (2, b"")
        assert said.decode().count("\n") == 1
        assert "no such port; check" in said.decode()


# --- every far end by its words ---------------------------------------------------------------


@pytest.mark.parametrize("protocol", sorted(ENDS))
async def test_every_end_is_worked_by_words(protocol: str, tmp_path: Path) -> None:
    hosted = ENDS[protocol](Wish(tmp_path / "line", 0.0, WireLog(protocol), None))
    try:
        assert hosted.end.path == str(tmp_path / "line")
        assert os.path.exists(hosted.end.path)  # noqa: PTH110 - the name itself is spoken of
        _obey(hosted, ["unplug"])
        assert not os.path.lexists(hosted.end.path)
        _obey(hosted, ["plug"])
        assert os.path.lexists(hosted.end.path)
        _obey(hosted, ["noise", "0.5"])
        assert hosted.end.line.noise is not None
        _obey(hosted, [])
        with pytest.raises(ValueError, match="no such word: jump"):
            _obey(hosted, ["jump"])
    finally:
        hosted.end.close()


async def test_meters_are_worked_by_words() -> None:
    hosted = ENDS["meters"](Wish(None, 0.0, WireLog("meters"), None))
    assert isinstance(hosted.end, MeterLineEnd)
    power, water = hosted.end.meters
    _obey(hosted, ["consume", "1.5", "0425"])
    _obey(hosted, ["consume", "0.7", "3456"])
    assert (power.total, water.total) == (Decimal("1207.92"), Decimal("47.00"))
    _obey(hosted, ["off", "3456"])
    _obey(hosted, ["sums", "wrong"])
    assert (water.is_off, power.wrong_sums, water.wrong_sums) == (True, True, False)
    _obey(hosted, ["on", "3456"])
    assert not water.is_off
    with pytest.raises(ValueError, match="no meter ends in 9"):
        _obey(hosted, ["off", "9"])
    hosted.end.close()
