"""What a door's reader shows and sounds: green and one tone, red and three, amber for the PIN."""

from __future__ import annotations

from devices.ports import Show
from drivers.catalogue import Color, OsdpReader

LOOKS = {  # colour, whether it blinks, how many tones: never by colour alone
    Show.GRANTED: (Color.GREEN, False, 1),
    Show.REFUSED: (Color.RED, True, 3),
    Show.PIN: (Color.AMBER, True, 2),
}


class ReaderLight:
    """The light and sounder of an OSDP reader; see ports.Light."""

    def __init__(self, reader: OsdpReader) -> None:
        self._reader = reader

    def show(self, what: Show, lasting_ms: int) -> None:
        """Shown where there is a light, sounded where there is a sounder."""
        color, blinks, tones = LOOKS[what]
        self._reader.light(color, lasting_ms, blink=blinks)
        self._reader.beep(tones)
