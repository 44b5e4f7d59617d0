"""What a door's wires tell: contact, buttons, fire and cases; readings become facts and events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from devices.access import ContactChanged, Decision, FireChanged, Request, State, Way, fold
from devices.device import Device
from devices.leaves import Leaves
from devices.messages import Event
from devices.modes import Modes
from devices.ports import Strike

if TYPE_CHECKING:
    from devices.door import DoorHardware

INPUT_POLL_S = 0.2  # contact and fire inputs; a person needs longer to pass a door


class House(Protocol):
    """What the inputs need of their controller."""

    device: Device
    state: State
    leaves: Leaves
    modes: Modes

    def present(self, request: Request, draft: Event) -> Decision:
        """Decide, write, and open or refuse."""


class Inputs:
    """The inputs of one controller's doors."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: dict[int, tuple[bool, ...]] = {}  # one reading for each door

    async def serve(self, board: Strike, doors: Sequence[DoorHardware]) -> None:
        """One question a round for all doors of a board: a pulse must not queue behind four."""
        while True:
            inputs: tuple[bool, ...] | None = None
            try:
                inputs = await board.inputs()
            except Exception as fault:  # noqa: BLE001 - a silent board makes its inputs unknown
                self._house.device.drop("inputs", str(fault))
            for hardware in doors:
                self.take(hardware, inputs)
            await asyncio.sleep(INPUT_POLL_S)

    def take(self, hardware: DoorHardware, inputs: tuple[bool, ...] | None) -> None:
        """None when nobody knows; what one door does with it is no other's trouble."""
        try:
            if inputs is not None:
                return self.on_inputs(hardware, inputs)
        except Exception as fault:  # noqa: BLE001 - a wrong wire or a full disk
            self._house.device.drop("inputs", str(fault))
        self._known.pop(hardware.number, None)
        return self._contact(hardware.number, None)

    def on_inputs(self, hardware: DoorHardware, inputs: tuple[bool, ...]) -> None:
        """One reading of a door's board."""
        before = self._known.get(hardware.number)
        self._known[hardware.number] = inputs

        def rose(index: int | None) -> bool:
            # the first reading after a start is no edge: a boot must not open a door
            return index is not None and before is not None and inputs[index] and not before[index]

        if hardware.fire_input is not None:
            self._fire(hardware.number, inputs[hardware.fire_input])
        if rose(hardware.exit_input):
            self._leave(hardware)
        for button, index in enumerate(hardware.call_inputs, 1):
            if rose(index):
                self._call(hardware.number, button)
        if hardware.contact_input is not None:
            self._contact(hardware.number, inputs[hardware.contact_input])
        if hardware.tamper_input is not None:
            self._house.leaves.on_tamper(hardware.number, inputs[hardware.tamper_input])

    def _leave(self, hardware: DoorHardware) -> None:
        request = Request(door=hardware.number, way=Way.EXIT)
        draft = replace(self._house.device.draft("access"), door=hardware.number, via="exit")
        self._house.present(request, draft)

    def _call(self, number: int, button: int) -> None:
        """Somebody rings: only told; who hears it answers by an ordinary opening."""
        device = self._house.device
        draft = replace(device.draft("call"), door=number, via="button")
        device.send(device.journal.record(replace(draft, content={"button": button})))

    def _fire(self, number: int, active: bool) -> None:
        house = self._house
        if house.state.of(number).fire != active:
            house.state = fold(house.state, (FireChanged(number, active),))
            house.modes.wake(number)
            kind = "fire" if active else "fire_reset"
            event = replace(house.device.draft(kind), door=number, reason="fire")
            house.device.send(house.device.journal.record(event))

    def _contact(self, number: int, is_open: bool | None) -> None:
        house = self._house
        if house.state.of(number).contact_open != is_open:
            house.state = fold(house.state, (ContactChanged(number, is_open),))
            house.modes.publish(number)
        house.leaves.on_contact(number, is_open)


def has_inputs(hardware: DoorHardware) -> bool:
    """Whether a door's board must be asked for anything."""
    inputs = (hardware.contact_input, hardware.exit_input, hardware.fire_input)
    told = (*inputs, hardware.tamper_input, *hardware.call_inputs)
    return any(index is not None for index in told)
