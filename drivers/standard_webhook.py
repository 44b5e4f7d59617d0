"""Standard Webhooks 1.0: a message out that its receiver can verify, and the other way round.

Three headers: ``webhook-id`` (the same for every copy), ``webhook-timestamp`` (seconds, of this
sending) and ``webhook-signature``: marks of ``id.timestamp.body``, several of them while keys are
changed. ``v1`` is HMAC-SHA256 under a secret both sides hold (``whsec_``); ``v1a`` is Ed25519,
whose public half (``whpk_``) may be given to anybody. Sans I/O; what an answer means is judged in
``drivers.webhook``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from drivers.webhook import Post

ID_HEADER: Final = "webhook-id"
TIME_HEADER: Final = "webhook-timestamp"
SIGNATURE_HEADER: Final = "webhook-signature"
AWAY_MOST_S: Final = 300  # a message from further away in time is refused
MARKS_MAX: Final = 8  # more keys at once are not being changed but tried out
SECRET_BYTES: Final = (24, 64)  # least and most, as the standard wants
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")  # no dot: it parts what is signed
_TIME = re.compile(r"[0-9]{1,11}")


class KeyWrong(ValueError):
    """A key cannot be read; the text never holds the key."""


@dataclass(frozen=True, slots=True)
class Secret:
    """What both sides hold; signs and verifies ``v1``."""

    raw: bytes = field(repr=False)
    version = "v1"

    def mark(self, signed: bytes) -> bytes:
        """The mark of what is signed."""
        return hmac.new(self.raw, signed, hashlib.sha256).digest()

    def fits(self, mark: bytes, signed: bytes) -> bool:
        """Whether it is our mark; takes the same time for every wrong one."""
        return hmac.compare_digest(self.mark(signed), mark)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What anybody may hold; verifies ``v1a``."""

    raw: bytes
    version = "v1a"

    def fits(self, mark: bytes, signed: bytes) -> bool:
        """Whether the private half made this mark."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(mark, signed)
        except (InvalidSignature, ValueError):
            return False
        return True

    @property
    def text(self) -> str:
        """As it is handed to receivers."""
        return "whpk_" + base64.b64encode(self.raw).decode()


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """What only the sender holds: the 32 bytes of an Ed25519 seed; signs ``v1a``."""

    raw: bytes = field(repr=False)
    version = "v1a"

    def mark(self, signed: bytes) -> bytes:
        """The mark of what is signed."""
        return Ed25519PrivateKey.from_private_bytes(self.raw).sign(signed)

    @property
    def public(self) -> PublicKey:
        """The half for receivers."""
        return PublicKey(
            Ed25519PrivateKey.from_private_bytes(self.raw).public_key().public_bytes_raw()
        )


SigningKey = Secret | PrivateKey
VerifyingKey = Secret | PublicKey


def read_key(text: str) -> Secret | PrivateKey | PublicKey:
    """A key from its text (``whsec_``, ``whsk_``, ``whpk_`` and base64); raises KeyWrong."""
    kind, _, coded = text.strip().partition("_")
    try:
        raw = base64.b64decode(coded, validate=True)
    except ValueError as error:
        raise KeyWrong("a webhook key is whsec_, whsk_ or whpk_ and base64") from error
    match kind:
        case "whsec" if SECRET_BYTES[0] <= len(raw) <= SECRET_BYTES[1]:
            return Secret(raw)
        case "whsk" if len(raw) == 32:
            return PrivateKey(raw)
        case "whpk" if len(raw) == 32:
            return PublicKey(raw)
        case "whsec" | "whsk" | "whpk":
            raise KeyWrong(f"a {kind}_ key does not have {len(raw)} bytes")
        case _:
            raise KeyWrong("a webhook key is whsec_, whsk_ or whpk_ and base64")


def signed_headers(
    keys: Sequence[SigningKey], key: str, at_s: int, body: bytes
) -> tuple[tuple[str, str], ...]:
    """The three headers; ``key`` names the message. Raises ValueError without a key or a name."""
    if not 1 <= len(keys) <= MARKS_MAX:
        raise ValueError(f"a webhook is signed with 1 to {MARKS_MAX} keys")
    if not _ID.fullmatch(key):
        raise ValueError("a webhook's id is letters, digits, - and _; at most 128")
    signed = _signed(key, str(at_s), body)
    marks = [f"{one.version},{base64.b64encode(one.mark(signed)).decode()}" for one in keys]
    return ((ID_HEADER, key), (TIME_HEADER, str(at_s)), (SIGNATURE_HEADER, " ".join(marks)))


def post(url: str, keys: Sequence[SigningKey], key: str, body: bytes, now_s: float) -> Post:
    """A signed message out; a copy is signed anew, with its own time and the same id."""
    return Post(url, body, signed_headers(keys, key, int(now_s), body))


class Flaw(StrEnum):
    """Why a message in is not believed."""

    MISSING = "missing"  # a header is not there or has no sense
    OLD = "old"
    EARLY = "early"
    FORGED = "forged"  # no mark fits one of our keys


def flaw_of(
    keys: Iterable[VerifyingKey], headers: Mapping[str, str], body: bytes, now_s: float
) -> Flaw | None:
    """What is wrong with a message in; None when one of the keys vouches for it. Never raises.

    Whoever believes it must still remember its id as long as ``AWAY_MOST_S``: copies are honest.
    """
    told = {name.lower(): value for name, value in headers.items()}
    key, at, marks = (told.get(name, "") for name in (ID_HEADER, TIME_HEADER, SIGNATURE_HEADER))
    if not _ID.fullmatch(key) or not _TIME.fullmatch(at) or not marks:
        return Flaw.MISSING
    if int(at) < now_s - AWAY_MOST_S:
        return Flaw.OLD
    if int(at) > now_s + AWAY_MOST_S:
        return Flaw.EARLY
    signed, held = _signed(key, at, body), tuple(keys)
    for one in marks.split(" ", MARKS_MAX)[:MARKS_MAX]:
        version, _, coded = one.partition(",")
        try:
            mark = base64.b64decode(coded, validate=True)
        except ValueError:
            continue
        if any(held_key.version == version and held_key.fits(mark, signed) for held_key in held):
            return None
    return Flaw.FORGED


def _signed(key: str, at: str, body: bytes) -> bytes:
    return f"{key}.{at}.".encode() + body
