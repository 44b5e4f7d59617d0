"""A bad line: how many taps still arrive, and how late, where one chunk in a hundred is spoiled."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any, Final

from simulators.bench.figures import Target, percentile, spread
from simulators.bench.village import say
from simulators.ends.drives import USE_S, WIRES, Drive, Wire
from simulators.ends.wires import LineEnd, Noise

READERS: Final = ("pn532", "osdp", "qr", "rdm6300", "wiegand")  # wires on which somebody taps
CHUNKS: Final = 100  # of so many one is spoiled, whichever luck picks
REST_S: Final = 0.1  # until the reader knows that the card was lifted, at the least
HEALED_TRIES: Final = 20  # uses of a quiet line until the driver must be at work again
SEED: Final = 20_261_126
TARGETS: Final = (
    *(Target(f"noise_{name}_arrive_percent", "%", 98.0, ">=") for name in READERS),
    *(Target(f"noise_{name}_p95_ms", "ms", 300.0) for name in READERS),
    Target("noise_healed", "of 1", 1.0, ">="),
)
_METHOD: Final = {
    "noise": f"of each {CHUNKS} chunks of a line, either way, one is spoiled: one byte is flipped, "
    "lost or invented; the readers' lines are measured beside each other",
    "arrive": "share of taps whose own number the driver told within a second",
    "p95_ms": "from the tap to the driver's word, over the taps that arrived; both on one loop",
    "healed": "afterwards the line is quiet, and every driver tells what happens without loss",
}


async def measure(*, quick: bool) -> tuple[dict[str, float], dict[str, Any]]:
    """Values of TARGETS by name, and what is behind them."""
    taps = 50 if quick else 400
    values: dict[str, float] = {"noise_healed": 1.0}
    detail: dict[str, Any] = {"scale": {"taps": taps}, "method": _METHOD}
    wires = [wire for wire in WIRES if wire.protocol in READERS]
    say(f"{taps} taps on each of {len(wires)} bad lines")
    measured = await asyncio.gather(*(_tapped(wire, taps) for wire in wires))
    for wire, (told_ms, noise, healed) in zip(wires, measured, strict=True):
        name = wire.protocol
        values[f"noise_{name}_arrive_percent"] = len(told_ms) / taps * 100
        p95_ms = percentile(told_ms or [USE_S * 1e3], 0.95)
        values[f"noise_{name}_p95_ms"] = p95_ms
        values["noise_healed"] = min(values["noise_healed"], float(healed))
        told = spread(told_ms) if told_ms else {}
        hits = {"chunks": noise.chunks, "spoiled_chunks": noise.hits}
        detail[name] = told | hits | {"healed": healed}
        say(f"{name}: {len(told_ms)} of {taps} taps, p95 {p95_ms:.1f} ms")
    return values, detail


class OneInAHundred(Noise):
    """Exactly so much noise: odds alone gave one line of four hundred chunks 1 %, another 2.5 %."""

    def __init__(self, luck: random.Random) -> None:
        super().__init__(luck)
        self.chunks = 0
        self._spoiled = 0

    def spoil(self, chunk: bytes) -> bytes:
        """The chunk as it comes out of the line."""
        turn = self.chunks % CHUNKS
        if turn == 0:
            self._spoiled = self.luck.randrange(CHUNKS)
        self.chunks += 1
        if turn != self._spoiled:
            return chunk
        kind = self.luck.randrange(3)
        once = Noise(self.luck, flip=kind == 0, drop=kind == 1, insert=kind == 2)
        worn = once.spoil(chunk)
        self.hits += once.hits
        return worn


async def _tapped(wire: Wire, taps: int) -> tuple[list[float], OneInAHundred, bool]:
    """Milliseconds of the taps that arrived, the line's noise, and whether it healed."""
    luck = random.Random(f"{SEED} {wire.protocol}")
    noise = OneInAHundred(luck)
    end = wire.host()
    drive = wire.drive(end.path, lambda _online, _why: None)
    try:
        while not await drive.use(end, _hand):
            pass
        end.line.noise = noise
        told_ms = []
        for _ in range(taps):
            await asyncio.sleep(luck.uniform(REST_S, 2 * REST_S))
            took_ms = await _one(drive, end)
            told_ms += [] if took_ms is None else [took_ms]
        end.line.noise = None
        return told_ms, noise, await _heals(drive, end)
    finally:
        await drive.close()
        end.close()


async def _one(drive: Drive, end: LineEnd) -> float | None:
    began_ns = time.perf_counter_ns()
    is_told = await drive.use(end, _hand)
    return (time.perf_counter_ns() - began_ns) / 1e6 if is_told else None


async def _heals(drive: Drive, end: LineEnd) -> bool:
    for _ in range(HEALED_TRIES):
        if await drive.use(end, _hand):
            break
    await asyncio.sleep(REST_S)
    return await drive.use(end, _hand)


async def _hand(action: Any) -> None:
    action()
