"""The far ends as others use them: names that stay, logs, pace, noise, words and the verb."""

import asyncio
import json
import os
import random
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drivers import lcus, pn532
from drivers.catalogue import open_reader
from drivers.escpos import FENCE, Slip
from drivers.kinds import StrikeFault
from drivers.link import Link
from drivers.modbus_relay import ModbusRelay
from drivers.ntag424 import select_application
from drivers.pn532 import Pn532, Pn532Reader, Tally
from simulators.ends import Noise, Ntag424Card, Pn532End, PtyLine, RelayBoardEnd, WireLog, words
from simulators.ends.blocks import Blocks
from simulators.ends.uart import heard_at
from simulators.ends.wires import IN_FLIGHT_MOST_CHUNKS, RING_MOST_ENTRIES
from tests.drivers.waiting import until

UID = bytes.fromhex("04de5f1eacc040")
TONGUES = {"zh-Hans", "zh-Hant", "en"}
ROOT = Path(__file__).parents[2]


# --- the line ---------------------------------------------------------------------------------


async def test_name_of_a_line_stays_through_unplugging(tmp_path: Path) -> None:
    heard: list[bytes] = []
    line = PtyLine(heard.append, path=tmp_path / "reader")
    for word in (b"one", b"two"):
        link = await Link.open(line.path)
        link.write(word)
        await until(lambda: bool(heard) and heard[-1] == word)  # noqa: B023 - awaited here
        line.unplug()
        line.unplug()
        assert not line.is_plugged
        assert not os.path.lexists(line.path)
        await link.lost()
        line.plug()
        line.plug()
    line.close()
    assert not os.path.lexists(line.path)
    assert list(tmp_path.iterdir()) == []


async def test_slow_line_keeps_order_and_loses_nothing() -> None:
    heard: list[bytes] = []
    line = PtyLine(heard.append, byte_s=0.0001)
    link = await Link.open(line.path)
    for n in range(20):
        link.write(bytes((n,)) * 3)
        line.write(bytes((n,)) * 2)
    got = b""
    while len(got) < 40:
        got += await link.read()
    assert got == b"".join(bytes((n,)) * 2 for n in range(20))
    await until(lambda: len(b"".join(heard)) == 60)
    assert b"".join(heard) == b"".join(bytes((n,)) * 3 for n in range(20))
    link.close()
    line.close()


async def test_whoever_speaks_at_another_speed_is_misheard_both_ways() -> None:
    heard: list[bytes] = []
    line = PtyLine(heard.append)
    line.baud = 9_600
    said = b"who is there"
    for baud in (19_200, 9_600):
        heard.clear()
        link = await Link.open(line.path, baudrate=baud)
        link.write(said)
        await until(lambda: bool(heard))
        assert heard[0] == heard_at(said, baud, 9_600)
        line.write(said)
        assert await link.read() == heard_at(said, 9_600, baud)
        link.close()
    assert heard == [said]
    line.close()


async def test_what_is_on_a_slow_line_falls_off_when_it_is_unplugged() -> None:
    line = PtyLine(lambda _: None, byte_s=1.0)
    for _ in range(IN_FLIGHT_MOST_CHUNKS + 1):
        line.write(b"x")
    assert line.lost_bytes == 1
    line.close()  # and leaves no timer on the loop, as every test here must


async def test_bytes_nobody_takes_are_counted_not_kept_for_ever() -> None:
    line = PtyLine(lambda _: None)
    for _ in range(100):
        line.write(bytes(1000))
    assert line.lost_bytes > 0
    line.close()


def test_noise_is_the_same_for_the_same_luck_and_absent_at_odds_of_none() -> None:
    chunks = [bytes(range(n)) for n in range(1, 60)]

    def worn(odds: float) -> list[bytes]:
        noise = Noise(random.Random(7), flip=odds, drop=odds, insert=odds)
        return [noise.spoil(chunk) for chunk in chunks]

    assert worn(0.3) == worn(0.3) != chunks
    assert worn(0.0) == chunks
    assert Noise(random.Random(1), drop=1.0).spoil(b"") == b""
    assert len(Noise(random.Random(1), insert=1.0).spoil(b"ab")) == 3


