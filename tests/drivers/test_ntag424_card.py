"""Driver and virtual card against each other, both held to NXP's published transcripts."""

import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.kinds import CardLost
from drivers.ntag424 import (
    COUNTER_MOST,
    NDEF_FILE,
    AuthenticationRefused,
    CardFault,
    Ev2Initiator,
    Ev2Session,
    authenticate_ev2_first,
    challenge,
    decrypt,
    native,
    read_ndef_url,
    respond,
    select_application,
    select_file,
    url_of,
)
from drivers.ntag424_desk import (
    FACTORY,
    change_file_settings,
    change_key,
    key_version,
    personalise,
    prove,
)
from simulators.ends import ClonedUidCard, Ntag424Card
from tests.drivers.fields import UID, URL, Field, keys

H = bytes.fromhex
ZEROS = bytes(16)
SELECT = H("00a4040c07d276000085010100")
SELECT_NDEF = H("00a4000c02e104")
PROPRIETARY = 3


def scripted(*chunks: str) -> Callable[[int], bytes]:
    """A card's luck that is no luck: these bytes, in this order."""
    left = iter([H(chunk) for chunk in chunks])

    def next_bytes(size: int) -> bytes:
        chunk = next(left)
        assert len(chunk) == size
        return chunk

    return next_bytes


# --- the card says what NXP's card said -------------------------------------------------------


def test_card_authenticates_as_in_table_14_and_takes_its_session_commands() -> None:
    card = Ntag424Card(UID, random_bytes=scripted("b9e2fc789b64bf237cccaa20ec7e6e48", "9d00c4df"))
    card.files[2].settings = H("030000")  # the note writes the file in CommMode.Full
    assert card.exchange(SELECT) == H("9000")
    assert card.exchange(H("9071000002000000")) == H("a04c124213c186f22399d33ac2a3021591af")
    answer = card.exchange(
        H("90af00002035c3e05a752e0144bac0de51c1f22c56b34408a23d8aea266cab947ea8e0118d00")
    )
    assert answer == H("3fa64db5446d1f34cd6ea311167f5e4985b89690c04a05f17fa7ab2f081206639100")
    answer = card.exchange(
        H(
            "908d00009f02000000800000421c73a27d827658af481fdff20a5025b559d0e3"
            "aa21e58d347f343cffc768bfe596c706bc00f2176781d4b0242642a0ff5a42c4"
            "61aaf894d9a1284b8c76bcfa658acd40555d362e08db15cf421b51283f9064bc"
            "be20e96cae545b407c9d651a3315b27373772e5da2367d2064ae054af996c6f1"
            "f669170fa88ce8c4e3a4a7bbbef0fd971ff532c3a802af745660f2b4d1d9a849"
            "9661ebf300"
        )
    )
    assert answer == H("fc222e5f7a5424529100")
    link = "https://choose.url.com/ntag424?e=" + "0" * 32 + "&c=" + "0" * 16
    assert url_of(bytes(card.files[2].contents[2:])) == link
    answer = card.exchange(H("905f0000190261b6d97903566e84c3ae5274467e89ead799b7c1a0ef7a0400"))
    assert answer == H("57bff87b1241e93d9100")
    assert card.files[2].settings == H("4000e0c1f121200000430000430000")


def test_card_changes_keys_as_in_tables_25_and_26() -> None:
    card = Ntag424Card(UID)
    card.exchange(SELECT)
    card._session = Ev2Session(
        0,
        H("7614281a"),
        H("4cf3cb41a22583a61e89b158d252fc53"),
        H("5529860b2fc5fb6154b7f28361d30bf9"),
        2,
    )
    answer = card.exchange(
        H(
            "90c4000029022cf362b7bf4311ff3be1daa295e8c68de09050560d19b9e16c23"
            "93ae9cd1fac75d0ce20bcd1d06e600"
        )
    )
    assert answer == H("203bb55d1089d5879100")
    answer = card.exchange(
        H(
            "90c400002900c0eb4deefeddf0b513a03a95a75491818580503190d4d05053ff"
            "75668a01d6fda6610234bded643200"
        )
    )
    assert answer == H("9100")
    assert card.keys[2] == H("f3847d627727ed3bc9c4cc050489b966")
    assert card.keys[0] == H("5004bf991f408672b1ef00f08f9e8647")
    assert card.versions == [1, 0, 1, 0, 0]


