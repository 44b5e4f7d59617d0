"""The hub's edge: clients that dawdle, proxies that are named, settings that make sense."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from devices.mistake import Mistake
from hub import backup, config
from hub.api import line
from hub.api.forwarded import real_scope
from hub.api.server import make_app, make_server
from tests.unit.hub_bench import CLIENT, HubBench, hub_bench

SOON_S = 30.0  # for what must come at once; a loaded machine, not an expectation


@contextlib.asynccontextmanager
async def served(bench: HubBench) -> AsyncIterator[int]:
    """The hub on a real socket; its port."""
    settings = bench.hub.settings
    bench.hub.settings = replace(settings, http=replace(settings.http, port=0))
    server = make_server(bench.app, bench.hub)
    serving = asyncio.ensure_future(server.serve())
    while not server.started:  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving


async def said_to(port: int, *parts: bytes) -> bytes:
    """Send parts and keep the line; what was answered when the other side let go."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.01)  # parts of their own
        async with asyncio.timeout(SOON_S):
            return await reader.read()
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


# --- clients that dawdle --------------------------------------------------------------------

BODY = b"POST /api/v1/staff/claim HTTP/1.1\r\nHost: hub\r\nContent-Length: 900\r\n\r\n"
ONE = b"GET /live HTTP/1.1\r\nHost: hub\r\n\r\n"


async def test_a_head_that_does_not_come_ends_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "HEAD_MOST_S", 0.3)
    told = {
        "never says a word": [b""],
        "half a head": [b"GET /live HTTP/1.1\r\nHost: hub\r\nX-A: b\r\n"],
        "a kept line, then half a head": [ONE, b"GET /li"],
        "the same in one breath": [ONE + b"GET /li"],
    }
    async with hub_bench(tmp_path) as bench, served(bench) as port:
        for what, parts in told.items():
            answer = await said_to(port, *parts)
            assert answer.rpartition(b"HTTP/1.1 ")[2].startswith(b"408"), what
            assert answer.count(b"HTTP/1.1 200") == parts[0].count(ONE), what


async def test_letters_now_and_then_buy_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slowloris: each piece used to keep the line open for ever."""
    monkeypatch.setattr(line, "HEAD_MOST_S", 0.5)
    monkeypatch.setattr(line, "BODY_MOST_S", 0.5)
    async with hub_bench(tmp_path) as bench, served(bench) as port:
        head = await dripped(port, b"GET /live HTTP/1.1\r\nHost: hub\r\n", b"X-A: a\r\n")
        assert head == b"" or head.startswith(b"HTTP/1.1 408")  # who still writes may miss it
        endless = BODY.replace(b"900", b"60000")
        assert await dripped(port, endless, b" ") == b""


async def dripped(port: int, first: bytes, piece: bytes) -> bytes:
    """Send the same piece over and over; what was answered when the other side let go."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    ended = asyncio.ensure_future(reader.read())
    writer.write(first)
    async with asyncio.timeout(SOON_S):
        while not ended.done():
            with contextlib.suppress(ConnectionError):
                writer.write(piece)
                await writer.drain()
            await asyncio.sleep(0.02)
    writer.close()
    with contextlib.suppress(ConnectionError):
        return await ended
    return b""


async def test_a_body_that_does_not_come_ends_the_line_and_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(line, "BODY_MOST_S", 0.3)
    typed = b"Content-Type: application/json\r\nLinli-Client: console\r\n\r\n"
    head = BODY.removesuffix(b"\r\n") + typed
    with caplog.at_level(logging.ERROR):
        async with hub_bench(tmp_path) as bench, served(bench) as port:
            assert await said_to(port, head, b'{"code":') == b""
    assert caplog.records == []


async def test_a_body_that_arrives_slowly_but_steadily_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "BODY_MOST_S", 0.5)
    monkeypatch.setattr(line, "BODY_LEAST_BYTES_S", 1)  # each byte is worth a second
    async with hub_bench(tmp_path) as bench, served(bench) as port:
        head = BODY.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\r\nConnection: close\r\n")
        parts = [b"{" + b" " * 29] * 30
        told = await said_to(port, head, *parts)
        assert b"422" in told.partition(b"\r\n")[0]


