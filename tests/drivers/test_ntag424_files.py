"""Mirrors in every mode, files in every mode of messages, and one transaction under two keys."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.ntag424 import (
    COMMANDS_MOST,
    AuthenticationRefused,
    CardFault,
    Ev2Initiator,
    Ev2Session,
    Sun,
    SunRefused,
    authenticate_ev2_first,
    authenticate_ev2_non_first,
    challenge,
    native,
    respond,
    seal_picc,
    select_application,
)
from drivers.ntag424_desk import card_uid, change_file_settings
from drivers.ntag424_files import (
    FILE_MOST_BYTES,
    FREE,
    NEVER,
    FileSettings,
    Mode,
    Sdm,
    file_settings,
    open_tap,
    read_file,
    tap_counter,
    write_file,
)
from simulators.ends import Ntag424Card
from tests.drivers.fields import UID, Field
from tests.loops import run

H = bytes.fromhex
SELECT = H("00a4040c07d276000085010100")
SELECT_NDEF = H("00a4000c02e104")
META, FILE = b"\x22" * 16, b"\x11" * 16
NDEF, PROPRIETARY = 2, 3
CHANGE_OF_TABLE_25 = (
    "90c4000029022cf362b7bf4311ff3be1daa295e8c68de09050560d19b9e16c2393ae9cd1fac75d0ce20bcd1d06e600"
)
slots = st.integers(0, 4)


@st.composite
def mirrors(draw: st.DrawFn) -> Sdm:
    """Mirrors of every mode at places of any distance, as a card takes them."""
    meta = draw(st.one_of(slots, st.sampled_from([FREE, NEVER])))
    signer = draw(st.one_of(slots, st.just(NEVER)))
    shows_uid, shows_counter = draw(st.booleans()), draw(st.booleans())
    shows_counter |= meta <= 4 and not shows_uid  # a block must hold something
    seals = signer != NEVER and shows_uid and shows_counter and draw(st.booleans())
    at = 0

    def place(chars: int) -> int:
        nonlocal at
        begin = at + draw(st.integers(0, 9))
        at = begin + chars
        return begin

    places: dict[str, int] = {}
    if meta == FREE:
        names = ["uid_at"] * shows_uid + ["counter_at"] * shows_counter
        for name in draw(st.permutations(names)):
            places[name] = place(14 if name == "uid_at" else 6)
    elif meta != NEVER:
        places["picc_at"] = place(32)
    if signer != NEVER:
        input_at = draw(st.integers(0, at))
        if seals:
            places["enc_chars"] = draw(st.sampled_from([32, 64]))
            places["enc_at"] = place(places["enc_chars"])
        places |= {"mac_input_at": input_at, "mac_at": place(16)}
    if draw(st.booleans()):
        places["counter_limit"] = draw(st.integers(1, 0xFFFFFF))
    teller = draw(st.one_of(slots, st.sampled_from([FREE, NEVER])))
    return Sdm(meta, signer, shows_uid, shows_counter, teller, **places)


def card_with(sdm: Sdm, counter: int = 0) -> Ntag424Card:
    """A card that shows so, told in the way a desk tells it."""
    card = Ntag424Card(UID)
    card.files[NDEF].contents[:] = bytes(i % 26 + 97 for i in range(FILE_MOST_BYTES))
    if 0 <= sdm.signer <= 4:
        card.keys[sdm.signer] = FILE
    if 0 <= sdm.meta <= 4:
        card.keys[sdm.meta] = META

    async def told() -> None:
        field = Field(card)
        await select_application(field.transceive)
        session = await authenticate_ev2_first(field.transceive, 0, card.keys[0])
        made = FileSettings(Mode.PLAIN, FREE, 0, 0, 0, sdm)
        await change_file_settings(field.transceive, session, NDEF, made.encode())
        assert await file_settings(field.transceive, NDEF, session) == (made, FILE_MOST_BYTES)

    run(told())
    card.counter = counter
    return card


def tapped(card: Ntag424Card) -> bytes:
    card.exchange(SELECT)
    card.exchange(SELECT_NDEF)
    answer = card.exchange(H("00b0000000"))
    assert answer[-2:] == H("9000")
    return answer[:-2]


def keys_of(sdm: Sdm, card: Ntag424Card) -> dict[str, bytes]:
    return {
        "meta_key": card.keys[sdm.meta] if sdm.meta <= 4 else b"",
        "file_key": card.keys[sdm.signer] if sdm.signer <= 4 else b"",
    }


@settings(deadline=None, max_examples=150)
@given(mirrors(), st.integers(0, 0xFFFF), st.data())
def test_a_tap_of_every_mode_is_opened_and_no_byte_of_it_can_be_changed(
    sdm: Sdm, before: int, data: st.DataObject
) -> None:
    card = card_with(sdm, min(before, (sdm.counter_limit or before + 1) - 1))
    counter = card.counter + 1
    file = tapped(card)
    found = open_tap(file, sdm, **keys_of(sdm, card))
    is_told = sdm.meta != NEVER
    assert found.uid == (UID if is_told and sdm.shows_uid else b"")
    assert found.counter == (counter if is_told and sdm.shows_counter else None)
    assert found.is_signed == (sdm.signer != NEVER)
    if sdm.enc_at is not None and sdm.enc_chars is not None and is_told:
        clear = card.files[NDEF].contents[sdm.enc_at : sdm.enc_at + sdm.enc_chars // 2]
        assert found.contents == clear
    if found.is_signed and found.uid and found.counter is not None:
        assert found.sun() == Sun(UID, counter)
    else:
        with pytest.raises(SunRefused):
            found.sun()
    if sdm.mac_at is None or sdm.mac_input_at is None:
        return
    at = data.draw(st.integers(sdm.mac_input_at, sdm.mac_at + 15))
    forged = bytearray(file)
    forged[at] = data.draw(
        st.sampled_from(b"0123456789ABCDEFxyz\xff").filter(lambda b: b != file[at])
    )
    with pytest.raises(SunRefused):
        open_tap(bytes(forged), sdm, **keys_of(sdm, card))
    with pytest.raises(SunRefused):
        open_tap(file, sdm, meta_key=META, file_key=b"\x77" * 16)


@given(mirrors(), st.sampled_from(list(Mode)), slots, st.one_of(slots, st.just(FREE)))
def test_settings_come_back_from_their_bytes(sdm: Sdm, mode: Mode, read: int, write: int) -> None:
    made = FileSettings(mode, read, write, NEVER, 0, sdm)
    assert FileSettings.decode(made.encode()) == made


@given(st.one_of(st.binary(max_size=40), mirrors().map(lambda one: one.encode() + b"\0")))
def test_settings_that_are_none_are_refused(told: bytes) -> None:
    for raw in (told, b"\x40\x00\xe0" + told):
        try:
            made = FileSettings.decode(raw)
        except ValueError:
            continue
        assert FileSettings.decode(made.encode()) == made


@given(st.binary(max_size=300), mirrors())
def test_no_file_is_believed_without_the_key(file: bytes, sdm: Sdm) -> None:
    with pytest.raises(SunRefused):
        open_tap(file, sdm, meta_key=META, file_key=FILE).sun()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"meta": 5}, "no such key slot"),
        ({"shows_uid": False, "shows_counter": False}, "number, counter or both"),
        ({"signer": FREE, "mac_input_at": 32, "mac_at": 32}, "signs nothing"),
        ({"picc_at": None}, "picc_at does not go"),
        ({"uid_at": 60}, "uid_at does not go"),
        ({"picc_at": 11}, "on each other"),
        ({"picc_at": 225}, "not fit into the file"),
        ({"mac_input_at": 43}, "behind the signature"),
        ({"enc_at": 60, "enc_chars": 32}, "must be signed"),
        ({"enc_at": 32, "enc_chars": 32, "mac_at": 90, "mac_input_at": 33}, "must be signed"),
        ({"enc_at": 60, "enc_chars": 16, "mac_at": 100}, "32 characters"),
        ({"enc_at": 60, "enc_chars": 32, "mac_at": 100, "shows_uid": False}, "its counter"),
        ({"counter_limit": 1 << 24}, "24 bits"),
    ],
)
def test_mirrors_that_no_card_takes_are_refused(wrong: dict[str, Any], why: str) -> None:
    right = Sdm(2, 1, picc_at=0, mac_input_at=32, mac_at=42)
    with pytest.raises(ValueError, match=why):
        replace(right, **wrong)


def test_card_data_that_say_other_than_the_settings_are_refused() -> None:
    sdm = Sdm(2, NEVER, shows_counter=False, picc_at=0)
    whole = seal_picc(META, UID, 7, bytes(5)).hex().encode()
    with pytest.raises(SunRefused, match="other things"):
        open_tap(whole, sdm, meta_key=META)
    tap = open_tap(seal_picc(META, UID, None, bytes(8)).hex().encode(), sdm, meta_key=META)
    assert (tap.uid, tap.counter, tap.is_signed) == (UID, None, False)


@pytest.mark.parametrize("file", [b"", b"0000", b"00 00 ", b"00000x", b"\xff" * 6])
def test_digits_that_are_none_or_too_few_are_no_tap(file: bytes) -> None:
    sdm = Sdm(FREE, NEVER, shows_uid=False, counter_at=0)
    assert open_tap(b"000010", sdm).counter == 16
    with pytest.raises(SunRefused, match="holds no tap"):
        open_tap(file, sdm)


def test_a_key_of_its_own_needs_a_number_that_is_shown() -> None:
    sdm = Sdm(FREE, 1, shows_uid=False, counter_at=0, mac_input_at=6, mac_at=6)
    with pytest.raises(SunRefused, match="hides its number"):
        open_tap(b"000001" + b"0" * 16, sdm, file_key=lambda _uid: FILE)


def test_the_limit_of_a_counter_holds() -> None:
    sdm = Sdm(2, 1, picc_at=0, mac_input_at=32, mac_at=32, counter_limit=2)
    card = card_with(sdm)
    for counter in (1, 2):
        assert open_tap(tapped(card), sdm, **keys_of(sdm, card)).counter == counter
    card.exchange(SELECT)
    card.exchange(SELECT_NDEF)
    assert card.exchange(H("00b0000000")) == H("6985")


# --- files in every mode ----------------------------------------------------------------------


async def authenticated(card: Ntag424Card, slot: int = 0) -> tuple[Field, Ev2Session]:
    field = Field(card)
    await select_application(field.transceive)
    return field, await authenticate_ev2_first(field.transceive, slot, card.keys[slot])


@pytest.mark.parametrize("mode", list(Mode))
async def test_a_file_is_written_and_read_in_its_mode(mode: Mode) -> None:
    card = Ntag424Card(UID)
    field, session = await authenticated(card)
    made = FileSettings(mode, 0, 0, 0, 0)
    await change_file_settings(field.transceive, session, PROPRIETARY, made.encode())
    await write_file(field.transceive, PROPRIETARY, 5, b"linli", mode=mode, session=session)
    told = await read_file(field.transceive, PROPRIETARY, 4, 7, mode=mode, session=session)
    assert told == b"\0linli\0"
    assert session.commands == 3
    assert await file_settings(field.transceive, PROPRIETARY, session) == (made, 128)
    assert await card_uid(field.transceive, session) == UID


@pytest.mark.parametrize("mode", [Mode.PLAIN, Mode.MAC])
async def test_a_file_of_another_mode_ends_the_session(mode: Mode) -> None:
    card = Ntag424Card(UID)
    field, session = await authenticated(card, 3)
    with pytest.raises(CardFault):
        await write_file(field.transceive, PROPRIETARY, 0, b"x", mode=mode, session=session)
    with pytest.raises(CardFault, match="session with the card is over"):
        await card_uid(field.transceive, session)
    assert not any(card.files[PROPRIETARY].contents)


async def test_a_file_without_a_key_is_read_without_a_session() -> None:
    card = Ntag424Card(UID)
    card.files[NDEF].contents[:5] = b"linli"
    field = Field(card)
    await select_application(field.transceive)
    assert await read_file(field.transceive, NDEF, 1, 3) == b"inl"
    with pytest.raises(CardFault):
        await read_file(field.transceive, PROPRIETARY, 0, 1)
    assert (await file_settings(field.transceive, NDEF))[0].write == FREE


async def test_how_often_a_file_was_tapped_is_told() -> None:
    sdm = Sdm(2, 1, teller=1, picc_at=0, mac_input_at=32, mac_at=32)
    card = Ntag424Card(UID)
    card.files[NDEF].settings = FileSettings(Mode.PLAIN, FREE, 0, 0, 0, sdm).encode()
    card.counter = 0x010203
    field, session = await authenticated(card, 1)
    assert await tap_counter(field.transceive, session, NDEF) == 0x010203


@pytest.mark.parametrize(
    "answer", [b"\x91\x00", b"\x00\x00" + b"\x91\x00", b"\x00\x40\xe0\xee\x00\x01\x00\x00\x91\x00"]
)
async def test_strange_settings_are_the_card_s_fault(answer: bytes) -> None:
    async def card(apdu: bytes) -> bytes:
        del apdu
        return answer

    with pytest.raises(CardFault, match="settings"):
        await file_settings(card, NDEF)


async def test_fewer_bytes_than_asked_for_are_the_card_s_fault() -> None:
    async def card(apdu: bytes) -> bytes:
        del apdu
        return b"ab\x91\x00"

    assert await read_file(card, NDEF, 0, 2) == b"ab"
    with pytest.raises(CardFault, match="another number of bytes"):
        await read_file(card, NDEF, 0, 3)


# --- one transaction, two keys ----------------------------------------------------------------


async def test_another_key_goes_on_with_the_count_and_the_name_of_the_talk() -> None:
    card = Ntag424Card(UID)
    card.keys[3], card.keys[4] = b"\x33" * 16, b"\x44" * 16
    field, first = await authenticated(card, 3)
    await card_uid(field.transceive, first)
    second = await authenticate_ev2_non_first(field.transceive, first, 4, card.keys[4])
    assert (second.ti, second.commands, second.slot) == (first.ti, 1, 4)
    assert second.mac_key != first.mac_key
    assert await card_uid(field.transceive, second) == UID
    with pytest.raises(CardFault, match="session with the card is over"):
        first.wrap_full(0x51, b"", b"")


async def test_a_wrong_second_key_ends_the_first_session_on_both_sides() -> None:
    card = Ntag424Card(UID)
    field, first = await authenticated(card, 3)
    with pytest.raises(AuthenticationRefused) as refused:
        await authenticate_ev2_non_first(field.transceive, first, 4, b"\x01" * 16)
    assert refused.value.status == 0x91AE
    assert first.is_over
    assert card._session is None


async def test_there_is_no_second_key_without_a_first() -> None:
    field = Field(Ntag424Card(UID))
    await select_application(field.transceive)
    with pytest.raises(AuthenticationRefused) as refused:
        await challenge(field.transceive, 0, first=False)
    assert refused.value.status == 0x919D
    assert await field.transceive(native(0x77, b"\x00\x00")) == H("919d")


async def test_the_second_key_may_be_elsewhere_too() -> None:
    card = Ntag424Card(UID)
    card.keys[4] = b"\x44" * 16
    field, first = await authenticated(card, 3)
    elsewhere = Ev2Initiator(b"\x44" * 16, slot=4, after=first)
    response = elsewhere.first(await challenge(field.transceive, 4, first=False))
    made = elsewhere.finish(await respond(field.transceive, response, first=False))
    assert made == card._session


def test_card_talks_as_in_tables_19_to_26() -> None:
    luck = iter([H("91517975190dcea6104948efa3085c1b"), H("7614281a"),
                 H("6924e8d09722659a2e7dec68e66312b8")])  # fmt: skip
    card = Ntag424Card(UID, random_bytes=lambda _size: next(luck))
    card.files[PROPRIETARY].settings = H("03303f")
    card.files[1].settings = H("00e0ee")
    talk = (
        (SELECT.hex(), "9000"),
        ("9071000002030000", "b875ceb0e66a6c5cd00898dc371f92d191af"),
        (
            "90af000020ff0306e47dfbc50087c4d8a78e88e62de1e8be457aa477c707e2f0874916a8b100",
            "0cc9a8094a8eea683ecaac5c7bf20584206d0608d477110fc6b3d5d3f65c3a6a9100",
        ),
        (
            "908d00001f030000000a00006b5e6804909962fc4e3ff5522cf0f8436c0c53315b9c73aa00",
            "c26d236e4a7c046d9100",
        ),
        ("90770000010000", "a6a2b3c572d06c097bb8db70463e22dc91af"),
        (
            "90af000020be7d45753f2cab85f34bc60ce58b940763fe969658a532df6d95ea2773f6e99100",
            "b888349c24b315eab5b589e279c8263e9100",
        ),
        ("908d000019010e0000120000ff0506e1050080828300000000000000000000", "9100"),
        (
            CHANGE_OF_TABLE_25,
            "203bb55d1089d5879100",
        ),
    )
    for asked, told in talk:
        assert card.exchange(H(asked)).hex() == told
    assert card.keys[2] == H("f3847d627727ed3bc9c4cc050489b966")
    assert bytes(card.files[PROPRIETARY].contents[:10]) == H("0102030405060708090a")


# --- what is counted --------------------------------------------------------------------------


async def test_a_session_ends_with_its_last_command() -> None:
    card = Ntag424Card(UID)
    field, session = await authenticated(card)
    assert card._session is not None
    session.commands = card._session.commands = COMMANDS_MOST - 1
    assert await card_uid(field.transceive, session) == UID
    for wrap in (session.wrap_plain, session.wrap_mac, session.wrap_full):
        with pytest.raises(CardFault, match="authenticate anew"):
            wrap(0x51, b"", b"")
    assert await field.transceive(native(0x51, bytes(8))) == H("91ae")
    _, session = await authenticated(card)
    assert session.commands == 0


async def test_a_plain_command_counts_as_any_other() -> None:
    card = Ntag424Card(UID)
    field, session = await authenticated(card)
    for _ in range(2):
        await read_file(field.transceive, NDEF, 0, 2, session=session)
    assert session.commands == 2
    assert await card_uid(field.transceive, session) == UID


async def test_an_answer_given_twice_is_refused_the_second_time() -> None:
    field, session = await authenticated(Ntag424Card(UID))
    answer = await field.transceive(session.wrap_full(0x51, b"", b""))
    assert session.unwrap_full(answer) == UID
    with pytest.raises(CardFault, match="MAC"):
        session.unwrap_full(answer)
    assert session.is_over
