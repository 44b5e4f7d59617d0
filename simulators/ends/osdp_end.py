"""OSDP readers at the far end of one RS-485 line, each at its own address."""

import asyncio
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from drivers.osdp_wire import Frame, OsdpDeframer, close
from simulators.ends import words_osdp as words
from simulators.ends.osdp_pd import OsdpPd
from simulators.ends.wires import LineEnd, Noise, PtyLine, WireLog

IDLE_S: Final = 0.02  # quiet time after which half a frame is noise
THOUGHTS_MOST: Final = 16  # answers that slow readers still owe
BYTE_BITS: Final = 10


class OsdpEnd(LineEnd):
    """The readers of one line; with ``baud`` it hears noise from whoever speaks at another."""

    def __init__(
        self,
        readers: Sequence[OsdpPd],
        *,
        name: str = "osdp",
        path: Path | None = None,
        baud: int = 0,
        paced: bool = False,
        echo: bool = False,
        noise: Noise | None = None,
        think_s: float = 0.0,
        wire_log: WireLog | None = None,
    ) -> None:
        self.readers = list(readers)
        self.wire_log = wire_log if wire_log is not None else WireLog(name)
        self.think_s = think_s  # how long a reader takes for an answer
        self.dropped_bytes = 0
        self._echo = echo  # an RS-485 adapter that hears itself
        self._deframer = OsdpDeframer()
        self._idle: asyncio.TimerHandle | None = None
        self._thoughts: deque[asyncio.TimerHandle] = deque(maxlen=THOUGHTS_MOST)
        self._loop = asyncio.get_running_loop()
        byte_s = BYTE_BITS / baud if paced and baud else 0.0
        self._line = PtyLine(self._heard, path=path, noise=noise, byte_s=byte_s)
        self.baud = baud

    @property
    def baud(self) -> int:
        """The speed of all its readers; 0 where any will do."""
        return self._line.baud

    @baud.setter
    def baud(self, baud: int) -> None:
        self._line.baud = baud

    def unplug(self) -> None:
        """Pull the line out; the readers keep their power."""
        super().unplug()
        self._deframer.clear()

    def close(self) -> None:
        """End of line and readers."""
        super().close()
        for timer in [*self._thoughts, *([self._idle] if self._idle is not None else [])]:
            timer.cancel()
        for reader in self.readers:
            reader.close()

    def _heard(self, chunk: bytes) -> None:
        if self._echo:
            self._line.write(chunk)
        self._work(chunk, self._deframer.feed(chunk))
        if self._idle is not None:
            self._idle.cancel()
        self._idle = (
            self._loop.call_later(IDLE_S, self._fell_quiet) if self._deframer.held else None
        )

    def _fell_quiet(self) -> None:
        self._idle = None
        self._work(b"", self._deframer.idle())

    def _work(self, chunk: bytes, frames: list[Frame]) -> None:
        self.dropped_bytes = self._deframer.dropped
        if chunk:
            self.wire_log.add(">", chunk, words.of_frames(frames))
        for frame in frames:
            raw = close(frame.signed + frame.mac)  # as it came: the deframer checked its end
            for reader in self.readers:
                reply = reader.serve(frame, raw)
                if reply is not None:
                    self._reply(reader, reply)

    def _reply(self, reader: OsdpPd, reply: bytes) -> None:
        if self.think_s <= 0:
            self._send(reader, reply)
        else:
            self._thoughts.append(self._loop.call_later(self.think_s, self._send, reader, reply))

    def _send(self, reader: OsdpPd, reply: bytes) -> None:
        told = words.of_frames(OsdpDeframer().feed(reply))
        self.wire_log.add("<", self._line.write(reply), told)
        if reader.moved_to is not None:
            reader.address, self.baud = reader.moved_to
            reader.moved_to = None
