"""A hub's callback endpoint and a provider on one made-up clock, joined without a socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from drivers import wechatpay as wire
from hub.core.payments import PaidNotice
from hub.gateways.wechatpay import CallbackRefused, Settings, WechatPay
from simulators.provider import Provider, make_app, make_papers

PAPERS = make_papers()
START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
PAY_ID = "0f" * 16


class Hub:
    """A hub's callback endpoint, no more."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.notices: list[PaidNotice] = []
        self.refused: list[str] = []
        self.fail = 0

    async def receive(self, request: Request) -> Response:
        body = await request.body()
        if self.fail:
            self.fail -= 1
            return Response(status_code=503)
        try:
            notice = self.town.pay.read_callback(request.headers, body, self.town.now)
        except CallbackRefused as refused:
            self.refused.append(refused.reason)
            return Response(status_code=401)
        self.notices.append(notice)
        return Response(status_code=204)


class Town:
    """Both sides on one made-up clock, joined without a socket."""

    def __init__(self, path: Path | None = None) -> None:
        self.now = START
        self.slept: list[float] = []
        self.hub = Hub(self)
        endpoint = Starlette(routes=[Route("/callback", self.hub.receive, methods=["POST"])])
        inward = httpx.AsyncClient(transport=httpx.ASGITransport(endpoint))
        self.provider = Provider(
            PAPERS, now=lambda: self.now, http=inward, sleep=self.sleep, path=path
        )
        self.provider.base_url = "http://provider"
        self.outward = httpx.AsyncClient(transport=httpx.ASGITransport(make_app(self.provider)))
        self.pay = self.gateway(PAPERS.merchant)

    def gateway(
        self, merchant: wire.SigningKey, pinned: bytes = PAPERS.provider_public_pem
    ) -> WechatPay:
        settings = Settings(
            "http://provider",
            PAPERS.appid,
            PAPERS.mchid,
            merchant,
            PAPERS.apiv3_key,
            {PAPERS.provider_serial: wire.load_public_key(pinned)},
            "http://hub/callback",
        )
        return WechatPay(settings, self.outward, now=lambda: self.now)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    async def order(self, payment_id: str = PAY_ID, fen: int = 10680) -> str:
        expires_at = START + timedelta(minutes=2)
        return await self.pay.create(payment_id, fen, "物业费 2026-10", expires_at)


@contextlib.asynccontextmanager
async def town(path: Path | None = None) -> AsyncIterator[Town]:
    found = Town(path)
    try:
        yield found
    finally:
        await found.provider.aclose()
        await found.outward.aclose()
