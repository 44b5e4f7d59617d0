"""The clerk at a desk reader on this machine: cards are laid down one after the other.

Each presence of a card is one try. Whatever goes wrong with it (torn away, noise, a strange card)
is said, and the next presence of the same card goes on where it stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from devices.mistake import Mistake
from drivers.kinds import Card, CardLost
from drivers.ntag424 import CardFault
from hub.core.card_kinds import SENIOR
from hub.gateways.desk_cards import WHY_NOT, CardWriter, Lies

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]  # the hub, as its operator
Say = Callable[[Mapping[str, Any]], None]

FAULTS_MOST: Final = 3  # refusals of one card in a row until it is scrap
UNUSABLE: Final = (Lies.NUMBER, Lies.FOREIGN)  # nothing to note: the card is not of this trade


class Clerk:
    """One desk: its reader's cards, the hub's word, and a voice."""

    def __init__(self, cards: AsyncIterator[Card], writer: CardWriter, ask: Ask, say: Say) -> None:
        self._cards = cards
        self._writer = writer
        self._ask = ask
        self._say = say
        self._faults: Counter[bytes] = Counter()  # bounded by the cards of one sitting

    async def personalise(self, count: int) -> None:
        """Make so many blanks ready; cards that are ready already do not count."""
        done = 0
        async for card in self._cards:
            found, fresh = await self._ready(card)
            if found is not Lies.OURS:
                continue
            await self._ask("cards/stock", {"uid": card.uid.hex()})
            done += fresh
            self._say({"card": tail(card.uid), "ready": True, "fresh": fresh, "done": done})
            if done >= count:
                return

    async def issue(self, people: Sequence[str], replaces: str | None = None) -> None:
        """Give the next cards to these people, in this order; blanks are made ready first."""
        waiting = list(people)
        async for card in self._cards:
            found, _ = await self._ready(card)
            if found is not Lies.OURS:
                continue
            body = {"uid": card.uid.hex(), "person": waiting[0], "replaces": replaces}
            try:
                given = await self._ask("cards", body)
            except Mistake as refused:
                if not str(refused).startswith("card_"):
                    raise
                self._say({"card": tail(card.uid), "refused": str(refused)})
                continue
            self._say({"card": tail(card.uid), "person": waiting.pop(0), "issued": True} | given)
            if not waiting:
                return

    async def enrol(self, person: str, kind: str) -> None:
        """Take the next card as somebody's old card: a number, at the assurance of a number."""
        async for card in self._cards:
            body = {"uid": card.uid.hex(), "person": person, "kind": kind}
            self._say({"card": tail(card.uid), "person": person} | await self._ask("cards", body))
            return

    async def verify(self) -> None:
        """Say of the next card what it is and whose."""
        async for card in self._cards:
            try:
                found = await self._writer.look(card.transceive, card.uid)
            except (CardLost, CardFault) as fault:
                self._say({"card": tail(card.uid), "again": str(fault)})
                continue
            known = await self._ask("cards/found", {"uid": card.uid.hex()})
            proven = found is Lies.OURS
            if known["kind"] == SENIOR and not proven:  # a copied number of a card with keys
                known |= {"copy": True}
            self._say({"card": tail(card.uid), "is": found.value, "proven": proven} | known)
            return

    async def _ready(self, card: Card) -> tuple[Lies, bool]:
        """A card that bears our keys, or what it is instead; what is no use is said."""
        shown = tail(card.uid)
        known = await self._ask("cards/found", {"uid": card.uid.hex()})
        spent = known["state"] not in ("unknown", "scrap")
        try:
            found, fresh = await self._writer.make_ready(card.transceive, card.uid, spent=spent)
        except CardLost as lost:
            self._say({"card": shown, "again": str(lost)})
            return Lies.TORN, False
        except CardFault as fault:
            self._faults[card.uid] += 1
            self._say({"card": shown, "again": str(fault)})
            if self._faults[card.uid] >= FAULTS_MOST:
                await self._scrap(card.uid, "card_torn")
            return Lies.TORN, False
        self._faults.pop(card.uid, None)
        if found is Lies.OTHERS:
            await self._scrap(card.uid, WHY_NOT[found])
        elif found in UNUSABLE:
            self._say({"card": shown, "refused": WHY_NOT[found]})
        elif found is not Lies.OURS:  # an imitation of a card that has its keys
            self._say({"card": shown, "refused": "card_taken"})
        return found, fresh

    async def _scrap(self, uid: bytes, why: str) -> None:
        try:
            await self._ask("cards/stock", {"uid": uid.hex(), "scrap": why})
        except Mistake as refused:  # somebody has it: then it is not this card, but a copy
            self._say({"card": tail(uid), "refused": str(refused)})
        else:
            self._say({"card": tail(uid), "scrap": why})


def tail(uid: bytes) -> str:
    """As much of a card's number as a screen may show: enough to tell two on a table apart."""
    return f"..{uid.hex()[-4:]}"
