"""The envelope of a command, in the contract's order: epoch, connection, time window."""

from __future__ import annotations

from typing import Protocol

from devices import wire
from devices.device import Device
from devices.messages import ClockQuality

SKEW_S = 2.0  # the round trip of signed time bounds how far two clocks may differ


class Enveloped(Protocol):
    """Whatever the hub signs for one connection and some seconds."""

    @property
    def epoch(self) -> int:
        """The judge's."""

    @property
    def connection(self) -> str:
        """The device's, as it announced it."""

    @property
    def issued_at_s(self) -> float:
        """By the hub's clock."""

    @property
    def expires_at_s(self) -> float:
        """By the hub's clock."""


def envelope(command: Enveloped, device: Device) -> str | None:
    """Why a signed command of ours does not count here and now, as a reason code, else None."""
    if command.epoch < device.journal.number("epoch"):
        return "epoch_old"
    if command.connection != device.connection:
        return "connection_old"
    if command.expires_at_s - command.issued_at_s > wire.COMMAND_LIFE_MAX_S:
        return "window_long"
    if device.clock.quality is not ClockQuality.SIGNED:
        return "clock_unsigned"
    now_s = device.clock.now_s()
    if now_s >= command.expires_at_s:
        return "expired"
    return "too_early" if now_s < command.issued_at_s - SKEW_S else None
