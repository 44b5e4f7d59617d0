"""What a stranger, a neighbour or a colleague can try over HTTP: guess, confuse, flood."""

import asyncio
import base64
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from devices.identity import Identity
from devices.jws import b64
from hub.api.operator import AdoptionAsked, adopt_device
from hub.api.server import make_server
from hub.api.staff import new_phone_code
from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.writer import Done, Faulted, Tx
from simulators.phone import Phone
from tests.unit.hub_bench import hub_bench

TYP = "linli-proof+jwt"


# --------------------------------------------------------------------------- guessing


async def test_a_right_code_does_not_pay_for_wrong_ones(tmp_path: Path) -> None:
    """Who enrolled once could show the same code again between guesses, and guess for ever."""
    async with hub_bench(tmp_path) as bench:
        code = await bench.code("p-1")
        phone = Phone("http://hub", bench.http)
        assert (await phone.enrol(code, "mine")).status == 201
        stranger = Phone("http://hub", bench.http)
        told = []
        for _ in range(4):
            replies = [await stranger.enrol(f"{guess:06d}", "x") for guess in range(4)]
            told += [reply.body.get("code") for reply in replies]
            await phone.enrol(code, "mine")  # the idempotent repeat of a lost answer
        assert told.count("code_wrong") <= 5
        assert told[-1] == "too_many"


async def test_two_people_never_hold_one_code(tmp_path: Path, monkeypatch: Any) -> None:
    """A drawn code that somebody else has is drawn again; else the second phone is the first's."""
    async with hub_bench(tmp_path) as bench:
        drawn = iter([7, 7, 7, 8])
        monkeypatch.setattr("hub.api.staff.secrets.randbelow", lambda _most: next(drawn))
        first = await new_phone_code(bench.gate, "p-1", "test")
        second = await new_phone_code(bench.gate, "p-2", "test")
        assert (first.code, second.code) == ("000007", "000008")


async def test_a_neighbour_of_one_network_is_one_guesser(tmp_path: Path) -> None:
    """An IPv6 home has 2^64 addresses; they count as one."""
    async with hub_bench(tmp_path) as bench:
        app = bench.http._transport.app  # type: ignore[attr-defined]

        async def refused(addresses: list[str]) -> int:
            count = 0
            for address in addresses:
                transport = httpx.ASGITransport(app, client=(address, 1))
                async with httpx.AsyncClient(transport=transport, base_url="http://hub") as http:
                    answer = await http.get("/api/v1/nonce", params={"kid": "x"})
                    count += answer.status_code == 429
            return count

        assert await refused([f"2001:db8:1:2::{n:x}" for n in range(70)]) == 10
        assert await refused([f"::ffff:10.1.1.{n}" for n in range(70)]) == 0


async def test_nobody_names_his_own_address(tmp_path: Path) -> None:
    """X-Forwarded-For is what the caller says of himself, also from this machine."""
    async with hub_bench(tmp_path) as bench:
        app = bench.http._transport.app  # type: ignore[attr-defined]
        settings = bench.hub.settings
        bench.hub.settings = replace(settings, http=replace(settings.http, port=0))
        server = make_server(app, bench.hub)
        serving = asyncio.ensure_future(server.serve())
        while not server.started:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(trust_env=False) as http:
            seen = [
                await http.get(
                    f"http://127.0.0.1:{port}/api/v1/nonce?kid=x",
                    headers={"X-Forwarded-For": f"10.1.1.{n}", "X-Forwarded-Proto": "https"},
                )
                for n in range(65)
            ]
        server.should_exit = True
        await serving
        assert [answer.status_code for answer in seen].count(429) == 5


# --------------------------------------------------------------------------- confusion


def proof(phone: Phone, **changes: Any) -> str:
    """A proof with some claims replaced, signed anew by the phone's own key."""
    raw = phone._proof("GET", "/api/v1/me", b"", "n")
    head, body, _ = raw.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "==")) | changes
    signed = f"{head}.{b64(json.dumps(claims).encode())}"
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.utils import (  # noqa: PLC0415
        decode_dss_signature,
    )
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    r, s = decode_dss_signature(phone._key.sign(signed.encode(), ECDSA(SHA256())))
    return f"{signed}.{b64(r.to_bytes(32) + s.to_bytes(32))}"


