"""OSDP's secure channel: session keys, cryptograms, and the chain of MACs; pure, for both ends.

Each MAC begins where the other side's last one ended, so that a frame counts once, in its place.
"""

import hmac
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

from drivers.osdp_wire import MAC_BYTES, Frame, close, head

KEY_BYTES: Final = 16
INSTALL_KEY: Final = bytes(range(0x30, 0x40))  # SCBK-D: everybody has it, good for pairing only
BLOCK: Final = 16

CHALLENGE_BLOCK: Final = 0x11  # SCS_11 and so on
CRYPT_BLOCK: Final = 0x12
SERVER_BLOCK: Final = 0x13
RMAC_BLOCK: Final = 0x14
COMMAND_BARE: Final = 0x15
REPLY_BARE: Final = 0x16
COMMAND_SEALED: Final = 0x17
REPLY_SEALED: Final = 0x18


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """What both ends derive from their common key and the panel's challenge."""

    enc: bytes
    mac_1: bytes
    mac_2: bytes


def session_keys(key: bytes, challenge: bytes) -> SessionKeys:
    """The keys of one session; ``challenge`` is the panel's RND.A of 8 bytes."""
    seed = challenge[:6] + bytes(8)
    cipher = _ecb(key)
    return SessionKeys(*(cipher.update(mark + seed) for mark in (b"\1\x82", b"\1\1", b"\1\2")))


def client_cryptogram(keys: SessionKeys, challenge: bytes, response: bytes) -> bytes:
    """The reader's proof that it has the key."""
    return _ecb(keys.enc).update(challenge + response)


def server_cryptogram(keys: SessionKeys, challenge: bytes, response: bytes) -> bytes:
    """The panel's proof that it has the key."""
    return _ecb(keys.enc).update(response + challenge)


def first_reply_mac(keys: SessionKeys, proof: bytes) -> bytes:
    """Where the chain of MACs begins; ``proof`` is the server cryptogram."""
    return _ecb(keys.mac_2).update(_ecb(keys.mac_1).update(proof))


def same(one: bytes, other: bytes) -> bool:
    """Whether two proofs are equal, in the same time whatever they are."""
    return hmac.compare_digest(one, other)


class SecureChannel:
    """One session; each end seals what it says and opens what the other says, in turns."""

    def __init__(self, keys: SessionKeys, reply_mac: bytes, *, of_reader: bool = False) -> None:
        self._of_reader = of_reader
        self._enc = keys.enc
        self._mac_1 = _ecb(keys.mac_1)
        self._mac_2 = _ecb(keys.mac_2)
        self._command_mac = bytes(BLOCK)
        self._reply_mac = reply_mac

    def seal(self, address: int, sequence: int, code: int, body: bytes = b"") -> bytes:
        """A frame with MAC, its body encrypted if it has one."""
        is_reply = self._of_reader
        before = self._command_mac if is_reply else self._reply_mac
        sealed = self._encrypt(body, before) if body else b""
        kind = (COMMAND_SEALED if body else COMMAND_BARE) + is_reply
        rest = bytes((2, kind, code)) + sealed
        signed = (
            head(
                address,
                is_reply=is_reply,
                sequence=sequence,
                rest_bytes=len(rest) + MAC_BYTES,
                has_block=True,
            )
            + rest
        )
        mac = self._mac(signed, before)
        self._keep(mac, is_reply=is_reply)
        return close(signed + mac[:MAC_BYTES])

    def open(self, frame: Frame) -> bytes | None:
        """The body of the frame that is next in the chain; None for any other: it moves nothing."""
        sealed = REPLY_SEALED if frame.is_reply else COMMAND_SEALED
        bare = REPLY_BARE if frame.is_reply else COMMAND_BARE
        is_ours = frame.is_reply == self._of_reader
        if is_ours or frame.block not in (sealed, bare) or frame.block_data:
            return None
        before = self._command_mac if frame.is_reply else self._reply_mac
        mac = self._mac(frame.signed, before)
        if not same(mac[:MAC_BYTES], frame.mac):
            return None
        body = self._decrypt(frame.body, before) if frame.block == sealed else frame.body
        if body is None:
            return None
        self._keep(mac, is_reply=frame.is_reply)
        return body

    def _keep(self, mac: bytes, *, is_reply: bool) -> None:
        if is_reply:
            self._reply_mac = mac
        else:
            self._command_mac = mac

    def _mac(self, signed: bytes, before: bytes) -> bytes:
        """CBC with the first key, the last block with the second."""
        padded = signed if len(signed) % BLOCK == 0 else _padded(signed)
        chain = before
        last = len(padded) - BLOCK
        for at in range(0, len(padded), BLOCK):
            cipher = self._mac_2 if at == last else self._mac_1
            chain = cipher.update(_xor(chain, padded[at : at + BLOCK]))
        return chain

    def _encrypt(self, body: bytes, before: bytes) -> bytes:
        return Cipher(AES(self._enc), CBC(_turned(before))).encryptor().update(_padded(body))

    def _decrypt(self, body: bytes, before: bytes) -> bytes | None:
        if not body or len(body) % BLOCK:
            return None
        plain = Cipher(AES(self._enc), CBC(_turned(before))).decryptor().update(body)
        text = plain.rstrip(b"\0")
        return text[:-1] if text.endswith(b"\x80") else None


def _ecb(key: bytes) -> CipherContext:
    return Cipher(AES(key), ECB()).encryptor()  # noqa: S305 - the standard's building block


def _padded(text: bytes) -> bytes:
    return text + b"\x80" + bytes(-(len(text) + 1) % BLOCK)


def _turned(block: bytes) -> bytes:
    return bytes(byte ^ 0xFF for byte in block)


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(BLOCK, "big")
