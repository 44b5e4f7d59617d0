"""Files of an NTAG 424 DNA: rights, what a tap shows of its card, and reading in every mode.

Source of the forms: NXP NT4H2421Gx (ChangeFileSettings, GetFileSettings, 9.3 for the mirrors) and
AN12196, whose published settings and taps the tests pin.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from hmac import compare_digest
from itertools import pairwise
from typing import Final, Self

from drivers.ntag424 import (
    COUNTER_MOST,
    PICC_BYTES,
    SHOWS_COUNTER,
    SHOWS_UID,
    UID_BYTES,
    CardFault,
    Ev2Session,
    KeyOf,
    Sun,
    SunRefused,
    Transceive,
    check_status,
    decrypt,
    native,
    open_picc,
    short_mac,
    sun_file_cipher,
    sun_mac_key,
)

FREE: Final = 0xE  # in place of a key slot: anybody, or in the clear
NEVER: Final = 0xF  # in place of a key slot: nobody, or not at all
SLOT_LAST: Final = 4
FILE_MOST_BYTES: Final = 256  # the largest of the three files, where the link is
UID_CHARS: Final = 2 * UID_BYTES
COUNTER_CHARS: Final = 6
PICC_CHARS: Final = 2 * PICC_BYTES
MAC_CHARS: Final = 16
ENC_UNIT_CHARS: Final = 32  # one block of contents, sealed, in digits

_LIMITED: Final = 0x20
_SEALS: Final = 0x10
_DIGITS: Final = 0x01  # mirrors are written in hexadecimal digits; there is no other way yet
_MIRRORS: Final = 0x40  # in a file's options: it has mirrors


class Mode(IntEnum):
    """How commands on a file travel in a session whose slot has rights of it."""

    PLAIN = 0
    MAC = 1
    FULL = 3


@dataclass(frozen=True, slots=True)
class Sdm:
    """Where a file shows number, counter, contents and signature, and the slots of their keys.

    Places are bytes from the start of the file, None for what it does not show; ``meta`` hides
    number and counter in one block (FREE: both in the clear, NEVER: neither), ``signer`` signs
    and seals (NEVER: nothing is signed). Raises ValueError for what no card takes.
    """

    meta: int
    signer: int
    shows_uid: bool = True
    shows_counter: bool = True
    teller: int = NEVER  # the slot that may ask for the counter
    uid_at: int | None = None
    counter_at: int | None = None
    picc_at: int | None = None
    mac_input_at: int | None = None
    enc_at: int | None = None
    enc_chars: int | None = None
    mac_at: int | None = None
    counter_limit: int | None = None

    def __post_init__(self) -> None:
        for slot in (self.meta, self.signer, self.teller):
            if not (0 <= slot <= SLOT_LAST or slot in (FREE, NEVER)):
                raise ValueError("there is no such key slot")
        if self.signer == FREE:
            raise ValueError("nobody's key signs nothing")
        named = _places(self._options(), self.meta, self.signer)
        for name in _PLACES:
            if (getattr(self, name) is not None) != (name in named):
                raise ValueError(f"{name} does not go with these mirrors")
        if self.picc_at is not None and not (self.shows_uid or self.shows_counter):
            raise ValueError("a block of card data holds number, counter or both")
        if self.enc_at is not None and not (self.shows_uid and self.shows_counter):
            raise ValueError("sealed contents need the card's number and its counter")
        self._check_places()

    def _check_places(self) -> None:
        spans = sorted(
            (at, at + chars)
            for at, chars in (
                (self.uid_at, UID_CHARS),
                (self.counter_at, COUNTER_CHARS),
                (self.picc_at, PICC_CHARS),
                (self.enc_at, self.enc_chars or 0),
                (self.mac_at, MAC_CHARS),
            )
            if at is not None
        )
        if spans and (spans[0][0] < 0 or spans[-1][1] > FILE_MOST_BYTES):
            raise ValueError("a mirror does not fit into the file")
        if any(end > begin for (_, end), (begin, _) in pairwise(spans)):
            raise ValueError("two mirrors lie on each other")
        if self.mac_at is not None and not 0 <= (self.mac_input_at or 0) <= self.mac_at:
            raise ValueError("what is signed begins behind the signature")
        if self.enc_at is not None:
            assert self.enc_chars is not None
            assert self.mac_input_at is not None
            assert self.mac_at is not None
            if self.enc_chars <= 0 or self.enc_chars % ENC_UNIT_CHARS:
                raise ValueError(f"sealed contents take {ENC_UNIT_CHARS} characters or twice that")
            if not self.mac_input_at <= self.enc_at <= self.mac_at - self.enc_chars:
                raise ValueError("sealed contents must be signed")
        if self.counter_limit is not None and not 0 <= self.counter_limit <= COUNTER_MOST:
            raise ValueError("a limit has 24 bits")

    def encode(self) -> bytes:
        """Options, slots and places, as they follow a file's rights."""
        options = self._options()
        slots = bytes((options, 0xF0 | self.teller, self.meta << 4 | self.signer))
        named = _places(options, self.meta, self.signer)
        return slots + b"".join(getattr(self, name).to_bytes(3, "little") for name in named)

    def _options(self) -> int:
        options = _DIGITS | SHOWS_UID * self.shows_uid | SHOWS_COUNTER * self.shows_counter
        limited, seals = self.counter_limit is not None, self.enc_at is not None
        return options | _LIMITED * limited | _SEALS * seals

    @classmethod
    def decode(cls, told: bytes) -> Self:
        """Undo encode; raises ValueError."""
        if len(told) < 3 or not told[0] & _DIGITS:
            raise ValueError("these are no mirrors")
        options, meta, signer = told[0], told[2] >> 4, told[2] & 0xF
        names = _places(options, meta, signer)
        if len(told) != 3 + 3 * len(names):
            raise ValueError("the places do not go with the options")
        places = {
            name: int.from_bytes(told[3 + 3 * n : 6 + 3 * n], "little")
            for n, name in enumerate(names)
        }
        shows_uid, shows_counter = bool(options & SHOWS_UID), bool(options & SHOWS_COUNTER)
        return cls(meta, signer, shows_uid, shows_counter, told[1] & 0xF, **places)


