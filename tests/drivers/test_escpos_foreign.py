"""python-escpos, which nobody here wrote, prints on our paper and asks it how it is."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from simulators.ends import PaperEnd
from simulators.ends.paper import Code, Gap, Line, Picture
from tests.drivers.waiting import until

foreign = pytest.importorskip("escpos.printer", reason="python-escpos is not installed")
from PIL import Image  # noqa: E402 - comes with python-escpos

TITLE = "柳溪新村 物业费"


async def work(end: PaperEnd, story: Callable[[Any], Any]) -> Any:
    """Let the foreign program do something with our line, in a thread of its own."""

    def run() -> Any:
        printer = foreign.Serial(devfile=end.path, baudrate=9600, timeout=0.2, dsrdtr=False)
        try:
            return story(printer)
        finally:
            printer.close()

    return await asyncio.to_thread(run)


def receipt(printer: Any) -> None:
    printer.set(align="center", bold=True, double_height=True, double_width=True)
    printer.text("Willow\n")
    printer.set(align="left", bold=False, normal_textsize=True)
    printer._raw(TITLE.encode("gb18030") + b"\n")
    printer.text("Total 106.80\n")
    printer.qr("https://linli.example/r/1", native=True, size=4)
    dot = Image.new("1", (64, 32), 1)
    for at in range(32):
        dot.putpixel((at, at), 0)
    printer.image(dot, impl="bitImageRaster")
    printer.cashdraw(2)
    printer.cut()


async def test_what_it_prints_stands_on_our_paper() -> None:
    end = PaperEnd(columns=48)
    await work(end, receipt)
    await until(lambda: bool(end.slips))
    lines = [thing for thing in end.slips[0] if isinstance(thing, Line) and thing.text]
    assert [line.text for line in lines] == ["Willow", TITLE, "Total 106.80"]
    assert (lines[0].align, lines[0].bold, lines[0].across, lines[0].down) == (1, True, 2, 2)
    assert (lines[1].align, lines[1].bold, lines[1].across) == (0, False, 1)
    (code,) = [thing for thing in end.slips[0] if isinstance(thing, Code)]
    assert (code.text, code.module_dots) == ("https://linli.example/r/1", 4)
    (picture,) = [thing for thing in end.slips[0] if isinstance(thing, Picture)]
    assert picture.row_bytes == 8
    black = [(picture.dots[row * 8 + row // 8] >> (7 - row % 8)) & 1 for row in range(32)]
    assert black == [1] * 32
    assert sum(byte.bit_count() for byte in picture.dots) == 32
    assert end.paper.drawer_opened == 1
    assert end.unknown_bytes == 0
    assert not [thing for thing in end.paper.strip if not isinstance(thing, Gap)]
    end.close()


async def test_its_questions_are_answered() -> None:
    end = PaperEnd()
    assert await work(end, lambda p: (p.is_online(), p.paper_status())) == (True, 2)
    end.paper_low()
    assert await work(end, lambda p: (p.is_online(), p.paper_status())) == (True, 1)
    end.paper_out()
    assert await work(end, lambda p: (p.is_online(), p.paper_status())) == (False, 0)
    end.new_roll()
    end.open_cover()
    assert await work(end, lambda p: (p.is_online(), p.paper_status())) == (False, 2)
    end.close()


async def test_its_picture_is_the_same_in_the_printers_older_tongues() -> None:
    end = PaperEnd()
    dot = Image.new("1", (24, 24), 0)

    def columns(printer: Any) -> None:
        printer.image(dot, impl="bitImageColumn")
        printer.barcode("4006381333931", "EAN13", 64, 2)
        printer.cut()

    await work(end, columns)
    await until(lambda: bool(end.slips))
    assert end.unknown_bytes == 0
    end.close()
