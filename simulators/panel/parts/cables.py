"""The network cables of controllers and card point: one device is away, the others go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulators.demo.town import Town
from simulators.panel import wirewords as words
from simulators.panel.parts.part import Part
from simulators.proxy import CuttableProxy
from simulators.roster import CONTROLLERS, POINT

if TYPE_CHECKING:
    from simulators.panel.parts import Hearing


@dataclass(frozen=True, slots=True)
class NetworkCable:
    """One client's own cable to the town's wire."""

    proxy: CuttableProxy
    client: str

    @property
    def is_plugged(self) -> bool:
        """Whether it is in; the town's whole wire may be cut all the same."""
        return not self.proxy.away(self.client)

    def plug(self) -> None:
        """Put it in."""
        self.proxy.push(self.client)

    def unplug(self) -> None:
        """Pull it."""
        self.proxy.pull(self.client)


def make(town: Town, hear: Hearing) -> list[Part]:
    """One part for each cable."""
    del hear  # the town's wire is heard as a whole
    assert town.proxy is not None
    return [
        Part(
            f"{device}-cable",
            "cable",
            "office",
            device,
            words.CABLE_NAMES[device],
            NetworkCable(town.proxy, device),
        )
        for device in (*CONTROLLERS, POINT)
    ]
