"""A copy older than a revocation is brought back: what a door denies stays denied.

Real hub and controllers in virtual time, with delays, repeats, cuts and kills; nobody enrols again.
"""

import asyncio
import shutil
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, select

from devices.messages import Revision
from hub import sealed
from hub.acts.cards import BlockCard, block_card
from hub.acts.policies import ask_for
from hub.acts.restoring import RELEASED, TOLD, WAITING, Release, Restored, mark_restored, release
from hub.backup import back_up, bring_back
from hub.sealed import Passphrase
from hub.store import chain
from hub.store import tables as t
from hub.store.engine import open_engines
from hub.store.lease import take_lease
from hub.store.writer import Batcher, Done, Tx, Writer
from tests.luck import seeds
from tests.simulation import virtual
from tests.simulation.air import Weather
from tests.simulation.town import DEVICES, PEOPLE, SimTown

WORDS = Passphrase("correct horse battery")
LOST, OTHER = PEOPLE[0], PEOPLE[1]


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "_SCRYPT_N", 2**10)


def forbid(tx: Tx, person: str, now: datetime) -> Done[None]:
    """From now on only the others pass, each by a rule of their own."""
    del now
    tx.execute(delete(t.rules))
    for door in ("a1", "a2", "b1"):
        for other in PEOPLE:
            if other != person:
                rule = {"id": f"{door}-{other}", "door_id": door, "subject_kind": "person"}
                tx.execute(t.rules.insert().values(subject=other, deny=False, **rule))
    return Done(None, (ask_for(tx, DEVICES),))


class Story:
    """A town with a copy of its first hour."""

    def __init__(self, seed: int, folder: Path, database: str = "") -> None:
        self.folder = folder
        self.town = SimTown(seed, folder / "town", database)
        self.town.folder.mkdir()
        self.luck = Random(seed + 7)

    async def begin(self) -> None:
        await self.town.build()
        await self.pass_by(OTHER)
        back_up(self.town.folder, self.folder / "copy", WORDS)

    async def pass_by(self, person: str, doors: tuple[str, ...] = ("a1", "a2", "b1")) -> None:
        for door in doors:
            if self.town.controllers[door[0]].device is not None:
                await self.town.tap(person, door)
                await asyncio.sleep(3.0)

    async def act(self, deed: Any, what: Any) -> None:
        assert self.town.hub is not None
        await self.town.hub.writer.submit(deed, what)
        await asyncio.sleep(20.0)

    async def restore(self) -> None:
        """The hub's disk dies; the copy goes onto a new one."""
        town = self.town
        await town.kill_hub()
        for old in town.folder.glob("hub.db*"):
            old.unlink()
        done = bring_back(self.folder / "copy", WORDS, self.folder / "back")
        shutil.move(self.folder / "back" / "hub.db", town.folder / "hub.db")
        engines = open_engines(f"sqlite:///{town.folder / 'hub.db'}")
        epoch = take_lease(engines, "restore", town.now().timestamp())
        writer = Writer(
            Batcher(engines, epoch, "restore"), town.now, town.fatal.append, inline=True
        )
        what = Restored(done.mark, done.manifest["made_at"], done.manifest["epoch"])
        await writer.submit(mark_restored, what)
        await writer.close()
        engines.close()

    def states(self) -> dict[str, str]:
        return {row.device_id: row.state for row in self.town.rows(t.recalls)}

    def granted(self, person: str, since: float) -> int:
        return sum(
            1
            for event in self.town.events()
            if event.person_id == person and event.outcome == "granted" and event.at > since
        )

    def in_force(self, device: str) -> Revision:
        controller = self.town.controllers[device]
        assert controller.door is not None
        return controller.door.shelf.revision

    def check(self) -> None:
        town = self.town
        assert town.fatal == []
        assert town.rows(t.quarantine) == []
        assert town.hub is not None
        with town.hub.engines.read.connect() as connection:
            assert chain.verify(connection).fine
        at_hub = {(e.device_id, e.boot, e.seq) for e in town.events() if e.device_id != "hub-1"}
        for name, controller in town.controllers.items():
            assert controller.device is not None
            journal = controller.device.journal
            assert journal.held() == 0  # every acknowledgement got through, gapless
            held = journal._db.execute("select boot, seq from outbox").fetchall()
            assert {(name, boot, seq) for boot, seq in held} <= at_hub
        assert len(town.rows(t.phones)) == len(PEOPLE)
        assert len(town.rows(t.devices)) == len(DEVICES)


