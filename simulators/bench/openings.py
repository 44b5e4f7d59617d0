"""`linli bench openings`: a signed request until its answer, beside what the machine could do.

One phone asks, the hub verifies, commits (synchronous FULL) and commands, a controller verifies,
decides, writes its promise, pulses its board and answers. Then 64 phones ask at once.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from simulators.bench.figures import Against, Target, spread
from simulators.bench.limit import Limit
from simulators.bench.line import HttpLine
from simulators.bench.machine import CpuMeter, load_1_min, per
from simulators.bench.village import Village, door_row, person_row, rule_row, say
from simulators.demo.processes import free_ports
from simulators.ends import RelayBoardEnd
from simulators.phone import Phone, Reply, SentRequest

CONTROLLERS, DOORS_EACH = 4, 4  # one board takes one pulse at a time, so 64 in flight need several
PHONES: Final = 64  # a phone may ask 120 times a minute; these share the work
PAUSE_S: Final = 0.02  # between two of one phone: what follows an answer is over by then
NONCE_WAIT_S: Final = 0.5
TARGETS: Final = (Target("p50_ratio", "x", 2.0), Target("p99_ratio", "x", 3.0))


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure."""

    rounds: int
    each: int  # openings, and iterations of the limit, in a round
    rate_rounds: int
    rate_each: int  # openings of a round with 64 in flight
    warm: int

    @property
    def told(self) -> dict[str, int]:
        """The plan for the report."""
        return {
            "rounds": self.rounds,
            "openings_a_round": self.each,
            "rate_rounds": self.rate_rounds,
            "openings_a_rate_round": self.rate_each,
        }


QUICK: Final = Plan(rounds=5, each=60, rate_rounds=3, rate_each=256, warm=64)
FULL: Final = Plan(rounds=7, each=250, rate_rounds=5, rate_each=640, warm=128)


class NotOpened(Exception):
    """A door that should have opened did not."""


class BenchPhone(Phone):
    """A phone on a connection of its own that times its request from the first byte sent."""

    line: HttpLine | None = None
    took_ms = 0.0

    async def _fresh(self) -> str:
        """The nonce of the answer before; the first one is asked for, as slowly as one may."""
        nonce, self._nonce = self._nonce, None
        while nonce is None:
            assert self.line is not None
            answer = await self.line.request("GET", f"/api/v1/nonce?kid={self.kid}", "", b"")
            if answer.status == 200:
                nonce = str(json.loads(answer.body)["nonce"])
            else:  # 60 nonces in half a minute for one address
                await asyncio.sleep(NONCE_WAIT_S)
        return nonce

    async def deliver(self, request: SentRequest) -> Reply:
        """Send these very bytes; what a phone does before is signing, and is not timed."""
        assert self.line is not None
        headers = headers_of(request.proof)
        before = time.perf_counter()
        answer = await self.line.request(request.method, request.path, headers, request.body)
        self.took_ms = (time.perf_counter() - before) * 1e3
        self._nonce = answer.headers.get("linli-nonce")
        return Reply(answer.status, json.loads(answer.body) if answer.body else {})


def headers_of(proof: str) -> str:
    """The lines that a page's request has; the limit's POST carries them too."""
    return f"Linli-Proof: {proof}\r\nContent-Type: application/json\r\n"


def run(quick: bool) -> dict[str, Any]:
    """Measure; results against targets, and everything behind them."""
    return asyncio.run(_run(QUICK if quick else FULL, quick=quick))


async def _run(plan: Plan, *, quick: bool) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="linli-bench-"))
    bench = OpeningsBench(folder, plan)
    load = [load_1_min()]
    try:
        await bench.start()
        rounds = await bench.measure()
        rate = await bench.rate()
    finally:
        await bench.stop()
        shutil.rmtree(folder, ignore_errors=True)
    load.append(load_1_min())
    values = {
        "p50_ratio": median(one.p50_ratio for one in rounds),
        "p99_ratio": median(one.p99_ratio for one in rounds),
    }
    detail = {
        "scale": _scale(plan, quick=quick),
        "method": _METHOD,
        "load_1_min": load,
        "p50_ms": round(median(median(one.ours_ms) for one in rounds), 3),
        "stages_p50_ms": bench.stages(),
        "rounds": [one.told() for one in rounds],
        "rate": rate,
    }
    return {"results": [target.result(values[target.name]) for target in TARGETS], "detail": detail}


