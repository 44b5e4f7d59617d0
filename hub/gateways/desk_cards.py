"""A card on the issuing desk: what it is, and making it ours, however often it was torn away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from drivers.ntag424 import Transceive
from drivers.ntag424_desk import Lies, look, personalise
from hub.gateways.cards import SUN_URL, keys_for

# why a card that lies there cannot be given out, as a reason code
WHY_NOT: Final[Mapping[Lies, str]] = {
    Lies.NUMBER: "card_number_only",
    Lies.FOREIGN: "card_foreign",
    Lies.BLANK: "card_blank",
    Lies.TORN: "card_torn",
    Lies.OTHERS: "card_others",
}


class CardWriter:
    """Looks at cards and gives them their keys, with a site's masters."""

    def __init__(self, masters: Mapping[int, bytes], system_id: bytes) -> None:
        self._masters = dict(masters)
        self._system_id = system_id

    async def look(self, transceive: Transceive, uid: bytes) -> Lies:
        """What lies there; raises CardLost, CardFault where the card makes us wait."""
        if len(uid) != 7:  # every card of this make has seven bytes
            return Lies.NUMBER if len(uid) == 4 else Lies.FOREIGN
        keys = keys_for(self._masters, uid, self._system_id)
        return await look(transceive, uid, keys, SUN_URL)

    async def make_ready(
        self, transceive: Transceive, uid: bytes, *, spent: bool
    ) -> tuple[Lies, bool]:
        """What lies there now, and whether we gave it keys; raises CardLost or CardFault.

        A card of ours is not touched: its count of taps would begin anew. ``spent``: the hub knows
        a card of this number. One without keys is then an imitation, and is told none: a blank's
        first keys can be read by whatever plays the blank, and these would be the true card's.
        """
        found = await self.look(transceive, uid)
        if spent or found not in (Lies.BLANK, Lies.TORN):
            return found, False
        keys = keys_for(self._masters, uid, self._system_id)
        await personalise(transceive, uid, keys, SUN_URL)
        return Lies.OURS, True


__all__ = ["WHY_NOT", "CardWriter", "Lies"]
