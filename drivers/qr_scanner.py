"""A QR scanner on a serial line (GM65, GM861 and kin in serial or CDC mode): each code a line."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from drivers.framing import Deframer
from drivers.kinds import OnState
from drivers.link import Link, LinkLost
from drivers.reconnect import Backoff

TEXT_MOST_BYTES: Final = 1024  # an address with a pass of four doors has about 700 characters
IDLE_S: Final = 0.05  # modules without a suffix end a code by silence; at 9600 baud 48 characters
_ENDS: Final = (0x0D, 0x0A)


class TextDeframer(Deframer[str]):
    """Printable ASCII ended by CR, LF or silence; a line that is too long is no line at all."""

    most_bytes = TEXT_MOST_BYTES + 1

    def __init__(self) -> None:
        super().__init__()
        self._overlong = False

    def take(self, held: bytearray) -> tuple[int, str | None]:
        """Judge the head: up to the first end of line."""
        end = next((at for at, byte in enumerate(held) if byte in _ENDS), None)
        if end is None:
            if len(held) <= TEXT_MOST_BYTES and not self._overlong:
                return 0, None
            self._overlong = True
            return len(held), None
        overlong, self._overlong = self._overlong or end > TEXT_MOST_BYTES, False
        text = None if overlong else _printable(bytes(held[:end]))
        return end + 1, text

    def weigh(self, noise: bytes) -> int:
        """The ends of lines belong to no text and are no noise."""
        return sum(byte not in _ENDS for byte in noise)

    def idle(self) -> list[str]:
        """The line fell quiet: what is held was a whole code of a module without a suffix."""
        return self.feed(b"\r") if self._held or self._overlong else []


def _printable(raw: bytes) -> str | None:
    text = raw.decode("latin-1")
    return text if text and text.isascii() and text.isprintable() else None


class QrScanner:
    """A scanner that comes back by itself when it was unplugged; see kinds.TextReader."""

    def __init__(
        self,
        open_link: Callable[[], Awaitable[Link]],
        *,
        on_state: OnState | None = None,
        luck: Callable[[], float] = random.random,
    ) -> None:
        self._open_link = open_link
        self._backoff = Backoff(luck=luck)
        self._closing = asyncio.Event()
        self._link: Link | None = None
        self.on_state = on_state
        self.dropped_bytes = 0  # bytes of no text, since the start

    async def texts(self) -> AsyncIterator[str]:
        """Each code that is read, through unplugging and return, until close()."""
        while not self._closing.is_set():
            try:
                link = self._link = await self._open_link()
                try:
                    self._report(True, f"scanner at {link.name}")
                    self._backoff.reset()
                    async for text in self._read(link):
                        yield text
                finally:
                    link.close()
            except LinkLost as lost:
                if self._closing.is_set():
                    return
                self._report(False, str(lost))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._backoff.next_s()):
                        await self._closing.wait()

    async def close(self) -> None:
        """Let go of the line; texts() ends."""
        self._closing.set()
        if self._link is not None:
            self._link.close()

    async def _read(self, link: Link) -> AsyncIterator[str]:
        """The codes of one line."""
        deframer = TextDeframer()
        while True:
            try:
                async with asyncio.timeout(IDLE_S if deframer.held else None):
                    chunk = await link.read()
            except TimeoutError:
                texts = deframer.idle()
            else:
                texts = deframer.feed(chunk)
            self.dropped_bytes += deframer.dropped
            deframer.dropped = 0
            for text in texts:
                yield text

    def _report(self, online: bool, why: str) -> None:
        if self.on_state is not None:
            self.on_state(online, why)
