"""The serial line: bytes both ways, quiet, unplugging, and nothing left on the loop."""

import asyncio
import os
import socket
import termios
import tty
from collections.abc import Iterator

import pytest
import serial

from drivers.link import (
    INBOX_MOST_BYTES,
    OUTBOX_MOST_BYTES,
    TAKE_MOST_BYTES,
    Link,
    LinkLost,
)
from tests.drivers.waiting import until

HOUR_S = 3_600.0


class Far:
    """The other end of a pseudo-terminal."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)

    def send(self, chunk: bytes) -> None:
        os.write(self.master, chunk)

    def hang_up(self) -> None:
        for fd in (self.master, self.slave):
            if fd >= 0:
                os.close(fd)
        self.master = self.slave = -1


@pytest.fixture
def far() -> Iterator[Far]:
    end = Far()
    yield end
    end.hang_up()


async def read_all(link: Link, size: int) -> bytes:
    got = b""
    while len(got) < size:
        got += await link.read()
    return got


async def test_bytes_go_both_ways_and_are_told(far: Far) -> None:
    told: list[tuple[str, bytes]] = []
    times: list[int] = []

    def on_wire(direction: str, at_ns: int, chunk: bytes) -> None:
        told.append((direction, chunk))
        times.append(at_ns)

    link = await Link.open(f"serial://{far.path}", on_wire=on_wire)
    link.write(b"ask")
    assert os.read(far.master, 10) == b"ask"
    far.send(b"\x00\x11\x13\x0d\xff")  # nothing of it may be taken for a control character
    assert await read_all(link, 5) == b"\x00\x11\x13\x0d\xff"
    link.close()
    assert told[0] == (">", b"ask")
    assert b"".join(chunk for direction, chunk in told if direction == "<") == (
        b"\x00\x11\x13\x0d\xff"
    )
    assert times == sorted(times)


async def test_the_moment_of_the_first_byte_is_kept(far: Far) -> None:
    link = await Link.open(far.path)
    far.send(b"first")
    await until(lambda: bool(link._inbox))
    first_ns = link.heard_at_ns
    far.send(b"second")
    await until(lambda: len(link._inbox) == 11)
    assert await link.read() == b"firstsecond"
    assert link.read_at_ns == first_ns < link.heard_at_ns
    link.close()


async def test_unplugged_line_ends_the_read_and_leaves_the_loop(far: Far) -> None:
    link = await Link.open(far.path)
    reading = asyncio.create_task(link.read())
    await asyncio.sleep(0)
    fd = link._fd
    far.hang_up()
    with pytest.raises(LinkLost, match="unplugged; check the cable"):
        await reading
    assert not link.is_open
    assert "unplugged" in await link.lost()
    assert fd is not None
    assert not asyncio.get_running_loop().remove_reader(fd)
    with pytest.raises(LinkLost, match="unplugged"):
        link.write(b"x")


async def test_bytes_before_the_end_are_still_read(far: Far) -> None:
    link = await Link.open(far.path)
    far.send(b"last words")
    await until(lambda: bool(link._inbox))
    link.close()
    assert await link.read() == b"last words"
    with pytest.raises(LinkLost, match="closed by us"):
        await link.read()


async def test_close_ends_a_waiting_read_and_may_be_repeated(far: Far) -> None:
    link = await Link.open(far.path)
    reading = asyncio.create_task(link.read())
    await asyncio.sleep(0)
    link.close()
    link.close()
    with pytest.raises(LinkLost, match="closed by us"):
        await reading


async def test_a_port_has_one_user(far: Far) -> None:
    link = await Link.open(far.path)
    with pytest.raises(LinkLost, match="busy"):
        await Link.open(far.path)
    link.close()
    (await Link.open(far.path)).close()


async def test_a_line_has_one_reader(far: Far) -> None:
    link = await Link.open(far.path)
    reading = asyncio.create_task(link.read())
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="one reader"):
        await link.read()
    link.close()
    await asyncio.wait([reading])
    assert isinstance(reading.exception(), LinkLost)


async def test_a_cancelled_read_loses_nothing(far: Far) -> None:
    link = await Link.open(far.path)
    reading = asyncio.create_task(link.read())
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading])
    far.send(b"kept")
    assert await link.read() == b"kept"
    link.close()


async def test_unread_bytes_are_bounded_the_oldest_go(far: Far) -> None:
    link = await Link.open(far.path)
    sent = 0
    while link.overrun == 0:
        far.send(bytes((sent // 1000 % 256,)) * 1000)
        sent += 1000
        await until(lambda: link.overrun + len(link._inbox) == sent)  # noqa: B023 - awaited here
    kept = await read_all(link, INBOX_MOST_BYTES)
    assert len(kept) == INBOX_MOST_BYTES
    assert kept[-1] == (sent // 1000 - 1) % 256
    assert link.overrun == sent - INBOX_MOST_BYTES
    link.close()


async def test_others_get_their_turn_while_much_is_read(far: Far) -> None:
    link = await Link.open(far.path)
    far.send(bytes(3 * TAKE_MOST_BYTES))
    await until(lambda: len(link._inbox) == 3 * TAKE_MOST_BYTES)
    order: list[str] = []
    asyncio.get_running_loop().call_soon(order.append, "other")
    for _ in range(3):
        assert len(await link.read()) == TAKE_MOST_BYTES
        order.append("read")
    assert order == ["read", "other", "read", "read"]
    far.send(bytes(2 * TAKE_MOST_BYTES))
    await until(lambda: len(link._inbox) == 2 * TAKE_MOST_BYTES)
    await link.read()
    with pytest.raises(TimeoutError):  # nor does it outwit a deadline, and no byte is lost by it
        async with asyncio.timeout(0):
            await link.read()
    assert len(link._inbox) == TAKE_MOST_BYTES
    link.close()


async def test_discard_forgets_what_was_not_read(far: Far) -> None:
    link = await Link.open(far.path)
    far.send(b"stale")
    await until(lambda: bool(link._inbox))
    assert link.discard() == 5
    far.send(b"fresh")
    assert await link.read() == b"fresh"
    link.close()


async def test_far_end_that_takes_nothing_ends_the_line(far: Far) -> None:
    link = await Link.open(far.path)
    link.write(bytes(OUTBOX_MOST_BYTES))  # the terminal takes some of it, the rest waits
    with pytest.raises(LinkLost, match="takes no more bytes"):
        link.write(bytes(OUTBOX_MOST_BYTES))
    assert not link.is_open


async def test_slow_far_end_gets_every_byte(far: Far) -> None:
    link = await Link.open(far.path)
    sent = bytes(n % 251 for n in range(40_000))
    link.write(sent)
    os.set_blocking(far.master, False)
    got = b""
    while len(got) < len(sent):
        try:
            got += os.read(far.master, 4096)
        except BlockingIOError:
            await asyncio.sleep(0)
    assert got == sent
    link.close()


async def test_quiet_line_is_told_once_after_its_bytes(far: Far) -> None:
    link = await Link.open(far.path)
    quiet = asyncio.Event()
    times: list[bytes] = []

    def on_idle() -> None:
        times.append(bytes(link._inbox))
        quiet.set()

    link.on_idle = on_idle
    link.idle_s = 0.005
    far.send(b"one")
    await quiet.wait()
    assert times == [b"one"]
    quiet.clear()
    far.send(b"two")
    await quiet.wait()
    assert times == [b"one", b"onetwo"]
    link.close()


async def test_line_that_talks_on_is_not_quiet(far: Far) -> None:
    link = await Link.open(far.path)
    told: list[int] = []
    link.on_idle = lambda: told.append(link.heard_at_ns)
    link.idle_s = HOUR_S  # no timer of this test comes by itself, however slow the machine
    far.send(b"one")
    await until(lambda: link._idle_timer is not None)
    first, heard_at_ns = link._idle_timer, link.heard_at_ns
    assert first is not None
    first.cancel()
    link.heard_at_ns = heard_at_ns + int(HOUR_S * 1e9)  # as if it had talked on until the timer
    link._quiet()
    assert told == []
    second = link._idle_timer
    assert second is not None  # it looks again, once that much quiet can have passed
    assert second.when() - asyncio.get_running_loop().time() > HOUR_S
    second.cancel()
    link.heard_at_ns = heard_at_ns
    link.idle_s = 0.0
    link._quiet()
    assert told == [heard_at_ns]
    assert link._idle_timer is None
    link.close()


async def test_port_is_set_raw_and_to_its_speed(far: Far) -> None:
    link = await Link.open(far.path, baudrate=9600)
    _, _, _, local, speed, _, _ = termios.tcgetattr(far.slave)
    assert speed == termios.B9600
    assert not local & (termios.ECHO | termios.ICANON | termios.ISIG)
    link.close()


async def test_socket_server_is_a_line_too() -> None:
    arrived: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    arrived = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(
        lambda reader, writer: arrived.set_result((reader, writer)), "127.0.0.1", 0
    )
    number = server.sockets[0].getsockname()[1]
    link = await Link.open(f"socket://127.0.0.1:{number}")
    reader, writer = await arrived
    link.write(b"ask")
    assert await reader.readexactly(3) == b"ask"
    writer.write(b"answer")
    assert await read_all(link, 6) == b"answer"
    writer.close()
    with pytest.raises(LinkLost):
        await link.read()
    server.close()
    await server.wait_closed()


async def test_line_without_a_descriptor_is_read_in_a_thread() -> None:
    link = await Link.open("loop://")
    link.write(b"there and back")
    assert await read_all(link, 14) == b"there and back"
    reading = asyncio.create_task(link.read())
    await asyncio.sleep(0)
    link.close()
    with pytest.raises(LinkLost, match="closed by us"):
        await reading


async def test_absent_socket_server_is_told() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        number = nobody.getsockname()[1]
        with pytest.raises(LinkLost, match=f"socket://127.0.0.1:{number}"):
            await Link.open(f"socket://127.0.0.1:{number}")


async def test_a_pseudo_terminal_opens_again_with_parity() -> None:
    far = Far()
    for _ in range(2):  # the second time it used to refuse, with what is no OSError
        (await Link.open(far.path, baudrate=2_400, parity="E")).close()
    far.hang_up()


async def test_a_port_that_refuses_its_settings_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **_options: object) -> None:
        raise termios.error(22, "Invalid argument")

    monkeypatch.setattr(serial, "Serial", refuse)
    with pytest.raises(LinkLost, match="refuses this speed or parity; check baud and parity"):
        await Link.open("/dev/ttyUSB0", baudrate=2_400, parity="E")
