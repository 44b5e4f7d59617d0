"""The wires of meters as bytes: frames found in the wild, and bytes that may lie."""

from contextlib import suppress
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import cjt188, dlt645
from drivers.cjt188 import Cjt188Deframer
from drivers.dlt645 import Dlt645Deframer
from drivers.framing import Deframer
from drivers.readings import WAKE, MeterFault, Question, Reading, fixed
from simulators.ends.meters import Cjt188Meter, Dlt645Meter

COLD = "68 10 92 01 00 10 00 00 00 81 16 90 1F 01 00 22 22 00 2C 00 00 00 00 2C" + " 00" * 9
COLD += " FE 16"
COLD_LOW_FIRST = "68 10 01 00 23 09 18 20 00 81 16 90 1F 01 60 00 00 00 2C 60 00 00 00 2C"
COLD_LOW_FIRST += " 60 20 20 00 00 00 00 00 00 DC 16"
GAS = "68 30 02 01 00 06 16 05 23 81 16 1F 90 01 17 72 00 00 00 00 00 00 00 00 00 00"
GAS += " 12 01 01 20 16 35 00 2E 16"


def answer(question: Question[Any], told: str) -> Any:
    """What a question makes of these bytes, the first that is an answer."""
    frames = question.deframer().feed(bytes.fromhex(told))
    assert len(frames) == 1
    return question.judge(frames[0])


@pytest.mark.parametrize(
    ("meter", "told", "shown"),
    [
        ("000000000161", "68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16", "0.26"),
        ("000102030425", "68 25 04 03 02 01 00 68 91 08 33 33 34 33 75 39 45 33 8B 16", "1206.42"),
    ],
)
def test_energy_of_meters_found_in_the_wild(meter: str, told: str, shown: str) -> None:
    reading = answer(dlt645.ask_register(meter), told)
    assert reading == Reading(meter, "energy", Decimal(shown), "kWh", bytes.fromhex(told))


def test_questions_to_electricity_meters_are_spelled_as_published() -> None:
    ask = dlt645.ask_register("000000000161").requests[0]
    assert ask == WAKE + bytes.fromhex("68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16")
    voltage = dlt645.ask_register("000000000161", "voltage_a").requests[0]
    assert voltage[-8:] == bytes.fromhex("11 04 33 34 34 35 17 16")
    address = dlt645.ask_address().requests[0]
    assert address == WAKE + bytes.fromhex("68 AA AA AA AA AA AA 68 13 00 DF 16")


@pytest.mark.parametrize(
    ("told", "meter", "kind", "shown", "quantity", "unit"),
    [
        (COLD, "00000010000192", 0x10, "2222.00", "water", "m3"),
        (COLD_LOW_FIRST, "00201809230001", 0x10, "0.60", "water", "m3"),
        (GAS, "23051606000102", 0x30, "72.17", "gas", ""),  # it names no unit
    ],
)
def test_totals_of_meters_found_in_the_wild(
    told: str, meter: str, kind: int, shown: str, quantity: str, unit: str
) -> None:
    reading = answer(cjt188.ask_total(meter, kind), told)
    assert reading == Reading(meter, quantity, Decimal(shown), unit, bytes.fromhex(told))


def test_questions_to_water_meters_are_spelled_as_published_and_the_other_way_round() -> None:
    usual, other = cjt188.ask_total("78330011223344").requests
    assert usual == WAKE + bytes.fromhex("68 10 44 33 22 11 00 33 78 01 03 1F 90 00 80 16")
    assert other == WAKE + bytes.fromhex("68 10 44 33 22 11 00 33 78 01 03 90 1F 00 80 16")
    who = cjt188.ask_address().requests[0]
    assert who == WAKE + bytes.fromhex("68 AA AA AA AA AA AA AA AA 03 03 81 0A 00 49 16")


