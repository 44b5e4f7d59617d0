"""Hub, broker and desk as processes: a card on a reader's serial line is made ready and given."""

import asyncio
import base64
import contextlib
import hmac
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulators.ends import Ntag424Card, Pn532End
from tests import services
from tests.drivers.waiting import until

CLIENT = {"Linli-Client": "console"}
BYTE_S = 10 / 115_200
RADIO_S = 0.005
BROKER = "port = 8461"  # as `linli init` writes it
PASSWORD = "correct horse battery"
PEOPLE = {"households": [], "people": [{"id": "p-1", "name": "沈桂芳"}]}


async def linli(*words: str) -> Any:
    """One command to its end; its last line."""
    told = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "devices.cli", *words, cwd=services.ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await told.communicate()
    assert told.returncode == 0, err.decode()
    lines = out.decode().split("\n")
    return next(json.loads(line) for line in reversed(lines) if line.startswith("{"))


@contextlib.asynccontextmanager
async def running(log: Path, *words: str) -> AsyncIterator[None]:
    """A program that serves; it does not outlive its test."""
    with log.open("wb") as file:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "devices.cli", *words, cwd=services.ROOT, stdout=file, stderr=file
        )
    try:
        yield
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()


def otp(secret: str, step: int) -> str:
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, step.to_bytes(8), "sha1").digest()
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4]) & 0x7FFFFFFF) % 1_000_000:06d}"


async def clerk(http: httpx.AsyncClient, code: str) -> str:
    """A member comes in; returns the next one-time code, which no session has used."""
    body = {"code": code, "name": "clerk", "password": PASSWORD}
    claimed = await http.post("/api/v1/staff/claim", json=body, headers=CLIENT)
    assert claimed.status_code == 200, claimed.text
    secret, step = claimed.json()["totp_secret"], int(time.time() // 30)
    body = {"name": "clerk", "password": PASSWORD, "otp": otp(secret, step)}
    signed = await http.post("/api/v1/staff/sign-in", json=body, headers=CLIENT)
    assert signed.status_code == 200, signed.text
    return otp(secret, step + 1)  # the clock of an authenticator may be a little ahead


async def test_a_card_on_a_desks_line_is_given_from_the_console(
    tmp_path: Path, mosquitto_path: Path
) -> None:
    hub, desk = str(tmp_path / "hub"), tmp_path / "desk"
    port = services.free_port()
    words = ("--port", str(port), "--site", "liuxi")
    await linli("init", "--data", hub, *words)
    settings = Path(hub) / "hub.toml"
    text = settings.read_text(encoding="utf-8")
    assert BROKER in text
    settings.write_text(text.replace(BROKER, f"port = {services.free_port()}"), encoding="utf-8")
    async with (
        running(tmp_path / "hub.log", "hub", "run", "--data", hub),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as http,
    ):
        await ready(http)
        roster = tmp_path / "roster.json"
        roster.write_text(json.dumps(PEOPLE), encoding="utf-8")
        await linli("load", "--data", hub, str(roster))
        made = await linli(
            "device", "identity", "--data", str(desk), "--id", "desk-1", "--kind", "desk"
        )
        await linli(
            "device", "adopt", "--data", hub, str(desk / "public.json"),
            "--fingerprint", made["fingerprint"], "--out", str(desk / "adoption.json"),
        )  # fmt: skip
        offered = await linli("staff", "offer", "--data", hub, "--role", "property_staff")
        code = await clerk(http, offered["code"])
        end = Pn532End(byte_s=BYTE_S, radio_s=RADIO_S)
        (desk / "device.toml").write_text(f'[desk]\nreader = "pn532+serial://{end.path}"\n')
        async with running(tmp_path / "desk.log", "desk", "run", "--data", str(desk)):
            await at_the_desk(http, end, code)
        end.close()


async def at_the_desk(http: httpx.AsyncClient, end: Pn532End, code: str) -> None:
    await until(lambda: end.is_waiting)
    card = Ntag424Card(bytes.fromhex("04eb0000000001"))
    end.tap(card)
    presence = await laid(http)
    opened = await http.post("/api/v1/desks/desk-1/open", json={"otp": code}, headers=CLIENT)
    assert opened.status_code == 200, opened.text
    url, body = "/api/v1/desks/desk-1/give", {"card": presence, "person": "p-1"}
    began_s = time.perf_counter()
    answer = await http.post(url, json=body, headers=CLIENT)
    if os.environ.get("LINLI_SHOW_TIMES"):
        sys.stderr.write(f"made ready and given in {time.perf_counter() - began_s:.2f} s\n")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["state"], told["person"], told["lies"]) == ("given", "p-1", "ours")
    assert card.versions == [1] * 5
    end.lift()
    while (await shown(http))["card"] is not None:  # noqa: ASYNC110 - another process tells
        await asyncio.sleep(0.05)


async def ready(http: httpx.AsyncClient) -> None:
    while True:
        with contextlib.suppress(httpx.TransportError):
            if (await http.get("/ready")).status_code == 200:
                return
        await asyncio.sleep(0.1)


async def shown(http: httpx.AsyncClient) -> dict[str, Any]:
    (desk,) = (await http.get("/api/v1/desks")).json()["desks"]
    return dict(desk)


async def laid(http: httpx.AsyncClient) -> str:
    """The presence that the hub knows of."""
    while (presence := (await shown(http))["card"]) is None:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.05)
    return str(presence)


pytestmark = pytest.mark.timeout(300)
