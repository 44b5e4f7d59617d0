"""The page's server as a browser and as a stranger meet it: real sockets, loopback, streams."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from devices.mistake import Mistake
from devices.setup import Wires
from kiosk import verbs
from kiosk.agent import LISTENERS_MAX
from kiosk.app import BODY_BYTES_MAX, listen, serve
from kiosk.disk import Disk
from tests.unit.kiosk_town import DIGITS, HOUSE, TownHub
from tests.unit.test_kiosk_agent import Kiosk

CLIENT = {"Linli-Client": "kiosk"}
FIND = {"house": HOUSE, "phone_last4": DIGITS}
ONLINE_TURNS = 500


class Local:
    """A served kiosk with a client of its page."""

    def __init__(self, kiosk: Kiosk, hub: TownHub, port: int, http: httpx.AsyncClient) -> None:
        self.kiosk, self.hub, self.port, self.http = kiosk, hub, port, http

    async def post(self, verb: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.http.post(f"/local/{verb}", json=body or {}, headers=CLIENT | headers)

    async def state(self) -> dict[str, Any]:
        return dict((await self.http.get("/local/state")).json())


@contextlib.asynccontextmanager
async def local(folder: Path) -> AsyncIterator[Local]:
    hub = TownHub(slow_s=0.001)
    disk = Disk(folder / "kiosk.db", synced=False)
    kiosk = Kiosk(hub, disk)
    sock = listen(0)
    port = sock.getsockname()[1]
    serving = asyncio.ensure_future(serve(kiosk.agent, sock))
    base = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=base, trust_env=False) as http:
            for _ in range(ONLINE_TURNS):
                if kiosk.agent.online:
                    break
                await asyncio.sleep(0.01)
            yield Local(kiosk, hub, port, http)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await kiosk.kill()
        disk.close()


class Stream:
    """The page's EventSource."""

    def __init__(self, answer: httpx.Response) -> None:
        self.lines: Any = answer.aiter_lines()
        self.kind = ""

    async def next(self) -> tuple[str, Any]:
        async for line in self.lines:
            if line.startswith("event: "):
                self.kind = line.removeprefix("event: ")
            elif line.startswith("data: ") and self.kind != "beat":
                return self.kind, json.loads(line.removeprefix("data: "))
        return "end", None


async def test_a_visit_as_the_page_sees_it(tmp_path: Path) -> None:
    async with local(tmp_path) as here, here.http.stream("GET", "/local/live") as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        stream = Stream(answer)
        kind, state = await stream.next()
        assert kind == "state"
        assert state == await here.state()
        assert (state["idle_s"], state["warn_s"], state["receipt_s"]) == (45, 20, 15)
        found = await here.post("find", FIND)
        assert found.status_code == 200
        assert await stream.next() == ("session", found.json())
        paid = await here.post("pay", {"bill": "b-1"})
        assert paid.json()["state"] == "waiting"
        seen = [await stream.next() for _ in range(4)]
        assert [kind for kind, _ in seen] == ["session", "payment", "payment", "session"]
        assert [body["state"] for kind, body in seen if kind == "payment"] == [
            "creating",
            "waiting",
        ]
        assert (await here.post("here")).status_code == 204
        assert (await here.post("close")).status_code == 204
        kind, payment = await stream.next()
        assert (kind, payment["state"]) == ("payment", "checking")
        assert (await stream.next())[0] == "session"
        assert (await here.post("end")).status_code == 204
        kind, state = await stream.next()
        assert (kind, state["session"], state["payment"]) == ("state", None, None)
        assert await stream.next() == ("session", None)
        await stream.lines.aclose()
        assert (await here.state())["session"] is None


