"""The hub's own secrets: made once by ``linli init``, one file each, readable by their owner only.

See docs of trust in SECURITY.md: the site root signs the key set; hub keys are separate by purpose;
card masters never leave the hub and the issuing desk.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from devices import wire
from devices.identity import write_private
from devices.jws import Signer
from devices.messages import HubKey, KeySet
from devices.mistake import Mistake

PURPOSES = ("command", "policy", "pass", "audit", "time")
CARD_SLOTS = (0, 1, 2, 3, 4)  # keys.md: change, SUN, meta-read, perimeter doors, own building
KEY_LIFE_S = 400 * 86_400.0  # a year and a month of overlap
_SYMMETRIC = ("nonce", "marks", "seal")


@dataclass(frozen=True, slots=True)
class HubKeys:
    """Everything the running hub signs, seals and marks with."""

    signers: dict[str, Signer]
    keyset: bytes
    root_public: bytes
    masters: dict[int, bytes]
    nonce: bytes
    marks: bytes
    seal: bytes
    system_id: bytes

    def mark(self, purpose: str, text: str) -> str:
        """A keyed hash under which a secret is searched without being kept."""
        message = f"{purpose}\0{text}".encode()
        return hmac.new(self.marks, message, hashlib.sha256).hexdigest()

    def door_key(self, door: str) -> bytes:
        """The key under which one door's PINs are marked; another door's tells nothing of it."""
        return hmac.digest(self.seal, f"door-pins\0{door}".encode(), "sha256")

    def incident_key(self, incident: str) -> bytes:
        """The key under which one incident's pictures are kept; it opens no other's."""
        return hmac.digest(self.seal, f"incident\0{incident}".encode(), "sha256")

    def face_key(self, purpose: str) -> bytes:
        """The site's key for faces: ``wrap`` of people's keys, or ``turn`` of templates."""
        return hmac.digest(self.seal, f"faces\0{purpose}".encode(), "sha256")

    def close_envelope(self, plain: bytes, about: str) -> str:
        """Seal a small secret for the database (AES-256-GCM, bound to what it is about)."""
        nonce = secrets.token_bytes(12)
        return (nonce + AESGCM(self.seal).encrypt(nonce, plain, about.encode())).hex()

    def open_envelope(self, sealed: str, about: str) -> bytes:
        """Open such a secret; a database from elsewhere is a mistake of configuration."""
        raw = bytes.fromhex(sealed)
        try:
            return AESGCM(self.seal).decrypt(raw[:12], raw[12:], about.encode())
        except InvalidTag as fault:
            raise Mistake("a sealed secret does not open: database and keys differ") from fault

    def audit_public(self) -> Ed25519PublicKey:
        """The key that verifies signed chain heads."""
        return self.signers["audit"].key.public_key()


def make(folder: Path, site: str, now_s: float) -> None:
    """Make every key of a new site under ``folder``; refuses to replace existing ones."""
    keys = folder / "keys"
    if keys.exists():
        raise Mistake(f"{keys} already exists; a site's keys are made once")
    keys.mkdir(parents=True, mode=0o700)
    root = Ed25519PrivateKey.generate()
    write_private(keys / "root", root.private_bytes_raw().hex())
    for name in _SYMMETRIC:
        write_private(keys / name, secrets.token_hex(32))
    for slot in CARD_SLOTS:
        write_private(keys / f"card-{slot}", secrets.token_hex(16))
    write_private(keys / "system-id", secrets.token_hex(6))
    entries = []
    for purpose in PURPOSES:
        key = Ed25519PrivateKey.generate()
        kid = f"{purpose}-1"
        write_private(keys / kid, key.private_bytes_raw().hex())
        public = key.public_key().public_bytes_raw()
        entries.append(HubKey(kid, purpose, public, now_s - 86_400.0, now_s + KEY_LIFE_S))
    signed = wire.sign_keyset(KeySet(site, int(now_s), tuple(entries)), Signer("root", root))
    write_private(keys / "keyset", signed.decode())
    write_private(keys / "root.pub", root.public_key().public_bytes_raw().hex())


def load(folder: Path) -> HubKeys:
    """Read the keys of a data folder; a missing one is named."""
    keys = folder / "keys"

    def read(name: str) -> str:
        path = keys / name
        if not path.exists():
            raise Mistake(f"{path} is missing: run `linli init --data {folder}` first")
        if path.stat().st_mode & 0o077:
            raise Mistake(f"{path} can be read by others: run `chmod 600 {path}`")
        return path.read_text(encoding="utf-8").strip()

    signers = {
        purpose: Signer(
            f"{purpose}-1",
            Ed25519PrivateKey.from_private_bytes(bytes.fromhex(read(f"{purpose}-1"))),
        )
        for purpose in PURPOSES
    }
    return HubKeys(
        signers=signers,
        keyset=read("keyset").encode(),
        root_public=bytes.fromhex(read("root.pub")),
        masters={slot: bytes.fromhex(read(f"card-{slot}")) for slot in CARD_SLOTS},
        nonce=bytes.fromhex(read("nonce")),
        marks=bytes.fromhex(read("marks")),
        seal=bytes.fromhex(read("seal")),
        system_id=bytes.fromhex(read("system-id")),
    )


def site_of(keys: HubKeys) -> str:
    """The site's id as its root signed it; raises Mistake where root and key set differ."""
    root = find_by(lambda kid: keys.root_public if kid == "root" else None)
    told = wire.open_keyset(keys.keyset, root)
    if not isinstance(told, KeySet):
        raise Mistake("the key set is not signed by this site's root")
    return told.site


def find_by(public: Callable[[str], bytes | None]) -> Callable[[str], Ed25519PublicKey | None]:
    """A key finder over raw public keys, parsed once each."""
    parsed: dict[str, Ed25519PublicKey] = {}

    def find(kid: str) -> Ed25519PublicKey | None:
        if kid not in parsed:
            raw = public(kid)
            if raw is None:
                return None
            parsed[kid] = Ed25519PublicKey.from_public_bytes(raw)
        return parsed[kid]

    return find
