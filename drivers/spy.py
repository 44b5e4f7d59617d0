"""What passes a wire, written down as it passes: ``protocol+spy://PORT?log=FILE``."""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from drivers import osdp_wire, osdp_words
from drivers.link import Direction
from drivers.pn532 import DATA_EXCHANGE, HOST

LOG_MOST_CHARS: Final = 100_000_000  # a forgotten log must not fill a door's disk
HIDDEN: Final = "**"

Hide = Callable[[Direction, bytes], Iterable[int]]  # which bytes of a chunk nobody may read later


def hide_nothing(direction: Direction, chunk: bytes) -> Iterable[int]:
    """A wire that carries no secret."""
    del direction, chunk
    return ()


def hide_card_keys(direction: Direction, chunk: bytes) -> Iterable[int]:
    """Keys on their way into a card: whoever knows the key before could open the new one."""
    at = chunk.find(bytes((HOST, DATA_EXCHANGE)))
    apdu = chunk[at + 3 :]
    if direction == "<" or at < 0:
        return ()
    if apdu[:2] == b"\x90\xc4":  # ChangeKey
        return range(at + 3 + 5, len(chunk))
    if apdu[:1] in (b"\x60", b"\x61"):  # MIFARE Classic takes its key in the clear
        return range(at + 3 + 2, len(chunk))
    return ()


def hide_text(direction: Direction, chunk: bytes) -> Iterable[int]:
    """A code that is shown opens doors for whoever repeats it; what is no text stays to be seen."""
    if direction == ">":
        return ()
    return [at for at, byte in enumerate(chunk) if 0x20 <= byte < 0x7F]


def hide_reader_secrets(direction: Direction, chunk: bytes) -> Iterable[int]:
    """A reader's new key, and what is typed on it: under the key from the box all can be read.

    A chunk that begins in the middle of a frame is hidden whole. The code of what is typed is the
    byte that begins a frame, so the address behind it must say that a reader speaks: what comes
    back as an echo is hidden, too.
    """
    start = len(chunk) - len(chunk.lstrip(bytes((osdp_wire.MARK,))))
    ours = chunk[start : start + 1] == bytes((osdp_wire.START,))
    if direction == "<" and len(chunk) > start + 1:
        ours = ours and bool(chunk[start + 1] & osdp_wire.REPLY)
    if not ours:
        return () if direction == ">" else range(start, len(chunk))
    code_at = start + osdp_wire.HEAD_BYTES
    if len(chunk) > code_at and chunk[start + 4] & osdp_wire.HAS_BLOCK:
        code_at += chunk[code_at]
    secret = osdp_words.Command.KEYSET if direction == ">" else osdp_words.Reply.KEYPAD
    size = int.from_bytes(chunk[start + 2 : start + 4], "little")
    begins = code_at + 1 if chunk[code_at : code_at + 1] == bytes((secret,)) else start + size
    return range(begins, len(chunk))


SECRETS: Final[Mapping[str, Hide]] = {  # by protocol; who is not named carries none
    "osdp": hide_reader_secrets,
    "pn532": hide_card_keys,
    "qr": hide_text,
}


class Spy:
    """A listener of one wire (see link.OnWire): each chunk is one JSON line, secrets masked."""

    def __init__(
        self,
        line: str,
        hide: Hide,
        write: Callable[[str], object],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        most_chars: int = LOG_MOST_CHARS,
    ) -> None:
        self._line = line
        self._hide = hide
        self._write = write
        self._clock = clock
        self._left_chars = most_chars

    def __call__(self, direction: Direction, at_ns: int, chunk: bytes) -> None:
        """Note that chunk passed now; ``at_ns`` is for measuring between two lines of a log."""
        if self._left_chars <= 0:
            return
        hidden = set(self._hide(direction, chunk))
        shown = " ".join(HIDDEN if at in hidden else f"{byte:02x}" for at, byte in enumerate(chunk))
        at = self._clock().isoformat(timespec="microseconds").replace("+00:00", "Z")
        entry = {"at": at, "at_ns": at_ns, "line": self._line, "dir": direction, "hex": shown}
        told = json.dumps(entry) + "\n"
        self._left_chars -= len(told)
        if self._left_chars <= 0:
            told = json.dumps({"at": at, "line": self._line, "full": True}) + "\n"
        with contextlib.suppress(OSError):  # a log's full disk must not stop a door
            self._write(told)


def spy_on(protocol: str, port: str, log: str) -> Spy:
    """A spy that appends to a file only its owner can read, or tells standard error; OSError."""

    def append(text: str) -> None:  # opened for each chunk: nobody tells a spy that it is over
        handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, text.encode("ascii"))
        finally:
            os.close(handle)

    def tell(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()

    if log:
        append("")  # a wrong place is told now, not in the middle of a conversation
    line = f"{protocol} {port}"
    return Spy(line, SECRETS.get(protocol, hide_nothing), append if log else tell)