# --- what passed ------------------------------------------------------------------------------


async def test_log_tells_every_byte_when_and_in_three_languages(tmp_path: Path) -> None:
    at = datetime(2026, 11, 23, 4, 5, 6, 7, UTC)
    shown: list[str] = []
    log = WireLog(
        "gate reader",
        file=tmp_path / "wire.jsonl",
        clock=lambda: at,
        on_entry=lambda entry: shown.append(entry.bytes.hex()),
    )
    end = Pn532End(wire_log=log)
    link = await Link.open(end.path)
    await Pn532(link, Tally()).start()
    link.close()
    end.close()
    lines = [json.loads(line) for line in (tmp_path / "wire.jsonl").read_text().splitlines()]
    assert [bytes.fromhex(line["hex"]).hex() for line in lines] == shown
    assert len(lines) == len(log.ring) == 9  # three commands, each acknowledged and answered
    for line in lines:
        assert set(line) == {"at", "line", "dir", "hex", "words"}
        assert line["at"] == "2026-11-23T04:05:06.000007Z"
        assert line["line"] == "gate reader"
        assert set(line["words"]) == TONGUES
        assert all(line["words"].values())
    assert [line["dir"] for line in lines] == [">", "<", "<"] * 3
    assert lines[3]["hex"] == "00 00 ff 02 fe d4 02 2a 00"
    assert lines[3]["words"]["en"] == "what chip are you"


def test_log_in_memory_is_bounded() -> None:
    log = WireLog("x")
    for n in range(RING_MOST_ENTRIES + 5):
        log.add(">", n.to_bytes(2, "big"))
    assert len(log.ring) == RING_MOST_ENTRIES
    assert log.ring[0].bytes == (5).to_bytes(2, "big")


def test_everything_that_can_be_said_is_said_in_three_languages() -> None:
    said = [
        *words.PN532.values(),
        *words.APDU.values(),
        *words.STATUS.values(),
        *(words.of_request(code, b"\x02\x00\x00\x07") for code in (1, 2, 5, 15, 99)),
        words.of_request(5, b"\x00\x00\xff\x00"),
        words.of_message(0x99, b""),
        words.of_message(0x41, b"\x01"),
        words.of_message(0x4B, b"\x00"),
    ]
    assert all(set(sentence) == TONGUES and all(sentence.values()) for sentence in said)
    assert words.of_request(5, b"\x02\x00\x00\x07")["en"] == "relay 1 on for 0.7 s"
    assert words.of_message(0x40, b"\x01\x90\x71")["en"] == "challenge me under a key"
    assert words.of_message(0x41, b"\x00\x91\xae")["en"] == "wrong key"


# --- blocks of the host's own making ----------------------------------------------------------


def test_block_protocol_chains_both_ways() -> None:
    card = Ntag424Card(UID)
    card.files[2].contents[:] = bytes(range(256))
    blocks = Blocks(card)
    assert blocks.exchange(b"\xe0\x20") == card.ats  # the host takes 32 bytes at once
    select = bytes.fromhex("00a4040c07d276000085010100")
    assert blocks.exchange(b"\x12" + select[:5]) == b"\xa2"
    assert blocks.exchange(b"\x03" + select[5:]) == b"\x03\x90\x00"
    assert blocks.exchange(b"\x02" + bytes.fromhex("00a4000c02e104")) == b"\x02\x90\x00"
    answer = blocks.exchange(b"\x03" + bytes.fromhex("00b0000000"))
    got, toggle = b"", 1
    while answer is not None and answer[0] & 0x10:
        assert len(answer) == 30
        got += answer[1:]
        toggle ^= 1
        answer = blocks.exchange(bytes((0xA2 | toggle,)))
    assert answer is not None
    assert got + answer[1:] == bytes(range(256)) + b"\x90\x00"
    assert blocks.exchange(b"\xc2") == b"\xc2"


