"""The parts of the town's page, each alone: streams, guard, wire lines, story, phones' trust."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from typing import cast as as_a

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from devices.mistake import Mistake
from devices.reasons import REASONS
from drivers.modbus_relay import encode as modbus
from drivers.modbus_relay import pulse_request
from drivers.mqtt_packets import head_of
from drivers.pn532 import ACK, CHIP, HOST
from drivers.pn532 import encode as pn532
from simulators.demo import lan, sse, staff, trust
from simulators.demo.guests import invite
from simulators.demo.processes import claim_near, listen_near
from simulators.ends.wires import WireEntry, WireLog
from simulators.panel import cast, life, server, wirewords
from simulators.panel.hands import Point
from simulators.panel.shell import Shell, host_of
from simulators.panel.streams import BACKLOG_MAX, LISTENERS_MAX, LiveStream, Streams
from simulators.panel.waiting import Waiting
from simulators.panel.wirefeed import SHOWN_MAX, WireFeed
from simulators.phone import Phone
from simulators.proxy import Seen
from simulators.roster import CARD_HOLDERS, DOORS
from tests.services import free_port

LANGUAGES = {"zh-Hans", "zh-Hant", "en"}


# --- streams --------------------------------------------------------------------------------


def kinds(queue: asyncio.Queue[bytes | None]) -> list[str | None]:
    found: list[str | None] = []
    while not queue.empty():
        raw = queue.get_nowait()
        found.append(raw.decode().split("\n")[0].removeprefix("event: ") if raw else None)
    return found


def test_a_stream_begins_with_the_town() -> None:
    streams = Streams()
    queue = streams.listen(lambda: {"name": "x"})
    assert queue is not None
    streams.announce("net", {"cut": True})
    streams.refresh()
    assert kinds(queue) == ["town", "net", "town"]


def test_a_tab_that_cannot_follow_is_ended_and_holds_up_nobody() -> None:
    streams = Streams()
    slow, quick = streams.listen(dict), streams.listen(dict)
    assert slow is not None
    assert quick is not None
    for number in range(BACKLOG_MAX + 50):
        streams.announce("wire", {"n": number})
        quick.get_nowait()
    assert kinds(slow) == [None]
    assert len(streams) == 1


def test_only_so_many_tabs_listen_and_none_after_the_end() -> None:
    streams = Streams()
    queues = [streams.listen(dict) for _ in range(LISTENERS_MAX)]
    assert all(queues)
    assert streams.listen(dict) is None
    streams.close()
    assert all(kinds(queue)[-1] is None for queue in queues if queue is not None)
    assert streams.listen(dict) is None


async def test_a_stream_ends_when_the_page_leaves() -> None:
    streams = Streams()
    sent: list[Any] = []
    left = asyncio.Event()

    async def receive() -> Any:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    serving = asyncio.ensure_future(LiveStream(streams, dict)({}, receive, send))
    await asyncio.sleep(0)
    streams.announce("net", {"cut": False})
    left.set()
    await serving
    assert len(streams) == 0
    assert sent[0]["status"] == 200
    assert sent[-1]["more_body"] is False


async def test_events_are_read_as_they_were_sent() -> None:
    raw = b': x\n\nevent: a\ndata: {"n":1}\n\nid: 5\nevent: b\ndata: 1\ndata: 2\n\ndata: 3\n\n'
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=raw))
    async with httpx.AsyncClient(transport=transport) as http:
        found = [event async for event in sse.events(http, "http://hub/live")]
    assert found == [("open", ""), ("a", '{"n":1}'), ("b", "1\n2"), ("message", "3")]


# --- the guard ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "name"),
    [("127.0.0.1:8400", "127.0.0.1"), ("[::1]:8400", "[::1]"), ("TOWN.local", "town.local")],
)
def test_a_host_header_names_a_host(host: str, name: str) -> None:
    assert host_of(host) == name


@pytest.mark.parametrize(
    ("host", "status"), [("192.0.2.7:8400", 200), ("localhost:1", 200), ("192.0.2.8:8400", 403)]
)
async def test_a_network_is_served_by_its_own_names_only(host: str, status: int) -> None:
    app = Starlette(routes=[Route("/api/town", lambda _: JSONResponse({}))])
    transport = httpx.ASGITransport(app=Shell(app, ["192.0.2.7"]))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        answer = await http.get("/api/town", headers={"Host": host})
    assert answer.status_code == status


# --- lines of the wires ---------------------------------------------------------------------


class Feed:
    """A feed whose lines are at hand at once."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.pulses: list[tuple[str, int, int]] = []
        self.feed = WireFeed(self.told.append)
        controller = wirewords.CONTROLLER_NAMES["gate"]
        self.reader = self.feed.reader("gate-east", controller)
        self.relay = self.feed.relay("gate", controller, lambda *told: self.pulses.append(told))

    def names(self) -> list[str]:
        self.feed.flush()
        return [line["name"] for line in self.told]


