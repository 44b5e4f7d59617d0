"""Alerts in the store: raised with the fact that shows them, climbed, acknowledged, closed, logged.

Every change of an alert is a line of ``alert_log``, which stands in the chain. Calls leave as
durable effects, one for each outlet, under an id that stays the same however often it is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from devices.messages import ClockQuality, Event
from hub.acts import alert_rows as rows
from hub.core import alerts as law
from hub.core.alert_kinds import KINDS, Sign, from_event
from hub.core.alerts import Alert, Call, Moved, Policy, Severity, State, What
from hub.core.effects import Announce, WorkWaiting
from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.writer import Done, Tx

DETAIL_CHARS_MAX = 500
OUTLET_EFFECT = "outlet:"  # durable effects of this kind are one outlet's queue
DURESS = "duress"  # the purpose of a named responder's grant
FAILURES_TOLD = 3  # in a row; a single lost message is nobody's trouble


@dataclass(frozen=True, slots=True)
class Alarm:
    """A trouble of a subject (``door:ID``, ``device:ID``, ``hub:WHAT``), or its end."""

    kind: str
    subject: str
    at_s: float
    over: bool = False
    detail: str = ""


def alarm(tx: Tx, wish: Alarm, now: datetime) -> Done[str | None]:
    """Raise, count, reopen or clear; the value is the alert's id, None when nothing is there."""
    del now
    kind = KINDS[wish.kind]
    latest = rows.latest(tx, wish.kind, wish.subject)
    policy = policy_of(tx, wish.kind, kind.severity)
    if latest is not None:
        moved = (
            law.clear(latest, _bound(tx, latest), wish.at_s, tx.now_s)
            if wish.over
            else law.again(latest, policy, wish.at_s, tx.now_s)
        )
        if moved is not None:
            return Done(latest.id, _keep(tx, moved, "", wish.detail))
    name = f"{tx.head.n + 1:x}"  # the number of its first line in the chain: short, never twice
    if wish.over:
        early = law.over_before_it_came(
            name, wish.kind, wish.subject, kind.severity, policy, wish.at_s
        )
        rows.add(tx, early)
        _log(tx, name, What.CLEARED.value, "", wish.detail)
        return Done(name)
    alert = law.fresh(name, wish.kind, wish.subject, kind.severity, policy, wish.at_s, tx.now_s)
    rows.add(tx, alert)
    _log(tx, name, State.RAISED.value, "", wish.detail)
    return Done(name, _climb(tx, alert, policy))


def heard(tx: Tx, event: Event, device: str, door: str | None, now: datetime) -> tuple[object, ...]:
    """Called in the act that records an event: the alert stands or falls with its fact."""
    sign = from_event(event.kind, event.reason)
    return () if sign is None else _raise_by(tx, sign, event, (device, door), now)


def _raise_by(
    tx: Tx, sign: Sign, event: Event, where: tuple[str, str | None], now: datetime
) -> tuple[object, ...]:
    device, door = where
    # a clock that nobody signed may say any year: then it happened when it was heard
    sure = event.clock is ClockQuality.SIGNED
    at_s = min(event.at_s, tx.now_s) if sure else tx.now_s
    subject = f"door:{door}" if door is not None else f"device:{device}"
    fact = f"event {device} {event.boot} {event.seq}"
    return alarm(tx, Alarm(sign.kind, subject, at_s, sign.over, fact), now).effects


def conflicted(tx: Tx, device: str, now: datetime) -> tuple[object, ...]:
    """Called when a device told one number with two contents."""
    return alarm(tx, Alarm("event_conflict", f"device:{device}", tx.now_s), now).effects


def _climb(tx: Tx, alert: Alert, policy: Policy) -> tuple[object, ...]:
    """A first step without delay leaves in the same commit."""
    moved = law.due(alert, policy, tx.now_s)
    if moved.what is None:
        return (*_shown(alert), WorkWaiting("alerts"))
    return _keep(tx, moved, "", _outlets(policy, alert.step))


@dataclass(frozen=True, slots=True)
class Due:
    """An alert whose next step may have come."""

    alert: str


