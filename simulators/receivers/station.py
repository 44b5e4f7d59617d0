"""A central station's receiver by SIA DC-09: reads, judges and answers by code of its own.

Told apart are a wrong sum (no word, as the standard wants), a wrong key, account or time (NAK),
a code that means nothing here (DUH), and a copy: same account, sequence and words count once.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ALARMS_MAX = 1_000  # kept; the oldest go first
LINE_BYTES_MAX = 4_096
AHEAD_S, BEHIND_S = 20.0, 40.0  # how far a sender's time may be from ours
STAMP = "%H:%M:%S,%m-%d-%Y"
BODY = re.compile(
    r'"(\*?)(SIA-DCS|ADM-CID|NULL)"(\d{4})((?:R[0-9A-F]{1,6})?L[0-9A-F]{1,6})'
    r"#([0-9A-F]{3,16})\[(.*)",
    re.DOTALL,
)
INNER = re.compile(r"(?:(?:#([0-9A-F]{3,16}))?\|)?([^\]]*)\](?:\[[^\]]*\])*_([\d:,-]{19})")
KNOWN = re.compile(r"[136]\d{3} \d\d \d{3}|Nri\d+/[A-Z]{2}\d+(?:\*[^*]*\*)?|")


@dataclass(frozen=True, slots=True)
class Alarm:
    """What stands in the station's journal."""

    account: str
    kind: str
    sequence: int
    words: str
    sealed: bool


class Station:
    """Takes alarms of known accounts; ``deaf`` of the next are recorded and not answered."""

    def __init__(
        self,
        now: Callable[[], datetime],
        accounts: dict[str, bytes | None],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._now, self.accounts, self._tls = now, accounts, tls
        self.alarms: deque[Alarm] = deque(maxlen=ALARMS_MAX)
        self.beats = 0  # supervisions heard
        self.copies = 0
        self.spoilt = 0
        self.deaf = 0
        self.unknown_words: set[str] = set()  # understood, but nothing here can be done with them
        self.on_alarm: Callable[[Alarm], None] = lambda _alarm: None
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        """Listen on loopback; the port."""
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", port, limit=LINE_BYTES_MAX, ssl=self._tls
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the receiver."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(
            ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.LimitOverrunError
        ):
            while True:
                answer = self.hear(await reader.readuntil(b"\r"))
                if answer:
                    writer.write(answer)
                    await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()

    def hear(self, raw: bytes) -> bytes:
        """The answer to one message from LF to CR; empty where a receiver keeps silent."""
        body = raw[9:-1]
        try:
            fits = raw[:1] == b"\n" and int(raw[1:5], 16) == _sum(body)
            fits = fits and int(raw[5:9], 16) == len(body)
        except ValueError:
            fits = False
        if not fits:
            self.spoilt += 1
            return b""
        found = BODY.fullmatch(body.decode("ascii", errors="replace"))
        if found is None:
            return self._no()
        sealed, kind, sequence, line, account, rest = found.groups()
        key = self.accounts.get(account)
        if account not in self.accounts or (key is not None) != bool(sealed):
            return self._no()
        inner = INNER.fullmatch(rest if key is None else _unseal(key, rest))
        if inner is None or (inner[1] or account) != account or not self._timely(inner[3]):
            return self._no()
        words, mark = inner[2] or "", f"{sequence}{line}#{account}"
        if words in self.unknown_words or not KNOWN.fullmatch(words):
            return _frame(f'"DUH"{mark}[]')
        self._record(Alarm(account, kind, int(sequence), words, bool(sealed)))
        if self.deaf:
            self.deaf -= 1
            return b""
        if key is None:
            return _frame(f'"ACK"{mark}[]')
        return _frame(f'"*ACK"{mark}[{_seal(key, f"|]{self._stamp()}")}')

    def _record(self, alarm: Alarm) -> None:
        if alarm.kind == "NULL":
            self.beats += 1
        elif alarm in self.alarms:
            self.copies += 1
        else:
            self.alarms.append(alarm)
            self.on_alarm(alarm)

    def _timely(self, stamp: str) -> bool:
        try:
            told = datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
        except ValueError:
            return False
        return -BEHIND_S <= (told - self._now()).total_seconds() <= AHEAD_S

    def _stamp(self) -> str:
        return self._now().astimezone(UTC).strftime("_" + STAMP)

    def _no(self) -> bytes:
        return _frame(f'"NAK"0000R0L0A0[]{self._stamp()}')


def _sum(body: bytes) -> int:
    whole = 0
    for byte in body:
        whole ^= byte
        for _ in range(8):
            odd = whole & 1
            whole >>= 1
            if odd:
                whole ^= 0xA001
    return whole


def _frame(body: str) -> bytes:
    raw = body.encode("ascii")
    return f"\n{_sum(raw):04X}{len(raw):04X}".encode("ascii") + raw + b"\r"


def _unseal(key: bytes, rest: str) -> str:
    """What stands behind the padding; empty when it cannot be read."""
    try:
        opened = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).decryptor()
        plain = opened.update(bytes.fromhex(rest)) + opened.finalize()
    except ValueError:
        return ""
    return plain.decode("ascii", errors="replace").partition("|")[2]


def _seal(key: bytes, told: str) -> str:
    padded = told.rjust(len(told) + 16 - len(told) % 16, "0").encode("ascii")
    sealed = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    return (sealed.update(padded) + sealed.finalize()).hex().upper()
