"""The chip at the far end of a reader's line: a PN532 with an antenna one can hold cards to."""

import asyncio
import time
from collections import Counter, deque
from itertools import pairwise
from pathlib import Path
from typing import Final

from drivers.framing import sum_to_zero
from drivers.pn532 import (
    ACK,
    CHIP,
    HOST,
    LIST_PASSIVE_TARGET,
    Ack,
    Frame,
    Message,
    Nack,
    Pn532Deframer,
    SyntaxFault,
    encode,
)
from simulators.ends import words
from simulators.ends.blocks import Blocks
from simulators.ends.cards import VirtualCard
from simulators.ends.wires import LineEnd, Noise, PtyLine, WireLog, Words

FAULT_FRAME: Final = b"\x00\x00\xff\x01\xff\x7f" + bytes((sum_to_zero(b"\x7f"), 0))
STATUS_OK: Final = b"\x00"
STATUS_TIMEOUT: Final = b"\x01"  # the card did not answer
STATUS_RELEASED: Final = b"\x29"  # there is no such target
REPORTS_MOST: Final = 1_000  # remembered card reports, for measurements
WAKE_EDGES: Final = 5  # the fifth rising edge on its line wakes the chip
AUTOMATIC_RATS: Final = 0x10  # SetParameters: the chip itself activates ISO 14443-4
POWER_DOWN: Final = 0x16
POLL_S: Final = 0.005  # one try to activate a card, where the host asked for finite tries
PASSIVE_FOR_EVER: Final = 0xFF
PLAIN_REPLIES: Final = {
    0x02: b"\x32\x01\x06\x07",  # firmware: PN532 1.6
    0x04: b"\x00\x01\x00\x80",  # general status: no error, field on, no target, SAM normal
    0x08: b"",  # registers, line speed and SAM are taken as told
    0x10: b"",
    0x14: b"",
}


class _HostDeframer(Pn532Deframer):
    """Commands of the host; the wake-up bytes before them are no noise."""

    def __init__(self) -> None:
        super().__init__(HOST)

    def weigh(self, noise: bytes) -> int:
        return len(noise) - noise.count(0x00) - noise.count(0x55)


