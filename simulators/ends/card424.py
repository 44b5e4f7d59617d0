"""A virtual NTAG 424 DNA: a whole card with keys, files, counter, sessions and signed taps."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from drivers.ntag424 import (
    APPLICATION,
    COMMANDS_MOST,
    COUNTER_MOST,
    FACTORY_KEY,
    Ev2Session,
    decrypt,
    encrypt,
    pad,
    seal_picc,
    session_of,
    short_mac,
    sun_file_cipher,
    sun_mac_key,
    unpad,
)
from drivers.ntag424_desk import check_of_key
from drivers.ntag424_files import FREE, NEVER, Sdm

PLAIN: Final = 0  # communication modes of a file; 2 is plain too
FULL: Final = 3
MAC: Final = 1
FAILS_MOST: Final = (
    50  # failed authentications in a row until the card delays, as the chip's TotFail
)
ISO_NUMBERS: Final = {0xE103: 1, 0xE104: 2, 0xE105: 3}
CAPABILITIES: Final = bytes.fromhex("001720010000ff0406e104010000000506e10500808283").ljust(
    32, b"\0"
)
FACTORY_SETTINGS: Final = {1: "0000e0", 2: "00e0ee", 3: "033023"}
SIZES: Final = {1: 32, 2: 256, 3: 128}
VERSION: Final = (
    bytes.fromhex("04040230001105"),
    bytes.fromhex("04040201021105"),
    bytes.fromhex("cf3977d4e11022"),  # follows the number: batch, week and year of production
)


class _No(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04x}")
        self.status = status


@dataclass(slots=True)
class _File:
    contents: bytearray
    settings: bytes  # as ChangeFileSettings takes them

    @property
    def mode(self) -> int:
        return PLAIN if self.settings[0] & 3 == 2 else self.settings[0] & 3

    @property
    def sdm(self) -> Sdm | None:
        return Sdm.decode(self.settings[3:]) if self.settings[0] & 0x40 else None

    def right(self, name: str) -> set[int]:
        """The slots that may do this, FREE and NEVER included."""
        both, change = self.settings[1] >> 4, self.settings[1] & 0xF
        read, write = self.settings[2] >> 4, self.settings[2] & 0xF
        return {"read": {both, read}, "write": {both, write}, "change": {change}}[name]


class Ntag424Card:
    """One card; its memory outlives the field and goes to and from a dict."""

    sens_res = b"\x03\x44"
    sel_res = 0x20
    ats = bytes.fromhex("067777710280")

    def __init__(
        self, uid: bytes, *, random_bytes: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        if len(uid) != 7:
            raise ValueError("this card has a number of seven bytes")
        self.uid = uid
        self.keys = [FACTORY_KEY] * 5
        self.versions = [0] * 5
        self.counter = 0
        self.fails = 0
        self.files = {
            number: _File(bytearray(SIZES[number]), bytes.fromhex(told))
            for number, told in FACTORY_SETTINGS.items()
        }
        self.files[1].contents[:] = CAPABILITIES
        self._random_bytes = random_bytes
        self._session: Ev2Session | None = None
        self.wake()

    def wake(self) -> None:
        """The field comes on: no application, no file, no session."""
        self._is_inside = False
        self._file = 0
        self._session = None
        # slot and RndB of a begun authentication, and the session in whose transaction it is
        self._pending: tuple[int, bytes, Ev2Session | None] | None = None
        self._more: list[bytes] = []
        self._shown: bytes | None = None  # the file as mirrored for the reading under way

    def to_dict(self) -> dict[str, Any]:
        """The card's memory as JSON can hold it."""
        return {
            "uid": self.uid.hex(),
            "keys": [key.hex() for key in self.keys],
            "versions": list(self.versions),
            "counter": self.counter,
            "fails": self.fails,
            "files": {
                str(number): {"contents": file.contents.hex(), "settings": file.settings.hex()}
                for number, file in self.files.items()
            },
        }

    @classmethod
    def from_dict(
        cls,
        memory: Mapping[str, Any],
        *,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> Self:
        """The card with this memory."""
        card = cls(bytes.fromhex(memory["uid"]), random_bytes=random_bytes)
        card.keys = [bytes.fromhex(key) for key in memory["keys"]]
        card.versions = list(memory["versions"])
        card.counter = int(memory["counter"])
        card.fails = int(memory["fails"])
        for number, told in memory["files"].items():
            card.files[int(number)] = _File(
                bytearray.fromhex(told["contents"]), bytes.fromhex(told["settings"])
            )
        return card

    def exchange(self, apdu: bytes) -> bytes:
        """Answer one APDU."""
        if len(apdu) < 4:
            return b"\x67\x00"
        if apdu[:2] != b"\x00\xb0":
            self._shown = None
        try:
            if apdu[0] == 0x00:
                return self._iso(apdu)
            if apdu[0] == 0x90:
                return self._native(apdu[1], _body_of(apdu))
        except _No as no:
            if no.status >> 8 == 0x91:  # a failed native command ends the session
                self._session = self._pending = None
            return no.status.to_bytes(2, "big")
        return b"\x6e\x00"

    # -- ISO 7816-4 commands -------------------------------------------------------------------

    def _iso(self, apdu: bytes) -> bytes:
        self._pending = None
        match apdu[1]:
            case 0xA4:
                self._select(apdu[2], _body_of(apdu))
                return b"\x90\x00"
            case 0xB0:
                return self._read_binary(apdu) + b"\x90\x00"
            case 0xD6:
                file = self._chosen("write")
                self._store(file, apdu[2] << 8 | apdu[3], _body_of(apdu), 0x6A84)
                return b"\x90\x00"
            case _:
                raise _No(0x6D00)

    def _select(self, how: int, name: bytes) -> None:
        if how == 0x04 and name == APPLICATION:
            self.wake()
            self._is_inside = True
        elif how in (0x00, 0x02) and self._is_inside and len(name) == 2:
            number = ISO_NUMBERS.get(int.from_bytes(name, "big"))
            if number is None:
                raise _No(0x6A82)
            self._file = number
        else:
            raise _No(0x6A82)

    def _chosen(self, right: str) -> _File:
        if not self._file:
            raise _No(0x6985)
        file = self.files[self._file]
        if not self._may(file.right(right)) or file.mode != PLAIN:
            raise _No(0x6982)
        return file

    def _read_binary(self, apdu: bytes) -> bytes:
        file = self._chosen("read")
        offset = apdu[2] << 8 | apdu[3]
        if offset >= len(file.contents):
            raise _No(0x6B00)
        size = (apdu[4] if len(apdu) > 4 else 0) or 256
        return self._view(file)[offset : offset + size]

    # -- native commands -----------------------------------------------------------------------

    def _native(self, code: int, body: bytes) -> bytes:
        if not self._is_inside:
            raise _No(0x9140 if code in (0x71, 0x77) else 0x919D)
        if code == 0xAF:
            return self._continue(body)
        self._pending, self._more = None, []
        match code:
            case 0x71 | 0x77:
                return self._challenge(code, body)
            case 0x60:
                self._more = [VERSION[1], self.uid + VERSION[2]]
                return VERSION[0] + b"\x91\xaf"
            case 0x64:
                return self._sealed(MAC, code, body, 1, lambda head, _: self._version(head[0]))
            case 0xF5:
                return self._sealed(MAC, code, body, 1, lambda head, _: self._settings(head[0]))
            case 0xAD | 0x8D:
                return self._transfer(code, body)
            case 0x51 | 0x5F | 0xC4 | 0xF6:
                return self._inside_session(code, body)
            case _:
                raise _No(0x911C)

    def _continue(self, body: bytes) -> bytes:
        if self._more:
            part = self._more.pop(0)
            return part + (b"\x91\xaf" if self._more else b"\x91\x00")
        if self._pending is None:
            raise _No(0x91CA)
        slot, rnd_b, before = self._pending
        self._pending = None
        if len(body) != 32:
            raise _No(0x917E)
        clear = decrypt(self.keys[slot], body)
        if clear[16:] != rnd_b[1:] + rnd_b[:1]:
            self.fails += 1
            raise _No(0x91AE)
        self.fails = 0
        rnd_a = clear[:16]
        told = rnd_a[1:] + rnd_a[:1]
        ti = self._random_bytes(4) if before is None else before.ti
        self._session = session_of(slot, self.keys[slot], ti, rnd_a, rnd_b)
        if before is None:
            told = ti + told + bytes(12)
        else:
            self._session.commands = before.commands
        return encrypt(self.keys[slot], told) + b"\x91\x00"

    def _challenge(self, code: int, body: bytes) -> bytes:
        before, self._session = self._session, None
        if code == 0x77 and before is None:  # there is no transaction to go on with
            raise _No(0x919D)
        before = before if code == 0x77 else None
        size = 1 if before is not None else 2 + int.from_bytes(body[1:2])
        if self.fails >= FAILS_MOST:
            self.fails -= 1  # the chip answers again after a while; here, after a refusal
            raise _No(0x91AD)
        if len(body) != size:
            raise _No(0x917E)
        slot = body[0]
        if slot > 4:
            raise _No(0x9140)
        rnd_b = self._random_bytes(16)
        self._pending = (slot, rnd_b, before)
        return encrypt(self.keys[slot], rnd_b) + b"\x91\xaf"

    def _version(self, slot: int) -> bytes:
        if slot > 4:
            raise _No(0x9140)
        return bytes((self.versions[slot],))

    def _settings(self, number: int) -> bytes:
        file = self._numbered(number)
        size = len(file.contents).to_bytes(3, "little")
        return b"\x00" + file.settings[:3] + size + file.settings[3:]

    def _transfer(self, code: int, body: bytes) -> bytes:
        """ReadData and WriteData, in the mode of the file."""
        if len(body) < 7:
            raise _No(0x917E)
        file = self._numbered(body[0])
        slots = file.right("read" if code == 0xAD else "write")
        if not self._may(slots):
            raise _No(0x919D)
        offset = int.from_bytes(body[1:4], "little")
        size = int.from_bytes(body[4:7], "little")
        keyed = self._session is not None and self._session.slot in slots
        mode = file.mode if keyed else PLAIN

        def act(_head: bytes, contents: bytes) -> bytes:
            if code == 0xAD:
                return self._view(file)[offset : offset + size if size else None]
            if len(contents) != size:
                raise _No(0x917E)
            self._store(file, offset, contents, 0x91BE)
            return b""

        return self._sealed(mode, code, body, 7, act)

    def _inside_session(self, code: int, body: bytes) -> bytes:
        session = self._session
        if session is None:
            raise _No(0x919D if code == 0xF6 else 0x91AE)
        header_size = 0 if code == 0x51 else 1

        def act(head: bytes, contents: bytes) -> bytes:
            match code:
                case 0x51:
                    return self.uid
                case 0xF6:
                    return self._read_counter(head[0], session.slot)
                case 0x5F:
                    self._change_settings(head[0], contents, session.slot)
                case _:
                    self._change_key(head[0], contents, session.slot)
            return b""

        return self._sealed(FULL, code, body, header_size, act)

    def _read_counter(self, number: int, slot: int) -> bytes:
        sdm = self._numbered(number).sdm
        if sdm is None or sdm.teller not in (slot, FREE):
            raise _No(0x919D)
        return self.counter.to_bytes(3, "little") + bytes(2)

    def _change_settings(self, number: int, told: bytes, slot: int) -> None:
        file = self._numbered(number)
        if slot not in file.right("change"):
            raise _No(0x919D)
        if len(told) < 3 or (not told[0] & 0x40 and len(told) != 3):
            raise _No(0x917E)
        if told[0] & 0x40:
            if number != 2:
                raise _No(0x919E)
            try:
                Sdm.decode(told[3:])
            except ValueError:
                raise _No(0x919E) from None
            if not self._has_sdm(file):
                self.counter = 0  # the chip counts anew when mirroring is switched on
        file.settings = told

    def _change_key(self, slot: int, told: bytes, own_slot: int) -> None:
        if own_slot != 0:
            raise _No(0x91AE)
        if slot > 4:
            raise _No(0x9140)
        if slot == 0:
            if len(told) != 17:
                raise _No(0x917E)
            new = told[:16]
            self._session = None  # it was made with the key that is gone
        else:
            if len(told) != 21:
                raise _No(0x917E)
            new = bytes(a ^ b for a, b in zip(told[:16], self.keys[slot], strict=True))
            if check_of_key(new) != told[17:]:
                raise _No(0x911E)
        self.keys[slot], self.versions[slot] = new, told[16]

    # -- what the commands stand on ------------------------------------------------------------

    def _sealed(
        self,
        mode: int,
        code: int,
        body: bytes,
        header_size: int,
        act: Callable[[bytes, bytes], bytes],
    ) -> bytes:
        """Open a command, act, and seal the answer in the same mode."""
        session = self._session
        if len(body) < header_size:
            raise _No(0x917E)
        head, contents = body[:header_size], body[header_size:]
        if session is not None and session.commands >= COMMANDS_MOST:
            raise _No(0x91AE)
        if session is None or mode == PLAIN:
            answer = act(head, contents)
            if session is not None:
                session.commands += 1
            return answer + b"\x91\x00"
        if len(contents) < 8 or session.mac(code, body[:-8]) != body[-8:]:
            raise _No(0x911E)
        contents = contents[:-8]
        if mode == FULL and contents:
            try:
                contents = unpad(decrypt(session.enc_key, contents, session.iv(b"\xa5\x5a")))
            except ValueError:
                raise _No(0x911E) from None
        answer = act(head, contents)
        session.commands += 1
        if self._session is None:  # the command ended its own session
            return b"\x91\x00"
        if mode == FULL and answer:
            answer = encrypt(session.enc_key, pad(answer), session.iv(b"\x5a\xa5"))
        return answer + session.mac(0x00, answer) + b"\x91\x00"

    def _numbered(self, number: int) -> _File:
        if number not in self.files:
            raise _No(0x91F0)
        return self.files[number]

    def _may(self, slots: set[int]) -> bool:
        return FREE in slots or (self._session is not None and self._session.slot in slots)

    @staticmethod
    def _store(file: _File, offset: int, contents: bytes, too_long: int) -> None:
        end = offset + len(contents)
        if not contents or end > len(file.contents):
            raise _No(too_long)
        file.contents[offset:end] = contents

    @staticmethod
    def _has_sdm(file: _File) -> bool:
        return bool(file.settings[0] & 0x40)

    def _view(self, file: _File) -> bytes:
        """The file as this reader sees it: mirrored when nobody is authenticated."""
        sdm = file.sdm
        if sdm is None or self._session is not None:
            return bytes(file.contents)
        if self._shown is None:  # one reading in several commands is one tap
            limit = COUNTER_MOST if sdm.counter_limit is None else sdm.counter_limit
            if self.counter >= limit:
                raise _No(0x6985)
            self.counter += 1
            self._shown = self._mirrored(file, sdm)
        return self._shown

    def _mirrored(self, file: _File, sdm: Sdm) -> bytes:
        shown = bytearray(file.contents)
        uid = self.uid if sdm.shows_uid and sdm.meta != NEVER else b""
        counter = self.counter if sdm.shows_counter and sdm.meta != NEVER else None

        def put(at: int | None, told: bytes) -> None:
            if at is not None:
                digits = told.hex().upper().encode()
                shown[at : at + len(digits)] = digits

        if sdm.picc_at is not None:
            filling = self._random_bytes(15 - len(uid) - (0 if counter is None else 3))
            put(sdm.picc_at, seal_picc(self.keys[sdm.meta], uid, counter, filling))
        put(sdm.uid_at, uid)
        put(sdm.counter_at, self.counter.to_bytes(3, "big"))
        if sdm.mac_at is None:
            return bytes(shown)
        key = self.keys[sdm.signer]
        if sdm.enc_at is not None and sdm.enc_chars is not None:
            clear = bytes(file.contents[sdm.enc_at : sdm.enc_at + sdm.enc_chars // 2])
            enc_key, iv = sun_file_cipher(key, self.uid, self.counter)
            put(sdm.enc_at, encrypt(enc_key, clear, iv))
        signed = bytes(shown[sdm.mac_input_at : sdm.mac_at])
        put(sdm.mac_at, short_mac(sun_mac_key(key, uid, counter), signed))
        return bytes(shown)


def _body_of(apdu: bytes) -> bytes:
    if len(apdu) <= 5:
        return b""
    if len(apdu) not in (5 + apdu[4], 6 + apdu[4]):
        raise _No(0x917E if apdu[0] == 0x90 else 0x6700)
    return apdu[5 : 5 + apdu[4]]
