"""What truly happened in a town, as seen from outside: coils that moved, entries of the journal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from simulators.demo.staff import Staff
from simulators.demo.town import Town

WAIT_S = 10.0


class NotSo(Exception):
    """Something that should have happened did not."""


def must(truth: object, what: str) -> None:
    """Raise NotSo where something that should be so is not."""
    if not truth:
        raise NotSo(what)


async def until(done: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for a fact; raises NotSo with what is missing."""
    end = time.monotonic() + WAIT_S
    while not await done():
        must(time.monotonic() < end, what)
        await asyncio.sleep(0.02)


def pulses(town: Town, door: str) -> int:
    """How often the coil of a door's relay really went on."""
    found = town.doors[door]
    return sum(1 for output, on, _ in found.board.coil_log if output == found.output and on)


async def shut(town: Town, door: str) -> None:
    """A lock that is still held by the flow before would show no pulse of this one."""
    found = town.doors[door]

    async def off() -> bool:
        return not found.board.coils[found.output]

    await until(off, f"the coil of {door} stays on")


async def pulsed(town: Town, door: str, before: int) -> None:
    """Wait for the one pulse after so many; raises NotSo."""

    async def more() -> bool:
        return pulses(town, door) > before

    await until(more, f"the coil of {door} did not pulse")
    must(pulses(town, door) == before + 1, f"the coil of {door} pulsed more than once")


async def events_of(staff: Staff, **wanted: object) -> list[dict[str, Any]]:
    """The journal's newest entries with these members."""
    events = await staff.events()
    return [e for e in events if all(e.get(name) == value for name, value in wanted.items())]


async def journaled(staff: Staff, count: int, what: str, **wanted: object) -> dict[str, Any]:
    """Wait until the journal holds so many such entries, and no more; the newest of them."""

    async def there() -> bool:
        return len(await events_of(staff, **wanted)) >= count

    await until(there, f"the journal holds no event: {what}")
    found = await events_of(staff, **wanted)
    must(len(found) == count, f"the journal holds {len(found)} events, not {count}: {what}")
    return found[0]
