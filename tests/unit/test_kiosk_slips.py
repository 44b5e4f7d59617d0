"""Slips beside a visit, in virtual time: a printer may do what it likes, money goes its own way."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.disk import Disk
from kiosk.paper import AskSlip, NoPrinter, PaidSlip, PaperState, SlipOf
from tests.unit.kiosk_town import TownHub
from tests.unit.test_kiosk_agent import Kiosk, refusal, tell


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path / "kiosk.db", synced=False)
    yield made
    made.close()


class Printer(NoPrinter):
    """A printer that works until its roll ends; ``trouble`` is raised instead."""

    def __init__(self) -> None:
        super().__init__()
        self.state = PaperState.OK
        self.slips: list[SlipOf] = []
        self.trouble: Exception | None = None

    async def print(self, slip: SlipOf) -> bool:
        await asyncio.sleep(2.0)
        if self.trouble is not None:
            raise self.trouble
        if self.state.prints:
            self.slips.append(slip)
        return self.state.prints


def slips_of(here: Kiosk) -> list[str]:
    return [
        body["receipt"]["slip"]
        for event, body in here.heard()
        if event == "payment" and body and body["receipt"]
    ]


def test_a_printer_says_how_its_slips_come_out(disk: Disk) -> None:
    printer = Printer()

    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.visit_by_house()
        hub.scan((await here.agent.pay("b-1"))["id"])
        here.heard()
        await asyncio.sleep(5)
        assert slips_of(here) == ["printing", "printed"]
        await here.agent.print()
        first, again = printer.slips
        assert first == again
        assert isinstance(first, PaidSlip)
        assert first.receipt.number == here.payment()["receipt"]["number"]
        assert (first.kind, first.period) == (here.payment()["kind"], here.payment()["period"])
        printer.state = PaperState.OUT
        no = await refusal(here.agent.print())
        assert (no.code, no.say) == ("paper_out", None)  # the page has its own words for this
        printer.state = PaperState.STUCK
        no = await refusal(here.agent.print())
        assert no.code == "paper_out"
        assert no.say is not None
        assert "printer does not work" in no.say.en

    tell(disk, story, paper=printer)


@pytest.mark.parametrize("trouble", [None, OSError("burnt"), ValueError("ours")])
def test_whatever_a_printer_does_the_payment_is_paid(disk: Disk, trouble: Exception | None) -> None:
    printer = Printer()
    printer.trouble = trouble

    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.visit_by_house()
        made = await here.agent.pay("b-1")
        hub.scan(made["id"])
        here.heard()
        if trouble is None:
            await asyncio.sleep(1.5)
            printer.state = PaperState.OUT  # the roll ends in the middle of the slip
        await asyncio.sleep(5)
        assert slips_of(here) == ["printing", "failed"]
        assert (here.payment()["state"], here.payment()["receipt"]["slip"]) == ("paid", "failed")
        held = disk.receipt(made["id"])
        assert held is not None
        assert held.number == here.payment()["receipt"]["number"]
        assert not here.running.done()
        here.agent.end()
        await here.visit_by_house()
        printer.state, printer.trouble = PaperState.OK, None
        hub.scan((await here.agent.pay("b-2"))["id"])
        await asyncio.sleep(5)
        assert here.payment()["receipt"]["slip"] == "printed"

    tell(disk, story, paper=printer)


def test_a_question_that_lasts_gets_a_slip_to_ask_with_and_only_one(disk: Disk) -> None:
    printer = Printer()

    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.visit_by_house()
        await here.agent.pay("b-1")
        hub.away = True
        here.agent.close()
        await asyncio.sleep(1.0)
        assert here.payment()["state"] == "checking"
        assert printer.slips == []  # most questions are answered by now
        await asyncio.sleep(20.0)
        assert printer.slips == [AskSlip(here.payment()["slip_number"])]
        here.agent._slips.follow()  # as when a code came and went in between
        await asyncio.sleep(20.0)
        assert len(printer.slips) == 1

    tell(disk, story, paper=printer)


def test_a_question_that_was_answered_or_left_needs_no_slip(disk: Disk) -> None:
    printer = Printer()

    async def story(hub: TownHub, here: Kiosk) -> None:
        await here.visit_by_house()
        await here.agent.pay("b-1")
        hub.away = True
        here.agent.close()
        here.agent.end()
        await asyncio.sleep(20.0)
        assert printer.slips == []

    tell(disk, story, paper=printer)
