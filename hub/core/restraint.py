"""A policy without what it must leave out: after a restore, whom a door denied stays out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from devices.policy import Compiled
from devices.recall import Testimony, mark_of, pin_subjects, read_rule, rule_text, subjects
from devices.rules import OPEN_MODES, DoorMode, DoorPolicy, Policy

_VISIT = "visit:"  # a revoked pass that the hub forgot, and when it ends


def additions(ours: Policy, told: Testimony) -> tuple[str, ...]:
    """What our policy would let in and the door does not; ``restrain`` takes it out again."""
    people = [one for one in subjects(ours) if mark_of(one) not in told.admitted]
    passes = [one for one in told.revoked if one.partition("/")[0] not in ours.passes_revoked]
    pins = [name for name, now in pin_subjects(ours) if mark_of(now) not in told.admitted]
    own = {
        text.partition("=")[0]: text
        for number, door in ours.doors.items()
        for text in (rule_text(ours, number, name) for name in door.rules)
    }
    rules = [text for text in told.rules if own.get(text.partition("=")[0], text) != text]
    return (*people, *(_VISIT + one for one in passes), *pins, *rules)


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
    return replace(compiled, policy=_as_told(policy, out), keys=keys)


def _as_told(policy: Policy, out: frozenset[str]) -> Policy:
    """Rules that the door has otherwise stay as the door has them: nobody is locked out by it."""
    doors, schedules = dict(policy.doors), dict(policy.schedules)
    for text in sorted(one for one in out if one.startswith("rule:")):
        told = read_rule(text)
        door = doors.get(told[0]) if told else None
        if told is None or door is None or told[1] not in door.rules:
            continue
        number, name, rule, hours = told
        if hours is not None:
            own = f"as-told-{number}-{name}"
            schedules[own] = hours
            rule = replace(rule, schedule=own)
        doors[number] = replace(door, rules={**door.rules, name: rule})
    return replace(policy, doors=doors, schedules=schedules)


def _revoked(policy: Policy, out: Collection[str]) -> Mapping[str, float]:
    told = (one.removeprefix(_VISIT).partition("/") for one in out if one.startswith(_VISIT))
    return {name: float(to_s) for name, _, to_s in told} | dict(policy.passes_revoked)


def _door(door: DoorPolicy, number: int, out: frozenset[str]) -> DoorPolicy:
    people = {
        person: names
        for person, names in door.people.items()
        if f"person:{number}:{person}" not in out
    }
    pins = door.pins
    if pins is not None:
        kept = {
            person: marks
            for person, marks in pins.verifiers.items()
            if f"pin:{person}:{number}" not in out
        }
        pins = replace(pins, verifiers=kept)
    door = replace(door, people=people, pins=pins)
    if f"free:{number}" in out:
        mode = DoorMode.LOCKED if door.mode in OPEN_MODES else door.mode
        door = replace(door, mode=mode, modes=())
    if f"open:{number}" in out:  # the door was locked down or taken out of use since
        door = replace(door, mode=DoorMode.LOCKED_DOWN, modes=())
    if f"passes:{number}" in out:
        door = replace(door, passes=False)
    return door
