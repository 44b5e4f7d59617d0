"""Visitors at a kiosk before the real hub: by card only, and gone with the card."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from devices.messages import (
    Answer,
    ClockQuality,
    Event,
    Life,
    Outcome,
    StateNote,
)
from hub.acts.cards import BlockCard, block_card
from hub.acts.events import Heard, hear
from hub.acts.roster import RosterPart, load_part
from hub.core.effects import SendAccess
from hub.store import tables as t
from tests.unit.hub_bench import CLIENT
from tests.unit.test_kiosk_hub import UID, Desk, desk, refused, session_of

CARD = f"c-{UID.hex()}"
BELL = {"id": "b-1", "door_id": "d-2", "button": 1, "household_id": "h-1", "kiosk_id": "kiosk-1"}


def wish(here: Desk, token: str, **changes: Any) -> dict[str, Any]:
    ends = (here.bench.now + timedelta(hours=2)).isoformat()
    return {"card_session": token, "label": "访客", "doors": ["d-1"], "ends": ends} | changes


async def visits(here: Desk, token: str, **changes: Any) -> dict[str, Any]:
    return await here.kiosk.post("/api/v1/kiosk/visits", wish(here, token, **changes))


async def test_a_card_makes_a_pass_for_the_own_doors(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        token = await session_of(here)
        with here.bench.hub.engines.write.begin() as connection:
            connection.execute(update(t.doors).where(t.doors.c.id == "d-1").values(codes=True))
        offered = await here.kiosk.post("/api/v1/kiosk/guests", {"card_session": token})
        assert [door["id"] for door in offered["doors"]] == ["d-2", "d-1"]
        assert [door["id"] for door in offered["code_doors"]] == ["d-1"]
        made = await visits(here, token)
        assert made["text"]
        code = await visits(here, token, typed=True)
        assert (len(code["code"]), code["text"]) == (9, None)
        assert [one["by"] for one in here.journal("pass_issued")] == [f"card:{CARD}"] * 2
        fault = await refused(visits(here, token, doors=["nowhere"]))
        assert (fault.status, fault.code) == (422, "field_wrong")


async def test_the_desk_reads_no_code_that_a_card_made(tmp_path: Path) -> None:
    """Who comes to a flat is the flat's: the desk sees that there is a pass, and may end it."""
    async with desk(tmp_path) as here:
        with here.bench.hub.engines.write.begin() as connection:
            connection.execute(update(t.doors).where(t.doors.c.id == "d-1").values(codes=True))
        token = await session_of(here)
        signed, typed = await visits(here, token), await visits(here, token, typed=True)
        await here.bench.administrator()
        path = "/api/v1/people/p-1/visits"
        ends = (here.bench.now + timedelta(hours=2)).isoformat()
        mine = {"label": "desk", "doors": ["d-1"], "ends": ends}
        own = (await here.bench.http.post(path, json=mine, headers=CLIENT)).json()
        seen = (await here.bench.http.get(path)).json()["visits"]
        shown = {one["id"]: (one["label"], one["text"], one["code"]) for one in seen}
        assert shown[signed["id"]] == shown[typed["id"]] == ("", None, None)
        assert shown[own["id"]][0] == "desk"
        assert shown[own["id"]][1]
        phone = await here.bench.phone("p-1")
        listed = (await phone.send("GET", "/api/v1/me/visits", None)).body["visits"]
        at_home = {one["id"]: (one["text"], one["code"]) for one in listed}
        assert at_home[signed["id"]] == (signed["text"], None), "the household sees it"
        assert at_home[typed["id"]] == (None, typed["code"])
        ended = await here.bench.http.post(f"/api/v1/visits/{typed['id']}/revoke", headers=CLIENT)
        assert ended.status_code == 204


