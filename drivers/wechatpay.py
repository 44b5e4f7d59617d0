"""WeChat Pay APIv3 on the wire: signatures, sealed resources, typed bodies; both sides, no I/O.

Bytes from outside never raise here: whoever sent something wrong gets a `Refused` value whose
code is one of `Refusal`. Only a caller's own fault (a wrong key, an impossible order) raises.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from drivers.wechatpay_bodies import (
    Refusal,
    Refused,
    TradeState,
    Transaction,
    decode,
    encode,
    read_transaction,
    rfc3339,
    write_transaction,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SCHEME: Final = "WECHATPAY2-SHA256-RSA2048"
CIPHER: Final = "AEAD_AES_256_GCM"
PAID_EVENT: Final = "TRANSACTION.SUCCESS"

WINDOW_S: Final = 300
"""The provider's own rule: a signature older (or newer) than five minutes is refused."""
RSA_LEAST_BITS: Final = 2048
APIV3_KEY_BYTES: Final = 32
GCM_NONCE_BYTES: Final = 12

_PRINTABLE = re.compile(r"[!-~]{1,128}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_PART = re.compile(r'([a-z_]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the serial under which the other side knows its public half."""

    serial: str
    key: rsa.RSAPrivateKey = field(repr=False)

    def sign(self, message: bytes) -> str:
        """Return the base64 RSA-SHA256 (PKCS #1 v1.5) signature of a message."""
        return base64.b64encode(self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode(
            "ascii"
        )


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it goes out; `target` is the path with its query, exactly as sent."""

    method: str
    target: str
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Authorised:
    """Who signed a request."""

    mchid: str
    serial: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A callback that was verified and opened."""

    id: str
    event: str
    transaction: Transaction


# --- keys -------------------------------------------------------------------------------------


def load_private_key(pem: bytes) -> rsa.RSAPrivateKey:
    """Return the RSA private key of a PEM; ValueError for any other or weaker key."""
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < RSA_LEAST_BITS:
        raise ValueError(f"an RSA key of {RSA_LEAST_BITS} bits or more is needed")
    return key


def load_public_key(pem: bytes) -> rsa.RSAPublicKey:
    """Return the RSA key of a PEM, be it a bare public key or a platform certificate."""
    certificate = b"BEGIN CERTIFICATE" in pem
    key: object = (
        x509.load_pem_x509_certificate(pem).public_key()
        if certificate
        else serialization.load_pem_public_key(pem)
    )
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < RSA_LEAST_BITS:
        raise ValueError(f"an RSA key of {RSA_LEAST_BITS} bits or more is needed")
    return key


# --- requests: the merchant signs, the provider verifies --------------------------------------


def authorization(signer: SigningKey, mchid: str, call: Call, *, at_s: int, nonce: str) -> str:
    """Return the Authorization header of a request."""
    signature = signer.sign(_request_text(call, str(at_s), nonce))
    return (
        f'{SCHEME} mchid="{mchid}",nonce_str="{nonce}",signature="{signature}",'
        f'timestamp="{at_s}",serial_no="{signer.serial}"'
    )


def read_authorization(
    header: str,
    call: Call,
    keys: Mapping[str, rsa.RSAPublicKey],
    now_s: int,
) -> Authorised | Refused:
    """Verify a request's Authorization header against the merchants' keys by serial."""
    scheme, _, rest = header.partition(" ")
    parts = dict(_PART.findall(rest))
    if scheme != SCHEME or set(parts) != {
        "mchid",
        "nonce_str",
        "signature",
        "timestamp",
        "serial_no",
    }:
        return Refused(Refusal.FORM, "the Authorization header has another form")
    message = _request_text(call, parts["timestamp"], parts["nonce_str"])
    key = keys.get(parts["serial_no"])
    wrong = _beyond(parts["timestamp"], now_s) or _verify(
        message, key, parts["signature"], parts["nonce_str"]
    )
    if wrong is not None:
        return wrong
    return Authorised(parts["mchid"], parts["serial_no"], parts["nonce_str"])


# --- answers and callbacks: the provider signs, the merchant verifies -------------------------


def signed_headers(signer: SigningKey, body: bytes, at_s: int, nonce: str) -> dict[str, str]:
    """Return the headers that prove a body (of an answer or a callback)."""
    return {
        "Wechatpay-Serial": signer.serial,
        "Wechatpay-Timestamp": str(at_s),
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": signer.sign(_answer_text(str(at_s), nonce, body)),
        "Wechatpay-Signature-Type": SCHEME,
    }


def verify(
    headers: Mapping[str, str], body: bytes, keys: Mapping[str, rsa.RSAPublicKey], now_s: int
) -> Refused | None:
    """Return None when the body was signed by a pinned key within the time window."""
    found = {name.lower(): value for name, value in headers.items()}
    timestamp = found.get("wechatpay-timestamp", "")
    wrong = _beyond(timestamp, now_s)
    if wrong is not None:
        return wrong
    if found.get("wechatpay-signature-type", SCHEME) != SCHEME:
        return Refused(Refusal.SIGNATURE, "another signature scheme")
    nonce = found.get("wechatpay-nonce", "")
    message = _answer_text(timestamp, nonce, body)
    key = keys.get(found.get("wechatpay-serial", ""))
    return _verify(message, key, found.get("wechatpay-signature", ""), nonce)


def seal(apiv3_key: bytes, plain: bytes, nonce: str, associated: str) -> dict[str, str]:
    """Return the `resource` of a notice: AES-256-GCM under the merchant's APIv3 key."""
    cipher = _aes(apiv3_key).encrypt(nonce.encode("ascii"), plain, associated.encode())
    return {
        "original_type": "transaction",
        "algorithm": CIPHER,
        "ciphertext": base64.b64encode(cipher).decode("ascii"),
        "associated_data": associated,
        "nonce": nonce,
    }


def unseal(apiv3_key: bytes, resource: object) -> bytes | Refused:
    """Return the plain bytes of a `resource`."""
    aes = _aes(apiv3_key)
    if not isinstance(resource, dict) or resource.get("algorithm") != CIPHER:
        return Refused(Refusal.CIPHER, "another algorithm")
    nonce, cipher = resource.get("nonce"), resource.get("ciphertext")
    associated = resource.get("associated_data", "")
    if not (isinstance(nonce, str) and isinstance(cipher, str) and isinstance(associated, str)):
        return Refused(Refusal.CIPHER, "nonce, ciphertext or associated data is missing")
    try:
        nonce_bytes = nonce.encode("ascii")
        if len(nonce_bytes) != GCM_NONCE_BYTES:
            return Refused(Refusal.CIPHER, "a nonce of another length")
        data = base64.b64decode(cipher, validate=True)
        return aes.decrypt(nonce_bytes, data, associated.encode())
    except (InvalidTag, ValueError):  # binascii.Error and UnicodeError are ValueErrors
        return Refused(Refusal.CIPHER, "the resource does not open under this key")


def write_notice(
    transaction: Transaction, notice_id: str, at: datetime, apiv3_key: bytes, nonce: str
) -> bytes:
    """Return the body of a callback about a paid order."""
    plain = write_transaction(transaction)
    return encode(
        {
            "id": notice_id,
            "create_time": rfc3339(at),
            "resource_type": "encrypt-resource",
            "event_type": PAID_EVENT,
            "summary": "支付成功",
            "resource": seal(apiv3_key, plain, nonce, "transaction"),
        }
    )


def read_notice(
    headers: Mapping[str, str],
    body: bytes,
    keys: Mapping[str, rsa.RSAPublicKey],
    apiv3_key: bytes,
    now_s: int,
) -> Notice | Refused:
    """Verify, open and parse a callback; nothing is parsed before the signature holds."""
    wrong = verify(headers, body, keys, now_s)
    if wrong is not None:
        return wrong
    outer = decode(body)
    if isinstance(outer, Refused):
        return outer
    plain = unseal(apiv3_key, outer.get("resource"))
    if isinstance(plain, Refused):
        return plain
    transaction = read_transaction(plain)
    if isinstance(transaction, Refused):
        return transaction
    notice_id, event = outer.get("id"), outer.get("event_type")
    if not isinstance(notice_id, str) or not isinstance(event, str):
        return Refused(Refusal.FORM, "a notice without id or event")
    notice = Notice(notice_id, event, transaction)
    return notice if _coherent(notice) else Refused(Refusal.FORM, "event and state contradict")


# --- inside -----------------------------------------------------------------------------------


def _request_text(call: Call, timestamp: str, nonce: str) -> bytes:
    return f"{call.method}\n{call.target}\n{timestamp}\n{nonce}\n".encode() + call.body + b"\n"


def _answer_text(timestamp: str, nonce: str, body: bytes) -> bytes:
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


def _coherent(notice: Notice) -> bool:
    paid = notice.transaction.trade_state is TradeState.SUCCESS
    return paid or notice.event != PAID_EVENT


def _beyond(timestamp: str, now_s: int) -> Refused | None:
    if not _TIMESTAMP.fullmatch(timestamp):
        return Refused(Refusal.TIMESTAMP, "no timestamp")
    away_s = now_s - int(timestamp)
    if abs(away_s) > WINDOW_S:
        return Refused(Refusal.TIMESTAMP, f"{away_s} s away, at most {WINDOW_S} s")
    return None


def _verify(
    message: bytes, key: rsa.RSAPublicKey | None, signature: str, nonce: str
) -> Refused | None:
    if key is None:
        # Pinned keys only: an unknown serial must never make us call out and fetch one.
        return Refused(Refusal.SERIAL, "no pinned key has this serial")
    if not _PRINTABLE.fullmatch(nonce):
        return Refused(Refusal.SIGNATURE, "a nonce of another form")
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        # The provider also sends wrong signatures on purpose (WECHATPAY/SIGNTEST/…) to see
        # whether they are refused; they need no treatment of their own.
        return Refused(Refusal.SIGNATURE, "the signature does not hold")
    return None


def _aes(apiv3_key: bytes) -> AESGCM:
    if len(apiv3_key) != APIV3_KEY_BYTES:
        raise ValueError(f"an APIv3 key has {APIV3_KEY_BYTES} bytes")
    return AESGCM(apiv3_key)
