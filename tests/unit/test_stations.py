"""The ways to stations: honest ones, ones that nobody here wrote, and ones that lie."""

import asyncio
import base64
import json
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devices.mistake import Mistake
from devices.reasons import REASONS
from drivers import standard_webhook
from drivers.dc09_line import ANSWER_MOST_BYTES
from drivers.standard_webhook import PrivateKey
from hub import certs
from hub.core.policelink import Kind, Pack, Picture, Role
from hub.core.stations import Message, Outcome, Told, read_stations, station_for
from hub.gateways.stations import ANSWER_BYTES_MAX, Stations
from simulators.receivers.station import Station
from simulators.receivers.web import Receivers

KEY = "0123456789ABCDEF"
OURS, THEIRS, OTHER = (bytes([n]) * 32 for n in (1, 2, 3))
NOW = datetime(2026, 11, 26, 8, 0, 0, tzinfo=UTC)
PACK = Pack(
    "inc-1", Kind.WATCH_LIST, "gate-1", "watch-1", NOW, NOW, "p-guard", "ps-riverside",
    "order-2026-118", (Picture("ab" * 32, Role.SCENE, NOW),), "desk", simulated=True,
)  # fmt: skip
ALARM = Message(PACK, 41, NOW, "gate-1")
BACK = Message(PACK, 42, NOW, "gate-1", alarm_number=41, alarm_at=NOW)


def public(seed: bytes) -> str:
    return PrivateKey(seed).public.text


def utc_now() -> datetime:
    return datetime.now(UTC)


def ways(folder: Path, now: Callable[[], datetime] = utc_now, **wire: Any) -> Stations:
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    for name, text in (("aes", KEY), ("sign", f"whsk_{base64.b64encode(OURS).decode()}")):
        (secrets / name).write_text(wire.pop(name, text))
        (secrets / name).chmod(0o600)
    return Stations(read_stations({"desk": wire}), folder, now, answer_s=5.0, pause_s=0.01)


def by_line(folder: Path, port: int, **more: Any) -> Stations:
    wire = {"url": f"dc09://127.0.0.1:{port}", "account": "1234AB", "key": "secret:aes"}
    return ways(folder, kind="dc09", zones={"gate-1": 7}, **{**wire, **more})


