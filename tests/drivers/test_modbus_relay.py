"""The relay board over a real pseudo-terminal: pulses that end by themselves, faults, return."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from drivers import modbus_relay
from drivers.kinds import StrikeFault
from drivers.link import Link
from drivers.modbus_relay import ModbusRelay, pulse_request, read_bits
from simulators.ends import Noise, RelayBoardEnd
from tests.drivers.waiting import until

H = bytes.fromhex


class Bench:
    """A board, the driver before it and what the driver told."""

    def __init__(self, end: RelayBoardEnd, **options: Any) -> None:
        self.end = end
        self.told: list[tuple[bool, str]] = []
        self.relay = ModbusRelay(
            lambda: Link.open(end.path, baudrate=9600),
            on_state=lambda online, why: self.told.append((online, why)),
            luck=random.Random(2).random,
            **options,
        )
        self.relay.start()

    async def online(self) -> None:
        await until(lambda: bool(self.told) and self.told[-1][0])

    async def offline(self) -> None:
        await until(lambda: bool(self.told) and not self.told[-1][0])

    async def close(self) -> None:
        await self.relay.close()
        self.end.close()

    @property
    def requests(self) -> list[bytes]:
        return [entry.bytes for entry in self.end.wire_log.ring if entry.dir == ">"]


@asynccontextmanager
async def bench(end: RelayBoardEnd | None = None, **options: Any) -> AsyncIterator[Bench]:
    made = Bench(end if end is not None else RelayBoardEnd(), **options)
    try:
        await made.online()
        yield made
    finally:
        await made.close()


# --- bytes as published -----------------------------------------------------------------------


def test_pulse_is_the_boards_own_flash_command() -> None:
    assert pulse_request(1, 0, 700) == H("0105020000078db0")


@pytest.mark.parametrize(
    ("duration_ms", "steps"), [(1, 1), (100, 1), (101, 2), (3_276_700, 0x7FFF)]
)
def test_pulse_is_rounded_up_to_the_boards_step(duration_ms: int, steps: int) -> None:
    assert pulse_request(1, 3, duration_ms)[2:6] == bytes((2, 3)) + steps.to_bytes(2, "big")


@pytest.mark.parametrize("duration_ms", [0, -1, 3_276_701, 10**9])
def test_pulse_the_board_cannot_end_is_refused(duration_ms: int) -> None:
    with pytest.raises(StrikeFault, match="none the board can end by itself"):
        pulse_request(1, 0, duration_ms)


def test_bits_are_low_first_and_counted() -> None:
    assert read_bits(H("01a5"), 8) == (True, False, True, False, False, True, False, True)
    assert read_bits(H("020001"), 9) == (False,) * 8 + (True,)
    for wrong in ("", "01", "0201", "02ffff00"):
        assert read_bits(H(wrong), 8) is None


# --- a healthy board --------------------------------------------------------------------------


async def test_outputs_are_off_at_open_and_that_is_checked() -> None:
    end = RelayBoardEnd()
    end.coils[:] = [True] * 8
    async with bench(end) as made:
        assert end.coils == [False] * 8
        assert made.requests[:2] == [
            modbus_relay.encode(1, 0x0F, H("000000080100")),
            modbus_relay.encode(1, 0x01, H("00000008")),
        ]
        assert made.told == [(True, f"unit 1 at {end.path}, outputs off")]


async def test_pulse_is_ended_by_the_board_even_when_the_driver_is_gone() -> None:
    changes: list[tuple[int, bool]] = []
    end = RelayBoardEnd(on_coil=lambda output, is_on, _: changes.append((output, is_on)))
    made = Bench(end)
    await made.online()
    await made.relay.pulse(2, 100)
    assert changes == [(2, True)]
    await made.relay.close()
    await until(lambda: len(changes) == 2)
    assert changes == [(2, True), (2, False)]
    assert [(output, is_on) for output, is_on, _ in end.coil_log] == changes
    on_ns, off_ns = (at_ns for _, _, at_ns in end.coil_log)
    assert off_ns - on_ns >= 99_000_000  # the board's own timer, never ours
    end.close()


async def test_pulse_is_one_request_and_no_switching_off() -> None:
    async with bench() as made:
        before = len(made.requests)
        await made.relay.pulse(0, 700)
        assert made.requests[before:] == [H("0105020000078db0")]


async def test_pulse_over_a_running_pulse_begins_anew() -> None:
    async with bench() as made:
        await made.relay.pulse(0, 100)
        await made.relay.pulse(0, 300)
        await until(lambda: not made.end.coils[0])
        on_ns, off_ns = (at_ns for _, _, at_ns in made.end.coil_log)
        assert off_ns - on_ns >= 299_000_000


async def test_contacts_are_read_as_they_are() -> None:
    async with bench(inputs=4) as made:
        made.end.set_input(0, True)
        made.end.set_input(3, True)
        assert await made.relay.inputs() == (True, False, False, True)
        made.end.set_input(0, False)
        assert await made.relay.inputs() == (False, False, False, True)


async def test_board_without_contacts_is_not_asked() -> None:
    async with bench(inputs=0) as made:
        before = len(made.requests)
        assert await made.relay.inputs() == ()
        assert len(made.requests) == before


async def test_coils_are_told() -> None:
    async with bench() as made:
        await made.relay.pulse(1, 60_000)
        assert await made.relay.coils() == (False, True) + (False,) * 6


async def test_requests_of_many_callers_go_one_by_one() -> None:
    async with bench() as made:
        before = len(made.requests)
        made.end.set_input(5, True)
        found = await asyncio.gather(
            *(made.relay.inputs() for _ in range(5)), *(made.relay.pulse(n, 100) for n in range(8))
        )
        assert found[:5] == [(False,) * 5 + (True,) + (False,) * 2] * 5
        assert len(made.requests) == before + 13
        assert sum(is_on for _, is_on, _ in made.end.coil_log) == 8


async def test_adapter_that_hears_itself_is_understood() -> None:
    async with bench(RelayBoardEnd(echo=True), echo=True) as made:
        await made.relay.pulse(0, 100)
        assert made.end.coils[0]
        assert await made.relay.inputs() == (False,) * 8
        assert made.relay.resent == 0


async def test_own_echo_is_no_answer_of_a_silent_board(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modbus_relay, "REPLY_S", 0.03)
    end = RelayBoardEnd(echo=True)
    end.is_deaf = True
    made = Bench(end, echo=True)
    await made.offline()
    assert "silent" in made.told[-1][1]
    await made.close()


async def test_echo_nobody_announced_is_no_board(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pulse's answer equals its request, so a mere echo must fail before the first pulse."""
    monkeypatch.setattr(modbus_relay, "REPLY_S", 0.03)
    end = RelayBoardEnd(echo=True)
    end.is_deaf = True
    made = Bench(end, echo=False)
    await made.offline()
    with pytest.raises(StrikeFault):
        await made.relay.pulse(0, 100)
    assert [online for online, _ in made.told] == [False]
    await made.close()


