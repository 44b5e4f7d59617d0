"""Policies of devices: asked for in the act that changes a rule, compiled outside, then stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, select, update

from devices.access import Credential
from devices.identity import KINDS
from devices.messages import NO_REVISION, Delta, Have, Revision
from hub.core.effects import Announce, WorkWaiting
from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.writer import Done, Tx

DELTAS_KEPT = 48  # older steps than these lead nobody anywhere: such a device takes the snapshot
_IDS_AT_ONCE = 500  # the bound on parameters of small databases
PATCHES_AT_ONCE = 40  # devices in one act: keeps an act near 20 ms


def ask_for(tx: Tx, devices: Iterable[str]) -> WorkWaiting:
    """Called by every act that changes what a door must know; survives a crash with it."""
    _ask(tx, t.policy_changes, "device_id", devices)
    return WorkWaiting("policy")


def _ask(tx: Tx, table: Table, column: str, ids: Iterable[str]) -> None:
    """A few statements however many there are: three hundred doors are asked for in one act."""
    names = sorted(set(ids))
    for start in range(0, len(names), _IDS_AT_ONCE):
        part = names[start : start + _IDS_AT_ONCE]
        tx.execute(delete(table).where(table.c[column].in_(part)))
        tx.execute(insert(table), [{column: one, "asked_at": tx.now_s} for one in part])


def ask_where_typed(tx: Tx) -> object:
    """A new policy where PINs are typed: thousands set one, and most doors take none."""
    d = t.doors.c
    doors = select(d.device_id, d.pin, d.typed, d.asks_by)
    typed = {row.device_id for row in tx.execute(doors) if row.pin or row.typed or row.asks_by}
    return ask_for(tx, typed)


def ask_for_cards(tx: Tx, people: Iterable[str]) -> WorkWaiting:
    """Called by every act that changes only some people's cards: they spread as small deltas."""
    _ask(tx, t.card_changes, "person_id", people)
    return WorkWaiting("policy")


@dataclass(frozen=True, slots=True)
class SnapshotWanted:
    """A snapshot for devices that begin, or are too far behind for deltas."""

    device: str
    revision: Revision
    head: str
    sha256: str
    sealed: bytes
    sealed_to: bytes
    body: bytes

    def columns(self) -> dict[str, Any]:
        """What the policies table keeps of it."""
        return {
            "base_epoch": self.revision.epoch,
            "base_number": self.revision.number,
            "base_head": self.head,
            "sha256": self.sha256,
            "size_bytes": len(self.sealed),
            "sealed_to": self.sealed_to,
        }


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A sealed policy ready to be wanted; ``after`` is the revision that it replaces."""

    device: str
    after: Revision
    count: int
    base: SnapshotWanted
    asked_at: float


def store_policy(tx: Tx, fresh: CompiledPolicy, now: datetime) -> Done[bool]:
    """Make a policy the wanted one; False when another came first (compile again)."""
    del now
    if _wanted(tx, fresh.device) != fresh.after:
        return Done(False)
    at = fresh.base.revision
    values = {
        "epoch": at.epoch,
        "number": at.number,
        "head": fresh.base.head,
        "count": fresh.count,
        "made_at": tx.now_s,
        **fresh.base.columns(),
    }
    known = tx.execute(
        select(t.policies.c.device_id).where(t.policies.c.device_id == fresh.device)
    ).first()
    if known is None:
        tx.execute(
            insert(t.policies).values(device_id=fresh.device, have_epoch=0, have_number=0, **values)
        )
    else:
        tx.execute(
            update(t.policies).where(t.policies.c.device_id == fresh.device).values(**values)
        )
    _keep_bytes(tx, fresh.base)
    tx.execute(delete(t.policy_deltas).where(t.policy_deltas.c.device_id == fresh.device))
    _answered(tx, fresh.device, fresh.asked_at)
    tx.journal("policy_wanted", {"device": fresh.device, "rev": [at.epoch, at.number]})
    return Done(True)


def _keep_bytes(tx: Tx, base: SnapshotWanted) -> None:
    kept = t.policy_snapshots
    tx.execute(delete(kept).where(kept.c.device_id == base.device))
    tx.execute(insert(kept).values(device_id=base.device, sealed=base.sealed, body=base.body))


def store_snapshot(tx: Tx, fresh: tuple[SnapshotWanted, float], now: datetime) -> Done[bool]:
    """Renew the snapshot of what is wanted already; devices that hold it notice nothing."""
    del now
    base, asked_at = fresh
    if _wanted(tx, base.device) != base.revision:
        return Done(False)
    tx.execute(
        update(t.policies).where(t.policies.c.device_id == base.device).values(**base.columns())
    )
    _keep_bytes(tx, base)
    deltas = t.policy_deltas.c
    old = tx.execute(
        select(deltas.epoch, deltas.number)
        .where(deltas.device_id == base.device)
        .order_by(deltas.epoch.desc(), deltas.number.desc())
        .offset(DELTAS_KEPT)
    ).all()
    for row in old:
        tx.execute(
            delete(t.policy_deltas).where(
                deltas.device_id == base.device,
                deltas.epoch == row.epoch,
                deltas.number == row.number,
            )
        )
    _answered(tx, base.device, asked_at)
    return Done(True)


@dataclass(frozen=True, slots=True)
class DeltaWanted:
    """A step of one device's policy, ready to be wanted; ``count`` where it changed."""

    device: str
    delta: Delta
    head: str
    count: int | None
    body: bytes
    asked_at: float | None


