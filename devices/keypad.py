"""What is typed at a door: a number that claims who it is, and a PIN; or a courier's code.

Never a PIN alone. Pure. ``#`` ends a number, ``*`` starts again, and a pause forgets all.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from devices.guests import CODE_DIGITS, is_code

PAUSE_S = 8.0  # an old hand takes its time; whoever went away leaves nothing behind
CLAIM_WAIT_S = 15.0  # how long a shown card waits for its PIN
_DIGITS_MAX = CODE_DIGITS + 1  # one more is kept, so that a longer number is surely wrong


@dataclass(frozen=True, slots=True)
class Typed:
    """A PIN, with the number typed before it unless a card was shown."""

    claim: str | None
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CodeTyped:
    """A number of a code's length where a claim could stand: no flat has so many digits."""

    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Typing:
    """What stands on the keypad so far."""

    digits: str = field(default="", repr=False)
    claim: str | None = None
    at_s: float = 0.0


def pressed(
    typing: Typing, key: str, now_s: float, *, card: bool
) -> tuple[Typing, Typed | CodeTyped | None]:
    """One key; ``card`` while a shown card waits for its PIN."""
    if now_s - typing.at_s > PAUSE_S or key == "*":
        typing = Typing()
    typing = replace(typing, at_s=now_s)
    if len(key) == 1 and key.isascii() and key.isdecimal():
        return replace(typing, digits=(typing.digits + key)[:_DIGITS_MAX]), None
    if key != "#" or not typing.digits:
        return typing, None
    if card:
        return Typing(), Typed(None, typing.digits)
    if typing.claim is None and is_code(typing.digits):
        return Typing(), CodeTyped(typing.digits)
    if typing.claim is None:
        return Typing(claim=typing.digits, at_s=now_s), None
    return Typing(), Typed(typing.claim, typing.digits)
