"""What is asked and answered about visitors and calls; see ``shapes``."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from devices.passes import DOORS_MAX
from hub.api.shapes import OwnDoor, Shaped, Words
from hub.core.words import PLAIN

LABEL_CHARS_MAX = 20  # a nickname; a full name with a purpose would be a file on somebody


class VisitAsked(BaseModel):
    """Somebody shall be let in; without ``begins`` from now on."""

    label: str = Field(min_length=1, max_length=LABEL_CHARS_MAX, pattern=PLAIN)
    doors: list[str] = Field(min_length=1, max_length=DOORS_MAX)
    begins: AwareDatetime | None = None
    ends: AwareDatetime


class Arrival(Shaped):
    """A door let the visitor in."""

    door: str
    at: str


class VisitShown(Shaped):
    """A pass as whoever made it sees it."""

    id: str
    label: str = Field(description="Empty for the desk where a resident chose it.")
    doors: list[OwnDoor]
    begins: str
    ends: str
    came: list[Arrival]
    state: Literal["expected", "came", "over", "revoked"]
    text: str | None = Field(
        description="The signed pass, what a door's scanner reads; "
        "null when it can open nothing any more, and for the desk where a resident made it.",
    )


class VisitsShown(Shaped):
    """Passes of a week, the newest first, and the doors that a pass may name."""

    visits: list[VisitShown]
    doors: list[OwnDoor]


class CallAnswered(BaseModel):
    """What becomes of a call: the door shall open, or not now."""

    answer: Literal["open", "not_now"]


class CallTaken(Shaped):
    """The call is ours; whoever said "open" now opens this door in the ordinary way."""

    door: str


class CallShown(Shaped):
    """A call at a door; ``answer`` is null while it rings."""

    id: str
    door: str
    door_name: Words | None
    house: str | None = Field(description="Whom it rings; null for the duty desk.")
    rang_at: str
    until: str
    answer: Literal["open", "not_now"] | None


class CallsShown(Shaped):
    """Calls that ring now, or were answered within the last minute."""

    calls: list[CallShown]
