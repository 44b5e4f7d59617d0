"""Typed words for `linli simulate pty`: old readers, a board without a timer, a slip printer."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from simulators.ends.lcus_end import LcusEnd
from simulators.ends.number_ends import Rdm6300End, WiegandEnd
from simulators.ends.paper_end import PaperEnd
from simulators.ends.wires import WireLog

LegacyEnd = Rdm6300End | WiegandEnd | LcusEnd | PaperEnd

HELP: Final = {
    "escpos": "out, low, roll, jam, unjam, open, shut, text, picture FILE",
    "lcus": "",
    "rdm6300": "tap HEX10, lift",
    "wiegand": "tap HEX6|HEX8, swap on|off, lose N",
}
COILS: Final = 8  # the largest board; a smaller one is the same with fewer


def make(
    kind: str,
    path: Path | None,
    byte_s: float,
    log: WireLog,
    on_coil: Callable[[int, bool, int], None],
) -> LegacyEnd:
    """The far end of one kind of line."""
    if kind == "lcus":
        return LcusEnd(path=path, byte_s=byte_s, wire_log=log, coils=COILS, on_coil=on_coil)
    if kind == "rdm6300":
        return Rdm6300End(path=path, byte_s=byte_s, wire_log=log)
    if kind == "wiegand":
        return WiegandEnd(path=path, byte_s=byte_s, wire_log=log)
    return PaperEnd(path=path, byte_s=byte_s, wire_log=log)


def obeyed(end: LegacyEnd, words: list[str]) -> bool:
    """Do what was typed; False for a word that this end does not know."""
    match end:
        case Rdm6300End():
            return _rdm6300(end, words)
        case WiegandEnd():
            return _wiegand(end, words)
        case PaperEnd():
            return _paper(end, words)
        case LcusEnd():
            return False


def _rdm6300(end: Rdm6300End, words: list[str]) -> bool:
    match words:
        case ["tap", card]:
            end.tap(bytes.fromhex(card))
        case ["lift"]:
            end.lift()
        case _:
            return False
    return True


def _wiegand(end: WiegandEnd, words: list[str]) -> bool:
    match words:
        case ["tap", number]:
            end.tap(bytes.fromhex(number))
        case ["swap", ("on" | "off") as state]:
            end.swapped = state == "on"
        case ["lose", count]:
            end.lost_pulses = int(count)
        case _:
            return False
    return True


def _paper(end: PaperEnd, words: list[str]) -> bool:
    hands = {
        "out": end.paper_out,
        "low": end.paper_low,
        "roll": end.new_roll,
        "jam": end.jam,
        "unjam": end.unjam,
        "open": end.open_cover,
        "shut": end.close_cover,
    }
    match words:
        case [word] if word in hands:
            hands[word]()
        case ["text"]:
            sys.stdout.write(end.text + "\n")
            sys.stdout.flush()
        case ["picture", file]:
            Path(file).write_text(end.picture, encoding="utf-8")
        case _:
            return False
    return True
