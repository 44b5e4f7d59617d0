"""The decision at a door: a table, properties, and that hub and door fold alike."""

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import rules as rules_module
from devices.access import (
    HOLIDAY,
    CodeTried,
    ContactChanged,
    Credential,
    DoorMode,
    DoorPolicy,
    DoorState,
    Entered,
    Fact,
    FireChanged,
    Granted,
    Opened,
    PassOpened,
    PassUsed,
    PinTried,
    Policy,
    Promised,
    Refused,
    Request,
    Rule,
    Schedule,
    State,
    Visit,
    Way,
    ZoneTold,
    decide,
    fold,
)
from devices.facts import Awaiting, ShutDown, kept, recalled, shut_by
from devices.messages import Assurance, Revision
from devices.pins import claim_mark, pin_mark
from devices.policy import Compiled, decode, encode
from devices.reasons import REASONS
from devices.rules import OPEN_MODES, Ask, ModePlan, Passage, Passback, Pins, asked_at, mode_at

MONDAY_9 = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
OFFICE = Schedule((*[((8 * 60, 12 * 60), (14 * 60, 18 * 60))] * 5, (), (), ()))
CARD = Request(door=1, way=Way.CARD, card="04a1", assurance=Assurance.MUTUAL)
PHONE = Request(door=1, way=Way.REMOTE, person="p1", assurance=Assurance.MUTUAL)
BURNING = State({1: DoorState(fire=True)})


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
    rules: Policy | None, request: Request, state: State | None = None, now: datetime = MONDAY_9
) -> str:
    return decide(rules, state or State(), request, now)[0].reason


@pytest.mark.parametrize(
    ("rules", "request_", "state", "expected"),
    [
        (policy(), CARD, State(), "granted"),
        (policy(), PHONE, State(), "granted"),
        (None, CARD, State(), "policy_missing"),
        (policy(), replace(CARD, door=9), State(), "door_unknown"),
        (policy(), CARD, BURNING, "fire"),
        (policy(), replace(CARD, way=Way.EXIT), BURNING, "exit"),
        (None, Request(1, Way.EXIT), State(), "exit"),
        (policy(mode=DoorMode.LOCKED_DOWN), CARD, State(), "locked_down"),
        (policy(mode=DoorMode.LOCKED_DOWN), Request(1, Way.EXIT), State(), "exit"),
        (policy(mode=DoorMode.BLOCKED), CARD, State(), "door_blocked"),
        (policy(mode=DoorMode.BLOCKED), Request(1, Way.EXIT), State(), "exit"),
        (policy(), replace(CARD, card="04ff"), State(), "credential_unknown"),
        (policy(), replace(CARD, card=None), State(), "credential_unknown"),
        (policy(), replace(CARD, card="04b2"), State(), "credential_blocked"),
        (policy(), replace(CARD, forged=True), State(), "credential_forged"),
        (policy(), replace(CARD, assurance=Assurance.IDENTIFIER), State(), "assurance_low"),
        (policy(), replace(PHONE, assurance=Assurance.SIGNED), State(), "assurance_low"),
        (policy(remote=False), PHONE, State(), "remote_refused"),
        (policy(), replace(PHONE, revision=Revision(2, 6)), State(), "policy_behind"),
        (policy(), replace(PHONE, revision=Revision(2, 5)), State(), "granted"),
        (policy(), replace(PHONE, person="p2"), State(), "person_unknown"),
        (policy(), replace(PHONE, person=None), State(), "person_unknown"),
        (policy(people={}), CARD, State(), "person_unknown"),
        (
            policy(rules={"r": Rule(), "no": Rule(deny=True)}, people={"p1": ("r", "no")}),
            CARD,
            State(),
            "person_denied",
        ),
    ],
)
def test_the_table(rules: Policy | None, request_: Request, state: State, expected: str) -> None:
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
    """No bill, arrears or complaint can be handed to the decision, or stand in a policy."""
    kinds: tuple[Any, ...] = (
        Policy, DoorPolicy, Rule, Credential, DoorState, State, Request, Visit, Schedule,
        rules_module.Ask, rules_module.ModePlan, rules_module.Passage, rules_module.Pins,
        *get_args(Fact),
    )  # fmt: skip
    names = {field.name for kind in kinds for field in fields(kind)}
    words = ("bill", "debt", "arrear", "paid", "pay", "fen", "complaint", "due", "owe", "money")
    for word in words:
        assert not [name for name in names if word in name.split("_")]
    body = json.loads(encode(Compiled(policy(), {})))
    assert not [name for name in [*body, *body["doors"]["1"]] if name.split("_")[0] in words]


