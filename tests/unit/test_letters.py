"""Letters: codes on paper that introduce a phone, expire, and are voided by the next letter."""

import io
import logging
import re
import secrets
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from hub.acts.roster import RosterPart, load_part
from hub.core import letters
from hub.gateways import paper
from hub.letters import draw_letters
from hub.store import tables as t
from simulators.phone import Phone
from tests.unit.hub_bench import CLIENT, HubBench, hub_bench
from tests.unit.test_homes import EVENING_S, stay

HOUSES = ["1-1-101", "1-1-1001", "1-1-302", "1-1-3A01", "1-1-401", "1-2-101", "2-101", "10-1-101",
          "门卫室"]  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def drawn(monkeypatch: Any) -> list[letters.Letter]:
    """Every letter that is printed, as whoever opens it reads it."""
    found: list[letters.Letter] = []

    def keep(run: Any, *_: Any) -> bytes:  # cutting a font takes seconds; one test does it
        found.extend(run)
        return b"%PDF-"

    monkeypatch.setattr(paper, "print_letters", keep)
    return found


async def printed(bench: HubBench, **asked: str) -> Any:
    return await bench.http.post("/api/v1/letters", json=asked, headers=CLIENT)


async def introduce(bench: HubBench, code: str) -> Any:
    return await Phone("http://hub", bench.http).enrol(code, "手机")


def test_the_round_goes_by_building_unit_and_floor() -> None:
    mixed = sorted(HOUSES, key=lambda house: house[::-1])
    assert sorted(mixed, key=letters.round_order) == [
        "1-1-101", "1-1-302", "1-1-3A01", "1-1-401", "1-1-1001", "1-2-101", "2-101", "10-1-101",
        "门卫室",
    ]  # fmt: skip


@given(st.lists(st.text(max_size=12), max_size=8))
def test_any_house_has_a_place_in_the_round(houses: list[str]) -> None:
    assert sorted(houses, key=letters.round_order)[:0] == []
    for house in houses:
        assert letters.address_of(house, "en") is not None


def test_a_code_has_no_sign_that_looks_like_another() -> None:
    for alike in ("B8", "S5", "Z2", "I1L", "O0", "UV"):
        assert len(set(letters.ALPHABET) & set(alike)) <= 1
    codes = {letters.draw_code(secrets.randbelow) for _ in range(500)}
    assert len(codes) == 500
    assert all(re.fullmatch(f"[{letters.ALPHABET}]{{12}}", code) for code in codes)
    assert letters.shown_code("ACDEFGHJKMNP") == "ACDE-FGHJ-KMNP"


async def test_a_letter_introduces_each_person_once(
    tmp_path: Path, database: str, drawn: list[letters.Letter]
) -> None:
    async with hub_bench(tmp_path, database) as bench:
        await bench.administrator()
        answer = await printed(bench, building="1")
        assert answer.status_code == 200, answer.text
        assert answer.content.startswith(b"%PDF-")
        assert answer.headers["cache-control"] == "no-store"
        (letter,) = drawn
        (to,) = letter.to
        assert (letter.house, to.name) == ("1-1-101", "沈桂芳")
        first = await introduce(bench, to.code)
        assert (first.status, first.body["person"]["name"]) == (201, "沈桂芳")
        again = await introduce(bench, to.code)
        assert (again.status, again.body["code"]) == (403, "code_wrong")


async def test_a_newer_letter_voids_the_older(
    tmp_path: Path, database: str, drawn: list[letters.Letter]
) -> None:
    async with hub_bench(tmp_path, database) as bench:
        await bench.administrator()
        await printed(bench)
        old = {to.person: to.code for letter in drawn for to in letter.to}
        drawn.clear()
        await printed(bench, household="h-1")
        (new,) = drawn
        assert (await introduce(bench, old["p-1"])).status == 403
        assert (await introduce(bench, new.to[0].code)).status == 201
        assert (await introduce(bench, old["p-2"])).status == 201  # the other house's still counts
        with bench.hub.engines.read.connect() as connection:
            rows = connection.execute(select(t.letters)).all()
        assert sorted((row.household_id, row.voided_at is None) for row in rows) == [
            ("h-1", False), ("h-1", True), ("h-2", True),
        ]  # fmt: skip


