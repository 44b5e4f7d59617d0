"""What stands behind ``sim://NAME``: a far end in the same program, which does a little by itself.

Cards and keys are remembered by name between runs, so that a reader is paired once.
"""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from asyncio import AbstractEventLoop
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from simulators.ends.verbs import ENDS, Hosted, Wish
from simulators.ends.wires import WireLog

log = logging.getLogger(__name__)

# What happens there again and again: typed words, and how long until the next.
LIVES: Final[Mapping[str, Sequence[tuple[str, float]]]] = {
    "escpos": (("low", 5.0), ("roll", 5.0)),
    "meters": (("consume 0.01 0425", 5.0), ("consume 0.01 3456", 5.0)),
    "modbus-relay": (("input 0 on", 1.0), ("input 0 off", 4.0)),
    "osdp": (("tap 00d41b81", 5.0),),
    "pn532": (("tap", 1.0), ("lift", 4.0)),
    "qr": (("show https://linli.example/v", 5.0),),
    "rdm6300": (("tap 01001293d8", 1.0), ("lift", 4.0)),
    "wiegand": (("tap d41b81", 5.0),),
}
LINES: Final = {"dlt645": "meters", "cjt188": "meters"}  # they hang on one line
BEFORE_S: Final = 0.5  # until the first of it: whoever opened the line is listening by then


@dataclass(frozen=True, slots=True)
class Played:
    """A far end at work, and its life."""

    hosted: Hosted
    life: asyncio.Task[None]


_PLAYED: WeakKeyDictionary[AbstractEventLoop, dict[tuple[str, str], Played]] = WeakKeyDictionary()


def place() -> Path:
    """Where cards and keys are remembered, for this user alone."""
    folder = Path(tempfile.gettempdir()) / f"linli-sim-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def play(protocol: str, name: str) -> str | None:
    """The path of the line of this name, made when it is first asked for; None for no such end."""
    kind = LINES.get(protocol, protocol)
    if kind not in ENDS:
        return None
    ends = _PLAYED.setdefault(asyncio.get_running_loop(), {})
    if (kind, name) not in ends:
        kept = place() / f"{kind}-{''.join(sign for sign in name if sign.isalnum())}"
        cards, key = kept.with_suffix(".cards"), kept.with_suffix(".key")
        wish = Wish(None, 0.0, WireLog(kind), cards, key=key, say=log.debug)
        hosted = ENDS[kind](wish)
        ends[kind, name] = Played(hosted, asyncio.create_task(_live(hosted, LIVES.get(kind, ()))))
    return ends[kind, name].hosted.end.path


def ended() -> None:
    """Take away all that plays on the running loop."""
    for played in _PLAYED.pop(asyncio.get_running_loop(), {}).values():
        played.life.cancel()
        played.hosted.save()
        played.hosted.end.close()


async def _live(hosted: Hosted, life: Sequence[tuple[str, float]]) -> None:
    await asyncio.sleep(BEFORE_S)
    while life:
        for words, pause_s in life:
            hosted.obey(words.split())
            await asyncio.sleep(pause_s)
