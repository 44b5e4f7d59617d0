"""A PIN that a resident's own phone sets, and a card of before that came in with a sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulators.demo.seen import until
from simulators.ends import ClonedUidCard
from simulators.roster import make_roster

if TYPE_CHECKING:
    from simulators.demo.staff import Staff
    from simulators.phone import Phone, Reply

CLAIM: Final = "302"  # the elder's flat as it is typed at her staircase
PIN: Final = "582917"  # of the made-up town, like everything here; its page shows it
DURESS: Final = "582963"
OLD_CARD_HOLDER: Final = "p-015"  # 1-1-302, who has not come to the desk yet
OLD_CARD_UID: Final = bytes.fromhex("5ea1c0de")
OLD_CARD_SHEET: Final = "old-cards.csv"


async def set_pin(phone: Phone) -> Reply:
    """The phone sets its owner's PIN, and the one to type under duress."""
    return await phone.send("PUT", "/api/v1/me/pin", {"pin": PIN, "duress": DURESS})


def typed(pin: str, claim: str = CLAIM) -> str:
    """The keys of a claim with its PIN; a star first: whoever was here before has gone."""
    return f"*{claim}#{pin}#"


def old_card() -> ClonedUidCard:
    """A MIFARE card whose number is all there is to it, so that its copy is just the same."""
    return ClonedUidCard(OLD_CARD_UID)


async def bring_old_card(staff: Staff) -> None:
    """Staff take the list of old cards in, as at a site that has some; raises NotSo."""
    roster = make_roster()
    holder = next(row for row in roster.people if row["id"] == OLD_CARD_HOLDER)
    homes = {home["id"]: home["house"] for home in roster.households}
    row = (homes[holder["household_id"]], holder["name"], OLD_CARD_UID.hex(), "M1")
    sheet = f"房号,姓名,卡号,卡类型\n{','.join(row)}\n"
    number = await staff.apply_sheet(OLD_CARD_SHEET, sheet.encode())

    async def applied() -> bool:
        return await staff.sheet_state(number) == "applied"

    await until(applied, "the sheet of old cards is not taken in")
