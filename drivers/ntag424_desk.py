"""Issuing an NTAG 424 DNA: its link, its signature over each tap and its own five keys."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from drivers.kinds import NotIsoDep
from drivers.ntag424 import (
    FACTORY_KEY,
    NDEF_FILE,
    OK,
    AuthenticationRefused,
    CardFault,
    Ev2Session,
    Sun,
    SunRefused,
    Transceive,
    authenticate_ev2_first,
    check_status,
    diversify,
    native,
    ndef_of,
    read_ndef_url,
    select_application,
    select_file,
    verify_sun,
)

SLOTS: Final = 5
SLOT_CHANGE: Final = 0  # changes keys and settings
SLOT_SUN: Final = 1  # signs taps
SLOT_META: Final = 2  # hides the card's number in taps; one key for the whole site
NDEF_FILE_NUMBER: Final = 2  # the native number of NDEF_FILE
WRITE_MOST_BYTES: Final = 128  # one UPDATE BINARY; the smallest reader buffers take it
SETTINGS_OPEN: Final = bytes.fromhex("00e0ee")  # plain; read and write free, change by slot 0
PICC_MARK: Final = "{picc}"
MAC_MARK: Final = "{mac}"
PICC_DIGITS: Final = 32
MAC_DIGITS: Final = 16
WRONG_KEY: Final = 0x91AE
WRONG_CHECK: Final = 0x911E  # so a key is told that was not the old one


@dataclass(frozen=True, slots=True)
class CardKeys:
    """The five keys of one card and the version number that all of them bear on it."""

    slots: tuple[bytes, bytes, bytes, bytes, bytes] = field(repr=False)
    version: int

    def __post_init__(self) -> None:
        if len(self.slots) != SLOTS or any(len(key) != 16 for key in self.slots):
            raise ValueError(f"a card has {SLOTS} keys of 16 bytes")
        if not 0 <= self.version <= 0xFF:
            raise ValueError("a key version is one byte")


FACTORY: Final = CardKeys((FACTORY_KEY,) * 5, 0)


def keys_of_card(
    masters: Sequence[bytes], uid: bytes, *, version: int, aid: bytes = b"", system_id: bytes = b""
) -> CardKeys:
    """One card's keys from the five masters: each diversified but the site-wide SLOT_META."""
    own = [
        master if slot == SLOT_META else diversify(master, uid, aid, system_id)
        for slot, master in enumerate(masters)
    ]
    if len(own) != SLOTS:
        raise ValueError(f"there are {SLOTS} masters, not {len(own)}")
    return CardKeys((own[0], own[1], own[2], own[3], own[4]), version)


@dataclass(frozen=True, slots=True)
class Mirror:
    """An NDEF file with places the card fills at each tap, and the settings that say where."""

    file: bytes
    settings: bytes


def mirror_of(url_template: str) -> Mirror:
    """The file and SDM settings for a URL with {picc} and {mac} in it; raises ValueError.

    Read is free, write and change take slot 0; card data are encrypted under SLOT_META, the MAC
    is made under SLOT_SUN over nothing but card number and counter.
    """
    for mark in (PICC_MARK, MAC_MARK):
        if url_template.count(mark) != 1:
            raise ValueError(f"the URL must hold {mark} once")
    blank = url_template.replace(PICC_MARK, "\x01" * PICC_DIGITS)
    file = ndef_of(blank.replace(MAC_MARK, "\x02" * MAC_DIGITS))
    picc_at = file.index(b"\x01" * PICC_DIGITS, 7)
    mac_at = file.index(b"\x02" * MAC_DIGITS, 7)
    if mac_at < picc_at:
        raise ValueError("the URL must hold {picc} before {mac}")
    file = file[:7] + file[7:].replace(b"\x01", b"0").replace(b"\x02", b"0")
    rights = bytes((0x00, 0xE0, 0xC1, 0xF0 | SLOT_SUN, SLOT_META << 4 | SLOT_SUN))
    places = b"".join(place.to_bytes(3, "little") for place in (picc_at, mac_at, mac_at))
    return Mirror(file, b"\x40" + rights + places)


