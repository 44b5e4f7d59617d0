"""A staff member without a screen: claims the first code, signs in with both factors, looks."""

from __future__ import annotations

import base64
import hmac
import time
from typing import Any

import httpx

NAME = "admin"
PASSWORD = "willow-brook-town"  # noqa: S105 - a made-up town's made-up password, printed at start
_CLIENT = {"Linli-Client": "console"}


def one_time_code(secret: str, now_s: float) -> str:
    """The six digits an authenticator app would show (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, int(now_s // 30).to_bytes(8), "sha1").digest()
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF) % 1_000_000:06d}"


class Staff:
    """One administrator of the made-up town."""

    def __init__(self, base_url: str, *, verify: bool = True) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url, trust_env=False, timeout=10.0, headers=_CLIENT, verify=verify
        )
        self.secret = ""

    async def claim(self, code: str) -> None:
        """Use the first administrator's code."""
        answer = await self._http.post(
            "/api/v1/staff/claim", json={"code": code, "name": NAME, "password": PASSWORD}
        )
        answer.raise_for_status()
        self.secret = str(answer.json()["totp_secret"])

    async def sign_in(self) -> None:
        """Both factors; the session cookie stays with this client."""
        otp = one_time_code(self.secret, time.time())
        answer = await self._http.post(
            "/api/v1/staff/sign-in", json={"name": NAME, "password": PASSWORD, "otp": otp}
        )
        answer.raise_for_status()

    async def events(self) -> list[dict[str, Any]]:
        """The newest events."""
        answer = await self._http.get("/api/v1/events", params={"limit": 200})
        answer.raise_for_status()
        return list(answer.json()["events"])

    async def close(self) -> None:
        """Leave."""
        await self._http.aclose()
