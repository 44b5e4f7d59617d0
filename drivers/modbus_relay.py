"""Relay boards on Modbus RTU: pulses the board ends by itself, its coils and its contacts."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from drivers.framing import Deframer, crc16_modbus
from drivers.kept_line import KeptLine
from drivers.kinds import OnState, StrikeFault
from drivers.link import Link, LinkLost

READ_COILS: Final = 0x01
READ_CONTACTS: Final = 0x02  # the standard's "discrete inputs"
WRITE_COIL: Final = 0x05
WRITE_COILS: Final = 0x0F
FLASH_ON: Final = 0x0200  # coil address + this: on, and off again after value x 100 ms, by itself
FLASH_STEP_MS: Final = 100
PULSE_MOST_MS: Final = 0x7FFF * FLASH_STEP_MS  # the board's counter; the door's own limit is lower
FRAME_MOST_BYTES: Final = 256  # the standard's limit for one RTU frame

REPLY_S: Final = 0.2  # 8 + 8 bytes at 9600 baud take 17 ms, boards think for up to 50 ms
TRIES: Final = 3  # sendings of one request until the board counts as silent
GARBLED_S: Final = 0.02  # quiet time after noise until it is sure that nothing follows it
HEALTH_EVERY_S: Final = 5.0  # a board nobody talks to is asked for its contacts this often

EXCEPTIONS: Final = {
    1: "does not know this function",
    2: "has no such output or input",
    3: "refuses this value",
    4: "has failed",
    6: "is busy",
}


@dataclass(frozen=True, slots=True)
class Pdu:
    """One RTU frame without its CRC: a request or a reply."""

    unit: int
    function: int
    body: bytes


class RtuDeframer(Deframer[Pdu]):
    """RTU frames of one direction, told apart by the function's known length and the CRC."""

    most_bytes = FRAME_MOST_BYTES

    def __init__(self, *, requests: bool = False) -> None:
        super().__init__()
        self._requests = requests

    def take(self, held: bytearray) -> tuple[int, Pdu | None]:
        """Judge the head of the stream, see Deframer."""
        size = self._size(held)
        if size is None or size > FRAME_MOST_BYTES:
            return 1, None
        if size == 0 or len(held) < size:
            return 0, None
        if crc16_modbus(held[: size - 2]) != held[size - 2 : size]:
            return 1, None
        return size, Pdu(held[0], held[1], bytes(held[2 : size - 2]))

    def _size(self, held: bytearray) -> int | None:
        """Bytes of the frame that begins here, 0 while unknown, None when none can."""
        if len(held) < 2:
            return 0
        function = held[1]
        if self._requests:
            if function in (1, 2, 3, 4, 5, 6):
                return 8
            counted_at = 6 if function in (0x0F, 0x10) else None
        elif 0x80 < function <= 0x90:
            return 5
        elif function in (5, 6, 0x0F, 0x10):
            return 8
        else:
            counted_at = 2 if function in (1, 2, 3, 4) else None
        if counted_at is None:
            return None
        return counted_at + 3 + held[counted_at] if len(held) > counted_at else 0


def encode(unit: int, function: int, body: bytes) -> bytes:
    """One RTU frame with its CRC."""
    frame = bytes((unit, function)) + body
    return frame + crc16_modbus(frame)


