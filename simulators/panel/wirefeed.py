"""Everything that passes the town's wires, as lines for the page: the very bytes, never a copy.

Idle chatter is left out (is the card still there, are the contacts as before, pings); what is
shown is shown whole. Nothing is worked out while the bytes pass: a tap must not cost a door time.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from drivers.modbus_relay import FLASH_ON, READ_CONTACTS, WRITE_COIL, RtuDeframer
from drivers.pn532 import CHIP, DIAGNOSE, FIRMWARE, HOST, Ack, Frame, Message, Pn532Deframer
from simulators.ends.wires import WireEntry, Words
from simulators.panel import wirewords as words
from simulators.proxy import Seen

SHOWN_MAX = 200  # lines that a page gets at once (the page's own law)
RAW_MAX = 4_000  # what may pass in one batch; a burst above it loses its oldest lines
BATCH_S = 0.03  # short enough for an eye, long enough to stay out of a door's way
BODY_SHOWN_MAX = 4_096  # bytes of a body that are shown
_QUIET_CHIP = (DIAGNOSE, FIRMWARE)
_QUIET_PACKETS = ("PINGREQ", "PINGRESP")

Tell = Callable[[dict[str, Any]], None]
Pulsed = Callable[[str, int, int], None]
NameOf = Callable[[WireEntry], str | None]  # a protocol's name of what passed, None: idle chatter


def instant(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class _Told:
    """An HTTP request or answer as bytes, between two named ends."""

    kind: str
    ends: tuple[Words, Words]
    dir: str
    at: datetime
    raw: bytes
    words: Words | None
    name: str


_Raw = tuple[Callable[[Any], None], Any]


class WireFeed:
    """Collects what passed and tells it in batches; ``lines`` holds the newest."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self.lines: deque[dict[str, Any]] = deque(maxlen=SHOWN_MAX)
        self._raw: deque[_Raw] = deque(maxlen=RAW_MAX)
        self._due: asyncio.TimerHandle | None = None
        self._number = 0

    def reader(self, name: str, controller: Words) -> Callable[[WireEntry], None]:
        """A tap for a reader's line."""
        line = _ReaderLine(words.READER_NAMES[name], controller)
        return lambda entry: self._later(self._reader, (line, entry))

    def scanner(self, name: str, controller: Words) -> Callable[[WireEntry], None]:
        """A tap for the line of a door's scanner."""
        ends = (words.SCANNER_NAMES[name], controller)
        return lambda entry: self._later(self._scanner, (ends, entry))

    def relay(self, name: str, controller: Words, pulsed: Pulsed) -> Callable[[WireEntry], None]:
        """A tap for a relay board's line; ``pulsed(board, output, at_ns)`` hears of each pulse."""
        line = _RelayLine(name, controller, words.RELAY_NAMES[name], pulsed)
        return lambda entry: self._later(self._relay, (line, entry))

    def line(self, ends: tuple[Words, Words], name_of: NameOf) -> Callable[[WireEntry], None]:
        """A tap for any device's line; ``ends`` are the device and who hears it."""
        return lambda entry: self._later(self._line, (ends, name_of, entry))

    def packet(self, seen: Seen) -> None:
        """A tap for the wire to the broker."""
        self._later(self._packet, (seen, datetime.now(UTC)))

    def http(self, kind: str, here: Words, there: Words) -> Mapping[str, list[Any]]:
        """Event hooks of an HTTP client: its requests and their answers."""

        async def asked(request: httpx.Request) -> None:
            at = datetime.now(UTC)
            self._later(self._told, _request(kind, (here, there), at, request))

        async def answered(response: httpx.Response) -> None:
            await response.aread()
            at = datetime.now(UTC)
            self._later(self._told, _response(kind, (here, there), at, response))

        return {"request": [asked], "response": [answered]}

    def notices(self) -> Mapping[str, list[Any]]:
        """Event hooks of the provider's client: what it tells the hub."""
        return self.http("pay", words.PAY, words.HUB)

    def clear(self) -> None:
        """Forget the old town's lines; numbers go on."""
        self.lines.clear()
        self._raw.clear()

    def close(self) -> None:
        """Tell nothing more."""
        if self._due is not None:
            self._due.cancel()
            self._due = None

    # ----------------------------------------------------------------- one batch

    def _later(self, work: Callable[[Any], None], what: Any) -> None:
        self._raw.append((work, what))
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(BATCH_S, self.flush)

    def flush(self) -> None:
        """Tell what waits now."""
        self.close()
        while self._raw:
            work, what = self._raw.popleft()
            work(what)

    def _reader(self, what: tuple[_ReaderLine, WireEntry]) -> None:
        line, entry = what
        name = line.name_of(entry)
        if name is not None:  # ">" on the log is towards the device, which is the line's own end
            way = ">" if entry.dir == "<" else "<"
            self._add("serial", line.ends, way, entry.at, entry.bytes, entry.words, name)

    def _scanner(self, what: tuple[tuple[Words, Words], WireEntry]) -> None:
        ends, entry = what
        way = ">" if entry.dir == "<" else "<"
        self._add("serial", ends, way, entry.at, entry.bytes, entry.words, "a line of text")

    def _line(self, what: tuple[tuple[Words, Words], NameOf, WireEntry]) -> None:
        ends, name_of, entry = what
        name = name_of(entry)
        if name is not None:
            way = ">" if entry.dir == "<" else "<"
            self._add("serial", ends, way, entry.at, entry.bytes, entry.words, name)

    def _relay(self, what: tuple[_RelayLine, WireEntry]) -> None:
        line, entry = what
        name = line.name_of(entry)
        if name is not None:
            self._add("serial", line.ends, entry.dir, entry.at, entry.bytes, entry.words, name)

    def _packet(self, what: tuple[Seen, datetime]) -> None:
        seen, at = what
        if seen.head is not None and seen.head.kind in _QUIET_PACKETS:
            return
        name = words.packet_name(seen.head) if seen.head is not None else "?"
        told = words.packet_words(seen.head) if seen.head is not None else None
        device = (seen.client or "").rpartition("/")[2]
        end = words.CONTROLLER_NAMES.get(device) or dict.fromkeys(words.HUB, device or "?")
        self._add("mqtt", (end, words.HUB), seen.direction, at, seen.data, told, name)

    def _told(self, told: _Told) -> None:
        self._add(told.kind, told.ends, told.dir, told.at, told.raw, told.words, told.name)

    def _add(
        self,
        kind: str,
        ends: tuple[Words, Words],
        way: str,
        at: datetime,
        raw: bytes,
        told: Words | None,
        name: str,
    ) -> None:
        self._number += 1
        line = {
            "n": self._number,
            "at": instant(at),
            "kind": kind,
            "line": {"from": dict(ends[0]), "to": dict(ends[1])},
            "dir": way,
            "hex": raw.hex(),
            "text": raw.decode("utf-8", "replace") if kind in ("http", "pay") else None,
            "words": dict(told) if told is not None else None,
            "name": name,
        }
        self.lines.append(line)
        self._tell(line)


