"""One line that is kept open: opened, served, and opened again whenever it was lost."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import ClassVar

from drivers.kinds import OnState
from drivers.link import Link, LinkLost
from drivers.reconnect import Backoff, keep


class KeptLine(ABC):
    """What drivers that answer to somebody share: start(), close(), and what they report.

    A driver serves the open line in ``_serve`` until it ends in one of the faults ``expected``;
    ``_link`` is its to set, ``_why`` says in one line why there is none.
    """

    expected: ClassVar[tuple[type[Exception], ...]] = (LinkLost,)

    def __init__(
        self,
        open_link: Callable[[], Awaitable[Link]],
        *,
        on_state: OnState | None = None,
        luck: Callable[[], float] = random.random,
    ) -> None:
        self.on_state = on_state
        self._open_link = open_link
        self._backoff = Backoff(luck=luck)
        self._link: Link | None = None
        self._why = "the line is not open yet"
        self._told: tuple[bool, str] | None = None
        self._upkeep: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Open the line and keep it open, on the running loop."""
        if self._upkeep is None:
            self._upkeep = asyncio.create_task(self._keep(), name=f"upkeep {type(self).__name__}")

    async def close(self) -> None:
        """Let go of the line; what is under way there ends by itself."""
        if self._upkeep is not None:
            self._upkeep.cancel()
            await asyncio.wait([self._upkeep])
            self._upkeep = None

    @abstractmethod
    async def _serve(self, link: Link) -> None:
        """Work on an open line until it is lost, and close it."""

    async def _keep(self) -> None:
        try:
            await keep(
                self._open_link,
                self._serve,
                self._backoff,
                expected=self.expected,
                on_fault=self._fell,
            )
        finally:
            self._why = "the line is closed"

    def _fell(self, fault: Exception) -> None:
        self._why = str(fault)
        self._report(False, self._why)

    def _report(self, online: bool, why: str) -> None:
        """Tell what is new; a line that stays away for the same reason is told once."""
        if self._told != (online, why):
            self._told = (online, why)
            if self.on_state is not None:
                self.on_state(online, why)
