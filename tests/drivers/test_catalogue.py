"""Device URLs: what is right opens, what is wrong is told in one line that names the part."""

import asyncio
import os
import pty
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from drivers.catalogue import (
    Address,
    CatalogueError,
    MeterLines,
    check_port,
    meter_question,
    open_reader,
    open_strike,
    parse,
)
from drivers.cjt188 import ask_total
from drivers.dlt645 import ask_register
from drivers.link import explain


def no_secrets(name: str) -> bytes:
    raise AssertionError(f"no driver here needs {name}")


@pytest.fixture
def port() -> Iterator[str]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def test_url_is_taken_apart() -> None:
    assert parse("pn532+serial:///dev/pts/5") == Address("pn532", "/dev/pts/5", 115_200, "N", {})
    assert parse("modbus-relay+serial:///dev/pts/6?unit=3&baud=19200&parity=E&echo=1") == Address(
        "modbus-relay", "/dev/pts/6", 19_200, "E", {"unit": 3, "echo": 1}
    )
    assert parse("pn532+socket://10.0.0.9:4001").port == "socket://10.0.0.9:4001"
    assert parse("pn532+hwgrep://1A86:7523").port == "hwgrep://1A86:7523"
    meter = parse("dlt645+serial:///dev/a?meter=000102030425")
    assert meter == Address("dlt645", "/dev/a", 2_400, "E", {"meter": 102_030_425})


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "protocol+transport"),
        ("/dev/ttyUSB0", "protocol+transport"),
        ("serial:///dev/ttyUSB0", "protocol+transport"),
        ("pn532+/dev/ttyUSB0", "protocol+transport"),
        ("pn53+serial:///dev/ttyUSB0", "unknown protocol 'pn53'"),
        ("pn532+serial://", "port is missing"),
        ("pn532+serial://?baud=9600", "port is missing"),
        ("pn532+socket://", "port is missing"),
        ("pn532+socket://door:hunter2@10.0.0.9:1", "no passwords"),
        ("pn532+serial:///dev/a?unit=1", "no setting 'unit'"),
        ("modbus-relay+serial:///dev/a?unit=0", "unit is a number from 1 to 247"),
        ("modbus-relay+serial:///dev/a?unit=248", "unit is a number from 1 to 247"),
        ("modbus-relay+serial:///dev/a?unit=one", "unit is a number"),
        ("modbus-relay+serial:///dev/a?unit=", "unit is a number"),
        ("modbus-relay+serial:///dev/a?baud=1", "baud is a number"),
        ("modbus-relay+serial:///dev/a?parity=X", "parity is N, E or O"),
        ("modbus-relay+serial:///dev/a?key=hunter2", "no setting 'key'"),
        ("dlt645+serial:///dev/a?meter=12x", "meter is a number"),
        ("cjt188+serial:///dev/a?type=99", "type is a number from 10 to 39"),
        ("dlt645+serial:///dev/a?type=10", "dlt645 has no setting 'type'"),
        ("pn53+socket://door:hunter2@10.0.0.9:1", "unknown protocol"),
    ],
)
def test_wrong_url_is_told_in_one_line(url: str, told: str) -> None:
    with pytest.raises(CatalogueError) as error:
        parse(url)
    line = str(error.value)
    assert told in line
    assert "\n" not in line
    assert "hunter2" not in line


def test_a_meters_url_is_the_question_for_its_total() -> None:
    power = meter_question("dlt645+serial:///dev/a?meter=102030425")
    assert power.requests == ask_register("000102030425").requests
    heat = meter_question("cjt188+serial:///dev/a?meter=123456&type=20")
    assert heat.requests == ask_total("00000000123456", 0x20).requests
    for url, told in (
        ("dlt645+serial:///dev/a", "write meter=DIGITS"),
        ("dlt645+serial:///dev/a?meter=1234567890123", "a meter has 12 digits"),
        ("qr+serial:///dev/a", "qr is not a meter"),
    ):
        with pytest.raises(CatalogueError, match=told):
            meter_question(url)


async def test_meters_of_one_line_share_it(port: str) -> None:
    lines = MeterLines(on_state=lambda _: lambda _on, _why: None)
    power = lines.meter(f"dlt645+serial://{port}?meter=1")
    water = lines.meter(f"cjt188+serial://{port}?meter=1")
    other = lines.meter(f"cjt188+serial://{port}?meter=1&baud=9600")
    assert power.line is water.line is not other.line
    await lines.close()


def test_a_strike_is_no_reader_and_a_reader_no_strike() -> None:
    with pytest.raises(CatalogueError, match="modbus-relay is not a card reader; known: pn532"):
        open_reader("modbus-relay+serial:///dev/a", no_secrets)
    with pytest.raises(CatalogueError, match="pn532 is not a strike; known: modbus-relay"):
        open_strike("pn532+serial:///dev/a", no_secrets)


async def test_port_that_is_there_is_fine(port: str) -> None:
    await check_port(f"pn532+serial://{port}")


async def test_missing_port_says_what_to_check(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"no such port; check that the device"):
        await check_port(f"pn532+serial://{tmp_path}/absent")


async def test_busy_port_says_what_to_check(port: str) -> None:
    with serial.Serial(port, exclusive=True), pytest.raises(CatalogueError, match=r"busy; check"):
        await check_port(f"modbus-relay+serial://{port}")


async def test_file_that_is_no_port_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CatalogueError, match="is no serial port"):
        await check_port(f"pn532+serial://{tmp_path}/file")


async def test_unknown_transport_is_told() -> None:
    with pytest.raises(CatalogueError, match="unknown transport"):
        await check_port("pn532+pigeon://roof")


async def test_socket_nobody_listens_on_is_told() -> None:
    with pytest.raises(CatalogueError, match=r"socket://127\.0\.0\.1:1: "):
        await check_port("pn532+socket://127.0.0.1:1")


def test_missing_rights_are_told() -> None:
    """Root may open everything, so the words are asked for, not the system."""
    told = explain("/dev/ttyUSB0", PermissionError(13, "Permission denied"))
    assert told == (
        "/dev/ttyUSB0: permission denied; check the rights of the user (often group dialout)"
    )


async def test_reader_and_strike_that_are_absent_say_why_and_close(tmp_path: Path) -> None:
    told: list[tuple[bool, str]] = []
    seen = asyncio.Event()

    def on_state(online: bool, why: str) -> None:
        told.append((online, why))
        seen.set()

    strike = open_strike(f"modbus-relay+serial://{tmp_path}/a", no_secrets, on_state=on_state)
    await seen.wait()
    await strike.close()
    why = "no such port; check that the device is plugged in and its name is right"
    assert told == [(False, f"{tmp_path}/a: {why}")]
    reader = open_reader(f"pn532+serial://{tmp_path}/b", no_secrets, on_state=on_state)
    seen.clear()

    async def serve() -> None:
        async for _ in reader.cards():
            raise AssertionError("there is no card")

    serving = asyncio.create_task(serve())
    await seen.wait()
    await reader.close()
    await serving
    assert [online for online, _ in told] == [False, False]
    assert "/b: no such port" in told[1][1]
