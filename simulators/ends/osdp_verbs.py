"""The typed words of `linli simulate pty osdp`: readers that are tapped, typed on and broken."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from simulators.ends.osdp_end import OsdpEnd
from simulators.ends.osdp_pd import OsdpPd
from simulators.ends.wires import WireLog

HELP: Final = (
    "[ADDRESS] tap HEX, [ADDRESS] type KEYS, [ADDRESS] tamper|power on|off, "
    "[ADDRESS] input N on|off, [ADDRESS] off, [ADDRESS] on"
)
ON_OFF: Final = {"on": True, "off": False}
Say = Callable[[str], None]


def register(parser: argparse.ArgumentParser) -> None:
    """Add what only these readers have."""
    parser.add_argument("--readers", type=int, default=1, help="osdp: addresses 1 to N")
    parser.add_argument(
        "--key",
        type=Path,
        help="osdp: where the readers keep their key, 32 hex digits; absent: as from the box",
    )


def made(
    path: Path | None, baud: int, readers: int, file: Path | None, log: WireLog, say: Say
) -> OsdpEnd:
    """The readers of one line, as slow as ``baud`` says; ``file`` keeps their key."""
    key = bytes.fromhex(file.read_text()) if file is not None and file.exists() else None
    row = [_Reader(address, key, file, say) for address in range(1, readers + 1)]
    return OsdpEnd(row, path=path, baud=baud, paced=baud > 0, wire_log=log)


class _Reader(OsdpPd):
    """A reader that remembers its key in a file, and says when its outputs move."""

    def __init__(self, address: int, key: bytes | None, file: Path | None, say: Say) -> None:
        super().__init__(address, key, on_output=self._tell_output)
        self._file = file
        self._say = say

    def take_key(self, key: bytes) -> None:
        super().take_key(key)
        if self._file is not None:
            with os.fdopen(os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(key.hex())

    def _tell_output(self, output: int, is_on: bool, at_ns: int) -> None:
        said = "on" if is_on else "off"
        self._say(f"reader {self.address} output {output} {said} at {at_ns} ns")


def obeyed(end: OsdpEnd, words: list[str], say: Say) -> bool:
    """Do what was typed; False for no word of these; raises ValueError or IndexError."""
    match words:
        case [first, *rest] if first.isdecimal():
            _at(_reader(end, int(first)), rest, say)
        case [_, *_]:
            _at(end.readers[0], words, say)
        case _:
            return False
    return True


def _reader(end: OsdpEnd, address: int) -> OsdpPd:
    for reader in end.readers:
        if reader.address == address:
            return reader
    raise ValueError(f"there is no reader at address {address}")


def _at(reader: OsdpPd, words: list[str], say: Say) -> None:
    match words:
        case ["tap", number]:
            say(f"tapped at {_tap(reader, bytes.fromhex(number))} ns")
        case ["type", keys]:
            reader.type(keys)
        case ["tamper", ("on" | "off") as state]:
            reader.tamper(ON_OFF[state])
        case ["power", ("on" | "off") as state]:
            reader.power(ON_OFF[state])
        case ["input", number, ("on" | "off") as state]:
            reader.set_input(int(number), ON_OFF[state])
        case ["off"]:
            reader.switch_off()
        case ["on"]:
            reader.switch_on()
        case _:
            raise ValueError(f"no such word: {' '.join(words)}")


def _tap(reader: OsdpPd, number: bytes) -> int:
    """Three or four bytes as Wiegand readers send them, any others as they are."""
    bits = {3: 26, 4: 34}.get(len(number))
    if bits is not None:
        return reader.tap(number, bits)
    return reader.tap_row(len(number) * 8, number, form=0)