def entry(way: str, raw: bytes, at_ns: int = 0) -> WireEntry:
    return WireEntry(datetime.now(UTC), at_ns, "line", way, raw, None)  # type: ignore[arg-type]


async def test_asking_whether_a_card_still_lies_there_is_not_shown() -> None:
    seen = Feed()
    for way, raw in (
        (">", pn532(HOST, 0x00, b"\x06")),
        ("<", ACK),
        ("<", pn532(CHIP, 0x01, b"\x00")),
        (">", pn532(HOST, 0x4A, b"\x01\x00")),
        ("<", ACK),
    ):
        seen.reader(entry(way, raw))
    assert seen.names() == ["PN532 InListPassiveTarget", "PN532 ACK"]
    assert seen.told[0]["dir"] == "<"  # to the reader, which is the line's own end
    assert bytes.fromhex(seen.told[0]["hex"]) == pn532(HOST, 0x4A, b"\x01\x00")


async def test_contacts_are_shown_when_they_have_changed() -> None:
    seen = Feed()
    asked = modbus(1, 2, b"\x00\x00\x00\x08")
    for state in (b"\x01\x00", b"\x01\x00", b"\x01\x01", b"\x01\x01"):
        seen.relay(entry(">", asked))
        seen.relay(entry("<", modbus(1, 2, state)))
    assert seen.names() == ["Modbus RTU 02 Read Discrete Inputs"] * 2


async def test_a_pulse_counts_when_the_board_has_taken_it() -> None:
    seen = Feed()
    request = pulse_request(1, 1, 3_000)
    seen.relay(entry(">", request, 10))
    seen.feed.flush()
    assert seen.pulses == []
    seen.relay(entry("<", request, 12))
    assert seen.names() == ["Modbus RTU 05 Write Single Coil, flash on"] * 2
    assert seen.pulses == [("gate", 1, 12)]


async def test_pings_are_quiet_and_packets_are_named() -> None:
    seen = Feed()
    packet = b"\x32\x1b\x00\x15linli/1/liuxi/gate/evt\x00\x01{}"
    for raw in (b"\xc0\x00", packet[:1] + bytes((len(packet) - 2,)) + packet[2:], b"\xd0\x00"):
        seen.feed.packet(Seen(1, "liuxi/gate", ">", raw, head_of(raw)))
    assert [name.partition(" linli")[0] for name in seen.names()] == ["PUBLISH QoS 1"]
    assert seen.told[0]["line"]["from"]["en"] == "Gates' controller"


async def test_the_newest_lines_are_kept_and_numbers_only_grow() -> None:
    seen = Feed()
    for _ in range(SHOWN_MAX + 5):
        seen.reader(entry(">", pn532(HOST, 0x4A, b"\x01\x00")))
    seen.feed.flush()
    assert len(seen.feed.lines) == SHOWN_MAX
    seen.feed.clear()
    seen.reader(entry(">", pn532(HOST, 0x4A, b"\x01\x00")))
    seen.feed.flush()
    assert [line["n"] for line in seen.feed.lines] == [SHOWN_MAX + 6]


async def test_a_look_at_the_wire_costs_the_wire_no_formatting() -> None:
    told: list[Any] = []
    feed = WireFeed(told.append)
    log = WireLog("x", on_entry=feed.reader("gate-east", wirewords.CONTROLLER_NAMES["gate"]))
    log.add(">", pn532(HOST, 0x4A, b"\x01\x00"))
    assert told == []  # worked out later, beside the wire
    feed.flush()
    assert len(told) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"repeat": True, "reason": "granted"}, 200, "request_repeated"),
        ({"code": "door_offline"}, 503, "door_offline"),
    ],
)
async def test_an_answer_is_told_in_the_words_of_its_reason(
    body: dict[str, Any], status: int, code: str
) -> None:
    told: list[dict[str, Any]] = []
    feed = WireFeed(told.append)
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
    hooks: Any = feed.http("http", wirewords.LISTENER, wirewords.HUB)
    async with httpx.AsyncClient(transport=transport, event_hooks=hooks) as http:
        await http.post("http://hub/api/v1/openings", content=b"{}", headers={"Linli-Proof": "p"})
    feed.flush()
    asked, answered = told
    assert asked["text"].endswith("\r\n\r\n{}")
    assert "Linli-Proof: p" in asked["text"]
    assert answered["words"]["zh-Hans"] == REASONS[code].words.zh_hans


