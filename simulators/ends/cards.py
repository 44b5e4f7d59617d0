"""Cards in the field of a reader: what every card shows, and one that only copies a number."""

from dataclasses import dataclass
from typing import Protocol


class VirtualCard(Protocol):
    """A card as a reader's antenna meets it."""

    @property
    def uid(self) -> bytes:
        """The number it tells at activation."""

    @property
    def sens_res(self) -> bytes:
        """ATQA, as the PN532 orders it."""

    @property
    def sel_res(self) -> int:
        """SAK; bit 0x20 says ISO 14443-4."""

    @property
    def ats(self) -> bytes:
        """Answer to select with its length, empty without ISO 14443-4."""

    def wake(self) -> None:
        """The field comes on or the card is activated anew: it forgets session and selection."""

    def exchange(self, apdu: bytes) -> bytes | None:
        """Answer an APDU, None for silence."""


@dataclass(slots=True)
class ClonedUidCard:
    """Anybody's card with a copied number: a bare number, or one that plays a secure card.

    With iso_dep it lets itself be selected and offers a made-up challenge, but knows no key.
    """

    uid: bytes
    iso_dep: bool = False

    @property
    def sens_res(self) -> bytes:
        """ATQA of the card it imitates."""
        return b"\x03\x44" if self.iso_dep else b"\x00\x04"

    @property
    def sel_res(self) -> int:
        """SAK of the card it imitates, or of a plain memory card."""
        return 0x20 if self.iso_dep else 0x08

    @property
    def ats(self) -> bytes:
        """Answer to select."""
        return bytes.fromhex("067777710280") if self.iso_dep else b""

    def wake(self) -> None:
        """It has nothing to forget."""

    def exchange(self, apdu: bytes) -> bytes | None:
        """Select succeeds, every challenge fails."""
        if not self.iso_dep:
            return None
        match apdu[:2]:
            case b"\x00\xa4":
                return b"\x90\x00"
            case b"\x90\x71":
                return bytes(range(16)) + b"\x91\xaf"
            case b"\x90\xaf":
                return b"\x91\xae"
            case _:
                return b"\x6d\x00"
