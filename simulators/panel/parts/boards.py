"""Relay boards: the locks of a controller's doors, in one case with a switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.demo.town import Town
from simulators.panel import wirewords as words
from simulators.panel.parts.part import Hands, Part, SerialCable
from simulators.roster import CASE_INPUT

if TYPE_CHECKING:
    from simulators.ends import RelayBoardEnd
    from simulators.panel.parts import Hearing


def make(town: Town, hear: Hearing) -> list[Part]:
    """One part for each board."""
    return [_part(device, board, hear) for device, board in town.boards.items()]


def _part(device: str, board: RelayBoardEnd, hear: Hearing) -> Part:
    controller = words.CONTROLLER_NAMES[device]
    board.wire_log.on_entry = hear.feed.relay(device, controller, hear.pulsed)

    def case(is_open: bool) -> None:
        board.set_input(CASE_INPUT, is_open)

    def hands() -> Hands:
        if board.inputs[CASE_INPUT]:
            return {"close_case": lambda: case(False)}
        return {"open_case": lambda: case(True)}

    return Part(
        f"{device}-board",
        "board",
        "office",
        device,
        words.RELAY_NAMES[device],
        SerialCable(board),
        hands,
        lambda: ["tampered"] if board.inputs[CASE_INPUT] else [],
        mend=lambda: case(False),
    )
