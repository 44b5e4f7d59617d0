"""Reading again what a broker keeps of devices that do not look as they should.

A broker with a full queue drops messages without a word (measured: mosquitto at its default of
1,000, when a thousand doors came back at once). Events come again by themselves; a state and a
receipt are said once, and kept at the broker: there they are read again, one device at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from devices import wire
from hub.ingest import Ingest
from hub.store.memory import DeviceEntry

LOOK_S = 5.0
WAIT_FIRST_S = 10.0  # an honest device has said it long before
WAIT_MOST_S = 600.0  # one that is away for days is asked for at a walking pace
AT_ONCE = 100  # devices; their words must not fill the queue that was full


@dataclass(slots=True)
class _Doubt:
    seen: object
    due_s: float
    wait_s: float = WAIT_FIRST_S


class Doubts:
    """Rereads the retained words of devices that stay silent or behind."""

    def __init__(self, ingest: Ingest, now_s: Callable[[], float]) -> None:
        self._ingest = ingest
        self._now_s = now_s
        self._doubts: dict[str, _Doubt] = {}  # bounded by the devices of the site
        self._connection = ""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> list[str]:
        """Read again of whoever is due; the devices, for whoever wonders."""
        ingest = self._ingest
        if not ingest.online or self._connection != ingest.connection:
            self._connection = ingest.connection  # a new line brings everything anyway
            self._doubts.clear()
        now_s = self._now_s()
        odd = {one.id: one for one in ingest.memory.devices.values() if _odd(one)}
        for device_id in self._doubts.keys() - odd.keys():
            del self._doubts[device_id]
        for device_id, device in odd.items():
            seen = (device.note, device.have, device.want)
            known = self._doubts.get(device_id)
            if known is None or known.seen != seen:
                self._doubts[device_id] = _Doubt(seen, now_s + WAIT_FIRST_S)
        if not ingest.online:
            return []
        due = sorted((one for one in self._doubts.items() if one[1].due_s <= now_s), key=_due)
        for device_id, doubt in due[:AT_ONCE]:
            doubt.wait_s = min(doubt.wait_s * 2, WAIT_MOST_S)
            doubt.due_s = now_s + doubt.wait_s
            ingest.reread(device_id, (wire.STATE, wire.POLICY_HAVE))
        return [device_id for device_id, _ in due[:AT_ONCE]]


def _due(one: tuple[str, _Doubt]) -> float:
    return one[1].due_s


def _odd(device: DeviceEntry) -> bool:
    behind = device.kind == "door" and device.have < device.want
    return not device.ready or behind
