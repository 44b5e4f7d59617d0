"""What a door tells a restored hub, and that nothing which it denies comes back."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from devices import recall
from devices.messages import Recall, Revision
from devices.pins import MARK_BYTES
from devices.policy import CardKeys, Compiled
from devices.recall import mark_of, read_testimony, subjects
from devices.rules import (
    Credential,
    DoorMode,
    DoorPolicy,
    ModePlan,
    Pins,
    Policy,
    Rule,
    Schedule,
)
from hub.core.restraint import additions, restrain

PEOPLE = [f"p-{n}" for n in range(5)]
NAMES = st.lists(st.sampled_from(["r0", "r1", "deny"]), max_size=3, unique=True).map(tuple)
PLANS = st.sampled_from([(), (ModePlan("day", DoorMode.UNLOCKED),)])


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    rules = {"r0": Rule(), "r1": Rule("day"), "deny": Rule(deny=True)}
    doors = {
        number: DoorPolicy(
            number,
            mode=draw(st.sampled_from(DoorMode)),
            rules=rules,
            people=draw(st.dictionaries(st.sampled_from(PEOPLE), NAMES)),
            passes=draw(st.booleans()),
            modes=draw(PLANS),
        )
        for number in (1, 2)
    }
    cards = {
        f"04{n:02x}": Credential(f"c-{n}", PEOPLE[n], draw(st.booleans()))
        for n in draw(st.sets(st.integers(0, 4)))
    }
    ids = draw(st.sets(st.integers(1, 60)))
    revoked = {f"v-{n:016x}": 9e9 for n in ids}
    zone = ZoneInfo("Asia/Shanghai")
    return Policy(Revision(1, 1), zone, {}, frozenset(), doors, cards, passes_revoked=revoked)


@given(policies(), policies())
def test_nothing_that_the_door_denies_comes_back(ours: Policy, theirs: Policy) -> None:
    asked = Recall("r-1", Revision(9, 9))
    told = read_testimony(recall.testify(theirs, Revision(2, 1), asked), "r-1")
    assert told is not None
    held = additions(ours, told)
    keys = {uid: CardKeys({}) for uid in ours.cards}
    kept = restrain(Compiled(ours, keys), held)
    left = set(subjects(ours)) - set(held)
    assert set(subjects(kept.policy)) <= left
    named = ("person:", "card:")
    assert {one for one in left if one.startswith(named)} <= set(subjects(kept.policy))
    assert set(subjects(kept.policy)) <= set(subjects(theirs))
    assert set(kept.keys) <= set(kept.policy.cards)
    blocked = {card.id for card in theirs.cards.values() if card.blocked}
    assert set(told.blocked) == blocked
    both = dict(theirs.passes_revoked) | dict(ours.passes_revoked)
    assert kept.policy.passes_revoked == both


@given(policies())
def test_the_same_policy_holds_nobody_back(ours: Policy) -> None:
    parts = recall.testify(ours, Revision(2, 1), Recall("r-1", Revision(2, 1)))
    assert [part["same"] for part in parts] == [1]
    told = read_testimony(
        recall.testify(ours, Revision(2, 1), Recall("r-1", Revision(1, 1))), "r-1"
    )
    assert told is not None
    assert all(mark_of(one) in told.admitted for one in subjects(ours))


def test_a_large_door_tells_in_parts_and_only_the_whole_counts() -> None:
    rules = {"r": Rule()}
    people = {f"p-{n:05d}": ("r",) for n in range(15_000)}
    door = DoorPolicy(1, rules=rules, people=people)
    cards = {f"04{n:06x}": Credential(f"c-{n}", "p-00001", n % 3 == 0) for n in range(900)}
    zone = ZoneInfo("UTC")
    policy = Policy(Revision(1, 1), zone, {}, frozenset(), {1: door}, cards)
    parts = recall.testify(policy, Revision(2, 1), Recall("r-1", Revision(1, 1)))
    assert 10 < len(parts) < 40
    for part in parts:
        assert len(part) <= 16  # members of a message
        assert all(len(value) <= 512 for value in part.values() if isinstance(value, str))
    told = read_testimony(parts, "r-1")
    assert told is not None
    assert len(told.blocked) == 300
    assert {mark_of(one) for one in subjects(policy)} == told.admitted
    assert read_testimony(parts[:-1], "r-1") is None
    assert read_testimony(parts, "r-2") is None
    assert read_testimony([{"mark": "r-1", "part": "x"}, {}], "r-1") is None


HOURS = st.lists(st.sampled_from([(0, 60), (480, 720), (840, 1080)]), unique=True, max_size=3).map(
    lambda spans: tuple(sorted(spans))
)
WRITTEN = st.builds(
    Rule,
    st.sampled_from([None, "day"]),
    st.none() | st.sampled_from([5.0, 1.5e9]),
    st.none() | st.sampled_from([1.6e9, 2e9]),
    st.booleans(),
    st.booleans(),
)


@st.composite
def written(draw: st.DrawFn) -> Policy:
    """Two doors with rules and PINs that may say anything; both sides know the same names."""
    marks = st.tuples(*[st.sampled_from([bytes([n]) * MARK_BYTES for n in range(3)])] * 2)
    doors = {
        number: DoorPolicy(
            number,
            rules={name: draw(WRITTEN) for name in ("r0", "r1")},
            people=dict.fromkeys(PEOPLE, ("r0", "r1")),
            pins=Pins(b"k", {}, draw(st.dictionaries(st.sampled_from(PEOPLE), marks))),
        )
        for number in (1, 2)
    }
    day = Schedule(tuple(draw(HOURS) for _ in range(8)), draw(st.sampled_from(["", "school"])))
    return Policy(Revision(1, 1), ZoneInfo("UTC"), {"day": day}, frozenset(), doors)


def says(policy: Policy, number: int, name: str) -> tuple[Rule, Schedule | None]:
    rule = policy.doors[number].rules[name]
    return replace(rule, schedule=None), policy.schedules.get(rule.schedule or "")


@given(written(), written())
def test_rules_stay_as_the_door_has_them_and_changed_pins_open_nothing(
    ours: Policy, theirs: Policy
) -> None:
    asked = Recall("r-1", Revision(9, 9))
    told = read_testimony(recall.testify(theirs, Revision(2, 1), asked), "r-1")
    assert told is not None
    held = additions(ours, told)
    assert max(map(len, held), default=0) <= 600  # what a row of restraints holds
    kept = restrain(Compiled(ours, {}), held).policy
    for number, door in kept.doors.items():
        for name in door.rules:
            assert says(kept, number, name) == says(theirs, number, name)
        mine, hers = door.pins, theirs.doors[number].pins
        assert mine is not None
        assert hers is not None
        assert mine.verifiers.items() <= hers.verifiers.items()
    assert additions(theirs, told) == ()


@given(st.text(max_size=60) | st.sampled_from(["rule:1:r0={}", "rule:x:r={}", "rule:1:r=[1]"]))
def test_no_text_of_a_door_trips_us(text: str) -> None:
    read = recall.read_rule(text)
    assert read is None or text.startswith("rule:")


@given(st.integers(0, 16_000))
def test_kept_endings_come_in_pieces_and_whole_or_not_at_all(size: int) -> None:
    kept = "".join(chr(97 + n % 26) for n in range(size))
    asked = Recall("r-1", Revision(9, 9))
    parts = recall.with_endings(recall.testify(None, Revision(0, 0), asked), kept)
    assert recall.read_endings(parts, "r-1") == kept.encode()
    assert recall.read_endings(parts, "r-2") is None
    assert read_testimony(parts, "r-1") is not None
    if size:
        assert recall.read_endings(parts[:-1], "r-1") is None
        assert recall.read_endings(reversed(parts), "r-1") == kept.encode()
