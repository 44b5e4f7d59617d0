"""The stations of ``hub.toml``: the wires by which a confirmed incident leaves for people on duty.

Pure. Keys stand there by name (``secret:NAME``). Whether a station has accepted its wire stands in
the database, with the ``mark`` of the wire that it accepted: another wire is simulated again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from hub.core.policelink import Kind, Pack
from hub.core.sections import named

STATIONS_MAX: Final = 8  # a site has one police desk, perhaps a guard's and a fire desk
WIRES: Final = ("dc09", "webhook", "cap")
ZONES_MAX: Final = 2_000
ZONE_MOST: Final = 9_999  # SIA's zones have four digits
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_SCHEMES: Final[Mapping[str, tuple[str, ...]]] = {
    "dc09": ("dc09", "dc09+tls"),
    "webhook": ("https", "http"),
    "cap": ("https", "http"),
}
_TEXTS: Final = ("kind", "url", "key", "answers", "account", "line", "receiver", "sender", "ca")


@dataclass(frozen=True, slots=True)
class StationWire:
    """One station; whatever is a text may be ``secret:NAME`` where it is a key.

    ``key`` seals (DC-09) or signs (webhook, CAP) what we say; ``answers`` is the public key by
    which it signs what it answers; ``zones`` numbers doors as the station's own list does.
    """

    kind: str
    url: str = field(repr=False)
    key: str = field(repr=False, default="")
    answers: str = ""
    account: str = field(repr=False, default="")
    line: str = "0"
    receiver: str = ""
    sender: str = ""
    ca: str = ""
    kinds: tuple[Kind, ...] = tuple(Kind)
    zones: Mapping[str, int] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """What an acceptance is bound to: where it goes, in whose name."""
        told = [self.kind, self.url, self.account, self.line, self.receiver, self.sender]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def station_for(stations: Mapping[str, StationWire], kind: Kind) -> str:
    """The first station of the file that takes this kind; empty where none does."""
    return next((name for name, wire in stations.items() if kind in wire.kinds), "")


def read_stations(body: Mapping[str, Any]) -> dict[str, StationWire]:
    """The sections [stations.NAME]; ValueError says what to write."""
    sections = named(
        body, "stations", STATIONS_MAX, texts=_TEXTS, others=("kinds", "zones"),
        begin="kind and url",
    )  # fmt: skip
    return {name: _station(where, values) for name, where, values in sections}


def _station(where: str, values: Mapping[str, Any]) -> StationWire:
    texts = {key: values[key] for key in _TEXTS if key in values}
    wire = StationWire(
        **{"kind": "", "url": "", **texts},
        kinds=_kinds(where, values.get("kinds")),
        zones=_zones(where, values.get("zones", {})),
    )
    _check(where, wire)
    return wire


def _kinds(where: str, value: object) -> tuple[Kind, ...]:
    if value is None:
        return tuple(Kind)
    try:
        if not isinstance(value, list) or not value:
            raise ValueError
        return tuple(Kind(one) for one in value)
    except ValueError:
        words = ", ".join(Kind)
        raise ValueError(f"kinds in {where} is a list of {words}") from None


def _zones(where: str, value: object) -> dict[str, int]:
    if isinstance(value, Mapping) and len(value) <= ZONES_MAX:
        found = dict(value)
        if all(type(one) is int and 0 <= one <= ZONE_MOST for one in found.values()):
            return found
    raise ValueError(f"zones of {where} are doors and numbers to {ZONE_MOST}: write gate = 7")


def _check(where: str, wire: StationWire) -> None:
    if wire.kind not in WIRES:
        raise ValueError(f"kind in {where} is one of {', '.join(WIRES)}")
    url = _split(wire.url)
    if url is None or url.scheme not in _SCHEMES[wire.kind]:
        starts = " or ".join(f"{one}://" for one in _SCHEMES[wire.kind])
        raise ValueError(f"url in {where} begins with {starts} and names a host")
    if url.scheme == "http" and url.hostname not in _LOOPBACK:
        raise ValueError(f"url in {where} leaves this machine: write https://")
    if wire.key and not wire.key.startswith("secret:"):
        raise ValueError(f"key in {where} is a reference: write secret:NAME")
    if wire.kind == "dc09":
        if url.port is None:
            raise ValueError(f"url in {where} names a port: write dc09+tls://host:8472")
        if not wire.account:
            raise ValueError(f'account in {where} is missing: write account = "1234AB"')
        if not wire.key and url.scheme != "dc09+tls":
            raise ValueError(f"{where}: without key or TLS anybody may answer: write key")
        return
    if not wire.key or not wire.answers.startswith(("whpk_", "secret:")):
        raise ValueError(f'{where}: write key = "secret:NAME" and answers = "whpk_..."')
    if wire.kind == "cap" and not wire.sender:
        raise ValueError(f'sender in {where} is missing: write sender = "willow@linli.example"')


def _split(url: str) -> SplitResult | None:
    try:
        found = urlsplit(url)
        found.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return None
    return found if found.hostname else None


class Outcome(StrEnum):
    """How one sending ended."""

    TAKEN = "taken"  # the station has it, and has proven that it is the station
    RETURNED = "returned"  # it would not have it: only people can mend that
    AGAIN = "again"  # it may stand there or not: the same message comes again


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one sending; ``trouble`` is a reason code, empty where there is none."""

    outcome: Outcome
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What leaves: a pack, or its withdrawal, under the number that every copy has."""

    pack: Pack
    number: int
    first_at: datetime  # when the message was sent first: copies say the same
    zone_door: str
    alarm_number: int = 0  # of what is withdrawn; 0: this is no withdrawal
    alarm_at: datetime | None = None
