"""Wiegand and RDM6300: real cards' messages, wires exchanged on the wall, and bytes that lie."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import rdm6300, wiegand
from drivers.catalogue import CatalogueError, open_reader
from drivers.framing import Deframer
from drivers.kinds import Card, NotIsoDep
from drivers.number_reader import Number, NumberReader, Presence, Reading
from drivers.rdm6300 import Rdm6300Deframer
from drivers.wiegand import (
    COUNT,
    LINE_MOST_BYTES,
    NO_PARITY,
    PARITY,
    SWAPPED,
    WiegandDeframer,
    judge,
    swap,
)
from simulators.ends import Noise, Rdm6300End, WiegandEnd
from tests.drivers.waiting import until

# Five key fobs of a public forum's owner: what the module said, what is printed on the fob, and
# what a Wiegand reader with exchanged wires said of the same fob.
FOBS = [
    ("01001293D858", 1217496, "11110110101101100001001110"),
    ("01001293CD4D", 1217485, "11110110101101100001100101"),
    ("0100CDA4EC84", 13477100, "00011001001011011000100110"),
    ("0100CDA53F56", 13477183, "00011001001011010110000000"),
    ("2900DEB30A4E", 14594826, "00010000101001100111101010"),
]
W26 = "1" + "110101000001101110000001" + "0"  # a maker's sheet: card D4 1B 81
W34 = "1" + "10001001110101000001101110000001" + "1"  # and 89 D4 1B 81
CARD = bytes.fromhex("01001293d8")
DEFRAMERS: list[Callable[[], Deframer[Reading]]] = [WiegandDeframer, Rdm6300Deframer]

numbers = st.binary(min_size=3, max_size=4)
cards = st.binary(min_size=5, max_size=5)
ends = st.sampled_from([b"\r", b"\n", b"\r\n"])


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    marks = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[a:b] for a, b in pairwise(marks)]


# --- what real cards say ----------------------------------------------------------------------


@pytest.mark.parametrize(("said", "printed", "scan"), FOBS)
def test_fobs_of_the_real_world(said: str, printed: int, scan: str) -> None:
    (reading,) = Rdm6300Deframer().feed(b"\x02" + said.encode() + b"\x03")
    assert reading == Number(printed.to_bytes(4, "big"))
    assert rdm6300.encode(bytes.fromhex(said[:10])) == b"\x02" + said.encode() + b"\x03"
    assert judge(scan) is SWAPPED
    assert judge(swap(scan)) == reading


def test_a_makers_own_examples_of_wiegand() -> None:
    assert judge(W26) == Number(bytes.fromhex("00d41b81"))
    assert judge(W34) == Number(bytes.fromhex("89d41b81"))
    assert wiegand.encode(bytes.fromhex("d41b81")) == W26
    assert wiegand.encode(bytes.fromhex("89d41b81")) == W34
    assert judge(W34, is_reversed=True) == Number(bytes.fromhex("811bd489"))
    assert judge(W26, is_reversed=True) == Number(bytes.fromhex("00811bd4"))


@given(numbers)
def test_exchanged_wires_are_told_and_never_taken_for_a_card(number: bytes) -> None:
    bits = wiegand.encode(number)
    assert judge(bits) == Number(number.rjust(4, b"\x00"))
    assert judge(swap(bits)) is SWAPPED


@given(numbers, st.integers(0, 33))
def test_one_wrong_bit_is_never_a_number(number: bytes, place: int) -> None:
    bits = list(wiegand.encode(number))
    place %= len(bits)
    bits[place] = swap(bits[place])
    assert judge("".join(bits)) is PARITY


@pytest.mark.parametrize("bits", ["", "1", W26[:-1], W26 + "0", W34[1:], "0" * 37])
def test_another_count_of_bits_is_no_number(bits: str) -> None:
    assert judge(bits) is COUNT


@pytest.mark.parametrize("size", [0, 2, 5])
def test_other_sizes_have_no_wiegand_form(size: int) -> None:
    with pytest.raises(ValueError, match="carries"):
        wiegand.encode(bytes(size))


def test_an_em4100_card_has_five_bytes() -> None:
    with pytest.raises(ValueError, match="five bytes"):
        rdm6300.encode(bytes(4))


@given(cards, st.integers(0, 13), st.integers(1, 255))
def test_one_wrong_byte_is_never_a_card(card: bytes, place: int, wrong: int) -> None:
    spoilt = bytearray(rdm6300.encode(card))
    spoilt[place] ^= wrong
    deframer = Rdm6300Deframer()
    assert deframer.feed(bytes(spoilt)) == []
    deframer.idle()
    assert deframer.feed(rdm6300.encode(card)) == [Number(card[1:])]


# --- bytes that lie ---------------------------------------------------------------------------


@given(st.lists(st.tuples(numbers, ends), max_size=6), st.lists(st.integers(0, 2**16)))
def test_any_chunking_gives_the_same_wiegand(
    said: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    deframer = WiegandDeframer()
    stream = b"".join(wiegand.encode(number).encode() + end for number, end in said)
    found = [reading for chunk in cut(stream, cuts) for reading in deframer.feed(chunk)]
    assert found == [Number(number.rjust(4, b"\x00")) for number, _ in said]
    assert deframer.dropped == 0


@given(st.lists(cards, max_size=6), st.lists(st.integers(0, 2**16)))
def test_any_chunking_gives_the_same_cards(said: list[bytes], cuts: list[int]) -> None:
    deframer = Rdm6300Deframer()
    stream = b"".join(map(rdm6300.encode, said))
    found = [reading for chunk in cut(stream, cuts) for reading in deframer.feed(chunk)]
    assert found == [Number(card[1:]) for card in said]
    assert deframer.dropped == 0


alphabet = st.sampled_from(list(b"01\r\n\x02\x030123456789ABCDEF\xff"))
noise = st.one_of(st.binary(max_size=300), st.lists(alphabet, max_size=300).map(bytes))


@pytest.mark.parametrize("make", DEFRAMERS)
@given(stream=noise, cuts=st.lists(st.integers(0, 2**16)))
def test_noise_never_raises_nor_piles_up(
    make: Callable[[], Deframer[Reading]], stream: bytes, cuts: list[int]
) -> None:
    whole, parts = make(), make()
    found = []
    for chunk in cut(stream, cuts):
        found += parts.feed(chunk)
        assert parts.held < make().most_bytes
    assert found == whole.feed(stream)
    whole.idle()
    assert whole.held == 0
    good = W34.encode() + b"\r" if make is WiegandDeframer else rdm6300.encode(CARD)
    assert len(whole.feed(good)) == 1


def test_a_line_that_is_too_long_is_no_message_and_neither_is_its_tail() -> None:
    deframer = WiegandDeframer()
    assert deframer.feed(b"0" * LINE_MOST_BYTES) == []
    assert deframer.feed(b"0" + W26.encode()) == []
    assert deframer.feed(b"\r\n" + W26.encode() + b"\r\n") == [judge(W26)]
    assert deframer.feed(b"0" * LINE_MOST_BYTES + W34.encode() + b"\n") == []
    assert deframer.dropped == 2 * LINE_MOST_BYTES + 1 + 26 + 34


@pytest.mark.parametrize("line", ["D41B81", "89D41B81", "0013900673", "89d41b81"])
def test_an_adapter_that_keeps_the_parity_is_told_from_one_that_passes_it(line: str) -> None:
    assert WiegandDeframer().feed(line.encode() + b"\r\n") == [NO_PARITY]


def test_keys_and_chatter_are_no_cards() -> None:
    deframer = WiegandDeframer()
    assert deframer.feed(b"\r\n0101\r\n11010010\r\nREADY v1.2\r\n\xff\xfe\r\n") == []
    assert deframer.dropped == 4 + 8 + 10 + 2


def test_silence_ends_a_message_without_a_line_end() -> None:
    deframer = WiegandDeframer()
    assert deframer.feed(W26.encode()) == []
    assert deframer.idle() == [judge(W26)]
    assert deframer.idle() == []


def test_a_card_that_stays_is_new_once_and_new_again_after_a_while() -> None:
    presence = Presence(1.0)
    assert [presence.is_new(b"a", at) for at in (0.0, 0.9, 1.8, 2.7)] == [True, False, False, False]
    assert presence.is_new(b"a", 3.7)
    assert presence.is_new(b"b", 3.8)
    assert presence.is_new(b"a", 3.9)


# --- on a real line ---------------------------------------------------------------------------


Desk = tuple[NumberReader, "asyncio.Queue[Card]", list[tuple[bool, str]]]


@asynccontextmanager
async def desk(end: Rdm6300End | WiegandEnd, settings: str = "") -> AsyncIterator[Desk]:
    """A reader that is being read; its cards, and what it told of itself."""
    states: list[tuple[bool, str]] = []
    found: asyncio.Queue[Card] = asyncio.Queue(maxsize=1_000)
    protocol = "wiegand" if isinstance(end, WiegandEnd) else "rdm6300"
    reader = open_reader(
        f"{protocol}+serial://{end.path}{settings}",
        lambda _: b"",
        on_state=lambda on, why: states.append((on, why)),
    )
    assert isinstance(reader, NumberReader)

    async def read() -> None:
        async for card in reader.cards():
            found.put_nowait(card)

    reading = asyncio.ensure_future(read())
    try:
        await until(lambda: bool(states))
        yield reader, found, states
    finally:
        await reader.close()
        await reading
        end.close()


async def test_a_fob_on_the_coil_is_one_card_until_it_is_lifted() -> None:
    end = Rdm6300End()
    async with desk(end, "?presence_ms=150") as (_, found, states):
        end.tap(CARD)
        card = await found.get()
        assert (card.uid, card.iso_dep) == (bytes.fromhex("001293d8"), False)
        assert card.first_byte_at_ns > 0
        with pytest.raises(NotIsoDep):
            await card.transceive(b"\x00\xa4\x04\x00")
        heard = len(end.wire_log.ring)
        await until(lambda: len(end.wire_log.ring) > heard + 3)
        assert found.empty()
        end.tap(bytes.fromhex("2900deb30a"))  # another fob in its place
        assert (await found.get()).uid.hex() == "00deb30a"
        assert [on for on, _ in states] == [True]


async def test_a_card_held_before_a_wiegand_reader_arrives() -> None:
    end = WiegandEnd()
    async with desk(end, "?presence_ms=20") as (_, found, _):
        end.tap(bytes.fromhex("d41b81"))
        assert (await found.get()).uid.hex() == "00d41b81"
        end.suffix = b""
        end.tap(bytes.fromhex("89d41b81"))
        assert (await found.get()).uid.hex() == "89d41b81"


async def test_a_reader_that_sends_the_last_byte_first_is_turned_around() -> None:
    end = WiegandEnd()
    async with desk(end, "?reversed=1") as (_, found, _):
        end.tap(bytes.fromhex("811bd489"))
        assert (await found.get()).uid.hex() == "89d41b81"


async def test_exchanged_wires_take_the_reader_away_and_say_why() -> None:
    end = WiegandEnd()
    async with desk(end) as (reader, found, states):
        end.swapped = True
        end.tap(bytes.fromhex("d41b81"))
        await until(lambda: reader.troubles[SWAPPED.why] == 1)
        assert [on for on, _ in states] == [True]  # once may be a bad moment
        end.tap(bytes.fromhex("d41b81"))
        await until(lambda: not states[-1][0])
        assert "D0 and D1 are swapped" in states[-1][1]
        assert end.path in states[-1][1]
        end.swapped = False
        end.tap(bytes.fromhex("d41b81"))
        assert (await found.get()).uid.hex() == "00d41b81"
        assert states[-1][0]
        assert found.empty()


@pytest.mark.parametrize("lost", [1, 3])
async def test_a_cable_that_swallows_pulses_is_told(lost: int) -> None:
    end = WiegandEnd()
    async with desk(end) as (reader, found, states):
        end.lost_pulses = lost
        end.tap(bytes.fromhex("89d41b81"))
        end.tap(bytes.fromhex("89d41b81"))
        await until(lambda: not states[-1][0])
        assert list(reader.troubles) == [COUNT.why]
        assert found.empty()


async def test_a_reader_that_was_unplugged_comes_back() -> None:
    end = Rdm6300End()
    async with desk(end) as (_, found, states):
        end.unplug()
        await until(lambda: not states[-1][0])
        end.plug()
        await until(lambda: states[-1][0])
        end.tap(CARD)
        assert (await found.get()).uid.hex() == "001293d8"


async def test_a_bad_line_forges_no_card_and_heals() -> None:
    end = Rdm6300End(noise=Noise(random.Random(11), flip=0.3, drop=0.3, insert=0.3))
    async with desk(end, "?presence_ms=20") as (reader, found, _):
        for _ in range(60):
            end.tap(CARD)
            await asyncio.sleep(0.001)
        end.lift()
        end.line.noise = None
        await until(lambda: reader.dropped_bytes > 0)
        end.tap(bytes.fromhex("2900deb30a"))
        seen = set()
        while (uid := (await found.get()).uid.hex()) != "00deb30a":
            seen.add(uid)
        assert seen <= {"001293d8"}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("wiegand+serial:///dev/a?reversed=2", "reversed is a number from 0 to 1"),
        ("rdm6300+serial:///dev/a?reversed=1", "rdm6300 has no setting 'reversed'"),
        ("wiegand+serial:///dev/a?presence_ms=1", "presence_ms is a number from 20 to 5000"),
    ],
)
def test_wrong_settings_are_told(url: str, told: str) -> None:
    with pytest.raises(CatalogueError, match=told):
        open_reader(url, lambda _: b"")
