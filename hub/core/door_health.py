"""Is this door well? One answer for the board, the morning's message and the API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong with a door, and since when, where that is known."""

    kind: str
    since_s: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """An open alert as far as doors care: its kind, its subject, its beginning."""

    kind: str
    subject: str
    since_s: float


@dataclass(frozen=True, slots=True)
class DoorSeen:
    """What is known of a door: ``online`` None when nobody has heard of its device yet."""

    door: str
    device: str
    online: bool | None
    since_s: float | None
    policy_fine: bool


@dataclass(frozen=True, slots=True)
class DoorHealth:
    """A door with its troubles, the gravest first; no trouble means well."""

    door: str
    troubles: tuple[Trouble, ...]

    @property
    def well(self) -> bool:
        """Nothing is wrong."""
        return not self.troubles


# Troubles that mean that a door, or what guards it, does not do its work; the gravest first.
# What happened at a door and is over (a forged card, an opening without entry) is none of them.
_OF_DOORS = ("fire", "forced", "tamper", "device_silent", "reader_silent", "policy_behind", "held",
             "outcome_unknown", "clock_unsigned")  # fmt: skip


def health(doors: Iterable[DoorSeen], standing: Iterable[Standing]) -> list[DoorHealth]:
    """Every door with what is wrong; silence of its device is trouble, alerted yet or not."""
    by_subject: dict[str, dict[str, float]] = {}
    for one in standing:
        by_subject.setdefault(one.subject, {})[one.kind] = one.since_s
    return [_one(door, by_subject) for door in doors]


def _one(door: DoorSeen, by_subject: dict[str, dict[str, float]]) -> DoorHealth:
    known: dict[str, float | None] = {}
    known |= by_subject.get(f"device:{door.device}", {})
    known |= by_subject.get(f"door:{door.door}", {})
    if door.online is not True:
        known.setdefault("device_silent", door.since_s)
    elif not door.policy_fine:
        known.setdefault("policy_behind", None)
    troubles = tuple(Trouble(kind, known[kind]) for kind in _OF_DOORS if kind in known)
    return DoorHealth(door.door, troubles)
