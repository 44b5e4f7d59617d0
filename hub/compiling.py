"""Reading what devices must know, and compiling it; run in a worker thread, never in an act.

The rows are read once for as many devices as are asked about. A changed card is compiled from the
rows of its holder alone: its patch sets what those cards are now, whatever stood there before.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import Connection, Row, select

from devices.messages import NO_REVISION, Delta, Revision
from devices.mistake import Mistake
from devices.policy import Compiled, encode, seal
from devices.policy_patch import Inexpressible, chained, diff, head_of, merged, seal_patch
from devices.wire_policy import DELTA_BYTES_MAX
from hub.acts.policies import CardPatch, CompiledPolicy, DeltaWanted, Reach, SnapshotWanted
from hub.acts.restoring import WAITING
from hub.core.restraint import restrain
from hub.ground import Ground, read_ground
from hub.keys import HubKeys
from hub.store import tables as t
from hub.store.engine import Engines

CHAIN_MAX = 48  # deltas after a snapshot; then the snapshot is renewed (a device holds 64)
_CARD_SECTIONS = ("cards", "keys")  # of a policy's body: what a change of cards may touch
_PACKING = 1  # zlib's fastest: a body is packed once a change and read once a week


@dataclass(frozen=True, slots=True)
class Question:
    """Compile the policy of one device as of now."""

    site: str
    zone: str
    epoch: int
    device: str
    x25519: bytes


# --------------------------------------------------------------------------- one device, whole


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A compiled policy, and what to store and send of it: nothing, a step, or all."""

    compiled: Compiled
    before: Revision
    asked_at: float
    wanted: CompiledPolicy | DeltaWanted | SnapshotWanted | None


def gather(
    engines: Engines, keys: HubKeys, ask: Question, ground: Ground | None = None
) -> Knowledge:
    """Compile what the rows say; sealed as a step from what was wanted, where one fits."""
    with engines.read.connect() as connection:
        ground = ground or read_ground(connection, keys, device=ask.device)
        row = connection.execute(
            select(t.policies, t.policy_snapshots.c.body)
            .outerjoin(t.policy_snapshots, t.policy_snapshots.c.device_id == t.policies.c.device_id)
            .where(t.policies.c.device_id == ask.device)
        ).first()
        steps = _steps(connection, row) if row is not None else []
        before = Revision(row.epoch, row.number) if row is not None else NO_REVISION
        revision = Revision(ask.epoch, before.number + 1)
        held = connection.execute(
            select(t.restraints.c.subject).where(t.restraints.c.device_id == ask.device)
        ).scalars()
        compiled = restrain(ground.compile(ask.device, ask.zone, revision), tuple(held))
    asked = ground.asked.get(ask.device, 0.0)
    body = encode(compiled)
    if row is not None and row.sealed_to == ask.x25519:
        patch = _patch(keys, row, steps, body)
        if patch == {}:
            return _unchanged(keys, ask, row, steps, compiled, asked)
        delta = _delta(ask, patch, before, revision) if patch is not None else None
        if delta is not None:
            wanted = DeltaWanted(
                ask.device, delta, chained(row.head, delta), compiled.count,
                pack(keys, ask.device, patch), asked,
            )  # fmt: skip
            return Knowledge(compiled, before, asked, wanted)
    base = _snapshot(keys, ask, body, revision)
    whole = CompiledPolicy(ask.device, before, compiled.count, base, asked)
    return Knowledge(compiled, before, asked, whole)


def _unchanged(
    keys: HubKeys, ask: Question, row: Row[Any], steps: list[Any], compiled: Compiled,
    asked_at: float,
) -> Knowledge:  # fmt: skip
    """What is wanted is right; after many steps its snapshot is renewed, for devices to come."""
    before = Revision(row.epoch, row.number)
    if len(steps) < CHAIN_MAX:
        return Knowledge(compiled, before, asked_at, None)
    at = Compiled(compiled.policy_at(before), compiled.keys)
    base = _snapshot(keys, ask, encode(at), before, row.head)
    return Knowledge(compiled, before, asked_at, base)


def _snapshot(
    keys: HubKeys, ask: Question, body: bytes, revision: Revision, head: str = ""
) -> SnapshotWanted:
    to = X25519PublicKey.from_public_bytes(ask.x25519)
    sealed = seal(body, to, ask.site, ask.device, revision)
    sha256 = hashlib.sha256(sealed).hexdigest()
    return SnapshotWanted(
        ask.device, revision, head or head_of(sealed), sha256, sealed, ask.x25519,
        _packed(keys, ask.device, body),
    )  # fmt: skip


def _patch(keys: HubKeys, row: Row[Any], steps: list[Any], body: bytes) -> dict[str, Any] | None:
    """What changed; None when no merge patch can say it, or nobody can read what was there."""
    try:
        known = _body(keys, row, steps)
        return diff(known, json.loads(body) | {"rev": known["rev"]})
    except (Inexpressible, Mistake, ValueError, KeyError, TypeError, zlib.error):
        return None  # a snapshot heals whatever it was


