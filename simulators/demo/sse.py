"""Reading server-sent events: what the hub, the kiosk and the town's own page are told."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import httpx

SILENCE_MOST_S = 40.0  # servers of ours beat every 15 s; longer means a dead one


async def events(http: httpx.AsyncClient, url: str) -> AsyncGenerator[tuple[str, str], None]:
    """(kind, data) of each event until the stream ends; ("open", "") when it stands.

    Raises httpx.HTTPError.
    """
    timeout = httpx.Timeout(10.0, read=SILENCE_MOST_S)
    async with http.stream("GET", url, timeout=timeout) as answer:
        answer.raise_for_status()
        yield "open", ""
        kind, parts = "message", list[str]()
        async for line in answer.aiter_lines():
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                kind = value
            elif name == "data":
                parts.append(value)
            elif not line:
                if parts:
                    yield kind, "\n".join(parts)
                kind, parts = "message", []
