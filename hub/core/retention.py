"""How long what is kept: a rule for each scope, with a floor below which something would break."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hub.core.errors import DomainError

DAY_S = 86_400.0
DAYS_MAX = 36_500
LINKS_AT_ONCE = 200  # rows of one act: about 5 ms on a small box, far below the act's 20

# The shortest time for each table. Devices keep acknowledged events for seven days and tell them
# again to a restored hub; a shorter memory than theirs would record one fact twice.
FLOORS_DAYS = {
    "events": 30,
    "archive": 30,
    "journal": 90,
    "access_log": 180,  # who read about whom: as long as the law wants logs of a network
    "openings": 7,
    "quarantine": 7,
    "passes": 30,  # a month of visitors, and who came with them; only those that are over
    "calls": 30,
    "letters": 30,  # only letters whose codes are over
    "alert_log": 90,  # of alerts that are closed: who was called, who came
    "alerts": 90,  # closed ones whose log is forgotten
    "incident_log": 180,  # of incidents that are closed: who decided what
    "incidents": 180,  # closed ones whose log is forgotten
    "incident_pictures": 7,  # what they show; of false alarms it goes at once
    "handouts": 365,  # of cards that are stopped: who had which, for a year of disputes
    "face_matches": 7,  # a week to ask who was taken for whom
    "imports": 7,  # until then somebody may want one undone
}
# what is kept for so long where nobody made a rule: an import is undone soon or never
# a picture is kept while somebody may ask for it, and shorter where nobody confirmed it
DEFAULT_DAYS = {"imports": 90, "incident_pictures": 30, "face_matches": 30}
UNCONFIRMED_DAYS = 7
BY_KIND = ("events", "archive", "journal")
NEVER = ("transfers",)  # the balances of accounts are the sum of all of them
KEPT_KINDS = ("forgotten", "restored", "recall_released")  # what explains the holes stays
_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True, slots=True)
class Scope:
    """A table, or one kind of its rows."""

    table: str
    kind: str = ""

    @property
    def name(self) -> str:
        """As it is written: ``events`` or ``events/access``."""
        return f"{self.table}/{self.kind}" if self.kind else self.table


def read_scope(text: str) -> Scope:
    """A scope from its name; refuses what cannot be forgotten."""
    table, _, kind = text.partition("/")
    if table in NEVER:
        raise DomainError("field_wrong", "money is never forgotten: accounts would not add up")
    if table not in FLOORS_DAYS:
        raise DomainError("field_wrong", f"a scope begins with {', '.join(FLOORS_DAYS)}", "scope")
    if "/" in text and (table not in BY_KIND or not _KIND.fullmatch(kind) or kind in KEPT_KINDS):
        raise DomainError("field_wrong", f"{text} is no kind that can be forgotten", "scope")
    return Scope(table, kind)


def check_days(scope: Scope, days: int) -> None:
    """Refuse a time that is shorter than the table's floor."""
    floor = FLOORS_DAYS[scope.table]
    if not floor <= days <= DAYS_MAX:
        raise DomainError("field_wrong", f"{scope.table} is kept for {floor} days or more", "days")


def spans(numbers: Iterable[int]) -> list[list[int]]:
    """Ascending numbers as inclusive spans."""
    found: list[list[int]] = []
    for n in numbers:
        if found and found[-1][1] + 1 == n:
            found[-1][1] = n
        else:
            found.append([n, n])
    return found
