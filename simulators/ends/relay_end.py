"""The relay board at the far end of its line: coils that time their own pulses, and contacts."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from drivers.modbus_relay import FLASH_STEP_MS, Pdu, RtuDeframer, encode
from simulators.ends import words
from simulators.ends.wires import LineEnd, Noise, PtyLine, WireLog, Words

ILLEGAL_FUNCTION: Final = 1
ILLEGAL_ADDRESS: Final = 2
ILLEGAL_VALUE: Final = 3
LOG_MOST_CHANGES: Final = 10_000  # remembered coil changes, for tests and measurements
THOUGHTS_MOST: Final = 100  # answers a slow board still owes; masters repeat three times
IDLE_S: Final = 0.02  # quiet time after which half a request is noise
FLASH_ON_PAGE: Final = 0x02  # coil address + 0x0200: on for value x 100 ms
LEAF_OPENS_S: Final = 0.9  # after the strike let go; a person's hand is on the handle by then
LEAF_SHUTS_S: Final = 2.1  # a closer needs a second
FLASH_OFF_PAGE: Final = 0x04  # coil address + 0x0400: off for value x 100 ms


class RelayBoardEnd(LineEnd):
    """A board of coils and contacts on Modbus RTU; silent to every other unit's requests."""

    def __init__(
        self,
        *,
        name: str = "relay",
        path: Path | None = None,
        unit: int = 1,
        coils: int = 8,
        inputs: int = 8,
        echo: bool = False,
        noise: Noise | None = None,
        byte_s: float = 0.0,
        think_s: float = 0.0,
        wire_log: WireLog | None = None,
        on_coil: Callable[[int, bool, int], None] | None = None,
        walked: bool = False,
    ) -> None:
        self.wire_log = wire_log if wire_log is not None else WireLog(name)
        self.on_coil = on_coil  # output, on, perf_counter_ns
        self.coil_log: deque[tuple[int, bool, int]] = deque(maxlen=LOG_MOST_CHANGES)
        self.coils = [False] * coils
        self.inputs = [False] * inputs
        self.walked = (
            walked  # whoever is let in opens the leaf, whose contact has the coil's number
        )
        self.unit = unit
        self.think_s = think_s  # how long the board takes for an answer
        self.is_deaf = False  # a board that hears nothing: broken, or its power is off
        self.heard_at_ns = 0  # perf_counter_ns of the newest chunk
        self.dropped_bytes = 0
        self._echo = echo  # an RS-485 adapter that hears itself
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._thoughts: deque[asyncio.TimerHandle] = deque(maxlen=THOUGHTS_MOST)
        self._walks: dict[int, list[asyncio.TimerHandle]] = {}  # by output
        self._deframer = RtuDeframer(requests=True)
        self._idle: asyncio.TimerHandle | None = None
        self._replies: list[tuple[bytes, Words]] | None = None  # of the requests being served
        self._loop = asyncio.get_running_loop()
        self._line = PtyLine(self._heard, path=path, noise=noise, byte_s=byte_s)

    def set_input(self, number: int, on: bool) -> None:
        """Close or open a contact, press or release a button."""
        self.inputs[number] = on

    def unplug(self) -> None:
        """Pull the line out; the board keeps its power and its timers."""
        super().unplug()
        self._deframer.clear()

    def close(self) -> None:
        """End of the board."""
        super().close()
        idle = [self._idle] if self._idle is not None else []
        walks = [timer for walk in self._walks.values() for timer in walk]
        for timer in [*self._timers.values(), *self._thoughts, *walks, *idle]:
            timer.cancel()
        self._timers.clear()

    # -- the board -----------------------------------------------------------------------------

    def _heard(self, chunk: bytes) -> None:
        self.heard_at_ns = time.perf_counter_ns()
        if self._echo:
            self._line.write(chunk)
        self._work(chunk, self._deframer.feed(chunk))
        if self._idle is not None:
            self._idle.cancel()
        self._idle = (
            self._loop.call_later(IDLE_S, self._fell_quiet) if self._deframer.held else None
        )

    def _fell_quiet(self) -> None:
        self._idle = None
        self._work(b"", self._deframer.idle())

    def _work(self, chunk: bytes, requests: list[Pdu]) -> None:
        self.dropped_bytes = self._deframer.dropped
        replies = self._replies = []  # a board answers first; what was said is told afterwards
        for request in requests:
            if request.unit == self.unit and not self.is_deaf:
                self._serve(request)
        self._replies = None
        told = [words.of_request(request.function, request.body) for request in requests]
        if chunk:
            self.wire_log.add(">", chunk, words.joined(told) or words.NOISE)
        for reply in replies:
            self.wire_log.add("<", *reply)

    def _serve(self, request: Pdu) -> None:
        body = request.body
        address, value = int.from_bytes(body[:2], "big"), int.from_bytes(body[2:4], "big")
        match request.function:
            case 0x01:
                self._tell(request, self.coils, address, value)
            case 0x02:
                self._tell(request, self.inputs, address, value)
            case 0x05:
                self._write_one(request, address, value)
            case 0x0F:
                self._write_many(request, address, value)
            case _:
                self._refuse(request, ILLEGAL_FUNCTION)

    def _tell(self, request: Pdu, bits: list[bool], start: int, count: int) -> None:
        if not 0 < count <= 2000:
            self._refuse(request, ILLEGAL_VALUE)
        elif start + count > len(bits):
            self._refuse(request, ILLEGAL_ADDRESS)
        else:
            packed = bytearray((count + 7) // 8)
            for n in range(count):
                packed[n // 8] |= bits[start + n] << n % 8
            self._reply(request.function, bytes((len(packed),)) + packed, words.READING)

    def _write_one(self, request: Pdu, address: int, value: int) -> None:
        page, output = divmod(address, 0x100)
        if output >= len(self.coils) or page not in (0, FLASH_ON_PAGE, FLASH_OFF_PAGE):
            self._refuse(request, ILLEGAL_ADDRESS)
            return
        if page == 0 and value not in (0xFF00, 0x0000):
            self._refuse(request, ILLEGAL_VALUE)
            return
        if page and not 0 < value <= 0x7FFF:
            self._refuse(request, ILLEGAL_VALUE)
            return
        self._stop_timer(output)
        if page:
            is_on = page == FLASH_ON_PAGE
            self._switch(output, is_on)
            delay_s = value * FLASH_STEP_MS / 1000
            self._timers[output] = self._loop.call_later(
                delay_s, self._flash_over, output, not is_on
            )
        else:
            self._switch(output, value == 0xFF00)
        self._reply(request.function, request.body, words.REPLY)

    def _write_many(self, request: Pdu, start: int, count: int) -> None:
        packed = request.body[5:]
        if not 0 < count <= 0x7B0 or len(packed) != (count + 7) // 8:
            self._refuse(request, ILLEGAL_VALUE)
        elif start + count > len(self.coils):
            self._refuse(request, ILLEGAL_ADDRESS)
        else:
            for n in range(count):
                self._stop_timer(start + n)
                self._switch(start + n, bool(packed[n // 8] >> n % 8 & 1))
            self._reply(request.function, request.body[:4], words.REPLY)

    def _flash_over(self, output: int, is_on: bool) -> None:
        del self._timers[output]
        self._switch(output, is_on)

    def _stop_timer(self, output: int) -> None:
        timer = self._timers.pop(output, None)
        if timer is not None:
            timer.cancel()

    def _switch(self, output: int, is_on: bool) -> None:
        if self.coils[output] == is_on:
            return
        self.coils[output] = is_on
        now_ns = time.perf_counter_ns()
        self.coil_log.append((output, is_on, now_ns))
        if is_on and self.walked and output < len(self.inputs):
            self._walk(output)
        if self.on_coil is not None:
            self.on_coil(output, is_on, now_ns)

    def _walk(self, output: int) -> None:
        """Somebody opens the leaf, goes through, and it falls shut."""
        for timer in self._walks.pop(output, []):
            timer.cancel()
        steps = ((LEAF_OPENS_S, True), (LEAF_SHUTS_S, False))
        self._walks[output] = [
            self._loop.call_later(at_s, self.set_input, output, on) for at_s, on in steps
        ]

    def _refuse(self, request: Pdu, code: int) -> None:
        self._reply(request.function | 0x80, bytes((code,)), words.REFUSAL)

    def _reply(self, function: int, body: bytes, told: Words) -> None:
        frame = encode(self.unit, function, body)
        if self.think_s <= 0:
            self._send(frame, told)
        else:
            thought = self._loop.call_later(self.think_s, self._send, frame, told)
            self._thoughts.append(thought)

    def _send(self, frame: bytes, told: Words) -> None:
        heard = self._line.write(frame)
        if self._replies is not None:
            self._replies.append((heard, told))
        else:
            self.wire_log.add("<", heard, told)
