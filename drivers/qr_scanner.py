"""A QR scanner on a serial line (GM65, GM861 and kin in serial or CDC mode): each code a line."""

import contextlib
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from drivers.framing import LineDeframer
from drivers.kinds import OnState
from drivers.link import Link
from drivers.listener import Listener

TEXT_MOST_BYTES: Final = 1024  # an address with a pass of four doors has about 700 characters


class TextDeframer(LineDeframer[str]):
    """Printable ASCII; modules without a suffix end a code by silence."""

    most_bytes = TEXT_MOST_BYTES + 1

    def line(self, raw: bytes) -> str | None:
        """The text of a line, None where it holds anything else."""
        text = raw.decode("latin-1")
        return text if text and text.isascii() and text.isprintable() else None


class QrScanner(Listener[str]):
    """A scanner that comes back by itself when it was unplugged; see kinds.TextReader."""

    what = "scanner"
    noise_sure_bytes = 512  # a code of somebody else's in Chinese is as little a text

    def __init__(
        self,
        open_link: Callable[[], Awaitable[Link]],
        *,
        on_state: OnState | None = None,
        luck: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(open_link, TextDeframer, on_state=on_state, luck=luck)

    async def texts(self) -> AsyncGenerator[str, None]:
        """Each code that is read, through unplugging and return, until close()."""
        async with contextlib.aclosing(self._heard()) as heard:  # else its line would stay open
            async for link, text in heard:
                self._report(True, f"{self.what} at {link.name}")
                yield text
