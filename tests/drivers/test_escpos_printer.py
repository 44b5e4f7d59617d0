"""A slip printer on a real pseudo-terminal: slips that came out, and slips that did not."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from drivers import escpos_printer
from drivers.catalogue import CatalogueError, open_printer
from drivers.escpos import Slip, Trouble
from drivers.escpos_printer import EscposPrinter, PrinterFault
from simulators.ends import Noise, PaperEnd
from simulators.ends.paper import text_of
from tests.drivers.waiting import until

LINES = ["一", "two", "三", "four", "五"]


def slip(lines: list[str] = LINES) -> Slip:
    made = Slip()
    for line in lines:
        made.line(line)
    made.cut()
    return made


class Desk:
    """A printer, its far end, and what the driver told of it."""

    def __init__(self, end: PaperEnd, settings: str) -> None:
        self.end = end
        self.told: list[tuple[bool, str]] = []
        self.changes = 0
        self.printer = open_printer(
            f"escpos+serial://{end.path}{settings}",
            lambda _: b"",
            on_state=lambda online, why: self.told.append((online, why)),
        )
        self.printer.on_status = self._changed

    def _changed(self) -> None:
        self.changes += 1

    async def trouble(self, trouble: Trouble | None) -> None:
        await until(lambda: self.printer.status.trouble is trouble)

    async def fault(self) -> str:
        with pytest.raises(PrinterFault) as fault:
            await self.printer.print(slip())
        return str(fault.value)

    @property
    def texts(self) -> list[str]:
        return [text_of(things) for things in self.end.slips]


@asynccontextmanager
async def desk(end: PaperEnd | None = None, settings: str = "") -> AsyncIterator[Desk]:
    made = Desk(end if end is not None else PaperEnd(), settings)
    try:
        await until(lambda: bool(made.told))
        yield made
    finally:
        await made.printer.close()
        made.end.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that a printer on a pseudo-terminal does not need."""
    monkeypatch.setattr(escpos_printer, "REPLY_S", 0.1)
    monkeypatch.setattr(escpos_printer, "FENCE_S", 0.5)
    monkeypatch.setattr(escpos_printer, "SETTLE_S", 0.2)
    monkeypatch.setattr(escpos_printer, "LOOK_EVERY_S", 0.1)


async def test_a_slip_comes_out_and_is_cut() -> None:
    async with desk() as at:
        await at.printer.print(slip())
        assert at.texts == ["\n".join(LINES)]
        assert at.end.unknown_bytes == 0
        assert at.told == [(True, f"printer at {at.end.path}")]
        assert at.printer.dropped_bytes == 0


async def test_a_long_slip_goes_out_in_pieces_and_comes_out_whole() -> None:
    lines = [f"{n} 柳溪新村物业收费" for n in range(200)]
    async with desk() as at:
        await at.printer.print(slip(lines))
        assert at.texts == ["\n".join(lines)]
        assert at.end.lost_bytes == 0


async def test_two_slips_at_once_come_out_one_after_the_other() -> None:
    async with desk() as at:
        await asyncio.gather(at.printer.print(slip(["a"] * 90)), at.printer.print(slip(["b"] * 90)))
        assert at.texts == ["\n".join("a" * 90), "\n".join("b" * 90)]


HANDS: list[tuple[Callable[[PaperEnd], None], Callable[[PaperEnd], None], Trouble, str]] = [
    (PaperEnd.paper_out, PaperEnd.new_roll, Trouble.OUT, "the roll"),
    (PaperEnd.open_cover, PaperEnd.close_cover, Trouble.COVER, "the cover"),
    (PaperEnd.jam, PaperEnd.unjam, Trouble.JAM, "the blade"),
]


