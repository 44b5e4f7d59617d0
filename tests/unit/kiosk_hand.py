"""A kiosk's signed requests, by hand: EdDSA with the device's identity, one nonce each."""

import hashlib
from typing import Any

import httpx

from devices.identity import Identity
from devices.jws import Signer, b64, canonical
from simulators.phone import Reply


class KioskHand:
    """Signs and sends as an adopted device does."""

    def __init__(self, identity: Identity, http: httpx.AsyncClient) -> None:
        self._signer = Signer(identity.device, identity.signing)
        self._http = http
        self._nonce: str | None = None

    def forget_nonce(self) -> None:
        self._nonce = None

    async def send(self, method: str, path: str, body: dict[str, Any] | None) -> Reply:
        raw = b"" if body is None else canonical(body)
        if self._nonce is None:
            answer = await self._http.get("/api/v1/nonce", params={"kid": self._signer.kid})
            self._nonce = answer.json()["nonce"]
        claims = {
            "htm": method,
            "htu": path,
            "bh": b64(hashlib.sha256(raw).digest()),
            "nonce": self._nonce,
        }
        proof = self._signer.sign("linli-proof+jwt", claims).decode()
        answer = await self._http.request(method, path, content=raw, headers={"Linli-Proof": proof})
        self._nonce = answer.headers.get("Linli-Nonce")
        return Reply(answer.status_code, answer.json() if answer.content else {})
