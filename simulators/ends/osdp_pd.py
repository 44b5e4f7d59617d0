"""One OSDP reader as the standard wants it: its sessions, its queue of news, its outputs.

Bytes in, bytes out; the line is somebody else's. Outputs time themselves on the running loop.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from drivers import osdp_secure as secure
from drivers.card_bits import with_parity
from drivers.osdp_wire import Frame, encode
from drivers.osdp_words import STEP_MS, Capability, Command, Reply

NEWS_MOST: Final = 32  # what a reader remembers while nobody asks
LOG_MOST_CHANGES: Final = 10_000  # remembered changes of outputs, for tests and measurements
GARBLED, LENGTH, UNKNOWN, SEQUENCE, SECURITY, SECRET, CANNOT = 1, 2, 3, 4, 5, 6, 9
OPEN_TO_ALL: Final = (Command.ID, Command.CAP)  # what may be asked without a secure channel
KEY_BYTES: Final = {"*": 0x7F, "#": 0x0D}


@dataclass(slots=True)
class Shown:
    """What somebody before the reader sees and hears."""

    light: int = 0  # colour of the newest order
    beeps: int = 0
    text: str = ""


class OsdpPd:
    """A reader with keypad, light, sounder, display, contacts and outputs."""

    def __init__(
        self,
        address: int = 1,
        key: bytes | None = None,
        *,
        outputs: int = 2,
        inputs: int = 2,
        luck: random.Random | None = None,
        on_output: Callable[[int, bool, int], None] | None = None,
    ) -> None:
        self.address = address
        self.key = key
        self.is_installing = key is None  # as it comes from the box
        self.is_deaf = False  # broken, or without power
        self.busy_next = 0  # so many of the next commands are put off
        self.forgets = False  # a repeated frame is no repetition to it, as libosdp has it
        self.shown = Shown()
        self.inputs = [False] * inputs
        self.outputs = [False] * outputs
        self.output_log: deque[tuple[int, bool, int]] = deque(maxlen=LOG_MOST_CHANGES)
        self.on_output = on_output  # output, on, perf_counter_ns
        self.moved_to: tuple[int, int] | None = None  # address and baud of a COMSET
        self._luck = luck if luck is not None else random.Random()
        self._news: deque[tuple[int, bytes]] = deque(maxlen=NEWS_MOST)
        self._channel: secure.SecureChannel | None = None
        self._keys: secure.SessionKeys | None = None
        self._challenge = self._answer = b""
        self._sequence = -1
        self._last = (b"", b"")  # the last command and what was said to it
        self._is_tampered = self._is_power_bad = False
        self._timers: dict[int, asyncio.TimerHandle] = {}  # by output

    @property
    def is_tampered(self) -> bool:
        """Whether its case stands open."""
        return self._is_tampered

    # ----------------------------------------------------------------- human verbs

    def tap(self, number: bytes, bits: int = 26) -> int:
        """Hold a card of 26, 34 or 37 bits to it; returns when, in perf_counter_ns."""
        return self.tap_row(bits, with_parity(bits, number))

    def tap_row(self, bits: int, row: bytes, form: int = 1) -> int:
        """Hold a card to it that is any row of bits."""
        body = bytes((0, form)) + bits.to_bytes(2, "little") + row
        return self._tell(Reply.RAW, body)

    def tap_text(self, text: str, *, reverse: bool = False) -> int:
        """Draw a card through it that is a row of characters."""
        said = text[::-1] if reverse else text
        return self._tell(Reply.FMT, bytes((0, 2 if reverse else 1, len(said))) + said.encode())

    def type(self, keys: str) -> int:
        """Press keys."""
        said = bytes(KEY_BYTES.get(key, ord(key)) for key in keys)
        return self._tell(Reply.KEYPAD, bytes((0, len(said))) + said)

    def tamper(self, on: bool) -> None:
        """Open or shut its case."""
        self._is_tampered = on
        self._tell(Reply.LSTATR, self._local())

    def power(self, good: bool) -> None:
        """Its supply fails or comes back; it lives on by its battery."""
        self._is_power_bad = not good
        self._tell(Reply.LSTATR, self._local())

    def set_input(self, number: int, on: bool) -> None:
        """Close or open a contact."""
        self.inputs[number] = on
        self._tell(Reply.ISTATR, bytes(self.inputs))

    def switch_off(self) -> None:
        """Take its power away: sessions, news and outputs are gone."""
        self.is_deaf = True
        self._forget()
        self._news.clear()
        for output in range(len(self.outputs)):
            self._switch(output, False)

    def switch_on(self) -> None:
        """Give it power."""
        self.is_deaf = False

    def close(self) -> None:
        """End of the reader."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _tell(self, code: int, body: bytes) -> int:
        if not self.is_deaf:
            self._news.append((code, body))
        return time.perf_counter_ns()

    # ----------------------------------------------------------------- the wire

    def serve(self, frame: Frame, raw: bytes) -> bytes | None:
        """What it says to a command; None for silence."""
        if self.is_deaf or frame.is_reply or frame.address != self.address:
            return None
        if self.busy_next > 0:
            self.busy_next -= 1
            return encode(self.address, 0, Reply.BUSY, is_reply=True)
        if raw == self._last[0] and frame.sequence and not self.forgets:
            return self._last[1]
        if frame.sequence == 0:
            self._forget()
        elif frame.sequence != self._sequence % 3 + 1:
            return self._nak(frame, SEQUENCE)
        self._sequence = frame.sequence
        reply = self._reply(frame)
        self._last = (raw, reply)
        return reply

    def _forget(self) -> None:
        self._channel = self._keys = None
        self._sequence = -1

    def _reply(self, frame: Frame) -> bytes:
        match frame.code:
            case Command.CHLNG if frame.block == secure.CHALLENGE_BLOCK:
                return self._challenged(frame)
            case Command.SCRYPT if frame.block == secure.SERVER_BLOCK:
                return self._proven(frame)
        if self._channel is None:
            if frame.code not in OPEN_TO_ALL or frame.block is not None:
                return self._nak(frame, SECRET)
            code, body = self._obey(frame.code, frame.body)
            return encode(self.address, frame.sequence, code, body, is_reply=True)
        opened = self._channel.open(frame)
        if opened is None:
            self._forget()
            return self._nak(frame, SECRET)
        code, body = self._obey(frame.code, opened)
        said = self._channel.seal(self.address, frame.sequence, code, body)
        if frame.code == Command.KEYSET and code == Reply.ACK:
            self._forget()  # the new key is proven by a new session
        return said

    def _nak(self, frame: Frame, why: int) -> bytes:
        return encode(self.address, frame.sequence, Reply.NAK, bytes((why,)), is_reply=True)

    def _challenged(self, frame: Frame) -> bytes:
        key = secure.INSTALL_KEY if frame.block_data == b"\0" else self.key
        if key is None or (frame.block_data == b"\0" and not self.is_installing):
            return self._nak(frame, SECURITY)
        if len(frame.body) != 8:
            return self._nak(frame, LENGTH)
        self._challenge, self._answer = frame.body, self._luck.randbytes(8)
        self._keys = secure.session_keys(key, self._challenge)
        proof = secure.client_cryptogram(self._keys, self._challenge, self._answer)
        body = _IDENTITY[:8] + self._answer + proof
        block = bytes((secure.CRYPT_BLOCK,)) + frame.block_data
        return encode(self.address, frame.sequence, Reply.CCRYPT, body, is_reply=True, block=block)

    def _proven(self, frame: Frame) -> bytes:
        if self._keys is None:
            return self._nak(frame, SECURITY)
        right = secure.server_cryptogram(self._keys, self._challenge, self._answer)
        is_right = secure.same(frame.body, right)
        first = secure.first_reply_mac(self._keys, right) if is_right else bytes(16)
        if is_right:
            self._channel = secure.SecureChannel(self._keys, first, of_reader=True)
        block = bytes((secure.RMAC_BLOCK, 1 if is_right else 0xFF))
        return encode(self.address, frame.sequence, Reply.RMAC_I, first, is_reply=True, block=block)

    # ----------------------------------------------------------------- commands

    def _obey(self, code: int, body: bytes) -> tuple[int, bytes]:
        """A command that may be obeyed: code and contents of the reply."""
        match code:
            case Command.POLL:
                return self._news.popleft() if self._news else (Reply.ACK, b"")
            case Command.ID:
                return Reply.PDID, _IDENTITY
            case Command.CAP:
                return Reply.PDCAP, self._able()
            case Command.LSTAT:
                return Reply.LSTATR, self._local()
            case Command.ISTAT:
                return Reply.ISTATR, bytes(self.inputs)
            case Command.OSTAT:
                return Reply.OSTATR, bytes(self.outputs)
            case Command.OUT if len(body) == 4:
                return self._out(body)
            case Command.COMSET if len(body) == 5:
                self.moved_to = (body[0], int.from_bytes(body[1:], "little"))
                return Reply.COM, body
        if self._takes(code, body):
            return Reply.ACK, b""
        return Reply.NAK, bytes((UNKNOWN,))

    def _takes(self, code: int, body: bytes) -> bool:
        """Orders that are answered by no more than yes."""
        match code:
            case Command.LED if len(body) == 14:
                self.shown.light = body[5] if body[2] == 2 else body[12]
            case Command.BUZ if len(body) == 5:
                self.shown.beeps += body[4]
            case Command.TEXT if len(body) >= 6 and len(body) == 6 + body[5]:
                self.shown.text = body[6:].decode("ascii", "replace")
            case Command.KEYSET if len(body) == 18 and body[:2] == b"\x01\x10":
                self.take_key(body[2:])
            case _:
                return False
        return True

    def take_key(self, key: bytes) -> None:
        """Its own key, from now on the only one it accepts."""
        self.key, self.is_installing = key, False

    def _local(self) -> bytes:
        return bytes((self._is_tampered, self._is_power_bad))

    def _able(self) -> bytes:
        counts = {
            Capability.CONTACTS: len(self.inputs),
            Capability.OUTPUTS: len(self.outputs),
            Capability.CARD_FORMAT: 0,
            Capability.LIGHTS: 1,
            Capability.SOUNDS: 1,
            Capability.TEXTS: 1,
            Capability.CHECK: 0,
            Capability.SECURITY: 1,
        }
        return b"".join(bytes((function, 1, count)) for function, count in counts.items())

    def _out(self, body: bytes) -> tuple[int, bytes]:
        output, control = body[0], body[1]
        delay_s = int.from_bytes(body[2:], "little") * STEP_MS / 1000
        if output >= len(self.outputs) or control > 6:
            return Reply.NAK, bytes((CANNOT,))
        if control:
            timer = self._timers.pop(output, None)
            if timer is not None:
                timer.cancel()
            on = control in (2, 4, 5)
            self._switch(output, on)
            if control > 4 and delay_s > 0:
                self._timers[output] = asyncio.get_running_loop().call_later(
                    delay_s, self._over, output, not on
                )
        return Reply.OSTATR, bytes(self.outputs)

    def _over(self, output: int, on: bool) -> None:
        del self._timers[output]
        self._switch(output, on)

    def _switch(self, output: int, on: bool) -> None:
        if self.outputs[output] == on:
            return
        self.outputs[output] = on
        at_ns = time.perf_counter_ns()
        self.output_log.append((output, on, at_ns))
        if self.on_output is not None:
            self.on_output(output, on, at_ns)


# vendor, model, version, serial number, firmware
_IDENTITY: Final = bytes.fromhex("4c4c49 01 01 01020304 010000")
