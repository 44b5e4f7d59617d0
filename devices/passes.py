"""A visitor's pass: a few signed bytes that a door verifies alone, small enough for a phone's QR.

The bytes, in this order (numbers are big-endian, texts are one length byte and UTF-8)::

    1   version, 1
    1   flags; bit 0: strictly once, so a door must ask the hub; the other bits are 0
    2   number n of the signing key, whose kid in the hub's key set is ``pass-n``
    8   id, random
    4   from, seconds since 1970
    2   length in minutes
    .   host: the pseudonym of whoever invited
    1   how many doors, 1 to 4; then for each: device (text) and number (1 byte)
    64  Ed25519 over ``linli-pass-1``, NUL, site, NUL and everything above

They travel as base32 (RFC 4648, upper case, no padding): QR codes have a mode of five and a half
bits a character for exactly these letters, and no scanner and no chat changes them. The site is
signed but not sent: whoever verifies knows where they stand.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature

from devices.jws import KeyFinder, Signer
from devices.messages import Refusal

VERSION = 1
DOORS_MAX = 4  # access.md: a visitor has a way in, not a map of the estate
LENGTH_MAX_S = 86_400  # access.md: what a door may take without asking; longer is online only
MINUTES_MAX = 65_535
CHARACTERS_MAX = 640  # four doors with names of 63 characters and a host of 64 bytes
TEXT_BYTES_MAX = 64  # ids of devices have 63 characters at most, people's 32
ID_BYTES = 8
_SIGNATURE_BYTES = 64
_STRICT = 1
_KID = re.compile(r"pass-([1-9][0-9]{0,4})")
_ID = re.compile(r"v-([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class PassDoor:
    """A door as a pass names it: the device and the door's number there."""

    device: str
    number: int


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass says; ``strict`` ones count once in all, not once at each named door."""

    id: str
    doors: tuple[PassDoor, ...]
    from_s: int
    to_s: int
    host: str
    strict: bool = False

    @property
    def online_only(self) -> bool:
        """Whether a door must ask the hub before it opens for this pass."""
        return self.strict or self.to_s - self.from_s > LENGTH_MAX_S


def visit_id(luck: bytes) -> str:
    """The id of a pass from eight random bytes."""
    return "v-" + luck[:ID_BYTES].hex()


def sign(visit: Pass, site: str, signer: Signer) -> str:
    """The pass as the text that a QR code shows; raises ValueError on what cannot be said."""
    kid, name = _KID.fullmatch(signer.kid), _ID.fullmatch(visit.id)
    minutes, rest = divmod(visit.to_s - visit.from_s, 60)
    if kid is None or name is None or rest or not 0 < minutes <= MINUTES_MAX:
        raise ValueError("key, id or length")
    if not 1 <= len(visit.doors) <= DOORS_MAX or len(set(visit.doors)) != len(visit.doors):
        raise ValueError("one to four different doors")
    body = bytes([VERSION, _STRICT if visit.strict else 0])
    body += int(kid[1]).to_bytes(2) + bytes.fromhex(name[1])
    body += visit.from_s.to_bytes(4) + minutes.to_bytes(2) + _text(visit.host)
    body += bytes([len(visit.doors)])
    for door in visit.doors:
        body += _text(door.device) + door.number.to_bytes(1)
    mark = signer.key.sign(_signed(site, body))
    return base64.b32encode(body + mark).decode().rstrip("=")


def _text(text: str) -> bytes:
    raw = text.encode()
    if not 1 <= len(raw) <= TEXT_BYTES_MAX:
        raise ValueError("a text of 1 to 64 bytes")
    return bytes([len(raw)]) + raw


def _signed(site: str, body: bytes) -> bytes:
    return b"linli-pass-1\0" + site.encode() + b"\0" + body


def text_of(scanned: str) -> str:
    """The pass in what a scanner read: bare, or in the address of the visitor's page."""
    return scanned.strip().rpartition("#")[2].partition(".")[0]


def verify(scanned: str, site: str, find_key: KeyFinder) -> Pass | Refusal:
    """The pass in a scanned text when this site's hub signed it; never raises.

    Refuses with pass_form or pass_forged. Whether it is good now and here is the door's decision.
    """
    text = text_of(scanned)
    raw = _bytes_of(text)
    if raw is None or len(raw) <= _SIGNATURE_BYTES:
        return Refusal("pass_form", "not a pass")
    body, mark = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
    if len(body) < 4 or body[0] != VERSION:
        return Refusal("pass_form", "version")
    key = find_key(f"pass-{int.from_bytes(body[2:4])}")
    if key is None:
        return Refusal("pass_forged", "key unknown")
    try:
        key.verify(mark, _signed(site, body))
    except InvalidSignature:
        return Refusal("pass_forged", "signature")
    try:
        return _read(body)
    except (ValueError, IndexError):
        return Refusal("pass_form", "fields")


def _bytes_of(text: str) -> bytes | None:
    """The bytes of unpadded base32 in its one canonical spelling, else None."""
    if len(text) > CHARACTERS_MAX or not text.isascii():
        return None
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        return None
    return raw if base64.b32encode(raw).decode().rstrip("=") == text else None


def _read(body: bytes) -> Pass:
    flags, from_s, minutes = body[1], int.from_bytes(body[12:16]), int.from_bytes(body[16:18])
    if flags & ~_STRICT or not minutes:
        raise ValueError("flags or length")
    host, at = _read_text(body, 18)
    count, at = body[at], at + 1
    doors: list[PassDoor] = []
    for _ in range(count):
        device, at = _read_text(body, at)
        doors.append(PassDoor(device, body[at]))
        at += 1
    if at != len(body) or not 1 <= count <= DOORS_MAX or len(set(doors)) != count:
        raise ValueError("doors")
    return Pass(
        visit_id(body[4:12]), tuple(doors), from_s, from_s + minutes * 60, host, bool(flags)
    )


def _read_text(body: bytes, at: int) -> tuple[str, int]:
    size = body[at]
    raw = body[at + 1 : at + 1 + size]
    if not 1 <= size <= TEXT_BYTES_MAX or len(raw) != size:
        raise ValueError("text")
    return raw.decode(), at + 1 + size
