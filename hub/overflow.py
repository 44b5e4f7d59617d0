"""What becomes of a device that says too much: counted, told once, its last word read again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator

from devices import wire
from hub.acts.alerts import Alarm, alarm
from hub.core.floods import REREAD_S, Bound, Floods
from hub.store.memory import Memory
from hub.store.writer import Faulted, InboxFull, StoreUnavailable, Writer


class Overflow:
    """Messages that were dropped unread; ``reread`` asks the broker for what it retains."""

    def __init__(
        self,
        floods: Floods,
        memory: Memory,
        writer: Writer,
        counters: Counter[str],
        reread: Callable[[str, Iterable[str]], None],
    ) -> None:
        self._floods = floods
        self._memory = memory
        self._writer = writer
        self._counters = counters
        self._reread = reread
        self._rereading: set[str] = set()  # bounded by the devices of the site

    def dropped(
        self, device: str, bound: Bound, now_s: float
    ) -> Iterator[Coroutine[None, None, None]]:
        """One message unread and unanswered; what is to be done about it beside the loop."""
        self._counters[f"flood_{bound}"] += 1
        if self._floods.tells(device, now_s):
            told = Alarm("device_floods", f"device:{device}", now_s, detail=bound.value)
            yield self._alarm(told)
        if bound is Bound.NOTES and device not in self._rereading:
            self._rereading.add(device)
            yield self._read_last_word(device)

    async def _alarm(self, told: Alarm) -> None:
        try:
            await self._writer.submit(alarm, told)
        except (InboxFull, StoreUnavailable, Faulted):
            self._counters["unwritten"] += 1  # told again while it goes on

    async def _read_last_word(self, device: str) -> None:
        """What was dropped may have been the last: that it is gone, or which policy it holds."""
        try:
            await asyncio.sleep(REREAD_S)
            doors = (one.number for one in self._memory.doors.values() if one.device == device)
            conditions = [f"door/{number}/state" for number in doors]
            self._reread(device, [wire.STATE, wire.POLICY_HAVE, *conditions])
        finally:
            self._rereading.discard(device)
