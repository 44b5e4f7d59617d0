"""`linli simulate pty`: one far end for any program, ours or foreign, worked by typed words."""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from simulators.ends import legacy_verbs, osdp_verbs
from simulators.ends.card424 import Ntag424Card
from simulators.ends.cards import ClonedUidCard
from simulators.ends.meters import Cjt188Meter, Dlt645Meter, Meter, MeterLineEnd
from simulators.ends.pn532_end import Pn532End
from simulators.ends.qr_end import QrScannerEnd
from simulators.ends.relay_end import RelayBoardEnd
from simulators.ends.wires import LineEnd, Noise, PtyLine, WireEntry, WireLog

LINE_MOST_BYTES: Final = 1_000  # one typed line
FIRST_UID: Final = bytes.fromhex("04de5f1eacc040")  # the card that lies ready when none is named
COMMON: Final = "unplug, plug, noise P, quit"  # what every end understands


def _say(line: str) -> None:
    print(line, flush=True)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller wants of an end, whatever its protocol."""

    path: Path | None
    byte_s: float
    log: WireLog
    cards: Path | None
    baud: int = 0
    readers: int = 1  # osdp
    key: Path | None = None  # osdp
    say: Callable[[str], None] = _say  # hears what moved

    def tell_coil(self, output: int, is_on: bool, at_ns: int) -> None:
        """Say that an output moved."""
        self.say(f"coil {output} {'on' if is_on else 'off'} at {at_ns} ns")


@dataclass(frozen=True, slots=True)
class Hosted:
    """An end with the words it understands beside the common ones; ``obey`` says if it knew."""

    end: LineEnd
    words: str
    obey: Callable[[list[str]], bool]
    save: Callable[[], None] = lambda: None


def register(subparsers: Any) -> None:
    """Add `pty` to the subparsers of `linli simulate`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "pty", help="the far end of a wire on a pseudo-terminal, for any software"
    )
    parser.add_argument("kind", choices=sorted(ENDS), metavar="PROTOCOL", help=" ".join(ENDS))
    parser.add_argument("--path", type=Path, help="the name to appear under; else a new one")
    parser.add_argument("--log", type=Path, help="append every byte that passes, as JSON lines")
    parser.add_argument("--show", action="store_true", help="print every byte that passes")
    parser.add_argument("--cards", type=Path, help="where the cards' memories live between runs")
    parser.add_argument(
        "--baud", type=int, default=0, help="a line of this speed: as slow, and noise to others"
    )
    osdp_verbs.register(parser)
    parser.set_defaults(func=run)


def run(asked: argparse.Namespace) -> int:
    """Host the far end until `quit`, an interrupt or a polite kill."""
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_host(asked))
    return 0


async def _host(asked: argparse.Namespace) -> None:
    log = WireLog(asked.kind, file=asked.log, on_entry=_show if asked.show else None)
    byte_s = 10 / asked.baud if asked.baud else 0.0
    hosted = ENDS[asked.kind](
        Wish(asked.path, byte_s, log, asked.cards, asked.baud, asked.readers, asked.key)
    )
    hosted.end.line.baud = asked.baud
    try:
        await _work(hosted)
    finally:
        hosted.save()
        hosted.end.close()


