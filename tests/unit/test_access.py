"""The decision at a door: a table, properties, and that hub and door fold alike."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.access import (
    HOLIDAY,
    ContactChanged,
    Credential,
    DoorMode,
    DoorPolicy,
    DoorState,
    Fact,
    FireChanged,
    Granted,
    Opened,
    Policy,
    Refused,
    Request,
    Rule,
    Schedule,
    Way,
    apply,
    decide,
)
from devices.messages import Assurance, Revision
from devices.policy import Compiled, decode, encode
from devices.reasons import REASONS

MONDAY_9 = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
OFFICE = Schedule((*[((8 * 60, 12 * 60), (14 * 60, 18 * 60))] * 5, (), (), ()))
CARD = Request(door=1, way=Way.CARD, card="04a1", assurance=Assurance.MUTUAL)
PHONE = Request(door=1, way=Way.REMOTE, person="p1", assurance=Assurance.MUTUAL)


def policy(**door: object) -> Policy:
    rules = door.pop("rules", {"r": Rule()})
    people = door.pop("people", {"p1": ("r",)})
    plan = DoorPolicy(1, rules=rules, people=people)  # type: ignore[arg-type]
    return Policy(
        Revision(2, 5),
        ZoneInfo("Asia/Shanghai"),
        {"office": OFFICE},
        frozenset({date(2026, 10, 1)}),
        {1: replace(plan, **door)},  # type: ignore[arg-type]
        {"04a1": Credential("k1", "p1"), "04b2": Credential("k2", "p1", blocked=True)},
    )


def reason_of(
    rules: Policy | None, request: Request, state: DoorState | None = None, now: datetime = MONDAY_9
) -> str:
    return decide(rules, state or DoorState(), request, now)[0].reason


@pytest.mark.parametrize(
    ("rules", "request_", "state", "expected"),
    [
        (policy(), CARD, DoorState(), "granted"),
        (policy(), PHONE, DoorState(), "granted"),
        (None, CARD, DoorState(), "policy_missing"),
        (policy(), replace(CARD, door=9), DoorState(), "door_unknown"),
        (policy(), CARD, DoorState(fire=True), "fire"),
        (policy(), replace(CARD, way=Way.EXIT), DoorState(fire=True), "exit"),
        (None, Request(1, Way.EXIT), DoorState(), "exit"),
        (policy(mode=DoorMode.LOCKED_DOWN), CARD, DoorState(), "locked_down"),
        (policy(mode=DoorMode.LOCKED_DOWN), Request(1, Way.EXIT), DoorState(), "exit"),
        (policy(mode=DoorMode.BLOCKED), CARD, DoorState(), "door_blocked"),
        (policy(mode=DoorMode.BLOCKED), Request(1, Way.EXIT), DoorState(), "exit"),
        (policy(), replace(CARD, card="04ff"), DoorState(), "credential_unknown"),
        (policy(), replace(CARD, card=None), DoorState(), "credential_unknown"),
        (policy(), replace(CARD, card="04b2"), DoorState(), "credential_blocked"),
        (policy(), replace(CARD, forged=True), DoorState(), "credential_forged"),
        (policy(), replace(CARD, assurance=Assurance.IDENTIFIER), DoorState(), "assurance_low"),
        (policy(), replace(PHONE, assurance=Assurance.SIGNED), DoorState(), "assurance_low"),
        (policy(remote=False), PHONE, DoorState(), "remote_refused"),
        (policy(), replace(PHONE, revision=Revision(2, 6)), DoorState(), "policy_behind"),
        (policy(), replace(PHONE, revision=Revision(2, 5)), DoorState(), "granted"),
        (policy(), replace(PHONE, person="p2"), DoorState(), "person_unknown"),
        (policy(), replace(PHONE, person=None), DoorState(), "person_unknown"),
        (policy(people={}), CARD, DoorState(), "person_unknown"),
        (
            policy(rules={"r": Rule(), "no": Rule(deny=True)}, people={"p1": ("r", "no")}),
            CARD,
            DoorState(),
            "person_denied",
        ),
    ],
)
def test_the_table(
    rules: Policy | None, request_: Request, state: DoorState, expected: str
) -> None:
    assert reason_of(rules, request_, state) == expected


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-11-23T07:59", "schedule_closed"),
        ("2026-11-23T08:00", "granted"),
        ("2026-11-23T11:59", "granted"),
        ("2026-11-23T12:00", "schedule_closed"),
        ("2026-11-23T14:00", "granted"),
        ("2026-11-28T09:00", "schedule_closed"),  # a Saturday
        ("2026-10-01T09:00", "schedule_closed"),  # a Thursday that is a holiday
    ],
)
def test_schedules_are_in_the_sites_zone(local: str, expected: str) -> None:
    rules = policy(rules={"r": Rule("office")})
    now = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    assert reason_of(rules, CARD, now=now.astimezone(UTC)) == expected


def test_a_holiday_has_its_own_intervals() -> None:
    days = [()] * 7 + [((0, 24 * 60),)]
    rules = replace(policy(rules={"r": Rule("feast")}), schedules={"feast": Schedule(tuple(days))})
    feast = datetime(2026, 10, 1, 4, 0, tzinfo=UTC)
    assert reason_of(rules, CARD, now=feast) == "granted"
    assert reason_of(rules, CARD) == "schedule_closed"
    assert len(days) == HOLIDAY + 1


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (-10, 10, "granted"),
        (0, 10, "granted"),
        (-10, 0, "validity_over"),
        (10, 20, "validity_over"),
    ],
)
def test_validity_ends_by_itself(start: int, end: int, expected: str) -> None:
    at = MONDAY_9.timestamp()
    rules = policy(rules={"r": Rule(None, at + start, at + end)})
    assert reason_of(rules, CARD) == expected


def test_timed_rules_wait_for_a_known_clock_and_plain_ones_do_not() -> None:
    blind = replace(CARD, clock_known=False)
    assert reason_of(policy(rules={"r": Rule("office")}), blind) == "clock_unsigned"
    assert reason_of(policy(), blind) == "granted"


def test_a_rule_with_a_missing_schedule_opens_nothing() -> None:
    assert reason_of(policy(rules={"r": Rule("gone")}), CARD) == "schedule_closed"


def test_no_debt_is_an_input() -> None:
    """No bill, arrears or complaint can be handed to the decision."""
    names = {field.name for kind in (Policy, DoorPolicy, Rule, Credential, DoorState, Request)
             for field in fields(kind)}  # fmt: skip
    for word in ("bill", "debt", "arrear", "paid", "fen", "complaint", "due", "owe"):
        assert not [name for name in names if word in name.split("_")]


requests = st.builds(
    Request,
    door=st.sampled_from([1, 2]),
    way=st.sampled_from(list(Way)),
    person=st.sampled_from([None, "p1", "p2"]),
    card=st.sampled_from([None, "04a1", "04b2", "04ff"]),
    assurance=st.sampled_from(list(Assurance)),
    forged=st.booleans(),
    revision=st.builds(Revision, st.integers(0, 3), st.integers(0, 9)),
    clock_known=st.booleans(),
)
rules_of = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.builds(
        Rule,
        st.sampled_from([None, "office", "gone"]),
        st.none() | st.floats(1.79e9, 1.8e9),
        st.none() | st.floats(1.79e9, 1.8e9),
        st.booleans(),
    ),
)
policies = st.builds(
    policy,
    mode=st.sampled_from(list(DoorMode)),
    asks=st.sampled_from(list(Assurance)),
    remote=st.booleans(),
    rules=rules_of,
    people=st.fixed_dictionaries({"p1": st.just(("a", "b", "c"))}),
)
instants = st.integers(0, 14 * 24 * 60).map(lambda minutes: MONDAY_9 + timedelta(minutes=minutes))
facts: st.SearchStrategy[Fact] = st.one_of(
    st.builds(FireChanged, st.booleans()),
    st.builds(ContactChanged, st.none() | st.booleans()),
    st.builds(Opened, st.floats(1.79e9, 1.8e9)),
)


@given(st.none() | policies, requests, st.lists(facts, max_size=5), instants)
def test_fire_and_leaving_come_before_everything(
    rules: Policy | None, request_: Request, happened: list[Fact], now: datetime
) -> None:
    state = DoorState()
    for fact in happened:
        state = apply(state, fact)
    decision, _ = decide(rules, state, request_, now)
    assert decision.reason in REASONS
    if request_.way is Way.EXIT:
        assert isinstance(decision, Granted)
    elif state.fire:
        assert decision == Refused("fire")


@given(policies, requests, instants)
def test_deny_wins_and_a_grant_has_its_reasons(
    rules: Policy, request_: Request, now: datetime
) -> None:
    decision, _ = decide(rules, DoorState(), request_, now)
    if not isinstance(decision, Granted) or decision.reason == "exit":
        return
    door = rules.doors[1]
    assert door.mode not in (DoorMode.LOCKED_DOWN, DoorMode.BLOCKED)
    assert request_.assurance >= door.asks
    assert not request_.forged or request_.way is Way.REMOTE
    at_s = now.timestamp()
    for rule in door.rules.values():
        live = (rule.valid_from_s or 0) <= at_s < (rule.valid_to_s or 1e12)
        assert not (rule.deny and live)
    assert any(not rule.deny for rule in door.rules.values())
    assert decision.hold_ms <= door.hold_max_ms


@given(policies, requests, instants)
def test_the_door_decides_from_bytes_as_the_hub_from_memory(
    rules: Policy, request_: Request, now: datetime
) -> None:
    back = decode(encode(Compiled(rules, {})))
    assert isinstance(back, Compiled)
    assert decide(back.policy, DoorState(), request_, now) == decide(
        rules, DoorState(), request_, now
    )


@given(st.lists(facts, max_size=8))
def test_hub_and_door_fold_alike(happened: list[Fact]) -> None:
    """Folding is a function of the facts alone, whoever does it and in whatever pieces."""
    whole = DoorState()
    for fact in happened:
        whole = apply(whole, fact)
    part = DoorState()
    for fact in happened[: len(happened) // 2]:
        part = apply(part, fact)
    for fact in happened[len(happened) // 2 :]:
        part = apply(part, fact)
    assert part == whole
