"""A door's policy as bytes: compiled by the hub, sealed to one device, opened only there.

The body is JSON (sorted, compact); sealing is HPKE (RFC 9180, X25519, HKDF-SHA256, AES-256-GCM)
to the device's X25519 key with site, device and revision as associated information, so that a
policy can be opened neither by the broker nor by another device, nor as another revision.

Large sections are maps keyed by id and no map holds null, so that RFC 7396 patches say everything.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from devices.jws import canonical
from devices.messages import Assurance, Refusal, Revision
from devices.pins import MARK_BYTES
from devices.rules import (
    Ask,
    Code,
    Codes,
    Credential,
    DoorMode,
    DoorPolicy,
    FaceMode,
    ModePlan,
    Passage,
    Passback,
    Pins,
    Policy,
    Rule,
    Schedule,
)

FEATURES = ("policy-1",)  # what this controller understands; a policy names what it needs
SEALED_BYTES_MAX = 8 * 1024 * 1024  # 15,000 cards are about 2 MB; anything near this is an attack
_DENY, _LASTING = 1, 2  # of a rule, added
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class CardKeys:
    """The diversified door keys of one card, by slot (3 perimeter, 4 own building)."""

    slots: Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A policy as a controller holds it: the rules, and beside them the card keys."""

    policy: Policy
    keys: Mapping[str, CardKeys]

    @property
    def count(self) -> int:
        """How many cards and people it knows; shown with the receipt."""
        people = {person for door in self.policy.doors.values() for person in door.people}
        return len(people) + len(self.policy.cards)

    def policy_at(self, revision: Revision) -> Policy:
        """The same rules under the revision that is already wanted."""
        return replace(self.policy, revision=revision)


def _context(site: str, device: str, revision: Revision) -> bytes:
    return canonical(["linli-policy-1", site, device, revision.epoch, revision.number])


def seal(plain: bytes, to: X25519PublicKey, site: str, device: str, revision: Revision) -> bytes:
    """The policy's bytes, readable by one device only."""
    return _SUITE.encrypt(plain, to, info=_context(site, device, revision))


def unseal(
    sealed: bytes, key: X25519PrivateKey, site: str, device: str, revision: Revision
) -> bytes | Refusal:
    """The policy's bytes, or a refusal when it was not sealed for us as this revision."""
    try:
        return _SUITE.decrypt(sealed, key, info=_context(site, device, revision))
    except (InvalidTag, ValueError):
        return Refusal("signature", "sealed policy")


def encode(compiled: Compiled) -> bytes:
    """The policy's JSON body."""
    policy = compiled.policy
    body = {
        "rev": [policy.revision.epoch, policy.revision.number],
        "zone": str(policy.zone),
        "holidays": _days(policy.holidays),
        "calendars": {name: _days(days) for name, days in policy.calendars.items()},
        "schedules": {
            name: {"days": schedule.days, "cal": schedule.calendar}
            for name, schedule in policy.schedules.items()
        },
        "doors": {str(number): _encode_door(door) for number, door in policy.doors.items()},
        "cards": {
            uid: [card.id, card.person, int(card.blocked)] for uid, card in policy.cards.items()
        },
        "keys": {
            uid: {str(slot): key.hex() for slot, key in keys.slots.items()}
            for uid, keys in compiled.keys.items()
        },
        "longer": dict.fromkeys(policy.longer, 1),
        "passes_revoked": dict(policy.passes_revoked),
    }
    return canonical(body)


def _days(days: frozenset[date]) -> list[str]:
    return sorted(day.isoformat() for day in days)


def _encode_door(door: DoorPolicy) -> dict[str, Any]:
    body: dict[str, Any] = {
        "mode": door.mode.value,
        "asks": int(door.asks),
        "pin": door.pin,
        "remote": door.remote,
        "typed": door.typed,
        "passes": door.passes,
        "slot": door.slot,
        "hold_ms": door.hold_ms,
        "hold_max_ms": door.hold_max_ms,
        "longer_ms": door.longer_ms,
        "held_s": door.held_s,
        "enter_s": door.enter_s,
        "fail_safe": door.fail_safe,
        "asks_by": [[ask.schedule, int(ask.asks), int(ask.pin)] for ask in door.asks_by],
        "modes": [[plan.schedule, plan.mode.value, int(plan.first_card)] for plan in door.modes],
        "two_person": door.two_person,
        "interlock": list(door.interlock),
        "rules": {
            name: [rule.schedule, rule.valid_from_s, rule.valid_to_s, _flags(rule)]
            for name, rule in door.rules.items()
        },
        "people": {person: " ".join(names) for person, names in door.people.items()},
    }
    way = door.passage
    if way is not None:
        body["passage"] = [
            way.area_from, way.area_to, way.passback.value, way.within_s, int(way.across),
        ]  # fmt: skip
    if door.pins is not None:
        body["pins"] = {
            "key": door.pins.key.hex(),
            "claims": {mark: " ".join(people) for mark, people in door.pins.claims.items()},
            "verifiers": {
                person: base64.b64encode(b"".join(marks)).decode()
                for person, marks in door.pins.verifiers.items()
            },
        }
    if door.face is not FaceMode.OFF:
        body["face"] = door.face.value
    if door.codes is not None:
        body["codes"] = {
            "key": door.codes.key.hex(),
            "marks": {
                mark: [code.visit, code.host, code.from_s, code.to_s, code.uses]
                for mark, code in door.codes.marks.items()
            },
        }
    return body