async def test_a_letter_ends_after_a_month_and_a_desk_code_does_not_void_it(
    tmp_path: Path, drawn: list[letters.Letter]
) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await printed(bench)
        codes = {to.person: to.code for letter in drawn for to in letter.to}
        await bench.code("p-1")
        bench.pass_s(letters.CODE_LIFE_S - 5)
        assert (await introduce(bench, codes["p-1"])).status == 201
        bench.pass_s(10)
        assert (await introduce(bench, codes["p-2"])).body["code"] == "code_wrong"


async def test_a_letter_to_a_home_that_was_left_introduces_nobody(
    tmp_path: Path, database: str, drawn: list[letters.Letter]
) -> None:
    async with hub_bench(tmp_path, database) as bench:
        await bench.administrator()
        await stay(bench, "p-1", "h-1", valid_to="2026-11-23")
        await printed(bench)
        codes = {to.person: to.code for letter in drawn for to in letter.to}
        bench.pass_s(EVENING_S + 50)  # the day after the last
        for _ in range(2):  # the right code: no guess, so nothing is slowed
            late = await introduce(bench, codes["p-1"])
            assert (late.status, late.body["code"]) == (403, "moved_out")
        with bench.hub.engines.read.connect() as connection:
            assert connection.execute(select(t.phones)).all() == []
        assert (await introduce(bench, codes["p-2"])).status == 201
        await bench.code("p-1")  # the desk sees who stands there


async def test_a_letter_lies_where_it_was_sent_whoever_moved_on(
    tmp_path: Path, drawn: list[letters.Letter]
) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await stay(bench, "p-1", "h-1", valid_to="2026-11-23")
        await stay(bench, "p-1", "h-2", valid_from="2026-11-24")
        await printed(bench)  # both houses in one act: the old home's and the new one's
        (old,) = (to.code for letter in drawn for to in letter.to if to.person == "p-1")
        bench.pass_s(EVENING_S + 50)
        assert (await introduce(bench, old)).body["code"] == "moved_out"
        drawn.clear()
        token = {"Authorization": f"Bearer {bench.gate.operator_token}"}
        await bench.http.post("/api/v1/operator/letters", json={"household": "h-2"}, headers=token)
        (new,) = (to.code for letter in drawn for to in letter.to if to.person == "p-1")
        assert (await introduce(bench, new)).status == 201


async def test_a_newer_letter_voids_that_of_whoever_lives_there_by_a_tenancy(
    tmp_path: Path, database: str, drawn: list[letters.Letter]
) -> None:
    async with hub_bench(tmp_path, database) as bench:
        await bench.administrator()
        await stay(bench, "p-1", "h-1", valid_to="2026-11-20")
        await stay(bench, "p-1", "h-2")  # the row of the person still says h-1
        await printed(bench)
        (old,) = (to.code for letter in drawn for to in letter.to if to.person == "p-1")
        await printed(bench, household="h-2")
        assert (await introduce(bench, old)).body["code"] == "code_wrong"


