"""The envelope of a command, in the contract's order: epoch, connection, time window."""

from __future__ import annotations

from devices import wire
from devices.device import Device
from devices.messages import ClockQuality, Command

SKEW_S = 2.0  # the round trip of signed time bounds how far two clocks may differ


def envelope(command: Command, device: Device) -> str | None:
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
