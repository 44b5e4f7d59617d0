"""NXP PN532 over its serial port (HSU): frames, the chip's commands, and a reader of cards."""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from drivers.framing import Deframer, sum_to_zero
from drivers.kinds import TRANSCEIVE_S, Card, CardLost, NotIsoDep, OnState
from drivers.link import Link, LinkLost
from drivers.reconnect import Backoff

HOST: Final = 0xD4  # TFI of frames to the chip
CHIP: Final = 0xD5  # TFI of frames from the chip
FAULT: Final = 0x7F  # TFI of the chip's syntax-error frame
ACK: Final = bytes.fromhex("0000ff00ff00")
NACK: Final = bytes.fromhex("0000ffff0000")
WAKE: Final = b"\x55\x55" + bytes(14)  # leaves low-power mode; the chip needs ~1 ms of bytes
FRAME_BODY_MOST: Final = 265  # TFI and code and 263 bytes of contents (user manual 7.1)
APDU_MOST_BYTES: Final = 262  # what one InDataExchange carries

DIAGNOSE: Final = 0x00
FIRMWARE: Final = 0x02
SAM_CONFIGURATION: Final = 0x14
RF_CONFIGURATION: Final = 0x32
DATA_EXCHANGE: Final = 0x40
LIST_PASSIVE_TARGET: Final = 0x4A

ACK_S: Final = 0.1  # the chip acknowledges in 15 ms at most; a USB adapter adds up to 16 ms
REPLY_S: Final = 0.5  # commands that touch no card answer in a few ms
GARBLED_S: Final = 0.02  # quiet time after noise until it is sure that nothing follows it
ACK_NOISE_BYTES: Final = 1  # least noise that may have been an acknowledgement
REPLY_NOISE_BYTES: Final = 4  # least noise that may have been a reply; less is a stray byte
HEALTH_EVERY_S: Final = 15.0  # a reader that waits for cards for ever must still prove to be alive
PRESENCE_S: Final = 0.1  # how often a lying card is asked whether it is still there
MISSES_MOST: Final = 2  # checks in a row without an answer until a card counts as gone
COMMAND_TRIES: Final = 3  # sendings of one command until the reader counts as dead
NACKS_MOST: Final = 3  # repeats asked of one reply
LOST_TRIES: Final = 5  # presences in a row given to a card that fails in mid-talk
FRAMES_MOST: Final = 64  # frames not yet looked at; a command brings two, the oldest is lost first
MORE_MOST: Final = 8  # chained parts of one answer; an APDU answer fits in two


@dataclass(frozen=True, slots=True)
class Ack:
    """The far end took the frame."""


@dataclass(frozen=True, slots=True)
class Nack:
    """The far end wants the last frame again."""


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """The chip does not know the command or its form."""


@dataclass(frozen=True, slots=True)
class Message:
    """One information frame: a command (to the chip) or a reply (code is the command's + 1)."""

    code: int
    body: bytes


Frame = Ack | Nack | SyntaxFault | Message


SHORT_FRAMES: Final[Mapping[bytes, Frame]] = {b"\x00\xff": Ack(), b"\xff\x00": Nack()}


class ChipFault(Exception):
    """The chip keeps silent or refuses; the text says which."""


class _Garbled(Exception):
    """Bytes came that are no frame, then nothing."""


class Pn532Deframer(Deframer[Frame]):
    """Frames of one direction: from the chip (CHIP) or, in a far end, from the host (HOST)."""

    most_bytes = FRAME_BODY_MOST + 10  # with start, extended length, sum and postamble

    def __init__(self, sender: int = CHIP) -> None:
        super().__init__()
        self._sender = sender

    @property
    def blank(self) -> bool:
        """True while nothing is held but padding."""
        return not any(self._held)

    def weigh(self, noise: bytes) -> int:
        """Zeros are preamble and postamble, not noise."""
        return len(noise) - noise.count(0)

    def take(self, held: bytearray) -> tuple[int, Frame | None]:
        """Judge the head of the stream, see Deframer."""
        start = held.find(b"\x00\xff")
        if start != 0:
            return (start if start > 0 else len(held) - (held[-1] == 0)), None
        mark = bytes(held[2:4])
        if len(mark) < 2 or (mark == b"\xff\xff" and len(held) < 7):
            return 0, None
        short = SHORT_FRAMES.get(mark)
        if short is not None:
            if len(held) < 5:
                return 0, None
            is_ours = held[4] == 0 and not (self._sender == CHIP and isinstance(short, Nack))
            return (5, short) if is_ours else (1, None)
        return self._body(held, 7 if mark == b"\xff\xff" else 4)

    def _body(self, held: bytearray, body_at: int) -> tuple[int, Frame | None]:
        """Judge a frame whose length stands, with its own check, right before its body."""
        size = held[2:3] if body_at == 4 else held[4:6]
        length = int.from_bytes(size, "big")
        end = body_at + length
        if (sum(size) + held[body_at - 1]) & 0xFF or length > FRAME_BODY_MOST:
            return 1, None
        if len(held) < end + 2:
            return 0, None
        body = bytes(held[body_at:end])
        # The postamble counts: with a zero lost on the line it stands where the sum should be,
        # and the sum of what is left is right.
        if (sum(body) + held[end]) & 0xFF or held[end + 1] != 0:
            return 1, None
        if body == b"\x7f":
            return end + 2, SyntaxFault()
        if length < 2 or body[0] != self._sender:
            return 1, None
        return end + 2, Message(body[1], body[2:])


