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
_PUBLISH: Final = 3
_HAS_ID: Final = frozenset({4, 5, 6, 7, 8, 9, 10, 11})


@dataclass(frozen=True, slots=True)
class PacketHead:
    """What a person wants to know of a packet; topic, qos and retain only where it has them."""

    kind: str
    length_bytes: int
    topic: str | None = None
    qos: int | None = None
    retain: bool = False
    packet_id: int | None = None


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
        return PacketHead("RESERVED", 0)
    number, flags = packet[0] >> 4, packet[0] & 0x0F
    kind = _KINDS[number]
    body = 1
    while body < min(len(packet), 1 + _LENGTH_MOST_BYTES) and packet[body] & 0x80:
        body += 1
    body += 1
    if number == _PUBLISH:
        return _publish_head(packet, body, flags)
    packet_id = _u16(packet, body) if number in _HAS_ID else None
    return PacketHead(kind, len(packet), packet_id=packet_id)


def _publish_head(packet: bytes, body: int, flags: int) -> PacketHead:
    size = _u16(packet, body)
    topic_end = body + 2 + (size or 0)
    whole = size is not None and topic_end <= len(packet)
    qos = flags >> 1 & 3
    return PacketHead(
        "PUBLISH",
        len(packet),
        topic=packet[body + 2 : topic_end].decode("utf-8", "replace") if whole else None,
        qos=qos,
        retain=bool(flags & 1),
        packet_id=_u16(packet, topic_end) if qos and whole else None,
    )


def _u16(packet: bytes, at: int) -> int | None:
    return int.from_bytes(packet[at : at + 2], "big") if at + 2 <= len(packet) else None
