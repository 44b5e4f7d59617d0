"""Driving the flows once through their public faces, and proving that they truly happened."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from simulators.demo.check_wires import keypad, meter, old_card, paper
from simulators.demo.guests import SAME_CODE_S, altered, invite, press_bell
from simulators.demo.seen import journaled, must, pulsed, pulses, shut, until
from simulators.demo.staff import Staff
from simulators.demo.town import Town
from simulators.ends import ClonedUidCard
from simulators.phone import Phone
from simulators.roster import CARER, DOORS, ELDER, ELDER_HOUSE, PANELS

SHAKE_DOOR, TAP_DOOR, OFFLINE_DOOR = "gate-west", "b1-u2", "gate-east"  # each pulse is its own
GUEST_DOOR, BELL_DOOR = PANELS
LOST_DOOR = "b2-u1"  # where the card that will be lost opens once more, and then no more


async def shake(town: Town, staff: Staff) -> dict[str, Any]:
    """A phone's signed request opens a door once; its copy and its forgery open nothing."""
    phone = await town.new_phone(ELDER, "沈桂芳的手机")
    before = pulses(town, SHAKE_DOOR)
    began = time.perf_counter()
    reply = await phone.open(SHAKE_DOOR)
    round_trip_ms = (time.perf_counter() - began) * 1e3
    must(reply.status == 200 and reply.body.get("outcome") == "opened", f"shake: {reply.body}")
    await pulsed(town, SHAKE_DOOR, before)
    sent = phone.last
    assert sent is not None
    copy = await phone.deliver(sent)
    must(copy.body.get("repeat") is True, "the copy was not recognised")
    altered = await phone.deliver(replace(sent, body=sent.body.replace(b"gate-west", b"gate-east")))
    must(altered.status == 401, "an altered request was taken")
    event = await journaled(
        staff, 1, "shake", via="phone", door=SHAKE_DOOR, outcome="granted", kind="access"
    )
    must(pulses(town, SHAKE_DOOR) == before + 1, "a copy moved the door")
    ms = {"round_trip": round(round_trip_ms, 2), **reply.body["ms"]}
    return {
        "ok": True,
        "reason": reply.body["reason"],
        "ms": ms,
        "copy": "request_repeated",
        "altered": altered.body["code"],
        "event": event["n"],
    }


async def tap(town: Town, staff: Staff) -> dict[str, Any]:
    """A card opens a door by mutual authentication, also without hub; a clone opens nothing."""
    door, card = town.doors[TAP_DOOR], town.elder_card()
    before = pulses(town, TAP_DOOR)
    began_ns = door.reader.tap(card)
    await pulsed(town, TAP_DOOR, before)
    ms = (door.board.coil_log[-1][2] - began_ns) / 1e6
    door.reader.lift()
    event = await journaled(
        staff, 1, "tap", via="card", door=TAP_DOOR, outcome="granted", late=False
    )
    door.reader.tap(ClonedUidCard(card.uid, iso_dep=True))
    await journaled(staff, 1, "clone", door=TAP_DOOR, reason="credential_forged")
    door.reader.lift()
    offline = await _tap_without_network(town, staff)
    checked = await _check_in(town)
    return {
        "ok": True,
        "reason": event["reason"],
        "ms": {"tap_to_coil": round(ms, 2), **event["ms"]},
        "clone": "credential_forged",
        "offline": offline,
        "check_in": checked,
        "event": event["n"],
    }


async def _tap_without_network(town: Town, staff: Staff) -> dict[str, Any]:
    assert town.proxy is not None
    door = town.doors[OFFLINE_DOOR]
    town.proxy.cut()
    before = pulses(town, OFFLINE_DOOR)
    began_ns = door.reader.tap(town.elder_card())
    await pulsed(town, OFFLINE_DOOR, before)
    ms = (door.board.coil_log[-1][2] - began_ns) / 1e6
    door.reader.lift()
    town.proxy.heal()
    event = await journaled(staff, 1, "late tap", via="card", door=OFFLINE_DOOR, late=True)
    return {"ok": True, "ms": round(ms, 2), "arrived": 1, "event": event["n"]}


async def _check_in(town: Town) -> str:
    assert town.point_reader is not None
    town.point_reader.tap(town.elder_card())

    async def said() -> bool:
        return "checked_in" in town.said_at_point

    await until(said, "the card point did not confirm the check-in")
    town.point_reader.lift()
    return "checked_in"


async def bill(town: Town, staff: Staff) -> dict[str, Any]:
    """A bill is paid at the kiosk; three callbacks, one receipt, and the ledger balances."""
    del staff
    from simulators.demo.kiosk import KioskVisitor  # noqa: PLC0415

    visitor = KioskVisitor(town)
    began = time.perf_counter()
    paid = await visitor.pay(ELDER_HOUSE, "property")
    ms = (time.perf_counter() - began) * 1e3
    return {"ok": True, "reason": "paid", "ms": {"kiosk_to_receipt": round(ms, 2)}, **paid}