# --- refusals ---------------------------------------------------------------------------------


async def test_output_that_is_not_there_is_refused_without_a_byte() -> None:
    async with bench(outputs=4) as made:
        before = len(made.requests)
        for output in (-1, 4):
            with pytest.raises(StrikeFault, match="no output"):
                await made.relay.pulse(output, 100)
        with pytest.raises(StrikeFault, match="end by itself"):
            await made.relay.pulse(0, 0)
        assert len(made.requests) == before


async def test_exception_of_the_board_is_told_and_not_repeated() -> None:
    async with bench(RelayBoardEnd(coils=8, inputs=2), inputs=8) as made:
        before = len(made.requests)
        with pytest.raises(StrikeFault, match="has no such output or input; check outputs"):
            await made.relay.inputs()
        assert len(made.requests) == before + 1
        await made.relay.pulse(0, 100)


async def test_board_with_fewer_outputs_than_told_never_comes_online() -> None:
    made = Bench(RelayBoardEnd(coils=4), outputs=8)
    await made.offline()
    assert "no such output" in made.told[-1][1]
    with pytest.raises(StrikeFault, match="no such output"):
        await made.relay.pulse(0, 100)
    await made.close()


async def test_wrong_unit_is_silent_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modbus_relay, "REPLY_S", 0.03)
    made = Bench(RelayBoardEnd(unit=2), unit=1)
    await made.offline()
    assert "unit 1 is silent; check power, wiring, address and baud" in made.told[-1][1]
    assert made.end.coil_log.maxlen is not None
    assert not made.end.coil_log
    assert [e for e in made.end.wire_log.ring if e.dir == "<"] == []
    await made.close()


async def test_pulse_before_the_line_is_open_is_refused_at_once() -> None:
    relay = ModbusRelay(lambda: Link.open("/absent"))
    with pytest.raises(StrikeFault, match="not open yet"):
        await relay.pulse(0, 100)


# --- noise and loss ---------------------------------------------------------------------------


async def test_repeats_are_bounded_and_a_silent_board_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with bench() as made:
        monkeypatch.setattr(modbus_relay, "REPLY_S", 0.03)
        made.end.is_deaf = True
        before = len(made.requests)
        with pytest.raises(StrikeFault, match="silent"):
            await made.relay.pulse(0, 100)
        assert made.requests[before : before + 3] == [pulse_request(1, 0, 100)] * 3
        await made.offline()
        assert "silent" in made.told[-1][1]
        made.end.is_deaf = False
        await made.online()
        await made.relay.pulse(0, 100)


async def test_reply_that_comes_too_late_is_not_taken_for_the_next() -> None:
    async with bench() as made:
        made.end.set_input(0, True)
        late = modbus_relay.encode(1, 2, H("01ff"))
        made.end.line.write(late)
        await asyncio.sleep(0.01)
        assert await made.relay.inputs() == (True,) + (False,) * 7
        assert made.relay.dropped_bytes == len(late)


