"""After a restore: nothing that a door denies is let in again before the door, or staff, said so.

A copy is older than its site. Whatever was revoked after it was made is unknown to the restored
hub, but not to the doors. So each device is asked for what it still holds; until it has told, the
hub publishes no policy for it; what it denies is kept out of its next policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from drivers.dc09 import SEQUENCE_MOST
from hub.acts.cards import BlockCard, block_card
from hub.acts.incidents import STATION_EFFECT
from hub.acts.phones import Revocation, revoke
from hub.acts.policies import ask_for
from hub.acts.staff import EndMember, end_member
from hub.core.effects import WorkWaiting
from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.writer import Done, Tx

MARK_KEY = "restored"
SINCE_KEY = "restored-since"  # the epoch in which the copy was made
MARKED_KEY = "restored-at"  # when the devices were last asked, whoever wanted it
KNOWN_KEY = "restored-endings"  # the old machine's own list was there: nothing is waited for
_KEYS = (MARK_KEY, SINCE_KEY, MARKED_KEY, KNOWN_KEY)
WAITING, TOLD, RELEASED = "waiting", "told", "released"
_KNOWN = (t.policies.c.device_id, t.policies.c.epoch, t.policies.c.number)


@dataclass(frozen=True, slots=True)
class Restored:
    """A copy was brought back: its own name, when it was made, and the epoch it was made in."""

    mark: str
    made_at: float
    made_in_epoch: int


def mark_restored(tx: Tx, what: Restored, now: datetime) -> Done[None]:
    """Remember it; ask every device; void codes and sessions, which may have been used since."""
    del now
    tx.execute(delete(t.settings).where(t.settings.c.key.in_(_KEYS)))
    said = {MARK_KEY: what.mark, SINCE_KEY: str(what.made_in_epoch), MARKED_KEY: str(tx.now_s)}
    tx.execute(insert(t.settings), [{"key": key, "value": value} for key, value in said.items()])
    tx.execute(delete(t.recalls))
    # what an earlier restore kept out stays out: the doors have it in the policy that they hold
    tx.execute(delete(t.sessions))
    tx.execute(delete(t.codes))
    known = {row.device_id: row for row in tx.execute(select(*_KNOWN)).all()}
    devices = tx.execute(
        select(t.devices.c.id, t.devices.c.kind).where(t.devices.c.removed_at.is_(None))
    ).all()
    for device in devices:
        row = known.get(device.id)
        tx.execute(
            insert(t.recalls).values(
                device_id=device.id,
                mark=what.mark,
                state=WAITING,
                changed_at=tx.now_s,
                released_by="",
                known_epoch=row.epoch if row else 0,
                known_number=row.number if row else 0,
            )
        )
    _hold_messages(tx)
    # numbers of messages since the copy are unknown: half a ring on, none is met as a copy
    ahead = (t.stations.c.sequence + SEQUENCE_MOST // 2) % SEQUENCE_MOST
    tx.execute(update(t.stations).values(sequence=ahead))
    # the doors may hold others by now: each gets a whole new one, never a step from an old one
    tx.execute(delete(t.policy_deltas))
    tx.execute(delete(t.policy_snapshots))
    tx.execute(delete(t.policies))
    tx.journal(
        "restored",
        {"mark": what.mark, "made_at": what.made_at, "made_in_epoch": what.made_in_epoch},
    )
    return Done(None, (ask_for(tx, [device.id for device in devices if device.kind == "door"]),))


def _hold_messages(tx: Tx) -> None:
    """What waited for a station in the copy may have been sent since: people ask there first."""
    held = (t.effects.c.done_at.is_(None), t.effects.c.kind.like(f"{STATION_EFFECT}%"))
    bodies = tx.execute(select(t.effects.c.body).where(*held)).scalars().all()
    names = {body["incident"] for body in bodies}
    tx.execute(update(t.effects).where(*held).values(done_at=tx.now_s))
    own = t.incidents.c.id.in_(names)
    tx.execute(update(t.incidents).where(own).values(trouble="station_restored"))


@dataclass(frozen=True, slots=True)
class Ended:
    """What the hub itself once sealed as ended: phones, members of staff, cards, by their ids."""

    phones: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()


ENDED_AT_ONCE = 40  # of one act


def in_parts(ended: Ended) -> Iterator[Ended]:
    """The same in parts that an act can take."""
    for start in range(0, max(map(len, (ended.phones, ended.staff, ended.cards))), ENDED_AT_ONCE):
        part = slice(start, start + ENDED_AT_ONCE)
        yield Ended(ended.phones[part], ended.staff[part], ended.cards[part])


def end_again(tx: Tx, ended: Ended, now: datetime) -> Done[int]:
    """End them again; the value counts what the copy had forgotten.

    Whoever came after the copy was made is unknown here and stays so.
    """
    fresh = 0
    effects: list[object] = []
    for phone in ended.phones:
        row = tx.execute(select(t.phones.c.revoked_at).where(t.phones.c.id == phone)).first()
        if row is not None and row.revoked_at is None:
            effects += revoke(tx, Revocation(phone, "recall"), now).effects
            fresh += 1
    known = tx.execute(
        select(t.staff.c.name).where(t.staff.c.id.in_(ended.staff), t.staff.c.ended_at.is_(None))
    ).scalars()
    for name in known.all():
        effects += end_member(tx, EndMember(name, "recall"), now).effects
        fresh += 1
    for card in ended.cards:
        try:
            done = block_card(tx, BlockCard(card, "recall"), now)
        except DomainError:
            continue  # given out after the copy was made: nobody knows it here
        fresh += done.value.fresh
        effects += done.effects
    return Done(fresh, tuple(effects))


def endings_known(tx: Tx, _nothing: None, now: datetime) -> Done[None]:
    """All that was ended has been read from the old machine."""
    del now
    tx.execute(insert(t.settings).values(key=KNOWN_KEY, value="1"))
    return Done(None)


@dataclass(frozen=True, slots=True)
class Testified:
    """A device told what it holds; ``held`` is what its next policy must leave out."""

    device: str
    mark: str
    held: tuple[str, ...] = ()


def settle(tx: Tx, told: Testified, now: datetime) -> Done[bool]:
    """The device's policy may be published again, without what it denied."""
    del now
    done = tx.execute(
        update(t.recalls)
        .where(
            t.recalls.c.device_id == told.device,
            t.recalls.c.mark == told.mark,
            t.recalls.c.state == WAITING,
        )
        .values(state=TOLD, changed_at=tx.now_s)
    )
    if not done.rowcount:
        return Done(False)
    _keep_out(tx, told.device, told.held)
    tx.journal("recall_told", {"device": told.device, "held": len(told.held)})
    return Done(True, (ask_for(tx, [told.device]),))


