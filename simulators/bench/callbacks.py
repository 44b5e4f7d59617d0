"""How long a driver holds the event loop at most, in CPU time of its thread.

The far end lives on a loop in a thread of its own, so that what is measured is the driver's work
and nobody else's; a busy machine makes it no longer.
"""

import asyncio
import gc
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Self, TypeVar

from simulators.ends.drives import WIRES, Drive, Wire, flood, noise_of
from simulators.ends.wires import LineEnd

T = TypeVar("T")

USES: Final = 60
USES_QUICK: Final = 8
PLUGS: Final = 10
PLUGS_QUICK: Final = 2
NOISE_ODDS: Final = 0.05


class FarSide:
    """A loop in a thread where far ends live; leaving it closes the loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="far side")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def make(self, action: Callable[[], T]) -> T:
        """Run on that loop and wait for what comes of it."""

        async def there() -> T:
            return action()

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(there(), self._loop))

    async def hand(self, action: Callable[[], object]) -> None:
        """As make, for whoever wants no answer."""
        await self.make(action)


class Longest:
    """The longest callback of this thread's loop so far."""

    def __init__(self) -> None:
        self.ns = 0
        self.callback = ""


@contextmanager
def metered() -> Iterator[Longest]:
    """Measure every callback that this thread's loop runs meanwhile."""
    longest, mine = Longest(), threading.get_ident()
    plain: Callable[[Any], None] = asyncio.Handle._run  # noqa: SLF001 - there is no other place

    def run(handle: Any) -> None:
        if threading.get_ident() != mine:
            plain(handle)
            return
        began_ns = time.thread_time_ns()
        plain(handle)
        took_ns = time.thread_time_ns() - began_ns
        if took_ns > longest.ns:
            longest.ns, longest.callback = took_ns, repr(handle)[:200]

    asyncio.Handle._run = run  # type: ignore[assignment,method-assign]  # noqa: SLF001
    try:
        yield longest
    finally:
        asyncio.Handle._run = plain  # type: ignore[assignment,method-assign]  # noqa: SLF001


def longest_callbacks(
    wires: Sequence[Wire] = WIRES, *, quick: bool = False
) -> dict[str, dict[str, float]]:
    """Milliseconds of the longest callback by protocol, then by trial: unplug, noise, flood."""
    return {
        wire.protocol: {
            name: asyncio.run(_measure(wire, trial, quick)) for name, trial in TRIALS.items()
        }
        for wire in wires
    }


Trial = Callable[[Wire, Drive, LineEnd, FarSide, bool], Awaitable[None]]


async def _measure(wire: Wire, trial: Trial, quick: bool) -> float:
    with FarSide() as far:
        end = await far.make(wire.host)
        drive = wire.drive(end.path, lambda _online, _why: None)
        try:
            while not await drive.use(end, far.hand):  # warm: nothing is compiled in the trial
                pass
            gc.collect()
            with metered() as longest:
                await trial(wire, drive, end, far, quick)
        finally:
            await drive.close()
            await far.make(end.close)
    return longest.ns / 1e6


async def _unplug(wire: Wire, drive: Drive, end: LineEnd, far: FarSide, quick: bool) -> None:
    del wire  # all are plugged alike
    for _ in range(PLUGS_QUICK if quick else PLUGS):
        await far.hand(end.unplug)
        await drive.use(end, far.hand)
        await far.hand(end.plug)
        while not await drive.use(end, far.hand):
            pass


async def _noise(wire: Wire, drive: Drive, end: LineEnd, far: FarSide, quick: bool) -> None:
    del wire  # noise is noise
    noise = noise_of(NOISE_ODDS, seed=1)
    await far.hand(lambda: setattr(end.line, "noise", noise))
    for _ in range(USES_QUICK if quick else USES):
        await drive.use(end, far.hand)


async def _flood(wire: Wire, drive: Drive, end: LineEnd, far: FarSide, quick: bool) -> None:
    del quick  # it is over in a second
    flooding = asyncio.ensure_future(flood(wire, end, far.hand, seed=1))
    while not flooding.done():  # a driver that reads on request reads into the flood
        await drive.use(end, far.hand)
    await flooding
    while not await drive.use(end, far.hand):
        pass


TRIALS: Final[dict[str, Trial]] = {"unplug": _unplug, "noise": _noise, "flood": _flood}
