"""A relay board that holds what it was told: its bytes, and who tells it to let go."""

import asyncio
import random
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import lcus
from drivers.catalogue import CatalogueError, open_strike
from drivers.kinds import StrikeFault
from drivers.lcus import ALL, OFF, ON, OUTPUTS_MOST, STATUS, LcusDeframer, LcusRelay, Order
from drivers.link import Link
from simulators.ends import LcusEnd, Noise
from tests.drivers.waiting import until

H = bytes.fromhex
NEVER_S = 3_600.0  # longer than any test
orders = st.builds(
    Order, st.sampled_from([*range(1, OUTPUTS_MOST + 1), ALL]), st.sampled_from([OFF, ON, STATUS])
)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    marks = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[a:b] for a, b in pairwise(marks)]


class Bench:
    """A board, the driver before it and what the driver told."""

    def __init__(self, end: LcusEnd) -> None:
        self.end = end
        self.told: list[tuple[bool, str]] = []
        self.relay = LcusRelay(
            lambda: Link.open(end.path, baudrate=9600),
            outputs=len(end.coils),
            on_state=lambda online, why: self.told.append((online, why)),
            luck=random.Random(2).random,
        )
        self.relay.start()

    @property
    def moves(self) -> list[tuple[int, bool]]:
        """What the coils did; a short pulse may be over before anybody looks at them."""
        return [(output, on) for output, on, _ in self.end.coil_log]

    @property
    def requests(self) -> bytes:
        return b"".join(entry.bytes for entry in self.end.wire_log.ring if entry.dir == ">")


@asynccontextmanager
async def bench(end: LcusEnd | None = None) -> AsyncIterator[Bench]:
    made = Bench(end if end is not None else LcusEnd(coils=2))
    try:
        await until(lambda: bool(made.told) and made.told[-1][0])
        yield made
    finally:
        await made.relay.close()
        made.end.close()


# --- bytes ------------------------------------------------------------------------------------


def test_commands_are_those_of_the_makers_sheets() -> None:
    assert lcus.encode(1, ON) == H("a00101a2")
    assert lcus.encode(1, OFF) == H("a00100a1")
    assert lcus.encode(1, STATUS) == H("a00102a3")
    assert lcus.encode(ALL, ON) == H("a00f01b0")


@given(st.lists(orders, max_size=8), st.lists(st.integers(0, 2**16)))
def test_any_chunking_gives_the_same_orders(said: list[Order], cuts: list[int]) -> None:
    deframer = LcusDeframer()
    stream = b"".join(lcus.encode(order.channel, order.op) for order in said)
    found = [order for chunk in cut(stream, cuts) for order in deframer.feed(chunk)]
    assert found == said
    assert deframer.dropped == 0


@given(orders, st.integers(0, 3), st.integers(1, 255))
def test_one_wrong_byte_is_no_order(order: Order, place: int, wrong: int) -> None:
    spoilt = bytearray(lcus.encode(order.channel, order.op))
    spoilt[place] ^= wrong
    deframer = LcusDeframer()
    assert deframer.feed(bytes(spoilt)) == []
    deframer.idle()
    assert deframer.feed(lcus.encode(1, ON)) == [Order(1, ON)]


@pytest.mark.parametrize("frame", ["a00001a1", "a00901aa", "a00103a4", "a010ffaf"])
def test_no_such_channel_and_no_such_deed(frame: str) -> None:
    assert LcusDeframer().feed(H(frame)) == []


@given(st.lists(st.sampled_from(list(H("a0000102030f08a1a2ff"))), max_size=200).map(bytes),
       st.lists(st.integers(0, 2**16)))  # fmt: skip
def test_noise_never_raises_nor_piles_up(stream: bytes, cuts: list[int]) -> None:
    whole, parts = LcusDeframer(), LcusDeframer()
    found = []
    for chunk in cut(stream, cuts):
        found += parts.feed(chunk)
        assert parts.held < LcusDeframer.most_bytes
    assert found == whole.feed(stream)
    assert len(found) * 4 + whole.dropped + whole.held == len(stream)


# --- who ends a pulse -------------------------------------------------------------------------


async def test_everything_is_off_before_anything_is_on() -> None:
    end = LcusEnd(coils=2)
    end.coils = [True, True]  # a host died here before
    async with bench(end) as b:
        await until(lambda: end.coils == [False, False])
        assert b.requests.startswith(H("a00100a1a00200a2"))
        assert await b.relay.inputs() == ()


async def test_a_pulse_ends_and_its_end_is_said_three_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lcus, "REMIND_S", NEVER_S)  # on a busy machine it would be a fifth one
    async with bench() as b:
        await b.relay.pulse(1, 50)
        await until(lambda: len(b.end.coil_log) == 2)
        assert b.moves == [(1, True), (1, False)]
        await until(lambda: b.requests.count(H("a00200a2")) == 4)  # one of them at the opening
        assert b.requests.count(H("a00201a3")) == 1
        await until(lambda: not b.relay._timers)


