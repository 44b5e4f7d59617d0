"""Cameras of doors as ``hub.toml`` names them: the door, and where the pictures come from. Pure.

An address with a password in it stands in a file of ``secrets``, never in the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from hub.core.sections import NAME, named

CAMERAS_MAX: Final = 64
TOKEN_CHARS_LEAST: Final = 24  # hex digits of 96 bits
KINDS: Final = ("film", "snapshots", "pushed")  # film: also RTSP
_TEXTS: Final = ("door", "kind", "address", "secret")
_SCHEMES: Final = {"film": ("rtsp", "rtsps", "http", "https", ""), "snapshots": ("http", "https")}


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """One camera. ``tailgating``: more people than were let in are told to staff.

    ``secret`` names the file that holds the address, or the ``token`` by which a camera that pushes
    says who it is; both are empty until it was read.
    """

    door: str
    kind: str
    address: str = field(default="", repr=False)
    secret: str = ""
    tailgating: bool = False
    token: str = field(default="", repr=False)


def read_cameras(body: Mapping[str, Any]) -> dict[str, CameraSettings]:
    """The sections [cameras.NAME]; ValueError says what to write."""
    sections = named(
        body, "cameras", CAMERAS_MAX, texts=_TEXTS, others=("tailgating",),
        begin="door, kind and address",
    )  # fmt: skip
    return {name: _camera(where, values) for name, where, values in sections}


def _camera(where: str, values: Mapping[str, Any]) -> CameraSettings:
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
    if made.secret and (made.address or NAME.fullmatch(made.secret) is None):
        raise ValueError(f"{where}: write address, or secret with a file's name, not both")
    if made.address:
        check_address(where, made.kind, made.address)
        if "@" in urlsplit(made.address).netloc:
            raise ValueError(f"{where}: an address with a password stands in a file: write secret")
    elif not made.secret:
        raise ValueError(
            f"{where}: write secret"
            if made.kind == "pushed"
            else f"{where}: write address, or secret"
        )


def check_token(where: str, token: str) -> None:
    """ValueError for a token that somebody could guess; never its text."""
    if len(token) < TOKEN_CHARS_LEAST or not (token.isascii() and token.isprintable()):
        raise ValueError(f"{where}: its secret has at least {TOKEN_CHARS_LEAST} letters and digits")


def check_address(where: str, kind: str, address: str) -> None:
    """ValueError for an address that such a camera cannot have; never its text."""
    if kind == "pushed":
        raise ValueError(f"{where}: a pushed camera has no address")
    if urlsplit(address).scheme not in _SCHEMES[kind]:
        starts = " or ".join(f"{one}://" for one in _SCHEMES[kind] if one)
        raise ValueError(f"{where}: the address of {kind} begins with {starts}")
