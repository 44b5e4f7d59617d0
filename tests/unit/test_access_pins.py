"""PINs at a door: after a claim only, slowed where somebody guesses, duress like any other."""

from dataclasses import replace

import pytest

from devices import guesses
from devices.access import Granted, PinTried, Policy, Request, State, Way, fold
from devices.guesses import FAMILIAR, FORGIVEN, KEYPAD, OWN
from devices.pins import claim_mark, is_pin
from devices.rules import DoorMode, Rule
from tests.unit.test_access_rules import AT_S, CARD, CARD_2, KEY, PINS, policy, reason, told


def test_a_pin_counts_only_after_its_claim() -> None:
    typed = Request(door=1, way=Way.PIN, claim="302", pin="2580")
    rules = policy(typed=True, pins=PINS)
    decision, _ = told(rules, typed)
    assert isinstance(decision, Granted)
    assert decision.person == "p1"
    assert reason(policy(pins=PINS), typed) == "assurance_low"  # this door takes none
    for claim in (None, "", "401"):
        assert reason(rules, replace(typed, claim=claim)) == "pin_wrong"
    assert reason(rules, replace(CARD_2, pin="2580"), State()) == "granted"  # no PIN is asked
    asked = policy(pin=True, pins=PINS)
    assert reason(asked, replace(CARD_2, pin="2580")) == "pin_wrong"  # another's PIN
    assert reason(rules, replace(typed, claim="303", pin="1122")) == "pin_wrong"  # whose?


def test_a_wrong_pin_slows_the_keypad_and_never_the_cards() -> None:
    typed = Request(door=1, way=Way.PIN, claim="302", pin="0000")
    rules = policy(typed=True, pins=PINS)
    state = State()
    for _ in range(OWN.free):
        decision, state = told(rules, typed, state)
        assert decision.reason == "pin_wrong"
    right = replace(typed, pin="2580")
    assert reason(rules, right, state) == "pin_locked"
    assert reason(rules, replace(typed, claim="303", pin="1"), state) == "pin_wrong", "others go on"
    assert reason(rules, CARD, state) == "granted"
    with_pin = replace(rules.doors[1], pin=True)
    both = replace(rules, doors={1: with_pin})
    assert reason(both, replace(CARD, pin="2580"), state) == "granted"
    assert reason(rules, right, state, OWN.fade_s - 1) == "pin_locked"
    assert reason(rules, right, state, OWN.fade_s) == "granted"


def wrong(rules: Policy, state: State, count: int, after_s: float = 0.0, **who: str) -> State:
    """The state after so many wrong PINs, each of which was looked at."""
    typed = Request(door=1, way=Way.PIN, claim="302", pin="0000")
    request = replace(typed, **who)  # type: ignore[arg-type]
    for _ in range(count):
        decision, state = told(rules, request, state, after_s)
        assert decision.reason == "pin_wrong"
    return state


def test_a_right_pin_forgives_the_wrong_ones_of_its_own_claim_alone() -> None:
    pins = replace(PINS, claims={**PINS.claims, claim_mark(KEY, "304"): ("p2",)})
    rules = policy(typed=True, pins=pins)
    state = wrong(rules, State(), OWN.free - 1, claim="304")
    state = wrong(rules, state, OWN.free - 1)
    own = Request(door=1, way=Way.PIN, claim="302", pin="2580")
    decision, state = told(rules, own, state)
    assert decision.reason == "granted"
    state = wrong(rules, state, 1, claim="304")
    assert reason(rules, replace(own, claim="304", pin="3690"), state) == "pin_locked"
    state = wrong(rules, state, OWN.free)  # 302 has all of its own again


def test_what_is_forgiven_has_a_bound_too() -> None:
    """Somebody behind the same claim types the own PIN between guesses at a relative's."""
    rules, state = policy(typed=True, pins=PINS), State()
    own = Request(door=1, way=Way.PIN, claim="302", pin="2580")
    for _ in range(FORGIVEN.free):
        state = wrong(rules, state, 1)
        _, state = told(rules, own, state)
    state = wrong(rules, state, OWN.free - 1)
    decision, state = told(rules, own, state)
    assert decision.reason == "granted"
    state = wrong(rules, state, 1)
    assert reason(rules, own, state) == "pin_locked"


def test_a_keypad_at_which_somebody_guesses_still_serves_whoever_uses_it() -> None:
    claims = {claim_mark(KEY, str(100 + n)): ("p3",) for n in range(9)}
    rules = policy(typed=True, pins=replace(PINS, claims={**PINS.claims, **claims}))
    used = Request(door=1, way=Way.PIN, claim="302", pin="2580")
    _, state = told(rules, used)
    full = state
    for n in range(KEYPAD.free):
        full = wrong(rules, full, 1, claim=str(100 + n % 9))
    assert reason(rules, replace(used, claim="106", pin="1122"), full) == "pin_locked", "a stranger"
    assert reason(rules, replace(used, claim="nobody"), full) == "pin_locked"
    assert reason(rules, used, full) == "granted"
    for _ in range(3):
        decision, full = told(rules, used, full, 60.0)
        assert decision.reason == "granted"
    assert reason(rules, replace(used, claim="106", pin="1122"), full, 60.0) == "pin_locked"
    burnt = wrong(rules, full, FAMILIAR.free, 60.0)
    assert reason(rules, used, burnt, 60.0) == "pin_locked", "somebody guessed at this very flat"
    assert reason(rules, used, burnt, 60.0 + KEYPAD.fade_s) == "granted"
    assert reason(rules, used, full, 31 * 86_400) == "granted"  # all has faded
    old = fold(full, (PinTried(1, "x", right=False, at_s=AT_S + 31 * 86_400, typed=True),) * 20)
    assert reason(rules, used, old, 31 * 86_400) == "pin_locked", "nobody was here for a month"


