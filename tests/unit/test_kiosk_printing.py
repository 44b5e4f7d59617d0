"""Slips of a kiosk on real paper: what stands on them, and payments no printer can lose."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devices.identity import Identity, adoption_json
from devices.jws import Signer
from devices.mistake import Mistake
from devices.passes import Pass, PassDoor, sign
from drivers import escpos_printer
from drivers.catalogue import open_printer
from drivers.escpos import Status
from drivers.escpos_printer import EscposPrinter
from kiosk import verbs
from kiosk.app import listen
from kiosk.disk import Disk
from kiosk.errors import Refused
from kiosk.paper import PASS_ON_GLASS, AskSlip, NoPrinter, PaidSlip, PaperState, PassSlip, SlipOf
from kiosk.printing import SlipPrinter, compose, yuan
from kiosk.session import Guest, Receipt
from simulators.ends import PaperEnd, Rdm6300End
from simulators.ends.paper import Code, Line, Paper, PaperDeframer, text_of
from tests.drivers.waiting import until
from tests.unit.door_bench import HUB, Hub
from tests.unit.door_bench import SITE as SITE_ID
from tests.unit.kiosk_town import HOUSE, InHand, TownHub
from tests.unit.test_kiosk_agent import CARD, Kiosk

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


def pass_slip(language: str, **how: Any) -> PassSlip:
    doors = ({"zh-Hans": "北门", "zh-Hant": "北門", "en": "North gate"},
             {"zh-Hans": "1幢2单元门", "zh-Hant": "1幢2單元門", "en": "Entrance 1-2"})  # fmt: skip
    return PassSlip(Guest(doors, "2026-11-23T16:30:00Z", **how), language)


GUEST_WORDS = {
    "zh-Hans": ["访客通行码", "北门", "1幢2单元门", "有效到", "每扇门只开一次", "用完撕掉"],
    "zh-Hant": ["訪客通行碼", "北門", "1幢2單元門", "有效至", "每扇門只開一次", "用完撕掉"],
    "en": ["Visitor's pass", "North gate", "Entrance 1-2", "Good until", "opens each door once",
           "tear it up"],
}  # fmt: skip


@pytest.mark.parametrize("language", GUEST_WORDS)
def test_a_pass_on_paper_says_where_and_until_when_in_the_language_asked_for(language: str) -> None:
    slip = pass_slip(language, text=a_pass())
    (things,) = on_paper(slip, "en" if language != "en" else "zh-Hans", SITE).slips
    text = text_of(things).replace("\n", "" if language != "en" else " ")
    for words in [SITE["name"][language], *GUEST_WORDS[language], "2026-11-24 00:30"]:
        assert words in text
    assert "1-2-302" not in text, "whoever finds the slip does not learn whose guest it was"
    assert [thing.text for thing in things if isinstance(thing, Code)] == [a_pass()]


@pytest.mark.parametrize("language", GUEST_WORDS)
def test_a_code_on_paper_is_in_groups_that_the_eye_keeps(language: str) -> None:
    (things,) = on_paper(pass_slip(language, code="482119305"), "en", SITE).slips
    (digits,) = [thing for thing in things if isinstance(thing, Line) and "482" in thing.text]
    assert (digits.text, digits.across, digits.bold) == ("482 119 305", 2, True)
    assert not [thing for thing in things if isinstance(thing, Code)]
    assert "#" in text_of(things)


def a_pass(doors: int = 4) -> str:
    """The longest text that a hub signs for so many doors."""
    named = tuple(PassDoor(f"{'controller-of-the-':-<60}{n}", n) for n in range(1, doors + 1))
    signer = Signer("pass-1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    visit = Pass("v-" + "0" * 16, named, 1_795_449_600, 1_795_449_600 + 7_200, "p" * 64)
    return sign(visit, "liuxi", signer)


@pytest.mark.parametrize("columns", [32, 48])
@pytest.mark.parametrize("doors", [1, 4])
def test_a_pass_fits_the_roll_with_its_quiet_ground(columns: int, doors: int) -> None:
    text = a_pass(doors)
    (things,) = on_paper(pass_slip("en", text=text), "en", SITE, columns).slips
    (code,) = [thing for thing in things if isinstance(thing, Code)]
    bytewise = segno.make(text, error="m", mode="byte", micro=False)
    assert (len(bytewise.matrix) + 8) * code.module_dots <= columns * 12
    assert code.module_dots >= 3
    assert code.align == 1


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


async def test_a_pass_comes_out_when_it_is_asked_for_and_goes_with_the_visit(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        errands = at.kiosk.agent.errands
        at.kiosk.reader.queue.put_nowait(InHand(await at.hub.issue(CARD)))
        await until(lambda: at.kiosk.agent.state()["session"] is not None)
        with pytest.raises(Refused, match="not_found"):
            await errands.print("en")
        await errands.invite("Visitor", ["d-1"], 2, typed=False)
        assert not at.end.slips, "only who wants it on paper gets it there"
        assert await errands.print("en") == {"printed": True}
        await errands.invite("Visitor", ["d-1"], 2, typed=True)
        assert await errands.print("zh-Hant") == {"printed": True}
        scanned, typed = (text_of(slip) for slip in at.end.slips)
        assert "[PASS]" in scanned
        assert "Visitor's pass" in scanned
        assert "123 456 789" in typed
        assert "訪客開門號碼" in typed
        at.end.jam()
        await at.paper(PaperState.STUCK)
        with pytest.raises(Refused) as refused:
            await errands.print("en")
        assert (refused.value.code, refused.value.say) == ("paper_out", PASS_ON_GLASS)
        at.kiosk.agent.end()
        assert at.kiosk.session.guest is None
        with pytest.raises(Refused, match="lookup_expired"):
            await errands.print("en")


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


def adopt(folder: Path, hub: Hub) -> None:
    """A kiosk whose hub and broker nobody answers at."""
    identity = Identity.make("kiosk-1", "kiosk")
    identity.save(folder)
    root = hub.root.public_key().public_bytes_raw()
    broker: dict[str, str | int | None] = {"host": "127.0.0.1", "port": 9}
    text = adoption_json(identity.public, SITE_ID, HUB, root, hub.keyset(), broker, "secret", None)
    (folder / "adoption.json").write_text(text, encoding="utf-8")


async def test_the_program_finds_its_printer_and_says_what_is_wrong_with_it(
    tmp_path: Path,
) -> None:
    adopt(tmp_path, Hub())
    reader, end = Rdm6300End(), PaperEnd()
    end.open_cover()
    with contextlib.closing(listen(0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "device.toml").write_text(
        f'[kiosk]\nreader = "rdm6300+serial://{reader.path}"\nport = {port}\n'
        f'printer = "escpos+serial://{end.path}"\n[hub]\nurl = "http://127.0.0.1:9"\n',
        encoding="utf-8",
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "devices.cli", "kiosk", "run", "--data", str(tmp_path), stderr=PIPE,
        stdout=DEVNULL,
    )  # fmt: skip
    assert process.stderr is not None
    told = ""
    while "printer: away" not in told:
        told += (line := (await process.stderr.readline()).decode())
        assert line, told
    assert "cover open; check the cover" in told
    end.close_cover()
    while "printer: here" not in told:
        told += (line := (await process.stderr.readline()).decode())
        assert line, told
    process.terminate()
    await process.communicate()
    assert process.returncode == 0
    reader.close()
    end.close()