async def lost_card(town: Town, staff: Staff) -> dict[str, Any]:
    """A card that opens every door is stopped; each door signs that it has forgotten it."""
    end = town.doors[LOST_DOOR].reader
    (card,) = [card for card in await staff.cards("郑海燕") if card["person"] == CARER]
    before = pulses(town, LOST_DOOR)
    end.tap(town.cards[CARER])
    await pulsed(town, LOST_DOOR, before)
    end.lift()
    await journaled(staff, 1, "her card", via="card", door=LOST_DOOR, outcome="granted")
    await staff.block_card(card["id"])

    async def gone() -> bool:
        return len(await _receipts(staff, card["id"])) == len(DOORS)

    await until(gone, "a door still knows the lost card")
    after_s = await _receipts(staff, card["id"])
    end.tap(town.cards[CARER])
    refused = await journaled(staff, 1, "refused", door=LOST_DOOR, outcome="refused")
    end.lift()
    must(pulses(town, LOST_DOOR) == before + 1, "a lost card moved the door")
    ms = {"slowest_receipt": round(max(after_s) * 1e3, 1)}
    told = {"reason": refused["reason"], "event": refused["n"]}
    return {"ok": True, "ms": ms, "doors": len(DOORS), "gone": len(after_s), **told}


async def _receipts(staff: Staff, card: str) -> list[float]:
    """After how many seconds doors have forgotten a card, of those that say so."""
    revocation = (await staff.card(card))["revocation"]
    doors = revocation["doors"] if revocation["told"] else []
    return [door["gone_after_s"] for door in doors if door["gone_after_s"] is not None]


async def visitor(town: Town, staff: Staff) -> dict[str, Any]:
    """A guest's pass opens the door that it names once, also without hub; an altered one nothing.

    Then somebody presses the bell: the home's phone hears it, answers, and opens as ever.
    """
    phone = await town.new_phone(ELDER, "沈桂芳家的手机")
    reply = await invite(phone, PANELS)
    must(reply.status == 201, f"no pass: {reply.body}")
    text = str(reply.body["text"])
    await _show(town, GUEST_DOOR, altered(text))
    await journaled(staff, 1, "altered pass", door=GUEST_DOOR, reason="pass_forged")
    assert town.proxy is not None
    await shut(town, GUEST_DOOR)
    before = pulses(town, GUEST_DOOR)
    town.proxy.cut()
    began_ns = await _show(town, GUEST_DOOR, text)
    await pulsed(town, GUEST_DOOR, before)
    ms = (town.doors[GUEST_DOOR].board.coil_log[-1][2] - began_ns) / 1e6
    town.proxy.heal()
    event = await journaled(
        staff, 1, "pass", via="pass", door=GUEST_DOOR, outcome="granted", kind="access"
    )
    await asyncio.sleep(SAME_CODE_S)  # sooner it would be the same showing
    await _show(town, GUEST_DOOR, text)
    await journaled(staff, 1, "pass again", door=GUEST_DOOR, reason="pass_used")
    must(pulses(town, GUEST_DOOR) == before + 1, "a used pass moved the door")
    bell = await _bell(town, phone)
    told = {"altered": "pass_forged", "again": "pass_used", "bell": bell}
    ms_told = {"scan_to_coil": round(ms, 2)}
    return {"ok": True, "reason": event["reason"], "ms": ms_told, **told, "event": event["n"]}


async def _show(town: Town, door: str, text: str) -> int:
    """Hold a code before a door's scanner; when that was."""
    scanner = town.doors[door].scanner
    assert scanner is not None
    began_ns = time.perf_counter_ns()
    scanner.show(text)
    return began_ns


async def _bell(town: Town, phone: Phone) -> str:
    calls: list[dict[str, Any]] = []

    async def rings() -> bool:
        calls[:] = (await phone.send("GET", "/api/v1/me/calls", None)).body["calls"]
        return bool(calls)

    await until(town.all_ready, "the doors are not back")
    await press_bell(town.doors[BELL_DOOR])
    await until(rings, "no phone heard the bell")
    must([call["door"] for call in calls] == [BELL_DOOR], f"calls: {calls}")
    path = f"/api/v1/me/calls/{calls[0]['id']}/answer"
    taken = await phone.send("POST", path, {"answer": "open"})
    must(taken.status == 200, f"the call was not taken: {taken.body}")
    await shut(town, BELL_DOOR)
    before = pulses(town, BELL_DOOR)
    opened = await phone.open(BELL_DOOR)
    must(opened.body.get("outcome") == "opened", f"after the call: {opened.body}")
    await pulsed(town, BELL_DOOR, before)
    return "answered"


FLOWS: dict[str, Callable[[Town, Staff], Awaitable[dict[str, Any]]]] = {
    "shake": shake,
    "tap": tap,
    "bill": bill,
    "paper": paper,
    "lost_card": lost_card,
    "visitor": visitor,
    "keypad": keypad,
    "old_card": old_card,
    "meter": meter,
}


async def drive(town: Town, staff: Staff) -> dict[str, Any]:
    """Every flow once; a failing one says what was not so and the others still run."""
    flows: dict[str, Any] = {}
    for name, flow in FLOWS.items():
        town.say(f"driving: {name}")
        try:
            flows[name] = await flow(town, staff)
        except Exception as fault:  # noqa: BLE001 - the report must name every failure
            flows[name] = {"ok": False, "reason": f"{type(fault).__name__}: {fault}", "ms": {}}
    return flows


def ledger_balance(database: str) -> dict[str, Any]:
    """Sums over all accounts, read from outside; debits equal credits, to the fen."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        row = connection.execute(
            "select coalesce(sum(debits_posted - credits_posted), 0), "
            "coalesce(sum(debits_pending - credits_pending), 0), count(*) from accounts"
        ).fetchone()
    return {"ok": row[0] == 0 and row[1] == 0, "accounts": row[2], "difference_fen": row[0]}