def test_card_tells_its_true_number_as_in_section_7_3() -> None:
    card = Ntag424Card(H("04958caa5c5e80"))
    card.exchange(SELECT)
    card._session = Ev2Session(
        0,
        H("df055522"),
        H("2b4d963c014dc36f24f69a50a394f875"),
        H("379d32130ce61705dd5fd8c36b95d764"),
    )
    answer = card.exchange(H("90510000088e2c155adda99be300"))
    assert answer == H("70756055688505b52a5e26e59e329cd6595f672298ea41b79100")


def test_card_gives_the_tap_of_table_4() -> None:
    card = Ntag424Card(UID, random_bytes=scripted("da5cf60941"))
    card.counter = 60
    link = b"choose.url.com/ntag424?e=" + b"0" * 32 + b"&c=" + b"0" * 16
    contents = H("0051d1014d5504") + link
    card.files[2].contents[: len(contents)] = contents
    card.files[2].settings = H("4000e0c1f121200000430000430000")
    card.exchange(SELECT)
    card.exchange(SELECT_NDEF)
    shown = card.exchange(H("00b0000000"))[:-2]
    assert url_of(shown[2:]) == (
        "https://choose.url.com/ntag424?e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086"
    )


def test_card_gives_the_encrypted_file_of_page_18() -> None:
    card = Ntag424Card(H("04958caa5c5e80"))
    card.counter = 7
    link = b"a.b/?p=" + b"0" * 32 + b"&enc=" + b"x" * 32 + b"&cmac=" + b"0" * 16
    contents = H("0000") + link
    card.files[2].contents[: len(contents)] = contents
    places = [9, 46, 46, 32, 84]  # picc, mac input, enc, enc size, mac
    card.files[2].settings = H("4000e0d1f121") + b"".join(n.to_bytes(3, "little") for n in places)
    card.exchange(SELECT)
    card.exchange(SELECT_NDEF)
    shown = card.exchange(H("00b0000000"))
    assert shown[46:78] == b"CEE9A53E3E463EF1F459635736738962"
    assert shown[84:100] == b"ECC1E7F6C6C73BF6"


# --- who is let in ----------------------------------------------------------------------------


async def enter(field: Field) -> Ev2Session:
    await select_application(field.transceive)
    return await authenticate_ev2_first(field.transceive, 3, ZEROS)


async def test_wrong_key_stays_out_and_the_card_says_so() -> None:
    field = Field(Ntag424Card(UID))
    await select_application(field.transceive)
    with pytest.raises(AuthenticationRefused) as refused:
        await authenticate_ev2_first(field.transceive, 3, b"\x01" * 16)
    assert refused.value.status == 0x91AE


async def test_authentication_takes_three_exchanges() -> None:
    field = Field(Ntag424Card(UID))
    await select_application(field.transceive)
    await authenticate_ev2_first(field.transceive, 3, ZEROS)
    assert field.exchanges == 3


async def test_copied_number_stays_out() -> None:
    for iso_dep, fault in ((True, AuthenticationRefused), (False, CardLost)):
        field = Field(ClonedUidCard(UID, iso_dep=iso_dep))
        with pytest.raises(fault):
            await enter(field)


async def test_card_that_replays_our_own_proof_stays_out() -> None:
    """A card without the key cannot answer by sending back what it was sent."""

    async def mirror(apdu: bytes) -> bytes:
        return bytes(16) + b"\x91\xaf" if apdu[1] == 0x71 else apdu[5:37] + b"\x91\x00"

    with pytest.raises(AuthenticationRefused, match="does not know"):
        await authenticate_ev2_first(mirror, 3, b"\x42" * 16)


async def test_two_halves_join_where_the_key_is_elsewhere() -> None:
    card = Ntag424Card(UID)
    card.keys[4] = b"\x44" * 16
    field = Field(card)
    await select_application(field.transceive)
    elsewhere = Ev2Initiator(b"\x44" * 16, slot=4)
    response = elsewhere.first(await challenge(field.transceive, 4))
    made = elsewhere.finish(await respond(field.transceive, response))
    assert made == card._session


async def test_slot_that_does_not_exist_is_refused() -> None:
    field = Field(Ntag424Card(UID))
    await select_application(field.transceive)
    with pytest.raises(AuthenticationRefused) as refused:
        await challenge(field.transceive, 5)
    assert refused.value.status == 0x9140


