"""What a household's phones hear of each other, as shapes."""

from __future__ import annotations

from pydantic import Field

from hub.api.shapes import PersonNamed, Shaped


class NewPhone(Shaped):
    """A phone that came to the household after the one that asks."""

    id: str
    label: str
    enrolled_at: str
    person: PersonNamed
    paused_at: str | None = Field(description="The card that brought it in was reported lost then.")


class HouseholdPhones(Shaped):
    """The new phones of the last month, newest first."""

    phones: list[NewPhone]
