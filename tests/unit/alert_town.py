"""Alerts on a bench: a hub with policies, outlets that tests hold in hand, and time that jumps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from devices import wire
from devices.messages import ClockQuality, Event, Life, StateNote
from devices.outlets import NotTaken
from hub.acts import alerts as acts
from hub.acts.events import Heard, hear
from hub.acts.roster import RosterPart, load_part
from hub.core.alert_words import Message
from hub.store import chain
from hub.store import tables as t
from tests.unit.door_bench import Bus
from tests.unit.hub_bench import CLIENT, HubBench, hub_bench

POLICIES: list[dict[str, Any]] = [
    {
        "id": "night",
        "kinds": ["*"],
        "least": "moderate",
        "steps": [
            {"after_s": 0, "outlets": ["console", "desk"]},
            {"after_s": 120, "outlets": ["phones"]},
            {"after_s": 300, "outlets": ["boss"]},
        ],
        "repeat_s": 600,
    },
    {
        "id": "quiet",
        "kinds": ["duress"],
        "steps": [{"after_s": 0, "outlets": ["guard"]}],
        "repeat_s": 300,
    },
]


@dataclass
class Hands:
    """Outlets that keep what they are told; a test makes them deaf, dead or slow."""

    said: list[tuple[str, Message]] = field(default_factory=list)
    refusing: dict[str, tuple[str, bool]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    tongue: str = "en"

    def language(self, outlet: str, usual: str) -> str:
        return self.tongue

    async def say(self, outlet: str, message: Message) -> None:
        await asyncio.sleep(0)
        if outlet in self.broken:
            raise ZeroDivisionError("a bug of an outlet")
        if outlet in self.refusing:
            raise NotTaken(*self.refusing[outlet])
        self.said.append((outlet, message))

    def keys(self, outlet: str | None = None) -> list[str]:
        return [message.key for name, message in self.said if outlet in (None, name)]


@dataclass
class AlertTown:
    """The bench with its outlets."""

    bench: HubBench
    hands: Hands
    seq: int = 0

    @property
    def hub(self) -> Any:
        return self.bench.hub

    async def event(self, kind: str, at_s: float | None = None, **more: Any) -> None:
        """The gate tells something of its first door."""
        self.seq += 1
        at_s = self.bench.now.timestamp() if at_s is None else at_s
        told: dict[str, Any] = {"door": 1, **more}
        event = Event("1-b", self.seq, at_s, ClockQuality.SIGNED, kind, **told)
        door = "d-1" if told["door"] == 1 else None
        await self.hub.writer.submit(hear, Heard("gate", event, door))

    async def alarm(self, kind: str, subject: str = "door:d-1", **more: Any) -> str:
        wish = acts.Alarm(kind, subject, self.bench.now.timestamp(), **more)
        name = await self.hub.writer.submit(acts.alarm, wish)
        assert isinstance(name, str)
        return name

    async def turn(self, seconds: float = 0.0) -> None:
        """Let time pass in steps of the engine's own look, and everything due happen."""
        passed = 0.0
        while True:
            await self.hub.alerting.climb()
            await self.speak()
            if passed >= seconds:
                return
            step_s = min(10.0, seconds - passed)
            self.bench.pass_s(step_s)
            passed += step_s

    async def speak(self) -> None:
        await self.hub.alerting.speak()
        while speaking := list(self.hub.alerting._speaking.values()):
            await asyncio.wait(speaking)

    def rows(self, table: Any = t.alerts) -> list[Any]:
        with self.hub.engines.read.connect() as connection:
            return list(connection.execute(select(table)).all())

    def one(self) -> Any:
        (row,) = self.rows()
        return row

    def log(self) -> list[tuple[str, str]]:
        rows = sorted(self.rows(t.alert_log), key=lambda row: row.n)
        return [(row.what, row.detail) for row in rows]

    def fine(self) -> bool:
        with self.hub.engines.read.connect() as connection:
            return chain.verify(connection).fine

    def online(self, device: str = "gate") -> None:
        """The hub is on its bus and this device is ready."""
        if not self.hub.ingest.online:
            self.hub.ingest.hail()
            self.hub.ingest.connected(Bus())
        self.state(device, Life.READY)

    def state(self, device: str, life: Life, boot: str = "b") -> None:
        topics = wire.Topics(self.hub.memory.site, device)
        note = wire.encode_state(StateNote(life, boot, "c", self.bench.now.timestamp()))
        self.hub.ingest.on_message(topics.of(wire.STATE), note)


async def answer_alerts(bench: HubBench) -> None:
    """Everything that people do with alerts, over HTTP: by a staff member and a steward's phone."""
    steward = {**POLICIES[0], "responders": ["person:p-2"]}
    part = RosterPart("alert_policies", [steward], bench.hub.keys.mark)
    await bench.hub.writer.submit(load_part, part)
    now_s = bench.now.timestamp()
    for kind, subject in (("forced", "door:d-1"), ("device_silent", "device:gate"),
                          ("quarantine", "hub:quarantine")):  # fmt: skip
        await bench.hub.writer.submit(acts.alarm, acts.Alarm(kind, subject, now_s))
    fallen = acts.Spoken("desk", (), "http 503")
    await bench.hub.writer.submit(acts.note_spoken, fallen)
    phone = await bench.phone("p-2")
    own = (await phone.send("GET", "/api/v1/me/alerts", None)).body["alerts"]
    first = own[0]["id"]
    taken = await phone.send("POST", f"/api/v1/me/alerts/{first}/acknowledge", None)
    assert taken.body == {"state": "acknowledged"}
    await bench.administrator("night")
    board = (await bench.http.get("/api/v1/alerts")).json()
    assert {one["kind"] for one in board["alerts"]} >= {"forced", "device_silent", "quarantine"}
    second = board["alerts"][0]["id"]
    path = f"/api/v1/alerts/{second}"
    assert (await bench.http.post(f"{path}/acknowledge", headers=CLIENT)).is_success
    body = {"note": "seen"}
    assert (await bench.http.post(f"{path}/close", json=body, headers=CLIENT)).is_success
    assert (await bench.http.post(f"{path}/acknowledge", headers=CLIENT)).status_code == 409
    assert (await bench.http.get(path)).json()["log"][-1]["name"] == "night"
    assert (await bench.http.get("/api/v1/alerts?state=closed")).json()["alerts"]
    assert (await bench.http.get("/api/v1/door-health")).is_success
    assert (await bench.http.post("/api/v1/staff/sign-out", headers=CLIENT)).is_success


@asynccontextmanager
async def alert_town(folder: Path, database: str = "") -> AsyncIterator[AlertTown]:
    """A hub bench with two policies; the same folder is the same town after a restart."""
    async with hub_bench(folder, database) as bench:
        part = RosterPart("alert_policies", POLICIES, bench.hub.keys.mark)
        await bench.hub.writer.submit(load_part, part)
        town = AlertTown(bench, Hands())
        bench.hub.alerting.speaker = town.hands
        yield town
