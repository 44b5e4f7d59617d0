"""Signed requests of phones and kiosks: the proof header, its checks, and the nonces it spends.

Shaped like DPoP (RFC 9449): a compact JWS over method, path, body hash and nonce. A phone signs
ES256 with a key that cannot leave it, a device EdDSA with its identity. Pure: keys, time and luck
come in.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from devices.jws import b64, fits, parse_json, unb64
from hub.core.errors import DomainError

TYP = "linli-proof+jwt"
PROOF_CHARS_MAX = 2_048  # a proof is about 400 characters
NONCE_LIFE_S = 600.0  # a page fetches one ahead when it becomes visible
REPEAT_S = 60.0  # the same bytes within this time get the stored answer
_ECDSA = ec.ECDSA(SHA256())
_MAC_BYTES = 16

Key = ec.EllipticCurvePublicKey | Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Proof:
    """A parsed, not yet verified proof."""

    kid: str
    alg: str
    method: str
    path: str
    body_hash: str
    nonce: str
    signed: bytes
    signature: bytes

    def digest(self, body: bytes) -> str:
        """Names the very bytes of a request: equal only for a true repeat."""
        return hashlib.sha256(self.signed + b"." + self.signature + b"\n" + body).hexdigest()


def parse(header: str | None) -> Proof:
    """Read the header; refuses with proof_missing or proof_form."""
    if not header:
        raise DomainError("proof_missing")
    if len(header) > PROOF_CHARS_MAX or not header.isascii():
        raise DomainError("proof_form", "too long, or not ASCII")
    parts = header.split(".")
    if len(parts) != 3:
        raise DomainError("proof_form", "not a compact JWS")
    head = _head(parts[0])
    body, signature = unb64(parts[1]), unb64(parts[2])
    claims = parse_json(body) if body is not None else None
    if head is None or claims is None or signature is None:
        raise DomainError("proof_form", f"typ must be {TYP}")
    texts = [*head, *(claims.get(name) for name in ("htm", "htu", "bh", "nonce"))]
    if not all(isinstance(text, str) and 0 < len(text) <= 256 for text in texts):
        raise DomainError("proof_form", "kid, alg, htm, htu, bh and nonce are texts")
    signed = f"{parts[0]}.{parts[1]}".encode()
    kid, alg, method, path, body_hash, nonce = (str(text) for text in texts)
    return Proof(kid, alg, method, path, body_hash, nonce, signed, signature)


@lru_cache(maxsize=4_096)  # the phones of an evening; a phone's header says the same each time
def _head(part: str) -> tuple[Any, Any] | None:
    """(kid, alg) of a proof's header, None when it is none of ours."""
    raw = unb64(part)
    head = parse_json(raw) if raw is not None else None
    if head is None or head.get("typ") != TYP or "crit" in head:
        return None
    return head.get("kid"), head.get("alg")


def check(proof: Proof, key: Key, method: str, path: str, body: bytes) -> None:
    """Refuse with proof_forged or request_altered; the nonce is checked by its keeper."""
    try:
        if isinstance(key, Ed25519PublicKey):
            if proof.alg != "EdDSA":
                raise DomainError("proof_form", "alg must be EdDSA")
            if not fits(key, proof.signature, proof.signed):
                raise DomainError("proof_forged")
        else:
            if proof.alg != "ES256" or len(proof.signature) != 64:
                raise DomainError("proof_form", "alg must be ES256")
            r, s = (int.from_bytes(half) for half in (proof.signature[:32], proof.signature[32:]))
            key.verify(encode_dss_signature(r, s), proof.signed, _ECDSA)
    except InvalidSignature as fault:
        raise DomainError("proof_forged") from fault
    if proof.method != method or proof.path != path:
        raise DomainError("request_altered", "method or path")
    wanted = b64(hashlib.sha256(body).digest())
    if not hmac.compare_digest(proof.body_hash.encode(), wanted.encode()):
        raise DomainError("request_altered", "body")


def phone_key(jwk: Any) -> tuple[str, ec.EllipticCurvePublicKey]:
    """(RFC 7638 thumbprint, key) of a P-256 public JWK; refuses a private or foreign one."""
    if not isinstance(jwk, dict) or jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise DomainError("field_wrong", "jwk must be a P-256 public key", "jwk")
    if "d" in jwk:
        raise DomainError("field_wrong", "a private key must never be sent", "jwk")
    x, y = jwk.get("x"), jwk.get("y")
    points = [unb64(value) if isinstance(value, str) else None for value in (x, y)]
    if any(point is None or len(point) != 32 for point in points):
        raise DomainError("field_wrong", "x and y are 32 bytes in base64url", "jwk")
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(points[0] or b""), int.from_bytes(points[1] or b""), ec.SECP256R1()
    )
    try:
        key = numbers.public_key()
    except ValueError as fault:
        raise DomainError("field_wrong", "the point is not on the curve", "jwk") from fault
    text = json.dumps({"crv": "P-256", "kty": "EC", "x": x, "y": y}, separators=(",", ":"))
    return b64(hashlib.sha256(text.encode()).digest()), key


def make_nonce(secret: bytes, kid: str, now_s: float, luck: bytes) -> tuple[str, float]:
    """(nonce, expiry): a keyed hash of who may use it until when; nothing is stored for it."""
    expires_s = now_s + NONCE_LIFE_S
    open_part = int(expires_s * 1000).to_bytes(8) + luck[:8]
    return b64(open_part + _nonce_mac(secret, kid, open_part)), expires_s


def nonce_expiry(secret: bytes, kid: str, nonce: str, now_s: float) -> float:
    """The expiry of a nonce that is ours, for this key, and still good; else request_stale."""
    raw = unb64(nonce)
    if raw is None or len(raw) != 16 + _MAC_BYTES:
        raise DomainError("request_stale", "not a nonce of this hub")
    if not hmac.compare_digest(raw[16:], _nonce_mac(secret, kid, raw[:16])):
        raise DomainError("request_stale", "not a nonce for this key")
    expires_s = int.from_bytes(raw[:8]) / 1000
    if now_s >= expires_s:
        raise DomainError("request_stale", "the nonce is too old")
    return expires_s


def _nonce_mac(secret: bytes, kid: str, open_part: bytes) -> bytes:
    """Keyed BLAKE2b: a tenth of HMAC's cost, twice in each request of somebody at a door."""
    keyed = hashlib.blake2b(open_part, digest_size=_MAC_BYTES, key=secret, person=b"linli nonce")
    keyed.update(kid.encode())
    return keyed.digest()
