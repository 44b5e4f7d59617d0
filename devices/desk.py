"""The issuing desk: a reader beside a clerk; it carries a card's bytes for the hub, and no keys.

A card that was laid down stays held: nothing else is asked of the reader until it is lifted, so
that the clerk sees at once what lies there and the hub can speak with it when the clerk has chosen.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from devices.device import Device
from devices.envelope import envelope
from devices.messages import Refusal
from devices.wire_desk import (
    DESK_DO,
    DESK_STATE,
    DESK_TOLD,
    GONE,
    NO_COMMANDS,
    DeskDo,
    DeskState,
    DeskTold,
    encode_desk_state,
    open_asked,
    open_desk_do,
    seal_answered,
    sign_desk_told,
    take_key,
)
from drivers.kinds import Card, CardLost, CardReader, NotIsoDep
from drivers.ntag424 import CardFault, select_application

log = logging.getLogger(__name__)

LOOK_S: Final = 0.4  # how often a held card is asked whether it is still there
QUIET_S: Final = 3.0  # a session without a word for so long is over: the hub has given it up
OVER_MAX: Final = 64  # sessions that ended; none lives on after ten seconds
NUMBER_S: Final = 15.0  # a card that takes no commands cannot be asked; so long it counts as there


@dataclass(slots=True)
class _Session:
    name: str
    card: str
    key: bytes = field(repr=False)
    number: int = 0
    answer: bytes = b""  # as it was sent: a command that comes twice is not carried out twice
    heard_s: float = 0.0


class IssuingDesk:
    """A device with one reader; ``card`` names the presence that lies there now."""

    def __init__(
        self, device: Device, reader: CardReader, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.device = device
        self.reader = reader
        self.card: str | None = None
        self._now_s = monotonic
        self._held: Card | None = None
        self._here = False
        self._session: _Session | None = None
        self._over: deque[str] = deque(maxlen=OVER_MAX)
        self._talking = asyncio.Lock()
        reader.on_state = self._on_reader
        device.handlers[DESK_DO] = self._on_do
        device.on_connected = self.show

    async def run(self) -> None:
        """Serve the reader until cancelled."""
        async for card in self.reader.cards():
            self._lay(card)
            try:
                await self._until_lifted(card)
            except Exception:  # one strange card must not blind the reader
                self.device.counters["card"] += 1
                log.exception("a card could not be held")
            self._lift()

    def show(self) -> None:
        """Say what lies here."""
        state = DeskState(self._here, self.card, self.device.clock.now_s())
        self.device.publish(DESK_STATE, encode_desk_state(state), retain=True)

    def _on_reader(self, online: bool, why: str) -> None:
        log.info("reader: %s (%s)", "here" if online else "away", why)
        self._here = online
        self.show()

    # ----------------------------------------------------------------- the card

    def _lay(self, card: Card) -> None:
        self.card = self.device.luck(8).hex()
        self._held, self._here = card, True
        self.show()

    def _lift(self) -> None:
        self.card = self._held = self._session = None
        self.show()

    async def _until_lifted(self, card: Card) -> None:
        if not card.iso_dep:
            await asyncio.sleep(NUMBER_S)
            return
        while True:
            await asyncio.sleep(LOOK_S)
            if self._is_busy():
                continue
            async with self._talking:
                try:
                    await select_application(card.transceive)
                except CardFault:
                    continue  # a card of another kind, but there
                except CardLost:
                    return

    def _is_busy(self) -> bool:
        """Whether the hub is in the middle of something: selecting would end the card's session."""
        session = self._session
        return session is not None and self._now_s() - session.heard_s < QUIET_S

    # ----------------------------------------------------------------- the hub's words

    def _on_do(self, raw: bytes) -> None:
        device = self.device
        do = open_desk_do(raw, device.topics, device.keys_for("command"))
        why = do.reason if isinstance(do, Refusal) else envelope(do, device)
        if isinstance(do, Refusal) or why is not None:
            return device.drop(why or "form", "desk")
        device.spawn(self._serve(do))
        return None

    async def _serve(self, do: DeskDo) -> None:
        async with self._talking:
            told = await self._told(do)
        if told is not None:
            device = self.device
            raw = sign_desk_told(told, device.topics, device.identity.signer)
            device.publish(DESK_TOLD, raw, expiry_s=5)

    async def _told(self, do: DeskDo) -> DeskTold | None:
        """The answer; None for what nobody may have answered."""
        card, topics = self._held, self.device.topics
        if card is None or do.card != self.card:
            return DeskTold(do.session, do.number, fault=GONE)
        session = self._session_of(do)
        if session is None:
            self.device.drop("desk_session", "desk")
            return None
        session.heard_s = self._now_s()
        if do.number < session.number:
            return None
        if do.number == session.number and session.answer:
            return DeskTold(do.session, do.number, session.answer)
        apdu = open_asked(session.key, topics, do.session, do.number, do.sealed)
        if apdu is None or do.number > session.number + 1:
            self.device.drop("desk_session", "desk")
            return None
        session.number, session.answer = do.number, b""
        if do.number and not apdu:  # the hub has no more to say to this card
            self._session = None
            return None
        try:
            answer = await self._answer(card, do.number, apdu)
        except NotIsoDep:
            return DeskTold(do.session, do.number, fault=NO_COMMANDS)
        except CardLost:
            self._session = None
            return DeskTold(do.session, do.number, fault=GONE)
        session.heard_s = self._now_s()
        session.answer = seal_answered(session.key, topics, do.session, do.number, answer)
        return DeskTold(do.session, do.number, session.answer)

    def _session_of(self, do: DeskDo) -> _Session | None:
        held = self._session
        if held is not None and held.name == do.session:
            return held if held.card == do.card else None
        if do.number != 0 or not do.key or do.session in self._over:
            return None
        mine = self.device.identity.sealing
        key = take_key(do.key, mine, self.device.topics, do.session)
        if key is None:
            return None
        self._over.append(do.session)
        self._session = _Session(do.session, do.card, key)
        return self._session

    @staticmethod
    async def _answer(card: Card, number: int, apdu: bytes) -> bytes:
        """Number 0 asks what lies here: whether it takes commands, and its number."""
        if number == 0:
            return bytes((card.iso_dep,)) + card.uid
        return await card.transceive(apdu)