async def test_house_and_digits_are_no_card(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        now_s = here.bench.now.timestamp()
        lookup = here.bench.gate.lookups_store.issue("kiosk-1", "h-1", "p-1", now_s)
        by_house = here.bench.gate.card_sessions.issue("kiosk-1", "h-1", None, now_s)
        assert (await refused(visits(here, by_house))).code == "lookup_expired"
        assert (await refused(visits(here, lookup))).code == "lookup_expired"
        token = await session_of(here)
        other = await here.second_kiosk()
        assert (
            await refused(other.post("/api/v1/kiosk/visits", wish(here, token)))
        ).code == "lookup_expired"


async def test_a_lost_card_takes_its_visitors_along(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        token = await session_of(here)
        made = await visits(here, token)
        await here.bench.hub.writer.submit(block_card, BlockCard(CARD, "staff:x"))
        with here.bench.hub.engines.read.connect() as connection:
            row = connection.execute(select(t.passes).where(t.passes.c.id == made["id"])).one()
        assert row.revoked_at is not None
        assert (await refused(visits(here, token))).code == "lookup_expired"
        guests = here.kiosk.post("/api/v1/kiosk/guests", {"card_session": token})
        assert (await refused(guests)).code == "lookup_expired"


async def test_one_card_makes_so_many_passes_and_no_more(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        token = await session_of(here)
        for _ in range(6):
            await visits(here, token)
        assert (await refused(visits(here, token))).code == "too_many"


# --------------------------------------------------------------------------- calls


async def ring(here: Desk, seq: int = 1, **bell: Any) -> None:
    hub = here.bench.hub
    await hub.writer.submit(load_part, RosterPart("bells", [BELL | bell], hub.keys.mark))
    event = Event(
        "b", seq, here.bench.now.timestamp(), ClockQuality.SIGNED, "call", 2,
        content={"button": 1},
    )  # fmt: skip
    await hub.writer.submit(hear, Heard("gate", event, "d-2"))


async def ringing(here: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await here.kiosk.get("/api/v1/kiosk/calls"))["calls"]
    return [call for call in found if call["answer"] is None]


def door_here(here: Desk, answers: str = "granted") -> list[SendAccess]:
    """The gate is there, and answers each command at once."""
    hub = here.bench.hub
    sent: list[SendAccess] = []
    hub.memory.devices["gate"].note = StateNote(Life.READY, "b", "c", 0.0)

    def send(wish: SendAccess) -> None:
        sent.append(wish)
        outcome = Outcome.GRANTED if answers == "granted" else Outcome.REFUSED
        hub.ingest._settle(Answer(wish.command, outcome, answers))

    hub.ingest._send_access = send  # type: ignore[method-assign]
    return sent


async def test_a_bell_rings_at_its_kiosk_and_the_flats_card_opens(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        token, sent = await session_of(here), door_here(here)
        await ring(here)
        (call,) = await ringing(here)
        assert (call["house"], call["door"]) == ("1-1-101", "d-2")
        path = f"/api/v1/kiosk/calls/{call['id']}/open"
        told = await here.kiosk.post(path, {"card_session": token})
        assert told["outcome"] == "opened"
        (effect,) = sent
        assert (effect.device, effect.door) == ("gate", 2)
        assert (effect.presentation.person, effect.presentation.via) == ("p-1", "kiosk")
        assert await ringing(here) == []
        again = await here.kiosk.post(path, {"card_session": token})
        assert again["repeat"] is True
        assert len(sent) == 1, "a lost answer is asked again and nothing moves"
        (written,) = here.journal("kiosk_opening")
        assert (written["kiosk"], written["person"], written["door"]) == ("kiosk-1", "p-1", "d-2")


@pytest.mark.parametrize("bell", [{"household_id": "h-2"}, {"kiosk_id": None}])
async def test_a_call_for_others_is_not_answered_here(tmp_path: Path, bell: dict[str, Any]) -> None:
    async with desk(tmp_path) as here:
        token, sent = await session_of(here), door_here(here)
        await ring(here, **bell)
        with here.bench.hub.engines.read.connect() as connection:
            call = connection.execute(select(t.calls.c.id)).scalar_one()
        assert [one["id"] for one in await ringing(here)] == ([call] if bell != {"kiosk_id": None}
                                                              else [])  # fmt: skip
        for verb in ("open", "decline"):
            path = f"/api/v1/kiosk/calls/{call}/{verb}"
            fault = await refused(here.kiosk.post(path, {"card_session": token}))
            assert (fault.status, fault.code) == (404, "not_found")
        assert sent == []


async def test_not_now_moves_nothing_and_the_first_answer_wins(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        token, sent = await session_of(here), door_here(here)
        await ring(here)
        (call,) = await ringing(here)
        await here.kiosk.post(f"/api/v1/kiosk/calls/{call['id']}/decline", {"card_session": token})
        late = here.kiosk.post(f"/api/v1/kiosk/calls/{call['id']}/open", {"card_session": token})
        assert (await refused(late)).code == "call_over"
        assert sent == []
        with here.bench.hub.engines.read.connect() as connection:
            assert connection.execute(select(t.openings)).all() == []


async def test_a_door_that_refuses_is_told_with_its_reason(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        token = await session_of(here)
        door_here(here, "locked_down")
        await ring(here)
        (call,) = await ringing(here)
        path = f"/api/v1/kiosk/calls/{call['id']}/open"
        assert (await refused(here.kiosk.post(path, {"card_session": token}))).code == "locked_down"


async def test_a_blocked_card_answers_no_bell(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        token, sent = await session_of(here), door_here(here)
        await ring(here)
        (call,) = await ringing(here)
        await here.bench.hub.writer.submit(block_card, BlockCard(CARD, "staff:x"))
        path = f"/api/v1/kiosk/calls/{call['id']}/open"
        fault = await refused(here.kiosk.post(path, {"card_session": token}))
        assert fault.code == "lookup_expired"
        assert sent == []
