"""Things with a plug, each alone: what passes their lines, what hands can do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from devices.pins import is_pin
from drivers import cjt188, dlt645
from drivers.osdp_wire import encode as osdp
from drivers.osdp_words import Command, Reply
from simulators.demo.credentials import DURESS, PIN
from simulators.demo.fixtures import Laying, lay
from simulators.demo.fixtures.meters import POWER_PLATE, WATER_PLATE
from simulators.ends import MeterLineEnd, OsdpEnd, PaperEnd, WireLog
from simulators.ends.wires import WireEntry
from simulators.panel import parts, wall
from simulators.panel.parts import keypads, meters, printers
from simulators.panel.parts.part import Part
from simulators.panel.wirefeed import WireFeed


def entry(way: str, raw: bytes) -> WireEntry:
    return WireEntry(datetime.now(UTC), 0, "line", way, raw, None)  # type: ignore[arg-type]


class Bench:
    """The town's fixtures without a town around them, and the parts made of them."""

    def __init__(self, folder: Path) -> None:
        self.fixtures = lay(Laying(folder, WireLog))
        self.told: list[str] = []
        self.lines: list[dict[str, Any]] = []
        self.feed = WireFeed(self.lines.append)
        self._hearing = parts.Hearing(self.feed, lambda *_: None, self.told.append)

    def part(self, kind: Any) -> Part:
        (found,) = kind.make(SimpleNamespace(fixtures=self.fixtures), self._hearing)
        assert isinstance(found, Part)
        return found

    def end(self, name: str) -> Any:
        return self.fixtures[name].end

    def close(self) -> None:
        self.feed.close()
        for each in self.fixtures.values():
            each.end.close()


def test_the_town_s_pins_are_such_as_the_hub_takes() -> None:
    assert is_pin(PIN)
    assert is_pin(DURESS)


# --- what passes the lines --------------------------------------------------------------------


def test_a_keypad_s_idle_questions_are_not_shown() -> None:
    name_of = keypads.Talk().name_of
    asked = [
        osdp(1, 1, Command.POLL),
        osdp(1, 1, Reply.ACK, is_reply=True),
        osdp(1, 2, Command.LED, bytes(14)),
        osdp(1, 2, Reply.ACK, is_reply=True),
        osdp(1, 3, Command.POLL),
        osdp(1, 3, Reply.KEYPAD, b"\0\x015", is_reply=True),
        osdp(1, 1, Command.LSTAT, b"\0"),
        osdp(1, 1, Reply.LSTATR, b"\0\0", is_reply=True),
        osdp(1, 2, Command.POLL),
        osdp(1, 2, Reply.LSTATR, b"\x01\0", is_reply=True),  # told by itself: its case was opened
    ]
    told = [name_of(entry("<" if at % 2 else ">", raw)) for at, raw in enumerate(asked)]
    quiet = [None, None]
    assert told == [
        *quiet,
        "OSDP LED",
        "OSDP ACK",
        None,
        "OSDP KEYPAD",
        *quiet,
        None,
        "OSDP LSTATR",
    ]


def test_a_printer_s_answers_are_shown_when_they_are_new() -> None:
    name_of = printers.Talk().name_of
    said = [(">", b"\x10\x04\x01"), ("<", b"\x12"), ("<", b"\x12"), ("<", b"\x1a"), (">", b"x\n")]
    assert [name_of(entry(*each)) for each in said] == [
        None, "ESC/POS status", None, "ESC/POS status", "ESC/POS, 2 bytes",
    ]  # fmt: skip


def test_two_protocols_of_one_line_are_told_apart() -> None:
    name_of = meters.name_of
    power = dlt645.ask_register(POWER_PLATE).requests[0]
    water = cjt188.ask_total(WATER_PLATE).requests[0]
    assert name_of(entry(">", power)) == "DL/T 645-2007, control 11"
    assert name_of(entry(">", water)) == "CJ/T 188, control 01"


# --- hands ------------------------------------------------------------------------------------


