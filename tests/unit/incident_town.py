"""A hub with stations that a test plays: what they heard, and what they answer."""

import tomllib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hub.acts import incidents as acts
from hub.acts.alerts import Alarm, alarm
from hub.core.evidence import Snapshot
from hub.core.policelink import Authority, Kind, Role, What
from hub.core.stations import Message, Outcome, Told, read_stations
from hub.store import tables as t
from tests.unit.hub_bench import CLIENT, START, HubBench, hub_bench

STATIONS = """
[stations.desk]
kind = "dc09"
url = "dc09://127.0.0.1:8472"
account = "1234"
key = "secret:desk"
[stations.desk.zones]
d-1 = 7
"""
JPEG = b"\xff\xd8\xff\xe0 a made-up picture of nobody, "
ORDER = Authority(
    "ps-riverside", "order-2026-118", START - timedelta(days=1), START + timedelta(days=30)
)
TAKEN = Told(Outcome.TAKEN)
GUARD = "staff:0123456789abcdef"


def snapshots(*roles: Role) -> list[Snapshot]:
    return [Snapshot(JPEG + role.value.encode(), role, START) for role in roles]


@dataclass
class PlayedWires:
    """Stations as a test wants them; each message is kept as it was heard."""

    heard: list[tuple[str, Message]] = field(default_factory=list)
    answers: list[Told] = field(default_factory=list)
    usual: Told = TAKEN
    supervised: tuple[str, ...] = ()
    beats: int = 0

    async def tell(self, station: str, message: Message) -> Told:
        self.heard.append((station, message))
        return self.answers.pop(0) if self.answers else self.usual

    async def beat(self, station: str) -> Told:
        self.beats += 1
        return self.answers.pop(0) if self.answers else self.usual

    @property
    def numbers(self) -> list[int]:
        return [message.number for _, message in self.heard]


@dataclass
class Desk:
    """The bench, its stations, and a member who reviews."""

    bench: HubBench
    wires: PlayedWires

    @property
    def hub(self) -> Any:
        return self.bench.hub

    async def hit(self, name: str = "hit-1", kind: Kind = Kind.WATCH_LIST) -> str:
        shots = snapshots(Role.SCENE, Role.LISTED) if kind is Kind.WATCH_LIST else ()
        order = ORDER if kind is Kind.WATCH_LIST else None
        await self.hub.incidents.detect(name, kind, "d-1", "watch-1", shots, order, self.bench.now)
        return name

    async def look(self, name: str, by: str = GUARD, pictures: Iterable[int] = (0, 1)) -> None:
        """As the page's pictures are asked for."""
        for n in pictures:
            await self.hub.writer.submit(acts.note_look, acts.Look(name, by, n))

    async def step(
        self,
        name: str,
        what: What,
        by: str = GUARD,
        *,
        seen: Iterable[str] | None = None,
        note: str = "",
        act: Callable[..., Any] = acts.step,
    ) -> str:
        shown = self.hashes(name) if seen is None else seen
        wish = acts.Stepped(
            name, what, by, lambda _kind: True, frozenset(shown), self.hub.incidents.way, note
        )
        return str(await self.hub.writer.submit(act, wish))

    async def confirm(self, name: str) -> None:
        await self.step(name, What.TAKEN_UP)
        await self.look(name)
        await self.step(name, What.CONFIRMED)

    async def speak(self, pass_s: float = 0.0) -> None:
        """Let everything that is due be sent, and its end be written."""
        self.bench.pass_s(pass_s)
        self.hub.incidents.speak()
        while self.hub.incidents._speaking:
            await next(iter(self.hub.incidents._speaking.values()))

    def hashes(self, name: str) -> list[str]:
        rows = [row for row in self.rows(t.incident_pictures) if row.incident_id == name]
        return [row.sha256 for row in rows]

    def rows(self, table: Any) -> list[Any]:
        with self.hub.engines.read.connect() as connection:
            return list(connection.execute(select(table)).all())

    def row(self, name: str = "hit-1") -> Any:
        (found,) = [row for row in self.rows(t.incidents) if row.id == name]
        return found

    def log(self, name: str = "hit-1") -> list[Any]:
        lines = [line for line in self.rows(t.incident_log) if line.incident_id == name]
        return sorted(lines, key=lambda line: line.n)

    def alerts(self, kind: str) -> list[Any]:
        return [row for row in self.rows(t.alerts) if row.kind == kind]


async def decide_on_incidents(bench: HubBench) -> None:
    """Everything that people do with incidents, over HTTP."""
    hub = bench.hub
    hub.incidents.wires = wires = PlayedWires()
    settings = read_stations(tomllib.loads(STATIONS)["stations"])
    hub.settings.stations.update(settings)
    hub.incidents._stations.update(settings)
    one = Desk(bench, wires)
    await bench.administrator("desk-1")
    http = bench.http

    async def post(path: str, body: object = None) -> Any:
        answer = await http.post(f"/api/v1/{path}", json=body, headers=CLIENT)
        assert answer.is_success, answer.text
        return answer

    await one.hit()
    for n in (0, 1):
        picture = await http.get(f"/api/v1/incidents/hit-1/pictures/{n}")
        assert picture.content.startswith(JPEG)
    await post("incidents/hit-1/take-up")
    wires.answers = [Told(Outcome.RETURNED, "station_refused")]
    await post("incidents/hit-1/confirm", {"seen": one.hashes("hit-1")})
    await one.speak()
    assert (await post("incidents/hit-1/send")).json()["state"] == "confirmed"
    await one.speak()
    assert (await post("incidents/hit-1/pack")).headers["content-type"] == "application/zip"
    await post("incidents/hit-1/handle", {"note": "came"})
    entered = {"key": "ab" * 8, "kind": "tailgate", "door": "d-1"}
    name = (await post("incidents", entered)).json()["id"]
    await post(f"incidents/{name}/take-up")
    await post(f"incidents/{name}/dismiss", {"note": "a cousin"})
    alert = await hub.writer.submit(alarm, Alarm("tamper", "door:d-1", bench.now.timestamp()))
    assert (await post(f"alerts/{alert}/incident")).json()["state"] == "detected"
    await post("stations/desk/accept", {"basis": "letter 2026-31"})
    for query in ("", "?state=closed"):
        assert (await http.get(f"/api/v1/incidents{query}")).json()["incidents"]
    assert (await http.get("/api/v1/incidents/hit-1")).json()["log"]
    await post("stations/desk/end")
    await post("staff/sign-out")


@asynccontextmanager
async def desk(
    folder: Path, stations: str = STATIONS, wires: PlayedWires | None = None, database: str = ""
) -> AsyncIterator[Desk]:
    """A second time in the same folder is a restart; ``stations`` is part of its hub.toml."""
    if not (folder / "hub.toml").exists():
        async with hub_bench(folder, database):
            pass
        with (folder / "hub.toml").open("a", encoding="utf-8") as settings:
            settings.write(stations)
    async with hub_bench(folder, database) as bench:
        made = Desk(bench, wires or PlayedWires())
        bench.hub.incidents.wires = made.wires
        yield made
