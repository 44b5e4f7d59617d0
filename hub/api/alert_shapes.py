"""What the alert endpoints take and answer; held against real answers like the other shapes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from hub.api.shapes import Shaped, Words
from hub.core.words import PLAIN

NOTE_CHARS_MAX = 400


class AnsweredBy(Shaped):
    """Who answered an alert."""

    by: str
    name: str
    at: str | None = Field(description="When; none for who has not answered yet.")


class AlertShown(Shaped):
    """An alert: what, where, how grave, who was called, who answered."""

    id: str
    kind: str
    words: Words
    cure: Words
    severity: Literal["minor", "moderate", "severe", "extreme"]
    state: Literal["raised", "escalating", "acknowledged", "closed"]
    subject: str
    name: Words
    opened_at: str
    last_at: str
    times: int
    acked_by: list[AnsweredBy]
    waiting_for: list[AnsweredBy] = Field(description="In a roll call, who has not answered yet.")
    step: int
    steps: int
    called: list[str] = Field(description="Outlets that were called so far.")
    next_step_at: str | None
    next_called: list[str]
    closed_at: str | None
    restricted: bool


class OutletShown(Shaped):
    """An outlet that does not get messages through."""

    id: str
    kind: str
    failing_since: str
    fault: str


class DoorsWell(Shaped):
    """How many doors are well."""

    all: int
    well: int
    checked_at: str | None


class AlertsPage(Shaped):
    """Alerts, the gravest first, or the closed ones from the newest; ``next`` continues these."""

    alerts: list[AlertShown]
    next: str | None
    doors: DoorsWell
    failing: list[OutletShown]
    named: bool = Field(description="Whether this member is told of restricted alerts, too.")


class LogLine(Shaped):
    """Something that happened to an alert."""

    at: str
    what: str
    name: str
    detail: str


class AlertDetail(Shaped):
    """An alert with its log, from the beginning."""

    alert: AlertShown
    log: list[LogLine]


class TroubleShown(Shaped):
    """What is wrong with a door, since when, and what to do."""

    kind: str
    words: Words
    cure: Words
    since: str | None


class DoorHealthShown(Shaped):
    """A door's health; no trouble means well."""

    door: str
    name: Words
    well: bool
    troubles: list[TroubleShown]


class DoorsHealth(Shaped):
    """Every door's health."""

    checked_at: str | None
    doors: list[DoorHealthShown]


class AlertState(Shaped):
    """Where an alert stands now."""

    state: Literal["raised", "escalating", "acknowledged", "closed"]


class OwnAlerts(Shaped):
    """Open alerts for which this resident is responsible."""

    alerts: list[AlertShown]
    responsible: bool = Field(
        description="Whether any policy names this resident: others need not ask again soon."
    )


class CloseAsked(BaseModel):
    """How it ended, for those who come after."""

    note: str = Field(min_length=1, max_length=NOTE_CHARS_MAX, pattern=PLAIN)