async def personalise(
    transceive: Transceive,
    uid: bytes,
    keys: CardKeys,
    url_template: str,
    *,
    current: CardKeys = FACTORY,
) -> Sun:
    """Make the card ours, or ours anew from known keys; the tap it then gives is the proof.

    A card torn away half-way is finished by calling again with the same arguments: the version
    on each slot tells which keys it most likely has, the other keys are tried where that is
    wrong. The chip counts taps anew from here, so a counter seen before says nothing about a
    card of this key version. Raises CardFault or CardLost.
    """
    if keys.version == current.version:
        raise ValueError("new keys need another version, or a torn card could not be finished")
    if any(key == FACTORY_KEY for key in keys.slots):
        raise ValueError("a key of zeros is everybody's key")
    mirror = mirror_of(url_template)
    await select_application(transceive)
    likely = []
    for slot in range(SLOTS):
        is_new = await key_version(transceive, slot) == keys.version
        likely.append((keys, current) if is_new else (current, keys))
    held, session = await _enter(transceive, [each.slots[SLOT_CHANGE] for each in likely[0]])
    if await card_uid(transceive, session) != uid:
        raise CardFault("another card lies on the reader")
    # Opened for a moment: an unauthenticated write is the one form all readers and cards agree on.
    await change_file_settings(transceive, session, NDEF_FILE_NUMBER, SETTINGS_OPEN)
    await _write_ndef(transceive, mirror.file)
    session = await authenticate_ev2_first(transceive, SLOT_CHANGE, held)
    await change_file_settings(transceive, session, NDEF_FILE_NUMBER, mirror.settings)
    for slot in reversed(range(1, SLOTS)):
        olds = [each.slots[slot] for each in likely[slot]]
        session = await _replace(transceive, session, slot, keys, olds, held)
    # the last: changing the session's own key ends it
    await change_key(transceive, session, SLOT_CHANGE, keys.slots[SLOT_CHANGE], held, keys.version)
    return await prove(transceive, uid, keys, url_template)


async def _enter(transceive: Transceive, guesses: Sequence[bytes]) -> tuple[bytes, Ev2Session]:
    """Authenticate for changes with the first key that fits; raises AuthenticationRefused."""
    for key in guesses[:-1]:
        try:
            return key, await authenticate_ev2_first(transceive, SLOT_CHANGE, key)
        except AuthenticationRefused as refused:
            if refused.status != WRONG_KEY:
                raise
    return guesses[-1], await authenticate_ev2_first(transceive, SLOT_CHANGE, guesses[-1])


async def _replace(
    transceive: Transceive,
    session: Ev2Session,
    slot: int,
    keys: CardKeys,
    olds: Sequence[bytes],
    held: bytes,
) -> Ev2Session:
    """Change one key whose old value is one of ``olds``; returns the session to go on with."""
    for old in olds[:-1]:
        try:
            await change_key(transceive, session, slot, keys.slots[slot], old, keys.version)
        except CardFault as fault:
            if fault.status != WRONG_CHECK:
                raise
            session = await authenticate_ev2_first(transceive, SLOT_CHANGE, held)
        else:
            return session
    await change_key(transceive, session, slot, keys.slots[slot], olds[-1], keys.version)
    return session


class Lies(StrEnum):
    """What lies on the desk's reader, as far as keys tell."""

    NUMBER = "number"  # takes no commands: a number that anybody can copy
    FOREIGN = "foreign"  # no card of this make
    BLANK = "blank"  # as the factory made it
    TORN = "torn"  # on its way to our keys; personalising again finishes it
    OURS = "ours"  # all keys and taps are proven
    OTHERS = "others"  # keys that we do not know: nobody can change them


async def look(
    transceive: Transceive,
    uid: bytes,
    keys: CardKeys,
    url_template: str,
    *,
    current: CardKeys = FACTORY,
) -> Lies:
    """Tell what a card is without changing it (a card of ours counts one tap).

    Raises CardLost when it went away, AuthenticationRefused when it makes us wait.
    """
    try:
        await select_application(transceive)
        versions = {await key_version(transceive, slot) for slot in range(SLOTS)}
    except NotIsoDep:
        return Lies.NUMBER
    except CardFault:
        return Lies.FOREIGN
    if versions == {keys.version}:
        try:
            await prove(transceive, uid, keys, url_template)
        except CardFault:
            await select_application(transceive)
        else:
            return Lies.OURS
    guesses = [keys.slots[SLOT_CHANGE], current.slots[SLOT_CHANGE]]
    try:
        held, session = await _enter(transceive, guesses)
        if await card_uid(transceive, session) != uid:
            return Lies.FOREIGN
    except AuthenticationRefused as refused:
        if refused.status not in (WRONG_KEY, 0):
            raise
        return Lies.OTHERS
    except CardFault:
        return Lies.FOREIGN
    is_fresh = versions == {current.version} and held == current.slots[SLOT_CHANGE]
    return Lies.BLANK if is_fresh else Lies.TORN


