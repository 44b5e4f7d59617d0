"""The alert engine: whatever comes, one open alert a key, and none falls silent."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core import alerts as law
from hub.core.alert_kinds import KINDS, WITHHELD, from_event
from hub.core.alerts import (
    CONSOLE,
    DEFAULT,
    LAW,
    REOPEN_S,
    Alert,
    Mode,
    Moved,
    Policy,
    Refused,
    Severity,
    State,
    Step,
    What,
    policy_for,
)

LADDER = Policy(
    "ladder",
    ("forced",),
    (Step(0, (CONSOLE, "desk")), Step(120, ("night",)), Step(300, ("boss", "police"))),
    repeat_s=600,
)
CALL = Policy(
    "roll-call", ("fire",), (Step(0, ("desk",)),), mode=Mode.ALL, responders=("a", "b"),
    repeat_s=300,
)  # fmt: skip


def opened(policy: Policy = LADDER, at_s: float = 0.0) -> Alert:
    return law.fresh("a1", "forced", "door:d-1", Severity.SEVERE, policy, at_s, at_s)


@dataclass
class Desk:
    """A keeper of alerts of one key, as the acts keep them, in plain lists."""

    policy: Policy
    now_s: float = 1_000.0
    alerts: list[Alert] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def latest(self) -> Alert | None:
        return self.alerts[-1] if self.alerts else None

    def put(self, moved: Moved) -> None:
        self.alerts[-1] = moved.alert
        self.calls += [call.id for call in moved.calls]

    def trouble(self, at_s: float) -> None:
        alert = self.latest()
        moved = law.again(alert, self.policy, at_s, self.now_s) if alert else None
        if moved is not None:
            self.put(moved)
            return
        name = f"a{len(self.alerts)}"
        self.alerts.append(
            law.fresh(name, "k", "s", Severity.SEVERE, self.policy, at_s, self.now_s)
        )

    def over(self, at_s: float) -> None:
        alert = self.latest()
        if alert is None:
            self.alerts.append(
                law.over_before_it_came("a0", "k", "s", Severity.SEVERE, self.policy, at_s)
            )
        else:
            self.put(law.clear(alert, self.policy, at_s, self.now_s))

    def do(self, what: str, value: float) -> None:
        alert = self.latest()
        match what:
            case "pass":
                self.now_s += value
            case "trouble":
                self.trouble(self.now_s)
            case "late trouble":
                self.trouble(self.now_s - value)
            case "over":
                self.over(self.now_s)
            case "late over":
                self.over(self.now_s - value)
            case "due" if alert is not None:
                self.put(law.due(alert, self.policy, self.now_s))
            case "failed" if alert is not None:
                self.put(law.hasten(alert, self.policy, alert.step - 1, self.now_s))
            case "acknowledge" if alert is not None and alert.open:
                self.put(law.acknowledge(alert, self.policy, "ab"[int(value) % 2]))
            case "close" if alert is not None:
                self.put(law.close(alert, self.now_s))
            case _:
                pass


MOVES = ("pass", "trouble", "late trouble", "over", "late over", "due", "failed", "acknowledge",
         "close")  # fmt: skip
DAYS = st.lists(
    st.tuples(st.sampled_from(MOVES), st.floats(0, 2_000, allow_nan=False)), max_size=60
)


@given(DAYS, st.sampled_from([LADDER, CALL, DEFAULT]))
def test_no_key_has_two_open_alerts_and_none_falls_silent(
    day: list[tuple[str, float]], policy: Policy
) -> None:
    desk = Desk(policy)
    for what, value in day:
        desk.do(what, value)
        assert sum(alert.open for alert in desk.alerts) <= 1
        for alert in desk.alerts:
            waits = alert.state in (State.RAISED, State.ESCALATING)
            assert (alert.next_step_at_s is not None) == waits
            assert (alert.closed_at_s is not None) == (alert.state is State.CLOSED)
    assert len(desk.calls) == len(set(desk.calls)), "a call's name was used twice"


@given(DAYS, st.floats(0, 500, allow_nan=False))
def test_what_comes_late_changes_the_count_and_nothing_else(
    day: list[tuple[str, float]], back_s: float
) -> None:
    desk = Desk(LADDER)
    desk.do("trouble", 0)
    for what, value in day:
        desk.do(what, value)
    desk.do("close", 0)
    before = desk.latest()
    assert before is not None
    assert before.quiet_upto_s is not None
    moved = law.again(before, LADDER, before.quiet_upto_s - back_s, desk.now_s)
    assert moved is not None
    assert moved.what is None
    assert moved.calls == ()
    assert (moved.alert.state, moved.alert.count) == (State.CLOSED, before.count + 1)
    assert moved.alert.next_step_at_s is None
    assert moved.alert.closed_at_s == before.closed_at_s


@given(DAYS, st.floats(0, 1e6, allow_nan=False))
def test_an_acknowledgement_ends_the_calling(day: list[tuple[str, float]], wait_s: float) -> None:
    desk = Desk(LADDER)
    desk.do("trouble", 0)
    for what, value in day:
        desk.do(what, value)
    alert = desk.latest()
    assert alert is not None
    if not alert.open:
        return
    quiet = law.acknowledge(alert, LADDER, "a").alert
    assert quiet.state is State.ACKNOWLEDGED
    repeated = law.again(quiet, LADDER, desk.now_s, desk.now_s)
    assert repeated is not None
    for one in (quiet, repeated.alert):
        later = law.due(one, LADDER, desk.now_s + wait_s)
        assert later.calls == ()
        assert later.alert == one


def test_the_ladder_is_climbed_in_time_and_its_end_repeats() -> None:
    alert, now_s, seen = opened(), 0.0, []
    while now_s <= 1_700:
        moved = law.due(alert, LADDER, now_s)
        alert = moved.alert
        seen += [(now_s, call.outlet) for call in moved.calls]
        now_s += 10
    assert seen == [
        (0, "desk"), (120, "night"), (420, "boss"), (420, "police"), (1_020, "boss"),
        (1_020, "police"), (1_620, "boss"), (1_620, "police"),
    ]  # fmt: skip


def test_the_same_step_asked_for_twice_calls_once() -> None:
    first = law.due(opened(), LADDER, 0.0)
    assert [call.id for call in first.calls] == ["a1-1-0-desk"]
    assert law.due(first.alert, LADDER, 0.0).calls == ()


def test_a_call_that_fails_brings_the_next_step_forward_but_never_the_repetition() -> None:
    alert = law.due(opened(), LADDER, 0.0).alert
    moved = law.hasten(alert, LADDER, 0, 5.0)
    assert moved.what is What.HASTENED
    assert [call.outlet for call in law.due(moved.alert, LADDER, 5.0).calls] == ["night"]
    alert = law.due(moved.alert, LADDER, 5.0).alert
    assert law.hasten(alert, LADDER, 0, 6.0).what is None  # an older step's call
    last = law.due(alert, LADDER, 1_000.0).alert
    assert law.hasten(last, LADDER, 2, 1_001.0).what is None
    quiet = law.acknowledge(alert, LADDER, "a").alert
    assert law.hasten(quiet, LADDER, 1, 6.0).what is None


def test_a_roll_call_goes_on_until_everybody_answered() -> None:
    alert = law.due(opened(CALL), CALL, 0.0).alert
    first = law.acknowledge(alert, CALL, "a")
    assert first.what is What.ACKNOWLEDGED_IN_PART
    assert law.due(first.alert, CALL, 300.0).calls != ()
    assert law.acknowledge(first.alert, CALL, "a").what is None
    stranger = law.acknowledge(first.alert, CALL, "c")
    assert stranger.what is What.ACKNOWLEDGED_IN_PART
    done = law.acknowledge(stranger.alert, CALL, "b")
    assert done.what is What.ACKNOWLEDGED
    assert done.alert.acked_by == ("a", "c", "b")


def test_what_comes_back_soon_is_reopened_and_called_anew_and_later_is_new() -> None:
    alert = law.acknowledge(law.due(opened(), LADDER, 0.0).alert, LADDER, "a").alert
    closed = law.close(alert, 50.0).alert
    back = law.again(closed, LADDER, 60.0, 60.0)
    assert back is not None
    assert back.what is What.REOPENED
    assert (back.alert.round, back.alert.step, back.alert.acked_by) == (2, 0, ())
    calls = law.due(back.alert, LADDER, 60.0).calls
    assert [call.id for call in calls] == ["a1-2-0-desk"]
    at_s = 50.0 + REOPEN_S + 1
    assert law.again(closed, LADDER, at_s, at_s) is None


def test_an_end_that_overtakes_its_beginning_leaves_nothing_open() -> None:
    desk = Desk(LADDER)
    desk.over(900.0)
    desk.trouble(890.0)
    assert [alert.open for alert in desk.alerts] == [False]
    desk.trouble(910.0)
    assert [alert.open for alert in desk.alerts][-1] is True
    desk.over(905.0)  # the end of the earlier one, told again
    assert [alert.open for alert in desk.alerts][-1] is True


def test_who_was_called_hears_that_it_is_over_and_nobody_else() -> None:
    assert law.clear(opened(), LADDER, 1.0, 1.0).calls == ()
    alert = law.due(law.due(opened(), LADDER, 0.0).alert, LADDER, 120.0).alert
    over = law.clear(alert, LADDER, 130.0, 130.0)
    assert [call.id for call in over.calls] == ["a1-1-over-desk", "a1-1-over-night"]


def test_the_law_lets_nothing_else_happen() -> None:
    closed = law.close(opened(), 1.0).alert
    with pytest.raises(Refused):
        law.acknowledge(closed, LADDER, "a")
    for state in State:
        ends = [to for (come, _), to in LAW.items() if come is state]
        assert ends, f"nothing can happen to what is {state}"
    assert "escalating --> acknowledged: acknowledged" in law.as_mermaid()


def test_a_policy_that_names_the_kind_comes_first_and_duress_is_never_caught_by_any() -> None:
    everything = Policy("z", ("*",), (Step(0, ("all",)),))
    grave = Policy("y", ("*",), (Step(0, ("grave",)),), least=Severity.SEVERE)
    known = (everything, grave, LADDER)

    def pick(kind: str, severity: Severity = Severity.SEVERE, *policies: Policy) -> str:
        restricted = kind in WITHHELD
        return policy_for(kind, severity, restricted=restricted, policies=policies or known).id

    assert pick("forced") == "ladder"
    assert pick("tamper") == "y"
    assert pick("held", Severity.MODERATE) == "z"
    assert pick("held", Severity.MODERATE, grave) == "default"
    assert pick("duress", Severity.EXTREME) == "default-named"
    named = Policy("d", ("duress",), (Step(0, ("guard",)),))
    assert pick("duress", Severity.EXTREME, *known, named) == "d"


def test_every_kind_speaks_three_languages_and_only_signs_that_mean_trouble_raise() -> None:
    for kind in KINDS.values():
        for words in (kind.words, kind.cure):
            assert all(words.as_dict().values())
    assert from_event("access", "granted") is None
    assert from_event("gap", None) is None
    raised = {name: from_event(name, None) for name in ("forced", "held", "duress", "fire")}
    assert all(sign is not None and not sign.over for sign in raised.values())
    over = from_event("held_over", None)
    assert over is not None
    assert (over.kind, over.over) == ("held", True)
    forged = from_event("access", "credential_forged")
    assert forged is not None
    assert forged.kind == "credential_forged"


def test_the_drawing_is_made_from_the_law() -> None:
    root = Path(__file__).resolve().parents[2]
    assert law.as_mermaid() in (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
