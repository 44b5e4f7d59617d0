"""Events of devices: at least once on the wire, exactly once as facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, insert, select, update

from devices.jws import canonical
from devices.messages import Ack, Event, Outcome
from devices.recall import FORGOT
from devices.wire import event_body
from hub.acts import alerts
from hub.acts.calls import ring
from hub.acts.checkins import Sun, check_in
from hub.acts.put_back import doubt
from hub.acts.visits import note_use
from hub.acts.vouching import answer_question, settle_word
from hub.core.alert_kinds import WITHHELD
from hub.core.effects import Announce, SendAck, WorkWaiting
from hub.core.event_kinds import QUIET
from hub.store import tables as t
from hub.store.prepared import Prepared, json_text
from hub.store.writer import Done, Tx

GUESTS = ("pass", "code")  # by what a visitor comes in
AHEAD: Final = 0  # what ``hear`` says of an event that came before its turn; numbers begin at one
STAND_IN: Final = '{"q":'  # how the body of what stands for a quarantined event begins
ACK_STEP = 256  # how many waiting numbers one act looks through
# What a door says of a copy of the command; of the opening itself nobody knows more by it.
NOT_OF_THE_OPENING = ("id_conflict", "connection_old")

_DEVICE: BindParameter[str] = bindparam("device")
_BOOT: BindParameter[str] = bindparam("of_boot")
_KNOWN = Prepared(
    select(t.events.c.body).where(
        t.events.c.device_id == _DEVICE,
        t.events.c.boot == _BOOT,
        t.events.c.seq == bindparam("number"),
    )
)
_SETTLED = Prepared(
    update(t.openings)
    .where(t.openings.c.id == bindparam("opening"), t.openings.c.door_id == bindparam("door"))
    .values(outcome=bindparam("told"), reason=bindparam("why"), ms=bindparam("stages"))
)
_MARK = Prepared(select(t.acks.c.upto).where(t.acks.c.device_id == _DEVICE, t.acks.c.boot == _BOOT))
_SPANS = Prepared(
    select(t.gaps.c.first, t.gaps.c.last)
    .where(t.gaps.c.device_id == _DEVICE, t.gaps.c.boot == _BOOT, t.gaps.c.last > bindparam("mark"))
    .order_by(t.gaps.c.first)
)
_WAITING = Prepared(
    select(t.events.c.seq)
    .where(
        t.events.c.device_id == _DEVICE,
        t.events.c.boot == _BOOT,
        t.events.c.seq > bindparam("mark"),
    )
    .order_by(t.events.c.seq)
    .limit(ACK_STEP)
)
_FIRST_MARK = Prepared(insert(t.acks))
_MARK_MOVED = Prepared(
    update(t.acks)
    .where(t.acks.c.device_id == _DEVICE, t.acks.c.boot == _BOOT)
    .values(upto=bindparam("mark"))
)


@dataclass(frozen=True, slots=True)
class Heard:
    """A verified event of a device; ``door`` is our id of the door it speaks of.

    ``in_turn``: it came on the topic where each event follows the one before; an alarm need not.
    """

    device: str
    event: Event
    door: str | None
    sun: Sun | None = None
    in_turn: bool = False

    def for_quarantine(self) -> str:
        """The event itself, raw: it names people by pseudonym only."""
        return canonical(event_body(self.event)).decode()


def announced(n: int, row: Mapping[str, Any]) -> dict[str, Any]:
    """An event's row as the pages receive it (names are added by who knows them)."""
    return {
        "n": n,
        "at": row["at"],
        "recorded_at": row["recorded_at"],
        "kind": row["kind"],
        "door": row["door_id"],
        "outcome": row["outcome"],
        "reason": row["reason"],
        "person": row["person_id"],
        "via": row["via"],
        "late": row["late"],
        "ms": row["ms"],
        "device": row["device_id"],
    }


def hear(tx: Tx, heard: Heard, now: datetime) -> Done[int | None]:
    """Record an event once; its number, or None when it was known. Acknowledged after commit.

    One whose forerunner is not here yet is AHEAD and not recorded: the device tells both again, in
    their order (it spoke while nobody listened, or one of them was dropped). It hears how far we
    are: where we once were further, our disk is an older one, and it tells all of that again.
    """
    event = heard.event
    body = canonical(event_body(event)).decode()
    known = _known(tx, heard.device, event)
    if known is None:
        mark = _mark(tx, heard.device, event.boot) or 0
        if heard.in_turn and event.seq > mark + 1:
            return Done(AHEAD, (_ack(tx, heard.device, event.boot),))
        if event.seq <= mark and event.kind != "gap":  # retention took it: it is no new fact
            return Done(None, (_ack(tx, heard.device, event.boot),))
    if event.kind == "gap":
        _note_gap(tx, heard.device, event)
    if known is not None:
        if known != body and event.kind != "gap" and not known.startswith(STAND_IN):
            tx.journal("event_conflict", {"device": heard.device, "body": body})
            told = alerts.conflicted(tx, heard.device, now)
            return Done(None, (*told, _ack(tx, heard.device, event.boot)))
        return Done(None, (_ack(tx, heard.device, event.boot),))
    row = _row(heard, body, tx.now_s)
    n = tx.record(t.events, row)
    effects: list[object] = []
    if event.kind not in (*WITHHELD, *QUIET):
        effects.append(Announce("event", announced(n, row)))
    effects += alerts.heard(tx, event, heard.device, heard.door, now)
    if event.command is not None and event.outcome is not None:
        _settle_opening(tx, event, heard.door)
    if heard.door is not None:
        effects += _of_visitors(tx, event, heard, heard.door, n)
    effects += _of_kind(tx, event, heard.device, now)
    if heard.sun is not None:
        effects += check_in(tx, heard.sun, heard.device, event, n, now).effects
    effects.append(_ack(tx, heard.device, event.boot))
    return Done(n, tuple(effects))


