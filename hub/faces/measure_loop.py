"""What faces cost the hub's own loop: the longest callback, in CPU time of its thread.

What a hub does with an event is done as well: the door's own comparisons among ``TEMPLATES``
people, with a claim and without one, and a full watch list.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from asyncio import events
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from hub.faces import seal
from hub.faces.audit import CLAIM_MOST, Audit, Curves, Verdict
from hub.faces.auditor import EVERYBODY
from hub.faces.calibration import Tail
from hub.faces.camera import Event, Gone, Ready
from hub.faces.decide import Probe
from hub.faces.doorway import Doorway
from hub.faces.enrol import Portrait
from hub.faces.measure import TEMPLATES, made_up
from hub.faces.process import CameraEnded, CameraHere, FaceProcess, Source
from hub.faces.roll import Roll, Standing

CAMERAS: Final = 4
BETWEEN_S: Final = 0.02
ROUNDS_MOST: Final = 2_000
LISTED: Final = 20  # faces of a full watch list (hub/acts/face_watch.py)
DOOR: Final = "d-1"


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


class Standin:
    """Who a hub compares with at a door that takes faces alone; made-up people, real arithmetic.

    Every face that is seen is decided in the callback in which it was heard: a track at a door is
    decided once, so this is the dearest that an event can be.
    """

    def __init__(self, people: int = TEMPLATES) -> None:
        held = replace(made_up(people), model_id="measured")
        nothing = np.zeros(0, np.float64)
        fine = Verdict(None, 0.0, True, 0.0, 0.0, 0.0)
        told = Audit(held.model_id, people, 0, 0, fine, fine, (), Curves(nothing, nothing, nothing))
        self.roll = Roll(bytes(seal.KEY_BYTES), bytes(seal.KEY_BYTES), secrets.token_bytes)
        self.roll.stand(
            Standing("", held, {EVERYBODY: told, DOOR: told}, {DOOR: np.ones(people, np.bool_)},
                     Tail(((-9.0, 1e-6), (-8.0, 1e-2))), {})
        )  # fmt: skip
        self._probe = Probe(held.templates[0] + np.float32(0.01), 5, held.model_id)
        for number in range(LISTED):
            self._list(f"{number:032x}")
        self.way = Doorway(turn=True, alone=True)
        self.compared = 0

    def _list(self, name: str) -> None:
        wrapped = self.roll.new_key(name)
        portrait = Portrait(self._probe.embedding, self._probe.model_id, 0.0)
        kept = self.roll.seal_listed(name, wrapped, portrait, b"")
        assert self.roll.take_listed(name, "order", kept.template, wrapped)

    def heard(self, camera: str, event: Event) -> None:
        """What ``hub.face_doors`` does with it, at its dearest."""
        now_s = time.monotonic()
        self.way.see(camera, event, now_s)
        if not isinstance(event, Gone):
            self.way.see(camera, Ready(event.track, self._probe, 0.0), now_s)
            self.roll.verify(self.people[:CLAIM_MOST], self._probe)
            self.roll.seek(self._probe, {"order": 1e-4})
        self.way.steps(now_s, self._compare, lambda: True)

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody's ids."""
        assert self.roll.standing is not None
        return self.roll.standing.gallery.people

    def _compare(
        self, people: tuple[str, ...] | None, probe: Probe
    ) -> tuple[str | None, str | None]:
        del people
        self.compared += 1
        found = self.roll.search(DOOR, probe)
        return getattr(found, "person", None), getattr(found, "reason", None)


def longest_ms(data: Path, scenes: list[bytes], pushes: int,
               detector: Path | None, weights: Path | None) -> dict[str, float]:  # fmt: skip
    """Push pictures through a real face process, as browsers would, until so many events came."""
    return asyncio.run(_pushed(data, scenes, pushes, detector, weights))


async def _pushed(
    data: Path, scenes: list[bytes], pushes: int, detector: Path | None, weights: Path | None
) -> dict[str, float]:
    heard, door = 0, Standin()

    def hear(camera: str, event: Event | CameraEnded | CameraHere) -> None:
        nonlocal heard
        heard += 1
        if not isinstance(event, CameraEnded | CameraHere):
            door.heard(camera, event)

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
    return {
        "loop_cpu_ms_most": max(taken), "loop_callbacks": len(taken), "loop_events": heard,
        "loop_comparisons": door.compared,
    }  # fmt: skip
