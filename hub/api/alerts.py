"""Alerts for those who must act: the board, one alert with its log, answering, doors' health.

What is restricted (duress) is not there for anybody but named responders: not in lists, not in
counts, not by its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection, Row, select

from hub.acts.alert_rows import POLICIES, read_policy
from hub.acts.alerts import (
    Ended,
    Taken,
    acknowledge,
    close,
    note_read,
)
from hub.api.alert_shapes import (
    AlertDetail,
    AlertsPage,
    AlertState,
    CloseAsked,
    DoorsHealth,
    OwnAlerts,
)
from hub.api.documents import BODY, CHANGE, told
from hub.api.gate import Gate
from hub.api.problems import reply
from hub.api.sight import Sight, sight_of
from hub.core.alert_kinds import KINDS, WITHHELD
from hub.core.alerts import DEFAULT, RANK, RESTRICTED_DEFAULT, Policy, Severity, State, What
from hub.core.door_health import DoorHealth
from hub.core.errors import DomainError
from hub.core.words import LANGUAGES
from hub.live import instant
from hub.store import tables as t
from hub.store.memory import subject_name
from hub.store.writer import Lane

PAGE = 50  # closed alerts of one page
OPEN_MAX = 500  # shown at once; a site with more has one cause, and its storm is bundled
LOG_MAX = 500
_ID = r"^[0-9a-f]{1,16}$"
Answered = dict[tuple[str, str], float]
_HUB = {"zh-Hans": "服务器", "zh-Hant": "伺服器", "en": "The hub"}


def routes(gate: Gate) -> APIRouter:
    """The router of the alert endpoints."""
    router = APIRouter(prefix="/api/v1", tags=["alerts"])
    _looking(router, gate)
    _answering(router, gate)
    _own(router, gate)
    return router


def _looking(router: APIRouter, gate: Gate) -> None:
    @router.get("/alerts", **told("listAlerts", AlertsPage, "field_wrong", "not_found", by="staff"))
    def listed(
        request: Request,
        state: Annotated[Literal["open", "closed"], Query()] = "open",
        before: Annotated[str | None, Query(pattern=_ID)] = None,
    ) -> Response:
        sight = sight_of(gate, request, "alert", "read")
        with gate.hub.engines.read.connect() as connection:
            rows, following = _rows(connection, sight, state, before)
            failing = connection.execute(
                select(t.outlets).where(t.outlets.c.failures > 0).order_by(t.outlets.c.id)
            ).all()
            shown = show_alerts(gate, connection, rows)
        page = {
            "alerts": shown,
            "next": following,
            "doors": _doors_well(gate),
            "failing": [_show_outlet(gate, row) for row in failing],
            "named": sight.named,
        }
        return reply(page, request)

    one = told("readAlert", AlertDetail, "not_found", "field_wrong", *CHANGE, by="staff")

    @router.get("/alerts/{alert}", **one)
    async def detail(alert: str, request: Request) -> Response:
        sight = sight_of(gate, request, "alert", "read")
        await _note_reading(gate, sight, alert)
        with gate.hub.engines.read.connect() as connection:
            row = connection.execute(select(t.alerts).where(t.alerts.c.id == alert)).first()
            if row is None or not sight.sees(row.kind):
                raise DomainError("not_found")
            lines = connection.execute(
                select(t.alert_log)
                .where(t.alert_log.c.alert_id == alert)
                .order_by(t.alert_log.c.n)
                .limit(LOG_MAX)
            ).all()
            names = _names(connection, (line.by for line in lines))
            (shown,) = show_alerts(gate, connection, [row])
        log = [
            {
                "at": instant(line.at),
                "what": line.what,
                "name": names.get(line.by, ""),
                "detail": line.detail,
            }
            for line in lines
        ]
        return reply({"alert": shown, "log": log}, request)

    @router.get("/door-health", **told("readDoorHealth", DoorsHealth, by="staff"))
    def doors(request: Request) -> Response:
        gate.member(request, "read", "alert")
        alerting = gate.hub.alerting
        found = [_show_health(gate, one) for one in alerting.doors()]
        at_s = alerting.checked_at_s
        checked = instant(at_s) if at_s is not None else None
        return reply({"checked_at": checked, "doors": found}, request)


async def _note_reading(gate: Gate, sight: Sight, alert: str) -> None:
    """Who looks into a restricted alert is written down first."""
    with gate.hub.engines.read.connect() as connection:
        kind = connection.execute(select(t.alerts.c.kind).where(t.alerts.c.id == alert)).scalar()
    if kind in WITHHELD and sight.named:
        await gate.hub.writer.submit(note_read, Taken(alert, sight.by, sight.sees))


def _answering(router: APIRouter, gate: Gate) -> None:
    writer = gate.hub.writer
    takes = told(
        "acknowledgeAlert", AlertState, "not_found", "alert_closed", "field_wrong", *CHANGE,
        by="staff",
    )  # fmt: skip

    @router.post("/alerts/{alert}/acknowledge", **takes)
    async def alert_acknowledge(alert: str, request: Request) -> Response:
        sight = sight_of(gate, request, "alert", "answer")
        state = await writer.submit(acknowledge, Taken(alert, sight.by, sight.sees), Lane.URGENT)
        return reply({"state": state}, request)

    ends = told("closeAlert", AlertState, "not_found", *BODY, *CHANGE, by="staff")

    @router.post("/alerts/{alert}/close", **ends)
    async def alert_close(alert: str, asked: CloseAsked, request: Request) -> Response:
        sight = sight_of(gate, request, "alert", "answer")
        state = await writer.submit(close, Ended(alert, sight.by, asked.note, sight.sees))
        return reply({"state": state}, request)


def _own(router: APIRouter, gate: Gate) -> None:
    """For residents whom a policy names: a steward's phone is an outlet, too."""

    @router.get("/me/alerts", **told("listOwnAlerts", OwnAlerts, by="phone"))
    async def own(request: Request) -> Response:
        phone, _ = await gate.phone(request, "answer", "own_alert")
        with gate.hub.engines.read.connect() as connection:
            rows = [row for row in _open(connection) if row.kind not in WITHHELD]
            known = _policies(connection)
            mine = [row for row in rows if _names_person(known, row, phone.person)]
            shown = show_alerts(gate, connection, mine)
            subject = f"person:{phone.person}"
            responsible = any(subject in policy.responders for policy in known.values())
        return reply({"alerts": shown, "responsible": responsible}, request)

    takes = told(
        "acknowledgeOwnAlert", AlertState, "not_found", "alert_closed", "field_wrong", *CHANGE,
        by="phone",
    )  # fmt: skip

    @router.post("/me/alerts/{alert}/acknowledge", **takes)
    async def own_acknowledge(alert: str, request: Request) -> Response:
        phone, _ = await gate.phone(request, "answer", "own_alert")
        with gate.hub.engines.read.connect() as connection:
            row = connection.execute(select(t.alerts).where(t.alerts.c.id == alert)).first()
            if row is None or not _names_person(_policies(connection), row, phone.person):
                raise DomainError("not_found")
        taken = Taken(alert, f"person:{phone.person}", lambda kind: kind not in WITHHELD)
        state = await gate.hub.writer.submit(acknowledge, taken, Lane.URGENT)
        return reply({"state": state}, request)


