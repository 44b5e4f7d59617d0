"""The paper: commands out of any chunks, what they leave on the roll, and its picture."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from drivers.escpos import DOTS_A_COLUMN, Align, Slip
from simulators.ends import PaperEnd
from simulators.ends.paper import (
    BUFFER_MOST_BYTES,
    LINES_MOST,
    Code,
    Gap,
    Line,
    Order,
    Paper,
    PaperDeframer,
    Picture,
    Printed,
    text_of,
)
from simulators.ends.paper_picture import EDGE_DOTS, LINE_DOTS, draw

H = bytes.fromhex
SVG = "{http://www.w3.org/2000/svg}"


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    marks = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[a:b] for a, b in pairwise(marks)]


def orders(*hexes: str) -> list[Order]:
    return PaperDeframer().feed(H("".join(hexes)))


def paper(*hexes: str) -> Paper:
    made = Paper()
    for order in orders(*hexes):
        made.do(order)
    return made


leads = st.sampled_from(list(H("1b1d1c10")))
noise = st.one_of(
    st.binary(max_size=200),
    st.lists(st.tuples(leads, st.integers(0, 255), st.binary(max_size=6)), max_size=20).map(
        lambda parts: b"".join(bytes((a, b)) + c for a, b, c in parts)
    ),
)


@given(noise, st.lists(st.integers(0, 2**16)))
def test_any_chunking_gives_the_same_orders_and_nothing_raises(
    stream: bytes, cuts: list[int]
) -> None:
    whole, parts = PaperDeframer(), PaperDeframer()
    found = [order for chunk in cut(stream, cuts) for order in parts.feed(chunk)]
    assert found == whole.feed(stream)
    assert parts.held == whole.held < PaperDeframer.most_bytes
    made = Paper()
    for order in [*found, *parts.idle()]:
        made.do(order)
    draw(made.strip, 32)
    text_of(made.strip)


@pytest.mark.parametrize(
    "stream",
    ["1b40", "1b6101", "1d2111", "1d5600", "1d564203", "1d763000010002008001", "1d286b0300315130",
     "1d6b02313233 00", "1d6b430c 343030363338313333333933",
     "1b2a2102 00aabbccddeeff", "1b7000ffff",
     "100401", "100502", "10140801031401060208", "10140100 05", "1c26", "1d6b0041 00"],
)  # fmt: skip
def test_each_command_takes_what_is_its_own_and_no_more(stream: str) -> None:
    found = orders(stream, "41")
    assert len(found) == 2
    assert found[1] == Order(b"text", b"A")
    assert found[0].size_bytes == len(H(stream))


def test_letters_of_one_two_and_four_bytes() -> None:
    assert [order.body for order in orders("41 c1f8 8139ee39 42")] == [
        b"A", "柳".encode("gb18030"), H("8139ee39"), b"B",
    ]  # fmt: skip
    assert [order.body for order in orders("1c2e c1 f8")][1:] == [b"\xc1", b"\xf8"]
    assert [order.body for order in orders("1c2e 1b40 c1f8")][2:] == [b"\xc1\xf8"]


def test_what_no_printer_knows_is_counted() -> None:
    deframer = PaperDeframer()
    assert deframer.feed(H("00 01 1bff 41 1d05")) == [Order(b"text", b"\xff\x41")]
    assert deframer.dropped == 5


def test_a_strip_has_an_end_and_so_has_the_tray() -> None:
    made = Paper()
    for _ in range(LINES_MOST + 5):
        made.do(Order(b"\n"))
    assert len(made.strip) == LINES_MOST
    for _ in range(200):
        made.do(Order(b"\n"))
        made.do(Order(b"\x1dV", b"\x00"))
    assert len(made.slips) == made.slips.maxlen
    assert made.strip == []


def test_looks_of_lines() -> None:
    made = paper("1b6102 1b4501 1d2131 41 0a", "1b2138 42 0a", "1b40 43 0a", "44 1b6402")
    assert made.strip == [
        Line("A", 2, True, 4, 2),
        Line("B", 2, True, 2, 2),
        Line("C"),
        Line("D"),
        Gap(2),
    ]


async def test_a_printer_that_stands_still_keeps_only_what_its_buffer_holds() -> None:
    end = PaperEnd()
    end.jam()
    end._heard(b"x" * (BUFFER_MOST_BYTES // 5 + 100))
    assert sum(order.size_bytes for order in end._queue) <= BUFFER_MOST_BYTES
    assert end.lost_bytes > 0
    end._heard(H("10140801031401060208"))
    assert not end._queue
    end.unjam()
    assert text_of(end.paper.strip) == ""
    end.close()


# --- the picture ------------------------------------------------------------------------------


def test_a_slip_is_a_picture_of_its_own_size() -> None:
    slip = Slip(32)
    slip.look(align=Align.CENTRE, bold=True, scale=2)
    slip.line("柳溪 <1>")
    slip.look()
    slip.line("a b")
    made = Paper()
    for order in PaperDeframer().feed(b"".join(slip.commands)):
        made.do(order)
    picture = ET.fromstring(draw(made.strip, 32))  # noqa: S314 - our own
    assert picture.get("viewBox") == f"0 0 {32 * DOTS_A_COLUMN + 48} {3 * LINE_DOTS + 48}"
    title, line = picture.iter(f"{SVG}text")
    assert title.text == "柳溪<1>"
    assert (title.get("font-weight"), title.get("transform")) == ("bold", "scale(2 2)")
    places = [int(x) * 2 for x in (title.get("x") or "").split()]
    assert places[0] - EDGE_DOTS == 32 * DOTS_A_COLUMN - (places[-1] + 24 - EDGE_DOTS)
    assert [int(x) for x in (line.get("x") or "").split()] == [EDGE_DOTS, EDGE_DOTS + 24]


def test_dots_of_codes_and_pictures_are_drawn_where_they_belong() -> None:
    text = "https://linli.example/r/1"
    matrix = [
        bytes(row) for row in segno.make(text, error="m", micro=False, boost_error=False).matrix
    ]
    black = sum(map(sum, matrix))
    things: list[Printed] = [Code(text, 3, "M", 1), Picture(1, b"\x81\x00", 2)]
    picture = ET.fromstring(draw(things, 32))  # noqa: S314 - our own
    code, dots = [path.get("d") or "" for path in picture.iter(f"{SVG}path")]
    area = sum(int(run.split("h")[1].split("v")[0]) for run in code.split("z")[:-1])
    assert area == black * 3
    right = EDGE_DOTS + 32 * DOTS_A_COLUMN
    top = EDGE_DOTS + len(matrix) * 3
    assert dots == f"M{right - 8} {top}h1v1h-1zM{right - 1} {top}h1v1h-1z"


@pytest.mark.parametrize("function", ["43", "45", "50", "51"])
def test_a_function_that_ends_before_its_setting_sets_nothing(function: str) -> None:
    """Found by luck: a length that counts too little ended the whole printer."""
    assert paper("1d286b020031", function, "1d286b0300315130").strip == []


@pytest.mark.parametrize(("level", "most"), [("30", 2953), ("31", 2331), ("32", 1663)])
def test_a_code_larger_than_any_is_not_printed(level: str, most: int) -> None:
    for size, printed in ((most, [Code]), (most + 1, [])):
        told = b"\x31\x50\x30" + b"a" * size
        stored = "1d286b" + (len(told).to_bytes(2, "little") + told).hex()
        made = paper("1d286b03003145", level, stored, "1d286b0300315130")
        assert [type(thing) for thing in made.strip] == printed
        assert draw(made.strip, 48).startswith("<svg")
