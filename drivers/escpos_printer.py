"""A slip printer on a line: what it says of itself, and slips that surely came out or did not.

A slip counts as printed only when the printer has come to the fence behind it and says afterwards
that it has paper and no trouble. What did not come out is cleared from the printer's buffer: the
next roll must not bring a stranger's receipt.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Final

from drivers.escpos import (
    AUTOMATIC,
    CLEAR,
    FENCE,
    QUESTIONS,
    Reached,
    Report,
    Slip,
    Status,
    StatusDeframer,
    Told,
    Trouble,
    Word,
)
from drivers.kept_line import KeptLine
from drivers.kinds import OnState
from drivers.link import Link, LinkLost

REPLY_S: Final = 0.5  # real-time questions are answered within a few ms, also when offline
TRIES: Final = 3  # sendings of one question until the printer counts as silent
FENCE_S: Final = 8.0  # a piece of 1 kB at 9600 baud and 30 lines at 50 mm/s take 4 s
SETTLE_S: Final = 4.0  # the same for printers that answer no fence
PRINT_S: Final = 30.0  # nobody waits longer for a slip
LOOK_EVERY_S: Final = 5.0  # how often an idle printer is asked; most report by themselves


class PrinterFault(Exception):
    """The slip did not come out, or nobody knows; the text says why and what to check."""


class EscposPrinter(KeptLine):
    """A printer that comes back by itself when it was unplugged or switched off."""

    def __init__(
        self,
        open_link: Callable[[], Awaitable[Link]],
        *,
        columns: int,
        fenced: bool = True,
        on_state: OnState | None = None,
        luck: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(open_link, on_state=on_state, luck=luck)
        self.columns = columns
        self.status = Status()
        self.on_status: Callable[[], None] = lambda: None  # the status changed
        self.dropped_bytes = 0  # bytes that were no word of a printer
        self._fenced = fenced
        self._turn = asyncio.Lock()
        self._answer: asyncio.Future[int] | None = None
        self._fence: asyncio.Future[bool] | None = None

    async def print(self, slip: Slip) -> None:
        """Print a slip; raises PrinterFault unless it surely came out."""
        try:
            async with asyncio.timeout(PRINT_S), self._turn:
                link = self._link
                if link is None:
                    raise PrinterFault(self._words(Trouble.SILENT))
                await self._look(link)
                self._raise_trouble()
                try:
                    await self._send(link, slip)
                except BaseException:
                    with contextlib.suppress(LinkLost):
                        link.write(CLEAR)
                    raise
        except LinkLost as lost:
            raise PrinterFault(str(lost)) from lost
        except TimeoutError:
            raise PrinterFault(f"no slip came out within {PRINT_S:.0f} s") from None

    async def _send(self, link: Link, slip: Slip) -> None:
        """All pieces, each behind the fence of the one before; raises PrinterFault or LinkLost."""
        for piece in slip.pieces():
            if not self._fenced:
                link.write(piece)
                continue
            self._fence = asyncio.get_running_loop().create_future()
            link.write(piece + FENCE)
            try:
                async with asyncio.timeout(FENCE_S):
                    reached = await self._fence
            except TimeoutError:
                reached = False
            finally:
                self._fence = None
            if not reached:
                await self._look(link)
                self._raise_trouble()
                raise PrinterFault("the printer did not come to the end; check cable and buffer")
        if not self._fenced:
            await asyncio.sleep(SETTLE_S)
        await self._look(link)
        self._raise_trouble()

    def _raise_trouble(self) -> None:
        trouble = self.status.trouble
        if trouble is not None:
            raise PrinterFault(self._words(trouble))

    def _words(self, trouble: Trouble) -> str:
        return f"the printer is {trouble.value}; check {_CHECKS[trouble]}"

    # ----------------------------------------------------------------- asking

    async def _look(self, link: Link) -> None:
        """Ask for everything; raises LinkLost when it stays silent. The caller has the turn."""
        bits = [await self._ask(link, question) for question in QUESTIONS]
        status = self.status
        for question, answer in zip(QUESTIONS, bits, strict=True):
            status = status.told(question, answer)
        self._learn(status)

    async def _ask(self, link: Link, question: int) -> int:
        for _ in range(TRIES):
            self._answer = asyncio.get_running_loop().create_future()
            link.write(bytes((0x10, 0x04, question)))
            try:
                async with asyncio.timeout(REPLY_S):
                    return await self._answer
            except TimeoutError:
                continue
            finally:
                self._answer = None
        why = f"{link.name}: the printer is silent; check power, cable and baud"
        link.close(why)
        raise LinkLost(why)

    def _hear(self, word: Word) -> None:
        match word:
            case Told(bits):
                if self._answer is not None and not self._answer.done():
                    self._answer.set_result(bits)
            case Report(raw):
                self._learn(self.status.reported(raw))
                if self._fence is not None and not self._fence.done() and self.status.trouble:
                    self._fence.set_result(False)
            case Reached():
                if self._fence is not None and not self._fence.done():
                    self._fence.set_result(True)

    def _learn(self, status: Status) -> None:
        """Take what is new and tell it; silence is told by whoever closes the line."""
        if status == self.status:
            return
        before, self.status = self.status.trouble, status
        if status.online is not None and status.trouble is not before:
            here = f"printer at {self._link.name if self._link else '?'}"
            said = self._words(status.trouble) if status.trouble else here
            self._report(status.trouble is None, said)
        self.on_status()

    # ----------------------------------------------------------------- the line

    async def _serve(self, link: Link) -> None:
        listening = asyncio.create_task(self._listen(link), name="printer's words")
        try:
            async with self._turn:
                self._link = link
                link.write(CLEAR + AUTOMATIC)  # what an earlier life left must not come out now
                await self._look(link)
            self._backoff.reset()
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        raise LinkLost(await link.lost())
                async with self._turn:
                    await self._look(link)
        finally:
            self._link = None
            link.close()
            self._learn(Status())
            listening.cancel()
            await asyncio.wait([listening])

    async def _listen(self, link: Link) -> None:
        """Every word of this line; ends with it."""
        deframer = StatusDeframer()

        def quiet() -> None:
            for word in deframer.idle():
                self._hear(word)

        link.on_idle = quiet
        with contextlib.suppress(LinkLost):
            while True:
                for word in deframer.feed(await link.read()):
                    self._hear(word)
                self.dropped_bytes += deframer.dropped
                deframer.dropped = 0


_CHECKS: Final = {
    Trouble.SILENT: "power, cable and baud",
    Trouble.COVER: "the cover",
    Trouble.OUT: "the roll",
    Trouble.JAM: "the blade and the paper way",
    Trouble.FAULT: "the printer itself",
    Trouble.OFFLINE: "the feed button and the cover",
}
