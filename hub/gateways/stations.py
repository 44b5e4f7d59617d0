"""The ways to stations, made from ``hub.toml``: DC-09, signed webhook, CAP.

One ``tell`` is one sending; it never raises for what the far end does. A webhook's status alone is
no receipt: the answer must be signed with the station's key and name our message.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from devices.mistake import Mistake
from devices.outlets import resolve_secret
from drivers import cap, standard_webhook
from drivers.dc09 import Account, Event, Outcome, Supervision
from drivers.dc09_line import Fault, StationLine
from drivers.standard_webhook import KeyWrong, PrivateKey, PublicKey, read_key
from hub.core.stations import Message, StationWire, Told
from hub.core.stations import Outcome as Ended
from hub.gateways import police

if TYPE_CHECKING:
    import httpx

ANSWER_S: Final = 10.0  # a desk's server answers within one
ANSWER_BYTES_MAX: Final = cap.BYTES_MAX
_BUSY: Final = frozenset({408, 425, 429})  # the far end asks to come again
_TYPES: Final = {"webhook": "application/json", "cap": "application/cap+xml"}
_RETURNED: Final = "incident.returned"
_TAKEN: Final = "incident.acknowledged"
_OF_FAULT: Final[Mapping[Fault, str]] = {
    Fault.NONE: "station_silent",
    Fault.SILENT: "station_silent",
    Fault.UNREACHABLE: "station_unreachable",
    Fault.TLS: "station_tls",
    Fault.STRANGE: "station_unproven",
    Fault.FLOOD: "station_flood",
}


class Stations:
    """Every configured station; secrets are read once, at the start, and never shown."""

    def __init__(
        self,
        wires: Mapping[str, StationWire],
        folder: Path,
        now: Callable[[], datetime],
        *,
        answer_s: float = ANSWER_S,
        pause_s: float = 1.0,
    ) -> None:
        self._wires = dict(wires)
        self._ways: dict[str, _Line | _Web] = {}
        for name, wire in wires.items():
            where = f"[stations.{name}]"
            try:
                if wire.kind == "dc09":
                    self._ways[name] = _line(wire, folder, where, now, answer_s, pause_s)
                else:
                    self._ways[name] = _web(wire, folder, where, now, answer_s)
            except (ValueError, OSError) as fault:
                raise Mistake(f"{where}: {_plain(fault)}") from fault

    @property
    def supervised(self) -> tuple[str, ...]:
        """The stations that hear from us also when nothing happens."""
        return tuple(name for name, wire in self._wires.items() if wire.kind == "dc09")

    async def tell(self, station: str, message: Message) -> Told:
        """Send once and wait for the answer; a station that is not configured is a trouble."""
        way = self._ways.get(station)
        if way is None:
            return Told(Ended.RETURNED, "station_missing")
        return await way.tell(message)

    async def beat(self, station: str) -> Told:
        """Tell a supervised station that nothing has happened and the line is well."""
        way = self._ways.get(station)
        assert isinstance(way, _Line)
        return await way.beat()

    async def close(self) -> None:
        """Hang up."""
        for way in self._ways.values():
            await way.close()


def _plain(fault: Exception) -> str:
    """What is wrong, without what a key or an address holds."""
    return f"{fault.strerror}" if isinstance(fault, OSError) else str(fault)


# --- DC-09


def _line(
    wire: StationWire,
    folder: Path,
    where: str,
    now: Callable[[], datetime],
    answer_s: float,
    pause_s: float,
) -> _Line:
    key = resolve_secret(folder, wire.key, where).encode() if wire.key else None
    account = Account(wire.account, wire.line, wire.receiver, key)
    url = urlsplit(wire.url)
    assert url.hostname is not None
    assert url.port is not None
    tls = _context(wire, folder) if url.scheme == "dc09+tls" else None
    line = StationLine(
        url.hostname, url.port, account, now, tls=tls, answer_s=answer_s, pause_s=pause_s
    )
    return _Line(line, dict(wire.zones))


@dataclass(slots=True)
class _Line:
    line: StationLine
    zones: Mapping[str, int]

    async def tell(self, message: Message) -> Told:
        zone = self.zones.get(message.zone_door, 0)
        withdrawn = bool(message.alarm_number)
        said = police.dc09_withdrawal if withdrawn else police.dc09_event
        return await self._send(said(message.pack, zone), message.number)

    async def beat(self) -> Told:
        return await self._send(Supervision(), 0)

    async def close(self) -> None:
        await self.line.close()

    async def _send(self, event: Event, number: int) -> Told:
        verdict = await self.line.send(event, number)
        match verdict.outcome:
            case Outcome.TAKEN:
                return Told(Ended.TAKEN)
            case Outcome.CLOCK:
                return Told(Ended.AGAIN, "station_clock")
            case Outcome.REFUSED:
                return Told(Ended.RETURNED, "station_refused")
            case Outcome.UNABLE:
                return Told(Ended.RETURNED, "station_unable")
            case Outcome.SILENT:
                return Told(Ended.AGAIN, _OF_FAULT[self.line.fault])


# --- by HTTP


def _context(wire: StationWire, folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / wire.ca) if wire.ca else None)


def _web(
    wire: StationWire, folder: Path, where: str, now: Callable[[], datetime], answer_s: float
) -> _Web:
    try:
        ours = read_key(resolve_secret(folder, wire.key, where))
        theirs = read_key(resolve_secret(folder, wire.answers, where))
    except KeyWrong as fault:
        raise Mistake(f"{where}: {fault}") from fault
    if not isinstance(ours, PrivateKey):
        raise Mistake(f"{where}: key is ours alone: whsk_ and the base64 of 32 bytes")
    if not isinstance(theirs, PublicKey):
        raise Mistake(f"{where}: answers is the station's public key: whpk_...")
    tls = _context(wire, folder) if wire.url.startswith("https:") else None
    return _Web(wire, ours, theirs, now, tls, answer_s)


@dataclass(slots=True)
class _Web:
    wire: StationWire
    ours: PrivateKey
    theirs: PublicKey
    now: Callable[[], datetime]
    tls: ssl.SSLContext | None
    answer_s: float
    http: httpx.AsyncClient | None = field(default=None)

    async def tell(self, message: Message) -> Told:
        name, body = self._said(message)
        post = standard_webhook.post(self.wire.url, [self.ours], name, body, self.now().timestamp())
        headers = {
            "Content-Type": _TYPES[self.wire.kind],
            "Accept-Encoding": "identity",  # a few packed bytes may be very many
            **dict(post.headers),
        }
        answer = await self._ask(body, headers)
        if isinstance(answer, Told):
            return answer
        status, told, raw = answer
        if status >= 500 or status in _BUSY:
            return Told(Ended.AGAIN, "station_silent")
        if not 200 <= status < 300:  # all that a stranger wins by it is that we telephone
            return Told(Ended.RETURNED, "station_refused")
        return self._judge(name, told, raw)

    def _said(self, message: Message) -> tuple[str, bytes]:
        """The message's name, the same in every copy, and its bytes."""
        pack, at = message.pack, message.first_at
        number = message.alarm_number or message.number
        name = police.message_id(pack, number)
        back = bool(message.alarm_number)
        if self.wire.kind == "webhook":
            if back:
                return f"{name}-cancel", police.webhook_withdrawal(pack, number, at)
            return name, police.webhook_body(pack, at)
        if back:
            first_at = message.alarm_at or at
            alert = police.cap_cancel(pack, self.wire.sender, number, first_at, at)
            return f"{name}-cancel", cap.write(alert)
        return name, cap.write(police.cap_alert(pack, self.wire.sender, number, at))

    def _judge(self, name: str, headers: Mapping[str, str], raw: bytes) -> Told:
        """Only what the station itself signed about this message counts."""
        now_s = self.now().timestamp()
        flaw = standard_webhook.flaw_of([self.theirs], headers, raw, now_s)
        if flaw is not None or headers.get(standard_webhook.ID_HEADER) != name:
            return Told(Ended.AGAIN, "station_unproven")
        word = _word(raw) if self.wire.kind == "webhook" else _cap_word(raw, name)
        if word is None:
            return Told(Ended.AGAIN, "station_unproven")
        return Told(Ended.TAKEN) if word else Told(Ended.RETURNED, "station_unable")

    async def _ask(
        self, body: bytes, headers: Mapping[str, str]
    ) -> Told | tuple[int, Mapping[str, str], bytes]:
        """Status, headers and bounded body; a trouble where nothing sensible came in time."""
        import httpx as library  # noqa: PLC0415 - a quarter second that others save

        if self.http is None:
            verify = self.tls if self.tls is not None else True
            self.http = library.AsyncClient(
                follow_redirects=False, verify=verify, timeout=self.answer_s
            )
        try:
            async with (
                asyncio.timeout(self.answer_s),
                self.http.stream(
                    "POST", self.wire.url, content=body, headers=dict(headers)
                ) as answer,
            ):
                raw = bytearray()
                async for chunk in answer.aiter_raw():
                    raw += chunk
                    if len(raw) > ANSWER_BYTES_MAX:
                        return Told(Ended.AGAIN, "station_flood")
                return answer.status_code, answer.headers, bytes(raw)
        except library.ConnectError as fault:
            return Told(Ended.AGAIN, "station_tls" if _is_tls(fault) else "station_unreachable")
        except (TimeoutError, library.HTTPError):
            return Told(Ended.AGAIN, "station_silent")

    async def close(self) -> None:
        if self.http is not None:
            await self.http.aclose()
            self.http = None


def _is_tls(fault: BaseException) -> bool:
    """The client wraps it; whoever reads its text would read the library's words."""
    seen: BaseException | None = fault
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _word(raw: bytes) -> bool | None:
    """Whether the station has it; None for anything else."""
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    said = body.get("type") if isinstance(body, dict) else None
    return {_TAKEN: True, _RETURNED: False}.get(said) if isinstance(said, str) else None


def _cap_word(raw: bytes, name: str) -> bool | None:
    try:
        alert = cap.read(raw)
    except cap.CapWrong:
        return None
    if not any(one.identifier == name for one in alert.references):
        return None
    return {cap.MsgType.ACK: True, cap.MsgType.ERROR: False}.get(alert.msg_type)
