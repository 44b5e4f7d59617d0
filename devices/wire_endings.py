"""``endings``: what the hub took back for good, sealed to itself, kept by every device of the site.

A back-up is older than its site. Which phones, members of staff and cards were ended after it was
made is told to a restored hub by whoever kept this message; nobody but the hub can read it, and
nobody else can make one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devices.fields import Misfit, read, revision
from devices.jws import KeyFinder, Signer, b64, open_jws, unb64
from devices.messages import Refusal, Revision

ENDINGS = "endings"
SEALED_BYTES_MAX = 8_800  # base64 twice over, this stays below the 16 KiB of a signed message


@dataclass(frozen=True, slots=True)
class Endings:
    """``serial`` grows with each change (epoch, number): an older one never replaces a newer."""

    site: str
    serial: Revision
    sealed: bytes


def sign_endings(endings: Endings, signer: Signer) -> bytes:
    """``endings``, signed with the audit key."""
    serial = [endings.serial.epoch, endings.serial.number]
    body = {"site": endings.site, "serial": serial, "sealed": b64(endings.sealed)}
    return signer.sign("linli-endings+jwt", body)


def open_endings(raw: bytes, site: str, find_key: KeyFinder) -> Endings | Refusal:
    """``endings`` as every device keeps it, and as the restored hub reads it."""
    claims = open_jws(raw, "linli-endings+jwt", find_key)
    if isinstance(claims, dict) and claims.get("site") != site:
        return Refusal("audience")

    def build(body: Mapping[str, Any]) -> Endings:
        told = body.get("sealed")
        sealed = unb64(told) if isinstance(told, str) else None
        if sealed is None or len(sealed) > SEALED_BYTES_MAX:
            raise Misfit("sealed")
        return Endings(site, revision(body, "serial"), sealed)

    return read(build, claims)
