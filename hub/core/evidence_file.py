"""The evidence as a file that people hand over: pack, CAP, pictures, and what proves them. Pure."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from hub.core.policelink import Pack, Picture

SIGNED_AS: Final = "linli-evidence+jwt"
_SUFFIX: Final = {"image/jpeg": "jpg", "image/png": "png"}


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture that is still there."""

    picture: Picture
    media_type: str
    raw: bytes = field(repr=False)


def evidence_file(
    pack: Pack,
    alert: bytes,
    pictures: Sequence[Kept],
    at: datetime,
    sign: Callable[[str, Mapping[str, Any]], bytes],
    public: bytes,
) -> bytes:
    """A ZIP: ``pack.json``, ``alert.cap.xml``, pictures, and a JWS over the hashes of them all.

    ``public`` is the raw Ed25519 key that verifies ``signature.jws``; whoever gets the file
    compares it with what the site has published.
    """
    files = {"pack.json": pack.raw(), "alert.cap.xml": alert}
    for n, one in enumerate(pictures, 1):
        files[f"pictures/{n}-{one.picture.role}.{_SUFFIX[one.media_type]}"] = one.raw
    claims = {
        "incident": pack.incident,
        "at": int(at.timestamp()),
        "simulated": pack.simulated,
        "files": {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()},
    }
    files["signature.jws"] = sign(SIGNED_AS, claims)
    files["verify.json"] = json.dumps({"ed25519": public.hex(), "typ": SIGNED_AS}).encode()
    return _zipped(files, at)


def _zipped(files: Mapping[str, bytes], at: datetime) -> bytes:
    told = at.astimezone(UTC)
    stamp = (told.year, told.month, told.day, told.hour, told.minute, told.second)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name, raw in files.items():
            made.writestr(zipfile.ZipInfo(name, stamp), raw)
    return held.getvalue()
