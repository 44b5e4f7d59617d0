"""NXP NTAG 424 DNA: card keys, signed taps (SUN) and mutual authentication (EV2)."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC

Transceive = Callable[[bytes], Awaitable[bytes]]  # one APDU, its answer with the status word
KeyOf = Callable[[bytes], bytes]  # a card's number to one of its keys

FACTORY_KEY: Final = bytes(16)
KEY_BYTES: Final = 16
UID_BYTES: Final = 7
DIVERSIFY_MOST_BYTES: Final = 31  # AN10922: constant and input fit in two AES blocks
COUNTER_MOST: Final = 0xFFFFFF  # 24 bits; the card then never mirrors again
COMMANDS_MOST: Final = 0xFFFF  # 16 bits count the commands of a session; then it is over
PICC_BYTES: Final = 16  # encrypted card data: one block
SHOWS_UID: Final = 0x80  # in the tag of card data, and in the options of a file
SHOWS_COUNTER: Final = 0x40
APPLICATION: Final = bytes.fromhex("d2760000850101")  # the NDEF application of every NTAG 424
NDEF_FILE: Final = 0xE104
NDEF_MOST_BYTES: Final = 256  # the size of that file
URI_PREFIXES: Final = {0: "", 1: "http://www.", 2: "https://www.", 3: "http://", 4: "https://"}

FIRST_ANSWER_BYTES: Final = 32  # what the card answers to a first authentication
LATER_ANSWER_BYTES: Final = 16  # the same to one in a transaction that goes on
OK: Final = b"\x91\x00"
MORE: Final = b"\x91\xaf"
ISO_OK: Final = b"\x90\x00"
TOLD: Final = {
    0x911C: "does not know the command",
    0x911E: "finds the command's MAC or contents wrong",
    0x9140: "has no such key",
    0x917E: "finds the length wrong",
    0x919D: "permits that only after another authentication",
    0x919E: "finds a value wrong",
    0x91AD: "waits after many failed authentications",
    0x91AE: "does not know this key",
    0x91CA: "expected the rest of another command",
    0x6982: "does not permit that",
    0x6A82: "has no such file or application",
}


class CardFault(Exception):
    """The card refused a command or answered nonsense; `status` is its status word or 0."""

    def __init__(self, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.status = status


class AuthenticationRefused(CardFault):
    """Card and key do not belong together: the card refused us, or we refuse the card."""


class SunRefused(ValueError):
    """A signed tap is no tap of a card with these keys."""


# -- primitives --------------------------------------------------------------------------------


def encrypt(key: bytes, clear: bytes, iv: bytes = bytes(16)) -> bytes:
    """AES-CBC over whole blocks."""
    work = Cipher(AES(key), CBC(iv)).encryptor()
    return work.update(clear) + work.finalize()


def decrypt(key: bytes, sealed: bytes, iv: bytes = bytes(16)) -> bytes:
    """AES-CBC over whole blocks, undone."""
    work = Cipher(AES(key), CBC(iv)).decryptor()
    return work.update(sealed) + work.finalize()


def cmac(key: bytes, message: bytes) -> bytes:
    """AES-CMAC, 16 bytes."""
    work = CMAC(AES(key))
    work.update(message)
    return work.finalize()


def short_mac(key: bytes, message: bytes) -> bytes:
    """The eight odd bytes of AES-CMAC, as this card truncates."""
    return cmac(key, message)[1::2]


def pad(clear: bytes) -> bytes:
    """ISO 9797-1 method 2: 80, then zeros to whole blocks; always at least one byte."""
    return clear + b"\x80" + bytes(-(len(clear) + 1) % 16)


def unpad(padded: bytes) -> bytes:
    """Undo pad; raises ValueError when it was none."""
    clear, mark, zeros = padded.rpartition(b"\x80")
    if not mark or any(zeros) or len(zeros) > 15:
        raise ValueError("wrong padding")
    return clear


def diversify(master: bytes, uid: bytes, aid: bytes = b"", system_id: bytes = b"") -> bytes:
    """One card's own AES-128 key from a master key (AN10922); raises ValueError on wrong sizes.

    Always two blocks: with less than 16 bytes of input this is *not* the CMAC of 01 and input.
    """
    told = uid + aid + system_id
    if len(master) != KEY_BYTES:
        raise ValueError(f"a master key has {KEY_BYTES} bytes, not {len(master)}")
    if not 0 < len(told) <= DIVERSIFY_MOST_BYTES:
        raise ValueError(f"1 to {DIVERSIFY_MOST_BYTES} bytes make a key, not {len(told)}")
    message = b"\x01" + told
    is_whole = len(message) == 32
    message = message if is_whole else (message + b"\x80").ljust(32, b"\0")
    mask = _subkeys(master)[0 if is_whole else 1]
    return encrypt(master, message[:16] + _xor(message[16:], mask))[16:]


def _subkeys(key: bytes) -> tuple[bytes, bytes]:
    work = Cipher(AES(key), ECB()).encryptor()  # noqa: S305 - one block, as CMAC is defined
    first = _doubled(work.update(bytes(16)))
    return first, _doubled(first)


def _doubled(block: bytes) -> bytes:
    number = int.from_bytes(block, "big") << 1
    if number >> 128:
        number ^= (1 << 128) | 0x87
    return number.to_bytes(16, "big")


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


# -- SUN: a tap signed by the card ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sun:
    """A tap that a card with the right key made; whether it is new is the caller's question.

    A counter that was seen stops replay, not a URL that was skimmed and never shown before.
    """

    uid: bytes
    counter: int


def verify_sun(
    picc: bytes, mac: bytes, *, meta_key: bytes, file_key: bytes | KeyOf, mac_input: bytes = b""
) -> Sun:
    """Check a tap whose card data are encrypted; mac_input is what the card signed, in ASCII.

    Raises SunRefused. `file_key` may be found by the card's number.
    """
    uid, counter = open_picc(meta_key, picc)
    if not uid or counter is None:
        raise SunRefused("the card data tell no number or no counter")
    return verify_plain_sun(uid, counter, mac, file_key=file_key, mac_input=mac_input)


def verify_plain_sun(
    uid: bytes, counter: int, mac: bytes, *, file_key: bytes | KeyOf, mac_input: bytes = b""
) -> Sun:
    """Check a tap whose card number and counter stand in the clear; raises SunRefused."""
    if len(uid) != UID_BYTES or not 0 <= counter <= COUNTER_MOST:
        raise SunRefused("card number or counter have a wrong size")
    key = file_key if isinstance(file_key, bytes) else file_key(uid)
    if not compare_digest(short_mac(sun_mac_key(key, uid, counter), mac_input), mac):
        raise SunRefused("the card's signature is wrong")
    return Sun(uid, counter)


def sun_mac_key(file_key: bytes, uid: bytes, counter: int | None) -> bytes:
    """The key of one tap's signature; what the tap does not show (b"", None) is not in it."""
    return cmac(file_key, _shown(b"\x3c\xc3", uid, counter))


