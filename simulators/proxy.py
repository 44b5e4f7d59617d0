"""A wire between clients and a broker that can be cut, slowed and looked at."""

import asyncio
import logging
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from drivers.mqtt_packets import PacketHead, PacketSplitter, head_of

SHOWN_MOST_BYTES: Final = 4_096  # of one packet; a person looks at the first lines
DUE_MOST_BYTES: Final = 1 << 20  # under way in one direction of a slow call: a whole packet
CONNECT_MOST_S: Final = 5.0  # to the target, which is on this machine

_RESET: Final = struct.pack("ii", 1, 0)  # linger for no time: close sends RST, not FIN
Direction = Literal[">", "<"]  # towards the target, back from it
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """One MQTT packet on the wire; `data` is its beginning, never with a CONNECT's secret.

    `head` is None for bytes that are no MQTT. `client` is known once it has said CONNECT.
    """

    connection: int
    client: str | None
    direction: Direction
    data: bytes
    head: PacketHead | None


class CuttableProxy:
    """Forwards TCP from a port on loopback to a target; `cut` and `heal` at any time."""

    def __init__(
        self,
        listen_port: int,
        target_host: str,
        target_port: int,
        *,
        delay_ms: float = 0.0,
        tap: Callable[[Seen], None] | None = None,
    ) -> None:
        self.port = listen_port  # 0: the system chooses, `start` writes it here
        self._line = _Line((target_host, target_port), delay_ms, tap)
        self._server: asyncio.Server | None = None

    @property
    def delay_ms(self) -> float:
        """How long bytes stay under way, each way."""
        return self._line.delay_ms

    @delay_ms.setter
    def delay_ms(self, delay_ms: float) -> None:
        self._line.delay_ms = delay_ms

    @property
    def is_cut(self) -> bool:
        """Whether the wire is cut now."""
        return self._line.is_cut

    @property
    def connections(self) -> int:
        """How many clients are connected now."""
        return len(self._line.calls)

    async def start(self) -> None:
        """Listen on 127.0.0.1."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Call(self._line).client, "127.0.0.1", self.port, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Drop everybody and stop listening."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()
        for task in self._line.dialling:
            task.cancel()
        await asyncio.gather(*self._line.dialling, return_exceptions=True)

    def cut(self) -> None:
        """Reset every connection; from now on each new one is reset too."""
        self._line.is_cut = True
        for call in list(self._line.calls):
            call.end()

    def heal(self) -> None:
        """Take connections again."""
        self._line.is_cut = False

    def away(self, client: str) -> bool:
        """Whether this client's own cable is pulled."""
        return client in self._line.away

    def pull(self, client: str) -> None:
        """Pull one client's own cable: its connections are reset, also those it makes anew."""
        self._line.away.add(client)
        for call in list(self._line.calls):
            if call.name == client:
                call.end()

    def push(self, client: str) -> None:
        """Put that cable back."""
        self._line.away.discard(client)


class _Line:
    """What all calls share."""

    def __init__(
        self, target: tuple[str, int], delay_ms: float, tap: Callable[[Seen], None] | None
    ) -> None:
        self.target, self.delay_ms, self.tap = target, delay_ms, tap
        self.is_cut = False
        self.away: set[str] = set()  # clients whose own cable is pulled; as many as were named
        self.calls: set[_Call] = set()
        self.dialling: set[asyncio.Task[None]] = set()
        self.number = 0  # of the newest call

    def show(self, seen: Seen) -> None:
        """Tell the tap; one that fails is taken off, the wire goes on."""
        if self.tap is None:
            return
        try:
            self.tap(seen)
        except Exception:  # noqa: BLE001 (whatever a looker does wrong, the wire must not stop)
            _log.exception("the tap failed and is taken off the wire")
            self.tap = None


