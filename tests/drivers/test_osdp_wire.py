"""OSDP without a line: frames, cards, the secure channel, and a talk recorded with libosdp."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import osdp_secure as secure
from drivers import osdp_words as words
from drivers.card_bits import Unreadable, number_of, with_parity
from drivers.osdp import BUSY_MOST, STATES_S, TRIES, Gone, Here, Order, Session
from drivers.osdp_secure import SecureChannel
from drivers.osdp_wire import FRAME_MOST_BYTES, Frame, OsdpDeframer, close, encode
from drivers.osdp_words import Capability, Command, Reply
from simulators.ends import OsdpPd

KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
CARD = bytes.fromhex("00d41b81")

# Seen on the wires of others: libosdp, OSDP.Net's tests, and real readers in them.
FRAMES = {
    "5365080004606090": (0x65, False, 0, Command.POLL, b""),
    "530008000660" + "89cc": (0, False, 2, Command.POLL, b""),
    "53000700026044": (0, False, 2, Command.POLL, b""),
    "53000d00066a00020202015992": (0, False, 2, Command.BUZ, bytes.fromhex("0002020201")),
    "538014000645000ee310100000749723060" + "61b88": (
        0, True, 2, Reply.PDID, bytes.fromhex("000ee3101000007497230606"),
    ),
    "5380080005" + "40689f": (0, True, 1, Reply.ACK, b""),
    "530010000668" + "000364000106" + "7800" + "0b5b": (
        0, False, 2, Command.OUT, bytes.fromhex("0003640001067800"),
    ),
}  # fmt: skip

# SCBK 0011...ff, RND.A b0...b7: our panel and libosdp 3.2.9's reader, from the first byte on.
TALK = [
    ("530113000c03110176b0b1b2b3b4b5b6b733f5",
     "53812b000c03120176beba0100afbeadded764c8cce93255c4884319c6deab78860560922e022259b75669"),
    ("53011b000d031301778004ee7307f4e1cafcd771ac115deed0c57f",
     "53811b000d03140178ae83e78c4e33d6b39d595b9ae498cc2d9ec4"),
    ("53011e000e021761f142f5adbb0a3482659659744a794e34811926e3973f",
     "53811e000e0218459f34ce20d27f8fca73a4cdd214ee7f6da3fe8c499ba2"),
    ("53011e000f0217620adf5edecd222f3e0b76508cc64d6871ab67fa06f333",
     ("53812e000f021846f650d31da1b07878d068dca81bc1acce5f8608cfec21"
      "b1e43f438af3667fe81481af66893be9")),
    ("53010e000d021564f3065c3b5b22",
     "53811e000d02184806f7ec39299ab7e200bd4db6b2f8a107f640951f1090"),
    ("53010e000e021565f885de7d9269", "53810f000e0216410905a7bfa83ebc"),
    ("53010e000f02156021b4680781cf", "53810e000f021640a8929aeb57d3"),
    ("53010e000d02156008aa3e3d7cef",
     "53811e000d021850657088b1b24086ea4b620031211fc7216a26fdeb4ed1"),
    ("53011e000e021768623682924aabc77d5d0cbe4e4da5272b342b1b9772d4",
     "53810e000e021640b4c18c58e2f9"),
]  # fmt: skip


def luck(size: int) -> bytes:
    return bytes(range(0xB0, 0xB0 + size))


def frames_of(raw: bytes) -> list[Frame]:
    return OsdpDeframer().feed(raw)


@pytest.mark.parametrize("raw", FRAMES)
def test_frames_that_others_sent(raw: str) -> None:
    (frame,) = frames_of(bytes.fromhex(raw))
    told = (frame.address, frame.is_reply, frame.sequence, frame.code, frame.body)
    assert told == FRAMES[raw]
    made = encode(
        frame.address,
        frame.sequence,
        frame.code,
        frame.body,
        is_reply=frame.is_reply,
        has_crc=bytes.fromhex(raw)[4] & 4 != 0,
    )
    assert made.hex() == raw


def test_a_talk_with_libosdp_byte_by_byte() -> None:
    session, now_s, happened = Session(1, KEY, luck, poll_s=0.02), 0.0, []
    pulses: list[object] = []
    for number, (ours, theirs) in enumerate(TALK):
        if number == len(TALK) - 1:
            assert session.order(Order(Command.OUT, words.pulse(1, 3_000), pulses.append))
        assert session.next(now_s).hex() == ours
        (frame,) = frames_of(bytes.fromhex(theirs))
        heard = session.hear(frame, now_s)
        assert heard is not None
        happened += heard
        now_s += 0.02
    status, here, card = happened
    assert status == words.LocalStatus(is_tampered=False, is_power_bad=False)
    assert isinstance(here, Here)
    assert here.identity is not None
    assert here.identity.serial == 0xDEADBEAF
    assert here.capabilities.count(Capability.OUTPUTS) == 2
    assert isinstance(card, words.CardBits)
    assert number_of(card.bits, card.row) == CARD
    assert pulses == [words.Ack()]


# --------------------------------------------------------------------------- deframer

some_frames = st.builds(
    encode,
    st.integers(0, 0x7E),
    st.integers(0, 3),
    st.integers(0, 255),
    st.binary(max_size=100),
    is_reply=st.booleans(),
    block=st.sampled_from([b"", b"\x11\x01", b"\x14\xff"]),
    has_crc=st.booleans(),
)
cuts = st.lists(st.integers(0, 2**16))


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    marks = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[a:b] for a, b in pairwise(marks)]


@given(st.lists(some_frames, max_size=5), cuts)
def test_any_chunking_gives_the_same_frames(raws: list[bytes], places: list[int]) -> None:
    stream = b"\xff".join(raws)
    deframer = OsdpDeframer()
    found = [frame for chunk in cut(stream, places) for frame in deframer.feed(chunk)]
    assert found == [frames_of(raw)[0] for raw in raws]
    assert (deframer.dropped, deframer.held) == (0, 0)


@given(st.lists(st.one_of(st.binary(max_size=700), some_frames), max_size=4), cuts, some_frames)
def test_noise_never_raises_nor_piles_up_and_silence_heals(
    chunks: list[bytes], places: list[int], last: bytes
) -> None:
    deframer = OsdpDeframer()
    for chunk in cut(b"".join(chunks), places):
        deframer.feed(chunk)
        assert deframer.held < FRAME_MOST_BYTES
    deframer.idle()
    assert deframer.held == 0
    assert deframer.feed(last) == frames_of(last)


@given(some_frames, st.data())
def test_a_changed_byte_never_gives_the_frame(raw: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(raw) - 1))
    flip = data.draw(st.integers(1, 255))
    bad = raw[:at] + bytes((raw[at] ^ flip,)) + raw[at + 1 :]
    deframer = OsdpDeframer()
    found = [*deframer.feed(bad), *deframer.idle()]
    assert frames_of(raw)[0] not in found


def test_a_security_block_that_does_not_fit_is_no_frame() -> None:
    for block in (b"\x15", b"\x15\x00\x00", b"\x15" * 9):
        raw = bytearray(encode(1, 1, Command.POLL, b"", block=block))
        for size in (0, 1, len(block) + 2, 200):
            raw[5] = size
            inner = bytes(raw[:-2])
            assert OsdpDeframer().feed(close(inner)) == [] or size == len(block) + 1


# --------------------------------------------------------------------------- secure channel


def two_ends() -> tuple[SecureChannel, SecureChannel]:
    keys = secure.session_keys(KEY, luck(8))
    proof = secure.server_cryptogram(keys, luck(8), bytes(8))
    first = secure.first_reply_mac(keys, proof)
    return SecureChannel(keys, first), SecureChannel(keys, first, of_reader=True)


@given(st.lists(st.tuples(st.binary(max_size=70), st.binary(max_size=70)), max_size=6))
def test_both_ends_understand_each_other(turns: list[tuple[bytes, bytes]]) -> None:
    panel, reader = two_ends()
    for number, (ask, answer) in enumerate(turns):
        raw = panel.seal(1, number % 3 + 1, 0x60, ask)
        assert not ask or ask not in raw[8:] or len(ask) < 3
        (frame,) = frames_of(raw)
        assert reader.open(frame) == ask
        (frame,) = frames_of(reader.seal(1, number % 3 + 1, 0x40, answer))
        assert panel.open(frame) == answer


@given(st.binary(max_size=40), st.data())
def test_a_changed_bit_a_repeat_and_a_foreign_key_open_nothing(
    text: bytes, data: st.DataObject
) -> None:
    panel, reader = two_ends()
    (frame,) = frames_of(panel.seal(1, 1, 0x68, text))
    at = data.draw(st.integers(1, len(frame.signed) - 1))
    signed = bytearray(frame.signed)
    signed[at] ^= 1 << data.draw(st.integers(0, 7))
    changed = Frame(1, False, 1, 0x68, frame.body, frame.block, b"", frame.mac, bytes(signed))
    assert reader.open(changed) is None
    mac = bytes((frame.mac[0] ^ 1,)) + frame.mac[1:]
    forged = Frame(1, False, 1, 0x68, frame.body, frame.block, b"", mac, frame.signed)
    assert reader.open(forged) is None
    keys = secure.session_keys(bytes(16), luck(8))
    assert SecureChannel(keys, bytes(16), of_reader=True).open(frame) is None
    assert reader.open(frame) == text
    (answer,) = frames_of(reader.seal(1, 1, 0x40, b""))
    assert panel.open(frame) is None  # our own words are no answer
    assert panel.open(answer) == b""
    panel.seal(1, 2, 0x60)
    assert panel.open(answer) is None  # what was right a moment ago is a repeat now


def test_equal_words_look_different_each_time() -> None:
    panel, reader = two_ends()
    seen = set()
    for _ in range(3):
        (frame,) = frames_of(panel.seal(1, 1, 0x68, b"open"))
        seen.add(frame.body)
        assert reader.open(frame) == b"open"
        (frame,) = frames_of(reader.seal(1, 1, 0x40, b""))
        assert panel.open(frame) == b""
    assert len(seen) == 3


# --------------------------------------------------------------------------- cards and words


@pytest.mark.parametrize(
    ("bits", "number"), [(26, "00d41b81"), (34, "89d41b81"), (37, "07d41b8144")]
)
def test_numbers_with_parity(bits: int, number: str) -> None:
    row = with_parity(bits, bytes.fromhex(number))
    assert number_of(bits, row).hex() == number  # type: ignore[union-attr]
    value = int.from_bytes(row, "big") >> len(row) * 8 - bits
    turned = (value ^ (1 << bits) - 1) << -bits % 8
    swapped = turned.to_bytes(len(row), "big")
    assert number_of(bits, swapped) == Unreadable(bits, is_swapped=True)
    for bit in range(bits):
        bad = ((value ^ 1 << bit) << -bits % 8).to_bytes(len(row), "big")
        assert isinstance(number_of(bits, bad), Unreadable)


def test_the_vendors_vector() -> None:
    """Civintec's manual: D41B81 as 26 bits."""
    row = int("11101010000011011100000010" + "0" * 6, 2).to_bytes(4, "big")
    assert number_of(26, row) == CARD
    assert with_parity(26, CARD) == row


