"""Who can be driven on the page: people with cards and phones, and two who should stay outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from simulators.demo.credentials import old_card
from simulators.demo.town import Town
from simulators.ends import ClonedUidCard, Ntag424Card, VirtualCard
from simulators.ends.wires import Words
from simulators.ends.words import said
from simulators.panel.places import KIOSK, POINT
from simulators.panel.wirewords import KIOSK_NAME, POINT_NAME
from simulators.roster import (
    CARD_HOLDERS,
    CARER,
    DOORS,
    ELDER,
    ELDER_HOUSE,
    KEYPADS,
    PANELS,
    make_roster,
)

ELDER_DOOR: Final = "b1-u2"  # her own staircase
SHAKER_DOOR: Final = "gate-west"
BLANK, COPY, OLD, OLD_COPY = "card-stranger", "card-copy", "card-old", "card-old-copy"
LOST_CARD: Final = CARER  # it opens every door of the village
FINDER_DOOR: Final = "gate-east"  # where whoever finds it tries it
HOST: Final = ELDER  # whose guest comes
GUEST_PASS, ALTERED_PASS = "pass-guest", "pass-altered"
PASSES: Final = (GUEST_PASS, ALTERED_PASS)
RUNG_BY: Final = {"b1-u2": ELDER}  # whose phone a bell rings; the others ring the duty desk
PIN_OWNER: Final = ELDER
PHONE_OWNERS: Final = (ELDER, CARER, "p-chen-jing-1", "p-chen-jing-2")

_AGES: Final = {ELDER: 76, "p-002": 81, "p-052": 79, "p-083": 84, CARER: 52,
                "p-chen-jing-1": 34, "p-chen-jing-2": 41}  # fmt: skip
_STRANGE_UID: Final = bytes.fromhex("04c0ffee5eed01")
_BLANK_LABEL: Final = said("陌生的卡", "陌生的卡", "A stranger's card")
_COPY_LABEL: Final = said("复制的卡", "複製的卡", "A copied card")
_OLD_LABELS: Final = {
    OLD: said("旧卡", "舊卡", "An old card"),
    OLD_COPY: said("旧卡副本", "舊卡副本", "An old card's copy"),
}
_PASS_LABELS: Final = {
    GUEST_PASS: said("访客码", "訪客碼", "Guest's pass"),
    ALTERED_PASS: said("改过的码", "改過的碼", "Altered pass"),
}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A home that owes the same fee as the elder's, found by its number and a phone's end."""

    house: str
    phone_last4: str


def people(phone_doors: dict[str, list[str]]) -> list[dict[str, Any]]:
    """The people of the page; ``phone_doors`` is what the hub told each phone."""
    roster = make_roster()
    houses = {home["id"]: home["house"] for home in roster.households}
    rows = {row["id"]: row for row in roster.people}
    return [
        {
            "id": person,
            "name": rows[person]["name"],
            "house": houses[rows[person]["household_id"]],
            "age": _AGES[person],
            "role": _role(person, elder=rows[person]["elder"]),
            "phone_doors": phone_doors.get(person, []),
        }
        for person in CARD_HOLDERS
    ]


def _role(person: str, *, elder: bool) -> str:
    if person == CARER:
        return "carer"
    return "elder" if elder else "resident"


def cards() -> list[dict[str, Any]]:
    """The cards of the page, the strangers' behind them, and last what a guest shows."""
    shown = [
        {
            "id": person["id"],
            "person": person["id"],
            "label": dict(said(person["name"], person["name"], person["name"])),
            "kind": "senior" if person["role"] == "elder" else "resident",
        }
        for person in people({})
    ]
    strange = {BLANK: _BLANK_LABEL, COPY: _COPY_LABEL}
    others = [*((*item, "stranger") for item in strange.items()),
              *((*item, "old") for item in _OLD_LABELS.items()),
              *((*item, "pass") for item in _PASS_LABELS.items())]  # fmt: skip
    return shown + [
        {"id": card, "person": None, "label": dict(label), "kind": kind}
        for card, label, kind in others
    ]


def card_of(town: Town, card: str) -> VirtualCard | None:
    """The card itself: a blank one from a shop, one that only copies the elder's number.

    An old card is no more than its number, so that its copy is the same card once again.
    """
    if card in (OLD, OLD_COPY):
        return old_card()
    if card == BLANK:
        return Ntag424Card(_STRANGE_UID)
    if card == COPY:
        return ClonedUidCard(town.elder_card().uid, iso_dep=True)
    return town.cards.get(card)


def readers(coils: dict[str, bool]) -> list[dict[str, Any]]:
    """Everything that a card can be held to; ids are the places of the picture."""

    def shown(place: str, kind: str, name: Words) -> dict[str, Any]:
        return {
            "id": place,
            "kind": kind,
            "place": place,
            "name": dict(name),
            "coil": coils.get(place, False),
            "panel": place in PANELS,
            "keypad": place in KEYPADS,
        }

    return [
        *(shown(door.id, "door", door.names) for door in DOORS),
        shown(POINT, "point", POINT_NAME),
        shown(KIOSK, "kiosk", KIOSK_NAME),
    ]


def cast() -> dict[str, str]:
    """Whom the story is about."""
    return {
        "elder_card": ELDER,
        "elder_door": ELDER_DOOR,
        "shaker": CARER,
        "shaker_door": SHAKER_DOOR,
        "lost_card": LOST_CARD,
        "finder_door": FINDER_DOOR,
    }


def name_of(person: str) -> str:
    """A person's name."""
    return next(str(row["name"]) for row in make_roster().people if row["id"] == person)


def homes_with_her_fee() -> list[Neighbour]:
    """Her own home first, then those whose property fee is the same, in order of their numbers."""
    roster = make_roster()
    fee = {b["household_id"]: b["amount_fen"] for b in roster.bills if b["kind"] == "property"}
    last4 = {row["household_id"]: row["phone_last4"] for row in reversed(roster.people)}
    hers = fee[f"h-{ELDER_HOUSE}"]
    homes = [home for home in roster.households if fee[home["id"]] == hers]
    homes.sort(key=lambda home: (home["house"] != ELDER_HOUSE, home["house"]))
    return [Neighbour(home["house"], last4[home["id"]]) for home in homes]