def test_everything_that_has_a_name_has_it_in_three_languages() -> None:
    tables = (wirewords.CONTROLLER_NAMES, wirewords.RELAY_NAMES, wirewords.READER_NAMES)
    for words in (
        *(each for table in tables for each in table.values()),
        *life.STAGE_WORDS.values(),
    ):
        assert set(words) == LANGUAGES
        assert all(words.values())
    assert {door.id for door in DOORS} < set(wirewords.READER_NAMES)


# --- cast -----------------------------------------------------------------------------------


def test_the_cast_is_of_the_village() -> None:
    assert {each["id"] for each in cast.people({})} == set(CARD_HOLDERS)
    roles = {each["name"]: each["role"] for each in cast.people({})}
    assert (roles["沈桂芳"], roles["郑海燕"]) == ("elder", "carer")
    homes = cast.homes_with_her_fee()
    assert homes[0] == cast.Neighbour("1-2-302", "7302")
    assert len(homes) == 16


# --- waiting --------------------------------------------------------------------------------


async def test_waiting_ends_with_the_fact_or_without_it() -> None:
    waiting, facts = Waiting(), list[int]()

    async def bring() -> None:
        for number in range(3):
            await asyncio.sleep(0)
            facts.append(number)
            waiting.wake()

    bringing = asyncio.ensure_future(bring())
    assert await waiting.until(lambda: len(facts) == 3, 5)
    assert not await waiting.until(lambda: len(facts) == 4, 0.01)
    await bringing


async def test_a_word_at_the_point_belongs_to_the_tap_before_it() -> None:
    point = Point()
    point.heard("checked_in")
    since = datetime.now(UTC)
    assert await point.word_since(since, 0.01) is None
    point.heard("checked_in_again")
    assert await point.word_since(since, 0.01) == "checked_in_again"


# --- staff ----------------------------------------------------------------------------------