def _flags(rule: Rule) -> int:
    """A controller that knows no lasting rules takes them for denials: nobody comes in longer."""
    return _DENY * rule.deny | _LASTING * rule.lasting


def decode(raw: bytes) -> Compiled | Refusal:
    """A policy from its JSON body; a body that does not fit is refused whole, never in part."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as fault:
        return Refusal("form", f"policy: {type(fault).__name__}")
    return build(body)


def build(body: Any) -> Compiled | Refusal:
    """The same from a parsed body."""
    try:
        policy = Policy(
            revision=Revision(int(body["rev"][0]), int(body["rev"][1])),
            zone=ZoneInfo(body["zone"]),
            schedules={
                name: Schedule(
                    tuple(tuple((int(a), int(b)) for a, b in day) for day in schedule["days"]),
                    str(schedule["cal"]),
                )
                for name, schedule in body["schedules"].items()
            },
            holidays=frozenset(map(date.fromisoformat, body["holidays"])),
            doors={
                int(number): _build_door(int(number), door)
                for number, door in body["doors"].items()
            },
            cards={
                uid: Credential(card[0], card[1], bool(card[2]))
                for uid, card in body["cards"].items()
            },
            calendars={
                name: frozenset(map(date.fromisoformat, days))
                for name, days in body["calendars"].items()
            },
            longer=frozenset(body["longer"]),
            passes_revoked={name: float(to_s) for name, to_s in body["passes_revoked"].items()},
        )
        keys = {
            uid: CardKeys({int(slot): bytes.fromhex(key) for slot, key in slots.items()})
            for uid, slots in body["keys"].items()
        }
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as fault:
        return Refusal("form", f"policy: {type(fault).__name__}")
    if any(len(schedule.days) != 8 for schedule in policy.schedules.values()):
        return Refusal("form", "policy: a schedule has eight kinds of day")
    return Compiled(policy, keys)


def _build_door(number: int, body: Mapping[str, Any]) -> DoorPolicy:
    sets: dict[str, tuple[str, ...]] = {}  # thousands share a few sets of rules
    way = body.get("passage")
    return DoorPolicy(
        number=number,
        mode=DoorMode(body["mode"]),
        asks=Assurance(body["asks"]),
        pin=bool(body["pin"]),
        remote=bool(body["remote"]),
        typed=bool(body["typed"]),
        passes=bool(body["passes"]),
        slot=int(body["slot"]),
        hold_ms=int(body["hold_ms"]),
        hold_max_ms=int(body["hold_max_ms"]),
        longer_ms=int(body["longer_ms"]),
        held_s=int(body["held_s"]),
        enter_s=int(body["enter_s"]),
        fail_safe=bool(body["fail_safe"]),
        asks_by=tuple(Ask(name, Assurance(asks), bool(pin)) for name, asks, pin in body["asks_by"]),
        modes=tuple(
            ModePlan(name, DoorMode(mode), bool(first)) for name, mode, first in body["modes"]
        ),
        two_person=bool(body["two_person"]),
        passage=Passage(way[0], way[1], Passback(way[2]), way[3], bool(way[4])) if way else None,
        interlock=tuple(int(other) for other in body["interlock"]),
        rules={
            name: Rule(hours, begins_s, ends_s, bool(flags & _DENY), bool(flags & _LASTING))
            for name, (hours, begins_s, ends_s, flags) in body["rules"].items()
        },
        people={
            person: sets.get(names) or sets.setdefault(names, tuple(names.split()))
            for person, names in body["people"].items()
        },
        pins=_build_pins(body["pins"]) if "pins" in body else None,
        codes=_build_codes(body["codes"]) if "codes" in body else None,
        face=FaceMode(body.get("face", "off")),
    )


def _build_codes(body: Mapping[str, Any]) -> Codes:
    return Codes(
        bytes.fromhex(body["key"]),
        {
            mark: Code(str(visit), str(host), float(from_s), float(to_s), int(uses))
            for mark, (visit, host, from_s, to_s, uses) in body["marks"].items()
        },
    )


def _build_pins(body: Mapping[str, Any]) -> Pins:
    verifiers: dict[str, tuple[bytes, bytes]] = {}
    for person, text in body["verifiers"].items():
        marks = base64.b64decode(text)
        verifiers[person] = marks[:MARK_BYTES], marks[MARK_BYTES:]
    return Pins(
        bytes.fromhex(body["key"]),
        {mark: tuple(people.split()) for mark, people in body["claims"].items()},
        verifiers,
    )
