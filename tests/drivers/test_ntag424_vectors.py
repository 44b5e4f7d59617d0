"""NTAG 424 DNA against values NXP published: AN12196, AN10922 and its forum."""

import pytest

from drivers.ntag424 import (
    AuthenticationRefused,
    CardFault,
    Ev2Initiator,
    Ev2Session,
    Sun,
    SunRefused,
    cmac,
    decrypt,
    diversify,
    encrypt,
    ndef_of,
    pad,
    sun_file_cipher,
    sun_mac_key,
    unpad,
    url_of,
    verify_plain_sun,
    verify_sun,
)
from drivers.ntag424_desk import check_of_key, key_change, mirror_of, read_tap
from drivers.ntag424_files import FREE, FileSettings, Mode, Sdm, Tap, open_tap

H = bytes.fromhex
ZEROS = bytes(16)
MASTER = H("00112233445566778899aabbccddeeff")


def session(ti: str, enc: str, mac: str, commands: int = 0, slot: int = 0) -> Ev2Session:
    return Ev2Session(slot, H(ti), H(enc), H(mac), commands)


# --- AN10922: one key for each card -----------------------------------------------------------


def test_diversified_key_of_an10922_section_2_2_1() -> None:
    key = diversify(MASTER, H("04782e21801d80"), H("3042f5"), H("4e585020416275"))
    assert key == H("a8dd63a3b89d54b37ca802473fda9175")


@pytest.mark.parametrize(
    ("size", "key"),
    [
        (1, "281049d52ecbc8f60961993d34de3d54"),
        (7, "e8b7f67c78c34af1446e331ef7e6d3ff"),
        (15, "5a3c7f6f0687f24f82dee7eda0970d08"),
        (16, "feed9fbd36cdb16819a72d30bcf9240b"),
        (31, "21c28cd89bb3147f66c7dbd4851cab20"),
    ],
)
def test_diversified_keys_of_every_padding(size: int, key: str) -> None:
    assert diversify(MASTER, bytes(range(size))) == H(key)


@pytest.mark.parametrize("size", [1, 7, 14])
def test_short_input_is_not_the_cmac_of_itself(size: int) -> None:
    told = bytes(range(size))
    assert diversify(MASTER, told) != cmac(MASTER, b"\x01" + told)


def test_long_input_is_the_cmac_of_itself() -> None:
    told = bytes(range(17))
    assert diversify(MASTER, told) == cmac(MASTER, b"\x01" + told)


@pytest.mark.parametrize("uid", [b"", bytes(32)])
def test_input_of_no_or_too_many_bytes_makes_no_key(uid: bytes) -> None:
    with pytest.raises(ValueError, match="1 to 31 bytes"):
        diversify(MASTER, uid)


def test_master_key_of_a_wrong_size_makes_no_key() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        diversify(MASTER[:15], b"\x04")


# --- AN12196: signed taps ---------------------------------------------------------------------


def test_tap_of_table_4() -> None:
    sun = verify_sun(
        H("ef963ff7828658a599f3041510671e88"),
        H("94eed9ee65337086"),
        meta_key=ZEROS,
        file_key=ZEROS,
    )
    assert sun == Sun(H("04de5f1eacc040"), 61)


def test_values_on_the_way_to_table_4() -> None:
    picc = decrypt(ZEROS, H("ef963ff7828658a599f3041510671e88"))
    assert picc == H("c704de5f1eacc0403d0000da5cf60941")
    key = sun_mac_key(ZEROS, H("04de5f1eacc040"), 61)
    assert key == H("3fb5f6e3a807a03d5e3570ace393776f")
    assert cmac(key, b"") == H("e194c7ee12d9f7ee8a65c8331b704386")


