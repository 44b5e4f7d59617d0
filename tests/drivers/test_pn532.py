"""The reader over a real pseudo-terminal: presences, talk with cards, unplugging."""

import asyncio
import time
from dataclasses import dataclass

import pytest

from drivers import pn532
from drivers.kinds import CardLost, NotIsoDep
from drivers.link import Link
from drivers.ntag424 import (
    NDEF_FILE,
    AuthenticationRefused,
    authenticate_ev2_first,
    read_ndef_url,
    select_application,
    select_file,
)
from drivers.ntag424_desk import keys_of_card, personalise
from drivers.pn532 import DATA_EXCHANGE, DIAGNOSE, ChipFault, Pn532, Tally, read_target
from simulators.ends import ClonedUidCard, Ntag424Card, Pn532End, VirtualCard
from tests.drivers.desks import ZEROS, Desk, desk, enter, gone
from tests.drivers.waiting import until

UID = bytes.fromhex("04de5f1eacc040")
OTHER = bytes.fromhex("04958caa5c5e80")


# --- presences --------------------------------------------------------------------------------


async def test_reader_says_what_it_is() -> None:
    async with desk() as made:
        assert made.told == [(True, f"PN532 1.6 at {made.end.path}")]


async def test_card_is_reported_with_its_number_and_moment() -> None:
    async with desk() as made:
        moments = [time.perf_counter_ns()]
        made.end.tap(Ntag424Card(UID))
        card = await made.next()
        assert (card.uid, card.iso_dep) == (UID, True)
        moments += [made.end.report_log[-1][1], card.first_byte_at_ns, time.perf_counter_ns()]
        assert moments == sorted(moments)


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


# --- talk with cards --------------------------------------------------------------------------


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


# --- lines and chips that go away -------------------------------------------------------------


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
