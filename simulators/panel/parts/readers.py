"""Card readers: at every door, at the card point and at the kiosk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.demo.town import Town
from simulators.panel import wirewords as words
from simulators.panel.parts.part import Part, SerialCable
from simulators.panel.places import KIOSK, POINT
from simulators.roster import KIOSK as KIOSK_DEVICE
from simulators.roster import POINT as POINT_DEVICE

if TYPE_CHECKING:
    from simulators.ends import Pn532End
    from simulators.panel.parts import Hearing


def make(town: Town, hear: Hearing) -> list[Part]:
    """One part for each reader."""
    found: list[tuple[str, str, str, Pn532End | None]] = [
        (door.plan.id, door.plan.id, door.plan.device, door.reader) for door in town.doors.values()
    ]
    found.append((POINT, POINT_DEVICE, POINT_DEVICE, town.point_reader))
    found.append((KIOSK, KIOSK_DEVICE, KIOSK_DEVICE, town.kiosk_reader))
    return [_part(*each, hear) for each in found if each[3] is not None]


def _part(place: str, line: str, device: str, end: Pn532End | None, hear: Hearing) -> Part:
    assert end is not None
    end.wire_log.on_entry = hear.feed.reader(line, words.CONTROLLER_NAMES[device])
    cable = SerialCable(end)
    return Part(f"{place}-reader", "reader", place, device, words.READER_NAMES[line], cable)
