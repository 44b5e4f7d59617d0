"""The QR scanner: lines out of bytes that may lie, on a real pseudo-terminal."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from drivers.catalogue import open_scanner
from drivers.link import Link
from drivers.qr_scanner import TEXT_MOST_BYTES, QrScanner, TextDeframer
from simulators.ends import Noise, QrScannerEnd
from tests.drivers.waiting import until

TEXT = "ABCDEFGH234567" * 12
printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=90)
ends = st.sampled_from([b"\r", b"\n", b"\r\n"])


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    marks = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[a:b] for a, b in pairwise(marks)]


@given(st.lists(st.tuples(printable, ends), max_size=6), st.lists(st.integers(0, 2**16)))
def test_any_chunking_gives_the_same_texts(lines: list[tuple[str, bytes]], cuts: list[int]) -> None:
    deframer = TextDeframer()
    stream = b"".join(text.encode() + end for text, end in lines)
    found = [text for chunk in cut(stream, cuts) for text in deframer.feed(chunk)]
    assert found == [text for text, _ in lines]
    assert deframer.dropped == 0


@given(
    st.lists(st.binary(max_size=3 * TEXT_MOST_BYTES), max_size=4), st.lists(st.integers(0, 2**16))
)
def test_noise_never_raises_nor_piles_up(chunks: list[bytes], cuts: list[int]) -> None:
    whole, parts = TextDeframer(), TextDeframer()
    stream = b"".join(chunks)
    found = []
    for chunk in cut(stream, cuts):
        found += parts.feed(chunk)
        assert parts.held < TextDeframer.most_bytes
    assert found == whole.feed(stream)
    whole.idle()
    assert whole.feed(b"A1\r\n") == ["A1"]


def test_a_line_that_is_too_long_is_no_text_and_neither_is_its_tail() -> None:
    deframer = TextDeframer()
    most = b"A" * TEXT_MOST_BYTES
    assert deframer.feed(most + b"\r") == [most.decode()]
    assert deframer.feed(most + b"A") == []
    assert deframer.feed(b"TAIL\r\nNEXT\r\n") == ["NEXT"]
    assert deframer.dropped == TEXT_MOST_BYTES + 5


def test_what_cannot_be_printed_is_dropped_with_its_line() -> None:
    deframer = TextDeframer()
    assert deframer.feed(b"A\x00B\r\n\xe7\x9a\x84\r\nOK\r\n") == ["OK"]
    assert deframer.dropped == 6


def test_silence_ends_a_code_without_a_suffix() -> None:
    deframer = TextDeframer()
    assert deframer.feed(b"ABC") == []
    assert deframer.idle() == ["ABC"]
    assert deframer.idle() == []
    assert deframer.feed(b"A" * (TEXT_MOST_BYTES + 1)) == []
    assert deframer.idle() == []
    assert deframer.feed(b"OK\r") == ["OK"]


@asynccontextmanager
async def desk(
    end: QrScannerEnd,
) -> AsyncIterator[tuple[QrScanner, asyncio.Queue[str], list[bool]]]:
    """A scanner that is being read; its texts, and its comings and goings."""
    states: list[bool] = []
    found: asyncio.Queue[str] = asyncio.Queue(maxsize=100)
    scanner = open_scanner(
        f"qr+serial://{end.path}", lambda _: b"", on_state=lambda on, _: states.append(on)
    )
    assert isinstance(scanner, QrScanner)

    async def read() -> None:
        async for text in scanner.texts():
            found.put_nowait(text)

    reading = asyncio.ensure_future(read())
    try:
        await until(lambda: bool(states))
        yield scanner, found, states
    finally:
        await scanner.close()
        await reading
        end.close()


async def test_a_shown_code_arrives_with_and_without_a_suffix() -> None:
    end = QrScannerEnd()
    async with desk(end) as (_, found, _):
        end.show(TEXT)
        assert await found.get() == TEXT
        end.suffix = b""
        end.show(TEXT)
        assert await found.get() == TEXT


async def test_a_scanner_that_was_unplugged_comes_back() -> None:
    end = QrScannerEnd()
    async with desk(end) as (_, found, states):
        end.unplug()
        await until(lambda: not states[-1])
        end.plug()
        await until(lambda: states[-1])
        end.show(TEXT)
        assert await found.get() == TEXT


async def test_a_bad_line_loses_codes_but_not_the_next_good_one() -> None:
    luck = random.Random(7)
    end = QrScannerEnd(noise=Noise(luck, flip=0.3, drop=0.3, insert=0.3))
    async with desk(end) as (_, found, _):
        for _ in range(40):
            end.show(TEXT)
            await asyncio.sleep(0)
        end.line.noise = None
        end.show("")  # only the end of a line: whatever was half is over
        end.show("LAST")
        while await found.get() != "LAST":
            pass


async def test_whoever_stops_listening_lets_go_of_the_line_and_may_listen_again() -> None:
    end = QrScannerEnd()
    scanner = QrScanner(lambda: Link.open(end.path, baudrate=9_600))
    for text in ("ONE", "TWO"):
        texts = scanner.texts()
        coming = asyncio.ensure_future(anext(texts))
        await until(lambda: scanner._link is not None and scanner._link.is_open)
        end.show(text)
        assert await coming == text
        await texts.aclose()
        assert scanner._link is not None
        assert not scanner._link.is_open  # a port is opened for one alone
    await scanner.close()
    end.close()
