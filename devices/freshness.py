"""How old is what a controller knows: its policy's last manifest, its time, others' areas."""

from __future__ import annotations

from typing import Protocol

from devices.access import State, ZoneTold, fold
from devices.device import Device
from devices.messages import ClockQuality, Manifest, Refusal
from devices.shelf import PolicyShelf
from devices.wire_zone import ZONE, open_zone

KEY = "fresh"  # until when guests are let in, on the disk
SINCE = "visits-since"  # from when on uses of passes are remembered, on the disk
FOR_EVER_S = float("inf")


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
        self._since_s = self._begin_memory()
        house.device.on_timed = self.on_time
        house.shelf.on_manifest = self._on_manifest
        house.device.handlers[ZONE] = self._on_zone

    @property
    def since_s(self) -> float:
        """When this disk's memory of passes begins: what an earlier disk let in is not on it.

        Older than every pass on a disk that was there before this was kept; after every pass
        until the first signed time.
        """
        return self._since_s

    def _begin_memory(self) -> float:
        """A disk at its first start knows nothing of the day so far."""
        journal = self._house.device.journal
        since_s = journal.number(SINCE)
        if since_s == 0.0 and not journal.first_boot and not journal.text("visits-new"):
            return 0.0
        if since_s == 0.0:
            journal.keep_text("visits-new", "1")
            return FOR_EVER_S
        return since_s

    def on_time(self) -> None:
        """The hub said what time it is: from now on every use is on this disk."""
        if self._since_s == FOR_EVER_S:
            self._since_s = self._house.device.clock.now_s()
            self._house.device.journal.raise_to(SINCE, self._since_s)

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