async def test_a_newer_pulse_takes_the_place_of_the_older() -> None:
    async with bench() as b:
        await b.relay.pulse(0, 60_000)
        await b.relay.pulse(0, 30)
        await until(lambda: len(b.moves) == 2)
        assert b.moves == [(0, True), (0, False)]
        assert len(b.relay._timers) <= 1


async def test_two_outputs_do_not_end_each_other() -> None:
    async with bench() as b:
        await b.relay.pulse(0, 60_000)
        await b.relay.pulse(1, 20)
        await until(lambda: (1, False) in b.moves)
        assert b.end.coils == [True, False]


async def test_a_garbled_off_is_said_again_for_as_long_as_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lcus, "REMIND_S", 0.05)
    async with bench() as b:
        await b.relay.pulse(0, 60_000)
        await until(lambda: b.end.coils[0])
        b.end.line.noise = Noise(random.Random(3), flip=1.0)
        await b.relay.pulse(0, 20)  # spoilt as well, and it ends the long one
        await until(lambda: not b.relay._timers)  # three times, each of them spoilt
        assert b.end.coils[0]
        b.end.line.noise = None
        await until(lambda: not b.end.coils[0])


async def test_reminding_leaves_a_running_pulse_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lcus, "REMIND_S", 0.02)
    async with bench() as b:
        await b.relay.pulse(0, 60_000)
        before = b.requests.count(H("a00200a2"))
        await until(lambda: b.requests.count(H("a00200a2")) > before + 2)
        assert b.end.coils == [True, False]


async def test_what_no_pulse_can_be_is_refused() -> None:
    async with bench() as b:
        for output, duration_ms, why in ((2, 100, "no output 2"), (-1, 100, "no output -1"),
                                         (0, 0, "a pulse of 0"), (0, 60_001, "60001")):  # fmt: skip
            with pytest.raises(StrikeFault, match=why):
                await b.relay.pulse(output, duration_ms)
        assert ON not in b.requests[2::4]


async def test_a_closed_relay_has_let_go_first() -> None:
    end = LcusEnd()
    made = Bench(end)
    await until(lambda: bool(made.told))
    await made.relay.pulse(0, 60_000)
    await until(lambda: end.coils == [True])
    await made.relay.close()
    await until(lambda: end.coils == [False])
    with pytest.raises(StrikeFault, match="closed"):
        await made.relay.pulse(0, 100)
    end.close()


async def test_an_unplugged_board_is_told_and_comes_back_off() -> None:
    async with bench() as b:
        await b.relay.pulse(0, 60_000)
        b.end.unplug()
        await until(lambda: not b.told[-1][0])
        assert b.end.coils == [False, False]
        with pytest.raises(StrikeFault, match=b.end.path):
            await b.relay.pulse(0, 100)
        b.end.plug()
        await until(lambda: b.told[-1][0])
        assert not b.relay._timers
        before = len(b.moves)
        await b.relay.pulse(0, 100)
        await until(lambda: b.moves[before:] == [(0, True), (0, False)])


PULSE = """
import asyncio, sys
from devices.verbs import run_until_signal
from drivers.catalogue import open_strike

async def work():
    here = asyncio.Event()
    strike = open_strike(sys.argv[1], lambda _: b"", on_state=lambda on, _: here.set())
    await here.wait()
    await strike.pulse(0, 60_000)
    print("on", flush=True)
    await asyncio.Event().wait()

run_until_signal(work())
"""


async def program(end: LcusEnd) -> asyncio.subprocess.Process:
    """A program of ours in the middle of a long pulse."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PULSE, f"lcus+serial://{end.path}", stdout=PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"on\n"
    await until(lambda: end.coils == [True])
    return process


async def test_a_program_that_is_told_to_stop_locks_first() -> None:
    end = LcusEnd()
    process = await program(end)
    process.terminate()
    assert await process.wait() == 0
    await until(lambda: end.coils == [False])
    end.close()


async def test_a_killed_program_leaves_the_lock_released_until_the_next_one() -> None:
    """The limit that the rule about escape doors is for; see devices/wiring.py."""
    end = LcusEnd()
    process = await program(end)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert end.coils == [True]
    made = Bench(end)
    await until(lambda: end.coils == [False])
    await made.relay.close()
    end.close()


def test_too_many_outputs_are_told() -> None:
    with pytest.raises(CatalogueError, match="at most 8 outputs"):
        open_strike("lcus+serial:///dev/a?outputs=9", lambda _: b"")
