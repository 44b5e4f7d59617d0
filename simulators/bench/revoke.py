"""`linli bench revoke`: from the wish to stop a lost card until every door has receipted.

An estate's gates know every card. A card is blocked through the public API; the hub compiles its
holder, sends each controller a sealed delta, and each controller verifies, stores (synced), puts
it in force and signs its receipt. The time of a card is that of its slowest door.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simulators.bench.crowds import Estate, uid_of
from simulators.bench.figures import Target, percentile, spread
from simulators.bench.machine import CpuMeter, load_1_min, rss_mb
from simulators.bench.village import Village, say
from simulators.demo.staff import Staff

LOOK_S: Final = 0.5  # how often the page of a card is read; the times come from the hub's receipts
QUIET_S: Final = 0.3  # between two cards: nobody loses one while another is being stopped
CARD_WAIT_S: Final = 60.0
TARGETS: Final = (Target("p99_s", "s", 2.0),)
METHOD: Final = {
    "p99_s": "99th percentile over cards; a card's time is from the first byte of POST "
    "/cards/{card}/block to the hub's writing of the last door's receipt (the POST's whole time "
    "plus the largest gone_after_s)",
    "controllers": "real devices, shelves and MQTT connections, in few processes; the disk's sync "
    "is shared by the receipts of a process; policy entries that are equal in controllers of one "
    "process are kept once when the first policy arrives; no garbage collection there",
    "estate": "at rest: nothing waits to be compiled when the first card is lost",
    "links": "hub, mosquitto and controllers on this machine, over its loopback",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How large an estate, and how many cards are lost."""

    controllers: int
    cards: int
    lost: int
    processes: int


QUICK: Final = Plan(controllers=30, cards=1_000, lost=12, processes=1)
FULL: Final = Plan(controllers=300, cards=15_000, lost=40, processes=2)


def run(quick: bool) -> dict[str, Any]:
    """Measure; results against targets, and everything behind them."""
    return asyncio.run(_run(QUICK if quick else FULL, quick=quick))


async def _run(plan: Plan, *, quick: bool) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="linli-bench-"))
    estate = Estate(folder, plan.controllers, plan.cards, plan.processes)
    load = [load_1_min()]
    try:
        before = time.perf_counter()
        staff = await _with_staff(estate)
        await estate.start()
        setup_s = time.perf_counter() - before
        say(f"every door holds {plan.cards} cards after {setup_s:.0f} s")
        detail = await _measure(estate, plan, staff)
    finally:
        await estate.stop()
        shutil.rmtree(folder, ignore_errors=True)
    load.append(load_1_min())
    value = detail.pop("p99_s")
    size = "quick: a smaller estate than the target speaks of" if quick else "full"
    scale = {"size": size, "controllers": plan.controllers, "cards": plan.cards,
             "lost": plan.lost, "processes": plan.processes}  # fmt: skip
    told = {"scale": scale, "method": METHOD, "load_1_min": load, "setup_s": round(setup_s, 1)}
    return {"results": [TARGETS[0].result(value)], "detail": told | detail}


async def _with_staff(estate: Estate) -> Staff:
    """Build the estate; its first member comes before the doors, which learn who may open them."""
    members: list[Staff] = []

    async def claim(village: Village) -> None:
        staff = Staff(village.url)
        await staff.claim(village.claim_code.replace("-", ""))
        members.append(staff)

    await estate.build(claim)
    return members[0]


async def _measure(estate: Estate, plan: Plan, staff: Staff) -> dict[str, Any]:
    village = estate.village
    await staff.sign_in()
    pids = {"hub": village.hub_pid, "broker": village.broker_pid}
    pids |= {f"controllers {n + 1}": one.pid for n, one in enumerate(estate.crowds)}
    meter = CpuMeter(pids)
    whole_s: list[float] = []
    doors_s: list[float] = []
    ids = await _card_ids(staff, plan)
    for number, card in enumerate(ids):
        took_s, receipts_s = await _lose(staff, card, plan.controllers)
        whole_s.append(took_s)
        doors_s += receipts_s
        say(f"card {number + 1}/{plan.lost}: gone from all doors after {took_s:.2f} s")
        await asyncio.sleep(QUIET_S)
    spent_s = meter.spent_s()
    await staff.close()
    return {
        "p99_s": percentile(whole_s, 0.99),
        "all_doors_s": spread(whole_s),
        "each_door_s": spread(doors_s),
        "cpu_s_per_card": {name: round(value / plan.lost, 3) for name, value in spent_s.items()},
        "memory_mb": {name: round(rss_mb(pid)) for name, pid in pids.items()},
    }


async def _card_ids(staff: Staff, plan: Plan) -> list[str]:
    """The cards that will be lost, spread over the estate."""
    step = max(1, plan.cards // plan.lost)
    ids = []
    for number in range(0, step * plan.lost, step):
        found = await staff.cards(f"住户{number}")
        ids += [card["id"] for card in found if card["person"] == f"p-{number}"]
    if len(ids) != plan.lost:
        raise RuntimeError(f"{len(ids)} of {plan.lost} cards were found; uid {uid_of(0)}")
    return ids


async def _lose(staff: Staff, card: str, doors: int) -> tuple[float, list[float]]:
    """Block one card; the seconds until the last receipt, and those of each door."""
    before = time.perf_counter()
    await staff.block_card(card)
    asked_s = time.perf_counter() - before
    end = before + CARD_WAIT_S
    while True:
        await asyncio.sleep(LOOK_S)
        revocation = (await staff.card(card))["revocation"]
        gone = [door["gone_after_s"] for door in revocation["doors"]]
        if revocation["told"] and len(gone) == doors and None not in gone:
            return asked_s + max(gone), gone
        if time.perf_counter() > end:
            missing = sum(one is None for one in gone)
            raise RuntimeError(f"{len(gone)} doors told, {missing} without a receipt")
