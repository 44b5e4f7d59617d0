"""Readers that can only tell a number: which readings are a new card, and a line that comes back.

What these readers tell anybody can copy; their cards take no APDUs, so nothing can be proven.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from drivers.framing import Deframer
from drivers.kinds import TRANSCEIVE_S, Card, NotIsoDep, OnState
from drivers.link import Link
from drivers.listener import Listener

PRESENCE_S: Final = 1.0  # the same number again so soon is the same card, still held there
TROUBLE_SURE: Final = 2  # the same trouble so often in a row is the wiring, not a bad moment


@dataclass(frozen=True, slots=True)
class Number:
    """A card's number in four bytes, first byte first, as sheets and desk readers write it."""

    uid: bytes


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something was read that must not be taken for a number: why, and what to check."""

    why: str


Reading = Number | Trouble


@dataclass(frozen=True, slots=True)
class NumberCard:
    """One presence of a card that is only a number; see kinds.Card."""

    uid: bytes
    first_byte_at_ns: int
    iso_dep: bool = False
    provable: bool = True  # a card with keys that comes as a bare number is taken for a copy

    async def transceive(self, apdu: bytes, timeout_s: float = TRANSCEIVE_S) -> NoReturn:
        """Nothing can be asked of it; raises NotIsoDep."""
        del apdu, timeout_s
        raise NotIsoDep("this reader tells numbers only")


class Presence:
    """Pure: whether a number is a new card, or the one before it still there."""

    def __init__(self, gap_s: float = PRESENCE_S) -> None:
        self._gap_s = gap_s
        self._uid = b""
        self._seen_s = float("-inf")

    def is_new(self, uid: bytes, now_s: float) -> bool:
        """Take one reading; a card that keeps lying there is new once."""
        same = uid == self._uid and now_s - self._seen_s < self._gap_s
        self._uid, self._seen_s = uid, now_s
        return not same


class NumberReader(Listener[Reading]):
    """A reader that comes back by itself when it was unplugged; see kinds.CardReader."""

    what = "reader"
    noise_sure_bytes = 48  # four fobs of an RDM6300, two cards of a Wiegand adapter

    def __init__(
        self,
        open_link: Callable[[], Awaitable[Link]],
        make_deframer: Callable[[], Deframer[Reading]],
        *,
        on_state: OnState | None = None,
        presence_s: float = PRESENCE_S,
        luck: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(open_link, make_deframer, on_state=on_state, luck=luck)
        self._presence_s = presence_s
        self.troubles: Counter[str] = Counter()  # bounded by the texts that the protocol names

    async def cards(self) -> AsyncIterator[Card]:
        """Each new presence of a card, through unplugging and return, until close()."""
        loop = asyncio.get_running_loop()
        line: Link | None = None
        presence, in_a_row = Presence(self._presence_s), 0
        before: Reading | None = None
        async with contextlib.aclosing(self._heard()) as heard:  # else its line would stay open
            async for link, reading in heard:
                if link is not line:  # a reader that was away knows nothing of the card before
                    line, presence, before = link, Presence(self._presence_s), None
                in_a_row = in_a_row + 1 if reading == before else 1
                before = reading
                if isinstance(reading, Trouble):
                    self._on_trouble(link, reading, in_a_row)
                    continue
                self._report(True, f"{self.what} at {link.name}")
                if presence.is_new(reading.uid, loop.time()):
                    yield NumberCard(reading.uid, link.read_at_ns)

    def _on_trouble(self, link: Link, trouble: Trouble, in_a_row: int) -> None:
        """A reader that only ever tells nonsense is as good as none, and says which nonsense."""
        self.troubles[trouble.why] += 1
        if in_a_row >= TROUBLE_SURE:
            self._report(False, f"{link.name}: {trouble.why}")
