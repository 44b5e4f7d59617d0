"""A door with an OSDP reader on a pseudo-terminal: card, PIN, lock and light on one wire."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from devices.device import Device
from devices.door import DoorController, DoorHardware
from devices.lights import ReaderLight, SaidLight
from devices.messages import Outcome
from devices.mistake import Mistake
from devices.ports import Show
from devices.setup import Wires
from devices.wiring import Harness
from drivers.catalogue import CatalogueError, Color, OsdpLines, open_reader
from drivers.link import Link
from drivers.osdp_bus import OsdpReader
from drivers.osdp_words import LocalStatus
from simulators.ends import OsdpEnd, OsdpPd
from tests.drivers.waiting import until
from tests.unit.door_bench import Bench, Hub
from tests.unit.test_door_rules import PINS
from tests.unit.test_porch_wiring import adopt, told

KEY = bytes(range(100, 116))
UID = bytes.fromhex("04aabbccddeeff")


class OsdpBench(Bench):
    """The bench's first door with reader, keypad, lock and light of one OSDP reader."""

    def __init__(self, folder: Path, reader: OsdpReader) -> None:
        self.reader = reader
        super().__init__(folder)

    def boot(self, *, chip: Callable[[], float] | None = None) -> tuple[Device, DoorController]:
        device, _ = super().boot(chip=chip)
        light = ReaderLight(self.reader)
        hardware = DoorHardware(1, self.reader, 0, self.reader, keypad=self.reader, light=light)
        return device, DoorController(device, {1: hardware})


@asynccontextmanager
async def door(folder: Path, **policy: Any) -> AsyncIterator[tuple[OsdpBench, OsdpPd]]:
    pd = OsdpPd(1, KEY)
    end = OsdpEnd([pd])
    lines = OsdpLines()
    reader = lines.reader(
        end.path, 115_200, 1, KEY, lambda: Link.open(end.path, baudrate=115_200), poll_ms=10
    )
    bench = OsdpBench(folder, reader)
    await bench.ready()
    bench.put_policy(pins=PINS, hold_ms=300, **policy)
    run = asyncio.create_task(bench.door.run())
    try:
        await until(lambda: reader.here is not None)
        yield bench, pd
    finally:
        run.cancel()
        await asyncio.wait([run])
        await lines.close()
        end.close()
        await bench.close()


async def settled(bench: Bench, count: int) -> Any:
    await until(lambda: len(bench.events()) >= count)
    return bench.events()[-1]


async def test_a_card_then_its_pin(tmp_path: Path) -> None:
    async with door(tmp_path, pin=True, asks=1) as (bench, pd):
        pd.tap_row(56, UID, form=0)
        await until(lambda: pd.shown.light == Color.AMBER)
        assert bench.events() == []
        pd.type("2580#")
        await until(lambda: pd.outputs[0])
        event = await settled(bench, 1)
        assert (event.outcome, event.via, event.person) == (Outcome.GRANTED, "card", "p1")
        await until(lambda: pd.shown.light == Color.GREEN)
        await until(lambda: not pd.outputs[0])  # by the reader's own timer
        changes = len(pd.output_log)
        pd.tap_row(56, UID, form=0)
        await until(lambda: pd.shown.light == Color.AMBER)
        pd.type("9999#")
        event = await settled(bench, 2)
        assert event.reason == "pin_wrong"
        await until(lambda: pd.shown.light == Color.RED)
        assert len(pd.output_log) == changes


async def test_a_flat_then_a_pin_and_duress_looks_and_sounds_the_same(tmp_path: Path) -> None:
    async with door(tmp_path, typed=True) as (bench, pd):
        pd.type("2580#")  # a PIN alone is a number and nothing more
        pd.type("*302#2580#")
        await settled(bench, 1)
        await until(lambda: pd.shown.beeps == 1)
        ordinary = pd.shown.light, pd.shown.beeps
        await until(lambda: not pd.outputs[0])
        pd.type("302#1470#")
        await settled(bench, 3)
        await until(lambda: pd.shown.beeps == 2)
        assert ordinary == (Color.GREEN, 1)
        assert pd.shown.light == Color.GREEN
        assert [event.kind for event in bench.events()] == ["access", "duress", "access"]
        assert [output for output, on, _ in pd.output_log if on] == [0, 0]


