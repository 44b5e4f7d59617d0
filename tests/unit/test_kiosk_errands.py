"""Beside bills at the kiosk: lost cards, visitors, and calls that ring here."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk.disk import Disk
from kiosk.errands import HOURS
from tests.unit.kiosk_town import HOUSE, START, WORDS, TownHub
from tests.unit.test_kiosk_agent import CARD, Kiosk, refusal, tell


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "kiosk.db", synced=False)


def test_whoever_lost_the_card_blocks_it_by_house_and_hears_which_doors_know(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        errands = here.agent.errands
        assert (await refusal(errands.cards())).code == "lookup_expired"
        await here.visit_by_house()
        (card,) = (await errands.cards())["cards"]
        assert (card["holder"], card["blocked"]) == ("沈**", False)
        (gone,) = (await errands.block("c-1", "yesterday"))["cards"]
        assert hub.sent("/api/v1/kiosk/lost-cards/block")[-1]["had"] == "yesterday"
        assert (gone["blocked"], gone["doors_gone"], gone["doors_total"]) == (True, 1, 2)
        assert gone["still_known"] == [WORDS]
        assert "lookup" not in str(gone)

    tell(disk, story)


def test_a_house_number_lets_nobody_in(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.visit_by_house()
        errands = here.agent.errands
        assert (await refusal(errands.guests())).code == "not_allowed"
        assert (await refusal(errands.invite("v", ["d-1"], 2, typed=True))).code == "not_allowed"
        hub.ring()
        await asyncio.sleep(1)
        assert (await refusal(errands.answer("c-1", let_in=True))).code == "not_allowed"
        assert hub.sent("/api/v1/kiosk/visits") == []

    tell(disk, story)


def test_a_card_makes_a_pass_to_photograph_or_digits_to_tell(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.tap(await hub.issue(CARD))
        errands = here.agent.errands
        offered = await errands.guests()
        assert [door["id"] for door in offered["doors"]] == ["d-1"]
        made = await errands.invite("访客", ["d-1"], 2, typed=False)
        assert made["svg"].startswith("<svg")
        assert (made["code"], made["reached"]) == (None, True)
        asked = hub.sent("/api/v1/kiosk/visits")[-1]
        left = datetime.fromisoformat(asked["ends"]) - START
        assert timedelta(hours=1.9) < left < timedelta(hours=2.1)
        code = await errands.invite("访客", ["d-1"], HOURS[-1], typed=True)
        assert (code["svg"], code["code"], code["reached"]) == (None, "123456789", False)
        assert "card-session" not in str([offered, made, code])

    tell(disk, story)


def test_what_was_asked_for_one_visit_never_reaches_the_next(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.tap(await hub.issue(CARD))
        asking = asyncio.ensure_future(
            refusal(here.agent.errands.invite("v", ["d-1"], 2, typed=True))
        )
        await asyncio.sleep(0.005)
        here.agent.end()
        assert (await asking).code == "request_stale"

    tell(disk, story)


def test_a_call_rings_on_the_glass_until_it_is_answered_or_over(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await asyncio.sleep(1)
        here.heard()
        hub.ring()
        await asyncio.sleep(1)
        (rings,) = [body for event, body in here.heard() if event == "call"]
        assert (rings["id"], rings["house"], rings["door"]) == ("c-1", HOUSE, WORDS)
        assert 40 < rings["left_s"] <= 45
        hub.ring(answer="open")
        await asyncio.sleep(1)
        assert [body for event, body in here.heard() if event == "call"] == [None]
        hub.ring(call="c-2")
        await asyncio.sleep(1)
        assert here.agent.state()["call"]["id"] == "c-2"
        await asyncio.sleep(46)
        assert here.agent.state()["call"] is None

    tell(disk, story)


def test_the_flat_that_is_rung_opens_with_its_card_and_no_other(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.tap(await hub.issue(CARD))
        hub.ring(house="9-9-999")
        await asyncio.sleep(1)
        errands = here.agent.errands
        assert (await refusal(errands.answer("c-1", let_in=True))).code == "call_over"
        hub.ring(call="c-2")
        await asyncio.sleep(1)
        assert (await refusal(errands.answer("c-1", let_in=True))).code == "call_over"
        assert await errands.answer("c-2", let_in=True) == {"opened": True}
        assert len(hub.sent("/api/v1/kiosk/calls/c-2/open")) == 1
        assert here.agent.state()["call"] is None
        hub.ring(call="c-3")
        await asyncio.sleep(1)
        assert await errands.answer("c-3", let_in=False) == {"opened": False}
        assert len(hub.sent("/api/v1/kiosk/calls/c-3/decline")) == 1

    tell(disk, story)


def test_a_hub_that_is_away_rings_nobody_and_rings_again_when_back(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        hub.ring()
        await asyncio.sleep(1)
        hub.away = True
        hub.rang.set()
        await asyncio.sleep(60)
        assert here.agent.state()["call"] is None
        hub.away = False
        hub.ring(call="c-9")
        await asyncio.sleep(10)
        assert here.agent.state()["call"]["id"] == "c-9"

    tell(disk, story)
