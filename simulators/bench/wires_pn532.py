"""PN532 readers: from a tap to a verified signature, and to both sides' proof of a key."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

from drivers.kinds import Card
from drivers.link import Link
from drivers.ntag424 import (
    authenticate_ev2_first,
    read_ndef_url,
    select_application,
    verify_sun,
)
from drivers.ntag424_desk import keys_of_card, personalise, read_tap
from drivers.pn532 import Pn532Reader
from simulators.bench.far import far_end, told
from simulators.bench.figures import Target, spread
from simulators.bench.village import say
from simulators.ends import Ntag424Card

UID: Final = bytes.fromhex("04de5f1eacc040")
URL: Final = "https://linli.example/t?e={picc}&c={mac}"
SLOT_GATE: Final = 3
PRESENCE_S: Final = 0.02  # how soon a lifted card is noticed is in no figure
AWAY_S: Final = 0.12  # some looks: then the next tap is a new one
WAIT_S: Final = 20.0  # for anything that takes milliseconds
SEED: Final = 20_261_126
TARGETS: Final = (Target("pn532_sun_p50_ms", "ms", 10.0),)
_METHOD: Final = {
    "sun": "the card is at the antenna -> its link is read and the signature of this tap verified; "
    "a far end in another process that answers at once: no radio time, no baud rate",
    "mutual": "the same tap -> card and reader have proven one key to each other",
    "value": "median of a round, median over rounds",
}


async def measure(*, quick: bool) -> tuple[dict[str, float], dict[str, Any]]:
    """Values of TARGETS by name, and what is behind them."""
    rounds, taps = (2, 20) if quick else (5, 80)
    luck = random.Random(SEED)
    async with _desk() as desk:
        suns = [await desk.taps(taps, luck, desk.sun) for _ in range(rounds)]
        mutuals = [await desk.taps(taps, luck, desk.mutual) for _ in range(rounds)]
    values = {"pn532_sun_p50_ms": median(map(median, suns))}
    mutual_ms = median(map(median, mutuals))
    say(f"pn532_sun_p50_ms {values['pn532_sun_p50_ms']:.2f}, mutual {mutual_ms:.2f}")
    detail = {
        "scale": {"rounds": rounds, "taps_a_round": taps},
        "method": _METHOD,
        "mutual_p50_ms": round(mutual_ms, 3),
        "sun_ms": [spread(one_round) for one_round in suns],
        "mutual_ms": [spread(one_round) for one_round in mutuals],
    }
    return values, detail


class _Desk:
    """A reader here, its far end with one of our cards elsewhere."""

    def __init__(self, far: asyncio.subprocess.Process) -> None:
        self._far = far
        self._work: Callable[[Card], Awaitable[None]] = self.sun
        self._done: asyncio.Queue[int] = asyncio.Queue(maxsize=1)
        self._keys = keys_of_card([bytes([n + 1]) * 16 for n in range(5)], UID, version=1)
        self._counter = 0

    async def sun(self, card: Card) -> None:
        """The tap's link, verified, and newer than the one before."""
        picc, mac = read_tap(await read_ndef_url(card.transceive), URL)
        found = verify_sun(picc, mac, meta_key=self._keys.slots[2], file_key=self._keys.slots[1])
        assert found.uid == UID
        assert found.counter > self._counter
        self._counter = found.counter

    async def mutual(self, card: Card) -> None:
        """Both know the key of a gate."""
        await select_application(card.transceive)
        await authenticate_ev2_first(card.transceive, SLOT_GATE, self._keys.slots[SLOT_GATE])

    async def serve(self, cards: AsyncIterator[Card]) -> None:
        """Work with each card as it comes, as a door does: it looks for the next at once."""
        async for card in cards:
            await self._work(card)
            await self._done.put(time.perf_counter_ns())

    async def taps(
        self, count: int, luck: random.Random, work: Callable[[Card], Awaitable[None]]
    ) -> list[float]:
        """Milliseconds from each tap until the work with the card is done."""
        assert self._far.stdin is not None
        self._work = work
        found = []
        for _ in range(count):
            await asyncio.sleep(luck.uniform(AWAY_S, 2 * AWAY_S))
            self._far.stdin.write(b"tap\n")
            async with asyncio.timeout(WAIT_S):
                done_ns = await self._done.get()
                found.append((done_ns - await told(self._far, "tapped at ")) / 1e6)
            self._far.stdin.write(b"lift\n")
        return found


@asynccontextmanager
async def _desk() -> AsyncIterator[_Desk]:
    """A card with its keys, its reader, and ours that waits for it."""
    say("a PN532 and one card")
    card = Ntag424Card(UID)

    async def transceive(apdu: bytes) -> bytes:
        return card.exchange(apdu)

    keys = keys_of_card([bytes([n + 1]) * 16 for n in range(5)], UID, version=1)
    await personalise(transceive, UID, keys, URL)
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as folder:
        cards = Path(folder) / "cards"
        cards.write_text(json.dumps([card.to_dict()]))
        async with far_end("pn532", "--cards", str(cards)) as (far, port):
            reader = Pn532Reader(lambda: Link.open(port), presence_s=PRESENCE_S)
            desk = _Desk(far)
            serving = asyncio.ensure_future(desk.serve(reader.cards()))
            try:
                yield desk
            finally:
                await reader.close()
                await serving