def pulse_request(unit: int, output: int, duration_ms: int) -> bytes:
    """Flash-on for at least duration_ms, rounded up to the board's step; raises StrikeFault."""
    steps = -(-duration_ms // FLASH_STEP_MS)
    if not 0 < steps * FLASH_STEP_MS <= PULSE_MOST_MS:
        raise StrikeFault(
            f"a pulse of {duration_ms} ms is none the board can end by itself; "
            f"ask for 1 to {PULSE_MOST_MS} ms"
        )
    address = FLASH_ON + output
    return encode(unit, WRITE_COIL, address.to_bytes(2, "big") + steps.to_bytes(2, "big"))


def read_bits(body: bytes, count: int) -> tuple[bool, ...] | None:
    """The bits of a reply to READ_COILS or READ_CONTACTS, None when it is none for count bits."""
    size = (count + 7) // 8
    if len(body) != 1 + size or body[0] != size:
        return None
    return tuple(bool(body[1 + n // 8] >> n % 8 & 1) for n in range(count))


async def _refuse(fault: StrikeFault) -> None:
    raise fault


def _taken(turn: asyncio.Lock) -> bool:
    """Take a lock that is free, here and now: what does not wait is done at its first step."""
    try:
        taking = turn.acquire()
        taking.send(None)
    except StopIteration:
        return True
    taking.close()
    return False


class ModbusRelay(KeptLine):
    """A relay board as a strike: one request at a time, outputs off at every opening."""

    expected = (LinkLost, StrikeFault)

    def __init__(
        self,
        open_link: Callable[[], Awaitable[Link]],
        *,
        unit: int = 1,
        outputs: int = 8,
        inputs: int = 8,
        echo: bool = False,
        on_state: OnState | None = None,
        luck: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(open_link, on_state=on_state, luck=luck)
        self._unit = unit
        self._outputs = outputs
        self._inputs = inputs
        self._echo = echo
        self._turn = asyncio.Lock()
        self._used_at_s = 0.0
        self._free_at_s = 0.0  # when late replies to repeated requests have surely passed
        self.dropped_bytes = 0  # bytes that belonged to no reply we waited for
        self.resent = 0  # requests sent again

    def pulse(self, output: int, duration_ms: int) -> Awaitable[None]:
        """Switch an output on; the board itself switches it off; awaiting it raises StrikeFault.

        On a free line the request leaves before this returns: somebody stands at the door.
        """
        try:
            if not 0 <= output < self._outputs:
                raise StrikeFault(f"there is no output {output}; the board has {self._outputs}")
            request = pulse_request(self._unit, output, duration_ms)
        except StrikeFault as fault:
            return _refuse(fault)

        def fits(pdu: Pdu) -> bool:
            return pdu.body == request[2:6]

        link = self._link
        if link is None or not self._is_free() or not link.is_open or not _taken(self._turn):
            return self._pulse(request, fits)
        begun = asyncio.ensure_future(self._finish(link, request, fits))
        begun.add_done_callback(lambda _: self._turn.release())
        self._send(link, request)
        return begun

    async def _pulse(self, request: bytes, fits: Callable[[Pdu], bool]) -> None:
        await self._ask(request, fits)

    async def _finish(self, link: Link, request: bytes, fits: Callable[[Pdu], bool]) -> None:
        """The rest of a pulse whose request has left."""
        try:
            await self._replied(link, request, fits)
        except LinkLost as lost:
            raise StrikeFault(str(lost)) from lost

    def _is_free(self) -> bool:
        """Whether nobody speaks and no late reply may still come."""
        loop = asyncio.get_running_loop()
        return not self._turn.locked() and loop.time() >= self._free_at_s

    def _send(self, link: Link, request: bytes) -> None:
        self.dropped_bytes += link.discard()
        with contextlib.suppress(LinkLost):  # whoever waits for the reply hears of it
            link.write(request)

    async def coils(self) -> tuple[bool, ...]:
        """The outputs as the board has them; raises StrikeFault."""
        return await self._bits(READ_COILS, self._outputs)

    async def inputs(self) -> tuple[bool, ...]:
        """The contacts and buttons as the board sees them; raises StrikeFault."""
        return await self._bits(READ_CONTACTS, self._inputs)

    async def _bits(self, function: int, count: int) -> tuple[bool, ...]:
        if count == 0:
            return ()
        request = encode(self._unit, function, b"\x00\x00" + count.to_bytes(2, "big"))
        pdu = await self._ask(request, lambda pdu: read_bits(pdu.body, count) is not None)
        bits = read_bits(pdu.body, count)
        assert bits is not None
        return bits

    async def _ask(self, request: bytes, fits: Callable[[Pdu], bool]) -> Pdu:
        """Send until a fitting reply comes; raises StrikeFault."""
        async with self._turn:
            link = self._link
            if link is None:
                raise StrikeFault(self._why)
            try:
                return await self._exchange(link, request, fits)
            except LinkLost as lost:
                raise StrikeFault(str(lost)) from lost

    async def _exchange(self, link: Link, request: bytes, fits: Callable[[Pdu], bool]) -> Pdu:
        loop = asyncio.get_running_loop()
        if loop.time() < self._free_at_s:
            await asyncio.sleep(self._free_at_s - loop.time())
        self._send(link, request)
        return await self._replied(link, request, fits)

    async def _replied(self, link: Link, request: bytes, fits: Callable[[Pdu], bool]) -> Pdu:
        """The reply to what was sent; without one it is sent again."""
        loop = asyncio.get_running_loop()
        for turn in range(TRIES):
            if turn:
                link.write(request)
            pdu = await self._reply(link, request, fits)
            if turn:
                self.resent += 1
                self._free_at_s = loop.time() + REPLY_S + GARBLED_S
            if pdu is not None:
                self._used_at_s = loop.time()
                if pdu.function & 0x80:
                    code = pdu.body[0]
                    told = EXCEPTIONS.get(code, f"answers exception {code}")
                    raise StrikeFault(f"{link.name}: the board {told}; check outputs and model")
                return pdu
        why = f"{link.name}: unit {self._unit} is silent; check power, wiring, address and baud"
        link.close(why)  # the upkeep opens again and switches all outputs off
        raise StrikeFault(why)

    async def _reply(self, link: Link, request: bytes, fits: Callable[[Pdu], bool]) -> Pdu | None:
        """The reply to this request, None when none came in time."""
        deframer = RtuDeframer()
        echo_bytes = len(request) if self._echo else 0
        loop = asyncio.get_running_loop()
        deadline = loop.time() + REPLY_S
        try:
            while True:
                is_noisy = deframer.dropped + deframer.held > 0
                until = min(deadline, loop.time() + GARBLED_S) if is_noisy else deadline
                async with asyncio.timeout_at(until):
                    chunk = await link.read()
                # Our own echo is cut off by its length, read or garbled: it must never be judged,
                # since the reply to a pulse equals its request.
                ours = min(echo_bytes, len(chunk))
                echo_bytes -= ours
                for pdu in deframer.feed(chunk[ours:]):
                    if self._answers(pdu, request[1], fits):
                        return pdu
        except TimeoutError:
            late = [pdu for pdu in deframer.idle() if self._answers(pdu, request[1], fits)]
            return late[0] if late else None
        finally:
            self.dropped_bytes += deframer.dropped + deframer.held

    def _answers(self, pdu: Pdu, function: int, fits: Callable[[Pdu], bool]) -> bool:
        if pdu.unit != self._unit or pdu.function & 0x7F != function:
            return False
        return bool(pdu.function & 0x80) or fits(pdu)

    async def _serve(self, link: Link) -> None:
        try:
            await self._begin(link)
            self._backoff.reset()
            raise LinkLost(await self._watch(link))
        finally:
            self._link = None
            link.close()

    async def _begin(self, link: Link) -> None:
        """Outputs off, and proof that they are; raises StrikeFault or LinkLost."""
        size = (self._outputs + 7) // 8
        head = b"\x00\x00" + self._outputs.to_bytes(2, "big")
        off = encode(self._unit, WRITE_COILS, head + bytes((size,)) + bytes(size))
        await self._exchange(link, off, lambda pdu: pdu.body == head)
        ask = encode(self._unit, READ_COILS, head)
        pdu = await self._exchange(
            link, ask, lambda pdu: read_bits(pdu.body, self._outputs) is not None
        )
        if any(read_bits(pdu.body, self._outputs) or ()):
            raise StrikeFault(f"{link.name}: an output stays on; check the board")
        self._link = link
        self._report(True, f"unit {self._unit} at {link.name}, outputs off")

    async def _watch(self, link: Link) -> str:
        """Ask a board that nobody talks to for its health; returns why the line ended."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout(HEALTH_EVERY_S):
                    return await link.lost()
            except TimeoutError:
                if loop.time() - self._used_at_s >= HEALTH_EVERY_S:
                    await self.coils()
