"""Meters at the far end of one line: electricity (DL/T 645), water, gas and heat (CJ/T 188)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final, Protocol

from drivers import cjt188, dlt645
from drivers.readings import ANSWER, REFUSED, WAKE, bcd
from simulators.ends import words
from simulators.ends.wires import LineEnd, Noise, PtyLine, WireLog, Words

IDLE_S: Final = 0.05  # quiet time after which half a question is noise
THINK_S: Final = 0.02  # real meters think for 20 to 500 ms
THOUGHTS_MOST: Final = 100  # answers still owed; masters ask one at a time
NO_SUCH_REGISTER: Final = 0x02
M3: Final = 0x2C
KWH: Final = 0x05
TIME: Final = bytes.fromhex("00000012010126") + b"\x00\x00"  # its own clock, and no trouble

ASKED: Final = words.said("表上是多少", "表上是多少", "what does the meter show")
SHOWN: Final = words.said("读数在此", "讀數在此", "here is the reading")


class Meter(Protocol):
    """One meter of a line: it answers what is meant for it."""

    address: str
    total: Decimal
    is_off: bool
    wrong_sums: bool

    def answer(self, frame: object) -> bytes | None:
        """The frame it sends, None when it keeps silent."""

    def consume(self, amount: Decimal) -> None:
        """Somebody used that much; the register goes round like a real one."""


class Dlt645Meter:
    """An electricity meter; ``total`` in kWh. Unlike some software it is silent for others."""

    def __init__(self, address: str = "000102030425", total: Decimal = Decimal("1206.42")) -> None:
        self.address = address
        self.total = total
        self.is_off = False
        self.wrong_sums = False  # its line driver is worn

    def consume(self, amount: Decimal) -> None:
        """Use some kWh."""
        self.total = (self.total + amount) % 1_000_000

    def answer(self, frame: object) -> bytes | None:
        """The answer to a question of DL/T 645."""
        if not isinstance(frame, dlt645.Frame) or self.is_off or not self._is_meant(frame):
            return None
        own = bcd(self.address)
        if frame.control == dlt645.READ_ADDRESS:
            sent = dlt645.encode(own, dlt645.READ_ADDRESS | ANSWER, own)
        elif frame.control == dlt645.READ:
            sent = self._register(own, frame.data)
        else:  # writing takes a password that nobody here has
            refused = frame.control | ANSWER | REFUSED
            sent = dlt645.encode(own, refused, b"\x04")
        return WAKE + _worn(sent, self.wrong_sums)

    def _is_meant(self, frame: dlt645.Frame) -> bool:
        asked = frame.address[::-1].hex().lstrip("a")
        if frame.control & ANSWER or "a" in asked:
            return False
        return self.address.endswith(asked) and (asked != "" or frame.control in _WILD_CONTROLS)

    def _register(self, own: bytes, identifier: bytes) -> bytes:
        answer = dlt645.READ | ANSWER
        if identifier == dlt645.REGISTERS["energy"].identifier:
            return dlt645.encode(own, answer, identifier + bcd(f"{int(self.total * 100):08}"))
        if identifier == dlt645.REGISTERS["voltage_a"].identifier:
            return dlt645.encode(own, answer, identifier + bcd("2301"))
        return dlt645.encode(own, answer | REFUSED, bytes((NO_SUCH_REGISTER,)))


_WILD_CONTROLS: Final = (dlt645.READ, dlt645.READ_ADDRESS)


class Cjt188Meter:
    """A water (10), heat (20) or gas (30) meter; ``total`` in m3, of heat in kWh."""

    def __init__(
        self,
        address: str = "00000000123456",
        total: Decimal = Decimal("46.30"),
        kind: int = 0x10,
    ) -> None:
        self.address = address
        self.total = total
        self.kind = kind
        self.is_off = False
        self.wrong_sums = False

    def consume(self, amount: Decimal) -> None:
        """Use some m3 or kWh."""
        self.total = (self.total + amount) % 1_000_000

    def answer(self, frame: object) -> bytes | None:
        """The answer to a question of CJ/T 188, its identifier as it was asked."""
        if not isinstance(frame, cjt188.Frame) or self.is_off:
            return None
        own, wild = bcd(self.address), bytes((cjt188.WILD,)) * 7
        if frame.type not in (self.kind, cjt188.WILD) or frame.address not in (own, wild):
            return None
        told = frame.control | ANSWER
        if frame.control == cjt188.READ and frame.data[:2] in cjt188.TOTAL:
            body = frame.data[:3] + self._registers()
        elif frame.control == cjt188.READ_ADDRESS and frame.data[:2] in cjt188.ADDRESS:
            body = frame.data[:3]
        elif frame.control & ANSWER:
            return None
        else:
            told, body = told | REFUSED, frame.data[2:3] + b"\x00\x00"
        return WAKE + _worn(cjt188.encode(self.kind, own, told, body), self.wrong_sums)

    def _registers(self) -> bytes:
        total = bcd(f"{int(self.total * 100):08}")
        last = bytes(4)
        if self.kind & 0xF0 == 0x20:
            rest = bytes((0x17,)), bytes((0x35,)), bytes((M3,))
            flows = b"".join(bytes(4) + unit for unit in rest)
            heat = bytes((KWH,))
            return last + heat + total + heat + flows + bytes(9) + TIME
        return total + bytes((M3,)) + last + bytes((M3,)) + TIME


def _worn(frame: bytes, wrong_sum: bool) -> bytes:
    return frame[:-2] + bytes((frame[-2] ^ wrong_sum, frame[-1]))


class MeterLineEnd(LineEnd):
    """Some meters on one pair of wires: two that answer at once spoil each other's bytes."""

    def __init__(
        self,
        meters: Sequence[Meter],
        *,
        name: str = "meters",
        path: Path | None = None,
        noise: Noise | None = None,
        byte_s: float = 0.0,
        think_s: float = THINK_S,
        echo: bool = False,
        wire_log: WireLog | None = None,
    ) -> None:
        self.meters = list(meters)
        self.wire_log = wire_log if wire_log is not None else WireLog(name)
        self.think_s = think_s
        self.on_answer: Callable[[Meter], None] = lambda _meter: None  # one has told its register
        self._echo = echo  # an RS-485 adapter that hears itself
        self._deframers = (dlt645.Dlt645Deframer(), cjt188.Cjt188Deframer())
        self._loop = asyncio.get_running_loop()
        self._idle: asyncio.TimerHandle | None = None
        self._thoughts: dict[int, asyncio.TimerHandle] = {}
        self._thought = 0
        self._line = PtyLine(self._heard, path=path, noise=noise, byte_s=byte_s)

    def meter(self, address: str) -> Meter:
        """The meter whose digits end so; raises ValueError."""
        for meter in self.meters:
            if meter.address.endswith(address):
                return meter
        raise ValueError(f"no meter ends in {address}")

    def unplug(self) -> None:
        """Pull the line out."""
        super().unplug()
        for deframer in self._deframers:
            deframer.clear()

    def close(self) -> None:
        """End of the line."""
        super().close()
        for timer in [*self._thoughts.values(), *([self._idle] if self._idle else [])]:
            timer.cancel()
        self._thoughts.clear()

    def _heard(self, chunk: bytes) -> None:
        if self._echo:
            self._line.write(chunk)
        frames = [frame for deframer in self._deframers for frame in deframer.feed(chunk)]
        self.wire_log.add(">", chunk, ASKED if frames else words.NOISE)
        self._work(frames)
        if self._idle is not None:
            self._idle.cancel()
        self._idle = self._loop.call_later(IDLE_S, self._fell_quiet)

    def _fell_quiet(self) -> None:
        self._idle = None
        self._work([frame for deframer in self._deframers for frame in deframer.idle()])

    def _work(self, frames: Sequence[object]) -> None:
        for frame in frames:
            answers = {m.address: told for m in self.meters if (told := m.answer(frame))}
            if answers and len(self._thoughts) < THOUGHTS_MOST:
                self._thought += 1
                self._thoughts[self._thought] = self._loop.call_later(
                    self.think_s, self._say, self._thought, answers, SHOWN
                )

    def _say(self, thought: int, answers: Mapping[str, bytes], told: Words) -> None:
        del self._thoughts[thought]
        self.wire_log.add("<", self._line.write(collided(list(answers.values()))), told)
        if len(answers) == 1 and self._line.is_plugged:
            self.on_answer(self.meter(next(iter(answers))))


def collided(answers: Sequence[bytes]) -> bytes:
    """What several senders at once make of the wires: a zero of any of them is a zero."""
    merged = bytearray(max(map(len, answers)))
    for at in range(len(merged)):
        byte = 0xFF
        for answer in answers:
            byte &= answer[at] if at < len(answer) else 0xFF
        merged[at] = byte
    return bytes(merged)
