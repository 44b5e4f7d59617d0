"""The modes of a controller's doors: what is in force, held by pulses, and shown."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from devices import wire
from devices.access import OPEN_MODES, DoorMode, State, fold, mode_at
from devices.device import Device
from devices.facts import kept, shut_by
from devices.leaves import Leaves
from devices.messages import DoorCondition
from devices.shelf import PolicyShelf

if TYPE_CHECKING:
    from devices.door import DoorHardware

STRIKE_WAIT_S = 2.0  # a board that is silent so long did not take the pulse
KEEP_PULSE_MS = 5_000  # a door held open locks by itself so soon after its controller died
KEEP_EVERY_S = 2.0  # how often that pulse is renewed and the hour is looked at
_CONTACT = {None: "unknown", True: "open", False: "closed"}


class House(Protocol):
    """What the modes need of their controller."""

    device: Device
    shelf: PolicyShelf
    state: State
    leaves: Leaves
    hardware: dict[int, DoorHardware]

    def clock_facts(self) -> tuple[bool, bool]:
        """(clock_known, fresh) as of now."""


class Modes:
    """Keeps every door of one controller in the mode that is wanted now."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._kept_open: set[int] = set()  # doors of this controller
        self._unlocked_until: dict[int, float] = {}  # one for each door
        self._wakes = {number: asyncio.Event() for number in house.hardware}

    def mode(self, number: int) -> DoorMode | None:
        """The mode in force; None while no policy speaks of the door."""
        house = self._house
        policy = house.shelf.policy
        door = policy.doors.get(number) if policy else None
        if policy is None or door is None:
            return None
        first_s = house.state.of(number).first_card_s
        clock_known, _ = house.clock_facts()
        return mode_at(policy, door, first_s, house.device.clock.now(), clock=clock_known)

    def stands_open(self, number: int) -> bool:
        """Whether anybody may open the leaf now: by its mode, or because of a fire."""
        return self.mode(number) in OPEN_MODES or self._house.state.of(number).fire

    def wake(self, number: int) -> None:
        """Something happened that may change the door's mode."""
        self._wakes[number].set()

    def wake_all(self) -> None:
        """The policy changed."""
        self.begin_anew()
        for wake in self._wakes.values():
            wake.set()

    def begin_anew(self) -> None:
        """Where a policy shuts doors, forget who was first there: before anything else is done."""
        house = self._house
        policy = house.shelf.policy
        facts = shut_by(policy, house.state) if policy else ()
        if not facts:
            return
        before, house.state = house.state, fold(house.state, facts)
        try:
            house.device.journal.remember(kept(before, house.state, facts))
        except sqlite3.Error as fault:  # the next start, or the next policy, tries again
            house.device.drop("storage_fault", str(fault))

    async def keep(self, hardware: DoorHardware) -> None:
        """Hold a door open as long as its mode says so, by pulses that end by themselves."""
        number, wake = hardware.number, self._wakes[hardware.number]
        self.begin_anew()  # a lockdown that came as this controller died
        known: DoorMode | None = None
        shown: tuple[DoorMode | None, bool] | None = None
        while True:
            mode = self.mode(number)
            burning = number in self._kept_open and self._house.state.of(number).fire
            if mode in OPEN_MODES or burning:  # a fire locks nothing
                await self._hold_open(hardware)
            else:
                self._kept_open.discard(number)
            if shown != (mode, number in self._kept_open):
                shown = mode, number in self._kept_open
                self.publish(number)
            if mode is not known:
                if known is not None and mode is not None:
                    self._note(number, mode)
                known = mode
            await self._pause(number, wake, holds=mode in OPEN_MODES or burning)

    async def _pause(self, number: int, wake: asyncio.Event, *, holds: bool) -> None:
        policy = self._house.shelf.policy
        door = policy.doors.get(number) if policy else None
        timed = holds or (door is not None and bool(door.modes))
        try:
            async with asyncio.timeout(KEEP_EVERY_S if timed else None):
                await wake.wait()
        except TimeoutError:
            return
        wake.clear()

    async def _hold_open(self, hardware: DoorHardware) -> None:
        try:
            async with asyncio.timeout(STRIKE_WAIT_S):
                await hardware.strike.pulse(hardware.output, KEEP_PULSE_MS)
        except Exception as fault:  # noqa: BLE001 - it is tried again in a moment
            self._kept_open.discard(hardware.number)
            self._house.device.drop("strike_fault", str(fault))
        else:
            self._kept_open.add(hardware.number)

    def _note(self, number: int, mode: DoorMode) -> None:
        draft = replace(self._house.device.draft("mode"), door=number, reason="mode_changed")
        self._house.leaves.record(replace(draft, content={"mode": mode.value}))

    # ----------------------------------------------------------------- what the door is

    def publish_all(self) -> None:
        """Say of every door what it is."""
        for number in self._house.hardware:
            self.publish(number)

    def show_unlocked(self, number: int, hold_ms: int) -> None:
        """The board ends the pulse itself; we only say so, then and when it is over."""
        loop = asyncio.get_running_loop()
        self._unlocked_until[number] = loop.time() + hold_ms / 1000
        self.publish(number)
        self._house.device.spawn(self._show_locked(number, hold_ms / 1000))

    async def _show_locked(self, number: int, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self.publish(number)

    def _lock(self, number: int) -> str:
        if number in self._kept_open:
            return "unlocked"
        until = self._unlocked_until.get(number, 0.0)
        return "unlocked" if asyncio.get_running_loop().time() < until else "locked"

    def publish(self, number: int) -> None:
        """Say of one door what it is, in one document."""
        house, mode = self._house, self.mode(number)
        condition = DoorCondition(
            lock=self._lock(number) if mode is not None else "unknown",
            contact=_CONTACT[house.state.of(number).contact_open],
            mode=mode.value if mode is not None else "Unknown",
            revision=house.shelf.revision,
            seq=house.device.journal.last_told,
        )
        body = wire.encode_condition(condition)
        house.device.publish(f"door/{number}/state", body, retain=True)
