"""What a line of one speed sounds like to whoever listens at another: a UART's own sampling."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

DATA_BITS: Final = 8
IDLE_BITS: Final = 2 * (DATA_BITS + 2)  # of quiet line behind the last byte


def heard_at(chunk: bytes, sent_baud: int, heard_baud: int) -> bytes:
    """The bytes that a receiver of another speed makes of these; 8N1 on both sides."""
    if sent_baud == heard_baud or not chunk:
        return chunk
    levels = [*chain.from_iterable(map(_levels, chunk)), *[1] * IDLE_BITS]
    step = sent_baud / heard_baud  # how many sent bits one heard bit lasts
    return bytes(_bytes(levels, step))


def _levels(byte: int) -> list[int]:
    """Start bit, eight of data with the lowest first, stop bit."""
    return [0, *(byte >> n & 1 for n in range(DATA_BITS)), 1]


def _bytes(levels: list[int], step: float) -> Iterator[int]:
    at = -1.0  # the line was quiet before the first start bit
    while (start := _falls(levels, at)) is not None:
        middles = [start + (n + 0.5) * step for n in range(1, DATA_BITS + 2)]
        *data, stop = [_level(levels, middle) for middle in middles]
        yield sum(bit << n for n, bit in enumerate(data))
        at = middles[-1]
        while not stop and at < len(levels):  # a break, or out of step: wait for a quiet line
            at += step
            stop = _level(levels, at)


def _falls(levels: list[int], at: float) -> int | None:
    """Where the next start bit begins: the line goes from high to low."""
    before = _level(levels, at)
    for place in range(int(at) + 1, len(levels)):
        if before and not levels[place]:
            return place
        before = levels[place]
    return None


def _level(levels: list[int], at: float) -> int:
    return levels[int(at)] if 0 <= at < len(levels) else 1