async def test_a_card_that_no_reader_here_can_challenge_is_an_identifier(tmp_path: Path) -> None:
    """The door holds this card's key; at a PN532 a bare number would be a forgery."""
    async with door(tmp_path, asks=1) as (bench, pd):
        pd.tap_row(56, UID, form=0)
        assert (await settled(bench, 1)).outcome is Outcome.GRANTED
    folder = tmp_path / "strict"
    folder.mkdir()
    async with door(folder, asks=3) as (bench, pd):
        pd.tap_row(56, UID, form=0)
        assert (await settled(bench, 1)).reason == "assurance_low"
        await until(lambda: pd.shown.light == Color.RED)
        assert not any(pd.outputs)


async def test_the_readers_case_alarms_once_beside_the_doors_own(tmp_path: Path) -> None:
    async with door(tmp_path) as (bench, _pd):
        for is_open in (True, True, False, True):
            bench.door.on_reader_case(1, is_open)
        bench.door.leaves.on_tamper(1, active=True)
        assert [event.kind for event in bench.events()] == ["tamper"] * 3


async def test_silence_of_reader_and_keypad_is_told_once_and_over_when_both_are_back(
    tmp_path: Path,
) -> None:
    async with door(tmp_path) as (bench, _pd):
        leaves = bench.door.leaves
        for part in ("reader", "keypad"):
            leaves._now_silent(1, part)
        leaves.on_reader(1, online=True, part="keypad")
        assert [event.kind for event in bench.events()] == ["reader_silent"]
        leaves.on_reader(1, online=True)
        assert [event.kind for event in bench.events()] == ["reader_silent", "reader_back"]


async def test_a_broken_light_stops_no_door(tmp_path: Path) -> None:
    class Broken:
        def show(self, what: object, lasting_ms: int) -> None:
            raise OSError(what, lasting_ms)

    async with door(tmp_path, asks=1) as (bench, pd):
        bench.door.threshold._lights[1] = Broken()
        pd.tap_row(56, UID, form=0)
        assert (await settled(bench, 1)).outcome is Outcome.GRANTED
        assert bench.device.counters["light"] == 1


# --------------------------------------------------------------------------- device.toml

URL = "osdp+serial://{path}?baud=115200&address=1&key=secret:gate-1"


def harness(folder: Path) -> Harness:
    return Harness(folder, Wires({}, folder / "device.toml"))


def keep(folder: Path, text: str) -> None:
    (folder / "secrets").mkdir(exist_ok=True)
    (folder / "secrets" / "gate-1").write_text(text)


async def test_one_url_is_one_device_in_all_its_parts(tmp_path: Path) -> None:
    keep(tmp_path, KEY.hex() + "\n")
    end = OsdpEnd([OsdpPd(1, KEY)])
    url, made = URL.format(path=end.path), harness(tmp_path)
    try:
        made.hang({"number": 1, "reader": url, "keypad": url, "strike": url})
        hardware = made.hardware[1]
        assert isinstance(hardware.reader, OsdpReader)
        parts: list[object] = [hardware.reader, hardware.keypad, hardware.strike]
        assert all(part is parts[0] for part in parts)
        assert isinstance(hardware.light, ReaderLight)
        with pytest.raises(Mistake, match="another door has this reader"):
            made.hang({"number": 2, "reader": url, "strike": url})
    finally:
        await made.close()
        end.close()


async def test_a_keypad_beside_another_kind_of_reader_shows_and_tells_of_itself(
    tmp_path: Path,
) -> None:
    keep(tmp_path, KEY.hex())
    end = OsdpEnd([OsdpPd(1, KEY)])
    url, made = URL.format(path=end.path), harness(tmp_path)
    heard: list[tuple[object, ...]] = []

    class Controller:
        def on_reader(self, number: int, online: bool, part: str) -> None:
            heard.append((number, online, part))

        def on_reader_case(self, number: int, is_open: bool, part: str) -> None:
            heard.append((number, is_open, part))

    try:
        pn532 = f"pn532+serial://{tmp_path}/absent"
        made.hang({"number": 1, "reader": pn532, "keypad": url, "strike": url})
        made.controller = Controller()  # type: ignore[assignment]
        keypad = made.hardware[1].keypad
        assert isinstance(made.hardware[1].light, ReaderLight)
        assert isinstance(keypad, OsdpReader)
        assert keypad.on_case is not None
        keypad.on_case(LocalStatus(is_tampered=True, is_power_bad=False))
        await until(lambda: (1, True, "keypad") in heard[1:])  # it answers, too
        assert heard[0] == (1, True, "keypad")
    finally:
        await made.close()
        end.close()


