"""The slip's paper as a port: what a printer is to the kiosk, and the kiosk that has none.

A kiosk without a printer says so: the receipt stands on the glass with its number, and the desk
can look the number up. So does one whose printer fails: a slip is a copy, never the payment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from devices.reasons import Words
from kiosk.session import Guest, Receipt


class PaperState(StrEnum):
    """What the printer says of itself; stuck: somebody must look at it; none: there is none."""

    OK = "ok"
    LOW = "low"
    OUT = "out"
    STUCK = "stuck"
    NONE = "none"

    @property
    def prints(self) -> bool:
        """Whether a slip can come out."""
        return self in (PaperState.OK, PaperState.LOW)


@dataclass(frozen=True, slots=True)
class PaidSlip:
    """A receipt, and what was paid."""

    receipt: Receipt
    kind: str
    period: str


@dataclass(frozen=True, slots=True)
class AskSlip:
    """The number to ask with while nobody knows whether a payment went through."""

    number: str


@dataclass(frozen=True, slots=True)
class PassSlip:
    """A visitor's pass or code, in the language of whoever asked for it."""

    guest: Guest
    language: str


SlipOf = PaidSlip | AskSlip | PassSlip


class Paper(Protocol):
    """Something that may put a slip into a hand."""

    @property
    def state(self) -> PaperState:
        """The printer now."""

    on_state: Callable[[], None]

    async def print(self, slip: SlipOf) -> bool:
        """Whether the slip surely came out."""


class NoPrinter:
    """A kiosk that shows its receipts on the glass only."""

    state = PaperState.NONE

    def __init__(self) -> None:
        self.on_state: Callable[[], None] = lambda: None

    async def print(self, slip: SlipOf) -> bool:
        """Nothing comes out."""
        del slip
        return False


ON_GLASS = Words(
    "这台机器不打印小票。收据在屏幕上，请记下收据号。",
    "這台機器不列印收據條。收據在螢幕上，請記下收據號碼。",
    "This kiosk does not print. Your receipt is on the screen; please note its number.",
)
"""What somebody hears who asks for a slip where there is no printer."""

STUCK = Words(
    "打印机暂时用不了。请记下收据号，服务台可以补打。",
    "列印機暫時不能使用。請記下收據號碼，服務台可以補印。",
    "The printer does not work now. Please note the number; the desk can print your receipt.",
)
"""What somebody hears who asks for a slip where the printer needs a hand."""

PASS_ON_GLASS = Words(
    "现在打不出小票。请拍下屏幕，或把号码记下来。",
    "現在印不出單子。請拍下螢幕，或把號碼記下來。",
    "Nothing can be printed now. Please photograph the screen, or note the digits.",
)
"""What somebody hears who wants a visitor's pass on paper that does not come."""

WHY_NOT = {PaperState.OUT: None, PaperState.STUCK: STUCK, PaperState.NONE: ON_GLASS}
"""Words for each state without slips; the page has its own for an empty roll."""
