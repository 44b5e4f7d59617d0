"""Faces as shapes: states, shares and days. No score and no template is among them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, StrictBool

from hub.api.shapes import PersonNamed, Shaped, Words
from hub.core.words import PLAIN

Language = Literal["zh-Hans", "zh-Hant", "en"]
Reason = Literal["withdrawn", "moved", "died", "guardian", "purpose"]
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
TEXT = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"  # lines are allowed in an assessment


class AssessmentAsked(BaseModel):
    """The impact assessment, and the rates the site wants (shares of attempts)."""

    controller: str = Field(min_length=2, max_length=120, pattern=PLAIN)
    contact: str = Field(min_length=2, max_length=120, pattern=PLAIN)
    purpose: str = Field(min_length=2, max_length=300, pattern=PLAIN)
    necessity: str = Field(min_length=2, max_length=1_000, pattern=TEXT)
    measures: str = Field(min_length=2, max_length=1_000, pattern=TEXT)
    assessed_by: str = Field(min_length=2, max_length=120, pattern=PLAIN)
    strangers: float = Field(ge=1e-6, le=0.2)
    claims: float = Field(ge=1e-6, le=0.2)
    misses: float = Field(ge=1e-3, le=0.5)


class AssessmentShown(Shaped):
    """The assessment as it stands."""

    controller: str
    contact: str
    purpose: str
    necessity: str
    measures: str
    assessed_by: str
    assessed_at: str
    strangers: float
    claims: float
    misses: float


class FaceDoorAsked(BaseModel):
    """Whether and how a door takes faces."""

    mode: Literal["off", "claim", "alone"]
    zone: str = Field(default="entrance", max_length=16, pattern=PLAIN)
    purpose: str = Field(default="", max_length=300, pattern=PLAIN)
    turn: StrictBool = True


class FaceDoorShown(Shaped):
    """A door: its mode, its equal other ways, and what the audit says of faces alone there."""

    door: str
    name: Words
    mode: Literal["off", "claim", "alone"]
    zone: str
    purpose: str
    turn: bool
    ways: list[Literal["card", "phone", "pin"]]
    alone: Literal["", "waiting", "allowed", "refused"]
    reason: str | None
    people: int | None


class CameraShown(Shaped):
    """A camera of the hub's settings: its door's name where there is such a door, how it stands."""

    name: str
    door: str
    door_name: Words | None
    state: Literal["door_unknown", "unused", "starting", "looking", "silent", "over"]
    reason: str | None


class Filing(Shaped):
    """How near the number of people is to the one from which a filing is due."""

    people: int
    state: Literal["below", "near", "due"]
    near_from: int
    due_from: int
    working_days: int


class VerdictShown(Shaped):
    """What a way of using faces brings; shares of attempts, null where nobody can tell yet."""

    refused: str | None
    predicted: float | None
    missed: float | None
    wrong: float | None


class PlotPoint(Shaped):
    """A place on a scale of a thousand without a unit, and the share at or below it (0 to 1)."""

    at: int
    share: float


class PlotShown(Shaped):
    """Two curves and the threshold on their scale."""

    strangers: list[PlotPoint]
    genuine: list[PlotPoint]
    threshold: int | None


class LookAlikes(Shaped):
    """Two residents whom the machine could take for one another."""

    one: PersonNamed
    other: PersonNamed


class AuditShown(Shaped):
    """The newest self-audit of everybody who is enrolled."""

    made_at: str
    model: str
    people: int
    judged: int
    search: VerdictShown
    claim: VerdictShown
    look_alikes: list[LookAlikes]
    plot: PlotShown


class FacesShown(Shaped):
    """All of it on one page."""

    state: Literal["absent", "off", "keys_elsewhere", "starting", "ready"]
    missing: list[str]
    assessment: AssessmentShown | None
    enrolled: int
    consents: int
    other_model: int
    incomplete: int
    filing: Filing
    audit: AuditShown | None
    doors: list[FaceDoorShown]
    cameras: list[CameraShown]
    zones: list[str]


class NoticePart(Shaped):
    """A heading with its text."""

    title: str
    text: str


class FaceNotice(Shaped):
    """What is to be read before a consent."""

    version: str
    parts: list[NoticePart]


class ConsentAsked(BaseModel):
    """Agreed to this version of the notice, in this language, as it was shown."""

    notice: str = Field(max_length=16, pattern=PLAIN)
    language: Language


class DeskConsentAsked(ConsentAsked):
    """At the desk also for a child, by its guardian."""

    guardian: str | None = Field(default=None, max_length=32, pattern=PLAIN)
    turns_14_on: str | None = Field(default=None, pattern=DAY)


class FaceEndAsked(BaseModel):
    """Why a face is forgotten."""

    reason: Reason = "withdrawn"


class ConsentShown(Shaped):
    """The consent that holds."""

    given_at: str
    notice: str
    guardian: PersonNamed | None
    turns_14_on: str | None
    purpose: str


class FacePhoto(Shaped):
    """A photo's day and how good it was; the photo itself is kept nowhere."""

    day: str
    quality: Literal["clear", "fair"]


class FaceMatch(Shaped):
    """One check at a door."""

    at: str
    door: Words
    way: str
    known: bool
    reason: str | None


class FaceShown(Shaped):
    """What is kept of one person's face."""

    person: PersonNamed
    state: Literal["absent", "off", "keys_elsewhere", "starting", "ready"]
    consent: ConsentShown | None
    photos: list[FacePhoto]
    missing: list[Literal["photos", "days"]]
    other_model: bool
    matches: list[FaceMatch]


class FaceLogLine(FaceMatch):
    """One check, for staff."""

    person: PersonNamed | None


class FaceLog(Shaped):
    """The newest checks at all doors."""

    matches: list[FaceLogLine]


class PaperAsked(BaseModel):
    """A document in a language."""

    language: Language = "zh-Hans"