async def revoked_after_the_copy(seed: int, folder: Path) -> None:
    story = Story(seed, folder)
    town = story.town
    try:
        await story.begin()
        await story.act(block_card, BlockCard(f"c-{LOST}", "test"))
        await story.pass_by(OTHER)  # events that only the doors remember
        await town.settle()
        began = town.now().timestamp()
        await story.restore()
        await town.start_hub()
        for _ in range(4):  # at once, while the doors are being asked, and after
            await story.pass_by(LOST)
        await town.settle()
        assert story.states() == dict.fromkeys(DEVICES, TOLD)
        await story.pass_by(LOST)
        await story.pass_by(OTHER)
        await town.settle()
        assert story.granted(LOST, began) == 0
        assert story.granted(OTHER, began) == 3
        (card,) = [row for row in town.rows(t.cards) if row.person_id == LOST]
        assert card.blocked_at is not None  # for kiosk and desk too, not only at this door
        for name in DEVICES:
            assert story.in_force(name).epoch > 1_000_000  # new policies reach every door again
        reply = await town.phones[OTHER].open("a1")
        assert reply.body["outcome"] == "opened", reply.body
        await town.settle()
        story.check()
    finally:
        await town.close()


def test_a_card_blocked_after_the_copy_stays_blocked(tmp_path: Path) -> None:
    virtual.run(revoked_after_the_copy(3, tmp_path))


async def nothing_happened_since(folder: Path) -> None:
    story = Story(5, folder)
    try:
        await story.begin()
        await story.restore()
        await story.town.start_hub()
        await story.town.settle()
        assert story.states() == dict.fromkeys(DEVICES, TOLD)
        assert story.town.rows(t.restraints) == []
        await story.act(block_card, BlockCard(f"c-{LOST}", "test"))
        began = story.town.now().timestamp()
        await story.pass_by(LOST)
        await story.town.settle()
        assert story.granted(LOST, began) == 0
        story.check()
    finally:
        await story.town.close()


def test_a_fresh_copy_holds_nobody_back(tmp_path: Path) -> None:
    virtual.run(nothing_happened_since(tmp_path))


async def a_right_was_taken(folder: Path) -> None:
    story = Story(9, folder)
    town = story.town
    try:
        await story.begin()
        await story.act(forbid, LOST)
        began = town.now().timestamp()
        await story.restore()
        await town.start_hub()
        await town.settle()
        held = {(row.device_id, row.subject) for row in town.rows(t.restraints)}
        # whoever the doors do not let in stays out by person and by card
        assert {
            ("a", f"person:1:{LOST}"),
            ("a", f"person:2:{LOST}"),
            ("b", f"person:1:{LOST}"),
        } <= (held)
        assert not [subject for _, subject in held if OTHER in subject]
        await story.pass_by(LOST)
        await town.settle()
        assert story.granted(LOST, began) == 0
        for device in DEVICES:
            await story.act(release, Release(device, "operator", "moved back in"))
        await story.pass_by(LOST)
        await town.settle()
        assert story.granted(LOST, began) == 3
        assert story.states() == dict.fromkeys(DEVICES, RELEASED)
        story.check()
    finally:
        await town.close()


def test_a_right_taken_after_the_copy_waits_for_staff(tmp_path: Path) -> None:
    virtual.run(a_right_was_taken(tmp_path))


def move_in(tx: Tx, person: str, now: datetime) -> Done[None]:
    del now
    tx.execute(t.people.insert().values(id=person, household_id="h-1", name=person, elder=False))
    return Done(None, (ask_for(tx, DEVICES),))


async def somebody_new(folder: Path) -> None:
    """The doors know more than the copy: they end up with the hub's rules all the same."""
    story = Story(15, folder)
    town = story.town
    try:
        await story.begin()
        await story.act(move_in, "p-new")
        await story.restore()
        await town.start_hub()
        await town.settle()
        assert town.rows(t.restraints) == []
        for name in DEVICES:
            door = town.controllers[name].door
            assert door is not None
            assert door.shelf.policy is not None
            assert {tuple(sorted(plan.people)) for plan in door.shelf.policy.doors.values()} == {
                tuple(sorted(PEOPLE))
            }
        story.check()
    finally:
        await town.close()


