"""Visitors at the hub: who may invite whom where, what a pass says, who came, and what ends it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from devices.messages import ClockQuality, Event, Outcome, Refusal
from devices.passes import LENGTH_MAX_S, Pass, PassDoor, verify
from hub.acts.events import Heard, hear
from hub.acts.phones import Revocation, revoke
from hub.acts.visits import DAY_MAX, OPEN_MAX
from hub.keys import find_by
from hub.store import tables as t
from simulators.phone import Phone
from tests.unit.hub_bench import CLIENT, SITE, HubBench, hub_bench
from tests.unit.test_api import is_problem

ASKED = "/api/v1/me/visits"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def wish(bench: HubBench, **changes: Any) -> dict[str, Any]:
    ends = (bench.now + timedelta(hours=2)).isoformat()
    return {"label": "快递", "doors": ["d-1", "d-2"], "ends": ends} | changes


def read(bench: HubBench, text: str) -> Pass:
    public = bench.hub.keys.signers["pass"].key.public_key().public_bytes_raw()
    visit = verify(text, SITE, find_by(lambda kid: public if kid == "pass-1" else None))
    assert not isinstance(visit, Refusal), visit
    return visit


def asked_of(bench: HubBench) -> set[str]:
    """Devices whose policy shall be compiled anew."""
    with bench.hub.engines.read.connect() as connection:
        return set(connection.execute(select(t.policy_changes.c.device_id)).scalars())


async def settle_policies(bench: HubBench) -> None:
    await bench.hub.policies._compile_all()
    assert asked_of(bench) == set()


async def comes(bench: HubBench, visit: str, seq: int = 1, **changes: Any) -> None:
    """A door lets the visitor in and says so."""
    event = Event(
        "b", seq, bench.now.timestamp(), ClockQuality.SIGNED, "access", 1,
        outcome=Outcome.GRANTED, reason="granted", person="p-1", credential=visit, via="pass",
    )  # fmt: skip
    door = changes.pop("at", "d-1")
    for name, value in changes.items():
        object.__setattr__(event, name, value)
    await bench.hub.writer.submit(hear, Heard("gate", event, door))


def later(bench: HubBench, phone: Phone, seconds: float) -> None:
    """Time passes; a nonce in hand would have grown too old."""
    bench.pass_s(seconds)
    phone._nonce = None


async def visits(phone: Phone) -> list[dict[str, Any]]:
    reply = await phone.send("GET", ASKED, None)
    assert reply.status == 200, reply.body
    found: list[dict[str, Any]] = reply.body["visits"]
    return found


async def test_a_resident_invites_and_the_pass_says_just_that(
    tmp_path: Path, database: str
) -> None:
    async with hub_bench(tmp_path, database) as bench:
        phone = await bench.phone()
        reply = await phone.send("POST", ASKED, wish(bench))
        assert reply.status == 201, reply.body
        visit = read(bench, reply.body["text"])
        now_s = int(bench.now.timestamp())
        assert visit.doors == (PassDoor("gate", 1), PassDoor("gate", 2))
        assert (visit.from_s, visit.to_s) == (now_s - 60, now_s + 7200)
        assert (visit.id, visit.host) == (reply.body["id"], "p-1")
        assert not visit.online_only
        (listed,) = await visits(phone)
        assert listed == reply.body
        assert listed["state"] == "expected"
        assert [door["id"] for door in listed["doors"]] == ["d-1", "d-2"]
        with bench.hub.engines.read.connect() as connection:
            row = connection.execute(select(t.passes)).one()
            journal = connection.execute(select(t.chain.c.body)).scalars().all()
        assert "快递" not in f"{row} {journal}", "a nickname is sealed, and in no log"


async def test_a_copy_of_the_request_is_the_same_pass(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        first = await phone.send("POST", ASKED, wish(bench))
        assert phone.last is not None
        again = await phone.deliver(phone.last)
        assert (again.status, again.body) == (201, first.body)
        assert len(await visits(phone)) == 1


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("doors", {"doors": []}),
        ("doors", {"doors": ["d-1", "d-1"]}),
        ("doors", {"doors": ["d-1", "nowhere"]}),
        ("doors", {"doors": ["d-1"] * 5}),
        ("label", {"label": ""}),
        ("label", {"label": "x" * 21}),
        ("label", {"label": "a\nb"}),
        ("ends", {"ends": "2026-11-23T05:00:00"}),
        ("ends", {"ends": "0001-01-01T00:00:00+14:00"}),
        ("ends", {"ends": "2026-11-23T03:59:00+00:00"}),
        ("ends", {"ends": "2026-12-24T04:00:01+00:00"}),
        ("uses", {"uses": 2}),
        ("uses", {"uses": 63, "ends": "2026-12-01T04:00:00+00:00"}),
        ("uses", {"uses": 2, "strict": True, "ends": "2026-12-01T04:00:00+00:00"}),
        ("doors", {"typed": True}),
        ("doors", {"typed": True, "doors": ["d-1"]}),
        ("begins", {"begins": "2027-01-01T00:00:00Z", "ends": "2027-01-01T01:00:00Z"}),
        ("ends", {"begins": "2026-11-24T00:00:00Z", "ends": "2026-11-23T23:00:00Z"}),
    ],
)
async def test_a_wish_that_cannot_be_is_told_by_its_field(
    tmp_path: Path, field: str, changes: dict[str, Any]
) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        reply = await phone.send("POST", ASKED, wish(bench, **changes))
        is_problem(reply, 422, "field_wrong")
        assert reply.body["field"].split(".")[0] == field
        assert await visits(phone) == []


async def test_whole_days_ahead_are_bounded_to_a_day(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        begins = bench.now + timedelta(days=3)
        times = {
            "begins": begins.isoformat(),
            "ends": (begins + timedelta(seconds=LENGTH_MAX_S)).isoformat(),
        }
        reply = await phone.send("POST", ASKED, wish(bench, **times))
        assert reply.status == 201, reply.body
        visit = read(bench, reply.body["text"])
        assert visit.to_s - visit.from_s == LENGTH_MAX_S
        assert datetime.fromisoformat(reply.body["begins"]) == begins


@pytest.mark.parametrize(
    ("seconds", "since_s", "until_s"),
    [(7_200, -60, 7_200), (61, -60, 120), (LENGTH_MAX_S, 0, LENGTH_MAX_S)],
)
async def test_from_now_on_begins_a_little_before(
    tmp_path: Path, seconds: int, since_s: int, until_s: int
) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        bench.pass_s(0.7)
        ends = (bench.now + timedelta(seconds=seconds)).isoformat()
        reply = await phone.send("POST", ASKED, wish(bench, ends=ends))
        visit, now_s = read(bench, reply.body["text"]), int(bench.now.timestamp())
        assert (visit.from_s - now_s, visit.to_s - now_s) == (since_s, until_s)


async def test_nobody_invites_where_the_own_key_does_not_open(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        stranger = await bench.phone("p-2")
        reply = await stranger.send("POST", ASKED, wish(bench))
        is_problem(reply, 422, "field_wrong")
        assert (await stranger.send("POST", ASKED, wish(bench, doors=["d-1"]))).status == 201


async def test_a_door_that_takes_no_passes_is_not_offered(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        with bench.hub.engines.write.begin() as connection:
            connection.execute(update(t.doors).where(t.doors.c.id == "d-2").values(passes=False))
        offered = (await phone.send("GET", ASKED, None)).body["doors"]
        assert [door["id"] for door in offered] == ["d-1"]
        is_problem(await phone.send("POST", ASKED, wish(bench)), 422, "field_wrong")


async def test_a_household_has_so_many_open_passes_and_no_more(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        made = [await phone.send("POST", ASKED, wish(bench)) for _ in range(OPEN_MAX)]
        assert {reply.status for reply in made} == {201}
        is_problem(await phone.send("POST", ASKED, wish(bench)), 409, "passes_many")
        gone = await phone.send("DELETE", f"{ASKED}/{made[0].body['id']}", None)
        assert gone.status == 204
        assert (await phone.send("POST", ASKED, wish(bench))).status == 201
        other = await bench.phone("p-2")
        assert (await other.send("POST", ASKED, wish(bench, doors=["d-1"]))).status == 201


async def test_a_day_has_a_bound_however_many_are_taken_back(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        for _ in range(DAY_MAX):
            reply = await phone.send("POST", ASKED, wish(bench))
            assert reply.status == 201, reply.body
            await phone.send("DELETE", f"{ASKED}/{reply.body['id']}", None)
        is_problem(await phone.send("POST", ASKED, wish(bench)), 409, "passes_many")
        later(bench, phone, 86_401)
        assert (await phone.send("POST", ASKED, wish(bench))).status == 201


async def test_who_came_is_seen_by_whoever_invited(tmp_path: Path, database: str) -> None:
    async with hub_bench(tmp_path, database) as bench:
        phone = await bench.phone()
        visit = (await phone.send("POST", ASKED, wish(bench))).body["id"]
        await comes(bench, visit, 1, outcome=Outcome.REFUSED, reason="pass_early")
        await comes(bench, visit, 2, via="card")
        assert (await visits(phone))[0]["came"] == []
        bench.pass_s(300)
        await comes(bench, visit, 3)
        at = bench.now
        bench.pass_s(60)
        await comes(bench, visit, 4)  # a repeat within the door's bounds
        await comes(bench, visit, 5, at="d-2")
        await comes(bench, "v-ffffffffffffffff", 6)  # of a hub before a restore
        (shown,) = await visits(phone)
        assert shown["state"] == "came"
        assert [arrival["door"] for arrival in shown["came"]] == ["d-1", "d-2"]
        assert datetime.fromisoformat(shown["came"][0]["at"]) == at
        later(bench, phone, 7_200)
        (shown,) = await visits(phone)
        assert (shown["state"], shown["text"]) == ("came", None)


async def test_a_pass_that_nobody_used_is_over_and_then_forgotten(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        await phone.send("POST", ASKED, wish(bench))
        later(bench, phone, 7_201)
        assert [(each["state"], each["text"]) for each in await visits(phone)] == [("over", None)]
        later(bench, phone, 8 * 86_400)
        assert await visits(phone) == []


async def test_a_revoked_pass_asks_its_doors_for_a_new_policy(
    tmp_path: Path, database: str
) -> None:
    async with hub_bench(tmp_path, database) as bench:
        phone = await bench.phone()
        visit = (await phone.send("POST", ASKED, wish(bench))).body["id"]
        await settle_policies(bench)
        for _ in range(2):
            assert (await phone.send("DELETE", f"{ASKED}/{visit}", None)).status == 204
        assert asked_of(bench) == {"gate"}
        (shown,) = await visits(phone)
        assert (shown["state"], shown["text"]) == ("revoked", None)
        other = await bench.phone("p-2")
        is_problem(await other.send("DELETE", f"{ASKED}/{visit}", None), 404, "not_found")
        is_problem(await phone.send("DELETE", f"{ASKED}/v-0", None), 404, "not_found")


async def test_another_persons_pass_is_neither_seen_nor_ended(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone, other = await bench.phone(), await bench.phone("p-2")
        visit = (await phone.send("POST", ASKED, wish(bench))).body["id"]
        assert await visits(other) == []
        is_problem(await other.send("DELETE", f"{ASKED}/{visit}", None), 404, "not_found")
        assert (await visits(phone))[0]["state"] == "expected"


async def test_a_lost_phone_takes_its_passes_with_it(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        lost, kept = await bench.phone(), await bench.phone()
        await lost.send("POST", ASKED, wish(bench))
        await kept.send("POST", ASKED, wish(bench))
        await settle_policies(bench)
        phone = bench.hub.memory.phone(lost.kid)
        await bench.hub.writer.submit(revoke, Revocation(phone.id, "staff:s"))
        assert asked_of(bench) == {"gate"}
        assert sorted(each["state"] for each in await visits(kept)) == ["expected", "revoked"]


async def test_who_lives_nowhere_invites_nobody(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        engine = bench.hub.engines.write
        with engine.begin() as connection:
            connection.execute(
                update(t.people).where(t.people.c.id == "p-1").values(household_id=None)
            )
        reply = await phone.send("POST", ASKED, wish(bench, doors=["d-1"]))
        is_problem(reply, 403, "not_allowed")


async def test_the_desk_issues_for_whoever_has_no_phone(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        phone = await bench.phone()
        await phone.send("POST", ASKED, wish(bench, label="小王"))
        path = "/api/v1/people/p-1/visits"
        answer = await bench.http.post(path, json=wish(bench), headers=CLIENT)
        assert answer.status_code == 201, answer.text
        assert read(bench, answer.json()["text"]).host == "p-1"
        listed = (await bench.http.get(path)).json()
        assert [door["id"] for door in listed["doors"]] == ["d-2", "d-1"]
        shown = {each["label"]: each["text"] is not None for each in listed["visits"]}
        assert shown == {"": False, "快递": True}, "a resident's guests are not the desk's"
        ended = await bench.http.post(
            f"/api/v1/visits/{answer.json()['id']}/revoke", headers=CLIENT
        )
        assert ended.status_code == 204
        assert sorted(each["state"] for each in await visits(phone)) == ["expected", "revoked"]
        nobody = await bench.http.post(
            "/api/v1/people/p-9/visits", json=wish(bench), headers=CLIENT
        )
        assert nobody.status_code == 422
