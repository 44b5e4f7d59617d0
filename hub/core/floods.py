"""How much one device may say. Pure but for its counts; time comes in.

Bounds are by kind, for each device apart, and wide enough for every honest one: what is dropped of
events is not acknowledged either, so that an honest device keeps it and tells it later. A liar is
slowed, never an honest one silenced, and nobody else waits.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from devices import wire
from devices.wire_desk import DESK_TOLD
from hub.core.limits import Limit, Limiter

COST_BYTES = 1_024  # a message counts once for each; an honest event has 600


class Bound(StrEnum):
    """Kinds of messages that share a bound."""

    EVENTS = "events"
    ALARMS = "alarms"
    ANSWERS = "answers"
    TIMES = "times"
    NOTES = "notes"


# A full outbox (100,000) and a day beside it at once, then 50,000 a day, more than a busy gate
# tells: a liar writes 150 MB, then 50 MB a day, and somebody was called after the first minutes.
EVENTS = Limit(150_000, 3 * 86_400.0)
ALARMS = Limit(1_000, 3_600.0)  # beside the events; at worst 24,000 a day
ANSWERS = Limit(600, 60.0)  # those to commands of ours are free, see ``asked``
TIMES = Limit(60, 60.0)  # it asks each two seconds until it knows, then each ten minutes
NOTES = Limit(20_000, 1_000.0)  # states and receipts, of which the broker keeps the last
LIMITS = {
    Bound.EVENTS: EVENTS,
    Bound.ALARMS: ALARMS,
    Bound.ANSWERS: ANSWERS,
    Bound.TIMES: TIMES,
    Bound.NOTES: NOTES,
}
AT_ONCE = 160  # events of one device on their way to the disk: twice its window and its alarms
ALARM_AGAIN_S = 600.0  # so often at most the one alert is renewed
REREAD_S = 60.0  # then the last word of a device that said too much is read at the broker

_KINDS = {
    wire.EVENT: Bound.EVENTS,
    wire.ALARM: Bound.ALARMS,
    wire.ANSWER: Bound.ANSWERS,
    DESK_TOLD: Bound.ANSWERS,
    wire.TIME_WANT: Bound.TIMES,
}


def bound_of(leaf: str) -> Bound:
    """Under which bound a message of a device falls."""
    return _KINDS.get(leaf, Bound.NOTES)


class Floods:
    """The counts of all devices; bounded by the devices of the site."""

    def __init__(self) -> None:
        self._limits = {bound: Limiter(limit) for bound, limit in LIMITS.items()}
        self._flying: Counter[str] = Counter()
        self._told_s: dict[str, float] = {}

    def takes(self, device: str, bound: Bound, size: int, now_s: float) -> bool:
        """Whether a message of so many bytes is heard at all; if so it is counted."""
        cost = max(1, -(-size // COST_BYTES))
        return self._limits[bound].take(device, now_s, cost)

    def asked(self, device: str, now_s: float) -> None:
        """A command leaves for the device: its answer costs nothing."""
        self._limits[Bound.ANSWERS].take(device, now_s, 0)
        self._limits[Bound.ANSWERS].forgive(device)

    def crowded(self, device: str) -> bool:
        """Whether as many of its events as one device may have wait for the disk."""
        return self._flying[device] >= AT_ONCE

    def flies(self, device: str) -> None:
        """One more of its events waits for the disk, until it ``lands``."""
        self._flying[device] += 1

    def lands(self, device: str) -> None:
        """An event was written, or could not be."""
        self._flying[device] -= 1

    def tells(self, device: str, now_s: float) -> bool:
        """Whether somebody should be told (again) that this device says too much."""
        before_s = self._told_s.get(device)
        if before_s is not None and 0 <= now_s - before_s < ALARM_AGAIN_S:
            return False
        self._told_s[device] = now_s
        return True