def test_a_door_that_knows_more_takes_the_hubs_rules(tmp_path: Path) -> None:
    virtual.run(somebody_new(tmp_path))


async def a_silent_door(folder: Path) -> None:
    story = Story(11, folder)
    town = story.town
    try:
        await story.begin()
        await story.act(block_card, BlockCard(f"c-{LOST}", "test"))
        town.air.unreachable.add("b")
        town.air.cut("b")
        before = story.in_force("b")
        await story.restore()
        await town.start_hub()
        await asyncio.sleep(60.0)
        assert story.states() == {"a": TOLD, "b": WAITING}
        town.air.unreachable.clear()
        assert town.hub is not None
        town.hub.ingest.question = lambda _device: None  # a hub that cannot ask
        await asyncio.sleep(700.0)
        assert story.in_force("b") == before  # connected, but nothing is published for it
        town.hub.ingest.question = town.hub.recalls.question
        await asyncio.sleep(700.0)
        assert story.states() == {"a": TOLD, "b": TOLD}
        await town.settle()
        assert story.in_force("b") > before
        story.check()
    finally:
        await town.close()


def test_a_door_that_has_not_told_keeps_its_policy(tmp_path: Path) -> None:
    virtual.run(a_silent_door(tmp_path))


async def a_bad_day(seed: int, folder: Path) -> None:
    """Kills and cuts while the doors are asked: the lost card never opens, and all heals."""
    story = Story(seed, folder)
    town = story.town
    try:
        await story.begin()
        await story.act(block_card, BlockCard(f"c-{LOST}", "test"))
        began = town.now().timestamp()
        await story.restore()
        await town.start_hub()
        town.air.weather = story.luck.choice([Weather(), Weather((0.2, 1.5), 0.3)])
        for _ in range(25):
            await asyncio.sleep(story.luck.expovariate(1 / 0.8))
            await one_thing(story)
        town.air.weather = Weather((0.001, 0.01), 0)
        await town.settle()
        await town.settle()
        assert story.states() == dict.fromkeys(DEVICES, TOLD)
        await story.pass_by(LOST)
        await story.pass_by(OTHER)
        await town.settle()
        assert story.granted(LOST, began) == 0
        assert story.granted(OTHER, began) >= 3
        story.check()
    finally:
        await town.close()


async def one_thing(story: Story) -> None:
    town, luck = story.town, story.luck
    name = luck.choice(list(DEVICES))
    happening = luck.choice(["tap", "tap", "cut", "hub", "door", "door"])
    if happening == "tap":
        await town.tap(luck.choice(PEOPLE), luck.choice(["a1", "a2", "b1"]))
    elif happening == "cut":
        town.air.cut(luck.choice([name, "hub-1"]))
    elif happening == "hub":
        await town.kill_hub()
        await town.start_hub()
    elif town.controllers[name].device is None:
        town.start_controller(name)
    else:
        await town.kill_controller(name)


@pytest.mark.luck
@pytest.mark.parametrize("seed", seeds([1, 2], range(3, 13)))
def test_it_holds_whatever_is_killed_when(seed: int, tmp_path: Path) -> None:
    virtual.run(a_bad_day(seed, tmp_path))


async def older_than_the_doors_remember(folder: Path) -> None:
    """Events that a door has swept away are told as a gap; no acknowledgement waits for them."""
    story = Story(13, folder)
    town = story.town
    try:
        await story.begin()
        await story.pass_by(OTHER)
        await town.settle()
        a = town.controllers["a"].device
        assert a is not None
        first = a.journal._db.execute("select max(seq) from outbox where boot_n = 1").fetchone()[0]
        a.journal._db.execute("delete from outbox where seq < ?", (first,))
        await story.restore()
        await town.start_hub()
        await town.settle()
        gaps = [row for row in town.rows(t.gaps) if row.device_id == "a"]
        named = [n for gap in gaps for n in range(gap.first, gap.last + 1)]
        assert sorted(named) == list(range(1, first))  # what the copy lacked, then all of it
        story.check()
        with town._hub().engines.read.connect() as connection:
            kinds = connection.execute(select(t.chain.c.kind)).scalars().all()
        assert kinds.count("restored") == 1
    finally:
        await town.close()


def test_a_very_old_copy_is_no_deadlock(tmp_path: Path) -> None:
    virtual.run(older_than_the_doors_remember(tmp_path))
