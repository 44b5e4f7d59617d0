"""SIA DC-09: alarm events to a central station over IP, the sender's half without any I/O.

A message is ``LF crc len "id"seq R L #account [data] timestamp CR``: crc is CRC-16/ARC and len the
number of bytes, both in four hex digits, over all from the first quote to before CR. The data is
Contact ID (``ADM-CID``), SIA's own (``SIA-DCS``), or nothing (``NULL``, for supervision). What is
encrypted has a ``*`` before its id and everything behind ``[`` as AES-CBC with an IV of zeros.

Neither the sum nor that encryption proves who speaks: run it inside TLS or a VPN. Plain answers to
an encrypted message are therefore no proof of receipt; see ``Exchange``. Read in pages and code of
others, proven against pysiaalarm; no real station was met.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from drivers.framing import Deframer

LF, CR = 0x0A, 0x0D
HEAD_BYTES: Final = 9  # LF, four digits of sum, four of length
MESSAGE_BYTES_MAX: Final = 990  # some receivers read a thousand bytes at once and no more
SEQUENCE_MOST: Final = 9_999  # then again from 1; 0 is for supervision
BLOCK_BYTES: Final = 16
EARLY_MOST_S: Final = 20.0  # a message from further ahead of the receiver's clock is refused
LATE_MOST_S: Final = 40.0  # and one that is older
ATTEMPTS_MAX: Final = 3  # of one exchange; who still hears nothing needs another way
KEY_BYTES: Final = (16, 24, 32)
PADDING: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TEXT_CHARS_MAX: Final = 64

_TIME = "%H:%M:%S,%m-%d-%Y"
_HEX = re.compile(r"[0-9A-F]{1,6}")
_ACCOUNT = re.compile(r"[0-9A-F]{3,16}")
_SIA_CODE = re.compile(r"[A-Z]{2}")
_TEXT = re.compile(rf"[ !#-)+-Z^-{{}}~]{{0,{TEXT_CHARS_MAX}}}")  # no mark of the format itself
_HEAD = re.compile(rb"\n([0-9A-Fa-f]{4})([0-9A-Fa-f]{4})")
_ANSWER = re.compile(
    rb'"(?P<star>\*?)(?P<id>ACK|NAK|DUH)"(?P<sequence>\d{4})[^\[\]]{0,40}\[(?P<rest>.{0,600})',
    re.DOTALL,
)
_TAIL = re.compile(rb"[^\]]{0,64}\](?:\[[^\]]{0,64}\])*_(\d\d:\d\d:\d\d,\d\d-\d\d-\d{4})")
_BARE_TAIL = re.compile(rb"[^\]]{0,64}\](?:\[[^\]]{0,64}\])*(?:_(\d\d:\d\d:\d\d,\d\d-\d\d-\d{4}))?")


def crc16(body: bytes) -> int:
    """CRC-16/ARC: polynomial 0xA001 reflected, from zero."""
    crc = 0
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def framed(body: bytes) -> bytes:
    """A body with its sum and length; raises ValueError when it is too long for a receiver."""
    if len(body) > MESSAGE_BYTES_MAX:
        raise ValueError(f"a DC-09 message of {len(body)} bytes; at most {MESSAGE_BYTES_MAX}")
    return b"\n%04X%04X%b\r" % (crc16(body), len(body), body)


class Bodies(Deframer[bytes]):
    """The bodies of messages whose sum is right."""

    most_bytes = HEAD_BYTES + MESSAGE_BYTES_MAX + 1

    def take(self, held: bytearray) -> tuple[int, bytes | None]:
        """Find LF, then believe length and sum only together."""
        if held[0] != LF:
            start = held.find(LF)
            return (len(held) if start < 0 else start), None
        if len(held) < HEAD_BYTES:
            return 0, None
        told = _HEAD.match(held)
        if told is None:
            return 1, None
        crc, size = int(told[1], 16), int(told[2], 16)
        if size > MESSAGE_BYTES_MAX:
            return 1, None
        whole = HEAD_BYTES + size + 1
        if len(held) < whole:
            return 0, None
        body = bytes(held[HEAD_BYTES : whole - 1])
        if held[whole - 1] != CR or crc16(body) != crc:
            return 1, None
        return whole, body


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are at a station: account, line and receiver in hex digits, perhaps an AES key."""

    account: str
    line: str = "0"
    receiver: str = ""  # empty: not told
    key: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not _ACCOUNT.fullmatch(self.account):
            raise ValueError("a DC-09 account has 3 to 16 digits 0-9, A-F")
        if not _HEX.fullmatch(self.line) or not _HEX.fullmatch(self.receiver or "0"):
            raise ValueError("a DC-09 line or receiver has 1 to 6 digits 0-9, A-F")
        if self.key is not None and len(self.key) not in KEY_BYTES:
            raise ValueError("an AES key has 16, 24 or 32 bytes")

    @property
    def address(self) -> str:
        """Receiver, line and account as they travel."""
        receiver = f"R{self.receiver}" if self.receiver else ""
        return f"{receiver}L{self.line}#{self.account}"


