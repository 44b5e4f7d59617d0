"""Kinds of cards and what each can prove: the assurance that a door may count on."""

from __future__ import annotations

from typing import Final

from devices.messages import Assurance

SENIOR: Final = "ntag424"  # the one kind that the issuing desk gives keys
# Everything else is a number that anybody can copy, whatever the card could do in other hands:
# a bank's or a city's CPU card has keys, but none that we hold.
IDENTIFIERS: Final = ("mifare", "cpu", "em4100", "id_card")
ALL: Final = (SENIOR, *IDENTIFIERS)


def assurance_of(kind: str) -> Assurance:
    """The most that a card of this kind can prove at a door of ours."""
    return Assurance.MUTUAL if kind == SENIOR else Assurance.IDENTIFIER
