"""A resident's phone without a screen: a P-256 key, signed requests, the hub's public API."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from devices.jws import b64, canonical

_ECDSA = ec.ECDSA(SHA256())


@dataclass(frozen=True, slots=True)
class SentRequest:
    """The very bytes of a signed request, so that somebody may copy them."""

    method: str
    path: str
    proof: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: dict[str, Any]
    sent: SentRequest | None = None  # the bytes that it answers


class Phone:
    """One phone. ``base_url`` is the hub's address as a phone sees it."""

    def __init__(self, base_url: str, http: httpx.AsyncClient) -> None:
        self._http = http
        self._base = base_url
        self._key = ec.generate_private_key(ec.SECP256R1())
        numbers = self._key.public_key().public_numbers()
        self.jwk = {
            "kty": "EC",
            "crv": "P-256",
            "x": b64(numbers.x.to_bytes(32)),
            "y": b64(numbers.y.to_bytes(32)),
        }
        text = json.dumps(
            {name: self.jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":")
        )
        self.kid = b64(hashlib.sha256(text.encode()).digest())
        self._nonce: str | None = None
        self.last: SentRequest | None = None

    async def enrol(self, code: str, label: str) -> Reply:
        """Introduce the phone with a one-time code."""
        return await self.send(
            "POST", "/api/v1/phones", {"code": code, "jwk": self.jwk, "label": label}
        )

    async def open(self, door: str) -> Reply:
        """Shake: ask for a door; a nonce that lay about too long is replaced once."""
        reply = await self.send("POST", "/api/v1/openings", {"door": door})
        if reply.body.get("code") == "request_stale":
            reply = await self.send("POST", "/api/v1/openings", {"door": door})
        return reply

    async def send(self, method: str, path: str, body: dict[str, Any] | None) -> Reply:
        """Sign and send; the next nonce rides on the answer."""
        raw = b"" if body is None else canonical(body)
        request = SentRequest(
            method, path, self._proof(method, path, raw, await self._fresh()), raw
        )
        self.last = request
        return await self.deliver(request)

    async def deliver(self, request: SentRequest) -> Reply:
        """Send these very bytes; anybody who copied them can do so too."""
        answer = await self._http.request(
            request.method,
            self._base + request.path,
            content=request.body,
            headers={"Linli-Proof": request.proof, "Content-Type": "application/json"},
        )
        self._nonce = answer.headers.get("Linli-Nonce")
        return Reply(answer.status_code, answer.json() if answer.content else {}, request)

    async def _fresh(self) -> str:
        nonce, self._nonce = self._nonce, None
        if nonce is None:
            answer = await self._http.get(self._base + "/api/v1/nonce", params={"kid": self.kid})
            nonce = str(answer.json()["nonce"])
        return nonce

    def _proof(self, method: str, path: str, body: bytes, nonce: str) -> str:
        head = {"alg": "ES256", "kid": self.kid, "typ": "linli-proof+jwt"}
        claims = {
            "htm": method,
            "htu": path,
            "bh": b64(hashlib.sha256(body).digest()),
            "nonce": nonce,
        }
        signed = f"{b64(canonical(head))}.{b64(canonical(claims))}"
        r, s = decode_dss_signature(self._key.sign(signed.encode(), _ECDSA))
        return f"{signed}.{b64(r.to_bytes(32) + s.to_bytes(32))}"
