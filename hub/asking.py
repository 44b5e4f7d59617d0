"""Asking the running hub of a data folder, as its operator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from devices.mistake import Mistake

CALL_S = 60.0  # a thousand rows of a roster on a slow disk


def call(data: Path, path: str, body: object) -> Any:
    """Ask the running hub of a data folder as its operator."""
    answer = answer_of(data, path, body)
    return answer.json() if answer.content else None


def answer_of(data: Path, path: str, body: object, timeout_s: float = CALL_S) -> Any:
    """The running hub's whole answer; a refusal is a mistake of the caller.

    ``body`` goes up as JSON, or as it is where it is bytes.
    """
    import httpx  # noqa: PLC0415

    token = data / "operator.json"
    if not token.exists():
        raise Mistake(f"no hub runs on {data}: start it with `linli hub run --data {data}`")
    where = json.loads(token.read_text(encoding="utf-8"))
    answer = httpx.post(
        where["url"] + "/api/v1/operator/" + path,
        **({"content": body} if isinstance(body, bytes) else {"json": body}),
        headers={"Authorization": f"Bearer {where['token']}"},
        timeout=timeout_s,
        trust_env=False,
        verify=False,  # noqa: S501 - the machine's own hub; the token file names where it is
    )
    if answer.status_code >= 400:
        told = answer.json()
        raise Mistake(f"{told.get('code')}: {told.get('detail') or told.get('title')}")
    return answer
