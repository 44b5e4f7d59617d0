"""What the issuing desk's endpoints take and answer, as shapes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from hub.api.shapes import Shaped, Words
from hub.core.words import PLAIN

UID = r"^([0-9a-f]{2}){4,10}$"
_Id = Field(min_length=1, max_length=64, pattern=PLAIN)
Kind = Literal["ntag424", "mifare", "cpu", "em4100", "id_card"]


class CardAsked(BaseModel):
    """A card for a person; ``replaces`` is an older one of theirs, stopped in the same act."""

    uid: str = Field(pattern=UID)
    person: str = Field(pattern=PLAIN)
    kind: Kind = "ntag424"
    replaces: str | None = Field(default=None, max_length=64, pattern=PLAIN)


class CardGiven(BaseModel):
    """The card that the person has now; not fresh where it was theirs already."""

    given: str
    fresh: bool


class StockAsked(BaseModel):
    """A card was made ready, or is scrap for this reason."""

    uid: str = Field(pattern=UID)
    scrap: str = Field(default="", max_length=32, pattern=r"^[a-z_]*$")


class NumberAsked(BaseModel):
    """A card by its number."""

    uid: str = Field(pattern=UID)


class CardKnown(Shaped):
    """What the hub knows of a card that lies somewhere: nothing, ready, scrap, given, stopped."""

    state: Literal["unknown", "ready", "scrap", "given", "stopped"]
    card: str | None
    kind: Kind | None
    assurance: Literal["identifier", "mutual"] | None
    person: str | None
    person_name: str | None
    house: str | None
    issued_at: str | None


class HandoutsAsked(BaseModel):
    """The hand-out list, as a file of this form and its signature."""

    form: Literal["csv", "json"] = "csv"


class HandoutsSigned(BaseModel):
    """The file, its signature and the key set that verifies it."""

    file: str
    signature: str
    keyset: str
    rows: int


class WeakDoor(Shaped):
    """A door that opens for a number that anybody can copy, and for how many such cards."""

    id: str
    name: Words
    kind: str
    device: str
    pin: bool = Field(description="Whether it asks for a PIN beside the number, always.")
    sometimes: bool = Field(description="Only in some hours of its plan.")
    cards: int = Field(description="Old cards of people whom a rule of this door names.")


class WeakDoors(Shaped):
    """Doors that still accept cards anybody can copy, and how many such cards are about."""

    doors: list[WeakDoor]
    cards: dict[str, int] = Field(description="Cards in use by kind.")
    ready: int = Field(description="Cards that bear our keys and that nobody has yet.")
    scrap: int


class DeskShown(Shaped):
    """An issuing desk: whether its reader is there, and which presence of a card lies on it."""

    id: str
    online: bool
    reader: bool
    card: str | None = Field(description="A name for this presence; no number of the card.")
    open_until: str | None = Field(description="Until when this member may write keys there.")


class DesksShown(Shaped):
    """All desks."""

    desks: list[DeskShown]


class DeskCard(CardKnown):
    """What lies there: what its keys tell, and what the hub knows of it."""

    lies: Literal["number", "foreign", "blank", "torn", "ours", "others"]
    proven: bool
    copy_of: bool = Field(description="A number of one of our cards, without its keys.")
    tail: str = Field(description="The last four digits of its number.")


class DeskOpened(BaseModel):
    """Open a desk with a second factor."""

    otp: str = Field(pattern=r"^[0-9]{6}$")


class DeskLook(BaseModel):
    """The presence that the clerk sees."""

    card: str = _Id


class DeskGive(DeskLook):
    """Give the card that lies there; a blank is made ready first, an old card takes its kind."""

    person: str = _Id
    kind: Kind = "ntag424"
    replaces: str | None = Field(default=None, max_length=64, pattern=PLAIN)
