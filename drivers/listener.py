"""Devices that only tell: their line is listened to, and opened again whenever it was lost."""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import ClassVar, Final, Generic, TypeVar

from drivers.framing import Deframer
from drivers.kinds import OnState
from drivers.link import Link, LinkLost
from drivers.reconnect import Backoff

IDLE_S: Final = 0.05  # quiet time after which half a message is all of it; 48 characters at 9600
NOISE_WITHIN_S: Final = 10.0  # noise that is older than that says nothing of the line as it is
_T = TypeVar("_T")


class Listener(Generic[_T]):
    """One such device; it comes back by itself when it was unplugged."""

    what: ClassVar[str]  # the device in the words of a report
    noise_sure_bytes: ClassVar[int]  # so much noise and no message between is no bad moment

    def __init__(
        self,
        open_link: Callable[[], Awaitable[Link]],
        make_deframer: Callable[[], Deframer[_T]],
        *,
        on_state: OnState | None = None,
        luck: Callable[[], float] = random.random,
    ) -> None:
        self._open_link = open_link
        self._make_deframer = make_deframer
        self._backoff = Backoff(luck=luck)
        self._told: tuple[bool, str] | None = None
        self._closing = asyncio.Event()
        self._link: Link | None = None
        self.on_state = on_state
        self.dropped_bytes = 0  # bytes of no message, since the start
        self._noise_bytes = 0  # of these, since the last message or pause
        self._noise_at_s = 0.0

    async def close(self) -> None:
        """Let go of the line; what is told ends."""
        self._closing.set()
        if self._link is not None:
            self._link.close()

    async def _heard(self) -> AsyncGenerator[tuple[Link, _T], None]:
        """Each message with the line it came on, through unplugging and return, until close()."""
        while not self._closing.is_set():
            try:
                link = self._link = await self._open_link()
                try:
                    self._report(True, f"{self.what} at {link.name}")
                    self._backoff.reset()
                    async for message in self._read(link):
                        yield link, message
                finally:
                    link.close()
            except LinkLost as lost:
                if self._closing.is_set():
                    return
                self._report(False, str(lost))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._backoff.next_s()):
                        await self._closing.wait()

    async def _read(self, link: Link) -> AsyncIterator[_T]:
        """The messages of one line; ends with LinkLost."""
        deframer = self._make_deframer()
        while True:
            try:
                async with asyncio.timeout(IDLE_S if deframer.held else None):
                    chunk = await link.read()
            except TimeoutError:
                messages = deframer.idle()
            else:
                messages = deframer.feed(chunk)
            dropped, deframer.dropped = deframer.dropped, 0
            for message in messages:
                self._noise_bytes = 0
                yield message
            if dropped:
                self._hear_noise(link, dropped)

    def _hear_noise(self, link: Link, dropped: int) -> None:
        """A device that only ever makes noise is as good as none: most likely another speed."""
        self.dropped_bytes += dropped
        now_s = asyncio.get_running_loop().time()
        if now_s - self._noise_at_s > NOISE_WITHIN_S:
            self._noise_bytes = 0
        self._noise_at_s = now_s
        self._noise_bytes += dropped
        if self._noise_bytes >= self.noise_sure_bytes:
            self._report(
                False,
                f"{link.name}: the {self.what} tells only noise; check baud and parity in the URL, "
                "and the wiring",
            )

    def _report(self, online: bool, why: str) -> None:
        """Tell what is new; a device that stays as it was is told once."""
        if self._told != (online, why):
            self._told = (online, why)
            if self.on_state is not None:
                self.on_state(online, why)
