"""Driving the three flows once through their public faces, and proving that they truly happened."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from simulators.demo.staff import Staff
from simulators.demo.town import Town
from simulators.ends import ClonedUidCard
from simulators.roster import ELDER, ELDER_HOUSE

WAIT_S = 10.0
SHAKE_DOOR, TAP_DOOR, OFFLINE_DOOR = "gate-west", "b1-u2", "gate-east"  # each pulse is its own


class NotSo(Exception):
    """Something that should have happened did not."""


def _must(truth: object, what: str) -> None:
    if not truth:
        raise NotSo(what)


async def _until(done: Callable[[], Awaitable[bool]], what: str) -> None:
    end = time.monotonic() + WAIT_S
    while not await done():
        _must(time.monotonic() < end, what)
        await asyncio.sleep(0.02)


def _pulses(town: Town, door: str) -> int:
    """How often the coil of a door's relay really went on."""
    found = town.doors[door]
    return sum(1 for output, on, _ in found.board.coil_log if output == found.output and on)


async def _pulsed(town: Town, door: str, before: int) -> None:
    async def more() -> bool:
        return _pulses(town, door) > before

    await _until(more, f"the coil of {door} did not pulse")
    _must(_pulses(town, door) == before + 1, f"the coil of {door} pulsed more than once")


async def _events_of(staff: Staff, **wanted: object) -> list[dict[str, Any]]:
    events = await staff.events()
    return [e for e in events if all(e.get(name) == value for name, value in wanted.items())]


async def _journaled(staff: Staff, count: int, what: str, **wanted: object) -> dict[str, Any]:
    async def there() -> bool:
        return len(await _events_of(staff, **wanted)) >= count

    await _until(there, f"the journal holds no event: {what}")
    found = await _events_of(staff, **wanted)
    _must(len(found) == count, f"the journal holds {len(found)} events, not {count}: {what}")
    return found[0]


async def shake(town: Town, staff: Staff) -> dict[str, Any]:
    """A phone's signed request opens a door once; its copy and its forgery open nothing."""
    phone = await town.new_phone(ELDER, "沈桂芳的手机")
    before = _pulses(town, SHAKE_DOOR)
    began = time.perf_counter()
    reply = await phone.open(SHAKE_DOOR)
    round_trip_ms = (time.perf_counter() - began) * 1e3
    _must(reply.status == 200 and reply.body.get("outcome") == "opened", f"shake: {reply.body}")
    await _pulsed(town, SHAKE_DOOR, before)
    sent = phone.last
    assert sent is not None
    copy = await phone.deliver(sent)
    _must(copy.body.get("repeat") is True, "the copy was not recognised")
    altered = await phone.deliver(replace(sent, body=sent.body.replace(b"gate-west", b"gate-east")))
    _must(altered.status == 401, "an altered request was taken")
    event = await _journaled(
        staff, 1, "shake", via="phone", door=SHAKE_DOOR, outcome="granted", kind="access"
    )
    _must(_pulses(town, SHAKE_DOOR) == before + 1, "a copy moved the door")
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
    before = _pulses(town, TAP_DOOR)
    began_ns = door.reader.tap(card)
    await _pulsed(town, TAP_DOOR, before)
    ms = (door.board.coil_log[-1][2] - began_ns) / 1e6
    door.reader.lift()
    event = await _journaled(
        staff, 1, "tap", via="card", door=TAP_DOOR, outcome="granted", late=False
    )
    door.reader.tap(ClonedUidCard(card.uid, iso_dep=True))
    await _journaled(staff, 1, "clone", door=TAP_DOOR, reason="credential_forged")
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
    before = _pulses(town, OFFLINE_DOOR)
    began_ns = door.reader.tap(town.elder_card())
    await _pulsed(town, OFFLINE_DOOR, before)
    ms = (door.board.coil_log[-1][2] - began_ns) / 1e6
    door.reader.lift()
    town.proxy.heal()
    event = await _journaled(staff, 1, "late tap", via="card", door=OFFLINE_DOOR, late=True)
    return {"ok": True, "ms": round(ms, 2), "arrived": 1, "event": event["n"]}


async def _check_in(town: Town) -> str:
    assert town.point_reader is not None
    town.point_reader.tap(town.elder_card())

    async def said() -> bool:
        return "checked_in" in town.said_at_point

    await _until(said, "the card point did not confirm the check-in")
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


FLOWS: dict[str, Callable[[Town, Staff], Awaitable[dict[str, Any]]]] = {
    "shake": shake,
    "tap": tap,
    "bill": bill,
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
