"""A door that asks: passes that only the hub can count, one question at a time, soon over.

The question is an event, so the hub hears it once whatever is repeated; its word is a command like
any other, for this device, this connection and this question. A word that comes when nobody waits
any more opens nothing, and what became of each question is told with it, so that the hub can give
back a use that surely opened nothing.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from devices.access import Decision, Refused, Request
from devices.device import Device
from devices.guests import ASKED, NOT_NOW, WAIT_S
from devices.messages import Command, Event, Outcome
from devices.reasons import REASONS

log = logging.getLogger(__name__)


class Asker(Protocol):
    """What asking needs of its controller."""

    device: Device

    def present(
        self,
        request: Request,
        draft: Event,
        *,
        hold: Callable[[Decision], bool] | None = None,
        raw: bytes = b"",
    ) -> Decision:
        """Decide, write, and open or refuse; where ``hold`` says so nothing is written yet."""

    def refuse(self, draft: Event, raw: bytes) -> None:
        """Answer and keep the refusal of a command that ``raw`` are the bytes of."""

    def clock_facts(self) -> tuple[bool, bool]:
        """(clock_known, fresh) of a request made now."""


@dataclass(slots=True)
class _Question:
    """Somebody stands before a door while the hub is asked."""

    ask: str
    request: Request
    draft: Event
    timer: asyncio.Task[None]


class Vouching:
    """The open questions of one controller."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._open: dict[int, _Question] = {}  # one for each door
        self.on_refused: Callable[[int], None] = lambda _number: None

    def takes(self, number: int, said: Decision) -> bool:
        """Whether the hub shall be asked: it is there, and nobody waits at this door already."""
        device = self._asker.device
        wanted = isinstance(said, Refused) and said.reason == NOT_NOW
        return wanted and device.ready and device.hub_here and number not in self._open

    def ask(self, request: Request, draft: Event, visit: str) -> None:
        """Put the question to the hub and wait for its word."""
        device, number = self._asker.device, request.door
        ask = device.luck(8).hex()
        event = replace(
            device.draft(ASKED), door=number, via=draft.via, credential=visit, content={"ask": ask}
        )
        try:
            device.send(device.journal.record(event))
        except sqlite3.Error as fault:
            device.drop("storage_fault", str(fault))
            return
        timer = asyncio.ensure_future(self._give_up(number))
        told = replace(draft, credential=visit, content={"ask": ask})
        self._open[number] = _Question(ask, request, told, timer)

    def on_word(self, command: Command, raw: bytes) -> None:
        """The hub's word; its envelope was checked."""
        number, device = command.door, self._asker.device
        draft = replace(device.draft("access"), door=number, via="pass", command=command.id)
        question = self._open.get(number)
        if question is None or question.ask != command.about:
            # it was given up, and told as refused; that must stay true
            self._asker.refuse(replace(draft, reason="expired", content={}), raw)
            return
        self._forget(number)
        draft = replace(question.draft, at_s=draft.at_s, clock=draft.clock, command=command.id)
        if command.reason is not None:
            why = command.reason if command.reason in REASONS else NOT_NOW
            self.on_refused(number)
            self._asker.refuse(replace(draft, reason=why), raw)
            return
        clock_known, fresh = self._asker.clock_facts()
        request = replace(question.request, online=True, clock_known=clock_known, fresh=fresh)
        self._asker.present(request, draft, raw=raw)

    async def _give_up(self, number: int) -> None:
        await asyncio.sleep(WAIT_S)
        self._time_is_up(number)

    def _time_is_up(self, number: int) -> None:
        """No word came: refused aloud, and told with the question's name."""
        question = self._open.pop(number, None)
        if question is None:
            return
        self.on_refused(number)
        device = self._asker.device
        draft = replace(device.draft("access"), door=number, via=question.draft.via)
        draft = replace(draft, credential=question.draft.credential, content=question.draft.content)
        event = replace(draft, outcome=Outcome.REFUSED, reason=NOT_NOW)
        try:
            device.send(device.journal.record(event))
        except sqlite3.Error as fault:
            device.drop("storage_fault", str(fault))

    def _forget(self, number: int) -> None:
        question = self._open.pop(number, None)
        if question is not None:
            question.timer.cancel()

    def close(self) -> None:
        """Nobody waits any more."""
        for number in list(self._open):
            self._forget(number)
