"""The leaves, readers and cases of a controller's doors: what happens becomes facts and events."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from devices.access import (
    OUTSIDE,
    Decision,
    Entered,
    Fact,
    Granted,
    Opened,
    PassOpened,
    Refused,
    State,
    fold,
)
from devices.device import Device
from devices.facts import kept
from devices.leaf import GRACE_S, Happening, Leaf, Release, moved, released, ticked, withdrawn
from devices.messages import Event, Outcome
from devices.rules import SHUT_MODES, DoorPolicy
from devices.shelf import PolicyShelf

if TYPE_CHECKING:
    from devices.door import DoorHardware

SILENT_AFTER_S = 5.0  # a reader that comes back sooner was only being started again
NOWHERE = "-"  # how the outside is written in an event


class House(Protocol):
    """What the leaves need of their controller."""

    device: Device
    shelf: PolicyShelf
    state: State

    def stands_open(self, number: int) -> bool:
        """Whether anybody may open the leaf now."""


class Leaves:
    """Watches every door of one controller."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._leaves: dict[int, Leaf] = {}  # one for each door
        self._silent: dict[int, set[str]] = {}  # the same: its reader, its keypad, or both
        self._tampered: dict[tuple[int, str], bool] = {}  # three cases for each door at most
        self._timers: dict[tuple[int, str], asyncio.Task[None]] = {}  # two for each door at most

    def _leaf(self, number: int) -> Leaf:
        return self._leaves.get(number, Leaf())

    def _plan(self, number: int) -> DoorPolicy:
        policy = self._house.shelf.policy
        door = policy.doors.get(number) if policy else None
        return door or DoorPolicy(number)

    # ----------------------------------------------------------------- grants

    def release(self, hardware: DoorHardware, granted: Granted, via: str | None) -> Release:
        """The strike is being released: from now on an opening leaf is no break-in."""
        now_s = asyncio.get_running_loop().time()
        until_s = now_s + granted.hold_ms / 1000 + GRACE_S
        release = Release(
            until_s,
            max(until_s, now_s + self._plan(hardware.number).enter_s),
            granted.person,
            granted.companion,
            granted.credential,
            granted.visit,
            granted.area,
            via,
            quiet=via == "exit",
        )
        if hardware.contact_input is not None:
            leaf = self._leaf(hardware.number)
            if leaf.open is not True:  # through an open door they walk when the strike answered
                release = replace(release, watched=True)
                self._leaves[hardware.number] = released(leaf, release)
        return release

    def withdraw(self, number: int, release: Release) -> None:
        """The strike surely did not take it."""
        self._leaves[number] = withdrawn(self._leaf(number), release)

    def opened(self, hardware: DoorHardware, granted: Granted, via: str | None) -> tuple[Fact, ...]:
        """What is true when the strike answered."""
        number = hardware.number
        at_s = self._house.device.clock.now_s()
        first = via in ("card", "pin") and self._plan(number).mode not in SHUT_MODES
        facts: list[Fact] = [Opened(number, at_s, card=first)]
        if granted.visit is not None and not self._sees(hardware):
            facts.append(PassOpened(number, granted.visit))
        return tuple(facts)

    def _sees(self, hardware: DoorHardware) -> bool:
        """Whether a contact will tell that the door is opened."""
        return hardware.contact_input is not None and self._leaf(hardware.number).open is not None

    def walk_through(self, number: int, release: Release) -> None:
        """Where the leaf stands open or has no contact, the strike's answer must do."""
        if release.watched or release.quiet:
            return
        if self._leaf(number).open or release.area is not None:
            self._happened(number, (Happening("entered", release),))

    # ----------------------------------------------------------------- refusals

    def refused(self, draft: Event, refused: Refused, memory: Mapping[str, str | None]) -> None:
        """Write a refusal, and beside it what a duress PIN asks for, whatever the disk says."""
        device = self._house.device
        event = replace(draft, outcome=Outcome.REFUSED, reason=refused.reason)
        alarm = duress_event(draft, refused)
        try:
            if alarm is None:
                device.send(device.journal.record(event, memory=memory))
                return
            for told in device.journal.record_beside(event, alarm, memory):
                device.send(told)
        except sqlite3.Error as fault:
            device.drop("storage_fault", str(fault))
            if alarm is not None:
                device.cry(alarm)

    # ----------------------------------------------------------------- contacts and time

    def on_contact(self, number: int, is_open: bool | None) -> None:
        """A reading of the contact; also the moment to look at the time."""
        now_s = asyncio.get_running_loop().time()
        free = self._house.stands_open(number)
        leaf, first = moved(self._leaf(number), is_open, now_s, free=free)
        leaf, then = ticked(leaf, now_s, self._plan(number).held_s, free=free)
        self._leaves[number] = leaf
        self._happened(number, (*first, *then))

    def _happened(self, number: int, happenings: Iterable[Happening]) -> None:
        for happening in happenings:
            device, release = self._house.device, happening.release
            event = replace(device.draft(happening.kind), door=number, reason=happening.kind)
            facts: tuple[Fact, ...] = ()
            if release is not None:
                event = replace(
                    event, person=release.person, credential=release.credential, via=release.via
                )
            if release is not None and happening.kind == "entered":
                facts, content = _walked(number, release, event.at_s)
                event = replace(event, content=content)
            self.record(event, facts)

    def record(self, event: Event, facts: tuple[Fact, ...] = ()) -> None:
        """Fold and write; without a disk the facts still hold."""
        house = self._house
        before, house.state = house.state, fold(house.state, facts)
        try:
            memory = kept(before, house.state, facts)
            house.device.send(house.device.journal.record(event, memory=memory))
        except sqlite3.Error as fault:
            house.device.drop("storage_fault", str(fault))

    # ----------------------------------------------------------------- cases and readers

    def on_tamper(self, number: int, active: bool, part: str = "case") -> None:
        """A case's switch; a case that is open when we start was opened behind our back."""
        before = self._tampered.get((number, part), False)
        self._tampered[number, part] = active
        if active and not before:
            draft = self._house.device.draft("tamper")
            self.record(replace(draft, door=number, reason="tamper"))

    def on_reader(self, number: int, online: bool, part: str = "reader") -> None:
        """A reader's word of itself; silence is told when it lasts, and over when nobody is silent.

        A door's keypad that is a device of its own (``part``) is heard like its reader.
        """
        timer = self._timers.pop((number, part), None)
        if timer is not None:
            timer.cancel()
        silent = self._silent.get(number, set())
        if not online and part not in silent:
            self._timers[number, part] = asyncio.ensure_future(self._fall_silent(number, part))
        elif online and part in silent:
            silent.remove(part)
            if not silent:
                self._tell_reader(number, "reader_back")

    async def _fall_silent(self, number: int, part: str) -> None:
        await asyncio.sleep(SILENT_AFTER_S)
        self._now_silent(number, part)

    def _now_silent(self, number: int, part: str) -> None:
        self._timers.pop((number, part), None)
        silent = self._silent.setdefault(number, set())
        silent.add(part)
        if len(silent) == 1:
            self._tell_reader(number, "reader_silent")

    def _tell_reader(self, number: int, kind: str) -> None:
        self.record(replace(self._house.device.draft(kind), door=number, reason=kind))

    def close(self) -> None:
        """Nobody waits for a reader any more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()


def _walked(
    number: int, release: Release, at_s: float
) -> tuple[tuple[Fact, ...], dict[str, str | int]]:
    """The facts and the words of somebody who came in."""
    facts: list[Fact] = []
    content: dict[str, str | int] = {}
    if release.visit is not None:
        facts.append(PassOpened(number, release.visit))
    if release.companion is not None:
        content["with"] = release.companion
    if release.area is not None:
        content["area"] = release.area if release.area != OUTSIDE else NOWHERE
        facts += [
            Entered(person, release.area, at_s)
            for person in (release.person, release.companion)
            if person is not None
        ]
    return tuple(facts), content


def told_of(granted: Granted) -> dict[str, str | int]:
    """What staff should know of a grant beside its person."""
    content: dict[str, str | int] = {}
    if granted.flag is not None:
        content["flag"] = granted.flag
    if granted.companion is not None:
        content["with"] = granted.companion
    return content


def duress_event(draft: Event, decision: Decision) -> Event | None:
    """What only named responders hear of a duress PIN; to the door it is a PIN like any."""
    if not decision.duress:
        return None
    return replace(draft, kind="duress", reason="duress", ms={}, content={}, command=None)
