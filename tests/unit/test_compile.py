"""From rows to a door: nobody is forgotten, nobody is added, and what travels decides alike."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from devices.access import Granted, Request, State, Way, decide
from devices.messages import Assurance, Revision
from devices.policy import Compiled, decode, encode
from hub.core.compile import (
    CardRow,
    DoorRow,
    Home,
    PersonRow,
    Rows,
    RuleRow,
    claim_digits,
    compile_policy,
    rule_name,
)

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
AT_S = NOW.timestamp()
NAMES = ["a", "b", "c"]
names = st.sampled_from(NAMES)
TODAY = NOW.date()
days = st.none() | st.sampled_from([-1, 0, 1]).map(lambda n: TODAY + timedelta(days=n))
homes = st.lists(
    st.builds(
        Home,
        st.sampled_from(["h1", "h2", "h3"]),
        st.sampled_from(["1", "2"]),
        from_on=days,
        to_on=days,
    ),
    max_size=2,
).map(tuple)
people = st.lists(
    st.builds(
        PersonRow,
        st.sampled_from(["p1", "p2", "p3", "p4"]),
        st.sampled_from(["", "h1", "h2"]),
        st.sampled_from(["", "1", "2"]),
        st.sets(names).map(lambda found: tuple(sorted(found))),
        st.booleans(),
        homes=homes,
    ),
    unique_by=lambda person: person.id,
)
rules = st.lists(
    st.builds(
        RuleRow,
        st.sampled_from([f"rule {n}" for n in range(8)]),
        st.sampled_from(["d1", "d2"]),
        st.sampled_from(["everyone", "building", "household", "group", "person"]),
        st.sampled_from(["", "1", "2", "h1", "h2", "p1", "p2", *NAMES]),
        st.none(),
        st.none() | st.sampled_from([AT_S - 9, AT_S + 9]),
        st.none() | st.sampled_from([AT_S + 5, AT_S + 99]),
        st.booleans(),
    ),
    unique_by=lambda rule: rule.id,
)
cards = st.lists(
    st.builds(CardRow, names, st.sampled_from(["04a1", "04b2", "04c3"]),
              st.sampled_from(["p1", "p2", "p9"]), st.booleans(),
              st.just({3: bytes(16), 4: bytes(16)})),
    unique_by=lambda card: card.uid,
)  # fmt: skip
DOORS = (
    DoorRow("d1", 1, "perimeter", "Locked", 3, True, 3000, 9000, True),
    DoorRow("d2", 2, "building", "Locked", 3, True, 3000, 9000, True),
)


def compiled(rows: Rows) -> Compiled:
    made = compile_policy(Revision(1, 1), "UTC", rows)
    back = decode(encode(made))
    assert back == made
    assert isinstance(back, Compiled)
    return back


def speaks(rule: RuleRow, person: PersonRow) -> bool:
    """The rule read by a person: slowly and without any index."""
    own = Home(person.household, person.building)
    said = any(home.household == person.household for home in person.homes)
    said = said or (person.homes != () and person.household == "")
    lived = [
        home
        for home in (*person.homes, *(() if said else (own,)))
        if (home.from_on or TODAY) <= TODAY <= (home.to_on or TODAY)
    ]
    return {
        "everyone": bool(lived),
        "building": bool(rule.subject) and rule.subject in [home.building for home in lived],
        "household": bool(rule.subject) and rule.subject in [home.household for home in lived],
        "group": rule.subject in person.groups,
        "person": rule.subject == person.id,
    }[rule.subject_kind]


def lives(rule: RuleRow) -> bool:
    after = rule.valid_from_s is None or rule.valid_from_s <= AT_S
    return after and (rule.valid_to_s is None or rule.valid_to_s > AT_S)


def opens(policy: Compiled, number: int, person: str) -> bool:
    request = Request(number, Way.REMOTE, person, assurance=Assurance.MUTUAL)
    return isinstance(decide(policy.policy, State(), request, NOW)[0], Granted)


@given(people, rules, cards, st.sampled_from([0.0, AT_S]))
def test_a_door_lets_in_whom_its_rules_name_and_nobody_else(
    crowd: list[PersonRow], written: list[RuleRow], held: list[CardRow], now_s: float
) -> None:
    policy = compiled(Rows(DOORS, written, crowd, held, now_s=now_s))
    for door in DOORS:
        for person in crowd:
            mine = [rule for rule in written if rule.door_id == door.id and speaks(rule, person)]
            denied = any(rule.deny and lives(rule) for rule in mine)
            granted = any(not rule.deny and lives(rule) for rule in mine)
            assert opens(policy, door.number, person.id) == (granted and not denied)
        assert not opens(policy, door.number, "stranger")
    known = {who for door in policy.policy.doors.values() for who in door.people}
    assert {card.person for card in policy.policy.cards.values()} <= known
    assert policy.policy.longer <= known
    for uid in policy.keys:
        assert not policy.policy.cards[uid].blocked


@given(people, rules, rules)
def test_a_rule_that_grants_takes_nothing_from_anybody(
    crowd: list[PersonRow], written: list[RuleRow], more: list[RuleRow]
) -> None:
    fresh = [replace(rule, id=f"new {rule.id}", deny=False) for rule in more]
    before = compiled(Rows(DOORS, written, crowd, []))
    after = compiled(Rows(DOORS, [*written, *fresh], crowd, []))
    for door in DOORS:
        for person in crowd:
            if opens(before, door.number, person.id):
                assert opens(after, door.number, person.id)


@given(people, rules, rules)
def test_a_rule_keeps_its_name_whatever_comes_beside_it(
    crowd: list[PersonRow], written: list[RuleRow], more: list[RuleRow]
) -> None:
    """A step stays small: nobody else's entry changes."""
    ids = {rule.id for rule in written}
    others = [rule for rule in more if rule.id not in ids]
    before = compiled(Rows(DOORS, written, crowd, [])).policy
    after = compiled(Rows(DOORS, [*written, *others], crowd, [])).policy
    for number, door in before.doors.items():
        for name, rule in door.rules.items():
            assert after.doors[number].rules[name] == rule


