"""Issuing desks: what lies on their readers, and speaking with that card through them.

Keys and card masters stay here; a desk carries bytes that are sealed for one session with one
presence of a card. One conversation at a time for each desk.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from devices import wire
from devices.messages import Refusal
from devices.ports import Luck
from devices.wire_desk import (
    DESK_DO,
    DESK_STATE,
    DESK_TOLD,
    EXCHANGES_MAX,
    NO_COMMANDS,
    SESSION_KEY_BYTES,
    DeskDo,
    DeskTold,
    decode_desk_state,
    give_key,
    open_answered,
    open_desk_told,
    seal_asked,
    sign_desk_do,
)
from drivers.kinds import CardLost, NotIsoDep
from hub.core.errors import DomainError
from hub.gateways.desk_cards import CardWriter
from hub.ingest import Ingest
from hub.keys import HubKeys
from hub.store.memory import DeviceEntry, Memory

ANSWER_S: Final = 3.0  # a card's slowest write is half a second; the rest is the way
LIFE_S: Final = 5.0
KIND: Final = "desk"
OPEN_S: Final = 4 * 3_600.0  # half a clerk's day after one proof of a second factor


@dataclass(slots=True)
class Desk:
    """One desk as its last word says; ``connection`` tells a word of an older connection."""

    reader: bool = False
    card: str | None = None
    opened: dict[str, float] = field(default_factory=dict)  # member to end; bounded by the staff
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Desks:
    """All issuing desks of the site."""

    def __init__(
        self,
        ingest: Ingest,
        memory: Memory,
        keys: HubKeys,
        clock: Callable[[], datetime],
        luck: Luck,
    ) -> None:
        self._ingest = ingest
        self._memory = memory
        self._keys = keys
        self._clock = clock
        self._luck = luck
        self._desks: dict[str, Desk] = {}  # bounded by adopted devices
        self._waiting: dict[tuple[str, str, int], asyncio.Future[DeskTold]] = {}  # one a desk
        self.writer = CardWriter(keys.masters, keys.system_id)
        ingest.listeners |= {DESK_STATE: self._on_state, DESK_TOLD: self._on_told}

    def all(self) -> list[tuple[DeviceEntry, Desk]]:
        """The adopted desks, by name."""
        found = sorted(self._memory.devices.values(), key=lambda device: device.id)
        return [(device, self._desk(device.id)) for device in found if device.kind == KIND]

    def one(self, name: str) -> tuple[DeviceEntry, Desk]:
        """A desk by name; raises DomainError."""
        device = self._memory.devices.get(name)
        if device is None or device.kind != KIND:
            raise DomainError("not_found", "no such desk", "desk")
        return device, self._desk(name)

    @asynccontextmanager
    async def card(self, name: str, presence: str) -> AsyncIterator[LaidCard]:
        """The card that lies there, under the name of the presence that the clerk saw.

        Raises DomainError; a card that goes away meanwhile raises CardLost inside.
        """
        device, desk = self.one(name)
        if desk.lock.locked():
            raise DomainError("desk_busy")
        async with desk.lock:
            if not device.ready or not desk.reader or not self._ingest.online:
                raise DomainError("desk_away")
            if desk.card is None:
                raise DomainError("desk_empty")
            if desk.card != presence:
                raise DomainError("desk_changed")
            laid = LaidCard(self, device, presence, self._luck)
            try:
                await laid.open()
            except CardLost as lost:
                raise DomainError("card_torn") from lost
            try:
                yield laid
            finally:
                laid.close()

    # ----------------------------------------------------------------- hearing

    def _desk(self, name: str) -> Desk:
        return self._desks.setdefault(name, Desk())

    def _on_state(self, device: DeviceEntry, raw: bytes) -> None:
        state = decode_desk_state(raw)
        if device.kind != KIND or isinstance(state, Refusal):
            self._ingest.counters["desk_state"] += 1
            return
        desk = self._desk(device.id)
        desk.reader, desk.card = state.reader, state.card
        self._ingest.announce("desk", {"id": device.id})

    def _on_told(self, device: DeviceEntry, raw: bytes) -> None:
        topics = wire.Topics(self._memory.site, device.id)
        told = open_desk_told(raw, topics, lambda kid: device.key if kid == device.id else None)
        if device.kind != KIND or isinstance(told, Refusal):
            self._ingest.counters["desk_told"] += 1
            return
        waiting = self._waiting.get((device.id, told.session, told.number))
        if waiting is not None and not waiting.done():
            waiting.set_result(told)

    # ----------------------------------------------------------------- speaking

    def say(self, device: DeviceEntry, wish: DeskDo) -> None:
        """One number of a session, whose answer nobody waits for."""
        raw = sign_desk_do(wish, self.topics(device), self._keys.signers["command"])
        self._ingest.floods.asked(device.id, wish.issued_at_s)
        self._ingest.publish_for(device.id, DESK_DO, raw)

    async def ask(self, device: DeviceEntry, wish: DeskDo) -> DeskTold:
        """One number of a session; raises CardLost when nobody answers in time."""
        name = (device.id, wish.session, wish.number)
        answer: asyncio.Future[DeskTold] = asyncio.get_running_loop().create_future()
        self._waiting[name] = answer
        try:
            self.say(device, wish)
            async with asyncio.timeout(ANSWER_S):
                return await answer
        except TimeoutError as silent:
            raise CardLost("the desk keeps silent") from silent
        finally:
            del self._waiting[name]

    def wish(self, device: DeviceEntry, session: str, number: int, card: str) -> dict[str, Any]:
        """What every number of a session says alike."""
        now_s = self._clock().timestamp()
        connection = device.note.connection if device.note is not None else ""
        return {
            "session": session,
            "number": number,
            "card": card,
            "connection": connection,
            "epoch": self._ingest.epoch,
            "issued_at_s": now_s,
            "expires_at_s": now_s + LIFE_S,
        }

    def topics(self, device: DeviceEntry) -> wire.Topics:
        """The desk's own."""
        return wire.Topics(self._memory.site, device.id)


