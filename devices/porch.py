"""What somebody finds at a door who has neither card nor phone key: a scanner for passes.

The scanner's text proves nothing; the signature in it does. A pass that this site's hub signed goes
on to the controller, which decides; anything else is refused here, aloud but not without bound.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from devices import passes
from devices.access import Visit
from devices.device import Device
from devices.messages import Outcome, Refusal
from devices.ports import TextReader

log = logging.getLogger(__name__)

SAME_S = 3.0  # a code held before the scanner is read many times a second: one showing
REFUSED_MAX = 6  # refusals told at once by one door; who shows a thousand forgeries is only counted
REFUSED_REFILL_S = 60.0


class Porch:
    """The scanners of a controller's doors; ``on_pass(number, visit)`` decides and opens."""

    def __init__(
        self,
        device: Device,
        scanners: Mapping[int, TextReader],
        on_pass: Callable[[int, Visit], object],
    ) -> None:
        self.device = device
        self.scanners = dict(scanners)
        self.on_pass = on_pass
        self._last: dict[int, tuple[str, float]] = {}  # one entry for each door
        self._told: dict[int, tuple[float, float]] = {}  # the same

    async def run(self) -> None:
        """Serve the scanners until cancelled; one door's fault never stops another's."""
        async with asyncio.TaskGroup() as group:
            for number, scanner in self.scanners.items():
                group.create_task(self._serve(number, scanner))

    async def _serve(self, number: int, scanner: TextReader) -> None:
        async for text in scanner.texts():
            try:
                self.on_text(number, text)
            except Exception:  # one strange code must not blind the scanner
                self.device.counters["pass"] += 1
                log.exception("door %s: a code could not be served", number)

    def on_text(self, number: int, text: str) -> None:
        """Somebody shows a code at a door; no network is needed to read it."""
        now_s = asyncio.get_running_loop().time()
        last, at_s = self._last.get(number, ("", -SAME_S))
        self._last[number] = (text, now_s)
        if text == last and now_s - at_s < SAME_S:
            return
        device = self.device
        visit = passes.verify(text, device.topics.site, device.keys_for("pass"))
        if isinstance(visit, Refusal):
            self._refuse(number, visit.reason, now_s)
        else:
            self.on_pass(number, self._here(visit))

    def _here(self, visit: passes.Pass) -> Visit:
        """What a pass means at this controller: it may name none of its doors."""
        own = tuple(door.number for door in visit.doors if door.device == self.device.topics.device)
        return Visit(visit.id, own, visit.from_s, visit.to_s, visit.host, visit.strict)

    def _refuse(self, number: int, reason: str, now_s: float) -> None:
        device = self.device
        device.counters[reason] += 1
        level, at_s = self._told.get(number, (float(REFUSED_MAX), now_s))
        level = min(REFUSED_MAX, level + (now_s - at_s) * REFUSED_MAX / REFUSED_REFILL_S)
        self._told[number] = (level - 1 if level >= 1 else level, now_s)
        if level < 1:
            return
        draft = replace(device.draft("access"), door=number, via="pass")
        event = replace(draft, outcome=Outcome.REFUSED, reason=reason)
        device.send(device.journal.record(event))
