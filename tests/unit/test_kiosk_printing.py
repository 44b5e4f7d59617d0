"""Slips of a kiosk on real paper: what stands on them, and payments no printer can lose."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from devices.mistake import Mistake
from drivers import escpos_printer
from drivers.catalogue import open_printer
from drivers.escpos import Status
from drivers.escpos_printer import EscposPrinter
from kiosk import verbs
from kiosk.disk import Disk
from kiosk.paper import AskSlip, NoPrinter, PaidSlip, PaperState, SlipOf
from kiosk.printing import SlipPrinter, compose, yuan
from kiosk.session import Receipt
from simulators.ends import PaperEnd
from simulators.ends.paper import Code, Paper, PaperDeframer, text_of
from tests.drivers.waiting import until
from tests.unit.kiosk_town import HOUSE, TownHub
from tests.unit.test_kiosk_agent import Kiosk

SITE: dict[str, Any] = {
    "name": {"zh-Hans": "柳溪新村", "zh-Hant": "柳溪新村", "en": "Willow Brook"},
    "time_zone": "Asia/Shanghai",
}
RECEIPT = Receipt(
    "LX20261123-0007", "2026-11-23T16:05:06Z", 10_680, "1-2-302", "4200002026112300001234567890"
)
PAID = PaidSlip(RECEIPT, "property", "2026-Q4")


def on_paper(slip: SlipOf, language: str, site: dict[str, Any], columns: int = 32) -> Paper:
    paper, deframer = Paper(), PaperDeframer()
    for order in deframer.feed(b"".join(compose(slip, site, language, columns).commands)):
        paper.do(order)
    assert deframer.dropped == deframer.held == 0
    return paper


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-Hans", ["柳溪新村", "缴费收据", "物业费 2026-Q4", "微信支付", "请收好小票。"]),
        ("zh-Hant", ["柳溪新村", "繳費收據", "管理費 2026-Q4", "微信支付", "請收好收據條。"]),
        ("en", ["Willow Brook", "Receipt", "Property fee 2026-Q4", "WeChat Pay", "Please keep"]),
    ],
)
def test_a_receipt_says_what_was_paid_in_the_language_of_the_wall(
    language: str, words: list[str]
) -> None:
    (slip,) = on_paper(PAID, language, SITE).slips
    text = text_of(slip)
    for word in [*words, "LX20261123-0007", "1-2-302", "￥106.80", RECEIPT.provider_ref]:
        assert word in text
    assert "2026-11-24 00:05" in text  # on the clock of the wall
    assert Code("LX20261123-0007", 6, "M", 1) in slip


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_a_question_has_its_number_and_says_not_to_pay_again(language: str) -> None:
    (slip,) = on_paper(AskSlip("3FA9-B01C"), language, SITE).slips
    text = text_of(slip).replace("\n", "")
    assert "3FA9-B01C" in text
    assert any(words in text for words in ("不要再付", "do not pay again"))


def test_a_kiosk_that_never_met_its_hub_still_prints() -> None:
    odd = PaidSlip(Receipt("N-1", "yesterday", 5, "\x1bp", "r"), "garbage", "2026")
    for site in ({}, {"name": None}, {"name": {}, "time_zone": "Nowhere/At_All"}):
        paper = on_paper(odd, "en", site)
        text = text_of(paper.slips[0])
        assert "yesterday" in text
        assert "garbage 2026" in text
        assert "￥0.05" in text
        assert paper.drawer_opened == 0


def test_amounts_are_whole_fen() -> None:
    assert [yuan(fen) for fen in (0, 7, 100, 10_007)] == ["￥0.00", "￥0.07", "￥1.00", "￥100.07"]


# --- a kiosk with a printer ---------------------------------------------------------------------


class Desk:
    """A kiosk before a hub, with a printer on a real pseudo-terminal."""

    def __init__(self, kiosk: Kiosk, hub: TownHub, disk: Disk, end: PaperEnd) -> None:
        self.kiosk, self.hub, self.disk, self.end = kiosk, hub, disk, end

    async def pay(self, bill: str) -> str:
        """Pay a bill as a person with a phone; the payment's id."""
        await self.kiosk.visit_by_house()
        made = await self.kiosk.agent.pay(bill)
        self.hub.scan(made["id"])
        await until(lambda: self.kiosk.payment()["state"] == "paid")
        await until(lambda: self.kiosk.payment()["receipt"]["slip"] != "printing")
        return str(made["id"])

    @property
    def slip(self) -> str:
        return str(self.kiosk.payment()["receipt"]["slip"])

    async def paper(self, state: PaperState) -> None:
        await until(lambda: self.kiosk.agent.state()["paper"] == state.value)


