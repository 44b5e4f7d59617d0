"""An open serial line on the running asyncio loop: bytes in, bytes out, and the moment it dies."""

import asyncio
import contextlib
import errno
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Literal, Self

import serial

try:
    import termios
except ImportError:  # Windows
    _REFUSED: tuple[type[Exception], ...] = ()
else:
    _REFUSED = (termios.error,)  # which is no OSError

# What an opening may raise for a port's own reasons; SerialException is an OSError.
_UNOPENED: tuple[type[Exception], ...] = (OSError, ValueError, *_REFUSED)

Direction = Literal[">", "<"]  # ">" to the device, "<" from the device
OnWire = Callable[[Direction, int, bytes], None]  # direction, time.perf_counter_ns(), the bytes
Parity = Literal["N", "E", "O"]
OnChunk = Callable[[bytes, int], None]  # the bytes, and time.perf_counter_ns() of the first

READ_MOST_BYTES: Final = 4096  # one read; a serial adapter hands over at most its own buffer
TAKE_MOST_BYTES: Final = 256  # by one read(): about a frame, 3 ms of the slowest deframer
INBOX_MOST_BYTES: Final = 65_536  # unread bytes; frames are < 300 bytes, so 200 frames nobody took
OUTBOX_MOST_BYTES: Final = 65_536  # unsent bytes; more means the far end no longer takes any
IDLE_S: Final = 0.02  # quiet time after which half a frame is noise; USB adapters deliver in 16 ms
THREAD_READ_S: Final = 0.1  # how long a reading thread sleeps in one read, so how late it ends


class LinkLost(Exception):
    """The line is gone or could not be opened; the text says why and what to check."""