def sun_file_cipher(file_key: bytes, uid: bytes, counter: int) -> tuple[bytes, bytes]:
    """Key and first IV under which one tap's mirrored file contents are encrypted."""
    key = cmac(file_key, _shown(b"\xc3\x3c", uid, counter))
    return key, encrypt(key, counter.to_bytes(3, "little") + bytes(13))


def _shown(purpose: bytes, uid: bytes, counter: int | None) -> bytes:
    told = uid + (b"" if counter is None else counter.to_bytes(3, "little"))
    return (purpose + b"\x00\x01\x00\x80" + told).ljust(16, b"\0")


def open_picc(meta_key: bytes, picc: bytes) -> tuple[bytes, int | None]:
    """Number and counter out of encrypted card data, b"" and None for what is not in them.

    Raises SunRefused where they cannot be of this key; only the tap's signature proves them.
    """
    if len(picc) != PICC_BYTES:
        raise SunRefused(f"encrypted card data have {PICC_BYTES} bytes")
    clear = decrypt(meta_key, picc)
    tag, at = clear[0], 1
    if tag & 0x3F != (UID_BYTES if tag & SHOWS_UID else 0) or not tag:
        raise SunRefused("the card data are of another site")
    uid, counter = b"", None
    if tag & SHOWS_UID:
        uid, at = clear[1 : 1 + UID_BYTES], 1 + UID_BYTES
    if tag & SHOWS_COUNTER:
        counter = int.from_bytes(clear[at : at + 3], "little")
    return uid, counter


