"""Pictures of an incident at rest: sealed under its own key, known by their hash. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.core.policelink import Picture, Role

PICTURE_BYTES_MAX: Final = 512 * 1024  # a good still of a door; an incident keeps eight at most
_NONCE_BYTES: Final = 12
_TYPES: Final = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


class SealBroken(ValueError):
    """A picture does not open: another's, of another site, or damaged."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A picture as it comes from whoever noticed something."""

    raw: bytes = field(repr=False)
    role: Role
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Sealed:
    """The same as it is kept."""

    picture: Picture
    media_type: str
    sealed: bytes = field(repr=False)


def media_type(raw: bytes) -> str:
    """What a browser may be told that it is; empty where it is no picture that we keep."""
    if len(raw) > PICTURE_BYTES_MAX:
        return ""
    return next((name for start, name in _TYPES if raw.startswith(start)), "")


def seal(shot: Snapshot, key: bytes, incident: str, luck: Callable[[int], bytes]) -> Sealed | None:
    """The picture for keeping; None where it is too large, or neither JPEG nor PNG."""
    kind = media_type(shot.raw)
    if not kind:
        return None
    name = hashlib.sha256(shot.raw).hexdigest()
    nonce = luck(_NONCE_BYTES)
    closed = nonce + AESGCM(key).encrypt(nonce, shot.raw, _about(incident, name))
    return Sealed(Picture(name, shot.role, shot.taken_at), kind, closed)


def unseal(sealed: bytes, key: bytes, incident: str, sha256: str) -> bytes:
    """The picture itself; raises SealBroken."""
    nonce, closed = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, closed, _about(incident, sha256))
    except (InvalidTag, ValueError) as fault:
        raise SealBroken("a kept picture does not open") from fault


def _about(incident: str, sha256: str) -> bytes:
    return f"linli incident picture\0{incident}\0{sha256}".encode()
