"""Scanners for passes, at doors with a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.demo.town import Town
from simulators.panel import wirewords as words
from simulators.panel.parts.part import Part, SerialCable

if TYPE_CHECKING:
    from simulators.panel.parts import Hearing


def make(town: Town, hear: Hearing) -> list[Part]:
    """One part for each scanner."""
    parts = []
    for door in town.doors.values():
        if door.scanner is None:
            continue
        place, device = door.plan.id, door.plan.device
        door.scanner.wire_log.on_entry = hear.feed.scanner(place, words.CONTROLLER_NAMES[device])
        name, cable = words.SCANNER_NAMES[place], SerialCable(door.scanner)
        parts.append(Part(f"{place}-scanner", "scanner", place, device, name, cable))
    return parts
