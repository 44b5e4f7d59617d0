"""Policies of devices: asked for in the act that changes a rule, compiled outside, stored whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from devices.messages import Have, Revision
from hub.core.effects import WorkWaiting
from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.writer import Done, Tx


def ask_for(tx: Tx, devices: Iterable[str]) -> WorkWaiting:
    """Called by every act that changes what a door must know; survives a crash with it."""
    for device in sorted(set(devices)):
        tx.execute(delete(t.policy_changes).where(t.policy_changes.c.device_id == device))
        tx.execute(insert(t.policy_changes).values(device_id=device, asked_at=tx.now_s))
    return WorkWaiting("policy")


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A sealed policy ready to be wanted; ``after`` is the revision that it replaces."""

    device: str
    after: Revision
    revision: Revision
    plain_mark: str
    sha256: str
    count: int
    sealed: bytes
    asked_at: float


def store_policy(tx: Tx, fresh: CompiledPolicy, now: datetime) -> Done[bool]:
    """Make a policy the wanted one; False when another came first (compile again)."""
    del now
    row = tx.execute(select(t.policies).where(t.policies.c.device_id == fresh.device)).first()
    before = Revision(row.epoch, row.number) if row is not None else Revision(0, 0)
    if before != fresh.after:
        return Done(False)
    values = {
        "epoch": fresh.revision.epoch,
        "number": fresh.revision.number,
        "plain_mark": fresh.plain_mark,
        "sha256": fresh.sha256,
        "count": fresh.count,
        "sealed": fresh.sealed,
        "made_at": tx.now_s,
    }
    if row is None:
        tx.execute(
            insert(t.policies).values(device_id=fresh.device, have_epoch=0, have_number=0, **values)
        )
    else:
        tx.execute(
            update(t.policies).where(t.policies.c.device_id == fresh.device).values(**values)
        )
    tx.execute(
        delete(t.policy_changes).where(
            t.policy_changes.c.device_id == fresh.device,
            t.policy_changes.c.asked_at <= fresh.asked_at,
        )
    )
    tx.journal(
        "policy_wanted",
        {"device": fresh.device, "rev": [fresh.revision.epoch, fresh.revision.number]},
    )
    return Done(True)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A compilation gave what is already wanted."""

    device: str
    asked_at: float


def drop_change(tx: Tx, same: Unchanged, now: datetime) -> Done[None]:
    """Nothing to send: the question is answered."""
    del now
    tx.execute(
        delete(t.policy_changes).where(
            t.policy_changes.c.device_id == same.device,
            t.policy_changes.c.asked_at <= same.asked_at,
        )
    )
    return Done(None)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A device says which policy is in force there."""

    device: str
    have: Have


def note_have(tx: Tx, receipt: Receipt, now: datetime) -> Done[bool]:
    """Keep the revocation receipt; True when the device has less than it should."""
    del now
    row = tx.execute(select(t.policies).where(t.policies.c.device_id == receipt.device)).first()
    if row is None:
        return Done(False)
    have = receipt.have.revision
    if (row.have_epoch, row.have_number) != (have.epoch, have.number):
        tx.execute(
            update(t.policies)
            .where(t.policies.c.device_id == receipt.device)
            .values(have_epoch=have.epoch, have_number=have.number, have_at=tx.now_s)
        )
        tx.journal("policy_in_force", {"device": receipt.device, "rev": [have.epoch, have.number]})
    return Done(have < Revision(row.epoch, row.number))


@dataclass(frozen=True, slots=True)
class Adoptee:
    """A device whose fingerprint a person has compared."""

    device: str
    kind: str
    ed25519: bytes
    x25519: bytes


def adopt(tx: Tx, new: Adoptee, now: datetime) -> Done[None]:
    """Take a device in, or replace its keys after a new comparison."""
    del now
    if new.kind not in ("door", "point", "kiosk"):
        raise DomainError("field_wrong", "kind is door, point or kiosk", "kind")
    known = tx.execute(select(t.devices.c.id).where(t.devices.c.id == new.device)).first()
    keys = {"kind": new.kind, "ed25519": new.ed25519, "x25519": new.x25519, "removed_at": None}
    if known is None:
        tx.execute(insert(t.devices).values(id=new.device, adopted_at=tx.now_s, **keys))
    else:
        tx.execute(
            update(t.devices)
            .where(t.devices.c.id == new.device)
            .values(adopted_at=tx.now_s, **keys)
        )
    tx.journal("device_adopted", {"device": new.device, "kind": new.kind})
    return Done(None, (ask_for(tx, [new.device]),))
