"""Who lives where now: asked by everything that is a household's and not a door's.

A household's letters, bells, cards and bills are for whoever lives there today. Whoever moved out
keeps the row and the phone, and hears nothing of the flat any more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from hub.core.homes import Stay, homes_on
from hub.store import tables as t


class Reads(Protocol):
    """An act's transaction or a reader's connection."""

    @property
    def execute(self) -> Callable[..., Any]:
        """Run a statement."""


def homes_of(reads: Reads, person: str, now_s: float) -> list[str]:
    """The households a person lives in today, the own one first."""
    return _homes(reads, now_s, t.people.c.id == person).get(person, [])


def home_of(reads: Reads, person: str, now_s: float) -> str | None:
    """The household whose letters and bells are a person's today; None when there is none."""
    return next(iter(homes_of(reads, person, now_s)), None)


def living_in(reads: Reads, household: str, now_s: float) -> set[str]:
    """Who is at home there today."""
    stays = select(t.tenancies.c.person_id).where(t.tenancies.c.household_id == household)
    there = (t.people.c.household_id == household) | t.people.c.id.in_(stays)
    return _at_home(_homes(reads, now_s, there)).get(household, set())


def everybody_at_home(reads: Reads, now_s: float) -> dict[str, set[str]]:
    """The people of every household today."""
    return _at_home(_homes(reads, now_s, None))


def moved_out(reads: Reads, person: str, now_s: float) -> bool:
    """Whether somebody who lived here lives here no more, nor has a day to move in.

    Whoever never had a home here (a cleaner, a guard) has not moved out of one.
    """
    stays = select(t.tenancies.c.valid_to).where(t.tenancies.c.person_id == person)
    ends = reads.execute(stays).scalars().all()
    if not ends or homes_of(reads, person, now_s):
        return False
    return all(end is not None and end < _day(reads, now_s) for end in ends)


def _at_home(homes: dict[str, list[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for person, own in homes.items():
        if own:
            found.setdefault(own[0], set()).add(person)
    return found


def _homes(reads: Reads, now_s: float, which: ColumnElement[bool] | None) -> dict[str, list[str]]:
    day = _day(reads, now_s)
    people = select(t.people.c.id, t.people.c.household_id)
    stays = select(t.tenancies).order_by(t.tenancies.c.id)
    if which is not None:
        people = people.where(which)
        stays = stays.where(t.tenancies.c.person_id.in_(select(t.people.c.id).where(which)))
    known: dict[str, list[Stay]] = {}
    for row in reads.execute(stays):
        stay = Stay(row.household_id, row.valid_from, row.valid_to)
        known.setdefault(row.person_id, []).append(stay)
    return {
        row.id: homes_on(day, row.household_id, known.get(row.id, ()))
        for row in reads.execute(people)
    }


def _day(reads: Reads, now_s: float) -> str:
    """Today where the site is, as ISO 8601."""
    zone = reads.execute(select(t.site.c.time_zone)).scalar_one()
    return datetime.fromtimestamp(now_s, ZoneInfo(zone)).date().isoformat()
