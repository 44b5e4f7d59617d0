"""Our DC-09 sender before a receiver that nobody here wrote, and on a line that loses things."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drivers.dc09 import Account, ContactId, Event, Outcome, SiaEvent, Supervision
from drivers.dc09_line import StationLine
from hub import certs
from simulators.receivers.station import Station

KEY = "0123456789ABCDEF"
ACCOUNT = "1234AB"
PANIC = SiaEvent("PA", zone=7)
ANSWER_S = 5.0  # of a peer on loopback; only what is never answered waits for it


def now() -> datetime:
    return datetime.now(UTC)


def sender(port: int, key: str | None = KEY, late_s: float = 0, **more: Any) -> StationLine:
    account = Account(ACCOUNT, receiver="1", key=key.encode() if key else None)
    more = {"answer_s": ANSWER_S, "pause_s": 0.01} | more
    return StationLine(
        "127.0.0.1", port, account, lambda: now() - timedelta(seconds=late_s), **more
    )


@asynccontextmanager
async def calling(port: int, *wish: Any, **more: Any) -> AsyncIterator[StationLine]:
    line = sender(port, *wish, **more)
    try:
        yield line
    finally:
        await line.close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@asynccontextmanager
async def foreign(key: str | None = KEY) -> AsyncIterator[tuple[int, list[Any], Any]]:
    """pysiaalarm as the station: its port, what it took, and what it counted."""
    aio = pytest.importorskip("pysiaalarm.aio", reason="the foreign receiver is not installed")
    from pysiaalarm.account import SIAAccount  # noqa: PLC0415

    taken: list[Any] = []

    async def take(event: Any) -> None:
        taken.append(event)

    port = free_port()
    client = aio.SIAClient("127.0.0.1", port, [SIAAccount(ACCOUNT, key)], take)
    await client.async_start()
    try:
        yield port, taken, client.counts
    finally:
        await client.async_stop()


@pytest.mark.parametrize("key", [None, KEY, KEY + "01234567", KEY * 2])
@pytest.mark.parametrize(
    ("event", "code", "zone"),
    [(PANIC, "PA", "0"), (ContactId(121, zone=3), "HA", "003"), (ContactId(110), "FA", "000")],
)
async def test_foreign_receiver_takes_it(
    key: str | None, event: Event, code: str, zone: str
) -> None:
    async with foreign(key) as (port, taken, _), calling(port, key) as line:
        verdict = await line.send(event, 77)
        assert (verdict.outcome, verdict.attempts) == (Outcome.TAKEN, 1)
        (said,) = taken
        assert (said.code, said.ri, said.sequence) == (code, zone, "0077")
        assert said.encrypted == (key is not None)
        assert int(said.length, 16) == len(said.full_message)  # its own check reads hex as tens


async def test_foreign_receiver_hears_supervision_between_events() -> None:
    async with foreign() as (port, taken, _), calling(port) as line:
        assert (await line.send(Supervision(), 0)).taken
        assert (await line.send(PANIC, 1)).taken
        assert (await line.send(Supervision(), 0)).taken
        assert [one.code for one in taken] == ["RP", "PA", "RP"]


async def test_foreign_receiver_refuses_a_wrong_key() -> None:
    async with foreign() as (port, taken, _), calling(port, KEY[::-1]) as line:
        verdict = await line.send(PANIC, 1)
        # it takes what it opens with its key for text; once in some hundred times it looks like one
        assert verdict.outcome in {Outcome.REFUSED, Outcome.UNABLE}
        assert not verdict.again
        assert taken == []


@pytest.mark.parametrize("late_s", [600, -60])
async def test_foreign_receiver_refuses_another_time(late_s: float) -> None:
    async with foreign() as (port, taken, counts), calling(port, late_s=late_s) as line:
        verdict = await line.send(PANIC, 1)
        assert verdict.outcome is Outcome.CLOCK
        assert taken == []
        assert counts.error_timestamp == 1
        assert verdict.skew_s is not None
        assert (verdict.skew_s > 0) == (late_s > 0)


async def test_foreign_receiver_cannot_use_an_unknown_code() -> None:
    async with foreign(None) as (port, taken, _), calling(port, None) as line:
        assert (await line.send(SiaEvent("QQ"), 1)).outcome is Outcome.UNABLE
        assert taken == []


class Loss:
    """A line between sender and station that can lose answers or spoil questions."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.lose_answers = self.spoil_questions = 0
        self.calls = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            await server.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        behind, before = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            while asked := await reader.read(4_096):
                if self.spoil_questions:
                    self.spoil_questions -= 1
                    asked = asked.replace(b"L0#", b"L1#")
                before.write(asked)
                said = await behind.read(4_096)
                if self.lose_answers:
                    self.lose_answers -= 1
                    return  # the connection breaks with the answer in it
                writer.write(said)
        finally:
            for one in (before, writer):
                one.close()