def encode(sender: int, code: int, body: bytes = b"") -> bytes:
    """One information frame, extended when it must be."""
    inner = bytes((sender, code)) + body
    if len(inner) > FRAME_BODY_MOST:
        raise ValueError(f"a frame carries {FRAME_BODY_MOST} bytes, not {len(inner)}")
    if len(inner) <= 255:
        head = bytes((len(inner), -len(inner) & 0xFF))
    else:
        size = len(inner).to_bytes(2, "big")
        head = b"\xff\xff" + size + bytes((sum_to_zero(size),))
    return b"\x00\x00\xff" + head + inner + bytes((sum_to_zero(inner), 0))


@dataclass(frozen=True, slots=True)
class Target:
    """What the chip reports of a card: its answers to activation, and when the report began."""

    number: int
    sens_res: bytes
    sel_res: int
    uid: bytes
    ats: bytes
    at_ns: int

    @property
    def iso_dep(self) -> bool:
        """True when the card announced ISO 14443-4."""
        return bool(self.sel_res & 0x20)


def read_target(body: bytes, at_ns: int) -> Target | None:
    """The one target of a reply to InListPassiveTarget (106 kbit/s type A), None if none."""
    if len(body) < 6 or body[0] == 0:
        return None
    uid_end = 6 + body[5]
    uid, ats = body[6:uid_end], body[uid_end:]
    is_whole = len(uid) == body[5] > 0 and (not ats or len(ats) == ats[0])
    if not is_whole or (ats and not body[4] & 0x20):
        return None
    return Target(body[1], body[2:4], body[4], uid, ats, at_ns)


@dataclass(slots=True)
class Tally:
    """Counters of one reader since the start of the program."""

    dropped_bytes: int = 0  # bytes that were no frame
    resent: int = 0  # commands sent again
    repeats_asked: int = 0  # replies asked for again
    opened: int = 0  # times the line was opened


