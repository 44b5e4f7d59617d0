"""Calls that ring at this kiosk: asked of the hub by a request that it holds until one begins."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kiosk.hub import Hub, HubRefused, HubSilent
from kiosk.read import read_words

WAIT_S: Final = 25  # what the hub holds a request for
ANSWER_S: Final = 30.0
REST_S: Final = 5.0  # a hub that is away, or too busy to hold us, is asked calmly
NO_WAIT_S: Final = 1.0  # an answer without news that came sooner was not held
PATH: Final = "/api/v1/kiosk/calls"
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody stands at a door and rings a flat here; ``until_s`` is on our monotonic clock."""

    id: str
    house: str
    door: Mapping[str, str]
    until_s: float


class Bell:
    """The newest call that rings here and nobody has answered."""

    def __init__(
        self,
        hub: Hub,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._hub = hub
        self._monotonic = monotonic
        self._sleep = sleep
        self._mark = ""
        self._call: Call | None = None
        self.on_call: Callable[[], None] = lambda: None

    @property
    def call(self) -> Call | None:
        """The call, while it rings."""
        if self._call is not None and self._monotonic() >= self._call.until_s:
            self._call = None
        return self._call

    def shown(self) -> dict[str, Any] | None:
        """The call as the page sees it; seconds count from now."""
        call = self.call
        if call is None:
            return None
        left_s = round(call.until_s - self._monotonic(), 1)
        return {"id": call.id, "house": call.house, "door": dict(call.door), "left_s": left_s}

    def taken(self, call: str) -> None:
        """It was answered here."""
        if self._call is not None and self._call.id == call:
            self._hear(None)

    async def run(self) -> None:
        """Hear of calls until cancelled; a hub that is away rings nobody."""
        while True:
            known = f"?known={self._mark}&wait_s={WAIT_S}" if self._mark else ""
            before, asked_s = self._mark, self._monotonic()
            try:
                told = await self._hub.get(PATH + known, answer_s=ANSWER_S)
            except (HubRefused, HubSilent):
                self._mark = ""
                self._hear(None)
                await self._sleep(REST_S)
                continue
            rows = told.get("calls")
            self._take(rows if isinstance(rows, list) else [])
            if self._mark == before and self._monotonic() - asked_s < NO_WAIT_S:
                await self._sleep(REST_S)  # too many wait there already: it holds nobody

    def _take(self, rows: list[Any]) -> None:
        calls = [
            row
            for row in rows
            if isinstance(row, Mapping) and _ID.fullmatch(str(row.get("id", "")))
        ]
        self._mark = ",".join(f"{row['id']}.{row.get('answer') or ''}" for row in calls) or "none"
        ringing = [row for row in calls if row.get("answer") is None]
        self._hear(self._read(ringing[0]) if ringing else None)

    def _read(self, row: Mapping[str, Any]) -> Call | None:
        door, house = read_words(row.get("door_name")), row.get("house")
        left_s = self._hub.left_s(str(row.get("until", "")))
        if door is None or not isinstance(house, str) or left_s <= 0:
            return None
        return Call(str(row["id"]), house, door, self._monotonic() + left_s)

    def _hear(self, call: Call | None) -> None:
        known = self._call.id if self._call else None
        if (call.id if call else None) != known:
            self._call = call
            self.on_call()
