"""What the incident endpoints take and answer; held against real answers like the other shapes."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, Field

from hub.acts.incidents import BY_HAND
from hub.api.shapes import Shaped, Words
from hub.core.policelink import PICTURES_MAX
from hub.core.words import PLAIN

NOTE_CHARS_MAX = 400
KindShown = Literal[
    "watch_list", "repeated", "tailgate", "forced", "duress", "panic", "fire", "tamper"
]
StateShown = Literal[
    "detected", "reviewing", "confirmed", "sent", "acknowledged", "handled", "false_alarm"
]
HandKind = Literal["forced", "repeated", "tailgate", "fire", "tamper"]
assert set(get_args(HandKind)) == set(BY_HAND)  # one list, two spellings


class OrderShown(Shaped):
    """The order under which somebody was looked for."""

    authority: str
    basis: str
    ends_at: str


class PictureShown(Shaped):
    """A picture of an incident, asked for by its number."""

    n: int
    role: Literal["scene", "listed"]
    taken_at: str
    sha256: str
    gone: bool = Field(description="Deleted, as the rules want; its hash stays.")


class IncidentShown(Shaped):
    """An incident: what, where, who decides on it, how far it has come, what stands in its way."""

    id: str
    kind: KindShown
    state: StateShown
    door: str
    name: Words
    source: Literal["rule", "staff", "alert"]
    restricted: bool
    detected_at: str
    order: OrderShown | None
    reviewer: str = Field(description="Who reviews or confirmed it; empty: nobody yet.")
    mine: bool = Field(description="Whether the asking member reviews it.")
    confirmed_at: str | None
    sent_at: str | None
    station: str = Field(description="Where it went, or will go; empty: nowhere.")
    message: str = Field(description="The message's name to ask the station about.")
    simulated: bool = Field(description="No station has accepted this way: it is only played.")
    trouble: str = Field(description="A reason code; empty where it gets through.")
    queued: bool = Field(description="Whether something waits to be sent.")
    owes_withdrawal: bool
    withdrawn: bool
    closed_at: str | None
    pictures: list[PictureShown]


class StationShown(Shaped):
    """A station of hub.toml, and whether it has accepted the way to it."""

    id: str
    kind: Literal["dc09", "webhook", "cap"]
    accepted_at: str | None
    accepted_by: str
    basis: str
    failing_since: str | None
    trouble: str


class Rights(Shaped):
    """What the asking member may do here."""

    review: bool
    export: bool
    accept: bool


class IncidentsPage(Shaped):
    """Open incidents, the oldest first, or closed ones, the newest first; ``next`` continues."""

    incidents: list[IncidentShown]
    next: str | None
    stations: list[StationShown]
    may: Rights


class IncidentLine(Shaped):
    """A step of an incident."""

    at: str
    what: str
    new: str
    party: Literal["reviewer", "link", "station", "detector"]
    name: str
    number: int
    simulated: bool
    detail: str


class IncidentDetail(Shaped):
    """An incident with its log, from the beginning."""

    incident: IncidentShown
    log: list[IncidentLine]
    pack_sha256: str | None = Field(description="What can be compared by telephone.")


class IncidentState(Shaped):
    """Where an incident stands now."""

    id: str
    state: StateShown


class StationState(Shaped):
    """Whether a station's link counts as accepted now."""

    accepted: bool


class EnterAsked(BaseModel):
    """An incident entered by hand; the same key twice is one incident."""

    key: str = Field(pattern=r"^[0-9a-f]{16,32}$")
    kind: HandKind
    door: str = Field(min_length=1, max_length=32, pattern=PLAIN)
    note: str = Field("", max_length=NOTE_CHARS_MAX, pattern=PLAIN)


class ConfirmAsked(BaseModel):
    """The pictures that were on the screen, by their hashes."""

    seen: list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field(max_length=PICTURES_MAX)


class NoteAsked(BaseModel):
    """Why, for those who come after; it never leaves the hub."""

    note: str = Field(min_length=1, max_length=NOTE_CHARS_MAX, pattern=PLAIN)


class AcceptAsked(BaseModel):
    """On what basis the station has taken the link into service, such as its letter."""

    basis: str = Field(min_length=1, max_length=200, pattern=PLAIN)
