"""Visitors: a resident or the desk invites, a door lets in, and whoever invited sees who came.

The pass itself is signed outside, after the commit. A revoked pass is known at its doors as soon
as they have their next policy; until then, and without a network, it may still open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update

from devices.facts import PASS_AGAIN_S
from devices.guests import CODE_LENGTH_MAX_S, CODE_USES_MAX, CODES_MAX
from devices.passes import DOORS_MAX, LENGTH_MAX_S
from hub.acts.askers import still_good
from hub.acts.policies import ask_for
from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.homes import home_of
from hub.store.writer import Done, Tx

LONG_MAX_S = 31 * 86_400  # who comes for longer than a month is given a card
USES_MAX = 62  # of a long pass at each door: twice a day for a month
AHEAD_MAX_S = 30 * 86_400.0  # a month: further ahead, plans change and codes lie about
OPEN_MAX = 12  # passes of a household that may still be used; a birthday party is fewer
DAY_MAX = 40  # passes of a household made within a day; more is a shop, or somebody guessing
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody shall be let in; the id is made from the request, so that a repeat is the same.

    ``strict``: once in all. ``uses``: at each door. ``code_sealed``: a courier's typed code instead
    of a signed pass.
    """

    id: str
    host: str
    doors: Sequence[str]
    from_s: float
    to_s: float
    label_sealed: str
    by: str
    strict: bool = False
    uses: int = 1
    code_sealed: str | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """A pass as it was written down."""

    id: str
    host: str
    doors: tuple[str, ...]
    from_s: float
    to_s: float


def invite(tx: Tx, wish: Invitation, now: datetime) -> Done[Invited]:
    """Write a pass down; the same id again is the same pass and changes nothing."""
    del now
    known = tx.execute(select(t.passes).where(t.passes.c.id == wish.id)).first()
    if known is not None:
        return Done(
            Invited(known.id, known.host_id, tuple(known.doors), known.from_at, known.to_at)
        )
    still_good(tx, wish.by)
    household = home_of(tx, wish.host, tx.now_s)
    if household is None:
        raise DomainError("not_allowed", "only who lives here invites")
    _check(wish, tx.now_s)
    _bounded(tx, household)
    if wish.code_sealed is not None:
        _check_code(tx, wish)
    tx.execute(
        insert(t.passes).values(
            id=wish.id,
            host_id=wish.host,
            household_id=household,
            doors=list(wish.doors),
            label_sealed=wish.label_sealed,
            from_at=wish.from_s,
            to_at=wish.to_s,
            issued_at=tx.now_s,
            issued_by=wish.by,
            strict=wish.strict,
            uses=wish.uses,
            code_sealed=wish.code_sealed,
        )
    )
    typed = wish.code_sealed is not None
    body = {"pass": wish.id, "host": wish.host, "doors": list(wish.doors), "by": wish.by}
    kind = {"strict": wish.strict, "uses": wish.uses, "typed": typed}
    tx.journal("pass_issued", {**body, **kind, "from": wish.from_s, "to": wish.to_s})
    made = Invited(wish.id, wish.host, tuple(wish.doors), wish.from_s, wish.to_s)
    return Done(made, (_tell_doors(tx, wish.doors),) if typed else ())


def _check(wish: Invitation, now_s: float) -> None:
    if not 1 <= len(set(wish.doors)) == len(wish.doors) <= DOORS_MAX:
        raise DomainError("field_wrong", f"1 to {DOORS_MAX} different doors", "doors")
    typed, length_s = wish.code_sealed is not None, wish.to_s - wish.from_s
    most_s = CODE_LENGTH_MAX_S if typed else LONG_MAX_S
    if not 0 < length_s <= most_s:
        says = "12 hours" if typed else "31 days"
        raise DomainError("field_wrong", f"the end is at most {says} after the beginning", "ends")
    if typed and len(wish.doors) != 1:
        raise DomainError("field_wrong", "a code is typed at one door", "doors")
    if wish.strict and typed:
        raise DomainError("field_wrong", "a code counts at its one door anyway", "strict")
    most = CODE_USES_MAX if typed else USES_MAX
    # a door that decides alone lets a signed pass in once: how often, it does not say
    if not 1 <= wish.uses <= (most if typed or length_s > LENGTH_MAX_S else 1):
        raise DomainError("field_wrong", "more uses than such a pass may have", "uses")
    if wish.strict and wish.uses != 1:
        raise DomainError("field_wrong", "once in all is one use", "uses")
    if wish.to_s <= now_s:
        raise DomainError("field_wrong", "the end has passed", "ends")
    if wish.from_s > now_s + AHEAD_MAX_S:
        raise DomainError("field_wrong", "at most 30 days ahead", "begins")


