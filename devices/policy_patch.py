"""What changed in a policy: an RFC 7396 merge patch, sealed to one device, chained, applied.

Each revision of a device's policy has a *head*: a hash over the head before it and the sealed
delta between them. The signed manifest names the head that is wanted, so that a device which
held the right bytes before and hashes the right deltas holds the right bytes after, at the cost
of the deltas alone: nobody hashes two megabytes because one card was lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from devices.access import DoorPolicy
from devices.jws import canonical
from devices.messages import Delta, Refusal, Revision
from devices.policy import Compiled, decode, encode

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
V = TypeVar("V")


class Inexpressible(ValueError):
    """A merge patch cannot set a member to null; such a change needs a snapshot."""


# --------------------------------------------------------------------------- RFC 7396


def merged(target: Any, patch: Any) -> Any:
    """The target after a merge patch; the target itself is not changed."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch that makes ``after`` of ``before``; empty when they are equal."""
    patch: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if name in before and old == value:
            continue
        if isinstance(old, dict) and isinstance(value, dict):
            patch[name] = diff(old, value)
        else:
            _expressible(value)
            patch[name] = value
    return patch


def _expressible(value: Any) -> None:
    if value is None:
        raise Inexpressible
    if isinstance(value, dict):
        for member in value.values():
            _expressible(member)


# --------------------------------------------------------------------------- sealed and chained


def _context(site: str, device: str, after: Revision, revision: Revision) -> bytes:
    steps = [after.epoch, after.number, revision.epoch, revision.number]
    return canonical(["linli-delta-1", site, device, *steps])


def seal_patch(
    patch: Mapping[str, Any],
    to: X25519PublicKey,
    site: str,
    device: str,
    after: Revision,
    revision: Revision,
) -> Delta:
    """A patch that one device can open, as this step and no other."""
    plain = canonical(dict(patch) | {"rev": [revision.epoch, revision.number]})
    info = _context(site, device, after, revision)
    return Delta(after, revision, _SUITE.encrypt(plain, to, info=info))


def unseal_patch(
    delta: Delta, key: X25519PrivateKey, site: str, device: str
) -> dict[str, Any] | Refusal:
    """The patch, or a refusal when it was not sealed for us as this step."""
    info = _context(site, device, delta.after, delta.revision)
    try:
        patch = json.loads(_SUITE.decrypt(delta.sealed, key, info=info))
    except (InvalidTag, ValueError, RecursionError):
        return Refusal("signature", "sealed delta")
    if not isinstance(patch, dict):
        return Refusal("form", "delta")
    return patch


def head_of(sealed: bytes) -> str:
    """The head of a policy that begins with a snapshot."""
    return hashlib.sha256(sealed).hexdigest()


def chained(head: str, delta: Delta) -> str:
    """The head after a delta; both revisions are in it, so steps cannot change places."""
    step = [delta.after, delta.revision]
    numbers = ".".join(f"{one.epoch}.{one.number}" for one in step)
    link = f"{head}|{numbers}|{hashlib.sha256(delta.sealed).hexdigest()}"
    return hashlib.sha256(link.encode()).hexdigest()


# --------------------------------------------------------------------------- applied


def patched(compiled: Compiled, patch: Mapping[str, Any]) -> Compiled | Refusal:
    """The policy after a patch, decoded only where it changed.

    The maps with an entry per person or card are never encoded or decoded whole: the patch meets
    a body that holds just the entries it speaks of, and the result is laid over the old maps.
    """
    try:
        touched = _Touched(patch)
        part = decode(canonical(merged(json.loads(encode(touched.part_of(compiled))), patch)))
    except (TypeError, AttributeError, ValueError, RecursionError):
        return Refusal("form", "delta")
    if isinstance(part, Refusal):
        return part
    policy = compiled.policy
    doors = {
        number: _door(policy.doors.get(number), door, touched.people(number))
        for number, door in part.policy.doors.items()
    }
    cards = _laid_over(policy.cards, part.policy.cards, touched.cards)
    return Compiled(
        replace(part.policy, doors=doors, cards=cards),
        _laid_over(compiled.keys, part.keys, touched.keys),
    )


class _Touched:
    """Which entries of the large maps a patch speaks of."""

    def __init__(self, patch: Mapping[str, Any]) -> None:
        self.cards = set(patch.get("cards", ()))
        self.keys = set(patch.get("keys", ()))
        self._doors: Mapping[str, Any] = patch.get("doors", {})

    def people(self, number: int) -> set[str]:
        """The people of a door that the patch speaks of."""
        door = self._doors.get(str(number))
        return set(door.get("people", ())) if door is not None else set()

    def part_of(self, compiled: Compiled) -> Compiled:
        """The policy with only those entries."""
        policy = compiled.policy
        doors = {
            number: replace(door, people=_only(door.people, self.people(number)))
            for number, door in policy.doors.items()
        }
        cards = _only(policy.cards, self.cards)
        return Compiled(replace(policy, doors=doors, cards=cards), _only(compiled.keys, self.keys))


def _only(entries: Mapping[str, V], names: set[str]) -> dict[str, V]:
    return {name: entries[name] for name in names if name in entries}


def _laid_over(old: Mapping[str, V], part: Mapping[str, V], names: set[str]) -> Mapping[str, V]:
    if not names:
        return old
    result = {**old, **part}
    for name in names:
        if name not in part:
            result.pop(name, None)
    return result


def _door(old: DoorPolicy | None, part: DoorPolicy, names: set[str]) -> DoorPolicy:
    if old is None:
        return part
    return replace(part, people=_laid_over(old.people, part.people, names))
