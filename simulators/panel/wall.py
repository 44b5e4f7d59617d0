"""The staff's wall: what the hub knows of doors and devices, read anew whenever it changes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import httpx

from simulators.demo.staff import Staff

REST_S = 0.4  # between two looks: a cut wire changes many things at once

Json = dict[str, Any]


class Wall:
    """``now`` is the wall as it was read last; ``tell`` hears each change of it."""

    def __init__(self, staff: Staff, tell: Callable[[Json], None]) -> None:
        self._staff = staff
        self._tell = tell
        self._changed = asyncio.Event()
        self.now: Json = {"doors": {}, "devices": {}}

    def stir(self) -> None:
        """Something on it has changed."""
        self._changed.set()

    async def follow(self) -> None:
        """Until cancelled, through restarts of the hub."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            with contextlib.suppress(httpx.HTTPError):  # the stream comes back, and stirs again
                self._take(await self._staff.console(), await self._staff.door_health())
            await asyncio.sleep(REST_S)

    def _take(self, console: Json, health: list[Json]) -> None:
        troubles = {door["door"]: door["troubles"] for door in health}
        doors = {
            door["id"]: {
                "contact": door["contact"],
                "troubles": [_trouble(each) for each in troubles.get(door["id"], [])],
            }
            for door in console["doors"]
        }
        devices = {
            device["id"]: {"state": device["state"], "states": device["states"]}
            for device in console["devices"]
        }
        now = {"doors": doors, "devices": devices}
        if now != self.now:
            self.now = now
            self._tell(now)


def _trouble(trouble: Json) -> Json:
    return {"kind": trouble["kind"], "words": trouble["words"]}
