"""A loop whose time is virtual: it never sleeps, it jumps to whatever is due next."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Deadlock(AssertionError):
    """Nothing is due and nobody can ever wake up."""


class _Jump(selectors.DefaultSelector):
    """Never blocks: with nothing ready it moves the clock instead."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise Deadlock("the town stands still")
            self.loop.now_s += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Starts at zero; a day takes as long as its events take to compute."""

    def __init__(self) -> None:
        self.now_s = 0.0
        jump = _Jump()
        super().__init__(jump)
        jump.loop = self

    def time(self) -> float:
        return self.now_s


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        if pending:
            loop.run_until_complete(asyncio.wait(pending))
        loop.close()
