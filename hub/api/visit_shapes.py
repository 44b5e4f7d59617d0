"""What is asked and answered about visitors and calls; see ``shapes``."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from devices.passes import DOORS_MAX
from hub.acts.visits import USES_MAX
from hub.api.shapes import OwnDoor, Shaped, Words
from hub.core.words import PLAIN

LABEL_CHARS_MAX = 20  # a nickname; a full name with a purpose would be a file on somebody


class VisitAsked(BaseModel):
    """Somebody shall be let in; without ``begins`` from now on."""

    label: str = Field(min_length=1, max_length=LABEL_CHARS_MAX, pattern=PLAIN)
    doors: list[str] = Field(min_length=1, max_length=DOORS_MAX)
    begins: AwareDatetime | None = None
    ends: AwareDatetime
    typed: bool = Field(
        default=False,
        description="A courier's code to type at one door, for twelve hours at most.",
    )
    strict: bool = Field(
        default=False, description="Once in all, not at each door; the door must reach the hub."
    )
    uses: int = Field(
        default=1,
        ge=1,
        le=USES_MAX,
        description="At each door; more than one for codes, and for passes longer than a day.",
    )


class GuestsAsked(BaseModel):
    """What a card holder may let visitors in at."""

    card_session: str = Field(min_length=1, max_length=64)


class KioskVisitAsked(VisitAsked):
    """A pass or a code made at a kiosk, by card."""

    card_session: str = Field(min_length=1, max_length=64, repr=False)


class KioskCallAnswered(BaseModel):
    """A card holder answers a call that rings at this kiosk."""

    card_session: str = Field(min_length=1, max_length=64, repr=False)


class GuestsShown(Shaped):
    """The doors that a pass may name, and those of them where a code can be typed."""

    doors: list[OwnDoor]
    code_doors: list[OwnDoor]


class Arrival(Shaped):
    """A door let the visitor in."""

    door: str
    at: str
    times: int = Field(description="How often since then.")


class VisitShown(Shaped):
    """A pass as whoever made it sees it."""

    id: str
    label: str = Field(description="Empty for the desk where a resident chose it.")
    doors: list[OwnDoor]
    begins: str
    ends: str
    came: list[Arrival]
    state: Literal["expected", "came", "over", "revoked"]
    strict: bool
    uses: int
    online: bool = Field(description="Whether its doors must ask the hub before they open.")
    code: str | None = Field(
        description="What is typed at the door; null where text is, or when it opens nothing.",
    )
    reached: bool | None = Field(
        description="Of a code, whether its door has said that it holds it; null of a pass.",
    )
    text: str | None = Field(
        description="The signed pass, what a door's scanner reads; "
        "null when it can open nothing any more, and for the desk where a resident made it.",
    )


class VisitsShown(Shaped):
    """Passes of a week, the newest first, and the doors that a pass may name."""

    visits: list[VisitShown]
    doors: list[OwnDoor]
    code_doors: list[OwnDoor] = Field(description="Those of them where a code can be typed.")


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
