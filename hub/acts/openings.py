"""Openings by phone: presented by the hub, decided at the door, never sent twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from devices.access import Policy, Request, Way
from devices.messages import Assurance, Presentation
from hub.acts.events import NOT_OF_THE_OPENING, announced
from hub.core.early import early_refusal
from hub.core.effects import Announce, SendAccess
from hub.core.errors import DomainError
from hub.core.proofs import REPEAT_S
from hub.store import tables as t
from hub.store.prepared import Prepared, json_text, json_value
from hub.store.writer import Done, Tx

_KNOWN = Prepared(
    select(
        t.openings.c.digest,
        t.openings.c.presented_at,
        t.openings.c.outcome,
        t.openings.c.reason,
        t.openings.c.ms,
        t.phones.c.revoked_at,
        t.phones.c.suspended_at,
    )
    .select_from(t.phones.outerjoin(t.openings, t.openings.c.id == bindparam("opening")))
    .where(t.phones.c.id == bindparam("phone"))
)
_PRESENTED = Prepared(insert(t.openings))
_ANSWERED = Prepared(
    update(t.openings)
    .where(
        t.openings.c.id == bindparam("opening"),
        t.openings.c.door_id.in_(
            select(t.doors.c.id).where(t.doors.c.device_id == bindparam("device"))
        ),
        t.openings.c.outcome.is_(None),
    )
    .values(
        outcome=bindparam("told"),
        reason=bindparam("why"),
        ms=bindparam("stages"),
        answered_at=bindparam("at"),
    )
)


@dataclass(frozen=True, slots=True)
class Present:
    """A verified wish: which phone, which door, and the bytes that asked for it.

    ``opening`` is made of the key and the proof's nonce, so that its row is what spends the nonce;
    ``looks``: whether a face may be looked for there now, in the place of a PIN.
    """

    opening: str
    phone: str
    person: str
    digest: str
    door: str
    device: str
    number: int
    hub: str
    policy: Policy | None
    looks: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known of an opening; ``outcome`` None while the door has not answered."""

    id: str
    outcome: str | None
    reason: str | None
    ms: Mapping[str, float]
    repeat: bool


def present(tx: Tx, wish: Present, now: datetime) -> Done[Opening]:
    """Spend the nonce, decide early, and journal the wish; the command leaves after the commit."""
    known = tx.read(_KNOWN, {"phone": wish.phone, "opening": wish.opening})
    if not known:
        raise DomainError("phone_revoked")
    digest, *told, revoked_at_s, suspended_at_s = known[0]
    if digest is not None:
        return Done(_stored(tx, wish, digest, *told))
    if revoked_at_s is not None:
        raise DomainError("phone_revoked")
    if suspended_at_s is not None:
        raise DomainError("phone_paused")
    request = Request(
        door=wish.number,
        way=Way.REMOTE,
        person=wish.person,
        assurance=Assurance.MUTUAL,
        revision=wish.policy.revision if wish.policy else Request(0, Way.REMOTE).revision,
    )
    refused = early_refusal(wish.policy, request, now)
    if refused == "pin_needed" and wish.looks:  # the door asks for the face, or says why not
        refused = None
    tx.write(
        _PRESENTED,
        {
            "id": wish.opening,
            "digest": wish.digest,
            "phone_id": wish.phone,
            "person_id": wish.person,
            "door_id": wish.door,
            "presented_at": tx.now_s,
            "outcome": None if refused is None else "refused",
            "reason": refused,
            "ms": "{}",
            "answered_at": None,
        },
    )
    if refused is not None:
        return Done(
            Opening(wish.opening, "refused", refused, {}, repeat=False),
            (_refused_early(tx, wish, refused),),
        )
    tx.journal(
        "presented",
        {"opening": wish.opening, "phone": wish.phone, "person": wish.person, "door": wish.door},
    )
    shown = Presentation(wish.person, Assurance.MUTUAL, request.revision, "phone")
    return Done(
        Opening(wish.opening, None, None, {}, repeat=False),
        (SendAccess(wish.opening, wish.device, wish.number, shown),),
    )


def _stored(
    tx: Tx,
    wish: Present,
    digest: str,
    presented_at_s: float,
    outcome: str | None,
    reason: str | None,
    ms: Any,
) -> Opening:
    """The answer of the very same bytes within a minute; anything else of a spent nonce is late."""
    if digest != wish.digest or tx.now_s - presented_at_s > REPEAT_S:
        raise DomainError("request_spent")
    return Opening(wish.opening, outcome, reason, json_value(ms), repeat=True)


def _refused_early(tx: Tx, wish: Present, reason: str) -> Announce:
    """The hub refused on the door's behalf; it stands in the log like any refusal."""
    row: dict[str, Any] = {
        "device_id": wish.hub,
        "boot": wish.opening,
        "seq": 0,
        "at": tx.now_s,
        "recorded_at": tx.now_s,
        "kind": "access",
        "door_id": wish.door,
        "outcome": "refused",
        "reason": reason,
        "person_id": wish.person,
        "via": "phone",
        "late": False,
        "ms": {},
        "body": "{}",
    }
    n = tx.record(t.events, row)
    return Announce("event", announced(n, row))


@dataclass(frozen=True, slots=True)
class Answered:
    """A controller's own answer to a command; ``device`` says who spoke."""

    opening: str
    outcome: str
    reason: str
    ms: Mapping[str, float]
    device: str


def note_answer(tx: Tx, answer: Answered, now: datetime) -> Done[None]:
    """Keep the answer for a repeated request; where the door's event came first it is the truth."""
    del now
    if answer.reason in NOT_OF_THE_OPENING:
        return Done(None)
    tx.write(
        _ANSWERED,
        {
            "opening": answer.opening,
            "device": answer.device,
            "told": answer.outcome,
            "why": answer.reason,
            "stages": json_text(dict(answer.ms)),
            "at": tx.now_s,
        },
    )
    return Done(None)