@dataclass(frozen=True, slots=True)
class ContactId:
    """An event of Contact ID: 1 new, 3 restored, 6 still so; its code, partition and zone."""

    code: int
    zone: int = 0
    partition: int = 0
    qualifier: int = 1

    def __post_init__(self) -> None:
        fits = 100 <= self.code <= 999 and 0 <= self.zone <= 999 and 0 <= self.partition <= 99
        if not fits or self.qualifier not in {1, 3, 6}:
            raise ValueError("Contact ID: code 100-999, zone 0-999, partition 0-99, 1 3 or 6")

    name = "ADM-CID"

    def words(self) -> str:
        """As it stands behind the account."""
        return f"{self.qualifier}{self.code} {self.partition:02} {self.zone:03}"


@dataclass(frozen=True, slots=True)
class SiaEvent:
    """An event of SIA's own format: two letters (HA hold-up, PA panic), area, zone, plain text."""

    code: str
    zone: int = 0
    area: int = 0
    text: str = ""

    def __post_init__(self) -> None:
        if not _SIA_CODE.fullmatch(self.code):
            raise ValueError("a SIA code is two capital letters")
        if not 0 <= self.zone <= 9_999 or not 0 <= self.area <= 9_999:
            raise ValueError("SIA: zone and area are numbers from 0 to 9999")
        if not _TEXT.fullmatch(self.text):
            raise ValueError(f"SIA text: at most {TEXT_CHARS_MAX} ASCII characters without []*|")

    name = "SIA-DCS"

    def words(self) -> str:
        """As it stands behind the account."""
        text = f"*{self.text}*" if self.text else ""
        return f"Nri{self.area}/{self.code}{self.zone:03}{text}"


@dataclass(frozen=True, slots=True)
class Supervision:
    """Nothing has happened, and the line is well."""

    name = "NULL"

    def words(self) -> str:
        """Nothing."""
        return ""


Event = ContactId | SiaEvent | Supervision


def next_sequence(last: int) -> int:
    """The number after this one, 1 to 9999 in a ring; keep it with the event, before it is sent."""
    return last % SEQUENCE_MOST + 1


def message(
    account: Account, event: Event, sequence: int, now: datetime, luck: Callable[[int], bytes]
) -> bytes:
    """A whole message; ``luck(n)`` gives n random bytes for the padding. Raises ValueError.

    The time is that of this sending, the sequence that of the event: a receiver refuses an old
    time, and tells a copy by account and sequence.
    """
    if not 0 <= sequence <= SEQUENCE_MOST or (sequence == 0) != isinstance(event, Supervision):
        raise ValueError(f"sequence {sequence}: 1 to {SEQUENCE_MOST}; 0 for supervision only")
    stamp = now.astimezone(UTC).strftime(_TIME)
    words = event.words()
    inner = f"#{account.account}|{words}" if words else ""
    head = f'{event.name}"{sequence:04}{account.address}['
    if account.key is None:
        return framed(f'"{head}{inner}]_{stamp}'.encode("ascii"))
    # a supervision has no bar of its own, yet padding must end in one
    told = f"|{inner}]_{stamp}".encode("ascii")
    room = BLOCK_BYTES - len(told) % BLOCK_BYTES
    padding = bytes(PADDING[one % len(PADDING)] for one in luck(room))
    sealed = _cipher(account.key).encryptor()
    return framed(f'"*{head}{sealed.update(padding + told).hex().upper()}'.encode("ascii"))


def _cipher(key: bytes) -> Cipher[CBC]:
    return Cipher(AES(key), CBC(bytes(BLOCK_BYTES)))


class Word(StrEnum):
    """What a receiver says."""

    ACK = "ACK"  # recorded
    NAK = "NAK"  # not understood: wrong key, wrong time, unknown account
    DUH = "DUH"  # understood, and nothing can be done with it


@dataclass(frozen=True, slots=True)
class Answer:
    """A receiver's answer; ``proven`` when it could be read only with our key."""

    word: Word
    sequence: int
    proven: bool
    at: datetime | None  # the receiver's own clock, if it told


