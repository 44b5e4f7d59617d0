"""The watch list as its page sees it: orders with their cost, their hands and what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from hub.acts.face_watch import FACES_MAX, LENGTH_MAX_S
from hub.core.errors import DomainError
from hub.core.policelink import Kind, State
from hub.live import instant
from hub.parts import Hub
from hub.store import tables as t

ENDED_SHOWN: Final = 20
_DAY_S: Final = 86_400


def page(hub: Hub, by: str) -> dict[str, Any]:
    """Open orders, the newest first, then those that ended last; ``by`` is who asks."""
    orders, listed = t.face_orders.c, t.face_listed.c
    ended = select(t.face_orders).where(orders.ended_at.is_not(None))
    with hub.engines.read.connect() as connection:
        rows = [
            *connection.execute(
                select(t.face_orders).where(orders.ended_at.is_(None))
                .order_by(orders.entered_at.desc(), orders.id)
            ),
            *connection.execute(ended.order_by(orders.ended_at.desc(), orders.id)
                                .limit(ENDED_SHOWN)),
        ]  # fmt: skip
        names = _names(connection)
        hits = _hits(connection, [row.id for row in rows])
        faces: dict[str, list[Any]] = {}
        held = select(listed.order_id, listed.listed_at, listed.listed_by, listed.model_id,
                      listed.picture_sha256)  # fmt: skip
        for face in connection.execute(held.order_by(listed.listed_at, listed.id)):
            faces.setdefault(face.order_id, []).append(face)
    return {
        "refused": _refused(hub),
        "faces_most": FACES_MAX,
        "faces_free": FACES_MAX - sum(map(len, faces.values())),
        "days_most": int(LENGTH_MAX_S // _DAY_S),
        "orders": [
            _order(hub, row, faces.get(row.id, []), names, by) | hits[row.id] for row in rows
        ],
    }


def _refused(hub: Hub) -> str | None:
    """Why no order can be entered now, as a reason code."""
    try:
        roll = hub.recognising.ready_roll()
    except DomainError as refusal:
        return refusal.code
    measured = roll.standing is not None and bool(roll.standing.watch.points)
    return None if measured else "face_audit_few"


def _order(
    hub: Hub, row: Row[Any], faces: list[Any], names: Mapping[str, str], by: str
) -> dict[str, Any]:
    now = hub.watching.expected_now(row.passers_a_day, row.alarms_a_day)
    over = row.ended_at is not None or row.to_at <= hub.clock().timestamp()
    state = "ended" if over else "waiting" if row.approved_at is None else "in_force"
    model = hub.recognising.model
    if state == "in_force" and (now is None or all(one.model_id != model for one in faces)):
        state = "resting"
    return {
        "id": row.id,
        "state": state,
        "authority": row.authority,
        "basis": row.basis,
        "from_at": instant(row.from_at),
        "to_at": instant(row.to_at),
        "passers_a_day": row.passers_a_day,
        "alarms_a_day": row.alarms_a_day,
        "expected_a_day": row.expected_a_day,
        "expected_now": None if over else now,
        "entered_by": _name(names, row.entered_by),
        "entered_at": instant(row.entered_at),
        "approved_by": _name(names, row.approved_by) if row.approved_by else None,
        "approved_at": instant(row.approved_at) if row.approved_at is not None else None,
        "ended_at": instant(row.ended_at) if row.ended_at is not None else None,
        "mine": by == row.entered_by or any(one.listed_by == by for one in faces),
        "faces": [
            {
                "listed_at": instant(one.listed_at),
                "listed_by": _name(names, one.listed_by),
                "sha256": one.picture_sha256,
                "other_model": model is not None and one.model_id != model,
            }
            for one in faces
        ],
    }


def _hits(connection: Connection, orders: list[str]) -> dict[str, dict[str, int]]:
    """How many hits each order had, and how many of them a person has called false."""
    rows = t.incidents.c
    query = (
        select(rows.rule, rows.state, func.count().label("many"))
        .where(rows.kind == Kind.WATCH_LIST.value, rows.rule.in_(orders))
        .group_by(rows.rule, rows.state)
    )
    hits: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for row in connection.execute(query):
        hits[row.rule] += row.many
        if row.state == State.FALSE_ALARM.value:
            false[row.rule] += row.many
    return {name: {"hits": hits[name], "false_alarms": false[name]} for name in orders}


def _names(connection: Connection) -> dict[str, str]:
    return {row.id: row.name for row in connection.execute(select(t.staff.c.id, t.staff.c.name))}


def _name(names: Mapping[str, str], subject: str) -> str:
    return names.get(subject.partition(":")[2], subject)
