"""The further rules of a door by their reasons: PIN, duress, modes, two people, areas, passes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from devices.access import (
    Ask,
    Awaiting,
    ContactChanged,
    Decision,
    DoorMode,
    DoorPolicy,
    Entered,
    Granted,
    ModePlan,
    Opened,
    Passage,
    Passback,
    PassOpened,
    Pins,
    Policy,
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
    mode_at,
)
from devices.messages import Assurance, Revision
from devices.pins import claim_mark, pin_mark
from devices.rules import Credential
from tests.unit.test_access import OFFICE

KEY = b"k" * 32
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday, 09:00 in Shanghai
AT_S = NOW.timestamp()
CARD = Request(door=1, way=Way.CARD, card="c1", assurance=Assurance.MUTUAL)
CARD_2 = replace(CARD, card="c2")
PHONE = Request(door=1, way=Way.REMOTE, person="p1", assurance=Assurance.MUTUAL)
PINS = Pins(
    KEY,
    {claim_mark(KEY, "302"): ("p1", "p2"), claim_mark(KEY, "303"): ("p3", "p4")},
    {
        "p1": (pin_mark(KEY, "p1", "2580"), pin_mark(KEY, "p1", "1470")),
        "p2": (pin_mark(KEY, "p2", "3690"), bytes(12)),
        "p3": (pin_mark(KEY, "p3", "1122"), bytes(12)),
        "p4": (pin_mark(KEY, "p4", "1122"), bytes(12)),
    },
)


def policy(**door: object) -> Policy:
    plan = DoorPolicy(
        1,
        rules={"r": Rule(), "staff_open": Rule()},
        people={**{f"p{n}": ("r",) for n in range(1, 5)}, "staff:s1": ("staff_open",)},
    )
    return Policy(
        Revision(2, 5),
        ZONE,
        {"office": OFFICE, "school": replace(OFFICE, calendar="school")},
        frozenset({date(2026, 10, 1)}),
        {1: replace(plan, **door)},  # type: ignore[arg-type]
        {"c1": Credential("k1", "p1"), "c2": Credential("k2", "p2")},
        {"school": frozenset({date(2026, 11, 23)})},
    )


def told(
    rules: Policy, request: Request, state: State | None = None, after_s: float = 0.0
) -> tuple[Decision, State]:
    return decide(rules, state or State(), request, NOW + timedelta(seconds=after_s))


def reason(
    rules: Policy, request: Request, state: State | None = None, after_s: float = 0.0
) -> str:
    return told(rules, request, state, after_s)[0].reason


# --------------------------------------------------------------------------- calendars


def test_a_schedule_names_its_calendar() -> None:
    assert reason(policy(rules={"r": Rule("office")}), CARD) == "granted"
    assert reason(policy(rules={"r": Rule("school")}), CARD) == "schedule_closed"


def test_a_denial_with_a_schedule_denies_only_then() -> None:
    rules = {"r": Rule(), "no": Rule("office", deny=True)}
    denied = policy(rules=rules, people={"p1": ("r", "no")})
    assert reason(denied, CARD) == "person_denied"
    assert reason(denied, CARD, after_s=12 * 3600) == "granted"
    assert reason(denied, replace(CARD, clock_known=False)) == "person_denied"


# --------------------------------------------------------------------------- temporary grants


def test_a_temporary_grant_stops_without_fresh_word_of_the_hub() -> None:
    temporary = policy(rules={"r": Rule(None, None, AT_S + 86_400)})
    assert reason(temporary, CARD) == "granted"
    assert reason(temporary, replace(CARD, fresh=False)) == "policy_stale"
    assert reason(policy(), replace(CARD, fresh=False)) == "granted"


# --------------------------------------------------------------------------- PIN


def test_a_home_ends_by_itself_and_no_sooner() -> None:
    """Who lives here is not locked out by a lost hub; who no longer does is, also without one."""
    until = AT_S + 3600
    lease = Rule(valid_to_s=until, lasting=True)
    rules = policy(rules={"r": lease})
    alone = replace(CARD, clock_known=False, fresh=False)
    for request in (CARD, replace(CARD, fresh=False), alone):
        assert reason(rules, request) == "granted"
        assert reason(rules, request, None, 3600) == "validity_over"
    coming = policy(rules={"r": Rule(valid_from_s=until, lasting=True)})
    assert reason(coming, alone) == "validity_over"
    assert reason(coming, alone, None, 3600) == "granted"
    temporary = policy(rules={"r": Rule(valid_to_s=until)})
    assert reason(temporary, alone) == "clock_unsigned"
    timed = policy(rules={"r": Rule("office", valid_to_s=until, lasting=True)})
    assert reason(timed, alone) == "clock_unsigned"


def test_a_second_factor_is_asked_by_schedule() -> None:
    rules = policy(asks_by=(Ask("office", Assurance.MUTUAL, pin=True),), pins=PINS)
    assert reason(rules, CARD) == "pin_needed"
    assert reason(rules, replace(CARD, pin="2580")) == "granted"
    assert reason(rules, CARD, after_s=12 * 3600) == "granted"
    assert reason(rules, replace(CARD, clock_known=False), after_s=12 * 3600) == "pin_needed"
    assert reason(rules, PHONE) == "pin_needed"
    assert reason(rules, replace(PHONE, person="staff:s1")) == "granted"


def test_what_is_asked_follows_the_hour() -> None:
    rules = policy(asks=Assurance.IDENTIFIER, asks_by=(Ask("office", Assurance.MUTUAL),))
    copied = replace(CARD, assurance=Assurance.IDENTIFIER)
    assert reason(rules, copied) == "assurance_low"
    assert reason(rules, copied, after_s=12 * 3600) == "granted"


def test_no_card_that_only_shows_a_face_or_nothing_opens() -> None:
    """Without card, phone, PIN after a claim or pass nobody comes in where no faces are taken."""
    assert {way.value for way in Way} == {"card", "pin", "pass", "remote", "exit", "face"}
    shown = Request(door=1, way=Way.FACE, assurance=Assurance.SIGNED)
    assert not isinstance(told(policy(), shown)[0], Granted)


# --------------------------------------------------------------------------- modes


def at(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(UTC)


def mode(rules: Policy, first_s: float | None, now: datetime, *, clock: bool = True) -> DoorMode:
    return mode_at(rules, rules.doors[1], first_s, now, clock=clock)


def test_a_door_is_unlocked_by_schedule() -> None:
    rules = policy(modes=(ModePlan("office", DoorMode.UNLOCKED),))
    assert mode(rules, None, NOW) is DoorMode.UNLOCKED
    assert mode(rules, None, NOW, clock=False) is DoorMode.LOCKED
    assert mode(rules, None, at("2026-11-23T12:30")) is DoorMode.LOCKED
    stranger = replace(CARD, card="none")
    assert reason(rules, stranger) == "unlocked"
    blocked = replace(rules, cards={"c1": Credential("k1", "p1", blocked=True)})
    assert reason(blocked, CARD) == "credential_blocked"


@pytest.mark.parametrize("commanded", [m for m in DoorMode if m is not DoorMode.LOCKED])
def test_what_was_commanded_stands_above_the_schedule(commanded: DoorMode) -> None:
    rules = policy(mode=commanded, modes=(ModePlan("office", DoorMode.UNLOCKED),))
    assert mode(rules, None, NOW) is commanded


def test_the_first_card_begins_the_opening_hours() -> None:
    rules = policy(modes=(ModePlan("office", DoorMode.UNLOCKED, first_card=True),))
    stranger = replace(CARD, card="none")
    yesterday = fold(State(), (Opened(1, AT_S - 86_400, card=True),))
    for state in (State(), yesterday, fold(State(), (Opened(1, AT_S, card=False),))):
        assert reason(rules, stranger, state) == "credential_unknown"
    begun = fold(State(), (Opened(1, AT_S, card=True),))
    assert reason(rules, stranger, begun, 60) == "unlocked"
    noon_s = at("2026-11-23T14:30").timestamp()
    assert reason(rules, stranger, begun, noon_s - AT_S) == "credential_unknown"  # a new interval


def test_hours_over_midnight_are_one_interval_for_the_first_card() -> None:
    night = Schedule(tuple(((0, 360), (1320, 1440)) for _ in range(8)))
    rules = policy(modes=(ModePlan("night", DoorMode.UNLOCKED, first_card=True),))
    rules = replace(rules, schedules={"night": night})
    first_s = at("2026-11-23T23:00").timestamp()
    assert mode(rules, first_s, at("2026-11-24T02:00")) is DoorMode.UNLOCKED
    assert mode(rules, first_s, at("2026-11-24T22:30")) is DoorMode.LOCKED
    always = Schedule((((0, 1440),),) * 8)
    rules = replace(rules, schedules={"night": always})
    assert mode(rules, first_s, at("2026-11-26T02:00")) is DoorMode.UNLOCKED


def test_whoever_needs_longer_gets_it_within_the_doors_bound() -> None:
    rules = replace(policy(longer_ms=60_000), longer=frozenset({"p1"}))
    slow, quick = told(rules, CARD)[0], told(rules, CARD_2)[0]
    assert isinstance(slow, Granted)
    assert isinstance(quick, Granted)
    assert (slow.hold_ms, quick.hold_ms) == (10_000, 3_000)


# --------------------------------------------------------------------------- two people


def test_two_different_people_within_fifteen_seconds() -> None:
    rules = policy(two_person=True)
    decision, waiting = told(rules, CARD)
    assert decision.reason == "second_awaited"
    assert reason(rules, CARD, waiting, 5) == "second_awaited"  # the same once more
    assert reason(rules, CARD_2, waiting, 15.1) == "second_awaited"
    granted, after = told(rules, CARD_2, waiting, 15)
    assert isinstance(granted, Granted)
    assert (granted.person, granted.companion) == ("p2", "p1")
    assert after.of(1).waiting is None
    assert reason(rules, replace(CARD_2, card="none"), waiting, 1) == "credential_unknown"


def test_the_same_persons_phone_is_no_second_person() -> None:
    rules = policy(two_person=True)
    _, waiting = told(rules, CARD)
    assert reason(rules, PHONE, waiting, 1) == "second_awaited"


# --------------------------------------------------------------------------- areas

INTO = Passage("", "lab", Passback.HARD)


@pytest.mark.parametrize(
    ("passage", "place", "zone_s", "expected", "flag"),
    [
        (INTO, None, 0, "granted", "area_unknown"),
        (INTO, "", 0, "granted", None),
        (INTO, "lab", 0, "passback", None),
        (INTO, "elsewhere", 0, "passback", None),
        (replace(INTO, passback=Passback.SOFT), "lab", 0, "granted", "passback_soft"),
        (replace(INTO, within_s=100), "lab", 0, "passback", None),
        (replace(INTO, within_s=60), "lab", 0, "granted", None),
        (replace(INTO, across=True), "lab", 0, "granted", "zone_stale"),
        (replace(INTO, across=True), "lab", 1, "passback", None),
        (Passage("lab", "", Passback.HARD), "", 0, "granted", None),  # leaving
    ],
)
def test_anti_passback(
    passage: Passage, place: str | None, zone_s: float, expected: str, flag: str | None
) -> None:
    state = State()
    if place is not None:
        state = fold(state, (Entered("p1", place, AT_S - 60),))
    state = fold(state, (ZoneTold((), AT_S + zone_s),))
    decision, _ = told(policy(passage=passage), CARD, state)
    assert decision.reason == expected
    if isinstance(decision, Granted):
        assert decision.flag == flag
        assert decision.area == passage.area_to


def test_a_grant_alone_moves_nobody() -> None:
    _, state = told(policy(passage=INTO), CARD)
    assert not state.places


def test_an_interlock_waits_for_the_other_door_together_with_areas() -> None:
    rules = policy(passage=INTO, interlock=(2,))
    assert reason(rules, CARD) == "interlock"  # a leaf that nobody sees is not closed
    opened = fold(State(), (ContactChanged(2, open=True),))
    assert reason(rules, CARD, opened) == "interlock"
    closed = fold(State(), (ContactChanged(2, open=False),))
    granted, after = told(rules, CARD, closed)
    assert granted.reason == "granted"
    other = replace(rules.doors[1], number=2, interlock=(1,))
    both = replace(rules, doors={1: rules.doors[1], 2: other})
    after = fold(after, (ContactChanged(1, open=False),))
    assert reason(both, replace(CARD_2, door=2), after) == "interlock"  # the first is being opened
    assert reason(both, replace(CARD_2, door=2), after, 3.1) == "granted"
    _, leaving = told(both, Request(1, Way.EXIT), fold(closed, (ContactChanged(1, open=False),)))
    assert reason(both, replace(CARD_2, door=2), leaving) == "interlock"  # on the way out
    inside = fold(closed, (Entered("p1", "lab", AT_S - 60),))
    assert reason(rules, CARD, inside) == "passback"


# --------------------------------------------------------------------------- passes

VISIT = Visit("v1", (1, 2), AT_S - 60, AT_S + 3600, "p1")
PASS = Request(door=1, way=Way.PASS, visit=VISIT)


@pytest.mark.parametrize(
    ("door", "changes", "request_", "expected"),
    [
        ({}, {}, {}, "granted"),
        ({}, {"from_s": AT_S + 1}, {}, "pass_early"),
        ({}, {"to_s": AT_S}, {}, "pass_over"),
        ({}, {"doors": (2,)}, {}, "pass_not_here"),
        ({"passes": False}, {}, {}, "pass_not_here"),
        ({"two_person": True}, {}, {}, "pass_not_here"),
        ({}, {}, {"fresh": False}, "policy_stale"),
        ({}, {}, {"clock_known": False}, "policy_stale"),
        ({}, {"strict": True}, {}, "pass_online"),
        ({}, {"strict": True}, {"online": True}, "granted"),
        ({}, {"to_s": AT_S - 60 + 86_401}, {}, "pass_online"),
        ({}, {"to_s": AT_S - 60 + 86_400}, {}, "granted"),
        ({}, {"doors": (1, 2, 3, 4, 5)}, {}, "pass_online"),
        ({}, {"host": "gone"}, {}, "pass_revoked"),
        ({}, {"id": ""}, {}, "form"),
        ({"people": {"p1": ("no",)}, "rules": {"no": Rule(deny=True)}}, {}, {}, "pass_revoked"),
        ({"mode": DoorMode.LOCKED_DOWN}, {}, {}, "locked_down"),
    ],
)
def test_a_pass_has_its_bounds(
    door: dict[str, object],
    changes: dict[str, object],
    request_: dict[str, object],
    expected: str,
) -> None:
    visit = replace(VISIT, **changes)  # type: ignore[arg-type]
    request = replace(PASS, visit=visit, **request_)  # type: ignore[arg-type]
    assert reason(policy(**door), request) == expected


def test_a_pass_without_its_content_or_a_policy_opens_nothing() -> None:
    assert reason(policy(), replace(PASS, visit=None)) == "form"
    assert decide(None, State(), PASS, NOW)[0] == Refused("policy_missing")
    revoked = replace(policy(), passes_revoked={"v1": AT_S + 3600})
    assert reason(revoked, PASS) == "pass_revoked"


def test_a_pass_opens_each_named_door_once() -> None:
    rules = policy()
    rules = replace(rules, doors={1: rules.doors[1], 2: replace(rules.doors[1], number=2)})
    granted, used = told(rules, PASS)
    assert granted.reason == "granted"
    assert reason(rules, PASS, used, 10) == "granted"  # the door never opened
    assert reason(rules, PASS, used, 10.1) == "pass_used"
    opened = fold(used, (PassOpened(1, "v1"),))
    assert reason(rules, PASS, opened, 1) == "pass_used"
    assert reason(rules, replace(PASS, door=2), opened, 1) == "granted"


def test_uses_are_forgotten_only_when_the_pass_is_surely_over() -> None:
    rules = policy()
    _, used = told(rules, PASS)
    late = replace(VISIT, id="v2", from_s=AT_S + 3600, to_s=AT_S + 9000)
    _, soon = told(rules, replace(PASS, visit=late), used, 3600)
    assert set(soon.of(1).visits) == {"v1", "v2"}
    _, later = told(rules, replace(PASS, visit=late), used, 3600 + 3600)
    assert set(later.of(1).visits) == {"v2"}


def test_waiting_is_a_fact_like_any_other() -> None:
    decision, after = told(policy(two_person=True), CARD)
    assert decision.facts == (Awaiting(1, ("p1", AT_S)),)
    assert after == fold(State(), decision.facts)