_PLACES: Final = (
    "uid_at", "counter_at", "picc_at", "mac_input_at", "enc_at", "enc_chars", "mac_at",
    "counter_limit",
)  # fmt: skip


def _places(options: int, meta: int, signer: int) -> tuple[str, ...]:
    """The places that such mirrors have, in the order in which they are told."""
    is_signed = signer != NEVER
    there = (
        meta == FREE and options & SHOWS_UID,
        meta == FREE and options & SHOWS_COUNTER,
        meta not in (FREE, NEVER),
        is_signed,
        is_signed and options & _SEALS,
        is_signed and options & _SEALS,
        is_signed,
        options & _LIMITED,
    )
    return tuple(name for name, is_there in zip(_PLACES, there, strict=True) if is_there)


@dataclass(frozen=True, slots=True)
class FileSettings:
    """Who may do what with a file, by key slot; its mode; its mirrors."""

    mode: Mode
    read: int
    write: int
    both: int
    change: int
    sdm: Sdm | None = None

    def encode(self) -> bytes:
        """As ChangeFileSettings takes them."""
        option = self.mode | _MIRRORS * (self.sdm is not None)
        rights = bytes((option, self.both << 4 | self.change, self.read << 4 | self.write))
        return rights + (self.sdm.encode() if self.sdm is not None else b"")

    @classmethod
    def decode(cls, told: bytes) -> Self:
        """Undo encode; raises ValueError."""
        if len(told) < 3 or (not told[0] & _MIRRORS and len(told) > 3):
            raise ValueError("these are no settings of a file")
        mode = Mode(told[0] & 3 if told[0] & 1 else 0)  # 2 is another way to say plain
        sdm = Sdm.decode(told[3:]) if told[0] & _MIRRORS else None
        return cls(mode, told[2] >> 4, told[2] & 0xF, told[1] >> 4, told[1] & 0xF, sdm)


# -- a tap in any mode ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tap:
    """What a file showed of its card: b"" and None for what its settings do not show.

    Only what is signed is proven; without counter the same tap may be shown for ever.
    """

    uid: bytes
    counter: int | None
    contents: bytes = field(repr=False)  # what was sealed, opened
    is_signed: bool

    def sun(self) -> Sun:
        """The proof that this card was tapped; raises SunRefused where it is none."""
        if not self.is_signed or not self.uid or self.counter is None:
            raise SunRefused("a tap without number, counter or signature proves nothing")
        return Sun(self.uid, self.counter)


def open_tap(file: bytes, sdm: Sdm, *, meta_key: bytes = b"", file_key: bytes | KeyOf = b"") -> Tap:
    """What a file says as it was read, in the clear and in digits; ndef_of(url) gives it for a URL.

    The keys are those of the slots ``sdm.meta`` and ``sdm.signer``, where it has such; the file's
    may be found by the card's number. Raises SunRefused.
    """
    uid, counter = _told_by_card(file, sdm, meta_key)
    if sdm.signer == NEVER:
        return Tap(uid, counter, b"", is_signed=False)
    if not isinstance(file_key, bytes):
        if not uid:
            raise SunRefused("a card that hides its number has no key of its own")
        file_key = file_key(uid)
    assert sdm.mac_input_at is not None
    assert sdm.mac_at is not None
    mac = _digits(file, sdm.mac_at, MAC_CHARS)
    signed = file[sdm.mac_input_at : sdm.mac_at]
    if not compare_digest(short_mac(sun_mac_key(file_key, uid, counter), signed), mac):
        raise SunRefused("the card's signature is wrong")
    contents = b""
    if sdm.enc_at is not None and sdm.enc_chars is not None and counter is not None:
        key, iv = sun_file_cipher(file_key, uid, counter)
        contents = decrypt(key, _digits(file, sdm.enc_at, sdm.enc_chars), iv)
    return Tap(uid, counter, contents, is_signed=True)