rules_of = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.builds(
        Rule,
        st.sampled_from([None, "office", "gone"]),
        st.none() | st.floats(1.79e9, 1.8e9),
        st.none() | st.floats(1.79e9, 1.8e9),
        st.booleans(),
        st.booleans(),
    ),
)
plans = st.builds(
    ModePlan,
    st.sampled_from(["office", "gone"]),
    st.sampled_from(list(DoorMode)),
    st.booleans(),
)
PINS = Pins(
    b"k" * 32,
    {claim_mark(b"k" * 32, "302"): ("p1", "p2")},
    {"p1": (pin_mark(b"k" * 32, "p1", "2580"), pin_mark(b"k" * 32, "p1", "1470"))},
)
policies = st.builds(
    policy,
    mode=st.sampled_from(list(DoorMode)),
    asks=st.sampled_from(list(Assurance)),
    remote=st.booleans(),
    rules=rules_of,
    people=st.fixed_dictionaries(
        {"p1": st.just(("a", "b", "c"))}, optional={"p2": st.just(("a",))}
    ),
    pin=st.booleans(),
    typed=st.booleans(),
    passes=st.booleans(),
    asks_by=st.lists(
        st.builds(Ask, st.just("office"), st.sampled_from(list(Assurance)), st.booleans()),
        max_size=2,
    ).map(tuple),
    modes=st.lists(plans, max_size=2).map(tuple),
    two_person=st.booleans(),
    passage=st.none()
    | st.builds(
        Passage,
        st.sampled_from(["", "lobby"]),
        st.sampled_from(["", "hall"]),
        st.sampled_from(list(Passback)),
        st.none() | st.integers(0, 10_000),
        st.booleans(),
    ),
    interlock=st.sampled_from([(), (2,)]),
    longer_ms=st.sampled_from([0, 8_000, 60_000]),
    pins=st.none() | st.just(PINS),
)
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
    fresh=st.booleans(),
    claim=st.sampled_from([None, "302", "401"]),
    pin=st.sampled_from([None, "2580", "1470", "9999"]),
    visit=st.none()
    | st.builds(
        Visit,
        st.sampled_from(["v1", "v2"]),
        st.sampled_from([(1,), (2,), (1, 2), (1, 2, 3, 4, 5)]),
        st.floats(1.79e9, 1.8e9),
        st.floats(1.79e9, 1.8e9),
        st.sampled_from(["p1", "p2"]),
        st.booleans(),
    ),
    online=st.booleans(),
)
instants = st.integers(0, 14 * 24 * 60).map(lambda minutes: MONDAY_9 + timedelta(minutes=minutes))
door_numbers = st.sampled_from([1, 2])
times = st.integers(0, 14 * 24 * 3600).map(lambda after: MONDAY_9.timestamp() + after)
people_ids = st.sampled_from(["p1", "p2"])
areas = st.sampled_from(["", "lobby", "hall"])
facts: st.SearchStrategy[Fact] = st.one_of(
    st.builds(FireChanged, door_numbers, st.booleans()),
    st.builds(ContactChanged, door_numbers, st.none() | st.booleans()),
    st.builds(Opened, door_numbers, times, st.booleans()),
    st.builds(ShutDown, door_numbers),
    st.builds(Promised, door_numbers, times),
    st.builds(Awaiting, door_numbers, st.none() | st.tuples(people_ids, times)),
    st.builds(
        PinTried, door_numbers, st.sampled_from(["", "k1"]), st.booleans(), times, st.booleans()
    ),
    st.builds(CodeTried, door_numbers, st.booleans(), times),
    st.builds(PassUsed, door_numbers, st.sampled_from(["v1", "v2"]), times, times),
    st.builds(PassOpened, door_numbers, st.sampled_from(["v1", "v2"])),
    st.builds(Entered, people_ids, areas, times),
    st.builds(ZoneTold, st.lists(st.tuples(people_ids, areas, times)).map(tuple), times),
)
states = st.lists(facts, max_size=6).map(lambda happened: fold(State(), happened))