def seal_picc(meta_key: bytes, uid: bytes, counter: int | None, filling: bytes) -> bytes:
    """The card's side of encrypted card data; random bytes fill the block, five or more."""
    tag = (SHOWS_UID | UID_BYTES if uid else 0) | (0 if counter is None else SHOWS_COUNTER)
    told = uid + (b"" if counter is None else counter.to_bytes(3, "little"))
    return encrypt(meta_key, bytes((tag,)) + told + filling)


# -- EV2: mutual authentication and the messages after it ----------------------------------------


@dataclass(slots=True)
class Ev2Session:
    """What both sides share after an authentication; counts commands, so use it in order.

    Every command counts, a plain one too, each in the mode of its wrap and of its unwrap. The
    first answer that is wrong or no success ends the session on both sides, as does its last
    command; whatever is wrapped then raises CardFault.
    """

    slot: int
    ti: bytes
    enc_key: bytes = field(repr=False)
    mac_key: bytes = field(repr=False)
    commands: int = 0
    is_over: bool = False

    def iv(self, direction: bytes) -> bytes:
        """The IV of the current command (A55A) or reply (5AA5)."""
        return encrypt(
            self.enc_key, direction + self.ti + self.commands.to_bytes(2, "little") + bytes(8)
        )

    def mac(self, first: int, body: bytes) -> bytes:
        """MAC over a command code or status, the counter, the transaction and body."""
        told = bytes((first,)) + self.commands.to_bytes(2, "little") + self.ti + body
        return short_mac(self.mac_key, told)

    def wrap_plain(self, code: int, header: bytes, contents: bytes = b"") -> bytes:
        """A native command in CommMode.Plain."""
        self.go_on()
        return native(code, header + contents)

    def wrap_mac(self, code: int, header: bytes, contents: bytes = b"") -> bytes:
        """A native command in CommMode.MAC."""
        self.go_on()
        body = header + contents
        return native(code, body + self.mac(code, body))

    def wrap_full(self, code: int, header: bytes, contents: bytes) -> bytes:
        """A native command in CommMode.Full."""
        sealed = encrypt(self.enc_key, pad(contents), self.iv(b"\xa5\x5a")) if contents else b""
        return self.wrap_mac(code, header, sealed)

    def unwrap_plain(self, answer: bytes) -> bytes:
        """The contents of a reply in CommMode.Plain, which proves nothing; raises CardFault."""
        self.go_on()
        if answer[-2:] != OK:
            self.is_over = True
            raise CardFault(_told(answer), _status(answer))
        self.commands += 1
        return answer[:-2]

    def unwrap_mac(self, answer: bytes) -> bytes:
        """The contents of a reply in CommMode.MAC; raises CardFault."""
        told = self.unwrap_plain(answer)
        contents, mac = told[:-8], told[-8:]
        if not compare_digest(self.mac(0x00, contents), mac):
            self.is_over = True
            raise CardFault("the card's reply has a wrong MAC")
        return contents

    def unwrap_full(self, answer: bytes) -> bytes:
        """The contents of a reply in CommMode.Full; raises CardFault."""
        sealed = self.unwrap_mac(answer)
        if not sealed:
            return b""
        try:  # the MAC was right, so the card itself sealed this
            return unpad(decrypt(self.enc_key, sealed, self.iv(b"\x5a\xa5")))
        except ValueError as error:
            self.is_over = True
            raise CardFault("the card's reply has wrong blocks or padding") from error

    def go_on(self) -> None:
        """Raise CardFault when nothing can be said in this session any more."""
        if self.is_over or self.commands >= COMMANDS_MOST:
            raise CardFault("the session with the card is over; authenticate anew")


