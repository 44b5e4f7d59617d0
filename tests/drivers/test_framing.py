"""Every deframer: the same frames however the bytes are cut, whatever noise lies between."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import modbus_relay, pn532
from drivers.framing import Deframer, crc16_modbus, sum_to_zero, xor_of

H = bytes.fromhex


@dataclass(frozen=True, slots=True)
class Wire:
    """One direction of one protocol: its deframer and frames to send over it."""

    make: Callable[[], Deframer[Any]]
    frames: st.SearchStrategy[tuple[bytes, Any]]  # the bytes and what they mean
    guarded: slice  # the bytes of a frame that a check covers


def information(sender: int) -> st.SearchStrategy[tuple[bytes, Any]]:
    return st.builds(
        lambda code, body: (pn532.encode(sender, code, body), pn532.Message(code, body)),
        st.integers(0, 255),
        st.one_of(st.binary(max_size=20), st.binary(min_size=240, max_size=263)),
    )


def pdu(unit: int, function: int, body: bytes) -> tuple[bytes, Any]:
    return modbus_relay.encode(unit, function, body), modbus_relay.Pdu(unit, function, body)


def counted(head: bytes, body: bytes) -> bytes:
    return head + bytes((len(body),)) + body


UNITS = st.integers(0, 255)
CHIP_FRAMES = st.one_of(
    information(pn532.CHIP),
    st.just((pn532.ACK, pn532.Ack())),
    st.just((H("0000ff01ff7f8100"), pn532.SyntaxFault())),
)
HOST_FRAMES = st.one_of(
    information(pn532.HOST),
    st.just((pn532.ACK, pn532.Ack())),
    st.just((pn532.NACK, pn532.Nack())),
)
REPLIES = st.one_of(
    st.builds(
        lambda unit, function, bits: pdu(unit, function, counted(b"", bits)),
        UNITS,
        st.sampled_from([1, 2]),
        st.binary(max_size=250),
    ),
    st.builds(pdu, UNITS, st.sampled_from([5, 15]), st.binary(min_size=4, max_size=4)),
    st.builds(pdu, UNITS, st.sampled_from([0x81, 0x85]), st.binary(min_size=1, max_size=1)),
)
REQUESTS = st.one_of(
    st.builds(pdu, UNITS, st.sampled_from([1, 2, 5]), st.binary(min_size=4, max_size=4)),
    st.builds(
        lambda unit, head, bits: pdu(unit, 15, counted(head, bits)),
        UNITS,
        st.binary(min_size=4, max_size=4),
        st.binary(max_size=246),
    ),
)
WIRES = {
    "pn532 chip": Wire(pn532.Pn532Deframer, CHIP_FRAMES, slice(1, -1)),
    "pn532 host": Wire(lambda: pn532.Pn532Deframer(pn532.HOST), HOST_FRAMES, slice(1, -1)),
    "rtu replies": Wire(modbus_relay.RtuDeframer, REPLIES, slice(0, None)),
    "rtu requests": Wire(lambda: modbus_relay.RtuDeframer(requests=True), REQUESTS, slice(0, None)),
}
patiently = settings(deadline=None)  # how fast a shared machine is proves nothing
on_every_wire = pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES.keys())


def false_heads() -> st.SearchStrategy[bytes]:
    """Noise that looks like the beginning of something long."""
    return st.sampled_from(
        [b"\x00\xff", b"\x00\xff\xf0\x10\xd5", b"\x00\xff\xff\xff\x01\x00\xff", b"\x01\x02\xfa"]
    )


NOISE = st.lists(st.one_of(st.binary(max_size=40), false_heads()), max_size=4).map(b"".join)


def cut(stream: bytes, at: list[int]) -> list[bytes]:
    edges = [0, *sorted(n % (len(stream) + 1) for n in at), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


@on_every_wire
@patiently
@given(draw=st.data())
def test_any_cutting_gives_the_same_frames(wire: Wire, draw: st.DataObject) -> None:
    parts = draw.draw(st.lists(st.one_of(NOISE, wire.frames.map(lambda f: f[0])), max_size=5))
    stream = b"".join(parts)
    pieces = cut(stream, draw.draw(st.lists(st.integers(0, 2_000), max_size=12)))
    whole, cut_up, single = wire.make(), wire.make(), wire.make()
    expected = whole.feed(stream)
    assert [frame for piece in pieces for frame in cut_up.feed(piece)] == expected
    assert [frame for n in range(len(stream)) for frame in single.feed(stream[n : n + 1])] == (
        expected
    )
    assert whole.dropped == cut_up.dropped == single.dropped
    assert whole.held == cut_up.held == single.held
    assert whole.idle() == cut_up.idle() == single.idle()


@on_every_wire
@patiently
@given(draw=st.data())
def test_frames_in_a_row_all_come_out(wire: Wire, draw: st.DataObject) -> None:
    sent = draw.draw(st.lists(wire.frames, max_size=6))
    deframer = wire.make()
    got = deframer.feed(b"".join(frame for frame, _ in sent))
    assert got + deframer.idle() == [meaning for _, meaning in sent]
    assert deframer.dropped == 0


@on_every_wire
@patiently
@given(draw=st.data())
def test_frames_survive_noise_and_quiet(wire: Wire, draw: st.DataObject) -> None:
    deframer = wire.make()
    deframer.feed(draw.draw(NOISE))
    deframer.idle()
    assert deframer.held == 0
    frame, meaning = draw.draw(wire.frames)
    assert deframer.feed(frame) + deframer.idle() == [meaning]


@on_every_wire
@patiently
@given(draw=st.data())
def test_frames_behind_a_false_head_are_freed_by_quiet(wire: Wire, draw: st.DataObject) -> None:
    deframer = wire.make()
    frame, meaning = draw.draw(wire.frames)
    got = deframer.feed(draw.draw(false_heads()) + frame)
    got += deframer.idle()
    assert got[-1:] == [meaning]


@on_every_wire
@patiently
@given(draw=st.data())
def test_one_wrong_byte_never_gives_the_frame(wire: Wire, draw: st.DataObject) -> None:
    frame, meaning = draw.draw(wire.frames)
    places = range(len(frame))[wire.guarded]
    at = draw.draw(st.sampled_from(list(places)))
    worn = bytearray(frame)
    worn[at] ^= draw.draw(st.integers(1, 255))
    deframer = wire.make()
    assert meaning not in deframer.feed(bytes(worn)) + deframer.idle()


@on_every_wire
@patiently
@given(draw=st.data())
def test_one_lost_byte_never_gives_another_frame(wire: Wire, draw: st.DataObject) -> None:
    frame, meaning = draw.draw(wire.frames)
    at = draw.draw(st.integers(0, len(frame) - 1))
    deframer = wire.make()
    got = deframer.feed(frame[:at] + frame[at + 1 :]) + deframer.idle()
    assert [found for found in got if found != meaning] == []


@on_every_wire
@patiently
@given(draw=st.data())
def test_memory_is_bounded_and_every_byte_is_accounted_for(wire: Wire, draw: st.DataObject) -> None:
    deframer = wire.make()
    fed = 0
    for chunk in draw.draw(st.lists(st.one_of(NOISE, st.binary(max_size=600)), max_size=6)):
        frames = deframer.feed(chunk)
        fed += len(chunk)
        assert deframer.held < deframer.most_bytes
        assert deframer.dropped <= fed
        assert len(frames) <= len(chunk) + deframer.most_bytes
    deframer.idle()
    assert deframer.held == 0


@patiently
@given(st.lists(st.one_of(NOISE, REPLIES.map(lambda frame: frame[0])), max_size=6))
def test_dropped_counts_exactly_the_bytes_of_no_frame(parts: list[bytes]) -> None:
    deframer = modbus_relay.RtuDeframer()
    frames = deframer.feed(b"".join(parts))
    framed = sum(len(modbus_relay.encode(f.unit, f.function, f.body)) for f in frames)
    assert framed + deframer.dropped + deframer.held == sum(map(len, parts))


def test_padding_of_the_pn532_is_no_noise() -> None:
    deframer = pn532.Pn532Deframer()
    deframer.feed(bytes(50) + pn532.ACK + bytes(50))
    assert deframer.dropped == 0
    deframer.feed(b"\x12")
    deframer.idle()
    assert deframer.dropped == 1


def test_frames_of_the_other_direction_are_noise() -> None:
    deframer = pn532.Pn532Deframer(pn532.CHIP)
    assert deframer.feed(pn532.encode(pn532.HOST, 0x4A, b"\x01\x00")) + deframer.idle() == []


class Boaster(Deframer[bytes]):
    """A protocol whose head may promise more than any frame holds, and never says no."""

    most_bytes = 8

    def take(self, held: bytearray) -> tuple[int, bytes | None]:
        size = held[0]
        return (size, bytes(held[:size])) if 0 < size <= len(held) else (0, None)


@patiently
@given(st.lists(st.binary(max_size=30), max_size=8))
def test_head_that_promises_too_much_is_dropped_by_the_limit(chunks: list[bytes]) -> None:
    deframer = Boaster()
    for chunk in chunks:
        deframer.feed(chunk)
        assert deframer.held < 8
    deframer.idle()
    assert deframer.feed(b"\xff\x00\x03ab" + b"\x00" * 8)[:1] == [b"\x03ab"]


# --- published bytes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "meaning"),
    [
        ("0000ff06fad50332010607e800", pn532.Message(0x03, H("32010607"))),
        ("0000ff02fed5151600", pn532.Message(0x15, b"")),
        ("0000ff00ff00", pn532.Ack()),
        ("0000ff01ff7f8100", pn532.SyntaxFault()),
    ],
)
def test_pn532_frames_as_published(frame: str, meaning: pn532.Frame) -> None:
    assert pn532.Pn532Deframer().feed(H(frame)) == [meaning]


def test_only_a_host_asks_for_a_repeat() -> None:
    """An acknowledgement that lost a byte looks like one, and the chip never sends one."""
    assert pn532.Pn532Deframer(pn532.HOST).feed(H("0000ffff0000")) == [pn532.Nack()]
    assert pn532.Pn532Deframer(pn532.CHIP).feed(H("0000ffff0000")) == []


def test_short_frames_end_as_they_must() -> None:
    for frame in ("0000ff00ff12", "0000ffff0012"):
        deframer = pn532.Pn532Deframer(pn532.HOST)
        assert deframer.feed(H(frame)) + deframer.idle() == []


def test_pn532_commands_as_published() -> None:
    assert pn532.encode(pn532.HOST, 0x02) == H("0000ff02fed4022a00")
    assert pn532.encode(pn532.HOST, 0x14, H("010000")) == H("0000ff05fbd4140100001700")


def test_longest_frames_are_extended_and_longer_ones_refused() -> None:
    assert pn532.encode(pn532.CHIP, 0x41, bytes(253))[3:5] == b"\xff\x01"
    assert pn532.encode(pn532.CHIP, 0x41, bytes(254))[3:8] == b"\xff\xff\x01\x00\xff"
    with pytest.raises(ValueError, match="265"):
        pn532.encode(pn532.CHIP, 0x41, bytes(264))


@pytest.mark.parametrize(
    ("frame", "crc"),
    [
        ("01050000ff00", "8c3a"),
        ("010500000000", "cdca"),
        ("01050001ff00", "ddfa"),
        ("ff050000ff00", "99e4"),
        ("010502000007", "8db0"),
    ],
)
def test_crc_of_published_modbus_frames(frame: str, crc: str) -> None:
    assert crc16_modbus(H(frame)) == H(crc)


def test_sums() -> None:
    assert sum_to_zero(H("d402")) == 0x2A
    assert sum_to_zero(b"") == 0
    assert xor_of(H("01001293d8")) == 0x58
