"""The receivers by HTTP. What is refused is answered with the vendor's own code and words.

Codes as the vendors' pages give them; where a page was silent the code is marked as a guess.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from defusedxml import ElementTree
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

KEPT_MAX = 1_000  # messages remembered; the oldest go first
HOUR_S = 3_600.0  # DingTalk and Feishu take signatures of the hour around now
HOOK_S = 300.0  # webhooks' signatures live five minutes, our own and Standard Webhooks'
MINUTE_S = 60.0
MINUTE_MOST = 20  # messages a robot takes in a minute (DingTalk, WeCom)
WECOM_TEXT_BYTES = 2_048
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
_REFERENCE = ("sender", "identifier", "sent")
_ACK = (
    '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{name}</identifier>'
    "<sender>{station}</sender><sent>{at}</sent><status>Actual</status><msgType>Ack</msgType>"
    "<scope>Private</scope><addresses>sender</addresses><references>{of}</references></alert>"
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that a receiver took."""

    kind: str
    key: str
    text: str
    to: tuple[str, ...] = ()


@dataclass(slots=True)
class Receivers:
    """All receivers of one site; ``failing`` makes the named kinds answer an HTTP status."""

    now_s: Callable[[], float]
    secret: str = "SEC-simulated"
    token: str = "simulated"
    public_key: bytes = b""  # Ed25519, of who may tell incidents; empty: nobody
    answer_seed: bytes = b""  # Ed25519, by which a station signs its answers; empty: it signs none
    station: str = "station@linli.invalid"  # the sender of its CAP answers
    returns: set[str] = field(default_factory=set)  # kinds of incidents that it will not have
    on_taken: Callable[[Taken], None] = lambda _taken: None
    failing: dict[str, int] = field(default_factory=dict)
    taken: deque[Taken] = field(default_factory=lambda: deque(maxlen=KEPT_MAX))
    _times: dict[str, deque[float]] = field(default_factory=dict)

    def take(self, kind: str, key: str, text: str, to: tuple[str, ...] = ()) -> None:
        """Keep a message."""
        taken = Taken(kind, key, text, to)
        self.taken.append(taken)
        self.on_taken(taken)

    def _knows(self, kind: str, key: str) -> bool:
        """A copy is told by its id."""
        return any((one.kind, one.key) == (kind, key) for one in self.taken)

    def too_fast(self, kind: str) -> bool:
        """Whether this robot got more than it takes in a minute."""
        times = self._times.setdefault(kind, deque(maxlen=MINUTE_MOST))
        now_s = self.now_s()
        if len(times) == MINUTE_MOST and now_s - times[0] < MINUTE_S:
            return True
        times.append(now_s)
        return False

    def application(self) -> Starlette:
        """The ASGI application."""
        routes = {
            "dingtalk": ("/robot/send", self._dingtalk),
            "feishu": ("/open-apis/bot/v2/hook/{token}", self._feishu),
            "wecom": ("/cgi-bin/webhook/send", self._wecom),
            "webhook": ("/hook", self._webhook),
            "sms": ("/sms", self._sms),
            "incident": ("/incidents", self._incident),
            "cap": ("/cap", self._cap),
        }
        return Starlette(
            routes=[
                Route(path, self._guarded(kind, answer), methods=["POST"])
                for kind, (path, answer) in routes.items()
            ]
        )

    def _guarded(self, kind: str, answer: Callable[[Request, bytes], Response]) -> Any:
        async def serve(request: Request) -> Response:
            if kind in self.failing:
                return Response("unavailable", self.failing[kind])
            return answer(request, await request.body())

        return serve

    # ----------------------------------------------------------------- robots

    def _dingtalk(self, request: Request, raw: bytes) -> Response:
        asked = request.query_params
        if asked.get("access_token") != self.token:
            return _code("errcode", 300_001, "token is not exist")
        stamp = asked.get("timestamp", "")
        fresh = stamp.isdecimal() and abs(self.now_s() - int(stamp) / 1_000) <= HOUR_S
        whole = hmac.new(self.secret.encode(), digestmod=hashlib.sha256)
        whole.update(stamp.encode() + b"\n" + self.secret.encode())
        if not fresh or not _same(whole.digest(), asked.get("sign", "")):
            return _code("errcode", 310_000, "sign not match")
        if self.too_fast("dingtalk"):
            return _code("errcode", 130_101, "send too fast, exceed 20 times per minute")
        body = json.loads(raw)
        self.take("dingtalk", "", body[body["msgtype"]]["content"])
        return _code("errcode", 0, "ok")

    def _feishu(self, request: Request, raw: bytes) -> Response:
        body = json.loads(raw)
        if request.path_params["token"] != self.token:
            return _code("code", 19_001, "param invalid: incoming webhook access token invalid")
        stamp = body.get("timestamp", "")
        fresh = isinstance(stamp, str) and stamp.isdecimal()
        fresh = fresh and abs(self.now_s() - int(stamp)) <= HOUR_S
        mark = hmac.digest(f"{stamp}\n{self.secret}".encode(), b"", "sha256")
        if not fresh or not _same(mark, body.get("sign", "")):
            return _code("code", 19_021, "sign match fail or timestamp is not within one hour")
        self.take("feishu", "", body["content"][body["msg_type"]])
        return _code("code", 0, "success")

    def _wecom(self, request: Request, raw: bytes) -> Response:
        if request.query_params.get("key") != self.token:
            return _code("errcode", 93_000, "invalid webhook url")
        if self.too_fast("wecom"):
            return _code("errcode", 45_009, "api freq out of limit")
        body = json.loads(raw)
        text = body[body["msgtype"]]["content"]
        if len(text.encode()) > WECOM_TEXT_BYTES:
            return _code("errcode", 40_058, "content exceeds its length")  # the code is a guess
        self.take("wecom", "", text)
        return _code("errcode", 0, "ok")

    # ----------------------------------------------------------------- signed JSON

    def _signed(self, request: Request, raw: bytes) -> bool:
        parts = dict(
            part.partition("=")[::2]
            for part in request.headers.get("linli-signature", "").split(",")
        )
        stamp = parts.get("t", "")
        if not stamp.isdecimal() or abs(self.now_s() - int(stamp)) > HOOK_S:
            return False
        mark = hmac.digest(self.secret.encode(), stamp.encode() + b"." + raw, "sha256").hex()
        return hmac.compare_digest(mark, parts.get("v1", ""))

    def _webhook(self, request: Request, raw: bytes) -> Response:
        if not self._signed(request, raw):
            return Response(status_code=401)
        body = json.loads(raw)
        if not self._knows("webhook", body["id"]):
            self.take("webhook", body["id"], f"{body['title']}\n{body['text']}")
        return Response(status_code=204)

    def _sms(self, request: Request, raw: bytes) -> Response:
        if not self._signed(request, raw):
            return Response(status_code=401)
        body = json.loads(raw)
        if not self._knows("sms", body["id"]):
            self.take("sms", body["id"], body["text"], tuple(body["to"]))
        return Response(status_code=202)

    # ----------------------------------------------------------------- Standard Webhooks

    def _vouched(self, request: Request, raw: bytes) -> bool:
        key, stamp = (
            request.headers.get("webhook-id", ""),
            request.headers.get("webhook-timestamp", ""),
        )
        marks = request.headers.get("webhook-signature", "").split()
        if not key or not stamp.isdecimal() or abs(self.now_s() - int(stamp)) > HOOK_S:
            return False
        return any(
            self._made(base64.b64decode(mark[4:]), f"{key}.{stamp}.".encode() + raw)
            for mark in marks
            if mark.startswith("v1a,")
        )

    def _made(self, mark: bytes, signed: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(mark, signed)
        except (InvalidSignature, ValueError):
            return False
        return True

    def _incident(self, request: Request, raw: bytes) -> Response:
        if not self._vouched(request, raw):
            return Response(status_code=401)
        key = request.headers["webhook-id"]
        if json.loads(raw).get("data", {}).get("kind") in self.returns:
            return self._signed_answer(key, b'{"type":"incident.returned"}', "application/json")
        if not self._knows("incident", key):
            self.take("incident", key, raw.decode())
        return self._signed_answer(key, b'{"type":"incident.acknowledged"}', "application/json")

    def _cap(self, request: Request, raw: bytes) -> Response:
        if not self._vouched(request, raw):
            return Response(status_code=401)
        key = request.headers["webhook-id"]
        told = ElementTree.fromstring(raw)  # signed by somebody we know
        sender, name, sent = (told.findtext(f"{CAP}{one}") for one in _REFERENCE)
        if not self._knows("cap", key):
            self.take("cap", key, raw.decode())
        now = datetime.fromtimestamp(self.now_s(), UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")
        answer = _ACK.format(
            name=f"ack-{name}", station=self.station, at=now, of=f"{sender},{name},{sent}"
        )
        return self._signed_answer(key, answer.encode(), "application/cap+xml")

    def _signed_answer(self, key: str, body: bytes, kind: str) -> Response:
        """What proves that it is this station, about this message, now."""
        if not self.answer_seed:
            return Response(status_code=204)
        stamp = str(int(self.now_s()))
        own = Ed25519PrivateKey.from_private_bytes(self.answer_seed)
        mark = base64.b64encode(own.sign(f"{key}.{stamp}.".encode() + body)).decode()
        headers = {
            "webhook-id": key,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1a,{mark}",
        }
        return Response(body, 200, headers, kind)


def _same(mark: bytes, shown: object) -> bool:
    return isinstance(shown, str) and hmac.compare_digest(base64.b64encode(mark).decode(), shown)


def _code(name: str, code: int, words: str) -> Response:
    """These robots always answer 200; the code says whether they took it."""
    return JSONResponse({name: code, "errmsg" if name == "errcode" else "msg": words})
