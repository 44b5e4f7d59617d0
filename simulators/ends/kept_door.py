"""A door that keeps the controller it has: ours only presses its exit button."""

import asyncio
from collections import deque
from typing import Final

from simulators.ends.relay_end import RelayBoardEnd

OPEN_S: Final = 5.0  # how long such controllers release as they come from the factory
DIARY_MOST: Final = 1_000  # openings the old controller remembers


class KeptDoor:
    """Somebody else's controller with its own readers, lock and memory.

    The output of our board hangs on its exit button, in parallel to the button on the wall. How
    long the lock is released is its own affair, and what it does by itself we do not learn.
    """

    def __init__(self, board: RelayBoardEnd, output: int = 0, *, open_s: float = OPEN_S) -> None:
        self.is_released = False
        self.is_dead = False  # its own mains are off: the button then does nothing
        self.diary: deque[str] = deque(maxlen=DIARY_MOST)  # why it released: button, card
        self.cards: set[bytes] = set()  # those that were enrolled at it, long before us
        self._open_s = open_s
        self._output = output
        self._board = board
        self._timer: asyncio.TimerHandle | None = None
        self._before = board.on_coil
        board.on_coil = self._on_coil

    def press(self) -> None:
        """A person leaves by the button on the wall."""
        self._release("button")

    def tap(self, card: bytes) -> None:
        """A card before the old reader."""
        if card in self.cards:
            self._release("card")

    def close(self) -> None:
        """Take our wire off its button."""
        self._board.on_coil = self._before
        if self._timer is not None:
            self._timer.cancel()

    def _on_coil(self, output: int, is_on: bool, at_ns: int) -> None:
        if self._before is not None:
            self._before(output, is_on, at_ns)
        if output == self._output and is_on:
            self._release("button")

    def _release(self, why: str) -> None:
        if self.is_dead:
            return
        self.diary.append(why)
        self.is_released = True
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._open_s, self._lock)

    def _lock(self) -> None:
        self._timer = None
        self.is_released = False