@given(st.none() | policies, requests, states, instants)
def test_fire_and_leaving_come_before_everything(
    rules: Policy | None, request_: Request, state: State, now: datetime
) -> None:
    decision, _ = decide(rules, state, request_, now)
    assert decision.reason in REASONS
    if request_.way is Way.EXIT:
        assert isinstance(decision, Granted)
    elif state.of(request_.door).fire:
        assert isinstance(decision, Refused)
        assert decision.reason == "fire"


@given(policies, requests, states, instants)
def test_lockdown_comes_before_every_way_in(
    rules: Policy, request_: Request, state: State, now: datetime
) -> None:
    shut = {1: replace(rules.doors[1], mode=DoorMode.LOCKED_DOWN)}
    decision, _ = decide(replace(rules, doors=shut), state, request_, now)
    if request_.way is not Way.EXIT and request_.door == 1 and not state.of(1).fire:
        assert decision.reason == "locked_down"


@given(policies, requests, states, instants, st.booleans())
def test_where_nobody_comes_in_duress_is_heard_and_answered_like_any_pin(
    rules: Policy, request_: Request, state: State, now: datetime, burning: bool
) -> None:
    mode = rules.doors[1].mode if burning else DoorMode.LOCKED_DOWN
    rules = replace(rules, doors={1: replace(rules.doors[1], mode=mode)})
    state = fold(state, (FireChanged(1, burning),))
    ordinary, forced = (
        decide(rules, state, replace(request_, door=1, pin=pin), now)[0] for pin in ("2580", "1470")
    )
    if isinstance(ordinary, Granted) or isinstance(forced, Granted):
        assert request_.way is Way.EXIT
        return
    assert replace(forced, duress=False) == ordinary
    assert forced.reason == ("fire" if burning else "locked_down")
    door = rules.doors[1]
    free = not state.of(1).guesses
    if free and request_.way is Way.PIN and door.typed and door.pins and request_.claim == "302":
        assert forced.duress


@given(states, st.sampled_from([DoorMode.LOCKED_DOWN, DoorMode.BLOCKED]))
def test_who_was_first_before_a_lockdown_opens_nothing_after_it(
    state: State, shut: DoorMode
) -> None:
    """Whatever happened before: after it, the hours begin with another card."""
    office = (ModePlan("office", DoorMode.UNLOCKED, first_card=True),)
    rules = policy(modes=office, mode=shut)
    state = fold(state, (Opened(1, MONDAY_9.timestamp(), card=True),))
    after = fold(state, shut_by(rules, state))
    calm = policy(modes=office)
    first_s = after.of(1).first_card_s
    assert mode_at(calm, calm.doors[1], first_s, MONDAY_9, clock=True) is DoorMode.LOCKED
    again = fold(after, (Opened(1, MONDAY_9.timestamp(), card=True),))
    first_s = again.of(1).first_card_s
    assert mode_at(calm, calm.doors[1], first_s, MONDAY_9, clock=True) is DoorMode.UNLOCKED
    assert shut_by(calm, again) == ()


def test_an_open_door_keeps_out_the_guest_of_whom_a_rule_keeps_out() -> None:
    """Also where the pass itself cannot be judged, since nobody signed the time."""
    rules = {"a": Rule(), "c": Rule(deny=True)}
    visit = Visit("v1", (1,), 1_790_000_000.0, 1_790_000_000.0, "p1", False)
    asked = Request(1, Way.PASS, visit=visit, clock_known=False, fresh=False)
    for mode in (DoorMode.UNLOCKED, DoorMode.LOCKED_OPEN):
        shut = policy(mode=mode, rules=rules, people={"p1": ("a", "c")})
        decision, _ = decide(shut, State(), asked, MONDAY_9)
        assert isinstance(decision, Refused)
        assert decision.reason == "person_denied"
        wide = policy(mode=mode, rules={"a": Rule()}, people={"p1": ("a",)})
        assert isinstance(decide(wide, State(), asked, MONDAY_9)[0], Granted)