class Pn532End(LineEnd):
    """The reader as hardware: it answers the host, and people hold cards to it."""

    def __init__(
        self,
        *,
        name: str = "pn532",
        path: Path | None = None,
        noise: Noise | None = None,
        byte_s: float = 0.0,
        radio_s: float = 0.0,
        wire_log: WireLog | None = None,
    ) -> None:
        self.wire_log = wire_log if wire_log is not None else WireLog(name)
        self.is_deaf = False  # a chip that hears nothing: broken, or its power is off
        self.radio_s = radio_s  # how long card and antenna take for one exchange
        self.report_log: deque[tuple[bytes, int]] = deque(maxlen=REPORTS_MOST)
        self.dropped_bytes = 0
        self.obeyed: Counter[int] = Counter()  # commands carried out, by code
        self._deframer = _HostDeframer()
        self._card: VirtualCard | None = None
        self._blocks: Blocks | None = None
        self._line = PtyLine(self._heard, path=path, noise=noise, byte_s=byte_s)
        self._power_up()

    @property
    def is_waiting(self) -> bool:
        """True while the host waits for a card."""
        return self._is_listing

    def tap(self, card: VirtualCard) -> int:
        """Hold a card to the antenna; returns perf_counter_ns of that moment."""
        now_ns = time.perf_counter_ns()
        self._card = card
        self._blocks = Blocks(card)
        self._selected = False
        card.wake()
        if self._is_listing:
            self._report(card)
        return now_ns

    def lift(self) -> None:
        """Take the card away."""
        if self._card is not None:
            self._card.wake()
        self._card = self._blocks = None
        self._selected = False

    def unplug(self) -> None:
        """Pull the reader out; it loses its power."""
        super().unplug()
        self._power_up()

    def close(self) -> None:
        """End of the reader."""
        super().close()
        self._cancel_late()

    # -- the chip ------------------------------------------------------------------------------

    def _power_up(self) -> None:
        self._edges = 0
        self._is_listing = False
        self._selected = False
        self._activates = True
        self._tries = PASSIVE_FOR_EVER
        self._last = b""
        self._late: asyncio.TimerHandle | None = None
        self._deframer.clear()

    def _cancel_late(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _heard(self, chunk: bytes) -> None:
        frames = self._deframer.feed(self._what_wakes(chunk))
        told = [_words_of(frame) for frame in frames]
        is_wake = not chunk.strip(b"\x55\x00")
        self.wire_log.add(">", chunk, words.joined(told) or (None if is_wake else words.NOISE))
        self.dropped_bytes = self._deframer.dropped
        if self.is_deaf:
            return
        for frame in frames:
            self._obey(frame)

    def _what_wakes(self, chunk: bytes) -> bytes:
        """A sleeping chip wakes at some edges on its line; what came before them is not heard."""
        if self._edges >= WAKE_EDGES:
            return chunk
        for n, byte in enumerate(chunk):
            self._edges += _rising_edges(byte)
            if self._edges >= WAKE_EDGES:
                return chunk[n + 1 :]
        return b""

    def _obey(self, frame: Frame) -> None:
        match frame:
            case Ack():
                self._cancel_late()
                self._is_listing = False
            case Nack():
                if self._last:
                    self._send(self._last, words.NACK)
            case Message():
                self._cancel_late()
                self._is_listing = False
                self._last = b""  # there is nothing to repeat before the new reply
                self._send(ACK, words.ACK)
                self.obeyed[frame.code] += 1
                self._command(frame.code, frame.body)
            case SyntaxFault():
                pass  # hosts have none

    def _command(self, code: int, body: bytes) -> None:
        if code in PLAIN_REPLIES:
            self._reply(code, PLAIN_REPLIES[code])
            return
        match code:
            case 0x00 if body[:1] == b"\x00":  # communication test: echo
                self._reply(code, body)
            case 0x00 if body[:1] == b"\x06":
                self._later(code, self._sign_of_life())
            case 0x32:
                if body[:1] == b"\x05" and len(body) >= 4:
                    self._tries = body[3]
                self._reply(code, b"")
            case 0x12:
                self._activates = bool(body[:1] and body[0] & AUTOMATIC_RATS)
                self._reply(code, b"")
            case 0x06:  # registers read as zeros
                self._reply(code, bytes(len(body) // 2))
            case 0x4A:
                self._list(body)
            case 0x40:
                self._later(code, self._exchange(body))
            case 0x42:
                self._later(code, self._through(body))
            case 0x16 | 0x44 | 0x52:
                self._selected = False
                self._reply(code, STATUS_OK)
                self._edges = 0 if code == POWER_DOWN else self._edges
            case _:
                self._send(FAULT_FRAME, words.FAULT)

    def _list(self, body: bytes) -> None:
        if body[1:2] != b"\x00":  # only 106 kbit/s type A has cards here
            self._reply(LIST_PASSIVE_TARGET, b"\x00")
        elif self._card is not None:
            self._card.wake()
            self._report(self._card)
        elif self._tries == PASSIVE_FOR_EVER:
            self._is_listing = True
        else:
            self._is_listing = True
            delay_s = (self._tries + 1) * POLL_S
            loop = asyncio.get_running_loop()
            self._late = loop.call_later(delay_s, self._nobody_came)

    def _nobody_came(self) -> None:
        self._late = None
        self._is_listing = False
        self._reply(LIST_PASSIVE_TARGET, b"\x00")

    def _report(self, card: VirtualCard) -> None:
        self._cancel_late()
        self._is_listing = False
        self._selected = True
        told = bytes((1, 1)) + card.sens_res + bytes((card.sel_res, len(card.uid))) + card.uid
        self.report_log.append((card.uid, time.perf_counter_ns()))
        self._reply(LIST_PASSIVE_TARGET, told + (card.ats if self._activates else b""))

    def _sign_of_life(self) -> bytes:
        is_there = self._card is not None and self._selected and bool(self._card.sel_res & 0x20)
        return STATUS_OK if is_there else STATUS_TIMEOUT

    def _exchange(self, body: bytes) -> bytes:
        if not self._selected:
            return STATUS_RELEASED if self._card is not None else STATUS_TIMEOUT
        if self._card is None or body[:1] != b"\x01":
            return STATUS_TIMEOUT
        if not self._activates:
            return self._through(body[1:])
        answer = self._card.exchange(body[1:])
        return STATUS_TIMEOUT if answer is None else STATUS_OK + answer

    def _through(self, block: bytes) -> bytes:
        """A block of the host's own making, as it is."""
        answer = self._blocks.exchange(block) if self._blocks and self._selected else None
        return STATUS_TIMEOUT if answer is None else STATUS_OK + answer

    def _later(self, code: int, body: bytes) -> None:
        """Reply once the card has had its time on the air."""
        if self.radio_s <= 0:
            self._reply(code, body)
        else:
            loop = asyncio.get_running_loop()
            self._late = loop.call_later(self.radio_s, self._reply, code, body)

    def _reply(self, code: int, body: bytes) -> None:
        self._last = encode(CHIP, code + 1, body)
        self._send(self._last, words.of_message(code + 1, body))

    def _send(self, frame: bytes, told: Words) -> None:
        self.wire_log.add("<", self._line.write(frame), told)


def _rising_edges(byte: int) -> int:
    """Rising edges of one byte on the line: start bit, eight bits low first, stop bit."""
    levels = [0, *(byte >> n & 1 for n in range(8)), 1]
    return sum(before < after for before, after in pairwise(levels))


def _words_of(frame: Frame) -> Words:
    match frame:
        case Ack():
            return words.said("停", "停", "stop")
        case Nack():
            return words.NACK
        case SyntaxFault():
            return words.NOISE
        case Message():
            return words.of_message(frame.code, frame.body)
