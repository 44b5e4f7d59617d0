"""Cameras of doors as ``hub.toml`` names them: the door, and where the pictures come from. Pure.

An address with a password in it stands in a file of ``secrets``, never in the settings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

CAMERAS_MAX: Final = 64
KINDS: Final = ("film", "snapshots", "pushed")  # film: also RTSP
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,23}")
_TEXTS: Final = ("door", "kind", "address", "secret")
_SCHEMES: Final = {"film": ("rtsp", "rtsps", "http", "https", ""), "snapshots": ("http", "https")}


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """One camera. ``tailgating``: more people than were let in are told to staff.

    ``secret`` names the file that holds the address; ``address`` is empty until it was read.
    """

    door: str
    kind: str
    address: str = field(default="", repr=False)
    secret: str = ""
    tailgating: bool = False


def read_cameras(body: Mapping[str, Any]) -> dict[str, CameraSettings]:
    """The sections [cameras.NAME]; ValueError says what to write."""
    if len(body) > CAMERAS_MAX:
        raise ValueError(f"at most {CAMERAS_MAX} cameras")
    return {name: _camera(name, values) for name, values in body.items()}


def _camera(name: str, values: object) -> CameraSettings:
    where = f"[cameras.{name}]"
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"{where}: a name is small letters, digits, hyphens, at most 24")
    if not isinstance(values, Mapping):
        raise ValueError(f"{where}: write door, kind and address below it")
    known = {*_TEXTS, "tailgating"}
    if unknown := set(values) - known:
        raise ValueError(f"{min(unknown)} in {where} is unknown; write {', '.join(sorted(known))}")
    for key in _TEXTS:
        if not isinstance(values.get(key, ""), str):
            raise ValueError(f'{key} in {where} is a text: write {key} = "..."')
    if not isinstance(values.get("tailgating", False), bool):
        raise ValueError(f"tailgating in {where} is true or false")
    told: dict[str, Any] = {"door": "", "kind": "", **values}
    made = CameraSettings(**told)
    if not made.door:
        raise ValueError(f'{where} hangs at a door: write door = "..." with the door\'s id')
    if made.kind not in KINDS:
        raise ValueError(f"kind in {where} is one of {', '.join(KINDS)}")
    _check_source(where, made)
    return made


def _check_source(where: str, made: CameraSettings) -> None:
    if made.secret and (made.address or _NAME.fullmatch(made.secret) is None):
        raise ValueError(f"{where}: write address, or secret with a file's name, not both")
    if made.address:
        check_address(where, made.kind, made.address)
        if "@" in urlsplit(made.address).netloc:
            raise ValueError(f"{where}: an address with a password stands in a file: write secret")
    elif made.kind != "pushed" and not made.secret:
        raise ValueError(f"{where}: write address, or secret")


def check_address(where: str, kind: str, address: str) -> None:
    """ValueError for an address that such a camera cannot have; never its text."""
    if kind == "pushed":
        raise ValueError(f"{where}: a pushed camera has no address")
    if urlsplit(address).scheme not in _SCHEMES[kind]:
        raise ValueError(f"{where}: the address of {kind} begins otherwise")