def test_tap_with_signed_and_encrypted_file_of_page_18() -> None:
    sun = verify_sun(
        H("fd91ec264309878be6345cbe53badf40"),
        H("ecc1e7f6c6c73bf6"),
        meta_key=ZEROS,
        file_key=lambda uid: ZEROS if uid == H("04958caa5c5e80") else bytes(range(16)),
        mac_input=b"CEE9A53E3E463EF1F459635736738962&cmac=",
    )
    assert sun == Sun(H("04958caa5c5e80"), 8)
    assert sun_mac_key(ZEROS, sun.uid, sun.counter) == H("3ed0920e5e6a0320d823d5987feafbb1")
    key, iv = sun_file_cipher(ZEROS, sun.uid, sun.counter)
    assert decrypt(key, H("cee9a53e3e463ef1f459635736738962"), iv) == b"x" * 16


def test_tap_under_keys_that_are_not_zero() -> None:
    meta_key, file_key = (
        H("42aff114f2cb3b6141be6dc95dfc5416"),
        H("b62a9baf092439bd43c62aee96b970c5"),
    )
    sun = verify_sun(
        H("8acaddef0a9b62cdae39a16b83fc14de"),
        H("238b2543a8debad8"),
        meta_key=meta_key,
        file_key=file_key,
        mac_input=b"B8436E11F627BB7F543FCC0C1E0D1A89",
    )
    assert sun == Sun(H("041d3c8a2d6b80"), 291)
    key, iv = sun_file_cipher(file_key, sun.uid, sun.counter)
    clear = decrypt(key, H("b8436e11f627bb7f543fcc0c1e0d1a89"), iv)
    assert clear == H("4e545858716e6f5f6f42467077792d56")


def test_plain_tap() -> None:
    uid = H("041e3c8a2d6b80")
    assert verify_plain_sun(uid, 6, H("4b00064004b0b3d3"), file_key=ZEROS) == Sun(uid, 6)


def test_session_keys_of_table_1() -> None:
    key, uid = H("5ace7e50ab65d5d51fd5bf5a16b8205b"), H("04c767f2066180")
    assert sun_mac_key(key, uid, 1) == H("3a3e8110e05311f7a3fcf0d969bf2b48")
    assert sun_file_cipher(key, uid, 1)[0] == H("66da61797e23deca5d8eca13bbadf7a9")


def test_signature_over_a_whole_link_as_asked_in_the_forum() -> None:
    uid, link = H("04c767f2066180"), b"ntag.nxp.com/424?uid=04C767F2066180&ctr=000001&c="
    key = sun_mac_key(ZEROS, uid, 1)
    assert key == H("0ec94be3e0664faf2be300dfb16e1b66")
    assert cmac(key, link) == H("a1dbed758f37bacef0916f7602ec913c")
    verify_plain_sun(uid, 1, H("db7537ce9176ec3c"), file_key=ZEROS, mac_input=link)


@pytest.mark.parametrize("at", range(8))
def test_tap_with_one_wrong_signature_byte_is_refused(at: int) -> None:
    mac = bytearray(H("94eed9ee65337086"))
    mac[at] ^= 1
    picc = H("ef963ff7828658a599f3041510671e88")
    with pytest.raises(SunRefused, match="signature"):
        verify_sun(picc, bytes(mac), meta_key=ZEROS, file_key=ZEROS)


def test_tap_of_another_site_is_refused() -> None:
    with pytest.raises(SunRefused, match="another site"):
        verify_sun(bytes(16), H("94eed9ee65337086"), meta_key=ZEROS, file_key=ZEROS)


@pytest.mark.parametrize(("picc", "mac"), [(bytes(15), bytes(8)), (bytes(17), bytes(8))])
def test_tap_of_a_wrong_size_is_refused(picc: bytes, mac: bytes) -> None:
    with pytest.raises(SunRefused, match="16 bytes"):
        verify_sun(picc, mac, meta_key=ZEROS, file_key=ZEROS)


def test_tap_with_a_shortened_signature_is_refused() -> None:
    picc = H("ef963ff7828658a599f3041510671e88")
    with pytest.raises(SunRefused, match="signature"):
        verify_sun(picc, H("94eed9ee653370"), meta_key=ZEROS, file_key=ZEROS)


# --- AN12196: authentication and secure messages ----------------------------------------------


