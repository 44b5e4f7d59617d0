"""Who speaks when on one RS-485 line: one frame, one answer, and whoever is due next.

Timers and bytes come as plain callbacks: a task that is woken for each of them costs more than the
poll itself, fifty times a second for every reader of an estate.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from drivers.link import Link, LinkLost
from drivers.osdp import Happening, Session
from drivers.osdp_wire import FRAME_MOST_BYTES, Frame, OsdpDeframer

REPLY_S: Final = 0.2  # the standard's longest wait for the first byte of an answer
SHORT_S: Final = 0.06  # for a reader that is away while others are here: they must not wait for it
PATIENT_EVERY: Final = 3  # yet each third time it gets the long wait, since it may be a slow one
GARBLED_S: Final = 0.02  # quiet time after noise until it is sure that nothing follows it
NOISE_BYTES: Final = 6  # so much noise may have been a reply; the shortest has eight bytes
GAP_BYTES: Final = (
    2  # quiet byte times before we speak, so that the last speaker let go of the line
)
GAP_LEAST_S: Final = 0.001  # UARTs and USB adapters hand over later than that anyway
SOON_S: Final = 1e-4  # a timer may come so much too early; it is not set again for that


class Speaker(Protocol):
    """A reader as its line sees it."""

    session: Session

    def take(self, happenings: list[Happening], began_ns: int) -> None:
        """What it told; ``began_ns`` is when its first byte came."""


class Turns:
    """The turns of one line, whatever link it has now.

    ``readers`` names who hangs on it now; ``on_here`` is called when one of them has answered.
    """

    def __init__(
        self,
        readers: Callable[[], Iterable[Speaker]],
        byte_s: float,
        on_here: Callable[[], None],
    ) -> None:
        self._readers = readers
        self._byte_s = byte_s
        self._on_here = on_here
        self._loop: asyncio.AbstractEventLoop
        self._link: Link | None = None
        self._fault: asyncio.Future[None]
        self._speaker: Speaker | None = None  # whose answer is awaited
        self._alarm: asyncio.TimerHandle | None = None
        self._last_s = 0.0  # until when noise is listened to
        self._spoke_s = 0.0
        self._shorts = 0
        self._began_ns = 0
        self._deframer = OsdpDeframer()
        self.dropped_bytes = 0

    async def serve(self, link: Link) -> None:
        """Speak on a link until it is lost; raises LinkLost, or whatever is our own fault."""
        self._link = link
        self._loop = asyncio.get_running_loop()
        self._deframer = OsdpDeframer()
        self._fault = self._loop.create_future()
        lost = asyncio.ensure_future(link.lost())
        link.listen(self._heard)
        self.wake()
        try:
            await asyncio.wait((lost, self._fault), return_when=asyncio.FIRST_COMPLETED)
            if self._fault.done():
                self._fault.result()
            raise LinkLost(await lost)
        finally:
            lost.cancel()
            self._link = self._speaker = None
            self._wait_no_more()
            self._fault.cancel()

    def wake(self) -> None:
        """Somebody wants the line, perhaps sooner than was planned."""
        if self._link is not None and self._speaker is None:
            self._safely(self._plan)

    # ----------------------------------------------------------------- callbacks of the loop

    def _safely(self, step: Callable[[], None]) -> None:
        """A fault of ours ends the line; in a callback it would only be logged."""
        try:
            step()
        except Exception as fault:  # noqa: BLE001 - told by serve()
            self._wait_no_more()
            if not self._fault.done():
                self._fault.set_exception(fault)

    def _heard(self, chunk: bytes, at_ns: int) -> None:
        self._safely(lambda: self._take(chunk, at_ns))

    def _on_alarm(self) -> None:
        self._alarm = None
        self._safely(self._plan if self._speaker is None else self._late)

    def _wait_no_more(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _wait_until(self, at_s: float) -> None:
        self._wait_no_more()
        self._alarm = self._loop.call_at(at_s, self._on_alarm)

    # ----------------------------------------------------------------- a turn

    def _plan(self) -> None:
        """Whoever is due speaks, now or when it is time."""
        speaker = min(self._readers(), key=_due_s, default=None)
        if speaker is None or self._link is None:
            self._wait_no_more()
            return
        now_s, due_s = self._loop.time(), _due_s(speaker)
        quiet_s = self._spoke_s + GAP_BYTES * self._byte_s
        if quiet_s - now_s > GAP_LEAST_S:
            due_s = max(due_s, quiet_s)
        if due_s - now_s > SOON_S:
            self._wait_until(due_s)
        else:
            self._speak(self._link, speaker, now_s)

    def _speak(self, link: Link, speaker: Speaker, now_s: float) -> None:
        self._speaker = speaker
        self._deframer.clear()  # what is left of the turn before is no beginning of this answer
        frame = speaker.session.next(now_s)
        try:
            link.write(frame)
        except LinkLost:  # serve() hears of it, too
            return
        deadline_s = now_s + len(frame) * self._byte_s + self._patience_s(speaker.session)
        self._last_s = deadline_s + 2 * FRAME_MOST_BYTES * self._byte_s
        self._wait_until(deadline_s)

    def _patience_s(self, session: Session) -> float:
        if session.is_here or not any(one.session.is_here for one in self._readers()):
            return REPLY_S
        self._shorts += 1
        return REPLY_S if self._shorts % PATIENT_EVERY == 0 else SHORT_S

    def _take(self, chunk: bytes, at_ns: int) -> None:
        """Bytes of an answer, or noise."""
        speaker, deframer = self._speaker, self._deframer
        if speaker is None:
            self.dropped_bytes += len(chunk)
            return
        if not deframer.held:
            self._began_ns = at_ns
        happenings = answer_of(speaker.session, deframer.feed(chunk), self._loop.time())
        if happenings is not None:
            self._end(speaker, happenings)
        elif self._is_noisy():  # a line that never falls quiet has an end, too
            self._wait_until(min(self._loop.time() + GARBLED_S, self._last_s))

    def _late(self) -> None:
        speaker, noisy = self._speaker, self._is_noisy()
        assert speaker is not None
        frames = self._deframer.idle() if noisy else []
        happenings = answer_of(speaker.session, frames, self._loop.time())
        if happenings is None:
            happenings = speaker.session.miss(self._loop.time(), garbled=noisy)
        self._end(speaker, happenings)

    def _is_noisy(self) -> bool:
        return self._deframer.held > 0 or self._deframer.dropped >= NOISE_BYTES

    def _end(self, speaker: Speaker, happenings: list[Happening]) -> None:
        self._wait_no_more()
        self._spoke_s = self._loop.time()
        self.dropped_bytes += self._deframer.dropped
        self._deframer.dropped = 0
        if speaker.session.is_here:
            self._on_here()
        speaker.take(happenings, self._began_ns)
        self._speaker = None
        self._plan()


def _due_s(speaker: Speaker) -> float:
    return speaker.session.due_s()


def answer_of(session: Session, frames: Sequence[Frame], now_s: float) -> list[Happening] | None:
    """The first frame that is an answer; our own echo and other readers' words are none."""
    for frame in frames:
        if frame.is_reply and frame.address == session.address:
            heard = session.hear(frame, now_s)
            if heard is not None:
                return heard
    return None
