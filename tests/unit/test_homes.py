"""Whoever moved out is rung no more, gets no letter, and sees no doors; who moved in does."""

from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Table, insert, update

from hub.acts.roster import RosterPart, load_part
from hub.core.compile import Home, PersonRow, _window
from hub.core.homes import Stay, homes_on
from hub.letters import draw_letters
from hub.store import tables as t
from hub.store.homes import everybody_at_home, home_of, homes_of, living_in
from hub.store.writer import Done, Tx
from kiosk.cards import CardSign, prove
from tests.unit.hub_bench import CLIENT, HubBench, hub_bench
from tests.unit.kiosk_town import InHand
from tests.unit.test_api import is_problem
from tests.unit.test_calls import answer, hang_bells, press, ringing
from tests.unit.test_kiosk_guests import wish
from tests.unit.test_kiosk_hub import UID, desk, refused, session_of

UID2 = bytes.fromhex("04aabbccddee00")
EVENING_S = 12 * 3600.0 - 50  # the bench begins at noon in Shanghai


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


async def put(bench: HubBench, table: Table, row: dict[str, Any]) -> None:
    def act(tx: Tx, values: dict[str, Any], now: datetime) -> Done[None]:
        del now
        tx.execute(insert(table).values(**values))
        return Done(None)

    await bench.hub.writer.submit(act, row)


async def stay(bench: HubBench, person: str, household: str, **days: str) -> None:
    """A tenancy as an import writes it."""
    row = {"id": f"t-{person}-{household}", "household_id": household, "person_id": person}
    await put(bench, t.tenancies, {**row, "kind": "tenant", **days})


async def doors_of(phone: Any) -> list[str]:
    reply = await phone.send("GET", "/api/v1/me", None)
    return [door["id"] for door in reply.body["doors"]]


async def test_whoever_moved_out_sees_no_door_and_is_not_rung(
    tmp_path: Path, database: str
) -> None:
    async with hub_bench(tmp_path, database) as bench:
        await hang_bells(bench)
        await stay(bench, "p-1", "h-1", valid_to="2026-11-23")
        bench.pass_s(EVENING_S)
        phone = await bench.phone()
        assert await doors_of(phone) == ["d-2", "d-1"], "the last day counts"
        await press(bench, 1)
        (call,) = await ringing(phone)
        bench.pass_s(50)
        assert await doors_of(phone) == []
        await press(bench, 1, 2)
        assert await ringing(phone) == []
        is_problem(await answer(phone, call["id"]), 404, "not_found")
        await bench.administrator()
        (desk,) = (await bench.http.get("/api/v1/calls")).json()["calls"]
        assert desk["house"] == "1-1-101", "nobody is at home there: the desk is rung"


