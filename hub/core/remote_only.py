"""The class of a door: what may not be asked of one whose strike hangs on radio and a broker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# A rule that remembers something needs a strike that answers; what turns each of them off.
_STATEFUL: Final[Mapping[str, object]] = {
    "two_person": False,
    "passback": "off",
    "interlock": [],
    "area_from": "",
    "area_to": "",
    "first_card": False,
}
_ESCAPE: Final = ("escape",)


def why_not(door: Mapping[str, Any]) -> str | None:
    """Why a door may not be remote-only, in one line; None when it may."""
    if door.get("kind") == "perimeter":
        return "a perimeter door needs a wired relay"
    if any(door.get(name) for name in _ESCAPE):
        return "an escape door needs a wired relay"
    for name, off in _STATEFUL.items():
        if door.get(name, off) not in (off, None):
            return f"{name} needs a wired relay"
    modes = door.get("modes") or []
    if any(isinstance(each, Mapping) and each.get("first_card") for each in modes):
        return "first_card needs a wired relay"
    return None


__all__ = ["why_not"]