class Cards:
    """The cards somebody may hold to the reader, kept in a file between runs."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        found = json.loads(file.read_text()) if file is not None and file.exists() else []
        self._cards = {card.uid: card for card in map(Ntag424Card.from_dict, found)}

    def take(self, uid: bytes) -> Ntag424Card:
        """The card of this number, a new one when there is none."""
        return self._cards.setdefault(uid, Ntag424Card(uid))

    def save(self) -> None:
        """Write all memories to the file."""
        if self._file is not None:
            told = json.dumps([card.to_dict() for card in self._cards.values()], indent=1)
            fresh = self._file.with_suffix(".new")
            fresh.write_text(told + "\n")
            fresh.replace(self._file)


async def _work(hosted: Hosted) -> None:
    """Say where the end is, then obey typed lines."""
    known = ", ".join(filter(None, (hosted.words, COMMON)))
    print(hosted.end.path, flush=True)
    print(f"type: {known}", file=sys.stderr, flush=True)
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    lines = asyncio.StreamReader(limit=LINE_MOST_BYTES)
    keyboard = sys.stdin.fileno()

    def typed() -> None:
        chunk = os.read(keyboard, LINE_MOST_BYTES)
        if chunk:
            lines.feed_data(chunk)
        else:
            loop.remove_reader(keyboard)
            lines.feed_eof()

    try:
        with contextlib.suppress(PermissionError):  # a file or /dev/null is no keyboard
            loop.add_reader(keyboard, typed)
            while line := await lines.readline():
                words = line.decode(errors="replace").split()
                if words == ["quit"]:
                    return
                try:
                    _obey(hosted, words)
                except (ValueError, IndexError, InvalidOperation) as wrong:
                    print(f"{wrong}; type: {known}", file=sys.stderr, flush=True)
        await asyncio.Event().wait()  # no keyboard: serve until the program is ended
    finally:
        loop.remove_reader(keyboard)


def _obey(hosted: Hosted, words: list[str]) -> None:
    match words:
        case []:
            pass
        case ["unplug"]:
            hosted.end.unplug()
        case ["plug"]:
            hosted.end.plug()
        case ["noise", odds]:
            hosted.end.line.noise = _noise(hosted.end.line, float(odds))
        case _:
            if not hosted.obey(words):
                raise ValueError(f"no such word: {words[0]}")


def _pn532(wish: Wish) -> Hosted:
    reader = Pn532End(path=wish.path, byte_s=wish.byte_s, wire_log=wish.log)
    cards = Cards(wish.cards)

    def obey(words: list[str]) -> bool:
        match words:
            case ["tap", *uid]:
                card = cards.take(bytes.fromhex("".join(uid)) if uid else FIRST_UID)
                wish.say(f"tapped at {reader.tap(card)} ns")
            case ["clone", uid]:
                reader.tap(ClonedUidCard(bytes.fromhex(uid)))
            case ["lift"]:
                reader.lift()
                cards.save()
            case _:
                return False
        return True

    return Hosted(reader, "tap [UID], clone UID, lift", obey, cards.save)


def _qr(wish: Wish) -> Hosted:
    scanner = QrScannerEnd(path=wish.path, byte_s=wish.byte_s, wire_log=wish.log)

    def obey(words: list[str]) -> bool:
        match words:
            case ["show", text]:
                scanner.show(text)
            case _:
                return False
        return True

    return Hosted(scanner, "show TEXT", obey)


def _board(wish: Wish) -> Hosted:
    board = RelayBoardEnd(
        path=wish.path, byte_s=wish.byte_s, wire_log=wish.log, on_coil=wish.tell_coil
    )

    def obey(words: list[str]) -> bool:
        match words:
            case ["input", number, ("on" | "off") as state]:
                board.set_input(int(number), state == "on")
            case ["deaf", ("on" | "off") as state]:
                board.is_deaf = state == "on"
            case _:
                return False
        return True

    return Hosted(board, "input N on|off, deaf on|off", obey)


def _meters(*kinds: Callable[[], Meter]) -> Callable[[Wish], Hosted]:
    def host(wish: Wish) -> Hosted:
        meters = [kind() for kind in kinds]
        end = MeterLineEnd(meters, path=wish.path, byte_s=wish.byte_s, wire_log=wish.log)
        shown = ", ".join(f"{meter.address} shows {meter.total}" for meter in meters)

        def obey(words: list[str]) -> bool:
            match words:
                case ["consume", amount, *ending]:
                    end.meter("".join(ending)).consume(Decimal(amount))
                case ["off" | "on" as state, *ending]:
                    end.meter("".join(ending)).is_off = state == "off"
                case ["sums", ("wrong" | "right") as state, *ending]:
                    end.meter("".join(ending)).wrong_sums = state == "wrong"
                case _:
                    return False
            return True

        words = "consume AMOUNT [ENDING], off|on [ENDING], sums wrong|right [ENDING]"
        return Hosted(end, f"{words} ({shown})", obey)

    return host


def _legacy(kind: str) -> Callable[[Wish], Hosted]:
    def host(wish: Wish) -> Hosted:
        end = legacy_verbs.make(kind, wish.path, wish.byte_s, wish.log, wish.tell_coil)
        return Hosted(end, legacy_verbs.HELP[kind], lambda words: legacy_verbs.obeyed(end, words))

    return host


def _osdp(wish: Wish) -> Hosted:
    end = osdp_verbs.made(wish.path, wish.baud, wish.readers, wish.key, wish.log, wish.say)
    return Hosted(end, osdp_verbs.HELP, lambda words: osdp_verbs.obeyed(end, words, wish.say))


# The far ends by their protocol; a new one is one line here.
ENDS: Final[Mapping[str, Callable[[Wish], Hosted]]] = {
    "cjt188": _meters(Cjt188Meter),
    "dlt645": _meters(Dlt645Meter),
    "escpos": _legacy("escpos"),
    "lcus": _legacy("lcus"),
    "meters": _meters(Dlt645Meter, Cjt188Meter),
    "modbus-relay": _board,
    "osdp": _osdp,
    "pn532": _pn532,
    "qr": _qr,
    "rdm6300": _legacy("rdm6300"),
    "relay": _board,  # as it was called before
    "wiegand": _legacy("wiegand"),
}


def _noise(line: PtyLine, odds: float) -> Noise:
    luck = line.noise.luck if line.noise is not None else random.Random()
    return Noise(luck, flip=odds, drop=odds, insert=odds)


def _show(entry: WireEntry) -> None:
    words = entry.words["en"] if entry.words else ""
    print(f"{entry.dir} {entry.bytes.hex(' ')}  {words}", flush=True)
