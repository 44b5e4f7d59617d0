"""A device's time: signed by the hub when possible, and never running backwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from devices.messages import ClockQuality

ROUND_TRIP_MAX_S = 2.0  # a slower answer says too little about now (contract.md)
RENEW_S = 600.0  # ask again every ten minutes
_PLAUSIBLE_S = 1_700_000_000.0  # a clock chip that says less than 2023 has lost its battery


class DeviceClock:
    """Seconds since 1970 from a monotonic source plus what the hub signed.

    ``floor_s`` is the highest time ever stored: no answer and no chip may fall below it.
    """

    def __init__(
        self, monotonic: Callable[[], float], chip: Callable[[], float] | None, floor_s: float
    ) -> None:
        self._monotonic = monotonic
        self._chip = chip
        self._floor_s = floor_s
        self._began = monotonic()
        self._signed: tuple[float, float] | None = None
        self._asked: tuple[str, float] | None = None

    @property
    def quality(self) -> ClockQuality:
        """How far this time can be trusted."""
        if self._signed is not None:
            return ClockQuality.SIGNED
        if self._chip is not None and self._chip() >= max(self._floor_s, _PLAUSIBLE_S):
            return ClockQuality.RTC
        return ClockQuality.FREE

    def now_s(self) -> float:
        """The best time there is; with quality FREE it is only a lower bound."""
        if self._signed is not None:
            told_s, at = self._signed
            return max(told_s + (self._monotonic() - at), self._floor_s)
        if self._chip is not None and self.quality is ClockQuality.RTC:
            return self._chip()
        return self._floor_s + (self._monotonic() - self._began)

    def now(self) -> datetime:
        """The same as an aware UTC instant."""
        return datetime.fromtimestamp(self.now_s(), UTC)

    def ask(self, nonce: str) -> None:
        """Remember the question so that only its answer counts."""
        self._asked = (nonce, self._monotonic())

    @property
    def asking(self) -> bool:
        """Whether a question is still without its answer."""
        return self._asked is not None

    def told(self, nonce: str, now_s: float) -> bool:
        """Take the hub's signed answer; False when it is not ours, too slow, or below the floor."""
        if self._asked is None or self._asked[0] != nonce:
            return False
        asked_at = self._asked[1]
        self._asked = None
        got_at = self._monotonic()
        if got_at - asked_at > ROUND_TRIP_MAX_S or now_s < self._floor_s:
            return False
        self._signed = (now_s + (got_at - asked_at) / 2, got_at)
        return True
