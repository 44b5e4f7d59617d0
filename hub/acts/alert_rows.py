"""Rows of alerts and of their policies: a trouble that comes a hundred times a minute is cheap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from hub.core.alerts import Alert, Mode, Policy, Severity, State, Step
from hub.store import tables as t
from hub.store.prepared import Prepared, json_text, json_value
from hub.store.writer import Tx

_SHAPE = (
    t.alerts.c.id,
    t.alerts.c.kind,
    t.alerts.c.subject,
    t.alerts.c.severity,
    t.alerts.c.policy_id,
    t.alerts.c.state,
    t.alerts.c.opened_at,
    t.alerts.c.last_at,
    t.alerts.c.times,
    t.alerts.c.round,
    t.alerts.c.step,
    t.alerts.c.next_step_at,
    t.alerts.c.acked_by,
    t.alerts.c.closed_at,
    t.alerts.c.quiet_upto,
)
_FOUND = Prepared(select(*_SHAPE).where(t.alerts.c.id == bindparam("alert")))
_LATEST = Prepared(
    select(*_SHAPE)
    .where(t.alerts.c.kind == bindparam("of_kind"), t.alerts.c.subject == bindparam("of_subject"))
    .order_by(t.alerts.c.open_key.is_(None), t.alerts.c.opened_at.desc(), t.alerts.c.id.desc())
    .limit(1)
)
_OPENED = Prepared(insert(t.alerts))
_CHANGED = Prepared(
    update(t.alerts)
    .where(t.alerts.c.id == bindparam("alert"))
    .values({column: bindparam(f"new_{column.name}") for column in t.alerts.columns})
)
_POLICY_SHAPE = (
    t.alert_policies.c.id,
    t.alert_policies.c.kinds,
    t.alert_policies.c.steps,
    t.alert_policies.c.least,
    t.alert_policies.c.mode,
    t.alert_policies.c.responders,
    t.alert_policies.c.repeat_s,
)
POLICIES = select(*_POLICY_SHAPE).order_by(t.alert_policies.c.id)
_POLICIES = Prepared(POLICIES)
_POLICY = Prepared(select(*_POLICY_SHAPE).where(t.alert_policies.c.id == bindparam("policy")))


def find(tx: Tx, name: str) -> Alert | None:
    """An alert by its id."""
    return _first(tx.read(_FOUND, {"alert": name}))


def latest(tx: Tx, kind: str, subject: str) -> Alert | None:
    """The open alert of a trouble, else its newest ended one."""
    return _first(tx.read(_LATEST, {"of_kind": kind, "of_subject": subject}))


def add(tx: Tx, alert: Alert) -> None:
    """A new alert."""
    tx.write(_OPENED, _row(alert))


def change(tx: Tx, alert: Alert) -> None:
    """An alert as it is now."""
    changed = {f"new_{name}": value for name, value in _row(alert).items()}
    tx.write(_CHANGED, {"alert": alert.id, **changed})


def policy(tx: Tx, name: str) -> Policy | None:
    """A policy by its id."""
    found = tx.read(_POLICY, {"policy": name})
    return read_policy(found[0]) if found else None


def policies(tx: Tx) -> list[Policy]:
    """Every policy."""
    return [read_policy(row) for row in tx.read(_POLICIES, {})]


def read_policy(row: Sequence[Any]) -> Policy:
    """A row of POLICIES as the engine knows it."""
    name, kinds, steps, least, mode, responders, repeat_s = row
    return Policy(
        name,
        tuple(json_value(kinds)),
        tuple(Step(step["after_s"], tuple(step["outlets"])) for step in json_value(steps)),
        Severity(least),
        Mode(mode),
        tuple(json_value(responders)),
        repeat_s,
    )


def _first(rows: Sequence[Sequence[Any]]) -> Alert | None:
    if not rows:
        return None
    (
        name, kind, subject, severity, law, state, opened_at_s, last_at_s,
        count, round_, step, next_step_at_s, acked_by, closed_at_s, quiet_upto_s,
    ) = rows[0]  # fmt: skip
    return Alert(
        name, kind, subject, Severity(severity), law, State(state), opened_at_s, last_at_s,
        count, round_, step, next_step_at_s, tuple(json_value(acked_by)), closed_at_s, quiet_upto_s,
    )  # fmt: skip


def _row(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "kind": alert.kind,
        "subject": alert.subject,
        "open_key": f"{alert.kind}|{alert.subject}" if alert.open else None,
        "severity": alert.severity.value,
        "policy_id": alert.policy,
        "state": alert.state.value,
        "opened_at": alert.opened_at_s,
        "last_at": alert.last_at_s,
        "times": alert.count,
        "round": alert.round,
        "step": alert.step,
        "next_step_at": alert.next_step_at_s,
        "acked_by": json_text(list(alert.acked_by)),
        "closed_at": alert.closed_at_s,
        "quiet_upto": alert.quiet_upto_s,
    }
