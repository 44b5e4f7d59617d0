"""Signatures of the contract: compact JWS (RFC 7515) with EdDSA (RFC 8037), and canonical JSON.

One ``typ`` for each kind of message, so that a signature made for one purpose can never be shown
for another. Pure; never raises on bytes from outside: what does not fit is a ``Refusal``.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from devices.messages import Refusal

MESSAGE_BYTES_MAX = 16_384  # the largest honest message is an event with a card's raw text (< 2 kB)


def b64(raw: bytes) -> str:
    """Unpadded base64url."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes | None:
    """The bytes of unpadded base64url in its one canonical spelling, else None."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if b64(raw) == text else None


def canonical(body: object) -> bytes:
    """JSON with sorted keys and no spaces: the same facts give the same bytes."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Signer:
    """A private Ed25519 key with the name under which receivers know it."""

    kid: str
    key: Ed25519PrivateKey

    def sign(self, typ: str, claims: Mapping[str, Any]) -> bytes:
        """A compact JWS over the claims."""
        head = _header(typ, self.kid)
        signed = head + b"." + base64.urlsafe_b64encode(canonical(claims)).rstrip(b"=")
        signature = base64.urlsafe_b64encode(self.key.sign(signed)).rstrip(b"=")
        return signed + b"." + signature


@lru_cache(maxsize=256)  # a site has a handful of keys and seven kinds of message
def _header(typ: str, kid: str) -> bytes:
    head = canonical({"alg": "EdDSA", "kid": kid, "typ": typ})
    return base64.urlsafe_b64encode(head).rstrip(b"=")


KeyFinder = Callable[[str], Ed25519PublicKey | None]


def open_jws(raw: bytes, typ: str, find_key: KeyFinder) -> dict[str, Any] | Refusal:
    """The verified claims, or why not: oversize, form, key_unknown, signature."""
    if len(raw) > MESSAGE_BYTES_MAX:
        return Refusal("oversize", str(len(raw)))
    parts = raw.split(b".")
    if len(parts) != 3:
        return Refusal("form", "not a compact JWS")
    head, body, mark = (unb64(part.decode("ascii", "replace")) for part in parts)
    if head is None or body is None or mark is None:
        return Refusal("form", "not base64url")
    header = parse_json(head)
    if header is None or header.get("alg") != "EdDSA" or header.get("typ") != typ:
        return Refusal("form", "alg or typ")
    kid = header.get("kid")
    if not isinstance(kid, str) or "crit" in header:
        return Refusal("form", "kid")
    key = find_key(kid)
    if key is None:
        return Refusal("key_unknown", kid[:64])
    try:
        key.verify(mark, raw[: len(parts[0]) + 1 + len(parts[1])])
    except InvalidSignature:
        return Refusal("signature", kid[:64])
    claims = parse_json(body)
    return claims if claims is not None else Refusal("form", "claims")


def _no_constant(text: str) -> float:
    raise ValueError(text)  # NaN and Infinity are no JSON


def parse_json(raw: bytes) -> dict[str, Any] | None:
    """A JSON object, or None; never deeper or stranger than our messages are."""
    try:
        text = raw.decode()
        body = json.loads(text, parse_constant=_no_constant)
        if "\\u" in text:  # the one way to half a character, which no wire and no store can take
            canonical(body)
            if "\\u0000" in text:  # nor what ends a text elsewhere
                return None
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
