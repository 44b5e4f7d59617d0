"""`linli bench taps`: from the reader's first byte to the relay's frame, with hub and without.

A virtual card that knows its keys lies on a PN532's far end; the controller authenticates it,
decides, writes its promise (FULL) and sends the pulse. Nothing of the radio is in the time.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from simulators.bench.figures import Target, spread
from simulators.bench.machine import cpu_s, load_1_min
from simulators.bench.village import Village, door_row, person_row, rule_row, say
from simulators.demo.processes import Child
from simulators.ends import Ntag424Card, Pn532End, RelayBoardEnd

DEVICE, PERSON = "gate", "p-0"
READERS: Final = 4  # a card that was lifted is noticed within 0.3 s; meanwhile the next one is used
HOLD_MS: Final = 100  # the board tells of a pulse only when the one before is over
SEED: Final = 20_261_009
WAIT_S: Final = 20.0  # for anything that takes milliseconds
LOOK_S: Final = 0.005
QUIET_S: Final = 0.03  # what follows an opening is over by then
AWAY_S: Final = 1.0  # until every controller knows that its hub is gone
TARGETS: Final = (
    Target("p50_ms", "ms", 25.0),
    Target("own_ms", "ms", 3.0),
    Target("p50_ms_hub_gone", "ms", 25.0),
    Target("own_ms_hub_gone", "ms", 3.0),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure; the same with the hub and without."""

    rounds: int
    each: int
    warm: int


QUICK: Final = Plan(rounds=5, each=12, warm=8)
FULL: Final = Plan(rounds=7, each=60, warm=20)


@dataclass(frozen=True, slots=True)
class Tap:
    """One tap: its time, and the controller's CPU in that time."""

    took_ms: float
    own_ms: float


def run(quick: bool) -> dict[str, Any]:
    """Measure; results against targets, and everything behind them."""
    return asyncio.run(_run(QUICK if quick else FULL, quick=quick))


async def _run(plan: Plan, *, quick: bool) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="linli-bench-"))
    bench = TapsBench(folder)
    load = [load_1_min()]
    try:
        await bench.start()
        with_hub = await bench.measure(plan, "with the hub")
        await bench.lose_the_hub()
        without = await bench.measure(plan, "the hub gone")
    finally:
        await bench.stop()
        shutil.rmtree(folder, ignore_errors=True)
    load.append(load_1_min())
    values = {
        "p50_ms": _middle([tap.took_ms for tap in one] for one in with_hub),
        "own_ms": _middle([tap.own_ms for tap in one] for one in with_hub),
        "p50_ms_hub_gone": _middle([tap.took_ms for tap in one] for one in without),
        "own_ms_hub_gone": _middle([tap.own_ms for tap in one] for one in without),
    }
    size = "quick: fewer rounds and taps than a full run" if quick else "full"
    detail = {
        "scale": {"size": size, "rounds": plan.rounds, "taps_a_round": plan.each},
        "method": _METHOD,
        "load_1_min": load,
        "with_hub": [_told(one) for one in with_hub],
        "hub_gone": [_told(one) for one in without],
    }
    return {"results": [target.result(values[target.name]) for target in TARGETS], "detail": detail}


_METHOD: Final = {
    "took_ms": "first byte of the card's report on the reader's pty -> the pulse's frame read from "
    "the relay's pty; selection and EV2 mutual authentication with an NTAG 424's far end, the "
    "decision and one synced promise are in it; the far ends answer at once (no radio time)",
    "own_ms": "CPU of the controller's process in that time (the scheduler's own clock of it), "
    "its polls of four readers' lines and of the board's contacts included",
    "value": "median of a round, median over rounds",
    "hub_gone": "hub and broker killed; the controller tries to connect again all the while",
}


def _middle(rounds: Iterable[list[float]]) -> float:
    return median(median(one) for one in rounds)


def _told(taps: list[Tap]) -> dict[str, Any]:
    return {
        "took_ms": spread([tap.took_ms for tap in taps]),
        "own_ms": spread([tap.own_ms for tap in taps]),
    }


