"""Issuing cards: the whole way, torn anywhere, from known keys again, and what is never touched."""

import json

import pytest

from drivers.kinds import CardLost
from drivers.ntag424 import AuthenticationRefused, CardFault, Sun, read_ndef_url, verify_sun
from drivers.ntag424_desk import (
    CardKeys,
    Lies,
    keys_of_card,
    look,
    personalise,
    prove,
    read_tap,
)
from simulators.ends import ClonedUidCard, Ntag424Card, VirtualCard
from tests.drivers.fields import MASTERS, UID, URL, Field, keys

H = bytes.fromhex
ZEROS = bytes(16)


async def test_issued_card_proves_itself_and_is_issued_again_from_known_keys() -> None:
    card = Ntag424Card(UID)
    field = Field(card)
    assert await personalise(field.transceive, UID, keys(1), URL) == Sun(UID, 1)
    assert tuple(card.keys) == keys(1).slots
    assert card.versions == [1] * 5
    again = await personalise(field.transceive, UID, keys(2), URL + "&v=2", current=keys(1))
    assert again == Sun(UID, 1)  # the chip counts anew when its mirror is set up anew
    assert tuple(card.keys) == keys(2).slots
    with pytest.raises(AuthenticationRefused):
        await prove(field.transceive, UID, keys(1), URL)


async def test_each_reading_is_a_new_tap_with_a_higher_counter() -> None:
    field = Field(Ntag424Card(UID))
    made = keys()
    await personalise(field.transceive, UID, made, URL)
    seen = []
    for _ in range(3):
        picc, mac = read_tap(await read_ndef_url(field.transceive), URL)
        sun = verify_sun(picc, mac, meta_key=made.slots[2], file_key=made.slots[1])
        seen.append(sun.counter)
    assert seen == [2, 3, 4]


@pytest.mark.parametrize("acts", [False, True])
async def test_card_torn_away_anywhere_is_finished_by_the_same_call(acts: bool) -> None:
    whole = Field(Ntag424Card(UID))
    await personalise(whole.transceive, UID, keys(), URL)
    for tear_after in range(whole.exchanges):
        card = Ntag424Card(UID)
        torn = Field(card, tear_after, acts=acts)
        with pytest.raises(CardLost):
            await personalise(torn.transceive, UID, keys(), URL)
        await personalise(Field(card).transceive, UID, keys(), URL)
        assert tuple(card.keys) == keys().slots, tear_after


@pytest.mark.parametrize("acts", [False, True])
async def test_card_torn_away_while_issued_again_is_finished_by_the_same_call(acts: bool) -> None:
    issued = Ntag424Card(UID)
    whole = Field(issued)
    await personalise(whole.transceive, UID, keys(1), URL)
    memory = json.dumps(issued.to_dict())
    for tear_after in range(whole.exchanges):
        card = Ntag424Card.from_dict(json.loads(memory))
        torn = Field(card, tear_after, acts=acts)
        with pytest.raises(CardLost):
            await personalise(torn.transceive, UID, keys(2), URL, current=keys(1))
        await personalise(Field(card).transceive, UID, keys(2), URL, current=keys(1))
        assert tuple(card.keys) == keys(2).slots, tear_after


async def test_another_card_on_the_reader_is_not_touched() -> None:
    card = Ntag424Card(H("04000000000001"))
    before = card.to_dict()
    with pytest.raises(CardFault, match="another card"):
        await personalise(Field(card).transceive, UID, keys(), URL)
    assert card.to_dict() == before


async def test_card_of_unknown_keys_is_refused() -> None:
    card = Ntag424Card(UID)
    await personalise(Field(card).transceive, UID, keys(1), URL)
    with pytest.raises(AuthenticationRefused) as refused:
        await personalise(Field(card).transceive, UID, keys(9), URL)
    assert refused.value.status == 0x91AE


