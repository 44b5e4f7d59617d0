"""The line to a DC-09 receiver on the running loop: TCP, with TLS where the station has it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import ssl
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Final

from drivers.dc09 import ATTEMPTS_MAX, Account, Event, Exchange, Verdict
from drivers.reconnect import Backoff

ANSWER_S: Final = 10.0  # connecting and answering; a receiver that meets a wrong sum says nothing
PAUSE_S: Final = 1.0  # before the second attempt, then twice as long each time
READ_MOST_BYTES: Final = 4_096
ANSWER_MOST_BYTES: Final = 16_384  # of one attempt; an honest answer has below a hundred


class Fault(StrEnum):
    """Why nothing was heard that counts."""

    NONE = ""
    UNREACHABLE = "unreachable"
    TLS = "tls"
    SILENT = "silent"
    STRANGE = "strange"  # answers came, and none of them proves to be this station's
    FLOOD = "flood"  # far more came than a station ever says


class _Flood(OSError):
    """Nobody reads all of that."""


class StationLine:
    """Sends one event at a time; the connection is kept between events and opened when needed."""

    def __init__(
        self,
        host: str,
        port: int,
        account: Account,
        now: Callable[[], datetime],
        *,
        tls: ssl.SSLContext | None = None,
        luck: Callable[[int], bytes] = secrets.token_bytes,
        jitter: Callable[[], float] = random.random,
        answer_s: float = ANSWER_S,
        pause_s: float = PAUSE_S,
        attempts_max: int = ATTEMPTS_MAX,
    ) -> None:
        self._host, self._port, self._tls = host, port, tls
        self._account, self._now, self._luck, self._jitter = account, now, luck, jitter
        self._answer_s, self._pause_s, self._attempts_max = answer_s, pause_s, attempts_max
        self._turn = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.fault = Fault.NONE  # of the newest event that ended in silence

    async def send(self, event: Event, sequence: int) -> Verdict:
        """Send until it is taken, refused, or the attempts are spent; network faults are silence.

        Raises ValueError for an event that cannot be written. After SILENT the event may stand at
        the station: send it again with the same sequence, never with a new one.
        """
        exchange = Exchange(self._account, event, sequence, self._luck, self._attempts_max)
        pauses = Backoff(self._pause_s, self._pause_s * 8, luck=self._jitter)
        async with self._turn:
            self.fault = Fault.NONE
            while (raw := exchange.send(self._now())) is not None:
                try:
                    async with asyncio.timeout(self._answer_s):
                        await self._attempt(exchange, raw)
                except OSError as trouble:  # which TimeoutError and ssl.SSLError are
                    self.fault = self._named(trouble, exchange)
                finally:
                    if exchange.verdict is None:  # a late answer must not meet the next attempt
                        self._hang_up()
                if exchange.verdict is None and exchange.attempts < self._attempts_max:
                    await asyncio.sleep(pauses.next_s())
        assert exchange.verdict is not None
        return exchange.verdict

    async def close(self) -> None:
        """Hang up."""
        async with self._turn:
            writer = self._hang_up()
            if writer is not None:
                with contextlib.suppress(OSError):
                    async with asyncio.timeout(self._answer_s):
                        await writer.wait_closed()

    async def _attempt(self, exchange: Exchange, raw: bytes) -> None:
        if self._streams is not None and _is_dead(*self._streams):
            self._hang_up()  # stations close lines that are quiet
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        reader, writer = self._streams
        try:
            writer.write(raw)
        except RuntimeError as closed:  # libuv's loop says so at once, asyncio's own in drain()
            raise ConnectionResetError from closed
        await writer.drain()
        heard_bytes = 0
        while chunk := await reader.read(READ_MOST_BYTES):
            if exchange.feed(chunk, self._now()) is not None:
                return
            heard_bytes += len(chunk)
            if heard_bytes > ANSWER_MOST_BYTES:
                raise _Flood
        raise ConnectionResetError

    def _named(self, trouble: OSError, exchange: Exchange) -> Fault:
        if isinstance(trouble, _Flood):
            return Fault.FLOOD
        if isinstance(trouble, ssl.SSLError):
            return Fault.TLS
        if exchange.strange:
            return Fault.STRANGE
        return Fault.UNREACHABLE if self._streams is None else Fault.SILENT

    def _hang_up(self) -> asyncio.StreamWriter | None:
        streams, self._streams = self._streams, None
        if streams is None:
            return None
        streams[1].close()
        return streams[1]


def _is_dead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Whether the station has closed or reset a kept line."""
    return reader.at_eof() or reader.exception() is not None or writer.is_closing()
