"""A machine's snapshot is put back by hand: whoever was ended since stays outside.

Nobody ran `restore`. Doors hold policies that this hub never gave and were acknowledged events that
it never had; by that it finds out by itself that its disk is old, and asks before it is believed.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from devices import device, wire
from devices.kept_endings import BETWEEN
from devices.messages import Event, Revision
from devices.recall import FORGOT
from hub.acts.cards import BlockCard, block_card
from hub.acts.phones import Revocation, revoke
from hub.acts.restoring import TOLD
from hub.ingest import Ingest
from hub.store import tables as t
from hub.store.memory import DeviceEntry
from tests.luck import seeds
from tests.simulation import virtual
from tests.simulation.air import Weather
from tests.simulation.test_put_back import copy
from tests.simulation.test_restore import LOST, OTHER, Story, one_thing
from tests.simulation.town import DEVICES, PEOPLE, SimTown

SEEDS = seeds(range(1, 4), range(4, 20))


class Tale(Story):
    """A story whose copy is taken of a machine that stands still."""

    async def begin(self) -> None:
        await self.town.build()
        await self.pass_by(OTHER)
        await self.restart(0.0)

    async def restart(self, after_s: float) -> None:
        town = self.town
        await town.kill_hub()
        if not (self.folder / "copy").exists():
            copy(town.folder, self.folder / "copy")
        await asyncio.sleep(after_s)
        await town.start_hub()

    async def put_back(self) -> None:
        town = self.town
        await town.kill_hub()
        for old in town.folder.glob("hub.db*"):
            old.unlink()
        copy(self.folder / "copy", town.folder)
        await town.start_hub()

    async def told(self) -> None:
        """Every device has said what it holds; a lost question is put again within minutes."""
        for _ in range(90):
            if self.states() == dict.fromkeys(DEVICES, TOLD):
                break
            await asyncio.sleep(10.0)
        await self.town.settle()
        assert self.states() == dict.fromkeys(DEVICES, TOLD)

    def lists(self) -> set[int]:
        """Of how many lives of the hub the controllers keep endings."""
        here = [one.device for one in self.town.controllers.values() if one.device]
        return {len(one.journal.text("endings").split(BETWEEN)) for one in here}

    def alerts(self) -> set[str]:
        return {row.kind for row in self.town.rows(t.alerts)}


@asynccontextmanager
async def told_in(seed: int, folder: Path) -> AsyncIterator[tuple[Tale, SimTown]]:
    """A tale and its town, which ends with it."""
    tale = Tale(seed, folder)
    try:
        yield tale, tale.town
    finally:
        await tale.town.close()


async def blocked_since(seed: int, folder: Path) -> None:
    luck = Random(seed)
    async with told_in(seed, folder) as (tale, town):
        await tale.begin()
        for _ in range(luck.randrange(3)):
            await tale.restart(luck.uniform(2, 60))
        await tale.act(block_card, BlockCard(f"c-{LOST}", "test"))
        for _ in range(luck.randrange(3)):
            await tale.restart(luck.uniform(2, 60))
        await town.settle()
        began = town.now().timestamp()
        town.air.weather = luck.choice([Weather(), Weather((0.2, 3.0), 0.3)])
        away = luck.choice([*DEVICES, ""])
        town.air.unreachable.update({away} - {""})
        await tale.put_back()
        await asyncio.sleep(luck.uniform(1.0, 40.0))
        assert town.hub is not None
        if luck.random() < 0.5:  # somebody is about their work, and knows of nothing
            await town.hub.writer.submit(block_card, BlockCard(f"c-{PEOPLE[2]}", "test"))
        await tale.pass_by(LOST)
        town.air.weather = Weather((0.001, 0.01), 0)
        await town.settle()
        assert town.begun_anew == 1
        await tale.told()
        for _ in range(2):
            await tale.pass_by(LOST)
            await tale.pass_by(OTHER)
            await town.settle()
        assert "hub_older" in tale.alerts()
        assert tale.granted(LOST, began) == 0
        assert tale.granted(OTHER, began) >= 3
        (card,) = [row for row in town.rows(t.cards) if row.person_id == LOST]
        assert card.blocked_at is not None
        tale.check()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_card_blocked_since_the_snapshot_stays_blocked(seed: int, tmp_path: Path) -> None:
    virtual.run(blocked_since(seed, tmp_path))


async def revoked_since(seed: int, folder: Path) -> None:
    """No policy tells of a phone: the events do, that doors were acknowledged for."""
    luck = Random(seed)
    async with told_in(seed, folder) as (tale, town):
        await tale.begin()
        await tale.pass_by(OTHER)
        (phone,) = [row.id for row in town.rows(t.phones) if row.person_id == LOST]
        await tale.act(revoke, Revocation(phone, "test"))
        await town.settle()
        town.air.weather = luck.choice([Weather(), Weather((0.2, 3.0), 0.3)])
        town.air.unreachable.update(luck.sample([*DEVICES], luck.randrange(3)))
        await tale.put_back()
        await asyncio.sleep(luck.uniform(1.0, 60.0))
        town.air.weather = Weather((0.001, 0.01), 0)
        await town.settle()
        assert town.begun_anew == 1
        await tale.told()
        reply = await town.phones[LOST].open("a2")
        assert reply.body["code"] == "phone_revoked", reply.body
        for _ in range(5):  # the weather may have left an old word of the controller's state
            reply = await town.phones[OTHER].open("a2")
            if reply.body.get("code") != "door_offline":
                break
            await town.kill_controller("a")
            await town.settle()
        assert reply.body["outcome"] == "opened", reply.body
        await town.settle()
        tale.check()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_phone_revoked_since_the_snapshot_stays_revoked(seed: int, tmp_path: Path) -> None:
    virtual.run(revoked_since(seed, tmp_path))


async def twice_a_day(folder: Path) -> None:
    """A liar was believed at noon; a snapshot of the afternoon is put back in the evening."""
    async with told_in(9, folder) as (tale, town):
        await tale.begin()
        liar = town.controllers["b"].door
        assert liar is not None
        liar.shelf.revision = Revision(2_000_000_000, 9)
        liar.shelf.announce()
        await asyncio.sleep(5.0)
        assert town.begun_anew == 1
        await tale.told()
        await asyncio.sleep(3 * 3600.0)
        shutil.rmtree(folder / "copy")
        await tale.restart(1.0)
        (phone,) = [row.id for row in town.rows(t.phones) if row.person_id == LOST]
        await tale.act(revoke, Revocation(phone, "test"))
        await tale.pass_by(OTHER, ("a1", "a2"))
        await town.settle()
        await tale.put_back()
        await asyncio.sleep(30.0)
        assert town.begun_anew == 2
        await tale.told()
        reply = await town.phones[LOST].open("a2")
        assert reply.body["code"] == "phone_revoked", reply.body


def test_what_one_device_claimed_does_not_silence_another(tmp_path: Path) -> None:
    virtual.run(twice_a_day(tmp_path))


async def a_life_begins(folder: Path) -> None:
    """The list of a hub that begins stands beside the one before until it could have asked."""
    async with told_in(11, folder) as (tale, town):
        await tale.begin()
        await tale.act(block_card, BlockCard(f"c-{LOST}", "test"))
        await asyncio.sleep(120.0)
        assert tale.lists() == {1}
        await tale.restart(1.0)
        await asyncio.sleep(30.0)
        assert tale.lists() == {2}
        await asyncio.sleep(60.0)
        assert tale.lists() == {1}
        for controller in town.controllers.values():  # its key may have ended, or a clock be wrong
            own = controller.device
            assert own is not None
            own._keys.clear()
            held = own.journal.text("endings")
            own._keep_endings()
            assert own.journal.text("endings") == held != ""


def test_endings_of_a_new_life_wait_beside_the_old_ones(tmp_path: Path) -> None:
    virtual.run(a_life_begins(tmp_path))


async def whatever_is_killed(seed: int, folder: Path) -> None:
    """Hub, doors and lines die while the hub learns it, begins anew and asks."""
    luck = Random(seed)
    async with told_in(seed, folder) as (tale, town):
        await tale.begin()
        (phone,) = [row.id for row in town.rows(t.phones) if row.person_id == LOST]
        await tale.act(revoke, Revocation(phone, "test"))
        await tale.pass_by(OTHER, ("a1", "b1"))
        await town.settle()
        await asyncio.sleep(luck.uniform(0, 200))
        town.air.weather = luck.choice([Weather(), Weather((0.2, 1.5), 0.3)])
        await tale.put_back()
        for _ in range(20):
            await asyncio.sleep(luck.expovariate(1 / 2))
            if town.hub is not None:
                await one_thing(tale)
        town.air.weather = Weather((0.001, 0.01), 0)
        await town.settle()
        await tale.told()
        assert town.begun_anew == 1
        reply = await town.phones[LOST].open("a2")
        assert reply.body["code"] == "phone_revoked", reply.body
        assert town.fatal == []


@pytest.mark.parametrize("seed", SEEDS)
def test_it_stays_revoked_whatever_is_killed_when(seed: int, tmp_path: Path) -> None:
    virtual.run(whatever_is_killed(seed, tmp_path))


async def nothing_lost(seed: int, folder: Path) -> None:
    """Kills, cuts and repeated messages are no reason to doubt a disk."""
    luck = Random(seed)
    async with told_in(seed, folder) as (tale, town):
        await tale.begin()
        town.air.weather = Weather((0.2, 3.0), 0.3)
        for _ in range(6):
            await tale.pass_by(OTHER)
            name = luck.choice(list(DEVICES))
            await town.kill_controller(name)
            town.start_controller(name)
            await tale.restart(luck.uniform(1, 40))
        await tale.act(block_card, BlockCard(f"c-{LOST}", "test"))
        await tale.restart(1.0)
        town.air.weather = Weather((0.001, 0.01), 0)
        await town.settle()
        assert town.begun_anew == 0
        assert "hub_older" not in tale.alerts()
        tale.check()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hub_that_lost_nothing_asks_nobody(seed: int, tmp_path: Path) -> None:
    virtual.run(nothing_lost(seed, tmp_path))


async def a_liar(folder: Path) -> None:
    """A stolen controller claims a policy of tomorrow again and again: once a day it is asked."""
    async with told_in(7, folder) as (tale, town):
        await tale.begin()
        door = town.controllers["b"].door
        assert door is not None
        for _ in range(6):
            door.shelf.revision = Revision(2_000_000_000, 9)
            door.shelf.announce()
            await asyncio.sleep(600.0)
        assert town.begun_anew == 1
        began = town.now().timestamp()
        await tale.act(block_card, BlockCard(f"c-{LOST}", "test"))
        await tale.pass_by(LOST, ("a1", "a2"))
        await tale.pass_by(OTHER, ("a1", "a2"))
        await town.settle()
        assert tale.granted(LOST, began) == 0
        assert tale.granted(OTHER, began) == 2  # the other doors are ruled as ever
        subjects = {row.subject for row in town.rows(t.alerts) if row.kind == "hub_older"}
        assert subjects == {"device:b"}
        assert town.hub is not None
        with town.hub.engines.read.connect() as connection:
            kinds = select(t.chain.c.kind).where(t.chain.c.kind == "disk_older")
            assert len(connection.execute(kinds).all()) == 1


def test_a_device_that_lies_costs_one_moment_a_day(tmp_path: Path) -> None:
    virtual.run(a_liar(tmp_path))


async def one_event_each(folder: Path) -> None:
    """A quiet hour: since the snapshot each door has told a single thing."""
    async with told_in(8, folder) as (tale, town):
        await tale.begin()
        (phone,) = [row.id for row in town.rows(t.phones) if row.person_id == LOST]
        await tale.act(revoke, Revocation(phone, "test"))
        await tale.pass_by(OTHER, ("b1",))
        await town.settle()
        await tale.put_back()
        await asyncio.sleep(30.0)
        assert town.begun_anew == 1
        await tale.told()
        reply = await town.phones[LOST].open("a2")
        assert reply.body["code"] == "phone_revoked", reply.body
        tale.check()


def test_one_event_that_a_hub_forgot_is_enough(tmp_path: Path) -> None:
    virtual.run(one_event_each(tmp_path))


async def much_to_tell(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Busy doors have days to tell again: the hub hears first that it forgot."""
    monkeypatch.setattr(device, "WINDOW", 4)
    async with told_in(5, folder) as (tale, town):
        await tale.begin()
        (phone,) = [row.id for row in town.rows(t.phones) if row.person_id == LOST]
        await tale.act(revoke, Revocation(phone, "test"))
        for controller in town.controllers.values():
            busy = controller.device
            assert busy is not None
            for _ in range(250):
                busy.send(busy.journal.record(busy.draft("contact")))
        await town.settle()
        town.air.weather = Weather((0.2, 0.45), 0)
        await tale.put_back()
        await asyncio.sleep(30.0)
        assert town.begun_anew == 1
        await tale.told()
        town.air.weather = Weather((0.001, 0.01), 0)
        await town.settle()
        reply = await town.phones[LOST].open("a2")
        assert reply.body["code"] == "phone_revoked", reply.body
        tale.check()


