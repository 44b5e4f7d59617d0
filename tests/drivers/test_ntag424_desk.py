"""Issuing cards: the whole way, torn anywhere, from known keys again, and what is never touched."""

import json

import pytest

from drivers.kinds import CardLost
from drivers.ntag424 import AuthenticationRefused, CardFault, Sun, read_ndef_url, verify_sun
from drivers.ntag424_desk import CardKeys, keys_of_card, personalise, prove, read_tap
from simulators.ends import Ntag424Card
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
