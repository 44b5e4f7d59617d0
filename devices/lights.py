"""What a door's reader shows and sounds: green and one tone, red and three, amber for the PIN.

Whoever is to turn the head sees an arrow and hears a tone for the left, two for the right.
"""

from __future__ import annotations

from collections.abc import Callable

from devices.ports import Show
from drivers.catalogue import Color, OsdpReader

LOOKS = {  # colour, whether it blinks, how many tones: never by colour alone
    Show.GRANTED: (Color.GREEN, False, 1),
    Show.REFUSED: (Color.RED, True, 3),
    Show.PIN: (Color.AMBER, True, 2),
    Show.AHEAD: (Color.AMBER, False, 0),
    Show.LEFT: (Color.AMBER, False, 1),
    Show.RIGHT: (Color.AMBER, False, 2),
}
TEXTS = {  # the wire has ASCII only; the arrow is read without the word
    Show.AHEAD: "LOOK AHEAD",
    Show.LEFT: "<<< TURN LEFT",
    Show.RIGHT: "TURN RIGHT >>>",
}


class ReaderLight:
    """The light and sounder of an OSDP reader; see ports.Light."""

    def __init__(self, reader: OsdpReader) -> None:
        self._reader = reader
        self._asked = False  # an arrow stands on its display

    def show(self, what: Show, lasting_ms: int) -> None:
        """Shown where there is a light, sounded where there is a sounder."""
        color, blinks, tones = LOOKS[what]
        self._reader.light(color, lasting_ms, blink=blinks)
        if tones:
            self._reader.beep(tones)
        if what in TEXTS:
            self._reader.text(TEXTS[what], -(-lasting_ms // 1_000))
        elif self._asked:  # an arrow must not outlive its challenge
            self._reader.text(" ", 1)
        self._asked = what in TEXTS


class SaidLight:
    """A door without a light of its own: what somebody looked at shall do is said, no more.

    ``say(document)`` hears it; a screen beside the door reads there what to draw. See ports.Light.
    """

    def __init__(self, number: int, say: Callable[[dict[str, str | int]], None]) -> None:
        self._number, self._say = number, say

    def show(self, what: Show, lasting_ms: int) -> None:
        """Said where it asks for a turn of the head."""
        if what in TEXTS:
            self._say({"door": self._number, "show": what.value, "ms": lasting_ms})
