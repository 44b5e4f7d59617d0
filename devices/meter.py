"""The meter reader: asks its meters by their schedule and tells the hub, frame and all.

A reading is an event of kind ``meter`` and waits in the outbox like any other fact, so that none
is lost with the network. A meter that does not answer is told once, as ``meter_silent``.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from devices.device import Device
from devices.ports import MeterLine
from devices.wire import is_id

log = logging.getLogger(__name__)

READING = "meter"  # kind of the event of a reading
SILENT = "meter_silent"  # kind of the event, and name of the trouble, of a meter without answer
RETRY_S = 300.0  # a meter that did not answer is asked again after so long, or at its own time
RAW_MOST_BYTES = 250  # of a frame as hexadecimal digits in one field; readings have 20 to 60
WHY_MOST_CHARS = 400


@dataclass(frozen=True, slots=True)
class Plan:
    """One meter: how the site calls it, where and how often it is read."""

    meter: str
    line: MeterLine
    every_s: float


class MeterReader:
    """A device with meters on its lines; meters of one line are asked one after another."""

    def __init__(
        self, device: Device, plans: Sequence[Plan], expected: type[Exception] = Exception
    ) -> None:
        self.device = device
        self.plans = plans
        self._expected = expected  # what a line raises for a meter's own fault
        self._silent: dict[str, str] = {}  # meter: why; bounded by the plans

    async def run(self) -> None:
        """Read by the schedule until cancelled; every meter is read at the start."""
        async with asyncio.TaskGroup() as group:
            for plan in self.plans:
                group.create_task(self._keep(plan))

    async def _keep(self, plan: Plan) -> None:
        loop = asyncio.get_running_loop()
        turn_s = loop.time()
        while True:
            if await self.read(plan):
                # turns that passed while the meter was silent or the line busy are not made up for
                late_s = loop.time() - turn_s
                turn_s += plan.every_s * (1 + late_s // plan.every_s)
                await asyncio.sleep(turn_s - loop.time())
            else:
                await asyncio.sleep(min(RETRY_S, plan.every_s))

    async def read(self, plan: Plan) -> bool:
        """Read one meter now and put what it said into the outbox; False when nothing came."""
        try:
            reading = await plan.line.read()
        except self._expected as fault:
            self._missed(plan.meter, str(fault))
            return False
        if len(reading.raw) > RAW_MOST_BYTES:
            self._missed(plan.meter, "its frame is longer than any reading")
            return False
        content: dict[str, str | int] = {
            "meter": plan.meter,
            "number": reading.meter,
            "what": reading.quantity,
            "value": f"{reading.value:f}",  # exact, as text: JSON would make it a float
            "raw": reading.raw.hex(),
        }
        if reading.unit:  # else the meter named none: unknown, not guessed
            content["unit"] = reading.unit
        if self._silent.pop(plan.meter, None) is not None:
            self.device.trouble(SILENT, bool(self._silent))
        return self._record(READING, content)

    def _missed(self, meter: str, why: str) -> None:
        """Tell of a meter that falls silent, once."""
        self.device.counters[SILENT] += 1
        if meter in self._silent:
            return
        self._silent[meter] = why
        log.warning("%s: %s", meter, why)
        self.device.trouble(SILENT, True)
        self._record(SILENT, {"meter": meter, "why": why[:WHY_MOST_CHARS]})

    def _record(self, kind: str, content: Mapping[str, str | int]) -> bool:
        try:
            event = self.device.journal.record(replace(self.device.draft(kind), content=content))
        except sqlite3.Error as fault:  # a full disk: the register stands, it is read again
            self.device.drop("storage_fault", str(fault))
            return False
        self.device.send(event)
        return True


def plans_of(
    sections: Sequence[tuple[str, str, int]], open_line: Callable[[str], MeterLine]
) -> list[Plan]:
    """Plans of (id, URL, minutes) as ``device.toml`` names them; an id stands for one meter."""
    found: dict[str, Plan] = {}
    for meter, url, every_min in sections:
        if not is_id(meter):
            raise ValueError(f"{meter!a} is no id: small letters, digits and hyphens")
        if meter in found:
            raise ValueError(f"two meters are called {meter}")
        if every_min < 1:
            raise ValueError(f"{meter}: every_min is a number of minutes from 1")
        found[meter] = Plan(meter, open_line(url), every_min * 60.0)
    return list(found.values())