def _told_by_card(file: bytes, sdm: Sdm, meta_key: bytes) -> tuple[bytes, int | None]:
    if sdm.picc_at is not None:
        uid, counter = open_picc(meta_key, _digits(file, sdm.picc_at, PICC_CHARS))
        if bool(uid) != sdm.shows_uid or (counter is not None) != sdm.shows_counter:
            raise SunRefused("the card shows other things than its settings say")
        return uid, counter
    uid = _digits(file, sdm.uid_at, UID_CHARS) if sdm.uid_at is not None else b""
    if sdm.counter_at is None:
        return uid, None
    return uid, int.from_bytes(_digits(file, sdm.counter_at, COUNTER_CHARS), "big")


def _digits(file: bytes, at: int, chars: int) -> bytes:
    told = file[at : at + chars]
    try:
        found = bytes.fromhex(told.decode("ascii"))
    except ValueError as error:  # UnicodeDecodeError is one
        raise SunRefused("the file holds no tap") from error
    if len(found) * 2 != chars:
        raise SunRefused("the file holds no tap")
    return found


# -- commands on files ---------------------------------------------------------------------------


async def file_settings(
    transceive: Transceive, number: int, session: Ev2Session | None = None
) -> tuple[FileSettings, int]:
    """A file's settings and its size in bytes; raises CardFault."""
    told = await _asked(transceive, session, Mode.MAC, 0xF5, bytes((number,)))
    if len(told) < 7 or told[0] != 0:
        raise CardFault("the card tells no settings of a file")
    try:
        settings = FileSettings.decode(told[1:4] + told[7:])
    except ValueError as error:
        raise CardFault("the card tells strange settings of a file") from error
    return settings, int.from_bytes(told[4:7], "little")


async def read_file(
    transceive: Transceive,
    number: int,
    offset: int,
    size: int,
    *,
    mode: Mode = Mode.PLAIN,
    session: Ev2Session | None = None,
) -> bytes:
    """Bytes of a file; in its own mode where the session's slot may read it, else plain.

    Raises CardFault. 240 bytes and fewer fit into one answer in every mode.
    """
    where = bytes((number,)) + offset.to_bytes(3, "little") + size.to_bytes(3, "little")
    told = await _asked(transceive, session, mode, 0xAD, where)
    if len(told) != size:
        raise CardFault("the card tells another number of bytes than it was asked for")
    return told


async def write_file(
    transceive: Transceive,
    number: int,
    offset: int,
    contents: bytes,
    *,
    mode: Mode = Mode.PLAIN,
    session: Ev2Session | None = None,
) -> None:
    """Put bytes into a file, in the mode as for read_file; raises CardFault."""
    where = bytes((number,)) + offset.to_bytes(3, "little") + len(contents).to_bytes(3, "little")
    await _asked(transceive, session, mode, 0x8D, where, contents)


async def tap_counter(transceive: Transceive, session: Ev2Session, number: int) -> int:
    """How often a file was tapped, as its ``teller`` may ask; raises CardFault."""
    told = await _asked(transceive, session, Mode.FULL, 0xF6, bytes((number,)))
    if len(told) != 5:
        raise CardFault("the card tells no counter")
    return int.from_bytes(told[:3], "little")


async def _asked(
    transceive: Transceive,
    session: Ev2Session | None,
    mode: Mode,
    code: int,
    header: bytes,
    contents: bytes = b"",
) -> bytes:
    if session is None:
        answer = await transceive(native(code, header + contents))
        check_status(answer)
        return answer[:-2]
    wrap: dict[Mode, Callable[[int, bytes, bytes], bytes]] = {
        Mode.PLAIN: session.wrap_plain,
        Mode.MAC: session.wrap_mac,
        Mode.FULL: session.wrap_full,
    }
    unwrap = {
        Mode.PLAIN: session.unwrap_plain,
        Mode.MAC: session.unwrap_mac,
        Mode.FULL: session.unwrap_full,
    }
    return unwrap[mode](await transceive(wrap[mode](code, header, contents)))
