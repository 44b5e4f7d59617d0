"""A policy without what it must leave out: after a restore, whom a door denied stays out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from devices.policy import Compiled
from devices.recall import Testimony, mark_of, subjects
from devices.rules import OPEN_MODES, DoorMode, DoorPolicy, Policy

_VISIT = "visit:"  # a revoked pass that the hub forgot, and when it ends


def additions(ours: Policy, told: Testimony) -> tuple[str, ...]:
    """What our policy would let in and the door does not; ``restrain`` takes it out again."""
    people = [one for one in subjects(ours) if mark_of(one) not in told.admitted]
    passes = [one for one in told.revoked if one.partition("/")[0] not in ours.passes_revoked]
    return (*people, *(_VISIT + one for one in passes))


def restrain(compiled: Compiled, held: Collection[str]) -> Compiled:
    """The same policy without the held subjects (see ``devices.recall.subjects``)."""
    if not held:
        return compiled
    out = frozenset(held)
    policy = compiled.policy
    doors = {number: _door(door, number, out) for number, door in policy.doors.items()}
    cards = {uid: card for uid, card in policy.cards.items() if f"card:{card.id}" not in out}
    keys = {uid: key for uid, key in compiled.keys.items() if uid in cards}
    policy = replace(policy, doors=doors, cards=cards, passes_revoked=_revoked(policy, out))
    return replace(compiled, policy=policy, keys=keys)


def _revoked(policy: Policy, out: Collection[str]) -> Mapping[str, float]:
    told = (one.removeprefix(_VISIT).partition("/") for one in out if one.startswith(_VISIT))
    return {name: float(to_s) for name, _, to_s in told} | dict(policy.passes_revoked)


def _door(door: DoorPolicy, number: int, out: frozenset[str]) -> DoorPolicy:
    people = {
        person: names
        for person, names in door.people.items()
        if f"person:{number}:{person}" not in out
    }
    door = replace(door, people=people)
    if f"free:{number}" in out:
        mode = DoorMode.LOCKED if door.mode in OPEN_MODES else door.mode
        door = replace(door, mode=mode, modes=())
    if f"open:{number}" in out:  # the door was locked down or taken out of use since
        door = replace(door, mode=DoorMode.LOCKED_DOWN, modes=())
    if f"passes:{number}" in out:
        door = replace(door, passes=False)
    return door
