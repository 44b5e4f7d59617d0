"""The hub's own secrets: made once by ``linli init``, one file each, readable by their owner only.

See docs of trust in SECURITY.md: the site root signs the key set; hub keys are separate by purpose;
card masters never leave the hub and the issuing desk.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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
ESCROW = "escrow.json"  # beside the keys: which sheets were printed and tried; no secret in it
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
    return _keyset_of(keys, keys.root_public).site


def _keyset_of(keys: HubKeys, *roots: bytes) -> KeySet:
    """The key set, signed by one of these roots; raises Mistake."""
    for root in roots:
        told = wire.open_keyset(keys.keyset, find_by({"root": root}.get))
        if isinstance(told, KeySet):
            return told
    raise Mistake("the key set is not signed by this site's root")


def load_root(folder: Path) -> bytes:
    """The site root's private key; raises Mistake where it was taken off this machine."""
    path = folder / "keys" / "root"
    try:
        return bytes.fromhex(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise Mistake(f"{path}: the site root is not here; bring it back to print it") from fault


def root_public(root: bytes) -> bytes:
    """What devices know of a site root."""
    return Ed25519PrivateKey.from_private_bytes(root).public_key().public_bytes_raw()


def site_with(keys: HubKeys, root: bytes) -> str:
    """As site_of, also where ``root`` was half put in force when the machine died."""
    return _keyset_of(keys, keys.root_public, root_public(root)).site


def put_in_force(
    folder: Path, slots: Mapping[int, bytes], system_id: bytes, root: bytes, now_s: float
) -> None:
    """Card masters and site root from elsewhere, in place of those here.

    The root signs this folder's hub keys anew, as the newest key set of the site: whatever device
    knows the root believes this hub. Torn anywhere it can be done again.
    """
    keys, public = folder / "keys", root_public(root)
    held = load(folder)
    told = _keyset_of(held, held.root_public, public)
    for slot, master in slots.items():
        write_private(keys / f"card-{slot}", master.hex())
    write_private(keys / "system-id", system_id.hex())
    fresh = replace(told, serial=max(told.serial + 1, int(now_s)))
    signer = Signer("root", Ed25519PrivateKey.from_private_bytes(root))
    write_private(keys / "keyset", wire.sign_keyset(fresh, signer).decode())
    write_private(keys / "root.pub", public.hex())
    write_private(keys / "root", root.hex())


# --------------------------------------------------------------------------- what is on paper


@dataclass(frozen=True, slots=True)
class OnPaper:
    """The newest printing of the escrow sheets, and which of them have opened the masters."""

    set_name: str
    printed_at: float
    tried: tuple[int, ...] = ()
    tried_at: float | None = None
    fits: bool = True  # the masters are still those that were printed


def _mark_of_masters(keys: HubKeys) -> str:
    """A keyed mark by which other masters are noticed; it tells nothing of them."""
    masters = "".join(keys.masters[slot].hex() for slot in CARD_SLOTS)
    return keys.mark("escrow", masters + keys.system_id.hex() + keys.root_public.hex())


def note_paper(folder: Path, keys: HubKeys, note: OnPaper) -> None:
    """Keep what is known of the sheets that open the masters of this folder."""
    told = {
        "set": note.set_name, "printed_at": note.printed_at, "tried": list(note.tried),
        "tried_at": note.tried_at, "of": _mark_of_masters(keys),
    }  # fmt: skip
    write_private(folder / ESCROW, json.dumps(told))


def read_paper(folder: Path, keys: HubKeys) -> OnPaper | None:
    """What was noted; None where nothing ever was."""
    try:
        told = json.loads((folder / ESCROW).read_text(encoding="utf-8"))
        return OnPaper(
            told["set"], told["printed_at"], tuple(told["tried"]), told["tried_at"],
            told["of"] == _mark_of_masters(keys),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return None


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