async def test_a_kept_line_and_a_long_answer_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two requests, and while the hub itself takes its time, no bound of these runs."""
    monkeypatch.setattr(line, "HEAD_MOST_S", 0.2)
    monkeypatch.setattr(line, "BODY_MOST_S", 0.2)
    async with hub_bench(tmp_path) as bench, served(bench) as port:
        await bench.administrator()
        cookies = {"linli_session": str(bench.http.cookies["linli_session"])}
        base = f"http://127.0.0.1:{port}"
        async with (
            httpx.AsyncClient(base_url=base, trust_env=False, cookies=cookies) as http,
            http.stream("GET", "/api/v1/live", headers=CLIENT) as stream,
            contextlib.aclosing(cast("Any", stream.aiter_raw())) as pieces,
        ):
            assert await anext(pieces)
            await asyncio.sleep(0.6)  # far past both bounds
            bench.hub.live.announce("phone", {"person": "p-1"})
            async with asyncio.timeout(SOON_S):
                assert b"event: phone" in await anext(pieces)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(ONE)
            async with asyncio.timeout(SOON_S):
                assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.6)
        writer.close()


# --- proxies that are named -----------------------------------------------------------------

NAMED = [ipaddress.ip_network("127.0.0.1"), ipaddress.ip_network("10.9.0.0/16")]


def asked_by(peer: str, *forwarded: str, scheme: str = "", named: Any = NAMED) -> tuple[str, str]:
    headers = [(b"x-forwarded-for", one.encode("latin-1")) for one in forwarded]
    headers += [(b"x-forwarded-proto", scheme.encode())] if scheme else []
    scope = {"client": (peer, 7), "scheme": "http", "headers": headers}
    seen = real_scope(scope, named)
    return seen["client"][0], seen["scheme"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("127.0.0.1", ["198.51.100.1, 203.0.113.7"], "203.0.113.7"),  # the left is hearsay
        ("127.0.0.1", ["203.0.113.7, 10.9.3.4"], "203.0.113.7"),  # through a second of ours
        ("127.0.0.1", ["203.0.113.7", "10.9.3.4"], "203.0.113.7"),  # in two headers
        ("127.0.0.1", ["203.0.113.7:5123"], "203.0.113.7"),
        ("127.0.0.1", ["[2001:db8::1]:443"], "2001:db8::1"),
        ("127.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("127.0.0.1", ["::ffff:203.0.113.7"], "203.0.113.7"),
        ("::ffff:127.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("127.0.0.1", ["203.0.113.7, nonsense"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.7, \xff"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["10.9.0.1, 10.9.0.2"], "10.9.0.1"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # no proxy of ours
        ("not-an-address", ["198.51.100.1"], "not-an-address"),
    ],
)
def test_who_asks_behind_a_named_proxy(peer: str, forwarded: list[str], client: str) -> None:
    assert asked_by(peer, *forwarded)[0] == client
    assert asked_by(peer, *forwarded, named=())[0] == peer


def test_a_long_chain_costs_no_more_than_a_short_one() -> None:
    hops = ["203.0.113.7", *["10.9.0.1"] * 5_000]
    assert asked_by("127.0.0.1", ", ".join(hops))[0] == "10.9.0.1"


def test_only_a_named_proxy_says_that_it_was_https() -> None:
    assert asked_by("127.0.0.1", scheme="https")[1] == "https"
    assert asked_by("127.0.0.1", scheme="http, https")[1] == "https"
    assert asked_by("127.0.0.1", scheme="wss")[1] == "http"
    assert asked_by("203.0.113.9", scheme="https")[1] == "http"


async def test_limits_count_the_caller_and_not_the_proxy(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        http = replace(bench.hub.settings.http, trusted_proxies=tuple(NAMED))
        bench.hub.settings = replace(bench.hub.settings, http=http)
        app, _ = make_app(bench.hub)

        async def refused(callers: list[str], peer: str) -> int:
            transport = httpx.ASGITransport(app, client=(peer, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
                return sum([
                    (await client.get("/api/v1/nonce?kid=x", headers={"X-Forwarded-For": who}))
                    .status_code == 429
                    for who in callers
                ])  # fmt: skip

        assert await refused([f"203.0.113.{n}" for n in range(65)], "127.0.0.1") == 0
        assert await refused(["198.51.100.1"] * 65, "127.0.0.1") == 5
        assert await refused([f"192.0.2.{n}" for n in range(65)], "203.0.113.200") == 5


async def test_metrics_are_for_this_machine_not_for_who_comes_through_its_proxy(
    tmp_path: Path,
) -> None:
    async with hub_bench(tmp_path) as bench:
        http = replace(bench.hub.settings.http, trusted_proxies=tuple(NAMED))
        bench.hub.settings = replace(bench.hub.settings, http=http)
        app, _ = make_app(bench.hub)
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            assert (await client.get("/metrics")).status_code == 200
            through = await client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
            assert through.status_code == 401


async def test_a_session_behind_https_has_a_secure_cookie(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        secret = await bench.administrator()
        http = replace(bench.hub.settings.http, trusted_proxies=tuple(NAMED))
        bench.hub.settings = replace(bench.hub.settings, http=http)
        app, _ = make_app(bench.hub)
        cookies = []
        for scheme in ("https", "http"):
            bench.pass_s(60)
            transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
                bench.http = client
                client.headers["X-Forwarded-Proto"] = scheme
                cookies.append((await bench.sign_in(secret)).headers["set-cookie"])
        assert [" Secure" in cookie for cookie in cookies] == [True, False]


# --- settings -------------------------------------------------------------------------------


def settings_of(folder: Path, text: str) -> config.HubSettings:
    (folder / "hub.toml").write_text(text, encoding="utf-8")
    return config.load(folder)


def test_proxies_and_the_brokers_tls_are_read(tmp_path: Path) -> None:
    for name in ("mine.crt", "mine.key"):
        (tmp_path / name).touch()
    text = '[http]\ntrusted_proxies = ["127.0.0.1", "fd00::/8"]\n'
    text += '[broker]\ntls_port = 8883\ntls_host = "192.168.1.2"\n'
    read = settings_of(tmp_path, text + 'certificate = "mine.crt"\nkey = "mine.key"\n')
    assert [str(one) for one in read.http.trusted_proxies] == ["127.0.0.1/32", "fd00::/8"]
    assert (read.broker.tls_port, read.broker.tls_host) == (8883, "192.168.1.2")
    assert read.broker.certificate == tmp_path / "mine.crt"
    plain = settings_of(tmp_path, "")
    assert (plain.http.trusted_proxies, plain.broker.tls_port) == ((), None)


def test_a_back_up_names_the_brokers_certificate_that_it_cannot_hold(tmp_path: Path) -> None:
    inside, outside = tmp_path / "data", tmp_path / "elsewhere"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "mq.pem").touch()
    text = f'[broker]\ntls_port = 8883\ncertificate = "mq.pem"\nkey = "{outside / "mq.pem"}"\n'
    assert backup._left_out(settings_of(inside, text)) == [str(outside / "mq.pem")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[http]\ntrusted_proxies = "127.0.0.1"\n', "is a list of addresses"),
        ('[http]\ntrusted_proxies = ["proxy.example"]\n', "is a list of addresses"),
        ('[http]\ntrusted_proxies = ["10.1.2.3/8"]\n', "is a list of addresses"),
        ("[http]\ntrusted_proxies = [7]\n", "is a list of addresses"),
        ("[broker]\ntls_port = 0\n", "tls_port in .broker. is a number"),
        ("[broker]\ntls_port = true\n", "tls_port in .broker. is a number"),
        ("[broker]\ntls_port = 8461\n", "are two ports"),
        ('[broker]\ntls_host = "0.0.0.0"\n', "where tls_port says"),
        ('[broker]\ncertificate = "hub.toml"\nkey = "hub.toml"\n', "where tls_port says"),
        ('[broker]\ntls_port = 8883\nkey = "hub.toml"\n', "both certificate and key"),
        ('[broker]\ntls_port = 8883\ncertificate = "absent"\nkey = "hub.toml"\n', "not exist"),
        ('[broker]\nurl = "mqtts://a@b"\ntls_port = 8883\n', "for the managed broker"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Mistake, match=told):
        settings_of(tmp_path, text)


async def test_the_server_leaves_the_signals_to_the_verb(tmp_path: Path) -> None:
    """Uvicorn raises what it caught once more, in the middle of the hub's polite stop."""
    async with hub_bench(tmp_path) as bench:
        server = make_server(bench.app, bench.hub)
        before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]
        with server.capture_signals():
            assert [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)] == before
