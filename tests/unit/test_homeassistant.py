"""Home Assistant: what it is shown, what it may wish, and all that it may not."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import runner, wire
from devices.access import DoorMode, Granted, Refused, Request, State, Way, decide
from devices.messages import (
    Assurance,
    Life,
    Outcome,
    Refusal,
    StateNote,
)
from devices.reasons import REASONS
from drivers.mqtt import Message
from hub import homeassistant
from hub.acts.homeassistant import may_set
from hub.acts.roster import RosterPart, load_part
from hub.core.errors import DomainError
from hub.gateways import homeassistant as ha
from hub.homeassistant import DOOR_WISHES, Bridge
from hub.store import chain
from hub.store import tables as t
from tests.unit.ha_house import GATE, HOME, STANDING, House, house
from tests.unit.hub_bench import ROSTER, SITE, hub_bench

NOW_S = 1_795_000_000.0


# --------------------------------------------------------------------------- what it may wish


async def brings_a_presentation(home: House) -> None:
    await home.wish()
    (command,) = home.commands()
    shown = command.presentation
    assert shown is not None
    assert (command.op, command.door) == ("access", 1)
    assert (shown.person, shown.via, shown.assurance) == ("ha", "ha", Assurance.MUTUAL)
    (opening,) = home.rows(t.openings)
    assert (opening.person_id, opening.door_id, opening.outcome) == ("ha", "d-1", None)
    told = [json.loads(row.body) for row in home.rows(t.chain) if row.kind == "presented"]
    assert [each["person"] for each in told] == ["ha"]
    with home.hub.engines.read.connect() as connection:
        assert chain.verify(connection).fine


async def test_a_wish_becomes_a_presentation_and_stands_in_the_chain(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await brings_a_presentation(home)


async def test_a_wish_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    async with house(tmp_path, postgres_url) as home:
        await brings_a_presentation(home)


async def test_the_compiled_door_lets_it_in_and_the_other_does_not(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        device = home.hub.memory.devices["gate"]
        policy = (await home.hub.policies.gather(device)).compiled.policy
        wish = Request(1, Way.REMOTE, "ha", assurance=Assurance.MUTUAL)
        decided, _ = decide(policy, State(), wish, home.bench.now)
        assert isinstance(decided, Granted)
        wish = Request(2, Way.REMOTE, "ha", assurance=Assurance.MUTUAL)
        decided, _ = decide(policy, State(), wish, home.bench.now)
        assert decided == Refused("person_unknown", "ha")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"subject_kind": "everyone", "deny": True}, "person_denied"),
        ({"subject_kind": "person", "subject": "ha", "deny": True}, "person_denied"),
        ({"subject_kind": "person", "subject": "ha", "valid_to": 1.0}, "validity_over"),
    ],
)
async def test_rules_of_its_own_and_denials_hold_for_it(
    tmp_path: Path, rule: dict[str, Any], reason: str
) -> None:
    async with house(tmp_path) as home:
        row = {"id": "r-9", "door_id": "d-1"} | rule
        await home.hub.writer.submit(load_part, RosterPart("rules", [row], home.hub.keys.mark))
        await home.wish()
        assert home.commands() == []
        (opening,) = home.rows(t.openings)
        assert opening.reason == reason


NOTHING: list[tuple[str, dict[str, Any], str]] = [
    ("stale", {"iat": -11.0}, "expired"),
    ("from the future", {"iat": 6.0}, "too_early"),
    ("no instant", {"iat": None}, "form"),
    ("not a number", {"iat": float("nan")}, "too_early"),
    ("another way", {"via": "phone"}, "form"),
    ("unknown", {"op": "UNLOCK_ALL"}, "unsupported"),
    ("a mode for a lock", {"mode": "Unlocked"}, "form"),
    ("no mode", {"op": "SetDoorMode"}, "form"),
    ("a long code", {"code": "1" * 33}, "form"),
]


@pytest.mark.parametrize(
    ("body", "why"), [case[1:] for case in NOTHING], ids=[c[0] for c in NOTHING]
)
async def test_wrong_and_late_wishes_move_nothing_and_say_so(
    tmp_path: Path, body: dict[str, Any], why: str
) -> None:
    async with house(tmp_path) as home:
        if isinstance(body.get("iat"), float):
            body = body | {"iat": home.bench.now.timestamp() + body["iat"]}
        await home.wish(**body)
        assert home.commands() == []
        assert home.rows(t.openings) == []
        assert home.said(GATE.of("event")) == [
            {"event_type": "dropped", "reason": why, "via": "ha"}
        ]


async def test_the_same_bytes_open_once_whatever_happens_between(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        iat = home.bench.now.timestamp()
        await home.wish(iat=iat)
        await home.wish(iat=iat)
        assert len(home.commands()) == 1
        again = Bridge(home.hub)  # a hub that was started again has no memory of it
        again.connected(home.bus)
        home.live()
        body = json.dumps({"op": "UNLOCK", "iat": iat, "via": "ha"}).encode()
        again.on_message(GATE.of("set"), body)
        await home.turns()
        assert len(home.commands()) == 1
        assert home.bridge.counters["request_spent"] == 1
        assert again.counters["request_spent"] == 1
        await again.close()


async def test_wishes_for_an_unmarked_door_are_refused_and_on_record(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.wish(HOME)
        assert home.commands() == []
        (row,) = home.rows(t.events)
        assert (row.door_id, row.outcome, row.reason, row.via) == (
            "d-2",
            "refused",
            "ha_door",
            "ha",
        )


async def test_silence_and_absence_of_a_door_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homeassistant, "ANSWER_WAIT_S", 0.0)
    async with house(tmp_path) as home:
        await home.wish()
        await asyncio.sleep(0.01)
        told = {"event_type": "unknown", "reason": "outcome_unknown", "via": "ha", "who": "ha",
                "late": False}  # fmt: skip
        assert home.said(GATE.of("event")) == [told]
        assert home.hub.ingest._waiting == {}
        monkeypatch.setattr(homeassistant, "ANSWER_WAIT_S", 3.0)
        lost = wire.encode_state(StateNote(Life.LOST, "b", "c", 0.0))
        home.bridge.on_message(wire.Topics(SITE, "gate").of(wire.STATE), lost)
        await home.wish(op="OPEN")
        assert home.said(GATE.of("event"))[1:] == [
            told | {"event_type": "refused", "reason": "door_offline"}
        ]
        assert {row.reason for row in home.rows(t.openings)} == {None, "door_offline"}


async def test_nothing_is_served_before_somebody_enables_it(tmp_path: Path) -> None:
    async with house(tmp_path, enabled=False) as home:
        await home.wish()
        await home.event(outcome=Outcome.GRANTED, reason="granted", person="p-1", via="card")
        assert home.commands() == []
        assert home.bridge.counters["ha_off"] == 1
        assert not [topic for topic, _, _ in home.bus.said if "/ha/" in topic or "homeass" in topic]


async def test_a_code_is_asked_and_guessing_ends(tmp_path: Path) -> None:
    async with house(tmp_path, code="2580") as home:
        await home.wish(code="2580")
        assert len(home.commands()) == 1
        for guess in range(6):
            home.bench.pass_s(10)  # below the limit of wishes
            await home.wish(code=f"{guess:04}")
        assert len(home.commands()) == 1
        reasons = [row.reason for row in home.rows(t.events)]
        assert reasons == ["ha_code"] * 6
        await home.wish(code="2580")  # the right one, too late: guesses are slowed down
        assert len(home.commands()) == 1
        home.bench.pass_s(600)
        await home.wish(code="2580")
        assert len(home.commands()) == 2
        assert all("2580" not in row.value for row in home.rows(t.settings))


async def test_wishes_are_limited(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        now_s = home.bench.now.timestamp()
        for number in range(DOOR_WISHES.tries + 3):
            await home.wish(iat=now_s - number / 100)
        assert len(home.commands()) == DOOR_WISHES.tries
        assert home.bridge.counters["too_many"] == 3


async def test_locking_moves_nothing_and_the_truth_is_shown_again(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        before = len(home.said(GATE.of("state")))
        await home.wish(op="LOCK")
        assert home.commands() == []
        assert home.said(GATE.of("state"))[before:] == [
            {"lock": "LOCKED", "contact": "OFF", "mode": "Locked", "alarm": "OFF"}
        ]


class Listener:
    """A party that keeps what it hears."""

    def __init__(self) -> None:
        self.got: list[str] = []

    def on_message(self, topic: str, payload: bytes) -> None:
        self.got.append(topic)


def test_a_stored_wish_is_not_handed_over() -> None:
    party: Any = Listener()
    for topic, retain in ((GATE.of("set"), True), (GATE.of("set"), False), ("a/$state", True)):
        runner._hand_over(party, Message(topic, b"{}", retain, None))
    assert party.got == [GATE.of("set"), "a/$state"]
    assert runner._wish(ha.wish_filter(SITE), 1).live_only


@given(st.binary(max_size=80) | st.builds(lambda d: json.dumps(d).encode(), st.dictionaries(
    st.sampled_from(["op", "iat", "via", "code", "mode"]),
    st.none() | st.booleans() | st.text(max_size=4) | st.floats() | st.integers()
    | st.sampled_from(["ha", "UNLOCK", "OPEN", "LOCK", "SetDoorMode", "Locked", NOW_S]),
)))  # fmt: skip
def test_no_bytes_trip_us_and_what_is_read_is_fresh(raw: bytes) -> None:
    wish = ha.read_wish(raw, NOW_S)
    if isinstance(wish, Refusal):
        assert wish.reason in REASONS
    else:
        assert wish.op in {"UNLOCK", "OPEN", "LOCK", "SetDoorMode"}
        assert NOW_S - 10 <= wish.issued_at_s <= NOW_S + 5
        assert (wish.op == "SetDoorMode") == (wish.mode in ha.MODES)


LEVELS = st.sampled_from(
    ["linli", "1", SITE, "ha", "gate", "door", "set", "7", "07", "٣", "99999", "+"]
)  # fmt: skip


@given(st.text(max_size=90) | st.builds("/".join, st.lists(LEVELS, max_size=9)))
def test_only_its_own_topic_is_a_wish(topic: str) -> None:
    place = ha.door_of(SITE, topic)
    assert place is None or topic == ha.DoorTopics(SITE, *place).of("set")
    assert ha.door_of(SITE, GATE.of("set")) == ("gate", 1)


# --------------------------------------------------------------------------- modes


@pytest.mark.parametrize("before", DoorMode)
@pytest.mark.parametrize("after", DoorMode)
def test_it_tightens_and_takes_back_only_its_own(before: DoorMode, after: DoorMode) -> None:
    order = ["Unlocked", "Locked", "Blocked", "LockedDown"]
    known = before in order and after in order
    tighter = known and order.index(after) > order.index(before)
    assert may_set(before, after, mine=False) == tighter
    back = known and after is DoorMode.LOCKED
    assert may_set(before, after, mine=True) == (tighter or back)


async def test_a_mode_is_set_by_policy_and_taken_back(tmp_path: Path) -> None:
    async with house(tmp_path, code="2580") as home:  # which a select cannot be asked for
        await home.wish(op="SetDoorMode", mode="Blocked")
        (mode,) = [row.mode for row in home.rows(t.doors) if row.id == "d-1"]
        assert mode == "Blocked"
        assert "gate" in [row.device_id for row in home.rows(t.policy_changes)]
        await home.wish(op="SetDoorMode", mode="Locked")
        assert [row.mode for row in home.rows(t.doors) if row.id == "d-1"] == ["Locked"]
        await home.roster([{"id": "d-1", "mode": "Blocked"}])  # now by people, not by it
        await home.wish(op="SetDoorMode", mode="Locked", code="")
        assert [row.mode for row in home.rows(t.doors) if row.id == "d-1"] == ["Blocked"]
        assert home.bridge.counters["mode_refused"] == 1
        assert home.commands() == []


async def test_a_roster_that_repeats_a_mode_makes_it_peoples(tmp_path: Path) -> None:
    async with house(tmp_path) as home:

        def mode() -> list[str]:
            return [row.mode for row in home.rows(t.doors) if row.id == "d-1"]

        await home.wish(op="SetDoorMode", mode="Blocked")
        await home.roster([{"id": "d-1", "held_s": 60}])  # says nothing of the mode
        await home.wish(op="SetDoorMode", mode="Locked")
        assert mode() == ["Locked"]
        home.bench.pass_s(1)  # the same bytes would be the same wish
        await home.wish(op="SetDoorMode", mode="Blocked")
        await home.roster([{"id": "d-1", "mode": "Blocked"}])
        await home.wish(op="SetDoorMode", mode="Locked")
        assert mode() == ["Blocked"]
        assert home.bridge.counters["mode_refused"] == 1


# --------------------------------------------------------------------------- what it sees


async def test_discovery_says_what_the_traps_demand(tmp_path: Path) -> None:
    async with house(tmp_path, code="2580", language="en") as home:
        (found,) = [
            json.loads(raw)
            for topic, raw, retain in home.bus.said
            if topic == ha.config_topic(SITE, "gate") and retain
        ]
        parts = found["cmps"]
        assert set(parts) == {
            "d1_lock", "d1_mode", "d1_contact", "d1_alarm", "d1_event", "d1_tag",
            "d2_unlocked", "d2_contact", "d2_alarm", "d2_event", "d2_tag",
        }  # fmt: skip
        assert all(part["qos"] == 1 for part in parts.values())
        assert not any("changed_by" in json.dumps(part) for part in parts.values())
        topics = [part.get("command_topic") for part in parts.values()]
        assert set(topics) == {None, GATE.of("set")}  # what is not marked cannot be operated
        assert all(part["retain"] is False for part in parts.values() if "command_topic" in part)
        assert found["availability_mode"] == "all"
        alive = {each["topic"] for each in found["availability"]}
        assert alive == {f"linli/1/{SITE}/hub-1/$state", f"linli/1/{SITE}/gate/$state"}
        assert parts["d1_lock"]["code_format"] == r"^\d{4,8}$"
        assert parts["d1_lock"]["name"] == "Gate"
        ids = [part["unique_id"] for part in parts.values() if "unique_id" in part]
        assert len(ids) == len(set(ids)) == 9


async def test_it_is_greeted_when_it_comes_but_not_for_ever(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        topic = ha.config_topic(SITE, "gate")
        before = len(home.said(topic))
        for _ in range(20):
            home.bridge.on_message(ha.STATUS, b"online")
            home.bridge.on_message(ha.STATUS, b"offline")
        assert len(home.said(topic)) == before + 6
        assert home.said(GATE.of("state"))[-1]["lock"] == "LOCKED"


async def test_disabling_takes_everything_back(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        assert home.broker.users == {"ha"}
        login = (await home.serve())["login"]
        assert login == {"host": "127.0.0.1", "port": 8461, "user": "ha", "secret": "a-secret"}
        assert (await home.serve(enabled=False))["login"] is None
        assert home.broker.users == set()
        last = {topic: raw for topic, raw, _retain in home.bus.said}
        assert [last[topic] for topic in STANDING] == [b"", b"", b""]
        await home.wish()
        assert home.commands() == []


async def test_what_is_not_known_is_not_guessed(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        assert home.said(GATE.of("state"))[-1]["contact"] == "OFF"
        lost = wire.encode_state(StateNote(Life.LOST, "b", "c", 0.0))
        home.bridge.on_message(wire.Topics(SITE, "gate").of(wire.STATE), lost)
        assert home.said(GATE.of("state"))[-1] == {
            "lock": "None", "contact": "None", "mode": "None", "alarm": "None",
        }  # fmt: skip


async def test_passages_are_told_by_pseudonym_and_no_tag_is_stored(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        opened = {"outcome": Outcome.GRANTED, "reason": "granted", "person": "p-1", "via": "card"}
        await home.event(**opened, credential="c-secret")
        await home.event(**opened, credential="c-secret", late=True)
        first, second = home.said(GATE.of("event"))
        assert first["event_type"] == "granted"
        assert first["who"] == second["who"] != "p-1"
        assert (first["late"], second["late"]) == (False, True)
        assert home.said(GATE.of("tag")) == [{"tag": f"linli-{first['who']}"}]
        shown = [(topic, raw, retain) for topic, raw, retain in home.bus.said if "/ha/" in topic]
        assert not any(retain for topic, _, retain in shown if not topic.endswith("/state"))
        for _topic, raw, _retain in shown:
            assert b"p-1" not in raw
            assert b"c-secret" not in raw


async def test_alarms_stand_until_they_are_over(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.live(contact="open")
        await home.event(kind="forced", reason="strike_fault")
        assert home.said(GATE.of("state"))[-1]["alarm"] == "ON"
        home.live(contact="closed")
        assert home.said(GATE.of("state"))[-1]["alarm"] == "OFF"
        home.live(contact="open")
        await home.event(kind="held")
        await home.event(kind="tamper")
        await home.event(kind="held_over")
        home.live(contact="closed")
        assert home.said(GATE.of("state"))[-1]["alarm"] == "ON"  # tamper is not over by closing
        assert home.said(HOME.of("state"))[-1]["alarm"] == "OFF"


@pytest.mark.parametrize("kind", ["duress", "duress_pin", "quarantined", "gap", "envelope"])
async def test_of_duress_it_never_hears(tmp_path: Path, kind: str) -> None:
    async with house(tmp_path) as home:
        before = len(home.bus.said)
        await home.event(kind=kind, reason="duress", person="p-1")
        assert not [topic for topic, _, _ in home.bus.said[before:] if "/ha/" in topic]
        await home.event(outcome=Outcome.GRANTED, reason="duress", person="p-1", via="card")
        assert home.said(GATE.of("event"))[-1]["reason"] == "granted"
        assert all(b"duress" not in raw for topic, raw, _ in home.bus.said if "/ha/" in topic)


@given(st.text(max_size=12), st.sampled_from(["granted", "refused", "unknown", None]), st.text())
def test_every_event_is_one_of_the_announced_types(
    kind: str, outcome: str | None, reason: str
) -> None:
    raw = ha.event_of({"kind": kind, "outcome": outcome, "reason": reason + "duress"}, None)
    assert raw is None or json.loads(raw)["event_type"] in ha.EVENT_TYPES
    assert raw is None or "duress" not in raw.decode()


async def test_nobody_is_called_ha(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        row = {"id": "ha", "household_id": "h-1", "name": "x"}
        with pytest.raises(DomainError, match="field_wrong"):
            await bench.hub.writer.submit(
                load_part, RosterPart("people", [row], bench.hub.keys.mark)
            )
    assert all(person["id"] != "ha" for person in ROSTER["people"])
