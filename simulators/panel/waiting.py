"""Waiting for a fact that somebody else on the loop brings about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Waiting:
    """``wake`` after each change; ``until`` looks again after each."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Something has changed."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, done: Callable[[], bool], within_s: float) -> bool:
        """Whether it came true in time."""
        try:
            async with asyncio.timeout(within_s):
                while not done():
                    await self._changed.wait()
        except TimeoutError:
            return done()
        return True