def _of_kind(tx: Tx, event: Event, device: str, now: datetime) -> tuple[object, ...]:
    """What two kinds of facts ask for: whom an area holds has changed; our disk is an older one."""
    if event.kind == FORGOT:
        return doubt(tx, device, now)
    return (WorkWaiting("zone"),) if event.kind == "entered" and "area" in event.content else ()


def _of_visitors(tx: Tx, event: Event, heard: Heard, door: str, n: int) -> tuple[object, ...]:
    """A pass that was let in is noted, a question is answered, a call rings."""
    if event.kind == "call":
        return ring(tx, event, door, f"c-{n}")
    if event.via not in GUESTS:
        return ()
    spent = settle_word(tx, event, heard.device, door)
    if event.outcome is Outcome.GRANTED and event.credential is not None:
        note_use(tx, event.credential, door, event.at_s, word=spent)
    return answer_question(tx, event, heard.device, door)


def _known(tx: Tx, device: str, event: Event) -> str | None:
    """The body under which this number was heard before."""
    found = tx.read(_KNOWN, {"device": device, "of_boot": event.boot, "number": event.seq})
    return str(found[0][0]) if found else None


def _row(heard: Heard, body: str, now_s: float) -> dict[str, Any]:
    event = heard.event
    return {
        "device_id": heard.device,
        "boot": event.boot,
        "seq": event.seq,
        "at": event.at_s,
        "recorded_at": now_s,
        "kind": event.kind,
        "door_id": heard.door,
        "outcome": event.outcome.value if event.outcome else None,
        "reason": event.reason,
        "person_id": event.person,
        "via": event.via,
        "late": event.late,
        "ms": dict(event.ms),
        "body": body,
    }


def _note_gap(tx: Tx, device: str, event: Event) -> None:
    """A device gave up these events for want of room; nobody waits for them any more."""
    first, last = event.content.get("from"), event.content.get("to")
    if not isinstance(first, int) or not isinstance(last, int) or not event.seq == first <= last:
        return
    own = (t.gaps.c.device_id == device, t.gaps.c.boot == event.boot, t.gaps.c.first == first)
    known = tx.execute(select(t.gaps.c.last).where(*own)).first()
    if known is None:
        tx.execute(insert(t.gaps).values(device_id=device, boot=event.boot, first=first, last=last))
    elif known.last < last:
        tx.execute(update(t.gaps).where(*own).values(last=last))


def _settle_opening(tx: Tx, event: Event, door: str | None) -> None:
    """The door's event is the truth of that door: it also settles an opening without an answer."""
    if event.reason in NOT_OF_THE_OPENING:
        return
    tx.write(
        _SETTLED,
        {
            "opening": event.command,
            "door": door,
            "told": event.outcome.value if event.outcome else None,
            "why": event.reason,
            "stages": json_text(dict(event.ms)),
        },
    )


def _mark(tx: Tx, device: str, boot: str) -> int | None:
    """Up to where every event is here; None where nothing of that boot was heard yet."""
    found = tx.read(_MARK, {"device": device, "of_boot": boot})
    return int(found[0][0]) if found else None


def _ack(tx: Tx, device: str, boot: str) -> SendAck:
    """Move the gapless mark as far as committed events reach."""
    own = {"device": device, "of_boot": boot}
    before = _mark(tx, device, boot)
    upto = before or 0
    spans = [(first, last) for first, last in tx.read(_SPANS, own | {"mark": upto})]
    waiting = [seq for (seq,) in tx.read(_WAITING, own | {"mark": upto})]
    mark = _reach(upto, waiting, spans)
    if before is None:
        tx.write(_FIRST_MARK, {"device_id": device, "boot": boot, "upto": mark})
    elif mark != upto:
        tx.write(_MARK_MOVED, own | {"mark": mark})
    return SendAck(device, Ack(boot, mark))


def _reach(upto: int, numbers: list[int], spans: list[tuple[int, int]]) -> int:
    """How far one gets from ``upto`` over committed numbers and over what was given up."""
    committed = set(numbers)
    mark = upto
    while True:
        over = max((last for first, last in spans if first <= mark + 1 <= last), default=mark)
        mark = max(mark, over)
        if mark + 1 not in committed:
            return mark
        mark += 1


@dataclass(frozen=True, slots=True)
class Poison:
    """An event whose act failed: kept raw in quarantine, counted here so that life goes on.

    ``quiet``: raising its alert failed as well; then it is only counted.
    """

    device: str
    event: Event
    quarantine: str
    door: str | None = None
    quiet: bool = False


def pass_over(tx: Tx, poison: Poison, now: datetime) -> Done[None]:
    """Stand in for a quarantined event, so that the gapless acknowledgement can move on.

    What it says of somebody in need is told all the same; of duress nobody else learns even that
    there was something.
    """
    event = poison.event
    withheld = event.kind in WITHHELD
    row = _row(Heard(poison.device, event, None), "{}", tx.now_s)
    row |= {"kind": "quarantined", "outcome": None, "reason": "internal", "person_id": None}
    row |= {"via": None, "ms": {}, "at": event.at_s, "body": f'{STAND_IN}"{poison.quarantine}"}}'}
    if withheld:
        row |= {"kind": event.kind, "reason": event.kind, "door_id": poison.door}
    effects: list[object] = []
    if _known(tx, poison.device, event) is None:
        n = tx.record(t.events, row)
        if not withheld:
            effects.append(Announce("event", announced(n, row)))
        if not poison.quiet:
            effects += alerts.heard(tx, event, poison.device, poison.door, now)
    effects.append(_ack(tx, poison.device, event.boot))
    return Done(None, tuple(effects))