class Link:
    """One open line; single use: once lost or closed it never works again."""

    def __init__(self, port: serial.SerialBase, name: str, on_wire: OnWire | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._port: Any = port  # posix, windows and url ports share no typed class
        self._on_wire = on_wire
        self._inbox = bytearray()
        self._inbox_at_ns = 0
        self._more = False  # read() left some of what was there
        self._on_chunk: OnChunk | None = None
        self._outbox = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._end: asyncio.Future[str] = self._loop.create_future()
        self._idle_timer: asyncio.TimerHandle | None = None
        self._thread_writes: ThreadPoolExecutor | None = None
        self._thread_unsent = 0
        self.name = name
        self.overrun = 0  # bytes thrown away because nobody read them
        self.read_at_ns = 0  # perf_counter_ns of the first byte of what read() returned last
        self.heard_at_ns = 0  # perf_counter_ns of the newest byte from the device
        self.on_idle: Callable[[], None] | None = None  # called once when the line falls quiet
        self.idle_s = IDLE_S
        self._fd = _fd_of(port)
        if self._fd is None:
            self._thread_writes = ThreadPoolExecutor(1, thread_name_prefix=f"write {name}")
            threading.Thread(target=self._pump, name=f"read {name}", daemon=True).start()
        else:
            os.set_blocking(self._fd, False)
            self._loop.add_reader(self._fd, self._readable)

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        baudrate: int = 115_200,
        parity: Parity = "N",
        on_wire: OnWire | None = None,
    ) -> Self:
        """Open a path or pyserial URL for this process alone; raises LinkLost with the cure."""
        path = url.removeprefix("serial://")
        try:
            if "://" in path:  # sockets and finders may take seconds, so not on the loop
                port = await asyncio.to_thread(_open_port, path, baudrate, parity)
            else:
                port = _open_port(path, baudrate, parity)
        except _UNOPENED as error:
            raise LinkLost(explain(path, error)) from error
        return cls(port, path, on_wire)

    def write(self, message: bytes) -> None:
        """Send without waiting; raises LinkLost when the line is gone or takes no more."""
        if self._end.done():
            raise LinkLost(self._end.result())
        if self._on_wire is not None:
            self._on_wire(">", time.perf_counter_ns(), message)
        if self._thread_writes is not None:
            self._write_in_thread(message)
            return
        sent = 0
        if not self._outbox:
            sent = self._write_some(message)
        if sent < len(message):
            self._outbox += message[sent:]
            if len(self._outbox) > OUTBOX_MOST_BYTES:
                self._lose("the far end takes no more bytes; check flow control and the cable")
                raise LinkLost(self._end.result())
            assert self._fd is not None
            self._loop.add_writer(self._fd, self._writable)

    async def read(self) -> bytes:
        """Wait for bytes and take up to TAKE_MOST_BYTES; raises LinkLost after the last of them.

        Between two parts of what is there the loop gets a turn, and a deadline its chance: a far
        end gone mad must not hold up all others.
        """
        if self._more:
            self._more = False
            await asyncio.sleep(0)
        if not self._inbox:
            if self._waiter is not None:
                raise RuntimeError("one reader at a time")
            if not self._end.done():
                self._waiter = self._loop.create_future()
                try:
                    await self._waiter
                finally:
                    self._waiter = None
            if not self._inbox:
                raise LinkLost(self._end.result())
        chunk = bytes(self._inbox[:TAKE_MOST_BYTES])
        del self._inbox[:TAKE_MOST_BYTES]
        self._more = bool(self._inbox)
        self.read_at_ns = self._inbox_at_ns
        return chunk

    def listen(self, on_chunk: OnChunk) -> None:
        """Hand over what comes from now on, instead of read(): cheaper for who is asked often.

        ``on_chunk`` gets up to TAKE_MOST_BYTES and when the first of them came; between two parts
        the loop gets a turn, as in read().
        """
        self._on_chunk = on_chunk
        self._hand_over()

    def _hand_over(self) -> None:
        """One part of what is there; the rest in the loop's next turn."""
        self._more = False
        if self._on_chunk is None or not self._inbox or self._end.done():
            return
        chunk = bytes(self._inbox[:TAKE_MOST_BYTES])
        del self._inbox[:TAKE_MOST_BYTES]
        if self._inbox:
            self._more = True
            self._loop.call_soon(self._hand_over)
        self._on_chunk(chunk, self._inbox_at_ns)

    def discard(self) -> int:
        """Throw away what was received but not read; returns how many bytes that was."""
        size = len(self._inbox)
        self._inbox.clear()
        return size

    async def lost(self) -> str:
        """Wait until the line has ended and say why."""
        return await asyncio.shield(self._end)

    @property
    def is_open(self) -> bool:
        """True until the line is lost or closed."""
        return not self._end.done()

    def close(self, why: str = "closed by us") -> None:
        """End the line; a waiting read raises LinkLost(why). Safe to call twice."""
        self._lose(why)

    def _readable(self) -> None:
        try:
            if type(self._port) is serial.Serial:
                assert self._fd is not None
                chunk = os.read(self._fd, READ_MOST_BYTES)  # what Serial.read does, less a select
            else:
                chunk = self._port.read(READ_MOST_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(explain(self.name, error))
            return
        if chunk:
            self._arrived(chunk)
        else:  # readable yet empty: the far end hung up
            self._lose(f"{self.name} was unplugged; check the cable")

    def _arrived(self, chunk: bytes) -> None:
        if self._end.done():
            return
        now_ns = time.perf_counter_ns()
        self.heard_at_ns = now_ns
        if self._on_wire is not None:
            self._on_wire("<", now_ns, chunk)
        if not self._inbox:
            self._inbox_at_ns = now_ns
        self._inbox += chunk
        if len(self._inbox) > INBOX_MOST_BYTES:
            surplus = len(self._inbox) - INBOX_MOST_BYTES
            del self._inbox[:surplus]
            self.overrun += surplus
        if self._on_chunk is not None and not self._more:
            self._hand_over()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        if self.on_idle is not None and self._idle_timer is None:
            self._idle_timer = self._loop.call_later(self.idle_s, self._quiet)

    def _quiet(self) -> None:
        quiet_s = (time.perf_counter_ns() - self.heard_at_ns) / 1e9
        if quiet_s < self.idle_s:
            self._idle_timer = self._loop.call_later(self.idle_s - quiet_s, self._quiet)
            return
        self._idle_timer = None
        if self.on_idle is not None:
            self.on_idle()

    def _write_some(self, message: bytes | bytearray) -> int:
        try:
            if type(self._port) is serial.Serial:
                assert self._fd is not None
                return os.write(self._fd, message)
            return self._port.write(message) or 0
        except BlockingIOError:
            return 0
        except OSError as error:
            self._lose(explain(self.name, error))
            raise LinkLost(self._end.result()) from error

    def _writable(self) -> None:
        with contextlib.suppress(LinkLost):
            del self._outbox[: self._write_some(self._outbox)]
        if not self._outbox and self._fd is not None:
            self._loop.remove_writer(self._fd)

    def _write_in_thread(self, message: bytes) -> None:
        assert self._thread_writes is not None
        self._thread_unsent += len(message)
        if self._thread_unsent > OUTBOX_MOST_BYTES:
            self._lose("the far end takes no more bytes; check flow control and the cable")
            raise LinkLost(self._end.result())
        self._thread_writes.submit(self._write_blocking, message)

    def _write_blocking(self, message: bytes) -> None:
        try:
            self._port.write(message)
        except OSError as error:
            self._from_thread(self._lose, explain(self.name, error))
        else:
            self._from_thread(self._sent_by_thread, len(message))

    def _sent_by_thread(self, size: int) -> None:
        self._thread_unsent -= size

    def _pump(self) -> None:
        """Read in a thread, for ports that have no file descriptor (rfc2217, loop, Windows)."""
        self._port.timeout = THREAD_READ_S
        while not self._end.done():
            try:
                chunk = self._port.read(max(1, min(self._port.in_waiting, READ_MOST_BYTES)))
            except (OSError, TypeError) as error:  # pyserial: TypeError when closed under a read
                self._from_thread(self._lose, explain(self.name, error))
                return
            if chunk:
                self._from_thread(self._arrived, chunk)

    def _from_thread(self, call: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended before the thread
            self._loop.call_soon_threadsafe(call, *arguments)

    def _lose(self, why: str) -> None:
        if self._end.done():
            return
        if self._fd is not None:  # first of all: a dead descriptor left in the loop spins for ever
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
        self._end.set_result(why)
        self._outbox.clear()
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        if self._thread_writes is not None:
            self._thread_writes.shutdown(wait=False, cancel_futures=True)
        with contextlib.suppress(OSError):
            self._port.close()


def explain(path: str, error: Exception) -> str:
    """One line: which part of the line is wrong and what to check."""
    number = getattr(error, "errno", None)
    if number is None and error.__context__ is not None:  # pyserial hides a termios.error
        number = next(iter(error.__context__.args), None)
    if isinstance(error, _REFUSED) and error.args[:1] == (errno.EINVAL,):
        return f"{path}: the port refuses this speed or parity; check baud and parity in the URL"
    if isinstance(error, ValueError) and "not known" in str(error):
        return f"{path}: unknown transport; check the part between + and ://"
    if isinstance(number, int) and number in _CURES:
        return f"{path}: {_CURES[number]}"
    return f"{path}: {error}; check the port and its cable"


_ABSENT: Final = "no such port; check that the device is plugged in and its name is right"
_DENIED: Final = "permission denied; check the rights of the user (often group dialout)"
_BUSY: Final = "the port is busy; check for another program that holds it"
_UNPLUGGED: Final = "was unplugged; check the cable"
_CURES: Final = {
    errno.ENOENT: _ABSENT,
    errno.ENXIO: _ABSENT,
    errno.ENODEV: _ABSENT,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EBUSY: _BUSY,
    errno.EWOULDBLOCK: _BUSY,
    errno.EIO: _UNPLUGGED,
    errno.EBADF: _UNPLUGGED,
    errno.ENOTTY: "is no serial port; check the path",
}


_PSEUDO: Final = "/dev/pts/"


def _open_port(path: str, baudrate: int, parity: Parity) -> serial.SerialBase:
    if "://" not in path:
        if os.path.realpath(path).startswith(_PSEUDO):
            parity = "N"  # it carries bytes, not bits; asked twice for parity it refuses to open
        port = serial.Serial(
            path, baudrate, parity=parity, timeout=0, write_timeout=0, exclusive=True
        )
        with contextlib.suppress(OSError, ValueError, AttributeError, NotImplementedError):
            port.set_low_latency_mode(low_latency_settings=True)  # FTDI: 16 ms -> 1 ms
        return port
    options = {"exclusive": True} if path.startswith(("hwgrep://", "spy://", "alt://")) else {}
    opened = serial.serial_for_url(path, baudrate, parity=parity, timeout=0, **options)
    assert isinstance(opened, serial.SerialBase)
    return opened


def _fd_of(port: serial.SerialBase) -> int | None:
    if os.name != "posix":
        return None
    try:
        return int(port.fileno())
    except (OSError, AttributeError):
        return None
