"""A copy older than an ending: phones, members, PINs and rules do not come back with it.

The hub leaves what it ended with every device, sealed to itself; a restored one reads it before it
lets anybody in. A device is believed of its own doors alone.
"""

import asyncio
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from devices.messages import Recall
from hub import sealed
from hub.acts.cards import BlockCard, block_card
from hub.acts.operating import NewPin, set_pin
from hub.acts.phones import Revocation, revoke
from hub.acts.policies import ask_for
from hub.acts.restoring import TOLD, end_again, endings_known, in_parts
from hub.acts.roster import RosterPart, load_part
from hub.acts.staff import EndMember, end_member
from hub.endings import FILE, unseal
from hub.store import tables as t
from hub.store.writer import Done, Tx
from tests.simulation import virtual
from tests.simulation.test_restore import LOST, OTHER, WORDS, Story, forbid
from tests.simulation.town import DEVICES, SITE

HOURS = [[[480, 600]]] * 8


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "_SCRYPT_N", 2**10)


def hire(tx: Tx, member: tuple[str, str], now: datetime) -> Done[None]:
    del now
    name, sealed_totp = member
    values = {"password_hash": "-", "totp_sealed": sealed_totp, "created_at": 0.0}
    tx.execute(insert(t.staff).values(id=f"s-{name}", name=name, **values))
    return Done(None)


def typed(tx: Tx, pins: tuple[str, str], now: datetime) -> Done[None]:
    """Doors with keypads; ``pins`` are a person and a PIN, sealed by the test."""
    del now, pins
    tx.execute(update(t.doors).values(typed=True))
    return Done(None, (ask_for(tx, DEVICES),))


async def pin(story: Story, person: str, digits: str) -> None:
    assert story.town.hub is not None
    held = story.town.hub.keys
    closed = held.close_envelope(digits.encode(), f"pin:{person}:pin")
    marks = {"pin": held.mark("pin", f"h-1|{digits}")}
    await story.act(set_pin, NewPin(person, "test", {"pin": closed}, marks))


async def roster(story: Story, kind: str, rows: list[dict[str, Any]]) -> None:
    assert story.town.hub is not None
    await story.act(load_part, RosterPart(kind, rows, story.town.hub.keys.mark))


async def ended_after_the_copy(folder: Path, *, file: bool) -> None:
    story = Story(21, folder)
    town = story.town
    try:
        await story.town.build()
        assert town.hub is not None
        for name in ("leaver", "stayer"):
            closed = town.hub.keys.close_envelope(bytes(20), f"totp:{name}")
            await story.act(hire, (name, closed))
        await pin(story, LOST, "2580")
        await pin(story, OTHER, "3690")
        await story.act(typed, ("", ""))
        story_copy(story)
        assert town.hub is not None
        (phone,) = [row.id for row in town.rows(t.phones) if row.person_id == LOST]
        await story.act(revoke, Revocation(phone, "test"))
        await story.act(end_member, EndMember("leaver", "test"))
        await pin(story, LOST, "9513")
        await roster(story, "schedules", [{"id": "s-short", "days": HOURS}])
        await roster(story, "rules", [{"id": "r-a1", "schedule_id": "s-short"}])
        await story.restore()
        if file:
            await read_file(story)
        else:
            town.air.unreachable.update(DEVICES)
        await town.start_hub()
        if not file:
            for person in (LOST, OTHER):  # nobody is let in by a list that may be old
                reply = await town.phones[person].open("a1")
                assert (reply.status, reply.body["code"]) == (503, "hub_busy"), reply.body
        await town.settle()
        assert story.states() == dict.fromkeys(DEVICES, TOLD)
        reply = await town.phones[LOST].open("a2")
        assert reply.body["code"] == "phone_revoked", reply.body
        reply = await town.phones[OTHER].open("a2")
        assert reply.body["outcome"] == "opened", reply.body
        members = {row.name: row.ended_at is None for row in town.rows(t.staff)}
        assert members == {"leaver": False, "stayer": True}
        policies = {n: c.door.shelf.policy for n, c in town.controllers.items() if c.door}
        for name, policy in policies.items():
            assert policy is not None
            for door in policy.doors.values():
                assert door.pins is not None
                assert set(door.pins.verifiers) == {OTHER}  # LOST must set a new one
                hours = {rule.schedule and policy.schedules[rule.schedule].days
                         for rule in door.rules.values() if not rule.deny}  # fmt: skip
                short = tuple(((480, 600),) for _ in range(8))
                assert (short in hours) == (name == "a" and door.number == 1)
        await pin(story, LOST, "7412")
        house = town.controllers["b"].door
        assert house is not None
        assert house.shelf.policy is not None
        pins = house.shelf.policy.doors[1].pins
        assert pins is not None
        assert set(pins.verifiers) == {LOST, OTHER}
        await town.settle()
        assert town.fatal == []
        assert town.rows(t.quarantine) == []
    finally:
        await town.close()


