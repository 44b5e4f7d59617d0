"""The papers of a made-up merchant at the stand-in for WeChat Pay: keys and numbers."""

from __future__ import annotations

import functools
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from devices.identity import write_private
from drivers.wechatpay import RSA_LEAST_BITS, SigningKey, load_private_key

APPID = "wx00000000000000ff"
MCHID = "1900000000"
"""No merchant has these; they look like the real ones on purpose."""


@dataclass(frozen=True, slots=True)
class Papers:
    """What a merchant and its provider exchange once, by hand, before the first order."""

    appid: str
    mchid: str
    merchant_serial: str
    merchant_private_pem: bytes = field(repr=False)
    apiv3_key: bytes = field(repr=False)
    provider_serial: str
    provider_private_pem: bytes = field(repr=False)

    @property
    def merchant(self) -> SigningKey:
        """The merchant's signing key (the hub's side)."""
        return SigningKey(self.merchant_serial, _key(self.merchant_private_pem))

    @property
    def provider(self) -> SigningKey:
        """The provider's signing key (this side)."""
        return SigningKey(self.provider_serial, _key(self.provider_private_pem))

    @property
    def provider_public_pem(self) -> bytes:
        """What the hub pins under `provider_serial`."""
        return (
            _key(self.provider_private_pem)
            .public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )


@functools.lru_cache(maxsize=16)  # parsing checks the primes each time, some 40 ms
def _key(pem: bytes) -> rsa.RSAPrivateKey:
    return load_private_key(pem)


def make_papers(appid: str = APPID, mchid: str = MCHID) -> Papers:
    """Make fresh keys for both sides (about 0.2 s)."""
    return Papers(
        appid=appid,
        mchid=mchid,
        merchant_serial=secrets.token_hex(20).upper(),
        merchant_private_pem=_new_pem(),
        apiv3_key=secrets.token_hex(16).encode("ascii"),
        provider_serial=f"PUB_KEY_ID_0119{secrets.randbelow(10**24):024d}",
        provider_private_pem=_new_pem(),
    )


def _new_pem() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_LEAST_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def write_papers(papers: Papers, folder: Path) -> None:
    """Leave the merchant's half where a hub looks for it; files that only their owner reads."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    names = {
        "appid": papers.appid,
        "mchid": papers.mchid,
        "merchant_serial": papers.merchant_serial,
        "provider_serial": papers.provider_serial,
    }
    write_private(folder / "papers.json", json.dumps(names))
    write_private(folder / "merchant.pem", papers.merchant_private_pem.decode())
    write_private(folder / "provider.pub.pem", papers.provider_public_pem.decode())
    write_private(folder / "apiv3.key", papers.apiv3_key.decode())
