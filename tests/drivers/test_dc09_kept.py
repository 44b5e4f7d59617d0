"""A line to a station that is kept between events, and that the station resets meanwhile."""

import asyncio
import socket
import struct
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from drivers.dc09 import Account, Outcome, SiaEvent
from drivers.dc09_line import StationLine
from tests.drivers.waiting import until

PANIC = SiaEvent("PA", zone=7)


def loops() -> list[Callable[[], asyncio.AbstractEventLoop]]:
    """The hub's two: libuv's tells of a dead line earlier, and by another exception."""
    uvloop = pytest.importorskip("uvloop", reason="there is no wheel of uvloop here")
    return [asyncio.new_event_loop, uvloop.new_event_loop]


class Station:
    """It takes connections and answers nothing; each can be reset."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []
        self.heard = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        while await reader.read(4_096):
            self.heard += 1

    def reset(self) -> None:
        """Hang up without a good-bye, as a rebooted receiver does."""
        writer = self.writers[-1]
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


async def reset_between_two_events() -> None:
    station = Station()
    server = await asyncio.start_server(station.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    line = StationLine(
        "127.0.0.1", port, Account("1234AB"), lambda: datetime.now(UTC),
        answer_s=0.2, pause_s=0.001, attempts_max=2,
    )  # fmt: skip
    line._streams = await asyncio.open_connection("127.0.0.1", port)  # kept from an earlier event
    kept = line._streams[0]
    await until(lambda: len(station.writers) == 1)
    station.reset()
    await until(lambda: kept.at_eof() or kept.exception() is not None)
    assert (await line.send(PANIC, 1)).outcome is Outcome.SILENT
    assert station.heard == 2  # both attempts came, by new connections
    await line.close()
    for writer in station.writers:
        writer.close()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("which", [0, 1], ids=["asyncio", "uvloop"])
def test_a_line_that_was_reset_is_opened_again(which: int) -> None:
    with asyncio.Runner(loop_factory=loops()[which]) as runner:
        runner.run(reset_between_two_events())