def read_answer(body: bytes, key: bytes | None) -> Answer | None:
    """The answer in a body; None for anything else. Never raises."""
    found = _ANSWER.fullmatch(body)
    if found is None:
        return None
    rest, proven = found["rest"], bool(found["star"])
    if proven:
        opened = _opened(rest, key)
        tail = None if opened is None else _TAIL.fullmatch(opened)
    else:
        tail = _BARE_TAIL.fullmatch(rest)
    if tail is None:
        return None
    at = None
    if tail[1] is not None:
        try:
            at = datetime.strptime(tail[1].decode(), _TIME).replace(tzinfo=UTC)
        except ValueError:
            return None
    return Answer(Word(found["id"].decode()), int(found["sequence"]), proven, at)


def _opened(rest: bytes, key: bytes | None) -> bytes | None:
    if key is None:
        return None
    try:
        sealed = bytes.fromhex(rest.decode("ascii"))
    except ValueError:
        return None
    if not sealed or len(sealed) % BLOCK_BYTES:
        return None
    return _cipher(key).decryptor().update(sealed)


class Outcome(StrEnum):
    """How an exchange ended."""

    TAKEN = "taken"
    CLOCK = "clock"  # refused, and our clocks are too far apart
    REFUSED = "refused"  # refused: key or account
    UNABLE = "unable"  # the station cannot do anything with this event
    SILENT = "silent"  # no answer that counts: it may stand there or not


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an exchange ended; ``skew_s`` is the receiver's clock less ours, where it told it."""

    outcome: Outcome
    attempts: int
    skew_s: float | None = None

    @property
    def taken(self) -> bool:
        """Whether the station has it."""
        return self.outcome is Outcome.TAKEN

    @property
    def again(self) -> bool:
        """Whether sending the same sequence again may help without anybody's doing."""
        return self.outcome is Outcome.SILENT


class Exchange:
    """One event until its verdict: same sequence each time, so a lost answer doubles nothing.

    Only an encrypted ACK of a fitting time counts for an encrypted message: anybody on the way can
    write the plain one. A NAK cannot be sealed (its sender may not have our key) and names no
    sequence; it is believed, since all it can do is to send us another way.
    """

    def __init__(
        self,
        account: Account,
        event: Event,
        sequence: int,
        luck: Callable[[int], bytes],
        attempts_max: int = ATTEMPTS_MAX,
    ) -> None:
        self._account, self._event, self._sequence = account, event, sequence
        self._luck, self._attempts_max = luck, attempts_max
        self._bodies = Bodies()
        self.attempts = 0
        self.strange = 0  # bodies that were no answer to this
        self.verdict: Verdict | None = None

    def send(self, now: datetime) -> bytes | None:
        """The bytes of the next attempt, on a fresh or old connection; None: it is over."""
        if self.verdict is None and self.attempts >= self._attempts_max:
            self.verdict = Verdict(Outcome.SILENT, self.attempts)
        if self.verdict is not None:
            return None
        self.attempts += 1
        self._bodies = Bodies()
        return message(self._account, self._event, self._sequence, now, self._luck)

    def feed(self, chunk: bytes, now: datetime) -> Verdict | None:
        """Take what the receiver says; the verdict as soon as there is one. Never raises."""
        for body in self._bodies.feed(chunk):
            if self.verdict is None:
                self.verdict = self._judge(read_answer(body, self._account.key), now)
                self.strange += self.verdict is None
        return self.verdict

    def _judge(self, answer: Answer | None, now: datetime) -> Verdict | None:
        if answer is None or not self.attempts:
            return None
        skew_s = None if answer.at is None else (answer.at - now).total_seconds()
        if answer.word is Word.NAK:
            apart = skew_s is not None and not -EARLY_MOST_S <= skew_s <= LATE_MOST_S
            outcome = Outcome.CLOCK if apart else Outcome.REFUSED
            return Verdict(outcome, self.attempts, skew_s)
        if answer.sequence != self._sequence:
            return None  # of an event before this one, late
        if answer.word is Word.DUH:
            return Verdict(Outcome.UNABLE, self.attempts, skew_s)
        if self._account.key is not None:
            # it took our time, so its clock is near; a copy of an old ACK is from further away
            fresh = skew_s is not None and abs(skew_s) <= LATE_MOST_S
            if not answer.proven or not fresh:
                return None
        return Verdict(Outcome.TAKEN, self.attempts, skew_s)
