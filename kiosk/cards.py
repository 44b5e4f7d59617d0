"""Proving a card to the hub: the kiosk carries AuthenticateEV2First and never learns a key."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from devices.ports import Card
from drivers.kinds import CardLost, NotIsoDep
from drivers.ntag424 import CardFault, challenge, respond, select_application
from kiosk.hub import HubRefused, HubSide, HubSilent

log = logging.getLogger(__name__)

SLOT: Final = 4  # own building; hub/gateways/card_exchanges.py says why
PROVE_S: Final = 6.0  # an honest card takes a third of a second; then the person should try again


class CardSign(StrEnum):
    """What the reader feels, as the page shows it."""

    READING = "reading"
    KNOWN = "known"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Known:
    """A card that proved itself; the token is the hub's and soon over."""

    uid: bytes = field(repr=False)
    card_session: str = field(repr=False)
    elder: bool


async def prove(card: Card, hub: HubSide) -> Known | CardSign:
    """Mutual authentication between card and hub; REFUSED or LOST when it does not come about."""
    try:
        async with asyncio.timeout(PROVE_S):
            return await _prove(card, hub)
    except NotIsoDep:
        return CardSign.REFUSED  # a card that is only a number
    except (CardFault, HubRefused) as fault:
        log.info("card: %s", fault)
        return CardSign.REFUSED
    except (CardLost, HubSilent, TimeoutError) as fault:
        log.info("card: %s", type(fault).__name__)
        return CardSign.LOST


async def _prove(card: Card, hub: HubSide) -> Known:
    await select_application(card.transceive)
    asked = await challenge(card.transceive, SLOT)
    told = await hub.post(
        "/api/v1/kiosk/cards/challenge", {"uid": card.uid.hex(), "challenge": asked.hex()}
    )
    try:
        response = bytes.fromhex(str(told.get("response", "")))
    except ValueError as fault:
        raise HubSilent("no response in the hub's answer") from fault
    answer = await respond(card.transceive, response)
    told = await hub.post(
        "/api/v1/kiosk/cards/answer",
        {"exchange": str(told.get("exchange", "")), "answer": answer.hex()},
    )
    return Known(card.uid, str(told.get("card_session", "")), told.get("elder") is True)
