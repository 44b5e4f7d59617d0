"""A program that is killed in the middle of a pulse: a board that ends its own locks again."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable
from typing import Any

import pytest

from simulators.ends import OsdpEnd, OsdpPd, RelayBoardEnd
from tests.drivers.kinds import KEY
from tests.drivers.waiting import until

PULSE_MS = 2_000
PROGRAM = """
import asyncio, sys
from drivers.catalogue import OsdpLines, open_strike

async def work():
    here = asyncio.Event()
    strike = open_strike(
        sys.argv[1], lambda _: sys.argv[2].encode(), lines=OsdpLines(),
        on_state=lambda on, _: here.set() if on else None,
    )
    await here.wait()
    await strike.pulse(0, int(sys.argv[3]))
    print("on", flush=True)
    await asyncio.Event().wait()

asyncio.run(work())
"""


def board() -> tuple[Any, str, Callable[[], bool]]:
    end = RelayBoardEnd()
    return end, f"modbus-relay+serial://{end.path}?unit=1", lambda: end.coils[0]


def reader() -> tuple[Any, str, Callable[[], bool]]:
    pd = OsdpPd(1, KEY)
    end = OsdpEnd([pd])
    url = f"osdp+serial://{end.path}?address=1&key=secret:reader&baud=115200"
    return end, url, lambda: pd.outputs[0]


@pytest.mark.parametrize("made", [board, reader])
async def test_a_killed_program_leaves_a_door_that_locks_by_itself(
    made: Callable[[], tuple[Any, str, Callable[[], bool]]],
) -> None:
    end, url, is_released = made()
    moves: list[bool] = []
    watching = asyncio.ensure_future(note(is_released, moves))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, url, KEY.hex(), str(PULSE_MS), stdout=PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"on\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    await until(lambda: moves[-2:] == [True, False])  # and nobody is left who could say so
    watching.cancel()
    await asyncio.wait([watching])
    end.close()


async def note(is_released: Callable[[], bool], moves: list[bool]) -> None:
    """What the lock does, two seconds at a time."""
    while True:
        if not moves or moves[-1] != is_released():
            moves.append(is_released())
        await asyncio.sleep(0.005)
