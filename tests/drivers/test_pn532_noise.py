"""The reader on a bad line: nothing is believed that is not whole, and nothing stays broken."""

import random
from dataclasses import dataclass, field

import pytest

from drivers.kinds import CardLost
from drivers.ntag424 import AuthenticationRefused, authenticate_ev2_first, select_application
from simulators.ends import Noise, Ntag424Card
from tests.drivers.desks import ZEROS, desk, enter
from tests.drivers.waiting import until

UID = bytes.fromhex("04de5f1eacc040")


@dataclass
class Spoiler(Noise):
    """Noise that hits chosen chunks: told the number of the chunk, returns what becomes of it."""

    luck: random.Random = field(default_factory=random.Random)
    hit: dict[int, bytes | None] = field(default_factory=dict)
    passed: int = 0

    def spoil(self, chunk: bytes) -> bytes:
        self.passed += 1
        if self.passed not in self.hit:
            return chunk
        self.hits += 1
        instead = self.hit[self.passed]
        return chunk[:-3] + bytes((chunk[-3] ^ 1,)) + chunk[-2:] if instead is None else instead


@pytest.mark.parametrize(
    ("hit", "why"),
    [
        ({1: None}, "the command is garbled, so nobody answers"),
        ({1: b""}, "the command is lost"),
        ({2: None}, "the acknowledgement is garbled"),
        ({2: b""}, "the acknowledgement is lost"),
        ({3: None}, "the reply is garbled"),
        ({2: b"\x00\x00\xff\xff\xff\x01\x00\xff"}, "the acknowledgement looks like a long frame"),
        ({3: b"\x00\x00\xff\x08\xf8"}, "the reply breaks off"),
        ({3: None, 5: None}, "the reply and its repeat are garbled"),
        ({1: b"", 2: b""}, "the command is lost twice"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_one_command_survives(hit: dict[int, bytes | None], why: str) -> None:
    async with desk() as made:
        made.end.tap(Ntag424Card(UID))
        held = await made.next()
        await select_application(held.transceive)
        made.end.line.noise = Spoiler(hit=hit)
        await authenticate_ev2_first(held.transceive, 3, ZEROS)
        assert made.end.line.noise.hits == len(hit), why
        made.end.line.noise = None


async def test_garbled_card_report_is_found_again_and_noise_is_counted() -> None:
    async with desk() as made:
        made.end.line.noise = Spoiler(hit={1: None})
        made.end.tap(Ntag424Card(UID))
        assert (await made.next()).uid == UID
        assert made.reader.tally.dropped_bytes > 10
        assert len(made.told) == 1


async def test_babble_between_cards_is_skipped_and_counted() -> None:
    async with desk() as made:
        made.end.line.write(bytes.fromhex("00ff7f12aa55d54b0101"))
        await until(lambda: made.reader.tally.dropped_bytes > 0)
        await until(lambda: made.end.is_waiting)
        made.end.tap(Ntag424Card(UID))
        await enter(await made.next())


async def test_bad_line_heals() -> None:
    """Chunks hit with 2 % each way: every card gets in, however often it must be held again."""
    odds = 0.02
    luck = random.Random(424)
    async with desk() as made:
        made.end.line.noise = Noise(luck, flip=odds, drop=odds, insert=odds)
        inside = failed = 0
        for n in range(40):
            uid = bytes((4, n, 0, 0, 0, 0, 1))
            made.end.tap(Ntag424Card(uid))
            while inside <= n:
                held = await made.next()
                try:
                    await enter(held)
                except (CardLost, AuthenticationRefused):
                    failed += 1
                    made.release()
                    made.end.lift()
                    await until(lambda: made.end.is_waiting)
                    made.end.tap(Ntag424Card(uid))
                else:
                    assert held.uid == uid
                    inside += 1
            made.release()
            made.end.lift()
            await until(lambda: made.end.is_waiting)
        assert made.end.line.noise.hits > 20
        assert failed < inside
