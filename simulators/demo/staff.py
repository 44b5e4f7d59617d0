"""A staff member without a screen: claims the first code, signs in with both factors, looks."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import time
from collections.abc import AsyncGenerator
from typing import Any

import httpx

from simulators.demo import sse

NAME = "admin"
PASSWORD = "willow-brook-town"  # of a made-up town, printed at start
STEP_S = 30  # the life of a one-time code
_CLIENT = {"Linli-Client": "console"}


def code_of_step(secret: str, step: int) -> str:
    """The six digits an authenticator app shows in a half minute (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, step.to_bytes(8), "sha1").digest()
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF) % 1_000_000:06d}"


def one_time_code(secret: str, now_s: float) -> str:
    """The code that an authenticator app shows now."""
    return code_of_step(secret, int(now_s // STEP_S))


class Staff:
    """One administrator of the made-up town, with one session."""

    def __init__(
        self, base_url: str, http: httpx.AsyncClient | None = None, *, secret: str = ""
    ) -> None:
        self._http = http or httpx.AsyncClient(trust_env=False, timeout=10.0)
        self._http.headers.update(_CLIENT)
        self._base = base_url
        self._spent_step = 0
        self.secret = secret

    async def claim(self, code: str) -> None:
        """Use the first administrator's code."""
        answer = await self._post("staff/claim", {"code": code, "name": NAME, "password": PASSWORD})
        self.secret = str(answer["totp_secret"])

    async def sign_in(self) -> None:
        """Both factors; the session cookie stays with this client.

        A code works once and may be half a minute off, so the oldest unspent one is used: the
        one that an authenticator app shows now stays good for a person. On a busy machine that
        code may be too old when it is looked at; then the next one is.
        """
        try:
            await self._sign_in_once()
        except httpx.HTTPStatusError as refused:
            if refused.response.status_code != httpx.codes.UNAUTHORIZED:
                raise
            await self._sign_in_once()

    async def _sign_in_once(self) -> None:
        step = max(int(time.time() // STEP_S) - 1, self._spent_step + 1)
        await asyncio.sleep(max(0.0, (step - 1) * STEP_S - time.time()))
        otp = code_of_step(self.secret, step)
        self._spent_step = step
        await self._post("staff/sign-in", {"name": NAME, "password": PASSWORD, "otp": otp})

    async def events(self, limit: int = 200) -> list[dict[str, Any]]:
        """The newest events."""
        return list((await self._get("events", limit=limit))["events"])

    async def phones_of(self, name: str) -> int:
        """How many phones the people of this name have."""
        people = (await self._get("people", query=name))["people"]
        return sum(len(person["phones"]) for person in people)

    async def cards(self, query: str) -> list[dict[str, Any]]:
        """The cards of whoever fits."""
        return list((await self._get("cards", query=query))["cards"])

    async def card(self, card: str) -> dict[str, Any]:
        """A card, and which doors have forgotten it when it is lost."""
        return await self._get(f"cards/{card}")

    async def block_card(self, card: str) -> None:
        """A card is lost."""
        await self._post(f"cards/{card}/block", None)

    async def live(self) -> AsyncGenerator[str, None]:
        """What kind of thing has just changed; "open" once the stream stands."""
        stream = sse.events(self._http, f"{self._base}/api/v1/live")
        async with contextlib.aclosing(stream) as changes:
            async for kind, _ in changes:
                yield kind

    async def close(self) -> None:
        """Leave."""
        await self._http.aclose()

    async def _get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = await self._http.get(f"{self._base}/api/v1/{path}", params=query)
        answer.raise_for_status()
        return dict(answer.json())

    async def _post(self, path: str, body: object) -> dict[str, Any]:
        answer = await self._http.post(f"{self._base}/api/v1/{path}", json=body)
        answer.raise_for_status()
        return dict(answer.json())
