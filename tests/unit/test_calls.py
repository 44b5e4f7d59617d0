"""Calls at a door: whom a button rings, for how long, and that the first answer wins."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devices.messages import ClockQuality, Event
from hub.acts.calls import RING_S
from hub.acts.events import Heard, hear
from hub.acts.phones import Revocation, revoke
from hub.acts.roster import RosterPart, load_part
from simulators.phone import Phone, Reply
from tests.unit.hub_bench import CLIENT, HubBench, hub_bench
from tests.unit.test_api import is_problem

BELLS = [
    {"id": "b-1", "door_id": "d-2", "button": 1, "household_id": "h-1"},
    {"id": "b-2", "door_id": "d-2", "button": 2, "household_id": "h-2"},
]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


async def hang_bells(bench: HubBench) -> None:
    await bench.hub.writer.submit(load_part, RosterPart("bells", BELLS, bench.hub.keys.mark))


async def press(bench: HubBench, button: int, seq: int = 1, **changes: Any) -> None:
    event = Event(
        "b", seq, bench.now.timestamp(), ClockQuality.SIGNED, "call", 2, via="button",
        content={"button": button},
    )  # fmt: skip
    await bench.hub.writer.submit(hear, Heard("gate", replace(event, **changes), "d-2"))


async def ringing(phone: Phone) -> list[dict[str, Any]]:
    reply = await phone.send("GET", "/api/v1/me/calls", None)
    assert reply.status == 200, reply.body
    return [call for call in reply.body["calls"] if call["answer"] is None]


async def answer(phone: Phone, call: str, said: str = "open") -> Reply:
    return await phone.send("POST", f"/api/v1/me/calls/{call}/answer", {"answer": said})


async def test_a_button_rings_the_phones_of_its_household_only(
    tmp_path: Path, database: str
) -> None:
    async with hub_bench(tmp_path, database) as bench:
        await hang_bells(bench)
        phone, other = await bench.phone(), await bench.phone("p-2")
        await bench.administrator()
        await press(bench, 1)
        (call,) = await ringing(phone)
        assert (call["door"], call["house"]) == ("d-2", "1-1-101")
        assert await ringing(other) == []
        assert (await bench.http.get("/api/v1/calls")).json() == {"calls": []}
        is_problem(await answer(other, call["id"]), 404, "not_found")
        reply = await answer(phone, call["id"])
        assert (reply.status, reply.body) == (200, {"door": "d-2"})
        assert await ringing(phone) == []


async def test_the_first_answer_wins_and_the_rest_are_told(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await hang_bells(bench)
        one, two = await bench.phone(), await bench.phone()
        await press(bench, 1)
        (call,) = await ringing(one)
        replies = await asyncio.gather(answer(one, call["id"], "not_now"), answer(two, call["id"]))
        assert sorted(reply.status for reply in replies) == [200, 409]
        is_problem(next(r for r in replies if r.status == 409), 409, "call_over")
        winner = one if replies[0].status == 200 else two
        said = "not_now" if winner is one else "open"
        again = await answer(winner, call["id"], said)  # its answer was lost on the way
        assert again.status == 200


async def test_a_call_ends_by_itself(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await hang_bells(bench)
        phone = await bench.phone()
        await press(bench, 1)
        (call,) = await ringing(phone)
        bench.pass_s(RING_S)
        is_problem(await answer(phone, call["id"]), 409, "call_over")
        await press(bench, 1, 2)
        assert len(await ringing(phone)) == 2  # the old one is still shown with its end
        bench.pass_s(RING_S)
        assert await ringing(phone) != []
        bench.pass_s(60)
        assert await ringing(phone) == []


async def test_pressing_again_while_it_rings_is_the_same_call(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await hang_bells(bench)
        phone = await bench.phone()
        for seq in range(1, 6):
            await press(bench, 1, seq)
        (call,) = await ringing(phone)
        await answer(phone, call["id"], "not_now")
        await press(bench, 1, 6)
        assert await ringing(phone) == [], "not now is an answer, not an invitation to go on"
        bench.pass_s(RING_S)
        await press(bench, 1, 7)
        (call,) = await ringing(phone)
        await answer(phone, call["id"], "open")
        await press(bench, 1, 8)
        assert len(await ringing(phone)) == 1


async def test_a_strange_button_rings_the_desk(tmp_path: Path, database: str) -> None:
    async with hub_bench(tmp_path, database) as bench:
        await hang_bells(bench)
        await bench.administrator()
        for seq, button in enumerate(("one", 2**40), 1):
            await press(bench, 1, seq, content={"button": button})
        assert len((await bench.http.get("/api/v1/calls")).json()["calls"]) == 1


async def test_a_call_that_comes_late_rings_nobody(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await hang_bells(bench)
        phone = await bench.phone()
        await press(bench, 1, 1, late=True)
        await press(bench, 1, 2, at_s=bench.now.timestamp() - RING_S)
        assert await ringing(phone) == []
        await press(bench, 1, 3, at_s=0.0, clock=ClockQuality.FREE)
        assert len(await ringing(phone)) == 1  # a clock that knows nothing may not silence a bell


async def test_a_button_of_nobody_rings_the_desk(tmp_path: Path, database: str) -> None:
    async with hub_bench(tmp_path, database) as bench:
        await hang_bells(bench)
        phone = await bench.phone()
        await bench.administrator()
        await press(bench, 7)
        assert await ringing(phone) == []
        (call,) = (await bench.http.get("/api/v1/calls")).json()["calls"]
        assert (call["door"], call["house"], call["answer"]) == ("d-2", None, None)
        is_problem(await answer(phone, call["id"]), 404, "not_found")
        path = f"/api/v1/calls/{call['id']}/answer"
        taken = await bench.http.post(path, json={"answer": "open"}, headers=CLIENT)
        assert taken.json() == {"door": "d-2"}
        late = await bench.http.post(path, json={"answer": "not_now"}, headers=CLIENT)
        assert (late.status_code, late.json()["code"]) == (409, "call_over")


async def test_a_household_without_a_phone_rings_at_the_desk(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await hang_bells(bench)
        await bench.administrator()
        phone = await bench.phone("p-2")
        await press(bench, 2, 1)
        assert (await bench.http.get("/api/v1/calls")).json()["calls"] == []
        (call,) = await ringing(phone)
        await answer(phone, call["id"], "not_now")
        entry = bench.hub.memory.phone(phone.kid)
        await bench.hub.writer.submit(revoke, Revocation(entry.id, "staff:s"))
        bench.pass_s(RING_S)
        await press(bench, 2, 2)
        (call,) = (await bench.http.get("/api/v1/calls")).json()["calls"]
        assert call["house"] == "2-1-101"


async def test_a_waiting_phone_hears_at_once(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await hang_bells(bench)
        phone, second = await bench.phone(), await bench.phone()
        path = "/api/v1/me/calls?known=none&wait_s=25"
        waiting = asyncio.ensure_future(phone.send("GET", path, None))
        while not bench.hub.live._waiters:  # noqa: ASYNC110 - nothing tells when a request waits
            await asyncio.sleep(0)
        await press(bench, 1)
        (call,) = (await waiting).body["calls"]
        known = f"{call['id']}."
        path = f"/api/v1/me/calls?known={known}&wait_s=25"
        waiting = asyncio.ensure_future(phone.send("GET", path, None))
        while not bench.hub.live._waiters:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
        await answer(second, call["id"], "open")
        (told,) = (await waiting).body["calls"]
        assert told["answer"] == "open"
        assert bench.hub.live._waiters == {}
        assert bench.hub.live._waiting == 0


async def test_a_stopping_hub_lets_waiting_phones_go(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        path = "/api/v1/me/calls?known=none&wait_s=25"
        waiting = asyncio.ensure_future(phone.send("GET", path, None))
        while not bench.hub.live._waiters:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
        bench.hub.live.close()
        assert (await waiting).status == 200
