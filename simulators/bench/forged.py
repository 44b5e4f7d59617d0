"""`linli bench forged`: how often wires without a secret take made-up messages for true ones.

Sums, parities and fixed bits only find accidents. For each such wire: messages of the right form
with contents of pure luck, how many of them were accepted, and how many theory expects.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from drivers import lcus, rdm6300, wiegand
from drivers.escpos import StatusDeframer, Told
from drivers.framing import Deframer
from drivers.number_reader import Number
from simulators.bench.figures import Target

FULL_MESSAGES = 150_000  # a whole run; some twelve million bytes over all wires
QUICK_MESSAGES = 30_000
MOST_OVER_THEORY = 2.0  # more than that, and a parser takes what it should not
SEED = 20261126


@dataclass(frozen=True, slots=True)
class Wire:
    """One kind of message: how chance makes one, whether it was believed, and theory's share."""

    make: Callable[[random.Random], bytes]
    deframer: Callable[[], Deframer[Any]]
    believes: Callable[[object], bool]
    share: float


def _bits(count: int) -> Callable[[random.Random], bytes]:
    return lambda luck: f"{luck.getrandbits(count):0{count}b}\r\n".encode()


def _em4100(luck: random.Random) -> bytes:
    return b"\x02" + luck.randbytes(rdm6300.CARD_BYTES + 1).hex().upper().encode() + b"\x03"


def _lcus(luck: random.Random) -> bytes:
    known = bytes((lcus.HEAD, luck.randint(1, lcus.OUTPUTS_MOST), luck.randint(0, 2)))
    return known + luck.randbytes(1)


WIRES: Mapping[str, Wire] = {
    # two parity bits
    "wiegand26": Wire(_bits(26), wiegand.WiegandDeframer, lambda f: isinstance(f, Number), 1 / 4),
    "wiegand34": Wire(_bits(34), wiegand.WiegandDeframer, lambda f: isinstance(f, Number), 1 / 4),
    # a sum of eight bits
    "em4100": Wire(_em4100, rdm6300.Rdm6300Deframer, lambda f: isinstance(f, Number), 1 / 256),
    "lcus": Wire(_lcus, lcus.LcusDeframer, lambda f: isinstance(f, lcus.Order), 1 / 256),
    # four bits that never change
    "escpos_status": Wire(
        lambda luck: luck.randbytes(1), StatusDeframer, lambda f: isinstance(f, Told), 1 / 16
    ),
}


def count(wire: Wire, messages: int, luck: random.Random) -> tuple[int, int]:
    """How many of so many made-up messages were believed, and how many bytes they had."""
    believed = sent_bytes = 0
    for chunk in (wire.make(luck) for _ in range(messages)):
        sent_bytes += len(chunk)
        deframer = wire.deframer()  # each message alone: none may lend a byte to the next
        frames = [*deframer.feed(chunk), *deframer.idle()]
        believed += sum(map(wire.believes, frames))
    return believed, sent_bytes


def _lines(messages: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, wire in WIRES.items():
        believed, sent_bytes = count(wire, messages, random.Random(f"{SEED} {name}"))
        yield (
            name,
            {
                "messages": messages,
                "bytes": sent_bytes,
                "believed": believed,
                "expected": round(messages * wire.share, 1),
                "over_theory": round(believed / (messages * wire.share), 3),
            },
        )


def run(quick: bool) -> dict[str, Any]:
    """The benchmark as `linli bench` prints it."""
    detail = dict(_lines(QUICK_MESSAGES if quick else FULL_MESSAGES))
    results = [
        Target(f"forged_{name}_over_theory", "times", MOST_OVER_THEORY).result(line["over_theory"])
        for name, line in detail.items()
    ]
    return {"results": results, "detail": detail}