@pytest.mark.parametrize("block", [b"", b"\xff", b"\xe0", b"\xb2"])
def test_block_that_is_none_breaks_nothing(block: bytes) -> None:
    answer = Blocks(Ntag424Card(UID)).exchange(block)
    assert answer is None or len(answer) == 1


# --- linli simulate pty -----------------------------------------------------------------------

SIMULATE = """
import argparse, sys
from simulators.ends.verbs import register
parser = argparse.ArgumentParser()
register(parser.add_subparsers())
asked = parser.parse_args()
sys.exit(asked.func(asked))
"""


@asynccontextmanager
async def simulated(*arguments: str) -> AsyncIterator[tuple[Process, str]]:
    """The verb as a process; gives it and the path it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SIMULATE, "pty", *arguments,
        stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process, (await process.stdout.readline()).decode().strip()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def type_in(process: Process, line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n".encode())


async def test_reader_is_worked_from_the_keyboard_and_keeps_its_cards(tmp_path: Path) -> None:
    cards, path = tmp_path / "cards.json", tmp_path / "reader"
    async with simulated("pn532", "--path", str(path), "--cards", str(cards)) as (process, told):
        assert told == str(path)
        reader = Pn532Reader(lambda: Link.open(told))
        online = asyncio.Event()
        reader.on_state = lambda is_online, _: online.set() if is_online else None
        found = asyncio.ensure_future(anext(reader.cards()))
        await online.wait()
        type_in(process, "jump")
        type_in(process, "tap 04958CAA5C5E80")
        card = await found
        assert card.uid == bytes.fromhex("04958caa5c5e80")
        await select_application(card.transceive)
        await reader.close()
        type_in(process, "quit")
        assert process.stderr is not None
        complaints = (await process.stderr.read()).decode()
        assert await process.wait() == 0
    assert "no such word: jump; type: tap" in complaints
    assert [card["uid"] for card in json.loads(cards.read_text())] == ["04958caa5c5e80"]
    assert not os.path.lexists(path)


async def test_an_end_of_one_speed_is_noise_to_another(tmp_path: Path) -> None:
    async with simulated("qr", "--baud", "9600", "--path", str(tmp_path / "qr")) as (process, told):
        for baud, is_heard in ((19_200, False), (9_600, True)):
            link = await Link.open(told, baudrate=baud)
            type_in(process, "show HELLO")
            got = b""
            while len(got) < 2 or (is_heard and not got.endswith(b"\n")):
                got += await link.read()
            assert (got == b"HELLO\r\n") == is_heard
            link.close()
        type_in(process, "quit")
        assert await process.wait() == 0


async def test_board_is_worked_from_the_keyboard(tmp_path: Path) -> None:
    async with simulated("relay", "--show", "--path", str(tmp_path / "board")) as (process, told):
        relay = ModbusRelay(lambda: Link.open(told, baudrate=9600))
        online = asyncio.Event()
        relay.on_state = lambda is_online, _: online.set() if is_online else None
        relay.start()
        await online.wait()
        await relay.pulse(0, 100)
        type_in(process, "input 1 on")
        while not (await relay.inputs())[1]:  # noqa: ASYNC110 - another process obeys
            await asyncio.sleep(0.01)
        await relay.close()
        with pytest.raises(StrikeFault, match="closed"):
            await relay.inputs()
        process.terminate()
        assert process.stdout is not None
        printed = (await process.stdout.read()).decode()
        assert await process.wait() == 0
    assert "01 05 02 00 00 01" in printed
    assert "relay 1 on for 0.1 s" in printed
    assert "coil 0 on at " in printed


async def until_printed(process: Process, word: str) -> str:
    """What the program prints, up to a line with this word."""
    assert process.stdout is not None
    printed = ""
    while word not in printed:
        printed += (await process.stdout.readline()).decode()
    return printed


async def test_old_readers_are_worked_from_the_keyboard() -> None:
    for kind, tap, uid in (
        ("rdm6300", "01001293d8", "001293d8"),
        ("wiegand", "d41b81", "00d41b81"),
    ):
        async with simulated(kind) as (process, told):
            reader = open_reader(f"{kind}+serial://{told}", lambda _: b"")
            online = asyncio.Event()
            reader.on_state = lambda is_online, _, here=online: here.set()
            found = asyncio.ensure_future(anext(reader.cards()))
            await online.wait()
            type_in(process, "lift" if kind == "rdm6300" else "swap off")
            type_in(process, "dance")
            type_in(process, f"tap {tap}")
            assert (await found).uid.hex() == uid
            await reader.close()
            type_in(process, "quit")
            assert process.stderr is not None
            assert b"no such word: dance; type: tap" in await process.stderr.read()
            assert await process.wait() == 0


async def test_a_board_without_a_timer_and_a_printer_are_worked_from_the_keyboard(
    tmp_path: Path,
) -> None:
    async with simulated("lcus") as (process, told):
        link = await Link.open(told)
        link.write(lcus.encode(3, lcus.ON))
        assert "coil 2 on at" in await until_printed(process, "coil")
        link.close()
        type_in(process, "quit")
        assert await process.wait() == 0
    picture = tmp_path / "slip.svg"
    async with simulated("escpos") as (process, told):
        link = await Link.open(told)
        slip = Slip()
        slip.line("一张小票")
        slip.cut()
        link.write(b"".join(slip.commands) + FENCE)
        assert await link.read() == b"\x00"
        type_in(process, "low")
        answer = b"\x00"
        while answer == b"\x00":  # until the program has read what was typed
            link.write(FENCE)
            answer = await link.read()
        assert answer == b"\x03"
        type_in(process, "text")
        assert "一张小票" in await until_printed(process, "小票")
        type_in(process, f"picture {picture}")
        type_in(process, "quit")
        assert await process.wait() == 0
        link.close()
    assert picture.read_text(encoding="utf-8").startswith("<svg")


# --- the ends keep their promises to a careless host ------------------------------------------


async def test_board_and_reader_survive_any_babble() -> None:
    luck = random.Random(5)
    reader, board = Pn532End(), RelayBoardEnd()
    reader.tap(Ntag424Card(UID))
    for end in (reader, board):
        link = await Link.open(end.path)
        for _ in range(200):
            link.write(luck.randbytes(luck.randrange(1, 40)))
            await asyncio.sleep(0)
            link.discard()
        link.close()
    await asyncio.sleep(0.03)
    link = await Link.open(reader.path)
    assert await Pn532(link, Tally()).start() == "PN532 1.6"
    link.close()
    assert reader.dropped_bytes > 1000
    assert board.dropped_bytes > 1000
    assert not any(board.coils)
    reader.close()
    board.close()


async def test_chip_answers_a_list_with_finite_tries_that_nobody_came() -> None:
    end = Pn532End()
    link = await Link.open(end.path)
    chip = Pn532(link, Tally())
    await chip.start()
    await chip.command(pn532.RF_CONFIGURATION, b"\x05\xff\x01\x00")
    assert await chip.command(pn532.LIST_PASSIVE_TARGET, b"\x01\x00") == b"\x00"
    assert await chip.command(pn532.LIST_PASSIVE_TARGET, b"\x01\x01") == b"\x00"
    assert await chip.command(0x00, b"\x00echo") == b"\x00echo"
    link.close()
    end.close()


async def test_whoever_is_let_in_walks_through() -> None:
    """The contact of a coil's own number opens and falls shut; a board of no door's stays."""
    shut = asyncio.Event()
    seen: list[tuple[int, bool]] = []

    class Watched(RelayBoardEnd):
        def set_input(self, number: int, on: bool) -> None:
            super().set_input(number, on)
            seen.append((number, on))
            if not on:
                shut.set()

    walked, idle = Watched(walked=True), Watched()
    for board in (walked, idle):
        board._switch(2, True)
    async with asyncio.timeout(30):
        await shut.wait()
    assert seen == [(2, True), (2, False)]
    walked.close()
    idle.close()