@pytest.mark.parametrize("claim", [{"bh": "\u00e9"}, {"nonce": "\ud800"}, {"htu": "\x00"}])
async def test_a_strange_proof_is_refused_not_a_fault(tmp_path: Path, claim: Any) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        answer = await bench.http.get("/api/v1/me", headers={"Linli-Proof": proof(phone, **claim)})
        assert answer.status_code == 401, answer.text


async def test_half_a_character_in_a_proof_is_refused(tmp_path: Path) -> None:
    """Anybody can send it; it must not reach the database, nor the log as a fault of ours."""
    async with hub_bench(tmp_path) as bench:
        head = b64(b'{"alg":"ES256","typ":"linli-proof+jwt","kid":"\\ud800"}')
        claims = b64(b'{"htm":"GET","htu":"/api/v1/me","bh":"x","nonce":"y"}')
        answer = await bench.http.get(
            "/api/v1/me", headers={"Linli-Proof": f"{head}.{claims}.AAAA"}
        )
        assert (answer.status_code, answer.json()["code"]) == (401, "proof_form")


async def test_a_proof_is_for_the_path_that_is_served(tmp_path: Path) -> None:
    """Whoever carries a request may not choose another endpoint for it by its Host header."""
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        nonce = await phone._fresh()
        signed = phone._proof("GET", "/api/v1/site", b"", nonce)
        app = bench.http._transport.app  # type: ignore[attr-defined]
        told: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            told.append(message)

        for host in (b"x/api/v1/site#", b"x/api/v1/site?", b"hub"):
            told.clear()
            scope = {
                "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1",
                "method": "GET", "scheme": "http", "path": "/api/v1/me",
                "raw_path": b"/api/v1/me", "query_string": b"", "root_path": "",
                "headers": [(b"host", host), (b"linli-proof", signed.encode())],
                "client": ("10.0.0.1", 1), "server": ("hub", 80),
            }  # fmt: skip
            await app(scope, receive, send)
            assert told[0]["status"] == 401, host
            body = b"".join(message.get("body", b"") for message in told)
            assert json.loads(body)["code"] == "request_altered", host


# --------------------------------------------------------------------------- what is written down


async def test_a_fault_tells_no_person_in_the_log(tmp_path: Path, caplog: Any) -> None:
    """The database's own complaint carries the values of the statement; they stay out."""

    def clash(tx: Tx, name: str, now: Any) -> Done[None]:
        del now
        tx.execute(t.people.insert().values(id="p-1", name=name))
        return Done(None)

    async with hub_bench(tmp_path) as bench:
        caplog.set_level(logging.DEBUG)
        with pytest.raises(Faulted):
            await bench.hub.writer.submit(clash, "沈桂芳")
        said = "".join(logging.Formatter().format(record) for record in caplog.records)
        assert "IntegrityError" in said
        assert "沈桂芳" not in said
        with bench.hub.engines.read.connect() as connection:
            (fault,) = connection.execute(select(t.quarantine.c.fault)).scalars()
        assert "沈桂芳" not in fault


# --------------------------------------------------------------------------- adoption


@pytest.mark.parametrize("name", ["hub-1", "ha"])
async def test_no_device_takes_the_name_of_the_hub(tmp_path: Path, name: str) -> None:
    """Its credential would replace the hub's own, and the site would be deaf."""
    async with hub_bench(tmp_path) as bench:
        public = Identity.make(name, "door").public
        asked = AdoptionAsked(
            device=name, kind="door", ed25519=b64(public.ed25519), x25519=b64(public.x25519),
            fingerprint=public.fingerprint,
        )  # fmt: skip
        with pytest.raises(DomainError) as refused:
            await adopt_device(bench.gate, asked)
        assert (refused.value.code, refused.value.field) == ("field_wrong", "device")
