"""The reader over a real pseudo-terminal: presences, talk with cards, noise, unplugging."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from drivers import pn532
from drivers.kinds import Card, CardLost, NotIsoDep
from drivers.link import Link
from drivers.ntag424 import (
    NDEF_FILE,
    AuthenticationRefused,
    Ev2Session,
    authenticate_ev2_first,
    read_ndef_url,
    select_application,
    select_file,
)
from drivers.ntag424_desk import keys_of_card, personalise
from drivers.pn532 import ChipFault, Pn532, Pn532Reader, Tally, read_target
from simulators.ends import ClonedUidCard, Noise, Ntag424Card, Pn532End, VirtualCard
from tests.drivers.waiting import until

UID = bytes.fromhex("04de5f1eacc040")
OTHER = bytes.fromhex("04958caa5c5e80")
ZEROS = bytes(16)
DIAGNOSE = 0x00
DATA_EXCHANGE = 0x40


class Desk:
    """A reader and the one who stands behind it: takes one card after the other."""

    def __init__(self, end: Pn532End) -> None:
        self.end = end
        self.told: list[tuple[bool, str]] = []
        self.reader = Pn532Reader(
            lambda: Link.open(end.path),
            on_state=lambda online, why: self.told.append((online, why)),
            presence_s=0.01,
            luck=random.Random(1).random,
        )
        self._given: asyncio.Queue[Card] = asyncio.Queue()
        self._done = asyncio.Semaphore(0)
        self._holds = False
        self._task = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        async for card in self.reader.cards():
            self._given.put_nowait(card)
            await self._done.acquire()

    def release(self) -> None:
        """Be finished with the card in hand."""
        if self._holds:
            self._holds = False
            self._done.release()

    async def next(self) -> Card:
        """Be finished with the card in hand and wait for the next presence."""
        self.release()
        card = await self._given.get()
        self._holds = True
        return card

    @property
    def has_more(self) -> bool:
        return not self._given.empty()

    async def close(self) -> None:
        await self.reader.close()
        self._done.release()
        await self._task


@asynccontextmanager
async def desk(**options: float) -> AsyncIterator[Desk]:
    end = Pn532End(byte_s=options.get("byte_s", 0.0), radio_s=options.get("radio_s", 0.0))
    made = Desk(end)
    try:
        await until(lambda: end.is_waiting)
        yield made
    finally:
        await made.close()
        end.close()


async def enter(card: Card, slot: int = 3, key: bytes = ZEROS) -> Ev2Session:
    await select_application(card.transceive)
    return await authenticate_ev2_first(card.transceive, slot, key)


async def gone(made: Desk) -> None:
    """Take the card away and wait until the reader knows."""
    made.release()
    made.end.lift()
    seen = made.end.obeyed.copy()
    await until(lambda: knows(made.end.obeyed - seen) and made.end.is_waiting)


def knows(since: Counter[int]) -> bool:
    """Enough checks have found nobody, so that the wait for the next card has begun."""
    lists, signs = since[pn532.LIST_PASSIVE_TARGET], since[DIAGNOSE]
    return lists > (0 if signs else pn532.MISSES_MOST)


# --- presences ----------------------------------------------------------------------------------


async def test_reader_says_what_it_is() -> None:
    async with desk() as made:
        assert made.told == [(True, f"PN532 1.6 at {made.end.path}")]


async def test_card_is_reported_with_its_number_and_moment() -> None:
    async with desk() as made:
        before_ns = time.perf_counter_ns()
        made.end.tap(Ntag424Card(UID))
        card = await made.next()
        assert (card.uid, card.iso_dep) == (UID, True)
        reported_ns = made.end.report_log[-1][1]
        assert before_ns < reported_ns < card.first_byte_at_ns < time.perf_counter_ns()


async def test_card_that_stays_is_one_presence_and_coming_back_is_another() -> None:
    async with desk() as made:
        made.end.tap(Ntag424Card(UID))
        await made.next()
        made.release()
        await until(lambda: made.end.obeyed[DIAGNOSE] >= 5)
        assert not made.has_more
        await gone(made)
        made.end.tap(Ntag424Card(UID))
        assert (await made.next()).uid == UID
        assert len(made.end.report_log) == 2


async def test_short_gap_in_the_field_is_no_new_presence() -> None:
    async with desk() as made:
        card = Ntag424Card(UID)
        made.end.tap(card)
        await made.next()
        made.release()
        for _ in range(3):
            seen = made.end.obeyed[DIAGNOSE]
            await until(lambda: made.end.obeyed[DIAGNOSE] > seen)  # noqa: B023 - awaited here
            made.end._card = None  # one check misses it
            seen = made.end.obeyed[DIAGNOSE]
            await until(lambda: made.end.obeyed[DIAGNOSE] > seen)  # noqa: B023 - awaited here
            made.end._card = card
        await until(lambda: made.end.obeyed[DIAGNOSE] >= seen + 3)
        assert not made.has_more


async def test_another_card_at_once_is_another_presence() -> None:
    async with desk() as made:
        made.end.tap(Ntag424Card(UID))
        assert (await made.next()).uid == UID
        made.end.lift()
        made.end.tap(Ntag424Card(OTHER))
        assert (await made.next()).uid == OTHER


async def test_bare_numbers_are_told_apart_and_debounced_too() -> None:
    async with desk() as made:
        made.end.tap(ClonedUidCard(UID[:4]))
        card = await made.next()
        assert (card.uid, card.iso_dep) == (UID[:4], False)
        made.release()
        await until(lambda: made.end.obeyed[pn532.LIST_PASSIVE_TARGET] >= 5)
        assert not made.has_more
        made.end.tap(ClonedUidCard(OTHER[:4]))
        assert (await made.next()).uid == OTHER[:4]
        await gone(made)
        made.end.tap(ClonedUidCard(OTHER[:4]))
        assert (await made.next()).uid == OTHER[:4]


async def test_waiting_for_a_card_sends_nothing() -> None:
    async with desk() as made:
        seen = len(made.end.wire_log.ring)
        await asyncio.sleep(0.1)
        assert len(made.end.wire_log.ring) == seen


async def test_close_ends_the_cards_and_lets_the_chip_rest() -> None:
    end = Pn532End()
    made = Desk(end)
    await until(lambda: end.is_waiting)
    await made.close()
    await until(lambda: not end.is_waiting)
    end.close()


# --- talk with cards ----------------------------------------------------------------------------


async def test_card_proves_itself_over_the_wire_in_three_exchanges() -> None:
    async with desk() as made:
        made.end.tap(Ntag424Card(UID))
        await enter(await made.next())
        assert made.end.obeyed[DATA_EXCHANGE] == 3


async def test_wrong_key_and_copied_number_stay_out() -> None:
    async with desk() as made:
        made.end.tap(Ntag424Card(UID))
        with pytest.raises(AuthenticationRefused):
            await enter(await made.next(), key=b"\x01" * 16)
        await gone(made)
        made.end.tap(ClonedUidCard(UID, iso_dep=True))
        with pytest.raises(AuthenticationRefused):
            await enter(await made.next())
        await gone(made)
        made.end.tap(ClonedUidCard(UID))
        with pytest.raises(NotIsoDep):
            await enter(await made.next())


async def test_card_is_issued_over_a_line_as_slow_as_its_baud_rate() -> None:
    async with desk(byte_s=10 / 921_600, radio_s=0.001) as made:
        card = Ntag424Card(UID)
        made.end.tap(card)
        held = await made.next()
        keys = keys_of_card([bytes([n + 1]) * 16 for n in range(5)], UID, version=1)
        sun = await personalise(held.transceive, UID, keys, "https://a.example/{picc}/{mac}")
        assert sun.counter == 1
        assert (await read_ndef_url(held.transceive)).startswith("https://a.example/")
        assert card.counter == 2


async def test_long_answers_come_in_extended_frames() -> None:
    async with desk() as made:
        card = Ntag424Card(UID)
        card.files[2].contents[:] = bytes(range(256))
        made.end.tap(card)
        held = await made.next()
        await select_application(held.transceive)
        await select_file(held.transceive, NDEF_FILE)
        answer = await held.transceive(bytes.fromhex("00b0000000"))
        assert answer == bytes(range(256)) + b"\x90\x00"
        sent = [entry.bytes for entry in made.end.wire_log.ring if entry.dir == "<"]
        assert any(frame[3:5] == b"\xff\xff" for frame in sent)


async def test_card_taken_away_in_mid_talk_is_lost_and_new_when_it_returns() -> None:
    async with desk() as made:
        card = Ntag424Card(UID)
        made.end.tap(card)
        held = await made.next()
        await select_application(held.transceive)
        made.end.lift()
        with pytest.raises(CardLost, match=UID.hex()):
            await authenticate_ev2_first(held.transceive, 3, ZEROS)
        made.release()
        await until(lambda: made.end.is_waiting)
        made.end.tap(card)
        await enter(await made.next())


async def test_card_that_fails_in_mid_talk_is_tried_again_but_not_for_ever() -> None:
    @dataclass
    class Mute(ClonedUidCard):
        iso_dep: bool = True

        def exchange(self, apdu: bytes) -> bytes | None:
            return None

    async with desk() as made:
        made.end.tap(Mute(UID))
        for _ in range(pn532.LOST_TRIES):
            held = await made.next()
            with pytest.raises(CardLost):
                await select_application(held.transceive)
        made.release()
        seen = made.end.obeyed[pn532.LIST_PASSIVE_TARGET]
        await until(lambda: made.end.obeyed[pn532.LIST_PASSIVE_TARGET] >= seen + 4)
        assert not made.has_more
        await gone(made)
        made.end.tap(Ntag424Card(UID))
        await enter(await made.next())


async def test_apdu_longer_than_the_chip_carries_is_our_mistake() -> None:
    async with desk() as made:
        made.end.tap(Ntag424Card(UID))
        held = await made.next()
        with pytest.raises(ValueError, match="262"):
            await held.transceive(bytes(263))


async def test_talk_that_is_given_up_does_not_spoil_the_next() -> None:
    async with desk(radio_s=0.05) as made:
        made.end.tap(Ntag424Card(UID))
        held = await made.next()
        talk = asyncio.create_task(select_application(held.transceive))
        await until(lambda: made.end.obeyed[DATA_EXCHANGE] == 1)
        talk.cancel()
        await asyncio.wait([talk])
        seen = len(made.end.wire_log.ring)
        await enter(held)
        sent = [entry.bytes for entry in made.end.wire_log.ring if entry.dir == ">"]
        assert len(made.end.wire_log.ring) > seen
        assert pn532.ACK in b"".join(sent[-4:-2])  # the chip was told to give up, too


# --- noise --------------------------------------------------------------------------------------


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


# --- lines and chips that go away ---------------------------------------------------------------


async def test_unplugged_reader_comes_back_by_itself_each_time() -> None:
    async with desk() as made:
        for n in range(1, 4):
            made.end.unplug()
            await until(lambda: not made.told[-1][0])
            made.end.plug()
            await until(lambda: made.told[-1][0] and made.end.is_waiting)
            made.end.tap(Ntag424Card(UID))
            await enter(await made.next())
            await gone(made)
            assert made.reader.tally.opened == n + 1
        reasons = [why for online, why in made.told if not online]
        assert "unplugged" in reasons[0]
        assert all("unplugged" in why or "no such port" in why for why in reasons)


async def test_reader_unplugged_in_mid_talk_loses_the_card_and_comes_back() -> None:
    async with desk() as made:
        made.end.tap(Ntag424Card(UID))
        held = await made.next()
        await select_application(held.transceive)
        made.end.unplug()
        with pytest.raises(CardLost, match="unplugged"):
            await authenticate_ev2_first(held.transceive, 3, ZEROS)
        made.end.lift()
        made.end.plug()
        made.release()
        await until(lambda: made.end.is_waiting)
        made.end.tap(Ntag424Card(UID))
        await enter(await made.next())


async def test_dead_chip_on_a_living_line_is_noticed_and_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pn532, "HEALTH_EVERY_S", 0.05)
    monkeypatch.setattr(pn532, "ACK_S", 0.02)
    async with desk() as made:
        made.end.is_deaf = True
        await until(lambda: not made.told[-1][0])
        assert "not acknowledged; check power" in made.told[-1][1]
        made.end.is_deaf = False
        await until(lambda: made.told[-1][0])
        made.end.tap(Ntag424Card(UID))
        await enter(await made.next())


async def test_living_chip_passes_its_health_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pn532, "HEALTH_EVERY_S", 0.02)
    async with desk() as made:
        await until(lambda: made.end.obeyed[pn532.FIRMWARE] >= 5)
        await until(lambda: made.end.is_waiting)
        made.end.tap(Ntag424Card(UID))
        await enter(await made.next())
        assert [online for online, _ in made.told] == [True]


async def test_chip_that_is_no_pn532_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    end = Pn532End()
    monkeypatch.setitem(pn532_replies(), 0x02, b"\x33\x01\x06\x07")
    link = await Link.open(end.path)
    with pytest.raises(ChipFault, match="this is no PN532"):
        await Pn532(link, Tally()).start()
    link.close()
    end.close()


def pn532_replies() -> dict[int, bytes]:
    from simulators.ends import pn532_end  # noqa: PLC0415 - the table, not the class

    return pn532_end.PLAIN_REPLIES


async def test_unknown_command_is_told_as_the_chip_tells_it() -> None:
    end = Pn532End()
    link = await Link.open(end.path)
    chip = Pn532(link, Tally())
    await chip.start()
    with pytest.raises(ChipFault, match="does not know command 99"):
        await chip.command(0x99)
    link.close()
    end.close()


async def test_sleeping_chip_hears_nothing_before_it_is_woken() -> None:
    end = Pn532End()
    link = await Link.open(end.path)
    link.write(pn532.encode(pn532.HOST, pn532.FIRMWARE))
    await until(lambda: len(end.wire_log.ring) > 0)
    assert end.obeyed.total() == 0
    assert await Pn532(link, Tally()).start() == "PN532 1.6"
    link.close()
    end.close()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "00",
        "01",
        "0101",
        "010103442007",
        "010103442007ffff",
        "010103442000",
        "0101034420040102030406777771",
        "01010344200401020304067777710280ff",
        "01010004080401020304ff",
    ],
)
def test_report_that_is_cut_short_is_no_card(body: str) -> None:
    assert read_target(bytes.fromhex(body), 0) is None


def test_report_without_answer_to_select_is_a_card() -> None:
    found = read_target(bytes.fromhex("01010004080411223344"), 7)
    assert found is not None
    assert (found.uid, found.iso_dep, found.at_ns) == (bytes.fromhex("11223344"), False, 7)
    found = read_target(bytes.fromhex("01010344200411223344"), 7)
    assert found is not None
    assert (found.ats, found.iso_dep) == (b"", True)


def test_virtual_cards_are_cards() -> None:
    cards: list[VirtualCard] = [Ntag424Card(UID), ClonedUidCard(UID)]
    assert {card.uid for card in cards} == {UID}