def store_delta(tx: Tx, fresh: DeltaWanted, now: datetime) -> Done[bool]:
    """Make one step the wanted one; False when another came first (compile again)."""
    del now
    if _wanted(tx, fresh.device) != fresh.delta.after:
        return Done(False)
    _step(tx, [fresh])
    if fresh.count is not None:
        tx.execute(
            update(t.policies)
            .where(t.policies.c.device_id == fresh.device)
            .values(count=fresh.count)
        )
    if fresh.asked_at is not None:
        _answered(tx, fresh.device, fresh.asked_at)
    return Done(True)


@dataclass(frozen=True, slots=True)
class CardPatch:
    """A step that changes cards, what they are now, and the doors that know each of them."""

    wanted: DeltaWanted
    cards: Mapping[str, Credential]
    doors: Mapping[str, list[str]]


def store_card_patches(tx: Tx, fresh: Sequence[CardPatch], now: datetime) -> Done[set[str]]:
    """Make steps the wanted ones, up to PATCHES_AT_ONCE; the value names the devices that took it.

    A revocation that is under way learns here which doors know its card, and from which revision
    on they do not.
    """
    del now
    p = t.policies.c
    devices = [one.wanted.device for one in fresh]
    rows = tx.execute(select(p.device_id, p.epoch, p.number).where(p.device_id.in_(devices)))
    wanted = {row.device_id: Revision(row.epoch, row.number) for row in rows}
    taken = [one for one in fresh if wanted.get(one.wanted.device) == one.wanted.delta.after]
    if taken:
        _step(tx, [one.wanted for one in taken])
        _note_revoked(tx, [_reach_of(one) for one in taken])
    return Done({one.wanted.device for one in taken})


def _step(tx: Tx, steps: Sequence[DeltaWanted]) -> None:
    tx.execute(
        insert(t.policy_deltas),
        [
            {
                "device_id": one.device,
                "epoch": one.delta.revision.epoch,
                "number": one.delta.revision.number,
                "after_epoch": one.delta.after.epoch,
                "after_number": one.delta.after.number,
                "sealed": one.delta.sealed,
                "body": one.body,
            }
            for one in steps
        ],
    )
    tx.execute(
        update(t.policies)
        .where(t.policies.c.device_id == bindparam("of"))
        .values(epoch=bindparam("to_epoch"), number=bindparam("to_number"),
                head=bindparam("to_head"), made_at=tx.now_s),
        [
            {
                "of": one.device,
                "to_epoch": one.delta.revision.epoch,
                "to_number": one.delta.revision.number,
                "to_head": one.head,
            }
            for one in steps
        ],
    )  # fmt: skip
    revisions = {one.device: list(astuple(one.delta.revision)) for one in steps}
    tx.journal("policy_wanted", {"devices": revisions})