def test_that_a_hub_forgot_is_told_before_all_that_it_forgot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    virtual.run(much_to_tell(tmp_path, monkeypatch))


async def deaf_for_long(folder: Path) -> None:
    """A hub that does not hear it in time: the longer list waits for a life that asks."""
    async with told_in(6, folder) as (tale, town):
        await tale.begin()
        (phone,) = [row.id for row in town.rows(t.phones) if row.person_id == LOST]
        await tale.act(revoke, Revocation(phone, "test"))
        await tale.pass_by(OTHER)
        await asyncio.sleep(120.0)
        await tale.put_back()
        assert town.hub is not None
        ears = town.hub.ingest.listeners
        for leaf in (wire.EVENT, wire.ALARM):
            ears[leaf] = partial(_but_what_it_forgot, ears[leaf], town.hub.ingest)
        await asyncio.sleep(300.0)
        assert town.begun_anew == 0
        assert tale.lists() == {2}
        await tale.restart(1.0)
        await asyncio.sleep(5.0)
        await tale.told()
        assert town.begun_anew == 1
        reply = await town.phones[LOST].open("a2")
        assert reply.body["code"] == "phone_revoked", reply.body
        tale.check()


def _but_what_it_forgot(ear: Any, hub: Ingest, entry: DeviceEntry, raw: bytes) -> None:
    told = wire.open_event(raw, wire.Topics(hub.memory.site, entry.id), lambda _kid: entry.key)
    if not isinstance(told, Event) or told.kind != FORGOT:
        ear(entry, raw)


def test_a_list_is_not_given_up_for_that_of_a_hub_that_is_known_to_have_forgotten(
    tmp_path: Path,
) -> None:
    virtual.run(deaf_for_long(tmp_path))