def story_copy(story: Story) -> None:
    from hub.backup import back_up  # noqa: PLC0415

    back_up(story.town.folder, story.folder / "copy", WORDS)


async def read_file(story: Story) -> None:
    """The old machine's folder is still there: what the verb does with its file."""
    from hub import keys  # noqa: PLC0415
    from hub.store.engine import open_engines  # noqa: PLC0415
    from hub.store.lease import take_lease  # noqa: PLC0415
    from hub.store.writer import Batcher, Writer  # noqa: PLC0415

    folder = story.town.folder
    ended = unseal(keys.load(folder), SITE, (folder / FILE).read_bytes())
    assert ended is not None
    engines = open_engines(f"sqlite:///{folder / 'hub.db'}")
    epoch = take_lease(engines, "restore")
    now, fatal = story.town.now, story.town.fatal.append
    writer = Writer(Batcher(engines, epoch, "restore"), now, fatal, inline=True)
    for part in in_parts(ended):
        await writer.submit(end_again, part)
    await writer.submit(endings_known, None)
    await writer.close()
    engines.close()


@pytest.mark.parametrize("file", [False, True])
def test_what_was_ended_after_the_copy_stays_ended(tmp_path: Path, file: bool) -> None:
    virtual.run(ended_after_the_copy(tmp_path, file=file))


async def a_liar(folder: Path) -> None:
    """A stolen controller names cards as blocked, and endings that nobody sealed."""
    story = Story(23, folder)
    town = story.town
    try:
        await story.begin()
        await story.act(block_card, BlockCard(f"c-{LOST}", "test"))
        await story.restore()
        liar = town.controllers["b"].device
        assert liar is not None
        honest = liar.testify
        forged = "x" * 900

        def lies(asked: Recall) -> list[dict[str, str | int]]:
            parts = honest(asked)
            return [parts[0] | {"same": 0, "d9": f"c-{OTHER},c-{LOST}"}, *parts[1:]]

        liar.testify = lies
        liar.journal.keep_text("endings", forged)
        liar.journal.keep_text = lambda key, value: None  # type: ignore[method-assign]
        began = town.now().timestamp()
        await town.start_hub()
        await town.settle()
        assert story.states() == dict.fromkeys(DEVICES, TOLD)
        blocked = {row.id for row in town.rows(t.cards) if row.blocked_at is not None}
        assert blocked == {f"c-{LOST}"}  # what the hub itself had sealed, and nothing else
        assert not [row for row in town.rows(t.phones) if row.revoked_at is not None]
        await story.pass_by(OTHER, ("a1", "a2"))
        await story.pass_by(LOST)
        await town.settle()
        assert story.granted(OTHER, began) == 2
        assert story.granted(LOST, began) == 0
    finally:
        await town.close()


def test_a_stolen_controller_speaks_for_its_own_doors_alone(tmp_path: Path) -> None:
    virtual.run(a_liar(tmp_path))


