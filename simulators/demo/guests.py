"""A guest at the door: invited by a phone, a code before the scanner, a finger on the bell."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulators.demo.town import TownDoor
    from simulators.phone import Phone, Reply

PASS_LIFE: Final = timedelta(hours=12)
PRESS_S: Final = 0.6  # a controller looks at its inputs five times a second
SAME_CODE_S: Final = 3.2  # a code that is held before a scanner so long is one showing (Porch)
LABEL: Final = "客人"  # a nickname: passes name nobody
_LETTERS: Final = "AB"


async def invite(phone: Phone, doors: Collection[str]) -> Reply:
    """A resident's phone makes a pass for these doors; the reply's ``text`` is the code's.

    It begins now: one "from now" begins a minute ago, and controllers whose disks are younger than
    that, as in a town that has just woken up, would ask the hub about it.
    """
    now = datetime.now(UTC)
    span = {"begins": now.isoformat(), "ends": (now + PASS_LIFE).isoformat()}
    asked = {"label": LABEL, "doors": list(doors), **span}
    return await phone.send("POST", "/api/v1/me/visits", asked)


def altered(text: str) -> str:
    """The same pass with one letter of its signature changed."""
    at = len(text) - 6
    other = next(letter for letter in _LETTERS if letter != text[at])
    return text[:at] + other + text[at + 1 :]


async def press_bell(door: TownDoor) -> None:
    """Press the panel's call button and let it go."""
    assert door.call_input is not None
    door.board.set_input(door.call_input, True)
    try:
        await asyncio.sleep(PRESS_S)
    finally:
        door.board.set_input(door.call_input, False)
