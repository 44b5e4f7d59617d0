"""A guest before a door: the bounds of a pass, and a courier's typed code. Pure.

A typed code is a pass of one door that its policy holds as a mark under the door's own key, so the
door verifies it without a network. What guessing gets, at worst:

- A code has nine digits, so one guess at a door with ``CODES_MAX`` (64) living codes is right
  once in 10**9 / 64, about sixteen million.
- Wrong codes are counted for the whole door, apart from every PIN: five are free, then 30 s and
  twice as long each time up to 900 s. That is some 105 guesses on the first day and 96 on later
  ones: one success in four hundred years of typing at one full door day and night.
- A code that is let in forgets the wrong ones before it. Whoever holds good codes of their own
  gets five guesses for each use, and a household makes at most forty passes of five uses a day:
  a thousand guesses more, still one in forty years, with forty receipts in its name each day.
- A code lives for twelve hours at most, so nothing is gained by going on tomorrow.

Nobody but couriers waits behind that count: cards, PINs and QR codes go on.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.facts import VISITS_MAX, DoorState, again, remembered
from devices.passes import DOORS_MAX, LENGTH_MAX_S
from devices.pins import code_mark
from devices.rules import DoorPolicy, Policy

CODE_DIGITS = 9  # longer than any flat's number or PIN, so that none is ever taken for another
CODE_LENGTH_MAX_S = 43_200  # a courier comes today
CODE_USES_MAX = 5  # somebody carries a sofa in
CODES_MAX = 64  # living codes of one door
WAIT_S = 3.0  # whoever holds a telephone before a scanner; the hub answers within milliseconds
OP = "pass"  # the hub's word: a command about a question, with a reason where it is no
ASKED = "pass_asked"  # the question: an event
NOT_NOW = "pass_online"


@dataclass(frozen=True, slots=True)
class Visit:
    """A visitor pass whose signature was verified, or a code that the policy holds.

    ``doors`` are the numbers of this controller's doors that it names, ``host`` is the id of the
    person who invited, ``strict`` means once anywhere and not so often per door; ``uses`` is how
    often each door lets it in without asking.
    """

    id: str
    doors: tuple[int, ...]
    from_s: float
    to_s: float
    host: str
    strict: bool = False
    uses: int = 1


def is_code(text: str) -> bool:
    """Whether what was typed has the form of a courier's code."""
    return len(text) == CODE_DIGITS and text.isascii() and text.isdecimal()


def visit_of(door: DoorPolicy, digits: str) -> Visit | None:
    """The pass behind a typed code, None where this door has no such code."""
    if door.codes is None:
        return None
    code = door.codes.marks.get(code_mark(door.codes.key, digits))
    if code is None:
        return None
    return Visit(code.visit, (door.number,), code.from_s, code.to_s, code.host, uses=code.uses)


def asks_hub(visit: Visit, since_s: float) -> bool:
    """Whether only the hub can say that a pass was not used yet.

    ``since_s`` is when this controller's memory begins: what was let in before that, under a disk
    that was lost, only the hub remembers.
    """
    return visit.strict or _long(visit) or visit.from_s < since_s


def _long(visit: Visit) -> bool:
    return visit.to_s - visit.from_s > LENGTH_MAX_S or len(visit.doors) > DOORS_MAX


def out_of_bounds(
    policy: Policy, door: DoorPolicy, before: DoorState, visit: Visit, at_s: float
) -> str | None:
    """Why a pass does not open here and now, before its host and the hub are asked; else None."""
    if visit.id in policy.passes_revoked:
        return "pass_revoked"
    if not door.passes or door.two_person or door.number not in visit.doors:
        return "pass_not_here"
    if at_s < visit.from_s:
        return "pass_early"
    if at_s >= visit.to_s:
        return "pass_over"
    use = before.visits.get(visit.id)
    if use is None:
        return "too_many" if remembered(before, at_s) >= VISITS_MAX else None
    if visit.strict:
        return "pass_used"
    if _long(visit) or again(use, at_s):  # how often a long pass comes in, the hub counts
        return None
    return "pass_used" if use.count >= visit.uses else None