def _keep_out(tx: Tx, device: str, subjects: Iterable[str]) -> None:
    held = tx.execute(select(t.restraints.c.subject).where(t.restraints.c.device_id == device))
    rows = [
        {"device_id": device, "subject": subject, "since": tx.now_s}
        for subject in sorted(set(subjects) - set(held.scalars()))
    ]
    if rows:
        tx.execute(insert(t.restraints), rows)


@dataclass(frozen=True, slots=True)
class Release:
    """Staff answers for a device: it need not tell, or what it denied may come in again."""

    device: str
    by: str
    reason: str


def release(tx: Tx, wish: Release, now: datetime) -> Done[None]:
    """Take the hub's rules as they are for this device; in the log with its reason."""
    del now
    known = tx.execute(select(t.recalls).where(t.recalls.c.device_id == wish.device)).first()
    if known is None:
        raise DomainError("not_found", "no recall of this device is open", "device")
    tx.execute(
        update(t.recalls)
        .where(t.recalls.c.device_id == wish.device)
        .values(state=RELEASED, changed_at=tx.now_s, released_by=wish.by)
    )
    tx.execute(delete(t.restraints).where(t.restraints.c.device_id == wish.device))
    tx.journal(
        "recall_released", {"device": wish.device, "by": wish.by, "reason": wish.reason[:200]}
    )
    return Done(None, (ask_for(tx, [wish.device]), WorkWaiting("recall")))
