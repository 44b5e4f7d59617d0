"""A mailbox: as much of SMTP (RFC 5321, STARTTLS of RFC 3207) as a client needs to leave a mail."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import email
import email.policy
import ssl
from collections import deque
from collections.abc import Callable
from email.message import EmailMessage

MAILS_MAX = 1_000  # kept; the oldest go first
LINE_BYTES_MAX = 1_000  # of RFC 5321
MAIL_BYTES_MAX = 1_000_000
GREETING = "220 mailbox.invalid simulated"


class Mailbox:
    """Takes every mail; ``refusing`` is answered to RCPT instead, ``users`` may sign in."""

    def __init__(self, tls: ssl.SSLContext | None = None, *, implicit: bool = False) -> None:
        self._tls = tls
        self._implicit = implicit
        self.refusing = ""
        self.users: dict[str, str] = {}
        self.mails: deque[EmailMessage] = deque(maxlen=MAILS_MAX)
        self.on_mail: Callable[[EmailMessage], None] = lambda _mail: None
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        """Listen on loopback; the port."""
        tls = self._tls if self._implicit else None
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", port, limit=MAIL_BYTES_MAX, ssl=tls
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the mailbox."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await _Talk(self, reader, writer).run()
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()

    def keep(self, raw: bytes) -> None:
        """Keep a mail."""
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        self.mails.append(mail)
        self.on_mail(mail)

    @property
    def offers(self) -> list[str]:
        """What EHLO is answered."""
        told = ["mailbox.invalid", "SMTPUTF8", "8BITMIME"]
        if self.users:
            told.append("AUTH PLAIN")
        if self._tls is not None and not self._implicit:
            told.append("STARTTLS")
        return told

    async def secure(self, writer: asyncio.StreamWriter) -> None:
        """Go on in TLS."""
        assert self._tls is not None
        await writer.start_tls(self._tls)


class _Talk:
    """One client's conversation."""

    def __init__(
        self, box: Mailbox, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._box, self._reader, self._writer = box, reader, writer

    async def _say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self._writer.drain()

    async def run(self) -> None:
        await self._say(GREETING)
        while line := (await self._reader.readline())[:LINE_BYTES_MAX].decode(errors="replace"):
            verb, _, rest = line.strip().partition(" ")
            if not await self._obey(verb.upper(), rest):
                return

    async def _obey(self, verb: str, rest: str) -> bool:
        match verb:
            case "EHLO":
                *first, last = self._box.offers
                await self._say(*(f"250-{one}" for one in first), f"250 {last}")
            case "AUTH":
                await self._say(self._judge(rest))
            case "STARTTLS":
                await self._say("220 go ahead")
                await self._box.secure(self._writer)
            case "RCPT" if self._box.refusing:
                await self._say(self._box.refusing)
            case "DATA":
                await self._say("354 end with a dot")
                raw = await self._reader.readuntil(b"\r\n.\r\n")
                self._box.keep(raw[:-5].replace(b"\r\n..", b"\r\n."))
                await self._say("250 taken")
            case "QUIT":
                await self._say("221 good bye")
                return False
            case "HELO" | "MAIL" | "RCPT" | "RSET" | "NOOP":
                await self._say("250 fine")
            case _:
                await self._say("502 not here")
        return True

    def _judge(self, rest: str) -> str:
        kind, _, raw = rest.partition(" ")
        _, user, password = [*base64.b64decode(raw).decode().split("\0"), "", "", ""][:3]
        fits = kind.upper() == "PLAIN" and self._box.users.get(user) == password
        return "235 welcome" if fits else "535 not known here"