async def older_endings(folder: Path) -> None:
    """A restored hub does not replace what devices keep before most of them have told."""
    story = Story(25, folder)
    town = story.town
    try:
        await story.begin()
        await story.act(block_card, BlockCard(f"c-{LOST}", "test"))
        kept = {n: c.device.journal.text("endings") for n, c in town.controllers.items()
                if c.device is not None}  # fmt: skip
        assert all(kept.values())
        await story.restore()
        town.air.unreachable.update(DEVICES)
        await town.start_hub()
        assert town.hub is not None
        town.hub.ingest.question = lambda _device: None  # it cannot ask yet
        town.air.unreachable.clear()
        await asyncio.sleep(300.0)
        for name, controller in town.controllers.items():
            assert controller.device is not None
            assert controller.device.journal.text("endings") == kept[name]
        town.hub.ingest.question = town.hub.recalls.question
        await asyncio.sleep(700.0)
        await town.settle()
        for name, controller in town.controllers.items():
            assert controller.device is not None
            now_kept = controller.device.journal.text("endings")
            assert now_kept != kept[name]
            ended = unseal(town.hub.keys, SITE, now_kept.encode())
            assert ended is not None
            assert ended.cards == (f"c-{LOST}",)
    finally:
        await town.close()


def test_older_endings_replace_no_newer_ones(tmp_path: Path) -> None:
    virtual.run(older_endings(tmp_path))


async def twice(folder: Path) -> None:
    """A copy made after a first restore: what was kept out then is kept out after the second."""
    story = Story(27, folder)
    town = story.town
    try:
        await story.begin()
        await story.act(forbid, LOST)
        began = town.now().timestamp()
        for _ in range(2):
            await story.restore()
            shutil.rmtree(story.folder / "back")
            await town.start_hub()
            await town.settle()
            assert story.states() == dict.fromkeys(DEVICES, TOLD)
            held = {(row.device_id, row.subject) for row in town.rows(t.restraints)}
            assert ("b", f"person:1:{LOST}") in held
            await story.pass_by(LOST)
            await town.settle()
            story_copy(story)
        assert story.granted(LOST, began) == 0
    finally:
        await town.close()


def test_a_second_restore_remembers_the_first(tmp_path: Path) -> None:
    virtual.run(twice(tmp_path))


async def late_and_alone(folder: Path, seed: int) -> None:
    """Only one device heard of an ending, and it comes back after the restored hub has spoken.

    By then the others have told, the hub is not blind any more and has left a list of its own with
    the broker, which the late one hears as soon as it is back: before it was asked.
    """
    story = Story(seed, folder)
    town = story.town
    try:
        await story.begin()
        town.air.unreachable.add("a")
        town.air.cut("a")
        (phone,) = [row.id for row in town.rows(t.phones) if row.person_id == LOST]
        await story.act(revoke, Revocation(phone, "test"))
        town.air.unreachable.add("b")
        town.air.cut("b")
        assert town.controllers["b"].device is not None
        alone = town.controllers["b"].device.journal.text("endings")
        town.air.crash(keep_retained=False)  # the old machine's broker dies with it
        town.air.down = False
        await story.restore()
        town.air.unreachable.discard("a")
        await town.start_hub()
        await asyncio.sleep(60.0)
        assert story.states() == {"a": TOLD, "b": "waiting"}
        ended = {row.id for row in town.rows(t.phones) if row.revoked_at is not None}
        assert ended == set(), "nobody here knows better yet"
        town.air.unreachable.discard("b")
        await town.settle()
        await asyncio.sleep(300.0)
        assert story.states() == dict.fromkeys(DEVICES, TOLD)
        reply = await town.phones[LOST].open("a2")
        assert reply.body["code"] == "phone_revoked", reply.body
        now_kept = town.controllers["b"].device.journal.text("endings")
        assert now_kept != alone, "and then it takes the new list over"
        assert town.hub is not None
        told = unseal(town.hub.keys, SITE, now_kept.encode())
        assert told is not None
        assert told.phones == (phone,)
    finally:
        await town.close()


@pytest.mark.parametrize("seed", [31, 32, 33])
def test_the_last_to_come_back_is_heard_before_it_is_told(tmp_path: Path, seed: int) -> None:
    virtual.run(late_and_alone(tmp_path, seed))
