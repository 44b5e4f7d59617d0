"""Guests before a door: what asks the hub, how often one comes in, and what guessing gets."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.access import (
    Decision,
    DoorMode,
    Granted,
    PassOpened,
    Refused,
    Request,
    State,
    Visit,
    Way,
    decide,
    fold,
)
from devices.facts import TRIES_FREE, TRIES_WAIT_S, kept, recalled
from devices.guests import CODE_DIGITS, CODES_MAX, asks_hub, is_code
from devices.pins import CLAIM_DIGITS_MAX, PIN_DIGITS_MAX, code_mark
from devices.rules import Code, Codes, Policy
from tests.unit.test_access_rules import AT_S, KEY, NOW, PASS, VISIT, policy, reason, told

DIGITS = "482119305"
WRONG = "482119306"
LIVES = Code("v-c", "p1", AT_S, AT_S + 3600, 2)
TYPED = Request(door=1, way=Way.PASS, code=DIGITS)


def coded(**changes: object) -> Policy:
    code = replace(LIVES, **changes)  # type: ignore[arg-type]
    return policy(codes=Codes(KEY, {code_mark(KEY, DIGITS): code}))


def types(rules: Policy, state: State, digits: str, after_s: float = 0.0) -> tuple[Decision, State]:
    request = replace(TYPED, code=digits)
    return decide(rules, state, request, NOW + timedelta(seconds=after_s))


def test_a_code_opens_its_door_as_often_as_it_says() -> None:
    rules = coded()
    state = State()
    for turn in range(2):
        decision, state = types(rules, state, DIGITS, 20.0 * turn)
        assert isinstance(decision, Granted)
        assert (decision.credential, decision.visit, decision.person) == ("v-c", "v-c", None)
        state = fold(state, (PassOpened(1, "v-c"),))
    assert types(rules, state, DIGITS, 60.0)[0].reason == "pass_used"
    rows = {key: value for key, value in kept(State(), state, _uses(state)).items() if value}
    assert types(rules, recalled(rows), DIGITS, 60.0)[0].reason == "pass_used", "after a kill too"


def _uses(state: State) -> tuple[PassOpened, ...]:
    return tuple(PassOpened(1, visit) for visit in state.of(1).visits)


def test_uses_kept_by_an_older_program_are_one_each() -> None:
    state = recalled({"visit/1/v1": f"[{AT_S - 60}, {AT_S + 3600}, true]"})
    assert state.of(1).visits["v1"].count == 1
    assert reason(policy(), PASS, state) == "pass_used"


@pytest.mark.parametrize(
    ("changes", "request_", "expected"),
    [
        ({"from_s": AT_S + 1}, {}, "pass_early"),
        ({"to_s": AT_S}, {}, "pass_over"),
        ({"host": "gone"}, {}, "pass_revoked"),
        ({}, {"fresh": False}, "policy_stale"),
        ({}, {"clock_known": False}, "policy_stale"),
        ({}, {"since_s": AT_S + 1}, "pass_online"),
        ({}, {"since_s": AT_S}, "granted"),
        ({}, {"since_s": AT_S + 1, "online": True}, "granted"),
    ],
)
def test_a_code_has_the_bounds_of_a_pass(
    changes: dict[str, object], request_: dict[str, object], expected: str
) -> None:
    request = replace(TYPED, **request_)  # type: ignore[arg-type]
    assert reason(coded(**changes), request) == expected


def test_a_door_without_codes_or_passes_takes_none() -> None:
    assert reason(policy(), TYPED) == "courier_code_wrong"
    closed = replace(coded().doors[1], passes=False)
    assert reason(replace(coded(), doors={1: closed}), TYPED) == "pass_not_here"
    revoked = replace(coded(), passes_revoked={"v-c": AT_S + 3600})
    assert reason(revoked, TYPED) == "pass_revoked"


def test_guessing_is_slowed_for_the_door_and_for_codes_alone() -> None:
    rules, state, at_s = coded(), State(), 0.0
    for _ in range(TRIES_FREE):
        decision, state = types(rules, state, WRONG)
        assert decision.reason == "courier_code_wrong"
    assert types(rules, state, DIGITS)[0].reason == "codes_locked", "the right one waits, too"
    assert reason(rules, PASS, state) == "granted", "a QR code does not"
    decision, state = types(rules, state, WRONG, TRIES_WAIT_S)
    assert decision.reason == "courier_code_wrong"
    assert types(rules, state, DIGITS, 2 * TRIES_WAIT_S)[0].reason == "codes_locked"
    at_s = 3 * TRIES_WAIT_S
    decision, state = types(rules, state, DIGITS, at_s)
    assert isinstance(decision, Granted)
    assert not state.of(1).codes.wrong, "a code that is let in forgets the wrong ones"


def test_a_code_that_opens_nothing_forgets_no_wrong_ones() -> None:
    over = coded(to_s=AT_S + 1)
    state = State()
    for _ in range(TRIES_FREE - 1):
        _, state = types(over, state, WRONG)
    decision, state = types(over, state, DIGITS, 5.0)
    assert decision.reason == "pass_over"
    assert state.of(1).codes.wrong == TRIES_FREE - 1


def guesses_in(seconds: float) -> int:
    """How many wrong codes a door looks at, of somebody who types as soon as it lets them."""
    rules, state, at_s, count = coded(from_s=AT_S, to_s=AT_S + 1e9), State(), 0.0, 0
    while at_s < seconds:
        decision, state = types(rules, state, WRONG, at_s)
        assert decision.reason == "courier_code_wrong"
        count += 1
        at_s = max(at_s, state.of(1).codes.until_s - AT_S)
    return count


def test_the_arithmetic_of_guessing_is_what_the_module_says() -> None:
    first, two = guesses_in(86_400.0), guesses_in(2 * 86_400.0)
    assert 95 <= two - first <= 97
    assert 100 <= first <= 110
    years = 10**CODE_DIGITS / CODES_MAX / (two - first) / 365
    assert 400 < years < 500
    with_own = 10**CODE_DIGITS / CODES_MAX / (40 * 5 * TRIES_FREE + two - first) / 365
    assert 35 < with_own < 45


def test_no_flat_and_no_pin_has_the_form_of_a_code() -> None:
    assert max(CLAIM_DIGITS_MAX, PIN_DIGITS_MAX) < CODE_DIGITS
    assert is_code("0" * CODE_DIGITS)
    for other in ("1" * (CODE_DIGITS - 1), "1" * (CODE_DIGITS + 1), "12345678x", "१२३४५६७८९"):
        assert not is_code(other)


def test_a_locked_down_door_counts_no_guess() -> None:
    rules = replace(coded(), doors={1: replace(coded().doors[1], mode=DoorMode.LOCKED_DOWN)})
    decision, state = types(rules, State(), WRONG)
    assert decision == Refused("locked_down", None, None)
    assert state == State()


# --------------------------------------------------------------------------- the hub's word


STRICT = replace(VISIT, strict=True)
LONG = replace(VISIT, to_s=VISIT.from_s + 86_401)


@pytest.mark.parametrize(
    ("visit", "since_s", "asks"),
    [
        (VISIT, 0.0, False),
        (VISIT, VISIT.from_s, False),
        (VISIT, VISIT.from_s + 1, True),
        (VISIT, float("inf"), True),
        (STRICT, 0.0, True),
        (LONG, 0.0, True),
        (replace(VISIT, to_s=VISIT.from_s + 86_400), 0.0, False),
    ],
)
def test_what_only_the_hub_knows(visit: Visit, since_s: float, *, asks: bool) -> None:
    assert asks_hub(visit, since_s) is asks


def test_the_hub_is_asked_last() -> None:
    asked = replace(PASS, visit=STRICT)
    for changes, expected in (
        ({"visit": replace(STRICT, to_s=AT_S)}, "pass_over"),
        ({"visit": replace(STRICT, host="gone")}, "pass_revoked"),
        ({"fresh": False}, "policy_stale"),
        ({}, "pass_online"),
    ):
        assert reason(policy(), replace(asked, **changes)) == expected


def test_a_word_opens_once_more_only_where_the_hub_counts() -> None:
    rules = policy()
    for visit, later in ((STRICT, "pass_used"), (LONG, "granted")):
        vouched = replace(PASS, visit=visit, online=True)
        granted, used = told(rules, vouched)
        assert granted.reason == "granted"
        assert reason(rules, vouched, used, 1) == later
        opened = fold(used, (PassOpened(1, visit.id),))
        assert reason(rules, vouched, opened, 60) == later
    wiped = replace(PASS, since_s=AT_S, online=True)
    _, used = told(rules, wiped)
    assert reason(rules, wiped, fold(used, (PassOpened(1, "v1"),)), 60) == "pass_used"


def test_the_word_covers_a_second_showing_before_a_door_that_never_opened() -> None:
    rules = policy()
    _, used = told(rules, replace(PASS, visit=LONG, online=True))
    asked = replace(PASS, visit=LONG)
    assert reason(rules, asked, used, 9) == "granted"
    assert reason(rules, asked, used, 11) == "pass_online"
    _, used = told(rules, replace(PASS, visit=STRICT, online=True))
    assert reason(rules, replace(PASS, visit=STRICT), used, 1) == "pass_used", "strictly once"


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=12), st.integers(1, 5))
def test_a_code_never_comes_in_more_often_than_it_says(
    showings: list[tuple[int, bool]], uses: int
) -> None:
    rules, state, at_s, came, open_since = coded(uses=uses), State(), 0.0, 0, False
    last_s = -1e9
    for pause_s, opens in showings:
        at_s += pause_s
        decision, state = types(rules, state, DIGITS, at_s)
        if isinstance(decision, Granted):
            again = not open_since and at_s - last_s <= 10.0
            came += not again
            last_s, open_since = at_s, opens
            state = fold(state, (PassOpened(1, "v-c"),)) if opens else state
    assert came <= uses