@dataclass(frozen=True, slots=True)
class Reach:
    """A device that knows blocked cards until it holds a revision, and the doors they open."""

    device: str
    revision: Revision
    doors: Mapping[str, list[str]]


def _reach_of(one: CardPatch) -> Reach:
    return Reach(one.wanted.device, one.wanted.delta.revision, one.doors)


def note_reach(
    tx: Tx, later: tuple[Sequence[CardPatch], Sequence[Reach]], now: datetime
) -> Done[None]:
    """Devices that take no patch: compiled whole, or, after a restore, when they have told.

    Until then they know the lost card, and nobody may be told otherwise.
    """
    del now
    patches, awaited = later
    whole = [one.wanted.device for one in patches]
    kept_out = {
        (row.device_id, row.subject)
        for row in tx.execute(select(t.restraints).where(t.restraints.c.device_id.in_(whole)))
    }
    reach = [
        Reach(
            one.device,
            one.revision,
            {
                card: doors
                for card, doors in one.doors.items()
                if (one.device, f"card:{card}") not in kept_out
            },
        )
        for one in (*map(_reach_of, patches), *awaited)
    ]
    _note_revoked(tx, reach)
    return Done(None, (ask_for(tx, whole),))


def _note_revoked(tx: Tx, taken: Sequence[Reach]) -> None:
    cards = {card for one in taken for card in one.doors}
    under_way = tx.execute(
        select(t.revocations.c.id, t.revocations.c.subject).where(
            t.revocations.c.kind == "card",
            t.revocations.c.subject.in_(cards),
            t.revocations.c.spread_at.is_(None),
            t.revocations.c.ended_at.is_(None),
        )
    ).all()
    for revocation in under_way:
        told = set(
            tx.execute(
                select(t.revocation_doors.c.device_id).where(
                    t.revocation_doors.c.revocation_id == revocation.id
                )
            ).scalars()
        )
        rows = [
            {
                "revocation_id": revocation.id,
                "device_id": one.device,
                "doors": one.doors[revocation.subject],
                "epoch": one.revision.epoch,
                "number": one.revision.number,
                "gone_at": None,
            }
            for one in taken
            if revocation.subject in one.doors and one.device not in told
        ]
        if rows:
            tx.execute(insert(t.revocation_doors), rows)


def end_card_changes(tx: Tx, people: Mapping[str, float], now: datetime) -> Done[None]:
    """Every device that knows these people has been told; their revocations wait for receipts."""
    del now
    effects: list[object] = []
    for person, asked_at in people.items():
        tx.execute(
            delete(t.card_changes).where(
                t.card_changes.c.person_id == person, t.card_changes.c.asked_at <= asked_at
            )
        )
        waiting = (
            t.revocations.c.person_id == person,
            t.revocations.c.spread_at.is_(None),
            t.revocations.c.asked_at <= asked_at,
        )
        cards = tx.execute(select(t.revocations.c.subject).where(*waiting)).scalars().all()
        effects += [Announce("card", {"card": card}) for card in cards]
        tx.execute(update(t.revocations).where(*waiting).values(spread_at=tx.now_s))
    return Done(None, tuple(effects))


def compile_instead(tx: Tx, people: Mapping[str, float], now: datetime) -> Done[None]:
    """Too many people at once for patches: every device is compiled whole."""
    del now
    for person, asked_at in people.items():
        tx.execute(
            delete(t.card_changes).where(
                t.card_changes.c.person_id == person, t.card_changes.c.asked_at <= asked_at
            )
        )
    devices = tx.execute(select(t.doors.c.device_id).distinct()).scalars().all()
    return Done(None, (ask_for(tx, devices),))