def test_other_rows_of_bits() -> None:
    assert number_of(32, b"\1\2\3\4") == b"\1\2\3\4"
    assert number_of(56, b"\x04\xaa\xbb\xcc\xdd\xee\xff") == b"\x04\xaa\xbb\xcc\xdd\xee\xff"
    assert number_of(35, b"\xff\xff\xff\xff\xe0") == b"\x23\x07\xff\xff\xff\xff"
    assert number_of(36, b"\x0f\xff\xff\xff\xf0") == b"\x24\x00\xff\xff\xff\xff"


@pytest.mark.parametrize(
    ("code", "body", "told"),
    [
        (Reply.KEYPAD, b"\0\x0512\x7f\x0d#", words.KeysPressed(0, "12*##")),
        (Reply.KEYPAD, b"\0\x0512", words.Strange(Reply.KEYPAD)),
        (Reply.FMT, b"\0\x01\x04" + b"4711", words.CardText(0, "4711")),
        (Reply.FMT, b"\0\x02\x04" + b"1174", words.CardText(0, "4711")),
        (Reply.FMT, b"\0\x01\x02\x00\x1b", words.Strange(Reply.FMT)),
        (Reply.RAW, b"\0\1\x1a\0\1\2\3", words.Strange(Reply.RAW)),
        (Reply.RAW, b"\0\1\0\0\1", words.Strange(Reply.RAW)),
        (Reply.LSTATR, b"\1\0", words.LocalStatus(is_tampered=True, is_power_bad=False)),
        (Reply.LSTATR, b"\1", words.Strange(Reply.LSTATR)),
        (Reply.ISTATR, b"\0\1", words.Inputs((False, True))),
        (Reply.NAK, b"", words.Strange(Reply.NAK)),
        (Reply.COM, b"\5\0\x96\0\0", words.Com(5, 38_400)),
        (0xEE, b"x", words.Strange(0xEE)),
    ],
)
def test_what_replies_say(code: int, body: bytes, told: words.Said) -> None:
    assert words.said(code, body) == told