class Pn532:
    """The chip behind one open link; one command at a time."""

    def __init__(self, link: Link, tally: Tally) -> None:
        self._link = link
        self._tally = tally
        self._deframer = Pn532Deframer(CHIP)
        self._frames: deque[tuple[Frame, int]] = deque(maxlen=FRAMES_MOST)
        self._counted = 0  # dropped bytes that are in the tally
        self._quiet = 0  # dropped bytes when the far end was last asked for something
        self._began_ns = 0
        self._busy = False

    async def start(self) -> str:
        """Wake the chip, set it up as a reader; returns what it is; raises ChipFault."""
        # The chip may still wait for a card on behalf of a program that ended: ACK stops that.
        await self.command(SAM_CONFIGURATION, b"\x01\x00", before=WAKE + ACK)
        found = await self.command(FIRMWARE)
        if len(found) < 3 or found[0] != 0x32:
            raise ChipFault(f"this is no PN532 (it answers {found.hex(' ')}); check the device")
        # retries while activating: ATR for ever, PSL once, passive for ever
        await self.command(RF_CONFIGURATION, b"\x05\xff\x01\xff")
        return f"PN532 {found[1]}.{found[2]}"

    async def command(
        self, code: int, body: bytes = b"", *, timeout_s: float = REPLY_S, before: bytes = b""
    ) -> bytes:
        """One command and its reply's contents; raises ChipFault or LinkLost."""
        await self._send(code, body, before)
        deadline = asyncio.get_running_loop().time() + timeout_s
        for _ in range(NACKS_MOST + 1):
            try:
                reply, _ = await self._reply(code, deadline)
            except _Garbled:
                self._tally.repeats_asked += 1
                self._quiet = self._deframer.dropped
                self._link.write(NACK)
            except TimeoutError:
                break
            else:
                self._busy = False
                return reply
        raise self._dead(f"no reply to command {code:02X}")

    async def next_target(self) -> Target:
        """Wait for a card, for ever; raises ChipFault or LinkLost."""
        while True:
            found = await self.list_target(HEALTH_EVERY_S)
            if found is not None:
                return found
            await self.command(FIRMWARE)

    async def list_target(self, timeout_s: float) -> Target | None:
        """Wait for a card so long; the chip tells by itself, nothing is polled on the wire."""
        await self._send(LIST_PASSIVE_TARGET, b"\x01\x00")
        deadline = asyncio.get_running_loop().time() + timeout_s
        try:
            body, at_ns = await self._reply(LIST_PASSIVE_TARGET, deadline)
        except (_Garbled, TimeoutError):  # a garbled report is found again by the next listing
            self._link.write(ACK)
            self._busy = False
            return None
        self._busy = False
        return read_target(body, at_ns)

    async def is_present(self) -> bool:
        """Ask the listed ISO-DEP card for a sign of life."""
        return await self.command(DIAGNOSE, b"\x06") == b"\x00"

    async def _send(self, code: int, body: bytes, before: bytes = b"") -> None:
        """Send a command until the chip has taken it."""
        if self._busy:  # somebody gave up on the command before: the chip must drop it too
            self._link.write(ACK)
        self._busy = True
        self._link.discard()
        self._frames.clear()
        self._deframer.clear()
        self._quiet = self._deframer.dropped
        frame = before + encode(HOST, code, body)
        for turn in range(COMMAND_TRIES):
            self._tally.resent += turn > 0
            self._link.write(frame)
            if await self._is_taken(code):
                return
        raise self._dead(f"command {code:02X} is not acknowledged")

    async def _is_taken(self, code: int) -> bool:
        # a card must not hear twice what draws a new challenge: there the wait is a long one
        wait_s = REPLY_S if code == DATA_EXCHANGE else ACK_S
        deadline = asyncio.get_running_loop().time() + wait_s
        while True:
            try:
                frame, at_ns = await self._frame(deadline, ACK_NOISE_BYTES)
            except TimeoutError:
                return False
            except _Garbled:
                self._quiet = self._deframer.dropped
                return True  # most likely the acknowledgement; a second sending could act twice
            match frame:
                case Ack():
                    return True
                case SyntaxFault():
                    raise self._dead(f"the chip does not know command {code:02X}")
                case Message() if frame.code == code + 1:
                    self._frames.appendleft((frame, at_ns))
                    return True
                case Message() | Nack():
                    continue  # a late reply to a command we gave up; the chip sends no Nack

    async def _reply(self, code: int, deadline: float) -> tuple[bytes, int]:
        while True:
            frame, at_ns = await self._frame(deadline, REPLY_NOISE_BYTES)
            match frame:
                case Message() if frame.code == code + 1:
                    return frame.body, at_ns
                case SyntaxFault():
                    raise self._dead(f"the chip does not know command {code:02X}")
                case Message() | Ack() | Nack():
                    continue

    async def _frame(self, deadline: float, noise_bytes: int) -> tuple[Frame, int]:
        """The next frame and when its first byte came; raises TimeoutError, _Garbled, LinkLost.

        Noise of that many bytes may have been what we wait for: quiet after it says it was.
        """
        loop = asyncio.get_running_loop()
        while not self._frames:
            noise = self._deframer.dropped - self._quiet
            is_noisy = noise >= noise_bytes or not self._deframer.blank
            until = min(deadline, loop.time() + GARBLED_S) if is_noisy else deadline
            try:
                async with asyncio.timeout_at(until):
                    chunk = await self._link.read()
            except TimeoutError:
                if not is_noisy:
                    raise
                self._take(self._deframer.idle())
                if not self._frames:
                    raise _Garbled from None
            else:
                if self._deframer.blank:
                    self._began_ns = self._link.read_at_ns
                self._take(self._deframer.feed(chunk))
        return self._frames.popleft()

    def _take(self, frames: list[Frame]) -> None:
        self._frames.extend((frame, self._began_ns) for frame in frames)
        self._tally.dropped_bytes += self._deframer.dropped - self._counted
        self._counted = self._deframer.dropped

    def _dead(self, why: str) -> ChipFault:
        return ChipFault(
            f"{self._link.name}: {why}; check power, wiring and baud rate of the reader"
        )