class _Call:
    """One client's connection and the one made for it."""

    def __init__(self, line: _Line) -> None:
        self.line = line
        self.number = 0
        self.name: str | None = None
        self.client, self.target = _End(self, ">"), _End(self, "<")

    def opened(self) -> None:
        """The client is here: call the target, and let the client wait meanwhile."""
        if self.line.is_cut:
            self.client.abort()
            return
        self.line.calls.add(self)
        self.line.number += 1
        self.number = self.line.number
        self.client.pause_reading()
        task = asyncio.create_task(self._dial(), name="proxy dials")
        self.line.dialling.add(task)
        task.add_done_callback(self.line.dialling.discard)

    async def _dial(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_MOST_S):
                await loop.create_connection(lambda: self.target, *self.line.target)
        except (OSError, TimeoutError):
            self.end()
            return
        self.client.resume_reading()

    def passed(self, end: "_End", data: bytes) -> None:
        """Bytes came at one end: show them, and send them out at the other."""
        if self.line.tap is not None or self.name is None:
            self._show(end, data)
        if self.name in self.line.away:
            self.end()
            return
        self.other(end).send(data, self.line.delay_ms / 1000)

    def lost(self, end: "_End") -> None:
        """One end is gone: what is under way still arrives, then the other end is closed."""
        self.line.calls.discard(self)
        self.other(end).send(None, self.line.delay_ms / 1000)

    def end(self) -> None:
        """Reset both ends now."""
        self.line.calls.discard(self)
        self.client.abort()
        self.target.abort()

    def other(self, end: "_End") -> "_End":
        """The end across from this one."""
        return self.target if end is self.client else self.client

    def _show(self, end: "_End", data: bytes) -> None:
        packets = end.splitter.feed(data)
        for packet in packets:
            head = head_of(packet)
            self.name = head.client_id or self.name
            shown = packet[: min(head.open_bytes, SHOWN_MOST_BYTES)]
            self.line.show(Seen(self.number, self.name, end.direction, shown, head))
        if end.splitter.fault is not None:
            shown = data[:SHOWN_MOST_BYTES]
            self.line.show(Seen(self.number, self.name, end.direction, shown, None))


class _End(asyncio.Protocol):
    """One socket of a call."""

    def __init__(self, call: _Call, direction: Direction) -> None:
        self.direction: Direction = direction
        self.splitter = PacketSplitter()
        self.is_open = False
        self._call = call
        self._transport: asyncio.Transport | None = None
        # What is under way (None: then close), and a timer for each of them.
        self._due: deque[bytes | None] = deque()  # bounded by DUE_MOST_BYTES
        self._due_bytes = 0
        self._is_full = self._holds_back = False
        self._last_s = 0.0  # when the newest of them is due, on the loop's clock
        self._rings: deque[asyncio.TimerHandle] = deque()  # bounded by DUE_MOST_BYTES

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self.is_open = transport, True
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self is self._call.client:
            self._call.opened()
        while self._due:
            self._write_next()

    def data_received(self, data: bytes) -> None:
        self._call.passed(self, data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's word)
        self.is_open = False
        for ring in self._rings:
            ring.cancel()
        self._rings.clear()
        self._call.lost(self)

    def pause_writing(self) -> None:
        self._is_full = True
        self._regulate()

    def resume_writing(self) -> None:
        self._is_full = False
        self._regulate()

    def _regulate(self) -> None:
        """Let the other end read only while there is room here."""
        hold = self._is_full or self._due_bytes > DUE_MOST_BYTES
        if hold != self._holds_back:
            self._holds_back = hold
            other = self._call.other(self)
            other.pause_reading() if hold else other.resume_reading()

    def send(self, data: bytes | None, delay_s: float) -> None:
        """Write now or later, in order; None closes."""
        if self._transport is not None and not self.is_open:
            return
        self._due.append(data)
        self._due_bytes += len(data or b"")
        self._regulate()
        if self._transport is None:  # asyncio may read once more after pause_reading
            return
        if delay_s <= 0 and len(self._due) == 1:
            self._write_next()
            return
        loop = asyncio.get_running_loop()
        self._last_s = max(self._last_s, loop.time() + delay_s)
        self._rings.append(loop.call_at(self._last_s, self._write_next))

    def abort(self) -> None:
        if self._transport is not None and self.is_open:
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._transport.abort()

    def pause_reading(self) -> None:
        if self._transport is not None and self.is_open:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport is not None and self.is_open:
            self._transport.resume_reading()

    def _write_next(self) -> None:
        """Write the oldest, whichever timer rang: bytes never overtake each other."""
        assert self._transport is not None
        if self._rings:
            self._rings.popleft()
        if not self._due:
            return
        data = self._due.popleft()
        self._due_bytes -= len(data or b"")
        self._regulate()
        if self._transport.is_closing():
            return
        if data is None:
            self._transport.close()
        else:
            self._transport.write(data)
