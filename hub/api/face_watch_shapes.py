"""The watch list as shapes: what an order asks for, what it costs, what came of it. No score."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from hub.api.operating import Otp
from hub.api.shapes import Shaped

OrderId = Annotated[str, Field(max_length=63, pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class WatchCostAsked(BaseModel):
    """How many people pass in a day, and how many false alarms a day people will look at."""

    passers_a_day: int = Field(ge=1, le=1_000_000)
    alarms_a_day: float = Field(gt=0, le=1_000)


class WatchCost(Shaped):
    """What a full list of ``faces`` costs by the residents' own measurement."""

    expected_a_day: float
    faces: int


class OperatorOrderAsked(WatchCostAsked):
    """An order of an authority, for so many days from now on."""

    authority: OrderId
    basis: OrderId
    days: int = Field(ge=1, le=31)


class WatchOrderAsked(OperatorOrderAsked):
    """The same by a member of staff, with a second factor."""

    otp: Otp


class WatchFactorAsked(BaseModel):
    """A second factor."""

    otp: Otp


class ListedFace(Shaped):
    """A face of an order: through whose hands, and its picture's hash; never the picture."""

    listed_at: str
    listed_by: str
    sha256: str
    other_model: bool


class WatchOrder(Shaped):
    """An order. ``resting``: in force, but what it was agreed to cost cannot be measured now.

    ``expected_a_day``: false alarms of a full list as measured when it was entered;
    ``expected_now``: by the audit that stands. ``mine``: the asking member had a hand in it, and
    so cannot approve it.
    """

    id: str
    state: Literal["waiting", "in_force", "resting", "ended"]
    authority: str
    basis: str
    from_at: str
    to_at: str
    passers_a_day: int
    alarms_a_day: float
    expected_a_day: float
    expected_now: float | None
    entered_by: str
    entered_at: str
    approved_by: str | None
    approved_at: str | None
    ended_at: str | None
    mine: bool
    faces: list[ListedFace]
    hits: int
    false_alarms: int


class WatchShown(Shaped):
    """Every open order and the newest ended ones; ``refused``: why none can be entered now."""

    refused: str | None
    faces_most: int
    faces_free: int
    days_most: int
    orders: list[WatchOrder]