def climb(tx: Tx, wish: Due, now: datetime) -> Done[bool]:
    """Take one step of one alert; True when it was due. Asking twice takes it once."""
    del now
    alert = rows.find(tx, wish.alert)
    if alert is None or not alert.open:
        return Done(False)
    policy = _bound(tx, alert)
    moved = law.due(alert, policy, tx.now_s)
    effects = _keep(tx, moved, "", _outlets(policy, alert.step))
    return Done(moved.what is not None, effects)


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody who may takes care of an alert; ``visible`` says which kinds they may know of."""

    alert: str
    by: str
    visible: Callable[[str], bool]

    def for_quarantine(self) -> str:
        """Which alert."""
        return self.alert


def acknowledge(tx: Tx, wish: Taken, now: datetime) -> Done[str]:
    """Acknowledge; the value is the state now. An alert that ended meanwhile says so."""
    del now
    alert = _known(tx, wish.alert, wish.visible)
    if not alert.open:
        raise DomainError("alert_closed")
    moved = law.acknowledge(alert, _bound(tx, alert), wish.by)
    return Done(moved.alert.state.value, _keep(tx, moved, wish.by, ""))


@dataclass(frozen=True, slots=True)
class Ended:
    """Somebody who may closes an alert with a note."""

    alert: str
    by: str
    note: str
    visible: Callable[[str], bool]

    def for_quarantine(self) -> str:
        """Which alert; the note may name people."""
        return self.alert


def close(tx: Tx, wish: Ended, now: datetime) -> Done[str]:
    """Close; closing twice is no error, the first note stands."""
    del now
    moved = law.close(_known(tx, wish.alert, wish.visible), tx.now_s)
    return Done(moved.alert.state.value, _keep(tx, moved, wish.by, wish.note))


def note_read(tx: Tx, wish: Taken, now: datetime) -> Done[None]:
    """Somebody looked into a restricted alert: that stands in its log, too."""
    del now
    _log(tx, _known(tx, wish.alert, wish.visible).id, "read", wish.by, "")
    return Done(None)


# ----------------------------------------------------------------- calls that left, or did not


@dataclass(frozen=True, slots=True)
class Spoken:
    """What became of calls by one outlet: ``fault`` empty when taken, else why not.

    ``again_s`` is when the outlet is tried again; None gives these calls up.
    """

    outlet: str
    effects: tuple[tuple[str, str, int], ...]
    fault: str = ""
    again_s: float | None = None

    def for_quarantine(self) -> str:
        """Which outlet, which calls."""
        return f"{self.outlet} {[key for key, _, _ in self.effects]}"


def note_spoken(tx: Tx, spoken: Spoken, now: datetime) -> Done[None]:
    """Settle or put off the calls, log them, bring the next step forward, tell a failing outlet."""
    keys = [key for key, _, _ in spoken.effects]
    later = {"due_at": tx.now_s + (spoken.again_s or 0.0), "tries": t.effects.c.tries + 1}
    values = {"done_at": tx.now_s} if spoken.again_s is None else later
    left = tx.execute(
        update(t.effects)
        .where(t.effects.c.id.in_(keys), t.effects.c.done_at.is_(None))
        .values(**values)
    ).rowcount
    effects: list[object] = []
    for _, alert, step in spoken.effects if left else ():
        if not alert:  # the morning's message
            continue
        if spoken.again_s is None:
            told = spoken.outlet if not spoken.fault else f"{spoken.outlet}: {spoken.fault}"
            _log(tx, alert, "given_up" if spoken.fault else "sent", "", told)
        if spoken.fault:
            effects += _hasten(tx, alert, step)
    return Done(None, (*effects, *_fare(tx, spoken, now)))


def _hasten(tx: Tx, name: str, step: int) -> tuple[object, ...]:
    alert = rows.find(tx, name)
    if alert is None:
        return ()
    moved = law.hasten(alert, _bound(tx, alert), step, tx.now_s)
    return _keep(tx, moved, "", "") if moved.what is not None else ()


def _fare(tx: Tx, spoken: Spoken, now: datetime) -> tuple[object, ...]:
    """How the outlet fares: three failures in a row, or a refusal, are an alert of its own."""
    known = tx.execute(select(t.outlets).where(t.outlets.c.id == spoken.outlet)).first()
    if known is None:
        tx.execute(insert(t.outlets).values(id=spoken.outlet, failures=0))
    failures = 0 if not spoken.fault else (known.failures if known is not None else 0) + 1
    since = known.failing_since if known is not None else None
    values: dict[str, object] = {"failures": failures, "failing_since": None, "fault": None}
    if spoken.fault:
        values |= {"failing_since": since or tx.now_s, "fault": spoken.fault[:32]}
    else:
        values["sent_at"] = tx.now_s
    tx.execute(update(t.outlets).where(t.outlets.c.id == spoken.outlet).values(**values))
    subject = f"outlet:{spoken.outlet}"
    if spoken.fault and (failures == FAILURES_TOLD or (spoken.again_s is None and since is None)):
        told = Alarm("outlet_failing", subject, tx.now_s, detail=spoken.fault)
        return alarm(tx, told, now).effects
    standing = rows.latest(tx, "outlet_failing", subject) if not spoken.fault else None
    if standing is not None and standing.open:
        return alarm(tx, Alarm("outlet_failing", subject, tx.now_s, over=True), now).effects
    return ()


@dataclass(frozen=True, slots=True)
class Unneeded:
    """Calls that nobody needs any more: their alerts were taken care of before they left."""

    outlet: str
    effects: tuple[tuple[str, str, int], ...]


def drop_calls(tx: Tx, unneeded: Unneeded, now: datetime) -> Done[None]:
    """Settle them unsaid."""
    del now
    for key, alert, _ in unneeded.effects:
        gone = tx.execute(
            update(t.effects)
            .where(t.effects.c.id == key, t.effects.c.done_at.is_(None))
            .values(done_at=tx.now_s)
        ).rowcount
        if gone:
            _log(tx, alert, "unneeded", "", unneeded.outlet)
    return Done(None)


@dataclass(frozen=True, slots=True)
class Report:
    """The morning's message to an outlet; a day has one."""

    day: str
    outlets: tuple[str, ...]
    body: Mapping[str, Any]