async def test_keys_of_zeros_or_of_the_same_version_are_not_issued() -> None:
    card = Field(Ntag424Card(UID))
    with pytest.raises(ValueError, match="zeros"):
        await personalise(card.transceive, UID, CardKeys((ZEROS,) * 5, 1), URL)
    with pytest.raises(ValueError, match="version"):
        await personalise(card.transceive, UID, keys(0), URL)
    assert card.exchanges == 0


def test_keys_of_a_card_differ_but_for_the_sites_own() -> None:
    one, other = keys(1, UID), keys(1, H("04000000000001"))
    assert [a == b for a, b in zip(one.slots, other.slots, strict=True)] == [
        False, False, True, False, False,
    ]  # fmt: skip
    assert "0102" not in repr(one)
    with pytest.raises(ValueError, match="5 masters"):
        keys_of_card(MASTERS[:4], UID, version=1)


@pytest.mark.parametrize("slot", range(5))
@pytest.mark.parametrize("version", [0, 1])
async def test_card_whose_version_and_key_disagree_is_finished_all_the_same(
    slot: int, version: int
) -> None:
    """Torn in the middle of a memory's write: the version was there before the key, or after."""
    card = Ntag424Card(UID)
    card.versions[slot] = version
    card.keys[slot] = ZEROS if version else keys().slots[slot]
    assert await look(Field(card).transceive, UID, keys(), URL) in (Lies.TORN, Lies.BLANK)
    await personalise(Field(card).transceive, UID, keys(), URL)
    assert tuple(card.keys) == keys().slots
    assert await look(Field(card).transceive, UID, keys(), URL) is Lies.OURS


@pytest.mark.parametrize("acts", [False, True])
async def test_desk_tells_a_card_torn_away_anywhere_as_one_that_can_be_finished(acts: bool) -> None:
    whole = Field(Ntag424Card(UID))
    await personalise(whole.transceive, UID, keys(), URL)
    told = []
    for tear_after in range(whole.exchanges):
        card = Ntag424Card(UID)
        with pytest.raises(CardLost):
            await personalise(Field(card, tear_after, acts=acts).transceive, UID, keys(), URL)
        told.append(await look(Field(card).transceive, UID, keys(), URL))
    assert set(told) == {Lies.BLANK, Lies.TORN, Lies.OURS}
    assert told == sorted(told, key=[Lies.BLANK, Lies.TORN, Lies.OURS].index)


async def test_desk_tells_numbers_other_cards_and_other_sites_cards() -> None:
    async def told(card: VirtualCard) -> Lies:
        return await look(Field(card).transceive, UID, keys(), URL)

    assert await told(Ntag424Card(UID)) is Lies.BLANK
    others = Ntag424Card(UID)
    await personalise(Field(others).transceive, UID, keys(9), URL)
    assert await told(others) is Lies.OTHERS
    same_version = Ntag424Card(UID)
    masters = [bytes(16 * [n + 77]) for n in range(5)]
    await personalise(
        Field(same_version).transceive, UID, keys_of_card(masters, UID, version=1), URL
    )
    assert await told(same_version) is Lies.OTHERS
    assert await told(ClonedUidCard(UID, iso_dep=True)) is Lies.FOREIGN
    assert await told(Ntag424Card(H("04000000000001"))) is Lies.FOREIGN  # the number was a lie


async def test_looking_changes_nothing_but_the_count_of_taps() -> None:
    card = Ntag424Card(UID)
    await personalise(Field(card).transceive, UID, keys(), URL)
    before = card.to_dict() | {"counter": 0}
    assert await look(Field(card).transceive, UID, keys(), URL) is Lies.OURS
    assert card.to_dict() | {"counter": 0} == before


async def test_card_that_makes_us_wait_is_neither_ours_nor_scrap() -> None:
    card = Ntag424Card(UID)
    card.fails = 1_000
    with pytest.raises(AuthenticationRefused) as refused:
        await look(Field(card).transceive, UID, keys(), URL)
    assert refused.value.status == 0x91AD
