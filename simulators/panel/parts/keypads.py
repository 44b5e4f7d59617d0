"""Keypads: pulled out they have no power, and forget what was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from drivers.osdp_wire import OsdpDeframer
from drivers.osdp_words import Command, Reply
from simulators.demo.credentials import CLAIM, DURESS, PIN
from simulators.demo.town import Town
from simulators.ends import OsdpEnd
from simulators.panel import wirewords as words
from simulators.panel.parts.part import Hands, Part, SerialCable

if TYPE_CHECKING:
    from simulators.demo.fixtures import Fixture
    from simulators.ends.wires import WireEntry
    from simulators.panel.parts import Hearing


def keypad_of(town: Town, door: str) -> OsdpEnd | None:
    """The keypad of a door, None where there is none."""
    found = town.fixtures.get(f"{door}-keypad")
    return found.end if found is not None and isinstance(found.end, OsdpEnd) else None


def make(town: Town, hear: Hearing) -> list[Part]:
    """One part for each keypad."""
    return [_part(each, hear) for each in town.fixtures.values() if each.kind == "keypad"]


def _part(fixture: Fixture, hear: Hearing) -> Part:
    end = fixture.end
    assert isinstance(end, OsdpEnd)
    keys, name = end.readers[0], words.KEYPAD_NAMES[fixture.place]
    ends = (name, words.CONTROLLER_NAMES[fixture.device])
    end.wire_log.on_entry = hear.feed.line(ends, Talk().name_of)

    def power(on: bool) -> None:
        (keys.switch_on if on else keys.switch_off)()

    def hands() -> Hands:
        if keys.is_tampered:
            return {"close_case": lambda: keys.tamper(False)}
        return {"open_case": lambda: keys.tamper(True)}

    return Part(
        fixture.id,
        "keypad",
        fixture.place,
        fixture.device,
        name,
        SerialCable(end, power),
        hands,
        lambda: ["tampered"] if keys.is_tampered else [],
        lambda: {"claim": CLAIM, "pin": PIN, "duress": DURESS},
        lambda: keys.tamper(False),
    )


# questions that are asked again and again, and what is answered where nothing is new
_IDLE: Final[dict[int, int]] = {
    Command.POLL: Reply.ACK,
    Command.LSTAT: Reply.LSTATR,
    Command.ISTAT: Reply.ISTATR,
}


class Talk:
    """OSDP's names of what passes; asking again and again whether there is news is idle chatter."""

    def __init__(self) -> None:
        self._deframer = OsdpDeframer()
        self._asked = -1

    def name_of(self, entry: WireEntry) -> str | None:
        """The protocol's name, None for an idle question and its answer."""
        frames = self._deframer.feed(entry.bytes)
        if not frames:  # half a frame, or noise that the next question drowns
            return None
        frame = frames[-1]
        if not frame.is_reply:
            self._asked = frame.code
            return None if frame.code in _IDLE else f"OSDP {_name(Command, frame.code)}"
        if _IDLE.get(self._asked) == frame.code:
            return None
        return f"OSDP {_name(Reply, frame.code)}"


def _name(of: type[Command | Reply], code: int) -> str:
    try:
        return of(code).name
    except ValueError:
        return f"{code:02X}"