async def test_a_lost_ack_of_the_foreign_receiver_comes_again_under_its_number() -> None:
    async with foreign() as (port, taken, _):
        loss = Loss(port)
        loss.lose_answers = 1
        async with loss.open() as through, calling(through) as line:
            verdict = await line.send(PANIC, 7)
        assert (verdict.outcome, verdict.attempts) == (Outcome.TAKEN, 2)
        # this receiver does not look for copies; by account and number whoever does finds one event
        assert {(one.account, one.sequence, one.code) for one in taken} == {(ACCOUNT, "0007", "PA")}
        assert len(taken) == 2


async def test_a_lost_ack_of_a_station_that_looks_for_copies_doubles_nothing() -> None:
    station = Station(now, {ACCOUNT: KEY.encode()})
    loss = Loss(await station.start())
    loss.lose_answers = 2
    async with loss.open() as through, calling(through) as line:
        assert (await line.send(PANIC, 7)).attempts == 3
        assert (await line.send(PANIC, 8)).attempts == 1
    await station.stop()
    assert [one.sequence for one in station.alarms] == [7, 8]
    assert station.copies == 2
    assert loss.calls == 3  # a connection that answered is kept


async def test_a_spoilt_message_meets_silence_and_is_said_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "pysiaalarm")
    async with foreign() as (port, taken, counts):
        loss = Loss(port)
        loss.spoil_questions = 1
        async with loss.open() as through, calling(through, answer_s=2.0) as line:
            verdict = await line.send(PANIC, 7)
        assert verdict.outcome is Outcome.TAKEN
        assert counts.error_crc == 1
        assert len(taken) == verdict.attempts - 1


async def test_a_line_that_the_station_closed_in_between_is_opened_again() -> None:
    station = Station(now, {ACCOUNT: KEY.encode()})

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(station.hear(await reader.readuntil(b"\r")))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with calling(server.sockets[0].getsockname()[1]) as line:
        for sequence in (1, 2):
            assert (await line.send(PANIC, sequence)).attempts == 1
            assert line._streams is not None
            assert await line._streams[0].read() == b""  # hears that the station hangs up
    server.close()
    await server.wait_closed()
    assert [one.sequence for one in station.alarms] == [1, 2]


async def test_inside_tls_and_not_with_a_stranger(tmp_path: Path) -> None:
    signed = certs.ensure(tmp_path / "certs", [], ["127.0.0.1"], now())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(signed.chain)
    station = Station(now, {ACCOUNT: None}, context)
    port = await station.start()
    known = ssl.create_default_context(cafile=str(signed.authority))
    async with calling(port, None, tls=known) as line:
        assert (await line.send(PANIC, 1)).taken
    async with calling(port, None, tls=ssl.create_default_context()) as line:
        assert (await line.send(PANIC, 2)).outcome is Outcome.SILENT
    async with calling(port, None) as line:  # in the clear nobody there understands us
        assert (await line.send(PANIC, 3)).outcome is Outcome.SILENT
    await station.stop()
    assert [one.sequence for one in station.alarms] == [1]


async def test_nobody_there_is_silence() -> None:
    async with calling(free_port()) as line:
        verdict = await line.send(PANIC, 7)
        assert (verdict.outcome, verdict.attempts) == (Outcome.SILENT, 3)


async def test_who_gives_up_leaves_no_half_conversation() -> None:
    station = Station(now, {ACCOUNT: KEY.encode()})
    station.deaf = 1
    async with calling(await station.start()) as line:
        heard = asyncio.Event()
        station.on_alarm = lambda _alarm: heard.set()
        waiting = asyncio.ensure_future(line.send(PANIC, 7))
        await heard.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (await line.send(PANIC, 7)).attempts == 1
    await station.stop()
    assert (len(station.alarms), station.copies) == (1, 1)