# ----------------------------------------------------------------- rows


def _rows(
    connection: Connection, sight: Sight, state: str, before: str | None
) -> tuple[list[Row[Any]], str | None]:
    seen = [kind for kind in KINDS if sight.sees(kind)]
    if state == "open":
        return [row for row in _open(connection) if row.kind in seen], None
    query = (
        select(t.alerts)
        .where(t.alerts.c.closed_at.is_not(None), t.alerts.c.kind.in_(seen))
        .where(t.alerts.c.times > 0)  # an end whose beginning never came is no story
        .order_by(t.alerts.c.closed_at.desc(), t.alerts.c.id)
        .limit(PAGE + 1)
    )
    if before is not None:
        edge = connection.execute(
            select(t.alerts.c.closed_at).where(t.alerts.c.id == before, t.alerts.c.kind.in_(seen))
        ).scalar()
        if edge is None:
            raise DomainError("not_found")
        query = query.where(t.alerts.c.closed_at < edge)
    rows = list(connection.execute(query).all())
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def _open(connection: Connection) -> list[Row[Any]]:
    """The gravest first; among equals who waits for an answer, then the newest."""
    rows = connection.execute(
        select(t.alerts)
        .where(t.alerts.c.open_key.is_not(None))
        .order_by(t.alerts.c.opened_at.desc())
        .limit(OPEN_MAX)
    ).all()
    return sorted(
        rows,
        key=lambda row: (
            -RANK[Severity(row.severity)],
            row.state == State.ACKNOWLEDGED.value,
            -row.opened_at,
        ),
    )


def _policies(connection: Connection) -> dict[str, Policy]:
    found = [read_policy(row) for row in connection.execute(POLICIES).all()]
    return {one.id: one for one in (DEFAULT, RESTRICTED_DEFAULT, *found)}


def _names_person(policies: Mapping[str, Policy], row: Row[Any], person: str) -> bool:
    policy = policies.get(row.policy_id)
    return policy is not None and f"person:{person}" in policy.responders


