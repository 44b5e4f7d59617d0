"""Waiting for the other end in the same process."""

import asyncio
from collections.abc import Callable


async def until(true: Callable[[], bool]) -> None:
    """Let the loop turn until something is true; pytest's timeout ends what never is."""
    while not true():  # noqa: ASYNC110 - any state may be asked for, few have an event
        await asyncio.sleep(0.001)