@given(st.integers(0, 255), st.binary(max_size=60))
def test_no_reply_raises(code: int, body: bytes) -> None:
    said = words.said(code, body)
    if isinstance(said, words.CardBits):
        number_of(said.bits, said.row)


def test_times_are_rounded_up_and_end_in_the_reader() -> None:
    assert words.pulse(3, 1) == bytes((3, 5, 1, 0))
    assert words.pulse(0, 25_650) == bytes((0, 5, 1, 1))
    assert len(words.light(words.Color.GREEN, 3_000)) == 14
    assert len(words.lasting_light(words.Color.RED)) == 14


# --------------------------------------------------------------------------- one reader's session


def opened() -> tuple[Session, SecureChannel]:
    """A session as libosdp's reader left it, and the reader's half of the channel."""
    session, reader = Session(1, KEY, luck, poll_s=0.02), OsdpPd(1, KEY, luck=random.Random(1))
    while not session.is_here:
        talk(session, reader)
    assert reader._channel is not None
    return session, reader._channel


def talk(session: Session, reader: object, now_s: float = 0.0) -> object:
    raw = session.next(now_s)
    (frame,) = frames_of(raw)
    reply = reader.serve(frame, raw)  # type: ignore[attr-defined]
    (answer,) = frames_of(reply)
    return session.hear(answer, now_s)


