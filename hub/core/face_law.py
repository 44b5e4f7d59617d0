"""The law of faces that a machine can hold: who may consent, which doors may, when to file. Pure.

The figures are those of the 2025 measures for face recognition and of the PIPL; a site's counsel
has the last word, the hub only refuses what they forbid.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

FILING_PEOPLE: Final = 100_000  # whoever keeps so many files with the authority
FILING_WARN_PEOPLE: Final = 80_000  # a county does not stop growing within thirty working days
FILING_WORKING_DAYS: Final = 30
OF_AGE_YEARS: Final = 14  # below, a guardian consents
PHOTOS_WANTED: Final = 3
PHOTOS_MOST: Final = 12
# Where a camera for faces may hang. Changing rooms, toilets and homes are on no list.
ZONES: Final = ("entrance", "stairwell", "garage", "facility", "office")
MODES: Final = ("claim", "alone")
END_REASONS: Final = (
    "withdrawn", "moved", "died", "guardian", "of_age", "purpose", "key_gone",
)  # fmt: skip


def filing(people: int) -> str:
    """Whether faces of so many people must be filed: ``below``, ``near`` or ``due``."""
    if people >= FILING_PEOPLE:
        return "due"
    return "near" if people >= FILING_WARN_PEOPLE else "below"


def is_child(turns_14_on: str | None, today: date) -> bool:
    """Whether somebody who turns fourteen on that day is a child today; None: is none."""
    return turns_14_on is not None and date.fromisoformat(turns_14_on) > today


def consent_wrong(person: str, giver: str, turns_14_on: str | None, today: date) -> str | None:
    """The reason code why this giver cannot consent for this person; None where they can."""
    if is_child(turns_14_on, today):
        return "face_guardian" if giver == person else None
    return None if giver == person else "face_own_consent"


def equal_ways(door: Mapping[str, Any]) -> tuple[str, ...]:
    """How the door opens for whoever gives no face: ``card``, ``phone``, ``pin``.

    A remote-only door has no reader of its own. A face never stands beside another way as a
    further lock; it stands in the place of a PIN or a card, and whoever gives none has these.
    """
    ways = []
    if not door["remote_only"]:
        ways.append("card")
    if door["remote"]:
        ways.append("phone")
    if door["typed"] and not door["remote_only"]:
        ways.append("pin")
    return tuple(ways)


def missing(days: tuple[int, ...]) -> tuple[str, ...]:
    """What an enrolment still lacks, as words of the page's dictionary; empty when complete."""
    lacks = []
    if len(days) < PHOTOS_WANTED:
        lacks.append("photos")
    if len(set(days)) < PHOTOS_WANTED:
        lacks.append("days")
    return tuple(lacks)
