"""How old is what a controller knows: its policy's last manifest, its time, others' areas."""

from __future__ import annotations

from typing import Protocol

from devices.access import State, ZoneTold, fold
from devices.device import Device
from devices.messages import ClockQuality, Manifest, Refusal
from devices.shelf import PolicyShelf
from devices.wire_zone import ZONE, open_zone

KEY = "fresh"  # until when guests are let in, on the disk


class House(Protocol):
    """What freshness needs of its controller."""

    device: Device
    shelf: PolicyShelf
    state: State


class Freshness:
    """Says until when passes and temporary grants may be believed, and takes the zone's news."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._until_s = house.device.journal.number(KEY)
        self._want: Manifest | None = None
        house.shelf.on_manifest = self._on_manifest
        house.device.handlers[ZONE] = self._on_zone

    def clock_facts(self) -> tuple[bool, bool]:
        """Whether the time is known, and whether it and the policy are fresh enough for guests."""
        clock = self._house.device.clock
        signed = clock.quality is ClockQuality.SIGNED
        return clock.quality is not ClockQuality.FREE, signed and clock.now_s() < self._until_s

    def _on_manifest(self, want: Manifest) -> None:
        self._want = want
        self.note()

    def note(self) -> None:
        """A manifest of what we hold says that nothing was taken back for a while."""
        want = self._want
        if want is None or want.revision != self._house.shelf.revision:
            return
        if want.expires_at_s > self._until_s:
            self._until_s = want.expires_at_s
            self._house.device.journal.raise_to(KEY, want.expires_at_s)

    def _on_zone(self, raw: bytes) -> None:
        """Where people are as the hub knows from all controllers."""
        device = self._house.device
        zone = open_zone(raw, device.topics, device.keys_for("policy"))
        if isinstance(zone, Refusal):
            return device.drop(zone.reason, "zone")
        if zone.epoch < device.journal.number("epoch"):
            return device.drop("epoch_old", "zone")
        told = ZoneTold(zone.places, zone.expires_at_s)
        self._house.state = fold(self._house.state, (told,))
        return None
