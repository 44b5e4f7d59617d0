"""A file that only a passphrase or one private key opens: what leaves the machine is no secret.

A random file key is wrapped by scrypt and a passphrase, or by HPKE to an X25519 key, so that a
nightly copy needs no secret on the machine that makes it. The content follows in chunks of
AES-256-GCM under a key bound to the header; a chunk's nonce is its number and whether it is the
last, so that a chunk moved, left out or cut off is found.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from devices.mistake import Mistake

MAGIC = b"linli sealed file 1\n"
CHUNK_BYTES = 65_536
PASSPHRASE_CHARS_MIN = 12
_TAG_BYTES = 16
_HEADER_BYTES_MAX = 4_096
_SCRYPT_N = 2**16  # 64 MiB and a fifth of a second: dear for a guesser, bearable on a small box
_SCRYPT_N_MAX = 2**20  # a file from elsewhere must not take the machine's memory
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_ABOUT = b"linli sealed file key"
_BROKEN = "the file is damaged, or was cut off"


@dataclass(frozen=True, slots=True)
class Passphrase:
    """Opens what it sealed."""

    text: str

    def __post_init__(self) -> None:
        if len(self.text) < PASSPHRASE_CHARS_MIN:
            raise Mistake(f"the passphrase needs at least {PASSPHRASE_CHARS_MIN} characters")


Sealer = Passphrase | X25519PublicKey
Opener = Passphrase | X25519PrivateKey


def _stretch(passphrase: Passphrase, salt: bytes, n: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=n, r=8, p=1).derive(passphrase.text.encode())


def _payload_key(file_key: bytes, header: bytes) -> bytes:
    salt = hashlib.sha256(MAGIC + header).digest()
    return HKDF(SHA256(), 32, salt, b"linli sealed file content").derive(file_key)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class SealedWriter:
    """``write`` plain bytes, then ``close``: the target holds the sealed file."""

    def __init__(self, target: BinaryIO, sealer: Sealer) -> None:
        self._target = target
        file_key = secrets.token_bytes(32)
        if isinstance(sealer, Passphrase):
            salt = secrets.token_bytes(16)
            wrap = AESGCM(_stretch(sealer, salt, _SCRYPT_N)).encrypt(bytes(12), file_key, _ABOUT)
            body = {"by": "scrypt", "n": _SCRYPT_N, "salt": salt.hex(), "key": wrap.hex()}
        else:
            wrap = _SUITE.encrypt(file_key, sealer, info=_ABOUT)
            body = {"by": "x25519", "to": sealer.public_bytes_raw().hex(), "key": wrap.hex()}
        header = json.dumps(body, sort_keys=True).encode() + b"\n"
        target.write(MAGIC + header)
        self._aead = AESGCM(_payload_key(file_key, header))
        self._held = bytearray()  # bounded by CHUNK_BYTES and one write
        self._number = 0

    def write(self, plain: bytes) -> int:
        """Take plain bytes; the last chunk waits for ``close``."""
        self._held += plain
        while len(self._held) > CHUNK_BYTES:
            self._put(bytes(self._held[:CHUNK_BYTES]), last=False)
            del self._held[:CHUNK_BYTES]
        return len(plain)

    def _put(self, part: bytes, *, last: bool) -> None:
        self._target.write(self._aead.encrypt(_nonce(self._number, last=last), part, None))
        self._number += 1

    def close(self) -> None:
        """Write the last chunk; without it the file does not open."""
        self._put(bytes(self._held), last=True)


class SealedReader:
    """``read`` plain bytes; whatever does not fit is a mistake told in one line."""

    def __init__(self, source: BinaryIO, opener: Opener) -> None:
        self._source = source
        if source.read(len(MAGIC)) != MAGIC:
            raise Mistake("this is no sealed file of ours")
        header = source.readline(_HEADER_BYTES_MAX)
        self._aead = AESGCM(_payload_key(_unwrap(header, opener), header))
        self._ahead = source.read(CHUNK_BYTES + _TAG_BYTES)
        self._plain = b""
        self._number = 0
        self.finished = False

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; empty at the end, which is reached only by a whole file."""
        while not self.finished and (size < 0 or len(self._plain) < size):
            self._next()
        cut = len(self._plain) if size < 0 else size
        part, self._plain = self._plain[:cut], self._plain[cut:]
        return part

    def _next(self) -> None:
        sealed, self._ahead = self._ahead, self._source.read(CHUNK_BYTES + _TAG_BYTES)
        last = not self._ahead
        try:
            self._plain += self._aead.decrypt(_nonce(self._number, last=last), sealed, None)
        except (InvalidTag, ValueError) as fault:
            raise Mistake(_BROKEN) from fault
        self._number += 1
        self.finished = last


def _unwrap(header: bytes, opener: Opener) -> bytes:
    try:
        body: dict[str, Any] = json.loads(header)
        by, wrap = body["by"], bytes.fromhex(body["key"])
        if by == "scrypt":
            if not isinstance(opener, Passphrase):
                raise Mistake("this file wants a passphrase, not a key")
            n, salt = int(body["n"]), bytes.fromhex(body["salt"])
            if not 2 <= n <= _SCRYPT_N_MAX:
                raise Mistake(_BROKEN)
            return AESGCM(_stretch(opener, salt, n)).decrypt(bytes(12), wrap, _ABOUT)
        if isinstance(opener, Passphrase):
            raise Mistake("this file wants a private key: name it with --key")
        return _SUITE.decrypt(wrap, opener, info=_ABOUT)
    except InvalidTag as fault:
        raise Mistake("the passphrase or key does not open this file") from fault
    except (ValueError, KeyError, TypeError) as fault:
        raise Mistake(_BROKEN) from fault
