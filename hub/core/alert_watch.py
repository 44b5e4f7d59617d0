"""Conditions that last: what is wrong now, and whether it has been so for long enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Key = tuple[str, str]  # kind and subject of the alert

# How long a condition must stand before it is an alert; shorter ones are the network's breath.
PATIENCE_S: Mapping[str, float] = {
    "device_silent": 120.0,  # a restart with a slow broker takes half a minute
    "policy_behind": 300.0,  # a revocation arrives within seconds; five minutes are a fault
    "clock_unsigned": 900.0,  # asked for every two seconds
    "broker_away": 60.0,
    "outcome_unknown": 0.0,  # asked about openings that are already a minute old
    "certificate_expiry": 0.0,
    "disk_full": 0.0,
}
OF_DEVICES = frozenset({"device_silent", "policy_behind", "clock_unsigned"})
OPENING_UNKNOWN_S = 60.0  # a controller that lives has told its event long before
OPENING_FORGOTTEN_S = 86_400.0  # after a day nobody asks any more


@dataclass(frozen=True, slots=True)
class DeviceSeen:
    """A device as the hub sees it now."""

    id: str
    kind: str
    ready: bool
    asleep: bool
    policy_fine: bool
    clock_fine: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What is wrong at this moment, and of which keys nothing can be said."""

    wrong: frozenset[Key]
    unknown: frozenset[Key] = frozenset()


def look_at(devices: Iterable[DeviceSeen], *, online: bool) -> Look:
    """The devices as they are; of a silent one only its silence is known.

    A hub that is off its broker knows nothing of any device.
    """
    found: set[Key] = set()
    unknown: set[Key] = set()
    for device in devices:
        subject = f"device:{device.id}"
        if not online:
            unknown |= {(kind, subject) for kind in OF_DEVICES}
            continue
        if not device.ready:
            unknown |= {(kind, subject) for kind in OF_DEVICES - {"device_silent"}}
            if not device.asleep and device.kind != "desk":  # clerks go home and switch it off
                found.add(("device_silent", subject))
            continue
        if device.kind == "door" and not device.policy_fine:
            found.add(("policy_behind", subject))
        if not device.clock_fine:
            found.add(("clock_unsigned", subject))
    return Look(frozenset(found), frozenset(unknown))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Keys that became alerts now, and keys that are over."""

    ripe: tuple[Key, ...]
    over: tuple[Key, ...]


@dataclass(slots=True)
class Watch:
    """Remembers since when each condition stands; ``now_s`` is one monotonic clock's."""

    _since: dict[Key, float] = field(default_factory=dict)  # bounded by devices and doors
    _told: set[Key] = field(default_factory=set)  # bounded by _since

    def judge(self, look: Look, standing: Iterable[Key], now_s: float) -> Verdict:
        """What to raise and what to end; what is unknown is neither.

        A key is raised when it ripens, once; whoever closes its alert while it still stands is
        not called again until it went away and came back.
        """
        self._since = {key: self._since.get(key, now_s) for key in look.wrong}
        self._told &= look.wrong
        ripe = [
            key
            for key, since_s in self._since.items()
            if key not in self._told and now_s - since_s >= PATIENCE_S[key[0]]
        ]
        over = [
            key
            for key in standing
            if key[0] in PATIENCE_S and key not in look.wrong and key not in look.unknown
        ]
        return Verdict(tuple(sorted(ripe)), tuple(sorted(over)))

    def told(self, key: Key) -> None:
        """This one stands in the store."""
        self._told.add(key)
