"""The stand-in's HTTP side: the merchant's API, signed both ways, and the payer's page."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from typing import TYPE_CHECKING, Final

import uvicorn
from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from drivers import wechatpay as wire
from drivers import wechatpay_bodies as bodies
from simulators.provider import page
from simulators.provider.provider import NotPaid, Provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request

STATUS: Final = {
    "PARAM_ERROR": 400,
    "APPID_MCHID_NOT_MATCH": 400,
    "ORDER_CLOSED": 400,
    "ORDERPAID": 400,
    "INVALID_REQUEST": 400,
    "OUT_TRADE_NO_USED": 403,
    "NO_AUTH": 403,
    "ORDER_NOT_EXIST": 404,
    "RESOURCE_NOT_EXISTS": 404,
}
"""The HTTP status of each error code, as the provider documents them."""

_Reply = tuple[int, bytes]


def make_app(provider: Provider) -> Starlette:
    """Return the ASGI application of a provider."""
    desk = _Desk(provider)
    return Starlette(
        routes=[
            Route(bodies.NATIVE_PATH, desk.create, methods=["POST"]),
            Route(bodies.ORDER_PATH + "{number}", desk.query, methods=["GET"]),
            Route(bodies.ORDER_PATH + "{number}/close", desk.close, methods=["POST"]),
            Route(bodies.REFUND_PATH, desk.refund, methods=["POST"]),
            Route("/pay/style.css", _style, methods=["GET"]),
            Route("/pay/{token}", desk.show, methods=["GET"]),
            Route("/pay/{token}", desk.pay, methods=["POST"]),
        ]
    )


async def serve(provider: Provider, port: int = 0) -> None:
    """Serve on loopback until cancelled; sets `provider.base_url`, then `provider.listening`."""
    with contextlib.closing(_listen(port)) as sock:
        provider.base_url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        provider.listening.set()
        config = uvicorn.Config(make_app(provider), log_config=None, access_log=False)
        server = _Server(config)
        task = asyncio.ensure_future(server.serve(sockets=[sock]))
        try:
            await asyncio.shield(task)
        finally:
            server.should_exit = True
            await task
            await provider.aclose()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signals to the process: this server is a guest in it."""
        yield


class _Desk:
    """The provider's desk: who signs rightly is served, and every answer is signed."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def create(self, request: Request) -> Response:
        """Take a native order."""
        return await self._answer(request, self._create)

    async def query(self, request: Request) -> Response:
        """Say what became of an order."""
        return await self._answer(request, self._query)

    async def close(self, request: Request) -> Response:
        """Close an order."""
        return await self._answer(request, self._close)

    async def refund(self, request: Request) -> Response:
        """Give a payment back."""
        return await self._answer(request, self._refund)

    async def show(self, request: Request) -> Response:
        """Show the payer's page of a scanned code."""
        placed = self._provider.orders.by_token(request.path_params["token"])
        language = page.language(
            request.query_params.get("lang"), request.headers.get("accept-language", "")
        )
        body = page.render(placed, self._provider.now(), language)
        return Response(
            body,
            status_code=200 if placed else 404,
            media_type="text/html",
            headers={**page.HEADERS, "Content-Language": language},
        )

    async def pay(self, request: Request) -> Response:
        """Pay as the payer's phone does, then show what became of it."""
        placed = self._provider.orders.by_token(request.path_params["token"])
        if placed is not None:
            with contextlib.suppress(NotPaid):  # the page shows why
                await self._provider.pay(placed.order.out_trade_no)
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{request.url.path}{query}", status_code=303)

    async def _answer(self, request: Request, act: Callable[[Request, bytes], _Reply]) -> Response:
        provider = self._provider
        body = await request.body()
        if provider.faults.answers_5xx > 0:
            provider.faults.answers_5xx -= 1
            return _plain(500, "SYSTEM_ERROR", "try again later")
        who = wire.read_authorization(
            request.headers.get("authorization", ""),
            wire.Call(request.method, _target(request), body),
            provider.merchant_keys,
            int(provider.now().timestamp()),
        )
        if isinstance(who, bodies.Refused) or who.mchid != provider.papers.mchid:
            detail = who.detail if isinstance(who, bodies.Refused) else "another merchant"
            return _plain(401, "SIGN_ERROR", detail)
        status, answer = act(request, body)
        if provider.faults.slow_s:
            await provider.pause(provider.faults.slow_s)
        if provider.faults.answers_lost > 0:
            provider.faults.answers_lost -= 1
            return _plain(502, "SYSTEM_ERROR", "the answer was lost")
        headers = wire.signed_headers(
            provider.signer, answer, int(provider.now().timestamp()), secrets.token_hex(16)
        )
        return Response(answer, status, headers, media_type="application/json")

    def _create(self, _request: Request, body: bytes) -> _Reply:
        order = bodies.read_order(body)
        if isinstance(order, bodies.Refused):
            return _fault(bodies.Fault("PARAM_ERROR", order.detail))
        papers = self._provider.papers
        if (order.appid, order.mchid) != (papers.appid, papers.mchid):
            return _fault(bodies.Fault("APPID_MCHID_NOT_MATCH", "not this merchant's"))
        placed = self._provider.orders.place(order, self._provider.now())
        if isinstance(placed, bodies.Fault):
            return _fault(placed)
        return 200, bodies.write_code_url(f"{self._provider.base_url}/pay/{placed.token}")

    def _query(self, request: Request, _body: bytes) -> _Reply:
        if request.query_params.get("mchid") != self._provider.papers.mchid:
            return _fault(bodies.Fault("PARAM_ERROR", "mchid"))
        placed = self._provider.orders.find(request.path_params["number"])
        if placed is None:
            return _fault(bodies.Fault("ORDER_NOT_EXIST", "no such order"))
        return 200, bodies.write_transaction(placed.transaction())

    def _close(self, request: Request, body: bytes) -> _Reply:
        if bodies.read_close(body) != self._provider.papers.mchid:
            return _fault(bodies.Fault("PARAM_ERROR", "mchid"))
        closed = self._provider.orders.close(request.path_params["number"])
        return _fault(closed) if isinstance(closed, bodies.Fault) else (204, b"")

    def _refund(self, _request: Request, body: bytes) -> _Reply:
        asked = bodies.read_refund(body)
        if isinstance(asked, bodies.Refused):
            return _fault(bodies.Fault("PARAM_ERROR", asked.detail))
        status = self._provider.refund_status()
        if status is not bodies.RefundStatus.ABNORMAL:
            given = self._provider.orders.refund(asked)
            if isinstance(given, bodies.Fault):
                return _fault(given)
        return 200, bodies.write_refund_answer(bodies.RefundAnswer(asked, status))


def _fault(fault: bodies.Fault) -> _Reply:
    return STATUS[fault.code], bodies.write_fault(fault)


def _plain(status: int, code: str, message: str) -> Response:
    body = bodies.write_fault(bodies.Fault(code, message))
    return Response(body, status, media_type="application/json")


def _target(request: Request) -> str:
    path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query if query else path).decode("ascii")


async def _style(_request: Request) -> Response:
    return Response(page.STYLE, media_type="text/css", headers=page.HEADERS)


def _listen(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen()
    return sock
