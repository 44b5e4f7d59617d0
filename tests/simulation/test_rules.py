"""Lockdown, opening hours and passes with the real hub and real controllers, in virtual time."""

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from devices.access import DoorMode, Visit
from devices.messages import Revision
from hub.acts.operating import Factor, Lockdown, begin_lockdown, end_lockdown
from hub.acts.roster import RosterPart, load_part
from hub.acts.staff import Claim, NewClaim, claim, offer_claim
from hub.store import tables as t
from tests.luck import seeds
from tests.simulation import virtual
from tests.simulation.town import DOORS, SimTown

WEEK_S = 7 * 86_400.0


def modes(town: SimTown) -> dict[str, DoorMode | None]:
    found: dict[str, DoorMode | None] = {}
    for door in DOORS:
        controller = town.controllers[door[0]].door
        found[door] = controller.modes.mode(int(door[1])) if controller is not None else None
    return found


async def member(town: SimTown) -> str:
    hub = town._hub()
    await hub.writer.submit(offer_claim, NewClaim("mark", "administrator"))
    name: str = await hub.writer.submit(claim, Claim("mark", "admin", "-", "-", "*"))
    return name


async def load(town: SimTown, kind: str, *rows: dict[str, Any]) -> None:
    hub = town._hub()
    await hub.writer.submit(load_part, RosterPart(kind, rows, hub.keys.mark))


async def reason(town: SimTown, door: str) -> str:
    reply = await town.phones["p-1"].open(door)
    return str(reply.body.get("reason") or reply.body.get("code"))


@pytest.mark.luck
@pytest.mark.parametrize("seed", seeds([1], range(2, 7)))
def test_a_lockdown_reaches_every_door_and_the_absent_one_when_it_is_back(
    seed: int, tmp_path: Path
) -> None:
    async def story() -> None:
        town = SimTown(seed, tmp_path)
        try:
            await town.build()
            hub, staff = town._hub(), await member(town)
            await town.settle()
            town.air.unreachable.add("b")
            town.air.cut("b")
            wish = Lockdown(Factor(staff, 1), "stranger inside")
            await hub.writer.submit(begin_lockdown, wish)
            await asyncio.sleep(10.0)
            locked, open_ = DoorMode.LOCKED_DOWN, DoorMode.LOCKED
            assert modes(town) == {"a1": locked, "a2": locked, "b1": open_}
            assert await reason(town, "a1") == "locked_down"
            await town.tap("p-1", "a1")
            await town.kill_controller("a")  # whatever it was doing
            await town.settle()
            assert set(modes(town).values()) == {locked}  # from the disk, and from the hub
            await hub.writer.submit(end_lockdown, Lockdown(Factor(staff, 2), "all clear"))
            await asyncio.sleep(10.0)
            assert set(modes(town).values()) == {open_}
            assert await reason(town, "a1") in ("granted", "policy_behind")
            assert town.fatal == []
        finally:
            await town.close()

    virtual.run(story())


def test_a_door_opens_by_the_hour_and_stays_as_it_is_without_the_hub(tmp_path: Path) -> None:
    async def story() -> None:
        town = SimTown(5, tmp_path)
        try:
            await town.build()
            day = [[[9 * 60, 10 * 60]]] * 8  # the town begins at 08:00
            await load(town, "schedules", {"id": "s", "days": day})
            await load(
                town, "doors", {"id": "a1", "modes": [{"schedule": "s", "mode": "Unlocked"}]}
            )
            await asyncio.sleep(10.0)
            await town.kill_hub()
            strike = town.controllers["a"].strikes[1]
            strike.pulses.clear()
            began_s = asyncio.get_running_loop().time()
            await asyncio.sleep(3 * 3600.0)
            held = [at_s for _, at_s in strike.pulses]
            assert 58 * 60 <= held[-1] - held[0] <= 3600
            assert max(b - a for a, b in pairwise(held)) < 5.0
            assert town.controllers["b"].strikes[1].pulses == []
            assert held[0] >= began_s
        finally:
            await town.close()

    virtual.run(story())


def test_a_pass_works_a_week_without_the_hub_and_no_longer(tmp_path: Path) -> None:
    async def story() -> None:
        town = SimTown(7, tmp_path)
        try:
            await town.build()
            await asyncio.sleep(70.0)  # its memory is older than the passes
            door = town.controllers["a"].door
            assert door is not None
            start_s = town.now().timestamp()

            def show(name: str, number: int = 1) -> str:
                now_s = town.now().timestamp()
                return door.on_pass(
                    number, Visit(name, (1, 2), now_s - 60, now_s + 3600, "p-1")
                ).reason

            assert show("v1") == "granted"
            assert show("v1", 2) == "granted"
            await asyncio.sleep(11.0)
            assert show("v1") == "pass_used"
            await town.kill_hub()
            await asyncio.sleep(WEEK_S - 3600 - (town.now().timestamp() - start_s))
            assert show("v2") == "granted"
            await asyncio.sleep(2 * 3600.0)
            assert show("v3") == "policy_stale"
            assert door.shelf.revision > Revision(0, 0)
        finally:
            await town.close()

    virtual.run(story())


def test_a_mode_by_the_hour_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        town = SimTown(9, tmp_path)
        try:
            await town.build()
            await load(town, "doors", {"id": "b1", "mode": "Blocked"})
            await asyncio.sleep(10.0)
            assert await reason(town, "b1") == "door_blocked"
            await town.settle()
            hub = town._hub()
            with hub.engines.read.connect() as connection:
                query = select(t.events.c.door_id).where(t.events.c.kind == "mode")
                assert list(connection.execute(query).scalars()) == ["b1"]
        finally:
            await town.close()

    virtual.run(story())
