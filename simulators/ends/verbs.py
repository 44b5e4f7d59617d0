"""`linli simulate pty`: one far end for any program, ours or foreign, worked by typed words."""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from simulators.ends import osdp_verbs
from simulators.ends.card424 import Ntag424Card
from simulators.ends.cards import ClonedUidCard
from simulators.ends.osdp_end import OsdpEnd
from simulators.ends.pn532_end import Pn532End
from simulators.ends.qr_end import QrScannerEnd
from simulators.ends.relay_end import RelayBoardEnd
from simulators.ends.wires import Noise, PtyLine, WireEntry, WireLog

LINE_MOST_BYTES: Final = 1_000  # one typed line
FIRST_UID: Final = bytes.fromhex("04de5f1eacc040")  # the card that lies ready when none is named

HELP: Final = {
    "osdp": osdp_verbs.HELP,
    "pn532": "tap [UID], clone UID, lift, unplug, plug, noise P, quit",
    "qr": "show TEXT, unplug, plug, noise P, quit",
    "relay": "input N on|off, deaf on|off, unplug, plug, noise P, quit",
}


def register(subparsers: Any) -> None:
    """Add `pty` to the subparsers of `linli simulate`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "pty", help="a reader, a scanner or a relay board on a pseudo-terminal"
    )
    parser.add_argument("kind", choices=sorted(HELP))
    parser.add_argument("--path", type=Path, help="the name to appear under; else a new one")
    parser.add_argument("--log", type=Path, help="append every byte that passes, as JSON lines")
    parser.add_argument("--show", action="store_true", help="print every byte that passes")
    parser.add_argument("--cards", type=Path, help="where the cards' memories live between runs")
    parser.add_argument("--baud", type=int, default=0, help="be as slow as a line of this speed")
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
    if asked.kind == "pn532":
        reader = Pn532End(path=asked.path, byte_s=byte_s, wire_log=log)
        cards = Cards(asked.cards)
        try:
            await _work(reader.path, asked.kind, lambda words: _reader(reader, cards, words))
        finally:
            cards.save()
            reader.close()
    elif asked.kind == "osdp":
        bus = osdp_verbs.made(asked, log, lambda line: print(line, flush=True))
        try:
            await _work(bus.path, asked.kind, lambda words: _readers(bus, words))
        finally:
            bus.close()
    elif asked.kind == "qr":
        scanner = QrScannerEnd(path=asked.path, byte_s=byte_s, wire_log=log)
        try:
            await _work(scanner.path, asked.kind, lambda words: _scanner(scanner, words))
        finally:
            scanner.close()
    else:
        board = RelayBoardEnd(path=asked.path, byte_s=byte_s, wire_log=log, on_coil=_tell_coil)
        try:
            await _work(board.path, asked.kind, lambda words: _board(board, words))
        finally:
            board.close()


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


async def _work(path: str, kind: str, obey: Callable[[list[str]], None]) -> None:
    """Say where the end is, then obey typed lines."""
    print(path, flush=True)
    print(f"type: {HELP[kind]}", file=sys.stderr, flush=True)
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
                    obey(words)
                except (ValueError, IndexError) as wrong:
                    print(f"{wrong}; type: {HELP[kind]}", file=sys.stderr, flush=True)
        await asyncio.Event().wait()  # no keyboard: serve until the program is ended
    finally:
        loop.remove_reader(keyboard)


def _reader(reader: Pn532End, cards: Cards, words: list[str]) -> None:
    match words:
        case ["tap"]:
            reader.tap(cards.take(FIRST_UID))
        case ["tap", uid]:
            reader.tap(cards.take(bytes.fromhex(uid)))
        case ["clone", uid]:
            reader.tap(ClonedUidCard(bytes.fromhex(uid)))
        case ["lift"]:
            reader.lift()
            cards.save()
        case ["unplug"]:
            reader.unplug()
        case ["plug"]:
            reader.plug()
        case ["noise", odds]:
            reader.line.noise = _noise(reader.line, float(odds))
        case []:
            pass
        case _:
            raise ValueError(f"no such word: {words[0]}")


def _readers(bus: OsdpEnd, words: list[str]) -> None:
    match words:
        case ["noise", odds]:
            bus.line.noise = _noise(bus.line, float(odds))
        case _:
            osdp_verbs.obey(bus, words, lambda line: print(line, flush=True))


def _scanner(scanner: QrScannerEnd, words: list[str]) -> None:
    match words:
        case ["show", text]:
            scanner.show(text)
        case ["unplug"]:
            scanner.unplug()
        case ["plug"]:
            scanner.plug()
        case ["noise", odds]:
            scanner.line.noise = _noise(scanner.line, float(odds))
        case []:
            pass
        case _:
            raise ValueError(f"no such word: {words[0]}")


def _board(board: RelayBoardEnd, words: list[str]) -> None:
    match words:
        case ["input", number, ("on" | "off") as state]:
            board.set_input(int(number), state == "on")
        case ["deaf", ("on" | "off") as state]:
            board.is_deaf = state == "on"
        case ["unplug"]:
            board.unplug()
        case ["plug"]:
            board.plug()
        case ["noise", odds]:
            board.line.noise = _noise(board.line, float(odds))
        case []:
            pass
        case _:
            raise ValueError(f"no such word: {words[0]}")


def _noise(line: PtyLine, odds: float) -> Noise:
    luck = line.noise.luck if line.noise is not None else random.Random()
    return Noise(luck, flip=odds, drop=odds, insert=odds)


def _show(entry: WireEntry) -> None:
    words = entry.words["en"] if entry.words else ""
    print(f"{entry.dir} {entry.bytes.hex(' ')}  {words}", flush=True)


def _tell_coil(output: int, is_on: bool, at_ns: int) -> None:
    print(f"coil {output} {'on' if is_on else 'off'} at {at_ns} ns", flush=True)
