"""Flows at the wires that are not doors' readers: a keypad, an old card, paper, a meter."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import Any

from devices.messages import Event
from devices.wire import read_event
from simulators.demo.credentials import DURESS, PIN, bring_old_card, set_pin, typed
from simulators.demo.credentials import old_card as card_of_before
from simulators.demo.fixtures.meters import POWER
from simulators.demo.kiosk import KioskVisitor
from simulators.demo.seen import journaled, must, pulsed, pulses, shut, until
from simulators.demo.staff import Staff
from simulators.demo.town import Town
from simulators.ends import ClonedUidCard, MeterLineEnd, OsdpEnd, PaperEnd
from simulators.roster import ELDER, KEYPADS, KIOSK, METER_READER, OLD_CARD_DOORS

WRONG_PIN = "582910"
STRICT_DOOR = "b1-u1"  # of the old card's own building, where a card must prove itself


async def keypad(town: Town, staff: Staff) -> dict[str, Any]:
    """A flat's number with its PIN opens; a wrong one nothing; one under duress looks the same."""
    (door,) = KEYPADS
    end = town.fixtures[f"{door}-keypad"].end
    assert isinstance(end, OsdpEnd)
    keys = end.readers[0]
    phone = await town.new_phone(ELDER, "沈桂芳的新手机")
    reply = await set_pin(phone)
    must(reply.status == 204, f"no PIN: {reply.body}")
    await until(town.all_ready, "the door does not know the PIN")
    await shut(town, door)
    before = pulses(town, door)
    keys.type(typed(WRONG_PIN))
    wrong = await journaled(staff, 1, "wrong PIN", door=door, via="pin", outcome="refused")
    must(pulses(town, door) == before, "a wrong PIN moved the door")
    began_ns = keys.type(typed(PIN))
    await pulsed(town, door, before)
    ms = (town.doors[door].board.coil_log[-1][2] - began_ns) / 1e6
    event = await journaled(staff, 1, "PIN", door=door, via="pin", outcome="granted", kind="access")
    await shut(town, door)
    keys.type(typed(DURESS))
    await pulsed(town, door, before + 1)
    await journaled(staff, 2, "duress PIN", door=door, via="pin", outcome="granted", kind="access")
    told = {"wrong": wrong["reason"], "duress": "opened"}
    return {
        "ok": True,
        "reason": event["reason"],
        "ms": {"key_to_coil": round(ms, 2)},
        **told,
        "event": event["n"],
    }


async def old_card(town: Town, staff: Staff) -> dict[str, Any]:
    """A card that is only a number opens where that is enough, nowhere else; so does its copy.

    The copy of a card with keys opens not even there.
    """
    (door,) = OLD_CARD_DOORS
    await bring_old_card(staff)
    await until(town.all_ready, "the doors do not know the old card")
    await shut(town, door)
    before = pulses(town, door)
    reader = town.doors[door].reader
    reader.tap(ClonedUidCard(town.elder_card().uid))
    forged = await journaled(staff, 1, "a bare copy", door=door, outcome="refused")
    reader.lift()
    town.doors[STRICT_DOOR].reader.tap(card_of_before())
    low = await journaled(staff, 1, "an old card", door=STRICT_DOOR, outcome="refused")
    town.doors[STRICT_DOOR].reader.lift()
    must(pulses(town, door) == before, "a copied number moved the door")
    reader.tap(card_of_before())
    await pulsed(town, door, before)
    reader.lift()
    event = await journaled(
        staff, 1, "old card", door=door, via="card", outcome="granted", kind="access"
    )
    told = {"copy": forged["reason"], "elsewhere": low["reason"], "event": event["n"]}
    return {"ok": True, "reason": event["reason"], "ms": {}, **told}


async def paper(town: Town, staff: Staff) -> dict[str, Any]:
    """The bill's receipt lies in the tray; without paper the kiosk says so, until a new roll."""
    del staff
    printer = town.fixtures[f"{KIOSK}-printer"].end
    assert isinstance(printer, PaperEnd)
    visitor = KioskVisitor(town)

    async def is_printed() -> bool:
        return bool(printer.slips)

    async def says(word: str) -> None:
        async def said() -> bool:
            return (await visitor.state()).get("paper") == word

        await until(said, f"the kiosk does not say that its paper is {word}")

    await until(is_printed, "no slip came out")
    must(len(printer.slips) == 1, f"{len(printer.slips)} slips for one receipt")
    must("106.80" in printer.text, f"the slip says {printer.text!r}")
    printer.paper_out()
    await says("out")
    printer.new_roll()
    await says("ok")
    return {"ok": True, "reason": "printed", "ms": {}, "slips": 1, "lines": len(printer.slips[0])}


async def meter(town: Town, staff: Staff) -> dict[str, Any]:
    """The register's own frame is in the hub's log, with what the plate shows."""
    del staff
    end = town.fixtures[f"{METER_READER}-line"].end
    assert isinstance(end, MeterLineEnd)
    shown = end.meters[0].total
    began = time.perf_counter()
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        found[:] = _readings(town, POWER)
        return bool(found)

    await until(there, "no reading reached the hub")
    told = found[0]
    must(told["value"] == str(shown), f"the meter shows {shown}, the hub holds {told['value']}")
    must(bytes.fromhex(told["raw"])[:1] == b"\x68", "the reading has no frame of the meter")
    ms = {"waited": round((time.perf_counter() - began) * 1e3, 1)}
    return {"ok": True, "reason": "read", "ms": ms, "value": told["value"], "unit": told["unit"]}


def _readings(town: Town, meter: str) -> list[dict[str, Any]]:
    """A meter's readings, read from outside in the hub's database."""
    database = town.settings.folder / "hub" / "hub.db"
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute("select body from events where kind = 'meter'").fetchall()
    events = [read_event(json.loads(row[0])) for row in rows]
    told = [dict(event.content) for event in events if isinstance(event, Event)]
    return [reading for reading in told if reading["meter"] == meter]
