"""A policy without what it must leave out: after a restore, whom a door denied stays out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from devices.policy import Compiled


def restrain(compiled: Compiled, held: Collection[str]) -> Compiled:
    """The same policy without the held subjects (see ``devices.recall.subjects``)."""
    if not held:
        return compiled
    out = frozenset(held)
    policy = compiled.policy
    doors = {
        number: replace(
            door,
            people={
                person: names
                for person, names in door.people.items()
                if f"person:{number}:{person}" not in out
            },
        )
        for number, door in policy.doors.items()
    }
    cards = {uid: card for uid, card in policy.cards.items() if f"card:{card.id}" not in out}
    keys = {uid: key for uid, key in compiled.keys.items() if uid in cards}
    return replace(compiled, policy=replace(policy, doors=doors, cards=cards), keys=keys)