def test_an_address_answered_in_the_wild() -> None:
    told = "68 AA 01 00 00 05 08 00 00 83 03 0A 81 00 31 16"
    assert answer(cjt188.ask_address(), told) == "00000805000001"


def test_a_published_reply_with_a_wrong_sum_is_no_frame() -> None:
    told = bytearray(bytes.fromhex(COLD))
    told[-2] = 0x08
    assert Cjt188Deframer().feed(bytes(told)) == []


def test_registers_are_exact_and_letters_are_no_number() -> None:
    assert str(fixed(bytes.fromhex("42061200"), 2)) == "1206.42"
    assert fixed(bytes.fromhex("4206a200"), 2) is None


def test_answers_of_others_are_not_ours() -> None:
    told = "68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16"
    assert answer(dlt645.ask_register("000000000162"), told) is None
    assert answer(dlt645.ask_register("000000000161", "energy_back"), told) is None
    assert answer(dlt645.ask_address("61"), told) == "000000000161"
    assert answer(dlt645.ask_address("62"), told) is None
    assert answer(cjt188.ask_total("00000010000193"), COLD) is None


def test_our_own_echo_is_no_answer() -> None:
    for question in (dlt645.ask_register("000000000161"), dlt645.ask_address("61")):
        echo = question.requests[0].hex()
        assert answer(question, echo) is None
    assert answer(cjt188.ask_total("00000010000192"), cjt188_echo()) is None


def cjt188_echo() -> str:
    return cjt188.ask_total("00000010000192").requests[0].hex()


def test_an_answer_that_repeats_the_wildcard_is_of_the_type_that_was_asked() -> None:
    told = bytearray(bytes.fromhex(COLD))
    told[1] = cjt188.WILD
    told[-2] = (told[-2] + cjt188.WILD - 0x10) & 0xFF
    assert answer(cjt188.ask_total("00000010000192", 0x10), told.hex()).quantity == "water"


def test_refusals_and_nonsense_say_which_meter() -> None:
    own = bytes.fromhex("610100000000")
    asked = dlt645.ask_register("000000000161")
    refused = dlt645.encode(own, 0xD1, b"\x02").hex()
    with pytest.raises(MeterFault, match="000000000161 refuses: it has no such register"):
        answer(asked, refused)
    name = dlt645.REGISTERS["energy"].identifier
    for register in (b"\x0a\x00\x00\x00", b"\x26\x00\x00"):
        with pytest.raises(MeterFault, match="000000000161 shows no number"):
            answer(asked, dlt645.encode(own, 0x91, name + register).hex())
    water = cjt188.ask_total("00000010000192")
    meter = bytes.fromhex("92010010000000")
    with pytest.raises(MeterFault, match="refuses to be read"):
        answer(water, cjt188.encode(0x10, meter, 0xC1, bytes(3)).hex())
    with pytest.raises(MeterFault, match="shows no number"):
        answer(water, cjt188.encode(0x10, meter, 0x81, b"\x1f\x90\x00\x01\x02").hex())
    with pytest.raises(MeterFault, match="type 50"):
        answer(water, cjt188.encode(0x50, meter, 0x81, b"\x1f\x90\x00" + bytes(9)).hex())


def test_only_reading_can_be_asked() -> None:
    """Whatever a question is made of, its control byte reads."""
    asked: list[Question[Any]] = []
    asked += [dlt645.ask_register("1" * 12, quantity) for quantity in dlt645.REGISTERS]
    asked += [dlt645.ask_address(known) for known in ("", "01", "0" * 12)]
    controls = {request[len(WAKE) + 8] for question in asked for request in question.requests}
    assert controls == {0x11, 0x13}
    water: list[Question[Any]] = [cjt188.ask_total("1" * 14), cjt188.ask_address()]
    controls = {request[len(WAKE) + 9] for question in water for request in question.requests}
    assert controls == {0x01, 0x03}


# --- bytes that may lie ----------------------------------------------------------------------

