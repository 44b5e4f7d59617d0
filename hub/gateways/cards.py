"""Our senior card: how its keys are diversified and what its taps look like."""

from __future__ import annotations

from drivers.ntag424 import Sun, SunRefused, diversify, verify_sun
from drivers.ntag424_desk import CardKeys, keys_of_card, read_tap

CARD_AID = bytes.fromhex("3042f5")  # AN10922's application part of every key of ours
KEY_VERSION = 1
SUN_URL = "https://linli.invalid/t?p={picc}&m={mac}"  # replaced by the site's own address
SLOT_SUN, SLOT_META = 1, 2


def keys_for(masters: dict[int, bytes], uid: bytes, system_id: bytes) -> CardKeys:
    """All five keys of one card."""
    ordered = [masters[slot] for slot in range(5)]
    return keys_of_card(ordered, uid, version=KEY_VERSION, aid=CARD_AID, system_id=system_id)


def read_sun(text: str, masters: dict[int, bytes], system_id: bytes) -> Sun | str:
    """The verified tap of a card's URL, or the reason code why it is none."""

    def file_key(uid: bytes) -> bytes:
        return diversify(masters[SLOT_SUN], uid, CARD_AID, system_id)

    try:
        picc, mac = read_tap(text, SUN_URL)
    except SunRefused:
        return "sun_form"
    try:
        return verify_sun(picc, mac, meta_key=masters[SLOT_META], file_key=file_key)
    except SunRefused:
        return "sun_forged"