_METHOD: Final = {
    "ours": "POST /api/v1/openings on one kept-alive connection, from the first byte sent to the "
    "whole answer; signing is the phone's and happened before; the nonce came with the answer "
    "before; the answer comes after hub commit (FULL), command, door commit (FULL), pulse taken",
    "limit": "in turn with each opening, by the same client: a trivial FastAPI POST with the same "
    "bytes, an MQTT QoS 1 echo (our driver, TCP_NODELAY, the same broker), one SQLite row (WAL, "
    "FULL) in the hub's folder, one in the door's folder; four parts one after the other",
    "p50_ratio": "median of ours / sum of the parts' medians; median over rounds",
    "p99_ratio": "p99 of ours / p99 of the limit's whole iterations; median over rounds",
    "pause": f"{PAUSE_S * 1e3:.0f} ms before each, so that neither meets the other's tail",
    "strike": "a Modbus board's far end on a pty in the bench's process; its time counts as ours",
}


def _scale(plan: Plan, *, quick: bool) -> dict[str, Any]:
    size = "quick: fewer rounds and openings than a full run" if quick else "full"
    doors = {"controllers": CONTROLLERS, "doors": CONTROLLERS * DOORS_EACH, "phones": PHONES}
    return {"size": size, **plan.told, **doors}