class Pn532Card:
    """One presence of a card; usable until the next card is asked for."""

    def __init__(self, chip: Pn532, target: Target) -> None:
        self._chip = chip
        self._target = target
        self.lost = False  # an exchange failed, so the card may be tried again at once

    @property
    def uid(self) -> bytes:
        """The card's number as reported."""
        return self._target.uid

    @property
    def iso_dep(self) -> bool:
        """True when the card takes APDUs."""
        return self._target.iso_dep

    @property
    def provable(self) -> bool:
        """A card at this reader can be challenged."""
        return True

    @property
    def first_byte_at_ns(self) -> int:
        """perf_counter_ns of the first byte of the target report."""
        return self._target.at_ns

    async def transceive(self, apdu: bytes, timeout_s: float = TRANSCEIVE_S) -> bytes:
        """One APDU and its answer with the status word; raises CardLost."""
        if not self.iso_dep:
            raise NotIsoDep(f"card {self.uid.hex()} takes no commands")
        if len(apdu) > APDU_MOST_BYTES:
            raise ValueError(f"an APDU has at most {APDU_MOST_BYTES} bytes here, not {len(apdu)}")
        answer = b""
        part = apdu
        try:
            for _ in range(MORE_MOST):
                body = bytes((self._target.number,)) + part
                reply = await self._chip.command(DATA_EXCHANGE, body, timeout_s=timeout_s)
                if not reply or reply[0] & 0x3F:
                    raise self._gone(f"status {reply[:1].hex() or 'missing'}")
                answer += reply[1:]
                if not reply[0] & 0x40:
                    return answer
                part = b""  # the rest of a long answer
        except (ChipFault, LinkLost) as fault:
            raise self._gone(str(fault)) from fault
        raise self._gone("an answer without end")

    def _gone(self, why: str) -> CardLost:
        self.lost = True
        return CardLost(f"card {self.uid.hex()}: {why}")


class Pn532Reader:
    """A reader that waits for cards and comes back by itself; see kinds.CardReader."""

    def __init__(
        self,
        open_link: Callable[[], Awaitable[Link]],
        *,
        on_state: OnState | None = None,
        presence_s: float = PRESENCE_S,
        luck: Callable[[], float] = random.random,
    ) -> None:
        self._open_link = open_link
        self._presence_s = presence_s
        self._backoff = Backoff(luck=luck)
        self._told: tuple[bool, str] | None = None
        self._closing = asyncio.Event()
        self._link: Link | None = None
        self.on_state = on_state
        self.tally = Tally()

    async def cards(self) -> AsyncIterator[Card]:
        """Each new presence of a card, through unplugging and return, until close()."""
        while not self._closing.is_set():
            try:
                link = self._link = await self._open_link()
                try:
                    chip = Pn532(link, self.tally)
                    self._report(True, f"{await chip.start()} at {link.name}")
                    self.tally.opened += 1
                    self._backoff.reset()
                    async for card in self._presences(chip):
                        yield card
                finally:
                    link.close()
            except (LinkLost, ChipFault) as fault:
                if self._closing.is_set():
                    return
                self._report(False, str(fault))
                with contextlib.suppress(LinkLost):
                    await self._pause(self._backoff.next_s())

    async def close(self) -> None:
        """Let go of the line; cards() ends."""
        self._closing.set()
        if self._link is not None:
            if self._link.is_open:
                self._link.write(ACK)  # the chip stops waiting for a card
            self._link.close()

    async def _presences(self, chip: Pn532) -> AsyncIterator[Card]:
        target = await chip.next_target()
        tries = 0
        while True:
            card = Pn532Card(chip, target)
            yield card
            tries = tries + 1 if card.lost else 0
            if card.lost and tries < LOST_TRIES:
                await self._pause(self._presence_s)
                target = await chip.next_target()
                continue
            tries = 0
            target = await self._until_new(chip, card)

    async def _until_new(self, chip: Pn532, card: Pn532Card) -> Target:
        """Wait until the card has gone and another, or the same again, has come."""
        misses = 0
        while misses < MISSES_MOST:
            await self._pause(self._presence_s)
            if card.iso_dep and not card.lost:
                is_there = await chip.is_present()
            else:  # such a card gives no sign of life but being found again
                found = await chip.list_target(self._presence_s)
                if found is not None and found.uid != card.uid:
                    return found
                is_there = found is not None
            misses = 0 if is_there else misses + 1
        return await chip.next_target()

    async def _pause(self, delay_s: float) -> None:
        try:
            async with asyncio.timeout(delay_s):
                await self._closing.wait()
        except TimeoutError:
            return
        raise LinkLost("closed by us")

    def _report(self, online: bool, why: str) -> None:
        """Tell what is new; a reader that stays away for the same reason is told once."""
        if self._told != (online, why):
            self._told = (online, why)
            if self.on_state is not None:
                self.on_state(online, why)