def queue_report(tx: Tx, report: Report, now: datetime) -> Done[None]:
    """Queue the message once for each outlet of the day."""
    del now
    for outlet in report.outlets:
        key = f"morning-{report.day}-{outlet}"
        tx.durable(key, f"{OUTLET_EFFECT}{outlet}", {"report": dict(report.body)})
    tx.journal("morning", {"day": report.day, "outlets": list(report.outlets)})
    _put_setting(tx, "morning", report.day)
    return Done(None, (WorkWaiting("alerts"),))


def _put_setting(tx: Tx, key: str, value: str) -> None:
    own = t.settings.c.key == key
    if tx.execute(update(t.settings).where(own).values(value=value)).rowcount == 0:
        tx.execute(insert(t.settings).values(key=key, value=value))


# ----------------------------------------------------------------- keeping


def _keep(tx: Tx, moved: Moved, by: str, detail: str) -> tuple[object, ...]:
    """Write an alert and its log line; its calls are queued with it."""
    alert = moved.alert
    rows.change(tx, alert)
    if moved.what is not None:
        _log(tx, alert.id, moved.what.value, by, detail)
    for call in moved.calls:
        if alert.subject != f"outlet:{call.outlet}":  # it cannot tell of its own silence
            _queue(tx, alert, call)
    if moved.what is What.REOPENED:
        return _climb(tx, alert, _bound(tx, alert))
    if moved.what is None:  # counted once more: nothing is due sooner by it
        return _shown(alert)
    return (*_shown(alert), WorkWaiting("alerts"))


def _queue(tx: Tx, alert: Alert, call: Call) -> None:
    body = {"alert": alert.id, "step": call.step, "round": alert.round}
    tx.durable(call.id, f"{OUTLET_EFFECT}{call.outlet}", body)


def _shown(alert: Alert) -> tuple[object, ...]:
    """What every page may hear: of a restricted alert, nothing at all."""
    if KINDS[alert.kind].restricted:
        return ()
    return (Announce("alert", {"id": alert.id, "state": alert.state.value}),)


def _log(tx: Tx, alert: str, what: str, by: str, detail: str) -> None:
    tx.record(
        t.alert_log,
        {
            "alert_id": alert,
            "at": tx.now_s,
            "what": what,
            "by": by,
            "detail": detail[:DETAIL_CHARS_MAX],
        },
    )


def _outlets(policy: Policy, number: int) -> str:
    return f"{number + 1}: {', '.join(policy.step(number).outlets)}"


def _known(tx: Tx, name: str, visible: Callable[[str], bool]) -> Alert:
    """An alert that the asker may know of; what they may not know of is not there."""
    alert = rows.find(tx, name)
    if alert is None or not visible(alert.kind):
        raise DomainError("not_found")
    return alert


# ----------------------------------------------------------------- policies


def policy_of(tx: Tx, kind: str, severity: Severity) -> Policy:
    """The policy that a new alert of this kind gets."""
    restricted = KINDS[kind].restricted
    return law.policy_for(kind, severity, restricted=restricted, policies=rows.policies(tx))


def _bound(tx: Tx, alert: Alert) -> Policy:
    """The alert's own policy as it reads now; where it is gone, what a new alert would get."""
    own = rows.policy(tx, alert.policy)
    return own if own is not None else policy_of(tx, alert.kind, alert.severity)


def name_responder(tx: Tx, row: Mapping[str, Any]) -> None:
    """Let a staff member know of restricted alerts, for a time; naming twice is no error."""
    known = tx.execute(select(t.grants).where(t.grants.c.id == row["id"])).first()
    values = {"valid_from": row.get("valid_from"), "valid_to": row.get("valid_to")}
    if known is not None:
        if known.role != "responder":
            raise DomainError("field_wrong", "this id names another grant", "id")
        tx.execute(update(t.grants).where(t.grants.c.id == row["id"]).values(**values))
    else:
        if "staff" not in row:
            raise DomainError("field_wrong", "a new row needs staff", "responders")
        named = (t.staff.c.name == row["staff"], t.staff.c.ended_at.is_(None))
        member = tx.execute(select(t.staff.c.id).where(*named)).scalar()
        if member is None:
            raise DomainError("field_wrong", "no staff member has this name", "staff")
        site = tx.execute(select(t.site.c.id)).scalar_one()
        tx.execute(
            insert(t.grants).values(
                id=row["id"], subject=f"staff:{member}", role="responder", scope=site,
                purpose=DURESS, **values,
            )
        )  # fmt: skip
    tx.journal("responder_named", {"grant": row["id"]})


def count_open(connection: Any) -> int:
    """How many ordinary alerts are open (metrics); restricted ones are no number either."""
    hidden = [name for name, kind in KINDS.items() if kind.restricted]
    found = connection.execute(
        select(func.count())
        .select_from(t.alerts)
        .where(t.alerts.c.open_key.is_not(None), t.alerts.c.kind.not_in(hidden))
    ).scalar()
    return int(found or 0)
