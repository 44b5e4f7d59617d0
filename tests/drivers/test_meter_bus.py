"""A line of meters: asked one at a time, found on request, read through noise and unplugging."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from drivers import cjt188, dlt645
from drivers.link import Link
from drivers.meter_bus import MeterBus, scan_cjt188, scan_dlt645
from drivers.readings import MeterElsewhere, MeterFault, MeterGarbled, MeterSilent
from simulators.ends import Cjt188Meter, Dlt645Meter, MeterLineEnd, Noise
from simulators.ends.meters import Meter
from tests.drivers.waiting import until

POWER, WATER = "000102030425", "00000000123456"


@asynccontextmanager
async def line(
    *meters: Meter, gap_s: float = 0.02, think_s: float = 0.1, echo: bool = False
) -> AsyncIterator[tuple[MeterBus, MeterLineEnd, list[bool]]]:
    """A bus and the meters at its end, quicker than real ones."""
    end = MeterLineEnd(meters or [Dlt645Meter(), Cjt188Meter()], think_s=0.001, echo=echo)
    states: list[bool] = []
    bus = MeterBus(
        lambda: Link.open(end.path, baudrate=2_400, parity="E"),
        baud=115_200,
        gap_s=gap_s,
        think_s=think_s,
        on_state=lambda on, _: states.append(on),
    )
    bus.start()
    try:
        yield bus, end, states
    finally:
        await bus.close()
        end.close()


@pytest.mark.parametrize("echo", [False, True])
async def test_both_wires_share_one_line(echo: bool) -> None:
    async with line(echo=echo) as (bus, end, _):
        power = await bus.ask(dlt645.ask_register(POWER))
        assert (power.value, power.unit) == (Decimal("1206.42"), "kWh")
        end.meter(POWER).consume(Decimal("3.58"))
        asked = dlt645.ask_register(POWER), cjt188.ask_total(WATER)
        power, water = await asyncio.gather(*(bus.ask(question) for question in asked))
        assert power.value == Decimal("1210.00")
        assert (water.value, water.unit, water.quantity) == (Decimal("46.30"), "m3", "water")
        assert water.raw in b"".join(entry.bytes for entry in end.wire_log.ring)


async def test_heat_is_read_behind_the_last_bills_heat() -> None:
    async with line(Cjt188Meter(total=Decimal("77.01"), kind=0x20)) as (bus, _, _):
        heat = await bus.ask(cjt188.ask_total(WATER, 0x20))
        assert (heat.quantity, heat.value, heat.unit) == ("heat", Decimal("77.01"), "kWh")


async def test_a_meter_that_wants_the_identifier_the_other_way_is_read() -> None:
    class Contrary(Cjt188Meter):
        def answer(self, frame: object) -> bytes | None:
            assert isinstance(frame, cjt188.Frame | dlt645.Frame)
            return super().answer(frame) if frame.data[:2] == b"\x90\x1f" else None

    async with line(Contrary()) as (bus, _, _):
        assert (await bus.ask(cjt188.ask_total(WATER))).value == Decimal("46.30")
        assert bus.resent == 1


async def test_silence_noise_and_strangers_are_told_apart() -> None:
    async with line() as (bus, end, _):
        with pytest.raises(MeterSilent, match=r"meter 000000000001 is silent; check its address"):
            await bus.ask(dlt645.ask_register("000000000001"))
        end.meter(POWER).wrong_sums = True
        with pytest.raises(MeterGarbled, match="check baud, parity"):
            await bus.ask(dlt645.ask_register(POWER))
        end.meter(POWER).wrong_sums = False
        end.meter(POWER).is_off = True
        with pytest.raises(MeterSilent):
            await bus.ask(dlt645.ask_register(POWER))

    async with line(Dlt645Meter(), echo=True) as (bus, end, _):  # our own words are no stranger's
        end.meter(POWER).is_off = True
        with pytest.raises(MeterSilent):
            await bus.ask(dlt645.ask_register(POWER))

    class Eager(Dlt645Meter):
        """As some software does: it answers whomever is asked."""

        def answer(self, frame: object) -> bytes | None:
            return dlt645.encode(bytes.fromhex("250403020100"), 0xD1, b"\x02")

    async with line(Eager()) as (bus, _, _):
        with pytest.raises(MeterElsewhere, match=f"but {POWER} does; check the address"):
            await bus.ask(dlt645.ask_register("000000000001"))


async def test_a_refusal_ends_the_question_at_once() -> None:
    async with line() as (bus, _, _):
        with pytest.raises(MeterFault, match="it has no such register"):
            await bus.ask(dlt645.ask_register(POWER, "energy_back"))
        assert bus.resent == 0


async def test_the_one_meter_of_a_line_is_found_by_one_question() -> None:
    async with line(Dlt645Meter()) as (bus, end, _):
        assert await scan_dlt645(bus) == ([POWER], True)
        assert sum(entry.dir == ">" for entry in end.wire_log.ring) == 1
    async with line(Cjt188Meter()) as (bus, _, _):
        assert await scan_cjt188(bus) == ([WATER], True)
        assert await scan_dlt645(bus) == ([], True)


async def test_meters_that_shout_at_once_are_found_by_their_endings() -> None:
    found = ["000000000199", "000000000299", "000102030425"]
    async with line(*map(Dlt645Meter, found), gap_s=0.005, think_s=0.01) as (bus, _, _):
        assert await scan_dlt645(bus) == (found, True)
        some, complete = await scan_dlt645(bus, most_questions=30)
        assert not complete
        assert set(some) < set(found)
    both = Cjt188Meter(), Cjt188Meter("00000000654321")
    async with line(*both) as (bus, _, _):
        assert await scan_cjt188(bus) == ([], False)


async def test_not_a_byte_is_sent_unasked() -> None:
    async with line() as (_, end, states):
        await until(lambda: states == [True])
        await asyncio.sleep(0.05)
        assert not end.wire_log.ring


async def test_unplugged_and_back_under_way() -> None:
    async with line() as (bus, end, states):
        await bus.ask(dlt645.ask_register(POWER))
        end.unplug()
        await until(lambda: states[-1] is False)
        with pytest.raises(MeterFault, match=r"unplugged|no such port"):
            await bus.ask(dlt645.ask_register(POWER))
        end.plug()
        await until(lambda: states[-1])
        assert (await bus.ask(dlt645.ask_register(POWER))).meter == POWER


async def test_unplugged_while_it_thinks_is_told_at_once() -> None:
    async with line(think_s=30.0) as (bus, end, _):
        asking = asyncio.ensure_future(bus.ask(dlt645.ask_register("000000000001")))
        await until(lambda: bool(end.wire_log.ring))
        end.unplug()
        with pytest.raises(MeterFault, match="unplugged"):
            await asking


async def test_readings_through_noise_are_right_or_refused() -> None:
    async with line() as (bus, end, _):
        end.line.noise = Noise(random.Random(7), flip=0.2, drop=0.2, insert=0.2)
        right = 0
        for _ in range(40):
            try:
                reading = await bus.ask(dlt645.ask_register(POWER))
            except MeterFault:
                continue
            assert reading.value == Decimal("1206.42")
            right += 1
        assert end.line.noise.hits
        assert right


async def test_a_line_that_never_rests_does_not_hold_a_question_for_ever() -> None:
    async with line(gap_s=30.0) as (bus, end, _):
        await bus.ask(dlt645.ask_register(POWER))
        end.meter(POWER).is_off = True
        babble = asyncio.ensure_future(_babble(end))
        try:
            with pytest.raises(MeterGarbled):
                await bus.ask(dlt645.ask_register(POWER), tries=1)
        finally:
            babble.cancel()
            await asyncio.wait([babble])


async def _babble(end: MeterLineEnd) -> None:
    while True:
        end.line.write(b"\x68" * 50)
        await asyncio.sleep(0.002)