def test_authentication_of_table_14() -> None:
    initiator = Ev2Initiator(ZEROS, H("13c5db8a5930439fc3def9a4c675360f"))
    assert initiator.first(H("a04c124213c186f22399d33ac2a30215")) == H(
        "35c3e05a752e0144bac0de51c1f22c56b34408a23d8aea266cab947ea8e0118d"
    )
    made = initiator.finish(H("3fa64db5446d1f34cd6ea311167f5e4985b89690c04a05f17fa7ab2f08120663"))
    assert made.ti == H("9d00c4df")
    assert made.enc_key == H("1309c877509e5a215007ff0ed19ca564")
    assert made.mac_key == H("4c6626f5e72ea694202139295c7a7fc7")


def test_authentication_with_slot_3() -> None:
    initiator = Ev2Initiator(ZEROS, H("b98f4c50cf1c2e084fd150e33992b048"), slot=3)
    assert initiator.first(H("b875ceb0e66a6c5cd00898dc371f92d1")) == H(
        "ff0306e47dfbc50087c4d8a78e88e62de1e8be457aa477c707e2f0874916a8b1"
    )
    made = initiator.finish(H("0cc9a8094a8eea683ecaac5c7bf20584206d0608d477110fc6b3d5d3f65c3a6a"))
    assert (made.slot, made.ti) == (3, H("7614281a"))
    assert made.enc_key == H("7a93d6571e4b180fca6ac90c9a7488d4")
    assert made.mac_key == H("fc4af159b62e549b5812394cab1918cc")


@pytest.mark.parametrize("at", range(4, 20))
def test_card_that_returns_our_number_wrongly_is_refused(at: int) -> None:
    initiator = Ev2Initiator(ZEROS, H("13c5db8a5930439fc3def9a4c675360f"))
    initiator.first(H("a04c124213c186f22399d33ac2a30215"))
    clear = bytearray(
        decrypt(ZEROS, H("3fa64db5446d1f34cd6ea311167f5e4985b89690c04a05f17fa7ab2f08120663"))
    )
    clear[at] ^= 0x80
    with pytest.raises(AuthenticationRefused, match="does not know"):
        initiator.finish(encrypt(ZEROS, bytes(clear)))


def test_answer_before_a_challenge_is_refused() -> None:
    with pytest.raises(AuthenticationRefused):
        Ev2Initiator(ZEROS).finish(bytes(32))


@pytest.mark.parametrize("size", [0, 15, 17])
def test_challenge_of_a_wrong_size_is_refused(size: int) -> None:
    with pytest.raises(AuthenticationRefused):
        Ev2Initiator(ZEROS).first(bytes(size))


def test_signed_command_of_section_5_3() -> None:
    made = session("7a21085e", "00" * 16, "8248134a386e86eb7faf54a52e536cb6")
    assert made.wrap_mac(0xF5, b"\x02") == H("90f5000009026597a457c8cd442c00")
    answer = "0040eeee000100d1fe001f00004400004400002000006a00002a474282e7a47986"
    assert made.unwrap_mac(H(answer + "9100")) == H(answer)[:-8]


def test_written_file_of_table_17_and_its_settings_of_table_18() -> None:
    made = session(
        "9d00c4df", "1309c877509e5a215007ff0ed19ca564", "4c6626f5e72ea694202139295c7a7fc7"
    )
    mirror = mirror_of("https://choose.url.com/ntag424?e={picc}&c={mac}")
    command = made.wrap_full(0x8D, H("02000000800000"), mirror.file.ljust(128, b"\0"))
    assert command == H(
        "908d00009f02000000800000421c73a27d827658af481fdff20a5025b559d0e3"
        "aa21e58d347f343cffc768bfe596c706bc00f2176781d4b0242642a0ff5a42c4"
        "61aaf894d9a1284b8c76bcfa658acd40555d362e08db15cf421b51283f9064bc"
        "be20e96cae545b407c9d651a3315b27373772e5da2367d2064ae054af996c6f1"
        "f669170fa88ce8c4e3a4a7bbbef0fd971ff532c3a802af745660f2b4d1d9a849"
        "9661ebf300"
    )
    assert made.unwrap_full(H("fc222e5f7a5424529100")) == b""
    assert mirror.settings == H("4000e0c1f121200000430000430000")
    command = made.wrap_full(0x5F, b"\x02", mirror.settings)
    assert command == H("905f0000190261b6d97903566e84c3ae5274467e89ead799b7c1a0ef7a0400")
    assert made.unwrap_full(H("57bff87b1241e93d9100")) == b""
    assert made.commands == 2


