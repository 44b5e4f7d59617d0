"""MQTT packets as bytes: where one ends, and what its head says (no I/O, versions 3.1.1 and 5)."""

from dataclasses import dataclass
from typing import Final

PACKET_MOST_BYTES: Final = 1 << 20  # a policy snapshot chunk is 256 KiB; four of them is a mistake
_LENGTH_MOST_BYTES: Final = 4  # MQTT 5, 1.5.5: a variable byte integer has four bytes at most

_KINDS: Final = (
    "RESERVED",
    "CONNECT",
    "CONNACK",
    "PUBLISH",
    "PUBACK",
    "PUBREC",
    "PUBREL",
    "PUBCOMP",
    "SUBSCRIBE",
    "SUBACK",
    "UNSUBSCRIBE",
    "UNSUBACK",
    "PINGREQ",
    "PINGRESP",
    "DISCONNECT",
    "AUTH",
)
_CONNECT: Final = 1
_PUBLISH: Final = 3
_HAS_ID: Final = frozenset({4, 5, 6, 7, 8, 9, 10, 11})


@dataclass(frozen=True, slots=True)
class PacketHead:
    """What a person wants to know of a packet; each field only where it has one.

    `open_bytes` is how much of it may be shown: a CONNECT holds a secret behind its client id.
    """

    kind: str
    length_bytes: int
    open_bytes: int
    topic: str | None = None
    qos: int | None = None
    retain: bool = False
    packet_id: int | None = None
    client_id: str | None = None


class PacketSplitter:
    """Bytes in, whole packets out; after a fault (too long, no packet) nothing more comes out."""

    __slots__ = ("_buffer", "_most_bytes", "fault")

    def __init__(self, most_bytes: int = PACKET_MOST_BYTES) -> None:
        self._buffer = bytearray()
        self._most_bytes = most_bytes
        self.fault: str | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Return the packets that are complete now; never raises, see `fault`."""
        if self.fault is not None:
            return []
        buffer = self._buffer
        buffer += data
        packets: list[bytes] = []
        start, have = 0, len(buffer)
        while have - start >= 2:
            end = self._end_of_packet(buffer, start)
            if end is None or end > have:
                break
            packets.append(bytes(buffer[start:end]))
            start = end
        if start:
            del buffer[:start]
        return packets

    def _end_of_packet(self, buffer: bytearray, start: int) -> int | None:
        """Where the packet that begins at `start` ends; None while its length is incomplete."""
        length = shift = 0
        for at in range(start + 1, start + 1 + _LENGTH_MOST_BYTES):
            if at >= len(buffer):
                return None
            byte = buffer[at]
            length |= (byte & 0x7F) << shift
            if not byte & 0x80:
                end = at + 1 + length
                if end - start <= self._most_bytes:
                    return end
                self._give_up(f"a packet of {end - start} bytes, {self._most_bytes} are the most")
                return None
            shift += 7
        self._give_up("a packet length longer than four bytes")
        return None

    def _give_up(self, fault: str) -> None:
        self.fault = fault
        self._buffer.clear()


def head_of(packet: bytes) -> PacketHead:
    """Say what a whole packet is; bytes that are none give the kind `RESERVED`, never an error."""
    if not packet:
        return PacketHead("RESERVED", 0, 0)
    number = packet[0] >> 4
    body = 1
    while body < min(len(packet), 1 + _LENGTH_MOST_BYTES) and packet[body] & 0x80:
        body += 1
    body += 1
    if number == _CONNECT:
        return _connect_head(packet, body)
    if number == _PUBLISH:
        return _publish_head(packet, body)
    packet_id = _u16(packet, body) if number in _HAS_ID else None
    return PacketHead(_KINDS[number], len(packet), len(packet), packet_id=packet_id)


def _publish_head(packet: bytes, body: int) -> PacketHead:
    topic, end = _text(packet, body)
    qos = packet[0] >> 1 & 3
    return PacketHead(
        "PUBLISH",
        len(packet),
        len(packet),
        topic=topic,
        qos=qos,
        retain=bool(packet[0] & 1),
        packet_id=_u16(packet, end) if qos and topic is not None else None,
    )


def _connect_head(packet: bytes, body: int) -> PacketHead:
    name, at = _text(packet, body)
    at += 4  # level, flags, keep-alive
    if name is None or at > len(packet):
        return PacketHead("CONNECT", len(packet), min(body, len(packet)))
    if packet[at - 4] >= 5:  # MQTT 5 has properties here; more than 127 bytes of them is not ours
        at += 1 + packet[at] if at < len(packet) and packet[at] < 0x80 else len(packet)
    client_id, end = _text(packet, at)
    return PacketHead("CONNECT", len(packet), min(end, len(packet)), client_id=client_id)


def _text(packet: bytes, at: int) -> tuple[str | None, int]:
    """Return the text at a place and where it ends; None when it is not all there."""
    size = _u16(packet, at)
    end = at + 2 + (size or 0)
    if size is None or end > len(packet):
        return None, at
    return packet[at + 2 : end].decode("utf-8", "replace"), end


def _u16(packet: bytes, at: int) -> int | None:
    return int.from_bytes(packet[at : at + 2], "big") if at + 2 <= len(packet) else None
