"""A serial line whose far end is a program: a pseudo-terminal, its noise, its pace and its log."""

import asyncio
import contextlib
import json
import os
import random
import tempfile
import termios
import time
import tty
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from simulators.ends.uart import heard_at

Words = Mapping[str, str]  # one sentence by language: zh-Hans, zh-Hant, en
Direction = Literal[">", "<"]  # ">" towards the device, "<" from the device

RING_MOST_ENTRIES: Final = 1_000  # what a page can show; the file, where asked for, has all
READ_MOST_BYTES: Final = 4_096  # a pseudo-terminal hands over no more at once
IN_FLIGHT_MOST_CHUNKS: Final = (
    256  # chunks still "on the wire" of a paced line; then bytes fall off
)

TIMER_LATE_S: Final = 0.0005  # a loop waits whole milliseconds, so half of one too long on average

_SPEEDS: Final[Mapping[int, int]] = {
    getattr(termios, f"B{baud}"): baud
    for baud in (300, 1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 230_400)
    if hasattr(termios, f"B{baud}")
}


@dataclass(frozen=True, slots=True)
class WireEntry:
    """Some bytes that passed a line, when, which way, and what they say."""

    at: datetime
    at_ns: int  # time.perf_counter_ns()
    line: str
    dir: Direction
    bytes: bytes
    words: Words | None

    def as_json(self) -> dict[str, object]:
        """The entry as the log file and the pages have it."""
        at = self.at.isoformat(timespec="microseconds").replace("+00:00", "Z")
        return {
            "at": at,
            "line": self.line,
            "dir": self.dir,
            "hex": self.bytes.hex(" "),
            "words": dict(self.words) if self.words else None,
        }