def test_written_file_of_table_21() -> None:
    made = session(
        "7614281a", "7a93d6571e4b180fca6ac90c9a7488d4", "fc4af159b62e549b5812394cab1918cc"
    )
    command = made.wrap_full(0x8D, H("030000000a0000"), H("0102030405060708090a"))
    assert command == H(
        "908d00001f030000000a00006b5e6804909962fc4e3ff5522cf0f8436c0c53315b9c73aa00"
    )
    assert made.unwrap_full(H("c26d236e4a7c046d9100")) == b""


def test_second_authentication_of_table_23_goes_on_with_the_transaction() -> None:
    """Tables 19 to 26 as one talk: what is plain counts, another authentication does not."""
    before = session(
        "7614281a", "7a93d6571e4b180fca6ac90c9a7488d4", "fc4af159b62e549b5812394cab1918cc", slot=3
    )
    before.wrap_full(0x8D, H("030000000a0000"), H("0102030405060708090a"))
    before.unwrap_full(H("c26d236e4a7c046d9100"))
    initiator = Ev2Initiator(ZEROS, H("60be759eda560250ac57cddc11743cf6"), after=before)
    assert initiator.first(H("a6a2b3c572d06c097bb8db70463e22dc")) == H(
        "be7d45753f2cab85f34bc60ce58b940763fe969658a532df6d95ea2773f6e991"
    )
    made = initiator.finish(H("b888349c24b315eab5b589e279c8263e"))
    assert made.ti == H("7614281a")
    assert made.enc_key == H("4cf3cb41a22583a61e89b158d252fc53")
    assert made.mac_key == H("5529860b2fc5fb6154b7f28361d30bf9")
    plain = made.wrap_plain(0x8D, H("010e0000120000"), H("ff0506e10500808283") + bytes(9))
    assert plain == H("908d000019010e0000120000ff0506e1050080828300000000000000000000")
    assert made.unwrap_plain(H("9100")) == b""
    told = key_change(0, 2, H("f3847d627727ed3bc9c4cc050489b966"), ZEROS, 1)
    assert made.wrap_full(0xC4, b"\x02", told).hex().endswith("93ae9cd1fac75d0ce20bcd1d06e600")


@pytest.mark.parametrize("at", range(16))
def test_second_answer_with_our_number_wrong_is_refused(at: int) -> None:
    before = session("7614281a", "00" * 16, "00" * 16, 1)
    initiator = Ev2Initiator(ZEROS, H("60be759eda560250ac57cddc11743cf6"), after=before)
    initiator.first(H("a6a2b3c572d06c097bb8db70463e22dc"))
    clear = bytearray(decrypt(ZEROS, H("b888349c24b315eab5b589e279c8263e")))
    clear[at] ^= 1
    with pytest.raises(AuthenticationRefused, match="does not know"):
        initiator.finish(encrypt(ZEROS, bytes(clear)))


def test_answer_of_the_other_kind_of_authentication_is_refused() -> None:
    for after, size in ((None, 16), (session("7614281a", "00" * 16, "00" * 16), 32)):
        initiator = Ev2Initiator(ZEROS, after=after)
        initiator.first(bytes(16))
        with pytest.raises(AuthenticationRefused, match="an answer has"):
            initiator.finish(bytes(size))


