"""Nights on a virtual clock: lost messages, lost answers, a hub that is killed at any moment.

One seed is one night. Whatever happens: one open alert a key, every alert that nobody answered was
called out by a step in its time, nobody is called for what was answered, nothing is sent for ever.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from devices.outlets import NotTaken
from hub import alerting, config, keys
from hub.acts import alerts as acts
from hub.acts.roster import RosterPart, load_part
from hub.core.alert_words import Message
from hub.core.errors import DomainError
from hub.parts import Hub, assemble
from hub.store import chain
from hub.store import tables as t
from hub.store.engine import create, open_engines
from hub.store.lease import take_lease
from hub.store.writer import Faulted, InboxFull, StoreUnavailable
from tests.luck import seeds
from tests.simulation.virtual import run
from tests.unit.alert_town import POLICIES

EVENING = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # 22:00 in the village: no good morning
NIGHT_S = 3 * 3_600.0
SLACK_S = 5.0  # a look, a commit, a message


@dataclass
class World:
    """Outlets that lose messages, or take them and lose the answer; all is well near the end."""

    luck: random.Random
    loss: float
    heard: list[tuple[float, str, Message]] = field(default_factory=list)
    heal_at_s: float = NIGHT_S - 5_400

    def language(self, outlet: str, usual: str) -> str:
        return usual

    async def say(self, outlet: str, message: Message) -> None:
        await asyncio.sleep(self.luck.uniform(0.0, 3.0))
        now_s = asyncio.get_running_loop().time()
        lost = now_s < self.heal_at_s and self.luck.random() < self.loss
        if lost and self.luck.random() < 0.5:
            raise NotTaken("timeout", again=True)
        self.heard.append((now_s, outlet, message))
        if lost:
            raise NotTaken("timeout", again=True)  # taken, but we do not know

    def of(self, alert: str) -> list[tuple[float, str, Message]]:
        """Every call of an alert, alone or in a bundle; that it is over is no call."""
        return [one for one in self.heard if is_call(one[2], alert)]


def is_call(message: Message, alert: str) -> bool:
    if message.key.startswith(f"{alert}-"):
        return "-over-" not in message.key
    lines = [line for line in message.text.splitlines() if line.endswith(f"#{alert}")]
    return any(not line.startswith("已恢复") for line in lines)


class Night:
    """A hub that lives through a night, several times."""

    def __init__(self, folder: Path, seed: int, loss: float) -> None:
        self.folder = folder
        self.luck = random.Random(seed)
        self.world = World(random.Random(seed + 1), loss)
        self.fatal: list[BaseException] = []
        self.hub: Hub | None = None
        self.work: asyncio.Task[None] | None = None
        (folder / "hub.toml").write_text('[hub]\nid = "hub-1"\n', encoding="utf-8")
        keys.make(folder, "liuxi", EVENING.timestamp())

    def now(self) -> datetime:
        return EVENING + timedelta(seconds=asyncio.get_running_loop().time())

    async def start(self) -> None:
        settings = config.load(self.folder)
        engines = open_engines(settings.database, synced=False)
        first = not (self.folder / "hub.db").exists()
        if first:
            create(engines, "liuxi", {"en": "Village"}, "Asia/Shanghai", demo=True)
        epoch = take_lease(engines, "night")
        self.hub = assemble(
            settings, engines, keys.load(self.folder), epoch, "night", self.now,
            self.fatal.append, inline=True,
        )  # fmt: skip
        if first:
            part = RosterPart("alert_policies", POLICIES, self.hub.keys.mark)
            await self.hub.writer.submit(load_part, part)
        self.hub.alerting.speaker = self.world
        self.work = asyncio.ensure_future(self.hub.alerting.run())

    async def kill(self) -> None:
        """At once, in the middle of whatever it does: what was not committed never was."""
        assert self.hub is not None
        assert self.work is not None
        speaking = list(self.hub.alerting._speaking.values())
        self.work.cancel()
        await asyncio.gather(self.work, *speaking, return_exceptions=True)
        await self.hub.writer.close()
        self.hub.engines.close()
        self.hub = None

    async def act(self, act: Any, request: Any) -> None:
        """Whatever a dead or busy hub does not take is simply not done."""
        if self.hub is None:
            return
        try:
            await self.hub.writer.submit(act, request)
        except (InboxFull, StoreUnavailable, Faulted, DomainError):
            return

    def rows(self, table: Any) -> list[Any]:
        assert self.hub is not None
        with self.hub.engines.read.connect() as connection:
            return list(connection.execute(select(table)).all())

    async def lives(self, subjects: int) -> None:
        """Troubles, answers and deaths at random; everything quiet for the last hour and a half."""
        loop = asyncio.get_running_loop()
        while loop.time() < self.world.heal_at_s:
            await asyncio.sleep(self.luck.expovariate(1 / 60))
            what = self.luck.random()
            subject = f"door:d-{self.luck.randrange(subjects)}"
            if what < 0.5:
                wish = acts.Alarm("forced", subject, self.now().timestamp())
                await self.act(acts.alarm, wish)
            elif what < 0.6:
                wish = acts.Alarm("held", subject, self.now().timestamp(), what < 0.55)
                await self.act(acts.alarm, wish)
            elif what < 0.8 and self.hub is not None:
                await self.answer()
            elif what < 0.9 and self.hub is not None:
                await self.kill()
                await asyncio.sleep(self.luck.uniform(0, 120))
                await self.start()
        if self.hub is None:
            await self.start()
        await asyncio.sleep(NIGHT_S - loop.time())

    async def answer(self) -> None:
        open_ = [row for row in self.rows(t.alerts) if row.open_key]
        if not open_:
            return
        alert = self.luck.choice(open_).id
        if self.luck.random() < 0.5:
            await self.act(acts.acknowledge, acts.Taken(alert, "staff:1", lambda _kind: True))
        else:
            await self.act(acts.close, acts.Ended(alert, "staff:1", "seen", lambda _kind: True))


def judge(night: Night) -> Counter[str]:
    """What must hold of any night; returns what happened, to see that something did."""
    rows, log = night.rows(t.alerts), sorted(night.rows(t.alert_log), key=lambda line: line.n)
    keys_open = Counter(row.open_key for row in rows if row.open_key)
    assert max(keys_open.values(), default=0) <= 1
    for row in rows:
        assert (row.next_step_at is not None) == (row.state in ("raised", "escalating")), row
    for effect in night.rows(t.effects):
        assert effect.done_at is not None or effect.due_at > night.now().timestamp() - 60
        assert effect.tries < alerting.TRIES_MAX
    sent = [line for line in log if line.what == "sent"]
    for line in sent:  # what the log calls sent was really heard, not later than the line
        at_s = line.at - EVENING.timestamp()
        heard = [at for at, outlet, _ in night.world.of(line.alert_id) if outlet == line.detail]
        assert heard, line
        assert min(heard) <= at_s + SLACK_S
    for row in rows:  # nobody answered for so long: the last step was heard, late by its tries
        quiet = row.state == "escalating" and row.last_at < EVENING.timestamp() + NIGHT_S - 3_600
        if quiet and row.kind == "forced":
            assert "boss" in {outlet for _, outlet, _ in night.world.of(row.id)}, row
    assert_nobody_is_called_in_vain(night, rows, log)
    with night.hub.engines.read.connect() as connection:  # type: ignore[union-attr]
        assert chain.verify(connection).fine
    return Counter(line.what for line in log)


def assert_nobody_is_called_in_vain(night: Night, rows: list[Any], log: list[Any]) -> None:
    """After an answer no step is taken, and nothing is said but what was already on its way."""
    for row in rows:
        own = [line for line in log if line.alert_id == row.id]
        taken_at: float | None = None
        for line in own:
            if line.what in ("acknowledged", "closed"):
                taken_at = line.at
            elif line.what == "reopened":
                taken_at = None
            elif line.what == "step":
                assert taken_at is None, (row.id, line)
        if taken_at is not None:
            after_s = taken_at - EVENING.timestamp() + SLACK_S
            assert [at for at, _, _ in night.world.of(row.id) if at > after_s] == [], row.id


@pytest.mark.luck
@pytest.mark.parametrize("seed", seeds([0, 1], [2]))
def test_a_night(seed: int, tmp_path: Path) -> None:
    async def live() -> Counter[str]:
        night = Night(tmp_path, seed, loss=(0.0, 0.3, 0.8)[seed])
        await night.start()
        await night.lives(subjects=1 + 2 * seed)
        told = judge(night)
        await night.kill()
        assert night.fatal == []
        return told

    told = run(live())
    assert told["raised"]
    assert told["step"] > told["raised"]
    assert told["sent"]
