"""A card in a field, and the keys a site would give it."""

from drivers.kinds import CardLost
from drivers.ntag424_desk import CardKeys, keys_of_card
from simulators.ends import VirtualCard

UID = bytes.fromhex("04de5f1eacc040")
MASTERS = [bytes([n + 1]) * 16 for n in range(5)]
URL = "https://linli.example/t?e={picc}&c={mac}"


def keys(version: int = 1, uid: bytes = UID) -> CardKeys:
    """One site's keys for a card; another version, other keys."""
    masters = [bytes(byte ^ version for byte in master) for master in MASTERS]
    return keys_of_card(masters, uid, version=version, system_id=b"linli")


class Field:
    """A card in a field: counts exchanges, and tears the card away before or in the last."""

    def __init__(
        self, card: VirtualCard, tear_after: int = 1_000_000, *, acts: bool = False
    ) -> None:
        self.card = card
        self.exchanges = 0
        self.tear_after = tear_after
        self.acts = acts  # the card still does what it was told, only its answer is lost

    async def transceive(self, apdu: bytes) -> bytes:
        if self.exchanges >= self.tear_after:
            if self.acts:
                self.card.exchange(apdu)
            self.card.wake()
            raise CardLost("torn away")
        self.exchanges += 1
        answer = self.card.exchange(apdu)
        if answer is None:
            raise CardLost("silent")
        return answer