def test_the_code_is_the_standard_s() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B
    assert staff.code_of_step(secret, 59 // staff.STEP_S) == "287082"
    assert staff.code_of_step(secret, 1_111_111_109 // staff.STEP_S) == "081804"


async def test_each_sign_in_takes_the_oldest_unspent_code() -> None:
    sent: list[str] = []

    def hub(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content)["otp"])
        return httpx.Response(200, json={})

    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    http = httpx.AsyncClient(transport=httpx.MockTransport(hub))
    someone = staff.Staff("http://hub", http, secret=secret)
    before = int(time.time() // staff.STEP_S)
    await someone.sign_in()
    await someone.sign_in()
    await someone.close()
    steps = {staff.code_of_step(secret, before + n): n for n in range(-1, 4)}
    first, second = (steps[code] for code in sent)
    assert second == first + 1
    assert first in (-1, 0)  # the half minute may have turned meanwhile


SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def a_desk(refusals: list[tuple[int, str]]) -> tuple[staff.Staff, list[str]]:
    """Somebody at the desk whose first deeds the hub refuses so; the codes that were sent."""
    sent: list[str] = []

    def hub(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content)["otp"])
        status, code = refusals.pop(0) if refusals else (200, "")
        return httpx.Response(status, json={"code": code, "reason": "granted"})

    http = httpx.AsyncClient(transport=httpx.MockTransport(hub))
    return staff.Staff("http://hub", http, secret=SECRET), sent


async def test_a_code_that_somebody_else_has_spent_costs_one_more_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("simulators.demo.staff.time.time", lambda: 30_000.0)
    desk, sent = a_desk([(401, "factor_wrong"), (401, "factor_wrong")])
    assert (await desk.open_door("gate-east", "a guest"))["reason"] == "granted"
    assert sent == [staff.code_of_step(SECRET, step) for step in (999, 1000, 1001)]
    assert desk.code_to_show(30_000.0) == staff.code_of_step(SECRET, 1002)
    assert desk.code_to_show(60_000.0) == staff.code_of_step(SECRET, 2000)
    await desk.close()


async def test_a_refusal_of_another_kind_is_told_at_once() -> None:
    desk, sent = a_desk([(403, "locked_down")])
    with pytest.raises(httpx.HTTPStatusError):
        await desk.open_door("gate-east", "a guest")
    assert len(sent) == 1
    await desk.close()


# --- ports, files, phones' trust --------------------------------------------------------------


def test_a_taken_port_gives_the_next_one() -> None:
    wanted = free_port()
    with listen_near("127.0.0.1", wanted), claim_near("127.0.0.1", wanted) as claim:
        assert claim.getsockname()[1] != wanted
    with claim_near("127.0.0.1", wanted) as claim:
        assert claim.getsockname()[1] == wanted


def test_a_port_that_is_served_later_is_nobody_else_s_until_then() -> None:
    wanted = free_port()
    with claim_near("127.0.0.1", wanted) as first, claim_near("127.0.0.1", wanted) as second:
        assert first.getsockname()[1] == wanted
        assert second.getsockname()[1] != wanted
        with listen_near("127.0.0.1", wanted) as served:  # by whom it was claimed for
            assert served.getsockname()[1] == wanted


async def served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(server, "STATIC", folder)
    app = Shell(server.make_app(SimpleNamespace()), ())  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield http


async def test_pages_are_served_packed_and_lasting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<p>town</p>")
    (tmp_path / "assets" / "a-1.js").write_text("plain")
    (tmp_path / "assets" / "a-1.js.gz").write_bytes(b"packed")
    async for http in served(tmp_path, monkeypatch):
        index = await http.get("/")
        assert (index.text, index.headers["cache-control"]) == ("<p>town</p>", "no-cache")
        plain = await http.get("/assets/a-1.js", headers={"Accept-Encoding": "identity"})
        assert plain.text == "plain"
        assert "immutable" in plain.headers["cache-control"]
        async with http.stream("GET", "/assets/a-1.js") as packed:
            assert packed.headers["content-encoding"] == "gzip"
            assert b"".join([part async for part in packed.aiter_raw()]) == b"packed"
        assert (await http.get("/../secret")).status_code == 404


async def test_a_page_that_is_not_built_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async for http in served(tmp_path, monkeypatch):
        assert "make setup" in (await http.get("/")).json()["detail"]


def test_other_machines_find_this_one_by_its_first_address() -> None:
    assert lan.lan_address(["127.0.0.1", "fd00::2", "192.0.2.2"]) == "192.0.2.2"
    assert lan.lan_address(["::1", "fd00::2"]) == "[fd00::2]"
    with pytest.raises(Mistake, match="no address on a network"):
        lan.lan_address(["127.0.0.1", "::1"])


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_page_of_trust_says_everything(language: str) -> None:
    page = trust.Page("AA:BB", "https://192.0.2.2:8460/phone/", lan.FILE_PATH)
    html = trust.render(page, language)
    for said in (f'lang="{language}"', "AA:BB", page.phone_url, 'href="/trust/linli.crt"'):
        assert said in html
    assert "<script" not in html


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, "zh-TW,zh;q=0.9", "zh-Hant"),
        (None, "en-GB,en", "en"),
        (None, "", "zh-Hans"),
        ("en", "zh-CN", "en"),
        ("<script>", "zh-CN", "zh-Hans"),
    ],
)
def test_the_page_of_trust_speaks_the_phone_s_language(
    asked: str | None, accepted: str, language: str
) -> None:
    assert trust.language(asked, accepted) == language


async def test_a_guest_s_pass_begins_after_the_town_s_disks() -> None:
    """Else young controllers would ask the hub about it, and a cut network would shut it out."""
    sent: list[Any] = []

    class Pocket:
        async def send(self, method: str, path: str, body: Any) -> Any:
            sent.append((method, path, body))

    before = datetime.now(UTC)
    await invite(as_a(Phone, Pocket()), ["gate-east"])
    ((method, path, body),) = sent
    assert (method, path, body["doors"]) == ("POST", "/api/v1/me/visits", ["gate-east"])
    begins, ends = (datetime.fromisoformat(body[name]) for name in ("begins", "ends"))
    assert before <= begins < ends