# ------------------------------------------------------------------------------- serial lines


class _ReaderLine:
    """Frames of a PN532; an acknowledgement of something quiet is quiet too."""

    def __init__(self, device: Words, controller: Words) -> None:
        self.ends = (device, controller)
        self._frames = {">": Pn532Deframer(HOST), "<": Pn532Deframer(CHIP)}
        self._is_quiet = False

    def name_of(self, entry: WireEntry) -> str | None:
        """The protocol's name of what passed, None for idle chatter."""
        frames = self._frames[entry.dir].feed(entry.bytes)
        if not frames:
            return "PN532 wake-up" if entry.dir == ">" else "?"
        for frame in frames:
            if isinstance(frame, Message):
                self._is_quiet = self._quiet(frame)
        if self._is_quiet and all(isinstance(frame, Ack | Message) for frame in frames):
            return None
        return words.chip_name(frames[-1])

    @staticmethod
    def _quiet(frame: Frame) -> bool:
        return isinstance(frame, Message) and (frame.code & 0xFE) in _QUIET_CHIP


@dataclass(slots=True)
class _RelayLine:
    """Requests and replies of a relay board; contacts that have not changed are quiet."""

    board: str
    controller: Words
    device: Words
    pulsed: Pulsed
    _requests: RtuDeframer = field(default_factory=lambda: RtuDeframer(requests=True))
    _replies: RtuDeframer = field(default_factory=RtuDeframer)
    _asked: int = -1
    _contacts: bytes = b""
    _held: bool = False

    @property
    def ends(self) -> tuple[Words, Words]:
        """Controller and locks."""
        return self.controller, self.device

    def name_of(self, entry: WireEntry) -> str | None:
        """The protocol's name of what passed, None for idle chatter."""
        pdus = (self._requests if entry.dir == ">" else self._replies).feed(entry.bytes)
        if not pdus:
            return "?"
        pdu = pdus[-1]
        if pdu.function == READ_CONTACTS:
            if entry.dir == ">":
                return None
            changed, self._contacts = pdu.body != self._contacts, pdu.body
            return words.relay_name(pdu) if changed else None
        address = int.from_bytes(pdu.body[:2], "big")
        if entry.dir == "<" and pdu.function == WRITE_COIL and address & 0xFF00 == FLASH_ON:
            self.pulsed(self.board, address & 0xFF, entry.at_ns)
        return words.relay_name(pdu)


# ------------------------------------------------------------------------------- HTTP


def _head(first: str, headers: httpx.Headers) -> bytes:
    lines = [first.encode()]
    lines += [name + b": " + value for name, value in headers.raw]
    return b"\r\n".join([*lines, b"", b""])


def _request(kind: str, ends: tuple[Words, Words], at: datetime, request: httpx.Request) -> _Told:
    target = request.url.raw_path.decode("ascii")
    raw = _head(f"{request.method} {target} HTTP/1.1", request.headers)
    body = request.content[:BODY_SHOWN_MAX]
    path = request.url.path
    return _Told(
        kind, ends, ">", at, raw + body, words.request_words(path), f"{request.method} {path}"
    )


def _response(
    kind: str, ends: tuple[Words, Words], at: datetime, response: httpx.Response
) -> _Told:
    first = f"HTTP/1.1 {response.status_code} {response.reason_phrase}"
    raw = _head(first, response.headers) + response.content[:BODY_SHOWN_MAX]
    told = words.reply_words(response.status_code, _code_of(response))
    return _Told(kind, ends, "<", at, raw, told, first)


def _code_of(response: httpx.Response) -> str | None:
    """The reason that an answer of ours names; a stored answer is told as the repeat it is."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    code = (
        "request_repeated" if body.get("repeat") is True else body.get("reason", body.get("code"))
    )
    return code if isinstance(code, str) else None
