"""OSDP readers: from a tap to the event and to the acknowledged lock, and what waiting costs."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from devices.access import (
    Credential,
    DoorPolicy,
    Granted,
    Policy,
    Request,
    Rule,
    State,
    Way,
    decide,
)
from devices.messages import Assurance, Revision
from drivers.link import Link
from drivers.osdp_bus import OsdpBus, OsdpReader
from simulators.bench.far import far_end, told
from simulators.bench.figures import Target, percentile, spread
from simulators.bench.village import say

KEY: Final = bytes(range(16))  # of readers that live as long as this run
CARD: Final = bytes.fromhex("00d41b81")
FAST_BAUD: Final = 115_200
BUS_BAUD: Final = 38_400
BUS_READERS: Final = 8
POLL_MS: Final = 20
PULSE_MS: Final = 100
HERE_S: Final = 10.0
SEED: Final = 20_261_126
NOW: Final = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
TARGETS: Final = (
    Target("osdp_event_p50_ms", "ms", 13.0),
    Target("osdp_output_p50_ms", "ms", 15.0),
    Target("osdp_output_p95_ms", "ms", 30.0),
    Target("osdp_cpu_percent", "% of a core", 3.0),
    Target("osdp_bus8_p50_ms", "ms", 60.0),
    Target("osdp_silent_s", "s", 1.0),
    Target("osdp_back_s", "s", 1.0),
)
_METHOD: Final = {
    "event": "the far end's news is ready -> the driver gives the card, secure channel, one reader "
    f"on a pty without pace, asked every {POLL_MS} ms; taps fall anywhere between two questions",
    "output": "the same tap -> the door's pure decision -> the reader's answer to OUT with timer",
    "cpu": "CPU of this process while one reader is asked and tells nothing",
    "bus8": f"event as above, {BUS_READERS} readers on one line of {BUS_BAUD} baud whose bytes "
    f"take their time, each asked every {POLL_MS} ms where the line allows it",
    "silent, back": "the far end loses or gets its power -> the driver says so; one reader",
    "value": "median of a round, median over rounds; p95 over all taps",
}


async def measure(*, quick: bool) -> tuple[dict[str, float], dict[str, Any]]:
    """Values of TARGETS by name, and what is behind them."""
    rounds, taps, idle_s = (2, 25, 2.0) if quick else (5, 100, 10.0)
    luck = random.Random(SEED)
    async with _line(FAST_BAUD, 1, paced=False) as one:
        pairs = [await one.taps(taps, luck, opens=True) for _ in range(rounds)]
        before_s, began_s = time.process_time(), time.perf_counter()
        await asyncio.sleep(idle_s)
        cpu = (time.process_time() - before_s) / (time.perf_counter() - began_s) * 100
        breaks = [await one.power(luck) for _ in range(rounds)]
    events = [[event for event, _ in pair] for pair in pairs]
    outputs = [[output for _, output in pair] for pair in pairs]
    async with _line(BUS_BAUD, BUS_READERS, paced=True) as eight:
        bus = [
            [event for event, _ in await eight.taps(taps, luck, opens=False)] for _ in range(rounds)
        ]
    flat = [value for one_round in outputs for value in one_round]
    values = {
        "osdp_event_p50_ms": median(map(median, events)),
        "osdp_output_p50_ms": median(map(median, outputs)),
        "osdp_output_p95_ms": percentile(flat, 0.95),
        "osdp_cpu_percent": cpu,
        "osdp_bus8_p50_ms": median(map(median, bus)),
        "osdp_silent_s": median(silent for silent, _ in breaks),
        "osdp_back_s": median(back for _, back in breaks),
    }
    say(", ".join(f"{name} {value:.2f}" for name, value in values.items()))
    detail = {
        "scale": {"rounds": rounds, "taps_a_round": taps, "idle_s": idle_s},
        "method": _METHOD,
        "event_ms": [spread(one_round) for one_round in events],
        "output_ms": [spread(one_round) for one_round in outputs],
        "bus8_ms": [spread(one_round) for one_round in bus],
        "silent_back_s": [[round(took_s, 3) for took_s in pair] for pair in breaks],
    }
    return values, detail


class _Line:
    """Readers on both sides of one line: ours here, their far ends in another process."""

    def __init__(self, far: asyncio.subprocess.Process, readers: Mapping[int, OsdpReader]) -> None:
        self._far = far
        self._readers = readers
        self._cards = {address: reader.cards() for address, reader in readers.items()}

    async def taps(
        self, count: int, luck: random.Random, *, opens: bool
    ) -> list[tuple[float, float]]:
        """Milliseconds to the event and to the acknowledged output (0 where none is asked)."""
        found = []
        for number in range(count):
            address = number % len(self._readers) + 1
            await asyncio.sleep(luck.uniform(0.01, 0.01 + 3 * POLL_MS / 1e3))
            assert self._far.stdin is not None
            self._far.stdin.write(f"{address} tap {CARD.hex()}\n".encode())
            card = await anext(self._cards[address])
            at_ns = opened_ns = time.perf_counter_ns()
            if opens and _lets_in(card.uid):
                await self._readers[address].pulse(0, PULSE_MS)
                opened_ns = time.perf_counter_ns()
            tapped_ns = await told(self._far, "tapped at ")
            found.append(((at_ns - tapped_ns) / 1e6, (opened_ns - tapped_ns) / 1e6))
        return found

    async def power(self, luck: random.Random) -> tuple[float, float]:
        """Seconds until the loss of a reader is noticed, and until it is taken back."""
        reader, took_s = self._readers[1], []
        for word in ("off", "on"):
            await asyncio.sleep(luck.uniform(0.5, 1.0))
            changed = asyncio.Event()
            reader.on_state = lambda _online, _why, event=changed: event.set()
            assert self._far.stdin is not None
            began_s = time.perf_counter()
            self._far.stdin.write(f"{word}\n".encode())
            await changed.wait()
            took_s.append(time.perf_counter() - began_s)
        return took_s[0], took_s[1]


def _lets_in(uid: bytes) -> bool:
    request = Request(door=1, way=Way.CARD, card=uid.hex(), assurance=Assurance.IDENTIFIER)
    said, _ = decide(_POLICY, State(), request, NOW)
    return isinstance(said, Granted)


_POLICY: Final = Policy(
    Revision(1, 1),
    ZoneInfo("Asia/Shanghai"),
    {},
    frozenset(),
    {1: DoorPolicy(1, asks=Assurance.IDENTIFIER, rules={"r": Rule()}, people={"p": ("r",)})},
    {CARD.hex(): Credential("c", "p")},
)


@asynccontextmanager
async def _line(baud: int, count: int, *, paced: bool) -> AsyncIterator[_Line]:
    """A line of so many readers that all are here."""
    say(f"{count} OSDP reader(s) on one line at {baud} baud")
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as folder:
        key = Path(folder) / "key"
        key.write_text(KEY.hex())
        words = ["--readers", str(count), "--key", str(key)]
        words += ["--baud", str(baud)] if paced else []
        async with far_end("osdp", *words) as (far, port):
            bus = OsdpBus(lambda: Link.open(port, baudrate=baud), baud)
            try:
                readers = {
                    address: bus.add(address, KEY, f"reader {address}", poll_ms=POLL_MS)
                    for address in range(1, count + 1)
                }
                async with asyncio.timeout(HERE_S):
                    while any(one.here is None for one in readers.values()):  # noqa: ASYNC110
                        await asyncio.sleep(POLL_MS / 1e3)  # each has its own word, none for all
                yield _Line(far, readers)
            finally:
                await bus.close()