def _wanted(tx: Tx, device: str) -> Revision:
    row = tx.execute(
        select(t.policies.c.epoch, t.policies.c.number).where(t.policies.c.device_id == device)
    ).first()
    return Revision(row.epoch, row.number) if row is not None else NO_REVISION


def _answered(tx: Tx, device: str, asked_at: float) -> None:
    tx.execute(
        delete(t.policy_changes).where(
            t.policy_changes.c.device_id == device, t.policy_changes.c.asked_at <= asked_at
        )
    )


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A compilation gave what is already wanted."""

    device: str
    asked_at: float


def drop_change(tx: Tx, same: Unchanged, now: datetime) -> Done[None]:
    """Nothing to send: the question is answered."""
    del now
    _answered(tx, same.device, same.asked_at)
    return Done(None)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A device says which policy is in force there."""

    device: str
    have: Have


RECEIPTS_AT_ONCE = 100  # in one act; after a lost card every door's receipt comes at once


def note_haves(tx: Tx, receipts: Sequence[Receipt], now: datetime) -> Done[list[str]]:
    """Keep receipts, one for each device; the value names those that have less than they should."""
    del now
    have = {one.device: one.have.revision for one in receipts}
    p = t.policies.c
    rows = tx.execute(
        select(p.device_id, p.epoch, p.number, p.have_epoch, p.have_number).where(
            p.device_id.in_(have)
        )
    ).all()
    fresh = [
        row for row in rows if Revision(row.have_epoch, row.have_number) != have[row.device_id]
    ]
    if fresh:
        tx.execute(
            _HAVE,
            [
                {"of": row.device_id, "at": tx.now_s, "e": have[row.device_id].epoch,
                 "n": have[row.device_id].number}
                for row in fresh
            ],
        )  # fmt: skip
        told = {row.device_id: list(astuple(have[row.device_id])) for row in fresh}
        tx.journal("policy_in_force", {"devices": told})
    effects = _note_gone(tx, {row.device_id: have[row.device_id] for row in rows})
    behind = [
        row.device_id for row in rows if have[row.device_id] < Revision(row.epoch, row.number)
    ]
    return Done(behind, effects)


_HAVE = (
    update(t.policies)
    .where(t.policies.c.device_id == bindparam("of"))
    .values(have_epoch=bindparam("e"), have_number=bindparam("n"), have_at=bindparam("at"))
)
_GONE = (
    update(t.revocation_doors)
    .where(
        t.revocation_doors.c.revocation_id == bindparam("revocation"),
        t.revocation_doors.c.device_id == bindparam("of"),
    )
    .values(gone_at=bindparam("at"))
)


def _note_gone(tx: Tx, have: Mapping[str, Revision]) -> tuple[object, ...]:
    """The receipts of revocations: what these devices no longer know from a revision on."""
    rows = t.revocation_doors.c
    waiting = tx.execute(
        select(rows.revocation_id, rows.device_id, rows.epoch, rows.number).where(
            rows.device_id.in_(have), rows.gone_at.is_(None)
        )
    )
    reached = [row for row in waiting if Revision(row.epoch, row.number) <= have[row.device_id]]
    if not reached:
        return ()
    gone = [
        {"revocation": row.revocation_id, "of": row.device_id, "at": tx.now_s} for row in reached
    ]
    tx.execute(_GONE, gone)
    ids = {row.revocation_id for row in reached}
    cards = tx.execute(select(t.revocations.c.subject).where(t.revocations.c.id.in_(ids)))
    return tuple(Announce("card", {"card": card}) for card in cards.scalars())


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
    if new.kind not in KINDS:
        raise DomainError("field_wrong", f"kind is one of {', '.join(KINDS)}", "kind")
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