async def test_whoever_moved_within_the_estate_is_rung_at_the_new_door(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await hang_bells(bench)
        await stay(bench, "p-1", "h-1", valid_to="2026-11-22")
        await stay(bench, "p-1", "h-2", valid_from="2026-11-23")
        phone, neighbour = await bench.phone(), await bench.phone("p-2")
        await press(bench, 1)
        assert await ringing(phone) == []
        await press(bench, 2, 2)
        assert [call["house"] for call in await ringing(phone)] == ["2-1-101"]
        assert len(await ringing(neighbour)) == 1
        assert await doors_of(phone) == ["d-1"], "building 1 is home no more"


async def test_a_landlord_is_not_rung_where_others_live(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await hang_bells(bench)
        await stay(bench, "p-1", "h-2")
        phone = await bench.phone()
        await press(bench, 2)
        assert await ringing(phone) == []
        with bench.hub.engines.read.connect() as connection:
            at_home = everybody_at_home(connection, bench.now.timestamp())
        assert at_home == {"h-1": {"p-1"}, "h-2": {"p-2"}}


async def test_letters_go_to_whoever_lives_there_today(tmp_path: Path, database: str) -> None:
    async with hub_bench(tmp_path, database) as bench:
        people = [{"id": "p-3", "name": "王建国", "household_id": "h-1"}]
        await bench.hub.writer.submit(load_part, RosterPart("people", people, bench.hub.keys.mark))
        await stay(bench, "p-1", "h-1", valid_to="2026-11-23")
        await stay(bench, "p-3", "h-1", valid_from="2026-11-24")

        def addressed() -> dict[str, list[str]]:
            drawn = draw_letters(bench.hub.engines, "", "", bench.now.timestamp())
            return {letter.household: [one.person for one in letter.to] for letter in drawn}

        assert addressed() == {"h-1": ["p-1"], "h-2": ["p-2"]}
        bench.pass_s(EVENING_S + 50)
        assert addressed() == {"h-1": ["p-3"], "h-2": ["p-2"]}


async def test_whoever_moved_out_invites_nobody_and_sees_nothing_of_the_flat(
    tmp_path: Path,
) -> None:
    async with hub_bench(tmp_path) as bench:
        people = [{"id": "p-3", "name": "王建国", "household_id": "h-1"}]
        await bench.hub.writer.submit(load_part, RosterPart("people", people, bench.hub.keys.mark))
        for n in (1, 3):
            card = {"id": f"c-{n}", "uid": f"0480000000000{n}", "person_id": f"p-{n}"}
            await put(bench, t.cards, {**card, "kind": "ntag424", "issued_at": 0.0})
        await stay(bench, "p-1", "h-1", valid_to="2026-11-22")
        phone, heir = await bench.phone(), await bench.phone("p-3")

        async def seen(own: Any) -> set[str]:
            reply = await own.send("GET", "/api/v1/me/cards", None)
            return {card["id"] for card in reply.body["cards"]}

        assert await seen(phone) == {"c-1"}
        assert await seen(heir) == {"c-3"}
        is_problem(await phone.send("POST", "/api/v1/me/cards/c-3/block", {}), 404, "not_found")
        shown = await phone.send("GET", "/api/v1/me/household/phones", None)
        assert shown.body == {"phones": []}
        await bench.administrator()
        asked = {"label": "x", "doors": ["d-1"], "ends": "2026-11-23T08:00:00Z"}
        made = await bench.http.post("/api/v1/people/p-1/visits", json=asked, headers=CLIENT)
        assert (made.status_code, made.json()["code"]) == (422, "field_wrong")


async def test_a_kiosk_knows_nobody_who_moved_out(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        asked = {"house": "1-1-101", "phone_last4": "7302"}
        found = await here.kiosk.post("/api/v1/kiosk/bills", asked)
        assert found["holder"] == "沈**"
        token = await session_of(here)
        await stay(here.bench, "p-1", "h-1", valid_to="2026-11-22")
        assert (
            await refused(here.kiosk.post("/api/v1/kiosk/bills", asked))
        ).code == "house_unknown"
        lost = {"lookup": found["lookup"], "card": f"c-{UID.hex()}"}
        cards = await here.kiosk.post("/api/v1/kiosk/lost-cards", {"lookup": found["lookup"]})
        assert cards == {"cards": []}
        block = here.kiosk.post("/api/v1/kiosk/lost-cards/block", lost)
        assert (await refused(block)).code == "not_found"
        invited = here.kiosk.post("/api/v1/kiosk/visits", wish(here, token))
        assert (await refused(invited)).code == "field_wrong"
        assert await prove(InHand(await here.issue(UID2)), here.kiosk) is CardSign.HOMELESS


async def test_a_rule_that_ended_shows_no_door(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()

        def end(tx: Tx, at_s: float, now: datetime) -> Done[None]:
            del now
            tx.execute(update(t.rules).where(t.rules.c.id == "r-1").values(valid_to=at_s))
            return Done(None)

        await bench.hub.writer.submit(end, bench.now.timestamp() + 60)
        assert await doors_of(phone) == ["d-2", "d-1"]
        bench.pass_s(60)
        assert await doors_of(phone) == ["d-2"]


async def test_who_lives_where_is_read_in_one_way(tmp_path: Path, database: str) -> None:
    async with hub_bench(tmp_path, database) as bench:
        await stay(bench, "p-1", "h-1", valid_to="2026-11-22")
        await stay(bench, "p-1", "h-2")
        now_s = bench.now.timestamp()
        with bench.hub.engines.read.connect() as connection:
            assert homes_of(connection, "p-1", now_s) == ["h-2"]
            assert home_of(connection, "nobody", now_s) is None
            assert living_in(connection, "h-1", now_s) == set()
            assert living_in(connection, "h-2", now_s) == {"p-1", "p-2"}
            assert everybody_at_home(connection, now_s) == {"h-2": {"p-1", "p-2"}}


DAYS = st.none() | st.dates(date(2026, 11, 20), date(2026, 11, 26))
STAYS = st.lists(st.tuples(st.sampled_from("abc"), DAYS, DAYS), max_size=4)


@given(st.none() | st.sampled_from("abc"), STAYS, st.integers(0, 23))
def test_pages_and_doors_agree_on_who_lives_where(
    own: str | None, told: list[tuple[str, date | None, date | None]], hour: int
) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    now = datetime(2026, 11, 23, hour, tzinfo=zone)
    rows = tuple(Home(home, "", "", "", begins, ends) for home, begins, ends in told)
    windows = [
        (home.household, _window(home, zone, now.timestamp()))
        for home in PersonRow("p", own or "", "", homes=rows).lives
    ]
    at_doors = {home for home, window in windows if window is not None and window[0] is None}
    stays = [
        Stay(home, begins.isoformat() if begins else None, ends.isoformat() if ends else None)
        for home, begins, ends in told
    ]
    on_pages = homes_on(now.date().isoformat(), own, stays)
    assert set(on_pages) == at_doors - {""}
    assert own not in on_pages or on_pages[0] == own
