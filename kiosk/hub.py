"""The kiosk's way to the hub: signed requests, the next nonce on each answer, three ways to fail.

Each request is signed with the device's own key (header ``Linli-Proof``, an EdDSA JWS over method,
path, body hash and a single-use nonce). What comes back is JSON, a refusal with its reason, or
silence, and silence means that nobody knows whether the request arrived.
"""

from __future__ import annotations

import hashlib
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import httpx

from devices.jws import Signer, b64, canonical, parse_json

PROOF_TYP = "linli-proof+jwt"
NONCES_KEPT = 8  # requests in flight of one kiosk are two or three
NONCE_GOOD_S = 240.0  # the hub's live 600 s; ours end well before
CONNECT_S = 2.0  # the hub is in the same house
ANSWER_S = 4.0  # an honest answer takes milliseconds


class HubSilent(Exception):
    """No answer came: the request may or may not have arrived."""


class HubRefused(Exception):
    """The hub said no, and why."""

    def __init__(self, status: int, code: str, body: Mapping[str, Any]) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.body = body


class HubSide(Protocol):
    """What payments and cards need of the hub."""

    async def post(
        self, path: str, body: Mapping[str, Any], *, answer_s: float = ...
    ) -> dict[str, Any]:
        """A signed POST; raises HubRefused or HubSilent."""

    async def get(self, path: str, *, answer_s: float = ...) -> dict[str, Any]:
        """A signed GET; raises HubRefused or HubSilent."""

    def left_s(self, instant: str) -> float:
        """Seconds until an instant of the hub."""


class Hub:
    """One kiosk's client of its hub."""

    def __init__(
        self, url: str, signer: Signer, http: httpx.AsyncClient, monotonic: Callable[[], float]
    ) -> None:
        self._url = url.rstrip("/")
        self._signer = signer
        self._http = http
        self._monotonic = monotonic
        self._nonces: deque[tuple[str, float]] = deque(maxlen=NONCES_KEPT)
        self._told: tuple[float, float] | None = None
        self.on_silence: Callable[[], None] = lambda: None

    # ----------------------------------------------------------------- requests

    async def post(
        self, path: str, body: Mapping[str, Any], *, answer_s: float = ANSWER_S
    ) -> dict[str, Any]:
        """A signed POST; raises HubRefused or HubSilent."""
        return await self._signed("POST", path, canonical(body), answer_s)

    async def get(self, path: str, *, answer_s: float = ANSWER_S) -> dict[str, Any]:
        """A signed GET; raises HubRefused or HubSilent."""
        return await self._signed("GET", path, b"", answer_s)

    async def look(self, path: str) -> dict[str, Any]:
        """A GET that anybody may do; raises HubRefused or HubSilent."""
        return _read(await self._send("GET", path, b"", {}, ANSWER_S))

    async def _signed(self, method: str, path: str, raw: bytes, answer_s: float) -> dict[str, Any]:
        try:
            return _read(await self._prove(method, path, raw, answer_s))
        except HubRefused as refused:
            if refused.code != "request_stale":
                raise
        # a nonce of before a hub's restart, or from a clock set back: refused, so nothing was done
        self._nonces.clear()
        return _read(await self._prove(method, path, raw, answer_s))

    async def _prove(self, method: str, path: str, raw: bytes, answer_s: float) -> httpx.Response:
        claims = {
            "htm": method,
            "htu": path,
            "bh": b64(hashlib.sha256(raw).digest()),
            "nonce": await self._nonce(),
        }
        proof = self._signer.sign(PROOF_TYP, claims).decode()
        answer = await self._send(method, path, raw, {"Linli-Proof": proof}, answer_s)
        if "Linli-Nonce" in answer.headers:
            self._nonces.append((answer.headers["Linli-Nonce"], self._monotonic()))
        return answer

    async def _nonce(self) -> str:
        while self._nonces:
            nonce, at_s = self._nonces.popleft()
            if self._monotonic() - at_s < NONCE_GOOD_S:
                return nonce
        told = await self.look(f"/api/v1/nonce?kid={self._signer.kid}")
        return str(told.get("nonce", ""))

    async def _send(
        self, method: str, path: str, raw: bytes, headers: Mapping[str, str], answer_s: float
    ) -> httpx.Response:
        kind = {"Content-Type": "application/json"} if raw else {}
        try:
            return await self._http.request(
                method,
                self._url + path,
                content=raw,
                headers={**headers, **kind},
                timeout=httpx.Timeout(answer_s, connect=CONNECT_S),
            )
        except (httpx.HTTPError, ssl.SSLError) as fault:
            self.on_silence()
            raise HubSilent(type(fault).__name__) from fault

    # ----------------------------------------------------------------- the hub's time

    def told_time(self, instant: str) -> None:
        """The hub just said what time it is."""
        at_s = _seconds(instant)
        if at_s is not None:
            self._told = (at_s, self._monotonic())

    def now_s(self) -> float | None:
        """The hub's time now, as it last said; two machines' clocks are never subtracted."""
        if self._told is None:
            return None
        return self._told[0] + self._monotonic() - self._told[1]

    def left_s(self, instant: str) -> float:
        """Seconds until an instant of the hub; 0 when it is past, or nobody knows."""
        end_s, now_s = _seconds(instant), self.now_s()
        return 0.0 if end_s is None or now_s is None else max(0.0, end_s - now_s)


def _seconds(instant: str) -> float | None:
    try:
        when = datetime.fromisoformat(instant)
    except ValueError:
        return None
    return when.timestamp() if when.tzinfo is not None else None


def _read(answer: httpx.Response) -> dict[str, Any]:
    body = parse_json(answer.content) if answer.content else {}
    if 200 <= answer.status_code < 300 and body is not None:
        return body
    if body is None or not isinstance(body.get("code"), str):
        raise HubSilent(
            f"somebody else answered: {answer.status_code}"
        )  # a proxy speaks, not the hub
    raise HubRefused(answer.status_code, body["code"], body)


def client(ca: str | None) -> httpx.AsyncClient:
    """Connections to the hub; ``ca`` is the PEM file of the site's own authority, if any."""
    trust: ssl.SSLContext | bool = ssl.create_default_context(cafile=ca) if ca else True
    # the machine's HTTP proxy has no business between a kiosk and its hub
    return httpx.AsyncClient(verify=trust, trust_env=False)
