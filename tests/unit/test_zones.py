"""Areas across controllers: a machine with cuts in the lines, late news and lost events."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from devices import wire
from devices.access import (
    DoorPolicy,
    Entered,
    Granted,
    Passage,
    Passback,
    Policy,
    Refused,
    Request,
    Rule,
    State,
    Way,
    ZoneTold,
    decide,
    fold,
)
from devices.facts import Place
from devices.messages import Assurance, ClockQuality, Event, Revision
from devices.wire_zone import ZONE, ZONE_PEOPLE_MAX, Zone, open_zone, sign_zone
from hub.acts.events import Heard, hear
from hub.zones import LIFE_S, entered
from tests.unit.door_bench import NOW_S, TOPICS, Bench, Hub
from tests.unit.hub_bench import hub_bench
from tests.unit.test_operating import ROOMS, load

LAB = "lab"
NO_DATES: frozenset[Any] = frozenset()


def controller_policy(area_from: str, area_to: str) -> Policy:
    passage = Passage(area_from, area_to, Passback.HARD, None, across=True)
    door = DoorPolicy(1, rules={"r": Rule()}, people={"a": ("r",), "b": ("r",)}, passage=passage)
    return Policy(Revision(1, 1), ZoneInfo("UTC"), {}, NO_DATES, {1: door})


IN, OUT = controller_policy("", LAB), controller_policy(LAB, "")


class Building(RuleBasedStateMachine):
    """Two controllers (one leads in, one out), a hub, lines that are cut, people who walk."""

    people = Bundle("people")

    def __init__(self) -> None:
        super().__init__()
        self.now_s = NOW_S
        self.states = {"in": State(), "out": State()}
        self.hub = State()
        self.outbox: dict[str, list[Entered]] = {"in": [], "out": []}
        self.cut = {"in": False, "out": False}
        self.truth: dict[str, Place] = {}

    @rule(who=st.sampled_from(["a", "b"]), side=st.sampled_from(["in", "out"]))
    def walk(self, who: str, side: str) -> None:
        """Somebody asks; when let in, the door opens."""
        self.now_s += 1
        policy, state = (IN if side == "in" else OUT), self.states[side]
        request = Request(1, Way.REMOTE, who, assurance=Assurance.MUTUAL)
        decision, state = decide(policy, state, request, datetime.fromtimestamp(self.now_s, UTC))
        if side == "out":
            assert isinstance(decision, Granted)  # leaving is never refused
        if isinstance(decision, Refused):
            assert decision.reason == "passback"
            assert self.now_s < state.zone_until_s  # stale zone information is soft
            self.states[side] = state
            return
        fact = Entered(who, decision.area or "", self.now_s)
        self.states[side] = fold(state, (fact,))
        self.outbox[side].append(fact)
        self.truth[who] = Place(fact.area, fact.at_s)

    @rule(side=st.sampled_from(["in", "out"]), cut=st.booleans())
    def line(self, side: str, cut: bool) -> None:
        self.cut[side] = cut

    @rule(side=st.sampled_from(["in", "out"]), first=st.booleans())
    def deliver(self, side: str, first: bool) -> None:
        """Events reach the hub late, repeated or out of order between controllers."""
        if self.cut[side]:
            return
        for fact in self.outbox[side] if first else reversed(self.outbox[side]):
            self.hub = fold(self.hub, (fact, fact))
        self.outbox[side].clear()

    @rule(seconds=st.integers(0, 100))
    def tell(self, seconds: int) -> None:
        """The hub tells both what it knows; time passes."""
        places = tuple((who, one.area, one.at_s) for who, one in self.hub.places.items())
        for side in self.states:
            if not self.cut[side]:
                told = ZoneTold(places, self.now_s + LIFE_S)
                self.states[side] = fold(self.states[side], (told,))
        self.now_s += seconds

    @invariant()
    def nobody_is_placed_by_older_news(self) -> None:
        for state in (*self.states.values(), self.hub):
            for who, place in state.places.items():
                assert place.at_s <= self.truth[who].at_s

    def teardown(self) -> None:
        """When the lines heal, everybody knows the same and it is true."""
        for side in self.states:
            self.cut[side] = False
            self.deliver(side, first=True)
        self.tell(0)
        for state in (*self.states.values(), self.hub):
            assert dict(state.places) == self.truth


TestBuilding = Building.TestCase
TestBuilding.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


# --------------------------------------------------------------------------- on the wire


def zone(**changes: Any) -> Zone:
    body: dict[str, Any] = {
        "places": (("p1", LAB, NOW_S - 1),), "epoch": 7, "issued_at_s": NOW_S,
        "expires_at_s": NOW_S + 60,
    }  # fmt: skip
    return Zone(**{**body, **changes})


def test_the_fullest_zone_fits_into_a_message() -> None:
    hub = Hub()
    places = tuple(("p" * 32, "a" * 32, NOW_S + n / 1000) for n in range(ZONE_PEOPLE_MAX))
    full = zone(places=places)
    raw = sign_zone(full, TOPICS, hub.signer("policy"))
    public = hub.keys["policy"].public_key()
    assert open_zone(raw, TOPICS, lambda _kid: public) == full


async def test_a_controller_takes_only_its_own_signed_and_living_zone(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.ready()
    bench.put_policy(passage=Passage("", LAB, Passback.HARD, None, across=True))

    def say(told: Zone, use: str = "policy", topics: wire.Topics = TOPICS) -> None:
        bench.hear(ZONE, sign_zone(told, topics, bench.hub.signer(use)))

    say(zone(), use="command")
    say(zone(), topics=wire.Topics("liuxi", "other"))
    say(zone(epoch=6))
    say(zone(expires_at_s=NOW_S + 301))
    assert not bench.door.state.places
    say(zone())
    await bench.send(bench.command())
    assert bench.answers()[-1].reason == "passback"
    bench.time_s = 61.0
    await bench.send(bench.command(id="o-2"))
    assert bench.answers()[-1].reason == "granted"
    assert dict(bench.events()[-2].content) == {"flag": "zone_stale"}
    await bench.close()


# --------------------------------------------------------------------------- the hub


async def test_the_hub_tells_those_who_share_areas_and_a_new_one_knows_it_still(
    tmp_path: Path,
) -> None:
    async with hub_bench(tmp_path) as bench:
        await load(bench, ROOMS)
        woken: list[str] = []
        bench.hub.ingest.on_work = woken.append
        said: dict[str, bytes] = {}

        def keep(device: str, leaf: str, payload: bytes, *, retain: bool = False) -> None:
            assert retain
            said[f"{device}/{leaf}"] = payload

        bench.hub.ingest.publish_for = keep  # type: ignore[method-assign]
        event = Event(
            "b", 1, bench.now.timestamp() - 5, ClockQuality.SIGNED, "entered", 3,
            reason="entered", person="p-2", content={"area": LAB, "with": "p-1"},
        )  # fmt: skip
        await bench.hub.writer.submit(hear, Heard("gate", event, "d-3"))
        assert "zone" in woken
        bench.hub.zones.publish()
        assert set(said) == {"gate/zone"}  # the attic refuses nobody
        public = bench.hub.keys.signers["policy"].key.public_key()
        told = open_zone(said["gate/zone"], wire.Topics("liuxi", "gate"), lambda _kid: public)
        assert isinstance(told, Zone)
        assert {person: area for person, area, _ in told.places} == {"p-2": LAB, "p-1": LAB}
        assert told.expires_at_s == bench.now.timestamp() + LIFE_S
        bench.pass_s(86_401)
        bench.hub.zones.publish()
        told = open_zone(said["gate/zone"], wire.Topics("liuxi", "gate"), lambda _kid: public)
        assert isinstance(told, Zone)
        assert told.places == ()


def test_the_outside_has_a_mark_on_the_wire() -> None:
    assert entered('{"x":{"area":"-"}}', "p", 1.0) == (Entered("p", "", 1.0),)
    assert entered('{"x":{}}', "p", 1.0) == ()