@pytest.mark.parametrize(
    ("query", "secret", "why"),
    [
        ("address=1&key=secret:gate-1", "hunter2", "no key of 32 hex digits"),
        ("address=1&key=secret:gate-1", bytes(range(0x30, 0x40)).hex(), "everybody knows"),
        ("address=1&key=secret:other", KEY.hex(), "the secret is missing: write it to"),
        ("address=1", KEY.hex(), "key=secret:NAME; pair the reader first"),
        ("key=secret:gate-1", KEY.hex(), r"write \?address=N"),
        ("address=1&key=0011hunter2", KEY.hex(), "a key never stands in a URL"),
        ("address=127&key=secret:gate-1", KEY.hex(), "address is a number from 0 to 126"),
        ("address=1&key=secret:gate-1&baud=4800", KEY.hex(), "OSDP knows no baud=4800"),
        ("address=1&key=secret:gate-1&parity=E", KEY.hex(), "no setting 'parity'"),
    ],
)
async def test_a_wrong_address_of_a_reader_is_told_in_one_line(
    tmp_path: Path, query: str, secret: str, why: str
) -> None:
    keep(tmp_path, secret)
    with pytest.raises((Mistake, CatalogueError), match=why) as wrong:
        harness(tmp_path).hang({"number": 1, "strike": f"osdp+serial:///dev/absent?{query}"})
    assert "\n" not in str(wrong.value)
    assert "hunter2" not in str(wrong.value)
    assert KEY.hex() not in str(wrong.value)


def test_a_reader_of_numbers_is_no_reader_for_kiosks_and_card_points() -> None:
    with pytest.raises(CatalogueError, match="passes on numbers only, so it belongs to a door"):
        open_reader(URL.format(path="/dev/a"), lambda _name: KEY.hex().encode())


WIRES = """
[[doors]]
number = 1
reader = "{url}"
keypad = "{url}"
strike = "{url}"
"""


async def test_the_controllers_program_serves_reader_and_keypad(tmp_path: Path) -> None:
    adopt(tmp_path, Hub())
    keep(tmp_path, KEY.hex())
    pd = OsdpPd(1, KEY)
    end = OsdpEnd([pd])
    text = WIRES.format(url=URL.format(path=end.path))
    (tmp_path / "device.toml").write_text(text, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "devices.cli", "door", "run", "--data", str(tmp_path),
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await until(lambda: pd._channel is not None)
        pd.tamper(True)
        wanted = {
            ("access", "card", "policy_missing"),
            ("access", "pin", "policy_missing"),
            ("tamper", None, "tamper"),
        }
        while not wanted <= told(tmp_path):
            pd.tap_row(56, UID, form=0)
            pd.type("*302#2580#")
            await asyncio.sleep(0.5)
        assert not any(pd.outputs)
    finally:
        process.terminate()
        assert await process.wait() == 0
        end.close()
    with closing(sqlite3.connect(tmp_path / "journal.db")) as journal:
        kept = "".join(row[0] for row in journal.execute("select body from outbox"))
    assert "2580" not in kept
    assert UID.hex() not in kept


async def test_an_arrow_stands_on_the_display_until_the_next_word(tmp_path: Path) -> None:
    async with door(tmp_path) as (bench, pd):
        show = bench.door.threshold.show
        show(1, Show.GRANTED, 1_000)
        await until(lambda: pd.shown.light == Color.GREEN and pd.shown.beeps == 1)
        assert pd.shown.text == ""  # what nobody is asked to do is said by light and sound
        for what, text, tones in (
            (Show.LEFT, "<<< TURN LEFT", 1), (Show.AHEAD, "LOOK AHEAD", 0),
            (Show.RIGHT, "TURN RIGHT >>>", 2),
        ):  # fmt: skip
            before = pd.shown.beeps
            show(1, what, 6_000)
            await until(lambda wanted=text: pd.shown.text == wanted)  # type: ignore[misc]
            assert (pd.shown.light, pd.shown.beeps - before) == (Color.AMBER, tones)
        show(1, Show.REFUSED, 2_000)
        await until(lambda: pd.shown.text == " ")
        assert pd.shown.light == Color.RED


def test_a_door_without_a_display_says_what_somebody_shall_do() -> None:
    said: list[dict[str, str | int]] = []
    light = SaidLight(2, said.append)
    for what in Show:
        light.show(what, 6_000)
    assert [one["show"] for one in said] == ["ahead", "left", "right"]
    assert said[1] == {"door": 2, "show": "left", "ms": 6_000}
