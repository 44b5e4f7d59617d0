"""A line of meters: one question at a time, whatever protocol it is in, and nothing unasked."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, Final

from drivers import cjt188, dlt645
from drivers.kept_line import KeptLine
from drivers.kinds import OnState
from drivers.link import Link, LinkLost
from drivers.readings import (
    ANSWER,
    AnswerT,
    MeterElsewhere,
    MeterFault,
    MeterGarbled,
    MeterSilent,
    Question,
)

THINK_S: Final = 0.6  # a meter begins its answer within 500 ms; an adapter adds up to 16 ms
GAP_S: Final = 0.5  # the longest pause between two bytes of one answer
TRIES: Final = 3  # sendings of one question until the meter counts as silent
BITS_A_BYTE: Final = 11  # start, eight, parity, stop
SCAN_MOST_QUESTIONS: Final = 2_000  # twenty minutes of a line where everybody shouts
DEFAULT_BAUD: Final = 2_400


class MeterBus(KeptLine):
    """One serial line with meters on it, that comes back by itself when it was unplugged."""

    def __init__(
        self,
        open_link: Callable[[], Awaitable[Link]],
        *,
        baud: int = DEFAULT_BAUD,
        think_s: float = THINK_S,
        gap_s: float = GAP_S,
        on_state: OnState | None = None,
        luck: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(open_link, on_state=on_state, luck=luck)
        self._baud = baud
        self._think_s = think_s
        self._gap_s = gap_s
        self._turn = asyncio.Lock()
        self._settled = asyncio.Event()  # the first opening worked or failed
        self.dropped_bytes = 0  # bytes that belonged to no frame
        self.resent = 0  # questions sent again

    async def ask(self, question: Question[AnswerT], *, tries: int = TRIES) -> AnswerT:
        """Send until the answer comes; raises MeterFault."""
        await self._settled.wait()
        async with self._turn:
            link = self._link
            if link is None:
                raise MeterFault(self._why)
            try:
                return await self._exchange(link, question, tries)
            except LinkLost as lost:
                raise MeterFault(str(lost)) from lost

    async def _exchange(self, link: Link, question: Question[AnswerT], tries: int) -> AnswerT:
        heard: set[str] = set()  # bounded by the frames of one answer's time
        noise = 0
        for turn in range(tries):
            self.resent += turn > 0
            self.dropped_bytes += link.discard()
            request = question.requests[turn % len(question.requests)]
            link.write(request)
            answers, others, dropped = await self._answers(link, question, len(request))
            if answers:
                return answers[0]
            heard |= others
            noise += dropped
        raise self._nothing(link, question, heard, noise)

    async def _answers(
        self, link: Link, question: Question[AnswerT], request_bytes: int
    ) -> tuple[list[AnswerT], set[str], int]:
        """The answer if it comes in time, who else spoke, and how many bytes were noise."""
        deframer = question.deframer()
        loop = asyncio.get_running_loop()
        sending_s = request_bytes * BITS_A_BYTE / self._baud
        most_s = deframer.most_bytes * BITS_A_BYTE / self._baud
        latest = loop.time() + sending_s + self._think_s + most_s  # a line that never rests
        until = loop.time() + sending_s + self._think_s
        others: set[str] = set()  # as in _exchange
        try:
            while True:
                try:
                    async with asyncio.timeout_at(min(until, latest)):
                        chunk = await link.read()
                    frames = deframer.feed(chunk)
                except TimeoutError:
                    frames = deframer.idle()
                    until = 0.0
                for frame in frames:
                    answer = question.judge(frame)
                    if answer is not None:
                        return [answer], others, 0
                    if frame.control & ANSWER:  # else it is our own echo
                        others.add(question.speaker(frame))
                if not until or loop.time() >= latest:
                    return [], others, deframer.dropped + deframer.held
                # quiet behind noise, or behind an echo, does not end a meter's thinking time
                until = max(until, loop.time() + self._gap_s)
        finally:
            self.dropped_bytes += deframer.dropped + deframer.held

    def _nothing(
        self, link: Link, question: Question[Any], heard: set[str], noise: int
    ) -> MeterFault:
        asks = f"{link.name}: {question.asks}"
        if heard:
            told = ", ".join(sorted(heard))
            return MeterElsewhere(f"{asks} does not answer, but {told} does; check the address")
        if noise:
            return MeterGarbled(
                f"{asks} answers garbled ({noise} bytes hold no frame); check baud, parity, "
                "wiring, and that no two meters have this address"
            )
        return MeterSilent(
            f"{asks} is silent; check its address and power, the wires A and B, and baud"
        )

    async def _keep(self) -> None:
        try:
            await super()._keep()
        finally:
            self._settled.set()

    def _fell(self, fault: Exception) -> None:
        super()._fell(fault)
        self._settled.set()

    async def _serve(self, link: Link) -> None:
        try:
            self._link = link
            self._backoff.reset()
            self._settled.set()
            self._report(True, f"meters at {link.name}")
            raise LinkLost(await link.lost())
        finally:
            self._link = None
            link.close()


async def scan_dlt645(
    bus: MeterBus, *, most_questions: int = SCAN_MOST_QUESTIONS
) -> tuple[list[str], bool]:
    """The addresses of a line's electricity meters, and whether nothing was left unasked.

    Everybody is asked first; where several answer at once, the question is put again for each
    ending of the address. Only on request: it takes half a second for each ending.
    """
    found: set[str] = set()  # bounded by most_questions
    waiting = [""]  # bounded by six levels of a hundred endings
    asked = 0
    while waiting and asked < most_questions:
        known = waiting.pop()
        asked += 1
        try:
            found.add(await bus.ask(dlt645.ask_address(known), tries=1))
        except (MeterSilent, MeterElsewhere):
            continue
        except MeterGarbled:
            if len(known) < dlt645.ADDRESS_DIGITS:
                waiting += [f"{ending:02}{known}" for ending in reversed(range(100))]
    return sorted(found), not waiting


async def scan_cjt188(bus: MeterBus) -> tuple[list[str], bool]:
    """The address of the one water, gas or heat meter of a line; several cannot be told apart."""
    try:
        return [await bus.ask(cjt188.ask_address())], True
    except MeterSilent:
        return [], True
    except MeterGarbled:
        return [], False