class LaidCard:
    """A card at a desk, spoken with through one session."""

    def __init__(self, desks: Desks, device: DeviceEntry, presence: str, luck: Luck) -> None:
        self._desks = desks
        self._device = device
        self._presence = presence
        self._session = luck(8).hex()
        self._key = luck(SESSION_KEY_BYTES)
        self._number = 0
        self.uid = b""
        self.iso_dep = False

    async def open(self) -> None:
        """Give the desk the session's key and ask what lies there; raises CardLost."""
        topics = self._desks.topics(self._device)
        key = give_key(self._key, self._device.x25519, topics, self._session)
        answer = await self._ask(b"", key)
        self.iso_dep, self.uid = answer[:1] == b"\x01", answer[1:]
        if not 4 <= len(self.uid) <= 10:
            raise CardLost("the desk told no card's number")

    async def transceive(self, apdu: bytes) -> bytes:
        """One APDU and its answer with the status word; raises CardLost."""
        if not self.iso_dep:
            raise NotIsoDep("a number and nothing else")
        if self._number >= EXCHANGES_MAX - 1:
            raise CardLost("a session without end")
        self._number += 1
        return await self._ask(apdu)

    def close(self) -> None:
        """Let the desk look after the card again."""
        self._number += 1
        self._desks.say(self._device, self._wish(b""))

    def _wish(self, apdu: bytes, key: bytes = b"") -> DeskDo:
        topics = self._desks.topics(self._device)
        sealed = seal_asked(self._key, topics, self._session, self._number, apdu)
        wish = self._desks.wish(self._device, self._session, self._number, self._presence)
        return DeskDo(**wish, sealed=sealed, key=key)

    async def _ask(self, apdu: bytes, key: bytes = b"") -> bytes:
        desks, number = self._desks, self._number
        told = await desks.ask(self._device, self._wish(apdu, key))
        if told.fault == NO_COMMANDS:
            raise NotIsoDep("a number and nothing else")
        if told.fault is not None:
            raise CardLost(f"the desk says: {told.fault}")
        topics = desks.topics(self._device)
        answer = open_answered(self._key, topics, self._session, number, told.sealed)
        if answer is None:
            raise CardLost("the desk's answer is not of this session")
        return answer
