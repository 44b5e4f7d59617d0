"""What a household's phones hear of each other, as shapes."""

from __future__ import annotations

from hub.api.shapes import PersonNamed, Shaped


class NewPhone(Shaped):
    """A phone that came to the household after the one that asks."""

    id: str
    label: str
    enrolled_at: str
    person: PersonNamed


class HouseholdPhones(Shaped):
    """The new phones of the last month, newest first."""

    phones: list[NewPhone]
