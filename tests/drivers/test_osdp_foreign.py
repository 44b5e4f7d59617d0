"""Our panel before libosdp's reader, and its panel before our reader: nobody here wrote it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import Any

import pytest

from drivers import osdp_words as words
from drivers.card_bits import with_parity
from drivers.kinds import StrikeFault
from drivers.link import Link
from drivers.osdp_bus import OsdpBus, OsdpReader
from simulators.ends import OsdpEnd, OsdpPd
from tests.drivers.osdp_peer import KEY, Foreign, foreign_panel, foreign_reader
from tests.drivers.waiting import until

pytestmark = pytest.mark.skipif(find_spec("osdp") is None, reason="libosdp is not installed")

CARD = bytes.fromhex("00d41b81")


@asynccontextmanager
async def panel(
    *, ours: bytes = KEY, installing: bool = False, **options: Any
) -> AsyncIterator[tuple[OsdpReader, Foreign, list[tuple[bool, str]]]]:
    told: list[tuple[bool, str]] = []
    async with foreign_reader(**options) as (port, foreign):
        bus = OsdpBus(lambda: Link.open(port, baudrate=115_200), 115_200)
        reader = bus.add(1, ours, "libosdp", poll_ms=10, installing=installing)
        reader.on_state = lambda on, why: told.append((on, why))
        try:
            yield reader, foreign, told
        finally:
            await bus.close()


async def taken(reader: OsdpReader) -> bytes:
    async for card in reader.cards():
        return card.uid
    raise AssertionError("the reader ended")


async def test_everything_a_reader_tells() -> None:
    async with panel() as (reader, foreign, _):
        cases: list[words.LocalStatus] = []
        reader.on_case = cases.append
        await until(lambda: reader.here is not None)
        foreign.tap(26, with_parity(26, CARD))
        assert await taken(reader) == CARD
        foreign.tap(56, b"\x04\xaa\xbb\xcc\xdd\xee\xff", form=0)
        assert await taken(reader) == b"\x04\xaa\xbb\xcc\xdd\xee\xff"
        foreign.type(b"12\x7f\x0d")
        keys = reader.keys()
        assert [await anext(keys) for _ in range(4)] == ["1", "2", "*", "#"]
        foreign.status("Local", b"\1\0")
        foreign.status("Local", b"\0\1")
        foreign.status("Input", b"\0\1\0\0")
        await until(lambda: words.LocalStatus(is_tampered=True, is_power_bad=False) in cases)
        await until(lambda: words.LocalStatus(is_tampered=False, is_power_bad=True) in cases)
        await until(lambda: reader._inputs == (False, True, False, False))


async def test_everything_a_reader_is_told() -> None:
    async with panel() as (reader, foreign, _):
        await until(lambda: reader.here is not None)
        await reader.pulse(1, 3_000)
        reader.light(words.Color.GREEN, 2_000)
        reader.beep(2)
        reader.text("hello")
        kinds = ["Output", "LED", "Buzzer", "Text"]
        await until(lambda: {o["command"] for o in foreign.heard} >= set(kinds))
        out, led, buz, text = (
            next(order for order in foreign.heard if order["command"] == kind) for kind in kinds
        )
        assert (out["output_no"], out["control_code"], out["timer_count"]) == (1, 5, 30)
        assert (led["on_color"], led["timer_count"]) == (words.Color.GREEN, 20)
        assert buz["rep_count"] == 2
        assert text["data"] == "hello"


async def test_a_wrong_key_stays_out_and_the_reader_obeys_nothing() -> None:
    async with panel(ours=bytes(16)) as (reader, foreign, told):
        await until(lambda: told != [])
        assert "holds another key" in told[0][1]
        with pytest.raises(StrikeFault):
            await reader.pulse(0, 300)
        assert foreign.heard == []


async def test_install_mode_gives_a_reader_its_own_key() -> None:
    new = bytes(range(16))
    async with panel(installing=True, install=True, key=None) as (reader, foreign, _):
        await until(lambda: reader.here is not None)
        await reader.set_key(new)
        await until(lambda: any(o["command"] == "Keyset" for o in foreign.heard))
        (order,) = (o for o in foreign.heard if o["command"] == "Keyset")
        assert order["data"] == new.hex()
        port = reader.session
        port._key, port._key_mark = new, b"\1"  # the same reader in its next life
        await until(lambda: port.tally.sessions == 2 and reader.here is not None)


async def test_the_common_key_is_refused_by_a_reader_in_operation() -> None:
    async with panel(installing=True) as (reader, foreign, told):
        await until(lambda: told != [])
        assert told[0][0] is False
        assert reader.here is None
        assert foreign.heard == []


# --------------------------------------------------------------------------- the other way round


async def test_our_reader_before_a_foreign_panel() -> None:
    pd = OsdpPd(1, KEY)
    end = OsdpEnd([pd])
    try:
        async with foreign_panel(end.path, KEY) as foreign:
            assert foreign.heard.pop(0) == {"secure": True}
            pd.tap(CARD)
            pd.type("12*#")
            pd.set_input(1, True)
            pd.tamper(True)
            await until(lambda: len(foreign.heard) >= 4)
            cards = [event for event in foreign.heard if event["event"] == "CardRead"]
            assert [(card["length"], card["data"]) for card in cards] == [
                (26, with_parity(26, CARD).hex())
            ]
            keys = [event for event in foreign.heard if event["event"] == "KeyPress"]
            assert [key["data"] for key in keys] == [b"12\x7f\x0d".hex()]
            foreign.say("Output", output_no=1, control_code=5, timer_count=3)
            await until(lambda: pd.outputs == [False, True])
            await until(lambda: pd.outputs == [False, False])
    finally:
        end.close()
