"""Slips as bytes: texts that can only print, bounds, and what a printer says of itself."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.escpos import (
    COMMAND_MOST_BYTES,
    QR_MOST_BYTES,
    SLIP_MOST_BYTES,
    Align,
    Reached,
    Report,
    Slip,
    SlipTooLong,
    Status,
    StatusDeframer,
    Told,
    Trouble,
    Word,
    fold,
    printable,
    width,
)
from simulators.ends.paper import Code, Line, Paper, PaperDeframer, Picture, text_of

H = bytes.fromhex
HEAD = H("1b401c26")
FINE = Status(True, False, False, False, False, False)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    marks = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[a:b] for a, b in pairwise(marks)]


def printed(slip: Slip) -> tuple[Paper, PaperDeframer]:
    """What a printer makes of it."""
    paper, deframer = Paper(), PaperDeframer()
    for order in deframer.feed(b"".join(slip.commands)):
        paper.do(order)
    return paper, deframer


# --- bytes ------------------------------------------------------------------------------------


def test_commands_are_those_of_the_makers_books() -> None:
    slip = Slip()
    slip.look(align=Align.CENTRE, bold=True, scale=2)
    slip.line("物业费")
    slip.feed(3)
    slip.cut()
    slip.drawer()
    assert b"".join(slip.commands) == HEAD + H(
        "1b6101 1b4501 1d2111 ceefd2b5b7d1 0a 1b6403 1d564200 1b700019fa"
    )


def test_a_code_of_the_printers_own() -> None:
    slip = Slip()
    slip.qr("AB", module_dots=5)
    assert b"".join(slip.commands) == HEAD + H(
        "1d286b0400 31413200 1d286b0300 314305 1d286b0300 314531 1d286b0500 3150304142"
        "1d286b0300 315130"
    )
    paper, _ = printed(slip)
    assert paper.strip == [Code("AB", 5, "M")]


def test_a_picture_goes_out_in_bands_that_join() -> None:
    rows = [bytes((n % 256, 255 - n % 256)) for n in range(1_200)]
    slip = Slip()
    slip.raster(rows)
    assert slip.commands[1][:8] == H("1d763000 0200 fc01")
    assert max(map(len, slip.commands)) <= COMMAND_MOST_BYTES
    paper, deframer = printed(slip)
    pictures = [thing for thing in paper.strip if isinstance(thing, Picture)]
    assert b"".join(picture.dots for picture in pictures) == b"".join(rows)
    assert {picture.row_bytes for picture in pictures} == {2}
    assert deframer.dropped == 0


def test_letters_are_gb_18030_and_the_yuan_is_the_wide_one() -> None:
    slip = Slip()
    slip.line("¥106.80 㐂 電費")
    assert slip.commands[1] == "￥106.80 㐂 電費\n".encode("gb18030")
    assert b"\xa3\xa4106.80" in slip.commands[1]  # two bytes; the narrow sign would be four


@given(st.text(max_size=120))
def test_whatever_somebody_is_called_it_only_prints(name: str) -> None:
    slip = Slip()
    slip.line(name)
    slip.pair(name, name)
    paper, deframer = printed(slip)
    assert deframer.dropped == deframer.held == 0
    assert paper.drawer_opened == 0
    assert not paper.slips
    shown = "".join(text_of(paper.strip).split())
    assert shown == "".join(printable(name).split()) * 3


def test_a_name_full_of_commands_is_a_row_of_question_marks() -> None:
    slip = Slip()
    slip.line("陈\x1bp\x00\x19\xfa静\x10\x04\x01\n\x1dV0")
    paper, _ = printed(slip)
    assert text_of(paper.strip) == "陈?p??ú静?????V0"
    assert paper.drawer_opened == 0


@given(st.text(st.characters(exclude_categories=["C", "Z", "M"]), max_size=80),
       st.integers(2, 48))  # fmt: skip
def test_every_line_fits_and_no_sign_is_lost(text: str, columns: int) -> None:
    lines = fold(text, columns)
    assert lines
    assert "".join(lines) == text
    assert all(width(line) <= columns for line in lines)


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("", 8, [""]),
        ("   ", 8, [""]),
        ("one two", 8, ["one two"]),
        ("one two", 5, ["one", "two"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("水费三元", 5, ["水费", "三元"]),
        ("pay 水费 now", 8, ["pay 水费", "now"]),
    ],
)
def test_words_stay_whole_where_they_can(text: str, columns: int, lines: list[str]) -> None:
    assert fold(text, columns) == lines


def test_a_pair_stands_at_both_edges_or_takes_two_lines() -> None:
    slip = Slip(16)
    slip.pair("金额", "￥1.00")
    slip.pair("reference", "4200001234567")
    slip.pair("no", "x" * 20)
    paper, _ = printed(slip)
    assert text_of(paper.strip).split("\n") == [
        "金额      ￥1.00",
        "reference",
        "   4200001234567",
        "no",
        "x" * 16,
        " " * 12 + "xxxx",
    ]


def test_scaled_lines_have_fewer_columns() -> None:
    slip = Slip(16)
    slip.look(scale=2)
    slip.line("柳溪新村物业")
    paper, _ = printed(slip)
    assert [thing.text for thing in paper.strip if isinstance(thing, Line)] == ["柳溪新村", "物业"]
    with pytest.raises(ValueError, match="1 to 8"):
        slip.look(scale=9)


def test_a_slip_has_bounds() -> None:
    slip = Slip()
    with pytest.raises(SlipTooLong, match=f"at most {QR_MOST_BYTES}"):
        slip.qr("x" * (QR_MOST_BYTES + 1))
    with pytest.raises(SlipTooLong, match="0 bytes"):
        slip.qr("")
    for rows in ([], [b""], [b"ab", b"a"], [bytes(73)]):
        with pytest.raises(SlipTooLong, match="rows of a picture"):
            slip.raster(rows)
    for _ in range((SLIP_MOST_BYTES - len(HEAD)) // 31):
        slip.line("x" * 30)
    for _ in range(2):
        with pytest.raises(SlipTooLong, match=str(SLIP_MOST_BYTES)):
            slip.line("x" * 30)
    assert len(b"".join(slip.commands)) <= SLIP_MOST_BYTES


@given(st.lists(st.integers(0, 300), max_size=40))
def test_pieces_end_between_commands(sizes: list[int]) -> None:
    slip = Slip()
    for size in sizes:
        slip.commands.append(b"x" * size)
    pieces = list(slip.pieces(256))
    assert b"".join(pieces) == b"".join(slip.commands)
    ends = {sum(map(len, slip.commands[:n])) for n in range(len(slip.commands) + 1)}
    at = 0
    for piece in pieces:
        at += len(piece)
        assert at in ends
        assert len(piece) <= 300


# --- what a printer says ----------------------------------------------------------------------


said = st.one_of(
    st.integers(0, 255).map(lambda n: Told(n & 0x6C | 0x12)),
    st.tuples(st.integers(0, 255), *[st.integers(0, 255)] * 3).map(
        lambda n: Report(bytes((n[0] & 0x6C | 0x10, *(byte & 0x6F for byte in n[1:]))))
    ),
    st.just(Reached()),
)


def sent(word: Word) -> bytes:
    match word:
        case Told(bits):
            return bytes((bits,))
        case Report(raw):
            return raw
        case Reached():
            return b"\x00"


@given(st.lists(said, max_size=8), st.lists(st.integers(0, 2**16)))
def test_any_chunking_gives_the_same_words(words: list[Word], cuts: list[int]) -> None:
    deframer = StatusDeframer()
    stream = b"\x11" + b"\x13".join(map(sent, words))
    found = [word for chunk in cut(stream, cuts) for word in deframer.feed(chunk)]
    assert found == words
    assert deframer.dropped == 0


@given(st.binary(max_size=200), st.lists(st.integers(0, 2**16)))
def test_noise_never_raises_nor_piles_up(stream: bytes, cuts: list[int]) -> None:
    whole, parts = StatusDeframer(), StatusDeframer()
    found = []
    for chunk in cut(stream, cuts):
        found += parts.feed(chunk)
        assert parts.held < StatusDeframer.most_bytes
    assert found == whole.feed(stream)
    whole.idle()
    assert whole.feed(b"\x12") == [Told(0x12)]


def test_half_a_report_is_noise_and_frees_what_is_behind_it() -> None:
    deframer = StatusDeframer()
    assert deframer.feed(H("1000")) == []
    assert deframer.feed(H("12")) == [Reached(), Told(0x12)]
    assert deframer.dropped == 1


@pytest.mark.parametrize(
    ("question", "bits", "change"),
    [
        (1, 0x1A, {"online": False}),
        (2, 0x16, {"cover_open": True}),
        (3, 0x1A, {"jam": True}),
        (3, 0x32, {"fault": True}),
        (4, 0x1E, {"paper_low": True}),
        (4, 0x7E, {"paper_low": True, "paper_out": True}),
    ],
)
def test_answers_to_questions(question: int, bits: int, change: dict[str, bool]) -> None:
    assert FINE.told(question, bits) == replace(FINE, **change)
    for each in (1, 2, 3, 4):
        assert FINE.told(each, 0x12) == FINE


@pytest.mark.parametrize(
    ("raw", "change"),
    [
        ("10000000", {}),
        ("18000000", {"online": False}),
        ("38000000", {"online": False, "cover_open": True}),
        ("10000300", {"paper_low": True}),
        ("18000f00", {"online": False, "paper_low": True, "paper_out": True}),
        ("18080000", {"online": False, "jam": True}),
        ("18200000", {"online": False, "fault": True}),
    ],
)
def test_reports(raw: str, change: dict[str, bool]) -> None:
    assert Status().reported(H(raw)) == replace(FINE, **change)


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ({}, None),
        ({"paper_low": True}, None),
        ({"online": False}, Trouble.OFFLINE),
        ({"online": None}, Trouble.SILENT),
        ({"online": False, "paper_out": True}, Trouble.OUT),
        ({"online": False, "paper_out": True, "cover_open": True}, Trouble.COVER),
        ({"online": False, "jam": True}, Trouble.JAM),
        ({"online": False, "fault": True}, Trouble.FAULT),
    ],
)
def test_the_cause_is_told_before_its_effects(
    change: dict[str, bool | None], trouble: Trouble | None
) -> None:
    assert replace(FINE, **change).trouble is trouble
    assert Status().trouble is Trouble.SILENT
