"""The far end of OSDP readers: any babble, the standard's own rules, and typed words."""

import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from drivers import osdp_words as words
from drivers.link import Link
from drivers.osdp_bus import OsdpBus
from drivers.osdp_wire import Frame, OsdpDeframer, encode
from drivers.osdp_words import Command, Reply
from simulators.ends import OsdpEnd, OsdpPd
from simulators.ends.words_osdp import COMMANDS, REPLIES, of_frames
from tests.drivers.test_ends import simulated, type_in
from tests.drivers.waiting import until

KEY = bytes(range(100, 116))


def frame_of(raw: bytes) -> Frame:
    (frame,) = OsdpDeframer().feed(raw)
    return frame


def said(pd: OsdpPd, raw: bytes) -> Frame | None:
    reply = pd.serve(frame_of(raw), raw)
    return None if reply is None else frame_of(reply)


@given(
    st.integers(0, 3),
    st.sampled_from([*Command, 0x00, 0xFF]),
    st.binary(max_size=40),
    st.sampled_from([b"", b"\x11\x00", b"\x11\x01", b"\x13\x01", b"\x15", b"\x17"]),
)
def test_no_command_breaks_a_reader(sequence: int, code: int, body: bytes, block: bytes) -> None:
    pd = OsdpPd(1)
    said(pd, encode(1, 0, Command.CHLNG, bytes(8), block=b"\x11\x00"))
    raw = encode(1, sequence, code, body, block=block)
    for frame in OsdpDeframer().feed(raw):
        reply = pd.serve(frame, raw)
        assert reply is not None
        assert frame_of(reply).is_reply
    assert not any(pd.outputs)  # whoever proved nothing moves nothing


async def test_a_line_of_readers_survives_any_babble() -> None:
    pd = OsdpPd(1, KEY)
    end = OsdpEnd([pd])
    luck = random.Random(3)
    for _ in range(300):
        end._heard(luck.randbytes(luck.randrange(60)))
    end._heard(encode(1, 0, Command.POLL))
    assert end.dropped_bytes > 0
    bus = OsdpBus(lambda: Link.open(end.path, baudrate=9_600), 9_600)
    reader = bus.add(1, KEY, "reader", poll_ms=10)
    await until(lambda: reader.here is not None)
    await bus.close()
    end.close()


def test_the_standards_rules_of_a_reader() -> None:
    pd = OsdpPd(1, KEY)
    assert said(pd, encode(2, 0, Command.POLL)) is None  # another's
    refused = said(pd, encode(1, 0, Command.POLL))
    assert refused is not None
    assert (refused.code, refused.body) == (Reply.NAK, b"\x06")  # nothing without a channel
    who = said(pd, encode(1, 1, Command.ID, b"\0"))
    assert who is not None
    assert isinstance(words.said(who.code, who.body), words.Identity)
    raw = encode(1, 2, Command.CAP, b"\0")
    first, again = pd.serve(frame_of(raw), raw), pd.serve(frame_of(raw), raw)
    assert first == again
    odd = said(pd, encode(1, 1, Command.ID, b"\0"))
    assert odd is not None
    assert (odd.code, odd.body) == (Reply.NAK, b"\x04")  # out of the row
    common = said(pd, encode(1, 0, Command.CHLNG, bytes(8), block=b"\x11\x00"))
    assert common is not None
    assert (common.code, common.body) == (Reply.NAK, b"\x05")  # everybody's key is no key here


def test_everything_a_frame_says_is_said_in_three_languages() -> None:
    for told in [*COMMANDS.values(), *REPLIES.values()]:
        assert set(told) == {"zh-Hans", "zh-Hant", "en"}
        assert all(told.values())
    assert set(COMMANDS) == set(Command)
    assert of_frames([])["en"] == "noise"
    assert "EE" in of_frames([frame_of(encode(1, 0, 0xEE))])["en"]


async def test_readers_are_worked_from_the_keyboard_and_keep_their_key(tmp_path: Path) -> None:
    kept = tmp_path / "key"
    async with simulated("osdp", "--readers", "2", "--key", str(kept)) as (process, told):
        bus = OsdpBus(lambda: Link.open(told, baudrate=115_200), 115_200)
        reader = bus.add(2, b"", "reader 2", poll_ms=10, installing=True)
        await until(lambda: reader.here is not None)
        await reader.set_key(KEY)
        await bus.close()
        assert kept.read_text() == KEY.hex()
        assert kept.stat().st_mode & 0o077 == 0
        bus = OsdpBus(lambda: Link.open(told, baudrate=115_200), 115_200)
        reader = bus.add(2, KEY, "reader 2", poll_ms=10)
        cases: list[words.LocalStatus] = []
        reader.on_case = cases.append
        await until(lambda: reader.here is not None)
        for line in ("2 tap d41b81", "2 tap 04aabbccddeeff", "2 type 12#", "2 power off"):
            type_in(process, line)
        for line in ("9 type 1", "2 jump", "2 input 1 on", "2 tamper on"):
            type_in(process, line)
        cards, keys = reader.cards(), reader.keys()
        assert [(await anext(cards)).uid.hex() for _ in range(2)] == [
            "00d41b81",
            "04aabbccddeeff",
        ]
        assert [await anext(keys) for _ in range(3)] == ["1", "2", "#"]
        await until(lambda: words.LocalStatus(is_tampered=True, is_power_bad=True) in cases)
        await until(lambda: reader._inputs == (False, True))
        await reader.pulse(1, 100)
        assert process.stdout is not None
        lines = [(await process.stdout.readline()).decode() for _ in range(4)]
        assert [line.split(" at ")[0] for line in lines] == [
            "tapped", "tapped", "reader 2 output 1 on", "reader 2 output 1 off",
        ]  # fmt: skip
        type_in(process, "2 off")
        await until(lambda: reader.here is None)
        type_in(process, "2 on")
        await until(lambda: reader.here is not None)
        await bus.close()
        type_in(process, "quit")
        assert process.stderr is not None
        complaints = (await process.stderr.read()).decode()
        assert await process.wait() == 0
    assert "there is no reader at address 9" in complaints
    assert "no such word: jump" in complaints