class WireLog:
    """What passed a line: the newest in a ring, all in a file if one is named."""

    def __init__(
        self,
        line: str,
        *,
        file: Path | None = None,
        on_entry: Callable[[WireEntry], None] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.line = line
        self.ring: deque[WireEntry] = deque(maxlen=RING_MOST_ENTRIES)
        self.on_entry = on_entry
        self._clock = clock
        self._file = file.open("a", encoding="utf-8") if file is not None else None

    def add(self, direction: Direction, chunk: bytes, words: Words | None = None) -> None:
        """Note that chunk passed now."""
        entry = WireEntry(self._clock(), time.perf_counter_ns(), self.line, direction, chunk, words)
        self.ring.append(entry)
        if self._file is not None:
            self._file.write(json.dumps(entry.as_json(), ensure_ascii=False) + "\n")
            self._file.flush()
        if self.on_entry is not None:
            self.on_entry(entry)

    def close(self) -> None:
        """Close the file; the ring stays."""
        if self._file is not None:
            self._file.close()
            self._file = None


@dataclass(slots=True)
class Noise:
    """What a bad line does to a chunk: one byte flipped, lost or invented, each with its odds."""

    luck: random.Random
    flip: float = 0.0
    drop: float = 0.0
    insert: float = 0.0
    hits: int = 0

    def spoil(self, chunk: bytes) -> bytes:
        """The chunk as it comes out of the line."""
        worn = bytearray(chunk)
        if worn and self.luck.random() < self.flip:
            worn[self.luck.randrange(len(worn))] ^= 1 << self.luck.randrange(8)
            self.hits += 1
        if worn and self.luck.random() < self.drop:
            del worn[self.luck.randrange(len(worn))]
            self.hits += 1
        if self.luck.random() < self.insert:
            worn.insert(self.luck.randrange(len(worn) + 1), self.luck.randrange(256))
            self.hits += 1
        return bytes(worn)


class PtyLine:
    """The device's side of a serial line on the running loop; `path` is what the host opens.

    The path stays the same through unplug() and plug(), like a name under /dev/serial/by-id.
    With byte_s the line is as slow as its baud rate: chunks arrive when their last byte would.
    """

    def __init__(
        self,
        on_bytes: Callable[[bytes], None],
        *,
        path: Path | None = None,
        noise: Noise | None = None,
        byte_s: float = 0.0,
    ) -> None:
        self._on_bytes = on_bytes
        self._loop = asyncio.get_running_loop()
        self._own_place = None if path is not None else tempfile.TemporaryDirectory(prefix="pty-")
        self._path = path if path is not None else Path(self._own_place_name()) / "line"
        self._master = self._slave = -1
        self._free_at_s = {">": 0.0, "<": 0.0}
        self._in_flight: dict[int, asyncio.TimerHandle] = {}
        self._passed = 0
        self.noise = noise
        self.byte_s = byte_s
        self.baud = 0  # at which the device speaks; whoever listens at another hears other bytes
        self.lost_bytes = 0  # bytes nobody took
        self.plug()

    @property
    def path(self) -> str:
        """The name the host opens."""
        return str(self._path)

    @property
    def is_plugged(self) -> bool:
        """True while the host can open the line."""
        return self._master >= 0

    @property
    def host_baud(self) -> int:
        """The speed at which the host opened the line; 0 where it told none."""
        speed = termios.tcgetattr(self._slave)[5] if self._slave >= 0 else termios.B0
        return _SPEEDS.get(speed, 0)

    def plug(self) -> None:
        """Make the line appear; does nothing when it is there."""
        if self._master >= 0:
            return
        # Our own hold on the slave keeps the master readable between two hosts.
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._loop.add_reader(self._master, self._readable)
        fresh = self._path.with_name(f"{self._path.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(self._path)

    def unplug(self) -> None:
        """Pull the cable: the host's line dies and the name is gone."""
        if self._master < 0:
            return
        self._loop.remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1
        self._path.unlink(missing_ok=True)
        for timer in self._in_flight.values():  # what was on the wire falls off it
            timer.cancel()
        self._in_flight.clear()

    def write(self, chunk: bytes) -> bytes:
        """Send to the host; returns the bytes as the line made them."""
        worn = self.noise.spoil(chunk) if self.noise is not None else chunk
        if self._is_off_speed:
            worn = heard_at(worn, self.baud, self.host_baud)
        self._pass("<", worn, self._emit)
        return worn

    def close(self) -> None:
        """Unplug for good."""
        self.unplug()
        if self._own_place is not None:
            self._own_place.cleanup()

    @property
    def _is_off_speed(self) -> bool:
        return self.baud > 0 and self.host_baud not in (0, self.baud)

    def _own_place_name(self) -> str:
        assert self._own_place is not None
        return self._own_place.name

    def _readable(self) -> None:
        try:
            chunk = os.read(self._master, READ_MOST_BYTES)
        except OSError:
            return
        if self.noise is not None:
            chunk = self.noise.spoil(chunk)
        if self._is_off_speed:
            chunk = heard_at(chunk, self.host_baud, self.baud)
        if chunk:
            self._pass(">", chunk, self._on_bytes)

    def _pass(self, direction: Direction, chunk: bytes, arrive: Callable[[bytes], None]) -> None:
        if self.byte_s <= 0:
            arrive(chunk)
            return
        if len(self._in_flight) >= IN_FLIGHT_MOST_CHUNKS:
            self.lost_bytes += len(chunk)
            return
        begins_s = max(self._loop.time(), self._free_at_s[direction])
        self._free_at_s[direction] = begins_s + len(chunk) * self.byte_s
        self._passed += 1
        self._in_flight[self._passed] = self._loop.call_at(
            self._free_at_s[direction] - TIMER_LATE_S, self._arrive, self._passed, arrive, chunk
        )

    def _arrive(self, number: int, arrive: Callable[[bytes], None], chunk: bytes) -> None:
        del self._in_flight[number]
        arrive(chunk)

    def _emit(self, chunk: bytes) -> None:
        sent = 0
        if self._master >= 0:
            with contextlib.suppress(OSError):  # full: a wire holds nothing back
                sent = os.write(self._master, chunk)
        self.lost_bytes += len(chunk) - sent


class LineEnd:
    """What every far end has: a line that can be pulled out and put back, and what passed it."""

    wire_log: WireLog
    _line: PtyLine

    @property
    def path(self) -> str:
        """What the host opens."""
        return self._line.path

    @property
    def line(self) -> PtyLine:
        """The line itself, to change its noise and pace."""
        return self._line

    def unplug(self) -> None:
        """Pull the line out; what else that means is its end's to say."""
        self._line.unplug()

    def plug(self) -> None:
        """Put the line back under the same name."""
        self._line.plug()

    def close(self) -> None:
        """End of the device and of its log."""
        self._line.close()
        self.wire_log.close()