async def test_card_delays_after_many_failures_and_lets_the_right_key_in_again() -> None:
    field = Field(Ntag424Card(UID))
    await select_application(field.transceive)
    for _ in range(50):
        with pytest.raises(AuthenticationRefused):
            await authenticate_ev2_first(field.transceive, 3, b"\x01" * 16)
    with pytest.raises(AuthenticationRefused) as refused:
        await authenticate_ev2_first(field.transceive, 3, ZEROS)
    assert refused.value.status == 0x91AD
    await authenticate_ev2_first(field.transceive, 3, ZEROS)


# --- what a card refuses ----------------------------------------------------------------------


async def authenticated(card: Ntag424Card, slot: int = 0) -> tuple[Field, Ev2Session]:
    field = Field(card)
    await select_application(field.transceive)
    return field, await authenticate_ev2_first(field.transceive, slot, card.keys[slot])


async def test_only_slot_0_changes_keys_and_settings() -> None:
    card = Ntag424Card(UID)
    field, session = await authenticated(card, 3)
    with pytest.raises(CardFault) as refused:
        await change_key(field.transceive, session, 4, b"\x01" * 16, ZEROS, 1)
    assert refused.value.status == 0x91AE
    field, session = await authenticated(card, 3)
    with pytest.raises(CardFault) as refused:
        await change_file_settings(field.transceive, session, 2, H("00e0ee"))
    assert refused.value.status == 0x919D
    assert card.keys == [ZEROS] * 5


async def test_wrong_old_key_changes_nothing() -> None:
    card = Ntag424Card(UID)
    field, session = await authenticated(card)
    with pytest.raises(CardFault) as refused:
        await change_key(field.transceive, session, 4, b"\x01" * 16, b"\x02" * 16, 1)
    assert refused.value.status == 0x911E
    assert card.keys == [ZEROS] * 5


async def test_forged_command_ends_the_session() -> None:
    card = Ntag424Card(UID)
    field, session = await authenticated(card)
    forged = bytearray(session.wrap_full(0x5F, b"\x02", H("00e0ee")))
    forged[-3] ^= 1
    assert await field.transceive(bytes(forged)) == H("911e")
    session.commands = 0
    assert await field.transceive(session.wrap_full(0x5F, b"\x02", H("00e0ee"))) == H("91ae")


async def test_repeated_command_is_refused() -> None:
    field, session = await authenticated(Ntag424Card(UID))
    command = session.wrap_full(0x51, b"", b"")
    session.unwrap_full(await field.transceive(command))
    assert await field.transceive(command) == H("911e")


async def test_nothing_is_open_before_the_application_is_selected() -> None:
    card = Ntag424Card(UID)
    assert card.exchange(SELECT_NDEF) == H("6a82")
    assert card.exchange(native(0x71, b"\x00\x00")) == H("9140")
    assert card.exchange(native(0x64, b"\x00")) == H("919d")


async def test_leaving_the_field_ends_the_session() -> None:
    card = Ntag424Card(UID)
    field, session = await authenticated(card)
    card.wake()
    await select_application(field.transceive)
    assert await field.transceive(session.wrap_full(0x51, b"", b"")) == H("91ae")


async def test_answer_without_a_challenge_is_refused() -> None:
    field = Field(Ntag424Card(UID))
    await select_application(field.transceive)
    assert await field.transceive(native(0xAF, bytes(32))) == H("91ca")


async def test_issued_file_is_not_writable_by_anybody() -> None:
    card = Ntag424Card(UID)
    field = Field(card)
    await personalise(field.transceive, UID, keys(), URL)
    await select_application(field.transceive)
    await select_file(field.transceive, NDEF_FILE)
    assert await field.transceive(H("00d600000401020304")) == H("6982")
    assert await field.transceive(native(0x8D, H("02000000010000ff"))) == H("919d")
    card.wake()
    assert (await prove(field.transceive, UID, keys(), URL)).uid == UID


async def test_authenticated_reading_shows_no_tap_and_counts_none() -> None:
    card = Ntag424Card(UID)
    field = Field(card)
    await personalise(field.transceive, UID, keys(), URL)
    counter = card.counter
    await select_application(field.transceive)
    await authenticate_ev2_first(field.transceive, 0, keys().slots[0])
    await select_file(field.transceive, NDEF_FILE)
    assert b"0" * 32 in await field.transceive(H("00b0000000"))
    assert card.counter == counter


