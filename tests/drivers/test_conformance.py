"""What every serial driver lives through: unplugging, noise, a far end gone mad."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from drivers.link import INBOX_MOST_BYTES, Link
from simulators.bench import callbacks
from simulators.ends.drives import WIRES, Drive, Wire, flood, noise_of
from tests.drivers.waiting import until

ROUNDS = 12
every_wire = pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.protocol)


async def hand(action: Callable[[], object]) -> None:
    action()


@asynccontextmanager
async def at_work(wire: Wire) -> AsyncIterator[tuple[Drive, Any, list[tuple[bool, str]]]]:
    """A driver that is online at its end; and all it says of its state."""
    states: list[tuple[bool, str]] = []
    end = wire.host()
    drive = wire.drive(end.path, lambda online, why: states.append((online, why)))
    try:
        await until(lambda: bool(states))
        assert states[0][0], states
        yield drive, end, states
    finally:
        await drive.close()
        end.close()


async def works(drive: Drive, end: Any) -> None:
    """What happens at the end is told again, in the end; pytest's timeout ends what never is."""
    while not await drive.use(end, hand):
        pass


@every_wire
async def test_a_driver_comes_back_whenever_it_was_unplugged(wire: Wire) -> None:
    async with at_work(wire) as (drive, end, states):
        await works(drive, end)
        for _ in range(3):
            end.unplug()
            await until(lambda: not states[-1][0])
            assert "check" in states[-1][1]
            assert "\n" not in states[-1][1]
            assert not await drive.use(end, hand)
            end.plug()
            await until(lambda: states[-1][0])
            await works(drive, end)


@every_wire
async def test_unplugged_in_the_middle_of_its_work(wire: Wire) -> None:
    async with at_work(wire) as (drive, end, states):
        using = asyncio.ensure_future(drive.use(end, hand))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        end.unplug()
        await using
        await until(lambda: not states[-1][0])
        end.plug()
        await works(drive, end)


@every_wire
async def test_noise_is_lived_through_and_leaves_nothing_behind(wire: Wire) -> None:
    async with at_work(wire) as (drive, end, _):
        end.line.noise = noise_of(0.05, seed=5)
        told = [await drive.use(end, hand) for _ in range(ROUNDS)]
        assert any(told)
        end.line.noise = noise_of(1.0, seed=6)
        await drive.use(end, hand)
        assert end.line.noise.hits
        end.line.noise = None
        await works(drive, end)


@every_wire
async def test_a_flood_is_lived_through_and_does_not_pile_up(wire: Wire) -> None:
    async with at_work(wire) as (drive, end, states):
        await flood(wire, end, hand, seed=9)
        links = [found for found in gc.get_objects() if type(found) is Link and found.is_open]
        assert links
        assert all(len(link._inbox) <= INBOX_MOST_BYTES for link in links)
        await works(drive, end)
        end.unplug()
        await until(lambda: not states[-1][0])


# --- what measures them -----------------------------------------------------------------------


async def test_the_longest_callback_is_found_and_the_far_side_is_not_counted() -> None:
    def burn() -> None:
        sum(range(300_000))

    with callbacks.FarSide() as far, callbacks.metered() as longest:
        await far.make(burn)
        spared_ns = longest.ns
        asyncio.get_running_loop().call_soon(burn)
        await asyncio.sleep(0.01)
    assert longest.ns > spared_ns
    assert "burn" in longest.callback
    assert asyncio.Handle._run.__name__ == "_run"


def test_every_trial_gives_a_figure() -> None:
    found = callbacks.longest_callbacks(WIRES[1:2], quick=True)
    assert set(found) == {WIRES[1].protocol}
    assert set(found[WIRES[1].protocol]) == {"unplug", "noise", "flood"}
    assert all(took_ms > 0 for took_ms in found[WIRES[1].protocol].values())
