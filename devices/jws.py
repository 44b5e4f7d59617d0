"""Signatures of the contract: compact JWS (RFC 7515) with EdDSA (RFC 8037), and canonical JSON.

One ``typ`` for each kind of message, so that a signature made for one purpose can never be shown
for another. Pure; never raises on bytes from outside: what does not fit is a ``Refusal``.
"""

from __future__ import annotations

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_open
from nacl.exceptions import BadSignatureError

from devices.messages import Refusal

HEADER_CHARS_KEPT = 512  # an honest header has about 100; longer ones are read anew each time
MESSAGE_BYTES_MAX = 16_384  # the largest honest message is an event with a card's raw text (< 2 kB)


_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_+/=", b"+/!!!")  # what is no base64url becomes what is no base64


def _url64(raw: bytes) -> bytes:
    return b2a_base64(raw, newline=False).translate(_TO_URL).rstrip(b"=")


def _raw64(text: bytes) -> bytes | None:
    """In the codec's own words: six of these stand between a wish and its door."""
    try:
        raw = a2b_base64(text.translate(_FROM_URL) + b"=" * (-len(text) % 4), strict_mode=True)
    except ValueError:
        return None
    return raw if _url64(raw) == text else None


def b64(raw: bytes) -> str:
    """Unpadded base64url."""
    return _url64(raw).decode()


def unb64(text: str) -> bytes | None:
    """The bytes of unpadded base64url in its one canonical spelling, else None."""
    return _raw64(text.encode()) if text.isascii() else None


# made once: the library makes one at each call that differs from its own defaults
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(body: object) -> bytes:
    """JSON with sorted keys and no spaces: the same facts give the same bytes."""
    return _CANONICAL.encode(body).encode()


@dataclass(frozen=True, slots=True)
class Signer:
    """A private Ed25519 key with the name under which receivers know it."""

    kid: str
    key: Ed25519PrivateKey
    _secret: bytes = field(init=False, repr=False, compare=False, default=b"")

    def __post_init__(self) -> None:
        both = self.key.private_bytes_raw() + self.key.public_key().public_bytes_raw()
        object.__setattr__(self, "_secret", both)

    def sign(self, typ: str, claims: Mapping[str, Any]) -> bytes:
        """A compact JWS over the claims."""
        head = _header(typ, self.kid)
        signed = head + b"." + _url64(canonical(claims))
        mark = crypto_sign(signed, self._secret)[:crypto_sign_BYTES]
        return signed + b"." + _url64(mark)


@lru_cache(maxsize=256)  # a site has a handful of keys and seven kinds of message
def _header(typ: str, kid: str) -> bytes:
    head = canonical({"alg": "EdDSA", "kid": kid, "typ": typ})
    return _url64(head)


def fits(key: Ed25519PublicKey, mark: bytes, signed: bytes) -> bool:
    """Whether a signature is the key's own; libsodium needs half of what OpenSSL does."""
    if len(mark) != crypto_sign_BYTES:
        return False
    try:
        crypto_sign_open(mark + signed, key.public_bytes_raw())
    except BadSignatureError:
        return False
    return True


KeyFinder = Callable[[str], Ed25519PublicKey | None]


def open_jws(raw: bytes, typ: str, find_key: KeyFinder) -> dict[str, Any] | Refusal:
    """The verified claims, or why not: oversize, form, key_unknown, signature."""
    if len(raw) > MESSAGE_BYTES_MAX:
        return Refusal("oversize", str(len(raw)))
    parts = raw.split(b".")
    if len(parts) != 3:
        return Refusal("form", "not a compact JWS")
    short = len(parts[0]) <= HEADER_CHARS_KEPT
    kid = (_kid_of if short else _kid_of.__wrapped__)(parts[0], typ)
    if isinstance(kid, Refusal):
        return kid
    body, mark = (_raw64(part) for part in parts[1:])
    if body is None or mark is None:
        return Refusal("form", "not base64url")
    key = find_key(kid)
    if key is None:
        return Refusal("key_unknown", kid[:64])
    if not fits(key, mark, raw[: len(parts[0]) + 1 + len(parts[1])]):
        return Refusal("signature", kid[:64])
    claims = parse_json(body)
    return claims if claims is not None else Refusal("form", "claims")


@lru_cache(maxsize=1_024)  # the devices of a site; a header says the same each time
def _kid_of(part: bytes, typ: str) -> str | Refusal:
    """Whose key a header names, when it is one of ours for this purpose."""
    head = _raw64(part)
    if head is None:
        return Refusal("form", "not base64url")
    header = parse_json(head)
    if header is None or header.get("alg") != "EdDSA" or header.get("typ") != typ:
        return Refusal("form", "alg or typ")
    kid = header.get("kid")
    if not isinstance(kid, str) or "crit" in header:
        return Refusal("form", "kid")
    return kid


def _no_constant(text: str) -> float:
    raise ValueError(text)  # NaN and Infinity are no JSON


_STRICT = json.JSONDecoder(parse_constant=_no_constant)


def parse_json(raw: bytes) -> dict[str, Any] | None:
    """A JSON object, or None; never deeper or stranger than our messages are."""
    try:
        text = raw.decode()
        body = _STRICT.decode(text)
        if "\\u" in text:  # the one way to half a character, which no wire and no store can take
            canonical(body)
            if "\\u0000" in text:  # nor what ends a text elsewhere
                return None
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
