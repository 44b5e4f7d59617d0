"""The slips of a visit: printed beside everything else, so that no printer ever holds up money."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from kiosk.paper import AskSlip, PaidSlip, Paper, SlipOf
from kiosk.session import Payment, Session, Stage, slip_number

log = logging.getLogger(__name__)

UNSURE_S: Final = 3.0  # most questions are answered by then, and need no slip to ask with


class Slips:
    """Prints what the glass shows; whatever a printer does, the payment stays what it is."""

    def __init__(
        self,
        paper: Paper,
        session: Session,
        say: Callable[[], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.paper = paper
        self._session = session
        self._say = say  # what became of the slip on the glass changed
        self._sleep = sleep
        self._asked = ""  # the payment whose question has its slip
        self._tasks: set[asyncio.Task[None]] = set()  # bounded by the one payment on the glass

    @property
    def first(self) -> str:
        """What a fresh receipt says of its slip."""
        return "printing" if self.paper.state.prints else "failed"

    def follow(self) -> None:
        """The glass shows another stage: a receipt is printed, a question after a while."""
        payment, stage = self._session.payment, self._session.stage
        if payment is None or not self.paper.state.prints:
            return
        if stage is Stage.PAID and payment.receipt is not None:
            self._spawn(self.paid(payment))
        elif stage is Stage.CHECKING and self._asked != payment.id:
            self._asked = payment.id
            self._spawn(self._unsure(payment.id))

    def close(self) -> None:
        """Nothing is printed any more."""
        for task in list(self._tasks):
            task.cancel()

    async def paid(self, payment: Payment) -> None:
        """The slip of a receipt, and on the glass what became of it."""
        if payment.receipt is None:
            return
        came_out = await self.put(PaidSlip(payment.receipt, payment.kind, payment.period))
        if self._session.slip(payment.id, "printed" if came_out else "failed"):
            self._say()

    async def _unsure(self, payment: str) -> None:
        await self._sleep(UNSURE_S)
        held = self._session.payment
        if held is not None and held.id == payment and self._session.stage is Stage.CHECKING:
            await self.put(AskSlip(slip_number(payment)))

    async def put(self, slip: SlipOf) -> bool:
        """Whether the slip surely came out."""
        try:
            return await self.paper.print(slip)
        except Exception:  # our own fault: told to the log, and the number stands on the glass
            log.exception("a slip could not be printed")
            return False

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
