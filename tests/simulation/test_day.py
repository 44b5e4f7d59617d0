"""A town's day per seed: delay, repeats, cuts, kills and restarts; then the invariants.

The long run tries more seeds, and LINLI_SEEDS names how many more than those.
"""

import asyncio
import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hub.store import chain
from hub.store import tables as t
from simulators.phone import Reply, SentRequest
from tests.luck import seeds
from tests.simulation import virtual
from tests.simulation.air import Weather
from tests.simulation.town import DOORS, PEOPLE, SimTown

MORE = range(1000, 1000 + int(os.environ.get("LINLI_SEEDS", "0")))
SEEDS = seeds([*range(1, 4), *MORE], range(4, 17))
STEPS = 120


@dataclass
class Story:
    """What people did and were told."""

    replies: list[tuple[str, str, Reply]] = field(default_factory=list)
    copies: list[SentRequest] = field(default_factory=list)
    work: set["asyncio.Task[None]"] = field(default_factory=set)


async def shake(town: SimTown, story: Story, person: str, door: str) -> None:
    if town.hub is None:
        return
    phone = town.phones[person]
    try:
        reply = await phone.open(door)
    except (KeyError, OSError, RuntimeError):
        return  # the hub was killed while it worked on this
    story.replies.append((person, door, reply))
    if phone.last is not None:
        story.copies.append(phone.last)


async def copy(town: SimTown, story: Story, luck: Random) -> None:
    if story.copies and town.hub is not None:
        phone = town.phones[luck.choice(PEOPLE)]
        try:
            await phone.deliver(luck.choice(story.copies))
        except (KeyError, OSError, RuntimeError):
            return
        phone._nonce = None


async def tap(town: SimTown, story: Story, luck: Random, name: str) -> None:
    del story, name
    await town.tap(luck.choice(PEOPLE), luck.choice(DOORS))


async def shake_one(town: SimTown, story: Story, luck: Random, name: str) -> None:
    del name
    work = asyncio.ensure_future(shake(town, story, luck.choice(PEOPLE), luck.choice(DOORS)))
    story.work.add(work)
    work.add_done_callback(story.work.discard)


async def copy_one(town: SimTown, story: Story, luck: Random, name: str) -> None:
    del name
    await copy(town, story, luck)


async def cut(town: SimTown, story: Story, luck: Random, name: str) -> None:
    del story
    town.air.cut(luck.choice([name, "hub-1"]))


async def wall_off(town: SimTown, story: Story, luck: Random, name: str) -> None:
    del story, luck
    town.air.unreachable ^= {name}
    town.air.cut(name)


async def kill_controller(town: SimTown, story: Story, luck: Random, name: str) -> None:
    del story, luck
    await town.kill_controller(name)


async def start_controller(town: SimTown, story: Story, luck: Random, name: str) -> None:
    del story, luck
    if town.controllers[name].device is None:
        town.start_controller(name)


async def kill_hub(town: SimTown, story: Story, luck: Random, name: str) -> None:
    del story, luck, name
    await town.kill_hub()


async def start_hub(town: SimTown, story: Story, luck: Random, name: str) -> None:
    del story, luck, name
    if town.hub is None:
        await town.start_hub()


async def crash_broker(town: SimTown, story: Story, luck: Random, name: str) -> None:
    del story, name
    town.air.crash(keep_retained=luck.random() < 0.5)
    await asyncio.sleep(luck.uniform(0, 5))
    town.air.down = False


async def change_weather(town: SimTown, story: Story, luck: Random, name: str) -> None:
    del story, name
    town.air.weather = luck.choice([Weather(), Weather((0.2, 3.0), 0.3), Weather((0, 0), 0)])
    for controller in town.controllers.values():
        for strike in controller.strikes.values():
            strike.trouble = luck.choice([0.0, 0.2])


# what may happen next, each with its weight
HAPPENINGS = {
    tap: 35,
    shake_one: 30,
    copy_one: 7,
    cut: 6,
    wall_off: 4,
    kill_controller: 5,
    start_controller: 5,
    kill_hub: 3,
    start_hub: 2,
    crash_broker: 1.5,
    change_weather: 1.5,
}


async def one_thing(town: SimTown, story: Story, luck: Random) -> None:
    (happening,) = luck.choices(list(HAPPENINGS), list(HAPPENINGS.values()))
    await happening(town, story, luck, luck.choice(list(town.controllers)))


async def day(seed: int, folder: Path, database: str = "") -> None:
    town = SimTown(seed, folder, database)
    story = Story()
    try:
        await town.build()
        luck = Random(seed + 1)
        for _ in range(STEPS):
            await one_thing(town, story, luck)
            await asyncio.sleep(luck.expovariate(1 / 1.5))
        town.air.weather = Weather((0.001, 0.01), 0)
        await town.settle()
        await asyncio.gather(*story.work)
        check(town, story)
    finally:
        await town.close()


def check(town: SimTown, story: Story) -> None:
    assert town.fatal == []
    events = town.events()
    _every_event_exactly_once(town, events)
    _no_pulse_without_its_event(town, events)
    _phones_were_told_the_truth(story, events)
    assert town.rows(t.quarantine) == []
    assert town.hub is not None
    with town.hub.engines.read.connect() as connection:
        verdict = chain.verify(connection)
    assert verdict.fine, verdict


def _every_event_exactly_once(town: SimTown, events: list[Any]) -> None:
    at_hub = {(e.device_id, e.boot, e.seq): e.body for e in events if e.device_id != "hub-1"}
    at_doors = {}
    for name, controller in town.controllers.items():
        assert controller.device is not None
        journal = controller.device.journal
        assert journal.held() == 0
        rows = journal._db.execute("select boot, seq, body from outbox").fetchall()
        for boot, seq, _ in rows:
            key = (name, boot, seq)
            assert key not in at_doors
            at_doors[key] = True
    assert set(at_hub) == set(at_doors)
    assert len(at_hub) == len([e for e in events if e.device_id != "hub-1"])


def _no_pulse_without_its_event(town: SimTown, events: list[Any]) -> None:
    for door in DOORS:
        mine = [e for e in events if e.door_id == door and e.device_id != "hub-1"]
        outcomes = Counter(e.outcome for e in mine)
        strike = town.controllers[door[0]].strikes[int(door[1])]
        pulses = len(strike.pulses)
        assert outcomes["granted"] <= pulses <= outcomes["granted"] + outcomes["unknown"]


def _phones_were_told_the_truth(story: Story, events: list[Any]) -> None:
    by_command: dict[str, list[str]] = {}
    for event in events:
        command = json.loads(event.body).get("cmd")
        if command:
            by_command.setdefault(command, []).append(event.outcome)
    for outcomes in by_command.values():
        # one command opens once, however often it came
        assert outcomes.count("granted") + outcomes.count("unknown") <= 1
    for _, _, reply in story.replies:
        told = reply.body.get("outcome")
        seen = by_command.get(str(reply.body.get("opening")), [])
        if told == "opened":
            assert "granted" in seen
        elif told == "refused":
            assert "granted" not in seen


@pytest.mark.luck
@pytest.mark.parametrize("seed", SEEDS)
def test_a_day(seed: int, tmp_path: Path) -> None:
    virtual.run(day(seed, tmp_path))


@pytest.mark.luck
@pytest.mark.parametrize("seed", seeds([5], [2]))
def test_a_day_on_postgresql(seed: int, tmp_path: Path, postgres_url: str) -> None:
    virtual.run(day(seed, tmp_path, postgres_url))