async def test_answer_to_a_repeat_is_not_taken_for_the_next_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A board slower than our patience answers twice; the second answer is no news of contacts."""
    async with bench() as made:
        monkeypatch.setattr(modbus_relay, "REPLY_S", 0.05)
        made.end.think_s = 0.06
        before = len(made.requests)
        assert await made.relay.inputs() == (False,) * 8
        assert len(made.requests) == before + 2
        made.end.set_input(0, True)
        assert await made.relay.inputs() == (True,) + (False,) * 7


async def test_garbled_echo_of_a_dead_board_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stutter(Noise):
        def spoil(self, chunk: bytes) -> bytes:
            return b"\x7f" + chunk

    monkeypatch.setattr(modbus_relay, "REPLY_S", 0.03)
    async with bench(RelayBoardEnd(echo=True), echo=True) as made:
        made.end.is_deaf = True
        made.end.line.noise = Stutter(random.Random(1))
        with pytest.raises(StrikeFault, match="silent"):
            await made.relay.pulse(0, 100)


async def test_reply_of_another_unit_is_not_ours() -> None:
    async with bench() as made:
        reading = asyncio.create_task(made.relay.inputs())
        await asyncio.sleep(0)
        made.end.line.write(modbus_relay.encode(9, 2, H("01ff")))
        assert await reading == (False,) * 8


async def test_bad_line_heals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks hit with 3 % each way: nearly all pulses arrive, none stays on."""
    monkeypatch.setattr(modbus_relay, "REPLY_S", 0.05)
    async with bench() as made:
        odds = 0.03
        made.end.line.noise = Noise(random.Random(485), flip=odds, drop=odds, insert=odds)
        done = failed = 0
        for n in range(150):
            try:
                await made.relay.pulse(n % 8, 100)
                done += 1
            except StrikeFault:
                failed += 1
                await made.online()
        assert made.end.line.noise.hits > 15
        assert done > 140
        assert failed < 5
        made.end.line.noise = None
        await until(lambda: not any(made.end.coils))
        assert made.relay.resent > 0


async def test_unplugged_board_comes_back_with_its_outputs_off() -> None:
    async with bench() as made:
        await made.relay.pulse(4, 60_000)
        for _ in range(3):
            made.end.unplug()
            await made.offline()
            with pytest.raises(StrikeFault):
                await made.relay.pulse(1, 100)
            assert not made.end.coils[1]
            made.end.plug()
            await made.online()
            assert not any(made.end.coils)
            await made.relay.pulse(0, 60_000)
        assert "unplugged" in made.told[1][1]


async def test_on_a_free_line_the_request_leaves_at_once() -> None:
    async with bench() as made:
        sent: list[bytes] = []
        made.relay._link.write = sent.append  # type: ignore[union-attr, method-assign]
        first = made.relay.pulse(0, 100)
        second = made.relay.pulse(1, 100)  # somebody speaks: it waits for its turn
        assert sent == [pulse_request(1, 0, 100)]
        del made.relay._link.write  # type: ignore[union-attr]
        made.relay._link.write(sent[0])  # type: ignore[union-attr]
        await first
        await second
        assert made.end.coils[:2] == [True, True]


async def test_whoever_no_longer_waits_for_a_pulse_leaves_the_line_free() -> None:
    async with bench() as made:
        made.end.is_deaf = True
        left = asyncio.ensure_future(made.relay.pulse(0, 100))
        left.cancel()  # before its first step
        with pytest.raises(asyncio.CancelledError):
            await left
        made.end.is_deaf = False
        await made.relay.pulse(1, 60_000)
        assert made.end.coils[1]


async def test_a_pulse_nobody_could_take_is_told_when_it_is_awaited() -> None:
    async with bench() as made:
        for output, duration_ms in ((8, 100), (-1, 100), (0, 0)):
            pulse = made.relay.pulse(output, duration_ms)
            with pytest.raises(StrikeFault):
                await pulse


async def test_board_unplugged_in_mid_request_is_a_fault_not_a_hang() -> None:
    async with bench() as made:
        made.end.is_deaf = True
        pulsing = asyncio.ensure_future(made.relay.pulse(0, 100))
        await until(lambda: made.requests[-1] == pulse_request(1, 0, 100))
        made.end.unplug()
        with pytest.raises(StrikeFault, match="unplugged"):
            await pulsing


async def test_board_nobody_talks_to_is_asked_for_its_health(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(modbus_relay, "HEALTH_EVERY_S", 0.02)
    monkeypatch.setattr(modbus_relay, "REPLY_S", 0.03)
    async with bench() as made:
        before = len(made.requests)
        await until(lambda: len(made.requests) > before + 2)
        assert made.told[-1][0]
        made.end.is_deaf = True
        await made.offline()
        assert "silent" in made.told[-1][1]


async def test_close_refuses_what_comes_after() -> None:
    made = Bench(RelayBoardEnd())
    await made.online()
    await made.close()
    with pytest.raises(StrikeFault, match="closed"):
        await made.relay.pulse(0, 100)