def session_of(slot: int, key: bytes, ti: bytes, rnd_a: bytes, rnd_b: bytes) -> Ev2Session:
    """The session both sides derive from the two random numbers."""
    told = rnd_a[:2] + _xor(rnd_a[2:8], rnd_b[:6]) + rnd_b[6:] + rnd_a[8:]
    enc_key = cmac(key, b"\xa5\x5a\x00\x01\x00\x80" + told)
    return Ev2Session(slot, ti, enc_key, cmac(key, b"\x5a\xa5\x00\x01\x00\x80" + told))


class Ev2Initiator:
    """The half of an authentication that holds the key; the card may be elsewhere.

    Without ``after`` it is AuthenticateEV2First. With it, AuthenticateEV2NonFirst: another key in
    the same transaction, whose name and count of commands go on; the session before is over.
    """

    def __init__(
        self,
        key: bytes,
        rnd_a: bytes | None = None,
        slot: int = 0,
        after: Ev2Session | None = None,
    ) -> None:
        self._key = key
        self._rnd_a = secrets.token_bytes(16) if rnd_a is None else rnd_a
        self._rnd_b = b""
        self._slot = slot
        self._after = after

    def first(self, enc_rnd_b: bytes) -> bytes:
        """From the card's 16 byte challenge our 32 byte response; raises AuthenticationRefused."""
        if len(enc_rnd_b) != 16:
            raise AuthenticationRefused("a challenge has 16 bytes")
        self._rnd_b = decrypt(self._key, enc_rnd_b)
        return encrypt(self._key, self._rnd_a + self._rnd_b[1:] + self._rnd_b[:1])

    def finish(self, reply: bytes) -> Ev2Session:
        """From the card's answer (32 bytes, a later one 16) the session.

        Raises AuthenticationRefused.
        """
        size = FIRST_ANSWER_BYTES if self._after is None else LATER_ANSWER_BYTES
        if len(reply) != size or not self._rnd_b:
            raise AuthenticationRefused(f"an answer has {size} bytes and follows a challenge")
        clear = decrypt(self._key, reply)
        ti = b"" if self._after is None else self._after.ti
        if self._after is None:
            ti, clear = clear[:4], clear[4:20]
        if not compare_digest(clear, self._rnd_a[1:] + self._rnd_a[:1]):
            raise AuthenticationRefused("the card does not know this key")
        made = session_of(self._slot, self._key, ti, self._rnd_a, self._rnd_b)
        if self._after is not None:
            made.commands = self._after.commands
        return made


async def challenge(transceive: Transceive, slot: int, *, first: bool = True) -> bytes:
    """Ask the card for its challenge under one key slot; raises AuthenticationRefused."""
    asked = native(0x71, bytes((slot, 0))) if first else native(0x77, bytes((slot,)))
    answer = await transceive(asked)
    if answer[-2:] != MORE or len(answer) != 18:
        raise AuthenticationRefused(_told(answer), _status(answer))
    return answer[:-2]


async def respond(transceive: Transceive, response: bytes, *, first: bool = True) -> bytes:
    """Hand the card our response, return its answer of 32 bytes, of 16 where it is a later one.

    Raises AuthenticationRefused.
    """
    answer = await transceive(native(0xAF, response))
    size = FIRST_ANSWER_BYTES if first else LATER_ANSWER_BYTES
    if answer[-2:] != OK or len(answer) != size + 2:
        raise AuthenticationRefused(_told(answer), _status(answer))
    return answer[:-2]


async def authenticate_ev2_first(
    transceive: Transceive, slot: int, key: bytes, rnd_a: bytes | None = None
) -> Ev2Session:
    """Card and key prove themselves to each other; raises AuthenticationRefused."""
    initiator = Ev2Initiator(key, rnd_a, slot)
    response = initiator.first(await challenge(transceive, slot))
    return initiator.finish(await respond(transceive, response))


