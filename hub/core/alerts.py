"""The alert engine: what goes wrong is raised once, climbs its steps, and ends in somebody's hands.

Pure: time comes in, messages come out. One key (kind, subject) has at most one open alert; every
open alert is acknowledged or has a next step, so nothing falls silent. Doors are its first user;
elder care, broadcasts and meters bring kinds and policies of their own, not another machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

REOPEN_S = 600.0  # closed and back within this: the same trouble, not a new one
REPEAT_LEAST_S = 300  # the last step comes again no faster: a group chat must stay readable
REPEAT_MOST_S = 86_400
AFTER_MOST_S = 86_400
STEPS_MAX = 8  # a longer ladder is a policy nobody can explain
OUTLETS_OF_STEP_MAX = 8
RESPONDERS_MAX = 50  # of one roll call
COUNT_MAX = 2**31 - 1  # a column's bound; who repeats oftener is counted as this often
CONSOLE = "console"  # the outlet that is always there: the live page itself
ANY_KIND = "*"


class Severity(StrEnum):
    """CAP 1.2's words, from the least."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"
    EXTREME = "extreme"


RANK = {severity: rank for rank, severity in enumerate(Severity)}


class State(StrEnum):
    """Where an alert stands."""

    RAISED = "raised"
    ESCALATING = "escalating"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class What(StrEnum):
    """What may happen to an alert."""

    REPEATED = "repeated"
    REOPENED = "reopened"
    STEP = "step"
    HASTENED = "hastened"
    ACKNOWLEDGED_IN_PART = "acknowledged_in_part"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"
    CLOSED = "closed"


# The law: what may happen in which state, and where it leads. What is not here is refused.
LAW: dict[tuple[State, What], State] = {
    (State.RAISED, What.REPEATED): State.RAISED,
    (State.RAISED, What.STEP): State.ESCALATING,
    (State.RAISED, What.ACKNOWLEDGED_IN_PART): State.RAISED,
    (State.RAISED, What.ACKNOWLEDGED): State.ACKNOWLEDGED,
    (State.RAISED, What.CLEARED): State.CLOSED,
    (State.RAISED, What.CLOSED): State.CLOSED,
    (State.ESCALATING, What.REPEATED): State.ESCALATING,
    (State.ESCALATING, What.STEP): State.ESCALATING,
    (State.ESCALATING, What.HASTENED): State.ESCALATING,
    (State.ESCALATING, What.ACKNOWLEDGED_IN_PART): State.ESCALATING,
    (State.ESCALATING, What.ACKNOWLEDGED): State.ACKNOWLEDGED,
    (State.ESCALATING, What.CLEARED): State.CLOSED,
    (State.ESCALATING, What.CLOSED): State.CLOSED,
    (State.ACKNOWLEDGED, What.REPEATED): State.ACKNOWLEDGED,
    (State.ACKNOWLEDGED, What.CLEARED): State.CLOSED,
    (State.ACKNOWLEDGED, What.CLOSED): State.CLOSED,
    (State.CLOSED, What.REPEATED): State.CLOSED,
    (State.CLOSED, What.REOPENED): State.RAISED,
    (State.CLOSED, What.CLEARED): State.CLOSED,
}


