"""A card proves itself to the hub over a kiosk's wire: our half of AuthenticateEV2First.

Slot 4 (own building), not 3: a perimeter controller holds the slot-3 keys of everybody, so whoever
steals one could play any card here; slot-4 keys lie only in the card holder's own building. Slots
0 to 2 lie in no door, but each has another purpose (keys.md) and no key shall have two.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.ntag424 import AuthenticationRefused, Ev2Initiator, diversify
from hub.core.errors import DomainError
from hub.gateways.cards import CARD_AID

SLOT = 4
LIFE_S = 5.0  # the card answers in a tenth of a second; the rest is the kiosk's way to the hub


@dataclass(slots=True)
class _Open:
    exchange: str
    uid: bytes
    half: Ev2Initiator
    expires_s: float


class Exchanges:
    """One open exchange for each kiosk, since a kiosk has one reader; a new one ends the old.

    A number we never issued is answered just as well, under a key that no card has: the same
    work, the same form, and refused only at the end.
    """

    def __init__(
        self,
        masters: Mapping[int, bytes],
        system_id: bytes,
        luck: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._master = masters[SLOT]
        self._decoy = luck(len(self._master))
        self._system_id = system_id
        self._luck = luck
        self._open: dict[str, _Open] = {}  # bounded by the number of adopted kiosks

    def begin(
        self, kiosk: str, uid: bytes, challenge: bytes, *, issued: bool, now_s: float
    ) -> tuple[str, bytes]:
        """(exchange, our 32 byte response) to a card's 16 byte challenge."""
        master = self._master if issued else self._decoy
        key = diversify(master, uid, CARD_AID, self._system_id)
        half = Ev2Initiator(key, self._luck(16), SLOT)
        response = half.first(challenge)
        exchange = self._luck(16).hex()
        self._open[kiosk] = _Open(exchange, uid, half, now_s + LIFE_S)
        return exchange, response

    def finish(self, kiosk: str, exchange: str, answer: bytes, now_s: float) -> bytes:
        """The number of the card that answered rightly; an exchange is used up by any answer."""
        held = self._open.pop(kiosk, None)
        if held is None or held.exchange != exchange or now_s >= held.expires_s:
            raise DomainError("card_session_refused", "no such exchange, or too late")
        try:
            held.half.finish(answer)
        except AuthenticationRefused as fault:
            raise DomainError("card_session_refused") from fault
        return held.uid


__all__ = ["LIFE_S", "SLOT", "Exchanges"]
