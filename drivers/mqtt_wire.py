"""The socket paho-mqtt believes in: heaps of bytes between its codec and asyncio's transport."""

import asyncio
import socket
from collections.abc import Callable
from typing import cast

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from drivers.mqtt_packets import PacketSplitter


class Wire(asyncio.Protocol):
    """The socket paho believes in: reads from one whole packet, collects what is sent."""

    def __init__(
        self, received: Callable[[list[bytes]], None], ended: Callable[[str], None]
    ) -> None:
        self.transport: asyncio.Transport | None = None
        self.splitter = PacketSplitter()
        self.leaving = False  # our DISCONNECT is out: the broker hangs up, not we
        self.gone = asyncio.get_running_loop().create_future()
        self.writable = asyncio.Event()
        self.writable.set()
        self._received, self._ended = received, ended
        self._packet, self._at = b"", 0
        self._out = bytearray()

    # asyncio's side
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio: the socket is open."""
        self.transport = transport = cast(
            "asyncio.Transport", transport
        )  # uvloop's is none by name
        # `writable` then means: all is with the kernel. Not 0: asyncio's TLS would pause for ever.
        transport.set_write_buffer_limits(high=1)
        sock = transport.get_extra_info("socket")
        # Without it Nagle and delayed ACK make a QoS 1 exchange take 44 ms instead of 0.3.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Asyncio: bytes came."""
        self._received(self.splitter.feed(data))
        if self.splitter.fault is not None:
            self._ended(f"the broker sent {self.splitter.fault}")

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio: the socket is gone."""
        self.writable.set()
        if not self.gone.done():
            self.gone.set_result(None)
        self._ended(f"the connection broke: {exc}" if exc else "the broker closed the connection")

    def pause_writing(self) -> None:
        """Asyncio: the kernel takes no more."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """Asyncio: all is with the kernel."""
        self.writable.set()

    def present(self, packet: bytes) -> None:
        """Let paho read this packet next."""
        self._packet, self._at = packet, 0

    def unsent_bytes(self) -> int:
        """Bytes taken from paho that the kernel has not yet taken from us."""
        return len(self._out) + (self.transport.get_write_buffer_size() if self.transport else 0)

    def flush(self) -> None:
        """Send what paho has written, in one call."""
        if self._out and self.transport is not None:
            if not self.transport.is_closing():
                self.transport.write(bytes(self._out))
            self._out.clear()

    def abort(self) -> None:
        """Drop the socket now."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.abort()

    # paho's side (its SocketLike)
    def recv(self, buffer_size: int) -> bytes:
        """Paho reads; BlockingIOError at the end of the packet."""
        start = self._at
        if start >= len(self._packet):
            raise BlockingIOError
        self._at = start + buffer_size
        return self._packet[start : self._at]

    def send(self, buffer: bytes | bytearray) -> int:
        """Paho writes; all is taken."""
        self._out += buffer
        return len(buffer)

    def close(self) -> None:
        """Paho is done with the socket."""
        self.flush()
        if not self.leaving:
            self.abort()

    def fileno(self) -> int:
        """Never asked for: paho's own network loop does not run here."""
        return -1

    def setblocking(self, flag: bool) -> None:
        """Nothing here blocks."""


class PahoOnWire(paho.Client):
    """paho-mqtt with our wire for its socket."""

    def __init__(self, wire: Wire, client_id: str, protocol: MQTTProtocolVersion) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if protocol == MQTTProtocolVersion.MQTTv5 else True,
            protocol=protocol,
            reconnect_on_failure=False,
        )
        self._wire = wire
        self.max_inflight_messages = 0  # our own window: paho's walks all messages at each PUBACK
        self.max_queued_messages = 0

    def _create_socket(self) -> Wire:
        return self._wire
