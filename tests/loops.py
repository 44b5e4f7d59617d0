"""Running coroutines in tests: whatever a test starts on the loop must be over when it ends."""

import asyncio
import gc
import inspect
from asyncio import events
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Result = TypeVar("Result")

# A cancelled task needs a turn to see it, its cleanup another, a closing transport a third.
SETTLE_TURNS = 5


class LeftBehind(AssertionError):
    """What a test left on the loop: tasks, timers, watched sockets, errors nobody looked at."""


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine on a loop of its own; raises LeftBehind when anything of it lives on."""
    errors: list[str] = []
    with _alone(), asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_exception_handler(lambda _, context: errors.append(_told(context)))
        result = runner.run(main)
        left = runner.run(_left_behind(loop))
        gc.collect(1)  # an error nobody awaited is told when its task is collected; it is young
    if errors or left:
        raise LeftBehind("; ".join([*left, *errors]))
    return result


@contextmanager
def _alone() -> Iterator[None]:
    """Set aside a loop that stands still in a greenlet of this thread: Playwright's.

    Pages come last, but a worker that takes over from one that crashed gets both kinds mixed.
    """
    asleep = events._get_running_loop()
    events._set_running_loop(None)
    try:
        yield
    finally:
        events._set_running_loop(asleep)


async def _left_behind(loop: asyncio.AbstractEventLoop) -> list[str]:
    for _ in range(SETTLE_TURNS):
        await asyncio.sleep(0)
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    found = [f"a task still runs: {task.get_coro()!r}" for task in tasks]
    # The loop keeps these to itself; a test is the place to look.
    timers = [timer for timer in getattr(loop, "_scheduled", ()) if not timer.cancelled()]
    found += [f"a timer still waits: {timer!r}" for timer in timers]
    watched = getattr(loop, "_selector").get_map().values()  # noqa: B009
    own = getattr(loop, "_ssock").fileno()  # noqa: B009
    found += [f"a file is still watched: {key.data!r}" for key in watched if key.fd != own]
    return found


def _told(context: dict[str, Any]) -> str:
    return f"{context.get('message')}: {context.get('exception')!r}"


def is_async(test: object) -> bool:
    """Whether a test function is a coroutine function and wants run()."""
    return inspect.iscoroutinefunction(test)