def test_few_windows_are_few_rules() -> None:
    """Whoever moved in before now, and stays, is one of everybody, whatever the day was."""
    crowd = [
        PersonRow(f"p{n}", "h1", "1", homes=(Home("h1", "1", from_on=TODAY - timedelta(days=n)),))
        for n in range(1, 60)
    ]
    rows = Rows(DOORS, [RuleRow("r", "d1", "everyone", "")], crowd, [], now_s=AT_S)
    assert len(compiled(rows).policy.doors[1].rules) == 1


def test_whoever_moved_out_is_gone_and_a_second_home_opens_its_house() -> None:
    left = Home("h1", "1", to_on=TODAY - timedelta(days=1))
    second = Home("h2", "2", house="2-1-401", to_on=TODAY)
    crowd = [PersonRow("gone", "h1", "1", homes=(left,)), PersonRow("both", "h1", "1",
             homes=(second,))]  # fmt: skip
    written = [RuleRow("r1", "d1", "building", "1"), RuleRow("r2", "d2", "building", "2")]
    policy = compiled(Rows(DOORS, written, crowd, [], now_s=AT_S))
    assert opens(policy, 1, "both")
    assert opens(policy, 2, "both")
    assert "gone" not in policy.policy.doors[1].people


def test_an_interlock_holds_both_ways() -> None:
    doors = (replace(DOORS[0], interlock=(2,)), DOORS[1])
    policy = compiled(Rows(doors, [], [], [])).policy
    assert {number: door.interlock for number, door in policy.doors.items()} == {1: (2,), 2: (1,)}


def test_names_of_rules_tell_nothing() -> None:
    assert rule_name("flat 302") != rule_name("flat 303")
    assert "302" not in rule_name("flat 302")


def test_what_is_typed_for_a_flat() -> None:
    def digits(house: str, building: str = "", unit: str = "") -> str:
        return claim_digits(building, unit, house)

    assert digits("1-2-302") == "12302"
    assert digits("1-2-302", "1") == "2302"
    assert digits("1-2-302", "1", "2") == "302"
    assert digits("1-2-302", "2", "2") == "12302"  # somebody from another building
    assert digits("1-2-3A01", "1", "2") == "301"
    assert digits("", "1") == ""
    assert digits("111-222-333") == ""  # too long to type