@asynccontextmanager
async def listening(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any],
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """Any far end at all, on a port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def told(stations: Stations, message: Message = ALARM) -> Told:
    try:
        return await stations.tell("desk", message)
    finally:
        await stations.close()


# --- DC-09


async def test_a_receiver_that_nobody_here_wrote(tmp_path: Path) -> None:
    aio = pytest.importorskip("pysiaalarm.aio", reason="the foreign receiver is not installed")
    from pysiaalarm.account import SIAAccount  # noqa: PLC0415

    taken: list[Any] = []

    async def take(event: Any) -> None:
        taken.append(event)

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    client = aio.SIAClient("127.0.0.1", port, [SIAAccount("1234AB", KEY)], take)
    await client.async_start()
    try:
        assert await told(by_line(tmp_path, port)) == Told(Outcome.TAKEN)
        assert await told(by_line(tmp_path, port), BACK) == Told(Outcome.TAKEN)
        wrong = await told(by_line(tmp_path, port, aes=KEY[::-1]))
        assert wrong.outcome is Outcome.RETURNED
        for late_s in (600, -60):
            late = by_line(tmp_path, port, now=lambda by=late_s: utc_now() - timedelta(seconds=by))
            assert await told(late) == Told(Outcome.AGAIN, "station_clock")
    finally:
        await client.async_stop()
    assert [(one.code, one.sequence) for one in taken] == [("RX", "0041"), ("RX", "0042")]
    assert "FALSE ALARM" in taken[1].full_message or taken[1].encrypted


async def test_a_copy_is_told_by_its_number(tmp_path: Path) -> None:
    station = Station(utc_now, {"1234AB": KEY.encode()})
    port = await station.start()
    stations = by_line(tmp_path, port)
    station.deaf = 1
    assert (await stations.tell("desk", ALARM)).outcome is Outcome.TAKEN
    assert (await stations.tell("desk", ALARM)).outcome is Outcome.TAKEN
    assert (await stations.beat("desk")).outcome is Outcome.TAKEN
    assert stations.supervised == ("desk",)
    await stations.close()
    await station.stop()
    assert [(one.sequence, one.words) for one in station.alarms] == [
        (41, "Nri0/RX007*SIMULATED UA*")
    ]
    assert (station.copies, station.beats) == (2, 1)


async def test_liars_on_the_line_are_no_receipt(tmp_path: Path) -> None:
    """Wrong key, stale time, another number, a plain word: each an answer, none of them counts."""
    honest = Station(utc_now, {"1234AB": KEY.encode()})
    stale = Station(lambda: utc_now() - timedelta(hours=1), {"1234AB": KEY.encode()})
    stale._timely = lambda stamp: True  # type: ignore[method-assign]
    recorded: list[bytes] = []

    def liar(kind: str) -> Callable[[bytes], bytes]:
        def hear(raw: bytes) -> bytes:
            if kind == "stale":
                return stale.hear(raw)
            if kind == "replay":
                return recorded[0]
            good = honest.hear(raw)
            if kind == "plain":
                from simulators.receivers.station import _frame  # noqa: PLC0415

                return _frame(f'"ACK"{raw.split(b"#")[0][-6:-2].decode()}R0L0#1234AB[]')
            return good

        return hear

    async def once(hear: Callable[[bytes], bytes], message: Message) -> Told:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                said = hear(await reader.readuntil(b"\r"))
                recorded.append(said)
                writer.write(said)
                await writer.drain()
                writer.close()

        async with listening(answer) as port:
            return await told(by_line(tmp_path, port), message)

    assert (await once(liar("honest"), ALARM)).outcome is Outcome.TAKEN
    other = Message(PACK, 77, NOW, "gate-1")
    for kind, message in (("replay", other), ("stale", ALARM), ("plain", ALARM)):
        assert await once(liar(kind), message) == Told(Outcome.AGAIN, "station_unproven"), kind

    def wrong_key(raw: bytes) -> bytes:
        from simulators.receivers.station import _frame, _seal  # noqa: PLC0415

        sealed = _seal(KEY[::-1].encode(), f"|]{honest._stamp()}")
        return _frame(f'"*ACK"0041L0#1234AB[{sealed}')

    assert await once(wrong_key, ALARM) == Told(Outcome.AGAIN, "station_unproven")


async def test_a_flood_is_not_read_to_its_end(tmp_path: Path) -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r")
        while True:
            writer.write(b"\n" * 4_096)
            await writer.drain()
            sent += 4_096

    async with listening(flood) as port:
        assert await told(by_line(tmp_path, port)) == Told(Outcome.AGAIN, "station_flood")
    assert sent >= ANSWER_MOST_BYTES


async def test_nobody_there_and_nobody_who_speaks(tmp_path: Path) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        closed = int(one.getsockname()[1])
    assert await told(by_line(tmp_path, closed)) == Told(Outcome.AGAIN, "station_unreachable")

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r")

    async with listening(hang_up) as port:
        assert await told(by_line(tmp_path, port)) == Told(Outcome.AGAIN, "station_silent")


async def test_tls_with_a_stranger(tmp_path: Path) -> None:
    signed = certs.ensure(tmp_path / "certs", [], ["127.0.0.1"], utc_now())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(signed.chain)
    station = Station(utc_now, {"1234AB": KEY.encode()}, context)
    port = await station.start()
    wire = {"url": f"dc09+tls://127.0.0.1:{port}"}
    known = by_line(tmp_path, port, **wire, ca=str(signed.authority))
    assert await told(known) == Told(Outcome.TAKEN)
    assert await told(by_line(tmp_path, port, **wire)) == Told(Outcome.AGAIN, "station_tls")
    await station.stop()
    assert len(station.alarms) == 1

    receivers = Receivers(lambda: utc_now().timestamp())
    async with serving(receivers.application(), signed.chain) as web:
        url = f"https://127.0.0.1:{web}/incidents"
        stranger = by_web(tmp_path, url)
        assert await told(stranger) == Told(Outcome.AGAIN, "station_tls")
    assert not receivers.taken


# --- by HTTP


def by_web(folder: Path, url: str, kind: str = "webhook", **more: Any) -> Stations:
    wire = {"key": "secret:sign", "answers": public(THEIRS), "sender": "willow@linli.invalid"}
    return ways(folder, kind=kind, url=url, **{**wire, **more})


@asynccontextmanager
async def serving(app: Any, chain: Path | None = None) -> AsyncIterator[int]:
    import uvicorn  # noqa: PLC0415

    config = uvicorn.Config(
        app, port=0, log_config=None, access_log=False, lifespan="off", ssl_certfile=chain
    )
    server = uvicorn.Server(config)
    serve = asyncio.ensure_future(server.serve())
    while not server.started:  # noqa: ASYNC110 - it tells by a flag alone
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serve


def desk(**more: Any) -> Receivers:
    seeds = {"public_key": PrivateKey(OURS).public.raw, "answer_seed": THEIRS}
    return Receivers(lambda: utc_now().timestamp(), **{**seeds, **more})


@pytest.mark.parametrize(("kind", "path"), [("webhook", "incidents"), ("cap", "cap")])
async def test_a_signed_answer_is_a_receipt(tmp_path: Path, kind: str, path: str) -> None:
    receivers = desk()
    async with serving(receivers.application()) as port:
        url = f"http://127.0.0.1:{port}/{path}"
        for message in (ALARM, ALARM, BACK):
            assert await told(by_web(tmp_path, url, kind), message) == Told(Outcome.TAKEN)
        silent = desk(answer_seed=b"")
        receivers.answer_seed = silent.answer_seed
        unsigned = await told(by_web(tmp_path, url, kind))
        assert unsigned == Told(Outcome.AGAIN, "station_unproven")
        receivers.answer_seed = OTHER
        forged = await told(by_web(tmp_path, url, kind))
        assert forged == Told(Outcome.AGAIN, "station_unproven")
        receivers.public_key = PrivateKey(OTHER).public.raw
        assert await told(by_web(tmp_path, url, kind)) == Told(Outcome.RETURNED, "station_refused")
        receivers.failing["incident" if kind == "webhook" else "cap"] = 503
        assert await told(by_web(tmp_path, url, kind)) == Told(Outcome.AGAIN, "station_silent")
    names = [one.key for one in receivers.taken]
    assert names == ["inc-1-41", "inc-1-41-cancel"]  # the copy is one
    if kind == "webhook":
        first, back = (json.loads(one.text) for one in receivers.taken)
        assert first["data"]["simulated"]
        assert back["data"]["message"] == "inc-1-41"
        assert back["data"]["simulated"]


async def test_a_station_that_will_not_have_it(tmp_path: Path) -> None:
    receivers = desk(returns={"watch_list"})
    async with serving(receivers.application()) as port:
        url = f"http://127.0.0.1:{port}/incidents"
        assert await told(by_web(tmp_path, url)) == Told(Outcome.RETURNED, "station_unable")


@pytest.mark.parametrize("lie", ["late", "early", "other", "body", "word", "flood", "redirect"])
async def test_liars_by_http(tmp_path: Path, lie: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        request = await receive()
        while request.get("more_body"):
            request = await receive()
        asked = {name.decode(): value.decode() for name, value in scope["headers"]}
        at_s = int(utc_now().timestamp()) + {"late": -400, "early": 400}.get(lie, 0)
        name = "inc-1-40" if lie == "other" else asked["webhook-id"]
        body = b'{"type":"hello"}' if lie == "word" else b'{"type":"incident.acknowledged"}'
        marks = standard_webhook.signed_headers([PrivateKey(THEIRS)], name, at_s, body)
        headers = [(key.encode(), value.encode()) for key, value in marks]
        status = 307 if lie == "redirect" else 200
        if lie == "redirect":
            headers.append((b"location", b"http://127.0.0.1:9/"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if lie == "flood":
            body *= ANSWER_BYTES_MAX // len(body) + 1
        if lie == "body":
            body = body.replace(b"acknowledged", b"returned")
        await send({"type": "http.response.body", "body": body})

    expected = {
        "flood": Told(Outcome.AGAIN, "station_flood"),
        "redirect": Told(Outcome.RETURNED, "station_refused"),
    }
    async with serving(app) as port:
        said = await told(by_web(tmp_path, f"http://127.0.0.1:{port}/"))
    assert said == expected.get(lie, Told(Outcome.AGAIN, "station_unproven"))


@pytest.mark.parametrize("raw", [b"<a/>", b"", b"\xff", b"<!DOCTYPE a><a/>"])
async def test_what_is_no_cap_is_no_receipt(tmp_path: Path, raw: bytes) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        asked = {name.decode(): value.decode() for name, value in scope["headers"]}
        name, at_s = asked["webhook-id"], int(utc_now().timestamp())
        marks = standard_webhook.signed_headers([PrivateKey(THEIRS)], name, at_s, raw)
        headers = [(key.encode(), value.encode()) for key, value in marks]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": raw})

    async with serving(app) as port:
        said = await told(by_web(tmp_path, f"http://127.0.0.1:{port}/", "cap"))
    assert said == Told(Outcome.AGAIN, "station_unproven")


async def test_nobody_serves_there(tmp_path: Path) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    said = await told(by_web(tmp_path, f"http://127.0.0.1:{port}/"))
    assert said == Told(Outcome.AGAIN, "station_unreachable")


def test_every_trouble_has_words_for_people() -> None:
    source = (Path(__file__).parents[2] / "hub/gateways/stations.py").read_text()
    troubles = {word for word in source.split('"') if word.startswith("station_")}
    assert len(troubles) == 9
    assert troubles <= set(REASONS)
    assert all(REASONS[one].cure for one in troubles)


# --- settings

DC09 = {"kind": "dc09", "url": "dc09+tls://a.example:8472", "account": "1234AB"}
WEB = {"kind": "webhook", "url": "https://a.example/x", "key": "secret:k", "answers": "whpk_x"}


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        ({**DC09, "kind": "fax"}, "kind in"),
        ({**DC09, "colour": "red"}, "colour in"),
        ({**DC09, "url": "https://a.example"}, "begins with dc09://"),
        ({**DC09, "url": "dc09+tls://a.example"}, "names a port"),
        ({**DC09, "url": "dc09+tls://a.example:99999"}, "begins with dc09://"),
        ({**DC09, "account": ""}, "account in"),
        ({**DC09, "account": 7}, "is a text"),
        ({**DC09, "url": "dc09://a.example:1"}, "anybody may answer"),
        ({**DC09, "key": "0123456789ABCDEF"}, "is a reference"),
        ({**DC09, "zones": {"gate": "7"}}, "zones of"),
        ({**DC09, "zones": {"gate": 10_000}}, "zones of"),
        ({**DC09, "kinds": ["flood"]}, "kinds in"),
        ({**DC09, "kinds": []}, "kinds in"),
        ({**WEB, "url": "http://a.example/x"}, "leaves this machine"),
        ({**WEB, "answers": ""}, "answers ="),
        ({**WEB, "key": ""}, "answers ="),
        ({**WEB, "kind": "cap"}, "sender in"),
        ("dc09", "write kind and url"),
    ],
)
def test_a_wrong_setting_says_what_to_write(wire: Any, said: str) -> None:
    with pytest.raises(ValueError, match="desk") as wrong:
        read_stations({"desk": wire})
    assert said in str(wrong.value)


def test_names_and_numbers_of_stations_are_bounded() -> None:
    with pytest.raises(ValueError, match="small letters"):
        read_stations({"Desk": DC09})
    with pytest.raises(ValueError, match="at most"):
        read_stations({f"desk-{n}": DC09 for n in range(9)})


def test_the_first_that_takes_a_kind_gets_it() -> None:
    found = read_stations({"fire": {**DC09, "kinds": ["fire"]}, "police": WEB})
    assert station_for(found, Kind.FIRE) == "fire"
    assert station_for(found, Kind.FORCED) == "police"
    assert station_for({"fire": found["fire"]}, Kind.FORCED) == ""


def test_a_wire_is_known_by_where_it_goes_and_in_whose_name() -> None:
    marks = {
        read_stations({"desk": {**DC09, **more}})["desk"].mark
        for more in ({}, {"account": "1235AB"}, {"url": "dc09+tls://b.example:8472"})
    }
    assert len(marks) == 3
    same = read_stations({"desk": {**DC09, "zones": {"gate": 7}}})["desk"].mark
    assert same in marks


@pytest.mark.parametrize(
    "more", [{"aes": "short"}, {"account": "xyz!"}, {"ca": "absent.pem", "url": "dc09+tls://a:1"}]
)
def test_what_no_wire_can_use_is_said_at_the_start(tmp_path: Path, more: dict[str, str]) -> None:
    with pytest.raises(Mistake, match=r"\[stations.desk\]") as wrong:
        by_line(tmp_path, 1, **more)
    assert "short" not in str(wrong.value)


@pytest.mark.parametrize("answers", [public(OURS)[:-4], f"whsk_{base64.b64encode(OURS).decode()}"])
def test_keys_of_the_wrong_side_are_refused(tmp_path: Path, answers: str) -> None:
    text = answers if answers.startswith("whpk_") else "secret:sign"
    with pytest.raises(Mistake, match="desk"):
        by_web(tmp_path, "https://a.example/x", answers=text)
    with pytest.raises(Mistake, match="ours alone"):
        by_web(tmp_path, "https://a.example/x", sign=public(OURS))
