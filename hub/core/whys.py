"""Why a door answered as it did: the rules that speak of a person there, in staff's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def speaking(
    rules: Iterable[Mapping[str, Any]], person: str, household: str, building: str
) -> list[dict[str, Any]]:
    """The rules of a door that speak of this person."""
    mine = {"everyone": "", "person": person, "household": household, "building": building}
    return [
        dict(rule)
        for rule in rules
        if rule["subject_kind"] == "everyone" or mine.get(rule["subject_kind"]) == rule["subject"]
    ]
