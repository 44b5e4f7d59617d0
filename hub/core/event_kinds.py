"""Kinds of events: which kinds of devices may tell them, and which are treated apart."""

from collections.abc import Mapping
from typing import Final

# Hundreds of meters are read every hour: kept and chained, not called out on the staff's wall.
QUIET: Final = ("meter",)

_DOOR: Final = frozenset({"door"})
_METER: Final = frozenset({"meter"})
_EVERY: Final = frozenset({"door", "point", "kiosk", "meter", "desk"})

# Whoever holds the key of a meter must not raise a fire, nor whoever holds a door's count a tap.
# A kind that is not named here is of a program newer than ours: it is kept, as data.
SENDERS: Final[Mapping[str, frozenset[str]]] = {
    "access": _DOOR,
    "call": _DOOR,
    "duress": _DOOR,
    "entered": _DOOR,
    "envelope": _DOOR,
    "face_asked": _DOOR,
    "fire": _DOOR,
    "fire_reset": _DOOR,
    "forced": _DOOR,
    "gap": _EVERY,
    "held": _DOOR,
    "hub_forgot": _EVERY,
    "held_over": _DOOR,
    "meter": _METER,
    "meter_silent": _METER,
    "mode": _DOOR,
    "not_entered": _DOOR,
    "pass_asked": _DOOR,
    "reader_back": _DOOR,
    "reader_silent": _DOOR,
    "recalled": _EVERY,
    "sun": frozenset({"point"}),
    "tamper": _DOOR,
}


def may_tell(device_kind: str, event_kind: str) -> bool:
    """Whether an event of this kind is to be believed of such a device."""
    return device_kind in SENDERS.get(event_kind, _EVERY)
