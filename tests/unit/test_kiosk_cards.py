"""What becomes of a card at the kiosk: each refusal is told apart, so that it has its own words."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from devices.reasons import REASONS
from drivers.kinds import NotIsoDep
from kiosk.disk import Disk
from kiosk.hub import HubRefused
from tests.unit.kiosk_town import InHand, TownHub
from tests.unit.test_kiosk_agent import CARD, Kiosk, tell


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "kiosk.db", synced=False)


REFUSED_AS = {
    "card_session_refused": "refused",
    "card_stopped": "stopped",
    "card_homeless": "homeless",
    "too_many": "many",
    "hub_busy": "busy",
    "lookup_expired": "busy",
    "phone_unknown": "fault",  # this kiosk is not adopted: nothing is wrong with the card
}


@pytest.mark.parametrize("code", REFUSED_AS)
@pytest.mark.parametrize("asked", ["/kiosk/cards/challenge", "/kiosk/cards/answer", "/kiosk/bills"])
def test_what_the_hub_says_of_a_card_reaches_whoever_holds_it(
    disk: Disk, code: str, asked: str
) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        genuine = await hub.issue(CARD)

        def refuse(path: str, body: Any) -> None:
            del body
            if path.endswith(asked):
                raise HubRefused(REASONS[code].http_status, code, {"code": code})

        hub.before = refuse
        here.heard()
        await here.tap(genuine)
        assert here.signs() == ["reading", REFUSED_AS[code]]

    tell(disk, story)


def test_an_old_card_a_fault_and_a_slow_hub_are_told_apart(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        genuine = await hub.issue(CARD)
        here.heard()

        class Old(InHand):
            async def transceive(self, apdu: bytes, timeout_s: float = 1.0) -> bytes:
                raise NotIsoDep

        class Strange(InHand):
            async def transceive(self, apdu: bytes, timeout_s: float = 1.0) -> bytes:
                raise RuntimeError("nobody thought of this")

        for card, sign in ((Old, "number"), (Strange, "fault")):
            here.reader.queue.put_nowait(card(genuine))
            await asyncio.sleep(1.0)
            assert here.signs() == ["reading", sign]
        hub.slow_s = 3.5  # two answers within their own time, and together too long
        here.reader.queue.put_nowait(InHand(genuine))
        await asyncio.sleep(8.0)
        assert here.signs() == ["reading", "busy"]

    tell(disk, story)


def test_a_card_that_comes_while_somebody_begins_to_pay_waits(disk: Disk) -> None:
    async def story(hub: TownHub, here: Kiosk) -> None:
        genuine = await hub.issue(CARD)
        here.heard()
        hub.slow_s = 1.0
        here.reader.queue.put_nowait(InHand(genuine))
        await asyncio.sleep(0.5)
        hub.slow_s = 0.01
        await here.visit_by_house()
        await here.agent.pay("b-1")
        await asyncio.sleep(2.0)
        assert here.signs() == ["reading", "taken"]
        assert here.payment()["state"] == "waiting"

    tell(disk, story)
