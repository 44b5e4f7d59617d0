"""The slip printer at the far end of its line: roll, cover and blade, and what it says of them."""

import asyncio
from collections import deque
from pathlib import Path
from typing import Final

from simulators.ends import words
from simulators.ends.paper import BUFFER_MOST_BYTES, Order, Paper, PaperDeframer, Printed, text_of
from simulators.ends.paper_picture import draw
from simulators.ends.wires import LineEnd, Noise, PtyLine, WireLog

IDLE_S: Final = 0.5  # quiet time after which half a command is noise; a slow host may think


class PaperEnd(LineEnd):
    """A printer with a roll; it stops where something is in its way and goes on when it is not."""

    def __init__(
        self,
        *,
        name: str = "printer",
        path: Path | None = None,
        columns: int = 32,
        noise: Noise | None = None,
        byte_s: float = 0.0,
        wire_log: WireLog | None = None,
    ) -> None:
        self.wire_log = wire_log if wire_log is not None else WireLog(name)
        self.columns = columns
        self.paper = Paper(on_line=self._used_line)
        self.lines_left: int | None = None  # how much is on the roll; None: enough
        self.is_silent = False  # switched off, or a cable that only goes one way
        self.knows_clear = True  # some printers keep what they have not printed
        self.knows_fence = True  # some do not tell when they have come to the end
        self.lost_bytes = 0  # bytes that found the buffer full
        self.is_out = self.is_low = self.is_open = self.is_jammed = False  # hands change them
        self._reports = 0
        self._queue: deque[Order] = deque()  # bounded by BUFFER_MOST_BYTES
        self._deframer = PaperDeframer()
        self._idle: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._line = PtyLine(self._heard, path=path, noise=noise, byte_s=byte_s)

    @property
    def unknown_bytes(self) -> int:
        """Bytes that were no command and no letter."""
        return self._deframer.dropped

    @property
    def slips(self) -> list[list[Printed]]:
        """What was cut off and fell into the tray."""
        return list(self.paper.slips)

    @property
    def text(self) -> str:
        """The newest slip as text, else what hangs out uncut."""
        return text_of(self.slips[-1] if self.slips else self.paper.strip)

    @property
    def picture(self) -> str:
        """The newest slip as an SVG document, else what hangs out uncut."""
        return draw(self.slips[-1] if self.slips else self.paper.strip, self.columns)

    # -- hands ---------------------------------------------------------------------------------

    def paper_low(self) -> None:
        """The roll is nearly at its end."""
        self.is_low = True
        self._changed()

    def paper_out(self) -> None:
        """The roll is at its end."""
        self.is_low = self.is_out = True
        self._changed()

    def new_roll(self) -> None:
        """A full roll; the printer goes on where it stood."""
        self.is_low = self.is_out = False
        self.lines_left = None
        self._changed()

    def jam(self) -> None:
        """The blade is stuck."""
        self.is_jammed = True
        self._changed()

    def unjam(self) -> None:
        """Somebody freed the blade."""
        self.is_jammed = False
        self._changed()

    def open_cover(self) -> None:
        """Somebody opens the cover."""
        self.is_open = True
        self._changed()

    def close_cover(self) -> None:
        """Somebody closes it."""
        self.is_open = False
        self._changed()

    def unplug(self) -> None:
        """Pull the line out."""
        super().unplug()
        self._deframer.clear()

    def close(self) -> None:
        """End of the printer."""
        if self._idle is not None:
            self._idle.cancel()
        super().close()

    # -- the printer ---------------------------------------------------------------------------

    @property
    def is_stopped(self) -> bool:
        """Something is in its way."""
        return self.is_out or self.is_open or self.is_jammed

    def _heard(self, chunk: bytes) -> None:
        self.wire_log.add(">", chunk, words.TO_PRINTER)
        if not self.is_silent:
            self._take(self._deframer.feed(chunk))
        if self._idle is not None:
            self._idle.cancel()
        self._idle = self._loop.call_later(IDLE_S, self._quiet) if self._deframer.held else None

    def _quiet(self) -> None:
        self._idle = None
        self._take(self._deframer.idle())

    def _take(self, orders: list[Order]) -> None:
        waiting = sum(order.size_bytes for order in self._queue)
        for order in orders:
            if order.name[:1] == b"\x10":
                self._at_once(order)
                waiting = sum(each.size_bytes for each in self._queue)
                continue
            if self.is_stopped and waiting + order.size_bytes > BUFFER_MOST_BYTES:
                self.lost_bytes += order.size_bytes
                continue
            self._queue.append(order)
            waiting += order.size_bytes
            self._work()

    def _work(self) -> None:
        while self._queue and not self.is_stopped:
            order = self._queue.popleft()
            if order.name == b"\x1da":
                self._reports = order.body[0]
                self._report()
            elif order.name == b"\x1dr" and self.knows_fence:
                self._say(bytes((0x0F if self.is_out else 0x03 if self.is_low else 0x00,)))
            else:
                self.paper.do(order)

    def _at_once(self, order: Order) -> None:
        """What a printer does also when it stands still."""
        if order.name == b"\x10\x04":
            self._say(bytes((self._told(order.body[0]),)))
        elif order.body[:1] == b"\x08" and order.name == b"\x10\x14" and self.knows_clear:
            self._queue.clear()
            self.paper.forget()

    def _told(self, question: int) -> int:
        bits = 0x12
        if question == 1:
            bits |= 0x08 if self.is_stopped else 0
        elif question == 2:
            bits |= (0x04 if self.is_open else 0) | (0x20 if self.is_out else 0)
            bits |= 0x40 if self.is_jammed else 0
        elif question == 3:
            bits |= 0x08 if self.is_jammed else 0
        elif question == 4:
            bits |= (0x0C if self.is_low else 0) | (0x60 if self.is_out else 0)
        return bits

    def _report(self) -> None:
        if self._reports:
            first = 0x10 | (0x08 if self.is_stopped else 0) | (0x20 if self.is_open else 0)
            third = (0x03 if self.is_low else 0) | (0x0C if self.is_out else 0)
            self._say(bytes((first, 0x08 if self.is_jammed else 0, third, 0)))

    def _changed(self) -> None:
        self._report()
        self._work()

    def _used_line(self) -> None:
        if self.lines_left is not None:
            self.lines_left -= 1
            if self.lines_left <= 0:
                self.lines_left = None
                self.paper_out()

    def _say(self, answer: bytes) -> None:
        if not self.is_silent:
            self.wire_log.add("<", self._line.write(answer), words.FROM_PRINTER)