def test_keys_changed_in_tables_25_and_26() -> None:
    made = session(
        "7614281a", "4cf3cb41a22583a61e89b158d252fc53", "5529860b2fc5fb6154b7f28361d30bf9", 2
    )
    told = key_change(0, 2, H("f3847d627727ed3bc9c4cc050489b966"), ZEROS, 1)
    assert pad(told) == H("f3847d627727ed3bc9c4cc050489b96601789dfadc8000000000000000000000")
    assert made.wrap_full(0xC4, b"\x02", told) == H(
        "90c4000029022cf362b7bf4311ff3be1daa295e8c68de09050560d19b9e16c23"
        "93ae9cd1fac75d0ce20bcd1d06e600"
    )
    assert made.unwrap_full(H("203bb55d1089d5879100")) == b""
    told = key_change(0, 0, H("5004bf991f408672b1ef00f08f9e8647"), ZEROS, 1)
    assert made.wrap_full(0xC4, b"\x00", told) == H(
        "90c400002900c0eb4deefeddf0b513a03a95a75491818580503190d4d05053ff"
        "75668a01d6fda6610234bded643200"
    )


def test_a_key_that_replaces_another_is_mixed_with_it() -> None:
    new, old = bytes(range(16)), bytes(range(1, 17))
    told = key_change(0, 3, new, old, 7)
    assert bytes(a ^ b for a, b in zip(told[:16], old, strict=True)) == new
    assert told[16:] == b"\x07" + check_of_key(new)


def test_true_number_of_section_7_3() -> None:
    made = session(
        "df055522", "2b4d963c014dc36f24f69a50a394f875", "379d32130ce61705dd5fd8c36b95d764"
    )
    assert made.wrap_full(0x51, b"", b"") == H("90510000088e2c155adda99be300")
    answer = H("70756055688505b52a5e26e59e329cd6595f672298ea41b79100")
    assert made.unwrap_full(answer) == H("04958caa5c5e80")


@pytest.mark.parametrize("at", range(24))
def test_answer_with_one_wrong_byte_is_refused(at: int) -> None:
    made = session(
        "df055522", "2b4d963c014dc36f24f69a50a394f875", "379d32130ce61705dd5fd8c36b95d764"
    )
    answer = bytearray(H("70756055688505b52a5e26e59e329cd6595f672298ea41b79100"))
    answer[at] ^= 1
    with pytest.raises(CardFault, match="MAC"):
        made.unwrap_full(bytes(answer))


@pytest.mark.parametrize("answer", [b"", b"\x91\x00", b"\x00" * 9 + b"\x91\x00", b"\x91\xae"])
def test_answer_that_is_too_short_is_refused(answer: bytes) -> None:
    made = session(
        "df055522", "2b4d963c014dc36f24f69a50a394f875", "379d32130ce61705dd5fd8c36b95d764"
    )
    with pytest.raises(CardFault):
        made.unwrap_full(answer)


def test_settings_of_section_4_3_say_where_the_mirrors_are() -> None:
    told = H("0040eeee000100d1fe001f00004400004400002000006a0000")
    settings = FileSettings.decode(told[1:4] + told[7:])
    assert (settings.mode, settings.read, settings.write) == (Mode.PLAIN, FREE, FREE)
    assert (settings.both, settings.change) == (FREE, FREE)
    assert settings.sdm == Sdm(
        0, 0, teller=FREE, picc_at=0x1F, mac_input_at=0x44, enc_at=0x44, enc_chars=32, mac_at=0x6A
    )
    assert settings.encode() == told[1:4] + told[7:]


def test_settings_of_table_18_are_made() -> None:
    sdm = Sdm(2, 1, teller=1, picc_at=0x20, mac_input_at=0x43, mac_at=0x43)
    made = FileSettings(Mode.PLAIN, read=FREE, write=0, both=0, change=0, sdm=sdm)
    assert made.encode() == H("4000e0c1f121200000430000430000")
    assert mirror_of("https://choose.url.com/ntag424?e={picc}&c={mac}").settings == made.encode()


