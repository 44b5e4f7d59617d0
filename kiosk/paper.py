"""The receipt's paper as a port: what a slip printer will be; this release has none.

A kiosk without a printer says so: the receipt stands on the glass with its number, and the desk
can look the number up.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from devices.reasons import Words
from kiosk.session import Receipt


class PaperState(StrEnum):
    """What the printer says of its roll; none: there is no printer."""

    OK = "ok"
    LOW = "low"
    OUT = "out"
    NONE = "none"

    @property
    def prints(self) -> bool:
        """Whether a slip can come out."""
        return self in (PaperState.OK, PaperState.LOW)


class Paper(Protocol):
    """Something that may put a slip into a hand."""

    @property
    def state(self) -> PaperState:
        """The roll now."""

    on_state: Callable[[], None]

    async def print(self, receipt: Receipt) -> bool:
        """Whether the slip came out."""


class NoPrinter:
    """A kiosk that shows its receipts on the glass only."""

    state = PaperState.NONE

    def __init__(self) -> None:
        self.on_state: Callable[[], None] = lambda: None

    async def print(self, receipt: Receipt) -> bool:
        """Nothing comes out."""
        del receipt
        return False


ON_GLASS = Words(
    "这台机器不打印小票。收据在屏幕上,请记下收据号。",
    "這台機器不列印收據條。收據在螢幕上,請記下收據號碼。",
    "This kiosk does not print. Your receipt is on the screen; please note its number.",
)
"""What somebody hears who asks for a slip."""
