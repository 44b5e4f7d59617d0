"""An estate for measuring: a village whose controllers live by the hundred in a few processes."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from simulators.bench import crowd
from simulators.bench.village import Village, door_row, person_row, rule_row, say
from simulators.demo.processes import ChildFailed

ESTATE_WAIT_S: Final = 1_200.0  # a whole estate's first policies, on a machine that others use too
CALLS_AT_ONCE: Final = 8
HOME_PEOPLE: Final = 3
LINE_BYTES: Final = 65_536
FILES_MOST: Final = 16_384  # four for each of a thousand controllers, and spare


class Crowd:
    """One process of controllers; it can be killed and started again on the same disks."""

    def __init__(self, folder: Path, port: int, names: Sequence[str]) -> None:
        self.names = list(names)
        self.ready = 0
        self.held = -1
        """Events that wait for the hub, -1 while somebody is away."""
        self.happened = 0
        self._folder = folder
        self._port = port
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Run it; its errors go to a log."""
        self.ready, self.held = 0, -1
        with (self._folder / f"crowd-{self.names[0]}.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                crowd.__name__,
                str(self._folder),
                str(self._port),
                *self.names,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=LINE_BYTES,
            )
        self._reader = asyncio.ensure_future(self._read(self._process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            words = line.decode("utf-8", "replace").split()
            if words and words[0] == "up":
                self.ready, self.held = int(words[1]), int(words[2])
            elif words and words[0] == "happened":
                self.happened += int(words[1])

    def check(self) -> None:
        """Raise ChildFailed when it is gone."""
        if self._process is not None and self._process.returncode is not None:
            log = self._folder / f"crowd-{self.names[0]}.log"
            words = log.read_text("utf-8", "replace").strip().splitlines()[-3:]
            raise ChildFailed(f"the controllers ended: {' | '.join(words)}")

    async def order(self, text: str) -> None:
        """A line for its input."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await self._process.stdin.drain()

    async def stop(self, *, kill: bool = False) -> None:
        """Close its input, or kill it (-9)."""
        process = self._process
        if process is None:
            return
        if kill:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        elif process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(20.0):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        self._process = None


class Estate:
    """Hub, broker, residents with cards, and gates that open for all of them."""

    def __init__(self, folder: Path, controllers: int, people: int, processes: int) -> None:
        self.folder = folder
        self.village = Village(folder)
        self.names = [f"door-{number}" for number in range(controllers)]
        self.people = people
        self.crowds: list[Crowd] = []
        self._processes = processes

    async def build(self, first: Callable[[Village], Awaitable[None]] | None = None) -> None:
        """Everything on disk, the hub running, no controller yet.

        ``first`` is done before the doors are there: each of them would have to learn of it.
        """
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, FILES_MOST), most))  # inherited
        village = self.village
        await village.init()
        await village.start_hub()
        if first is not None:
            await first(village)
        homes = -(-self.people // HOME_PEOPLE)
        say(f"{homes} homes, {self.people} residents with a card each")
        await village.load("households", [home_row(n) for n in range(homes)])
        people = [person_row(n, f"h-{n // HOME_PEOPLE}") for n in range(self.people)]
        await village.load("people", people)
        await _many(range(self.people), self._issue)
        say(f"{len(self.names)} controllers")
        doors = [door_row(name, 1) for name in self.names]
        await village.load("doors", doors)
        await village.load("rules", [rule_row(door) for door in doors])
        for name in self.names:
            await village.adopt(name)
        each = -(-len(self.names) // self._processes)
        for start in range(0, len(self.names), each):
            part = self.names[start : start + each]
            self.crowds.append(Crowd(self.folder, village.broker_port, part))

    async def _issue(self, number: int) -> None:
        await self.village.operator("cards", {"uid": uid_of(number), "person": f"p-{number}"})

    async def start(self) -> None:
        """Run the controllers and wait until each holds the policy it should have."""
        for one in self.crowds:
            await one.start()
        await self.until("the estate", self.settled)

    async def settled(self) -> bool:
        """Whether everybody is ready, no door is behind, and nothing waits to be compiled."""
        here = sum(one.ready for one in self.crowds) == len(self.names)
        if not here:
            return False
        numbers = await self.metrics()
        ready = sum(numbers.get(f'linli_device_ready{{device="{n}"}}') == 1 for n in self.names)
        names = ("linli_policies_behind", "linli_policies_waiting")
        return ready == len(self.names) and all(numbers.get(name, 1) == 0 for name in names)

    async def all_up(self) -> bool:
        """Whether every controller says that it is ready."""
        return sum(one.ready for one in self.crowds) == len(self.names)

    async def emptied(self) -> bool:
        """Whether every controller's events are acknowledged."""
        return all(one.held == 0 for one in self.crowds)

    def happened(self) -> int:
        """Events on the controllers' disks, acknowledged or not."""
        return sum(len(self._outbox(name)) for name in self.names)

    def _outbox(self, name: str) -> list[tuple[str, int]]:
        """(boot, number) of every event that a controller keeps, in order."""
        path = self.folder / name / "journal.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as journal:
            rows = journal.execute("select boot, seq from outbox order by boot_n, seq").fetchall()
        return [(str(boot), int(seq)) for boot, seq in rows]

    async def events_known(self) -> int:
        """How many of those the hub's record holds."""
        return int(self.judged()["known"])

    def judged(self) -> dict[str, float]:
        """The hub's record beside the controllers' disks; both files are read, none is asked."""
        path = self.village.hub_folder / "hub.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as hub:
            rows = hub.execute(
                "select device_id, boot, seq, recorded_at - at from events order by n"
            ).fetchall()
        recorded: dict[tuple[str, str, int], int] = {}
        last: dict[tuple[str, str], int] = {}
        disordered = 0
        for device, boot, seq, _ in rows:
            key = (device, boot, seq)
            recorded[key] = recorded.get(key, 0) + 1
            disordered += seq < last.get((device, boot), 0)
            last[device, boot] = max(seq, last.get((device, boot), 0))
        kept = {(name, boot, seq) for name in self.names for boot, seq in self._outbox(name)}
        known = kept & recorded.keys()
        return {
            "happened": len(kept),
            "known": len(known),
            "lost": len(kept) - len(known),
            "doubled": sum(recorded.values()) - len(recorded),
            "disordered": disordered,
            "latest_s": round(max((row[3] for row in rows), default=0.0), 1),
        }

    async def metrics(self) -> dict[str, float]:
        """The hub's own numbers."""
        answer = await self.village.http.get(f"{self.village.url}/metrics")
        pairs = (line.rsplit(" ", 1) for line in answer.text.splitlines() if line[:1] != "#")
        return {name: float(value) for name, value in pairs}

    async def until(
        self, what: str, done: Callable[[], Any], *, pause_s: float = 0.25, quiet: bool = False
    ) -> None:
        """Wait, and look whether a process has ended meanwhile."""
        loop = asyncio.get_running_loop()
        end = loop.time() + ESTATE_WAIT_S
        told = loop.time()
        while not await done():
            if self.village.hub is not None:
                self.village.hub.check()
            for one in self.crowds:
                one.check()
            if loop.time() > end:
                raise ChildFailed(f"{what} not ready after {ESTATE_WAIT_S:.0f} s")
            if not quiet and loop.time() - told > 15.0:
                told = loop.time()
                say(f"waiting for {what}: {sum(one.ready for one in self.crowds)} ready")
            await asyncio.sleep(pause_s)

    async def stop(self) -> None:
        """End everything, the hub last."""
        await asyncio.gather(*(one.stop() for one in self.crowds))
        await self.village.stop()


def home_row(number: int) -> dict[str, Any]:
    """A home without a story."""
    return {"id": f"h-{number}", "house": f"1-1-{number}", "building": "1"}


def uid_of(number: int) -> str:
    """The number on a simulated card."""
    return f"04{number:012x}"


async def _many(numbers: range, work: Callable[[int], Any]) -> None:
    """Do something for each number, a few at a time."""

    async def some(start: int) -> None:
        for number in numbers[start::CALLS_AT_ONCE]:
            await work(number)

    await asyncio.gather(*(some(start) for start in range(CALLS_AT_ONCE)))