def test_what_readers_are_asked_in_turn_never_holds_up_the_cards_of_a_full_line() -> None:
    """Eight readers that came at once, asked as their bus asks them, on a line of 38,400 baud."""
    turn_s, until_s = 0.0087, 12.0
    pairs = {
        address: (Session(address, KEY, luck, poll_s=0.02), OsdpPd(address, KEY))
        for address in range(1, 9)
    }
    polled: dict[int, list[float]] = {address: [] for address in pairs}
    asked: dict[tuple[int, int], list[float]] = {}
    now_s, opened_s = 0.0, 0.0
    while now_s < until_s:
        address = min(pairs, key=lambda one: pairs[one][0].due_s())
        session, reader = pairs[address]
        talk(session, reader, now_s)
        if not all(one.is_here for one, _ in pairs.values()):
            opened_s = now_s
        elif session._asked == Command.POLL:
            polled[address].append(now_s)
        else:
            asked.setdefault((address, session._asked), []).append(now_s)
        now_s += turn_s
    for times in polled.values():
        assert max(b - a for a, b in pairwise([opened_s, *times])) < 13 * turn_s
    assert set(asked) == {(a, c) for a in pairs for c in (Command.LSTAT, Command.ISTAT)}
    for times in asked.values():  # and all is asked as often as is promised
        assert max(b - a for a, b in pairwise([opened_s, *times, until_s])) < STATES_S * 1.6


def test_a_word_that_proves_nothing_is_no_answer() -> None:
    session, _ = opened()
    session.next(1.0)
    sequence = session._sequence
    for plain in (
        encode(1, sequence, Reply.RAW, b"\0\1\x1a\0" + with_parity(26, CARD), is_reply=True),
        encode(1, sequence, Reply.ACK, is_reply=True),
        encode(1, sequence, Reply.KEYPAD, b"\0\1" + b"1", is_reply=True, block=b"\x16"),
    ):
        for frame in frames_of(plain):
            assert session.hear(frame, 1.0) is None
    assert session.tally.strangers == 2
    assert session.is_here


def test_a_reader_that_lost_its_session_gets_a_new_one_and_the_order_is_said_again() -> None:
    session, _ = opened()
    ended: list[words.Said | None] = []
    assert session.order(Order(Command.OUT, words.pulse(0, 500), ended.append))
    session.next(1.0)
    (nak,) = frames_of(encode(1, session._sequence, Reply.NAK, b"\x06", is_reply=True))
    assert session.hear(nak, 1.0) == []
    assert session.is_here
    assert ended == []
    (challenge,) = frames_of(session.next(1.0))
    assert (challenge.code, challenge.sequence) == (Command.CHLNG, 0)
    assert [order.code for order in session._orders] == [Command.OUT]


def test_a_refusal_out_of_its_turn_is_no_answer() -> None:
    session, _ = opened()
    session.next(1.0)
    (stale,) = frames_of(encode(1, session._sequence % 3 + 1, Reply.NAK, b"\x06", is_reply=True))
    assert session.hear(stale, 1.0) is None


def test_a_late_proof_of_the_right_key_is_waited_over_and_no_wrong_key() -> None:
    draws = random.Random(5)
    session, reader = Session(1, KEY, draws.randbytes, poll_s=0.02), OsdpPd(1, KEY)

    def challenged() -> Frame:
        raw = session.next(1.0)
        reply = reader.serve(frames_of(raw)[0], raw)
        assert reply is not None
        return frames_of(reply)[0]

    late = challenged()
    assert session.miss(1.2) == []
    right = challenged()
    assert session.hear(late, 1.3) is None
    assert session.hear(right, 1.3) == []
    session.miss(1.4)
    reader.key = bytes(16)
    (gone,) = session.hear(challenged(), 1.5) or []
    assert isinstance(gone, Gone)
    assert "another key" in gone.why


