"""The papers of a made-up merchant at the stand-in for WeChat Pay: keys and numbers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

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
        return SigningKey(self.merchant_serial, load_private_key(self.merchant_private_pem))

    @property
    def provider(self) -> SigningKey:
        """The provider's signing key (this side)."""
        return SigningKey(self.provider_serial, load_private_key(self.provider_private_pem))

    @property
    def provider_public_pem(self) -> bytes:
        """What the hub pins under `provider_serial`."""
        return (
            load_private_key(self.provider_private_pem)
            .public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )


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