async def test_guessing_letter_codes_is_slowed_down(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        answers = [await introduce(bench, "ACDEFGHJKMNP") for _ in range(7)]
        assert [each.body["code"] for each in answers] == ["code_wrong"] * 5 + ["too_many"] * 2
        wrong = await introduce(bench, "ACDEFGHJKMNO")
        assert wrong.body["code"] == "field_wrong"


async def test_no_code_is_kept_and_who_may_not_print_prints_nothing(
    tmp_path: Path, drawn: list[letters.Letter]
) -> None:
    async with hub_bench(tmp_path) as bench:
        assert (await printed(bench)).json()["code"] == "signed_out"
        path = "/api/v1/operator/letters"
        assert (await bench.http.post(path, json={})).json()["code"] == "not_allowed"
        assert drawn == []
        token = {"Authorization": f"Bearer {bench.gate.operator_token}"}
        answer = await bench.http.post(path, json={"language": "en"}, headers=token)
        assert answer.content.startswith(b"%PDF-")
        nobody = await bench.http.post(path, json={"building": "9"}, headers=token)
        assert nobody.json()["code"] == "not_found"
        kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
        assert not any(to.code.encode() in kept for letter in drawn for to in letter.to)


async def test_without_a_font_it_is_said_and_no_code_is_voided(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(paper, "find_font", lambda language: None)
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        answer = await printed(bench)
        assert (answer.status_code, answer.json()["code"]) == (503, "font_missing")
        assert "fonts-noto-cjk" in answer.json()["cure"]
        with bench.hub.engines.read.connect() as connection:
            assert connection.execute(select(t.letters)).all() == []


async def test_a_large_household_gets_a_second_sheet(tmp_path: Path) -> None:
    font = paper.find_font("zh-Hant")
    assert font is not None
    async with hub_bench(tmp_path) as bench:
        rows = [{"id": f"p-x{n}", "household_id": "h-1", "name": f"鄰居{n}"} for n in range(5)]
        await bench.hub.writer.submit(load_part, RosterPart("people", rows, bench.hub.keys.mark))
        (letter,) = draw_letters(bench.hub.engines, "1", "", bench.now.timestamp())
        assert len(letter.to) == 6
        run = paper.Round("柳溪新村", "https://door.example", "2026-12-23", "zh-Hant")
        made = paper.print_letters([letter], run, font)
        assert made.count(b"/Type /Page\n") == 2
        assert len(io.BytesIO(made).getvalue()) < 200_000
    assert logging.getLogger("fontTools").level >= logging.WARNING


def test_a_machine_without_fonts_has_none(tmp_path: Path) -> None:
    assert paper.find_font("en", (tmp_path,)) is None
    (tmp_path / "wqy-zenhei.ttc").touch()
    paper.find_font.cache_clear()
    assert paper.find_font("en", (tmp_path,)) == paper.Font(tmp_path / "wqy-zenhei.ttc", 0)
    paper.find_font.cache_clear()


# --- the household hears of new phones


async def test_older_phones_hear_of_newer_ones_and_may_end_them(
    tmp_path: Path, database: str
) -> None:
    async with hub_bench(tmp_path, database) as bench:
        path = "/api/v1/me/household/phones"
        row = {"id": "p-3", "household_id": "h-1", "name": "郑海燕"}
        await bench.hub.writer.submit(load_part, RosterPart("people", [row], bench.hub.keys.mark))
        old = await bench.phone("p-1")
        bench.pass_s(60)
        neighbour = await bench.phone("p-2")
        new = await bench.phone("p-3")
        (told,) = (await old.send("GET", path, None)).body["phones"]
        assert (told["person"]["name"], told["label"]) == ("郑海燕", "phone")
        assert (await new.send("GET", path, None)).body["phones"] == []
        own = (await old.send("GET", "/api/v1/me", None)).body["phone"]["id"]
        for stranger, phone in ((new, own), (neighbour, told["id"]), (old, own)):
            refused = await stranger.send("POST", f"{path}/{phone}/end", None)
            assert (refused.status, refused.body["code"]) == (404, "not_found")
        assert (await old.send("POST", f"{path}/{told['id']}/end", None)).status == 204
        gone = await new.send("GET", "/api/v1/me", None)
        assert gone.body["code"] == "phone_revoked"
        assert (await old.send("GET", path, None)).body["phones"] == []


async def test_the_desk_hears_at_once_when_a_phone_arrives(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        queue = bench.hub.live.listen()
        assert queue is not None
        await bench.phone("p-1")
        raw = await queue.get()
        assert raw is not None
        assert raw.startswith(b"event: phone\n")
        assert b'"person":"p-1"' in raw
        assert "沈".encode() not in raw
        bench.hub.live.leave(queue)