async def test_card_whose_counter_is_used_up_gives_no_tap() -> None:
    card = Ntag424Card(UID)
    field = Field(card)
    await personalise(field.transceive, UID, keys(), URL)
    card.counter = COUNTER_MOST
    with pytest.raises(CardFault):
        await read_ndef_url(field.transceive)


async def test_files_of_the_card_are_read_and_written_in_their_own_modes() -> None:
    card = Ntag424Card(UID)
    field, session = await authenticated(card, 3)
    command = session.wrap_full(0x8D, bytes((PROPRIETARY,)) + H("000000050000"), b"linli")
    session.unwrap_full(await field.transceive(command))
    command = session.wrap_mac(0xAD, bytes((PROPRIETARY,)) + H("000000050000"))
    assert session.unwrap_full(await field.transceive(command)) == b"linli"
    assert card.files[PROPRIETARY].contents[:5] == b"linli"
    command = session.wrap_mac(0xF5, bytes((PROPRIETARY,)))
    assert session.unwrap_mac(await field.transceive(command)) == H("00033023800000")


async def test_counter_is_told_to_its_slot_only() -> None:
    card = Ntag424Card(UID)
    await personalise(Field(card).transceive, UID, keys(), URL)
    field, session = await authenticated(card, 1)
    told = session.unwrap_full(await field.transceive(session.wrap_full(0xF6, b"\x02", b"")))
    assert told == H("0100000000")
    field, session = await authenticated(card, 3)
    assert await field.transceive(session.wrap_full(0xF6, b"\x02", b"")) == H("919d")


async def test_versions_of_keys_and_chip_are_told_without_a_key() -> None:
    card = Ntag424Card(UID)
    field = Field(card)
    await select_application(field.transceive)
    assert await key_version(field.transceive, 4) == 0
    parts = [await field.transceive(native(code)) for code in (0x60, 0xAF, 0xAF)]
    assert [part[-2:] for part in parts] == [H("91af"), H("91af"), H("9100")]
    assert parts[2][:7] == UID


def test_memory_goes_through_json_and_back() -> None:
    card = Ntag424Card(UID)
    card.keys[3], card.versions[3], card.counter = b"\x07" * 16, 9, 77
    card.files[2].contents[:3] = b"abc"
    again = Ntag424Card.from_dict(json.loads(json.dumps(card.to_dict())))
    assert again.to_dict() == card.to_dict()
    assert again.keys == card.keys


def commands() -> Iterator[bytes]:
    yield from (SELECT, SELECT_NDEF)
    for code in (0x51, 0x5F, 0x60, 0x64, 0x71, 0x8D, 0xAD, 0xAF, 0xC4, 0xF5, 0xF6):
        yield native(code)


@settings(deadline=None)  # how fast a shared machine is proves nothing
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=64),
            st.sampled_from(list(commands())),
            st.builds(
                native,
                st.sampled_from([0x51, 0x5F, 0x64, 0x71, 0x8D, 0xAD, 0xAF, 0xC4, 0xF5, 0xF6]),
                st.binary(max_size=48),
            ),
            st.builds(
                lambda ins, rest: bytes((0, ins)) + rest,
                st.sampled_from([0xA4, 0xB0, 0xD6]),
                st.binary(min_size=2, max_size=40),
            ),
        ),
        max_size=8,
    )
)
def test_no_bytes_break_the_card_or_open_it(apdus: list[bytes]) -> None:
    card = Ntag424Card(UID)
    secret = card.keys[3] = b"\x5a" * 16
    for apdu in [SELECT, *apdus]:
        answer = card.exchange(apdu)
        assert len(answer) >= 2
        assert secret not in answer
    assert card._session is None
    assert card.keys == [ZEROS, ZEROS, ZEROS, secret, ZEROS]
    assert FACTORY.slots[0] == ZEROS


def test_challenge_is_encrypted_under_the_key() -> None:
    card = Ntag424Card(UID, random_bytes=scripted("00112233445566778899aabbccddeeff"))
    card.keys[3] = b"\x5a" * 16
    card.exchange(SELECT)
    answer = card.exchange(native(0x71, b"\x03\x00"))
    assert decrypt(b"\x5a" * 16, answer[:-2]) == H("00112233445566778899aabbccddeeff")
