"""Readers that only tell a number, at the far end of their line: RDM6300 and a Wiegand adapter."""

import asyncio
from pathlib import Path

from drivers import rdm6300, wiegand
from simulators.ends import words
from simulators.ends.wires import LineEnd, Noise, PtyLine, WireLog


class _NumberEnd(LineEnd):
    """A line on which such a reader speaks and never listens."""

    def __init__(
        self,
        *,
        name: str = "reader",
        path: Path | None = None,
        noise: Noise | None = None,
        byte_s: float = 0.0,
        wire_log: WireLog | None = None,
    ) -> None:
        self.wire_log = wire_log if wire_log is not None else WireLog(name)
        self._line = PtyLine(self._heard, path=path, noise=noise, byte_s=byte_s)

    def _tell(self, message: bytes) -> None:
        self.wire_log.add("<", self._line.write(message), words.NUMBER)

    def _heard(self, chunk: bytes) -> None:
        """Nobody speaks to it: whatever comes is noise to it."""
        self.wire_log.add(">", chunk, words.NOISE)


class Rdm6300End(_NumberEnd):
    """The module: it tells a card at once and then again and again until it is lifted."""

    _again: asyncio.TimerHandle | None = None

    def tap(self, card: bytes) -> None:
        """Lay a card of five bytes on the coil, in the place of any other."""
        self.lift()
        self._repeat(rdm6300.encode(card))

    def lift(self) -> None:
        """Take the card away."""
        if self._again is not None:
            self._again.cancel()
            self._again = None

    def close(self) -> None:
        """End of the reader."""
        self.lift()
        super().close()

    def _repeat(self, message: bytes) -> None:
        self._tell(message)
        loop = asyncio.get_running_loop()
        self._again = loop.call_later(rdm6300.REPEAT_S, self._repeat, message)


class WiegandEnd(_NumberEnd):
    """A reader with an adapter that passes every bit; one message for each tap."""

    suffix = b"\r\n"  # what the adapter sends behind the bits; some send nothing
    swapped = False  # somebody exchanged D0 and D1 on the wall
    lost_pulses = 0  # how many bits at the end a bad cable swallows

    def tap(self, number: bytes) -> None:
        """Hold a card before it: three bytes as Wiegand 26, four as Wiegand 34."""
        bits = wiegand.encode(number)
        bits = wiegand.swap(bits) if self.swapped else bits
        self.say(bits[: len(bits) - self.lost_pulses])

    def say(self, text: str) -> None:
        """Any line, for adapters that were set to another form."""
        self._tell(text.encode() + self.suffix)