class TapsBench:
    """One controller with four doors, the far ends of its wires, and a card."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._village = Village(folder)
        self._readers: list[Pn532End] = []
        self._board: RelayBoardEnd | None = None
        self._card = Ntag424Card(b"\x04" + random.Random(SEED).randbytes(6))
        self._pulsed: asyncio.Future[tuple[int, float]] | None = None
        self._pid = 0
        self._tapped = 0

    # ----------------------------------------------------------------- before and after

    async def start(self) -> None:
        """Hub, broker, a controller, a card from the desk."""
        say("starting hub and broker")
        village = self._village
        await village.init()
        await village.start_hub()
        doors = [door_row(DEVICE, n) | {"hold_ms": HOLD_MS} for n in range(1, READERS + 1)]
        home = {"id": "h-1", "house": "1-1-101", "building": "1", "unit": "1"}
        await village.load("households", [home])
        await village.load("people", [person_row(0, "h-1")])
        await village.load("doors", doors)
        await village.load("rules", [rule_row(door) for door in doors])
        say("a card from the desk")
        await self._issue()
        say(f"starting a controller with {READERS} readers")
        folder = await village.adopt(DEVICE)
        self._board = RelayBoardEnd(path=folder / "relay", on_coil=self._on_coil)
        self._readers = [Pn532End(path=folder / f"reader-{n}") for n in range(READERS)]
        readers = [reader.path for reader in self._readers]
        village.write_wires(folder, self._board.path, readers)
        await village.start_door(DEVICE)
        await village.until("door and policy", village.doors_ready)
        self._pid = village.devices[DEVICE].pid or 0

    async def _issue(self) -> None:
        """The desk writes keys and files into the card, through its own reader."""
        desk = Pn532End(name="desk", path=self._folder / "desk")
        words = ["card", "issue", "--data", str(self._village.hub_folder)]
        words += ["--reader", f"pn532+serial://{desk.path}", PERSON]
        child = Child("desk", self._folder, self._folder / "desk.log", words)
        issued = asyncio.Event()
        child.on_line = lambda _line: issued.set()
        await child.start()
        try:
            desk.tap(self._card)
            async with asyncio.timeout(WAIT_S):
                await issued.wait()
            desk.lift()
        finally:
            await child.stop()
            desk.close()

    async def lose_the_hub(self) -> None:
        """Hub and broker die at once."""
        say("the hub is gone")
        assert self._village.hub is not None
        await self._village.hub.stop(politely=False)
        await asyncio.sleep(AWAY_S)

    async def stop(self) -> None:
        """End everything."""
        await self._village.stop()
        for reader in self._readers:
            reader.close()
        if self._board is not None:
            self._board.close()

    # ----------------------------------------------------------------- taps

    async def measure(self, plan: Plan, what: str) -> list[list[Tap]]:
        """Rounds of taps, reader by reader."""
        for _ in range(plan.warm):
            await self._tap()
        rounds = []
        for number in range(plan.rounds):
            rounds.append([await self._tap() for _ in range(plan.each)])
            took_ms = median(tap.took_ms for tap in rounds[-1])
            own_ms = median(tap.own_ms for tap in rounds[-1])
            told = f"{took_ms:.2f} ms, own CPU {own_ms:.2f} ms"
            say(f"{what}, round {number + 1}/{plan.rounds}: {told}")
        return rounds

    async def _tap(self) -> Tap:
        reader = self._readers[self._tapped % READERS]
        self._tapped += 1
        async with asyncio.timeout(WAIT_S):
            while not reader.is_waiting:  # noqa: ASYNC110 - the far end has no event for it
                await asyncio.sleep(LOOK_S)
            await asyncio.sleep(QUIET_S)
            self._pulsed = asyncio.get_running_loop().create_future()
            before_s = cpu_s(self._pid)
            began_ns = reader.tap(self._card)
            at_ns, after_s = await self._pulsed
        reader.lift()
        return Tap((at_ns - began_ns) / 1e6, (after_s - before_s) * 1e3)

    def _on_coil(self, _output: int, on: bool, at_ns: int) -> None:
        """The board has just read the frame: what the controller spent until now counts."""
        if on and self._pulsed is not None and not self._pulsed.done():
            self._pulsed.set_result((at_ns, cpu_s(self._pid)))
