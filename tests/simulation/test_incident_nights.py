"""Incidents in bad nights: answers lost, stations deaf, hubs killed anywhere; nothing twice."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from hub.acts import incidents as acts
from hub.core.errors import DomainError
from hub.core.policelink import Kind, What
from hub.core.stations import Message, Outcome, Told
from hub.store import tables as t
from tests.unit.hub_bench import START
from tests.unit.incident_town import Desk, PlayedWires, desk

STEPS = 40


@dataclass
class Journal(PlayedWires):
    """A station that tells copies by their number, at the end of a line that loses things."""

    luck: random.Random = field(default_factory=random.Random)
    quiet: bool = False
    lines: dict[int, tuple[str, bool]] = field(default_factory=dict)  # number: what it says
    told_twice: int = 0

    async def tell(self, station: str, message: Message) -> Told:
        fate = 1.0 if self.quiet else self.luck.random()
        if fate < 0.15:
            return Told(Outcome.AGAIN, "station_unreachable")
        said = (message.pack.incident, bool(message.alarm_number))
        known = self.lines.setdefault(message.number, said)
        assert known == said, "one number for two messages"
        self.told_twice += message.number in self.numbers
        self.heard.append((station, message))
        if fate < 0.35:
            await asyncio.sleep(0)  # the hub may be killed before it hears the answer
        if fate < 0.5:
            return Told(Outcome.AGAIN, "station_silent")
        return Told(Outcome.RETURNED, "station_refused") if fate < 0.55 else Told(Outcome.TAKEN)


@dataclass
class Night:
    """What a night's people do, and what they know to be so."""

    luck: random.Random
    wires: Journal
    made: int = 0
    now: datetime = START
    confirmed: set[str] = field(default_factory=set)
    dismissed: set[str] = field(default_factory=set)

    async def live(self, folder: Path) -> None:
        left = STEPS
        while left:
            async with desk(folder, wires=self.wires) as one:
                one.bench.now = self.now
                while left:
                    left -= 1
                    await self.happen(one)
                    if self.luck.random() < 0.5:
                        one.bench.pass_s(self.luck.choice([1, 10, 700]))
                        self.now = one.bench.now
                        one.hub.incidents.speak()
                        if self.luck.random() < 0.4:
                            await self.kill(one)
                            break
                        await one.speak()

    async def kill(self, one: Desk) -> None:
        """As a power cut would: somewhere between two steps of a sending."""
        for _ in range(self.luck.randrange(6)):
            await asyncio.sleep(0)
        tasks = list(one.hub.incidents._speaking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def happen(self, one: Desk) -> None:
        choice = self.luck.random()
        if choice < 0.35:
            self.made += 1
            await one.hit(f"hit-{self.made}", self.luck.choice([Kind.WATCH_LIST, Kind.FORCED]))
            return
        if not self.made:
            return
        name = f"hit-{self.luck.randint(1, self.made)}"
        try:
            if choice < 0.75:
                await one.confirm(name)
                self.confirmed.add(name)
            elif choice < 0.85:
                await one.step(name, What.DISMISSED)
                self.dismissed.add(name)
            else:
                await one.step(name, What.SENT, act=acts.send_again)
        except DomainError:
            pass  # another step was due

    async def end(self, folder: Path) -> Desk:
        """The line is well again, and whoever waits is sent once more."""
        self.wires.quiet = True
        async with desk(folder, wires=self.wires) as one:
            one.bench.now = self.now
            for _ in range(3):
                for row in one.rows(t.incidents):
                    try:
                        await one.step(row.id, What.SENT, act=acts.send_again)
                    except DomainError:
                        continue
                await one.speak(700)
            self.judge(one)
        return one

    def judge(self, one: Desk) -> None:
        alarms = {what for what, back in self.wires.lines.values() if not back}
        backs = {what for what, back in self.wires.lines.values() if back}
        assert alarms <= self.confirmed
        assert backs <= self.dismissed  # of what perhaps never came, too: nobody can know
        per_incident = [what for what, back in self.wires.lines.values() if not back]
        assert len(per_incident) == len(set(per_incident)), "one incident under two numbers"
        for row in one.rows(t.incidents):
            if row.id in self.dismissed:
                assert row.state == "false_alarm"
                assert row.withdrawn == (row.sent_at is not None)
                assert row.id not in alarms or row.id in backs
            elif row.id in self.confirmed:
                assert (row.state, row.trouble) == ("acknowledged", "")
                assert row.id in alarms
            else:
                assert row.state in {"detected", "reviewing"}
                assert row.id not in alarms
        assert all(row.done_at for row in one.rows(t.effects) if row.kind.startswith("station:"))


@pytest.mark.parametrize("seed", range(8))
async def test_a_night(tmp_path: Path, seed: int) -> None:
    luck = random.Random(seed)
    night = Night(luck, Journal(luck=luck))
    await night.live(tmp_path)
    await night.end(tmp_path)


async def test_such_nights_do_happen(tmp_path: Path) -> None:
    """The nights above are worth something only if copies, kills and withdrawals occur in them."""
    copies = backs = 0
    for seed in (5, 8, 11):
        luck = random.Random(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        night = Night(luck, Journal(luck=luck))
        await night.live(folder)
        await night.end(folder)
        copies += night.wires.told_twice
        backs += sum(back for _, back in night.wires.lines.values())
    assert copies > 1
    assert backs > 0