def _names(connection: Connection, subjects: Iterable[str]) -> dict[str, str]:
    """Names of staff and residents by subject."""
    found: dict[str, str] = {}
    wanted = {subject for subject in subjects if ":" in subject}
    for what, table in (("staff", t.staff), ("person", t.people)):
        ids = [name for one, _, name in (s.partition(":") for s in wanted) if one == what]
        rows = connection.execute(select(table.c.id, table.c.name).where(table.c.id.in_(ids)))
        found |= {f"{what}:{row.id}": row.name for row in rows}
    return found


# ----------------------------------------------------------------- shown


def show_alerts(
    gate: Gate, connection: Connection, rows: Sequence[Row[Any]]
) -> list[dict[str, Any]]:
    """Alerts as people see them."""
    policies = _policies(connection)
    subjects = {by for row in rows for by in row.acked_by}
    subjects |= {by for policy in policies.values() for by in policy.responders}
    names = _names(connection, subjects)
    answered = _answered(connection, [row.id for row in rows])
    return [_show(gate, row, policies.get(row.policy_id, DEFAULT), names, answered) for row in rows]


def _show(
    gate: Gate, row: Row[Any], policy: Policy, names: Mapping[str, str], answered: Answered
) -> dict[str, Any]:
    kind = KINDS[row.kind]
    open_ = row.open_key is not None
    missing = [one for one in policy.responders if one not in row.acked_by]
    roll_call = policy.mode.value == "all" and open_ and row.state != State.ACKNOWLEDGED.value
    called = [outlet for number in range(row.step) for outlet in policy.step(number).outlets]
    return {
        "id": row.id,
        "kind": row.kind,
        "words": kind.words.as_dict(),
        "cure": kind.cure.as_dict(),
        "severity": row.severity,
        "state": row.state,
        "subject": row.subject,
        "name": _name(gate, row.subject),
        "opened_at": instant(row.opened_at),
        "last_at": instant(row.last_at),
        "times": row.times,
        "acked_by": [_who(by, names, answered.get((row.id, by))) for by in row.acked_by],
        "waiting_for": [_who(by, names) for by in missing] if roll_call else [],
        "step": row.step,
        "steps": len(policy.steps),
        "called": list(dict.fromkeys(called)),
        "next_step_at": _instant_or_none(row.next_step_at),
        "next_called": list(policy.step(row.step).outlets) if row.next_step_at else [],
        "closed_at": _instant_or_none(row.closed_at),
        "restricted": kind.restricted,
    }


def _instant_or_none(at_s: float | None) -> str | None:
    return instant(at_s) if at_s is not None else None


def _who(by: str, names: Mapping[str, str], at_s: float | None = None) -> dict[str, str | None]:
    return {"by": by, "name": names.get(by, by), "at": _instant_or_none(at_s)}


def _answered(connection: Connection, alerts: Sequence[str]) -> Answered:
    """When each answer came, by alert and who; the newest where somebody answered twice."""
    rows = connection.execute(
        select(t.alert_log.c.alert_id, t.alert_log.c.by, t.alert_log.c.at)
        .where(
            t.alert_log.c.alert_id.in_(alerts),
            t.alert_log.c.what.in_((What.ACKNOWLEDGED.value, What.ACKNOWLEDGED_IN_PART.value)),
        )
        .order_by(t.alert_log.c.n)
    )
    return {(row.alert_id, row.by): row.at for row in rows}


def _name(gate: Gate, subject: str) -> dict[str, str]:
    found = subject_name(gate.hub.memory, subject)
    if isinstance(found, str):
        return dict(_HUB) if found == "" else dict.fromkeys(LANGUAGES, found)
    return dict(found)


def _doors_well(gate: Gate) -> dict[str, Any]:
    doors = gate.hub.alerting.doors()
    at_s = gate.hub.alerting.checked_at_s
    well = sum(1 for one in doors if one.well)
    return {"all": len(doors), "well": well, "checked_at": _instant_or_none(at_s)}


def _show_outlet(gate: Gate, row: Row[Any]) -> dict[str, Any]:
    wire = gate.hub.settings.outlets.get(row.id)
    return {
        "id": row.id,
        "kind": wire.kind if wire is not None else "",
        "failing_since": instant(row.failing_since),
        "fault": row.fault or "",
    }


def _show_health(gate: Gate, one: DoorHealth) -> dict[str, Any]:
    return {
        "door": one.door,
        "name": _name(gate, f"door:{one.door}"),
        "well": one.well,
        "troubles": [
            {
                "kind": trouble.kind,
                "words": KINDS[trouble.kind].words.as_dict(),
                "cure": KINDS[trouble.kind].cure.as_dict(),
                "since": _instant_or_none(trouble.since_s),
            }
            for trouble in one.troubles
        ],
    }
