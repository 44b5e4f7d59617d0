"""LCUS relay boards: four bytes a command, no answer, and no timer on the board.

Such a board holds an output until it is told otherwise. This driver tells it: three times after
each pulse, every two seconds while nothing else is wanted, when its line opens and when it closes.
A host that dies in the middle of a pulse leaves the lock released until the driver runs again,
therefore ``host_timed``: devices refuse to hang an escape door on it.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from drivers.framing import Deframer
from drivers.kept_line import KeptLine
from drivers.kinds import OnState, StrikeFault
from drivers.link import Link, LinkLost

HEAD: Final = 0xA0
OFF: Final = 0x00
ON: Final = 0x01
STATUS: Final = 0x02  # newer boards only; the driver does not rely on it
ALL: Final = 0x0F  # newer boards only, in the place of a channel
FRAME_BYTES: Final = 4
OUTPUTS_MOST: Final = 8  # the largest board of the kind

PULSE_MOST_MS: Final = 60_000  # what a door may ask for at most; longer is a mode, by many pulses
OFF_TIMES: Final = 3  # the board acknowledges nothing, and a garbled "off" leaves a door open
OFF_AGAIN_S: Final = 0.1
REMIND_S: Final = 2.0  # how long a lock stays released whose every "off" was garbled


@dataclass(frozen=True, slots=True)
class Order:
    """One command: channel from 1 (ALL for all), and what to do with it."""

    channel: int
    op: int


def encode(channel: int, op: int) -> bytes:
    """One command with its sum."""
    return bytes((HEAD, channel, op, (HEAD + channel + op) & 0xFF))


class LcusDeframer(Deframer[Order]):
    """Commands as the board hears them: fixed head, known channel and deed, and the sum."""

    most_bytes = FRAME_BYTES

    def take(self, held: bytearray) -> tuple[int, Order | None]:
        """Judge the head of the stream, see Deframer."""
        if held[0] != HEAD:
            return 1, None
        if len(held) < FRAME_BYTES:
            return 0, None
        channel, op = held[1], held[2]
        known = (1 <= channel <= OUTPUTS_MOST or channel == ALL) and op in (OFF, ON, STATUS)
        if not known or held[:FRAME_BYTES] != encode(channel, op):
            return 1, None
        return FRAME_BYTES, Order(channel, op)


class LcusRelay(KeptLine):
    """Such a board as a strike without inputs; see kinds.Strike, but for who ends the pulse."""

    host_timed: Final = True  # never an escape door: nobody ends the pulse when the host is dead

    def __init__(
        self,
        open_link: Callable[[], Awaitable[Link]],
        *,
        outputs: int = 1,
        on_state: OnState | None = None,
        luck: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(open_link, on_state=on_state, luck=luck)
        self._outputs = outputs
        self._timers: dict[int, asyncio.TimerHandle] = {}  # one for each output

    async def pulse(self, output: int, duration_ms: int) -> None:
        """Release an output and lock it again by our clock; raises StrikeFault.

        The board does not answer: what is known is that the bytes left.
        """
        if not 0 <= output < self._outputs:
            raise StrikeFault(f"there is no output {output}; the board has {self._outputs}")
        if not 0 < duration_ms <= PULSE_MOST_MS:
            raise StrikeFault(f"a pulse of {duration_ms} ms; ask for 1 to {PULSE_MOST_MS} ms")
        if self._link is None:
            raise StrikeFault(self._why)
        try:
            self._link.write(encode(output + 1, ON))
        except LinkLost as lost:
            raise StrikeFault(str(lost)) from lost
        self._after(output, duration_ms / 1000, OFF_TIMES)

    async def inputs(self) -> tuple[bool, ...]:
        """It has none."""
        return ()

    def _after(self, output: int, delay_s: float, times: int) -> None:
        """Say "off" then, and again; a newer pulse of the output takes the older one's place."""
        before = self._timers.pop(output, None)
        if before is not None:
            before.cancel()
        if times > 0:
            loop = asyncio.get_running_loop()
            self._timers[output] = loop.call_later(delay_s, self._lock, output, times)

    def _lock(self, output: int, times: int) -> None:
        link = self._link
        if link is None:
            return
        with contextlib.suppress(LinkLost):  # the next opening says it
            link.write(encode(output + 1, OFF))
        self._after(output, OFF_AGAIN_S, times - 1)

    def _lock_idle(self, link: Link) -> None:
        """Say "off" to every output that is not in a pulse; raises LinkLost."""
        for output in range(self._outputs):
            if output not in self._timers:
                link.write(encode(output + 1, OFF))

    def _forget(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    async def _serve(self, link: Link) -> None:
        try:
            self._lock_idle(link)
            self._link = link
            self._report(True, f"relay at {link.name}, told off")
            while True:
                try:
                    async with asyncio.timeout(REMIND_S):
                        raise LinkLost(await link.lost())
                except TimeoutError:
                    self._lock_idle(link)
        finally:  # also when our own program ends politely: outputs off before the line is let go
            self._link = None
            self._forget()
            with contextlib.suppress(LinkLost):
                self._lock_idle(link)
            link.close()