@pytest.mark.parametrize(
    ("code", "block", "change", "why"),
    [
        (Reply.CCRYPT, b"\x12\x00", 0, "offers another kind of key; pair it first"),
        (Reply.CCRYPT, b"\x12\x01", 1, "holds another key; check the secret, or pair it again"),
        (Reply.RMAC_I, b"\x14\xff", 0, "does not accept our key; pair it again"),
        (Reply.RMAC_I, b"\x14\x01", 1, "does not accept our key; pair it again"),
    ],
)
def test_half_a_proof_is_none(code: int, block: bytes, change: int, why: str) -> None:
    """The reader's own words, with one thing changed, each with a check that is right."""
    session, reader = Session(1, KEY, luck, poll_s=0.02), OsdpPd(1, KEY)
    while True:
        raw = session.next(1.0)
        reply = reader.serve(frames_of(raw)[0], raw)
        assert reply is not None
        (frame,) = frames_of(reply)
        if frame.code == code:
            break
        assert session.hear(frame, 1.0) == []
    body = frame.body[:-1] + bytes((frame.body[-1] ^ change,))
    (bad,) = frames_of(encode(1, frame.sequence, code, body, is_reply=True, block=block))
    assert session.hear(bad, 1.0) == [Gone(f"the reader at address 1 {why}")]
    assert session.tally.sessions == 0
    assert session.due_s() > 1.5  # and is not hammered


def test_a_challenge_that_came_garbled_is_made_again() -> None:
    session = Session(1, KEY, luck, poll_s=0.02)
    session.next(1.0)
    (garbled,) = frames_of(encode(1, 0, Reply.NAK, b"\1", is_reply=True))
    assert session.hear(garbled, 1.0) == []
    session.next(1.0)
    (unknown,) = frames_of(encode(1, 0, Reply.NAK, b"\3", is_reply=True))
    assert session.hear(unknown, 1.0) == [
        Gone(
            "the reader at address 1 does not know this command when asked for a secure "
            "channel; pair it first"
        )
    ]


replies = st.builds(
    encode,
    st.just(1),
    st.integers(0, 3),
    st.sampled_from([*Reply, 0xEE]),
    st.binary(max_size=40),
    is_reply=st.just(True),
    block=st.sampled_from([b"", b"\x12\x01", b"\x14\x01", b"\x16", b"\x18", b"\x15", b"\x16\x00"]),
)


@given(st.lists(replies, max_size=12))
def test_whoever_has_no_key_can_disturb_and_tells_nothing(raws: list[bytes]) -> None:
    session, _ = opened()
    sessions = session.tally.sessions
    now_s = 1.0
    for raw in raws:
        now_s += 0.05
        session.next(now_s)
        for frame in frames_of(raw):
            for happened in session.hear(frame, now_s) or []:
                assert isinstance(happened, Gone)
    assert session.tally.sessions == sessions


def test_an_order_that_nobody_waits_for_is_never_said() -> None:
    session, _ = opened()
    order = Order(Command.OUT, words.pulse(0, 500), lambda _told: None)
    assert session.order(order)
    order.is_void = True
    (frame,) = frames_of(session.next(1.0))
    assert frame.code == Command.POLL
    assert not order.is_sent


def test_whoever_is_busy_for_ever_does_not_answer() -> None:
    session, _ = opened()
    session.next(1.0)
    (busy,) = frames_of(encode(1, 0, Reply.BUSY, is_reply=True))
    for _ in range(TRIES - 1):
        for _ in range(BUSY_MOST + 1):
            assert session.hear(busy, 9.0) == []
    happened = [session.hear(busy, 9.0) for _ in range(BUSY_MOST + 1)]
    why = "the reader at address 1 is silent; check power, wiring, address and baud"
    assert happened == [*[[]] * BUSY_MOST, [Gone(why)]]


def test_orders_of_a_silent_reader_end_with_nothing() -> None:
    session, _ = opened()
    ended: list[words.Said | None] = []
    sent = Order(Command.OUT, words.pulse(0, 500), ended.append)
    waits = Order(Command.OUT, words.pulse(0, 500), ended.append)
    assert session.order(sent)
    assert session.order(waits)
    session.next(1.0)
    assert [type(told) for told in session.lose("unplugged")] == [Gone]
    assert ended == [None, None]
    assert (sent.is_sent, waits.is_sent) == (True, False)
    assert not session.order(waits)