async def authenticate_ev2_non_first(
    transceive: Transceive,
    session: Ev2Session,
    slot: int,
    key: bytes,
    rnd_a: bytes | None = None,
) -> Ev2Session:
    """Another key in the same transaction; raises AuthenticationRefused.

    The session before is over, whether this succeeds or not: the card forgets it as well.
    """
    session.go_on()
    session.is_over = True
    initiator = Ev2Initiator(key, rnd_a, slot, session)
    response = initiator.first(await challenge(transceive, slot, first=False))
    return initiator.finish(await respond(transceive, response, first=False))


# -- commands ------------------------------------------------------------------------------------


def native(code: int, body: bytes = b"") -> bytes:
    """A native command wrapped in ISO 7816-4."""
    size = bytes((len(body),)) + body if body else b""
    return bytes((0x90, code, 0, 0)) + size + b"\0"


def check_status(answer: bytes) -> None:
    """Raise CardFault unless a native or ISO command went well."""
    if answer[-2:] not in (OK, ISO_OK):
        raise CardFault(_told(answer), _status(answer))


async def select_application(transceive: Transceive) -> None:
    """Enter the card's application, which ends any session; raises CardFault."""
    check_status(await transceive(_SELECT))


async def select_file(transceive: Transceive, number: int) -> None:
    """Choose a file for reading and writing; raises CardFault."""
    check_status(await transceive(b"\x00\xa4\x00\x0c\x02" + number.to_bytes(2, "big")))


async def read_ndef_url(transceive: Transceive) -> str:
    """The URL a phone would open, signed anew by the card for this reading; raises CardFault."""
    await select_application(transceive)
    await select_file(transceive, NDEF_FILE)
    head = await _read_binary(transceive, 0, 2)
    size = int.from_bytes(head, "big")
    if not 0 < size <= NDEF_MOST_BYTES - 2:
        raise CardFault("the card holds no message")
    return url_of(await _read_binary(transceive, 2, size))


async def _read_binary(transceive: Transceive, offset: int, size: int) -> bytes:
    answer = await transceive(b"\x00\xb0" + offset.to_bytes(2, "big") + bytes((size,)))
    check_status(answer)
    if len(answer) != size + 2:
        raise CardFault("the card's file is shorter than it says")
    return answer[:-2]


def url_of(message: bytes) -> str:
    """The URL of an NDEF message of one short URI record; raises CardFault."""
    if len(message) < 5 or message[:2] != b"\xd1\x01" or message[3:4] != b"U":
        raise CardFault("the card's message is no URL")
    prefix = URI_PREFIXES.get(message[4])
    rest = message[5 : 4 + message[2]]
    if prefix is None or len(message) < 4 + message[2] or not rest.isascii():
        raise CardFault("the card's message is no URL")
    return prefix + rest.decode("ascii")


def ndef_of(url: str) -> bytes:
    """The contents of the NDEF file for a URL, with its length; raises ValueError."""
    code = max(
        (code for code, prefix in URI_PREFIXES.items() if url.startswith(prefix)),
        key=lambda code: len(URI_PREFIXES[code]),
    )
    rest = url[len(URI_PREFIXES[code]) :].encode("ascii")
    record = b"\xd1\x01" + bytes((len(rest) + 1,)) + b"U" + bytes((code,)) + rest
    if len(rest) > 249 or len(record) + 2 > NDEF_MOST_BYTES:
        raise ValueError("the URL is too long for the card")
    return len(record).to_bytes(2, "big") + record


_SELECT: Final = b"\x00\xa4\x04\x0c" + bytes((len(APPLICATION),)) + APPLICATION + b"\0"


def _status(answer: bytes) -> int:
    return int.from_bytes(answer[-2:], "big")


def _told(answer: bytes) -> str:
    status = _status(answer)
    return f"the card {TOLD.get(status, 'answers')} ({status:04X})"