class OpeningsBench:
    """The processes, the boards, the phones, and what was measured."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._folder = folder
        self._plan = plan
        self._village = Village(folder)
        self._boards: list[RelayBoardEnd] = []
        self._phones: list[BenchPhone] = []
        self._doors: list[str] = []
        self._limit: Limit | None = None
        self._asked = 0
        self._stages: dict[str, list[float]] = defaultdict(list)

    # ----------------------------------------------------------------- before and after

    async def start(self) -> None:
        """Hub, broker, controllers, phones, and the limit's processes."""
        say("starting hub and broker")
        village = self._village
        await village.init()
        await village.start_hub()
        devices = [f"door-{number}" for number in range(1, CONTROLLERS + 1)]
        doors = [door_row(name, n) for name in devices for n in range(1, DOORS_EACH + 1)]
        home = {"id": "h-1", "house": "1-1-101", "building": "1", "unit": "1"}
        await village.load("households", [home])
        await village.load("people", [person_row(n, "h-1") for n in range(PHONES)])
        await village.load("doors", doors)
        await village.load("rules", [rule_row(door) for door in doors])
        self._doors = [str(door["id"]) for door in doors]
        say(f"starting {CONTROLLERS} controllers with {DOORS_EACH} doors each")
        for device in devices:
            self._lay_wires(device, await village.adopt(device))
        [post_port] = free_ports(1)
        self._limit = Limit(
            post_port,
            village.broker_port,
            village.hub_folder / "limit.db",
            self._folder / devices[0] / "limit.db",
        )
        self._limit.let_in(village.hub_folder / "broker", village.broker_pid)
        for device in devices:
            await village.start_door(device)
        await village.until("doors and policies", village.doors_ready)
        await self._limit.start()
        say(f"introducing {PHONES} phones")
        for number in range(PHONES):
            self._phones.append(await self._introduce(number))

    def _lay_wires(self, device: str, folder: Path) -> None:
        board = RelayBoardEnd(name=device, path=folder / "relay")
        self._boards.append(board)
        self._village.write_wires(folder, board.path, [""] * DOORS_EACH)

    async def _introduce(self, number: int) -> BenchPhone:
        phone = BenchPhone(self._village.url, self._village.http)
        phone.line = await HttpLine.open("127.0.0.1", self._village.http_port)
        await self._village.introduce(f"p-{number}", phone)
        return phone

    async def stop(self) -> None:
        """End everything."""
        for phone in self._phones:
            if phone.line is not None:
                phone.line.close()
        if self._limit is not None:
            await self._limit.stop()
        await self._village.stop()
        for board in self._boards:
            board.close()

    # ----------------------------------------------------------------- one at a time

    async def measure(self) -> list[Against]:
        """Rounds in which ours and the limit take turns."""
        for _ in range(self._plan.warm):
            await self._open_one()
        rounds: list[Against] = []
        for number in range(self._plan.rounds):
            ours: list[float] = []
            parts: list[Sequence[float]] = []
            for _ in range(self._plan.each):
                await asyncio.sleep(PAUSE_S)
                ours.append(await self._open_one(self._stages))
                await asyncio.sleep(PAUSE_S)
                parts.append(await self._limit_once())
            limit = dict(zip(Limit.PARTS, zip(*parts, strict=True), strict=True))
            rounds.append(Against(ours, limit))
            told = rounds[-1]
            say(
                f"round {number + 1}/{self._plan.rounds}: {median(ours):.2f} ms, "
                f"{told.p50_ratio:.2f} x the limit (p99 {told.p99_ratio:.2f} x)"
            )
        return rounds

    async def _limit_once(self) -> tuple[float, ...]:
        assert self._limit is not None
        sent = self._phones[0].last
        assert sent is not None
        return await self._limit.once(headers_of(sent.proof), sent.body)

    async def _open_one(self, stages: dict[str, list[float]] | None = None) -> float:
        phone = self._phones[self._asked % PHONES]
        door = self._doors[self._asked % len(self._doors)]
        self._asked += 1
        return await _opened(phone, door, stages)

    def stages(self) -> Mapping[str, float]:
        """Medians of what the controllers said of their own stages, the strike among them."""
        return {name: round(median(found), 3) for name, found in self._stages.items()}

    # ----------------------------------------------------------------- 64 at once

    async def rate(self) -> dict[str, Any]:
        """Openings a second with every phone asking again as soon as it was answered."""
        say(f"{PHONES} in flight")
        pids = {"hub": self._village.hub_pid, "broker": self._village.broker_pid}
        pids |= {name: child.pid or 0 for name, child in self._village.devices.items()}
        meter = CpuMeter(pids)
        own_s = time.process_time()
        rates: list[float] = []
        took_ms: list[float] = []
        for _ in range(self._plan.rate_rounds):
            before = time.perf_counter()
            each = self._plan.rate_each // PHONES
            done = await asyncio.gather(*(self._storm(n, each) for n in range(PHONES)))
            rates.append(each * PHONES / (time.perf_counter() - before))
            took_ms += [ms for one in done for ms in one]
        count = len(took_ms)
        spent_s = meter.spent_s()
        doors = {name: spent_s.pop(name) for name in self._village.devices}
        spent_s["doors"] = sum(doors.values())
        spent_s["bench"] = time.process_time() - own_s
        say(f"{median(rates):.0f} openings a second")
        return {
            "in_flight": PHONES,
            "openings_per_s": round(median(rates), 1),
            "ms": spread(took_ms),
            "cpu_ms_per_opening": per(spent_s, count, spent_s),
            "note": "cpu of 'doors' is of all controllers; 'bench' are phones and boards",
        }

    async def _storm(self, number: int, each: int) -> list[float]:
        phone = self._phones[number]
        count = len(self._doors)
        return [
            await _opened(phone, self._doors[(number + turn) % count], None) for turn in range(each)
        ]


async def _opened(phone: BenchPhone, door: str, stages: dict[str, list[float]] | None) -> float:
    reply = await phone.open(door)
    if reply.status != 200 or reply.body.get("outcome") != "opened":
        raise NotOpened(f"{door}: {reply.status} {reply.body}")
    if stages is not None:
        for name, value in reply.body["ms"].items():
            stages[name].append(float(value))
    return phone.took_ms
