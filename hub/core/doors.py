"""What a door's settings may be together: judged at the moment of entry, said in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from hub.core.roster import RESIDENTIAL


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot be kept: a reason code and words."""

    code: str
    words: str


def door_fault(
    door: Mapping[str, Any],
    schedules: Collection[str],
    areas: Collection[str],
    numbers: Collection[int],
) -> Fault | None:
    """The first thing that does not fit; ``numbers`` are the doors of the same controller."""
    name = door["id"]
    stateful = door["two_person"] or door["passback"] != "off"
    if door["kind"] in RESIDENTIAL and stateful:
        rule = "anti-passback and the two-person rule are for rooms"
        return Fault("residential", f"{name} is a residential entrance; {rule}")
    for place in (door["area_from"], door["area_to"]):
        if place and place not in areas:
            return Fault("field_wrong", f"{name}: no area {place!a}")
    if door["passback"] != "off" and door["area_from"] == door["area_to"]:
        return Fault("field_wrong", f"{name}: anti-passback needs two areas to lead between")
    for plan in (*door["asks_by"], *door["modes"]):
        if plan["schedule"] not in schedules:
            return Fault("field_wrong", f"{name}: no schedule {plan['schedule']!a}")
    for other in door["interlock"]:
        if other == door["number"] or other not in numbers:
            return Fault("field_wrong", f"{name}: no other door {other} at this controller")
    if door["hold_ms"] > door["hold_max_ms"]:
        return Fault("field_wrong", f"{name}: hold_ms is above hold_max_ms")
    return None


def rule_fault(rule: Mapping[str, Any], known: Mapping[str, Collection[str]]) -> Fault | None:
    """Why a rule cannot be kept; ``known`` holds what each kind of subject may name."""
    name, kind, subject = rule["id"], rule["subject_kind"], rule["subject"]
    if (rule["door_id"] is None) == (rule["door_group_id"] is None):
        return Fault("field_wrong", f"{name} needs door_id or door_group_id, one of the two")
    if kind != "everyone" and subject not in known[kind]:
        return Fault("field_wrong", f"{name}: no {kind} {subject!a}")
    start, end = rule["valid_from"], rule["valid_to"]
    if start is not None and end is not None and start >= end:
        return Fault("field_wrong", f"{name} ends before it begins")
    return None