async def test_a_keypad_without_power_forgets_what_is_typed(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    part, end = bench.part(keypads), bench.end("b1-u2-keypad")
    assert isinstance(end, OsdpEnd)
    assert part.told()["hands"] == ["unplug", "open_case"]
    part.cable.unplug()
    end.readers[0].type("302#582917#")
    assert part.told()["ails"] == ["unplugged"]
    assert not end.readers[0]._news
    part.cable.plug()
    end.readers[0].type("3")
    assert len(end.readers[0]._news) == 1
    part.hands()["open_case"]()
    assert (part.told()["ails"], part.told()["hands"]) == (["tampered"], ["unplug", "close_case"])
    part.mend()
    assert part.told()["ails"] == []
    bench.close()


async def test_each_trouble_of_a_printer_offers_its_cure(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    part = bench.part(printers)
    well = {"paper_low", "paper_out", "jam", "open_cover"}
    for harm, cure, ail in (
        ("paper_low", "new_roll", "paper_low"),
        ("paper_out", "new_roll", "paper_out"),
        ("jam", "unjam", "jammed"),
        ("open_cover", "close_cover", "cover_open"),
    ):
        assert set(part.hands()) == well
        part.hands()[harm]()
        assert part.ails() == [ail]
        assert harm not in part.hands()
        part.hands()[cure]()
        assert part.ails() == []
    for harm in ("paper_out", "jam", "open_cover"):
        part.hands()[harm]()
    part.mend()
    assert part.ails() == []
    bench.close()


async def test_a_slip_is_told_when_it_is_cut_and_counted_for_ever(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    part, end = bench.part(printers), bench.end("kiosk-1-printer")
    assert isinstance(end, PaperEnd)
    town: Any = SimpleNamespace(fixtures=bench.fixtures)
    assert (part.shown(), printers.picture(town)) == ({"slips": 0, "text": ""}, None)
    for number in range(60):  # more than the tray holds
        end._heard(f"slip {number}\n".encode() + b"\x1dVB\x00")
    assert bench.told == ["kiosk-1-printer"] * 60
    assert part.shown() == {"slips": 60, "text": "slip 59"}
    assert str(printers.picture(town)).startswith("<svg ")
    bench.close()


async def test_a_meter_is_read_when_it_alone_has_answered(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    part, end = bench.part(meters), bench.end("meters-line")
    assert isinstance(end, MeterLineEnd)
    end.think_s = 0.0
    power, water = part.shown()["meters"]
    assert (power["what"], power["read"], water["unit"]) == ("power", None, "m³")
    end._heard(dlt645.ask_register(POWER_PLATE).requests[0])
    await asyncio.sleep(0.01)
    part.hands()["use_power"]()
    part.hands()["use_water"]()
    power, water = part.shown()["meters"]
    assert (power["register"], power["read"]["value"]) == ("1207.92", "1206.42")
    assert (water["register"], water["read"]) == ("46.50", None)
    assert bench.told == ["meters-line"]
    bench.close()


# --- the wall ---------------------------------------------------------------------------------


class Desk:
    """Staff whose wall says what the test says, or a hub that does not answer."""

    def __init__(self) -> None:
        self.contact = "closed"
        self.troubles: list[dict[str, Any]] = []
        self.is_away = False
        self.looked = 0
        self.saw = asyncio.Event()

    async def console(self) -> dict[str, Any]:
        self.looked += 1
        self.saw.set()
        if self.is_away:
            raise httpx.ConnectError("the hub starts again")
        device = {"id": "gate", "state": "ready", "states": [], "firmware": "x"}
        return {"doors": [{"id": "gate-east", "contact": self.contact}], "devices": [device]}

    async def door_health(self) -> list[dict[str, Any]]:
        return [{"door": "gate-east", "troubles": self.troubles}]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall, "REST_S", 0.0)


async def looked(desk: Desk, stir: Callable[[], None]) -> None:
    desk.saw.clear()
    stir()
    await desk.saw.wait()
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_wall_is_told_when_it_has_changed(quick: None) -> None:
    desk, told = Desk(), list[dict[str, Any]]()
    seen = wall.Wall(desk, told.append)  # type: ignore[arg-type]
    following = asyncio.ensure_future(seen.follow())
    await looked(desk, seen.stir)
    await looked(desk, seen.stir)
    assert len(told) == 1
    assert told[0]["devices"] == {"gate": {"state": "ready", "states": []}}
    desk.troubles = [{"kind": "tamper", "words": {"en": "open"}, "cure": {}, "since": None}]
    desk.is_away = True
    await looked(desk, seen.stir)
    assert len(told) == 1
    desk.is_away = False
    await looked(desk, seen.stir)
    assert told[1]["doors"]["gate-east"] == {
        "contact": "closed",
        "troubles": [{"kind": "tamper", "words": {"en": "open"}}],
    }
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
