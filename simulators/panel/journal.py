"""The hub's journal as its staff see it: one session, one live stream, entries in their order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import httpx

from simulators.demo.staff import Staff
from simulators.panel.places import POINT
from simulators.panel.waiting import Waiting

ENTRIES_MAX = 30  # what a page gets at once (the page's own law)
KNOWN_MAX = 2_000  # entries that are remembered, to wait for; a demonstration day has hundreds
AGAIN_S = 0.5  # before a lost stream is opened again: the hub may be starting
OPENED = {"granted": "opened", "refused": "refused", "unknown": "unknown"}

SHOWN_KINDS = ("access", "sun", "tamper", "reader_silent", "reader_back", "meter_silent")
WALL_KINDS = ("open", "door", "device", "alert")

Tell = Callable[[dict[str, Any]], None]
log = logging.getLogger(__name__)


class Journal:
    """Follows the hub's events; ``tell`` hears each new one once, as the page shows it."""

    def __init__(
        self,
        staff: Staff,
        tell: Tell,
        point_word: Callable[[datetime], Coroutine[Any, Any, str]],
        stir: Callable[[], None],
    ) -> None:
        self._staff = staff
        self._tell = tell
        self._point_word = point_word
        self._stir = stir  # hears that the wall has changed
        self._changed = Waiting()
        self._last = 0
        self.entries: deque[dict[str, Any]] = deque(maxlen=ENTRIES_MAX)
        self.known: deque[dict[str, Any]] = deque(maxlen=KNOWN_MAX)

    @property
    def last(self) -> int:
        """The number of the newest entry that is known."""
        return self._last

    async def follow(self) -> None:
        """Until cancelled, through restarts of the hub and ended sessions."""
        while True:
            try:
                await self._listen()
            except httpx.HTTPStatusError as fault:
                if fault.response.status_code != httpx.codes.UNAUTHORIZED:
                    log.warning("the hub's journal: %s", fault)
                else:
                    await self._sign_in()
            except httpx.HTTPError as fault:
                log.info("the hub's journal: %s", fault)
            await asyncio.sleep(AGAIN_S)

    async def _sign_in(self) -> None:
        with contextlib.suppress(httpx.HTTPError):  # tried again with the next code
            await self._staff.sign_in()

    async def _listen(self) -> None:
        async with contextlib.aclosing(self._staff.live()) as changes:
            async for kind in changes:
                if kind in ("open", "event"):
                    await self.read()
                if kind in WALL_KINDS:
                    self._stir()

    async def read(self) -> None:
        """Fetch what is new; raises httpx.HTTPError."""
        fresh = [event for event in await self._staff.events() if event["n"] > self._last]
        for event in sorted(fresh, key=lambda event: int(event["n"])):
            if event["n"] <= self._last:  # two readers at once
                continue
            self._last = event["n"]
            self.known.append(event)
            if event["kind"] in SHOWN_KINDS:
                entry = await self._shown(event)
                self.entries.append(entry)
                self._tell(entry)
        self._changed.wake()

    async def wait_for(
        self, wanted: Callable[[dict[str, Any]], bool], within_s: float
    ) -> dict[str, Any] | None:
        """The first entry that fits; None when none came in time."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            found[:] = [event for event in self.known if wanted(event)]
            return bool(found)

        return found[0] if await self._changed.until(look, within_s) else None

    async def _shown(self, event: dict[str, Any]) -> dict[str, Any]:
        is_sun = event["kind"] == "sun"
        reason = event["reason"] or event["kind"]
        if is_sun:  # what the hub makes of such a tap is told at the point, not in the event
            reason = await self._point_word(datetime.fromisoformat(event["recorded_at"]))
        return {
            "n": event["n"],
            "at": event["at"],
            "door": POINT if is_sun else str(event["door"] or ""),
            "outcome": OPENED.get(str(event["outcome"]), "noted"),
            "reason": reason,
            "person": event.get("person_name"),
            "via": event["via"],
            "late": bool(event["late"]),
        }
