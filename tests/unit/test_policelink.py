"""The police link: who may move an incident, what is recorded, that nothing leaves too early."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.reasons import REASONS
from hub.core import policelink as law
from hub.core.policelink import (
    Authority,
    Incident,
    Kind,
    Link,
    Move,
    Moved,
    Pack,
    Party,
    Picture,
    Refused,
    Role,
    State,
    What,
)

NOW = datetime(2026, 11, 26, 8, 0, 0, tzinfo=UTC)
ORDER = Authority(
    "ps-riverside", "order-2026-118", NOW - timedelta(days=1), NOW + timedelta(days=1)
)
SCENE = Picture("ab" * 32, Role.SCENE, NOW)
LISTED = Picture("cd" * 32, Role.LISTED, NOW - timedelta(days=9))
BOTH = frozenset({SCENE.sha256, LISTED.sha256})
PLAYED = Link("station-1")
REAL = Link("station-1", accepted_at=NOW - timedelta(days=1))
OTHER = Link("station-2", accepted_at=NOW - timedelta(days=1))


def hit(kind: Kind = Kind.WATCH_LIST) -> Incident:
    made = law.detect("inc-1", kind, "gate-1", "watch-1", NOW, (SCENE, LISTED), ORDER)
    assert isinstance(made, Incident)
    return made


def wish(what: What, by: str = "p-guard", at: datetime = NOW, **more: object) -> Move:
    party = Party.REVIEWER
    if what in {What.SENT, What.WITHDRAWN}:
        party, by = Party.LINK, "hub"
        more = {"number": 41, "link": PLAYED} | more
    if what in {What.RETURNED, What.ACKNOWLEDGED}:
        party, by = Party.STATION, "station-1"
    if what is What.CONFIRMED:
        more = {"seen": BOTH} | more
    return replace(Move(what, party, by, at), **more)  # type: ignore[arg-type]


def moved(incident: Incident, *wishes: Move) -> Incident:
    for one in wishes:
        done = law.move(incident, one)
        assert isinstance(done, Moved), (one, done)
        incident = done.incident
    return incident


def refusal(incident: Incident, one: Move) -> str:
    done = law.move(incident, one)
    assert isinstance(done, Refused)
    assert done.reason in REASONS
    return done.reason


UP, YES, NO = wish(What.TAKEN_UP), wish(What.CONFIRMED), wish(What.DISMISSED)
SENT, ACK, HANDLED = wish(What.SENT), wish(What.ACKNOWLEDGED), wish(What.HANDLED)


def test_the_whole_way_is_recorded() -> None:
    incident, records = hit(), []
    for one in (UP, YES, SENT, SENT, ACK, HANDLED):
        done = law.move(incident, one)
        assert isinstance(done, Moved)
        incident = done.incident
        records.append(done.record)
    assert [(one.old.value, one.new.value, one.by) for one in records] == [
        ("detected", "reviewing", "p-guard"),
        ("reviewing", "confirmed", "p-guard"),
        ("confirmed", "sent", "hub"),
        ("sent", "sent", "hub"),
        ("sent", "acknowledged", "station-1"),
        ("acknowledged", "handled", "p-guard"),
    ]
    assert [one.number for one in records] == [0, 0, 41, 41, 41, 41]
    assert [one.simulated for one in records] == [False, False, True, True, True, True]
    assert all(one.incident == "inc-1" and one.at == NOW for one in records)


@pytest.mark.parametrize("what", What)
def test_each_move_only_by_whom_it_belongs_to(what: What) -> None:
    before = {
        What.TAKEN_UP: (),
        What.CONFIRMED: (UP,),
        What.DISMISSED: (UP,),
        What.SENT: (UP, YES),
        What.RETURNED: (UP, YES, SENT),
        What.ACKNOWLEDGED: (UP, YES, SENT),
        What.HANDLED: (UP, YES, SENT, ACK),
        What.OTHERWISE: (UP, YES, SENT),
        What.WITHDRAWN: (UP, YES, SENT, NO),
    }
    incident = moved(hit(), *before[what])
    moved(incident, wish(what))
    for party in set(Party) - law.WHO[what]:
        assert refusal(incident, replace(wish(what), party=party)) == "not_allowed"


def test_a_hit_is_confirmed_by_who_reviews_it_and_saw_both_pictures() -> None:
    reviewing = moved(hit(), UP)
    assert refusal(hit(), YES) == "incident_step"
    assert refusal(reviewing, replace(YES, seen=frozenset())) == "incident_unseen"
    assert refusal(reviewing, replace(YES, seen=frozenset({SCENE.sha256}))) == "incident_unseen"
    one_sided = replace(reviewing, pictures=(SCENE,))
    assert refusal(one_sided, YES) == "incident_unseen"
    for one in (YES, NO):
        assert refusal(reviewing, replace(one, by="p-other")) == "incident_elsewhere"
    over = moved(reviewing, wish(What.TAKEN_UP, "p-other"))
    assert moved(over, replace(YES, by="p-other")).reviewer == "p-other"
    # where there is no list, what there is must have been seen
    tailgate = moved(replace(hit(Kind.TAILGATE), pictures=(SCENE,)), UP)
    assert refusal(tailgate, replace(YES, seen=frozenset())) == "incident_unseen"
    assert moved(tailgate, YES).state is State.CONFIRMED
    assert moved(replace(hit(Kind.FORCED), pictures=()), UP, YES).state is State.CONFIRMED


def test_a_watch_list_lives_by_its_order() -> None:
    after = ORDER.to_at
    for order, at in ((None, NOW), (ORDER, after), (ORDER, ORDER.from_at - timedelta(seconds=1))):
        made = law.detect("inc-1", Kind.WATCH_LIST, "gate-1", "watch-1", at, (), order)
        assert made == Refused("authority_missing")
    assert refusal(moved(hit(), UP), replace(YES, at=after)) == "authority_missing"
    confirmed = moved(hit(), UP, YES)
    assert refusal(confirmed, replace(SENT, at=after)) == "authority_missing"
    assert law.pack(confirmed, REAL, after) == Refused("authority_missing")
    # what was noticed without a list needs none
    forced = law.detect("inc-2", Kind.FORCED, "gate-1", "forced", after)
    assert isinstance(forced, Incident)
    assert isinstance(law.pack(moved(forced, UP, YES), REAL, after), Pack)


def test_a_pack_is_made_only_between_confirmed_and_acknowledged() -> None:
    ways: tuple[tuple[Move, ...], ...] = (
        (),
        (UP,),
        (UP, NO),
        (UP, YES, NO),
        (UP, YES, SENT, NO),
        (UP, YES, SENT, ACK),
        (UP, YES, SENT, ACK, HANDLED),
    )
    for way in ways:
        assert law.pack(moved(hit(), *way), PLAYED, NOW) == Refused("incident_step")
    for way in ((UP, YES), (UP, YES, SENT), (UP, YES, SENT, wish(What.RETURNED))):
        assert isinstance(law.pack(moved(hit(), *way), PLAYED, NOW), Pack)


@pytest.mark.parametrize("kind", Kind)
def test_only_a_person_confirms(kind: Kind) -> None:
    pressed = kind in {Kind.DURESS, Kind.PANIC}
    assert hit(kind).state is (State.CONFIRMED if pressed else State.DETECTED)
    packed = law.pack(hit(kind), REAL, NOW)
    assert packed == Refused("incident_step") or pressed
    if pressed:
        assert isinstance(packed, Pack)
        assert (packed.confirmed_by, packed.confirmed_at) == ("", NOW)


def test_a_copy_goes_under_the_same_number_to_the_same_station() -> None:
    sent = moved(hit(), UP, YES, SENT)
    for more in ({"number": 42}, {"link": OTHER}, {"link": None}):
        assert refusal(sent, replace(SENT, **more)) == "incident_step"
    for more in ({"number": 0}, {"link": None}):
        assert refusal(moved(hit(), UP, YES), replace(SENT, **more)) == "incident_step"
    returned = moved(sent, wish(What.RETURNED))
    assert returned.state is State.CONFIRMED
    assert moved(returned, SENT).number == 41
    assert refusal(sent, replace(ACK, by="station-2")) == "not_allowed"


def test_a_station_that_believes_in_a_false_alarm_must_hear_of_it() -> None:
    assert not moved(hit(), UP, NO).owes_withdrawal
    assert not moved(hit(), UP, YES, NO).owes_withdrawal
    assert refusal(moved(hit(), UP, NO), wish(What.WITHDRAWN)) == "incident_step"
    for before in ((UP, YES, SENT), (UP, YES, SENT, ACK), (UP, YES, SENT, wish(What.RETURNED))):
        owing = moved(hit(), *before, NO)
        assert owing.owes_withdrawal
        assert refusal(owing, wish(What.WITHDRAWN, link=OTHER)) == "incident_step"
        told = moved(owing, wish(What.WITHDRAWN))
        assert not told.owes_withdrawal
        assert refusal(told, wish(What.WITHDRAWN)) == "incident_step"
    theirs = replace(NO, party=Party.STATION, by="station-1")
    assert refusal(moved(hit(), UP), theirs) == "not_allowed"
    assert moved(hit(), UP, YES, SENT, theirs).state is State.FALSE_ALARM


def test_a_link_is_played_until_its_station_has_accepted_it() -> None:
    confirmed = moved(hit(), UP, YES)
    soon = Link("station-1", accepted_at=NOW + timedelta(seconds=1))
    for link, played in (
        (PLAYED, True),
        (soon, True),
        (REAL, False),
        (Link("station-1", NOW), False),
    ):
        packed = law.pack(confirmed, link, NOW)
        assert isinstance(packed, Pack)
        assert (packed.simulated, packed.body()["simulated"]) == (played, played)
        assert moved(confirmed, replace(SENT, link=link)).simulated is played
    # once it has really left, playing it again does not make it a game
    assert not moved(confirmed, replace(SENT, link=REAL), replace(SENT, link=PLAYED)).simulated
    assert not moved(confirmed, replace(SENT, link=PLAYED), replace(SENT, link=REAL)).simulated


SHAPES = (
    law.ID,
    re.compile(r"[0-9a-f]{64}"),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    re.compile("|".join([*Kind, *Role])),
    re.compile(""),
)


def leaves_of(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves_of(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves_of(inner)]
    return [value]


def test_a_pack_has_no_room_for_a_name() -> None:
    packed = law.pack(moved(hit(), UP, YES), REAL, NOW)
    assert isinstance(packed, Pack)
    body = json.loads(packed.raw())
    assert sorted(body) == [
        "authority", "basis", "confirmed_at", "confirmed_by", "detected_at", "door", "incident",
        "kind", "pictures", "rule", "simulated", "station", "v",
    ]  # fmt: skip
    assert [sorted(one) for one in body["pictures"]] == [["role", "sha256", "taken_at"]] * 2
    for leaf in leaves_of(body):
        text = isinstance(leaf, str) and any(shape.fullmatch(leaf) for shape in SHAPES)
        assert text or isinstance(leaf, bool) or leaf == law.PACK_VERSION
    assert packed.raw() == replace(packed).raw()
    for more in ({"door": "gate-2"}, {"simulated": True}, {"pictures": (SCENE,)}):
        assert replace(packed, **more).sha256 != packed.sha256


@pytest.mark.parametrize("name", ["王芳", "Wang Fang", "p 1", "", "A", "a" * 65, "a\n"])
def test_no_id_is_a_text(name: str) -> None:
    makers = (
        lambda: replace(hit(), id=name),
        lambda: replace(hit(), door=name),
        lambda: replace(hit(), rule=name),
        lambda: replace(UP, by=name),
        lambda: Link(name),
        lambda: replace(ORDER, id=name),
        lambda: replace(ORDER, basis=name),
        lambda: Picture(name, Role.SCENE, NOW),
    )
    for make in makers:
        with pytest.raises(ValueError, match=r"id is|SHA-256"):
            make()


def test_what_else_is_the_callers_fault() -> None:
    naive = NOW.replace(tzinfo=None)
    makers = (
        lambda: replace(hit(), detected_at=naive),
        lambda: replace(UP, at=naive),
        lambda: replace(SCENE, taken_at=naive),
        lambda: Link("station-1", naive),
        lambda: replace(ORDER, to_at=ORDER.from_at),
        lambda: replace(hit(), pictures=(SCENE,) * (law.PICTURES_MAX + 1)),
    )
    for make in makers:
        with pytest.raises(ValueError, match=r"zone|ends|pictures"):
            make()


def test_every_state_is_reached_and_two_are_the_end() -> None:
    reached = {State.DETECTED}
    while True:
        more = {new for (old, _), new in law.LAW.items() if old in reached} | reached
        if more == reached:
            break
        reached = more
    assert reached == set(State)
    leaves = {old for (old, _), new in law.LAW.items() if old is not new}
    assert set(State) - leaves == {State.HANDLED, State.FALSE_ALARM}
    assert set(law.WHO) == set(What)


moves = st.builds(
    Move,
    st.sampled_from(What),
    st.sampled_from(Party),
    st.sampled_from(["p-guard", "p-other", "station-1", "hub"]),
    st.sampled_from([NOW, ORDER.to_at]),
    st.sampled_from([frozenset(), frozenset({SCENE.sha256}), BOTH]),
    st.sampled_from([0, 41, 42]),
    st.sampled_from([None, PLAYED, REAL, OTHER]),
)
helpful = st.sampled_from([UP, YES, NO, SENT, replace(SENT, link=REAL), ACK, HANDLED])


@given(st.sampled_from(Kind), st.lists(st.one_of(moves, helpful, helpful), max_size=14))
def test_nothing_leaves_before_a_person_has_confirmed(kind: Kind, wishes: list[Move]) -> None:
    incident = hit(kind)
    by_hand = kind in {Kind.DURESS, Kind.PANIC}
    done: list[Move] = []
    at = incident.state
    for one in wishes:
        end = law.move(incident, one)
        if isinstance(end, Refused):
            assert end.reason in REASONS
            continue
        assert (end.record.old, end.record.new) == (at, end.incident.state)
        assert (end.record.what, end.record.by, end.record.at) == (one.what, one.by, one.at)
        done.append(one)
        incident, at = end.incident, end.incident.state
        confirmed = [
            move.by
            for move in done
            if move.what is What.CONFIRMED and move.party is Party.REVIEWER and move.seen == BOTH
        ]
        sent = [move for move in done if move.what is What.SENT]
        for link in (PLAYED, REAL, OTHER):
            packed = law.pack(incident, link, NOW)
            if isinstance(packed, Pack):
                assert by_hand or confirmed == [packed.confirmed_by]
                assert packed.simulated == (link is PLAYED)
                assert not sent or link.station == incident.station
        if sent:
            assert by_hand or confirmed
            assert {move.party for move in sent} == {Party.LINK}
            assert len({(move.number, move.link and move.link.station) for move in sent}) == 1
            assert incident.simulated == all(move.link is PLAYED for move in sent)
            assert kind is not Kind.WATCH_LIST or all(move.at == NOW for move in sent)
        otherwise = [move.by for move in done if move.what is What.OTHERWISE]
        if otherwise:
            assert at is State.HANDLED
            assert incident.confirmed_at is not None
        elif at in {State.ACKNOWLEDGED, State.HANDLED}:
            assert sent
            assert [move.by for move in done if move.what is What.ACKNOWLEDGED] == [
                incident.station
            ]


def test_the_picture_in_the_docs_is_the_law() -> None:
    root = Path(__file__).resolve().parents[2]
    assert law.as_mermaid() in (root / "docs/police.md").read_text(encoding="utf-8")
