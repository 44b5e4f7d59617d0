"""Which of the hub's lists of who was ended a device keeps for a hub that may ask: pure.

A hub whose disk is an older one knows of fewer endings, and does not know that. So the list of a
life that has just begun stands beside the one before it until that life had time to learn from us
what it forgot; only then it takes its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from devices.messages import Revision

BETWEEN: Final = "~"  # no signed message has it
KEPT_MOST: Final = 4  # a hub that begins again and again: the believed one and the newest


def keep(held: str, raw: str, heard_in: int, read: Callable[[str], Revision | None]) -> str:
    """What is kept from now on, oldest first, joined by ``BETWEEN``.

    ``read`` gives the serial of a list, None where nobody of ours signed it; ``heard_in`` is the
    newest epoch that had its time: of its lists and all before them the newest alone stays.
    """
    newest: dict[int, tuple[Revision, str]] = {}  # by epoch
    for text in (*held.split(BETWEEN), raw):
        serial = read(text) if text else None
        if serial is None:
            continue
        known = newest.get(serial.epoch)
        if known is None or known[0] < serial:
            newest[serial.epoch] = (serial, text)
    believed = max((epoch for epoch in newest if epoch <= heard_in), default=None)
    kept = [newest[epoch][1] for epoch in sorted(newest) if believed is None or epoch >= believed]
    if len(kept) > KEPT_MOST:
        kept = [kept[0], *kept[1 - KEPT_MOST :]]
    return BETWEEN.join(kept)
