"""A device's own keys, and what its adoption gave it: the only trust it has."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from devices.jws import Signer, b64, canonical, unb64
from devices.mistake import Mistake

KINDS = ("door", "point", "kiosk", "meter", "desk")  # of devices
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    fresh = path.with_suffix(path.suffix + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


@dataclass(frozen=True, slots=True)
class PublicIdentity:
    """What a device shows of itself at adoption; the fingerprint is compared by people."""

    device: str
    kind: str
    ed25519: bytes
    x25519: bytes

    @property
    def fingerprint(self) -> str:
        """Sixteen bytes of SHA-256 over both keys and the id, in groups of four digits."""
        digest = hashlib.sha256(canonical([self.device, b64(self.ed25519), b64(self.x25519)]))
        text = digest.hexdigest()[:32]
        return "-".join(text[i : i + 4] for i in range(0, 32, 4))

    def as_json(self) -> str:
        """The public file of ``linli device identity``."""
        body = {
            "device": self.device,
            "kind": self.kind,
            "ed25519": b64(self.ed25519),
            "x25519": b64(self.x25519),
        }
        return json.dumps(body)

    @staticmethod
    def from_json(text: str) -> PublicIdentity:
        """Read such a file; a mistake names what is wrong."""
        try:
            body = json.loads(text)
            keys = (unb64(body["ed25519"]), unb64(body["x25519"]))
            if None in keys or any(len(key or b"") != 32 for key in keys):
                raise ValueError("keys")
            return PublicIdentity(body["device"], body["kind"], keys[0] or b"", keys[1] or b"")
        except (KeyError, TypeError, ValueError) as fault:
            raise Mistake(f"this is not a device's public identity: {fault}") from fault


@dataclass(frozen=True, slots=True)
class Identity:
    """A device's private keys; they are made on the device and never leave it."""

    device: str
    kind: str
    signing: Ed25519PrivateKey
    sealing: X25519PrivateKey

    @property
    def signer(self) -> Signer:
        """Signs ``rsp``, ``evt`` and ``have``; the key's name is the device's id."""
        return Signer(self.device, self.signing)

    @property
    def public(self) -> PublicIdentity:
        """The public half."""
        return PublicIdentity(
            self.device,
            self.kind,
            self.signing.public_key().public_bytes(*_RAW),
            self.sealing.public_key().public_bytes(*_RAW),
        )

    @staticmethod
    def make(device: str, kind: str) -> Identity:
        """Fresh keys from the operating system's generator."""
        return Identity(device, kind, Ed25519PrivateKey.generate(), X25519PrivateKey.generate())

    def save(self, folder: Path) -> None:
        """Keep the keys in ``identity.json``, readable by their owner only."""
        body = {
            "device": self.device,
            "kind": self.kind,
            "ed25519": b64(self.signing.private_bytes_raw()),
            "x25519": b64(self.sealing.private_bytes_raw()),
        }
        write_private(folder / "identity.json", json.dumps(body))

    @staticmethod
    def load(folder: Path) -> Identity:
        """The keys of a data folder; a mistake says how to make them."""
        path = folder / "identity.json"
        if not path.exists():
            raise Mistake(f"{path} is missing: run `linli device identity --data {folder}` first")
        body = json.loads(path.read_text(encoding="utf-8"))
        return Identity(
            body["device"],
            body["kind"],
            Ed25519PrivateKey.from_private_bytes(unb64(body["ed25519"]) or b""),
            X25519PrivateKey.from_private_bytes(unb64(body["x25519"]) or b""),
        )


@dataclass(frozen=True, slots=True)
class Adoption:
    """What the site gave a device when a person had compared fingerprints both ways."""

    site: str
    hub: str
    root: Ed25519PublicKey
    keyset: bytes
    broker_host: str
    broker_port: int
    broker_ca: str | None
    broker_secret: str
    hub_url: str | None = None

    @staticmethod
    def load(folder: Path, identity: Identity) -> Adoption:
        """Read ``adoption.json``; its broker secret opens only with this device's key."""
        path = folder / "adoption.json"
        if not path.exists():
            raise Mistake(
                f"{path} is missing: run `linli device adopt` at the hub, "
                "compare the fingerprint, and bring the file here"
            )
        body = json.loads(path.read_text(encoding="utf-8"))
        if body["device"] != identity.device:
            raise Mistake(f"{path} is for {body['device']}, this device is {identity.device}")
        try:
            secret = _SUITE.decrypt(
                unb64(body["secret"]) or b"", identity.sealing, info=b"linli-adoption-1"
            )
        except (InvalidTag, ValueError) as fault:
            raise Mistake(f"{path} was made for other keys: adopt this device again") from fault
        return Adoption(
            site=body["site"],
            hub=body["hub"],
            root=Ed25519PublicKey.from_public_bytes(unb64(body["root"]) or b""),
            keyset=body["keyset"].encode(),
            broker_host=body["broker"]["host"],
            broker_port=int(body["broker"]["port"]),
            broker_ca=body["broker"].get("ca"),
            broker_secret=secret.decode(),
            hub_url=body.get("hub_url"),
        )


def adoption_json(
    to: PublicIdentity,
    site: str,
    hub: str,
    root: bytes,
    keyset: bytes,
    broker: dict[str, str | int | None],
    secret: str,
    hub_url: str | None,
) -> str:
    """The adoption file for a device; the broker secret is sealed to its X25519 key."""
    sealed = _SUITE.encrypt(
        secret.encode(), X25519PublicKey.from_public_bytes(to.x25519), info=b"linli-adoption-1"
    )
    body = {
        "device": to.device,
        "site": site,
        "hub": hub,
        "root": b64(root),
        "keyset": keyset.decode(),
        "broker": broker,
        "secret": b64(sealed),
        "hub_url": hub_url,
    }
    return json.dumps(body)