def _check_code(tx: Tx, wish: Invitation) -> None:
    """A door with a keypad that does not hold too many codes: each one helps a guesser."""
    (door,) = wish.doors
    takes = tx.execute(select(t.doors.c.codes).where(t.doors.c.id == door)).scalar()
    if not takes:
        raise DomainError("field_wrong", "a door where codes are typed", "doors")
    living = select(t.passes.c.doors).where(
        t.passes.c.code_sealed.is_not(None),
        t.passes.c.revoked_at.is_(None),
        t.passes.c.to_at > tx.now_s,
    )
    if sum(door in doors for (doors,) in tx.execute(living).all()) >= CODES_MAX:
        raise DomainError("passes_many", f"at most {CODES_MAX} codes at a door")


def _tell_doors(tx: Tx, doors: Iterable[str]) -> object:
    named = select(t.doors.c.device_id).where(t.doors.c.id.in_(set(doors))).distinct()
    return ask_for(tx, tx.execute(named).scalars().all())


def _bounded(tx: Tx, household: str) -> None:
    own = t.passes.c.household_id == household
    still = (t.passes.c.revoked_at.is_(None), t.passes.c.to_at > tx.now_s)
    count = select(func.count()).select_from(t.passes)
    if tx.execute(count.where(own, *still)).scalar_one() >= OPEN_MAX:
        raise DomainError("passes_many", f"at most {OPEN_MAX} open passes")
    today = t.passes.c.issued_at > tx.now_s - DAY_S
    if tx.execute(count.where(own, today)).scalar_one() >= DAY_MAX:
        raise DomainError("passes_many", f"at most {DAY_MAX} passes in 24 hours")


@dataclass(frozen=True, slots=True)
class PassEnd:
    """A pass shall open nothing any more; with ``host`` only one of that person's own."""

    id: str
    by: str
    host: str | None = None


def end_pass(tx: Tx, wish: PassEnd, now: datetime) -> Done[None]:
    """Revoke a pass; its doors learn it with their next policy. Twice is no error."""
    del now
    row = tx.execute(select(t.passes).where(t.passes.c.id == wish.id)).first()
    if row is None or wish.host not in (None, row.host_id):
        raise DomainError("not_found", "no such pass")
    if row.revoked_at is not None or row.to_at <= tx.now_s:
        return Done(None)
    return Done(None, _end(tx, [(row.id, row.doors)], wish.by))


def end_passes_by(tx: Tx, issuer: str, by: str) -> tuple[object, ...]:
    """Revoke every open pass that a lost phone or card made; part of another act.

    Whoever held the phone may have let himself in for tomorrow.
    """
    rows = tx.execute(
        select(t.passes.c.id, t.passes.c.doors).where(
            t.passes.c.issued_by == issuer,
            t.passes.c.revoked_at.is_(None),
            t.passes.c.to_at > tx.now_s,
        )
    ).all()
    return _end(tx, [(row.id, row.doors) for row in rows], by)


def _end(tx: Tx, found: Iterable[tuple[str, Sequence[str]]], by: str) -> tuple[object, ...]:
    doors: set[str] = set()
    for name, own in found:
        tx.execute(update(t.passes).where(t.passes.c.id == name).values(revoked_at=tx.now_s))
        tx.journal("pass_revoked", {"pass": name, "by": by})
        doors |= set(own)
    return (_tell_doors(tx, doors),) if doors else ()


def note_use(tx: Tx, name: str, door: str, at_s: float, *, word: bool = False) -> None:
    """A door let this visitor in; part of hearing its event.

    What nobody issued is not noted, nor what a door says of a pass that does not name it. Showing
    it again at a door that never opened is the same coming in; where the hub gave its ``word`` for
    this showing, the door did open before, and it is another one.
    """
    known = tx.execute(select(t.passes.c.doors).where(t.passes.c.id == name)).first()
    if known is None or door not in known.doors:
        return
    own = (t.pass_uses.c.pass_id == name, t.pass_uses.c.door_id == door)
    use = tx.execute(select(t.pass_uses).where(*own)).first()
    if use is None:
        first = {"pass_id": name, "door_id": door, "at": at_s, "last_at": at_s, "times": 1}
        tx.execute(insert(t.pass_uses).values(**first))
        return
    again = not word and abs(at_s - use.last_at) <= PASS_AGAIN_S
    tx.execute(
        update(t.pass_uses)
        .where(*own)
        .values(last_at=max(at_s, use.last_at), times=use.times + (not again))
    )