class Mode(StrEnum):
    """Whether the first acknowledgement ends the calling, or everybody named must answer."""

    ANY = "any"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Step:
    """Call by these outlets, so long after the step before (the first: after the raising)."""

    after_s: int
    outlets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Who is called when: steps one after the other, the last one again and again."""

    id: str
    kinds: tuple[str, ...]
    steps: tuple[Step, ...]
    least: Severity = Severity.MINOR
    mode: Mode = Mode.ANY
    responders: tuple[str, ...] = ()
    repeat_s: int = 1_800

    def step(self, number: int) -> Step:
        """The step of a running number; after the last one it is the last one again."""
        return self.steps[min(number, len(self.steps) - 1)]

    def wait_s(self, number: int) -> int:
        """How long to wait before the step of this running number."""
        return self.steps[number].after_s if number < len(self.steps) else self.repeat_s


DEFAULT = Policy("default", (ANY_KIND,), (Step(0, (CONSOLE,)),))
RESTRICTED_DEFAULT = Policy("default-named", (), (Step(0, (CONSOLE,)),), repeat_s=300)


def policy_for(
    kind: str, severity: Severity, *, restricted: bool, policies: Iterable[Policy]
) -> Policy:
    """The policy of an alert: one that names its kind, else one for any kind, else the console.

    What only named responders may see is never caught by a policy for any kind.
    """
    fitting = sorted(
        (one for one in policies if RANK[severity] >= RANK[one.least]), key=lambda one: one.id
    )
    named = next((one for one in fitting if kind in one.kinds), None)
    if named is not None:
        return named
    if restricted:
        return RESTRICTED_DEFAULT
    # the highest bar that was cleared: a policy for severe trouble beats one for any trouble
    general = [one for one in fitting if ANY_KIND in one.kinds]
    return max(general, key=lambda one: RANK[one.least], default=DEFAULT)


@dataclass(frozen=True, slots=True)
class Alert:
    """One trouble of one subject. ``step`` counts calls made in this ``round``."""

    id: str
    kind: str
    subject: str
    severity: Severity
    policy: str
    state: State
    opened_at_s: float
    last_at_s: float
    count: int
    round: int = 1
    step: int = 0
    next_step_at_s: float | None = None
    acked_by: tuple[str, ...] = ()
    closed_at_s: float | None = None
    quiet_upto_s: float | None = None

    @property
    def open(self) -> bool:
        """Whether somebody must still care."""
        return self.state is not State.CLOSED


OVER = -1  # the step of the call that says: it is over


@dataclass(frozen=True, slots=True)
class Call:
    """Speak by an outlet; the id is the same however often it must be tried."""

    id: str
    outlet: str
    step: int


@dataclass(frozen=True, slots=True)
class Moved:
    """An alert after something happened; ``what`` None when nothing did (or nothing to log)."""

    alert: Alert
    what: What | None
    calls: tuple[Call, ...] = ()


class Refused(Exception):
    """The law has no such move."""


def _go(alert: Alert, what: What, **changes: object) -> Alert:
    state = LAW.get((alert.state, what))
    if state is None:
        raise Refused(f"{what.value} while {alert.state.value}")
    return replace(alert, state=state, **changes)  # type: ignore[arg-type]


def fresh(
    name: str,
    kind: str,
    subject: str,
    severity: Severity,
    policy: Policy,
    at_s: float,
    now_s: float,
) -> Alert:
    """A new alert; its first step is due when the policy says."""
    return Alert(
        name,
        kind,
        subject,
        severity,
        policy.id,
        State.RAISED,
        opened_at_s=at_s,
        last_at_s=at_s,
        count=1,
        next_step_at_s=now_s + policy.wait_s(0),
    )


def over_before_it_came(
    name: str, kind: str, subject: str, severity: Severity, policy: Policy, at_s: float
) -> Alert:
    """The end of a trouble overtook its beginning: this, when it comes, is late."""
    return Alert(
        name,
        kind,
        subject,
        severity,
        policy.id,
        State.CLOSED,
        opened_at_s=at_s,
        last_at_s=at_s,
        count=0,
        closed_at_s=at_s,
        quiet_upto_s=at_s,
    )


def again(alert: Alert, policy: Policy, at_s: float, now_s: float) -> Moved | None:
    """The same trouble once more: counted, reopened, or None when it deserves a new alert."""
    count = min(alert.count + 1, COUNT_MAX)
    last_at_s = max(alert.last_at_s, at_s)
    late = alert.quiet_upto_s is not None and at_s <= alert.quiet_upto_s
    if alert.open or late:
        return Moved(_go(alert, What.REPEATED, count=count, last_at_s=last_at_s), None)
    if alert.closed_at_s is not None and now_s - alert.closed_at_s > REOPEN_S:
        return None
    moved = _go(
        alert,
        What.REOPENED,
        count=count,
        last_at_s=last_at_s,
        round=alert.round + 1,
        step=0,
        next_step_at_s=now_s + policy.wait_s(0),
        acked_by=(),
        closed_at_s=None,
        policy=policy.id,
    )
    return Moved(moved, What.REOPENED)


def due(alert: Alert, policy: Policy, now_s: float) -> Moved:
    """Take the next step if its time has come; asking again at the same instant changes nothing."""
    if alert.next_step_at_s is None or now_s < alert.next_step_at_s:
        return Moved(alert, None)
    number = alert.step
    moved = _go(alert, What.STEP, step=number + 1, next_step_at_s=now_s + policy.wait_s(number + 1))
    return Moved(moved, What.STEP, _calls(alert, policy.step(number), number))


def _calls(alert: Alert, step: Step, number: int) -> tuple[Call, ...]:
    return tuple(
        Call(f"{alert.id}-{alert.round}-{_told(number)}-{outlet}", outlet, number)
        for outlet in step.outlets
        if outlet != CONSOLE
    )


def _told(number: int) -> str:
    return "over" if number == OVER else str(number)


def hasten(alert: Alert, policy: Policy, step: int, now_s: float) -> Moved:
    """A call of a step did not get through: the next step, if there is another, comes now."""
    waiting = alert.state is State.ESCALATING and alert.next_step_at_s is not None
    if not waiting or step != alert.step - 1 or alert.step >= len(policy.steps):
        return Moved(alert, None)
    assert alert.next_step_at_s is not None
    sooner_s = min(alert.next_step_at_s, now_s)
    return Moved(_go(alert, What.HASTENED, next_step_at_s=sooner_s), What.HASTENED)


def acknowledge(alert: Alert, policy: Policy, by: str) -> Moved:
    """Somebody takes care. In a roll call the calling goes on until everybody named answered."""
    if alert.state is State.ACKNOWLEDGED or (alert.open and by in alert.acked_by):
        return Moved(alert, None)
    acked = (*alert.acked_by, by)
    missing = set(policy.responders) - set(acked) if policy.mode is Mode.ALL else set()
    if missing:
        return Moved(
            _go(alert, What.ACKNOWLEDGED_IN_PART, acked_by=acked), What.ACKNOWLEDGED_IN_PART
        )
    moved = _go(alert, What.ACKNOWLEDGED, acked_by=acked, next_step_at_s=None)
    return Moved(moved, What.ACKNOWLEDGED)


def clear(alert: Alert, policy: Policy, at_s: float, now_s: float) -> Moved:
    """The trouble ended by itself, at its own time; who was called and woken hears that too."""
    quiet_s = at_s if alert.quiet_upto_s is None else max(alert.quiet_upto_s, at_s)
    if not alert.open:
        return Moved(_go(alert, What.CLEARED, quiet_upto_s=quiet_s), None)
    if at_s < alert.last_at_s:  # the end of an earlier one: this one still stands
        return Moved(alert, None)
    called = [
        outlet
        for number in range(min(alert.step, STEPS_MAX))
        for outlet in policy.step(number).outlets
    ]
    told = Step(0, tuple(dict.fromkeys(called)))
    ended = _ended(alert, What.CLEARED, now_s, quiet_s)
    return Moved(ended, What.CLEARED, _calls(alert, told, OVER))


def close(alert: Alert, now_s: float) -> Moved:
    """Somebody ends it with a note; what happened before and comes later is only counted."""
    if not alert.open:
        return Moved(alert, None)
    return Moved(_ended(alert, What.CLOSED, now_s, max(now_s, alert.last_at_s)), What.CLOSED)


def _ended(alert: Alert, what: What, now_s: float, quiet_s: float) -> Alert:
    return _go(alert, what, next_step_at_s=None, closed_at_s=now_s, quiet_upto_s=quiet_s)


def as_mermaid() -> str:
    """The law as a diagram, the same bytes every time."""
    lines = [f"  {state} --> {to}: {what}" for (state, what), to in LAW.items() if state is not to]
    return "\n".join(["stateDiagram-v2", "  [*] --> raised", *lines]) + "\n"