def _delta(
    ask: Question, patch: dict[str, Any], before: Revision, revision: Revision
) -> Delta | None:
    """None when the change is larger than a message."""
    to = X25519PublicKey.from_public_bytes(ask.x25519)
    delta = seal_patch(patch, to, ask.site, ask.device, before, revision)
    return delta if len(delta.sealed) <= DELTA_BYTES_MAX else None


def _steps(connection: Connection, row: Row[Any]) -> list[Any]:
    """The deltas that lead from a device's snapshot to what is wanted."""
    deltas = t.policy_deltas.c
    rows: Sequence[Any] = connection.execute(
        select(deltas.epoch, deltas.number, deltas.body)
        .where(deltas.device_id == row.device_id)
        .order_by(deltas.epoch, deltas.number)
    ).all()
    base = (row.base_epoch, row.base_number)
    return [step for step in rows if (step.epoch, step.number) > base]


def _body(keys: HubKeys, row: Row[Any], steps: Iterable[Any]) -> Any:
    """The body that a device holds at the wanted revision."""
    body = _unpacked(keys, row.device_id, row.body)
    for step in steps:
        body = merged(body, _unpacked(keys, row.device_id, step.body))
    return body


def pack(keys: HubKeys, device: str, body: Any) -> bytes:
    """What a device holds, for the hub's own later comparison; unreadable in the database."""
    return _packed(keys, device, json.dumps(body, separators=(",", ":")).encode())


def _packed(keys: HubKeys, device: str, body: bytes) -> bytes:
    return bytes.fromhex(keys.close_envelope(zlib.compress(body, _PACKING), f"policy:{device}"))


def _unpacked(keys: HubKeys, device: str, packed: bytes) -> Any:
    return json.loads(zlib.decompress(keys.open_envelope(packed.hex(), f"policy:{device}")))


# --------------------------------------------------------------------------- some people's cards


@dataclass(frozen=True, slots=True)
class CardsWanted:
    """The patches that tell every device which knows them what some people's cards are now.

    ``awaited`` are devices that must tell first what they hold, and hold these cards meanwhile.
    """

    people: Mapping[str, float]
    patches: list[CardPatch]
    awaited: list[Reach]


def gather_cards(
    engines: Engines, keys: HubKeys, site: str, zone: str, epoch: int, people: Mapping[str, float]
) -> CardsWanted:
    """Compile the cards of these people (with when they were asked for) for every device."""
    with engines.read.connect() as connection:
        ground = read_ground(connection, keys, people=set(people))
        p = t.policies.c
        rows = connection.execute(
            select(p.device_id, p.epoch, p.number, p.head, p.sealed_to).where(
                p.device_id.in_(ground.doors)
            )
        ).all()
        waiting = connection.execute(
            select(t.recalls.c.device_id).where(t.recalls.c.state == WAITING)
        ).scalars()
        later = set(waiting) & ground.doors.keys() - {row.device_id for row in rows}
    first = Revision(epoch, NO_REVISION.number + 1)  # the whole policy that comes after its word
    awaited = [
        Reach(name, first, _known_at(ground, name, ground.compile(name, zone, first)))
        for name in sorted(later)
    ]
    patches = []
    for row in rows:
        before = Revision(row.epoch, row.number)
        revision = Revision(epoch, before.number + 1)
        compiled = ground.compile(row.device_id, zone, revision)
        patch = _cards_patch(compiled)
        if patch is None:
            continue
        to = X25519PublicKey.from_public_bytes(row.sealed_to)
        delta = seal_patch(patch, to, site, row.device_id, before, revision)
        wanted = DeltaWanted(
            row.device_id, delta, chained(row.head, delta), None,
            pack(keys, row.device_id, patch), None,
        )  # fmt: skip
        patches.append(
            CardPatch(wanted, compiled.policy.cards, _known_at(ground, row.device_id, compiled))
        )
    return CardsWanted(people, patches, awaited)


def _cards_patch(compiled: Compiled) -> dict[str, Any] | None:
    """What the cards are now; None when the device knows none of them."""
    if not compiled.policy.cards:
        return None
    body = json.loads(encode(compiled))
    patch = {section: body[section] for section in _CARD_SECTIONS}
    patch["keys"] |= {uid: None for uid in patch["cards"] if uid not in patch["keys"]}
    return patch


def _known_at(ground: Ground, device: str, compiled: Compiled) -> dict[str, list[str]]:
    """For each card that is blocked here, the doors of this device that it could open.

    Another card of the same holder may be blocked before these patches are stored; it is not in
    them, and must not be taken for gone.
    """
    names = {door.number: door.id for door in ground.doors[device]}
    return {
        card.id: [
            names[number]
            for number, door in sorted(compiled.policy.doors.items())
            if card.person in door.people
        ]
        for card in compiled.policy.cards.values()
        if card.blocked
    }
