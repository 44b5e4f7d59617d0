"""What a hub's wish is as a command; its signature and its way are others' business."""

from __future__ import annotations

from devices.faces import OP as FACE
from devices.guests import OP
from devices.messages import Command
from hub.core.effects import SendAccess, SendFace, SendIndicate, SendWord

LIFE_S = 5.0  # a person stands at the door; half of what the contract allows


Wish = SendAccess | SendFace | SendIndicate | SendWord


def command_of(
    wish: Wish,
    connection: str,
    epoch: int,
    now_s: float,
    fresh: str,
) -> Command:
    """The command for one connection of its device; ``fresh`` names what has no name yet."""
    until_s = now_s + LIFE_S
    match wish:
        case SendAccess():
            return Command(
                wish.command, "access", wish.door, connection, epoch, now_s, until_s,
                wish.presentation,
            )  # fmt: skip
        case SendIndicate():
            return Command(
                f"i-{fresh}", "indicate", wish.door, connection, epoch, now_s, until_s,
                about=wish.about or None, reason=wish.reason,
            )  # fmt: skip
        case SendWord():
            return Command(
                f"w-{wish.ask}", OP, wish.door, connection, epoch, now_s, until_s,
                about=wish.ask, reason=wish.reason,
            )  # fmt: skip
        case SendFace():
            return Command(
                f"f-{wish.name}", FACE, wish.door, connection, epoch, now_s, until_s,
                wish.shown, about=wish.ask or None, reason=wish.reason,
            )  # fmt: skip