meters_645 = st.integers(0, 10**12 - 1).map(lambda n: Dlt645Meter(f"{n:012}"))
meters_188 = st.builds(
    lambda n, kind: Cjt188Meter(f"{n:014}", kind=kind),
    st.integers(0, 10**14 - 1),
    st.sampled_from([0x10, 0x20, 0x30]),
)


def told_by(meter: Dlt645Meter | Cjt188Meter) -> tuple[Deframer[Any], bytes]:
    """A deframer of the meter's wire, and its answer to the question for its total."""
    if isinstance(meter, Dlt645Meter):
        asked: Question[Reading] = dlt645.ask_register(meter.address)
    else:
        asked = cjt188.ask_total(meter.address, meter.kind)
    (frame,) = asked.deframer().feed(asked.requests[0])
    told = meter.answer(frame)
    assert told is not None
    return asked.deframer(), told


@given(st.one_of(meters_645, meters_188), st.lists(st.integers(0, 2**16)), st.binary(max_size=40))
def test_any_chunking_gives_the_same_frames(
    meter: Dlt645Meter | Cjt188Meter, cuts: list[int], garbage: bytes
) -> None:
    parts, told = told_by(meter)
    whole = type(parts)()
    stream = garbage + told
    marks = [0, *sorted(place % (len(stream) + 1) for place in cuts), len(stream)]
    found = [frame for a, b in pairwise(marks) for frame in parts.feed(stream[a:b])]
    assert found == whole.feed(stream)
    assert found + parts.idle() == [*whole.feed(b""), *found, *whole.idle()]


@given(st.one_of(meters_645, meters_188), st.binary(max_size=300))
def test_an_answer_survives_garbage_and_a_pause(
    meter: Dlt645Meter | Cjt188Meter, garbage: bytes
) -> None:
    deframer, told = told_by(meter)
    deframer.feed(garbage)
    deframer.idle()
    deframer.clear()
    (frame,) = deframer.feed(told)
    assert frame.raw == told[len(WAKE) :]
    # and without the pause it comes at the latest with the silence behind it
    deframer.feed(garbage)
    assert frame in deframer.feed(told) + deframer.idle()


@given(st.one_of(meters_645, meters_188), st.integers(0, 1_000), st.integers(1, 255))
def test_one_wrong_byte_is_no_answer(
    meter: Dlt645Meter | Cjt188Meter, place: int, change: int
) -> None:
    deframer, told = told_by(meter)
    worn = bytearray(told)
    worn[len(WAKE) + place % (len(told) - len(WAKE))] ^= change
    assert deframer.feed(bytes(worn)) + deframer.idle() == []


@given(st.sampled_from([Dlt645Deframer, Cjt188Deframer]), st.lists(st.binary(max_size=400)))
def test_noise_never_raises_nor_piles_up(kind: type[Deframer[Any]], chunks: list[bytes]) -> None:
    deframer = kind()
    for chunk in chunks:
        deframer.feed(chunk)
        assert deframer.held < kind.most_bytes
    deframer.idle()
    assert deframer.held == 0


@given(st.binary(max_size=60), st.integers(0, 255), st.integers(0, 255))
def test_whatever_a_valid_frame_says_is_judged(data: bytes, control: int, kind: int) -> None:
    six, seven = bytes.fromhex("610100000000"), bytes.fromhex("92010010000000")
    for question, frame in (
        (dlt645.ask_register("000000000161"), dlt645.encode(six, control, data)),
        (dlt645.ask_address(), dlt645.encode(six, control, data)),
        (cjt188.ask_total("00000010000192"), cjt188.encode(kind, seven, control, data)),
        (cjt188.ask_address(), cjt188.encode(kind, seven, control, data)),
    ):
        told = None
        with suppress(MeterFault):
            told = answer(question, frame.hex())
        assert told is None or isinstance(told, str | Reading)