def test_no_right_pin_takes_anything_back_from_the_keypad() -> None:
    """Not the guesser's own, and not that of a neighbour who comes home meanwhile."""
    pins = replace(PINS, claims={**PINS.claims, claim_mark(KEY, "304"): ("p2",)})
    rules, state = policy(typed=True, pins=pins), State()
    for turn in range(KEYPAD.free):
        flat, pin = ("302", "2580") if turn % 2 else ("304", "3690")
        state = wrong(rules, state, 1, turn, claim=flat)
        own = Request(door=1, way=Way.PIN, claim=flat, pin=pin)
        decision, state = told(rules, own, state, turn)
        assert decision.reason == "granted"
    others = Request(door=1, way=Way.PIN, claim="303", pin="0000")
    assert reason(rules, others, state, KEYPAD.free) == "pin_locked"


def test_a_number_of_nobody_counts_for_the_keypad() -> None:
    rules = policy(typed=True, pins=PINS)
    state = wrong(rules, State(), KEYPAD.free, claim="999")
    assert reason(rules, Request(door=1, way=Way.PIN, claim="302", pin="2580"), state) == (
        "pin_locked"
    )
    assert set(state.of(1).guesses) == {""}


def test_the_wrong_pins_of_a_card_are_its_own() -> None:
    rules = policy(pin=True, typed=True, pins=PINS)
    state = State()
    for _ in range(OWN.free):
        decision, state = told(rules, replace(CARD, pin="0000"), state)
        assert decision.reason == "pin_wrong"
    assert reason(rules, replace(CARD, pin="2580"), state) == "pin_locked"
    assert reason(rules, replace(CARD_2, pin="3690"), state) == "granted"
    full = wrong(rules, state, KEYPAD.free, claim="999")
    assert reason(rules, replace(CARD_2, pin="3690"), full) == "granted", "no card waits for typing"
    assert reason(rules, Request(door=1, way=Way.PIN, claim="302", pin="2580"), state) == "granted"


def test_a_clock_that_was_far_ahead_shuts_no_keypad_for_ever() -> None:
    rules = policy(typed=True, pins=PINS)
    right = Request(door=1, way=Way.PIN, claim="302", pin="2580")
    state = wrong(rules, State(), OWN.free, 3600.0)
    assert reason(rules, right, state) == "pin_locked", "an hour back is no reason to forget"
    state = wrong(rules, State(), OWN.free, 400 * 86_400.0)
    assert reason(rules, right, state) == "granted"


def test_what_a_door_remembers_of_claims_is_bounded_and_forgets_the_harmless_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guesses, "RECORDS_MAX", 5)
    records: guesses.Records = {}
    for turn in range(4):
        records = guesses.missed(records, "guessed", AT_S + turn, typed=True)
    for turn in range(8):
        records = guesses.righted(records, f"used-{turn}", AT_S + 10 + turn, typed=True)
    assert len(records) == 5
    assert {"", "guessed", "used-7"} <= set(records)


def test_duress_is_a_grant_like_any_other() -> None:
    rules = policy(pin=True, pins=PINS)
    ordinary, _ = told(rules, replace(CARD, pin="2580"))
    forced, _ = told(rules, replace(CARD, pin="1470"))
    assert isinstance(forced, Granted)
    assert forced.duress
    assert replace(forced, duress=False) == ordinary


def test_pins_are_never_shown() -> None:
    request = Request(door=1, way=Way.PIN, claim="302", pin="2580")
    assert "2580" not in repr(request)
    assert "302" not in repr(request)
    assert KEY.hex() not in repr(policy(pins=PINS))


@pytest.mark.parametrize("digits", ["258013", "2580137", "25801346", "983127", "1986021"])
def test_what_may_be_a_pin(digits: str) -> None:
    assert is_pin(digits)


@pytest.mark.parametrize(
    "digits",
    [
        "25801", "258013469", "25801x", "１２３４５６",
        "888888", "123456", "987654", "890123", "135791", "121212", "258258", "2582582",
        "860214", "140286", "021486", "19860214", "14022011", "02142011",
    ],
)  # fmt: skip
def test_what_may_be_none(digits: str) -> None:
    """Too short, easy, or a day: neighbours know birthdays."""
    assert not is_pin(digits)


def test_an_open_door_keeps_out_whom_a_rule_keeps_out_before_any_pin_is_typed() -> None:
    rules = policy(pin=True, pins=PINS, mode=DoorMode.UNLOCKED)
    assert reason(rules, CARD) == "unlocked"
    shut = replace(rules.doors[1], rules={**rules.doors[1].rules, "no": Rule(deny=True)})
    shut = replace(shut, people={**shut.people, "p1": (*shut.people["p1"], "no")})
    assert reason(replace(rules, doors={1: shut}), CARD) == "person_denied"