@contextlib.asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    hub, end = TownHub(slow_s=0.001), PaperEnd()
    disk = Disk(folder / "kiosk.db", synced=False)
    printer = open_printer(f"escpos+serial://{end.path}", lambda _: b"")
    paper = SlipPrinter(printer, lambda slip, columns: compose(slip, SITE, "zh-Hans", columns))
    assert paper.state is PaperState.STUCK  # nobody has heard of it yet
    kiosk = Kiosk(hub, disk, paper=paper)
    try:
        await until(lambda: kiosk.agent.online)
        made = Desk(kiosk, hub, disk, end)
        await made.paper(PaperState.OK)
        yield made
    finally:
        await kiosk.kill()
        await printer.close()
        end.close()
        disk.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escpos_printer, "LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(escpos_printer, "REPLY_S", 0.1)


async def test_a_payment_prints_its_receipt(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        payment = await at.pay("b-1")
        assert at.slip == "printed"
        held = at.disk.receipt(payment)
        assert held is not None
        assert held.number in at.end.text
        assert HOUSE in at.end.text
        assert yuan(held.amount_fen) in at.end.text


async def test_a_roll_that_ends_in_the_slip_loses_no_payment(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.end.lines_left = 4
        payment = await at.pay("b-1")
        assert at.slip == "failed"
        assert at.disk.receipt(payment) is not None
        assert [order.outcome for order in at.disk.finished()] == ["paid"]
        await at.paper(PaperState.OUT)
        await until(lambda: not at.end._queue)  # it has been told to forget
        assert not at.end.slips
        at.kiosk.agent.end()
        at.end.new_roll()
        await at.paper(PaperState.OK)
        at.end.paper.strip.clear()  # somebody tears off what hangs out
        again = await at.pay("b-2")
        assert at.slip == "printed"
        (slip,) = at.end.slips
        second, first = at.disk.receipt(again), at.disk.receipt(payment)
        assert second is not None
        assert first is not None
        assert second.number in text_of(slip)
        assert first.number not in text_of(slip)  # nobody gets a stranger's receipt


@pytest.mark.parametrize(
    ("spoil", "mend"),
    [
        (PaperEnd.jam, PaperEnd.unjam),
        (PaperEnd.open_cover, PaperEnd.close_cover),
        (PaperEnd.unplug, PaperEnd.plug),
    ],
)
async def test_a_printer_that_needs_a_hand_is_told_and_money_goes_on(
    tmp_path: Path, spoil: Any, mend: Any
) -> None:
    async with desk(tmp_path) as at:
        spoil(at.end)
        await at.paper(PaperState.STUCK)
        payment = await at.pay("b-1")
        assert at.slip == "failed"
        assert at.disk.receipt(payment) is not None
        mend(at.end)
        await at.paper(PaperState.OK)
        await at.kiosk.agent.print()
        assert at.slip == "printed"
        papers = [body for event, body in at.kiosk.heard() if event == "paper"]
        assert papers[-2:] == ["stuck", "ok"]


async def test_a_low_roll_is_told_and_prints(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.end.paper_low()
        await at.paper(PaperState.LOW)
        await at.pay("b-1")
        assert at.slip == "printed"


# --- its device.toml ----------------------------------------------------------------------------


def test_without_a_printer_in_its_wires_a_kiosk_says_so(tmp_path: Path) -> None:
    disk: Any = SimpleNamespace(kept=lambda _: None)
    settings: Any = SimpleNamespace(printer="", language="en")
    assert isinstance(verbs._paper(settings, disk), NoPrinter)
    settings.printer = "qr+serial:///dev/a"
    with pytest.raises(Mistake, match="qr is not a printer"):
        verbs._paper(settings, disk)


async def test_the_wires_name_the_printer_and_the_slip_its_site(tmp_path: Path) -> None:
    end = PaperEnd()
    disk: Any = SimpleNamespace(kept={"site": SITE}.get)
    settings: Any = SimpleNamespace(printer=f"escpos+serial://{end.path}?columns=48", language="en")
    paper = verbs._paper(settings, disk)
    assert isinstance(paper, SlipPrinter)
    printer = paper._printer
    assert isinstance(printer, EscposPrinter)
    await until(lambda: paper.state is PaperState.OK)
    assert await paper.print(PAID)
    assert "Willow Brook" in end.text
    assert "-" * 48 in end.text
    printer.status = Status()
    await printer.close()
    assert not await paper.print(PAID)
    end.close()


async def test_an_impossible_slip_is_no_fault_of_the_kiosk(tmp_path: Path) -> None:
    end = PaperEnd()
    printer = open_printer(f"escpos+serial://{end.path}", lambda _: b"")
    paper = SlipPrinter(printer, lambda slip, columns: compose(slip, SITE, "en", columns))
    await until(lambda: paper.state is PaperState.OK)
    endless = PaidSlip(Receipt("x" * 700, "t", 1, "h", "r"), "water", "2026")
    assert not await paper.print(endless)
    await asyncio.sleep(0)
    await printer.close()
    end.close()