async def prove(transceive: Transceive, uid: bytes, keys: CardKeys, url_template: str) -> Sun:
    """Check a card as doors and phones will: its keys by challenge, its tap by signature."""
    await select_application(transceive)
    for slot, key in enumerate(keys.slots):
        if slot not in (SLOT_SUN, SLOT_META):  # these two the tap below proves
            await authenticate_ev2_first(transceive, slot, key)
    picc, mac = read_tap(await read_ndef_url(transceive), url_template)
    try:
        sun = verify_sun(picc, mac, meta_key=keys.slots[SLOT_META], file_key=keys.slots[SLOT_SUN])
    except SunRefused as refused:
        raise CardFault(f"the card signs its taps wrongly: {refused}") from refused
    if sun.uid != uid:
        raise CardFault("another card lies on the reader")
    return sun


def read_tap(url: str, url_template: str) -> tuple[bytes, bytes]:
    """Encrypted card data and MAC out of a tapped URL; raises SunRefused."""
    head, _, rest = url_template.partition(PICC_MARK)
    middle, _, tail = rest.partition(MAC_MARK)
    picc_end = len(head) + PICC_DIGITS
    mac_at = picc_end + len(middle)
    picc, mac = url[len(head) : picc_end], url[mac_at : mac_at + MAC_DIGITS]
    if url != head + picc + middle + mac + tail:
        raise SunRefused("the URL is none of this site's")
    try:
        return bytes.fromhex(picc), bytes.fromhex(mac)
    except ValueError as error:
        raise SunRefused("the URL holds no tap") from error


async def key_version(transceive: Transceive, slot: int) -> int:
    """The version of a key slot; raises CardFault."""
    answer = await transceive(native(0x64, bytes((slot,))))
    check_status(answer)
    if len(answer) != 3:
        raise CardFault("the card tells no key version")
    return answer[0]


async def card_uid(transceive: Transceive, session: Ev2Session) -> bytes:
    """The card's true number, inside the session; raises CardFault."""
    return session.unwrap_full(await transceive(session.wrap_full(0x51, b"", b"")))


async def change_file_settings(
    transceive: Transceive, session: Ev2Session, number: int, settings: bytes
) -> None:
    """Set a file's rights and mirrors; raises CardFault."""
    answer = await transceive(session.wrap_full(0x5F, bytes((number,)), settings))
    session.unwrap_full(answer)


async def change_key(
    transceive: Transceive, session: Ev2Session, slot: int, new: bytes, old: bytes, version: int
) -> None:
    """Replace one key; replacing the session's own key ends the session; raises CardFault."""
    told = key_change(session.slot, slot, new, old, version)
    answer = await transceive(session.wrap_full(0xC4, bytes((slot,)), told))
    if slot == session.slot:
        check_status(answer)  # no MAC: the session is over
        if answer != OK:
            raise CardFault("the card's reply to its last key is too long")
    else:
        session.unwrap_full(answer)


def key_change(session_slot: int, slot: int, new: bytes, old: bytes, version: int) -> bytes:
    """The contents of ChangeKey; another slot's needs its old key and a check of the new."""
    if slot == session_slot:
        return new + bytes((version,))
    mixed = bytes(a ^ b for a, b in zip(new, old, strict=True))
    return mixed + bytes((version,)) + check_of_key(new)


def check_of_key(key: bytes) -> bytes:
    """CRC-32 without its last inversion, low byte first."""
    return (zlib.crc32(key) ^ 0xFFFFFFFF).to_bytes(4, "little")


async def _write_ndef(transceive: Transceive, file: bytes) -> None:
    await select_application(transceive)
    await select_file(transceive, NDEF_FILE)
    for offset in range(0, len(file), WRITE_MOST_BYTES):
        part = file[offset : offset + WRITE_MOST_BYTES]
        head = b"\x00\xd6" + offset.to_bytes(2, "big") + bytes((len(part),))
        check_status(await transceive(head + part))
