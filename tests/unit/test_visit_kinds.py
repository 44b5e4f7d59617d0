"""Passes beside the plain one: longer than a day, strictly once, and a courier's typed code."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from devices.guests import CODE_LENGTH_MAX_S, CODE_USES_MAX, CODES_MAX, is_code
from devices.messages import ClockQuality, Event, Outcome
from devices.pins import code_mark
from hub.acts.events import Heard, hear
from hub.acts.upkeep import VISITS_KEPT_S, sweep
from hub.acts.visits import USES_MAX
from hub.core.effects import SendWord
from hub.store import tables as t
from tests.unit.hub_bench import HubBench, hub_bench
from tests.unit.test_api import is_problem
from tests.unit.test_visits import ASKED, asked_of, comes, read, settle_policies, visits, wish


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def keypad_at(bench: HubBench, door: str = "d-1") -> None:
    with bench.hub.engines.write.begin() as connection:
        connection.execute(update(t.doors).where(t.doors.c.id == door).values(codes=True))


def in_hours(bench: HubBench, hours: float) -> str:
    return (bench.now + timedelta(hours=hours)).isoformat()


def question(bench: HubBench, visit: str, seq: int, **changes: Any) -> Event:
    base: dict[str, Any] = {"kind": "pass_asked", "door": 1, "credential": visit, "via": "pass",
            "content": {"ask": f"q-{seq}"}}  # fmt: skip
    at_s = changes.pop("at_s", bench.now.timestamp())
    clock = changes.pop("clock", ClockQuality.SIGNED)
    return Event("b", seq, at_s, clock, **(base | changes))


async def asks(
    bench: HubBench, visit: str, seq: int, at: str = "d-1", **changes: Any
) -> list[str | None]:
    """The words that leave the hub when a door asks: None where it may open."""
    said: list[SendWord] = []
    speak = bench.hub.ingest._send_about

    def listening(wish: Any) -> None:
        if isinstance(wish, SendWord):
            said.append(wish)
        speak(wish)

    bench.hub.ingest._send_about = listening  # type: ignore[method-assign]
    event = question(bench, visit, seq, **changes)
    await bench.hub.writer.submit(hear, Heard("gate", event, at))
    bench.hub.ingest._send_about = speak  # type: ignore[method-assign]
    assert all((one.device, one.ask) == ("gate", event.content["ask"]) for one in said)
    return [one.reason for one in said]


async def told(
    bench: HubBench, visit: str, seq: int, ask: int, outcome: Outcome, door: str = "d-1"
) -> None:
    """What became of a question, as the door says."""
    event = question(bench, visit, seq, kind="access", outcome=outcome, content={"ask": f"q-{ask}"})
    await bench.hub.writer.submit(hear, Heard("gate", event, door))


async def strict(bench: HubBench, **changes: Any) -> str:
    phone = await bench.phone()
    reply = await phone.send("POST", ASKED, wish(bench, strict=True, **changes))
    assert reply.status == 201, reply.body
    return str(reply.body["id"])


async def test_once_in_all_says_so_in_its_signature(tmp_path: Path, database: str) -> None:
    async with hub_bench(tmp_path, database) as bench:
        phone = await bench.phone()
        made = (await phone.send("POST", ASKED, wish(bench, strict=True))).body
        assert (made["strict"], made["online"], made["uses"]) == (True, True, 1)
        assert read(bench, made["text"]).strict
        long = (await phone.send("POST", ASKED, wish(bench, ends=in_hours(bench, 72), uses=6))).body
        assert read(bench, long["text"]).online_only
        assert (long["strict"], long["online"], long["uses"]) == (False, True, 6)
        plain = (await phone.send("POST", ASKED, wish(bench))).body
        assert (plain["online"], plain["reached"], plain["code"]) == (False, None, None)


async def test_one_word_for_all_doors(tmp_path: Path, database: str) -> None:
    async with hub_bench(tmp_path, database) as bench:
        visit = await strict(bench)
        assert await asks(bench, visit, 1) == [None]
        assert await asks(bench, visit, 1) == [], "the same event is heard once"
        assert await asks(bench, visit, 2, "d-2", door=2) == ["pass_used"]
        await told(bench, visit, 3, 1, Outcome.REFUSED)
        assert await asks(bench, visit, 4, "d-2", door=2) == [None], "it opened nothing"
        await told(bench, visit, 5, 4, Outcome.UNKNOWN, "d-2")
        assert await asks(bench, visit, 6) == ["pass_used"], "nobody knows: it counts"


async def test_a_use_is_counted_once_from_word_to_door(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        body = wish(bench, ends=in_hours(bench, 72), uses=2)
        visit = (await phone.send("POST", ASKED, body)).body["id"]
        for seq in (1, 11):
            assert await asks(bench, visit, seq) == [None]
            await told(bench, visit, seq + 1, seq, Outcome.GRANTED)
            bench.pass_s(60)
        assert await asks(bench, visit, 21) == ["pass_used"]
        assert await asks(bench, visit, 22, "d-2", door=2) == [None]
        phone._nonce = None
        assert (await visits(phone))[0]["came"][0]["times"] == 2


async def test_an_end_heard_before_its_question_leaves_no_word(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        visit = await strict(bench)
        await told(bench, visit, 2, 1, Outcome.REFUSED)
        assert await asks(bench, visit, 1) == []
        assert await asks(bench, visit, 3) == [None]


@pytest.mark.parametrize(
    ("changes", "answers"),
    [
        ({"late": True}, []),
        ({"clock": ClockQuality.RTC}, []),
        ({"content": {}}, []),
        ({"content": {"ask": "x" * 33}}, []),
        ({"via": "card"}, []),
        ({"credential": "v-nobody"}, ["pass_revoked"]),
    ],
)
async def test_what_is_no_question_of_now_gets_no_word(
    tmp_path: Path, changes: dict[str, Any], answers: list[str]
) -> None:
    async with hub_bench(tmp_path) as bench:
        visit = await strict(bench)
        if "content" in changes:
            event = question(bench, visit, 1, **changes)
            await bench.hub.writer.submit(hear, Heard("gate", event, "d-1"))
        else:
            assert await asks(bench, visit, 1, **changes) == answers
        assert await asks(bench, visit, 2, at_s=bench.now.timestamp() - 3.1) == []
        assert await asks(bench, visit, 3) == [None], "nothing was spent"


async def test_the_hub_knows_time_door_and_end(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        later = {"begins": in_hours(bench, 1), "ends": in_hours(bench, 2)}
        visit = await strict(bench, doors=["d-1"], **later)
        assert await asks(bench, visit, 1) == ["pass_early"]
        assert await asks(bench, visit, 2, "d-2", door=2) == ["pass_not_here"]
        bench.pass_s(3 * 3600)
        assert await asks(bench, visit, 3) == ["pass_over"]
        other = await strict(bench, doors=["d-1"])
        await bench.administrator()
        gone = await bench.http.post(
            f"/api/v1/visits/{other}/revoke", headers={"Linli-Client": "console"}
        )
        assert gone.status_code == 204
        assert await asks(bench, other, 4) == ["pass_revoked"]


async def test_a_restored_hub_gives_no_word_before_the_doors_have_told(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        visit = await strict(bench)
        with bench.hub.engines.write.begin() as connection:
            row: dict[str, Any] = {
                column.name: 0 for column in t.recalls.columns if not column.nullable
            }
            row |= {"device_id": "gate", "state": "waiting"}
            connection.execute(insert(t.recalls).values(**row))
        assert await asks(bench, visit, 1) == ["pass_online"]


async def test_a_use_at_a_door_that_the_pass_does_not_name_is_not_noted(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        visit = (await phone.send("POST", ASKED, wish(bench, doors=["d-1"]))).body["id"]
        await comes(bench, visit, at="d-2")
        assert (await visits(phone))[0]["state"] == "expected"
        await comes(bench, visit, 2, at="d-1")
        assert (await visits(phone))[0]["state"] == "came"


async def test_shown_again_at_a_door_that_never_opened_is_one_coming(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        visit = (await phone.send("POST", ASKED, wish(bench))).body["id"]
        await comes(bench, visit, 1)
        bench.pass_s(9)
        await comes(bench, visit, 2)
        assert (await visits(phone))[0]["came"][0]["times"] == 1
        bench.pass_s(11)
        await comes(bench, visit, 3)
        assert (await visits(phone))[0]["came"][0]["times"] == 2


# --------------------------------------------------------------------------- codes


async def test_a_code_is_sealed_and_stands_in_its_doors_policy_as_a_mark(
    tmp_path: Path, database: str
) -> None:
    async with hub_bench(tmp_path, database) as bench:
        keypad_at(bench)
        phone = await bench.phone()
        await settle_policies(bench)
        made = await phone.send("POST", ASKED, wish(bench, doors=["d-1"], typed=True, uses=3))
        assert made.status == 201, made.body
        code = made.body["code"]
        assert is_code(code)
        assert (made.body["text"], made.body["reached"], made.body["online"]) == (
            None, False, False
        )  # fmt: skip
        assert asked_of(bench) == {"gate"}
        policy = (await bench.hub.policies.gather(bench.hub.memory.devices["gate"])).compiled.policy
        codes = policy.doors[1].codes
        assert codes is not None
        known = codes.marks[code_mark(codes.key, code)]
        assert (known.visit, known.host, known.uses) == (made.body["id"], "p-1", 3)
        assert policy.doors[2].codes is None
        with bench.hub.engines.read.connect() as connection:
            journal = connection.execute(select(t.chain.c.body)).scalars().all()
            row = connection.execute(select(t.passes)).one()
        assert code not in f"{journal} {row}"
        assert (await visits(phone))[0]["code"] == code
        await phone.send("DELETE", f"{ASKED}/{made.body['id']}", None)
        assert (await visits(phone))[0]["code"] is None
        policy = (await bench.hub.policies.gather(bench.hub.memory.devices["gate"])).compiled.policy
        assert policy.doors[1].codes is not None
        assert policy.doors[1].codes.marks == {}


async def test_a_copy_of_the_request_is_the_same_code(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        keypad_at(bench)
        phone = await bench.phone()
        first = await phone.send("POST", ASKED, wish(bench, doors=["d-1"], typed=True))
        assert phone.last is not None
        again = await phone.deliver(phone.last)
        assert again.body["code"] == first.body["code"]


async def test_a_code_has_its_bounds(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        keypad_at(bench)
        phone = await bench.phone()
        offered = (await phone.send("GET", ASKED, None)).body["code_doors"]
        assert [door["id"] for door in offered] == ["d-1"]
        plain = {"doors": ["d-1"], "typed": True}
        for field, changes in (
            ("ends", {"ends": in_hours(bench, CODE_LENGTH_MAX_S / 3600 + 0.1)}),
            ("uses", {"uses": CODE_USES_MAX + 1}),
            ("strict", {"strict": True}),
        ):
            reply = await phone.send("POST", ASKED, wish(bench, **plain, **changes))
            is_problem(reply, 422, "field_wrong")
            assert reply.body["field"] == field
        assert USES_MAX > CODE_USES_MAX


async def test_a_door_holds_so_many_codes_and_no_more(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        keypad_at(bench)
        phone = await bench.phone()
        now_s = bench.now.timestamp()
        row = {"host_id": "p-2", "household_id": "h-2", "doors": ["d-1"], "label_sealed": "x",
               "from_at": now_s, "to_at": now_s + 60, "issued_at": now_s, "issued_by": "x",
               "code_sealed": "x"}  # fmt: skip
        with bench.hub.engines.write.begin() as connection:
            for number in range(CODES_MAX):
                connection.execute(insert(t.passes).values(id=f"v-{number}", **row))
        asked = wish(bench, doors=["d-1"], typed=True)
        is_problem(await phone.send("POST", ASKED, asked), 409, "passes_many")
        bench.pass_s(61)
        assert (await phone.send("POST", ASKED, asked)).status == 201


async def test_what_is_long_over_is_forgotten_with_its_words(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        visit = await strict(bench)
        await asks(bench, visit, 1)
        bench.pass_s(VISITS_KEPT_S + 86_400)
        await bench.hub.writer.submit(sweep, None)
        with bench.hub.engines.read.connect() as connection:
            assert connection.execute(select(t.pass_words)).all() == []
            assert connection.execute(select(t.passes)).all() == []
