"""A door's policy as bytes: compiled by the hub, sealed to one device, opened only there.

The body is JSON (sorted, compact); sealing is HPKE (RFC 9180, X25519, HKDF-SHA256, AES-256-GCM)
to the device's X25519 key with site, device and revision as associated information, so that a
policy can be opened neither by the broker nor by another device, nor as another revision.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from devices.access import Credential, DoorMode, DoorPolicy, Policy, Rule, Schedule
from devices.jws import canonical
from devices.messages import Assurance, Refusal, Revision

FEATURES = ("policy-1",)  # what this controller understands; a policy names what it needs
SEALED_BYTES_MAX = 8 * 1024 * 1024  # 15,000 cards are about 2 MB; anything near this is an attack
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
        "holidays": sorted(day.isoformat() for day in policy.holidays),
        "schedules": {name: schedule.days for name, schedule in policy.schedules.items()},
        "doors": {str(number): _encode_door(door) for number, door in policy.doors.items()},
        "cards": {
            uid: [card.id, card.person, int(card.blocked)] for uid, card in policy.cards.items()
        },
        "keys": {
            uid: {str(slot): key.hex() for slot, key in keys.slots.items()}
            for uid, keys in compiled.keys.items()
        },
    }
    return canonical(body)


def _encode_door(door: DoorPolicy) -> dict[str, Any]:
    return {
        "mode": door.mode.value,
        "asks": int(door.asks),
        "remote": door.remote,
        "slot": door.slot,
        "hold_ms": door.hold_ms,
        "hold_max_ms": door.hold_max_ms,
        "fail_safe": door.fail_safe,
        "rules": {
            name: [rule.schedule, rule.valid_from_s, rule.valid_to_s, int(rule.deny)]
            for name, rule in door.rules.items()
        },
        "people": {person: list(names) for person, names in door.people.items()},
    }


def decode(raw: bytes) -> Compiled | Refusal:
    """A policy from its JSON body; a body that does not fit is refused whole, never in part."""
    try:
        body = json.loads(raw)
        zone = ZoneInfo(body["zone"])
        policy = Policy(
            revision=Revision(int(body["rev"][0]), int(body["rev"][1])),
            zone=zone,
            schedules={
                name: Schedule(tuple(tuple((int(a), int(b)) for a, b in day) for day in days))
                for name, days in body["schedules"].items()
            },
            holidays=frozenset(date.fromisoformat(day) for day in body["holidays"]),
            doors={
                int(number): _decode_door(int(number), door)
                for number, door in body["doors"].items()
            },
            cards={
                uid: Credential(card[0], card[1], bool(card[2]))
                for uid, card in body["cards"].items()
            },
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


def _decode_door(number: int, body: Mapping[str, Any]) -> DoorPolicy:
    return DoorPolicy(
        number=number,
        mode=DoorMode(body["mode"]),
        asks=Assurance(body["asks"]),
        remote=bool(body["remote"]),
        slot=int(body["slot"]),
        hold_ms=int(body["hold_ms"]),
        hold_max_ms=int(body["hold_max_ms"]),
        fail_safe=bool(body["fail_safe"]),
        rules={
            name: Rule(schedule, valid_from, valid_to, bool(deny))
            for name, (schedule, valid_from, valid_to, deny) in body["rules"].items()
        },
        people={person: tuple(names) for person, names in body["people"].items()},
    )
