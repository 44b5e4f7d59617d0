"""Frames out of a stream of bytes that may lie: the pure half of every serial protocol."""

from abc import ABC, abstractmethod
from typing import ClassVar, Final, Generic, TypeVar

FrameT = TypeVar("FrameT")
LINE_ENDS: Final = (0x0D, 0x0A)


class Deframer(ABC, Generic[FrameT]):
    """Cuts a byte stream into frames: any chunking gives the same frames, no bytes ever raise.

    Memory is bounded: fewer than ``most_bytes`` bytes are ever kept between two calls.
    """

    most_bytes: ClassVar[int]  # the longest frame of the protocol with its envelope

    def __init__(self) -> None:
        self._held = bytearray()
        self.dropped = 0  # bytes that belonged to no frame, since the start

    @abstractmethod
    def take(self, held: bytearray) -> tuple[int, FrameT | None]:
        """Judge the head: (0, None) wait, (n, None) n bytes are noise, (n, frame) a frame of n."""

    def weigh(self, noise: bytes) -> int:
        """How many of these discarded bytes count as dropped; padding of a protocol does not."""
        return len(noise)

    @property
    def held(self) -> int:
        """The number of bytes kept for a frame that is not complete."""
        return len(self._held)

    def feed(self, chunk: bytes) -> list[FrameT]:
        """Take bytes as they come, give back the frames they complete."""
        self._held += chunk
        frames: list[FrameT] = []
        while self._held:
            size, frame = self.take(self._held)
            if size == 0:
                if len(self._held) < self.most_bytes:
                    break
                size = 1  # a head that promises more than any frame holds is noise
            if frame is None:
                self.dropped += self.weigh(bytes(self._held[:size]))
            else:
                frames.append(frame)
            del self._held[:size]
        return frames

    def idle(self) -> list[FrameT]:
        """The line fell quiet: what is half a frame was noise; free the frames behind it.

        Without this one false head with a large length swallows good frames.
        """
        frames: list[FrameT] = []
        while self._held:
            self.dropped += self.weigh(bytes(self._held[:1]))
            del self._held[:1]
            frames += self.feed(b"")
        return frames

    def clear(self) -> None:
        """Forget the half frame without counting it: a new conversation begins."""
        self._held.clear()


class LineDeframer(Deframer[FrameT]):
    """Lines ended by CR, LF or silence; one that reaches most_bytes is no line at all."""

    def __init__(self) -> None:
        super().__init__()
        self._overlong = False

    @abstractmethod
    def line(self, raw: bytes) -> FrameT | None:
        """What a line says without its end, None where it is noise."""

    def take(self, held: bytearray) -> tuple[int, FrameT | None]:
        """Judge the head: up to the first end of line."""
        end = next((at for at, byte in enumerate(held) if byte in LINE_ENDS), None)
        if end is None:
            if len(held) < self.most_bytes and not self._overlong:
                return 0, None
            self._overlong = True
            return len(held), None
        overlong, self._overlong = self._overlong or end >= self.most_bytes, False
        return end + 1, None if overlong else self.line(bytes(held[:end]))

    def weigh(self, noise: bytes) -> int:
        """The ends of lines belong to no line and are no noise."""
        return sum(byte not in LINE_ENDS for byte in noise)

    def idle(self) -> list[FrameT]:
        """The line fell quiet: what is held was all of it, its end was never meant to come."""
        return self.feed(b"\r") if self._held or self._overlong else []


def crc16_modbus(body: bytes | bytearray) -> bytes:
    """CRC-16/MODBUS (poly A001, init FFFF) as its two wire bytes, low first."""
    crc = 0xFFFF
    for byte in body:
        crc = (crc >> 8) ^ _CRC16_A001[(crc ^ byte) & 0xFF]
    return crc.to_bytes(2, "little")


def sum_to_zero(body: bytes | bytearray) -> int:
    """The byte that makes the sum of body and itself zero modulo 256."""
    return -sum(body) & 0xFF


def xor_of(body: bytes | bytearray) -> int:
    """All bytes of body XORed together."""
    result = 0
    for byte in body:
        result ^= byte
    return result


def _crc16_table(polynomial: int) -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (polynomial if crc & 1 else 0)
        table.append(crc)
    return tuple(table)


_CRC16_A001 = _crc16_table(0xA001)
