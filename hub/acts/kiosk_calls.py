"""A call answered at a kiosk: whoever showed the card there lets in; the door decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from devices.access import Policy, Request, Way
from devices.messages import NO_REVISION, Assurance, Presentation
from hub.acts.calls import CallAnswer, answer_call
from hub.acts.openings import Opening
from hub.core.early import early_refusal
from hub.core.effects import SendAccess
from hub.store import tables as t
from hub.store.writer import Done, Tx

VIA = "kiosk"


@dataclass(frozen=True, slots=True)
class LetIn:
    """The holder of a proven card says "open" to a call that rings at the kiosk before them."""

    call: CallAnswer
    opening: str
    person: str
    device: str
    number: int
    policy: Policy | None


def let_in(tx: Tx, wish: LetIn, now: datetime) -> Done[Opening]:
    """Take the call and bring its answerer before the door, in one step; twice opens once."""
    known = tx.execute(select(t.openings).where(t.openings.c.id == wish.opening)).first()
    if known is not None:
        return Done(Opening(known.id, known.outcome, known.reason, known.ms, repeat=True))
    taken = answer_call(tx, wish.call, now)
    revision = wish.policy.revision if wish.policy else NO_REVISION
    request = Request(
        door=wish.number,
        way=Way.REMOTE,
        person=wish.person,
        assurance=Assurance.MUTUAL,  # the card proved its key to us, a moment ago
        revision=revision,
    )
    refused = early_refusal(wish.policy, request, now)
    tx.execute(
        insert(t.openings).values(
            id=wish.opening,
            phone_id=VIA,
            person_id=wish.person,
            door_id=taken.value,
            presented_at=tx.now_s,
            outcome=None if refused is None else "refused",
            reason=refused,
            ms={},
        )
    )
    tx.journal(
        "kiosk_opening",
        {"opening": wish.opening, "call": wish.call.call, "kiosk": wish.call.kiosk,
         "person": wish.person, "door": taken.value, "refused": refused},
    )  # fmt: skip
    if refused is not None:
        return Done(Opening(wish.opening, "refused", refused, {}, repeat=False), taken.effects)
    shown = Presentation(wish.person, Assurance.MUTUAL, revision, VIA)
    return Done(
        Opening(wish.opening, None, None, {}, repeat=False),
        (*taken.effects, SendAccess(wish.opening, wish.device, wish.number, shown)),
    )
