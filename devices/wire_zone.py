"""``zone``: where people were last seen to arrive, told to a controller by the hub, with an end.

It answers "who is already inside?" across controllers. A stale one makes anti-passback soft.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devices.fields import Misfit, read, seconds, text, whole
from devices.jws import KeyFinder, Signer, open_jws
from devices.messages import Refusal
from devices.wire import Topics

ZONE = "zone"
ZONE_PEOPLE_MAX = 120  # with the longest ids this stays below the 16 KiB of a signed message
ZONE_LIFE_MAX_S = 300.0  # nobody's place is trusted longer without a new word of the hub
OUTSIDE_MARK = "-"  # an empty text is none on the wire


@dataclass(frozen=True, slots=True)
class Zone:
    """(person, area, when) of the newest sightings; an empty area is outside."""

    places: tuple[tuple[str, str, float], ...]
    epoch: int
    issued_at_s: float
    expires_at_s: float


def sign_zone(zone: Zone, audience: Topics, signer: Signer) -> bytes:
    """``zone``, signed with a policy key."""
    body = {
        "places": [
            [person, area or OUTSIDE_MARK, round(at_s, 3)] for person, area, at_s in zone.places
        ],
        "epoch": zone.epoch,
        "iat": round(zone.issued_at_s, 3),
        "exp": round(zone.expires_at_s, 3),
        "aud": f"{audience.site}/{audience.device}",
    }
    return signer.sign("linli-zone+jwt", body)


def open_zone(raw: bytes, me: Topics, find_key: KeyFinder) -> Zone | Refusal:
    """``zone`` as the controller reads it."""
    claims = open_jws(raw, "linli-zone+jwt", find_key)
    if isinstance(claims, dict) and claims.get("aud") != f"{me.site}/{me.device}":
        return Refusal("audience")

    def build(body: Mapping[str, Any]) -> Zone:
        rows = body.get("places")
        if not isinstance(rows, list) or len(rows) > ZONE_PEOPLE_MAX:
            raise Misfit("places")
        issued_s, until_s = seconds(body, "iat"), seconds(body, "exp")
        if not 0 < until_s - issued_s <= ZONE_LIFE_MAX_S:
            raise Misfit("exp")
        return Zone(tuple(map(_place, rows)), whole(body, "epoch"), issued_s, until_s)

    return read(build, claims)


def _place(row: object) -> tuple[str, str, float]:
    if not isinstance(row, list) or len(row) != 3:
        raise Misfit("place")
    named = {"person": row[0], "area": row[1], "at": row[2]}
    area = text(named, "area")
    return text(named, "person"), "" if area == OUTSIDE_MARK else area, seconds(named, "at")