@pytest.mark.parametrize(("spoil", "mend", "trouble", "check"), HANDS)
@pytest.mark.parametrize("reports", [True, False])
@pytest.mark.usefixtures("quick")
async def test_trouble_is_told_by_itself_and_ends_by_itself(
    spoil: Callable[[PaperEnd], None],
    mend: Callable[[PaperEnd], None],
    trouble: Trouble,
    check: str,
    reports: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not reports:  # a printer that only answers when it is asked
        monkeypatch.setattr(PaperEnd, "_report", lambda _: None)
    async with desk() as at:
        spoil(at.end)
        await at.trouble(trouble)
        assert not at.told[-1][0]
        assert trouble.value in at.told[-1][1]
        assert check in at.told[-1][1]
        assert trouble.value in await at.fault()
        mend(at.end)
        await at.trouble(None)
        await until(lambda: at.told[-1][0])
        await at.printer.print(slip())
        assert at.texts == ["\n".join(LINES)]  # and nothing of what was refused


async def test_a_roll_near_its_end_still_prints() -> None:
    async with desk() as at:
        at.end.paper_low()
        await until(lambda: bool(at.printer.status.paper_low))
        assert at.printer.status.trouble is None
        assert at.changes > 0
        await at.printer.print(slip())
        assert len(at.texts) == 1


@pytest.mark.usefixtures("quick")
async def test_the_rest_of_a_torn_slip_never_comes_out_to_the_next_person() -> None:
    async with desk() as at:
        at.end.lines_left = 3
        assert "out of paper" in await at.fault()
        await until(lambda: not at.end._queue)  # it has been told to forget
        at.end.new_roll()
        await at.trouble(None)
        assert text_of(at.end.paper.strip).split("\n") == LINES[:3]
        await at.printer.print(slip(["next"]))
        assert at.texts == ["\n".join([*LINES[:3], "next"])]


async def test_what_a_dead_host_left_in_the_buffer_does_not_come_out() -> None:
    end = PaperEnd()
    end.jam()
    end._heard(b"".join(slip(["a stranger"]).commands))
    assert end._queue
    async with desk(end) as at:
        await at.trouble(Trouble.JAM)
        end.unjam()
        await at.trouble(None)
        await at.printer.print(slip(["mine"]))
        assert at.texts == ["mine"]


@pytest.mark.usefixtures("quick")
async def test_a_printer_that_cannot_forget_is_the_limit_of_that() -> None:
    end = PaperEnd()
    end.knows_clear = False
    async with desk(end) as at:
        end.lines_left = 3
        await at.fault()
        end.new_roll()
        await until(lambda: bool(at.texts))
        assert at.texts == ["\n".join(LINES)]


@pytest.mark.usefixtures("quick")
async def test_paper_that_ends_with_the_slip_is_no_proof_that_it_came_out() -> None:
    async with desk() as at:
        at.end.lines_left = len(LINES)
        assert "out of paper" in await at.fault()


@pytest.mark.usefixtures("quick")
async def test_a_printer_without_fences_is_asked_afterwards() -> None:
    end = PaperEnd()
    end.knows_fence = False
    async with desk(end) as at:
        assert "did not come to the end" in await at.fault()
    end = PaperEnd()
    end.knows_fence = False
    async with desk(end, "?fence=0") as at:
        await at.printer.print(slip())
        assert at.texts == ["\n".join(LINES)]
        end.lines_left = 2
        assert "out of paper" in await at.fault()


@pytest.mark.usefixtures("quick")
async def test_a_printer_that_falls_silent_is_told_and_comes_back() -> None:
    async with desk() as at:
        at.end.is_silent = True
        await at.trouble(Trouble.SILENT)
        await until(lambda: not at.told[-1][0])
        assert "silent" in await at.fault()
        at.end.is_silent = False
        await at.trouble(None)
        await at.printer.print(slip())
        assert len(at.texts) == 1


@pytest.mark.usefixtures("quick")
async def test_a_printer_torn_from_its_line_in_the_middle_printed_nothing() -> None:
    async with desk() as at:
        printing = asyncio.ensure_future(at.printer.print(slip(["x" * 30] * 300)))
        await until(lambda: bool(at.end.paper.strip))
        at.end.unplug()
        with pytest.raises(PrinterFault, match=f"silent|{at.end.path}"):
            await printing
        at.end.paper.strip.clear()  # somebody tears off what hangs out
        await at.trouble(Trouble.SILENT)
        at.end.plug()
        await at.trouble(None)
        await at.printer.print(slip())
        assert at.texts == ["\n".join(LINES)]


@pytest.mark.usefixtures("quick")
async def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escpos_printer, "PRINT_S", 0.3)
    monkeypatch.setattr(escpos_printer, "FENCE_S", 100.0)
    end = PaperEnd()
    end.knows_fence = False
    async with desk(end) as at:
        assert "within" in await at.fault()
        assert not at.printer._turn.locked()


@pytest.mark.usefixtures("quick")
async def test_a_bad_line_claims_no_slip_that_is_not_there_and_heals() -> None:
    end = PaperEnd()
    async with desk(end) as at:
        end.line.noise = Noise(random.Random(5), flip=0.05, drop=0.05, insert=0.05)
        claimed = 0
        for _ in range(25):
            try:
                await at.printer.print(slip())
            except PrinterFault:
                continue
            claimed += 1
        assert claimed > 0
        assert end.line.noise.hits > 0
        end.line.noise = None
        await at.trouble(None)
        seen = len(at.texts)
        await at.printer.print(slip(["last"]))
        assert len(at.texts) == seen + 1
        assert at.texts[-1].endswith("last")


async def test_a_closed_printer_prints_nothing() -> None:
    async with desk() as at:
        await at.printer.close()
        assert "silent" in await at.fault()


async def test_a_printer_that_is_not_there_says_what_to_check(tmp_path: Path) -> None:
    told: list[str] = []
    printer = open_printer(
        f"escpos+serial://{tmp_path}/none",
        lambda _: b"",
        on_state=lambda online, why: told.append(why),
    )
    assert isinstance(printer, EscposPrinter)
    await until(lambda: bool(told))
    assert "no such port" in told[0]
    with pytest.raises(PrinterFault, match="silent"):
        await printer.print(slip())
    await printer.close()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("escpos+serial:///dev/a?columns=20", "columns is a number from 24 to 64"),
        ("qr+serial:///dev/a", "qr is not a printer; known: escpos"),
    ],
)
def test_wrong_urls_are_told(url: str, told: str) -> None:
    with pytest.raises(CatalogueError, match=told):
        open_printer(url, lambda _: b"")