def test_tap_of_table_4_is_opened_from_its_url() -> None:
    url = "https://choose.url.com/ntag424?e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086"
    sdm = Sdm(2, 1, teller=1, picc_at=0x20, mac_input_at=0x43, mac_at=0x43)
    tap = open_tap(ndef_of(url), sdm, meta_key=ZEROS, file_key=ZEROS)
    assert tap == Tap(H("04de5f1eacc040"), 61, b"", is_signed=True)
    assert tap.sun() == Sun(H("04de5f1eacc040"), 61)


def test_tap_of_page_18_is_opened_with_what_it_seals() -> None:
    file = (
        b"?picc_data=FD91EC264309878BE6345CBE53BADF40"
        b"&enc=CEE9A53E3E463EF1F459635736738962&cmac=ECC1E7F6C6C73BF6"
    )
    sdm = Sdm(0, 0, picc_at=11, mac_input_at=48, enc_at=48, enc_chars=32, mac_at=86)
    tap = open_tap(file, sdm, meta_key=ZEROS, file_key=lambda _uid: ZEROS)
    assert tap == Tap(H("04958caa5c5e80"), 8, b"x" * 16, is_signed=True)


def test_plain_taps_are_opened() -> None:
    file = b"https://x/?uid=041E3C8A2D6B80&ctr=000006&cmac=4B00064004B0B3D3"
    sdm = Sdm(FREE, 1, uid_at=15, counter_at=34, mac_input_at=46, mac_at=46)
    tap = open_tap(file, sdm, file_key=ZEROS)
    assert tap.sun() == Sun(H("041e3c8a2d6b80"), 6)
    link = b"ntag.nxp.com/424?uid=04C767F2066180&ctr=000001&c=DB7537CE9176EC3C"
    sdm = Sdm(FREE, 1, uid_at=21, counter_at=40, mac_input_at=0, mac_at=49)
    assert open_tap(link, sdm, file_key=ZEROS).sun() == Sun(H("04c767f2066180"), 1)


# --- small forms ------------------------------------------------------------------------------


def test_padding_is_undone_and_wrong_padding_is_refused() -> None:
    for size in range(33):
        clear = bytes(range(size))
        assert len(pad(clear)) % 16 == 0
        assert unpad(pad(clear)) == clear
    for wrong in (bytes(16), b"\x80" + bytes(16), b"\x80" + bytes(14) + b"\x01"):
        with pytest.raises(ValueError, match="padding"):
            unpad(wrong)


@pytest.mark.parametrize(
    "url",
    [
        "https://linli.example/t",
        "https://www.linli.example/t",
        "http://linli.example/",
        "http://www.linli.example/",
        "tel:+8613800000000",
    ],
)
def test_url_comes_back_from_its_message(url: str) -> None:
    file = ndef_of(url)
    size = int.from_bytes(file[:2], "big")
    assert size == len(file) - 2
    assert url_of(file[2:]) == url


@pytest.mark.parametrize(
    "message",
    [b"", b"\xd1\x01\x05U", b"\xd1\x01\x01U\x09", b"\xd1\x01\x02T\x02en", b"\xd1\x01\x09U\x04abc"],
)
def test_message_that_is_no_url_is_refused(message: bytes) -> None:
    with pytest.raises(CardFault, match="no URL"):
        url_of(message)


def test_url_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        ndef_of("https://" + "x" * 250)


@pytest.mark.parametrize(
    "template",
    ["https://a/", "https://a/{picc}", "https://a/{mac}{picc}", "https://a/{picc}{picc}{mac}"],
)
def test_template_without_its_two_places_in_order_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="the URL must hold"):
        mirror_of(template)


def test_tap_is_found_in_its_url_and_only_in_its_own() -> None:
    template = "https://linli.example/t?e={picc}&c={mac}#tap"
    url = template.replace("{picc}", "ef" * 16).replace("{mac}", "94" * 8)
    assert read_tap(url, template) == (b"\xef" * 16, b"\x94" * 8)
    for wrong in (url.replace("linli", "evil"), url[:-1], url + "x", url.replace("ef", "xx")):
        with pytest.raises(SunRefused):
            read_tap(wrong, template)
