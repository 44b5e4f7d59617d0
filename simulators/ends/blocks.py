"""ISO 14443-4 blocks, for hosts that speak them themselves instead of leaving them to the chip."""

from typing import Final

from simulators.ends.cards import VirtualCard

FRAME_SIZES: Final = (16, 24, 32, 40, 48, 64, 96, 128, 256)  # what the host's FSDI stands for
CHAIN: Final = 0x10
OVERHEAD_BYTES: Final = 3  # a block's first byte and the two of its CRC


class Blocks:
    """The card's side of the block protocol, without CID, NAD and waiting time."""

    def __init__(self, card: VirtualCard) -> None:
        self._card = card
        self._size = FRAME_SIZES[0]
        self._told = b""
        self._rest = b""
        self._last = b""

    def exchange(self, block: bytes) -> bytes | None:
        """Answer one block (the CRC is the chip's), None for silence."""
        if not block or not self._card.ats:
            return None
        head = block[0]
        if head == 0xE0 and len(block) == 2:  # request for answer to select
            self._size = FRAME_SIZES[min(block[1] >> 4, 8)]
            return self._card.ats
        if head & 0xF0 == 0xD0:  # protocol and parameter selection
            return block[:1]
        if head & 0xF7 == 0xC2:  # deselect
            self._card.wake()
            return block[:1]
        if head & 0xE6 == 0xA2:  # R-block
            return self._ready(head)
        if head & 0xE2 == 0x02:  # I-block
            return self._take(head, block[1:])
        return None

    def _ready(self, head: int) -> bytes:
        if self._rest and not head & CHAIN:
            return self._give(head & 1)
        if head & CHAIN and self._last and self._last[0] & 1 == head & 1:
            return self._last  # the host did not get it
        return bytes((0xA2 | head & 1 ^ 1,))

    def _take(self, head: int, part: bytes) -> bytes | None:
        self._told += part
        if head & CHAIN:
            return bytes((0xA2 | head & 1,))
        apdu, self._told = self._told, b""
        answer = self._card.exchange(apdu)
        if answer is None:
            return None
        self._rest = answer
        return self._give(head & 1)

    def _give(self, toggle: int) -> bytes:
        most = self._size - OVERHEAD_BYTES
        part, self._rest = self._rest[:most], self._rest[most:]
        self._last = bytes((0x02 | toggle | (CHAIN if self._rest else 0),)) + part
        return self._last
