"""Trying again for ever: how long to wait, and the small loop that opens, serves and waits."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

FIRST_S: Final = 0.05  # a restarted broker is back within this on loopback
MOST_S: Final = 5.0  # longest a door stays away from a broker that has come back
STEADY_S: Final = 5.0  # a service this long was a success, however it ended
JITTER: Final = 0.5  # half of each delay is luck, so that 300 doors do not knock together

_T = TypeVar("_T")


class Backoff:
    """Delays that double from `first_s` to `most_s`; never gives up.

    `jitter` is the random part of a delay, from 0 (none) to 1; `luck` gives [0, 1).
    """

    __slots__ = ("_first_s", "_jitter", "_luck", "_most_s", "_next_s")

    def __init__(
        self,
        first_s: float = FIRST_S,
        most_s: float = MOST_S,
        jitter: float = JITTER,
        *,
        luck: Callable[[], float] = random.random,
    ) -> None:
        if not (0 < first_s <= most_s and 0 <= jitter <= 1):
            raise ValueError(f"no back-off: {first_s=} {most_s=} {jitter=}")
        self._first_s, self._most_s, self._jitter, self._luck = first_s, most_s, jitter, luck
        self._next_s = first_s

    def next_s(self) -> float:
        """Return how long to wait now; the next answer is longer."""
        delay_s = self._next_s
        self._next_s = min(delay_s * 2, self._most_s)
        return delay_s * (1 - self._jitter * self._luck())

    def reset(self) -> None:
        """Begin again at `first_s`: something worked."""
        self._next_s = self._first_s


async def keep(
    open_once: Callable[[], Awaitable[_T]],
    serve: Callable[[_T], Awaitable[object]],
    backoff: Backoff,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock_s: Callable[[], float] = time.monotonic,
    expected: tuple[type[Exception], ...] = (OSError,),
    on_fault: Callable[[Exception], None] | None = None,
) -> None:
    """Open, serve until it returns or fails, wait, again; ends only by cancellation or a bug.

    `expected` are the faults of the far end; anything else is ours and passes through. The delay
    begins afresh only after a service of `STEADY_S`: who lets us in and drops us is not hammered.
    """
    while True:
        try:
            opened = await open_once()
            since_s = clock_s()
            try:
                await serve(opened)
            finally:
                if clock_s() - since_s >= STEADY_S:
                    backoff.reset()
        except expected as fault:
            if on_fault is not None:
                on_fault(fault)
        await sleep(backoff.next_s())