@given(policies, requests, states, instants)
def test_deny_wins_and_a_grant_has_its_reasons(
    rules: Policy, request_: Request, state: State, now: datetime
) -> None:
    decision, _ = decide(rules, state, request_, now)
    if not isinstance(decision, Granted) or decision.reason == "exit":
        return
    door = rules.doors[1]
    at_s = now.timestamp()
    clock = request_.clock_known
    mode = mode_at(rules, door, state.of(1).first_card_s, now, clock=clock)
    assert mode not in (DoorMode.LOCKED_DOWN, DoorMode.BLOCKED)
    assert decision.hold_ms <= door.hold_max_ms
    guest = request_.visit if request_.way is Way.PASS else None
    holder = decision.person or (guest.host if guest else None)
    for name in door.people.get(holder or "", ()):
        rule = door.rules.get(name)
        over = rule is not None and rule.valid_to_s is not None and at_s >= rule.valid_to_s
        if rule is not None and rule.deny and rule.schedule is None and not over:
            assert clock  # without a clock a denial holds
            assert at_s < (rule.valid_from_s or 0)
    if decision.reason == "unlocked":
        assert mode in OPEN_MODES
        return
    asks, pin = asked_at(rules, door, now, clock=clock)
    if request_.way in (Way.CARD, Way.REMOTE):
        assert request_.assurance >= asks
        assert not pin or (request_.way is Way.CARD and request_.pin in ("2580", "1470"))
    assert not request_.forged or request_.way is not Way.CARD
    known = [door.rules[name] for name in door.people.get(holder or "", ()) if name in door.rules]
    assert any(not rule.deny for rule in known)
    if not (request_.fresh and clock):
        assert decision.visit is None
    for other in door.interlock:
        assert state.of(other).contact_open is False


@given(policies, requests, states, instants, rules_of.filter(bool))
def test_a_grant_added_never_removes_anothers_access(
    rules: Policy, request_: Request, state: State, now: datetime, more: dict[str, Rule]
) -> None:
    """A new granting rule, for the same person or another, only ever adds."""
    before, _ = decide(rules, state, request_, now)
    door = rules.doors[1]
    fresh = {f"new-{name}": replace(rule, deny=False) for name, rule in more.items()}
    people = {person: (*names, *fresh) for person, names in door.people.items()}
    people["p9"] = tuple(fresh)
    wider = replace(door, rules={**door.rules, **fresh}, people=people)
    after, _ = decide(replace(rules, doors={1: wider}), state, request_, now)
    if isinstance(before, Granted):
        assert isinstance(after, Granted)


@given(policies, requests, states, instants)
def test_the_door_decides_from_bytes_as_the_hub_from_memory(
    rules: Policy, request_: Request, state: State, now: datetime
) -> None:
    back = decode(encode(Compiled(rules, {})))
    assert isinstance(back, Compiled)
    assert back.policy == rules
    assert decide(back.policy, state, request_, now) == decide(rules, state, request_, now)


@given(policies, requests, states, instants)
def test_the_next_state_is_the_old_one_with_the_facts_folded_in(
    rules: Policy, request_: Request, state: State, now: datetime
) -> None:
    decision, after = decide(rules, state, request_, now)
    assert after == fold(state, decision.facts)


@given(st.lists(facts, max_size=8))
def test_hub_and_door_fold_alike(happened: list[Fact]) -> None:
    """Folding is a function of the facts alone, whoever does it and in whatever pieces."""
    half = len(happened) // 2
    assert fold(fold(State(), happened[:half]), happened[half:]) == fold(State(), happened)


@given(
    st.permutations([("p1", "hall", 1.0), ("p1", "", 2.0), ("p2", "hall", 3.0), ("p1", "x", 2.0)])
)
def test_places_are_healed_by_the_time_of_the_event(order: list[tuple[str, str, float]]) -> None:
    told = fold(State(), [Entered(*one) for one in order])
    assert {person: place.area for person, place in told.places.items()} == {
        "p1": "x",
        "p2": "hall",
    }


@given(st.lists(facts, max_size=12))
def test_what_must_survive_a_restart_is_read_back(happened: list[Fact]) -> None:
    rows: dict[str, str] = {}
    state = State()
    for fact in happened:
        before, state = state, fold(state, (fact,))
        for key, value in kept(before, state, (fact,)).items():
            if value is None:
                rows.pop(key, None)
            else:
                rows[key] = value
    back = recalled(rows)
    for number in (1, 2):
        was, now = state.of(number), back.of(number)
        assert now.first_card_s == was.first_card_s
        assert now.codes == was.codes
        assert now.guesses == was.guesses
        assert now.visits == was.visits
    own = {fact.person for fact in happened if isinstance(fact, Entered)}
    for person in own:
        if not any(isinstance(fact, ZoneTold) for fact in happened):
            assert back.places[person] == state.places[person]
