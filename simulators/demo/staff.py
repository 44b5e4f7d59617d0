"""A staff member without a screen: claims the first code, signs in with both factors, looks."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import httpx

from simulators.demo import sse

NAME = "admin"
PASSWORD = "willow-brook-town"  # of a made-up town, printed at start
STEP_S = 30  # the life of a one-time code
CODES_TRIED = 3  # the hub takes the one before, the present and the next
_CLIENT = {"Linli-Client": "console"}
_CODE_REFUSED = ("sign_in_refused", "factor_wrong")  # spent already, or too old when looked at


def code_of_step(secret: str, step: int) -> str:
    """The six digits an authenticator app shows in a half minute (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, step.to_bytes(8), "sha1").digest()
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF) % 1_000_000:06d}"


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
        code may be too old when it is looked at, or a person has spent it; then the next one is.
        """

        async def sign_in(otp: str) -> dict[str, Any]:
            known = {"name": NAME, "password": PASSWORD, "otp": otp}
            return await self._post("staff/sign-in", known)

        await self._with_code(sign_in)

    async def _with_code(self, what: Callable[[str], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        for tries_left in reversed(range(CODES_TRIED)):
            step = max(int(time.time() // STEP_S) - 1, self._spent_step + 1)
            await asyncio.sleep(max(0.0, (step - 1) * STEP_S - time.time()))
            self._spent_step = step
            try:
                return await what(code_of_step(self.secret, step))
            except httpx.HTTPStatusError as refused:
                if not tries_left or _code_of(refused.response) not in _CODE_REFUSED:
                    raise
        raise AssertionError

    def code_to_show(self, now_s: float) -> str:
        """A code that a person can use now: the app's, or the next where that one is spent."""
        return code_of_step(self.secret, max(int(now_s // STEP_S), self._spent_step + 1))

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

    async def unblock_card(self, card: str, reason: str) -> None:
        """A lost card was found."""
        await self._post(f"cards/{card}/unblock", {"reason": reason})

    async def calls(self) -> list[dict[str, Any]]:
        """Who rings at the duty desk."""
        return list((await self._get("calls"))["calls"])

    async def answer_call(self, call: str, answer: str) -> None:
        """Take a call at the desk: "open" or "not_now"."""
        await self._post(f"calls/{call}/answer", {"answer": answer})

    async def open_door(self, door: str, reason: str) -> dict[str, Any]:
        """Open from the desk, with the second factor; raises httpx.HTTPStatusError."""

        async def opens(otp: str) -> dict[str, Any]:
            return await self._post(f"doors/{door}/open", {"reason": reason, "otp": otp})

        return await self._with_code(opens)

    async def apply_sheet(self, file: str, raw: bytes) -> str:
        """Look at a sheet and take it in; the import's id."""
        answer = await self._http.post(
            f"{self._base}/api/v1/imports", params={"file": file}, content=raw
        )
        answer.raise_for_status()
        sheet = str(answer.json()["id"])
        await self._post(f"imports/{sheet}/apply", None)
        return sheet

    async def sheet_state(self, sheet: str) -> str:
        """How far an import is: "applying", "applied"..."""
        imports = (await self._get("imports"))["imports"]
        return next((str(each["state"]) for each in imports if each["id"] == sheet), "")

    async def console(self) -> dict[str, Any]:
        """All that the wall shows of doors and devices."""
        return await self._get("console")

    async def door_health(self) -> list[dict[str, Any]]:
        """What is wrong with each door, the gravest first."""
        return list((await self._get("door-health"))["doors"])

    async def live(self) -> AsyncGenerator[str, None]:
        """What kind of thing has just changed; "open" once the stream stands."""
        stream = sse.events(self._http, f"{self._base}/api/v1/live")
        async with contextlib.aclosing(stream) as changes:
            async for kind, _ in changes:
                yield kind

    async def ask(
        self, method: str, path: str, body: object = None, *, raw: bytes | None = None
    ) -> dict[str, Any]:
        """Any request below /api/v1/, with JSON or bytes; raises httpx.HTTPError."""
        given: dict[str, Any] = {"json": body} if body is not None else {"content": raw}
        answer = await self._http.request(method, f"{self._base}/api/v1/{path}", **given)
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}

    async def stream(self, path: str) -> AsyncGenerator[tuple[str, str], None]:
        """(kind, data) of a stream of events until it ends; raises httpx.HTTPError."""
        async with contextlib.aclosing(
            sse.events(self._http, f"{self._base}/api/v1/{path}")
        ) as events:
            async for event in events:
                yield event

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
        return dict(answer.json()) if answer.content else {}


def _code_of(answer: httpx.Response) -> str | None:
    """The reason that a refusal names."""
    try:
        code = answer.json()["code"]
    except (ValueError, KeyError, TypeError):
        return None
    return code if isinstance(code, str) else None
