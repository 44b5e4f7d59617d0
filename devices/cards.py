"""Proving a card at a door: mutual authentication with the key that the policy holds for it."""

from __future__ import annotations

from dataclasses import dataclass

from devices.ports import Card, Luck
from drivers.catalogue import NotIsoDep
from drivers.ntag424 import AuthenticationRefused, authenticate_ev2_first, select_application


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of it: proven, refused (a forgery or a card with other keys), or torn away."""

    proven: bool
    torn: bool = False


async def prove(card: Card, slot: int, key: bytes, luck: Luck) -> Proof:
    """AuthenticateEV2First with one slot's key; never raises for what a card does."""
    try:
        await select_application(card.transceive)
        await authenticate_ev2_first(card.transceive, slot, key, luck(16))
    except (AuthenticationRefused, NotIsoDep):
        return Proof(proven=False)  # a bare number where a key is expected is a copy
    except Exception:  # noqa: BLE001 - the card left the field, or spoke nonsense
        return Proof(proven=False, torn=True)
    return Proof(proven=True)
