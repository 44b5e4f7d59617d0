"""What faces cost the hub's own loop: the longest callback, in CPU time of its thread."""

from __future__ import annotations

import asyncio
import contextlib
import time
from asyncio import events
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hub.faces.camera import Event
from hub.faces.process import CameraEnded, FaceProcess, Source

CAMERAS: Final = 4
BETWEEN_S: Final = 0.02
ROUNDS_MOST: Final = 2_000


@contextlib.contextmanager
def callbacks_ms() -> Iterator[list[float]]:
    """CPU milliseconds of every callback that any loop of this process runs meanwhile."""
    taken: list[float] = []  # bounded by the measurement
    plain: Any = events.Handle._run  # noqa: SLF001 (the one place where every callback passes)

    def timed(handle: Any) -> Any:
        before = time.thread_time_ns()
        try:
            return plain(handle)
        finally:
            taken.append((time.thread_time_ns() - before) / 1e6)

    setattr(events.Handle, "_run", timed)  # noqa: B010
    try:
        yield taken
    finally:
        setattr(events.Handle, "_run", plain)  # noqa: B010


def longest_ms(data: Path, scenes: list[bytes], pushes: int,
               detector: Path | None, weights: Path | None) -> dict[str, float]:  # fmt: skip
    """Push pictures through a real face process, as browsers would, until so many events came."""
    return asyncio.run(_pushed(data, scenes, pushes, detector, weights))


async def _pushed(
    data: Path, scenes: list[bytes], pushes: int, detector: Path | None, weights: Path | None
) -> dict[str, float]:
    heard = 0

    def hear(_: str, event: Event | CameraEnded) -> None:
        nonlocal heard
        del event
        heard += 1

    faces = FaceProcess(data, hear, detector, weights)
    names = [f"camera-{number}" for number in range(CAMERAS)]
    for name in names:
        faces.add(name, Source("pushed"))
    faces.start()
    try:
        await faces.ready()
        with callbacks_ms() as taken:
            for number in range(ROUNDS_MOST):
                if heard >= pushes:
                    break
                for place, name in enumerate(names):
                    faces.push(name, scenes[(number + place) % len(scenes)], number * BETWEEN_S)
                await asyncio.sleep(BETWEEN_S)
            portrait = await faces.portrait(scenes[0])
            del portrait
    finally:
        await faces.stop()
    return {"loop_cpu_ms_most": max(taken), "loop_callbacks": len(taken), "loop_events": heard}
