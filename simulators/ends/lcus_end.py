"""The LCUS board at the far end of its line: coils that stay as they were told, and no answer."""

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from drivers.lcus import ALL, STATUS, LcusDeframer, Order
from simulators.ends import words
from simulators.ends.wires import LineEnd, Noise, PtyLine, WireLog, Words

LOG_MOST_CHANGES: Final = 10_000  # remembered coil changes, for tests and measurements


class LcusEnd(LineEnd):
    """A board fed by its own USB plug: pulled out, its coils fall."""

    def __init__(
        self,
        *,
        name: str = "relay",
        path: Path | None = None,
        coils: int = 1,
        noise: Noise | None = None,
        byte_s: float = 0.0,
        wire_log: WireLog | None = None,
        on_coil: Callable[[int, bool, int], None] | None = None,
    ) -> None:
        self.wire_log = wire_log if wire_log is not None else WireLog(name)
        self.on_coil = on_coil  # output, on, perf_counter_ns
        self.coil_log: deque[tuple[int, bool, int]] = deque(maxlen=LOG_MOST_CHANGES)
        self.coils = [False] * coils
        self._deframer = LcusDeframer()
        self._line = PtyLine(self._heard, path=path, noise=noise, byte_s=byte_s)

    def unplug(self) -> None:
        """Pull the plug, which is its power too."""
        super().unplug()
        self._deframer.clear()
        for output in range(len(self.coils)):
            self._switch(output, False)

    def _heard(self, chunk: bytes) -> None:
        orders = self._deframer.feed(chunk)
        told = [_said(order) for order in orders]
        self.wire_log.add(">", chunk, words.joined(told) or words.NOISE)
        for order in orders:
            if order.op == STATUS:
                continue
            every = range(len(self.coils))
            for output in every if order.channel == ALL else [order.channel - 1]:
                if output in every:
                    self._switch(output, bool(order.op))

    def _switch(self, output: int, is_on: bool) -> None:
        if self.coils[output] == is_on:
            return
        self.coils[output] = is_on
        now_ns = time.perf_counter_ns()
        self.coil_log.append((output, is_on, now_ns))
        if self.on_coil is not None:
            self.on_coil(output, is_on, now_ns)


def _said(order: Order) -> Words:
    """What a command says."""
    if order.op == STATUS:
        return words.said("输出状态如何", "輸出狀態如何", "how are the outputs")
    number = "*" if order.channel == ALL else str(order.channel)
    if order.op:
        return words.said(f"输出 {number} 吸合", f"輸出 {number} 吸合", f"output {number} on")
    return words.said(f"输出 {number} 断开", f"輸出 {number} 斷開", f"output {number} off")