async def test_refusals_carry_a_code_and_words_where_the_registry_has_none(tmp_path: Path) -> None:
    async with local(tmp_path) as here:
        answer = await here.post("find", {"house": "9-9-909", "phone_last4": "0000"})
        assert (answer.status_code, answer.json()["code"]) == (404, "house_unknown")
        assert answer.headers["content-type"] == "application/problem+json"
        for wrong in ({}, {"house": HOUSE, "phone_last4": "12"}, {"house": 7, "phone_last4": "1"}):
            assert (await here.post("find", wrong)).status_code == 422
        assert (await here.post("pay", {"bill": "x" * 65})).status_code == 422
        assert (await here.post("phone-code")).status_code == 403
        await here.post("find", FIND)
        payment = (await here.post("pay", {"bill": "b-1"})).json()["id"]
        here.hub.scan(payment)
        for _ in range(ONLINE_TURNS):
            if (await here.state())["payment"]["state"] == "paid":
                break
            await asyncio.sleep(0.01)
        no = await here.post("print")
        assert (no.status_code, no.json()["code"]) == (409, "paper_out")
        assert set(no.json()["say"]) == {"zh-Hans", "zh-Hant", "en"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Linli-Client": "console"}, 403),
    ],
)
async def test_strangers_are_turned_away_before_anything_happens(
    tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    async with local(tmp_path) as here:
        answer = await here.post("find", FIND, **headers)
        assert answer.status_code == status
        assert here.hub.sent("/api/v1/kiosk/bills") == []
        read = await here.http.get("/local/state", headers=headers)
        # a header of ours is asked for where something changes; the rest holds for reading too
        assert read.status_code == (200 if "Linli-Client" in headers else status)


async def test_a_post_without_our_header_or_with_a_novel_is_refused(tmp_path: Path) -> None:
    async with local(tmp_path) as here:
        bare = await here.http.post("/local/end", json={})
        assert (bare.status_code, bare.json()["code"]) == (403, "client_header")
        novel = await here.post("find", {"house": "x" * BODY_BYTES_MAX, "phone_last4": "0000"})
        assert novel.status_code == 413
        broken = await here.http.post("/local/find", content=b"{", headers=CLIENT)
        assert broken.status_code == 422
        assert (await here.http.get("/local/find")).status_code == 404
        same = await here.post("here", {}, Origin=f"http://127.0.0.1:{here.port}")
        assert same.status_code == 204


async def test_every_answer_bears_the_strict_policy_and_nothing_of_a_visit_is_stored(
    tmp_path: Path,
) -> None:
    async with local(tmp_path) as here:
        for answer in (
            await here.http.get("/"),
            await here.http.get("/local/state"),
            await here.http.get("/nowhere"),
            await here.http.post("/local/end"),
        ):
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'self'")
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert "access-control-allow-origin" not in answer.headers
        assert (await here.http.get("/local/state")).headers["cache-control"] == "no-store"


async def test_the_server_listens_on_loopback_only_and_a_taken_port_is_told() -> None:
    with contextlib.closing(listen(0)) as sock:
        host, port = sock.getsockname()
        assert host == "127.0.0.1"
        with socket.socket() as other:
            other.bind(("127.0.0.2", port))  # every other address of the machine is still free
        with pytest.raises(OSError, match="in use"):
            listen(port)


async def test_a_stream_ends_when_the_kiosk_stops_and_streams_are_few(tmp_path: Path) -> None:
    async with local(tmp_path) as here:
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(LISTENERS_MAX - 1):  # the agent's test holds one itself
                answer = await stack.enter_async_context(here.http.stream("GET", "/local/live"))
                assert answer.status_code == 200
            refused = await stack.enter_async_context(here.http.stream("GET", "/local/live"))
            assert refused.status_code == 503
        async with here.http.stream("GET", "/local/live") as answer:
            stream = Stream(answer)
            await stream.next()
            here.kiosk.agent.hang_up()
            assert (await stream.next())[0] == "end"


# ---------------------------------------------------------------- its settings


class Device:
    """What the settings need of an adopted device."""

    class adoption:  # noqa: N801 - stands for an attribute
        hub_url: str | None = "https://hub.example"
        broker_ca: str | None = None


def settings(**sections: dict[str, Any]) -> Any:
    body = {"kiosk": {"reader": "pn532+serial:///dev/ttyUSB0"}, **sections}
    return verbs._settings(Device(), Wires(body, Path("device.toml")))  # type: ignore[arg-type]


def test_the_hubs_address_comes_from_the_adoption_and_can_be_overridden(tmp_path: Path) -> None:
    made = settings()
    assert (made.url, made.port, made.language, made.ca) == (
        "https://hub.example", verbs.PORT, "zh-Hans", "",
    )  # fmt: skip
    ca = tmp_path / "ca.crt"
    ca.write_text("")
    assert settings(hub={"url": "http://10.0.0.1:8460", "ca": str(ca)}).ca == str(ca)


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"kiosk": {}}, "reader"),
        ({"kiosk": {"reader": "x", "language": "de"}}, "language"),
        ({"kiosk": {"reader": "x", "port": "http"}}, "port"),
        ({"kiosk": {"reader": "x", "printer": 1}}, "printer"),
        ({"hub": {"url": "hub.example"}}, "url"),
        ({"hub": {"ca": "/nowhere/ca.crt"}}, "does not exist"),
    ],
)
def test_each_wrong_setting_is_one_line(sections: dict[str, Any], words: str) -> None:
    with pytest.raises(Mistake, match=words) as told:
        settings(**sections)
    assert "\n" not in str(told.value)
