"""Staff at the doors: a reason and a fresh factor for everything, and what the doors then know."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from devices.access import DoorMode, Passback, Request, State, Way, decide
from devices.messages import Assurance, ClockQuality, Event, Outcome, Revision
from devices.policy import Compiled, decode, encode
from hub.acts.events import Heard, hear
from hub.acts.operating import Factor, Lockdown, begin_lockdown, end_lockdown
from hub.acts.roster import RosterPart, load_part
from hub.core.errors import DomainError
from hub.core.may import Grant, may
from hub.ground import read_ground
from hub.store import tables as t
from tests.unit.hub_bench import CLIENT, HubBench, hub_bench
from tests.unit.test_api import door_answers
from tests.unit.test_homes import EVENING_S, stay

ALWAYS = [[[0, 1440]]] * 8
ROOMS: dict[str, list[dict[str, Any]]] = {
    "calendars": [{"id": "site", "days": ["2026-10-01"]}, {"id": "school", "days": ["2026-11-23"]}],
    "schedules": [
        {"id": "s-school", "days": [*[[[480, 1020]]] * 5, [], [], []], "calendar_id": "school"}
    ],
    "areas": [{"id": "lab", "name": {"en": "Lab"}}],
    "doors": [
        {"id": "d-3", "device_id": "gate", "number": 3, "name": {"en": "Lab"}, "kind": "room",
         "area_to": "lab", "passback": "hard", "two_person": True, "interlock": [1],
         "modes": [{"schedule": "s-school", "mode": "Unlocked", "first_card": True}],
         "asks_by": [{"schedule": "s-school", "asks": 3, "pin": True}], "typed": True},
        {"id": "d-4", "device_id": "attic", "number": 1, "name": {"en": "Out"}, "kind": "room",
         "area_from": "lab"},
    ],
    "groups": [{"id": "g-1", "name": {"en": "Staff"}, "members": ["p-2"]}],
    "door_groups": [{"id": "dg-1", "name": {"en": "Rooms"}, "members": ["d-3", "d-4"]}],
    "rules": [{"id": "r-3", "door_group_id": "dg-1", "subject_kind": "group", "subject": "g-1"}],
}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The same tests on both databases."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


async def load(bench: HubBench, rows: dict[str, list[dict[str, Any]]]) -> None:
    for kind, part in rows.items():
        await bench.hub.writer.submit(load_part, RosterPart(kind, part, bench.hub.keys.mark))


def compiled(bench: HubBench, device: str = "gate") -> Compiled:
    with bench.hub.engines.read.connect() as connection:
        ground = read_ground(connection, bench.hub.keys, device=device)
    made = ground.compile(device, "Asia/Shanghai", Revision(1, 1))
    back = decode(encode(made))
    assert back == made
    return made


async def say(bench: HubBench, method: str, path: str, **body: Any) -> httpx.Response:
    return await bench.http.request(method, f"/api/v1/{path}", json=body, headers=CLIENT)


def journal(bench: HubBench, kind: str) -> list[str]:
    with bench.hub.engines.read.connect() as connection:
        rows = connection.execute(select(t.chain.c.body).where(t.chain.c.kind == kind)).scalars()
        return [str(row) for row in rows]


# --------------------------------------------------------------------------- what a door knows


async def test_groups_rooms_and_hours_reach_the_door(tmp_path: Path, database: str) -> None:
    async with hub_bench(tmp_path, database) as bench:
        await load(bench, ROOMS)
        policy = compiled(bench).policy
        lab = policy.doors[3]
        assert set(lab.people) == {"p-2"}
        assert lab.passage is not None
        assert (lab.passage.area_to, lab.passage.passback) == ("lab", Passback.HARD)
        assert lab.passage.across  # the attic's controller leads out of it
        assert (lab.two_person, lab.interlock) == (True, (1,))
        assert set(policy.schedules) == {"s-school"}
        assert set(policy.calendars) == {"school"}
        assert policy.holidays
        assert lab.modes[0].first_card
        assert lab.asks_by[0].pin
        attic = compiled(bench, "attic").policy
        assert attic.doors[1].passage is not None
        assert set(attic.doors[1].people) == {"p-2"}
        text = encode(compiled(bench)).decode()
        for name in ("r-3", "g-1", "dg-1", "h-2", "2-1-101", "陈静"):
            assert name not in text
        groups = [{"id": "g-1", "members": ["p-1"]}]
        await load(bench, {"groups": groups})
        assert set(compiled(bench).policy.doors[3].people) == {"p-1"}


async def test_an_update_of_a_residential_door_cannot_make_it_keep_count_of_people(
    tmp_path: Path,
) -> None:
    async with hub_bench(tmp_path) as bench:
        token = {"Authorization": f"Bearer {bench.gate.operator_token}"}
        for change in ({"two_person": True}, {"passback": "soft"}):
            body = {"kind": "doors", "rows": [{"id": "d-1", **change}]}
            answer = await bench.http.post("/api/v1/operator/roster", json=body, headers=token)
            assert answer.json()["code"] == "residential", answer.text
        assert compiled(bench).policy.doors[1].passage is None


async def test_a_member_of_a_group_sees_its_doors(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await load(bench, ROOMS)
        bench.hub.memory.reload()
        phone = await bench.phone("p-2")
        reply = await phone.send("GET", "/api/v1/me", None)
        assert {door["id"] for door in reply.body["doors"]} == {"d-1", "d-3", "d-4"}


# --------------------------------------------------------------------------- opening


async def test_staff_open_with_a_reason_and_a_factor_that_counts_once(
    tmp_path: Path, database: str
) -> None:
    async with hub_bench(tmp_path, database) as bench:
        got = door_answers(bench)
        secret = await bench.administrator()
        body = {"reason": "parcel for 302", "otp": bench.otp(secret)}
        answer = await say(bench, "POST", "doors/d-1/open", **body)
        assert answer.json()["code"] == "factor_wrong"  # the code that signed in
        bench.pass_s(30)
        body["otp"] = bench.otp(secret)
        answer = await say(bench, "POST", "doors/d-1/open", **body)
        assert answer.json()["outcome"] == "opened", answer.text
        assert len(got) == 1
        (kept,) = journal(bench, "staff_opening")
        assert "parcel for 302" in kept
        assert "staff:" in kept
        answer = await say(bench, "POST", "doors/d-1/open", **body)
        assert answer.json()["code"] == "factor_wrong"
        assert len(got) == 1


async def test_of_companions_and_neighbours_only_the_door_knows(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        got = door_answers(bench, Outcome.REFUSED, "second_awaited")
        await load(bench, ROOMS)
        bench.hub.memory.reload()
        phone = await bench.phone("p-2")
        bench.now = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # no hour in which a PIN is asked
        reply = await phone.open("d-3")
        assert (reply.body["outcome"], reply.body["reason"]) == ("refused", "second_awaited")
        assert len(got) == 1
        stranger = await bench.phone("p-1")
        assert (await stranger.open("d-3")).body["reason"] == "person_unknown"
        assert len(got) == 1


@pytest.mark.parametrize("body", [{}, {"reason": " "}, {"reason": "x"}, {"otp": "123456"}])
async def test_without_reason_or_factor_nothing_opens(tmp_path: Path, body: dict[str, str]) -> None:
    async with hub_bench(tmp_path) as bench:
        got = door_answers(bench)
        await bench.administrator()
        for path in ("doors/d-1/open", "lockdown", "lockdown/release"):
            answer = await say(bench, "POST", path, **body)
            assert answer.status_code == 422, answer.text
        assert not got


async def test_guessing_the_factor_is_slowed(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        codes = [
            (await say(bench, "POST", "lockdown", reason="x", otp="000000")).json()["code"]
            for _ in range(7)
        ]
        assert codes == ["factor_wrong"] * 5 + ["too_many"] * 2


def test_a_door_admits_staff_by_a_rule_of_their_own() -> None:
    for role in ("administrator", "property_staff"):
        grant = Grant("staff:a", role, "*")
        now = datetime(2026, 1, 1, tzinfo=UTC)
        assert may([grant], "staff:a", "operate", "door", "s", now)


async def test_the_door_itself_decides_over_staff(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        policy = compiled(bench).policy
        (member,) = [who for who in policy.doors[1].people if who.startswith("staff:")]
        request = Request(1, Way.REMOTE, member, assurance=Assurance.MUTUAL)
        assert decide(policy, State(), request, bench.now)[0].reason == "granted"
        await load(bench, {"doors": [{"id": "d-1", "staff_open": False}]})
        policy = compiled(bench).policy
        assert decide(policy, State(), request, bench.now)[0].reason == "person_unknown"


# --------------------------------------------------------------------------- modes, lockdown


async def test_a_lockdown_is_one_act_and_its_release_gives_every_mode_back(
    tmp_path: Path, database: str
) -> None:
    async with hub_bench(tmp_path, database) as bench:
        secret = await bench.administrator()
        bench.pass_s(30)
        change = {"mode": "Blocked", "reason": "repair", "otp": bench.otp(secret)}
        assert (await say(bench, "PUT", "doors/d-2/mode", **change)).status_code == 204
        modes = {n: door.mode for n, door in compiled(bench).policy.doors.items()}
        assert modes == {1: DoorMode.LOCKED, 2: DoorMode.BLOCKED}
        bench.pass_s(30)
        asked = {"reason": "stranger inside", "otp": bench.otp(secret)}
        answer = await say(bench, "POST", "lockdown", **asked)
        assert answer.status_code == 200, answer.text
        assert {door.mode for door in compiled(bench).policy.doors.values()} == {
            DoorMode.LOCKED_DOWN
        }
        shown = (await bench.http.get("/api/v1/lockdown")).json()["lockdowns"]
        assert [one["reason"] for one in shown] == ["stranger inside"]
        bench.pass_s(30)
        again = await say(bench, "POST", "lockdown", **{**asked, "otp": bench.otp(secret)})
        assert again.json()["id"] == answer.json()["id"]
        bench.pass_s(30)
        over = {"reason": "all clear", "otp": bench.otp(secret)}
        assert (await say(bench, "POST", "lockdown/release", **over)).status_code == 204
        modes = {n: door.mode for n, door in compiled(bench).policy.doors.items()}
        assert modes == {1: DoorMode.LOCKED, 2: DoorMode.BLOCKED}
        bench.pass_s(30)
        over["otp"] = bench.otp(secret)
        assert (await say(bench, "POST", "lockdown/release", **over)).status_code == 404
        assert len(journal(bench, "lockdown")) == 1
        assert "all clear" in journal(bench, "lockdown_over")[0]


async def test_a_factor_that_was_spent_meanwhile_allows_nothing(tmp_path: Path) -> None:
    """Two requests may have checked the same code; only one act is allowed by it."""
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        with bench.hub.engines.read.connect() as connection:
            member = connection.execute(select(t.staff.c.id)).scalar_one()
        wish = Lockdown(Factor(member, 10**9), "x")
        await bench.hub.writer.submit(begin_lockdown, wish)
        with pytest.raises(DomainError) as refused:
            await bench.hub.writer.submit(end_lockdown, wish)
        assert refused.value.code == "factor_wrong"
        assert {door.mode for door in compiled(bench).policy.doors.values()} == {
            DoorMode.LOCKED_DOWN
        }


async def test_one_building_can_be_locked_down_alone(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        secret = await bench.administrator()
        bench.pass_s(30)
        body = {"reason": "x", "otp": bench.otp(secret), "building": "1"}
        assert (await say(bench, "POST", "lockdown", **body)).status_code == 200
        modes = {n: door.mode for n, door in compiled(bench).policy.doors.items()}
        assert modes == {1: DoorMode.LOCKED, 2: DoorMode.LOCKED_DOWN}
        bench.pass_s(30)
        body = {"reason": "x", "otp": bench.otp(secret), "building": "9"}
        assert (await say(bench, "POST", "lockdown", **body)).status_code == 422


# --------------------------------------------------------------------------- PINs


async def test_a_pin_is_sealed_and_works_only_after_its_claim(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await load(bench, {"doors": [{"id": "d-2", "typed": True}]})
        assert (await say(bench, "PUT", "people/p-1/pin", pin="258013", duress="147014")).is_success
        with bench.hub.engines.read.connect() as connection:
            rows = connection.execute(select(t.pins)).all()
        assert len(rows) == 2
        assert not [
            row for row in rows if "258013" in str(tuple(row)) or "147014" in str(tuple(row))
        ]
        policy = compiled(bench).policy
        assert "258013" not in encode(compiled(bench)).decode()
        typed = Request(2, Way.PIN, claim="1101", pin="258013")
        for claim, pin, expected, duress in (
            ("1101", "258013", "granted", False),  # flat 1-101 of building 1
            ("1101", "147014", "granted", True),
            ("1101", "258113", "pin_wrong", False),
            ("", "258013", "pin_wrong", False),
            ("101", "258013", "pin_wrong", False),
        ):
            request = Request(2, Way.PIN, claim=claim, pin=pin)
            decision, _ = decide(policy, State(), request, bench.now)
            assert decision.reason == expected, (claim, pin)
            assert decision.duress == duress
        await load(bench, {"doors": [{"id": "d-2", "unit": "1"}]})
        typed = Request(2, Way.PIN, claim="101", pin="258013")
        assert decide(compiled(bench).policy, State(), typed, bench.now)[0].reason == "granted"
        answer = await bench.http.delete("/api/v1/people/p-1/pin", headers=CLIENT)
        assert answer.status_code == 204
        assert not compiled(bench).policy.doors[2].pins.verifiers  # type: ignore[union-attr]


async def test_two_of_a_household_never_have_the_same_pin(tmp_path: Path, database: str) -> None:
    async with hub_bench(tmp_path, database) as bench:
        await bench.administrator()
        await load(bench, {"people": [{"id": "p-3", "household_id": "h-1", "name": "x"}]})
        assert (await say(bench, "PUT", "people/p-1/pin", pin="258013", duress="147014")).is_success
        taken: list[dict[str, str]] = [
            {"pin": "258013"},
            {"pin": "147014"},
            {"pin": "369036", "duress": "147014"},
            {"pin": "369036", "duress": "369036"},
            {"pin": "111111"},
            {"pin": "860214"},
            {"pin": "25801"},
        ]
        for body in taken:
            answer = await say(bench, "PUT", "people/p-3/pin", **body)
            assert answer.status_code == 422, body
        assert (await say(bench, "PUT", "people/p-2/pin", pin="258013")).is_success
        assert (await say(bench, "PUT", "people/p-9/pin", pin="258013")).status_code == 404
        with bench.hub.engines.read.connect() as connection:
            kept = connection.execute(select(t.pins.c.person_id, t.pins.c.kind)).all()
        assert sorted(map(tuple, kept)) == [("p-1", "duress"), ("p-1", "pin"), ("p-2", "pin")]


async def test_a_resident_sets_the_own_pin_by_phone(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        reply = await phone.send("PUT", "/api/v1/me/pin", {"pin": "258013"})
        assert reply.status == 204, reply.body
        assert phone.last is not None
        assert (await phone.deliver(phone.last)).body["code"] == "request_stale"
        reply = await phone.send("PUT", "/api/v1/me/pin", {"pin": "25"})
        assert reply.status == 422
        assert "25" not in str(reply.body.get("detail", "")).replace("422", "")


async def test_whoever_moved_out_gets_no_pin_and_may_lose_one(
    tmp_path: Path, database: str
) -> None:
    async with hub_bench(tmp_path, database) as bench:
        bench.pass_s(EVENING_S)
        await bench.administrator()
        phone = await bench.phone()
        assert (await phone.send("PUT", "/api/v1/me/pin", {"pin": "258013"})).status == 204
        await stay(bench, "p-1", "h-1", valid_to="2026-11-23")
        assert (await say(bench, "PUT", "people/p-1/pin", pin="369036")).is_success
        bench.pass_s(50)  # the day after the last
        reply = await phone.send("PUT", "/api/v1/me/pin", {"pin": "258013"})
        assert (reply.status, reply.body["code"]) == (403, "moved_out")
        refused = await say(bench, "PUT", "people/p-1/pin", pin="258013")
        assert (refused.status_code, refused.json()["code"]) == (403, "moved_out")
        with bench.hub.engines.read.connect() as connection:
            (kept,) = connection.execute(select(t.pins)).all()  # what was refused changed nothing
        assert bench.hub.keys.open_envelope(kept.sealed, "pin:p-1:pin") == b"369036"
        gone = await bench.http.delete("/api/v1/people/p-1/pin", headers=CLIENT)
        assert gone.status_code == 204, "a PIN is taken out of whoever it belongs to"


async def test_a_pin_before_moving_in_and_one_of_who_lives_nowhere(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        people = [{"id": "p-3", "name": "陈"}, {"id": "p-4", "household_id": "h-2", "name": "x"}]
        await load(bench, {"people": people})
        assert (await say(bench, "PUT", "people/p-3/pin", pin="258013")).is_success, "a cleaner"
        await stay(bench, "p-4", "h-2", valid_from="2026-12-01")
        assert (await say(bench, "PUT", "people/p-4/pin", pin="258013")).is_success


async def test_two_of_a_home_by_tenancy_never_have_the_same_pin(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await stay(bench, "p-1", "h-1", valid_to="2026-11-20")
        await stay(bench, "p-1", "h-2")  # the row of the person still says h-1
        assert (await say(bench, "PUT", "people/p-1/pin", pin="258013")).is_success
        assert (await say(bench, "PUT", "people/p-2/pin", pin="258013")).status_code == 422


# --------------------------------------------------------------------------- duress


async def test_ordinary_staff_never_see_a_duress_event(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        told: list[dict[str, Any]] = []
        bench.hub.ingest.announce = lambda kind, body: told.append({"kind": kind, **body})
        for seq, kind in enumerate(("duress", "access"), 1):
            event = Event(
                "b", seq, bench.now.timestamp(), ClockQuality.SIGNED, kind, 1,
                outcome=Outcome.GRANTED if kind == "access" else None,
                reason="granted" if kind == "access" else "duress", person="p-1", via="pin",
            )  # fmt: skip
            await bench.hub.writer.submit(hear, Heard("gate", event, "d-1"))
        assert "duress" not in str(told)
        page = (await bench.http.get("/api/v1/events")).text
        assert "duress" not in page
        assert '"access"' in page.replace(" ", "")
        with bench.hub.engines.read.connect() as connection:
            kinds = set(connection.execute(select(t.events.c.kind)).scalars())
        assert kinds == {"duress", "access"}
