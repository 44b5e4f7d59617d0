"""OSDP readers on a line: ours on pseudo-terminals, with silence, noise, wrong keys and bauds."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from drivers import osdp_words as words
from drivers.card_bits import with_parity
from drivers.kinds import NotIsoDep, StrikeFault
from drivers.link import Link
from drivers.osdp import Session
from drivers.osdp_bus import OsdpBus, OsdpLines, OsdpReader
from drivers.osdp_secure import INSTALL_KEY
from drivers.osdp_turns import answer_of
from drivers.osdp_wire import Frame, OsdpDeframer, close
from simulators.ends import Noise, OsdpEnd, OsdpPd
from tests.drivers.waiting import until

KEY = bytes(range(100, 116))
CARD = bytes.fromhex("00d41b81")


@dataclass
class Hall:
    """One line, its readers on both sides, and what was told of each."""

    end: OsdpEnd
    pds: list[OsdpPd]
    bus: OsdpBus
    readers: list[OsdpReader]
    told: list[list[tuple[bool, str]]] = field(default_factory=list)
    wire: list[tuple[str, bytes]] = field(default_factory=list)

    async def all_here(self) -> None:
        await until(lambda: all(reader.here for reader in self.readers))


@asynccontextmanager
async def hall(
    *pds: OsdpPd, keys: bytes = KEY, baud: int = 115_200, **options: Any
) -> AsyncIterator[Hall]:
    end = OsdpEnd(pds, **{"baud": 115_200, **options})
    wire: list[tuple[str, bytes]] = []
    bus = OsdpBus(
        lambda: Link.open(
            end.path, baudrate=baud, on_wire=lambda way, _at, chunk: wire.append((way, chunk))
        ),
        baud,
        jitter=lambda: 0.0,
    )
    readers, told = [], []
    for pd in pds:
        reader = bus.add(pd.address, keys, f"reader {pd.address}", poll_ms=10)
        told.append(list[tuple[bool, str]]())
        reader.on_state = lambda on, why, mine=told[-1]: mine.append((on, why))
        readers.append(reader)
    try:
        yield Hall(end, list(pds), bus, readers, told, wire)
    finally:
        await bus.close()
        end.close()


async def first(items: AsyncIterator[Any], count: int = 1) -> list[Any]:
    found = []
    async for item in items:
        found.append(item)
        if len(found) == count:
            break
    return found


async def test_a_reader_comes_tells_and_obeys() -> None:
    pd = OsdpPd(1, KEY)
    async with hall(pd) as it:
        (reader,) = it.readers
        await it.all_here()
        assert it.told[0] == [(True, "vendor 4c4c49 model 1 at address 1, reader 1")]
        cases: list[words.LocalStatus] = []
        reader.on_case = cases.append
        at_ns = pd.tap(CARD)
        (card,) = await first(reader.cards())
        assert card.uid == CARD
        assert card.first_byte_at_ns > at_ns
        assert (card.iso_dep, card.provable) == (False, False)
        with pytest.raises(NotIsoDep):
            await card.transceive(b"")
        pd.type("12*#")
        assert await first(reader.keys(), 4) == ["1", "2", "*", "#"]
        pd.tap_text("4711")
        assert [card.uid async for card in _some(reader.cards(), 1)] == [b"4711"]
        await reader.pulse(1, 200)
        assert pd.outputs == [False, True]
        await until(lambda: pd.outputs == [False, False])
        pd.set_input(1, True)
        pd.tamper(True)
        pd.power(good=False)
        await until(lambda: words.LocalStatus(is_tampered=True, is_power_bad=True) in cases)
        assert await reader.inputs() == (False, True)
        reader.light(words.Color.GREEN, 1_000)
        reader.beep(2)
        reader.text("Willkommen, 欢迎")
        await until(lambda: pd.shown.text != "")
        assert (pd.shown.light, pd.shown.beeps) == (words.Color.GREEN, 2)
        assert pd.shown.text == "Willkommen, ??"
    assert [item async for item in reader.cards()] == []


async def _some(items: AsyncIterator[Any], count: int) -> AsyncIterator[Any]:
    for item in await first(items, count):
        yield item


async def test_nothing_of_a_card_or_key_is_readable_on_the_wire() -> None:
    pd = OsdpPd(1, KEY)
    async with hall(pd) as it:
        await it.all_here()
        pd.tap(CARD)
        await first(it.readers[0].cards())
        pd.type("2580#")
        await first(it.readers[0].keys(), 5)
        passed = b"".join(chunk for _, chunk in it.wire)
        assert with_parity(26, CARD) not in passed
        assert b"2580" not in passed
        assert KEY not in passed


async def test_many_on_one_line_and_one_that_dies_stops_nobody() -> None:
    pds = [OsdpPd(address, KEY) for address in (1, 2, 5)]
    async with hall(*pds) as it:
        await it.all_here()
        pds[1].switch_off()
        await until(lambda: it.readers[1].here is None)
        assert "is silent; check power, wiring, address and baud" in it.told[1][-1][1]
        for number in (0, 2):
            pds[number].tap(bytes((0, number, 1, 2)))
            (card,) = await first(it.readers[number].cards())
            assert card.uid == bytes((0, number, 1, 2))
            await it.readers[number].pulse(0, 300)
            assert pds[number].outputs[0]
        with pytest.raises(StrikeFault, match="address 2 is silent"):
            await it.readers[1].pulse(0, 300)
        pds[1].switch_on()
        await it.all_here()
        assert [len(told) for told in it.told] == [1, 3, 1]


async def test_a_line_that_is_unplugged_comes_back_with_all_its_readers() -> None:
    pds = [OsdpPd(address, KEY) for address in (1, 2)]
    async with hall(*pds) as it:
        await it.all_here()
        it.end.unplug()
        await until(lambda: all(reader.here is None for reader in it.readers))
        assert "was unplugged" in it.told[0][1][1]
        pds[0].tap(b"\0\0\0\7")  # nobody stands there any more when the line is back
        pds[0].type("302#")
        it.end.plug()
        await it.all_here()
        pds[0].tap(CARD)
        assert (await first(it.readers[0].cards()))[0].uid == CARD
        assert it.readers[0].session.tally.old == 2
        pds[0].type("*")
        assert await first(it.readers[0].keys()) == ["*"]


@pytest.mark.parametrize(
    ("pd", "keys", "why"),
    [
        (OsdpPd(1, KEY), bytes(16), "holds another key; check the secret, or pair it again"),
        (OsdpPd(1), KEY, "does not accept this kind of security when asked for a secure channel"),
    ],
)
async def test_a_wrong_key_stays_out(pd: OsdpPd, keys: bytes, why: str) -> None:
    async with hall(pd, keys=keys) as it:
        await until(lambda: it.told[0] != [])
        assert it.told[0][0][0] is False
        assert why in it.told[0][0][1]
        with pytest.raises(StrikeFault, match="address 1"):
            await it.readers[0].pulse(0, 300)
        assert not any(pd.outputs)


async def test_a_reader_that_only_knows_the_key_of_everybody_is_not_ours() -> None:
    """A box out of the shop, or an impostor: it can prove SCBK-D and nothing else."""
    pd = OsdpPd(1, INSTALL_KEY)
    async with hall(pd) as it:
        await until(lambda: it.told[0] != [])
        assert "holds another key" in it.told[0][0][1]


async def test_a_wrong_baud_rate_and_a_wrong_address_are_told() -> None:
    async with hall(OsdpPd(1, KEY), baud=9_600) as it:
        await until(lambda: it.told[0] != [])
        assert "check power, wiring, address and baud" in it.told[0][0][1]
    pd = OsdpPd(1, KEY)
    async with hall(pd) as it:
        pd.address = 9
        stranger = it.bus.add(3, KEY, "reader 3", poll_ms=10)
        await until(lambda: stranger._told is not None)
        assert "the reader at address 3 is silent" in stranger._told[1]  # type: ignore[index]


async def test_swapped_wires_behind_a_reader_are_told_and_not_accepted() -> None:
    pd = OsdpPd(1, KEY)
    async with hall(pd) as it:
        await it.all_here()
        row = bytes(byte ^ 0xFF for byte in with_parity(26, CARD))
        pd.tap_row(26, row)
        await until(lambda: len(it.told[0]) > 1)
        assert "swap D0 and D1" in it.told[0][1][1]
        pd.tap(CARD)
        assert (await first(it.readers[0].cards()))[0].uid == CARD
        assert it.readers[0].unreadable == 1


async def test_orders_that_no_reader_can_carry_out_are_refused() -> None:
    pd = OsdpPd(1, KEY, outputs=2)
    async with hall(pd) as it:
        await it.all_here()
        (reader,) = it.readers
        with pytest.raises(StrikeFault, match="no output 2; reader 1 has 2"):
            await reader.pulse(2, 300)
        with pytest.raises(StrikeFault, match="no output -1"):
            await reader.pulse(-1, 300)
        for duration_ms in (0, words.TIMER_MOST_MS + 1):
            with pytest.raises(StrikeFault, match="end by itself"):
                await reader.pulse(0, duration_ms)
        pd.outputs.clear()
        with pytest.raises(StrikeFault, match="cannot do that"):
            await reader.pulse(0, 300)


def fall_silent_with_the_next_order(pd: OsdpPd, reader: OsdpReader) -> None:
    honest = pd.serve

    def serve(frame: Frame, raw: bytes) -> bytes | None:
        pd.is_deaf = pd.is_deaf or reader.session._order is not None
        return honest(frame, raw)

    pd.serve = serve  # type: ignore[method-assign]


async def test_a_pulse_that_was_sent_and_never_answered_is_unknown() -> None:
    pd = OsdpPd(1, KEY)
    async with hall(pd) as it:
        await it.all_here()
        (reader,) = it.readers
        fall_silent_with_the_next_order(pd, reader)
        with pytest.raises(TimeoutError):
            await reader.pulse(0, 300)


async def test_a_pulse_that_was_given_up_is_not_carried_out_later() -> None:
    pd = OsdpPd(1, KEY)
    async with hall(pd) as it:
        await it.all_here()
        (reader,) = it.readers
        fall_silent_with_the_next_order(pd, reader)
        pulse = asyncio.create_task(reader.pulse(0, 300))
        await until(lambda: pd.is_deaf)
        pulse.cancel()
        await asyncio.wait([pulse])
        del pd.serve
        pd.is_deaf = False
        sessions = reader.session.tally.sessions
        await until(lambda: reader.session.tally.sessions > sessions)
        pd.tap(CARD)
        assert (await first(reader.cards()))[0].uid == CARD
        assert not pd.output_log


async def test_another_readers_proof_is_not_this_readers() -> None:
    """Two readers with one key, against all advice: still the address says who speaks."""
    session, other = Session(1, KEY, bytes, poll_s=0.02), OsdpPd(2, KEY)
    asked = bytearray(session.next(0.0)[:-2])
    asked[1] = 2
    (frame,) = OsdpDeframer().feed(close(bytes(asked)))
    proof = other.serve(frame, b"")
    assert proof is not None
    (answer,) = OsdpDeframer().feed(proof)
    assert answer_of(session, [answer, frame], 0.0) is None
    other.address = 1
    (right,) = OsdpDeframer().feed(other.serve(replace(frame, address=1), b"") or b"")
    assert answer_of(session, [answer, right], 0.0) == []


async def test_a_fault_of_ours_in_a_turn_is_not_swallowed_by_the_loop() -> None:
    def broken(_now_s: float) -> bytes:
        raise ZeroDivisionError("a bug")

    async with hall(OsdpPd(1, KEY)) as made:
        await made.all_here()
        made.readers[0].session.next = broken  # type: ignore[method-assign, assignment]
        assert made.bus._upkeep is not None
        with pytest.raises(ZeroDivisionError):
            await made.bus._upkeep
        made.bus._upkeep = None


async def test_a_pulse_outlives_whoever_asked_for_it_and_ends_in_the_reader() -> None:
    pd = OsdpPd(1, KEY)
    async with hall(pd) as it:
        await it.all_here()
        await it.readers[0].pulse(0, 300)
        await it.bus.close()
        assert pd.outputs[0]
        await until(lambda: not pd.outputs[0])


async def test_a_strike_begins_with_everything_off() -> None:
    pd = OsdpPd(1, KEY)
    pd.outputs[1] = True
    async with hall(pd) as it:
        it.readers[0].is_strike = True
        await it.all_here()
        await until(lambda: not pd.outputs[1])


async def test_busy_echo_and_slow_readers_are_waited_for() -> None:
    pd = OsdpPd(1, KEY)
    async with hall(pd, echo=True, think_s=0.01) as it:
        await it.all_here()
        pd.busy_next = 3
        pd.tap(CARD)
        assert (await first(it.readers[0].cards()))[0].uid == CARD
        assert it.told[0][-1][0] is True
        assert len(it.told[0]) == 1


@pytest.mark.parametrize("forgets", [False, True])
async def test_a_noisy_line_heals_by_itself(*, forgets: bool) -> None:
    """A reader that tells a lost reply again loses no tap; one that does not needs new sessions."""
    pd = OsdpPd(1, KEY)
    pd.forgets = forgets
    noise = Noise(random.Random(7), flip=0.03, drop=0.03, insert=0.03)
    async with hall(pd, noise=noise) as it:
        reader = it.readers[0]
        await it.all_here()
        came = 0
        for number in range(40):
            pd.tap(bytes((0, 0, 0, number)))
            try:
                async with asyncio.timeout(1.5):
                    (card,) = await first(reader.cards())
            except TimeoutError:
                continue
            assert card.uid == bytes((0, 0, 0, number))  # nothing invented, nothing late
            came += 1
        assert noise.hits > 0
        assert reader.session.tally.repeats > 0
        assert came >= (36 if not forgets else 30)


async def test_what_nobody_takes_is_given_up_oldest_first() -> None:
    pd = OsdpPd(1, KEY)
    async with hall(pd) as it:
        await it.all_here()
        reader = it.readers[0]
        for number in range(6):
            pd.tap(bytes((0, 0, 0, number)))
        await until(lambda: reader._cards.lost == 2)
        assert [card.uid[3] for card in await first(reader.cards(), 4)] == [2, 3, 4, 5]


async def test_a_new_key_and_a_new_place_by_explicit_act() -> None:
    pd = OsdpPd(1)
    end = OsdpEnd([pd], baud=9_600)
    lines = OsdpLines()
    try:
        bus = OsdpBus(lambda: Link.open(end.path, baudrate=9_600), 9_600)
        reader = bus.add(1, INSTALL_KEY, "new", poll_ms=10, installing=True)
        await until(lambda: reader.here is not None)
        await reader.set_key(KEY)
        assert (pd.key, pd.is_installing) == (KEY, False)
        await until(lambda: reader.here is None)  # the common key is good for nothing any more
        await bus.close()

        bus = OsdpBus(lambda: Link.open(end.path, baudrate=9_600), 9_600)
        reader = bus.add(1, KEY, "new", poll_ms=10)
        await until(lambda: reader.here is not None)
        assert await reader.move(4, 38_400) == words.Com(4, 38_400)
        await bus.close()

        there = lines.reader(end.path, 38_400, 4, KEY, lambda: Link.open(end.path, baudrate=38_400))
        await until(lambda: there.here is not None)
    finally:
        await lines.close()
        end.close()


async def test_one_port_has_one_bus_and_one_key_for_each_address() -> None:
    end = OsdpEnd([OsdpPd(1, KEY), OsdpPd(2, KEY)])
    lines = OsdpLines()

    def at(address: int, key: bytes = KEY, baud: int = 9_600) -> OsdpReader:
        return lines.reader(
            end.path, baud, address, key, lambda: Link.open(end.path, baudrate=9_600)
        )

    try:
        one, two = at(1), at(2)
        assert at(1) is one
        assert two is not one
        with pytest.raises(ValueError, match="one baud rate"):
            at(2, baud=19_200)
        with pytest.raises(ValueError, match="one key"):
            at(2, key=bytes(16))
        await until(lambda: one.here is not None and two.here is not None)
        await one.close()
        again = at(1)
        assert again is not one
        await until(lambda: again.here is not None)
    finally:
        await lines.close()
        end.close()
