"""OSDP (IEC 60839-11-5) frames: header, check, security block; the pure half of the bus."""

from dataclasses import dataclass
from typing import Final

from drivers.framing import Deframer

START: Final = 0x53
MARK: Final = 0xFF  # a line may be driven high for a byte before a frame; it belongs to none
REPLY: Final = 0x80  # this bit of the address says that a reader speaks
SEQUENCE: Final = 0x03
HAS_CRC: Final = 0x04
HAS_BLOCK: Final = 0x08
RESERVED: Final = 0x70
ADDRESS_MOST: Final = 0x7E  # 0x7F calls everybody; we never do
FRAME_MOST_BYTES: Final = 512  # readers tell less than 128; only pictures and files are longer
HEAD_BYTES: Final = 5
MAC_BYTES: Final = 4
SIGNED_BLOCKS: Final = frozenset({0x15, 0x16, 0x17, 0x18})  # their frames end with a MAC


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, its check already verified; ``body`` is as it stood on the wire."""

    address: int
    is_reply: bool
    sequence: int
    code: int
    body: bytes
    block: int | None = None  # SCS_11 ... SCS_18, None without secure channel
    block_data: bytes = b""
    mac: bytes = b""
    signed: bytes = b""  # what the MAC is made of


class OsdpDeframer(Deframer[Frame]):
    """Frames of both directions, told apart by their address; a check of 16 bits or of 8."""

    most_bytes = FRAME_MOST_BYTES

    def weigh(self, noise: bytes) -> int:
        """Marks are no noise."""
        return len(noise) - noise.count(MARK)

    def take(self, held: bytearray) -> tuple[int, Frame | None]:
        """Judge the head of the stream, see Deframer."""
        start = held.find(START)
        if start:
            return (start if start > 0 else len(held)), None
        if len(held) < HEAD_BYTES:
            return 0, None
        size = held[2] | held[3] << 8
        control = held[4]
        tail = 2 if control & HAS_CRC else 1
        if control & RESERVED or not HEAD_BYTES + 1 + tail <= size <= FRAME_MOST_BYTES:
            return 1, None
        if len(held) < size:
            return 0, None
        inner, check = bytes(held[: size - tail]), held[size - tail : size]
        if check != (crc16(inner) if tail == 2 else bytes((-sum(inner) & 0xFF,))):
            return 1, None
        frame = read(inner)
        return (size, frame) if frame is not None else (1, None)


def read(inner: bytes) -> Frame | None:
    """The frame of these bytes without their check; None when its blocks do not fit."""
    control, at = inner[4], HEAD_BYTES
    block, block_data = None, b""
    if control & HAS_BLOCK:
        size = inner[at]
        if size < 2 or at + size >= len(inner):
            return None
        block, block_data = inner[at + 1], inner[at + 2 : at + size]
        at += size
    end = len(inner)
    if block in SIGNED_BLOCKS:
        end -= MAC_BYTES
    if at >= end:
        return None
    return Frame(
        address=inner[1] & ~REPLY,
        is_reply=bool(inner[1] & REPLY),
        sequence=control & SEQUENCE,
        code=inner[at],
        body=inner[at + 1 : end],
        block=block,
        block_data=block_data,
        mac=inner[end:],
        signed=inner[:end],
    )


def head(
    address: int,
    *,
    is_reply: bool,
    sequence: int,
    rest_bytes: int,
    has_block: bool,
    has_crc: bool = True,
) -> bytes:
    """The first five bytes of a frame of so many bytes behind them, its check not counted."""
    size = HEAD_BYTES + rest_bytes + (2 if has_crc else 1)
    control = sequence | (HAS_CRC if has_crc else 0) | (HAS_BLOCK if has_block else 0)
    where = address | (REPLY if is_reply else 0)
    return bytes((START, where, size & 0xFF, size >> 8, control))


def close(inner: bytes) -> bytes:
    """A frame with the check that its head announces."""
    return inner + (crc16(inner) if inner[4] & HAS_CRC else bytes((-sum(inner) & 0xFF,)))


def encode(
    address: int,
    sequence: int,
    code: int,
    body: bytes = b"",
    *,
    is_reply: bool = False,
    block: bytes = b"",
    has_crc: bool = True,
) -> bytes:
    """A frame without a MAC; ``block`` is a security block's type and contents."""
    whole = bytes((len(block) + 1,)) + block if block else b""
    rest = whole + bytes((code,)) + body
    begins = head(
        address,
        is_reply=is_reply,
        sequence=sequence,
        rest_bytes=len(rest),
        has_block=bool(block),
        has_crc=has_crc,
    )
    return close(begins + rest)


def crc16(body: bytes | bytearray) -> bytes:
    """CRC-16 of OSDP (poly 1021, init 1D0F, not reflected) as its wire bytes, low first."""
    crc = 0x1D0F
    for byte in body:
        crc = (crc << 8 & 0xFFFF) ^ _TABLE[crc >> 8 ^ byte]
    return crc.to_bytes(2, "little")


def _table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = (crc << 1 & 0xFFFF) ^ (0x1021 if crc & 0x8000 else 0)
        table.append(crc)
    return tuple(table)


_TABLE: Final = _table()
