"""The six doors as their relay boards show them: coils, and pulses that one can wait for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

from simulators.demo.town import Town
from simulators.panel.waiting import Waiting

NEAR_NS = 50_000_000  # a coil moves well within this of the write that moved it

TellDoor = Callable[[str, bool], None]


class Doors:
    """Hears every relay of a town; what it knows came over the relays' own lines."""

    def __init__(self, town: Town, tell: TellDoor) -> None:
        self._town = town
        self._tell = tell
        self._changed = Waiting()
        self.pulses: Counter[str] = Counter()
        self.pulsed_at_ns: dict[str, int] = {}

    def watch(self) -> None:
        """Begin to hear the boards."""
        for name, board in self._town.boards.items():
            board.on_coil = partial(self._coil, name)

    def coils(self) -> dict[str, bool]:
        """Each door's coil now."""
        doors = self._town.doors.items()
        return {name: door.board.coils[door.output] for name, door in doors}

    def pulsed(self, board: str, output: int, at_ns: int) -> None:
        """A board has taken a pulse for an output; also one that found its coil already on."""
        door = self._door_at(board, output)
        if door is None:
            return
        moved = [
            coil_ns
            for number, on, coil_ns in self._town.boards[board].coil_log
            if number == output and on and abs(at_ns - coil_ns) < NEAR_NS
        ]
        self.pulsed_at_ns[door] = moved[-1] if moved else at_ns
        self.pulses[door] += 1
        self._changed.wake()

    async def pulse_after(self, door: str, seen: int, within_s: float) -> int | None:
        """When the next pulse after ``seen`` of them came (perf_counter_ns), None if none did."""
        if await self._changed.until(lambda: self.pulses[door] > seen, within_s):
            return self.pulsed_at_ns[door]
        return None

    async def shut(self, door: str, within_s: float) -> bool:
        """Wait until a door's coil is off, so that the next pulse can be seen."""
        return await self._changed.until(lambda: not self.coils()[door], within_s)

    def _coil(self, board: str, output: int, is_on: bool, at_ns: int) -> None:
        del at_ns
        door = self._door_at(board, output)
        if door is not None:
            self._tell(door, is_on)
            self._changed.wake()

    def _door_at(self, board: str, output: int) -> str | None:
        for name, door in self._town.doors.items():
            if door.plan.device == board and door.output == output:
                return name
        return None
