"""Passes that a door may not count alone: one word for one showing, and what became of it.

A word is given in the act that hears the question, so two doors can never both get the last one.
A use counts from the word on; it is given back only when the door itself says that this question
opened nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from devices.guests import ASKED, NOT_NOW, WAIT_S
from devices.messages import ClockQuality, Event, Outcome
from hub.acts.restoring import WAITING
from hub.core.effects import SendWord
from hub.store import tables as t
from hub.store.writer import Tx

ASK_CHARS_MAX = 32
GIVEN, USED, VOID = "given", "used", "void"


def _ask_of(event: Event) -> str | None:
    ask = event.content.get("ask")
    return ask if isinstance(ask, str) and 0 < len(ask) <= ASK_CHARS_MAX else None


def answer_question(tx: Tx, event: Event, device: str, door: str) -> tuple[object, ...]:
    """A door asks whether a pass may come in; part of hearing the event, so once for each.

    A question that is old finds nobody at the door any more and gets no word.
    """
    ask, number = _ask_of(event), event.door
    old = event.clock is not ClockQuality.SIGNED or tx.now_s - event.at_s >= WAIT_S
    if event.kind != ASKED or ask is None or number is None or event.late or old:
        return ()
    if _word(tx, device, ask) is not None:  # given up before it was heard of
        return ()
    name = event.credential or ""
    row = tx.execute(select(t.passes).where(t.passes.c.id == name)).first()
    why = "pass_revoked" if row is None else _why_not(tx, row, door)
    if why is None:
        _keep(tx, device, ask, name, door, GIVEN)
        tx.journal("pass_vouched", {"pass": name, "door": door, "ask": ask})
    return (SendWord(device, number, ask, why),)


def _word(tx: Tx, device: str, ask: str) -> str | None:
    own = (t.pass_words.c.device_id == device, t.pass_words.c.ask == ask)
    state: str | None = tx.execute(select(t.pass_words.c.state).where(*own)).scalar()
    return state


def _keep(tx: Tx, device: str, ask: str, visit: str, door: str, state: str) -> None:
    tx.execute(
        insert(t.pass_words).values(
            device_id=device, ask=ask, pass_id=visit, door_id=door, at=tx.now_s, state=state
        )
    )


def _why_not(tx: Tx, row: Row[Any], door: str) -> str | None:
    if row.revoked_at is not None:
        return "pass_revoked"
    if door not in row.doors:
        return "pass_not_here"
    if tx.now_s < row.from_at:
        return "pass_early"
    if tx.now_s >= row.to_at:
        return "pass_over"
    if _memory_lost(tx, row.doors):
        return NOT_NOW
    here = () if row.strict else (door,)
    return "pass_used" if _uses(tx, row.id, *here) >= row.uses else None


def _memory_lost(tx: Tx, doors: Sequence[str]) -> bool:
    """Whether a restored hub still waits to hear what these doors let in since its copy."""
    waiting = (
        select(t.recalls.c.device_id)
        .join(t.doors, t.doors.c.device_id == t.recalls.c.device_id)
        .where(t.doors.c.id.in_(doors), t.recalls.c.state == WAITING)
        .limit(1)
    )
    return tx.execute(waiting).first() is not None


def _uses(tx: Tx, visit: str, *doors: str) -> int:
    """Uses that doors told of, and words whose end nobody knows yet; at some doors or all."""
    used = select(func.coalesce(func.sum(t.pass_uses.c.times), 0)).where(
        t.pass_uses.c.pass_id == visit
    )
    given = (
        select(func.count())
        .select_from(t.pass_words)
        .where(t.pass_words.c.pass_id == visit, t.pass_words.c.state == GIVEN)
    )
    if doors:
        used = used.where(t.pass_uses.c.door_id.in_(doors))
        given = given.where(t.pass_words.c.door_id.in_(doors))
    return int(tx.execute(used).scalar_one()) + int(tx.execute(given).scalar_one())


def settle_word(tx: Tx, event: Event, device: str, door: str) -> bool:
    """What became of a question; part of hearing the event. Unknown stays a use.

    True when a word that was given has surely let somebody in.
    """
    ask = _ask_of(event)
    if event.kind != "access" or ask is None or event.outcome is None:
        return False
    if event.outcome is Outcome.UNKNOWN:
        return False
    state = VOID if event.outcome is Outcome.REFUSED else USED
    if _word(tx, device, ask) is None:
        _keep(tx, device, ask, event.credential or "", door, state)
        return False
    settled = tx.execute(
        update(t.pass_words)
        .where(
            t.pass_words.c.device_id == device,
            t.pass_words.c.ask == ask,
            t.pass_words.c.state == GIVEN,
        )
        .values(state=state)
    )
    return state == USED and settled.rowcount > 0
