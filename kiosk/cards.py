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
    """What the reader feels, as the page shows it; each has words of its own, with what to do."""

    READING = "reading"
    KNOWN = "known"
    LOST = "lost"  # taken away too early
    NUMBER = "number"  # an old card: a number that anybody could copy
    REFUSED = "refused"  # not one of ours, or it could not prove its key
    STOPPED = "stopped"  # reported lost
    HOMELESS = "homeless"  # whoever holds it lives nowhere here today
    TAKEN = "taken"  # somebody else began to pay meanwhile
    MANY = "many"
    BUSY = "busy"
    SILENT = "silent"
    FAULT = "fault"


_BY_CODE: Final = {
    "card_session_refused": CardSign.REFUSED,
    "card_stopped": CardSign.STOPPED,
    "card_homeless": CardSign.HOMELESS,
    "too_many": CardSign.MANY,
    "hub_busy": CardSign.BUSY,
    "store_unavailable": CardSign.BUSY,
    "lookup_expired": CardSign.BUSY,  # proven, but its session was over before the bills came
    "request_stale": CardSign.BUSY,
}


def sign_of(fault: HubRefused | HubSilent) -> CardSign:
    """What to show of a hub that did not take a card."""
    if isinstance(fault, HubSilent):
        return CardSign.SILENT
    return _BY_CODE.get(fault.code, CardSign.FAULT)  # the kiosk is unwell, not the card


@dataclass(frozen=True, slots=True)
class Known:
    """A card that proved itself; the token is the hub's and soon over."""

    uid: bytes = field(repr=False)
    card_session: str = field(repr=False)
    elder: bool


async def prove(card: Card, hub: HubSide) -> Known | CardSign:
    """Mutual authentication between card and hub, or why it did not come about."""
    try:
        async with asyncio.timeout(PROVE_S):
            return await _prove(card, hub)
    except NotIsoDep:
        return CardSign.NUMBER
    except CardFault as fault:
        log.info("card: %s", fault)
        return CardSign.REFUSED
    except CardLost:
        log.info("card: taken away")
        return CardSign.LOST
    except (HubRefused, HubSilent) as fault:
        log.info("card: %s", fault)
        return sign_of(fault)
    except TimeoutError:
        log.info("card: %.0f s were not enough", PROVE_S)
        return CardSign.BUSY


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
