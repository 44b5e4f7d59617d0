"""A reader with its far end and the one who stands behind it."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from drivers import pn532
from drivers.kinds import Card
from drivers.link import Link
from drivers.ntag424 import Ev2Session, authenticate_ev2_first, select_application
from drivers.pn532 import Pn532Reader
from simulators.ends import Pn532End
from tests.drivers.waiting import until

ZEROS = bytes(16)
GIVEN_MOST = 100  # presences a test may leave untaken


class Desk:
    """A reader and the one who stands behind it: takes one card after the other."""

    def __init__(self, end: Pn532End) -> None:
        self.end = end
        self.told: list[tuple[bool, str]] = []
        self.reader = Pn532Reader(
            lambda: Link.open(end.path),
            on_state=lambda online, why: self.told.append((online, why)),
            presence_s=0.01,
            luck=random.Random(1).random,
        )
        self._given: asyncio.Queue[Card] = asyncio.Queue(GIVEN_MOST)
        self._done = asyncio.Semaphore(0)
        self._holds = False
        self._task = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        async for card in self.reader.cards():
            self._given.put_nowait(card)
            await self._done.acquire()

    def release(self) -> None:
        """Be finished with the card in hand."""
        if self._holds:
            self._holds = False
            self._done.release()

    async def next(self) -> Card:
        """Be finished with the card in hand and wait for the next presence."""
        self.release()
        card = await self._given.get()
        self._holds = True
        return card

    @property
    def has_more(self) -> bool:
        return not self._given.empty()

    async def close(self) -> None:
        await self.reader.close()
        self._done.release()
        await self._task


@asynccontextmanager
async def desk(**options: float) -> AsyncIterator[Desk]:
    end = Pn532End(byte_s=options.get("byte_s", 0.0), radio_s=options.get("radio_s", 0.0))
    made = Desk(end)
    try:
        await until(lambda: end.is_waiting)
        yield made
    finally:
        await made.close()
        end.close()


async def enter(card: Card, slot: int = 3, key: bytes = ZEROS) -> Ev2Session:
    await select_application(card.transceive)
    return await authenticate_ev2_first(card.transceive, slot, key)


async def gone(made: Desk) -> None:
    """Take the card away and wait until the reader knows."""
    made.release()
    made.end.lift()
    seen = made.end.obeyed.copy()
    await until(lambda: knows(made.end.obeyed - seen) and made.end.is_waiting)


def knows(since: Counter[int]) -> bool:
    """Enough checks have found nobody, so that the wait for the next card has begun."""
    lists, signs = since[pn532.LIST_PASSIVE_TARGET], since[pn532.DIAGNOSE]
    return lists > (0 if signs else pn532.MISSES_MOST)
